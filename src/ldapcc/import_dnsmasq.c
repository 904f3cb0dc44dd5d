/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ldapcc/import.h"

/* dnsmasq.conf: NAME=FIELD,FIELD,… a line; a table says who reads which. */

enum { FILE_MAX = 64 * 1024 * 1024, FIELDS_MAX = 64, DEPTH_MAX = 16 };

struct line {
	struct import *im;
	struct loc where;
	const char *key;
	char **fields;
	size_t n;
	unsigned depth; /* of conf-file */
	int pass;
};

/* What a tag can stand for, as a value of im->kinds. */
static const enum import_option import_kinds[_IMPORT_MAX] = {
	[IMPORT_BOOT_FILE] = IMPORT_BOOT_FILE,
	[IMPORT_BOOT_FILE_UEFI] = IMPORT_BOOT_FILE_UEFI,
	[IMPORT_BOOT_FILE_ARM64] = IMPORT_BOOT_FILE_ARM64,
	[IMPORT_BOOT_URL] = IMPORT_BOOT_URL,
};

static void left(const struct line *l, const char *why)
{
	import_left(l->im, l->where, "'%s' %s", l->key, why);
}

/* Fields by their looks, as dnsmasq tells them apart. */

static bool is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* 12h, 45m, 3600, infinite: the seconds as text; NULL: none */
static const char *lease_of(const struct line *l, const char *text)
{
	static const struct {
		char unit;
		unsigned seconds;
	} units[] = {
		{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	if (strcmp(text, "infinite") == 0)
		return "4294967295";
	if (digits == 0 || (text[digits] != '\0' && text[digits + 1] != '\0') ||
		!text_parse_u64(
			mem_strndup(l->im->mem_ctx, text, digits), UINT32_MAX, &number))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].unit == text[digits])
			return mem_printf(
				l->im->mem_ctx, "%" PRIu64, number * units[i].seconds);
	return NULL;
}

/* [fd00::1] is an address of DHCPv6. */
static bool read_ip(char *field, struct ip *ret)
{
	size_t len = strlen(field);
	bool is_six = len > 1 && field[0] == '[' && field[len - 1] == ']';

	if (is_six)
		field[len - 1] = '\0';
	return ip_parse(field + is_six, ret);
}

/* [::8]: what stands in front of it comes from the interface. */
static bool is_host_part(struct ip ip)
{
	static const unsigned char zeros[8];

	return ip.family == 6 && memcmp(ip.bytes, zeros, sizeof(zeros)) == 0;
}

/* What a field of dhcp-host says. */
struct host_fields {
	const char *name;
	const char *duid; /* or client identifier */
	const char *guid; /* of InfiniBand, in that */
	struct mac macs[FIELDS_MAX];
	struct ip ips[FIELDS_MAX];
	size_t n_macs, n_ips;
	bool is_ignored, has_six;
};

static void read_host_field(struct line *l, char *field, struct host_fields *h)
{
	if (mac_parse(field, &h->macs[h->n_macs]) && strchr(field, ':') != NULL) {
		h->n_macs++;
	} else if (read_ip(field, &h->ips[h->n_ips])) {
		h->has_six |= h->ips[h->n_ips].family == 6;
		if (is_host_part(h->ips[h->n_ips]))
			left(l, "has a part of an address only, which is not taken over");
		else
			h->n_ips++;
	} else if (strcmp(field, "ignore") == 0) {
		h->is_ignored = true;
	} else if (text_has_prefix(field, "id:") && h->duid == NULL) {
		h->duid = field + strlen("id:");
	} else if (strpbrk(field, ":=*") != NULL || lease_of(l, field) != NULL) {
		left(l, "has a field (tag, identifier, time) that is not taken over");
	} else if (field[0] != '\0') {
		h->name = field;
	}
}

