/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/presence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "vcn/guest/tap.h"

enum {
	N_QUESTIONS = 3, /* RFC 5227 PROBE_NUM, closer together: a start waits for them */
	QUESTION_GAP_MS = 250,
	LISTEN_MS = 800,
	MAC_BYTES = 6,
	IP4_BYTES = 4,
	IP6_BYTES = 16,
	ETHERNET_BYTES = 14,
	/* ARP, RFC 826 */
	ARP_BYTES = 28,
	ARP_OPERATION = 6,
	ARP_SENDER_MAC = 8,
	ARP_SENDER_IP = 14,
	ARP_TARGET_IP = 24,
	ARP_TARGET_MAC = 18,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	/* IPv6, RFC 8200; neighbour discovery, RFC 4861 */
	IP6_HEADER_BYTES = 40,
	IP6_NEXT = 6,
	IP6_SOURCE = 8,
	IP6_TARGET = 24,
	IP6_HOP_LIMIT = 255,
	ICMP6 = 58,
	ND_BYTES = 24,
	ND_TARGET = 8,
	ND_SOLICITATION = 135,
	ND_ADVERTISEMENT = 136,
	ND_OVERRIDE = 0x20,
	ND_OPTION_BYTES = 8,
	ND_OPTION_TARGET = 2, /* its link-layer address */
};

/* Writing */

static size_t put(uint8_t *frame, size_t at, const void *bytes, size_t len)
{
	memcpy(frame + at, bytes, len);
	return at + len;
}

static size_t put_u16(uint8_t *frame, size_t at, unsigned value)
{
	const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	return put(frame, at, bytes, sizeof(bytes));
}

static size_t put_ethernet(uint8_t *frame, const uint8_t target[MAC_BYTES],
	const struct presence *asked, unsigned type)
{
	size_t at = put(frame, 0, target, MAC_BYTES);

	at = put(frame, at, asked->asker.bytes, MAC_BYTES);
	return put_u16(frame, at, type);
}

