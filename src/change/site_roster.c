/* SPDX-License-Identifier: Apache-2.0 */
#include "change/site_roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/table.h"
#include "base/text.h"
#include "model/past.h"
#include "model/use.h"

struct roll {
	TALLOC_CTX *mem_ctx;
	const struct site *site;
	const struct roster *before; /* may have none */
	struct table *shared; /* key of a network, image or profile -> its hash */
	uint64_t cluster;
	struct roster *roster;
};

/* What an entry says */

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_add(hash, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	return hash_add(hash, &number, sizeof(number));
}

static uint64_t hash_interface(uint64_t hash, const struct interface *interface)
{
	hash = hash_text(hash, interface->ifname);
	hash = hash_text(hash, interface->fqdn);
	for (uint32_t i = 0; i < interface->n_macs; i++)
		hash = hash_add(hash, interface->macs[i].mac.bytes, 6);
	for (uint32_t i = 0; i < interface->rare->n_guids; i++)
		hash = hash_add(hash, interface->rare->guids[i].guid.bytes, GUID_BYTES);
	for (uint32_t i = 0; i < interface->rare->duids.n; i++)
		hash = hash_text(hash, interface->rare->duids.items[i]);
	hash = hash_text(hash, NULL);
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		hash = hash_add(hash, interface->addresses[i].ip.bytes, 16);
	return hash_text(hash, NULL);
}

/* What a node is, but for what others are called: their own values count for its outputs. */
static uint64_t hash_own(const struct site *site, const struct machine *machine)
{
	uint64_t hash = hash_text(HASH_START, machine->fqdn);

	for (uint32_t i = 0; i < machine->aliases.n; i++)
		hash = hash_text(hash, machine->aliases.items[i]);
	hash = use_hash(
		site, &machine->record, USE_COUNTS, USE_CALLS, hash_text(hash, NULL));
	/* not the attribute: FALSE, none, and an end that is over are the same */
	hash = hash_number(hash, machine_asks_for_install(site, machine));
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		hash = hash_interface(hash, machine->interfaces[i]);
	return hash;
}

/* Names and interfaces, which are read by hand, and every use that counts. */
static uint64_t hash_machine(
	const struct site *site, const struct machine *machine, uint64_t own)
{
	return hash_end(use_hash(site, &machine->record, USE_COUNTS | USE_CALLS, 0, own));
}

/* All that a shared record says, without what @without says. */
static uint64_t hash_network(
	const struct site *site, const struct network *network, uint8_t without)
{
	uint64_t hash = use_hash(site, &network->record, 0, without, HASH_START);

	hash = hash_add(hash, network->prefix.base.bytes, 16);
	return hash_number(hash, network->prefix.length);
}

/* Its repositories have their names on the installed host. */
static uint64_t hash_profile(
	const struct site *site, const struct profile *profile, uint8_t without)
{
	uint64_t hash = use_hash(site, &profile->record, 0, without, HASH_START);

	for (uint32_t i = 0; i < profile->n_repositories; i++)
		hash = use_hash(site, &profile->repositories[i]->record, 0, 0, hash);
	return hash;
}

/* As it was, where it is: that one stands in a file already. */
static struct roster_record settle(
	const struct roster_record *was, const struct roster_record *record)
{
	return was != NULL && roster_is_same(was, record) ? *was : *record;
}

/* Records of which there are few */

static void add_record(struct roll *roll, const struct record *record, uint64_t identity)
{
	const struct roster_record now = {
		.name = record->name == NULL ? "" : record->name,
		.dn = record->dn,
		.kind = record->kind,
		.identity = hash_end(identity),
		.effect = hash_end(identity),
		.networks = "",
		.names = "",
		.addresses = "",
		.macs = "",
		.reservations = "",
		.files = ""};

	*mem_push(roll->mem_ctx, &roll->roster->records, &roll->roster->n) =
		settle(roster_find(roll->before, now.name, now.kind), &now);
}

