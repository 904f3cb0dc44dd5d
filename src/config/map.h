/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A map says how a directory's schema becomes our model: which object class makes which
 * kind of record, which attributes feed which field, and which entries are one machine. It
 * is the one place where a foreign directory is described. Maps are YAML files in
 * schema/maps; a site can write its own (ldapcc-map(5)).
 *
 * map_read.c reads the file; here is what it says.
 */

#include "config/attribute.h"
#include "config/filter.h"

/* What makes an entry a record of a kind: a class, a filter, or both. */
struct map_class {
	const char *name; /* NULL: any that the filter takes */
	const struct filter *filter; /* NULL: every entry of the class */
	/* classes that an entry must not have: no server is asked for them, as one that does not
	 * know a class has no answer to a filter that names it */
	struct string_list except;
	bool is_optional; /* a server whose schema does not know it has none of it */
	/* the entries are those of DNS zones: names, which no computer has (model/zone_name.h) */
	bool is_zone;
	struct string_list not_below; /* RDNs, lower case; one may end in a star */
};

struct class_list {
	struct map_class *items;
	size_t n;
};

/* Entries that are not there, nor what stands below them: a zone that is not active. */
struct without {
	struct map_class of;
	const char *why;
};

/* How a value is written in the directory. */
enum form {
	FORM_TEXT,
	FORM_DNS_RECORD, /* Active Directory's dnsRecord: the address of an A or AAAA */
	FORM_RANGE, /* of dhcpd: one address is the first and the last */
	FORM_DOMAIN_NAME, /* not the value: the name that the DN of its entry makes */
	FORM_HOST_NAME, /* free text: what no name may have are hyphens */
	/* of a zone's entry, whose names without a dot at their end stand below it */
	FORM_CNAME,
	FORM_MX,
	FORM_TXT,
	FORM_DNS_DATA, /* of Active Directory's dnsRecord the CNAME, MX or TXT */
	_FORM_MAX,
};

/* One attribute that feeds one field, and what is done to its values on the way. */
struct feed {
	enum field_id field; /* FIELD_NONE: the extra `extra` */
	unsigned extra; /* index into the map's extras */
	unsigned kinds; /* for which kinds: bits 1 << enum kind */
	const char *attribute; /* NULL: a constant */
	const char *constant; /* counts where the entry has nothing else for the field */
	const char *of; /* only of joined entries with that class; NULL: of all */
	struct string_list strip; /* prefixes: the first that fits is taken off */
	struct string_list strip_end; /* the same behind */
	const char *after; /* only values with that word, and what stands behind it */
	const char *split; /* characters between several values in one */
	bool is_first; /* of those only the first */
	struct string_list replace; /* pairs: what is replaced, and by what */
	enum form form;
	/* asked of the entry that the value is from, of the one that takes it, and of what it shares
	 * with others, the nearest first: where @unless holds the value does not count, where @anyway
	 * does nobody else is asked; NULL: it counts */
	const struct filter *unless, *anyway;
	const char *why; /* what a finding says of a value that does not count */
	unsigned line, column; /* in the map's file */
	const struct feed
		*next; /* the next of the same attribute, in the decoder's table */
};

enum extra_type { EXTRA_TEXT, EXTRA_NUMBER, EXTRA_BOOLEAN, _EXTRA_TYPE_MAX };

/* A site's own attribute: templates see it as {{extra.NAME}}. */
struct extra {
	const char *name;
	const char *attribute; /* for messages; NULL: a constant */
	enum kind kind;
	enum extra_type type;
	unsigned slot; /* extras of one name, of several kinds, share it */
	bool is_list, is_required;
};

/* What of an entry is compared, to find the entries that belong together. */
enum match_by {
	MATCH_ATTRIBUTE,
	MATCH_RELATIVE, /* the same, of names that stand below the entry's zone */
	MATCH_NAME, /* what feeds `name` */
	MATCH_DN,
	MATCH_PARENT, /* the DN of the entry above */
	MATCH_ABOVE, /* of all entries above, the nearest first */
	MATCH_DOMAIN_NAME, /* idnsName=n1,idnsName=c.example.,cn=dns: n1.c.example */
};

