/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/trailer.h"
#include "vcn/common/manifest.h"

/* The faults themselves are in tests/parse; here: what a good manifest becomes. */

#define HEAD "manifest: 1\nhost: node01.c.example\nserial: 7\n"
#define BRIDGED "interfaces: [{mac: '02:5a:00:00:00:01', bridge: br0}]"
#define ENTRY \
	"  - {name: vcn001, fqdn: vcn001.c.example, uuid: 5f0c0a3e-2f5c-5c1e-8a5b-" \
	"0123456789ab, memory: 1024, cpus: 2, image: {path: /images/a.qcow2, " \
	"format: qcow2}, " BRIDGED "}\n"

static int parse(TALLOC_CTX *mem_ctx, const char *text, bool needs_trailer,
	struct manifest **ret_manifest)
{
	return manifest_parse(mem_ctx, "m.yaml", text, strlen(text), needs_trailer,
		diags_new(mem_ctx), ret_manifest);
}

static const char *with_trailer(TALLOC_CTX *mem_ctx, const char *text, unsigned n_vcns)
{
	struct buffer *b = buffer_new(mem_ctx);

	buffer_add_text(b, text);
	trailer_add(b, "# ", 1, n_vcns);
	return b->data;
}

static void test_good(void **state)
{
	TMP_CTX(tmp);
	struct manifest *manifest;

	(void)state;
	assert_int_equal(parse(tmp, HEAD "vcns:\n" ENTRY, false, &manifest), 0);
	assert_string_equal(manifest->host, "node01.c.example");
	assert_int_equal(manifest->serial, 7);
	assert_int_equal(manifest->n_guests, 1);
	assert_false(manifest->has_trailer);
	const struct guest *guest = manifest_find(manifest, "VCN001");

	assert_non_null(guest);
	assert_string_equal(guest->name, "vcn001");
	assert_true(guest->is_enabled);
	assert_true(guest->image.snapshot);
	assert_int_equal(guest->image.readiness, READINESS_NONE);
	assert_int_equal(guest->memory_mib, 1024);
	assert_int_equal(guest->interfaces[0].mac.bytes[1], 0x5a);
	assert_string_equal(guest->interfaces[0].bridge, "br0");
	assert_int_equal(guest->where.line, 5);
	assert_int_equal(guest->where.column, 5);
	assert_null(manifest_find(manifest, "vcn002"));
}

static void test_empty(void **state)
{
	TMP_CTX(tmp);
	struct manifest *manifest;

	(void)state;
	assert_int_equal(parse(tmp, HEAD "vcns: []\n", false, &manifest), 0);
	assert_int_equal(manifest->n_guests, 0);
	assert_null(manifest_find(manifest, "vcn001"));
}

static void test_sorted(void **state)
{
	TMP_CTX(tmp);
	struct manifest *manifest;
	struct buffer *b = buffer_new(tmp);

	(void)state;
	buffer_add_text(b, HEAD "vcns:\n");
	for (unsigned i = 30; i > 0; i--)
		buffer_printf(b,
			"  - {name: v%u, fqdn: v%u.c.example, uuid: "
			"5f0c0a3e-2f5c-5c1e-8a5b-0000000000%02u, memory: "
			"1, cpus: 1, image: {kernel: /k}, interfaces: []}\n",
			i, i, i);
	assert_int_equal(parse(tmp, b->data, false, &manifest), 0);
	assert_int_equal(manifest->n_guests, 30);
	for (size_t i = 0; i < manifest->n_guests; i++)
		assert_ptr_equal(manifest_find(manifest, manifest->guests[i].name),
			&manifest->guests[i]);
}

