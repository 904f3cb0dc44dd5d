#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that answer `ldapcc verify` as no name server should (TAP)."""

import socket
import struct
import sys
import threading
import time

from dns_servers import Scene, Tap, free_port

TIMEOUT = 1
TRUNCATED = 0x0200
TXT = 16
SITE = """dn: cn=c,dc=x
objectClass: vocCluster
cn: c
vocDomain: c.example
vocDNSRecord: TXT "one"

dn: cn=net,dc=x
objectClass: vocIPNetwork
cn: net
ipNetworkNumber: 10.9.0.0/24

""" + "".join(f"""dn: cn=n{i},dc=x
objectClass: device
objectClass: ipHost
cn: n{i}
ipHostNumber: 10.9.0.{i}

""" for i in range(1, 100))
tap = Tap()


def header(query, flags=0, answers=0):
    return query[:2] + struct.pack(">HHHHH", 0x8000 | flags, 0, answers, 0, 0)


class Liar:
    """A server on UDP that sends what @lies makes of each question."""

    def __init__(self, lies):
        self.lies = lies
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", free_port()))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(65535)
            for lie in self.lies(query):
                self.socket.sendto(lie, client)


def cut(query):
    """Of a text: one that leaves its bytes behind, and one that ends within a name, before those."""
    if query[-4:-2] != struct.pack(">H", TXT):
        yield header(query)
        return
    record = struct.pack(">HHIH", TXT, 1, 0, 0xffff)
    yield header(query, answers=1) + b"\xff" * 3 + record
    yield header(query, answers=1) + b"\x01a"


def truncated(query):
    yield header(query, TRUNCATED)


def verify(scene, server):
    scene.settings(f'verify: {{dns: ["127.0.0.1:{server.port}"], timeout: {TIMEOUT}}}\n')
    begin = time.monotonic()
    done = scene.run("verify", "--all")
    return done, time.monotonic() - begin


def full_socket(port):
    """Listens, and takes no more connections: whoever wants one waits."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
        waiting.append(one)
    return listener, waiting


def main(ldapcc):
    scene = Scene(ldapcc)
    try:
        scene.write("site.ldif", SITE)
        scene.settings()
        done = scene.run("apply")
        tap.ok(done.returncode == 0, "a site is published", done.stderr)
        done, _ = verify(scene, Liar(cut))
        tap.ok(done.returncode == 6 and "does not answer: 1 of " in done.stdout,
               "an answer that ends within a name is none", done.stdout + done.stderr)
        liar = Liar(truncated)
        keep = full_socket(liar.port)
        done, took = verify(scene, liar)
        tap.ok(done.returncode == 6 and "does not answer: " in done.stdout,
               "answers that are cut, and nobody takes a connection", done.stdout + done.stderr)
        tap.ok(took < 20 * TIMEOUT, "it is not waited for longer than said", f"{took} s")
        del keep
    finally:
        scene.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
