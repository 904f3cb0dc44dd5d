/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/import.h"
#include "model/dns_record.h"

/* What hosts are called, and which of them has a record. */

/* A host that DHCP tells a domain of its own has it in DNS, too: as a part of its name. */
static const char *with_domain(
	struct import *im, const struct import_host *host, const char *name)
{
	const struct import_network *network =
		host->n_ips == 0 ? NULL : import_network_of(im, host->ips[0]);
	const char *own = host->scope.values[IMPORT_DOMAIN].text;
	const char *around =
		network == NULL ? NULL : network->scope.values[IMPORT_DOMAIN].text;

	if (around == NULL)
		around = im->scope.values[IMPORT_DOMAIN].text;
	if (!host->has_dhcp || own == NULL || strchr(name, '.') != NULL ||
		text_compare(own, around) == 0)
		return name;
	return mem_printf(im->mem_ctx, "%s.%s", name, own);
}

enum { LABEL_END = 17 }; /* six octets */

/* A declaration's own name where no hosts file has one: underscores are in no host name. */
static void name_host(struct import *im, struct import_host *host)
{
	const char *name = host->name;
	struct ip ip;

	if (host->host_name != NULL && strchr(name, '.') == NULL)
		name = host->host_name;
	/* ethers knows some by their addresses, which are no names */
	if (ip_parse(name, &ip))
		name = "";
	if (name[0] == '\0' && host->n_macs > 0) {
		char text[MAC_TEXT_MAX];

		name = mem_printf(im->mem_ctx, "mac-%s", mac_format(host->macs[0], text));
	} else if (name[0] == '\0' && host->n_guids > 0) {
		name = mem_printf(im->mem_ctx, "guid-%s", host->guids[0]);
	} else if (name[0] == '\0' && host->n_duids > 0) {
		/* its end is what differs */
		size_t len = strlen(host->duids[0]);

		name = mem_printf(im->mem_ctx, "duid-%s",
			host->duids[0] + (len > LABEL_END ? len - LABEL_END : 0));
	}
	char *own = mem_strdup(im->mem_ctx, with_domain(im, host, name));

	text_lower(own);
	for (char *c = own; *c != '\0'; c++)
		if (*c == '_' || *c == ':')
			*c = '-';
	if (text_hostname_fault(own) != NULL) {
		import_left(im, host->where, "'%s' is no host name: %s", own,
			text_hostname_fault(own));
		host->is_merged = true;
	}
	host->name = own;
	/* what was not taken over has been named: nothing is left of it */
	host->is_merged |=
		host->n_macs + host->n_guids + host->n_ips + host->n_records == 0;
	if (host->host_name != NULL && !text_equal_case(host->host_name, own) &&
		!import_is_short_of(host->host_name, own))
		import_left(im, host->where,
			"the name '%s' that DHCP gives is not that of DNS, '%s', which it "
			"will be told",
			host->host_name, own);
}

/* DHCPv6 tells no client a host name. */
static bool is_told_none(const struct import_host *host)
{
	size_t n = 0;

	while (n < host->n_ips && host->ips[n].family == 6)
		n++;
	return n > 0 && n == host->n_ips;
}

/* A name with its domain, where DHCP tells none: ours tells that of the name. */
static bool has_new_domain(struct import *im, const struct import_host *host)
{
	const struct import_network *network =
		host->n_ips == 0 ? NULL : import_network_of(im, host->ips[0]);

	return strchr(host->name, '.') != NULL &&
	       (host->host_name == NULL || strchr(host->host_name, '.') == NULL) &&
	       host->scope.values[IMPORT_DOMAIN].text == NULL &&
	       im->scope.values[IMPORT_DOMAIN].text == NULL &&
	       (network == NULL || network->scope.values[IMPORT_DOMAIN].text == NULL);
}

