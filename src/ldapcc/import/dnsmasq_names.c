/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/dnsmasq.h"

/* The names that a dnsmasq.conf gives answers to: addresses, domains, records. */

static bool is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Names and addresses */

static void add_line(struct dnsmasq_line *l, struct ip ip, char **names, size_t n)
{
	*mem_push(l->im->mem_ctx, &l->im->lines, &l->im->n_lines) = (struct import_line){
		.ip = ip, .names = names, .n_names = n, .where = l->where};
}

/* NAME,…,ADDRESS,…[,TTL]: a line of names for each address, as a hosts file would have it. */
void dnsmasq_host_record(struct dnsmasq_line *l)
{
	struct ip ip;
	size_t n_names = 0, n_ips = 0;

	while (n_names < l->n && !ip_parse(l->fields[n_names], &ip))
		n_names++;
	for (size_t i = n_names; n_names > 0 && i < l->n; i++) {
		if (!ip_parse(l->fields[i], &ip))
			continue;
		n_ips++;
		if (ip_unusable(ip) != NULL || ip_is_link_local(ip))
			dnsmasq_left(l,
				"of '%s', which is no address of a host, is not taken over: "
				"keep the line in the server's own file",
				l->fields[i]);
		else
			add_line(l, ip, l->fields, n_names);
	}
	if (n_ips == 0)
		dnsmasq_left(l, "is no NAME,ADDRESS");
}

/* What blocks a domain, or answers for names that nobody can list, is the server's own. */
static void address_of(struct dnsmasq_line *l, const char *domain, const char *text)
{
	struct import *im = l->im;
	char *names[] = {mem_strdup(im->mem_ctx, domain)};
	struct ip ip;

	if (!ip_parse(text, &ip) || ip_unusable(ip) != NULL || ip_is_link_local(ip) ||
		strchr(domain, '.') == NULL || text_hostname_fault(domain) != NULL) {
		dnsmasq_left(l,
			"of '%s' is no address of one machine: keep the line in the "
			"server's own file",
			domain);
		return;
	}
	char **list = mem_array(im->mem_ctx, char *, 1);

	list[0] = names[0];
	add_line(l, ip, list, 1);
	dnsmasq_left(l,
		"is taken for '%s' alone: for all names below it keep the line in the "
		"server's own file",
		domain);
}

/* /DOMAIN/…/ADDRESS */
void dnsmasq_address(struct dnsmasq_line *l)
{
	TMP_CTX(tmp);
	const char *text = l->n == 1 ? l->fields[0] : "";
	const char *last = strrchr(text, '/');
	size_t n = 0;
	char **domains =
		last == NULL
			? NULL
			: text_split(tmp, mem_strndup(tmp, text, (size_t)(last - text)),
				  '/', &n);

	for (size_t i = 0; i < n; i++)
		address_of(l, domains[i], last + 1);
	if (n == 0)
		dnsmasq_left(l,
			"is no /DOMAIN/ADDRESS: keep the line in the server's own file");
}

/* Domains */

/* FIRST,LAST or NETWORK/LENGTH */
static bool read_part(const struct dnsmasq_line *l, struct dnsmasq_domain *ret)
{
	struct prefix prefix;

	if (strchr(l->fields[1], '/') != NULL) {
		if (prefix_parse(l->fields[1], NO_NETMASK, &prefix) != NULL)
			return false;
		ret->first = prefix.base;
		ret->last = prefix_last(prefix);
		return true;
	}
	return l->n > 2 && ip_parse(l->fields[1], &ret->first) &&
	       ip_parse(l->fields[2], &ret->last);
}

void dnsmasq_domain(struct dnsmasq_line *l)
{
	struct dnsmasq_domain part = {.where = l->where};

	if (l->n == 0 || text_hostname_fault(l->fields[0]) != NULL) {
		dnsmasq_left(l, "is not taken over: give the name of the domain");
	} else if (l->n == 1) {
		l->im->scope.values[IMPORT_DOMAIN] =
			(struct import_value){l->fields[0], l->where};
	} else if (read_part(l, &part)) {
		part.name = l->fields[0];
		*mem_push(l->im->mem_ctx, &l->d->domains, &l->d->n_domains) = part;
	} else {
		dnsmasq_left(l,
			"'%s' is of addresses that the line does not name: give them as "
			"NETWORK/LENGTH",
			l->fields[0]);
	}
}

static bool is_inside(const struct dnsmasq_domain *part, struct ip ip)
{
	return ip.family == part->first.family && ip_compare(part->first, ip) <= 0 &&
	       ip_compare(ip, part->last) <= 0;
}

