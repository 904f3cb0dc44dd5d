/* SPDX-License-Identifier: Apache-2.0 */

#include "read/csn.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/*
 * The server id: the third field, "" for what has none.
 * source: draft-chu-ldap-csn section 2; fields are of fixed width, so that CSNs of one
 *         server compare as text
 */
static const char *server_id(const char *csn, size_t *ret_len)
{
	for (int i = 0; i < 2; i++) {
		csn += strcspn(csn, "#");
		csn += *csn == '#';
	}
	*ret_len = strcspn(csn, "#");
	return csn;
}

/* The value of the same server as @csn, or NULL. */
static const char *find_server(const struct string_list *state, const char *csn)
{
	size_t len;
	const char *id = server_id(csn, &len);

	for (size_t i = 0; i < state->n; i++) {
		size_t other_len;
		const char *other = server_id(state->items[i], &other_len);

		if (len == other_len && memcmp(id, other, len) == 0)
			return state->items[i];
	}
	return NULL;
}

bool csn_covers(const struct string_list *state, const char *csn)
{
	const char *known = find_server(state, csn);

	return known && strcmp(csn, known) <= 0;
}

enum csn_order csn_compare(const struct string_list *then, const struct string_list *now)
{
	bool is_newer = now->n > then->n;

	for (size_t i = 0; i < then->n; i++) {
		const char *value = find_server(now, then->items[i]);
		int order = value	       ? strcmp(value, then->items[i])
			    : csn_is_usn(then) ? 1
					       : -1;

		if (order < 0)
			return CSN_BEHIND;
		is_newer = is_newer || order > 0;
	}
	return is_newer ? CSN_NEWER : CSN_EQUAL;
}

/* USNs: in the form of a CSN, so that those of one backend of one server compare as text */

static const char USN_MARK[] = "#usn#";

char *csn_of_usn(
	TALLOC_CTX *mem_ctx, const char *usn, const char *server, const char *backend)
{
	return mem_printf(mem_ctx, "%020llu%s%s%s", strtoull(usn, NULL, 10), USN_MARK,
		server, backend);
}

bool csn_is_usn(const struct string_list *state)
{
	return state->n > 0 && strstr(state->items[0], USN_MARK) != NULL;
}

uint64_t csn_moved_usn(const struct string_list *then, const struct string_list *now)
{
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < then->n; i++) {
		const char *value = find_server(now, then->items[i]);
		uint64_t usn = strtoull(then->items[i], NULL, 10);

		if ((value == NULL || strcmp(value, then->items[i]) != 0) && usn < lowest)
			lowest = usn;
	}
	return lowest;
}

void csn_sort(struct string_list *csn)
{
	if (csn->n > 1)
		qsort(csn->items, csn->n, sizeof(*csn->items), text_compare_items);
}

const char *csn_oldest(const struct string_list *state)
{
	const char *oldest = NULL;

	for (size_t i = 0; i < state->n; i++) {
		if (!oldest || strcmp(state->items[i], oldest) < 0)
			oldest = state->items[i];
	}
	return oldest;
}

bool csn_newest_time(const struct string_list *state, int64_t *ret)
{
	bool is_known = false;

	for (size_t i = 0; i < state->n; i++) {
		TMP_CTX(tmp);
		const char *csn = state->items[i];
		int64_t when;

		if (!text_parse_time(mem_strndup(tmp, csn, strcspn(csn, "#")), &when))
			continue;
		if (!is_known || when > *ret)
			*ret = when;
		is_known = true;
	}
	return is_known;
}
