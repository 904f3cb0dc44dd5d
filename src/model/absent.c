/* SPDX-License-Identifier: Apache-2.0 */
#include "model/absent.h"

#include <string.h>

#include "base/table.h"
#include "read/dn.h"

struct absent {
	struct table *keys; /* canonical DNs */
	struct table *names; /* what is said in their RDNs */
	bool is_all;
};

struct absent *absent_new(TALLOC_CTX *mem_ctx)
{
	struct absent *absent = mem_new(mem_ctx, struct absent);

	absent->keys = table_new(absent, 0);
	absent->names = table_new(absent, 0);
	return absent;
}

struct absent *absent_new_all(TALLOC_CTX *mem_ctx)
{
	struct absent *absent = absent_new(mem_ctx);

	absent->is_all = true;
	return absent;
}

void absent_add(struct absent *absent, const char *key)
{
	const char *name = key + strcspn(key, "=") + (strchr(key, '=') != NULL);

	*table_slot(absent->keys, mem_strdup(absent, key)) = absent;
	*table_slot(absent->names, mem_strndup(absent, name, strcspn(name, ",+"))) =
		absent;
}

bool absent_has(const struct absent *absent, const char *key)
{
	return absent != NULL && table_find(absent->keys, key) != NULL;
}

bool absent_covers(const struct absent *absent, const char *key)
{
	if (absent != NULL && absent->is_all)
		return true;
	for (; absent != NULL && *key != '\0'; key = dn_key_parent(key))
		if (table_find(absent->keys, key) != NULL)
			return true;
	return false;
}

bool absent_has_name(const struct absent *absent, const char *name)
{
	return absent != NULL &&
	       (table_find(absent->names, name) != NULL ||
		       table_find_bytes(absent->names, name, strcspn(name, ".")) != NULL);
}
