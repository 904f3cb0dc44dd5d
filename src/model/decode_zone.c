/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_zone.h"

#include <string.h>

#include "base/text.h"
#include "model/decode_feed.h"
#include "model/dns_record.h"
#include "read/dn.h"

/* Names */

static void without_dot(struct buffer *name)
{
	if (name->len > 0 && name->data[name->len - 1] == '.')
		buffer_truncate(name, name->len - 1);
}

/* Of the entry @dn, which may be one that a join brought, the values of @name; NULL: none. */
static const struct entry_attribute *values_of(
	const struct decoder *d, const char *dn, const char *name)
{
	for (size_t i = 0; i < d->entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &d->entry->attributes[i];
		const char *from = attribute->dn == NULL ? d->entry->dn : attribute->dn;

		if (text_equal_case(attribute->name, name) && strcmp(from, dn) == 0)
			return attribute;
	}
	return NULL;
}

struct owner_source {
	const struct decoder *d;
	const char *dn;
};

static const char *value_of(const void *data, const char *name)
{
	const struct owner_source *source = data;
	const struct entry_attribute *attribute = values_of(source->d, source->dn, name);
	struct owner_value best = {.dn = source->dn};

	for (size_t i = 0; attribute != NULL && i < attribute->n_values; i++)
		owner_value_add(&best, &attribute->values[i]);
	return best.text;
}

struct owner decode_owner(const struct decoder *d, const char *dn, const char *key)
{
	const struct owner_source source = {d, dn};

	return owner_of(key, &d->mapped->map->zone_name, value_of, &source);
}

/* Sets d->zone to that of @owner. */
static void find_zone(struct decoder *d, const struct owner *owner)
{
	buffer_truncate(d->zone, 0);
	owner_zone(d->zone, owner);
	without_dot(d->zone);
}

/* www of www.c.example, where the zone is c.example */
static const char *label_of(struct decoder *d, const char *name)
{
	size_t len = strlen(name);

	return len > d->zone->len + 1 && text_has_suffix(name, d->zone->data)
		       ? arena_strndup(d->site->arena, name, len - d->zone->len - 1)
		       : arena_strdup(d->site->arena, name);
}

/* What says the name. */
static const char *attribute_of_name(
	struct decoder *d, const char *dn, const struct owner *owner)
{
	return owner->label != NULL ? d->mapped->map->zone_name.items[0]
				    : arena_strndup(d->site->arena, dn, strcspn(dn, "="));
}

/* d->zone is its zone. */
static void keep_unserved(struct decoder *d, const char *dn, const struct owner *owner,
	const char *name, enum unserved_why why)
{
	struct arena *arena = d->site->arena;
	struct unserved *unserved = arena_alloc(arena, sizeof(*unserved));

	*unserved = (struct unserved){.dn = arena_strdup(arena, dn),
		.attribute = attribute_of_name(d, dn, owner),
		.name = label_of(d, name),
		.zone = arena_strdup(arena, d->zone->data),
		.line = dn == d->entry->dn ? d->entry->line : 0,
		.why = (uint8_t)why};
	*mem_push(d->site, &d->site->unserved, &d->site->n_unserved) = unserved;
}

static bool is_reverse(const char *zone)
{
	return text_has_suffix(zone, ".in-addr.arpa") ||
	       text_has_suffix(zone, ".ip6.arpa");
}

/* Why the name is none that can be served; _UNSERVED_MAX: it can. */
static enum unserved_why fault_of(const struct owner *owner, const char *name)
{
	struct ip ip;

	if (!owner_is_inside(owner))
		return owner->zone == NULL && strchr(name, '.') == NULL
			       ? UNSERVED_NO_ZONE
			       : UNSERVED_ZONE_ITSELF;
	if (text_has_prefix(name, "*."))
		return UNSERVED_WILDCARD;
	return text_hostname_fault(name) != NULL || ip_parse(name, &ip)
		       ? UNSERVED_NO_HOST_NAME
		       : _UNSERVED_MAX;
}

bool decode_zone_keeps(
	struct decoder *d, const char *dn, const struct owner *owner, const char *name)
{
	enum unserved_why why = fault_of(owner, name);

	if (why == _UNSERVED_MAX)
		return true;
	find_zone(d, owner);
	keep_unserved(d, dn, owner, name, why);
	return false;
}

/* Has one of the records of the entry at hand been reported? */
static bool is_told(const struct decoder *d)
{
	const struct site *site = d->site;

	return site->n_unserved > 0 &&
	       strcmp(site->unserved[site->n_unserved - 1]->dn, d->entry->dn) == 0;
}

bool decode_zone_serves(struct decoder *d)
{
	const char *key =
		d->entry->key != NULL ? d->entry->key : dn_key(d->scratch, d->entry->dn);
	bool has_data = d->fields[FIELD_ADDRESS].n + d->fields[FIELD_DNS_RECORD].n > 0;

	if (key == NULL)
		return false;
	const struct owner owner = decode_owner(d, d->entry->dn, key);

	buffer_truncate(d->zone_name, 0);
	owner_name(d->zone_name, &owner);
	without_dot(d->zone_name);
	find_zone(d, &owner);
	if (is_reverse(d->zone->data) || is_reverse(d->zone_name->data))
		return false;
	enum unserved_why why = fault_of(&owner, d->zone_name->data);

	if (why == _UNSERVED_MAX && !has_data) {
		if (is_told(d))
			return false;
		why = UNSERVED_TYPE;
	}
	if (why != _UNSERVED_MAX)
		keep_unserved(d, d->entry->dn, &owner, d->zone_name->data, why);
	else
		decode_name_origin(d, attribute_of_name(d, d->entry->dn, &owner));
	return why == _UNSERVED_MAX;
}

