/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/find_node.h"

#include <string.h>

#include "base/text.h"

/* What a word may also be; each is looked for in every interface. */
struct wanted {
	struct ip ip;
	struct mac mac;
	struct guid guid;
	bool is_ip, is_mac, is_guid;
};

static bool has_wanted(const struct interface *interface, const struct wanted *wanted)
{
	for (uint32_t i = 0; wanted->is_ip && i < interface->n_addresses; i++)
		if (ip_compare(interface->addresses[i].ip, wanted->ip) == 0)
			return true;
	for (uint32_t i = 0; wanted->is_mac && i < interface->n_macs; i++)
		if (memcmp(&interface->macs[i].mac, &wanted->mac, sizeof(struct mac)) ==
			0)
			return true;
	for (uint32_t i = 0; wanted->is_guid && i < interface->n_guids; i++)
		if (guid_compare(interface->guids[i].guid, wanted->guid) == 0)
			return true;
	return false;
}

static bool is_of(const struct machine *machine, const struct wanted *wanted)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (has_wanted(machine->interfaces[i], wanted))
			return true;
	return false;
}

/* Several are a failure that names them: a MAC may be on two VLANs. */
static int find_by_hardware(struct run *run, const char *word,
	const struct wanted *wanted, const struct machine **ret_machine)
{
	TMP_CTX(tmp);
	const struct machine *found = NULL;
	struct buffer *names = buffer_new(tmp);

	for (size_t i = 0; i < run->site->n_machines; i++) {
		const struct machine *machine = run->site->machines[i];

		if (!is_of(machine, wanted))
			continue;
		buffer_printf(names, "%s%s", found == NULL ? "" : ", ", machine->fqdn);
		*ret_machine = found == NULL ? machine : NULL;
		found = machine;
	}
	if (found == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"no host or VCN has '%s'", word);
	return *ret_machine != NULL ? 0
				    : diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
					      "several have '%s': %s", word, names->data);
}

static int fail_shared(struct run *run, const char *name)
{
	TMP_CTX(tmp);
	struct buffer *names = buffer_new(tmp);

	for (size_t i = 0; i < run->site->n_machines; i++)
		if (strcmp(run->site->machines[i]->name, name) == 0)
			buffer_printf(names, "%s%s", names->len > 0 ? ", " : "",
				run->site->machines[i]->fqdn);
	return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
		"several hosts or VCNs are called '%s': %s", name, names->data);
}

/* With the nearest of short and full names. */
static int fail_unknown(struct run *run, const char *name)
{
	TMP_CTX(tmp);
	const struct site *site = run->site;
	const char **names = mem_array(tmp, const char *, site->n_machines + 1);

	for (size_t i = 0; i < site->n_machines; i++)
		names[i] = strchr(name, '.') == NULL ? site->machines[i]->name
						     : site->machines[i]->fqdn;
	const char *nearest = text_nearest(name, names);
	const char *shown = text_printable(tmp, name, strlen(name));

	if (nearest == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"no host or VCN is called '%s'", shown);
	return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
		"no host or VCN is called '%s', did you mean '%s'?", shown, nearest);
}

int find_node(struct run *run, const char *word, const struct machine **ret_machine)
{
	TMP_CTX(tmp);
	char *name = mem_strdup(tmp, word);
	struct wanted wanted = {.is_ip = ip_parse(word, &wanted.ip),
		.is_mac = mac_parse(word, &wanted.mac),
		.is_guid = guid_parse(word, &wanted.guid)};

	text_lower(name);
	*ret_machine = model_find_machine(run->site, name);
	if (*ret_machine != NULL)
		return 0;
	if (wanted.is_ip || wanted.is_mac || wanted.is_guid)
		return find_by_hardware(run, word, &wanted, ret_machine);
	return table_find(run->site->short_names, name) == MODEL_SHARED
		       ? fail_shared(run, name)
		       : fail_unknown(run, name);
}
