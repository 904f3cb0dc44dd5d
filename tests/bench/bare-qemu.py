#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bare-qemu.py IMAGE < commands - QEMUs without a launcher, all at once

Standard input holds one JSON list a line: the command that `vcn --json argv` prints. Each is
started with the descriptors it names and nothing else done for it. Prints two times in
milliseconds: from before the first start to the last QMP greeting, and until all guests'
processors run. The QEMUs are then killed.
"""
import json
import os
import re
import select
import signal
import socket
import sys
import time

image = sys.argv[1]
commands = [json.loads(line) for line in sys.stdin]


def prepare(command):
    """The command's descriptors: [(ours, number in the child)], and its QMP socket."""
    files, qmp = [], None
    for word in command:
        number = re.search(r"\bfd=(\d+)", word)
        if not number:
            continue
        if word.startswith("socket,"):
            ours, theirs = socket.socketpair()
            files.append((theirs.detach(), int(number[1])))
            if "id=qmp" in word:
                qmp = ours
            keep.append(ours)
        else:
            files.append((os.open(image, os.O_RDONLY), int(number[1])))
    return files, qmp


def spawn(command, files):
    """fork and exec, without waiting for the exec as posix_spawn(3) does."""
    pid = os.fork()
    if pid == 0:
        os.setsid()  # as the launcher's: the scheduler shares processors out by session
        os.dup2(low[0], 0)
        for ours, number in files:
            os.dup2(ours, number)
        os.execve(command[0], command, os.environ)
    return pid


def run_all(sockets):
    """Each guest's processors are started as soon as its QEMU greets; gives both times."""
    said = {s: b"" for s in sockets}
    waiting = set(sockets)
    while said:
        for s in select.select(list(said), [], [], 60)[0]:
            said[s] += s.recv(65536)
            if s in waiting and b'"QMP"' in said[s]:
                waiting.remove(s)
                greeted = time.monotonic()
                s.sendall(b'{"execute":"qmp_capabilities"}\n{"execute":"cont"}\n')
            elif b'"event": "RESUME"' in said[s]:
                del said[s]
    return greeted, time.monotonic()


keep = []
# so that what we open lies above all numbers of a child
low = [os.open("/dev/null", os.O_RDWR) for _ in range(60)]
ready = [prepare(command) for command in commands]
sockets = [qmp for _, qmp in ready]
began = time.monotonic()
pids = [spawn(command, files) for command, (files, _) in zip(commands, ready)]
greeted, running = run_all(sockets)
for pid in pids:
    os.kill(pid, signal.SIGKILL)
for pid in pids:
    os.waitpid(pid, 0)
print(f"{(greeted - began) * 1000:.3f} {(running - began) * 1000:.3f}")
