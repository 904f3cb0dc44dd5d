/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/import.h"
#include "model/dhcp_option.h"
#include "read/ldif.h"

/*
 * Options of DHCP without an attribute of their own: vocDHCPOption of the site and of its
 * networks. A host has none, so what only some of a network are told is named.
 */

/* Their names are spelled as in dhcp-options(5), so that one name is one option. */
static size_t name_length(const char *text)
{
	return strcspn(text, " ");
}

static struct import_value *find_option(
	const struct import_scope *scope, const char *text)
{
	size_t len = name_length(text);

	for (size_t i = 0; i < scope->n_further; i++)
		if (name_length(scope->further[i].text) == len &&
			memcmp(scope->further[i].text, text, len) == 0)
			return &scope->further[i];
	return NULL;
}

/* Scopes are copied as they go down: what is shared is never written to. */
static void put_option(
	struct import *im, struct import_scope *scope, struct import_value value)
{
	size_t n = scope->n_further;
	const struct import_value *old = find_option(scope, value.text);
	struct import_value *copy = mem_array(im->mem_ctx, struct import_value, n + 1);

	if (n > 0)
		memcpy(copy, scope->further, n * sizeof(*copy));
	if (old != NULL)
		copy[old - scope->further] = value;
	else
		copy[scope->n_further++] = value;
	scope->further = copy;
}

/* One spelling a value: what differs in blanks only is the same. */
static const char *spelled(TALLOC_CTX *mem_ctx, const struct dhcp_option *option)
{
	struct buffer *b = buffer_new(mem_ctx);
	bool is_negative = option->type->type == DHCP_SIGNED32 && option->hex[0] >= '8';

	buffer_printf(b, "%s %s", option->type->name, is_negative ? "-" : "");
	for (uint32_t i = 0; i < option->n_words; i++)
		buffer_printf(b, "%s%s", i == 0 ? "" : ", ", option->words[i]);
	return b->data;
}

const char *import_set_further(
	struct import *im, struct import_scope *scope, const char *text, struct loc where)
{
	struct dhcp_option option;
	const char *why = dhcp_option_parse(im->mem_ctx, text, &option);

	if (why == NULL && (text_has_control(text, strlen(text)) ||
				   !text_is_utf8(text, strlen(text))))
		why = "has a control character or no UTF-8 in it";
	if (why == NULL)
		put_option(im, scope,
			(struct import_value){spelled(im->mem_ctx, &option), where});
	return why;
}

void import_overlay(
	struct import *im, struct import_scope *to, const struct import_scope *from)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (from->values[option].text != NULL)
			to->values[option] = from->values[option];
	for (size_t i = 0; i < from->n_further; i++)
		put_option(im, to, from->further[i]);
}

bool import_has_further(const struct import_scope *scope, const char *text)
{
	const struct import_value *value = find_option(scope, text);

	return value != NULL && strcmp(value->text, text) == 0;
}

/* Routes */

/* LENGTH, the octets of the destination that count, GATEWAY: one behind the other. */
const char *import_routes(struct import *im, const uint8_t *octets, size_t n)
{
	struct buffer *b = buffer_new(im->mem_ctx);

	for (size_t at = 0; at < n;) {
		struct prefix to = {.base = {.family = 4}, .length = octets[at]};
		struct ip gateway = {.family = 4};
		size_t n_octets = (to.length + 7U) / 8;
		char texts[2][IP_TEXT_MAX];

		if (to.length > 32 || n - at < 1 + n_octets + 4)
			return NULL;
		memcpy(to.base.bytes, octets + at + 1, n_octets);
		memcpy(gateway.bytes, octets + at + 1 + n_octets, 4);
		at += 1 + n_octets + 4;
		buffer_printf(b, "%s%s/%u %s", b->len == 0 ? "" : ",",
			ip_format(to.base, texts[0]), to.length,
			ip_format(gateway, texts[1]));
	}
	return b->len == 0 ? NULL : b->data;
}

