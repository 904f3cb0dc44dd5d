#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# neighbours.sh LDAPCC - a fault costs its own record: what of others is looked up by a name that
# somebody else wants, what is printed of the whole site and not of a record; an end of an
# installation that is no time of ours; and what `diff` and --json say of a run beside what `apply`
# does. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: neighbours.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/..")
export LDAPCC_DATADIR

# settings [LINE...] - targets that print names, addresses and groups
settings() {
	printf '%s\n' "state: $work/state" "$@" "targets:" \
		"  dnsmasq: {path: $work/out/dnsmasq.conf, check: none}" \
		"  dnsmasq-hosts: {path: $work/out/hosts, check: none}" \
		"  dhcpd: {path: $work/out/dhcpd.conf, check: none}" \
		"  clustershell: {path: $work/out/groups, check: none}" \
		"  pxelinux: {path: '$work/out/pxe/{{mac_dashed}}', check: none}" \
		"  kickstart: {path: '$work/out/ks/{{fqdn}}.ks', check: none}" \
		"  kickstart-repos: {path: '$work/out/repos/{{name}}.ks', check: none}" \
		"  manifest: off" >"$work/settings.yaml"
}

host() {
	entry "cn=$1" "objectClass: device" "objectClass: ipHost" "objectClass: ieee802Device" \
		"objectClass: vocPhysicalNode" "ipHostNumber: 10.1.0.$2" \
		"macAddress: 00:16:3e:00:00:$2" "${@:3}"
}
# site - whose name server, router, mail server and group members are called by their names
site() {
	entry cn=c "objectClass: vocCluster" "vocDomain: c.example" "vocNameServer: util" \
		"vocDNSRecord: MX 10 mail.c.example" "vocInstallServer: http://10.1.0.9/ks"
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/24" \
		"vocGateway: head" "vocNextServer: util"
	entry cn=lab "objectClass: vocIPNetwork" "ipNetworkNumber: 10.2.0.0/24" \
		"vocDomain: lab.example"
	entry cn=repo "objectClass: vocPackageRepository" "vocBaseURL: http://10.1.0.9/os"
	entry cn=el9 "objectClass: vocKickstartProfile" "vocRepository: cn=repo,dc=x" \
		"vocInstallURL: http://10.1.0.9/os" "vocKickstartVersion: RHEL9" \
		"vocKernel: el9/vmlinuz" "vocInitrd: el9/initrd.img"
	host head 11
	host util 12 "cn: mail"
	host amy 13
	host zoe 14
	host n1 15 "vocInstallProfile: cn=el9,dc=x" "vocInstall: TRUE"
	entry cn=group "objectClass: nisNetgroup" "nisNetgroupTriple: (n1,-,)" \
		"nisNetgroupTriple: (util,-,c.example)"
}
member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$work/said"; }

# --- what a last good version stands on ---

anew
is '/^dn: cn=el9,/,/^$/d' '/^cn: n1$/,/^$/s/^macAddress: .*/macAddress: 00:16:3e:00:00:1g/'
ok 'a host is in error, and its profile goes: exit 0' exits 0 apply
ok '… it stands as it was' stands
ok '… with the profile: exit 10' exits 10 status
ok '… of which its last good version is kept' says '^quarantined +cn=el9,dc=x: last good version'
anew
is '/^dn: cn=repo,/,/^$/d' '/^cn: el9$/,/^$/s/^vocKickstartVersion: .*/vocKickstartVersion: nonsense/'
ok 'a profile is in error, and its repository goes: exit 0' exits 0 apply
ok '… it stands as it was' stands
ok '… with the repository: exit 10' exits 10 status
ok '… of which its last good version is kept' says '^quarantined +cn=repo,dc=x: last good version'

# --- a name that somebody else wants ---

# One that sorts before its owner, and one that sorts behind: who comes first must not count.
for who in amy zoe; do
	for name in head util mail n1; do
		anew
		is "/^dn: cn=$who,/,/^\$/s/^cn: .*/&\nvocAlias: $name/"
		ok "$who wants the name '$name': exit 0" exits 0 apply
		ok '… it is told' complains "cn=$who,dc=x: vocAlias: error: .*'$name.c.example'.*\[alias-conflict\]"
		ok '… name servers, routers, records and groups stand' stands
		[ "$name" = mail ] && continue # of two aliases nobody knows which is right
		rm -rf "$work/state" "$work/out"
		ok '… and where nothing was published before: exit 0' exits 0 apply
		ok '… they are the same' stands
	done
