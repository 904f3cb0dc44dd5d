#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""import.py LDAPCC - from a dhcpd.conf by hand to the same answers by ours (TAP)

A dhcpd.conf of some hundred hosts, in the shapes that sites have (groups in groups, a file for
each rack, pools, two subnets on one wire, boot files by architecture), and its hosts file are
imported, checked and rendered. Then the real dhcpd runs on the old file and on ours, and as a
relay agent we ask both for every client in every subnet: the answers are the same. So are those
of dnsmasq by a dnsmasq.conf and by what is rendered of it.
"""

import contextlib
import ctypes
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

RACKS, NODES = 6, 60
COOKIE = b"\x63\x82\x53\x63"
SERVER, RELAY = "10.255.0.1", "10.255.0.2"
ASKED = [1, 2, 3, 6, 7, 12, 15, 17, 19, 26, 40, 42, 44, 46, 51, 66, 67, 119, 121, 150]
ARCHS = [None, 0x00, 0x07, 0x0b, 0x10]
CLONE_NEWNET = 0x40000000


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def ok(self, good, name, told=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        for line in () if good else str(told).splitlines()[:40]:
            print(f"# {line}")


tap = Tap()


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write(text)
    return os.path.join(folder, name)


def mac(rack, node):
    return f"00:00:5e:00:{rack:02x}:{node:02x}"


def make_site(folder):
    """The old site; gives the clients as (MAC, giaddr)."""
    clients, hosts = [], ["127.0.0.1 localhost", "::1 localhost ip6-localhost",
                          "10.0.0.2 ns.old.example ns   # the name server"]
    conf = """# written by hand, 2009
authoritative;
ddns-update-style none;
ping-check false;
use-host-decl-names on;
option arch code 93 = unsigned integer 16;
option voip-tftp code 150 = array of ip-address;
option routes code 121 = array of integer 8;
option log-servers 10.0.0.8;
option time-offset -18000;
option domain-name "old.example";
option domain-name-servers 10.0.0.2, 10.0.0.3;
option domain-search "example", "old.example";
option ntp-servers 10.0.0.4;
default-lease-time 3600;
max-lease-time 3600;
next-server 10.0.0.9;
class "phones" { match if substring (option vendor-class-identifier, 0, 5) = "Phone"; }
subnet 10.255.0.0 netmask 255.255.255.0 { }
shared-network office {
	subnet 10.50.0.0 netmask 255.255.255.0 {
		option routers 10.50.0.1;
		pool { range 10.50.0.200 10.50.0.220; allow unknown-clients; }
	}
	subnet 10.51.0.0 netmask 255.255.255.0 { option routers 10.51.0.1; option interface-mtu 1400; }
}
"""
    for rack in range(RACKS):
        lines = [f"subnet 10.{rack}.0.0 netmask 255.255.0.0 {{",
                 f"  option subnet-mask 255.255.0.0; option broadcast-address 10.{rack}.255.255;"]
        # the last rack has its router in the group around its hosts
        if rack < RACKS - 1:
            lines.append(f"  option routers 10.{rack}.0.1;")
        if rack == 2:
            lines += ['  option domain-name "rack2.old.example";', "  range 10.2.9.1 10.2.9.40;",
                      "  default-lease-time 600; max-lease-time 600;"]
        if rack == 4:
            lines += ["  option voip-tftp 10.4.0.9; option netbios-node-type 8; option ip-forwarding off;",
                      "  option routes 0, 10,4,0,1, 16, 10,99, 10,4,0,7;",
                      '  if option arch = 00:07 or option arch = 00:09 { filename "four.efi"; } else {',
                      '    if option arch = 00:0b { filename "four-arm.efi"; } else { filename "four.0"; } }']
        elif rack % 2:
            lines += ['  if option arch = 00:07 or option arch = 00:09 { filename "shimx64.efi"; }',
                      '  elsif option arch = 00:0b { filename "grubaa64.efi"; }',
                      '  elsif option arch = 00:10 { filename "http://10.0.0.9/boot.efi";',
                      '    option vendor-class-identifier "HTTPClient"; }',
                      '  else { filename "pxelinux.0"; }']
        else:
            lines.append('  filename "lpxelinux.0";')
        lines += ["}", "group {"]
        if rack == RACKS - 1:
            lines.append(f"  option routers 10.{rack}.0.254;")
        lines.append("  group {")
        for node in range(1, NODES + 1):
            name = f"r{rack}n{node:02}"
            ip = f"10.{rack}.1.{node}"
            domain = "rack2.old.example" if rack == 2 else "old.example"
            fixed = ip if node % 3 else f"{name}.{domain}"
            own = ' filename "memtest.0";' if node == 7 and rack % 2 == 0 else ""
            lines.append(f"    host {name} {{ hardware ethernet {mac(rack, node).upper()}; "
                         f"fixed-address {fixed};{own} }}")
            hosts.append(f"{ip}\t{name}.{domain} {name}" + (f" {name}-alias" if node == 1 else ""))
            clients.append((mac(rack, node), f"10.{rack}.0.250"))
        lines += ["  }", "}"]
        path = write(folder, f"rack{rack}.conf", "\n".join(lines) + "\n")
        conf += f'include "{path}";\n'
    conf += """host desk1 { hardware ethernet 00:00:5e:00:a0:01; fixed-address 10.50.0.11; }
