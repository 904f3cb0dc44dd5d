/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "base/text.h"
#include "model/absent.h"
#include "model/derive_boot.h"
#include "model/derive_dhcp.h"
#include "model/dhcp_option.h"
#include "model/lint_node.h"
#include "model/lint_rules.h"
#include "model/past.h"
#include "model/servers.h"
#include "model/wire.h"

static const char *const servers_of_ipv4[] = {"dhcpd", "kea-dhcp4", "kea-dhcp4-subnet4",
	"kea-dhcp4-shared-networks", "dnsmasq-dhcp", NULL};
static const char *const servers_of_ipv6[] = {"dhcpd6", "kea-dhcp6", "kea-dhcp6-subnet6",
	"kea-dhcp6-shared-networks", "dnsmasq-dhcp", NULL};

/* Is one of @names, which end with NULL, a target of this site? */
static const char *target_of(const struct reporter *r, const char *const *names)
{
	for (; *names != NULL; names++)
		if (reporter_has_target(r, *names))
			return *names;
	return NULL;
}

/* Servers by name */

void lint_server(struct reporter *r, struct record *record, enum field_id field,
	const char *name, const char *domain)
{
	struct ip ip;

	if (name == NULL || ip_parse(name, &ip) ||
		model_addresses_of(r->site, name, domain, 4).n > 0 ||
		model_addresses_of(r->site, name, domain, 6).n > 0)
		return;
	if (absent_has_name(r->site->waited_for, name))
		check_report(r, CHECK_FOREIGN_NAME, record, field,
			"the entry of '%s' is in error: clients are not told of it until "
			"it is mended",
			name);
	else
		check_report(r, CHECK_FOREIGN_NAME, record, field,
			"'%s' is no name of this directory's: clients are not told of "
			"it, write its address",
			name);
}

static void check_servers(struct reporter *r)
{
	struct site *site = r->site;

	servers_lint(r);
	for (size_t i = 0; i < site->n_clusters; i++)
		for (uint32_t j = 0; j < site->clusters[i]->timeservers.n; j++)
			lint_server(r, &site->clusters[i]->record, FIELD_TIMESERVER,
				site->clusters[i]->timeservers.items[j],
				model_domain(site, NULL));
	for (size_t i = 0; i < site->n_networks; i++)
		lint_server(r, &site->networks[i]->record, FIELD_NEXT_SERVER,
			site->networks[i]->boot.next_server,
			model_domain(site, site->networks[i]));
	lint_nodes(r, NODE_NEXT_SERVER);
}

/* Of which families its clients are; who has a MAC address alone asks by IPv4. */
static void families_of(const struct machine *machine, bool *ipv4, bool *ipv6)
{
	*ipv4 = *ipv6 = false;
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *nic = machine->interfaces[i];

		*ipv4 |= nic->n_addresses == 0 && nic->n_macs > 0;
		*ipv4 |= interface_count(nic, 4) > 0;
		*ipv6 |= interface_count(nic, 6) > 0;
	}
}

/* Whether there is a finding also depends on the server's own entry. */
void lint_next_server(struct reporter *r, struct machine *machine)
{
	const char *server = machine->rare->boot.next_server;
	const char *domain = model_domain(r->site, NULL);
	bool ipv4, ipv6;

	if (server == NULL || report_in_trial(r))
		return;
	lint_server(r, &machine->record, FIELD_NEXT_SERVER, server, domain);
	bool has_ipv4 = ip_is_set(derive_server(r->site, server, domain, 4));
	bool has_ipv6 = ip_is_set(derive_server(r->site, server, domain, 6));

	families_of(machine, &ipv4, &ipv6);
	const char *target = target_of(r, ipv4 ? servers_of_ipv4 : servers_of_ipv6);

	/* of the other family only */
	if (target != NULL &&
		(ipv4 ? !ipv6 && !has_ipv4 && has_ipv6 : ipv6 && !has_ipv6 && has_ipv4))
		check_report(r, CHECK_NOT_CARRIED, &machine->record, FIELD_NEXT_SERVER,
			"target '%s' cannot tell clients: '%s' has no IPv%d address",
			target, server, ipv4 ? 4 : 6);
}

/* Routes and options of networks */

static bool is_same_network(struct prefix a, struct prefix b)
{
	return a.length == b.length && ip_compare(a.base, b.base) == 0;
}