/* Every value counts, and nothing else: not the order of keys, quotes or the serial. */
static void test_digest(void **state)
{
	static const struct {
		const char *from, *to;
		bool changes;
	} edits[] = {
		{"serial: 7", "serial: 8", false},
		{"host: node01.c", "host: node02.c", false},
		{"name: vcn001,", "name: \"vcn001\",", false},
		{"memory: 1024, cpus: 2", "cpus: 2, memory: 1024", false},
		{"02:5a:00:00:00:01", "02-5A-00-00-00-01", false},
		{"uuid: 5f0c0a3e", "uuid: 5F0C0A3E", false},
		{"format: qcow2", "format: qcow2, snapshot: true, readiness: none",
			false},
		{"name: vcn001", "name: vcn002", true},
		{"vcn001.c.example", "vcn001.d.example", true},
		{"5f0c0a3e", "5f0c0a3f", true},
		{"memory: 1024", "memory: 1025", true},
		{"cpus: 2", "cpus: 3", true},
		{"cpus: 2", "cpus: 2, vo: engage", true},
		{"cpus: 2", "cpus: 2, enabled: no", true},
		{"a.qcow2", "b.qcow2", true},
		{"format: qcow2", "format: raw", true},
		{"format: qcow2", "format: qcow2, snapshot: no", true},
		{"format: qcow2", "format: qcow2, readiness: notify", true},
		{"format: qcow2", "format: qcow2, kernel: /k", true},
		{"00:01'", "00:02'", true},
		{"bridge: br0", "bridge: br1", true},
		{"bridge: br0", "bridge: br0, vlan: 3", true},
		{"bridge: br0", "bridge: br0, mtu: 9000", true},
		{"bridge: br0", "bridge: br0, addresses: [192.0.2.1, 192.0.2.2]", false},
		{BRIDGED, "interfaces: []", true},
	};
	static const char text[] = HEAD "vcns:\n" ENTRY;
	TMP_CTX(tmp);
	struct manifest *before, *after;

	(void)state;
	assert_int_equal(parse(tmp, text, false, &before), 0);
	assert_int_equal(strlen(before->guests[0].digest), 64);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		const char *at = strstr(text, edits[i].from);

		assert_non_null(at);
		const char *edited = mem_printf(tmp, "%.*s%s%s", (int)(at - text), text,
			edits[i].to, at + strlen(edits[i].from));

		if (parse(tmp, edited, false, &after) != 0)
			fail_msg("'%s' is refused", edits[i].to);
		bool changed =
			strcmp(before->guests[0].digest, after->guests[0].digest) != 0;

		if (changed != edits[i].changes)
			fail_msg("'%s' to '%s': changed is %d", edits[i].from,
				edits[i].to, changed);
	}
}

static void test_trailer(void **state)
{
	static const char text[] = HEAD "vcns:\n" ENTRY;
	TMP_CTX(tmp);
	struct manifest *manifest;
	const char *whole = with_trailer(tmp, text, 1);
	char *bad = mem_strdup(tmp, whole);

	(void)state;
	assert_int_equal(parse(tmp, whole, true, &manifest), 0);
	assert_true(manifest->has_trailer);
	assert_int_equal(parse(tmp, text, true, &manifest), -EXIT_REFUSED);
	/* one byte changed, in every place */
	for (size_t i = 0; i < strlen(whole); i++) {
		bad[i] ^= 1;
		int r = parse(tmp, bad, true, &manifest);

		if (r != -EXIT_REFUSED)
			fail_msg("byte %zu changed: %d", i, r);
		bad[i] ^= 1;
	}
	/* cut anywhere: never accepted where a trailer is needed */
	for (size_t i = 0; i < strlen(whole); i++) {
		const char *cut = mem_strndup(tmp, whole, i);

		assert_int_equal(parse(tmp, cut, true, &manifest), -EXIT_REFUSED);
	}
	/* damaged is damaged, however the file was named */
	assert_int_equal(
		parse(tmp, mem_printf(tmp, "%s# more\n", whole), false, &manifest),
		-EXIT_REFUSED);
	assert_int_equal(
		parse(tmp, with_trailer(tmp, text, 2), false, &manifest), -EXIT_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_trailer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
