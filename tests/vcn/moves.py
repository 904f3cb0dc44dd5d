#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""moves.py VCN WORK OTHER-PID MOVES GUESTS - VCNs that move between two hosts, again and again

The first host is this network namespace, the second OTHER-PID's; both have a bridge br0. A
switch joins them, in a namespace of its own. Each host's timer runs `vcn apply` every two to
four seconds, whatever the other's does; the manifests of a move get to the two hosts at
different times, in any order. The guests halt at once and say nothing: what answers for them
are their supervisors. Meanwhile the switch asks for every address all the time, and floods the
guests with UDP: VCN_FLOOD frames of 1,442 octets a second, of which none is ever read.

Fails where two QEMUs of one VCN live at the same time, where there is none for longer than a
tick of 20 seconds, and where a VCN that has moved is not reached through its new host's port.
"""
import multiprocessing
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time

TICK_S = 20
ROUND_MAX_S = 120
ETH_P_ARP = 0x0806
HOSTS = ("node01", "node02")

FLOOD = int(os.environ.get("VCN_FLOOD", "2000"))
vcn, work, other, n_moves, n_guests = sys.argv[1:]
n_moves, n_guests = int(n_moves), int(n_guests)
here = os.path.dirname(os.path.realpath(__file__))
names = [f"move{i:02}" for i in range(n_guests)]
random.seed(n_moves)
faults = []
is_over = threading.Event()


def address(name):
    return f"10.98.0.{int(name[4:]) + 1}"


def mac(name):
    return f"02:5a:98:00:00:{int(name[4:]) + 1:02x}"


def run(*words, check=True, **options):
    return subprocess.run(words, check=check, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)


def within(pid):
    return ["nsenter", f"--net=/proc/{pid}/ns/net", "--"]


# The wire

def make_switch():
    """Two ports, one for each host, and the bridge itself as a third host."""
    switch = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    while os.readlink(f"/proc/{switch.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        time.sleep(0.01)
    at = within(switch.pid)
    run(*at, "ip", "link", "add", "sw0", "type", "bridge")
    # larger than any host's: whoever asks at the same time must not give way to it
    run(*at, "ip", "link", "set", "sw0", "address", "fe:ff:ff:ff:ff:01", "up")
    for host, pid in zip(HOSTS, (os.getpid(), other)):
        run("ip", "link", "add", host, "type", "veth", "peer", "name", host + "-up")
        run("ip", "link", "set", host, "netns", str(switch.pid))
        run(*at, "ip", "link", "set", host, "master", "sw0", "up")
        if pid != os.getpid():
            run("ip", "link", "set", host + "-up", "netns", f"/proc/{pid}/ns/net")
        run(*within(pid), "ip", "link", "set", host + "-up", "master", "br0", "up")
    return switch


def open_wire(pid):
    """A packet socket at the switch, whose namespace is entered for that."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    import ctypes
    libc = ctypes.CDLL(None)
    assert libc.setns(there, 0) == 0
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP))
    wire.bind(("sw0", ETH_P_ARP))
    assert libc.setns(home, 0) == 0
    return wire


def probe(name):
    source = bytes.fromhex("feffffffff01")
    return (b"\xff" * 6 + source + struct.pack("!HHHBBH", ETH_P_ARP, 1, 0x0800, 6, 4, 1) + source +
            bytes(4 + 6) + socket.inet_aton(address(name)))