/* A client that is known by what it says itself is nobody's reservation here. */
static void check_host_fields(struct line *l, const struct host_fields *h)
{
	if (h->guid != NULL)
		return;
	if (h->duid != NULL && !h->has_six)
		left(l, "has a client identifier, which is not taken over");
	if (h->n_macs == 0 && h->n_ips > 0 && (h->duid == NULL || !h->has_six))
		left(l, "knows its client by no MAC address: it gets names, and no "
			"reservation");
}

/* Another NIC of the name: a MAC address with an address, and neither is the one's before. */
static bool is_another(const struct import_host *host, const struct host_fields *h)
{
	for (size_t i = 0; i < host->n_macs; i++)
		for (size_t j = 0; j < h->n_macs; j++)
			if (mac_compare(host->macs[i], h->macs[j]) == 0)
				return false;
	for (size_t i = 0; i < host->n_ips; i++)
		for (size_t j = 0; j < h->n_ips; j++)
			if (ip_compare(host->ips[i], h->ips[j]) == 0)
				return false;
	return host->n_macs + host->n_guids > 0 && host->n_ips > 0 &&
	       (h->n_macs > 0 || h->guid != NULL) && h->n_ips > 0;
}

static void read_dhcp_host(struct line *l)
{
	struct import *im = l->im;
	struct host_fields h = {.n_macs = 0};

	for (size_t i = 0; i < l->n && i < FIELDS_MAX; i++)
		read_host_field(l, l->fields[i], &h);
	if (h.is_ignored) {
		left(l, "is to be ignored: nothing of it is taken over, and its client is "
			"answered as an unknown one");
		return;
	}
	if (h.duid != NULL)
		h.guid = import_guid(h.duid);
	check_host_fields(l, &h);
	if (h.name == NULL && h.n_macs + h.n_ips == 0)
		return;
	struct import_host *host = h.name != NULL ? import_find_host(im, h.name) : NULL;

	if (host == NULL || is_another(host, &h))
		host = import_add_host(im, h.name == NULL ? "" : h.name, l->where);
	for (size_t i = 0; i < h.n_macs; i++)
		import_add_mac(im, host, h.macs[i]);
	for (size_t i = 0; i < h.n_ips; i++)
		import_add_ip(im, host, h.ips[i]);
	if (h.guid != NULL)
		*mem_push(im->mem_ctx, &host->guids, &host->n_guids) = h.guid;
	else if (h.duid != NULL && h.has_six)
		*mem_push(im->mem_ctx, &host->duids, &host->n_duids) = h.duid;
	host->has_dhcp = true;
	host->is_by_name |= h.name != NULL;
	host->host_name = h.name;
}

/* A line of names for each address, as a hosts file would have it. */
static void read_host_record(struct line *l)
{
	struct ip ip;
	size_t n_names = 0;

	while (n_names < l->n && !ip_parse(l->fields[n_names], &ip))
		n_names++;
	if (n_names == 0 || n_names == l->n) {
		left(l, "is no NAME,ADDRESS");
		return;
	}
	for (size_t i = n_names; i < l->n; i++)
		if (ip_parse(l->fields[i], &ip))
			*mem_push(l->im->mem_ctx, &l->im->lines, &l->im->n_lines) =
				(struct import_line){.ip = ip,
					.names = l->fields,
					.n_names = n_names,
					.where = l->where};
}

/* Ranges */

/* `set:red`, `tag:red` and `net:red`; NULL: no field of the kind. */
static const char *tag_of(const char *field, const char *const *kinds)
{
	for (; *kinds != NULL; kinds++)
		if (text_has_prefix(field, *kinds))
			return field + strlen(*kinds);
	return NULL;
}

static const char *const sets[] = {"set:", "net:", NULL};
static const char *const asks[] = {"tag:", "net:", NULL};

