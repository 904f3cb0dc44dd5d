/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/file.h"
#include "base/guest_value.h"
#include "model/guest_parts.h"
#include "model/lint_node.h"
#include "model/lint_rules.h"

enum { HUGE_PAGE_MIB = 2 /* the smallest */ };

/* VCNs on their hosts */

static void check_bridge(
	struct reporter *r, struct machine *vcn, struct interface *interface)
{
	if (interface->network != NULL && interface->network->bridge != NULL)
		return;
	if (interface->network == NULL &&
		(record_refused(&interface->record, FIELD_ADDRESS) ||
			record_refused(&vcn->record, FIELD_ADDRESS)))
		return;
	struct finding *finding =
		check_report(r, CHECK_NO_BRIDGE, &interface->record, FIELD_ADDRESS,
			interface->network == NULL
				? "interface '%s' is in no network, so no bridge is known"
				: "interface '%s' is on a network without a bridge",
			interface->ifname == NULL ? "?" : interface->ifname);

	if (interface->network != NULL)
		lint_note(r, finding, &interface->network->record, FIELD_BRIDGE,
			"add the bridge's name here");
}

/* A bridge forwards by Ethernet addresses: no manifest has a place for another port. */
static void check_port(struct reporter *r, struct interface *interface)
{
	if (interface->n_macs == 0 && interface->rare->n_guids > 0)
		check_report(r, CHECK_NO_BRIDGE, &interface->record, FIELD_MAC,
			"interface '%s' is a port of InfiniBand, which no bridge takes",
			interface->ifname == NULL ? "?" : interface->ifname);
}

static void check_vcn(struct reporter *r, struct machine *vcn)
{
	if (record_refused(&vcn->record, FIELD_HOST))
		return;
	if (vcn->host_dn == NULL) {
		check_report(r, CHECK_VCN_UNPLACED, &vcn->record,
			vcn->excluded != FIELD_NONE ? vcn->excluded : FIELD_HOST,
			vcn->excluded != FIELD_NONE
				? "is excluded: names and DHCP only, nothing starts it"
				: "on no host: names and DHCP only, nothing starts it");
		return;
	}
	if (vcn->image_dn == NULL)
		lint_missing(r, &vcn->record, FIELD_IMAGE,
			"is missing: a placed VCN needs an image");
	if (vcn->memory_mib == 0)
		lint_missing(r, &vcn->record, FIELD_MEMORY,
			"is missing: a placed VCN needs memory");
	for (uint32_t i = 0; i < vcn->n_interfaces; i++) {
		check_bridge(r, vcn, vcn->interfaces[i]);
		check_port(r, vcn->interfaces[i]);
	}
}

/* Disks */

static void check_disk_name(struct reporter *r, struct machine *vcn, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(vcn->guest->disks[i].name, vcn->guest->disks[j].name) == 0) {
			check_report(r, CHECK_BAD_VALUE, &vcn->record, FIELD_DISK,
				"two disks have the name '%s'",
				vcn->guest->disks[i].name);
			return;
		}
}

static void check_disks(struct reporter *r, struct machine *vcn)
{
	if (vcn->guest->n_disks > GUEST_DISKS_MAX)
		check_report(r, CHECK_BAD_VALUE, &vcn->record, FIELD_DISK,
			"has more than %d disks", GUEST_DISKS_MAX);
	for (uint32_t i = 0; i < vcn->guest->n_disks; i++) {
		const struct guest_disk *disk = &vcn->guest->disks[i];

		check_disk_name(r, vcn, i);
		if (vcn->guest->scratch_mib == 0 ||
			disk->size_mib <= vcn->guest->scratch_mib)
			continue;
		struct finding *finding = check_report(r, CHECK_OVER_LIMIT, &vcn->record,
			FIELD_DISK, "disk '%s' has %u MiB, and the VCN may write %u",
			disk->name, disk->size_mib, vcn->guest->scratch_mib);

		lint_note(r, finding, &vcn->record, FIELD_SCRATCH, "the limit");
	}
}

/* A slot each on the guest's PCI bus, which its disks and its readiness have, too. */
static void check_slots(struct reporter *r, struct machine *vcn)
{
	const struct image *image = vcn->image;
	bool has_readiness = image != NULL && image->readiness != NULL &&
			     strcmp(image->readiness, "none") != 0;
	size_t n_disks =
		vcn->guest->n_disks + (image != NULL && image->path != NULL ? 1 : 0);
	unsigned max = guest_interfaces_max(n_disks, has_readiness);

	if (vcn->host_dn == NULL || vcn->n_interfaces <= max)
		return;
	const struct interface *last = vcn->interfaces[max];
	struct finding *finding =
		check_report(r, CHECK_OVER_LIMIT, &vcn->record, FIELD_NONE,
			"has %u interfaces, and beside %zu disks there are slots for %u",
			vcn->n_interfaces, n_disks, max);

	lint_note(r, finding, &last->record, FIELD_NONE, "the first that has none");
}

