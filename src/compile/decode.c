/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "compile/dn.h"
#include "compile/release.h"

/* All values of one field of one entry; a field may be fed by several attributes. */
struct field_values {
	const struct entry_value *values;
	size_t n;
};

enum { NAME_SLOTS = 512, DN_SLOTS = 1024 };

struct decoder {
	struct reporter *reporter;
	struct site *site;
	/* attribute name -> field, so that a name costs one comparison */
	struct {
		const char *name;
		enum field_id field;
	} names[NAME_SLOTS];
	/* raw DN -> canonical key: thousands of VCNs name the same images and hosts */
	struct {
		const char *raw, *key;
	} dns[DN_SLOTS];
	/* the entry at hand */
	const struct entry *entry;
	struct field_values fields[_FIELD_MAX];
	bool has_vm_host_class;
	TALLOC_CTX *scratch;
};

/* Attribute names */

static size_t hash_name(const char *name)
{
	size_t hash = 5381;

	for (; *name != '\0'; name++)
		hash = hash * 33 + (unsigned char)(*name | 0x20);
	return hash;
}

static void add_name(struct decoder *d, const char *name, enum field_id field)
{
	size_t slot = hash_name(name) % NAME_SLOTS;

	while (d->names[slot].name != NULL)
		slot = (slot + 1) % NAME_SLOTS;
	d->names[slot].name = name;
	d->names[slot].field = field;
}

static enum field_id find_name(const struct decoder *d, const char *name)
{
	size_t slot = hash_name(name) % NAME_SLOTS;

	for (; d->names[slot].name != NULL; slot = (slot + 1) % NAME_SLOTS)
		if (text_equal_case(d->names[slot].name, name))
			return d->names[slot].field;
	return FIELD_NONE;
}

struct decoder *decoder_new(TALLOC_CTX *mem_ctx, struct reporter *reporter)
{
	struct decoder *d = mem_new(mem_ctx, struct decoder);
	const struct map *map = reporter->site->map;

	d->reporter = reporter;
	d->site = reporter->site;
	for (enum field_id field = FIELD_NONE + 1; field < _FIELD_MAX; field++)
		for (size_t i = 0; i < map->attributes[field].n; i++)
			add_name(d, map->attributes[field].items[i], field);
	return d;
}

/* The entry's values by field */

static void add_values(struct decoder *d, enum field_id field,
	const struct entry_attribute *attribute)
{
	struct field_values *have = &d->fields[field];

	if (have->n == 0) {
		*have = (struct field_values){attribute->values, attribute->n_values};
		return;
	}
	struct entry_value *all =
		mem_array(d->scratch, struct entry_value, have->n + attribute->n_values);

	memcpy(all, have->values, have->n * sizeof(*all));
	memcpy(all + have->n, attribute->values, attribute->n_values * sizeof(*all));
	*have = (struct field_values){all, have->n + attribute->n_values};
}

static enum kind sort_values(struct decoder *d, const struct entry *entry)
{
	const char *classes[64];
	size_t n_classes = 0;

	memset(d->fields, 0, sizeof(d->fields));
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &entry->attributes[i];

		if (text_equal_case(attribute->name, "objectClass")) {
			for (size_t j = 0; j < attribute->n_values &&
				n_classes < ARRAY_SIZE(classes);
				j++)
				classes[n_classes++] = attribute->values[j].bytes;
			continue;
		}
		enum field_id field = find_name(d, attribute->name);

		if (field != FIELD_NONE && attribute->n_values > 0)
			add_values(d, field, attribute);
	}
	d->has_vm_host_class = map_is_vm_host(d->site->map, classes, n_classes);
	return map_kind(d->site->map, classes, n_classes);
}

/* Reporting on a value of the entry at hand */

static struct finding *fault(struct decoder *d, enum check check, struct record *record,
	enum field_id field, const struct entry_value *value, const char *why)
{
	TMP_CTX(tmp);
	const char *shown = text_printable(tmp, value->bytes, value->len);

	_Static_assert(_FIELD_MAX <= 64, "a bit for each field");
	record->unreadable |= UINT64_C(1) << field;
	return check_report_at(d->reporter, check, check_default(check), record, field,
		value->line, "'%s': %s", shown, why);
}

/* Leading and trailing blanks are common in directories and never meant. */
static const char *trimmed(struct decoder *d, const struct entry_value *value)
{
	const char *start = value->bytes;
	size_t len = value->len;

	while (len > 0 && *start == ' ') {
		start++;
		len--;
	}
	while (len > 0 && start[len - 1] == ' ')
		len--;
	return arena_strndup(d->site->arena, start, len);
}

