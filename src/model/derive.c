/* SPDX-License-Identifier: Apache-2.0 */
#include "model/site.h"

#include <stdlib.h>
#include <string.h>

#include "base/nodeset.h"
#include "base/text.h"
#include "model/apt.h"
#include "model/boot_loader.h"
#include "model/derive_dhcp.h"
#include "model/disk.h"
#include "model/dns_record.h"
#include "model/each.h"
#include "model/group.h"
#include "model/group_kind.h"
#include "model/leaf.h"
#include "model/node_names.h"
#include "model/ports.h"
#include "model/release.h"
#include "model/wire.h"
#include "model/zone.h"
#include "model/zone_name.h"

/*
 * Settling the model: what is in error leaves the tables, and what only good records may
 * cause (hosts lines, reservations, shared networks, reverse zones) is built. Settling
 * again after further records went bad gives the same as if they had been bad before.
 */

static bool is_machine_bad(const struct machine *machine)
{
	if (machine->record.is_bad || machine->fqdn == NULL)
		return true;
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i]->record.is_bad ||
			machine->interfaces[i]->fqdn == NULL)
			return true;
	return false;
}

static bool mark_machine(struct site *part _unused_, struct machine *machine)
{
	machine->record.is_bad = is_machine_bad(machine);
	return machine->record.is_bad;
}

/*
 * What nothing can be printed of, whatever severity the site gives to the checks: a network
 * without a prefix, a repository without a source, a profile without a release.
 */
static void mark_unusable(struct site *site)
{
	for (size_t i = 0; i < site->n_networks; i++)
		if (site->networks[i]->record.name == NULL ||
			!ip_is_set(site->networks[i]->prefix.base))
			site->networks[i]->record.is_bad = true;
	for (size_t i = 0; i < site->n_images; i++)
		if (site->images[i]->record.name == NULL ||
			(site->images[i]->path == NULL &&
				site->images[i]->kernel == NULL))
			site->images[i]->record.is_bad = true;
	for (size_t i = 0; i < site->n_repositories; i++) {
		struct repository *repository = site->repositories[i];

		if (repository->record.name == NULL ||
			(repository->base_urls.n == 0 &&
				repository->mirror_list == NULL &&
				repository->metalink == NULL))
			repository->record.is_bad = true;
	}
	for (size_t i = 0; i < site->n_profiles; i++) {
		struct profile *profile = site->profiles[i];

		if (profile->record.name == NULL || profile->version == NULL ||
			profile_trees(profile) == 0)
			profile->record.is_bad = true;
	}
}

/* No manifest has a place for a guest without memory, image or bridge: it stays unplaced. */
static bool is_startable(const struct machine *vcn)
{
	for (uint32_t i = 0; i < vcn->n_interfaces; i++)
		if (vcn->interfaces[i]->network == NULL ||
			vcn->interfaces[i]->network->bridge == NULL ||
			vcn->interfaces[i]->n_macs == 0)
			return false;
	return vcn->memory_mib > 0 && vcn->image != NULL;
}

/* Keeps the good records of a table in order; every object starts with its record. */
static size_t drop_bad(void *table, size_t n)
{
	struct record **records = table;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!records[i]->is_bad)
			records[kept++] = records[i];
	return kept;
}

static void drop_bad_machines(struct site *site)
{
	site->n_machines = drop_bad(site->machines, site->n_machines);
	site->n_hosts = drop_bad(site->hosts, site->n_hosts);
	site->n_vcns = drop_bad(site->vcns, site->n_vcns);
	for (size_t i = 0; i < site->n_machines; i++)
		site->machines[i]->n_vcns = (uint32_t)drop_bad(
			site->machines[i]->vcns, site->machines[i]->n_vcns);
	for (size_t i = 0; i < site->n_profiles; i++)
		site->profiles[i]->n_hosts = (uint32_t)drop_bad(
			site->profiles[i]->hosts, site->profiles[i]->n_hosts);
}

static void drop_bad_shared(struct site *site)
{
	site->n_clusters = drop_bad(site->clusters, site->n_clusters);
	site->n_networks = drop_bad(site->networks, site->n_networks);
	site->n_images = drop_bad(site->images, site->n_images);
	site->n_repositories = drop_bad(site->repositories, site->n_repositories);
	site->n_profiles = drop_bad(site->profiles, site->n_profiles);
}

