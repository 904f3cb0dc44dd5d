#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Debian's installer asks, out of the installer itself.

	templates.py		does debian12.templates say what the mirror has? TAP
	templates.py write	writes it anew

From the packages of Debian 12, by a configuration of apt's of its own: the netboot initrd, the
udebs that are fetched later, the packages that have their templates too, and the example of the
installation guide for udebs that a mirror does not have. A line is

	NAME TYPE WHERE [CHOICE, …]

where the choices are those that do not depend on the machine. Exit 77 where there is no mirror.
"""

import gzip
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "debian12.templates")
KINDS = {"string", "boolean", "select", "multiselect", "password", "note"}
UDEBS = ["apt-mirror-setup", "apt-setup-udeb", "bootstrap-base", "cdrom-detect", "clock-setup",
         "finish-install", "grub-installer", "partman-auto", "partman-base", "partman-efi",
         "partman-lvm", "partman-md", "partman-partitioning", "pkgsel", "tzsetup-udeb",
         "user-setup-udeb"]
DEBS = ["popularity-contest", "tasksel", "user-setup"]
GUIDE, NETBOOT = "installation-guide-amd64", "debian-installer-12-netboot-amd64"
INITRD = "usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64/initrd.gz"
EXAMPLE = "usr/share/doc/installation-guide-amd64/example-preseed.txt.gz"
LINE = re.compile(r"#?(?:d-i|tasksel|popularity-contest)\s+(\S+/\S+)\s+(\w+)(?:\s|$)")
SOURCE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " \
    "http://deb.debian.org/debian bookworm main main/debian-installer\n"


class Mirror:
    """Packages of Debian 12, whatever this machine is, unpacked below @folder."""

    def __init__(self, folder):
        self.folder = folder
        for part in ("state/lists/partial", "cache/archives/partial", "parts", "fetched"):
            os.makedirs(os.path.join(folder, part))
        self.write("sources", SOURCE)
        self.write("status", "")
        self.write("conf", "".join('%s "%s";\n' % pair for pair in (
            ("Dir::State", folder + "/state"), ("Dir::State::status", folder + "/status"),
            ("Dir::Cache", folder + "/cache"), ("Dir::Etc::sourcelist", folder + "/sources"),
            ("Dir::Etc::sourceparts", folder + "/parts"), ("APT::Architectures", "amd64"),
            ("APT::Sandbox::User", "root"))))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def apt_get(self, *words):
        return subprocess.run(
            ["apt-get", "-qq", *words], cwd=os.path.join(self.folder, "fetched"),
            env={**os.environ, "APT_CONFIG": self.folder + "/conf"}, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def unpack(self, package):
        """Where its files are, those of its control below DEBIAN; None: it is not to be had."""
        target = os.path.join(self.folder, package)
        if not self.apt_get("download", package):
            return None
        fetched = os.path.join(self.folder, "fetched")
        for name in os.listdir(fetched):
            path = os.path.join(fetched, name)
            subprocess.run(["dpkg-deb", "-R", path, target], check=True)
            os.unlink(path)
        return target


def stanzas(path):
    """{template: {field: value}}, in the installer's own language"""
    with open(path, encoding="utf-8") as file:
        for text in file.read().split("\n\n"):
            fields = dict(line.split(":", 1) for line in text.splitlines()
                          if re.match(r"[A-Z][A-Za-z.-]*:", line))
            if "Template" in fields:
                yield fields["Template"].strip(), fields


def take(found, path, where):
    for name, fields in stanzas(path):
        kind = fields["Type"].strip()
        choices = fields.get("Choices-C", fields.get("Choices", "")).strip()
        if kind in KINDS:
            found.setdefault(name, (kind, where, "" if "${" in choices else choices))


def take_initrd(found, mirror):
    root = mirror.unpack(NETBOOT)
    if root is None:
        return False
    folder = os.path.join(mirror.folder, "initrd")
    os.mkdir(folder)
    with gzip.open(os.path.join(root, INITRD)) as archive:
        subprocess.run(["cpio", "-id", "--quiet", "--no-absolute-filenames",
                        "var/lib/dpkg/info/*.templates", "bin/choose-mirror"],
                       cwd=folder, input=archive.read(), check=True)
    info = os.path.join(folder, "var/lib/dpkg/info")
    for name in sorted(os.listdir(info)):
        take(found, os.path.join(info, name), name.split(".")[0])
    # what the program asks has a template for http and ftp, and none for https
    with open(os.path.join(folder, "bin/choose-mirror"), "rb") as file:
        for name in re.findall(rb"mirror/https/(?:hostname|directory|proxy)", file.read()):
            found.setdefault(name.decode(), ("string", "choose-mirror", ""))
    return True


def take_guide(found, root):
    with gzip.open(os.path.join(root, EXAMPLE), "rt", encoding="utf-8") as file:
        for match in map(LINE.match, file):
            if match and match.group(2) in KINDS:
                found.setdefault(match.group(1), (match.group(2), "the guide", ""))


def collect(mirror, guide):
    """({name: (type, where, choices)}, packages that the mirror does not have)"""
    found, missing = {}, []
    if not take_initrd(found, mirror):
        missing.append(NETBOOT)
    for package in UDEBS + DEBS:
        root = mirror.unpack(package)
        path = os.path.join(root or "/nonexistent", "DEBIAN/templates")
        if os.path.exists(path):
            take(found, path, package)
        elif root is None:
            missing.append(package)
    take_guide(found, guide)
    return found, missing


def read_table():
    """{name: (type, where, [choice])}"""
    table = {}
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            if line[0] != "#":
                name, kind, where, *choices = line.rstrip("\n").split("\t")
                table[name] = kind, where, choices[0].split(", ") if choices else []
    return table


def write_table(found):
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write("# What Debian 12's installer asks; written by templates.py. "
                   "Name, type, where, choices.\n")
        for name, row in sorted(found.items()):
            file.write("\t".join((name,) + row).rstrip() + "\n")


def compare(found, missing):
    import tap  # pylint: disable=import-outside-toplevel
    table = read_table()
    tap.report("each row of the table is the installer's", [
        "%s: %s %s, not %s %s" % (name, kind, choices, found[name][0], found[name][2])
        for name, (kind, where, choices) in table.items()
        if name in found and found[name][1] != "the guide" and where != "the guide" and
        (kind, ", ".join(choices)) != (found[name][0], found[name][2])])
    tap.report("… and none is missing", [
        name for name, (_, where, _) in table.items() if name not in found and where not in missing])
    for package in missing:
        tap.skip("templates of " + package, "the mirror does not have it")
    return tap.finish()


def main(words):
    sys.path.insert(0, os.path.join(HERE, os.pardir, "kickstart"))
    with tempfile.TemporaryDirectory(prefix="ldapcc-templates.") as folder:
        mirror = Mirror(folder)
        guide = mirror.unpack(GUIDE) if mirror.apt_get("update") else None
        if guide is None:
            print("1..0 # SKIP no mirror of Debian answers")
            return 77
        found, missing = collect(mirror, guide)
        if words == ["write"]:
            write_table(found)
            return 0
        return compare(found, missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
