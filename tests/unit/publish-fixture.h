/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Trees made by hand, and the run of `ldapcc apply` over them without a directory: what
 * the tests of publishing and the fault driver have in common. Four targets: a single
 * file in a conf.d folder, a hosts file, a dhcpd file with `main`, and a folder of
 * manifests.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "change/guard.h"
#include "publish/daemon_check.h"
#include "publish/publish.h"
#include "publish/services.h"

enum fixture_target { T_DNSMASQ, T_HOSTS, T_DHCPD, T_MANIFEST, N_TARGETS };

struct fixture {
	TALLOC_CTX *mem_ctx;
	char *root; /* --root, or "" */
	struct settings settings;
	struct target targets[N_TARGETS];
	uint64_t now;
	/* options of the next run */
	bool bootstrap, no_reload;
	const char *accept;
	/* what it left */
	struct diags *diags;
	size_t n_changes;
	char *plan_id;
};

/* One file of a tree: its body without trailer; "@SERIAL@" is where the serial stands. */
struct fixture_file {
	enum fixture_target target;
	const char *path, *body;
};

static inline struct string_list fixture_words(
	struct fixture *f, const char *const *words)
{
	struct string_list list = {0};

	for (; words != NULL && *words != NULL; words++)
		*mem_push(f->mem_ctx, &list.items, &list.n) = *words;
	size_t n = list.n;

	*mem_push(f->mem_ctx, &list.items, &n) = NULL;
	return list;
}

static inline struct fixture *fixture_new(TALLOC_CTX *mem_ctx, const char *root)
{
	struct fixture *f = mem_new(mem_ctx, struct fixture);

	f->mem_ctx = f;
	f->root = mem_strdup(f, root);
	f->now = 1000000;
	f->settings.state = "/var/lib/ldapcc";
	f->settings.keep = 3;
	f->settings.severity[CHECK_NO_CHECKER] = SEVERITY_WARNING;
	f->settings.guard.max_removed = (struct limit){.is_share = true, .value = 100};
	f->settings.guard.max_affected = (struct limit){.is_share = true, .value = 200};
	f->settings.guard.max_lost = (struct limit){.is_share = true, .value = 100};
	f->settings.guard.max_armed = (struct limit){.is_share = true, .value = 50};
	f->settings.guard.max_removed_24h =
		(struct limit){.is_share = true, .value = 250};
	for (size_t i = 0; i < N_TARGETS; i++)
		f->targets[i] = (struct target){
			.template_path = "templates/test",
			.mode = 0644,
			.trailer = "# ",
		};
	f->targets[T_DNSMASQ].name = f->targets[T_DNSMASQ].language = "dnsmasq";
	f->targets[T_DNSMASQ].path = "/etc/dnsmasq.d/ldapcc.conf";
	f->targets[T_HOSTS].name = f->targets[T_HOSTS].language = "hosts";
	f->targets[T_HOSTS].path = "/srv/ldapcc/hosts";
	f->targets[T_DHCPD].name = f->targets[T_DHCPD].language = "dhcpd";
	f->targets[T_DHCPD].path = "/etc/dhcp/ldapcc.conf";
	f->targets[T_MANIFEST].name = "manifest";
	f->targets[T_MANIFEST].language = "yaml";
	f->targets[T_MANIFEST].for_each = FOR_HOST;
	f->targets[T_MANIFEST].path = "/srv/vcn/manifests/{{fqdn}}.yaml";
	f->targets[T_MANIFEST].fixed_folder = "/srv/vcn/manifests";
	return f;
}

/* Body, serial and trailer, as render.c would. */
static inline void fixture_render(
	TALLOC_CTX *mem_ctx, struct output *output, const char *body, uint64_t serial)
{
	struct buffer *b = buffer_new(mem_ctx);
	const char *hole = strstr(body, "@SERIAL@");

	output->serial = hole == NULL ? 0 : serial;
	buffer_add(b, body, hole == NULL ? strlen(body) : (size_t)(hole - body));
	if (hole != NULL)
		buffer_printf(b, "%llu%s", (unsigned long long)serial,
			hole + strlen("@SERIAL@"));
	if (output->target->trailer != NULL)
		trailer_add(b, output->target->trailer, 1, 1);
	output->bytes = b->data;
	output->len = b->len;
	sha256(b->data, b->len, output->sha256);
}

struct fixture_bodies {
	const struct fixture_file *files;
	size_t n;
};

