/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/import/dnsmasq.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

/* dnsmasq.conf: NAME=FIELD,FIELD,… a line; a table says who reads which. */

enum { FIELDS_MAX = 64 };

void dnsmasq_left(const struct dnsmasq_line *l, const char *format, ...)
{
	TMP_CTX(tmp);
	va_list args;

	va_start(args, format);
	const char *text = mem_vprintf(tmp, format, args);

	va_end(args);
	import_left(l->im, l->where, "'%s' %s", l->key, text);
}

/* Fields by their looks, as dnsmasq tells them apart. */

const char *dnsmasq_lease(TALLOC_CTX *mem_ctx, const char *text)
{
	static const struct {
		char unit;
		unsigned seconds;
	} units[] = {
		{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	if (strcmp(text, "infinite") == 0)
		return IMPORT_FOREVER;
	if (digits == 0 || (text[digits] != '\0' && text[digits + 1] != '\0') ||
		!text_parse_u64(mem_strndup(mem_ctx, text, digits), UINT32_MAX, &number))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].unit == text[digits])
			return mem_printf(mem_ctx, "%" PRIu64, number * units[i].seconds);
	return NULL;
}

bool dnsmasq_ip(char *field, struct ip *ret)
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

/* What the fields of dhcp-host say. */
struct host_fields {
	const char *name;
	const char *duid; /* or client identifier */
	const char *guid; /* of InfiniBand, in that */
	struct mac macs[FIELDS_MAX];
	struct ip ips[FIELDS_MAX];
	const char *tags[FIELDS_MAX];
	size_t n_macs, n_ips, n_tags;
	bool is_ignored, has_six;
};

static void read_host_ip(struct dnsmasq_line *l, struct ip ip, struct host_fields *h)
{
	h->has_six |= ip.family == 6;
	if (is_host_part(ip))
		dnsmasq_left(l,
			"has a part of an address only, which is not taken over: write the "
			"whole");
	else
		h->ips[h->n_ips++] = ip;
}

/* What a host has no attribute for. */
static void left_field(struct dnsmasq_line *l, const char *field)
{
	if (strchr(field, '*') != NULL)
		dnsmasq_left(
			l, "'%s' stands for several MAC addresses: write each", field);
	else if (dnsmasq_lease(l->im->mem_ctx, field) != NULL)
		dnsmasq_left(l,
			"'%s' is not taken over: a host has no lease time of its own",
			field);
	else
		dnsmasq_left(
			l, "'%s' is not taken over: a host has no place for it", field);
}

/* 01-aa:bb:…: hardware type 1 is Ethernet, which needs not be said. */
static bool read_mac(const char *field, struct mac *ret)
{
	if (text_has_prefix(field, "01-") || text_has_prefix(field, "1-"))
		field = strchr(field, '-') + 1;
	return strchr(field, ':') != NULL && mac_parse(field, ret);
}

static void read_host_field(struct dnsmasq_line *l, char *field, struct host_fields *h)
{
	struct ip ip;

	if (read_mac(field, &h->macs[h->n_macs])) {
		h->n_macs++;
	} else if (dnsmasq_ip(field, &ip)) {
		read_host_ip(l, ip, h);
	} else if (strcmp(field, "ignore") == 0) {
		h->is_ignored = true;
	} else if (text_has_prefix(field, "id:") && h->duid == NULL) {
		h->duid = field + strlen("id:");
	} else if (dnsmasq_tag(field, dnsmasq_sets) != NULL) {
		h->tags[h->n_tags++] = dnsmasq_tag(field, dnsmasq_sets);
	} else if (strpbrk(field, ":=*[") != NULL ||
		   dnsmasq_lease(l->im->mem_ctx, field) != NULL) {
		left_field(l, field);
	} else if (field[0] != '\0') {
		h->name = field;
	}
}

