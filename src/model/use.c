/* SPDX-License-Identifier: Apache-2.0 */
#include "model/use.h"

#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "model/decode_value.h"

/*
 * The order of the rows is that of `show`, of the attributes in our classes, and of the
 * tables in the manual.
 */

/* Rows by the type of their member: field, reader, member, name in templates, label, flags */
#define ROW(id, kind, reader, type, member, shown, heading, bits) \
	{ \
		.field = FIELD_##id, .storage = STORAGE_##kind, .read = decode_##reader, \
		.place = PLACE_OF(type, member), .part_size = sizeof(struct type), \
		.flags = (bits), .name = shown, .label = heading \
	}
#define TEXT(id, reader, type, member, shown, heading, bits) \
	ROW(id, TEXT, reader, type, member, shown, heading, bits)
#define TEXTS(id, reader, type, member, shown, heading, bits) \
	ROW(id, TEXTS, reader, type, member, shown, heading, bits)
#define TRUTH(id, type, member, shown, heading, bits) \
	ROW(id, TRUTH, truth, type, member, shown, heading, bits)
#define KEY(id, type, member, heading, bits) \
	ROW(id, KEY, dn, type, member, NULL, heading, bits)
#define KEYS(id, type, member, heading, bits) \
	ROW(id, KEYS, dn, type, member, NULL, heading, bits)
#define COUNT(id, type, member, low, high, shown, heading, bits) \
	{ \
		.field = FIELD_##id, .storage = STORAGE_COUNT, .read = decode_number, \
		.place = PLACE_OF(type, member), .part_size = sizeof(struct type), \
		.flags = (bits), .min = low, .max = high, .name = shown, \
		.label = heading \
	}
/* What decode.c reads by hand, and who else shows it by hand. */
#define HAND(id) \
	{ \
		.field = FIELD_##id \
	}
/* What every kind has. */
#define NAME_ROW(reader) \
	TEXT(NAME, reader, record, name, "name", NULL, USE_REQUIRED | USE_CALLS)
#define DESCRIPTION_ROW \
	TEXT(DESCRIPTION, prose, record, description, "description", "description", \
		USE_FIRST | USE_CALLS)
/* What has a name of its own in DNS; the values as dns_record.h parses them. */
#define DNS_ROW(type, bits) \
	TEXTS(DNS_RECORD, dns_record, type, dns_values, NULL, "DNS records", bits)

/* What a network or a node of its own says about booting. */
#define BOOT_ROWS(type, bits) \
	TEXT(NEXT_SERVER, server, type, boot.next_server, NULL, "next server", bits), \
		TEXT(BOOT_FILE, boot_file, type, boot.file, "boot_file", "boot file", \
			bits), \
		TEXT(BOOT_FILE_UEFI, boot_file, type, boot.file_uefi, "boot_file_uefi", \
			"boot file, UEFI", bits), \
		TEXT(BOOT_FILE_ARM64, boot_file, type, boot.file_arm64, \
			"boot_file_arm64", "boot file, arm64", bits), \
		TEXT(BOOT_URL, boot_url, type, boot.url, "boot_url", "boot URL", bits)

static const struct use cluster_uses[] = {
	NAME_ROW(text),
	DESCRIPTION_ROW,
	TEXT(DOMAIN, name, cluster, domain, "domain", "domain", 0),
	TEXTS(NAMESERVER, name_server, cluster, nameservers, "nameservers",
		"name servers", 0),
	TEXTS(TIMESERVER, server, cluster, timeservers, "timeservers", "time servers", 0),
	TEXTS(SEARCH, name, cluster, search, "search", "search", 0),
	TEXT(INSTALL_SERVER, url, cluster, install_server, "install_server",
		"install server", 0),
	TEXT(TIMEZONE, timezone, cluster, timezone, "timezone", "time zone", 0),
	TEXTS(SSH_AUTHORIZED_KEY, authorized_key, cluster, authorized_keys,
		"authorized_keys", "authorized keys", 0),
	DNS_ROW(cluster, 0),
	TEXTS(DHCP_OPTION, dhcp_option, cluster, option_texts, NULL, "DHCP options", 0),
	{0},
};

