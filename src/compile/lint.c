/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "compile/release.h"

/* Points at the other side of a conflict. */
static void note_record(struct reporter *r, struct finding *finding,
	const struct record *record, enum field_id field, uint32_t line, const char *text)
{
	struct loc where = record_loc(r->site, record, field);

	if (line > 0)
		where.line = line;
	diag_note(finding, where, "%s", text);
}

/* Nothing is missing where a value was there and was refused: that has been reported. */
static void report_missing(
	struct reporter *r, struct record *record, enum field_id field, const char *text)
{
	if (!record_refused(record, field))
		check_report(r, CHECK_MISSING_ATTRIBUTE, record, field, "%s", text);
}

/* Addresses and MACs of all interfaces, in one sorted array for the duplicates */

struct held_address {
	struct interface *interface;
	struct address *address;
};

static int compare_held_addresses(const void *left, const void *right)
{
	const struct held_address *a = left, *b = right;
	int order = ip_compare(a->address->ip, b->address->ip);

	return order != 0 ?
		order :
		strcmp(a->interface->record.key, b->interface->record.key);
}

static size_t count_addresses(const struct site *site)
{
	size_t n = 0;

	for (size_t i = 0; i < site->n_machines; i++)
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++)
			n += site->machines[i]->interfaces[j]->n_addresses;
	return n;
}

/* One finding for all holders of an address: every one of them waits (ldapcc(8)). */
static void report_dup_ip(struct reporter *r, const struct held_address *held, size_t n)
{
	char text[IP_TEXT_MAX];
	struct finding *finding = check_report_at(r, CHECK_DUP_IP,
		check_default(CHECK_DUP_IP), &held[n - 1].interface->record, FIELD_ADDRESS,
		held[n - 1].address->line, "address %s is already taken",
		ip_format(held[0].address->ip, text));

	for (size_t i = 0; i + 1 < n; i++) {
		note_record(r, finding, &held[i].interface->record, FIELD_ADDRESS,
			held[i].address->line, i == 0 ? "first used here" : "also used here");
		if (finding->severity == SEVERITY_ERROR)
			held[i].interface->record.is_bad = true;
	}
}

static void check_dup_ip(struct reporter *r)
{
	TMP_CTX(tmp);
	struct site *site = r->site;
	size_t n = 0;
	struct held_address *held =
		mem_array(tmp, struct held_address, count_addresses(site) + 1);

	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		for (uint32_t j = 0; j < machine->n_interfaces; j++) {
			struct interface *interface = machine->interfaces[j];

			for (uint32_t k = 0; k < interface->n_addresses; k++)
				held[n++] = (struct held_address){
					interface, &interface->addresses[k]};
		}
	}
	qsort(held, n, sizeof(*held), compare_held_addresses);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n &&
			ip_compare(held[start].address->ip, held[end].address->ip) == 0;
			end++)
			;
		if (end - start > 1)
			report_dup_ip(r, held + start, end - start);
	}
}

struct held_mac {
	struct interface *interface;
	struct hardware *hardware;
};

static int compare_held_macs(const void *left, const void *right)
{
	const struct held_mac *a = left, *b = right;
	int order = mac_compare(a->hardware->mac, b->hardware->mac);
	const struct network *net_a = a->interface->network, *net_b = b->interface->network;

	if (order == 0 && net_a != net_b) {
		if (net_a == NULL || net_b == NULL)
			return net_a == NULL ? -1 : 1;
		order = strcmp(net_a->record.key, net_b->record.key);
	}
	return order != 0 ?
		order :
		strcmp(a->interface->record.key, b->interface->record.key);
}

/* @held share a MAC; in one network that is an error, across networks a warning. */
static void report_dup_mac(
	struct reporter *r, const struct held_mac *held, size_t n, enum severity severity)
{
	char text[MAC_TEXT_MAX];
	const struct held_mac *last = &held[n - 1];
	struct finding *finding = check_report_at(r, CHECK_DUP_MAC, severity,
		&last->interface->record, FIELD_MAC, last->hardware->line,
		severity == SEVERITY_WARNING ? "MAC address %s is used in several networks" :
		last->hardware->is_derived ?
			"the MAC derived from the name, %s, is already taken: give it a macAddress" :
			"MAC address %s is already taken",
		mac_format(held[0].hardware->mac, text));

