/* SPDX-License-Identifier: Apache-2.0 */
#include "model/dns_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/ssh_key.h"
#include "base/text.h"
#include "model/node_names.h"

const char *dns_type_name(unsigned type)
{
	static const char *const names[] = {
		[DNS_A] = "A",
		[DNS_NS] = "NS",
		[DNS_CNAME] = "CNAME",
		[DNS_SOA] = "SOA",
		[DNS_PTR] = "PTR",
		[DNS_MX] = "MX",
		[DNS_TXT] = "TXT",
		[DNS_AAAA] = "AAAA",
		[DNS_SRV] = "SRV",
		[DNS_SSHFP] = "SSHFP",
	};

	return type < ARRAY_SIZE(names) && names[type] != NULL ? names[type] : "?";
}

/* Reading one value */

static bool read_number(const char *text, uint16_t *ret)
{
	uint64_t number;

	if (!text_parse_u64(text, UINT16_MAX, &number))
		return false;
	*ret = (uint16_t)number;
	return true;
}

/* Not of a machine: a name of DNS may have underscores (RFC 2181 section 11). */
static bool is_domain_name(const char *name)
{
	TMP_CTX(tmp);
	char *copy = mem_strdup(tmp, name);

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '_')
			*c = 'a';
	return text_hostname_fault(copy) == NULL;
}

/* `.` alone is the root: "there is none" (RFC 2782, RFC 7505). An alias may be of any name. */
static const char *read_target(
	struct arena *arena, const char *text, bool is_alias, struct dns_record *ret)
{
	char *name = arena_strdup(arena, text);
	struct ip ip;

	text_lower(name);
	if (!is_alias && strcmp(name, ".") == 0) {
		ret->target = "";
		return NULL;
	}
	bool is_full = text_has_suffix(name, ".");

	if (is_full)
		name[strlen(name) - 1] = '\0';
	if (ip_parse(name, &ip) ||
		(is_alias ? !is_domain_name(name) : text_hostname_fault(name) != NULL))
		return is_alias ? "points to what is no name of DNS"
				: "points to what is no host name";
	/* a dot at the end keeps a name without another one from getting a domain */
	if (is_full && strchr(name, '.') == NULL)
		name[strlen(name)] = '.';
	ret->target = name;
	return NULL;
}

