#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tests of ldapcc that are folders and files: nothing but the command line (TAP).

    run-cases.py [--bless] [--vcn VCN] LDAPCC [SUITE|NAME...]

cases     tests/cases/NN-name/: a site, and every byte of what is rendered from it
          tests/cases-public/NAME/: the same, one a kind of fault that sites have met
checks    tests/checks/ID.ldif: every check of the catalogue, found and not found
settings  tests/parse/settings-*.yaml, map-*.yaml: what is said of a wrong file

A NAME is a folder of cases or a file without its ending, or a pattern of some ('dup-*');
without one it is all of the suites, or `all` suites. tests/cases/README tells what is in the
folders. --bless writes the expectations of what is named anew, and prints the difference.
Without a word on the command line the environment's BLESS has them.
"""

import argparse
import base64
import ctypes
import configparser
import difflib
import fnmatch
import hashlib
import html.parser
import ipaddress
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ModuleNotFoundError:
    print("1..0 # SKIP python3 has no module 'yaml'")
    sys.exit(0)

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(HERE)
CASE_FOLDERS = ("cases", "cases-public")
# A site's own folder of templates; without one the machine's must not be looked at.
PLAIN_SETTINGS = "templates: []\n"
DN_LINE = re.compile(rb"^dn:", re.IGNORECASE)
PLACE = re.compile(r"(?m)^[^\s:]*\.ldif:\d+: ")


class Tap:
    """Numbers test points; a fault is a line of explanation."""

    def __init__(self, only_faults):
        self.n = 0
        self.n_failed = 0
        self.only_faults = only_faults

    def point(self, name, faults, skip=None):
        self.n += 1
        self.n_failed += bool(faults)
        if self.only_faults and not faults:
            return
        end = f" # SKIP {skip}" if skip else ""
        print(f"{'not ok' if faults else 'ok'} {self.n} - {name}{end}", flush=True)
        for fault in faults:
            print("# " + fault.rstrip("\n").replace("\n", "\n# "), flush=True)

    def end(self):
        if not self.only_faults:
            print(f"1..{self.n}")
        return 1 if self.n_failed or self.n == 0 else 0


class Run:
    """What a run of a program gave."""

    def __init__(self, words, cwd, replace=()):
        env = {key: value for key, value in os.environ.items()
               if key in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        env.update(LC_ALL="C.UTF-8", TZ="UTC", LDAPCC_DATADIR=SOURCE)
        done = subprocess.run(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120)
        self.exit = done.returncode
        self.stdout = self.text(done.stdout, replace)
        self.stderr = self.text(done.stderr, replace)

    @staticmethod
    def text(data, replace):
        text = data.decode("utf-8", "backslashreplace")
        for old, new in (*replace, (SOURCE + "/templates", "DATADIR/templates"),
                         (SOURCE + "/schema", "DATADIR/schema")):
            text = text.replace(old, new)
        return text


def read(path, default=""):
    if not os.path.exists(path):
        return default
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def write(path, data):
    """Text or bytes; nothing at all where there is nothing to say."""
    if not data:
        if os.path.exists(path):
            os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def read_tree(folder):
    tree = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                tree[os.path.relpath(path, folder)] = file.read()
    return tree


def show_difference(name, want, got):
    """A unified diff of two texts or two pieces of bytes, as one fault."""
    def lines(data):
        text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(text)
        return file.name
    names = [lines(want), lines(got)]
    done = subprocess.run(["diff", "-u", "--label", f"expected {name}", "--label", f"got {name}",
                           *names], capture_output=True, text=True)
    for path in names:
        os.unlink(path)
    return done.stdout or f"{name} differs\n"


def compare_text(name, want, got):
    return [] if want == got else [show_difference(name, want, got)]


def compare_trees(want, got, what="tree"):
    faults = [f"{what}: {path} is missing" for path in sorted(want.keys() - got.keys())]
    faults += [f"{what}: {path} should not be there" for path in sorted(got.keys() - want.keys())]
    for path in sorted(want.keys() & got.keys()):
        if want[path] != got[path]:
            faults.append(show_difference(path, want[path], got[path]))
    return faults


# LDIF the other way round


def reverse_ldif(data):
    """Entries, and the values of each, in reverse order: a directory has no order either."""
    end = b"\r\n" if b"\r\n" in data else b"\n"
    records = re.split(rb"(?:\r?\n){2,}", data.strip(b"\r\n"))
    head = []
    if records and records[0].lower().startswith(b"version:"):
        first, _, rest = records[0].partition(end)
        head = [first]
        records[0] = rest.lstrip(b"\r\n")
    turned = [reverse_record(record, end) for record in reversed(records) if record]
    return (end * 2).join(head + turned) + end


def reverse_record(record, end):
    lines = []
    for line in record.split(end):
        if line.startswith(b" ") and lines:
            lines[-1] += end + line
        else:
            lines.append(line)
    lines = [line for line in lines if not line.startswith(b"#")]
    start = [line for line in lines if DN_LINE.match(line)]
    return end.join(start + [line for line in reversed(lines) if not DN_LINE.match(line)])


def installing(data):
    """The names of the entries with vocInstall TRUE, read as simply as can be."""
    names = set()
    for record in re.split(rb"(?:\r?\n){2,}", data):
        if re.search(rb"(?m)^vocInstall: TRUE\r?$", record):
            names |= {name.decode().lower() for name in
                      re.findall(rb"(?m)^cn: (.*?)\r?$", record)}
    return names


# Would the programs that read these files take them?


class Validators:
    """Each kind of file with the program that reads it; one test point a kind."""

    def __init__(self, vcn, scratch):
        self.scratch = scratch
        self.vcn = vcn
        self.ksvalidator = self.find_ksvalidator()
        self.rows = [
            # name, pattern of the path, check, why it cannot be asked
            ("dhcpd", r"^etc/dhcp/(?!ldapcc6).*\.conf$", self.dhcpd, self.needs("dhcpd")),
            ("dnsmasq", r"^etc/dnsmasq\.d/.*\.conf$", self.dnsmasq, self.needs("dnsmasq")),
            ("hosts lines", r"^srv/ldapcc/dnsmasq/hosts$", self.hosts, None),
            ("ethers", r"^srv/ldapcc/ethers$", self.ethers, None),
            ("dhcpd, IPv6", r"^etc/dhcp/ldapcc6\.conf$", self.dhcpd6, self.needs("dhcpd")),
            ("Kea", r"^etc/kea/ldapcc-dhcp4\.conf$", self.kea, self.needs("kea-dhcp4")),
            ("Kea, IPv6", r"^etc/kea/ldapcc-dhcp6\.conf$", self.kea6,
             self.needs("kea-dhcp6")),
            ("JSON", r"\.json$", self.json, None),
            ("YAML", r"\.ya?ml$", self.yaml, None),
            ("manifests", r"^srv/ldapcc/manifests/.*\.yaml$", self.manifest,
             None if vcn else "no vcn"),
            ("kickstart", r"\.ks$", self.kickstart,
             None if self.ksvalidator else "no ksvalidator"),
            ("kickstart scripts", r"\.ks$", self.scripts, None),
            ("repository files", r"\.ks$", self.repositories, None),
            ("grub", r"^srv/tftp/grub/", self.grub, self.needs("grub-script-check")),
            ("boot files", r"^srv/tftp/|/ipxe/", self.boot_file, None),
            ("trailers", r"", self.trailer, None),
        ]
        self.installing = set()
        self.n_files = {row[0]: 0 for row in self.rows}
        self.faults = {row[0]: [] for row in self.rows}

    @staticmethod
    def needs(program):
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"
        return None if shutil.which(program, path=path) else f"no {program}"

    @staticmethod
    def find_ksvalidator():
        given = os.environ.get("KSVALIDATOR")
        if given:
            return shlex.split(given)
        return ["ksvalidator"] if shutil.which("ksvalidator") else None

    def check(self, case, tree, ldif):
        self.installing = installing(ldif)
        for name, pattern, check, missing in self.rows:
            if missing:
                continue
            for path, data in sorted(tree.items()):
                if not re.search(pattern, path):
                    continue
                self.n_files[name] += 1
                fault = check(data, path)
                if fault:
                    self.faults[name].append(f"{case}: {path}: {fault}")

    def report(self, tap):
        for name, _, _, missing in self.rows:
            n = self.n_files[name]
            tap.point(f"{name}: {n} files are accepted", self.faults[name],
                      missing or (None if n else "no such file"))

    def file(self, data, name="file"):
        path = os.path.join(self.scratch, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    @staticmethod
    def run(words, **env):
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"
        done = subprocess.run(words, capture_output=True, text=True, timeout=60,
                              env={"PATH": path, "LC_ALL": "C.UTF-8", **env})
        return None if done.returncode == 0 else f"{words[0]}: {done.stdout}{done.stderr}"

    def dhcpd(self, data, _path):
        leases = self.file(b"", "leases")
        return self.run(["dhcpd", "-4", "-t", "-cf", self.file(data), "-lf", leases])

    def dhcpd6(self, data, _path):
        leases = self.file(b"", "leases")
        return self.run(["dhcpd", "-6", "-t", "-cf", self.file(data), "-lf", leases])

    def dnsmasq(self, data, _path):
        long = [line for line in data.split(b"\n") if len(line) >= 1000]
        return "a line is too long for dnsmasq" if long else \
            self.run(["dnsmasq", "--test", "-C", self.file(data)])

    @staticmethod
    def hosts(data, _path):
        for line in data.decode().splitlines():
            words = line.split("#")[0].split()
            if not words:
                continue
            ipaddress.ip_address(words[0])
            if len(words) < 2:
                return f"an address without a name: {line}"
            for word in words[1:]:
                if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", word):
                    return f"no host name: {word}"
            if len(set(words)) != len(words):
                return f"a name stands twice: {line}"
        return None

    @staticmethod
    def ethers(data, _path):
        # as the C library reads /etc/ethers: ether_line(3)
        libc = ctypes.CDLL(None)
        for line in data.splitlines():
            name = ctypes.create_string_buffer(len(line) + 1)
            if not line.startswith(b"#") and \
                    libc.ether_line(line, ctypes.create_string_buffer(6), name) != 0:
                return f"no line of ethers(5): {line.decode()}"
        return None

    def kea(self, data, _path, family=4):
        # as an administrator includes it: one line at the end of his object
        self.file(data, "ldapcc.conf")
        main = f"""{{"Dhcp{family}": {{"interfaces-config": {{"interfaces": []}},
            "lease-database": {{"type": "memfile", "persist": false}},
            <?include "{self.scratch}/ldapcc.conf"?>
            }}}}"""
        return self.run([f"kea-dhcp{family}", "-t", self.file(main.encode(), "kea.conf")],
                        KEA_LOCKFILE_DIR="none", KEA_PIDFILE_DIR=self.scratch)

    def kea6(self, data, path):
        return self.kea(data, path, 6)

    @staticmethod
    def json(data, _path):
        try:
            json.loads(data)
        except ValueError as error:
            return str(error)
        return None

    @staticmethod
    def yaml(data, _path):
        try:
            yaml.safe_load(data)
        except yaml.YAMLError as error:
            return str(error)
        return None

    def manifest(self, data, path):
        document = yaml.safe_load(data)
        for vcn in document["vcns"]:
            for interface in vcn["interfaces"]:
                if not isinstance(interface["mac"], str):
                    return f"the MAC {interface['mac']} is no text for YAML 1.1"
        return self.run([self.vcn, "check", self.file(data, os.path.basename(path))])

    def kickstart(self, data, _path):
        version = re.search(rb"^# .* profile .* \((\w+)\)", data).group(1).decode()
        return self.run([*self.ksvalidator, "-v", version, self.file(data)])

    def scripts(self, data, _path):
        for body in re.findall(rb"(?ms)^%post[^\n]*\n(.*?)(?:^%end$|\Z)", data):
            fault = self.run(["bash", "-n", self.file(body)])
            if fault:
                return fault
        return None

    @staticmethod
    def repositories(data, _path):
        pattern = rb"(?ms)^cat >'([^'/]*)\.repo' <<'(\w+)'[^\n]*\n(.*?)^\2$"
        found = re.findall(pattern, data)
        if len(found) != data.count(b".repo' <<"):
            return "a .repo file that this test does not see"
        for name, _, text in found:
            parser = configparser.ConfigParser(interpolation=None)
            parser.read_string(text.decode())
            if parser.sections() != [name.decode()]:
                return f"{name.decode()}.repo has the sections {parser.sections()}"
            section = parser[name.decode()]
            if not {"baseurl", "mirrorlist", "metalink"} & set(section):
                return f"{name.decode()}.repo has no source"
        return None

    def grub(self, data, _path):
        return self.run(["grub-script-check", self.file(data)])

    def boot_file(self, data, _path):
        """The most dangerous output: it installs only where the directory says TRUE."""
        host = re.match(rb"(?:#!ipxe\n)?# ([^.\s]+)", data).group(1).decode()
        if re.search(rb"ks=|vmlinuz|^DEFAULT install|menuentry 'install|^kernel", data,
                     re.MULTILINE):
            return None if host in self.installing else f"boots the installer on {host}"
        local = rb"LOCALBOOT|chainloader|exit"
        return None if re.search(local, data) else f"boots nothing on {host}"

    @staticmethod
    def trailer(data, _path):
        found = re.search(rb"(?m)^(?:.*\n)*?(.*) hosts=\d+ vcns=\d+ sha256=([0-9a-f]{64}).*\n\Z",
                          data)
        if b"ldapcc hosts=" not in data:
            return None
        body = data[:data.rstrip(b"\n").rfind(b"\n") + 1]
        if not found or hashlib.sha256(body).hexdigest().encode() != found.group(2):
            return "the last line has not the hash of what is before it"
        return None


# Injections: what is printed in a language, its own reader reads as it was


class HtmlReader(html.parser.HTMLParser):
    """The text of every paragraph; nothing else may be there."""

    def __init__(self):
        super().__init__()
        self.values = {}
        self.name = None

    def handle_starttag(self, tag, attrs):
        if tag != "p" or self.name is not None:
            raise ValueError(f"a tag {tag}")
        self.name = dict(attrs)["id"]
        self.values[self.name] = ""

    def handle_endtag(self, tag):
        self.name = None

    def handle_data(self, data):
        if self.name is not None:
            self.values[self.name] += data

    def handle_comment(self, data):
        raise ValueError("a comment")


def read_html(text):
    reader = HtmlReader()
    reader.feed(text)
    return reader.values


def read_dhcpd(text):
    """As its lexer does (common/conflex.c): a backslash takes the next character as it is."""
    values = {}
    for line in text.splitlines():
        name, value = re.fullmatch(
            r'host (\w+) \{ option host-name "((?:[^"\\]|\\["\\])*)"; \}', line).groups()
        values[name] = re.sub(r"\\(.)", r"\1", value)
    return values


def read_dnsmasq(text):
    values = {}
    for line in text.splitlines():
        if re.search("[\"# \t]", line):
            raise ValueError(f"quotes, comments or blanks: {line}")
        name, value = line.removeprefix("txt-record=").split(",")
        values[name] = value
    return values


def read_ini(text):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return {name: parser[name]["description"] for name in parser.sections()}


def read_kickstart(text):
    """Words as pykickstart cuts them; a section's line would not begin with the command."""
    words = [shlex.split(line, comments=True) for line in text.splitlines()]
    return {name: value for command, name, value in words if command == "group"}


