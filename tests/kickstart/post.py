# SPDX-License-Identifier: Apache-2.0
"""Runs %post in a scratch root, where yum, dnf and rpm write down what they were asked."""

import configparser
import os
import shutil
import subprocess

from expected import read_kickstart
from tap import differences, report, skip

# a full path, because the programs inside have a search path of their own
CHROOT = [shutil.which("chroot", path=os.environ["PATH"] + ":/usr/sbin")]
if os.geteuid() != 0:
    CHROOT = [shutil.which("unshare"), "-r"] + CHROOT

FAKE_INSTALLER = """#!/bin/sh
# what was asked, and the repositories that were there then
echo "${0##*/} $*" >>/asked
for last in "$@"; do :; done
case " $* " in
*" makecache "*) [ ! -e /no-tree ] ;;
*" install "*)
	[ -d /seen ] || cp -r /etc/yum.repos.d /seen
	if [ -e /broken ]; then echo "${0##*/} is broken today"; exit 1; fi
	[ -e /deaf ] || echo "$last" >>/installed
	;;
esac
"""
FAKE_RPM = """#!/bin/sh
case $1 in
--import) echo "rpm $*" >>/asked; [ ! -e /no-keys ] ;;
-qa) [ "$2" != 'python3.[0-9]*' ] || grep -xF "$2" /installed ;;
-q) shift; [ "$1" != --whatprovides ] || exit 1; grep -qxF -e "$1" /installed ;;
esac
"""
TOOLS = ["sh", "awk", "cat", "cp", "echo", "grep", "head", "mkdir", "mv", "printf",
         "readlink", "rm", "sed", "sort", "tr"]