/* Why nobody gets to it by a router. Multicast leaves by the interface that its route names. */
static const char *destination_fault(const struct network *network, struct prefix to)
{
	static const struct prefix nowhere[] = {
		{{4, {0}}, 8}, {{4, {127}}, 8}, {{6, {[15] = 1}}, 128}};

	if (is_same_network(network->prefix, to))
		return "is the network itself";
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		if (to.length >= nowhere[i].length &&
			prefix_contains(nowhere[i], to.base))
			return ip_unusable(to.base);
	return NULL;
}

static void check_route(struct reporter *r, struct network *network, const char *text)
{
	struct static_route route = derive_route(text);
	bool is_reached =
		prefix_contains(network->prefix, route.gateway) ||
		(network->prefix.base.family == 6 && ip_is_link_local(route.gateway));
	const char *what = "gateway", *why = "is not inside the network";

	if (is_reached)
		why = prefix_edge(network->prefix, route.gateway);
	if (why == NULL) {
		what = "destination";
		why = destination_fault(network, route.to);
	}
	if (why != NULL)
		check_report(r, CHECK_BAD_VALUE, &network->record, FIELD_STATIC_ROUTE,
			"route '%s': its %s %s", text, what, why);
}

/* Some clients take the first of two routes to one network, and others the last. */
static void check_routes(struct reporter *r, struct network *network)
{
	const struct strings *texts = &network->route_texts;

	for (uint32_t i = 0; i < texts->n; i++) {
		struct prefix to = derive_route(texts->items[i]).to;
		uint32_t first = 0;

		check_route(r, network, texts->items[i]);
		while (!is_same_network(derive_route(texts->items[first]).to, to))
			first++;
		if (first < i)
			check_report(r, CHECK_BAD_VALUE, &network->record,
				FIELD_STATIC_ROUTE,
				"route '%s': '%s' is a route to the same network, and a "
				"client has one",
				texts->items[i], texts->items[first]);
	}
}

/* One value an option; of a network's own also only those of its family. */
static void check_options(struct reporter *r, struct record *record,
	const struct strings *texts, unsigned family)
{
	TMP_CTX(tmp);
	struct table *seen = table_new(tmp, texts->n);

	for (uint32_t i = 0; i < texts->n; i++) {
		struct dhcp_option option;

		if (dhcp_option_parse(tmp, texts->items[i], &option) != NULL)
			continue;
		void **slot = table_slot(seen, option.type->name);

		if (*slot != NULL)
			check_report(r, CHECK_BAD_VALUE, record, FIELD_DHCP_OPTION,
				"option '%s' is there twice", option.type->name);
		*slot = r;
		if (family != 0 && option.type->is_ipv6 != (family == 6))
			check_report(r, CHECK_BAD_VALUE, record, FIELD_DHCP_OPTION,
				"option '%s' is one of DHCPv%d, and the network is IPv%u",
				option.type->name, option.type->is_ipv6 ? 6 : 4, family);
	}
}

/* dnsmasq reads some texts itself, and cuts them where its own syntax has a meaning. */
static void check_dnsmasq_options(
	struct reporter *r, struct record *record, const struct strings *texts)
{
	TMP_CTX(tmp);
	struct dhcp_option option;

	if (!reporter_has_target(r, "dnsmasq-dhcp"))
		return;
	for (uint32_t i = 0; i < texts->n; i++)
		if (dhcp_option_parse(tmp, texts->items[i], &option) == NULL &&
			dhcp_option_beyond_dnsmasq(&option))
			check_report(r, CHECK_NOT_CARRIED, record, FIELD_DHCP_OPTION,
				"target 'dnsmasq-dhcp' cannot tell clients option '%s': "
				"dnsmasq takes no blank, comma, quote, backslash or # "
				"in it",
				option.type->name);
}

/* Sizes: what every client must be able to take */

enum {
	DNSMASQ_LEASE_MIN = 120, /* seconds */
	OPTION_HEAD = 2, /* code and length */
	OPTION_MAX = 255,
	ADDRESSES_MAX = OPTION_MAX / 4,
	/* what a server says of itself and the lease, mask, broadcast, name, class */
	OPTIONS_ALWAYS = 130,
	/* 576 octets (RFC 2131 section 2) without headers and fields, with sname and file */
	OPTIONS_MAX = 576 - 28 - 240 + 64 + 128,
};

