/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/firmware.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

enum { DESCRIPTION_MAX = 256 * 1024 };

/* A description by its name, and the first folder that has it. */
struct description {
	const char *name, *path;
};

struct descriptions {
	struct description *items;
	size_t n;
};

/* Of a guest that says nothing: what its architecture has always had. */
static enum firmware_kind kind_of(const struct guest *guest)
{
	if (guest->firmware != FIRMWARE_DEFAULT)
		return guest->firmware;
	return architecture_resolve(guest->architecture) == ARCHITECTURE_AARCH64
		       ? FIRMWARE_UEFI
		       : FIRMWARE_BIOS;
}

static bool is_known(const struct descriptions *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return true;
	return false;
}

static void list_folder(TALLOC_CTX *mem_ctx, const char *path, struct descriptions *list)
{
	_cleanup_(mem_close_dir) DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' || !text_has_suffix(entry->d_name, ".json") ||
			is_known(list, entry->d_name))
			continue;
		struct description *item = mem_push(mem_ctx, &list->items, &list->n);

		item->name = mem_strdup(mem_ctx, entry->d_name);
		item->path = file_join(mem_ctx, path, entry->d_name);
	}
}

static int compare_descriptions(const void *left, const void *right)
{
	const struct description *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static bool has_word(struct json_object *json, const char *key, const char *word)
{
	TMP_CTX(tmp);
	const char **words = NULL;
	size_t n = 0;

	if (!json_copy_texts(tmp, json, key, &words, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static bool fits_machine(struct json_object *target, enum architecture architecture)
{
	TMP_CTX(tmp);
	/* The number behind it is for descriptions of very old machines. */
	const char *machine = mem_printf(tmp, "%s-",
		architecture_resolve(architecture) == ARCHITECTURE_X86_64 ? "pc-q35"
									  : "virt");
	const char *name = NULL, **patterns = NULL;
	size_t n = 0;

	if (!json_read_text(target, "architecture", &name) || name == NULL ||
		strcmp(name, architecture_name(architecture)) != 0 ||
		!json_copy_texts(tmp, target, "machines", &patterns, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (fnmatch(patterns[i], machine, 0) == 0)
			return true;
	return false;
}

static bool fits_target(struct json_object *json, enum architecture architecture)
{
	struct json_object *targets = json_object_object_get(json, "targets");

	if (!json_object_is_type(targets, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(targets); i++)
		if (fits_machine(json_object_array_get_idx(targets, i), architecture))
			return true;
	return false;
}

/* Secure Boot needs keys; without it none may be in the way. */
static bool fits(struct json_object *json, const struct guest *guest)
{
	bool is_secure = has_word(json, "features", "secure-boot");

	if (!json_object_is_type(json, json_type_object) ||
		!has_word(json, "interface-types", "uefi") ||
		!fits_target(json, guest->architecture))
		return false;
	if (kind_of(guest) == FIRMWARE_UEFI)
		return !is_secure;
	return is_secure && has_word(json, "features", "enrolled-keys");
}

static bool read_file(TALLOC_CTX *mem_ctx, struct json_object *mapping, const char *key,
	const char **ret_path, bool *ret_is_qcow2)
{
	struct json_object *file = NULL;
	const char *format = NULL;

	if (!json_read_object(mapping, key, &file) ||
		!json_copy_text(mem_ctx, file, "filename", ret_path) ||
		!json_read_text(file, "format", &format) || *ret_path == NULL ||
		format == NULL)
		return false;
	*ret_is_qcow2 = strcmp(format, "qcow2") == 0;
	return *ret_is_qcow2 || strcmp(format, "raw") == 0;
}

/* NULL where it is not in flash memory with variables of its own. */
static struct firmware *read_firmware(TALLOC_CTX *mem_ctx, struct json_object *json)
{
	TMP_CTX(tmp);
	struct firmware *firmware = mem_new(tmp, struct firmware);
	struct json_object *mapping = NULL;
	const char *device = NULL;

	if (!json_read_object(json, "mapping", &mapping) ||
		!json_read_text(mapping, "device", &device) || device == NULL ||
		strcmp(device, "flash") != 0 ||
		!read_file(firmware, mapping, "executable", &firmware->code,
			&firmware->is_code_qcow2) ||
		!read_file(firmware, mapping, "nvram-template", &firmware->variables,
			&firmware->are_variables_qcow2))
		return NULL;
	firmware->needs_smm = has_word(json, "features", "requires-smm");
	return talloc_steal(mem_ctx, firmware);
}

/* An empty file is how an administrator hides one of the system's. */
static struct firmware *try_description(
	TALLOC_CTX *mem_ctx, const char *path, const struct guest *guest)
{
	TMP_CTX(tmp);
	struct firmware *firmware = NULL;
	char *text;
	size_t len;

	if (file_read_regular_at(tmp, AT_FDCWD, path, DESCRIPTION_MAX, &text, &len) < 0)
		return NULL;
	struct json_object *json = json_read(text, len);

	if (json != NULL && fits(json, guest))
		firmware = read_firmware(mem_ctx, json);
	json_object_put(json);
	return firmware;
}

static int fail_missing(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	return diag_fail(diags, EXIT_MISSING, guest->where,
		"VCN '%s': this host has no UEFI firmware for %s%s; none is described in "
		"'%s' (Debian: %s)",
		guest->name, architecture_name(guest->architecture),
		kind_of(guest) == FIRMWARE_UEFI_SECURE ? " with Secure Boot" : "",
		settings->firmware.n == 0
			? ""
			: settings->firmware.items[settings->firmware.n - 1],
		architecture_resolve(guest->architecture) == ARCHITECTURE_X86_64
			? "ovmf"
			: "qemu-efi-aarch64");
}

int firmware_find(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags, struct firmware **ret)
{
	TMP_CTX(tmp);
	struct descriptions list = {0};

	*ret = NULL;
	if (kind_of(guest) == FIRMWARE_BIOS)
		return 0;
	for (size_t i = 0; i < settings->firmware.n; i++)
		list_folder(tmp, settings->firmware.items[i], &list);
	if (list.n > 1)
		qsort(list.items, list.n, sizeof(list.items[0]), compare_descriptions);
	for (size_t i = 0; *ret == NULL && i < list.n; i++)
		*ret = try_description(mem_ctx, list.items[i].path, guest);
	return *ret != NULL ? 0 : fail_missing(settings, guest, diags);
}
