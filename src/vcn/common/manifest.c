/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/trailer.h"
#include "vcn/common/manifest_parts.h"
#include "vcn/common/manifest_value.h"
#include "vcn/common/patience.h"
#include "vcn/common/signature.h"

enum {
	MANIFEST_VERSION = 1,
	MANIFEST_MAX = 16 * 1024 * 1024,
	VCNS_MAX = 10000,
	READ_FAILED = 'f',
	READ_PLAIN = 'p',
	READ_SIGNED = 's',
};

/* @field is the interface: pointer and count. */
static int read_addresses(struct reader *r, const struct node *value, void *field)
{
	struct guest_interface *interface = field;
	int result = 0;

	if (value->kind != NODE_LIST)
		return document_fault(r, value, "expected a list of addresses, or []");
	interface->addresses = mem_array(r->mem_ctx, struct ip, value->n_items);
	for (size_t i = 0; i < value->n_items; i++) {
		int failed = value_address(r, value->items[i],
			&interface->addresses[interface->n_addresses++]);

		result = failed < 0 ? failed : result;
	}
	return result;
}

/* Tables */

static const struct key interface_keys[] = {
	{"mac", value_mac, offsetof(struct guest_interface, mac), true},
	{"bridge", value_bridge, offsetof(struct guest_interface, bridge), true},
	{"vlan", value_vlan, offsetof(struct guest_interface, vlan_id)},
	{"mtu", value_mtu, offsetof(struct guest_interface, mtu)},
	{"isolated", read_bool, offsetof(struct guest_interface, is_isolated)},
	{"addresses", read_addresses, 0},
	{NULL},
};

/* @field is the guest: pointer and count. */
static int read_interfaces(struct reader *r, const struct node *value, void *field)
{
	struct guest *guest = field;
	int result = 0;

	if (value->kind == NODE_SCALAR && value->is_plain && value->length == 0)
		return 0; /* `interfaces:` with nothing below it */
	if (value->kind != NODE_LIST)
		return document_fault(r, value, "expected a list of interfaces, or []");
	guest->interfaces = mem_array(r->mem_ctx, struct guest_interface, value->n_items);
	for (size_t i = 0; i < value->n_items; i++) {
		int failed = document_read(r, value->items[i], interface_keys,
			&guest->interfaces[guest->n_interfaces++]);

		result = failed < 0 ? failed : result;
	}
	return result;
}

static const struct key image_keys[] = {
	{"path", value_file_path, offsetof(struct guest_image, path)},
	{"format", value_format, offsetof(struct guest_image, format)},
	{"snapshot", read_bool, offsetof(struct guest_image, snapshot)},
	{"readiness", value_readiness, offsetof(struct guest_image, readiness)},
	{"kernel", value_file_path, offsetof(struct guest_image, kernel)},
	{"initrd", value_file_path, offsetof(struct guest_image, initrd)},
	{"arguments", value_printable, offsetof(struct guest_image, arguments)},
	{"checksum", value_printable, offsetof(struct guest_image, checksum)},
	{NULL},
};

/* Harmless: the disk's own boot loader has its own. */
static void warn_useless(struct reader *r, const struct node *value)
{
	static const char *const keys[] = {"initrd", "arguments"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct node *node = node_find(value, keys[i]);

		if (node != NULL)
			diag_add(r->diags, SEVERITY_WARNING, NULL, document_at(r, node),
				"'%s' is not used without 'kernel'", keys[i]);
	}
}

/* What makes sense only together. */
static int check_image(
	struct reader *r, const struct node *value, const struct guest_image *image)
{
	if (image->path == NULL && image->kernel == NULL)
		return document_fault(
			r, value, "neither 'path' nor 'kernel': nothing to boot");
	if (image->path != NULL && node_find(value, "format") == NULL)
		return document_fault(
			r, value, "'format' is missing: it is never guessed");
	if (image->kernel == NULL)
		warn_useless(r, value);
	return 0;
}

static int read_image(struct reader *r, const struct node *value, void *field)
{
	struct guest_image *image = field;
	int failed = document_read(r, value, image_keys, image);

	return failed < 0 ? failed : check_image(r, value, image);
}

