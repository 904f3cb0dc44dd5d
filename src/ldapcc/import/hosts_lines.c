/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "ldapcc/import/import.h"

/*
 * Lines of hosts files, and the hosts that they are about: by address, or by name where the
 * server of a host looks its address up (ethers, dnsmasq).
 */

/* The first with a dot, else the first; one that is no host name is nobody's full name. */
static const char *full_name(const struct import_line *line)
{
	const char *first = NULL;

	for (size_t i = 0; i < line->n_names; i++) {
		if (text_hostname_fault(line->names[i]) != NULL)
			continue;
		if (strchr(line->names[i], '.') != NULL)
			return line->names[i];
		first = first == NULL ? line->names[i] : first;
	}
	return first == NULL ? line->names[0] : first;
}

bool import_is_short_of(const char *name, const char *full)
{
	size_t len = strlen(name);

	return strncasecmp(full, name, len) == 0 && full[len] == '.';
}

static void add_alias(struct import *im, struct import_host *host, const char *name)
{
	if (strcmp(name, host->name) == 0 || import_is_short_of(name, host->name))
		return;
	for (size_t i = 0; i < host->n_aliases; i++)
		if (strcmp(host->aliases[i], name) == 0)
			return;
	*mem_push(im->mem_ctx, &host->aliases, &host->n_aliases) = name;
}

/* @line is about @host: it has the names of the address, DHCP or not. */
static void take_line(
	struct import *im, struct import_host *host, struct import_line *line)
{
	line->is_used = true;
	for (size_t i = 0; i < line->n_names; i++) {
		text_lower(line->names[i]);
		if (text_hostname_fault(line->names[i]) != NULL)
			import_left(im, line->where, "'%s' is no host name: %s",
				line->names[i], text_hostname_fault(line->names[i]));
	}
	if (host->has_dhcp && !host->is_named)
		import_rename(im, host, full_name(line));
	host->is_named = true;
	for (size_t i = 0; i < line->n_names; i++)
		if (text_hostname_fault(line->names[i]) == NULL)
			add_alias(im, host, line->names[i]);
}

static bool has_word(const struct import_line *line, const char *word)
{
	for (size_t i = 0; i < line->n_names; i++)
		if (text_equal_case(line->names[i], word))
			return true;
	return false;
}

/* One of them may be the other without its domain. */
static bool is_one_name(const char *a, const char *b)
{
	return text_equal_case(a, b) || import_is_short_of(a, b) ||
	       import_is_short_of(b, a);
}

static bool has_related(const struct import_line *line, const char *name)
{
	for (size_t i = 0; i < line->n_names; i++)
		if (is_one_name(line->names[i], name))
			return true;
	return false;
}

/* By the first label, which names share that differ in their domains only. */
struct list {
	void **items;
	size_t n;
};

struct lookup {
	struct import *im;
	TALLOC_CTX *mem_ctx;
	struct table *lines; /* label -> struct list of lines, in their order */
	struct table
		*waiting; /* label -> struct list of hosts that have no address yet */
};

static const char *label_of(TALLOC_CTX *mem_ctx, const char *name)
{
	char *label = mem_strndup(mem_ctx, name, strcspn(name, "."));

	text_lower(label);
	return label;
}

static void file(struct lookup *l, struct table *table, const char *name, void *item)
{
	void **slot = table_slot(table, label_of(l->mem_ctx, name));
	struct list *list = *slot;

	if (list == NULL)
		*slot = list = mem_new(l->mem_ctx, struct list);
	if (list->n == 0 || list->items[list->n - 1] != item)
		*mem_push(l->mem_ctx, &list->items, &list->n) = item;
}

static struct list filed(
	const struct lookup *l, const struct table *table, const char *name)
{
	const struct list *list = table_find(table, label_of(l->mem_ctx, name));

	return list == NULL ? (struct list){NULL, 0} : *list;
}

static void file_all(struct lookup *l)
{
	struct import *im = l->im;

	for (size_t i = 0; i < im->n_lines; i++)
		for (size_t j = 0; j < im->lines[i].n_names; j++)
			file(l, l->lines, im->lines[i].names[j], &im->lines[i]);
	for (size_t i = 0; i < im->n_hosts; i++)
		if (im->hosts[i]->has_dhcp && im->hosts[i]->n_ips == 0)
			file(l, l->waiting, im->hosts[i]->name, im->hosts[i]);
}

