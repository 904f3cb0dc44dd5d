/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/netlink.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

enum {
	/* by number: the kernel headers of older systems do not have it */
	PORT_LOCKED = 39,
	ENTRY_STICKY = 0x40, /* NTF_STICKY */
	MESSAGE_ROOM = 8192,
	IP6_GENERATE_NONE = 1, /* IN6_ADDR_GEN_MODE_NONE */
};

struct links {
	struct mnl_socket *socket;
	unsigned sequence;
	char message[MESSAGE_ROOM]; /* the one being built */
};

static int close_links(struct links *links)
{
	mnl_socket_close(links->socket);
	return 0;
}

struct links *links_open(TALLOC_CTX *mem_ctx, int *ret_error)
{
	struct links *links = mem_new(mem_ctx, struct links);

	links->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (links->socket == NULL ||
		mnl_socket_bind(links->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		*ret_error = errno;
		if (links->socket != NULL)
			mnl_socket_close(links->socket);
		talloc_free(links);
		return NULL;
	}
	links->sequence = (unsigned)time(NULL);
	talloc_set_destructor(links, close_links);
	return links;
}

/* Messages */

static struct nlmsghdr *start(struct links *links, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(links->message);

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++links->sequence;
	return message;
}

static struct nlmsghdr *start_link(struct links *links, uint16_t type, uint16_t flags,
	unsigned char family, int index)
{
	struct nlmsghdr *message = start(links, type, flags);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ifi_family = family;
	header->ifi_index = index;
	return message;
}

/* Sends and reads until the answer is complete: an ack, or the end of a dump. */
static int talk(
	struct links *links, struct nlmsghdr *message, mnl_cb_t callback, void *data)
{
	char answer[32768];
	unsigned port = mnl_socket_get_portid(links->socket);

