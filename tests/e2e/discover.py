#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""discover.py < LINES - asks a DHCP server for many machines

Each line is `INTERFACE MAC ADDRESS NAME`: a DISCOVER for the MAC goes out on the interface,
and the OFFER must have the address and the host name (`-`: none). Prints what differs and
exits 1. The interface needs some address of the network, so that answers are received.
"""
import socket
import struct
import sys
import time

COOKIE = b"\x63\x82\x53\x63"
BROADCAST = 0x8000
END = 255
HOST_NAME, MESSAGE_TYPE, PARAMETERS = 12, 53, 55
DISCOVER, OFFER = 1, 2


def discover(number, mac):
    hardware = bytes.fromhex(mac.replace(":", ""))
    header = struct.pack("!BBBBIHH16x16s192x", 1, 1, 6, 0, number, 0, BROADCAST, hardware)
    return (header + COOKIE + bytes([MESSAGE_TYPE, 1, DISCOVER, PARAMETERS, 1, HOST_NAME, END])
            ).ljust(300, b"\0")


def options(packet):
    at, found = 240, {}
    while at < len(packet) and packet[at] != END:
        if packet[at] == 0:
            at += 1
            continue
        length = packet[at + 1]
        found[packet[at]] = packet[at + 2:at + 2 + length]
        at += 2 + length
    return found


def ask(sock, number, mac):
    """The offer's (address, name), or None after three tries."""
    for _ in range(3):
        sock.sendto(discover(number, mac), ("255.255.255.255", 67))
        end = time.monotonic() + 2
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                packet = sock.recv(2048)
            except socket.timeout:
                break
            if packet[0] != 2 or struct.unpack("!I", packet[4:8])[0] != number:
                continue
            got = options(packet)
            if got.get(MESSAGE_TYPE) == bytes([OFFER]):
                name = got.get(HOST_NAME, b"-").rstrip(b"\0").decode()
                return socket.inet_ntoa(packet[16:20]), name
    return None


def main():
    sockets, n_asked, n_wrong = {}, 0, 0
    for number, line in enumerate(sys.stdin, start=0x1000):
        interface, mac, address, name = line.split()
        if interface not in sockets:
            sock = sockets[interface] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            sock.bind(("", 68))
        n_asked += 1
        got = ask(sockets[interface], number, mac)
        if got != (address, name):
            n_wrong += 1
            print(f"{mac} on {interface}: got {got}, should be {(address, name)}")
    print(f"{n_asked} asked, {n_wrong} wrong")
    return 1 if n_wrong or not n_asked else 0


if __name__ == "__main__":
    sys.exit(main())
