#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Which boot file dhcpd offers to which machine: by client architecture (RFC 4578 option
# 93) for BIOS, UEFI x86-64, UEFI arm64 and HTTP boot, and what overrides it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
confined dhcpd
plan 15

cat >"$scratch/site.ldif" <<'END'
dn: cn=c.example,dc=c,dc=example
objectClass: vocCluster
cn: c.example
vocDomain: c.example

dn: cn=management,ou=networks,dc=c,dc=example
objectClass: vocIPNetwork
cn: management
ipNetworkNumber: 10.10.0.0/24
vocDynamicRange: 10.10.0.200 10.10.0.249
vocNextServer: 10.10.0.2
vocBootFile: pxelinux.0
vocBootFileUEFI: grubx64.efi
vocBootFileARM64: grubaa64.efi
vocBootURL: http://10.10.0.2/boot/grubx64.efi?a=b;c

dn: cn=vcns,ou=networks,dc=c,dc=example
objectClass: vocIPNetwork
cn: vcns
ipNetworkNumber: 10.20.0.0/16
vocBridge: br0

dn: cn=node01,ou=hosts,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
cn: node01
ipHostNumber: 10.10.0.101
macAddress: 00:00:5e:00:53:01

dn: cn=special,ou=hosts,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
objectClass: bootableDevice
cn: special
ipHostNumber: 10.10.0.102
macAddress: 00:00:5e:00:53:02
bootFile: memtest.0

dn: cn=vcn001,ou=vcns,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: vocVirtualNode
cn: vcn001
ipHostNumber: 10.20.0.2
macAddress: 02:00:5e:00:53:03
END

networks_up
"$LDAPCC" --ldif "$scratch/site.ldif" render -o "$scratch/tree" dhcpd \
	>"$scratch/out" 2>"$scratch/err"
conf=$scratch/tree/etc/dhcp/ldapcc.conf
: >"$scratch/dhcpd.leases"
ok 'dhcpd -t takes the file' dhcpd -4 -t -cf "$conf" -lf "$scratch/dhcpd.leases"
dhcpd -4 -d -cf "$conf" -lf "$scratch/dhcpd.leases" -pf "$scratch/dhcpd.pid" mgmt vcns \
	>"$scratch/dhcpd.log" 2>&1 &
pids+=($!)
wait_for grep -q 'Server starting service' "$scratch/dhcpd.log"
client ip link set eth0 up
client ip link set eth1 up

# offers KEY=VALUE,… INTERFACE MAC ARCH CLASS…: just these, of address, class, file and next;
# - for KEY= stands for nothing at all
offers() {
	local wanted=$1
	shift
	client python3 "$here/dhcp-discover.py" "$@" >"$scratch/offer" || return 1
	tr , '\n' <<<"$wanted" | sort | diff - <(sed -E '/^bootfile=/d' "$scratch/offer")
}

node=00:00:5e:00:53:01
url='http://10.10.0.2/boot/grubx64.efi?a=b;c'
next=next=10.10.0.2

ok 'BIOS' offers "address=10.10.0.101,file=pxelinux.0,$next" \
	eth0 $node 0 PXEClient:Arch:00000:UNDI:002001
ok 'a client that does not say what it is: BIOS' \
	offers "address=10.10.0.101,file=pxelinux.0,$next" eth0 $node -
ok 'UEFI x86-64 (7)' offers "address=10.10.0.101,file=grubx64.efi,$next" \
	eth0 $node 7 PXEClient:Arch:00007:UNDI:003016
ok 'UEFI x86-64 (9)' offers "address=10.10.0.101,file=grubx64.efi,$next" \
	eth0 $node 9 PXEClient:Arch:00009:UNDI:003016
ok 'UEFI arm64 (11)' offers "address=10.10.0.101,file=grubaa64.efi,$next" \
	eth0 $node 11 PXEClient:Arch:00011:UNDI:003016
ok 'HTTP boot x86-64 (16): a URL, and the class that the firmware asks for' \
	offers "address=10.10.0.101,class=HTTPClient,file=$url,$next" \
	eth0 $node 16 HTTPClient:Arch:00016:UNDI:003001
ok 'HTTP boot x86-64, of a firmware that does not ask for the class' \
	offers "address=10.10.0.101,class=HTTPClient,file=$url,$next" \
	eth0 $node 16 HTTPClient:Arch:00016:UNDI:003001 1,3,54
ok 'HTTP boot arm64 (19)' \
	offers "address=10.10.0.101,class=HTTPClient,file=$url,$next" \
	eth0 $node 19 HTTPClient:Arch:00019:UNDI:003001
ok 'UEFI with 32 bits (6) and others have no boot file' \
	offers "address=10.10.0.101,file=,$next" eth0 $node 6 PXEClient:Arch:00006:UNDI:003016
ok "a host's own boot file" offers "address=10.10.0.102,file=memtest.0,$next" \
	eth0 00:00:5e:00:53:02 0 PXEClient:Arch:00000:UNDI:002001
ok '… is for its architecture only' offers "address=10.10.0.102,file=grubx64.efi,$next" \
	eth0 00:00:5e:00:53:02 7 PXEClient:Arch:00007:UNDI:003016
from_range() {
	client python3 "$here/dhcp-discover.py" eth0 02:00:00:00:00:99 7 PXEClient \
		>"$scratch/offer"
	cat "$scratch/offer"
	grep -qx 'file=grubx64.efi' "$scratch/offer" &&
		grep -qE '^address=10\.10\.0\.2[0-4][0-9]$' "$scratch/offer"
}
ok 'a machine that nobody knows' from_range
ok 'a network without boot files' offers 'address=10.20.0.2,file=,next=0.0.0.0' \
	eth1 02:00:5e:00:53:03 0 PXEClient:Arch:00000:UNDI:002001
ok '… nor a URL' offers 'address=10.20.0.2,file=,next=0.0.0.0' \
	eth1 02:00:5e:00:53:03 16 HTTPClient:Arch:00016:UNDI:003001
finish
