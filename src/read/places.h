/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where entries are: which DNs have come, and which are above them and have not. A renamed
 * container shows in the DNs of what is below it only, so that who keeps entries must know the
 * containers, too.
 *
 * DNs are compared as one server spells them, without regard to the case of ASCII letters. A
 * parent that is spelled otherwise than the entry itself counts as missing, and is asked for.
 */

#include "base/document.h"

struct places;

struct places *places_new(TALLOC_CTX *mem_ctx) _must_check_;
/* So many DNs will come, as a guess. */
void places_reserve(struct places *places, size_t n);
/* Notes the DN of an entry; false where it has come already. */
bool places_add(struct places *places, const char *dn, size_t len) _must_check_;
/* The same in two steps, as dn_set_expect(): its place is on its way from memory meanwhile. */
uint64_t places_expect(
	const struct places *places, const char *dn, size_t len) _must_check_;
bool places_add_expected(
	struct places *places, const char *dn, uint64_t expected) _must_check_;
/*
 * places_missing - the DNs above those that came which have not come themselves
 *
 * shape:  up to the bases, inclusive; nothing above them
 * memory: below @places
 */
struct string_list places_missing(
	struct places *places, const struct string_list *bases) _must_check_;
/* The DN above @dn in its own spelling, NULL at the top. */
const char *dn_above(const char *dn);
