#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the kickstart files right for every release's installer?

	check.py LDAPCC

For every release two hosts: one whose profile has what all installers know, one whose
profile has everything (profiles.ldif). Their files are read as the installer does (shlex),
each line is compared with what that release knows, the `repo` lines and findings with what
they must be, and %post is run in a scratch root, where yum, dnf and rpm write down what
they were asked. TAP; Python's own library only. Where pykickstart can be imported, its
parsers read the files too.
"""

import base64
import os
import re
import subprocess
import sys
import tempfile
import warnings

sys.dont_write_bytecode = True  # nothing is left beside the sources

# pylint: disable=wrong-import-position
import disks
import post
import routes
import search
import tap
import wires
from expected import (BARE_LOCK, BONDS, COMMANDS, FLAGS, IPV6, IPV6_GATEWAY, MAC_DEVICE,
                      MODULE_DISABLE, MODULES, PACKAGES, RELEASES, SCRIPT_OPTIONS, SUFFIX, TIME_SERVERS, VLANS, Site, knows,
                      lines_of, read_kickstart)
from tap import differences, report, skip


def check_syntax(kickstart, release):
    faults = list(kickstart.faults)
    for command, options, words in kickstart.commands:
        span, known, n_words = COMMANDS.get(command, (None, {}, 0))
        if span is None or not knows(release, span):
            faults.append("%s does not know %s" % (release, command))
            continue
        for option, value in options.items():
            if option not in known or not knows(release, known[option]):
                faults.append("%s does not know %s %s" % (release, command, option))
            if (value == "") != (option in FLAGS):
                faults.append("%s %s has the value '%s'" % (command, option, value))
        wanted = 0 if command == "rootpw" and knows(release, BARE_LOCK) else n_words
        if len(words) != wanted:
            faults.append("%s has the words %s" % (command, words))
    for package in kickstart.packages:
        if not re.fullmatch(r"(-?@[ ]?|-)?[A-Za-z0-9_][A-Za-z0-9_.:+~^*?\[\]!-]*|"
                            r"-?@\w+( \w+)+", package):
            faults.append("'%s' in %%packages" % package)
    return faults


def check_repositories(kickstart, release, repositories):
    """A `repo` line for each that the installer can use, with just the options it knows."""
    wanted = {r.name: r.line(release) for r in repositories if not r.is_left_out(release)}
    got = {}
    faults = []
    for options, _ in lines_of(kickstart, "repo"):
        words = {key if key in FLAGS else "%s=%s" % (key, value)
                 for key, value in options.items()}
        if sum(key in options for key in ("--baseurl", "--mirrorlist", "--metalink")) != 1:
            faults.append("not one kind of URL: %s" % words)
        got[options.get("--name")] = words
    for name in sorted(set(wanted) | set(got), key=str):
        faults += differences("repo " + str(name), got.get(name), wanted.get(name))
    return faults


def check_packages(kickstart, release, repositories):
    header = lines_of(kickstart, "%packages")
    is_left = any(r.is_left_out(release) for r in repositories)
    return (differences("%packages", sorted(kickstart.packages), sorted(PACKAGES)) +
            differences("sections %packages", len(header), 1) +
            differences("--ignoremissing", "--ignoremissing" in header[0][0], is_left))


def check_script(site, kickstart, kind, release):
    """Is there a %post where one is needed, with its options, and do shells parse it?"""
    faults = []
    repositories = site.of_kind(kind)
    is_needed = any(r.lacks(release).keys() - {"vocBaseURL"} or r.is_left_out(release) or
                    r.keys or r.keep for r in repositories)
    faults += differences("there is a %post", kickstart.script is not None, is_needed)
    if kickstart.script is None:
        return faults
    options, _ = lines_of(kickstart, "%post")[0]
    wanted = {}
    if knows(release, SCRIPT_OPTIONS):
        wanted["--log"] = "/root/ldapcc-post.log"
        if kind == "all":
            wanted["--erroronfail"] = ""
    faults += differences("%post", options, wanted)
    path = os.path.join(site.folder, "script")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(kickstart.script) + "\n")
    for shell in ("bash", "sh"):
        parsed = subprocess.run([shell, "-n", path], stderr=subprocess.PIPE,
                                encoding="utf-8", check=False)
        if parsed.returncode or parsed.stderr:
            faults.append("%s -n: %s" % (shell, parsed.stderr))
    return faults


def network_lines(kind, release, number):
    """What a host's `network` lines must be."""
    by_mac, six = knows(release, MAC_DEVICE), knows(release, IPV6)
    resolvers = {"--nameserver=10.1.0.252,10.1.0.253"}
    boot = {"--onboot=yes", "--bootproto=static", "--netmask=255.255.0.0",
            "--gateway=10.1.255.254", "--hostname=%s-%s.c.example" % (kind, release.lower())}

    def device(index):
        mac = ("00:00:5e:00:53:%02x" % number if kind == "plain" else
               "02:00:00:00:%02x:%02x" % (index, number))
        return "--device=" + (mac if by_mac else "eth%d" % index)

    if kind == "plain":
        return [boot | resolvers | {device(0), "--ip=10.1.1.%d" % number}]
    lines = [boot | resolvers | {device(0), "--ip=10.1.2.%d" % number},
             {"--onboot=yes", device(1), "--bootproto=static", "--ip=10.2.2.%d" % number,
              "--netmask=255.255.0.0", "--nameserver=10.1.0.253", "--mtu=9000"},
             {"--onboot=yes", device(2), "--bootproto=dhcp"},
             {"--onboot=yes", device(3), "--bootproto=dhcp"}]
    if six:
        lines[0].add("--ipv6=fd00:1::%x/64" % number)
        lines[2] = {"--onboot=yes", device(2), "--noipv4", "--nameserver=fd00:1::253",
                    "--ipv6=fd00:1::2:%x/64" % number}
    if knows(release, IPV6_GATEWAY):
        lines[0].add("--ipv6gateway=fd00:1::fffe")
    return lines


