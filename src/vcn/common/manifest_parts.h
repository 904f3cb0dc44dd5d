/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a VCN of the manifest may have beside its image and its interfaces: read, checked
 * together, and put into its digest.
 */

#include "vcn/common/manifest.h"

/* For a table of keys; @field is the guest. */
int manifest_read_disks(struct reader *r, const struct node *value, void *field);
int manifest_read_credentials(struct reader *r, const struct node *value, void *field);
int manifest_read_cpuset(struct reader *r, const struct node *value, void *field);
/* @field is the text. */
int manifest_read_seed(struct reader *r, const struct node *value, void *field);
/* What makes sense only together, of a VCN without other faults. */
int manifest_check_guest(
	struct reader *r, const struct node *map, const struct guest *guest) _must_check_;

/* The length before each value keeps "ab","c" apart from "a","bc"; absent is "-". */
void manifest_digest_text(struct buffer *b, const char *key, const char *value);
/* Nothing for what a VCN has not: without it the digest is what it was. */
void manifest_digest_parts(struct buffer *b, const struct guest *guest);
