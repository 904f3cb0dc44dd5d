#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hangfs.py FOLDER MOUNT SWITCH - shows the files of FOLDER at MOUNT, and hangs.

A file system as a server that is gone leaves it: while the file SWITCH exists, requests that it
names (lookup, open, read, or all) are not answered. FUSE, spoken without a library.
"""
import ctypes
import os
import select
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR = 25, 26, 27, 28, 29
INTERRUPT, DESTROY, BATCH_FORGET = 36, 38, 42
NAMES = {LOOKUP: "lookup", OPEN: "open", READ: "read"}
ENOENT, ENOSYS = 2, 38

folder, mount_point, switch = sys.argv[1:4]
names = [""] + sorted(os.listdir(folder))  # by node number, from 1 on: 1 is the folder


def attributes(node):
    st = os.stat(os.path.join(folder, names[node - 1]))
    return struct.pack("<6Q10I", node, st.st_size, 0, 0, int(st.st_mtime), 0, 0, 0, 0,
                       st.st_mode, 1, 0, 0, 0, 4096, 0)


def answer(opcode, node, body):
    """The answer's bytes, or an errno."""
    if opcode == INIT:
        major, minor, readahead, _ = struct.unpack("<4I", body[:16])
        return struct.pack("<4I2H2I2HI28x", major, min(minor, 31), readahead, 0, 16, 12,
                           65536, 1, 0, 0, 0)
    if opcode == LOOKUP:
        name = body.rstrip(b"\0").decode()
        if name not in names[1:]:
            return ENOENT
        found = names.index(name) + 1
        return struct.pack("<4Q2I", found, 0, 0, 0, 0, 0) + attributes(found)
    if opcode == GETATTR:
        return struct.pack("<Q2I", 0, 0, 0) + attributes(node)
    if opcode in (OPEN, OPENDIR):
        return struct.pack("<Q2I", 0, 0, 0)
    if opcode == READ:
        _, offset, size = struct.unpack("<QQI", body[:20])
        with open(os.path.join(folder, names[node - 1]), "rb") as file:
            return os.pread(file.fileno(), size, offset)
    if opcode == READDIR:
        _, offset = struct.unpack("<QQ", body[:16])
        if offset:
            return b""
        entries = b""
        for i, name in enumerate(names[1:], 2):
            text = name.encode()
            entry = struct.pack("<QQ2I", i, i, len(text), 8) + text
            entries += entry + b"\0" * (-len(entry) % 8)
        return entries
    if opcode == STATFS:
        return struct.pack("<5Q4I24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
    return b"" if opcode in (FLUSH, RELEASE, RELEASEDIR, DESTROY) else ENOSYS


def hangs(opcode):
    try:
        with open(switch) as file:
            words = file.read().split()
    except OSError:
        return False
    return opcode != INIT and ("all" in words or NAMES.get(opcode) in words)


def main():
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if ctypes.CDLL(None, use_errno=True).mount(
            b"hangfs", mount_point.encode(), b"fuse.hangfs", 6, options.encode()) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    waiting = []
    while True:
        ready, _, _ = select.select([device], [], [], 0.1)
        if ready:
            try:
                request = os.read(device, 1 << 20)
            except OSError:
                return  # unmounted
            waiting.append(request)
        for request in list(waiting):
            _, opcode, unique, node = struct.unpack("<IIQQ", request[:24])
            if hangs(opcode):
                continue
            waiting.remove(request)
            if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            result = answer(opcode, node, request[40:])
            error = -result if isinstance(result, int) else 0
            result = b"" if error else result
            try:
                os.write(device, struct.pack("<IiQ", 16 + len(result), error, unique) + result)
            except OSError:
                pass  # who asked has been interrupted


main()
