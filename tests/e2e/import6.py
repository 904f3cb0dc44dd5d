#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""import6.py LDAPCC - from a dhcpd6.conf or a dnsmasq.conf by hand to the same answers by ours (TAP)

As import.py, of DHCPv6: the file is imported, checked and rendered; then the real server runs on
the old file and on ours, and as a relay agent we ask both for every client on every link, known by
its MAC address and by its DUID. Every answer is the same, and what is not taken over is named.
"""

import importlib
import itertools
import ipaddress
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

v4 = importlib.import_module("import")
tap, write, run = v4.tap, v4.write, v4.run

SERVER, RELAY = "fd00:ff::1", "fd00:ff::2"
ADDRESSES, DOMAINS = (22, 23, 27, 28, 31), (21, 24, 29, 30)
# Of those who boot by the network: architecture, user class, vendor class
KINDS = {"plain": (None, None, None), "uefi": (7, None, "PXEClient:Arch:00007"),
         "uefi9": (9, None, "PXEClient:Arch:00009"), "arm64": (0x0b, None, "PXEClient:Arch:00011"),
         "http": (0x10, None, "HTTPClient:Arch:00016"),
         "ipxe": (7, "iPXE", "PXEClient:Arch:00007")}
BOOT_URL = 59
ASKED = [7, 21, 22, 23, 24, 27, 28, 29, 30, 31, 32, 41, 42]
SOLICIT, FORWARD = 1, 12
PER_LINK = 12

DHCPD = """# written by hand, 2012
authoritative;
default-lease-time 7200;
preferred-lifetime 4500;
option dhcp6.name-servers fd00:a::2, fd00:a::3;
option dhcp6.domain-search "old.example", "example";
option dhcp6.sntp-servers fd00:a::4;
option dhcp6.info-refresh-time 21600;
option dhcp6.boot-url code 59 = text;
option dhcp6.user code 15 = string;
option dhcp6.vendor code 16 = string;
option dhcp6.arch code 61 = unsigned integer 16;
subnet6 fd00:ff::/64 { }
shared-network office {
	subnet6 fd00:a::/64 { range6 fd00:a::1:0 fd00:a::1:ff; }
	subnet6 fd00:b::/64 { option dhcp6.name-servers fd00:b::2; range6 fd00:b::2:0/120; }
}
group {
	option dhcp6.name-servers fd00:c::2;
	subnet6 fd00:c::/64 {
		default-lease-time 600;
		preferred-lifetime 375;
		max-lease-time 600;
		if substring(option dhcp6.user, 2, 4) = "iPXE" { option dhcp6.boot-url "http://[fd00:a::9]/menu"; }
		elsif option dhcp6.arch = 00:07 or option dhcp6.arch = 00:09 { option dhcp6.boot-url "tftp://[fd00:a::9]/x.efi"; }
		elsif option dhcp6.arch = 00:0b { option dhcp6.boot-url "tftp://[fd00:a::9]/arm.efi"; }
		elsif substring(option dhcp6.vendor, 6, 10) = "HTTPClient" {
			option dhcp6.vendor 00:00:01:57:00:0a:48:54:54:50:43:6c:69:65:6e:74;
			option dhcp6.boot-url "http://[fd00:a::9]/menu";
		}
		option dhcp6.nis-servers fd00:c::8;
		option dhcp6.nis-domain-name "nis.old.example";
		option dhcp6.sip-servers-addresses fd00:c::9, fd00:c::a;
		option dhcp6.new-posix-timezone "CET-1CEST,M3.5.0,M10.5.0/3";
	}
}
subnet6 fd00:d::/56 { range6 fd00:d:0:1:: fd00:d:0:1::ff; }
subnet6 fd00:e::/64 {
	pool6 { range6 fd00:e::100 fd00:e::1ff; deny unknown-clients; }
	prefix6 fd00:e:100:: fd00:e:f00:: /56;
	option dhcp6.preference 255;
}
"""
LINKS = ("a", "b", "c", "d", "e")


def mac(link, node):
    return f"00:00:5e:00:{int(link, 16):02x}:{node:02x}"


def duid(link, node):
    """One of each type: DUID-LL, DUID-LLT, DUID-UUID, DUID-EN."""
    of_mac = mac(link, node)
    return ["00:03:00:01:" + of_mac, "00:01:00:01:2a:00:00:01:" + of_mac,
            "00:04:4c:4c:45:44:00:31:35:10:80:31:" + of_mac,
            "00:02:00:00:ab:11:2a:" + of_mac][node % 4]


def dhcpd_site(folder):
    """The old file; gives its clients as (DUID, link, address)."""
    text, clients = DHCPD, []
    for link in LINKS:
        text += "group {\n"
        for node in range(1, PER_LINK + 1):
            address = f"fd00:{link}::{node:x}"
            # by its MAC address only what has one in its DUID
            by_mac = node % 4 < 2 and node > 4
            known = f"hardware ethernet {mac(link, node)};" if by_mac else \
                f"host-identifier option dhcp6.client-id {duid(link, node)};"
            text += f"  host {link}{node} {{ {known} fixed-address6 {address}; }}\n"
            clients.append((duid(link, node), link, address))
        text += "}\n"
    text += f"host own {{ hardware ethernet {mac('f', 2)}; fixed-address6 fd00:c::f2; "
    text += 'if exists dhcp6.arch { option dhcp6.boot-url "http://[fd00:a::9]/own"; } }\n'
    clients.append(("00:03:00:01:" + mac("f", 2), "c", "fd00:c::f2"))
    text += f"host both {{ hardware ethernet {mac('f', 1)}; fixed-address6 fd00:a::f1; }}\n"
    text += f"host both_2 {{ hardware ethernet {mac('f', 1)}; fixed-address6 fd00:c::f1; }}\n"
    for link in ("a", "c"):
        clients.append(("00:03:00:01:" + mac("f", 1), link, f"fd00:{link}::f1"))
    return write(folder, "dhcpd6.conf", text), clients


DNSMASQ = """# by hand
domain=old.example
dhcp-range=set:one,fd00:a::1:0,fd00:a::1:ff,64,2h
dhcp-range=set:two,fd00:b::,static,64
dhcp-option=option6:dns-server,[fd00:a::2],[fd00:a::3]
dhcp-option=option6:domain-search,old.example,example
dhcp-option=option6:sntp-server,[fd00:a::4]
dhcp-option=tag:two,option6:nis-server,[fd00:b::8]
dhcp-option=tag:two,option6:nis-domain,nis.old.example
dhcp-option=option6:information-refresh-time,6h
"""


def dnsmasq_site(folder):
    text, clients = DNSMASQ, []
    for link in ("a", "b"):
        for node in range(1, PER_LINK + 1):
            by_mac = node % 4 < 2 and node > 4
            known = mac(link, node) if by_mac else "id:" + duid(link, node)
            text += f"dhcp-host={known},[fd00:{link}::{node:x}],{link}{node}\n"
            clients.append((duid(link, node), link, f"fd00:{link}::{node:x}"))
    return write(folder, "dnsmasq6.conf", text), clients


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


def options(data):
    found, at = {}, 0
    while at + 4 <= len(data):
        code, length = struct.unpack("!HH", data[at:at + 4])
        found[code] = data[at + 4:at + 4 + length]
        at += 4 + length
    return found


def names(data):
    found, at, labels = [], 0, []
    while at < len(data):
        length = data[at]
        if length:
            labels.append(data[at + 1:at + 1 + length].decode())
        elif labels:
            found.append(".".join(labels))
            labels = []
        at += 1 + length
    return found


class Wire6(v4.Wire):
    """The same link with IPv6; the server's side reaches every relay."""

    def __init__(self):
        super().__init__()
        subprocess.run(["ip", "addr", "add", f"{SERVER}/64", "dev", "served", "nodad"], check=True)
        self.there("ip", "addr", "add", f"{RELAY}/64", "dev", "asking", "nodad")
        self.sock = None

    def open(self):
        with open("/proc/self/ns/net", "rb") as mine, \
                open(f"/proc/{self.other.pid}/ns/net", "rb") as theirs:
            self.libc.setns(theirs.fileno(), v4.CLONE_NEWNET)
            try:
                sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                sock.bind((RELAY, 547))
            finally:
                self.libc.setns(mine.fileno(), v4.CLONE_NEWNET)
        return sock

    def solicit(self, client, link, kind):
        """What a client on the link is told, as a dictionary; None: nothing."""
        self.sock = self.sock or self.open()
        xid = os.urandom(3)
        message = bytes([SOLICIT]) + xid + option(1, bytes.fromhex(client.replace(":", "")))
        message += option(3, struct.pack("!III", 1, 0, 0)) + option(8, b"\0\0")
        arch, user_class, vendor_class = KINDS[kind]
        asked = ASKED if arch is None else [*ASKED, BOOT_URL]
        message += option(6, struct.pack(f"!{len(asked)}H", *asked))
        if arch is not None:
            message += option(61, struct.pack("!H", arch))
            message += option(16, struct.pack("!IH", 343, len(vendor_class)) + vendor_class.encode())
        if user_class:
            message += option(15, struct.pack("!H", len(user_class)) + user_class.encode())
        relayed = bytes([FORWARD, 0]) + socket.inet_pton(socket.AF_INET6, f"fd00:{link}::250")
        # and the client's MAC address (RFC 6939), by which dnsmasq knows it
        relayed += socket.inet_pton(socket.AF_INET6, "fe80::1") + option(9, message)
        relayed += option(79, b"\0\1" + bytes.fromhex(client.replace(":", ""))[-6:])
        for _ in range(3):
            self.sock.sendto(relayed, (SERVER, 547))
            end = time.monotonic() + 2
            while (left := end - time.monotonic()) > 0:
                self.sock.settimeout(left)
                try:
                    answer = options(self.sock.recv(4096)[34:]).get(9, b"")
                except socket.timeout:
                    break
                if answer[1:4] == xid:
                    return self.told(options(answer[4:]))
        return None

    @staticmethod
    def told(found):
        lease = options(found.get(3, b"")[12:]).get(5)
        answer = {"address": None}
        if lease:
            answer = {"address": str(ipaddress.IPv6Address(lease[:16])),
                      "lifetimes": struct.unpack("!II", lease[16:24])}
        for code in (*ASKED, BOOT_URL):
            data = found.get(code)
            if data is None:
                continue
            if code in DOMAINS:
                # the order of search domains is not taken over, and said to be lost
                answer[code] = sorted(names(data))
            elif code in ADDRESSES:
                answer[code] = [str(ipaddress.IPv6Address(data[i:i + 16]))
                                for i in range(0, len(data), 16)]
            else:
                answer[code] = data.hex()
        return answer


