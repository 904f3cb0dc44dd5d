/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ldapcc/import.h"

/* dnsmasq.conf: NAME=FIELD,FIELD,… a line; a table says who reads which. */

enum { FILE_MAX = 64 * 1024 * 1024, FIELDS_MAX = 64 };

struct line {
	struct import *im;
	struct loc where;
	const char *key;
	char **fields;
	size_t n;
};

static void left(const struct line *l, const char *why)
{
	import_left(l->im, l->where, "'%s' %s", l->key, why);
}

/* Fields by their looks, as dnsmasq tells them apart. */
static void read_dhcp_host(struct line *l)
{
	struct import_host *host = NULL;
	const char *name = NULL;
	struct mac macs[FIELDS_MAX], mac;
	struct ip ips[FIELDS_MAX], ip;
	size_t n_macs = 0, n_ips = 0;

	for (size_t i = 0; i < l->n && i < FIELDS_MAX; i++) {
		char *field = l->fields[i];
		size_t len = strlen(field);
		bool is_six = len > 1 && field[0] == '[' && field[len - 1] == ']';

		if (is_six) {
			field[len - 1] = '\0';
			field++;
		}
		if (mac_parse(field, &mac) && strchr(field, ':') != NULL)
			macs[n_macs++] = mac;
		else if (ip_parse(field, &ip))
			ips[n_ips++] = ip;
		else if (strchr(field, ':') != NULL || strchr(field, '=') != NULL ||
			 strcmp(field, "ignore") == 0 || strcmp(field, "infinite") == 0 ||
			 strspn(field, "0123456789") + 1 >= len)
			left(l, "has a field (tag, identifier, time) that is not taken over");
		else
			name = field;
	}
	host = name != NULL ? import_find_host(l->im, name) : NULL;
	if (host == NULL)
		host = import_add_host(l->im, name == NULL ? "" : name, l->where);
	for (size_t i = 0; i < n_macs; i++)
		import_add_mac(l->im, host, macs[i]);
	for (size_t i = 0; i < n_ips; i++)
		import_add_ip(l->im, host, ips[i]);
	host->has_dhcp = true;
	host->host_name = name;
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

/* FIRST,LAST[,MASK[,BROADCAST]][,LEASE], or NETWORK,static */
static void read_dhcp_range(struct line *l)
{
	struct ip first, last, mask;
	struct prefix prefix;
	unsigned bits;
	size_t at = 0;

	while (at < l->n && !ip_parse(l->fields[at], &first))
		at++;
	if (at > 0 || at + 2 >= l->n || !ip_parse(l->fields[at], &first) ||
		(!ip_parse(l->fields[at + 1], &last) &&
			strcmp(l->fields[at + 1], "static") != 0) ||
		!ip_parse(l->fields[at + 2], &mask) ||
		netmask_parse(l->fields[at + 2], &bits) != NULL) {
		left(l, "is no FIRST,LAST,MASK: the network is not known without the mask");
		return;
	}
	prefix = (struct prefix){.base = first, .length = (uint8_t)bits};
	for (unsigned i = bits; i < 32; i++)
		prefix.base.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	struct import_network *network = import_network_of(l->im, first);

	if (network == NULL)
		network = import_add_network(l->im, prefix, l->where);
	if (strcmp(l->fields[at + 1], "static") != 0)
		*mem_push(l->im->mem_ctx, &network->ranges, &network->n_ranges) =
			mem_printf(l->im->mem_ctx, "%s %s", l->fields[at],
				l->fields[at + 1]);
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
	};

	for (size_t i = 0; l->n > 1 && i < ARRAY_SIZE(options); i++) {
		if (strcmp(l->fields[0], options[i].number) != 0 &&
			strcmp(l->fields[0], options[i].name) != 0)
			continue;
		struct buffer *b = buffer_new(l->im->mem_ctx);

		for (size_t j = 1; j < l->n; j++)
			buffer_printf(b, "%s%s", j == 1 ? "" : " ", l->fields[j]);
		l->im->scope.values[options[i].option] =
			(struct import_value){b->data, l->where};
		return;
	}
	left(l, "is not taken over: a tag, or an option without a place in the directory");
}

