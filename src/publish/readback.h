/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Our own verification of a file as it is on disk. Daemons' parsers accept cut files and
 * do not open hosts files at all, so completeness is proven here: the trailer's hash, and
 * the shape that the language demands of every line.
 */

#include "base/diag.h"

enum readback_depth {
	READBACK_SHAPE, /* YAML by its quotes and brackets only */
	READBACK_PARSE, /* YAML by its parser, which is a hundred times slower */
};

/*
 * readback_check - is this whole and well formed?
 *
 * shape:  @language as in a target's front matter; @trailer is its comment form, NULL: the
 *         file has none. Languages without rules of ours need only be text.
 *         *ret_line is the line at fault, 0: the whole file
 * errors: NULL, or a sentence below @mem_ctx
 * source: facts of the daemons' readers: dnsmasq 2.90 src/option.c (MAXDNAME lines,
 *         inet_pton), ISC dhcpd 4.4.3 common/conflex.c, pykickstart sections.py
 */
const char *readback_check(TALLOC_CTX *mem_ctx, const char *language, const char *trailer,
	enum readback_depth depth, const char *bytes, size_t len,
	unsigned *ret_line) _must_check_;
