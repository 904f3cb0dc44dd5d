#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# import.sh LDAPCC - what a site has by hand keeps its meaning, or what is lost is named: order and
# scopes of dhcpd.conf, names of hosts and ethers files, tags of dnsmasq.conf (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -uo pipefail

# shellcheck source=tests/import-lines.sh
. "$(dirname "$0")/import-lines.sh"

# A scope holds for what stands above its statements, too.
cat >late.conf <<'END'
group {
	host a { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11; }
	filename "late.0"; next-server 10.1.0.9;
}
shared-network w {
	subnet 10.1.0.0 netmask 255.255.255.0 { }
	subnet 10.2.0.0 netmask 255.255.255.0 { }
	host c { hardware ethernet 00:00:5e:00:53:03; fixed-address 10.1.0.13, 10.2.0.13; filename "own.0"; }
	option routers 10.1.0.1, 10.2.0.1;
	option domain-name-servers 10.1.0.5;
}
option domain-name "late.example";
END
ok 'a dhcpd.conf with its statements last' imported --dhcpd late.conf
ok '… a group holds for its hosts' has a 'vocBootFile: late.0' 'vocNextServer: 10.1.0.9'
ok '… a shared network for its subnets' has 10.2.0.0-24 'vocNameServer: 10.1.0.5' 'vocDomain: late.example'
ok '… each with the router that is inside of it' has 10.2.0.0-24 'vocGateway: 10.2.0.1'
ok '… and a host of two networks keeps what is its own' has c 'vocBootFile: own.0'
ok '… a check finds no error' exits 0 check

cat >pools.conf <<'END'
subnet 10.1.0.0 netmask 255.255.255.0 {
	pool { range 10.1.0.100 10.1.0.110; option domain-name-servers 10.1.0.7; }
	pool { range 10.1.0.120 10.1.0.130; deny unknown-clients; }
	pool { range 10.1.0.140 10.1.0.150; allow known-clients; }
	pool { range 10.1.0.160 10.1.0.170; allow unknown-clients; }
}
END
ok 'a dhcpd.conf with pools' imported --dhcpd pools.conf
ok '… open ones are ranges' has 10.1.0.0-24 'vocDynamicRange: 10.1.0.100 10.1.0.110' \
	'vocDynamicRange: 10.1.0.160 10.1.0.170'
ok '… closed ones are not' has_not 10.1.0.0-24 'vocDynamicRange: 10.1.0.120 10.1.0.130'
ok '… one for known clients neither' has_not 10.1.0.0-24 'vocDynamicRange: 10.1.0.140 10.1.0.150'
ok '… which is said' complains "pools.conf:3(:[0-9]+)?: .*10.1.0.120 10.1.0.130.* not for unknown clients"
ok '… as is what only a pool says' complains "pools.conf:2(:[0-9]+)?: .*vocNameServer '10.1.0.7' is a pool's only"

# A laptop has one address, whichever of its NICs is plugged in.
cat >nic.conf <<'END'
subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.120 10.1.0.110; }
host lap-wired { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11; }
host lap-radio { hardware ethernet 00:00:5e:00:53:02; fixed-address 10.1.0.11; }
END
ok 'a dhcpd.conf with two declarations of one address' imported --dhcpd nic.conf
ok '… which are one machine' has lap-wired 'macAddress: 00:00:5e:00:53:01' 'macAddress: 00:00:5e:00:53:02'
ok '… whose second name is lost, and that is said' complains "nic.conf:3(:[0-9]+)?: .*'lap-radio' has the address"
ok '… a line of hosts with that name is another one' imported --dhcpd nic.conf --hosts <(echo 10.1.0.12 lap-radio)
ok '… and not lost' has lap-radio 'ipHostNumber: 10.1.0.12'
ok '… a range from its end' has 10.1.0.0-24 'vocDynamicRange: 10.1.0.110 10.1.0.120'
ok '… a check finds no error' exits 0 check

