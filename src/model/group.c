/* SPDX-License-Identifier: Apache-2.0 */
#include "model/group.h"

#include <string.h>

#include "base/sort.h"
#include "base/text.h"
#include "model/absent.h"
#include "read/dn.h"

/* Members */

struct linking {
	struct site *site;
	struct table *by_name; /* group name -> struct node_group */
	struct table
		*containers; /* DNs that have machines below them; NULL: not asked yet */
};

static struct dead_member *add_dead(struct linking *l, struct node_group *group,
	const char *text, enum field_id field)
{
	struct dead_member *dead = mem_push(l->site, &group->dead, &group->n_dead);

	*dead = (struct dead_member){.text = text, .field = field};
	return dead;
}

static void add_node(struct site *site, struct node_group *group, struct machine *machine)
{
	size_t n = group->n_nodes;

	*mem_push(site, &group->nodes, &n) = machine;
	group->n_nodes = (uint32_t)n;
}

static void add_part(struct linking *l, struct node_group *group, struct node_group *part)
{
	*mem_push(l->site, &group->parts, &group->n_parts) = part;
}

/* Where the entry stands, and by which attribute it is named there: cn=,ou=hosts,dc=x */
static const char *container_of(TALLOC_CTX *mem_ctx, const char *key)
{
	return mem_printf(
		mem_ctx, "%.*s,%s", (int)strcspn(key, "=") + 1, key, dn_key_parent(key));
}

static void add_container(struct linking *l, const char *key)
{
	TMP_CTX(tmp);
	const char *container = container_of(tmp, key);

	if (table_find(l->containers, container) == NULL)
		*table_slot(l->containers, mem_strdup(l->containers, container)) =
			l->site;
}

/*
 * Is @key of something that is gone, or of somebody who is no machine at all? It is gone
 * where machines of ours stand beside it and it is named as they are.
 */
static bool is_gone(struct linking *l, const char *key)
{
	TMP_CTX(tmp);
	const struct site *site = l->site;

	if (l->containers == NULL) {
		l->containers = table_new(l->site, 64);
		for (size_t i = 0; i < site->n_machines; i++)
			add_container(l, site->machines[i]->record.key);
	}
	return table_find(l->containers, container_of(tmp, key)) != NULL &&
	       !absent_has(site->waited_for, key) && !absent_covers(site->excluded, key);
}

static void link_member(struct linking *l, struct node_group *group, const char *key)
{
	struct record *record = table_find(l->site->by_key, key);

	if (record == NULL) {
		if (is_gone(l, key))
			add_dead(l, group, key, FIELD_MEMBER);
		return;
	}
	if (kind_is_node(record->kind))
		add_node(l->site, group, (struct machine *)record);
	else if (record->kind == KIND_GROUP)
		add_part(l, group, (struct node_group *)record);
}

/* Is one of this name, short or full, in quarantine or passed over? */
static bool is_absent(const struct site *site, const char *name)
{
	TMP_CTX(tmp);
	char *lower = mem_strdup(tmp, name);

	text_lower(lower);
	return absent_has_name(site->waited_for, lower) ||
	       absent_has_name(site->excluded, lower);
}

/* `(host,user,domain)`: without a host, or with `-`, it is about users. */
static void link_triple(struct linking *l, struct node_group *group, const char *triple)
{
	TMP_CTX(tmp);
	const char *start = triple + strspn(triple, " (");
	char *host = mem_strndup(tmp, start, strcspn(start, ", )"));
	const char *domain = strrchr(start, ',');
	struct machine *machine = NULL;

	if (*host == '\0' || strcmp(host, "-") == 0 || domain == NULL)
		return;
	domain += 1 + strspn(domain + 1, " ");
	text_lower(host);
	if (*domain != ')' && *domain != '-')
		machine = model_find_machine(
			l->site, mem_printf(tmp, "%s.%.*s", host,
					 (int)strcspn(domain, " )"), domain));
	if (machine == NULL)
		machine = model_find_machine(l->site, host);
	if (machine != NULL)
		add_node(l->site, group, machine);
	else if (!is_absent(l->site, host))
		add_dead(l, group, triple, FIELD_TRIPLE)->is_of_several =
			table_find(l->site->short_names, host) == MODEL_SHARED;
}

