/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/dnsmasq.h"

/*
 * Whom the lines with tags are for. A range sets tags for the clients of its network, a
 * dhcp-host those of its host, which is `known` besides. Of lines that hold the last one
 * counts, before those without tags (dnsmasq(8), --dhcp-option).
 */

static bool is_among(const char *const *tags, size_t n, const char *tag)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(tags[i], tag) == 0)
			return true;
	return false;
}

static bool is_hosts_tag(const struct dnsmasq_whom *whom, const char *tag)
{
	return whom->host != NULL &&
	       (strcmp(tag, "known") == 0 ||
		       is_among(whom->host->tags, whom->host->n_tags, tag));
}

static bool has_tag(
	const struct dnsmasq *d, const struct dnsmasq_whom *whom, const char *tag)
{
	const unsigned *clients = table_find(d->clients, tag);

	if (clients != NULL && whom->client >= 0 && (*clients & 1U << whom->client) != 0)
		return true;
	return is_hosts_tag(whom, tag) ||
	       (whom->network != NULL &&
		       is_among(whom->network->tags, whom->network->n_tags, tag));
}

/* !red; an older spelling is #red. */
static bool is_negative(const char *tag)
{
	return tag[0] == '!' || tag[0] == '#';
}

bool dnsmasq_is_for(const struct dnsmasq *d, const struct dnsmasq_rule *rule,
	const struct dnsmasq_whom *whom)
{
	for (size_t i = 0; i < rule->n_tags; i++) {
		bool is_not = is_negative(rule->tags[i]);

		if (has_tag(d, whom, rule->tags[i] + is_not) == is_not)
			return false;
	}
	return true;
}

static bool names_tag_of(const struct dnsmasq_rule *rule, const struct dnsmasq_whom *whom)
{
	for (size_t i = 0; i < rule->n_tags; i++)
		if (is_hosts_tag(whom, rule->tags[i] + is_negative(rule->tags[i])))
			return true;
	return false;
}

/* Options */

/* What both families are told at once is one list in a directory. */
static void set_site_value(struct dnsmasq *d, const struct dnsmasq_rule *rule)
{
	struct import_value *value = &d->im->scope.values[rule->option];
	bool is_more = rule->is_ipv6 && value->text != NULL && value->text[0] != '\0' &&
		       !import_is_said(value->text, rule->text) &&
		       strcmp(value->text, rule->text) != 0;

	*value = (struct import_value){
		is_more ? mem_printf(d->im->mem_ctx, "%s %s", value->text, rule->text)
			: rule->text,
		rule->where};
}

static void set_value(
	struct dnsmasq *d, struct import_scope *scope, const struct dnsmasq_rule *rule)
{
	if (rule->text == NULL || rule->what > DNSMASQ_FURTHER)
		return;
	if (rule->what == DNSMASQ_FURTHER)
		(void)!import_set_further(d->im, scope, rule->text, rule->where);
	else if (scope == &d->im->scope)
		set_site_value(d, rule);
	else
		scope->values[rule->option] =
			(struct import_value){rule->text, rule->where};
}

/* A tag of one of several ranges of a network: all of them are told the same. */
static void check_part(struct dnsmasq *d, const struct import_network *network,
	const struct dnsmasq_rule *rule)
{
	for (size_t i = 0; i < rule->n_tags; i++) {
		size_t n = 0, n_ranges = 0;

		for (size_t j = 0; j < network->n_tags; j++) {
			n += strcmp(network->tags[j], rule->tags[i]) == 0;
			/* a range without one has an empty tag */
			n_ranges += strcmp(network->tags[j], "") == 0;
		}
		if (n > 0 && n < n_ranges)
			import_left(d->im, rule->where,
				"tag '%s' is of some ranges of a network only: all of it is "
				"told this",
				rule->tags[i]);
	}
}

static void settle_options(struct dnsmasq *d)
{
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 0; i < d->n_rules; i++)
			if (d->rules[i]->n_tags == 0 &&
				d->rules[i]->is_ipv6 == (round == 1))
				set_value(d, &d->im->scope, d->rules[i]);
	for (size_t i = 0; i < d->im->n_networks; i++) {
		struct import_network *network = &d->im->networks[i];
		const struct dnsmasq_whom whom = {network, NULL, -1};

		for (size_t j = 0; j < d->n_rules; j++) {
			struct dnsmasq_rule *rule = d->rules[j];

			if (rule->n_tags == 0 || rule->what > DNSMASQ_FURTHER ||
				!dnsmasq_is_for(d, rule, &whom))
				continue;
			rule->is_held = true;
			check_part(d, network, rule);
			set_value(d, &network->scope, rule);
		}
	}
}

/* Hosts */

/* Lines by the tags that they name, so that a host looks at its own only. */
struct index {
	struct table *by_tag; /* tag -> struct found */
	TALLOC_CTX *mem_ctx;
};

struct found {
	struct dnsmasq_rule **rules;
	size_t n;
};