class Root:
    """A scratch root with a shell, and programs that write down what they were asked."""

    def __init__(self, site, name, installers=("dnf",), present=()):
        self.site = site
        self.path = os.path.join(site.folder, "root-" + name)
        shutil.rmtree(self.path, ignore_errors=True)
        for folder in ("bin", "etc", "root", "dev", "tmp"):
            os.makedirs(os.path.join(self.path, folder))
        shutil.copy(shutil.which("busybox"), self.of("bin/busybox"))
        for tool in TOOLS:
            os.symlink("busybox", self.of("bin/" + tool))
        for program in installers:
            self.write("bin/" + program, FAKE_INSTALLER)
        self.write("bin/rpm", FAKE_RPM)
        self.write("dev/null", "")
        self.write("asked", "")
        self.write("installed", "")
        for path in present:
            self.write(path, "")

    def of(self, path):
        return os.path.join(self.path, path)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.of(path)), exist_ok=True)
        with open(self.of(path), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.of(path), 0o755)

    def read(self, path):
        return open(self.of(path), encoding="utf-8").read()

    def run(self, kind, release):
        self.run_script(read_kickstart(self.site.file(kind, release), release).script)

    def run_script(self, script):
        self.write("tmp/script", "\n".join(script) + "\n")
        done = subprocess.run(CHROOT + [self.path, "/bin/sh", "/tmp/script"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8", env={"PATH": "/bin"}, check=False)
        self.output, self.status = done.stdout, done.returncode

    def repo_files(self, folder):
        return {name: self.read(folder + "/" + name)
                for name in sorted(os.listdir(self.of(folder)))}

    def installs(self):
        return [line for line in self.read("asked").splitlines() if " install " in line]


def parse_repo_file(text):
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    lists = ("baseurl", "gpgkey", "includepkgs", "exclude")
    return {section: {key: value.split() if key in lists else value
                      for key, value in parser[section].items()}
            for section in parser.sections()}


def check_repo_files(files, repositories):
    faults = []
    for repository in repositories:
        name = repository.name + ".repo"
        if name not in files:
            faults.append("no " + name)
            continue
        faults += differences(name, parse_repo_file(files[name]),
                              {repository.name: repository.file()})
    return faults


def check_post(site, release, installer):
    """Everything works: what was asked for is there, kept ones stay, others are gone."""
    repositories = site.of_kind("all")
    root = Root(site, release, (installer,))
    # a package brought a file with the name of one of ours, and one of its own
    root.write("etc/yum.repos.d/filtered.repo", "[filtered]\nname=of a package\n")
    root.write("etc/yum.repos.d/base.repo", "[base]\nname=of a package\n")
    root.run("all", release)
    report("%s: %%post ends well" % release,
           differences("status", root.status, 0) +
           ["it says: " + line for line in root.output.splitlines()
            if not line.startswith("ldapcc: key not imported yet: file:")])
    files = root.repo_files("etc/yum.repos.d")
    # a scratch root has no installer: what that keeps is no matter here
    kept = [r for r in repositories if r.is_kept_by_post(release) or
            (r.keep and root.installs())]
    report("%s: kept repositories stay, as they should be" % release,
           check_repo_files(files, kept))
    report("%s: others are gone, and what was there before is there again" % release,
           differences("files", sorted(files),
                       sorted([r.name + ".repo" for r in kept] +
                              ["base.repo", "filtered.repo"])) +
           differences("filtered.repo", files.get("filtered.repo"),
                       "[filtered]\nname=of a package\n"))
    keys = sorted({key for r in repositories for key in r.keys if "$" not in key})
    report("%s: keys are imported" % release, differences(
        "keys", sorted({line.split()[-1] for line in root.read("asked").splitlines()
                        if line.startswith("rpm --import")}), keys))
    return root


def check_installation(site, root, release, installer):
    repositories = site.of_kind("all")
    report("%s: packages are installed with all repositories there" % release,
           check_repo_files(root.repo_files("seen"), repositories))
    wanted = ["condor", "libstdc++", "python3.[0-9]*"]
    faults = differences("installed", root.read("installed").split(), wanted)
    for line, package in zip(root.installs(), wanted):
        words = line.split()
        enabled = {word[len("--enablerepo="):] for word in words
                   if word.startswith("--enablerepo=")}
        faults += differences("installer", words[0], installer)
        faults += differences("package", words[-1], package)
        faults += differences("repositories", enabled,
                              {r.name for r in repositories} | {"ldapcc-install"})
        before = words[:words.index("install")]
        if "-y" not in before or "--disablerepo=*" not in before:
            faults.append(line)
    report("%s: … from them and the installation tree only" % release, faults)


def check_failures(site, release):
    root = Root(site, "broken", present=("broken",))
    root.run("all", release)
    failed = [line for line in root.output.splitlines()
              if line.startswith("ldapcc: not installed: ")]
    report("dnf fails: the script does, and says what is missing",
           differences("status", root.status, 1) +
           differences("said", len(failed), 3) +
           differences("dnf's own words", "dnf is broken today" in root.output, True))
    report("… and the repositories are cleaned up all the same", differences(
        "files", sorted(root.repo_files("etc/yum.repos.d")),
        sorted(r.name + ".repo" for r in site.of_kind("all") if r.keep)))
    root = Root(site, "deaf", present=("deaf",))
    root.run("all", release)
    report("dnf says that all is well and has installed nothing: the script fails",
           differences("status", root.status, 1))
    root = Root(site, "keys", present=("no-keys",))
    root.run("all", release)
    report("a key cannot be had: the script fails, and packages are installed",
           differences("status", root.status, 1) +
           differences("said", "ldapcc: key not imported: " in root.output, True) +
           differences("installed", len(root.read("installed").split()), 3))
    root = Root(site, "tree", present=("no-tree",))
    root.run("all", release)
    report("the installation tree is no repository: packages are installed without it",
           differences("status", root.status, 0) + differences(
               "tree", [line for line in root.installs() if "ldapcc-install" in line], []))
    root = Root(site, "there")
    root.write("installed", "condor\nlibstdc++\npython3.[0-9]*\n")
    root.run("all", release)
    report("what is there already is not installed again",
           differences("status", root.status, 0) + differences("asked", root.installs(), []))


def check_scripts(site):
    if not shutil.which("busybox"):
        skip("running %post", "no busybox")
        return
    tried = subprocess.run(CHROOT + ["/", "/bin/true"], stderr=subprocess.DEVNULL,
                           check=False)
    if tried.returncode:
        skip("running %post", "needs root, or user namespaces")
        return
    for release, installer in (("RHEL5", "yum"), ("RHEL6", "yum"), ("RHEL7", "yum"),
                               ("F13", "dnf")):
        root = check_post(site, release, installer)
        check_installation(site, root, release, installer)
    for release in ("RHEL8", "RHEL9", "RHEL10", "F41"):
        root = check_post(site, release, "dnf")
        report("%s: the installer can do the rest" % release,
               differences("asked", root.installs(), []))
    check_failures(site, "RHEL7")
    root = Root(site, "old", ("yum",))
    root.run("plain", "RHEL4")
    report("RHEL4: nothing but %post knows repositories, and it keeps its own log",
           differences("status", root.status, 0) + differences("output", root.output, "") +
           differences("log", os.path.exists(root.of("root/ldapcc-post.log")), True) +
           differences("installed", len(root.read("installed").split()), 3) +
           check_repo_files(root.repo_files("seen"), site.of_kind("plain")))
