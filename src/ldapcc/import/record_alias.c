/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/import.h"

/*
 * dnsmasq follows an alias of an alias, and takes one where a mail server or a service stands. Ours
 * are of the name behind it: the answer has the same address.
 */

static const char *full_name(struct import *im, const char *name)
{
	const char *domain = im->scope.values[IMPORT_DOMAIN].text;

	return domain == NULL || strchr(name, '.') != NULL
		       ? name
		       : mem_printf(im->mem_ctx, "%s.%s", name, domain);
}

/* Where the name begins that a record points to, its last word; NULL: it points nowhere. */
static const char *target_of(const char *text)
{
	return text_has_prefix(text, "TXT") ? NULL : strrchr(text, ' ') + 1;
}

static struct table *find_aliases(TALLOC_CTX *mem_ctx, struct import *im)
{
	struct table *aliases = table_new_folded(mem_ctx, im->n_owned);

	for (size_t i = 0; i < im->n_owned; i++)
		if (text_has_prefix(im->owned[i].text, "CNAME "))
			*table_slot(aliases, full_name(im, im->owned[i].owner)) =
				(void *)(uintptr_t)target_of(im->owned[i].text);
	return aliases;
}

/* Of a ring @name itself: check says what is wrong with it. */
static const char *name_behind(
	struct import *im, const struct table *aliases, const char *name)
{
	const char *at = name, *next;

	for (size_t i = 0; i <= im->n_owned; i++) {
		next = table_find(aliases, full_name(im, at));
		if (next == NULL)
			return at;
		at = next;
	}
	return name;
}

static void follow(struct import *im, const struct table *aliases, const char **text)
{
	const char *target = target_of(*text);
	const char *behind = target == NULL ? NULL : name_behind(im, aliases, target);

	if (behind != target)
		*text = mem_printf(
			im->mem_ctx, "%.*s%s", (int)(target - *text), *text, behind);
}

void import_follow_aliases(struct import *im)
{
	TMP_CTX(tmp);
	const struct table *aliases = find_aliases(tmp, im);

	for (size_t i = 0; i < im->n_owned; i++)
		follow(im, aliases, &im->owned[i].text);
	for (size_t i = 0; i < im->n_records; i++)
		follow(im, aliases, &im->records[i]);
}

/* A name without a domain is in that of its machine. */
static const char *in_domain(
	struct import *im, const struct import_host *host, const char *name)
{
	const char *dot = strchr(host->name, '.');

	return dot == NULL || strchr(name, '.') != NULL
		       ? full_name(im, name)
		       : mem_printf(im->mem_ctx, "%s%s", name, dot);
}

static void compare_alias(struct import *im, struct table *owners,
	const struct import_host *host, const char *alias)
{
	void **slot = table_slot(owners, in_domain(im, host, alias));
	const struct import_host *other = *slot;

	if (other == NULL)
		*slot = (void *)(uintptr_t)host;
	else if (other != host)
		import_left(im, host->where,
			"'%s' is a name of '%s', too: where each is to have it, the settings "
			"say 'severity: {alias-conflict: ignore}'",
			alias, other->name);
}

/* Two machines of one first label, in two domains. */
struct pair {
	const struct import_host *one, *other;
};

static struct table *pairs_of(TALLOC_CTX *mem_ctx, const struct import *im)
{
	struct table *pairs = table_new_folded(mem_ctx, im->n_hosts);

	for (size_t i = 0; i < im->n_hosts; i++) {
		if (im->hosts[i]->n_ips == 0)
			continue;
		const char *name = im->hosts[i]->name;
		void **slot =
			table_slot(pairs, mem_strndup(mem_ctx, name, strcspn(name, ".")));
		struct pair *pair = *slot;

		if (pair == NULL) {
			*slot = pair = mem_new(mem_ctx, struct pair);
			pair->one = im->hosts[i];
		} else if (pair->other == NULL && strcmp(pair->one->name, name) != 0) {
			pair->other = im->hosts[i];
		}
	}
	return pairs;
}

/* A short name is that of one machine, or nobody's; a hosts file gave all of its addresses. */
static void compare_short(struct import *im)
{
	TMP_CTX(tmp);
	const struct table *pairs = pairs_of(tmp, im);

	for (size_t i = 0; i < im->n_lines; i++)
		for (size_t j = 0; j < im->lines[i].n_names; j++) {
			const char *name = im->lines[i].names[j];
			const struct pair *pair = table_find(pairs, name);

			if (pair != NULL && pair->other != NULL)
				import_left(im, im->lines[i].where,
					"'%s' is the short name of '%s' and '%s': it is "
					"answered no more",
					name, pair->one->name, pair->other->name);
		}
}

void import_compare_aliases(struct import *im)
{
	TMP_CTX(tmp);
	struct table *owners = table_new_folded(tmp, im->n_hosts);

	for (size_t i = 0; i < im->n_hosts; i++)
		*table_slot(owners, in_domain(im, im->hosts[i], im->hosts[i]->name)) =
			im->hosts[i];
	for (size_t i = 0; i < im->n_hosts; i++)
		for (size_t j = 0; j < im->hosts[i]->n_aliases; j++)
			compare_alias(im, owners, im->hosts[i], im->hosts[i]->aliases[j]);
	compare_short(im);
}