/* A bare word in front of a range or an option is a tag, too. */
static const char *leading_tag(const struct line *l, const char *const *kinds)
{
	struct ip ip;

	if (l->n < 2 || l->fields[0][0] == '\0')
		return NULL;
	const char *tag = tag_of(l->fields[0], kinds);

	if (tag != NULL || strpbrk(l->fields[0], ":=") != NULL ||
		strchr("0123456789", l->fields[0][0]) != NULL ||
		ip_parse(l->fields[0], &ip))
		return tag;
	return l->fields[0];
}

static void drop_fields(struct line *l, size_t n)
{
	l->fields += n;
	l->n -= n;
}

static struct import_network *network_around(
	struct line *l, struct ip first, unsigned length)
{
	struct prefix prefix = {.base = first, .length = (uint8_t)length};
	struct import_network *network = import_network_of(l->im, first);

	for (unsigned i = length; i < (first.family == 4 ? 32U : 128U); i++)
		prefix.base.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return network != NULL ? network : import_add_network(l->im, prefix, l->where);
}

/* The length behind the addresses: a netmask, of IPv6 a number or the usual 64. */
static bool read_length(struct line *l, const struct ip *first, unsigned *ret)
{
	struct ip mask;

	for (size_t i = 1; i < l->n; i++) {
		uint64_t number;

		if (first->family == 6 && text_parse_u64(l->fields[i], 128, &number) &&
			number >= 64) {
			*ret = (unsigned)number;
			return true;
		}
		if (first->family == 4 && i > 1 && ip_parse(l->fields[i], &mask))
			return netmask_parse(l->fields[i], ret) == NULL;
	}
	*ret = 64;
	return first->family == 6;
}

/* dnsmasq's own default is an hour, of IPv6 a day, whose length is no time. */
static void set_lease(
	struct line *l, struct import_network *network, const struct ip *first)
{
	const char *last = l->fields[l->n - 1];
	uint64_t number;
	bool is_length = first->family == 6 && text_parse_u64(last, 128, &number);
	const char *lease = is_length ? NULL : lease_of(l, last);

	struct import_value *value = &network->scope.values[IMPORT_LEASE];

	if (lease == NULL)
		lease = first->family == 6 ? "86400" : "3600";
	if (value->text == NULL)
		*value = (struct import_value){lease, l->where};
	else if (strcmp(value->text, lease) != 0)
		left(l, "has another lease time than the range before it in the network: all "
			"ranges have that");
}

/* FIRST,LAST[,MASK[,BROADCAST]][,LEASE], or NETWORK,static,MASK; FIRST,LAST[,MODE][,LENGTH][,LEASE] */
static void read_dhcp_range(struct line *l)
{
	const char *tag = NULL;
	struct ip first, last;
	unsigned length;

	while (leading_tag(l, sets) != NULL) {
		tag = leading_tag(l, sets);
		drop_fields(l, 1);
	}
	bool is_static = l->n > 1 && strcmp(l->fields[1], "static") == 0;

	if (l->n < 2 || !ip_parse(l->fields[0], &first) ||
		(!is_static && (!ip_parse(l->fields[1], &last) ||
				       last.family != first.family)) ||
		!read_length(l, &first, &length)) {
		left(l, l->n > 0 && text_has_prefix(l->fields[0], "tag:")
				? "is for clients with a tag, and is not taken over"
				: "is no FIRST,LAST,MASK: the network is not known without the mask");
		return;
	}
	struct import_network *network = network_around(l, first, length);

	network->is_dnsmasqs = true;
	if (tag != NULL)
		network->tag = tag;
	set_lease(l, network, &first);
	if (!is_static)
		*mem_push(l->im->mem_ctx, &network->ranges, &network->n_ranges) =
			mem_printf(l->im->mem_ctx, "%s %s", l->fields[0], l->fields[1]);
}

/* Options */

/* The scope that a tag stands for: that of the network whose range sets it; NULL: none. */
static struct import_scope *scope_of_tag(struct import *im, const char *tag)
{
	for (size_t i = 0; i < im->n_networks; i++)
		if (text_compare(im->networks[i].tag, tag) == 0)
			return &im->networks[i].scope;
	return NULL;
}

