/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vcn/guest/kvm.h"
#include "vcn/guest/neighbour.h"
#include "vcn/guest/netlink.h"
#include "vcn/guest/presence.h"
#include "vcn/guest/tap.h"

enum {
	ALIAS_MAX = 255,
	TAP_ADDRESS_FIRST = 0xfe,
	MTU_MAX = 65535,
	HEARD_LATELY_S = 10,
	/* locally administered, and no TAP's of ours */
	ASKER_FIRST = 0xfa,
	ASKER_OTHER = 0xf6,
};

/* What every step needs to know, and to say when it fails. */
struct port_job {
	struct links *links;
	const struct launch_settings *settings;
	const struct guest *guest;
	const struct guest_interface *interface;
	const char *bridge_name;
	struct bridge bridge;
	struct network_port *port;
	int index;
	bool has_run_here;
	bool is_start; /* of the guest: somebody else may have its address */
	struct diags *diags;
};

static int fail(const struct port_job *job, int error, const char *what)
{
	return diag_fail_errno(job->diags, EXIT_IO, error, job->guest->where,
		"VCN '%s': its interface '%s' on bridge '%s' %s", job->guest->name,
		job->port->name, job->bridge_name, what);
}

/* The TAP */

static int tap_fault(const struct network_port *port, const struct guest *guest,
	int error, struct diags *diags)
{
	if (error == EPERM || error == EACCES)
		return diag_fail(diags, EXIT_IO, guest->where,
			"VCN '%s': only root can put guests into a "
			"bridge; 'network: user' in vcn.yaml does without",
			guest->name);
	return diag_fail_errno(diags, EXIT_IO, error, guest->where,
		"VCN '%s': its interface '%s' cannot be made%s", guest->name, port->name,
		error == EBUSY ? "; another process has it" : "");
}

/* One vhost for each: where there is none, one queue it is. */
static bool wants_queues(const struct guest *guest)
{
	return guest->cpus > 1 && kvm_has_vhost_net();
}

/* A queue of the port's TAP, the first one of which makes it; -errno. */
static int open_queue(const struct network_port *port, int flags)
{
	struct ifreq request = {
		.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags)};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	memcpy(request.ifr_name, port->name, IFNAMSIZ);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0)
		return fd;
	int error = errno;

	mem_close_fd(&fd);
	return -error;
}

static int open_tap(
	struct network_port *port, const struct guest *guest, struct diags *diags)
{
	/* EXCL: else somebody's persistent TAP of this name would be taken over silently. */
	int flags = IFF_TUN_EXCL | (wants_queues(guest) ? IFF_MULTI_QUEUE : 0);

	port->tap_fd = open_queue(port, flags);
	return port->tap_fd < 0 ? tap_fault(port, guest, -port->tap_fd, diags) : 0;
}

/*
 * The further queues, each with its vhost. What cannot be had is done without: the guest has a
 * queue less, or none by vhost.
 */
static void open_queues(struct network_port *port, const struct guest *guest)
{
	unsigned wanted = wants_queues(guest) ? guest->cpus : 1;

	for (unsigned i = 0; i < wanted && i < QUEUES_MAX; i++) {
		int tap = i == 0 ? port->tap_fd : open_queue(port, IFF_MULTI_QUEUE);
		int vhost = tap < 0 ? -1 : kvm_open_vhost_net();

		if (vhost < 0) {
			if (i > 0)
				mem_close_fd(&tap);
			return;
		}
		if (i > 0)
			port->more_tap_fds[i - 1] = tap;
		port->vhost_fds[i] = vhost;
		port->queues = i + 1;
	}
}

/*
 * A bridge takes the lowest address of its ports for its own: with fe: in front the TAP's
 * never is. It must differ from the guest's, which the bridge would else take for local.
 */
static struct mac tap_address(struct mac guest)
{
	struct mac address = guest;

	address.bytes[0] = TAP_ADDRESS_FIRST;
	if (mac_compare(address, guest) == 0)
		address.bytes[1] ^= 0x80;
	return address;
}