/* Records */

/* A full name, with its dot; some write one without. */
static const char *full_name(struct decoder *d, TALLOC_CTX *mem_ctx,
	const struct owner *owner, const char *name)
{
	size_t len = strlen(name);

	if (text_has_suffix(name, "."))
		return name;
	if (owner_takes_whole(owner, name))
		return mem_printf(mem_ctx, "%s.", name);
	bool is_full = text_has_suffix(name, d->zone->data) &&
		       (len == d->zone->len || name[len - d->zone->len - 1] == '.');

	return is_full ? mem_printf(mem_ctx, "%s.", name)
		       : mem_printf(mem_ctx, "%s.%s.", name, d->zone->data);
}

/* What vocDNSRecord would not take nobody can be told. */
static bool can_be_told(const char *text)
{
	TMP_CTX(tmp);
	struct dns_record record;

	return !text_has_control(text, strlen(text)) &&
	       text_is_utf8(text, strlen(text)) &&
	       dns_record_parse(arena_new(tmp), text, &record) == NULL;
}

static void add_quoted(struct buffer *to, const char *text)
{
	buffer_add_byte(to, ' ');
	dns_record_put_quoted(to, text);
}

/* `"one" "two"` as it stands, else the text in quotes. */
static char *txt_of(TALLOC_CTX *mem_ctx, const char *text)
{
	struct buffer *record = buffer_new(mem_ctx);

	buffer_printf(record, "TXT %s", text);
	if (text[0] == '"' && can_be_told(record->data))
		return record->data;
	buffer_truncate(record, strlen("TXT"));
	add_quoted(record, text);
	return record->data;
}

static char *text_record(struct decoder *d, TALLOC_CTX *mem_ctx, enum form form,
	const struct owner *owner, const struct entry_value *value)
{
	size_t n;

	if (form == FORM_TXT)
		return txt_of(mem_ctx, value->bytes);
	char **words = text_split_blank(mem_ctx, value->bytes, &n);

	if (form == FORM_CNAME)
		return n != 1 ? NULL
			      : mem_printf(mem_ctx, "CNAME %s",
					full_name(d, mem_ctx, owner, words[0]));
	return n != 2 ? NULL
		      : mem_printf(mem_ctx, "MX %s %s", words[0],
				full_name(d, mem_ctx, owner, words[1]));
}

/* A counted name: its length, the number of labels, each label behind its own length, 0. */
static char *counted_name(TALLOC_CTX *mem_ctx, const unsigned char *data, size_t len)
{
	struct buffer *name = buffer_new(mem_ctx);

	if (len < 3 || data[0] + 2U != len)
		return NULL;
	for (size_t at = 2; at < len && data[at] != 0; at += data[at] + 1U) {
		if (at + data[at] + 1U >= len)
			return NULL;
		buffer_add(name, (const char *)data + at + 1, data[at]);
		buffer_add_byte(name, '.');
	}
	return name->len == 0 ? mem_strdup(mem_ctx, ".") : name->data;
}

/* Strings, each behind its length. */
static char *counted_texts(TALLOC_CTX *mem_ctx, const unsigned char *data, size_t len)
{
	struct buffer *record = buffer_new(mem_ctx);

	buffer_add_text(record, "TXT");
	for (size_t at = 0; at < len; at += data[at] + 1U) {
		if (at + data[at] + 1U > len)
			return NULL;
		add_quoted(record,
			mem_strndup(mem_ctx, (const char *)data + at + 1, data[at]));
	}
	return record->data;
}

static char *data_record(struct decoder *d, TALLOC_CTX *mem_ctx, const char *dn,
	const struct entry_value *value)
{
	enum { HEAD = 24 };
	const unsigned char *bytes = (const unsigned char *)value->bytes;
	const char *name;

	if (value->len < HEAD + 3 ||
		value->len != HEAD + (bytes[0] | (unsigned)bytes[1] << 8))
		return NULL;
	unsigned type = bytes[2] | (unsigned)bytes[3] << 8;
	const unsigned char *data = bytes + HEAD;
	size_t len = value->len - HEAD;

	if (type == DNS_TXT)
		return counted_texts(mem_ctx, data, len);
	if (type == DNS_MX && (name = counted_name(mem_ctx, data + 2, len - 2)) != NULL)
		return mem_printf(mem_ctx, "MX %u %s", data[0] << 8U | data[1], name);
	if (type == DNS_CNAME && dn == d->entry->dn &&
		(name = counted_name(mem_ctx, data, len)) != NULL)
		return mem_printf(mem_ctx, "CNAME %s", name);
	return NULL;
}

static void keep_untold(struct decoder *d, const char *dn, const struct owner *owner)
{
	TMP_CTX(tmp);
	struct buffer *name = buffer_new(tmp);

	owner_name(name, owner);
	without_dot(name);
	keep_unserved(d, dn, owner, name->data, UNSERVED_RECORD);
}

char *decode_zone_record(struct decoder *d, TALLOC_CTX *mem_ctx, enum form form,
	const char *dn, const struct entry_value *value)
{
	const char *key = dn_key(mem_ctx, dn);
	bool is_text = form != FORM_DNS_DATA;

	if (key == NULL)
		return NULL;
	const struct owner owner = decode_owner(d, dn, key);

	find_zone(d, &owner);
	char *text = is_text ? text_record(d, mem_ctx, form, &owner, value)
			     : data_record(d, mem_ctx, dn, value);
	bool is_lost = text == NULL ? is_text : !can_be_told(text);

	if (is_lost)
		keep_untold(d, dn, &owner);
	return is_lost ? NULL : text;
}
