/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The launcher's settings, /etc/ldapcc/vcn.yaml (vcn.yaml(5)); every key has a default. */

#include "base/document.h"

enum accel { ACCEL_KVM, ACCEL_TCG };
enum network_mode { NETWORK_BRIDGE, NETWORK_USER };

/* `bridge-map: {br0: vmbr0}`: the manifest's bridge name on this host. */
struct bridge_alias {
	const char *from, *to;
};

struct launch_settings {
	const char *path; /* NULL: defaults, no file was read */
	const char *qemu; /* a name searched in PATH, or a path; qemu-system-x86_64 */
	const char *qemu_aarch64; /* the same for guests of aarch64 */
	struct string_list firmware; /* folders of QEMU's descriptions, the first wins */
	struct string_list qemu_roots; /* folders beside /usr that it needs */
	enum accel accel; /* kvm; tcg only where asked for */
	enum network_mode network;
	bool filter; /* drop what pretends to be another host */
	const char *passt; /* a name searched in PATH, or a path; for network: user */
	struct bridge_alias *bridge_map;
	size_t n_bridge_map;
	struct string_list image_roots; /* default: /images */
	/* What a manifest may ask of this host; without the key, anything. */
	bool has_bridges, has_writable_roots;
	struct string_list bridges; /* by their names on this host */
	struct string_list writable_roots; /* of images that guests write themselves */
	struct string_list credential_roots; /* default: /etc/ldapcc/credentials */
	const char *manifest_key; /* who must have signed it; NULL: nobody */
	const char *scratch; /* /var/lib/vcn/scratch: overlays live below it */
	unsigned scratch_limit_mib; /* of a guest whose manifest has none; 0: no limit */
	unsigned uid_first, uid_last; /* uid-range: [FIRST, LAST] or "FIRST-LAST" */
	unsigned memory_reserve_mib; /* left to the host */
	unsigned parallel; /* guests starting at once */
	unsigned stop_timeout_s; /* for the whole stop ladder */
	unsigned ready_timeout_s;
	struct string_list
		fence; /* a command, to which a host's name is added; n 0: none */
	unsigned fence_timeout_s;
	const char *runtime_dir; /* /run/vcn */
	const char *records; /* boot records, JSON lines: /var/lib/vcn/boots.jsonl */
};

/* @path NULL: /etc/ldapcc/vcn.yaml where it exists. EXIT_USAGE, all faults. */
int launch_settings_load(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct launch_settings **ret_settings) _must_check_;
/* The bridge's name on this host. */
const char *launch_bridge(const struct launch_settings *settings, const char *bridge);
