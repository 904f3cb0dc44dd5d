# SPDX-License-Identifier: Apache-2.0
"""Static routes: what %post makes of them beside what the installer wrote."""

import re
import shutil

from expected import IPV6, RELEASES, VLANS, knows, read_kickstart, wire_mac
from tap import differences, report, skip
from wires import IFCFG, KEYFILE, bridges_of, machine, scripts_of

KEYFILES = "etc/NetworkManager/system-connections/"
SCRIPTS = "etc/sysconfig/network-scripts/"
STORAGE = ("10.9.0.0/16", "10.2.255.253")
TAGGED = ("10.8.0.0/16", "10.20.255.254")


def routes_of(site, release):
    script, = [found for found in scripts_of(site, release, "%post")
               if any(line.startswith("route ") for line in found)]
    return script


def lines_of_file(root, path):
    return sorted(re.findall(r"(?m)^route\d*=.*$|^10\..* via .*$", root.read(path)))


def check_keyfiles(site, release):
    """That of the VLAN, and that of a bridge which the script before has just made."""
    number = RELEASES.index(release) + 1
    root = machine(site, "routes-keyfile-" + release, {"ens4": wire_mac("eth4", number)})
    root.write(KEYFILES + "ens4.nmconnection", KEYFILE.format(name="ens4"))
    root.write(KEYFILES + "vlan.nmconnection", KEYFILE.format(name="bond0.20"))
    root.run_script(bridges_of(site, release))
    root.run_script(routes_of(site, release))
    report("%s: %%post adds static routes to what is NetworkManager's" % release,
           differences("status", root.status, 0) +
           differences("VLAN", lines_of_file(root, KEYFILES + "vlan.nmconnection"),
                       ["route1=%s,%s" % TAGGED]) +
           differences("bridge", lines_of_file(root, KEYFILES + "br2.nmconnection"),
                       ["route1=%s,%s" % STORAGE]) +
           differences("in its section", "[ipv4]\nroute1=" in
                       root.read(KEYFILES + "vlan.nmconnection"), True) +
           differences("its port", lines_of_file(root, KEYFILES + "ens4.nmconnection"), []))


def check_scripts_of_old(site, release):
    number = RELEASES.index(release) + 1
    root = machine(site, "routes-ifcfg-" + release,
                   {name: wire_mac(name, number) for name in ("eth2", "eth3", "eth4")})
    for name in ("eth2", "eth3", "eth4", "bond0.20"):
        root.write(SCRIPTS + "ifcfg-" + name, IFCFG.format(name=name))
    root.run_script(bridges_of(site, release))
    root.run_script(routes_of(site, release))
    report("%s: %%post adds static routes beside the scripts" % release,
           differences("status", root.status, 0) +
           differences("bridge", lines_of_file(root, SCRIPTS + "route-br2"),
                       ["%s via %s dev br2" % STORAGE]))
    if knows(release, VLANS):
        report("%s: … those of a VLAN, too" % release, differences(
            "VLAN", lines_of_file(root, SCRIPTS + "route-bond0.20"),
            ["%s via %s dev bond0.20" % TAGGED]))


def check_six(site, release):
    """Of an interface with addresses of both families each in its own place."""
    number = RELEASES.index(release) + 1
    script, = [found for found in all_scripts(site, release)
               if any(line.startswith("route ") for line in found)]
    nics = {"nic%d" % index: "02:00:00:00:%02x:%02x" % (index, number) for index in range(4)}
    root = machine(site, "routes-six-" + release, nics)
    for name in nics:
        root.write(KEYFILES + name, KEYFILE.format(name=name).replace(
            "[ipv6]\nmethod=auto\n", "" if name == "nic2" else "[ipv6]\nmethod=manual\n"))
    root.run_script(script)
    wanted = ["route1=fd00:9::/48,fd00:1::fffd"] if knows(release, IPV6) else []
    report("%s: %%post adds routes of IPv6 to the section of IPv6" % release,
           differences("status", root.status, 0) +
           differences("nic0", lines_of_file(root, KEYFILES + "nic0"), wanted) +
           differences("nic1", lines_of_file(root, KEYFILES + "nic1"),
                       ["route1=%s,%s" % STORAGE]) +
           differences("nic2, which had no such section", root.read(KEYFILES + "nic2")
                       .endswith("\n[ipv6]\n%s\n" % wanted[0]), True))


def all_scripts(site, release):
    return [script for section, script in
            read_kickstart(site.file("all", release), release).scripts
            if section == "%post"]


def check_missing(site, release):
    root = machine(site, "no-route-" + release, {})
    root.run_script(routes_of(site, release))
    report("%s: %%post says for which route it found no interface" % release,
           differences("status", root.status, 1) + differences(
               "said", sorted(line for line in root.output.splitlines()
                              if "ldapcc:" in line),
               ["ldapcc: no file of 'bond0.20' for the route to 10.8.0.0/16",
                "ldapcc: no file of 'br2' for the route to 10.9.0.0/16"]))


def check_scripts(site):
    if not shutil.which("busybox"):
        skip("running %post for static routes", "no busybox")
        return
    for release in ("RHEL9", "RHEL10", "F41"):
        check_keyfiles(site, release)
        check_six(site, release)
    for release in ("RHEL5", "RHEL6", "RHEL7", "RHEL8"):
        check_scripts_of_old(site, release)
    check_missing(site, "RHEL9")
