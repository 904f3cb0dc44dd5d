#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the files for Debian's and Ubuntu's installers right?

	check.py LDAPCC

Of the case 37-debian-ubuntu: names and types against the tables of names.py,
debconf-set-selections and cloud-init for the syntax, netplan for the network; and the scripts
run in a scratch root, where the installers' programs write down what they were asked. TAP.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "kickstart"))

# pylint: disable=wrong-import-position
try:
    import yaml
except ModuleNotFoundError:
    print("1..0 # SKIP python3 has no module 'yaml'")
    sys.exit(0)

import tap
from disks import GB, ODD, TWO, machine
from names import ANSWERED, AUTOINSTALL, autoinstall_faults, debconf_fault
from post import Root
from tap import differences, report, skip

CASE = os.path.join(HERE, os.pardir, "cases", "37-debian-ubuntu")
BOND_OF_DEB1 = {
    "version": 2,
    "ethernets": {
        "nic-00-00-5e-00-53-01": {"match": {"macaddress": "00:00:5e:00:53:01"},
                                  "mtu": 9000, "link-local": []},
        "nic-00-00-5e-00-53-02": {"match": {"macaddress": "00:00:5e:00:53:02"},
                                  "mtu": 9000, "link-local": []},
        "nic-00-00-5e-00-53-05": {"match": {"macaddress": "00:00:5e:00:53:05"},
                                  "dhcp4": True, "optional": True}},
    "bonds": {"bond0": {
        "interfaces": ["nic-00-00-5e-00-53-01", "nic-00-00-5e-00-53-02"],
        "parameters": {"mode": "802.3ad", "mii-monitor-interval": "100",
                       "lacp-rate": "fast"},
        "mtu": 9000, "link-local": []}},
    "bridges": {"br0": {
        "interfaces": ["bond0"], "parameters": {"stp": False, "forward-delay": 0},
        "addresses": ["10.1.0.1/24", "fd00:c::1/64"],
        "routes": [{"to": "default", "via": "10.1.0.254"},
                   {"to": "default", "via": "fe80::1"}],
        "nameservers": {"addresses": ["10.1.0.252", "10.1.0.253"],
                        "search": ["c.example"]}}},
    "vlans": {"bond0.20": {"id": 20, "link": "bond0", "mtu": 9000,
                           "addresses": ["10.2.0.1/24"],
                           "routes": [{"to": "10.9.0.0/16", "via": "10.2.0.254"}]}}}


class Site:
    """The case, rendered; with other LDIF in the place of a part of it where that is given."""

    def __init__(self, ldapcc, folder):
        self.ldapcc, self.folder = os.path.abspath(ldapcc), folder

    def render(self, name, *changes):
        ldif = read(os.path.join(CASE, "input.ldif"))
        for old, new in changes:
            assert old in ldif, old
            ldif = ldif.replace(old, new)
        path = os.path.join(self.folder, name + ".ldif")
        with open(path, "w", encoding="utf-8") as file:
            file.write(ldif)
        tree = os.path.join(self.folder, name)
        done = subprocess.run(
            [self.ldapcc, "--config", os.path.join(CASE, "settings.yaml"), "--ldif", path,
             "render", "-o", tree], stderr=subprocess.PIPE, encoding="utf-8", check=False)
        report("%s: the site is rendered" % name,
               differences("status", done.returncode, 0) + done.stderr.splitlines())
        return os.path.join(tree, "srv/ldapcc/kickstart")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def answers(text):
    """(owner, name, type, value) as debconf-set-selections reads them."""
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    return [(line.split(None, 3) + [""])[:4] for line in lines]


def check_preseed(tree, host):
    path = os.path.join(tree, host + ".preseed")
    found = answers(read(path))
    faults = [fault for fault in (debconf_fault(*row) for row in found) if fault]
    names = [row[1] for row in found]
    faults += ["twice: " + name for name in set(names) if names.count(name) > 1]
    faults += ["not answered: " + name for name in sorted(ANSWERED - set(names))]
    report("%s: the installer has a template of each name and type" % host, faults)
    if shutil.which("debconf-set-selections"):
        done = subprocess.run(["debconf-set-selections", "-c", path], stderr=subprocess.PIPE,
                              encoding="utf-8", check=False)
        report("%s: … and debconf-set-selections reads it" % host,
               differences("status", done.returncode, 0) + done.stderr.splitlines())
    else:
        skip("%s: debconf-set-selections reads it" % host, "no debconf-set-selections")
    return {name: value for _, name, _, value in found}


