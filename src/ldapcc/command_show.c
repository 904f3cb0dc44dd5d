/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "ldapcc/commands.h"
#include "ldapcc/listing.h"

#include <assert.h>
#include <string.h>

#include <json-c/json.h>

#include "base/text.h"
#include "base/trailer.h"
#include "ldapcc/show_subject.h"
#include "model/use.h"

/* show: every value of a record with its entry and attribute, then what it caused. */

struct page {
	struct run *run;
	struct json_object *values; /* with --json, else NULL */
};

static void put_at(
	struct page *page, const char *label, const char *value, struct loc where)
{
	const char *attribute = where.attr;

	if (value == NULL)
		return;
	if (page->values == NULL && where.dn == NULL) {
		printf("  %-14s %s\n", label, value);
		return;
	}
	if (page->values == NULL) {
		printf("  %-14s %-38s %s%s%s\n", label, value, where.dn,
			attribute == NULL ? "" : ": ",
			attribute == NULL ? "" : attribute);
		return;
	}
	struct json_object *row = json_object_new_object();

	json_put_text(row, "name", label);
	json_put_text(row, "value", value);
	json_put_text(row, "dn", where.dn);
	json_put_text(row, "attribute", attribute);
	change_to_json(&where.change, row);
	json_object_array_add(page->values, row);
}

static void put(struct page *page, const char *label, const char *value,
	const struct record *record, enum field_id field)
{
	struct loc where =
		record == NULL ? LOC_NONE : record_loc(page->run->site, record, field);

	put_at(page, label, value, where);
}

static void put_interface(struct page *page, const struct interface *interface)
{
	TMP_CTX(tmp);
	char text[IP_TEXT_MAX];

	put(page, interface->is_primary ? "interface *" : "interface",
		mem_printf(tmp, "%s (%s)", interface->ifname, interface->fqdn),
		&interface->record,
		interface->record.kind == KIND_INTERFACE ? FIELD_NAME : FIELD_NONE);
	for (uint32_t i = 0; i < interface->n_macs; i++)
		put_at(page, interface->macs[i].is_derived ? "mac, derived" : "mac",
			mac_format(interface->macs[i].mac, text),
			record_loc_of(page->run->site, &interface->record,
				interface->macs[i].is_derived ? FIELD_NAME : FIELD_MAC,
				interface->macs[i].origin, 0));
	for (uint32_t i = 0; i < interface->rare->n_guids; i++)
		put(page, "guid",
			octets_format(
				tmp, interface->rare->guids[i].guid.bytes, GUID_BYTES),
			&interface->record, FIELD_MAC);
	for (uint32_t i = 0; i < interface->rare->duids.n; i++)
		put(page, "duid", interface->rare->duids.items[i], &interface->record,
			FIELD_DUID);
	if (interface->is_management)
		put(page, "management", "yes", &interface->record,
			record_origin(&interface->record, FIELD_MANAGEMENT) != NULL
				? FIELD_MANAGEMENT
				: FIELD_NAME);
	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		const struct address *address = &interface->addresses[i];

		put_at(page, "address", ip_format(address->ip, text),
			record_loc_of(page->run->site, &interface->record, FIELD_ADDRESS,
				address->origin, 0));
		for (uint32_t j = 0; j < address->names.n; j++)
			put(page, "  name", address->names.items[j], NULL, FIELD_NONE);
		if (address->network == NULL)
			continue;
		put(page, "  network", address->network->record.name,
			&address->network->record, FIELD_NETWORK);
		put(page, "  bridge", address->network->bridge, &address->network->record,
			FIELD_BRIDGE);
	}
}

/* A truth that is as it is where nobody says so is shown only where somebody did. */
static bool is_unsaid(const struct record *record, const struct use *use)
{
	return use->storage == STORAGE_TRUTH && (use->flags & USE_DEFAULT_TRUE) != 0 &&
	       *(const bool *)use_member(use, record);
}

