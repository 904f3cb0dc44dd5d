#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A directory server that answers wrongly on purpose: what no real one can be made to do.

    stub.py SOCKET FAULT [ARGUMENT]

Listens on the Unix socket SOCKET. It takes any bind, has the base dc=c,dc=example, a schema
that knows `ipHost`, and two pages of two hosts each. FAULTs:

    none               nothing is wrong
    code N             the second page ends with result code N
    no-control         the second page comes without the paged results control
    bad-control        … with one that is no BER
    loop               the second page is the first again, and so on
    empty              empty pages with ever new cookies
    stuck              empty pages with the same cookie
    reference          a continuation reference among the entries
    range              values in parts (`description;range=0-1`)
    twice              one entry comes twice
    garbage            bytes that are no LDAP in the place of the second page
    no-whoami          WhoAmI is refused
    no-schema          the schema cannot be read
    behind             nothing is wrong, but contextCSN is of the year 2001
    ad                 Active Directory: 2,500 computers, a thousand a page whatever is asked for,
                       references to the other partitions, their addresses in one of those, a group
                       whose members come in parts
"""

import os
import socketserver
import sys

FAULT = sys.argv[2]
ARGUMENT = sys.argv[3] if len(sys.argv) > 3 else ""
PAGED = b"1.2.840.113556.1.4.319"


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + body


def text(value):
    return tlv(0x04, value.encode() if isinstance(value, str) else value)


def number(value, tag=0x02):
    return tlv(tag, value.to_bytes(2 if value > 127 else 1, "big"))


def parse(data):
    """One element: tag, content, rest."""
    size, at = data[1], 2
    if size > 127:
        at = 2 + (size & 127)
        size = int.from_bytes(data[2:at], "big")
    return data[0], data[at : at + size], data[at + size :]


def elements(data):
    found = []
    while data:
        tag, content, data = parse(data)
        found.append((tag, content))
    return found


def result(tag, code=0, extra=b""):
    return tlv(tag, number(code, 0x0A), text(""), text("told so" if code else ""), extra)


def entry(dn, **attributes):
    pairs = [
        tlv(0x30, text(name.replace("_", ";")), tlv(0x31, *map(text, values)))
        for name, values in attributes.items()
    ]
    return tlv(0x64, text(dn), tlv(0x30, *pairs))


def host(i):
    name = f"h{i}"
    return entry(
        f"cn={name},dc=c,dc=example",
        objectClass=["device", "ipHost"],
        cn=[name],
        ipHostNumber=[f"192.0.2.{i}"],
    )


AD_PAGE = 1000  # MaxPageSize
AD_PART = 1500  # MaxValRange
AD_ROOT = "dc=c,dc=example"
AD_GROUP = "CN=rack1,CN=Users,DC=c,DC=example"
AD_MEMBERS = 2500
AD_CLASSES = [f"( 1.{i} NAME '{name}' )" for i, name in
              enumerate(("computer", "subnet", "dnsNode", "group"))]
AD_TYPES = [f"( 2.{i} NAME '{name}' )" for i, name in
            enumerate(("objectClass", "cn", "dNSHostName", "dnsRecord", "macAddress", "member",
                       "networkAddress", "ipHostNumber", "description", "location",
                       "serialNumber", "dc", "dNSTombstoned", "userAccountControl"))]


def computer(i):
    return entry(
        f"CN=PC{i:04},CN=Computers,DC=c,DC=example",
        objectClass=["top", "person", "user", "computer"],
        cn=[f"PC{i:04}"],
        dNSHostName=[f"PC{i:04}.c.example"],
        macAddress=[f"00:00:5e:00:{i >> 8:02x}:{i & 255:02x}"],
    )


def dns_node(i):
    address = bytes((10, 20, i >> 8, i & 255))
    head = len(address).to_bytes(2, "little") + (1).to_bytes(2, "little") + bytes(20)
    return entry(
        f"DC=pc{i:04},DC=c.example,CN=MicrosoftDNS,DC=DomainDnsZones,DC=c,DC=example",
        objectClass=["top", "dnsNode"],
        dnsRecord=[head + address],
    )


def group(first):
    """Members from that number on, a part of them; at the start the plain attribute is empty."""
    last = min(first + AD_PART, AD_MEMBERS)
    end = "*" if last == AD_MEMBERS else str(last - 1)
    members = [f"CN=PC{i + 1:04},CN=Computers,DC=c,DC=example" for i in range(first, last)]
    parts = {f"member_range={first}-{end}": members}
    if first == 0:
        parts = {"objectClass": ["top", "group"], "cn": ["rack1"], "member": [], **parts}
    return entry(AD_GROUP, **parts)


# By partition, as a search of its root gives them.
AD = {
    AD_ROOT: [computer(i) for i in range(1, AD_MEMBERS + 1)] + [group(0)],
    "dc=domaindnszones,dc=c,dc=example": [dns_node(i) for i in range(1, AD_MEMBERS + 1)],
} if FAULT == "ad" else {}


def page_control(cookie):
    value = tlv(0x30, number(0), text(cookie))
    if FAULT == "bad-control" and not cookie:
        value = b"\x30\x84junk"
    return tlv(0xA0, tlv(0x30, text(PAGED), text(value)))


class Connection(socketserver.StreamRequestHandler):
    def send(self, message_id, operation, controls=b""):
        self.wfile.write(tlv(0x30, number(message_id), operation, controls))

    def handle(self):
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return
            size = head[1]
            if size > 127:
                extra = self.rfile.read(size & 127)
                size = int.from_bytes(extra, "big")
            self.answer(elements(self.rfile.read(size)))

    def answer(self, message):
        message_id = int.from_bytes(message[0][1], "big")
        tag, content = message[1]
        if tag == 0x60:  # bind
            self.send(message_id, result(0x61))
        elif tag == 0x77:  # WhoAmI
            refused = FAULT == "no-whoami"
            self.send(message_id, result(0x78, 2 if refused else 0, tlv(0x8B, b"dn:cn=me")))
        elif tag == 0x63:
            self.search(message_id, elements(content), message[2:])

    def search(self, message_id, fields, controls):
        base = fields[0][1].decode()
        if FAULT == "ad":
            self.search_ad(message_id, base, fields, controls)
            return
        if controls:
            control = elements(elements(controls[0][1])[0][1])
            if control[0][1] == b"1.3.6.1.4.1.4203.1.9.1.1":  # sync: as the overlay does
                self.send(message_id, result(0x65))
                return
            cookie = elements(elements(control[-1][1])[0][1])[1][1]
            self.page(message_id, int(cookie or b"0") + 1)
            return
        if base == "cn=Subschema" and FAULT != "no-schema":
            known = ["( 1.1 NAME 'ipHost' )", "( 1.2 NAME ( 'x' 'device' ) )"]
            types = ["( 2.5.4.0 NAME 'objectClass' )"]
            self.send(message_id, entry(base, attributeTypes=types, objectClasses=known))
        elif base == "dc=c,dc=example":
            state = {"contextCSN": ["20010101000000.000000Z#000000#000#000000"]}
            state = state if FAULT == "behind" else {}
            self.send(message_id, entry(base, subschemaSubentry=["cn=Subschema"], **state))
        self.send(message_id, result(0x65))

    def search_ad(self, message_id, base, fields, controls):
        partition = base.lower()
        asked = [name.decode() for _, name in elements(fields[7][1])]
        if controls:
            control = elements(elements(controls[0][1])[0][1])
            if control[0][1] == PAGED:
                size, cookie = (one[1] for one in elements(elements(control[-1][1])[0][1]))
                size = min(int.from_bytes(size, "big"), AD_PAGE)
                self.page_ad(message_id, partition, int(cookie or b"0"), size)
                return
        elif partition == AD_GROUP.lower():
            first = int(asked[0].partition("range=")[2].partition("-")[0])
            self.send(message_id, group(first))
        elif base == "cn=Subschema":
            self.send(message_id, entry(base, attributeTypes=AD_TYPES, objectClasses=AD_CLASSES))
        elif partition in AD:
            self.send(message_id, entry(base, subschemaSubentry=["cn=Subschema"]))
        self.send(message_id, result(0x65))

    def page_ad(self, message_id, partition, start, size):
        entries = AD[partition]
        for one in entries[start : start + size]:
            self.send(message_id, one)
        rest = start + size < len(entries)
        if not rest and partition == AD_ROOT:
            for other in ("ForestDnsZones", "DomainDnsZones"):
                url = f"ldap://{other}.c.example/DC={other},DC=c,DC=example"
                self.send(message_id, tlv(0x73, text(url)))
        cookie = str(start + size) if rest else ""
        self.send(message_id, result(0x65), page_control(cookie))

    def page(self, message_id, n):
        first = host(1), host(2)
        second = host(3), host(4)
        if FAULT in ("empty", "stuck") and n > 1:
            first = second = ()
        entries = second if n > 1 and FAULT != "loop" else first
        for one in entries:
            self.send(message_id, one)
        cookie = str(n) if n == 1 or FAULT in ("loop", "empty") else ""
        if FAULT == "stuck":
            cookie = "1"
        if n == 2:
            self.go_wrong(message_id)
        control = page_control(cookie)
        code = int(ARGUMENT) if FAULT == "code" and n == 2 else 0
        if FAULT == "no-control" and n == 2:
            control = b""
        self.send(message_id, result(0x65, code), control)

    def go_wrong(self, message_id):
        if FAULT == "reference":
            self.send(message_id, tlv(0x73, text("ldap://other.example/dc=c")))
        elif FAULT == "range":
            parts = {"description_range=0-1": ["a", "b"]}
            self.send(message_id, entry("cn=part,dc=c,dc=example", **parts))
        elif FAULT == "twice":
            self.send(message_id, host(1))
        elif FAULT == "garbage":
            self.wfile.write(b"\x30\x05HTTP/1.1 400 Bad Request\r\n\r\n")


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients go away in the middle: that is what is tested."""


PATH = sys.argv[1]
with Server(PATH + ".new", Connection) as server:
    os.rename(PATH + ".new", PATH)
    server.serve_forever()
