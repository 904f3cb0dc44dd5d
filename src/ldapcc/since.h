/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From where on it is enough to read what changed. */

#include "ldapcc/publication.h"

/* May the directory be asked what changed, if what was read then is stored? For apply and watch. */
bool since_is_wanted(const struct publication *p);
/*
 * since_prepare - run->since, where the last run left what that needs
 *
 * shape: after publication_survey(); as often as something may have changed
 */
void since_prepare(struct publication *p);
/* Everything is to be read and compared, whatever is known. */
bool since_is_due(const struct publication *p);
