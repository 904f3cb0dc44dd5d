#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# changes.sh LDAPCC - what ldapcc makes of a change in the directory: what it refuses (guards,
# publishing(7)), what stands as it was (last good versions), what must never wait (turning an
# installation off), and what `status` knows of all this. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: changes.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/..")
export LDAPCC_DATADIR
mkdir "$work/templates"

# --- the site ---

# settings [LINE...] - the shipped targets, below the folder of this test; TARGETS has more
settings() {
	printf '%s\n' "state: $work/state" "templates: [$work/templates]" "$@" "targets:" \
		"  dnsmasq: {path: $work/out/dnsmasq.conf, check: 'true {file}'}" \
		"  dnsmasq-hosts: {path: $work/out/hosts, check: 'true {file}'}" \
		"  dhcpd: {path: $work/out/dhcpd.conf, check: 'true {file}'}" \
		"  kickstart: {path: '$work/out/ks/{{fqdn}}.ks', check: 'true {file}'}" \
		"  kickstart-repos: {path: '$work/out/repos/{{name}}', check: 'true {file}'}" \
		"  manifest: {path: '$work/out/manifests/{{fqdn}}', check: 'true {file}'}" \
		${TARGETS:+"$TARGETS"} >"$work/settings.yaml"
}

# site - a cluster: two networks, a physical host with two VCNs, twenty hosts in the first
# network, five in the second
site() {
	entry cn=c "objectClass: vocCluster" "vocDomain: c.example" \
		"vocInstallServer: http://10.1.0.9/ks"
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/16" \
		"vocGateway: 10.1.0.1" "vocNameServer: 10.1.0.2" "vocBridge: br0"
	entry cn=net2 "objectClass: vocIPNetwork" "ipNetworkNumber: 10.2.0.0/16" \
		"vocGateway: 10.2.0.1" "vocBridge: br1"
	entry cn=img "objectClass: vocDiskImage" "vocImagePath: /images/a.qcow2"
	entry cn=repo "objectClass: vocPackageRepository" "vocBaseURL: http://10.1.0.9/os"
	entry cn=plain "objectClass: vocKickstartProfile" "vocRepository: cn=repo,dc=x" \
		"vocInstallURL: http://10.1.0.9/os" "vocKickstartVersion: RHEL9" \
		"vocKernel: el9/vmlinuz" "vocInitrd: el9/initrd.img"
	entry cn=h "objectClass: device" "objectClass: vocPhysicalNode" "objectClass: ipHost" \
		"objectClass: ieee802Device" "ipHostNumber: 10.1.0.5" \
		"macAddress: 00:16:3e:00:00:02"
	local i
	for i in 1 2; do
		entry "cn=v$i" "objectClass: device" "objectClass: vocVirtualNode" \
			"objectClass: ipHost" "ipHostNumber: 10.1.0.5$i" \
			"vocPhysicalHost: cn=h,dc=x" "vocImage: cn=img,dc=x" "vocMemory: 512"
	done
	for i in {101..120}; do a_host "$i" "10.1.0.$i"; done
	for i in {201..205}; do a_host "$i" "10.2.0.$i"; done
}
a_host() {
	entry "cn=n$1" "objectClass: device" "objectClass: vocPhysicalNode" \
		"objectClass: ipHost" "objectClass: ieee802Device" "ipHostNumber: $2" \
		"macAddress: 00:16:3e:00:01:$(printf %02x "$(($1 - 100))")" \
		${DESCRIBED:+"$DESCRIBED"} "vocInstall: TRUE" \
		"vocInstallProfile: cn=plain,dc=x"
}
# without NAME... - the site without these entries
without() {
	site | awk -v RS= -v ORS='\n\n' -v names="$*" 'BEGIN { n = split(names, a, " ") }
		{ for (i = 1; i <= n; i++) if ($0 ~ "^dn: cn=" a[i] ",") next; print }' \
		>"$work/site.ldif"
}
# What is counted is a part of the whole: 23 of 7 are not.
no_more_than_all() {
	local n of
	while read -r n _ of _; do
		[ "$n" -le "$of" ] || { echo "$n of $of"; return 1; }
	done < <(grep -oE '[0-9]+ of [0-9]+ ' "$work/err")
}
# refused GUARD DESCRIPTION - this change is refused by that guard, and by `--accept` done
refused() {
	ok "$2: exit 3" exits 3 apply
	local id
	id=$(plan_id)
	ok "… by '$1'" complains "guard '$1'"
	ok '… with figures that can be' no_more_than_all
	ok "… nothing is changed" stands
	ok "… diff says so as well" exits 2 diff
	ok "… in the same words" complains "guard '$1'"
	ok "… another plan is not accepted" exits 3 apply --accept "${id}0"
	ok "… and that is said again" complains "'${id}0' was accepted, but"
	ok "… and a person may accept it" exits 0 apply --accept "$id"
	ok "… for good" exits 0 apply
	ok "… without another word" silent
}

# --- what a daemon has to read ---

umask 077
anew
umask 022
ok 'with umask 077 the folders are for all to read' \
	equal "$(stat -c %a "$work/out/ks" "$work/out/manifests" | sort -u)" 755
ok '… and what is secret is not' equal "$(stat -c %a "$work/state")" 700
sed -i "s|^  dnsmasq: {|&on-change: {restart: [no-such-unit]}, |" "$work/settings.yaml"
is 's/^vocDomain: .*/vocDomain: d.example/'
run apply
ok 'a unit that is not there is told' run apply --accept "$(plan_id)"
ok '… with its name' complains "nobody was told: .*'no-such-unit'.*\[no-service\]"

# --- what is refused ---

anew
without net2
refused max-lost 'a network that is gone, or hidden by an access rule'

anew
is 's/^vocGateway: 10.1.0.1$/vocGateway: 10.1.0.254/'
refused max-affected 'another gateway'

anew
is 's/^vocNameServer: .*/vocNameServer: 10.1.0.254/'
refused max-affected 'another name server'

anew
is 's/^vocBridge: br1/vocBridge: br9/'
refused max-affected 'another bridge for all of a network'

# What a shared record is called, or told to be, is no line of a node.
anew
named() { printf '%s' "s/^\(dn: cn=\)$1,/\1$2,/;s/^cn: $1\$/cn: $2/;s/: cn=$1,/: cn=$2,/"; }
is "$(named net NET)" 's/^cn: net2$/&\ndescription: the second/'
ok 'a network with its name in capitals, another described: exit 0' exits 0 apply
ok '… nobody is affected' says '^generation 2: shared records [^;]*$'
is "$(named net NET)" "$(named img other)" \
	's,^\(ipNetworkNumber: 10.2.0.0\)/16,&\nipNetmaskNumber: 255.255.0.0,'
ok 'an image with another name: exit 0' exits 0 apply
ok '… is another in two entries, and no guest is affected' \
	says '^generation 3: nodes ~2; shared records [^;]*$'
ok '… nothing is published anew' stands
anew 'guard: {max-affected: 1}'
is 's/^vocBridge: br0/vocBridge: br9/'
refused max-affected 'another bridge below two VCNs'

