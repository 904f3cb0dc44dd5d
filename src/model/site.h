/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * model: one checked site.
 *
 *	takes	entries, one by one: decode.c is the reader's sink
 *	gives	struct site, read-only, and every finding about it
 *	uses	config; of read the entry and the DN
 *
 * The site is one checked model behind every output.
 *
 * decode.c fills it entry by entry, model_link() resolves references, places addresses in
 * networks and gives out names, lint.c reports on it, model_derive() drops what is in
 * error and builds the reservations. After that it is read-only and the templates see it
 * through fields.c. Tables are sorted by name, so no output depends on the order in which
 * the directory answers.
 *
 * Memory: everything sits in the site's arena and dies with the site.
 */

#include "base/net.h"
#include "base/table.h"
#include "config/map.h"
#include "model/nodes_word.h"

struct absent; /* absent.h */
struct release; /* release.h */

/* What reads the file of a host. */
enum installer {
	INSTALLER_KICKSTART, /* Anaconda */
	INSTALLER_PRESEED, /* Debian's */
	INSTALLER_AUTOINSTALL, /* Ubuntu's for servers */
	_INSTALLER_MAX
};

struct strings {
	const char **items;
	uint32_t n;
};

/* The same texts in the same order. */
bool strings_equal(const struct strings *a, const struct strings *b);

/*
 * Where a field's values came from: mostly equal for all entries with the same attributes, so
 * records share it.
 */
struct origin {
	const char *attribute; /* as the map has it; of a constant the field's name */
	const char *dn; /* of the entry that a join brought it from; NULL: its own */
	struct change change; /* of that entry */
	int32_t below; /* lines of the first value below the entry, in the LDIF file; 0: unknown */
	uint16_t field; /* enum field_id; from _FIELD_MAX on an extra's slot */
	bool is_refused; /* a value was there and could not be used: not missing */
	bool is_shared; /* `dn` gives it to several */
};

/* Every object of the model starts with its record: who it is and where it came from. */
struct record {
	const char *dn;
	const char *key; /* the DN in canonical form, for lookups (dn.h) */
	const char *name; /* as its RDN has it; of a host or VCN in lower case */
	const char *description;
	const char *source; /* the file of `also` that it is from; NULL: the site's */
	const struct strings *extras; /* a site's own attributes, by slot; NULL: none */
	const struct origin *origins; /* of the fields that its entry had, by field */
	struct change change; /* of its entry; nothing from a file that does not say */
	uint64_t printed; /* hash of the lines that it caused; from render_site() */
	uint32_t n_origins;
	uint32_t line; /* LDIF line of the entry; 0 from a directory */
	uint8_t kind; /* enum kind */
	bool is_bad; /* has an error: in quarantine */
	/* has an error by itself, not because of what another record says; one that is not bad
	 * lost a value that nothing else stands on */
	bool is_wrong;
	bool is_passed_over; /* nothing in it can be served: in no table but that one */
	/* of one that was passed over, or has no address left: it was published with one */
	bool was_there;
};

/* Where @field came from; NULL where the entry did not have it. */
const struct origin *record_origin(const struct record *record, enum field_id field);
/* Was a value of @field there and refused? What is reported once is not missing too. */
bool record_refused(const struct record *record, enum field_id field);

struct cluster {
	struct record record;
	const char *domain, *install_server, *timezone;
	struct strings nameservers, timeservers, search, option_texts;
	struct strings nameservers_said; /* by the directory, with names */
	/* addresses, those of names included that the model has; from model_derive() */
	struct strings timeservers4, timeservers6;
	struct strings dns_values; /* vocDNSRecord, in one spelling */
	struct strings authorized_keys;
	/* of a foreign directory: one of a file of `also` that counts, or another of the directory where
	 * none does; NULL: it counts */
	const struct cluster *said_by;
};

struct range {
	struct ip start, end;
	const struct loc
		*where; /* of the value, which a join may have brought; NULL: derived */
};

bool range_contains(const struct range *range, struct ip ip);

struct dns_record;
struct reservation;
struct shared_network;
struct zone;
struct dhcp_option;
struct dhcp_option_type;

/* What a network or a node says about booting; NULL: nothing. */
struct boot {
	const char *next_server; /* an address or a name */
	const char *file, *file_uefi, *file_arm64, *url;
};

