# SPDX-License-Identifier: Apache-2.0
"""The disk to install to: what %pre chooses on machines with disks, and where it stops."""

import os
import re
import shutil

from expected import RELEASES, SECTION_END, knows, read_kickstart, since
from post import Root
from tap import differences, report, skip

ONLY_USE = since(4, 8)
BOOT_DRIVE = since(7, 17)
GB = 1000000000 // 512
# name: (sectors, removable, read-only, serial)
TWO = {"sda": (500 * GB, 0, 0, "S1"), "sdb": (4000 * GB, 0, 0, "S2")}
ODD = {"loop0": (GB, 0, 0, ""), "sr0": (GB, 1, 0, ""), "sdz": (32 * GB, 1, 0, "STICK"),
       "sdy": (32 * GB, 0, 1, "CARD"), "sdx": (0, 0, 0, ""), "dm-0": (GB, 0, 0, ""),
       "md0": (GB, 0, 0, ""), "zram0": (GB, 0, 0, "")}
# Where the kernel knows its paths, each is beside the disk, of its size and serial number.
PATHS = {"nvme0c0n1": (960 * GB, 0, 0, "N1"), "nvme0c1n1": (960 * GB, 0, 0, "N1")}


def pre_of(text, release):
    for section, script in read_kickstart(text, release).scripts:
        if section == "%pre" and any("ldapcc-disks.ks" in line for line in script):
            return script
    return None


def machine(site, name, disks, links=()):
    root = Root(site, name)
    for disk, (size, removable, read_only, serial) in disks.items():
        for file, value in (("size", size), ("removable", removable), ("ro", read_only)):
            root.write("sys/block/%s/%s" % (disk, file), "%d\n" % value)
        if disk.startswith("nvme"):
            root.write("sys/block/%s/hidden" % disk, "%d\n" % (disk in PATHS))
        if serial and disk.startswith(("nvme", "sda")):
            root.write("sys/block/%s/device/serial" % disk, serial + "  \n")
        root.write("dev/" + disk, "")
    for link, disk in links:
        os.makedirs(root.of("dev/disk/by-id"), exist_ok=True)
        os.symlink("/dev/" + disk, root.of("dev/disk/by-id/" + link))
    return root


def lines(root):
    path = root.of("tmp/ldapcc-disks.ks")
    return open(path, encoding="utf-8").read().splitlines() if os.path.exists(path) else None


def wanted_lines(release, *names):
    option = "--boot-drive" if knows(release, BOOT_DRIVE) else "--driveorder"
    return ["ignoredisk --only-use=" + ",".join(names),
            "clearpart --all --initlabel --drives=" + ",".join(names),
            "bootloader --location=mbr %s=%s" % (option, names[0])]


def with_disks(site, release, *values):
    """The kickstart file of the plain host with vocInstallDisk."""
    ldif = open(site.ldif, encoding="utf-8").read()
    end = "vocInstallProfile: cn=plain-%s,ou=profiles,dc=c,dc=example\n" % release
    start = ldif.index("cn: plain-%s\n" % release.lower())
    at = ldif.index(end, start) + len(end)
    changed = ldif[:at] + "".join("vocInstallDisk: %s\n" % v for v in values) + ldif[at:]
    tree = os.path.join(site.folder, "disk-tree")
    shutil.rmtree(tree, ignore_errors=True)
    done = site.run("render", "-o", tree, "kickstart",
                    ldif=site.write("disk.ldif", changed))
    path = "%s/srv/ldapcc/kickstart/plain-%s.c.example.ks" % (tree, release.lower())
    return open(path, encoding="utf-8").read() if os.path.exists(path) else done.stderr


def named(site, release):
    """Of some releases only: a site is rendered for each."""
    return with_disks(site, release, "sda") if release in ("RHEL3", "RHEL6", "RHEL9") else ""


def written_by_pre(site, release):
    script = pre_of(site.file("plain", release), release)
    if script is None or not shutil.which("busybox"):
        return ""
    root = machine(site, "disk-" + release, {"vda": (20 * GB, 0, 0, "")})
    root.run_script(script)
    return "\n".join(lines(root) or []) + "\n"


