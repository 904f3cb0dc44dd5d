/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/fields.h"

#include <stdio.h>
#include <string.h>

#include "compile/release.h"

/* Getters by offset */

#define MEMBER(type, field, object) \
	(*(type const *)(const void *)((const char *)(object) + (field)->offset))

static void give_text(struct value *ret, const char *text)
{
	ret->kind = text == NULL || *text == '\0' ? VALUE_NONE : VALUE_TEXT;
	ret->text.bytes = text;
	ret->text.len = text == NULL ? 0 : strlen(text);
}

static void give_number(struct value *ret, int64_t number)
{
	ret->kind = VALUE_NUMBER;
	ret->number = number;
}

static void give_bool(struct value *ret, bool truth)
{
	ret->kind = VALUE_BOOL;
	ret->truth = truth;
}

static void give_object(struct value *ret, const void *object)
{
	ret->kind = object == NULL ? VALUE_NONE : VALUE_OBJECT;
	ret->object = object;
}

static void give_list(struct value *ret, const void *base, size_t n)
{
	ret->kind = VALUE_LIST;
	ret->list.base = base;
	ret->list.n = n;
}

static void give_ip(struct value *ret, struct ip ip)
{
	give_text(ret, ip_format(ip, ret->scratch));
}

static void give_mac(struct value *ret, struct mac mac)
{
	give_text(ret, mac_format(mac, ret->scratch));
}

static void get_text(const struct field *field, const void *object, struct value *ret)
{
	give_text(ret, MEMBER(char *, field, object));
}

/* A count or size: 0 stands for what was not given. */
static void get_count(const struct field *field, const void *object, struct value *ret)
{
	uint32_t number = MEMBER(uint32_t, field, object);

	give_number(ret, number);
	if (number == 0)
		ret->kind = VALUE_NONE;
}

static void get_bool(const struct field *field, const void *object, struct value *ret)
{
	give_bool(ret, MEMBER(bool, field, object));
}

static void get_ip(const struct field *field, const void *object, struct value *ret)
{
	give_ip(ret, MEMBER(struct ip, field, object));
}

static void get_object(const struct field *field, const void *object, struct value *ret)
{
	give_object(ret, MEMBER(void *, field, object));
}

/* A pointer with its count right behind it. */
static void get_list(const struct field *field, const void *object, struct value *ret)
{
	const char *at = (const char *)object + field->offset;

	give_list(ret, *(void *const *)(const void *)at,
		*(const uint32_t *)(const void *)(at + sizeof(void *)));
}

/* Elements */

static void text_at(const void *base, size_t i, struct value *ret)
{
	give_text(ret, ((const char *const *)base)[i]);
}

static void pointer_at(const void *base, size_t i, struct value *ret)
{
	give_object(ret, ((const void *const *)base)[i]);
}

#define ELEMENTS(type) \
	static void type##_at(const void *base, size_t i, struct value *ret) \
	{ \
		give_object(ret, (const struct type *)base + i); \
	}
ELEMENTS(range)
ELEMENTS(reservation)
ELEMENTS(shared_network)
ELEMENTS(address)

static void hardware_at(const void *base, size_t i, struct value *ret)
{
	give_mac(ret, ((const struct hardware *)base)[i].mac);
}

/* has_…: a list that is not empty, for what stands once around its elements */
static void get_has(const struct field *field, const void *object, struct value *ret)
{
	get_list(field, object, ret);
	give_bool(ret, ret->list.n > 0);
}

/* Rows of the tables */

#define TEXT(name, type, member) \
	{ \
		name, VALUE_TEXT, NULL, get_text, NULL, 0, offsetof(struct type, member) \
	}
#define FROM(name, type, member, source) \
	{ \
		name, VALUE_TEXT, NULL, get_text, NULL, FIELD_##source, \
			offsetof(struct type, member) \
	}
#define COUNT(name, type, member) \
	{ \
		name, VALUE_NUMBER, NULL, get_count, NULL, 0, \
			offsetof(struct type, member) \
	}
#define TRUTH(name, type, member) \
	{ \
		name, VALUE_BOOL, NULL, get_bool, NULL, 0, offsetof(struct type, member) \
	}
