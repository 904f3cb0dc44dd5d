/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/manifest_parts.h"

#include <string.h>

#include "base/text.h"
#include "vcn/common/manifest_value.h"

enum { DISK_NAME_MAX = 20 /* of the serial number of a virtio disk */ };

#define LETTERS_AND_DIGITS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Disks */

static int read_disk_name(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	if (text[0] == '\0' || strlen(text) > DISK_NAME_MAX ||
		strspn(text, LETTERS_AND_DIGITS "_.-") != strlen(text) ||
		strchr("_.-", text[0]) != NULL)
		return document_fault(r, value,
			"'%s' is no name of a disk: 1 to %d letters, digits and _ . -",
			text_printable(tmp, text, strlen(text)), DISK_NAME_MAX);
	if (strcmp(text, "vcnroot") == 0)
		return document_fault(r, value, "'%s' is the image's own disk", text);
	*(const char **)field = text;
	return 0;
}

static const struct key disk_keys[] = {
	{"name", read_disk_name, offsetof(struct guest_disk, name), true},
	{"size", value_memory, offsetof(struct guest_disk, size_mib)},
	{"path", value_file_path, offsetof(struct guest_disk, path)},
	{"format", value_format, offsetof(struct guest_disk, format)},
	{NULL},
};

static int check_disk(
	struct reader *r, const struct node *value, const struct guest_disk *disk)
{
	bool has_format = node_find(value, "format") != NULL;

	if ((disk->path == NULL) == (disk->size_mib == 0))
		return document_fault(r, value,
			"either 'size', of a disk that is thrown away, or 'path'");
	if ((disk->path != NULL) != has_format)
		return document_fault(r, value, "%s",
			has_format ? "'format' belongs to a 'path'"
				   : "'format' is missing: it is never guessed");
	return 0;
}

static int read_disk(struct reader *r, const struct node *value, struct guest *guest)
{
	struct guest_disk *disk = &guest->disks[guest->n_disks++];
	int failed = document_read(r, value, disk_keys, disk);

	if (failed == 0)
		failed = check_disk(r, value, disk);
	for (size_t i = 0; failed == 0 && i + 1 < guest->n_disks; i++)
		if (guest->disks[i].name != NULL &&
			strcmp(guest->disks[i].name, disk->name) == 0)
			failed = document_fault(
				r, value, "two disks have the name '%s'", disk->name);
	return failed;
}

int manifest_read_disks(struct reader *r, const struct node *value, void *field)
{
	struct guest *guest = field;
	int result = 0;

	if (value->kind != NODE_LIST)
		return document_fault(r, value, "expected a list of disks, or []");
	if (value->n_items > GUEST_DISKS_MAX)
		return document_fault(
			r, value, "a VCN has at most %d disks", GUEST_DISKS_MAX);
	guest->disks = mem_array(r->mem_ctx, struct guest_disk, value->n_items);
	for (size_t i = 0; i < value->n_items; i++) {
		int failed = read_disk(r, value->items[i], guest);

		result = failed < 0 ? failed : result;
	}
	return result;
}

/* One limit holds for every file that a guest grows. */
static int check_disk_sizes(
	struct reader *r, const struct node *map, const struct guest *guest)
{
	int result = 0;

	for (size_t i = 0; i < guest->n_disks; i++)
		if (guest->scratch_mib > 0 &&
			guest->disks[i].size_mib > guest->scratch_mib)
			result = document_fault(r,
				node_find(node_find(map, "disks")->items[i], "size"),
				"more than the %u MiB of 'scratch'", guest->scratch_mib);
	return result;
}

int manifest_check_guest(
	struct reader *r, const struct node *map, const struct guest *guest)
{
	return check_disk_sizes(r, map, guest);
}

/* Digests */

void manifest_digest_text(struct buffer *b, const char *key, const char *value)
{
	if (value == NULL)
		buffer_printf(b, "%s -\n", key);
	else
		buffer_printf(b, "%s %zu %s\n", key, strlen(value), value);
}

void manifest_digest_parts(struct buffer *b, const struct guest *guest)
{
	for (size_t i = 0; i < guest->n_disks; i++) {
		const struct guest_disk *disk = &guest->disks[i];

		manifest_digest_text(b, "disk", disk->name);
		manifest_digest_text(b, "disk path", disk->path);
		buffer_printf(
			b, "disk size %u format %d\n", disk->size_mib, disk->format);
	}
}