static void say_domains(struct import *im)
{
	const struct import_host *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < im->n_hosts; i++) {
		const struct import_host *host = im->hosts[i];

		if (!host->has_dhcp || host->is_merged || is_told_none(host) ||
			!has_new_domain(im, host))
			continue;
		first = first == NULL ? host : first;
		n++;
	}
	if (n > 0)
		import_say(im, first->where,
			"DHCP tells %zu %s, this the first, the domain in the name from now "
			"on",
			n, text_plural(n, "host", "hosts"));
}

/* What hosts are told of their names otherwise than they were: one note each. */
void import_check_told_names(struct import *im)
{
	const struct import_host *first = NULL;
	size_t n = 0;

	say_domains(im);

	for (size_t i = 0; i < im->n_hosts; i++) {
		const struct import_host *host = im->hosts[i];

		if (!host->has_dhcp || host->is_merged)
			continue;
		if (host->host_name != NULL && strchr(host->host_name, '.') != NULL)
			import_say(im, host->where,
				"the name '%s' is told in two parts from now on: host name "
				"and domain",
				host->host_name);
		if (host->host_name != NULL || host->is_by_name || is_told_none(host))
			continue;
		first = first == NULL ? host : first;
		n++;
	}
	if (n > 0)
		import_say(im, first->where,
			"DHCP tells %zu %s, this the first, a host name from now on", n,
			text_plural(n, "host", "hosts"));
}

/* Records of names */

/* A host is found by its name, and by that with the domain it has; the first of several. */
static void call(struct import *im, struct table *called, struct import_host *host)
{
	const struct import_network *network =
		host->n_ips == 0 ? NULL : import_network_of(im, host->ips[0]);
	const char *domain =
		network == NULL ? NULL : network->scope.values[IMPORT_DOMAIN].text;
	const char *names[2] = {host->name, NULL};

	if (domain == NULL)
		domain = im->scope.values[IMPORT_DOMAIN].text;
	if (domain != NULL)
		names[1] = mem_printf(im->mem_ctx, "%s.%s", host->name, domain);
	for (size_t i = 0; i < ARRAY_SIZE(names) && names[i] != NULL; i++) {
		void **slot = table_slot(called, names[i]);

		if (*slot == NULL)
			*slot = host;
	}
}

/* A record is of the host that has its name, else of an entry of its own without an address. */
void import_place_records(struct import *im)
{
	TMP_CTX(tmp);
	struct arena *arena = arena_new(tmp);
	struct table *called = table_new_folded(tmp, 2 * im->n_hosts);

	for (size_t i = 0; i < im->n_hosts; i++)
		if (!im->hosts[i]->is_merged)
			call(im, called, im->hosts[i]);
	for (size_t i = 0; i < im->n_owned; i++) {
		const struct import_record *record = &im->owned[i];
		const char *domain = im->scope.values[IMPORT_DOMAIN].text;
		const char *owner = record->owner == NULL ? domain : record->owner;
		const char *fault = owner == NULL ? "its name is not known"
						  : text_hostname_fault(owner);
		struct dns_record parsed;

		if (fault == NULL)
			fault = dns_record_parse(arena, record->text, &parsed);
		if (fault != NULL) {
			import_left(im, record->where,
				"the record '%s' of '%s' is not taken over: %s; keep the line "
				"in the server's own file",
				record->text, owner == NULL ? "" : owner, fault);
			continue;
		}
		if (text_compare(domain, owner) == 0) {
			*mem_push(im->mem_ctx, &im->records, &im->n_records) =
				record->text;
			continue;
		}

		struct import_host *host = table_find(called, owner);
		bool is_new = host == NULL;

		if (is_new)
			host = import_add_host(im, owner, record->where);
		*mem_push(im->mem_ctx, &host->records, &host->n_records) = record->text;
		if (!is_new)
			continue;
		name_host(im, host);
		call(im, called, host);
	}
}

void import_name_hosts(struct import *im)
{
	for (size_t i = 0; i < im->n_hosts; i++)
		name_host(im, im->hosts[i]);
}
