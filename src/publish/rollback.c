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
	output->len = b->len;
	output->bytes = talloc_steal(mem_ctx, b->data);
	sha256(output->bytes, output->len, output->sha256);
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
	const struct generation_file *file, const struct target *target,
	const struct serials *serials, struct diags *diags)
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
	memcpy(output->sha256, file->sha256, SHA256_BYTES);
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

static int add_outputs(struct tree *tree, const struct state *state,
	const struct generation *g, const struct target *targets, size_t n_targets,
	const struct serials *serials, struct diags *diags)
{
	const char *missing = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n_files; i++) {
		const char *name = g->targets[g->files[i].target].name;
		const struct target *target = find_target(targets, n_targets, name);

		if (target != NULL)
			r = add_output(tree, state, &g->files[i], target, serials, diags);
		else if (missing != name)
			diag_add(diags, SEVERITY_WARNING, "rollback",
				loc_file(mem_strdup(diags, g->files[i].path)),
				"target '%s' is not in the settings "
				"any more: its files are left out",
				missing = name);
	}
	return r;
}

int rollback_tree(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	const struct target *targets, size_t n_targets, const struct serials *serials,
	struct diags *diags, struct tree **ret_tree)
{
	TMP_CTX(tmp);
	struct tree *tree = mem_new(tmp, struct tree);
	const char *record = mem_printf(tmp, "%s/record", state_generation(tmp, number));
	struct generation *g;

	if (state->dirfd < 0 || faccessat(state->dirfd, record, F_OK, 0) < 0)
		return diag_fail(diags, EXIT_USAGE, LOC_NONE,
			"there is no generation %llu; 'ldapcc history' lists them",
			(unsigned long long)number);
	int r = generation_load(tree, state, number, diags, &g);

	if (r < 0)
		return r;
	tree->outputs = mem_array(tree, struct output, g->n_files);
	r = add_outputs(tree, state, g, targets, n_targets, serials, diags);
	if (r == 0)
		*ret_tree = talloc_steal(mem_ctx, tree);
	return r;
}
