#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a directory server that goes wrong on purpose.

    proxy.py TARGET PORTFILE MODE [COUNT]

TARGET is HOST:PORT or the path of a socket. Listens on a free port of 127.0.0.1, which it
writes to PORTFILE when it is ready. What the server says is passed on in full up to COUNT
bytes; then, by MODE:

    pass      everything goes through
    cut       the connection is closed
    reset     the connection is reset (RST)
    stall     nothing more comes, the connection stays
    trickle   one byte every 50 ms
    deaf      nothing is ever answered, the server is not even asked
    reorder   the entries of each search come in the reverse order, COUNT does not matter
    file      of each connection the file COUNT says MODE and COUNT; how much went through stands
              in the file with `.passed` behind its name
    meanwhile where the file COUNT is there, and says the number of a process and a command: when
              something comes for the process, and it has woken its child, it is stopped until the
              child's connection is over, the command done then, and more has come for it; a file
              with `.hit` behind the name is made where it was stopped before a moment was over
"""

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time


def connect(target):
    if target.startswith("/"):
        server = socket.socket(socket.AF_UNIX)
        server.connect(target)
        return server
    host, port = target.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def end(client, mode):
    """What happens when COUNT bytes have gone through; True: the connection is over."""
    if mode == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if mode in ("cut", "reset"):
        client.close()
        return True
    while mode == "stall":  # until the client gives up
        if not client.recv(65536):
            return True
    return False


class Messages:
    """LDAP messages out of a stream."""

    def __init__(self):
        self.rest = b""

    def take(self, data):
        self.rest += data
        while len(self.rest) > 1:
            size, start = self.rest[1], 2
            if size > 127:
                start = 2 + (size & 127)
                if len(self.rest) < start:
                    return
                size = int.from_bytes(self.rest[2:start], "big")
            if len(self.rest) < start + size:
                return
            whole, self.rest = self.rest[: start + size], self.rest[start + size :]
            # behind the number of the message
            yield whole, whole[start + 2 + whole[start + 1]]


class Reorder:
    """Entries are held until their search is done; the number of a message is not looked
    at, as our reader has one search at a time."""

    def __init__(self):
        self.messages = Messages()
        self.held = []

    def take(self, data):
        out = []
        for message, operation in self.messages.take(data):
            if operation == 0x64:
                self.held.append(message)
                continue
            out += [*reversed(self.held), message]
            self.held = []
        return b"".join(out)


def serve(client, target, mode, count, tell=None):
    if mode == "deaf":
        while client.recv(65536):
            pass
        return
    server = connect(target)
    reorder = Reorder()
    passed = 0
    while True:
        for ready in select.select([client, server], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            if ready is client:
                server.sendall(data)
                continue
            if mode == "reorder":
                client.sendall(reorder.take(data))
                continue
            whole = data if mode == "pass" else data[: max(0, count - passed)]
            passed += len(whole)
            if tell is not None:
                tell(passed)
            client.sendall(whole)
            if len(whole) == len(data):
                continue
            if end(client, mode):
                return
            for byte in data[len(whole) :]:
                client.sendall(bytes([byte]))
                time.sleep(0.05)


def serve_by_file(client, target, path):
    with open(path, encoding="ascii") as file:
        mode, count = file.read().split()

    def tell(passed):
        with open(path + ".passed", "w", encoding="ascii") as file:
            file.write(str(passed))

    serve(client, target, mode, int(count), tell)


MOMENT = 0.045  # less than `watch` waits for a second change


class Meanwhile:
    """The process is stopped when it has woken its child, and goes on when what came is read."""

    def __init__(self, path):
        self.path = path
        self.news = threading.Event()
        self.held = None  # the process that is stopped, and the command

    def tell(self, _):
        self.news.set()
        try:
            with open(self.path, encoding="utf-8") as file:
                process, command = file.read().split("\n", 1)
            os.unlink(self.path)
        except FileNotFoundError:
            return
        end = time.monotonic() + MOMENT
        threading.Thread(target=self.stop, args=(process, command, end), daemon=True).start()

    def stop(self, process, command, end):
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
            child = file.read().split()[0]
        while time.monotonic() < end and is_in_pipe(child):
            time.sleep(0.0005)
        os.kill(int(process), signal.SIGSTOP)
        if time.monotonic() < end:
            with open(self.path + ".hit", "wb"):
                pass
        self.held = held = int(process), command
        time.sleep(10)  # where no connection comes: nothing stays stopped
        self.let_go(held)

    def serve(self, client, target):
        try:
            serve(client, target, "pass", 0, self.tell)
        finally:
            self.let_go(self.held)

    def let_go(self, held):
        if held is None or self.held is not held:
            return
        self.held = None
        self.news.clear()
        subprocess.run(held[1], shell=True, check=False)
        self.news.wait(20)
        os.kill(held[0], signal.SIGCONT)


def is_in_pipe(process):
    with open(f"/proc/{process}/wchan", encoding="ascii") as file:
        return "pipe" in file.read()


def serve_quietly(client, target, mode, count):
    try:
        if mode == "file":
            serve_by_file(client, target, count)
        elif mode == "meanwhile":
            count.serve(client, target)
        else:
            serve(client, target, mode, int(count))
    except OSError:
        pass  # one of the two went away, as is to be expected here
    finally:
        client.close()


def main():
    target, portfile, mode = sys.argv[1:4]
    count = sys.argv[4] if len(sys.argv) > 4 else 0
    if mode == "meanwhile":
        count = Meanwhile(count)
    listener = socket.create_server(("127.0.0.1", 0))
    with open(portfile + ".new", "w", encoding="ascii") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(portfile + ".new", portfile)
    while True:
        client = listener.accept()[0]
        threading.Thread(
            target=serve_quietly, args=(client, target, mode, count), daemon=True
        ).start()


main()