class Dhcpd6(v4.Dhcpd):
    family = "-6"


def ask_all(wire, clients):
    found = {}
    kinds = itertools.cycle(KINDS)
    for client, link, address in clients:
        # every kind on one link and of who has a boot file of its own, elsewhere in turn
        for kind in KINDS if address.endswith(("::1", "::f2")) else [next(kinds)]:
            found[client, link, kind] = wire.solicit(client, link, kind)
    for link in sorted({link for _, link, _ in clients}):
        got = wire.solicit("00:03:00:01:02:00:00:00:00:09", link, "plain")
        # one of the range, or nothing that a client would take
        found["stranger", link, ""] = None if got is None or got["address"] is None else \
            {**got, "address": got["address"].rsplit(":", 1)[0]}
    return found


def compare(name, clients, before, after, lost=()):
    """Answers by the old file and by ours; @lost: numbers of options that the import named."""
    wanted = {(client, link): address for client, link, address in clients}
    wrong = [f"{key}: {answer}" for key, answer in before.items() if key[:2] in wanted and
             (not answer or answer["address"] != wanted[key[:2]])]
    tap.ok(not wrong, f"{name}: by the old file every one of {len(clients)} has its address",
           "\n".join(wrong[:12]))
    for answer in before.values():
        for code in lost:
            (answer or {}).pop(code, None)
    wrong = [f"{key}\n  was {before[key]}\n  is  {after[key]}"
             for key in before if before[key] != after[key]]
    tap.ok(not wrong, f"{name}: all {len(before)} answers are the same", "\n".join(wrong[:12]))


