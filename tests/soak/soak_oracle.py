# SPDX-License-Identifier: Apache-2.0
"""What is right, by the manual: who is in error, what stands in its place, who must refuse.

Written from ldapcc(8), ldapcc-checks(7) and ldapcc.yaml(5), for the entries that soak_site.py
makes; it shares nothing with the program. Everything is a function of entries: a dict of DNs
to dicts of attributes to lists of values.
"""

import functools
import hashlib
import ipaddress
import re
import time
from collections import defaultdict

KINDS = (("vocVirtualNode", "vcn"), ("vocNodeInterface", "interface"), ("vocCluster", "cluster"),
         ("vocIPNetwork", "network"), ("vocDiskImage", "image"),
         ("vocPackageRepository", "repository"), ("vocKickstartProfile", "profile"),
         ("vocPhysicalNode", "host"), ("ipHost", "host"), ("ieee802Device", "host"))
ID = "="  # which entry it is, wherever it moves
SHARED = ("cluster", "network", "image", "repository", "profile")
MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$", re.I)


def kind_of(entry):
    for name, kind in KINDS:
        if name in entry["objectClass"]:
            return kind
    return None


def first(entry, attribute):
    return entry.get(attribute, [None])[0]


@functools.lru_cache(maxsize=4096)
def address(text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def moved(now, then):
    """DN now -> DN then, of what is @then and @now at different places."""
    come = {entry[ID][0]: dn for dn, entry in now.items() if dn not in then}
    return {come[entry[ID][0]]: dn for dn, entry in then.items()
            if dn not in now and entry[ID][0] in come}


def find_host(dn, entry, now):
    """Where the host is @now: there, elsewhere as the same entry, or by its name alone."""
    if dn in now:
        return dn
    same = [one for one, e in now.items() if e[ID] == entry[ID]]
    named = [one for one, e in now.items() if kind_of(e) == "host" and e["cn"] == entry["cn"]]
    return next(iter(same + named), None)


def is_armed_now(entry, now=None):
    """Does the entry say that its host is to be installed?"""
    until = first(entry, "vocInstallUntil")
    now = now or time.strftime("%Y%m%d%H%M%SZ", time.gmtime())
    return first(entry, "vocInstall") == "TRUE" and (until is None or until > now)


class Interface:
    def __init__(self, dn, name, entry, is_boot):
        self.dn, self.name, self.is_boot = dn, name, is_boot
        self.ips = entry.get("ipHostNumber", [])
        self.macs = [mac.lower() for mac in entry.get("macAddress", [])]
        self.networks = []
        self.fqdn = None


class Machine:
    def __init__(self, dn, entry, kind, model):
        self.dn, self.entry, self.kind = dn, entry, kind
        self.name = entry["cn"][0]
        self.fqdn = self.name + ("." + model.domain if model.domain else "")
        self.aliases = [alias + ("." + model.domain if model.domain else "")
                        for alias in entry.get("vocAlias", [])]
        # an entry that moved is the same record: by name
        self.refers = {name: entry[name][0].split(",")[0] for name in (
            "vocInstallProfile", "vocPhysicalHost", "vocImage") if name in entry}
        self.interfaces = []
        if "ipHostNumber" in entry or "macAddress" in entry:
            self.interfaces.append(Interface(dn, "eth0", entry, False))
        for child in sorted(model.children.get(dn, [])):
            one = model.entries[child]
            self.interfaces.append(Interface(child, one["cn"][0], one, False))
        for i, interface in enumerate(self.interfaces):
            interface.networks = [model.network_of(ip) for ip in interface.ips]
            interface.fqdn = self.fqdn if i == 0 else f"{self.name}-{interface.name}." + (
                model.domain or "")

    def identity(self):
        """What makes it the same record as before."""
        entry = self.entry
        return (self.fqdn, self.kind, tuple(self.aliases),
                first(entry, "vocEnabled") != "FALSE", first(entry, "vocBootFile"),
                first(entry, "vocMemory"), first(entry, "vocCPUs"),
                self.refers.get("vocInstallProfile"), self.refers.get("vocPhysicalHost"),
                self.refers.get("vocImage"), is_armed_now(entry),
                tuple((i.name, i.fqdn, tuple(i.macs), tuple(sorted(i.ips)))
                      for i in self.interfaces))

    def macs_of(self, interface):
        if interface.macs or self.kind != "vcn":
            return interface.macs
        seed = f"{self.fqdn}/{interface.name}".encode()
        return ["02:" + hashlib.sha256(seed).digest()[:5].hex(":")]


class Model:
    """Entries, put together."""

    def __init__(self, entries):
        self.entries = entries
        self.kinds = {dn: kind_of(entry) for dn, entry in entries.items()}
        self.children = defaultdict(list)
        for dn, kind in self.kinds.items():
            if kind == "interface":
                self.children[dn.split(",", 1)[1]].append(dn)
        clusters = [dn for dn, kind in self.kinds.items() if kind == "cluster"]
        self.cluster = entries[clusters[0]] if clusters else {}
        self.domain = first(self.cluster, "vocDomain")
        self.networks = {}
        for dn in sorted(self.of("network")):
            try:
                self.networks[dn] = ipaddress.ip_network(first(entries[dn], "ipNetworkNumber"))
            except (ValueError, TypeError):
                pass
        self.machines = {dn: Machine(dn, entries[dn], kind, self)
                         for dn, kind in self.kinds.items() if kind in ("host", "vcn")}

    def of(self, kind):
        return [dn for dn, one in self.kinds.items() if one == kind]

    def network_of(self, ip):
        ip = address(ip)
        for dn, network in self.networks.items():
            if ip is not None and ip in network:
                return dn
        return None

    def references(self, dn):
        """What the record of @dn stands on."""
        entry = self.entries[dn]
        found = {value for name in ("vocPhysicalHost", "vocImage", "vocInstallProfile",
                                    "vocRepository") for value in entry.get(name, [])}
        if dn in self.machines:
            for interface in self.machines[dn].interfaces:
                found |= {network for network in interface.networks if network}
        return found


# --- who is in error ---

OWN, WAITS, CONFLICT = 0, 1, 2


class Lint:
    """The faults of a model: DN of the record -> OWN, WAITS (for one that is out), CONFLICT."""

    def __init__(self, model, before, had, out, kept):
        self.model, self.before, self.had, self.out, self.kept = model, before, had, out, kept
        self.faults = defaultdict(set)
        self.lost_aliases = defaultdict(set)
        self.unfinished = defaultdict(set)
        self.standing = {dn: self.stand(machine) for dn, machine in model.machines.items()}
        for dn, kind in model.kinds.items():
            if kind is not None and kind != "interface":
                getattr(self, kind)(dn, model.entries[dn])
        self.overlaps()
        self.doubles()
        self.names()
        self.capacity()
        self.shared_files()

    def stand(self, machine):
        was = self.before.get((machine.fqdn, machine.kind))
        return 0 if was is None else 2 if was == machine.identity() else 1

    def names_before(self, dn):
        machine = self.model.machines[dn]
        was = self.before.get((machine.fqdn, machine.kind))
        return was[2] if was else ()

    def reference(self, dn, entry, attribute, kind):
        for value in entry.get(attribute, []):
            if self.model.kinds.get(value) == kind:
                continue
            if value not in self.out:
                self.faults[dn].add(OWN)
            elif kind == "repository" or (self.standing[dn] > 0 and dn not in self.kept):
                self.faults[dn].add(WAITS)
            else:  # a new one has its names and addresses, and what stood on that
                self.unfinished[dn].add(attribute)

    def cluster(self, dn, entry):
        pass

    def network(self, dn, entry):
        network = self.model.networks.get(dn)
        if network is None:
            self.faults[dn].add(OWN)
            return
        gateway = first(entry, "vocGateway")
        if gateway and address(gateway) not in network:
            self.faults[dn].add(OWN)
        for text in entry.get("vocDynamicRange", []):
            start, end = (address(word) for word in text.split())
            ends = [network.network_address, network.broadcast_address, address(gateway)]
            if (start not in network or end not in network or start > end or
                    any(ip and start <= ip <= end for ip in ends)):
                self.faults[dn].add(OWN)

    def image(self, dn, entry):
        if not (first(entry, "vocImagePath") or "").startswith("/"):
            self.faults[dn].add(OWN)

    def repository(self, dn, entry):
        if not (first(entry, "vocBaseURL") or "").startswith("http://"):
            self.faults[dn].add(OWN)

    def profile(self, dn, entry):
        if first(entry, "vocKickstartVersion") != "RHEL9":
            self.faults[dn].add(OWN)
        self.reference(dn, entry, "vocRepository", "repository")

    def machine(self, dn, entry):
        machine = self.model.machines[dn]
        for attribute, high in (("vocMemory", 2 ** 31), ("vocCPUs", 1024 if machine.kind == "vcn"
                                                         else 65535)):
            value = first(entry, attribute)
            if value is not None and not 1 <= int(value) <= high:
                self.faults[dn].add(OWN)
        if re.search(r"[\s]", first(entry, "vocBootFile") or ""):
            self.faults[dn].add(OWN)
        if not machine.interfaces:
            self.faults[dn].add(OWN)
        for interface in machine.interfaces:
            for mac in interface.macs:
                if not MAC.match(mac) or int(mac[:2], 16) & 1:
                    self.faults[dn].add(OWN)
            for ip, network in zip(interface.ips, interface.networks):
                self.address(dn, machine, address(ip), network)
        return machine

    def address(self, dn, machine, ip, network):
        if ip is None or ip.is_loopback or ip.is_multicast:
            self.faults[dn].add(OWN)
        elif network is not None:
            net, gateway = self.model.networks[network], first(
                self.model.entries[network], "vocGateway")
            if ip in (net.network_address, net.broadcast_address) or (
                    machine.kind == "vcn" and gateway and ip == address(gateway)):
                self.faults[dn].add(OWN)

    def host(self, dn, entry):
        self.machine(dn, entry)
        self.reference(dn, entry, "vocInstallProfile", "profile")
        if is_armed_now(entry) and "vocInstallProfile" not in entry:
            self.faults[dn].add(OWN)

    def vcn(self, dn, entry):
        machine = self.machine(dn, entry)
        self.reference(dn, entry, "vocPhysicalHost", "host")
        self.reference(dn, entry, "vocImage", "image")
        if "vocPhysicalHost" not in entry:
            return
        if "vocImage" not in entry or "vocMemory" not in entry:
            self.faults[dn].add(OWN)
        for interface in machine.interfaces:
            network = next((n for n in interface.networks if n), None)
            if network is None or "vocBridge" not in self.model.entries[network]:
                self.faults[dn].add(OWN)

    def overlaps(self):
        items = sorted(self.model.networks.items())
        for i, (dn, network) in enumerate(items):
            for other, another in items[i + 1:]:
                if network.overlaps(another):
                    self.faults[dn].add(CONFLICT)
                    self.faults[other].add(CONFLICT)

    def had_it(self, dn, value):
        machine = self.model.machines[dn]
        return value in self.had.get((machine.fqdn, machine.kind), ())

    def conflict(self, dns, value=None):
        """All wait but the one that had @value, or stands above the others."""
        leaders = [dn for dn in dns if self.had_it(dn, value)] or list(dns)
        best = max(self.standing[dn] for dn in leaders)
        leaders = [dn for dn in leaders if self.standing[dn] == best]
        for dn in dns:
            if len(leaders) > 1 or dn != leaders[0]:
                self.faults[dn].add(CONFLICT)

    def doubles(self):
        holders = defaultdict(set)
        for dn, machine in self.model.machines.items():
            for interface in machine.interfaces:
                for ip in interface.ips:
                    if address(ip):
                        holders[ip].add(dn)
                network = interface.networks[0] if interface.networks else None
                for mac in machine.macs_of(interface):
                    holders[mac, network].add(dn)
        for value, dns in holders.items():
            if len(dns) > 1:
                self.conflict(dns, value if isinstance(value, str) else value[0])

    def names(self):
        names, aliases = defaultdict(set), defaultdict(set)
        for dn, machine in self.model.machines.items():
            names[machine.fqdn].add(dn)
            for interface in machine.interfaces:
                names[interface.fqdn].add(dn)
            for alias in machine.aliases:
                aliases[alias].add(dn)
        for dns in names.values():
            if len(dns) > 1:
                self.conflict(dns)
        for alias, dns in aliases.items():
            self.alias(alias, dns, names[alias] - dns)

    def alias(self, alias, dns, owners):
        """An alias yields to a name, unless whose name it is came later."""
        def standing(dn):
            return self.standing[dn]
        best = max(map(standing, dns))
        leaders = [dn for dn in dns if standing(dn) == best]
        had = [dn for dn in dns if alias in self.names_before(dn)]
        if len(had) == 1:  # whatever else changed
            leaders, best = had, max(best, 1)
        keeps = len(leaders) == 1 and not (owners and max(map(standing, owners)) > 0)
        keeps = keeps and (best > 0 or not owners)
        if len(dns | owners) > 1:
            for dn in dns:
                if not keeps or dn != leaders[0]:
                    self.lost_aliases[dn].add(alias)
            for dn in owners if keeps else ():
                self.faults[dn].add(CONFLICT)

    def capacity(self):
        guests = defaultdict(list)
        for dn, machine in self.model.machines.items():
            host = first(machine.entry, "vocPhysicalHost")
            if (machine.kind == "vcn" and host in self.model.machines and dn not in self.faults
                    and first(machine.entry, "vocEnabled") != "FALSE"):
                guests[host].append(dn)
        for host, dns in guests.items():
            left = {}
            for attribute in ("vocMemory", "vocCPUs"):
                limit = first(self.model.entries[host], attribute)
                left[attribute] = int(limit) if limit and int(limit) > 0 else 10 ** 9
            for dn in sorted(dns, key=lambda dn: (-self.standing[dn],
                                                  self.model.machines[dn].fqdn)):
                takes = {a: int(first(self.model.entries[dn], a) or 1) for a in left}
                if all(takes[a] <= left[a] for a in left):
                    left = {a: left[a] - takes[a] for a in left}
                else:
                    self.faults[dn].add(CONFLICT)

    def shared_files(self):
        users = defaultdict(list)
        for dn, machine in self.model.machines.items():
            image = self.model.entries.get(first(machine.entry, "vocImage"))
            if (machine.kind == "vcn" and image and "vocImagePath" in image
                    and "vocPhysicalHost" in machine.entry
                    and first(machine.entry, "vocEnabled") != "FALSE"):
                users[image["vocImagePath"][0]].append(
                    (dn, first(image, "vocSnapshot") == "FALSE"))
        for all_of in users.values():
            if len(all_of) > 1 and any(writes for _, writes in all_of):
                self.conflict({dn for dn, _ in all_of})


# --- what stands in the place of those ---

class Settled:
    """The entries that are to be published, and who is in quarantine."""

    def __init__(self, current, good, published):
        """@good: the last good version of each, @published: what is made of them."""
        self.good, self.current = good, current
        self.before, self.had = {}, {}
        self.moved = moved(current, good)
        self.moved_on = {then: place for place, then in self.moved.items()}
        self.quarantined = {}  # DN -> "kept" or "out"
        self.counted = set()  # those in error themselves
        self.reasons = {}
        if good:
            self.good_model = Model(good)
            for m in Model(published).machines.values():
                self.before[m.fqdn, m.kind] = m.identity()
                self.had[m.fqdn, m.kind] = {value for i in m.interfaces
                                            for value in i.ips + m.macs_of(i)}
        while self.one_more_round():
            pass

    def put_together(self):
        def owner(dn, entry):
            return dn.split(",", 1)[1] if kind_of(entry) == "interface" else dn
        entries = {dn: e for dn, e in self.current.items()
                   if owner(dn, e) not in self.quarantined}
        # it refers to what it stood on, wherever that is now; what is kept, too, is where it was
        places = {then: place for then, place in self.moved_on.items()
                  if self.quarantined.get(place) != "kept"}
        for dn, e in self.good.items():
            if self.quarantined.get(self.dn_now(owner(dn, e))) == "kept":
                entries[dn] = self.follow(e, places)
        return entries

    def dn_now(self, dn):
        return self.moved_on.get(dn, dn)

    @staticmethod
    def follow(entry, places):
        return {name: [places.get(value, value) for value in values]
                for name, values in entry.items()} if places else entry

    def is_as_it_was(self, dn):
        now, then = self.current.get(self.dn_now(dn), {}), self.good[dn]
        return {**now, ID: None} == {**then, ID: None}

    def resolved(self):
        """Whoever refers to one that is read as it was, finds it where it was."""
        places = {place: then for place, then in self.moved.items()
                  if self.quarantined.get(place) == "kept"}
        return {dn: self.follow(e, places) for dn, e in self.put_together().items()}

    def one_more_round(self):
        self.model = Model(self.resolved())
        self.seen = set(self.quarantined)
        out = {dn for dn, how in self.quarantined.items() if how == "out"}
        kept = {self.moved.get(dn, dn) for dn, how in self.quarantined.items() if how == "kept"}
        lint = Lint(self.model, self.before, self.had, out, kept)
        self.lost_aliases, self.unfinished = lint.lost_aliases, lint.unfinished
        faults = {dn: reasons for dn, reasons in lint.faults.items()
                  if self.quarantined.get(dn) != "out"}
        if not faults:
            return False
        # a fault costs its own record: what stands on it is looked at again without it
        stage = min(self.stage(dn, reasons) for dn, reasons in faults.items())
        bad = {dn: reasons for dn, reasons in faults.items()
               if self.stage(dn, reasons) == stage}
        if not any([self.commit(dn, reasons) for dn, reasons in bad.items()]):
            for dn in bad:  # nothing more can be put back
                self.quarantined[self.dn_now(dn)] = "out"
        return True

    def stage(self, dn, reasons):
        place = {"cluster": 0, "network": 1, "image": 1, "repository": 1, "profile": 2}
        return place.get(self.model.kinds[dn], 3 + (reasons == {CONFLICT}))

    def commit(self, dn, reasons):
        """Is something put back as it was for this?"""
        dn = self.dn_now(dn)
        then = self.moved.get(dn, dn)
        if dn not in self.quarantined:
            self.quarantined[dn] = "kept" if then in self.good else "out"
            self.reasons[dn] = reasons
            if reasons != {WAITS}:
                self.counted.add(dn)
            return True
        # its last good version stands on what it stood on then
        held = [one for one in self.good_model.references(then)
                if one in self.good  # it may have referred to nothing yet
                and self.dn_now(one) not in self.seen
                and not self.is_as_it_was(one)]
        for one in held:
            self.quarantined.setdefault(self.dn_now(one), "kept")
        return bool(held)

    def entries(self):
        """Without aliases that yield to others' names, and what refers to nothing yet."""
        result = self.resolved()
        for dn, attributes in self.unfinished.items():
            result[dn] = {name: values for name, values in result[dn].items()
                          if name not in attributes | {"vocPhysicalHost", "vocInstall"}}
        for dn, lost in self.lost_aliases.items():
            if dn in result and lost:
                result[dn] = dict(result[dn])
                kept = [a for a in result[dn].get("vocAlias", [])
                        if f"{a}.{self.model.domain}" not in lost]
                result[dn].pop("vocAlias", None)
                if kept:
                    result[dn]["vocAlias"] = kept
        return result


# --- the change set and its guards ---

class Node:
    """What guards have to know of a host or a VCN."""

    def __init__(self, machine, model):
        entry = machine.entry
        self.networks = {n for i in machine.interfaces for n in i.networks if n}
        self.has = {("name", machine.fqdn)} | {("alias", a) for a in machine.aliases}
        for interface in machine.interfaces:
            self.has |= {("name", interface.fqdn)}
            for ip, network in zip(interface.ips, interface.networks):
                self.has.add(("ip", ip))
                if network:
                    self.has |= {(mac, ip) for mac in machine.macs_of(interface)}
        profile = model.entries.get(first(entry, "vocInstallProfile"), {})
        self.armed = is_armed_now(entry) and bool(profile)
        shared = [model.cluster, profile, model.entries.get(first(entry, "vocImage"), {})]
        shared += [model.entries[n] for n in sorted(self.networks)]
        shared += [model.entries[r] for r in sorted(profile.get("vocRepository", []))
                   if r in model.entries]
        # what its host's manifest says of a guest
        self.launch = [machine.fqdn, first(entry, "vocEnabled") != "FALSE", [
            entry.get(name) for name in ("vocMemory", "vocCPUs")], self.plain(model.entries.get(
                first(entry, "vocImage"), {})), [
                    [machine.macs_of(i), sorted(i.ips), [
                        model.entries[n].get("vocBridge") for n in i.networks if n]]
                    for i in machine.interfaces]]
        self.effect = (machine.identity(), repr([self.plain(e) for e in shared]),
                       first(entry, "description"))

    @staticmethod
    def plain(entry):
        """A network's ranges concern none of its nodes."""
        return {name: sorted(values) for name, values in sorted(entry.items())
                if name not in ("vocDynamicRange", ID)}


def nodes_of(entries):
    model = Model(entries)
    nodes = {(m.fqdn, m.kind): Node(m, model) for m in model.machines.values()}
    guests = defaultdict(list)
    for machine in model.machines.values():
        guests[first(machine.entry, "vocPhysicalHost")].append(
            nodes[machine.fqdn, machine.kind].launch)
    for dn, machine in model.machines.items():
        node = nodes[machine.fqdn, machine.kind]
        # its manifest says all of its guests
        node.effect = (node.effect, sorted(map(repr, guests[dn])) if machine.kind == "host"
                       else [])
    return nodes


AFFECTED = []


def difference(a, b):
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)) and len(a) == len(b):
        return [difference(x, y) for x, y in zip(a, b) if x != y]
    return f"{a} -> {b}"