#define OBJECT(name, type, member, shape) \
	{ \
		name, VALUE_OBJECT, &shape, get_object, NULL, 0, \
			offsetof(struct type, member) \
	}
#define STRINGS(name, type, member, source) \
	{ \
		name, VALUE_LIST, NULL, get_list, text_at, FIELD_##source, \
			offsetof(struct type, member) \
	}
#define LIST(name, type, member, shape, element) \
	{ \
		name, VALUE_LIST, &shape, get_list, element, 0, \
			offsetof(struct type, member) \
	}
#define HAS(name, type, member) \
	{name, VALUE_BOOL, NULL, get_has, NULL, 0, offsetof(struct type, member)}
#define COMPUTED(name, kind, get) \
	{ \
		name, kind, NULL, get, NULL, 0, 0 \
	}

#define COUNT_BEHIND(type, member) \
	_Static_assert(offsetof(struct type, n_##member) == \
			       offsetof(struct type, member) + sizeof(void *), \
		"get_list() needs the count right behind the array")
COUNT_BEHIND(network, ranges);
COUNT_BEHIND(network, reservations);
COUNT_BEHIND(network, reverse_zones);
COUNT_BEHIND(shared_network, networks);
COUNT_BEHIND(interface, macs);
COUNT_BEHIND(interface, addresses);
COUNT_BEHIND(machine, interfaces);
COUNT_BEHIND(machine, vcns);
COUNT_BEHIND(profile, repositories);
COUNT_BEHIND(profile, installer_repositories);
COUNT_BEHIND(profile, post_repositories);
COUNT_BEHIND(profile, hosts);

#define GETTER(name, type) \
	static void name##_of(const struct type *o, struct value *ret); \
	static void name(const struct field *field _unused_, const void *object, \
		struct value *ret) \
	{ \
		name##_of(object, ret); \
	} \
	static void name##_of(const struct type *o, struct value *ret)

/* Networks */

GETTER(network_address, network)
{
	give_ip(ret, o->prefix.base);
}

GETTER(network_netmask, network)
{
	give_ip(ret, prefix_netmask(o->prefix));
}

GETTER(network_prefix, network)
{
	give_number(ret, o->prefix.length);
}

GETTER(network_cidr, network)
{
	char buffer[IP_TEXT_MAX];

	snprintf(ret->scratch, sizeof(ret->scratch), "%s/%u",
		ip_format(o->prefix.base, buffer), o->prefix.length);
	give_text(ret, ret->scratch);
}

GETTER(network_broadcast, network)
{
	ret->kind = VALUE_NONE;
	if (o->prefix.base.family == 4)
		give_ip(ret, prefix_last(o->prefix));
}

/* A number that stays the network's while it keeps its address: Kea's subnet id. */
GETTER(network_number, network)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof(o->prefix.base.bytes); i++)
		hash = (hash ^ o->prefix.base.bytes[i]) * 16777619U;
	hash = (hash ^ o->prefix.length) * 16777619U;
	give_number(ret, (int64_t)(hash % 4294967293U) + 1);
}

GETTER(network_is_ipv4, network)
{
	give_bool(ret, o->prefix.base.family == 4);
}

GETTER(network_is_ipv6, network)
{
	give_bool(ret, o->prefix.base.family == 6);
}

static const struct field range_fields[] = {
	{"start", VALUE_TEXT, NULL, get_ip, NULL, FIELD_DYNAMIC_RANGE,
		offsetof(struct range, start)},
	{"end", VALUE_TEXT, NULL, get_ip, NULL, FIELD_DYNAMIC_RANGE,
		offsetof(struct range, end)},
	{0},
};
static const struct shape range_shape = {"range", range_fields, NULL, NULL};