def taken_over(ldapcc, folder, words, targets, wanted):
    """Imports, checks and renders; gives the folder with what is rendered."""
    done = run(ldapcc, "import", *words)
    ldif = write(folder, "site.ldif", done.stdout)
    left = re.findall(r"^\S+?:(\d+):\d+: warning: (.*) \[import\]$", done.stderr, re.MULTILINE)
    tap.ok(done.returncode == 0 and len(left) == len(wanted) and
           all(any(word in text for _, text in left) for word in wanted),
           "what cannot be taken over is named, and nothing else is", done.stderr)
    tap.ok("a host name from now on" not in done.stderr, "DHCPv6 tells no host name", done.stderr)
    settings = write(folder, "settings.yaml", f"targets: [{targets}]\n")
    done = run(ldapcc, "--config", settings, "--ldif", ldif, "check")
    tap.ok(done.returncode == 0, "a check finds no error", done.stderr)
    out = os.path.join(folder, "out")
    shutil.rmtree(out, ignore_errors=True)
    done = run(ldapcc, "--config", settings, "--ldif", ldif, "render", "-o", out)
    tap.ok(done.returncode == 0, "and it is rendered", done.stderr)
    return out


def by_dhcpd(ldapcc, folder, wire):
    conf, clients = dhcpd_site(folder)
    out = taken_over(ldapcc, folder, ["--dhcpd", conf], "dhcpd6",
                     ["the order of", "prefix6", "preference", "deny unknown",
                      "not for unknown clients"])
    new = write(folder, "new6.conf", f'authoritative;\ninclude "{out}/etc/dhcp/ldapcc6.conf";\n')
    told = []
    for name, path in (("old6", conf), ("new6", new)):
        server = Dhcpd6(folder, name, path)
        told.append(ask_all(wire, clients))
        server.stop()
    compare("dhcpd", clients, *told, lost=[7])


