/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory_ranges.h"

#include <stdlib.h>
#include <string.h>

#include <ldap.h>

static const char RANGE[] = ";range=";

/* The values that are there so far, and up to which number. */
struct parts {
	TALLOC_CTX *mem_ctx;
	struct session *session;
	const char *name; /* without the range */
	struct entry_value *values;
	size_t n;
	unsigned long next; /* the number of the next value */
	bool is_complete, has_moved;
};

/* `;range=0-1499`, or `;range=1500-*` of the last part */
static void take_range(struct parts *parts, const char *range)
{
	const char *last = strchr(range, '-');
	unsigned long next = last ? strtoul(last + 1, NULL, 10) + 1 : 0;

	parts->is_complete = last && last[1] == '*';
	parts->has_moved = parts->is_complete || next > parts->next;
	parts->next = next;
}

static void add_values(struct parts *parts, struct berval **values)
{
	for (; values && *values; values++)
		*mem_push(parts->mem_ctx, &parts->values, &parts->n) =
			(struct entry_value){
				.bytes = mem_strndup(parts->mem_ctx, (*values)->bv_val,
					(*values)->bv_len),
				.len = (*values)->bv_len};
}

static void take_entry(struct parts *parts, LDAPMessage *entry)
{
	LDAP *ld = parts->session->ld;
	size_t len = strlen(parts->name);
	BerElement *ber = NULL;

	for (char *attribute = ldap_first_attribute(ld, entry, &ber); attribute;
		attribute = ldap_next_attribute(ld, entry, ber)) {
		const char *range = strcasestr(attribute, RANGE);

		if (range == attribute + len &&
			strncasecmp(attribute, parts->name, len) == 0) {
			struct berval **values =
				ldap_get_values_len(ld, entry, attribute);

			add_values(parts, values);
			take_range(parts, range);
			ldap_value_free_len(values);
		}
		ldap_memfree(attribute);
	}
	ber_free(ber, 0);
}

/* The part from parts->next on. */
static int read_part(struct parts *parts, const char *dn)
{
	struct session *s = parts->session;
	char *attributes[] = {
		mem_printf(parts->mem_ctx, "%s%s%lu-*", parts->name, RANGE, parts->next),
		NULL};
	LDAPMessage *message;
	int id, type;

	parts->has_moved = false;
	if (ldap_search_ext(s->ld, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0,
		    NULL, NULL, NULL, LDAP_NO_LIMIT, &id) != LDAP_SUCCESS)
		return session_fail(s, "the rest of '%s' of '%s' cannot be asked for",
			parts->name, dn);
	do {
		if (session_next(s, id, &message))
			return -1;
		type = ldap_msgtype(message);
		if (type == LDAP_RES_SEARCH_ENTRY)
			take_entry(parts, message);
		ldap_msgfree(message);
	} while (type != LDAP_RES_SEARCH_RESULT);
	if (parts->has_moved)
		return 0;
	return session_fail(s,
		"the server gave only a part of the values of '%s' of '%s'", parts->name,
		dn);
}

int ranges_complete(TALLOC_CTX *mem_ctx, struct session *s, const char *dn,
	struct entry_attribute *attribute)
{
	char *range = strcasestr(attribute->name, RANGE);
	struct parts parts = {.mem_ctx = mem_ctx, .session = s, .name = attribute->name};

	for (size_t i = 0; i < attribute->n_values; i++)
		*mem_push(mem_ctx, &parts.values, &parts.n) = attribute->values[i];
	take_range(&parts, range);
	*range = '\0';
	while (!parts.is_complete)
		if (read_part(&parts, dn))
			return -1;
	attribute->values = parts.values;
	attribute->n_values = parts.n;
	return 0;
}