static const struct field network_fields[] = {
	FROM("name", network, name, NAME),
	COMPUTED("address", VALUE_TEXT, network_address),
	COMPUTED("netmask", VALUE_TEXT, network_netmask),
	COMPUTED("prefix", VALUE_NUMBER, network_prefix),
	COMPUTED("cidr", VALUE_TEXT, network_cidr),
	COMPUTED("broadcast", VALUE_TEXT, network_broadcast),
	COMPUTED("is_ipv4", VALUE_BOOL, network_is_ipv4),
	COMPUTED("is_ipv6", VALUE_BOOL, network_is_ipv6),
	FROM("domain", network, domain, DOMAIN),
	{"gateway", VALUE_TEXT, NULL, get_ip, NULL, FIELD_GATEWAY,
		offsetof(struct network, gateway)},
	STRINGS("nameservers", network, nameservers, NAMESERVER),
	LIST("ranges", network, ranges, range_shape, range_at),
	FROM("shared_network", network, shared_name, SHARED_NETWORK),
	FROM("bridge", network, bridge, BRIDGE),
	COUNT("vlan", network, vlan),
	COUNT("mtu", network, mtu),
	FROM("next_server", network, next_server, NEXT_SERVER),
	FROM("boot_file", network, boot_file, BOOT_FILE),
	FROM("boot_file_uefi", network, boot_file_uefi, BOOT_FILE_UEFI),
	FROM("boot_file_arm64", network, boot_file_arm64, BOOT_FILE_ARM64),
	FROM("boot_url", network, boot_url, BOOT_URL),
	COUNT("lease_time", network, lease_time),
	{"reverse_zones", VALUE_LIST, NULL, get_list, text_at, 0,
		offsetof(struct network, reverse_zones)},
	COMPUTED("number", VALUE_NUMBER, network_number),
	TEXT("zone", network, zone),
	STRINGS("resolvers", network, resolvers, NAMESERVER),
	HAS("has_resolvers", network, resolvers),
	STRINGS("resolvers4", network, resolvers4, NAMESERVER),
	HAS("has_resolvers4", network, resolvers4),
	LIST("reservations", network, reservations, reservation_shape, reservation_at),
	{0},
};
const struct shape network_shape = {"network", network_fields, NULL, NULL};

static const struct field shared_network_fields[] = {
	FROM("name", shared_network, name, SHARED_NETWORK),
	LIST("networks", shared_network, networks, network_shape, pointer_at),
	TRUTH("is_shared", shared_network, is_shared),
	TRUTH("has_ipv4", shared_network, has_ipv4),
	{0},
};
static const struct shape shared_network_shape = {
	"shared network", shared_network_fields, NULL, NULL};

/* Reservations */

static const struct network *network_of(const struct reservation *reservation)
{
	return reservation->address->network;
}

GETTER(reservation_fqdn, reservation)
{
	give_text(ret, o->interface->fqdn);
}

GETTER(reservation_hostname, reservation)
{
	give_text(ret, o->interface->fqdn);
	if (ret->kind == VALUE_TEXT)
		ret->text.len = strcspn(o->interface->fqdn, ".");
}

GETTER(reservation_mac, reservation)
{
	give_mac(ret, o->mac);
}

GETTER(reservation_macs, reservation)
{
	give_list(ret, o->interface->macs, o->interface->n_macs);
}

GETTER(reservation_ip, reservation)
{
	give_ip(ret, o->address->ip);
}

GETTER(reservation_next_server, reservation)
{
	give_text(ret, network_of(o)->next_server);
}

GETTER(reservation_boot_file, reservation)
{
	const char *own = o->interface->machine->boot_file;

	give_text(ret, own != NULL ? own : network_of(o)->boot_file);
}

GETTER(reservation_boot_file_uefi, reservation)
{
	give_text(ret, network_of(o)->boot_file_uefi);
}

GETTER(reservation_node, reservation)
{
	give_object(ret, o->interface->machine);
}

GETTER(reservation_interface, reservation)
{
	give_object(ret, o->interface);
}

