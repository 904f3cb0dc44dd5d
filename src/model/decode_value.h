/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One value of an entry: checked, and stored in the model. decode.c says which attribute
 * is of which type; here is what each type takes. What is refused has been reported with
 * its entry, attribute, value and what is allowed.
 */

#include "base/table.h"
#include "model/report.h"
#include "model/use.h"

/* All values of one field of one entry; a field may be fed by several attributes. */
struct field_values {
	const struct entry_value *values;
	size_t n;
};

struct mapped;

/* An entry that a join took from. */
struct joined_from {
	const char *raw; /* its DN, as the entry at hand has it; NULL: none yet */
	const char *dn; /* the same, as long as the site */
	struct change change;
};

struct decoder {
	struct reporter *reporter;
	struct site *site;
	struct mapped *maps[2]; /* of the directory, and of what `also` names */
	/* raw DN -> canonical key: thousands of VCNs name the same images and hosts */
	struct table *keys;
	/* the origins of records whose entries had the same attributes are one array */
	struct table *origins;
	/* what many records name (who gives to several in a join) -> its one copy */
	struct table *joined;
	struct table *writers; /* who changed entries: DN -> its one copy */
	struct table *sources; /* file of `also` -> its one copy */
	/* the entry at hand */
	const struct entry *entry;
	struct mapped *mapped;
	enum kind kind;
	struct field_values fields[_FIELD_MAX];
	struct field_values *extras; /* by their number in the map */
	unsigned distance[_FIELD_MAX]; /* of the entry that the values are from */
	struct origin *found; /* where its values came from, by field */
	struct field_values *parts; /* the values of each of them */
	const struct origin *last_origins; /* of the entry before */
	size_t n_last;
	size_t n_found, found_room, part_room;
	struct denial *denials; /* what does not count, by the map (decode_told.h) */
	size_t n_denials, denial_room;
	const struct feed **feeds; /* of each of its attributes */
	size_t feed_room;
	bool is_given_alone; /* another entry gave to this one, and to no other */
	bool tells_change; /* one of them says who changed it, or when */
	struct joined_from from; /* of the last value that a join brought */
	struct buffer *key, *name; /* reused */
	bool has_vm_host_class;
	bool is_zone_name; /* the entry is a zone's, and no computer's (decode_zone.h) */
	struct buffer *zone_name, *zone; /* … its name, and the zone's; reused */
	TALLOC_CTX *scratch;
};

/* A warning that @value is of no use to any service, and why. */
void decode_pass_over(struct decoder *d, struct record *record, enum field_id field,
	const struct entry_value *value, const char *why);

/* Sorted, and each once: a directory's values have no order. */
void decode_sort_strings(struct strings *list);

/* Who changed the entry at hand last; with @dn the one that a join took from. */
struct change decode_change(struct decoder *d, const char *dn);

/* The types; what is at @place in the brackets. */
#define DECODE_TYPE(name) \
	void decode_##name(struct decoder *d, struct record *record, \
		const struct use *use, const struct entry_value *value, void *place)