static void put_uses(struct page *page, const struct record *record)
{
	TMP_CTX(tmp);

	for (const struct use *use = uses_of((enum kind)record->kind);
		use->field != FIELD_NONE; use++)
		if (use->label != NULL && !is_unsaid(record, use))
			put(page, use->label, use_text(tmp, page->run->site, record, use),
				record, use->field);
}

static void put_extras(struct page *page, const struct record *record)
{
	TMP_CTX(tmp);
	const struct map *map = page->run->site->map;

	for (size_t i = 0; record->extras != NULL && i < map->n_extras; i++) {
		const struct extra *extra = &map->extras[i];
		const struct strings *values = &record->extras[extra->slot];

		if (extra->kind != (enum kind)record->kind)
			continue;
		for (uint32_t j = 0; j < values->n; j++)
			put(page, mem_printf(tmp, "extra.%s", extra->name),
				values->items[j], record, map_extra_field(extra));
	}
}

static void put_groups(struct page *page, const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_groups; i++)
		put(page, "group", machine->groups[i]->record.name,
			&machine->groups[i]->record, FIELD_NONE);
}

/* Who changed its entry last, and when. */
static void put_change(struct page *page, const struct record *record)
{
	TMP_CTX(tmp);

	put(page, "changed by", record->change.by, record, FIELD_NONE);
	if (record->change.at != 0)
		put(page, "changed at", text_format_time(tmp, record->change.at), record,
			FIELD_NONE);
}

static void put_machine(struct page *page, const struct machine *machine)
{
	const struct record *record = &machine->record;
	char uuid[UUID_TEXT_MAX];

	put(page, "name", machine->fqdn, record, FIELD_NAME);
	put_change(page, record);
	for (uint32_t i = 0; i < machine->aliases.n; i++)
		put_at(page, "alias", machine->aliases.items[i],
			machine_alias_loc(
				page->run->site, machine, machine->aliases.items[i]));
	put_uses(page, record);
	put_extras(page, record);
	put_groups(page, machine);
	if (machine->is_vcn && machine->fqdn != NULL)
		put(page, "uuid, derived", uuid_of_name(machine->fqdn, uuid), record,
			FIELD_NAME);
	for (uint32_t i = 0; i < machine->n_vcns; i++)
		put(page, "vcn", machine->vcns[i]->fqdn, &machine->vcns[i]->record,
			FIELD_HOST);
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		put_interface(page, machine->interfaces[i]);
}

static void put_network(struct page *page, const struct network *network)
{
	TMP_CTX(tmp);
	char start[IP_TEXT_MAX], end[IP_TEXT_MAX];

	put(page, "prefix",
		mem_printf(tmp, "%s/%u", ip_format(network->prefix.base, start),
			network->prefix.length),
		&network->record, FIELD_NETWORK);
	for (uint32_t i = 0; i < network->n_ranges; i++)
		put(page, "range",
			mem_printf(tmp, "%s %s",
				ip_format(network->ranges[i].start, start),
				ip_format(network->ranges[i].end, end)),
			&network->record, FIELD_DYNAMIC_RANGE);
	put(page, "reservations", mem_printf(tmp, "%u", network->n_reservations), NULL,
		FIELD_NONE);
}

static void put_group(struct page *page, const struct node_group *group)
{
	put(page, "nodes", nodes_word(&group->nodeset, group->nodes, group->n_nodes),
		NULL, FIELD_NONE);
	for (uint32_t i = 0; i < group->n_nodes; i++)
		put(page, "node", group->nodes[i]->fqdn, &group->nodes[i]->record,
			FIELD_NONE);
	for (size_t i = 0; i < group->n_parts; i++)
		put(page, "part", group->parts[i]->record.name, &group->parts[i]->record,
			FIELD_NONE);
}

