/* SPDX-License-Identifier: Apache-2.0 */
/* The values by which a VCN is given what its image has not: see decode_value.h. */
#include "base/guest_value.h"
#include "model/decode_value.h"
#include "model/guest_parts.h"

void decode_guest_disk(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL, *why;
	struct guest_disk disk;

	decode_text(d, record, use, value, (void *)&text);
	if (text == NULL)
		return;
	why = guest_disk_parse(d->site->arena, text, &disk);
	if (why != NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, why);
	else
		*(const char **)place = text;
}

void decode_seed(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL, *why;

	decode_text(d, record, use, value, (void *)&text);
	if (text == NULL)
		return;
	why = seed_fault(text);
	if (why != NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, why);
	else
		*(const char **)place = text;
}

void decode_credential(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL, *why;
	struct guest_credential credential;

	decode_text(d, record, use, value, (void *)&text);
	if (text == NULL)
		return;
	why = guest_credential_parse(d->site->arena, text, &credential);
	if (why != NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, why);
	else
		*(const char **)place = text;
}

void decode_cpu_list(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL, *why;
	struct cpu_list list;

	decode_text(d, record, use, value, (void *)&text);
	if (text == NULL)
		return;
	why = cpu_list_parse(text, &list);
	if (why != NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, why);
	else
		*(const char **)place = text;
}
