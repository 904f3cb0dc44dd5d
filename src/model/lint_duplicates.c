/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/sort.h"
#include "base/sort_number.h"
#include "base/text.h"
#include "model/decode_pairs.h"
#include "model/lint_node.h"
#include "model/lint_rules.h"
#include "model/past.h"
#include "model/ports.h"
#include "model/wire.h"

/*
 * Addresses and MACs of all interfaces. Nearly all have one holder: those that may have several are
 * sifted out by number, and only they are compared as what they are.
 */

struct claim {
	struct interface *interface;
	bool had_it; /* in the last generation; looked up where several claim it */
};

struct held_address {
	struct claim claim;
	struct ip ip; /* of the address: what is compared lies together */
	struct address *address;
};

bool lint_stands_above(const struct machine *first, const struct machine *second)
{
	return first->standing > second->standing;
}

/*
 * Who had it stands first, whatever else changed, then who was there: the finding is about who
 * came, the note about who was.
 */
static int compare_claims(const struct claim *a, const struct claim *b)
{
	int order = b->had_it - a->had_it;

	if (order == 0)
		order = b->interface->machine->standing - a->interface->machine->standing;
	return order != 0 ? order
			  : strcmp(a->interface->record.key, b->interface->record.key);
}

/* The first of several in conflict does not wait where it stands above all others. */
static bool wins(const struct claim *first, const struct claim *second)
{
	return first->had_it != second->had_it
		       ? first->had_it
		       : lint_stands_above(
				 first->interface->machine, second->interface->machine);
}

static int compare_held_addresses(const void *left, const void *right)
{
	const struct held_address *a = left, *b = right;
	int order = ip_compare(a->ip, b->ip);

	return order != 0 ? order : compare_claims(&a->claim, &b->claim);
}

/* First the numbers of all, then, in the same order, those that others have, too. */
struct sieve {
	TALLOC_CTX *mem_ctx;
	struct trial *trial;
	struct sort_number *numbers;
	size_t n;
	bool *is_shared; /* by their order; NULL: none is, or that is not known yet */
	size_t next;
};

static void shake(struct sieve *sieve)
{
	TMP_CTX(tmp);
	struct sort_number *numbers = sieve->numbers;

	sort_by_number(
		numbers, mem_array(tmp, struct sort_number, sieve->n + 1), sieve->n);
	for (size_t i = 1; i < sieve->n; i++) {
		if (numbers[i - 1].number != numbers[i].number)
			continue;
		if (sieve->is_shared == NULL)
			sieve->is_shared = mem_array(sieve->mem_ctx, bool, sieve->n);
		sieve->is_shared[numbers[i - 1].index] =
			sieve->is_shared[numbers[i].index] = true;
	}
}

/* Does the next one stay in the sieve, where several fall into one place? */
static bool stays(struct sieve *sieve, uint64_t number)
{
	if (sieve->is_shared != NULL)
		return sieve->is_shared[sieve->next++];
	size_t index = sieve->n;

	*mem_push(sieve->mem_ctx, &sieve->numbers, &sieve->n) =
		(struct sort_number){number, index};
	return false;
}

static void for_each_interface(const struct site *site, struct sieve *sieve,
	void (*act)(struct sieve *sieve, struct interface *interface))
{
	for (size_t i = 0; i < site->n_machines; i++)
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++)
			act(sieve, site->machines[i]->interfaces[j]);
}

static void sift(const struct site *site, struct sieve *sieve,
	void (*act)(struct sieve *sieve, struct interface *interface))
{
	for_each_interface(site, sieve, act);
	shake(sieve);
	if (sieve->is_shared != NULL)
		for_each_interface(site, sieve, act);
	talloc_free(sieve->numbers);
}

/* Equal ones have one number; of IPv4 it is the address itself. */
static uint64_t number_of_ip(struct ip ip)
{
	uint32_t number;

	if (ip.family != 4)
		return hash_block(ip.bytes, sizeof(ip.bytes)) | UINT64_C(1) << 63;
	memcpy(&number, ip.bytes, sizeof(number));
	return number;
}

static uint64_t number_of_hardware(const struct hardware *hardware)
{
	uint64_t number = 0;

	if (mac_is_zero(hardware->mac))
		return hash_block(hardware->guid.bytes, GUID_BYTES) | UINT64_C(1) << 63;
	memcpy(&number, hardware->mac.bytes, sizeof(hardware->mac.bytes));
	return number;
}