	for (size_t i = 0; i + 1 < n; i++) {
		note_record(r, finding, &held[i].interface->record, FIELD_MAC,
			held[i].hardware->line, i == 0 ? "first used here" : "also used here");
		if (finding->severity == SEVERITY_ERROR)
			held[i].interface->record.is_bad = true;
	}
}

/* Equal MACs come sorted by network: first the same network's, then across them. */
static void check_same_macs(struct reporter *r, const struct held_mac *held, size_t n)
{
	bool is_across = false;

	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1;
			end < n && held[start].interface->network == held[end].interface->network;
			end++)
			;
		if (end - start > 1)
			report_dup_mac(r, held + start, end - start, SEVERITY_ERROR);
		is_across |= start > 0;
	}
	if (is_across)
		report_dup_mac(r, held, n, SEVERITY_WARNING);
}

static void check_dup_mac(struct reporter *r)
{
	TMP_CTX(tmp);
	struct site *site = r->site;
	struct held_mac *held = NULL;
	size_t n = 0;

	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		for (uint32_t j = 0; j < machine->n_interfaces; j++) {
			struct interface *interface = machine->interfaces[j];

			for (uint32_t k = 0; k < interface->n_macs; k++)
				*mem_push(tmp, &held, &n) = (struct held_mac){
					interface, &interface->macs[k]};
		}
	}
	if (n > 1)
		qsort(held, n, sizeof(*held), compare_held_macs);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n &&
			mac_compare(held[start].hardware->mac, held[end].hardware->mac) == 0;
			end++)
			;
		if (end - start > 1)
			check_same_macs(r, held + start, end - start);
	}
}

/* Names */

static enum field_id name_field(const struct name_holder *holder)
{
	return holder->is_alias ? (enum field_id)holder->machine->alias_field : FIELD_NAME;
}

/* The machines that hold one name, each once; those by a name of their own come first. */
struct holders {
	struct name_holder **items;
	size_t n, n_names;
};

static void add_holders(
	TALLOC_CTX *mem_ctx, struct holders *all, struct name_holder *list, bool is_alias)
{
	for (; list != NULL; list = list->next) {
		bool is_known = list->is_alias != is_alias;

		for (size_t i = 0; i < all->n; i++)
			is_known |= all->items[i]->machine == list->machine;
		if (!is_known)
			*mem_push(mem_ctx, &all->items, &all->n) = list;
	}
}

/* One finding for the holders from @start on: at the last, with a note for each other. */
static void report_holders(struct reporter *r, enum check check, const char *name,
	const struct holders *all, size_t start, size_t end)
{
	const struct name_holder *last = all->items[end - 1];
	struct finding *finding = check_report(r, check, last->record, name_field(last),
		check == CHECK_DUP_NAME ? "name '%s' is already taken" :
					  "alias '%s' is already a name of another record",
		name);

	/* an alias yields to a name: whose name it is does not wait */
	for (size_t i = check == CHECK_DUP_NAME ? start : 0; i + 1 < end; i++) {
		const struct name_holder *other = all->items[i];

		note_record(r, finding, other->record, name_field(other), 0,
			i == 0 ? "first used here" : "also used here");
		if (finding->severity == SEVERITY_ERROR && i >= start)
			other->record->is_bad = true;
	}
}

/* Reported once, from the machine that holds the name first. */
static void check_full_name(struct reporter *r, const struct machine *machine, const char *name)
{
	TMP_CTX(tmp);
	struct name_holder *first = index_find(r->site->full_names, name);
	struct holders all = {0};

	if (first == NULL || first->next == NULL || first->machine != machine ||
		first->is_checked)
		return;
	first->is_checked = true;
	add_holders(tmp, &all, first, false);
	all.n_names = all.n;
	add_holders(tmp, &all, first, true);
	if (all.n_names > 1)
		report_holders(r, CHECK_DUP_NAME, name, &all, 0, all.n_names);
	if (all.n > all.n_names && all.n > 1)
		report_holders(r, CHECK_ALIAS_CONFLICT, name, &all, all.n_names, all.n);
}

