/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A map says how a directory's schema becomes our model: which object class makes which
 * kind of record, and which attributes feed which field. Maps are YAML files in
 * schema/maps; a site can write its own (ldapcc-map(5)).
 */

#include "base/document.h"
#include "config/attribute.h"

struct map {
	const char *name;
	/* object classes of each kind; kinds are tried from the most special: a record of
	 * KIND_HOST has none of the other kinds' classes */
	struct string_list classes[_KIND_MAX];
	/* classes of hosts that can carry VCNs */
	struct string_list vm_host_classes;
	/* attributes that feed each field; a record takes the values of all of them */
	struct string_list attributes[_FIELD_MAX];
	/* every attribute of the map once, with objectClass, for the search */
	struct string_list wanted;
	/* `(|(objectClass=…)…)` over all classes, for the search */
	const char *filter;
};

/*
 * map_load - a shipped map by its name, or a file by its path (it contains a slash)
 *
 * shape:  names are looked for below @schema_dir (the installed schema folder)
 * errors: EXIT_USAGE, with position
 */
int map_load(TALLOC_CTX *mem_ctx, const char *schema_dir, const char *name,
	struct diags *diags, const struct map **ret_map) _must_check_;

/* The attribute to name in a finding: the first that feeds @field, else the field's name. */
const char *map_attribute(const struct map *map, enum field_id field);
/* KIND_NONE where no class of the entry is in the map; @classes as they came. */
enum kind map_kind(const struct map *map, const char *const *classes, size_t n_classes);
bool map_is_vm_host(const struct map *map, const char *const *classes, size_t n_classes);
