# SPDX-License-Identifier: Apache-2.0
"""A cluster's directory that is changed at random: its entries, and the LDIF of each change.

What is made here knows nothing of right and wrong: soak_oracle.py says which entries are in
error, soak.py what must become of them.
"""

import base64

SUFFIX = "dc=c,dc=example"
UNITS = ("networks", "hosts", "lab", "vcns", "images", "repositories", "profiles")
PREFIXES = {"management": "10.1.0", "rack": "10.2.0", "guests": "10.3.0", "more": "10.4.0"}
NODE = ["device", "ipHost", "ieee802Device"]
ID = "="  # stands for entryUUID: which entry it is, wherever it moves


def dn_of(name, unit):
    return f"cn={name},ou={unit},{SUFFIX}"


def parent_of(dn):
    return dn.split(",", 1)[1]


def ldif_lines(attribute, value):
    plain = value.isascii() and value.isprintable() and value[:1] not in (" ", ":", "<", "")
    if plain and not value.endswith(" "):
        return f"{attribute}: {value}\n"
    return f"{attribute}:: {base64.b64encode(value.encode()).decode()}\n"


def ldif_entry(dn, entry):
    """As ldapcc --ldif reads it."""
    return f"dn: {dn}\n" + "".join(
        ldif_lines(name, value) for name, values in entry.items() if name != ID
        for value in values) + "\n"


def copy_entries(entries):
    return {dn: {name: list(values) for name, values in entry.items()}
            for dn, entry in entries.items()}


def ldif_site(entries):
    return "".join(ldif_entry(dn, entries[dn]) for dn in sorted(entries))


