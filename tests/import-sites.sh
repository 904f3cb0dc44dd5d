#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# import-sites.sh LDAPCC - files as tools and distributions write them: options, tags, further files
# and conditions of dhcpd.conf and dnsmasq.conf have their place, or are named (TAP)
# shellcheck disable=SC2016,SC2317 # iPXE's variables; functions are called by ok
set -uo pipefail

# shellcheck source=tests/import-lines.sh
. "$(dirname "$0")/import-lines.sh"

# told FILE LINE:TEXT... - a warning or note at each of the lines, with column, that says so
told() {
	local file=$1 where
	shift
	for where; do
		ok "… line ${where%%:*} is named: ${where#*:}" complains "$file:${where%%:*}:[0-9]+: .*${where#*:}"
	done
}

# Options of the site and of networks; a name of the site's own for a number.
cat >options.conf <<'END'
option voip code 150 = array of ip-address;
option routes code 121 = array of integer 8;
option wpad code 252 = text;
option log-servers 10.1.0.8;
option wpad "http://wpad/";
subnet 10.1.0.0 netmask 255.255.255.0 {
	option log-servers 10.1.0.9, 10.1.0.10; option voip 10.1.0.7; option ip-forwarding off;
	option root-path "10.1.0.1:/export, rw"; option nis-domain = concat("com", "puted");
	option routes 16, 10,9, 10,1,0,7; option routers 10.1.0.1;
	range 10.1.0.100 10.1.0.110;
	pool { range 10.1.0.120 10.1.0.130; option lpr-servers 10.1.0.3; }
	group { option nis-servers 10.1.0.6;
		host a { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11; option log-servers 10.1.0.9, 10.1.0.10; } }
}
subnet 10.2.0.0 netmask 255.255.255.0 { group { option nis-servers 10.2.0.6; option voip "10.2.0.7";
	host b { hardware ethernet 00:00:5e:00:53:02; fixed-address 10.2.0.11; } } }
END
ok 'a dhcpd.conf with further options' imported --dhcpd options.conf
ok '… those of all are the cluster'"'"'s' has cluster 'vocDHCPOption: log-servers 10.1.0.8'
ok '… a network has its own' has 10.1.0.0-24 'vocDHCPOption: log-servers 10.1.0.9, 10.1.0.10' \
	'vocDHCPOption: tftp-server-address 10.1.0.7' 'vocDHCPOption: ip-forwarding false' \
	'vocDHCPOption: root-path 10.1.0.1:/export, rw' 'vocStaticRoute: 10.9.0.0/16 10.1.0.7'
ok '… one that all of its hosts have is the network'"'"'s' has 10.2.0.0-24 'vocDHCPOption: nis-servers 10.2.0.6'
ok '… where strangers come it is not' has_not 10.1.0.0-24 'vocDHCPOption: nis-servers 10.1.0.6'
told options.conf '5:no option that a directory has' '8:computed' '9:default route' '11:a pool.s only' \
	"12:host 'a' is not told 'option nis-servers" '15:another type'
ok '… what a host is told as its network is no loss' lacks "$work/err" 'conf:13:.*warning'
ok '… a check finds no error' exits 0 check
run render dhcpd
ok '… a value is no syntax' says '^	option root-path "10.1.0.1:/export, rw";$'
ok '… and a network'"'"'s takes the place of the site'"'"'s' says '^	option log-servers 10.1.0.9, 10.1.0.10;$'

# Strings have escapes; what they make is no line of a configuration and none of LDIF.
printf '%s\n' 'option root-path "a\nvocGateway: 10.9.9.9";' 'option nis-domain "\x41\102C";' \
	'shared-network "lab; net }" { subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.5 10.2.0.9; } }' >escapes.conf
ok 'a dhcpd.conf with escapes' imported --dhcpd escapes.conf
ok '… which are read' has cluster 'vocDHCPOption: nis-domain ABC'
ok '… a line break is in no option' lacks "$work/site.ldif" 'vocGateway'
ok '… a wire has a plain name' has 10.1.0.0-24 'vocSharedNetwork: lab--net--'
told escapes.conf '1:control character' '3:not inside its subnet'
ok '… a check finds no error' exits 0 check