def read_ipxe(text):
    """As iPXE cuts a line (its core/exec.c): words, `||`, `&&`, `;`, `#`, then ${settings}."""
    values = {}
    for line in text.splitlines()[1:]:
        words = line.split()
        if any(word in ("||", "&&", ";") or word[0] == "#" for word in words) or "${" in line:
            raise ValueError(f"more than one command: {line}")
        command, name, value = line.split(" ", 2)
        if command == "set":
            values[name] = value
    return values


def read_preseed(text):
    """As debconf-set-selections joins and cuts lines: to the end, without blanks around."""
    values = {}
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    if any(line.endswith("\\") for line in lines):
        raise ValueError("a line goes on in the next one")
    for line in lines:
        owner, name, kind, value = (re.split(r"[ \t]+", line, maxsplit=3) + [""])[:4]
        if owner != "d-i" or kind != "string":
            raise ValueError(f"more than values: {line}")
        values[name.removeprefix("value/")] = value
    return values


def read_shell(text):
    done = subprocess.run([shutil.which("bash"), "-c", text], capture_output=True, check=True,
                          timeout=60, env={"PATH": "/nonexistent"})
    if done.stderr:
        raise ValueError(done.stderr.decode())
    words = done.stdout.decode().split("\0")[:-1]
    return dict(zip(words[::2], words[1::2], strict=True))