/* NULL and a finding for what is no printable UTF-8 text. */
static const char *text_of(struct decoder *d, struct record *record, enum field_id field,
	const struct entry_value *value)
{
	if (text_has_control(value->bytes, value->len)) {
		fault(d, CHECK_BAD_VALUE, record, field, value, "contains a control character");
		return NULL;
	}
	if (!text_is_utf8(value->bytes, value->len)) {
		fault(d, CHECK_BAD_VALUE, record, field, value, "is not UTF-8");
		return NULL;
	}
	const char *text = trimmed(d, value);

	if (*text == '\0') {
		fault(d, CHECK_BAD_VALUE, record, field, value, "is empty");
		return NULL;
	}
	return text;
}

/* Types of values */

struct column;

/* Checks one value and stores it at @place; what it refuses it has reported. */
typedef void (*read_value)(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place);

struct column {
	enum field_id field;
	read_value read;
	size_t offset;
	bool is_list;	  /* the place is a struct strings; sorted afterwards */
	bool is_required;
	uint32_t min, max; /* numbers */
};

static void read_text(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);

	if (text != NULL)
		*(const char **)place = text;
}

/* Free text for people: kept as it is, an escaper decides where it can go. */
static void read_prose(struct decoder *d, struct record *record _unused_,
	const struct column *column _unused_, const struct entry_value *value, void *place)
{
	*(const char **)place = arena_strndup(d->site->arena, value->bytes, value->len);
}

static void read_number(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	TMP_CTX(tmp);
	uint64_t number;

	if (strlen(value->bytes) == value->len &&
		text_parse_u64(value->bytes, column->max, &number) && number >= column->min)
		*(uint32_t *)place = (uint32_t)number;
	else
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			mem_printf(tmp, "is no number from %u to %u", column->min,
				column->max));
}

static void read_cost(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	uint64_t number;

	if (strlen(value->bytes) == value->len &&
		text_parse_u64(value->bytes, INT32_MAX, &number))
		*(int64_t *)place = (int64_t)number;
	else
		fault(d, CHECK_BAD_VALUE, record, column->field, value, "is no whole number");
}

/* LDAP's Boolean (RFC 4517 section 3.3.3): TRUE and FALSE, nothing else. */
static void read_truth(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	if (value->len == 4 && strcmp(value->bytes, "TRUE") == 0)
		*(bool *)place = true;
	else if (value->len == 5 && strcmp(value->bytes, "FALSE") == 0)
		*(bool *)place = false;
	else
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is neither TRUE nor FALSE");
}

/* A host or domain name, in lower case; an IP address is none (RFC 1123 section 2.1). */
static void read_name(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);
	struct ip ip;

	if (text == NULL)
		return;
	char *name = arena_strdup(d->site->arena, text);

	text_lower(name);
	if (text_has_suffix(name, ".") && strlen(name) > 1)
		name[strlen(name) - 1] = '\0';
	const char *why = text_hostname_fault(name);

	if (why == NULL && ip_parse(name, &ip))
		why = "is an address, not a name";
	if (why != NULL)
		fault(d, CHECK_BAD_NAME, record, column->field, value, why);
	else
		*(const char **)place = name;
}

static void read_address(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	if (strlen(value->bytes) == value->len && ip_parse(value->bytes, place))
		return;
	const char *text = text_of(d, record, column->field, value);

	if (text != NULL && !ip_parse(text, place))
		fault(d, CHECK_BAD_IP, record, column->field, value, "is no IP address");
}

/* An address, kept as text in its canonical form. */
static void read_address_text(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	struct ip ip = {0};
	char buffer[IP_TEXT_MAX];

	read_address(d, record, column, value, &ip);
	if (ip_is_set(ip))
		*(const char **)place =
			arena_strdup(d->site->arena, ip_format(ip, buffer));
}

/* A server: an address or a host name. */
static void read_server(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	TMP_CTX(tmp);
	struct ip ip;

	if (ip_parse(mem_strndup(tmp, value->bytes, value->len), &ip))
		read_address_text(d, record, column, value, place);
	else
		read_name(d, record, column, value, place);
}

/* One word of letters, digits and `_ . : -`: what every output language can carry. */
static void read_word(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);

	if (text == NULL)
		return;
	if (text[0] == '-' || text[0] == '.' ||
		text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_.:-")] != '\0')
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"only letters, digits and _ . : - are allowed, no - or . first");
	else
		*(const char **)place = text;
}

/* A name of the time zone database: Area/Location */
static void read_timezone(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);

	if (text == NULL)
		return;
	if (text[0] == '/' || text[0] == '-' || strstr(text, "..") != NULL ||
		text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_+-/")] != '\0')
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is no time zone such as Europe/Paris or Etc/UTC");
	else
		*(const char **)place = text;
}