/* The bridge port */

char *network_bridge_fault(TALLOC_CTX *mem_ctx, const struct bridge *bridge,
	const char *name, unsigned vlan_id)
{
	if (!bridge->is_bridge)
		return mem_printf(mem_ctx, "'%s' is no bridge", name);
	if (!bridge->is_up)
		return mem_printf(
			mem_ctx, "bridge '%s' is down (ip link set %s up)", name, name);
	if (vlan_id != 0 && !bridge->filters_vlans)
		return mem_printf(mem_ctx,
			"VLAN %u needs a bridge that filters VLANs "
			"(ip link set dev %s type bridge vlan_filtering 1)",
			vlan_id, name);
	if (vlan_id == 0 && bridge->filters_vlans && bridge->default_vlan == 0)
		return mem_printf(mem_ctx,
			"bridge '%s' filters VLANs, and has none for ports that name none "
			"(vlan_default_pvid 0): the interface needs a 'vlan'",
			name);
	return NULL;
}

static int find_bridge(struct port_job *job)
{
	TMP_CTX(tmp);
	int r = link_find_bridge(job->links, job->bridge_name, &job->bridge);

	if (r == -ENODEV)
		return diag_fail(job->diags, EXIT_IO, job->guest->where,
			"VCN '%s': this host has no bridge '%s'; "
			"bridge-map in vcn.yaml can give its name here",
			job->guest->name, job->bridge_name);
	if (r < 0)
		return fail(job, -r, "cannot be prepared");
	char *fault = network_bridge_fault(
		tmp, &job->bridge, job->bridge_name, job->interface->vlan_id);

	return fault == NULL ? 0
			     : diag_fail(job->diags, EXIT_IO, job->guest->where,
				       "VCN '%s': %s", job->guest->name, fault);
}

/* What the bridge does not carry would be lost without a word. */
static int choose_mtu(struct port_job *job)
{
	unsigned wanted = job->interface->mtu, carried = job->bridge.mtu;

	if (wanted > carried)
		return diag_fail(job->diags, EXIT_IO, job->guest->where,
			"VCN '%s': the manifest's MTU %u is larger than the %u of bridge "
			"'%s'",
			job->guest->name, wanted, carried, job->bridge_name);
	job->port->mtu = wanted != 0 ? wanted : carried < MTU_MAX ? carried : MTU_MAX;
	return 0;
}

static int join_bridge(struct port_job *job)
{
	const struct guest_interface *nic = job->interface;
	char alias[ALIAS_MAX + 1];
	int r;

	strncpy(alias, job->guest->fqdn, ALIAS_MAX);
	alias[ALIAS_MAX] = '\0';
	/* A smaller MTU than the bridge's would lower the bridge's. */
	r = link_prepare(
		job->links, job->index, tap_address(nic->mac), job->bridge.mtu, alias);
	if (r < 0)
		return fail(job, -r, "cannot have its address, MTU and alias");
	/* A kernel without IPv6 says no, and is right. */
	(void)!link_silence(job->links, job->index);
	r = link_join(job->links, job->index, job->bridge.index);
	if (r < 0)
		return fail(job, -r, "cannot join the bridge");
	return 0;
}

/* A TAP of another guest of this host. */
static bool is_tap_of_ours(int index)
{
	char name[IFNAMSIZ] = "";

	return if_indextoname((unsigned)index, name) != NULL && tap_is_ours(name);
}

static int refuse_elsewhere(
	struct port_job *job, const char *why, const struct address_entry *entry)
{
	char name[IFNAMSIZ] = "?";

	(void)!if_indextoname((unsigned)entry->index, name);
	return diag_fail(job->diags, EXIT_BUSY, job->guest->where,
		"VCN '%s': it still runs elsewhere, behind '%s' of bridge '%s': %s",
		job->guest->name, name, job->bridge_name, why);
}

/*
 * What another guest of this host was started with, and the manifest has given to this one since;
 * 0 where it is none's. @address: NULL: the MAC.
 */
