/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an interface is known by: the MACs, DUIDs and addresses of its entry. */

#include "model/decode_value.h"

/* Fills in @interface; values that are of no use to anybody are passed over. */
void decode_pairs(struct decoder *d, struct record *record, struct interface *interface);
/* Which of the record's origins @value is from, from 1; 0: of none. */
uint16_t decode_origin_number(
	struct decoder *d, enum field_id field, const struct entry_value *value);
/* Why no service can have a use for @ip; NULL where one can. */
const char *useless_address(struct ip ip);
/* The orders of an interface's arrays, for qsort(). */
int hardware_compare(const void *a, const void *b);
int address_compare(const void *a, const void *b);