static size_t search_octets(const struct cluster *cluster)
{
	uint8_t octets[OPTION_MAX + 1];
	size_t n = 0;

	for (uint32_t i = 0; i < cluster->search.n; i++)
		n += dhcp_name_octets(cluster->search.items[i], octets);
	return n;
}

static size_t options_octets(const struct strings *texts)
{
	TMP_CTX(tmp);
	size_t n = 0;

	for (uint32_t i = 0; i < texts->n; i++) {
		struct dhcp_option option;

		if (dhcp_option_parse(tmp, texts->items[i], &option) == NULL &&
			!option.type->is_ipv6)
			n += OPTION_HEAD + option.n_octets;
	}
	return n;
}

static size_t routes_octets(const struct network *network)
{
	size_t n = network->route_texts.n > 0 ? 5 : 0;

	for (uint32_t i = 0; i < network->route_texts.n; i++)
		n += 5 + (derive_route(network->route_texts.items[i]).to.length + 7) / 8;
	return n;
}

static void check_search(struct reporter *r, struct cluster *cluster)
{
	size_t n = search_octets(cluster);

	if (n > OPTION_MAX)
		check_report(r, CHECK_BAD_VALUE, &cluster->record, FIELD_SEARCH,
			"%u %s %zu octets, an option of DHCP has at most %d",
			cluster->search.n,
			text_plural(cluster->search.n, "domain is", "domains are"), n,
			OPTION_MAX);
}

/*
 * A list of servers is one option, of 4 octets each. DHCPv6 has room for more, but no client for a
 * packet of more than 1280 octets (RFC 8415 section 5.2): as many of 16 octets fit one.
 */
static void check_list(struct reporter *r, struct record *record, enum field_id field,
	const struct strings *list, const char *domain)
{
	for (unsigned family = 4; family <= 6; family += 2) {
		uint32_t n = derive_servers(r->site, list, domain, family).n;

		if (n > ADDRESSES_MAX)
			check_report(r, CHECK_BAD_VALUE, record, field,
				"%u IPv%u addresses, an option of DHCP has at most %d", n,
				family, ADDRESSES_MAX);
	}
}

static void check_size(struct reporter *r, struct network *network)
{
	const struct cluster *cluster = model_cluster(r->site);
	size_t routes = routes_octets(network);
	size_t own = options_octets(&network->option_texts);
	uint32_t n_servers = network->nameservers.n > 0 ? network->nameservers.n
							: cluster->nameservers.n;
	size_t n = OPTIONS_ALWAYS + search_octets(cluster) + own + 2 * routes +
		   options_octets(&cluster->option_texts) +
		   4 * (n_servers + cluster->timeservers.n);

	if (network->prefix.base.family != 4)
		return;
	if (routes > OPTION_MAX)
		check_report(r, CHECK_BAD_VALUE, &network->record, FIELD_STATIC_ROUTE,
			"%u %s %zu octets, an option of DHCP has at most %d",
			network->route_texts.n,
			text_plural(network->route_texts.n, "route is", "routes are"),
			routes, OPTION_MAX);
	else if (n > OPTIONS_MAX)
		check_report(r, CHECK_BAD_VALUE, &network->record,
			routes > own ? FIELD_STATIC_ROUTE : FIELD_DHCP_OPTION,
			"what clients are told is %zu octets, a DHCP packet that every "
			"client takes has %d",
			n, OPTIONS_MAX);
}

/* What DHCPv6 has no place for: only where a server of it is a target */

static void report_lost(struct reporter *r, struct network *network, enum field_id field,
	const char *target, const char *why)
{
	check_report(r, CHECK_NOT_CARRIED, &network->record, field,
		"target '%s' cannot tell clients: %s", target, why);
}

