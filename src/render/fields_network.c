/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "model/dhcp_option.h"
#include "model/wire.h"
#include "render/fields_row.h"

ELEMENTS(boot_choice)
ELEMENTS(range)
ELEMENTS(reservation)
ELEMENTS(static_route)
ELEMENTS(dhcp_option)

COUNT_BEHIND(network, pools);
COUNT_BEHIND(network, routes);
COUNT_BEHIND(network, options);
COUNT_BEHIND(network, own_choices);
COUNT_BEHIND(network, roaming_choices);
COUNT_BEHIND(network, reservations);
COUNT_BEHIND(network, reverse_zones);
COUNT_BEHIND(shared_network, networks);
COUNT_BEHIND(dhcp_option, words);

/* Networks */

GIVES(ip, network_netmask, network, prefix_netmask(o->prefix))
GIVES(number, network_prefix, network, o->prefix.length)

GETTER(network_cidr, network)
{
	char buffer[IP_TEXT_MAX];

	snprintf(ret->scratch, sizeof(ret->scratch), "%s/%u",
		ip_format(o->prefix.base, buffer), o->prefix.length);
	row_give_text(ret, ret->scratch);
}

GETTER(network_broadcast, network)
{
	ret->kind = VALUE_NONE;
	/* a /31 is two hosts, and the last address one of them (RFC 3021) */
	if (o->prefix.base.family == 4 && o->prefix.length < 31)
		row_give_ip(ret, prefix_last(o->prefix));
}

/* A number that stays the network's while it keeps its address: Kea's subnet id. */
GETTER(network_number, network)
{
	uint64_t hash = hash_bytes(
		HASH_START, o->prefix.base.bytes, sizeof(o->prefix.base.bytes));

	hash = hash_end(hash_bytes(hash, &o->prefix.length, 1));
	row_give_number(ret, (int64_t)(hash % 4294967293U) + 1);
}

GIVES(bool, network_is_ipv4, network, o->prefix.base.family == 4)
GIVES(bool, network_is_ipv6, network, o->prefix.base.family == 6)

GETTER(network_next_server, network)
{
	ret->kind = VALUE_NONE;
	if (o->choice != NULL)
		row_give_ip(ret, o->choice->next_server);
}

/* dnsmasq 2.90 takes no IPv6 range of a shorter prefix than 64 (its option.c). */
GIVES(bool, network_is_beyond_dnsmasq, network, network_beyond_dnsmasq(o))

/* Of a colour: the golden angle, as of groups (group_kind.c), by a number that stays. */
GETTER(network_hue, network)
{
	enum { HUE_STEP = 137, FULL_CIRCLE = 360 };

	network_number_of(o, ret);
	row_give_number(ret, ret->number % FULL_CIRCLE * HUE_STEP % FULL_CIRCLE);
}

/* The server's interface on a wire whose networks of this family are several. */
GETTER(network_wire_interface, network)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->shared->n_networks; i++)
		n += o->shared->networks[i]->prefix.base.family == o->prefix.base.family;
	row_give_text(ret, n > 1 ? o->shared->dhcp_interface : NULL);
}

/*
 * Kea forgets what client it gave an address to when that comes with another client identifier,
 * as firmware, iPXE and the installed system do, unless it goes by MAC addresses alone; then all
 * InfiniBand ports, which have none for it, are one client.
 */
GETTER(network_is_known_by_mac, network)
{
	bool knows_mac = false;

	row_give_bool(ret, false);
	for (uint32_t i = 0; i < o->shared->n_networks; i++) {
		const struct network *network = o->shared->networks[i];

		for (uint32_t j = 0; j < network->n_reservations; j++) {
			if (network->reservations[j].is_guid)
				return;
			knows_mac |= network->reservations[j].hardware != NULL;
		}
	}
	row_give_bool(ret, knows_mac);
}

GIVES(number, network_n_reservations, network, o->n_reservations)

/* The usual part of the lease in which an address is preferred (RFC 8415 section 21.4). */
GIVES(number, network_preferred_time, network, (int64_t)o->lease_time * 5 / 8)

/* What a client is told by its kind */

/* The id of the nodes' choice, of one that they have in a network. */
GIVES(text, boot_roaming_id, boot_choice, o->roaming == NULL ? NULL : o->roaming->id)