def check_table():
    """The table finds what is wrong, and nothing else."""
    wrong = [("d-i", "netcfg/get_host", "string", "n1"), ("d-i", "netcfg/get_hostname", "select", "n1"),
             ("tasksel", "time/zone", "string", "Etc/UTC"),
             ("d-i", "pkgsel/upgrade", "select", "all"),
             ("d-i", "time/zone", "multiselect", "Etc/UTC"),
             ("d-i", "passwd/make-user", "boolean", "no"),
             ("d-i", "apt-setup/local10/key", "string", "http://c.example/key.asc")]
    report("a wrong name, type, owner or choice is one", [
        " ".join(row) for row in wrong if debconf_fault(*row) is None])
    right = [("d-i", "pkgsel/upgrade", "select", "none"), ("d-i", "mirror/country", "string", "manual"),
             ("d-i", "apt-setup/local9/source", "boolean", "true"),
             ("tasksel", "tasksel/desktop", "multiselect", "kde, xfce")]
    report("… and what is right is not", [
        fault for fault in (debconf_fault(*row) for row in right) if fault])


def check_answers(tree):
    deb1 = check_preseed(tree, "deb1.c.example")
    deb2 = check_preseed(tree, "deb2.c.example")
    wanted = {"mirror/http/hostname": "deb.debian.org", "mirror/http/directory": "/debian",
              "mirror/suite": "bookworm", "time/zone": "Europe/Berlin",
              "pkgsel/include": "openssh-server netplan.io condor",
              "tasksel/first": "standard", "netcfg/get_hostname": "deb1",
              "apt-setup/local0/repository": "https://[2001:db8::f1]:8443/pub x86_64/",
              "apt-setup/local0/key": "https://flat.example/key.asc",
              "apt-setup/local1/repository":
                  "http://apt.c.example:8080/debian bookworm contrib main",
              "apt-setup/local1/key": "http://apt.c.example/local.asc"}
    report("Debian 12: mirror, sources and packages as the directory has them",
           differences("answers", {name: deb1.get(name) for name in wanted}, wanted))
    wanted = {"mirror/protocol": "https", "mirror/https/hostname": "mirror.c.example:8443",
              "mirror/https/directory": "/", "mirror/suite": "trixie",
              "debian-installer/allow_unauthenticated_ssl": "true", "time/zone": "Etc/UTC",
              "apt-setup/local0/repository":
                  "http://apt.c.example:8080/debian trixie contrib main"}
    report("Debian 13: its own suite and mirror",
           differences("answers", {name: deb2.get(name) for name in wanted}, wanted))
    report("no password is in the files", differences(
        "password", {deb1["passwd/root-password-crypted"],
                     deb2["passwd/root-password-crypted"]}, {"!"}))


# --- scripts ---

FAKES = {
    "debconf-set": 'echo "$*" >>/asked\n',
    "in-target": 'echo "$*" >>/asked\n[ "$*" != "dpkg-query -W nano" ] || [ ! -e /no-nano ]\n',
}


def debian_root(site, name, tree, host="deb1.c.example", disks=None):
    root = machine(site, name, TWO if disks is None else disks)
    for tool in ("chmod", "chown"):
        os.symlink("busybox", root.of("bin/" + tool))
    for program, text in FAKES.items():
        root.write("bin/" + program, "#!/bin/sh\n" + text)
    root.write("ldapcc", read(os.path.join(tree, host + ".sh")))
    os.makedirs(root.of("target/etc/apt"))
    return root


def asked(root):
    return root.read("asked").splitlines()