static struct import_scope *scope_of(struct line *l)
{
	struct import_scope *scope = &l->im->scope;

	for (const char *tag; (tag = leading_tag(l, asks)) != NULL;) {
		if (scope != &l->im->scope)
			return NULL;
		scope = scope_of_tag(l->im, tag);
		if (scope == NULL)
			return NULL;
		drop_fields(l, 1);
	}
	return scope;
}

static bool is_own_address(struct ip ip)
{
	static const unsigned char zeros[sizeof(ip.bytes)];

	return memcmp(ip.bytes, zeros, sizeof(zeros)) == 0;
}

/* The words of a list; 0.0.0.0 and :: stand for the server itself, whose address nobody here knows. */
static const char *option_words(struct line *l)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);

	for (size_t i = 1; i < l->n; i++) {
		char *field = l->fields[i];
		struct ip ip;
		char text[IP_TEXT_MAX];
		bool is_address = read_ip(field, &ip);

		if (is_address && !is_own_address(ip))
			buffer_printf(
				b, "%s%s", b->len == 0 ? "" : " ", ip_format(ip, text));
		else if (is_address)
			left(l, "gives the server's own address, which is not known here: "
				"write it");
		else
			buffer_printf(b, "%s%s", b->len == 0 ? "" : " ", field);
	}
	return b->data;
}

/* Options without tags are the site's; a network that has no own takes them. */
static void read_dhcp_option(struct line *l)
{
	static const struct {
		const char *number, *name;
		enum import_option option;
	} options[] = {
		{"3", "option:router", IMPORT_ROUTERS},
		{"6", "option:dns-server", IMPORT_NAME_SERVERS},
		{"15", "option:domain-name", IMPORT_DOMAIN},
		{"26", "option:mtu", IMPORT_MTU},
		{"42", "option:ntp-server", IMPORT_TIME_SERVERS},
		{"119", "option:domain-search", IMPORT_SEARCH},
		{"", "option6:dns-server", IMPORT_NAME_SERVERS},
		{"", "option6:23", IMPORT_NAME_SERVERS},
		{"", "option6:domain-search", IMPORT_SEARCH},
		{"", "option6:24", IMPORT_SEARCH},
	};
	struct import_scope *scope = scope_of(l);

	for (size_t i = 0; scope != NULL && l->n > 0 && i < ARRAY_SIZE(options); i++) {
		if (strcmp(l->fields[0], options[i].number) != 0 &&
			strcmp(l->fields[0], options[i].name) != 0)
			continue;
		struct import_value *value = &scope->values[options[i].option];
		const char *words = option_words(l);
		/* of both families: a directory has one list */
		bool is_more = text_has_prefix(options[i].name, "option6:") &&
			       value->text != NULL && value->text[0] != '\0';

		*value = (struct import_value){
			is_more ? mem_printf(l->im->mem_ctx, "%s %s", value->text, words)
				: words,
			l->where};
		return;
	}
	left(l, "is not taken over: a tag, or an option without a place in the directory");
}

/* Boot files */

/* The kind of client that a tag stands for, in im->kinds: its option, and one more. */
static void set_kind(struct line *l, const char *tag, enum import_option option)
{
	void **slot = table_slot(l->im->kinds, tag);

	if (*slot != NULL && *slot != &import_kinds[option])
		left(l, "gives one tag to several kinds of clients");
	*slot = (void *)&import_kinds[option];
}