/*
 * What a client is told by its kind, one object for all networks, or all nodes, that say
 * the same; from model_derive().
 */
struct boot_choice {
	const char *id; /* stays while the values do */
	bool is_own; /* of nodes with values of their own; the rest is their network's */
	bool is_ipv6;
	struct ip next_server; /* of a name its address; unset where the model has none */
	const char *file, *file_uefi, *file_arm64, *url;
	const char *script; /* what iPXE gets: url, else the site's boot_script */
	const struct boot_choice *roaming; /* NULL, or the one that it is in a network */
};

struct static_route {
	struct prefix to;
	struct ip gateway;
};

/* … on the installed host, which an installer gives the addresses of a network */
struct installed_route {
	const char *device; /* as of a link; of a bridge that %post makes, the bridge */
	struct static_route route;
};

/* Seconds: what ISC dhcpd gives; Kea and dnsmasq would give others of their own. */
enum { LEASE_TIME_DEFAULT = 43200 };

struct network {
	struct record record;
	const char *number, *domain; /* number: as it stands in the directory */
	struct prefix prefix; /* family 0 where it could not be read */
	struct ip gateway;
	const char *gateway_name; /* in the place of its address; NULL: none */
	struct strings nameservers; /* addresses; from model_link() */
	struct strings nameservers_said; /* by the directory, with names */
	struct range *ranges;
	uint32_t n_ranges;
	const char *shared_name; /* vocSharedNetwork */
	const struct network
		*said_by; /* a file of `also` has it, too, and counts; NULL: none */
	bool was_published; /* it is in the last generation */
	bool is_used; /* by a selected node; while the site's part is selected */
	bool is_left_out; /* not of the part that this server serves */
	struct shared_network *shared;
	const char *bridge, *dhcp_interface;
	struct boot boot;
	uint32_t vlan, mtu; /* 0: not given */
	uint32_t lease_time; /* LEASE_TIME_DEFAULT where it is not given */
	bool is_isolated; /* its VCNs do not reach each other */
	struct strings dns_values; /* vocDNSRecord, in one spelling */
	struct strings route_texts, option_texts;
	struct reservation *reservations; /* sorted by address; from model_derive() */
	uint32_t n_reservations;
	/* the rest is from model_derive(), too */
	struct range *pools; /* the ranges without what somebody has */
	uint32_t n_pools;
	struct static_route *routes; /* with the default one, where there are others */
	uint32_t n_routes;
	const char
		*routes_octets; /* of option 121 (RFC 3442), aa:bb:…; NULL: no routes */
	struct dhcp_option *options; /* the cluster's, and its own in their place */
	uint32_t n_options;
	const struct boot_choice *choice; /* NULL: nobody is told anything */
	const struct boot_choice **own_choices; /* of its reservations */
	uint32_t n_own_choices;
	/* of nodes without an address, where its own values make others of them */
	struct boot_choice *roaming_choices;
	uint32_t n_roaming_choices;
	const char **reverse_zones;
	uint32_t n_reverse_zones;
	struct zone **zones; /* the same, where zones are printed */
	/* what its hosts use: its own, else the cluster's */
	const char *zone;
	struct strings resolvers;
	struct strings resolvers4,
		resolvers6; /* those that DHCPv4 and DHCPv6 can carry */
	struct strings search; /* the cluster's search domains, else the zone */
};

struct shared_network {
	const char *name;
	const char *dhcp_interface; /* of the first network that says it */
	struct network **networks;
	uint32_t n_networks;
	bool has_ipv4, has_ipv6;
	bool is_shared; /* named by vocSharedNetwork, not a lone network's own */
};

struct address {
	struct ip ip;
	/* reported: no output line (the machine is in quarantine anyhow) */
	bool is_bad : 1;
	uint8_t length : 7; /* behind its slash, of less than a machine; 0: not given */
	uint16_t origin; /* which of its record's origins, from 1; 0: unknown */
	uint32_t line;
	struct network *network; /* NULL: outside all */
	struct strings names; /* what stands on its hosts line; from model_derive() */
};

struct interface;

struct hardware {
	struct interface *interface;
	struct mac mac; /* of an interface's macs */
	uint16_t origin; /* as of an address */
	struct guid guid; /* of its guids */
	uint32_t line;
	bool is_derived; /* computed for a VCN without one */
};

