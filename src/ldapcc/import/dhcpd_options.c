/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/dhcpd.h"
#include "model/dhcp_option.h"

/* What a dhcpd.conf tells clients: options and parameters, and where each has its place. */

enum { CODE_ROUTES = 121, CODE_ROUTES_OF_WINDOWS = 249, CODE_MAX = 254 };

void dhcpd_set(struct dhcpd_around *a, enum import_option option, const char *text,
	struct loc where)
{
	const struct import_value value = {text, where, a->is_ipv6};

	a->scope.values[option] = value;
	if (!a->is_top)
		a->groups.values[option] = value;
}

/* Options and parameters with a place; the option's words begin behind @n_words. */
static const struct row {
	const char *words[2];
	enum import_option option;
} rows[] = {
	{{"option", "routers"}, IMPORT_ROUTERS},
	{{"option", "domain-name-servers"}, IMPORT_NAME_SERVERS},
	{{"option", "domain-name"}, IMPORT_DOMAIN},
	{{"option", "domain-search"}, IMPORT_SEARCH},
	{{"option", "dhcp6.name-servers"}, IMPORT_NAME_SERVERS},
	{{"option", "dhcp6.domain-search"}, IMPORT_SEARCH},
	{{"option", "dhcp6.sntp-servers"}, IMPORT_TIME_SERVERS},
	{{"option", "ntp-servers"}, IMPORT_TIME_SERVERS},
	{{"option", "interface-mtu"}, IMPORT_MTU},
	{{"default-lease-time", NULL}, IMPORT_LEASE},
	{{"next-server", NULL}, IMPORT_NEXT_SERVER},
	{{"filename", NULL}, IMPORT_BOOT_FILE},
	{{"option", "bootfile-name"}, IMPORT_BOOT_FILE},
};

/* What both families are told at the top of their files is one list in a directory. */
static const char *with_both(struct dhcpd_parser *p, const char *before, const char *text)
{
	if (before == NULL || before[0] == '\0' || import_is_said(before, text) ||
		strcmp(before, text) == 0)
		return text;
	return mem_printf(p->im->mem_ctx, "%s %s", before, text);
}

/* -1 is for ever, as far as an attribute goes. */
const char *dhcpd_lease(const char *text)
{
	return strcmp(text, "-1") == 0 ? IMPORT_FOREVER : text;
}

static void set_row(struct dhcpd_parser *p, struct dhcpd_around *a,
	const struct dhcpd_statement *s, const struct row *row, size_t n)
{
	if (row->option == IMPORT_BOOT_FILE) {
		dhcpd_set_file(p, a, a->mask, s->words[n], s->where);
		return;
	}
	if (row->option == IMPORT_ROUTERS && s->n > n + 1)
		dhcpd_left(
			p, s, "has several routers: the first of each network is taken");
	const char *text = dhcpd_list(p->im->mem_ctx, s, n);

	if (row->option == IMPORT_LEASE)
		text = dhcpd_lease(text);
	if (a->is_top && n == 2 && text_has_prefix(row->words[1], "dhcp6."))
		text = with_both(p, a->scope.values[row->option].text, text);
	dhcpd_set(a, row->option, text, s->where);
}

static bool set_known(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = rows[i].words[1] == NULL ? 1 : 2;

		if (!dhcpd_is(s, 0, rows[i].words[0]) ||
			(n == 2 && !dhcpd_is(s, 1, rows[i].words[1])) || s->n <= n)
			continue;
		set_row(p, a, s, &rows[i], n);
		return true;
	}
	return false;
}

