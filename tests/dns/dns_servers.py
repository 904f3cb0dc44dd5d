# SPDX-License-Identifier: Apache-2.0
"""BIND, NSD, Knot and dnsmasq on high ports of loopback, and a site that they serve."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DEADLINE = 20  # seconds until a server answers


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def ok(self, good, name, told=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in str(told).splitlines()[:40]:
                print(f"# {line}")

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def skip(why):
    print(f"1..0 # SKIP {why}")
    raise SystemExit(0)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"{program} is not installed")


def free_port():
    """One that is free for TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]


class Server:
    """One name server: its configuration, its process, how it is told of changes."""

    def __init__(self, scene, name):
        self.scene, self.name, self.port = scene, name, free_port()
        self.process = None
        self.folder = scene.path(name)
        os.makedirs(self.folder, exist_ok=True)

    def words(self):
        conf = os.path.join(self.folder, "conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write(getattr(self, f"{self.name}_conf")())
        return {
            "bind": [self.scene.own("named"), "-g", "-c", conf],
            "nsd": [self.scene.own("nsd"), "-d", "-c", conf],
            "knot": [self.scene.own("knotd"), "-c", conf],
            "dnsmasq": [self.scene.own("dnsmasq"), "-k", "-C", conf],
        }[self.name]

    def bind_conf(self):
        return f"""options {{
	directory "{self.folder}";
	listen-on port {self.port} {{ 127.0.0.1; }};
	listen-on-v6 {{ none; }};
	pid-file "{self.folder}/pid";
	session-keyfile none;
	recursion no;
	allow-query {{ any; }};
	minimal-responses yes;
}};
controls {{ }};
include "{self.scene.path('etc/bind/ldapcc-zones.conf')}";
"""

    def nsd_conf(self):
        return f"""server:
	ip-address: 127.0.0.1
	port: {self.port}
	username: ""
	chroot: ""
	zonesdir: ""
	pidfile: "{self.folder}/pid"
	xfrdfile: "{self.folder}/xfrd.state"
	xfrdir: "{self.folder}"
	zonelistfile: "{self.folder}/zone.list"
	database: ""
remote-control:
	control-enable: no
include: "{self.scene.path('etc/nsd/nsd.conf.d/ldapcc.conf')}"
"""

    def knot_conf(self):
        return f"""server:
    listen: 127.0.0.1@{self.port}
    rundir: "{self.folder}"
database:
    storage: "{self.folder}"
log:
  - target: stderr
    any: info
include: {self.scene.path('etc/knot/ldapcc-zones.conf')}
"""

    def dnsmasq_conf(self):
        return f"""port={self.port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=
pid-file={self.folder}/pid
conf-file={self.scene.path('etc/dnsmasq.d/ldapcc.conf')}
"""

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.words(), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        end = time.monotonic() + DEADLINE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.name} does not answer:\n{self.log()}")
            time.sleep(0.05)

    def answers(self):
        return bool(dig(self.port, ["-q ns1.c.example -t A"], time=1))

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace", encoding="utf-8") as file:
            return "".join(file.readlines()[-30:])

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def reload(self):
        """As its unit would; dnsmasq and NSD read their own configuration at a start only."""
        if self.name == "dnsmasq":
            self.stop()
            self.start()
        else:
            self.process.send_signal(signal.SIGHUP)


class Scene:
    """A scratch folder with settings whose targets all lie in it."""

    def __init__(self, ldapcc):
        self.ldapcc = ldapcc
        self.folder = tempfile.mkdtemp(prefix="ldapcc-dns-")
        os.chmod(self.folder, 0o755)
        self.servers = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def own(self, program):
        """A copy that no rule of AppArmor knows by its path."""
        copy = self.path(f"bin/{program}")
        if not os.path.exists(copy):
            os.makedirs(self.path("bin"), exist_ok=True)
            shutil.copy(shutil.which(program), copy)
        return copy

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def settings(self, more=""):
        """All targets of DNS; nobody is told: the test does that."""
        etc = self.path("etc")
        self.write("settings.yaml", f"""state: {self.path('state')}
severity: {{alias-conflict: ignore}}
guard: {{max-removed: 100%, max-affected: 100%, max-lost: 100%, max-removed-24h: 100%}}
targets:
  dnsmasq: {{path: {etc}/dnsmasq.d/ldapcc.conf, on-change: none}}
  dnsmasq-hosts: {{path: {self.path('srv/hosts')}, on-change: none}}
  dhcpd: off
  kickstart: off
  kickstart-repos: off
  manifest: off
  zones-bind-list: {{path: {etc}/bind/ldapcc-zones.conf, on-change: none}}
  zones-bind: {{path: "{etc}/bind/ldapcc/{{{{name}}}}.zone", on-change: none}}
  zones-nsd-list: {{path: {etc}/nsd/nsd.conf.d/ldapcc.conf, on-change: none}}
  zones-nsd: {{path: "{etc}/nsd/ldapcc/{{{{name}}}}.zone", on-change: none}}
  zones-knot-list: {{path: {etc}/knot/ldapcc-zones.conf, on-change: none}}
  zones-knot: {{path: "{etc}/knot/ldapcc/{{{{name}}}}.zone", on-change: none}}
{more}""")

    def run(self, *words, ldif=None):
        ldif = ldif or self.path("site.ldif")
        return subprocess.run(
            [self.ldapcc, "--config", self.path("settings.yaml"), "--ldif", ldif, *words],
            capture_output=True, text=True, check=False)

    def start(self, *names):
        for name in names:
            server = Server(self, name)
            self.servers.append(server)
            server.start()
        return self.servers

    def close(self):
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def dig(port, queries, time=2):
    """The answers of dig -f as a set of (NAME, TYPE, DATA)."""
    done = subprocess.run(
        ["dig", "@127.0.0.1", "-p", str(port), "+noall", "+answer", "+tries=2", f"+time={time}",
         "-f", "-"], input="\n".join(queries) + "\n", capture_output=True, text=True, check=False)
    found = set()
    for line in done.stdout.splitlines():
        words = line.split(None, 4)
        if len(words) == 5 and words[2] == "IN":
            found.add((words[0].lower(), words[3], re.sub(r"\s+", " ", words[4])))
    return found


def status(port, *words):
    done = subprocess.run(["dig", "@127.0.0.1", "-p", str(port), "+tries=2", "+time=2", *words],
                          capture_output=True, text=True, check=False)
    found = re.search(r"status: (\w+)", done.stdout)
    return found.group(1) if found else done.stdout