static void check_aliases(struct reporter *r, const struct machine *machine,
	const struct strings *aliases, const char *domain)
{
	TMP_CTX(tmp);

	for (uint32_t i = 0; i < aliases->n; i++) {
		const char *alias = aliases->items[i];

		if (strchr(alias, '.') == NULL && domain != NULL)
			alias = mem_printf(tmp, "%s.%s", alias, domain);
		check_full_name(r, machine, alias);
	}
}

static void check_machine_names(struct reporter *r, const struct machine *machine)
{
	if (machine->fqdn == NULL)
		return;
	check_full_name(r, machine, machine->fqdn);
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		if (interface->fqdn == NULL)
			continue;
		if (!interface->is_primary)
			check_full_name(r, machine, interface->fqdn);
		check_aliases(r, machine, &interface->aliases,
			model_domain_of(interface->fqdn));
	}
	check_aliases(r, machine, &machine->aliases, machine->domain);
}

/* What was put together: a name and a domain, a node's name and an interface's. */
static void check_whole_name(struct reporter *r, struct record *record, const char *name)
{
	const char *fault = name == NULL ? NULL : text_hostname_fault(name);

	if (fault != NULL)
		check_report(r, CHECK_BAD_NAME, record, FIELD_NAME, "'%s': %s", name, fault);
}

static void check_whole_names(struct reporter *r, struct machine *machine)
{
	check_whole_name(r, &machine->record, machine->fqdn);
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (!machine->interfaces[i]->is_primary)
			check_whole_name(r, &machine->interfaces[i]->record,
				machine->interfaces[i]->fqdn);
}

static void check_names(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_machines; i++) {
		check_machine_names(r, r->site->machines[i]);
		check_whole_names(r, r->site->machines[i]);
	}
}

/* The tables sorted by name: two records with one name stand side by side. */
struct named {
	struct record record;
	const char *name;
};

static void check_table_names(struct reporter *r, void *table, size_t n)
{
	struct named **records = table;

	for (size_t i = 1; i < n; i++) {
		struct named *a = records[i - 1], *b = records[i];

		if (a->name == NULL || b->name == NULL || strcmp(a->name, b->name) != 0)
			continue;
		struct finding *finding = check_report(r, CHECK_DUP_NAME, &b->record,
			FIELD_NAME, "%s '%s' is there twice", kind_name(b->record.kind), b->name);

		note_record(r, finding, &a->record, FIELD_NAME, 0, "first used here");
		if (finding->severity == SEVERITY_ERROR)
			a->record.is_bad = true;
	}
}

static int compare_network_names(const void *left, const void *right)
{
	const struct network *a = *(struct network *const *)left;
	const struct network *b = *(struct network *const *)right;
	int order = strcmp(a->name == NULL ? "" : a->name, b->name == NULL ? "" : b->name);

	return order != 0 ? order : strcmp(a->record.key, b->record.key);
}

static void check_other_names(struct reporter *r)
{
	TMP_CTX(tmp);
	struct site *site = r->site;
	struct network **networks = mem_array(tmp, struct network *, site->n_networks + 1);

	if (site->n_networks > 0)
		memcpy(networks, site->networks, site->n_networks * sizeof(*networks));
	qsort(networks, site->n_networks, sizeof(*networks), compare_network_names);
	check_table_names(r, networks, site->n_networks);
	check_table_names(r, site->images, site->n_images);
	check_table_names(r, site->repositories, site->n_repositories);
	check_table_names(r, site->profiles, site->n_profiles);
	for (size_t i = 1; i < site->n_clusters; i++) {
		struct finding *finding = check_report(r, CHECK_DUP_NAME,
			&site->clusters[i]->record, FIELD_NAME,
			"a second cluster: one holds the values of the whole site");

		note_record(r, finding, &site->clusters[0]->record, FIELD_NAME, 0,
			"the first is here");
		if (finding->severity == SEVERITY_ERROR)
			site->clusters[0]->record.is_bad = true;
	}
}

