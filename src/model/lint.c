/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model/absent.h"
#include "model/dns_record.h"
#include "model/lint_node.h"
#include "model/lint_rules.h"
#include "model/merge.h"
#include "model/past.h"
#include "model/ports.h"
#include "read/dn.h"

void lint_note(struct reporter *r, struct finding *finding, const struct record *record,
	enum field_id field, const char *text)
{
	diag_note(finding, record_loc(r->site, record, field), "%s", text);
}

void lint_missing(
	struct reporter *r, struct record *record, enum field_id field, const char *text)
{
	if (!record_refused(record, field))
		check_report(r, CHECK_MISSING_ATTRIBUTE, record, field, "%s", text);
}

/* Names */

static struct loc name_loc(const struct site *site, const struct name_holder *holder)
{
	return holder->is_alias && holder->record == &holder->machine->record &&
			       *holder->alias != NULL
		       ? machine_alias_loc(site, holder->machine, *holder->alias)
		       : record_loc(site, holder->record, FIELD_NAME);
}

/* The machines that hold one name, each once; those by a name of their own come first. */
struct holders {
	struct name_holder **items;
	size_t n, n_names;
};

/* Those of one machine stand behind each other in @list. */
static struct holders find_holders(TALLOC_CTX *mem_ctx, struct name_holder *list)
{
	struct holders all = {0}, aliases = {0};

	for (struct name_holder *next; list != NULL; list = next) {
		struct name_holder *best = list;

		for (next = list->next; next != NULL && next->machine == list->machine;
			next = next->next)
			if (best->is_alias && !next->is_alias)
				best = next;
		struct holders *its = best->is_alias ? &aliases : &all;

		*mem_push(mem_ctx, &its->items, &its->n) = best;
	}
	all.n_names = all.n;
	for (size_t i = 0; i < aliases.n; i++)
		*mem_push(mem_ctx, &all.items, &all.n) = aliases.items[i];
	return all;
}

/*
 * Who alone had the name, whatever else changed; else of names and aliases (from @n_names on) whose
 * name it is; else who stands above all the others.
 */
static const struct name_holder *find_winner(
	const struct holders *all, const char *name, size_t end, size_t n_names)
{
	const struct name_holder *best = all->items[0], *owner = NULL;
	bool is_alone = true;
	size_t n_owners = 0;

	for (size_t i = 0; i < end; i++)
		if (past_has(all->items[i]->machine->past.names, past_text(name))) {
			owner = all->items[i];
			n_owners++;
		}
	if (n_owners == 1)
		return owner;
	if (n_names > 0)
		return n_names == 1 ? all->items[0] : NULL;

	for (size_t i = 1; i < end; i++) {
		bool is_better = lint_stands_above(all->items[i]->machine, best->machine);

		is_alone = is_better || (is_alone && lint_stands_above(best->machine,
							     all->items[i]->machine));
		if (is_better)
			best = all->items[i];
	}
	return is_alone ? best : NULL;
}

/* A bad alias costs that alias, a bad name its record. */
static void give_up(struct name_holder *holder)
{
	if (holder->alias != NULL)
		*holder->alias = NULL;
	else
		holder->record->is_bad = true;
}

/*
 * One finding for the holders from @start on: at the last, with a note for each other. An
 * alias yields to a name: whose name it is does not wait, unless it is new and the alias
 * was there.
 */
static void report_holders(struct reporter *r, enum check check, const char *name,
	const struct holders *all, size_t start, size_t end)
{
	const struct name_holder *winner =
		find_winner(all, name, end, check == CHECK_ALIAS_CONFLICT ? start : 0);
	size_t at = all->items[end - 1] == winner ? end - 2 : end - 1;
	bool is_alias = all->items[at]->is_alias;
	struct finding *finding = check_report_value_at(r, check, all->items[at]->record,
		name_loc(r->site, all->items[at]), "%s '%s' is already %s",
		is_alias ? "alias" : "name", name,
		check == CHECK_DUP_NAME ? "taken"
		: is_alias		? "a name of another record"
					: "an alias of another record");

	if (finding->severity == SEVERITY_ERROR)
		give_up(all->items[at]);
	for (size_t i = check == CHECK_DUP_NAME ? start : 0; i < end; i++) {
		struct name_holder *other = all->items[i];

		if (i == at)
			continue;
		diag_note(finding, name_loc(r->site, other),
			finding->n_notes == 0 ? "first used here" : "also used here");
		if (finding->severity == SEVERITY_ERROR && i >= start && other != winner)
			give_up(other);
	}
}