struct loc lint_place_of_address(const struct reporter *r,
	const struct interface *interface, const struct address *address)
{
	return record_loc_of(r->site, &interface->record, FIELD_ADDRESS, address->origin,
		address->line);
}

struct loc lint_place_of_mac(const struct reporter *r, const struct interface *interface,
	const struct hardware *hardware)
{
	return record_loc_of(
		r->site, &interface->record, FIELD_MAC, hardware->origin, hardware->line);
}

/* A value that a join brought to several stands in one place: then each holder's own is told. */
static struct loc own_place(const struct reporter *r, const struct interface *interface,
	struct loc where, struct loc other)
{
	if (where.line != other.line || text_compare(where.dn, other.dn) != 0 ||
		text_compare(where.dn, interface->record.dn) == 0)
		return where;
	struct loc own = record_loc(r->site, &interface->record, FIELD_NONE);

	own.attr = where.attr;
	return own;
}

static struct loc address_place(
	const struct reporter *r, const struct held_address *held, size_t i, size_t other)
{
	return own_place(r, held[i].claim.interface,
		lint_place_of_address(r, held[i].claim.interface, held[i].address),
		lint_place_of_address(
			r, held[other].claim.interface, held[other].address));
}

/* One finding for all holders of an address; who waits: ldapcc(8), "Quarantine". */
static void report_dup_ip(struct reporter *r, const struct held_address *held, size_t n)
{
	char text[IP_TEXT_MAX];
	bool has_winner = wins(&held[0].claim, &held[1].claim);
	struct finding *finding = check_report_where(r, CHECK_DUP_IP,
		&held[n - 1].claim.interface->record, address_place(r, held, n - 1, 0),
		"address %s is already taken", ip_format(held[0].ip, text));

	for (size_t i = 0; i + 1 < n; i++) {
		diag_note(finding, address_place(r, held, i, n - 1), "%s",
			i == 0 ? "first used here" : "also used here");
		if (finding->severity == SEVERITY_ERROR && (i > 0 || !has_winner))
			held[i].claim.interface->record.is_bad = true;
	}
}

/* In a zone several names may have one address. */
static void sift_addresses(struct sieve *sieve, struct interface *interface)
{
	struct trial *trial = sieve->trial;

	for (uint32_t i = 0;
		!interface->machine->is_zone_name && i < interface->n_addresses; i++) {
		struct address *address = &interface->addresses[i];

		if (stays(sieve, number_of_ip(address->ip)))
			*mem_push(sieve->mem_ctx, &trial->addresses,
				&trial->n_addresses) = (struct held_address){
				{interface, false}, address->ip, address};
	}
}

void lint_sift_addresses(
	TALLOC_CTX *mem_ctx, const struct site *site, struct trial *trial)
{
	sift(site, &(struct sieve){.mem_ctx = mem_ctx, .trial = trial}, sift_addresses);
}

static void check_dup_ip(struct reporter *r)
{
	struct held_address *held = r->trial->addresses;
	size_t n = r->trial->n_addresses;

	sort_items(held, n, sizeof(*held), compare_held_addresses);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1;
			end < n && ip_compare(held[start].ip, held[end].ip) == 0; end++)
			;
		if (end - start == 1)
			continue;
		for (size_t i = start; i < end; i++)
			held[i].claim.had_it =
				past_has(held[i].claim.interface->machine->past.addresses,
					past_ip(held[i].ip));
		sort_items(
			held + start, end - start, sizeof(*held), compare_held_addresses);
		report_dup_ip(r, held + start, end - start);
	}
}

/* One for each network that its interface has an address in. */
struct held_mac {
	struct claim claim;
	struct mac mac; /* of the hardware: by it most differ */
	struct hardware *hardware;
	const struct network *network; /* NULL: none */
};

/* Where one server is asked: DHCPv4 and DHCPv6 of one wire are two. */
static int compare_wires(const struct network *a, const struct network *b)
{
	int order = wire_compare(a, b);

	return order != 0 ? order : a->prefix.base.family - b->prefix.base.family;
}

