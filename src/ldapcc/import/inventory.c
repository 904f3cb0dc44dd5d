/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/trailer.h"
#include "ldapcc/import/import.h"

/* What the readers fill, and what they cannot take over. */

/* Is it? From now on it is. */
static bool is_said(struct import *im, struct loc where, const char *text)
{
	void **slot =
		table_slot(im->said, mem_printf(im->mem_ctx, "%s:%u:%u:%s",
					     where.source == NULL ? "" : where.source,
					     where.line, where.column, text));
	bool is_there = *slot != NULL;

	*slot = im;
	return is_there;
}

static void say(struct import *im, struct loc where, enum severity severity,
	const char *id, const char *format, va_list args) _printf_(5, 0);
static void say(struct import *im, struct loc where, enum severity severity,
	const char *id, const char *format, va_list args)
{
	const char *text =
		text_printable_line(im->mem_ctx, mem_vprintf(im->mem_ctx, format, args));

	if (!is_said(im, where, text))
		diag_add(im->diags, severity, id, where, "%s", text);
}

void import_left(struct import *im, struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(im, where, SEVERITY_WARNING, "import", format, args);
	va_end(args);
}

void import_say(struct import *im, struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(im, where, SEVERITY_NOTE, NULL, format, args);
	va_end(args);
}

void import_check_own(struct import *im, const char *path, const char *text, size_t len)
{
	struct trailer trailer;

	if (trailer_find(text, len, "# ", &trailer) == NULL)
		import_left(im, loc_file(mem_strdup(im->diags, path)),
			"is a file that ldapcc has written: import what the site had "
			"before, without it");
}

struct import_host *import_add_host(struct import *im, const char *name, struct loc where)
{
	struct import_host *host = mem_new(im->mem_ctx, struct import_host);
	char *own = mem_strdup(im->mem_ctx, name);

	text_lower(own);
	host->where = where;
	*mem_push(im->mem_ctx, &im->hosts, &im->n_hosts) = host;
	import_rename(im, host, own);
	return host;
}

/* The first of a name is found by it, as long as it has the name and stands for itself. */
void import_rename(struct import *im, struct import_host *host, const char *name)
{
	void **slot = table_slot(im->by_name, name);
	const struct import_host *other = *slot;

	host->name = name;
	if (other == NULL || other->is_merged || !text_equal_case(other->name, name))
		*slot = host;
}

struct import_network *import_add_network(
	struct import *im, struct prefix prefix, struct loc where)
{
	struct import_network *network =
		mem_push(im->mem_ctx, &im->networks, &im->n_networks);

	network->prefix = prefix;
	network->where = where;
	return network;
}

struct import_network *import_find_network(struct import *im, struct prefix prefix)
{
	for (size_t i = 0; i < im->n_networks; i++)
		if (im->networks[i].prefix.length == prefix.length &&
			ip_compare(im->networks[i].prefix.base, prefix.base) == 0)
			return &im->networks[i];
	return NULL;
}

struct import_network *import_network_of(struct import *im, struct ip ip)
{
	for (size_t i = 0; i < im->n_networks; i++)
		if (prefix_contains(im->networks[i].prefix, ip))
			return &im->networks[i];
	return NULL;
}

struct import_host *import_find_host(struct import *im, const char *name)
{
	struct import_host *host = table_find(im->by_name, name);

	return host == NULL || host->is_merged || !text_equal_case(host->name, name)
		       ? NULL
		       : host;
}

struct import_host *import_host_at(struct import *im, struct ip ip)
{
	char text[IP_TEXT_MAX];
	struct import_host *host = table_find(im->by_ip, ip_format(ip, text));

	return host == NULL || host->is_merged ? NULL : host;
}

void import_add_ip(struct import *im, struct import_host *host, struct ip ip)
{
	for (size_t i = 0; i < host->n_ips; i++)
		if (ip_compare(host->ips[i], ip) == 0)
			return;
	*mem_push(im->mem_ctx, &host->ips, &host->n_ips) = ip;
	char text[IP_TEXT_MAX];
	void **slot = table_slot(im->by_ip, mem_strdup(im->mem_ctx, ip_format(ip, text)));

	const struct import_host *other = *slot;

	if (other == NULL || other->is_merged)
		*slot = host;
}

void import_add_mac(struct import *im, struct import_host *host, struct mac mac)
{
	for (size_t i = 0; i < host->n_macs; i++)
		if (mac_compare(host->macs[i], mac) == 0)
			return;
	*mem_push(im->mem_ctx, &host->macs, &host->n_macs) = mac;
}

const char *import_guid(const char *client_id)
{
	static const char start[] = "ff:00:00:00:00:00:02:00:00:02:c9:00:";
	enum { GUID_LEN = 23 };
	const char *guid = client_id + strlen(start);

	if (strncasecmp(client_id, start, strlen(start)) != 0 ||
		strlen(guid) != GUID_LEN ||
		strspn(guid, "0123456789abcdefABCDEF:") != GUID_LEN)
		return NULL;
	return guid;
}
