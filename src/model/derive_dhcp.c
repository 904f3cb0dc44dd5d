/* SPDX-License-Identifier: Apache-2.0 */
#include "model/derive_dhcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/sort.h"
#include "base/text.h"
#include "base/url.h"
#include "model/decode_pairs.h"
#include "model/derive_boot.h"
#include "model/dhcp_option.h"
#include "model/use.h"

/* Servers */

struct strings derive_servers(struct site *site, const struct strings *servers,
	const char *domain, unsigned family)
{
	struct strings all = {0};
	size_t n = 0;

	for (uint32_t i = 0; i < servers->n; i++) {
		struct strings one = {.items = &servers->items[i], .n = 1};
		struct ip ip;

		if (!ip_parse(servers->items[i], &ip))
			one = model_addresses_of(site, servers->items[i], domain, family);
		else if (ip.family != family)
			one.n = 0;
		for (uint32_t j = 0; j < one.n; j++) {
			bool is_known = false;

			for (size_t k = 0; k < n; k++)
				is_known |= strcmp(all.items[k], one.items[j]) == 0;
			if (!is_known)
				*mem_push(site, &all.items, &n) = one.items[j];
		}
	}
	all.n = (uint32_t)n;
	return all;
}

struct ip derive_server(
	struct site *site, const char *server, const char *domain, unsigned family)
{
	struct ip ip = {0};

	if (server == NULL)
		return ip;
	if (ip_parse(server, &ip))
		return ip.family == family ? ip : (struct ip){0};
	struct strings found = model_addresses_of(site, server, domain, family);

	return found.n > 0 && ip_parse(found.items[0], &ip) ? ip : (struct ip){0};
}

static void find_servers(struct site *site)
{
	for (size_t i = 0; i < site->n_clusters; i++) {
		struct cluster *cluster = site->clusters[i];

		cluster->timeservers4 =
			derive_servers(site, &cluster->timeservers, cluster->domain, 4);
		cluster->timeservers6 =
			derive_servers(site, &cluster->timeservers, cluster->domain, 6);
	}
}

/* Routes and options */

struct static_route derive_route(const char *text)
{
	TMP_CTX(tmp);
	struct static_route route = {0};
	size_t n;
	char **words = text_split_blank(tmp, text, &n);

	if (n == 2 && (prefix_parse(words[0], NO_NETMASK, &route.to) != NULL ||
			      !ip_parse(words[1], &route.gateway)))
		route = (struct static_route){0};
	return route;
}

/* RFC 3442: the length, as many octets of the destination as it needs, the gateway. */
static const char *octets_of_routes(struct site *site, const struct network *network)
{
	TMP_CTX(tmp);
	struct buffer *octets = buffer_new(tmp);

	for (uint32_t i = 0; i < network->n_routes; i++) {
		const struct static_route *route = &network->routes[i];

		buffer_add_byte(octets, (char)route->to.length);
		buffer_add(octets, route->to.base.bytes, (route->to.length + 7) / 8);
		buffer_add(octets, route->gateway.bytes, 4);
	}
	return arena_strdup(site->arena,
		octets_format(tmp, (const uint8_t *)octets->data, octets->len));
}

/* Who takes option 121 passes over option 3 (RFC 3442): the default route is in both. */
static void build_routes(struct site *site, struct network *network)
{
	bool has_default = false;

	network->n_routes = 0;
	network->routes_octets = NULL;
	if (network->route_texts.n == 0)
		return;
	network->routes = arena_alloc(
		site->arena, (network->route_texts.n + 1) * sizeof(struct static_route));
	for (uint32_t i = 0; i < network->route_texts.n; i++) {
		struct static_route route = derive_route(network->route_texts.items[i]);

		has_default |= route.to.length == 0;
		network->routes[network->n_routes++] = route;
	}
	if (!has_default && ip_is_set(network->gateway))
		network->routes[network->n_routes++] = (struct static_route){
			.to = {.base = {.family = network->gateway.family}},
			.gateway = network->gateway};
	if (network->prefix.base.family == 4)
		network->routes_octets = octets_of_routes(site, network);
}

static int compare_options(const void *left, const void *right)
{
	const struct dhcp_option *a = left, *b = right;

	return a->type->code - b->type->code;
}

