#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a file of xl.cfg(5) as xl does, by the library of its parser: no hypervisor is needed.

    read-xl.py FILE     prints NAME=VALUE lines; of the lists each element. 77: no library
"""

import ctypes
import glob
import os
import sys

SINGLE = ("name", "uuid", "type", "memory", "vcpus", "kernel", "ramdisk", "extra")


def load():
    """libxlutil, whose own name has Xen's version."""
    found = sorted(glob.glob("/usr/lib/*/libxlutil.so.4.*") + glob.glob("/usr/lib64/libxlutil.so.4.*"))
    if not found:
        sys.exit(77)
    library = ctypes.CDLL(found[0])
    for name, result in (("xlu_cfg_init", ctypes.c_void_p), ("xlu_cfg_get_listitem", ctypes.c_char_p)):
        getattr(library, name).restype = result
    return library


def parse(library, path):
    libc = ctypes.CDLL(None)
    libc.fdopen.restype = ctypes.c_void_p
    report = ctypes.c_void_p(libc.fdopen(os.dup(2), b"w"))
    config = ctypes.c_void_p(library.xlu_cfg_init(report, path.encode()))
    with open(path, "rb") as file:
        text = file.read()
    if library.xlu_cfg_readdata(config, text, len(text)) != 0:
        libc.fflush(report)
        sys.exit(1)
    return config


def print_all(library, config):
    value, items, n = ctypes.c_char_p(), ctypes.c_void_p(), ctypes.c_int()
    for name in SINGLE:
        if library.xlu_cfg_get_string(config, name.encode(), ctypes.byref(value), 1) == 0:
            print(f"{name}={value.value.decode()}")
    for name in ("disk", "vif"):
        if library.xlu_cfg_get_list(config, name.encode(), ctypes.byref(items), ctypes.byref(n), 1):
            continue
        for i in range(n.value):
            text = library.xlu_cfg_get_listitem(items, i)
            if name == "disk":
                check_disk(library, config, text)
            print(f"{name}={text.decode()}")


def check_disk(library, config, text):
    specifications = (ctypes.c_char_p * 1)(text)
    if library.xlu_disk_parse(config, 1, specifications, ctypes.create_string_buffer(65536)) != 0:
        sys.exit(1)


found = load()
print_all(found, parse(found, sys.argv[1]))
