#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# diff-change.sh LDAPCC - LDIF change records, tried on what was read: what they would do, and
# what a server would refuse, with line and column. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: diff-change.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
SITE=$(dirname "$(realpath "$0")")/../contrib/example/cluster.ldif
HOSTS=ou=hosts,dc=c,dc=example
node01=cn=node01,$HOSTS
node02=cn=node02,$HOSTS

# tries STATUS: `diff` with the changes of standard input; output in $work/out.txt and err.txt
tries() {
	local want=$1 status=0
	shift
	cat >"$work/change.ldif"
	"$LDAPCC" --ldif "$SITE" --root "$work/root" diff --change "$work/change.ldif" "$@" \
		>"$work/out.txt" 2>"$work/err.txt" || status=$?
	[ "$status" = "$want" ] || cat "$work/err.txt"
	[ "$status" = "$want" ]
}
# quits STATUS WORD...: the same without changes
quits() {
	local want=$1 status=0
	shift
	"$LDAPCC" --ldif "$SITE" --root "$work/root" "$@" >"$work/out.txt" 2>"$work/err.txt" ||
		status=$?
	equal "$status" "$want"
}
says() { grep -qF -- "$1" "$work/out.txt" || { cat "$work/out.txt"; return 1; }; }
warns() { grep -qF -- "$1" "$work/err.txt" || { cat "$work/err.txt"; return 1; }; }

# refused NAME PLACE: the changes of standard input are exit 10, and PLACE is what is said
refused() {
	ok "$1: exit 10" tries 10
	ok "$1: where and why" warns "change.ldif:$2"
	ok "$1: nothing is shown" test ! -s "$work/out.txt"
}

ok 'the site is published' quits 0 apply

ok 'no change: nothing' tries 0 </dev/null
ok 'one of several values is replaced' tries 2 <<-LDIF
	version: 1

	# as RFC 2849 has it: comments, folded lines, base64
	dn: cn=node01,ou=hosts,
	 dc=c,dc=example
	changetype: modify
	delete: ipHostNumber
	ipHostNumber: 10.10.0.101
	-
	add: ipHostNumber
	ipHostNumber:: MTAuMTAuMC4xNzc=
	-
	replace: description
	-
LDIF
ok 'the host is changed' says 'changed  host node01.c.example'
ok '… its line, too' says '+10.10.0.177 node01.c.example node01'
ok 'the case of a DN and of a MAC counts for nothing' tries 2 <<-LDIF
	dn: CN=Node01, OU=Hosts,dc=c,dc=example
	changetype: modify
	delete: macAddress
	macAddress: 00:00:5E:00:53:11
	-
	add: macAddress
	macAddress: 00:00:5e:00:53:aa
LDIF
ok 'it is the same host' says 'changed  host node01.c.example'

ok 'a host is added, in error: it changes nothing' tries 0 <<-LDIF
	dn: cn=extra,$HOSTS
	objectClass: device
	objectClass: ipHost
	cn: extra
	ipHostNumber: 10.10.0.102
LDIF
ok 'the finding' warns "cn=extra,$HOSTS: ipHostNumber: error: address 10.10.0.102 is already taken"
ok 'a host is renamed and moved, a VCN is deleted' tries 2 <<-LDIF
	dn: cn=util,$HOSTS
	changetype: modrdn
	newrdn: cn=other
	deleteoldrdn: 1
	newsuperior: ou=vcns,dc=c,dc=example

	dn: cn=vcn032,ou=vcns,dc=c,dc=example
	changetype: delete
LDIF
ok 'it has its new name' says 'added    host other.c.example'
ok 'and not the old one' says 'removed  host util.c.example'
ok 'the VCN is gone' says 'removed  vcn vcn032.c.example'
ok 'a host is deleted under its VCNs' tries 0 <<-LDIF
	dn: cn=node04,$HOSTS
	changetype: delete
LDIF
ok '… which is a finding' warns "vocPhysicalHost: error: 'cn=node04,$HOSTS' is not in the directory"
ok 'with deleteoldrdn: 0 the old name is an alias' tries 2 <<-LDIF
	dn: cn=util,$HOSTS
	changetype: moddn
	newrdn: cn=other
	deleteoldrdn: 0