static void add_options(struct site *site, struct network *network,
	const struct strings *texts, struct dhcp_option *options, uint32_t *n)
{
	for (uint32_t i = 0; i < texts->n; i++) {
		struct dhcp_option option;
		uint32_t at = 0;

		if (dhcp_option_parse(site, texts->items[i], &option) != NULL ||
			option.type->is_ipv6 != (network->prefix.base.family == 6))
			continue;
		while (at < *n && options[at].type != option.type)
			at++;
		options[at] = option;
		*n += at == *n;
	}
}

/* The cluster's, and those of the network in the place of equal ones. */
static void build_options(struct site *site, struct network *network)
{
	const struct cluster *cluster = model_cluster(site);
	size_t n = cluster->option_texts.n + network->option_texts.n;

	network->n_options = 0;
	if (n == 0)
		return;
	network->options = arena_alloc(site->arena, n * sizeof(struct dhcp_option));
	add_options(site, network, &cluster->option_texts, network->options,
		&network->n_options);
	add_options(site, network, &network->option_texts, network->options,
		&network->n_options);
	qsort(network->options, network->n_options, sizeof(struct dhcp_option),
		compare_options);
}

static void note_new_options(struct site *site, const struct network *network, size_t *n)
{
	for (uint32_t i = 0; i < network->n_options; i++) {
		const struct dhcp_option_type *type = network->options[i].type;
		bool is_known = !type->is_new;

		for (size_t j = 0; j < *n; j++)
			is_known |= site->new_options[j] == type;
		if (!is_known)
			*mem_push(site, &site->new_options, n) = type;
	}
}

static int compare_types(const void *left, const void *right)
{
	const struct dhcp_option_type *a = *(const struct dhcp_option_type *const *)left;
	const struct dhcp_option_type *b = *(const struct dhcp_option_type *const *)right;

	return a->is_ipv6 != b->is_ipv6 ? a->is_ipv6 - b->is_ipv6 : a->code - b->code;
}

static void collect_new_options(struct site *site)
{
	size_t n = 0;

	site->new_options = NULL;
	for (size_t i = 0; i < site->n_networks; i++)
		note_new_options(site, site->networks[i], &n);
	if (n > 1)
		qsort(site->new_options, n, sizeof(*site->new_options), compare_types);
	site->n_new_options = (uint32_t)n;
}

/* Ranges without what somebody has */

struct taken {
	struct ip *items;
	size_t n;
};

static int compare_ips(const void *a, const void *b)
{
	return ip_compare(*(const struct ip *)a, *(const struct ip *)b);
}

static void take(struct site *site, struct taken *taken, struct ip ip)
{
	if (ip_is_set(ip))
		*mem_push(site, &taken->items, &taken->n) = ip;
}

static void take_text(struct site *site, struct taken *taken, const char *text)
{
	struct ip ip;

	if (text != NULL && ip_parse(text, &ip))
		take(site, taken, ip);
}

static void take_all(struct site *site, struct taken *taken, const struct strings *list)
{
	for (uint32_t i = 0; i < list->n; i++)
		take_text(site, taken, list->items[i]);
}

/* Of what clients are told by routes and options: machines that need not be in the directory. */
static void take_told(
	struct site *site, struct taken *taken, const struct network *network)
{
	for (uint32_t i = 0; i < network->n_routes; i++)
		take(site, taken, network->routes[i].gateway);
	for (uint32_t i = 0; i < network->n_options; i++)
		for (uint32_t j = 0; j < network->options[i].n_words; j++)
			take_text(site, taken, network->options[i].words[j]);
}

/* http://10.1.0.150/ks: its server need not be in the directory either. */
static void take_url(struct site *site, struct taken *taken, const char *url)
{
	size_t len;
	char host[IP_TEXT_MAX] = "";
	struct ip ip;

	if (url == NULL || strstr(url, "://") == NULL)
		return;
	const char *at = url_host(url, &len);

	if (len >= sizeof(host))
		return;
	memcpy(host, at, len);
	if (ip_parse(host, &ip))
		take(site, taken, ip);
}

static void take_urls(struct site *site, struct taken *taken, const struct record *record)
{
	for (const struct use *use = uses_of((enum kind)record->kind);
		use->field != FIELD_NONE; use++) {
		const void *member = use_member(use, record);

		if (use->storage == STORAGE_TEXT)
			take_url(site, taken, *(const char *const *)member);
		for (uint32_t i = 0; use->storage == STORAGE_TEXTS &&
				     i < ((const struct strings *)member)->n;
			i++)
			take_url(site, taken, ((const struct strings *)member)->items[i]);
	}
}