/* `_service` or `_proto`: a label of letters, digits and hyphens behind an underscore */
static bool is_service_label(const char *label, size_t len)
{
	if (len < 2 || len > 63 || label[0] != '_')
		return false;
	for (size_t i = 1; i < len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-", label[i]) == NULL)
			return false;
	return true;
}

static const char *read_service(
	struct arena *arena, const char *text, struct dns_record *ret)
{
	char *service = arena_strdup(arena, text);

	text_lower(service);
	size_t first = strcspn(service, ".");

	if (service[first] == '\0' || !is_service_label(service, first) ||
		!is_service_label(service + first + 1, strlen(service + first + 1)))
		return "is no SRV record: its second word is _service._proto";
	ret->service = service;
	return NULL;
}

static const char *read_cname(
	struct arena *arena, char **words, size_t n, struct dns_record *ret)
{
	return n == 2 ? read_target(arena, words[1], true, ret)
		      : "is no CNAME record: CNAME NAME";
}

static const char *read_mx(
	struct arena *arena, char **words, size_t n, struct dns_record *ret)
{
	if (n != 3 || !read_number(words[1], &ret->priority))
		return "is no MX record: MX PREFERENCE NAME";
	return read_target(arena, words[2], false, ret);
}

static const char *read_srv(
	struct arena *arena, char **words, size_t n, struct dns_record *ret)
{
	if (n != 6 || !read_number(words[2], &ret->priority) ||
		!read_number(words[3], &ret->weight) ||
		!read_number(words[4], &ret->port))
		return "is no SRV record: SRV _service._proto PRIORITY WEIGHT PORT NAME";
	const char *why = read_service(arena, words[1], ret);

	return why != NULL ? why : read_target(arena, words[5], false, ret);
}

/* Adds @text in pieces of at most 255 bytes: readers put them together again. */
static void add_text(struct arena *arena, struct strings *texts, const char *text)
{
	size_t len = strlen(text);

	do {
		size_t piece = len > DNS_STRING_MAX ? DNS_STRING_MAX : len;

		texts->items[texts->n++] = arena_strndup(arena, text, piece);
		text += piece;
		len -= piece;
	} while (len > 0);
}

/* One "…" with \" and \\ in it; *at is behind it then. */
static const char *read_quoted(TALLOC_CTX *mem_ctx, const char **at)
{
	struct buffer *b = buffer_new(mem_ctx);

	for ((*at)++; **at != '"'; (*at)++) {
		if (**at == '\\')
			(*at)++;
		if (**at == '\0')
			return NULL;
		buffer_add_byte(b, **at);
	}
	(*at)++;
	return b->data;
}

/* `TXT "one" "two"`; without any quote the rest of the line is one text. */
static const char *read_txt(struct arena *arena, const char *at, struct dns_record *ret)
{
	TMP_CTX(tmp);

	ret->texts.items = arena_alloc(arena, (strlen(at) + 1) * sizeof(const char *));
	if (strchr(at, '"') == NULL && *at != '\0') {
		add_text(arena, &ret->texts, at);
		return NULL;
	}
	while (*at == '"') {
		const char *text = read_quoted(tmp, &at);

		if (text == NULL)
			return "is no TXT record: a quote is not closed";
		add_text(arena, &ret->texts, text);
		at += strspn(at, " ");
	}
	return *at == '\0' && ret->texts.n > 0 ? NULL : "is no TXT record: TXT \"text\"";
}

const char *dns_record_parse(
	struct arena *arena, const char *text, struct dns_record *ret)
{
	static const struct {
		const char *word;
		enum dns_type type;
		const char *(*read)(struct arena *arena, char **words, size_t n,
			struct dns_record *ret);
	} rows[] = {
		{"CNAME", DNS_CNAME, read_cname},
		{"MX", DNS_MX, read_mx},
		{"SRV", DNS_SRV, read_srv},
	};
	TMP_CTX(tmp);
	size_t n;
	char **words = text_split_blank(tmp, text, &n);

	*ret = (struct dns_record){.field = FIELD_DNS_RECORD};
	if (n > 0 && text_equal_case(words[0], "TXT")) {
		ret->type = DNS_TXT;
		text += strlen(words[0]);
		return read_txt(arena, text + strspn(text, " \t"), ret);
	}
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(rows); i++) {
		if (!text_equal_case(words[0], rows[i].word))
			continue;
		ret->type = rows[i].type;
		return rows[i].read(arena, words, n, ret);
	}
	return "is no DNS record: CNAME, MX, SRV or TXT, and what belongs to it";
}

/* Writing one */

void dns_record_put_quoted(struct buffer *b, const char *text)
{
	buffer_add_byte(b, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buffer_add_byte(b, '\\');
		buffer_add_byte(b, *text);
	}
	buffer_add_byte(b, '"');
}

char *dns_record_format(struct arena *arena, const struct dns_record *record)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	const char *target = record->target == NULL	 ? ""
			     : record->target[0] == '\0' ? "."
							 : record->target;

	buffer_add_text(b, dns_type_name(record->type));
	if (record->service != NULL)
		buffer_printf(b, " %s", record->service);
	if (record->type == DNS_MX)
		buffer_printf(b, " %u", record->priority);
	if (record->type == DNS_SRV)
		buffer_printf(
			b, " %u %u %u", record->priority, record->weight, record->port);
	if (record->type == DNS_TXT)
		for (uint32_t i = 0; i < record->texts.n; i++) {
			buffer_add_byte(b, ' ');
			dns_record_put_quoted(b, record->texts.items[i]);
		}
	else
		buffer_printf(b, " %s", target);
	return arena_strdup(arena, b->data);
}

