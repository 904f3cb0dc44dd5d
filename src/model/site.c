/* SPDX-License-Identifier: Apache-2.0 */
#include "model/site.h"

#include <string.h>

struct loc record_loc(
	const struct site *site, const struct record *record, enum field_id field)
{
	struct loc where = {.source = site->source,
		.dn = record->dn,
		.attr = map_attribute(site->map, field)};

	const struct origin *origin = record_origin(record, field);

	where.line = record->line;
	if (origin != NULL)
		where.attr = origin->attribute;
	if (origin != NULL && origin->line > 0)
		where.line = origin->line;
	return where;
}

const struct origin *record_origin(const struct record *record, enum field_id field)
{
	for (uint32_t i = 0; i < record->n_origins; i++)
		if (record->origins[i].field == field)
			return &record->origins[i];
	return NULL;
}

bool record_refused(const struct record *record, enum field_id field)
{
	const struct origin *origin = record_origin(record, field);

	return origin != NULL && origin->is_refused;
}

struct site *site_new(TALLOC_CTX *mem_ctx, const struct map *map, const char *source)
{
	struct site *site = mem_new(mem_ctx, struct site);

	site->arena = arena_new(site);
	site->map = map;
	site->source = source;
	return site;
}

/* Looking things up */

const char *model_domain_of(const char *fqdn)
{
	const char *dot = strchr(fqdn, '.');

	return dot == NULL ? NULL : dot + 1;
}

struct network *model_network_of(const struct site *site, struct ip ip)
{
	size_t low = 0, high = site->n_networks;

	/* the last network that starts at or before @ip; the one inside another is later */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ip_compare(site->networks[middle]->prefix.base, ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i-- > 0;) {
		const struct prefix *prefix = &site->networks[i]->prefix;

		if (prefix->base.family != ip.family)
			break;
		if (prefix_contains(*prefix, ip))
			return site->networks[i];
		/* only overlapping networks make the search go on: they are in error */
		if (low - i > 64)
			break;
	}
	return NULL;
}

bool address_is_gateway(const struct address *address)
{
	return address->network != NULL && ip_is_set(address->network->gateway) &&
	       ip_compare(address->ip, address->network->gateway) == 0;
}

struct record *model_find(const struct site *site, const char *key)
{
	struct record *record = table_find(site->by_key, key);

	return record != NULL && !record->is_passed_over ? record : NULL;
}

struct machine *model_find_machine(const struct site *site, const char *name)
{
	const struct name_holder *holder = table_find(site->full_names, name);

	if (holder != NULL)
		return holder->machine;
	void *machine = table_find(site->short_names, name);

	return machine == MODEL_SHARED ? NULL : machine;
}

unsigned profile_trees(const struct profile *profile)
{
	return (profile->install_url != NULL) + (profile->nfs_server != NULL) +
	       (profile->mirror_list != NULL) + (profile->metalink != NULL);
}