host desk2 { hardware ethernet 00:00:5e:00:a0:02; fixed-address 10.51.0.12; }
option space phones;
host odd { hardware token-ring 00:00:5e:00:a0:03; }
"""
    hosts += ["10.50.0.11 desk1.old.example", "10.51.0.12 desk2.old.example desk2",
              "10.0.0.77 printer.old.example printer"]
    clients += [("00:00:5e:00:a0:01", "10.50.0.250"), ("00:00:5e:00:a0:02", "10.50.0.250")]
    return write(folder, "dhcpd.conf", conf), write(folder, "hosts", "\n".join(hosts) + "\n"), clients


def options(packet):
    at, found = 240, {}
    while at < len(packet) and packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        found[packet[at]] = found.get(packet[at], b"") + packet[at + 2:at + 2 + packet[at + 1]]
        at += 2 + packet[at + 1]
    return found


class Wire:
    """A link from the server's side, our own network namespace, to the relay's."""

    def __init__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.other = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        mine = os.stat("/proc/self/ns/net").st_ino
        end = time.monotonic() + 20
        while os.stat(f"/proc/{self.other.pid}/ns/net").st_ino == mine:
            if time.monotonic() > end:
                raise RuntimeError("no namespace")
            time.sleep(0.02)
        self.sockets = {}
        for words in (["link", "add", "served", "type", "veth", "peer", "name", "asking", "netns",
                       str(self.other.pid)],
                      ["addr", "add", f"{SERVER}/24", "dev", "served"],
                      ["link", "set", "lo", "up"], ["link", "set", "served", "up"],
                      ["route", "add", "default", "via", RELAY]):
            subprocess.run(["ip", *words], check=True)
        self.there("ip", "link", "set", "asking", "up")
        self.there("ip", "addr", "add", f"{RELAY}/24", "dev", "asking")

    def there(self, *words):
        subprocess.run(["nsenter", "-t", str(self.other.pid), "-n", *words], check=True)

    def relay(self, address):
        """A socket of a relay agent in the subnet of @address."""
        if address not in self.sockets:
            self.there("ip", "addr", "add", f"{address}/32", "dev", "asking")
            with open("/proc/self/ns/net", "rb") as mine, \
                    open(f"/proc/{self.other.pid}/ns/net", "rb") as theirs:
                self.libc.setns(theirs.fileno(), CLONE_NEWNET)
                try:
                    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    sock.bind((address, 67))
                finally:
                    self.libc.setns(mine.fileno(), CLONE_NEWNET)
            self.sockets[address] = sock
        return self.sockets[address]

    def ask(self, hardware, giaddr, arch, number):
        chaddr = bytes.fromhex(hardware.replace(":", ""))
        packet = struct.pack("!BBBBIHH4s4s4s4s16s192x", 1, 1, 6, 1, number, 0, 0, bytes(4),
                             bytes(4), bytes(4), socket.inet_aton(giaddr), chaddr) + COOKIE
        packet += bytes([53, 1, 1, 55, len(ASKED), *ASKED])
        if arch is not None:
            packet += bytes([60, 10]) + (b"HTTPClient" if arch == 0x10 else b"PXEClient:")
            packet += bytes([93, 2, 0, arch])
        packet += b"\xff"
        sock = self.relay(giaddr)
        for _ in range(4):
            sock.sendto(packet.ljust(300, b"\0"), (SERVER, 67))
            end = time.monotonic() + 2
            while (left := end - time.monotonic()) > 0:
                sock.settimeout(left)
                with contextlib.suppress(socket.timeout):
                    answer = sock.recv(4096)
                    if answer[0] == 2 and struct.unpack("!I", answer[4:8])[0] == number:
                        return self.canonical(answer)
        return None

    @staticmethod
    def canonical(answer):
        """What a client makes of it: the address, next server, boot file and options."""
        found = options(answer)
        file = found.pop(67, answer[108:236]).split(b"\0")[0].decode()
        kept = {number: found[number].rstrip(b"\0") for number in ASKED if number in found}
        return {"address": socket.inet_ntoa(answer[16:20]), "file": file,
                "next": socket.inet_ntoa(answer[20:24]), **kept}

    def close(self):
        for sock in self.sockets.values():
            sock.close()
        self.other.kill()
        self.other.wait()


class Dhcpd:
    family = "-4"

    def __init__(self, folder, name, conf):
        self.log = os.path.join(folder, f"{name}.log")
        leases = write(folder, f"{name}.leases", "")
        program = os.path.join(folder, "dhcpd")
        shutil.copy(shutil.which("dhcpd"), program)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, self.family, "-f", "-d", "-cf", conf, "-lf", leases, "-pf",
                 os.path.join(folder, f"{name}.pid"), "served"], stdout=log, stderr=log)
        os.unlink(program) if self.started() else None

    def started(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                if "Server starting service." in log.read():
                    return True
            time.sleep(0.05)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise RuntimeError(log.read())

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Dnsmasq:
    def __init__(self, folder, name, conf):
        self.log = os.path.join(folder, f"{name}.log")
        # a copy is confined to no folders
        program = os.path.join(folder, "dnsmasq")
        shutil.copy(shutil.which("dnsmasq"), program)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "--keep-in-foreground", "--log-facility=-", "--user=root", "--port=5399",
                 "--interface=served", "--bind-dynamic", "--no-hosts", "--no-resolv", "--no-ping",
                 f"--dhcp-leasefile={folder}/{name}.leases", f"--conf-file={conf}"],
                stdout=log, stderr=log)
        end = time.monotonic() + 30
        while "started" not in self.said():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(self.said())
            time.sleep(0.05)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self):
        self.process.terminate()
        self.process.wait()


DNSMASQ = """# by hand
domain=old.example
dhcp-range=set:one,10.1.0.200,10.1.0.220,255.255.255.0,2h
dhcp-range=set:two,10.2.0.0,static,255.255.255.0
dhcp-option=option:dns-server,10.1.0.5,10.1.0.6
dhcp-option=option:ntp-server,10.1.0.4
dhcp-option=tag:one,option:router,10.1.0.1
dhcp-option=tag:two,option:router,10.2.0.1
dhcp-option=tag:two,option:mtu,1400
dhcp-option=option:domain-search,"example","old.example"
dhcp-match=set:efi,option:client-arch,7
dhcp-match=set:arm,option:client-arch,11
dhcp-match=set:web,option:client-arch,16
dhcp-boot=tag:efi,shimx64.efi,,10.1.0.9
dhcp-boot=tag:arm,grubaa64.efi,,10.1.0.9
dhcp-boot=tag:web,http://10.1.0.9/boot.efi,,10.1.0.9
dhcp-boot=pxelinux.0,,10.1.0.9
dhcp-boot=tag:own,tag:!web,own.0,,10.1.0.9
dhcp-option=option:nis-domain,old
dhcp-option=tag:two,option:netbios-ns,10.2.0.7,10.2.0.8
dhcp-option=tag:two,44,10.2.0.8
dhcp-option=tag:one,option:tftp-server-address,10.1.0.9
dhcp-option=tag:two,option:classless-static-route,0.0.0.0/0,10.2.0.1,10.99.0.0/16,10.2.0.7
dhcp-ignore=tag:nobody
"""


def by_dnsmasq(ldapcc, folder, wire):
    """A dnsmasq.conf by hand and ours give each client the same."""
    hosts = write(folder, "dm-hosts", "".join(
        f"10.{net}.0.{node} d{net}n{node}.old.example d{net}n{node}\n" for net in (1, 2) for node in (7, 8)))
    text = DNSMASQ + f"addn-hosts={hosts}\n"
    clients = []
    for net in (1, 2):
        for node in range(1, 10):
            address = "" if node in (7, 8) else f",10.{net}.0.{node}"
            text += f"dhcp-host={mac(net, node)}{address},d{net}n{node}\n"
            clients.append((mac(net, node), f"10.{net}.0.250"))
    os.mkdir(f"{folder}/dm.d")
    write(folder, "dm.d/tags.conf", "dhcp-host=" + mac(1, 10) + ",set:own,10.1.0.10,d1n10\n")
    clients.append((mac(1, 10), "10.1.0.250"))
    conf = write(folder, "dm.conf", text + f"conf-dir={folder}/dm.d,*.conf\n")
    done = run(ldapcc, "import", "--dnsmasq", conf)
    ldif = write(folder, "dm.ldif", done.stdout)
    left = re.findall(r"warning: (.*)", done.stderr)
    tap.ok(done.returncode == 0 and len(left) == 1 and "tag:nobody" in left[0],
           "a dnsmasq.conf is imported", done.stderr)
    out = os.path.join(folder, "dm-out")
    settings = write(folder, "dm.yaml", "targets: [dnsmasq-dhcp, dnsmasq-dhcp-hosts]\n")
    done = run(ldapcc, "--config", settings, "--ldif", ldif, "render", "-o", out)
    tap.ok(done.returncode == 0, "and rendered", done.stderr)
    with open(f"{out}/etc/dnsmasq.d/ldapcc-dhcp.conf", encoding="ascii") as file:
        new = write(folder, "dm-new.conf", file.read().replace("=/srv/", f"={out}/srv/"))
    told = []
    for name, path in (("dm-old", conf), ("dm-new", new)):
        server = Dnsmasq(folder, name, path)
        told.append({(client, arch): wire.ask(*client, arch, 0x4000 + number * 32 + (arch or 0))
                     for number, client in enumerate(clients) for arch in ARCHS})
        server.stop()
    tap.ok(all(told[0].values()), f"dnsmasq answers all {len(clients)} clients by the old file")
    wrong = [f"{key}\n  was {told[0][key]}\n  is  {told[1][key]}"
             for key in told[0] if told[0][key] != told[1][key]]
    tap.ok(not wrong, f"all {len(told[0])} answers are the same", "\n".join(wrong[:12]))


def answers(wire, clients):
    """Of every client, as every kind of it; and of strangers."""
    found = {}
    for number, (hardware, giaddr) in enumerate(clients):
        archs = ARCHS if number % 10 == 6 or number < 3 else [ARCHS[number % len(ARCHS)]]
        for arch in archs:
            found[hardware, arch] = wire.ask(hardware, giaddr, arch, 0x1000 + number * 8 + (arch or 0))
    for giaddr in ("10.2.0.250", "10.50.0.250", "10.1.0.250"):
        got = wire.ask("02:00:00:00:00:09", giaddr, None, 0x77)
        if got:
            got["address"] = ipaddress.ip_address(got["address"]).packed[:3]  # one of the range
        found["stranger", giaddr] = got
    return found


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def messages(ldapcc, folder):
    """What differs between hosts of a network, or has an order, cannot be said in a directory."""
    conf = write(folder, "odd.conf", """option domain-name-servers 10.0.0.3, 10.0.0.2;