/* Networks */

static void check_overlaps(struct reporter *r)
{
	struct site *site = r->site;
	char text[IP_TEXT_MAX];

	/* sorted by first address: a network overlaps one before it or none */
	for (size_t i = 1, outer = 0; i < site->n_networks; i++) {
		struct network *a = site->networks[outer], *b = site->networks[i];

		if (!ip_is_set(a->prefix.base) || !prefix_overlaps(a->prefix, b->prefix)) {
			outer = i;
			continue;
		}
		struct finding *finding = check_report(r, CHECK_OVERLAPPING_NETWORKS,
			&b->record, FIELD_NETWORK, "%s/%u shares addresses with network '%s'",
			ip_format(b->prefix.base, text), b->prefix.length,
			a->name == NULL ? a->number : a->name);

		note_record(r, finding, &a->record, FIELD_NETWORK, 0, "the other network");
		if (finding->severity == SEVERITY_ERROR)
			a->record.is_bad = true;
	}
}

static bool is_between(struct ip ip, const struct range *range)
{
	return ip_compare(range->start, ip) <= 0 && ip_compare(ip, range->end) <= 0;
}

/* What is wrong with one range; those before it begin no later. NULL: nothing. */
static const char *range_fault(const struct network *network, const struct range *range)
{
	const struct prefix *prefix = &network->prefix;

	if (!prefix_contains(*prefix, range->start) || !prefix_contains(*prefix, range->end))
		return "is not inside its network";
	if (ip_compare(range->start, range->end) > 0)
		return "ends before it begins";
	if (prefix->base.family == 4 &&
		(is_between(prefix->base, range) || is_between(prefix_last(*prefix), range)))
		return "holds the network or the broadcast address";
	if (ip_is_set(network->gateway) && is_between(network->gateway, range))
		return "holds the gateway";
	if (range > network->ranges && is_between(range->start, range - 1))
		return "shares addresses with the range before it";
	return NULL;
}

static void check_ranges(struct reporter *r, struct network *network)
{
	for (uint32_t i = 0; i < network->n_ranges; i++) {
		const struct range *range = &network->ranges[i];
		const char *fault = range_fault(network, range);
		char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

		if (fault != NULL)
			check_report(r, CHECK_BAD_RANGE, &network->record, FIELD_DYNAMIC_RANGE,
				"range %s %s %s", ip_format(range->start, first),
				ip_format(range->end, last), fault);
	}
}

static void check_networks(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_networks; i++) {
		struct network *network = r->site->networks[i];
		char text[IP_TEXT_MAX];

		if (!ip_is_set(network->prefix.base))
			continue;
		check_ranges(r, network);
		if (ip_is_set(network->gateway) &&
			!prefix_contains(network->prefix, network->gateway))
			check_report(r, CHECK_BAD_VALUE, &network->record, FIELD_GATEWAY,
				"gateway %s is not inside the network",
				ip_format(network->gateway, text));
		if (network->prefix.base.family == 4 && network->next_server != NULL &&
			strchr(network->next_server, ':') != NULL)
			check_report(r, CHECK_BAD_VALUE, &network->record,
				FIELD_NEXT_SERVER,
				"'%s' is no IPv4 address: DHCP of this network has no place "
				"for another",
				network->next_server);
	}
}

/* Addresses in their networks */

/*
 * The gateway's own entry is a host, and may have the gateway's address; a VCN may not.
 * A /31 and a /32 have neither network nor broadcast address (RFC 3021).
 */
static const char *reserved_as(const struct machine *machine, const struct address *address)
{
	const struct network *network = address->network;

	if (ip_unusable(address->ip) != NULL)
		return ip_unusable(address->ip);
	if (network == NULL)
		return NULL;
	if (ip_is_set(network->gateway) && machine->is_vcn &&
		ip_compare(address->ip, network->gateway) == 0)
		return "is the network's gateway";
	if (network->prefix.base.family != 4 || network->prefix.length > 30)
		return NULL;
	if (ip_compare(address->ip, network->prefix.base) == 0)
		return "is the network's own address";
	if (ip_compare(address->ip, prefix_last(network->prefix)) == 0)
		return "is the network's broadcast address";
	return NULL;
}

