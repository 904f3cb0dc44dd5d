/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Does the server know the names that we search by? A filter with an unknown attribute or
 * class is Undefined, and an Undefined filter gives success with no entries (RFC 4511
 * section 4.5.1.7): without this check a missing schema looks like an empty site.
 */

#include "base/document.h"

/*
 * subschema_missing - names in @filter that the server's definitions do not have
 *
 * shape:  attributes, and the values compared with objectClass; each once, as they stand
 *         in the filter. The definitions are the values of the subschema entry.
 * memory: list and names below @mem_ctx
 * source: RFC 4512 section 4.1 (definitions), RFC 4515 (filters)
 */
struct string_list subschema_missing(TALLOC_CTX *mem_ctx, const char *filter,
	const struct string_list *attribute_types,
	const struct string_list *object_classes) _must_check_;

/*
 * subschema_operational - those of @names that `*` does not bring: operational attributes
 *
 * memory: the list below @mem_ctx; its names are those of @names
 */
struct string_list subschema_operational(TALLOC_CTX *mem_ctx,
	const struct string_list *names,
	const struct string_list *attribute_types) _must_check_;

/*
 * subschema_unknown - those of @names that the server has no attribute for
 *
 * memory: the list below @mem_ctx; its names are those of @names
 */
struct string_list subschema_unknown(TALLOC_CTX *mem_ctx, const struct string_list *names,
	const struct string_list *attribute_types) _must_check_;

/*
 * subschema_dns - every name of an attribute whose values are DNs, also by what it is a kind of
 *
 * memory: the list, which ends with NULL, and names below @mem_ctx
 * source: RFC 4517 3.3.9 and 3.3.21 (DN; name and optional UID), RFC 4512 2.5.1 (SUP)
 */
struct string_list subschema_dns(
	TALLOC_CTX *mem_ctx, const struct string_list *attribute_types) _must_check_;

/*
 * subschema_names - every name of an attribute that the server has
 *
 * memory: the list, which ends with NULL, and names below @mem_ctx
 */
struct string_list subschema_names(
	TALLOC_CTX *mem_ctx, const struct string_list *attribute_types) _must_check_;