static void link_netgroup(struct linking *l, struct node_group *group, const char *name)
{
	struct node_group *part = table_find(l->by_name, name);

	if (part != NULL)
		add_part(l, group, part);
	else if (!is_absent(l->site, name))
		add_dead(l, group, name, FIELD_NETGROUP);
}

static void link_members(struct linking *l, struct node_group *group)
{
	for (uint32_t i = 0; i < group->member_dns.n; i++)
		link_member(l, group, group->member_dns.items[i]);
	for (uint32_t i = 0; i < group->triples.n; i++)
		link_triple(l, group, group->triples.items[i]);
}

static void link_netgroups(struct linking *l, struct node_group *group)
{
	for (uint32_t i = 0; i < group->netgroups.n; i++)
		link_netgroup(l, group, group->netgroups.items[i]);
}

static int compare_nodes(const void *left, const void *right)
{
	const struct machine *a = *(struct machine *const *)left;
	const struct machine *b = *(struct machine *const *)right;
	int order = text_compare(a->fqdn, b->fqdn);

	return order != 0 ? order : strcmp(a->record.key, b->record.key);
}

static void sort_nodes(struct node_group *group)
{
	uint32_t kept = 0;

	sort_pointers(group->nodes, group->n_nodes, compare_nodes);
	for (uint32_t i = 0; i < group->n_nodes; i++)
		if (kept == 0 || group->nodes[i] != group->nodes[kept - 1])
			group->nodes[kept++] = group->nodes[i];
	group->n_nodes = kept;
}

/* The groups that @top has, directly and through others, each once; @top is not among them. */
static struct node_group **all_parts(
	TALLOC_CTX *mem_ctx, struct node_group *top, uint32_t number, size_t *ret_n)
{
	struct node_group **all = NULL;

	*ret_n = 0;
	top->seen = number;
	for (size_t i = 0; i <= *ret_n; i++) {
		const struct node_group *from = i == 0 ? top : all[i - 1];

		for (size_t j = 0; j < from->n_parts; j++) {
			struct node_group *part = from->parts[j];

			top->is_loop |= part == top;
			if (part->seen == number)
				continue;
			part->seen = number;
			*mem_push(mem_ctx, &all, ret_n) = part;
		}
	}
	return all;
}

/* What each has by itself, before the nodes of its parts come in. */
static void collect_parts(struct site *site)
{
	for (size_t i = 0; i < site->n_groups; i++)
		site->groups[i]->n_own = site->groups[i]->n_nodes;
	for (size_t i = 0; i < site->n_groups; i++) {
		TMP_CTX(tmp);
		struct node_group *group = site->groups[i];
		size_t n;
		struct node_group **parts = all_parts(tmp, group, (uint32_t)i + 1, &n);

		for (size_t j = 0; j < n; j++)
			for (uint32_t k = 0; k < parts[j]->n_own; k++)
				add_node(site, group, parts[j]->nodes[k]);
	}
}

static int compare_groups(const void *left, const void *right)
{
	const struct node_group *a = *(struct node_group *const *)left;
	const struct node_group *b = *(struct node_group *const *)right;
	int order = text_compare(a->record.name, b->record.name);

	return order != 0 ? order : text_compare(a->record.key, b->record.key);
}

static void sort_groups(struct site *site)
{
	sort_pointers(site->groups, site->n_groups, compare_groups);
}

static bool has_anybody(const struct node_group *group)
{
	return group->n_nodes > 0 || group->n_parts > 0 || group->netgroups.n > 0;
}

/* Of two of one name the first counts that has anybody, as lint says (check_group_names()). */
static void index_name(struct table *by_name, struct node_group *group)
{
	if (group->record.name == NULL)
		return;
	struct node_group **slot =
		(struct node_group **)table_slot(by_name, group->record.name);

	if (*slot == NULL || (!has_anybody(*slot) && has_anybody(group)))
		*slot = group;
}

