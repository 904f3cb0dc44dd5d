/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "model/site.h"

/* Networks on one wire: those with one name in vocSharedNetwork, whatever its case. */

/* Orders networks by wire: 0 for the same one, or for one network. */
int wire_compare(const struct network *a, const struct network *b) _must_check_;
/* For sort_pointers(): those of one family and wire stand beside each other, by their addresses. */
int wire_compare_networks(const void *left, const void *right) _must_check_;
/*
 * Do its IPv6 networks tell their clients the same (name servers, domains to search, options)?
 * After model_derive().
 */
bool wire_is_alike6(const struct shared_network *wire) _must_check_;
/* The shared networks of the site, of those networks that are left in it. */
void wires_derive(struct site *site);
