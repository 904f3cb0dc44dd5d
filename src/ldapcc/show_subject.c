/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/show_subject.h"

#include <string.h>

#include "base/text.h"
#include "read/dn.h"

const struct machine *subject_machine(const struct record *record)
{
	return kind_is_node(record->kind) ? (const struct machine *)(const void *)record
					  : NULL;
}

const char *subject_name(TALLOC_CTX *mem_ctx, const struct record *record)
{
	return kind_is_node(record->kind)
		       ? subject_machine(record)->fqdn
		       : mem_printf(mem_ctx, "%s:%s", kind_name((enum kind)record->kind),
				 record->name);
}

static void add(TALLOC_CTX *mem_ctx, struct subjects *subjects, struct record *record)
{
	for (size_t i = 0; i < subjects->n; i++)
		if (subjects->items[i] == record)
			return;
	*mem_push(mem_ctx, &subjects->items, &subjects->n) = record;
}

/* Hosts and VCNs */

static bool has_mac(const struct machine *machine, struct mac mac)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		for (uint32_t j = 0; j < machine->interfaces[i]->n_macs; j++)
			if (mac_compare(machine->interfaces[i]->macs[j].mac, mac) == 0)
				return true;
	return false;
}

static bool has_guid(const struct machine *machine, struct guid guid)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		for (uint32_t j = 0; j < machine->interfaces[i]->rare->n_guids; j++)
			if (guid_compare(machine->interfaces[i]->rare->guids[j].guid,
				    guid) == 0)
				return true;
	return false;
}

/* By its address, MAC or GUID; by the short name that it shares with others. */
static bool is_meant(const struct machine *machine, const char *word)
{
	struct ip ip;
	struct mac mac;
	struct guid guid;

	return text_equal_case(machine->name, word) ||
	       (ip_parse(word, &ip) && machine_has_address(machine, ip)) ||
	       (mac_parse(word, &mac) && has_mac(machine, mac)) ||
	       (guid_parse(word, &guid) && has_guid(machine, guid));
}

static void find_machines(TALLOC_CTX *mem_ctx, const struct site *site, const char *word,
	struct subjects *subjects)
{
	char *name = mem_strdup(mem_ctx, word);

	text_lower(name);
	struct machine *machine = model_find_machine(site, name);

	if (machine != NULL)
		add(mem_ctx, subjects, &machine->record);
	for (size_t i = 0; machine == NULL && i < site->n_machines; i++)
		if (is_meant(site->machines[i], name))
			add(mem_ctx, subjects, &site->machines[i]->record);
}

/* Records of other kinds */

static void find_named(TALLOC_CTX *mem_ctx, void *table, size_t n, const char *name,
	struct subjects *subjects)
{
	struct record **records = table;

	for (size_t i = 0; i < n; i++)
		if (records[i]->name != NULL && text_equal_case(records[i]->name, name))
			add(mem_ctx, subjects, records[i]);
}

/* The records of the kinds that are no nodes. */
struct others {
	struct {
		void *records;
		size_t n;
	} tables[6];
};

static struct others others_of(const struct site *site)
{
	return (struct others){{
		{site->networks, site->n_networks},
		{site->images, site->n_images},
		{site->profiles, site->n_profiles},
		{site->repositories, site->n_repositories},
		{site->groups, site->n_groups},
		{site->clusters, site->n_clusters},
	}};
}

static void find_others(TALLOC_CTX *mem_ctx, const struct site *site, const char *name,
	struct subjects *subjects)
{
	const struct others others = others_of(site);

	for (size_t i = 0; i < ARRAY_SIZE(others.tables); i++)
		find_named(mem_ctx, others.tables[i].records, others.tables[i].n, name,
			subjects);
}

/* `network:rack1`: what stands before the colon, where it is a kind. */
static enum kind take_kind(const char **word)
{
	for (size_t kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		const char *name = kind_name((enum kind)kind);
		size_t len = strlen(name);

		if (strncmp(*word, name, len) == 0 && (*word)[len] == ':') {
			*word += len + 1;
			return (enum kind)kind;
		}
	}
	return KIND_NONE;
}

static void keep_kind(struct subjects *subjects, enum kind kind)
{
	size_t kept = 0;

	for (size_t i = 0; i < subjects->n; i++)
		if (kind == KIND_NONE || subjects->items[i]->kind == kind)
			subjects->items[kept++] = subjects->items[i];
	subjects->n = kept;
}

struct subjects subjects_find(
	TALLOC_CTX *mem_ctx, const struct site *site, const char *word)
{
	struct subjects subjects = {0};
	enum kind kind = take_kind(&word);
	const char *key = strchr(word, '=') == NULL ? NULL : dn_key(mem_ctx, word);
	struct record *record = key == NULL ? NULL : model_find(site, key);

	/* an interface is shown with its machine */
	if (record != NULL && record->kind != KIND_INTERFACE)
		add(mem_ctx, &subjects, record);
	find_machines(mem_ctx, site, word, &subjects);
	find_others(mem_ctx, site, word, &subjects);
	keep_kind(&subjects, kind);
	return subjects;
}

const char *subjects_nearest(
	TALLOC_CTX *mem_ctx, const struct site *site, const char *word)
{
	const struct others others = others_of(site);
	bool is_full = strchr(word, '.') != NULL;
	const char **names = NULL;
	size_t n = 0;

	for (size_t i = 0; i < site->n_machines; i++)
		*mem_push(mem_ctx, &names, &n) =
			is_full ? site->machines[i]->fqdn : site->machines[i]->name;
	for (size_t i = 0; i < ARRAY_SIZE(others.tables); i++) {
		struct record **records = others.tables[i].records;

		for (size_t j = 0; j < others.tables[i].n; j++)
			if (records[j]->name != NULL)
				*mem_push(mem_ctx, &names, &n) = records[j]->name;
	}
	*mem_push(mem_ctx, &names, &n) = NULL;
	return text_nearest(word, names);
}
