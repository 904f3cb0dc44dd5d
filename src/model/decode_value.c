/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/guest_value.h"
#include "base/ssh_key.h"
#include "base/text.h"
#include "model/bond.h"
#include "model/decode_feed.h"
#include "model/disk.h"
#include "model/dns_record.h"
#include "model/release.h"
#include "model/url_value.h"
#include "read/dn.h"

/* Reporting on a value of the entry at hand */

static struct origin *origin_of(struct decoder *d, enum field_id field)
{
	for (uint32_t i = 0; i < d->n_found; i++)
		if (d->found[i].field == field)
			return &d->found[i];
	return NULL;
}

struct loc decode_loc(struct decoder *d, const struct record *record, enum field_id field,
	const struct entry_value *value)
{
	struct loc where = record_loc(d->site, record, field);
	const struct origin *origin = decode_origin_of(d, field, value);

	if (origin != NULL)
		loc_to_origin(&where, origin);
	if (value->line > 0)
		where.line = value->line;
	return where;
}

struct finding *decode_fault(struct decoder *d, enum check check, struct record *record,
	enum field_id field, const struct entry_value *value, const char *why)
{
	TMP_CTX(tmp);
	const char *shown = text_printable(tmp, value->bytes, value->len);
	struct origin *origin = origin_of(d, field);

	if (origin != NULL)
		origin->is_refused = true;
	return check_report_where(d->reporter, check, record,
		decode_loc(d, record, field, value), "'%s': %s", shown, why);
}

void decode_pass_over(struct decoder *d, struct record *record, enum field_id field,
	const struct entry_value *value, const char *why)
{
	TMP_CTX(tmp);

	decode_fault(d, CHECK_PASSED_OVER, record, field, value,
		mem_printf(tmp, "%s: passed over", why));
}

/* Leading and trailing blanks are common in directories and never meant. */
const char *decode_trimmed(struct decoder *d, const struct entry_value *value)
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
		decode_fault(d, CHECK_BAD_VALUE, record, field, value,
			"contains a control character");
		return NULL;
	}
	if (!text_is_utf8(value->bytes, value->len)) {
		decode_fault(d, CHECK_BAD_VALUE, record, field, value, "is not UTF-8");
		return NULL;
	}
	const char *text = decode_trimmed(d, value);
	uint32_t unseen = text_unseen(text);

	if (unseen != 0) {
		TMP_CTX(tmp);

		decode_fault(d, CHECK_BAD_VALUE, record, field, value,
			mem_printf(tmp, "contains U+%04X, a character that shows nothing",
				unseen));
		return NULL;
	}
	if (*text == '\0') {
		decode_fault(d, CHECK_BAD_VALUE, record, field, value, "is empty");
		return NULL;
	}
	return text;
}

void decode_keep(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, const char *text, const char *why, void *place)
{
	if (why != NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, why);
	else if (text != NULL)
		*(const char **)place = text;
}

void decode_text(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	if (text != NULL)
		*(const char **)place = text;
}

/* Free text for people: kept as it is, an escaper decides where it can go. */
void decode_prose(struct decoder *d, struct record *record _unused_,
	const struct use *use _unused_, const struct entry_value *value, void *place)
{
	*(const char **)place = arena_strndup(d->site->arena, value->bytes, value->len);
}

void decode_number(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	uint64_t number;

	if (strlen(value->bytes) == value->len &&
		text_parse_u64(value->bytes, use->max, &number) && number >= use->min)
		*(uint32_t *)place = (uint32_t)number;
	else
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			mem_printf(d->scratch, "is no number from %u to %u", use->min,
				use->max));
}

void decode_cost(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	uint64_t number;

	if (strlen(value->bytes) == value->len &&
		text_parse_u64(value->bytes, INT32_MAX, &number))
		*(int64_t *)place = (int64_t)number;
	else
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no whole number");
}