static void check_ipv6(struct reporter *r, struct network *network)
{
	static const char *const servers[] = {
		"kea-dhcp6", "dhcpd6", "dnsmasq-dhcp", NULL};
	const char *target = target_of(r, servers);
	const struct boot *boot = &network->boot;
	struct ip server = derive_server(
		r->site, boot->next_server, model_domain(r->site, network), 6);
	bool has_path = false;
	const char *const files[] = {boot->file_uefi, boot->file_arm64};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		has_path |= files[i] != NULL && strstr(files[i], "://") == NULL;
	if (target == NULL || network->prefix.base.family != 6)
		return;
	if (boot->file != NULL)
		report_lost(r, network, FIELD_BOOT_FILE, target,
			"no PC BIOS boots by DHCPv6");
	if (network->route_texts.n > 0)
		report_lost(r, network, FIELD_STATIC_ROUTE, target,
			"routers advertise routes, DHCPv6 has none");
	if (network->mtu > 0)
		report_lost(r, network, FIELD_MTU, target,
			"routers advertise the MTU, DHCPv6 has none");
	if (has_path && !ip_is_set(server))
		report_lost(r, network,
			boot->file_uefi != NULL ? FIELD_BOOT_FILE_UEFI
						: FIELD_BOOT_FILE_ARM64,
			target,
			"DHCPv6 has URLs, and this is a path on a server without an IPv6 "
			"address (vocNextServer)");
}

static bool is_beside(const struct network *a, const struct network *b)
{
	return wire_compare(a, b) == 0 && a->prefix.base.family == b->prefix.base.family;
}

/* The networks of one wire: dnsmasq has to be told that they are one. */
static void check_wire(struct reporter *r, struct network *const *networks, size_t n)
{
	struct network *second = NULL;

	for (size_t i = 0; i < n; i++) {
		if (networks[i]->dhcp_interface != NULL)
			return;
		if (second == NULL && i > 0 && is_beside(networks[i - 1], networks[i]))
			second = networks[i];
	}
	if (second != NULL)
		report_lost(r, second, FIELD_SHARED_NETWORK, "dnsmasq-dhcp",
			"of a wire dnsmasq serves the networks that it has an address "
			"in; say its interface, vocDHCPInterface, at one of them");
}

static bool say_alike(const struct network *a, const struct network *b)
{
	return text_compare(a->domain, b->domain) == 0 &&
	       strings_equal(&a->nameservers, &b->nameservers) &&
	       strings_equal(&a->option_texts, &b->option_texts);
}

/*
 * Who makes an address of its own asks DHCPv6 for the rest alone (RFC 8415 section 6.1), and its
 * packet has no address by which a server would know the network.
 */
static void check_stateless(struct reporter *r, struct network *const *networks, size_t n)
{
	struct network *second = NULL;
	bool are_alike = true;

	for (size_t i = 1; i < n; i++) {
		if (networks[i]->prefix.base.family != 6 ||
			!is_beside(networks[i - 1], networks[i]))
			continue;
		second = second == NULL ? networks[i] : second;
		are_alike &= say_alike(networks[i - 1], networks[i]);
	}
	if (second != NULL && !are_alike && reporter_has_target(r, "dhcpd6"))
		report_lost(r, second, FIELD_SHARED_NETWORK, "dhcpd6",
			"those that ask for no address are told what all IPv6 networks of "
			"a wire say alike, and these do not");
	else if (second != NULL && reporter_has_target(r, "dnsmasq-dhcp"))
		report_lost(r, second, FIELD_SHARED_NETWORK, "dnsmasq-dhcp",
			"those that ask for no address are told nothing on a wire of "
			"several IPv6 networks");
}

static void check_wires(struct reporter *r)
{
	static const char *const servers[] = {"dnsmasq-dhcp", "dhcpd6", NULL};
	TMP_CTX(tmp);
	size_t n = 0;
	struct network **on_wires =
		mem_array(tmp, struct network *, r->site->n_networks + 1);

	if (target_of(r, servers) == NULL)
		return;
	for (size_t i = 0; i < r->site->n_networks; i++)
		if (r->site->networks[i]->shared_name != NULL &&
			ip_is_set(r->site->networks[i]->prefix.base))
			on_wires[n++] = r->site->networks[i];
	sort_pointers(on_wires, n, wire_compare_networks);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1;
			end < n && wire_compare(on_wires[start], on_wires[end]) == 0;
			end++)
			;
		if (reporter_has_target(r, "dnsmasq-dhcp"))
			check_wire(r, on_wires + start, end - start);
		check_stateless(r, on_wires + start, end - start);
	}
}

