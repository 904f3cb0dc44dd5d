#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-site.py N - the benchmark's directory of N nodes as LDIF, on standard output.

10 % physical hosts, 90 % VCNs (nine a host), ten /16 networks, four images, three profiles,
six repositories, aliases on a fifth of the hosts. Deterministic, and without a finding.
"""
import sys

BASE = "dc=c,dc=example"


def entry(dn, classes, **attributes):
    print(f"dn: {dn}")
    for name in classes.split():
        print(f"objectClass: {name}")
    for name, values in attributes.items():
        for value in values if isinstance(values, list) else [values]:
            print(f"{name}: {value}")
    print()


def address(i):
    """Ten networks 10.0.0.0/16 to 10.9.0.0/16; .0.0, .0.1 and .255 are left out."""
    network, rest = i % 10, i // 10
    return f"10.{network}.{1 + rest // 250}.{1 + rest % 250}"


def shared():
    entry(BASE, "dcObject organization", dc="c", o="c")
    for unit in ("hosts", "vcns", "networks", "images", "repositories", "profiles"):
        entry(f"ou={unit},{BASE}", "organizationalUnit", ou=unit)
    entry(f"cn=site,{BASE}", "vocCluster", cn="site", vocDomain="c.example",
          vocNameServer="10.0.0.2", vocTimeZone="Etc/UTC",
          vocInstallServer="http://install.c.example/ks")
    for i in range(10):
        entry(f"cn=net{i},ou=networks,{BASE}", "vocIPNetwork", cn=f"net{i}",
              ipNetworkNumber=f"10.{i}.0.0", ipNetmaskNumber="255.255.0.0",
              vocGateway=f"10.{i}.0.1", vocBridge=f"br{i}", vocMTU="1500")
    for i in range(4):
        entry(f"cn=image{i},ou=images,{BASE}", "vocDiskImage", cn=f"image{i}",
              vocImagePath=f"/images/image{i}.qcow2", vocImageFormat="qcow2")
    for i in range(6):
        entry(f"cn=repo{i},ou=repositories,{BASE}", "vocPackageRepository", cn=f"repo{i}",
              vocBaseURL=f"http://install.c.example/repo{i}/", vocCost=str(500 + i))
    for i in range(3):
        entry(f"cn=profile{i},ou=profiles,{BASE}", "vocKickstartProfile", cn=f"profile{i}",
              vocInstallURL="http://install.c.example/os/", vocKickstartVersion="RHEL9",
              vocRepository=[f"cn=repo{j},ou=repositories,{BASE}" for j in (2 * i, 2 * i + 1)],
              vocPackage=["@core", "chrony", "-firewalld"])


def host(i, n_hosts):
    name = f"h{i:06}"
    more = {"vocAlias": f"alias{i:06}"} if i % 5 == 0 else {}
    entry(f"cn={name},ou=hosts,{BASE}", "device ipHost ieee802Device vocPhysicalNode",
          cn=name, ipHostNumber=address(i),
          macAddress="00:16:3e:%02x:%02x:%02x" % (i >> 16 & 255, i >> 8 & 255, i & 255),
          serialNumber=f"S{i:08}", l=f"rack {i // 40}", vocMemory="65536", vocCPUs="64",
          vocInstallProfile=f"cn=profile{i % 3},ou=profiles,{BASE}", **more)


def vcn(i, n_hosts):
    name = f"v{i:06}"
    entry(f"cn={name},ou=vcns,{BASE}", "device ipHost ieee802Device vocVirtualNode",
          cn=name, ipHostNumber=address(n_hosts + i),
          macAddress="02:00:00:%02x:%02x:%02x" % (i >> 16 & 255, i >> 8 & 255, i & 255),
          vocPhysicalHost=f"cn=h{i // 9:06},ou=hosts,{BASE}",
          vocImage=f"cn=image{i % 4},ou=images,{BASE}", vocMemory="4096", vocCPUs="2",
          vocVirtualOrganization=f"vo{i % 5}")


def main():
    n = int(sys.argv[1])
    n_hosts = n // 10
    shared()
    for i in range(n_hosts):
        host(i, n_hosts)
    for i in range(n - n_hosts):
        vcn(i, n_hosts)


main()