/* RFC 1035 section 3.1: each label behind its length, and an empty one at the end. */
static void add_wire_name(struct buffer *raw, const char *name)
{
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		buffer_add_byte(raw, (char)len);
		buffer_add(raw, name, len);
		name += len + (name[len] == '.');
	}
	buffer_add_byte(raw, 0);
}

static void add_wire_number(struct buffer *raw, uint16_t number)
{
	buffer_add_byte(raw, (char)(number >> 8));
	buffer_add_byte(raw, (char)(number & 0xff));
}

static void add_wire(struct buffer *raw, const struct dns_record *record)
{
	if (record->type == DNS_SSHFP) {
		buffer_add_byte(raw, (char)record->priority);
		buffer_add_byte(raw, (char)record->weight);
	}
	if (record->type == DNS_MX || record->type == DNS_SRV)
		add_wire_number(raw, record->priority);
	if (record->type == DNS_SRV) {
		add_wire_number(raw, record->weight);
		add_wire_number(raw, record->port);
	}
	if (record->target != NULL)
		add_wire_name(raw, record->target);
	for (uint32_t i = 0; i < record->texts.n; i++) {
		buffer_add_byte(raw, (char)strlen(record->texts.items[i]));
		buffer_add_text(raw, record->texts.items[i]);
	}
}

char *dns_record_hex(TALLOC_CTX *mem_ctx, const struct dns_record *record)
{
	TMP_CTX(tmp);
	struct buffer *raw = buffer_new(tmp), *hex = buffer_new(tmp);

	add_wire(raw, record);
	text_write_hex(buffer_reserve(hex, 2 * raw->len), raw->data, raw->len);
	buffer_grown(hex, 2 * raw->len);
	if (record->fingerprint != NULL)
		buffer_add_text(hex, record->fingerprint);
	return mem_strdup(mem_ctx, hex->data);
}

/* Of all entries */

/* Where an entry's records stand, and the domain of their names without a dot. */
struct place {
	struct record *record;
	struct machine *machine;
	const char *owner, *domain;
};

static struct dns_record *push(struct site *site, const struct place *place)
{
	struct dns_record *made = arena_alloc(site->arena, sizeof(*made));

	*made = (struct dns_record){.record = place->record,
		.machine = place->machine,
		.owner = place->owner};
	*mem_push(site, &site->dns_records, &site->n_dns_records) = made;
	return made;
}

static const char *full_target(
	struct site *site, const struct place *place, const char *target)
{
	if (text_has_suffix(target, "."))
		return arena_strndup(site->arena, target, strlen(target) - 1);
	return target[0] == '\0' ? target : name_with_domain(site, target, place->domain);
}

static void add_value(struct site *site, const struct place *place, const char *value)
{
	struct dns_record *made = push(site, place), parsed;

	/* decode.c has taken it before: it is in order */
	made->is_dropped = dns_record_parse(site->arena, value, &parsed) != NULL;
	parsed.record = place->record;
	parsed.machine = place->machine;
	parsed.owner = place->owner;
	parsed.is_dropped = made->is_dropped;
	*made = parsed;
	if (made->target != NULL)
		made->target = full_target(site, place, made->target);
	if (made->service != NULL && made->owner != NULL)
		made->owner =
			arena_printf(site->arena, "%s.%s", made->service, made->owner);
}

static void add_values(
	struct site *site, const struct place *place, const struct strings *values)
{
	for (uint32_t i = 0; i < values->n; i++)
		add_value(site, place, values->items[i]);
}

static void add_keys(
	struct site *site, const struct place *place, const struct strings *keys)
{
	TMP_CTX(tmp);
	struct ssh_key key;

