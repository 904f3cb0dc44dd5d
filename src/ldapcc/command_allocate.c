/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"
#include "ldapcc/allocate_group.h"
#include "ldapcc/allocate_move.h"
#include "ldapcc/lately.h"
#include "ldapcc/publication.h"
#include "ldapcc/room.h"
#include "ldapcc/taken.h"
#include "model/use.h"
#include "read/dn.h"
#include "read/ldif.h"

/*
 * allocate: LDIF for new VCNs, with the lowest free names and addresses, and a place on the
 * host that has most room, or for new hosts. The same directory gives the same answer;
 * nothing is written to it.
 */

enum { DEFAULT_MEMORY_MIB = 1024, NUMBER_MAX = 10000000, WIDTH_MAX = 9 };

struct allocation {
	struct run *run;
	const struct network *network;
	const struct image *image;
	struct membership *membership; /* NULL: they become members of nothing */
	const char *parent; /* DN below which the entries go */
	struct room_need need; /* of each */
	uint64_t per_host;
	struct rooms rooms;
	struct ip *used; /* sorted */
	size_t n_used;
	struct ip next;
	struct lately lately;
	bool takes_lately; /* there are no others any more */
	const struct taken
		*taken; /* what the directory, and the last generation, mention */
	struct table *macs; /* taken, those that we gave as well */
	uint64_t number; /* next to try in the name pattern */
	struct buffer *ldif;
};

/* `vcn%03d`: text around exactly one %d, %Nd or %0Nd, in lower case as names are */
struct pattern {
	const char *before, *after;
	int width;
	bool has_zeros;
};

static bool parse_pattern(TALLOC_CTX *mem_ctx, const char *text, struct pattern *ret)
{
	const char *percent = strchr(text, '%');

	if (percent == NULL)
		return false;
	char *before = mem_strndup(mem_ctx, text, (size_t)(percent - text));

	text_lower(before);
	*ret = (struct pattern){.before = before};
	percent++;
	ret->has_zeros = *percent == '0';
	for (; *percent >= '0' && *percent <= '9' && ret->width <= WIDTH_MAX; percent++)
		ret->width = ret->width * 10 + (*percent - '0');
	if (*percent != 'd' || ret->width > WIDTH_MAX)
		return false;
	char *after = mem_strdup(mem_ctx, percent + 1);

	text_lower(after);
	ret->after = after;
	return strchr(ret->after, '%') == NULL;
}

static char *format_name(
	TALLOC_CTX *mem_ctx, const struct pattern *pattern, uint64_t number)
{
	return mem_printf(mem_ctx, "%s%0*llu%s", pattern->before,
		pattern->has_zeros ? pattern->width : 0, (unsigned long long)number,
		pattern->after);
}

/* What is taken */

static int compare_ips(const void *a, const void *b)
{
	return ip_compare(*(const struct ip *)a, *(const struct ip *)b);
}

/* @mac stays where it is. */
static void take_mac(struct allocation *a, const struct mac *mac)
{
	*table_slot_bytes(a->macs, (const char *)mac->bytes, sizeof(mac->bytes)) = a;
}

static bool is_mac_taken(const struct allocation *a, struct mac mac)
{
	return table_find_bytes(a->macs, (const char *)mac.bytes, sizeof(mac.bytes)) !=
	       NULL;
}

static void collect_taken(struct allocation *a, TALLOC_CTX *mem_ctx)
{
	const struct site *site = a->run->site;

	a->macs = table_new(mem_ctx, a->taken->n_macs);
	for (size_t i = 0; i < a->taken->n_ips; i++)
		*mem_push(mem_ctx, &a->used, &a->n_used) = a->taken->ips[i];
	for (size_t i = 0; i < a->taken->n_macs; i++)
		take_mac(a, &a->taken->macs[i]);
	for (size_t i = 0; i < site->n_machines; i++) {
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++) {
			const struct interface *interface =
				site->machines[i]->interfaces[j];

			for (uint32_t k = 0; k < interface->n_addresses; k++)
				*mem_push(mem_ctx, &a->used, &a->n_used) =
					interface->addresses[k].ip;
			for (uint32_t k = 0; k < interface->n_macs; k++)
				take_mac(a, &interface->macs[k].mac);
		}
	}
	if (a->n_used > 1)
		qsort(a->used, a->n_used, sizeof(*a->used), compare_ips);
}

