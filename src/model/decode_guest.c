/* SPDX-License-Identifier: Apache-2.0 */
/* The values by which a VCN is given what its image has not: see decode_value.h. */
#include "base/guest_value.h"
#include "model/decode_value.h"
#include "model/guest_parts.h"

void decode_guest_disk(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL;
	struct guest_disk disk;

	decode_text(d, record, use, value, (void *)&text);
	if (text != NULL)
		decode_keep(d, record, use, value, text,
			guest_disk_parse(d->site->arena, text, &disk), place);
}

void decode_seed(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL;

	decode_text(d, record, use, value, (void *)&text);
	if (text != NULL)
		decode_keep(d, record, use, value, text, seed_fault(text), place);
}

void decode_credential(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL;
	struct guest_credential credential;

	decode_text(d, record, use, value, (void *)&text);
	if (text != NULL)
		decode_keep(d, record, use, value, text,
			guest_credential_parse(d->site->arena, text, &credential), place);
}

void decode_cpu_list(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL;
	struct cpu_list list;

	decode_text(d, record, use, value, (void *)&text);
	if (text != NULL)
		decode_keep(
			d, record, use, value, text, cpu_list_parse(text, &list), place);
}