done
anew 'severity: {alias-conflict: ignore}' 'guard: {max-affected: 100%}'
is '/^dn: cn=amy,/,/^$/s/^cn: .*/&\nvocAlias: util/'
ok 'where that is no fault: exit 0' exits 0 apply
ok '… both are the name server' holds "$work/out/dhcpd.conf" 'domain-name-servers 10.1.0.12, 10.1.0.13;'

# --- what somebody else has ---

# A DUID stays with who had it, whoever comes first by name, and whatever else changes there.
DUID='vocDUID: 00:04:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00'
for who in amy zoe; do
	anew
	is "/^dn: cn=n1,/,/^\$/s/^cn: .*/&\n$DUID/"
	run apply
	before=$(published)
	is "/^dn: cn=n1,/,/^\$/s/^cn: .*/&\n$DUID\ndescription: old/" \
		"/^dn: cn=$who,/,/^\$/s/^cn: .*/&\n$DUID/"
	ok "$who gets the DUID of n1: exit 0" exits 0 apply
	ok '… it is told' complains "cn=$who,dc=x: vocDUID: error: .*\[dup-duid\]"
	ok '… with the other side' complains 'cn=n1,dc=x: vocDUID: note: first used here'
	ok '… both stand' stands
done

# What is no MAC address takes none away.
anew
for value in 00:00:00:00:00:00 none -; do
	is "/^dn: cn=amy,/,/^\$/s/^macAddress: .*/macAddress: $value/"
	ok "'$value' in the place of a MAC address: exit 0" exits 0 apply --verbose
	ok '… is told' complains 'cn=amy,dc=x: macAddress: error: .*published is gone.*\[bad-mac\]'
	ok '… the reservation stands' stands
done
is "/^dn: cn=amy,/,/^\$/s/^ipHostNumber: .*/&\nipHostNumber: fd00::13/"
run apply
before=$(published)
for value in - none ..; do
	is "/^dn: cn=amy,/,/^\$/s/^ipHostNumber: .*/ipHostNumber: $value\nipHostNumber: fd00::13/"
	ok "'$value' in the place of one of two addresses: exit 0" exits 0 apply --verbose
	ok '… is told' complains 'cn=amy,dc=x: ipHostNumber: error: an address that was published is gone.*\[bad-ip\]'
	ok '… both stand' stands
done
is "/^dn: cn=amy,/,/^\$/s/^ipHostNumber: .*/ipHostNumber: -\nipHostNumber: fd00::13\nipHostNumber: 10.1.0.33/"
ok 'beside another that is new: exit 0' exits 0 apply
ok '… it is meant' holds "$work/out/hosts" '^10.1.0.33 amy'
is
run apply
is '/^dn: cn=amy,/,/^$/{/^macAddress: /d;/^objectClass: ieee802Device/d}'
ok 'without any it is meant: exit 0' exits 0 apply
ok '… and done' lacks "$work/out/dhcpd.conf" 'host amy'
is '/^dn: cn=amy,/,/^$/s/^macAddress: .*/macAddress: none/'
ok 'nor has it one to lose then: exit 0' exits 0 apply
ok '… which is a warning' complains 'cn=amy,dc=x: macAddress: warning: .*\[passed-over\]'
ok '… alone' lacks "$work/err" error

# --- what no record prints ---

# A domain that dnsmasq takes for a number.
anew
is 's/^vocDomain: lab.example/vocDomain: 20261127/'
ok 'a domain that is a number: exit 0' exits 0 apply
ok '… is told at its network' complains "cn=lab,dc=x: vocDomain: error: '20261127': .*\[unsafe-value\]"
ok '… all else stands' stands
ok '… and a network that never was good waits: exit 10' exits 10 --root "$work/fresh" apply
ok '… with what to do' complains 'cn=lab,dc=x: error: .*until it is mended'

# --- an end that is long ago ---

for end in 19700101000000Z 00010101000000Z 19700101010000+0100; do
	anew
	is "s/^vocInstall: TRUE/&\nvocInstallUntil: $end/"
	ok "an installation until $end: exit 0" exits 0 apply
	ok '… is over' holds "$work/out/pxe/00-16-3e-00-00-15" 'DEFAULT local'
	ok '… and stays so: exit 0' exits 0 diff
done

# --- what is said of a run ---