static bool is_in_range(const struct address *address)
{
	for (uint32_t i = 0; i < address->network->n_ranges; i++)
		if (is_between(address->ip, &address->network->ranges[i]))
			return true;
	return false;
}

static void check_address(
	struct reporter *r, struct interface *interface, const struct address *address)
{
	char text[IP_TEXT_MAX];
	const char *reserved = reserved_as(interface->machine, address);
	enum check check = reserved != NULL ? CHECK_RESERVED_ADDRESS :
		address->network == NULL    ? CHECK_OUTSIDE_NETWORK :
		is_in_range(address)	    ? CHECK_IN_DYNAMIC_RANGE :
					      _CHECK_MAX;

	if (check == _CHECK_MAX)
		return;
	const char *why = reserved != NULL	? reserved :
		check == CHECK_OUTSIDE_NETWORK ? "is in none of the networks: no DHCP" :
						 "is inside a dynamic range of its network";

	check_report_at(r, check, check_default(check), &interface->record, FIELD_ADDRESS,
		address->line, "address %s %s", ip_format(address->ip, text), why);
}

static void check_macs(struct reporter *r, struct interface *interface)
{
	struct machine *machine = interface->machine;
	char text[MAC_TEXT_MAX];

	if (interface->n_macs == 0 && !machine->is_vcn &&
		!record_refused(&interface->record, FIELD_MAC) &&
		!record_refused(&machine->record, FIELD_MAC))
		check_report(r, CHECK_NO_MAC, &interface->record, FIELD_MAC,
			"no MAC address: names only, no DHCP");
	for (uint32_t i = 0; i < interface->n_macs; i++)
		if (machine->is_vcn && !mac_is_local(interface->macs[i].mac))
			check_report_at(r, CHECK_UNIVERSAL_MAC,
				check_default(CHECK_UNIVERSAL_MAC), &interface->record,
				FIELD_MAC, interface->macs[i].line,
				"MAC address %s is a manufacturer's: a VCN's has the local bit "
				"(02:…)",
				mac_format(interface->macs[i].mac, text));
}

static void report_second_boot(
	struct reporter *r, struct machine *machine, struct interface *interface)
{
	struct finding *finding = check_report(r, CHECK_BAD_VALUE, &interface->record,
		FIELD_BOOT_INTERFACE, "a second boot interface of '%s'", machine->name);

	note_record(r, finding, &machine->interfaces[0]->record, FIELD_BOOT_INTERFACE, 0,
		"the first is here");
}

static void check_interfaces(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_machines; i++) {
		struct machine *machine = r->site->machines[i];
		uint32_t n_boot = 0;

		if (machine->n_interfaces == 0)
			check_report(r, CHECK_MISSING_ATTRIBUTE, &machine->record,
				FIELD_ADDRESS, "no address, no MAC and no interface entry");
		for (uint32_t j = 0; j < machine->n_interfaces; j++) {
			struct interface *interface = machine->interfaces[j];

			check_macs(r, interface);
			for (uint32_t k = 0; k < interface->n_addresses; k++)
				check_address(r, interface, &interface->addresses[k]);
			n_boot += interface->wants_boot;
			if (interface->wants_boot && n_boot > 1)
				report_second_boot(r, machine, interface);
		}
	}
}

/* References */

static void check_reference(struct reporter *r, struct record *record, enum field_id field,
	const char *key, enum kind wanted)
{
	struct record *found = key == NULL ? NULL : model_find(r->site, key);

	if (key == NULL || (found != NULL && found->kind == wanted))
		return;
	struct finding *finding = check_report(r, CHECK_DANGLING_REF, record, field,
		found == NULL ? "'%s' is not in the directory" :
				"'%s' is not what is expected here",
		key);

	if (found != NULL)
		diag_note(finding, record_loc(r->site, found, FIELD_NONE),
			"this is of kind '%s', expected is '%s'", kind_name(found->kind),
			kind_name(wanted));
}

