/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * All files of a template: the text itself and every partial and parent it names, however
 * deep, each loaded and parsed once. Afterwards the parts know their targets, and the
 * loader is not needed any more.
 */

#include "template/template_parse.h"

/*
 * template_load - @text, and what it uses
 *
 * shape:  *ret_source is always set; files with syntax errors are empty, and a missing
 *         file is a NULL target: an error unless @may_miss
 * memory: below @mem_ctx; @text is copied
 * errors: EXIT_USAGE, all of them added
 */
int template_load(TALLOC_CTX *mem_ctx, const struct template_loader *loader,
	const struct template_text *text, const char *name, bool may_miss,
	struct diags *diags, const struct template_source **ret_source) _must_check_;