static const struct key guest_keys[] = {
	{"name", value_name, offsetof(struct guest, name), true},
	{"fqdn", value_hostname, offsetof(struct guest, fqdn), true},
	{"uuid", value_uuid, offsetof(struct guest, uuid), true},
	{"enabled", read_bool, offsetof(struct guest, is_enabled)},
	{"vo", value_printable, offsetof(struct guest, vo)},
	{"memory", value_memory, offsetof(struct guest, memory_mib), true},
	{"cpus", value_cpus, offsetof(struct guest, cpus), true},
	{"scratch", value_memory, offsetof(struct guest, scratch_mib)},
	{"image", read_image, offsetof(struct guest, image), true},
	{"hugepages", read_bool, offsetof(struct guest, has_huge_pages)},
	{"cpuset", manifest_read_cpuset, 0},
	{"architecture", value_architecture, offsetof(struct guest, architecture)},
	{"firmware", value_firmware, offsetof(struct guest, firmware)},
	{"seed", manifest_read_seed, offsetof(struct guest, seed)},
	{"credentials", manifest_read_credentials, 0},
	{"disks", manifest_read_disks, 0},
	{"interfaces", read_interfaces, 0, true},
	{NULL},
};

/* @field is the manifest: pointer and count. */
static int read_guests(struct reader *r, const struct node *value, void *field)
{
	struct manifest *manifest = field;
	int result = 0;

	if (value->kind != NODE_LIST)
		return document_fault(r, value, "expected a list of VCNs, or []");
	if (value->n_items > VCNS_MAX)
		return document_fault(r, value, "a host has at most %d VCNs", VCNS_MAX);
	manifest->guests = mem_array(r->mem_ctx, struct guest, value->n_items);
	for (size_t i = 0; i < value->n_items; i++) {
		struct guest *guest = &manifest->guests[manifest->n_guests++];

		guest->is_enabled = true;
		guest->image.snapshot = true;
		guest->where = document_at(r, value->items[i]);
		int failed = document_read(r, value->items[i], guest_keys, guest);

		if (failed == 0)
			failed = manifest_check_guest(r, value->items[i], guest);
		result = failed < 0 ? failed : result;
	}
	return result;
}

static int read_version(struct reader *r, const struct node *value, void *field)
{
	unsigned version;
	int failed = read_unsigned(r, value, &version);

	(void)field;
	if (failed == 0 && version != MANIFEST_VERSION)
		return document_fault(r, value,
			"version %u is unknown: this vcn reads version %d", version,
			MANIFEST_VERSION);
	return failed;
}

static const struct key manifest_keys[] = {
	{"manifest", read_version, 0, true},
	{"host", value_hostname, offsetof(struct manifest, host), true},
	{"serial", read_u64, offsetof(struct manifest, serial), true},
	{"vcns", read_guests, 0, true},
	{NULL},
};

/* What only one may have */

/* One use of something, by the text it is compared by. */
struct use {
	const char *key;
	const char *what; /* for the message: "name 'vcn001'" */
	const struct node *node;
};

struct uses {
	struct use *rows;
	size_t n;
};

/* Without @key it is missing or in error, which has been said. */
static void uses_add(struct uses *uses, TALLOC_CTX *mem_ctx, const struct node *node,
	const char *kind, const char *key)
{
	if (key == NULL)
		return;
	struct use *use = mem_push(mem_ctx, &uses->rows, &uses->n);

	*use = (struct use){
		.key = mem_printf(mem_ctx, "%s %s", kind, key),
		.what = mem_printf(mem_ctx, "%s '%s'", kind, node->text),
		.node = node,
	};
}

/*
 * VLANs and bridges are separate wires: only on one of them is a MAC taken twice (the
 * directory's `dup-mac` draws the same line).
 */
static void add_interface_uses(struct uses *uses, TALLOC_CTX *mem_ctx,
	const struct guest *guest, const struct node *list)
{
	char buffer[MAC_TEXT_MAX];

	for (size_t i = 0; i < guest->n_interfaces; i++) {
		const struct guest_interface *interface = &guest->interfaces[i];

		if (mac_is_zero(interface->mac) || interface->bridge == NULL)
			continue;
		const char *wire = mem_printf(mem_ctx, "%s/%u/%s",
			mac_format(interface->mac, buffer), interface->vlan_id,
			interface->bridge);

		uses_add(uses, mem_ctx, node_find(list->items[i], "mac"), "MAC address",
			wire);
	}
}