/* set:TAG,option:client-arch,NUMBER; set:TAG,175 is iPXE's own option */
static void read_dhcp_match(struct line *l)
{
	static const struct {
		const char *number;
		enum import_option option;
	} archs[] = {
		{"0", IMPORT_BOOT_FILE},
		{"7", IMPORT_BOOT_FILE_UEFI},
		{"9", IMPORT_BOOT_FILE_UEFI},
		{"11", IMPORT_BOOT_FILE_ARM64},
		{"16", IMPORT_BOOT_URL},
		{"19", IMPORT_BOOT_URL},
	};
	const char *tag = l->n > 1 ? tag_of(l->fields[0], sets) : NULL;
	bool is_arch = l->n == 3 && (strcmp(l->fields[1], "option:client-arch") == 0 ||
					    strcmp(l->fields[1], "93") == 0);

	for (size_t i = 0; tag != NULL && is_arch && i < ARRAY_SIZE(archs); i++)
		if (strcmp(l->fields[2], archs[i].number) == 0) {
			set_kind(l, tag, archs[i].option);
			return;
		}
	if (tag != NULL && l->n == 2 && strcmp(l->fields[1], "175") == 0)
		set_kind(l, tag, IMPORT_BOOT_URL);
	else
		left(l, "has no place in the directory");
}

static void read_user_class(struct line *l)
{
	const char *tag = l->n == 2 ? tag_of(l->fields[0], sets) : NULL;

	if (tag != NULL && strcmp(l->fields[1], "iPXE") == 0)
		set_kind(l, tag, IMPORT_BOOT_URL);
	else
		left(l, "has no place in the directory");
}

/* For every kind of client that has no file by a tag of its own. */
static void set_boot_files(struct line *l, struct import_scope *scope)
{
	const char *file = l->fields[0];
	bool is_url = strstr(file, "://") != NULL;

	for (enum import_option option = IMPORT_BOOT_FILE; option <= IMPORT_BOOT_URL;
		option++)
		if (scope->values[option].text == NULL &&
			(option != IMPORT_BOOT_URL || is_url))
			scope->values[option] = (struct import_value){file, l->where};
	if (!is_url && scope->values[IMPORT_BOOT_URL].text == NULL)
		diag_add(l->im->diags, SEVERITY_NOTE, NULL, l->where,
			"'%s' is no URL: HTTP boot clients, which got it too, get nothing",
			file);
}

/*
 * Which kind is it for, and in which network? -1: every kind that has none; false: for a tag
 * that is neither. `tag:!ipxe` is all the others.
 */
static bool read_kind(struct line *l, int *ret, struct import_scope **ret_scope)
{
	*ret = -1;
	for (; l->n > 0 && tag_of(l->fields[0], asks) != NULL; drop_fields(l, 1)) {
		const char *tag = tag_of(l->fields[0], asks);
		bool is_not = tag[0] == '!';
		const enum import_option *kind = table_find(l->im->kinds, tag + is_not);
		struct import_scope *scope = scope_of_tag(l->im, tag);

		if (kind == NULL && scope != NULL)
			*ret_scope = scope;
		else if (kind == NULL || *ret >= 0 ||
			 (is_not && *kind != IMPORT_BOOT_URL))
			return false;
		else if (!is_not)
			*ret = (int)*kind;
	}
	return true;
}

/* FILE[,NAME[,ADDRESS]]: without an address the server gives its own. */
static void set_next_server(struct line *l, struct import_scope *scope)
{
	struct import_value *value = &scope->values[IMPORT_NEXT_SERVER];

	if (l->n < 3 || l->fields[2][0] == '\0')
		left(l, "gives the server's own address as next server, which is not known "
			"here: write it");
	else if (value->text != NULL && strcmp(value->text, l->fields[2]) != 0)
		left(l, "has another next server than the one before, which is taken");
	else
		*value = (struct import_value){l->fields[2], l->where};
}

static void read_dhcp_boot(struct line *l)
{
	struct import_scope *scope = &l->im->scope;
	int kind;

	if (!read_kind(l, &kind, &scope) || l->n == 0 || l->fields[0][0] == '\0') {
		left(l, "is for clients with a tag, or has no file: it is not taken over");
		return;
	}
	if (kind >= 0)
		scope->values[kind] = (struct import_value){l->fields[0], l->where};
	else
		set_boot_files(l, scope);
	if (kind != IMPORT_BOOT_URL)
		set_next_server(l, scope);
}

