#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# parts.sh LDAPCC - a machine that is several entries (RFC 2307bis, and what a map joins) when one of
# them has a fault, goes, or is claimed by another machine: all of it stays as it was published, and
# its installation is turned off by whichever entry says so. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: parts.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/..")
export LDAPCC_DATADIR

# settings LINE... - some targets, below the folder of this test
settings() {
	printf '%s\n' "state: $work/state" "templates: []" "$@" "targets:" \
		"  dnsmasq: off" "  kickstart-repos: off" "  kickstart: off" \
		"  dnsmasq-hosts: {path: $work/out/hosts, check: 'true {file}'}" \
		"  dhcpd: {path: $work/out/dhcpd.conf, check: 'true {file}'}" \
		"  manifest: {path: '$work/out/manifests/{{fqdn}}', check: 'true {file}'}" \
		"  pxelinux: {path: '$work/out/boot/01-{{mac_dashed}}', check: 'true {file}'}" \
		>"$work/settings.yaml"
}
# site - what the function says that $scene names
site() { "$scene"; }
# renew - `site` is published, with the settings as they are
renew() {
	rm -rf "$work/state" "$work/out"
	mkdir "$work/out"
	site >"$work/site.ldif"
	run apply
	before=$(published)
	[ "$status" = 0 ] || { sed 's/^/# /' "$work/err"; exit 1; }
}
# stays FINDING DESCRIPTION [SED...] - the site with that change: one finding, and nothing else
stays() {
	local args=(-e '') one
	for one in "${@:3}"; do args+=(-e "$one"); done
	renew
	site | sed "${args[@]}" >"$work/site.ldif"
	ok "$2: exit 0" exits 0 apply
	ok '… is told' complains "$1"
	ok '… nothing is changed' stands
	ok '… and at the next run: exit 0' exits 0 apply --full
	ok '… as well' stands
}

# --- a host with a guest, both of two entries ---

settings
scene=machines
install=
machines() {
	entry cn=c "objectClass: vocCluster" "vocDomain: c.example" \
		"vocInstallServer: http://10.1.0.9/ks"
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/16" \
		"vocNextServer: 10.1.0.3" "vocBridge: br0"
	entry cn=repo "objectClass: vocPackageRepository" "vocBaseURL: http://10.1.0.9/os"
	entry cn=plain "objectClass: vocKickstartProfile" "vocRepository: cn=repo,dc=x" \
		"vocInstallURL: http://10.1.0.9/os" "vocKickstartVersion: RHEL9" \
		"vocKernel: vmlinuz" "vocInitrd: initrd.img"
	entry cn=img "objectClass: vocDiskImage" "vocImagePath: /images/a.qcow2"
	entry cn=h+ipHostNumber=10.1.0.10 "objectClass: device" "objectClass: ipHost" \
		"objectClass: ieee802Device" "ipHostNumber: 10.1.0.10" \
		"macAddress: 00:00:5e:00:53:0a"
	entry cn=h+ipHostNumber=10.1.0.11 "objectClass: device" "objectClass: ipHost" \
		"objectClass: ieee802Device" "objectClass: vocPhysicalNode" \
		"ipHostNumber: 10.1.0.11" "macAddress: 00:00:5e:00:53:0b" \
		"vocMemory: 4096" "vocInstallProfile: cn=plain,dc=x" ${install:+"$install"}
	entry cn=v+ipHostNumber=10.1.0.50 "objectClass: device" "objectClass: ipHost" \
		"objectClass: vocVirtualNode" "ipHostNumber: 10.1.0.50" \
		"vocPhysicalHost: cn=h+ipHostNumber=10.1.0.11,dc=x" "vocMemory: 512"
	entry cn=v+ipHostNumber=10.1.0.51 "objectClass: device" "objectClass: ipHost" \
		"objectClass: vocVirtualNode" "ipHostNumber: 10.1.0.51" \
		"vocImage: cn=img,dc=x"
}
second='/^dn: cn=h+ipHostNumber=10.1.0.11,/,/^$/'
stays 'ipHostNumber=10.1.0.10,dc=x: macAddress: error: .*bad-mac' 'a fault in the first entry' \
	's/^\(macAddress: .*\)0a$/\10g/'