/* A MAC and an address of it, and the entry that tells. */
struct told_pair {
	struct mac mac;
	struct ip ip;
	const char *dn;
};

struct machine;

/*
 * What any interface may have, and few do: a part (struct machine_rare), written through
 * interface_write_rare().
 */
struct interface_rare {
	struct told_pair *told; /* what of one entry's belongs together (told_pairs.h) */
	uint32_t n_told;
	struct strings aliases; /* RFC 2307bis: of an entry that is one of several */
	struct hardware *guids; /* InfiniBand, sorted */
	uint32_t n_guids;
	uint32_t vlan; /* 0: no VLAN interface */
	struct strings duids; /* aa:bb:… */
	bool has_no_mac,
		has_no_address; /* a word stands in its place (-, n/a), or zeros */
	bool has_ports_mac; /* a bridge with the MAC of its port, which has an entry, too */
	/* of a zone's name: with those that have another's hosts line; from model_derive() */
	struct address *all_addresses;
	uint32_t n_all_addresses;
	uint32_t vlan_number; /* 0: not given */
	/* on the installed host: what the directory says, and what it comes to (ports.h) */
	const char *parent_name, *bridge_name, *bond_options;
	struct interface *
		parent; /* that a VLAN stands on; NULL: the NIC of its own MAC */
};

/* Arrays stand right before their count: fields.c relies on it. */
struct interface {
	struct record record; /* its own entry, or the machine's */
	struct machine *machine;
	const char *fqdn;
	const char *ifname; /* "eth0" where the directory has no name for it */
	struct network *network; /* of its first address that is in one */
	struct address *addresses; /* IPv4 first, then by number */
	uint32_t n_addresses;
	bool is_primary;
	bool is_management; /* vocManagement, else by its name: a BMC's port */
	bool wants_boot; /* vocBootInterface: TRUE */
	bool refuses_boot; /* vocBootInterface: FALSE, not just absent */
	struct hardware *macs; /* sorted; several and one address a family: a bond */
	uint32_t n_macs;
	uint32_t n_passed_over; /* addresses that no service can have use for */
	const struct interface_rare *rare;
	struct reservation *unpaired; /* while reservations are paired */
};

struct image;
struct profile;
struct link;

/* A disk that a VCN has beside its image (guest_parts.h). */
struct guest_disk {
	const char *name;
	uint32_t size_mib; /* of one that is thrown away */
	const char *path, *format; /* of one that is kept; else NULL */
};

struct guest_credential {
	const char *name;
	const char *value, *path; /* one of them */
};

/*
 * How a machine stands to the last generation: of machines in conflict the one that stands
 * above all others wins, and the others wait.
 */
enum standing { STANDING_NEW, STANDING_CHANGED, STANDING_SAME };

/* What a machine had in the last generation, as items (past.h); NULL where it was not there. */
struct past {
	const char *names, *addresses, *macs, *files;
};

/*
 * How an installer comes to its disk: the lines name it, %pre looks for it, or a person is
 * asked, because the release can do neither.
 */
enum disk_choice { DISK_NAMED, DISK_FOUND, DISK_ASKED };

/*
 * Parts of nodes that most have nothing of. A pointer to one is never NULL: what has nothing
 * shares one that says nothing. They are written through machine_write_rare() and the like.
 * Arrays stand right before their count, in these as well. A new part has a line in PART_AT().
 */

/* What an installer gets that is the host's own; from model_derive(), but for the first two. */
struct machine_install {
	int64_t until; /* Unix time; 0: not given */
	struct strings own_disks; /* vocInstallDisk */
	/* the host's, else its profile's, and how they are found */
	struct strings disks;
	struct strings authorized_keys; /* the cluster's and its profile's */
	struct link *links; /* what it configures (ports.h) */
	uint32_t n_links;
	uint8_t disk_choice; /* enum disk_choice */
	struct link *post_bridges; /* bridges that it does not know how to make */
	uint32_t n_post_bridges;
	struct installed_route *routes; /* of all its links; the default ones apart */
	uint32_t n_routes;
};