static const struct field boot_fields[] = {
	TEXT("id", boot_choice, id),
	COMPUTED("roaming_id", VALUE_TEXT, boot_roaming_id),
	TRUTH("is_own", boot_choice, is_own),
	TRUTH("is_ipv6", boot_choice, is_ipv6),
	IP("next_server", boot_choice, next_server, NEXT_SERVER),
	FROM("file", boot_choice, file, BOOT_FILE),
	FROM("file_uefi", boot_choice, file_uefi, BOOT_FILE_UEFI),
	FROM("file_arm64", boot_choice, file_arm64, BOOT_FILE_ARM64),
	FROM("url", boot_choice, url, BOOT_URL),
	FROM("script", boot_choice, script, BOOT_URL),
	{0},
};
const struct shape boot_shape = {"boot", boot_fields, NULL, NULL};

/* Routes and options */

GETTER(route_destination, static_route)
{
	char buffer[IP_TEXT_MAX];

	snprintf(ret->scratch, sizeof(ret->scratch), "%s/%u",
		ip_format(o->to.base, buffer), o->to.length);
	row_give_text(ret, ret->scratch);
}

GIVES(bool, route_is_ipv6, static_route, o->gateway.family == 6)
GIVES(bool, route_is_default, static_route, o->to.length == 0)

static const struct field static_route_fields[] = {
	COMPUTED("is_default", VALUE_BOOL, route_is_default),
	{"destination", VALUE_TEXT, NULL, route_destination, NULL, FIELD_STATIC_ROUTE, 0},
	IP("gateway", static_route, gateway, STATIC_ROUTE),
	COMPUTED("is_ipv6", VALUE_BOOL, route_is_ipv6),
	{0},
};
const struct shape static_route_shape = {"static route", static_route_fields, NULL, NULL};

static void give_dhcpd_name(const struct dhcp_option_type *type, struct value *ret)
{
	const char *name = type->name + (type->is_ipv6 ? strlen("dhcp6.") : 0);

	snprintf(ret->scratch, sizeof(ret->scratch), "%s%s%s",
		type->is_ipv6 ? "dhcp6." : "", type->is_new ? "ldapcc-" : "", name);
	row_give_text(ret, ret->scratch);
}

GETTER(option_type_dhcpd_name, dhcp_option_type)
{
	give_dhcpd_name(o, ret);
}

GIVES(bool, option_type_is_text, dhcp_option_type, o->type == DHCP_TEXT)
GIVES(bool, option_type_is_address, dhcp_option_type,
	o->type == DHCP_ADDRESS || o->type == DHCP_ADDRESSES)
GIVES(bool, option_type_is_domain, dhcp_option_type, o->type == DHCP_DOMAINS)
GIVES(bool, option_type_is_number, dhcp_option_type, o->type == DHCP_NUMBER32)
GIVES(number, option_type_code, dhcp_option_type, o->code)

static const struct field option_type_fields[] = {
	TEXT("name", dhcp_option_type, name),
	COMPUTED("code", VALUE_NUMBER, option_type_code),
	TRUTH("is_ipv6", dhcp_option_type, is_ipv6),
	COMPUTED("dhcpd_name", VALUE_TEXT, option_type_dhcpd_name),
	COMPUTED("is_text", VALUE_BOOL, option_type_is_text),
	COMPUTED("is_address", VALUE_BOOL, option_type_is_address),
	COMPUTED("is_domain", VALUE_BOOL, option_type_is_domain),
	COMPUTED("is_number", VALUE_BOOL, option_type_is_number),
	{0},
};
const struct shape option_type_shape = {"option type", option_type_fields, NULL, NULL};

GIVES(text, option_name, dhcp_option, o->type->name)
GIVES(number, option_code, dhcp_option, o->type->code)

GETTER(option_dhcpd_name, dhcp_option)
{
	give_dhcpd_name(o->type, ret);
}

/* What stands in quotes, where servers have any. */
GIVES(bool, option_is_text, dhcp_option,
	o->type->type == DHCP_TEXT || o->type->type == DHCP_DOMAINS)

/* Its sign is the template's to print: as a plain word no value begins with one. */
GIVES(bool, option_is_negative, dhcp_option,
	o->type->type == DHCP_SIGNED32 && o->hex[0] >= '8')
GIVES(bool, option_is_plain, dhcp_option, o->type->is_plain)