# Who is to have no answer, and how long answers hold.
cat >closed.conf <<'END'
deny unknown-clients;
max-lease-time 600;
subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.5 10.1.0.9; }
subnet 10.2.0.0 netmask 255.255.255.0 { allow unknown-clients; range 10.2.0.5 10.2.0.9; default-lease-time 300; }
subnet6 fd00:1::/64 { default-lease-time 800; preferred-lifetime 400; max-lease-time 800; }
subnet6 fd00:2::/64 { default-lease-time 800; preferred-lifetime 500; max-lease-time 800; }
END
ok 'a dhcpd.conf that denies strangers' imported --dhcpd closed.conf
ok '… ranges are for strangers' has_not 10.1.0.0-24 'vocDynamicRange: 10.1.0.5 10.1.0.9'
ok '… no lease is longer than the longest' has 10.1.0.0-24 'vocLeaseTime: 600'
ok '… where they are let in they stay' has 10.2.0.0-24 'vocDynamicRange: 10.2.0.5 10.2.0.9' 'vocLeaseTime: 300'
told closed.conf '2:max-lease-time' '3:not for unknown clients' '5:five eighths'
ok '… a preferred lifetime that is ours is no loss' lacks "$work/err" 'conf:6:'

# Conditions: nested, by class, of iPXE; what no kind of client here fulfils is named.
cat >boot.conf <<'END'
option arch code 93 = unsigned integer 16;
next-server 10.1.0.9;
class "pxeclients" {
	match if substring (option vendor-class-identifier, 0, 9) = "PXEClient";
	if exists user-class and option user-class = "iPXE" { filename "http://10.1.0.9/${mac}.ipxe"; } else {
		if option arch = 00:06 { filename "ia32.efi"; }
		elsif not (option arch = 00:00 or option arch = 00:0b) { filename "x64.efi"; next-server 10.1.0.8; }
		else if option arch = 00:0B { filename "arm.efi"; } else { filename "bios.0"; option time-servers 10.1.0.2; }
	}
}
class "phones" { match if substring (option vendor-class-identifier, 0, 5) = "Phone"; }
subnet 10.1.0.0 netmask 255.255.255.0 { filename "subnet.0"; }
host a { dynamic; hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11;
	supersede server.filename = "own.0"; supersede server.next-server = 0a:01:00:07; }
host c { hardware ethernet 00:00:5e:00:53:03; fixed-address 10.1.0.13; }
host b { deleted; hardware ethernet 00:00:5e:00:53:02; fixed-address 10.1.0.12; }
if option arch = 00:07 and option agent.circuit-id = "x" { filename "lost.0"; }
END
ok 'a dhcpd.conf with conditions' imported --dhcpd boot.conf
ok '… each kind has its file, from a class before the subnet'"'"'s' has 10.1.0.0-24 'vocBootFile: bios.0' \
	'vocBootFileUEFI: x64.efi' 'vocBootFileARM64: arm.efi' 'vocBootURL: http://10.1.0.9/${mac}.ipxe'
ok '… a host before the class'"'"'s' has a 'vocBootFile: own.0' 'vocNextServer: 10.1.0.7'
ok '… a deleted one is none' lacks "$work/site.ldif" 'cn: b'
told boot.conf '5:HTTP boot clients' '6:for no client' '7:one next server' '8:say nothing of themselves' \
	'8:from a branch' '11:class phones' '16:deleted' '17:nor what stands in its braces'
ok '… a check finds no error' exits 0 check