/* What the directory says of a VCN beside its size. */
struct machine_guest {
	struct strings disk_texts; /* vocDisk */
	struct guest_disk *disks; /* the same, parsed; from model_link() */
	uint32_t n_disks;
	uint32_t scratch_mib; /* 0: not given */
	struct strings credential_texts; /* vocCredential */
	struct guest_credential *credentials; /* the same, parsed; from model_link() */
	uint32_t n_credentials;
	const char *cpu_set; /* vocCPUSet */
	const char *seed; /* vocSeed */
};

/* Where one of several aliases stands. */
struct alias_origin {
	const char *alias;
	uint32_t line; /* in the LDIF file; 0: unknown */
	uint16_t origin; /* of the record's, from 1; 0: of none */
	uint8_t field; /* enum field_id */
};

/* What any node may have, and few do. */
struct machine_rare {
	const char *location, *serial;
	const char
		*own_domain; /* as its entry says; NULL: its network's or the cluster's */
	const char *label; /* node_label(), where its name is none; model_derive() */
	struct machine
		*merged_into; /* RFC 2307bis: the host this entry is an interface of */
	struct machine *next_part; /* … the next such entry of the same host */
	struct strings dns_values, host_keys; /* vocDNSRecord, vocSSHHostKey */
	struct strings guest_firmware; /* that VCNs find here; none: not known */
	struct boot boot; /* of its own; bootFile of a bootableDevice is boot.file */
	/* of aliases where there are several; NULL: the record knows */
	const struct alias_origin *alias_origins;
	uint32_t n_alias_origins;
};

/* Families of networks in which a machine has a reservation. */
enum { RESERVED_IPV4 = 1, RESERVED_IPV6 = 2 };

/*
 * A node, that is a physical host or a VCN: both have names, interfaces and reservations.
 * What is looked at of every one comes first.
 */
struct machine {
	struct record record;
	const char *fqdn;
	const char *name; /* first label */
	const char *domain;
	struct interface **interfaces; /* primary first, then by name */
	uint32_t n_interfaces;
	uint8_t standing; /* enum standing; from site_roster_stand() */
	bool is_vcn;
	bool is_enabled;
	bool is_zone_name; /* of a DNS zone in the directory: a name, and no computer */
	bool has_label; /* no other machine has its first label; model_derive() */
	const struct machine_rare *rare;
	const struct machine_install *install; /* of hosts */
	const struct machine_guest *guest; /* of VCNs */
	struct profile *profile;
	struct machine *host;
	struct image *image;
	struct machine **vcns; /* placed here, by name; from model_link() */
	uint32_t n_vcns;
	uint32_t memory_mib; /* 0: not given */
	struct node_group **groups; /* by name; from model_derive() */
	uint32_t n_groups;
	uint32_t cpus; /* 0: not given */
	struct strings aliases; /* further cn values and vocAlias, lower case, sorted */
	struct past past;
	uint64_t own_hash; /* of what it says; from site_roster_stand(), else 0 */
	const char *files; /* that are its own, as items (past.h) */
	struct interface *own; /* from the MAC and addresses of the entry itself */
	/* the interface that the last generation named the machine by, where a new one sorts
	 * before it; NULL: none does */
	const struct interface *outranked;
	const char *profile_dn, *host_dn, *image_dn, *vo;
	uint16_t rdn_length; /* of the name in the RDN, which record.name begins with */
	uint16_t
		excluded; /* FIELD_HOST, FIELD_IMAGE or FIELD_PROFILE, which is passed over */
	uint8_t alias_field; /* enum field_id: of the only one, else rare->alias_origins */
	uint8_t reserved; /* RESERVED_… bits; from model_derive() */
	bool is_part; /* RDN with an address or MAC: one interface of a host */
	bool lacks_address; /* all that it has were passed over */
	bool has_placeholder; /* … or one is a word for none */
	/* fewer than it was published with, and none that is new; from site_roster_stand() */
	bool has_lost_macs, has_lost_addresses;
	bool is_bare; /* … and that was nothing at all */
	bool takes_gateway; /* has the gateway's address, and had another one before */
	bool is_served; /* while groups are derived */
	bool has_vm_host_class; /* vocPhysicalNode */
	bool is_vm_host;
	bool installs; /* vocInstall is TRUE, and only then */
	bool boots_installer; /* and all that the installer needs is there; model_derive() */
	bool drains; /* no new VCNs here */
	bool has_huge_pages;
};

