/* SPDX-License-Identifier: Apache-2.0 */
#include "base/guest_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/net.h"
#include "base/text.h"

enum {
	DISK_NAME_MAX = 20, /* of the serial number of a virtio disk */
	CREDENTIAL_NAME_MAX = 255, /* of a file */
	SEED_MAX = 1000,
	PORT_MAX = 65535,
};

#define LETTERS_AND_DIGITS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && strncmp(text, word, len) == 0;
}

const char *disk_name_fault(const char *name, size_t len)
{
	if (len == 0 || len > DISK_NAME_MAX)
		return "has no name of 1 to 20 characters";
	if (strspn(name, LETTERS_AND_DIGITS "_.-") < len ||
		strchr("_.-", name[0]) != NULL)
		return "has a name of other characters than letters, digits and _ . -";
	if (is_word(name, len, "vcnroot"))
		return "has the name of the image's own disk";
	return NULL;
}

const char *credential_name_fault(const char *name, size_t len)
{
	if (len == 0 || len > CREDENTIAL_NAME_MAX)
		return "has no name of 1 to 255 characters";
	if (strspn(name, LETTERS_AND_DIGITS "_.-@") < len || name[0] == '.')
		return "has a name of other characters than letters, digits and _ . - @";
	if (is_word(name, len, "vmm.notify_socket"))
		return "has the name by which vcn says where readiness is reported";
	return NULL;
}

/* What follows the scheme; NULL: it has none of these. cloud-init wants them in small letters. */
static const char *behind_scheme(const char *url)
{
	static const char *const schemes[] = {"http://", "https://", "ftp://"};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (text_has_prefix(url, schemes[i]))
			return url + strlen(schemes[i]);
	return NULL;
}

static bool is_port(const char *text, size_t len)
{
	size_t digits = strspn(text, "0123456789");

	return len == 0 || (len <= 5 && digits >= len && strtoul(text, NULL, 10) > 0 &&
				   strtoul(text, NULL, 10) <= PORT_MAX);
}

/* [USER@]HOST[:PORT], of @len characters (RFC 3986 3.2) */
static bool is_authority(const char *text, size_t len)
{
	const char *end = text + len, *at = memchr(text, '@', len);
	const char *host = at == NULL ? text : at + 1;
	bool is_bracketed = host < end && *host == '[';
	const char *host_end = is_bracketed ? memchr(host, ']', (size_t)(end - host))
					    : memchr(host, ':', (size_t)(end - host));
	size_t host_len;
	struct ip ip;
	char address[IP_TEXT_MAX] = "";

	if (is_bracketed && host_end == NULL)
		return false;
	host_len = (size_t)((host_end == NULL ? end : host_end) - host);
	if (is_bracketed) {
		if (host_len < 2 || host_len - 1 >= sizeof(address))
			return false;
		memcpy(address, host + 1, host_len - 1);
		if (!ip_parse(address, &ip) || ip.family != 6)
			return false;
		host_end++;
	} else if (host_len == 0 || strspn(host, LETTERS_AND_DIGITS "_.-") < host_len ||
		   strchr(".-", host[0]) != NULL) {
		return false;
	}
	if (host_end == NULL || host_end == end)
		return true;
	return *host_end == ':' && is_port(host_end + 1, (size_t)(end - host_end) - 1);
}

/* Every % stands before two digits (RFC 3986 2.1). */
static bool has_good_escapes(const char *url)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	for (const char *at = url; (at = strchr(at, '%')) != NULL; at++)
		if (at[1] == '\0' || strchr(hex, at[1]) == NULL || at[2] == '\0' ||
			strchr(hex, at[2]) == NULL)
			return false;
	return true;
}

const char *seed_fault(const char *url)
{
	const char *rest = behind_scheme(url);

	if (rest == NULL || !is_authority(rest, strcspn(rest, "/?#")))
		return "is no URL (http, https or ftp, and a host)";
	if (strlen(url) > SEED_MAX)
		return "is longer than 1000 characters";
	for (const char *at = url; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || strchr("\"'\\,;#<>", *at) != NULL)
			return "contains a blank, a quote, or one of \\ , ; # < >: write "
			       "it as %XX";
	if (!has_good_escapes(url))
		return "has a % without two hexadecimal digits behind it";
	return NULL;
}

/* A number below the bound, without sign; moves *at behind it. */
static bool take_cpu(const char **at, unsigned *ret)
{
	size_t len = strspn(*at, "0123456789");

	*ret = 0;
	if (len == 0 || len > 4)
		return false;
	for (size_t i = 0; i < len; i++)
		*ret = *ret * 10 + (unsigned)((*at)[i] - '0');
	*at += len;
	return *ret < CPU_LIST_MAX;
}

const char *cpu_list_parse(const char *text, struct cpu_list *ret)
{
	static const char why[] =
		"is no list of processors such as 0-3,8, each below 1024, "
		"ascending";
	const char *at = text;
	unsigned first, last;

	*ret = (struct cpu_list){.n = 0};
	for (;;) {
		if (!take_cpu(&at, &first))
			return why;
		last = first;
		if (*at == '-' && (at++, !take_cpu(&at, &last)))
			return why;
		if (last < first || (ret->n > 0 && first <= ret->items[ret->n - 1]))
			return why;
		for (unsigned cpu = first; cpu <= last; cpu++)
			ret->items[ret->n++] = (uint16_t)cpu;
		if (*at == '\0')
			return NULL;
		if (*at++ != ',')
			return why;
	}
}