static const struct field reservation_fields[] = {
	TEXT("id", reservation, id),
	COMPUTED("fqdn", VALUE_TEXT, reservation_fqdn),
	COMPUTED("hostname", VALUE_TEXT, reservation_hostname),
	COMPUTED("mac", VALUE_TEXT, reservation_mac),
	{"macs", VALUE_LIST, NULL, reservation_macs, hardware_at, FIELD_MAC, 0},
	COMPUTED("ip", VALUE_TEXT, reservation_ip),
	TRUTH("is_primary", reservation, is_primary),
	TRUTH("is_extra", reservation, is_extra),
	COMPUTED("next_server", VALUE_TEXT, reservation_next_server),
	{"boot_file", VALUE_TEXT, NULL, reservation_boot_file, NULL, FIELD_BOOT_FILE, 0},
	COMPUTED("boot_file_uefi", VALUE_TEXT, reservation_boot_file_uefi),
	{"node", VALUE_OBJECT, &machine_shape, reservation_node, NULL, 0, 0},
	{"interface", VALUE_OBJECT, &interface_shape, reservation_interface, NULL, 0, 0},
	{0},
};
const struct shape reservation_shape = {"reservation", reservation_fields, NULL, NULL};

/* Interfaces */

GETTER(address_ip, address)
{
	give_ip(ret, o->ip);
}

GETTER(address_is_ipv4, address)
{
	give_bool(ret, o->ip.family == 4);
}

GETTER(address_is_ipv6, address)
{
	give_bool(ret, o->ip.family == 6);
}

static const struct field address_fields[] = {
	COMPUTED("ip", VALUE_TEXT, address_ip),
	COMPUTED("is_ipv4", VALUE_BOOL, address_is_ipv4),
	COMPUTED("is_ipv6", VALUE_BOOL, address_is_ipv6),
	OBJECT("network", address, network, network_shape),
	STRINGS("names", address, names, NAME),
	{0},
};
static const struct shape address_shape = {"address", address_fields, NULL, NULL};

/* The first address of a family that lies in a network: what an installer configures. */
static void give_placed(const struct interface *interface, unsigned family, struct value *ret)
{
	ret->kind = VALUE_NONE;
	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		const struct address *address = &interface->addresses[i];

		if (address->ip.family == family && address->network != NULL) {
			give_object(ret, address);
			return;
		}
	}
}

GETTER(interface_address4, interface)
{
	give_placed(o, 4, ret);
}

GETTER(interface_address6, interface)
{
	give_placed(o, 6, ret);
}

/* Addresses are sorted by family: each family is one stretch of the array. */
static const struct address *family_of(
	const struct interface *interface, unsigned family, size_t *ret_n)
{
	uint32_t first = 0, end;

	while (first < interface->n_addresses &&
		interface->addresses[first].ip.family != family)
		first++;
	for (end = first; end < interface->n_addresses &&
			  interface->addresses[end].ip.family == family;
		end++)
		;
	*ret_n = end - first;
	return interface->addresses + first;
}

static void address_text_at(const void *base, size_t i, struct value *ret)
{
	give_ip(ret, ((const struct address *)base)[i].ip);
}

GETTER(interface_ipv4, interface)
{
	size_t n;
	const struct address *addresses = family_of(o, 4, &n);

	give_list(ret, addresses, n);
}

GETTER(interface_ipv6, interface)
{
	size_t n;
	const struct address *addresses = family_of(o, 6, &n);

	give_list(ret, addresses, n);
}

static void give_interface_mac(const struct interface *interface, struct value *ret)
{
	ret->kind = VALUE_NONE;
	if (interface->n_macs > 0)
		give_mac(ret, interface->macs[0].mac);
}

static void dash(struct value *ret)
{
	for (char *c = ret->scratch; ret->kind == VALUE_TEXT && *c != '\0'; c++)
		if (*c == ':')
			*c = '-';
}

GETTER(interface_mac, interface)
{
	give_interface_mac(o, ret);
}

GETTER(interface_mac_dashed, interface)
{
	give_interface_mac(o, ret);
	dash(ret);
}