# dnsmasq: folders and files that it names, each once, and none that it would not read.
mkdir -p conf.d/sub.conf more hosts.d
echo 'dhcp-option=option:ntp-server,10.1.0.4' >conf.d/a.conf
echo 'cname=bad.c.example,a.c.example' | tee conf.d/a.conf~ conf.d/.a.conf '#a.conf#' 'conf.d/#a.conf#' conf.d/b.txt conf.d/c.dpkg-old >/dev/null
echo "conf-file=$work/dirs.conf" >conf.d/z.conf
echo 'cname=bad.c.example,a.c.example' | tee more/x.old >/dev/null
echo 'dhcp-host=00:00:5e:00:53:01,10.1.0.11,a' >more/x
echo '10.1.0.12 b.c.example' >hosts.d/one
echo '00:00:5e:00:53:03,10.1.0.13,c' >dhcp-hosts
echo 'option:nis-domain,site' >dhcp-options
cat >dirs.conf <<END
no-hosts
domain=c.example
conf-dir=$work/conf.d,*.conf
conf-dir=$work/more/,.old,.bak
conf-file=$work/dirs.conf
conf-file=dirs.conf
addn-hosts=$work/hosts.d
dhcp-hostsfile=$work/dhcp-hosts
dhcp-optsfile=$work/dhcp-options
conf-script=/bin/false
conf-file=$work/more
END
ok 'a dnsmasq.conf that names folders' imported --dnsmasq dirs.conf
ok '… those with the end that is wanted' has cluster 'vocTimeServer: 10.1.0.4' 'vocDHCPOption: nis-domain site'
ok '… those without the end that is not' has a 'macAddress: 00:00:5e:00:53:01'
ok '… others are not read' lacks "$work/site.ldif" 'bad'
ok '… hosts of a folder and a file' has b.c.example 'ipHostNumber: 10.1.0.12'
ok '… and reservations' has c 'ipHostNumber: 10.1.0.13'
told dirs.conf "3:conf.d/a.conf' is read, too" "4:more/x' is read" "7:hosts.d/one' is read" '10:runs a program' '11:by conf-dir'
ok '… a folder may be given itself' imported --dnsmasq conf.d
echo 'conf-dir=/nonexistent' >gone.conf
ok '… one that is not there is an error' equal "$(imported --dnsmasq gone.conf; echo $?)" 7
ok '… with where it is named' complains 'gone.conf:1:1: note: it is named here'

# Tags: of ranges, of hosts, of kinds of clients; who is known; who is ignored.
cat >tags.conf <<'END'
domain=c.example
domain=two.c.example,10.2.0.0/24
domain=part.c.example,10.1.0.64,10.1.0.127
domain=eth.c.example,eth0
dhcp-range=set:one,10.1.0.100,10.1.0.110,255.255.255.0,infinite
dhcp-range=set:two,10.2.0.100,10.2.0.110,255.255.255.0,1h
dhcp-range=10.2.0.120,10.2.0.130,255.255.255.0,1h
dhcp-range=10.3.0.100,10.3.0.110
dhcp-option=option:router
dhcp-option=option:dns-server,10.1.0.5
dhcp-option=6,10.1.0.6
dhcp-option=tag:own,option:dns-server,10.1.0.7
dhcp-option=tag:two,option:netbios-ns,10.2.0.7
dhcp-option=tag:one,option:netbios-nodetype,8b
dhcp-option=tag:other,option:nis-domain,lost
dhcp-option=vendor:MSFT,2,1i
dhcp-option-force=option:root-path,"/a,b"
dhcp-option=tag:one,121,10.9.0.0/16,10.1.0.7
dhcp-host=00:00:5e:00:53:01,10.1.0.70,a,12h
dhcp-host=00:00:5e:00:53:02,10.1.0.12,b,set:own
dhcp-host=00:00:5e:00:53:03,10.1.0.13,c,set:banned
dhcp-host=00:00:5e:00:53:*,10.1.0.14
dhcp-match=set:efi,option:client-arch,7
dhcp-vendorclass=set:bios,PXEClient:Arch:00000
dhcp-userclass=set:ipxe,iPXE
dhcp-boot=tag:bios,first.0,,10.1.0.9
dhcp-boot=tag:bios,second.0,,10.1.0.9
dhcp-boot=tag:efi,tag:!ipxe,x64.efi,,10.1.0.9
dhcp-boot=tag:ipxe,http://10.1.0.9/boot.ipxe
dhcp-boot=tag:own,tag:bios,own.0,,10.1.0.9
dhcp-ignore=tag:banned
dhcp-ignore=tag:two,tag:!known
address=/nine.c.example/10.1.0.9
address=/ads.example/0.0.0.0
address=/#/10.1.0.9
server=/x.example/10.9.9.9
srv-host=_ldap._tcp,b.c.example,389
END
ok 'a dnsmasq.conf with tags' imported --dnsmasq tags.conf
ok '… of several lines the last counts' has 10.1.0.0-24 'vocNameServer: 10.1.0.6' 'vocBootFile: second.0' \
	'vocBootFileUEFI: x64.efi' 'vocBootURL: http://10.1.0.9/boot.ipxe' 'vocDHCPOption: netbios-node-type 8' \
	'vocStaticRoute: 10.9.0.0/16 10.1.0.7' 'vocLeaseTime: 2147483647'