static void read_domain(struct line *l)
{
	if (l->n != 1)
		left(l, "of a part of the addresses is not taken over");
	else
		l->im->scope.values[IMPORT_DOMAIN] =
			(struct import_value){l->fields[0], l->where};
}

static void add_record(struct line *l, const char *owner, const char *record)
{
	struct import *im = l->im;

	if (text_compare(im->scope.values[IMPORT_DOMAIN].text, owner) == 0)
		*mem_push(im->mem_ctx, &im->records, &im->n_records) = record;
	else
		*mem_push(im->mem_ctx, &im->owned, &im->n_owned) =
			(struct import_record){owner, record, l->where};
}

/* ALIAS,…,TARGET[,TTL] */
static void read_cname(struct line *l)
{
	size_t n = l->n > 2 && is_number(l->fields[l->n - 1]) ? l->n - 1 : l->n;

	if (n < 2)
		left(l, "is no ALIAS,TARGET");
	for (size_t i = 0; i + 1 < n; i++)
		add_record(l, l->fields[i],
			mem_printf(l->im->mem_ctx, "CNAME %s", l->fields[n - 1]));
}

/* NAME,TEXT,… */
static void read_txt(struct line *l)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);

	buffer_printf(b, "TXT");
	for (size_t i = 1; i < l->n; i++) {
		if (strpbrk(l->fields[i], "\"\\") != NULL) {
			left(l, "has a quote or a backslash in it, and is not taken over");
			return;
		}
		buffer_printf(b, " \"%s\"", l->fields[i]);
	}
	if (l->n < 2)
		left(l, "is no NAME,TEXT");
	else
		add_record(l, l->fields[0], b->data);
}

static void read_mx(struct line *l)
{
	if (l->n < 2 || is_number(l->fields[1]))
		left(l, "without a mail host is not taken over");
	else
		add_record(l, l->fields[0],
			mem_printf(l->im->mem_ctx, "MX %s %s",
				l->n > 2 ? l->fields[2] : "1", l->fields[1]));
}

/* _service._proto.NAME,TARGET,PORT,PRIORITY,WEIGHT */
static void read_srv(struct line *l)
{
	const char *dot = l->n > 0 ? strchr(l->fields[0], '.') : NULL;

	dot = dot == NULL ? NULL : strchr(dot + 1, '.');
	if (dot == NULL || l->n < 3) {
		left(l, "is no _service._proto.NAME,TARGET,PORT");
		return;
	}
	add_record(l, dot + 1,
		mem_printf(l->im->mem_ctx, "SRV %.*s %s %s %s %s",
			(int)(dot - l->fields[0]), l->fields[0],
			l->n > 3 ? l->fields[3] : "0", l->n > 4 ? l->fields[4] : "0",
			l->fields[2], l->fields[1]));
}

static void read_addn_hosts(struct line *l)
{
	int failed = l->n == 1 ? import_hosts(l->im, l->fields[0]) : 0;

	if (failed < 0 && l->im->failed == 0)
		l->im->failed = failed;
	if (failed < 0)
		diag_note(diag_last(l->im->diags), l->where, "it is named here");
}