/* A client that is known by what it says itself is nobody's reservation here. */
static void check_host_fields(struct dnsmasq_line *l, const struct host_fields *h)
{
	if (h->guid != NULL)
		return;
	if (h->duid != NULL && !h->has_six)
		dnsmasq_left(l, "has a client identifier, which is not taken over");
	if (h->n_macs == 0 && h->n_ips > 0 && (h->duid == NULL || !h->has_six))
		dnsmasq_left(l,
			"knows its client by no MAC address: it gets names, and no "
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

static void add_host(struct dnsmasq_line *l, const struct host_fields *h)
{
	struct import *im = l->im;
	struct import_host *host = h->name != NULL ? import_find_host(im, h->name) : NULL;

	if (host == NULL || is_another(host, h))
		host = import_add_host(im, h->name == NULL ? "" : h->name, l->where);
	for (size_t i = 0; i < h->n_macs; i++)
		import_add_mac(im, host, h->macs[i]);
	for (size_t i = 0; i < h->n_ips; i++)
		import_add_ip(im, host, h->ips[i]);
	for (size_t i = 0; i < h->n_tags; i++)
		*mem_push(im->mem_ctx, &host->tags, &host->n_tags) = h->tags[i];
	if (h->guid != NULL)
		*mem_push(im->mem_ctx, &host->guids, &host->n_guids) = h->guid;
	else if (h->duid != NULL && h->has_six)
		*mem_push(im->mem_ctx, &host->duids, &host->n_duids) = h->duid;
	host->has_dhcp = true;
	host->is_by_name |= h->name != NULL;
	host->host_name = h->name;
}

static void read_dhcp_host(struct dnsmasq_line *l)
{
	struct host_fields h = {.n_macs = 0};

	if (l->n > FIELDS_MAX)
		dnsmasq_left(l,
			"has more than %u fields: those behind are not taken over",
			FIELDS_MAX);
	for (size_t i = 0; i < l->n && i < FIELDS_MAX; i++)
		read_host_field(l, l->fields[i], &h);
	if (h.is_ignored) {
		dnsmasq_left(l, "is to be ignored: nothing of it is taken over, and its "
				"client is answered as an unknown one");
		return;
	}
	if (h.duid != NULL)
		h.guid = import_guid(h.duid);
	check_host_fields(l, &h);
	if (h.name != NULL || h.n_macs > 0 || h.guid != NULL ||
		(h.duid != NULL && h.n_ips > 0 && h.has_six))
		add_host(l, &h);
	else if (h.duid == NULL)
		dnsmasq_left(l, "names no client: a MAC address or a name");
}

/* Ranges */

const char *dnsmasq_tag(const char *field, const char *const *kinds)
{
	for (; *kinds != NULL; kinds++)
		if (text_has_prefix(field, *kinds))
			return field + strlen(*kinds);
	return NULL;
}

static const char *const range_filters[] = {"tag:", "net:", NULL};
const char *const dnsmasq_sets[] = {"set:", "net:", NULL};
const char *const dnsmasq_asks[] = {"tag:", "net:", "set:", NULL};

/* Does an option begin here? Anything else in front of one is a tag. */
static bool begins_option(const char *field)
{
	static const char *const begins[] = {
		"option:", "option6:", "vendor:", "encap:", "vi-encap:", NULL};

	return field[strspn(field, "0123456789")] == '\0' ||
	       dnsmasq_tag(field, begins) != NULL;
}

const char *dnsmasq_leading_tag(const struct dnsmasq_line *l, const char *const *kinds)
{
	if (l->n < 2 || begins_option(l->fields[0]))
		return NULL;
	const char *tag = dnsmasq_tag(l->fields[0], kinds);

	return tag != NULL ? tag : l->fields[0];
}

/*
 * What a range sets. Anything that is no address is a tag; with `tag:` or `net:` the range is
 * for clients that have it already.
 */
static const char *range_tag(const struct dnsmasq_line *l)
{
	static const char *const sets[] = {"set:", NULL};
	const char *field = l->n < 2 ? "" : l->fields[0];

	if (field[strspn(field, " .:0123456789abcdefABCDEF")] == '\0' ||
		dnsmasq_tag(field, range_filters) != NULL)
		return NULL;
	const char *tag = dnsmasq_tag(field, sets);

	return tag == NULL ? field : tag;
}

void dnsmasq_drop_fields(struct dnsmasq_line *l, size_t n)
{
	l->fields += n;
	l->n -= n;
}

struct dnsmasq_rule *dnsmasq_add_rule(
	struct dnsmasq_line *l, enum dnsmasq_what what, bool has_bare)
{
	TALLOC_CTX *mem_ctx = l->im->mem_ctx;
	struct dnsmasq_rule *rule = mem_new(mem_ctx, struct dnsmasq_rule);

	rule->what = what;
	rule->where = l->where;
	for (const char *tag; l->n > 0; dnsmasq_drop_fields(l, 1)) {
		tag = has_bare && l->n > 1 ? dnsmasq_leading_tag(l, dnsmasq_asks)
					   : dnsmasq_tag(l->fields[0], dnsmasq_asks);
		if (tag == NULL)
			break;
		*mem_push(mem_ctx, &rule->tags, &rule->n_tags) = tag;
	}
	*mem_push(mem_ctx, &l->d->rules, &l->d->n_rules) = rule;
	return rule;
}

static struct import_network *network_around(
	struct dnsmasq_line *l, struct ip first, unsigned length)
{
	struct prefix prefix = {.base = first, .length = (uint8_t)length};
	struct import_network *network = import_network_of(l->im, first);

	for (unsigned i = length; i < (first.family == 4 ? 32U : 128U); i++)
		prefix.base.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return network != NULL ? network : import_add_network(l->im, prefix, l->where);
}

/* The length behind the addresses: a netmask, of IPv6 a number or the usual 64. */
static bool read_length(struct dnsmasq_line *l, const struct ip *first, unsigned *ret)
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
	struct dnsmasq_line *l, struct import_network *network, const struct ip *first)
{
	const char *last = l->fields[l->n - 1];
	uint64_t number;
	bool is_length = first->family == 6 && text_parse_u64(last, 128, &number);
	const char *lease = is_length ? NULL : dnsmasq_lease(l->im->mem_ctx, last);

	struct import_value *value = &network->scope.values[IMPORT_LEASE];

	if (lease == NULL)
		lease = first->family == 6 ? "86400" : "3600";
	if (lease != NULL && strcmp(lease, IMPORT_FOREVER) == 0)
		dnsmasq_left(l,
			"leases end after 68 years from now on: there is no longer one");
	if (value->text == NULL)
		*value = (struct import_value){lease, l->where};
	else if (strcmp(value->text, lease) != 0)
		dnsmasq_left(l,
			"has another lease time than the range before it in the network: all "
			"ranges have that");
}

/* What a range sets; each range has an empty tag besides, by which they are counted. */
static void add_tags(struct dnsmasq_line *l, struct import_network *network,
	const char *const *tags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*mem_push(l->im->mem_ctx, &network->tags, &network->n_tags) = tags[i];
	*mem_push(l->im->mem_ctx, &network->tags, &network->n_tags) = "";
}

/* An address that dnsmasq completes: by the prefix that an interface has. */
static bool is_constructed(const struct dnsmasq_line *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (text_has_prefix(l->fields[i], "constructor:"))
			return true;
	return false;
}

static void left_range(struct dnsmasq_line *l)
{
	struct ip ip;

	if (is_constructed(l))
		dnsmasq_left(l,
			"is not taken over: its network is what an interface has, write it: "
			"FIRST,LAST,LENGTH");
	else if (l->n > 0 && dnsmasq_tag(l->fields[0], range_filters) != NULL)
		dnsmasq_left(l,
			"is for clients with %s, and is not taken over: ranges are "
			"for all unknown clients here",
			l->fields[0]);
	else if (l->n > 0 && ip_parse(l->fields[0], &ip) && ip.family == 4)
		dnsmasq_left(l,
			"is not taken over: its network is not known without the mask, "
			"write it: FIRST,LAST,MASK");
	else
		dnsmasq_left(l,
			"is no FIRST,LAST,MASK or FIRST,LAST,LENGTH of a network: it "
			"is not taken over");
}

/* The network, or NULL where the line is none of ours. */
static struct import_network *read_range(
	struct dnsmasq_line *l, struct ip *ret_first, bool *ret_is_static)
{
	struct ip last;
	unsigned length;

	*ret_is_static = l->n > 1 && strcmp(l->fields[1], "static") == 0;
	if (l->n < 2 || is_constructed(l) || !ip_parse(l->fields[0], ret_first) ||
		(!*ret_is_static && (!ip_parse(l->fields[1], &last) ||
					    last.family != ret_first->family)) ||
		!read_length(l, ret_first, &length)) {
		left_range(l);
		return NULL;
	}
	return network_around(l, *ret_first, length);
}

/* What routers say is theirs: no target here advertises anything. */
static void check_modes(struct dnsmasq_line *l, const struct ip *first)
{
	static const char *const modes[] = {"ra-only", "slaac", "ra-names",
		"ra-stateless", "ra-advrouter", "off-link"};

	for (size_t i = 1; first->family == 6 && i < l->n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(modes); j++)
			if (strcmp(l->fields[i], modes[j]) == 0)
				dnsmasq_left(l,
					"is taken over without '%s': what routers advertise has "
					"no place in the directory",
					modes[j]);
}

/* FIRST,LAST[,MASK[,BROADCAST]][,LEASE], or NETWORK,static,MASK; FIRST,LAST[,MODE][,LENGTH][,LEASE] */
static void read_dhcp_range(struct dnsmasq_line *l)
{
	const char *tags[FIELDS_MAX];
	size_t n_tags = 0;
	struct ip first;
	bool is_static;

	for (const char *tag; n_tags < FIELDS_MAX && (tag = range_tag(l)) != NULL;
		dnsmasq_drop_fields(l, 1))
		tags[n_tags++] = tag;
	struct import_network *network = read_range(l, &first, &is_static);

	if (network == NULL)
		return;
	network->is_dnsmasqs = true;
	add_tags(l, network, tags, n_tags);
	check_modes(l, &first);
	set_lease(l, network, &first);
	struct ip last;

	if (is_static)
		return;
	if (!ip_parse(l->fields[1], &last) || !prefix_contains(network->prefix, last)) {
		dnsmasq_left(l, "is not taken over: it ends outside of its network");
		return;
	}
	bool is_turned = ip_compare(first, last) > 0;

	import_add_range(l->im, network, is_turned ? last : first,
		is_turned ? first : last, l->where);
}

/* Of the server itself: it stays in its own file, and is no answer. */
static const char *const of_the_server[] = {"interface", "bind-interfaces",
	"bind-dynamic", "listen-address", "no-resolv", "no-poll", "server", "local",
	"domain-needed", "bogus-priv", "expand-hosts", "cache-size", "log-queries",
	"log-dhcp", "log-facility", "log-async", "enable-tftp", "tftp-root",
	"tftp-secure", "tftp-no-fail", "tftp-single-port", "user", "group", "pid-file",
	"resolv-file", "strict-order", "all-servers", "except-interface",
	"no-dhcp-interface", "port", "dhcp-authoritative", "dhcp-lease-max",
	"dhcp-leasefile", "leasefile-ro", "dhcp-script", "dhcp-sequential-ip",
	"dhcp-rapid-commit", "no-ping", "no-daemon", "filterwin2k", "no-negcache",
	"neg-ttl", "local-ttl", "auth-ttl", "max-ttl", "max-cache-ttl", "min-cache-ttl",
	"dnssec", "dnssec-check-unsigned", "trust-anchor", "rev-server", "enable-ra",
	"ra-param", "localise-queries", "stop-dns-rebind", "rebind-localhost-ok",
	"rebind-domain-ok", "dns-forward-max", "edns-packet-max", "bogus-nxdomain"};

static void read_ethers(struct dnsmasq_line *l)
{
	if (!l->im->has_ethers)
		dnsmasq_left(l, "reads /etc/ethers: give it by --ethers");
}

static void read_no_hosts(struct dnsmasq_line *l)
{
	l->d->is_without_hosts = true;
}

static void read_script(struct dnsmasq_line *l)
{
	dnsmasq_left(l,
		"runs a program: write what it prints into a file, and name that by "
		"conf-file");
}

static const struct {
	const char *key;
	void (*read)(struct dnsmasq_line *l);
} readers[] = {
	{"dhcp-host", read_dhcp_host},
	{"dhcp-range", read_dhcp_range},
	{"dhcp-option", dnsmasq_option},
	{"dhcp-option-force", dnsmasq_option},
	{"dhcp-match", dnsmasq_match},
	{"dhcp-userclass", dnsmasq_user_class},
	{"dhcp-vendorclass", dnsmasq_vendor_class},
	{"dhcp-boot", dnsmasq_boot},
	{"dhcp-ignore", dnsmasq_ignore},
	{"host-record", dnsmasq_host_record},
	{"address", dnsmasq_address},
	{"domain", dnsmasq_domain},
	{"cname", dnsmasq_cname},
	{"mx-host", dnsmasq_mx},
	{"srv-host", dnsmasq_srv},
	{"txt-record", dnsmasq_txt},
	{"addn-hosts", dnsmasq_addn_hosts},
	{"hostsdir", dnsmasq_addn_hosts},
	{"dhcp-hostsfile", dnsmasq_hosts_file},
	{"dhcp-hostsdir", dnsmasq_hosts_file},
	{"dhcp-optsfile", dnsmasq_options_file},
	{"dhcp-optsdir", dnsmasq_options_file},
	{"read-ethers", read_ethers},
	{"no-hosts", read_no_hosts},
	{"conf-file", dnsmasq_conf_file},
	{"conf-dir", dnsmasq_conf_dir},
	{"conf-script", read_script},
};

/* The server's own is said once a key: of some there are thousands. */
static bool is_the_servers(struct dnsmasq_line *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_the_server); i++) {
		if (strcmp(of_the_server[i], l->key) != 0)
			continue;
		void **slot = table_slot(l->d->files, l->key);

		if (*slot == NULL)
			import_say(l->im, l->where,
				"'%s' is the server's own: it stays in its own file",
				l->key);
		*slot = l;
		return true;
	}
	return false;
}

