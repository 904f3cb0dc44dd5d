#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usual.py URI BASE FOLDER [each] - what sites write today, with python-ldap and Jinja2.

Reads the nodes and writes a hosts file and a dhcpd file below FOLDER; with `each` a file for
every physical host too. As such scripts are: no check, no guard, nothing synced; but not made
slow either: one search, only the attributes that are used, templates compiled once.
"""
import os
import sys

import jinja2
import ldap

HOSTS = """{% for n in nodes %}{{ n.ip }} {{ n.name }}.c.example {{ n.name }}{% for a in n.aliases %} {{ a }}{% endfor %}

{% endfor %}"""
DHCPD = """{% for n in nodes if n.mac %}host {{ n.name }} {
	hardware ethernet {{ n.mac }};
	fixed-address {{ n.ip }};
	option host-name "{{ n.name }}";
}
{% endfor %}"""
MANIFEST = """host: {{ host.name }}
vcns:
{% for n in vcns %}  - name: {{ n.name }}
    memory: {{ n.memory }}
    cpus: {{ n.cpus }}
    mac: {{ n.mac }}
    address: {{ n.ip }}
{% endfor %}"""
ATTRIBUTES = ["cn", "ipHostNumber", "macAddress", "vocAlias", "vocMemory", "vocCPUs",
              "vocPhysicalHost"]


def first(entry, name):
    return entry[name][0].decode() if name in entry else ""


def read(uri, base):
    connection = ldap.initialize(uri)
    connection.sasl_non_interactive_bind_s("EXTERNAL")
    for dn, entry in connection.search_s(base, ldap.SCOPE_SUBTREE, "(objectClass=ipHost)",
                                         ATTRIBUTES):
        yield {"dn": dn, "name": first(entry, "cn"), "ip": first(entry, "ipHostNumber"),
               "mac": first(entry, "macAddress"), "memory": first(entry, "vocMemory"),
               "cpus": first(entry, "vocCPUs"), "on": first(entry, "vocPhysicalHost"),
               "aliases": [a.decode() for a in entry.get("vocAlias", [])]}


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def main():
    uri, base, folder = sys.argv[1:4]
    os.makedirs(os.path.join(folder, "each"), exist_ok=True)
    templates = jinja2.Environment()
    nodes = sorted(read(uri, base), key=lambda n: n["name"])
    write(folder, "hosts", templates.from_string(HOSTS).render(nodes=nodes))
    write(folder, "dhcpd.conf", templates.from_string(DHCPD).render(nodes=nodes))
    if sys.argv[4:] != ["each"]:
        return
    guests, manifest = {}, templates.from_string(MANIFEST)
    for node in nodes:
        guests.setdefault(node["on"], []).append(node)
    for host in nodes:
        if not host["on"]:
            write(folder, f"each/{host['name']}.yaml",
                  manifest.render(host=host, vcns=guests.get(host["dn"], [])))


main()