static int refuse_neighbour(const struct port_job *job, const struct ip *address)
{
	TMP_CTX(tmp);

	return neighbour_refuse(job->settings, job->guest,
		guest_wire_key(tmp, job->interface, address), job->diags);
}

/* At the TAP of another guest: of ours, of a batch job's. */
static int refuse_tap(struct port_job *job, const struct address_entry *entry)
{
	int r = refuse_neighbour(job, NULL);

	return r < 0 ? r
		     : refuse_elsewhere(job, "its MAC is that of the guest there", entry);
}

static int claim_address(struct port_job *job)
{
	const struct guest_interface *nic = job->interface;
	struct address_entry entry;
	int r = link_find_address(job->links, job->index, nic->mac, nic->vlan_id, &entry);

	if (r < 0)
		return fail(job, -r, "cannot ask for its MAC");
	if (entry.index == 0 || entry.index == job->index)
		return 0;
	if (!entry.is_static)
		return job->is_start && entry.age_s < HEARD_LATELY_S
			       ? refuse_elsewhere(job, "its MAC was seen there", &entry)
			       : 0;
	/* What an earlier run has pinned may have moved to the uplink, and stays there. */
	if (job->has_run_here && !entry.is_local && !is_tap_of_ours(entry.index)) {
		r = link_remove_address(job->links, entry.index, nic->mac, nic->vlan_id);
		return r < 0 ? fail(job, -r, "cannot have its MAC's old entry removed")
			     : 0;
	}
	if (job->is_start && is_tap_of_ours(entry.index))
		return refuse_tap(job, &entry);
	char text[MAC_TEXT_MAX];

	return diag_fail(job->diags, EXIT_IO, job->guest->where,
		"VCN '%s': bridge '%s' has its MAC %s at another port", job->guest->name,
		job->bridge_name, mac_format(job->interface->mac, text));
}

static int set_vlan(struct port_job *job)
{
	unsigned vlan_id = job->interface->vlan_id;
	int r = vlan_id == 0 ? 0
			     : link_set_vlan(job->links, job->index, vlan_id,
				       job->bridge.default_vlan);

	return r < 0 ? fail(job, -r, "cannot be put into its VLAN") : 0;
}

static int pin_port(struct port_job *job)
{
	const struct guest_interface *nic = job->interface;
	int r = link_set_port(job->links, job->index, false, nic->is_isolated);

	if (r < 0)
		return fail(job, -r, "cannot be kept from learning and flooding");
	/* Only since Linux 5.16; the read-back tells whether it holds. */
	(void)!link_lock_port(job->links, job->index);
	r = set_vlan(job);
	if (r == 0)
		r = claim_address(job);
	if (r < 0)
		return r;
	r = link_add_address(job->links, job->index, nic->mac, nic->vlan_id);
	if (r < 0)
		return fail(job, -r, "cannot be pinned to its MAC");
	r = link_up(job->links, job->index);
	return r < 0 ? fail(job, -r, "cannot be switched on") : 0;
}

/* Reading back */

static int refuse(const struct port_job *job, const char *what)
{
	return diag_fail(job->diags, EXIT_IO, job->guest->where,
		"VCN '%s': its interface '%s' on bridge '%s' reads back wrong: %s",
		job->guest->name, job->port->name, job->bridge_name, what);
}

static int check_port(struct port_job *job)
{
	struct port_state now;
	int r = link_read_port(job->links, job->index, &now);

	if (r < 0)
		return fail(job, -r, "cannot be read back");
	if (now.bridge_index != job->bridge.index)
		return refuse(job, "it is not in the bridge");
	if (now.learns || now.floods)
		return refuse(job, "it learns or floods");
	if (now.mtu < job->bridge.mtu)
		return refuse(job, "its MTU is smaller than the bridge's");
	if (now.is_isolated != job->interface->is_isolated)
		return refuse(
			job, now.is_isolated ? "it is isolated" : "it is not isolated");
	if (!now.is_up)
		return refuse(job, "it is down");
	job->port->is_locked = now.is_locked;
	return now.knows_locked && !now.is_locked
		       ? refuse(job, "it does not drop foreign source addresses")
		       : 0;
}