/* Addresses by name */

/* The lines of @name; those with the very word count before those that are related. */
static struct import_line **lines_of(
	const struct lookup *l, TALLOC_CTX *mem_ctx, const char *name, size_t *ret_n)
{
	struct list list = filed(l, l->lines, name);
	struct import_line **found = NULL;

	*ret_n = 0;
	for (unsigned round = 0; *ret_n == 0 && round < 2; round++)
		for (size_t i = 0; i < list.n; i++)
			if (round == 0 ? has_word(list.items[i], name)
				       : has_related(list.items[i], name))
				*mem_push(mem_ctx, &found, ret_n) = list.items[i];
	return found;
}

static bool is_one_machine(struct import_line *const *lines, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (!is_one_name(full_name(lines[0]), full_name(lines[i])))
			return false;
	return true;
}

/* What another declaration of the address says is the same machine's. */
static void give_macs(
	struct import *im, struct import_host *owner, struct import_host *host)
{
	for (size_t i = 0; i < host->n_macs; i++)
		import_add_mac(im, owner, host->macs[i]);
	owner->has_dhcp = true;
	host->is_merged = true;
}

/* Declarations of one address are NICs of one machine, whichever of them is plugged in. */
static void join_addresses(struct import *im)
{
	TMP_CTX(tmp);
	struct table *owners = table_new(tmp, im->n_hosts);
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < im->n_hosts; i++) {
		struct import_host *host = im->hosts[i], *owner;

		if (!host->has_dhcp || host->n_ips != 1 || host->n_macs == 0)
			continue;
		void **slot = table_slot(
			owners, mem_strdup(tmp, ip_format(host->ips[0], text)));

		owner = *slot;
		if (owner == NULL) {
			*slot = host;
			continue;
		}
		if (!text_equal_case(owner->name, host->name) ||
			!import_scopes_equal(&owner->scope, &host->scope))
			import_left(im, host->where,
				"'%s' has the address of '%s': it is taken for a NIC of "
				"that, and told the same",
				host->name, owner->name);
		give_macs(im, owner, host);
		host->n_ips = 0;
	}
}

static void find_addresses(const struct lookup *l, struct import_host *host)
{
	TMP_CTX(tmp);
	struct import *im = l->im;
	size_t n;
	struct import_line **lines = lines_of(l, tmp, host->name, &n);

	if (!is_one_machine(lines, n)) {
		import_left(im, host->where,
			"'%s' is the name of several machines in the hosts file, so of none",
			host->name);
		host->is_merged = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct import_host *owner = import_host_at(im, lines[i]->ip);

		if (owner == NULL)
			import_add_ip(im, host, lines[i]->ip);
		else if (owner != host)
			give_macs(im, owner, host);
	}
}

/* Hosts by line */

/* A server of ISC's chose the address of such a host; that of the hosts file is given from now on. */
static struct import_host *without_address(
	const struct lookup *l, const struct import_line *line)
{
	const char *full = full_name(line);
	struct list list = filed(l, l->waiting, full);

	for (size_t i = 0; i < list.n; i++) {
		struct import_host *host = list.items[i];
		const char *own = host->scope.values[IMPORT_DOMAIN].text;

		if (host->n_ips > 0 || host->n_macs == 0 || host->is_merged ||
			host->is_named)
			continue;
		if (!text_equal_case(host->name, full) &&
			(!has_word(line, host->name) ||
				!import_is_short_of(host->name, full) ||
				(own != NULL && !text_equal_case(own,
							full + strlen(host->name) + 1))))
			continue;
		import_left(l->im, host->where,
			"'%s' has no fixed-address, and an address in the hosts file: "
			"it is given that from now on",
			host->name);
		return host;
	}
	return NULL;
}

/* A line of the short name alone is about the one machine whose other line has it, too. */
static struct import_host *of_short_name(const struct lookup *l, const char *name)
{
	struct list list = filed(l, l->lines, name);
	struct import_host *found = NULL;

