# SPDX-License-Identifier: Apache-2.0
"""What every client of site.ldif must be told: read from the LDIF, without ldapcc.

Written from the manual (ldapcc-schema(5), ldapcc-templates(5)), so that a mistake of the
compiler is not its own measure.
"""

import ipaddress
import os
import re
import socket
import struct

MANUAL = os.path.join(os.path.dirname(__file__), "../../man/ldapcc-schema.5.scd")

# The manual's headings, and what stands in the packet
TYPES = {
    "one address": "address",
    "addresses, with commas or blanks between": "address",
    "a text, up to 255 octets": "text",
    "a number up to 255": "!B",
    "a number up to 65535": "!H",
    "a number up to 4294967295": "!I",
    "a number from -2147483648 to 2147483647": "!i",
    "true or false": "truth",
    "domain names, with commas or blanks between": "domains",
    "octets in hexadecimal, such as 01:04:00:00:00:00": "octets",
}


def read_options():
    """name -> (code, type) of every option that vocDHCPOption can be, from the manual."""
    options, heading = {}, None
    with open(MANUAL, encoding="utf-8") as file:
        section = file.read().split("# DHCP OPTIONS\n")[1].split("\n# ")[0]
    for line in section.splitlines():
        if not line.startswith("\t"):
            heading = line
        for name, code in re.findall(r"([a-z0-9.-]+) \((\d+)\)", line):
            options[name] = int(code), TYPES[heading]
    return options


OPTIONS = read_options()


def option_name(version, code):
    return next((name for name, (number, _) in OPTIONS.items()
                 if number == code and name.startswith("dhcp6.") == (version == 6)), None)


def codes(version, kind=None):
    return {code for name, (code, what) in OPTIONS.items()
            if name.startswith("dhcp6.") == (version == 6) and kind in (None, what)}


