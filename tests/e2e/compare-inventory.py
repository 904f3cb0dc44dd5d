#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare-inventory.py WHAT TRUTH FILE - what ldapcc made of an inventory, and what is true

WHAT is `findings` (FILE: the output of `ldapcc --json check`), `hosts` (a hosts file) or
`leases` (ISC dhcpd's host declarations). Prints what differs and exits 1.
"""
import json
import re
import sys


def read_findings(path):
    found = {}
    for finding in json.load(open(path))["findings"]:
        dns = [finding["dn"]] + [note["dn"] for note in finding.get("notes", []) if note.get("dn")]
        found.setdefault(finding["id"], []).append(sorted(dns))
    return found


def read_hosts(path):
    hosts = {}
    for line in open(path):
        words = line.split("#")[0].split()
        if words:
            hosts.setdefault(words[0], []).extend(words[1:])
    return hosts


def read_leases(path):
    pattern = (r'host \S+ \{\s+hardware ethernet (\S+);\s+fixed-address (\S+);'
               r'\s+option host-name "(\S+)";')
    return [list(groups) for groups in re.findall(pattern, open(path).read())]


def flatten(what, data):
    """A set of lines, for any of the three."""
    if what == "findings":
        return {f"{check}: {' '.join(sorted(dns)).lower()}" for check in data for dns in data[check]}
    if what == "hosts":
        return {f"{address} {names[0]} / {' '.join(sorted(names[1:]))}"
                for address, names in data.items()}
    return {" ".join(lease[-3:]) for lease in data}


def main(what, truth, path):
    read = {"findings": read_findings, "hosts": read_hosts, "leases": read_leases}[what]
    data = read(path)
    true, got = flatten(what, json.load(open(truth))[what]), flatten(what, data)
    for line in sorted(true - got):
        print("missing:", line)
    for line in sorted(got - true):
        print("wrong:  ", line)
    count = sum(len(value) for value in data.values()) if what == "findings" else len(data)
    if what != "hosts" and count != len(got):
        print("something comes twice")
        return 1
    return 0 if true == got else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