#define WRITTEN "writable file"

static void add_written(
	struct uses *uses, TALLOC_CTX *mem_ctx, const struct node *node, const char *path)
{
	uses_add(uses, mem_ctx, node, WRITTEN, file_plain_path(mem_ctx, path));
}

/* A VCN that is not enabled writes to nothing: what is started by hand meets the file's lock. */
static void add_guest_writes(struct uses *uses, TALLOC_CTX *mem_ctx,
	const struct guest *guest, const struct node *map)
{
	if (!guest->is_enabled)
		return;
	if (guest->image.path != NULL && !guest->image.snapshot)
		add_written(uses, mem_ctx, node_find(node_find(map, "image"), "path"),
			guest->image.path);
	for (size_t i = 0; i < guest->n_disks; i++)
		if (guest->disks[i].path != NULL)
			add_written(uses, mem_ctx,
				node_find(node_find(map, "disks")->items[i], "path"),
				guest->disks[i].path);
}

static const char *lower_case(TALLOC_CTX *mem_ctx, const char *name)
{
	char *lower = name == NULL ? NULL : mem_strdup(mem_ctx, name);

	if (lower != NULL)
		text_lower(lower);
	return lower;
}

static void add_guest_uses(struct uses *uses, TALLOC_CTX *mem_ctx,
	const struct guest *guest, const struct node *map)
{
	uses_add(uses, mem_ctx, node_find(map, "name"), "name",
		lower_case(mem_ctx, guest->name));
	uses_add(uses, mem_ctx, node_find(map, "fqdn"), "FQDN",
		lower_case(mem_ctx, guest->fqdn));
	uses_add(uses, mem_ctx, node_find(map, "uuid"), "UUID", guest->uuid);
	add_guest_writes(uses, mem_ctx, guest, map);
	add_interface_uses(uses, mem_ctx, guest, node_find(map, "interfaces"));
}

static int compare_keys(const void *left, const void *right)
{
	const struct use *a = left, *b = right;

	return strcmp(a->key, b->key);
}

static int compare_uses(const void *left, const void *right)
{
	const struct use *a = left, *b = right;
	int order = strcmp(a->key, b->key);

	if (order == 0)
		order = a->node->line < b->node->line ? -1
						      : a->node->line > b->node->line;
	if (order == 0)
		order = a->node->column < b->node->column ? -1 : 1;
	return order;
}

/* A file that a guest starts from, and that one writes to. */
static int check_read(struct reader *r, const struct uses *uses, const struct node *node,
	const char *path)
{
	TMP_CTX(tmp);
	const struct use wanted = {
		.key = mem_printf(tmp, WRITTEN " %s", file_plain_path(tmp, path))};
	const struct use *found = uses->n == 0 ? NULL
					       : bsearch(&wanted, uses->rows, uses->n,
							 sizeof(wanted), compare_keys);

	if (found == NULL)
		return 0;
	int failed = document_fault(r, node, "a VCN writes to the file '%s'", node->text);

	diag_note(diag_last(r->diags), document_at(r, found->node), "here");
	return failed;
}

static int check_reads(struct reader *r, const struct uses *uses,
	const struct guest *guest, const struct node *image)
{
	int path = guest->image.path == NULL || !guest->image.snapshot
			   ? 0
			   : check_read(r, uses, node_find(image, "path"),
				     guest->image.path);
	int kernel = guest->image.kernel == NULL
			     ? 0
			     : check_read(r, uses, node_find(image, "kernel"),
				       guest->image.kernel);
	int initrd = guest->image.initrd == NULL
			     ? 0
			     : check_read(r, uses, node_find(image, "initrd"),
				       guest->image.initrd);

	return path < 0 ? path : kernel < 0 ? kernel : initrd;
}

