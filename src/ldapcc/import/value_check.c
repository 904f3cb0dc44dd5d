/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/import.h"
#include "model/dhcp_option.h"
#include "model/url_value.h"

/*
 * What a server took, and an attribute does not: it would cost its whole entry, a network's
 * leases with it. It is left out, and named.
 */

typedef const char *(*fault_finder)(const char *text);

static const char *name_fault(const char *text)
{
	struct ip ip;

	return ip_parse(text, &ip) ? "is an address, not a name"
				   : text_hostname_fault(text);
}

/* What is written as an address is a bad one, and no name. */
static const char *server_fault(const char *text)
{
	struct ip ip;

	if (ip_parse(text, &ip))
		return ip_unusable(ip);
	if (strchr(text, ':') != NULL || text[strspn(text, "0123456789.")] == '\0')
		return "is no IP address";
	return text_hostname_fault(text);
}

static bool starts_with_letter(const char *text)
{
	return (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
}

/* Of a router or name server also what begins with a digit is a bad address. */
static const char *address_fault(const char *text)
{
	const char *last = strrchr(text, '.');
	struct ip ip;

	if (!ip_parse(text, &ip) &&
		(!starts_with_letter(text) ||
			(last != NULL && !starts_with_letter(last + 1))))
		return "is no IP address";
	return server_fault(text);
}

static const char *with_length(const char *text, const char *fault)
{
	if (fault == NULL && text_has_control(text, strlen(text)))
		fault = "contains a control character";
	if (fault == NULL && strlen(text) > BOOT_FILE_MAX)
		fault = "is longer than a packet has room for";
	return fault;
}

static const char *boot_fault(const char *text)
{
	return with_length(text, boot_path_fault(text));
}

static const char *url_fault(const char *text)
{
	return with_length(text, url_value_fault(text, true));
}

/* What each word of a value has to be; numbers and routers are looked at elsewhere. */
static const fault_finder finders[_IMPORT_MAX] = {
	[IMPORT_ROUTERS] = address_fault,
	[IMPORT_NAME_SERVERS] = address_fault,
	[IMPORT_DOMAIN] = name_fault,
	[IMPORT_SEARCH] = name_fault,
	[IMPORT_TIME_SERVERS] = server_fault,
	[IMPORT_NEXT_SERVER] = server_fault,
	[IMPORT_BOOT_FILE] = boot_fault,
	[IMPORT_BOOT_FILE_UEFI] = boot_fault,
	[IMPORT_BOOT_FILE_ARM64] = boot_fault,
	[IMPORT_BOOT_URL] = url_fault,
};

static void left_out(struct import *im, const struct import_value *value,
	const char *word, const char *why)
{
	import_left(im, value->where, "'%s' %s: left out", word, why);
}

/* The words without those that are none of the kind; nothing is inherited for what is left out. */
static const char *good_words(
	struct import *im, const struct import_value *value, fault_finder fault_of)
{
	TMP_CTX(tmp);
	size_t n;
	char **words = text_split_blank(tmp, value->text, &n);
	struct buffer *kept = buffer_new(im->mem_ctx);

	for (size_t i = 0; i < n; i++) {
		const char *fault = fault_of(words[i]);

		if (fault != NULL)
			left_out(im, value, words[i], fault);
		else
			buffer_printf(kept, "%s%s", kept->len == 0 ? "" : " ", words[i]);
	}
	return kept->len == 0 ? "" : kept->data;
}

/* A domain with blanks is a search list for some clients: the first is the domain. */
static void check_domain(struct import *im, struct import_value *value)
{
	size_t len = strcspn(value->text, " ");

	if (value->text[len] != '\0') {
		import_left(im, value->where,
			"'%s' is no domain, but several: the first is taken",
			value->text);
		value->text = mem_strndup(im->mem_ctx, value->text, len);
	}
	const char *fault = name_fault(value->text);

	if (fault != NULL)
		left_out(im, value, value->text, fault);
	if (fault != NULL)
		value->text = "";
}

static bool is_router_of(const struct import_network *network, struct ip ip)
{
	return prefix_contains(network->prefix, ip) &&
	       prefix_edge(network->prefix, ip) == NULL;
}

static const char *text_of(TALLOC_CTX *mem_ctx, struct prefix prefix)
{
	char text[IP_TEXT_MAX];

	return mem_printf(mem_ctx, "%s/%u", ip_format(prefix.base, text), prefix.length);
}

/* Which of several routers is one of the network? The first that is inside. */
static void choose_router(struct import *im, const struct import_network *network,
	struct import_value *value)
{
	TMP_CTX(tmp);
	size_t n;
	char **words = text_split_blank(tmp, value->text, &n);
	const char *chosen = NULL;
	struct ip ip;

	for (size_t i = 0; i < n && chosen == NULL; i++) {
		if (!ip_parse(words[i], &ip) || is_router_of(network, ip))
			chosen = mem_strdup(im->mem_ctx, words[i]);
	}
	if (chosen == NULL)
		import_left(im, value->where,
			"'%s' is no router inside of network %s: left out", value->text,
			text_of(tmp, network->prefix));
	value->text = chosen == NULL ? "" : chosen;
}

/* A route by a gateway of elsewhere, which an option for all networks tells, too. */
static void check_routes(struct import *im, const struct import_network *network,
	struct import_value *value)
{
	TMP_CTX(tmp);
	struct buffer *kept = buffer_new(im->mem_ctx);
	size_t n;
	char **routes = text_split(tmp, mem_strdup(tmp, value->text), ',', &n);
	struct ip ip;

	for (size_t i = 0; i < n; i++) {
		const char *blank = strrchr(routes[i], ' ');

		if (blank == NULL || !ip_parse(blank + 1, &ip) ||
			prefix_contains(network->prefix, ip))
			buffer_printf(kept, "%s%s", kept->len == 0 ? "" : ",", routes[i]);
		else
			import_left(im, value->where,
				"route '%s': its gateway is not inside of network %s: left "
				"out there",
				routes[i], text_of(tmp, network->prefix));
	}
	value->text = kept->len == 0 ? "" : kept->data;
}

static void check_single(struct import *im, struct import_value *value)
{
	if (strchr(value->text, ' ') == NULL)
		return;
	left_out(im, value, value->text, "is no single server");
	value->text = "";
}

static void check_scope(struct import *im, struct import_scope *scope)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		struct import_value *value = &scope->values[option];

		/* none at all can be said, too */
		if (value->text == NULL || value->text[0] == '\0' ||
			finders[option] == NULL)
			continue;
		if (option == IMPORT_DOMAIN) {
			check_domain(im, value);
		} else if (option >= IMPORT_BOOT_FILE) {
			const char *fault = finders[option](value->text);

			if (fault != NULL)
				left_out(im, value, value->text, fault);
			if (fault != NULL)
				value->text = "";
		} else {
			value->text = good_words(im, value, finders[option]);
			if (option == IMPORT_NEXT_SERVER)
				check_single(im, value);
		}
	}
}