void group_link(struct site *site)
{
	struct linking l = {
		.site = site, .by_name = table_new_folded(site, site->n_groups)};
	size_t kept = 0;

	sort_groups(site);
	for (size_t i = 0; i < site->n_groups; i++)
		link_members(&l, site->groups[i]);
	for (size_t i = 0; i < site->n_groups; i++)
		index_name(l.by_name, site->groups[i]);
	for (size_t i = 0; i < site->n_groups; i++) {
		link_netgroups(&l, site->groups[i]);
		sort_nodes(site->groups[i]);
	}
	collect_parts(site);
	for (size_t i = 0; i < site->n_groups; i++)
		sort_nodes(site->groups[i]);
	for (size_t i = 0; i < site->n_groups; i++) {
		struct node_group *group = site->groups[i];

		if (group->n_nodes > 0 || group->n_dead > 0 || group->is_loop ||
			group->is_spread)
			site->groups[kept++] = group;
	}
	site->n_groups = kept;
}

/* What nodes have in common */

enum common { NETWORK, PROFILE, IMAGE, HOST, VO, LOCATION, _COMMON_MAX };

static const char *const common_names[] = {[NETWORK] = "network",
	[PROFILE] = "profile",
	[IMAGE] = "image",
	[HOST] = "host",
	[VO] = "vo",
	[LOCATION] = "location"};

struct gathering {
	struct site *site;
	struct table *groups[_COMMON_MAX]; /* label, folded -> struct node_group */
};

/* What most templates can carry: the rest of a free text are hyphens. */
static const char *name_of(struct site *site, const char *common, const char *label)
{
	char *name = arena_join(site->arena, common, '-', label);

	for (char *c = name; *c != '\0'; c++)
		if (strchr(TEXT_LETTERS TEXT_DIGITS "_.-", *c) == NULL)
			*c = '-';
	return name;
}

/*
 * @machine has what @source says, in common with others. LDAP compares these values without
 * regard to case: the first spelling is the group's.
 */
static void gather(struct gathering *g, struct machine *machine, enum common common,
	const char *label, const struct record *source)
{
	struct site *site = g->site;

	if (label == NULL)
		return;
	struct node_group *group = table_find(g->groups[common], label);

	if (group == NULL) {
		group = arena_alloc(site->arena, sizeof(*group));
		group->record = *source;
		group->record.kind = KIND_GROUP;
		group->record.name = name_of(site, common_names[common], label);
		group->label = label;
		group->common = common_names[common];
		*table_slot(g->groups[common], label) = group;
		*mem_push(site, &site->groups, &site->n_groups) = group;
	}
	/* machines come sorted; one with two interfaces in a network comes twice in a row */
	if (group->n_nodes == 0 || group->nodes[group->n_nodes - 1] != machine)
		add_node(site, group, machine);
}

static void gather_machine(struct gathering *g, struct machine *machine)
{
	const struct record *own = &machine->record;

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct network *network = machine->interfaces[i]->network;

		if (network != NULL)
			gather(g, machine, NETWORK, network->record.name,
				&network->record);
	}
	if (machine->profile != NULL)
		gather(g, machine, PROFILE, machine->profile->record.name,
			&machine->profile->record);
	if (machine->image != NULL)
		gather(g, machine, IMAGE, machine->image->record.name,
			&machine->image->record);
	if (machine->host != NULL)
		gather(g, machine, HOST, machine->host->fqdn, &machine->host->record);
	gather(g, machine, VO, machine->vo, own);
	gather(g, machine, LOCATION, machine->rare->location, own);
}

static size_t keep_served(struct machine **machines, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (machines[i]->is_served)
			machines[kept++] = machines[i];
	return kept;
}

/* Machines that are in quarantine, or not selected, are members of nothing. */
static void keep_nodes(struct site *site)
{
	for (size_t i = 0; i < site->n_groups; i++)
		for (uint32_t j = 0; j < site->groups[i]->n_nodes; j++)
			site->groups[i]->nodes[j]->is_served = false;
	for (size_t i = 0; i < site->n_machines; i++)
		site->machines[i]->is_served = true;
	for (size_t i = 0; i < site->n_groups; i++)
		site->groups[i]->n_nodes = (uint32_t)keep_served(
			site->groups[i]->nodes, site->groups[i]->n_nodes);
}

