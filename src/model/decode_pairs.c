/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/decode_feed.h"
#include "model/told_pairs.h"

/* MACs, DUIDs and addresses of an entry, into an interface. */

uint16_t decode_origin_number(
	struct decoder *d, enum field_id field, const struct entry_value *value)
{
	const struct origin *origin = decode_origin_of(d, field, value);

	return origin == NULL ? 0 : (uint16_t)(origin - d->found + 1);
}

int hardware_compare(const void *a, const void *b)
{
	const struct hardware *left = a, *right = b;
	int order = mac_compare(left->mac, right->mac);

	return order != 0 ? order : guid_compare(left->guid, right->guid);
}

static void keep_hardware(
	struct hardware *list, uint32_t *n, const struct hardware *hardware)
{
	for (uint32_t i = 0; i < *n; i++)
		if (hardware_compare(&list[i], hardware) == 0)
			return;
	list[(*n)++] = *hardware;
}

/* Few interfaces have one. */
static void keep_guid(
	struct decoder *d, struct interface *interface, const struct hardware *hardware)
{
	struct interface_rare *rare = interface_write_rare(d->site->arena, interface);

	if (rare->guids == NULL)
		rare->guids = arena_alloc(
			d->site->arena, d->fields[FIELD_MAC].n * sizeof(struct hardware));
	keep_hardware(rare->guids, &rare->n_guids, hardware);
}

/* What stands where nobody knew the address, or there is none, or a server gives it. */
static bool is_placeholder(const char *text)
{
	static const char *const words[] = {"n/a", "n.a.", "na", "nil", "none", "null",
		"tba", "tbd", "todo", "to be defined", "to be determined", "unknown",
		"undefined", "unassigned", "unset", "not assigned", "not available",
		"not set", "missing", "empty", "dummy", "dhcp", "dynamic", "auto", "0"};

	if (text[strspn(text, "-: ._xX?*")] == '\0')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_equal_case(words[i], text))
			return true;
	return false;
}

/* As nearly every one is: no copy is made. */
static bool is_plain_mac(const struct entry_value *value, struct mac *ret)
{
	return strlen(value->bytes) == value->len && mac_parse(value->bytes, ret) &&
	       !mac_is_zero(*ret) && !mac_is_multicast(*ret);
}

static void pass_over_mac(struct decoder *d, struct record *record,
	struct interface *interface, const struct entry_value *value, const char *why)
{
	decode_pass_over(d, record, FIELD_MAC, value, why);
	interface_write_rare(d->site->arena, interface)->has_no_mac = true;
}

static void read_guid(struct decoder *d, struct record *record,
	struct interface *interface, const struct entry_value *value,
	const struct hardware *hardware)
{
	if (guid_compare(hardware->guid, (struct guid){0}) == 0)
		pass_over_mac(d, record, interface, value, "is all zeros");
	else
		keep_guid(d, interface, hardware);
}

/* An Ethernet address of six octets, or an address of InfiniBand. */
static void read_mac(struct decoder *d, struct record *record,
	struct interface *interface, const struct entry_value *value)
{
	struct hardware hardware = {.interface = interface,
		.origin = decode_origin_number(d, FIELD_MAC, value),
		.line = value->line};

	if (is_plain_mac(value, &hardware.mac)) {
		keep_hardware(interface->macs, &interface->n_macs, &hardware);
		return;
	}
	const char *text = decode_trimmed(d, value);
	bool is_text = strlen(value->bytes) == value->len;

	hardware.mac = (struct mac){0};
	if (is_text && is_placeholder(text))
		pass_over_mac(d, record, interface, value, "is no address");
	else if (is_text && guid_parse(text, &hardware.guid))
		read_guid(d, record, interface, value, &hardware);
	else if (!is_text || !mac_parse(text, &hardware.mac))
		decode_fault(d, CHECK_BAD_MAC, record, FIELD_MAC, value,
			"is no MAC address of six octets, and none of InfiniBand");
	else if (mac_is_zero(hardware.mac))
		pass_over_mac(d, record, interface, value, "is all zeros");
	else if (mac_is_multicast(hardware.mac))
		decode_fault(d, CHECK_MULTICAST_MAC, record, FIELD_MAC, value,
			"has the group bit set: no interface can own it");
	else
		keep_hardware(interface->macs, &interface->n_macs, &hardware);
}

static void read_macs(
	struct decoder *d, struct record *record, struct interface *interface)
{
	const struct field_values *values = &d->fields[FIELD_MAC];

	interface->macs =
		arena_alloc(d->site->arena, values->n * sizeof(struct hardware));
	for (size_t i = 0; i < values->n; i++)
		read_mac(d, record, interface, &values->values[i]);
	if (interface->n_macs > 1)
		qsort(interface->macs, interface->n_macs, sizeof(struct hardware),
			hardware_compare);
	if (interface->rare->n_guids > 1)
		qsort(interface->rare->guids, interface->rare->n_guids,
			sizeof(struct hardware), hardware_compare);
}