static size_t put_arp(uint8_t *frame, const struct presence *asked)
{
	static const uint8_t everybody[MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t kind[] = {
		0, 1, 0x08, 0, MAC_BYTES, IP4_BYTES, 0, ARP_REQUEST};
	static const uint8_t nothing[MAC_BYTES + IP4_BYTES] = {0};
	size_t at = put_ethernet(frame, everybody, asked, ETHERTYPE_ARP);

	at = put(frame, at, kind, sizeof(kind));
	at = put(frame, at, asked->asker.bytes, MAC_BYTES);
	at = put(frame, at, nothing, IP4_BYTES); /* no sender: nobody's table changes */
	at = put(frame, at, nothing, MAC_BYTES);
	return put(frame, at, asked->address.bytes, IP4_BYTES);
}

/* RFC 1071 over the pseudo header of RFC 8200 section 8.1 */
static unsigned checksum(const uint8_t *ip6, const uint8_t *message, size_t len)
{
	unsigned sum = (unsigned)len + ICMP6;

	for (size_t i = IP6_SOURCE; i < IP6_HEADER_BYTES; i += 2)
		sum += (unsigned)ip6[i] << 8 | ip6[i + 1];
	for (size_t i = 0; i < len; i += 2)
		sum += (unsigned)message[i] << 8 | message[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t put_solicitation(uint8_t *frame, const struct presence *asked)
{
	const uint8_t *ip = asked->address.bytes;
	/* the solicited-node group, RFC 4291 section 2.7.1 */
	const uint8_t group[IP6_BYTES] = {
		0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ip[13], ip[14], ip[15]};
	const uint8_t mac[MAC_BYTES] = {0x33, 0x33, 0xff, ip[13], ip[14], ip[15]};
	static const uint8_t head[] = {0x60, 0, 0, 0, 0, ND_BYTES, ICMP6, IP6_HOP_LIMIT};
	static const uint8_t nobody[IP6_BYTES] = {0};
	static const uint8_t message[ND_TARGET] = {ND_SOLICITATION};
	size_t ip6 = put_ethernet(frame, mac, asked, ETHERTYPE_IPV6);
	size_t at = put(frame, ip6, head, sizeof(head));

	at = put(frame, at, nobody, sizeof(nobody));
	at = put(frame, at, group, sizeof(group));
	size_t nd = at;

	at = put(frame, at, message, sizeof(message));
	at = put(frame, at, ip, IP6_BYTES);
	put_u16(frame, nd + 2, checksum(frame + ip6, frame + nd, ND_BYTES));
	return at;
}

size_t presence_frame(const struct presence *asked, uint8_t ret_frame[PRESENCE_FRAME_MAX])
{
	return asked->address.family == 4 ? put_arp(ret_frame, asked)
					  : put_solicitation(ret_frame, asked);
}

/* Reading */

/* Another question for it, from @sender: who gives way? */
static bool wins(const struct presence *asked, const uint8_t sender[MAC_BYTES])
{
	struct mac other;

	memcpy(other.bytes, sender, MAC_BYTES);
	return mac_compare(other, asked->guest) == 0 ||
	       mac_compare(other, asked->asker) < 0;
}

static bool is_arp_answer(const struct presence *asked, const uint8_t *frame, size_t len)
{
	static const uint8_t nobody[IP4_BYTES] = {0};
	const uint8_t *arp = frame + ETHERNET_BYTES;

	if (len < ETHERNET_BYTES + ARP_BYTES)
		return false;
	if (memcmp(arp + ARP_SENDER_IP, asked->address.bytes, IP4_BYTES) == 0)
		return true;
	return arp[ARP_OPERATION + 1] == ARP_REQUEST &&
	       memcmp(arp + ARP_SENDER_IP, nobody, IP4_BYTES) == 0 &&
	       memcmp(arp + ARP_TARGET_IP, asked->address.bytes, IP4_BYTES) == 0 &&
	       wins(asked, arp + ARP_SENDER_MAC);
}

static bool is_nd_answer(const struct presence *asked, const uint8_t *frame, size_t len)
{
	static const uint8_t nobody[IP6_BYTES] = {0};
	const uint8_t *ip6 = frame + ETHERNET_BYTES, *nd = ip6 + IP6_HEADER_BYTES;

	if (len < ETHERNET_BYTES + IP6_HEADER_BYTES + ND_BYTES ||
		ip6[IP6_NEXT] != ICMP6 ||
		memcmp(nd + ND_TARGET, asked->address.bytes, IP6_BYTES) != 0)
		return false;
	if (nd[0] == ND_ADVERTISEMENT)
		return true;
	return nd[0] == ND_SOLICITATION &&
	       memcmp(ip6 + IP6_SOURCE, nobody, IP6_BYTES) == 0 &&
	       wins(asked, frame + MAC_BYTES);
}

bool presence_is_answer(const struct presence *asked, const uint8_t *frame, size_t len)
{
	unsigned type;

	if (len < ETHERNET_BYTES)
		return false;
	type = (unsigned)frame[ETHERNET_BYTES - 2] << 8 | frame[ETHERNET_BYTES - 1];
	if (asked->address.family == 4)
		return type == ETHERTYPE_ARP && is_arp_answer(asked, frame, len);
	return type == ETHERTYPE_IPV6 && is_nd_answer(asked, frame, len);
}

/* Answering */

/* The question comes from somebody else, who has no address yet. */
static bool is_arp_question(const struct presence *mine, const uint8_t *frame, size_t len)
{
	static const uint8_t nobody[IP4_BYTES] = {0};
	const uint8_t *arp = frame + ETHERNET_BYTES;

	return len >= ETHERNET_BYTES + ARP_BYTES &&
	       arp[ARP_OPERATION + 1] == ARP_REQUEST &&
	       memcmp(arp + ARP_SENDER_IP, nobody, IP4_BYTES) == 0 &&
	       memcmp(arp + ARP_TARGET_IP, mine->address.bytes, IP4_BYTES) == 0 &&
	       memcmp(arp + ARP_SENDER_MAC, mine->guest.bytes, MAC_BYTES) != 0;
}

static bool is_nd_question(const struct presence *mine, const uint8_t *frame, size_t len)
{
	static const uint8_t nobody[IP6_BYTES] = {0};
	const uint8_t *ip6 = frame + ETHERNET_BYTES, *nd = ip6 + IP6_HEADER_BYTES;

	return len >= ETHERNET_BYTES + IP6_HEADER_BYTES + ND_BYTES &&
	       ip6[IP6_NEXT] == ICMP6 && nd[0] == ND_SOLICITATION &&
	       memcmp(ip6 + IP6_SOURCE, nobody, IP6_BYTES) == 0 &&
	       memcmp(nd + ND_TARGET, mine->address.bytes, IP6_BYTES) == 0 &&
	       memcmp(frame + MAC_BYTES, mine->guest.bytes, MAC_BYTES) != 0;
}

static size_t put_reply(
	uint8_t *frame, const struct presence *mine, const uint8_t asker[MAC_BYTES])
{
	struct presence sender = {.asker = mine->guest, .address = mine->address};
	size_t len = put_arp(frame, &sender);
	uint8_t *arp = frame + ETHERNET_BYTES;

	memcpy(frame, asker, MAC_BYTES);
	arp[ARP_OPERATION + 1] = ARP_REPLY;
	memcpy(arp + ARP_SENDER_IP, mine->address.bytes, IP4_BYTES);
	memcpy(arp + ARP_TARGET_MAC, asker, MAC_BYTES);
	memset(arp + ARP_TARGET_IP, 0, IP4_BYTES);
	return len;
}

/* To all nodes, as there is no address to answer to (RFC 4861 section 7.2.4). */
static size_t put_advertisement(uint8_t *frame, const struct presence *mine)
{
	static const uint8_t mac[MAC_BYTES] = {0x33, 0x33, 0, 0, 0, 1};
	static const uint8_t all_nodes[IP6_BYTES] = {0xff, 2, [15] = 1};
	static const uint8_t head[] = {
		0x60, 0, 0, 0, 0, ND_BYTES + ND_OPTION_BYTES, ICMP6, IP6_HOP_LIMIT};
	static const uint8_t message[ND_TARGET] = {
		ND_ADVERTISEMENT, 0, 0, 0, ND_OVERRIDE};
	static const uint8_t option[] = {ND_OPTION_TARGET, 1};
	struct presence sender = {.asker = mine->guest};
	size_t ip6 = put_ethernet(frame, mac, &sender, ETHERTYPE_IPV6);
	size_t at = put(frame, ip6, head, sizeof(head));

	at = put(frame, at, mine->address.bytes, IP6_BYTES);
	at = put(frame, at, all_nodes, IP6_BYTES);
	size_t nd = at;

	at = put(frame, at, message, sizeof(message));
	at = put(frame, at, mine->address.bytes, IP6_BYTES);
	at = put(frame, at, option, sizeof(option));
	at = put(frame, at, mine->guest.bytes, MAC_BYTES);
	put_u16(frame, nd + 2,
		checksum(frame + ip6, frame + nd, ND_BYTES + ND_OPTION_BYTES));
	return at;
}

size_t presence_answer(const struct presence *mine, const uint8_t *question, size_t len,
	uint8_t ret_frame[PRESENCE_FRAME_MAX])
{
	unsigned type;

	if (len < ETHERNET_BYTES)
		return 0;
	type = (unsigned)question[ETHERNET_BYTES - 2] << 8 | question[ETHERNET_BYTES - 1];
	if (mine->address.family == 4)
		return type == ETHERTYPE_ARP && is_arp_question(mine, question, len)
			       ? put_reply(ret_frame, mine,
					 question + ETHERNET_BYTES + ARP_SENDER_MAC)
			       : 0;
	return type == ETHERTYPE_IPV6 && is_nd_question(mine, question, len)
		       ? put_advertisement(ret_frame, mine)
		       : 0;
}

/* Asking */

/* Advertisements go to all nodes, which a bridge without IPv6 does not listen to. */
static void hear_all_nodes(int fd, const struct presence *asked)
{
	struct packet_mreq group = {.mr_ifindex = asked->bridge_index,
		.mr_type = PACKET_MR_MULTICAST,
		.mr_alen = MAC_BYTES,
		.mr_address = {0x33, 0x33, 0, 0, 0, 1}};

	(void)!setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof(group));
}

/* -1 where it cannot be asked: no such right, or the bridge has gone. */
static int open_wire(const struct presence *asked)
{
	int type = asked->address.family == 4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6;
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons((uint16_t)type),
		.sll_ifindex = asked->bridge_index};

	if (asked->tap_fd >= 0)
		return asked->tap_fd;
	/* Without a protocol until it is bound: nothing of other interfaces comes in. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (asked->address.family != 4)
		hear_all_nodes(fd, asked);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void send_questions(
	const struct presence *asked, const struct pollfd *wires, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t frame[PRESENCE_FRAME_MAX];
		size_t len = presence_frame(&asked[i], frame);

		if (asked[i].tap_fd >= 0)
			tap_send(asked[i].tap_fd, frame, len);
		else if (wires[i].fd >= 0)
			(void)!send(wires[i].fd, frame, len, MSG_NOSIGNAL);
	}
}

static ssize_t receive(const struct presence *asked, int fd, uint8_t *ret_frame)
{
	return asked->tap_fd >= 0 ? tap_receive(fd, ret_frame, PRESENCE_FRAME_MAX)
				  : recv(fd, ret_frame, PRESENCE_FRAME_MAX, MSG_DONTWAIT);
}

/* Which one of those that are asked for at the wire of @i is answered for there, or -1. */
static int hear_answer(const struct presence *asked, const struct pollfd *wires, size_t n,
	size_t i, struct mac *ret_who)
{
	uint8_t frame[PRESENCE_FRAME_MAX];
	ssize_t len;

	while ((len = receive(&asked[i], wires[i].fd, frame)) > 0)
		for (size_t j = 0; j < n; j++)
			if (wires[j].fd == wires[i].fd &&
				presence_is_answer(&asked[j], frame, (size_t)len)) {
				memcpy(ret_who->bytes, frame + MAC_BYTES, MAC_BYTES);
				return (int)j;
			}
	return -1;
}

/* What somebody answers for by @until, or -1. */
static int listen_until(const struct presence *asked, struct pollfd *wires, size_t n,
	int64_t until, struct mac *ret_who)
{
	int64_t left;
	int found = -1;

	while (found < 0 && (left = until - clock_ms()) > 0) {
		if (poll(wires, n, (int)left) <= 0)
			continue;
		for (size_t i = 0; found < 0 && i < n; i++)
			if (wires[i].revents != 0)
				found = hear_answer(asked, wires, n, i, ret_who);
	}
	return found;
}

int presence_ask(const struct presence *asked, size_t n, struct mac *ret_who)
{
	TMP_CTX(tmp);
	struct pollfd *wires = mem_array(tmp, struct pollfd, n);
	int64_t start = clock_ms();
	int found = -1;

	for (size_t i = 0; i < n; i++)
		wires[i] = (struct pollfd){.fd = open_wire(&asked[i]), .events = POLLIN};
	for (int i = 1; n > 0 && found < 0 && i <= N_QUESTIONS; i++) {
		send_questions(asked, wires, n);
		found = listen_until(asked, wires, n,
			start + (i < N_QUESTIONS ? (int64_t)i * QUESTION_GAP_MS
						 : LISTEN_MS),
			ret_who);
	}
	for (size_t i = 0; i < n; i++)
		if (asked[i].tap_fd < 0)
			mem_close_fd(&wires[i].fd);
	return found;
}