/* What one server alone cannot. */
static void check_ipv6_servers(struct reporter *r, struct network *network)
{
	static const char *const kea[] = {"kea-dhcp6", NULL};
	static const char *const dnsmasq[] = {"dnsmasq-dhcp", NULL};

	if (network->prefix.base.family != 6)
		return;
	if (target_of(r, kea) != NULL && network->dhcp_interface == NULL)
		report_lost(r, network, FIELD_DHCP_INTERFACE, kea[0],
			"without vocDHCPInterface it answers only those behind a relay");
	if (target_of(r, dnsmasq) != NULL && network_beyond_dnsmasq(network))
		report_lost(r, network, FIELD_NETWORK, dnsmasq[0],
			"of IPv6 it serves no network with a prefix shorter than 64");
	else if (target_of(r, dnsmasq) != NULL && network->boot.url != NULL)
		report_lost(r, network, FIELD_BOOT_URL, dnsmasq[0],
			"firmware that boots by HTTP wants option 16 of DHCPv6 with it, "
			"which dnsmasq does not send");
	if (target_of(r, dnsmasq) != NULL && network->n_ranges > 1)
		report_lost(r, network, FIELD_DYNAMIC_RANGE, dnsmasq[0],
			"those that ask for no address are told nothing where a network of "
			"IPv6 has several ranges");
}

/* Does it tell of a file on a server? A URL has its own. */
static bool has_path(const struct boot *boot)
{
	const char *const files[] = {boot->file, boot->file_uefi, boot->file_arm64};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i] != NULL && strstr(files[i], "://") == NULL)
			return true;
	return false;
}

/* Does it tell from which one? A name without an address is told to nobody. */
static bool has_server(
	const struct reporter *r, const struct boot *boot, const struct network *network)
{
	const char *domain = model_domain(r->site, network);

	return ip_is_set(derive_server(r->site, boot->next_server, domain, 4));
}

/* What dnsmasq says of IPv4 in its own way. */
static void check_dnsmasq_network(struct reporter *r, struct network *network)
{
	static const char target[] = "dnsmasq-dhcp";

	if (!reporter_has_target(r, target))
		return;
	if (network->lease_time < DNSMASQ_LEASE_MIN)
		report_lost(r, network, FIELD_LEASE_TIME, target,
			"dnsmasq gives no lease of less than 120 seconds");
	if (network->prefix.base.family == 4 && has_path(&network->boot) &&
		!has_server(r, &network->boot, network))
		report_lost(r, network, FIELD_NEXT_SERVER, target,
			"without vocNextServer dnsmasq gives its own address, where "
			"others give none");
}

/* A node's own file, where its networks name no server either. */
static void check_dnsmasq_boot(struct reporter *r, struct machine *machine)
{
	const struct boot *own = &machine->rare->boot;

	/* also of the server's own entry */
	if (!reporter_has_target(r, "dnsmasq-dhcp") || !has_path(own) ||
		report_in_trial(r))
		return;
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct network *network = machine->interfaces[i]->network;

		if (network == NULL || network->prefix.base.family != 4 ||
			has_server(r, own, network) ||
			has_server(r, &network->boot, network) ||
			has_path(&network->boot))
			continue;
		check_report(r, CHECK_NOT_CARRIED, &machine->record, FIELD_NEXT_SERVER,
			"target 'dnsmasq-dhcp' cannot tell clients: without "
			"vocNextServer dnsmasq gives its own address, where others give "
			"none");
		return;
	}
}

static void check_next_server(struct reporter *r, struct network *network)
{
	const char *server = network->boot.next_server;
	const char *domain = model_domain(r->site, network);
	const char *target = target_of(r, servers_of_ipv4);
	unsigned family = network->prefix.base.family;
	struct ip ip;

	if (ip_parse(server == NULL ? "" : server, &ip) && ip.family != family)
		check_report(r, CHECK_BAD_VALUE, &network->record, FIELD_NEXT_SERVER,
			"'%s' is no IPv%u address: DHCP of this network has no place for "
			"another",
			server, family);
	else if (family == 4 && target != NULL &&
		 !ip_is_set(derive_server(r->site, server, domain, 4)) &&
		 ip_is_set(derive_server(r->site, server, domain, 6)))
		report_lost(r, network, FIELD_NEXT_SERVER, target,
			"its server has no IPv4 address");
}

/* What iPXE is told where there is no vocBootURL is made of the install server's address. */
static void check_script(struct reporter *r, struct cluster *cluster)
{
	const char *server = cluster->install_server, *script = r->site->boot_script;

	if (server == NULL || script == NULL ||
		strlen(server) + 1 + strlen(script) <= BOOT_FILE_MAX)
		return;
	check_report(r, CHECK_BAD_VALUE, &cluster->record, FIELD_INSTALL_SERVER,
		"'%s/%s' is what iPXE would be told: longer than a DHCP packet can carry "
		"(%d octets)",
		server, script, BOOT_FILE_MAX);
}