static void read_duids(
	struct decoder *d, struct record *record, struct interface *interface)
{
	const struct field_values *values = &d->fields[FIELD_DUID];

	if (values->n == 0)
		return;
	struct strings *duids = &interface_write_rare(d->site->arena, interface)->duids;

	duids->items = arena_alloc(d->site->arena, values->n * sizeof(*duids->items));
	for (size_t i = 0; i < values->n; i++) {
		const struct entry_value *value = &values->values[i];
		char *duid = NULL;
		const char *why =
			strlen(value->bytes) != value->len
				? "is no DUID"
				: duid_parse(d->scratch, decode_trimmed(d, value), &duid);

		if (why != NULL)
			decode_fault(d, CHECK_BAD_VALUE, record, FIELD_DUID, value, why);
		else
			duids->items[duids->n++] = arena_strdup(d->site->arena, duid);
	}
	decode_sort_strings(duids);
}

/* Why no service can have a use for @ip; NULL where one can. */
const char *useless_address(struct ip ip)
{
	if (!ip_is_set(ip))
		return NULL;
	return ip_is_link_local(ip) ? "is a link-local address" : ip_unusable(ip);
}

/* 24 of 10.1.0.7/24; of all bits it is said of the machine alone. */
static uint8_t length_of(struct decoder *d, struct ip ip, const struct entry_value *value)
{
	const char *slash = memchr(value->bytes, '/', value->len);
	unsigned length;

	if (slash == NULL)
		return 0;
	slash = strchr(decode_trimmed(d, value), '/');
	return slash == NULL ||
			       prefix_length_parse(ip.family, slash + 1, &length) !=
				       NULL ||
			       length == (ip.family == 4 ? 32U : 128U)
		       ? 0
		       : (uint8_t)length;
}

static void keep_address(struct decoder *d, struct interface *interface, struct ip ip,
	const struct entry_value *value)
{
	if (ip_is_set(ip) && !interface_has_address(interface, ip))
		interface->addresses[interface->n_addresses++] =
			(struct address){.ip = ip,
				.length = length_of(d, ip, value) & 127,
				.origin = decode_origin_number(d, FIELD_ADDRESS, value),
				.line = value->line};
}

/* A placeholder; most values are addresses, for which no copy is made. */
static bool is_no_address(
	struct decoder *d, const struct entry_value *value, struct ip *scratch)
{
	return !(strlen(value->bytes) == value->len && ip_parse(value->bytes, scratch)) &&
	       is_placeholder(decode_trimmed(d, value));
}

static void read_addresses(
	struct decoder *d, struct record *record, struct interface *interface)
{
	static const struct use use = {.field = FIELD_ADDRESS};
	const struct field_values *values = &d->fields[FIELD_ADDRESS];

	interface->addresses =
		arena_alloc(d->site->arena, values->n * sizeof(struct address));
	for (size_t i = 0; i < values->n; i++) {
		struct ip ip = {0};
		const char *why = NULL;

		if (is_no_address(d, &values->values[i], &ip)) {
			why = "is no address";
			interface_write_rare(d->site->arena, interface)->has_no_address =
				true;
		} else if (!ip_is_set(ip) && decode_is_name(d, &values->values[i]))
			why = "is a name, and its address stands elsewhere";
		else {
			if (!ip_is_set(ip))
				decode_address(d, record, &use, &values->values[i], &ip);
			why = useless_address(ip);
		}

		interface->n_passed_over += why != NULL;
		if (why != NULL)
			decode_pass_over(
				d, record, FIELD_ADDRESS, &values->values[i], why);
		else
			keep_address(d, interface, ip, &values->values[i]);
	}
}

int address_compare(const void *a, const void *b)
{
	return ip_compare(
		((const struct address *)a)->ip, ((const struct address *)b)->ip);
}

/* All that it has were addresses of no use: no interface of a service's. */
static bool is_useless(const struct decoder *d, const struct interface *interface)
{
	return d->fields[FIELD_MAC].n == 0 && interface->n_passed_over > 0 &&
	       interface->n_passed_over == d->fields[FIELD_ADDRESS].n;
}

void decode_pairs(struct decoder *d, struct record *record, struct interface *interface)
{
	read_macs(d, record, interface);
	read_duids(d, record, interface);
	read_addresses(d, record, interface);
	interface->record.is_passed_over = is_useless(d, interface);
	if (interface->n_addresses > 1)
		qsort(interface->addresses, interface->n_addresses,
			sizeof(struct address), address_compare);
	told_pairs_read(d, interface);
}
