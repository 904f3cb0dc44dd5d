/* SPDX-License-Identifier: Apache-2.0 */
#include "model/group_kind.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The golden angle: however many there are, neighbours differ. */
enum { HUE_FIRST = 210, HUE_STEP = 137, FULL_CIRCLE = 360 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* @text with @instead for every byte that is not @allowed. */
static char *reduce(
	struct site *site, const char *text, const char *allowed, char instead)
{
	char *word = arena_strdup(site->arena, text);

	for (char *c = word; *c != '\0'; c++)
		if (strchr(allowed, *c) == NULL)
			*c = instead;
	return word;
}

/* Of the name behind what it has in common: the kind says that. */
static const char *word_of(struct site *site, const struct node_group *group)
{
	const char *name = group->record.name;
	size_t common = strlen(group->common);

	if (strcmp(group->common, "group") != 0)
		return name + common + 1;
	return reduce(site, name, LETTERS "0123456789_.-", '-');
}

/* What Ansible takes for a group: a name of its language that is none of its own. */
static const char *variable_of(struct site *site, const struct node_group *group)
{
	const char *text = reduce(site, group->record.name, LETTERS "0123456789_", '_');
	bool is_own = strcmp(text, "all") == 0 || strcmp(text, "ungrouped") == 0;

	if (is_own || strchr(LETTERS "_", *text) == NULL)
		return arena_printf(site->arena, "_%s", text);
	return text;
}

/* The first one to ask for @text has it. */
static const char *claim(struct table *taken, const char *text, struct node_group *group)
{
	void **slot = table_slot(taken, text);

	if (*slot != NULL)
		return NULL;
	*slot = group;
	return text;
}

static struct group_kind *kind_of(struct site *site, const char *name)
{
	for (size_t i = 0; i < site->n_group_kinds; i++)
		if (strcmp(site->group_kinds[i].name, name) == 0)
			return &site->group_kinds[i];
	struct group_kind *kind =
		mem_push(site, &site->group_kinds, &site->n_group_kinds);

	*kind = (struct group_kind){.name = name};
	return kind;
}

static void sort_in(struct site *site, struct group_kind *kind, struct node_group *group)
{
	size_t n = kind->n_groups;

	group->hue = (HUE_FIRST + (uint32_t)n * HUE_STEP) % FULL_CIRCLE;
	*mem_push(site, &kind->groups, &n) = group;
	kind->n_groups = (uint32_t)n;
}

static int compare_kinds(const void *left, const void *right)
{
	const struct group_kind *a = left, *b = right;

	return strcmp(a->name, b->name);
}

void group_kinds_derive(struct site *site)
{
	TMP_CTX(tmp);
	struct table *words = table_new(tmp, site->n_groups);
	struct table *variables = table_new(tmp, site->n_groups);

	for (size_t i = 0; i < site->n_groups; i++) {
		struct node_group *group = site->groups[i];
		const char *word = word_of(site, group);
		const char *whole = mem_printf(tmp, "%s-%s", group->common, word);

		group->word = claim(words, whole, group) == NULL ? NULL : word;
		group->variable = claim(variables, variable_of(site, group), group);
		sort_in(site, kind_of(site, group->common), group);
	}
	if (site->n_group_kinds > 1)
		qsort(site->group_kinds, site->n_group_kinds, sizeof(struct group_kind),
			compare_kinds);
}
