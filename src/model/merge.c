/* SPDX-License-Identifier: Apache-2.0 */
#include "model/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/decode_pairs.h"
#include "model/use.h"

/* Several entries of one machine */

static bool is_same_value(
	const struct use *use, const struct record *a, const struct record *b)
{
	const void *left = use_member(use, a), *right = use_member(use, b);

	switch (use->storage) {
	case STORAGE_TEXT:
	case STORAGE_KEY:
		return text_compare(*(const char *const *)left,
			       *(const char *const *)right) == 0;
	case STORAGE_TEXTS:
	case STORAGE_KEYS:
		return strings_equal(left, right);
	default:
		return memcmp(left, right, use_size(use->storage)) == 0;
	}
}

static void disagree(struct site *site, struct record *first, struct record *second,
	enum field_id field, bool is_first_taken)
{
	first->is_wrong |= !is_first_taken;
	*mem_push(site, &site->disagreements, &site->n_disagreements) =
		(struct disagreement){first, second, field, is_first_taken};
}

/* @origin of @part's as one of @machine's. */
static void add_origin(struct site *site, struct record *machine,
	const struct record *part, const struct origin *origin)
{
	size_t size = machine->n_origins * sizeof(*origin);
	struct origin *all = arena_alloc(site->arena, size + sizeof(*origin));

	if (size > 0)
		memcpy(all, machine->origins, size);
	all[machine->n_origins] = *origin;
	if (part->line > 0 || origin->below != 0)
		all[machine->n_origins].below =
			(int32_t)((uint32_t)origin->below + part->line - machine->line);
	if (origin->dn == NULL) {
		all[machine->n_origins].dn = part->dn;
		all[machine->n_origins].change = part->change;
	}
	machine->origins = all;
	machine->n_origins++;
}

static void merge_use(struct site *site, struct record *machine, struct record *part,
	const struct use *use)
{
	const struct origin *theirs = record_origin(part, use->field);

	if (use->read == NULL || theirs == NULL || theirs->is_refused)
		return;
	if (record_origin(machine, use->field) == NULL) {
		memcpy(use_member_write(site->arena, use, machine), use_member(use, part),
			use_size(use->storage));
		add_origin(site, machine, part, theirs);
	} else if (!is_same_value(use, machine, part)) {
		disagree(site, machine, part, use->field, (use->flags & USE_FIRST) != 0);
	}
}

static void note_part(struct site *site, struct machine *machine, struct machine *part)
{
	struct machine_rare *rare = machine_write_rare(site->arena, part);

	rare->merged_into = machine;
	rare->next_part = machine->rare->next_part;
	machine_write_rare(site->arena, machine)->next_part = part;
}

void merge_part(struct site *site, struct machine *machine, struct machine *part)
{
	machine->record.is_bad |= part->record.is_bad;
	machine->record.is_wrong |= part->record.is_wrong;
	note_part(site, machine, part);
	if (part->own != NULL) {
		part->own->machine = machine;
		interface_write_rare(site->arena, part->own)->aliases = part->aliases;
	}
	if (machine->is_vcn != part->is_vcn) {
		disagree(site, &machine->record, &part->record, FIELD_NONE, false);
		return;
	}
	machine->has_vm_host_class |= part->has_vm_host_class;
	for (const struct use *use = uses_of((enum kind)machine->record.kind);
		use->field != FIELD_NONE; use++)
		merge_use(site, &machine->record, &part->record, use);
}

/* An entry with the MAC of an interface and one with its address */

bool has_only_hardware(const struct interface *own)
{
	return own != NULL && own->n_macs + own->rare->n_guids > 0 &&
	       own->n_addresses == 0 && own->n_passed_over == 0;
}

bool has_only_addresses(const struct interface *own)
{
	return own != NULL && own->n_macs + own->rare->n_guids == 0 &&
	       own->n_addresses > 0;
}

/* @items of @size, @n of them, with @n_more behind them. */
static void *append(struct site *site, const void *items, size_t n, const void *more,
	size_t n_more, size_t size)
{
	char *all = arena_alloc(site->arena, (n + n_more) * size);

	if (n > 0)
		memcpy(all, items, n * size);
	if (n_more > 0)
		memcpy(all + n * size, more, n_more * size);
	return all;
}

/* Its number in the array that those of the other entry stand before; 0 stays unknown. */
static uint16_t moved(uint16_t origin, uint32_t n_before)
{
	return origin == 0 ? 0 : (uint16_t)(origin + n_before);
}

static void append_hardware(struct site *site, struct interface *to,
	struct hardware **items, uint32_t *n, const struct hardware *more,
	uint32_t n_more, uint32_t n_origins)
{
	*items = append(site, *items, *n, more, n_more, sizeof(**items));
	for (uint32_t i = *n; i < *n + n_more; i++) {
		(*items)[i].interface = to;
		(*items)[i].origin = moved((*items)[i].origin, n_origins);
	}
	*n += n_more;
}