stays 'ipHostNumber=10.1.0.11,dc=x: macAddress: error: .*bad-mac' 'a fault in the second entry' \
	's/^\(macAddress: .*\)0b$/\10g/'
stays 'ipHostNumber=10.1.0.51,dc=x: ipHostNumber: error: .*dup-ip' \
	'an address that another has, in the second entry of a guest' \
	's/^ipHostNumber: 10.1.0.51/ipHostNumber: 10.1.0.11/'
stays 'vocMemory: error: is not what the other entry' 'an entry that says something else' \
	's/^ipHostNumber: 10.1.0.10/&\nobjectClass: vocPhysicalNode\nvocMemory: 8192/'
stays 'vocPhysicalHost: error: .*dangling-ref' 'an entry that goes, and a guest stands on it' \
	"${second}d"
stays 'vocImage: error: is missing' 'the entry of a guest that has its image, which goes' \
	'/^dn: cn=v+ipHostNumber=10.1.0.51,/,/^$/d'
stays 'shows no class and nothing else now' 'an entry that nobody may read any more' \
	'/^dn: cn=h+ipHostNumber=10.1.0.10,/,/^$/{/^\(dn:.*\)\?$/!d}'
stays 'macAddress: error: .*bad-mac' 'a new entry that is the first, with a fault' \
	's/^dn: cn=h+ipHostNumber=10.1.0.11,/dn: cn=h+ipHostNumber=10.1.0.1,dc=x\ncn: h\nobjectClass: ieee802Device\nobjectClass: ipHost\nipHostNumber: 10.1.0.1\nmacAddress: x:y\n\n&/'

# One that goes, and that nobody stands on, is meant; what was never published is not held.
renew
site | sed -e '/^dn: cn=v+/,/^$/d' >"$work/site.ldif"
run apply --accept "$(run apply; plan_id)"
sed -i "${second}d" "$work/site.ldif"
run apply
ok 'an entry that goes is meant' lacks "$work/out/hosts" 10.1.0.11
rm -rf "$work/state" "$work/out"
mkdir "$work/out"
site | sed 's/^ipHostNumber: 10.1.0.10/&\nobjectClass: vocPhysicalNode\nvocMemory: 8192/' \
	>"$work/site.ldif"
ok 'entries of a new host that differ: exit 0' exits 0 apply
ok '… which counts is told' complains 'note: this one counts where the machine is new'
sed -i 's/^macAddress: 00:00:5e:00:53:0b/macAddress: 00:00:5e:00:53:0c/' "$work/site.ldif"
ok '… another change of it: exit 0' exits 0 apply
ok '… is published' holds "$work/out/dhcpd.conf" 00:00:5e:00:53:0c

# --- its installation ---

install='vocInstall: TRUE'
is_armed() { holds "$work/out/boot/01-00-00-5e-00-53-0a" '^DEFAULT install'; }
renew
ok 'a host that its second entry arms' is_armed
ok '… at the next run: exit 0' exits 0 apply --full
ok '… is armed' is_armed
bad='s/^\(macAddress: .*\)0a$/\10g/'
for change in '/^vocInstall: /d' 's/^vocInstall: TRUE/vocInstall: FALSE/' "${second}d" \
	's/^vocInstall: TRUE/&\nvocInstallUntil: 20200101000000Z/' \
	's/^ipHostNumber: 10.1.0.10/&\nvocInstall: FALSE/'; do
	renew
	site | sed -e "$change" -e "$bad" >"$work/site.ldif"
	ok "which is turned off by '$change', with a fault in the first: exit 0" exits 0 apply
	ok '… is not armed' equal "$(is_armed && echo armed)" ''
	ok '… its names stand' equal "$(cat "$work/out/hosts")" "$(site >"$work/site.ldif"
		run render dnsmasq-hosts
		cat "$work/said")"