static bool has_boot_files(const struct site *site)
{
	for (size_t i = 0; i < site->n_networks; i++)
		if (boot_says(&site->networks[i]->boot))
			return true;
	for (size_t i = 0; i < site->n_machines; i++)
		if (boot_says(&site->machines[i]->rare->boot))
			return true;
	return false;
}

/* iPXE's first script is a file like others where no DHCP server leads to it. */
static void check_script_is_told(struct reporter *r)
{
	static const char *const servers[] = {"dhcpd", "kea-dhcp4", "kea-dhcp4-subnet4",
		"kea-dhcp4-shared-networks", "dnsmasq-dhcp", "dhcpd6", "kea-dhcp6",
		"kea-dhcp6-subnet6", "kea-dhcp6-shared-networks", NULL};
	struct site *site = r->site;
	const char *target = target_of(r, servers), *why = NULL;
	enum field_id field = FIELD_INSTALL_SERVER;

	if (!reporter_has_target(r, "ipxe-boot") || target == NULL ||
		site->n_clusters == 0)
		return;
	if (site->boot_script == NULL) {
		why = "its file is not in the kickstart tree";
	} else if (site->clusters[0]->install_server == NULL) {
		why = "without vocInstallServer its file has no URL";
	} else if (!has_boot_files(site)) {
		field = FIELD_BOOT_FILE;
		why = "no network has a boot file that leads to iPXE";
	}
	if (why != NULL)
		check_report(r, CHECK_NOT_CARRIED, &site->clusters[0]->record, field,
			"target '%s' cannot tell clients of target 'ipxe-boot': %s",
			target, why);
}

/* Its own name servers take the place of the site's, and are none for its clients. */
static void check_resolvers(struct reporter *r, struct network *network)
{
	unsigned family = network->prefix.base.family;
	const char *target =
		target_of(r, family == 4 ? servers_of_ipv4 : servers_of_ipv6);

	if (target != NULL && network->nameservers.n > 0 &&
		derive_servers(r->site, &network->nameservers, NULL, family).n == 0 &&
		derive_servers(r->site, &network->nameservers, NULL, 10 - family).n > 0)
		report_lost(r, network, FIELD_NAMESERVER, target,
			family == 4
				? "none of the network's name servers has an IPv4 address"
				: "none of the network's name servers has an IPv6 address");
}

static void check_networks(struct reporter *r)
{
	struct site *site = r->site;

	for (size_t i = 0; i < site->n_clusters; i++) {
		check_options(r, &site->clusters[i]->record,
			&site->clusters[i]->option_texts, 0);
		check_dnsmasq_options(
			r, &site->clusters[i]->record, &site->clusters[i]->option_texts);
		check_search(r, site->clusters[i]);
		check_list(r, &site->clusters[i]->record, FIELD_NAMESERVER,
			&site->clusters[i]->nameservers, NULL);
		check_list(r, &site->clusters[i]->record, FIELD_TIMESERVER,
			&site->clusters[i]->timeservers, site->clusters[i]->domain);
		check_script(r, site->clusters[i]);
	}
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];

		if (!ip_is_set(network->prefix.base))
			continue;
		check_routes(r, network);
		check_options(r, &network->record, &network->option_texts,
			network->prefix.base.family);
		check_dnsmasq_options(r, &network->record, &network->option_texts);
		check_next_server(r, network);
		check_list(r, &network->record, FIELD_NAMESERVER, &network->nameservers,
			NULL);
		check_resolvers(r, network);
		check_size(r, network);
		check_ipv6(r, network);
		check_ipv6_servers(r, network);
		check_dnsmasq_network(r, network);
	}
}

/* Identities of clients */