def check_host(kickstart, kind, release, number):
    """What stands in the whole file only."""
    got = [{key if key in FLAGS else "%s=%s" % (key, value)
            for key, value in options.items()} for options, _ in
           lines_of(kickstart, "network")]
    faults = []
    for index, wanted in enumerate(network_lines(kind, release, number)):
        faults += differences("network line %d" % index,
                              sorted(got[index]) if index < len(got) else None,
                              sorted(wanted))
    faults += differences("url", lines_of(kickstart, "url"),
                          [({"--url": "http://repos.c.example/%s/os/" % release}, [])])
    zone, = lines_of(kickstart, "timezone")
    faults += differences("timezone", zone[1], ["Europe/Paris"])
    faults += differences("the hardware clock", zone[0].get("--utc"), "")
    servers = [options["--ntp-server"] for options, _ in lines_of(kickstart, "timesource")]
    servers += [server for server in zone[0].get("--ntpservers", "").split(",") if server]
    if knows(release, TIME_SERVERS):
        faults += differences("time servers", servers, ["10.1.0.251", "time.c.example"])
    (options, words), = lines_of(kickstart, "rootpw")
    faults += differences("rootpw", (options, words),
                          ({"--lock": ""}, []) if knows(release, BARE_LOCK) else
                          ({"--iscrypted": ""}, ["*"]))
    return faults


def check_modules(site, release):
    """A `module` line for what the release knows; elsewhere a finding, and no line."""
    wanted = [] if not knows(release, MODULE_DISABLE) else [
        ({"--name": "nodejs", "--disable": ""}, [])]
    if knows(release, MODULES):
        wanted.append(({"--name": "perl", "--stream": "5.32"}, []))
    whole = read_kickstart(site.file("all", release), release)
    report("%s, module streams" % release,
           differences("module", lines_of(whole, "module"), wanted))


def check_release(site, number, release):
    for kind in ("plain", "all"):
        whole = read_kickstart(site.file(kind, release), release)
        snippet = read_kickstart(site.snippet(kind, release), release)
        repositories = site.of_kind(kind)
        faults = check_syntax(whole, release)
        faults += check_host(whole, kind, release, number)
        for part in (whole, snippet):
            faults += check_repositories(part, release, repositories)
            faults += check_packages(part, release, repositories)
            faults += check_script(site, part, kind, release)
        faults += check_syntax(snippet, release)
        report("%s, with %s" % (release, "what all know" if kind == "plain"
                                else "everything"), faults)
    whole = read_kickstart(site.file("wires", release), release)
    faults = check_syntax(whole, release) + wires.check_lines(site, whole, release, number)
    report("%s, with bond, VLAN, bridges and a BMC" % release, faults)
    check_modules(site, release)


