/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/allocate_group.h"

#include "read/ldif.h"

struct membership {
	const struct node_group *group;
	const char *attribute; /* that its members are in */
	bool has_triples; /* nisNetgroup: members by their names */
	char **values;
	size_t n_values;
};

/* New members are written as those are that the group has. */
static struct membership *new_membership(struct run *run, const struct node_group *group)
{
	struct membership *m = mem_new(run->mem_ctx, struct membership);
	bool has_triples = group->triples.n > 0 && group->member_dns.n == 0;
	enum field_id field = has_triples ? FIELD_TRIPLE : FIELD_MEMBER;

	m->group = group;
	m->has_triples = has_triples;
	m->attribute = has_triples || group->member_dns.n > 0
			       ? record_loc(run->site, &group->record, field).attr
			       : map_attribute(run->map, field);
	return m;
}

int membership_open(struct run *run, struct rooms *rooms, struct membership **ret)
{
	const char *name = run->arguments.group;

	*ret = NULL;
	if (name == NULL)
		return 0;
	const struct node_group *group =
		(void *)model_find_named(run->site->groups, run->site->n_groups, name);

	if (group == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"there is no group '%s' with a host or VCN", name);
	rooms_keep_apart(rooms, group, NULL);
	*ret = new_membership(run, group);
	return 0;
}

void membership_add(struct membership *membership, const char *dn, const char *name)
{
	*mem_push(membership, &membership->values, &membership->n_values) =
		membership->has_triples ? mem_printf(membership, "(%s,-,)", name)
					: mem_strdup(membership, dn);
}

void membership_close(const struct membership *membership, struct room *room)
{
	room->is_closed = membership->group->is_spread;
}

const char *membership_word(const struct membership *membership)
{
	return membership != NULL && membership->group->is_spread
		       ? " without others of the group"
		       : "";
}

void membership_put(const struct membership *membership, struct buffer *ldif)
{
	ldif_put(ldif, "dn", membership->group->record.dn);
	ldif_put(ldif, "changetype", "modify");
	ldif_put(ldif, "add", membership->attribute);
	for (size_t i = 0; i < membership->n_values; i++)
		ldif_put(ldif, membership->attribute, membership->values[i]);
	buffer_add_text(ldif, "-\n\n");
}
