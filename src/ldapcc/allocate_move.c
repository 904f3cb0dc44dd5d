/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/allocate_move.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ldapcc/room.h"
#include "read/ldif.h"

/* One whose name is a fault has none. */
static bool is_called(const struct machine *host, const char *name)
{
	return (host->fqdn != NULL && text_equal_case(host->fqdn, name)) ||
	       (host->name != NULL && text_equal_case(host->name, name));
}

static const struct machine *find_host(const struct site *site, const char *name)
{
	for (size_t i = 0; i < site->n_hosts; i++)
		if (is_called(site->hosts[i], name))
			return site->hosts[i];
	return NULL;
}

/* What messages call it. */
static const char *word_for(const struct machine *vcn)
{
	return vcn->name != NULL ? vcn->name : vcn->record.dn;
}

/* A VCN that moves, and the groups for which it must not go to just any host. */
struct mover {
	const struct machine *vcn;
	const struct node_group **groups;
	size_t n_groups;
};

/* Who has the fewest places to go to comes first: one of a group that is spread, the largest. */
static int compare_movers(const void *left, const void *right)
{
	const struct mover *a = left, *b = right;

	if ((a->n_groups > 0) != (b->n_groups > 0))
		return a->n_groups > 0 ? -1 : 1;
	if (a->vcn->memory_mib != b->vcn->memory_mib)
		return a->vcn->memory_mib > b->vcn->memory_mib ? -1 : 1;
	int order = text_compare(a->vcn->fqdn, b->vcn->fqdn);

	return order != 0 ? order : strcmp(a->vcn->record.key, b->vcn->record.key);
}

static void note_group(
	TALLOC_CTX *mem_ctx, const struct table *by_key, const struct node_group *group)
{
	for (uint32_t i = 0; i < group->n_nodes; i++) {
		struct mover *mover = table_find(by_key, group->nodes[i]->record.key);

		if (mover != NULL)
			*mem_push(mem_ctx, &mover->groups, &mover->n_groups) = group;
	}
}

static struct mover *list_movers(
	TALLOC_CTX *mem_ctx, const struct site *site, const struct machine *host)
{
	struct mover *movers = mem_array(mem_ctx, struct mover, host->n_vcns);
	struct table *by_key = table_new(mem_ctx, host->n_vcns);

	for (uint32_t i = 0; i < host->n_vcns; i++) {
		movers[i] = (struct mover){.vcn = host->vcns[i]};
		*table_slot(by_key, host->vcns[i]->record.key) = &movers[i];
	}
	for (size_t i = 0; i < site->n_groups; i++)
		if (site->groups[i]->is_spread)
			note_group(mem_ctx, by_key, site->groups[i]);
	if (host->n_vcns > 1)
		qsort(movers, host->n_vcns, sizeof(movers[0]), compare_movers);
	return movers;
}

/* A file of the old host may not be on the new one. */
static void warn_of_files(struct run *run, const struct machine *vcn)
{
	for (uint32_t i = 0; i < vcn->guest->n_disks; i++)
		if (vcn->guest->disks[i].path != NULL)
			diag_add(run->diags, SEVERITY_WARNING, NULL,
				record_loc(run->site, &vcn->record, FIELD_DISK),
				"'%s' keeps a disk in '%s': its new host must have that "
				"file",
				word_for(vcn), vcn->guest->disks[i].path);
	if (vcn->image != NULL && vcn->image->path != NULL && !vcn->image->snapshot)
		diag_add(run->diags, SEVERITY_WARNING, NULL,
			record_loc(run->site, &vcn->record, FIELD_IMAGE),
			"'%s' writes to its image '%s': its new host must have that file",
			word_for(vcn), vcn->image->path);
}

/* In the entry, of several that are one VCN, and the attribute that say where it is. */
static void put_move(struct run *run, const struct machine *vcn,
	const struct machine *host, struct buffer *ldif)
{
	struct loc where = record_loc(run->site, &vcn->record, FIELD_HOST);

	ldif_put(ldif, "dn", where.dn);
	ldif_put(ldif, "changetype", "modify");
	ldif_put(ldif, "replace", where.attr);
	ldif_put(ldif, where.attr, host->record.dn);
	buffer_add_text(ldif, "-\n\n");
}

static int fail_move(struct run *run, const struct mover *mover)
{
	TMP_CTX(tmp);
	struct buffer *apart = buffer_new(tmp);

	for (size_t i = 0; i < mover->n_groups; i++)
		buffer_printf(apart, "%s'%s'", i == 0 ? " without others of " : ", ",
			mover->groups[i]->record.name != NULL
				? mover->groups[i]->record.name
				: mover->groups[i]->record.dn);
	return diag_fail(run->diags, EXIT_REFUSED,
		record_loc(run->site, &mover->vcn->record, FIELD_HOST),
		"no other host has room for '%s' (%u MiB)%s", word_for(mover->vcn),
		mover->vcn->memory_mib, apart->data);
}

static int move_one(struct run *run, struct rooms *rooms, const struct mover *mover,
	struct buffer *ldif)
{
	const struct machine *vcn = mover->vcn;
	/* One that is disabled takes nothing until it is enabled. */
	const struct room_need need = {
		.memory_mib = vcn->is_enabled ? vcn->memory_mib : 0,
		.cpus = !vcn->is_enabled ? 0
			: vcn->cpus > 0	 ? vcn->cpus
					 : 1,
	};

	rooms_open(rooms);
	for (size_t i = 0; i < mover->n_groups; i++)
		rooms_keep_apart(rooms, mover->groups[i], vcn);
	struct room *room = rooms_best(rooms, &need, run->arguments.per_host);

	if (room == NULL)
		return fail_move(run, mover);
	room_take(room, &need);
	rooms_move(rooms, vcn, room);
	warn_of_files(run, vcn);
	put_move(run, vcn, room->host, ldif);
	return 0;
}

int allocate_move(struct run *run, const char *name, struct buffer *ldif)
{
	TMP_CTX(tmp);
	const struct machine *host = find_host(run->site, name);
	struct rooms rooms;
	int r = 0;

	if (host == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"--move: there is no host '%s'", name);
	const struct mover *movers = list_movers(tmp, run->site, host);

	rooms_collect(tmp, run->site, host, &rooms);
	for (uint32_t i = 0; r == 0 && i < host->n_vcns; i++)
		r = move_one(run, &rooms, &movers[i], ldif);
	return r;
}