def check_findings(site):
    """A finding for everything that a release does not know, and no other."""
    wanted = {(r.name, attribute, release) for release in RELEASES for kind in
              ("plain", "all") for r in site.of_kind(kind)
              for attribute in r.lacks(release)}
    wanted |= {("all-" + release, "vocStrict", release) for release in RELEASES
               if not knows(release, SCRIPT_OPTIONS)}
    for span in (MODULES, MODULE_DISABLE):
        wanted |= {("all-" + release, "vocModule", release) for release in RELEASES
                   if not knows(release, span)}
    for span, ifname, attribute in ((BONDS, "bond0", "macAddress"),
                                    (VLANS, "bond0.20", "cn")):
        wanted |= {("%s,cn=wires-%s" % (ifname, release.lower()), attribute, release)
                   for release in RELEASES if not knows(release, span)}
    pattern = re.compile(r".*?: cn=(.*?),ou=[a-z]+,%s: (\w+): warning: the installer of "
                         r"(\w+) .* \[(?:repo-option|install-network)\]" % SUFFIX)
    got, faults = set(), []
    for line in site.run("check", "--verbose").stderr.splitlines():
        match = pattern.fullmatch(line)
        if match:
            got.add(match.groups())
        # the installer looks a time server up, DHCP would not: that is another finding
        elif not re.search(r" note: |^0 errors, |\[foreign-name\]$", line):
            faults.append("unexpected: " + line)
    faults += ["missing: %s" % (found,) for found in sorted(wanted - got)]
    faults += ["too much: %s" % (found,) for found in sorted(got - wanted)]
    report("findings: all that an installer does not know, and nothing else", faults)


# --- what the administrator must not be able to do -----------------------------------

BAD = [  # attribute, value, the finding's id
    ("vocBaseURL", "http://h/a b", "bad-value"),
    ("vocBaseURL", "http://h/a'b", "bad-value"),
    ("vocBaseURL", 'http://h/a"b', "bad-value"),
    ("vocBaseURL", "http://h/a#b", "bad-value"),
    ("vocBaseURL", "http://h/a\\b", "bad-value"),
    ("vocBaseURL", "http://h/\nrepo --name=x", "bad-value"),
    ("vocBaseURL", "http://h/\u2028x", "bad-value"),
    ("vocBaseURL", "nfs:server:/export", "bad-value"),
    ("vocBaseURL", "somewhere", "bad-value"),
    ("vocMirrorList", "http://h/both", "bad-value"),
    ("vocGPGKey", "http://h/'; reboot; '", "bad-value"),
    ("vocCost", "cheap", "bad-value"),
    ("vocCost", "-1", "bad-value"),
    ("vocIncludePackage", "a,b", "bad-value"),
    ("vocIncludePackage", "@core", "bad-value"),
    ("vocExcludePackage", "-a", "bad-value"),
    ("vocExcludePackage", "a\nb", "bad-value"),
    ("vocProxy", "http://h:1/ x", "bad-value"),
    ("vocKeepAfterInstall", "yes", "bad-value"),
    ("cn", "with blank", "bad-value"),
    ("cn", "-x", "bad-value"),
    ("cn", "a/../b", "bad-value"),
    ("cn", "BaseOS", "reserved-name"),
    ("cn", "anaconda", "reserved-name"),
]
BAD_PACKAGES = ["a b", "@a --optional", "-a b", "@ a", "a\nb", "%end", "--x", "a;b", "a'b", "a#b", "-", "@", "a$b", "a`b"]


def ldif_line(attribute, value):
    if value.isascii() and "\n" not in value:
        return "%s: %s" % (attribute, value)
    return "%s:: %s" % (attribute, base64.b64encode(value.encode()).decode())


