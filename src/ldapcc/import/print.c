/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/import.h"
#include "read/ldif.h"

/* The inventory as entries of our schema. */

static void put_value(
	struct buffer *out, enum import_option option, const struct import_value *value)
{
	TMP_CTX(tmp);
	size_t n = 1;
	char *whole[] = {mem_strdup(tmp, value->text == NULL ? "" : value->text)};
	char **words = whole;

	if (option == IMPORT_ROUTES)
		words = text_split(tmp, whole[0], ',', &n);
	else if (import_place(option)->is_list)
		words = text_split_blank(tmp, whole[0], &n);

	for (size_t i = 0; value->text != NULL && value->text[0] != '\0' && i < n; i++)
		ldif_put(out, import_place(option)->attribute, words[i]);
}

static void print_cluster(const struct import *im, struct buffer *out)
{
	buffer_printf(out, "dn: cn=cluster,%s\nobjectClass: vocCluster\ncn: cluster\n",
		im->base);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (import_is_sites(option) || option == IMPORT_DOMAIN)
			put_value(out, option, &im->scope.values[option]);
	for (size_t i = 0; i < im->n_records; i++)
		ldif_put(out, "vocDNSRecord", im->records[i]);
	import_print_further(&im->scope, out);
	buffer_add_byte(out, '\n');
}

static void print_ranges(const struct import_network *network, struct buffer *out)
{
	TMP_CTX(tmp);

	for (size_t i = 0; i < network->n_ranges; i++) {
		char first[IP_TEXT_MAX], last[IP_TEXT_MAX];
		const struct import_range *range = &network->ranges[i];

		ldif_put(out, "vocDynamicRange",
			mem_printf(tmp, "%s %s", ip_format(range->first, first),
				ip_format(range->last, last)));
	}
}

static void print_network(
	const struct import *im, const struct import_network *network, struct buffer *out)
{
	char text[IP_TEXT_MAX];
	const char *base = ip_format(network->prefix.base, text);

	buffer_printf(out,
		"dn: cn=%s-%u,ou=networks,%s\nobjectClass: vocIPNetwork\ncn: %s-%u\n"
		"ipNetworkNumber: %s/%u\n",
		base, network->prefix.length, im->base, base, network->prefix.length,
		base, network->prefix.length);
	if (network->shared != NULL)
		ldif_put(out, "vocSharedNetwork", network->shared);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (!import_is_sites(option))
			put_value(out, option, &network->scope.values[option]);
	print_ranges(network, out);
	import_print_further(&network->scope, out);
	buffer_add_byte(out, '\n');
}

static void print_addresses(const struct import_host *host, struct buffer *out)
{
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	for (size_t i = 0; i < host->n_ips; i++)
		ldif_put(out, "ipHostNumber", ip_format(host->ips[i], ip));
	for (size_t i = 0; i < host->n_macs; i++)
		ldif_put(out, "macAddress", mac_format(host->macs[i], mac));
	for (size_t i = 0; i < host->n_guids; i++)
		ldif_put(out, "macAddress", host->guids[i]);
}

static const char *stem_of(const struct import_host *host)
{
	return host->n_macs == 0 && host->n_guids > 0 ? "ib" : "eth";
}

/* A further declaration of a machine is an interface of it, and of its kind the next. */
static void print_interface(const struct import *im, size_t i, struct buffer *out)
{
	const struct import_host *host = im->hosts[i];
	const char *stem = stem_of(host);
	unsigned number = 0;

	while (i-- > 0 && strcmp(im->hosts[i]->name, host->name) == 0)
		number += strcmp(stem_of(im->hosts[i]), stem) == 0;
	buffer_printf(out,
		"dn: cn=%s%u,cn=%s,ou=hosts,%s\nobjectClass: vocNodeInterface\ncn: "
		"%s%u\n",
		stem, number, host->name, im->base, stem, number);
	print_addresses(host, out);
	buffer_add_byte(out, '\n');
}

/*
 * Of what has a name and an address alone, a printer or a switch of the hosts file, nobody knows
 * that it can carry VCNs: it needs no manifest.
 */
static bool is_node(const struct import_host *host)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (import_is_hosts(option) && host->scope.values[option].text != NULL)
			return true;
	return host->n_macs + host->n_guids + host->n_aliases + host->n_records +
		       host->n_duids >
	       0;
}

static void print_host(
	const struct import *im, const struct import_host *host, struct buffer *out)
{
	buffer_printf(out, "dn: cn=%s,ou=hosts,%s\nobjectClass: device\n", host->name,
		im->base);
	if (host->n_ips > 0)
		ldif_put(out, "objectClass", "ipHost");
	if (host->n_macs + host->n_guids > 0)
		ldif_put(out, "objectClass", "ieee802Device");
	if (is_node(host))
		ldif_put(out, "objectClass", "vocPhysicalNode");
	ldif_put(out, "cn", host->name);
	print_addresses(host, out);
	for (size_t i = 0; i < host->n_aliases; i++)
		ldif_put(out, "vocAlias", host->aliases[i]);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (import_is_hosts(option))
			put_value(out, option, &host->scope.values[option]);
	for (size_t i = 0; i < host->n_records; i++)
		ldif_put(out, "vocDNSRecord", host->records[i]);
	for (size_t i = 0; i < host->n_duids; i++)
		ldif_put(out, "vocDUID", host->duids[i]);
	buffer_add_byte(out, '\n');
}

void import_print(const struct import *im, struct buffer *out)
{
	print_cluster(im, out);
	buffer_printf(out,
		"dn: ou=networks,%s\nobjectClass: organizationalUnit\nou: networks\n\n"
		"dn: ou=hosts,%s\nobjectClass: organizationalUnit\nou: hosts\n\n",
		im->base, im->base);
	for (size_t i = 0; i < im->n_networks; i++)
		print_network(im, &im->networks[i], out);
	for (size_t i = 0; i < im->n_hosts; i++) {
		bool is_again =
			i > 0 && strcmp(im->hosts[i - 1]->name, im->hosts[i]->name) == 0;

		if (is_again)
			print_interface(im, i, out);
		else
			print_host(im, im->hosts[i], out);
	}
}