struct match {
	enum match_by by;
	const char *attribute; /* of MATCH_ATTRIBUTE and MATCH_RELATIVE */
};

/* What the model has no place for, and a person has to know. */
struct told {
	struct map_class of; /* which entries */
	/* which of their values: attribute, after; without an attribute the entry as a whole */
	struct feed feed;
	bool is_except_name; /* not where the value is the entry's own name */
	bool is_given; /* of entries that gave to another, and to no other; else of all others */
	struct string_list except; /* nor where it begins with one of these words */
	const char *why;
};

enum { JOINS_MAX = 32 };

/* Entries of one class that give their values to those of another (read/join.h). */
struct join {
	struct map_class from;
	const char *to; /* a class */
	struct match mine, theirs; /* of the giving entry, and of the one it gives to */
	bool is_each; /* gives to several, which take what they have no values for */
	/* what finds nobody to give to is lost: its class is of no kind */
	bool is_lost_alone;
	unsigned line, column;
};

struct map {
	const char *name;
	/* of each kind; kinds are tried from the most special: a record of KIND_HOST has
	 * none of the other kinds' classes */
	struct class_list classes[_KIND_MAX];
	/* hosts that can carry VCNs */
	struct class_list vm_host_classes;
	struct feed *feeds;
	size_t n_feeds;
	struct extra *extras;
	size_t n_extras;
	unsigned n_slots;
	struct join *joins;
	size_t n_joins;
	struct told *told;
	size_t n_told;
	struct without *without;
	size_t n_without;
	/* attributes that make the name of a zone's entry (read/owner.h): of its label and its zone,
	 * or of the whole name; none: its DN does */
	struct string_list zone_name;
	bool skips_references; /* parts of the tree on other servers are not wanted */
	/* attributes that feed each field, of whatever kind */
	struct string_list attributes[_FIELD_MAX];
	/* those whose values are DNs */
	struct string_list dn_attributes;
	/* names that the server's schema need not know */
	struct string_list optional;
	/* every attribute of the map once, with objectClass, for the search */
	struct string_list wanted;
	/* `(|(objectClass=…)…)` over all classes, for the search */
	const char *filter;
};

/* What a value looks like, as bits: nothing is both a MAC address and a DN. */
enum value_shape {
	SHAPE_HARDWARE = 1, /* of Ethernet, InfiniBand, or a DUID */
	SHAPE_ADDRESS = 2, /* with or without a length */
	SHAPE_NUMBER = 4,
	SHAPE_TRUTH = 8,
	SHAPE_TIME = 16,
	SHAPE_DN = 32,
	SHAPE_WORD = 64, /* of letters and digits */
	SHAPE_URL = 128,
	SHAPE_PATH = 256,
	SHAPE_WORDS = 512, /* several, with blanks between */
	SHAPE_ANY = 1023,
};

/*
 * What @field of a record of @kind takes, bits of enum value_shape; 0: the kind has no use for it. The
 * model knows (model/shape.h).
 */
typedef unsigned (*kind_shapes)(enum kind kind, enum field_id field);

/*
 * map_load - a shipped map by its name, or a file by its path (it contains a slash)
 *
 * shape:  names are looked for below @schema_dir (the installed schema folder); @named_at is who
 *         says @name
 * errors: EXIT_USAGE, with position
 */
int map_load(TALLOC_CTX *mem_ctx, const char *schema_dir, const char *name,
	struct loc named_at, kind_shapes shapes, struct diags *diags,
	const struct map **ret_map) _must_check_;

/* The kinds in the order in which an entry's classes are tried; ends with KIND_NONE. */
extern const enum kind map_kind_order[];

/* In findings and origins an extra stands for a field: those from _FIELD_MAX on are slots. */
static inline enum field_id map_extra_field(const struct extra *extra)
{
	return (enum field_id)(_FIELD_MAX + extra->slot);
}

/* The attribute to name in a finding: the first that feeds @field, else the field's name. */
const char *map_attribute(const struct map *map, enum field_id field);
