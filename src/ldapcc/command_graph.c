/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"

/* graph: the site for Graphviz, networks, hosts, and the VCNs on each. */

/* A quoted ID of DOT: a quote and a backslash have one before them. */
static void put_quoted(struct buffer *b, const char *prefix, const char *text)
{
	buffer_printf(b, "\"%s", prefix);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buffer_add_byte(b, '\\');
		buffer_add_byte(b, *text);
	}
	buffer_add_byte(b, '"');
}

static void put_network(struct buffer *b, const struct network *network)
{
	TMP_CTX(tmp);
	char address[IP_TEXT_MAX];

	buffer_add_text(b, "\t");
	put_quoted(b, "network ", network->record.name);
	buffer_add_text(
		b, " [shape=ellipse, style=filled, fillcolor=\"#dceefb\", label=");
	put_quoted(b, "",
		mem_printf(tmp, "%s %s/%u", network->record.name,
			ip_format(network->prefix.base, address),
			network->prefix.length));
	buffer_add_text(b, "];\n");
}

/* As HSV, which is what a picture's hue is given in. */
static void put_colour(struct buffer *b, uint32_t hue)
{
	enum { FULL_CIRCLE = 360, THOUSAND = 1000 };

	buffer_printf(b, ", style=filled, fillcolor=\"0.%03u 0.2 1.0\"",
		hue % FULL_CIRCLE * THOUSAND / FULL_CIRCLE);
}

/* A virtual organization's VCNs have one colour, that of the overview. */
static void put_vo(struct buffer *b, const struct machine *machine)
{
	buffer_add_text(b, ", tooltip=");
	put_quoted(b, "", machine->vo);
	for (uint32_t i = 0; machine->is_enabled && i < machine->n_groups; i++)
		if (strcmp(machine->groups[i]->common, "vo") == 0)
			put_colour(b, machine->groups[i]->hue);
}

static void put_node(struct buffer *b, const struct machine *machine, const char *indent)
{
	buffer_add_text(b, indent);
	put_quoted(b, "", machine->fqdn);
	buffer_add_text(b, " [label=");
	put_quoted(b, "", machine->name);
	if (machine->vo != NULL)
		put_vo(b, machine);
	buffer_printf(b, "%s];\n", machine->is_enabled ? "" : ", style=dashed");
}

/* What a host's VCNs leave of its memory, below its name; it may be less than nothing. */
static const char *host_title(TALLOC_CTX *mem_ctx, const struct machine *host)
{
	int64_t free_mib = host->memory_mib;

	for (uint32_t i = 0; i < host->n_vcns; i++)
		free_mib -= host->vcns[i]->memory_mib;
	return host->memory_mib == 0
		       ? host->fqdn
		       : mem_printf(mem_ctx, "%s\n%" PRIi64 " of %" PRIi64 " MiB free",
				 host->fqdn, free_mib, (int64_t)host->memory_mib);
}

/* A host and its VCNs in one frame. */
static void put_host(struct buffer *b, const struct machine *host)
{
	TMP_CTX(tmp);

	buffer_add_text(b, "\tsubgraph ");
	put_quoted(b, "cluster ", host->fqdn);
	buffer_add_text(b, " {\n\t\tlabel=");
	put_quoted(b, "", host_title(tmp, host));
	buffer_add_text(b, ";\n");
	put_node(b, host, "\t\t");
	for (uint32_t i = 0; i < host->n_vcns; i++)
		put_node(b, host->vcns[i], "\t\t");
	buffer_add_text(b, "\t}\n");
}

static void add_network(TALLOC_CTX *mem_ctx, const struct network ***networks, size_t *n,
	const struct network *network)
{
	for (size_t i = 0; i < *n; i++)
		if ((*networks)[i] == network)
			return;
	if (network != NULL)
		*mem_push(mem_ctx, networks, n) = network;
}

/* The networks of a machine's interfaces, and of all their addresses, each once. */
static const struct network **networks_of(
	TALLOC_CTX *mem_ctx, const struct machine *machine, size_t *ret_n)
{
	const struct network **networks = NULL;

	*ret_n = 0;
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		add_network(mem_ctx, &networks, ret_n, interface->network);
		for (uint32_t j = 0; j < interface->n_addresses; j++)
			add_network(mem_ctx, &networks, ret_n,
				interface->addresses[j].network);
	}
	return networks;
}

/* A node's network is one line, however many addresses it has there. */
static void put_edges(struct buffer *b, const struct machine *machine)
{
	TMP_CTX(tmp);
	size_t n;
	const struct network **networks = networks_of(tmp, machine, &n);

	for (size_t i = 0; i < n; i++) {
		buffer_add_text(b, "\t");
		put_quoted(b, "network ", networks[i]->record.name);
		buffer_add_text(b, " -- ");
		put_quoted(b, "", machine->fqdn);
		buffer_add_text(b, ";\n");
	}
}

static void put_site(struct buffer *b, const struct site *site)
{
	buffer_add_text(b, "graph cluster {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < site->n_networks; i++)
		put_network(b, site->networks[i]);
	for (size_t i = 0; i < site->n_hosts; i++)
		put_host(b, site->hosts[i]);
	for (size_t i = 0; i < site->n_vcns; i++)
		if (site->vcns[i]->host == NULL)
			put_node(b, site->vcns[i], "\t");
	for (size_t i = 0; i < site->n_machines; i++)
		put_edges(b, site->machines[i]);
	buffer_add_text(b, "}\n");
}

int command_graph(void *session)
{
	TMP_CTX(tmp);
	struct run *run = session;
	struct buffer *b = buffer_new(tmp);
	int failed = run_all(run);

	if (failed < 0)
		return failed;
	put_site(b, run->site);
	if (run->result != NULL)
		json_put_text(run->result, "dot", b->data);
	else
		fwrite(b->data, 1, b->len, stdout);
	return 0;
}
