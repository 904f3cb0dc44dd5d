/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/rollback.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

/* Serials */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Replaces the number @old by @new wherever it stands alone. */
static void replace_number(struct buffer *out, const char *bytes, size_t len,
	const char *old, const char *new)
{
	const char *at = bytes, *end = bytes + len;
	size_t n = strlen(old);

	while (at < end) {
		const char *hit = memmem(at, (size_t)(end - at), old, n);

		if (hit == NULL)
			break;
		bool is_alone = (hit == bytes || !is_digit(hit[-1])) &&
				(hit + n == end || !is_digit(hit[n]));

		buffer_add(out, at, (size_t)(hit - at));
		buffer_add_text(out, is_alone ? new : old);
		at = hit + n;
	}
	buffer_add(out, at, (size_t)(end - at));
}

static void reprint(
	void *data, TALLOC_CTX *mem_ctx, struct output *output, uint64_t serial)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	const char *comment = output->target->trailer;
	struct trailer trailer = {.body_len = output->len};

	(void)data;
	if (output->serial == serial)
		return;
	bool has_trailer = comment != NULL && trailer_check(output->bytes, output->len,
						      comment, &trailer) == NULL;

	replace_number(b, output->bytes, trailer.body_len,
		mem_printf(tmp, "%llu", (unsigned long long)output->serial),
		mem_printf(tmp, "%llu", (unsigned long long)serial));
	if (has_trailer)
		trailer_add(b, comment, trailer.n_hosts, trailer.n_vcns);
	output->serial = serial;
	memset(output->print, 0, UMAC_BYTES);
	output->len = b->len;
	output->bytes = talloc_steal(mem_ctx, b->data);
	plan_hash_output(output);
}

struct reserial rollback_reserial(void)
{
	return (struct reserial){.render = reprint};
}

/* The tree */

/* What is made of a generation, and who its targets are. */
struct making {
	const struct rollback_input *input;
	const struct generation *generation;
	struct diags *diags;
	struct tree *tree;
	struct target *targets; /* as they were; room for all of both */
	size_t n_targets;
	const struct target **found; /* of each of the record's; NULL: left out */
	bool *is_unusable; /* of each of the record's: it has no template */
};

/* As it was published: owner and mode, too, where nobody else says them. */
static void keep_owner(
	const struct making *m, struct output *output, const struct generation_file *file)
{
	struct output_owner *owner = mem_new(m->tree, struct output_owner);

	*owner = (struct output_owner){
		.mode = file->mode, .uid = file->uid, .gid = file->gid};
	output->owner = owner;
}

static int add_output(const struct making *m, const struct state *state,
	const struct generation_file *file)
{
	const struct target *target = m->found[file->target];
	const struct serials *serials = m->input->serials;
	struct output *output = &m->tree->outputs[m->tree->n_outputs];
	struct trailer trailer = {0};
	char *bytes;
	int r = generation_read(m->tree, state, file, m->diags, &bytes);

	if (r < 0)
		return r;
	*output = (struct output){
		.target = target,
		.path = file->path,
		.bytes = bytes,
		.len = file->len,
		.serial = file->serial,
		.is_kept = m->input->settings == NULL,
	};
	if (output->is_kept || m->is_unusable[file->target])
		keep_owner(m, output, file);
	plan_hash_output(output);
	if (memcmp(m->generation->print_key, serials->key, UMAC_KEY_BYTES) == 0)
		memcpy(output->print, file->print, UMAC_BYTES);
	if (target->trailer != NULL &&
		trailer_check(bytes, file->len, target->trailer, &trailer) == NULL) {
		output->n_hosts = trailer.n_hosts;
		output->n_vcns = trailer.n_vcns;
	}
	if (file->serial != 0)
		reprint(NULL, m->tree, output,
			serials->at(serials->data, file->path).serial);
	m->tree->n_outputs++;
	return 0;
}

/* Where its files were, which the settings may have changed since. */
static void put_back(struct target *target, const struct generation_target *from,
	const struct generation_file *file)
{
	target->path = from->folder == NULL ? file->path : from->folder;
	target->fixed_folder = from->folder;
	if (from->folder == NULL)
		target->for_each = FOR_SITE;
	else if (target->for_each == FOR_SITE)
		target->for_each = FOR_NODE;
}