/* Of the server itself: it stays in its own file, and is no answer. */
static const char *const of_the_server[] = {"interface", "bind-interfaces",
	"bind-dynamic", "listen-address", "no-resolv", "no-hosts", "no-poll", "server",
	"local", "domain-needed", "bogus-priv", "expand-hosts", "cache-size",
	"log-queries", "log-dhcp", "log-facility", "log-async", "enable-tftp",
	"tftp-root", "tftp-secure", "tftp-no-fail", "tftp-single-port", "user", "group",
	"pid-file", "resolv-file", "strict-order", "all-servers", "except-interface",
	"no-dhcp-interface", "port", "dhcp-authoritative", "dhcp-lease-max",
	"dhcp-leasefile", "leasefile-ro", "dhcp-script", "dhcp-sequential-ip",
	"dhcp-rapid-commit", "no-ping", "no-daemon", "filterwin2k", "no-negcache",
	"neg-ttl", "local-ttl", "auth-ttl", "max-ttl", "max-cache-ttl", "min-cache-ttl",
	"dnssec", "dnssec-check-unsigned", "trust-anchor", "rev-server", "enable-ra",
	"ra-param", "localise-queries", "stop-dns-rebind", "rebind-localhost-ok",
	"rebind-domain-ok", "dns-forward-max", "edns-packet-max", "bogus-nxdomain"};

/* Tags and networks first: what refers to them may stand above. */
enum pass { PASS_TAGS, PASS_REST };

static void read_conf_file(struct line *l);
static void read_hosts_file(struct line *l);

static void read_ethers(struct line *l)
{
	left(l, "reads /etc/ethers: give it by --ethers");
}

static void read_conf_dir(struct line *l)
{
	left(l, "is not followed: name its files by conf-file");
}

static const struct {
	const char *key;
	void (*read)(struct line *l);
	enum pass pass;
} readers[] = {
	{"dhcp-host", read_dhcp_host, PASS_REST},
	{"host-record", read_host_record, PASS_REST},
	{"dhcp-range", read_dhcp_range, PASS_TAGS},
	{"dhcp-option", read_dhcp_option, PASS_REST},
	{"dhcp-option-force", read_dhcp_option, PASS_REST},
	{"dhcp-match", read_dhcp_match, PASS_TAGS},
	{"dhcp-userclass", read_user_class, PASS_TAGS},
	{"dhcp-boot", read_dhcp_boot, PASS_REST},
	{"domain", read_domain, PASS_TAGS},
	{"cname", read_cname, PASS_REST},
	{"mx-host", read_mx, PASS_REST},
	{"srv-host", read_srv, PASS_REST},
	{"txt-record", read_txt, PASS_REST},
	{"addn-hosts", read_addn_hosts, PASS_REST},
	{"dhcp-hostsfile", read_hosts_file, PASS_REST},
	{"read-ethers", read_ethers, PASS_REST},
	{"conf-dir", read_conf_dir, PASS_REST},
};

/*
 * The fields between commas, without the blanks around them; in quotes a comma and `#` are
 * letters. `#` begins a comment at the start of a line and behind a blank.
 */
static void split_fields(struct line *l, const char *text)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);
	bool is_quoted = false, is_end = false;
	size_t kept = 0;

	for (const char *at = text; !is_end; at++) {
		is_end = *at == '\0' ||
			 (*at == '#' && !is_quoted &&
				 (at == text || strchr(" \t", at[-1]) != NULL));
		if (is_end || (*at == ',' && !is_quoted)) {
			*mem_push(l->im->mem_ctx, &l->fields, &l->n) =
				mem_strndup(l->im->mem_ctx, b->data, kept);
			b = buffer_new(l->im->mem_ctx);
			kept = 0;
		} else if (*at == '"') {
			is_quoted = !is_quoted;
			kept = b->len;
		} else if (is_quoted || strchr(" \t\r", *at) == NULL) {
			at += is_quoted && *at == '\\' && at[1] != '\0';
			buffer_add_byte(b, *at);
			kept = b->len;
		} else if (b->len > 0) {
			buffer_add_byte(b, *at);
		}
	}
	if (l->n == 1 && l->fields[0][0] == '\0')
		l->n = 0;
}

