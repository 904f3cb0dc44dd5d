#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""verify.py LDAPCC - what `ldapcc verify` says of servers that serve another generation (TAP)

BIND, NSD, Knot and dnsmasq, Kea over its control socket, and processes that began too early:
first right, then one generation behind, where each difference has to be named.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time

from dns_servers import HERE, Scene, Tap, dig, need

NAMES = ("bind", "nsd", "knot", "dnsmasq")
FARM = 60  # addresses of one name: more than fit into 512 bytes
tap = Tap()


# What Kea knows its clients by, besides a MAC address; and a network that goes
CLIENTS = """
dn: cn=gone,dc=c,dc=example
objectClass: vocIPNetwork
cn: gone
ipNetworkNumber: 10.79.0.0/24

dn: cn=ib,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
cn: ib
macAddress: 80:00:02:08:fe:80:00:00:00:00:00:00:02:00:5e:03:00:00:53:07
ipHostNumber: 10.77.0.31

dn: cn=roam,dc=c,dc=example
objectClass: device
objectClass: ieee802Device
cn: roam
macAddress: 00:00:5e:00:53:31

dn: cn=six1,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
cn: six1
macAddress: 00:00:5e:00:53:32
ipHostNumber: fd00:77::31

dn: cn=six2,dc=c,dc=example
objectClass: device
objectClass: vocPhysicalNode
cn: six2

dn: cn=eth0,cn=six2,dc=c,dc=example
objectClass: vocNodeInterface
cn: eth0
vocDUID: 4c4c4544-0031-3510-8031-b3c04f443232
ipHostNumber: fd00:77::32
"""
# … and what of them the second generation has otherwise
CHANGES = (("10.77.0.31", "10.77.0.32"), ("cn: roam", "cn: roam2"), ("cn=roam", "cn=roam2"),
           ("fd00:77::31", "fd00:77::41"), ("-b3c04f443232", "-b3c04f443233"),
           (CLIENTS.split("\n\n", maxsplit=1)[0], ""))


def clients(changes=()):
    text = CLIENTS
    for old, new in changes:
        text = text.replace(old, new)
    return text


def site(scene, web2="10.77.0.12", n_farm=FARM, extra="", mac="00:00:5e:00:53:11", changes=()):
    with open(f"{HERE}/site.ldif", encoding="ascii") as file:
        text = file.read()
    text = text.replace("ipHostNumber: 10.77.0.12", f"ipHostNumber: {web2}")
    text = text.replace("macAddress: 00:00:5e:00:53:11", f"macAddress: {mac}")
    text = text.replace("ipNetworkNumber: 10.77.0.0/24\n",
                        "ipNetworkNumber: 10.77.0.0/24\nvocDynamicRange: 10.77.0.200 10.77.0.209\n")
    text = text.replace("MX 20 Mail2", f"MX {len(extra) > 0:d}0 Mail2")
    for i in range(1, n_farm + 1):
        text += (f"\ndn: cn=f{i},dc=c,dc=example\nobjectClass: device\nobjectClass: ipHost\n"
                 f"objectClass: vocPhysicalNode\ncn: f{i}\nipHostNumber: 10.77.6.{i}\n"
                 "vocAlias: farm.c.example\n")
    scene.write("site.ldif", text + clients(changes) + extra)


