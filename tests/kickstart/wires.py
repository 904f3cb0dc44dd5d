# SPDX-License-Identifier: Apache-2.0
"""Bonds, VLANs and bridges: what %pre and %post make of them on a machine with NICs."""

import os
import shutil

from expected import (BONDS, BRIDGES, FLAGS, MAC_DEVICE, NO_ADDRESS, RELEASES, VLAN_NAMES,
                      VLANS, knows, lines_of, read_kickstart, wire_mac)
from post import Root
from tap import differences, report, skip

RESOLVERS = "--nameserver=10.1.0.253"


def here_document(script):
    """The lines that %pre writes, before it has found a NIC."""
    start = next(i for i, line in enumerate(script) if line.endswith("<<'LDAPCC_END'"))
    return script[start + 1:script.index("LDAPCC_END")]


def address(network, number, *more):
    return {"--onboot=yes", "--bootproto=static", "--ip=10.%d.3.%d" % (network, number),
            "--netmask=255.255.0.0"} | set(more)


def wanted_lines(release, number):
    """The `network` lines, with @MAC@ for each port."""
    name = "--hostname=wires-%s.c.example" % release.lower()
    by_mac = knows(release, MAC_DEVICE)

    def nic(ifname):
        return "--device=" + (wire_mac(ifname, number) if by_mac else ifname)

    def ports(*ifnames):
        return ",".join("@%s@" % wire_mac(ifname, number) for ifname in ifnames)

    bond = address(1, number, "--gateway=10.1.255.254",
                   "--nameserver=10.1.0.252,10.1.0.253", name)
    if knows(release, BONDS):
        bond |= {"--device=bond0", "--bondopts=mode=802.3ad,miimon=100",
                 "--bondslaves=" + ports("bond0", "bond0-2")}
    elif by_mac:
        bond.add(nic("bond0"))
    # else without a device: of one that is not there the installer would end
    lines = [bond]
    if knows(release, VLANS):
        vlan = address(20, number, RESOLVERS, "--device=bond0", "--vlanid=20")
        lines.append(vlan | ({"--interfacename=bond0.20"} if knows(release, VLAN_NAMES)
                             else set()))
    bridge = address(4, number, RESOLVERS)
    if knows(release, BRIDGES):
        lines.append(bridge | {"--device=br1", "--bridgeslaves=" + ports("eth2", "eth3")})
    else:
        lines.append(bridge | {nic("eth2")})
        lines.append({"--onboot=yes", nic("eth3")} |
                     ({"--noipv4", "--noipv6"} if knows(release, NO_ADDRESS) else set()))
    lines.append(address(2, number, RESOLVERS, nic("eth4"), "--mtu=9000"))
    return lines


def read_lines(text, release):
    return [{key if key in FLAGS else "%s=%s" % (key, value)
             for key, value in options.items()}
            for options, _ in lines_of(read_kickstart(text, release), "network")]


def lines_in(kickstart, release):
    """All `network` lines, those that %pre writes too."""
    text = ""
    for section, script in kickstart.scripts:
        if section == "%pre" and any("ldapcc-network.ks" in line for line in script):
            text = "\n".join(here_document(script)) + "\n"
    faults = read_kickstart(text, release).faults
    plain = [{key if key in FLAGS else "%s=%s" % (key, value)
              for key, value in options.items()}
             for options, _ in lines_of(kickstart, "network")]
    return read_lines(text, release) + plain, faults


def check_lines(site, kickstart, release, number):
    got, faults = lines_in(kickstart, release)
    return faults + differences("network lines", sorted(map(sorted, got)),
                                sorted(map(sorted, wanted_lines(release, number))))


def machine(site, name, nics):
    """A scratch root with NICs, as /sys has them: {name: MAC}; None as MAC has no device."""
    root = Root(site, name)
    for nic, mac in nics.items():
        root.write("sys/class/net/%s/address" % nic, (mac or "02:00:00:01:00:01") + "\n")
        if mac:
            os.makedirs(root.of("sys/class/net/%s/device" % nic))
    return root


def scripts_of(site, release, section):
    return [script for found, script in
            read_kickstart(site.file("wires", release), release).scripts
            if found == section]


def bridges_of(site, release):
    script, = [found for found in scripts_of(site, release, "%post")
               if any(line.startswith("port ") for line in found)]
    return script


def written_by_pre(site, release):
    """What %pre writes on a machine that has every NIC; nothing where there is none."""
    number = RELEASES.index(release) + 1
    wanted = [script for script in scripts_of(site, release, "%pre")
              if any("ldapcc-network.ks" in line for line in script)]
    if not wanted or not shutil.which("busybox"):
        return ""
    nics = {"nic%d" % i: wire_mac(ifname, number) for i, ifname in
            enumerate(("bond0", "bond0-2", "eth2", "eth3", "eth4", "bmc"))}
    root = machine(site, "pre-" + release, nics | {"lo": None})
    root.run_script(wanted[0])
    return root.read("tmp/ldapcc-network.ks")


