#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What --json prints is what ldapcc(8) says, for every command (TAP).

    json-page.py LDAPCC [VCN]
    json-page.py --told PAGE COMMAND FILE

Every key that is printed stands in the page's section JSON, at its command or before all of them;
and every key that stands there is printed, in one of the runs below. Of vcn without guests: the
first only. With --told no TAP: FILE is what COMMAND has printed; exit 1 where the page lacks a key.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
EXAMPLE = os.path.join(SOURCE, "contrib/example/cluster.ldif")
# what only a run with a server, or one that was killed, leaves
NOT_HERE = {"identity", "unfinished"}
faults = n = 0


def report(name, wrong):
    global faults, n
    n += 1
    faults += bool(wrong)
    print(f"{'not ok' if wrong else 'ok'} {n} - {name}")
    for line in wrong:
        print("# " + line)


def page_section(page):
    """{command: keys}, and under '' the keys of all."""
    with open(os.path.join(SOURCE, "man", page), encoding="utf-8") as file:
        section = re.search(r"(?ms)^# JSON$(.*?)^# ", file.read()).group(1).replace("\\", "")
    told, commands = {"": set()}, [""]
    for paragraph in section.split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        if lines[0].startswith("*") and len(lines) > 1 and lines[1].startswith("\t"):
            commands = re.findall(r"[a-z-]+", lines.pop(0))
            told.update({command: set() for command in commands})
        for words in re.findall(r"\*([^*]+)\*", "\n".join(lines)):
            for command in commands:
                told[command] |= set(re.findall(r"(?<![^\s])[a-z][a-z_-]*", words))
    return told


def keys_of(value):
    """All keys below a value; those that are names of things, with a dot or a slash, are none."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {key for key in value if not re.search(r"[./]", key)}
    return own.union(*map(keys_of, value.values()))


class Runs:
    def __init__(self, program, options):
        self.program, self.options, self.printed = program, options, {}

    def run(self, command, *words, want=(0,)):
        reads = command not in ("verify", "import") and "--list" not in words
        options = self.options if reads else self.options[:2]  # --config
        done = subprocess.run([self.program, *options, "--json", command, *words],
                              capture_output=True, text=True, timeout=120,
                              env={**os.environ, "LDAPCC_DATADIR": SOURCE, "LC_ALL": "C.UTF-8"})
        document = json.loads(done.stdout)
        if done.returncode not in want or document["exit"] != done.returncode:
            report(f"{command} {' '.join(words)}", [f"exit {done.returncode}", str(document["findings"])])
        self.printed.setdefault(command, set()).update(keys_of(document))


def untold(told, command, keys):
    return [f"{key} is not" for key in sorted(keys - told.get(command, set()) - told[""])]


def compare(told, printed, is_complete):
    for command, keys in sorted(printed.items()):
        report(f"{command}: every key that is printed is told", untold(told, command, keys))
    if not is_complete:
        return
    everything = set().union(*printed.values())
    report("every command is told", sorted(set(told) - {""} - set(printed)))
    report("keys of all commands are printed", sorted(told[""] - everything))
    for command, keys in sorted(printed.items()):
        report(f"{command}: every key that is told is printed",
               [f"{key} is not" for key in sorted(told.get(command, set()) - keys - NOT_HERE)])


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def ldapcc(program, scratch):
    with open(EXAMPLE, encoding="utf-8") as file:
        site = file.read()
    # who changed an entry, as a directory says it
    address = "ipHostNumber: 10.10.0.105"
    site = site.replace(address, address + "\nmodifiersName: uid=bob,ou=people,dc=example"
                                 "\nmodifyTimestamp: 20261126104200Z")
    good, bad = os.path.join(scratch, "good.ldif"), os.path.join(scratch, "bad.ldif")
    write(good, site)
    # an address that another has, and a host that is gone
    write(bad, site.replace(address, "ipHostNumber: 10.10.0.104"))
    settings = os.path.join(scratch, "settings.yaml")
    write(settings, f"""
state: {scratch}/state
templates: []
verify: {{dns: []}}
targets:
  dnsmasq: off
  dnsmasq-hosts: off
  dhcpd: off
  kickstart: off
  kickstart-repos: off
  manifest: off
  hosts: {{path: {scratch}/out/hosts, on-change: ["/bin/false"]}}
""")
    runs = Runs(program, ["--config", settings])
    for command in (["--ldif", good, "check"], ["--ldif", bad, "check"]):
        runs.options = ["--config", settings, *command[:2]]
        runs.run(command[2], want=(0, 10))
    runs.run("check", "--list")
    runs.options = ["--config", settings, "--ldif", good]
    runs.run("diff", want=(2,))
    for command in ("diff", "render", "show"):
        runs.run(command, "--list")
    runs.run("apply", want=(6,))
    runs.run("show", "--list")
    write(os.path.join(scratch, "out/hosts"), "edited\n")
    runs.run("verify", want=(6,))
    runs.options = ["--config", settings, "--ldif", bad]
    runs.run("apply", "--bootstrap", want=(0, 3, 6, 10))
    runs.run("render", want=(0, 10))
    runs.run("show", "node01", "vcn001")
    runs.options = ["--config", settings]
    runs.run("history")
    runs.run("rollback", "1", want=(6,))
    runs.run("status", want=(6, 10, 3))
    wrong = os.path.join(scratch, "wrong.yaml")
    write(wrong, "stat: /nowhere\n")
    runs.options = ["--config", wrong]
    runs.run("check", want=(64,))
    runs.options = ["--config", settings, "--ldif", good]
    runs.run("graph")
    runs.run("allocate", "--image", "engage", "--network", "vcns", "--name", "new%03d",
             "--count", "2")
    hosts = os.path.join(scratch, "hosts")
    write(hosts, "10.10.0.5 box.c.example box\n")
    runs.run("import", "--hosts", hosts)
    compare(page_section("ldapcc.8.scd"), runs.printed, True)


def vcn(program, scratch):
    folder = os.path.join(scratch, "manifests")
    subprocess.run([LDAPCC, "--ldif", EXAMPLE, "render", "-o", folder, "manifest"], check=True,
                   env={**os.environ, "LDAPCC_DATADIR": SOURCE})
    manifest = os.path.join(folder, "srv/ldapcc/manifests/node03.c.example.yaml")
    runs = Runs(program, ["--config", "/dev/null"])
    runs.run("check", manifest)
    runs.options = ["--manifest", manifest, "--runtime-dir", os.path.join(scratch, "run"),
                    "--host", "node03.c.example", "--config", "/dev/null"]
    runs.run("status", "vcn005")
    runs.run("diff", want=(2,))
    runs.run("boot-times")
    runs.run("argv", "vcn005", want=(0, 7, 64, 69))
    compare(page_section("vcn.8.scd"), runs.printed,
            False)


if sys.argv[1] == "--told":
    with open(sys.argv[4], encoding="utf-8") as printed:
        missing = untold(page_section(sys.argv[2]), sys.argv[3], keys_of(json.load(printed)))
    sys.exit("\n".join(missing) or 0)
LDAPCC = os.path.realpath(sys.argv[1])
with tempfile.TemporaryDirectory() as place:
    ldapcc(LDAPCC, place)
    if len(sys.argv) > 2:
        vcn(os.path.realpath(sys.argv[2]), place)
print(f"1..{n}")
sys.exit(1 if faults else 0)