static int compare_held_macs(const void *left, const void *right)
{
	const struct held_mac *a = left, *b = right;
	int order = mac_compare(a->mac, b->mac);

	if (order == 0)
		order = hardware_compare(a->hardware, b->hardware);
	if (order == 0 && a->network != b->network) {
		if (a->network == NULL || b->network == NULL)
			return a->network == NULL ? -1 : 1;
		order = compare_wires(a->network, b->network);
	}
	return order != 0 ? order : compare_claims(&a->claim, &b->claim);
}

static bool is_same_wire(const struct held_mac *a, const struct held_mac *b)
{
	return a->network == b->network ||
	       (a->network != NULL && b->network != NULL &&
		       compare_wires(a->network, b->network) == 0);
}

/* Two networks of a wire are two addresses of one client, where one host has them. */
static bool is_one_client(const struct held_mac *held, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (held[i].claim.interface->machine !=
					held[0].claim.interface->machine ||
				held[i].network == held[j].network)
				return false;
	return true;
}

static struct loc mac_place(
	const struct reporter *r, const struct held_mac *held, size_t i, size_t other)
{
	return own_place(r, held[i].claim.interface,
		lint_place_of_mac(r, held[i].claim.interface, held[i].hardware),
		lint_place_of_mac(r, held[other].claim.interface, held[other].hardware));
}

/* Sorted by claims: an interface that stands there for several networks is one holder. */
static size_t drop_repeated(
	struct held_mac *holders, const struct held_mac *held, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 ||
			holders[kept - 1].claim.interface != held[i].claim.interface)
			holders[kept++] = held[i];
	return kept;
}

/* @all share a MAC; on one wire that is an error, across wires a warning. False: one has it. */
static bool report_dup_mac(
	struct reporter *r, const struct held_mac *all, size_t n, enum severity severity)
{
	TMP_CTX(tmp);
	struct held_mac *held = mem_array(tmp, struct held_mac, n);

	n = drop_repeated(held, all, n);
	if (n == 1)
		return false;
	const struct held_mac *last = &held[n - 1];
	bool has_winner = wins(&held[0].claim, &held[1].claim);
	struct finding *finding = check_report_loc(r, CHECK_DUP_MAC, severity,
		&last->claim.interface->record, mac_place(r, held, n - 1, 0),
		severity == SEVERITY_WARNING
			? "MAC address %s is used in several networks"
		: last->hardware->is_derived ? "the MAC derived from the name, %s, is "
					       "already taken: give it a macAddress"
					     : "MAC address %s is already taken",
		hardware_text(tmp, held[0].hardware));

	for (size_t i = 0; i + 1 < n; i++) {
		diag_note(finding, mac_place(r, held, i, n - 1), "%s",
			i == 0 ? "first used here" : "also used here");
		if (finding->severity == SEVERITY_ERROR && (i > 0 || !has_winner))
			held[i].claim.interface->record.is_bad = true;
	}
	return true;
}

/* A NIC and VLANs on it have one MAC; nobody has an address that DHCP gives by it. */
static bool is_one_nic(const struct held_mac *held, size_t n)
{
	size_t n_nics = 0;

	for (size_t i = 0; i < n; i++) {
		const struct interface *interface = held[i].claim.interface;

		if (held[i].network != NULL ||
			interface->machine != held[0].claim.interface->machine)
			return false;
		n_nics += interface->rare->vlan == 0;
	}
	return n_nics <= 1;
}

/* Where an interface of a VCN is plugged in: NULL where it is not known. */
static const char *bridge_of(const struct held_mac *held)
{
	const struct interface *interface = held->claim.interface;

	return interface->machine->host == NULL || held->network == NULL
		       ? NULL
		       : held->network->bridge;
}

static int compare_bridges(const struct held_mac *a, const struct held_mac *b)
{
	const struct interface *left = a->claim.interface, *right = b->claim.interface;
	int order =
		strcmp(left->machine->host->record.key, right->machine->host->record.key);

	if (order == 0)
		order = text_compare(bridge_of(a), bridge_of(b));
	return order != 0 ? order : (int)a->network->vlan - (int)b->network->vlan;
}

static int compare_plugged(const void *left, const void *right)
{
	const struct held_mac *a = left, *b = right;
	int order = compare_bridges(a, b);

	return order != 0 ? order : compare_held_macs(a, b);
}

