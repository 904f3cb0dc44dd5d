/* SPDX-License-Identifier: Apache-2.0 */
#include "model/dhcp_option.h"

#include <string.h>

#include "base/net.h"
#include "base/text.h"

enum { OPTION_MAX = 255 }; /* octets: its length is one */

/* RFC 2132 and later, by the names of dhcp-options(5); of DHCPv6 RFC 3319 and later. */
static const struct dhcp_option_type types[] = {
	{"time-offset", 2, DHCP_SIGNED32, false, false, false},
	{"time-servers", 4, DHCP_ADDRESSES, false, false, false},
	{"ien116-name-servers", 5, DHCP_ADDRESSES, false, false, false},
	{"log-servers", 7, DHCP_ADDRESSES, false, false, false},
	{"cookie-servers", 8, DHCP_ADDRESSES, false, false, false},
	{"lpr-servers", 9, DHCP_ADDRESSES, false, false, false},
	{"impress-servers", 10, DHCP_ADDRESSES, false, false, false},
	{"resource-location-servers", 11, DHCP_ADDRESSES, false, false, false},
	{"boot-size", 13, DHCP_NUMBER16, false, false, false},
	{"merit-dump", 14, DHCP_TEXT, false, false, false},
	{"swap-server", 16, DHCP_ADDRESS, false, false, false},
	{"root-path", 17, DHCP_TEXT, false, false, true},
	{"extensions-path", 18, DHCP_TEXT, false, false, true},
	{"ip-forwarding", 19, DHCP_TRUTH, false, false, false},
	{"non-local-source-routing", 20, DHCP_TRUTH, false, false, false},
	{"max-dgram-reassembly", 22, DHCP_NUMBER16, false, false, false},
	{"default-ip-ttl", 23, DHCP_NUMBER8, false, false, false},
	{"path-mtu-aging-timeout", 24, DHCP_NUMBER32, false, false, false},
	{"all-subnets-local", 27, DHCP_TRUTH, false, false, false},
	{"perform-mask-discovery", 29, DHCP_TRUTH, false, false, false},
	{"mask-supplier", 30, DHCP_TRUTH, false, false, false},
	{"router-discovery", 31, DHCP_TRUTH, false, false, false},
	{"router-solicitation-address", 32, DHCP_ADDRESS, false, false, false},
	{"trailer-encapsulation", 34, DHCP_TRUTH, false, false, false},
	{"arp-cache-timeout", 35, DHCP_NUMBER32, false, false, false},
	{"ieee802-3-encapsulation", 36, DHCP_TRUTH, false, false, false},
	{"default-tcp-ttl", 37, DHCP_NUMBER8, false, false, false},
	{"tcp-keepalive-interval", 38, DHCP_NUMBER32, false, false, false},
	{"tcp-keepalive-garbage", 39, DHCP_TRUTH, false, false, false},
	{"nis-domain", 40, DHCP_TEXT, false, false, true},
	{"nis-servers", 41, DHCP_ADDRESSES, false, false, false},
	{"vendor-encapsulated-options", 43, DHCP_OCTETS, false, false, false},
	{"netbios-name-servers", 44, DHCP_ADDRESSES, false, false, false},
	{"netbios-dd-server", 45, DHCP_ADDRESSES, false, false, false},
	{"netbios-node-type", 46, DHCP_NUMBER8, false, false, false},
	{"netbios-scope", 47, DHCP_TEXT, false, false, false},
	{"font-servers", 48, DHCP_ADDRESSES, false, false, false},
	{"x-display-manager", 49, DHCP_ADDRESSES, false, false, false},
	{"nisplus-domain", 64, DHCP_TEXT, false, false, true},
	{"nisplus-servers", 65, DHCP_ADDRESSES, false, false, false},
	{"tftp-server-name", 66, DHCP_TEXT, false, false, true},
	{"mobile-ip-home-agent", 68, DHCP_ADDRESSES, false, false, false},
	{"smtp-server", 69, DHCP_ADDRESSES, false, false, false},
	{"pop-server", 70, DHCP_ADDRESSES, false, false, false},
	{"nntp-server", 71, DHCP_ADDRESSES, false, false, false},
	{"www-server", 72, DHCP_ADDRESSES, false, false, false},
	{"finger-server", 73, DHCP_ADDRESSES, false, false, false},
	{"irc-server", 74, DHCP_ADDRESSES, false, false, false},
	{"streettalk-server", 75, DHCP_ADDRESSES, false, false, false},
	{"streettalk-directory-assistance-server", 76, DHCP_ADDRESSES, false, false,
		false},
	{"nds-servers", 85, DHCP_ADDRESSES, false, false, false},
	{"nds-tree-name", 86, DHCP_TEXT, false, false, false},
	{"nds-context", 87, DHCP_TEXT, false, false, false},
	{"bcms-controller-names", 88, DHCP_DOMAINS, false, true, false}, /* RFC 4280 */
	{"bcms-controller-address", 89, DHCP_ADDRESSES, false, true, false},
	{"uap-servers", 98, DHCP_TEXT, false, false, false}, /* RFC 2485 */
	{"pcode", 100, DHCP_TEXT, false, true, true}, /* RFC 4833 */
	{"tcode", 101, DHCP_TEXT, false, true, true},
	{"v6-only-preferred", 108, DHCP_NUMBER32, false, true, false}, /* RFC 8925 */
	{"captive-portal", 114, DHCP_TEXT, false, true, false}, /* RFC 8910 */
	{"pana-agent", 136, DHCP_ADDRESSES, false, true, false}, /* RFC 5192 */
	{"capwap-ac-v4", 138, DHCP_ADDRESSES, false, true, false}, /* RFC 5417 */
	{"tftp-server-address", 150, DHCP_ADDRESSES, false, true, false}, /* RFC 5859 */
	{"loader-configfile", 209, DHCP_TEXT, false, true, false}, /* RFC 5071 */
	{"loader-pathprefix", 210, DHCP_TEXT, false, true, false},
	{"loader-reboottime", 211, DHCP_NUMBER32, false, true, false},
	{"dhcp6.sip-servers-addresses", 22, DHCP_ADDRESSES, true, false, false},
	{"dhcp6.nis-servers", 27, DHCP_ADDRESSES, true, false, false},
	{"dhcp6.nisp-servers", 28, DHCP_ADDRESSES, true, false, false},
	{"dhcp6.nis-domain-name", 29, DHCP_DOMAINS, true, false, true},
	{"dhcp6.nisp-domain-name", 30, DHCP_DOMAINS, true, false, true},
	{"dhcp6.info-refresh-time", 32, DHCP_NUMBER32, true, false, true},
	{"dhcp6.bcms-server-d", 33, DHCP_DOMAINS, true, false, false},
	{"dhcp6.bcms-server-a", 34, DHCP_ADDRESSES, true, false, false},
	{"dhcp6.new-posix-timezone", 41, DHCP_TEXT, true, true, true},
	{"dhcp6.new-tzdb-timezone", 42, DHCP_TEXT, true, true, true},
	{"dhcp6.capwap-ac-v6", 52, DHCP_ADDRESSES, true, true, false},
	{"dhcp6.captive-portal", 103, DHCP_TEXT, true, true, false},
};