/* Without any part of its own; of zeroed memory. */
void machine_begin(struct machine *machine);
/*
 * A part to write in: @machine's own from now on, with what was in it, below @arena, which in a
 * thread is one of its own.
 */
struct machine_install *machine_write_install(
	struct arena *arena, struct machine *machine) _must_check_;
struct machine_guest *machine_write_guest(
	struct arena *arena, struct machine *machine) _must_check_;
struct machine_rare *machine_write_rare(
	struct arena *arena, struct machine *machine) _must_check_;
void interface_begin(struct interface *interface);
struct interface_rare *interface_write_rare(
	struct arena *arena, struct interface *interface) _must_check_;
/* The same of any part: @part is the pointer to it, @size what it has. */
void *part_write(struct arena *arena, void *part, size_t size) _must_check_;

/*
 * Where a member of an object stands, for tables of them: its offset, and above it that of the
 * pointer to its part, where struct @type is one.
 */
#define PLACE_OF(type, member) \
	(PART_AT(type) << PART_SHIFT | offsetof(struct type, member))
#define PART_AT(type) \
	(IS_PART(type, machine_install)		? offsetof(struct machine, install) \
		: IS_PART(type, machine_guest)	? offsetof(struct machine, guest) \
		: IS_PART(type, machine_rare)	? offsetof(struct machine, rare) \
		: IS_PART(type, interface_rare) ? offsetof(struct interface, rare) \
						: (size_t)0)
#define IS_PART(type, part) __builtin_types_compatible_p(struct type, struct part)
enum { PART_SHIFT = 16 };

static inline const void *place_in(const void *object, size_t place)
{
	size_t part = place >> PART_SHIFT;

	if (part != 0)
		object =
			*(const void *const *)(const void *)((const char *)object + part);
	return (const char *)object + (place & ((1u << PART_SHIFT) - 1));
}

/*
 * One address of a network, and one identity by which a client may ask for it: what a DHCP
 * server is told. Exactly one of hardware and duid is there; duid in IPv6 networks only.
 */
struct reservation {
	const char *id; /* declaration name, unique in the site */
	struct interface *interface;
	const struct hardware *hardware; /* of its macs, or of its guids */
	const char *duid;
	const struct address *address; /* NULL: from a range, wherever it asks */
	const struct boot_choice *own_choice; /* NULL: what the network says */
	bool is_guid;
	bool is_primary;
	bool is_extra; /* a further address of the same interface in the same network */
	bool is_further; /* … in another network of the same wire */
	/* … which vocDHCPInterface makes one for a server */
	bool is_further_on_wire;
	bool is_repeat; /* a further identity for the same address */
	bool has_own_domain; /* not its network's */
	bool has_own_boot; /* its machine says something about booting */
	bool is_paired; /* of IPv6: it is the other one of an IPv4 one */
	/* of IPv4: that of the same interface in an IPv6 network, for a server that takes both in
	 * one line; or NULL */
	const struct reservation *pair;
};

struct image {
	struct record record;
	const char *path, *format, *kernel, *initrd, *arguments, *checksum, *readiness;
	const char *architecture, *firmware; /* NULL: not given */
	bool snapshot;
};

struct repository {
	struct record record;
	const char *mirror_list, *metalink, *proxy;
	const char *ca_certificate;
	bool no_verify_ssl;
	struct strings base_urls, gpg_keys, includes, excludes;
	const char *suite; /* of apt; NULL: the release's */
	struct strings components;
	uint32_t pin_priority; /* 0: not given */
	int64_t cost; /* -1: not given */
	bool keep;
};