static int compare_plugged_claims(const void *left, const void *right)
{
	const struct held_mac *a = left, *b = right;

	return compare_claims(&a->claim, &b->claim);
}

/* Has check_same_macs() reported them, which are sorted by wire, already? */
static bool is_told(const struct held_mac *held, size_t n)
{
	return is_same_wire(&held[0], &held[n - 1]) && !is_one_client(held, n);
}

/*
 * Networks that have one bridge and VLAN are one wire to the VCNs of a host, whatever DHCP is told,
 * and each of their interfaces is a port. Was one MAC found twice on one, in several networks?
 */
static bool check_bridges(struct reporter *r, const struct held_mac *held, size_t n)
{
	TMP_CTX(tmp);
	struct held_mac *plugged = mem_array(tmp, struct held_mac, n);
	size_t n_plugged = 0;
	bool is_found = false;

	for (size_t i = 0; i < n; i++)
		if (bridge_of(&held[i]) != NULL)
			plugged[n_plugged++] = held[i];
	sort_items(plugged, n_plugged, sizeof(*plugged), compare_plugged);
	for (size_t start = 0, end; start < n_plugged; start = end) {
		for (end = start + 1; end < n_plugged && compare_bridges(&plugged[start],
								 &plugged[end]) == 0;
			end++)
			;
		if (end - start == 1 || is_told(plugged + start, end - start))
			continue;
		sort_items(plugged + start, end - start, sizeof(*plugged),
			compare_plugged_claims);
		is_found |=
			report_dup_mac(r, plugged + start, end - start, SEVERITY_ERROR);
	}
	return is_found;
}

/* Without an address it is told its name wherever it asks by IPv4. */
static bool is_roaming(const struct held_mac *held)
{
	return held->claim.interface->n_addresses == 0;
}

/*
 * Who has no address is a client of every network with a range, beside whoever has the MAC there:
 * of two machines a server would take one for the other, or refuse its whole file.
 */
static bool check_roaming(struct reporter *r, const struct held_mac *held, size_t n)
{
	TMP_CTX(tmp);
	struct held_mac *asking = mem_array(tmp, struct held_mac, n);
	bool has_roaming = false, has_others = false;
	size_t n_asking = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_roaming(&held[i]) &&
			(held[i].network == NULL ||
				held[i].network->prefix.base.family == 6))
			continue;
		has_roaming |= is_roaming(&held[i]);
		asking[n_asking++] = held[i];
		has_others |= asking[0].claim.interface->machine !=
			      held[i].claim.interface->machine;
	}
	if (!has_roaming || !has_others)
		return false;
	sort_items(asking, n_asking, sizeof(*asking), compare_plugged_claims);
	return report_dup_mac(r, asking, n_asking, SEVERITY_ERROR);
}

/* A NIC that has no address, and a bond, bridge or VLAN of it that has the NIC's MAC. */
static bool is_part(const struct held_mac *a, const struct held_mac *b)
{
	const struct interface *first = a->claim.interface, *second = b->claim.interface;

	return first->machine == second->machine && (is_roaming(a) || is_roaming(b)) &&
	       (port_is_virtual(first) || port_is_virtual(second) ||
		       port_is_bond(first) || port_is_bond(second));
}

/* Do several interfaces have it, each in a network of its own? Sorted by wire. */
static bool is_across(const struct held_mac *held, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (held[i - 1].network != held[i].network &&
			held[i - 1].claim.interface != held[i].claim.interface &&
			!is_part(&held[i - 1], &held[i]))
			return true;
	return false;
}

static size_t count_holders(const struct held_mac *held, size_t n)
{
	TMP_CTX(tmp);
	struct held_mac *sorted = mem_array(tmp, struct held_mac, n + 1);

	memcpy(sorted, held, n * sizeof(*held));
	sort_items(sorted, n, sizeof(*sorted), compare_plugged_claims);
	return drop_repeated(sorted, sorted, n);
}