/* An interface of the host: IFNAMSIZ, and nothing that netlink or ip(8) would split. */
static void read_bridge(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	if (value->len > 15)
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is longer than an interface name can be (15)");
	else
		read_word(d, record, column, value, place);
}

/* An absolute path that stays where it says; QEMU splits its options at commas. */
static void read_path(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);
	const char *why = NULL;

	if (text == NULL)
		return;
	if (text[0] != '/')
		why = "is no absolute path";
	else if (strchr(text, ',') != NULL)
		why = "contains a comma";
	else if (strstr(text, "/../") != NULL || text_has_suffix(text, "/.."))
		why = "contains '..'";
	else if (text_has_suffix(text, "/"))
		why = "names a folder";
	if (why != NULL)
		fault(d, CHECK_BAD_VALUE, record, column->field, value, why);
	else
		*(const char **)place = text;
}

/* A kernel of an install profile may be a path below the TFTP root or a URL. */
static void read_boot_path(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);

	if (text == NULL)
		return;
	if (strpbrk(text, " \"'\\,;{}") != NULL || strstr(text, "..") != NULL)
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"contains a blank, quote, comma, brace or '..'");
	else
		*(const char **)place = text;
}

/* Installers cut lines at blanks, quotes and `#` (shlex), so a URL has none. */
static void read_url(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	static const char *const schemes[] = {
		"http://", "https://", "ftp://", "file://", "nfs://", "nfs:"};
	const char *text = text_of(d, record, column->field, value);
	bool is_url = false;

	if (text == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		is_url |= text_has_prefix(text, schemes[i]) &&
			text[strlen(schemes[i])] != '\0';
	if (!is_url)
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is no URL (http, https, ftp, file or nfs)");
	else if (strpbrk(text, " \"'\\,#<>") != NULL)
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"contains a blank, quote, backslash, comma or '#': write it as %XX");
	else
		*(const char **)place = text;
}

/* What yum and dnf fetch by; mounting an NFS export is nobody's business here. */
static void read_package_url(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	if (text_has_prefix(value->bytes, "nfs:"))
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is no http, https, ftp or file URL");
	else
		read_url(d, record, column, value, place);
}

/* The installer's `url` command fetches by these. */
static void read_install_url(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	if (text_has_prefix(value->bytes, "nfs:") || text_has_prefix(value->bytes, "file:"))
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is no http, https or ftp URL");
	else
		read_url(d, record, column, value, place);
}

/* A kernel's command line passes through boot loaders that read some characters as syntax. */
static void read_arguments(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);

	if (text != NULL && strpbrk(text, "'\"\\`$;|&<>{}#") != NULL)
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"contains a quote, backslash, $, ;, |, &, <, >, brace or #");
	else if (text != NULL)
		*(const char **)place = text;
}

static void read_dn(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	size_t slot = hash_name(value->bytes) % DN_SLOTS;

	if (d->dns[slot].raw != NULL && strcmp(d->dns[slot].raw, value->bytes) == 0) {
		*(const char **)place = d->dns[slot].key;
		return;
	}
	TMP_CTX(tmp);
	const char *key = dn_key(tmp, value->bytes);

	if (key == NULL || *key == '\0') {
		fault(d, CHECK_BAD_VALUE, record, column->field, value, "is no DN");
		return;
	}
	d->dns[slot].raw = arena_strndup(d->site->arena, value->bytes, value->len);
	d->dns[slot].key = arena_strdup(d->site->arena, key);
	*(const char **)place = d->dns[slot].key;
}

/* One of a few words; @words ends with NULL. */
static void read_choice(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place,
	const char *const *words)
{
	TMP_CTX(tmp);
	struct buffer *why = buffer_new(tmp);

	buffer_add_text(why, "is none of");
	for (; *words != NULL; words++) {
		if (strcmp(*words, value->bytes) == 0) {
			*(const char **)place = *words;
			return;
		}
		buffer_printf(why, " %s", *words);
	}
	fault(d, CHECK_BAD_VALUE, record, column->field, value, why->data);
}

static void read_format(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	static const char *const words[] = {"qcow2", "raw", NULL};

	read_choice(d, record, column, value, place, words);
}

static void read_readiness(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	static const char *const words[] = {"none", "virtserial", "notify", NULL};

	read_choice(d, record, column, value, place, words);
}

static void read_version(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);
	struct release release;

	if (text == NULL)
		return;
	if (!release_find(text, &release))
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is no known release (RHEL5 to RHEL10, F7 and later)");
	else
		*(const char **)place = text;
}

/* A package, group or glob: one word that neither shlex nor dnf would read otherwise. */
static void read_package(struct decoder *d, struct record *record,
	const struct column *column, const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, column->field, value);

	if (text == NULL)
		return;
	const char *name = text + (*text == '-' || *text == '@');

	if (*text == '-' && *name == '@')
		name++;
	if (*name == '\0' || *name == '-' ||
		name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_.:+~^*?[]!/-")] != '\0')
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is no package, -package or @group");
	else
		*(const char **)place = text;
}

