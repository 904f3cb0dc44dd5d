/* SPDX-License-Identifier: Apache-2.0 */
#include "model/servers.h"

#include "model/absent.h"
#include "model/decode_value.h"
#include "model/derive_dhcp.h"

static void link_router(struct site *site, struct network *network)
{
	struct strings found = {0};
	struct ip ip;

	if (network->gateway_name == NULL)
		return;
	network->gateway = (struct ip){0};
	found = model_addresses_of(site, network->gateway_name,
		model_domain(site, network), network->prefix.base.family);
	for (uint32_t i = found.n; i-- > 0;)
		if (ip_parse(found.items[i], &ip) && prefix_contains(network->prefix, ip))
			network->gateway = ip;
}

static bool has_names(const struct strings *servers)
{
	struct ip ip;

	for (uint32_t i = 0; i < servers->n; i++)
		if (!ip_parse(servers->items[i], &ip))
			return true;
	return false;
}

/* Names give way to their addresses. */
static void link_name_servers(struct site *site, struct strings *servers,
	struct strings *said, const char *domain)
{
	if (said->items == NULL)
		*said = *servers;
	if (!has_names(said))
		return;
	struct strings all[] = {derive_servers(site, said, domain, 4),
		derive_servers(site, said, domain, 6)};

	*servers = (struct strings){.items = arena_alloc(site->arena,
					    (all[0].n + all[1].n + 1) * sizeof(char *))};
	for (size_t family = 0; family < ARRAY_SIZE(all); family++)
		for (uint32_t i = 0; i < all[family].n; i++)
			servers->items[servers->n++] = all[family].items[i];
	decode_sort_strings(servers);
}

void servers_link(struct site *site)
{
	for (size_t i = 0; i < site->n_clusters; i++)
		link_name_servers(site, &site->clusters[i]->nameservers,
			&site->clusters[i]->nameservers_said, model_domain(site, NULL));
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];

		link_router(site, network);
		link_name_servers(site, &network->nameservers, &network->nameservers_said,
			model_domain(site, network));
	}
}

static void lint_name_servers(struct reporter *r, struct record *record,
	const struct strings *said, const char *domain)
{
	for (uint32_t i = 0; i < said->n; i++)
		lint_server(r, record, FIELD_NAMESERVER, said->items[i], domain);
}

/*
 * No router where clients had one would be a change that nobody asked for: a network that was
 * published waits with the host that its gateway is.
 */
static void lint_router(struct reporter *r, struct network *network)
{
	const char *name = network->gateway_name;

	if (name == NULL || ip_is_set(network->gateway))
		return;
	if (absent_has_name(r->site->waited_for, name))
		check_report_at(r, CHECK_FOREIGN_NAME,
			network->was_published ? SEVERITY_ERROR : SEVERITY_WARNING,
			&network->record, FIELD_GATEWAY,
			"the entry of '%s' is in error: %s until it is mended", name,
			network->was_published ? "the network stays as it was"
					       : "clients are told of no router");
	else
		check_report(r, CHECK_FOREIGN_NAME, &network->record, FIELD_GATEWAY,
			"'%s' is no name in this network that the directory knows: "
			"clients are told of no router, write its address",
			name);
}

void servers_lint(struct reporter *r)
{
	struct site *site = r->site;

	for (size_t i = 0; i < site->n_clusters; i++)
		lint_name_servers(r, &site->clusters[i]->record,
			&site->clusters[i]->nameservers_said, model_domain(site, NULL));
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];

		/* what a service says of all its networks has been said */
		if (site->n_clusters == 0 ||
			!strings_equal(&network->nameservers_said,
				&site->clusters[0]->nameservers_said))
			lint_name_servers(r, &network->record, &network->nameservers_said,
				model_domain(site, network));
		lint_router(r, network);
	}
}