/* Equal MACs come sorted by wire: first the same wire's, then across them. */
static void check_same_macs(struct reporter *r, const struct held_mac *held, size_t n)
{
	TMP_CTX(tmp);
	struct held_mac *told = mem_array(tmp, struct held_mac, n);
	size_t n_told = 0;

	if (check_roaming(r, held, n))
		return;
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && is_same_wire(&held[start], &held[end]);
			end++)
			;
		if (end - start == 1 || is_one_nic(held + start, end - start) ||
			is_one_client(held + start, end - start))
			continue;
		report_dup_mac(r, held + start, end - start, SEVERITY_ERROR);
		memcpy(told + n_told, held + start, (end - start) * sizeof(*held));
		n_told += end - start;
	}
	if (is_across(held, n) && count_holders(told, n_told) < count_holders(held, n) &&
		!check_bridges(r, held, n))
		report_dup_mac(r, held, n, SEVERITY_WARNING);
}

static void hold_mac(struct sieve *sieve, struct interface *interface,
	struct hardware *hardware, const struct network *network)
{
	*mem_push(sieve->mem_ctx, &sieve->trial->macs, &sieve->trial->n_macs) =
		(struct held_mac){{interface, false}, hardware->mac, hardware, network};
}

static void hold_everywhere(
	struct sieve *sieve, struct interface *interface, struct hardware *hardware)
{
	bool is_held = false;

	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		const struct network *network = interface->addresses[i].network;

		if (network == NULL || interface_has_before(interface, i))
			continue;
		hold_mac(sieve, interface, hardware, network);
		is_held = true;
	}
	if (!is_held)
		hold_mac(sieve, interface, hardware, interface->network);
}

static void sift_hardware(struct sieve *sieve, struct interface *interface,
	struct hardware *hardware, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (stays(sieve, number_of_hardware(&hardware[i])))
			hold_everywhere(sieve, interface, &hardware[i]);
}

static void sift_macs(struct sieve *sieve, struct interface *interface)
{
	/* the bridge has the address, and stands for both */
	bool is_lent = interface->network == NULL && port_lends_mac(interface);

	sift_hardware(sieve, interface, interface->macs, is_lent ? 0 : interface->n_macs);
	sift_hardware(sieve, interface, interface->rare->guids, interface->rare->n_guids);
}

void lint_sift_macs(TALLOC_CTX *mem_ctx, const struct site *site, struct trial *trial)
{
	sift(site, &(struct sieve){.mem_ctx = mem_ctx, .trial = trial}, sift_macs);
}

static void check_dup_mac(struct reporter *r)
{
	struct held_mac *held = r->trial->macs;
	size_t n = r->trial->n_macs;

	sort_items(held, n, sizeof(*held), compare_held_macs);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && hardware_compare(held[start].hardware,
							 held[end].hardware) == 0;
			end++)
			;
		if (end - start == 1)
			continue;
		for (size_t i = start; i < end; i++)
			held[i].claim.had_it =
				past_has(held[i].claim.interface->machine->past.macs,
					past_hardware(held[i].hardware));
		sort_items(held + start, end - start, sizeof(*held), compare_held_macs);
		check_same_macs(r, held + start, end - start);
	}
}

void lint_duplicates(struct reporter *r)
{
	check_dup_ip(r);
	check_dup_mac(r);
}

/* Labels of one node's interfaces */

/* Is it NODE-INTERFACE, by a name that is not the other's? The node's name several may have. */
static bool is_one_label(const struct interface *a, const struct interface *b)
{
	const struct machine *machine = a->machine;
	size_t len = machine->name == NULL ? 0 : strlen(machine->name);

	return a->fqdn != NULL && !a->is_primary && a->n_addresses > 0 &&
	       b->n_addresses > 0 && text_compare(a->fqdn, b->fqdn) == 0 &&
	       a->fqdn[len] == '-' && !text_equal_case(a->ifname, b->ifname);
}

/* eth0.1 and eth0:1 become one. */
void lint_labels(struct reporter *r, const struct machine *machine)
{
	for (uint32_t i = 1; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];
		uint32_t first = 0;

		while (first < i && !is_one_label(interface, machine->interfaces[first]))
			first++;
		if (first == i)
			continue;
		struct finding *finding = check_report_at(r, CHECK_DUP_NAME,
			SEVERITY_WARNING, &interface->record, FIELD_NAME,
			"'%s' and '%s' have one name, '%s', with the addresses of both",
			machine->interfaces[first]->ifname, interface->ifname,
			interface->fqdn);

		lint_note(r, finding, &machine->interfaces[first]->record, FIELD_NAME,
			"the other one");
	}
}