static void take_machine(
	struct site *site, struct taken *taken, const struct machine *machine)
{
	const struct boot *boot = &machine->rare->boot;
	const char *server = boot->next_server;
	const char *const urls[] = {boot->file, boot->file_uefi, boot->file_arm64,
		boot->url, machine->guest->seed};

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++)
		take_url(site, taken, urls[i]);
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		for (uint32_t j = 0; j < machine->interfaces[i]->n_addresses; j++)
			take(site, taken, machine->interfaces[i]->addresses[j].ip);
	if (server == NULL)
		return;
	take(site, taken, derive_server(site, server, model_domain(site, NULL), 4));
	take(site, taken, derive_server(site, server, model_domain(site, NULL), 6));
}

/* Every address of the model, sorted: of nodes, gateways and servers, and in URLs. */
static struct taken find_taken(struct site *site)
{
	struct taken taken = {0};

	for (size_t i = 0; i < site->n_machines; i++)
		take_machine(site, &taken, site->machines[i]);
	for (size_t i = 0; i < site->n_networks; i++) {
		const struct network *network = site->networks[i];

		take(site, &taken, network->gateway);
		take_urls(site, &taken, &network->record);
		take(site, &taken,
			derive_server(site, network->boot.next_server, network->zone,
				network->prefix.base.family));
		take_all(site, &taken, &network->resolvers);
		take_told(site, &taken, network);
	}
	for (size_t i = 0; i < site->n_clusters; i++) {
		take_all(site, &taken, &site->clusters[i]->timeservers4);
		take_all(site, &taken, &site->clusters[i]->timeservers6);
		take_urls(site, &taken, &site->clusters[i]->record);
	}
	for (size_t i = 0; i < site->n_repositories; i++)
		take_urls(site, &taken, &site->repositories[i]->record);
	for (size_t i = 0; i < site->n_profiles; i++) {
		take_urls(site, &taken, &site->profiles[i]->record);
		take_text(site, &taken, site->profiles[i]->nfs_server);
	}
	if (taken.n > 1)
		qsort(taken.items, taken.n, sizeof(struct ip), compare_ips);
	return taken;
}

static void add_pool(struct site *site, struct network *network, size_t *n,
	struct ip start, struct ip end)
{
	if (ip_compare(start, end) <= 0)
		*mem_push(site, &network->pools, n) = (struct range){start, end};
}

/* The index of the first address that is not below @ip. */
static size_t first_from(const struct taken *taken, struct ip ip)
{
	size_t low = 0, high = taken->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ip_compare(taken->items[middle], ip) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void cut_range(struct site *site, struct network *network,
	const struct range *range, const struct taken *taken, size_t *n)
{
	struct ip start = range->start;

	for (size_t i = first_from(taken, start);
		i < taken->n && ip_compare(taken->items[i], range->end) <= 0; i++) {
		struct ip ip = taken->items[i];

		if (ip_compare(start, ip) < 0)
			add_pool(site, network, n, start, ip_before(ip));
		if (!ip_next(ip, &start))
			return;
	}
	add_pool(site, network, n, start, range->end);
}

/* A server would offer an address of its range to a stranger first, then to its owner. */
static void build_pools(struct site *site)
{
	struct taken taken = {0};

	for (size_t i = 0; i < site->n_networks && taken.n == 0; i++)
		if (site->networks[i]->n_ranges > 0)
			taken = find_taken(site);
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];
		size_t n = 0;

		network->pools = NULL;
		for (uint32_t j = 0; j < network->n_ranges; j++)
			cut_range(site, network, &network->ranges[j], &taken, &n);
		network->n_pools = (uint32_t)n;
	}
	talloc_free(taken.items);
}

/* Reservations: an address, and each identity by which its owner may ask for it */

static uint32_t count_identities(const struct interface *interface, unsigned family)
{
	return interface->n_macs +
	       (family == 4 ? interface->rare->n_guids : interface->rare->duids.n);
}

/* By IPv4 it is known by all of it. */
static const struct hardware *hardware_of(
	const struct interface *interface, uint32_t number)
{
	return number < interface->n_macs
		       ? &interface->macs[number]
		       : &interface->rare->guids[number - interface->n_macs];
}