/* The mask and the broadcast address follow from the network. */
static bool is_derived(struct dhcpd_parser *p, const struct dhcpd_around *a,
	const struct dhcpd_statement *s)
{
	bool is_mask = dhcpd_is(s, 0, "option") && dhcpd_is(s, 1, "subnet-mask");
	bool is_broadcast =
		dhcpd_is(s, 0, "option") && dhcpd_is(s, 1, "broadcast-address");
	struct ip ip;

	if ((!is_mask && !is_broadcast) || s->n != 3)
		return false;
	if (a->network == NULL || !ip_parse(s->words[2], &ip) ||
		ip_compare(ip, is_mask ? prefix_netmask(a->network->prefix)
				       : prefix_last(a->network->prefix)) != 0)
		dhcpd_left(p, s,
			"is not taken over: mask and broadcast address follow from "
			"the network");
	return true;
}

/* Numbers of options */

void dhcpd_define(struct dhcpd_parser *p, const struct dhcpd_statement *s)
{
	unsigned *code = mem_new(p->im->mem_ctx, unsigned);
	uint64_t number;

	/* a name with a dot is of another space of numbers: we know that of DHCPv6 */
	if (s->n < 4 ||
		(strchr(s->words[1], '.') != NULL &&
			!text_has_prefix(s->words[1], "dhcp6.")) ||
		!text_parse_u64(s->words[3], CODE_MAX, &number))
		return;
	*code = (unsigned)number;
	*table_slot(p->codes, s->words[1]) = code;
}

unsigned dhcpd_code(const struct dhcpd_parser *p, const char *name)
{
	static const struct {
		const char *name;
		unsigned code;
	} known[] = {{"vendor-class-identifier", 60}, {"user-class", 77},
		{"default-url", 114}, {"pxe-system-type", 93}, {"architecture-type", 93},
		{"client-architecture", 93}, {"dhcp6.user-class", CODE6_USER_CLASS},
		{"dhcp6.vendor-class", CODE6_VENDOR_CLASS},
		{"dhcp6.bootfile-url", CODE6_BOOT_URL},
		{"dhcp6.client-arch-type", CODE6_ARCH}};
	const unsigned *code = table_find(p->codes, name);
	const struct dhcp_option_type *type = dhcp_option_of_name(name);

	if (code != NULL)
		return *code;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (text_equal_case(known[i].name, name))
			return known[i].code;
	return type == NULL || type->is_ipv6 != text_has_prefix(name, "dhcp6.")
		       ? 0
		       : type->code;
}

/* Further options */

/* Is the value written as its type is? What a site calls a text may be octets with us. */
static bool is_written_as(
	const struct dhcpd_statement *s, const struct dhcp_option_type *type)
{
	if (type->type == DHCP_TEXT)
		return s->n == 3 && s->is_string[2];
	for (size_t i = 2; type->type != DHCP_DOMAINS && i < s->n; i++)
		if (s->is_string[i])
			return false;
	return true;
}

static const struct dhcp_option_type *type_of(
	const struct dhcpd_parser *p, const char *name)
{
	const struct dhcp_option_type *type = dhcp_option_of_name(name);

	return type != NULL ? type
			    : dhcp_option_of_code(dhcpd_code(p, name),
				      text_has_prefix(name, "dhcp6."));
}

/* `option NAME = "VALUE"` of a text is its value, and nothing computed. */
void dhcpd_drop_equals(const struct dhcpd_parser *p, struct dhcpd_statement *s)
{
	static const char *const texts[] = {"domain-name", "host-name", "bootfile-name"};

	if (s->n != 4 || !dhcpd_is(s, 0, "option") || !dhcpd_is(s, 2, "=") ||
		!s->is_string[3])
		return;
	const struct dhcp_option_type *type = type_of(p, s->words[1]);
	bool is_text = type != NULL && type->type == DHCP_TEXT;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		is_text |= dhcpd_is(s, 1, texts[i]);
	if (!is_text)
		return;
	s->words[2] = s->words[3];
	s->is_string[2] = true;
	s->n = 3;
}