# InfiniBand is known by its client identifier (RFC 4390), which has the GUID.
cat >ib.conf <<'END'
subnet 10.3.0.0 netmask 255.255.255.0 { }
host ib1 { option dhcp-client-identifier = ff:00:00:00:00:00:02:00:00:02:c9:00:00:02:C9:03:00:11:22:01; fixed-address 10.3.0.11; }
host other { option dhcp-client-identifier "a word"; fixed-address 10.3.0.12; }
END
cat >ib-dnsmasq.conf <<'END'
dhcp-option=option:router
dhcp-option=option:dns-server
dhcp-range=10.3.0.0,static,255.255.255.0
dhcp-host=id:ff:00:00:00:00:00:02:00:00:02:c9:00:00:02:c9:03:00:11:22:02,ib2,10.3.0.12
END
ok 'a dhcpd.conf with InfiniBand' imported --dhcpd ib.conf
ok '… has the GUID' has ib1 'macAddress: 00:02:C9:03:00:11:22:01' 'objectClass: ieee802Device'
ok '… other identifiers are named' complains 'ib.conf:3(:[0-9]+)?: warning.*dhcp-client-identifier'
ok '… and it is served' exits 0 render dhcpd
ok '… as it was' says 'dhcp-client-identifier ff:00:00:00:00:00:02:00:00:02:c9:00:00:02:c9:03:00:11:22:01;'
ok 'a dnsmasq.conf with InfiniBand' imported --dnsmasq ib-dnsmasq.conf
ok '… has the GUID' has ib2 'macAddress: 00:02:c9:03:00:11:22:02'
ok '… and nothing is lost' lacks "$work/err" warning

cat >ib-second.conf <<'END'
subnet 10.1.0.0 netmask 255.255.255.0 { }
subnet 10.3.0.0 netmask 255.255.255.0 { }
host n7 { hardware ethernet 00:00:5e:00:53:07; fixed-address 10.1.0.17; }
host n7-ib { option dhcp-client-identifier ff:00:00:00:00:00:02:00:00:02:c9:00:00:02:c9:03:00:11:22:07; fixed-address 10.3.0.17; option host-name "n7"; }
END
ok 'a host with InfiniBand beside Ethernet' imported --dhcpd ib-second.conf
ok '… whose port has its kind of name' has ib0,cn=n7 'macAddress: 00:02:c9:03:00:11:22:07'

# Both families have files of their own, and one machine is in both.
cat >dhcpd4.conf <<'END'
option domain-name "c.example"; option domain-name-servers 10.1.0.5;
filename "boot.0"; next-server 10.1.0.9;
subnet 10.1.0.0 netmask 255.255.255.0 { option routers 10.1.0.1; }
host n1 { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11; }
END
cat >dhcpd6.conf <<'END'
option dhcp6.name-servers fd00:1::5;
subnet6 fd00:1::/64 { option dhcp6.domain-search "c.example"; range6 fd00:1::100 fd00:1::1ff; }
subnet6 fd00:2::/64 { range6 fd00:2::1000/116; option dhcp6.name-servers fd00:2::5; }
host n1 { hardware ethernet 00:00:5e:00:53:01; fixed-address6 fd00:1::11; }
host n2 { host-identifier option dhcp6.client-id 00:03:00:01:00:00:5e:00:53:02; fixed-address6 fd00:1::12; }
END
printf 'include "%s";\n' "$work/dhcpd4.conf" "$work/dhcpd6.conf" >both.conf
ok 'a dhcpd.conf and a dhcpd6.conf' imported --dhcpd both.conf
ok '… nothing is lost' lacks "$work/err" warning
ok '… a subnet6, without what is of IPv4' has fd00:1::-64 'vocDynamicRange: fd00:1::100 fd00:1::1ff' \
	'vocNameServer: fd00:1::5' 'vocDomain: c.example'
ok '… no boot file among it' has_not fd00:1::-64 'vocBootFile: boot.0'
ok '… a range that is a prefix' has fd00:2::-64 'vocDynamicRange: fd00:2::1000 fd00:2::1fff' \
	'vocNameServer: fd00:2::5'
ok '… one host of both' has n1 'ipHostNumber: 10.1.0.11' 'ipHostNumber: fd00:1::11' \
	'macAddress: 00:00:5e:00:53:01'
ok '… and one by its DUID' has n2 'ipHostNumber: fd00:1::12' 'vocDUID: 00:03:00:01:00:00:5e:00:53:02'
ok '… a check finds no error' exits 0 check

