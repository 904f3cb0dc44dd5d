/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the records of a site mean together: every rule of the catalogue that needs more
 * than one value. Rules are rows of a table; each walks the linked model and reports;
 * none stops.
 */

#include "model/report.h"

/*
 * lint_names - who of several has a name; after site_roster_stand(), before group_link()
 *
 * shape:  true where somebody lost an alias: who was looked for by name (servers.h) is looked for
 *         again, as nobody finds him by it any more
 */
bool lint_names(struct reporter *reporter) _must_check_;

/* After lint_names() and group_link(), before model_derive(). */
void lint_site(struct reporter *reporter);