GETTER(option_dnsmasq_octets, dhcp_option)
{
	/* what has no colon dnsmasq reads as a decimal number */
	if (o->n_octets > 1) {
		row_give_text(ret, o->hex);
		return;
	}
	snprintf(ret->scratch, sizeof(ret->scratch), "%lub", strtoul(o->hex, NULL, 16));
	row_give_text(ret, ret->scratch);
}

GIVES(bool, option_is_encapsulated, dhcp_option, o->type->type == DHCP_OCTETS)
GIVES(bool, option_is_beyond_dnsmasq, dhcp_option, dhcp_option_beyond_dnsmasq(o))
GIVES(bool, option_is_address, dhcp_option,
	o->type->type == DHCP_ADDRESS || o->type->type == DHCP_ADDRESSES)

static const struct field option_fields[] = {
	{"name", VALUE_TEXT, NULL, option_name, NULL, FIELD_DHCP_OPTION, 0},
	COMPUTED("code", VALUE_NUMBER, option_code),
	COMPUTED("dhcpd_name", VALUE_TEXT, option_dhcpd_name),
	COMPUTED("is_text", VALUE_BOOL, option_is_text),
	COMPUTED("is_address", VALUE_BOOL, option_is_address),
	COMPUTED("is_negative", VALUE_BOOL, option_is_negative),
	COMPUTED("is_plain", VALUE_BOOL, option_is_plain),
	{"dnsmasq_octets", VALUE_TEXT, NULL, option_dnsmasq_octets, NULL,
		FIELD_DHCP_OPTION, 0},
	COMPUTED("is_encapsulated", VALUE_BOOL, option_is_encapsulated),
	COMPUTED("is_beyond_dnsmasq", VALUE_BOOL, option_is_beyond_dnsmasq),
	STRINGS("values", dhcp_option, words, DHCP_OPTION),
	FROM("hex", dhcp_option, hex, DHCP_OPTION),
	{0},
};
static const struct shape dhcp_option_shape = {"option", option_fields, NULL, NULL};

static const struct field range_fields[] = {
	IP("start", range, start, DYNAMIC_RANGE),
	IP("end", range, end, DYNAMIC_RANGE),
	{0},
};
static const struct shape range_shape = {"range", range_fields, NULL, NULL};

static const struct field network_computed[] = {
	EXTRA(NETWORK),
	IP("address", network, prefix.base, NETWORK),
	{"netmask", VALUE_TEXT, NULL, network_netmask, NULL, FIELD_NETWORK, 0},
	COMPUTED("prefix", VALUE_NUMBER, network_prefix),
	{"cidr", VALUE_TEXT, NULL, network_cidr, NULL, FIELD_NETWORK, 0},
	{"broadcast", VALUE_TEXT, NULL, network_broadcast, NULL, FIELD_NETWORK, 0},
	COMPUTED("is_ipv4", VALUE_BOOL, network_is_ipv4),
	COMPUTED("is_ipv6", VALUE_BOOL, network_is_ipv6),
	LIST("ranges", network, pools, range_shape, range_at),
	HAS("has_ranges", network, pools),
	HAS("has_reservations", network, reservations),
	HAS("has_dhcp_options", network, options),
	LIST("static_routes", network, routes, static_route_shape, static_route_at),
	FROM("static_routes_hex", network, routes_octets, STATIC_ROUTE),
	LIST("dhcp_options", network, options, dhcp_option_shape, dhcp_option_at),
	{"next_server", VALUE_TEXT, NULL, network_next_server, NULL, FIELD_NEXT_SERVER,
		0},
	OBJECT("boot", network, choice, boot_shape),
	LIST("own_boots", network, own_choices, boot_shape, row_pointer_at),
	HAS("has_own_boots", network, own_choices),
	LIST("roaming_boots", network, roaming_choices, boot_shape, boot_choice_at),
	COMPUTED("is_beyond_dnsmasq", VALUE_BOOL, network_is_beyond_dnsmasq),
	COMPUTED("preferred_time", VALUE_NUMBER, network_preferred_time),
	STRINGS("reverse_zones", network, reverse_zones, NETWORK),
	COMPUTED("number", VALUE_NUMBER, network_number),
	COMPUTED("hue", VALUE_NUMBER, network_hue),
	COMPUTED("n_reservations", VALUE_NUMBER, network_n_reservations),
	{"wire_interface", VALUE_TEXT, NULL, network_wire_interface, NULL,
		FIELD_DHCP_INTERFACE, 0},
	COMPUTED("is_known_by_mac", VALUE_BOOL, network_is_known_by_mac),
	FROM("zone", network, zone, DOMAIN),
	STRINGS("resolvers", network, resolvers, NAMESERVER),
	HAS("has_resolvers", network, resolvers),
	STRINGS("resolvers4", network, resolvers4, NAMESERVER),
	HAS("has_resolvers4", network, resolvers4),
	STRINGS("resolvers6", network, resolvers6, NAMESERVER),
	HAS("has_resolvers6", network, resolvers6),
	STRINGS("search", network, search, SEARCH),
	HAS("has_search", network, search),
	LIST("reservations", network, reservations, reservation_shape, reservation_at),
	{0},
};
static struct field network_fields[ROW_ROOM];
struct shape network_shape = {"network", network_fields, NULL, NULL};