	if (mnl_socket_sendto(links->socket, message, message->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(links->socket, answer, sizeof(answer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		int r = mnl_cb_run(
			answer, (size_t)n, links->sequence, port, callback, data);

		if (r < 0)
			return -errno;
		if (r == MNL_CB_STOP)
			return 0;
	}
}

static int order(struct links *links, struct nlmsghdr *message)
{
	message->nlmsg_flags |= NLM_F_ACK;
	return talk(links, message, NULL, NULL);
}

/* Reading links */

static int collect(const struct nlattr *attribute, void *data)
{
	const struct nlattr **table = data;
	uint16_t type = mnl_attr_get_type(attribute);

	if (type < 64)
		table[type] = attribute;
	return MNL_CB_OK;
}

/* The attributes of a nest by number; the table starts out empty. */
#define ATTRIBUTES(name) const struct nlattr *name[64] = {NULL}

static void open_nest(const struct nlattr *nest, const struct nlattr **table)
{
	if (nest != NULL)
		mnl_attr_parse_nested(nest, collect, table);
}

static bool is_kind(const struct nlattr *attribute, const char *kind)
{
	return attribute != NULL && mnl_attr_get_payload_len(attribute) > strlen(kind) &&
	       strcmp(mnl_attr_get_str(attribute), kind) == 0;
}

static bool flag(const struct nlattr *attribute)
{
	return attribute != NULL && mnl_attr_get_payload_len(attribute) >= 1 &&
	       mnl_attr_get_u8(attribute) != 0;
}

static unsigned number(const struct nlattr *attribute)
{
	return attribute != NULL && mnl_attr_get_payload_len(attribute) >= 4
		       ? mnl_attr_get_u32(attribute)
		       : 0;
}

static int read_bridge(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct bridge *bridge = data;
	ATTRIBUTES(link);
	ATTRIBUTES(info);
	ATTRIBUTES(values);

	mnl_attr_parse(message, sizeof(*header), collect, link);
	open_nest(link[IFLA_LINKINFO], info);
	bridge->index = header->ifi_index;
	bridge->is_up = (header->ifi_flags & IFF_UP) != 0;
	bridge->mtu = number(link[IFLA_MTU]);
	if (link[IFLA_ADDRESS] != NULL && mnl_attr_get_payload_len(link[IFLA_ADDRESS]) ==
						  sizeof(bridge->address.bytes))
		memcpy(bridge->address.bytes, mnl_attr_get_payload(link[IFLA_ADDRESS]),
			sizeof(bridge->address.bytes));
	bridge->is_bridge = is_kind(info[IFLA_INFO_KIND], "bridge");
	if (!bridge->is_bridge)
		return MNL_CB_OK;
	open_nest(info[IFLA_INFO_DATA], values);
	bridge->filters_vlans = flag(values[IFLA_BR_VLAN_FILTERING]);
	if (values[IFLA_BR_VLAN_DEFAULT_PVID] != NULL)
		bridge->default_vlan =
			mnl_attr_get_u16(values[IFLA_BR_VLAN_DEFAULT_PVID]);
	return MNL_CB_OK;
}

int link_find_bridge(struct links *links, const char *name, struct bridge *ret)
{
	struct nlmsghdr *message =
		start_link(links, RTM_GETLINK, NLM_F_ACK, AF_UNSPEC, 0);

	if (strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	*ret = (struct bridge){0};
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return talk(links, message, read_bridge, ret);
}

static int read_port(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct port_state *port = data;
	ATTRIBUTES(link);
	ATTRIBUTES(info);
	ATTRIBUTES(values);

	mnl_attr_parse(message, sizeof(*header), collect, link);
	open_nest(link[IFLA_LINKINFO], info);
	port->bridge_index = (int)number(link[IFLA_MASTER]);
	port->mtu = number(link[IFLA_MTU]);
	port->is_up = (header->ifi_flags & IFF_UP) != 0;
	if (!is_kind(info[IFLA_INFO_SLAVE_KIND], "bridge"))
		return MNL_CB_OK;
	open_nest(info[IFLA_INFO_SLAVE_DATA], values);
	/* What the kernel does not say is not taken as done. */
	port->learns = values[IFLA_BRPORT_LEARNING] == NULL ||
		       flag(values[IFLA_BRPORT_LEARNING]);
	port->floods = values[IFLA_BRPORT_UNICAST_FLOOD] == NULL ||
		       flag(values[IFLA_BRPORT_UNICAST_FLOOD]);
	port->knows_locked = values[PORT_LOCKED] != NULL;
	port->is_locked = flag(values[PORT_LOCKED]);
	port->is_isolated = flag(values[IFLA_BRPORT_ISOLATED]);
	return MNL_CB_OK;
}

int link_read_port(struct links *links, int index, struct port_state *ret)
{
	struct nlmsghdr *message =
		start_link(links, RTM_GETLINK, NLM_F_ACK, AF_UNSPEC, index);

	*ret = (struct port_state){.learns = true, .floods = true};
	return talk(links, message, read_port, ret);
}

/* Changing links */

int link_prepare(struct links *links, int index, struct mac address, unsigned mtu,
	const char *alias)
{
	struct nlmsghdr *message = start_link(links, RTM_NEWLINK, 0, AF_UNSPEC, index);

	mnl_attr_put(message, IFLA_ADDRESS, sizeof(address.bytes), address.bytes);
	mnl_attr_put_u32(message, IFLA_MTU, mtu);
	mnl_attr_put_strz(message, IFLA_IFALIAS, alias);
	return order(links, message);
}

int link_silence(struct links *links, int index)
{
	struct nlmsghdr *message = start_link(links, RTM_NEWLINK, 0, AF_UNSPEC, index);
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *ip6 = mnl_attr_nest_start(message, AF_INET6);

	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IP6_GENERATE_NONE);
	mnl_attr_nest_end(message, ip6);
	mnl_attr_nest_end(message, families);
	return order(links, message);
}

int link_join(struct links *links, int index, int bridge_index)
{
	struct nlmsghdr *message = start_link(links, RTM_NEWLINK, 0, AF_UNSPEC, index);

	mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)bridge_index);
	return order(links, message);
}

int link_set_port(struct links *links, int index, bool floods, bool is_isolated)
{
	struct nlmsghdr *message = start_link(links, RTM_SETLINK, 0, AF_BRIDGE, index);
	struct nlattr *port = mnl_attr_nest_start(message, IFLA_PROTINFO);

	mnl_attr_put_u8(message, IFLA_BRPORT_LEARNING, 0);
	mnl_attr_put_u8(message, IFLA_BRPORT_UNICAST_FLOOD, floods);
	/* Linux 4.18; an older kernel passes over it, and the read-back tells. */
	mnl_attr_put_u8(message, IFLA_BRPORT_ISOLATED, is_isolated);
	mnl_attr_nest_end(message, port);
	return order(links, message);
}

int link_lock_port(struct links *links, int index)
{
	struct nlmsghdr *message = start_link(links, RTM_SETLINK, 0, AF_BRIDGE, index);
	struct nlattr *port = mnl_attr_nest_start(message, IFLA_PROTINFO);

	mnl_attr_put_u8(message, PORT_LOCKED, 1);
	mnl_attr_nest_end(message, port);
	return order(links, message);
}

int link_up(struct links *links, int index)
{
	struct nlmsghdr *message = start_link(links, RTM_NEWLINK, 0, AF_UNSPEC, index);
	struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	header->ifi_flags = header->ifi_change = IFF_UP;
	return order(links, message);
}

/* VLANs of a port */

static int change_vlan(
	struct links *links, uint16_t type, int index, unsigned vlan_id, uint16_t flags)
{
	struct nlmsghdr *message = start_link(links, type, 0, AF_BRIDGE, index);
	struct nlattr *spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct bridge_vlan_info info = {.flags = flags, .vid = (uint16_t)vlan_id};

