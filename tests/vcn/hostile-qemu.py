#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""hostile-qemu.py - plays a QEMU that somebody has broken out into.

What it does wrong is what its guest is called: see hostile.sh.
"""
import errno
import json
import os
import re
import socket
import sys
import threading
import time

arguments = " ".join(sys.argv)
if "-machine none " in arguments:
    os.execv("/usr/bin/qemu-system-x86_64", ["qemu-system-x86_64"] + sys.argv[1:])
name = re.search(r"guest=([^ ,]+)", arguments).group(1)
qmp = socket.socket(fileno=int(re.search(r"id=qmp,fd=(\d+)", arguments).group(1)))
GREETING = b'{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}}}\n'

# What is said once the guest runs.
LINES = {
    "nulls": b'{"event": "SHUTDOWN", "data": null}\n{"event": "SHUTDOWN", "data": {"reason": null}}\n'
             b'{"event": "BLOCK_IO_ERROR", "data": {"action": null, "nospace": null, "reason": null}}\n'
             b'{"event": "VSERPORT_CHANGE", "data": {"open": null, "id": null}}\n'
             b'{"event": "NIC_RX_FILTER_CHANGED"}\n{"event": "UNHEARD_OF", "data": {"a": [1]}}\n',
    "event-number": b'{"event": 5}\n',
    "event-data": b'{"event": "SHUTDOWN", "data": []}\n',
    "event-reason": b'{"event": "SHUTDOWN", "data": {"reason": 7}}\n',
    "event-open": b'{"event": "VSERPORT_CHANGE", "data": {"open": "yes", "id": []}}\n',
    "event-action": b'{"event": "BLOCK_IO_ERROR", "data": {"action": {}}}\n',
    "reply-text": b'{"return": {}, "id": "1"}\n',
    "reply-unasked": b'{"return": {}, "id": 99}\n',
    "reply-negative": b'{"return": {}, "id": -1}\n',
    "reply-none": b'{"id": 1}\n',
    "error-null": b'{"error": {"class": "x", "desc": null}, "id": 1}\n',
    "no-object": b'[1, 2]\n',
    "no-json": b"hello\n",
    "no-utf8": b'{"event": "\xff\xfe"\n',
    "nul": b'{"event": "a\x00b"}\n\x00\n',
    "deep": b'{"event": "a", "data": ' + b'{"a": ' * 40000 + b"}" * 40000 + b"}\n",
    "long": b'{"event": "' + b"x" * 300000 + b'"}\n',
    "endless": b'{"event": "' + b"x" * 3000000,
    "greets-twice": GREETING * 3,
    "panics": b'{"event": "GUEST_PANICKED", "data": {"action": "pause"}}\n{"event": "STOP"}\n',
    "stops": b'{"event": "STOP", "data": {}}\n',
    "breaks": b'{"event": "BLOCK_IO_ERROR", "data": {"action": "stop", "nospace": false, '
              b'"reason": "Input/output error"}}\n{"event": "STOP"}\n',
    "quota": b'{"event": "BLOCK_IO_ERROR", "data": {"action": "stop", "nospace": false, '
             b'"reason": "Disk quota exceeded"}}\n{"event": "STOP"}\n',
    "reboots": b'{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}\n',
}
# As many as a VCN may have, with all that QEMU says of each.
PROCESSORS = [{"thread-id": 100000 + i, "qom-path": "/machine/unattached/device[%d]" % i,
               "props": {"core-id": i, "thread-id": 0, "socket-id": 0, "die-id": 0},
               "cpu-index": i, "target": "x86_64"} for i in range(1024)]


def chat():
    """On the serial line, without an end."""
    line = socket.socket(fileno=int(re.search(r"id=ser0,fd=(\d+)", arguments).group(1)))
    while True:
        line.sendall(b"x" * 999 + b"\n")
        time.sleep(0.001)


def event(kind, data):
    qmp.sendall(json.dumps({"event": kind, "data": data}).encode() + b"\n")


def write_all():
    """As QEMU writes an overlay; tells what the kernel says of it."""
    path = os.path.join(os.environ["TMPDIR"], "overlay")
    fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    os.unlink(path)
    try:
        while True:
            os.write(fd, b"x" * 65536)
    except OSError as error:
        event("BLOCK_IO_ERROR", {"action": "stop", "nospace": error.errno == errno.ENOSPC,
                                 "reason": os.strerror(error.errno)})
        event("STOP", {})


def tried(function, *args):
    try:
        return "done: %r" % (function(*args),)
    except OSError as error:
        return os.strerror(error.errno)


def look_around():
    """What somebody sees and may do in there, into the scratch folder."""
    seen = {
        "root": sorted(os.listdir("/")),
        "processes": sorted(int(p) for p in os.listdir("/proc") if p.isdigit()),
        "interfaces": sorted(line.split(":")[0].strip()
                             for line in open("/proc/self/net/dev") if ":" in line),
        "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
        "passwd": tried(open, "/etc/passwd"),
        "usr": tried(open, "/usr/broken", "w"),
        "root folder": tried(os.mkdir, "/broken"),
        "mounts": tried(os.chroot, "/usr"),
        "files": sorted(os.readlink("/proc/self/fd/" + fd) for fd in os.listdir("/proc/self/fd")
                        if os.path.lexists("/proc/self/fd/" + fd)),
        "sysctl": tried(open, "/proc/sys/kernel/hostname", "w"),
        "host name": os.uname().nodename,
    }
    with open(os.path.join(os.environ["TMPDIR"], "seen"), "w") as file:
        json.dump(seen, file)
    os.rename(file.name, file.name + ".json")


def talk():
    answers = 0
    for line in qmp.makefile("rb"):
        command = json.loads(line)
        if name == "silent" and command["execute"] == "query-status":
            continue
        data = PROCESSORS if command["execute"] == "query-cpus-fast" else {}
        qmp.sendall(json.dumps({"return": data, "id": command["id"]}).encode() + b"\n")
        if command["execute"] == "quit":
            sys.exit(0)
        if command["execute"] != "cont":
            continue
        answers += 1
        if answers > 1:
            continue
        if name in LINES:
            qmp.sendall(LINES[name])
        if name.startswith("fills"):
            write_all()
        if name == "full":
            event("BLOCK_IO_ERROR", {"action": "stop", "nospace": True, "reason": "full"})
            event("STOP", {})
        if name == "eats":
            eaten = []
            while True:
                eaten.append(b"x" * 1048576)
        if name == "looks":
            look_around()
        if name == "reboots":
            sys.exit(0)
        if name == "floods":
            for _ in range(40000):
                event("NIC_RX_FILTER_CHANGED", {"name": "x" * 200})
        if name == "chats":
            threading.Thread(target=chat, daemon=True).start()
        if name == "hangs-up":
            qmp.shutdown(socket.SHUT_RDWR)
            time.sleep(600)
        if name == "shouts":
            os.write(2, b"\x1b[31m" + b"loud\n" * 50000)
            sys.exit(3)


if name == "greets-not":
    time.sleep(600)
if name == "greets-wrongly":
    qmp.sendall(b'{"QMP": null}\n')
elif name == "greets-nothing":
    qmp.sendall(b"null\n")
else:
    qmp.sendall(GREETING)
talk()
