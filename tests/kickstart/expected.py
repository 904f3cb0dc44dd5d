# SPDX-License-Identifier: Apache-2.0
"""What each release's installer knows, the site of the test, and how to read its files."""

import collections
import os
import re
import shlex
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SUFFIX = "dc=c,dc=example"
RELEASES = ["RHEL%d" % n for n in range(3, 11)] + ["F%d" % n for n in range(7, 46)]
PACKAGES = ["@core", "@X Window System", "condor", "libstdc++", "python3.[0-9]*", "-sendmail", "-@games"]

Span = collections.namedtuple("Span", "rhel fedora rhel_last fedora_last")


def since(rhel, fedora, rhel_last=99, fedora_last=99):
    return Span(rhel, fedora, rhel_last, fedora_last)


ALWAYS = since(3, 7)
NEVER = 1000


def knows(release, span):
    family, number = re.fullmatch(r"([A-Z]+?)(\d+)", release).groups()
    if family == "RHEL":
        return span.rhel <= int(number) <= span.rhel_last
    return span.fedora <= int(number) <= span.fedora_last


# Syntax, as pykickstart's handlers have it: command -> (since, options, words)
COMMANDS = {
    "text": (ALWAYS, {}, 0),
    "reboot": (ALWAYS, {}, 0),
    "lang": (ALWAYS, {}, 1),
    "keyboard": (ALWAYS, {}, 1),
    "firstboot": (ALWAYS, {"--disable": ALWAYS}, 0),
    "key": (since(5, NEVER, 5), {"--skip": ALWAYS}, 0),
    "url": (ALWAYS, {"--url": ALWAYS, "--mirrorlist": since(7, 18), "--metalink": since(8, 27),
                     "--noverifyssl": since(6, 14), "--sslcacert": since(8, 30)}, 0),
    "nfs": (ALWAYS, {"--server": ALWAYS, "--dir": ALWAYS}, 0),
    "timezone": (ALWAYS, {"--utc": ALWAYS, "--ntpservers": since(7, 18, 8, 32)}, 1),
    "timesource": (since(9, 33), {"--ntp-server": ALWAYS}, 0),
    "network": (ALWAYS, {
        "--onboot": ALWAYS, "--device": ALWAYS, "--bootproto": ALWAYS, "--ip": ALWAYS,
        "--netmask": ALWAYS, "--gateway": ALWAYS, "--nameserver": ALWAYS,
        "--mtu": ALWAYS, "--hostname": ALWAYS, "--noipv4": since(5, 7),
        "--noipv6": since(5, 7), "--bondslaves": since(6, 19), "--bondopts": since(6, 19),
        "--vlanid": since(6, 19), "--interfacename": since(7, 21),
        "--bridgeslaves": since(7, 22),
        "--ipv6": since(6, 8), "--ipv6gateway": since(7, 19)}, 0),
    "rootpw": (ALWAYS, {"--iscrypted": ALWAYS, "--lock": since(6, 8)}, 1),
    "zerombr": (ALWAYS, {}, 0),
    "bootloader": (ALWAYS, {"--location": ALWAYS, "--driveorder": ALWAYS,
                            "--boot-drive": since(7, 17)}, 0),
    "ignoredisk": (ALWAYS, {"--only-use": since(4, 8)}, 0),
    "clearpart": (ALWAYS, {"--all": ALWAYS, "--initlabel": ALWAYS, "--drives": ALWAYS}, 0),
    "autopart": (ALWAYS, {}, 0),
    "selinux": (since(4, 7), {"--enforcing": ALWAYS}, 0),
    "firewall": (ALWAYS, {"--enabled": ALWAYS, "--ssh": ALWAYS}, 0),
    "module": (since(8, 29, 9, 40), {"--name": ALWAYS, "--stream": ALWAYS,
                                     "--disable": since(8, 31, 9, 40)}, 0),
    "module": (since(8, 29, 9, 40), {"--name": ALWAYS, "--stream": ALWAYS,
                                     "--disable": since(8, 31, 9, 40)}, 0),
    "repo": (since(5, 7), {
        "--name": ALWAYS, "--baseurl": ALWAYS, "--mirrorlist": ALWAYS,
        "--cost": since(6, 8), "--includepkgs": since(6, 8),
        "--excludepkgs": since(6, 8), "--proxy": since(6, 13), "--install": since(7, 21),
        "--metalink": since(8, 27), "--noverifyssl": since(6, 14),
        "--sslcacert": since(8, 30)}, 0),
    "%packages": (ALWAYS, {"--ignoremissing": ALWAYS}, 0),
    "%pre": (ALWAYS, {"--erroronfail": since(5, 7)}, 0),
    "%include": (ALWAYS, {}, 1),
    "%post": (ALWAYS, {"--erroronfail": since(5, 7), "--log": since(5, 7)}, 0),
}
FLAGS = {"--disable", "--utc", "--skip", "--noipv4", "--noipv6", "--iscrypted", "--lock", "--all", "--initlabel",
         "--enforcing", "--enabled", "--ssh", "--install", "--ignoremissing", "--noverifyssl",
         "--erroronfail"}