subnet 10.0.0.0 netmask 255.255.255.0 {
  option routers 10.0.0.1, 10.0.0.4; option domain-name "c.example";
  range 10.0.0.100 10.0.0.110;
  host a { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.0.0.11; option routers 10.0.0.9; }
  host b { hardware ethernet 00:00:5e:00:53:02; fixed-address nobody.example; }
  if exists agent.circuit-id { option routers 10.0.0.8; }
  max-lease-time 72000;
}
host c_1 { hardware ethernet 00:00:5e:00:53:03; fixed-address 10.0.0.13; option host-name "see"; }
include "/nonexistent/more.conf";
host d.other.example { hardware ethernet 00:00:5e:00:53:04; fixed-address 10.0.0.14; }
""")
    done = run(ldapcc, "import", "--dhcpd", conf)
    for line, text in ((1, "the order of"), (3, "several routers"), (5, "differs from the network's"),
                       (6, "no hosts file"), (7, "nor what stands in its braces"), (8, "default-lease"),
                       (11, "is included here"),
                       (12, "in another domain")):
        tap.ok(re.search(rf"odd\.conf:{line}:\d+: (warning|note): .*{text}", done.stderr),
               f"line {line} is named: {text}", done.stderr)
    tap.ok(done.returncode == 7, "an include that is not there", done.stderr)
    tap.ok(run(ldapcc, "import").returncode == 64, "nothing to import")
    write(folder, "odd.conf", "subnet 10.0.0.0 { { } } } host \"x { hardware")
    tap.ok(run(ldapcc, "import", "--dhcpd", conf).returncode in (0, 7), "a file that is damaged")


def others(ldapcc, folder):
    """hosts with ethers, and a dnsmasq.conf."""
    hosts = write(folder, "h", "10.0.0.5 five.c.example five\nfd00::5 five.c.example\n"
                  "10.0.0.6 six.c.example\n")
    ethers = write(folder, "e", "0:0:5e:0:53:5 five.c.example\n00:00:5e:00:53:06 10.0.0.6\nbad x\n")
    conf = write(folder, "dnsmasq.conf", """# by hand