/* An attribute of a site's own may be any text. */
static bool is_foreign_truth(const char *text, bool *ret)
{
	bool is_digit = strcmp(text, "0") == 0 || strcmp(text, "1") == 0;

	if (is_digit)
		*ret = *text == '1';
	return is_digit || text_is_truth(text, ret);
}

bool decode_is_truth(struct decoder *d, enum field_id field,
	const struct entry_value *value, bool *ret)
{
	bool is_true = strcmp(value->bytes, "TRUE") == 0;

	if (strlen(value->bytes) != value->len)
		return false;
	if (is_true || strcmp(value->bytes, "FALSE") == 0) {
		*ret = is_true;
		return true;
	}
	return (field >= _FIELD_MAX || !decode_is_ours(d, field, value)) &&
	       is_foreign_truth(decode_trimmed(d, value), ret);
}

void decode_truth(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	if (!decode_is_truth(d, use->field, value, place))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is neither TRUE nor FALSE");
}

void decode_time(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	int64_t *time = place;

	if (strlen(value->bytes) != value->len || !text_parse_time(value->bytes, time))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no time such as 20261231235900Z");
	else if (*time == 0)
		*time = 1; /* 0 is none; whoever writes 1970 means what is over */
}

/* ADDRESS/LENGTH or ADDRESS/MASK: an interface's address as configuration files have it. */
static bool parse_with_length(const char *text, struct ip *ret)
{
	char address[IP_TEXT_MAX];
	size_t len = strcspn(text, "/");
	unsigned length;
	struct ip ip;

	if (text[len] != '/' || len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!ip_parse(address, &ip) ||
		prefix_length_parse(ip.family, text + len + 1, &length) != NULL)
		return false;
	*ret = ip;
	return true;
}

/* An address, or what was meant to be one: 10.1.0 and 10.1.0.256 are no names. */
static bool is_like_address(const char *text)
{
	struct ip ip;

	return ip_parse(text, &ip) || parse_with_length(text, &ip) ||
	       (strchr(text, '.') != NULL && text[strspn(text, "0123456789.")] == '\0');
}

/* A host or domain name, in lower case; an IP address is none (RFC 1123 section 2.1). */
void decode_name(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	/* a copy of our own */
	char *name = (char *)(uintptr_t)text_of(d, record, use->field, value);
	struct ip ip;

	if (name == NULL)
		return;

	text_lower(name);
	if (text_has_suffix(name, ".") && strlen(name) > 1)
		name[strlen(name) - 1] = '\0';
	const char *why = text_hostname_fault(name);

	if (why == NULL && is_like_address(name))
		why = ip_parse(name, &ip) ? "is an address, not a name"
					  : "is an address with an error, not a name";
	if (why != NULL)
		decode_fault(d, CHECK_BAD_NAME, record, use->field, value, why);
	else
		*(const char **)place = name;
}

void decode_address(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	if (strlen(value->bytes) == value->len && ip_parse(value->bytes, place))
		return;
	const char *text = text_of(d, record, use->field, value);

	if (text != NULL && !ip_parse(text, place) && !parse_with_length(text, place))
		decode_fault(
			d, CHECK_BAD_IP, record, use->field, value, "is no IP address");
}

/* An address, kept as text in its canonical form. */
static void read_address_text(struct decoder *d, struct record *record,
	const struct use *use, const struct entry_value *value, void *place)
{
	struct ip ip = {0};
	char buffer[IP_TEXT_MAX];

	decode_address(d, record, use, value, &ip);
	if (!ip_is_set(ip))
		return;
	/* each client would take it for itself, or for all */
	if (ip_unusable(ip) != NULL)
		decode_pass_over(d, record, use->field, value, ip_unusable(ip));
	else
		*(const char **)place =
			arena_strdup(d->site->arena, ip_format(ip, buffer));
}

static bool starts_with_letter(const char *text)
{
	return strchr(TEXT_LETTERS, *text) != NULL && *text != '\0';
}