LDIF
ok '… and is printed' says ' util.c.example'
refused 'a part of the directory that is not there' '1:5: error: ' <<-LDIF
	dn: cn=x,ou=nowhere,dc=c,dc=example
	changetype: add
	objectClass: device
	cn: x
LDIF
refused 'a move to it' "5:14: error: 'cn=a,ou=nowhere,dc=c,dc=example' is below no entry that is read" <<-LDIF
	dn: $node01
	changetype: modrdn
	newrdn: cn=a
	deleteoldrdn: 1
	newsuperior: ou=nowhere,dc=c,dc=example
LDIF
refused 'an entry without a class' '1:5: error: the entry has no objectClass any more' <<-LDIF
	dn: $node01
	changetype: modify
	delete: objectClass
LDIF
refused 'changes of an entry, without their type' "1:5: error: '$node01' is there already: a record without 'changetype:' adds it" <<-LDIF
	dn: $node01
	add: description
	description: x
LDIF
refused 'another version of LDIF' "1:10: error: LDIF version '2' is not known, only 1" <<-LDIF
	version: 2

	dn: $node01
	changetype: delete
LDIF
ok 'a container is renamed: all below it with it' tries 2 <<-LDIF
	dn: ou=networks,dc=c,dc=example
	changetype: modrdn
	newrdn: ou=nets
	deleteoldrdn: 1

	dn: cn=management,ou=nets,dc=c,dc=example
	changetype: modify
	replace: vocMTU
	vocMTU: 1400
LDIF
ok 'changes go on from there' says 'interface-mtu 1400'
ok 'guards are asked' tries 2 < <(for i in 01 02 03 04 05 06 07 08; do
	printf 'dn: cn=vcn0%s,ou=vcns,dc=c,dc=example\nchangetype: delete\n\n' $i
done)
ok '… and what they say is a warning' warns 'apply would be refused'
printf 'dn: %s\nchangetype: modify\nreplace: ipHostNumber\nipHostNumber: 10.10.0.177\n' "$node01" \
	>"$work/change.ldif"
"$LDAPCC" --ldif "$SITE" --root "$work/root" --json diff --change - dnsmasq-hosts \
	<"$work/change.ldif" >"$work/out.txt" 2>"$work/err.txt"
ok 'from standard input, as JSON, one target' says '"path":"/srv/ldapcc/dnsmasq/hosts"'
ok 'nothing was published' quits 0 diff

refused 'a value that is not there' "4:15: error: 'ipHostNumber' has no value '10.10.0.1': it has '10.10.0.101'" <<-LDIF
	dn: $node01
	changetype: modify
	delete: ipHostNumber
	ipHostNumber: 10.10.0.1
LDIF
refused 'an attribute that is not there' "3:9: error: 'vocBootURL' is not there" <<-LDIF
	dn: $node01
	changetype: modify
	delete: vocBootURL
LDIF
refused 'a value that is there' "4:13: error: 'macAddress' has the value '00:00:5E:00:53:11' already" <<-LDIF
	dn: $node01
	changetype: modify
	add: macAddress
	macAddress: 00:00:5E:00:53:11
LDIF
refused 'an entry that is not there' "1:5: error: there is no entry 'cn=node99,$HOSTS'" <<-LDIF
	dn: cn=node99,$HOSTS
	changetype: delete
LDIF
refused 'an entry that is there' "1:5: error: '$node01' is there already" <<-LDIF
	dn: $node01
	changetype: add
	objectClass: device
LDIF
refused 'an entry with others below it' "1:5: error: 'cn=" <<-LDIF
	dn: $HOSTS
	changetype: delete
LDIF
refused 'the name of an entry' "4:5: error: 'node01' is in the entry's name" <<-LDIF
	dn: $node01
	changetype: modify
	delete: cn
	cn: node01
