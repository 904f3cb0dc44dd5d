/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <json-c/json.h>

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

static void put_node(struct buffer *b, const struct machine *machine, const char *indent)
{
	buffer_add_text(b, indent);
	put_quoted(b, "", machine->fqdn);
	buffer_add_text(b, " [label=");
	put_quoted(b, "", machine->name);
	if (machine->vo != NULL) {
		buffer_add_text(b, ", tooltip=");
		put_quoted(b, "", machine->vo);
	}
	buffer_printf(b, "%s];\n", machine->is_enabled ? "" : ", style=dashed");
}

/* A host and its VCNs in one frame. */
static void put_host(struct buffer *b, const struct machine *host)
{
	buffer_add_text(b, "\tsubgraph ");
	put_quoted(b, "cluster ", host->fqdn);
	buffer_add_text(b, " {\n\t\tlabel=");
	put_quoted(b, "", host->fqdn);
	buffer_add_text(b, ";\n");
	put_node(b, host, "\t\t");
	for (uint32_t i = 0; i < host->n_vcns; i++)
		put_node(b, host->vcns[i], "\t\t");
	buffer_add_text(b, "\t}\n");
}

/* A node's network is one line, however many addresses it has there. */
static void put_edges(struct buffer *b, const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct network *network = machine->interfaces[i]->network;
		bool is_drawn = network == NULL;

		for (uint32_t j = 0; j < i && !is_drawn; j++)
			is_drawn = machine->interfaces[j]->network == network;
		if (is_drawn)
			continue;
		buffer_add_text(b, "\t");
		put_quoted(b, "network ", network->record.name);
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
		json_object_object_add(
			run->result, "dot", json_object_new_string(b->data));
	else
		fwrite(b->data, 1, b->len, stdout);
	return 0;
}