/* No part of an address is like the first and the last of a name (RFC 3696 section 2). */
bool decode_is_name(struct decoder *d, const struct entry_value *value)
{
	const char *text = decode_trimmed(d, value);
	const char *last = strrchr(text, '.');

	return strlen(value->bytes) == value->len && starts_with_letter(text) &&
	       (last == NULL || starts_with_letter(last + 1)) &&
	       text_hostname_fault(text) == NULL;
}

void decode_name_server(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	if (decode_is_name(d, value))
		decode_name(d, record, use, value, place);
	else
		read_address_text(d, record, use, value, place);
}

/* A server: an address or a host name. */
void decode_server(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	if (is_like_address(decode_trimmed(d, value)))
		read_address_text(d, record, use, value, place);
	else
		decode_name(d, record, use, value, place);
}

void decode_word(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	if (text == NULL)
		return;
	if (!text_is_word(text))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"only letters, digits and _ . : - are allowed, no - or . first");
	else
		*(const char **)place = text;
}

/* A word whose case says nothing: ALGORITHM:HEX */
void decode_checksum(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *word = NULL;

	decode_word(d, record, use, value, (void *)&word);
	if (word == NULL)
		return;
	char *lower = arena_strdup(d->site->arena, word);

	text_lower(lower);
	*(const char **)place = lower;
}

/* A name of the time zone database: Area/Location */
void decode_timezone(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	if (text == NULL)
		return;
	if (text[0] == '/' || text[0] == '-' || strstr(text, "..") != NULL ||
		text[strspn(text, TEXT_LETTERS TEXT_DIGITS "_+-/")] != '\0')
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no time zone such as Europe/Paris or Etc/UTC");
	else
		*(const char **)place = text;
}

/* Of an interface, as vcn takes it, and in the letters of a word. */
void decode_bridge(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *word = NULL;

	decode_word(d, record, use, value, (void *)&word);
	decode_keep(d, record, use, value, word, word == NULL ? NULL : ifname_fault(word),
		place);
}

/* What is behind --bondopts= and in the driver's `NAME=VALUE`: words of letters and digits. */
static const char *bond_option_fault(const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text || equals[1] == '\0' ||
		text[strspn(text, TEXT_LETTERS TEXT_DIGITS "_.:+-=")] != '\0' ||
		strchr(equals + 1, '=') != NULL)
		return "is not NAME=VALUE,… such as mode=802.3ad,miimon=100";
	return text_has_prefix(text, "mode=") && !bond_knows_mode(equals + 1)
		       ? "has a mode that Linux has no bond of"
		       : NULL;
}

void decode_bond_options(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	TMP_CTX(tmp);
	const char *text = text_of(d, record, use->field, value), *why = NULL;

	for (const char *at = text; at != NULL && why == NULL;) {
		size_t len = strcspn(at, ",");

		why = bond_option_fault(mem_strndup(tmp, at, len));
		at = at[len] == '\0' ? NULL : at + len + 1;
	}
	decode_keep(d, record, use, value, text, why, place);
}

/* An absolute path that stays where it says; QEMU splits its options at commas. */
const char *decode_path_fault(const char *path)
{
	if (path[0] != '/')
		return "is no absolute path";
	if (strchr(path, ',') != NULL)
		return "contains a comma";
	if (strstr(path, "/../") != NULL || text_has_suffix(path, "/.."))
		return "contains '..'";
	if (strlen(path) > FILE_PATH_MAX)
		return "is longer than 4095 bytes, which no path is";
	return text_has_suffix(path, "/") ? "names a folder" : NULL;
}

void decode_path(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	decode_keep(d, record, use, value, text,
		text == NULL ? NULL : decode_path_fault(text), place);
}

/* A kernel of an install profile may be a path below the TFTP root or a URL. */
void decode_boot_path(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	decode_keep(d, record, use, value, text,
		text == NULL ? NULL : boot_path_fault(text), place);
}

