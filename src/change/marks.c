/* SPDX-License-Identifier: Apache-2.0 */
#include "change/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "model/use.h"

static uint64_t hash_text(uint64_t hash, const char *text)
{
	hash = hash_bytes(
		hash, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
	return hash_bytes(hash, "\xff", 1); /* keeps ("ab", "c") and ("a", "bc") apart */
}

static uint64_t hash_interface(uint64_t hash, const struct interface *interface)
{
	hash = hash_text(hash, interface->ifname);
	hash = hash_text(hash, interface->fqdn);
	for (uint32_t i = 0; i < interface->n_macs; i++)
		hash = hash_bytes(hash, interface->macs[i].mac.bytes, 6);
	hash = hash_text(hash, NULL);
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		hash = hash_bytes(hash, interface->addresses[i].ip.bytes, 16);
	return hash_text(hash, NULL);
}

/* Names and interfaces, which are read by hand, and every use that counts. */
static uint64_t hash_machine(const struct site *site, const struct machine *machine)
{
	uint64_t hash = hash_text(HASH_START, machine->fqdn);

	for (uint32_t i = 0; i < machine->aliases.n; i++)
		hash = hash_text(hash, machine->aliases.items[i]);
	hash = use_hash(site, &machine->record, hash_text(hash, NULL));
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		hash = hash_interface(hash, machine->interfaces[i]);
	return hash_end(hash);
}

struct node_mark *marks_of(TALLOC_CTX *mem_ctx, const struct site *site, size_t *ret_n)
{
	struct node_mark *marks =
		mem_array(mem_ctx, struct node_mark, site->n_machines + 1);

	for (size_t i = 0; i < site->n_machines; i++)
		marks[i] = (struct node_mark){.name = site->machines[i]->fqdn,
			.kind = site->machines[i]->record.kind,
			.hash = hash_machine(site, site->machines[i])};
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
			machine->standing = mark->hash == hash_machine(site, machine)
						    ? STANDING_SAME
						    : STANDING_CHANGED;
	}
}