static void report_all_holders(
	struct reporter *r, struct name_holder *first, const char *name)
{
	TMP_CTX(tmp);
	struct holders all = find_holders(tmp, first);

	if (all.n_names > 1)
		report_holders(r, CHECK_DUP_NAME, name, &all, 0, all.n_names);
	if (all.n > all.n_names && all.n > 1)
		report_holders(r, CHECK_ALIAS_CONFLICT, name, &all, all.n_names, all.n);
}

/* Reported once, from the machine that holds the name first. */
static void check_full_name(
	struct reporter *r, const struct machine *machine, const char *name)
{
	struct name_holder *first = table_find(r->site->full_names, name);

	if (first == NULL || first->next == NULL || first->machine != machine ||
		first->is_checked)
		return;
	first->is_checked = true;
	report_all_holders(r, first, name);
}

static void check_aliases(struct reporter *r, const struct machine *machine,
	const struct strings *aliases, const char *domain)
{
	if (aliases->n == 0)
		return;
	TMP_CTX(tmp);

	for (uint32_t i = 0; i < aliases->n; i++) {
		const char *alias = aliases->items[i];

		if (alias == NULL)
			continue;
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
		check_aliases(r, machine, &interface->rare->aliases,
			model_domain_of(interface->fqdn));
	}
	check_aliases(r, machine, &machine->aliases, machine->domain);
}

/* What was put together: a name and a domain, a node's name and an interface's. */
static void check_whole_name(struct reporter *r, struct record *record, const char *name)
{
	const char *fault = name == NULL ? NULL : text_hostname_fault(name);

	if (fault != NULL)
		check_report(
			r, CHECK_BAD_NAME, record, FIELD_NAME, "'%s': %s", name, fault);
}

void lint_whole_names(struct reporter *r, struct machine *machine)
{
	lint_labels(r, machine);
	check_whole_name(r, &machine->record, machine->fqdn);
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (!machine->interfaces[i]->is_primary)
			check_whole_name(r, &machine->interfaces[i]->record,
				machine->interfaces[i]->fqdn);
}

/* With the domain that it gets: a fault costs the alias. */
static void check_whole_aliases(struct reporter *r, struct machine *machine,
	struct record *record, const struct strings *aliases, const char *domain)
{
	TMP_CTX(tmp);

	for (uint32_t i = 0; i < aliases->n; i++) {
		const char *alias = aliases->items[i];
		const char *name = strchr(alias, '.') != NULL || domain == NULL
					   ? alias
					   : mem_printf(tmp, "%s.%s", alias, domain);
		const char *fault = text_hostname_fault(name);

		if (fault == NULL)
			continue;
		check_report_value_at(r, CHECK_BAD_NAME, record,
			record == &machine->record
				? machine_alias_loc(r->site, machine, alias)
				: record_loc(r->site, record, FIELD_NAME),
			"'%s': %s", name, fault);
		aliases->items[i] = NULL;
	}
}

static bool drop_long_aliases(struct reporter *r)
{
	if (!r->site->has_long_aliases)
		return false;
	for (size_t i = 0; i < r->site->n_machines; i++) {
		struct machine *machine = r->site->machines[i];

		check_whole_aliases(
			r, machine, &machine->record, &machine->aliases, machine->domain);
		for (uint32_t j = 0; j < machine->n_interfaces; j++) {
			struct interface *interface = machine->interfaces[j];

			if (interface->fqdn != NULL)
				check_whole_aliases(r, machine, &interface->record,
					&interface->rare->aliases,
					model_domain_of(interface->fqdn));
		}
	}
	return model_drop_aliases(r->site);
}

bool lint_names(struct reporter *r)
{
	struct site *site = r->site;
	bool has_dropped = drop_long_aliases(r);

	if (!site->shares_names)
		return has_dropped;
	for (size_t i = 0; i < site->n_machines; i++)
		check_machine_names(r, site->machines[i]);
	return model_drop_aliases(site) || has_dropped;
}

