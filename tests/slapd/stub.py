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
