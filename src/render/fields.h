/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The model as templates see it (ldapcc-templates(5), "Template data"): for every kind of
 * object a shape with its named fields. Adding a field for templates is a line here.
 */

#include "model/site.h"
#include "render/target.h"

/* The outermost context of every template. */
struct globals {
	const struct site *site;
	const struct target *targets;
	size_t n_targets;
	/* the file being printed */
	const char *path;
	uint64_t serial;
	bool *has_serial; /* set when it is printed */
};

extern struct shape machine_shape, network_shape, profile_shape, image_shape,
	repository_shape, interface_shape, group_shape;
extern const struct shape reservation_shape, hardware_shape, zone_shape, dns_record_shape,
	zone_record_shape;

/*
 * fields_globals - the shape of struct globals; `targets.NAME.path` has the names of
 * @targets
 *
 * shape:  the extras of @map are what `extra` has, of each kind
 * memory: below @mem_ctx; must outlive the templates that are compiled against it
 */
const struct shape *fields_globals(TALLOC_CTX *mem_ctx, const struct map *map,
	const struct target *targets, size_t n_targets) _must_check_;

/*
 * Which nodes @template can show: all, none, or those that networks of one family, or both, have a
 * reservation of.
 */
enum shown_nodes {
	SHOWN_NONE = 0,
	SHOWN_IPV4 = RESERVED_IPV4,
	SHOWN_IPV6 = RESERVED_IPV6,
	SHOWN_RESERVED = RESERVED_IPV4 | RESERVED_IPV6,
	SHOWN_ALL,
};
enum shown_nodes fields_shown_nodes(const struct template *template);
/* Can @template show groups of nodes, or how many there are? */
bool fields_show_groups(const struct template *template);
/* Findings, or changes; and zones of DNS. */
bool fields_show_notes(const struct template *template);
bool fields_show_zones(const struct template *template);
/* The record behind an object of @shape, or NULL (a range, an address): for findings. */
struct record *fields_record(const struct shape *shape, const void *object);

struct records {
	struct record **items;
	size_t n;
};

/* May objects of @shape have values of several records, be they printed for one of them? */
bool fields_is_shared(const struct shape *shape);

/*
 * fields_owners - who has @text, a value of the whole site that the outermost context gives as
 * @field: a domain (cluster, networks), or that of a client's name (nodes); or one of what
 * fields_is_shared(), a boot file (networks, nodes)
 *
 * memory: below @mem_ctx; the records are the site's
 */
struct records fields_owners(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct field *field, const char *text, size_t len) _must_check_;

/* The host or VCN that an object of @shape is, or is part of; NULL for others. */
const struct machine *fields_machine(const struct shape *shape, const void *object);