static void check_names(struct reporter *r)
{
	lint_nodes(r, NODE_NAMES);
	dns_records_link_aliases(r->site);
}

static int compare_folded(const void *left, const void *right)
{
	const struct record *a = *(struct record *const *)left;
	const struct record *b = *(struct record *const *)right;
	int order = strcasecmp(
		a->name == NULL ? "" : a->name, b->name == NULL ? "" : b->name);

	return order != 0 ? order : strcmp(a->key, b->key);
}

/* As LDAP compares them, and as file systems may: case does not count. */
static void check_table_names(struct reporter *r, void *table, size_t n)
{
	TMP_CTX(tmp);
	struct record **records = mem_array(tmp, struct record *, n + 1);

	if (n > 0)
		memcpy(records, table, n * sizeof(*records));
	qsort(records, n, sizeof(*records), compare_folded);

	for (size_t i = 1; i < n; i++) {
		struct record *a = records[i - 1], *b = records[i];

		if (a->name == NULL || b->name == NULL ||
			!text_equal_case(a->name, b->name))
			continue;
		struct finding *finding = check_report(r, CHECK_DUP_NAME, b, FIELD_NAME,
			"%s '%s' is there twice", kind_name(b->kind), b->name);

		lint_note(r, finding, a, FIELD_NAME, "first used here");
		if (finding->severity == SEVERITY_ERROR)
			a->is_bad = true;
	}
}

static void check_other_names(struct reporter *r)
{
	struct site *site = r->site;

	check_table_names(r, site->networks, site->n_networks);
	check_table_names(r, site->images, site->n_images);
	check_table_names(r, site->repositories, site->n_repositories);
	check_table_names(r, site->profiles, site->n_profiles);
	for (size_t i = 1; i < site->n_clusters; i++) {
		struct finding *finding = check_report(r, CHECK_DUP_NAME,
			&site->clusters[i]->record, FIELD_NAME,
			"a second cluster: one holds the values of the whole site");

		lint_note(r, finding, &site->clusters[0]->record, FIELD_NAME,
			"the first is here");
		if (finding->severity == SEVERITY_ERROR)
			site->clusters[0]->record.is_bad = true;
	}
}

/* Addresses in their networks */

/* A router has an address on either side; what is only in one network is none. */
static bool is_in_one_network(
	const struct machine *machine, const struct network *network)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		for (uint32_t j = 0; j < machine->interfaces[i]->n_addresses; j++)
			if (machine->interfaces[i]->addresses[j].network != network)
				return false;
	return true;
}

/*
 * The gateway's own entry is a host that has the gateway's address. A VCN is none, nor is
 * a node that had another address until now, or that is installed or carries VCNs and is
 * in that network alone: somebody typed the router's address.
 */
static bool is_router(const struct machine *machine, const struct network *network)
{
	bool is_node = machine->n_vcns > 0 || machine->profile_dn != NULL;

	return !machine->is_vcn && !machine->takes_gateway &&
	       !(is_node && is_in_one_network(machine, network));
}

/*
 * A /31 and a /32 have neither network nor broadcast address (RFC 3021).
 */
static const char *reserved_as(
	const struct machine *machine, const struct address *address)
{
	const struct network *network = address->network;

	if (network == NULL)
		return NULL;
	if (address_is_gateway(address) && !is_router(machine, network))
		return "is the network's gateway";
	return prefix_edge(network->prefix, address->ip);
}

static bool is_in_range(const struct address *address)
{
	for (uint32_t i = 0; i < address->network->n_ranges; i++)
		if (range_contains(&address->network->ranges[i], address->ip))
			return true;
	return false;
}

/* Which may be what is wrong: an address of its own follows from nothing else. */
static void note_network(
	struct reporter *r, const struct address *address, struct finding *finding)
{
	const struct network *network = address->network;

	if (network == NULL)
		return;
	if (address_is_gateway(address))
		lint_note(r, finding, &network->record, FIELD_GATEWAY,
			"the gateway is said here");
	else if (is_in_range(address))
		lint_note(r, finding, &network->record, FIELD_DYNAMIC_RANGE,
			"the range is said here");
}

