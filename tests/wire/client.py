# SPDX-License-Identifier: Apache-2.0
"""DHCP clients of every kind, made of bytes: what is asked, and the canonical answer.

A client is a dictionary: mac, kind (a row of KINDS), and perhaps client_id or duid. ask4() and
ask6() send its first packet (DISCOVER, SOLICIT) on an interface and give the offer as a
dictionary of what was told, or None where nobody answers.
"""

import os
import ipaddress
import socket
import struct
import subprocess
import time

import model

# name: (architecture, vendor class, user class)
KINDS = {
    "bios": (0, "PXEClient:Arch:00000:UNDI:002001", None),
    "uefi": (7, "PXEClient:Arch:00007:UNDI:003016", None),
    "arm64": (11, "PXEClient:Arch:00011:UNDI:003000", None),
    "http": (16, "HTTPClient:Arch:00016:UNDI:003001", None),
    "http-arm64": (19, "HTTPClient:Arch:00019:UNDI:003001", None),
    "ipxe-bios": (0, "PXEClient:Arch:00000:UNDI:002001", "iPXE"),
    "ipxe-uefi": (7, "PXEClient:Arch:00007:UNDI:003010", "iPXE"),
    "plain": (None, None, None),
}

# Options that are no answer of the model's: types of messages, times, who serves.
OWN4 = {1, 3, 6, 12, 15, 26, 28, 42, 50, 51, 53, 54, 57, 58, 59, 60, 61, 67, 82, 119, 121, 249}
TEXTS4 = model.codes(4, "text")
OWN6 = {1, 2, 3, 5, 7, 13, 16, 23, 24, 31, 39, 59}
WANTED4 = [1, 3, 6, 12, 15, 26, 28, 42, 51, 67, 119, 121, 249, *sorted(model.codes(4))]
WANTED6 = [16, 23, 24, 31, 59, *sorted(model.codes(6))]
TRIES = 3


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def octets(text):
    return bytes.fromhex(text.replace(":", ""))


def names_in(data):
    """Domain names of RFC 1035, compressed ones too (RFC 3397)."""
    names, at = [], 0
    while at < len(data):
        labels, jump = [], None
        where = at
        while data[where] != 0:
            if data[where] >= 0xc0:
                target = struct.unpack("!H", data[where:where + 2])[0] & 0x3fff
                jump = jump or where + 2
                where = target
                continue
            labels.append(data[where + 1:where + 1 + data[where]].decode())
            where += 1 + data[where]
        at = jump or where + 1
        names.append(".".join(labels))
    return names


def routes_in(data):
    """RFC 3442."""
    routes = []
    while data:
        length = data[0]
        n = (length + 7) // 8
        to = ipaddress.IPv4Address(data[1:1 + n].ljust(4, b"\0"))
        routes.append("%s/%d %s" % (to, length, ipaddress.IPv4Address(data[1 + n:5 + n])))
        data = data[5 + n:]
    return sorted(routes)


def addresses_in(data, size):
    return [str(ipaddress.ip_address(data[i:i + size])) for i in range(0, len(data), size)]


# DHCPv4


def discover(client, xid):
    arch, vendor_class, user_class = KINDS[client["kind"]]
    is_infiniband = "client_id" in client
    options = b"\x63\x82\x53\x63" + bytes([53, 1, 1, 57, 2, 5, 192])
    options += bytes([55, len(WANTED4)]) + bytes(WANTED4)
    for code, text in ((60, vendor_class), (77, user_class)):
        if text:
            options += bytes([code, len(text)]) + text.encode()
    if arch is not None:
        options += bytes([93, 2]) + struct.pack("!H", arch) + bytes([94, 3, 1, 3, 16])
    if is_infiniband:  # RFC 4390: no hardware address, but a client identifier
        identifier = octets(client["client_id"])
        options += bytes([61, len(identifier)]) + identifier
    mac = octets(client["mac"])
    # with the broadcast flag: the offer comes to everybody
    bootp = struct.pack("!BBBBIHH16s16s64s128s", 1, 32 if is_infiniband else 1,
                        0 if is_infiniband else 6, 0, xid, 0, 0x8000, b"",
                        b"" if is_infiniband else mac, b"", b"") + options + b"\xff"
    bootp = bootp.ljust(300, b"\0")
    udp = struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                       b"\0\0\0\0", b"\xff\xff\xff\xff")
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return b"\xff" * 6 + mac + b"\x08\x00" + head + udp


def read_options4(data, options):
    at = 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        code, length = data[at], data[at + 1]
        # RFC 3396: an option that stands more than once is one
        options[code] = options.get(code, b"") + data[at + 2:at + 2 + length]
        at += 2 + length