/* iPXE loads by TFTP, too. */
void decode_url(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);
	const char *why =
		text == NULL ? NULL : url_value_fault(text, use->field == FIELD_BOOT_URL);

	decode_keep(d, record, use, value, text, why, place);
}

/* What yum and dnf fetch by; mounting an NFS export is nobody's business here. */
void decode_package_url(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	if (text_has_prefix(decode_trimmed(d, value), "nfs:"))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no http, https, ftp or file URL");
	else
		decode_url(d, record, use, value, place);
}

/* The installer's `url` command fetches by http, https and ftp; `nfs` mounts the rest. */
void decode_install_url(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = decode_trimmed(d, value);

	if (text_has_prefix(text, "file:"))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no http, https, ftp or nfs URL");
	else
		decode_url(d, record, use, value, place);
}

static bool is_key_type(const char *text, size_t len)
{
	static const char *const types[] = {"ssh-ed25519", "ssh-rsa",
		"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
		"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strlen(types[i]) == len && memcmp(types[i], text, len) == 0)
			return true;
	return false;
}

/* A blob begins with its length, which is small: AAAA in base64 (RFC 4253 6.6). */
void decode_authorized_key(struct decoder *d, struct record *record,
	const struct use *use, const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);
	size_t type = text == NULL ? 0 : strcspn(text, " ");

	if (text == NULL)
		return;
	const char *blob = text + type + strspn(text + type, " ");
	size_t len = strspn(blob, TEXT_LETTERS TEXT_DIGITS "+/=");

	if (!is_key_type(text, type) || len < 64 || !text_has_prefix(blob, "AAAA") ||
		(blob[len] != '\0' && blob[len] != ' '))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no public key as ssh-keygen writes it: TYPE KEY COMMENT");
	else
		*(const char **)place = text;
}

/* A kernel's command line; each place where it is printed quotes it, or refuses it. */
void decode_arguments(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);
	size_t n_quotes = 0;

	for (const char *c = text; c != NULL && *c != '\0'; c++)
		n_quotes += *c == '"';
	decode_keep(d, record, use, value, text,
		n_quotes % 2 != 0 ? "has a double quote that is not closed" : NULL,
		place);
}

/* Kept as an installer writes it: `sda`, `/dev/disk/by-id/…`, `mapper/mpatha`; or a rule. */
void decode_install_disk(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	if (text == NULL)
		return;
	if (text_has_prefix(text, "/dev/") && !text_has_prefix(text, "/dev/disk/"))
		text += strlen("/dev/");
	else if (text_has_prefix(text, "disk/by-"))
		text = arena_printf(d->site->arena, "/dev/%s", text);
	else if (text_has_prefix(text, "mpath"))
		text = arena_printf(d->site->arena, "mapper/%s", text);
	if (!disk_is_rule(text) && !disk_is_device(text))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no device (sda, /dev/disk/by-id/…, /dev/disk/by-path/…) and no "
			"rule (serial=SERIAL, smallest, largest, size=MIN-MAX in GB)");
	else
		*(const char **)place = text;
}

/* The canonical DN, each made once; NULL for what is none. */
static const char *key_of(struct decoder *d, const struct entry_value *value)
{
	if (strlen(value->bytes) != value->len)
		return NULL;
	const char *key = table_find_bytes(d->keys, value->bytes, value->len);

	if (key != NULL)
		return key;
	const char *made = dn_key(d->scratch, value->bytes);

	if (made == NULL || *made == '\0')
		return NULL;
	char *raw = arena_strndup(d->site->arena, value->bytes, value->len);
	void **slot = table_slot(d->keys, raw);

	return *slot = arena_strdup(d->site->arena, made);
}

void decode_dn(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *key = key_of(d, value);

	if (key == NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, "is no DN");
	else
		*(const char **)place = key;
}