static inline void fixture_reserial(
	void *data, TALLOC_CTX *mem_ctx, struct output *output, uint64_t serial)
{
	const struct fixture_bodies *bodies = data;

	for (size_t i = 0; i < bodies->n; i++)
		if (strcmp(bodies->files[i].path, output->path) == 0)
			fixture_render(mem_ctx, output, bodies->files[i].body, serial);
}

static inline int fixture_compare(const void *left, const void *right)
{
	return strcmp(((const struct output *)left)->path,
		((const struct output *)right)->path);
}

static inline struct tree *fixture_tree(struct fixture *f, TALLOC_CTX *mem_ctx,
	const struct fixture_file *files, size_t n, const struct serials *serials)
{
	struct tree *tree = mem_new(mem_ctx, struct tree);

	tree->outputs = mem_array(tree, struct output, n);
	tree->n_outputs = n;
	for (size_t i = 0; i < n; i++) {
		struct output *output = &tree->outputs[i];

		output->target = &f->targets[files[i].target];
		output->path = files[i].path;
		fixture_render(tree, output, files[i].body,
			serials->at(serials->data, files[i].path).serial);
	}
	if (n > 1)
		qsort(tree->outputs, n, sizeof(*tree->outputs), fixture_compare);
	return tree;
}

/* stage, check, commit, reload */
static inline int fixture_publish(struct fixture *f, TALLOC_CTX *mem_ctx,
	struct state *state, const struct plan *plan)
{
	struct services_options options = {.timeout_ms = 5000};
	struct staged *staged;
	char *output;
	int r = publish_stage(mem_ctx, state, plan, "apply", f->diags, &staged);

	if (r < 0)
		return r;
	options.generation = staged->generation->number;
	r = daemon_check_run(mem_ctx, staged, &f->settings, f->diags, &output);
	if (r < 0) {
		publish_discard(staged, output);
		return r;
	}
	r = publish_commit(staged, true, f->diags);
	if (r == 0 && !f->no_reload)
		r = services_run(state, &options, f->diags);
	return r;
}

/* Lock, recover, retry what is pending. */
static inline int fixture_open(
	struct fixture *f, TALLOC_CTX *mem_ctx, struct state **ret_state)
{
	struct services_options options = {.timeout_ms = 5000};
	uint64_t finished;
	int r;

	f->diags = diags_new(f);
	r = state_open(mem_ctx, &f->settings, f->root, true, f->diags, ret_state);
	if (r == 0)
		r = publish_recover(*ret_state, f->diags, &finished);
	if (r == 0 && !f->no_reload)
		r = services_run(*ret_state, &options, f->diags);
	return r;
}

/* `ldapcc apply` over @files; the exit code. */
static inline int fixture_apply(struct fixture *f, const struct fixture_file *files,
	size_t n, const struct roster *roster)
{
	TMP_CTX(tmp);
	struct fixture_bodies bodies = {files, n};
	static const struct roster no_roster;
	struct state *state;
	struct live_set *survey;
	struct plan *plan;
	int r = fixture_open(f, tmp, &state);
	int pending = r;

	if (r < 0 && r != -EXIT_PENDING)
		return -r;
	r = publish_check_pin(state, "ldapcc --root /r", f->diags);
	if (r == 0)
		r = live_survey(tmp, state, f->now, false, f->diags, &survey);
	if (r < 0)
		return -r;
	struct serials serials = plan_serials(survey);
	struct plan_input input = {
		.tree = fixture_tree(f, tmp, files, n, &serials),
		.targets = f->targets,
		.n_targets = N_TARGETS,
		.roster = roster == NULL ? &no_roster : roster,
		.reserial = {.render = fixture_reserial, .data = &bodies},
	};

	r = plan_new(tmp, survey, &input, f->diags, &plan);
	if (r < 0)
		return -r;
	f->n_changes = plan->n_changes;
	f->plan_id = plan_id(f, plan);
	r = plan_permit(plan, f->bootstrap, f->settings.refuse_drift, f->diags);
	plan->is_accepted = guard_is_accepted(plan, f->accept);
	if (r == 0 && !plan->is_accepted)
		r = guard_check(plan, &f->settings.guard, f->accept, f->diags);
	if (r < 0)
		return -r;
	if (!plan_has_changes(plan)) {
		publish_nothing(plan);
		return -pending;
	}
	r = fixture_publish(f, tmp, state, plan);
	return -r;
}
