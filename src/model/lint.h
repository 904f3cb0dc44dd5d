/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the records of a site mean together: every rule of the catalogue that needs more
 * than one value. Rules are rows of a table; each walks the linked model and reports;
 * none stops.
 */

#include "model/report.h"

/* After model_link(), before model_derive(). */
void lint_site(struct reporter *reporter);
