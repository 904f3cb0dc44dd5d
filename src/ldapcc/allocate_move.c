/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/allocate_move.h"

#include <stdlib.h>
#include <string.h>

#include "ldapcc/room.h"
#include "read/ldif.h"

static const struct machine *find_host(const struct site *site, const char *name)
{
	for (size_t i = 0; i < site->n_hosts; i++)
		if (strcmp(site->hosts[i]->fqdn, name) == 0 ||
			strcmp(site->hosts[i]->name, name) == 0)
			return site->hosts[i];
	return NULL;
}

/* The largest first: it has the fewest places to go to. */
static int compare_vcns(const void *left, const void *right)
{
	const struct machine *a = *(struct machine *const *)left,
			     *b = *(struct machine *const *)right;

	if (a->memory_mib != b->memory_mib)
		return a->memory_mib > b->memory_mib ? -1 : 1;
	return strcmp(a->fqdn, b->fqdn);
}

/* A file of the old host may not be on the new one. */
static void warn_of_files(struct run *run, const struct machine *vcn)
{
	for (uint32_t i = 0; i < vcn->n_guest_disks; i++)
		if (vcn->guest_disks[i].path != NULL)
			diag_add(run->diags, SEVERITY_WARNING, NULL,
				record_loc(run->site, &vcn->record, FIELD_DISK),
				"'%s' keeps a disk in '%s': its new host must have that "
				"file",
				vcn->name, vcn->guest_disks[i].path);
	if (vcn->image != NULL && vcn->image->path != NULL && !vcn->image->snapshot)
		diag_add(run->diags, SEVERITY_WARNING, NULL,
			record_loc(run->site, &vcn->record, FIELD_IMAGE),
			"'%s' writes to its image '%s': its new host must have that file",
			vcn->name, vcn->image->path);
}

static void put_move(struct run *run, const struct machine *vcn,
	const struct machine *host, struct buffer *ldif)
{
	const char *attribute = map_attribute(run->map, FIELD_HOST);

	ldif_put(ldif, "dn", vcn->record.dn);
	ldif_put(ldif, "changetype", "modify");
	ldif_put(ldif, "replace", attribute);
	ldif_put(ldif, attribute, host->record.dn);
	buffer_add_text(ldif, "-\n\n");
}

static int move_one(struct run *run, struct rooms *rooms, const struct machine *vcn,
	struct buffer *ldif)
{
	/* One that is disabled takes nothing until it is enabled. */
	const struct room_need need = {
		.memory_mib = vcn->is_enabled ? vcn->memory_mib : 0,
		.cpus = !vcn->is_enabled ? 0
			: vcn->cpus > 0	 ? vcn->cpus
					 : 1,
	};
	struct room *room = rooms_best(rooms, &need, run->arguments.per_host);

	if (room == NULL)
		return diag_fail(run->diags, EXIT_REFUSED,
			record_loc(run->site, &vcn->record, FIELD_HOST),
			"no other host has room for '%s' (%u MiB)", vcn->name,
			vcn->memory_mib);
	room_take(room, &need);
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
	struct machine **vcns = mem_array(tmp, struct machine *, host->n_vcns);

	for (uint32_t i = 0; i < host->n_vcns; i++)
		vcns[i] = host->vcns[i];
	if (host->n_vcns > 1)
		qsort(vcns, host->n_vcns, sizeof(vcns[0]), compare_vcns);
	rooms_collect(tmp, run->site, host, &rooms);
	for (uint32_t i = 0; r == 0 && i < host->n_vcns; i++)
		r = move_one(run, &rooms, vcns[i], ldif);
	return r;
}