# Boot files of DHCPv6 (RFC 5970) are its own, also where both families are in one file.
cat >boot6.conf <<'END'
option dhcp6.boot-url code 59 = text;
option dhcp6.arch code 61 = unsigned integer 16;
option dhcp6.user code 15 = string;
filename "four.0"; next-server 10.1.0.9;
subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.100 10.1.0.110; }
subnet6 fd00:1::/64 { range6 fd00:1::100 fd00:1::1ff;
	if option dhcp6.arch = 00:07 { option dhcp6.boot-url "tftp://[fd00::9]/x.efi"; }
	elsif option dhcp6.arch = 00:0b { option dhcp6.boot-url "tftp://[fd00::9]/arm.efi"; }
	if substring(option dhcp6.user, 2, 4) = "iPXE" { option dhcp6.boot-url "http://boot/menu"; }
	if substring(option dhcp6.user, 0, 4) = "iPXE" { option dhcp6.boot-url "http://boot/lost"; }
}
subnet6 fd00:2::/64 { }
host n1 { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11; }
host n1 { hardware ethernet 00:00:5e:00:53:01; fixed-address6 fd00:1::11; option dhcp6.boot-url "http://own/both"; }
host n2 { hardware ethernet 00:00:5e:00:53:02; fixed-address6 fd00:2::12; option dhcp6.boot-url "http://own/six"; }
END
ok 'a dhcpd.conf with boot files of both families' imported --dhcpd boot6.conf
ok '… those of IPv6 by architecture' has fd00:1::-64 'vocBootFileUEFI: tftp://[fd00::9]/x.efi' \
	'vocBootFileARM64: tftp://[fd00::9]/arm.efi' 'vocBootURL: http://boot/menu'
ok '… and none of IPv4' has_not fd00:1::-64 'vocBootFile: four.0'
ok '… which keeps its own' has 10.1.0.0-24 'vocBootFile: four.0' 'vocBootFileUEFI: four.0' 'vocNextServer: 10.1.0.9'
ok '… of a machine in both it is named' complains "boot6.conf:14(:[0-9]+)?: warning.*'http://own/both' is what DHCPv6 tells host 'n1'"
ok '… what all of a network are told is that'"'"'s' has fd00:2::-64 'vocBootFileUEFI: http://own/six' 'vocBootURL: http://own/six'
ok '… a text that stands elsewhere in the option is no iPXE' complains 'boot6.conf:10(:[0-9]+)?: warning.*nor what stands in its braces'
ok '… a check finds no error' exits 0 check
echo 'option dhcp6.boot-url code 59 = text; option dhcp6.boot-url "http://six/"; filename "four.0";
subnet 10.1.0.0 netmask 255.255.255.0 { } subnet6 fd00:1::/64 { }' >above6.conf
ok 'one above subnets of both' imported --dhcpd above6.conf
ok '… is named' complains "above6.conf:1(:[0-9]+)?: warning.*'http://six/' is not taken over: DHCPv4 is told another"

# A file that includes itself is read once.
printf 'include "ring.conf"; include "ring.conf"; subnet 10.1.0.0 netmask 255.255.255.0 { include "ring.conf"; }\n' >ring.conf
ok 'a dhcpd.conf that includes itself' imported --dhcpd ring.conf
ok '… which is said' complains "ring.conf:1(:[0-9]+)?: warning.*include ring.conf' is not followed"
printf 'conf-file=ring-dnsmasq.conf\nconf-file=ring-dnsmasq.conf\ndomain=c.example\n' >ring-dnsmasq.conf
ok 'a dnsmasq.conf likewise' imported --dnsmasq ring-dnsmasq.conf

# A value that no attribute takes would cost the whole entry.
cat >values.conf <<'END'
option domain-name "a.example b.example";
filename "boot.0";
subnet 10.1.0.0 netmask 255.255.255.0 { option routers 10.9.0.1; option domain-name-servers 0.0.0.0, 10.1.0.5; }
subnet 10.2.0.0 netmask 255.255.255.0 { option routers 10.2.0.255; filename ""; next-server 0.0.0.0; }
host a { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11; filename "with blank"; }
END
ok 'a dhcpd.conf with values that no attribute takes' imported --dhcpd values.conf
ok '… of several domains the first counts' has 10.1.0.0-24 'vocDomain: a.example' 'vocNameServer: 10.1.0.5'
ok '… no boot file is none' has_not 10.2.0.0-24 'vocBootFile: boot.0'
for line in 1 3 4 5; do
	ok "… what was left out is named: line $line" complains "values.conf:$line(:[0-9]+)?: warning"
done
ok '… a check finds no error' exits 0 check