static const struct use network_uses[] = {
	NAME_ROW(text),
	DESCRIPTION_ROW,
	TEXT(NETWORK, text, network, number, NULL, "network",
		USE_REQUIRED | USE_CALLS), /* what it means: prefix */
	HAND(NETMASK), /* with the number: prefix */
	TEXT(DOMAIN, name, network, domain, "domain", "domain", 0),
	ROW(GATEWAY, IP, gateway, network, gateway, "gateway", "gateway", 0),
	TEXTS(NAMESERVER, name_server, network, nameservers, "nameservers",
		"name servers", 0),
	HAND(DYNAMIC_RANGE), /* pairs of addresses: ranges */
	TEXT(SHARED_NETWORK, text, network, shared_name, "shared_network",
		"shared network", 0),
	TEXT(BRIDGE, bridge, network, bridge, "bridge", "bridge", 0),
	COUNT(VLAN, network, vlan, 1, 4094, "vlan", "VLAN", 0),
	COUNT(MTU, network, mtu, 68, 65535, "mtu", "MTU", 0),
	TRUTH(ISOLATED, network, is_isolated, "is_isolated", "isolated", 0),
	BOOT_ROWS(network, 0),
	COUNT(LEASE_TIME, network, lease_time, 60, INT32_MAX, "lease_time", "lease (s)",
		0),
	DNS_ROW(network, 0),
	TEXTS(STATIC_ROUTE, static_route, network, route_texts, NULL, "static routes", 0),
	TEXTS(DHCP_OPTION, dhcp_option, network, option_texts, NULL, "DHCP options", 0),
	TEXT(DHCP_INTERFACE, bridge, network, dhcp_interface, "dhcp_interface",
		"DHCP interface", 0),
	{0},
};

/* Of hosts and VCNs. Names, MACs and addresses make interfaces. */
#define MACHINE_ROWS \
	HAND(NAME), HAND(ALIAS), HAND(MAC), HAND(DUID), HAND(ADDRESS), DESCRIPTION_ROW, \
		TEXT(DOMAIN, name, machine_rare, own_domain, NULL, "domain", \
			USE_COUNTS | USE_MAPPED), \
		TEXT(LOCATION, prose, machine_rare, location, "location", "location", \
			USE_FIRST), \
		TEXT(SERIAL, prose, machine_rare, serial, "serial", "serial", \
			USE_FIRST), \
		TRUTH(ENABLED, machine, is_enabled, "is_enabled", "enabled", \
			USE_COUNTS | USE_DEFAULT_TRUE), \
		BOOT_ROWS(machine_rare, USE_COUNTS), \
		COUNT(MEMORY, machine, memory_mib, 1, INT32_MAX, "memory", \
			"memory (MiB)", USE_COUNTS)

static const struct use host_uses[] = {
	MACHINE_ROWS,
	COUNT(CPUS, machine, cpus, 1, 65535, NULL, "cpus", USE_COUNTS),
	KEY(PROFILE, machine, profile_dn, "profile", USE_COUNTS | USE_CALLS),
	TRUTH(INSTALL, machine, installs, NULL, "installs", 0),
	ROW(INSTALL_UNTIL, TIME, time, machine_install, until, NULL, "installs until", 0),
	TEXTS(INSTALL_DISK, install_disk, machine_install, own_disks, NULL,
		"install disks", 0),
	DNS_ROW(machine_rare, USE_COUNTS),
	TEXTS(SSH_HOST_KEY, ssh_key, machine_rare, host_keys, "host_keys",
		"SSH host keys", USE_COUNTS),
	TRUTH(DRAIN, machine, drains, "drains", "drains", 0),
	TEXTS(GUEST_FIRMWARE, firmware, machine_rare, guest_firmware, "guest_firmware",
		"firmware for VCNs", 0),
	{0},
};

