/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One output, once its body is printed: its last line, its hashes, and whether it is stored as it
 * is already. That is told by its print, which is a sum of all that the file is made of; its
 * SHA-256 takes five times as long, and is made only where there is something new.
 */

#include "base/umac.h"
#include "render/fields.h"
#include "render/render.h"

/* The shape of the record that a for-each target prints; NULL: of the site. */
const struct shape *output_shape(enum for_each for_each);

/*
 * The print of @output, whose body is @body, as yet without its trailer; counts its nodes and lines.
 * @shown: which can its template print? One of the whole site counts those alone, and a node more
 * does not restart who reads nothing of it.
 */
void output_sum(const struct site *site, enum shown_nodes shown, struct output *output,
	struct umac *umac, const struct buffer *body);
/*
 * output_end - appends the trailer to what was printed, and hashes all of it
 *
 * shape: after output_sum(), which counted the nodes
 */
void output_end(struct output *output, struct buffer *body);
/*
 * The hash of its @bytes without each serial, after that of all of them: two servers with one site
 * have one, whatever their history.
 */
void output_hash_bare(struct output *output, const char *bytes);
/* That, and the bytes, which become a child of @buffer. */
void output_keep(struct output *output, struct buffer *buffer);

/* Is it what is stored? Then it has the hashes of that, and no bytes. */
bool output_has_print(struct output *output);
/* The same of one that was ended: what was stored without its print. */
bool output_has_bytes(struct output *output);

/* Both hashes of @output's bytes; whoever changes these calls it. */
void output_hash(struct output *output);