# ethers(5) and hosts(5) know one machine by its name.
cat >hosts <<'END'
10.1.0.11 n1.c.example n1
fd00:1::11 n1
10.1.0.12 n2.c.example n2 www
10.1.0.13 n3.c.example n3 www
10.1.0.14 bad_name good.c.example
END
cat >ethers <<'END'
00:00:5e:00:53:01 N1
0:0:5e:0:53:2 n2.c.example
00:00:5e:00:53:03 www
END
ok 'ethers with hosts' imported --hosts hosts --ethers ethers
ok '… are one machine by the short name' has n1.c.example 'ipHostNumber: 10.1.0.11' \
	'ipHostNumber: fd00:1::11' 'macAddress: 00:00:5e:00:53:01'
ok '… and by the full one' has n2.c.example 'ipHostNumber: 10.1.0.12' 'macAddress: 00:00:5e:00:53:02'
ok '… a name of two is nobody'"'"'s' complains "ethers:3(:[0-9]+)?: .*'www' is the name of several machines"
ok '… a name that is none is not another one' has good.c.example 'ipHostNumber: 10.1.0.14'

cat >short.conf <<'END'
option domain-name "c.example";
subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.100 10.1.0.110; }
host n1 { hardware ethernet 00:00:5e:00:53:01; }
END
ok 'a host of dhcpd without an address, and its line in hosts' imported --hosts hosts --dhcpd short.conf
ok '… are one' has n1.c.example 'macAddress: 00:00:5e:00:53:01'
ok '… which changes its answer, and that is said' complains "short.conf:3(:[0-9]+)?: .*it is given that from now on"

# What is not taken over as a whole is nobody's machine.
cat >skipped.conf <<'END'
class "x" { match hardware; fixed-address 10.1.0.12; }
host a { hardware ethernet 00:00:5e:00:53:01; if known { fixed-address 10.1.0.11; } }
END
ok 'a dhcpd.conf with addresses in what is skipped' imported --dhcpd skipped.conf --hosts hosts
ok '… whose names are hosts all the same' has n2.c.example 'ipHostNumber: 10.1.0.12'

cat >more.conf <<'END'
00:00:5e:00:53:06,10.1.0.16,six
END
cat >dnsmasq.conf <<'END'
domain="c.example"  # in quotes
dhcp-option=tag:red,option:router,10.2.0.1
dhcp-option=option:router,10.1.0.1
dhcp-option=option:dns-server,0.0.0.0,10.1.0.5
dhcp-option=option6:dns-server,[fd00:1::5]
dhcp-range=10.1.0.100,10.1.0.110,255.255.255.0,2h
dhcp-range=set:red,10.2.0.0,static,255.255.255.0
dhcp-range=fd00:1::100,fd00:1::200,64,1h
dhcp-boot=tag:!ipxe,pxelinux.0,,10.1.0.9
dhcp-boot=tag:efi,shim.efi,,10.1.0.9
dhcp-boot=tag:ipxe,http://10.1.0.9/boot.ipxe
dhcp-match=set:efi,option:client-arch,7
dhcp-match=set:ipxe,175
dhcp-host=00:00:5e:00:53:01,n1
dhcp-host=00:00:5e:00:53:05,10.2.0.15,five
dhcp-host=00:00:5e:00:53:09,ignore
dhcp-host=seven,10.1.0.17
dhcp-host=id:00:03:00:01:00:00:5e:00:53:08,eight,[fd00:1::18]
cname=al.c.example,five.c.example,600
txt-record=five.c.example,"a, b"
dhcp-hostsfile=more.conf
mx-host=c.example,5
END
cat >aliases.conf <<'END'
domain=c.example
host-record=n2.c.example,10.1.0.2
cname=www.c.example,n2.c.example
cname=mail.c.example,www.c.example
cname=x,www
cname=r1,r2
cname=r2,r1
mx-host=c.example,mail.c.example,10
mx-host=m.c.example,x.c.example,20
txt-record=t.c.example,www
END
cat >bare.conf <<'END'
dhcp-range=lan,10.3.0.100,10.3.0.110,255.255.255.0,10.3.0.255,infinite
dhcp-option=lan,3,10.3.0.1
dhcp-option=lan,option:dns-server,10.3.0.2,10.3.0.3	# two
END
cat >nics.conf <<'END'
dhcp-option=option:dns-server,10.1.0.5
dhcp-option=option:router
dhcp-range=10.1.0.100,10.1.0.120,255.255.255.0,1h
dhcp-range=10.1.0.130,10.1.0.140,255.255.255.0,3h
dhcp-range=10.3.0.0,static,255.255.255.0
dhcp-host=n3,00:00:5e:00:53:03,10.1.0.13
dhcp-host=n3,00:00:5e:00:53:04,10.3.0.13
dhcp-host=00:00:5e:00:53:08,n8,10.1.0.18,[::8]
txt-record=_dmarc.c.example,v=DMARC1
END
ok 'a dnsmasq.conf with a host of two NICs' imported --dnsmasq nics.conf
ok '… which are two interfaces' has eth1,cn=n3 'macAddress: 00:00:5e:00:53:04' 'ipHostNumber: 10.3.0.13'
ok '… half an address is none' lacks "$work/site.ldif" 'ipHostNumber:: '
for line in 4:another.lease 8:part.of.an.address 9:_dmarc; do
	ok "… what is lost is named: line ${line%%:*}" complains "nics.conf:${line%%:*}(:[0-9]+)?: warning.*${line#*:}"
