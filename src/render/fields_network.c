/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "render/fields_row.h"

ELEMENTS(range)
ELEMENTS(reservation)

COUNT_BEHIND(network, ranges);
COUNT_BEHIND(network, reservations);
COUNT_BEHIND(network, reverse_zones);
COUNT_BEHIND(shared_network, networks);

/* Networks */

GETTER(network_address, network)
{
	row_give_ip(ret, o->prefix.base);
}

GETTER(network_netmask, network)
{
	row_give_ip(ret, prefix_netmask(o->prefix));
}

GETTER(network_prefix, network)
{
	row_give_number(ret, o->prefix.length);
}

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
	if (o->prefix.base.family == 4)
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

GETTER(network_is_ipv4, network)
{
	row_give_bool(ret, o->prefix.base.family == 4);
}

GETTER(network_is_ipv6, network)
{
	row_give_bool(ret, o->prefix.base.family == 6);
}

static const struct field range_fields[] = {
	{"start", VALUE_TEXT, NULL, row_get_ip, NULL, FIELD_DYNAMIC_RANGE,
		offsetof(struct range, start)},
	{"end", VALUE_TEXT, NULL, row_get_ip, NULL, FIELD_DYNAMIC_RANGE,
		offsetof(struct range, end)},
	{0},
};
static const struct shape range_shape = {"range", range_fields, NULL, NULL};

static const struct field network_computed[] = {
	EXTRA(NETWORK),
	COMPUTED("address", VALUE_TEXT, network_address),
	COMPUTED("netmask", VALUE_TEXT, network_netmask),
	COMPUTED("prefix", VALUE_NUMBER, network_prefix),
	COMPUTED("cidr", VALUE_TEXT, network_cidr),
	COMPUTED("broadcast", VALUE_TEXT, network_broadcast),
	COMPUTED("is_ipv4", VALUE_BOOL, network_is_ipv4),
	COMPUTED("is_ipv6", VALUE_BOOL, network_is_ipv6),
	LIST("ranges", network, ranges, range_shape, range_at),
	{"reverse_zones", VALUE_LIST, NULL, row_get_list, row_text_at, 0,
		offsetof(struct network, reverse_zones)},
	COMPUTED("number", VALUE_NUMBER, network_number),
	TEXT("zone", network, zone),
	STRINGS("resolvers", network, resolvers, NAMESERVER),
	HAS("has_resolvers", network, resolvers),
	STRINGS("resolvers4", network, resolvers4, NAMESERVER),
	HAS("has_resolvers4", network, resolvers4),
	LIST("reservations", network, reservations, reservation_shape, reservation_at),
	{0},
};
static struct field network_fields[ROW_ROOM];
struct shape network_shape = {"network", network_fields, NULL, NULL};

static const struct field shared_network_fields[] = {
	FROM("name", shared_network, name, SHARED_NETWORK),
	LIST("networks", shared_network, networks, network_shape, row_pointer_at),
	TRUTH("is_shared", shared_network, is_shared),
	TRUTH("has_ipv4", shared_network, has_ipv4),
	{0},
};
const struct shape shared_network_shape = {
	"shared network", shared_network_fields, NULL, NULL};

/* Reservations */

static const struct network *network_of(const struct reservation *reservation)
{
	return reservation->address->network;
}

GETTER(reservation_fqdn, reservation)
{
	row_give_text(ret, o->interface->fqdn);
}

GETTER(reservation_hostname, reservation)
{
	row_give_text(ret, o->interface->fqdn);
	if (ret->kind == VALUE_TEXT)
		ret->text.len = strcspn(o->interface->fqdn, ".");
}

GETTER(reservation_mac, reservation)
{
	row_give_mac(ret, o->mac);
}

GETTER(reservation_macs, reservation)
{
	row_give_list(ret, o->interface->macs, o->interface->n_macs);
}

GETTER(reservation_ip, reservation)
{
	row_give_ip(ret, o->address->ip);
}

GETTER(reservation_next_server, reservation)
{
	row_give_text(ret, network_of(o)->next_server);
}

GETTER(reservation_boot_file, reservation)
{
	const char *own = o->interface->machine->boot_file;

	row_give_text(ret, own != NULL ? own : network_of(o)->boot_file);
}

GETTER(reservation_boot_file_uefi, reservation)
{
	row_give_text(ret, network_of(o)->boot_file_uefi);
}

GETTER(reservation_node, reservation)
{
	row_give_object(ret, o->interface->machine);
}

GETTER(reservation_interface, reservation)
{
	row_give_object(ret, o->interface);
}

static const struct field reservation_fields[] = {
	TEXT("id", reservation, id),
	COMPUTED("fqdn", VALUE_TEXT, reservation_fqdn),
	COMPUTED("hostname", VALUE_TEXT, reservation_hostname),
	COMPUTED("mac", VALUE_TEXT, reservation_mac),
	{"macs", VALUE_LIST, NULL, reservation_macs, row_hardware_at, FIELD_MAC, 0},
	COMPUTED("ip", VALUE_TEXT, reservation_ip),
	TRUTH("is_primary", reservation, is_primary),
	TRUTH("is_extra", reservation, is_extra),
	COMPUTED("next_server", VALUE_TEXT, reservation_next_server),
	{"boot_file", VALUE_TEXT, NULL, reservation_boot_file, NULL, FIELD_BOOT_FILE, 0},
	COMPUTED("boot_file_uefi", VALUE_TEXT, reservation_boot_file_uefi),
	{"node", VALUE_OBJECT, &machine_shape, reservation_node, NULL, 0, 0},
	{"interface", VALUE_OBJECT, &interface_shape, reservation_interface, NULL, 0, 0},
	{0},
};
const struct shape reservation_shape = {"reservation", reservation_fields, NULL, NULL};

void fields_join_network(void)
{
	row_join(network_fields, network_computed, KIND_NETWORK, KIND_NONE);
}
