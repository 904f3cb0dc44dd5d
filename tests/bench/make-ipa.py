#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-ipa.py N ours|freeipa, make-ipa.py shared - N hosts with name, address, MAC, place and serial number as LDIF.

The same site in two shapes: in our schema, an entry a host; as FreeIPA keeps it, the computer in
cn=computers and its address in cn=dns, which a join brings together.
"""
import sys

BASE = "dc=c,dc=example"
SHARED = f"""dn: cn=site,{BASE}
objectClass: vocCluster
cn: site
vocDomain: c.example
vocNameServer: 10.0.0.2

dn: cn=net,{BASE}
objectClass: vocIPNetwork
cn: net
ipNetworkNumber: 10.0.0.0/8
vocGateway: 10.0.0.1
"""
OURS = """dn: cn={name},ou=hosts,{base}
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
cn: {name}
description: machine {i}
l: rack {rack}
serialNumber: S{i:08}
ipHostNumber: {ip}
macAddress: {mac}
"""
IPA = """dn: fqdn={name}.c.example,cn=computers,cn=accounts,{base}
objectClass: ipaobject
objectClass: nshost
objectClass: ipahost
objectClass: ieee802device
cn: {name}.c.example
fqdn: {name}.c.example
description: machine {i}
l: rack {rack}
serialNumber: S{i:08}
macAddress: {mac}

dn: idnsname={name},idnsname=c.example.,cn=dns,{base}
objectClass: idnsrecord
idnsName: {name}
aRecord: {ip}
"""


def main():
    shape = IPA if sys.argv[2] == "freeipa" else OURS
    if sys.argv[2] == "ours":
        print(SHARED)
    for i in range(int(sys.argv[1])):
        low = i + 1024
        print(shape.format(name=f"h{i:06}", base=BASE, i=i, rack=i // 40,
                           ip=f"10.{low >> 16}.{low >> 8 & 255}.{low & 255}",
                           mac=f"00:16:3e:{i >> 16:02x}:{i >> 8 & 255:02x}:{i & 255:02x}"))


if sys.argv[1] == "shared":
    print(SHARED)
else:
    main()
