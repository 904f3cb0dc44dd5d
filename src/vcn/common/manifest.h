/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The room vcn/common: what the host's side and a guest's supervisor both know.
 *
 * takes:  the manifest, vcn.yaml, and files that supervisors wrote
 * gives:  guests as they shall be, settings, guests as they are, boot times
 * may use: base
 *
 * One host's launch manifest (vcn-manifest(5)): the VCNs it should run, complete and
 * self-describing, because hosts have no directory at hand. Every fault is reported with
 * file:line:column; a manifest with any fault is not used at all.
 */

#include "base/document.h"
#include "base/guest_value.h"
#include "base/net.h"
#include "vcn/common/architecture.h"

enum { GUEST_NAME_MAX = 200 }; /* a folder has its name */

enum image_format { IMAGE_QCOW2, IMAGE_RAW };
enum firmware_kind {
	FIRMWARE_DEFAULT,
	FIRMWARE_BIOS,
	FIRMWARE_UEFI,
	FIRMWARE_UEFI_SECURE
};
enum readiness { READINESS_NONE, READINESS_VIRTSERIAL, READINESS_NOTIFY };

struct guest_image {
	const char *path; /* NULL: no disk, a kernel boots */
	enum image_format format;
	bool snapshot; /* writes are thrown away */
	enum readiness readiness;
	const char *kernel, *initrd, *arguments, *checksum;
};

struct guest_interface {
	struct mac mac;
	const char *bridge;
	unsigned vlan_id; /* 0: untagged */
	unsigned mtu; /* 0: the bridge's */
	bool is_isolated; /* does not see other isolated ports of its bridge */
	/* What nobody else may answer for at a start; no part of the digest, because a
	 * guest that runs need not be started again for them. */
	struct ip *addresses;
	size_t n_addresses;
};

/* A disk beside that of the image. */
struct guest_disk {
	const char *name; /* which the guest finds it by */
	unsigned size_mib; /* of one that is thrown away */
	const char *path; /* of one that is kept; NULL: it is thrown away */
	enum image_format format;
};

/* What systemd in the guest hands to its services (systemd.exec(5)). */
struct guest_credential {
	const char *name;
	const char *value; /* of what is no secret */
	const char *path; /* else: the file of the host that has it */
	bool is_own; /* of whoever runs this VCN, wherever it lies (run --credential) */
};

/* One VCN as the manifest wants it. */
struct guest {
	const char *name, *fqdn, *uuid, *vo;
	bool is_enabled;
	unsigned memory_mib, cpus;
	unsigned scratch_mib; /* what it may write and throw away; 0: the host's limit */
	struct guest_image image;
	bool has_huge_pages; /* its memory is of the host's huge pages */
	const char *cpuset; /* processors of the host that are its own; NULL: any */
	struct cpu_list cpu_list; /* the same */
	enum architecture architecture;
	enum firmware_kind firmware;
	const char *seed; /* URL of what configures it; NULL: none */
	struct guest_credential *credentials;
	size_t n_credentials;
	struct guest_disk *disks;
	size_t n_disks;
	struct guest_interface *interfaces;
	size_t n_interfaces;
	/* SHA-256 over everything above in a canonical form: changed means outdated */
	char digest[65];
	struct loc where;
};

struct manifest {
	const char *path;
	const char *host;
	uint64_t serial;
	struct guest *guests; /* by name */
	size_t n_guests;
	bool has_trailer;
	const char *text; /* as it was read */
	size_t len;
};

/*
 * manifest_parse - text to manifest
 *
 * shape:  @needs_trailer: a file without trailer is a fault (EXIT_REFUSED); a damaged
 *         trailer always is. Unknown keys, wrong types, bad MACs, names, UUIDs and sizes,
 *         duplicate names, UUIDs and MACs are EXIT_DATA.
 * memory: below @mem_ctx
 */
int manifest_parse(TALLOC_CTX *mem_ctx, const char *path, const char *text, size_t len,
	bool needs_trailer, struct diags *diags,
	struct manifest **ret_manifest) _must_check_;
/* What a file must be, to be used. */
struct manifest_demands {
	bool needs_trailer;
	const char
		*key; /* the file of a public key that has signed it; NULL: none need */
	unsigned timeout_ms;
};

/*
 * manifest_load - the same from a file, and from its signature beside it
 *
 * errors: -EXIT_BUSY, and no failure yet, where it is not read in time; EXIT_REFUSED
 *         without the signature that is demanded
 */
int manifest_load(TALLOC_CTX *mem_ctx, const char *path,
	const struct manifest_demands *demands, struct diags *diags,
	struct manifest **ret_manifest) _must_check_;
const struct guest *manifest_find(const struct manifest *manifest, const char *name);
/* @message without "VCN 'NAME': " in front, which whoever shows it says; borrowed. */
const char *guest_own_words(const struct guest *guest, const char *message);
/* The addresses of all of its interfaces as one text, to be compared. */
const char *guest_addresses(TALLOC_CTX *mem_ctx, const struct guest *guest) _must_check_;
/*
 * guest_on_wire - what only one VCN of a host can have at a time
 *
 * shape: its MACs and addresses, each with the bridge and VLAN that it is on: "MAC
 *        02:5a:00:00:00:01 on br0", "address 192.0.2.1 on br0 in VLAN 7"
 */
void guest_on_wire(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const char ***ret, size_t *ret_n);
/* The same of one interface, and one of its addresses; NULL: its MAC. */
const char *guest_wire_key(TALLOC_CTX *mem_ctx, const struct guest_interface *nic,
	const struct ip *address) _must_check_;
/* The same of the files that it writes to and that are kept: "file /srv/home.qcow2" */
void guest_on_disk(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const char ***ret, size_t *ret_n);