static void check_references(struct reporter *r)
{
	struct site *site = r->site;

	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		check_reference(r, &machine->record, FIELD_PROFILE, machine->profile_dn,
			KIND_PROFILE);
		check_reference(
			r, &machine->record, FIELD_HOST, machine->host_dn, KIND_HOST);
		check_reference(
			r, &machine->record, FIELD_IMAGE, machine->image_dn, KIND_IMAGE);
	}
	for (size_t i = 0; i < site->n_interfaces; i++)
		if (site->interfaces[i]->machine == NULL)
			check_report(r, CHECK_DANGLING_REF, &site->interfaces[i]->record,
				FIELD_NONE, "the entry above is no host and no VCN");
	for (size_t i = 0; i < site->n_profiles; i++)
		for (uint32_t j = 0; j < site->profiles[i]->repository_dns.n; j++)
			check_reference(r, &site->profiles[i]->record, FIELD_REPOSITORY,
				site->profiles[i]->repository_dns.items[j],
				KIND_REPOSITORY);
}

/* VCNs on their hosts */

static void check_bridge(struct reporter *r, struct machine *vcn)
{
	for (uint32_t i = 0; i < vcn->n_interfaces; i++) {
		struct interface *interface = vcn->interfaces[i];

		if (interface->network != NULL && interface->network->bridge != NULL)
			continue;
		if (interface->network == NULL &&
			(record_refused(&interface->record, FIELD_ADDRESS) ||
				record_refused(&vcn->record, FIELD_ADDRESS)))
			continue;
		struct finding *finding = check_report(r, CHECK_NO_BRIDGE, &interface->record,
			FIELD_ADDRESS, interface->network == NULL ?
				"interface '%s' is in no network, so no bridge is known" :
				"interface '%s' is on a network without a bridge",
			interface->ifname == NULL ? "?" : interface->ifname);

		if (interface->network != NULL)
			note_record(r, finding, &interface->network->record, FIELD_BRIDGE, 0,
				"add the bridge's name here");
	}
}

static void check_vcn(struct reporter *r, struct machine *vcn)
{
	if (record_refused(&vcn->record, FIELD_HOST))
		return;
	if (vcn->host_dn == NULL) {
		check_report(r, CHECK_VCN_UNPLACED, &vcn->record, FIELD_HOST,
			"on no host: names and DHCP only, nothing starts it");
		return;
	}
	if (vcn->image_dn == NULL)
		report_missing(r, &vcn->record, FIELD_IMAGE,
			"is missing: a placed VCN needs an image");
	if (vcn->memory_mib == 0)
		report_missing(r, &vcn->record, FIELD_MEMORY,
			"is missing: a placed VCN needs memory");
	check_bridge(r, vcn);
}

static unsigned cpus_of(const struct machine *vcn)
{
	return vcn->cpus > 0 ? vcn->cpus : 1;
}

/* VCNs are taken in the order of their names; those that no longer fit are in error. */
static void check_capacity(struct reporter *r, struct machine *host)
{
	uint64_t memory = 0, cpus = 0;

	for (uint32_t i = 0; i < host->n_vcns; i++) {
		struct machine *vcn = host->vcns[i];
		bool fits_memory = host->memory_mib == 0 ||
			memory + vcn->memory_mib <= host->memory_mib;
		bool fits_cpus = host->cpus == 0 || cpus + cpus_of(vcn) <= host->cpus;

		if (!vcn->is_enabled || vcn->record.is_bad)
			continue;
		if (fits_memory && fits_cpus) {
			memory += vcn->memory_mib;
			cpus += cpus_of(vcn);
			continue;
		}
		struct finding *finding = fits_memory ?
			check_report(r, CHECK_OVER_CAPACITY, &vcn->record, FIELD_CPUS,
				"%u CPUs do not fit on '%s': %llu of %u are taken",
				cpus_of(vcn), host->name, (unsigned long long)cpus, host->cpus) :
			check_report(r, CHECK_OVER_CAPACITY, &vcn->record, FIELD_MEMORY,
				"%u MiB do not fit on '%s': %llu of %u MiB are taken",
				vcn->memory_mib, host->name, (unsigned long long)memory,
				host->memory_mib);

		note_record(r, finding, &host->record, fits_memory ? FIELD_CPUS : FIELD_MEMORY,
			0, "the host's share for VCNs");
	}
}