static void check_credential_name(struct reporter *r, struct machine *vcn, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(vcn->guest->credentials[i].name,
			    vcn->guest->credentials[j].name) == 0)
			check_report(r, CHECK_BAD_VALUE, &vcn->record, FIELD_CREDENTIAL,
				"two credentials have the name '%s'",
				vcn->guest->credentials[i].name);
}

static void check_credentials(struct reporter *r, struct machine *vcn)
{
	size_t sum = 0;

	if (vcn->guest->n_credentials > CREDENTIALS_MAX)
		check_report(r, CHECK_BAD_VALUE, &vcn->record, FIELD_CREDENTIAL,
			"has more than %d credentials", CREDENTIALS_MAX);
	for (uint32_t i = 0; i < vcn->guest->n_credentials; i++) {
		const char *value = vcn->guest->credentials[i].value;

		sum += value == NULL ? 0 : strlen(value);
		check_credential_name(r, vcn, i);
	}
	if (sum > CREDENTIALS_TEXT_MAX)
		check_report(r, CHECK_BAD_VALUE, &vcn->record, FIELD_CREDENTIAL,
			"has %zu bytes of credentials, and %d in all are possible: give "
			"long ones by their paths",
			sum, CREDENTIALS_TEXT_MAX);
}

/* Processors are numbered from 0; vocCPUs says how many a host gives to VCNs. */
static void check_processors(struct reporter *r, struct machine *vcn)
{
	struct cpu_list list = {.n = 0};

	if (vcn->has_huge_pages && vcn->memory_mib % HUGE_PAGE_MIB != 0)
		check_report(r, CHECK_BAD_VALUE, &vcn->record, FIELD_MEMORY,
			"%u is no multiple of %d: memory of huge pages is",
			vcn->memory_mib, HUGE_PAGE_MIB);
	if (vcn->guest->cpu_set == NULL || vcn->host == NULL || vcn->host->cpus == 0 ||
		cpu_list_parse(vcn->guest->cpu_set, &list) != NULL ||
		list.items[list.n - 1] < vcn->host->cpus)
		return;
	struct finding *finding = check_report(r, CHECK_OUTSIDE_HOST, &vcn->record,
		FIELD_CPU_SET, "'%s' has no processor %u: it has %u, from 0 on",
		vcn->host->name, list.items[list.n - 1], vcn->host->cpus);

	lint_note(r, finding, &vcn->host->record, FIELD_CPUS, "the host's processors");
}

static const char *firmware_of(const struct image *image)
{
	bool is_arm = image->architecture != NULL &&
		      strcmp(image->architecture, "aarch64") == 0;

	return image->firmware != NULL ? image->firmware : is_arm ? "uefi" : "bios";
}

static void check_firmware(struct reporter *r, struct machine *vcn)
{
	if (vcn->host == NULL || vcn->image == NULL ||
		vcn->host->rare->guest_firmware.n == 0)
		return;
	const struct strings *has = &vcn->host->rare->guest_firmware;
	const char *wanted = firmware_of(vcn->image);

	/* every QEMU for PCs brings a BIOS */
	if (strcmp(wanted, "bios") == 0)
		return;
	for (uint32_t i = 0; i < has->n; i++)
		if (strcmp(has->items[i], wanted) == 0)
			return;
	struct finding *finding = check_report(r, CHECK_OUTSIDE_HOST, &vcn->record,
		FIELD_IMAGE, "'%s' has no firmware '%s', which image '%s' wants",
		vcn->host->name, wanted, vcn->image->record.name);

	lint_note(r, finding, &vcn->image->record, FIELD_FIRMWARE, "wanted here");
	lint_note(r, finding, &vcn->host->record, FIELD_GUEST_FIRMWARE,
		"what the host has");
}

static unsigned cpus_of(const struct machine *vcn)
{
	return vcn->cpus > 0 ? vcn->cpus : 1;
}

/* What a host's VCNs take so far. */
struct taken {
	uint64_t memory_mib, cpus;
};

static void take_vcn(struct reporter *r, struct machine *host, struct machine *vcn,
	struct taken *taken)
{
	bool fits_memory = host->memory_mib == 0 ||
			   taken->memory_mib + vcn->memory_mib <= host->memory_mib;
	bool fits_cpus = host->cpus == 0 || taken->cpus + cpus_of(vcn) <= host->cpus;