interface=eth0
domain=c.example
dhcp-range=10.0.0.100,10.0.0.120,255.255.255.0,2h
dhcp-option=option:router,10.0.0.1
dhcp-option=tag:x,3,10.0.0.2
dhcp-boot=pxelinux.0,server,10.0.0.9
dhcp-host=00:00:5e:00:53:07,10.0.0.7,seven
host-record=eight.c.example,8.c.example,10.0.0.8,fd00::8
cname=www.c.example,eight.c.example
mx-host=c.example,eight.c.example,10
srv-host=_ldap._tcp.c.example,eight.c.example,389,1,2
address=/nine.c.example/10.0.0.9
""")
    done = run(ldapcc, "import", "--hosts", hosts, "--ethers", ethers, "--dnsmasq", conf)
    ldif = write(folder, "others.ldif", done.stdout)
    left = re.findall(r"^\S+?/(\w+(?:\.conf)?):(\d+)(?::\d+)?: warning", done.stderr, re.MULTILINE)
    tap.ok(left == [("dnsmasq.conf", "4"), ("dnsmasq.conf", "6"), ("dnsmasq.conf", "13"), ("e", "3")],
           "what cannot be taken over is named", done.stderr)
    done = run(ldapcc, "--ldif", ldif, "check")
    tap.ok(done.returncode == 0, "its check finds no error", done.stderr)
    out = run(ldapcc, "--ldif", ldif, "render", "dnsmasq", "dnsmasq-hosts", "dhcpd").stdout
    for line in ("10.0.0.5 five.c.example five", "fd00::5 five.c.example five",
                 "10.0.0.6 six.c.example six", "10.0.0.7 seven.c.example seven",
                 "10.0.0.8 eight.c.example eight 8.c.example", "cname=www.c.example,eight.c.example",
                 "mx-host=c.example,eight.c.example,10",
                 "srv-host=_ldap._tcp.c.example,eight.c.example,389,1,2",
                 "\thardware ethernet 00:00:5e:00:53:05;", "\thardware ethernet 00:00:5e:00:53:06;",
                 "\thardware ethernet 00:00:5e:00:53:07;", "\trange 10.0.0.100 10.0.0.120;",
                 "\toption routers 10.0.0.1;", "\tnext-server 10.0.0.9;",
                 "\tdefault-lease-time 7200;"):
        tap.ok(line in out.splitlines(), f"rendered: {line.strip()}", out)


def own(ldapcc, folder):
    """What a host has of its own, a second line of its address, and numbers out of bounds."""
    hosts = write(folder, "h2", "10.0.0.5 five.c.example five\n10.0.0.5 second.c.example second\n")
    conf = write(folder, "own.conf", """option domain-name "c.example";
