#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Change a directory at random, apply after each batch, and compare with what is right (TAP).

    soak.py LDAPCC [SEED]

A private slapd serves a cluster. Each step makes changes (adds, moves, renames, conflicts,
faults, repairs), or hides entries by access rules, kills a run, rolls back, edits settings,
lets a checker or a reload fail, takes the directory away; then `apply` runs, or `watch` does it,
also after it was killed, and after somebody else applied, rolled back or edited settings. After
each run:

 - the exit code is the one that ldapcc(8) gives,
 - what is published is, byte for byte but for serials, a fresh compile of the directory with
   the last good version in the place of each entry in error (soak_oracle.py),
 - after anything else than 0 nothing has changed, but for installations turned off,
 - a second run prints nothing and touches nothing, `status` repeats the code, `diff` is empty.
   Often it reads everything, which must be what the first one put together of what changed.

With an odd seed slapd keeps a session log, of a few changes.

SOAK_CHANGES is how many changes are made (300 if it is not set), SOAK_SECONDS ends sooner (40),
and SOAK_KEEP=1 leaves the scratch folder. Kills come at moments of the clock; all else follows
from the seed. A long run, in a build without sanitizers:

    SOAK_CHANGES=10000 SOAK_SECONDS=7200 tests/soak/soak.py build/src/ldapcc 11
"""

import fcntl
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import soak_oracle as oracle
import soak_watch
from soak_server import ATTRIBUTES, NOTHING, SUBTREES, Hidden, Server, is_installed
from soak_server import SOURCE
from soak_site import Site, copy_entries, ldif_site

CHANGES = int(os.environ.get("SOAK_CHANGES", "300"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "40"))
OK, CHANGED, REFUSED, DIRECTORY, REJECTED, PENDING, LOCKED, DATA, USAGE = (
    0, 2, 3, 4, 5, 6, 8, 10, 64)
QUARANTINE_MAX = 5
TOLD_WRONG = "what it told of changes"
SERIAL = re.compile(rb"^(serial: .*|# ldapcc hosts=.*)\n", re.M)

SETTINGS = """\
state: {work}/state
templates: [{work}/templates]
keep: 6
directory: {{uri: {uri}, base: "dc=c,dc=example", bind: anonymous}}
{more}targets:
  dnsmasq: {{path: {work}/out/dnsmasq.conf, check: none, on-change: none}}
  dnsmasq-hosts: {{path: {work}/out/hosts, check: {work}/check, on-change: {work}/reload}}
  dhcpd: {{path: {work}/out/dhcpd.conf, check: none, on-change: none}}
  kickstart: {{path: "{work}/out/ks/{{{{fqdn}}}}.ks", check: none}}
  kickstart-repos: {{path: "{work}/out/repos/{{{{name}}}}", check: none}}
  manifest: {{path: "{work}/out/manifests/{{{{fqdn}}}}", check: none}}
  pxelinux: {{path: "{work}/out/pxe/{{{{mac_dashed}}}}", check: none, on-change: {work}/reload}}
  {ours}