static void read_line(struct line *l, const char *text, enum pass pass)
{
	text += strspn(text, " \t");
	size_t len = strcspn(text, "= \t\r#");

	if (len == 0)
		return;
	l->key = mem_strndup(l->im->mem_ctx, text, len);
	text += len + strspn(text + len, " \t=\r");
	split_fields(l, text);
	for (size_t i = 0; i < ARRAY_SIZE(of_the_server); i++)
		if (strcmp(of_the_server[i], l->key) == 0)
			return;
	if (strcmp(l->key, "conf-file") == 0) {
		l->pass = pass;
		read_conf_file(l);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (strcmp(readers[i].key, l->key) == 0) {
			if (readers[i].pass == pass)
				readers[i].read(l);
			return;
		}
	if (pass == PASS_REST)
		left(l, "has no place in the directory");
}

/* The lines of a file, one by one; @key: what each of them is a value of, NULL: as they say. */
static int read_file(
	const struct line *from, const char *path, const char *key, enum pass pass)
{
	struct import *im = from->im;
	char *text;
	size_t len;
	int failed =
		file_read(im->mem_ctx, path, EXIT_IO, FILE_MAX, im->diags, &text, &len);
	const char *file = mem_strdup(im->diags, path);

	for (unsigned line = 1; failed == 0 && text != NULL; line++) {
		struct line l = {.im = im,
			.where = loc_at(file, line, 0),
			.depth = from->depth + 1};
		char *newline = strchr(text, '\n');

		if (newline != NULL)
			*newline = '\0';
		read_line(&l,
			key == NULL ? text : mem_printf(im->mem_ctx, "%s=%s", key, text),
			pass);
		text = newline == NULL ? NULL : newline + 1;
	}
	return failed;
}

/* Another file that this one names: where it cannot be read, all that can be said is said first. */
static void follow(struct line *l, const char *key, enum pass pass)
{
	if (l->n == 0 || l->depth > DEPTH_MAX) {
		left(l, "is not followed");
		return;
	}
	/* dnsmasq, too, reads each of them once */
	void **slot = table_slot(l->im->said,
		mem_printf(l->im->mem_ctx, "%u:%s", (unsigned)pass, l->fields[0]));
	bool is_read = *slot != NULL;

	*slot = l->im;
	if (is_read ||
		(pass == PASS_REST && table_find(l->im->said, l->fields[0]) != NULL))
		return;
	int failed = read_file(l, l->fields[0], key, pass);

	if (failed == 0)
		return;
	*table_slot(l->im->said, l->fields[0]) = l->im;
	diag_note(diag_last(l->im->diags), l->where, "it is named here");
	if (l->im->failed == 0)
		l->im->failed = failed;
}

static void read_conf_file(struct line *l)
{
	follow(l, NULL, l->pass);
}

static void read_hosts_file(struct line *l)
{
	follow(l, "dhcp-host", PASS_REST);
}

/* Where nothing is said of them, dnsmasq gives its own address, which is not known here. */
static void check_own_address(struct import *im)
{
	static const enum import_option options[] = {IMPORT_ROUTERS, IMPORT_NAME_SERVERS};

	for (size_t i = 0; i < im->n_networks; i++)
		for (size_t j = 0; j < ARRAY_SIZE(options); j++) {
			const struct import_network *network = &im->networks[i];

			if (network->is_dnsmasqs && network->prefix.base.family == 4 &&
				network->scope.values[options[j]].text == NULL &&
				im->scope.values[options[j]].text == NULL)
				import_left(im, network->where,
					"%s: where nothing is said, dnsmasq gives its own "
					"address, which is not known here: write it",
					import_attribute(options[j]));
		}
}

int import_dnsmasq(struct import *im, const char *path)
{
	TMP_CTX(tmp);
	struct line top = {.im = im};

	im->kinds = table_new(tmp, 8);
	for (enum pass pass = PASS_TAGS; pass <= PASS_REST; pass++) {
		int failed = read_file(&top, path, NULL, pass);

		if (failed < 0)
			return failed;
	}
	check_own_address(im);
	return 0;
}
