/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* URLs, as far as a fault in them is one for whoever fetches by them (RFC 3986). */

#include <stdbool.h>
#include <stddef.h>

/* Is @rest, what follows the scheme and ://, [USER@]HOST[:PORT] and perhaps a path? (3.2) */
bool url_has_host(const char *rest);
/* Does every % stand before two hexadecimal digits? (2.1) */
bool url_has_good_escapes(const char *url);
/* The host alone, of *@ret_len characters in @url: without user, port and brackets. */
const char *url_host(const char *url, size_t *ret_len);
