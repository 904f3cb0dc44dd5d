/* SPDX-License-Identifier: Apache-2.0 */
#include "model/guest_disk.h"

#include <string.h>

#include "base/text.h"
#include "model/decode_value.h"

enum { NAME_LENGTH_MAX = 20 /* of the serial number of a virtio disk */ };

/* The guest finds it by this name: /dev/disk/by-id/virtio-NAME. */
static const char *name_fault(const char *name, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	if (len == 0 || len > NAME_LENGTH_MAX)
		return "has no name of 1 to 20 characters";
	if (strspn(name, allowed) < len || strchr("_.-", name[0]) != NULL)
		return "has a name of other characters than letters, digits and _ . -";
	if (len == strlen("vcnroot") && strncmp(name, "vcnroot", len) == 0)
		return "has the name of the image's own disk";
	return NULL;
}

const char *guest_disk_parse(
	struct arena *arena, const char *text, struct guest_disk *ret)
{
	size_t len = strcspn(text, " \t");
	const char *rest = text + len + strspn(text + len, " \t");
	const char *why = name_fault(text, len);
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

void guest_disks_build(struct site *site)
{
	for (size_t i = 0; i < site->n_vcns; i++) {
		struct machine *vcn = site->vcns[i];

		vcn->n_guest_disks = 0;
		if (vcn->disk_texts.n == 0)
			continue;
		vcn->guest_disks = arena_alloc(
			site->arena, vcn->disk_texts.n * sizeof(struct guest_disk));
		for (uint32_t j = 0; j < vcn->disk_texts.n; j++)
			(void)!guest_disk_parse(site->arena, vcn->disk_texts.items[j],
				&vcn->guest_disks[vcn->n_guest_disks++]);
	}
}