static void set_identity(
	struct reservation *reservation, unsigned family, uint32_t number)
{
	const struct interface *interface = reservation->interface;

	reservation->is_repeat = number > 0;
	reservation->is_guid = number >= interface->n_macs && family == 4;
	if (number < interface->n_macs || reservation->is_guid)
		reservation->hardware = hardware_of(interface, number);
	else
		reservation->duid =
			interface->rare->duids.items[number - interface->n_macs];
}

/* An address of its own has who has any: then a range gives it no other. */
static bool is_roaming(const struct interface *interface)
{
	return interface->n_addresses == 0 && count_identities(interface, 4) > 0;
}

static bool has_hardware(
	const struct interface *interface, const struct hardware *hardware)
{
	for (uint32_t i = 0; i < count_identities(interface, 4); i++)
		if (hardware_compare(hardware_of(interface, i), hardware) == 0)
			return true;
	return false;
}

/*
 * A NIC, and a VLAN, bond or bridge of it, may have one MAC: who asks by it is one client, and is
 * known by its address where one of them has any, else as the first of them.
 */
static bool roams_by(const struct interface *interface, uint32_t number)
{
	const struct machine *machine = interface->machine;
	const struct hardware *hardware = hardware_of(interface, number);
	bool is_after = false;

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *other = machine->interfaces[i];

		is_after |= other == interface;
		if (other != interface && has_hardware(other, hardware) &&
			(interface_count(other, 4) > 0 ||
				(is_roaming(other) && !is_after)))
			return false;
	}
	return true;
}

static uint32_t count_roaming(const struct interface *interface)
{
	uint32_t n = 0;

	for (uint32_t i = 0; is_roaming(interface) && i < count_identities(interface, 4);
		i++)
		n += roams_by(interface, i);
	return n;
}

/* Sorted by address; those of one address are built in order. */
static int compare_reservations(const void *left, const void *right)
{
	const struct reservation *a = left, *b = right;
	int order = ip_compare(a->address->ip, b->address->ip);

	if (order == 0)
		order = a->is_repeat - b->is_repeat;
	if (order == 0 && (a->duid != NULL || b->duid != NULL))
		return text_compare(a->duid, b->duid);
	if (order == 0)
		order = a->is_guid - b->is_guid;
	if (order == 0)
		order = mac_compare(a->hardware->mac, b->hardware->mac);
	return order != 0 ? order : guid_compare(a->hardware->guid, b->hardware->guid);
}

/* The network that serves @address: none where it is not of this server's part. */
static struct network *serving(const struct address *address)
{
	return address->network == NULL || address->network->is_left_out
		       ? NULL
		       : address->network;
}

static uint32_t count_reservations(const struct interface *interface)
{
	uint32_t n = count_roaming(interface);

	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (serving(&interface->addresses[i]) != NULL)
			n += count_identities(
				interface, interface->addresses[i].ip.family);
	return n;
}

static bool are_on_one_wire(const struct network *a, const struct network *b)
{
	return a != NULL && b != NULL && a->shared == b->shared &&
	       a->prefix.base.family == b->prefix.base.family;
}

/* Has an address before @i of the same interface a network beside that of @i? */
static bool is_further(const struct interface *interface, uint32_t i)
{
	const struct network *network = interface->addresses[i].network;

	for (uint32_t j = 0; j < i; j++) {
		const struct network *other = serving(&interface->addresses[j]);

		if (other != network && are_on_one_wire(other, network))
			return true;
	}
	return false;
}

/* Declarations with the name of @interface that its machine has before it. */
static unsigned count_before(const struct interface *interface)
{
	const struct machine *machine = interface->machine;
	unsigned n = 0;

	for (uint32_t i = 0; machine->interfaces[i] != interface; i++)
		if (strcmp(machine->interfaces[i]->fqdn, interface->fqdn) == 0)
			n += count_reservations(machine->interfaces[i]);
	return n;
}

/* Is the name that DNS has of it in another domain than its network's clients are told? */
static bool has_own_domain(
	const struct interface *interface, const struct network *network)
{
	const char *domain = model_domain_of(interface->fqdn);

	return domain != NULL && text_compare(domain, network->zone) != 0;
}

