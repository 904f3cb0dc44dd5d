/* SPDX-License-Identifier: Apache-2.0 */

#include "read/certificate.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

/* ASN.1 tags that occur (X.690 section 8.1.2) */
enum {
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_UTC_TIME = 0x17,
	TAG_GENERAL_TIME = 0x18,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_DNS_NAME = 0x82,
	TAG_ADDRESS = 0x87,
	TAG_VERSION = 0xa0,
	TAG_EXTENSIONS = 0xa3,
};

/* The rest of the content of one element. */
struct der {
	const unsigned char *at;
	size_t len;
};

/* Takes the next element off @in; false at the end and for what is no DER. */
static bool take(struct der *in, unsigned *ret_tag, struct der *ret)
{
	size_t head = 2, len;

	if (in->len < 2)
		return false;
	len = in->at[1];
	if (len > 127) {
		size_t n = len & 127;

		if (n == 0 || n > 4 || in->len < head + n)
			return false;
		for (len = 0; n > 0; n--)
			len = len << 8 | in->at[head++];
	}
	if (len > in->len - head)
		return false;
	*ret_tag = in->at[0];
	*ret = (struct der){in->at + head, len};
	in->at += head + len;
	in->len -= head + len;
	return true;
}

static bool take_tag(struct der *in, unsigned tag, struct der *ret)
{
	unsigned got;

	return take(in, &got, ret) && got == tag;
}

/* Two decimal digits, or -1. */
static int two_digits(const unsigned char *text)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* UTCTime or GeneralizedTime, always with seconds and Z (RFC 5280 section 4.1.2.5). */
static bool take_time(struct der *in, int64_t *ret)
{
	struct der text;
	unsigned tag;
	int fields[6];

	if (!take(in, &tag, &text) || (tag != TAG_UTC_TIME && tag != TAG_GENERAL_TIME))
		return false;
	size_t skip = tag == TAG_GENERAL_TIME ? 2 : 0;

	if (text.len < skip + 12)
		return false;
	for (int i = 0; i < 6; i++) {
		fields[i] = two_digits(text.at + skip + 2 * i);
		if (fields[i] < 0)
			return false;
	}
	int century = skip ? two_digits(text.at) : fields[0] < 50 ? 20 : 19;
	struct tm tm = {.tm_year = century * 100 + fields[0] - 1900,
		.tm_mon = fields[1] - 1,
		.tm_mday = fields[2],
		.tm_hour = fields[3],
		.tm_min = fields[4],
		.tm_sec = fields[5]};

	*ret = timegm(&tm);
	return true;
}

static bool is_oid(struct der oid, const char *bytes)
{
	return oid.len == 3 && memcmp(oid.at, bytes, 3) == 0;
}

/* The common name in a Name, else its organization, else "?". */
static const char *name_of(TALLOC_CTX *mem_ctx, struct der name)
{
	struct der set, pair, oid, value;
	const char *organization = NULL;
	unsigned tag;

	while (take_tag(&name, TAG_SET, &set)) {
		if (!take_tag(&set, TAG_SEQUENCE, &pair) ||
			!take_tag(&pair, TAG_OID, &oid) || !take(&pair, &tag, &value))
			break;
		bool is_common = is_oid(oid, "\x55\x04\x03"); /* 2.5.4.3 */

		if (is_common || is_oid(oid, "\x55\x04\x0a")) /* 2.5.4.10 */
			organization = text_printable(
				mem_ctx, (const char *)value.at, value.len);
		if (is_common)
			return organization;
	}
	return organization ? organization : "?";
}

static void add_name(TALLOC_CTX *mem_ctx, struct string_list *names, const char *name)
{
	*mem_push(mem_ctx, &names->items, &names->n) = name;
}

/* subjectAltName (RFC 5280 section 4.2.1.6) */
static void add_alternatives(
	TALLOC_CTX *mem_ctx, struct der value, struct string_list *names)
{
	struct der list, name;
	unsigned tag;

	if (!take_tag(&value, TAG_SEQUENCE, &list))
		return;
	while (take(&list, &tag, &name)) {
		char text[INET6_ADDRSTRLEN];

		if (tag == TAG_DNS_NAME)
			add_name(mem_ctx, names,
				text_printable(mem_ctx, (const char *)name.at, name.len));
		else if (tag == TAG_ADDRESS && (name.len == 4 || name.len == 16) &&
			 inet_ntop(name.len == 4 ? AF_INET : AF_INET6, name.at, text,
				 sizeof(text)))
			add_name(mem_ctx, names, mem_strdup(mem_ctx, text));
	}
}

/* What stands behind the subject: its key, unique ids, extensions. */
static void read_extensions(
	TALLOC_CTX *mem_ctx, struct der tbs, struct string_list *names)
{
	struct der outer, list, extension, oid, value;
	unsigned tag = 0;

	while (take(&tbs, &tag, &outer)) {
		if (tag == TAG_EXTENSIONS)
			break;
	}
	if (tag != TAG_EXTENSIONS || !take_tag(&outer, TAG_SEQUENCE, &list))
		return;
	while (take_tag(&list, TAG_SEQUENCE, &extension)) {
		if (!take_tag(&extension, TAG_OID, &oid) ||
			!is_oid(oid, "\x55\x1d\x11")) /* 2.5.29.17 */
			continue;
		while (take(&extension, &tag, &value)) { /* `critical` may come first */
			if (tag == TAG_OCTETS)
				add_alternatives(mem_ctx, value, names);
		}
	}
}

bool certificate_parse(
	TALLOC_CTX *mem_ctx, const void *bytes, size_t len, struct certificate *ret)
{
	struct der in = {bytes, len}, outer, tbs, issuer, validity, subject, skipped;

	*ret = (struct certificate){0};
	if (!take_tag(&in, TAG_SEQUENCE, &outer) || !take_tag(&outer, TAG_SEQUENCE, &tbs))
		return false;
	if (tbs.len > 0 && tbs.at[0] == TAG_VERSION &&
		!take_tag(&tbs, TAG_VERSION, &skipped))
		return false;
	unsigned serial;

	if (!take(&tbs, &serial, &skipped) || !take_tag(&tbs, TAG_SEQUENCE, &skipped) ||
		!take_tag(&tbs, TAG_SEQUENCE, &issuer) ||
		!take_tag(&tbs, TAG_SEQUENCE, &validity) ||
		!take_tag(&tbs, TAG_SEQUENCE, &subject) ||
		!take_time(&validity, &ret->not_before) ||
		!take_time(&validity, &ret->not_after))
		return false;
	ret->issuer = name_of(mem_ctx, issuer);
	read_extensions(mem_ctx, tbs, &ret->names);
	if (ret->names.n == 0)
		add_name(mem_ctx, &ret->names, name_of(mem_ctx, subject));
	return true;
}

/* An address in one form, so that `::0:1` equals `::1`; a name stays as it is. */
static const char *canonical_host(const char *host, char text[INET6_ADDRSTRLEN])
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET6, host, bytes) == 1)
		return inet_ntop(AF_INET6, bytes, text, INET6_ADDRSTRLEN);
	return host;
}

bool certificate_is_for(const struct certificate *certificate, const char *host)
{
	char text[INET6_ADDRSTRLEN];
	const char *dot = strchr(host, '.');

	host = canonical_host(host, text);
	for (size_t i = 0; i < certificate->names.n; i++) {
		const char *name = certificate->names.items[i];

		if (text_equal_case(name, host))
			return true;
		if (dot && text_has_prefix(name, "*.") && text_equal_case(name + 1, dot))
			return true;
	}
	return false;
}