ok '… and what an earlier one says is gone' has_not 10.1.0.0-24 'vocNameServer: 10.1.0.5'
ok '… a domain of addresses is their network'"'"'s' has 10.2.0.0-24 'vocDomain: two.c.example' \
	'vocDHCPOption: netbios-name-servers 10.2.0.7'
ok '… or in the names of its hosts' has a.part.c.example 'macAddress: 00:00:5e:00:53:01'
ok '… a host has the boot file of its tag' has b 'vocBootFile: own.0'
ok '… one that is ignored has no MAC address' has_not c 'macAddress: 00:00:5e:00:53:03'
ok '… an address is a name' has nine.c.example 'ipHostNumber: 10.1.0.9'
ok '… a service without a domain is the site'"'"'s' has cluster 'vocDNSRecord: SRV _ldap._tcp 0 0 389 b.c.example'
told tags.conf '3:part of a network' '4:does not name' '5:68 years' '8:without the mask' "12:for host 'b'" \
	'13:some ranges' '15:tag:other' '16:of a vendor' '17:ask for it' '19:no lease time' '22:write each' \
	'29:HTTP boot clients' '31:to be ignored' '32:tag:two,tag:!known' '33:all names below' '34:no address of one' \
	'35:no address of one' "36:'server' is the server's own"
ok '… a check finds no error' exits 0 check

printf 'dhcp-range=10.1.0.100,10.1.0.110,255.255.255.0\ndhcp-ignore=tag:!known\nno-hosts\n' >known.conf
ok 'a dnsmasq.conf for known clients' imported --dnsmasq known.conf
ok '… has no range' has_not 10.1.0.0-24 'vocDynamicRange: 10.1.0.100 10.1.0.110'
told known.conf '1:dhcp-option=option:router,ADDRESS' '2:not for unknown clients'

# Of IPv6: a network that only an interface has, and what routers advertise.
cat >six.conf <<'END'
domain=c.example
no-hosts
dhcp-range=::100,::1ff,constructor:eth0,64,12h
dhcp-range=fd00:1::100,fd00:1::1ff,slaac,ra-names,64,12h
dhcp-range=fd00:2::,static,64,12h
dhcp-range=fd00:3::,ra-stateless
dhcp-host=00:00:5e:00:53:01,[fd00:2::11],a
dhcp-range=10.1.0.0,static,255.255.255.0
dhcp-option=option:router
dhcp-option=option:dns-server
dhcp-option=option6:dns-server,[fd00:1::53]
END
ok 'a dnsmasq.conf of IPv6' imported --dnsmasq six.conf
ok '… an address that an interface completes is no network' lacks "$work/site.ldif" 'ipNetworkNumber: ::'
ok '… a range is one, whatever routers advertise' has fd00:1::-64 'vocDynamicRange: fd00:1::100 fd00:1::1ff' 'vocLeaseTime: 43200'
told six.conf '3:its network is what an interface has' "4:without 'slaac'" "4:without 'ra-names'" '6:is no FIRST,LAST,MASK'
ok '… and nothing else is' equal "$(grep -c ' warning: ' "$work/err")" 4
ok '… a name server is that of its family'"'"'s networks' has fd00:2::-64 'vocNameServer: fd00:1::53'
ok '… and of no other' has_not 10.1.0.0-24 'vocNameServer: fd00:1::53'
ok '… a check finds no error' exits 0 check