static void check_vcns(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_vcns; i++)
		check_vcn(r, r->site->vcns[i]);
	for (size_t i = 0; i < r->site->n_hosts; i++)
		check_capacity(r, r->site->hosts[i]);
}

/* Images */

static void check_image(struct reporter *r, struct image *image)
{
	bool has_kernel =
		image->kernel != NULL || record_refused(&image->record, FIELD_KERNEL);

	if (image->path == NULL && !has_kernel)
		report_missing(r, &image->record, FIELD_IMAGE_PATH,
			"is missing: without a kernel an image needs a disk");
	if (image->initrd != NULL && !has_kernel)
		report_missing(r, &image->record, FIELD_KERNEL,
			"is missing: an initrd alone boots nothing");
}

/* Who runs from a file, whichever image entry names it. */
struct file_users {
	struct machine *first, *writer;
};

static void report_shared(struct reporter *r, struct machine *vcn, struct machine *other)
{
	const struct machine *writer = vcn->image->snapshot ? other : vcn;
	struct finding *finding = check_report(r, CHECK_IMAGE_SHARED, &vcn->record, FIELD_IMAGE,
		writer == vcn ? "image '%s' is writable, and '%s' runs from the same file" :
				"the file of image '%s' is written to by '%s'",
		vcn->image->name, other->name);

	note_record(r, finding, &writer->image->record, FIELD_SNAPSHOT, 0,
		"writable because of this FALSE");
	note_record(r, finding, &other->record, FIELD_IMAGE, 0, "first used here");
	if (finding->severity == SEVERITY_ERROR)
		other->record.is_bad = true;
}

/* A file that one guest writes to is destroyed, or changes, under every other. */
static void check_image_users(struct reporter *r)
{
	TMP_CTX(tmp);
	struct index *users = index_new(tmp, r->site->n_images);

	for (size_t i = 0; i < r->site->n_vcns; i++) {
		struct machine *vcn = r->site->vcns[i];

		if (vcn->image == NULL || vcn->image->path == NULL || vcn->host == NULL ||
			!vcn->is_enabled)
			continue;
		void **slot = index_slot(users, vcn->image->path);

		if (*slot == NULL)
			*slot = mem_new(tmp, struct file_users);
		struct file_users *file = *slot;
		struct machine *other = vcn->image->snapshot ? file->writer : file->first;

		if (other != NULL)
			report_shared(r, vcn, other);
		if (file->first == NULL)
			file->first = vcn;
		if (file->writer == NULL && !vcn->image->snapshot)
			file->writer = vcn;
	}
}

static void check_images(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_images; i++)
		check_image(r, r->site->images[i]);
	check_image_users(r);
}

/* Repositories and profiles */

static void check_repository(struct reporter *r, struct repository *repository)
{
	unsigned kinds = (repository->base_urls.n > 0) + (repository->mirror_list != NULL) +
		(repository->metalink != NULL);

	if (kinds == 0 && !record_refused(&repository->record, FIELD_MIRROR_LIST) &&
		!record_refused(&repository->record, FIELD_METALINK))
		report_missing(r, &repository->record, FIELD_BASE_URL,
			"is missing: neither base URL, nor mirror list, nor metalink");
	if (kinds > 1)
		check_report(r, CHECK_BAD_VALUE, &repository->record,
			repository->mirror_list != NULL ? FIELD_MIRROR_LIST : FIELD_METALINK,
			"a repository has one of base URL, mirror list and metalink");
}

