#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-site.py N [faults] - the benchmark's directory of N nodes as LDIF, on standard output.

10 % physical hosts, 90 % VCNs (nine a host, in its network), ten /12 networks, four images,
three profiles, six repositories, aliases on a fifth of the hosts. Deterministic, and without
a finding; with `faults` every tenth node has one, a warning: a host without a MAC address,
a VCN with one of a manufacturer.
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


NETWORKS = 10


def address(network, i):
    """The i-th node's in 10.0.0.0/12 to 10.144.0.0/12; .0 and .255 are left out."""
    third = i // 250 + 1  # the gateway and the servers are in 10.x.0
    return f"10.{network * 16 + third // 256}.{third % 256}.{1 + i % 250}"


def mac(maker, i):
    return f"{maker}:%02x:%02x:%02x" % (i >> 16 & 255, i >> 8 & 255, i & 255)


def has_fault(i):
    return FAULTS and i % 10 == 0


def shared():
    entry(BASE, "dcObject organization", dc="c", o="c")
    for unit in ("hosts", "vcns", "networks", "images", "repositories", "profiles"):
        entry(f"ou={unit},{BASE}", "organizationalUnit", ou=unit)
    entry(f"cn=site,{BASE}", "vocCluster", cn="site", vocDomain="c.example",
          vocNameServer="10.0.0.2", vocTimeZone="Etc/UTC",
          vocInstallServer="http://install.c.example/ks")
    for i in range(NETWORKS):
        entry(f"cn=net{i},ou=networks,{BASE}", "vocIPNetwork", cn=f"net{i}",
              ipNetworkNumber=f"10.{i * 16}.0.0", ipNetmaskNumber="255.240.0.0",
              vocGateway=f"10.{i * 16}.0.1", vocBridge=f"br{i}", vocMTU="1500")
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


def host(i):
    name = f"h{i:06}"
    more = {"vocAlias": f"alias{i:06}"} if i % 5 == 0 else {}
    entry(f"cn={name},ou=hosts,{BASE}", "device ipHost ieee802Device vocPhysicalNode",
          cn=name, ipHostNumber=address(i % NETWORKS, i // NETWORKS * 10),
          macAddress=[] if has_fault(i) else mac("00:16:3e", i),
          serialNumber=f"S{i:08}", l=f"rack {i // 40}", vocMemory="65536", vocCPUs="64",
          vocInstallProfile=f"cn=profile{i % 3},ou=profiles,{BASE}", **more)


def vcn(i):
    name, on, nth = f"v{i:06}", i // 9, i % 9
    entry(f"cn={name},ou=vcns,{BASE}", "device ipHost ieee802Device vocVirtualNode",
          cn=name, ipHostNumber=address(on % NETWORKS, on // NETWORKS * 10 + 1 + nth),
          macAddress=mac("00:16:3f" if has_fault(i) else "02:00:00", i),
          vocPhysicalHost=f"cn=h{on:06},ou=hosts,{BASE}",
          vocImage=f"cn=image{i % 4},ou=images,{BASE}", vocMemory="4096", vocCPUs="2",
          vocVirtualOrganization=f"vo{i % 5}")


def main():
    n = int(sys.argv[1])
    shared()
    for i in range(n // 10):
        host(i)
    for i in range(n - n // 10):
        vcn(i)


FAULTS = sys.argv[2:] == ["faults"]
main()