static int check_pin(struct port_job *job)
{
	const struct guest_interface *nic = job->interface;
	struct address_entry entry;
	bool is_in_vlan = true;
	int r = link_find_address(job->links, job->index, nic->mac, nic->vlan_id, &entry);

	if (r == 0 && nic->vlan_id != 0)
		r = link_has_vlan(job->links, job->index, nic->vlan_id, &is_in_vlan);
	if (r < 0)
		return fail(job, -r, "cannot be read back");
	if (entry.index != job->index || !entry.is_static || !entry.is_sticky)
		return refuse(job, "its MAC is not pinned");
	return is_in_vlan ? 0 : refuse(job, "it is not in its VLAN alone");
}

static int check(struct port_job *job)
{
	int r = check_port(job);

	return r == 0 ? check_pin(job) : r;
}

/* Whatever of it is there already stays as it is. */
static int attach(struct port_job *job)
{
	int r = join_bridge(job);

	if (r == 0)
		r = pin_port(job);
	return r == 0 ? check(job) : r;
}

static int make_tap(struct port_job *job)
{
	int r = open_tap(job->port, job->guest, job->diags);

	if (r < 0)
		return r;
	job->index = (int)if_nametoindex(job->port->name);
	return job->index == 0 ? fail(job, errno, "has gone again") : 0;
}

/*
 * What the bridge itself sends is in a VLAN only where somebody has put the bridge into it.
 * So the port that the guest will have asks: it hears everything there, and nothing is
 * learned from it.
 */
static int enter_vlan(struct port_job *job)
{
	int r = make_tap(job);

	if (r == 0)
		r = join_bridge(job);
	if (r == 0)
		r = set_vlan(job);
	if (r < 0)
		return r;
	r = link_set_port(job->links, job->index, true, false);
	if (r == 0)
		r = link_up(job->links, job->index);
	return r < 0 ? fail(job, -r, "cannot listen in its VLAN") : 0;
}

static int prepare_port(struct port_job *job)
{
	int r = find_bridge(job);

	if (r == 0)
		r = choose_mtu(job);
	return r < 0 || job->interface->vlan_id == 0 ? r : enter_vlan(job);
}

static int set_up_port(struct port_job *job)
{
	int r = job->port->tap_fd < 0 ? make_tap(job) : 0;

	return r == 0 ? attach(job) : r;
}

/* What it sends */

static void check_frames(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest_interface *nic, struct network_port *port)
{
	port->ingress = (struct ingress){
		.tap = port->name,
		.mac = nic->mac,
		.addresses = nic->addresses,
		.n_addresses = nic->n_addresses,
		.filters = settings->filter,
		.rules = buffer_new(mem_ctx),
	};
	port->unchecked = ingress_write(mem_ctx, &port->ingress);
}

/*
 * A chain that could not be written was told at the start. Where nftables only had no time, as when
 * many guests start at once, it is tried again.
 */
static int keep_frames(const struct port_job *job, struct network_port *port)
{
	TMP_CTX(tmp);
	struct ingress *ingress = &port->ingress;
	bool was_written = ingress->digest[0] != '\0';

	if (was_written ? ingress_is_whole(ingress) : !ingress->is_due)
		return 0;
	const char *fault = ingress_write(tmp, ingress);

	if (fault == NULL)
		port->unchecked = NULL;
	return fault == NULL || !was_written
		       ? 0
		       : diag_fail(job->diags, EXIT_IO, job->guest->where,
				 "VCN '%s': what it sends through '%s' is not "
				 "checked: %s",
				 job->guest->name, job->port->name, fault);
}

/* Keeping */