def check_bad_values(site):
    lines, wanted = [], []
    for number, (attribute, value, check) in enumerate(BAD):
        name = value if attribute == "cn" else "bad%d" % number
        dn = "cn=%s,ou=repositories,%s" % (name, SUFFIX)
        lines += ["dn: " + dn, "objectClass: vocPackageRepository", "cn: " + name]
        lines += [] if attribute == "cn" else [ldif_line(attribute, value)]
        lines += [] if attribute == "vocBaseURL" else ["vocBaseURL: http://h/"]
        lines.append("")
        wanted.append((dn, attribute, check))
    profile = "cn=broken,ou=profiles," + SUFFIX
    for number, value in enumerate(BAD_PACKAGES):
        dn = "cn=broken%d,ou=profiles,%s" % (number, SUFFIX)
        lines += ["dn: " + dn, "objectClass: vocKickstartProfile", "cn: broken%d" % number,
                  "vocInstallURL: http://h/", "vocKickstartVersion: RHEL9",
                  "vocRepository: cn=plain,ou=repositories," + SUFFIX,
                  ldif_line("vocPackage", value), ""]
        wanted.append((dn, "vocPackage", "bad-value"))
    lines += ["dn: " + profile, "objectClass: vocKickstartProfile", "cn: broken",
              "vocInstallURL: http://h/", "vocKickstartVersion: RHEL11"]
    lines += ["vocRepository: cn=BaseOS,ou=repositories," + SUFFIX,
              "vocRepository: cn=anaconda,ou=repositories," + SUFFIX, ""]
    wanted.append((profile, "vocKickstartVersion", "bad-value"))
    # names are reserved for a release that has an installer with repositories
    lines += [line.replace("RHEL11", "RHEL9").replace("cn=broken,", "cn=reserved,")
              .replace("cn: broken", "cn: reserved") for line in lines[-8:]]
    lines += ["dn: cn=alone,ou=profiles," + SUFFIX, "objectClass: vocKickstartProfile",
              "cn: alone", "vocInstallURL: http://h/", "vocKickstartVersion: RHEL9", ""]
    wanted.append(("cn=alone,ou=profiles," + SUFFIX, "vocRepository", "missing-attribute"))
    ldif = site.write("bad.ldif", open(site.ldif, encoding="utf-8").read() + "\n" +
                      "\n".join(lines))
    tree = os.path.join(site.folder, "bad")
    settings = site.write("bad.yaml", "quarantine: {max: 100%}\n")
    stderr = site.run("--config", settings, "render", "-o", tree, "kickstart", ldif=ldif).stderr
    faults = []
    for dn, attribute, check in wanted:
        pattern = r"(?m)^.*%s: %s: error: .*\[%s\]$" % (re.escape(dn), attribute, check)
        if not re.search(pattern, stderr):
            faults.append("no %s at %s: %s" % (check, dn, attribute))
    report("bad values: each a finding with entry and attribute", faults)
    changed = []
    for kind in ("plain", "all"):
        for release in RELEASES:
            path = "%s/srv/ldapcc/kickstart/%s-%s.c.example.ks" % (
                tree, kind, release.lower())
            if not os.path.exists(path):
                changed.append("no " + path)
            elif open(path, encoding="utf-8").read() != site.file(kind, release):
                changed.append(path)
    report("… and the good entries come out as before", changed)


# --- the reference parser, where it is installed ---------------------------------------

def check_pykickstart(site):
    name = "pykickstart's parser of each release takes its files, without a warning"
    try:
        from pykickstart.parser import KickstartParser
        from pykickstart.version import makeVersion, versionMap
    except ImportError:
        skip(name, "no pykickstart")
        return
    faults = []
    for release in RELEASES:
        if release not in versionMap:
            continue
        texts = [(kind, text) for kind in ("plain", "all") for text in
                 (site.file(kind, release), site.snippet(kind, release))]
        texts.append(("wires", site.file("wires", release)))
        texts.append(("wires, %pre", wires.written_by_pre(site, release)))
        texts.append(("disks, %pre", disks.written_by_pre(site, release)))
        texts.append(("disks, named", disks.named(site, release)))
        for kind, text in texts:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    parser = KickstartParser(makeVersion(release), followIncludes=False)
                    parser.readKickstartFromString(text)
            except Exception as fault:  # pylint: disable=broad-except
                faults.append("%s, %s: %s" % (release, kind, fault))
    report(name, faults)


def main(ldapcc):
    with tempfile.TemporaryDirectory(prefix="ldapcc-kickstart.") as folder:
        site = Site(os.path.abspath(ldapcc), folder)
        done = site.run("render", "-o", os.path.join(folder, "tree"), "kickstart",
                        "kickstart-repos")
        report("every release is rendered", differences("status", done.returncode, 0))
        check_findings(site)
        for number, release in enumerate(RELEASES, 1):
            check_release(site, number, release)
        check_bad_values(site)
        post.check_scripts(site)
        wires.check_scripts(site)
        disks.check_scripts(site)
        routes.check_scripts(site)
        search.check_scripts(site)
        check_pykickstart(site)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