/* Options that an attribute gives, and those that the server alone can. */
static const struct {
	const char *name, *why;
} others[] = {
	{"subnet-mask", "is an attribute's: ipNetworkNumber"},
	{"broadcast-address", "is an attribute's: ipNetworkNumber"},
	{"routers", "is an attribute's: vocGateway"},
	{"domain-name-servers", "is an attribute's: vocNameServer"},
	{"host-name", "is the node's own name"},
	{"domain-name", "is an attribute's: vocDomain"},
	{"interface-mtu", "is an attribute's: vocMTU"},
	{"static-routes", "is an attribute's: vocStaticRoute"},
	{"classless-static-routes", "is an attribute's: vocStaticRoute"},
	{"ntp-servers", "is an attribute's: vocTimeServer"},
	{"domain-search", "is an attribute's: vocSearchDomain"},
	{"bootfile-name", "is an attribute's: vocBootFile"},
	{"vendor-class-identifier", "is what clients say of themselves"},
	{"user-class", "is what clients say of themselves"},
	{"dhcp-lease-time", "is an attribute's: vocLeaseTime"},
	{"dhcp-renewal-time", "is an attribute's: vocLeaseTime"},
	{"dhcp-rebinding-time", "is an attribute's: vocLeaseTime"},
	{"dhcp-server-identifier", "is what the server says of itself"},
	{"dhcp6.name-servers", "is an attribute's: vocNameServer"},
	{"dhcp6.domain-search", "is an attribute's: vocSearchDomain"},
	{"dhcp6.sntp-servers", "is an attribute's: vocTimeServer"},
	{"dhcp6.bootfile-url", "is an attribute's: vocBootURL"},
};