/* It has no address, so it may come to any network: is its domain not that of each of them? */
static bool has_roaming_domain(const struct site *site, const struct interface *interface)
{
	for (size_t i = 0; i < site->n_networks; i++)
		if (site->networks[i]->prefix.base.family == 4 &&
			has_own_domain(interface, site->networks[i]))
			return true;
	return false;
}

/* `_` is in no host name, so FQDN_2 is nobody's; it names the second and further ones. */
static const char *reservation_id(
	struct site *site, const struct interface *interface, unsigned number)
{
	return number == 1 ? interface->fqdn
			   : arena_printf(site->arena, "%s_%u", interface->fqdn, number);
}

static void add_at(
	struct site *site, struct interface *interface, uint32_t i, unsigned *number)
{
	const struct address *address = &interface->addresses[i];
	struct network *network = serving(address);
	uint32_t n =
		network == NULL ? 0 : count_identities(interface, address->ip.family);

	if (n > 0)
		interface->machine->reserved |=
			address->ip.family == 4 ? RESERVED_IPV4 : RESERVED_IPV6;
	for (uint32_t j = 0; j < n; j++) {
		struct reservation *reservation =
			&network->reservations[network->n_reservations++];

		*reservation = (struct reservation){.interface = interface,
			.id = reservation_id(site, interface, ++*number),
			.address = address,
			.is_primary = interface->is_primary,
			.is_extra = interface_has_before(interface, i),
			.is_further = is_further(interface, i),
			.is_further_on_wire = is_further(interface, i) &&
					      network->shared->dhcp_interface != NULL,
			.has_own_boot = boot_says(&interface->machine->rare->boot),
			.has_own_domain = has_own_domain(interface, network)};
		set_identity(reservation, address->ip.family, j);
	}
}

static void add_roaming(struct site *site, struct interface *interface, unsigned *number)
{
	for (uint32_t j = 0; j < count_identities(interface, 4); j++) {
		if (!roams_by(interface, j))
			continue;
		struct reservation *reservation = &site->roaming[site->n_roaming++];

		interface->machine->reserved |= RESERVED_IPV4;
		*reservation = (struct reservation){.interface = interface,
			.id = reservation_id(site, interface, ++*number),
			.is_primary = interface->is_primary,
			.has_own_boot = boot_says(&interface->machine->rare->boot),
			.has_own_domain = has_roaming_domain(site, interface)};
		set_identity(reservation, 4, j);
	}
}

static void add_reservations(struct site *site, struct interface *interface)
{
	unsigned number = count_before(interface);

	if (is_roaming(interface))
		add_roaming(site, interface, &number);
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		add_at(site, interface, i, &number);
}

static void count_for(struct site *site, struct interface *interface)
{
	interface->machine->reserved = 0;
	site->n_roaming += count_roaming(interface);
	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		const struct address *address = &interface->addresses[i];

		if (serving(address) != NULL)
			address->network->n_reservations +=
				count_identities(interface, address->ip.family);
	}
}

static void for_each_interface(
	struct site *site, void (*act)(struct site *site, struct interface *interface))
{
	for (size_t i = 0; i < site->n_machines; i++)
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++)
			act(site, site->machines[i]->interfaces[j]);
}

static struct reservation *room_for(struct site *site, uint32_t *n)
{
	struct reservation *room =
		arena_alloc(site->arena, (*n + 1) * sizeof(struct reservation));

	*n = 0;
	return room;
}

/* The one that stands for an interface in its network, where its MACs alone say who it is. */
static bool may_pair(const struct reservation *reservation, unsigned family)
{
	return reservation->address->ip.family == family && !reservation->is_extra &&
	       !reservation->is_further_on_wire && !reservation->is_repeat &&
	       reservation->interface->rare->n_guids == 0;
}

static void offer_pair(struct reservation *reservation)
{
	if (may_pair(reservation, 6) && reservation->interface->unpaired == NULL)
		reservation->interface->unpaired = reservation;
}

static void take_pair(struct reservation *reservation)
{
	if (!may_pair(reservation, 4) || reservation->interface->unpaired == NULL)
		return;
	reservation->pair = reservation->interface->unpaired;
	reservation->interface->unpaired->is_paired = true;
	reservation->interface->unpaired = NULL;
}

static void clear_pair(struct site *site _unused_, struct interface *interface)
{
	interface->unpaired = NULL;
}