/* The last address of a range that holds @ip, so that the search goes on behind it. */
static bool in_range(const struct taken *taken, struct ip ip, struct ip *ret_last)
{
	for (size_t i = 0; i < taken->n_ranges; i++) {
		if (range_contains(&taken->ranges[i], ip)) {
			*ret_last = taken->ranges[i].end;
			return true;
		}
	}
	return false;
}

static bool is_used(const struct allocation *a, struct ip ip)
{
	return a->n_used > 0 &&
	       bsearch(&ip, a->used, a->n_used, sizeof(ip), compare_ips) != NULL;
}

/* A /31 has no address of its own (RFC 3021), nor has IPv6 but for that of all routers. */
static struct ip first_before(const struct network *network)
{
	return network->prefix.base.family == 4 ? ip_before(network->prefix.base)
						: network->prefix.base;
}

static bool search_address(struct allocation *a, struct ip *ret)
{
	const struct network *network = a->network;
	struct ip end;

	while (ip_next(a->next, &a->next) && prefix_contains(network->prefix, a->next)) {
		if (in_range(a->taken, a->next, &end)) {
			a->next = end;
			continue;
		}
		if (prefix_edge(network->prefix, a->next) != NULL ||
			is_used(a, a->next) ||
			ip_compare(a->next, network->gateway) == 0 ||
			lately_had(&a->lately, a->next) != a->takes_lately)
			continue;
		*ret = a->next;
		return true;
	}
	return false;
}

/* One that somebody may still have a lease of comes when there is no other. */
static bool next_address(struct allocation *a, struct ip *ret)
{
	if (search_address(a, ret))
		return true;
	if (a->takes_lately)
		return false;
	a->takes_lately = true;
	a->next = first_before(a->network);
	return search_address(a, ret);
}

/* The lowest number whose name, and the MAC that follows from it, nobody has. */
static char *next_name(struct allocation *a, TALLOC_CTX *mem_ctx,
	const struct pattern *pattern, struct mac *ret_mac)
{
	const struct site *site = a->run->site;
	const char *zone = model_domain(site, a->network);

	for (; a->number < NUMBER_MAX; a->number++) {
		TMP_CTX(tmp);
		char *name = format_name(tmp, pattern, a->number);
		const char *fqdn = zone == NULL || strchr(name, '.') != NULL
					   ? name
					   : mem_printf(tmp, "%s.%s", name, zone);

		*ret_mac = model_derived_mac(fqdn, "eth0");
		if (table_find(site->full_names, fqdn) != NULL ||
			table_find(site->short_names, name) != NULL ||
			table_find(a->taken->names, name) != NULL ||
			is_mac_taken(a, *ret_mac))
			continue;
		a->number++;
		return talloc_steal(mem_ctx, name);
	}
	return NULL;
}

/* LDIF */

static void put_field(struct allocation *a, enum field_id field, const char *value)
{
	if (value != NULL)
		ldif_put(a->ldif, map_attribute(a->run->map, field), value);
}

static void put_number(struct allocation *a, enum field_id field, uint64_t number)
{
	TMP_CTX(tmp);

	put_field(a, field, mem_printf(tmp, "%llu", (unsigned long long)number));
}