def check_disk(site, tree):
    one = {"sda": (500 * GB, 0, 0, "S1"), **ODD}
    root = debian_root(site, "disk-one", tree, disks=one)
    root.run_script(["sh /ldapcc disk"])
    report("Debian: the only disk is taken", differences("status", root.status, 0) +
           differences("asked", asked(root), ["partman-auto/disk /dev/sda",
                                              "grub-installer/bootdev /dev/sda"]))
    root = debian_root(site, "disk-two", tree)
    root.run_script(["sh /ldapcc disk"])
    report("… of several none, and it says so", differences("status", root.status, 1) +
           differences("asked", asked(root), []) + differences(
               "said", "several disks for 'only': sda sdb" in root.output, True))
    root = debian_root(site, "disk-named", tree, "deb2.c.example")
    os.makedirs(root.of("dev/disk/by-id"))
    os.symlink("/dev/sdb", root.of("dev/disk/by-id/wwn-0x5000c500a1b2c3d4"))
    root.run_script(["sh /ldapcc disk"])
    report("… one that the directory names, by its link", differences(
        "asked", asked(root), ["partman-auto/disk /dev/sdb", "grub-installer/bootdev /dev/sdb"]))
    root = debian_root(site, "disk-gone", tree, "deb2.c.example")
    root.run_script(["sh /ldapcc disk"])
    report("… and none where that is not there", differences("status", root.status, 1) +
           differences("asked", asked(root), []))


