/* SPDX-License-Identifier: Apache-2.0 */
#include "template/template_source.h"

#include <errno.h>
#include <string.h>

#include "template/template_token.h"

/* What a name meant: in a file that hides another of its name it is the hidden one. */
struct lookup {
	const char *name;
	const char *hider; /* path, or NULL */
	const struct template_source *source;
	int result;
};

struct files {
	TALLOC_CTX *mem_ctx;
	const struct template_loader *loader;
	struct diags *diags;
	bool may_miss;
	int failed;
	struct template_source **sources;
	size_t n_sources;
	struct lookup *lookups;
	size_t n_lookups;
};

static int load_text(
	struct files *f, const char *name, const char *hider, struct template_text *ret)
{
	const struct template_loader *loader = f->loader;
	int r = -ENOENT;

	if (loader == NULL || loader->load == NULL)
		return r;
	if (loader->load_hidden != NULL && hider != NULL)
		r = loader->load_hidden(
			loader->data, f->mem_ctx, name, hider, f->diags, ret);
	if (r == -ENOENT)
		r = loader->load(loader->data, f->mem_ctx, name, f->diags, ret);
	return r;
}

static struct template_source *find_source(
	const struct files *f, const char *name, const char *path)
{
	for (size_t i = 0; i < f->n_sources; i++)
		if (strcmp(f->sources[i]->name, name) == 0 &&
			strcmp(f->sources[i]->text.path, path) == 0)
			return f->sources[i];
	return NULL;
}

static struct template_source *add_source(
	struct files *f, const char *name, const struct template_text *text)
{
	struct template_source *source = mem_new(f->mem_ctx, struct template_source);

	source->name = mem_strdup(source, name);
	source->text = *text;
	source->text.path = mem_strdup(source, text->path == NULL ? name : text->path);
	source->text.body = mem_strndup(source, text->body, text->len);
	if (text->language != NULL)
		source->text.language = mem_strdup(source, text->language);
	if (text->refuse != NULL)
		source->text.refuse = mem_strdup(source, text->refuse);
	*mem_push(f->mem_ctx, &f->sources, &f->n_sources) = source;
	template_parse(source, f->diags);
	if (source->is_broken)
		f->failed = -EXIT_USAGE;
	return source;
}

static void find_targets(struct files *f, struct template_source *source);

static struct lookup *find_lookup(
	const struct files *f, const char *name, const char *hider)
{
	for (size_t i = 0; i < f->n_lookups; i++) {
		struct lookup *lookup = &f->lookups[i];

		if (strcmp(lookup->name, name) == 0 &&
			(hider == NULL) == (lookup->hider == NULL) &&
			(hider == NULL || strcmp(lookup->hider, hider) == 0))
			return lookup;
	}
	return NULL;
}

static struct lookup look_up(struct files *f, const char *name, const char *hider)
{
	struct lookup lookup = {.name = name, .hider = hider};
	const struct lookup *known = find_lookup(f, name, hider);
	struct template_text text = {0};
	struct template_source *source = NULL;

	if (known != NULL)
		return *known;
	lookup.result = load_text(f, name, hider, &text);
	if (lookup.result == 0)
		lookup.source = source =
			find_source(f, name, text.path == NULL ? name : text.path);
	if (lookup.result == 0 && source == NULL)
		lookup.source = source = add_source(f, name, &text);
	*mem_push(f->mem_ctx, &f->lookups, &f->n_lookups) = lookup;
	if (source != NULL && !source->is_visited)
		find_targets(f, source);
	return lookup;
}

static void find_target(
	struct files *f, const struct template_source *user, struct part *part)
{
	bool is_own_name = strcmp(user->name, part->text) == 0;
	struct lookup lookup =
		look_up(f, part->text, is_own_name ? user->text.path : NULL);
	bool is_missing = lookup.result == -ENOENT || lookup.result == -EINVAL;

	part->target = lookup.source;
	if (lookup.result == 0 || (is_missing && f->may_miss))
		return;
	f->failed = is_missing ? -EXIT_USAGE : lookup.result;
	if (is_missing)
		template_fault(f->diags, &user->text, "template-partial", part->line,
			part->column,
			lookup.result == -ENOENT ? "there is no template '%s'"
						 : "'%s' is no name of a template",
			part->text);
}

static void walk_parts(
	struct files *f, const struct template_source *source, struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		struct part *part = &parts->items[i];

		if (part->kind == PART_PARTIAL || part->kind == PART_PARENT)
			find_target(f, source, part);
		walk_parts(f, source, &part->inner);
	}
}

static void find_targets(struct files *f, struct template_source *source)
{
	source->is_visited = true;
	walk_parts(f, source, &source->parts);
}

int template_load(TALLOC_CTX *mem_ctx, const struct template_loader *loader,
	const struct template_text *text, const char *name, bool may_miss,
	struct diags *diags, const struct template_source **ret_source)
{
	struct files f = {.mem_ctx = mem_ctx,
		.loader = loader,
		.diags = diags,
		.may_miss = may_miss};
	struct template_source *source = add_source(&f, name, text);

	find_targets(&f, source);
	*ret_source = source;
	return f.failed;
}