def answer4(frame, xid):
    if frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    udp = frame[14 + (frame[14] & 15) * 4:]
    if struct.unpack("!HH", udp[:4]) != (67, 68):
        return None
    bootp, options = udp[8:], {}
    read_options4(bootp[240:], options)
    file = bootp[108:236]
    overload = options.pop(52, b"\0")[0]
    if overload & 1:
        read_options4(file, options)
        file = b""
    if overload & 2:
        read_options4(bootp[44:108], options)
    if struct.unpack("!I", bootp[4:8])[0] != xid or options.get(53) != b"\x02":
        return None

    def text(code):
        return options[code].rstrip(b"\0").decode() if code in options else None

    def addresses(code):
        return addresses_in(options.get(code, b""), 4)

    boot = options.get(67, file).split(b"\0")[0].decode()
    return {
        "address": str(ipaddress.IPv4Address(bootp[16:20])),
        "mask": "".join(addresses(1)),
        "broadcast": addresses(28),
        "routers": addresses(3),
        "name servers": addresses(6),
        "host name": text(12),
        "domain": text(15),
        "mtu": struct.unpack("!H", options[26])[0] if 26 in options else None,
        "time servers": addresses(42),
        "search": names_in(options.get(119, b"")),
        "routes": routes_in(options.get(121, b"")),
        "routes, 249": routes_in(options.get(249, b"")),
        "lease": struct.unpack("!I", options[51])[0],
        "boot file": boot or None,
        "class": text(60),
        "next server": str(ipaddress.IPv4Address(bootp[20:24])),
        # a text may end with a NUL (RFC 2132 section 2)
        "options": {str(code): (data.rstrip(b"\0") if code in TEXTS4 else data).hex()
                    for code, data in sorted(options.items()) if code not in OWN4},
    }


def ask4(interface, client):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    with wire:
        wire.bind((interface, 0))
        for attempt in range(TRIES):
            xid = int.from_bytes(os.urandom(4), "big")
            wire.send(discover(client, xid))
            end = time.monotonic() + 0.5 * 2 ** attempt
            while (left := end - time.monotonic()) > 0:
                wire.settimeout(left)
                try:
                    answer = answer4(wire.recv(4096), xid)
                except socket.timeout:
                    break
                if answer:
                    return answer
    return None


# DHCPv6


def option6(code, data):
    return struct.pack("!HH", code, len(data)) + data


def solicit(client, xid):
    arch, vendor_class, user_class = KINDS[client["kind"]]
    message = bytes([1]) + xid + option6(1, octets(client["duid"]))
    message += option6(3, struct.pack("!III", 1, 0, 0)) + option6(8, b"\0\0")
    message += option6(6, struct.pack("!%dH" % len(WANTED6), *WANTED6))
    if user_class:
        message += option6(15, struct.pack("!H", len(user_class)) + user_class.encode())
    if vendor_class:
        message += option6(16, struct.pack("!IH", 343, len(vendor_class)) + vendor_class.encode())
    if arch is not None:
        message += option6(61, struct.pack("!H", arch))
    return message


def read_options6(data):
    options, at = {}, 0
    while at + 4 <= len(data):
        code, length = struct.unpack("!HH", data[at:at + 4])
        options[code] = data[at + 4:at + 4 + length]
        at += 4 + length
    return options


def answer6(message, xid):
    if message[0] != 2 or message[1:4] != xid:
        return None
    options = read_options6(message[4:])
    lease = read_options6(options.get(3, b"")[12:]).get(5)
    if lease is None:
        return None
    return {
        "address": str(ipaddress.IPv6Address(lease[:16])),
        "lease": struct.unpack("!I", lease[20:24])[0],
        "name servers": addresses_in(options.get(23, b""), 16),
        "search": names_in(options.get(24, b"")),
        "time servers": addresses_in(options.get(31, b""), 16),
        "boot file": options[59].decode() if 59 in options else None,
        "class": options[16][6:].decode() if 16 in options else None,
        "options": {str(code): data.hex() for code, data in sorted(options.items())
                    if code not in OWN6},
    }


def socket_of(interface, mac):
    """A socket at the link-local address that an interface with this MAC has."""
    def ip(*words):
        subprocess.run(["ip", *words], check=True)
    with open("/sys/class/net/%s/address" % interface, encoding="ascii") as file:
        if file.read().strip() != mac:
            ip("link", "set", interface, "down")
            ip("link", "set", interface, "address", mac, "up")
    raw = octets(mac)
    local = ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + bytes([raw[0] ^ 2]) + raw[1:3] +
                                  b"\xff\xfe" + raw[3:])
    end = time.monotonic() + 5
    while True:
        wire = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            wire.bind((str(local), 546, 0, socket.if_nametoindex(interface)))
            return wire
        except OSError:  # the address comes when the link is up
            wire.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def ask6(interface, client):
    with socket_of(interface, client["mac"]) as wire:
        for attempt in range(TRIES):
            xid = os.urandom(3)
            try:
                wire.sendto(solicit(client, xid),
                            ("ff02::1:2", 547, 0, socket.if_nametoindex(interface)))
            except OSError:
                time.sleep(0.05)
                continue
            end = time.monotonic() + 0.5 * 2 ** attempt
            while (left := end - time.monotonic()) > 0:
                wire.settimeout(left)
                try:
                    answer = answer6(wire.recv(4096), xid)
                except socket.timeout:
                    break
                if answer:
                    return answer
    return None
