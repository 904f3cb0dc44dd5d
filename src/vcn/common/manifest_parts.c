/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/manifest_parts.h"

#include <string.h>

#include "base/guest_value.h"
#include "base/text.h"
#include "vcn/common/manifest_value.h"

enum { HUGE_PAGE_MIB = 2 /* the smallest */ };

/* @fault goes on behind the value. */
static int read_faultless(struct reader *r, const struct node *value, void *field,
	const char *what, const char *(*fault)(const char *name, size_t len))
{
	TMP_CTX(tmp);
	const char *text, *why;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	why = fault(text, strlen(text));
	if (why != NULL)
		return document_fault(r, value, "%s '%s' %s", what,
			text_printable(tmp, text, strlen(text)), why);
	*(const char **)field = text;
	return 0;
}

/* Disks */

static int read_disk_name(struct reader *r, const struct node *value, void *field)
{
	return read_faultless(r, value, field, "disk", disk_name_fault);
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

/* Seed and credentials */

static const char *seed_fault_of(const char *url, size_t len _unused_)
{
	return seed_fault(url);
}

int manifest_read_seed(struct reader *r, const struct node *value, void *field)
{
	return read_faultless(r, value, field, "seed", seed_fault_of);
}

static int read_credential_name(struct reader *r, const struct node *value, void *field)
{
	return read_faultless(r, value, field, "credential", credential_name_fault);
}

static const struct key credential_keys[] = {
	{"name", read_credential_name, offsetof(struct guest_credential, name), true},
	{"value", value_printable, offsetof(struct guest_credential, value)},
	{"path", value_file_path, offsetof(struct guest_credential, path)},
	{NULL},
};

static int read_credential(
	struct reader *r, const struct node *value, struct guest *guest)
{
	struct guest_credential *credential = &guest->credentials[guest->n_credentials++];
	int failed = document_read(r, value, credential_keys, credential);

	if (failed == 0 && (credential->value == NULL) == (credential->path == NULL))
		failed = document_fault(
			r, value, "either 'value', or 'path' of a file of this host");
	for (size_t i = 0; failed == 0 && i + 1 < guest->n_credentials; i++)
		if (guest->credentials[i].name != NULL &&
			strcmp(guest->credentials[i].name, credential->name) == 0)
			failed = document_fault(r, value,
				"two credentials have the name '%s'", credential->name);
	return failed;
}

int manifest_read_credentials(struct reader *r, const struct node *value, void *field)
{
	struct guest *guest = field;
	int result = 0;

	if (value->kind != NODE_LIST)
		return document_fault(r, value, "expected a list of credentials, or []");
	if (value->n_items > CREDENTIALS_MAX)
		return document_fault(
			r, value, "a VCN has at most %d credentials", CREDENTIALS_MAX);
	guest->credentials =
		mem_array(r->mem_ctx, struct guest_credential, value->n_items);
	for (size_t i = 0; i < value->n_items; i++) {
		int failed = read_credential(r, value->items[i], guest);

		result = failed < 0 ? failed : result;
	}
	return result;
}

static int check_credentials(
	struct reader *r, const struct node *map, const struct guest *guest)
{
	size_t sum = 0;

	for (size_t i = 0; i < guest->n_credentials; i++)
		sum += guest->credentials[i].value == NULL
			       ? 0
			       : strlen(guest->credentials[i].value);
	return sum <= CREDENTIALS_TEXT_MAX
		       ? 0
		       : document_fault(r, node_find(map, "credentials"),
				 "more than %d bytes of credentials in all",
				 CREDENTIALS_TEXT_MAX);
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

int manifest_read_cpuset(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	struct guest *guest = field;
	int failed = read_string(r, value, &guest->cpuset);

	if (failed < 0)
		return failed;
	const char *why = cpu_list_parse(guest->cpuset, &guest->cpu_list);

	return why == NULL ? 0
			   : document_fault(r, value, "cpuset '%s' %s",
				     text_printable(
					     tmp, guest->cpuset, strlen(guest->cpuset)),
				     why);
}

static int check_memory(
	struct reader *r, const struct node *map, const struct guest *guest)
{
	return !guest->has_huge_pages || guest->memory_mib % HUGE_PAGE_MIB == 0
		       ? 0
		       : document_fault(r, node_find(map, "memory"),
				 "memory of huge pages is a multiple of %d MiB",
				 HUGE_PAGE_MIB);
}

static int check_firmware(
	struct reader *r, const struct node *map, const struct guest *guest)
{
	return guest->firmware != FIRMWARE_BIOS ||
			       guest->architecture != ARCHITECTURE_AARCH64
		       ? 0
		       : document_fault(r, node_find(map, "firmware"),
				 "there is no BIOS for %s",
				 architecture_name(guest->architecture));
}

static int check_slots(
	struct reader *r, const struct node *map, const struct guest *guest)
{
	size_t n_disks = guest->n_disks + (guest->image.path != NULL ? 1 : 0);
	unsigned max =
		guest_interfaces_max(n_disks, guest->image.readiness != READINESS_NONE);

	if (guest->n_interfaces <= max)
		return 0;
	return document_fault(r, node_find(map, "interfaces")->items[max],
		"no slot is left for this interface: beside %zu disks there are %u",
		n_disks, max);
}

int manifest_check_guest(
	struct reader *r, const struct node *map, const struct guest *guest)
{
	int memory = check_memory(r, map, guest);
	int firmware = check_firmware(r, map, guest);
	int disks = check_disk_sizes(r, map, guest);
	int credentials = check_credentials(r, map, guest);
	int slots = check_slots(r, map, guest);

	return memory < 0	 ? memory
	       : firmware < 0	 ? firmware
	       : disks < 0	 ? disks
	       : credentials < 0 ? credentials
				 : slots;
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
	if (guest->has_huge_pages)
		buffer_add_text(b, "hugepages\n");
	if (guest->cpuset != NULL)
		manifest_digest_text(b, "cpuset", guest->cpuset);
	if (guest->architecture != ARCHITECTURE_HOST)
		buffer_printf(b, "architecture %d\n", guest->architecture);
	if (guest->firmware != FIRMWARE_DEFAULT)
		buffer_printf(b, "firmware %d\n", guest->firmware);
	if (guest->seed != NULL)
		manifest_digest_text(b, "seed", guest->seed);
	for (size_t i = 0; i < guest->n_credentials; i++) {
		manifest_digest_text(b, "credential", guest->credentials[i].name);
		manifest_digest_text(b, "value", guest->credentials[i].value);
		manifest_digest_text(b, "file", guest->credentials[i].path);
	}
	for (size_t i = 0; i < guest->n_disks; i++) {
		const struct guest_disk *disk = &guest->disks[i];

		manifest_digest_text(b, "disk", disk->name);
		manifest_digest_text(b, "disk path", disk->path);
		buffer_printf(
			b, "disk size %u format %d\n", disk->size_mib, disk->format);
	}
}
