/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What machines and their interfaces are called, and who has a name; model_drop_aliases(), too. */

#include "model/site.h"

/* Full name, domain and first label; after its addresses were placed in networks. */
void name_machine(struct site *site, struct machine *machine);
/* The full name of an interface; after its machine's. */
void name_interface(struct site *site, struct interface *interface);

/*
 * The tables full_names and short_names: whoever comes first holds a name, the others behind him. A
 * thread may fill each, with a site of its own arena.
 */
void claim_full_names(struct site *site, struct machine *machine);
void claim_short_names(struct site *site, struct machine *machine);
