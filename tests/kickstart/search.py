# SPDX-License-Identifier: Apache-2.0
"""Domains to search: what %post makes of them beside the name servers that the installer wrote."""

import re
import shutil

from expected import RELEASES, VLANS, knows, wire_mac
from routes import KEYFILES, SCRIPTS
from tap import differences, report, skip
from wires import IFCFG, KEYFILE, bridges_of, machine, scripts_of

DOMAINS = ("c.example", "other.example")


def search_of(site, release):
    script, = [found for found in scripts_of(site, release, "%post")
               if any(line.startswith("search ") for line in found)]
    return script


def nics(release):
    number = RELEASES.index(release) + 1
    return {name: wire_mac(name, number) for name in ("eth2", "eth3", "eth4")}


def asked_for(script):
    return [line.split()[1].strip("'") for line in script if line.startswith("search ")]


def written(release, template, folder, name):
    """The files that the installer wrote for every link, by what the script asks for."""
    return {"%s%s" % (folder, name(link)): template.format(name=link)
            for link in list(nics(release)) + ["bond0", "bond0.20", "br1", "br3"]}


def run(site, release, files):
    root = machine(site, "search-" + release, nics(release))
    for path, text in files.items():
        root.write(path, text)
    root.run_script(bridges_of(site, release))
    root.run_script(search_of(site, release))
    return root


def check_keyfiles(site, release):
    files = written(release, KEYFILE, KEYFILES, lambda link: link + ".nmconnection")
    root = run(site, release, files)
    text = root.read(KEYFILES + "bond0.nmconnection")
    wanted = KEYFILE.format(name="bond0").replace(
        "[ipv4]\n", "[ipv4]\ndns-search=%s;%s;\n" % DOMAINS)
    report("%s: %%post adds domains to search to what is NetworkManager's" % release,
           differences("status", root.status, 0) + differences("bond0", text, wanted) +
           differences("once a link", [path for path in files if
                                       root.read(path).count("dns-search=") > 1], []) +
           differences("a bridge of %post", root.read(KEYFILES + "br2.nmconnection")
                       .count("dns-search="), 1))


def check_scripts_of_old(site, release):
    files = written(release, IFCFG, SCRIPTS, lambda link: "ifcfg-" + link)
    link = "bond0" if knows(release, VLANS) else "br2"
    files[SCRIPTS + "ifcfg-" + link] = files.get(SCRIPTS + "ifcfg-" + link, "") + 'DOMAIN="old"\n'
    if link == "br2":
        del files[SCRIPTS + "ifcfg-br2"]
    root = run(site, release, files)
    report("%s: %%post adds domains to search to the scripts" % release, differences(
        link, re.findall("(?m)^DOMAIN=.*", root.read(SCRIPTS + "ifcfg-" + link)),
        ['DOMAIN="%s %s"' % DOMAINS]))


def check_missing(site, release):
    script = search_of(site, release)
    root = machine(site, "no-search-" + release, {})
    root.run_script(script)
    report("%s: %%post says for which link it found no file" % release,
           differences("status", root.status, 1) + differences(
               "said", [line for line in root.output.splitlines() if "ldapcc:" in line],
               ["ldapcc: no file of '%s' for the domains to search" % link
                for link in asked_for(script)]))


def check_scripts(site):
    if not shutil.which("busybox"):
        skip("running %post for domains to search", "no busybox")
        return
    for release in ("RHEL9", "RHEL10", "F41"):
        check_keyfiles(site, release)
    for release in ("RHEL5", "RHEL6", "RHEL7", "RHEL8"):
        check_scripts_of_old(site, release)
    check_missing(site, "RHEL9")
