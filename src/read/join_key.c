/* SPDX-License-Identifier: Apache-2.0 */
#include "read/join_key.h"

#include <string.h>

#include "base/net.h"
#include "base/text.h"
#include "read/dn.h"
#include "read/owner.h"

struct join_keys {
	const struct map *map;
	struct entries *entries;
	struct arena *arena;
	struct string_list names; /* attributes that feed `name` */
	struct compared *made; /* keys of one entry; reused */
	size_t n_made, made_room;
	struct buffer *name; /* of a key; reused */
};

struct join_keys *join_keys_new(TALLOC_CTX *mem_ctx, const struct map *map,
	struct entries *entries, struct arena *arena)
{
	struct join_keys *k = mem_new(mem_ctx, struct join_keys);

	*k = (struct join_keys){.map = map,
		.entries = entries,
		.arena = arena,
		.names = map->attributes[FIELD_NAME],
		.name = buffer_new(k)};
	return k;
}

static const char *key_of(const struct join_keys *k, size_t entry)
{
	return entries_key(k->entries, entry);
}

static struct entry_cursor values_of(
	const struct join_keys *k, size_t entry, const char *name)
{
	return entries_values(k->entries, entry, name);
}

static void add_key(struct join_keys *k, const char *bytes, size_t len)
{
	mem_reserve(k, &k->made, &k->made_room, k->n_made + 1);
	k->made[k->n_made++] = (struct compared){bytes, len};
}

/* An address of IPv6 has many spellings, and is one; anything else is what it says. */
static bool add_ipv6(struct join_keys *k, const char *bytes, size_t len)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (len >= sizeof(text) || memchr(bytes, ':', len) == NULL)
		return false;
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (!ip_parse(text, &ip) || ip.family != 6)
		return false;
	ip_format(ip, text);
	add_key(k, arena_strdup(k->arena, text), strlen(text));
	return true;
}

static bool is_dressing(char letter)
{
	return letter == ' ' || letter == '.' || letter == '$';
}

/*
 * Names are equal whatever the blanks around them, and a dot at their end, or a machine account's
 * `$`; addresses, which may stand in their place, whatever their spelling.
 */
static void add_text(struct join_keys *k, const char *bytes, size_t len)
{
	for (; len > 0 && *bytes == ' '; len--)
		bytes++;
	while (len > 0 && is_dressing(bytes[len - 1]))
		len--;
	if (len > 0 && !add_ipv6(k, bytes, len))
		add_key(k, bytes, len);
}

/* What is in k->name. */
static void add_made_name(struct join_keys *k)
{
	size_t len = k->name->len;

	add_text(k, arena_strndup(k->arena, k->name->data, len), len);
}

static bool is_dn(const struct match *match)
{
	return match->by == MATCH_DN || match->by == MATCH_PARENT ||
	       match->by == MATCH_ABOVE;
}

static void add_values(struct join_keys *k, size_t entry, const char *name, bool are_dns)
{
	struct entry_cursor values = values_of(k, entry, name);
	struct entry_value value;

	while (entry_bytes_next(&values, &value)) {
		const char *key = are_dns ? dn_key_arena(k->arena, value.bytes) : NULL;

		if (key != NULL)
			add_key(k, key, strlen(key));
		else if (!are_dns)
			add_text(k, value.bytes, value.len);
	}
}

/* The name in the RDN is an entry's own; without one all that it has. */
static void add_names(struct join_keys *k, size_t entry, bool is_giver)
{
	TMP_CTX(tmp);
	size_t n, before = k->n_made;
	const char *dn = entries_dn(k->entries, entry);
	const struct rdn_part *parts = dn_parse_rdn(tmp, dn, &n);

	for (size_t i = 0; i < n; i++)
		if (list_has_name(&k->names, parts[i].attribute)) {
			const char *name = arena_strdup(k->arena, parts[i].value);

			add_text(k, name, strlen(name));
		}
	for (size_t i = 0; i < k->names.n && (!is_giver || k->n_made == before); i++)
		add_values(k, entry, k->names.items[i], false);
}