static const struct field interface_fields[] = {
	FROM("ifname", interface, ifname, NAME),
	TEXT("fqdn", interface, fqdn),
	COMPUTED("mac", VALUE_TEXT, interface_mac),
	COMPUTED("mac_dashed", VALUE_TEXT, interface_mac_dashed),
	{"macs", VALUE_LIST, NULL, get_list, hardware_at, FIELD_MAC,
		offsetof(struct interface, macs)},
	{"ipv4", VALUE_LIST, NULL, interface_ipv4, address_text_at, FIELD_ADDRESS, 0},
	{"ipv6", VALUE_LIST, NULL, interface_ipv6, address_text_at, FIELD_ADDRESS, 0},
	LIST("addresses", interface, addresses, address_shape, address_at),
	{"address4", VALUE_OBJECT, &address_shape, interface_address4, NULL, 0, 0},
	{"address6", VALUE_OBJECT, &address_shape, interface_address6, NULL, 0, 0},
	OBJECT("network", interface, network, network_shape),
	TRUTH("is_boot", interface, is_primary),
	OBJECT("node", interface, machine, machine_shape),
	{0},
};
const struct shape interface_shape = {"interface", interface_fields, NULL, NULL};

/* Hosts and VCNs */

static const struct interface *primary_of(const struct machine *machine)
{
	return machine->n_interfaces > 0 ? machine->interfaces[0] : NULL;
}

GETTER(machine_mac, machine)
{
	ret->kind = VALUE_NONE;
	if (primary_of(o) != NULL)
		give_interface_mac(primary_of(o), ret);
}

GETTER(machine_mac_dashed, machine)
{
	machine_mac_of(o, ret);
	dash(ret);
}

static void give_first(const struct machine *machine, unsigned family, struct value *ret)
{
	size_t n = 0;
	const struct address *first =
		primary_of(machine) == NULL ? NULL
					    : family_of(primary_of(machine), family, &n);

	ret->kind = VALUE_NONE;
	if (n > 0)
		give_ip(ret, first->ip);
}

GETTER(machine_ipv4, machine)
{
	give_first(o, 4, ret);
}

GETTER(machine_ipv6, machine)
{
	give_first(o, 6, ret);
}

GETTER(machine_names, machine)
{
	const struct interface *primary = primary_of(o);

	give_list(ret, NULL, 0);
	if (primary != NULL && primary->n_addresses > 0)
		give_list(ret, primary->addresses[0].names.items,
			primary->addresses[0].names.n);
}

GETTER(machine_is_host, machine)
{
	give_bool(ret, !o->is_vcn);
}

GETTER(machine_cpus, machine)
{
	give_number(ret, o->cpus > 0 ? o->cpus : 1);
	if (o->cpus == 0 && !o->is_vcn)
		ret->kind = VALUE_NONE;
}

GETTER(machine_network, machine)
{
	give_object(ret, primary_of(o) == NULL ? NULL : primary_of(o)->network);
}

static const struct field machine_fields[] = {
	FROM("name", machine, name, NAME),
	FROM("fqdn", machine, fqdn, NAME),
	TEXT("domain", machine, domain),
	STRINGS("aliases", machine, aliases, ALIAS),
	{"names", VALUE_LIST, NULL, machine_names, text_at, FIELD_NAME, 0},
	FROM("description", machine, description, DESCRIPTION),
	FROM("location", machine, location, LOCATION),
	FROM("serial", machine, serial, SERIAL),
	COMPUTED("is_host", VALUE_BOOL, machine_is_host),
	TRUTH("is_vcn", machine, is_vcn),
	TRUTH("is_enabled", machine, is_enabled),
	LIST("interfaces", machine, interfaces, interface_shape, pointer_at),
	COMPUTED("mac", VALUE_TEXT, machine_mac),
	COMPUTED("mac_dashed", VALUE_TEXT, machine_mac_dashed),
	COMPUTED("ipv4", VALUE_TEXT, machine_ipv4),
	COMPUTED("ipv6", VALUE_TEXT, machine_ipv6),
	{"network", VALUE_OBJECT, &network_shape, machine_network, NULL, 0, 0},
	TEXT("dn", machine, record.dn),
	FROM("boot_file", machine, boot_file, BOOT_FILE),
	COUNT("memory", machine, memory_mib),
	COMPUTED("cpus", VALUE_NUMBER, machine_cpus),
	OBJECT("profile", machine, profile, profile_shape),
	TRUTH("installs", machine, boots_installer),
	TRUTH("is_vm_host", machine, is_vm_host),
	LIST("vcns", machine, vcns, machine_shape, pointer_at),
	TEXT("uuid", machine, uuid),
	OBJECT("host", machine, host, machine_shape),
	OBJECT("image", machine, image, image_shape),
	FROM("vo", machine, vo, VO),
	{0},
};
const struct shape machine_shape = {"node", machine_fields, NULL, NULL};