static const struct use vcn_uses[] = {
	MACHINE_ROWS,
	COUNT(CPUS, machine, cpus, 1, 1024, NULL, "cpus", USE_COUNTS),
	COUNT(SCRATCH, machine_guest, scratch_mib, 1, INT32_MAX, "scratch",
		"scratch (MiB)", USE_COUNTS),
	TEXTS(DISK, guest_disk, machine_guest, disk_texts, NULL, "disks", USE_COUNTS),
	TRUTH(HUGE_PAGES, machine, has_huge_pages, "has_huge_pages", NULL, USE_COUNTS),
	TEXT(CPU_SET, cpu_list, machine_guest, cpu_set, "cpu_set", "processors",
		USE_COUNTS),
	TEXT(SEED, seed, machine_guest, seed, "seed", "seed", USE_COUNTS),
	TEXTS(CREDENTIAL, credential, machine_guest, credential_texts, NULL,
		"credentials", USE_COUNTS),
	KEY(HOST, machine, host_dn, "host", USE_COUNTS),
	KEY(IMAGE, machine, image_dn, "image", USE_COUNTS | USE_CALLS),
	TEXT(VO, word, machine, vo, "vo", "vo", USE_COUNTS),
	{0},
};

static const struct use interface_uses[] = {
	TEXT(NAME, word, record, name, NULL, NULL, USE_REQUIRED),
	TEXT(DESCRIPTION, prose, record, description, NULL, "description", USE_FIRST),
	HAND(MAC),
	HAND(DUID),
	HAND(ADDRESS),
	TRUTH(BOOT_INTERFACE, interface, wants_boot, NULL, "boots", 0),
	TRUTH(MANAGEMENT, interface, is_management, "is_management", "management", 0),
	TEXT(PARENT, bridge, interface_rare, parent_name, NULL, "parent", 0),
	COUNT(VLAN, interface_rare, vlan_number, 1, 4094, NULL, "VLAN", 0),
	TEXT(BRIDGE, bridge, interface_rare, bridge_name, NULL, "bridge", 0),
	TEXT(BOND_OPTIONS, bond_options, interface_rare, bond_options, NULL,
		"bond options", 0),
	{0},
};

static const struct use image_uses[] = {
	NAME_ROW(text),
	DESCRIPTION_ROW,
	TEXT(IMAGE_PATH, path, image, path, "path", "path", 0),
	TEXT(IMAGE_FORMAT, format, image, format, "format", "format", 0),
	TRUTH(SNAPSHOT, image, snapshot, "snapshot", "snapshot", USE_DEFAULT_TRUE),
	TEXT(KERNEL, path, image, kernel, "kernel", "kernel", 0),
	TEXT(INITRD, path, image, initrd, "initrd", "initrd", 0),
	TEXT(ARGUMENTS, arguments, image, arguments, "arguments", "arguments", 0),
	TEXT(CHECKSUM, checksum, image, checksum, "checksum", "checksum", 0),
	TEXT(ARCHITECTURE, architecture, image, architecture, "architecture",
		"architecture", 0),
	TEXT(FIRMWARE, firmware, image, firmware, "firmware", "firmware", 0),
	TEXT(READINESS, readiness, image, readiness, "readiness", "readiness", 0),
	{0},
};

static const struct use repository_uses[] = {
	NAME_ROW(word),
	DESCRIPTION_ROW,
	TEXTS(BASE_URL, package_url, repository, base_urls, "base_urls", "base URLs", 0),
	TEXT(MIRROR_LIST, package_url, repository, mirror_list, "mirror_list",
		"mirror list", 0),
	TEXT(METALINK, package_url, repository, metalink, "metalink", "metalink", 0),
	TEXTS(GPG_KEY, package_url, repository, gpg_keys, "gpg_keys", "GPG keys", 0),
	ROW(COST, COST, cost, repository, cost, "cost", "cost", 0),
	TEXTS(INCLUDE, glob, repository, includes, "includes", "includes", 0),
	TEXTS(EXCLUDE, glob, repository, excludes, "excludes", "excludes", 0),
	TEXT(PROXY, package_url, repository, proxy, "proxy", "proxy", 0),
	TRUTH(NO_VERIFY_SSL, repository, no_verify_ssl, "no_verify_ssl", NULL, 0),
	TEXT(CA_CERTIFICATE, path, repository, ca_certificate, "ca_certificate",
		"CA certificate", 0),
	TEXT(SUITE, suite, repository, suite, "suite", "suite", 0),
	TEXTS(COMPONENT, suite, repository, components, "components", "components", 0),
	COUNT(PIN_PRIORITY, repository, pin_priority, 1, 1000, "pin_priority",
		"pin priority", 0),
	TRUTH(KEEP, repository, keep, "keep", "kept", 0),
	{0},
};