static int check_uses(struct reader *r, const struct manifest *manifest)
{
	TMP_CTX(tmp);
	const struct node *list = node_find(r->document->root, "vcns");
	struct uses uses = {0};
	size_t first = 0;
	int result = 0;

	for (size_t i = 0; i < manifest->n_guests; i++)
		add_guest_uses(&uses, tmp, &manifest->guests[i], list->items[i]);
	if (uses.n > 1)
		qsort(uses.rows, uses.n, sizeof(uses.rows[0]), compare_uses);
	for (size_t i = 1; i < uses.n; i++) {
		if (strcmp(uses.rows[i].key, uses.rows[first].key) != 0) {
			first = i;
			continue;
		}
		result = document_fault(
			r, uses.rows[i].node, "%s is already taken", uses.rows[i].what);
		diag_note(diag_last(r->diags), document_at(r, uses.rows[first].node),
			"first used here");
	}
	for (size_t i = 0; i < manifest->n_guests; i++) {
		int failed = !manifest->guests[i].is_enabled
				     ? 0
				     : check_reads(r, &uses, &manifest->guests[i],
					       node_find(list->items[i], "image"));

		result = failed < 0 ? failed : result;
	}
	return result;
}

/* Digests */

static void digest_interface(struct buffer *b, const struct guest_interface *interface)
{
	char buffer[MAC_TEXT_MAX];

	manifest_digest_text(b, "mac", mac_format(interface->mac, buffer));
	manifest_digest_text(b, "bridge", interface->bridge);
	buffer_printf(b, "vlan %u\nmtu %u\n", interface->vlan_id, interface->mtu);
	/* A line that says nothing would make every guest that runs outdated. */
	if (interface->is_isolated)
		buffer_add_text(b, "isolated\n");
}

static void digest_guest(struct guest *guest)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	uint8_t digest[SHA256_BYTES];

	manifest_digest_text(b, "name", guest->name);
	manifest_digest_text(b, "fqdn", guest->fqdn);
	manifest_digest_text(b, "uuid", guest->uuid);
	manifest_digest_text(b, "vo", guest->vo);
	buffer_printf(b, "enabled %d\nmemory %u\ncpus %u\n", guest->is_enabled,
		guest->memory_mib, guest->cpus);
	/* A key that came later: without it the digest is what it was. */
	if (guest->scratch_mib > 0)
		buffer_printf(b, "scratch %u\n", guest->scratch_mib);
	manifest_digest_text(b, "path", guest->image.path);
	buffer_printf(b, "format %d\nsnapshot %d\nreadiness %d\n", guest->image.format,
		guest->image.snapshot, guest->image.readiness);
	manifest_digest_text(b, "kernel", guest->image.kernel);
	manifest_digest_text(b, "initrd", guest->image.initrd);
	manifest_digest_text(b, "arguments", guest->image.arguments);
	manifest_digest_text(b, "checksum", guest->image.checksum);
	manifest_digest_parts(b, guest);
	for (size_t i = 0; i < guest->n_interfaces; i++)
		digest_interface(b, &guest->interfaces[i]);
	sha256(b->data, b->len, digest);
	sha256_text(digest, guest->digest);
}

const char *guest_own_words(const struct guest *guest, const char *message)
{
	TMP_CTX(tmp);
	const char *prefix = mem_printf(tmp, "VCN '%s': ", guest->name);

	return text_has_prefix(message, prefix) ? message + strlen(prefix) : message;
}

const char *guest_addresses(TALLOC_CTX *mem_ctx, const struct guest *guest)
{
	struct buffer *b = buffer_new(mem_ctx);
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < guest->n_interfaces; i++) {
		const struct guest_interface *nic = &guest->interfaces[i];

		buffer_add_text(b, i == 0 ? "" : "; ");
		for (size_t j = 0; j < nic->n_addresses; j++)
			buffer_printf(b, "%s%s", j == 0 ? "" : " ",
				ip_format(nic->addresses[j], text));
	}
	return b->data;
}

const char *guest_wire_key(
	TALLOC_CTX *mem_ctx, const struct guest_interface *nic, const struct ip *address)
{
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];
	const char *what =
		address == NULL ? mac_format(nic->mac, mac) : ip_format(*address, ip);
	const char *kind = address == NULL ? "MAC" : "address";

	return nic->vlan_id == 0
		       ? mem_printf(mem_ctx, "%s %s on %s", kind, what, nic->bridge)
		       : mem_printf(mem_ctx, "%s %s on %s in VLAN %u", kind, what,
				 nic->bridge, nic->vlan_id);
}