anew 'guard: {max-affected: 1}'
is 's,/images/a.qcow2,/images/b.qcow2,'
refused max-affected 'another image below two VCNs'

anew
is 's/^ipHostNumber: 10.1.0.10\([1-9]\)/ipHostNumber: 10.1.9.10\1/'
refused max-affected 'other addresses for nine hosts'

anew
without n101 n102 n103 n104 n105 n106
refused max-removed 'six hosts that are gone'

anew
without n201 n202 n203 n204
refused max-removed 'four of the five hosts of one network'

anew
commas=("$(named net 'Lab\\, one')" "$(named net2 'Lab\\, two')" 's/^cn: Lab\\,/cn: Lab,/')
is "${commas[@]}"
ok 'networks with commas in their names: exit 0' exits 0 apply
before=$(published)
without n201 n202 n203 n204
sed -i -e "${commas[0]}" -e "${commas[1]}" -e "${commas[2]}" "$work/site.ldif"
refused max-removed 'four of the five hosts of one of them'

anew
without v1 v2
refused min 'both VCNs'

anew 'guard: {max-armed: 2}'
without n118 n119 n120
ok 'three hosts less: exit 0' exits 0 apply
before=$(published)
is
refused max-armed 'three more are armed to install'

anew 'guard: {max-armed: 2}'
for i in {206..230}; do a_host "$i" "10.2.0.$i"; done >>"$work/site.ldif"
refused max-armed 'more hosts of a network than were there'

anew
sed -i '/^  manifest:/s/:.*/: off/' "$work/settings.yaml"
refused targets 'a target that is turned off'

# What is named and not shown is there: a right to read that is gone takes nothing away.
anew
for name in c net img repo plain h v1 n101; do
	is "/^dn: cn=$name,/,/^\$/{/^dn: /b;/^\$/b;d;}"
	ok "cn=$name shows nothing: exit 0" exits 0 apply
	ok '… which is told' complains "cn=$name,dc=x: error: was published, and shows no class"
	ok '… all stands as it was' stands
	ok '… and it waits' exits 10 status
done
is
ok 'all is shown again' exits 0 apply
ok '… and stands' stands
a_port() {
	entry cn=p "objectClass: device" "objectClass: vocPhysicalNode"
	printf '%s\n' "dn: cn=eth1,cn=p,dc=x" "$@" ""
}
{ site; a_port 'cn: eth1' 'objectClass: vocNodeInterface' 'ipHostNumber: 10.1.0.60' \
	'macAddress: 00:16:3e:00:00:60'; } >"$work/site.ldif"
ok 'a host with an interface: exit 0' exits 0 apply
before=$(published)
{ site; a_port; } >"$work/site.ldif"
ok 'the interface shows nothing: exit 0' exits 0 apply
ok '… which is told' complains "cn=eth1,cn=p,dc=x: error: was published, and shows no class"
ok '… its host stands as it was' stands

# … nor does one that shows nothing of what a join brought.
parts() {
	entry cn=net "objectClass: ipNetwork" "ipNetworkNumber: 10.1.0.0" \
		"ipNetmaskNumber: 255.255.0.0"
	entry cn=p,ou=hosts "objectClass: device" "objectClass: ipHost" \
		"ipHostNumber: 10.1.0.60"
	printf '%s\n' "dn: cn=p,ou=ethers,dc=x" "$@" ""
}
rm -rf "$work/state" "$work/out"
mkdir "$work/out"
settings 'directory: {schema: rfc2307}'
parts 'cn: p' 'objectClass: ieee802Device' 'macAddress: 00:16:3e:00:00:60' >"$work/site.ldif"
run apply
before=$(published)
ok 'a host of two entries has its MAC' grep -q '00:16:3e:00:00:60' "$work/out/dhcpd.conf"
parts >"$work/site.ldif"
ok 'the one with the MAC shows nothing: exit 0' exits 0 apply
ok '… which is told' complains \
	"cn=p,ou=ethers,dc=x: error: was published as a part of 'p', and shows no class"
ok '… its host stands as it was' stands
ok '… and it waits' exits 10 status

# The day's sum is net: what comes back counts for nothing.
anew 'guard: {max-removed-24h: 4}'
for names in 'n101 n102' 'n103 n104' 'n105 n106'; do
	# shellcheck disable=SC2086 # words
	without $names
	ok "two of them gone, $names, and two back: exit 0" exits 0 apply
done
without n105 n106 n107 n108
ok 'four gone: exit 0' exits 0 apply
without n105 n106 n107 n108 n109
before=$(published)
refused max-removed-24h 'the fifth within a day'
without n105 n106 n107 n108 n109 n110
ok 'after which the sum begins anew: exit 0' exits 0 apply

# --- what is stored without a file that changes ---

anew
without net2 n201 n202 n203 n204 n205
run apply
id=$(plan_id)
ok 'a network and its hosts, accepted: exit 0' exits 0 apply --accept "$id"
anew
entry cn=idle "objectClass: vocDiskImage" "vocImagePath: /images/idle.qcow2" >>"$work/site.ldif"
ok 'an image that nobody uses: exit 0' exits 0 apply
ok '… no file is changed' stands
ok '… and it is known' says '^generation [0-9]+: shared records \+1'
ok '… diff has nothing left' exits 0 diff

# A value of the same length is another.
anew
is '/^cn: v1$/a vocVirtualOrganization: red'
ok 'a VCN of an organization: exit 0' exits 0 apply
is '/^cn: v1$/a vocVirtualOrganization: tan'
ok '… and of another: exit 0' exits 0 apply
ok '… that is a change of one node, and of the file of its host' \
	says '^generation 3: nodes ~1, 2 affected; files ~1$'

# --- last good versions ---

anew
is 's/^macAddress: 00:16:3e:00:00:02/macAddress: 00:16:3e:00:00:0g/'
ok 'one digit of the MAC of a host with VCNs is wrong: exit 0' exits 0 apply
ok '… the finding has entry and attribute' complains 'cn=h,dc=x: macAddress: error: .*\[bad-mac\]'
ok '… everything else is as it was' stands
ok '… status knows' exits 10 status
ok '… that its last good version stands' says '^quarantined +cn=h,dc=x: last good version'
is 's/^macAddress: 00:16:3e:00:00:02/macAddress: 00:16:3e:00:00:0g/' \
	's/^vocMemory: 512/vocMemory: 768/'
ok 'its VCNs may change meanwhile: exit 0' exits 0 apply
ok '… and do' holds "$work/out/manifests/h.c.example" 'memory: 768'
ok '… on the host as it was' holds "$work/out/dhcpd.conf" 00:16:3e:00:00:02
is
ok 'mended: exit 0' exits 0 apply
ok '… that is told' complains 'note: no longer, after .*: .*cn=h,dc=x: macAddress'
ok '… status is well' exits 0 status

anew
is 's/^vocImagePath: .*/vocImagePath: not absolute/' 's/^\(ipHostNumber: 10.1.0.10\)1/\17/'
ok 'a bad image does not stop the others: exit 0' exits 0 apply
ok '… nor what is not wrong with a conflict' complains 'dup-ip|vocImagePath'
ok '… the VCNs keep theirs' holds "$work/out/manifests/h.c.example" /images/a.qcow2