/* The next value that is one text, or NULL. */
static const char *next_text(struct entry_cursor *values)
{
	struct entry_value value;

	while (entry_bytes_next(values, &value))
		if (strlen(value.bytes) == value.len)
			return value.bytes;
	return NULL;
}

struct owner_source {
	const struct join_keys *k;
	size_t entry;
};

static const char *owner_value_of(const void *data, const char *name)
{
	const struct owner_source *source = data;
	struct entry_cursor values = values_of(source->k, source->entry, name);
	struct owner_value best = {.dn = entries_dn(source->k->entries, source->entry)};
	struct entry_value value;

	while (entry_bytes_next(&values, &value))
		owner_value_add(&best, &value);
	return best.text;
}

/* What names @entry in its zone, by the DN or the map's attributes. */
static struct owner owner_of_entry(const struct join_keys *k, size_t entry)
{
	const struct owner_source source = {k, entry};

	return owner_of(key_of(k, entry), &k->map->zone_name, owner_value_of, &source);
}

/* An entry that attributes name may have several names. */
static void add_domain_name(struct join_keys *k, size_t entry)
{
	struct owner owner = owner_of_entry(k, entry);
	struct entry_cursor values;

	if (owner.label != NULL)
		values = values_of(k, entry, k->map->zone_name.items[0]);
	do {
		if (owner.label != NULL && (owner.label = next_text(&values)) == NULL)
			return;
		buffer_truncate(k->name, 0);
		owner_name(k->name, &owner);
		add_made_name(k);
	} while (owner.label != NULL);
}

/*
 * A name as in a zone: without a dot at its end it stands below the zone. Some write a full one
 * without that dot.
 */
static void add_relative(
	struct join_keys *k, const struct owner *owner, const char *value)
{
	if (!owner_takes_whole(owner, value)) {
		buffer_truncate(k->name, 0);
		buffer_printf(k->name, "%s.", value);
		owner_zone(k->name, owner);
		add_made_name(k);
	}
	if (strchr(value, '.') != NULL)
		add_text(k, value, strlen(value));
}

static void add_relatives(struct join_keys *k, size_t entry, const char *name)
{
	const struct owner owner = owner_of_entry(k, entry);
	struct entry_cursor values = values_of(k, entry, name);
	struct entry_value value;

	while (entry_bytes_next(&values, &value))
		add_relative(k, &owner, value.bytes);
}

/* The DNs above @key: the next one, or all in the order of their distance. */
static void add_above(struct join_keys *k, const char *key, bool are_all)
{
	const char *above = dn_key_parent(key);

	if (!are_all)
		add_key(k, above, strlen(above));
	for (; are_all && *above != '\0'; above = dn_key_parent(above))
		add_key(k, above, strlen(above));
}

struct keys join_keys_of(
	struct join_keys *k, size_t entry, const struct join *join, bool is_giver)
{
	const struct match *match = is_giver ? &join->mine : &join->theirs,
			   *other = is_giver ? &join->theirs : &join->mine;

	k->n_made = 0;
	switch (match->by) {
	case MATCH_ATTRIBUTE:
		add_values(k, entry, match->attribute, is_dn(other));
		break;
	case MATCH_RELATIVE:
		add_relatives(k, entry, match->attribute);
		break;
	case MATCH_NAME:
		add_names(k, entry, is_giver);
		break;
	case MATCH_DN:
		add_key(k, key_of(k, entry), strlen(key_of(k, entry)));
		break;
	case MATCH_PARENT:
	case MATCH_ABOVE:
		add_above(k, key_of(k, entry), match->by == MATCH_ABOVE);
		break;
	case MATCH_DOMAIN_NAME:
		add_domain_name(k, entry);
		break;
	}
	return (struct keys){k->made, k->n_made};
}