class Kea:
    """The real one, on no interface: its control socket is what counts."""

    def __init__(self, scene, family):
        self.scene, self.process = scene, None
        self.name, self.object = f"kea-dhcp{family}", f"Dhcp{family}"
        self.socket = scene.path(f"kea{family}.sock")

    def conf(self):
        include = self.scene.path(f"etc/kea/{self.name}")
        return f"""{{"{self.object}": {{
  "interfaces-config": {{"interfaces": []}},
  {'"server-id": {"type": "LL", "persist": false},' if self.object == "Dhcp6" else ""}
  "control-socket": {{"socket-type": "unix", "socket-name": "{self.socket}"}},
  "lease-database": {{"type": "memfile", "persist": false}},
  "loggers": [{{"name": "{self.name}", "output_options": [{{"output": "stdout"}}], "severity": "WARN"}}],
  <?include "{include}"?>
}}}}"""

    def start(self):
        conf = f"{self.name}.conf"
        self.scene.write(conf, self.conf())
        with open(self.scene.path("kea.log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.scene.own(self.name), "-c", self.scene.path(conf)], stdout=log,
                stderr=log, env={**os.environ, "KEA_LOCKFILE_DIR": "none",
                                 "KEA_PIDFILE_DIR": self.scene.folder})
        return until(lambda: self.ask("status-get"))

    def ask(self, command):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as kea:
            kea.connect(self.socket)
            kea.sendall(json.dumps({"command": command}).encode())
            answer = b""
            while piece := kea.recv(65536):
                answer += piece
            return json.loads(answer)
        return None

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def until(condition):
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def settings(scene, ports, more=""):
    """The servers of the test are those that verify asks."""
    servers = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
    kea = "".join(f"  {name}: {{path: {scene.path('etc/kea/' + name)}, on-change: none, check: none}}\n"
                  for name in ("kea-dhcp4", "kea-dhcp6"))
    scene.settings(f"""{kea}{more}verify: {{dns: [{servers}], timeout: 1,
  kea4-socket: {scene.path('kea4.sock')}, kea6-socket: {scene.path('kea6.sock')},
  dhcpd-pid: {scene.path('dhcpd.pid')}, dnsmasq-pid: {scene.path('dnsmasq/pid')}}}
""")


def verify(scene, *words):
    return scene.run("verify", *words)


def check(scene, name, code, patterns, words=("--all",), silent=()):
    """Exit code, what is said, and what is not."""
    done = verify(scene, *words)
    missing = [p for p in patterns if not re.search(p, done.stdout, re.MULTILINE)]
    unwanted = [p for p in silent if re.search(p, done.stdout, re.MULTILINE)]
    tap.ok(done.returncode == code and not missing and not unwanted, name,
           f"exit {done.returncode}\nmissing {missing}\nunwanted {unwanted}\n"
           f"{done.stdout}{done.stderr}")
    return done


def asked(servers, name, want):
    return all((f"{name}.", "A", want) in dig(s.port, [f"-q {name} -t A"]) for s in servers)


def behind(scene, servers):
    """The servers are not told of the second generation."""
    site(scene, web2="10.77.0.13", n_farm=FARM - 1, mac="00:00:5e:00:53:21", changes=CHANGES,
         extra="\ndn: cn=new,dc=c,dc=example\nobjectClass: device\nobjectClass: ipHost\n"
         "cn: new\nipHostNumber: 10.77.0.77\n")
    tap.ok(scene.run("apply").returncode == 0, "a second generation, of which nobody is told")
    zones = [rf"^dns 127\.0\.0\.1:{s.port}: c\.example SOA: answers \d+, not \d+$"
             for s in servers if s.name != "dnsmasq"]
    everywhere = [pattern for s in servers for pattern in (
        rf"^dns 127\.0\.0\.1:{s.port}: web2\.c\.example A: answers 10\.77\.0\.12, not 10\.77\.0\.13$",
        rf"^dns 127\.0\.0\.1:{s.port}: 13\.0\.77\.10\.in-addr\.arpa PTR: answers nothing, "
        r"not web2\.c\.example\.$",
        rf"^dns 127\.0\.0\.1:{s.port}: 12\.0\.77\.10\.in-addr\.arpa PTR: answers "
        r"web2\.c\.example\., not nothing$",
        rf"^dns 127\.0\.0\.1:{s.port}: new\.c\.example A: answers nothing, not 10\.77\.0\.77$",
        rf"^dns 127\.0\.0\.1:{s.port}: f{FARM}\.rack\.c\.example A: answers 10\.77\.6\.{FARM}, "
        "not nothing$",
        rf"^dns 127\.0\.0\.1:{s.port}: c\.example MX: answers 0 mail2\.c\.example\., 10 mail\.c\.example\., "
        r"not 10 mail\.c\.example\., 10 mail2\.c\.example\.$",
        rf"^dns 127\.0\.0\.1:{s.port}: farm\.c\.example A: answers .*10\.77\.6\.{FARM}")]
    kea = [r"kea4\.sock: web1\.c\.example: no reservation for 00:00:5e:00:53:21, which is 10\.77\.0\.11$",
           r"kea4\.sock: network 'front': 1 reservation that is in the directory no more$",
           r"kea4\.sock: network 'gone': subnet 10\.79\.0\.0/24 is loaded, and in the directory no more$",
           r"kea4\.sock: ib\.c\.example: the reservation for ff:00:00:00:00:00:02:00:00:02:c9:00:02:00:5e:03:00:00:53:07 "
           r"has 10\.77\.0\.31, not 10\.77\.0\.32$",
           r"kea4\.sock: roam2\.c\.example: the reservation for 00:00:5e:00:53:31 has the name 'roam', "
           "not 'roam2'$",
           r"kea6\.sock: six1\.c\.example: the reservation for 00:00:5e:00:53:32 has fd00:77::31, "
           "not fd00:77::41$",
           r"kea6\.sock: six2\.c\.example: no reservation for 00:04:4c:4c:45:44:00:31:35:10:"
           r"80:31:b3:c0:4f:44:32:33, which is fd00:77::32$",
           r"kea6\.sock: network 'six': 1 reservation that is in the directory no more$"]
    check(scene, "each difference of each server is named", 6, everywhere + zones + kea + [
        r"^dnsmasq: dnsmasq \(process \d+\) runs since \S+, and its file was written at \S+$"],
        silent=[r"web1\.c\.example A:", r"mail\.example\.org"])
    done = scene.run("--json", "verify", "--all")
    found = json.loads(done.stdout)
    tap.ok(done.returncode == 6 and any("web2.c.example A" in row["what"]
                                        for row in found["differences"]),
           "--json has them too", done.stdout[:500])
    return found


def told(ldapcc, dnsmasq):
    """What dnsmasq reads again when it is told: it began before, and was told, or was not."""
    scene = Scene(ldapcc)
    name = "dnsmasq-dhcp-hosts"
    scene.write("pid", f"{dnsmasq.pid}\n")

    def publish(mac, on_change):
        site(scene, mac=mac)
        scene.settings(f"  {name}: {{path: {scene.path('srv/dhcp-hosts')}, check: none, "
                       f"on-change: {on_change}}}\n"
                       f"verify: {{dns: [], dnsmasq-pid: {scene.path('pid')}}}\n")
        return scene.run("apply").returncode

    old = rf"^{name}: dnsmasq \(process \d+\) runs since \S+, and its file was written at \S+$"
    try:
        tap.ok(publish("00:00:5e:00:53:41", "none") == 0,
               "reservations of dnsmasq, of which nobody is told")
        check(scene, "its dnsmasq began before", 6, [old])
        tap.ok(publish("00:00:5e:00:53:42", "[/bin/false]") == 6, "others, of which it could not be told")
        check(scene, "it does not know them", 6,
              [rf"^{name}: published, but nobody was told of generation"], silent=[old])
        tap.ok(publish("00:00:5e:00:53:42", "[/bin/true]") == 0, "now it was")
        check(scene, "and needs no new start", 6, ["1 differ$"], silent=[rf"^{name}: "])
        dnsmasq.kill()
        dnsmasq.wait()
        check(scene, "but it has to run", 6, [rf"^{name}: dnsmasq does not run$"])
    finally:
        scene.close()


def main(ldapcc):
    need("named", "nsd", "knotd", "dnsmasq", "dig", "kea-dhcp4", "kea-dhcp6")
    scene = Scene(ldapcc)
    keas = [Kea(scene, family) for family in (4, 6)]
    stranger = None
    try:
        site(scene)
        settings(scene, [1])
        done = verify(scene)
        tap.ok(done.returncode == 4 and "nothing has been published" in done.stderr,
               "nothing to verify", done.stderr)
        done = scene.run("apply")
        tap.ok(done.returncode == 0, "the first generation", done.stderr)
        servers = scene.start(*NAMES)
        tap.ok(all(kea.start() for kea in keas), "Kea runs, for both families")
        ports = [server.port for server in servers]
        settings(scene, ports)
        scene.run("apply")
        # a process that began behind the files, and one that did not
        stranger = subprocess.Popen(["sleep", "600"])
        scene.write("dhcpd.pid", f"{stranger.pid}\n")
        check(scene, "everything is served: --all", 0, [r"^generation \d+: \d+ looked at, 0 differ$"])
        check(scene, "everything is served: a sample", 0, ["0 differ"], ())

        behind(scene, servers)
        for server in servers:
            server.reload()
        until(lambda: asked(servers, "web2.c.example", "10.77.0.13"))
        done = check(scene, "after a reload of the name servers Kea alone is behind", 6,
                     [r"kea4\.sock: web1", r"kea6\.sock: six1"], silent=["^dns ", "^dnsmasq"])
        for kea in keas:
            kea.ask("config-reload")
        check(scene, "and after Kea's nobody", 0, ["0 differ"])

        path = scene.path("srv/hosts")
        with open(path, "a", encoding="ascii") as file:
            file.write("10.77.0.99 evil.c.example\n")
        check(scene, "a file that was edited", 6, [rf"^{path}: the file was edited by hand$"])
        scene.run("apply")
        told(ldapcc, stranger)
        settings(scene, ports, f"  dhcpd: {{path: {scene.path('etc/dhcp/ldapcc.conf')}, "
                 "on-change: none, check: none}\n")
        with open(scene.path("settings.yaml"), encoding="utf-8") as file:
            text = file.read()
        scene.write("settings.yaml", text.replace("  dhcpd: off\n", "", 1))
        done = scene.run("apply")
        check(scene, "a dhcpd that died", 6, [r"^dhcpd: dhcpd does not run$"])
        os.unlink(scene.path("dhcpd.pid"))
        done = check(scene, "one that nobody knows is none", 0, [], silent=["^dhcpd: "])
        tap.ok("no dhcpd was looked at" in done.stderr, "which is said", done.stderr)

        # a server that is dumb, and none at all
        with socket.socket(type=socket.SOCK_DGRAM) as dumb:
            dumb.bind(("127.0.0.1", 0))
            settings(scene, [dumb.getsockname()[1]])
            check(scene, "a server that is dumb", 6,
                  [r"^dns 127\.0\.0\.1:\d+: does not answer: (\d+) of \d+ questions$"], ())
            port = dumb.getsockname()[1]
        check(scene, "none at all", 6,
              [rf"^dns 127\.0\.0\.1:{port}: does not answer: Connection refused$"], ())
        settings(scene, [])
        done = verify(scene)
        tap.ok("dns" not in done.stdout, "no DNS server is asked where none is named", done.stdout)
        scene.write("settings.yaml", text.replace("127.0.0.1:", "localhost:"))
        tap.ok(verify(scene).returncode == 64, "a server by name is refused")
    finally:
        for kea in keas:
            kea.stop()
        if stranger and stranger.poll() is None:
            stranger.kill()
            stranger.wait()
        scene.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