/* @seen is what counts for the nodes that stand on it. */
static void add_shared(
	struct roll *roll, const struct record *record, uint64_t seen, uint64_t identity)
{
	uint64_t *hash = mem_new(roll->shared, uint64_t);

	*hash = seen;
	*table_slot(roll->shared, record->key) = hash;
	add_record(roll, record, identity);
}

/* Address ranges are a network's own affair: they change no node. */
static uint64_t with_ranges(const struct network *network, uint64_t hash)
{
	for (uint32_t i = 0; i < network->n_ranges; i++) {
		hash = hash_add(hash, network->ranges[i].start.bytes, 16);
		hash = hash_add(hash, network->ranges[i].end.bytes, 16);
	}
	return hash;
}

static uint64_t hash_record(
	const struct site *site, const struct record *record, uint8_t without)
{
	return use_hash(site, record, 0, without, HASH_START);
}

static void add_all_shared(struct roll *roll)
{
	const struct site *site = roll->site;

	for (size_t i = 0; i < site->n_clusters; i++) {
		const struct record *record = &site->clusters[i]->record;

		roll->cluster = hash_record(site, record, USE_CALLS);
		add_record(roll, record, hash_record(site, record, 0));
	}
	for (size_t i = 0; i < site->n_networks; i++) {
		const struct network *network = site->networks[i];

		add_shared(roll, &network->record, hash_network(site, network, USE_CALLS),
			with_ranges(network, hash_network(site, network, 0)));
	}
	for (size_t i = 0; i < site->n_images; i++) {
		const struct record *record = &site->images[i]->record;

		add_shared(roll, record, hash_record(site, record, USE_CALLS),
			hash_record(site, record, 0));
	}
	for (size_t i = 0; i < site->n_profiles; i++)
		add_shared(roll, &site->profiles[i]->record,
			hash_profile(site, site->profiles[i], USE_CALLS),
			hash_profile(site, site->profiles[i], 0));
	for (size_t i = 0; i < site->n_repositories; i++)
		add_record(roll, &site->repositories[i]->record,
			hash_record(site, &site->repositories[i]->record, 0));
}

/* Nodes */

/* Hashes of what a node has, until they are items; the room stays for the next node. */
struct items {
	uint32_t *hashes;
	size_t n, room;
};

static void add_item(TALLOC_CTX *mem_ctx, struct items *items, uint64_t hash)
{
	mem_reserve(mem_ctx, &items->hashes, &items->room, items->n + 1);
	items->hashes[items->n++] = past_number(hash);
}

