#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bad-input.py LDAPCC VCN - what a VCN may be given, by the compiler and by the launcher

Values that are nearly right, of each kind: the same VCNs stand in a directory and in a manifest.
Both programs must take the good ones and refuse the bad ones, each with the attribute and the value,
or the line. And whatever is wrong with a site, the launcher takes what the compiler writes: of each
of tests/checks that has a VCN on a host. TAP; Python's own library only.
"""
import base64
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

SITE = """dn: cn=c.example,dc=c,dc=example
objectClass: vocCluster
cn: c.example
vocDomain: c.example

dn: cn=net,dc=c,dc=example
objectClass: vocIPNetwork
cn: net
ipNetworkNumber: 10.0.0.0/8
vocBridge: br0

dn: cn=node01,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
objectClass: vocPhysicalNode
cn: node01
ipHostNumber: 10.0.0.5
macAddress: 02:5a:00:00:01:05

"""
OF_IMAGES = ("vocArchitecture", "vocFirmware", "vocImagePath", "vocImageFormat", "vocKernel", "vocKernelArguments",
             "vocReadiness")
TEXT = "x" * 16 * 1024


def number(key):
    return lambda values: f"{key}: {values[0]}"


def text(key):
    return lambda values: f"{key}: {json.dumps(values[0])}"


def image(key):
    """Beside what else an image needs."""
    def line(values):
        others = {"path": '"/images/a.raw"', "format": "raw", "kernel": '"/images/k"'}
        others[key] = json.dumps(values[0])
        return "image: {" + ", ".join(f"{name}: {value}" for name, value in others.items()) + "}"
    return line


def disks(values):
    """NAME SIZE, NAME PATH"""
    parts = [value.split(" ", 1) for value in values]
    return "disks: [" + ", ".join(
        f"{{name: {json.dumps(name)}, " +
        (f"path: {json.dumps(rest)}, format: raw}}" if rest.startswith(("/", "~", ".")) else f"size: {rest}}}")
        for name, rest in parts) + "]"


def credentials(values):
    """NAME=VALUE, NAME:PATH"""
    rows = []
    for value in values:
        name, sign, rest = re.fullmatch(r"([^=:]*)([=:])(.*)", value, re.DOTALL).groups()
        key = "value" if sign == "=" else "path"
        rows.append(f"{{name: {json.dumps(name)}, {key}: {json.dumps(rest)}}}")
    return "credentials: [" + ", ".join(rows) + "]"


PATHS = ["/images/a", "//images/./a", "/images/a..b", "/images/..a", "/images/a b", "/images/é",
         "/images/" + "x" * 4087]
NO_PATHS = ["images/a", "./a", "~/a", "/", "/images/", "/images/..", "/images/../a", "/..", "file:///images/a",
            "/images/" + "x" * 4088, "/images/a\n", "/images/\x7f"]

# attribute, its key in the manifest, good values, bad ones; a value is one or a list of them
KINDS = [
    ("vocMemory", number("memory"),
     ["1", "2147483647"],
     ["0", "-1", "2147483648", "4294967297", "18446744073709551617", "1e3", "1024M", "0x400", "1.5", "٣"]),
    ("vocCPUs", number("cpus"), ["1", "1024"],
     ["0", "-1", "1025", "65536", "65537", "4294967297", "1.5", "two", "2 CPUs", "0x2"]),
    ("vocScratch", number("scratch"), ["1", "2147483647"],
     ["0", "-1", "2147483648", "4294967297", "1G", "1024 MiB", "1.5", "scratch", "1e3", "0x10"]),
    ("vocCPUSet", text("cpuset"), ["0", "0-3,8", "1023", "0-0"],
     ["3-0", "0,0", "0-1,1", "1,0", "-1", "1-", ",0", "0,", "1024", "0-1024", "0 - 3", "0;1", "all", "99999"]),
    ("vocSeed", text("seed"),
     ["http://h/", "https://h", "ftp://h/", "http://h:8080/x?y=z", "http://[::1]/", "http://u:p@h/", "http://h/%41",
      "http://h/x.ign", "http://192.0.2.1/", "http://h/" + "a" * 991],
     ["HTTP://h/", "file:///x", "/x", "h/x", "http:/h", "http://", "http:///x", "http://h/a b", "http://h/a;b",
      "http://h/a,b", 'http://h/"', "http://h/%zz", "http://h:99999/", "http://h:0/", "http://h:a/", "http://[::1/",
      "http://h/é", "http://h/#x", "tftp://h/x", "nfs://h/x", "http://-h/", "http://192.0.2.444/", "http://h/\\x",
      "http://.h/", "http://h/" + "a" * 992]),
    ("vocCredential", credentials,
     ["a=", "a.b=v", "a@b=v", "a-b=a=b:c", "-a=v", "system.hostname=v", "n=é", "n=" + TEXT, "n:/x", "n://x/./y",
      "n:/a..b", "n:/" + "x" * 4094, "a" * 255 + "=v", ["n=a", "N=b"], [f"n{i}=v" for i in range(32)]],
     ["a b=v", "=v", ".a=v", "..=v", "a/b=v", "é=v", "a$=v", "%d=v", "vmm.notify_socket=v", "a" * 256 + "=v",
      "n=\x07", "n=a\tb", "n=a\nb", "n:x", "n:/x/../y", "n:/x/", "n:/", "n:~/x", "n:/..", "n:/" + "x" * 4095,
      "n=" + TEXT + "x", ["n=a", "n=b"], ["n=a", "n:/b"], [f"n{i}=v" for i in range(33)],
      [f"n{i}=" + "x" * 1000 for i in range(17)]]),
    ("vocDisk", disks,
     ["a 1", "a" * 20 + " 1", "a.b-c_d 1", "VCNROOT 1", "n 2147483647", "n /own/a", "n //own/./b", "n /own/c d",
      "n /own/" + "x" * 4089, ["n 5", "N 6"], [f"n{i} 5" for i in range(16)]],
     ["a" * 21 + " 1", "vcnroot 1", "_a 1", ".a 1", "-a 1", "a/b 1", "é 1", "a,b 1", "a=b 1", "n 0", "n -1",
      "n 2147483648", "n 1G", "n 1.5", "n 5 5", "n x", "n ~/x", "n ./x", "n /own/../x", "n /own/", "n /", "n /..",
      "n /" + "x" * 4095, ["n 5", "n 6"], ["n 5", "n /own/e"], ["n /own/f", "m /own/f"], ["n /own/g", "m //own/./g"],
      [f"n{i} 5" for i in range(17)]]),
    ("vocImagePath", image("path"), PATHS, NO_PATHS),
    ("vocKernel", image("kernel"), PATHS, NO_PATHS),
    # of these words the schema ignores the case, and a manifest has the launcher's
    ("vocImageFormat", image("format"), ["raw", "qcow2"],
     ["qcow", "vmdk", "vdi", "img", "iso", "auto", "raw,qcow2", "vpc"]),
    ("vocReadiness", image("readiness"), ["none", "virtserial", "notify"],
     ["ready", "vsock", "http", "agent", "serial", "true", "virtserial,notify", "0"]),
    ("vocKernelArguments", image("arguments"), ["quiet", "root=/dev/vda ro", 'a="b c"', "a=b,c", "é", "ds=nocloud;s=/x"],
     ["a\nb", "a\tb", "a\x00b", "\x07", "a\x7f", "a\rb", "\x1b[0m", "a\x0bb", "a\x0cb", "a\x01"]),
    ("vocArchitecture", text("architecture"), ["x86_64", "aarch64"],
     ["arm64", "amd64", "x86-64", "i386", "riscv64", "ppc64le", "x86_64,aarch64", "host", "64"]),
    ("vocFirmware", text("firmware"), ["bios", "uefi", "uefi-secure"],
     ["efi", "secure", "ovmf", "uefi_secure", "secureboot", "seabios", "none"]),
]


def guests():
    """(number, attribute, values, key of the manifest, is it good)"""
    rows = [(attribute, value, line, is_good) for attribute, line, good, bad in KINDS
            for values, is_good in ((good, True), (bad, False)) for value in values]
    for number_of, (attribute, value, line, is_good) in enumerate(rows):
        values = value if isinstance(value, list) else [value]
        yield number_of, attribute, values, line(values), is_good


def ldif(rows):
    """An entry of an image and one of a VCN for each."""
    entries = [SITE]
    for n, attribute, values, _, _ in rows:
        own = "".join(f"{attribute}: {value}\n" if value.isascii() and value.isprintable() and value[:1] not in " :<"
                      else f"{attribute}:: {encoded(value)}\n" for value in values)
        of_image = own if attribute in OF_IMAGES else ""
        usual = {"vocMemory": "64", "vocCPUs": "1"}
        image_has = {"vocImagePath": f"/images/{n}.raw", "vocImageFormat": "raw", "vocKernel": f"/images/k{n}"}
        entries.append(f"dn: cn=i{n},dc=c,dc=example\nobjectClass: vocDiskImage\ncn: i{n}\n"
                       + "".join(f"{key}: {value}\n" for key, value in image_has.items() if key != attribute)
                       + of_image + "\n")
        entries.append(f"dn: cn=v{n},dc=c,dc=example\nobjectClass: device\nobjectClass: ipHost\n"
                       f"objectClass: ieee802Device\nobjectClass: vocVirtualNode\ncn: v{n}\n"
                       f"ipHostNumber: 10.1.{n // 200}.{n % 200 + 1}\nmacAddress: 02:5a:00:01:{n // 256:02x}:{n % 256:02x}\n"
                       f"vocPhysicalHost: cn=node01,dc=c,dc=example\nvocImage: cn=i{n},dc=c,dc=example\n"
                       + "".join(f"{key}: {value}\n" for key, value in usual.items() if key != attribute)
                       + ("" if of_image else own) + "\n")
    return "".join(entries)


def encoded(value):
    return base64.b64encode(value.encode()).decode()


def manifest(rows):
    """Its text, and which VCN each line belongs to."""
    lines, owners = ["manifest: 1", "host: node01.c.example", "serial: 1", "vcns:"], [None] * 4
    for n, attribute, _, key, _ in rows:
        own = [f"  - name: v{n}", f"    fqdn: v{n}.c.example", f"    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-{n:012x}",
               "    interfaces: []", "    " + key]
        own += [f"    {name}: {value}" for name, value in
                (("memory", 64), ("cpus", 1), ("image", f"{{path: /images/{n}.raw, format: raw}}"))
                if not key.startswith(name + ":")]
        lines += own
        owners += [n] * len(own)
    return "\n".join(lines) + "\n", owners


def refused_by_compiler(ldapcc, rows, work):
    """VCN -> what was said of it, each with its attribute"""
    with open(f"{work}/in.ldif", "w", encoding="utf-8") as file:
        file.write(ldif(rows))
    with open(f"{work}/settings.yaml", "w", encoding="utf-8") as file:
        file.write('directory: {uri: "ldapi://nowhere", base: "dc=c,dc=example"}\n')
    found = {}
    run = subprocess.run([ldapcc, "--config", f"{work}/settings.yaml", "--ldif", f"{work}/in.ldif", "check"],
                         capture_output=True, text=True, check=False)
    for line in (run.stdout + run.stderr).splitlines():
        match = re.match(r"\S*: cn=[vi](\d+),dc=c,dc=example: (\S+): error: (.*)", line)
        if match:
            found.setdefault(int(match[1]), []).append((match[2], match[3]))
    return found


def refused_by_launcher(vcn, rows, work):
    """The VCNs that were named by a line of theirs"""
    body, owners = manifest(rows)
    with open(f"{work}/manifest.yaml", "w", encoding="utf-8") as file:
        file.write(body)
    run = subprocess.run([vcn, "check", f"{work}/manifest.yaml"], capture_output=True, text=True, check=False)
    return {owners[int(line) - 1] for line in re.findall(r"^\S*manifest\.yaml:(\d+):\d+: error: ", run.stderr, re.M)}


def faults(row, compiler, launcher):
    n, attribute, values, _, is_good = row
    said = compiler.get(n, [])
    if is_good == bool(said):
        yield f"ldapcc says {said}"
    if is_good == (n in launcher):
        yield "vcn check " + ("refuses it" if n in launcher else "takes it")
    for where, words in said:
        if where != attribute:
            yield f"ldapcc finds it in {where}: {words}"
        start = values[-1][:20]
        if len(values) == 1 and len(values[0]) < 1000 and start.isprintable() and start not in words:
            yield f"ldapcc does not name it: {words}"


def refused_of_written(ldapcc, vcn, work):
    """The faults that the launcher finds in what the compiler writes."""
    here = os.path.dirname(os.path.realpath(__file__))
    written = []
    for path in glob.glob(f"{here}/../checks/*.ldif"):
        with open(path, encoding="utf-8", errors="replace") as file:
            if "vocPhysicalHost" not in file.read():
                continue
        out = f"{work}/{os.path.basename(path)}"
        subprocess.run([ldapcc, "--config", f"{work}/settings.yaml", "--ldif", path, "render", "-o", out],
                       capture_output=True, check=False)
        written += glob.glob(f"{out}/srv/ldapcc/manifests")
    run = subprocess.run([vcn, "check"] + written, capture_output=True, text=True, check=False)
    return re.findall(r"^\S*?([^/]*\.ldif/\S*:\d+:\d+: error: .*)", run.stderr, re.M) if len(written) > 20 else [
        f"only {len(written)} were written"]


def main():
    ldapcc, vcn = sys.argv[1:]
    rows = list(guests())
    with tempfile.TemporaryDirectory(prefix="ldapcc-bad.") as work:
        compiler = refused_by_compiler(ldapcc, rows, work)
        launcher = refused_by_launcher(vcn, rows, work)
        written = refused_of_written(ldapcc, vcn, work)
    print(f"1..{len(KINDS) + 1}")
    failed = False
    for i, (attribute, *_) in enumerate(KINDS):
        found = [f"{row[2][0][:60]!r}: {fault}" for row in rows if row[1] == attribute
                 for fault in faults(row, compiler, launcher)]
        print(f"{'not ok' if found else 'ok'} {i + 1} - {attribute}: compiler and launcher take the same values")
        for fault in found:
            print("# " + fault)
        failed |= bool(found)
    print(f"{'not ok' if written else 'ok'} {len(KINDS) + 1} - what the compiler writes the launcher takes")
    for fault in written:
        print("# " + fault)
    sys.exit(failed or bool(written))


main()
