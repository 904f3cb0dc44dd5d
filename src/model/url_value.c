/* SPDX-License-Identifier: Apache-2.0 */
#include "model/url_value.h"

#include <string.h>

#include "base/text.h"
#include "base/url.h"

/*
 * Of whatever scheme; what is no URL has none. A variable stands for what only yum ($releasever),
 * or iPXE (${next-server}), knows; file:// has no host.
 */
static const char *fault_behind_scheme(const char *text)
{
	const char *rest = strstr(text, "://");

	if (rest == NULL)
		return NULL;
	rest += strlen("://");
	if (memchr(rest, '$', strcspn(rest, "/?#")) == NULL &&
		!text_has_prefix(text, "file:") && !url_has_host(rest))
		return "has no host behind ://, or a port that is none of 1 to 65535";
	return url_has_good_escapes(text)
		       ? NULL
		       : "has a % without two hexadecimal digits behind it";
}

const char *boot_path_fault(const char *text)
{
	if (strpbrk(text, " \"'\\,;{}") != NULL || strstr(text, "..") != NULL)
		return "contains a blank, quote, backslash, comma, semicolon, brace or "
		       "'..'";
	if (text_has_prefix(text, "tag:") || text_has_prefix(text, "net:"))
		return "begins with tag: or net:, which dnsmasq takes for a condition";
	return fault_behind_scheme(text);
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7e)
			return false;
	return true;
}

static bool has_scheme(const char *text, bool may_be_tftp)
{
	static const char *const schemes[] = {
		"http://", "https://", "ftp://", "file://", "nfs://", "nfs:", "tftp://"};
	size_t n = ARRAY_SIZE(schemes) - !may_be_tftp;

	for (size_t i = 0; i < n; i++)
		if (text_has_prefix(text, schemes[i]) && text[strlen(schemes[i])] != '\0')
			return true;
	return false;
}

/* Installers cut lines at blanks, quotes and `#` (shlex), so a URL has none. */
const char *url_value_fault(const char *text, bool may_be_tftp)
{
	if (!has_scheme(text, may_be_tftp))
		return may_be_tftp ? "is no URL (http, https, ftp, tftp, file or nfs)"
				   : "is no URL (http, https, ftp, file or nfs)";
	if (strpbrk(text, " \"'\\,#<>") != NULL)
		return "contains a blank, quote, backslash, comma or '#': write it as %XX";
	if (!is_ascii(text))
		return "contains a letter outside ASCII: write its bytes as %XX";
	return fault_behind_scheme(text);
}