size_t dhcp_name_octets(const char *name, uint8_t *ret)
{
	uint8_t *to = ret;

	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		*to++ = (uint8_t)label;
		memcpy(to, name, label);
		to += label;
		name += label + (name[label] == '.');
	}
	*to++ = 0;
	return (size_t)(to - ret);
}

bool dhcp_option_beyond_dnsmasq(const struct dhcp_option *option)
{
	return option->type->is_plain && option->type->type == DHCP_TEXT &&
	       strpbrk(option->words[0], " ,#\"'`\\") != NULL;
}

struct parsing {
	TALLOC_CTX *mem_ctx;
	const struct dhcp_option_type *type;
	struct buffer *octets;
	const char **words;
	size_t n_words;
};

static void add_word(struct parsing *p, const char *word, const void *octets, size_t n)
{
	*mem_push(p->mem_ctx, &p->words, &p->n_words) = mem_strdup(p->mem_ctx, word);
	buffer_add(p->octets, octets, n);
}

/*
 * Each client would take it for itself, and dnsmasq for its own. Routers are asked at 224.0.0.2 or
 * the broadcast address.
 * source: RFC 1256 section 2
 */
static const char *unusable(const struct dhcp_option_type *type, struct ip ip)
{
	bool is_for_many = strcmp(type->name, "router-solicitation-address") == 0;

	return is_for_many && ip.bytes[0] >= 224 ? NULL : ip_unusable(ip);
}

static const char *parse_address(struct parsing *p, const char *word)
{
	unsigned family = p->type->is_ipv6 ? 6 : 4;
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (!ip_parse(word, &ip) || ip.family != family)
		return mem_printf(p->mem_ctx, "'%s' is no IPv%u address", word, family);
	if (unusable(p->type, ip) != NULL)
		return mem_printf(p->mem_ctx, "'%s' %s", word, unusable(p->type, ip));
	add_word(p, ip_format(ip, text), ip.bytes, family == 4 ? 4 : 16);
	return NULL;
}

static const char *parse_domain(struct parsing *p, const char *word)
{
	uint8_t octets[OPTION_MAX + 1];
	char *name = mem_strdup(p->mem_ctx, word);
	const char *why;

	text_lower(name);
	if (text_has_suffix(name, "."))
		name[strlen(name) - 1] = '\0';
	why = text_hostname_fault(name);
	if (why == NULL)
		add_word(p, name, octets, dhcp_name_octets(name, octets));
	return why;
}

/* A list: commas, blanks, or both between. */
static const char *parse_list(struct parsing *p, const char *value)
{
	TMP_CTX(tmp);
	char *blanks = mem_strdup(tmp, value);
	const char *why = NULL;
	size_t n;

	for (char *c = blanks; *c != '\0'; c++)
		if (*c == ',')
			*c = ' ';
	char **words = text_split_blank(tmp, blanks, &n);

	if (n > 1 && p->type->type == DHCP_ADDRESS)
		return "takes one address";
	for (size_t i = 0; i < n && why == NULL; i++)
		why = p->type->type == DHCP_DOMAINS ? parse_domain(p, words[i])
						    : parse_address(p, words[i]);
	return why;
}

