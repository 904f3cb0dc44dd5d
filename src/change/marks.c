/* SPDX-License-Identifier: Apache-2.0 */
#include "change/marks.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over 64 bits; a separator keeps ("ab", "c") and ("a", "bc") apart. */

static void add_bytes(uint64_t *hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ at[i]) * 1099511628211U;
	*hash = (*hash ^ 0x100) * 1099511628211U;
}

static void add_text(uint64_t *hash, const char *text)
{
	add_bytes(hash, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void add_number(uint64_t *hash, uint64_t number)
{
	add_bytes(hash, &number, sizeof(number));
}

static void add_strings(uint64_t *hash, const struct strings *list)
{
	add_number(hash, list->n);
	for (uint32_t i = 0; i < list->n; i++)
		add_text(hash, list->items[i]);
}

static void add_interface(uint64_t *hash, const struct interface *interface)
{
	add_text(hash, interface->ifname);
	add_text(hash, interface->fqdn);
	add_number(hash, interface->n_macs);
	for (uint32_t i = 0; i < interface->n_macs; i++)
		add_bytes(hash, interface->macs[i].mac.bytes, 6);
	add_number(hash, interface->n_addresses);
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		add_bytes(hash, interface->addresses[i].ip.bytes, 16);
}

static uint64_t hash_machine(const struct machine *machine)
{
	uint64_t hash = 14695981039346656037U;

	add_text(&hash, machine->fqdn);
	add_strings(&hash, &machine->aliases);
	add_number(&hash, machine->is_enabled);
	add_number(&hash, machine->installs);
	add_number(&hash, machine->memory_mib);
	add_number(&hash, machine->cpus);
	add_text(&hash, machine->boot_file);
	add_text(&hash, machine->vo);
	add_text(&hash, machine->host == NULL ? NULL : machine->host->fqdn);
	add_text(&hash, machine->image == NULL ? NULL : machine->image->name);
	add_text(&hash, machine->profile == NULL ? NULL : machine->profile->name);
	add_number(&hash, machine->n_interfaces);
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		add_interface(&hash, machine->interfaces[i]);
	return hash;
}

struct node_mark *marks_of(TALLOC_CTX *mem_ctx, const struct site *site, size_t *ret_n)
{
	struct node_mark *marks =
		mem_array(mem_ctx, struct node_mark, site->n_machines + 1);

	for (size_t i = 0; i < site->n_machines; i++)
		marks[i] = (struct node_mark){.name = site->machines[i]->fqdn,
			.kind = site->machines[i]->record.kind,
			.hash = hash_machine(site->machines[i])};
	*ret_n = site->n_machines;
	return marks;
}

static int compare_marks(const void *left, const void *right)
{
	const struct node_mark *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (int)a->kind - (int)b->kind;
}

void marks_compare(struct site *site, const struct node_mark *marks, size_t n_marks)
{
	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];
		struct node_mark key = {
			.name = machine->fqdn, .kind = machine->record.kind};
		const struct node_mark *mark =
			machine->fqdn == NULL || n_marks == 0
				? NULL
				: bsearch(&key, marks, n_marks, sizeof(key),
					  compare_marks);

		if (mark != NULL)
			machine->standing = mark->hash == hash_machine(machine)
						    ? STANDING_SAME
						    : STANDING_CHANGED;
	}
}
