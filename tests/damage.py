#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""damage.py HOW FILE [OTHER] - damages a file of ldapcc's state; `damage.py list` prints the ways.

A way is one that leaves a file without its end, with another byte in it, or whole but of something
else: another version, or (with OTHER, a file of another generation) another generation."""

import hashlib
import os
import shutil
import sys

TRAILER = b"# ldapcc hosts=0 vcns=0 sha256="


def cut(at):
    return lambda data: data[: at(len(data))]


def flip(at):
    def do(data):
        i = at(data)
        return data[:i] + bytes([data[i] ^ 0x10]) + data[i + 1 :]

    return do


def seal(body):
    return body + TRAILER + hashlib.sha256(body).hexdigest().encode() + b"\n"


def version(data):
    body = data[: data.rindex(TRAILER)]
    first, rest = body.split(b"\n", 1)
    words = first.split(b" ")
    words[2] = b"9"
    return seal(b" ".join(words) + b"\n" + rest)


WAYS = {
    "empty": cut(lambda n: 0),
    "cut-1": cut(lambda n: 1),
    "cut-20": cut(lambda n: 20),
    "cut-half": cut(lambda n: n // 2),
    "cut-trailer": cut(lambda n: n - 40),
    "cut-last": cut(lambda n: n - 1),
    "flip-head": flip(lambda data: 3),
    "flip-middle": flip(lambda data: len(data) // 2),
    "flip-trailer": flip(lambda data: len(data) - 20),
    "version": version,
}


def main(how, name, other=None):
    if how == "gone":
        os.unlink(name)
    elif how == "folder":
        os.unlink(name)
        os.mkdir(name)
    elif how == "other":
        shutil.copy(other, name)
    else:
        with open(name, "rb") as f:
            data = f.read()
        os.unlink(name)  # another generation may have it, too
        with open(name, "wb") as f:
            f.write(WAYS[how](data))


if sys.argv[1] == "list":
    print(*WAYS, "gone")
else:
    main(*sys.argv[1:])