# What the installer does with it, as Anaconda has it
REPO = since(5, 7)
COST = since(6, 10)
FILTERS = since(6, 14)
PROXY = since(6, 13)
METALINK = since(8, 27)
INSTALL = since(7, 21)
VARIABLES = since(7, 15)
MAC_DEVICE = since(6, 14)
IPV6 = since(6, 14)
IPV6_GATEWAY = since(7, 19)
NO_VERIFY = since(6, 14)
CA = since(8, 30)
NO_ADDRESS = since(5, 7)
BONDS = since(6, 19)
VLANS = since(6, 19)
VLAN_NAMES = since(7, 21)
BRIDGES = since(7, 22)
BARE_LOCK = since(7, 18)
SECTION_END = since(6, 8)
MODULES = since(8, 29, 9, 40)
MODULE_DISABLE = since(8, 31, 9, 40)
SCRIPT_OPTIONS = since(5, 7)
TIME_SERVERS = since(7, 18)

# --- the site ------------------------------------------------------------------------

class Repository:
    """A vocPackageRepository, from LDIF."""

    def __init__(self, values):
        one = {key: found[0] for key, found in values.items()}
        self.name = one["cn"]
        self.base_urls = sorted(values.get("vocBaseURL", []))
        self.mirror_list = one.get("vocMirrorList")
        self.metalink = one.get("vocMetalink")
        self.cost = one.get("vocCost")
        self.includes = sorted(values.get("vocIncludePackage", []))
        self.excludes = sorted(values.get("vocExcludePackage", []))
        self.keys = sorted(values.get("vocGPGKey", []))
        self.proxy = one.get("vocProxy")
        self.keep = one.get("vocKeepAfterInstall") == "TRUE"
        self.no_verify = one.get("vocNoVerifySSL") == "TRUE"
        self.ca = one.get("vocCACertificate")

    @property
    def url(self):
        return (self.base_urls or [self.mirror_list or self.metalink])[0]

    def lacks(self, release):
        """{attribute: leaves out}: what the release's installer does not know of it."""
        if not knows(release, REPO):
            return {"cn": True}
        rows = [("vocMetalink", self.metalink, METALINK, True),
                ("vocIncludePackage", self.includes, FILTERS, True),
                ("vocExcludePackage", self.excludes, FILTERS, True),
                ("vocProxy", self.proxy, PROXY, True),
                ("vocBaseURL" if self.base_urls else "vocMirrorList", "$" in self.url,
                 VARIABLES, True),
                ("vocNoVerifySSL", self.no_verify, NO_VERIFY, True),
                ("vocCACertificate", self.ca, CA, True),
                ("vocCost", self.cost, COST, False),
                ("vocBaseURL", len(self.base_urls) > 1, since(NEVER, NEVER), False)]
        return {attribute: leaves_out for attribute, is_used, span, leaves_out in rows
                if is_used and not knows(release, span)}

    def is_left_out(self, release):
        return any(self.lacks(release).values())

    def line(self, release):
        """The words of its `repo` line."""
        words = {"--name=" + self.name}
        if self.base_urls:
            words.add("--baseurl=" + self.base_urls[0])
        if self.mirror_list:
            words.add("--mirrorlist=" + self.mirror_list)
        if self.metalink:
            words.add("--metalink=" + self.metalink)
        if self.cost and knows(release, COST):
            words.add("--cost=" + self.cost)
        if self.includes:
            words.add("--includepkgs=" + ",".join(self.includes))
        if self.excludes:
            words.add("--excludepkgs=" + ",".join(self.excludes))
        if self.proxy:
            words.add("--proxy=" + self.proxy)
        if self.no_verify:
            words.add("--noverifyssl")
        if self.ca:
            words.add("--sslcacert=" + self.ca)
        if self.keep and knows(release, INSTALL):
            words.add("--install")
        return words

    def is_kept_by_post(self, release):
        """Does the installer's own --install not do?"""
        does = (knows(release, INSTALL) and not self.lacks(release) and not self.keys)
        return self.keep and not does

    def file(self):
        """Its .repo file, as configparser reads it; of lists the words."""
        lists = {"baseurl": self.base_urls, "gpgkey": self.keys,
                 "includepkgs": self.includes, "exclude": self.excludes}
        values = {"mirrorlist": self.mirror_list, "metalink": self.metalink,
                  "cost": self.cost, "proxy": self.proxy, "name": self.name,
                  "enabled": "1", "gpgcheck": "1" if self.keys else "0",
                  "sslcacert": self.ca, "sslverify": "0" if self.no_verify else None}
        values.update((key, found) for key, found in lists.items() if found)
        return {key: value for key, value in values.items() if value is not None}