static int compare_hashes(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* Sorted, each once; @out has room for all of them and a NUL. */
static void write_items(char *out, struct items *items)
{
	if (items->n > 1)
		qsort(items->hashes, items->n, sizeof(*items->hashes), compare_hashes);
	*out = '\0';
	for (size_t i = 0; i < items->n; i++)
		if (i == 0 || items->hashes[i] != items->hashes[i - 1]) {
			past_item(items->hashes[i], out);
			out += PAST_ITEM;
		}
}

struct having {
	struct items names, addresses, macs, reservations;
	struct buffer *networks; /* ROSTER_BETWEEN them */
	const char *network; /* the only one; NULL: there are several, or none */
};

/* Of no node yet. */
static void empty(struct having *having)
{
	having->names.n = having->addresses.n = 0;
	having->macs.n = having->reservations.n = 0;
	buffer_truncate(having->networks, 0);
	having->network = NULL;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
		if ((at == list || at[-1] == ROSTER_BETWEEN) &&
			(at[len] == ROSTER_BETWEEN || at[len] == '\0'))
			return true;
	return false;
}

/* An address at a MAC. */
static uint64_t pair_of(uint64_t ip, const struct hardware *hardware)
{
	return hash_end(hash_number(ip, past_hardware(hardware)));
}

static void have_macs(
	TALLOC_CTX *mem_ctx, struct having *having, const struct interface *interface)
{
	for (uint32_t i = 0; i < interface->n_macs; i++)
		add_item(mem_ctx, &having->macs, past_hardware(&interface->macs[i]));
	for (uint32_t i = 0; i < interface->rare->n_guids; i++)
		add_item(mem_ctx, &having->macs,
			past_hardware(&interface->rare->guids[i]));
	for (uint32_t i = 0; i < interface->rare->duids.n; i++)
		add_item(mem_ctx, &having->macs,
			past_text(interface->rare->duids.items[i]));
}

static void have_network(struct having *having, const char *name)
{
	bool is_first = having->networks->len == 0;

	if (name == NULL || has_word(having->networks->data, name))
		return;
	if (!is_first)
		buffer_add_byte(having->networks, ROSTER_BETWEEN);
	buffer_add_text(having->networks, name);
	having->network = is_first ? name : NULL;
}

static void have_address(TALLOC_CTX *mem_ctx, struct having *having,
	const struct interface *interface, const struct address *address)
{
	uint64_t hash = past_ip(address->ip);

	add_item(mem_ctx, &having->addresses, hash);
	for (uint32_t i = 0; i < address->names.n; i++)
		add_item(mem_ctx, &having->names, past_text(address->names.items[i]));
	if (address->network == NULL)
		return;
	for (uint32_t i = 0; i < interface->n_macs; i++)
		add_item(mem_ctx, &having->reservations,
			pair_of(hash, &interface->macs[i]));
	for (uint32_t i = 0; i < interface->rare->n_guids; i++)
		add_item(mem_ctx, &having->reservations,
			pair_of(hash, &interface->rare->guids[i]));
	have_network(having, address->network->record.name);
}

static uint64_t hash_shared(
	const struct roll *roll, uint64_t hash, const struct record *record)
{
	const uint64_t *of =
		record == NULL ? NULL : table_find(roll->shared, record->key);

	return hash_number(hash, of == NULL ? 0 : *of);
}

static uint64_t effect_of(
	const struct roll *roll, const struct machine *machine, uint64_t own)
{
	uint64_t hash = hash_number(roll->cluster, own);

	hash = hash_shared(
		roll, hash, machine->image == NULL ? NULL : &machine->image->record);
	hash = hash_shared(
		roll, hash, machine->profile == NULL ? NULL : &machine->profile->record);
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		for (uint32_t j = 0; j < interface->n_addresses; j++) {
			const struct network *network = interface->addresses[j].network;

			hash = hash_shared(
				roll, hash, network == NULL ? NULL : &network->record);
		}
	}
	return hash_end(hash_number(hash, machine->record.printed));
}

/* Nodes are taken by several threads, some at a time; one has this for itself. */
struct desk {
	TALLOC_CTX *mem_ctx;
	struct arena *arena; /* the texts of the nodes; NULL: no thread works here */
	TALLOC_CTX *scratch;
	struct having having; /* of the node at hand, below scratch */
	char *text; /* … its items, below scratch */
	size_t room;
	size_t next; /* in the last generation, where the next node is, if nothing is new there */
};

enum { NODES_AT_ONCE = 500 };

/* What nodes have no value of; whatever has nothing is the same text. */
static const struct roster_record had_nothing = {.networks = "",
	.names = "",
	.addresses = "",
	.macs = "",
	.reservations = "",
	.files = ""};

/* Mostly it is what it @was. */
static const char *keep(struct desk *desk, const char *text, const char *was)
{
	return strcmp(text, was) == 0 ? was : arena_strdup(desk->arena, text);
}

static const char *keep_items(struct desk *desk, struct items *items, const char *was)
{
	mem_reserve(desk->scratch, &desk->text, &desk->room, items->n * ROSTER_ITEM + 1);
	write_items(desk->text, items);
	return keep(desk, desk->text, was);
}

static const char *keep_networks(struct desk *desk, const char *was)
{
	const struct having *having = &desk->having;

	return having->network != NULL ? having->network
				       : keep(desk, having->networks->data, was);
}

static void find_what_it_has(struct desk *desk, const struct machine *machine)
{
	TALLOC_CTX *tmp = desk->scratch;
	struct having *having = &desk->having;

	empty(having);
	add_item(tmp, &having->names, past_text(machine->fqdn));
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		have_macs(tmp, having, interface);
		for (uint32_t j = 0; j < interface->n_addresses; j++)
			have_address(tmp, having, interface, &interface->addresses[j]);
	}
}

