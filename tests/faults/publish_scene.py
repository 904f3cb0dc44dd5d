# SPDX-License-Identifier: Apache-2.0
"""Trees that publish-driver publishes below a --root, what must hold after a fault, and TAP.

For the tests of this folder, which set Scene.driver and Scene.work.
"""

import os
import re
import shutil
import subprocess

# One processor, one checker after the other: the system calls of a run come in one order.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

STATE = "var/lib/ldapcc"
LEFTOVER = re.compile(r"(^|/)\.[^/]*ldapcc-[^/]*")


class Tap:
    """Counts tests, and what was tried in each."""

    def __init__(self):
        self.n_tests = 0
        self.n_failed = 0
        self.rows = []

    def report(self, name, faults, fault=None, n_injections=0):
        """One test; with @fault it is also a line of the table at the end."""
        self.n_tests += 1
        self.n_failed += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {self.n_tests} - {name}", flush=True)
        for line in faults[:10]:
            print("# " + line.replace("\n", "\n# "), flush=True)
        if fault is not None:
            self.rows.append((fault, n_injections, len(faults)))

    def skip(self, name, why):
        self.n_tests += 1
        print(f"ok {self.n_tests} - {name} # SKIP {why}", flush=True)

    def finish(self):
        """The table and the plan; the exit status."""
        print("# fault | injections | violations")
        for fault, n_injections, n_violations in self.rows:
            print(f"# {fault} | {n_injections} | {n_violations}")
        print(f"1..{self.n_tests}", flush=True)
        return self.n_failed > 0


class Scene:
    """A --root of its own, below the scratch folder."""

    driver = None  # publish-driver
    work = None  # the scratch folder
    running = "running"  # what the service read last, from the root

    def __init__(self, name):
        self.root = os.path.join(self.work, name)

    def make(self):
        os.makedirs(self.path("etc/dhcp"))
        with open(self.path("etc/dhcp/dhcpd.conf"), "w") as main:
            main.write('include "/etc/dhcp/ldapcc.conf";\n')
        with open(self.path("reload"), "w") as reload:
            # told too often is no fault, also when there is nothing to read yet
            reload.write('#!/bin/sh\ncd "${0%/*}" && cat srv/ldapcc/hosts '
                         f"etc/dhcp/ldapcc.conf >{self.running} 2>/dev/null || :\n")
        os.chmod(self.path("reload"), 0o755)

    def copy_of(self, other):
        shutil.rmtree(self.root, ignore_errors=True)
        # inode numbers do not survive, so hints are wrong in the copy: a harder case
        shutil.copytree(other.root, self.root, symlinks=True)

    def path(self, name):
        return os.path.join(self.root, name)

    def run(self, *words, strace=()):
        result = subprocess.run([*strace, self.driver, self.root, *words],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        return result.returncode, result.stderr

    def read(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def files(self):
        """Everything below the targets' folders: name to bytes."""
        found = {}
        for top in ("etc", "srv"):
            for folder, _, names in os.walk(self.path(top)):
                for name in names:
                    path = os.path.relpath(os.path.join(folder, name), self.root)
                    found[path] = self.read(path)
        return found

    def folders(self):
        for top in ("etc", "srv"):
            for folder, names, _ in os.walk(self.path(top)):
                yield from (os.path.relpath(os.path.join(folder, n), self.root)
                            for n in names)

    def identity(self):
        """What must not move when nothing was published."""
        return {path: (st.st_ino, st.st_mtime_ns, st.st_mode, st.st_uid)
                for path in self.files() if not LEFTOVER.search(path)
                for st in [os.stat(self.path(path))]}


def told(files):
    """What the service was told last; nothing yet before the first publication."""
    if "srv/ldapcc/hosts" not in files:
        return None
    return files["srv/ldapcc/hosts"] + files["etc/dhcp/ldapcc.conf"]


def torn(scene, a, b):
    """Files that are neither old nor new."""
    files = scene.files()
    return [path for path in set(files) | set(a) | set(b)
            if not LEFTOVER.search(path)
            and files.get(path) not in (a.get(path), b.get(path))]


def check_recovered(scene, a, b, what, words=("b",)):
    """What must hold after `recover` and then a plain run, to @words."""
    faults = []
    code, errors = scene.run("recover")
    files = scene.files()
    if code != 0:
        faults.append(f"{what}: recover exits {code}: {errors}")
    if files not in (a, b):
        faults.append(f"{what}: not one generation after recover: {sorted(files)}")
    elif told(files) not in (None, scene.read(scene.running)):
        faults.append(f"{what}: the reload was lost")
    faults += [f"{what}: {name} is left" for name in ("txn", "staging")
               if scene.read(f"{STATE}/{name}") is not None]
    faults += [f"{what}: {name} is left" for name in [*files, *scene.folders()]
               if LEFTOVER.search(name)]
    code, errors = scene.run(*words)
    if code != 0 or scene.files() != b or scene.read(scene.running) != told(b):
        faults.append(f"{what}: the next run exits {code}: {errors}")
    # several targets may have asked: none may be left over
    if any(not name.startswith(".") for name in os.listdir(scene.path(f"{STATE}/pending"))):
        faults.append(f"{what}: a note is still pending")
    return faults
