#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients behind relays, on a wire of several networks, and those that ask for no address.

    relays.py ask 4|6 INTERFACE SERVER ANSWERS   in the clients' network namespace
    relays.py judge FOLDER

`judge` prints TAP: every server says the same to each client, and the address is the one that
stands here. An address from a range is `range of NETWORK`, whichever it is.
"""

import ipaddress
import json
import os
import socket
import struct
import subprocess
import sys
import time

import client

RANGES = {"net": "10.77.0.100 10.77.0.199", "far": "10.90.0.200 10.90.1.99",
          "wire6": "fd00:77::1:0 fd00:77::1:ff", "far6": "fd00:90::1:0 fd00:90::1:ff"}
RELAY6 = "fd00:77::fe"
KINDS4 = ("plain", "uefi", "arm64", "ipxe-uefi", "http")
# What a server says of itself where the model says nothing.
OWN = {"10.77.0.1", "0.0.0.0"}
STATELESS = "stateless"


def duid(mac):
    return "00030001" + mac.replace(":", "")


def clients4():
    """(MAC, relay or None, kind, address)"""
    rows = [("53:01", None, "10.77.0.11"), ("53:01", "10.90.0.250", "10.90.0.11"),
            ("53:02", None, "net"), ("53:02", "10.90.0.250", "far"),
            ("53:03", "10.90.0.250", "10.90.0.13"), ("53:03", "10.93.0.0", "10.93.0.1"),
            ("53:04", "10.90.0.250", "10.90.0.255"), ("60:01", None, "net"),
            ("60:02", "10.90.0.250", "far"), ("53:05", "10.90.0.250", "far")]
    for mac, relay, address in rows:
        for kind in KINDS4:
            # what iPXE is told of a node without an address is one script for all networks
            if not (mac == "53:02" and kind == "ipxe-uefi"):
                yield {"mac": "02:00:00:00:" + mac, "via": relay, "kind": kind, "is": address}


def clients6():
    uuid, enterprise = "00044c4c4544003135108031b3c04f443232", "00020000ab11aabbcc"
    rows = [("53:01", None, None, "fd00:77::11"), ("53:01", None, "fd00:90::250", "fd00:90::11"),
            ("53:04", None, None, "fd00:78::14"), ("53:04", None, "fd00:90::250", "far6"),
            ("53:05", uuid, "fd00:92::250", "fd00:92::15"),
            ("53:05", enterprise, "fd00:92::250", "fd00:92::15"),
            ("53:05", None, "fd00:92::250", "fd00:92::15"),
            ("60:01", None, None, "wire6"), ("60:02", None, "fd00:90::250", "far6"),
            ("60:03", None, "fd00:90::250", STATELESS), ("60:03", None, "fd00:92::250", STATELESS)]
    for mac, known, relay, address in rows:
        mac = "02:00:00:00:" + mac
        for kind in ("plain", "uefi"):
            yield {"mac": mac, "duid": known or duid(mac), "via": relay, "kind": kind, "is": address}


def relayed4(sockets, asking, server):
    """The offer that a relay agent gets for the client."""
    relay = asking["via"]
    if relay not in sockets:
        sockets[relay] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sockets[relay].bind((relay, 67))
    for attempt in range(client.TRIES):
        xid = int.from_bytes(os.urandom(4), "big")
        packet = bytearray(client.discover(asking, xid)[42:])
        packet[3], packet[10:12], packet[24:28] = 1, b"\0\0", socket.inet_aton(relay)
        sockets[relay].sendto(bytes(packet), (server, 67))
        end = time.monotonic() + 0.5 * 2 ** attempt
        while (left := end - time.monotonic()) > 0:
            sockets[relay].settimeout(left)
            try:
                answer = sockets[relay].recv(4096)
            except socket.timeout:
                break
            # as it would stand in a frame
            frame = bytes(12) + b"\x08\0\x45" + bytes(8) + b"\x11" + bytes(10) + \
                struct.pack("!HHHH", 67, 68, 8 + len(answer), 0) + answer
            if got := client.answer4(frame, xid):
                return got
    return None


def message6(asking, xid):
    message = client.solicit(asking, xid)
    if asking["is"] != STATELESS:
        return message
    asked = client.read_options6(message[4:])
    asked.pop(3)
    return bytes([11]) + xid + b"".join(client.option6(*item) for item in asked.items())


def answer6(asking, message, xid):
    if asking["is"] != STATELESS:
        return client.answer6(message, xid)
    if message[0] != 7 or message[1:4] != xid:
        return None
    options = client.read_options6(message[4:])
    return {"address": None, "name servers": client.addresses_in(options.get(23, b""), 16),
            "search": client.names_in(options.get(24, b"")),
            "time servers": client.addresses_in(options.get(31, b""), 16),
            "options": {"32": options.get(32, b"").hex()}}


def ask6(sock, to, asking):
    for attempt in range(client.TRIES):
        xid = os.urandom(3)
        message = message6(asking, xid)
        if asking["via"]:
            # with the MAC address, as relays tell it (RFC 6939)
            message = bytes([12, 0]) + socket.inet_pton(socket.AF_INET6, asking["via"]) + \
                socket.inet_pton(socket.AF_INET6, "fe80::1") + client.option6(9, message) + \
                client.option6(79, b"\0\1" + client.octets(asking["mac"]))
        sock.sendto(message, to)
        end = time.monotonic() + 0.5 * 2 ** attempt
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                answer = sock.recv(4096)
            except socket.timeout:
                break
            if asking["via"]:
                answer = client.read_options6(answer[34:]).get(9, bytes(4))
            if got := answer6(asking, answer, xid):
                return got
    return None


def ask_all6(interface, server):
    # relays first: other clients take the interface's address away
    subprocess.run(["ip", "addr", "replace", RELAY6 + "/64", "dev", interface, "nodad"], check=True)
    answers = {}
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as relay:
        relay.bind((RELAY6, 547))
        for number, asking in enumerate(clients6()):
            if asking["via"]:
                answers[number] = ask6(relay, (server, 547), asking)
    for number, asking in enumerate(clients6()):
        if not asking["via"]:
            with client.socket_of(interface, asking["mac"]) as sock:
                to = ("ff02::1:2", 547, 0, socket.if_nametoindex(interface))
                answers[number] = ask6(sock, to, asking)
    return [answers[number] for number in sorted(answers)]


def ask(family, interface, server, to):
    if family == "6":
        answers = ask_all6(interface, server)
    else:
        sockets = {}
        answers = [relayed4(sockets, asking, server) if asking["via"] else
                   client.ask4(interface, asking) for asking in clients4()]
    with open(to, "w", encoding="utf-8") as file:
        json.dump(answers, file, indent=1)


def canonical(asking, answer):
    """What the model says; a server's own values, and which address of a range, are left out."""
    if answer is None:
        return None
    told = dict(answer)
    if "duid" in asking:
        told.pop("class", None)
    if asking["is"] in RANGES and told["address"]:
        first, last = (ipaddress.ip_address(word) for word in RANGES[asking["is"]].split())
        if first <= ipaddress.ip_address(told["address"]) <= last:
            told["address"] = asking["is"]
    if told.get("next server") in OWN:
        told["next server"] = None
    return told


SERVERS = {"4": ("dhcpd", "kea4", "dnsmasq"), "6": ("dhcpd6", "kea6", "dnsmasq6")}


def judge(folder):
    number = faults = 0
    for family, names in SERVERS.items():
        rows = list(clients4() if family == "4" else clients6())
        given = {}
        for name in names:
            with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
                given[name] = json.load(file)
        for at, asking in enumerate(rows):
            told = {name: canonical(asking, answers[at]) for name, answers in given.items()}
            want = None if asking["is"] == STATELESS else asking["is"]
            good = all(answer and answer["address"] == want for answer in told.values()) and \
                len({json.dumps(answer, sort_keys=True) for answer in told.values()}) == 1
            number += 1
            faults += not good
            print("%sok %d - %s as %s%s: %s" % (
                "" if good else "not ", number, asking["mac"], asking["kind"],
                " by " + asking["via"] if asking["via"] else "", asking["is"]))
            for name, answer in () if good else told.items():
                print("# %s: %s" % (name, answer))
    print("1..%d" % number)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit({"ask": ask, "judge": judge}[sys.argv[1]](*sys.argv[2:]))
