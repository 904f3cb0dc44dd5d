/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/room.h"

static uint64_t less(uint64_t from, uint64_t taken)
{
	if (from == UINT64_MAX)
		return from;
	return from > taken ? from - taken : 0;
}

static void add_room(TALLOC_CTX *mem_ctx, struct rooms *rooms, const struct machine *host)
{
	struct room *room = mem_push(mem_ctx, &rooms->items, &rooms->n);

	*room = (struct room){.host = host,
		.memory_mib = host->memory_mib > 0 ? host->memory_mib : UINT64_MAX,
		.cpus = host->cpus > 0 ? host->cpus : UINT64_MAX,
		.n_vcns = host->n_vcns};
	for (uint32_t i = 0; i < host->n_vcns; i++) {
		const struct machine *vcn = host->vcns[i];

		if (!vcn->is_enabled)
			continue;
		room->memory_mib = less(room->memory_mib, vcn->memory_mib);
		room->cpus = less(room->cpus, vcn->cpus > 0 ? vcn->cpus : 1);
	}
}

static bool takes_vcns(const struct machine *host)
{
	return host->has_vm_host_class && host->is_enabled && !host->drains &&
	       !host->record.is_bad;
}

void rooms_collect(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct machine *except, struct rooms *ret)
{
	*ret = (struct rooms){.by_host = table_new(mem_ctx, site->n_hosts),
		.moved = table_new(mem_ctx, 16)};
	for (size_t i = 0; i < site->n_hosts; i++)
		if (takes_vcns(site->hosts[i]) && site->hosts[i] != except)
			add_room(mem_ctx, ret, site->hosts[i]);
	for (size_t i = 0; i < ret->n; i++)
		*table_slot(ret->by_host, ret->items[i].host->record.key) =
			&ret->items[i];
}

void rooms_open(struct rooms *rooms)
{
	for (size_t i = 0; i < rooms->n; i++)
		rooms->items[i].is_closed = false;
}

void rooms_move(struct rooms *rooms, const struct machine *vcn, const struct room *room)
{
	*table_slot(rooms->moved, vcn->record.key) = (void *)(uintptr_t)room->host;
}

/* Where it will be; NULL: on no host, or it is one. */
static const struct machine *host_of(
	const struct rooms *rooms, const struct machine *machine)
{
	const struct machine *host = table_find(rooms->moved, machine->record.key);

	return host != NULL ? host : machine->host;
}

void rooms_keep_apart(
	struct rooms *rooms, const struct node_group *group, const struct machine *vcn)
{
	for (uint32_t i = 0; group->is_spread && i < group->n_nodes; i++) {
		const struct machine *host = host_of(rooms, group->nodes[i]);
		struct room *room =
			host == NULL || group->nodes[i] == vcn
				? NULL
				: table_find(rooms->by_host, host->record.key);

		if (room != NULL)
			room->is_closed = true;
	}
}

struct room *rooms_best(
	const struct rooms *rooms, const struct room_need *need, uint64_t per_host)
{
	struct room *best = NULL;

	for (size_t i = 0; i < rooms->n; i++) {
		struct room *room = &rooms->items[i];

		if (room->is_closed || room->memory_mib < need->memory_mib ||
			room->cpus < need->cpus ||
			(per_host > 0 && room->n_vcns >= per_host))
			continue;
		if (best == NULL || room->memory_mib > best->memory_mib ||
			(room->memory_mib == best->memory_mib &&
				room->n_vcns < best->n_vcns))
			best = room;
	}
	return best;
}

void room_take(struct room *room, const struct room_need *need)
{
	room->n_vcns++;
	room->memory_mib = less(room->memory_mib, need->memory_mib);
	room->cpus = less(room->cpus, need->cpus);
}
