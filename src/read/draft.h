/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A draft of the directory: its entries held in memory, so that changes can be tried on them
 * before they are made in LDAP. ldif_change.c reads the changes; here is what they do. What a
 * server would refuse is refused.
 */

#include "read/entry.h"

struct draft;

/* An entry of the draft. Its values are changed in place; nobody else may. */
struct draft_entry {
	const char *dn;
	const char *key; /* canonical DN; NULL: it is gone */
	unsigned line; /* of what it is, with LINE_OF_CHANGES of the last change */
	struct entry_attribute
		*attributes; /* without options, but where there is no plain one */
	size_t n_attributes;
};

struct draft *draft_new(TALLOC_CTX *mem_ctx) _must_check_;
/* An entry_sink: puts a copy at the end. */
void draft_add(void *draft, const struct entry *entry);
/* Gives every entry to @sink, in the order in which they came. */
void draft_give(const struct draft *draft, entry_sink sink, void *data);

struct draft_entry *draft_find(const struct draft *draft, const char *key);
/* One of the entries below @key, at any depth; NULL: none. */
const struct draft_entry *draft_below(const struct draft *draft, const char *key);

/* @line is that of the change: draft_gone() tells it. */
void draft_remove(struct draft *draft, struct draft_entry *entry, unsigned line);
/* Gives @entry, and all below it with it, another DN. */
void draft_move(struct draft *draft, struct draft_entry *entry, const char *new_dn,
	unsigned line);
/* Canonical DNs that no entry has any more -> unsigned: the line of the change. */
const struct table *draft_gone(const struct draft *draft);
/* A copy to work on; draft_replace() puts it in the place of @entry. */
struct draft_entry *draft_copy(
	TALLOC_CTX *mem_ctx, const struct draft_entry *entry) _must_check_;
void draft_replace(
	struct draft *draft, struct draft_entry *entry, const struct draft_entry *by);

/* Values; @name is compared without case. The last two return NULL where it is not there. */
void draft_add_value(TALLOC_CTX *mem_ctx, struct draft_entry *entry, const char *name,
	const struct entry_value *value);
void draft_remove_attribute(struct draft_entry *entry, const char *name);
struct entry_attribute *draft_attribute(
	const struct draft_entry *entry, const char *name);
/* Equal as the attribute's syntax has it: text without case where ours does not say otherwise. */
struct entry_value *draft_value(const struct draft_entry *entry, const char *name,
	const struct entry_value *value);
void draft_remove_value(
	struct draft_entry *entry, const char *name, const struct entry_value *value);