/*
 * The fields between commas, without the blanks around them; in quotes a comma and `#` are
 * letters. `#` begins a comment behind a blank; none begins in front of the value.
 */
static void split_fields(struct dnsmasq_line *l, const char *text)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);
	bool is_quoted = false, is_end = false;
	size_t kept = 0;

	for (const char *at = text; !is_end; at++) {
		is_end = *at == '\0' ||
			 (*at == '#' && !is_quoted && strchr(" \t", at[-1]) != NULL);
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

/* `key=value`, `key value`, `key`: the text behind the key; NULL: nothing is said. */
static const char *read_key(struct dnsmasq_line *l, const char *text)
{
	const char *start = text + strspn(text, " \t");
	size_t len = strcspn(start, "= \t\r#");

	l->where.column = (unsigned)(start - text) + 1;
	if (len == 0)
		return NULL;
	if (l->key != NULL)
		return start;
	l->key = mem_strndup(l->im->mem_ctx, start, len);
	return start + len + strspn(start + len, " \t=\r");
}

void dnsmasq_read_line(struct dnsmasq_line *l, const char *text)
{
	text = read_key(l, text);
	if (text == NULL)
		return;
	split_fields(l, text);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (strcmp(readers[i].key, l->key) == 0) {
			readers[i].read(l);
			return;
		}
	if (!is_the_servers(l))
		dnsmasq_left(l, "has no place in the directory: keep the line in the "
				"server's own file");
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
					"address, which is not known here: write it, "
					"dhcp-option=option:%s,ADDRESS",
					import_place(options[j])->attribute,
					options[j] == IMPORT_ROUTERS ? "router"
								     : "dns-server");
		}
}