/*
 * References to what is bad. A profile without one of its repositories would install
 * something else than was asked for, so it goes with it; a host without its profile still
 * has its names and addresses, a VCN without its image too, but nothing starts it.
 */
static void mark_profiles(struct site *site)
{
	for (size_t i = 0; i < site->n_profiles; i++)
		for (uint32_t j = 0; j < site->profiles[i]->n_repositories; j++)
			if (site->profiles[i]->repositories[j]->record.is_bad)
				site->profiles[i]->record.is_bad = true;
}

static void drop_bad_networks(struct interface *interface)
{
	if (interface->network != NULL && interface->network->record.is_bad)
		interface->network = NULL;
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (interface->addresses[i].network != NULL &&
			interface->addresses[i].network->record.is_bad)
			interface->addresses[i].network = NULL;
}

/* Has it no host any more? */
static bool drop_bad_references(struct site *part _unused_, struct machine *machine)
{
	bool had_host = machine->host != NULL;

	if (machine->profile != NULL && machine->profile->record.is_bad)
		machine->profile = NULL;
	if (machine->image != NULL && machine->image->record.is_bad) {
		machine->image = NULL;
		machine->host = NULL;
	}
	if (machine->host != NULL && machine->host->record.is_bad)
		machine->host = NULL;
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		drop_bad_networks(machine->interfaces[i]);
	if (machine->host != NULL && !is_startable(machine))
		machine->host = NULL;
	return had_host && machine->host == NULL;
}

/* A host's list holds only VCNs that are still placed there. */
static void drop_unplaced(struct site *site)
{
	for (size_t i = 0; i < site->n_hosts; i++) {
		struct machine *host = site->hosts[i];
		uint32_t kept = 0;

		for (uint32_t j = 0; j < host->n_vcns; j++)
			if (host->vcns[j]->host == host)
				host->vcns[kept++] = host->vcns[j];
		host->n_vcns = kept;
	}
}

/* Hosts lines */

static void add_name(struct strings *names, const char *name)
{
	for (uint32_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return;
	names->items[names->n++] = name;
}

static bool has_short(
	const struct site *site, const struct machine *machine, const char *name)
{
	return !site->shares_labels ? !machine->is_zone_name
				    : table_find(site->short_names, name) == machine;
}

static void add_short(struct site *site, struct strings *names, struct machine *machine,
	const char *name)
{
	if (has_short(site, machine, name))
		add_name(names, name);
}

static void add_aliases(struct site *site, struct strings *names, struct machine *machine,
	const struct strings *aliases, const char *domain)
{
	for (uint32_t i = 0; i < aliases->n; i++) {
		const char *alias = aliases->items[i];

		if (strchr(alias, '.') != NULL || domain == NULL) {
			add_name(names, alias);
			continue;
		}
		add_name(names, arena_printf(site->arena, "%s.%s", alias, domain));
		add_short(site, names, machine, alias);
	}
}

/*
 * The full name first: it gets the PTR. A short name only where no other machine has it;
 * the primary interface's own goes to no other interface.
 */
static struct strings names_of(struct site *site, struct interface *interface)
{
	struct machine *machine = interface->machine;
	size_t n = machine->aliases.n + interface->rare->aliases.n;
	struct strings names = {
		.items = arena_alloc(site->arena, (2 * n + 2) * sizeof(const char *))};

	if (interface->fqdn == NULL)
		return names;
	const char *label = interface->fqdn == machine->fqdn
				    ? machine->name
				    : arena_strndup(site->arena, interface->fqdn,
					      strcspn(interface->fqdn, "."));

	add_name(&names, interface->fqdn);
	if (interface->is_primary || strcmp(label, machine->name) != 0)
		add_short(site, &names, machine, label);
	if (interface->is_primary)
		add_aliases(site, &names, machine, &machine->aliases, machine->domain);
	add_aliases(site, &names, machine, &interface->rare->aliases,
		model_domain_of(interface->fqdn));
	return names;
}

static bool give_names(struct site *part, struct machine *machine)
{
	name_node(part, machine,
		machine->name != NULL && has_short(part, machine, machine->name));
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];
		struct strings names = names_of(part, interface);

		for (uint32_t j = 0; j < interface->n_addresses; j++)
			interface->addresses[j].names = names;
	}
	return false;
}

/* Reverse zones */

