/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nodes as one word: node[01-16] (base/nodeset.h). It is made when it is first asked for, because
 * few targets print it; those who render beside each other may ask at once.
 */

#include "base/mem.h"

struct machine;

struct nodes_word {
	TALLOC_CTX *mem_ctx; /* of the site; nobody else adds to it by then */
	const char *text; /* NULL: nobody has asked yet */
	bool is_for_slurm; /* ranges only at the end of a name */
};

/* The names (node_name()) of @nodes, whose word is @word. It lasts as long as the site. */
const char *nodes_word(
	const struct nodes_word *word, struct machine *const *nodes, uint32_t n);