# What no attribute takes costs no entry.
cat >odd.conf <<'END'
option domain-name "c.example.";
option domain-search "c.example.", "10.0.0.1";
subnet 10.1.0.0 netmask 255.255.255.0 { option routers 10.1.0.; option domain-name-servers 6, 10.1.0.5; }
subnet 10.2.0.0 netmask 255.255.255.0 { subnet 10.3.0.0 netmask 255.255.255.0 { } next-server 10.2.0.1, 10.2.0.2; }
END
printf '00:00:5e:00:53:01 10.1.0.9\n' >ethers
ok 'a dhcpd.conf with odd values' imported --dhcpd odd.conf --ethers ethers
ok '… a dot at the end is the root' has 10.1.0.0-24 'vocDomain: c.example' 'vocNameServer: 10.1.0.5'
ok '… an address is no name' has mac-00-00-5e-00-53-01 'ipHostNumber: 10.1.0.9'
told odd.conf "2:'10.0.0.1'" "3:'10.1.0.' is no IP" "3:'6' is no IP" '4:another subnet' '4:single server'
ok '… a check finds no error' exits 0 check

# A route for all networks is one of those that its gateway is in; names of some addresses of a machine,
# or of several machines, are told.
cat >routes.conf <<'END'
domain=c.example
dhcp-range=10.1.0.100,10.1.0.110,255.255.255.0
dhcp-range=10.2.0.0,static,255.255.255.0
dhcp-option=3
dhcp-option=6,10.1.0.2
dhcp-option=121,10.9.0.0/16,10.1.0.254,10.8.0.0/16,10.2.0.254
dhcp-host=00:00:5e:00:53:01,n1,10.1.0.11
END
cat >names <<'END'
10.1.0.11 n1 n1-old
10.2.0.11 n1 n1-store
10.1.0.12 n2 www
10.1.0.13 n3 www
10.1.0.14 n4 n4-all
fd00::14 n4 n4-all
10.1.0.15 n5.other.example www.other.example
END
ok 'a route by a gateway of one network' imported --dnsmasq routes.conf --hosts names
ok '… is there alone' has 10.1.0.0-24 'vocStaticRoute: 10.9.0.0/16 10.1.0.254'
ok '… and the other one elsewhere' has_not 10.1.0.0-24 'vocStaticRoute: 10.8.0.0/16 10.2.0.254'
ok '… each in its network' has 10.2.0.0-24 'vocStaticRoute: 10.8.0.0/16 10.2.0.254'
told routes.conf "6:route '10.9.0.0/16 10.1.0.254'.*10.2.0.0/24" "6:route '10.8.0.0/16 10.2.0.254'.*10.1.0.0/24"
told names "1:'n1-old' is no name of 10.2.0.11" "2:'n1-store' is no name of 10.1.0.11" \
	"4:'www' is a name of 'n2', too"
ok '… and nothing else is' equal "$(grep -c ' warning: ' "$work/err")" 5
echo 'severity: {alias-conflict: ignore}' >settings.yaml
ok '… a check finds no error, as the settings say' exits 0 check
: >settings.yaml
# Tags have several spellings; both numbers of UEFI are told one file, iPXE and HTTP boot one URL.
cat >spelled.conf <<'END'
no-hosts
dhcp-range=interface:eth7,10.1.0.100,10.1.0.110,255.255.255.0
dhcp-range=net:red,10.1.0.120,10.1.0.130,255.255.255.0
dhcp-range=10.2.0.130,10.2.0.120,255.255.255.0
dhcp-option=interface:eth7,3,10.1.0.1
dhcp-option=6,10.1.0.5
dhcp-option=#red,42,10.1.0.4
dhcp-option=set:red,option:nis-domain,red # of a host
dhcp-option-force=tag:web,60,HTTPClient
dhcp-match=ipxe,175
dhcp-match=set:seven,option:client-arch,7
dhcp-match=set:nine,option:client-arch,9
dhcp-vendorclass=set:web,HTTPClient
dhcp-vendorclass=set:pxe,PXEClient
dhcp-boot=tag:pxe,bios.0,,10.1.0.9
dhcp-boot=tag:seven,net:#ipxe,seven.efi,,10.1.0.9
dhcp-boot=tag:nine,nine.efi,,10.1.0.9
dhcp-boot=tag:ipxe,http://10.1.0.9/boot.ipxe
dhcp-boot=tag:web,http://10.1.0.9/boot.efi
dhcp-host=00:00:5e:00:53:01,10.1.0.11,a,net:red
END
ok 'a dnsmasq.conf with tags in all spellings' imported --dnsmasq spelled.conf
ok '… a range sets one, whatever it is called' has 10.1.0.0-24 'vocGateway: 10.1.0.1' 'vocNameServer: 10.1.0.5' \
	'vocBootFile: bios.0' 'vocBootFileUEFI: seven.efi' 'vocBootURL: http://10.1.0.9/boot.ipxe'