	mnl_attr_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
	mnl_attr_nest_end(message, spec);
	return order(links, message);
}

int link_set_vlan(struct links *links, int index, unsigned vlan_id, unsigned old)
{
	int r = change_vlan(links, RTM_SETLINK, index, vlan_id,
		BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);

	if (r < 0 || old == 0 || old == vlan_id)
		return r;
	r = change_vlan(links, RTM_DELLINK, index, old, 0);
	return r == -ENOENT ? 0 : r; /* a port that is mended has left it before */
}

struct vlan_look {
	int index;
	unsigned vlan_id;
	unsigned n, n_right; /* VLANs of the port, and those that are as wanted */
};

static int count_vlans(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const uint16_t wanted = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
	struct vlan_look *look = data;
	const struct nlattr *attribute;
	ATTRIBUTES(link);

	if (header->ifi_index != look->index)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*header), collect, link);
	if (link[IFLA_AF_SPEC] == NULL)
		return MNL_CB_OK;
	mnl_attr_for_each_nested(attribute, link[IFLA_AF_SPEC])
	{
		const struct bridge_vlan_info *info = mnl_attr_get_payload(attribute);

		if (mnl_attr_get_type(attribute) != IFLA_BRIDGE_VLAN_INFO)
			continue;
		look->n++;
		if (info->vid == look->vlan_id && (info->flags & wanted) == wanted)
			look->n_right++;
	}
	return MNL_CB_OK;
}

int link_has_vlan(struct links *links, int index, unsigned vlan_id, bool *ret)
{
	struct vlan_look look = {.index = index, .vlan_id = vlan_id};
	struct nlmsghdr *message =
		start_link(links, RTM_GETLINK, NLM_F_DUMP, AF_BRIDGE, 0);

	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN);
	int r = talk(links, message, count_vlans, &look);

	*ret = look.n == 1 && look.n_right == 1;
	return r;
}

/* The bridge's forwarding entries */

static struct nlmsghdr *start_address(struct links *links, uint16_t type, uint16_t flags,
	int index, struct mac mac, unsigned vlan_id)
{
	struct nlmsghdr *message = start(links, type, flags);
	struct ndmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ndm_family = AF_BRIDGE;
	header->ndm_ifindex = index;
	header->ndm_flags = NTF_MASTER;
	mnl_attr_put(message, NDA_LLADDR, sizeof(mac.bytes), mac.bytes);
	if (vlan_id != 0)
		mnl_attr_put_u16(message, NDA_VLAN, (uint16_t)vlan_id);
	return message;
}

int link_add_address(struct links *links, int index, struct mac mac, unsigned vlan_id)
{
	/* REPLACE: the bridge may have learned it elsewhere, when the VCN ran there. */
	struct nlmsghdr *message = start_address(
		links, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, index, mac, vlan_id);
	struct ndmsg *header = mnl_nlmsg_get_payload(message);

	header->ndm_state = NUD_NOARP; /* static; PERMANENT would mean the host's own */
	header->ndm_flags |= ENTRY_STICKY;
	return order(links, message);
}

int link_remove_address(struct links *links, int index, struct mac mac, unsigned vlan_id)
{
	struct nlmsghdr *message =
		start_address(links, RTM_DELNEIGH, 0, index, mac, vlan_id);

	return order(links, message);
}

static int read_address(const struct nlmsghdr *message, void *data)
{
	const struct ndmsg *header = mnl_nlmsg_get_payload(message);
	struct address_entry *entry = data;
	struct nda_cacheinfo times;
	ATTRIBUTES(values);

	entry->index = header->ndm_ifindex;
	entry->is_static = (header->ndm_state & (NUD_NOARP | NUD_PERMANENT)) != 0;
	entry->is_local = (header->ndm_state & NUD_PERMANENT) != 0;
	entry->is_sticky = (header->ndm_flags & ENTRY_STICKY) != 0;
	mnl_attr_parse(message, sizeof(*header), collect, values);
	if (values[NDA_CACHEINFO] == NULL || entry->is_static ||
		mnl_attr_get_payload_len(values[NDA_CACHEINFO]) < sizeof(times))
		return MNL_CB_OK;
	memcpy(&times, mnl_attr_get_payload(values[NDA_CACHEINFO]), sizeof(times));
	entry->age_s = times.ndm_updated / (unsigned)sysconf(_SC_CLK_TCK);
	return MNL_CB_OK;
}

int link_find_address(struct links *links, int index, struct mac mac, unsigned vlan_id,
	struct address_entry *ret)
{
	struct nlmsghdr *message =
		start_address(links, RTM_GETNEIGH, NLM_F_ACK, index, mac, vlan_id);

	*ret = (struct address_entry){0};
	int r = talk(links, message, read_address, ret);

	return r == -ENOENT ? 0 : r;
}