def read_ldif(path):
    entries, values = [], collections.defaultdict(list)
    for line in open(path, encoding="utf-8").read().splitlines() + [""]:
        if line.startswith("#"):
            continue
        if not line:
            if values:
                entries.append(values)
            values = collections.defaultdict(list)
            continue
        key, value = line.split(": ", 1)
        values[key].append(value)
    return entries


def profile_of(kind, release, repositories):
    lines = ["dn: cn=%s-%s,ou=profiles,%s" % (kind, release, SUFFIX),
             "objectClass: vocKickstartProfile", "cn: %s-%s" % (kind, release),
             "vocInstallURL: http://repos.c.example/%s/os/" % release,
             "vocKickstartVersion: " + release]
    lines += ["vocPackage: " + package for package in PACKAGES]
    lines += ["vocRepository: cn=%s,ou=repositories,%s" % (repository.name, SUFFIX)
              for repository in repositories]
    if kind == "all":
        lines += ["vocStrict: TRUE", "vocModule: perl:5.32", "vocModule: -nodejs"]
    return lines + [""]


def plain_host(release, number):
    name = "plain-" + release.lower()
    return ["dn: cn=%s,ou=hosts,%s" % (name, SUFFIX), "objectClass: device",
            "objectClass: ipHost", "objectClass: ieee802Device",
            "objectClass: vocPhysicalNode", "cn: " + name,
            "ipHostNumber: 10.1.1.%d" % number, "macAddress: 00:00:5e:00:53:%02x" % number,
            "vocInstallProfile: cn=plain-%s,ou=profiles,%s" % (release, SUFFIX), ""]


def full_host(release, number):
    """Four interfaces: IPv4 and 6, IPv4 without gateway, IPv6 only, and nothing at all."""
    name = "all-" + release.lower()
    lines = ["dn: cn=%s,ou=hosts,%s" % (name, SUFFIX), "objectClass: device",
             "objectClass: vocPhysicalNode", "cn: " + name,
             "vocInstallProfile: cn=all-%s,ou=profiles,%s" % (release, SUFFIX), ""]
    addresses = [["10.1.2.%d" % number, "fd00:1::%x" % number], ["10.2.2.%d" % number],
                 ["fd00:1::2:%x" % number], []]
    for index, found in enumerate(addresses):
        lines += ["dn: cn=eth%d,cn=%s,ou=hosts,%s" % (index, name, SUFFIX),
                  "objectClass: vocNodeInterface", "cn: eth%d" % index,
                  "macAddress: 02:00:00:00:%02x:%02x" % (index, number)]
        lines += ["ipHostNumber: " + address for address in found]
        lines += ["vocBootInterface: TRUE"] if index == 0 else []
        lines.append("")
    return lines


def wired_host(release, number):
    """A bond with a VLAN on it, a bridge of two NICs, one of a NIC with jumbo frames, and a
    BMC."""
    name = "wires-" + release.lower()
    interfaces = {
        "bond0": ["ipHostNumber: 10.1.3.%d" % number, "vocBootInterface: TRUE",
                  "vocBondOptions: mode=802.3ad,miimon=100"],
        "bond0.20": ["ipHostNumber: 10.20.3.%d" % number],
        "eth2": ["ipHostNumber: 10.4.3.%d" % number, "vocBridge: br1"],
        "eth3": ["vocBridge: br1"],
        "eth4": ["ipHostNumber: 10.2.3.%d" % number, "vocBridge: br2"],
        "bmc": ["ipHostNumber: 10.1.4.%d" % number]}
    lines = ["dn: cn=%s,ou=hosts,%s" % (name, SUFFIX), "objectClass: device",
             "objectClass: vocPhysicalNode", "cn: " + name,
             "vocInstallProfile: cn=plain-%s,ou=profiles,%s" % (release, SUFFIX), ""]
    for ifname, values in interfaces.items():
        macs = [wire_mac(*key) for key in ((ifname, number), (ifname + "-2", number))]
        macs = macs if ifname == "bond0" else macs[:1]
        lines += ["dn: cn=%s,cn=%s,ou=hosts,%s" % (ifname, name, SUFFIX),
                  "objectClass: vocNodeInterface", "cn: " + ifname]
        lines += [] if ifname == "bond0.20" else ["macAddress: " + mac for mac in macs]
        lines += values + [""]
    return lines


