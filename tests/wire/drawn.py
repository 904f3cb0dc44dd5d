#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A site drawn by lot, the same for one seed, and who asks in it.

    drawn.py make SEED SITE CLIENTS
    drawn.py ask 4|6 INTERFACE CLIENTS ANSWERS     in the clients' network namespace
    drawn.py judge SITE CLIENTS FINDINGS SERVER=ANSWERS…

`judge` prints a line for each difference between the servers' answers, of what `ldapcc check` does
not say that it cannot be carried. Which address of a range a server gives is its own to choose.
"""

import ipaddress
import json
import random
import re
import sys

import client
import model

BASE = "dc=c,dc=example"
BOOT4 = {"vocBootFile": ["pxelinux.0", "x/undionly.kpxe", "http://boot.c.example/bios.0"],
         "vocBootFileUEFI": ["grub.efi", "http://10.77.0.5/u.efi", "tftp://10.77.0.2/u.efi"],
         "vocBootFileARM64": ["arm.efi", "http://boot.c.example/a.efi"],
         "vocBootURL": ["http://boot.c.example/m.ipxe", "https://boot.c.example/m?x=1&y=2",
                        "tftp://10.77.0.2/m.ipxe"]}
OPTIONS4 = ["log-servers 10.77.0.5, 10.77.0.6", "root-path /srv/root \"with, blanks\"",
            "boot-size 16", "default-ip-ttl 64", "ip-forwarding false", "time-offset -3600",
            "vendor-encapsulated-options 01:04:00:00:00:00", "v6-only-preferred 300",
            "captive-portal https://p.c.example/", "tftp-server-name tftp.c.example",
            "nis-domain nis.example", "smtp-server 10.77.0.7", "netbios-node-type 8"]
OPTIONS6 = ["dhcp6.nis-servers fd00:77::23", "dhcp6.info-refresh-time 7200",
            "dhcp6.new-tzdb-timezone Europe/Berlin", "dhcp6.nis-domain-name n.example",
            "dhcp6.captive-portal https://p/six?a=1,2"]
SERVERS4 = ["10.77.0.2", "10.77.0.3", "10.77.0.9"]
KINDS6 = ["uefi", "arm64", "http", "ipxe-uefi", "plain"]
# what the servers' own machines and those of the wire's other end have
TAKEN = {"10.77.0.1", "10.77.0.4", "10.77.0.5", "10.77.0.6", "10.77.0.7", *SERVERS4}


class Site:
    """What is drawn; every draw is of one random.Random."""

    def __init__(self, seed):
        self.lot = random.Random(seed)
        self.entries, self.clients = [], []
        self.used = set(TAKEN)
        self.n_macs = 0
        self.networks = []

    def maybe(self, chance):
        return self.lot.random() < chance

    def some(self, things, *counts):
        return self.lot.sample(things, min(self.lot.choice(counts), len(things)))

    def entry(self, rdn, classes, *lines):
        self.entries.append("\n".join(
            ["dn: %s,%s" % (rdn, BASE)] + ["objectClass: " + name for name in classes.split()] +
            ["cn: " + rdn.split(",")[0][3:]] + [line for line in lines if line]) + "\n")

    def has(self, version):
        return any(network.version == version for network in self.networks)

    # What networks and nodes say

    def boot(self, chance):
        return ["%s: %s" % (name, self.lot.choice(values))
                for name, values in BOOT4.items() if self.maybe(chance)]

    def options(self, known, chance):
        return ["vocDHCPOption: " + text for text in known if self.maybe(chance)]

    def next_server(self, version):
        if version == 6:
            return "vocNextServer: " + self.lot.choice(["tftp", "fd00:77::2"])
        return "vocNextServer: " + self.lot.choice(["tftp", "ntp.c.example", *SERVERS4])

    def cluster(self):
        lines = ["vocDomain: c.example"]
        if self.maybe(.7):
            lines.append("vocInstallServer: http://install.c.example/ks")
        servers = [*SERVERS4, "tftp", "fd00:77::2", "9.9.9.9"]
        lines += ["vocNameServer: " + s for s in self.some(servers, 0, 1, 2, 3)]
        lines += ["vocTimeServer: " + s for s in
                  self.some(["ntp.c.example", "10.77.0.4", "tftp", "fd00:77::4"], 0, 1, 2)]
        lines += ["vocSearchDomain: " + s for s in
                  self.some(["c.example", "other.example", "a.b.example"], 0, 1, 2)]
        self.entry("cn=c.example", "vocCluster", *lines, *self.options(OPTIONS4 + OPTIONS6, .06))

    def draw_networks(self):
        n4, n6 = self.lot.choice([1, 1, 2, 3]), self.lot.choice([0, 1, 1, 2])
        self.networks = [ipaddress.ip_network("10.77.%d.0/24" % i) for i in range(n4)] + \
            [ipaddress.ip_network("fd00:%x::/64" % (0x77 + i)) for i in range(n6)]
        if n4 > 1 and self.maybe(.4):
            self.networks[n4 - 1] = ipaddress.ip_network(
                "10.77.%d.0/%d" % (n4 - 1, self.lot.choice([25, 26, 27])))

    def ranges(self, network):
        """The first network of a family has one, with room for whoever has no address: every client
        is answered, also by dhcpd, which keeps an offer for its client."""
        of_family = [n for n in self.networks if n.version == network.version]
        n = self.lot.choice([0, 1, 1, 2]) or network == of_family[0]
        half = min(network.num_addresses - 3, 250) // 2  # the last one is the router's
        for i in range(n):
            end = (i + 1) * half
            first = min(self.lot.randrange(5 + i * half, end - 2), end - 9)
            last = min(max(first + 9, self.lot.randrange(first, first + 30)), end)
            if network.version == 6:
                first, last = 0x100 * (i + 1), 0x100 * (i + 1) + self.lot.randrange(1, 0xff)
            yield "vocDynamicRange: %s %s" % (network[first], network[last])

    def network(self, network, interface):
        four = network.version == 4
        lines = ["ipNetworkNumber: %s" % network, "vocSharedNetwork: wire",
                 interface and "vocDHCPInterface: srv"]
        if self.maybe(.8):
            lines.append("vocGateway: %s" % (
                network[-2] if four else self.lot.choice(["fe80::1", network[1]])))
        if self.maybe(.4):
            lines.append("vocDomain: " + self.lot.choice(["two.example", "sub.c.example"]))
        lines += ["vocNameServer: " + s for s in
                  self.some([*SERVERS4, "tftp", "fd00:77::2"], 0, 0, 1, 2)]
        if self.maybe(.5):
            lines.append("vocLeaseTime: %d" % self.lot.choice([120, 3600, 7200, 604800]))
        if four and self.maybe(.4):
            lines.append("vocMTU: %d" % self.lot.choice([1400, 9000, 1280]))
        if four and self.maybe(.3):
            lines.append("vocStaticRoute: 10.9.0.0/16 %s" % network[4])
            lines.append(self.maybe(.5) and "vocStaticRoute: 10.10.10.128/25 %s" % network[5])
        boot = self.boot(.4)
        if boot and self.maybe(.9):
            lines.append(self.next_server(network.version))
        self.entry("cn=net%d" % self.networks.index(network), "vocIPNetwork", *lines,
                   *self.ranges(network), *boot, *self.options(OPTIONS4 if four else OPTIONS6, .06))

    # Nodes and their clients

    def mac(self):
        self.n_macs += 1
        return "02:00:00:00:53:%02x" % self.n_macs

    def address(self, network):
        while True:
            number = self.lot.randrange(6, min(network.num_addresses - 3, 200)) \
                if network.version == 4 else self.lot.randrange(0x10, 0x200)
            text = str(network[number])
            if text not in self.used:
                self.used.add(text)
                return text

    def place(self):
        """Addresses of an interface: in most cases one of IPv4, and perhaps one of IPv6."""
        four = [n for n in self.networks if n.version == 4]
        found = [self.address(n) for n in self.some(four, 1, 1, 1, 1, 1, 0, 2)]
        if found and self.maybe(.1):
            found.append(self.address(four[0]))
        return found + [self.address(n) for n in self.networks
                        if n.version == 6 and self.maybe(.5)]

    def asks(self, mac, duids=(), identifier=None):
        kinds = list(client.KINDS) if self.maybe(.4) else ["plain", self.lot.choice(["bios", "uefi"])]
        for kind in kinds:
            row = {"family": 4, "mac": mac, "kind": kind}
            if identifier:
                row["client_id"] = identifier
            self.clients.append(row)
        if not self.has(6) or identifier:
            return
        for kind in KINDS6 if self.maybe(.4) else ["plain"]:
            self.clients.append({"family": 6, "mac": mac, "kind": kind,
                                 "duid": "00030001" + mac.replace(":", "")})
        for duid in duids:
            self.clients.append({"family": 6, "mac": mac, "kind": "plain",
                                 "duid": "0004" + duid.replace("-", "")})

    def duids(self):
        if not self.has(6) or self.maybe(.7):
            return []
        return ["%08x-0031-3510-8031-b3c04f443232" % self.lot.getrandbits(32)]

    def own_boot(self):
        lines = self.boot(.25) if self.maybe(.5) else []
        if lines and self.maybe(.4):
            lines.append(self.next_server(4))
        return lines

    def one_interface(self, name, what):
        addresses = [] if what == "roaming" else self.place()
        mac, lines = self.mac(), []
        if what == "infiniband":
            guid = "00:02:c9:03:00:00:" + mac[-5:]
            lines.append("macAddress: 80:00:02:08:fe:80:00:00:00:00:00:00:" + guid)
            self.asks("02:00:00:00:54:07", identifier="ff:00:00:00:00:00:02:00:00:02:c9:00:" + guid)
        else:
            lines.append("macAddress: " + mac)
            self.asks(mac)
        if what == "bond" and len(addresses) < 2:
            second = self.mac()
            lines.append("macAddress: " + second)
            self.asks(second)
        node = "vocVirtualNode" if what == "guest" else "vocPhysicalNode"
        self.entry("cn=" + name, "device ieee802Device %s%s" % ("ipHost " * bool(addresses), node),
                   *lines, *("ipHostNumber: " + a for a in addresses), *self.own_boot(),
                   self.maybe(.2) and "vocAlias: also-" + name.split(".", maxsplit=1)[0])

    def interfaces(self, name):
        """Several NICs, of which one may be a BMC's, and a VLAN elsewhere on one of them."""
        node = "cn=" + name
        self.entry(node, "device vocPhysicalNode", *self.own_boot())
        n = self.lot.choice([1, 2, 3])
        boots = self.lot.randrange(n)
        for i in range(n):
            is_bmc = i > 0 and i == n - 1 and self.maybe(.3)
            mac, duids = self.mac(), self.duids()
            self.entry("cn=%s,%s" % ("bmc" if is_bmc else "eth%d" % i, node), "vocNodeInterface",
                       "macAddress: " + mac, *("ipHostNumber: " + a for a in self.place()),
                       is_bmc and "vocManagement: TRUE",
                       i == boots and not is_bmc and self.maybe(.4) and "vocBootInterface: TRUE",
                       *("vocDUID: " + duid for duid in duids))
            self.asks(mac, duids)
            if i == 0 and self.maybe(.3):
                self.entry("cn=eth0.10," + node, "vocNodeInterface", "macAddress: " + mac,
                           "vocParent: eth0", "vocVLAN: 10",
                           "ipHostNumber: 10.88.0.%d" % (10 + self.n_macs))

    def draw(self):
        self.draw_networks()
        self.cluster()
        # dnsmasq serves the wire by the interface that one of them says, Kea IPv6 by its own
        for i, network in enumerate(self.networks):
            self.network(network, i == 0 or network.version == 6 or self.maybe(.8))
        self.entry("cn=vlan", "vocIPNetwork", "ipNetworkNumber: 10.88.0.0/24", "vocVLAN: 10")
        self.entry("cn=tftp", "device ipHost", "ipHostNumber: 10.77.0.2",
                   self.has(6) and "ipHostNumber: fd00:77::2")
        self.entry("cn=ntp", "device ipHost", "ipHostNumber: 10.77.0.3")
        for i in range(self.lot.choice([2, 3, 4, 6])):
            name = "n%d%s" % (i, ".other.example" if self.maybe(.15) else "")
            what = self.lot.choice(["plain", "several", "several", "roaming", "bond", "guest",
                                    "infiniband"])
            if what == "several":
                self.interfaces(name)
            else:
                self.one_interface(name, what)
        self.asks("02:00:00:00:55:01")