static void read_dhcp_boot(struct line *l)
{
	struct import_value *values = l->im->scope.values;

	if (l->n == 0 || strchr(l->fields[0], ':') != NULL) {
		left(l, "has a tag, and is not taken over");
		return;
	}
	values[IMPORT_BOOT_FILE] = (struct import_value){l->fields[0], l->where};
	if (l->n > 1)
		values[IMPORT_NEXT_SERVER] =
			(struct import_value){l->fields[l->n - 1], l->where};
}

static void read_domain(struct line *l)
{
	if (l->n != 1)
		left(l, "of a part of the addresses is not taken over");
	else
		l->im->scope.values[IMPORT_DOMAIN] =
			(struct import_value){l->fields[0], l->where};
}

/* A record of a name: its host's, or an entry of its own without an address. */
static void add_record(struct line *l, const char *owner, const char *record)
{
	struct import *im = l->im;
	struct import_host *host = import_find_host(im, owner);

	if (text_compare(im->scope.values[IMPORT_DOMAIN].text, owner) == 0) {
		*mem_push(im->mem_ctx, &im->records, &im->n_records) = record;
		return;
	}
	if (host == NULL)
		host = import_add_host(im, owner, l->where);
	*mem_push(im->mem_ctx, &host->records, &host->n_records) = record;
}

static void read_cname(struct line *l)
{
	for (size_t i = 0; i + 1 < l->n; i++)
		add_record(l, l->fields[i],
			mem_printf(l->im->mem_ctx, "CNAME %s", l->fields[l->n - 1]));
}

static void read_mx(struct line *l)
{
	if (l->n < 2)
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
	"log-queries", "log-dhcp", "log-facility", "enable-tftp", "tftp-root", "user",
	"group", "pid-file", "resolv-file", "strict-order", "except-interface", "port",
	"dhcp-authoritative", "dhcp-lease-max", "dhcp-leasefile", "conf-dir", "no-daemon",
	"filterwin2k"};

static const struct {
	const char *key;
	void (*read)(struct line *l);
} readers[] = {
	{"dhcp-host", read_dhcp_host},
	{"host-record", read_host_record},
	{"dhcp-range", read_dhcp_range},
	{"dhcp-option", read_dhcp_option},
	{"dhcp-boot", read_dhcp_boot},
	{"domain", read_domain},
	{"cname", read_cname},
	{"mx-host", read_mx},
	{"srv-host", read_srv},
	{"addn-hosts", read_addn_hosts},
};

/* Fields between commas, without blanks around them; quotes hold no comma with us. */
static void split_fields(struct line *l, char *text)
{
	l->fields = text_split(l->im->mem_ctx, text, ',', &l->n);
	for (size_t i = 0; i < l->n; i++) {
		char *field = l->fields[i] + strspn(l->fields[i], " \t");
		size_t len = strlen(field);

		while (len > 0 && strchr(" \t\r", field[len - 1]) != NULL)
			field[--len] = '\0';
		l->fields[i] = field;
	}
}

/* `#` begins a comment at the start of a line and behind a blank. */
static void cut_comment(char *text)
{
	for (char *at = text; *at != '\0'; at++)
		if (*at == '#' && (at == text || at[-1] == ' ' || at[-1] == '\t')) {
			*at = '\0';
			return;
		}
}

static void read_line(struct import *im, struct loc where, char *text)
{
	struct line l = {.im = im, .where = where};

	cut_comment(text);
	text += strspn(text, " \t");
	size_t len = strcspn(text, "= \t\r");

	if (len == 0)
		return;
	l.key = mem_strndup(im->mem_ctx, text, len);
	text += len + strspn(text + len, " \t=\r");
	split_fields(&l, text);
	for (size_t i = 0; i < ARRAY_SIZE(of_the_server); i++)
		if (strcmp(of_the_server[i], l.key) == 0)
			return;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (strcmp(readers[i].key, l.key) == 0) {
			readers[i].read(&l);
			return;
		}
	left(&l, "has no place in the directory");
}

int import_dnsmasq(struct import *im, const char *path)
{
	char *text;
	size_t len;
	int failed =
		file_read(im->mem_ctx, path, EXIT_IO, FILE_MAX, im->diags, &text, &len);
	const char *file = mem_strdup(im->diags, path);

	for (unsigned line = 1; failed == 0 && text != NULL; line++) {
		char *newline = strchr(text, '\n');

		if (newline != NULL)
			*newline = '\0';
		read_line(im, loc_at(file, line, 0), text);
		text = newline == NULL ? NULL : newline + 1;
	}
	return failed;
}