static bool is_where_it_was(const struct target *target,
	const struct generation_target *from, const struct generation_file *file)
{
	if (from->folder == NULL || target->for_each == FOR_SITE)
		return from->folder == NULL && target->for_each == FOR_SITE &&
		       strcmp(target->path, file->path) == 0;
	return strcmp(target->fixed_folder, from->folder) == 0;
}

static struct target *find_target(const struct making *m, const char *name)
{
	for (size_t i = 0; i < m->n_targets; i++)
		if (strcmp(m->targets[i].name, name) == 0)
			return &m->targets[i];
	return NULL;
}

/*
 * A target whose template is gone or broken, as far as the record knows it: the files are
 * what they were, but nobody checks them or tells a service.
 */
static const struct target *add_target(
	struct making *m, const struct generation_file *file)
{
	const struct generation_target *from = &m->generation->targets[file->target];
	struct target *target = &m->targets[m->n_targets++];

	*target = (struct target){.name = from->name,
		.template_path = from->name,
		.language = from->language,
		.trailer = from->trailer,
		.mode = file->mode};
	put_back(target, from, file);
	m->is_unusable[file->target] = true;
	return target;
}

/* That of @file; NULL: its files are left out. */
static const struct target *choose_target(
	struct making *m, const struct generation_file *file)
{
	const struct generation_target *from = &m->generation->targets[file->target];
	const struct settings *settings = m->input->settings;
	struct target *target = find_target(m, from->name);

	if (target != NULL && !is_where_it_was(target, from, file))
		put_back(target, from, file);
	if (target != NULL || settings == NULL)
		return target != NULL ? target : add_target(m, file);
	struct loc where = loc_file(mem_strdup(m->diags, file->path));

	if (settings_target(settings, from->name) != NULL) {
		diag_add(m->diags, SEVERITY_WARNING, "rollback", where,
			"the template of target '%s' cannot be used: its files are put "
			"back, but not checked, and no service is told",
			from->name);
		return add_target(m, file);
	}
	diag_add(m->diags, SEVERITY_WARNING, "rollback", where,
		"target '%s' is not in the settings any more: its files are left out",
		from->name);
	return NULL;
}

static void choose_targets(struct making *m)
{
	TMP_CTX(tmp);
	const struct generation *g = m->generation;
	const struct rollback_input *input = m->input;
	bool *is_done = mem_array(tmp, bool, g->n_targets + 1);

	m->targets =
		mem_array(m->tree, struct target, input->n_targets + g->n_targets + 1);
	for (size_t i = 0; i < input->n_targets; i++)
		m->targets[m->n_targets++] = input->targets[i];
	m->found = mem_array(m->tree, const struct target *, g->n_targets + 1);
	m->is_unusable = mem_array(m->tree, bool, g->n_targets + 1);
	for (size_t i = 0; i < g->n_files; i++) {
		uint32_t at = g->files[i].target;

		if (!is_done[at])
			m->found[at] = choose_target(m, &g->files[i]);
		is_done[at] = true;
	}
}

static int load(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct generation **ret)
{
	TMP_CTX(tmp);
	const char *record = mem_printf(tmp, "%s/record", state_generation(tmp, number));

	if (state->dirfd < 0 || faccessat(state->dirfd, record, F_OK, 0) < 0)
		return diag_fail(diags, EXIT_USAGE, LOC_NONE,
			"there is no generation %llu; 'ldapcc history' lists them",
			(unsigned long long)number);
	return generation_load(mem_ctx, state, number, diags, ret);
}

int rollback_tree(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct rollback_input *input, struct diags *diags, struct plan_input *ret)
{
	TMP_CTX(tmp);
	struct making m = {
		.input = input, .diags = diags, .tree = mem_new(tmp, struct tree)};
	struct generation *g;
	int r = load(m.tree, state, input->number, diags, &g);

	if (r < 0)
		return r;
	m.generation = g;
	choose_targets(&m);
	m.tree->outputs = mem_array(m.tree, struct output, g->n_files);
	for (size_t i = 0; r == 0 && i < g->n_files; i++)
		if (m.found[g->files[i].target] != NULL)
			r = add_output(&m, state, &g->files[i]);
	if (r < 0)
		return r;
	ret->tree = talloc_steal(mem_ctx, m.tree);
	ret->targets = m.targets;
	ret->n_targets = m.n_targets;
	return 0;
}
