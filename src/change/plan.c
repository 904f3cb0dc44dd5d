/* SPDX-License-Identifier: Apache-2.0 */
#include "change/plan.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/table.h"
#include "base/text.h"
#include "change/live.h"
#include "generation/folder.h"
#include "render/output.h"

/* What is known of a target's files before the first of them. */
struct ownership {
	const struct target *target;
	uid_t uid;
	gid_t gid;
};

struct planner {
	struct plan *plan;
	const struct plan_input *input;
	struct diags *diags;
	struct folder_cursor *cursor;
	struct ownership ownership;
};

/* Owners */

/* Below --root, or without root's rights and with nothing asked for, files are our own. */
static bool is_own(const struct planner *p, const char *name)
{
	return geteuid() != 0 && (name == NULL || p->plan->state->root[0] != '\0');
}

static int unknown_name(struct planner *p, const struct target *target, const char *what,
	const char *name)
{
	return diag_fail(p->diags, EXIT_USAGE, loc_file(target->template_path),
		"target '%s': there is no %s '%s' on this machine", target->name, what,
		name);
}

static int find_owner(struct planner *p, const struct target *target)
{
	struct ownership *o = &p->ownership;

	if (o->target == target)
		return 0;
	o->target = target;
	o->uid = is_own(p, target->owner) ? geteuid() : 0;
	o->gid = is_own(p, target->group) ? getegid() : 0;
	if (target->owner != NULL && !is_own(p, target->owner)) {
		struct passwd *user = getpwnam(target->owner);

		if (user == NULL)
			return unknown_name(p, target, "user", target->owner);
		o->uid = user->pw_uid;
	}
	if (target->group != NULL && !is_own(p, target->group)) {
		struct group *group = getgrnam(target->group);

		if (group == NULL)
			return unknown_name(p, target, "group", target->group);
		o->gid = group->gr_gid;
	}
	return 0;
}

/* Files */

static struct plan_file *add_file(struct planner *p, const char *path,
	const struct output *output, const struct generation_file *before)
{
	struct plan *plan = p->plan;
	struct plan_file *file = mem_push(plan, &plan->files, &plan->n_files);

	file->path = path;
	file->output = output;
	file->before = before;
	if (before != NULL)
		file->live = plan->live->live[before - plan->before->files];
	return file;
}

/* With our own trailer, whole, it is what a target left that was not in the settings for a while. */
static bool has_our_trailer(const struct planner *p, const struct plan_file *file)
{
	TMP_CTX(tmp);
	const char *comment = file->output->target->trailer;
	struct trailer trailer;
	char *bytes;
	size_t len;

	return comment != NULL &&
	       file_read_at(tmp, p->cursor->fd, folder_name(file->path), &bytes, &len) ==
		       0 &&
	       trailer_check(bytes, len, comment, &trailer) == NULL;
}

/*
 * A path that the state does not know: is somebody else's file there? Where no generation is known,
 * one of ours is that of a state which is lost, and no guard could say what its nodes lose.
 */
static int plan_unknown(struct planner *p, struct plan_file *file)
{
	struct stat st;
	int r = folder_cursor_stat(p->cursor, p->plan->state, file->path, &st);

	if (r == 0 && S_ISDIR(st.st_mode))
		return diag_fail(p->diags, EXIT_IO,
			loc_file(state_path(p->diags, p->plan->state, file->path)),
			"a folder is in the way");
	file->change = FILE_NEW;
	file->is_foreign =
		r == 0 && (p->plan->live->before == NULL || !S_ISREG(st.st_mode) ||
				  !has_our_trailer(p, file));
	if (r < 0 && r != -ENOENT)
		return diag_fail_errno(p->diags, EXIT_IO, -r,
			loc_file(state_path(p->diags, p->plan->state, file->path)),
			"the file cannot be examined");
	return 0;
}

static enum file_change compare_known(
	const struct plan_file *file, const struct generation_file *before)
{
	if (memcmp(file->output->sha256, before->sha256, SHA256_BYTES) != 0)
		return FILE_CHANGED;
	if (file->live != LIVE_INTACT && file->live != LIVE_MODE)
		return FILE_RESTORED;
	if (file->live == LIVE_MODE || file->mode != before->mode ||
		file->uid != before->uid || file->gid != before->gid)
		return FILE_MODE;
	return FILE_SAME;
}

/* RFC 1982: the numbers of a zone go round in 32 bits; 0 stands for none with us. */
static uint64_t next_zone_serial(uint64_t last, uint64_t time)
{
	uint32_t next = (uint32_t)last + 1, wanted = (uint32_t)time;

	if ((int32_t)(wanted - next) > 0)
		next = wanted;
	return next == 0 ? 1 : next;
}