static void build_reverse_zones(struct site *site)
{
	for (size_t i = 0; i < site->n_networks; i++) {
		TMP_CTX(tmp);
		struct network *network = site->networks[i];
		size_t n;
		char **zones = prefix_reverse_zones(tmp, network->prefix, &n);

		network->reverse_zones =
			arena_alloc(site->arena, (n + 1) * sizeof(char *));
		network->n_reverse_zones = (uint32_t)n;
		for (size_t j = 0; j < n; j++)
			network->reverse_zones[j] = arena_strdup(site->arena, zones[j]);
	}
}

/* What a network leaves open is the cluster's */
static void inherit_values(struct site *site)
{
	const struct cluster *cluster = model_cluster(site);

	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];

		network->zone = model_domain(site, network);
		network->search = cluster->search;
		if (network->search.n == 0 && network->zone != NULL)
			network->search =
				(struct strings){.items = &network->zone, .n = 1};
		network->resolvers = network->nameservers.n > 0 ? network->nameservers
								: cluster->nameservers;
		network->resolvers4 = derive_servers(site, &network->resolvers, NULL, 4);
		network->resolvers6 = derive_servers(site, &network->resolvers, NULL, 6);
	}
}

/*
 * Domains: what the cluster and its networks declare. A host's name may stand in a domain
 * that others serve too (mail.example.org): declaring that one ours would hide the rest of
 * it.
 */

static void add_domain(
	struct site *site, struct table *seen, const char *domain, size_t *n_domains)
{
	if (domain == NULL)
		return;
	void **slot = table_slot(seen, domain);

	if (*slot != NULL)
		return;
	*slot = site;
	*mem_push(site, &site->domains.items, n_domains) = domain;
}

static void collect_domains(struct site *site)
{
	TMP_CTX(tmp);
	struct table *seen = table_new(tmp, 64);
	size_t n = 0;

	site->domains.items = NULL;
	if (site->n_clusters > 0)
		add_domain(site, seen, site->clusters[0]->domain, &n);
	for (size_t i = 0; i < site->n_networks; i++)
		add_domain(site, seen, site->networks[i]->domain, &n);
	if (n > 1)
		qsort(site->domains.items, n, sizeof(char *), text_compare_items);
	site->domains.n = (uint32_t)n;
}

/* What %post has to do for a profile, because its installer does not know how */

static struct repository **room_for_all(struct site *site, const struct profile *profile)
{
	return arena_alloc(
		site->arena, (profile->n_repositories + 1) * sizeof(struct repository *));
}

/* Which repositories the installer takes, and whether any of them as it is not meant. */
static void plan_installer(
	struct site *site, struct profile *profile, const struct release *release)
{
	profile->installer_repositories = room_for_all(site, profile);
	profile->n_installer_repositories = 0;
	profile->needs_post = false;
	for (uint32_t i = 0; i < profile->n_repositories; i++) {
		struct repository *repository = profile->repositories[i];

		if (!release_leaves_out(release, repository))
			profile->installer_repositories
				[profile->n_installer_repositories++] = repository;
		profile->needs_post |= release_leaves_out(release, repository) ||
				       (repository->cost >= 0 && !release->knows_cost);
	}
}

/* Groups that the installer would not find stay out of its file; lint has said so. */
static void drop_groups(struct profile *profile, const struct release *release)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < profile->groups.n; i++)
		if (release_knows_group(release, profile->groups.items[i]))
			profile->groups.items[kept++] = profile->groups.items[i];
	profile->groups.n = kept;
}

/* `module` lines for what the installer knows; lint has said what it does not. */
static void plan_modules(
	struct site *site, struct profile *profile, const struct release *release)
{
	profile->modules = arena_alloc(site->arena,
		(profile->module_texts.n + 1) * sizeof(struct module_choice));
	profile->n_modules = 0;
	for (uint32_t i = 0; i < profile->module_texts.n; i++) {
		struct module_choice module =
			module_parse(site->arena, profile->module_texts.items[i]);

		if (release_knows_module(release, &module))
			profile->modules[profile->n_modules++] = module;
	}
}

/* Packages that are installed there may need others from any of the repositories. */
static void plan_post(struct site *site, struct profile *profile)
{
	const struct release *release = profile->release;

	if (release == NULL)
		return;
	if (release->installer != INSTALLER_KICKSTART) {
		drop_groups(profile, release);
		apt_plan(site, profile, release);
		return;
	}
	plan_installer(site, profile, release);
	drop_groups(profile, release);
	plan_modules(site, profile, release);
	profile->post_repositories = room_for_all(site, profile);
	profile->n_post_repositories = 0;
	for (uint32_t i = 0; i < profile->n_repositories; i++) {
		struct repository *repository = profile->repositories[i];

		if (profile->needs_post || repository->gpg_keys.n > 0 ||
			(repository->keep && !release_keeps(release, repository)))
			profile->post_repositories[profile->n_post_repositories++] =
				repository;
	}
}