/* One MAC of a host's boot interface (for-each: mac) */

GETTER(hardware_mac, hardware)
{
	give_mac(ret, o->mac);
}

GETTER(hardware_mac_dashed, hardware)
{
	give_mac(ret, o->mac);
	dash(ret);
}

GETTER(hardware_node, hardware)
{
	give_object(ret, o->interface->machine);
}

static const struct field hardware_fields[] = {
	COMPUTED("mac", VALUE_TEXT, hardware_mac),
	COMPUTED("mac_dashed", VALUE_TEXT, hardware_mac_dashed),
	OBJECT("interface", hardware, interface, interface_shape),
	{"node", VALUE_OBJECT, &machine_shape, hardware_node, NULL, 0, 0},
	{0},
};
const struct shape hardware_shape = {"mac", hardware_fields, NULL, NULL};

/* Images, repositories, profiles */

GETTER(image_is_qcow2, image)
{
	give_bool(ret, strcmp(o->format, "qcow2") == 0);
}

static const struct field image_fields[] = {
	FROM("name", image, name, NAME),
	FROM("path", image, path, IMAGE_PATH),
	FROM("format", image, format, IMAGE_FORMAT),
	COMPUTED("is_qcow2", VALUE_BOOL, image_is_qcow2),
	TRUTH("snapshot", image, snapshot),
	FROM("kernel", image, kernel, KERNEL),
	FROM("initrd", image, initrd, INITRD),
	FROM("arguments", image, arguments, ARGUMENTS),
	FROM("checksum", image, checksum, CHECKSUM),
	FROM("readiness", image, readiness, READINESS),
	{0},
};
const struct shape image_shape = {"image", image_fields, NULL, NULL};

GETTER(repository_cost, repository)
{
	give_number(ret, o->cost);
	if (o->cost < 0)
		ret->kind = VALUE_NONE;
}

static const struct field repository_fields[] = {
	FROM("name", repository, name, NAME),
	STRINGS("base_urls", repository, base_urls, BASE_URL),
	FROM("mirror_list", repository, mirror_list, MIRROR_LIST),
	FROM("metalink", repository, metalink, METALINK),
	STRINGS("gpg_keys", repository, gpg_keys, GPG_KEY),
	COMPUTED("cost", VALUE_NUMBER, repository_cost),
	HAS("has_includes", repository, includes),
	HAS("has_excludes", repository, excludes),
	STRINGS("includes", repository, includes, INCLUDE),
	STRINGS("excludes", repository, excludes, EXCLUDE),
	FROM("proxy", repository, proxy, PROXY),
	TRUTH("keep", repository, keep),
	{0},
};
const struct shape repository_shape = {"repository", repository_fields, NULL, NULL};

/* knows_…: what the profile's release can express; offset is into struct release */
static void get_release(const struct field *field, const void *object, struct value *ret)
{
	const struct profile *profile = object;
	struct release release;

	give_bool(ret, release_find(profile->version, &release) &&
			MEMBER(bool, field, &release));
}

GETTER(profile_kickstart_option, profile)
{
	struct release release;

	give_text(ret, release_find(o->version, &release) && release.has_inst_options ?
			"inst.ks" :
			"ks");
}

GETTER(profile_leaves_out, profile)
{
	give_bool(ret, o->n_installer_repositories < o->n_repositories);
}

#define KNOWS(name, member) \
	{ \
		name, VALUE_BOOL, NULL, get_release, NULL, 0, \
			offsetof(struct release, member) \
	}

