/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"

#include <stdlib.h>
#include <string.h>

#include "base/net.h"
#include "base/text.h"

enum { PORT_MAX = 65535 };

static bool is_port(const char *text, size_t len)
{
	size_t digits = strspn(text, "0123456789");

	return len == 0 || (len <= 5 && digits >= len && strtoul(text, NULL, 10) > 0 &&
				   strtoul(text, NULL, 10) <= PORT_MAX);
}

/* A name, or an IPv4 address: of digits and dots nothing else is. */
static bool is_host(const char *text, size_t len)
{
	char address[IP_TEXT_MAX] = "";
	struct ip ip;

	if (len == 0 || strspn(text, TEXT_LETTERS TEXT_DIGITS "_.-") < len ||
		strchr(".-", text[0]) != NULL)
		return false;
	if (strspn(text, "0123456789.") < len)
		return true;
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	return ip_parse(address, &ip);
}

struct authority {
	const char *host, *end; /* end: of the whole */
	size_t host_len; /* without brackets */
	bool is_bracketed;
};

/* [USER@]HOST[:PORT] of @len characters (RFC 3986 3.2); false: a bracket is not closed. */
static bool split_authority(const char *text, size_t len, struct authority *ret)
{
	const char *end = text + len, *at = memchr(text, '@', len);
	const char *host = at == NULL ? text : at + 1;
	bool is_bracketed = host < end && *host == '[';

	host += is_bracketed;
	const char *host_end =
		memchr(host, is_bracketed ? ']' : ':', (size_t)(end - host));

	*ret = (struct authority){.host = host,
		.end = end,
		.host_len = (size_t)((host_end == NULL ? end : host_end) - host),
		.is_bracketed = is_bracketed};
	return !is_bracketed || host_end != NULL;
}

static bool is_ipv6(const char *text, size_t len)
{
	char address[IP_TEXT_MAX] = "";
	struct ip ip;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	return ip_parse(address, &ip) && ip.family == 6;
}

static bool is_authority(const char *text, size_t len)
{
	struct authority parts;

	if (!split_authority(text, len, &parts))
		return false;
	const char *behind = parts.host + parts.host_len + parts.is_bracketed;

	if (parts.is_bracketed ? !is_ipv6(parts.host, parts.host_len)
			       : !is_host(parts.host, parts.host_len))
		return false;
	return behind == parts.end ||
	       (*behind == ':' && is_port(behind + 1, (size_t)(parts.end - behind) - 1));
}

static size_t authority_length(const char *rest)
{
	return strcspn(rest, "/?#");
}

bool url_has_host(const char *rest)
{
	return is_authority(rest, authority_length(rest));
}

const char *url_host(const char *url, size_t *ret_len)
{
	const char *colon = strstr(url, "://"), *rest = colon == NULL ? url : colon + 3;
	struct authority parts;

	split_authority(rest, authority_length(rest), &parts);
	*ret_len = parts.host_len;
	return parts.host;
}

bool url_has_good_escapes(const char *url)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	for (const char *at = url; (at = strchr(at, '%')) != NULL; at++)
		if (at[1] == '\0' || strchr(hex, at[1]) == NULL || at[2] == '\0' ||
			strchr(hex, at[2]) == NULL)
			return false;
	return true;
}
