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

from publish_scene import LEFTOVER, STATE, Scene, Tap, check_recovered, told, torn

SYSCALLS = ("openat", "mkdir", "mkdirat", "write", "writev", "pwrite64", "pread64", "read",
            "fsync", "syncfs", "sync_file_range", "renameat", "renameat2", "unlink", "unlinkat", "close", "newfstatat",
            "statx", "fchmod", "fchmodat", "fchown", "link", "linkat", "symlinkat", "readlinkat", "getdents64",
            "ftruncate", "fcntl")
ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES")

tap = Tap()


def trace(scene, *words):
    """The system calls of a run, with the paths of descriptors."""
    log = os.path.join(scene.work, "trace")
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
    return next(i for i, call in enumerate(calls) if f'"{Scene.work}' in call
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
        faults += check_recovered(scene, a, b, what, (tree,))
        if len(faults) > 20:
            break
    # hints are wrong in a copy, so that some calls more are made; never fewer
    if n < len(points(calls)) - 10:
        faults.append(f"only {n} of {len(points(calls))} runs were killed")
    tap.report(f"kill -9 before each of {n} system calls, to tree {tree}", faults,
               f"kill -9, to tree {tree}", n)


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
    n = len(points(calls))
    tap.report(f"kill -9 before each of {n} system calls of a recovery", faults,
               "kill -9 of a recovery", n)


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
            faults += check_recovered(scene, a, b, what, (tree,))
            if len(faults) > 20:
                break
        if n > before:
            tap.report(f"{syscall} fails, {n - before} times, to tree {tree}", faults,
                       f"{syscall} fails, to tree {tree}", n - before)


def path_of(call, argument):
    """The path of the descriptor or the name in argument @argument of a call."""
    words = re.findall(r'\d+<([^>]*)>|"([^"]*)"|AT_FDCWD<([^>]*)>', call)
    return next(filter(None, words[argument]), "")


def check_order(calls, root, has_removals=True, left=None):
    """The rules that a power cut makes us keep; @left: the folders that a killed run left to sync."""
    faults = []
    state = f"{root}/{STATE}"
    dirty = {}        # path: call that wrote it
    unsynced = set(left or ())  # folders with a rename that is not synced
    made = set()      # folders with a new folder in them that is not
    has_txn = left is not None
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
            made.discard(path_of(call, 0))
        elif name == "syncfs":
            dirty.clear()
            unsynced.clear()
            made.clear()
        elif name in ("mkdir", "mkdirat") and " = 0" in call:
            folder = call.split('"')[1]
            if name == "mkdirat":
                folder = f"{path_of(call, 0)}/{folder}"
            # one of temporary files is made anew where it is missing
            if "ldapcc-" not in folder:
                made.add(os.path.dirname(folder))
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
                left += made
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
    tap.report(f"all is synced before what relies on it, {n_manifests} manifests, to {tree}",
               faults)
    # the rules can fail: the same trace without its syncs
    bare = [call for call in calls if not call.startswith(("fsync", "syncfs"))]
    tap.report("… and not without the syncs",
               [] if check_order(bare, scene.root, tree == "b") else ["no rule was broken"])
    shutil.rmtree(scene.root)


def order_of_recovery(base):
    """As for a whole run: of one that was killed before its first rename, and behind its last."""
    whole, scene = Scene("order-whole"), Scene("order-recovery")
    whole.copy_of(base)
    calls = trace(whole, "b")
    commit = next(i for i, call in enumerate(calls) if '"txn")' in call and "renameat" in call)
    renames = [i for i, call in enumerate(calls) if i > commit and call.startswith("renameat")
               and STATE not in path_of(call, 2)]
    for what, k in (("before its first", renames[0]), ("behind its last", renames[-1] + 1)):
        scene.copy_of(base)
        scene.run("b", strace=kill_at(calls, k))
        left = {path_of(calls[i], 2).replace(whole.root, scene.root) for i in renames if i < k}
        faults = check_order(trace(scene, "recover"), scene.root, left=left)
        tap.report(f"a recovery syncs as well what a run left that was killed {what} rename", faults)


def many_at_once(base, b):
    scene = Scene("parallel")
    scene.copy_of(base)
    runs = [subprocess.Popen([scene.driver, scene.root, "b"], stderr=subprocess.PIPE, text=True)
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
    if scene.files() != b or scene.read(scene.running) != told(b):
        faults.append("the files are not those of one run")
    tap.report(
        f"twenty at once: {codes.count(0)} publish or see, {codes.count(8)} are refused",
        faults, "twenty runs at once", len(codes))


def main():
    Scene.driver = os.path.abspath(sys.argv[1])
    if shutil.which("strace") is None:
        print("1..0 # SKIP strace is not installed")
        return 0
    # a sanitizer's leak check cannot run below strace
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    # thousands of syncs: in memory where that is possible
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="publish-faults-", dir=memory) as Scene.work:
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
        order_of_recovery(base)
        many_at_once(base, b)
        kill_everywhere(bare, first, nothing, a, "a")
        kill_everywhere(base, calls, a, b)
        kill_recovery(base, a, b)
        fail_everywhere(bare, first, nothing, a, "a")
        fail_everywhere(base, calls, a, b)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
