#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kill, fail and reorder a publication at every system call (TAP).

    publish-faults.py DRIVER

DRIVER is publish-driver. A tree 'a' is published, then 'b' over it under strace(1), which
kills the process at its K-th system call, or makes one call fail. Afterwards a run that
knows nothing but the state (`recover`) must make the files one generation, and a plain run
must end at 'b', with nothing left behind and the service told.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SYSCALLS = ("openat", "mkdir", "mkdirat", "write", "writev", "pwrite64", "pread64", "read",
            "fsync", "syncfs", "sync_file_range", "renameat", "renameat2", "unlink", "unlinkat", "close", "newfstatat",
            "statx", "fchmod", "fchmodat", "fchown", "link", "symlinkat", "readlinkat", "getdents64",
            "ftruncate", "fcntl")
ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES")
STATE = "var/lib/ldapcc"
LEFTOVER = re.compile(r"(^|/)\.[^/]*ldapcc-[^/]*")

driver = None
work = None
n_tests = 0
n_failed = 0


def report(name, faults):
    global n_tests, n_failed
    n_tests += 1
    n_failed += bool(faults)
    print(f"{'not ok' if faults else 'ok'} {n_tests} - {name}", flush=True)
    for fault in faults[:10]:
        print("# " + fault.replace("\n", "\n# "), flush=True)