def check_one(site, release):
    root = machine(site, "one-disk", ODD | PATHS | {"nvme0n1": (960 * GB, 0, 0, "N1")})
    root.run_script(pre_of(site.file("plain", release), release))
    report("%s: the only disk is taken, whatever else there is" % release,
           differences("status", root.status, 0) +
           differences("lines", lines(root), wanted_lines(release, "nvme0n1")))


def check_stop(site, name, values, disks, why):
    release = "RHEL9"
    text = with_disks(site, release, *values) if values else site.file("plain", release)
    root = machine(site, "stop", disks)
    root.write("tmp/ldapcc-disks.ks", "clearpart --all\n")
    root.run_script(pre_of(text, release))
    report("no guess: " + name, differences("status", root.status, 1) +
           differences("lines", lines(root), None) +
           differences("said", why in root.output, True))


def check_rules(site):
    disks = ODD | TWO | PATHS | {"nvme0n1": (960 * GB, 0, 0, "N1")}
    links = [("ata-Disk_model_S2", "sdb"), ("wwn-0x5000", "sdb"), ("ata-Disk_S22", "sda")]
    for values, names in ((["smallest"], ["sda"]), (["largest"], ["sdb"]),
                          (["size=900-1000"], ["nvme0n1"]), (["size=-600"], ["sda"]),
                          (["size=1000-"], ["sdb"]), (["serial=N1"], ["nvme0n1"]),
                          (["serial=S2"], ["sdb"]),
                          (["serial=N1", "serial=S1"], ["nvme0n1", "sda"])):
        root = machine(site, "rule", disks, links)
        root.run_script(pre_of(with_disks(site, "RHEL9", *values), "RHEL9"))
        report("vocInstallDisk %s" % " and ".join(values),
               differences("status", root.status, 0) +
               differences("lines", lines(root), wanted_lines("RHEL9", *names)) +
               ([root.output] if root.status else []))


def check_named(site):
    for release in ("RHEL3", "RHEL6", "RHEL9"):
        values = ["sda", "/dev/sdb"]
        if release != "RHEL3":
            values += ["/dev/disk/by-path/pci-0000:00:1f.2-ata-1"]
        text = with_disks(site, release, *values)
        names = sorted(value.removeprefix("/dev/sd") if value == "/dev/sdb" else value
                       for value in values)
        names = sorted("sdb" if name == "b" else name for name in names)
        wanted = wanted_lines(release, *names)
        report("%s: named disks are named" % release, differences(
            "lines", re.findall(r"(?m)^(?:ignoredisk|clearpart|bootloader) .*", text),
            wanted if knows(release, ONLY_USE) else wanted[1:]) +
            differences("no %pre", pre_of(text, release), None))
    text = with_disks(site, "RHEL5", "smallest")
    report("RHEL5: a rule that it cannot follow: it asks", differences(
        "lines", re.findall(r"(?m)^(?:zerombr|clearpart|autopart)\b.*", text), []))


def check_scripts(site):
    report("no kickstart file takes whatever disks it finds", [
        release for release in RELEASES for kind in ("plain", "all", "wires")
        if re.search(r"(?m)^clearpart(?!.*--drives)", site.file(kind, release)) or
        (not knows(release, SECTION_END) and "autopart" in site.file(kind, release))])
    if not shutil.which("busybox"):
        skip("running %pre for disks", "no busybox")
        return
    for release in ("RHEL6", "RHEL7", "RHEL9", "F41"):
        check_one(site, release)
    check_stop(site, "two disks", [], ODD | TWO, "several disks for 'only': sda sdb")
    check_stop(site, "no disk", [], ODD, "no disk for 'only'")
    check_stop(site, "two of the least size", ["smallest"],
               {"sda": TWO["sda"], "sdb": TWO["sda"]}, "several disks for 'smallest'")
    check_stop(site, "no such serial", ["serial=S3"], TWO, "no disk for 'serial=S3'")
    check_stop(site, "two of the size", ["size=100-5000"], TWO, "several disks for 'size")
    check_rules(site)
    check_named(site)