static const struct field profile_fields[] = {
	FROM("name", profile, name, NAME),
	FROM("install_url", profile, install_url, INSTALL_URL),
	FROM("version", profile, version, VERSION),
	KNOWS("knows_repo", knows_repo),
	KNOWS("knows_cost", knows_cost),
	KNOWS("knows_filters", knows_filters),
	KNOWS("knows_proxy", knows_proxy),
	KNOWS("knows_install", knows_install),
	KNOWS("knows_metalink", knows_metalink),
	KNOWS("knows_noverifyssl", knows_noverifyssl),
	KNOWS("knows_variables", knows_variables),
	KNOWS("knows_mac_device", knows_mac_device),
	KNOWS("knows_ipv6", knows_ipv6),
	KNOWS("knows_ipv6_gateway", knows_ipv6_gateway),
	KNOWS("knows_lock", knows_lock),
	KNOWS("knows_selinux", knows_selinux),
	KNOWS("knows_script_options", knows_script_options),
	KNOWS("knows_ntpservers", knows_ntpservers),
	KNOWS("knows_timesource", knows_timesource),
	KNOWS("knows_key", knows_key),
	KNOWS("has_inst_options", has_inst_options),
	KNOWS("needs_end", needs_end),
	COMPUTED("kickstart_option", VALUE_TEXT, profile_kickstart_option),
	LIST("installer_repositories", profile, installer_repositories, repository_shape,
		pointer_at),
	COMPUTED("leaves_out", VALUE_BOOL, profile_leaves_out),
	LIST("post_repositories", profile, post_repositories, repository_shape, pointer_at),
	HAS("has_post", profile, post_repositories),
	TRUTH("needs_post", profile, needs_post),
	TRUTH("is_strict", profile, is_strict),
	LIST("repositories", profile, repositories, repository_shape, pointer_at),
	STRINGS("packages", profile, packages, PACKAGE),
	HAS("has_packages", profile, packages),
	STRINGS("groups", profile, groups, PACKAGE),
	STRINGS("removed", profile, removed, PACKAGE),
	FROM("timezone", profile, timezone, TIMEZONE),
	FROM("kernel", profile, kernel, KERNEL),
	FROM("initrd", profile, initrd, INITRD),
	FROM("arguments", profile, arguments, ARGUMENTS),
	LIST("hosts", profile, hosts, machine_shape, pointer_at),
	{0},
};
const struct shape profile_shape = {"profile", profile_fields, NULL, NULL};

/* The outermost context */

static const struct field cluster_fields[] = {
	FROM("name", cluster, name, NAME),
	FROM("domain", cluster, domain, DOMAIN),
	STRINGS("nameservers", cluster, nameservers, NAMESERVER),
	STRINGS("timeservers", cluster, timeservers, TIMESERVER),
	STRINGS("search", cluster, search, SEARCH),
	HAS("has_search", cluster, search),
	HAS("has_timeservers", cluster, timeservers),
	STRINGS("timeservers4", cluster, timeservers4, TIMESERVER),
	HAS("has_timeservers4", cluster, timeservers4),
	FROM("install_server", cluster, install_server, INSTALL_SERVER),
	FROM("timezone", cluster, timezone, TIMEZONE),
	{0},
};
static const struct shape cluster_shape = {"site", cluster_fields, NULL, NULL};

static const struct field target_fields[] = {
	TEXT("path", target, path),
	{0},
};
static const struct shape target_shape = {"target", target_fields, NULL, NULL};

GETTER(file_serial, globals)
{
	give_number(ret, (int64_t)o->serial);
}

static const struct field file_fields[] = {
	TEXT("path", globals, path),
	COMPUTED("serial", VALUE_NUMBER, file_serial),
	{0},
};
static const struct shape file_shape = {"file", file_fields, NULL, NULL};

GETTER(globals_self, globals)
{
	give_object(ret, o);
}

/* A site without a vocCluster entry has all its values empty. */
GETTER(globals_site, globals)
{
	static const struct cluster none;

	give_object(ret, o->site->n_clusters > 0 ? o->site->clusters[0] : &none);
}

static size_t count_ipv4(const struct site *site)
{
	size_t n = 0;

	while (n < site->n_networks && site->networks[n]->prefix.base.family == 4)
		n++;
	return n;
}

GETTER(globals_domains, globals)
{
	give_list(ret, o->site->domains.items, o->site->domains.n);
}

GETTER(globals_networks4, globals)
{
	give_list(ret, o->site->networks, count_ipv4(o->site));
}