static int check_told_mtu(struct port_job *job)
{
	if (job->port->mtu <= job->bridge.mtu)
		return 0;
	return diag_fail(job->diags, EXIT_IO, job->guest->where,
		"VCN '%s': the MTU of bridge '%s' is now %u, and the guest was told %u: "
		"restart it",
		job->guest->name, job->bridge_name, job->bridge.mtu, job->port->mtu);
}

static int keep_port(struct port_job *job)
{
	TMP_CTX(tmp);
	struct diags *diags = job->diags;

	job->index = (int)if_nametoindex(job->port->name);
	if (job->index == 0)
		return fail(job, errno, "has been removed: restart it");
	int r = find_bridge(job);

	if (r < 0)
		return r;
	job->diags = diags_new(tmp); /* what is mended is no finding */
	r = check(job);
	job->diags = diags;
	if (r < 0)
		r = attach(job);
	return r == 0 ? check_told_mtu(job) : r;
}

/* Elsewhere */

/*
 * Whoever asks from a port must not have the bridge's own MAC: what is sent to that would
 * never come back to the port.
 */
static struct mac asker(const struct port_job *job)
{
	struct mac mac = job->bridge.address;

	if (job->interface->vlan_id != 0)
		mac.bytes[0] = mac.bytes[0] == ASKER_FIRST ? ASKER_OTHER : ASKER_FIRST;
	return mac;
}

static size_t list_addresses(TALLOC_CTX *mem_ctx, const struct port_job *jobs,
	size_t n_jobs, struct presence **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < n_jobs; i++) {
		const struct guest_interface *nic = jobs[i].interface;

		for (size_t j = 0; j < nic->n_addresses; j++)
			*mem_push(mem_ctx, ret, &n) = (struct presence){
				.bridge_index = jobs[i].bridge.index,
				.tap_fd = jobs[i].port->tap_fd,
				.asker = asker(&jobs[i]),
				.address = nic->addresses[j],
				.guest = nic->mac,
			};
	}
	return n;
}

/* The interface of the address that is @place in list_addresses(). */
static const struct port_job *job_of(
	const struct port_job *jobs, size_t n_jobs, size_t place)
{
	size_t i = 0;

	while (i + 1 < n_jobs && place >= jobs[i].interface->n_addresses)
		place -= jobs[i++].interface->n_addresses;
	return &jobs[i];
}

/* In a VLAN the question comes from outside, and the host answers it. */
static int refuse_host(const struct port_job *jobs, size_t n_jobs)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < n_jobs; i++) {
		const struct guest_interface *nic = jobs[i].interface;

		for (size_t j = 0; nic->vlan_id == 0 && j < nic->n_addresses; j++)
			if (neighbour_is_host(jobs[i].bridge_name, &nic->addresses[j]))
				return diag_fail(jobs->diags, EXIT_BUSY,
					jobs->guest->where,
					"VCN '%s': its address %s is this host's own, on "
					"bridge '%s'",
					jobs->guest->name,
					ip_format(nic->addresses[j], text),
					jobs[i].bridge_name);
	}
	return 0;
}

/* One question for all of its addresses, before anything of it is on the wire. */
static int ask_elsewhere(const struct port_job *jobs, size_t n_jobs)
{
	TMP_CTX(tmp);
	struct presence *asked = NULL;
	size_t n = list_addresses(tmp, jobs, n_jobs, &asked);
	int r = refuse_host(jobs, n_jobs);
	struct mac who;
	int found = r < 0 || n == 0 ? -1 : presence_ask(asked, n, &who);
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	if (found < 0)
		return r;
	r = refuse_neighbour(job_of(jobs, n_jobs, (size_t)found), &asked[found].address);

	return r < 0 ? r
		     : diag_fail(jobs->diags, EXIT_BUSY, jobs->guest->where,
			       "VCN '%s': it still runs elsewhere: its address %s is "
			       "answered for by %s",
			       jobs->guest->name, ip_format(asked[found].address, text),
			       mac_format(who, mac));
}