static void append_strings(
	struct site *site, struct strings *to, const struct strings *more)
{
	to->items =
		append(site, to->items, to->n, more->items, more->n, sizeof(*to->items));
	to->n += more->n;
}

static void take_rare(struct site *site, struct interface *to,
	const struct interface *half, uint32_t n_origins)
{
	struct interface_rare *rare = interface_write_rare(site->arena, to);

	append_hardware(site, to, &rare->guids, &rare->n_guids, half->rare->guids,
		half->rare->n_guids, n_origins);
	append_strings(site, &rare->duids, &half->rare->duids);
	append_strings(site, &rare->aliases, &half->rare->aliases);
}

/* All of @half becomes @to's, and is told from where it was. */
static void take_half(struct site *site, struct interface *to, struct interface *half)
{
	uint32_t n_origins = to->record.n_origins;
	uint32_t n_addresses = to->n_addresses + half->n_addresses;

	for (uint32_t i = 0; i < half->record.n_origins; i++)
		add_origin(site, &to->record, &half->record, &half->record.origins[i]);
	append_hardware(
		site, to, &to->macs, &to->n_macs, half->macs, half->n_macs, n_origins);
	take_rare(site, to, half, n_origins);
	to->addresses = append(site, to->addresses, to->n_addresses, half->addresses,
		half->n_addresses, sizeof(*to->addresses));
	for (uint32_t i = to->n_addresses; i < n_addresses; i++)
		to->addresses[i].origin = moved(to->addresses[i].origin, n_origins);
	to->n_addresses = n_addresses;
	half->machine = NULL;
}

struct halves {
	size_t n_hardware, n_addresses, n_ipv4;
};

static struct halves count_halves(struct machine **parts, size_t n)
{
	struct halves halves = {0};

	for (size_t i = 0; i < n; i++) {
		const struct interface *own = parts[i]->own;

		if (has_only_hardware(own))
			halves.n_hardware += own->n_macs + own->rare->n_guids;
		if (!has_only_addresses(own))
			continue;
		halves.n_addresses += own->n_addresses;
		halves.n_ipv4 += interface_count(own, 4);
	}
	return halves;
}

/* One MAC has all addresses; several are a bond of one address a family. */
static bool belong_together(const struct halves *halves)
{
	size_t n_ipv6 = halves->n_addresses - halves->n_ipv4;

	return halves->n_hardware > 0 && halves->n_addresses > 0 &&
	       (halves->n_hardware == 1 || (halves->n_ipv4 < 2 && n_ipv6 < 2));
}

static void sort_pairs(struct interface *whole)
{
	qsort(whole->macs, whole->n_macs, sizeof(*whole->macs), hardware_compare);
	qsort(whole->rare->guids, whole->rare->n_guids, sizeof(*whole->rare->guids),
		hardware_compare);
	qsort(whole->addresses, whole->n_addresses, sizeof(*whole->addresses),
		address_compare);
}

static void merge_halves(struct site *site, struct machine **parts, size_t n)
{
	const struct halves halves = count_halves(parts, n);
	struct interface *whole = NULL;

	if (!belong_together(&halves))
		return;
	for (size_t i = 0; i < n; i++) {
		struct interface *own = parts[i]->own;

		if (!has_only_hardware(own) && !has_only_addresses(own))
			continue;
		if (whole == NULL)
			whole = own;
		else
			take_half(site, whole, own);
	}
	if (whole != NULL)
		sort_pairs(whole);
}

/* Entries of one interface for IPv4 and IPv6, as /etc/hosts has a line for each */

static bool has_hardware(const struct interface *own)
{
	return own->n_macs + own->rare->n_guids > 0;
}

/* What is no part of another's by now; what is passed over never is. */
static bool is_whole(const struct machine *part)
{
	return part->own != NULL && part->own->machine != NULL &&
	       (has_hardware(part->own) || part->own->n_addresses > 0);
}

static bool are_equal_hardware(
	const struct hardware *a, uint32_t n_a, const struct hardware *b, uint32_t n_b)
{
	for (uint32_t i = 0; n_a == n_b && i < n_a; i++)
		if (hardware_compare(&a[i], &b[i]) != 0)
			return false;
	return n_a == n_b;
}

static bool has_same_hardware(const struct interface *a, const struct interface *b)
{
	return has_hardware(a) &&
	       are_equal_hardware(a->macs, a->n_macs, b->macs, b->n_macs) &&
	       are_equal_hardware(a->rare->guids, a->rare->n_guids, b->rare->guids,
		       b->rare->n_guids);
}

static bool are_of_other_families(const struct interface *a, const struct interface *b)
{
	for (uint32_t i = 0; i < a->n_addresses; i++)
		for (uint32_t j = 0; j < b->n_addresses; j++)
			if (a->addresses[i].ip.family == b->addresses[j].ip.family)
				return false;
	return a->n_addresses > 0 && b->n_addresses > 0;
}

