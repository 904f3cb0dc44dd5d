/* SPDX-License-Identifier: Apache-2.0 */
#include "model/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/zone_order.h"

struct builder {
	struct site *site;
	struct table *by_name; /* -> struct zone */
	struct table
		*servers; /* address as text -> struct zone_server, where it has a name */
	/* by the number of their labels: are there such zones? and such as are no reverse ones? */
	uint64_t depths, forward_depths;
	bool has_arpa; /* a domain of the site's own stands among the reverse zones */
	/* of the machine before */
	struct zone *last;
	unsigned last_dots;
};

/* Which zones there are */

/* A bit for the number of labels of a name with @n_dots; the last one for all that have more. */
static uint64_t depth_bit(unsigned n_dots)
{
	return UINT64_C(1) << (n_dots < 63 ? n_dots : 63);
}

static unsigned count_dots(const char *name)
{
	unsigned n = 0;

	for (; *name != '\0'; name++)
		n += *name == '.';
	return n;
}

static struct zone *find_or_add(struct builder *b, const char *name)
{
	struct zone *zone = table_find(b->by_name, name);

	if (zone != NULL)
		return zone;
	zone = arena_alloc(b->site->arena, sizeof(*zone));
	*zone = (struct zone){.name = arena_strdup(b->site->arena, name)};
	*table_slot(b->by_name, zone->name) = zone;
	b->depths |= depth_bit(count_dots(name));
	if (!text_has_suffix(name, ".arpa"))
		b->forward_depths |= depth_bit(count_dots(name));
	*mem_push(b->site, &b->site->zones, &b->site->n_zones) = zone;
	return zone;
}

/* A name server that several networks have is one. */
static void add_server(struct builder *b, struct zone *zone, const char *address)
{
	const struct zone_server *known = table_find(b->servers, address);
	struct zone_server server = {0};

	if (known != NULL)
		server = *known;
	else if (!ip_parse(address, &server.ip))
		return;
	for (size_t i = 0; i < zone->n_servers; i++)
		if (ip_compare(zone->servers[i].ip, server.ip) == 0)
			return;
	*mem_push(b->site, &zone->servers, &zone->n_servers) = server;
}

static void add_servers(struct builder *b, struct zone *zone, const struct strings *list)
{
	for (uint32_t i = 0; i < list->n; i++)
		add_server(b, zone, list->items[i]);
}

/* @network has a part in @zone: its name servers are the zone's. */
static void claim(struct builder *b, struct zone *zone, struct network *network)
{
	const struct cluster *cluster = model_cluster(b->site);
	bool is_clusters = text_compare(zone->name, cluster->domain) == 0 &&
			   cluster->nameservers.n > 0;

	if (zone->record == NULL)
		zone->record = &network->record;
	if (!is_clusters)
		add_servers(b, zone, &network->nameservers);
	if (zone->domain == NULL && network->zone != NULL)
		zone->domain = network->zone;
}

static void add_forward(struct builder *b)
{
	const struct site *site = b->site;

	for (uint32_t i = 0; i < site->domains.n; i++) {
		struct zone *zone = find_or_add(b, site->domains.items[i]);

		zone->domain = zone->name;
		b->has_arpa |= text_has_suffix(zone->name, ".arpa");
		if (text_compare(zone->name, model_domain(site, NULL)) == 0)
			zone->record = &site->clusters[0]->record;
	}
	for (size_t i = 0; i < site->n_networks; i++)
		if (site->networks[i]->domain != NULL)
			claim(b, find_or_add(b, site->networks[i]->domain),
				site->networks[i]);
}

static struct zone *add_reverse_zone(
	struct builder *b, const char *name, struct network *network)
{
	struct zone *zone = find_or_add(b, name);

	zone->is_reverse = true;
	claim(b, zone, network);
	return zone;
}

static struct prefix whole_of(const struct network *network)
{
	struct prefix whole = {network->prefix.base, 24};

	whole.base.bytes[3] = 0;
	return whole;
}

static bool is_delegated(const struct network *network)
{
	return network->prefix.base.family == 4 && network->prefix.length > 24;
}

/* Do our networks fill the /24 that @network is in? They share no address. */
static bool is_filled(const struct site *site, struct prefix whole)
{
	unsigned n = 0;

	for (size_t i = 0; i < site->n_networks; i++)
		if (prefix_contains(whole, site->networks[i]->prefix.base) &&
			is_delegated(site->networks[i]))
			n += 1U << (32 - site->networks[i]->prefix.length);
	return n >= 256;
}

bool zone_is_around(const struct site *site, const struct network *network)
{
	if (!is_delegated(network))
		return false;
	struct prefix whole = whole_of(network);

	return ip_is_locally_served(whole.base) || is_filled(site, whole);
}