def read_zone(text):
    """As RFC 1035 section 5.1 has it: a backslash before a character, or before three digits."""
    values = {}
    for line in text.splitlines():
        name, value = re.fullmatch(r'(\w+) TXT "((?:[^"\\]|\\\d{3}|\\[^\d])*)"', line).groups()
        values[name] = re.sub(rb"\\(\d{3}|.)", lambda found: bytes([int(found[1])])
                              if found[1].isdigit() and len(found[1]) == 3 else found[1],
                              value.encode("ascii")).decode()
    return values


INJECTION_READERS = {
    "dhcpd": read_dhcpd,
    "dnsmasq": read_dnsmasq,
    "hosts": lambda text: {name: value for _, name, value in map(str.split, text.splitlines())},
    "html": read_html,
    "ini": read_ini,
    "ipxe": read_ipxe,
    "json": json.loads,
    "kea": lambda text: json.loads("{" + text + "}"),
    "kickstart": read_kickstart,
    "preseed": read_preseed,
    "shell": read_shell,
    "text": lambda text: dict(line.split(" ", 1) for line in text.splitlines()),
    "yaml": yaml.safe_load,
    "zone": read_zone,
}


def injection_faults(language, run):
    """Every value of tests/cases/injections.ldif comes back, or was refused by name."""
    (data,) = run.tree.values()
    try:
        read_values = INJECTION_READERS[language](data.decode())
    except Exception as error:  # whatever a reader stumbles over is the finding
        return [f"its reader: {error!r}"]
    faults = []
    n_refused = 0
    for record in read(os.path.join(HERE, "cases", "injections.ldif")).split("\n\n"):
        found = re.search(r"^cn: (\w+)\n(?:.*\n)*description:(:?) (.*)$", record, re.MULTILINE)
        if not found:
            continue
        name, is_coded, value = found.groups()
        value = base64.b64decode(value).decode() if is_coded else value
        refused = f"cn={name},ou=hosts,dc=c,dc=example: description: error: " in run.stderr
        n_refused += refused
        if refused == (name in read_values):
            faults.append(f"{name} is {'printed and' if refused else 'neither printed nor'} refused")
        if read_values.pop(name, value) != value:
            faults.append(f"{name} is not {value!r}")
    faults += [f"{name} came from nowhere" for name in read_values]
    if n_refused == 0 and language not in ("json", "kea", "yaml"):
        faults.append("nothing was refused")
    return faults