class Scene:
    """A --root of its own, below the scratch folder."""

    def __init__(self, name):
        self.root = os.path.join(work, name)

    def make(self):
        os.makedirs(self.path("etc/dhcp"))
        with open(self.path("etc/dhcp/dhcpd.conf"), "w") as main:
            main.write('include "/etc/dhcp/ldapcc.conf";\n')
        with open(self.path("reload"), "w") as reload:
            # told too often is no fault, also when there is nothing to read yet
            reload.write('#!/bin/sh\ncd "${0%/*}" && cat srv/ldapcc/hosts '
                         "etc/dhcp/ldapcc.conf >running 2>/dev/null || :\n")
        os.chmod(self.path("reload"), 0o755)

    def copy_of(self, other):
        shutil.rmtree(self.root, ignore_errors=True)
        # inode numbers do not survive, so hints are wrong in the copy: a harder case
        shutil.copytree(other.root, self.root, symlinks=True)

    def path(self, name):
        return os.path.join(self.root, name)

    def run(self, *words, strace=()):
        result = subprocess.run([*strace, driver, self.root, *words],
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


def check_recovered(scene, a, b, what, tree="b"):
    """What must hold after `recover` and then a plain run."""
    faults = []
    code, errors = scene.run("recover")
    files = scene.files()
    if code != 0:
        faults.append(f"{what}: recover exits {code}: {errors}")
    if files not in (a, b):
        faults.append(f"{what}: not one generation after recover: {sorted(files)}")
    elif told(files) not in (None, scene.read("running")):
        faults.append(f"{what}: the reload was lost")
    faults += [f"{what}: {name} is left" for name in ("txn", "staging")
               if scene.read(f"{STATE}/{name}") is not None]
    faults += [f"{what}: {name} is left" for name in [*files, *scene.folders()]
               if LEFTOVER.search(name)]
    code, errors = scene.run(tree)
    if code != 0 or scene.files() != b or scene.read("running") != told(b):
        faults.append(f"{what}: the next run exits {code}: {errors}")
    # several targets may have asked: none may be left over
    if any(not name.startswith(".") for name in os.listdir(scene.path(f"{STATE}/pending"))):
        faults.append(f"{what}: a note is still pending")
    return faults


def trace(scene, *words):
    """The system calls of a run, with the paths of descriptors."""
    log = os.path.join(work, "trace")
    code, errors = scene.run(*words, strace=("strace", "-y", "-s", "200", "-o", log))
    if code != 0:
        raise SystemExit(f"Bail out! the run under strace exits {code}: {errors}")
    with open(log, encoding="utf-8", errors="replace") as lines:
        return [line for line in lines if re.match(r"\w+\(", line)]


def kill_at(calls, i):
    """What makes strace kill the process at call @i: its name, and the how-manieth it is."""
    name = calls[i].split("(", 1)[0]
    nth = sum(call.startswith(name + "(") for call in calls[:i + 1])
    return ("strace", "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={nth}")


def first_of_ours(calls):
    """Past the loading of the program."""
    return next(i for i, call in enumerate(calls) if f'"{work}' in call
                and not call.startswith("execve"))


def points(calls):
    return range(first_of_ours(calls), len(calls))


def kill_everywhere(base, calls, a, b, tree="b"):
    scene = Scene("kill")
    faults = []
    n = 0
    for k in points(calls):
        scene.copy_of(base)
        code, _ = scene.run(tree, strace=kill_at(calls, k))
        n += code == -9
        what = f"kill at call {k} ({calls[k].split('(')[0]})"
        faults += [f"{what}: {path} is torn" for path in torn(scene, a, b)]
        faults += check_recovered(scene, a, b, what, tree)
        if len(faults) > 20:
            break
    # hints are wrong in a copy, so that some calls more are made; never fewer
    if n < len(points(calls)) - 10:
        faults.append(f"only {n} of {len(points(calls))} runs were killed")
    report(f"kill -9 before each of {n} system calls, to tree {tree}", faults)


def kill_recovery(base, a, b):
    """The recovery is killed as well, and then recovers."""
    dead = Scene("dead")
    scene = Scene("kill-recovery")
    faults = []
    # just behind the point of no return
    scene.copy_of(base)
    calls = trace(scene, "b")
    commit = next(i for i, call in enumerate(calls) if '"txn")' in call and "renameat" in call)
    scene.copy_of(base)
    scene.run("b", strace=kill_at(calls, commit + 6))
    if scene.read(f"{STATE}/txn") is None:
        faults.append("the run was not killed behind its commit")
    dead.copy_of(scene)  # and always back to where its notes say that it is
    calls = trace(scene, "recover")
    for k in points(calls):
        scene.copy_of(dead)
        scene.run("recover", strace=kill_at(calls, k))
        what = f"recovery killed at call {k}"
        faults += [f"{what}: {path} is torn" for path in torn(scene, a, b)]
        faults += check_recovered(scene, a, b, what)
        if len(faults) > 20:
            break
    report(f"kill -9 before each of {len(points(calls))} system calls of a recovery", faults)


def fail_everywhere(base, calls, a, b, tree="b"):
    scene = Scene("fail")
    start = first_of_ours(calls)
    for syscall in SYSCALLS:
        before = sum(call.startswith(syscall + "(") for call in calls[:start])
        n = sum(call.startswith(syscall + "(") for call in calls)
        faults = []
        for k in range(before + 1, n + 1):
            error = ERRORS[k % len(ERRORS)]
            scene.copy_of(base)
            identity = scene.identity()
            code, errors = scene.run(tree, strace=(
                "strace", "-o", "/dev/null", "-e",
                f"inject={syscall}:error={error}:when={k}"))
            what = f"{syscall} {k} fails with {error}"
            files = scene.files()
            is_finished = files == b
            is_begun = scene.read(f"{STATE}/txn") is not None
            faults += [f"{what}: {path} is torn" for path in torn(scene, a, b)]
            if code not in (0, 6, 7):
                faults.append(f"{what}: exit {code}: {errors}")
            if code == 7 and scene.root not in errors:
                faults.append(f"{what}: the message names no path: {errors}")
            if not is_finished and not is_begun and scene.identity() != identity:
                faults.append(f"{what}: a target was touched")
            if code == 0 and not is_finished:
                faults.append(f"{what}: success, but not published")
            faults += check_recovered(scene, a, b, what, tree)
            if len(faults) > 20:
                break
        if n > before:
            report(f"{syscall} fails, {n - before} times, to tree {tree}", faults)


def path_of(call, argument):
    """The path of the descriptor or the name in argument @argument of a call."""
    words = re.findall(r'\d+<([^>]*)>|"([^"]*)"|AT_FDCWD<([^>]*)>', call)
    return next(filter(None, words[argument]), "")


def check_order(calls, root, has_removals=True):
    """The rules that a power cut makes us keep."""
    faults = []
    state = f"{root}/{STATE}"
    dirty = {}        # path: call that wrote it
    unsynced = set()  # folders with a rename that is not synced
    has_txn = False
    has_current = False
    removals_began = False
    for i, call in enumerate(calls):
        name = call.split("(", 1)[0]
        if not call.rstrip().endswith(("= 0", ">", "= -1")) and " = -1" in call:
            continue
        if name in ("write", "writev", "pwrite64") and root in call:
            dirty[path_of(call, 0)] = i
        elif name == "fsync":
            dirty.pop(path_of(call, 0), None)
            unsynced.discard(path_of(call, 0))
        elif name == "syncfs":
            dirty.clear()
            unsynced.clear()
        elif name in ("renameat", "renameat2"):
            source = f"{path_of(call, 0)}/{path_of(call, 1)}"
            folder, target = path_of(call, 2), path_of(call, 3)
            is_hint = target in ("installed", "outline")
            if not is_hint and any(path == source or path.startswith(source + "/")
                                   for path in dirty):
                faults.append(f"call {i}: {source} is renamed before it is synced")
            if folder == state and target == "txn":
                has_txn = True
                left = [path for path in dirty
                        if not path.endswith("/lock") and ".ldapcc-check." not in path]
                left += [path for path in unsynced if path.startswith(state)]
                if left:
                    faults.append(f"call {i}: committed before {left} are synced")
            if folder == state and target == "current":
                has_current = True
                if unsynced - {state}:
                    faults.append(f"call {i}: current before {unsynced} are synced")
            if not folder.startswith(state):
                if not has_txn or state in unsynced:
                    faults.append(f"call {i}: {target} is installed before the commit")
                if removals_began:
                    faults.append(f"call {i}: {target} is installed after a removal")
            if not is_hint:
                unsynced.add(folder)
        elif name == "unlinkat" and " = 0" in call:
            folder, target = path_of(call, 0), path_of(call, 1)
            if not folder.startswith(state) and "ldapcc-" not in folder + target:
                removals_began = True
                unsynced.add(folder)
            if folder == state and target == "txn" and (not has_current or unsynced):
                faults.append(f"call {i}: txn goes before all is synced: {unsynced}")
    if not has_txn or not has_current or (has_removals and not removals_began):
        faults.append("the trace does not show a whole publication")
    return faults


def order(tree, n_manifests):
    scene = Scene(f"order-{tree}-{n_manifests}")
    scene.make()
    if tree == "b":
        scene.run("a", str(n_manifests))
    calls = trace(scene, tree, str(n_manifests))
    faults = check_order(calls, scene.root, tree == "b")
    report(f"all is synced before what relies on it, {n_manifests} manifests, to {tree}",
           faults)
    # the rules can fail: the same trace without its syncs
    bare = [call for call in calls if not call.startswith(("fsync", "syncfs"))]
    report("… and not without the syncs",
           [] if check_order(bare, scene.root, tree == "b") else ["no rule was broken"])
    shutil.rmtree(scene.root)


def many_at_once(base, b):
    scene = Scene("parallel")
    scene.copy_of(base)
    runs = [subprocess.Popen([driver, scene.root, "b"], stderr=subprocess.PIPE, text=True)
            for _ in range(20)]
    codes = []
    faults = []
    for run in runs:
        errors = run.communicate(timeout=60)[1]
        codes.append(run.returncode)
        if run.returncode not in (0, 8):
            faults.append(f"exit {run.returncode}: {errors}")
    if 0 not in codes:
        faults.append("no run did the work")
    if scene.files() != b or scene.read("running") != told(b):
        faults.append("the files are not those of one run")
    report(f"twenty at once: {codes.count(0)} publish or see, {codes.count(8)} are refused",
           faults)


def main():
    global driver, work
    driver = os.path.abspath(sys.argv[1])
    if shutil.which("strace") is None:
        print("1..0 # SKIP strace is not installed")
        return 0
    # a sanitizer's leak check cannot run below strace
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    # thousands of syncs: in memory where that is possible
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="publish-faults-", dir=memory) as work:
        bare, base, goal = Scene("bare"), Scene("a"), Scene("b")
        bare.make()
        nothing = bare.files()
        base.copy_of(bare)
        first = trace(base, "a")
        a = base.files()
        goal.copy_of(base)
        calls = trace(goal, "b")
        b = goal.files()
        for tree in ("a", "b"):
            order(tree, 3)
            order(tree, 40)
        many_at_once(base, b)
        kill_everywhere(bare, first, nothing, a, "a")
        kill_everywhere(base, calls, a, b)
        kill_recovery(base, a, b)
        fail_everywhere(bare, first, nothing, a, "a")
        fail_everywhere(base, calls, a, b)
    print(f"1..{n_tests}")
    return n_failed > 0


if __name__ == "__main__":
    sys.exit(main())