/* What site_roster_stand() found is so still. */
static uint64_t own_of(const struct site *site, const struct machine *machine)
{
	return machine->own_hash != 0 ? machine->own_hash : hash_own(site, machine);
}

static uint64_t identity_of(const struct site *site, const struct machine *machine,
	const struct roster_record *was, uint64_t own)
{
	return was != NULL && machine->standing == STANDING_SAME
		       ? was->identity
		       : hash_machine(site, machine, own);
}

static struct roster_record roll_machine(
	const struct roll *roll, struct desk *desk, const struct machine *machine)
{
	struct having *having = &desk->having;
	uint64_t own = own_of(roll->site, machine);
	const struct roster_record *was = roster_find_next(
		roll->before, machine->fqdn, machine->record.kind, &desk->next);
	const struct roster_record *had = was == NULL ? &had_nothing : was;

	roster_expect(roll->before, desk->next + ROSTER_AHEAD);
	find_what_it_has(desk, machine);
	const struct roster_record now = {.name = machine->fqdn,
		.dn = machine->record.dn,
		.kind = machine->record.kind,
		.is_armed = machine->boots_installer,
		.identity = identity_of(roll->site, machine, was, own),
		.effect = effect_of(roll, machine, own),
		.networks = keep_networks(desk, had->networks),
		.names = keep_items(desk, &having->names, had->names),
		.addresses = keep_items(desk, &having->addresses, had->addresses),
		.macs = keep_items(desk, &having->macs, had->macs),
		.reservations =
			keep_items(desk, &having->reservations, had->reservations),
		.files = machine->files == NULL ? "" : machine->files};

	return settle(was, &now);
}

struct rolling {
	const struct roll *roll;
	struct roster_record *records; /* of the site's machines */
	struct desk desks[PARALLEL_MAX];
};

static void roll_some(void *data, unsigned worker, size_t part)
{
	struct rolling *rolling = data;
	struct desk *desk = &rolling->desks[worker];
	const struct site *site = rolling->roll->site;
	size_t end = (part + 1) * NODES_AT_ONCE;

	if (desk->arena == NULL) {
		desk->arena = arena_new(desk->mem_ctx);
		desk->scratch = talloc_new(desk->mem_ctx);
		desk->having.networks = buffer_new(desk->scratch);
	}
	for (size_t i = part * NODES_AT_ONCE; i < end && i < site->n_machines; i++)
		rolling->records[i] =
			roll_machine(rolling->roll, desk, site->machines[i]);
}

static void add_machines(struct roll *roll)
{
	const size_t n = roll->site->n_machines;
	struct rolling rolling = {.roll = roll};
	struct roster *roster = roll->roster;
	struct roster_record *records =
		mem_room(roll->mem_ctx, struct roster_record, roster->n + n + 1);

	if (roster->n > 0)
		memcpy(records, roster->records, roster->n * sizeof(*records));
	rolling.records = records + roster->n;
	for (size_t i = 0; i < ARRAY_SIZE(rolling.desks); i++)
		rolling.desks[i].mem_ctx = talloc_new(roll->mem_ctx);
	parallel_each((n + NODES_AT_ONCE - 1) / NODES_AT_ONCE, roll_some, &rolling);
	for (size_t i = 0; i < ARRAY_SIZE(rolling.desks); i++)
		talloc_free(rolling.desks[i].scratch);
	talloc_free(roster->records);
	roster->records = records;
	roster->n += n;
}

void site_roster(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct roster *before, struct roster *ret_roster)
{
	static const struct roster none;
	TMP_CTX(tmp);
	struct roll roll = {.mem_ctx = mem_ctx,
		.site = site,
		.before = before == NULL ? &none : before,
		.shared = table_new(tmp, 0),
		.cluster = HASH_START,
		.roster = ret_roster};

	*ret_roster = (struct roster){.base = roll.before->base};
	add_all_shared(&roll);
	add_machines(&roll);
	roster_sort(ret_roster);
}

