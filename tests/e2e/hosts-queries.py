#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hosts-queries.py HOSTS QUERIES EXPECTED

What a DNS server that reads the hosts file HOSTS must be able to answer: QUERIES for dig -f,
and the EXPECTED records, a sorted set of `NAME TYPE VALUE`. Each name for its A and its AAAA
records, each address for its name, which is the first on the address's first line.
"""
import ipaddress
import sys


def main(hosts, queries, expected):
    addresses, pointers = {}, {}
    for line in open(hosts, encoding="ascii"):
        words = line.split("#")[0].split()
        if not words:
            continue
        address = ipaddress.ip_address(words[0])
        pointers.setdefault(address, words[1])
        for name in words[1:]:
            addresses.setdefault(name, set()).add(address)
    asked, records = [], set()
    for name, of_name in addresses.items():
        asked += [f"-q {name} -t A", f"-q {name} -t AAAA"]  # a host may be called `ns`
        for address in of_name:
            records.add(f"{name}. {'A' if address.version == 4 else 'AAAA'} {address}")
    for address, name in pointers.items():
        asked.append(f"-x {address}")
        records.add(f"{address.reverse_pointer}. PTR {name}.")
    with open(queries, "w") as file:
        file.writelines(f"{line}\n" for line in sorted(asked))
    with open(expected, "w") as file:
        file.writelines(f"{line}\n" for line in sorted(records))


if __name__ == "__main__":
    main(*sys.argv[1:])