anew
is 's/^vocInstall: TRUE/vocInstall: FALSE/'
ok 'an installation turned off, and nothing else: exit 2' exits 2 --json apply --detailed-exitcode
ok '… is a change' equal "$(member changed)" True
ok '… with a summary' equal "$(member summary)" 'nodes ~1, 1 affected; files ~1'
ok 'then there is none: exit 0' exits 0 --json apply --detailed-exitcode
ok '… of which is said so' equal "$(member changed)" False
anew
is 's/^vocInstall: TRUE/vocInstall: TRU/'
ok 'where the host stands as it was: diff, exit 2' exits 2 --json diff
ok '… has it in its summary' equal "$(member summary)" 'turn off the installation of 1 host'
ok '… and apply does it: exit 2' exits 2 --json apply --detailed-exitcode
ok '… which is a change' equal "$(member changed)" True
ok 'then there is none: exit 0' exits 0 --json apply --detailed-exitcode
ok '… of which is said so' equal "$(member changed)" False

# Cron is told of a fault once; who reads JSON, at every run.
anew
is 's/^macAddress: 00:16:3e:00:00:13/&:99/'
run apply
run apply
ok 'a fault that lasts: nothing is said' silent
for i in 1 2; do
	ok "… but as JSON, run $i: exit 0" exits 0 --json apply
	ok '… it is there' says '"id":"bad-mac"'
done

anew
run rollback 1
ok 'diff beside a pin: exit 0' exits 0 diff
ok '… says that apply would be refused' complains 'would be refused: generation 1 is pinned.*\[refused\]'
ok 'another generation is no word for --unpin: exit 64' exits 64 rollback --unpin 1
ok '… which is told' complains 'takes no generation'
ok '… and the pin is there: exit 3' exits 3 apply
run rollback --unpin
anew 'on-drift: refuse'
echo '# mine' >>"$work/out/hosts"
ok 'diff of a file that was edited: exit 2' exits 2 diff
ok '… says that apply would be refused' complains 'out/hosts: warning: .*would be refused: .*edited.*\[refused\]'
ok '… apply: exit 9' exits 9 apply
ok '… says what there is to do' complains 'on-drift: overwrite'
rm -rf "$work/state"
ok 'diff of a state that is lost: exit 2' exits 2 diff
ok '… says that apply would be refused' complains 'would be refused: .*does not know (it|them)'
ok '… and which command does it' complains 'apply --bootstrap'

# renamed SUFFIX IMAGE - a host, a VCN that knows it by its old name, and an image
renamed() {
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/24" "vocBridge: br0"
	host "h$1" 11 "entryUUID: 11111111-1111-1111-1111-111111111111" "vocMemory: 4096"
	entry cn=v1 "objectClass: device" "objectClass: ipHost" "objectClass: vocVirtualNode" \
		"entryUUID: 22222222-2222-2222-2222-222222222222" "ipHostNumber: 10.1.0.20" \
		"vocPhysicalHost: cn=h1,dc=x" "vocImage: cn=i1,dc=x" "vocMemory: 512" "vocCPUs: 1"
	entry "cn=$2" "objectClass: vocDiskImage" "vocImagePath: /images/$2.qcow2"
}
rm -rf "$work/state" "$work/out"
settings 'guard: {max-removed: 100%, max-affected: 100%, max-lost: 100%}'
renamed 1 i1 >"$work/site.ldif"
run apply
renamed 2 i2 >"$work/site.ldif"
ok 'a host is renamed, and an image goes, that a VCN stands on: exit 0' exits 0 apply
ok '… it stays, with its host as that was' holds "$work/out/hosts" '10.1.0.11 h1$'
ok '… the next run: exit 0' exits 0 apply --full
ok '… has nothing to do' test ! -s "$work/said"
ok '… and changes nothing' holds "$work/out/hosts" '10.1.0.11 h1$'

# --- what was published without what it refers to ---