static void for_each_reservation(
	struct site *site, void (*act)(struct reservation *reservation))
{
	for (size_t i = 0; i < site->n_networks; i++)
		for (uint32_t j = 0; j < site->networks[i]->n_reservations; j++)
			act(&site->networks[i]->reservations[j]);
}

/* A pair is of an IPv4 and an IPv6 network. */
static void pair_reservations(struct site *site)
{
	bool has_pairs = site->n_networks > 0 &&
			 site->networks[0]->prefix.base.family == 4 &&
			 site->networks[site->n_networks - 1]->prefix.base.family == 6;

	if (!has_pairs)
		return;
	for_each_interface(site, clear_pair);
	for_each_reservation(site, offer_pair);
	for_each_reservation(site, take_pair);
}

static void sort_reservations(void *data, unsigned worker _unused_, size_t i)
{
	struct network *network = ((struct network **)data)[i];

	sort_items(network->reservations, network->n_reservations,
		sizeof(struct reservation), compare_reservations);
}

static void build_reservations(struct site *site)
{
	site->n_roaming = 0;
	for (size_t i = 0; i < site->n_networks; i++)
		site->networks[i]->n_reservations = 0;
	for_each_interface(site, count_for);
	site->roaming = room_for(site, &site->n_roaming);
	for (size_t i = 0; i < site->n_networks; i++)
		site->networks[i]->reservations =
			room_for(site, &site->networks[i]->n_reservations);
	for_each_interface(site, add_reservations);
	parallel_each(site->n_networks, sort_reservations, site->networks);
	pair_reservations(site);
}

/* Domains of clients that are not their network's, each once */

static void add_client_domains(struct site *site, struct table *seen,
	const struct reservation *reservations, size_t n_reservations, size_t *n)
{
	for (size_t i = 0; i < n_reservations; i++) {
		const struct reservation *o = &reservations[i];
		const char *domain =
			o->has_own_domain ? model_domain_of(o->interface->fqdn) : NULL;

		if (domain == NULL || table_find(seen, domain) != NULL)
			continue;
		*table_slot(seen, domain) = site;
		*mem_push(site, &site->client_domains.items, n) = domain;
	}
}

static void collect_client_domains(struct site *site)
{
	TMP_CTX(tmp);
	struct table *seen = table_new(tmp, 16);
	size_t n = 0;

	site->client_domains.items = NULL;
	for (size_t i = 0; i < site->n_networks; i++)
		add_client_domains(site, seen, site->networks[i]->reservations,
			site->networks[i]->n_reservations, &n);
	add_client_domains(site, seen, site->roaming, site->n_roaming, &n);
	if (n > 1)
		qsort(site->client_domains.items, n, sizeof(char *), text_compare_items);
	site->client_domains.n = (uint32_t)n;
}

/* Networks by wire and family */

static void sort_by_wire(struct site *site)
{
	size_t n_wires4 = 0, n_wires6 = 0, n_lone4 = 0, n_lone6 = 0;

	site->wires4 = site->wires6 = NULL;
	site->lone4 = site->lone6 = NULL;
	for (size_t i = 0; i < site->n_shared_networks; i++) {
		struct shared_network *wire = &site->shared_networks[i];

		if (wire->is_shared && wire->has_ipv4)
			*mem_push(site, &site->wires4, &n_wires4) = wire;
		if (wire->is_shared && wire->has_ipv6)
			*mem_push(site, &site->wires6, &n_wires6) = wire;
	}
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];

		if (network->shared_name == NULL && network->prefix.base.family == 4)
			*mem_push(site, &site->lone4, &n_lone4) = network;
		if (network->shared_name == NULL && network->prefix.base.family == 6)
			*mem_push(site, &site->lone6, &n_lone6) = network;
	}
	site->n_wires4 = (uint32_t)n_wires4;
	site->n_wires6 = (uint32_t)n_wires6;
	site->n_lone4 = (uint32_t)n_lone4;
	site->n_lone6 = (uint32_t)n_lone6;
}

void derive_dhcp(struct site *site)
{
	find_servers(site);
	for (size_t i = 0; i < site->n_networks; i++) {
		build_routes(site, site->networks[i]);
		build_options(site, site->networks[i]);
	}
	collect_new_options(site);
	build_pools(site);
	build_reservations(site);
	collect_client_domains(site);
	sort_by_wire(site);
	derive_boot(site);
}