static void check_address(
	struct reporter *r, struct interface *interface, const struct address *address)
{
	char text[IP_TEXT_MAX];
	const char *reserved = reserved_as(interface->machine, address);
	enum check check = reserved != NULL	      ? CHECK_RESERVED_ADDRESS
			   : address->network == NULL ? CHECK_OUTSIDE_NETWORK
			   : is_in_range(address)     ? CHECK_IN_DYNAMIC_RANGE
						      : _CHECK_MAX;

	if (check == _CHECK_MAX)
		return;
	const char *why = reserved != NULL ? reserved
			  : check == CHECK_OUTSIDE_NETWORK
				  ? "is in none of the networks: no DHCP"
				  : "is inside a dynamic range of its network";

	note_network(r, address,
		check_report_where(r, check, &interface->record,
			lint_place_of_address(r, interface, address), "address %s %s",
			ip_format(address->ip, text), why));
}

static void check_macs(struct reporter *r, struct interface *interface)
{
	struct machine *machine = interface->machine;
	char text[MAC_TEXT_MAX];

	if (interface->n_macs + interface->rare->n_guids + interface->rare->duids.n ==
			0 &&
		!machine->is_vcn && !port_is_virtual(interface) &&
		!record_refused(&interface->record, FIELD_MAC) &&
		!record_refused(&machine->record, FIELD_MAC))
		check_report(r, CHECK_NO_MAC, &interface->record, FIELD_MAC,
			"no MAC address: names only, no DHCP");
	for (uint32_t i = 0; i < interface->n_macs; i++)
		if (machine->is_vcn && !mac_is_local(interface->macs[i].mac))
			check_report_where(r, CHECK_UNIVERSAL_MAC, &interface->record,
				lint_place_of_mac(r, interface, &interface->macs[i]),
				"MAC address %s is a manufacturer's: "
				"a VCN's has the local bit (02:…)",
				mac_format(interface->macs[i].mac, text));
}

/* Several MACs and several addresses of a family: here, because copies are gone by now. */
static void check_pairs(struct reporter *r, struct interface *interface)
{
	uint32_t n_hardware = interface->n_macs + interface->rare->n_guids;

	if (n_hardware < 2 ||
		(interface_count(interface, 4) < 2 && interface_count(interface, 6) < 2))
		return;
	struct finding *finding =
		check_report(r, CHECK_AMBIGUOUS_PAIR, &interface->record, FIELD_MAC,
			"%u MAC addresses and %u addresses in one entry", n_hardware,
			interface->n_addresses);

	lint_note(r, finding, &interface->record, FIELD_ADDRESS,
		"LDAP values have no order, so nobody can tell which belong together: "
		"give each interface an entry of its own below this one");
}

/* The same in several entries of a machine: it keeps its names, and is given no address. */
static void check_halves(struct reporter *r, const struct machine *machine)
{
	struct interface *hardware = NULL, *address = NULL;

	for (uint32_t i = machine->n_interfaces; i-- > 0;) {
		struct interface *own = machine->interfaces[i];

		if (own->record.kind == KIND_INTERFACE)
			continue;
		hardware = has_only_hardware(own) ? own : hardware;
		address = has_only_addresses(own) ? own : address;
	}
	if (hardware == NULL || address == NULL)
		return;
	struct finding *finding = check_report_at(r, CHECK_AMBIGUOUS_PAIR,
		SEVERITY_WARNING, &hardware->record, FIELD_MAC,
		"several entries of this machine have MAC addresses only, and several have "
		"addresses only: no DHCP for them");

	lint_note(r, finding, &address->record, FIELD_ADDRESS,
		"nobody can tell which belong together: give each interface one entry with "
		"both");
}

static void report_second_boot(
	struct reporter *r, struct machine *machine, struct interface *interface)
{
	struct finding *finding = check_report(r, CHECK_BAD_VALUE, &interface->record,
		FIELD_BOOT_INTERFACE, "a second boot interface of '%s'", machine->name);

	lint_note(r, finding, &machine->interfaces[0]->record, FIELD_BOOT_INTERFACE,
		"the first is here");
}

