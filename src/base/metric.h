/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Numbers for Prometheus and its like, as a file for the textfile collector of its node
 * exporter, which reads what ends in .prom and nothing else.
 *
 * source: the text format of Prometheus, version 0.0.4
 */

#include "base/diag.h"
#include "base/text.h"

/* A gauge's two lines of comment, before its samples. */
void metric_head(struct buffer *b, const char *name, const char *help);
/* The head, and one sample without labels. */
void metric_number(struct buffer *b, const char *name, const char *help, int64_t value);
/* One sample with one label, whose value is escaped. */
void metric_labelled(struct buffer *b, const char *name, const char *label,
	const char *text, int64_t value);

/*
 * metric_write - @path, replaced whole: nobody reads half of it
 *
 * errors: EXIT_IO, also where it is no regular file; what was there is then untouched
 */
int metric_write(
	const char *path, const struct buffer *b, struct diags *diags) _must_check_;