/* One NIC that both entries name, each with the addresses of a family. */
static void merge_same_nics(struct site *site, struct machine **parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; is_whole(parts[i]) && j < n; j++) {
			struct interface *own = parts[i]->own, *other = parts[j]->own;

			if (!is_whole(parts[j]) || !has_same_hardware(own, other) ||
				!are_of_other_families(own, other))
				continue;
			other->n_macs = 0;
			if (other->rare->n_guids > 0)
				interface_write_rare(site->arena, other)->n_guids = 0;
			take_half(site, own, other);
			sort_pairs(own);
		}
}

/* All that is left of @parts where that can only be one interface; NULL: it is several, or one. */
static struct interface *find_only(struct machine **parts, size_t n)
{
	size_t n_hardware = 0, n_wholes = 0, n_ipv4 = 0, n_ipv6 = 0;
	struct interface *only = NULL;

	for (size_t i = 0; i < n; i++) {
		struct interface *own = parts[i]->own;

		if (!is_whole(parts[i]))
			continue;
		n_wholes++;
		n_hardware += has_hardware(own);
		if (only == NULL || has_hardware(own))
			only = own;
		n_ipv4 += interface_count(own, 4);
		n_ipv6 += interface_count(own, 6);
	}
	return n_wholes > 1 && n_hardware < 2 && n_ipv4 < 2 && n_ipv6 < 2 ? only : NULL;
}

static void merge_families(struct site *site, struct machine **parts, size_t n)
{
	struct interface *only = find_only(parts, n);

	for (size_t i = 0; only != NULL && i < n; i++)
		if (is_whole(parts[i]) && parts[i]->own != only)
			take_half(site, only, parts[i]->own);
	if (only != NULL)
		sort_pairs(only);
}

void merge_interfaces(struct site *site, struct machine **parts, size_t n)
{
	merge_halves(site, parts, n);
	merge_same_nics(site, parts, n);
	merge_families(site, parts, n);
}

/* Values that stand twice, and what then has none */

/* How many of @items are none of @others, which stand first then. */
static uint32_t keep_other_hardware(struct hardware *items, uint32_t n,
	const struct hardware *others, uint32_t n_others)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool is_copy = false;

		for (uint32_t j = 0; j < n_others; j++)
			is_copy |= hardware_compare(&items[i], &others[j]) == 0;
		if (!is_copy)
			items[kept++] = items[i];
	}
	return kept;
}

static void drop_copies_of(
	struct site *site, struct interface *own, const struct interface *other)
{
	uint32_t n_addresses = 0;

	own->n_macs =
		keep_other_hardware(own->macs, own->n_macs, other->macs, other->n_macs);
	if (own->rare->n_guids > 0)
		interface_write_rare(site->arena, own)->n_guids =
			keep_other_hardware(own->rare->guids, own->rare->n_guids,
				other->rare->guids, other->rare->n_guids);
	for (uint32_t i = 0; i < own->n_addresses; i++)
		if (!interface_has_address(other, own->addresses[i].ip))
			own->addresses[n_addresses++] = own->addresses[i];
	own->n_addresses = n_addresses;
}

/* A DUID has a use where DHCPv6 has an address to give, and a BMC's is none of its node's. */
static bool takes_duids(const struct interface *interface)
{
	return interface_count(interface, 6) > 0 && !interface->is_management;
}

/* A DUID is its node's: all interfaces have it. */
static void give_duids(
	struct site *site, const struct machine *machine, const struct interface *from)
{
	const struct origin *origin = record_origin(&from->record, FIELD_DUID);

	for (uint32_t i = 0; from->rare->duids.n > 0 && i < machine->n_interfaces; i++) {
		struct interface *to = machine->interfaces[i];

		if (to == from || !takes_duids(to))
			continue;
		struct strings *duids = &interface_write_rare(site->arena, to)->duids;

		append_strings(site, duids, &from->rare->duids);
		decode_sort_strings(duids);
		if (origin != NULL && record_origin(&to->record, FIELD_DUID) == NULL)
			add_origin(site, &to->record, &from->record, origin);
	}
}

/* The interface of a machine's own entry that holds nothing by which it could be one. */
static bool is_empty_own(const struct interface *interface)
{
	return interface->record.kind != KIND_INTERFACE && !has_hardware(interface) &&
	       interface->n_addresses == 0;
}

void drop_copies(struct site *site, struct machine *machine)
{
	struct interface *own = machine->own;
	uint32_t n = machine->n_interfaces, kept = 0;

	if (own != NULL && own->record.is_passed_over)
		give_duids(site, machine, own);
	if (n < 2)
		return;
	for (uint32_t i = 0; own != NULL && i < n; i++)
		if (machine->interfaces[i]->record.kind == KIND_INTERFACE)
			drop_copies_of(site, own, machine->interfaces[i]);
	for (uint32_t i = 0; i < n; i++)
		if (is_empty_own(machine->interfaces[i]))
			give_duids(site, machine, machine->interfaces[i]);
	for (uint32_t i = 0; i < n; i++)
		if (!is_empty_own(machine->interfaces[i]) || (kept == 0 && i + 1 == n))
			machine->interfaces[kept++] = machine->interfaces[i];
	machine->n_interfaces = kept;
}