anew
site >"$work/site.ldif"
entry cn=thief "objectClass: device" "objectClass: ipHost" "ipHostNumber: 10.1.0.101" \
	"cn: n101" >>"$work/site.ldif"
ok 'a duplicate that wants address and name of a healthy host: exit 0' exits 0 apply
ok '… which keeps both' stands

anew
is '/^cn: n101$/a\cn: bad_name!'
ok 'a second name that is none: exit 0' exits 0 apply
ok '… costs that name' complains 'cn=n101,dc=x: cn: .*bad_name!'
ok '… and nothing else' stands
bad_alias=$(entry cn=new "objectClass: device" "objectClass: ipHost" "ipHostNumber: 10.1.3.1" \
	"vocAlias: bad_name!")
{ site && printf '%s\n\n' "$bad_alias"; } >"$work/site.ldif"
ok 'a new host with one: exit 0' exits 0 apply
ok '… is published without it' holds "$work/out/hosts" '^10.1.3.1 new.c.example new$'
{ site && printf '%s\n\n' "${bad_alias/10.1.3.1/10.1.3.2}"; } >"$work/site.ldif"
ok '… and may change: exit 0' exits 0 apply
ok '… as any other' holds "$work/out/hosts" '^10.1.3.2 new.c.example new$'
{ site && printf '%s\n\n' "${bad_alias/bad_name!/fine}"; } >"$work/site.ldif"
ok '… until it is mended: exit 0' exits 0 apply
ok '… and the alias is there' holds "$work/out/hosts" '^10.1.3.1 new.c.example new fine'
before=$(published)
{ site && printf '%s\n\n' "$bad_alias"; } >"$work/site.ldif"
ok 'one that was in order has it now: exit 0' exits 0 apply
ok '… and stays as it was' stands

# A DNS record that is none costs that record, and no name that was served.
record() { is "/^vocDomain: c.example/a\vocDNSRecord: $1"; }
anew
record 'CAA 0 issue "ca.example"'
ok 'a cluster entry with a record that is none: exit 0' exits 0 apply
ok '… is told' complains 'vocDNSRecord: error: .*CAA'
ok '… which changes nothing' stands
rm -rf "$work/state" "$work/out" && mkdir "$work/out"
ok '… nor the first generation of all: exit 0' exits 0 apply
ok '… which has its domain' holds "$work/out/hosts" '^10.1.0.101 n101.c.example n101'
rm -rf "$work/state" "$work/out" && mkdir "$work/out"
record 'MX 10 n101'
ok 'with one that is in order: exit 0' exits 0 apply
ok '… that is served' holds "$work/out/dnsmasq.conf" 'mx-host=c.example,n101.c.example,10'
before=$(published)
record 'MX ten n101'
ok 'which gets a typing error: exit 0' exits 0 apply
ok '… it stays as it was' stands

anew
for value in 127.0.0.1 fe80::1 0.0.0.0; do
	is "/^cn: n101\$/,/^\$/s/^ipHostNumber: .*/ipHostNumber: $value/"
	ok "a host whose address becomes $value: exit 0" exits 0 apply --verbose
	ok '… stays as it was' stands
	ok '… and that is told' complains 'cn=n101,dc=x: ipHostNumber: error: .*reserved-address'
done
is '/^cn: n101$/,/^$/{s/^ipHostNumber: .*/ipHostNumber: 127.0.0.1/;/^macAddress/d;/Device/d}'
ok 'without a MAC as well: exit 0' exits 0 apply
ok '… it stays as it was' stands
is '/^cn: n101$/,/^$/{/^cn/s/.*/cn: n101\ncn: localhost/;s/^ipHostNumber: .*/&\nipHostNumber: 127.0.0.1/}'
ok 'what it has too much is passed over: exit 0' exits 0 apply
ok '… nothing is changed' stands
is '/^cn: net2$/,/^$/s,^ipNetworkNumber: .*,ipNetworkNumber: 10.2.0.0,'
ok 'a network that loses its mask: exit 0' exits 0 apply
ok '… stays as it was' stands
ok '… and that is told' complains 'cn=net2,dc=x: ipNetworkNumber: error: .*bad-ip'
site >"$work/site.ldif"
entry cn=localhost "objectClass: ipHost" "objectClass: device" "ipHostNumber: 127.0.0.1" \
	>>"$work/site.ldif"
entry cn=lo "objectClass: vocIPNetwork" "ipNetworkNumber: 127.0.0.0" >>"$work/site.ldif"
for turn in first second; do
	ok "what never was of use is passed over, the $turn time: exit 0" exits 0 apply --full
	ok '… status is well' exits 0 status
	ok '… nothing is changed' stands
done
is '/^vocInstall/d' '/^objectClass: vocPhysicalNode/d'
entry cn=gw "objectClass: device" "objectClass: ipHost" "ipHostNumber: 10.2.0.1" \
	>>"$work/site.ldif"
run apply
run apply --accept "$(plan_id)"
ok "a host with the gateway's address: exit 0" exits 0 apply
ok '… may be the gateway' lacks "$work/err" reserved-address
before=$(published)
sed -i '/^cn: n101$/,/^$/s/^ipHostNumber: .*/ipHostNumber: 10.1.0.1/' "$work/site.ldif"
ok 'one that had another address is not: exit 0' exits 0 apply
ok '… that is told' complains 'cn=n101,dc=x: ipHostNumber: error: .*gateway \[reserved-address\]'
ok '… and it stays as it was' stands

# --- what allocate gives ---

# What is served of an entry with a fault is its last good version: its address, name and range are
# nobody else's, though the directory does not say them any more.
anew
is 's/^\(vocNameServer: 10.1.0.2\)$/&\nvocDynamicRange: 10.1.0.3 10.1.0.49/' \
	's/^ipHostNumber: 10.1.0.51/ipHostNumber: 10.1.0.50/' 's/^cn: v1$/&\nvocAlias: w1/'
run apply
run apply --accept "$(plan_id)"
is 's/^\(vocNameServer: 10.1.0.2\)$/&\nvocDynamicRange: 10.1.0.3 10.1.0.4g/' \
	's/^ipHostNumber: 10.1.0.51/ipHostNumber: 10.1.0.5O/' 's/^cn: v1$/&\nvocAlias: w1x/'
ok 'a range and an address with a fault: allocate, exit 0' \
	exits 0 allocate --image=img --network=net --name=w%d --count=1
ok '… does not give what is served, nor what was a moment ago' says '^ipHostNumber: 10.1.0.53$'
ok '… address or name' says '^cn: w2$'
ok 'two new hosts: exit 0' \
	exits 0 allocate --hosts --network=net --name=rack%02d --count=2 --memory=4096