/* Only against the last generation, so it is no check of the catalogue. */
static void report_new_primary(struct reporter *r, const struct machine *machine)
{
	if (report_in_trial(r))
		return;
	const struct interface *first = machine->interfaces[0];
	struct finding *finding = diag_add(r->diags, SEVERITY_WARNING, "new-primary",
		record_loc(r->site, &first->record, FIELD_NAME),
		"the new interface '%s' sorts first, so the name '%s' goes to it",
		first->ifname,
		machine->fqdn == NULL ? machine->record.name : machine->fqdn);

	diag_note(finding, record_loc(r->site, &machine->outranked->record, FIELD_NAME),
		"from this one, '%s': where that is not meant, it gets vocBootInterface TRUE",
		machine->outranked->ifname);
}

/*
 * The name goes to the interface that comes first by its own, and that has no address: nor has the
 * name. Who says vocBootInterface means it, and a BMC's address is none of its host.
 */
static void check_primary_address(struct reporter *r, struct machine *machine)
{
	const struct interface *first = machine->interfaces[0];

	if (first->n_addresses > 0 || first->wants_boot || machine->fqdn == NULL ||
		record_refused(&first->record, FIELD_ADDRESS))
		return;
	for (uint32_t i = 1; i < machine->n_interfaces; i++) {
		const struct interface *other = machine->interfaces[i];

		if (other->n_addresses == 0 || other->is_management)
			continue;
		struct finding *finding = check_report(r, CHECK_PRIMARY_BY_NAME,
			&machine->record, FIELD_BOOT_INTERFACE,
			"'%s' has no address: its name is that of '%s', which comes first by name alone",
			machine->name, first->ifname);

		lint_note(r, finding, &other->record, FIELD_NAME,
			"this one has an address: give the right one vocBootInterface");
		return;
	}
}

void lint_interfaces(struct reporter *r, struct machine *machine)
{
	uint32_t n_boot = 0;

	if (machine->outranked != NULL)
		report_new_primary(r, machine);
	/* a name that is only an alias (CNAME), or has other records */
	if (machine->n_interfaces == 0 && machine->rare->dns_values.n == 0 &&
		!record_refused(&machine->record, FIELD_DNS_RECORD))
		check_report(r, CHECK_MISSING_ATTRIBUTE, &machine->record, FIELD_ADDRESS,
			"no address, no MAC and no interface entry");
	check_halves(r, machine);
	if (machine->n_interfaces > 1 && !machine->is_zone_name)
		check_primary_address(r, machine);
	for (uint32_t j = 0; j < machine->n_interfaces; j++) {
		struct interface *interface = machine->interfaces[j];

		check_pairs(r, interface);
		if (machine->is_zone_name)
			continue; /* of DNS, whatever has the address */
		check_macs(r, interface);
		for (uint32_t k = 0; k < interface->n_addresses; k++) {
			check_address(r, interface, &interface->addresses[k]);
			lint_address_length(r, interface, &interface->addresses[k]);
		}
		n_boot += interface->wants_boot;
		if (interface->wants_boot && n_boot > 1)
			report_second_boot(r, machine, interface);
	}
}

static void check_interfaces(struct reporter *r)
{
	lint_nodes(r, NODE_INTERFACES);
}

/* References */

/*
 * One that was there and is given something else stays on what it stood on; a new one has its
 * names and addresses, and so has one that was published with no more, or whose last good version
 * stood on what is left out now.
 */
static bool has_moved(const struct site *site, const struct record *record)
{
	return kind_is_node(record->kind) &&
	       ((const struct machine *)record)->standing == STANDING_CHANGED &&
	       !site_is_last_good(site, record);
}

/* Which change took away what has the canonical DN @key, where changes are tried. */
static void note_gone(struct reporter *r, struct finding *finding, const char *key)
{
	const unsigned *line = r->site->gone == NULL || key == NULL
				       ? NULL
				       : table_find(r->site->gone, key);

	if (line != NULL)
		diag_note(finding, (struct loc){.line = *line},
			"this change takes it away");
}

static void check_reference(struct reporter *r, struct record *record,
	enum field_id field, const char *key, enum kind wanted)
{
	struct record *found = key == NULL ? NULL : model_find(r->site, key);