static const struct use profile_uses[] = {
	NAME_ROW(word),
	DESCRIPTION_ROW,
	TEXT(INSTALL_URL, install_url, profile, install_url, "install_url", "install URL",
		0),
	TEXT(MIRROR_LIST, package_url, profile, mirror_list, "mirror_list", "mirror list",
		0),
	TEXT(METALINK, package_url, profile, metalink, "metalink", "metalink", 0),
	TRUTH(NO_VERIFY_SSL, profile, no_verify_ssl, "no_verify_ssl", NULL, 0),
	TEXT(CA_CERTIFICATE, path, profile, ca_certificate, "ca_certificate",
		"CA certificate", 0),
	TEXTS(SSH_AUTHORIZED_KEY, authorized_key, profile, authorized_keys,
		"authorized_keys", "authorized keys", 0),
	TEXT(INSTALL_IMAGE, boot_url, profile, install_image, "install_image",
		"install image", 0),
	TEXT(VERSION, version, profile, version, "version", "version", USE_REQUIRED),
	KEYS(REPOSITORY, profile, repository_dns, "repositories", 0),
	TEXTS(PACKAGE, package, profile, packages, "packages", "packages", 0),
	TEXTS(MODULE, module, profile, module_texts, NULL, "modules", 0),
	TEXTS(INSTALL_DISK, install_disk, profile, install_disks, NULL, "install disks",
		0),
	TEXT(TIMEZONE, timezone, profile, timezone, "timezone", "time zone", 0),
	TEXT(KERNEL, boot_path, profile, kernel, "kernel", "kernel", 0),
	TEXT(INITRD, boot_path, profile, initrd, "initrd", "initrd", 0),
	TEXT(ARGUMENTS, arguments, profile, arguments, "arguments", "arguments", 0),
	TRUTH(STRICT, profile, is_strict, "is_strict", "strict", 0),
	{0},
};

static const struct use group_uses[] = {
	TEXT(NAME, text, record, name, "name", NULL, USE_REQUIRED),
	DESCRIPTION_ROW,
	ROW(MEMBER, KEYS, member, node_group, member_dns, NULL, "members", 0),
	TEXTS(TRIPLE, triple, node_group, triples, NULL, "triples", 0),
	TEXTS(NETGROUP, prose, node_group, netgroups, NULL, "netgroups", 0),
	TRUTH(SPREAD, node_group, is_spread, "is_spread", "spread", 0),
	{0},
};

const struct use *uses_of(enum kind kind)
{
	static const struct use none[] = {{0}};
	static const struct use *const tables[_KIND_MAX] = {
		[KIND_NONE] = none,
		[KIND_CLUSTER] = cluster_uses,
		[KIND_NETWORK] = network_uses,
		[KIND_HOST] = host_uses,
		[KIND_VCN] = vcn_uses,
		[KIND_INTERFACE] = interface_uses,
		[KIND_IMAGE] = image_uses,
		[KIND_REPOSITORY] = repository_uses,
		[KIND_PROFILE] = profile_uses,
		[KIND_GROUP] = group_uses,
	};

	return tables[kind];
}

const struct use *use_of(enum kind kind, enum field_id field)
{
	const struct use *use = uses_of(kind);

	while (use->field != FIELD_NONE && use->field != field)
		use++;
	return use->field == FIELD_NONE ? NULL : use;
}

