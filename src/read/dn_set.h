/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which DNs have come already. Only 64 bits of each are kept: among a million DNs the
 * chance that two different ones are taken for equal is one in thirty million.
 */

#include "base/mem.h"

struct dn_set;

struct dn_set *dn_set_new(TALLOC_CTX *mem_ctx) _must_check_;
/* @n more will come, as a guess: room is made at once. */
void dn_set_reserve(struct dn_set *set, size_t n);

/*
 * dn_set_add - notes @dn as seen at @line, without regard to the case of ASCII letters
 *
 * returns: true if it is new; else false, and *ret_line is where it was seen first
 */
bool dn_set_add(struct dn_set *set, const char *dn, size_t length, unsigned line,
	unsigned *ret_line) _must_check_;

/*
 * The same in two steps: @dn will be added soon, and its place is on its way from memory meanwhile.
 * What dn_set_expect() returns stands for @dn.
 */
uint64_t dn_set_expect(
	const struct dn_set *set, const char *dn, size_t length) _must_check_;
bool dn_set_add_expected(struct dn_set *set, uint64_t expected, unsigned line,
	unsigned *ret_line) _must_check_;

/* Was @dn added? */
bool dn_set_has(const struct dn_set *set, const char *dn, size_t length);