done
ok '… a check finds no error' exits 0 check
# dnsmasq follows an alias of an alias, and mail to one: ours lead to the name behind it at once.
ok 'a dnsmasq.conf with aliases of aliases' imported --dnsmasq aliases.conf
for one in mail.c.example x www.c.example; do
	ok "… $one leads to the host" has "$one" 'vocDNSRecord: CNAME n2.c.example'
done
ok '… and mail, of the domain' holds "$work/site.ldif" 'vocDNSRecord: MX 10 n2.c.example'
ok '… and of a name' has m.c.example 'vocDNSRecord: MX 20 n2.c.example'
ok '… a text is none' has t.c.example 'vocDNSRecord: TXT "www"'
ok '… a ring stays, which check names' exits 10 check
ok '… alone' equal "$(grep -c alias-target "$work/err")" 2
ok 'a dnsmasq.conf with bare tags' imported --dnsmasq bare.conf
ok '… which are those of networks' has 10.3.0.0-24 'vocGateway: 10.3.0.1' 'vocNameServer: 10.3.0.2' \
	'vocNameServer: 10.3.0.3' 'vocDynamicRange: 10.3.0.100 10.3.0.110'
ok '… a lease that no attribute takes is named' complains 'bare.conf:1(:[0-9]+)?: .*68 years'
ok 'a dnsmasq.conf, with hosts' imported --dnsmasq dnsmasq.conf --hosts hosts
ok '… a range with its lease' has 10.1.0.0-24 'vocDynamicRange: 10.1.0.100 10.1.0.110' \
	'vocLeaseTime: 7200' 'vocGateway: 10.1.0.1' 'vocDomain: c.example'
ok '… a static network with the options of its tag' has 10.2.0.0-24 'vocGateway: 10.2.0.1' \
	'vocLeaseTime: 3600'
ok '… IPv6, and not what is of IPv4 only' has fd00:1::-64 'vocDynamicRange: fd00:1::100 fd00:1::200' \
	'vocNameServer: fd00:1::5'
ok '… nothing of which it takes' has_not fd00:1::-64 'vocBootFile: pxelinux.0'
ok '… boot files by kind of client' has 10.1.0.0-24 'vocBootFile: pxelinux.0' 'vocBootFileUEFI: shim.efi' \
	'vocBootFileARM64: pxelinux.0' 'vocBootURL: http://10.1.0.9/boot.ipxe' 'vocNextServer: 10.1.0.9'
ok '… an address by its name in hosts' has n1.c.example 'ipHostNumber: 10.1.0.11' \
	'macAddress: 00:00:5e:00:53:01'
ok '… a DUID' has eight 'vocDUID: 00:03:00:01:00:00:5e:00:53:08' 'ipHostNumber: fd00:1::18'
ok '… records of a host are its own' has five 'vocDNSRecord: TXT "a, b"'
ok '… of a CNAME not the time to live' has al.c.example 'vocDNSRecord: CNAME five.c.example'
ok '… a file of hosts is followed' has six 'ipHostNumber: 10.1.0.16'
ok '… one that is ignored is not served' lacks "$work/site.ldif" '00:00:5e:00:53:09'
for line in 4:own.address 16:ignored 17:by.no.MAC 22:mail.host; do
	ok "… what is lost is named: line ${line%%:*}" complains "dnsmasq.conf:${line%%:*}(:[0-9]+)?: warning.*${line#*:}"
done
sed -i '/^www\|bad_name/d; s/ www$//' hosts
imported --dnsmasq dnsmasq.conf --hosts hosts
ok '… a check finds no error' exits 0 check
echo "1..$n_tests"
[ "$n_failed" -eq 0 ]