struct profile {
	struct record record;
	const char *install_url, *version, *timezone, *kernel, *initrd, *arguments;
	bool lost_repositories; /* all that it names are excluded */
	const struct release *release; /* of version; NULL: none that is known */
	struct strings repository_dns;
	struct repository **repositories; /* in the order of their cost, then name */
	uint32_t n_repositories;
	/* from model_derive(): those with a `repo` line; what the release's installer cannot
	 * express and %post therefore does: repositories to write to yum.repos.d, and whether
	 * packages are installed from them there */
	struct repository **installer_repositories;
	uint32_t n_installer_repositories;
	struct repository **post_repositories;
	uint32_t n_post_repositories;
	bool needs_post;
	bool is_strict; /* vocStrict: a failure in %post ends the installation */
	struct strings packages, groups,
		removed; /* name, @group without @, -name without - */
	const char *install_image;
	/* kernel and initrd as GRUB has them; NULL: it cannot load them; model_derive() */
	const char *grub_kernel, *grub_initrd;
	bool is_for_pxelinux; /* that one can; model_derive() */
	/* of an installer with apt (apt.h); model_derive() */
	struct apt_mirror *mirror;
	struct apt_source *sources;
	uint32_t n_sources;
	struct strings module_texts; /* vocModule */
	struct module_choice
		*modules; /* what the release knows of them; model_derive() */
	uint32_t n_modules;
	/* arguments as words, without the quotes that the kernel takes for its own */
	struct strings argument_words;
	struct strings install_disks, authorized_keys;
	/* the installation tree, where it is no URL: one of these, or server and folder */
	const char *mirror_list, *metalink, *nfs_server, *nfs_folder;
	const char *ca_certificate;
	bool no_verify_ssl;
	struct machine **hosts;
	uint32_t n_hosts;
};

/* A stream of a module, or no stream of it: one `module` line. */
struct module_choice {
	const char *name, *stream; /* stream: NULL: all of them */
	bool is_disabled;
};

/* A member of a group that is not there, or of which nobody knows who it is. */
struct dead_member {
	const char *text; /* as the directory has it */
	enum field_id field;
	bool is_of_several; /* a short name that several nodes have */
};

/* Nodes under one name: an entry of the directory, or what they have in common. */
struct node_group {
	struct record record;
	const char *label; /* the plain name: of network-rack1, rack1 */
	const char *common; /* "network", "profile" …; "group": an entry */
	struct strings member_dns, triples, netgroups;
	struct node_group **parts; /* groups that are members */
	size_t n_parts;
	struct machine **nodes; /* by name, each once */
	uint32_t n_nodes;
	uint32_t n_own; /* of them, without those of parts; while they are collected */
	uint32_t seen; /* by which group, from 1; while they are collected */
	bool is_loop; /* contains itself */
	bool is_spread; /* no host runs two of its VCNs */
	struct nodes_word nodeset;
	/* for formats with little room for names (group_kind.h); NULL: another has it */
	const char *word, *variable;
	uint32_t hue; /* of a colour: one that the next groups of its kind have not */
	struct dead_member *dead;
	size_t n_dead;
};

/* Who uses a full name; more than one machine in a list is a conflict. */
struct name_holder {
	struct machine *machine;
	struct record *record; /* of the machine, or of the interface that has the name */
	const char **alias; /* where it stands in its list; NULL there: dropped */
	struct name_holder *next, *last; /* the last of all: in the first only */
	bool is_alias;
	bool is_checked; /* of the first: lint has reported on the name */
};

/* The interface that a name stands for: the one whose own it is, else the primary one. */
const struct interface *holder_interface(const struct name_holder *holder);

/* Two entries of one machine that do not say the same; FIELD_NONE: of different kinds. */
struct disagreement {
	struct record *first, *second; /* the first's value counts */
	enum field_id field;
	bool is_first_taken; /* as in one entry, where several values are no fault */
};

enum unserved_why {
	UNSERVED_NO_HOST_NAME,
	UNSERVED_ZONE_ITSELF,
	UNSERVED_NO_ZONE,
	UNSERVED_WILDCARD,
	UNSERVED_TYPE, /* it has no address, and no record of a type that is served */
	UNSERVED_RECORD, /* one of its records is none that anybody could be told */
	UNSERVED_TWICE,
	_UNSERVED_MAX,
};

/* A name in a DNS zone of the directory that nobody is told here (zone_name.h). */
struct unserved {
	const char *dn, *attribute; /* of its RDN */
	const char *name, *zone; /* www, c.example */
	uint32_t line;
	uint8_t why; /* enum unserved_why */
};

/* The part of the site that is served, by names. */
struct selection {
	struct string_list networks, groups;
};

