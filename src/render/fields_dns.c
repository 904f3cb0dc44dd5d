/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model/zone.h"
#include "render/fields_row.h"

/* DNS: the records that the directory has beside addresses, zones, and what is in them. */

/* Full names end with a dot in a zone's file; the root is the dot alone. In the value's own
 * room, so that it stays while others are asked for. */
static void give_dotted(struct value *ret, const char *name)
{
	size_t len = strnlen(name, sizeof(ret->scratch) - 1);

	memcpy(ret->scratch, name, len);
	ret->scratch[len] = '.';
	ret->kind = VALUE_TEXT;
	ret->text.bytes = ret->scratch;
	ret->text.len = len + 1;
}

/* Records of the directory */

GIVES(text, dns_type, dns_record, dns_type_name(o->type))

/* is_mx and so on: the row's offset is the type */
static void get_is_type(const struct field *field, const void *object, struct value *ret)
{
	row_give_bool(ret, ((const struct dns_record *)object)->type == field->offset);
}

#define NUMBER(name, member, types) \
	GETTER(dns_##name, dns_record) \
	{ \
		row_give_number(ret, o->member); \
		if (!(types)) \
			ret->kind = VALUE_NONE; \
	}
NUMBER(priority, priority, o->type == DNS_MX || o->type == DNS_SRV)
NUMBER(weight, weight, o->type == DNS_SRV)
NUMBER(port, port, o->type == DNS_SRV)
NUMBER(algorithm, priority, o->type == DNS_SSHFP)
NUMBER(kind, weight, o->type == DNS_SSHFP)
NUMBER(number, type, true)
#undef NUMBER

GETTER(dns_target_dotted, dns_record)
{
	ret->kind = VALUE_NONE;
	if (o->target != NULL)
		give_dotted(ret, o->target);
}

/* What has no form of its own in dnsmasq.conf, or none that can carry any value. */
GETTER(dns_is_hex, dns_record)
{
	bool is_none = o->target != NULL && o->target[0] == '\0';

	row_give_bool(ret, o->type == DNS_TXT || o->type == DNS_SSHFP || is_none);
}

#define IS(name, type) \
	{ \
		name, VALUE_BOOL, NULL, get_is_type, NULL, 0, type \
	}
static const struct field dns_record_fields[] = {
	FROM("owner", dns_record, owner, DNS_RECORD),
	COMPUTED("type", VALUE_TEXT, dns_type),
	COMPUTED("type_number", VALUE_NUMBER, dns_number),
	IS("is_cname", DNS_CNAME),
	IS("is_mx", DNS_MX),
	IS("is_srv", DNS_SRV),
	IS("is_txt", DNS_TXT),
	IS("is_sshfp", DNS_SSHFP),
	COMPUTED("is_hex", VALUE_BOOL, dns_is_hex),
	COMPUTED("priority", VALUE_NUMBER, dns_priority),
	COMPUTED("weight", VALUE_NUMBER, dns_weight),
	COMPUTED("port", VALUE_NUMBER, dns_port),
	COMPUTED("algorithm", VALUE_NUMBER, dns_algorithm),
	COMPUTED("fingerprint_type", VALUE_NUMBER, dns_kind),
	FROM("fingerprint", dns_record, fingerprint, SSH_HOST_KEY),
	FROM("target", dns_record, target, DNS_RECORD),
	{"target_dotted", VALUE_TEXT, NULL, dns_target_dotted, NULL, FIELD_DNS_RECORD, 0},
	STRINGS("texts", dns_record, texts, DNS_RECORD),
	FROM("hex", dns_record, hex, DNS_RECORD),
	OBJECT("node", dns_record, machine, machine_shape),
	{0},
};
const struct shape dns_record_shape = {"DNS record", dns_record_fields, NULL, NULL};

/* Records of a zone */

/* Relative to the zone; of the zone itself its full name, as a word. */
static void get_owner(
	const struct field *field _unused_, const void *object, struct value *ret)
{
	const struct zone_record *o = object;

	if (o->owner_len == 0) {
		give_dotted(ret, o->zone->name);
		return;
	}
	ret->kind = o->owner == NULL ? VALUE_WORD : VALUE_TEXT;
	ret->text.bytes = zone_record_owner(o, ret->scratch, &ret->text.len);
}

GIVES(text, zone_record_type, zone_record, dns_type_name(o->type))

/* What follows the type where it is one word: an address, or a full name. */
GETTER(zone_record_word, zone_record)
{
	ret->kind = VALUE_NONE;
	if (o->type == DNS_A || o->type == DNS_AAAA)
		row_give_ip(ret, o->ip);
	else if (o->target != NULL)
		give_dotted(ret, o->target);
}

static const struct field zone_record_fields[] = {
	{"owner", VALUE_TEXT, NULL, get_owner, NULL, FIELD_NAME, 0},
	COMPUTED("type", VALUE_TEXT, zone_record_type),
	{"word", VALUE_TEXT, NULL, zone_record_word, NULL, FIELD_ADDRESS, 0},
	OBJECT("data", zone_record, data, dns_record_shape),
	OBJECT("node", zone_record, machine, machine_shape),
	{0},
};
const struct shape zone_record_shape = {"zone record", zone_record_fields, NULL, NULL};

/* Zones */

GETTER(zone_records, zone)
{
	row_give_list(ret, o->records, o->n_records);
}

GIVES(text, zone_server, zone, o->server_names.items[0])

ELEMENTS(zone_record)

static const struct field zone_fields[] = {
	FROM("name", zone, name, DOMAIN),
	TRUTH("is_reverse", zone, is_reverse),
	{"server", VALUE_TEXT, NULL, zone_server, NULL, FIELD_NAMESERVER, 0},
	STRINGS("servers", zone, server_names, NAMESERVER),
	FROM("contact", zone, contact, DOMAIN),
	{"records", VALUE_LIST, &zone_record_shape, zone_records, zone_record_at, 0, 0},
	{0},
};
const struct shape zone_shape = {"zone", zone_fields, NULL, NULL};