const char *zone_around(const struct network *network, char buffer[REVERSE_TEXT_MAX])
{
	return strchr(ip_reverse_name(network->prefix.base, buffer), '.') + 1;
}

static void add_reverse(struct builder *b, struct network *network)
{
	char name[REVERSE_TEXT_MAX];

	if (is_delegated(network)) {
		add_reverse_zone(
			b, prefix_delegated_zone(network->prefix, name), network);
		if (zone_is_around(b->site, network))
			add_reverse_zone(b, zone_around(network, name), network);
		return;
	}
	network->zones = arena_alloc(
		b->site->arena, (network->n_reverse_zones + 1) * sizeof(struct zone *));
	for (uint32_t i = 0; i < network->n_reverse_zones; i++)
		network->zones[i] =
			add_reverse_zone(b, network->reverse_zones[i], network);
}

/* Name servers */

/* The full name of the interface that has @ip, NULL: nobody's. */
static const char *name_in(struct machine *const *machines, size_t n, struct ip ip)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < machines[i]->n_interfaces; j++) {
			const struct interface *interface = machines[i]->interfaces[j];

			for (uint32_t k = 0; k < interface->n_addresses; k++)
				if (ip_compare(interface->addresses[k].ip, ip) == 0)
					return interface->fqdn;
		}
	return NULL;
}

/* By a name of the directory, also where its node is not of the part that is served here. */
static bool find_name(const struct site *site, struct zone_server *server)
{
	server->name = name_in(site->machines, site->n_machines, server->ip);
	if (server->name == NULL) {
		server->name = name_in(site->left_out, site->n_left_out, server->ip);
		server->is_left_out = server->name != NULL;
	}
	server->is_named = server->name != NULL && strchr(server->name, '.') != NULL;
	return server->is_named;
}

/* The names that the model has for the addresses of name servers. */
static void name_servers_of(struct builder *b, const struct strings *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		void **slot = table_slot(b->servers, list->items[i]);
		struct zone_server server = {0};

		if (*slot != NULL || !ip_parse(list->items[i], &server.ip) ||
			!find_name(b->site, &server))
			continue;
		struct zone_server *known = mem_new(b->servers, struct zone_server);

		*known = server;
		*slot = known;
	}
}

static void name_servers(struct builder *b)
{
	name_servers_of(b, &model_cluster(b->site)->nameservers);
	for (size_t i = 0; i < b->site->n_networks; i++)
		name_servers_of(b, &b->site->networks[i]->nameservers);
}

/* Where a name server without a name gets one: in the forward zone, where that is ours. */
static struct zone *home_of(const struct builder *b, struct zone *zone)
{
	struct zone *forward =
		zone->domain == NULL ? NULL : table_find(b->by_name, zone->domain);

	return forward != NULL ? forward : zone;
}

/* `ns-192-0-2-53`: nobody else's name, and the same on every run */
static const char *made_name(struct builder *b, const struct zone *zone, struct ip ip)
{
	TMP_CTX(tmp);
	struct buffer *label = buffer_new(tmp);

	buffer_add_text(label, "ns");
	for (unsigned i = 0; i < (ip.family == 4 ? 4U : 8U); i++)
		buffer_printf(label, ip.family == 4 ? "-%u" : "-%x",
			ip.family == 4 ? ip.bytes[i]
				       : ip.bytes[2 * i] << 8 | ip.bytes[2 * i + 1]);
	return arena_printf(b->site->arena, "%s.%s", label->data, zone->name);
}

/* Records */

static struct zone_record *add_record(
	struct builder *b, struct zone *zone, size_t owner_len, const char *owner)
{
	struct zone_record *record = mem_push(b->site, &zone->records, &zone->n_records);

	record->zone = zone;
	record->owner = owner;
	record->owner_len = (uint32_t)owner_len;
	return record;
}

static void set_machine(struct zone *zone, struct zone_record *record,
	struct machine *machine, struct record *of)
{
	record->machine = machine;
	record->record = of;
	if (machine == NULL || zone->last == machine)
		return;
	zone->last = machine;
	zone->n_hosts += !machine->is_vcn;
	zone->n_vcns += machine->is_vcn;
}

/*
 * The longest zone that @name is in, and how much of it stands before; NULL: none. Of the 34
 * labels of a reverse name only those where a zone can begin are looked for.
 */
static struct zone *zone_of_name(
	const struct builder *b, const char *name, size_t *ret_owner_len)
{
	unsigned n_dots = count_dots(name);

	for (const char *at = name; at != NULL; at = model_domain_of(at), n_dots--) {
		struct zone *zone = (b->depths & depth_bit(n_dots)) == 0
					    ? NULL
					    : table_find(b->by_name, at);

		if (zone != NULL) {
			*ret_owner_len = at == name ? 0 : (size_t)(at - name) - 1;
			return zone;
		}
	}
	return NULL;
}