def allowed(percent, existing):
    return max(3, -(-existing * percent // 100))


def guards(old, new, baseline, is_all=False):
    """
    Which guards refuse to go from the entries @old to @new; @baseline: the day's, @is_all: a
    file with a line for each node comes or goes.
    """
    before, after = nodes_of(old), nodes_of(new)
    refusals = set()
    AFFECTED.clear()
    parts = defaultdict(lambda: defaultdict(int))
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        for part in {"all", key[1]} | ((was or now).networks if was or now else set()):
            counts = parts[part]
            counts["before"] += was is not None
            counts["now"] += now is not None
            counts["max-removed"] += now is None
            counts["max-armed"] += bool(now and now.armed and not (was and was.armed))
            if was and now:
                counts["max-affected"] += is_all or was.effect != now.effect
                if was.effect != now.effect:
                    AFFECTED.append((key, difference(was.effect, now.effect)))
                counts["max-lost"] += bool(was.has - now.has)
    for part, counts in parts.items():
        for guard, percent in (("max-removed", 10), ("max-affected", 20), ("max-lost", 10)):
            if counts[guard] > allowed(percent, counts["before"]):
                refusals.add(f"{guard}: {counts[guard]} of {counts['before']} of {part}")
        if counts["max-armed"] > allowed(5, max(counts["before"], counts["now"])):
            refusals.add("max-armed")
    refusals |= kind_guards(old, new)
    gone = sum(key not in after for key in baseline)
    if before.keys() - after.keys() and gone > allowed(25, len(baseline)):
        refusals.add("max-removed-24h")
    return refusals


def kind_guards(old, new):
    refusals = set()
    for kind in SHARED + ("host", "vcn"):
        was = {(kind, e["cn"][0]) for e in old.values() if kind_of(e) == kind}
        now = {(kind, e["cn"][0]) for e in new.values() if kind_of(e) == kind}
        if (was and not now) or (kind == "host" and not now):
            refusals.add("min")
        elif kind in SHARED and len(was - now) > allowed(10, len(was)):
            refusals.add("max-removed")
    return refusals