static void put_profile(struct page *page, const struct profile *profile)
{
	for (uint32_t i = 0; i < profile->n_hosts; i++)
		put(page, "host", profile->hosts[i]->fqdn, &profile->hosts[i]->record,
			FIELD_PROFILE);
}

static void put_image(struct page *page, const struct record *record)
{
	const struct site *site = page->run->site;

	for (size_t i = 0; i < site->n_vcns; i++)
		if (site->vcns[i]->image != NULL &&
			&site->vcns[i]->image->record == record)
			put(page, "vcn", site->vcns[i]->fqdn, &site->vcns[i]->record,
				FIELD_IMAGE);
}

/* A record that is no node: what it says, and who stands on it. */
static void put_other(struct page *page, const struct record *record)
{
	const void *object = record;

	put(page, "name", record->name, record, FIELD_NAME);
	put_change(page, record);
	put_uses(page, record);
	put_extras(page, record);
	if (record->kind == KIND_NETWORK)
		put_network(page, object);
	else if (record->kind == KIND_GROUP)
		put_group(page, object);
	else if (record->kind == KIND_PROFILE)
		put_profile(page, object);
	else if (record->kind == KIND_IMAGE)
		put_image(page, record);
}

static void put_record(struct page *page, const struct record *record)
{
	const struct machine *machine = subject_machine(record);

	put(page, "kind", kind_name((enum kind)record->kind), record, FIELD_NONE);
	if (machine != NULL)
		put_machine(page, machine);
	else
		put_other(page, record);
}

static void put_line(const struct output *output, size_t number, const char *text,
	size_t len, struct json_object *lines)
{
	if (lines == NULL) {
		printf("  %6zu  %.*s\n", number, (int)len, text);
		return;
	}
	struct json_object *row = json_object_new_object();

	json_put_text(row, "path", output->path);
	json_put_number(row, "line", (int64_t)number);
	json_object_object_add(row, "text", json_object_new_string_len(text, (int)len));
	json_object_array_add(lines, row);
}

/* Where a file has been read to: what stands before is shown, or not the record's. */
struct reading {
	const struct output *output;
	size_t at, line; /* the next line's first byte, and its number */
};

/* Whole lines, numbered, of one stretch; each once, of however many stretches it has parts. */
static void put_lines(
	struct reading *reading, const struct span *span, struct json_object *lines)
{
	assert(span->output != NULL);
	const char *bytes = span->output->bytes;

	while (reading->at < span->end) {
		size_t len = strcspn(bytes + reading->at, "\n");

		if (reading->at + len >= span->start)
			put_line(span->output, reading->line, bytes + reading->at, len,
				lines);
		reading->at += len + 1;
		reading->line++;
	}
}

static void put_outputs(
	struct run *run, const struct record *record, struct json_object *lines)
{
	TMP_CTX(tmp);
	struct reading reading = {0};
	size_t n;
	const struct span *spans =
		render_spans(tmp, run->renderer, run->site, run->tree, record, &n);

	for (size_t i = 0; i < n; i++) {
		if (spans[i].output != reading.output) {
			reading = (struct reading){spans[i].output, 0, 1};
			if (lines == NULL)
				printf("%s\n", spans[i].output->path);
		}
		put_lines(&reading, &spans[i], lines);
	}
}

/* Its key beside those of every object of --json. */
static const char *key_of(TALLOC_CTX *mem_ctx, const struct record *record)
{
	const char *name = subject_name(mem_ctx, record);
	bool is_taken = strcmp(name, "exit") == 0 || strcmp(name, "findings") == 0;

	return !is_taken ? name
			 : mem_printf(mem_ctx, "%s:%s",
				   kind_name((enum kind)record->kind), name);
}

