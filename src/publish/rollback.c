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

static const struct target *find_target(
	const struct target *targets, size_t n_targets, const char *name)
{
	for (size_t i = 0; i < n_targets; i++)
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	return NULL;
}

static int add_output(struct tree *tree, const struct state *state,
	const struct generation *g, const struct generation_file *file,
	const struct target *target, const struct serials *serials, struct diags *diags)
{
	struct output *output = &tree->outputs[tree->n_outputs];
	struct trailer trailer = {0};
	char *bytes;
	int r = generation_read(tree, state, file, diags, &bytes);

	if (r < 0)
		return r;
	*output = (struct output){
		.target = target,
		.path = file->path,
		.bytes = bytes,
		.len = file->len,
		.serial = file->serial,
	};
	plan_hash_output(output);
	if (memcmp(g->print_key, serials->key, UMAC_KEY_BYTES) == 0)
		memcpy(output->print, file->print, UMAC_BYTES);
	if (target->trailer != NULL &&
		trailer_check(bytes, file->len, target->trailer, &trailer) == NULL) {
		output->n_hosts = trailer.n_hosts;
		output->n_vcns = trailer.n_vcns;
	}
	if (file->serial != 0)
		reprint(NULL, tree, output, serials->of(serials->data, file->path));
	tree->n_outputs++;
	return 0;
}

static bool is_in_settings(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->n_targets; i++)
		if (strcmp(settings->targets[i].name, name) == 0)
			return true;
	return false;
}

/*
 * A target whose template is gone or broken, as far as the record knows it: the files are
 * what they were, but nobody checks them or tells a service.
 */
static struct target *make_target(TALLOC_CTX *mem_ctx, const struct generation *g,
	const struct generation_file *file)
{
	const struct generation_target *from = &g->targets[file->target];
	struct target *target = mem_new(mem_ctx, struct target);

	*target = (struct target){.name = from->name,
		.template_path = from->name,
		.path = from->folder == NULL ? file->path : from->folder,
		.fixed_folder = from->folder,
		.for_each = from->folder == NULL ? FOR_SITE : FOR_NODE,
		.language = from->language,
		.trailer = from->trailer,
		.mode = file->mode};
	return target;
}

static struct target *make_unusable(TALLOC_CTX *mem_ctx, const struct generation *g,
	const struct generation_file *file, struct diags *diags)
{
	struct target *target = make_target(mem_ctx, g, file);

	diag_add(diags, SEVERITY_WARNING, "rollback",
		loc_file(mem_strdup(diags, file->path)),
		"the template of target '%s' cannot be used: its files are put back, but not "
		"checked, and no service is told",
		target->name);
	return target;
}

/* The target of each of the record's, NULL: its files are left out. */
static const struct target **find_targets(TALLOC_CTX *mem_ctx,
	const struct rollback_input *input, const struct generation *g,
	struct diags *diags)
{
	const struct target **found =
		mem_array(mem_ctx, const struct target *, g->n_targets + 1);
	bool *is_done = mem_array(mem_ctx, bool, g->n_targets + 1);

	for (size_t i = 0; i < g->n_files; i++) {
		uint32_t at = g->files[i].target;
		const char *name = g->targets[at].name;

		if (is_done[at])
			continue;
		is_done[at] = true;
		found[at] = find_target(input->targets, input->n_targets, name);
		if (found[at] == NULL && input->settings == NULL)
			found[at] = make_target(mem_ctx, g, &g->files[i]);
		else if (found[at] == NULL && is_in_settings(input->settings, name))
			found[at] = make_unusable(mem_ctx, g, &g->files[i], diags);
		else if (found[at] == NULL)
			diag_add(diags, SEVERITY_WARNING, "rollback",
				loc_file(mem_strdup(diags, g->files[i].path)),
				"target '%s' is not in the settings "
				"any more: its files are left out",
				name);
	}
	return found;
}

int rollback_tree(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct rollback_input *input, struct diags *diags, struct tree **ret_tree)
{
	TMP_CTX(tmp);
	struct tree *tree = mem_new(tmp, struct tree);
	uint64_t number = input->number;
	const char *record = mem_printf(tmp, "%s/record", state_generation(tmp, number));
	struct generation *g;

	if (state->dirfd < 0 || faccessat(state->dirfd, record, F_OK, 0) < 0)
		return diag_fail(diags, EXIT_USAGE, LOC_NONE,
			"there is no generation %llu; 'ldapcc history' lists them",
			(unsigned long long)number);
	int r = generation_load(tree, state, number, diags, &g);

	if (r < 0)
		return r;
	const struct target **targets = find_targets(tree, input, g, diags);

	tree->outputs = mem_array(tree, struct output, g->n_files);
	for (size_t i = 0; r == 0 && i < g->n_files; i++)
		if (targets[g->files[i].target] != NULL)
			r = add_output(tree, state, g, &g->files[i],
				targets[g->files[i].target], input->serials, diags);
	if (r == 0)
		*ret_tree = talloc_steal(mem_ctx, tree);
	return r;
}
