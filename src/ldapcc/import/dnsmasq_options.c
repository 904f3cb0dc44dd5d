/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/dnsmasq.h"
#include "model/dhcp_option.h"

/* What a dnsmasq.conf tells clients, and how it tells them apart: each line becomes a rule. */

/* Numbers of options by the names that `dnsmasq --help dhcp` and `dhcp6` print. */
static const struct {
	const char *name;
	unsigned code;
	bool is_ipv6;
} names[] = {
	{"netmask", 1, false},
	{"time-offset", 2, false},
	{"router", 3, false},
	{"dns-server", 6, false},
	{"log-server", 7, false},
	{"lpr-server", 9, false},
	{"boot-file-size", 13, false},
	{"domain-name", 15, false},
	{"swap-server", 16, false},
	{"root-path", 17, false},
	{"extension-path", 18, false},
	{"ip-forward-enable", 19, false},
	{"non-local-source-routing", 20, false},
	{"policy-filter", 21, false},
	{"max-datagram-reassembly", 22, false},
	{"default-ttl", 23, false},
	{"mtu", 26, false},
	{"all-subnets-local", 27, false},
	{"broadcast", 28, false},
	{"router-discovery", 31, false},
	{"router-solicitation", 32, false},
	{"static-route", 33, false},
	{"trailer-encapsulation", 34, false},
	{"arp-timeout", 35, false},
	{"ethernet-encap", 36, false},
	{"tcp-ttl", 37, false},
	{"tcp-keepalive", 38, false},
	{"nis-domain", 40, false},
	{"nis-server", 41, false},
	{"ntp-server", 42, false},
	{"vendor-encap", 43, false},
	{"netbios-ns", 44, false},
	{"netbios-dd", 45, false},
	{"netbios-nodetype", 46, false},
	{"netbios-scope", 47, false},
	{"x-windows-fs", 48, false},
	{"x-windows-dm", 49, false},
	{"T1", 58, false},
	{"T2", 59, false},
	{"vendor-class", 60, false},
	{"nis+-domain", 64, false},
	{"nis+-server", 65, false},
	{"tftp-server", 66, false},
	{"bootfile-name", 67, false},
	{"mobile-ip-home", 68, false},
	{"smtp-server", 69, false},
	{"pop3-server", 70, false},
	{"nntp-server", 71, false},
	{"irc-server", 74, false},
	{"posix-timezone", 100, false},
	{"tzdb-timezone", 101, false},
	{"ipv6-only", 108, false},
	{"domain-search", 119, false},
	{"sip-server", 120, false},
	{"classless-static-route", 121, false},
	{"tftp-server-address", 150, false},
	{"server-ip-address", 255, false},
	{"sip-server-domain", 21, true},
	{"sip-server", 22, true},
	{"dns-server", 23, true},
	{"domain-search", 24, true},
	{"nis-server", 27, true},
	{"nis+-server", 28, true},
	{"nis-domain", 29, true},
	{"nis+-domain", 30, true},
	{"sntp-server", 31, true},
	{"information-refresh-time", 32, true},
	{"posix-timezone", 41, true},
	{"tzdb-timezone", 42, true},
	{"ntp-server", 56, true},
	{"bootfile-url", 59, true},
};

enum { CODE_VENDOR_CLASS = 60 };
enum { CODE_NETMASK = 1, CODE_BROADCAST = 28, CODE_BOOT_FILE = 67 };
enum { CODE_ROUTES = 121, CODE_ROUTES_OF_WINDOWS = 249, CODE_NEXT_SERVER = 255 };

/* Options with attributes of their own. */
static const struct {
	unsigned code;
	bool is_ipv6;
	enum import_option option;
} places[] = {
	{3, false, IMPORT_ROUTERS},
	{6, false, IMPORT_NAME_SERVERS},
	{15, false, IMPORT_DOMAIN},
	{26, false, IMPORT_MTU},
	{42, false, IMPORT_TIME_SERVERS},
	{119, false, IMPORT_SEARCH},
	{CODE_NEXT_SERVER, false, IMPORT_NEXT_SERVER},
	{23, true, IMPORT_NAME_SERVERS},
	{24, true, IMPORT_SEARCH},
	{31, true, IMPORT_TIME_SERVERS},
};

