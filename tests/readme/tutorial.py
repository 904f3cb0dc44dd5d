# SPDX-License-Identifier: Apache-2.0
"""tutorial.py PREFIX PAGE - every command of a tutorial, run as the page has it (TAP)

A command stands behind `$ `, the lines of its here-document behind `>`; other lines of the block
are what it prints, in that order, among others. All have to exit with 0, or 2 (`diff`). Each
section is run in an empty folder of its own, with the settings and state of none before it.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from session import is_same  # noqa: E402


def sections(page):
    """[(heading, [[command, [printed line, …]], …])] of those that have commands"""
    found, inside = [], False
    for line in page.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif line.startswith("# ") and not inside:
            found.append((line[2:], []))
        elif inside and line.startswith("$ "):
            found[-1][1].append([line[2:], []])
        elif inside and line.startswith(">"):
            found[-1][1][-1][0] += "\n" + line[2:]
        elif inside:
            found[-1][1][-1][1].append(line)
    return [section for section in found if section[1]]


def clear():
    """What a section leaves is not there for the next."""
    for path in ("/etc/ldapcc", "/etc/dhcp", "/etc/kea", "/var/lib/ldapcc", "/srv"):
        for name in os.listdir(path) if os.path.isdir(path) else ():
            below = os.path.join(path, name)
            is_folder = os.path.isdir(below) and not os.path.islink(below)
            shutil.rmtree(below) if is_folder else os.unlink(below)


def missing(expected, printed):
    got = [line.split() for line in printed.splitlines()]
    at = 0
    for line in expected:
        while at < len(got) and not is_same(line.split(), got[at]):
            at += 1
        if at == len(got):
            return line
        at += 1
    return None


def run(command, folder):
    result = subprocess.run(["bash", "-c", command], cwd=folder, timeout=200, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    return result.returncode, result.stdout


def main(prefix, path):
    n, n_failed = 0, 0
    guest = os.environ.get("VCN_TEST_GUEST", "")
    for heading, commands in sections(open(path, encoding="utf-8").read()):
        clear()
        with tempfile.TemporaryDirectory() as folder:
            if guest:
                os.symlink(guest, os.path.join(folder, "guest"))
            for command, expected in commands:
                n += 1
                name = re.sub(r"[#\n].*", "", command, flags=re.S)
                if not guest and re.search(r"\bvcn (--|check|stop)|\bguest/", command):
                    print(f"ok {n} - {name} # SKIP VCN_TEST_GUEST names no guest")
                    continue
                status, printed = run(command.replace("/usr/local/", prefix + "/"), folder)
                line = missing(expected, printed)
                good = status in (0, 2) and line is None
                n_failed += not good
                print(f"{'' if good else 'not '}ok {n} - {heading.lower()[:20]}…: {name}")
                if not good:
                    print(f"# exit {status}" + (f"; not printed: {line}" if line else ""))
                    print(re.sub("^", "# ", printed[-2000:], flags=re.M))
    print(f"1..{n}")
    return n_failed > 0


sys.exit(main(sys.argv[1], sys.argv[2]))