/*
 * A changed file gets a serial above its last one: vcn refuses older manifests, and a
 * secondary takes no older zone.
 */
static void raise_serial(struct planner *p, struct output *output, uint64_t last)
{
	uint64_t time = p->plan->live->serial_time;
	uint64_t serial = output->target->for_each == FOR_ZONE
				  ? next_zone_serial(last, time)
			  : last < time ? time
					: last + 1;

	p->input->reserial.render(p->input->reserial.data, p->plan, output, serial);
}

static void set_owner(const struct planner *p, struct plan_file *file)
{
	const struct output_owner *owner = file->output->owner;

	file->mode = owner != NULL ? owner->mode : file->output->target->mode;
	file->uid = owner != NULL ? owner->uid : p->ownership.uid;
	file->gid = owner != NULL ? owner->gid : p->ownership.gid;
}

static int plan_output(
	struct planner *p, struct output *output, const struct generation_file *before)
{
	int r = output->owner == NULL ? find_owner(p, output->target) : 0;

	if (r < 0)
		return r;
	if (output->path[0] != '/' ||
		text_has_control(output->path, strlen(output->path)))
		return diag_fail(p->diags, EXIT_USAGE,
			loc_file(output->target->template_path),
			"'%s' is no path for a target", output->path);
	struct plan_file *file = add_file(p, output->path, output, before);

	set_owner(p, file);
	if (before == NULL)
		return plan_unknown(p, file);
	file->change = output->is_kept ? FILE_SAME : compare_known(file, before);
	if (file->change == FILE_CHANGED && output->serial != 0)
		raise_serial(p, output, before->serial);
	return 0;
}

/* A single file whose target left the settings stays: somebody includes it. */
static void plan_vanished(struct planner *p, const struct generation_file *before)
{
	const struct generation_target *target =
		&p->plan->before->targets[before->target];
	struct plan_file *file = add_file(p, before->path, NULL, before);
	bool is_dropped = targets_find(p->input->targets, p->input->n_targets,
				  target->name) == NULL;

	file->change =
		is_dropped && target->folder == NULL ? FILE_FORGOTTEN : FILE_REMOVED;
}

/* Both lists are sorted by path. */
static int compare_files(struct planner *p)
{
	const struct generation *before = p->plan->before;
	size_t n_before = before == NULL ? 0 : before->n_files;
	struct tree *tree = p->input->tree;
	size_t i = 0, j = 0;
	int r = 0;

	while (r == 0 && (i < tree->n_outputs || j < n_before)) {
		int order = i == tree->n_outputs ? 1
			    : j == n_before	 ? -1
						 : strcmp(tree->outputs[i].path,
							   before->files[j].path);

		if (order > 0)
			plan_vanished(p, &before->files[j++]);
		else if (order < 0)
			r = plan_output(p, &tree->outputs[i++], NULL);
		else
			r = plan_output(p, &tree->outputs[i++], &before->files[j++]);
	}
	return r;
}

bool plan_file_changes(const struct plan_file *file)
{
	return file->change != FILE_SAME && file->change != FILE_FORGOTTEN;
}

void plan_hash_output(struct output *output)
{
	output_hash(output);
}

const char *plan_bytes(
	TALLOC_CTX *mem_ctx, const struct plan *plan, const struct plan_file *file)
{
	struct output again = *file->output;

	if (again.bytes != NULL)
		return again.bytes;
	plan->reserial.render(plan->reserial.data, mem_ctx, &again, again.serial);
	assert(memcmp(again.sha256, file->output->sha256, SHA256_BYTES) == 0);
	return again.bytes;
}

/* Records */

struct comparison {
	struct plan *plan;
	struct table *networks; /* name -> its counts */
	struct table *own_files; /* nodes of which a file of their own changes */
};

static void add_record(
	struct plan *plan, const struct roster_record *record, enum record_change change)
{
	*mem_push(plan, &plan->records, &plan->n_records) =
		(struct plan_record){record, change};
}

/* The counts of a network, made at its first node. */
static struct plan_counts *network_counts(
	struct comparison *c, const char *name, size_t len)
{
	void **slot = table_slot_bytes(c->networks, name, len);

	if (*slot == NULL) {
		struct plan_counts *counts = mem_new(c->plan, struct plan_counts);

		counts->name = mem_strndup(c->plan, name, len);
		*slot = counts;
		*mem_push(c->plan, &c->plan->networks, &c->plan->n_networks) = counts;
	}
	return *slot;
}