static const char *parse_number(struct parsing *p, const char *value)
{
	static const struct {
		uint64_t max;
		uint8_t octets;
	} rows[] = {
		[DHCP_NUMBER8] = {UINT8_MAX, 1},
		[DHCP_NUMBER16] = {UINT16_MAX, 2},
		[DHCP_NUMBER32] = {UINT32_MAX, 4},
		[DHCP_SIGNED32] = {INT32_MAX, 4},
	};
	unsigned octets = rows[p->type->type].octets;
	uint64_t max = rows[p->type->type].max, number;
	bool is_negative = p->type->type == DHCP_SIGNED32 && *value == '-';
	uint8_t bytes[4];

	if (!text_parse_u64(value + is_negative, max + is_negative, &number))
		return mem_printf(p->mem_ctx, "'%s' is no whole number up to %llu", value,
			(unsigned long long)max);
	/* without zeros before it, which dhcpd takes for octal; hex has the sign */
	char *word = mem_printf(p->mem_ctx, "%llu", (unsigned long long)number);

	if (is_negative)
		number = -number;
	for (unsigned i = 0; i < octets; i++)
		bytes[i] = (uint8_t)(number >> (8 * (octets - 1 - i)));
	add_word(p, word, bytes, octets);
	return NULL;
}

static const char *parse_truth(struct parsing *p, const char *value)
{
	bool truth = text_equal_case(value, "true");

	if (!truth && !text_equal_case(value, "false"))
		return mem_printf(p->mem_ctx, "'%s' is neither true nor false", value);
	add_word(p, truth ? "true" : "false", truth ? "\1" : "\0", 1);
	return NULL;
}

static const char *parse_octets(struct parsing *p, const char *value)
{
	uint8_t octets[OPTION_MAX];
	size_t n = octets_parse(value, octets, sizeof(octets));

	if (n == 0)
		return "is no row of hexadecimal octets such as 01:04:00:00:00:00";
	add_word(p, octets_format(p->mem_ctx, octets, n), octets, n);
	return NULL;
}

static const char *parse_value(struct parsing *p, const char *value)
{
	switch ((enum dhcp_type)p->type->type) {
	case DHCP_ADDRESS:
	case DHCP_ADDRESSES:
	case DHCP_DOMAINS:
		return parse_list(p, value);
	case DHCP_TEXT:
		add_word(p, value, value, strlen(value));
		return NULL;
	case DHCP_TRUTH:
		return parse_truth(p, value);
	case DHCP_OCTETS:
		return parse_octets(p, value);
	case DHCP_NUMBER8:
	case DHCP_NUMBER16:
	case DHCP_NUMBER32:
	case DHCP_SIGNED32:
		break;
	}
	return parse_number(p, value);
}

const struct dhcp_option_type *dhcp_option_of_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (text_equal_case(types[i].name, name))
			return &types[i];
	return NULL;
}

const struct dhcp_option_type *dhcp_option_of_code(unsigned code, bool is_ipv6)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].code == code && types[i].is_ipv6 == is_ipv6)
			return &types[i];
	return NULL;
}

static const char *no_type(TALLOC_CTX *mem_ctx, const char *name)
{
	const char *names[ARRAY_SIZE(types) + 1] = {NULL}, *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (text_equal_case(others[i].name, name))
			return others[i].why;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		names[i] = types[i].name;
	nearest = text_nearest(name, names);
	if (nearest == NULL)
		return "is no standard option of dhcp-options(5)";
	return mem_printf(mem_ctx, "is no standard option, did you mean '%s'?", nearest);
}

const char *dhcp_option_parse(
	TALLOC_CTX *mem_ctx, const char *text, struct dhcp_option *ret)
{
	size_t len = strcspn(text, " ");
	const char *name = mem_strndup(mem_ctx, text, len);
	const char *value = text + len + strspn(text + len, " ");
	struct parsing p = {.mem_ctx = mem_ctx,
		.type = dhcp_option_of_name(name),
		.octets = buffer_new(mem_ctx)};

	if (p.type == NULL)
		return no_type(mem_ctx, name);
	if (*value == '\0')
		return "has no value: NAME VALUE";
	const char *why = parse_value(&p, value);

	if (why == NULL && p.octets->len > OPTION_MAX)
		why = "is longer than an option can be (255 octets)";
	*ret = (struct dhcp_option){.type = p.type,
		.words = p.words,
		.n_words = (uint32_t)p.n_words,
		.hex = octets_format(
			mem_ctx, (const uint8_t *)p.octets->data, p.octets->len),
		.n_octets = (uint32_t)p.octets->len};
	return why;
}
