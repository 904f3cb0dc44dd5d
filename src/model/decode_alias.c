/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_alias.h"

#include <string.h>

#include "base/text.h"
#include "model/decode_feed.h"
#include "model/decode_pairs.h"

/* RFC 6761 6.3, and what Unix systems call themselves: each machine's own, in no service. */
static bool is_localhost(const char *name)
{
	static const char *const names[] = {"localhost", "localhost4", "localhost6"};
	size_t label = strcspn(name, ".");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == label && strncmp(name, names[i], label) == 0)
			return true;
	return text_has_suffix(name, ".localhost");
}

/* n1 of n1.c.example: with the domain that it gets, it is the name itself. */
static bool is_first_label(const char *name, const char *full)
{
	size_t len = strlen(name);

	return strncmp(full, name, len) == 0 && full[len] == '.' &&
	       strchr(name, '.') == NULL;
}

/*
 * A zone has full names only: www.c.example of n1.c.example is www, as a person would have
 * written it.
 */
static const char *as_written(struct decoder *d, enum field_id field,
	const struct entry_value *value, const char *alias, const char *full)
{
	const struct origin *origin = decode_origin_of(d, field, value);
	const char *domain = strchr(full, '.');
	size_t label = strcspn(alias, ".");
	bool is_joined = origin != NULL && origin->dn != NULL;

	return is_joined && domain != NULL && strcmp(alias + label, domain) == 0
		       ? arena_strndup(d->site->arena, alias, label)
		       : alias;
}

bool decode_is_localhost(struct decoder *d, struct record *record, enum field_id field,
	const struct entry_value *value, const char *name)
{
	bool is_its = is_localhost(name);

	if (is_its)
		decode_pass_over(
			d, record, field, value, "is every machine's name for itself");
	return is_its;
}

void decode_alias(struct decoder *d, struct record *record, struct strings *aliases,
	enum field_id field, const struct entry_value *value)
{
	const struct use use = {.field = field};
	const char *name = NULL;

	bool was_bad = record->is_bad;

	decode_name(d, record, &use, value, (void *)&name);
	record->is_bad = was_bad; /* it costs this name, not the node */
	if (name != NULL && !record->is_passed_over &&
		decode_is_localhost(d, record, field, value, name))
		return;
	if (name != NULL && record->name != NULL && strcmp(name, record->name) != 0 &&
		!is_first_label(name, record->name))
		aliases->items[aliases->n++] =
			as_written(d, field, value, name, record->name);
}

/* Where they came from, while they are read. */
struct sources {
	struct alias_origin *items;
	size_t n;
};

/* Those of @field but its own name. */
static void add_aliases(struct decoder *d, struct machine *machine, enum field_id field,
	const struct entry_value *own, struct sources *sources)
{
	const struct field_values *values = &d->fields[field];
	struct strings *aliases = &machine->aliases;

	for (size_t i = 0; i < values->n; i++) {
		const struct entry_value *value = &values->values[i];
		uint32_t n = aliases->n;

		if (own == NULL || !entry_value_is(value, own->bytes))
			decode_alias(d, &machine->record, aliases, field, value);
		if (aliases->n > n)
			*mem_push(d->scratch, &sources->items, &sources->n) =
				(struct alias_origin){.alias = aliases->items[n],
					.line = value->line,
					.origin = decode_origin_number(d, field, value),
					.field = (uint8_t)field};
	}
}

/* One alias is where the record says; nothing is kept for it. */
static void keep_sources(
	struct site *site, struct machine *machine, const struct sources *sources)
{
	size_t size = sources->n * sizeof(*sources->items);

	if (sources->n < 2)
		return;
	struct alias_origin *kept = arena_alloc(site->arena, size);
	struct machine_rare *rare = machine_write_rare(site->arena, machine);

	memcpy(kept, sources->items, size);
	rare->alias_origins = kept;
	rare->n_alias_origins = (uint32_t)sources->n;
}

void decode_aliases(
	struct decoder *d, struct machine *machine, const struct entry_value *own)
{
	size_t n = d->fields[FIELD_NAME].n + d->fields[FIELD_ALIAS].n;
	struct sources sources = {0};

	machine->alias_field = d->fields[FIELD_ALIAS].n > 0 ? FIELD_ALIAS : FIELD_NAME;
	machine->aliases.items = arena_alloc(d->site->arena, n * sizeof(const char *));
	if (own != NULL)
		add_aliases(d, machine, FIELD_NAME, own, &sources);
	add_aliases(d, machine, FIELD_ALIAS, own, &sources);
	keep_sources(d->site, machine, &sources);
	decode_sort_strings(&machine->aliases);
}