static void index_rules(struct dnsmasq *d, struct index *index)
{
	for (size_t i = 0; i < d->n_rules; i++)
		for (size_t j = 0; j < d->rules[i]->n_tags; j++) {
			const char *tag = d->rules[i]->tags[j];
			void **slot = table_slot(index->by_tag, tag + is_negative(tag));

			if (*slot == NULL)
				*slot = mem_new(index->mem_ctx, struct found);
			struct found *found = *slot;

			if (found->n == 0 || found->rules[found->n - 1] != d->rules[i])
				*mem_push(index->mem_ctx, &found->rules, &found->n) =
					d->rules[i];
		}
}

/* It has a reservation no more; its names stay. */
static void ignore_host(
	struct dnsmasq *d, struct import_host *host, const struct dnsmasq_rule *rule)
{
	import_left(d->im, rule->where,
		"host '%s' is to be ignored: its MAC address is not taken over, and it is "
		"answered as an unknown client",
		host->name);
	host->n_macs = 0;
	host->n_guids = 0;
	host->n_duids = 0;
	host->has_dhcp = false;
}

/* What the host is told otherwise than strangers in its network. */
static void settle_host_rule(
	struct dnsmasq *d, struct import_host *host, struct dnsmasq_rule *rule)
{
	const struct dnsmasq_whom stranger = {
		host->n_ips == 0 ? NULL : import_network_of(d->im, host->ips[0]), NULL,
		-1};
	const struct dnsmasq_whom whom = {
		rule->what == DNSMASQ_IGNORE ? NULL : stranger.network, host, -1};
	bool holds = dnsmasq_is_for(d, rule, &whom);

	if (rule->what == DNSMASQ_BOOT)
		return;
	rule->is_held |= holds;
	if (holds && rule->what == DNSMASQ_IGNORE)
		ignore_host(d, host, rule);
	else if (holds)
		set_value(d, &host->scope, rule);
	else if (names_tag_of(rule, &whom) && dnsmasq_is_for(d, rule, &stranger) &&
		 rule->what != DNSMASQ_IGNORE)
		import_left(d->im, rule->where,
			"is not for host '%s', which is told it from now on, as all of its "
			"network are",
			host->name);
}

static void settle_tag(struct dnsmasq *d, const struct index *index,
	struct import_host *host, const char *tag, bool *ret_boots)
{
	const struct found *found = table_find(index->by_tag, tag);

	for (size_t i = 0; found != NULL && i < found->n; i++) {
		settle_host_rule(d, host, found->rules[i]);
		*ret_boots |= found->rules[i]->what == DNSMASQ_BOOT;
	}
}

static void settle_hosts(struct dnsmasq *d)
{
	TMP_CTX(tmp);
	struct index index = {table_new(tmp, d->n_rules), tmp};

	index_rules(d, &index);
	for (size_t i = 0; i < d->im->n_hosts; i++) {
		struct import_host *host = d->im->hosts[i];
		struct import_network *network =
			host->n_ips == 0 ? NULL : import_network_of(d->im, host->ips[0]);
		bool boots = false;

		if (!host->has_dhcp)
			continue;
		settle_tag(d, &index, host, "known", &boots);
		for (size_t j = 0; j < host->n_tags; j++)
			settle_tag(d, &index, host, host->tags[j], &boots);
		if (boots)
			dnsmasq_settle_boot(d, &host->scope,
				(struct dnsmasq_whom){network, host, -1});
	}
}

/* dhcp-ignore */

/* Strangers that get no answer have no range. What ranges set does not count here. */
static void settle_ignored(struct dnsmasq *d, struct dnsmasq_rule *rule)
{
	if (!dnsmasq_is_for(d, rule, &(struct dnsmasq_whom){NULL, NULL, -1}))
		return;
	rule->is_held = true;
	for (size_t i = 0; i < d->im->n_networks; i++)
		import_close_ranges(d->im, &d->im->networks[i], rule->where);
}

/* Lines for nobody */

static void check_held(struct dnsmasq *d)
{
	for (size_t i = 0; i < d->n_rules; i++) {
		const struct dnsmasq_rule *rule = d->rules[i];
		struct buffer *b = buffer_new(d->im->mem_ctx);

		if (rule->is_held || rule->n_tags == 0 || rule->text == NULL)
			continue;
		for (size_t j = 0; j < rule->n_tags; j++)
			buffer_printf(b, "%stag:%s", j == 0 ? "" : ",", rule->tags[j]);
		import_left(d->im, rule->where,
			"is for clients with %s, which no range and no host here has: it "
			"is not taken over, keep the line in the server's own file",
			b->data);
	}
}

void dnsmasq_settle_rules(struct dnsmasq *d)
{
	settle_options(d);
	dnsmasq_settle_boots(d);
	settle_hosts(d);
	for (size_t i = 0; i < d->n_rules; i++)
		if (d->rules[i]->what == DNSMASQ_IGNORE)
			settle_ignored(d, d->rules[i]);
	check_held(d);
}
