/* SPDX-License-Identifier: Apache-2.0 */
#include "model/told_pairs.h"

#include <stdlib.h>
#include <string.h>

static bool is_ambiguous(const struct interface *own)
{
	return own->n_macs > 1 &&
	       (interface_count(own, 4) > 1 || interface_count(own, 6) > 1);
}

/* What entries tell */

/* The one MAC that the entry of @origin gave; false: it gave several, or one that is none. */
static bool is_told_mac(struct decoder *d, const struct origin *origin, struct mac *ret)
{
	const struct field_values *values = &d->parts[origin - d->found];

	return origin->field == FIELD_MAC && origin->dn != NULL && values->n == 1 &&
	       mac_parse(decode_trimmed(d, &values->values[0]), ret);
}

static void keep_pair(struct decoder *d, struct interface_rare *rare,
	const struct told_pair *pair, const struct entry_value *value)
{
	struct told_pair told = *pair;

	if (ip_parse(decode_trimmed(d, value), &told.ip))
		rare->told[rare->n_told++] = told;
}

static void keep_pairs_of(
	struct decoder *d, struct interface_rare *rare, const struct told_pair *pair)
{
	for (size_t i = 0; i < d->n_found; i++) {
		const struct origin *origin = &d->found[i];

		if (origin->field != FIELD_ADDRESS || origin->dn == NULL ||
			strcmp(origin->dn, pair->dn) != 0)
			continue;
		for (size_t j = 0; j < d->parts[i].n; j++)
			keep_pair(d, rare, pair, &d->parts[i].values[j]);
	}
}

static int compare_told(const void *left, const void *right)
{
	const struct told_pair *a = left, *b = right;
	int order = strcmp(a->dn, b->dn);

	return order != 0 ? order : ip_compare(a->ip, b->ip);
}

void told_pairs_read(struct decoder *d, struct interface *interface)
{
	if (!is_ambiguous(interface))
		return;
	struct interface_rare *rare = interface_write_rare(d->site->arena, interface);

	rare->told = arena_alloc(
		d->site->arena, d->fields[FIELD_ADDRESS].n * sizeof(struct told_pair));
	for (size_t i = 0; i < d->n_found; i++) {
		struct told_pair pair = {.dn = d->found[i].dn};

		if (is_told_mac(d, &d->found[i], &pair.mac))
			keep_pairs_of(d, rare, &pair);
	}
	qsort(rare->told, rare->n_told, sizeof(struct told_pair), compare_told);
}

/* Splitting */

static const struct mac *mac_told(const struct interface *own, struct ip ip)
{
	for (uint32_t i = 0; i < own->rare->n_told; i++)
		if (ip_compare(own->rare->told[i].ip, ip) == 0)
			return &own->rare->told[i].mac;
	return NULL;
}

/* Where the first entry that tells of it stands; n_told: none does. */
static uint32_t rank_of(const struct interface *own, struct mac mac)
{
	uint32_t i = 0;

	while (i < own->rare->n_told && mac_compare(own->rare->told[i].mac, mac) != 0)
		i++;
	return i;
}

/* One address that two MACs are told to have is nobody's. */
static bool is_contradicted(const struct interface *own)
{
	for (uint32_t i = 0; i < own->rare->n_told; i++) {
		const struct mac *first = mac_told(own, own->rare->told[i].ip);

		if (first != NULL && mac_compare(own->rare->told[i].mac, *first) != 0)
			return true;
	}
	return false;
}

static bool is_guess(const struct interface *own)
{
	uint32_t n_macs = 0, n_addresses = 0;

	for (uint32_t i = 0; i < own->n_macs; i++)
		n_macs += rank_of(own, own->macs[i].mac) == own->rare->n_told;
	for (uint32_t i = 0; i < own->n_addresses; i++)
		n_addresses += mac_told(own, own->addresses[i].ip) == NULL;
	return n_macs > 0 && n_addresses > 0;
}

/* One of @own's MACs (NULL: none) with the addresses that it is told to have. */
static struct interface *one_of(
	struct site *site, const struct interface *own, const struct hardware *hardware)
{
	struct interface *one = arena_alloc(site->arena, sizeof(*one));

	*one = *own;
	one->addresses =
		arena_alloc(site->arena, own->n_addresses * sizeof(struct address));
	one->n_addresses = one->n_macs = 0;
	for (uint32_t i = 0; i < own->n_addresses; i++) {
		const struct mac *mac = mac_told(own, own->addresses[i].ip);

		if (hardware == NULL
				? mac == NULL
				: mac != NULL && mac_compare(*mac, hardware->mac) == 0)
			one->addresses[one->n_addresses++] = own->addresses[i];
	}
	if (hardware == NULL)
		return one;
	one->macs = arena_alloc(site->arena, sizeof(*one->macs));
	*one->macs = *hardware;
	one->macs->interface = one;
	one->n_macs = 1;
	return one;
}

/* In the place of @own, at the end of @machine's. */
static void split(struct site *site, struct machine *machine, const struct interface *own)
{
	uint32_t n = machine->n_interfaces - 1;
	struct interface **all = arena_alloc(
		site->arena, (n + own->n_macs + 1) * sizeof(struct interface *));

	for (uint32_t i = 0, at = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i] != own)
			all[at++] = machine->interfaces[i];
	for (uint32_t rank = 0; rank <= own->rare->n_told; rank++)
		for (uint32_t i = 0; i < own->n_macs; i++)
			if (rank_of(own, own->macs[i].mac) == rank)
				all[n++] = one_of(site, own, &own->macs[i]);
	all[n] = one_of(site, own, NULL);
	if (all[n]->n_addresses > 0)
		n++;
	machine->interfaces = all;
	machine->n_interfaces = n;
}

void told_pairs_split(struct site *site, struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *own = machine->interfaces[i];

		if (own->rare->n_told == 0 || !is_ambiguous(own) ||
			is_contradicted(own) || is_guess(own))
			continue;
		split(site, machine, own);
		return;
	}
}