def check_apt(site, tree):
    root = debian_root(site, "apt", tree)
    root.run_script(["sh /ldapcc apt"])
    conf = root.read("target/etc/apt/apt.conf.d/50ldapcc")
    report("Debian: proxy and certificates are told to apt before it fetches",
           differences("status", root.status, 0) + differences("conf", conf.splitlines(), [
               'Acquire::http::Proxy::2001:db8::f1 "http://proxy.c.example:3128";',
               'Acquire::https::Proxy::2001:db8::f1 "http://proxy.c.example:3128";',
               'Acquire::https::2001:db8::f1::Verify-Peer "false";',
               'Acquire::https::2001:db8::f1::Verify-Host "false";']))
    pins = root.read("target/etc/apt/preferences.d/ldapcc").strip().split("\n\n")
    report("… and what it may take from where", differences("pins", [
        [line.split(": ", 1)[1] for line in pin.splitlines()] for pin in pins], PINS))
    if shutil.which("apt-cache"):
        done = subprocess.run(
            ["apt-cache", "policy", "-o", "Dir::Etc::preferencesparts=" +
             root.of("target/etc/apt/preferences.d"), "-o", "Dir::Etc::parts=" +
             root.of("target/etc/apt/apt.conf.d"), "-o", "Dir::Etc::preferences=/nonexistent",
             "condor"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, encoding="utf-8",
            check=False)
        report("… as apt reads it", differences("status", done.returncode, 0) +
               [line for line in done.stderr.splitlines() if "ldapcc" in line])
    else:
        skip("… as apt reads it", "no apt-cache")


PINS = [["condor* libcondor", 'origin "2001:db8::f1"', "500"],
        ["*", 'origin "2001:db8::f1"', "-1"],
        ["linux-image-*", 'origin "apt.c.example"', "-1"],
        ["*", 'origin "apt.c.example"', "990"]]


def check_late(site, tree):
    root = debian_root(site, "late", tree)
    root.write("target/etc/apt/sources.list",
               "deb http://deb.debian.org/debian bookworm main\n"
               "# flat\ndeb https://[2001:db8::f1]:8443/pub x86_64/\n"
               "deb http://apt.c.example:8080/debian bookworm contrib main\n")
    root.run_script(["sh /ldapcc late"])
    report("Debian: the late command ends well", differences("status", root.status, 0) +
           differences("asked", asked(root), [
               "systemctl enable systemd-networkd", "dpkg-query -W nano",
               "apt-get -y purge nano"]))
    report("… a repository that is not kept is gone, and no other", differences(
        "sources", root.read("target/etc/apt/sources.list").splitlines(),
        ["deb http://deb.debian.org/debian bookworm main", "# flat",
         "deb http://apt.c.example:8080/debian bookworm contrib main"]))
    keys = "target/root/.ssh/authorized_keys"
    report("… root's keys are there", differences(
        "keys", root.read(keys).splitlines(), [
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFkbWluYWRtaW5hZG1pbmFkbWluYWRtaW5hZG1pbmFk"
            "bWlu admin's key"]) +
        differences("mode", os.stat(root.of(keys)).st_mode & 0o777, 0o600))
    netplan = "target/etc/netplan/50-ldapcc.yaml"
    report("… the network is the directory's", differences(
        "netplan", yaml.safe_load(root.read(netplan)), {"network": BOND_OF_DEB1}) +
        differences("mode", os.stat(root.of(netplan)).st_mode & 0o777, 0o600) +
        differences("resolv.conf", root.read("target/etc/resolv.conf").splitlines(),
                    ["nameserver 10.1.0.252", "nameserver 10.1.0.253", "search c.example"]))
    check_netplan(site, "deb1", root.read(netplan))
    root = debian_root(site, "late-without", tree)
    root.write("no-nano", "")
    root.run_script(["sh /ldapcc late"])
    report("… what is not there is not taken out", differences("status", root.status, 0) +
           differences("purged", [line for line in asked(root) if "purge" in line], []))


def check_self(site, tree):
    root = debian_root(site, "self", tree)
    os.unlink(root.of("ldapcc"))
    root.write("tmp/debconf-seed", read(os.path.join(tree, "deb1.c.example.sh")))
    root.run_script(["/tmp/debconf-seed"])
    report("Debian: run by the preseed file, the script stays and comes in before apt-setup",
           differences("status", root.status, 0) +
           differences("hook", root.read("usr/lib/post-base-installer.d/05ldapcc"),
                       "#!/bin/sh\nexec sh /ldapcc apt\n") +
           differences("itself", root.read("ldapcc"), root.read("tmp/debconf-seed")))


def check_netplan(site, name, text):
    what = "%s: netplan makes networkd's files of it" % name
    if not shutil.which("netplan"):
        skip(what, "no netplan")
        return
    root = os.path.join(site.folder, "netplan-" + name)
    os.makedirs(os.path.join(root, "etc/netplan"))
    path = os.path.join(root, "etc/netplan/50-ldapcc.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)
    done = subprocess.run(["netplan", "generate", "--root-dir", root],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                          check=False)
    folder = os.path.join(root, "run/systemd/network")
    files = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    wanted = {device for kind in ("ethernets", "bonds", "bridges", "vlans")
              for device in yaml.safe_load(text)["network"].get(kind, {})}
    got = {re.sub(r"^10-netplan-|\.network$", "", file) for file in files
           if file.endswith(".network")}
    report(what, differences("status", done.returncode, 0) + done.stdout.splitlines() +
           differences("files", got, wanted))


# --- Ubuntu ---

def check_user_data(site, tree):
    path = os.path.join(tree, "ub1.c.example/user-data")
    text = read(path)
    data = yaml.safe_load(text)
    report("Ubuntu: cloud-init knows the file by its first line",
           differences("line", text.splitlines()[0], "#cloud-config"))
    report("… the installer knows every key", differences("keys", list(data), ["autoinstall"]) +
           autoinstall_faults(data["autoinstall"], AUTOINSTALL))
    check_netplan(site, "ub1", yaml.safe_dump({"network": data["autoinstall"]["network"]}))
    inner = os.path.join(site.folder, "inner")
    with open(inner, "w", encoding="utf-8") as file:
        file.write("#cloud-config\n" + yaml.safe_dump(data["autoinstall"]["user-data"]))
    for what, name in (("the file", path), ("what the installed host is told", inner)):
        if not shutil.which("cloud-init"):
            skip("… cloud-init's schema has %s" % what, "no cloud-init")
            continue
        done = subprocess.run(["cloud-init", "schema", "--config-file", name],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8", check=False)
        report("… cloud-init's schema has %s" % what,
               [] if done.returncode == 0 else done.stdout.splitlines())
    report("… meta-data, which cloud-init wants beside it", differences(
        "meta-data", yaml.safe_load(read(os.path.join(tree, "ub1.c.example/meta-data"))),
        {"instance-id": "ub1.c.example", "local-hostname": "ub1"}))
    return data["autoinstall"]


def check_sources(data):
    apt = data["apt"]
    report("Ubuntu: mirror, sources and pins as the directory has them", differences(
        "mirror", apt["mirror-selection"]["primary"],
        [{"uri": "http://archive.ubuntu.com/ubuntu"}]) + differences(
            "sources", {name: source["source"] for name, source in apt["sources"].items()},
            {"flat.list": "deb https://[2001:db8::f1]:8443/pub x86_64/",
             "local.list": "deb http://apt.c.example:8080/debian noble contrib main"}) +
        differences("pins", [[pin["package"], pin["pin"], str(pin["pin-priority"])]
                             for pin in apt["preferences"]], PINS) +
        differences("packages", data["packages"], ["condor", "ubuntu-server^"]))
    users = data["user-data"]["users"]
    report("… root has keys and no password", differences(
        "users", [(user["name"], user["lock_passwd"], len(user["ssh_authorized_keys"]))
                  for user in users], [("root", True, 1)]) +
        differences("identity", "identity" in data, False))


ARMOUR = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\\==\n\"=x\n-----END PGP PUBLIC KEY BLOCK-----\n"


def early_root(site, name, data, disks):
    """The live system, as far as the early command needs it: python3 is the machine's."""
    root = machine(site, name, disks)
    os.symlink("busybox", root.of("bin/mktemp"))
    root.write("keys", ARMOUR)
    root.write("bin/wget", '#!/bin/sh\necho "$3" >>/asked\n[ ! -e /no-key ] && cat /keys >"$2"\n')
    root.write("bin/python3", "#!/bin/sh\nshift\ncat >/program\necho \"$*\" >/arguments\n"
               "mkdir /kept\ncp \"$3\"/* /kept\n")
    root.write("autoinstall.yaml", yaml.safe_dump(data))
    script, = data["early-commands"]
    root.run_script([script])
    return root


def filled(root):
    """The program of the early command, run by our Python on the root's files."""
    _, disk, _ = root.read("arguments").split()
    subprocess.run([sys.executable, root.of("program"), root.of("autoinstall.yaml"), disk,
                    root.of("kept")], check=True)
    return yaml.safe_load(root.read("autoinstall.yaml"))


def check_early(site, data):
    disks = {"sda": (500 * GB, 0, 0, "S123"), "sdb": (500 * GB, 0, 0, "S2")}
    root = early_root(site, "early", data, disks)
    report("Ubuntu: the early command ends well", differences("status", root.status, 0) +
           differences("asked", asked(root), ["https://flat.example/key.asc",
                                              "http://apt.c.example/local.asc"]))
    got = filled(root)
    report("… it fills in the disk, and the keys as they are", differences(
        "disk", got["storage"]["layout"]["match"], {"path": "/dev/sda"}) + differences(
            "keys", [source["key"] for source in got["apt"]["sources"].values()],
            [ARMOUR, ARMOUR]))
    for what in ("storage", "apt"):
        got.pop(what)
    report("… and nothing else", differences(
        "rest", got, {key: value for key, value in data.items()
                      if key not in ("storage", "apt")}))
    root = early_root(site, "early-none", data, {"sdb": disks["sdb"]})
    report("Ubuntu: without the disk nothing is installed", differences(
        "status", root.status, 1) + differences(
            "said", "no disk for 'serial=S123'" in root.output, True))


def main(ldapcc):
    with tempfile.TemporaryDirectory(prefix="ldapcc-installers.") as folder:
        site = Site(ldapcc, folder)
        tree = site.render("site")
        check_table()
        check_answers(tree)
        data = check_user_data(site, tree)
        check_sources(data)
        if shutil.which("busybox"):
            check_self(site, tree)
            check_disk(site, tree)
            check_apt(site, tree)
            check_late(site, tree)
            check_early(site, data)
        else:
            skip("running the scripts", "no busybox")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
