/* SPDX-License-Identifier: Apache-2.0 */
#include "read/owner.h"

#include <string.h>
#include <strings.h>

#include "read/dn.h"

/* Is @text what the RDN of @dn says, or a whole name that begins with it? */
static bool is_in_rdn(const char *dn, const char *text)
{
	TMP_CTX(tmp);
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(tmp, dn, &n);

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(parts[i].value);

		if (strncasecmp(parts[i].value, text, len) == 0 &&
			(text[len] == '\0' || text[len] == '.'))
			return true;
	}
	return false;
}

/* The RDN is looked at where there are two: most have one. */
void owner_value_add(struct owner_value *best, const struct entry_value *value)
{
	const char *text = value->bytes;

	if (strlen(text) != value->len)
		return;
	if (best->text == NULL) {
		best->text = text;
		return;
	}
	best->is_rdns = best->is_rdns || is_in_rdn(best->dn, best->text);
	bool is_rdns = is_in_rdn(best->dn, text);

	if (is_rdns == best->is_rdns ? strcmp(text, best->text) >= 0 : !is_rdns)
		return;
	best->text = text;
	best->is_rdns = is_rdns;
}

struct owner owner_of(const char *key, const struct string_list *names,
	const char *(*value_of)(const void *data, const char *name), const void *data)
{
	struct owner owner = {.key = key};

	if (names->n > 0)
		owner.label = value_of(data, names->items[0]);
	if (names->n > 1)
		owner.zone = value_of(data, names->items[1]);
	/* one of them alone says nothing */
	if (names->n > 1 && owner.zone == NULL)
		owner.label = NULL;
	return owner;
}

static void add_lower(struct buffer *to, const char *text)
{
	size_t start = to->len;

	buffer_add_text(to, text);
	text_lower(to->data + start);
}

/* A zone's own entry has `@` for a label, nothing, or the zone's name once more. */
static bool is_zone_itself(const struct owner *owner)
{
	size_t len = strlen(owner->label);

	if (len == 0 || strcmp(owner->label, "@") == 0)
		return true;
	len -= owner->label[len - 1] == '.';
	return strncasecmp(owner->label, owner->zone, len) == 0 &&
	       (owner->zone[len] == '\0' || strcmp(owner->zone + len, ".") == 0);
}

void owner_name(struct buffer *to, const struct owner *owner)
{
	if (owner->label == NULL) {
		dn_domain_name(to, owner->key);
		return;
	}
	if (owner->zone != NULL && is_zone_itself(owner)) {
		add_lower(to, owner->zone);
		return;
	}
	add_lower(to, owner->label);
	if (owner->zone == NULL || text_has_suffix(owner->label, "."))
		return;
	buffer_add_byte(to, '.');
	add_lower(to, owner->zone);
}

void owner_zone(struct buffer *to, const struct owner *owner)
{
	const char *dot = owner->label == NULL ? NULL : strchr(owner->label, '.');

	if (owner->label == NULL)
		dn_zone_name(to, owner->key);
	else if (owner->zone != NULL)
		add_lower(to, owner->zone);
	else
		add_lower(to, dot == NULL ? owner->label : dot + 1);
}

bool owner_takes_whole(const struct owner *owner, const char *name)
{
	bool has_whole_names = owner->label != NULL && owner->zone == NULL;

	return has_whole_names ? strchr(name, '.') != NULL : text_has_suffix(name, ".");
}

/* Is the DN @key that of a name in a zone, and not of the zone itself? */
static bool is_in_zone(const char *key)
{
	const char *parent = dn_key_parent(key);
	size_t len = strcspn(key, "=") + 1;

	return strncmp(key, parent, len) == 0 && !text_has_prefix(key + len, "@,");
}

bool owner_is_inside(const struct owner *owner)
{
	if (owner->label == NULL)
		return is_in_zone(owner->key);
	return owner->zone != NULL ? !is_zone_itself(owner)
				   : strchr(owner->label, '.') != NULL;
}
