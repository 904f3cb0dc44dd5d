/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_node.h"

#include "base/parallel.h"
#include "model/lint_rules.h"

enum { CHUNK = 256 };

typedef void (*node_check)(struct reporter *r, struct machine *machine);

static const node_check checks[_NODE_RULE_MAX] = {
	[NODE_REFERENCES] = lint_references,
	[NODE_INTERFACES] = lint_interfaces,
	[NODE_NAMES] = lint_whole_names,
	[NODE_NEXT_SERVER] = lint_next_server,
	[NODE_CLIENTS] = lint_clients,
	[NODE_DUIDS] = lint_duids,
	[NODE_INSTALL] = lint_install,
	[NODE_PORTS] = lint_ports_of,
	[NODE_WRITER] = lint_writer,
	[NODE_VCN] = lint_vcn,
	[NODE_HOST] = lint_vm_host,
};

/* What is sifted takes longest, and is begun first. */
enum { SIFT_ADDRESSES, SIFT_MACS, N_SIFTS };

struct tryout {
	const struct reporter *r;
	struct trial *trial;
	TALLOC_CTX *sifted[N_SIFTS];
};

static uint16_t try_machine(struct reporter *r, struct machine *machine)
{
	uint16_t said = 0;

	for (enum node_rule rule = 0; rule < _NODE_RULE_MAX; rule++) {
		r->n_said = 0;
		checks[rule](r, machine);
		said |= (uint16_t)((r->n_said > 0) << rule);
	}
	return said;
}

static void try_chunk(const struct tryout *all, size_t chunk)
{
	const struct site *site = all->r->site;
	struct finding unsaid = {.severity = SEVERITY_IGNORE};
	struct reporter r = *all->r;
	size_t end = (chunk + 1) * CHUNK < site->n_machines ? (chunk + 1) * CHUNK
							    : site->n_machines;

	r.unsaid = &unsaid;
	for (size_t i = chunk * CHUNK; i < end; i++)
		all->trial->said[i] = try_machine(&r, site->machines[i]);
}

static void try_some(void *data, unsigned worker _unused_, size_t task)
{
	const struct tryout *all = data;

	if (task == SIFT_ADDRESSES)
		lint_sift_addresses(all->sifted[task], all->r->site, all->trial);
	else if (task == SIFT_MACS)
		lint_sift_macs(all->sifted[task], all->r->site, all->trial);
	else
		try_chunk(all, task - N_SIFTS);
}

struct trial *lint_try(TALLOC_CTX *mem_ctx, const struct reporter *r)
{
	struct trial *trial = mem_new(mem_ctx, struct trial);
	struct tryout all = {r, trial, {talloc_new(NULL), talloc_new(NULL)}};
	size_t n = r->site->n_machines;

	trial->said = mem_array(trial, uint16_t, n + 1);
	trial->duids = table_new(trial, 0);
	parallel_each(N_SIFTS + (n + CHUNK - 1) / CHUNK, try_some, &all);
	for (size_t i = 0; i < N_SIFTS; i++)
		talloc_steal(trial, all.sifted[i]);
	return trial;
}

void lint_nodes(struct reporter *r, enum node_rule rule)
{
	for (size_t i = 0; i < r->site->n_machines; i++)
		if (r->trial->said[i] >> rule & 1)
			checks[rule](r, r->site->machines[i]);
}