	if (key == NULL || (found != NULL && found->kind == wanted))
		return;
	if (found == NULL && absent_has(r->site->waited_for, key)) {
		if (report_in_trial(r))
			return;
		/* a profile without one of its repositories would install something else */
		record->is_bad |= field == FIELD_REPOSITORY || has_moved(r->site, record);
		record->is_wrong |= record->is_bad;
		return;
	}
	struct finding *finding = check_report(r, CHECK_DANGLING_REF, record, field,
		found == NULL ? "'%s' is not in the directory"
			      : "'%s' is not what is expected here",
		key);

	if (found == NULL)
		note_gone(r, finding, key);
	else
		diag_note(finding, record_loc(r->site, found, FIELD_NONE),
			"this is of kind '%s', expected is '%s'", kind_name(found->kind),
			kind_name(wanted));
}

void lint_references(struct reporter *r, struct machine *machine)
{
	check_reference(
		r, &machine->record, FIELD_PROFILE, machine->profile_dn, KIND_PROFILE);
	check_reference(r, &machine->record, FIELD_HOST, machine->host_dn, KIND_HOST);
	check_reference(r, &machine->record, FIELD_IMAGE, machine->image_dn, KIND_IMAGE);
}

static void report_nothing_above(struct reporter *r, struct record *interface)
{
	const char *key = dn_key_parent(interface->key);
	const struct record *above = model_find(r->site, key);
	struct finding *finding = check_report(r, CHECK_DANGLING_REF, interface,
		FIELD_NAME, "'%s', the entry above, is no host and no VCN", key);

	if (above == NULL)
		note_gone(r, finding, key);
	else
		diag_note(finding, record_loc(r->site, above, FIELD_NONE),
			"this is of kind '%s'", kind_name(above->kind));
}

static void check_references(struct reporter *r)
{
	struct site *site = r->site;

	lint_nodes(r, NODE_REFERENCES);
	for (size_t i = 0; i < site->n_interfaces; i++)
		if (site->interfaces[i]->machine == NULL)
			report_nothing_above(r, &site->interfaces[i]->record);
	for (size_t i = 0; i < site->n_profiles; i++)
		for (uint32_t j = 0; j < site->profiles[i]->repository_dns.n; j++)
			check_reference(r, &site->profiles[i]->record, FIELD_REPOSITORY,
				site->profiles[i]->repository_dns.items[j],
				KIND_REPOSITORY);
}

/*
 * What loses all that a service could use was changed by mistake, where it was published:
 * it stays as it was. What never had any is passed over; that has been said.
 */

static void report_lost(struct reporter *r, struct record *record)
{
	if (record->kind == KIND_NETWORK)
		check_report(r, CHECK_BAD_IP, record, FIELD_NETWORK,
			"is no subnet any more, and was published as one");
	else if (((struct machine *)record)->lacks_address)
		check_report(r, CHECK_RESERVED_ADDRESS, record, FIELD_ADDRESS,
			"no usable address is left, and it was published with one");
	else
		check_report(r, CHECK_BAD_NAME, record, FIELD_NAME,
			"is a name for no host, and it was published with another");
}

/* A host that nothing is known of but its name. */
static void report_bare(struct reporter *r, struct record *record)
{
	if (record->kind == KIND_HOST && ((struct machine *)record)->is_bare)
		check_report(r, CHECK_PASSED_OVER, record, FIELD_ADDRESS,
			"no address, no MAC and no interface entry: passed over");
}

/* At the interface whose value it is; one that has nothing else is none of its machine's. */
static void report_loss(struct reporter *r, struct machine *machine, enum field_id field)
{
	bool is_mac = field == FIELD_MAC;
	struct record *record = &machine->record;

	for (uint32_t i = machine->n_interfaces; i-- > 0;) {
		struct interface *interface = machine->interfaces[i];

		if (is_mac ? interface->rare->has_no_mac
			   : interface->rare->has_no_address)
			record = &interface->record;
	}
	check_report(r, is_mac ? CHECK_BAD_MAC : CHECK_BAD_IP, record, field,
		"%s that was published is gone, and what stands in its place is none",
		is_mac ? "a MAC address" : "an address");
}

/*
 * What stands in the place of an address is a warning, and no reason to take one away that was
 * published: who means that leaves the value out.
 */