/* Sorted by address: each family is one stretch. */
static void give_networks(
	const struct shared_network *wire, unsigned family, struct value *ret)
{
	uint32_t n4 = 0;

	while (n4 < wire->n_networks && wire->networks[n4]->prefix.base.family == 4)
		n4++;
	if (family == 4)
		row_give_list(ret, wire->networks, n4);
	else
		row_give_list(ret, wire->networks + n4, wire->n_networks - n4);
}

GETTER(shared_network_networks4, shared_network)
{
	give_networks(o, 4, ret);
}

GETTER(shared_network_networks6, shared_network)
{
	give_networks(o, 6, ret);
}

GIVES(bool, shared_network_is_alike6, shared_network, wire_is_alike6(o))

static const struct field shared_network_fields[] = {
	COMPUTED("is_alike6", VALUE_BOOL, shared_network_is_alike6),
	{"networks4", VALUE_LIST, &network_shape, shared_network_networks4,
		row_pointer_at, 0, 0},
	{"networks6", VALUE_LIST, &network_shape, shared_network_networks6,
		row_pointer_at, 0, 0},
	FROM("name", shared_network, name, SHARED_NETWORK),
	LIST("networks", shared_network, networks, network_shape, row_pointer_at),
	TRUTH("is_shared", shared_network, is_shared),
	TRUTH("has_ipv4", shared_network, has_ipv4),
	TRUTH("has_ipv6", shared_network, has_ipv6),
	{0},
};
const struct shape shared_network_shape = {
	"shared network", shared_network_fields, NULL, NULL};

/* Reservations */

/* What its client is told of booting; a node without an address has its own only. */
static const struct boot_choice *choice_of(const struct reservation *reservation)
{
	static const struct boot_choice none;
	const struct boot_choice *choice = reservation->own_choice;

	if (choice == NULL && reservation->address != NULL)
		choice = reservation->address->network->choice;
	return choice == NULL ? &none : choice;
}

GIVES(text, reservation_fqdn, reservation, o->interface->fqdn)

GETTER(reservation_hostname, reservation)
{
	const char *name = o->interface->fqdn;

	ret->kind = name == NULL || *name == '\0' ? VALUE_NONE : VALUE_TEXT;
	ret->text.bytes = name;
	ret->text.len = name == NULL ? 0 : (size_t)(strchrnul(name, '.') - name);
}

GIVES(text, reservation_domain, reservation, model_domain_of(o->interface->fqdn))

GETTER(reservation_mac, reservation)
{
	ret->kind = VALUE_NONE;
	if (o->hardware != NULL && !o->is_guid)
		row_give_mac(ret, o->hardware->mac);
}

static void give_client_id(const struct hardware *hardware, struct value *ret)
{
	row_give_text(ret, guid_format_client_id(hardware->guid, ret->scratch));
}

GETTER(reservation_client_id, reservation)
{
	ret->kind = VALUE_NONE;
	if (o->is_guid)
		give_client_id(o->hardware, ret);
}

static void client_id_at(const void *base, size_t i, struct value *ret)
{
	give_client_id((const struct hardware *)base + i, ret);
}

GETTER(reservation_client_ids, reservation)
{
	row_give_list(ret, o->interface->rare->guids, o->interface->rare->n_guids);
}

GETTER(reservation_duids, reservation)
{
	row_give_list(ret, o->interface->rare->duids.items, o->interface->rare->duids.n);
}