/* A group costs nobody anything, and a member of it only that member. */
static void lose_member(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, const char *why)
{
	TMP_CTX(tmp);
	bool was_bad = record->is_bad, was_wrong = record->is_wrong;

	check_report_loc(d->reporter, CHECK_BAD_VALUE, SEVERITY_WARNING, record,
		decode_loc(d, record, use->field, value), "'%s': %s: no member",
		text_printable(tmp, value->bytes, value->len), why);
	record->is_bad = was_bad;
	record->is_wrong = was_wrong;
}

void decode_member(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *key = key_of(d, value);

	if (key == NULL)
		lose_member(d, record, use, value, "is no DN");
	else
		*(const char **)place = key;
}

/* source: RFC 2307 section 3: "(" hostname "," username "," domainname ")", blanks between */
static bool is_triple(const struct entry_value *value)
{
	const char *text = value->bytes + strspn(value->bytes, " \t");
	size_t n_commas = 0, len = strlen(text);

	while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
		len--;
	for (size_t i = 0; i < len; i++)
		n_commas += text[i] == ',';
	return strlen(value->bytes) == value->len && n_commas == 2 && text[0] == '(' &&
	       text[len - 1] == ')' && strcspn(text + 1, "()") == len - 2 &&
	       !text_has_control(value->bytes, value->len) &&
	       text_is_utf8(value->bytes, value->len);
}

void decode_triple(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	if (is_triple(value))
		decode_prose(d, record, use, value, place);
	else
		lose_member(
			d, record, use, value, "is no (HOST,USER,DOMAIN) of RFC 2307");
}

/* One of a few words, in whatever case; @words ends with NULL. */
static void decode_choice(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place, const char *const *words)
{
	TMP_CTX(tmp);
	struct buffer *why = buffer_new(tmp);
	const char *text = text_of(d, record, use->field, value);

	if (text == NULL)
		return;
	buffer_add_text(why, "is none of");
	for (; *words != NULL; words++) {
		if (text_equal_case(*words, text)) {
			*(const char **)place = *words;
			return;
		}
		buffer_printf(why, " %s", *words);
	}
	decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, why->data);
}

void decode_format(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	static const char *const words[] = {"qcow2", "raw", NULL};

	decode_choice(d, record, use, value, place, words);
}

void decode_architecture(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	static const char *const words[] = {"x86_64", "aarch64", NULL};

	decode_choice(d, record, use, value, place, words);
}

void decode_firmware(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	static const char *const words[] = {"bios", "uefi", "uefi-secure", NULL};

	decode_choice(d, record, use, value, place, words);
}

void decode_readiness(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	static const char *const words[] = {"none", "virtserial", "notify", NULL};

	decode_choice(d, record, use, value, place, words);
}

void decode_version(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);
	struct release release;

	if (text == NULL)
		return;
	if (!release_find(text, &release))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no known release (RHEL5 to RHEL10, F7 and later, debian12, "
			"debian13, ubuntu24.04)");
	else
		*(const char **)place = text;
}

/* A package, group or glob: one word that neither shlex nor dnf would read otherwise. */
void decode_package(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	if (text == NULL)
		return;
	const char *name = text + (*text == '-' || *text == '@');
	bool is_group = *text == '@';

	if (*text == '-' && *name == '@') {
		is_group = true;
		name++;
	}
	name += is_group && *name == '^'; /* an environment */
	size_t len = strspn(name, TEXT_LETTERS TEXT_DIGITS "_.:+~^*?[]!/- ");

	if (*name == '\0' || *name == '-' || *name == ' ' || name[len] != '\0' ||
		strstr(name, " -") != NULL || (!is_group && strchr(name, ' ') != NULL))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			is_group && *name == ' '
				? "has a blank behind the @: the group follows at once, as in @Core"
				: "is no package, -package or @group");
	else
		*(const char **)place = text;
}