/* The server looks names up: here the hosts file has their addresses. */
static const char *list_of_addresses(TALLOC_CTX *mem_ctx, const struct dhcpd_parser *p,
	const struct dhcpd_statement *s)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = 2; i < s->n; i++) {
		const struct dhcpd_addresses *found = table_find(p->names, s->words[i]);
		char text[IP_TEXT_MAX];

		if (strcmp(s->words[i], ",") != 0 && found == NULL)
			buffer_printf(b, " %s", s->words[i]);
		for (size_t j = 0; found != NULL && j < found->n; j++)
			if (found->items[j].family == 4)
				buffer_printf(b, " %s", ip_format(found->items[j], text));
	}
	return b->len == 0 ? "" : b->data + 1;
}

static const char *no_place(TALLOC_CTX *mem_ctx, const char *why)
{
	return mem_printf(
		mem_ctx, "is not taken over: %s; keep it in the server's own file", why);
}

/* A flag has four spellings. */
static const char *truth_of(const struct dhcpd_statement *s)
{
	return dhcpd_is(s, 2, "on")    ? "true"
	       : dhcpd_is(s, 2, "off") ? "false"
				       : s->words[2];
}

static void set_further(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	TMP_CTX(tmp);
	const struct dhcp_option_type *type = type_of(p, s->words[1]);
	const char *why = "it is no option that a directory has", *text;

	if (type == NULL) {
		dhcpd_left(p, s, no_place(tmp, why));
		return;
	}
	if (!is_written_as(s, type)) {
		dhcpd_left(p, s, no_place(tmp, "its value is written as another type"));
		return;
	}
	bool is_address = !type->is_ipv6 &&
			  (type->type == DHCP_ADDRESS || type->type == DHCP_ADDRESSES);

	text = mem_printf(tmp, "%s %s", type->name,
		type->type == DHCP_TRUTH ? truth_of(s)
		: is_address		 ? list_of_addresses(tmp, p, s)
					 : dhcpd_list(tmp, s, 2));
	why = import_set_further(p->im, &a->scope, text, s->where);
	if (why == NULL && !a->is_top)
		why = import_set_further(p->im, &a->groups, text, s->where);
	if (why != NULL)
		dhcpd_left(p, s, no_place(tmp, why));
}

/* Numbers with blanks between, or octets. */
static const char *read_routes(struct dhcpd_parser *p, const struct dhcpd_statement *s)
{
	TMP_CTX(tmp);
	uint8_t octets[UINT8_MAX];
	size_t n, n_octets = s->n == 3 ? octets_parse(s->words[2], octets, sizeof(octets))
				       : 0;
	char **words = text_split_blank(tmp, dhcpd_list(tmp, s, 2), &n);
	uint64_t number;

	for (size_t i = 0; n_octets == i && i < n && n > 1 && i < sizeof(octets); i++)
		if (text_parse_u64(words[i], UINT8_MAX, &number))
			octets[n_octets++] = (uint8_t)number;
	return n > sizeof(octets) ? NULL : import_routes(p->im, octets, n_octets);
}

/* Option 121 (RFC 3442) and its copy for Windows. */
static bool set_routes(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	unsigned code =
		text_has_prefix(s->words[1], "dhcp6.") ? 0 : dhcpd_code(p, s->words[1]);

	if (code != CODE_ROUTES && code != CODE_ROUTES_OF_WINDOWS)
		return false;
	const char *routes = read_routes(p, s);

	if (routes == NULL)
		dhcpd_left(p, s, "is no row of LENGTH, DESTINATION, GATEWAY");
	else
		dhcpd_set(a, IMPORT_ROUTES, routes, s->where);
	return true;
}

bool dhcpd_option(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	bool is_option = dhcpd_is(s, 0, "option") && s->n > 2;

	if (is_option && dhcpd_is(s, 2, "=")) {
		dhcpd_left(p, s, "is not taken over: it is computed, write its value");
		return true;
	}
	if (is_derived(p, a, s) || set_known(p, a, s) ||
		dhcpd_take_url6(p, a, a->mask, s))
		return true;
	if (is_option && !set_routes(p, a, s))
		set_further(p, a, s);
	return is_option;
}