/* What network and host say otherwise */

static bool is_of(const char *text, unsigned family)
{
	return text_has_prefix(text, "dhcp6.") == (family == 6);
}

static void drop_option(struct import_scope *scope, size_t i)
{
	memmove(&scope->further[i], &scope->further[i + 1],
		(--scope->n_further - i) * sizeof(*scope->further));
}

/* What the site says is said in each network, too, unless that says it otherwise. */
static void inherit_options(struct import *im, struct import_network *network)
{
	struct import_scope own = {.n_further = 0};
	const struct import_scope *const scopes[] = {&im->scope, &network->scope};

	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		for (size_t j = 0; j < scopes[i]->n_further; j++)
			if (is_of(scopes[i]->further[j].text,
				    network->prefix.base.family))
				put_option(im, &own, scopes[i]->further[j]);
	network->scope.further = own.further;
	network->scope.n_further = own.n_further;
}

/* Is it the option of all hosts in the network that has no range for others? */
static bool is_everybodys(
	const struct import *im, const struct import_network *network, const char *text)
{
	if (network->n_ranges > 0)
		return false;
	for (size_t i = 0; i < im->n_hosts; i++)
		if (im->hosts[i]->has_dhcp && import_is_in(network, im->hosts[i]) &&
			!import_has_further(&im->hosts[i]->scope, text))
			return false;
	return true;
}

static void promote_options(struct import *im, struct import_network *network)
{
	const struct import_host *first = NULL;

	for (size_t i = 0; i < im->n_hosts && first == NULL; i++)
		if (im->hosts[i]->has_dhcp && import_is_in(network, im->hosts[i]))
			first = im->hosts[i];
	for (size_t i = 0; first != NULL && i < first->scope.n_further; i++) {
		const struct import_value *value = &first->scope.further[i];

		if (is_of(value->text, network->prefix.base.family) &&
			!import_has_further(&network->scope, value->text) &&
			is_everybodys(im, network, value->text))
			put_option(im, &network->scope, *value);
	}
}

/* Does every network of the host say it? */
static bool is_said_around(
	const struct import *im, const struct import_host *host, const char *text)
{
	bool has_network = false;

	for (size_t i = 0; i < im->n_networks; i++) {
		const struct import_network *network = &im->networks[i];

		if (!is_of(text, network->prefix.base.family) ||
			(host->n_ips > 0 && !import_is_in(network, host)))
			continue;
		has_network = true;
		if (!import_has_further(&network->scope, text))
			return false;
	}
	return has_network || import_has_further(&im->scope, text);
}

static void settle_host(struct import *im, const struct import_host *host)
{
	for (size_t i = 0; i < host->scope.n_further; i++) {
		const struct import_value *value = &host->scope.further[i];

		if (host->has_dhcp && !is_said_around(im, host, value->text))
			import_left(im, value->where,
				"host '%s' is not told 'option %s': a host has none of its "
				"own; where all of its network may have it, give that "
				"'vocDHCPOption: %s'",
				host->name, value->text, value->text);
	}
}

void import_settle_further(struct import *im)
{
	for (size_t i = 0; i < im->n_networks; i++) {
		inherit_options(im, &im->networks[i]);
		promote_options(im, &im->networks[i]);
	}
	for (size_t i = 0; i < im->n_hosts; i++)
		settle_host(im, im->hosts[i]);
	for (size_t i = 0; i < im->n_networks; i++) {
		struct import_scope *scope = &im->networks[i].scope;

		for (size_t j = scope->n_further; j-- > 0;)
			if (import_has_further(&im->scope, scope->further[j].text))
				drop_option(scope, j);
	}
}

void import_print_further(const struct import_scope *scope, struct buffer *out)
{
	for (size_t i = 0; i < scope->n_further; i++)
		ldif_put(out, "vocDHCPOption", scope->further[i].text);
}