ok '… or is for those that have it' has_not 10.1.0.0-24 'vocDynamicRange: 10.1.0.120 10.1.0.130'
ok '… its ends may be turned' has 10.2.0.0-24 'vocDynamicRange: 10.2.0.120 10.2.0.130'
ok '… # is a not' has cluster 'vocTimeServer: 10.1.0.4'
told spelled.conf '3:net:red' "7:is not for host 'a'" "8:for host 'a'|host 'a' is not told" '15:say nothing of themselves' \
	"17:nine.efi. is not taken over" '19:the same URL'
ok '… what ours says, too, is no loss' lacks "$work/err" 'conf:9:'
ok '… a check finds no error' exits 0 check
sed -i '/tag:nine\|tag:web/d' spelled.conf
ok 'one file of UEFI is' imported --dnsmasq spelled.conf
told spelled.conf '15:seven.efi. is told .*number 9'

# A text behind `=` is a text; names that the hosts file has are addresses; -1 is for ever.
cat >texts.conf <<'END'
key upd { algorithm hmac-md5; secret "xx=="; }
zone c.example. { primary 10.1.0.2; key upd; }
failover peer "x" { primary; address 10.1.0.2; }
default-lease-time -1; max-lease-time -1;
option default-url = "http://10.1.0.9/onie";
option log-servers loghost, 10.1.0.7;
option time-servers nobody.c.example;
subnet 10.1.0.0 netmask 255.255.255.0 { option routers 10.1.0.1; range 10.1.0.100 10.1.0.110; }
host a.c.example { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.1.0.11; option host-name = "a"; }
END
cat >clocks.conf <<'END'
subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.100 10.1.0.110; }
subnet 10.2.0.0 netmask 255.255.255.0 { range 10.2.0.100 10.2.0.110; option ntp-servers 10.2.0.4; }
END
cat >own-domains.conf <<'END'
subnet 10.1.0.0 netmask 255.255.255.0 { option domain-name "c.example"; range 10.1.0.100 10.1.0.110; }
host a.x.example { hardware ethernet 00:00:5e:00:53:01; }
END
echo '10.1.0.6 loghost.c.example loghost' >names
ok 'a dhcpd.conf with texts that are assigned' imported --dhcpd texts.conf --hosts names
ok '… which all are told' has cluster 'vocDHCPOption: captive-portal http://10.1.0.9/onie' \
	'vocDHCPOption: log-servers 10.1.0.6, 10.1.0.7'
ok '… for ever' has 10.1.0.0-24 'vocLeaseTime: 2147483647'
told texts.conf "7:nobody.c.example' is no IPv4 address" '9:the domain in the name'
ok '… what is the server'"'"'s own is no loss' equal "$(grep -c ' warning: ' "$work/err")" 1
ok '… a check finds no error' exits 0 check