void guest_on_wire(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const char ***ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < guest->n_interfaces; i++) {
		const struct guest_interface *nic = &guest->interfaces[i];

		*mem_push(mem_ctx, ret, ret_n) = guest_wire_key(mem_ctx, nic, NULL);
		for (size_t j = 0; j < nic->n_addresses; j++)
			*mem_push(mem_ctx, ret, ret_n) =
				guest_wire_key(mem_ctx, nic, &nic->addresses[j]);
	}
}

static void add_file(
	TALLOC_CTX *mem_ctx, const char *path, const char ***files, size_t *n_files)
{
	if (path != NULL)
		*mem_push(mem_ctx, files, n_files) = mem_printf(mem_ctx, "file %s", path);
}

void guest_on_disk(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const char ***ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	if (!guest->image.snapshot)
		add_file(mem_ctx, guest->image.path, ret, ret_n);
	for (size_t i = 0; i < guest->n_disks; i++)
		add_file(mem_ctx, guest->disks[i].path, ret, ret_n);
}

static int compare_guests(const void *left, const void *right)
{
	const struct guest *a = left, *b = right;

	return text_compare_case(a->name, b->name);
}

/* The file */

/* A line that begins as a trailer does: then the file had one, and is damaged. */
static bool has_trailer_line(const char *text)
{
	static const char start[] = "# ldapcc ";

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (text_has_prefix(line, start))
			return true;
	}
	return false;
}

static int check_trailer(const char *path, const char *text, size_t len,
	bool needs_trailer, struct diags *diags, bool *ret_has,
	struct trailer *ret_trailer)
{
	const char *fault = trailer_check(text, len, "# ", ret_trailer);

	*ret_has = fault == NULL;
	if (fault == NULL)
		return 0;
	if (has_trailer_line(text))
		return diag_fail(diags, EXIT_REFUSED, loc_file(path),
			"the manifest is damaged or was edited: %s; publish it again",
			strcmp(fault, "no trailer") == 0
				? "its last line is no proper trailer"
				: fault);
	if (needs_trailer)
		return diag_fail(diags, EXIT_REFUSED, loc_file(path),
			"the manifest has no trailer: it may be incomplete; "
			"one written by hand is used where --manifest names it");
	return 0;
}

/* The counts stand outside of what the hash covers. */
static int check_count(const struct manifest *manifest, const struct trailer *trailer,
	struct diags *diags)
{
	if (!manifest->has_trailer ||
		(trailer->n_hosts == 1 && trailer->n_vcns == manifest->n_guests))
		return 0;
	return diag_fail(diags, EXIT_REFUSED, loc_file(mem_strdup(diags, manifest->path)),
		"the trailer counts %u hosts and %u VCNs, the manifest has 1 and %zu",
		trailer->n_hosts, trailer->n_vcns, manifest->n_guests);
}

int manifest_parse(TALLOC_CTX *mem_ctx, const char *path, const char *text, size_t len,
	bool needs_trailer, struct diags *diags, struct manifest **ret_manifest)
{
	TMP_CTX(tmp);
	struct manifest *manifest = mem_new(tmp, struct manifest);
	struct trailer trailer = {0};
	struct document *document;

	manifest->path = mem_strdup(manifest, path);
	path = mem_strdup(diags, path); /* findings may outlive the manifest */
	int r = check_trailer(
		path, text, len, needs_trailer, diags, &manifest->has_trailer, &trailer);

	if (r == 0)
		r = document_parse(
			tmp, manifest->path, text, len, 0, EXIT_DATA, diags, &document);
	if (r < 0)
		return r;
	struct reader reader = {.mem_ctx = manifest,
		.document = document,
		.diags = diags,
		.code = EXIT_DATA};

	r = document_read(&reader, document->root, manifest_keys, manifest);
	int used = check_uses(&reader, manifest);

	r = r < 0 ? r : used;
	if (r == 0)
		r = check_count(manifest, &trailer, diags);
	if (r < 0)
		return r;
	for (size_t i = 0; i < manifest->n_guests; i++)
		digest_guest(&manifest->guests[i]);
	if (manifest->n_guests > 1)
		qsort(manifest->guests, manifest->n_guests, sizeof(manifest->guests[0]),
			compare_guests);
	*ret_manifest = talloc_steal(mem_ctx, manifest);
	return 0;
}