/* What hosts and VCNs have, the last class included. */
static void put_machine(struct allocation *a, const char *dn, const char *class,
	const char *name, struct ip ip)
{
	char text[IP_TEXT_MAX];

	ldif_put(a->ldif, "dn", dn);
	ldif_put(a->ldif, "objectClass", "device");
	ldif_put(a->ldif, "objectClass", "ipHost");
	ldif_put(a->ldif, "objectClass", "ieee802Device");
	if (class != NULL)
		ldif_put(a->ldif, "objectClass", class);
	put_field(a, FIELD_NAME, name);
	put_field(a, FIELD_ADDRESS, ip_format(ip, text));
}

static const char *dn_of(
	TALLOC_CTX *mem_ctx, const struct allocation *a, const char *name)
{
	return mem_printf(mem_ctx, "%s=%s,%s", map_attribute(a->run->map, FIELD_NAME),
		name, a->parent);
}

static void put_vcn(struct allocation *a, const char *name, struct ip ip, struct mac mac,
	const struct machine *host)
{
	TMP_CTX(tmp);
	const char *dn = dn_of(tmp, a, name);
	char text[MAC_TEXT_MAX];

	put_machine(a, dn, a->run->map->classes[KIND_VCN].items[0].name, name, ip);
	put_field(a, FIELD_MAC, mac_format(mac, text));
	put_field(a, FIELD_HOST, host->record.dn);
	put_field(a, FIELD_IMAGE, a->image->record.dn);
	put_number(a, FIELD_MEMORY, a->need.memory_mib);
	put_number(a, FIELD_CPUS, a->need.cpus);
	put_field(a, FIELD_VO, a->run->arguments.vo);
	buffer_add_byte(a->ldif, '\n');
	if (a->membership != NULL)
		membership_add(a->membership, dn, name);
}

/* Its MAC address is the machine's, which nobody here knows. */
static void put_host(struct allocation *a, const char *name, struct ip ip)
{
	TMP_CTX(tmp);
	const struct class_list *classes = &a->run->map->vm_host_classes;
	const char *dn = dn_of(tmp, a, name);

	put_machine(a, dn, classes->n > 0 ? classes->items[0].name : NULL, name, ip);
	if (a->need.memory_mib > 0)
		put_number(a, FIELD_MEMORY, a->need.memory_mib);
	if (a->need.cpus > 0)
		put_number(a, FIELD_CPUS, a->need.cpus);
	buffer_add_byte(a->ldif, '\n');
	if (a->membership != NULL)
		membership_add(a->membership, dn, name);
}

/* The command line against the site */

/* Beside those that there are, else beside the others; else below the base, or beside the network. */
static const char *find_parent(
	const struct run *run, const struct network *network, bool is_for_hosts)
{
	const struct site *site = run->site;
	const struct string_list *bases = &run->settings->directory.bases;
	bool has_vcns = site->n_vcns > 0, has_hosts = site->n_hosts > 0;

	if (has_vcns && !(is_for_hosts && has_hosts))
		return dn_key_parent(site->vcns[0]->record.key);
	if (has_hosts)
		return dn_key_parent(site->hosts[0]->record.key);
	return bases->n > 0 ? bases->items[0] : dn_key_parent(network->record.key);
}

static const char *usage_fault(const struct run *run, const struct pattern *pattern)
{
	TMP_CTX(tmp);

	if (run->arguments.vo != NULL && !text_is_word(run->arguments.vo))
		return "--vo is one word of letters, digits and _ . : -, no - or . first";
	if (text_hostname_fault(format_name(tmp, pattern, 1)) != NULL)
		return "--name does not give host names";
	if (!run->arguments.new_hosts && run->map->classes[KIND_VCN].n == 0)
		return "the directory's map has no class for VCNs: see ldapcc-map(5)";
	return NULL;
}

/* What an entry could not say. */
static int check_range(
	struct run *run, const char *option, uint64_t number, enum field_id field)
{
	enum kind kind = run->arguments.new_hosts ? KIND_HOST : KIND_VCN;
	const struct use *use = use_of(kind, field);