/* Is @name a label before the zone that was found last, and could there be none longer? */
static bool is_in_last(const struct builder *b, const char *name)
{
	const char *domain = model_domain_of(name);

	return b->last != NULL && domain != NULL && !b->has_arpa &&
	       (b->forward_depths & depth_bit(b->last_dots + 1)) == 0 &&
	       strcmp(domain, b->last->name) == 0;
}

/* The same for the names of machines: most are in the zone of the one before. */
static struct zone *zone_of_host(
	struct builder *b, const char *name, size_t *ret_owner_len)
{
	if (is_in_last(b, name)) {
		*ret_owner_len = (size_t)(strchr(name, '.') - name);
		return b->last;
	}
	struct zone *zone = zone_of_name(b, name, ret_owner_len);

	if (zone != NULL) {
		b->last = zone;
		b->last_dots = count_dots(zone->name);
	}
	return zone;
}

static void add_address(struct builder *b, struct interface *interface,
	const struct address *address, const char *name)
{
	size_t len;
	struct zone *zone = zone_of_host(b, name, &len);

	if (zone == NULL)
		return;
	struct zone_record *record = add_record(b, zone, len, name);

	record->type = address->ip.family == 4 ? DNS_A : DNS_AAAA;
	record->ip = address->ip;
	set_machine(zone, record, interface->machine, &interface->record);
}

static void add_pointer(struct builder *b, struct interface *interface,
	const struct address *address, const char *full, enum dns_type type,
	const char *target)
{
	size_t len;
	struct zone *zone = zone_of_name(b, full, &len);

	if (zone == NULL)
		return;
	struct zone_record *record =
		add_record(b, zone, len, arena_strndup(b->site->arena, full, len));

	record->type = (uint16_t)type;
	record->ip = address->ip;
	record->target = target;
	set_machine(zone, record, interface->machine, &interface->record);
}

/* In a network smaller than a /24: the PTR in its own zone, and a CNAME to it. */
static void add_delegated_pointer(
	struct builder *b, struct interface *interface, const struct address *address)
{
	char zone[REVERSE_TEXT_MAX], whole[REVERSE_TEXT_MAX];
	const char *full = arena_printf(b->site->arena, "%u.%s", address->ip.bytes[3],
		prefix_delegated_zone(address->network->prefix, zone));

	add_pointer(b, interface, address, full, DNS_PTR, address->names.items[0]);
	add_pointer(b, interface, address, ip_reverse_name(address->ip, whole), DNS_CNAME,
		full);
}

/*
 * In the zone of its network, which is the longest there is: networks share no address. Of all
 * the zones of one network it is the one whose number the bits behind the prefix are.
 */
static void add_plain_pointer(
	struct builder *b, struct interface *interface, const struct address *address)
{
	const struct prefix prefix = address->network->prefix;
	bool is_ipv4 = prefix.base.family == 4;
	unsigned unit = is_ipv4 ? 8 : 4, n_units = (prefix.length + unit - 1) / unit;
	unsigned i = 0;

	for (unsigned bit = prefix.length; bit < n_units * unit; bit++)
		i = 2 * i + (address->ip.bytes[bit / 8] >> (7 - bit % 8) & 1);
	struct zone *zone = address->network->zones[i];
	struct zone_record *record =
		add_record(b, zone, (is_ipv4 ? 4 : 32) - n_units, NULL);

	record->type = DNS_PTR;
	record->ip = address->ip;
	record->target = address->names.items[0];
	set_machine(zone, record, interface->machine, &interface->record);
}

static void add_pointers(
	struct builder *b, struct interface *interface, const struct address *address)
{
	char name[REVERSE_TEXT_MAX];

	if (address->network == NULL || address->names.n == 0)
		return;
	if (is_delegated(address->network))
		add_delegated_pointer(b, interface, address);
	else if (b->has_arpa)
		add_pointer(b, interface, address, ip_reverse_name(address->ip, name),
			DNS_PTR, address->names.items[0]);
	else if (address->network->zones != NULL) /* it is selected */
		add_plain_pointer(b, interface, address);
}

static void add_interface(struct builder *b, struct interface *interface)
{
	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		const struct address *address = &interface->addresses[i];

		for (uint32_t j = 0; j < address->names.n; j++)
			add_address(b, interface, address, address->names.items[j]);
		add_pointers(b, interface, address);
	}
}

static void add_dns_record(struct builder *b, const struct dns_record *data)
{
	size_t len;
	struct zone *zone = zone_of_name(b, data->owner, &len);

	if (zone == NULL)
		return;
	struct zone_record *record = add_record(b, zone, len, data->owner);

	record->type = data->type;
	record->data = data;
	record->target = data->type == DNS_CNAME ? data->target : NULL;
	set_machine(zone, record, data->machine, data->record);
}