	for (uint32_t i = 0; i < keys->n; i++) {
		if (ssh_key_parse(tmp, keys->items[i], &key) != NULL)
			continue;
		for (enum ssh_fingerprint kind = SSHFP_SHA1; kind <= SSHFP_SHA256;
			kind++) {
			struct dns_record *made = push(site, place);

			made->type = DNS_SSHFP;
			made->field = FIELD_SSH_HOST_KEY;
			made->priority = (uint16_t)key.algorithm;
			made->weight = (uint16_t)kind;
			made->fingerprint = arena_strdup(
				site->arena, ssh_key_fingerprint(tmp, &key, kind));
		}
	}
}

void dns_records_link(struct site *site)
{
	for (size_t i = 0; i < site->n_clusters; i++) {
		struct cluster *cluster = site->clusters[i];
		struct place place = {
			&cluster->record, NULL, cluster->domain, cluster->domain};

		add_values(site, &place, &cluster->dns_values);
	}
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];
		const char *domain = model_domain(site, network);
		struct place place = {&network->record, NULL, domain, domain};

		add_values(site, &place, &network->dns_values);
	}
	for (size_t i = 0; i < site->n_hosts; i++) {
		struct machine *host = site->hosts[i];
		struct place place = {&host->record, host, host->fqdn, host->domain};

		add_values(site, &place, &host->rare->dns_values);
		add_keys(site, &place, &host->rare->host_keys);
	}
}

static bool has_address(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i]->n_addresses > 0)
			return true;
	return false;
}

/* An alias stands on the hosts line of its name; where there is none it has the same records. */
void dns_records_link_aliases(struct site *site)
{
	for (size_t i = 0; i < site->n_hosts; i++) {
		struct machine *host = site->hosts[i];

		struct place place = {&host->record, host, NULL, host->domain};

		for (uint32_t j = 0; !has_address(host) && j < host->aliases.n; j++) {
			place.owner = full_target(site, &place, host->aliases.items[j]);
			add_values(site, &place, &host->rare->dns_values);
			add_keys(site, &place, &host->rare->host_keys);
		}
	}
}

static int compare_numbers(const struct dns_record *a, const struct dns_record *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	return (a->port > b->port) - (a->port < b->port);
}

static int compare_texts(const struct strings *a, const struct strings *b)
{
	int order = 0;

	for (uint32_t i = 0; order == 0 && i < a->n && i < b->n; i++)
		order = strcmp(a->items[i], b->items[i]);
	return order != 0 ? order : (a->n > b->n) - (a->n < b->n);
}

int dns_record_compare(const struct dns_record *a, const struct dns_record *b)
{
	int order = text_compare(a->owner, b->owner);

	if (order == 0)
		order = a->type - b->type;
	if (order == 0)
		order = compare_numbers(a, b);
	if (order == 0)
		order = text_compare(a->target, b->target);
	if (order == 0)
		order = text_compare(a->fingerprint, b->fingerprint);
	return order != 0 ? order : compare_texts(&a->texts, &b->texts);
}

static int compare_pointers(const void *left, const void *right)
{
	return dns_record_compare(
		*(struct dns_record *const *)left, *(struct dns_record *const *)right);
}

static void add_hex(struct site *site, struct dns_record *record)
{
	TMP_CTX(tmp);

	if (record->hex == NULL)
		record->hex = arena_strdup(site->arena, dns_record_hex(tmp, record));
}

void dns_records_settle(struct site *site)
{
	struct dns_record **records = site->dns_records;
	size_t n = 0;

	for (size_t i = 0; i < site->n_dns_records; i++)
		if (!records[i]->is_dropped && !records[i]->record->is_bad &&
			records[i]->owner != NULL)
			records[n++] = records[i];
	if (n > 1)
		qsort(records, n, sizeof(*records), compare_pointers);
	site->n_dns_records = 0;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || dns_record_compare(
				      records[i], records[site->n_dns_records - 1]) != 0)
			records[site->n_dns_records++] = records[i];
	for (size_t i = 0; i < site->n_dns_records; i++)
		add_hex(site, records[i]);
}