/* Kea and dhcpd know a client's MAC by its DUID alone, and one of type UUID has none. */
static void check_duids(struct reporter *r, struct interface *interface)
{
	static const char *const by_duid[] = {"kea-dhcp6", "dhcpd6", NULL};
	static const char *const all[] = {"kea-dhcp6", "dhcpd6", "dnsmasq-dhcp", NULL};
	const char *target = target_of(r, interface->n_macs > 0 ? by_duid : all);

	if (target == NULL || interface->rare->duids.n > 0 ||
		interface_placed(interface, 6) == NULL)
		return;
	if (interface->n_macs > 0)
		check_report(r, CHECK_NO_DUID, &interface->record, FIELD_DUID,
			"target '%s' does not know a client by its MAC address whose "
			"DUID is a UUID",
			target);
	else if (interface->rare->n_guids > 0)
		check_report(r, CHECK_NO_DUID, &interface->record, FIELD_DUID,
			"target '%s' does not know an InfiniBand client without its DUID",
			target);
}

/* dnsmasq gives an IPv4 address to one client identifier, however many ports have it. */
static void check_guids(struct reporter *r, struct interface *interface)
{
	if (interface->rare->n_guids > 1 && reporter_has_target(r, "dnsmasq-dhcp"))
		check_report(r, CHECK_NOT_CARRIED, &interface->record, FIELD_MAC,
			"target 'dnsmasq-dhcp' knows one InfiniBand port of an address, "
			"and here are %u",
			interface->rare->n_guids);
}

/* Who had the DUID, whatever else changed, then who stands above the other, keeps it. */
static bool has_rather(
	const struct interface *a, const struct interface *b, const char *duid)
{
	bool had_a = past_has(a->machine->past.macs, past_text(duid));
	bool had_b = past_has(b->machine->past.macs, past_text(duid));

	return had_a != had_b ? had_a : lint_stands_above(a->machine, b->machine);
}

/* A DUID is its node's: all interfaces of one may have it. */
static void check_dup_duid(
	struct reporter *r, struct table *seen, struct interface *interface)
{
	for (uint32_t i = 0; i < interface->rare->duids.n; i++) {
		const char *duid = interface->rare->duids.items[i];
		struct interface **keeps = (struct interface **)table_slot(seen, duid);
		struct interface *other = interface;

		if (*keeps == NULL)
			*keeps = interface;
		if ((*keeps)->machine == interface->machine)
			continue;
		if (has_rather(interface, *keeps, duid)) {
			other = *keeps;
			*keeps = interface;
		}
		struct finding *finding = check_report(r, CHECK_DUP_DUID, &other->record,
			FIELD_DUID, "DUID %s is already taken", duid);

		lint_note(r, finding, &(*keeps)->record, FIELD_DUID, "first used here");
		if (finding->severity == SEVERITY_ERROR &&
			!has_rather(*keeps, other, duid))
			(*keeps)->record.is_bad = true;
	}
}

void lint_duids(struct reporter *r, struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];

		if (interface->rare->duids.n > 0 && !report_in_trial(r))
			check_dup_duid(r, r->trial->duids, interface);
	}
}

/* Whose name is which network's, where only the order of names tells */

static bool is_choice(const struct interface *a, const struct interface *b)
{
	return a->network != NULL && b->network != NULL && !b->is_management &&
	       !b->refuses_boot &&
	       text_compare(a->network->domain, b->network->domain) != 0;
}

static void check_primary(struct reporter *r, struct machine *machine)
{
	struct interface *first =
		machine->n_interfaces > 0 ? machine->interfaces[0] : NULL;

	if (first == NULL || first->wants_boot)
		return;
	for (uint32_t i = 1; i < machine->n_interfaces; i++) {
		if (!is_choice(first, machine->interfaces[i]))
			continue;
		struct finding *finding = check_report(r, CHECK_PRIMARY_BY_NAME,
			&machine->record, FIELD_BOOT_INTERFACE,
			"'%s' has its name in the domain of '%s', which comes first by "
			"name alone",
			machine->record.name, first->ifname);

		lint_note(r, finding, &machine->interfaces[i]->record, FIELD_NAME,
			"this one is in another domain: give the right one "
			"vocBootInterface");
		return;
	}
}

void lint_clients(struct reporter *r, struct machine *machine)
{
	check_primary(r, machine);
	check_dnsmasq_boot(r, machine);
	for (uint32_t j = 0; j < machine->n_interfaces; j++) {
		check_duids(r, machine->interfaces[j]);
		check_guids(r, machine->interfaces[j]);
	}
}

void lint_dhcp(struct reporter *r)
{
	check_servers(r);
	check_networks(r);
	check_script_is_told(r);
	check_wires(r);
	lint_nodes(r, NODE_CLIENTS);
	lint_nodes(r, NODE_DUIDS);
}