/* A part of a network has no attribute: its hosts have the domain in their names. */
static bool give_to_hosts(struct dnsmasq *d, const struct dnsmasq_domain *part)
{
	bool is_any = false;

	for (size_t i = 0; i < d->im->n_hosts; i++) {
		struct import_host *host = d->im->hosts[i];

		if (host->n_ips == 0 || !is_inside(part, host->ips[0]))
			continue;
		host->scope.values[IMPORT_DOMAIN] =
			(struct import_value){part->name, part->where};
		is_any = true;
	}
	return is_any;
}

static void settle_domain(struct dnsmasq *d, const struct dnsmasq_domain *part)
{
	bool is_any = false, is_cut = false;

	for (size_t i = 0; i < d->im->n_networks; i++) {
		struct import_network *network = &d->im->networks[i];
		bool has_first = is_inside(part, network->prefix.base);
		bool has_last = is_inside(part, prefix_last(network->prefix));

		if (has_first && has_last)
			network->scope.values[IMPORT_DOMAIN] =
				(struct import_value){part->name, part->where};
		is_any |= has_first && has_last;
		is_cut |= has_first != has_last ||
			  (!has_first && prefix_contains(network->prefix, part->first));
	}
	if (is_cut) {
		(void)!give_to_hosts(d, part);
		import_left(d->im, part->where,
			"domain '%s' is of a part of a network: its hosts have it in their "
			"names, clients of ranges are told the network's",
			part->name);
	} else if (!is_any && !give_to_hosts(d, part)) {
		import_left(d->im, part->where,
			"domain '%s' is of addresses that no network here has: it is not "
			"taken over",
			part->name);
	}
}

/* Of several that have an address the last one counts. */
void dnsmasq_settle_domains(struct dnsmasq *d)
{
	for (size_t i = 0; i < d->n_domains; i++)
		settle_domain(d, &d->domains[i]);
}

/* Records */

static void add_record(struct dnsmasq_line *l, const char *owner, const char *record)
{
	*mem_push(l->im->mem_ctx, &l->im->owned, &l->im->n_owned) =
		(struct import_record){owner, record, l->where};
}

/* ALIAS,…,TARGET[,TTL] */
void dnsmasq_cname(struct dnsmasq_line *l)
{
	size_t n = l->n > 2 && is_number(l->fields[l->n - 1]) ? l->n - 1 : l->n;

	if (n < 2)
		dnsmasq_left(l, "is no ALIAS,TARGET");
	for (size_t i = 0; i + 1 < n; i++)
		add_record(l, l->fields[i],
			mem_printf(l->im->mem_ctx, "CNAME %s", l->fields[n - 1]));
}

/* NAME,TEXT,… */
void dnsmasq_txt(struct dnsmasq_line *l)
{
	struct buffer *b = buffer_new(l->im->mem_ctx);

	buffer_printf(b, "TXT");
	for (size_t i = 1; i < l->n; i++) {
		if (strpbrk(l->fields[i], "\"\\") != NULL) {
			dnsmasq_left(l,
				"has a quote or a backslash in it: keep the line in the "
				"server's own file");
			return;
		}
		buffer_printf(b, " \"%s\"", l->fields[i]);
	}
	if (l->n < 2)
		dnsmasq_left(l, "is no NAME,TEXT");
	else
		add_record(l, l->fields[0], b->data);
}

/* DOMAIN,HOST[,PREFERENCE] */
void dnsmasq_mx(struct dnsmasq_line *l)
{
	if (l->n < 2 || is_number(l->fields[1]))
		dnsmasq_left(l,
			"without a mail host is not taken over: write the host into the "
			"line");
	else
		add_record(l, l->fields[0],
			mem_printf(l->im->mem_ctx, "MX %s %s",
				l->n > 2 ? l->fields[2] : "1", l->fields[1]));
}

/* _service._proto[.DOMAIN],TARGET,PORT,PRIORITY,WEIGHT; without a target there is no such service */
void dnsmasq_srv(struct dnsmasq_line *l)
{
	const char *name = l->n > 0 ? l->fields[0] : "";
	const char *dot = strchr(name, '.');
	const char *end = dot == NULL ? NULL : strchr(dot + 1, '.');
	bool has_target = l->n > 1 && l->fields[1][0] != '\0';

	if (dot == NULL || name[0] != '_') {
		dnsmasq_left(l, "is no _service._proto.NAME,TARGET,PORT");
		return;
	}
	end = end == NULL ? name + strlen(name) : end;
	add_record(l, *end == '\0' ? NULL : end + 1,
		mem_printf(l->im->mem_ctx, "SRV %.*s %s %s %s %s", (int)(end - name),
			name, l->n > 3 ? l->fields[3] : "0",
			l->n > 4 ? l->fields[4] : "0", l->n > 2 ? l->fields[2] : "1",
			has_target ? l->fields[1] : "."));
}