done

# --- what a map joins, where a second machine has its name ---

settings 'directory: {schema: rfc2307}'
scene=joined
joined() {
	entry cn=net "objectClass: ipNetwork" "ipNetworkNumber: 10.1.0.0/16"
	entry cn=n1,ou=hosts "objectClass: device" "objectClass: ipHost" "cn: www" \
		"ipHostNumber: 10.1.0.1"
	entry cn=www,ou=ethers "objectClass: ieee802Device" "macAddress: 0:0:5e:0:53:1"
	entry cn=gw+ipHostNumber=10.1.0.2,ou=hosts "objectClass: device" \
		"objectClass: ipHost" "ipHostNumber: 10.1.0.2"
	entry cn=gw,ou=ethers "objectClass: ieee802Device" "macAddress: 0:0:5e:0:53:2"
	[ "$n_more" = 0 ] || more
}
more() {
	entry cn=n0,ou=others "objectClass: device" "objectClass: ipHost" "cn: www" \
		"ipHostNumber: 10.1.0.3"
	entry cn=gw+ipHostNumber=10.1.0.22,ou=hosts "objectClass: device" \
		"objectClass: ipHost" "ipHostNumber: 10.1.0.22"
}
reserved() { holds "$work/out/dhcpd.conf" "fixed-address $1;"; }
n_more=0
renew
ok 'a host with its MAC from another entry' reserved 10.1.0.1
n_more=2
site >"$work/site.ldif"
ok 'when another has its alias, too: exit 0' exits 0 apply
ok '… that is told' complains 'cn=www,ou=ethers,dc=x: error: belongs to several entries, so to the one'
ok '… with who keeps it' complains 'cn=n1,ou=hosts,dc=x: note: .*to this one, which keeps it$'
ok '… the reservation stands' reserved 10.1.0.1
ok 'when a further entry of a machine has another address: that is told' complains \
	'cn=gw,ou=ethers,dc=x: warning: belongs to several entries of one machine, so to the one'
ok '… the reservation stands' reserved 10.1.0.2
ok '… and at the next run: exit 0' exits 0 apply --full
ok '… that of the alias' reserved 10.1.0.1
ok '… and that of the address' reserved 10.1.0.2
rm -rf "$work/state" "$work/out"
mkdir "$work/out"
run apply
ok 'where nobody had it, nobody gets it' equal "$(reserved 10.1.0.1 && echo reserved)" ''

# A name of a zone is served by itself, where two computers have it and nobody knows whose it is.
settings 'directory: {schema: ad}'
computer() {
	printf '%s\n' "dn: CN=$1,DC=x" 'objectClass: computer' "cn: $1" \
		"dNSHostName: pc1.ad.example" 'userAccountControl: 4096' ''
}
name='dn: DC=pc1,DC=ad.example,CN=MicrosoftDNS,DC=x
objectClass: dnsNode
dc: pc1
dnsRecord:: BAABAAXwAAABAAAAAAADhAAAAAAAAAAACgEAIQ=='
served() { holds "$work/out/hosts" '^10.1.0.33 pc1.ad.example'; }
rm -rf "$work/state" "$work/out"
mkdir "$work/out"
{ computer PC1; computer OLD; echo "$name"; } >"$work/site.ldif"
ok 'two computers of one name: exit 0' exits 0 apply
ok '… are told' complains 'DC=pc1,.* error: belongs to several entries, so to none .*ambiguous-join'
ok '… the name is served' served
{ computer PC1; echo "$name"; } >"$work/site.ldif"
ok '… and when one is left' exits 0 apply
ok '… it has the name' served
{ computer PC1; computer OLD; echo "$name"; } >"$work/site.ldif"
ok '… and keeps it when another comes' exits 0 apply
ok '… as it was' served
ok '… that one was never published' equal "$(grep -c 'it was published with one' "$work/err")" 0
ok '… nobody is in quarantine' exits 0 status

end_points
