#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One answer, whichever server: asks as every client of site.ldif, and compares with the model.

    parity.py ask 4|6 INTERFACE SITE ANSWERS     in the clients' network namespace
    parity.py judge SITE FINDINGS SERVER=ANSWERS…
    parity.py same SITE ANSWERS ANSWERS

`judge` prints TAP and then the matrix: attribute × kind of client for each server. A cell is
`same`, or the id of the warning that `ldapcc check` gave for this server; anything else fails.
"""

import ipaddress
import json
import re
import sys

import client
import model

# What the model leaves open is the server's to say.
OPEN = {"next server", "mtu"}


def ask(family, interface, path, to):
    site = model.Site(path)
    answers = []
    send = client.ask4 if family == "4" else client.ask6
    for version, label, asking, _ in model.clients(site):
        if version != int(family):
            continue
        # who answered nobody is not there: the rest need not be waited for
        is_there = len(answers) < 3 or any(row[2] for row in answers)
        answers.append([label, asking, send(interface, asking) if is_there else None])
    with open(to, "w", encoding="utf-8") as file:
        json.dump(answers, file, indent=1)


def in_pool(network, address, taken):
    first, last = (ipaddress.ip_address(a) for a in network.range.split())
    return address is not None and first <= ipaddress.ip_address(address) <= last and \
        address not in taken


def difference(site, attribute, want, got, version):
    if attribute == "address" and want is None:
        network = next(n for n in site.networks if n.range and n.version == version)
        taken = {a for e in site.entries for a in e.get("iphostnumber", [])}
        return None if in_pool(network, got, taken) else "%s is not from the range" % got
    if want is None and attribute in OPEN:
        return None
    if want != got:
        return "%s, not %s" % (got, want)
    return None


class Matrix:
    def __init__(self, server):
        self.server = server
        self.columns, self.rows, self.cells = [], [], {}

    def put(self, attribute, label, cell):
        for name, names in ((attribute, self.rows), (label, self.columns)):
            if name not in names:
                names.append(name)
        before = self.cells.get((attribute, label), "same")
        if before == "same":
            self.cells[attribute, label] = cell

    def show(self):
        width = max(len(label) for label in self.columns)
        print("#\n# " + self.server)
        for row in self.rows:
            cells = [self.cells.get((row, column), "-").ljust(width) for column in self.columns]
            print("# %-14s %s" % (row, " ".join(cells)))
        print("# %-14s %s" % ("", " ".join(c.ljust(width) for c in self.columns)))


TARGETS = {"kea4": "kea-dhcp4", "kea6": "kea-dhcp6", "dnsmasq6": "dnsmasq-dhcp",
           "dnsmasq": "dnsmasq-dhcp"}


def warning_for(findings, server, attribute, label, holders):
    """The id of the warning that tells of it, if there is one; holders may have the option."""
    where = ""
    if label == "UUID, no vocDUID" and attribute == "address":
        why = r"does not know a client .*\[(no-duid)\]"
    elif attribute.startswith("option "):
        name = model.option_name(6 if server.endswith("6") else 4, int(attribute.split()[1]))
        why = r"cannot tell clients option '%s'.*\[(not-carried)\]" % name
        where = "cn=(?:%s),[^:]*:[^:]*: " % "|".join(holders)
    elif attribute == "class" and server.endswith("6"):
        why = r"cannot tell clients: .*option 16 .*\[(not-carried)\]"
    else:
        return None
    # a node is named once, with the first of its targets that cannot
    target = TARGETS.get(server, server)
    if attribute == "address":
        target = "(?:kea-dhcp6|dhcpd6)"
    found = re.search("%swarning: target '%s' %s" % (where, target, why), findings)
    return found.group(1) if found else None


def attributes_of(answer):
    """With each option an attribute of its own."""
    rows = {name: value for name, value in answer.items() if name != "options"}
    rows.update(("option " + code, data) for code, data in answer["options"].items())
    return rows


def judge(path, findings, *answers):
    site = model.Site(path)
    with open(findings, encoding="utf-8") as file:
        findings = file.read()
    missing = sorted(set(model.OPTIONS) - site.options_asked())
    faults = ["no client is told option " + name for name in missing]
    matrices, n = [], 1
    print("%sok 1 - every option of the manual is asked for" % ("not " if missing else ""))
    for word in answers:
        server, _, name = word.partition("=")
        with open(name, encoding="utf-8") as file:
            given = json.load(file)
        version = 6 if server.endswith("6") else 4
        wanted = [row for row in model.clients(site) if row[0] == version]
        matrix = Matrix(server)
        differing = 0
        for (_, label, asking, want), (_, _, got) in zip(wanted, given, strict=True):
            want, got = attributes_of(want), attributes_of(got) if got else None
            for attribute in want | (got or {}):
                why = difference(site, attribute, want.get(attribute), got.get(attribute),
                                 version) if got else "no answer"
                warning = warning_for(findings, server, attribute, label,
                                      site.holders(want["address"])) if why else None
                cell = "same" if not why else warning or "DIFFERS"
                matrix.put(attribute, label, cell)
                if cell == "DIFFERS":
                    differing += 1
                    faults.append("%s: %s as %s: %s is %s" % (
                        server, asking["mac"], label, attribute, why))
        n += 1
        print("%sok %d - %s tells its clients what the model says" % (
            "not " if differing else "", n, server))
        matrices.append(matrix)
    for fault in faults:
        print("# " + fault)
    for matrix in matrices:
        matrix.show()
    print("1..%d" % n)
    return 1 if faults else 0


def same(path, *names):
    """Two servers' answers to every client that has an address of its own."""
    site = model.Site(path)
    wanted = [row for row in model.clients(site) if row[0] == 4]
    given = []
    for name in names:
        with open(name, encoding="utf-8") as file:
            given.append(json.load(file))
    faults = 0
    for (_, label, asking, want), first, second in zip(wanted, *given, strict=True):
        for attribute in attributes_of(want) if want["address"] else ():
            values = [attributes_of(row[2]).get(attribute) if row[2] else "no answer"
                      for row in (first, second)]
            if values[0] != values[1] and not (attribute in OPEN and want[attribute] is None):
                faults += 1
                print("%s as %s: %s is %s, then %s" % (asking["mac"], label, attribute, *values))
    return 1 if faults or not wanted else 0


if __name__ == "__main__":
    sys.exit({"ask": ask, "judge": judge, "same": same}[sys.argv[1]](*sys.argv[2:]))
