/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/lint_rules.h"

/*
 * Names in a directory's DNS zones that are not served here: one finding a zone and reason, as a
 * zone has thousands of them.
 */

enum { NAMED = 3 }; /* of which so many are named */

static const char *const sentences[_UNSERVED_MAX][2] = {
	[UNSERVED_NO_HOST_NAME] = {"is no host name", "are no host names"},
	[UNSERVED_ZONE_ITSELF] = {"is the zone itself"},
	[UNSERVED_NO_ZONE] = {"stands below no entry that has a label of its name",
		"stand below no entry that has a label of their names"},
	[UNSERVED_WILDCARD] = {"stands for all names", "stand for all names"},
	[UNSERVED_TYPE] = {"has neither an address nor a CNAME, MX or TXT",
		"have neither an address nor a CNAME, MX or TXT"},
	[UNSERVED_RECORD] = {"has a record that cannot be told",
		"have records that cannot be told"},
	[UNSERVED_TWICE] = {"is a name already, which counts",
		"are names already, which count"},
};

static int compare_unserved(const void *left, const void *right)
{
	const struct unserved *a = *(struct unserved *const *)left,
			      *b = *(struct unserved *const *)right;
	int order = strcmp(a->zone, b->zone);

	if (order == 0)
		order = a->why - b->why;
	if (order == 0)
		order = strcmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->dn, b->dn);
}

/* One entry may have several records that cannot be told. */
static size_t drop_repeated(struct unserved **all, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || compare_unserved(&all[kept - 1], &all[i]) != 0)
			all[kept++] = all[i];
	return kept;
}

static const char *names_of(TALLOC_CTX *mem_ctx, struct unserved **all, size_t n)
{
	struct buffer *names = buffer_new(mem_ctx);

	for (size_t i = 0; i < n && i < NAMED; i++) {
		const char *name =
			all[i]->why == UNSERVED_ZONE_ITSELF ? "@" : all[i]->name;

		buffer_printf(names, "%s'%s'",
			i == 0	     ? ""
			: i + 1 == n ? " and "
				     : ", ",
			text_printable(mem_ctx, name, strlen(name)));
	}
	if (n > NAMED)
		buffer_printf(names, " and %zu more", n - NAMED);
	return names->data;
}

static void report(struct reporter *r, struct unserved **all, size_t n)
{
	TMP_CTX(tmp);
	const struct unserved *first = all[0];

	/* some have two entries for it */
	if (first->why == UNSERVED_ZONE_ITSELF)
		n = 1;
	(void)check_report_entry(r, CHECK_PASSED_OVER, check_default(CHECK_PASSED_OVER),
		(struct loc){.source = r->site->source,
			.line = first->line,
			.dn = first->dn,
			.attr = first->attribute},
		"zone '%s': %s %s: not served",
		text_printable(tmp, first->zone, strlen(first->zone)),
		names_of(tmp, all, n), sentences[first->why][n > 1]);
}

/* Who leaves DNS to the directory's own server loses no name. */
static bool serves_names(const struct reporter *r)
{
	return r->site->prints_zones || reporter_has_target(r, "dnsmasq") ||
	       reporter_has_target(r, "dnsmasq-hosts") || reporter_has_target(r, "hosts");
}

void lint_zone(struct reporter *r)
{
	struct unserved **all = r->site->unserved;
	size_t n = r->site->n_unserved;

	if (n > 1)
		qsort(all, n, sizeof(*all), compare_unserved);
	n = r->site->n_unserved = drop_repeated(all, n);
	if (!serves_names(r))
		return;
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && all[start]->why == all[end]->why &&
				      strcmp(all[start]->zone, all[end]->zone) == 0;
			end++)
			;
		report(r, all + start, end - start);
	}
}