	for (size_t i = 0; i < list.n; i++) {
		const struct import_line *line = list.items[i];
		struct import_host *host = line->is_used && has_word(line, name)
						   ? import_host_at(l->im, line->ip)
						   : NULL;

		if (host == NULL || !import_is_short_of(name, host->name))
			continue;
		if (found != NULL && found != host)
			return NULL;
		found = host;
	}
	return found;
}

/* Names of some of a machine's addresses: here they have all of them */

static struct table *lines_by_ip(TALLOC_CTX *mem_ctx, struct import *im)
{
	struct table *table = table_new(mem_ctx, im->n_lines);
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < im->n_lines; i++) {
		void **slot = table_slot(
			table, mem_strdup(mem_ctx, ip_format(im->lines[i].ip, text)));
		struct list *list = *slot;

		if (list == NULL)
			*slot = list = mem_new(mem_ctx, struct list);
		*mem_push(mem_ctx, &list->items, &list->n) = &im->lines[i];
	}
	return table;
}

/* The line that calls @ip @name, NULL: none does. */
static const struct import_line *line_with(
	const struct table *lines, struct ip ip, const char *name)
{
	char text[IP_TEXT_MAX];
	const struct list *list = table_find(lines, ip_format(ip, text));

	for (size_t i = 0; list != NULL && i < list->n; i++)
		if (has_related(list->items[i], name))
			return list->items[i];
	return NULL;
}

static void compare_addresses(struct import *im, const struct table *lines,
	const struct import_host *host, const char *name)
{
	const struct import_line *where = NULL;
	const struct ip *missing = NULL;
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < host->n_ips; i++) {
		const struct import_line *line = line_with(lines, host->ips[i], name);

		if (line == NULL && missing == NULL)
			missing = &host->ips[i];
		if (where == NULL)
			where = line;
	}
	if (where != NULL && missing != NULL)
		import_left(im, where->where,
			"'%s' is no name of %s in the hosts file: from now on it is, as all "
			"addresses of a machine have all of its names",
			name, ip_format(*missing, text));
}

static void compare_names(struct import *im)
{
	TMP_CTX(tmp);
	const struct table *lines = lines_by_ip(tmp, im);

	for (size_t i = 0; i < im->n_hosts; i++) {
		const struct import_host *host = im->hosts[i];

		if (host->n_ips < 2 || host->is_merged)
			continue;
		compare_addresses(im, lines, host, host->name);
		for (size_t j = 0; j < host->n_aliases; j++)
			compare_addresses(im, lines, host, host->aliases[j]);
	}
}

/* What an address is called is what stands first in its line; here it is the full name. */
static void say_renamed(struct import *im)
{
	const struct import_line *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < im->n_lines; i++) {
		const struct import_line *line = &im->lines[i];

		if (text_hostname_fault(line->names[0]) != NULL ||
			full_name(line) == line->names[0])
			continue;
		first = first == NULL ? line : first;
		n++;
	}
	if (n > 0)
		import_say(im, first->where,
			"%zu %s with another name than the full one, this the first: the "
			"address has the full one from now on, '%s'",
			n, text_plural(n, "line begins", "lines begin"),
			full_name(first));
}

void import_take_lines(struct import *im)
{
	TMP_CTX(tmp);
	struct lookup l = {.im = im,
		.mem_ctx = tmp,
		.lines = table_new(tmp, im->n_lines),
		.waiting = table_new(tmp, im->n_hosts)};

	join_addresses(im);
	file_all(&l);
	for (size_t i = 0; i < im->n_hosts; i++)
		if (im->hosts[i]->is_by_name && im->hosts[i]->n_ips == 0)
			find_addresses(&l, im->hosts[i]);
	for (size_t i = 0; i < im->n_lines; i++) {
		struct import_line *line = &im->lines[i];
		struct import_host *host = import_host_at(im, line->ip);

		/* a machine with an IPv4 and an IPv6 line is one */
		if (host == NULL) {
			host = without_address(&l, line);
			if (host == NULL)
				host = import_find_host(im, full_name(line));
			if (host == NULL)
				host = of_short_name(&l, full_name(line));
			if (host == NULL)
				host = import_add_host(im, full_name(line), line->where);
			import_add_ip(im, host, line->ip);
		}
		take_line(im, host, line);
	}
	compare_names(im);
	say_renamed(im);
}