DECODE_TYPE(text); /* const char *: printable UTF-8 */
DECODE_TYPE(prose); /* const char *: for people, anything */
DECODE_TYPE(number); /* uint32_t, from min to max */
DECODE_TYPE(cost); /* int64_t */
DECODE_TYPE(truth); /* bool: TRUE or FALSE */
DECODE_TYPE(time); /* int64_t, Unix time: GeneralizedTime */
DECODE_TYPE(name); /* const char *: a host or domain name, lower case */
DECODE_TYPE(address); /* struct ip */
DECODE_TYPE(gateway); /* struct ip; a name is the network's gateway_name */
DECODE_TYPE(name_server); /* const char *: an address, or the name of a host */
DECODE_TYPE(server); /* const char *: an address or a name */
DECODE_TYPE(checksum); /* const char *: a word in lower case */
DECODE_TYPE(word); /* const char *: letters, digits and _ . : - */
DECODE_TYPE(timezone); /* const char *: Area/Location */
DECODE_TYPE(bridge); /* const char *: an interface's name */
DECODE_TYPE(bond_options); /* const char *: NAME=VALUE,… */
DECODE_TYPE(path); /* const char *: an absolute path */
DECODE_TYPE(boot_path); /* const char *: below the TFTP root, or a URL */
DECODE_TYPE(boot_file); /* const char *: the same, as it fits into a DHCP packet */
DECODE_TYPE(boot_url); /* const char *: a URL that does */
DECODE_TYPE(static_route); /* const char *: DESTINATION/LENGTH GATEWAY, canonical */
DECODE_TYPE(dhcp_option); /* const char *: NAME VALUE, checked (dhcp_option.h) */
DECODE_TYPE(url); /* const char * */
DECODE_TYPE(package_url); /* const char *: what yum and dnf fetch by */
DECODE_TYPE(install_url); /* const char *: what the installer fetches by */
DECODE_TYPE(arguments); /* const char *: a kernel's command line */
DECODE_TYPE(dn); /* const char *: a canonical key (dn.h) */
DECODE_TYPE(member); /* const char *: the same; what is none costs no group */
DECODE_TYPE(triple); /* const char *: (HOST,USER,DOMAIN), likewise */
DECODE_TYPE(install_disk); /* const char *: a device below /dev, or a rule (disk.h) */
DECODE_TYPE(guest_disk); /* const char *: NAME SIZE or NAME PATH (guest_parts.h) */
DECODE_TYPE(cpu_list); /* const char *: 0-3,8 (base/guest_value.h) */
DECODE_TYPE(seed); /* const char *: a URL (base/guest_value.h) */
DECODE_TYPE(credential); /* const char *: NAME=VALUE or NAME:PATH (guest_parts.h) */
DECODE_TYPE(authorized_key); /* const char *: TYPE BASE64 [COMMENT], without options */
DECODE_TYPE(format); /* const char *: qcow2 or raw */
DECODE_TYPE(architecture); /* const char *: x86_64 or aarch64 */
DECODE_TYPE(firmware); /* const char *: bios, uefi or uefi-secure */
DECODE_TYPE(readiness); /* const char *: none, virtserial or notify */
DECODE_TYPE(version); /* const char *: a release (release.h) */
DECODE_TYPE(package); /* const char *: name, -name, @group */
DECODE_TYPE(suite); /* const char *: a word of apt's sources */
DECODE_TYPE(module); /* const char *: `NAME:STREAM`, `-NAME:STREAM`, `-NAME` */
DECODE_TYPE(glob); /* const char *: a package or glob */
DECODE_TYPE(dns_record); /* const char *: CNAME, MX, SRV, TXT in one spelling */
DECODE_TYPE(ssh_key); /* const char *: TYPE BASE64 */
#undef DECODE_TYPE

/* Is it the name of a host, and no address with a typing error in it? */
bool decode_is_name(struct decoder *d, const struct entry_value *value);

/* Is it a value of our schema, which was entered for us? */
bool decode_is_ours(
	struct decoder *d, enum field_id field, const struct entry_value *value);

/*
 * decode_is_truth - LDAP's Boolean (RFC 4517 section 3.3.3), TRUE or FALSE
 *
 * shape: of an attribute that is not of our schema also true, yes, on and 1, and their contraries,
 *        in any case; false for anything else, *ret is then untouched
 */
bool decode_is_truth(struct decoder *d, enum field_id field,
	const struct entry_value *value, bool *ret);

/* Reports @value, which @why tells what is wrong with; it counts as refused, not missing. */
struct finding *decode_fault(struct decoder *d, enum check check, struct record *record,
	enum field_id field, const struct entry_value *value, const char *why);
/* @text is what @place gets, unless @why says a fault of @value; without both one has been reported. */
void decode_keep(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, const char *text, const char *why, void *place);
/* What is wrong with the absolute path of a file of a VM host; NULL: nothing. */
const char *decode_path_fault(const char *path);
/* Where @value stands: its own attribute where a field has several, its own line. */
struct loc decode_loc(struct decoder *d, const struct record *record, enum field_id field,
	const struct entry_value *value);
/* Without the blanks around it: they are common in directories and never meant. */
const char *decode_trimmed(struct decoder *d, const struct entry_value *value);