# tests/cases


def without_serial(data):
    """A published file as `render` prints it: serial 0, and the trailer's hash of that."""
    text, n = re.subn(rb"(?m)^(serial: )[1-9]\d*$", rb"\g<1>0", data)
    if not n:
        return data
    body, trailer = re.fullmatch(rb"(?s)(.*\n)([^\n]*\n)", text).groups()
    return body + re.sub(rb"sha256=\w+", b"sha256=" + hashlib.sha256(body).hexdigest().encode(),
                         trailer)


class Case:
    def __init__(self, program, folder, scratch):
        self.program = program
        self.folder = folder
        self.scratch = scratch
        self.name = os.path.basename(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def settings(self):
        if os.path.exists(self.path("settings.yaml")):
            return "settings.yaml"
        path = os.path.join(self.scratch, "settings.yaml")
        write(path, PLAIN_SETTINGS)
        return path

    def run(self, ldif):
        out = os.path.join(self.scratch, "out")
        shutil.rmtree(out, ignore_errors=True)
        has_past = os.path.exists(self.path("before.ldif"))
        if has_past:
            self.run_words("before.ldif", out, "--root OUT apply")
        return self.run_words(
            ldif, out, read(self.path("args"), "--root OUT apply" if has_past else "render -o OUT"))

    def run_words(self, ldif, out, words):
        words = shlex.split(words)
        words = [out if word == "OUT" else word for word in words]
        run = Run([self.program, "--config", self.settings(), "--ldif", ldif, *words],
                  self.folder, ((out, "OUT"), (self.scratch + "/", "")))
        run.tree = {path: without_serial(data) for path, data in read_tree(out).items()
                    if not path.startswith("var/lib/ldapcc/")}
        return run

    def run_reversed(self):
        with open(self.path("input.ldif"), "rb") as file:
            data = reverse_ldif(file.read())
        path = os.path.join(self.scratch, "input.ldif")
        write(path, data)
        return self.run(path)

    def bless(self, run):
        shutil.rmtree(self.path("expected"), ignore_errors=True)
        for path, data in run.tree.items():
            write(os.path.join(self.path("expected"), path), data)
        write(self.path("stderr"), run.stderr)
        write(self.path("exit"), f"{run.exit}\n" if run.exit else "")
        if os.path.exists(self.path("stdout")) or os.path.exists(self.path("args")):
            write(self.path("stdout"), run.stdout)

    def compare(self, run):
        faults = compare_trees(read_tree(self.path("expected")), run.tree)
        faults += compare_text("stderr", read(self.path("stderr")), run.stderr)
        if os.path.exists(self.path("stdout")):
            faults += compare_text("stdout", read(self.path("stdout")), run.stdout)
        want = int(read(self.path("exit"), "0"))
        if run.exit != want:
            faults.append(f"exit {run.exit}, expected {want}")
        return faults

    def compare_again(self, first, other, what):
        """The same bytes, and the same findings wherever in the file they stand."""
        def findings(text):
            return "\n".join(sorted(PLACE.sub("", text).splitlines())) + "\n"
        faults = compare_trees(first.tree, other.tree, what)
        faults += compare_text(f"stderr, {what}", findings(first.stderr), findings(other.stderr))
        if first.exit != other.exit:
            faults.append(f"{what}: exit {other.exit}, not {first.exit}")
        return faults


def case_folders():
    """Of every case: a name stands in one of the folders only."""
    return {name: os.path.join(HERE, folder, name) for folder in CASE_FOLDERS
            for name in sorted(os.listdir(os.path.join(HERE, folder)))
            if os.path.exists(os.path.join(HERE, folder, name, "input.ldif"))}


def test_cases(arguments, tap, scratch):
    validators = Validators(arguments.vcn, scratch)
    for name, folder in case_folders().items():
        if not arguments.wants(name):
            continue
        case = Case(arguments.ldapcc, folder, scratch)
        run = case.run("input.ldif")
        if arguments.bless:
            case.bless(run)
        tap.point(f"{name}: as expected", case.compare(run))
        tap.point(f"{name}: the same again",
                  case.compare_again(run, case.run("input.ldif"), "second run"))
        tap.point(f"{name}: the same with entries and values in reverse",
                  case.compare_again(run, case.run_reversed(), "reversed"))
        with open(case.path("input.ldif"), "rb") as file:
            validators.check(name, run.tree, file.read())
        if "-injection-" in name:
            tap.point(f"{name}: read again, each value is itself",
                      injection_faults(name.split("-injection-")[1], run))
    validators.report(tap)


# tests/checks


def catalogue(program):
    run = Run([program, "--json", "check", "--list"], HERE)
    return {row["id"]: row["severity"] for row in json.loads(run.stdout)["checks"]}


class Check:
    """One LDIF file; ID.yaml or STEM.yaml beside it are its settings, STEM.args its command."""

    def __init__(self, program, folder, stem, ids, scratch):
        self.program = program
        self.folder = folder
        self.stem = stem
        self.scratch = scratch
        self.id = max((i for i in ids if stem == i or stem.startswith(i + "-")),
                      key=len, default=None)
        self.is_near_miss = self.id is not None and \
            re.match(r"ok(-|$)", stem[len(self.id) + 1:]) is not None

    def path(self, end):
        return os.path.join(self.folder, self.stem + end)

    def settings(self):
        for name in (self.stem, self.id):
            if os.path.exists(os.path.join(self.folder, name + ".yaml")):
                return read(os.path.join(self.folder, name + ".yaml"))
        return PLAIN_SETTINGS

    def run(self, severity=None):
        settings = yaml.safe_load(self.settings()) or {}
        settings["state"] = "/state"
        if severity:
            settings.setdefault("severity", {}).update(severity)
        config = os.path.join(self.scratch, "settings.yaml")
        write(config, json.dumps(settings))
        root = os.path.join(self.scratch, "root")
        shutil.rmtree(root, ignore_errors=True)
        words = shlex.split(read(self.path(".args"), "check"))
        words = [root if word == "ROOT" else word for word in words]
        return Run([self.program, "--config", config, "--ldif", self.stem + ".ldif", *words],
                   self.folder, ((root, "ROOT"), (self.scratch + "/", "")))

    def faults(self, run):
        faults = compare_text("stderr", read(self.path(".expect")), run.stderr)
        has_id = f"[{self.id}]" in run.stderr
        if has_id == self.is_near_miss:
            faults.append(f"[{self.id}] {'is' if has_id else 'is not'} found")
        # only `check` fails for every error
        if not os.path.exists(self.path(".args")):
            want = 10 if ": error: " in run.stderr else 0
            if run.exit != want:
                faults.append(f"exit {run.exit}, expected {want}")
        return faults

    def severity_faults(self, default):
        """The site's own severity wins, and what it ignores is not said."""
        faults = []
        other = "warning" if default == "error" else "error"
        for severity in (other, "ignore"):
            run = self.run({self.id: severity})
            found = re.findall(r": (error|warning|note): .* \[" + self.id + r"\]", run.stderr)
            words = set() if severity == "ignore" else {severity}
            if set(found) != words:
                faults.append(f"with severity {severity}: {sorted(set(found))}\n{run.stderr}")
        return faults

    def lenient_faults(self, ids):
        """A site that ignores all checks gets files, or a refusal, but no crash."""
        config = os.path.join(self.scratch, "settings.yaml")
        settings = yaml.safe_load(self.settings()) or {}
        settings["severity"] = {i: "ignore" for i in ids}
        write(config, json.dumps(settings))
        run = Run([self.program, "--config", config, "--ldif", self.stem + ".ldif", "render"],
                  self.folder)
        return [] if run.exit in (0, 10) else [f"exit {run.exit}\n{run.stderr}"]


def test_checks(arguments, tap, scratch):
    ids = catalogue(arguments.ldapcc)
    folder = os.path.join(HERE, "checks")
    triggers, near_misses = set(), set()
    stems = sorted(name[:-5] for name in os.listdir(folder) if name.endswith(".ldif"))
    for stem in stems:
        check = Check(arguments.ldapcc, folder, stem, ids, scratch)
        if check.id is None:
            tap.point(f"{stem}: is named after a check", ["there is no such check"])
            continue
        (near_misses if check.is_near_miss else triggers).add(check.id)
        if not arguments.wants(stem):
            continue
        run = check.run()
        if arguments.bless:
            write(check.path(".expect"), run.stderr)
        tap.point(f"{stem}: {'not found' if check.is_near_miss else 'found'}", check.faults(run))
        if not check.is_near_miss:
            tap.point(f"{stem}: the settings' severity", check.severity_faults(ids[check.id]))
        tap.point(f"{stem}: all checks ignored", check.lenient_faults(ids))
    for name in ids:
        tap.point(f"{name} has a file in which it is found",
                  [] if name in triggers else [f"tests/checks/{name}.ldif is missing"])
        tap.point(f"{name} has a near miss",
                  [] if name in near_misses else [f"tests/checks/{name}-ok.ldif is missing"])


# tests/parse: settings and maps


def test_settings(arguments, tap, scratch):
    folder = os.path.join(HERE, "parse")
    for name in sorted(os.listdir(folder)):
        if not re.fullmatch(r"(settings|map)-.*\.yaml", name):
            continue
        stem = name[:-5]
        if not arguments.wants(stem):
            continue
        config = name
        if name.startswith("map-"):
            config = os.path.join(scratch, "settings.yaml")
            write(config, f"templates: []\ndirectory: {{schema: ./{name}}}\n")
        run = Run([arguments.ldapcc, "--config", config, "--ldif", "/dev/null", "check"],
                  folder, ((scratch + "/", ""),))
        got = f"{run.stderr}exit {run.exit}\n"
        path = os.path.join(folder, stem + ".expect")
        if arguments.bless:
            write(path, got)
        tap.point(stem, compare_text("stderr", read(path), got))


# What is run, and what is blessed


SUITES = {"cases": test_cases, "checks": test_checks, "settings": test_settings}


def names_of(suite):
    """What can be named in a suite."""
    if suite == "cases":
        return list(case_folders())
    if suite == "checks":
        return [name[:-5] for name in os.listdir(os.path.join(HERE, "checks"))
                if name.endswith(".ldif")]
    return [name[:-5] for name in os.listdir(os.path.join(HERE, "parse"))
            if re.fullmatch(r"(settings|map)-.*\.yaml", name)]


class Arguments(argparse.Namespace):
    """The words of the command line: suites, and in them the names of some of their tests."""

    def split_words(self, parser):
        words = self.words or os.environ.get("BLESS", "").split() if self.bless else self.words
        self.patterns = [word for word in words if word not in (*SUITES, "all")]
        suites = [word for word in words if word in SUITES]
        if "all" in words or not suites:
            suites = list(SUITES)
        named = {suite: list(filter(self.wants, names_of(suite))) for suite in suites}
        self.suites = [suite for suite in suites if named[suite]]
        for pattern in self.patterns:
            if not any(fnmatch.filter(names, pattern) for names in named.values()):
                parser.error(f"no case, check or settings file is called '{pattern}'")

    def wants(self, name):
        return not self.patterns or any(fnmatch.fnmatchcase(name, p) for p in self.patterns)


def expectations():
    """All files that --bless may write, by their paths in the sources."""
    return {os.path.join("tests", folder, path): data for folder in (*CASE_FOLDERS, "checks", "parse")
            for path, data in read_tree(os.path.join(HERE, folder)).items()}


def print_changes(before, after):
    """A unified diff of two sets of files."""
    changed = sorted(path for path in before.keys() | after.keys()
                     if before.get(path) != after.get(path))
    for path in changed:
        lines = [tree.get(path, b"").decode("utf-8", "backslashreplace").splitlines(keepends=True)
                 for tree in (before, after)]
        labels = [f"{side}/{path}" if path in tree else "/dev/null"
                  for side, tree in (("a", before), ("b", after))]
        for line in difflib.unified_diff(*lines, *labels):
            print(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n",
                  end="")
    print(f"{len(changed)} files changed: read the difference like code" if changed
          else "nothing changed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bless", action="store_true")
    parser.add_argument("--vcn")
    parser.add_argument("ldapcc")
    parser.add_argument("words", nargs="*", metavar="SUITE|NAME")
    arguments = parser.parse_args(namespace=Arguments())
    arguments.split_words(parser)
    arguments.ldapcc = os.path.realpath(arguments.ldapcc)
    if arguments.vcn:
        arguments.vcn = os.path.realpath(arguments.vcn)
    before = expectations() if arguments.bless else {}
    tap = Tap(arguments.bless)
    with tempfile.TemporaryDirectory(prefix="ldapcc-cases.") as scratch:
        for name in arguments.suites:
            SUITES[name](arguments, tap, scratch)
    if arguments.bless:
        print_changes(before, expectations())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