struct site {
	struct arena *arena;
	const struct map *map;
	const struct map *also_map; /* of what `also` names; NULL: nothing */
	const char *source; /* the LDIF file's path, NULL from a directory */
	struct cluster **clusters;
	struct network **networks; /* by family and number, then prefix length */
	/* hosts and VCNs, by fqdn; behind them the names of zones (is_zone_name), which are hosts */
	struct machine **machines;
	struct machine **hosts, **vcns;
	struct machine **left_out; /* not of the part that is selected */
	struct interface *
		*interfaces; /* child entries and 2307bis siblings, unattached */
	struct image **images;
	struct repository **repositories;
	struct profile **profiles;
	struct node_group **groups; /* by name; those without a node are none */
	struct group_kind *group_kinds; /* by name; from model_derive(), group_kind.h */
	const char *bmc_nodeset; /* names of their BMCs, folded; NULL: none has one */
	const struct site_notes *notes; /* site_note.h; NULL: none are known */
	struct leaf *leaves; /* by name; from model_derive(), leaf.h */
	struct record **passed_over; /* networks and machines; from model_link() */
	struct record **veiled; /* entries that show no class, of no kind */
	struct shared_network *shared_networks;
	struct dns_record **dns_records; /* of all entries; dns_record.h */
	struct zone **zones; /* sorted by name; from model_derive(), zone.h */
	/* by family: wires that networks share, and networks that share none */
	struct shared_network **wires4, **wires6;
	struct network **lone4, **lone6;
	uint32_t n_wires4, n_wires6, n_lone4, n_lone6;
	struct reservation *roaming; /* of nodes with a MAC and no address, by name */
	uint32_t n_roaming;
	struct boot_choice **choices; /* by id */
	uint32_t n_choices;
	const struct dhcp_option_type **new_options; /* in use, and too young for dhcpd */
	uint32_t n_new_options;
	struct strings
		client_domains; /* of reservations in another than their network's */
	struct strings domains; /* of cluster and networks, sorted; from model_derive() */
	size_t n_clusters, n_networks, n_machines, n_hosts, n_vcns, n_interfaces,
		n_images, n_repositories, n_profiles, n_groups, n_shared_networks,
		n_passed_over, n_dns_records, n_zones, n_group_kinds, n_leaves,
		n_left_out, n_veiled;
	bool prints_zones; /* some target does: zones are derived, and linted */
	/* no target prints groups, and nobody else asks for them: they are not derived */
	bool leaves_groups;
	/* iPXE's first script, below the install server; NULL: no target writes one */
	const char *boot_script;
	/* by enum installer: a target without which its answers are written by nobody; NULL: all are */
	const char *unanswered[_INSTALLER_MAX];
	const struct selection *select; /* NULL: the whole site */
	struct unserved **unserved; /* while entries are decoded, and from model_link() */
	size_t n_unserved;
	struct disagreement *disagreements; /* from model_link() */
	size_t n_disagreements;
	int64_t now; /* Unix time; 0: no installation has run out */
	size_t n_entries; /* records of every kind, before quarantine */
	size_t n_zone_names; /* machines that are names of zones; from model_link() */
	const struct absent *waited_for; /* in quarantine: what refers to them waits */
	const struct absent *excluded; /* what refers to them refers to nothing */
	const struct absent *lacked; /* so of last good versions: not there, then */
	/* canonical DNs of what changes took away that are tried -> unsigned: the line; NULL: none */
	const struct table *gone;
	/* canonical DNs of what is here as its last good version, now and then -> then; NULL: none */
	const struct table *stood_for;
	struct table *by_key; /* canonical DN -> struct record */
	struct table *full_names; /* full name -> struct name_holder */
	bool shares_names; /* some full name has several holders */
	bool has_long_aliases; /* some are longer than a name, with their domain */
	bool shares_labels; /* some label has several, and stands for none of them */
	bool has_lpxelinux; /* some vocBootFile is that loader; looked for where a kernel is a URL */
	struct table *short_names; /* first label -> struct machine, or MODEL_SHARED */
};

/* The value in short_names of a label that several machines would have. */
#define MODEL_SHARED ((void *)1)

/* How many places its installation tree has: one is right. */
unsigned profile_trees(const struct profile *profile);

/* Has it the address of its network's gateway? */
bool address_is_gateway(const struct address *address);

/* Is @record, or the node whose interface it is, here as its last good version? */
bool site_is_last_good(const struct site *site, const struct record *record) _must_check_;

