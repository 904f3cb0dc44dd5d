/* SPDX-License-Identifier: Apache-2.0 */

/* An LDIF file of any bytes, and every DN in it: no crash, no leak, promises kept. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "read/dn.h"
#include "read/ldif.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_dn(const char *dn)
{
	TMP_CTX(tmp);
	char *key = dn_key(tmp, dn);
	size_t n = 0;
	struct rdn_part *parts = dn_parse_rdn(tmp, dn, &n);

	assert(key != NULL); /* the reader has taken it for one */
	assert(strcmp(key, dn_key(tmp, key)) == 0);
	assert((parts != NULL) == (n > 0));
	for (const char *up = key; *up != '\0'; up = dn_key_parent(up))
		assert(dn_key(tmp, up) != NULL);
}

static void check_entry(void *data, const struct entry *entry)
{
	size_t *n = data;

	++*n;
	assert(entry->line > 0);
	check_dn(entry->dn);
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *a = &entry->attributes[i];

		assert(a->n_values > 0 && a->name[0] != '\0' && !strchr(a->name, ';'));
		for (size_t j = 0; j < a->n_values; j++)
			assert(a->values[j].bytes[a->values[j].len] == '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	_cleanup_(mem_close_fd) int fd = memfd_create("ldif", MFD_CLOEXEC);
	char *text = mem_strndup(tmp, (const char *)bytes, len);
	size_t n_seen = 0, n_entries = 0;

	assert(fd >= 0 && file_write_all(fd, bytes, len) == 0);
	int failed = ldif_read(mem_printf(tmp, "/proc/self/fd/%d", fd), false,
		check_entry, &n_seen, diags, &n_entries);

	assert(n_seen == n_entries);
	assert(failed == -(int)diags->failure);
	assert((failed == 0) == (diags->n_errors == 0));
	/* also what is no DN at all */
	(void)!dn_key(tmp, text);
	(void)!dn_parse_rdn(tmp, text, &n_seen);
	return 0;
}