/* 3, option:3, option:router, option6:23, option6:dns-server */
static bool read_code(const char *field, unsigned *ret, bool *ret_is_ipv6)
{
	static const char *const prefixes[] = {"option6:", "option:"};
	uint64_t number;

	*ret_is_ipv6 = text_has_prefix(field, prefixes[0]);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (text_has_prefix(field, prefixes[i])) {
			field += strlen(prefixes[i]);
			break;
		}
	if (text_parse_u64(field, UINT16_MAX, &number)) {
		*ret = (unsigned)number;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_equal_case(names[i].name, field) &&
			names[i].is_ipv6 == *ret_is_ipv6) {
			*ret = names[i].code;
			return true;
		}
	return false;
}

static bool is_own_address(struct ip ip)
{
	static const unsigned char zeros[sizeof(ip.bytes)];

	return memcmp(ip.bytes, zeros, sizeof(zeros)) == 0;
}

/* The words of a list; 0.0.0.0 and :: stand for the server itself, whose address nobody here knows. */
static const char *list_of(struct dnsmasq_line *l)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);

	for (size_t i = 1; i < l->n; i++) {
		char *field = l->fields[i];
		struct ip ip;
		char text[IP_TEXT_MAX];
		bool is_address = dnsmasq_ip(field, &ip);

		if (is_address && is_own_address(ip))
			dnsmasq_left(l,
				"gives the server's own address, which is not known here: "
				"write it");
		else
			buffer_printf(b, "%s%s", b->len == 0 ? "" : " ",
				is_address ? ip_format(ip, text) : field);
	}
	return b->data;
}

/* All that stands behind the first comma, as a text has it. */
static const char *text_of(const struct dnsmasq_line *l)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);

	for (size_t i = 1; i < l->n; i++)
		buffer_printf(b, "%s%s", i == 1 ? "" : ",", l->fields[i]);
	return b->data;
}

/* A value as our own options spell it: dnsmasq has numbers with their size, times, 0 and 1. */
static const char *value_of(struct dnsmasq_line *l, const struct dhcp_option_type *type)
{
	TALLOC_CTX *mem_ctx = l->im->mem_ctx;
	const char *text = text_of(l);
	size_t digits = strspn(text, "0123456789");

	switch ((enum dhcp_type)type->type) {
	case DHCP_ADDRESS:
	case DHCP_ADDRESSES:
	case DHCP_DOMAINS:
		return list_of(l);
	case DHCP_TRUTH:
		return strcmp(text, "0") == 0	? "false"
		       : strcmp(text, "1") == 0 ? "true"
						: text;
	case DHCP_NUMBER32:
		if (type->is_plain) {
			const char *lease = dnsmasq_lease(mem_ctx, text);

			return lease == NULL ? text : lease;
		}
		break;
	case DHCP_TEXT:
	case DHCP_OCTETS:
		return text;
	case DHCP_NUMBER8:
	case DHCP_NUMBER16:
	case DHCP_SIGNED32:
		break;
	}
	/* 8b, 1500s, 1i: the letter is its size */
	return digits > 0 && strchr("bsi", text[digits]) != NULL &&
			       (text[digits] == '\0' || text[digits + 1] == '\0')
		       ? mem_strndup(mem_ctx, text, digits)
		       : text;
}

static void left_option(struct dnsmasq_line *l, const char *why)
{
	TMP_CTX(tmp);
	const char *text = mem_printf(tmp, "%s %s", l->fields[0], text_of(l));

	dnsmasq_left(l,
		"'%s' is not taken over: %s; keep the line in the server's own file",
		text_printable(tmp, text, strlen(text)), why);
}

static void add_further(
	struct dnsmasq_line *l, struct dnsmasq_rule *rule, unsigned code, bool is_ipv6)
{
	const struct dhcp_option_type *type = dhcp_option_of_code(code, is_ipv6);
	struct import_scope tried = {.n_further = 0};

	rule->what = DNSMASQ_FURTHER;
	if (type == NULL) {
		left_option(l, "it is no option that a directory has");
		return;
	}
	const char *value = value_of(l, type);

