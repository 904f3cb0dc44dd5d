#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""zones.py LDAPCC - one answer from BIND, NSD, Knot and dnsmasq (TAP)

All are given what one run publishes, and are asked for every name, every address and every
record of tests/dns/site.ldif: each gives what the directory says, and nothing else.
"""

import ipaddress
import re
import sys

from dns_servers import HERE, Scene, Tap, dig, need, status

NAMES = ("bind", "nsd", "knot", "dnsmasq")
ZONES = ("bind", "nsd", "knot")

# what the directory says of names, besides addresses
RECORDS = {
    ("c.example.", "MX", "10 mail.c.example."),
    ("c.example.", "MX", "20 mail2.c.example."),
    ("c.example.", "TXT", '"v=spf1 mx -all"'),
    ("_ldap._tcp.c.example.", "SRV", "0 5 389 ns1.c.example."),
    ("_ldap._tcp.c.example.", "SRV", "10 0 636 ns1.c.example."),
    ("_finger._tcp.c.example.", "SRV", "0 0 0 ."),
    ("rack.c.example.", "TXT", '"the \\"second\\" rack; 100% \\\\o/, under" "more"'),
    ("web1.c.example.", "MX", "0 ."),
    ("_http._tcp.web1.c.example.", "SRV", "1 2 80 web1.c.example."),
    ("web1.c.example.", "TXT", '"web; \\\\ and \\"quotes\\""'),
    # ssh-keygen -r says so of the two keys
    ("web1.c.example.", "SSHFP", "4 1 9ac1437da15c1f9228e8a6d583df24b293147612"),
    ("web1.c.example.", "SSHFP",
     "4 2 9a2331ed4fd242789f4b5c022498b8e93133f7eef48498dc32432809395acb09"),
    ("web1.c.example.", "SSHFP", "3 1 c1370e42626140ac4b1198b7d4dd1bae26b9454c"),
    ("web1.c.example.", "SSHFP",
     "3 2 20019d9eea66d8a1b0cf83803fa273e03e0cce880835692cefb42cc15faf360b"),
    ("www.c.example.", "CNAME", "web1.c.example."),
    ("note.c.example.", "TXT", '"a name without an address"'),
}
ADDRESSES = {
    "ns1.c.example.": ("10.77.0.2", "fd00:77::2"),
    "mail.c.example.": ("10.77.0.25",),
    "imap.c.example.": ("10.77.0.25",),
    "mail2.c.example.": ("192.0.2.70",),
    "web1.c.example.": ("10.77.0.11",),
    "web2.c.example.": ("10.77.0.12",),
    "pool.c.example.": ("10.77.0.11", "10.77.0.12"),
    "n1.rack.c.example.": ("10.77.5.1",),
    "n1.other.example.": ("10.78.0.1",),
    "edge.c.example.": ("192.0.2.200",),
    "outside.c.example.": ("93.184.216.7",),
    "o1.other.example.": ("10.78.3.4",),
}
ALIASES = {"imap.c.example.", "pool.c.example."}

tap = Tap()


def squeezed(answers):
    """dig cuts long fingerprints in two."""
    return {(name, kind, re.sub(r"(?<=[0-9A-Fa-f]{40}) ", "", data).lower()
             if kind == "SSHFP" else data) for name, kind, data in answers}


def forward():
    wanted, asked = set(RECORDS), []
    for name, addresses in ADDRESSES.items():
        for address in map(ipaddress.ip_address, addresses):
            wanted.add((name, "A" if address.version == 4 else "AAAA", str(address)))
    for name in {name for name, _, _ in wanted}:
        kinds = {kind for of_name, kind, _ in wanted if of_name == name}
        asked += [f"-q {name} -t {kind}" for kind in kinds | {"A", "AAAA"} - (
            {"A", "AAAA"} if "CNAME" in kinds else set())]
    return wanted, sorted(asked)


def backward(server):
    """PTR of each address; in what belongs to the world, by the name that is delegated."""
    wanted, asked = set(), []
    for name, addresses in ADDRESSES.items():
        for address in () if name in ALIASES else map(ipaddress.ip_address, addresses):
            full = f"{address.reverse_pointer}."
            if name == "outside.c.example." and server.name != "dnsmasq":
                full = "7.0-26.216.184.93.in-addr.arpa."
            asked.append(f"-q {full} -t PTR")
            wanted.add((full, "PTR", name))
    return wanted, asked


def compare(server, wanted, asked, name, only=None):
    got = squeezed(dig(server.port, asked))
    if only:
        # by way of the zone of the small network (RFC 2317), which a resolver asks for
        behind = {b: a for a, kind, b in got if kind == "CNAME"}
        got |= dig(server.port, [f"-q {b} -t {only}" for b in sorted(behind)] or ["-q ."])
        got = {(behind.get(a, a), kind, b) for a, kind, b in got if kind == only}
    tap.ok(got == wanted, f"{server.name}: {name}",
           f"missing {sorted(wanted - got)}\nunwanted {sorted(got - wanted)}")


def serial_of(scene, server, zone):
    with open(scene.path(f"etc/{server}/ldapcc/{zone}.zone"), encoding="ascii") as file:
        return int(re.search(r"SOA \S+ \S+ (\d+)", file.read()).group(1))


def asked_serial(server, zone):
    soa = [data for _, kind, data in dig(server.port, [f"-q {zone} -t SOA"]) if kind == "SOA"]
    return int(soa[0].split()[2]) if soa else None


def ask_all(scene, servers):
    for server in servers:
        compare(server, *forward(), "every name and record")
        compare(server, *backward(server), "every address", "PTR")
        tap.ok(status(server.port, "nobody.c.example", "A") == "NXDOMAIN",
               f"{server.name}: a name that is not there")
        tap.ok(status(server.port, "www.rack.c.example", "A") == "NXDOMAIN",
               f"{server.name}: nor in the zone below")
        tap.ok(status(server.port, "-x", "192.0.2.77") == "NXDOMAIN",
               f"{server.name}: an address that is nobody's")
        foreign = dig(server.port, ["-q mail.example.org -t A"])
        tap.ok(bool(foreign) == (server.name == "dnsmasq"),
               f"{server.name}: a name in somebody else's zone", foreign)
        through = dig(server.port, ["-q www.c.example -t A"])
        tap.ok(("web1.c.example.", "A", "10.77.0.11") in through,
               f"{server.name}: an address behind a CNAME", through)
    for server in servers:
        if server.name in ZONES:
            tap.ok(asked_serial(server, "c.example") == serial_of(scene, server.name, "c.example"),
                   f"{server.name}: serves the serial of its file", server.log())
            tap.ok(dig(server.port, ["-q other.example -t NS", "-q ns-10-78-0-53.other.example"]) ==
                   {("other.example.", "NS", "ns-10-78-0-53.other.example."),
                    ("ns-10-78-0-53.other.example.", "A", "10.78.0.53")},
                   f"{server.name}: a name server that is nobody's host has a name")
            tap.ok(status(server.port, "-x", "93.184.216.7") == "REFUSED",
                   f"{server.name}: the /24 of a part of the world is not ours")


def change(scene, servers):
    """One host moves: its zones get a new serial, no other does."""
    zones = ("c.example", "0.77.10.in-addr.arpa", "other.example", "rack.c.example")
    before = {zone: serial_of(scene, "bind", zone) for zone in zones}
    with open(scene.path("site.ldif"), encoding="ascii") as file:
        text = file.read()
    scene.write("site.ldif", text.replace("ipHostNumber: 10.77.0.12", "ipHostNumber: 10.77.0.13"))
    done = scene.run("apply")
    after = {zone: serial_of(scene, "bind", zone) for zone in zones}
    tap.ok(done.returncode == 0 and not done.stderr, "a host moves", done.stdout + done.stderr)
    grown = [zone for zone in zones if after[zone] > before[zone]]
    same = [zone for zone in zones if after[zone] == before[zone]]
    tap.ok((grown, same) == (list(zones[:2]), list(zones[2:])),
           "the zones that it is in get a serial above the last one, the others keep theirs",
           f"{before} {after}")
    for server in servers:
        server.reload()
        moved = ("web2.c.example.", "A", "10.77.0.13")
        tap.ok(until(lambda s=server: moved in dig(s.port, ["-q web2.c.example -t A"])),
               f"{server.name}: serves it after a reload", server.log())
    done = scene.run("apply")
    tap.ok((done.returncode, done.stdout, done.stderr) == (0, "", ""),
           "a serial alone is no change", done.stdout + done.stderr)
    status_then = re.search(r"set +(\S+)", scene.run("status").stdout).group(1)
    done = scene.run("rollback", "1")
    back = serial_of(scene, "bind", "c.example")
    tap.ok(done.returncode == 0 and back > after["c.example"],
           "a rollback is a newer zone too", f"{done.stderr}{back} {after}")
    with open(scene.path("etc/bind/ldapcc/c.example.zone"), encoding="ascii") as file:
        tap.ok("web2 A 10.77.0.12" in file.read(), "with what was there before")
    scene.run("rollback", "--unpin")
    done = scene.run("apply")
    again = serial_of(scene, "bind", "c.example")
    tap.ok(done.returncode == 0 and again > back, "and forward again", done.stderr)
    status_now = re.search(r"set +(\S+)", scene.run("status").stdout).group(1)
    tap.ok(status_then == status_now, "the hash of the published set knows no serials")


def until(condition):
    import time
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def refused(scene):
    """What a server's checker says no to is not published."""
    scene.write("templates/zones-bind", "{{<zones-bind}}{{$records}}\n@ CNAME web1\n{{/records}}{{/zones-bind}}\n")
    scene.settings(f"templates: [{scene.path('templates')}]\n")
    before = serial_of(scene, "bind", "c.example")
    done = scene.run("apply")
    tap.ok(done.returncode == 5 and "named-checkzone" in done.stderr,
           "a zone that BIND's checker refuses is not published", done.stderr)
    tap.ok(serial_of(scene, "bind", "c.example") == before, "the old file is there")
    scene.settings()
    # files whose names do not tell zones apart, and one that no file system has
    with open(scene.path("settings.yaml"), encoding="utf-8") as file:
        text = re.sub(r"  zones-bind-list:.*\n", "", file.read())
    scene.write("settings.yaml", text.replace("bind/ldapcc/{{name}}", "bind/ldapcc/{{server}}"))
    done = scene.run("check")
    tap.ok(done.returncode == 10 and "[dup-file]" in done.stderr, "two zones with one file",
           done.stderr)
    scene.settings()
    long = ".".join(["a" * 60] * 4)
    scene.write("long.ldif", f"dn: cn=n,dc=x\nobjectClass: vocIPNetwork\ncn: n\nvocDomain: {long}\n"
                "ipNetworkNumber: 10.1.0.0/24\n")
    done = scene.run("check", ldif=scene.path("long.ldif"))
    tap.ok(done.returncode == 10 and "is too long [unsafe-value]" in done.stderr,
           "a zone whose name no file can have", done.stderr)


def main(ldapcc):
    need("named", "nsd", "knotd", "dnsmasq", "dig", "named-checkzone", "nsd-checkzone", "kzonecheck")
    scene = Scene(ldapcc)
    try:
        scene.settings()
        with open(f"{HERE}/site.ldif", encoding="ascii") as file:
            scene.write("site.ldif", file.read())
        done = scene.run("apply")
        tap.ok(done.returncode == 0, "the site is published, all checkers are content",
               done.stdout + done.stderr)
        rendered = scene.run("render", "zones-bind").stdout
        tap.ok(" 0 3600 900 1209600 300\n" in rendered, "render prints the serial 0")
        servers = scene.start(*NAMES)
        ask_all(scene, servers)
        change(scene, servers)
        refused(scene)
    finally:
        scene.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