def wire_mac(ifname, number):
    known = ["bond0", "bond0-2", "eth2", "eth3", "eth4", "bmc"]
    index = known.index(ifname) if ifname in known else len(known)
    return "02:00:00:01:%02x:%02x" % (index, number)


class Site:
    def __init__(self, ldapcc, folder):
        self.ldapcc, self.folder = ldapcc, folder
        self.tree = os.path.join(folder, "tree", "srv/ldapcc/kickstart")
        base = os.path.join(HERE, "profiles.ldif")
        self.repositories = [Repository(entry) for entry in read_ldif(base)
                             if "vocPackageRepository" in entry["objectClass"]]
        lines = [open(base, encoding="utf-8").read()]
        for number, release in enumerate(RELEASES, 1):
            for kind in ("plain", "all"):
                lines += profile_of(kind, release, self.of_kind(kind))
            lines += plain_host(release, number) + full_host(release, number)
            lines += wired_host(release, number)
        self.ldif = self.write("site.ldif", "\n".join(lines))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def of_kind(self, kind):
        return [r for r in self.repositories
                if kind == "all" or r.name in ("plain", "mirrors")]

    def run(self, *words, ldif=None):
        return subprocess.run([self.ldapcc, "--ldif", ldif or self.ldif, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8", check=False)

    def file(self, kind, release):
        path = "%s/%s-%s.c.example.ks" % (self.tree, kind, release.lower())
        return open(path, encoding="utf-8").read()

    def snippet(self, kind, release):
        return open("%s/repos/%s-%s.ks" % (self.tree, kind, release),
                    encoding="utf-8").read()


# --- reading kickstart ---------------------------------------------------------------

Kickstart = collections.namedtuple("Kickstart", "commands packages script scripts faults")


def read_kickstart(text, release):
    """The command lines as (command, {option: value}, words), the lines of %packages, the
    body of the first %post, all scripts as (section, body), and what is wrong with them."""
    commands, packages, scripts, faults = [], [], [], []
    section = None
    for line in text.splitlines():
        first = (line.split() or [""])[0]
        is_next = not knows(release, SECTION_END) and first == "%post"
        if section in ("%pre", "%post") and first != "%end" and not is_next:
            if first.startswith("%"):
                faults.append("'%s' inside a script" % line)
            scripts[-1][1].append(line)
            continue
        try:
            words = shlex.split(line, comments=True)
        except ValueError as fault:
            faults.append("'%s': %s" % (line, fault))
            continue
        if not words:
            continue
        if words[0] == "%end":
            if section is None or not knows(release, SECTION_END):
                faults.append("%end where nothing ends")
            section = None
        elif words[0] in ("%packages", "%pre", "%post"):
            if section is not None and knows(release, SECTION_END):
                faults.append("%s has no %%end" % section)
            section = words[0]
            if section != "%packages":
                scripts.append((section, []))
            commands.append(split_options(words))
        elif section == "%packages":
            packages.append(line)
            is_group = line.startswith(("@", "-@"))
            if line != " ".join(words) or (len(words) > 1 and not is_group):
                faults.append("'%s' is no line of %%packages" % line)
        else:
            commands.append(split_options(words))
    if section is not None and knows(release, SECTION_END):
        faults.append("%s has no %%end" % section)
    script = next((body for name, body in scripts if name == "%post" and
                   any("profile's repositories" in line for line in body)), None)
    return Kickstart(commands, packages, script, scripts, faults)


def split_options(words):
    options, rest = {}, []
    for word in words[1:]:
        if word.startswith("--"):
            name, _, value = word.partition("=")
            options[name] = value
        else:
            rest.append(word)
    return words[0], options, rest


def lines_of(kickstart, command):
    return [(options, words) for found, options, words in kickstart.commands
            if found == command]
