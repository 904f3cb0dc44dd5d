/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/tap.h"

#include <string.h>

#include "base/text.h"
#include "base/trailer.h"

enum { DIGITS = 12 };

#define PREFIX "vcn"

void tap_name(const char *fqdn, size_t interface, char ret_name[IFNAMSIZ])
{
	TMP_CTX(tmp);
	const char *text = mem_printf(tmp, "%s/%zu", fqdn, interface);
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_TEXT_MAX];

	sha256(text, strlen(text), digest);
	sha256_text(digest, hex);
	memcpy(ret_name, PREFIX, strlen(PREFIX));
	memcpy(ret_name + strlen(PREFIX), hex, DIGITS);
	ret_name[strlen(PREFIX) + DIGITS] = '\0';
}

bool tap_is_ours(const char *name)
{
	return text_has_prefix(name, PREFIX) && strlen(name) == strlen(PREFIX) + DIGITS &&
	       strspn(name + strlen(PREFIX), "0123456789abcdef") == DIGITS;
}