/* Its client's first one goes with its MACs where a server takes one in a line. */
GIVES(bool, reservation_is_further_duid, reservation,
	o->duid != NULL && o->duid != o->interface->rare->duids.items[0])

GETTER(reservation_macs, reservation)
{
	row_give_list(ret, o->interface->macs, o->interface->n_macs);
}

GETTER(reservation_ip, reservation)
{
	ret->kind = VALUE_NONE;
	if (o->address != NULL)
		row_give_ip(ret, o->address->ip);
}

GIVES(ip, reservation_next_server, reservation, choice_of(o)->next_server)
GIVES(text, reservation_boot_file, reservation, choice_of(o)->file)
GIVES(text, reservation_boot_file_uefi, reservation, choice_of(o)->file_uefi)
GIVES(text, reservation_boot_file_arm64, reservation, choice_of(o)->file_arm64)
GIVES(text, reservation_boot_url, reservation, choice_of(o)->url)
GIVES(object, reservation_node, reservation, o->interface->machine)

/* That of the network it is in. */
GETTER(reservation_wire_interface, reservation)
{
	if (o->address == NULL)
		row_give_text(ret, NULL);
	else
		network_wire_interface_of(o->address->network, ret);
}

static const struct field reservation_fields[] = {
	FROM("id", reservation, id, NAME),
	{"fqdn", VALUE_TEXT, NULL, reservation_fqdn, NULL, FIELD_NAME, 0},
	{"hostname", VALUE_TEXT, NULL, reservation_hostname, NULL, FIELD_NAME, 0},
	{"mac", VALUE_TEXT, NULL, reservation_mac, NULL, FIELD_MAC, 0},
	{"macs", VALUE_LIST, NULL, reservation_macs, row_hardware_at, FIELD_MAC, 0},
	{"client_id", VALUE_TEXT, NULL, reservation_client_id, NULL, FIELD_MAC, 0},
	{"client_ids", VALUE_LIST, NULL, reservation_client_ids, client_id_at, FIELD_MAC,
		0},
	FROM("duid", reservation, duid, DUID),
	COMPUTED("is_further_duid", VALUE_BOOL, reservation_is_further_duid),
	{"duids", VALUE_LIST, NULL, reservation_duids, row_text_at, FIELD_DUID, 0},
	{"ip", VALUE_TEXT, NULL, reservation_ip, NULL, FIELD_ADDRESS, 0},
	{"domain", VALUE_TEXT, NULL, reservation_domain, NULL, FIELD_NAME, 0},
	TRUTH("has_own_domain", reservation, has_own_domain),
	TRUTH("is_repeat", reservation, is_repeat),
	OBJECT("pair", reservation, pair, reservation_shape),
	TRUTH("is_paired", reservation, is_paired),
	TRUTH("is_primary", reservation, is_primary),
	TRUTH("is_extra", reservation, is_extra),
	TRUTH("is_further", reservation, is_further),
	TRUTH("is_further_on_wire", reservation, is_further_on_wire),
	{"next_server", VALUE_TEXT, NULL, reservation_next_server, NULL,
		FIELD_NEXT_SERVER, 0},
	{"boot_file", VALUE_TEXT, NULL, reservation_boot_file, NULL, FIELD_BOOT_FILE, 0},
	{"boot_file_uefi", VALUE_TEXT, NULL, reservation_boot_file_uefi, NULL,
		FIELD_BOOT_FILE_UEFI, 0},
	{"boot_file_arm64", VALUE_TEXT, NULL, reservation_boot_file_arm64, NULL,
		FIELD_BOOT_FILE_ARM64, 0},
	{"boot_url", VALUE_TEXT, NULL, reservation_boot_url, NULL, FIELD_BOOT_URL, 0},
	OBJECT("own_boot", reservation, own_choice, boot_shape),
	{"wire_interface", VALUE_TEXT, NULL, reservation_wire_interface, NULL,
		FIELD_DHCP_INTERFACE, 0},
	{"node", VALUE_OBJECT, &machine_shape, reservation_node, NULL, 0, 0},
	OBJECT("interface", reservation, interface, interface_shape),
	{0},
};
const struct shape reservation_shape = {"reservation", reservation_fields, NULL, NULL};

void fields_join_network(void)
{
	row_join(network_fields, network_computed, KIND_NETWORK, KIND_NONE);
}