	if (fits_memory && fits_cpus) {
		taken->memory_mib += vcn->memory_mib;
		taken->cpus += cpus_of(vcn);
		return;
	}
	struct finding *finding =
		fits_memory
			? check_report(r, CHECK_OVER_CAPACITY, &vcn->record, FIELD_CPUS,
				  "%u CPUs do not fit on '%s': %llu of %u are taken",
				  cpus_of(vcn), host->name,
				  (unsigned long long)taken->cpus, host->cpus)
			: check_report(r, CHECK_OVER_CAPACITY, &vcn->record, FIELD_MEMORY,
				  "%u MiB do not fit on '%s': %llu of %u MiB are taken",
				  vcn->memory_mib, host->name,
				  (unsigned long long)taken->memory_mib,
				  host->memory_mib);

	lint_note(r, finding, &host->record, fits_memory ? FIELD_CPUS : FIELD_MEMORY,
		"the host's share for VCNs");
}

/* First those that were there, then the others, by name; what no longer fits is in error. */
static void check_capacity(struct reporter *r, struct machine *host)
{
	struct taken taken = {0};

	for (int standing = STANDING_SAME; standing >= STANDING_NEW; standing--)
		for (uint32_t i = 0; i < host->n_vcns; i++) {
			struct machine *vcn = host->vcns[i];

			if (vcn->standing == standing && vcn->is_enabled &&
				!vcn->record.is_bad)
				take_vcn(r, host, vcn, &taken);
		}
}

static void report_name(
	struct reporter *r, struct machine *vcn, const struct machine *first)
{
	struct finding *finding = check_report(r, CHECK_DUP_NAME, &vcn->record,
		FIELD_NAME,
		"name '%s' is already taken on '%s': vcn tells the VCNs of a host apart "
		"by it",
		vcn->name, vcn->host->name);

	lint_note(r, finding, &first->record, FIELD_NAME, "first used here");
}

/*
 * vcn tells the VCNs of a host apart by their short names, whatever their domains. As with what
 * does not fit, in error is the one that came to the other.
 */
static void check_names(struct reporter *r, struct machine *host)
{
	TMP_CTX(tmp);
	struct table *by_name = table_new_folded(tmp, host->n_vcns);

	for (int standing = STANDING_SAME; standing >= STANDING_NEW; standing--)
		for (uint32_t i = 0; i < host->n_vcns; i++) {
			struct machine *vcn = host->vcns[i];

			if (vcn->standing != standing || vcn->record.is_bad)
				continue;
			void **slot = table_slot(by_name, vcn->name);

			if (*slot == NULL)
				*slot = vcn;
			else
				report_name(r, vcn, *slot);
		}
}

void lint_vcn(struct reporter *r, struct machine *vcn)
{
	if (!vcn->is_vcn)
		return;
	check_vcn(r, vcn);
	check_disks(r, vcn);
	check_slots(r, vcn);
	check_credentials(r, vcn);
	check_processors(r, vcn);
	check_firmware(r, vcn);
}

void lint_vm_host(struct reporter *r, struct machine *host)
{
	if (host->n_vcns == 0)
		return;
	check_names(r, host);
	check_capacity(r, host);
}

void lint_vcns(struct reporter *r)
{
	lint_nodes(r, NODE_VCN);
	lint_nodes(r, NODE_HOST);
}

/* Images */

static void check_image(struct reporter *r, struct image *image)
{
	bool has_kernel =
		image->kernel != NULL || record_refused(&image->record, FIELD_KERNEL);

	if (image->path == NULL && !has_kernel)
		lint_missing(r, &image->record, FIELD_IMAGE_PATH,
			"is missing: without a kernel an image needs a disk");
	if (image->firmware != NULL && strcmp(image->firmware, "bios") == 0 &&
		image->architecture != NULL &&
		strcmp(image->architecture, "aarch64") == 0)
		check_report(r, CHECK_BAD_VALUE, &image->record, FIELD_FIRMWARE,
			"there is no BIOS for aarch64");
	if (image->initrd != NULL && !has_kernel)
		lint_missing(r, &image->record, FIELD_KERNEL,
			"is missing: an initrd alone boots nothing");
}

/* A VCN by one of the files that it runs from. */
struct file_use {
	struct machine *vcn;
	enum field_id field; /* FIELD_IMAGE, or FIELD_DISK */
	bool writes;
};

/* Who uses a file, whichever image entry names it, or as a disk. */
struct file_users {
	struct file_use first, writer; /* without VCN: none */
};

