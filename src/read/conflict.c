/* SPDX-License-Identifier: Apache-2.0 */
#include "read/conflict.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "read/dn.h"
#include "read/places.h"

static bool is_server_id(const char *attribute)
{
	return strcmp(attribute, "nsuniqueid") == 0 ||
	       strcmp(attribute, "entryuuid") == 0;
}

static enum conflict conflict_of_rdn(const char *rdn)
{
	TMP_CTX(tmp);
	enum conflict conflict = CONFLICT_NONE;
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(tmp, rdn, &n);

	for (size_t i = 0; i < n; i++) {
		if (strstr(parts[i].value, "\nDEL:") != NULL ||
			(n == 1 && strcmp(parts[i].attribute, "nsuniqueid") == 0))
			return CONFLICT_DELETED;
		if (strstr(parts[i].value, "\nCNF:") != NULL ||
			(n > 1 && is_server_id(parts[i].attribute)))
			conflict = CONFLICT_LOST;
	}
	return conflict;
}

/* Nearly every name has neither two parts, nor escapes, nor such a beginning. */
static bool is_plain(const char *dn)
{
	return strpbrk(dn, "+\\") == NULL &&
	       strncasecmp(dn, "nsUniqueId=", strlen("nsUniqueId=")) != 0;
}

enum conflict conflict_of(const char *dn, const char **ret_root)
{
	*ret_root = NULL;
	if (is_plain(dn))
		return CONFLICT_NONE;
	for (; dn != NULL; dn = dn_above(dn)) {
		enum conflict conflict = conflict_of_rdn(dn);

		if (conflict == CONFLICT_NONE)
			continue;
		*ret_root = dn;
		return conflict;
	}
	return CONFLICT_NONE;
}
