#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One DHCPDISCOVER as a boot ROM sends it, and what the server offers.

	dhcp-discover.py INTERFACE MAC [ARCH [VENDOR-CLASS [WANTED,…]]]

ARCH is the number of option 93 (RFC 4578) or `-` for a client without it; WANTED are the
options of the parameter request list, 1,3,54,60,67 if not given. Prints what was offered,
sorted: address, file, next (siaddr) and each option of interest, as KEY=VALUE. Needs a raw
socket: a machine that boots has no address yet. Exit 1 without an offer within 10 seconds.
"""

import os
import socket
import struct
import sys
import time

SHOWN = {60: "class", 66: "server-name", 67: "bootfile"}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def discover(mac, xid, arch, vendor_class, wanted):
    options = b"\x63\x82\x53\x63" + bytes([53, 1, 1])
    options += bytes([55, len(wanted)]) + bytes(wanted)
    if vendor_class:
        options += bytes([60, len(vendor_class)]) + vendor_class.encode()
    if arch is not None:
        options += bytes([93, 2]) + struct.pack("!H", arch)
        options += bytes([94, 3, 1, 3, 16])
    # with the broadcast flag: the offer comes to everybody
    bootp = struct.pack("!BBBBIHH16s16s64s128s", 1, 1, 6, 0, xid, 0, 0x8000, b"",
                        mac, b"", b"") + options + b"\xff"
    bootp = bootp.ljust(300, b"\0")
    udp = struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                       b"\0\0\0\0", b"\xff\xff\xff\xff")
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return b"\xff" * 6 + mac + b"\x08\x00" + head + udp


def read_options(data):
    options, at = {}, 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        length = data[at + 1]
        options[data[at]] = data[at + 2:at + 2 + length]
        at += 2 + length
    return options


def offer_in(frame, xid):
    """The offer that a frame holds for @xid, as a dictionary, or None."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    udp = frame[14 + (frame[14] & 15) * 4:]
    if struct.unpack("!HH", udp[:4]) != (67, 68):
        return None
    bootp = udp[8:]
    options = read_options(bootp[240:])
    if struct.unpack("!I", bootp[4:8])[0] != xid or options.get(53) != b"\x02":
        return None
    offer = {"address": socket.inet_ntoa(bootp[16:20]),
             "next": socket.inet_ntoa(bootp[20:24]),
             "file": bootp[108:236].split(b"\0")[0].decode()}
    for code, name in SHOWN.items():
        if code in options:
            offer[name] = options[code].rstrip(b"\0").decode()
    return offer


def main(interface, mac, arch="-", vendor_class="", wanted="1,3,54,60,67"):
    xid = int.from_bytes(os.urandom(4), "big")
    packet = discover(bytes.fromhex(mac.replace(":", "")), xid,
                      None if arch == "-" else int(arch), vendor_class,
                      [int(code) for code in wanted.split(",")])
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    wire.bind((interface, 0))
    wire.settimeout(1)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        wire.send(packet)
        again = time.monotonic() + 2
        while time.monotonic() < again:
            try:
                offer = offer_in(wire.recv(2048), xid)
            except socket.timeout:
                continue
            if offer is not None:
                for key in sorted(offer):
                    print("%s=%s" % (key, offer[key]))
                return 0
    print("no offer", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