/* Of two with one name the first stays: an entry before what follows from others. */
static void drop_others(struct site *site)
{
	TMP_CTX(tmp);
	struct table *names = table_new_folded(tmp, site->n_groups);
	size_t kept = 0;

	for (size_t i = 0; i < site->n_groups; i++) {
		struct node_group *group = site->groups[i];

		if (group->n_nodes == 0 || group->record.name == NULL ||
			group->record.is_bad ||
			table_find(names, group->record.name) != NULL)
			continue;
		*table_slot(names, group->record.name) = group;
		site->groups[kept++] = group;
	}
	site->n_groups = kept;
}

/* The groups of each node: counted first, so that the arrays need no growing. */
static void list_groups(struct site *site)
{
	for (size_t i = 0; i < site->n_machines; i++)
		site->machines[i]->n_groups = 0;
	for (size_t i = 0; i < site->n_groups; i++)
		for (uint32_t j = 0; j < site->groups[i]->n_nodes; j++)
			site->groups[i]->nodes[j]->n_groups++;
	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		machine->groups = arena_alloc(site->arena,
			(machine->n_groups + 1) * sizeof(struct node_group *));
		machine->n_groups = 0;
	}
	for (size_t i = 0; i < site->n_groups; i++)
		for (uint32_t j = 0; j < site->groups[i]->n_nodes; j++) {
			struct machine *machine = site->groups[i]->nodes[j];

			machine->groups[machine->n_groups++] = site->groups[i];
		}
}

void group_derive(struct site *site)
{
	TMP_CTX(tmp);
	struct gathering g = {.site = site};

	for (size_t i = 0; i < _COMMON_MAX; i++)
		g.groups[i] = table_new_folded(tmp, 0);
	keep_nodes(site);
	for (size_t i = 0; i < site->n_machines; i++)
		if (!site->machines[i]->is_zone_name)
			gather_machine(&g, site->machines[i]);
	drop_others(site);
	sort_groups(site);
	for (size_t i = 0; i < site->n_groups; i++)
		site->groups[i]->nodeset = (struct nodes_word){.mem_ctx = site};
	list_groups(site);
}

/* The part of the site that is selected */

static bool is_in_network(const struct string_list *names, const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		for (uint32_t j = 0; j < interface->n_addresses; j++) {
			const struct network *network = interface->addresses[j].network;

			if (network != NULL && network->record.name != NULL &&
				list_has_name(names, network->record.name))
				return true;
		}
	}
	return false;
}

/* Their names stay known: a zone may have its name server there. */
static void note_left_out(struct site *site)
{
	for (size_t i = 0; i < site->n_machines; i++)
		if (!site->machines[i]->is_served)
			*mem_push(site, &site->left_out, &site->n_left_out) =
				site->machines[i];
}

static void mark_networks(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		for (uint32_t j = 0; j < interface->n_addresses; j++)
			if (interface->addresses[j].network != NULL)
				interface->addresses[j].network->is_used = true;
	}
}

/* Networks that are named; without any named, those that the selected nodes are in. */
static void select_networks(struct site *site)
{
	const struct string_list *names = &site->select->networks;
	size_t kept = 0;

	for (size_t i = 0; i < site->n_machines; i++)
		mark_networks(site->machines[i]);
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];

		if (names->n > 0 ? list_has_name(names, network->record.name)
				 : network->is_used)
			site->networks[kept++] = network;
		else
			network->is_left_out = true;
	}
	site->n_networks = kept;
}

void group_select(struct site *site)
{
	const struct selection *select = site->select;

	if (select == NULL)
		return;
	for (size_t i = 0; i < site->n_machines; i++)
		site->machines[i]->is_served =
			is_in_network(&select->networks, site->machines[i]);
	for (size_t i = 0; i < site->n_groups; i++)
		if (site->groups[i]->record.name != NULL &&
			list_has_name(&select->groups, site->groups[i]->record.name))
			for (uint32_t j = 0; j < site->groups[i]->n_nodes; j++)
				site->groups[i]->nodes[j]->is_served = true;
	note_left_out(site);
	site->n_machines = keep_served(site->machines, site->n_machines);
	site->n_hosts = keep_served(site->hosts, site->n_hosts);
	site->n_vcns = keep_served(site->vcns, site->n_vcns);
	for (size_t i = 0; i < site->n_profiles; i++)
		site->profiles[i]->n_hosts = (uint32_t)keep_served(
			site->profiles[i]->hosts, site->profiles[i]->n_hosts);
	select_networks(site);
}