def check_pre(site, release):
    text = written_by_pre(site, release)
    got = {word for line in read_lines(text, release) for word in line
           if word.split("=")[0] in ("--bondslaves", "--bridgeslaves")}
    report("%s: %%pre finds the ports by their MAC" % release, differences(
        "ports", sorted(got), sorted(
            ["--bondslaves=nic0,nic1"] +
            (["--bridgeslaves=nic2,nic3"] if knows(release, BRIDGES) else []))))
    number = RELEASES.index(release) + 1
    for missing, left in (("bond0", "two"), ("bond0-2", "one")):
        nics = {"one": wire_mac("bond0", number), "two": wire_mac("bond0-2", number)}
        nics = {nic: mac for nic, mac in nics.items() if mac != wire_mac(missing, number)}
        root = machine(site, "less-%s-%s" % (release, missing), nics)
        root.run_script(scripts_of(site, release, "%pre")[0])
        report("%s: … one that is not there is left out" % release, differences(
            "bond", [word for line in read_lines(root.read("tmp/ldapcc-network.ks"), release)
                     for word in line if word.startswith("--bondslaves")],
            ["--bondslaves=" + left]))


KEYFILE = """[connection]
id={name}
uuid=4f9d
type=ethernet
interface-name={name}

[ethernet]
mtu=9000

[ipv4]
address1=10.2.3.7/16
dns=10.1.0.253;
method=manual

[ipv6]
method=auto

[proxy]
"""
IFCFG = """# Generated by dracut initrd
NAME="{name}"
DEVICE="{name}"
ONBOOT=yes
BOOTPROTO=static
IPADDR=10.2.3.7
NETMASK=255.255.0.0
MTU=9000
HWADDR=02:00:00:00:00:01
TYPE=Ethernet
"""


def check_keyfile(site, release):
    number = RELEASES.index(release) + 1
    root = machine(site, "keyfile-" + release, {"ens4": wire_mac("eth4", number)})
    folder = "etc/NetworkManager/system-connections/"
    root.write(folder + "ens4.nmconnection", KEYFILE.format(name="ens4"))
    root.write(folder + "ens44.nmconnection", KEYFILE.format(name="ens44"))
    root.run_script(bridges_of(site, release))
    port = root.read(folder + "ens4.nmconnection")
    bridge = root.read(folder + "br2.nmconnection")
    report("%s: %%post makes a port of what the installer wrote for NetworkManager" % release,
           differences("status", root.status, 0) +
           differences("port", port.replace("master=br2\nslave-type=bridge\n", ""),
                       KEYFILE.format(name="ens4").replace(
                           KEYFILE[KEYFILE.index("[ipv4]"):KEYFILE.index("[proxy]")], "")) +
           differences("it is a port", "master=br2\nslave-type=bridge\n" in port, True) +
           differences("bridge", bridge, "[connection]\nid=br2\ntype=bridge\n"
                       "interface-name=br2\n\n[bridge]\nstp=false\n\n" +
                       KEYFILE[KEYFILE.index("[ipv4]"):KEYFILE.index("[proxy]")]) +
           differences("mode", os.stat(root.of(folder + "br2.nmconnection")).st_mode & 0o777,
                       0o600) +
           differences("another", root.read(folder + "ens44.nmconnection"),
                       KEYFILE.format(name="ens44")))


def check_ifcfg(site, release):
    number = RELEASES.index(release) + 1
    names = {"eth2": wire_mac("eth2", number), "eth3": wire_mac("eth3", number),
             "eth4": wire_mac("eth4", number)}
    root = machine(site, "ifcfg-" + release, names)
    folder = "etc/sysconfig/network-scripts/ifcfg-"
    for name in names:
        root.write(folder + name, IFCFG.format(name=name))
    root.run_script(bridges_of(site, release))
    address_lines = ["BOOTPROTO=static", "IPADDR=10.2.3.7", "NETMASK=255.255.0.0"]
    faults = differences("status", root.status, 0)
    for port, bridge in (("eth4", "br2"),) + (() if knows(release, BRIDGES) else
                                              (("eth2", "br1"), ("eth3", "br1"))):
        kept = [line for line in IFCFG.format(name=port).splitlines()
                if line not in address_lines]
        faults += differences(port, root.read(folder + port).splitlines(),
                              kept + ["BOOTPROTO=none", "BRIDGE=" + bridge])
        faults += differences(bridge, root.read(folder + bridge).splitlines(),
                              ["DEVICE=" + bridge, "TYPE=Bridge", "ONBOOT=yes", "DELAY=0",
                               "STP=no"] + address_lines + ["MTU=9000"])
    report("%s: %%post makes ports of what the installer wrote for its scripts" % release,
           faults)


def check_missing(site, release):
    root = machine(site, "no-port-" + release, {})
    root.run_script(bridges_of(site, release))
    report("%s: %%post says which port it cannot find" % release,
           differences("status", root.status, 1) + differences(
               "said", [line for line in root.output.splitlines() if "ldapcc:" in line],
               ["ldapcc: bridge br2: no port " +
                wire_mac("eth4", RELEASES.index(release) + 1)]))


def check_scripts(site):
    if not shutil.which("busybox"):
        skip("running %pre and %post for bonds and bridges", "no busybox")
        return
    for release in ("RHEL6", "RHEL7", "RHEL9", "RHEL10"):
        check_pre(site, release)
    for release in ("RHEL9", "RHEL10", "F41"):
        check_keyfile(site, release)
    for release in ("RHEL6", "RHEL7", "RHEL8"):
        check_ifcfg(site, release)
    check_missing(site, "RHEL9")