	return use == NULL || number <= use->max
		       ? 0
		       : diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
				 "--%s needs a number from %u to %u", option, use->min,
				 use->max);
}

/* What hosts and VCNs need, and what only VCNs have. */
static int check_words(struct run *run)
{
	const struct arguments *arguments = &run->arguments;
	bool is_for_hosts = arguments->new_hosts;

	if ((!is_for_hosts && arguments->image == NULL) || arguments->network == NULL ||
		arguments->name == NULL || arguments->count == 0)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"allocate needs %s--network, --name and --count",
			is_for_hosts ? "" : "--image, ");
	int failed = check_range(run, "memory", arguments->memory_mib, FIELD_MEMORY);

	return failed < 0 ? failed
			  : check_range(run, "cpus", arguments->cpus, FIELD_CPUS);
}

/* What a VCN stands on. */
static int prepare_vcns(struct allocation *a)
{
	struct run *run = a->run;
	const struct arguments *arguments = &run->arguments;

	if (a->network->bridge == NULL)
		return diag_fail(run->diags, EXIT_USAGE,
			record_loc(run->site, &a->network->record, FIELD_BRIDGE),
			"network '%s' has no bridge for VCNs", arguments->network);
	a->image = (void *)model_find_named(
		run->site->images, run->site->n_images, arguments->image);
	if (a->image == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"there is no image '%s'", arguments->image);
	if (!a->image->snapshot && a->image->path != NULL)
		return diag_fail(run->diags, EXIT_USAGE,
			record_loc(run->site, &a->image->record, FIELD_SNAPSHOT),
			"image '%s' is writable: VCNs cannot share it", arguments->image);
	return 0;
}

static int prepare(struct allocation *a, struct pattern *ret_pattern)
{
	struct run *run = a->run;
	const struct arguments *arguments = &run->arguments;
	int failed = check_words(run);

	if (failed < 0)
		return failed;
	if (!parse_pattern(run->mem_ctx, arguments->name, ret_pattern))
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"--name is a pattern with one number, such as vcn%%03d");
	const char *fault = usage_fault(run, ret_pattern);

	if (fault != NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE, "%s", fault);
	a->network = (void *)model_find_named(
		run->site->networks, run->site->n_networks, arguments->network);
	if (a->network == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"there is no network '%s'", arguments->network);
	return arguments->new_hosts ? 0 : prepare_vcns(a);
}

static int fail_no_address(struct allocation *a, const char *what, uint64_t i)
{
	struct run *run = a->run;

	return diag_fail(run->diags, EXIT_REFUSED,
		record_loc(run->site, &a->network->record, FIELD_NETWORK),
		"no free address for %s %llu of %llu", what, (unsigned long long)i + 1,
		(unsigned long long)run->arguments.count);
}

static int fail_no_name(struct run *run)
{
	return diag_fail(run->diags, EXIT_REFUSED, LOC_NONE,
		"no free name is left for '%s'", run->arguments.name);
}

static int place_vcns(struct allocation *a, const struct pattern *pattern)
{
	TMP_CTX(tmp);
	struct run *run = a->run;

	for (uint64_t i = 0; i < run->arguments.count; i++) {
		struct ip ip;
		struct mac mac;
		struct room *room = rooms_best(&a->rooms, &a->need, a->per_host);

		if (room == NULL)
			return diag_fail(run->diags, EXIT_REFUSED, LOC_NONE,
				"no host has room for VCN %llu of %llu%s",
				(unsigned long long)i + 1,
				(unsigned long long)run->arguments.count,
				membership_word(a->membership));
		if (!next_address(a, &ip))
			return fail_no_address(a, "VCN", i);
		const char *name = next_name(a, tmp, pattern, &mac);

		if (name == NULL)
			return fail_no_name(run);
		struct mac *given = mem_new(tmp, struct mac);

		*given = mac;
		take_mac(a, given);
		put_vcn(a, name, ip, mac, room->host);
		room_take(room, &a->need);
		if (a->membership != NULL)
			membership_close(a->membership, room);
	}
	if (a->membership != NULL)
		membership_put(a->membership, a->ldif);
	return 0;
}