def datagram(name):
    """To the discard port."""
    payload = bytes(1400)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0,
                       socket.inet_aton("10.98.0.254"), socket.inet_aton(address(name)))
    total = sum(struct.unpack("!10H", head))
    head = head[:10] + struct.pack("!H", 0xffff - (total + total // 0xffff) % 0xffff) + head[12:]
    return (bytes.fromhex(mac(name).replace(":", "") + "feffffffff01") + b"\x08\x00" + head +
            struct.pack("!HHHH", 9, 9, 8 + len(payload), 0) + payload)


def flood(wire, n_sent):
    """As many a second as are asked for, or as many as the machine can; ends with its parent."""
    frames = [datagram(name) for name in names]
    began, parent = time.monotonic(), os.getppid()
    while os.getppid() == parent:
        due = int((time.monotonic() - began) * FLOOD)
        for number in range(n_sent.value, min(due, n_sent.value + 1000)):
            try:
                wire.send(frames[number % len(frames)])
            except OSError:  # the queue is full
                pass
            n_sent.value = number + 1
        time.sleep(0.005)


class Flood:
    """A process of its own, as Python runs one thread at a time."""

    def __init__(self, pid):
        self.n_sent = multiprocessing.Value("q", 0, lock=False)
        self.process = multiprocessing.get_context("fork").Process(
            target=flood, args=(open_wire(pid), self.n_sent), daemon=True)
        self.process.start()

    def end(self):
        self.process.terminate()
        self.process.join()
        return self.n_sent.value


class Asker(threading.Thread):
    """Asks for every address all the time; keeps when each was answered for last."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.wire = open_wire(pid)
        self.heard = {}

    def run(self):
        addresses = {socket.inet_aton(address(name)): name for name in names}
        due = 0
        while not is_over.is_set():
            if time.monotonic() >= due:
                due = time.monotonic() + 0.5
                for name in names:
                    self.wire.send(probe(name))
            if select.select([self.wire], [], [], 0.1)[0]:
                frame = self.wire.recv(2048)
                name = addresses.get(frame[28:32])
                if name and frame[6:12].hex(":") == mac(name):
                    self.heard[name] = time.monotonic()


# QEMUs

class Watch(threading.Thread):
    """Every QEMU from its start, by its start time, to its end, by its pidfd."""

    def __init__(self):
        super().__init__(daemon=True)
        self.known = set()
        self.live = {name: {} for name in names}  # pid: (pidfd, host)
        self.end = {}  # of the last QEMU of a name
        self.longest = 0.0
        self.starts = 0

    def started(self, pid):
        with open(f"/proc/{pid}/stat") as stat:
            return int(stat.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")

    def look(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found = re.search(rb"guest=(move\d+)", file.read())
            if not found:
                return
            pidfd = os.pidfd_open(pid)
            with open(f"/proc/{pid}/stat") as stat:
                parent = stat.read().rpartition(")")[2].split()[1]
            with open(f"/proc/{parent}/cmdline", "rb") as file:
                host = re.search(rb"vcn-(node\d+)", file.read())[1].decode()
            start = self.started(pid)
        except (OSError, TypeError):
            return
        self.known.add(pid)
        self.begin(found[1].decode(), pid, pidfd, host, start)

    def begin(self, name, pid, pidfd, host, start):
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.reap()
        if self.live[name]:
            faults.append(f"{name}: two QEMUs, {host} and {list(self.live[name].values())[0][1]}")
        if name in self.end and not self.live[name]:
            if start < self.end[name] - 0.02:
                faults.append(f"{name}: two QEMUs for {self.end[name] - start:.2f} s")
            gap = start - self.end.pop(name)
            self.longest = max(self.longest, gap)
            if gap > TICK_S:
                faults.append(f"{name}: none for {gap:.1f} s")
        self.live[name][pid] = (pidfd, host)
        self.starts += 1

    def reap(self):
        for name, processes in self.live.items():
            for pid, (pidfd, _) in list(processes.items()):
                if select.select([pidfd], [], [], 0)[0]:
                    os.close(pidfd)
                    del processes[pid]
                    self.known.discard(pid)
                    self.end[name] = time.clock_gettime(time.CLOCK_BOOTTIME)

    def run(self):
        while not is_over.is_set():
            self.reap()
            for entry in os.listdir("/proc"):
                if entry.isdigit() and int(entry) not in self.known:
                    self.look(int(entry))
            time.sleep(0.02)

    def host_of(self, name):
        hosts = [host for _, host in list(self.live[name].values())]
        return hosts[0] if len(hosts) == 1 else None


# The hosts

class Host(threading.Thread):
    def __init__(self, name, pid):
        super().__init__(daemon=True)
        self.name = name
        self.serial = 0
        self.command = (within(pid) if pid != os.getpid() else []) + [
            vcn, "--config", f"{work}/vcn-{name}.yaml", "--manifest", f"{work}/{name}.yaml",
            "--host", f"{name}.c.example"]
        self.write_settings()
        self.publish([])

    def write_settings(self):
        with open(f"{work}/vcn-{self.name}.yaml", "w") as file:
            file.write(f"""accel: tcg
filter: true
image-roots: {work}/images
scratch: {work}/scratch-{self.name}
runtime-dir: {work}/run-{self.name}
records: {work}/lib-{self.name}/boots.jsonl
stop-timeout: 1
ready-timeout: 1
memory-reserve: 0
parallel: {n_guests}
""")

    def publish(self, wanted):
        self.serial += 1
        text = f'manifest: 1\nhost: "{self.name}.c.example"\nserial: {self.serial}\n'
        text += "vcns:\n" if wanted else "vcns: []\n"
        for name in wanted:
            text += f"""  - name: {name}
    fqdn: {name}.c.example
    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-{int(name[4:]) + 1:012x}
    memory: 16
    cpus: 1
    image: {{path: "{work}/images/idle.img", format: raw}}
    interfaces: [{{mac: "{mac(name)}", bridge: br0, addresses: [{address(name)}]}}]
"""
        whole = subprocess.run(
            [f"{here}/trailer.py"], input=text, text=True, stdout=subprocess.PIPE, check=True)
        with open(f"{work}/{self.name}.new", "w") as file:
            file.write(whole.stdout)
        os.rename(f"{work}/{self.name}.new", f"{work}/{self.name}.yaml")

    def run(self):
        while not is_over.is_set():
            result = run(*self.command, "apply", f"--allow-stop={n_guests}", check=False)
            # 5: one waits, or is not ready, as none of these ever is; 8: the last one acts
            if result.returncode not in (0, 5, 8):
                faults.append(f"{self.name}: apply: {result.returncode}: {result.stdout}")
            is_over.wait(random.uniform(2, 4))


def write_image():
    """cli; hlt; a jump to hlt."""
    with open(f"{work}/images/idle.img", "wb") as file:
        file.write(b"\xfa\xf4\xeb\xfd".ljust(510, b"\0") + b"\x55\xaa")
        file.truncate(1 << 20)
    os.chmod(f"{work}/images/idle.img", 0o644)


def wait_for(condition, what):
    deadline = time.monotonic() + ROUND_MAX_S
    while not condition():
        if time.monotonic() > deadline:
            faults.append(f"not after {ROUND_MAX_S} s: {what}")
            return
        time.sleep(0.1)


def port_of(switch, name):
    """Where the switch has its MAC."""
    found = re.search(rf"^{mac(name)} dev (\w+)",
                      run(*within(switch.pid), "bridge", "fdb", "show", "br", "sw0").stdout, re.M)
    return found and found[1]


def publish_all(hosts, place):
    order = list(hosts)
    random.shuffle(order)
    for i, host in enumerate(order):
        if i > 0:
            time.sleep(random.uniform(0, 3))
        host.publish([name for name in names if place[name] == host.name])


def check_reached(asker, switch, place):
    for name in names:
        asker.heard.pop(name, None)
    for name in names:
        wait_for(lambda: name in asker.heard, f"{name} answers")
        if port_of(switch, name) != place[name]:
            faults.append(f"{name} is behind {port_of(switch, name)}, not {place[name]}")


def main():
    write_image()
    switch = make_switch()
    hosts = [Host(name, pid) for name, pid in zip(HOSTS, (os.getpid(), other))]
    flooding = Flood(switch.pid)
    watch, asker = Watch(), Asker(switch.pid)
    place = {name: random.choice(HOSTS) for name in names}
    done = 0
    publish_all(hosts, place)
    for thread in [watch, asker] + hosts:
        thread.start()
    began = time.monotonic()
    wait_for(lambda: all(watch.host_of(name) == place[name] for name in names), "the first start")
    while done < n_moves and not faults:
        moving = random.sample(names, min(n_moves - done, len(names)))
        for name in moving:
            place[name] = HOSTS[1 - HOSTS.index(place[name])]
        publish_all(hosts, place)
        wait_for(lambda: all(watch.host_of(name) == place[name] for name in names),
                 f"all have moved: {place}")
        check_reached(asker, switch, place)
        done += len(moving)
        print(f"{done} moves after {time.monotonic() - began:.0f} s, "
              f"longest without {watch.longest:.1f} s", flush=True)
    is_over.set()
    for host in hosts:
        host.join()
        run(*host.command, "kill", "--all", check=False)
    n_sent = flooding.end()
    switch.kill()
    print(f"{done} moves of {n_guests} VCNs, {watch.starts} starts, {n_sent} frames of the flood, "
          f"longest without {watch.longest:.1f} s, {len(faults)} faults")
    print(*faults, sep="\n")
    return done < n_moves or bool(faults)


sys.exit(main())