ok '… by the lowest names' equal "$(grep -c '^cn: rack0[12]$' "$work/said")" 2
ok '… with addresses that nobody is served' lacks "$work/said" '^ipHostNumber: 10.1.0.50$'
ok '… each its own' equal "$(grep '^ipHostNumber' "$work/said" | sort -u | wc -l)" 2
ok '… able to carry VCNs, without a MAC address that nobody knows' \
	equal "$(grep -c '^vocMemory: 4096$\|^objectClass: vocPhysicalNode$\|^macAddress' "$work/said")" 4
{ echo && cat "$work/said"; } >>"$work/site.ldif"
run check
ok '… in which nothing is wrong' lacks "$work/err" 'cn=rack.* error: '
ok '… but for what they lack' equal "$(grep -c 'cn=rack0[12],.*\[no-mac\]' "$work/err")" 2
ok 'a host has no image: exit 64' \
	exits 64 allocate --hosts --image=img --network=net --name=rack%d --count=1

# Of an address that was somebody's until today a DHCP server may hold a lease: it comes last.
anew
is 's|^ipNetworkNumber: 10.1.0.0/16|ipNetworkNumber: 10.1.0.0/25|'
run apply
run apply --accept "$(plan_id)"
sed -i 's/^ipHostNumber: 10.1.0.5$/ipHostNumber: 10.1.0.6/' "$work/site.ldif"
run apply
allocated() {
	run allocate --hosts --network=net --name=new%d --count="$1"
	sed -n 's/^ipHostNumber: //p' "$work/said"
}
ok 'an address that was given up a moment ago is not the first' \
	equal "$(allocated 3 | xargs)" '10.1.0.3 10.1.0.4 10.1.0.7'
run allocate --hosts --network=net --name=new%d --count=200
n_free=$(sed -n 's/.*no free address for host \([0-9]*\) of .*/\1/p' "$work/err")
ok '… but the last' equal "$(allocated $((n_free - 1)) | tail -n 1)" 10.1.0.5
ok '… and all are given' equal "$(allocated $((n_free - 1)) | sort -u | wc -l)" $((n_free - 1))

# --- a new interface ---

with_interfaces() {
	local one
	site
	entry cn=m "objectClass: device" "objectClass: vocPhysicalNode"
	for one; do
		entry "cn=${one%%=*},cn=m" "objectClass: vocNodeInterface" \
			"ipHostNumber: ${one#*=}" "macAddress: 00:16:3e:00:02:${one##*.}"
	done
}
anew
with_interfaces eth1=10.1.0.61 >"$work/site.ldif"
ok 'a host with one interface: exit 0' exits 0 apply
with_interfaces eth1=10.1.0.61 eth2=10.1.0.62 >"$work/site.ldif"
ok 'a second that sorts behind it: exit 0' exits 0 apply
ok '… takes nothing' lacks "$work/err" new-primary
with_interfaces eth0=10.1.0.60 eth1=10.1.0.61 eth2=10.1.0.62 >"$work/site.ldif"
ok 'a third that sorts first: exit 0' exits 0 apply
ok '… takes the name, which is said' complains "cn=eth0,cn=m,dc=x: .*'m.c.example'.*\[new-primary\]"
ok '… and from whom' complains "cn=eth1,cn=m,dc=x: .*vocBootInterface"
ok '… once: exit 0' exits 0 apply --full
ok '… and no more' lacks "$work/err" new-primary
{
	with_interfaces en0=10.1.0.59 eth0=10.1.0.60 eth1=10.1.0.61 eth2=10.1.0.62
} | sed '/^dn: cn=eth0,cn=m/a\vocBootInterface: TRUE' >"$work/site.ldif"
ok 'where the directory says which is meant: exit 0' exits 0 apply
ok '… nothing is taken' lacks "$work/err" new-primary

# What a last good version stands on stays with it: no guest stops because something else went.
manifest=$work/out/manifests/h.c.example
n_guests() { grep -c '^  - name:' "$manifest"; }
two_guests_stand() {
	ok "$1: exit 0" exits 0 apply
	ok '… the finding has the guest' complains 'cn=v[12],dc=x: .*error: '
	ok '… both guests stay' equal "$(n_guests)" 2
	ok '… with their names and addresses' stands
	ok '… what they stand on is said to be what it was' exits 10 status
	ok "… it has '$2'" says "^quarantined +$2,dc=x: last good version"
}
anew
is '/^cn: h$/a\vocMemory: 600'
two_guests_stand 'a host without room any more for both its guests' cn=h
anew
entry cn=spare "objectClass: vocDiskImage" "vocImagePath: /images/spare.qcow2" >>"$work/site.ldif"
run apply
site | awk -v RS= -v ORS='\n\n' '!/^dn: cn=img,/' >"$work/site.ldif"
entry cn=spare "objectClass: vocDiskImage" "vocImagePath: /images/spare.qcow2" >>"$work/site.ldif"
two_guests_stand 'an image that is removed while guests run from it' cn=img
anew
without h
two_guests_stand 'a host that is removed before its guests' cn=h
anew
is '/^objectClass: vocVirtualNode/d'
ok 'guests that lose their class: exit 0' exits 0 apply
ok '… are told, with what they have of one' complains 'cn=v1,dc=x: vocImage: error: .*no class of one'
ok '… and stay as they were' stands
in_parts() {
	site
	entry cn=w "objectClass: device" "objectClass: vocVirtualNode" \
		"vocPhysicalHost: cn=h,dc=x" "vocImage: cn=img,dc=x" "vocMemory: 512"
	entry cn=eth0,cn=w "objectClass: vocNodeInterface" "ipHostNumber: 10.1.0.61" |
		sed 's/^cn: .*/cn: eth0/'
}
anew
in_parts >"$work/site.ldif"
ok 'a guest in two entries: exit 0' exits 0 apply
before=$(published)
for lost in '/^dn: cn=w,/,/^$/d' '/^dn: cn=w,/,/^$/{/^objectClass: voc/d}'; do
	in_parts | sed "$lost" >"$work/site.ldif"
	ok "which by $lost is none: exit 0" exits 0 apply
	ok '… its interface is told' complains 'cn=eth0,cn=w,dc=x: cn: error: .*dangling-ref'
	ok '… it stays as it was' stands
	ok '… and at the next run: exit 0' exits 0 apply --full
	ok '… as well' stands
	in_parts >"$work/site.ldif"
	ok '… mended: exit 0' exits 0 apply
done
in_parts | sed '/^dn: cn=eth0,cn=w,/,/^$/s/^\(objectClass: \)voc.*/\1ipHost/' >"$work/site.ldif"
ok 'an interface that is none by its class: exit 0' exits 0 apply
ok '… is told' complains "cn=eth0,cn=w,dc=x: cn: error: 'eth0' was an interface .*bad-value"
ok '… its guest stays as it was' stands
ok '… and at the next run: exit 0' exits 0 apply --full
ok '… as well' stands
# A name of the server's own (entryUUID) is in none of these.
for lost in '/^objectClass: vocVirtualNode/d' 's/^ipHostNumber: .*/&x/'; do
	anew
	is '/^dn: cn=v1,/,/^$/{s/^dn: cn=v1,/&ou=elsewhere,/;'"$lost"'}'
	ok "a guest that moves, with $lost: exit 0" exits 0 apply
	ok '… is told' complains 'cn=v1,ou=elsewhere,dc=x: [a-zA-Z]*: error: '
	ok '… stays as it was' stands
	in_parts >"$work/site.ldif"
	run apply
	before=$(published)
	in_parts | sed "/^dn: cn=\(eth0,cn=\)\?w,/,/^\$/{s/,dc=x/,ou=elsewhere&/;$lost}" \
		>"$work/site.ldif"
	ok 'one in two entries: exit 0' exits 0 apply
	ok '… as well' stands