static bool is_losing(const struct plan_node *node)
{
	return node->n_lost_names + node->n_lost_addresses + node->n_lost_reservations >
	       0;
}

static void count(struct plan_counts *counts, const struct plan_node *node)
{
	counts->n_before += node->before != NULL;
	counts->n_now += node->now != NULL;
	counts->n_added += node->before == NULL;
	counts->n_removed += node->now == NULL;
	counts->n_changed += node->is_changed;
	counts->n_affected += node->is_affected;
	counts->n_lost += is_losing(node);
	counts->n_armed += node->is_armed;
}

/* In all that it is part of: the site, and its @networks. */
static void count_node(
	struct comparison *c, const struct plan_node *node, const char *networks)
{
	count(&c->plan->total, node);
	while (*networks != '\0') {
		const char *end = strchrnul(networks, ROSTER_BETWEEN);

		count(network_counts(c, networks, (size_t)(end - networks)), node);
		networks = end + (*end == ROSTER_BETWEEN);
	}
}

/* An entry that moved is the same record, and its last good version is elsewhere now. */
static bool is_changed(
	const struct roster_record *before, const struct roster_record *now)
{
	return before != NULL && now != NULL &&
	       (before->identity != now->identity || strcmp(before->dn, now->dn) != 0);
}

/* A node counts in the networks it was in, or is if it was not. */
static void compare_node(struct comparison *c, struct plan_node *node)
{
	struct plan *plan = c->plan;
	const struct roster_record *before = node->before, *now = node->now;

	node->is_armed =
		now != NULL && now->is_armed && (before == NULL || !before->is_armed);
	if (before != NULL && now != NULL) {
		node->is_affected = before->effect != now->effect ||
				    table_find(c->own_files, now->name) != NULL;
		node->n_lost_names = roster_lost(before->names, now->names);
		node->n_lost_addresses = roster_lost(before->addresses, now->addresses);
		node->n_lost_reservations =
			roster_lost(before->reservations, now->reservations);
	}
	count_node(c, node, (before != NULL ? before : now)->networks);
	plan->n_lost_names += node->n_lost_names;
	plan->n_lost_addresses += node->n_lost_addresses;
	plan->n_lost_reservations += node->n_lost_reservations;
	if (is_losing(node) || node->is_affected || node->is_armed)
		*mem_push(plan, &plan->nodes, &plan->n_nodes) = *node;
}

/* One record of both rosters; NULL: not in that one. */
static void compare_record(struct comparison *c, const struct roster_record *before,
	const struct roster_record *now)
{
	struct plan *plan = c->plan;
	const struct roster_record *one = now != NULL ? now : before;

	struct plan_node node = {
		.before = before, .now = now, .is_changed = is_changed(before, now)};

	assert(one != NULL);
	if (before == NULL || now == NULL)
		add_record(plan, one, before == NULL ? RECORD_ADDED : RECORD_REMOVED);
	else if (node.is_changed)
		add_record(plan, one, RECORD_CHANGED);
	if (kind_is_node(one->kind))
		compare_node(c, &node);
	count(&plan->kinds[one->kind], &node);
}

/* By name and kind: an entry that moved is the same record. Both are sorted. */
static int order_records(const struct roster_record *a, const struct roster_record *b)
{
	int order = a->name == b->name ? 0 : strcmp(a->name, b->name);

	return order != 0 ? order : (int)a->kind - (int)b->kind;
}

static void compare_rosters(struct plan *plan)
{
	TMP_CTX(tmp);
	const struct roster *old = plan->roster_before, *new = plan->roster;
	struct comparison c = {.plan = plan,
		.networks = table_new(tmp, 0),
		.own_files = table_new(tmp, 0)};
	size_t i = 0, j = 0;

	for (size_t k = 0; k < plan->n_files; k++)
		if (plan->files[k].change == FILE_CHANGED &&
			plan->files[k].output->node != NULL)
			*table_slot(c.own_files, plan->files[k].output->node) = plan;

	while (i < old->n || j < new->n) {
		roster_expect(old, i + ROSTER_AHEAD);
		roster_expect(new, j + ROSTER_AHEAD);
		int order = i == old->n ? 1
			    : j == new->n
				    ? -1
				    : order_records(&old->records[i], &new->records[j]);

		if (order < 0)
			compare_record(&c, &old->records[i++], NULL);
		else if (order > 0)
			compare_record(&c, NULL, &new->records[j++]);
		else
			compare_record(&c, &old->records[i++], &new->records[j++]);
	}
}

