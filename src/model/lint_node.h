/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Rules about one node: they look at it, at what it refers to, and at its own VCNs.
 *
 * Before the rules run, all processors try those of this table on every node, side by side and node
 * by node, while it is in the cache. Of most nodes there is nothing to say: a rule is then
 * run, in its place among the others, only where it had something to say.
 *
 * So a rule says in a trial at least what it says later. It may stay silent because a record
 * is bad, as in a trial fewer are; it must not report because one is, without
 * report_in_trial(). It changes nothing but by its findings.
 */

#include "model/report.h"

enum node_rule {
	NODE_REFERENCES,
	NODE_INTERFACES,
	NODE_NAMES,
	NODE_NEXT_SERVER,
	NODE_CLIENTS,
	NODE_DUIDS,
	NODE_INSTALL,
	NODE_PORTS,
	NODE_WRITER,
	NODE_VCN,
	NODE_HOST,
	_NODE_RULE_MAX
};

/* What the trial found, by machine in the site's order: a bit for each rule. */
struct trial {
	uint16_t *said;
	struct table *duids; /* of the rule of that name: who has one, so far */
	bool has_writers; /* of the rule of that name: some VCN is one */
	/* addresses and MACs that several may have (lint_duplicates.c) */
	struct held_address *addresses;
	size_t n_addresses;
	struct held_mac *macs;
	size_t n_macs;
};

/*
 * lint_try - tries every rule on every node
 *
 * memory: below @mem_ctx
 */
struct trial *lint_try(TALLOC_CTX *mem_ctx, const struct reporter *r) _must_check_;
/* Runs @rule where it had something to say. */
void lint_nodes(struct reporter *r, enum node_rule rule);