size_t use_size(enum storage storage)
{
	switch (storage) {
	case STORAGE_TEXT:
	case STORAGE_KEY:
		return sizeof(const char *);
	case STORAGE_TEXTS:
	case STORAGE_KEYS:
		return sizeof(struct strings);
	case STORAGE_COUNT:
		return sizeof(uint32_t);
	case STORAGE_COST:
	case STORAGE_TIME:
		return sizeof(int64_t);
	case STORAGE_TRUTH:
		return sizeof(bool);
	case STORAGE_IP:
		return sizeof(struct ip);
	case STORAGE_NONE:
		break;
	}
	return 0;
}

void *use_member_write(struct arena *arena, const struct use *use, struct record *record)
{
	size_t part = use->place >> PART_SHIFT;

	if (part != 0)
		(void)!part_write(arena, (char *)record + part, use->part_size);
	return (void *)(uintptr_t)use_member(use, record);
}

/* The name of the record that a key points to: of a host or VCN the full one. */
static const char *name_behind(const struct site *site, const char *key)
{
	const struct record *record = key == NULL ? NULL : model_find(site, key);

	if (record == NULL)
		return NULL;
	return kind_is_node(record->kind) ? ((const struct machine *)record)->fqdn
					  : record->name;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_add(hash, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static uint64_t hash_texts(
	uint64_t hash, const struct site *site, const struct strings *list, bool are_keys)
{
	for (uint32_t i = 0; i < list->n; i++)
		hash = hash_text(hash,
			are_keys ? name_behind(site, list->items[i]) : list->items[i]);
	return hash_text(hash, NULL);
}

static uint64_t hash_member(uint64_t hash, const struct site *site, const struct use *use,
	const struct record *record)
{
	const void *member = use_member(use, record);

	switch (use->storage) {
	case STORAGE_TEXT:
		return hash_text(hash, *(const char *const *)member);
	case STORAGE_KEY:
		return hash_text(hash, name_behind(site, *(const char *const *)member));
	case STORAGE_TEXTS:
	case STORAGE_KEYS:
		return hash_texts(hash, site, member, use->storage == STORAGE_KEYS);
	case STORAGE_NONE:
		return hash;
	default:
		return hash_add(hash, member, use_size(use->storage));
	}
}

uint64_t use_hash(const struct site *site, const struct record *record, uint8_t with,
	uint8_t without, uint64_t hash)
{
	for (const struct use *use = uses_of((enum kind)record->kind);
		use->field != FIELD_NONE; use++)
		if ((use->flags & with) == with && (use->flags & without) == 0)
			hash = hash_member(hash, site, use, record);
	return hash;
}

static const char *texts_joined(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct strings *list, bool are_keys)
{
	struct buffer *out = buffer_new(mem_ctx);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text =
			are_keys ? name_behind(site, list->items[i]) : list->items[i];

		buffer_printf(out, "%s%s", i > 0 ? " " : "", text == NULL ? "?" : text);
	}
	return list->n > 0 ? out->data : NULL;
}

const char *use_text(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct record *record, const struct use *use)
{
	const void *member = use_member(use, record);
	char address[IP_TEXT_MAX];

	switch (use->storage) {
	case STORAGE_TEXT:
		return *(const char *const *)member;
	case STORAGE_KEY:
		return name_behind(site, *(const char *const *)member);
	case STORAGE_TEXTS:
	case STORAGE_KEYS:
		return texts_joined(mem_ctx, site, member, use->storage == STORAGE_KEYS);
	case STORAGE_COUNT:
		return *(const uint32_t *)member == 0
			       ? NULL
			       : mem_printf(mem_ctx, "%u", *(const uint32_t *)member);
	case STORAGE_COST:
		return *(const int64_t *)member < 0
			       ? NULL
			       : mem_printf(mem_ctx, "%lld",
					 (long long)*(const int64_t *)member);
	case STORAGE_TRUTH:
		return *(const bool *)member ? "yes" : "no";
	case STORAGE_TIME:
		return *(const int64_t *)member == 0
			       ? NULL
			       : text_format_time(mem_ctx, *(const int64_t *)member);
	case STORAGE_IP:
		return ip_is_set(*(const struct ip *)member)
			       ? mem_strdup(mem_ctx,
					 ip_format(*(const struct ip *)member, address))
			       : NULL;
	case STORAGE_NONE:
		break;
	}
	return NULL;
}
