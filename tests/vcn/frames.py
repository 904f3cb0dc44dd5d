#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Frames as a guest sends them: written into the TAP of a running QEMU, by a descriptor of it.

frames.py kinds PID TAP MAC WIRE MODE	every kind of frame: does it come out at WIRE as it should?
	MODE plain: without `filter`; held: to the addresses below; roles: of no known address
frames.py seen PID TAP MAC WIRE AT	does a broadcast frame come out at AT? WIRE: where it does

For `kinds` the guest has the MAC 02:5a:00:00:00:01, 10.99.0.101 and 2001:db8::101.
"""
import ctypes
import fcntl
import os
import re
import socket
import struct
import sys

TUNGETVNETHDRSZ = 0x800454D7
PIDFD_GETFD = 438
ETH_P_ALL = 3
PATIENCE_S = 10

GUEST = "02:5a:00:00:00:01"
STRANGER = "02:5a:00:00:00:77"
EVERYBODY = "ff:ff:ff:ff:ff:ff"
IP, ARP, IP6 = 0x0800, 0x0806, 0x86DD
OWN4, OTHER4 = "10.99.0.101", "10.99.0.77"
OWN6, OTHER6 = "2001:db8::101", "2001:db8::77"
LOCAL6, OTHER_LOCAL6 = "fe80::5a:ff:fe00:1", "fe80::1"
ALL_NODES = "ff02::1"


# The guest's end

def open_tap(pid, name):
    """The descriptor of QEMU's that is the TAP @name, and the length of its header."""
    for number in os.listdir(f"/proc/{pid}/fdinfo"):
        with open(f"/proc/{pid}/fdinfo/{number}") as info:
            if not re.search(rf"^iff:\s*{name}$", info.read(), re.M):
                continue
        pidfd = os.pidfd_open(pid)
        fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, int(number), 0)
        if fd < 0:
            sys.exit(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        size = fcntl.ioctl(fd, TUNGETVNETHDRSZ, struct.pack("i", 0))
        return fd, struct.unpack("i", size)[0]
    sys.exit(f"process {pid} has no TAP {name}")


def listen(interface):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    wire.bind((interface, ETH_P_ALL))
    wire.settimeout(PATIENCE_S)
    return wire


class Sender:
    """Sends a frame, then one that always passes: what is not there by then does not come."""

    def __init__(self, pid, tap, wire, source):
        self.fd, self.header = open_tap(pid, tap)
        self.mac = source
        self.wire = listen(wire)
        self.n = 0

    def send(self, data):
        os.write(self.fd, bytes(self.header) + data)

    def passes(self, data, also=None):
        """At the wire; @also: another listener, which is asked instead."""
        self.n += 1
        end = ethernet(0x88B5, b"end %08d" % self.n + bytes(34), source=self.mac)
        self.send(data.ljust(60, b"\0"))
        self.send(end)
        heard = list(self.hear_until(end))
        return any(is_same(data, frame) for frame in (heard if also is None else drain(also)))

    def hear_until(self, end):
        while True:
            frame = self.wire.recv(65536)
            yield frame
            if frame == end:
                return


def is_same(data, frame):
    """Padding may be gone, and a tag is told beside the frame."""
    return frame[:len(data)] == data or frame[:len(data) - 4] == data[:12] + data[16:]


def drain(wire):
    wire.setblocking(False)
    try:
        while True:
            yield wire.recv(65536)
    except BlockingIOError:
        return


# Frames

def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip4(text):
    return socket.inet_pton(socket.AF_INET, text)


def ip6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ethernet(kind, payload, source=GUEST, target=EVERYBODY):
    return mac(target) + mac(source) + struct.pack("!H", kind) + payload


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def internet(source, payload, protocol=17, target="255.255.255.255"):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    head += ip4(source) + ip4(target)
    return ethernet(IP, head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload)


def udp(source, target):
    return struct.pack("!HHHH", source, target, 16, 0) + bytes(8)


def arp(sender, target, hardware=GUEST, operation=2):
    return ethernet(ARP, struct.pack("!HHBBH", 1, IP, 6, 4, operation) + mac(hardware) +
                    ip4(sender) + bytes(6) + ip4(target))


def internet6(source, target, kind, payload):
    return ethernet(IP6, struct.pack("!IHBB", 6 << 28, len(payload), kind, 255) + ip6(source) +
                    ip6(target) + payload)


def icmp6(source, target, kind, body, behind=lambda data: (58, data)):
    """@behind puts further headers in front: gives the first one's number and all of them."""
    message = struct.pack("!BBH", kind, 0, 0) + body
    pseudo = ip6(source) + ip6(target) + struct.pack("!II", len(message), 58)
    message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
    return internet6(source, target, *behind(message))


def hop_by_hop(data):
    """With the router alert that group reports have (RFC 2710)."""
    return 0, bytes([58, 0, 5, 2, 0, 0, 1, 0]) + data


def options(data):
    return 60, bytes([58, 0, 1, 4, 0, 0, 0, 0]) + data


def fragment(data):
    return 44, struct.pack("!BBHI", 58, 0, 1, 7) + data


def fragmented_options(data):
    kind, data = options(data)
    return 44, struct.pack("!BBHI", kind, 0, 1, 7) + data


def fragmented_fragment(data):
    kind, data = fragment(data)
    return 44, struct.pack("!BBHI", kind, 0, 1, 8) + data


def too_long(frame):
    """Its IP header promises more than there is."""
    at = 16 if frame[12:14] == struct.pack("!H", IP) else 18
    length, = struct.unpack_from("!H", frame, at)
    return frame[:at] + struct.pack("!H", length + 40) + frame[at + 2:]


def of_no_version(frame):
    return frame[:14] + bytes([frame[14] & 0x0F]) + frame[15:]


def advertisement(source, target):
    return icmp6(source, ALL_NODES, 136, bytes(4) + ip6(target))


def solicitation(source, target):
    group = "ff02::1:ff" + ip6(target)[13:].hex()[:2] + ":" + ip6(target)[14:].hex()
    return icmp6(source, group, 135, bytes(4) + ip6(target))


def multicast(target):
    return ethernet(38, b"\x42\x42\x03" + bytes(43), target=target)


def tagged(kind):
    return ethernet(kind, struct.pack("!HH", 7, 0x88B5) + bytes(46))


EVER, NEVER = {"plain", "held", "roles"}, set()
PLAIN, UNHELD = {"plain"}, {"plain", "roles"}
ROUTER = bytes(12)  # the rest of a router advertisement
KINDS = [
    ("a frame of a protocol of its own", EVER, ethernet(0x88B5, bytes(46))),
    ("a BPDU", NEVER, multicast("01:80:c2:00:00:00")),
    ("to the last address of bridges", NEVER, multicast("01:80:c2:00:00:0f")),
    ("to the address after them", EVER, multicast("01:80:c2:00:00:10")),
    ("a BPDU of PVST+", NEVER, multicast("01:00:0c:cc:cc:cd")),
    ("to the address after it", EVER, multicast("01:00:0c:cc:cc:ce")),
    ("a tag of 802.1Q", NEVER, tagged(0x8100)),
    ("a tag of 802.1ad", NEVER, tagged(0x88A8)),
    ("a tag as before 802.1ad", NEVER, tagged(0x9100)),
    ("a protocol number beside the tags'", EVER, tagged(0x8101)),
    ("a foreign MAC", NEVER, ethernet(0x88B5, bytes(46), source=STRANGER)),
    ("IPv4 from its address", EVER, internet(OWN4, udp(1000, 2000))),
    ("IPv4 from another", UNHELD, internet(OTHER4, udp(1000, 2000))),
    ("IPv4 from nowhere", UNHELD, internet("0.0.0.0", udp(1000, 2000))),
    ("ARP of its address", EVER, arp(OWN4, OTHER4)),
    ("ARP of another", UNHELD, arp(OTHER4, OTHER4)),
    ("ARP of its address with a foreign MAC", PLAIN, arp(OWN4, OTHER4, hardware=STRANGER)),
    ("an ARP probe for its address", EVER, arp("0.0.0.0", OWN4, operation=1)),
    ("an ARP probe for another", UNHELD, arp("0.0.0.0", OTHER4, operation=1)),
    ("IPv6 from its address", EVER, internet6(OWN6, ALL_NODES, 17, udp(1000, 2000))),
    ("IPv6 from its link-local one", EVER, internet6(LOCAL6, ALL_NODES, 17, udp(1000, 2000))),
    ("IPv6 from another", UNHELD, internet6(OTHER6, ALL_NODES, 17, udp(1000, 2000))),
    ("IPv6 from another link-local", UNHELD,
     internet6(OTHER_LOCAL6, ALL_NODES, 17, udp(1000, 2000))),
    ("IPv6 from nowhere", UNHELD, internet6("::", ALL_NODES, 17, udp(1000, 2000))),
    ("an advertisement of its address", EVER, advertisement(LOCAL6, OWN6)),
    ("an advertisement of another", UNHELD, advertisement(OWN6, OTHER6)),
    ("the same behind another header", UNHELD,
     icmp6(OWN6, ALL_NODES, 136, bytes(4) + ip6(OTHER6), options)),
    ("a solicitation of another from its own", EVER, solicitation(OWN6, OTHER6)),
    ("a duplicate detection of its address", EVER, solicitation("::", OWN6)),
    ("a duplicate detection of another", UNHELD, solicitation("::", OTHER6)),
    ("a group report before it has an address", EVER,
     icmp6("::", "ff02::16", 143, struct.pack("!HHBBH", 0, 1, 4, 0, 0) + ip6("ff02::1:ff00:101"),
           hop_by_hop)),
    ("a DHCP client", EVER, internet("0.0.0.0", udp(68, 67))),
    ("a DHCP client that renews", EVER, internet(OWN4, udp(68, 67))),
    ("a DHCP server", PLAIN, internet(OWN4, udp(67, 68))),
    ("the same in a packet that is cut short", PLAIN, too_long(internet(OWN4, udp(67, 68)))),
    ("the same of no version", PLAIN, of_no_version(internet(OWN4, udp(67, 68)))),
    ("a DHCPv6 client", EVER, internet6(LOCAL6, "ff02::1:2", 17, udp(546, 547))),
    ("a DHCPv6 server", PLAIN, internet6(LOCAL6, ALL_NODES, 17, udp(547, 546))),
    ("a router solicitation", EVER, icmp6(LOCAL6, "ff02::2", 133, bytes(4))),
    ("a router advertisement", PLAIN, icmp6(LOCAL6, ALL_NODES, 134, ROUTER)),
    ("the same behind options", PLAIN, icmp6(LOCAL6, ALL_NODES, 134, ROUTER, options)),
    ("the same in a fragment", PLAIN, icmp6(LOCAL6, ALL_NODES, 134, ROUTER, fragment)),
    ("the same in a fragment, behind options", PLAIN,
     icmp6(LOCAL6, ALL_NODES, 134, ROUTER, fragmented_options)),
    ("the same in a fragment of a fragment", PLAIN,
     icmp6(LOCAL6, ALL_NODES, 134, ROUTER, fragmented_fragment)),
    ("the same in a packet that is cut short", PLAIN,
     too_long(icmp6(LOCAL6, ALL_NODES, 134, ROUTER))),
    ("the second part of a fragment", EVER,
     internet6(OWN6, ALL_NODES, 44, struct.pack("!BBHI", 17, 0, 8, 9) + bytes(16))),
    ("a redirect", PLAIN, icmp6(LOCAL6, ALL_NODES, 137, bytes(4) + ip6(OTHER6) * 2)),
    ("an echo in a fragment", EVER, icmp6(OWN6, ALL_NODES, 128, bytes(12), fragment)),
]


def judge(guest, mode):
    wrong = 0
    for name, modes, data in KINDS:
        passes = guest.passes(data)
        if passes != (mode in modes):
            print(f"{name}: {'passes' if passes else 'is dropped'}")
            wrong += 1
    print(f"{len(KINDS)} kinds of frames, {wrong} wrong")
    return wrong


command, pid, tap, source, wire, word = sys.argv[1:]
sender = Sender(int(pid), tap, wire, source)
if command == "kinds":
    sys.exit(judge(sender, word) != 0)
broadcast = ethernet(0x88B5, b"is it seen?" + bytes(35), source=source)
sys.exit(not sender.passes(broadcast, listen(word)))