	if (value[0] == '\0' && l->n > 1)
		return; /* the server's own address, which was said */
	rule->text = mem_printf(l->im->mem_ctx, "%s %s", type->name, value);
	const char *why = import_set_further(l->im, &tried, rule->text, l->where);

	if (why != NULL)
		left_option(l, why);
	rule->text = why == NULL ? rule->text : NULL;
}

/* Option 121 and its copy for Windows, 249: pairs, or the octets. */
static void add_routes(struct dnsmasq_line *l, struct dnsmasq_rule *rule)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);
	uint8_t octets[UINT8_MAX];
	size_t n = l->n == 2 ? octets_parse(l->fields[1], octets, sizeof(octets)) : 0;

	rule->option = IMPORT_ROUTES;
	rule->text = n > 0 ? import_routes(l->im, octets, n) : NULL;
	for (size_t i = 1; n == 0 && i + 1 < l->n; i += 2) {
		struct prefix to;
		struct ip gateway;
		const char *mask = strchr(l->fields[i], '/');

		if (prefix_parse(l->fields[i], mask == NULL ? 32 : NO_NETMASK, &to) !=
				NULL ||
			!ip_parse(l->fields[i + 1], &gateway) || is_own_address(gateway))
			break;
		buffer_printf(b, "%s%s%s %s", i == 1 ? "" : ",", l->fields[i],
			mask == NULL ? "/32" : "", l->fields[i + 1]);
		rule->text = i + 3 >= l->n ? b->data : NULL;
	}
	if (rule->text == NULL)
		left_option(l, "it is no row of NETWORK/LENGTH,GATEWAY");
}

/* What follows from the network, or is the node's own name. */
static void check_derived(struct dnsmasq_line *l, unsigned code)
{
	struct import_network *network = NULL;
	struct ip ip;

	for (size_t i = 0; i < l->im->n_networks && l->n == 2; i++)
		if (ip_parse(l->fields[1], &ip) &&
			ip_compare(ip,
				code == CODE_NETMASK
					? prefix_netmask(l->im->networks[i].prefix)
					: prefix_last(l->im->networks[i].prefix)) == 0)
			network = &l->im->networks[i];
	if (network == NULL && l->n > 1)
		left_option(l, "mask and broadcast address follow from the network");
}

static void read_value(
	struct dnsmasq_line *l, struct dnsmasq_rule *rule, unsigned code, bool is_ipv6)
{
	rule->is_ipv6 = is_ipv6;
	if (!is_ipv6 && (code == CODE_NETMASK || code == CODE_BROADCAST)) {
		check_derived(l, code);
		return;
	}
	if (!is_ipv6 && (code == CODE_ROUTES || code == CODE_ROUTES_OF_WINDOWS)) {
		add_routes(l, rule);
		return;
	}
	if (!is_ipv6 && code == CODE_BOOT_FILE) {
		rule->what = DNSMASQ_BOOT;
		rule->text = text_of(l);
		return;
	}
	/* what makes firmware take an offer for HTTP boot: ours says it, too */
	if (!is_ipv6 && code == CODE_VENDOR_CLASS && rule->n_tags > 0 &&
		strcmp(text_of(l), "HTTPClient") == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i].code != code || places[i].is_ipv6 != is_ipv6)
			continue;
		rule->option = places[i].option;
		rule->text = list_of(l);
		return;
	}
	add_further(l, rule, code, is_ipv6);
}

void dnsmasq_option(struct dnsmasq_line *l)
{
	struct dnsmasq_rule *rule = dnsmasq_add_rule(l, DNSMASQ_OPTION, true);
	unsigned code;
	bool is_ipv6;

	if (l->n == 0 || !read_code(l->fields[0], &code, &is_ipv6)) {
		if (l->n > 0)
			left_option(l, "it is an option of a vendor, or unknown");
		return;
	}
	read_value(l, rule, code, is_ipv6);
	if (text_has_suffix(l->key, "-force") && rule->text != NULL)
		dnsmasq_left(l,
			"is told from now on to clients that ask for it, and to no others");
}

void dnsmasq_ignore(struct dnsmasq_line *l)
{
	struct dnsmasq_rule *rule = dnsmasq_add_rule(l, DNSMASQ_IGNORE, true);

	rule->text = "";
}
