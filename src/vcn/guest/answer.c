/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/answer.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vcn/guest/presence.h"
#include "vcn/guest/tap.h"

enum {
	ADDRESSES_MAX = 50, /* of an interface: a filter's jump is no longer than 255 */
	WIRES_AT_ONCE = 8,
	/* offsets in a frame */
	TYPE = 12,
	ARP_OPERATION = 20,
	ARP_SENDER = 28,
	ARP_TARGET = 38,
	IP6_NEXT = 20,
	IP6_SOURCE = 22,
	ICMP6_TYPE = 54,
	ND_TARGET_END = 74, /* the last four bytes */
	ARP_REQUEST = 1,
	ICMP6 = 58,
	ND_SOLICITATION = 135,
};

/* One interface of the guest. */
struct wire {
	int fd; /* hears what goes to the guest */
	int tap_fd; /* the ports' */
	const struct guest_interface *nic;
};

struct answers {
	int epoll_fd; /* of all wires: one descriptor for whoever polls */
	struct wire *wires;
	size_t n_wires;
};

/* The kernel's filter, so that others' questions wake nobody */

struct program {
	struct sock_filter *rows;
	size_t n;
};

static void add(TALLOC_CTX *mem_ctx, struct program *p, struct sock_filter row)
{
	*mem_push(mem_ctx, &p->rows, &p->n) = row;
}

/* Unless the @size at @offset is @value, this frame is none of ours. */
static void want(TALLOC_CTX *mem_ctx, struct program *p, uint16_t size, uint32_t offset,
	uint32_t value)
{
	add(mem_ctx, p, (struct sock_filter)BPF_STMT(BPF_LD | size | BPF_ABS, offset));
	add(mem_ctx, p,
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
	add(mem_ctx, p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
}

/* One of the addresses of @family, by four bytes of them, stands at @offset. */
static void want_address(TALLOC_CTX *mem_ctx, struct program *p,
	const struct guest_interface *nic, uint8_t family, uint32_t offset)
{
	add(mem_ctx, p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
	for (size_t i = 0; i < nic->n_addresses && i < ADDRESSES_MAX; i++) {
		const uint8_t *bytes = nic->addresses[i].bytes + (family == 6 ? 12 : 0);
		uint32_t value;

		memcpy(&value, bytes, sizeof(value));
		if (nic->addresses[i].family != family)
			continue;
		add(mem_ctx, p,
			(struct sock_filter)BPF_JUMP(
				BPF_JMP | BPF_JEQ | BPF_K, ntohl(value), 0, 1));
		add(mem_ctx, p,
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX));
	}
	add(mem_ctx, p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
}

static struct program write_filter(TALLOC_CTX *mem_ctx, const struct guest_interface *nic)
{
	struct program p = {0};
	size_t dispatch;

	/* what goes to the guest, not what comes from it */
	want(mem_ctx, &p, BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE),
		PACKET_OUTGOING);
	add(mem_ctx, &p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE));
	dispatch = p.n;
	add(mem_ctx, &p,
		(struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 0, 0));
	want(mem_ctx, &p, BPF_H, ARP_OPERATION, ARP_REQUEST);
	want(mem_ctx, &p, BPF_W, ARP_SENDER, 0);
	want_address(mem_ctx, &p, nic, 4, ARP_TARGET);
	p.rows[dispatch].jf = (uint8_t)(p.n - dispatch - 1);
	want(mem_ctx, &p, BPF_H, TYPE, ETHERTYPE_IPV6);
	want(mem_ctx, &p, BPF_B, IP6_NEXT, ICMP6);
	want(mem_ctx, &p, BPF_B, ICMP6_TYPE, ND_SOLICITATION);
	want(mem_ctx, &p, BPF_W, IP6_SOURCE, 0);
	want_address(mem_ctx, &p, nic, 6, ND_TARGET_END);
	return p;
}

/* Listening */

static int open_wire(const struct guest_interface *nic, const char *tap)
{
	TMP_CTX(tmp);
	struct program program = write_filter(tmp, nic);
	struct sock_fprog filter = {
		.len = (unsigned short)program.n, .filter = program.rows};
	/* Everything: only so a socket hears what goes out. */
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(tap)};
	/* Without a protocol until it is bound: nothing of other interfaces comes in. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 &&
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) ==
			0 &&
		bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	mem_close_fd(&fd);
	return -1;
}

static int close_answers(struct answers *answers)
{
	for (size_t i = 0; i < answers->n_wires; i++)
		mem_close_fd(&answers->wires[i].fd);
	mem_close_fd(&answers->epoll_fd);
	return 0;
}

static void add_wire(struct answers *answers, const struct guest_interface *nic,
	const struct network_port *port)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct wire wire = {.tap_fd = port->tap_fd, .nic = nic};

	if (nic->n_addresses == 0 || port->tap_fd < 0)
		return;
	wire.fd = open_wire(nic, port->name);
	if (wire.fd < 0)
		return;
	event.data.u64 = answers->n_wires;
	(void)!epoll_ctl(answers->epoll_fd, EPOLL_CTL_ADD, wire.fd, &event);
	*mem_push(answers, &answers->wires, &answers->n_wires) = wire;
}

struct answers *answers_open(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const struct network_port *ports)
{
	struct answers *answers = mem_new(mem_ctx, struct answers);

	answers->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	talloc_set_destructor(answers, close_answers);
	for (size_t i = 0; answers->epoll_fd >= 0 && i < guest->n_interfaces; i++)
		add_wire(answers, &guest->interfaces[i], &ports[i]);
	return answers;
}

int answers_fd(const struct answers *answers)
{
	return answers->n_wires > 0 ? answers->epoll_fd : -1;
}

/* Answering */

static void answer_question(const struct wire *wire, const uint8_t *question, size_t len)
{
	uint8_t frame[PRESENCE_FRAME_MAX];

	for (size_t i = 0; i < wire->nic->n_addresses; i++) {
		const struct presence mine = {
			.address = wire->nic->addresses[i], .guest = wire->nic->mac};
		size_t answer_len = presence_answer(&mine, question, len, frame);

		if (answer_len > 0)
			tap_send(wire->tap_fd, frame, answer_len);
	}
}

void answers_give(struct answers *answers)
{
	struct epoll_event events[WIRES_AT_ONCE];
	int n = epoll_wait(answers->epoll_fd, events, WIRES_AT_ONCE, 0);

	for (int i = 0; i < n; i++) {
		const struct wire *wire = &answers->wires[events[i].data.u64];
		uint8_t question[PRESENCE_FRAME_MAX];
		ssize_t len = recv(wire->fd, question, sizeof(question), MSG_DONTWAIT);

		if (len > 0)
			answer_question(wire, question, (size_t)len);
	}
}