def make(seed, to_site, to_clients):
    site = Site(int(seed))
    site.draw()
    with open(to_site, "w", encoding="utf-8") as file:
        file.write("\n".join(site.entries))
    with open(to_clients, "w", encoding="utf-8") as file:
        json.dump(site.clients, file)


def ask(family, interface, clients, to):
    send = client.ask4 if family == "4" else client.ask6
    with open(clients, encoding="utf-8") as file:
        rows = [row for row in json.load(file) if row["family"] == int(family)]
    answers = [send(interface, row) for row in rows]
    # a machine that is busy may have answered late
    answers = [answer or send(interface, row) for answer, row in zip(answers, rows)]
    with open(to, "w", encoding="utf-8") as file:
        json.dump(answers, file)


class Judge:
    def __init__(self, site, findings):
        entries = model.read_ldif(site)
        self.fixed = {a for entry in entries for a in entry.get("iphostnumber", [])}
        self.ranges = [(entry["cn"][0], *map(ipaddress.ip_address, text.split()))
                       for entry in entries for text in entry.get("vocdynamicrange", [])]
        # options that a server cannot tell, which check says
        names = re.findall(r"cannot tell clients option '([^']+)'", findings)
        self.lost = {"option %d" % model.OPTIONS[name][0] for name in names}

    def place(self, address):
        """The network that it is from a range of; else itself."""
        number = ipaddress.ip_address(address)
        for name, first, last in self.ranges:
            if address not in self.fixed and first.version == number.version and \
                    first <= number <= last:
                return "a range of " + name
        return address

    def canonical(self, asking, answer):
        if answer is None:
            return {"address": None}
        told = {name: value for name, value in answer.items() if name != "options"}
        told.update(("option " + code, data) for code, data in answer["options"].items())
        told["address"] = self.place(told["address"])
        if asking["family"] == 6:
            told.pop("class", None)  # dnsmasq has none: not-carried
        if told.get("next server") in ("10.77.0.1", "0.0.0.0"):
            told["next server"] = None  # a server's own, where nothing is said
        return {name: value for name, value in told.items() if name not in self.lost}

    def differences(self, asking, answers):
        told = {name: self.canonical(asking, answer) for name, answer in answers.items()}
        places = [answer["address"] for answer in told.values()]
        if len(set(places)) > 1 and all(p and p.startswith("a range") for p in places):
            return  # of several networks on a wire a server chooses
        attributes = {name for answer in told.values() for name in answer}
        for attribute in sorted(attributes) if len(set(places)) == 1 else ["address"]:
            values = {name: answer.get(attribute) for name, answer in told.items()}
            if len({json.dumps(value) for value in values.values()}) > 1:
                yield "%s of %s: %s" % (attribute, asking, values)


def judge(site, clients, findings, *words):
    with open(findings, encoding="utf-8") as file:
        judging = Judge(site, file.read())
    with open(clients, encoding="utf-8") as file:
        rows = json.load(file)
    found = 0
    for family in 4, 6:
        given = {}
        for word in words:
            server, _, name = word.partition("=")
            if server.endswith("6") == (family == 6):
                with open(name, encoding="utf-8") as file:
                    given[server] = json.load(file)
        of_family = [row for row in rows if row["family"] == family]
        for i, asking in enumerate(of_family if given else []):
            answers = {name: answer[i] for name, answer in given.items()}
            for text in judging.differences(asking, answers):
                print("# " + text)
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit({"make": make, "ask": ask, "judge": judge}[sys.argv[1]](*sys.argv[2:]))