static struct finding *report_image(
	struct reporter *r, const struct file_use *use, const struct file_use *other)
{
	const struct machine *writer = use->writes ? use->vcn : other->vcn;
	struct finding *finding = check_report(r, CHECK_IMAGE_SHARED, &use->vcn->record,
		FIELD_IMAGE,
		use->writes ? "image '%s' is writable, and '%s' runs from the same file"
			    : "the file of image '%s' is written to by '%s'",
		use->vcn->image->record.name, other->vcn->record.name);

	lint_note(r, finding, &writer->image->record, FIELD_SNAPSHOT,
		"writable because of this FALSE");
	return finding;
}

static struct finding *report_disk(struct reporter *r, const struct file_use *use,
	const struct file_use *other, const char *path)
{
	return check_report(r, CHECK_DISK_SHARED, &use->vcn->record, use->field,
		other->field == FIELD_DISK ? "'%s' is a kept disk of '%s'"
					   : "'%s' is the image of '%s'",
		path, other->vcn->record.name);
}

static void report_shared(struct reporter *r, const struct file_use *use,
	const struct file_use *other, const char *path)
{
	/* who was there first keeps the file */
	if (use->vcn->standing > other->vcn->standing) {
		report_shared(r, other, use, path);
		return;
	}
	bool has_disk = use->field == FIELD_DISK || other->field == FIELD_DISK;
	struct finding *finding =
		has_disk ? report_disk(r, use, other, path) : report_image(r, use, other);

	lint_note(r, finding, &other->vcn->record, other->field, "first used here");
	if (finding->severity == SEVERITY_ERROR &&
		other->vcn->standing == use->vcn->standing)
		other->vcn->record.is_bad = true;
}

/* By its path as it is written, and without what counts for nothing in it. */
static struct file_users *users_of(struct table *users, const char *path)
{
	struct file_users *file = table_find(users, path);

	if (file == NULL) {
		void **slot = table_slot(users, file_plain_path(users, path));

		if (*slot == NULL)
			*slot = mem_new(users, struct file_users);
		file = *slot;
		*table_slot(users, path) = file;
	}
	return file;
}

/* A file that one guest writes to is destroyed, or changes, under every other. */
static void use_file(struct reporter *r, struct table *users, const char *path,
	const struct file_use *use)
{
	struct file_users *file = users_of(users, path);
	const struct file_use *other = use->writes ? &file->first : &file->writer;

	if (other->vcn != NULL) {
		report_shared(r, use, other, path);
		/* who has no right to it is nobody whom others could disturb */
		if (use->vcn->record.is_bad)
			return;
	}
	if (file->first.vcn == NULL)
		file->first = *use;
	if (file->writer.vcn == NULL && use->writes)
		file->writer = *use;
}

/* Many guests read one kernel; a disk that lies over it is the fault. */
static void use_image(struct reporter *r, struct table *users, struct machine *vcn)
{
	const struct image *image = vcn->image;
	const struct {
		const char *path;
		bool writes;
	} files[] = {{image->path, !image->snapshot}, {image->kernel, false},
		{image->initrd, false}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i].path != NULL)
			use_file(r, users, files[i].path,
				&(struct file_use){vcn, FIELD_IMAGE, files[i].writes});
}

static void check_file_users(struct reporter *r)
{
	TMP_CTX(tmp);
	struct table *users = table_new(tmp, r->site->n_images);

	for (size_t i = 0; i < r->site->n_vcns; i++) {
		struct machine *vcn = r->site->vcns[i];
		const struct image *image = vcn->image;

		if (image == NULL || vcn->host == NULL || !vcn->is_enabled)
			continue;
		use_image(r, users, vcn);
		for (uint32_t j = 0; j < vcn->guest->n_disks; j++)
			if (vcn->guest->disks[j].path != NULL)
				use_file(r, users, vcn->guest->disks[j].path,
					&(struct file_use){vcn, FIELD_DISK, true});
	}
}

/* A file that nobody writes to may have any number of users. */
void lint_writer(struct reporter *r, struct machine *vcn)
{
	bool writes = vcn->image != NULL && !vcn->image->snapshot;

	for (uint32_t i = 0; i < vcn->guest->n_disks; i++)
		writes |= vcn->guest->disks[i].path != NULL;
	if (writes && !report_in_trial(r))
		r->trial->has_writers = true;
}

void lint_images(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_images; i++)
		check_image(r, r->site->images[i]);
	lint_nodes(r, NODE_WRITER);
	if (r->trial->has_writers)
		check_file_users(r);
}