/*
 * The child's answer: READ_FAILED and why, or READ_PLAIN and the text, or READ_SIGNED, the
 * signature and the text. The signature first: one that is older than the text is seen.
 */
static void copy_file(const void *path, int fd)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const char *signature_path = mem_printf(tmp, "%s.sig", (const char *)path);
	char *text, *signature = NULL, answer = READ_PLAIN;
	size_t len, signature_len;

	if (file_read_regular_at(tmp, AT_FDCWD, signature_path, SIGNATURE_BYTES,
		    &signature, &signature_len) == 0 &&
		signature_len == SIGNATURE_BYTES)
		answer = READ_SIGNED;
	if (file_read(tmp, path, EXIT_IO, MANIFEST_MAX, diags, &text, &len) < 0) {
		answer = READ_FAILED;
		text = diag_last(diags)->message;
		len = strlen(text);
	}
	if (file_write_all(fd, &answer, 1) < 0 ||
		(answer == READ_SIGNED &&
			file_write_all(fd, signature, SIGNATURE_BYTES) < 0))
		return;
	(void)!file_write_all(fd, text, len);
}

static int check_signature(const char *key_path, const char *source, const char *answer,
	size_t len, struct diags *diags)
{
	static const size_t start = 1 + SIGNATURE_BYTES;
	uint8_t key[SIGNATURE_KEY_BYTES];
	int r = signature_load_key(key_path, diags, key);

	if (r < 0)
		return r;
	if (answer[0] != READ_SIGNED)
		return diag_fail(diags, EXIT_REFUSED, loc_file(source),
			"there is no signature beside it, '%s.sig' of %d bytes "
			"(vcn.yaml, manifest-key)",
			source, SIGNATURE_BYTES);
	if (signature_is_valid(
		    key, (const uint8_t *)answer + 1, answer + start, len - start))
		return 0;
	return diag_fail(diags, EXIT_REFUSED, loc_file(source),
		"its signature '%s.sig' is not of this manifest by the key '%s'", source,
		key_path);
}

/* What the child has said: the text, or the failure. */
static int take_answer(const struct manifest_demands *demands, const char *source,
	const char *answer, size_t len, struct diags *diags, const char **ret_text)
{
	size_t start = 1;

	if (len == 0)
		return diag_fail(diags, EXIT_IO, loc_file(source),
			"the process that reads it has ended");
	if (answer[0] == READ_FAILED)
		return diag_fail(diags, EXIT_IO, loc_file(source), "%s", answer + 1);
	if (answer[0] == READ_SIGNED)
		start += SIGNATURE_BYTES;
	*ret_text = answer + start;
	return demands->key == NULL
		       ? 0
		       : check_signature(demands->key, source, answer, len, diags);
}

int manifest_load(TALLOC_CTX *mem_ctx, const char *path,
	const struct manifest_demands *demands, struct diags *diags,
	struct manifest **ret_manifest)
{
	TMP_CTX(tmp);
	const char *source = mem_strdup(diags, path), *text;
	char *answer;
	size_t len;
	int r = patience_read(tmp, demands->timeout_ms,
		MANIFEST_MAX + SIGNATURE_BYTES + 1, copy_file, source, source, &answer,
		&len);

	if (r == -ETIMEDOUT)
		return -EXIT_BUSY;
	if (r < 0)
		return diag_fail_errno(
			diags, EXIT_IO, -r, loc_file(source), "it cannot be read");
	r = take_answer(demands, source, answer, len, diags, &text);
	len -= r < 0 ? 0 : (size_t)(text - answer);
	if (r == 0)
		r = manifest_parse(mem_ctx, source, text, len, demands->needs_trailer,
			diags, ret_manifest);
	if (r < 0)
		return r;
	(void)!talloc_steal(*ret_manifest, answer);
	(*ret_manifest)->text = text;
	(*ret_manifest)->len = len;
	return 0;
}

const struct guest *manifest_find(const struct manifest *manifest, const char *name)
{
	struct guest wanted = {.name = name};

	if (manifest->n_guests == 0)
		return NULL;
	return bsearch(&wanted, manifest->guests, manifest->n_guests,
		sizeof(manifest->guests[0]), compare_guests);
}
