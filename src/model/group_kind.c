/* SPDX-License-Identifier: Apache-2.0 */
#include "model/group_kind.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The golden angle: however many there are, neighbours differ. */
enum { HUE_FIRST = 210, HUE_STEP = 137, FULL_CIRCLE = 360 };

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
	return reduce(site, name, TEXT_LETTERS TEXT_DIGITS "_.-", '-');
}

/* Ansible's own, and those that the shipped template makes of all hosts and all VCNs. */
static bool is_reserved(const char *text)
{
	return strcmp(text, "all") == 0 || strcmp(text, "ungrouped") == 0 ||
	       strcmp(text, "kind_host") == 0 || strcmp(text, "kind_vcn") == 0;
}

/* What Ansible takes for a group: a name of its language that is none of its own. */
static const char *variable_of(struct site *site, const struct node_group *group)
{
	const char *text =
		reduce(site, group->record.name, TEXT_LETTERS TEXT_DIGITS "_", '_');

	if (is_reserved(text) || strchr(TEXT_LETTERS "_", *text) == NULL)
		return arena_printf(site->arena, "_%s", text);
	return text;
}

/* Whoever is called so has @text, else the first one to ask for it. */
static void claim(
	struct table *taken, const char *text, struct node_group *group, bool is_its_name)
{
	void **slot = table_slot(taken, text);

	if (*slot == NULL || is_its_name)
		*slot = group;
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

/* Of names that become one where a format has no room for a character one group has it. */
static void name_groups(struct site *site)
{
	TMP_CTX(tmp);
	struct table *words = table_new(tmp, site->n_groups);
	struct table *variables = table_new(tmp, site->n_groups);
	const char **whole = mem_array(tmp, const char *, site->n_groups + 1);

	for (size_t i = 0; i < site->n_groups; i++) {
		struct node_group *group = site->groups[i];
		const char *name = group->record.name;

		group->word = word_of(site, group);
		group->variable = variable_of(site, group);
		whole[i] = mem_printf(tmp, "%s-%s", group->common, group->word);
		claim(words, whole[i], group, strcmp(group->word, name) == 0);
		claim(variables, group->variable, group,
			strcmp(group->variable, name) == 0);
	}
	for (size_t i = 0; i < site->n_groups; i++) {
		struct node_group *group = site->groups[i];

		if (table_find(words, whole[i]) != group)
			group->word = NULL;
		if (table_find(variables, group->variable) != group)
			group->variable = NULL;
	}
}

void group_kinds_derive(struct site *site)
{
	name_groups(site);
	for (size_t i = 0; i < site->n_groups; i++)
		sort_in(site, kind_of(site, site->groups[i]->common), site->groups[i]);
	if (site->n_group_kinds > 1)
		qsort(site->group_kinds, site->n_group_kinds, sizeof(struct group_kind),
			compare_kinds);
}