bool machine_asks_for_install(const struct site *site, const struct machine *host)
{
	int64_t until = host->install->until;
	bool has_run_out = until != 0 && until <= site->now;

	return host->installs && !has_run_out;
}

const char *profile_unanswered(const struct site *site, const struct profile *profile)
{
	return profile->release == NULL ? NULL
					: site->unanswered[profile->release->installer];
}

/*
 * Only TRUE and in time, with a profile that has kernel and initrd, and a server that has the
 * installer's answers: whatever else, a host starts its disk.
 */
static void permit_installers(struct site *site)
{
	bool has_server = model_cluster(site)->install_server != NULL;

	for (size_t i = 0; i < site->n_hosts; i++) {
		struct machine *host = site->hosts[i];
		const struct profile *profile = host->profile;

		host->boots_installer =
			machine_asks_for_install(site, host) && has_server &&
			profile != NULL && profile->kernel != NULL &&
			profile->initrd != NULL && !profile_lacks_image(profile) &&
			profile_unanswered(site, profile) == NULL;
	}
}

/* The cluster's keys and the profile's, each once. */
static void merge_keys(struct site *site, struct machine *host)
{
	const struct strings *lists[] = {
		&model_cluster(site)->authorized_keys, &host->profile->authorized_keys};

	struct strings *keys = &machine_write_install(site->arena, host)->authorized_keys;

	*keys = (struct strings){
		.items = arena_alloc(site->arena,
			(lists[0]->n + lists[1]->n + 1) * sizeof(const char *))};
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (uint32_t j = 0; j < lists[i]->n; j++)
			add_name(keys, lists[i]->items[j]);
}

static bool plan_host(struct site *part, struct machine *host)
{
	if (host->profile == NULL || host->profile->release == NULL)
		return false;
	ports_plan(part, host, host->profile->release);
	merge_keys(part, host);
	struct machine_install *install = machine_write_install(part->arena, host);

	install->disks = *disk_values(host);
	install->disk_choice = (uint8_t)disk_choose(host, host->profile->release);
	return true;
}

/* The names of all BMCs as one word. */
static void fold_bmcs(struct site *site)
{
	TMP_CTX(tmp);
	const char **names = mem_array(tmp, const char *, site->n_hosts + 1);
	size_t n = 0;

	for (size_t i = 0; i < site->n_hosts; i++) {
		const struct interface *bmc = machine_bmc_port(site->hosts[i]);

		if (bmc != NULL && bmc->fqdn != NULL)
			names[n++] = bmc->fqdn;
	}
	if (n > 0)
		site->bmc_nodeset =
			arena_strdup(site->arena, nodeset_fold(tmp, names, n));
}

/* What is bad, and what stands on it. */
static void drop_all_bad(struct site *site)
{
	mark_unusable(site);
	mark_profiles(site);
	size_t n_bad =
		machines_each(site, site->machines, site->n_machines, mark_machine, NULL);
	size_t n_unplaced = machines_each(
		site, site->machines, site->n_machines, drop_bad_references, NULL);

	drop_bad_shared(site);
	if (n_bad > 0)
		drop_bad_machines(site);
	if (n_unplaced > 0)
		drop_unplaced(site);
}

void model_derive(struct site *site)
{
	zone_names_restore(site);
	drop_all_bad(site);
	group_select(site);
	wires_derive(site);
	build_reverse_zones(site);
	inherit_values(site);
	machines_each(site, site->machines, site->n_machines, give_names, derive_dhcp);
	/* names of zones have no MAC: no reservation points at the addresses that this replaces */
	zone_names_lend(site);
	collect_domains(site);
	permit_installers(site);
	boot_loaders_plan(site);
	if (!site->leaves_groups) {
		group_derive(site);
		group_kinds_derive(site);
		leaves_derive(site);
	}
	fold_bmcs(site);
	dns_records_settle(site);
	zones_build(site);
	machines_each(site, site->hosts, site->n_hosts, plan_host, NULL);
	for (size_t i = 0; i < site->n_profiles; i++)
		plan_post(site, site->profiles[i]);
}