/* One with two addresses is one. */
static void add_server_name(struct zone *zone, const char *name)
{
	struct strings *names = &zone->server_names;

	for (uint32_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return;
	names->items[names->n++] = name;
}

static void settle_servers(struct builder *b, struct zone *zone)
{
	const char *domain = model_domain(b->site, NULL);

	if (zone->n_servers == 0)
		add_servers(b, zone, &model_cluster(b->site)->nameservers);
	zone->server_names.items =
		arena_alloc(b->site->arena, (zone->n_servers + 1) * sizeof(char *));
	for (size_t i = 0; i < zone->n_servers; i++) {
		struct zone_server *server = &zone->servers[i];

		if (!server->is_named)
			server->name = made_name(b, home_of(b, zone), server->ip);
		add_server_name(zone, server->name);
	}
	if (zone->n_servers == 0)
		add_server_name(zone, "localhost");
	if (domain == NULL)
		domain = zone->domain != NULL ? zone->domain : zone->name;
	zone->contact = arena_printf(b->site->arena, "hostmaster.%s", domain);
}

static void add_server_address(
	struct builder *b, struct zone *zone, const struct zone_server *server)
{
	size_t len = strlen(server->name) - strlen(zone->name) - 1;
	struct zone_record *record = add_record(b, zone, len, server->name);

	record->type = server->ip.family == 4 ? DNS_A : DNS_AAAA;
	record->ip = server->ip;
}

static bool is_below(const char *name, const char *zone)
{
	size_t len = strlen(name), zone_len = strlen(zone);

	return len > zone_len && name[len - zone_len - 1] == '.' &&
	       strcmp(name + len - zone_len, zone) == 0;
}

/* The zone above has to know of the cut, and of name servers that are below it. */
static void add_delegation(struct builder *b, const struct zone *zone)
{
	size_t len;
	const char *above = model_domain_of(zone->name);
	struct zone *parent = above == NULL ? NULL : zone_of_name(b, above, &len);

	if (parent == NULL)
		return;
	len = strlen(zone->name) - strlen(parent->name) - 1;
	for (uint32_t i = 0; i < zone->server_names.n; i++) {
		struct zone_record *record = add_record(b, parent, len, zone->name);

		record->type = DNS_NS;
		record->target = zone->server_names.items[i];
	}
	for (size_t i = 0; i < zone->n_servers; i++)
		if (is_below(zone->servers[i].name, zone->name))
			add_server_address(b, parent, &zone->servers[i]);
}

static int compare_zones(const void *left, const void *right)
{
	return strcmp((*(struct zone *const *)left)->name,
		(*(struct zone *const *)right)->name);
}

/* The address of a name server that no node of ours brings into a zone of ours. */
static void add_glue(
	struct builder *b, struct zone *zone, const struct zone_server *server)
{
	size_t len;
	struct zone *home = server->is_left_out ? zone_of_name(b, server->name, &len)
						: home_of(b, zone);

	if (home != NULL && (server->is_left_out || !server->is_named))
		add_server_address(b, home, server);
}

static void fill(struct builder *b)
{
	struct site *site = b->site;

	for (size_t i = 0; i < site->n_machines; i++)
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++)
			add_interface(b, site->machines[i]->interfaces[j]);
	for (size_t i = 0; i < site->n_dns_records; i++)
		add_dns_record(b, site->dns_records[i]);
	for (size_t i = 0; i < site->n_zones; i++) {
		struct zone *zone = site->zones[i];

		for (size_t j = 0; j < zone->n_servers; j++)
			add_glue(b, zone, &zone->servers[j]);
		add_delegation(b, zone);
	}
}

static const struct zone *find_zone(const struct site *site, const char *name)
{
	size_t low = 0, high = site->n_zones;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(site->zones[middle]->name, name);

		if (order == 0)
			return site->zones[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct zone *zone_of(const struct site *site, const char *name)
{
	const struct zone *zone = NULL;

	for (; zone == NULL && name != NULL; name = model_domain_of(name))
		zone = find_zone(site, name);
	return zone;
}

void zones_build(struct site *site)
{
	TMP_CTX(tmp);
	struct builder b = {.site = site,
		.by_name = table_new(tmp, 64),
		.servers = table_new(tmp, 16)};

	site->zones = NULL;
	site->n_zones = 0;
	if (!site->prints_zones)
		return;
	name_servers(&b);
	add_forward(&b);
	for (size_t i = 0; i < site->n_networks; i++)
		add_reverse(&b, site->networks[i]);
	for (size_t i = 0; i < site->n_zones; i++)
		settle_servers(&b, site->zones[i]);
	if (site->n_zones > 1)
		qsort(site->zones, site->n_zones, sizeof(*site->zones), compare_zones);
	fill(&b);
	for (size_t i = 0; i < site->n_zones; i++)
		zone_order(site, site->zones[i]);
}