done
in_parts >"$work/site.ldif"
run apply
in_parts | sed '/^dn: cn=w,/,/^$/d;/^dn: cn=eth0,cn=w,/,/^$/d' >"$work/site.ldif"
ok 'when its interface is gone as well: exit 0' exits 0 apply
ok '… it was meant' lacks "$work/out/hosts" '10.1.0.61'
anew 'guard: {max-affected: 100%}'
is '/^vocBridge: br0/d'
two_guests_stand 'a network that loses its bridge' cn=net
anew
is 's/^vocImage: .*/vocImage: cn=new,dc=x/'
entry cn=new "objectClass: vocDiskImage" "vocImagePath: not absolute" >>"$work/site.ldif"
ok 'guests that are given a new image, which is bad: exit 0' exits 0 apply
ok '… keep the one they have' stands

# What was published without the profile that it names is so again.
anew
is 's/^cn: h$/&\nvocInstallProfile: cn=p,dc=x/'
entry cn=p "objectClass: vocKickstartProfile" "vocInstallURL: http://i/os" \
	"vocKickstartVersion: RHEL9" >>"$work/site.ldif"
ok 'a host with a profile that never was good: exit 0' exits 0 apply
ok '… is told' complains 'cn=p,dc=x: vocRepository: error'
ok 'and once more: exit 0' exits 0 apply --full
ok '… its guests stay' equal "$(n_guests)" 2
ok '… and the profile waits' exits 10 status
ok '… alone' equal "$(grep -c '^quarantined' "$work/said")" 1

# A fault costs its own record, not the changes of what stands on it.
anew
is 's,^ipNetworkNumber: 10.1.0.0/16,ipNetworkNumber: 10.1.0.1/16,' 's/^vocMemory: 512/vocMemory: 768/'
entry cn=v3 "objectClass: device" "objectClass: vocVirtualNode" "objectClass: ipHost" \
	"ipHostNumber: 10.1.0.53" "vocPhysicalHost: cn=h,dc=x" "vocImage: cn=img,dc=x" \
	"vocMemory: 512" >>"$work/site.ldif"
ok 'a network with a typing error: exit 0' exits 0 apply
ok '… is told' complains 'cn=net,dc=x: ipNetworkNumber: error'
ok '… and nothing that is in it' lacks "$work/err" 'cn=v'
ok '… its guests change' holds "$manifest" 'memory: 768'
ok '… and a new one comes' equal "$(n_guests)" 3

# An entry that moved is the same record, and its last good version is where it is now.
anew
is 's/^dn: cn=h,dc=x/dn: cn=h,ou=lab,dc=x/' 's/cn=h,dc=x/cn=h,ou=lab,dc=x/'
ok 'a host that moves to another unit: exit 0' exits 0 apply
ok '… its files are as they were' stands
is 's/^dn: cn=h,dc=x/dn: cn=h,ou=lab,dc=x/' 's/cn=h,dc=x/cn=h,ou=lab,dc=x/' \
	's/^ipHostNumber: 10.1.0.51/ipHostNumber: 10.1.0.510/'
ok 'then a fault of one of its guests: exit 0' exits 0 apply
ok '… costs nothing else' stands

# An alias stays with the one who had it, whatever else changes there.
anew
is '/^cn: n101$/a\vocAlias: mail'
run apply
is '/^cn: n101$/a\vocAlias: mail' '/^cn: n102$/a\vocAlias: mail'
ok 'another host wants an alias that is taken: exit 0' exits 0 apply
is '/^cn: n101$/a\vocAlias: mail' '/^cn: n102$/a\vocAlias: mail' \
	'/^cn: n101$/,/^$/s/^vocInstall: TRUE/vocInstall: FALSE/'
ok 'whose host is turned off to install: exit 0' exits 0 apply
ok '… and keeps it' holds "$work/out/hosts" '^10.1.0.101 .*mail'
is '/^cn: n101$/a\vocAlias: mail' '/^cn: n102$/a\vocAlias: mail' \
	's/^\(ipHostNumber: 10.1.0.1\)01/\179/'
ok '… also at another address: exit 0' exits 0 apply
ok '… and keeps it' holds "$work/out/hosts" '^10.1.0.179 .*mail'

# An entry that moves and goes bad at once is the one that it was, by the server's own name for
# it; who refers to it by either DN is in order.
id='/^dn: cn=h,/,/^$/s/^cn: .*/&\nentryUUID: 4c4c4544-0000-1010-8000-000000000001/'
bad='/^dn: cn=h,/,/^$/s/^macAddress: 00:16:3e:00:00:02/macAddress: 00:16:3e:00:00:0g/'
moves='/^dn: cn=h,/s/cn=h,/cn=h,ou=lab,/'
followed='s/^vocPhysicalHost: cn=h,/&ou=lab,/'
anew
is "$id"
run apply
is "$id" "$bad" "$moves"
ok 'a host moves with a wrong MAC, its guests refer to where it was: exit 0' exits 0 apply
ok '… everything stands as it was' stands
is "$id" "$bad" "$moves" "$followed"
ok '… then to where it is: exit 0' exits 0 apply
ok '… of which is nothing said any more' complains 'no longer, .*cn=v1,dc=x: vocPhysicalHost'
ok '… everything stands as it was' stands
ok '… status has the DN that it has now: exit 10' exits 10 status
ok '… with its last good version' says 'cn=h,ou=lab,dc=x: last good version'
ok '… the next run has nothing to say: exit 0' exits 0 apply
ok '… at all' silent
is "$id" "$moves" "$followed"
ok '… and when it is mended: exit 0' exits 0 apply
ok '… it is the same host' stands
# The other way round: a guest that goes bad refers to where its host was.
anew
is "$id"
run apply
is "$id" "$moves" "$followed" \
	'/^cn: v1$/,/^$/s/^vocMemory: 512/vocMemory: 0/'
ok 'a host moves, and one of its guests is wrong: exit 0' exits 0 apply
ok '… of the host nothing is said' lacks "$work/err" 'cn=h,'
ok '… everything stands as it was' stands

# --- who keeps what two have ---