static void count_changes(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_files; i++) {
		plan->n_changes += plan_file_changes(&plan->files[i]);
		plan->n_forgotten += plan->files[i].change == FILE_FORGOTTEN;
	}
}

bool plan_has_changes(const struct plan *plan)
{
	return plan->n_changes > 0 || plan->n_forgotten > 0 || plan->n_records > 0 ||
	       plan->n_nodes > 0;
}

int plan_new(TALLOC_CTX *mem_ctx, struct live_set *live, const struct plan_input *input,
	struct diags *diags, struct plan **ret_plan)
{
	TMP_CTX(tmp);
	struct plan *plan = mem_new(tmp, struct plan);
	struct planner p = {
		.plan = plan,
		.input = input,
		.diags = diags,
		.cursor = folder_cursor_new(tmp),
	};

	*plan = (struct plan){
		.live = live,
		.state = live->state,
		.before = live->before,
		.targets = input->targets,
		.n_targets = input->n_targets,
		.roster = input->roster,
		.roster_before = &live->roster,
		.entries = input->entries,
		.source = input->source,
		.reserial = input->reserial,
		.now = live->now,
		.command = input->command == NULL ? "ldapcc" : input->command,
		.again = input->again == NULL ? "apply" : input->again,
	};
	int r = compare_files(&p);

	if (r < 0)
		return r;
	count_changes(plan);
	compare_rosters(plan);
	*ret_plan = talloc_steal(mem_ctx, plan);
	return 0;
}

/* Permission */

static int permit_foreign(const struct plan *plan, struct diags *diags)
{
	struct finding *finding = NULL;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_files; i++)
		n += plan->files[i].is_foreign;
	for (size_t i = 0; i < plan->n_files; i++) {
		const struct plan_file *file = &plan->files[i];

		if (!file->is_foreign)
			continue;
		struct loc where = loc_file(state_path(diags, plan->state, file->path));

		if (finding == NULL) {
			(void)diag_fail(diags, EXIT_REFUSED, where,
				n == 1 ? "the file exists, and the state does not know it"
				       : "this and %zu more files exist, and the state "
					 "does not know them",
				n - 1);
			finding = diag_last(diags);
			if (plan->live->before == NULL)
				diag_note(finding, LOC_NONE,
					"nothing was published from '%s' before: is it lost, or another "
					"than it was?",
					plan->state->path);
			diag_note(finding, LOC_NONE,
				"to have them replaced, run '%s %s --bootstrap'",
				plan->command, plan->again);
		} else {
			diag_note(finding, where, "this one too");
		}
	}
	return finding == NULL ? 0 : -EXIT_REFUSED;
}

static const char *drift_words(enum live live)
{
	switch (live) {
	case LIVE_EDITED:
		return "was edited by hand";
	case LIVE_MODE:
		return "was given another owner or mode by hand";
	case LIVE_ABSENT:
		return "was removed by hand";
	case LIVE_STRANGE:
		return "was replaced by something that is no file";
	case LIVE_INTACT:
		break;
	}
	return NULL;
}

static bool is_drift(const struct plan_file *file)
{
	if (file->before == NULL || file->change == FILE_FORGOTTEN)
		return false;
	if (file->change == FILE_REMOVED && file->live == LIVE_ABSENT)
		return false;
	return file->live != LIVE_INTACT;
}

static int permit_drift(const struct plan *plan, bool refuse, struct diags *diags)
{
	int r = 0;

	for (size_t i = 0; i < plan->n_files; i++) {
		const struct plan_file *file = &plan->files[i];

		if (!is_drift(file))
			continue;
		struct loc where = loc_file(state_path(diags, plan->state, file->path));
		const char *what = drift_words(file->live);

		if (refuse)
			r = diag_fail(diags, EXIT_DRIFT, where,
				"the file %s; '%s diff' shows what would be lost; with "
				"'on-drift: overwrite' it is kept aside, and replaced",
				what, plan->command);
		else
			diag_add(diags, SEVERITY_WARNING, "drift", where,
				"the file %s; it is %s", what,
				file->change == FILE_REMOVED ? "removed" : "replaced");
	}
	return r;
}

int plan_permit(
	const struct plan *plan, bool bootstrap, bool refuse_drift, struct diags *diags)
{
	int foreign = bootstrap ? 0 : permit_foreign(plan, diags);
	int drift = permit_drift(plan, refuse_drift, diags);

	return foreign < 0 ? foreign : drift;
}