"""
OURS = """\
---
path: x
language: text
trailer: "# "
---
version {version}
{{{{#nodes}}}}
{{{{fqdn}}}} {{{{description}}}}
{{{{/nodes}}}}
"""


class Violation(Exception):
    pass


class Published:
    """A generation, as it has to be: what it was made of, its files."""

    def __init__(self, good, entries, files, settings):
        self.good, self.entries, self.files, self.settings = good, entries, files, settings
        self.when = time.strftime("%Y%m%d%H%M%SZ", time.gmtime())


class Soak:
    def __init__(self, ldapcc, seed):
        self.ldapcc, self.seed = ldapcc, seed
        self.rng = random.Random(seed)
        self.work = tempfile.mkdtemp(prefix="ldapcc-soak.", dir=fast_folder())
        self.environ = dict(os.environ, LDAPCC_DATADIR=SOURCE, LC_ALL="C.UTF-8")
        self.environ.setdefault("LSAN_OPTIONS", f"suppressions={SOURCE}/tests/slapd/lsan.supp:"
                                                "print_suppressions=0")
        self.site = Site(self.rng)
        self.server = Server(self.work + "/slapd", has_log=seed % 2 == 1)
        self.hidden = NOTHING
        self.has_new_access = False  # which no server tells as a change
        self.now = Published({}, {}, {}, 0)  # what is published
        self.baseline = set()  # the nodes of the day's begin
        self.history = {}
        self.settings = {"more": "", "ours": f"ours: {{path: {self.work}/out/ours}}"}
        self.version = 0
        self.pinned = self.is_pending = False
        self.n_applies = self.n_kills = self.n_refusals = self.n_violations = 0
        self.n_quarantined = self.n_increments = self.told = 0
        self.n_watched = self.n_ahead = 0
        self.watch = None  # applies instead of us, while it is
        self.compiled = None, {}, set()
        self.contents = {}
        self.contested = set()
        self.duration = 0.1
        self.log = []
        self.quarantined = {}

    # --- the scene ---

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def set_up(self):
        for folder in ("out", "templates"):
            os.mkdir(self.path(folder))
        for name in ("check", "reload"):
            self.write(name, f"#!/bin/sh\n! test -e {self.path(name)}-fails\n", 0o755)
        self.write_settings()
        self.server.start()
        self.server.modify(self.site.take_ldif())

    def write_settings(self, **changes):
        self.version += 1
        self.settings.update(changes)
        self.write("templates/ours", OURS.format(version=self.version))
        self.write("settings.yaml", SETTINGS.format(
            work=self.work, uri=self.server.uri, **self.settings))

    def command(self, *words):
        return [self.ldapcc, "--config", self.path("settings.yaml"), *words]

    def run(self, *words):
        begin = time.monotonic()
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False,
                              env=self.environ, stdin=subprocess.DEVNULL, timeout=120)
        self.note(f"{' '.join(words)}: {done.returncode} {done.stdout}{done.stderr}")
        if words[0] == "apply":
            self.duration = time.monotonic() - begin
        if done.returncode in (1, 70) or done.returncode < 0:
            raise Violation(f"{words} ended with {done.returncode}")
        return done

    def note(self, text):
        self.log = self.log[-60:] + [text]

    def expect(self, is_right, text):
        if not is_right:
            raise Violation(text)

    def published(self):
        """Path below out -> (content without serials, mtime)."""
        found = {}
        for folder, _, names in os.walk(self.path("out")):
            for name in names:
                path = os.path.join(folder, name)
                st = os.stat(path)
                stamp = st.st_ino, st.st_size, st.st_mtime_ns, st.st_ctime_ns
                if self.contents.get(path, (None, None))[0] != stamp:
                    with open(path, "rb") as file:
                        self.contents[path] = stamp, without_serial(file.read())
                key = path[len(self.work) + len("/out/"):]
                found[key] = self.contents[path][1], st.st_mtime_ns
        return found

    def compile(self, entries):
        """The files of these entries, by a fresh run without state."""
        text = ldif_site(entries)
        if (text, self.version) == self.compiled[0]:
            self.contested = self.compiled[2]
            return self.compiled[1]
        self.write("fresh.ldif", text)
        done = subprocess.run(
            self.command("--ldif", self.path("fresh.ldif"), "render"),
            capture_output=True, env=self.environ, check=False)
        # who of two had the boot file of a MAC before is not known to a fresh run
        contested = re.findall(rb"error: '(.*)' of target .*\[dup-file\]", done.stderr)
        self.contested = {os.path.relpath(path.decode(), self.path("out")) for path in contested}
        self.expect(done.returncode == 0
                    and done.stderr.count(b": error: ") == len(contested),
                    f"what should be good is not: {done.returncode} {done.stderr.decode()}")
        parts = re.split(rb"\n==> (.*) <==\n", b"\n" + done.stdout[:-1])[1:]
        files = {os.path.relpath(path.decode(), self.path("out")): without_serial(content)
                 for path, content in zip(parts[::2], parts[1::2])}
        self.compiled = (text, self.version), files, self.contested
        return files

    def compare(self, wanted, where):
        got = {path: content for path, (content, _) in self.published().items()}
        if not self.is_listed():
            got.pop("ours", None)
            wanted = {path: content for path, content in wanted.items() if path != "ours"}
        for path in sorted(wanted.keys() | got.keys()):
            if wanted.get(path) != got.get(path) and not (
                    path in self.contested and wanted.keys() & got.keys() & {path}):
                raise Violation(f"{where}: {path} differs:\n" + difference(
                    wanted.get(path), got.get(path)))

    # --- what must come of a run ---

    def to_turn_off(self):
        """The hosts that are published as to be installed, and are not to be any more."""
        good = self.now.good
        visible = self.hidden.visible(self.site.served)
        found = []
        for dn in self.armed_of(good):
            now = oracle.find_host(dn, good[dn], visible)
            if not oracle.is_armed_now(good[dn]) or (
                    now and not oracle.is_armed_now(visible[now])):
                found.append(dn)
        return found

    def turn_off(self, dns):
        """What is published changes by that and nothing else."""
        now = self.now
        self.now = Published(copy_entries(now.good), copy_entries(now.entries), {},
                             now.settings)
        for dn in dns:
            self.now.good[dn].pop("vocInstall", None)
            self.now.entries[dn].pop("vocInstall", None)
        self.now.files = dict(self.compile(self.now.entries))
        self.now.files.pop("ours", None)
        if "ours" in now.files:
            self.now.files["ours"] = now.files["ours"]

    def armed_of(self, good):
        """Hosts that were armed when they were published."""
        return {dn: entry for dn, entry in good.items()
                if oracle.kind_of(entry) == "host"
                and oracle.is_armed_now(entry, self.now.when)}

    def settle(self):
        settled = oracle.Settled(
            self.hidden.visible(self.site.served), self.now.good, self.now.entries)
        self.quarantined = settled.quarantined
        return settled

    def verdict(self, settled, accept):
        """(exit code, guards) of an apply of what is settled, if the directory is there."""
        if len(settled.counted) > QUARANTINE_MAX:
            return DATA, {f"{len(settled.counted)} in error"}
        if self.pinned:
            return REFUSED, {"pin"}
        refusals = set()
        if self.now.files:
            refusals = oracle.guards(self.now.entries, settled.entries(), self.baseline,
                                     self.is_listed() != ("ours" in self.now.files))
            refusals |= self.target_guard(settled)
        if refusals and not accept:
            return REFUSED, refusals
        return OK, refusals

    def is_listed(self):
        """Is the target that has a line for each node in the settings?"""
        return not self.settings["ours"].endswith("off")

    def target_guard(self, settled):
        old, new = self.now.files, self.compile(settled.entries())
        if "ours" in old and not self.is_listed():
            return {"targets"}
        for folder in ("ks", "repos", "manifests", "pxe"):
            before = {p for p in old if p.startswith(folder + "/")}
            if len(before - new.keys()) > oracle.allowed(10, len(before)):
                return {"targets"}
        return set()

    def apply(self, *words, accept=None, loose=False):
        """Runs apply, and looks at all that it did. Returns the exit code, and the output."""
        self.n_applies += 1
        if accept:
            words += ("--accept", accept)
        before = self.published()
        was_contested = self.contested
        off = self.to_turn_off()
        if off:
            self.turn_off(off)
            self.is_pending = True
        settled = self.settle()
        wanted, why = self.verdict(settled, accept)
        self.n_quarantined += len(settled.quarantined)
        # with --verbose it says how it read the directory
        done = self.run_apply(*words)
        self.count_reads(done)
        if was_contested | self.contested:  # whose the file was counts for guards and services
            loose = (loose or ()) + (OK, REFUSED, PENDING)
        if loose and done.returncode != wanted and done.returncode in loose:
            wanted = done.returncode
        self.note(f"quarantined: {settled.quarantined} {settled.reasons}; wanted {wanted} by {why}")
        if wanted == REFUSED and done.returncode != REFUSED:
            self.note("\n".join(map(str, oracle.AFFECTED)))
        if wanted in (OK, PENDING):
            self.expect(done.returncode in (OK, PENDING, REJECTED),
                        f"apply exits {done.returncode}, not {wanted}")
            told = self.after_success(settled, accept, done)
            wanted = told if not loose or PENDING not in loose else done.returncode
            self.is_pending = wanted == PENDING
        else:
            self.n_refusals += wanted == REFUSED
            if not off:
                self.expect(self.published() == before, f"{wanted}, and files are not as before")
            else:
                self.compare(self.now.files, "turned off beside a refusal")
        self.expect(done.returncode == wanted,
                    f"apply exits {done.returncode}, not {wanted} by {why}")
        self.look_again(wanted, settled)
        return wanted, done

    def run_apply(self, *words):
        if self.watch is not None:
            return self.watched()
        return self.run("apply", *words, *(["--verbose"] if self.rng.random() < 0.5 else []))

    def watched(self):
        """What `watch` did when it was let go, or started."""
        self.n_watched += 1
        code = self.watch.run()
        self.expect(code is not None, "watch applies nothing")
        self.wait_for_lock()
        text = self.watch.take_output()
        self.n_ahead += soak_watch.BEFORE in text
        self.note(f"watch: {code} {text}")
        self.expect(code not in (1, 70), f"watch ended with {code}")
        return subprocess.CompletedProcess(["watch"], code, "", text)

    def count_reads(self, done):
        """What changed only, or everything? Where all is read, the two are compared by ldapcc."""
        self.n_increments += "as the others did not change" in done.stderr
        self.expect(self.has_new_access or TOLD_WRONG not in done.stderr,
                    "an increment was wrong")

    def after_success(self, settled, accept, done):
        entries = settled.entries()
        files = self.compile(entries)
        told = {p for p in files.keys() | self.now.files.keys()
                if p == "hosts" or p.startswith("pxe/")}
        is_told = [p for p in told if files.get(p) != self.now.files.get(p)]
        self.note(f"told of {is_told}, pending {self.is_pending}")
        self.is_pending |= bool(is_told)
        if os.path.exists(self.path("check-fails")) and (
                files.get("hosts") != self.now.files.get("hosts")):
            return REJECTED
        self.compare(files, "published")
        if self.contested:  # a later rollback brings back whichever of the two it was
            got = self.published()
            files = {path: got[path][0] if path in self.contested and path in got else content
                     for path, content in files.items()}
        if accept or not self.baseline:
            self.baseline = set(oracle.nodes_of(entries))
        good = settled.put_together()
        self.now = Published(good, entries, files, self.version)
        self.remember()
        if self.is_pending and os.path.exists(self.path("reload-fails")):
            return PENDING
        return OK

    def remember(self):
        number = int(os.readlink(self.path("state/current")).rsplit("/", 1)[1])
        self.history[number] = self.now

    def look_again(self, code, settled):
        before = self.published()
        again = self.run("apply", *(["--full"] if self.rng.random() < 0.3 else []))
        self.expect(again.returncode == code, f"again: {again.returncode}, not {code}")
        self.expect(not again.stdout and not again.stderr,
                    f"again: it says {again.stdout}{again.stderr}")
        self.expect(self.published() == before, "again: files were touched")
        status = self.run("status").returncode
        wanted = code or (REFUSED if self.pinned else
                          DATA if settled.quarantined else OK)
        self.expect(status == wanted, f"status: {status}, not {wanted}")
        if code == OK and self.rng.random() < 0.5:
            diff = self.run("diff")
            self.expect(diff.returncode == OK, "diff is not empty after an apply")

    # --- steps ---

    def changes(self, n=None):
        choices = Site.EVERYDAY
        kind = self.rng.random()
        if kind < 0.3:
            choices = Site.EVERYDAY + Site.FAULTS
        elif kind < 0.36:
            choices = Site.LARGE
        if len(self.quarantined) > 3 or (self.quarantined and self.rng.random() < 0.3):
            self.repair()
        self.site.change(choices, n or self.rng.choice([1, 2, 2, 3, 4, 6, 10]))
        self.send()

    def send(self):
        ldif = self.site.take_ldif()
        self.note(ldif)
        self.server.modify(ldif)
        return bool(ldif)

    def repair(self):
        """Some of those in quarantine become what they were, or go."""
        entries = copy_entries(self.site.entries)
        for dn in sorted(self.quarantined):
            if self.rng.random() < 0.2:
                continue
            for one in [one for one in entries if one == dn or one.endswith("," + dn)]:
                del entries[one]
            then = oracle.moved(self.site.entries, self.now.good).get(dn, dn)
            for one, entry in self.now.good.items():
                if one == then or one.endswith("," + then):
                    entries[one] = dict(entry)
        self.site.become(entries)

    def settle_refusal(self, done, before):
        """Accepted by a person, or taken back."""
        if self.rng.random() < 0.6:
            found = re.search(r"--accept ([0-9a-f]+)", done.stderr)
            if found is None:
                found = re.search(r"--accept ([0-9a-f]+)", self.run("diff").stderr)
            self.expect(found is not None, "the refusal names no plan")
            code, _ = self.apply(accept=found.group(1))
            return code
        self.site.become(before)
        self.send()
        return self.apply("--full")[0]

    def bring_home(self, code, done, before):
        """From whatever came out to a run with exit 0, as a person would."""
        for _ in range(12):
            if code == REFUSED and not self.pinned:
                code = self.settle_refusal(done, before)
            elif code == DATA:
                self.repair()
                self.send()
                code, done = self.apply()
            else:
                break
        self.expect(code == OK, f"it does not come home: {code}")

    def step_changes(self):
        before = copy_entries(self.site.entries)
        self.changes()
        self.bring_home(*self.apply(), before)

    def step_kill(self):
        before = copy_entries(self.site.entries)
        self.changes()
        self.kill("apply")
        self.bring_home(*self.apply(), before)

    def kill(self, *words):
        self.n_kills += 1
        with subprocess.Popen(self.command(*words), env=self.environ, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(self.rng.random() * self.duration * 1.2)
            process.send_signal(signal.SIGKILL)
        self.wait_for_lock()
        self.note(f"killed: {words}")

    def wait_for_lock(self):
        """A child that was about to become another program holds it until it is that."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with open(self.path("state/lock"), "r+b") as lock:
                    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except FileNotFoundError:
                return
            except BlockingIOError:
                time.sleep(0.005)

    def step_hide(self):
        """An access rule that is wrong: refused, or accounted for; never a silent loss."""
        choice = self.rng.random()
        if choice < 0.4:
            self.hidden = Hidden(subtree=self.rng.choice(SUBTREES))
        elif choice < 0.8:
            self.hidden = Hidden(attribute=self.rng.choice(ATTRIBUTES))
        else:
            hosts = [dn for dn in self.site.of("hosts", "vcns") if "/r" not in dn
                     and not any(one.endswith("," + dn) for one in self.site.entries)]
            self.hidden = Hidden(entry=self.rng.choice(hosts))
        self.note(f"hidden: {vars(self.hidden)}")
        self.has_new_access = True
        self.server.set_access(self.hidden.rules())
        n_nodes = len(oracle.nodes_of(self.now.good))
        code, _ = self.apply("--full", loose=(DIRECTORY,))
        if code == OK:
            lost = n_nodes - len(oracle.nodes_of(self.now.good))
            self.expect(lost <= 3, f"{lost} nodes are lost without a word")
        self.hidden = NOTHING
        self.server.set_access([])
        self.bring_home(*self.apply("--full"), copy_entries(self.site.entries))
        self.has_new_access = False

    def step_rollback(self):
        kept = [n for n in sorted(self.history) if os.path.exists(
            self.path(f"state/generations/{n:06}/record"))]
        number = self.rng.choice(kept)
        then = self.history[number]
        if self.rng.random() < 0.2:
            self.kill("rollback", str(number))
        done = self.run("rollback", str(number))
        arms = self.armed_of(then.good).keys() - self.armed_of(self.now.good).keys()
        self.expect(not arms or done.returncode in (OK, REFUSED), "rollback")
        if done.returncode == REFUSED and arms:  # hosts would install themselves again
            found = re.search(r"--accept ([0-9a-f]+)", done.stderr)
            done = self.run("rollback", str(number), "--accept", found[1])
        self.expect(done.returncode == OK, f"rollback exits {done.returncode}")
        if then.settings == self.version:
            self.compare(then.files, f"rolled back to {number}")
        files = {path: content for path, (content, _) in self.published().items()}
        self.now = Published(then.good, then.entries, files, then.settings)
        self.baseline = set(oracle.nodes_of(then.entries))
        self.pinned = True
        if self.rng.random() < 0.5:
            self.changes()
        code, _ = self.apply()
        self.expect(code in (REFUSED, DATA), f"under a pin: {code}")
        self.expect(self.run("rollback", "--unpin").returncode == OK, "unpin fails")
        self.pinned = False
        self.bring_home(*self.apply(), copy_entries(self.site.entries))

    def apply_settings(self, **changes):
        """A person who edits settings means it."""
        self.write_settings(**changes)
        code, done = self.apply()
        if code == REFUSED:
            code, done = self.apply(accept=re.search(r"--accept ([0-9a-f]+)", done.stderr)[1])
        self.bring_home(code, done, copy_entries(self.site.entries))

    def step_settings(self):
        how = self.rng.randrange(5)
        if how == 0:
            self.write_settings()  # the template of our own, with another version
            self.bring_home(*self.apply(), copy_entries(self.site.entries))
        elif how == 1:
            self.write("settings.yaml", "targets: {nonsense: {}}\n")
            before = self.published()
            self.expect(self.run("apply").returncode == USAGE, "wrong settings are not 64")
            self.expect(self.published() == before, "wrong settings, and files were changed")
            self.write_settings()
            self.bring_home(*self.apply(), copy_entries(self.site.entries))
        elif how == 2:
            was = self.settings["ours"]
            self.apply_settings(ours="ours: off")
            self.apply_settings(ours=was)
        elif how == 3:
            self.write_settings(more="quarantine: {max: 0}\n")
            self.site.change(Site.FAULTS, 1)
            self.send()
            before = self.published()
            code = self.run("apply").returncode
            settled = self.settle()
            if code == DATA:
                self.expect(settled.counted, "exit 10 without an error")
                self.expect(self.published() == before, "exit 10, and files were changed")
            self.write_settings(more="")
            self.bring_home(*self.apply(), copy_entries(self.site.entries))
        else:
            self.write_settings(more="severity: {no-mac: ignore}\n")
            self.bring_home(*self.apply(), copy_entries(self.site.entries))

    def step_flag(self):
        """A checker that rejects, a service that cannot be reloaded."""
        name = self.rng.choice(["check-fails", "reload-fails"])
        before = copy_entries(self.site.entries)
        self.write(name, "")
        self.changes()
        code, done = self.apply()
        os.unlink(self.path(name))
        if code in (REJECTED, PENDING):
            code, done = self.apply()
        self.bring_home(code, done, before)

    def step_away(self):
        """The directory does not answer, or another run holds the lock."""
        before = self.published()
        if self.rng.random() < 0.5:
            self.server.stop()
            self.expect(self.run("apply", "--full").returncode == DIRECTORY, "not 4")
            self.expect(self.run("status").returncode == DIRECTORY, "status: not 4")
            self.server.start()
        else:
            with open(self.path("state/lock"), "r+b") as lock:
                fcntl.lockf(lock, fcntl.LOCK_EX)
                self.expect(self.run("apply").returncode == LOCKED, "not 8")
        self.expect(self.published() == before, "files were changed")
        self.bring_home(*self.apply(), copy_entries(self.site.entries))

    def step_drift(self):
        """Somebody edits a managed file, or removes it."""
        path = self.path("out/" + self.rng.choice(sorted(self.now.files)))
        if self.rng.random() < 0.5:
            os.unlink(path)
        else:
            with open(path, "ab") as file:
                file.write(b"# by hand\n")
        # files of a tree are looked at when everything is read
        done = self.run("apply", *(["--full"] if "/" in os.path.relpath(
            path, self.path("out")) else []))
        self.expect(done.returncode == OK and "drift" in done.stderr, "drift is not told")
        self.compare(self.now.files, "after drift")
        self.remember()

    def step_until(self):
        """An installation whose end comes while nobody changes anything."""
        hosts = [dn for dn in self.site.of("hosts") if dn not in self.quarantined
                 and "vocInstallProfile" in self.site.entries[dn]]
        entry = self.site.entries[self.rng.choice(hosts)]
        end = int(time.time()) + 2
        entry["vocInstall"] = ["TRUE"]
        entry["vocInstallUntil"] = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(end))]
        self.site.n_changes += 1
        self.send()
        self.run("apply")
        while time.time() < end + 1.01:
            time.sleep(0.05)
        settled = self.settle()
        self.now = Published(settled.put_together(), settled.entries(), self.now.files,
                             self.now.settings)
        self.bring_home(*self.apply(), copy_entries(self.site.entries))

    def step_watch(self):
        """Applies of `watch`, which does before a change what it can."""
        watch = soak_watch.Watch(self.command("watch", "--verbose"), self.environ, self.work)
        try:
            before = copy_entries(self.site.entries)
            done, is_alone = self.apply_by(watch), True
            for _ in range(self.rng.choice([1, 2, 3])):
                if done[0] != OK:
                    break
                is_alone = self.come_between(watch) and is_alone
                before = copy_entries(self.site.entries)
                self.site.change(Site.EVERYDAY, self.rng.choice([1, 2, 4]))
                if not self.send():
                    continue
                is_alone = is_alone and not self.kill_at_work(watch)
                n_ahead = self.n_ahead
                done = self.apply_by(watch)
                self.expect(self.n_ahead > n_ahead or not is_alone or done[0] != OK,
                            "watch had done nothing before the change")
                is_alone = True
        finally:
            watch.end()
        self.bring_home(*done, before)

    def apply_by(self, watch):
        self.watch = watch
        try:
            return self.apply()
        finally:
            self.watch = None

    def come_between(self, watch):
        """What happens while watch waits and sees nothing; False where it must begin anew."""
        how = self.rng.random()
        if watch.process is None:
            return False
        if how < 0.2:
            watch.kill()  # it is started again after the change
        if 0.1 < how < 0.3:
            self.step_changes()
        elif 0.3 < how < 0.4:
            self.step_rollback()
        elif 0.4 < how < 0.5:
            self.step_settings()
        return how >= 0.5

    def kill_at_work(self, watch):
        """It waits for a second first; the apply that it has begun ends, or is killed, too."""
        if watch.process is None or self.rng.random() < 0.8:
            return False
        self.n_kills += 1
        watch.let_go()
        time.sleep(1 + self.rng.random() * self.duration * 1.2)
        watch.kill(with_children=self.rng.random() < 0.5)
        self.wait_for_lock()
        return True

    STEPS = ((step_changes, 70), (step_kill, 12), (step_hide, 4), (step_rollback, 4),
             (step_settings, 4), (step_flag, 4), (step_away, 1), (step_drift, 2),
             (step_watch, 3), (step_until, 0.5))

    # --- all of it ---

    def begin(self):
        code, _ = self.apply()
        self.expect(code == OK, "the first apply")

    def soak(self):
        end = time.monotonic() + SECONDS
        steps, weights = zip(*self.STEPS)
        self.set_up()
        self.begin()
        while self.site.n_changes < CHANGES and time.monotonic() < end:
            step = self.rng.choices(steps, weights)[0]
            self.tell_progress()
            self.note(f"--- {step.__name__}")
            step(self)

    def counts(self):
        return (f"# seed {self.seed}: {self.site.n_changes} changes, {self.n_applies} applies, "
                f"{self.n_kills} kills, {self.n_refusals} refusals, {self.n_quarantined} "
                f"quarantined, {self.n_increments} incremental reads seen, {self.n_watched} applies by "
                f"watch, {self.n_ahead} of them begun before, {self.n_violations} violations")

    def tell_progress(self):
        if self.site.n_changes >= self.told + 1000:
            self.told = self.site.n_changes
            print(self.counts(), flush=True)

    def finish(self):
        self.server.stop()
        print(self.counts())


def without_serial(content):
    """Serials are told by the clock, and the hash of a file's last line by the serial."""
    return SERIAL.sub(b"", content) if b"\nserial: " in content else content


def fast_folder():
    """In memory, where there is such a folder and nobody asks for another."""
    return None if os.environ.get("TMPDIR") or not os.access("/dev/shm", os.W_OK) else "/dev/shm"


def difference(wanted, got):
    if wanted is None or got is None:
        return "it should not be there" if wanted is None else "it is missing"
    if wanted.split() == got.split():
        return f"{wanted[-200:]!r}\n{got[-200:]!r}"
    a, b = (set(text.decode(errors="replace").splitlines()) for text in (wanted, got))
    return "\n".join([f"- {line}" for line in sorted(a - b)[:12]]
                     + [f"+ {line}" for line in sorted(b - a)[:12]])


def main():
    ldapcc = os.path.realpath(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    print("1..1")
    if not is_installed():
        print("ok 1 - soak # SKIP slapd or the LDAP tools are not installed")
        return 0
    soak = Soak(ldapcc, seed)
    try:
        soak.soak()
    except Violation as violation:
        soak.n_violations += 1
        text = "\n".join(soak.log[-25:]) + f"\nVIOLATION: {violation}"
        print("# " + text.replace("\n", "\n# "))
    finally:
        soak.finish()
        if not os.environ.get("SOAK_KEEP"):
            shutil.rmtree(soak.work, ignore_errors=True)
        else:
            print("# " + soak.work)
    print(f"{'not ok' if soak.n_violations else 'ok'} 1 - soak")
    return soak.n_violations > 0


if __name__ == "__main__":
    sys.exit(main())
