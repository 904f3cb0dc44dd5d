/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What machines and their interfaces are called, and who has a name; model_drop_aliases(), too. */

#include "model/site.h"

/* @name with a dot and @domain behind it; as it is where it has a dot, or where there is none (NULL). */
const char *name_with_domain(struct site *site, const char *name, const char *domain);
/* Full name, domain and first label; after its addresses were placed in networks. */
void name_machine(struct site *site, struct machine *machine);
/* The full name of an interface; after its machine's. */
void name_interface(struct site *site, struct interface *interface);

/*
 * What the programs of a cluster know a node by: the first label of its name, or all of it where
 * another machine has that label or the label is a word of theirs. After model_derive().
 */
const char *node_name(const struct machine *machine);
/* The same where a name has no dots: hyphens are in their place. */
const char *node_label(const struct machine *machine);
/* What both need to know; @has_label: no other machine has the first label of @machine's name. */
void name_node(struct site *site, struct machine *machine, bool has_label);

/*
 * The tables full_names and short_names: whoever comes first holds a name, the others behind him. A
 * thread may fill each, with a site of its own arena.
 */
void claim_full_names(struct site *site, struct machine *machine);
void claim_short_names(struct site *site, struct machine *machine);
