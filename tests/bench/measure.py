#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""measure.py LDAPCC PULL URI BASE FOLDER NODES [faults] - the table of one size.

Every figure is a ratio of whole processes: the two sides run in turn, and the median of the
quotients is printed with the smallest and the largest. Wall time counts; beside it the
quotient of processor time, which a busy machine disturbs less. Checkers and reloads are not
part of it, but timed by themselves at the end. Then what was published is compared, byte for
byte, with a compile that begins anew.

The last line is for the next size: NODES and the median times of an everyday apply.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

LDAPCC, PULL, URI, BASE, FOLDER = sys.argv[1:6]
NODES = int(sys.argv[6])
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CHANGES = int(os.environ.get("BENCH_CHANGES", "10"))
ROOT = f"{FOLDER}/root"
ATTRIBUTES = """objectClass cn macAddress ipHostNumber vocAlias vocEnabled vocMemory vocCPUs
    vocInstallProfile vocInstall vocPhysicalHost vocImage vocVirtualOrganization
    serialNumber l""".split()
TARGETS = "dnsmasq dnsmasq-hosts dhcpd kickstart kickstart-repos manifest".split()
AWK = r"""/^cn: / { cn = $2 } /^macAddress: / { mac = $2 } /^ipHostNumber: / { ip = $2 }
/^$/ { print ip, cn > (dir "/awk.hosts")
    printf "host %s { hardware ethernet %s; fixed-address %s; }\n", cn, mac, ip > (dir "/awk.dhcp") }"""


class Run:
    """One process, or several after each other, with what they took."""

    def __init__(self, *commands):
        began, cpu = time.monotonic(), os.times()
        for command in commands:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        after = os.times()
        self.wall = time.monotonic() - began
        self.cpu = (after.children_user + after.children_system
                    - cpu.children_user - cpu.children_system)


def settings(name, extra):
    path = f"{FOLDER}/{name}.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'directory: {{uri: "{URI}", base: "{BASE}", page-size: 4000, '
                   f'timeout: 1800{extra}}}\n'
                   "targets: {" + ", ".join(f"{t}: {{check: none}}" for t in TARGETS) + "}\n")
    return path


PLAIN = settings("plain", "")
# what a server without syncprov's log allows: everything is read
WHOLE = settings("whole", ", full-interval: 0")


def ldapcc(*words, root=ROOT, config=PLAIN):
    return [LDAPCC, "--config", config, "--root", root, "--quiet", *words]


def change():
    change.n += 1
    subprocess.run(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", URI], check=True, text=True,
                   stdout=subprocess.DEVNULL, input=f"""dn: cn=h000001,ou=hosts,{BASE}
changetype: modify
replace: serialNumber
serialNumber: N{change.n}
-
replace: vocAlias
vocAlias: changed{change.n}
""")


change.n = 0


def pull():
    return Run([PULL, URI, BASE, "(|(objectClass=ipHost)(objectClass=vocVirtualNode))",
                *ATTRIBUTES])


def daily():
    change()
    return Run(ldapcc("apply"))


def whole():
    change()
    return Run(ldapcc("apply", config=WHOLE))


def put_aside(folder):
    """Out of the way, and not removed: ext4 without a journal looks for seconds at each file that
    was there before it makes a new one."""
    if os.path.exists(folder):
        put_aside.n += 1
        os.makedirs(f"{FOLDER}/aside", exist_ok=True)
        os.rename(folder, f"{FOLDER}/aside/{put_aside.n}")


put_aside.n = 0


def first():
    put_aside(ROOT)
    return Run(ldapcc("apply"))


def pull_and_unpack():
    into = f"{FOLDER}/unpacked"
    put_aside(into)
    os.mkdir(into)
    return Run([PULL, URI, BASE, "(|(objectClass=ipHost)(objectClass=vocVirtualNode))",
                *ATTRIBUTES],
               ["tar", "-C", into, "-xf", f"{FOLDER}/tree.tar"], ["sync", "-f", into])


def idle():
    return Run(ldapcc("apply"))


def probe():
    return Run(["ldapsearch", "-LLL", "-Q", "-Y", "EXTERNAL", "-H", URI, "-b", BASE,
                "-s", "base", "contextCSN"])


def awk():
    return Run(["sh", "-c", 'ldapsearch -LLL -o ldif-wrap=no -Q -Y EXTERNAL -H "$1" -b "$2" '
                '"(objectClass=ipHost)" cn macAddress ipHostNumber | awk -v dir="$3" "$4"',
                "sh", URI, BASE, FOLDER, AWK])


