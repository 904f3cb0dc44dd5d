/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the values of each field look like, by its type: what a map may give them. */

#include "config/map.h"

/* Bits of enum value_shape; 0: a record of @kind has no use for @field. Free text may be anything. */
unsigned shapes_of(enum kind kind, enum field_id field);