/* How a site stands to the last generation */

static struct table *index_by_dn(TALLOC_CTX *mem_ctx, const struct roster *before)
{
	struct table *by_dn = table_new(mem_ctx, before->n);
	size_t *numbers = mem_array(by_dn, size_t, before->n + 1);

	for (size_t i = 0; i < before->n; i++) {
		numbers[i] = i;
		*table_slot(by_dn, before->records[i].dn) = &numbers[i];
	}
	return by_dn;
}

/* The last generation, and its index by DN once it is asked for. */
struct look_back {
	TALLOC_CTX *mem_ctx;
	const struct site *site;
	const struct roster *before;
	size_t next; /* in it, where the next machine is, if nothing is new there */
	struct table *by_dn;
};

static const struct roster_record *was_at(
	struct look_back *s, const struct record *record)
{
	if (s->by_dn == NULL)
		s->by_dn = index_by_dn(s->mem_ctx, s->before);
	const size_t *at = table_find(s->by_dn, record->dn);
	const struct roster_record *was = at == NULL ? NULL : &s->before->records[*at];

	return was != NULL && was->kind == record->kind ? was : NULL;
}

/*
 * By name, which @was was found by, else by DN: what has lost its address may have lost the
 * domain of its name with it. Nodes count where they had an address.
 */
static void stand_without_address(
	struct look_back *s, struct record *record, const struct roster_record *was)
{
	if (was == NULL)
		was = was_at(s, record);
	record->was_there = was != NULL &&
			    (record->kind == KIND_NETWORK || was->addresses[0] != '\0');
}

/* What was published by the name of @record, which is passed over, unless another has it now. */
static const struct roster_record *was_by_name(
	const struct look_back *s, const struct record *record)
{
	const struct roster_record *was =
		record->name == NULL ? NULL
				     : roster_find(s->before, record->name, record->kind);

	return was != NULL && record->kind != KIND_NETWORK &&
			       model_find_machine(s->site, was->name) != NULL
		       ? NULL
		       : was;
}

static bool had_address(const struct roster_record *was, struct ip ip)
{
	return past_has(was->addresses, past_ip(ip));
}

static bool had_any_address(
	const struct roster_record *was, const struct interface *interface)
{
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (had_address(was, interface->addresses[i].ip))
			return true;
	return false;
}

/* The interface that was there, and that a new one comes before by its name alone. */
static const struct interface *find_outranked(
	const struct machine *machine, const struct roster_record *was)
{
	const struct interface *first = machine->interfaces[0];

	if (first->n_addresses == 0 || had_any_address(was, first))
		return NULL;
	for (uint32_t i = 1; i < machine->n_interfaces; i++) {
		const struct interface *other = machine->interfaces[i];

		if (other->wants_boot == first->wants_boot &&
			other->refuses_boot == first->refuses_boot &&
			had_any_address(was, other))
			return other;
	}
	return NULL;
}

static const struct network *gateway_of(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		for (uint32_t j = 0; j < machine->interfaces[i]->n_addresses; j++) {
			const struct address *address =
				&machine->interfaces[i]->addresses[j];

			if (address_is_gateway(address))
				return address->network;
		}
	return NULL;
}

/* Had it another address, in a network that is as it was? Then it is not the router. */
static bool takes_gateway(const struct site *site, const struct machine *machine,
	const struct roster_record *was, const struct roster *before)
{
	const struct network *network = gateway_of(machine);

	if (network == NULL || network->record.name == NULL)
		return false;
	const struct roster_record *net =
		roster_find(before, network->record.name, KIND_NETWORK);

	return net != NULL &&
	       net->identity ==
		       hash_end(with_ranges(network, hash_network(site, network, 0))) &&
	       !had_address(was, network->gateway);
}

/* What there was, how many of it are there now, and whether there is anything new. */
struct tally {
	const char *items;
	size_t n;
	bool has_new;
};