/* Of a repository's own filters: a package or glob, no group and nothing taken out. */
static void read_glob(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	if (value->bytes[0] == '-' || value->bytes[0] == '@')
		fault(d, CHECK_BAD_VALUE, record, column->field, value,
			"is no package name or glob");
	else
		read_package(d, record, column, value, place);
}

/* Repository ids: the alphabet of dnf and Anaconda. */
static void read_label(struct decoder *d, struct record *record, const struct column *column,
	const struct entry_value *value, void *place)
{
	read_word(d, record, column, value, place);
}

/* Tables of fields, one a kind */

#define ONE(field, read, type, member) {FIELD_##field, read, offsetof(struct type, member)}
#define NEED(field, read, type, member) \
	{FIELD_##field, read, offsetof(struct type, member), .is_required = true}
#define LIST(field, read, type, member) \
	{FIELD_##field, read, offsetof(struct type, member), .is_list = true}
#define NUMBER(field, type, member, low, high) \
	{FIELD_##field, read_number, offsetof(struct type, member), .min = low, .max = high}

static const struct column cluster_columns[] = {
	NEED(NAME, read_label, cluster, name),
	ONE(DOMAIN, read_name, cluster, domain),
	LIST(NAMESERVER, read_address_text, cluster, nameservers),
	LIST(TIMESERVER, read_server, cluster, timeservers),
	LIST(SEARCH, read_name, cluster, search),
	ONE(INSTALL_SERVER, read_url, cluster, install_server),
	ONE(TIMEZONE, read_timezone, cluster, timezone),
	{0},
};

static const struct column network_columns[] = {
	NEED(NAME, read_label, network, name),
	NEED(NETWORK, read_text, network, number),
	ONE(DOMAIN, read_name, network, domain),
	ONE(GATEWAY, read_address, network, gateway),
	LIST(NAMESERVER, read_address_text, network, nameservers),
	ONE(SHARED_NETWORK, read_label, network, shared_name),
	ONE(BRIDGE, read_bridge, network, bridge),
	NUMBER(VLAN, network, vlan, 1, 4094),
	NUMBER(MTU, network, mtu, 68, 65535),
	ONE(NEXT_SERVER, read_server, network, next_server),
	ONE(BOOT_FILE, read_boot_path, network, boot_file),
	ONE(BOOT_FILE_UEFI, read_boot_path, network, boot_file_uefi),
	ONE(BOOT_FILE_ARM64, read_boot_path, network, boot_file_arm64),
	ONE(BOOT_URL, read_url, network, boot_url),
	NUMBER(LEASE_TIME, network, lease_time, 60, INT32_MAX),
	{0},
};

static const struct column host_columns[] = {
	ONE(DESCRIPTION, read_prose, machine, description),
	ONE(LOCATION, read_prose, machine, location),
	ONE(SERIAL, read_prose, machine, serial),
	ONE(ENABLED, read_truth, machine, is_enabled),
	ONE(BOOT_FILE, read_boot_path, machine, boot_file),
	NUMBER(MEMORY, machine, memory_mib, 1, INT32_MAX),
	NUMBER(CPUS, machine, cpus, 1, 65535),
	ONE(PROFILE, read_dn, machine, profile_dn),
	ONE(INSTALL, read_truth, machine, installs),
	{0},
};

static const struct column vcn_columns[] = {
	ONE(DESCRIPTION, read_prose, machine, description),
	ONE(LOCATION, read_prose, machine, location),
	ONE(SERIAL, read_prose, machine, serial),
	ONE(ENABLED, read_truth, machine, is_enabled),
	ONE(BOOT_FILE, read_boot_path, machine, boot_file),
	NUMBER(MEMORY, machine, memory_mib, 1, INT32_MAX),
	NUMBER(CPUS, machine, cpus, 1, 1024),
	ONE(HOST, read_dn, machine, host_dn),
	ONE(IMAGE, read_dn, machine, image_dn),
	ONE(VO, read_word, machine, vo),
	{0},
};

static const struct column interface_columns[] = {
	NEED(NAME, read_label, interface, ifname),
	ONE(BOOT_INTERFACE, read_truth, interface, wants_boot),
	{0},
};

static const struct column image_columns[] = {
	NEED(NAME, read_label, image, name),
	ONE(IMAGE_PATH, read_path, image, path),
	ONE(IMAGE_FORMAT, read_format, image, format),
	ONE(SNAPSHOT, read_truth, image, snapshot),
	ONE(KERNEL, read_path, image, kernel),
	ONE(INITRD, read_path, image, initrd),
	ONE(ARGUMENTS, read_arguments, image, arguments),
	ONE(CHECKSUM, read_word, image, checksum),
	ONE(READINESS, read_readiness, image, readiness),
	{0},
};

static const struct column repository_columns[] = {
	NEED(NAME, read_label, repository, name),
	LIST(BASE_URL, read_package_url, repository, base_urls),
	ONE(MIRROR_LIST, read_package_url, repository, mirror_list),
	ONE(METALINK, read_package_url, repository, metalink),
	LIST(GPG_KEY, read_package_url, repository, gpg_keys),
	ONE(COST, read_cost, repository, cost),
	LIST(INCLUDE, read_glob, repository, includes),
	LIST(EXCLUDE, read_glob, repository, excludes),
	ONE(PROXY, read_package_url, repository, proxy),
	ONE(KEEP, read_truth, repository, keep),
	{0},
};

static const struct column profile_columns[] = {
	NEED(NAME, read_label, profile, name),
	NEED(INSTALL_URL, read_install_url, profile, install_url),
	NEED(VERSION, read_version, profile, version),
	ONE(TIMEZONE, read_timezone, profile, timezone),
	ONE(KERNEL, read_boot_path, profile, kernel),
	ONE(INITRD, read_boot_path, profile, initrd),
	ONE(ARGUMENTS, read_arguments, profile, arguments),
	LIST(REPOSITORY, read_dn, profile, repository_dns),
	LIST(PACKAGE, read_package, profile, packages),
	ONE(STRICT, read_truth, profile, is_strict),
	{0},
};

/* Which of several names is the record's own: the one in its RDN */

static bool feeds(const struct map *map, enum field_id field, const char *attribute)
{
	for (size_t i = 0; i < map->attributes[field].n; i++)
		if (text_equal_case(map->attributes[field].items[i], attribute))
			return true;
	return false;
}

/*
 * The name in the RDN; *ret_is_part says that the RDN also holds an address or a MAC: an
 * interface of a multihomed host (RFC 2307bis appendix C).
 */
static const char *rdn_name(
	TALLOC_CTX *mem_ctx, const struct map *map, const char *dn, bool *ret_is_part)
{
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(mem_ctx, dn, &n);
	const char *name = NULL;

	*ret_is_part = false;
	for (size_t i = 0; i < n; i++) {
		if (feeds(map, FIELD_NAME, parts[i].attribute))
			name = parts[i].value;
		else if (feeds(map, FIELD_ADDRESS, parts[i].attribute) ||
			feeds(map, FIELD_MAC, parts[i].attribute))
			*ret_is_part = true;
	}
	return name;
}

static int compare_values(const void *a, const void *b)
{
	return strcmp(((const struct entry_value *)a)->bytes,
		((const struct entry_value *)b)->bytes);
}

/* Values come in no order: the first is the first by order, whoever answers. */
static const struct entry_value *first_value(const struct field_values *values)
{
	const struct entry_value *first = &values->values[0];

	for (size_t i = 1; i < values->n; i++)
		if (compare_values(&values->values[i], first) < 0)
			first = &values->values[i];
	return first;
}

/*
 * The record's own name: the RDN's, else the first by order. False where it has none.
 */
static bool own_name(TALLOC_CTX *mem_ctx, struct decoder *d, struct entry_value *ret,
	bool *ret_is_part)
{
	const struct field_values *names = &d->fields[FIELD_NAME];
	const char *rdn = rdn_name(mem_ctx, d->site->map, d->entry->dn, ret_is_part);

	if (rdn != NULL) {
		*ret = (struct entry_value){rdn, strlen(rdn),
			names->n > 0 ? names->values[0].line : d->entry->line};
		return true;
	}
	if (names->n == 0)
		return false;
	*ret = *first_value(names);
	return true;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, and each once: a directory's values have no order. */
static void sort_strings(struct strings *list)
{
	uint32_t n = 0;

	if (list->n < 2)
		return;
	qsort(list->items, list->n, sizeof(*list->items), compare_strings);
	for (uint32_t i = 0; i < list->n; i++)
		if (i == 0 || strcmp(list->items[i], list->items[n - 1]) != 0)
			list->items[n++] = list->items[i];
	list->n = n;
}

static void read_list(struct decoder *d, struct record *record, const struct column *column,
	const struct field_values *values, struct strings *list)
{
	list->items = arena_alloc(d->site->arena, values->n * sizeof(*list->items));
	for (size_t i = 0; i < values->n; i++) {
		list->items[list->n] = NULL;
		column->read(
			d, record, column, &values->values[i], (void *)&list->items[list->n]);
		list->n += list->items[list->n] != NULL;
	}
	sort_strings(list);
}

static void refuse_many(
	struct decoder *d, struct record *record, enum field_id field, size_t n)
{
	record->unreadable |= UINT64_C(1) << field;
	check_report(d->reporter, CHECK_BAD_VALUE, record, field,
		"has %zu values, one is expected", n);
}

static void read_column(struct decoder *d, struct record *record, const struct column *column)
{
	TMP_CTX(tmp);
	const struct field_values *values = &d->fields[column->field];
	void *place = (char *)record + column->offset;
	struct entry_value name;
	bool is_part;

	if (column->field == FIELD_NAME && own_name(tmp, d, &name, &is_part)) {
		column->read(d, record, column, &name, place);
		return;
	}
	if (values->n == 0) {
		if (column->is_required)
			check_report(d->reporter, CHECK_MISSING_ATTRIBUTE, record,
				column->field, "is missing");
		return;
	}
	if (column->is_list)
		read_list(d, record, column, values, place);
	else if (values->n == 1 || column->read == read_prose)
		column->read(d, record, column, first_value(values), place);
	else
		refuse_many(d, record, column->field, values->n);
}

static void read_columns(
	struct decoder *d, struct record *record, const struct column *columns)
{
	for (; columns->field != FIELD_NONE; columns++)
		read_column(d, record, columns);
}

/* Records */

static const uint32_t *lines_of(struct decoder *d)
{
	if (d->entry->line == 0)
		return NULL;
	uint32_t *lines = arena_alloc(d->site->arena, _FIELD_MAX * sizeof(*lines));

	for (size_t field = 0; field < _FIELD_MAX; field++)
		if (d->fields[field].n > 0)
			lines[field] = d->fields[field].values[0].line;
	return lines;
}

/* @object is zeroed memory whose first member is its record. */
static void *record_new(struct decoder *d, size_t size, enum kind kind)
{
	TMP_CTX(tmp);
	struct record *record = arena_alloc(d->site->arena, size);
	const char *key = dn_key(tmp, d->entry->dn);

	record->dn = arena_strdup(d->site->arena, d->entry->dn);
	record->key = arena_strdup(d->site->arena, key == NULL ? record->dn : key);
	record->line = d->entry->line;
	record->lines = lines_of(d);
	record->kind = (uint8_t)kind;
	d->site->n_entries++;
	return record;
}

/* MACs and addresses of an entry, into an interface */

static void read_macs(struct decoder *d, struct record *record, struct interface *interface)
{
	const struct field_values *values = &d->fields[FIELD_MAC];

	interface->macs = arena_alloc(d->site->arena, (values->n + 1) * sizeof(struct hardware));
	for (size_t i = 0; i < values->n; i++) {
		const struct entry_value *value = &values->values[i];
		struct mac mac;
		bool is_known = false;

		if (!mac_parse(value->bytes, &mac) && !mac_parse(trimmed(d, value), &mac))
			fault(d, CHECK_BAD_MAC, record, FIELD_MAC, value,
				"is no MAC address of six octets");
		else if (mac_is_zero(mac))
			fault(d, CHECK_BAD_MAC, record, FIELD_MAC, value, "is all zeros");
		else if (mac_is_multicast(mac))
			fault(d, CHECK_MULTICAST_MAC, record, FIELD_MAC, value,
				"has the group bit set: no interface can own it");
		else {
			for (uint32_t j = 0; j < interface->n_macs; j++)
				is_known |= mac_compare(interface->macs[j].mac, mac) == 0;
			if (!is_known)
				interface->macs[interface->n_macs++] =
					(struct hardware){interface, mac, value->line, false};
		}
	}
}

static void read_addresses(
	struct decoder *d, struct record *record, struct interface *interface)
{
	static const struct column column = {.field = FIELD_ADDRESS};
	const struct field_values *values = &d->fields[FIELD_ADDRESS];

	interface->addresses =
		arena_alloc(d->site->arena, (values->n + 1) * sizeof(struct address));
	for (size_t i = 0; i < values->n; i++) {
		struct ip ip = {0};
		bool is_known = false;

		read_address(d, record, &column, &values->values[i], &ip);
		for (uint32_t j = 0; j < interface->n_addresses; j++)
			is_known |= ip_compare(interface->addresses[j].ip, ip) == 0;
		if (ip_is_set(ip) && !is_known)
			interface->addresses[interface->n_addresses++] =
				(struct address){.ip = ip, .line = values->values[i].line};
	}
}

static int compare_hardware(const void *a, const void *b)
{
	return mac_compare(((const struct hardware *)a)->mac, ((const struct hardware *)b)->mac);
}

static int compare_addresses(const void *a, const void *b)
{
	return ip_compare(((const struct address *)a)->ip, ((const struct address *)b)->ip);
}

static size_t count_family(const struct interface *interface, unsigned family)
{
	size_t n = 0;

	for (uint32_t i = 0; i < interface->n_addresses; i++)
		n += interface->addresses[i].ip.family == family;
	return n;
}

static void read_pairs(struct decoder *d, struct record *record, struct interface *interface)
{
	read_macs(d, record, interface);
	read_addresses(d, record, interface);
	qsort(interface->macs, interface->n_macs, sizeof(struct hardware), compare_hardware);
	qsort(interface->addresses, interface->n_addresses, sizeof(struct address),
		compare_addresses);
	if (interface->n_macs > 1 &&
		(count_family(interface, 4) > 1 || count_family(interface, 6) > 1)) {
		struct finding *finding = check_report(d->reporter, CHECK_AMBIGUOUS_PAIR,
			record, FIELD_MAC, "%u MAC addresses and %u addresses in one entry",
			interface->n_macs, interface->n_addresses);

		diag_note(finding, record_loc(d->site, record, FIELD_ADDRESS),
			"LDAP values have no order, so nobody can tell which belong together: "
			"give each interface an entry of its own below this one");
	}
}

/* Names of a host or VCN: its own, and aliases */

static void add_alias(struct decoder *d, struct machine *machine, enum field_id field,
	const struct entry_value *value)
{
	const struct column column = {.field = field};
	const char *name = NULL;

	read_name(d, &machine->record, &column, value, (void *)&name);
	if (name != NULL && machine->cn != NULL && strcmp(name, machine->cn) != 0)
		machine->aliases.items[machine->aliases.n++] = name;
}

static void read_names(struct decoder *d, struct machine *machine)
{
	TMP_CTX(tmp);
	static const struct column column = {.field = FIELD_NAME};
	const struct field_values *names = &d->fields[FIELD_NAME];
	const struct field_values *aliases = &d->fields[FIELD_ALIAS];
	struct entry_value own;

	if (!own_name(tmp, d, &own, &machine->is_part)) {
		check_report(d->reporter, CHECK_MISSING_ATTRIBUTE, &machine->record, FIELD_NAME,
			"is missing");
		return;
	}
	read_name(d, &machine->record, &column, &own, (void *)&machine->cn);
	machine->alias_field = aliases->n > 0 ? FIELD_ALIAS : FIELD_NAME;
	machine->aliases.items = arena_alloc(
		d->site->arena, (names->n + aliases->n + 1) * sizeof(const char *));
	for (size_t i = 0; i < names->n; i++)
		if (!text_equal_case(names->values[i].bytes, own.bytes))
			add_alias(d, machine, FIELD_NAME, &names->values[i]);
	for (size_t i = 0; i < aliases->n; i++)
		add_alias(d, machine, FIELD_ALIAS, &aliases->values[i]);
	sort_strings(&machine->aliases);
}

/* One function a kind */

#define PUSH(d, table, n, object) \
	(*mem_push((d)->site, &(d)->site->table, &(d)->site->n) = (object))

/* device + ipHost + ieee802Device, vocPhysicalNode or vocVirtualNode (auxiliary) */
static void decode_machine(struct decoder *d, enum kind kind)
{
	struct machine *machine = record_new(d, sizeof(*machine), kind);

	machine->is_vcn = kind == KIND_VCN;
	machine->is_enabled = true;
	read_names(d, machine);
	read_columns(d, &machine->record, machine->is_vcn ? vcn_columns : host_columns);
	machine->has_vm_host_class = d->has_vm_host_class;
	if (d->fields[FIELD_MAC].n > 0 || d->fields[FIELD_ADDRESS].n > 0) {
		struct interface *own = arena_alloc(d->site->arena, sizeof(*own));

		own->record = machine->record;
		own->machine = machine;
		read_pairs(d, &machine->record, own);
		machine->own = own;
	}
	PUSH(d, machines, n_machines, machine);
}

/* vocNodeInterface: MUST cn MAY macAddress $ ipHostNumber $ vocBootInterface */
static void decode_interface(struct decoder *d)
{
	struct interface *interface = record_new(d, sizeof(*interface), KIND_INTERFACE);

	read_columns(d, &interface->record, interface_columns);
	interface->refuses_boot =
		d->fields[FIELD_BOOT_INTERFACE].n > 0 && !interface->wants_boot;
	read_pairs(d, &interface->record, interface);
	PUSH(d, interfaces, n_interfaces, interface);
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	int order = ip_compare(a->start, b->start);

	return order != 0 ? order : ip_compare(a->end, b->end);
}

/* `FIRST LAST`; whether it lies in the network is lint's question */
static void read_ranges(struct decoder *d, struct network *network)
{
	const struct field_values *values = &d->fields[FIELD_DYNAMIC_RANGE];

	network->ranges = arena_alloc(d->site->arena, (values->n + 1) * sizeof(struct range));
	for (size_t i = 0; i < values->n; i++) {
		TMP_CTX(tmp);
		size_t n;
		char **words = text_split_blank(tmp, values->values[i].bytes, &n);
		struct range *range = &network->ranges[network->n_ranges];

		if (strlen(values->values[i].bytes) != values->values[i].len || n != 2 ||
			!ip_parse(words[0], &range->start) || !ip_parse(words[1], &range->end))
			fault(d, CHECK_BAD_RANGE, &network->record, FIELD_DYNAMIC_RANGE,
				&values->values[i], "is not FIRST LAST, two addresses");
		else
			network->n_ranges++;
	}
	qsort(network->ranges, network->n_ranges, sizeof(struct range), compare_ranges);
}

static void read_prefix(struct decoder *d, struct network *network)
{
	const struct field_values *masks = &d->fields[FIELD_NETMASK];
	const char *mask = NULL;

	if (network->number == NULL)
		return;
	if (masks->n > 1)
		check_report(d->reporter, CHECK_BAD_VALUE, &network->record, FIELD_NETMASK,
			"has %zu values, one is expected", masks->n);
	if (masks->n > 0)
		mask = trimmed(d, &masks->values[0]);
	const char *why = prefix_parse(network->number, mask, &network->prefix);

	if (why != NULL)
		fault(d, CHECK_BAD_IP, &network->record, FIELD_NETWORK,
			&d->fields[FIELD_NETWORK].values[0], why);
}

static void decode_network(struct decoder *d)
{
	struct network *network = record_new(d, sizeof(*network), KIND_NETWORK);

	read_columns(d, &network->record, network_columns);
	read_prefix(d, network);
	read_ranges(d, network);
	PUSH(d, networks, n_networks, network);
}

static void decode_cluster(struct decoder *d)
{
	struct cluster *cluster = record_new(d, sizeof(*cluster), KIND_CLUSTER);

	read_columns(d, &cluster->record, cluster_columns);
	PUSH(d, clusters, n_clusters, cluster);
}

static void decode_image(struct decoder *d)
{
	struct image *image = record_new(d, sizeof(*image), KIND_IMAGE);

	image->snapshot = true;
	image->format = "qcow2";
	image->readiness = "none";
	read_columns(d, &image->record, image_columns);
	PUSH(d, images, n_images, image);
}

static void decode_repository(struct decoder *d)
{
	struct repository *repository = record_new(d, sizeof(*repository), KIND_REPOSITORY);

	repository->cost = -1;
	read_columns(d, &repository->record, repository_columns);
	PUSH(d, repositories, n_repositories, repository);
}

/* name, -name and @group apart; the packages list keeps the plain names */
static void sort_packages(struct decoder *d, struct profile *profile)
{
	struct strings all = profile->packages;
	size_t size = (all.n + 1) * sizeof(const char *);

	profile->packages =
		(struct strings){.items = arena_alloc(d->site->arena, size)};
	profile->groups = (struct strings){.items = arena_alloc(d->site->arena, size)};
	profile->removed = (struct strings){.items = arena_alloc(d->site->arena, size)};
	for (uint32_t i = 0; i < all.n; i++) {
		if (all.items[i][0] == '-')
			profile->removed.items[profile->removed.n++] = all.items[i] + 1;
		else if (all.items[i][0] == '@')
			profile->groups.items[profile->groups.n++] = all.items[i] + 1;
		else
			profile->packages.items[profile->packages.n++] = all.items[i];
	}
}

static void decode_profile(struct decoder *d)
{
	struct profile *profile = record_new(d, sizeof(*profile), KIND_PROFILE);

	read_columns(d, &profile->record, profile_columns);
	sort_packages(d, profile);
	PUSH(d, profiles, n_profiles, profile);
}

static void decode_kind(struct decoder *d, enum kind kind)
{
	switch (kind) {
	case KIND_CLUSTER:
		decode_cluster(d);
		break;
	case KIND_NETWORK:
		decode_network(d);
		break;
	case KIND_HOST:
	case KIND_VCN:
		decode_machine(d, kind);
		break;
	case KIND_INTERFACE:
		decode_interface(d);
		break;
	case KIND_IMAGE:
		decode_image(d);
		break;
	case KIND_REPOSITORY:
		decode_repository(d);
		break;
	case KIND_PROFILE:
		decode_profile(d);
		break;
	case KIND_NONE:
	case _KIND_MAX:
		break;
	}
}

void decode_entry(void *data, const struct entry *entry)
{
	TMP_CTX(tmp);
	struct decoder *d = data;

	d->scratch = tmp;
	d->entry = entry;
	decode_kind(d, sort_values(d, entry));
}
