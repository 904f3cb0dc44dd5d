/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"

#include <stdlib.h>
#include <string.h>

#include "base/net.h"

enum { PORT_MAX = 65535 };

#define LETTERS_AND_DIGITS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

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

	if (len == 0 || strspn(text, LETTERS_AND_DIGITS "_.-") < len ||
		strchr(".-", text[0]) != NULL)
		return false;
	if (strspn(text, "0123456789.") < len)
		return true;
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	return ip_parse(address, &ip);
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
	} else if (!is_host(host, host_len)) {
		return false;
	}
	if (host_end == NULL || host_end == end)
		return true;
	return *host_end == ':' && is_port(host_end + 1, (size_t)(end - host_end) - 1);
}

bool url_has_host(const char *rest)
{
	return is_authority(rest, strcspn(rest, "/?#"));
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
