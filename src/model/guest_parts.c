/* SPDX-License-Identifier: Apache-2.0 */
#include "model/guest_parts.h"

#include <string.h>

#include "base/guest_value.h"
#include "base/text.h"
#include "model/decode_value.h"

const char *guest_disk_parse(
	struct arena *arena, const char *text, struct guest_disk *ret)
{
	size_t len = strcspn(text, " \t");
	const char *rest = text + len + strspn(text + len, " \t");
	const char *why = disk_name_fault(text, len);
	uint64_t size = 0;

	*ret = (struct guest_disk){.name = arena_strndup(arena, text, len)};
	if (why != NULL)
		return why;
	if (rest[0] == '/') {
		ret->path = arena_strdup(arena, rest);
		ret->format = text_has_suffix(rest, ".qcow2") ? "qcow2" : "raw";
		return decode_path_fault(rest);
	}
	if (!text_parse_u64(rest, INT32_MAX, &size) || size == 0)
		return "is not NAME SIZE, in MiB, or NAME PATH";
	ret->size_mib = (uint32_t)size;
	return NULL;
}

const char *guest_credential_parse(
	struct arena *arena, const char *text, struct guest_credential *ret)
{
	size_t len = strcspn(text, "=:");
	const char *why = credential_name_fault(text, len);

	*ret = (struct guest_credential){.name = arena_strndup(arena, text, len)};
	if (why != NULL)
		return why;
	if (text[len] == '=') {
		ret->value = arena_strdup(arena, text + len + 1);
		return NULL;
	}
	if (text[len] != ':')
		return "is not NAME=VALUE, or NAME:PATH";
	ret->path = arena_strdup(arena, text + len + 1);
	return decode_path_fault(ret->path);
}

/* What was refused is not among the values. */
static void build_disks(struct arena *arena, struct machine *vcn)
{
	struct machine_guest *guest = machine_write_guest(arena, vcn);
	const struct strings *texts = &guest->disk_texts;

	guest->n_disks = texts->n;
	guest->disks = arena_alloc(arena, texts->n * sizeof(struct guest_disk));
	for (uint32_t i = 0; i < texts->n; i++)
		(void)!guest_disk_parse(arena, texts->items[i], &guest->disks[i]);
}

static void build_credentials(struct arena *arena, struct machine *vcn)
{
	struct machine_guest *guest = machine_write_guest(arena, vcn);
	const struct strings *texts = &guest->credential_texts;

	guest->n_credentials = texts->n;
	guest->credentials =
		arena_alloc(arena, texts->n * sizeof(struct guest_credential));
	for (uint32_t i = 0; i < texts->n; i++)
		(void)!guest_credential_parse(
			arena, texts->items[i], &guest->credentials[i]);
}

void guest_parts_build(struct arena *arena, struct machine *vcn)
{
	if (vcn->guest->disk_texts.n > 0)
		build_disks(arena, vcn);
	if (vcn->guest->credential_texts.n > 0)
		build_credentials(arena, vcn);
}
