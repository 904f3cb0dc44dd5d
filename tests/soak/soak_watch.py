# SPDX-License-Identifier: Apache-2.0
"""`ldapcc watch` beside the soak: started, held, let go, killed, and asked what came of it."""

import os
import re
import signal
import socket
import subprocess
import time

BEFORE = "what can be done before a change was done then"


class Watch:
    """What it says of itself is told by the messages that systemd would get."""

    def __init__(self, command, environ, folder):
        self.command, self.log = command, os.path.join(folder, "watch.log")
        self.address = os.path.join(folder, "notify")
        self.environ = dict(environ, NOTIFY_SOCKET=self.address)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address)
        self.socket.settimeout(60)
        self.n_known = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        self.process = None

    def run(self):
        """Started or let go, until an apply has ended: its exit code. Then it is held: it sees
        nothing of what changes, and the apply that stands by waits."""
        if self.process is None:
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(self.command, env=self.environ, stdout=log,
                                                stderr=log, stdin=subprocess.DEVNULL)
        self.let_go()
        code = self.next_exit()
        if code == 0:
            self.wait_for_child()
        self.process.send_signal(signal.SIGSTOP)
        return code

    def next_exit(self):
        try:
            while True:
                text = self.socket.recv(4096).decode()
                found = re.search(r"STATUS=last apply: exit (\d+)", text)
                if found:
                    return int(found[1])
        except socket.timeout:
            return None

    def drain(self):
        """What was said before the end."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            self.socket.settimeout(60)

    def children(self):
        pid = self.process.pid
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def wait_for_child(self):
        """That of the next apply."""
        end = time.monotonic() + 20
        while not self.children() and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.005)

    def take_output(self):
        with open(self.log, "rb") as log:
            log.seek(self.n_known)
            text = log.read()
        self.n_known += len(text)
        return text.decode()

    def let_go(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self, how=signal.SIGKILL, with_children=False):
        """What has been told to go on ends by itself, where it is not killed, too."""
        children = self.children()
        self.process.send_signal(how)
        self.let_go()
        self.process.wait(60)
        self.process = None
        self.drain()
        for child in children if with_children else []:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass
        end = time.monotonic() + 60
        while any(os.path.exists(f"/proc/{child}") for child in children):
            if time.monotonic() > end:
                raise RuntimeError("an apply of watch outlives it")
            time.sleep(0.005)
        self.take_output()

    def end(self):
        if self.process is not None:
            self.kill(signal.SIGTERM)
        self.socket.close()
        os.unlink(self.address)