/* dnsmasq reads the system's hosts file, too, unless it is told not to. */
static void check_hosts(const struct dnsmasq *d, const char *path)
{
	if (!d->is_without_hosts && !d->im->has_hosts)
		import_say(d->im, loc_file(mem_strdup(d->im->diags, path)),
			"without 'no-hosts' dnsmasq reads /etc/hosts, too: give it by --hosts");
}

/* Of a folder all files but those that a package manager left, as Debian's service has it. */
static int read_path(struct dnsmasq *d, const char *path)
{
	char *fields[] = {mem_strdup(d->im->mem_ctx, path),
		mem_strdup(d->im->mem_ctx, ".dpkg-dist"),
		mem_strdup(d->im->mem_ctx, ".dpkg-old"),
		mem_strdup(d->im->mem_ctx, ".dpkg-new")};
	struct dnsmasq_line top = {
		.d = d, .im = d->im, .fields = fields, .n = ARRAY_SIZE(fields)};
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return dnsmasq_read_folder(&top, path);
	return dnsmasq_read_file(&top, path, NULL);
}

int import_dnsmasq(struct import *im, const char *path)
{
	struct dnsmasq d = {.im = im,
		.clients = table_new(im->mem_ctx, 8),
		.files = table_new(im->mem_ctx, 64)};
	int failed = read_path(&d, path);

	if (failed < 0)
		return failed;
	dnsmasq_settle_domains(&d);
	dnsmasq_settle_rules(&d);
	check_own_address(im);
	check_hosts(&d, path);
	return 0;
}