static void show_record(struct run *run, const struct record *record)
{
	TMP_CTX(tmp);
	struct page page = {.run = run};
	struct json_object *lines = NULL;
	const char *name = subject_name(tmp, record);

	if (run->result != NULL) {
		struct json_object *shown = json_object_new_object();

		page.values = json_object_new_array();
		lines = json_object_new_array();
		json_object_object_add(shown, "values", page.values);
		json_put_bool(shown, "quarantined", record->is_bad);
		json_object_object_add(shown, "lines", lines);
		json_object_object_add(run->result, key_of(tmp, record), shown);
	} else {
		printf("%s%s\n", name,
			record->is_bad ? " (in quarantine: in no output)" : "");
	}
	put_record(&page, record);
	put_outputs(run, record, lines);
}

static bool is_about(const struct loc *where, const struct record *record)
{
	const struct machine *machine = subject_machine(record);

	if (where->dn == NULL)
		return false;
	for (uint32_t i = 0; machine != NULL && i < machine->n_interfaces; i++)
		if (strcmp(where->dn, machine->interfaces[i]->record.dn) == 0)
			return true;
	return record->dn != NULL && strcmp(where->dn, record->dn) == 0;
}

/* Findings about other records would only hide what was asked for. */
static void keep_findings_of(struct diags *diags, const struct record *record)
{
	size_t n = 0;

	for (size_t i = 0; i < diags->n_findings; i++) {
		struct finding *finding = diags->findings[i];
		const struct loc about = {.dn = finding->about};
		bool is_own = finding->where.dn == NULL ||
			      is_about(&finding->where, record) ||
			      is_about(&about, record);

		for (size_t j = 0; j < finding->n_notes; j++)
			is_own |= is_about(&finding->notes[j].where, record);
		if (is_own)
			diags->findings[n++] = finding;
	}
	diags->n_findings = n;
}

static int ambiguous(struct run *run, const char *word, const struct subjects *subjects)
{
	TMP_CTX(tmp);
	struct finding *finding;
	int failed = diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
		"'%s' is several: give the full name, KIND:NAME, or the DN", word);

	finding = diag_last(run->diags);
	for (size_t i = 0; i < subjects->n; i++)
		diag_note(finding, record_loc(run->site, subjects->items[i], FIELD_NONE),
			"%s", subject_name(tmp, subjects->items[i]));
	return failed;
}

/* Whoever asks for an address that is nobody's wants to know whose it could be. */
static int unknown_address(struct run *run, struct ip ip)
{
	char text[IP_TEXT_MAX];
	const struct network *network = model_network_of(run->site, ip);

	ip_format(ip, text);
	if (network == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"no host or VCN has the address %s, and it is in no network",
			text);
	return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
		"no host or VCN has the address %s of network '%s'", text,
		network->record.name);
}

static int unknown(struct run *run, const char *word)
{
	TMP_CTX(tmp);
	struct ip ip;

	if (ip_parse(word, &ip))
		return unknown_address(run, ip);
	const char *shown = text_printable(tmp, word, strlen(word));
	const char *nearest = subjects_nearest(tmp, run->site, word);

	if (nearest != NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"nothing is called '%s', did you mean '%s'?", shown, nearest);
	return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
		"nothing is called '%s': no host, VCN, network, image, repository, "
		"profile, group or cluster, by name, address, MAC or DN",
		shown);
}

int command_show(void *session)
{
	struct run *run = session;
	if (run->arguments.list)
		return listing_nodes(run);
	if (run->n_words == 0)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"usage: ldapcc show NAME…, or show --list");
	int failed = run_all(run);

	for (size_t i = 0; failed == 0 && i < run->n_words; i++) {
		TMP_CTX(tmp);
		const char *word = run->words[i];
		const struct subjects subjects = subjects_find(tmp, run->site, word);

		if (subjects.n > 1)
			return ambiguous(run, word, &subjects);
		if (subjects.n == 0)
			return unknown(run, word);
		show_record(run, subjects.items[0]);
		if (run->n_words == 1)
			keep_findings_of(run->diags, subjects.items[0]);
	}
	return failed;
}