static int place_hosts(struct allocation *a, const struct pattern *pattern)
{
	TMP_CTX(tmp);
	struct run *run = a->run;

	for (uint64_t i = 0; i < run->arguments.count; i++) {
		struct ip ip;
		struct mac ignored;
		const char *name = next_name(a, tmp, pattern, &ignored);

		if (name == NULL)
			return fail_no_name(run);
		if (!next_address(a, &ip))
			return fail_no_address(a, "host", i);
		put_host(a, name, ip);
	}
	if (a->membership != NULL)
		membership_put(a->membership, a->ldif);
	return 0;
}

/*
 * What is in the directory, also in error, and in the last generation, which is what is served of
 * what has a fault since. Who may not read the state is told.
 */
static struct taken *collect_mentions(struct run *run, struct lately *ret_lately)
{
	struct taken *taken = taken_new(run->mem_ctx);
	struct diags *ignored = diags_new(run->mem_ctx);
	struct state *state = NULL;
	struct entries *good = NULL;
	int failed = state_open(
		run->mem_ctx, run->settings, run->arguments.root, false, ignored, &state);

	if (failed == 0 && state->current > 0)
		failed = publication_entries(
			run->mem_ctx, state, state->current, ignored, &good);
	if (failed < 0)
		diag_add(run->diags, SEVERITY_WARNING, "state", LOC_NONE,
			"the last generation cannot be read: what only it has is not "
			"looked at");
	if (failed == 0)
		lately_collect(run->mem_ctx, state, (uint64_t)time(NULL), ret_lately);
	taken_add(taken, run->entries, run->map);
	if (good != NULL)
		taken_add(taken, good, run->map);
	return taken;
}

/* As a VCN has them where nobody says; of a host what nobody says is not known. */
static void default_need(struct allocation *a)
{
	if (a->need.memory_mib == 0)
		a->need.memory_mib = DEFAULT_MEMORY_MIB;
	if (a->need.cpus == 0)
		a->need.cpus = 1;
}

/* New VCNs or hosts, as the command line wants them. */
static int place_new(struct run *run, struct buffer *ldif)
{
	const struct arguments *arguments = &run->arguments;
	struct pattern pattern;
	struct allocation a = {.run = run,
		.need = {arguments->memory_mib, arguments->cpus},
		.per_host = arguments->per_host,
		.number = 1,
		.ldif = ldif};
	int failed = prepare(&a, &pattern);

	if (failed < 0)
		return failed;
	if (!arguments->new_hosts)
		default_need(&a);
	a.parent = find_parent(run, a.network, arguments->new_hosts);
	a.next = first_before(a.network);
	a.taken = collect_mentions(run, &a.lately);
	collect_taken(&a, run->mem_ctx);
	rooms_collect(run->mem_ctx, run->site, NULL, &a.rooms);
	failed = membership_open(run, &a.rooms, &a.membership);
	if (failed < 0)
		return failed;
	return (arguments->new_hosts ? place_hosts : place_vcns)(&a, &pattern);
}

int command_allocate(void *session)
{
	struct run *run = session;
	struct buffer *ldif = buffer_new(run->mem_ctx);
	int failed = run_prepare(run);

	if (failed == 0)
		failed = run_read(run, NULL);
	if (failed < 0)
		return failed;
	/* not settled: what is in quarantine has its addresses and names all the same */
	run_link(run);
	failed = run->arguments.move != NULL
			 ? allocate_move(run, run->arguments.move, ldif)
			 : place_new(run, ldif);
	if (failed < 0)
		return failed;
	if (run->result != NULL)
		json_put_text(run->result, "ldif", ldif->data);
	else
		fputs(ldif->data, stdout);
	return 0;
}