def by_dnsmasq(ldapcc, folder, wire):
    conf, clients = dnsmasq_site(folder)
    out = taken_over(ldapcc, folder, ["--dnsmasq", conf, "--hosts", "/dev/null"],
                     "dnsmasq-dhcp, dnsmasq-dhcp-hosts", ["the order of"])
    with open(f"{out}/etc/dnsmasq.d/ldapcc-dhcp.conf", encoding="ascii") as file:
        new = write(folder, "dm6-new.conf", file.read().replace("=/srv/", f"={out}/srv/"))
    told = []
    for name, path in (("dm6-old", conf), ("dm6-new", new)):
        server = v4.Dnsmasq(folder, name, path)
        told.append(ask_all(wire, clients))
        server.stop()
    compare("dnsmasq", clients, *told)


def main(ldapcc):
    if not v4.enter_namespace():
        return 0
    folder = tempfile.mkdtemp(prefix="ldapcc-import6-")
    os.chmod(folder, 0o755)
    wire = None
    try:
        wire = Wire6()
        by_dhcpd(ldapcc, folder, wire)
        if shutil.which("dnsmasq"):
            by_dnsmasq(ldapcc, folder, wire)
        else:
            tap.ok(True, "a dnsmasq.conf by hand # SKIP dnsmasq is not installed")
    finally:
        if wire:
            wire.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