static void tally(struct tally *t, uint64_t hash)
{
	if (past_has(t->items, hash))
		t->n++;
	else
		t->has_new = true;
}

static bool is_fewer(const struct tally *t)
{
	return !t->has_new && t->n < strlen(t->items) / PAST_ITEM;
}

static void tally_macs(struct tally *macs, const struct interface *interface)
{
	for (uint32_t i = 0; i < interface->n_macs; i++) {
		uint64_t hash = past_hardware(&interface->macs[i]);

		/* one can be derived, whatever was there */
		if (!interface->macs[i].is_derived || past_has(macs->items, hash))
			tally(macs, hash);
	}
	for (uint32_t i = 0; i < interface->rare->n_guids; i++)
		tally(macs, past_hardware(&interface->rare->guids[i]));
	for (uint32_t i = 0; i < interface->rare->duids.n; i++)
		tally(macs, past_text(interface->rare->duids.items[i]));
}

static void find_losses(struct machine *machine, const struct roster_record *was)
{
	if (was == NULL)
		return;
	struct tally macs = {.items = was->macs}, addresses = {.items = was->addresses};

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		tally_macs(&macs, interface);
		for (uint32_t j = 0; j < interface->n_addresses; j++)
			tally(&addresses, past_ip(interface->addresses[j].ip));
	}
	machine->has_lost_macs = is_fewer(&macs);
	machine->has_lost_addresses = is_fewer(&addresses) && !machine->lacks_address;
}

static void stand_machine(struct look_back *s, struct machine *machine)
{
	const struct roster_record *was =
		machine->fqdn == NULL ? NULL
				      : roster_find_next(s->before, machine->fqdn,
						machine->record.kind, &s->next);

	machine->own_hash = hash_own(s->site, machine);
	if (was != NULL) {
		uint64_t now = hash_machine(s->site, machine, machine->own_hash);

		machine->standing =
			was->identity == now ? STANDING_SAME : STANDING_CHANGED;
		machine->past =
			(struct past){was->names, was->addresses, was->macs, was->files};
	}
	machine->takes_gateway = was != NULL && machine->standing == STANDING_CHANGED &&
				 takes_gateway(s->site, machine, was, s->before);
	if (machine->lacks_address)
		stand_without_address(s, &machine->record, was);
	if (machine->has_placeholder)
		find_losses(machine, was != NULL ? was : was_at(s, &machine->record));
	if (machine->n_interfaces < 2 || machine->standing == STANDING_SAME)
		return;
	if (was == NULL)
		was = was_at(s, &machine->record);
	if (was != NULL)
		machine->outranked = find_outranked(machine, was);
}

/* Enough that an index which one of them needs is made few times. */
enum { STANDING_AT_ONCE = 8192 };

struct standing_room {
	struct site *site;
	const struct roster *before;
};

static void stand_some(void *data, unsigned worker _unused_, size_t part)
{
	TMP_CTX(tmp);
	const struct standing_room *room = data;
	struct look_back s = {.mem_ctx = tmp, .site = room->site, .before = room->before};
	size_t end = (part + 1) * STANDING_AT_ONCE;

	for (size_t i = part * STANDING_AT_ONCE; i < end && i < room->site->n_machines;
		i++)
		stand_machine(&s, room->site->machines[i]);
}

void site_roster_stand(struct site *site, const struct roster *before)
{
	TMP_CTX(tmp);
	struct look_back s = {.mem_ctx = tmp, .site = site, .before = before};

	if (before == NULL)
		return;
	for (size_t i = 0; i < site->n_passed_over; i++) {
		struct record *record = site->passed_over[i];

		stand_without_address(&s, record, was_by_name(&s, record));
	}
	for (size_t i = 0; i < site->n_networks; i++) {
		struct network *network = site->networks[i];

		network->was_published =
			network->record.name != NULL &&
			roster_find(before, network->record.name, KIND_NETWORK) != NULL;
	}
	parallel_each((site->n_machines + STANDING_AT_ONCE - 1) / STANDING_AT_ONCE,
		stand_some, &(struct standing_room){site, before});
}