static void report_losses(struct reporter *r, struct machine *machine)
{
	if (machine->has_lost_macs)
		report_loss(r, machine, FIELD_MAC);
	if (machine->has_lost_addresses)
		report_loss(r, machine, FIELD_ADDRESS);
}

static void check_passed_over(struct reporter *r)
{
	struct site *site = r->site;

	for (size_t i = 0; i < site->n_passed_over; i++)
		if (lint_yield(r, site->passed_over[i]))
			continue;
		else if (site->passed_over[i]->was_there)
			report_lost(r, site->passed_over[i]);
		else
			report_bare(r, site->passed_over[i]);
	for (size_t i = 0; i < site->n_machines; i++) {
		if (site->machines[i]->record.was_there)
			report_lost(r, &site->machines[i]->record);
		if (site->machines[i]->has_placeholder)
			report_losses(r, site->machines[i]);
	}
}

static void report_dead(
	struct reporter *r, struct record *record, const struct dead_member *dead)
{
	TMP_CTX(tmp);
	struct finding *finding = check_report_at(r, CHECK_DANGLING_REF, SEVERITY_WARNING,
		record, dead->field,
		dead->is_of_several
			? "the member '%s' is the short name of several: write the domain, (HOST,-,DOMAIN)"
			: "the member '%s' is not in the directory",
		dead->text);

	note_gone(r, finding, dn_key(tmp, dead->text));
}

/* Of two the first counts, whose members they are: groups are no part of what is served. */
static void check_group_names(struct reporter *r)
{
	TMP_CTX(tmp);
	struct table *names = table_new_folded(tmp, r->site->n_groups);

	for (size_t i = 0; i < r->site->n_groups; i++) {
		struct node_group *group = r->site->groups[i];
		void **slot = group->record.name == NULL || group->n_nodes == 0
				      ? NULL
				      : table_slot(names, group->record.name);

		if (slot == NULL || *slot == NULL) {
			if (slot != NULL)
				*slot = group;
			continue;
		}
		struct finding *finding = check_report_at(r, CHECK_DUP_NAME,
			SEVERITY_WARNING, &group->record, FIELD_NAME,
			"a group '%s' is there already: this one is left out",
			group->record.name);

		lint_note(r, finding, &((struct node_group *)*slot)->record, FIELD_NAME,
			"the first is here");
	}
}

/* Groups cost nobody anything: what is not there is left out of them. */
static void check_groups(struct reporter *r)
{
	check_group_names(r);
	for (size_t i = 0; i < r->site->n_groups; i++) {
		struct node_group *group = r->site->groups[i];

		for (size_t j = 0; j < group->n_dead; j++)
			report_dead(r, &group->record, &group->dead[j]);
		if (group->is_loop)
			check_report(r, CHECK_GROUP_LOOP, &group->record, FIELD_NAME,
				"the group contains itself");
	}
}

/* The first by DN counts; the other's value is lost, and that must be said. */
static void check_parts(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_disagreements; i++) {
		const struct disagreement *d = &r->site->disagreements[i];
		struct finding *finding = check_report_value(r,
			d->is_first_taken ? CHECK_SEVERAL_VALUES : CHECK_BAD_VALUE,
			d->second, d->field,
			d->field == FIELD_NONE
				? "is of another kind than the other entry of this machine"
				: "is not what the other entry of this machine says");

		lint_note(r, finding, d->first, d->field,
			d->is_first_taken ? "this one counts"
					  : "this one counts where the machine is new");
	}
}

/* The rules, in the order in which one may silence follow-ups of another. */
static void (*const rules[])(struct reporter *r) = {
	check_passed_over,
	check_other_names,
	lint_networks,
	check_references,
	check_interfaces,
	check_names,
	check_parts,
	check_groups,
	lint_duplicates,
	lint_dns,
	lint_zone,
	lint_dhcp,
	lint_images,
	lint_installs,
	lint_ports,
	lint_vcns,
	lint_spread,
	lint_yielded,
};

void lint_site(struct reporter *reporter)
{
	TMP_CTX(tmp);

	reporter->trial = lint_try(tmp, reporter);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		rules[i](reporter);
	reporter->trial = NULL;
}