bool import_is_said(const char *list, const char *word)
{
	TMP_CTX(tmp);
	size_t n;
	char **words = text_split_blank(tmp, list, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

bool import_scopes_equal(const struct import_scope *a, const struct import_scope *b)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (text_compare(a->values[option].text, b->values[option].text) != 0)
			return false;
	return true;
}

bool import_is_in(const struct import_network *network, const struct import_host *host)
{
	for (size_t i = 0; i < host->n_ips; i++)
		if (prefix_contains(network->prefix, host->ips[i]))
			return true;
	return false;
}

/* Who takes classless routes passes over the router (RFC 3442): ours are told it with them. */
static void say_default(struct import *im, const struct import_network *network)
{
	const struct import_value *routes = &network->scope.values[IMPORT_ROUTES];
	const char *router = network->scope.values[IMPORT_ROUTERS].text;

	if (routes->text != NULL && routes->text[0] != '\0' && router != NULL &&
		router[0] != '\0' && strstr(routes->text, "0.0.0.0/0 ") == NULL)
		import_say(im, routes->where,
			"the default route by %s is told among the static routes, too",
			router);
}

void import_choose_routers(struct import *im)
{
	for (size_t i = 0; i < im->n_networks; i++) {
		struct import_network *network = &im->networks[i];
		struct import_value *value = &network->scope.values[IMPORT_ROUTERS];

		if (value->text != NULL && value->text[0] != '\0')
			choose_router(im, network, value);
		value = &network->scope.values[IMPORT_ROUTES];
		if (value->text != NULL && value->text[0] != '\0')
			check_routes(im, network, value);
		say_default(im, network);
	}
}

/* A name may be written to its root, with a dot at its end. */
static void trim_dots(struct import *im, struct import_scope *scope)
{
	static const enum import_option options[] = {IMPORT_DOMAIN, IMPORT_SEARCH};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct import_value *value = &scope->values[options[i]];
		struct buffer *b = buffer_new(im->mem_ctx);

		if (value->text == NULL || strchr(value->text, '.') == NULL)
			continue;
		for (const char *c = value->text; *c != '\0'; c++)
			if (*c != '.' || c == value->text ||
				(c[1] != ' ' && c[1] != '\0'))
				buffer_add_byte(b, *c);
		value->text = b->data;
	}
}

void import_trim_dots(struct import *im)
{
	trim_dots(im, &im->scope);
	for (size_t i = 0; i < im->n_networks; i++)
		trim_dots(im, &im->networks[i].scope);
	for (size_t i = 0; i < im->n_hosts; i++)
		trim_dots(im, &im->hosts[i]->scope);
}

void import_check_values(struct import *im)
{
	check_scope(im, &im->scope);
	for (size_t i = 0; i < im->n_networks; i++)
		check_scope(im, &im->networks[i].scope);
	for (size_t i = 0; i < im->n_hosts; i++)
		check_scope(im, &im->hosts[i]->scope);
}