/* Of apt's sources: one word without quotes, brackets or options. */
void decode_suite(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = text_of(d, record, use->field, value);

	if (text == NULL)
		return;
	if (*text == '-' ||
		text[strspn(text, TEXT_LETTERS TEXT_DIGITS "_.:/+~-")] != '\0')
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no suite or component as apt's sources have it");
	else
		*(const char **)place = text;
}

/* Words of the alphabet that dnf has for modules and streams. */
void decode_module(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	static const char known[] = TEXT_LETTERS TEXT_DIGITS "_.+-";
	const char *text = text_of(d, record, use->field, value);

	if (text == NULL)
		return;
	const char *name = text + (*text == '-');
	const char *stream = name + strspn(name, known);
	bool is_whole = *stream == '\0' && *text == '-';
	bool has_stream = *stream == ':' && stream[1] != '\0' && stream[1] != '-' &&
			  stream[1 + strspn(stream + 1, known)] == '\0';

	if (stream == name || *name == '-' || (!is_whole && !has_stream))
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no NAME:STREAM, -NAME:STREAM or -NAME");
	else
		*(const char **)place = text;
}

/* Of a repository's own filters: a package or glob, no group and nothing taken out. */
void decode_glob(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = decode_trimmed(d, value);

	if (text[0] == '-' || text[0] == '@')
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value,
			"is no package name or glob");
	else
		decode_package(d, record, use, value, place);
}

bool decode_is_ours(
	struct decoder *d, enum field_id field, const struct entry_value *value)
{
	const struct origin *origin = decode_origin_of(d, field, value);
	const char *names = attribute_of(field)->names;
	size_t len = strcspn(names, " ");

	return origin == NULL || (strlen(origin->attribute) == len &&
					 strncasecmp(origin->attribute, names, len) == 0);
}

/*
 * @value alone is lost: nothing else of its entry stands on it, which is wrong but not bad. What a
 * foreign directory took for its own purposes is passed over.
 */
static void lose_value(struct decoder *d, struct record *record, enum field_id field,
	const struct entry_value *value, const char *why)
{
	bool was_bad = record->is_bad;

	if (decode_is_ours(d, field, value))
		decode_fault(d, CHECK_BAD_VALUE, record, field, value, why);
	else
		decode_pass_over(d, record, field, value, why);
	record->is_bad = was_bad;
}

/*
 * The comment behind the key is nobody's business. FreeIPA may have the bytes alone. A key that
 * is none costs no host its names.
 */
void decode_ssh_key(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	TMP_CTX(tmp);
	struct ssh_key key;
	const char *text = ssh_key_text(tmp, value->bytes, value->len);
	const char *why = text_has_control(text, strlen(text))
				  ? "contains a control character"
				  : ssh_key_parse(tmp, text, &key);

	if (why != NULL) {
		lose_value(d, record, use->field, value, why);
		return;
	}
	text += strspn(text, " \t");
	size_t len = strcspn(text, " \t");

	len += strspn(text + len, " \t");
	len += strcspn(text + len, " \t");
	*(const char **)place = arena_strndup(d->site->arena, text, len);
}

/*
 * Of the records of an entry one that is none costs that record alone, as one does that does not go
 * with others (lint_dns.c).
 */
void decode_dns_record(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	bool was_bad = record->is_bad;
	const char *text = text_of(d, record, use->field, value);
	struct dns_record parsed;

	record->is_bad = was_bad;
	if (text == NULL)
		return;
	const char *why = dns_record_parse(d->site->arena, text, &parsed);

	if (why != NULL)
		lose_value(d, record, use->field, value, why);
	else
		*(const char **)place = dns_record_format(d->site->arena, &parsed);
}

void decode_sort_strings(struct strings *list)
{
	uint32_t n = 0;

	if (list->n < 2)
		return;
	qsort(list->items, list->n, sizeof(*list->items), text_compare_items);
	for (uint32_t i = 0; i < list->n; i++)
		if (i == 0 || strcmp(list->items[i], list->items[n - 1]) != 0)
			list->items[n++] = list->items[i];
	list->n = n;
}