ok 'a dhcpd.conf with a time server of one network' imported --dhcpd clocks.conf
ok '… which is the site'"'"'s' has cluster 'vocTimeServer: 10.2.0.4'
told clocks.conf "1:whole site: none here, '10.2.0.4' elsewhere"
ok 'a dhcpd.conf with a host in no network' imported --dhcpd own-domains.conf
told own-domains.conf '2:in another domain than DHCP told it'
# A file of ours in theirs is no source.
printf '10.1.0.6 loghost\n10.1.0.7 printer\n' >names
imported --dhcpd own-domains.conf --hosts names
has_not printer 'objectClass: vocPhysicalNode' && has a.x.example 'objectClass: vocPhysicalNode'
ok '… what has no MAC address is no host that carries VCNs' equal $? 0
run render -o own dhcpd dnsmasq-hosts
printf 'include "%s";\n' "$work/own/etc/dhcp/ldapcc.conf" >again.conf
ok 'a dhcpd.conf that includes ours' imported --dhcpd again.conf --hosts own/srv/ldapcc/dnsmasq/hosts
ok '… which is said' complains 'own/etc/dhcp/ldapcc.conf: warning: is a file that ldapcc has written'
ok '… of a hosts file, too' complains 'own/srv/ldapcc/dnsmasq/hosts: warning: is a file that ldapcc has written'

# A short name that two have, and lines that begin with one.
printf '10.1.0.11 e.x.example e\n10.1.0.12 e.y.example e\n10.1.0.13 f f.x.example\n10.1.0.14 g.x.example g\n' >names
ok 'a hosts file with a short name of two machines' imported --hosts names
told names "1:'e' is the short name of 'e.x.example' and 'e.y.example'" '2:it is answered no more' \
	"3:1 line begins .*'f.x.example'"
ok '… and nothing else is' equal "$(grep -c ' warning: ' "$work/err")" 2

# What a server puts up with and a checked site does not.
cat >bare-ends.conf <<'END'
option routers 10.1.0.1;
subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.0 10.1.0.255; range 10.1.0.20 10.1.0.30; }
subnet 10.2.0.0 netmask 255.255.255.0 { option routers 10.2.0.100; range 10.2.0.99 10.2.0.101; default-lease-time 600; }
subnet 10.2.0.0 netmask 255.255.255.0 { range 10.2.0.120 10.2.0.130; default-lease-time 900; }
subnet 10.3.0.0 netmask 255.255.255.0 { option routers 10.3.0.1; range 10.3.0.2 10.3.0.254; }
host a { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.3.0.11; }
host b { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.3.0.12; }
host c { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.2.0.12; }
host e { hardware ethernet 00:00:5e:00:53:01; }
host f { hardware ethernet 01:00:5e:00:53:01; fixed-address 10.3.0.14; ddns-hostname "F"; }
END
ok 'a dhcpd.conf with addresses that nobody can have, and the same twice' imported --dhcpd bare-ends.conf
ok '… a range without what is the network'"'"'s' has 10.1.0.0-24 'vocDynamicRange: 10.1.0.2 10.1.0.254'
ok '… and around the router' has 10.2.0.0-24 'vocDynamicRange: 10.2.0.99 10.2.0.99' \
	'vocDynamicRange: 10.2.0.101 10.2.0.101' 'vocDynamicRange: 10.2.0.120 10.2.0.130' 'vocLeaseTime: 600'
ok '… the first has the MAC address' has a 'macAddress: 00:00:5e:00:53:01'
ok '… in its network' has_not b 'macAddress: 00:00:5e:00:53:01'
ok '… and another one in another' has c 'macAddress: 00:00:5e:00:53:01'
told bare-ends.conf "2:the network.s own" '2:the broadcast' "2:the router's" '2:they are one' "3:the router's" \
	'4:is there already, in .*:3' "7:the MAC address .* of 'a'" '9:the MAC address' '10:01:00:5e:00:53:01 of .f. is no MAC'
ok '… and nothing else is' equal "$(grep -c ' warning: ' "$work/err")" 8
ok '… a check finds no error' exits 0 check
printf '00:00:5e:00:53:01 n1\n00:00:5e:00:53:01 n1-wlan\n00:00:5e:00:53:02 n2\n' >ethers
printf '10.1.0.11 n1\n10.1.0.12 n1-wlan\n10.1.0.13 n2\n' >names
ok 'ethers with a MAC address twice' imported --ethers ethers --hosts names
ok '… which the first has' has_not n1-wlan 'macAddress: 00:00:5e:00:53:01'
told ethers "2:the MAC address .* of 'n1'"
ok '… a check finds no error' exits 0 check
echo "1..$n_tests"
[ "$n_failed" -eq 0 ]