def find_python():
    for python in ("python3", "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import ldap, jinja2"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


PYTHON = find_python()


def usual(*words):
    into = f"{FOLDER}/usual"
    put_aside(into)
    return Run([PYTHON, os.path.join(os.path.dirname(__file__), "usual.py"), URI, BASE, into,
                *words])


def median(values):
    return sorted(values)[len(values) // 2]


def line(name, figure, spread, goal):
    print(f"  {name:<62} {figure:8.2f}  {spread:<32} (goal {goal})", flush=True)


def compare(name, ours, theirs, goal, rounds=ROUNDS, least=0.0):
    """Both in turn; gives the median times of ours."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    walls = [a.wall / b.wall for a, b in pairs]
    cpu = median([a.cpu / max(b.cpu, 0.001) for a, b in pairs])
    line(name, median(walls), f"{min(walls):.2f}..{max(walls):.2f}, processor {cpu:.2f}", goal)
    return median([a.wall for a, _ in pairs]), median([a.cpu for a, _ in pairs])


def peak(command):
    """The most anonymous and mapped memory that it had, in KiB, looked at every 2 ms."""
    most = {"RssAnon": 0, "RssFile": 0}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                for key, value in re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M):
                    if key in most:
                        most[key] = max(most[key], int(value))
        except OSError:
            pass
        time.sleep(0.002)
    return most["RssAnon"], most["RssFile"]


def memory():
    own, _ = peak([LDAPCC, "--version"])
    change()
    anonymous, mapped = peak(ldapcc("apply"))
    line("peak anonymous memory above the program's own, KiB a node", (anonymous - own) / NODES,
         f"{anonymous >> 10} MiB; mapped files {mapped >> 10} MiB", "<= 1.00")


def generation():
    try:
        return os.readlink(f"{ROOT}/var/lib/ldapcc/current")
    except OSError:
        return None


def one_change():
    """From the end of ldapmodify to the last rename, by the link that comes after it."""
    was = generation()
    change()
    began = time.monotonic()
    while generation() == was:
        time.sleep(0.0005)
        if time.monotonic() > began + 600:
            sys.exit("watch published nothing")
    return time.monotonic() - began


def waiting(pid):
    """Anonymous and mapped memory, in KiB, of the apply that stands by, when it waits."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                child = file.read().split()[0]
            with open(f"/proc/{child}/wchan", encoding="ascii") as file:
                is_waiting = "pipe" in file.read()
            with open(f"/proc/{child}/status", encoding="ascii") as file:
                has = dict(re.findall(r"^(RssAnon|RssFile):\s+(\d+) kB", file.read(), re.M))
            if is_waiting:
                return int(has["RssAnon"]), int(has["RssFile"])
        except (OSError, IndexError):
            pass
        time.sleep(0.1)
    return 0, 0


def watch():
    process = subprocess.Popen(ldapcc("watch"), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        one_change()  # it is connected and well after this one
        anonymous, mapped = waiting(process.pid)
        times, pulls = [], []
        for i in range(CHANGES):
            time.sleep(float(os.environ.get("BENCH_PAUSE", "6")))
            times.append(one_change())
            if i % max(1, CHANGES // ROUNDS) == 0:
                pulls.append(pull().wall)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    base = median(pulls)
    p99 = sorted(times)[min(len(times) - 1, len(times) * 99 // 100)]
    line(f"watch: a change to its last rename, of {CHANGES}: p50 / pull", median(times) / base,
         f"{min(times) / base:.2f}..{max(times) / base:.2f}", "<= 0.60")
    line("watch: p99 / pull", p99 / base, "", "<= 1.00")
    line("watch: what it keeps between changes, KiB a node", anonymous / NODES,
         f"{anonymous >> 10} MiB; mapped files {mapped >> 10} MiB", "none")


def checkers():
    """Alone: a run in which only their input differs from nothing."""
    plan = [("dhcpd -t", ["dhcpd", "-t", "-cf", f"{FOLDER}/dhcpd.main"]),
            ("dnsmasq --test", ["dnsmasq", "--test", f"--conf-file={ROOT}/etc/dnsmasq.d/ldapcc.conf"])]
    with open(f"{FOLDER}/dhcpd.main", "w", encoding="utf-8") as file:
        file.write(f'include "{ROOT}/etc/dhcp/ldapcc.conf";\n')
    for name, command in plan:
        if shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            began = time.monotonic()
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            line(f"{name} of it alone / pull", (time.monotonic() - began) / pull().wall, "", "none")


def contents(root):
    """Every published file; a manifest's serial is of its own history, and is left out."""
    found = {}
    for top in ("etc", "srv"):
        for folder, _, names in os.walk(f"{root}/{top}"):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    text = file.read()
                if "/manifests/" in path:
                    text = re.sub(rb"^serial: \d+$|sha256=\w+$", b"", text, flags=re.M)
                found[path[len(root):]] = text
    return found


def prove():
    anew = f"{FOLDER}/anew"
    subprocess.run(ldapcc("apply", root=anew), check=True, stderr=subprocess.DEVNULL)
    ours, fresh = contents(ROOT), contents(anew)
    wrong = [path for path in sorted(ours.keys() | fresh.keys())
             if ours.get(path) != fresh.get(path)]
    shutil.rmtree(anew)
    if wrong:
        sys.exit(f"{len(wrong)} files are not those of a compile that begins anew: {wrong[:5]}")
    print(f"  all {len(ours)} files are those of a compile that begins anew")


def main():
    print(f"{NODES} nodes{' with a finding at a tenth' if sys.argv[7:] else ''}:")
    first()
    subprocess.run(["tar", "-C", ROOT, "-cf", f"{FOLDER}/tree.tar", "etc", "srv"], check=True)
    compare("first apply / (pull + tar x of the same tree + sync)", first, pull_and_unpack,
            "<= 1.30")
    wall, cpu = compare("everyday apply / bare pull of its attributes", daily, pull, "<= 1.00")
    compare("everyday apply that reads everything / bare pull", whole, pull, "<= 1.60")
    idle()
    compare("no-change apply / contextCSN search by ldapsearch", idle, probe, "<= 1.00")
    compare("everyday apply / ldapsearch | awk, two files", daily, awk, "<= 0.60")
    if PYTHON:
        compare("the usual Python script, two files / everyday apply", usual, daily, ">= 4")
        compare("the usual Python script, a file a host / first apply",
                lambda: usual("each"), first, ">= 10", rounds=min(ROUNDS, 3))
    else:
        print("  the Python script is left out: python-ldap and Jinja2 are not installed")
    watch()
    memory()
    checkers()
    prove()
    print(f"growth {NODES} {wall:.6f} {cpu:.6f}")


main()
