#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-inventory.py FORM LDIF TRUTH - an inventory as sites really have them

FORM is `rfc2307` (ipHost, ieee802Device, ipNetwork; RFC 2307bis for what has several
interfaces) or `ldapcc` (our schema over the same machines). LDIF is written for slapadd and
for ldapcc --ldif. TRUTH is JSON, computed here and not by asking ldapcc:

    entries      how many ldapcc has to read
    findings     {check id: [[DN, ...], ...]}, every fault, each with all its entries
    quarantined  the DNs that are left out
    hosts        {address: [name, ...]}, what a hosts file has to say, the first name first
    leases       [network, MAC, address, host name], what DHCP has to give

No chance is involved: the same words give the same bytes.
"""
import hashlib
import json
import sys

SUFFIX = "dc=c,dc=example"
DOMAIN = "c.example"
N_HOSTS = 660
N_MANAGEMENT = 190  # the first of them; the others are in the second network
N_GATEWAYS = 12  # with an interface in each network

# Names that some program's syntax takes for something else.
ODD_NAMES = ["1001", "12h", "ignore", "infinite", "ns", "mx", "any", "host", "subnet", "include",
             "null", "true", "AB--CD", "a" * 63, "x-1", "0x1f"]

# Of the machines by number: the second gets the first's. The third pair is spelled alike.
SAME_MAC = [(20, 41), (77, 78), (300, 412)]
SAME_MAC_ELSEWHERE = (60, 350)  # in two networks, which is how VLANs are
SAME_ADDRESS = [(5, 6), (30, 130), (99, 100), (150, 151), (210, 600), (333, 334), (480, 481),
                (500, 501, 502)]
NO_HOST_NAME = 45


def spell_mac(mac, style):
    digits = f"{mac:012x}"
    pairs = [digits[i:i + 2] for i in range(0, 12, 2)]
    return [":".join(pairs),
            ":".join(pairs).upper(),
            "-".join(pairs).upper(),
            ":".join(f"{int(pair, 16):x}" for pair in pairs),
            ".".join(digits[i:i + 4] for i in range(0, 12, 4)),
            digits][style % 6]


class Machine:
    def __init__(self, number):
        digest = hashlib.sha256(b"%d" % number).digest()
        self.number = number
        self.network = "mgmt" if number < N_MANAGEMENT else "vcns"
        place = number - N_MANAGEMENT
        self.address = (f"10.10.0.{number + 3}" if number < N_MANAGEMENT
                        else f"10.20.{1 + place // 200}.{1 + place % 200}")
        self.has_mac = number % 13 != 4
        self.mac = 0x001B21000000 | int.from_bytes(digest[:3], "big")
        self.mac_style = number
        label = f"node{number:03}"
        if number % 40 == 10 and number // 40 < len(ODD_NAMES):
            label = ODD_NAMES[number // 40]
        if number % 7 == 0:
            label = label.upper()
        if number == NO_HOST_NAME:
            label = f"Node_{number}"
        self.name = f"{label}.{DOMAIN}" if number % 2 and len(label) < 63 else label
        self.aliases = []
        if number % 5 == 0:
            self.aliases.append(f"Web{number:03}")
        if number % 15 == 0:
            self.aliases.append(f"www{number:03}.other.example")
        self.is_good = True

    def dn(self):
        return f"cn={self.name},ou=hosts,{SUFFIX}"


def names_on_line(name, aliases, domain):
    """Full name, short name, aliases in both forms; lower case."""
    name = name.lower()
    domain = name.partition(".")[2] or domain
    full = name if "." in name or not domain else f"{name}.{domain}"
    names = [full, full.partition(".")[0]]
    for alias in sorted(alias.lower() for alias in aliases):
        names.append(alias if "." in alias or not domain else f"{alias}.{domain}")
        if "." not in alias:
            names.append(alias)
    return list(dict.fromkeys(names))


class Inventory:
    def __init__(self, form):
        self.is_ours = form == "ldapcc"
        self.domain = DOMAIN if self.is_ours else ""
        self.lines = []
        self.n_entries = 0
        self.findings = {}
        self.hosts = {}
        self.leases = []
        self.machines = [Machine(number) for number in range(N_HOSTS)]

    def entry(self, dn, classes, *attributes, counts=True):
        self.n_entries += counts
        self.lines += [f"dn: {dn}", *(f"objectClass: {name}" for name in classes)]
        self.lines += [f"{key}: {value}" for key, value in attributes]
        self.lines.append("")

    def find(self, check, *machines):
        self.findings.setdefault(check, []).append(sorted(m.dn() for m in machines))
        for machine in machines:
            machine.is_good = False

    def containers(self):
        self.entry(SUFFIX, ["organization", "dcObject"], ("o", "Inventory"), ("dc", "c"),
                   counts=False)
        for name in ["hosts", "networks"]:
            self.entry(f"ou={name},{SUFFIX}", ["organizationalUnit"], ("ou", name), counts=False)
        if self.is_ours:
            self.entry(f"cn={DOMAIN},{SUFFIX}", ["vocCluster"], ("cn", DOMAIN),
                       ("vocDomain", DOMAIN), ("vocNameServer", "10.10.0.2"))

    def networks(self):
        ours = {"mgmt": [("vocGateway", "10.10.0.254"), ("vocLeaseTime", 3600),
                         ("vocDynamicRange", "10.10.0.210 10.10.0.240")],
                "vcns": [("vocGateway", "10.20.0.1"), ("vocMTU", 1500)]}
        for name, number, mask in [("mgmt", "10.10.0.0", "255.255.255.0"),
                                   ("vcns", "10.20.0.0", "255.255.0.0")]:
            self.entry(f"cn={name},ou=networks,{SUFFIX}",
                       ["vocIPNetwork" if self.is_ours else "ipNetwork"], ("cn", name),
                       ("ipNetworkNumber", number), ("ipNetmaskNumber", mask),
                       *(ours[name] if self.is_ours else []))

    def faults(self):
        for first, second in SAME_MAC + [SAME_MAC_ELSEWHERE]:
            a, b = self.machines[first], self.machines[second]
            a.has_mac = b.has_mac = True
            b.mac = a.mac
        self.machines[SAME_MAC[2][1]].mac_style = self.machines[SAME_MAC[2][0]].mac_style
        for first, *others in SAME_ADDRESS:
            for other in others:
                self.machines[other].address = self.machines[first].address
                self.machines[other].network = self.machines[first].network
        for pair in SAME_MAC:
            self.find("dup-mac", *(self.machines[number] for number in pair))
        for numbers in SAME_ADDRESS:
            self.find("dup-ip", *(self.machines[number] for number in numbers))
        self.find("bad-name", self.machines[NO_HOST_NAME])
        self.quarantined = sorted(m.dn() for m in self.machines if not m.is_good)
        # warnings: nothing is left out for them
        twice = [self.machines[number] for number in SAME_MAC_ELSEWHERE]
        self.findings["dup-mac"].append(sorted(m.dn() for m in twice))
        self.findings["no-mac"] = [[m.dn()] for m in self.machines if not m.has_mac]

    def all_machines(self):
        for m in self.machines:
            attributes = [("cn", m.name)]
            alias_key = "vocAlias" if self.is_ours and m.number % 2 else "cn"
            attributes += [(alias_key, alias) for alias in m.aliases]
            attributes.append(("ipHostNumber", m.address))
            classes = ["device", "ipHost"]
            if m.has_mac or m.number % 2:  # a device without an address of hardware, or no such
                classes.append("ieee802Device")
            if self.is_ours and alias_key == "vocAlias" and m.aliases:
                classes.append("vocPhysicalNode")
            if m.has_mac:
                attributes.append(("macAddress", spell_mac(m.mac, m.mac_style)))
            self.entry(m.dn(), classes, *attributes)
            if m.is_good:
                self.served(m.network, m.address, m.has_mac and m.mac,
                            names_on_line(m.name, m.aliases, self.domain))

    def served(self, network, address, mac, names):
        self.hosts[address] = names
        if mac:
            self.leases.append([network, spell_mac(mac, 0), address, names[0].split(".")[0]])

    def gateways(self):
        """RFC 2307bis: the second RDN tells the interfaces of one machine apart."""
        for number in range(N_GATEWAYS):
            name = f"gw{number:02}"
            dn = f"cn={name},ou=hosts,{SUFFIX}"
            interfaces = [("mgmt", f"10.10.0.{195 + number}"), ("vcns", f"10.20.9.{1 + number}")]
            if self.is_ours:
                self.entry(dn, ["device", "vocPhysicalNode"], ("cn", name))
            for index, (network, address) in enumerate(interfaces):
                mac = 0x001B22000000 + 2 * number + index
                hardware = ("macAddress", spell_mac(mac, number))
                if self.is_ours:
                    self.entry(f"cn=eth{index},{dn}", ["vocNodeInterface"], ("cn", f"eth{index}"),
                               ("ipHostNumber", address), hardware)
                else:
                    self.entry(f"cn={name}+ipHostNumber={address},ou=hosts,{SUFFIX}",
                               ["device", "ipHost", "ieee802Device"], ("cn", name),
                               ("ipHostNumber", address), hardware)
                self.served(network, address, mac,
                            names_on_line(f"{name}-eth1" if index else name, [], self.domain))

    def build(self):
        self.containers()
        self.networks()
        self.faults()
        self.all_machines()
        self.gateways()

    def truth(self):
        return {"entries": self.n_entries, "findings": self.findings,
                "quarantined": self.quarantined, "hosts": self.hosts, "leases": self.leases}


def main(form, ldif, truth):
    inventory = Inventory(form)
    inventory.build()
    with open(ldif, "w", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in inventory.lines)
    with open(truth, "w", encoding="ascii") as file:
        json.dump(inventory.truth(), file, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