# referring - hosts, VCNs and a profile that refer to what lost prints
referring() {
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/24" "vocBridge: br0"
	entry cn=good "objectClass: vocPackageRepository" "vocBaseURL: http://10.1.0.9/os"
	entry cn=el9 "objectClass: vocKickstartProfile" "vocRepository: cn=good,dc=x" \
		"vocInstallURL: http://10.1.0.9/os" "vocKickstartVersion: RHEL9" "$@"
	entry cn=img "objectClass: vocDiskImage" "vocImagePath: /images/i.qcow2"
	host n1 11 "vocInstallProfile: cn=el9,dc=x"
	host n2 12 "vocInstallProfile: cn=prof,dc=x"
	vcn v1 21 old img
	vcn v2 22 n1 image
}
# vcn NAME OCTET HOST IMAGE
vcn() {
	entry "cn=$1" "objectClass: device" "objectClass: ipHost" "objectClass: vocVirtualNode" \
		"ipHostNumber: 10.1.0.$2" "vocPhysicalHost: cn=$3,dc=x" "vocImage: cn=$4,dc=x" \
		"vocMemory: 512"
}
# lost - each has a fault, and can be excluded
lost() {
	entry cn=prof "objectClass: vocKickstartProfile" "description: lost"
	entry cn=old "objectClass: device" "objectClass: vocPhysicalNode" "description: lost"
	entry cn=image "objectClass: vocDiskImage" "description: lost" "vocImagePath: i.qcow2"
	entry cn=repo "objectClass: vocPackageRepository" "description: lost"
}
for exclude in '' 'directory: {exclude: ["(description=lost)"]}'; do
	more=${exclude:+vocRepository: cn=repo,dc=x}
	rm -rf "$work/state" "$work/out"
	settings "${exclude:-keep: 10}" 'guard: {max-removed: 100%, max-affected: 100%, max-lost: 100%}'
	{ referring ${more:+"$more"} && lost; } >"$work/site.ldif"
	ok "what is ${exclude:+excluded, and }in error is referred to: exit 0" exits 0 apply
	before=$(published)
	ok '… names and addresses are served' holds "$work/out/hosts" '^10.1.0.21 v1$'
	referring ${more:+"$more"} >"$work/site.ldif"
	ok '… it goes: exit 0' exits 0 apply
	ok '… it is told' complains 'cn=n2,dc=x: vocInstallProfile: error: .* is not in the directory'
	ok '… who was published without it stays as it was' stands
	ok '… the next run: exit 0' exits 0 apply --full
	ok '… changes nothing' stands
	{ referring ${more:+"$more"} && vcn v3 23 old img; } >"$work/site.ldif"
	ok '… a new VCN on a host that is gone: exit 0' exits 0 apply
	ok '… waits' lacks "$work/out/hosts" v3
done

# --- settings by which what is published is in error ---

# given LINE... - other settings, of the site that is published
given() {
	settings "$@" 'guard: {max-removed: 100%, max-affected: 100%, max-lost: 100%}'
}
no_mac='/^dn: cn=amy,/,/^$/{/^macAddress: /d;/^objectClass: ieee802/d}'
anew
is "$no_mac"
run apply
before=$(published)
given 'severity: {no-mac: error}'
ok 'a warning is made an error: exit 0' exits 0 apply
ok '… which is told' complains 'cn=amy,dc=x: macAddress: error: .*\[no-mac\]'
ok '… who was published with it stays' stands
ok '… in quarantine: exit 10' exits 10 status
ok '… with the last good version' says 'cn=amy,dc=x: last good version'
is "$no_mac" '/^dn: cn=zoe,/,/^$/s/^ipHostNumber: .*/ipHostNumber: 10.1.0.99/'
ok '… others change: exit 0' exits 0 apply
ok '… and it stays' holds "$work/out/hosts" '^10.1.0.13 amy'
rm -rf "$work/state" "$work/out"
ok '… where nothing was published: exit 0' exits 0 apply
ok '… it is left out' lacks "$work/out/hosts" amy

twice='/^dn: cn=amy,/,/^$/s/^ipHostNumber: .*/ipHostNumber: 10.1.0.14/' # zoe's
anew 'severity: {dup-ip: warning}'
is "$twice"
run apply
before=$(published)
given 'keep: 10'
ok 'an error is one again, for two that are published: exit 3' exits 3 apply
ok '… which is told' complains "^error: guard 'quarantine': 2 records that were published would be left out"
ok '… with both' complains "cn=zoe,dc=x: note: host 'zoe.c.example' is gone"
ok '… everything stands' stands
plan=$(plan_id)
ok '… diff says it: exit 2' exits 2 diff
ok '… as a warning' complains "would be refused: guard 'quarantine': 2 records"
ok '… somebody accepts it: exit 0' exits 0 apply --accept "$plan"
ok '… both are gone' lacks "$work/out/hosts" '10.1.0.14'
ok '… which is not asked again: exit 0' exits 0 apply --full

mkdir "$work/templates"
printf -- '---\npath: x\nlanguage: text\nrefuse: "y"\n---\n{{#hosts}}{{name}}\n{{/hosts}}' \
	>"$work/templates/of-ours"
anew
given "templates: $work/templates"
echo "  of-ours: {path: $work/out/ours}" >>"$work/settings.yaml"
ok 'a new target that cannot print who is published: exit 3' exits 3 apply
ok '… which is told' complains "^error: guard 'quarantine': 1 record that was published would be left out"
ok '… and why' complains "cn=amy,dc=x: .*error: .*\[unsafe-value\]"
ok '… everything stands' stands

end_points