def read_ldif(path):
    entries = []
    with open(path, encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            entry = {}
            for line in block.splitlines():
                if line and not line.startswith("#"):
                    name, value = line.split(": ", 1)
                    entry.setdefault(name.lower(), []).append(value)
            if entry:
                entries.append(entry)
    return entries


def encode(name, value):
    """The octets of an option, as hexadecimal digits."""
    kind = OPTIONS[name][1]
    words = value.replace(",", " ").split()
    if kind == "address":
        family = socket.AF_INET6 if name.startswith("dhcp6.") else socket.AF_INET
        data = b"".join(socket.inet_pton(family, word) for word in words)
    elif kind == "domains":
        data = b"".join(bytes([len(part)]) + part.encode()
                        for word in words for part in word.split(".") + [""])
    elif kind == "text":
        data = value.encode()
    elif kind == "truth":
        data = bytes([value.lower() == "true"])
    elif kind == "octets":
        data = bytes.fromhex(value.replace(":", ""))
    else:
        data = struct.pack(kind, int(value))
    return data.hex()


class Network:
    def __init__(self, entry, site):
        def one(name, default=None):
            return entry.get(name.lower(), [default])[0]
        self.site = site
        self.name = one("cn")
        self.prefix = ipaddress.ip_network(one("ipNetworkNumber"))
        self.version = self.prefix.version
        self.domain = one("vocDomain") or site.domain
        self.gateway = one("vocGateway")
        servers = entry.get("vocnameserver") or site.entry.get("vocnameserver", [])
        self.name_servers = self.of_family(servers)
        self.mtu = int(one("vocMTU")) if one("vocMTU") else None
        self.lease = int(one("vocLeaseTime") or 43200)
        self.routes = entry.get("vocstaticroute", [])
        self.range = one("vocDynamicRange")
        self.options = {}
        for text in site.entry.get("vocdhcpoption", []) + entry.get("vocdhcpoption", []):
            name, value = text.split(" ", 1)
            if name.startswith("dhcp6.") == (self.version == 6):
                self.options[str(OPTIONS[name][0])] = encode(name, value)
        self.boot = boot_of(entry)

    def of_family(self, addresses):
        return sorted((a for a in addresses if ipaddress.ip_address(a).version == self.version),
                      key=ipaddress.ip_address)


def boot_of(entry):
    keys = {"next": ["vocnextserver"], "bios": ["vocbootfile", "bootfile"],
            "uefi": ["vocbootfileuefi"], "arm64": ["vocbootfilearm64"], "url": ["vocbooturl"]}
    return {key: entry[name][0] for key, names in keys.items() for name in names if name in entry}


class Site:
    def __init__(self, path):
        entries = read_ldif(path)
        self.entry = next(e for e in entries if "vocCluster" in e["objectclass"])
        self.domain = self.entry["vocdomain"][0]
        # what the target ipxe-boot writes, where the install server has it
        self.script = self.entry["vocinstallserver"][0] + "/ipxe/boot.ipxe"
        self.networks = [Network(e, self) for e in entries if "vocIPNetwork" in e["objectclass"]]
        self.entries = entries
        # every name that an address has
        self.names = {}
        for entry in entries:
            for name in entry.get("cn", []):
                full = name if "." in name else name + "." + self.domain
                self.names.setdefault(full, []).extend(entry.get("iphostnumber", []))

    def network_of(self, address):
        return next(n for n in self.networks if ipaddress.ip_address(address) in n.prefix)

    def holders(self, address):
        """The entries whose options a client with this address is told: cn's."""
        return [self.entry["cn"][0]] + \
            ([self.network_of(address).name] if address else [n.name for n in self.networks])

    def options_asked(self):
        return {text.split(" ", 1)[0] for e in self.entries for text in e.get("vocdhcpoption", [])}

    def server(self, name, version):
        """The address of a server; None where the directory has none of this family."""
        try:
            return name if ipaddress.ip_address(name).version == version else None
        except ValueError:
            full = name if "." in name else name + "." + self.domain
            return next((a for a in self.names.get(full, [])
                         if ipaddress.ip_address(a).version == version), None)

    def time_servers(self, version):
        found = (self.server(name, version) for name in sorted(self.entry["voctimeserver"]))
        return [a for a in found if a]

    # Booting

    def boot_values(self, network, own):
        """A server of its own that has no address of the family is nobody's."""
        values = {**network.boot, **own}
        if not self.server(own.get("next", ""), network.version):
            values.pop("next", None)
            values.update((key, value) for key, value in network.boot.items() if key == "next")
        return values

    def boot(self, network, own, kind):
        """(file, class) for one kind of client."""
        values = self.boot_values(network, own)
        if kind.startswith("ipxe"):
            return values.get("url") or (self.script if values else None), None
        if kind.startswith("http"):
            return values.get("url"), "HTTPClient" if "url" in values else None
        arch = {"plain": "bios"}.get(kind, kind)
        file = values.get(arch)
        if network.version == 6:
            if arch == "bios":
                return None, None
            if file and "://" not in file:
                file = "tftp://[%s]/%s" % (self.server(values["next"], 6), file)
        return file, None

    def expect4(self, network, address, name, own, kind):
        file, vendor_class = self.boot(network, own, kind)
        values = self.boot_values(network, own)
        label, _, domain = name.partition(".") if name else (None, None, None)
        routes = list(network.routes)
        if routes and network.gateway:
            routes.append("0.0.0.0/0 " + network.gateway)
        return {
            "address": address,
            "mask": str(network.prefix.netmask),
            # RFC 3021: of a /31 it would be the other one's address
            "broadcast": [str(network.prefix.broadcast_address)] if network.prefix.prefixlen < 31 else [],
            "routers": [network.gateway] if network.gateway else [],
            "name servers": network.name_servers,
            "host name": label,
            # of a name that DNS has; where it has none, the network's
            "domain": domain if address and name else network.domain,
            "mtu": network.mtu,
            "time servers": self.time_servers(4),
            "search": sorted(self.entry["vocsearchdomain"]),
            "routes": sorted(routes),
            "routes, 249": sorted(routes),
            "lease": network.lease,
            "boot file": file,
            "class": vendor_class,
            "next server": self.server(values["next"], 4) if "next" in values else None,
            "options": network.options,
        }

    def expect6(self, network, address, own, kind):
        file, vendor_class = self.boot(network, own, kind)
        return {
            "address": address,
            "lease": network.lease,
            "name servers": network.name_servers,
            "search": sorted(self.entry["vocsearchdomain"]),
            "time servers": self.time_servers(6),
            "boot file": file,
            "class": vendor_class,
            "options": network.options,
        }


def client_id(mac):
    """RFC 4390: of the GUID, the last eight octets of an IPoIB address."""
    return "ff:00:00:00:00:00:02:00:00:02:c9:00:" + mac[-23:]


def interfaces(site):
    """(node, entry with MAC and addresses, entry with boot values, full name)"""
    by_dn = {e["dn"][0]: e for e in site.entries}
    for entry in site.entries:
        if "macaddress" not in entry:
            continue
        above = by_dn.get(entry["dn"][0].split(",", 1)[1], {})
        is_child = "vocNodeInterface" in entry["objectclass"]
        node = above if is_child else entry
        name = node["cn"][0]
        addresses = sorted(entry.get("iphostnumber", []), key=lambda a: (":" in a, a))
        domain = site.network_of(addresses[0]).domain if addresses else site.domain
        if "." not in name:
            name += "." + domain
        yield node, entry, boot_of(node), name, addresses


def kinds_of(name, is_infiniband, kinds):
    if is_infiniband:
        return ["bios", "plain"]
    # of options.ldif, which is about options alone
    return ["plain"] if re.match(r"o\d", name) else kinds


def clients(site):
    """Rows of (family, label, client, expected); an address of None is one from the range."""
    kinds = ["bios", "uefi", "arm64", "http", "http-arm64", "ipxe-bios", "ipxe-uefi", "plain"]
    for _, entry, own, name, addresses in interfaces(site):
        v4 = [a for a in addresses if ":" not in a][:1] or ([None] if not addresses else [])
        v6 = [a for a in addresses if ":" in a][:1]
        for mac in entry["macaddress"]:
            for address in v4:
                network = site.network_of(address) if address else site.networks[0]
                is_infiniband = len(mac) > 17
                for kind in kinds_of(name, is_infiniband, kinds):
                    client = {"mac": mac, "kind": kind}
                    if is_infiniband:
                        client = {"mac": "02:00:00:00:54:07", "kind": kind,
                                  "client_id": client_id(mac)}
                    yield (4, "infiniband" if is_infiniband else kind, client,
                           site.expect4(network, address, name, own, kind))
            for address in v6:
                yield from clients6(site, entry, own, mac, address)
    stranger = {"mac": "02:00:00:00:55:01", "kind": "plain"}
    yield 4, "stranger", stranger, site.expect4(site.networks[0], None, None, {}, "plain")


def clients6(site, entry, own, mac, address):
    network = site.network_of(address)
    mac_digits = mac.replace(":", "")
    by_mac = {"DUID-LL": "00030001" + mac_digits, "DUID-LLT": "000100012a000001" + mac_digits}
    kinds = ["uefi", "arm64", "http", "http-arm64", "ipxe-uefi", "plain"]
    for kind in kinds:
        yield (6, kind, {"mac": mac, "kind": kind, "duid": by_mac["DUID-LL"]},
               site.expect6(network, address, own, kind))
    for label, duid in by_mac.items():
        yield (6, "by MAC, " + label, {"mac": mac, "kind": "plain", "duid": duid},
               site.expect6(network, address, own, "plain"))
    for text in entry.get("vocduid", []):
        if text.count("-") == 4:
            label, duid = "DUID-UUID", "0004" + text.replace("-", "")
        else:
            label = "vocDUID, LLT"
            duid = "".join(part.rjust(2, "0") for part in text.split(":"))
        yield (6, label, {"mac": mac, "kind": "plain", "duid": duid},
               site.expect6(network, address, own, "plain"))
    if "vocduid" not in entry:
        yield (6, "UUID, no vocDUID",
               {"mac": mac, "kind": "plain", "duid": "0004" + "11" * 16},
               site.expect6(network, address, own, "plain"))