subnet 10.0.0.0 netmask 255.255.255.0 {
  default-lease-time 50;
  option time-offset -18000;
  range 10.0.0.100 10.0.0.110;
}
host five { hardware ethernet 00:00:5e:00:53:05; fixed-address 10.0.0.5; }
host six { hardware ethernet 00:00:5e:00:53:06; fixed-address 10.0.0.6; option domain-name "x.example"; }
""")
    done = run(ldapcc, "import", "--dhcpd", conf, "--hosts", hosts)
    ldif = write(folder, "own.ldif", done.stdout)
    tap.ok(re.search(r"own\.conf:3:\d+: warning: .*vocLeaseTime is a number from", done.stderr),
           "line 3 is named", done.stderr)
    tap.ok("\nvocDHCPOption: time-offset -18000\n" in done.stdout, "line 4 is taken over", done.stdout)
    six = done.stdout[done.stdout.find("dn: cn=six"):]
    tap.ok("\ncn: six.x.example\n" in six and "vocDomain" not in six,
           "a host's own domain is in its name, where the schema has it", done.stdout)
    done = run(ldapcc, "--ldif", ldif, "check")
    tap.ok(done.returncode == 0, "its check finds no error", done.stderr)
    out = run(ldapcc, "--ldif", ldif, "render", "dnsmasq-hosts").stdout
    for line in ("10.0.0.5 five.c.example five second.c.example second", "10.0.0.6 six.x.example six"):
        tap.ok(line in out.splitlines(), f"rendered: {line}", out)


def enter_namespace():
    """Network and mounts of its own; False where a program is not installed, which is said."""
    for program in ("dhcpd", "unshare", "nsenter", "ip"):
        if shutil.which(program) is None:
            print(f"1..0 # SKIP {program} is not installed")
            return False
    if not os.environ.get("IMPORT_NAMESPACE"):
        os.environ["IMPORT_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-nm", "--propagation", "private", sys.executable, *sys.argv])
    return True


def main(ldapcc):
    if not enter_namespace():
        return 0
    folder = tempfile.mkdtemp(prefix="ldapcc-import-")
    os.chmod(folder, 0o755)
    wire = None
    try:
        messages(ldapcc, folder)
        others(ldapcc, folder)
        own(ldapcc, folder)
        conf, hosts, clients = make_site(folder)
        done = subprocess.run([ldapcc, "import", "--dhcpd", conf, "--hosts", hosts],
                              capture_output=True, text=True, check=False)
        ldif = write(folder, "site.ldif", done.stdout)
        tap.ok(done.returncode == 0, "the site is imported", done.stderr)
        left = re.findall(r"^(\S+?):(\d+):\d+: warning: (.*) \[import\]$", done.stderr, re.MULTILINE)
        with open(conf, encoding="ascii") as file:
            lines = file.read().splitlines()
        told = [lines[int(line) - 1] for path, line, _ in left if path == conf]
        wanted = ["class", "allow", "option space", "token-ring"]
        tap.ok(len(told) == len(left) == len(wanted) and
               all(any(word in line for line in told) for word in wanted),
               "what cannot be taken over is named with file and line, and nothing else is",
               done.stderr)
        settings = write(folder, "settings.yaml", "severity: {no-mac: ignore}\n")
        words = [ldapcc, "--config", settings, "--ldif", ldif]
        done = subprocess.run([*words, "check"], capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 0, "its check finds no error", done.stderr)
        out = os.path.join(folder, "out")
        done = subprocess.run([*words, "render", "-o", out], capture_output=True, text=True,
                              check=False)
        new = write(folder, "new.conf", f'authoritative;\nping-check false;\nsubnet 10.255.0.0 '
                    f'netmask 255.255.255.0 {{ }}\ninclude "{out}/etc/dhcp/ldapcc.conf";\n')
        with open(f"{out}/etc/dhcp/ldapcc.conf", encoding="utf-8") as file:
            text = file.read()
        write(folder, "out/etc/dhcp/ldapcc.conf",
              re.sub(r"subnet 10\.255\.0\.0 [^}]*\}\n", "", text))
        # the names of the hosts file are resolved by the old server itself
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=False)
        wire = Wire()
        old = Dhcpd(folder, "old", conf)
        before = answers(wire, clients)
        old.stop()
        tap.ok(all(before[client] for client in before if client[0] != "stranger"),
               f"the old server answers all {len(clients)} clients")
        ours = Dhcpd(folder, "new", new)
        after = answers(wire, clients)
        ours.stop()
        for client in before:
            # a TFTP path is nothing to HTTP boot: the import says that it is not told them
            for answer in (before[client], after[client]):
                if client[1] == 0x10 and "://" not in answer["file"]:
                    answer["file"] = ""
        wrong = {client for client in before if before[client] != after[client]}
        tap.ok(not wrong, f"all {len(before)} answers are the same",
               "\n".join(f"{client}\n  was {before[client]}\n  is  {after[client]}"
                         for client in sorted(wrong, key=str)[:12]))
        if shutil.which("dnsmasq"):
            by_dnsmasq(ldapcc, folder, wire)
        else:
            tap.ok(True, "a dnsmasq.conf by hand # SKIP dnsmasq is not installed")
        with open(f"{out}/srv/ldapcc/dnsmasq/hosts", encoding="ascii") as file:
            rendered = file.read()
        with open(hosts, encoding="ascii") as file:
            names = [line.split("#")[0].split() for line in file]
        missing = [words for words in names if words[0][0] == "1" and words[0] != "127.0.0.1" and
                   not re.search(rf"^{words[0]} {words[1]}( |$)", rendered, re.MULTILINE)]
        tap.ok(not missing, "every name of the hosts file has its address", missing)
    finally:
        if wire:
            wire.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
