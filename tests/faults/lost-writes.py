#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cut the power at every system call of a publication: what was not synced is lost (TAP).

    lost-writes.py DRIVER

DRIVER is publish-driver. The targets and the state live on a file system of their own, in
an image. The publication is stopped behind each system call and the image is copied: what
the kernel holds of the mounted file system and has not written is not in the copy. The copy
is mounted, which replays its journal, and recovers there. The files must be the old set or
the new, whole, and the service must run what is there.

Two disks are played. On one nothing is written until it is synced. On the other the journal
is committed behind each system call, so that every name and rename is there, but no byte
that was not synced.

Cuts between which the image did not change are one. FULL=1 cuts behind each call and recovers
from each cut; else cuts are behind calls that change a disk, and at most CUTS of them, evenly
chosen, are recovered from.
"""

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from publish_scene import STATE, Scene, Tap, check_recovered, told, torn

CUTS = 24
FULL = bool(os.environ.get("FULL"))
MIB = 1024 * 1024
SYNCS = "fsync,fdatasync,syncfs,sync_file_range"
CHANGES = re.compile(r"write|pwrite|openat.*O_CREAT|mkdir|f?truncate|f?sync|sync_file_range|"
                     r"rename|unlink|link|symlink|f?chmod|f?chown|fallocate|utimens|fsetxattr")
# stopped in one of these the process does not go on from there; none changes the disk
WAITS = "poll,ppoll,restart_syscall,wait4,waitid,clone,clone3,vfork"


@dataclasses.dataclass
class System:
    mkfs: list
    size: int
    options: str
    names_first: str  # no name waits for the bytes of its file


SYSTEMS = {
    "ext4": System(["mkfs.ext4", "-q", "-F", "-m", "0"], 16 * MIB,
                   "commit=300", "noauto_da_alloc"),
    # nouuid: the image that it was copied from may still be known
    "xfs": System(["mkfs.xfs", "-q", "-f"], 300 * MIB, "nouuid", ""),
}

tap = Tap()


class Disk(Scene):
    """A --root that is a file system in an image; one is mounted at a time."""

    running = '"$PWD.running"'  # not on the disk: a service keeps it in memory

    def __init__(self, kind, name):
        super().__init__("disk")  # all at one place: notes hold whole paths
        self.kind = kind
        self.image = f"{self.work}/{name}.img"
        self.ran = None  # what the service ran when it was unmounted

    def make(self):
        with open(self.image, "wb") as image:
            image.truncate(SYSTEMS[self.kind].size)
        subprocess.run([*SYSTEMS[self.kind].mkfs, self.image], check=True)
        # a log of zeros is as good as a hole, and is not copied each time
        subprocess.run(["fallocate", "-d", self.image], check=True)
        with self.mounted():
            super().make()

    def copy_of(self, other):
        copy_sparse(other.image, self.image)
        self.ran = other.ran

    def read(self, name):
        return super().read(self.root + ".running" if name == self.running else name)

    @contextlib.contextmanager
    def mounted(self, options=""):
        options = ",".join(filter(None, ["loop", SYSTEMS[self.kind].options, options]))
        os.makedirs(self.root, exist_ok=True)
        subprocess.run(["mount", "-t", self.kind, "-o", options, self.image, self.root],
                       check=True, stderr=subprocess.PIPE, text=True)
        try:
            with open(self.root + ".running", "wb") as file:
                file.write(self.ran or b"")
            yield self
            self.ran = self.read(self.running)
        finally:
            subprocess.run(["umount", self.root], check=True)


def copy_sparse(source, copy):
    subprocess.run(["cp", "--sparse=always", source, copy], check=True)


def digest(image):
    """Of what is written in a sparse file."""
    whole = hashlib.blake2b()
    with open(image, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        end = 0
        while end < size:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:  # only a hole follows
                break
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            # a page of zeros is as good as a hole
            for at in range(start, end, 65536):
                block = os.pread(file.fileno(), min(65536, end - at), at)
                if block.strip(b"\0"):
                    whole.update(b"%d " % at + block)
    return whole.digest()


@dataclasses.dataclass
class Cut:
    """The disk as it was behind a system call, and what the service ran."""

    number: int
    call: str
    image: str
    ran: bytes


def strace_to(pipe, keeps_syncs):
    lost = [] if keeps_syncs else [
        "-e", f"inject={SYNCS}:retval=0:signal=STOP"]
    others = WAITS if keeps_syncs else f"{WAITS},{SYNCS}"
    return ["strace", "-y", "-o", f"/dev/fd/{pipe}", *lost,
            "-e", f"inject=!{others}:signal=STOP"]


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return int(children.read().split()[0])


class Run:
    """A run of the driver that is stopped behind each of its system calls."""

    def __init__(self, disk, words, keeps_syncs):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            [*strace_to(writer, keeps_syncs), disk.driver, disk.root, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, pass_fds=[writer])
        os.close(writer)
        self.log = os.fdopen(reader, encoding="utf-8", errors="replace")
        self.code = None
        self.errors = ""

    def calls(self):
        """Each system call, while the process stands still behind it."""
        call = pid = None
        for line in self.log:
            if re.match(r"\w+\(", line):
                call = line.strip()
            elif line.startswith("--- stopped by"):
                pid = pid or child_of(self.process.pid)
                yield call
                os.kill(pid, signal.SIGCONT)
        self.errors = self.process.communicate()[1]
        self.code = self.process.returncode


class Cutter:
    """Copies the image of a mounted disk, where it is another than the last."""

    def __init__(self, disk, commits_names):
        self.disk = disk
        self.commits_names = commits_names
        self.cuts = []
        self.last = None

    def commit_names(self):
        # a change of its own, or there is nothing to commit
        journal = os.open(self.disk.path("journal"), os.O_RDWR | os.O_CREAT, 0o600)
        os.utime(journal)
        os.fsync(journal)
        os.close(journal)

    def cut(self, number, call):
        if self.commits_names:
            self.commit_names()
        ran = self.disk.read(self.disk.running)
        now = (digest(self.disk.image), ran)
        if now != self.last:
            self.last = now
            image = f"{self.disk.work}/cut-{number}.img"
            copy_sparse(self.disk.image, image)
            self.cuts.append(Cut(number, call, image, ran))


def take_cuts(disk, words, commits_names, keeps_syncs):
    """Runs the driver on a mounted disk: how many calls there were, and the distinct cuts;
    the last is how it is when all is done."""
    run = Run(disk, words, keeps_syncs)
    cutter = Cutter(disk, commits_names)
    n = 0
    for call in run.calls():
        # past the loading of the program
        if n > 0 or f'"{disk.root}' in call and not call.startswith("execve"):
            n += 1
            if FULL or CHANGES.match(call):
                cutter.cut(n, call)
    if run.code != 0:
        raise SystemExit(f"Bail out! the run that is cut exits {run.code}: {run.errors}")
    cutter.last = None
    cutter.commits_names = False
    cutter.cut(n + 1, "the end")
    return n, cutter.cuts


def check_cut(cut, kind, a, b, words, is_end):
    """What must hold on the disk after a cut, of a run that may be repeated as @words."""
    disk = Disk(kind, "after")
    what = f"cut {cut.number} behind {cut.call}"
    os.replace(cut.image, disk.image)
    disk.ran = cut.ran
    try:
        with disk.mounted():
            # services start before the next run, and must find what is whole
            faults = [f"{what}: {path} is torn" for path in torn(disk, a, b)]
            if is_end and disk.files() != b:
                faults.append(f"{what}: what was done is lost")
            if cut.ran == told(b) and told(disk.files()) != told(b):
                faults.append(f"{what}: the service was told of what is lost")
            faults += check_recovered(disk, a, b, what, words)
            faults += [f"{what}: the mode of {path} is lost" for path in disk.files()
                       if os.stat(disk.path(path)).st_mode & 0o777 != 0o644]
            return faults
    except subprocess.CalledProcessError as error:
        return [f"{what}: {error}: {error.stderr}"]


def chosen(cuts):
    """All of them, or some: always the last, and evenly those before."""
    if FULL or len(cuts) <= CUTS:
        return cuts
    return [cuts[i * (len(cuts) - 1) // (CUTS - 1)] for i in range(CUTS)]


def cut_run(base, words, commits_names, keeps_syncs=True):
    """Runs on a copy of @base: how many calls there were, and the cuts."""
    disk = Disk(base.kind, "live")
    disk.copy_of(base)
    with disk.mounted(SYSTEMS[base.kind].names_first if commits_names else ""):
        return take_cuts(disk, words, commits_names, keeps_syncs)


def remove(cuts):
    for cut in cuts:
        if os.path.exists(cut.image):
            os.remove(cut.image)


def published(base, name, *words):
    """A disk on which a tree was published, and its files."""
    disk = Disk(base.kind, name)
    disk.copy_of(base)
    with disk.mounted():
        code, errors = disk.run(*words)
        if code != 0:
            raise SystemExit(f"Bail out! the run exits {code}: {errors}")
        return disk, disk.files()


def name_of(base, words, commits_names):
    lost = "bytes" if commits_names else "all"
    run = "a recovery" if words[0] == "recover" else f"to tree {words[0]}"
    return f"{base.kind}, {lost} not synced lost, {words[1]} manifests, {run}"


def test_lost(base, words, a, b, commits_names):
    n, cuts = cut_run(base, words, commits_names)
    again = ["a" if words[0] == "a" else "b", words[1]]
    some = chosen(cuts)
    faults = []
    for cut in some:
        faults += check_cut(cut, base.kind, a, b, again, cut is cuts[-1])
    remove(cuts)
    name = name_of(base, words, commits_names)
    tap.report(f"{name}: behind {n} calls {len(cuts)} cuts, {len(some)} tried", faults, name,
               len(some))


def test_can_fail(base, words, a, b, commits_names):
    """A kernel that says of each sync that it is done, and does nothing: files are lost, or
    there with a wrong content where their names come first."""
    _, cuts = cut_run(base, words, commits_names, keeps_syncs=False)
    sought = " is torn" if commits_names else " is lost"
    found = None
    for cut in reversed(chosen(cuts)):
        faults = check_cut(cut, base.kind, a, b, words, cut is cuts[-1])
        found = next((fault for fault in faults if sought in fault), None)
        if found is not None:
            print("# found: " + found)
            break
    remove(cuts)
    tap.report("… and without syncs a fault is found",
               [] if found is not None else ["none was found"])


def interrupted(base, words):
    """A disk that was cut just behind the commit of a publication."""
    disk = Disk(base.kind, "interrupted")
    _, cuts = cut_run(base, words, False)
    for cut in cuts:
        os.replace(cut.image, disk.image)
        disk.ran = cut.ran
        with disk.mounted():
            is_committed = disk.read(f"{STATE}/txn") is not None
        if is_committed:
            break
    remove(cuts)
    return disk


def test_system(kind):
    bare = Disk(kind, "bare")
    bare.make()
    with bare.mounted():
        nothing = bare.files()
    # each file is synced, and then the whole file system at once
    for n in ("3", "40"):
        base, a = published(bare, "a", "a", n)
        _, b = published(base, "b", "b", n)
        for commits_names in (False, True):
            if n == "3" or FULL:
                test_lost(bare, ["a", n], nothing, a, commits_names)
            test_lost(base, ["b", n], a, b, commits_names)
            test_can_fail(base, ["b", n], a, b, commits_names)
        if n == "3" or FULL:
            dead = interrupted(base, ["b", n])
            test_lost(dead, ["recover", n], a, b, True)


def why_not():
    """Why this cannot be tried here."""
    for tool in ("strace", "fallocate", "mount"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return None


def why_not_on(kind):
    tool = SYSTEMS[kind].mkfs[0]
    if shutil.which(tool) is None:
        return f"{tool} is not installed"
    try:
        Disk(kind, "try").make()
    except subprocess.CalledProcessError as error:
        return f"an image cannot be mounted: {error} {(error.stderr or '').strip()}"
    return None


def in_own_mounts():
    """Nothing stays mounted, however this ends: starts the program anew if need be."""
    if os.environ.get("LOST_WRITES_MOUNTS"):
        return True
    if shutil.which("unshare") is None or subprocess.run(
            ["unshare", "--mount", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        return False
    os.environ["LOST_WRITES_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if not in_own_mounts():
        print("1..0 # SKIP mounts of its own need root")
        return 0
    reason = why_not()
    if reason is not None:
        print(f"1..0 # SKIP {reason}")
        return 0
    Scene.driver = os.path.abspath(sys.argv[1])
    # a sanitizer's leak check cannot run below strace
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="lost-writes-", dir=memory) as Scene.work:
        for kind in SYSTEMS:
            reason = why_not_on(kind)
            if reason is None:
                test_system(kind)
            else:
                tap.skip(f"lost writes on {kind}", reason)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
