#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One machine that takes a lease as firmware, as iPXE and as a system, each of another identifier.

    stages.py ask machines|ports INTERFACE ANSWERS   in the clients' network namespace
    stages.py judge machines|ports NAME=ANSWERS…

Every stage asks for an offer and takes it, so that the server remembers whose the address is.
`judge` prints TAP: a machine has its own address at every stage, and InfiniBand ports, which have
no hardware address to be known by, have one each.
"""

import json
import os
import socket
import struct
import sys
import time

import client

MAC = "02:00:00:00:53:01"
STAGES = {"firmware": ("bios", None), "iPXE": ("ipxe-bios", "01" + MAC.replace(":", "")),
          "system": ("plain", "ff" + "00112233" + "00020000ab11aabbccdd"),
          "system, anew": ("plain", "ff" + "00112233" + "00020000ab11aabbccdd"),
          "firmware, anew": ("bios", None)}
PORT = "ff0000000000020000" "02c900" "0002c903000010%02d"


def clients(what):
    """(name, MAC of the frame, kind, client identifier, address or None)"""
    if what == "machines":
        return [(stage, MAC, kind, identifier, "10.77.0.11")
                for stage, (kind, identifier) in STAGES.items()]
    return [("port %d" % n, "02:00:00:00:60:%02d" % n, "plain", PORT % n,
             "10.77.0.%d" % (20 + n) if n < 3 else None) for n in range(1, 5)]


def packet(mac, kind, identifier, is_port, xid, more):
    arch, vendor_class, user_class = client.KINDS[kind]
    options = b"\x63\x82\x53\x63" + more
    for code, text in ((60, vendor_class), (77, user_class)):
        if text:
            options += bytes([code, len(text)]) + text.encode()
    if arch is not None:
        options += bytes([93, 2]) + struct.pack("!H", arch)
    if identifier:
        octets = client.octets(identifier)
        options += bytes([61, len(octets)]) + octets
    hardware = b"" if is_port else client.octets(mac)
    bootp = struct.pack("!BBBBIHH16s16s64s128s", 1, 32 if is_port else 1, len(hardware), 0, xid,
                        0, 0x8000, b"", hardware, b"", b"") + options + b"\xff"
    udp = struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4),
                       b"\xff" * 4)
    head = head[:10] + struct.pack("!H", client.checksum(head)) + head[12:]
    return b"\xff" * 6 + client.octets(mac) + b"\x08\x00" + head + udp


def answer(frame, xid):
    """(type of the message, address, server), or None"""
    if frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[34:38] != b"\0\x43\0\x44":
        return None
    bootp, options = frame[42:], {}
    client.read_options4(bootp[240:], options)
    if struct.unpack("!I", bootp[4:8])[0] != xid:
        return None
    return options[53][0], bootp[16:20], options[54]


def exchange(wire, mac, kind, identifier, is_port, more):
    for attempt in range(client.TRIES):
        xid = int.from_bytes(os.urandom(4), "big")
        wire.send(packet(mac, kind, identifier, is_port, xid, more))
        end = time.monotonic() + 0.5 * 2 ** attempt
        while (left := end - time.monotonic()) > 0:
            wire.settimeout(left)
            try:
                told = answer(wire.recv(4096), xid)
            except socket.timeout:
                break
            if told:
                return told
    return None


def take(interface, mac, kind, identifier, is_port):
    """Discover, request: the address that was acknowledged, or None"""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
        wire.bind((interface, 0))
        asking = (wire, mac, kind, identifier, is_port)
        offer = exchange(*asking, bytes([53, 1, 1]))
        if offer is None:
            return None
        told = exchange(*asking, bytes([53, 1, 3, 50, 4]) + offer[1] + bytes([54, 4]) + offer[2])
        return socket.inet_ntoa(told[1]) if told and told[0] == 5 else None


def ask(what, interface, to):
    answers = [take(interface, mac, kind, identifier, what == "ports")
               for _, mac, kind, identifier, _ in clients(what)]
    with open(to, "w", encoding="utf-8") as file:
        json.dump(answers, file)


def judge(what, *asked):
    number = int(os.environ.get("POINTS", 0))
    faults = 0
    for server, path in (pair.split("=", 1) for pair in asked):
        with open(path, encoding="utf-8") as file:
            answers = json.load(file)
        for at, (name, _, _, _, address) in enumerate(clients(what)):
            others = answers[:at] + answers[at + 1:]
            good = answers[at] == address if address else answers[at] and answers[at] not in others
            number += 1
            faults += not good
            print("%sok %d - %s: %s, %s" % ("" if good else "not ", number, server, name,
                                            answers[at]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit({"ask": ask, "judge": judge}[sys.argv[1]](*sys.argv[2:]))