/* The job of interface @i, but for what is found out on the way. */
static struct port_job new_job(const struct launch_settings *settings,
	const struct guest *guest, size_t i, struct network_port *port,
	struct links *links, struct diags *diags)
{
	return (struct port_job){
		.links = links,
		.settings = settings,
		.guest = guest,
		.interface = &guest->interfaces[i],
		.bridge_name = launch_bridge(settings, guest->interfaces[i].bridge),
		.port = port,
		.diags = diags,
	};
}

const char *network_keep(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, struct network_port *ports)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	int error = 0, result = 0;

	if (settings->network == NETWORK_USER || guest->n_interfaces == 0)
		return NULL;
	struct links *links = links_open(tmp, &error);

	if (links == NULL)
		return "the kernel's netlink socket cannot be opened";
	for (size_t i = 0; i < guest->n_interfaces; i++) {
		struct network_port port = ports[i];
		struct port_job job = new_job(settings, guest, i, &port, links, diags);

		job.has_run_here = true;
		int r = keep_port(&job);

		if (r == 0)
			r = keep_frames(&job, &ports[i]);
		result = result < 0 ? result : r;
	}
	return result == 0 ? NULL
			   : mem_strdup(mem_ctx,
				     guest_own_words(guest, diag_last(diags)->message));
}

/* Opening and closing */

void network_handed_over(struct network_port *ports)
{
	for (size_t i = 0; i < talloc_array_length(ports); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ports[i].more_tap_fds); j++)
			mem_close_fd(&ports[i].more_tap_fds[j]);
		for (size_t j = 0; j < ARRAY_SIZE(ports[i].vhost_fds); j++)
			mem_close_fd(&ports[i].vhost_fds[j]);
	}
}

static int close_ports(struct network_port *ports)
{
	network_handed_over(ports);
	for (size_t i = 0; i < talloc_array_length(ports); i++)
		mem_close_fd(&ports[i].tap_fd);
	return 0;
}

static struct network_port *new_ports(TALLOC_CTX *mem_ctx, const struct guest *guest)
{
	struct network_port *ports =
		mem_array(mem_ctx, struct network_port, guest->n_interfaces);

	for (size_t i = 0; i < guest->n_interfaces; i++) {
		tap_name(guest->fqdn, i, ports[i].name);
		ports[i].tap_fd = -1;
		memset(ports[i].more_tap_fds, -1, sizeof(ports[i].more_tap_fds));
		memset(ports[i].vhost_fds, -1, sizeof(ports[i].vhost_fds));
	}
	talloc_set_destructor(ports, close_ports);
	return ports;
}

int network_open(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, bool has_run_here, struct diags *diags,
	struct network_port **ret_ports)
{
	TMP_CTX(tmp);
	struct network_port *ports = new_ports(tmp, guest);
	int error = 0;

	if (settings->network == NETWORK_USER || guest->n_interfaces == 0) {
		*ret_ports = talloc_steal(mem_ctx, ports);
		return 0;
	}
	struct links *links = links_open(tmp, &error);

	if (links == NULL)
		return diag_fail_errno(diags, EXIT_IO, error, guest->where,
			"VCN '%s': the kernel's netlink socket cannot be opened",
			guest->name);
	struct port_job *jobs = mem_array(tmp, struct port_job, guest->n_interfaces);
	int r = 0;

	ingress_sweep(NULL, 0);
	for (size_t i = 0; r == 0 && i < guest->n_interfaces; i++) {
		jobs[i] = new_job(settings, guest, i, &ports[i], links, diags);
		jobs[i].has_run_here = has_run_here;
		jobs[i].is_start = true;
		r = prepare_port(&jobs[i]);
	}
	if (r == 0)
		r = ask_elsewhere(jobs, guest->n_interfaces);
	for (size_t i = 0; r == 0 && i < guest->n_interfaces; i++) {
		r = set_up_port(&jobs[i]);
		if (r < 0)
			break;
		open_queues(&ports[i], guest);
		check_frames(ports, settings, &guest->interfaces[i], &ports[i]);
	}
	if (r < 0)
		return r;
	*ret_ports = talloc_steal(mem_ctx, ports);
	return 0;
}