/* Where a finding about a record points: LDIF line of the field, DN, attribute. */
struct loc record_loc(
	const struct site *site, const struct record *record, enum field_id field);
/* Points @where at what @origin says. */
void loc_to_origin(struct loc *where, const struct origin *origin);
/* The same for one value, of which the origin (struct address) and the line are known. */
struct loc record_loc_of(const struct site *site, const struct record *record,
	enum field_id field, uint16_t origin, uint32_t line);

/* The same for @alias of @machine. */
struct loc machine_alias_loc(
	const struct site *site, const struct machine *machine, const char *alias);

struct site *site_new(
	TALLOC_CTX *mem_ctx, const struct map *map, const char *source) _must_check_;

/*
 * model_link - after the last entry: references, networks, primary interfaces, names,
 * derived MACs and UUIDs, placement
 *
 * shape:  never fails; what cannot be resolved stays NULL and lint reports it
 */
void model_link(struct site *site);

/*
 * model_drop_aliases - takes out the aliases that lint set to NULL, because another has them
 *
 * shape:  names are given out anew, so that what was dropped keeps nobody's short name busy. False
 *         where there was nothing to drop
 */
bool model_drop_aliases(struct site *site) _must_check_;

/*
 * model_derive - after lint: drop bad records from the tables, then shared networks,
 * reservations, hosts lines, reverse zones
 */
void model_derive(struct site *site);

/* Its first address of @family that lies in a network, which an installer configures; or NULL. */
const struct address *interface_placed(
	const struct interface *interface, unsigned family);
/* Has an address before its @i the same network? */
bool interface_has_before(const struct interface *interface, uint32_t i);
/* How many addresses of @family it has. */
uint32_t interface_count(const struct interface *interface, unsigned family);
bool interface_has_address(const struct interface *interface, struct ip ip);
/* Has one of its interfaces @ip? */
bool machine_has_address(const struct machine *machine, struct ip ip);
/* vocInstall is TRUE, and vocInstallUntil has not passed; whether it can boot is another matter. */
bool machine_asks_for_install(const struct site *site, const struct machine *host);
/* The target that is missing, so that nobody writes what its installer reads; NULL: none. */
const char *profile_unanswered(const struct site *site, const struct profile *profile);
/* `02:` and the first five octets of SHA-256(`FQDN/IFNAME`). */
struct mac model_derived_mac(const char *fqdn, const char *ifname);

/* The MAC, or the GUID of an InfiniBand port. */
const char *hardware_text(
	TALLOC_CTX *mem_ctx, const struct hardware *hardware) _must_check_;
/* An IPv6 network of a shorter prefix than 64, of which dnsmasq takes no range. */
bool network_beyond_dnsmasq(const struct network *network);

/* The port of its BMC, of several the first; NULL where it has none. */
const struct interface *machine_bmc_port(const struct machine *machine);

/* What counts for the whole site; where no entry says it, one that says nothing. */
const struct cluster *model_cluster(const struct site *site);
/* The first of @records, a table of one kind, that is called @name, in whatever case; or NULL. */
struct record *model_find_named(void *records, size_t n, const char *name);
/*
 * The domain that names in @network get: its own, else the site's, which is that of no network (NULL), too.
 * NULL: there is none.
 */
const char *model_domain(const struct site *site, const struct network *network);
/* What is behind the first dot, or NULL. */
const char *model_domain_of(const char *fqdn);
/* The smallest network that holds @ip, or NULL. Needs sorted networks. */
struct network *model_network_of(const struct site *site, struct ip ip);
/* Objects by canonical DN key (dn.h); NULL if there is none or it is passed over. Any kind. */
struct record *model_find(const struct site *site, const char *key);
/*
 * model_addresses_of - what DNS has of @name, which is a full name, or one of @domain
 *
 * shape:  addresses of @family, in order; none where the model does not know the name. An
 *         alias of several machines is all of them
 * memory: the items below @site's arena
 */
struct strings model_addresses_of(struct site *site, const char *name, const char *domain,
	unsigned family) _must_check_;
/* A machine by FQDN, short name or alias; NULL if none or if a short name is not unique. */
struct machine *model_find_machine(const struct site *site, const char *name);