LDIF
refused 'a rename to a name that is taken' "3:9: error: '$node01' is there already" <<-LDIF
	dn: $node02
	changetype: modrdn
	newrdn: cn=node01
	deleteoldrdn: 1
LDIF
refused 'a rename below itself' '5:14: error: an entry cannot be below itself' <<-LDIF
	dn: $HOSTS
	changetype: modrdn
	newrdn: ou=hosts
	deleteoldrdn: 1
	newsuperior: cn=node01,$HOSTS
LDIF
refused 'a rename without deleteoldrdn' "4:1: error: expected 'deleteoldrdn:', not 'newsuperior'" <<-LDIF
	dn: $node02
	changetype: modrdn
	newrdn: cn=node09
	newsuperior: ou=vcns,dc=c,dc=example
LDIF
refused 'values of another attribute' "5:1: error: expected 'description:' or '-', not 'l'" <<-LDIF
	dn: $node01
	changetype: modify
	replace: description
	description: a
	l: b
LDIF
refused 'an unknown change' "2:13: error: expected add, modify, delete or modrdn, not 'mod'" <<-LDIF
	dn: $node01
	changetype: mod
LDIF
refused 'an unknown part of one' "3:1: error: expected 'add:', 'delete:' or 'replace:', not 'increment'" <<-LDIF
	dn: $node01
	changetype: modify
	increment: vocCPUs
	vocCPUs: 1
LDIF
refused 'controls' '2:1: error: controls are not supported' <<-LDIF
	dn: $node01
	control: 1.2.840.113556.1.4.805 true
	changetype: delete
LDIF
refused 'bytes that are no base64' "4:15: error: 'description' is no base64" <<-LDIF
	dn: $node01
	changetype: modify
	add: description
	description:: *
LDIF
refused 'an entry without a class' '1:5: error: objectClass is missing' <<-LDIF
	dn: cn=extra,$HOSTS
	changetype: add
	cn: extra
LDIF
# Findings name the line that a person would mend: the change's, or the site's.
ok 'an address that is taken' tries 0 <<-LDIF
	dn: $node02
	changetype: modify
	replace: description
	description: another one
	-
	replace: ipHostNumber
	ipHostNumber: 10.10.0.101
LDIF
ok '… is found in the line of the change' \
	warns "change.ldif:7: $node02: ipHostNumber: error: address 10.10.0.101 is already taken"
ok '… and in that of the site' warns "$SITE:$(grep -n '^ipHostNumber: 10.10.0.101$' "$SITE" |
	cut -d: -f1): $node01: ipHostNumber: note: first used here"
ok 'an entry that is added' tries 0 <<-LDIF
	dn: cn=extra,$HOSTS
	changetype: add
	objectClass: device
	objectClass: ipHost
	cn: extra
	ipHostNumber: 10.10.0.300
LDIF
ok '… has the lines of its values' \
	warns "change.ldif:6: cn=extra,$HOSTS: ipHostNumber: error: '10.10.0.300'"
ok '… and of its DN' warns "change.ldif:1: cn=extra,$HOSTS: macAddress: warning: no MAC address"
ok 'a new name' tries 0 <<-LDIF
	dn: $node01
	changetype: modrdn
	newrdn: cn=node_1
	deleteoldrdn: 1
LDIF
ok '… is wrong in its line' warns "change.ldif:3: cn=node_1,$HOSTS: cn: error: 'node_1': only letters"
ok '… and what referred to the old one names the change' warns "change.ldif:1: note: this change takes it away"
ok 'a value that goes' tries 2 <<-LDIF
	dn: $node01
	changetype: modify
	delete: macAddress
LDIF
ok '… is missed in the change' \
	warns "change.ldif:1: $node01: macAddress: warning: no MAC address"

ok 'a misspelt attribute changes nothing' tries 0 <<-LDIF
	dn: $node01
	changetype: modify
	add: macAdress
	macAdress: 00:00:5e:00:53:99
LDIF
ok '… and is a warning' warns "change.ldif:3:6: warning: 'macAdress' is not read: nothing comes of it"
ok 'a file that is not there: exit 7' quits 7 diff --change "$work/none"

finish