/* One finding an option, at the repository, naming the release that cannot take it. */
static void check_repo_options(struct reporter *r, const struct profile *profile,
	const struct release *release, struct repository *repository)
{
	struct lack lacks[LACKS_MAX];
	size_t n = release_lacks(release, repository, lacks);

	for (size_t i = 0; i < n; i++) {
		struct finding *finding = check_report(r, CHECK_REPO_OPTION,
			&repository->record, lacks[i].field,
			"the installer of %s does not know %s: %s", profile->version,
			lacks[i].what,
			lacks[i].leaves_out ? "%post installs from this repository" :
					      "it uses the repository without it");

		note_record(r, finding, &profile->record, FIELD_VERSION, 0,
			"this profile uses it");
	}
}

static void check_profile_repositories(
	struct reporter *r, const struct profile *profile, const struct release *release)
{
	for (uint32_t i = 0; i < profile->n_repositories; i++) {
		struct repository *repository = profile->repositories[i];

		check_repo_options(r, profile, release, repository);
		if (repository->name != NULL && release_reserves(release, repository->name))
			check_report(r, CHECK_RESERVED_NAME, &repository->record, FIELD_NAME,
				"'%s' is a name that the installer of %s keeps for itself: it "
				"would ignore the repository",
				repository->name, profile->version);
	}
}

static void check_profile(struct reporter *r, struct profile *profile)
{
	struct release release = {0};

	if (profile->repository_dns.n == 0)
		report_missing(r, &profile->record, FIELD_REPOSITORY,
			"is missing: a profile needs a repository");
	if (profile->version == NULL || !release_find(profile->version, &release))
		return;
	check_profile_repositories(r, profile, &release);
	if (profile->is_strict && !release.knows_script_options)
		check_report(r, CHECK_REPO_OPTION, &profile->record, FIELD_STRICT,
			"the installer of %s goes on when %%post fails: it is only logged",
			profile->version);
}

static void check_install_server(struct reporter *r, struct machine *host)
{
	const struct site *site = r->site;

	if (site->n_clusters > 0 && site->clusters[0]->install_server != NULL)
		return;
	struct finding *finding = check_report_at(r, CHECK_MISSING_ATTRIBUTE, SEVERITY_WARNING,
		&host->record, FIELD_INSTALL, 0,
		"nothing says where kickstart files are served: the host boots from its disk");

	if (site->n_clusters > 0)
		note_record(r, finding, &site->clusters[0]->record, FIELD_INSTALL_SERVER, 0,
			"is missing here");
}

/* A host that is to be installed but cannot boots from its disk: worth a warning. */
static void check_installer(struct reporter *r, struct machine *host)
{
	const struct profile *profile = host->profile;

	if (host->profile_dn == NULL)
		report_missing(r, &host->record, FIELD_PROFILE,
			"is missing: a host that is to be installed needs a profile");
	check_install_server(r, host);
	if (profile == NULL || (profile->kernel != NULL && profile->initrd != NULL))
		return;
	struct finding *finding = check_report_at(r, CHECK_MISSING_ATTRIBUTE, SEVERITY_WARNING,
		&host->record, FIELD_INSTALL, 0,
		"the profile has no installer to boot: the host boots from its disk");

	note_record(r, finding, &profile->record,
		profile->kernel == NULL ? FIELD_KERNEL : FIELD_INITRD, 0, "is missing here");
}

static void check_installs(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_repositories; i++)
		check_repository(r, r->site->repositories[i]);
	for (size_t i = 0; i < r->site->n_profiles; i++)
		check_profile(r, r->site->profiles[i]);
	for (size_t i = 0; i < r->site->n_hosts; i++) {
		struct machine *host = r->site->hosts[i];

		if (host->installs)
			check_installer(r, host);
	}
}

/* The rules, in the order in which one may silence follow-ups of another. */
static void (*const rules[])(struct reporter *r) = {
	check_other_names,
	check_overlaps,
	check_networks,
	check_references,
	check_interfaces,
	check_names,
	check_dup_ip,
	check_dup_mac,
	check_images,
	check_installs,
	check_vcns,
};

void lint_site(struct reporter *reporter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		rules[i](reporter);
}