GETTER(globals_networks6, globals)
{
	size_t n = count_ipv4(o->site);

	give_list(ret, o->site->networks + n, o->site->n_networks - n);
}

#define TABLE(name, member) \
	GETTER(globals_##name, globals) \
	{ \
		give_list(ret, o->site->member, o->site->n_##member); \
	}
TABLE(networks, networks)
TABLE(shared_networks, shared_networks)
TABLE(hosts, hosts)
TABLE(vcns, vcns)
TABLE(nodes, machines)
TABLE(images, images)
TABLE(repositories, repositories)
TABLE(profiles, profiles)

#define GLOBAL(name, shape, element) \
	{ \
#name, VALUE_LIST, &shape, globals_##name, element, 0, 0 \
	}

static const struct field global_fields[] = {
	{"site", VALUE_OBJECT, &cluster_shape, globals_site, NULL, 0, 0},
	{"file", VALUE_OBJECT, &file_shape, globals_self, NULL, 0, 0},
	{"domains", VALUE_LIST, NULL, globals_domains, text_at, FIELD_DOMAIN, 0},
	GLOBAL(networks, network_shape, pointer_at),
	GLOBAL(networks4, network_shape, pointer_at),
	GLOBAL(networks6, network_shape, pointer_at),
	GLOBAL(shared_networks, shared_network_shape, shared_network_at),
	GLOBAL(hosts, machine_shape, pointer_at),
	GLOBAL(vcns, machine_shape, pointer_at),
	GLOBAL(nodes, machine_shape, pointer_at),
	GLOBAL(images, image_shape, pointer_at),
	GLOBAL(repositories, repository_shape, pointer_at),
	GLOBAL(profiles, profile_shape, pointer_at),
};

/* `targets.NAME`: the field's offset is the target's place in the array */
static void get_target(const struct field *field, const void *object, struct value *ret)
{
	const struct globals *globals = object;

	give_object(ret, globals->targets + field->offset);
}

static const struct shape *targets_shape(
	TALLOC_CTX *mem_ctx, const struct target *targets, size_t n_targets)
{
	struct shape *shape = mem_new(mem_ctx, struct shape);
	struct field *fields = mem_array(shape, struct field, n_targets + 1);

	for (size_t i = 0; i < n_targets; i++)
		fields[i] = (struct field){targets[i].name, VALUE_OBJECT, &target_shape,
			get_target, NULL, 0, i};
	shape->name = "targets";
	shape->fields = fields;
	return shape;
}

const struct shape *fields_globals(
	TALLOC_CTX *mem_ctx, const struct target *targets, size_t n_targets)
{
	struct shape *shape = mem_new(mem_ctx, struct shape);
	struct field *fields =
		mem_array(shape, struct field, ARRAY_SIZE(global_fields) + 2);

	memcpy(fields, global_fields, sizeof(global_fields));
	fields[ARRAY_SIZE(global_fields)] = (struct field){"targets", VALUE_OBJECT,
		targets_shape(shape, targets, n_targets), globals_self, NULL, 0, 0};
	shape->name = "template";
	shape->fields = fields;
	return shape;
}

struct record *fields_record(const struct shape *shape, const void *object)
{
	/* the model is read-only here, but its records take marks (record->is_bad) */
	void *mutable = (void *)(uintptr_t)object;

	if (shape == &machine_shape)
		return &((struct machine *)mutable)->record;
	if (shape == &reservation_shape)
		return &((struct reservation *)mutable)->interface->record;
	if (shape == &hardware_shape)
		return &((struct hardware *)mutable)->interface->machine->record;
	if (shape == &interface_shape || shape == &network_shape ||
		shape == &profile_shape || shape == &image_shape ||
		shape == &repository_shape || shape == &cluster_shape)
		return mutable;
	return NULL;
}

const struct machine *fields_machine(const struct shape *shape, const void *object)
{
	if (shape == &machine_shape)
		return object;
	if (shape == &reservation_shape)
		return ((const struct reservation *)object)->interface->machine;
	if (shape == &hardware_shape)
		return ((const struct hardware *)object)->interface->machine;
	if (shape == &interface_shape)
		return ((const struct interface *)object)->machine;
	return NULL;
}
