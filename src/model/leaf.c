/* SPDX-License-Identifier: Apache-2.0 */
#include "model/leaf.h"

#include "model/group.h"
#include "model/node_names.h"

/* A VCN has one CPU where the directory does not say. */
static bool takes_jobs(const struct machine *machine)
{
	return machine->is_enabled && (machine->is_vcn || machine->cpus > 0);
}

static void add_worker(struct leaf *leaf, struct machine *machine)
{
	if (takes_jobs(machine))
		leaf->nodes[leaf->n_nodes++] = machine;
}

static struct leaf leaf_for(struct site *site, struct machine *host, size_t room)
{
	return (struct leaf){.host = host,
		.nodes = arena_alloc(site->arena, (room + 1) * sizeof(struct machine *))};
}

/* A leaf without nodes is none. */
static void keep(struct site *site, struct leaf *leaf, const char *name)
{
	if (leaf->n_nodes == 0)
		return;
	leaf->name = name;
	leaf->nodeset = (struct nodes_word){.mem_ctx = site, .is_for_slurm = true};
	*mem_push(site, &site->leaves, &site->n_leaves) = *leaf;
}

void leaves_derive(struct site *site)
{
	size_t n_rest = 0;

	for (size_t i = 0; i < site->n_vcns; i++)
		n_rest += site->vcns[i]->host == NULL;
	struct leaf rest = leaf_for(site, NULL, n_rest);

	for (size_t i = 0; i < site->n_vcns; i++)
		if (site->vcns[i]->host == NULL)
			add_worker(&rest, site->vcns[i]);
	keep(site, &rest, LEAF_NO_HOST);
	for (size_t i = 0; i < site->n_hosts; i++) {
		struct machine *host = site->hosts[i];
		struct leaf leaf = leaf_for(site, host, host->n_vcns + 1);

		add_worker(&leaf, host);
		for (uint32_t j = 0; j < host->n_vcns; j++)
			add_worker(&leaf, host->vcns[j]);
		keep(site, &leaf, node_name(host));
	}
}