class Site:
    """The entries as they should be, and as the server has them."""

    def __init__(self, rng):
        self.rng = rng
        self.entries = {}
        self.served = {}
        self.ldif = []
        self.n_made = 0
        self.n_changes = 0
        self.populate()

    # --- the first site ---

    def populate(self):
        entries = self.entries
        entries[SUFFIX] = {"objectClass": ["organization", "dcObject"], "o": ["c"], "dc": ["c"]}
        for unit in UNITS:
            entries[f"ou={unit},{SUFFIX}"] = {
                "objectClass": ["organizationalUnit"], "ou": [unit]}
        entries[f"cn=c,{SUFFIX}"] = {
            "objectClass": ["vocCluster"], "cn": ["c"], "vocDomain": ["c.example"],
            "vocNameServer": ["10.1.0.2"], "vocInstallServer": ["http://10.1.0.9/ks"]}
        for name, prefix in PREFIXES.items():
            entries[dn_of(name, "networks")] = {
                "objectClass": ["vocIPNetwork"], "cn": [name],
                "ipNetworkNumber": [prefix + ".0/24"], "vocGateway": [prefix + ".1"],
                "vocNameServer": ["10.1.0.2"], "vocBridge": ["br-" + name[:4]]}
        for name in ("blue", "green", "red", "idle"):
            entries[dn_of(name, "images")] = {
                "objectClass": ["vocDiskImage"], "cn": [name],
                "vocImagePath": [f"/images/{name}.qcow2"]}
        for name in ("os", "extra", "updates"):
            entries[dn_of(name, "repositories")] = {
                "objectClass": ["vocPackageRepository"], "cn": [name],
                "vocBaseURL": [f"http://10.1.0.9/{name}"]}
        for name, repositories in (("plain", ["os"]), ("full", ["os", "extra"])):
            entries[dn_of(name, "profiles")] = {
                "objectClass": ["vocKickstartProfile"], "cn": [name],
                "vocInstallURL": ["http://10.1.0.9/os"], "vocKickstartVersion": ["RHEL9"],
                "vocKernel": ["el9/vmlinuz"], "vocInitrd": ["el9/initrd.img"],
                "vocRepository": [dn_of(r, "repositories") for r in repositories]}
        for _ in range(20):
            self.add_host()
        for _ in range(2):
            self.add_router()
        for _ in range(30):
            self.add_vcn()
        for host in self.of("hosts")[:2]:
            self.arm(host)

    # --- to choose from ---

    def of(self, *units):
        """The entries right below these units, in a fixed order."""
        parents = [f"ou={unit},{SUFFIX}" for unit in units]
        return sorted(dn for dn in self.entries if parent_of(dn) in parents)

    def one_of(self, *units):
        found = self.of(*units)
        return self.rng.choice(found) if found else None

    def number(self):
        self.n_made += 1
        return self.n_made

    def free_address(self, *networks):
        used = {ip for e in self.entries.values() for ip in e.get("ipHostNumber", [])}
        used |= {ip for e in self.served.values() for ip in e.get("ipHostNumber", [])}
        prefix = PREFIXES[self.rng.choice(networks)]
        free = [i for i in range(10, 250) if f"{prefix}.{i}" not in used]
        return f"{prefix}.{self.rng.choice(free)}"

    # --- changes: each makes one, or returns False where it cannot ---

    def add_host(self):
        n = self.number()
        self.entries[dn_of(f"h{n}", "hosts")] = {
            "objectClass": NODE + ["vocPhysicalNode"], "cn": [f"h{n}"],
            "ipHostNumber": [self.free_address("management", "rack")],
            "macAddress": ["00:16:3e:%02x:%02x:%02x" % (n >> 16, n >> 8 & 255, n & 255)],
            "vocMemory": ["4096"], "vocCPUs": ["16"],
            "vocInstallProfile": [self.one_of("profiles") or dn_of("plain", "profiles")]}

    def add_router(self):
        """A host of several interfaces, which are entries of their own."""
        n = self.number()
        dn = dn_of(f"r{n}", "hosts")
        self.entries[dn] = {"objectClass": ["device", "vocPhysicalNode"], "cn": [f"r{n}"]}
        for i, network in enumerate(("management", "guests")):
            self.entries[f"cn=eth{i},{dn}"] = {
                "objectClass": ["vocNodeInterface"], "cn": [f"eth{i}"],
                "ipHostNumber": [self.free_address(network)],
                "macAddress": ["00:16:3f:%02x:%02x:%02x" % (i, n >> 8 & 255, n & 255)]}

    def add_vcn(self):
        n = self.number()
        host = self.one_of("hosts")
        self.entries[dn_of(f"v{n}", "vcns")] = {
            "objectClass": ["device", "ipHost", "vocVirtualNode"], "cn": [f"v{n}"],
            "ipHostNumber": [self.free_address("guests", "more")],
            "vocImage": [self.one_of("images") or dn_of("blue", "images")],
            "vocMemory": ["512"], "vocCPUs": ["1"]}
        if host:
            self.entries[dn_of(f"v{n}", "vcns")]["vocPhysicalHost"] = [host]

    def remove(self, dn):
        for one in [one for one in self.entries if one == dn or one.endswith("," + dn)]:
            del self.entries[one]

    def remove_host(self):
        dn = self.one_of("hosts")
        is_used = any(dn in e.get("vocPhysicalHost", []) for e in self.entries.values())
        if not dn or (is_used and self.rng.random() < 0.7) or len(self.of("hosts")) < 12:
            return False
        return self.remove(dn)

    def remove_vcn(self):
        dn = self.one_of("vcns")
        return self.remove(dn) if dn and len(self.of("vcns")) > 15 else False

    def readdress(self):
        """Another address, perhaps in another network."""
        dn = self.one_of("hosts", "vcns")
        if not dn or "ipHostNumber" not in self.entries[dn]:
            return False
        networks = ("guests", "more") if ",ou=vcns," in dn else ("management", "rack")
        self.entries[dn]["ipHostNumber"] = [self.free_address(*networks)]

    def new_card(self):
        dn = self.one_of("hosts")
        n = self.number()
        if not dn or "macAddress" not in self.entries[dn]:
            return False
        self.entries[dn]["macAddress"] = ["00:16:40:00:%02x:%02x" % (n >> 8 & 255, n & 255)]

    def place(self):
        dn, host = self.one_of("vcns"), self.one_of("hosts")
        if not dn or not host:
            return False
        self.entries[dn]["vocPhysicalHost"] = [host]

    def reimage(self):
        dn, image = self.one_of("vcns"), self.one_of("images")
        if not dn or not image:
            return False
        self.entries[dn]["vocImage"] = [image]

    def resize(self):
        dn = self.one_of("hosts", "vcns")
        if not dn:
            return False
        sizes = ["256", "512", "1024"] if ",ou=vcns," in dn else ["600", "2048", "4096"]
        self.entries[dn]["vocMemory"] = [self.rng.choice(sizes)]

    def describe(self):
        dn = self.one_of("hosts", "vcns")
        if not dn:
            return False
        self.entries[dn]["description"] = [self.rng.choice("abcdefg") * 3]

    def disable(self):
        dn = self.one_of("hosts", "vcns")
        if not dn:
            return False
        self.entries[dn]["vocEnabled"] = [self.rng.choice(["TRUE", "FALSE"])]

    def alias(self):
        """One more, or none; sometimes one that another has."""
        dn = self.one_of("hosts", "vcns")
        if not dn:
            return False
        taken = [v for e in self.entries.values() for v in e.get("vocAlias", [])]
        taken += [e["cn"][0] for one, e in self.entries.items()
                  if ",ou=hosts," in one and one.count(",") == 3]
        choice = self.rng.random()
        if choice < 0.4:
            self.entries[dn].pop("vocAlias", None)
        else:
            name = self.rng.choice(sorted(taken)) if choice < 0.5 else f"a{self.number()}"
            self.entries[dn]["vocAlias"] = [name]

    def arm(self, dn=None):
        dn = dn or self.one_of("hosts")
        if not dn or "vocInstallProfile" not in self.entries[dn]:
            return False
        self.entries[dn]["vocInstall"] = ["TRUE"]
        self.entries[dn].pop("vocInstallUntil", None)
        if self.rng.random() < 0.3:
            self.entries[dn]["vocInstallUntil"] = [
                self.rng.choice(["20991231235959Z", "20981231235959Z"])]

    def disarm(self):
        armed = [dn for dn in self.of("hosts") if "vocInstall" in self.entries[dn]]
        if not armed:
            return False
        entry = self.entries[self.rng.choice(armed)]
        how = self.rng.randrange(3)
        if how == 0:
            entry["vocInstall"] = ["FALSE"]
        elif how == 1:
            del entry["vocInstall"]
            entry.pop("vocInstallUntil", None)
        else:
            entry["vocInstallUntil"] = ["20200101000000Z"]

    def rename(self):
        """By modrdn; those that refer to it follow, or do not."""
        dn = self.one_of("hosts", "vcns")
        if not dn or any(one.endswith("," + dn) for one in self.entries):
            return False
        name = f"{'v' if ',ou=vcns,' in dn else 'h'}{self.number()}"
        self.move(dn, f"cn={name},{parent_of(dn)}", self.rng.random() < 0.8)

    def change_unit(self):
        """By modrdn with a new superior: the record stays the same."""
        dn = self.one_of("hosts", "lab")
        if not dn or any(one.endswith("," + dn) for one in self.entries):
            return False
        unit = "lab" if ",ou=hosts," in dn else "hosts"
        new = dn.split(",")[0] + f",ou={unit},{SUFFIX}"
        if new in self.entries:
            return False
        self.move(dn, new, True)

    def move(self, dn, new, do_follow):
        self.flush()
        name = new.split(",")[0][3:]
        self.ldif.append(f"dn: {dn}\nchangetype: modrdn\nnewrdn: cn={name}\n"
                         f"deleteoldrdn: 1\nnewsuperior: {parent_of(new)}\n\n")
        for entries in (self.entries, self.served):
            entry = entries.pop(dn)
            entry["cn"] = [name] + entry["cn"][1:]
            entries[new] = entry
        if do_follow:
            for entry in self.entries.values():
                for attribute in ("vocPhysicalHost", "vocImage"):
                    if dn in entry.get(attribute, []):
                        entry[attribute] = [new]

    def edit_image(self):
        dn = self.one_of("images")
        if not dn:
            return False
        self.entries[dn]["vocImagePath"] = [f"/images/i{self.number()}.qcow2"]

    def add_image(self):
        name = f"i{self.number()}"
        self.entries[dn_of(name, "images")] = {
            "objectClass": ["vocDiskImage"], "cn": [name],
            "vocImagePath": [f"/images/{name}.qcow2"]}

    def edit_profile(self):
        dn = self.one_of("profiles")
        repositories = self.of("repositories")
        if not dn or not repositories:
            return False
        n = self.rng.randint(1, min(2, len(repositories)))
        self.entries[dn]["vocRepository"] = sorted(self.rng.sample(repositories, n))

    def edit_network(self):
        """What concerns every node of it, mostly."""
        dn = self.one_of("networks")
        if not dn:
            return False
        entry, prefix = self.entries[dn], self.entries[dn]["ipNetworkNumber"][0].rsplit(".", 1)[0]
        how = self.rng.randrange(5)
        if how == 0:
            entry["vocGateway"] = [f"{prefix}.{self.rng.choice([1, 2, 254])}"]
        elif how == 1:
            entry["vocNameServer"] = [self.rng.choice(["10.1.0.2", "10.1.0.3"])]
        elif how == 2:
            entry["vocBridge"] = [self.rng.choice(["br0", "br1", "br2"])]
        elif how == 3:
            entry["vocLeaseTime"] = [self.rng.choice(["600", "3600"])]
        else:
            entry["vocDynamicRange"] = [f"{prefix}.250 {prefix}.25{self.rng.randint(1, 3)}"]

    def edit_cluster(self):
        entry = self.entries.get(f"cn=c,{SUFFIX}")
        if not entry:
            return False
        entry["vocNameServer"] = [self.rng.choice(["10.1.0.2", "10.1.0.3"])]

    def add_network(self):
        name = f"n{self.number()}"
        third = self.rng.randint(20, 250)
        self.entries[dn_of(name, "networks")] = {
            "objectClass": ["vocIPNetwork"], "cn": [name],
            "ipNetworkNumber": [f"10.9.{third}.0/24"]}

    # --- faults ---

    def spoil_node(self):
        """A value of a host or VCN that is wrong by itself."""
        dn = self.one_of("hosts", "vcns", "lab")
        if not dn:
            return False
        faults = [("ipHostNumber", ["10.1.0.300"]), ("ipHostNumber", ["10.3.0.0"]),
                  ("ipHostNumber", ["10.2.0.255"])]
        if {"vocPhysicalNode", "vocVirtualNode"} & set(self.entries[dn]["objectClass"]):
            faults += [("vocMemory", ["0"]), ("vocCPUs", ["70000"]), ("vocBootFile", ["a b\tc"])]
        if "macAddress" in self.entries[dn]:
            faults += [("macAddress", ["00:16:3e:00:00:0g"]), ("macAddress", ["01:00:5e:00:00:01"])]
        attribute, values = self.rng.choice(faults)
        if attribute == "ipHostNumber" and attribute not in self.entries[dn]:
            return False
        self.entries[dn][attribute] = values

    def spoil_reference(self):
        dn = self.one_of("hosts", "vcns")
        if not dn:
            return False
        if ",ou=vcns," in dn:
            attribute = self.rng.choice(["vocPhysicalHost", "vocImage"])
        else:
            attribute = "vocInstallProfile"
        self.entries[dn][attribute] = [dn_of("nowhere", "hosts")]

    def spoil_shared(self):
        """A value of a network, image, repository or profile."""
        choices = [("images", "vocImagePath", ["relative.qcow2"]),
                   ("images", "vocImagePath", None),
                   ("images", "vocSnapshot", ["FALSE"]),
                   ("networks", "ipNetworkNumber", ["10.1.0.1/24"]),
                   ("networks", "vocGateway", ["192.0.2.1"]),
                   ("networks", "vocBridge", None),
                   ("networks", "vocDynamicRange", ["10.1.0.9 10.1.0.3"]),
                   ("repositories", "vocBaseURL", ["ftp//x"]),
                   ("repositories", "vocBaseURL", None),
                   ("profiles", "vocKickstartVersion", ["RHEL99"]),
                   ("profiles", "vocRepository", [dn_of("nowhere", "repositories")])]
        unit, attribute, values = self.rng.choice(choices)
        dn = self.one_of(unit)
        if not dn:
            return False
        if values is None:
            self.entries[dn].pop(attribute, None)
        else:
            self.entries[dn][attribute] = values

    def remove_shared(self):
        dn = self.one_of(self.rng.choice(["images", "repositories", "profiles", "networks"]))
        if not dn or len(self.of(dn.split(",")[1][3:])) < 3:
            return False
        self.remove(dn)

    def steal(self):
        """The address, the MAC or the name of another."""
        thief, other = self.one_of("hosts", "vcns"), self.one_of("hosts", "vcns")
        how = self.rng.choice(["ipHostNumber", "macAddress", "name"])
        if not thief or thief == other:
            return False
        if how == "name":
            new = dn_of(self.entries[other]["cn"][0], "lab")
            if new in self.entries or ",ou=hosts," not in other:
                return False
            self.entries[new] = {
                "objectClass": NODE[:2], "cn": [self.entries[other]["cn"][0]],
                "ipHostNumber": [self.free_address("management")]}
        elif how in self.entries[thief] and how in self.entries[other]:
            self.entries[thief][how] = list(self.entries[other][how])
        else:
            return False

    def swap(self):
        """Two exchange their addresses: no conflict, if both are read as they are."""
        a, b = self.one_of("hosts"), self.one_of("hosts")
        if not a or a == b or not all("ipHostNumber" in self.entries[x] for x in (a, b)):
            return False
        one, other = self.entries[a], self.entries[b]
        one["ipHostNumber"], other["ipHostNumber"] = other["ipHostNumber"], one["ipHostNumber"]

    EVERYDAY = [add_host, add_vcn, add_vcn, remove_host, remove_vcn, remove_vcn, readdress,
                readdress, new_card, place, place, reimage, resize, describe, disable, alias,
                arm, disarm, disarm, rename, change_unit, edit_image, add_image, edit_profile,
                swap]
    FAULTS = [spoil_node, spoil_node, spoil_reference, spoil_shared, remove_shared, steal, steal]
    LARGE = [edit_network, edit_network, edit_cluster, remove_shared, add_network]

    # --- towards the server ---

    def flush(self):
        """The LDIF of what is not served yet joins what waits to be sent."""
        old, new = self.served, self.entries
        for dn, entry in new.items():
            entry[ID] = old[dn][ID] if dn in old else [str(self.number())]
        for dn in sorted(old.keys() - new.keys(), key=lambda dn: -dn.count(",")):
            self.ldif.append(f"dn: {dn}\nchangetype: delete\n\n")
        for dn in sorted(new.keys() - old.keys(), key=lambda dn: dn.count(",")):
            text = ldif_entry(dn, new[dn])
            self.ldif.append(text.replace("\n", "\nchangetype: add\n", 1))
        for dn in sorted(new.keys() & old.keys()):
            if new[dn] != old[dn]:
                self.ldif.append(self.modification(dn, old[dn], new[dn]))
        self.served = copy_entries(new)

    @staticmethod
    def modification(dn, old, new):
        text = f"dn: {dn}\nchangetype: modify\n"
        for name in sorted(old.keys() | new.keys()):
            if name != ID and old.get(name) != new.get(name):
                text += f"replace: {name}\n" + "".join(
                    ldif_lines(name, value) for value in new.get(name, [])) + "-\n"
        return text + "\n"

    def take_ldif(self):
        self.flush()
        text, self.ldif = "".join(self.ldif), []
        return text

    def change(self, choices, n):
        """Makes @n changes of @choices."""
        done = 0
        for _ in range(20 * n):
            if done == n:
                break
            done += self.rng.choice(choices)(self) is not False
        self.n_changes += done

    def become(self, entries):
        """All as it is in @entries, as by somebody who takes changes back."""
        self.n_changes += sum(entries.get(dn) != self.entries.get(dn)
                              for dn in entries.keys() | self.entries.keys())
        self.entries = copy_entries(entries)