# Both changed, and one of them had it before: that one keeps it.
both='/^cn: n10[12]$/,/^$/s/^vocInstallProfile: .*/&\nvocBootFile: new/'
for taken in ':10.1.0.102:10.1.0.101' ':00:16:3e:00:01:02:00:16:3e:00:01:01'; do
	anew
	value=${taken:1:$(((${#taken} - 2) / 2))}
	mine=${taken: -${#value}}
	is "$both" "s/$value\$/$mine/"
	ok "two that changed have ${mine}: exit 0" exits 0 apply
	ok '… the finding is at who came' complains "cn=n102,dc=x: .*error: .*$mine is already taken"
	ok '… with a note where it was' complains 'cn=n101,dc=x: .*note: first used here'
	ok '… whose other change is published' holds "$work/out/dhcpd.conf" 'filename "new"'
	ok '… and the other is as it was' holds "$work/out/hosts" '^10.1.0.102 n102'
	ok '… as the DHCP server says' holds "$work/out/dhcpd.conf" '00:16:3e:00:01:02'
	run status
	ok '… status has the one in quarantine' says 'cn=n102,dc=x: last good version'
	ok '… alone' equal "$(grep -c '^quarantined' "$work/said")" 1
	ok '… and the next run has nothing to say: exit 0' exits 0 apply
	ok '… at all' silent
done

# One MAC in two networks is no conflict, until one of the networks goes: both hosts stay as they
# were, and so does the network that one of them stands on, at this run and at the next.
with_third() {
	site
	entry cn=far "objectClass: device" "objectClass: vocPhysicalNode" "objectClass: ipHost" \
		"objectClass: ieee802Device" "ipHostNumber: 10.9.0.1" \
		"macAddress: 00:16:3e:00:03:01"
	entry cn=near "objectClass: device" "objectClass: vocPhysicalNode" "objectClass: ipHost" \
		"objectClass: ieee802Device" "ipHostNumber: 10.3.0.1" \
		"macAddress: 00:16:3e:00:03:01"
	entry cn=w "objectClass: device" "objectClass: vocVirtualNode" "objectClass: ipHost" \
		"ipHostNumber: 10.1.0.77" "vocPhysicalHost: cn=far,dc=x" \
		"vocImage: cn=img,dc=x" "vocMemory: 512"
}
net3=$(entry cn=net3 "objectClass: vocIPNetwork" "ipNetworkNumber: 10.3.0.0/16")
anew
{ with_third && printf '%s\n\n' "$net3"; } >"$work/site.ldif"
ok 'two hosts with one MAC in two networks: exit 0' exits 0 apply
before=$(published)
with_third >"$work/site.ldif"
ok 'and one of the networks goes: exit 0' exits 0 apply
ok '… everything stands as it was' stands
ok '… status has the network: exit 10' exits 10 status
ok '… with its last good version' says 'cn=net3,dc=x: last good version'
ok '… and both hosts' equal "$(grep -c '^quarantined.*\(far\|near\),dc=x: last good' "$work/said")" 2
ok '… nobody is left out' equal "$(grep -c 'left out' "$work/said")" 0
ok 'at the next run there is nothing to do: exit 0' exits 0 diff
ok '… also when all is read: exit 0' exits 0 apply --full
ok '… everything stands as it was' stands

# --- failure domains ---

TARGETS="  pxelinux: {path: '$work/out/pxe/{{mac_dashed}}', check: 'true {file}'}
  of-ours: {path: '$work/out/ours/{{description}}', check: 'true {file}'}"
printf -- '---\npath: x\nfor-each: node\nlanguage: text\n---\n{{fqdn}}\n' \
	>"$work/templates/of-ours"
DESCRIBED='description: fine'
anew
before=$(published)
for value in '../x' 'a/b' ''; do
	is "/^cn: n101\$/,/^\$/s,^description: .*,description: $value,"
	ok "a path made from '$value': exit 0" exits 0 apply
	ok '… the finding has the entry' complains 'cn=n101,dc=x: .*error: .*\[unsafe-value\]'
	ok '… nothing is changed' stands
done
TARGETS=
DESCRIBED=

# The boot file of a MAC that two hosts have, in two networks, is of the one that had it.
TARGETS="  pxelinux: {path: '$work/out/pxe/{{mac_dashed}}', check: 'true {file}'}"
anew
taken='/^cn: n101$/,/^$/s/^macAddress: .*/macAddress: 00:16:3e:00:01:69/' # n205's
for change in '' '/^cn: n205$/,/^$/{/^vocInstall: /d}' '/^cn: n101$/,/^$/{/^vocInstall: /d}'; do
	is "$taken" "$change"
	ok "another host takes its MAC, with '$change': exit 0" exits 0 apply --verbose
	ok '… which is told' complains 'cn=n101,dc=x: cn: .*another record.s file'
	ok '… the boot file stays' holds "$work/out/pxe/00-16-3e-00-01-69" n205.c.example
	ok '… also at the next run: exit 0' exits 0 apply
	ok '… of which there is nothing to say' silent
done
TARGETS=

# --- turning an installation off ---

anew
is 's/^vocInstall: TRUE/vocInstall: FALSE/'
ok 'twenty-five installations turned off: exit 0' exits 0 apply
ok '… it is told' says '^generation 2:'

# What is no Boolean is not TRUE; its host stays as it was, but not armed.
anew
is '/^cn: n101$/,/^$/s/^vocInstall: TRUE/vocInstall: TRU/'
ok 'one with a typing error: diff foresees it, exit 2' exits 2 diff
ok '… by name' says '^disarmed host n101.c.example'
ok '… apply: exit 0' exits 0 apply
ok '… turns it off' says '^generation 2: nodes ~1, 1 affected'
ok '… then there is no difference: exit 0' exits 0 diff

anew
is 's/^vocInstall: TRUE/vocInstall: FALSE/' 's/^vocGateway: 10.1.0.1$/vocGateway: 10.1.0.254/'
ok 'beside something that is refused: exit 3' exits 3 apply
ok '… they are off' exits 3 apply
ok '… and the gateway is as it was' holds "$work/out/dhcpd.conf" 'routers 10.1.0.1;'
ok '… which generation 2 is' test "$(readlink "$work/state/current")" = generations/000002

# However the host is to be found: at another place of the tree, in another network, renamed.
id=4c4c4544-0000-1010-8000-000000000001
for move in 's/^dn: cn=n101,/dn: cn=n101,ou=lab,/' 's/10.1.0.101/10.2.0.101/' \
	's/^dn: cn=n101,/dn: cn=w1,/;s/^cn: n101/cn: w1/'; do
	anew
	is "/^dn: cn=n101,/,/^\$/s/^cn: .*/&\nentryUUID: $id/"
	run apply
	is "/^dn: cn=n101,/,/^\$/{s/^cn: .*/&\nentryUUID: $id/;s/^vocInstall: TRUE/vocInstall: FALSE/;$move}" \
		's/^vocGateway: 10.1.0.1$/vocGateway: 10.1.0.254/'
	ok "turned off and changed by $move, beside a refusal: exit 3" exits 3 apply
	ok '… it is off' says '^generation [0-9]+: nodes ~1, 1 affected(; files ~1)?$'
	ok '… and the gateway is as it was' holds "$work/out/dhcpd.conf" 'routers 10.1.0.1;'
done
anew
is '/^dn: cn=n101,/,/^$/{s/^dn: cn=n101,/dn: cn=n101,ou=lab,/;s/^vocInstall: TRUE/vocInstall: FALSE/}' \
	's/^vocGateway: 10.1.0.1$/vocGateway: 10.1.0.254/'
ok 'at another place, and known by its name alone: exit 3' exits 3 apply
ok '… it is off' says '^generation 2: nodes ~1, 1 affected(; files ~1)?$'

anew
site | sed '/^vocInstall: TRUE/a\vocInstallUntil: 20200101000000Z' >"$work/site.ldif"
ok 'installations with an end that is over: exit 0' exits 0 apply
ok '… are turned off' says '^generation 2: '

sed -i '/^vocInstallProfile:/d' "$work/site.ldif"
ok '… and need no profile any more: exit 0' exits 0 check

# What a service is to be told of it and is not: exit 6 at every run until it is.
TARGETS="  pxelinux: {path: '$work/out/pxe/{{mac_dashed}}', check: none}"
anew
TARGETS=
sed -i "s|^  dnsmasq-hosts: {|&on-change: $work/reload-hosts, |;s|^  pxelinux: {|&on-change: $work/reload, |" \
	"$work/settings.yaml"
for name in reload reload-hosts; do
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\ntest ! -e "$0-fails"\n' >"$work/$name"
	chmod +x "$work/$name"
done
: >"$work/reload-fails"
is 's/^vocInstall: TRUE/vocInstall: FALSE/'
ok 'turned off, and the service cannot be told: exit 6' exits 6 apply
ok '… nor at the next run: exit 6' exits 6 apply
ok '… which status says: exit 6' exits 6 status
rm "$work/reload-fails"
: >"$work/reload-hosts-fails"
sed -i 's/^ipHostNumber: 10.1.0.119/ipHostNumber: 10.1.0.219/' "$work/site.ldif"
ok 'another cannot be told of its file: exit 6' exits 6 apply
sed -i '/^cn: n101$/,/^$/s/^vocInstall: FALSE/vocInstall: TRUE/' "$work/site.ldif"
ok '… also where it is the first that is told of something: exit 6' exits 6 apply
ok '… and that one is' lacks "$work/err" "reload' exited"
rm "$work/reload-hosts-fails"
ok '… until it does not: exit 0' exits 0 apply
ok '… and status is well: exit 0' exits 0 status

anew
site | sed '/^vocInstall: TRUE/a\vocInstallUntil: 20991231000000Z' >"$work/site.ldif"
ok 'an end that is far away: exit 0' exits 0 apply
soon=$(date -u -d '+2 seconds' +%Y%m%d%H%M%SZ)
sed -i "s/^vocInstallUntil: .*/vocInstallUntil: $soon/" "$work/site.ldif"
ok '… and now is near: exit 0' exits 0 apply
rm "$work/site.ldif"
turned_off() {
	local i
	for i in {1..100}; do
		run apply
		says '^generation [0-9]+: nodes ~25' >"$work/ignored" && return
		read -rt 0.1 <> <(:)
	done
	return 1
}
ok '… they are turned off then, with the directory away' turned_off

# --- a site may start anew, but never by chance ---

for damage in "rm -r '$work/state/generations'" "rm '$work/state/current'" \
	"find '$work/state/generations' -name roster -delete" \
	"find '$work/state/generations' -name entries -delete" \
	"find '$work/state/generations' -name roster -exec truncate -s 40 {} +" \
	"find '$work/state/generations' -name entries -exec truncate -s 40 {} +"; do
	anew
	before=$(published)
	bash -c "$damage"
	without n101 n102 n103 n104 n105 n106 n107 n108 n109 n110
	run apply
	ok "after ${damage//$work\//}: it is refused" test "$status" -ne 0
	ok '… nothing is changed' stands
	ok '… the way out is named' complains "run 'ldapcc |rollback|--bootstrap"
done

# --- after a rollback ---

anew
is 's/^\(ipHostNumber: 10.1.0.10\)1$/\19/;s/^\(ipHostNumber: 10.1.0.10\)9$/\19/' \
	'/^cn: n109$/,/^$/s/10.1.0.109/10.1.0.250/'
run apply
after=$(published)
ok 'rollback: exit 0' exits 0 rollback
ok '… what was there is back' stands
ok '… apply does nothing while it is pinned: exit 3' exits 3 apply
ok '… status: exit 3' exits 3 status
ok 'unpin: exit 0' exits 0 rollback --unpin
ok '… then apply: exit 0' exits 0 apply
ok '… goes forward again' equal "$(published)" "$after"
rm -rf "$work/templates"
sed -i "s,^templates: .*,templates: [$work/nowhere]," "$work/settings.yaml"
ok "a rollback needs no template of the site's: exit 0" exits 0 rollback
ok '… and is done' stands
ok 'unpin: exit 0' exits 0 rollback --unpin
mkdir "$work/templates"
settings 'severity: {no-mac: warning}'
ok 'settings edited since then: exit 0' exits 0 apply
ok '… the next apply is right' equal "$(published)" "$after"

# A target with a line for each node came in between: going back takes its file away, and it
# is a person's business again to bring it.
printf -- '---\npath: x\nlanguage: text\n---\n{{#nodes}}\n{{fqdn}}\n{{/nodes}}\n' \
	>"$work/templates/listed"
anew
TARGETS="  listed: {path: '$work/out/listed', check: none}" settings
ok 'a new target with a line for each node: exit 3' exits 3 apply
ok '… by what it would affect' complains "guard 'max-affected': 28 of 28 nodes"
ok '… accepted: exit 0' exits 0 apply --accept "$(plan_id)"
ok 'rollback to what was before it: exit 0' exits 0 rollback
ok '… what was there is back' stands
ok 'unpin: exit 0' exits 0 rollback --unpin
ok '… apply is refused once more: exit 3' exits 3 apply
ok '… what is published is what was gone back to' stands
ok '… until that is accepted: exit 0' exits 0 apply --accept "$(plan_id)"
ok '… and the file is there' holds "$work/out/listed" n101.c.example

# What is pinned stays to be gone back to, however many come after it.
anew 'keep: 2'
for i in 1 2 3; do
	is "s/^vocLeaseTime: .*//;s/^vocNameServer: .*/&\nvocMTU: 900$i/"
	run apply
	run apply --accept "$(plan_id)"
done
ok 'rollback to the oldest that is kept: exit 0' exits 0 rollback 3
ok '… and once more: exit 0' exits 0 rollback 3
ok '… which changes nothing' silent

anew
is 's/^vocInstall: TRUE/vocInstall: FALSE/'
run apply
before=$(published)
ok 'a rollback that would arm hosts again: exit 3' exits 3 rollback
ok '… they are counted' complains "guard 'rollback': 25 hosts would be armed to install again"
ok '… and named' complains 'cn=n101,dc=x: note: .*n101.c.example.*install itself'
ok '… nothing is changed' stands
id=$(plan_id)
ok '… the command is named' complains \
	"'ldapcc --config $work/settings.yaml rollback 1 --accept $id'"
ok '… nor pinned: exit 0' exits 0 status
ok '… another plan is not accepted: exit 3' exits 3 rollback 1 --accept "${id}0"
ok '… this one is: exit 0' exits 0 rollback 1 --accept "$id"
ok '… which arms them' says '25 newly armed to install'

# --- status ---

rm -rf "$work/state" "$work/out"
mkdir "$work/out"
settings
is
run status
ok 'status before anything was read is not well' test "$status" -ne 0
ok 'apply: exit 0' exits 0 apply
ok 'status: exit 0' exits 0 status
ok 'status --max-age with a fresh run: exit 0' exits 0 status --max-age 3600
too_old() {
	local i
	for i in {1..100}; do
		run status --max-age 1
		[ "$status" -ne 4 ] || return 0
		read -rt 0.1 <> <(:)
	done
	return 1
}
ok 'status --max-age, when that has passed: exit 4' too_old
ok '… without it: exit 0' exits 0 status
rm "$work/state/last-run"
ok 'when the record of the last run is gone: exit 4' exits 4 status
ok 'after the next run, which has nothing to do: exit 0' exits 0 apply
ok '… it is there again: exit 0' exits 0 status
sed -i 's/[0-9]/7/' "$work/state/last-run"
ok 'one that was edited is not believed: exit 7' exits 7 status
ok '… nor by apply: exit 7' exits 7 apply
ok '… the way out is named' complains 'remove it: '
rm "$work/state/last-run"
ok 'after which: exit 0' exits 0 apply
ok '… it is well again: exit 0' exits 0 status
mv "$work/site.ldif" "$work/site.ldif.away"
run apply
ok 'a run without its input fails' test "$status" -ne 0
failure=$status
ok '… and status has its code' exits "$failure" status
mv "$work/site.ldif.away" "$work/site.ldif"

mkfifo "$work/gate"
sed -i "/^  dnsmasq-hosts:/s|true {file}|cat $work/gate|" "$work/settings.yaml"
is 's/^ipHostNumber: 10.1.0.101/ipHostNumber: 10.1.0.150/'
"$LDAPCC" --config "$work/settings.yaml" --ldif "$work/site.ldif" apply \
	>"$work/said" 2>"$work/err" </dev/null &
killed=$!
exec 8>"$work/gate" # returns when its checker is there
kill -KILL "$killed"
exec 8>&-
wait "$killed" 2>/dev/null
# a checker that it had not begun yet, between fork and exec, has the lock for a moment
while grep -q ":$(stat -c %i "$work/state/lock") " /proc/locks; do :; done
ok 'a run that was killed: status, exit 70' exits 70 status
settings
ok '… the next one does its work: exit 0' exits 0 apply
ok '… all of it' holds "$work/out/hosts" 10.1.0.150
ok '… and status is well' exits 0 status

# --- cron ---

# a router by the name of a host that is in error
anew
is 's/^vocGateway: 10.1.0.1$/vocGateway: rt/'
entry cn=rt 'objectClass: device' 'objectClass: ipHost' 'objectClass: ieee802Device' \
	'ipHostNumber: 10.1.0.254' 'macAddress: 00:16:3e:00:00:0g' >>"$work/site.ldif"
ok 'a gateway that is a faulty host: exit 0' exits 0 apply
ok '… which is told' complains "vocGateway: error: the entry of 'rt' is in error: the network stays"
ok '… and clients keep their router' holds "$work/out/dhcpd.conf" 'routers 10.1.0.1;'

anew
is 's/^macAddress: 00:16:3e:00:00:02/macAddress: 00:16:3e:00:00:0g/'
ok 'a finding is told once: exit 0' exits 0 apply
ok '… in full' complains 'bad-mac'
ok '… then: exit 0' exits 0 apply
ok '… not again' silent
ok '… unless asked for: exit 0' exits 0 apply --verbose --full
ok '… in full' complains 'bad-mac'

# many NUMBER - the processor time in ms of a second run with so many findings
many() {
	local i said
	anew 'quarantine: {max: 100%}'
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' "dn: cn=x$i,dc=x" "cn: x$i" 'objectClass: device' \
			'objectClass: ipHost' "vocBootFile: a b" \
			"ipHostNumber: 10.1.$((1 + i / 250)).$((1 + i % 250))" ''
	done >>"$work/site.ldif"
	run apply
	TIMEFORMAT=%U
	said=$({ time run apply --verbose --full; } 2>&1)
	[ "$(grep -c '\[bad-value\]' "$work/err")" = "$1" ] && echo "${said//./}" >"$work/ms"
}
ok 'a run with 1,500 findings of before' many 1500
few=$((10#$(cat "$work/ms")))
ok 'a run with 15,000' many 15000
ok '… takes as much longer as they are more, not its square' \
	test "$((10#$(cat "$work/ms")))" -lt $((40 * few + 1000))

# --- the first generation ---

settings
is 's/^vocDomain: .*/vocDomain: c..example/'
rm -rf "$work/state" "$work/out"
mkdir "$work/out"
ok 'nothing is published first while the cluster entry is in error: exit 10' exits 10 apply
ok '… nor a file written' equal "$(published)" ""
ok '… it is named' complains 'cn=c,dc=x: error: this cluster is in error and has no last good version'
is 's/^vocGateway: 10.2.0.1/vocGateway: 10.99.0.1/'
ok '… nor while a network is: exit 10' exits 10 apply
ok '… it is named' complains 'cn=net2,dc=x: error: this network is in error'
is 's/^vocImagePath: .*/vocImagePath: a.qcow2/'
ok 'an image is no reason: exit 0' exits 0 apply
anew
is 's/^vocGateway: 10.2.0.1/vocGateway: 10.99.0.1/'
ok 'nor is a network that was good: exit 0' exits 0 apply
is
{
	site
	entry cn=net3 "objectClass: vocIPNetwork" "ipNetworkNumber: 10.3.0.1/16"
} >"$work/site.ldif"
ok 'nor a new one: exit 0' exits 0 apply
anew
rm -r "$work/state"
without n101 n102 n103
ok 'a state that is lost, and files of ours: exit 3' exits 3 apply
ok '… nothing is changed' stands
ok '… why is said' complains "nothing was published from '.*' before: is it lost"
ok '… a person may have them replaced: exit 0' exits 0 apply --bootstrap

# --- a name, and an alias that comes with it ---

anew
{
	site | sed '/^dn: cn=n101,/a vocAlias: new'
	a_host 190 10.1.0.190 | sed 's/n190/new/'
} >"$work/site.ldif"
ok 'a host, and an alias of its name: exit 0' exits 0 apply
ok '… the alias waits' complains 'cn=n101,dc=x: vocAlias: error: .*alias-conflict'
ok '… the host is there' grep -q '^10.1.0.190 new.c.example new$' "$work/out/hosts"

# --- the other side of a conflict is a last good version ---

anew
is '/^dn: cn=n101,/,/^$/{s/^ipHostNumber: .*/ipHostNumber: 10.1.0.191/;s/^macAddress: .*/macAddress: 00:16:3e:00:01:0g/}'
a_host 190 10.1.0.101 >>"$work/site.ldif"
ok 'an address whose holder is held back: exit 0' exits 0 apply
ok '… is its, and the note does not point to what the entry says now' \
	complains '^cn=n101,dc=x: ipHostNumber: note: first used here, as it was last good$'

end_points
