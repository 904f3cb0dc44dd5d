#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What changed since the last run is enough (RFC 4533): whatever happens to entries and to the
# containers above them, what is published is what a full read gives. With a session log, slapd
# tells what was deleted; without one, or after a restart, what is still there.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 151
readonly LDAPCC
export LDAPCC_DATADIR=$SOURCE_ROOT

# Twenty hosts in two containers below the base, with an interface below one of them; and what
# is outside of the base.
host() { # DN ADDRESS
	local name=${1#cn=}
	name=${name%%,*}
	printf 'dn: %s\nobjectClass: device\nobjectClass: ipHost\nobjectClass: ieee802Device\n' "$1"
	printf 'cn: %s\nipHostNumber: 10.0.%d.%d\nmacAddress: 00:00:5e:00:%02x:%02x\n\n' \
		"$name" $(($2 / 250)) $(($2 % 250 + 1)) $(($2 / 256)) $(($2 % 256))
}
unit() { printf 'dn: %s\nobjectClass: organizationalUnit\nou: %s\n\n' "$1" "$(sed 's/^ou=//; s/,.*//' <<<"$1")"; }
in=ou=in,$SUFFIX out=ou=out,$SUFFIX
{
	printf 'dn: %s\nobjectClass: dcObject\nobjectClass: organization\ndc: c\no: c\n\n' "$SUFFIX"
	for dn in "$in" "$out" "ou=a,$in" "ou=b,$in" "ou=deep,ou=b,$in" "ou=far,$out"; do
		unit "$dn"
	done
	for i in {1..10}; do
		host "cn=a$i,ou=a,$in" "$i"
		host "cn=b$i,ou=deep,ou=b,$in" $((20 + i))
	done
	host "cn=f1,ou=far,$out" 41
	host "cn=f2,ou=far,$out" 42
	cat <<-LDIF
		dn: cn=m1,ou=a,$in
		objectClass: device
		objectClass: vocPhysicalNode
		cn: m1

		dn: cn=eth0,cn=m1,ou=a,$in
		objectClass: vocNodeInterface
		cn: eth0
		ipHostNumber: 10.0.0.99
		macAddress: 00:00:5e:00:ff:01

		dn: cn=net,$in
		objectClass: vocIPNetwork
		cn: net
		ipNetworkNumber: 10.0.0.0/16
		vocDomain: c.example

	LDIF
} >"$scratch/site.ldif"

# settings URI… [MORE]
settings() {
	cat >"$scratch/site.yaml" <<-YAML
		directory: {uri: [$1], base: "$in", bind: anonymous${2:+, $2}}
		state: $scratch/state
		targets:
		  dnsmasq-hosts: {path: "$scratch/hosts", check: none, on-change: none}
		  dhcpd: {path: "$scratch/dhcpd.conf", main: "$scratch/main.conf", check: none, on-change: none}
		  dnsmasq: off
		  kickstart: off
		  kickstart-repos: off
		  manifest: off
		guard: {max-affected: 100%, max-lost: 100%, max-removed: 100%, max-removed-24h: 100%}
	YAML
}

# apply WANT [OPTION…]
apply() {
	local want=$1 status=0
	shift
	"$LDAPCC" --config "$scratch/site.yaml" apply --verbose "$@" >"$scratch/out" \
		2>"$scratch/err" || status=$?
	[ "$status" = "$want" ] || {
		echo "# apply exits $status, not $want"
		return 1
	}
}
# Is what is published what a program without a past reads and prints?
is_fresh() {
	"$LDAPCC" --config "$scratch/site.yaml" render dnsmasq-hosts dhcpd 2>/dev/null |
		sed '/^==> .* <==$/d; /^$/d' >"$scratch/fresh" &&
		sed '/^$/d' "$scratch/dhcpd.conf" "$scratch/hosts" | diff "$scratch/fresh" - >"$scratch/difference"
}
# increment N NAME: N entries are read, and all is as it should be
increment() {
	local failed=0
	{ apply 0 && grep -q ": $1 of [0-9]* entries were read" "$scratch/err" && is_fresh; } || failed=1
	report $failed "$2" "$scratch/err" "$scratch/difference"
}
# everything WHY NAME
everything() {
	local failed=0
	{ apply 0 && grep -q "everything was read: .*$1" "$scratch/err" && is_fresh; } || failed=1
	report $failed "$2" "$scratch/err" "$scratch/difference"
}
# proof NAME: all is read, and nothing differs
proof() {
	local failed=0
	{ apply 0 --full && ! grep -q 'differ between' "$scratch/err" && is_fresh; } || failed=1
	report $failed "$1" "$scratch/err" "$scratch/difference"
}
rename() { # DN NEWRDN [SUPERIOR]
	printf 'dn: %s\nchangetype: modrdn\nnewrdn: %s\ndeleteoldrdn: 1\n' "$1" "$2"
	[ $# = 2 ] || printf 'newsuperior: %s\n' "$3"
	echo
}
start() { # [SYNCPROV-LINE]
	rm -rf "$scratch/main" "$scratch/state" "$scratch/hosts" "$scratch/dhcpd.conf"
	SLAPD_WITHOUT=syncprov-sessionlog SLAPD_DATABASE="dbnosync" SLAPD_GLOBAL="$with_config" \
		slapd_new main
	printf '%s\n' "${1:-}" >>"$scratch/main/slapd.conf"
	slapd_load main "$scratch/site.ldif"
	slapd_start main
}
with_config="database config
rootdn gidNumber=$(id -g)+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth
"
: >"$scratch/main.conf"

# What can happen to entries and to what is above them; @1 says with what.
walk() {
	local with=$1
	ok "$with: all is read at first" apply 0
	ok "$with: as it is" is_fresh

	change <<-LDIF
		dn: cn=a1,ou=a,$in
		changetype: modify
		replace: ipHostNumber
		ipHostNumber: 10.0.0.201
	LDIF
	increment 1 "$with: a change"
	change <<-LDIF
		dn: $out
		changetype: modify
		replace: description
		description: outside of the base
	LDIF
	increment 0 "$with: a change outside of the base"
	change <<-LDIF
		dn: ou=a,$in
		changetype: modify
		replace: description
		description: no entry of ours
	LDIF
	increment 0 "$with: a change of a container"
	host "cn=new,ou=b,$in" 51 | sed '1s/$/\nchangetype: add/' | change
	increment 1 "$with: one that comes"
	change <<<"dn: cn=a2,ou=a,$in
changetype: delete"
	increment 0 "$with: one that goes"
	proof "$with: … and nothing else differs"

	change <<-LDIF
		dn: cn=a3,ou=a,$in
		changetype: modify
		delete: objectClass
		objectClass: ipHost
		-
		delete: objectClass
		objectClass: ieee802Device
		-
		delete: ipHostNumber
		-
		delete: macAddress
	LDIF
	increment 0 "$with: one that is none of ours any more"
	rename "cn=m1,ou=a,$in" cn=m2 | change
	increment 2 "$with: a host is renamed, with its interface"
	rename "cn=m2,ou=a,$in" cn=m2 "ou=b,$in" | change
	increment 2 "$with: … and moved"
	{ rename "cn=b1,ou=deep,ou=b,$in" cn=swap && rename "cn=b2,ou=deep,ou=b,$in" cn=b1 &&
		rename "cn=swap,ou=deep,ou=b,$in" cn=b2; } | change
	increment 2 "$with: two exchange their names"
	proof "$with: … and nothing else differs"

	rename "ou=b,$in" ou=c | change
	increment 13 "$with: a container of containers is renamed"
	rename "ou=far,$out" ou=far "$in" | change
	increment 2 "$with: one is moved into the base, with what is in it"
	rename "ou=far,$in" ou=far "$out" | change
	increment 0 "$with: … and out of it"
	rename "ou=far,$out" ou=far "ou=a,$in" | change
	increment 2 "$with: … and into another container"
	{ rename "ou=far,ou=a,$in" ou=far "$out" && unit "ou=far,ou=a,$in" | sed '1s/$/\nchangetype: add/' &&
		host "cn=f3,ou=far,ou=a,$in" 61 | sed '1s/$/\nchangetype: add/'; } | change
	increment 1 "$with: one goes, and another has its name"
	{ rename "ou=deep,ou=c,$in" ou=deep "ou=a,$in" && rename "ou=a,$in" ou=z; } | change
	increment 19 "$with: a container is moved into one that is renamed"
	proof "$with: … and nothing else differs"
}

settings "\"$(slapd_uri main)\""
start 'syncprov-sessionlog 1000'
walk 'session log'

# who may see what: no server tells
access() {
	slapd_modify main <<-LDIF
		dn: olcDatabase={1}mdb,cn=config
		changetype: modify
		replace: olcAccess
		olcAccess: {0}$1 by * read
	LDIF
}
hide() { # [ATTRIBUTE]
	access "to dn.base=\"cn=a5,ou=z,$in\"${1:+ attrs=$1} by * none
olcAccess: {1}to *"
}
differs() { grep -q 'cn=a5.*warning: 1 entry differ between' "$scratch/err"; }
hide
rename "cn=a4,ou=z,$in" cn=a4 "$in" | change
ok 'an access rule that hides an entry is not seen with a change' apply 0
ok '… the entry stays' grep -q ' a5' "$scratch/hosts"
ok '… but when everything is read' apply 0 --full
ok '… with a warning' differs
ok '… and is gone' is_fresh
access 'to *'
ok 'it is shown again' apply 0 --full
ok '… with a warning' differs
proof 'now both are the same'

slapd_stop main
start
walk 'present phase'
hide
rename "cn=a4,ou=z,$in" cn=a4 "$in" | change
increment 1 'who names what is there does not name what is hidden: it is gone at once'
access 'to *'
ok 'it is shown again' apply 0 --full
slapd_stop main
slapd_start main
rename "cn=a4,$in" cn=a4 "ou=z,$in" | change
increment 1 'slapd was restarted'

# What may be searched and not read is named by the server, and nothing of it.
access "to dn.base=\"cn=a5,ou=z,$in\" attrs=entry by * read
olcAccess: {1}to dn.base=\"cn=a5,ou=z,$in\" by * search
olcAccess: {2}to *"
ok 'an entry that is named and not shown' apply 0 --full
ok '… is told' grep -q 'cn=a5.*error: was published, and shows no class' "$scratch/err"
ok '… and stays' grep -q ' a5' "$scratch/hosts"
access 'to *'
ok 'it is shown again' apply 0 --full
ok '… and nothing is wrong' is_fresh

# full-interval
is_all() { ! grep -q 'entries were read, as' "$scratch/err"; }
settings "\"$(slapd_uri main)\"" 'full-interval: 0'
ok 'without a full-interval' apply 0
rename "cn=a6,ou=z,$in" cn=a6 "$in" | change
ok '… everything is read at every run' apply 0
ok '… and not what changed' is_all
settings "\"$(slapd_uri main)\"" 'full-interval: 1'
ok 'new settings' apply 0
ok '… all is read' is_all
is_later() { [ "$(date +%s)" -gt $((began + $1)) ]; }
began=$(date +%s)
wait_for is_later 1
rename "cn=a4,ou=z,$in" cn=a4 "$in" | change
hide macAddress
ok 'full-interval is over: both are read' apply 0
ok '… a value that is hidden is told' grep -q 'cn=a5.*macAddress: error: is not shown any more' "$scratch/err"
ok '… and stays' grep -q '00:00:5e:00:00:05' "$scratch/dhcpd.conf"
access 'to *'
settings "\"$(slapd_uri main)\"" 'full-interval: 6'
ok 'a longer one' apply 0
began=$(date +%s)
sleep 3
rename "cn=a4,$in" cn=a4 "ou=z,$in" | change
ok '… within which only what changed is read' apply 0
wait_for is_later 6
rename "cn=a4,ou=z,$in" cn=a4 "$in" | change
ok '… which puts off nothing' apply 0
ok '… everything is read when it is over' is_all
settings "\"$(slapd_uri main)\""
ok 'the usual settings again' apply 0
echo '# by hand' >>"$scratch/hosts"
ok 'where nothing changed but a file' apply 0
ok '… it is as it was' is_fresh

# what is excluded and does not come again is known as that, and is no dangling reference
settings "\"$(slapd_uri main)\"" 'exclude: ["(cn=gone)"]'
host "cn=gone,$in" 901 | sed '1s/$/\nchangetype: add/' | change
host "cn=guest,$in" 902 | sed "1s/\$/\nchangetype: add/; s/^cn:/objectClass: vocVirtualNode\nvocPhysicalHost: cn=gone,$in\n&/" | change
no_dangling() { ! grep -q 'dangling-ref' "$scratch/err" && grep -q guest "$scratch/hosts"; }
ok 'a host is excluded' apply 0
ok '… its guest stays' no_dangling
rename "cn=guest,$in" cn=guest1 | change
increment 1 '… and its guest is renamed'
ok '… which stays as well' no_dangling
change <<<"dn: cn=guest1,$in
changetype: modify
delete: vocPhysicalHost"
settings "\"$(slapd_uri main)\""
ok 'the usual settings once more' apply 0

# a canary that goes, and a part of the tree that another server has now, are in what changed as well
host "cn=canary,$in" 907 | sed '1s/$/\nchangetype: add/' | change
settings "\"$(slapd_uri main)\"" "canaries: [\"cn=canary,$in\"]"
ok 'a canary is there' apply 0
host "cn=other,$in" 908 | sed '1s/$/\nchangetype: add/' | change
increment 1 '… also when another entry comes'
printf 'dn: %s\nchangetype: delete\n\n' "cn=canary,$in" | change
ok '… it goes: nothing is published' apply 4
ok '… and that is told' grep -q "canary 'cn=canary,$in' did not come" "$scratch/err"
settings "\"$(slapd_uri main)\""
printf 'dn: %s\nchangetype: delete\n\n' "cn=other,$in" | change
ok 'without one' apply 0
change <<<"dn: ou=elsewhere,$in
changetype: add
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://other.example/ou=elsewhere,$in"
ok 'a part of the tree is on another server: nothing is published' apply 4
ok '… and that is told' grep -q "continuation reference 'ldap://other.example" "$scratch/err"
ldapdelete -M -Q -Y EXTERNAL -H "$(slapd_uri main)" "ou=elsewhere,$in"
ok 'it is back' apply 0

# what a map says is not there, with all that stands below it: the entry above changes, and no other
is_there() { grep -q "$1" "$scratch/hosts"; }
is_away() { ! is_there "$1"; }
{
	cat "$SOURCE_ROOT/schema/maps/ldapcc.yaml"
	echo 'without: [{class: organizationalUnit, filter: (l=off), why: the unit is off}]'
} >"$scratch/off.yaml"
unit_is() { # off, or nothing
	change <<<"dn: ou=old,$in
changetype: modify
replace: l${1:+
l: $1}"
}
{
	unit "ou=old,$in"
	unit "ou=deep,ou=old,$in"
	host "cn=o1,ou=deep,ou=old,$in" 905
	host "cn=o2,$in" 906
} | sed 's/^dn: .*/&\nchangetype: add/' | change
settings "\"$(slapd_uri main)\"" "schema: \"$scratch/off.yaml\""
ok 'a map that can leave units out' apply 0
ok '… has what stands below them' is_there o1
unit_is off
increment 1 '… and one of them is off'
ok '… with what is deep below it' is_away o1
ok '… is told' grep -q "ou=old,.*: l: warning: the unit is off: it is left out, and what stands below it" "$scratch/err"
rename "cn=o2,$in" cn=o2 "ou=old,$in" | change
increment 1 '… an entry comes into it'
ok '… and is gone' is_away o2
unit_is ''
# what no class of the map is about is read no more
increment 0 '… it is on again'
ok '… with all of them' eval 'is_there o1 && is_there o2'
settings "\"$(slapd_uri main)\""
printf 'dn: %s\nchangetype: delete\n\n' "cn=o1,ou=deep,ou=old,$in" "cn=o2,ou=old,$in" \
	"ou=deep,ou=old,$in" "ou=old,$in" | change
ok 'the usual settings after that' apply 0

# what only the server's schema calls a DN is one in a filter, too: written another way, it is the same
author() { # DN WHO
	host "$1" 903 | sed "1s/\$/\nchangetype: add/; s/^cn:/objectClass: extensibleObject\ndocumentAuthor: $2\n&/" |
		change
}
author "cn=written,$in" 'cn=Some  One,dc=b'
settings "\"$(slapd_uri main)\"" "exclude: ['(documentAuthor=CN = some \\6fne , DC=b)']"
ok "a DN by the server's schema is excluded" apply 0
ok '… whatever its spaces and case' is_away written
rename "cn=written,$in" cn=written1 | change
increment 0 '… also where only what changed is read'
ok '… and away' is_away written
settings "\"$(slapd_uri main)\"" "exclude: ['(documentAuthor=CN = some two , DC=b)']"
ok 'another DN excludes nothing' apply 0
ok '… and it is there' is_there written1
printf 'dn: cn=written1,%s\nchangetype: delete\n' "$in" | change
settings "\"$(slapd_uri main)\""
ok 'the usual settings for the rest' apply 0

# what lost a conflict counts for nothing, and is told as long as it waits
guid=7b6a5e3c-1111-2222-3333-444455556666
lost="cn=lost\\0ACNF:$guid,$in"
is_told() { grep -q "CNF:$guid.*: warning: lost when two servers made one entry at once" "$scratch/err"; }
host "cn=lost,$in" 907 | sed "1s/.*/dn: ${lost//\\/\\\\}\nchangetype: add/
	s/^cn: .*/cn:: $(printf 'lost\nCNF:%s' $guid | base64 -w0)/" | change
increment 0 'an entry is in conflict'
ok '… and away' is_away lost
ok '… is told' is_told
change <<<"dn: cn=net,$in
changetype: modify
replace: description
description: another entry changed"
increment 1 'another changed'
ok '… it is told again' is_told
proof '… as by a full read'
rename "$lost" cn=lost1 | change
increment 1 'the conflict is settled'
ok '… and the entry there' is_there lost1
printf 'dn: cn=lost1,%s\nchangetype: delete\n' "$in" | change
increment 0 '… and gone'

# more than a tenth, and more than 64
for i in {1..70}; do
	host "cn=many$i,ou=z,$in" $((100 + i)) | sed '1s/$/\nchangetype: add/'
done | change
everything '7. entries changed' 'so many changes are a full read'

# the database is another one: its state is newer, its entries are others
slapd_stop main
start
rm -rf "$scratch/state" "$scratch/hosts" "$scratch/dhcpd.conf"
ok 'a new beginning' apply 0
slapd_stop main
rm -f "$scratch/main/db/"*
sed "/^dn: cn=a1,/,/^$/d; s/^ipHostNumber: 10.0.0.3$/ipHostNumber: 10.0.0.203/" \
	"$scratch/site.ldif" >"$scratch/other.ldif"
slapd_load main "$scratch/other.ldif"
slapd_start main
ok 'a database with the same names and other entries' apply 0
ok '… is read as it is' is_fresh

# a backup is loaded, and changed since: what it says is newer, what we have is not in it
slapcat -f "$scratch/main/slapadd.conf" >"$scratch/backup.ldif" 2>/dev/null
change <<<"dn: cn=a6,ou=a,$in
changetype: delete"
host "cn=lost,ou=b,$in" 71 | sed '1s/$/\nchangetype: add/' | change
increment 1 'what the backup has not'
slapd_stop main
rm -f "$scratch/main/db/"*
slapd_load main "$scratch/backup.ldif"
slapd_start main
change <<-LDIF
	dn: cn=a7,ou=a,$in
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.0.0.207
LDIF
apply 0 || true
ok 'after it was loaded, --full tells a difference or there is none' apply 0 --full
ok '… and what is there is published' is_fresh

# a cut connection: whatever came, nothing is published, and the next run has it all; where there
# is another server, that one is read
echo 'pass 0' >"$scratch/mode"
proxy cut "$scratch/main/ldapi" file "$scratch/mode"
# a deletion, which a connection tells that is cut at many places: cuts WANT [URI]
cuts() {
	local want=$1 n passed status
	rm -rf "$scratch/state" "$scratch/hosts" "$scratch/dhcpd.conf"
	settings "\"ldap://127.0.0.1:$(proxy_port cut)\"${2:+, \"$2\"}"
	ok "through the proxy${2:+, with another server}" apply 0
	change <<<"dn: cn=b$((3 + want)),ou=deep,ou=b,$in
changetype: delete"
	cp "$scratch/hosts" "$scratch/hosts.before"
	rm -rf "$scratch/state.before"
	cp -r "$scratch/state" "$scratch/state.before"
	increment 0 'a deletion'
	passed=$(cat "$scratch/mode.passed")
	cp "$scratch/hosts" "$scratch/hosts.after"
	n_cuts=0 n_wrong=0
	for ((n = passed - 1; n > passed - 3000 && n_cuts < 24; n -= n_cuts < 12 ? 30 : 200)); do
		rm -rf "$scratch/state"
		cp -r "$scratch/state.before" "$scratch/state"
		cp "$scratch/hosts.before" "$scratch/hosts"
		echo "cut $n" >"$scratch/mode"
		n_cuts=$((n_cuts + 1)) status=0
		apply "$want" >/dev/null || status=1
		cmp -s "$scratch/hosts" "$scratch/hosts.$([ "$want" = 0 ] && echo after || echo before)" ||
			status=1
		# where only the last words are missing all has come
		if [ $status != 0 ] && cmp -s "$scratch/hosts" "$scratch/hosts.after" &&
			apply 0 >/dev/null; then
			status=0
		fi
		[ $status = 0 ] || n_wrong=$((n_wrong + 1))
	done
	echo 'pass 0' >"$scratch/mode"
	[ $n_cuts -ge 12 ] || n_wrong=1
	report $((n_wrong != 0)) "$3"
	ok 'then all is published' apply 0
	ok '… as it is' is_fresh
}
cuts 4 '' 'what is cut publishes nothing'
cuts 0 "$(slapd_uri main)" 'what is cut is read from the other server'

# a change writes what it says: the rest is a second name of what an earlier generation wrote
state=$scratch/state/current
rename "cn=b5,ou=deep,ou=b,$in" cn=b5x | change
increment 1 'another change'
begins_with_delta() { [ "$(head -c 15 "$state/entries")" = 'ldapcc delta 2' ]; }
shares_base() { [ "$(stat -c %h "$state/entries.base")" -gt 1 ]; }
ok '… of which only itself is written' begins_with_delta
ok '… and the rest is there already' shares_base
# a copy has no second names
cp -r "$scratch/state" "$scratch/copy" && rm -r "$scratch/state" && mv "$scratch/copy" "$scratch/state"
rename "cn=b5x,ou=deep,ou=b,$in" cn=b5 | change
increment 1 'a state that was copied'
# damaged in any way, both are dropped: all is read, published and stored again
damages="$(python3 "$(dirname "$0")/../damage.py" list)"
damage() { python3 "$(dirname "$0")/../damage.py" "$1" "$(realpath "$state")/$2"; }
flip() { # b5 has one address or the other
	change <<<"dn: cn=b5,ou=deep,ou=b,$in
changetype: modify
replace: macAddress
macAddress: 00:00:5e:00:fe:$1"
}
# read_anew FILE WHY: all is, with a warning that says which file it is and why
read_anew() {
	if apply 0 && is_fresh && ! grep -q 'entries were read' "$scratch/err" &&
		grep -q "generations/[0-9]*/entries: warning: .*cannot be used: $2.*; everything is read anew" \
			"$scratch/err"; then
		return 0
	fi
	echo "# $1: $2"
	return 1
}
# incremental: a change is told by what changed, and stored so
incremental() { apply 0 && grep -q ": 1 of [0-9]* entries were read" "$scratch/err" && is_fresh; }
for file in entries entries.base; do
	n_wrong=0 why=
	[ $file = entries ] || why='its base (entries.base) is '
	for how in $damages; do
		{ flip 07 && apply 0 && flip 08 && incremental && begins_with_delta; } ||
			n_wrong=$((n_wrong + 1))
		damage "$how" $file
		flip 09
		{ read_anew $file "$why" && flip 07 && incremental; } || n_wrong=$((n_wrong + 1))
	done
	report $((n_wrong != 0)) "$file that is damaged in any way is dropped, and all is read"
	n_wrong=0
	for how in $damages; do
		{ flip 07 && apply 0 && flip 08 && incremental && begins_with_delta; } ||
			n_wrong=$((n_wrong + 1))
		damage "$how" $file
		{ apply 0 --full && is_fresh && grep -q 'cannot be used' "$scratch/err" && flip 09 &&
			incremental; } || n_wrong=$((n_wrong + 1))
	done
	report $((n_wrong != 0)) '… where everything is read anyway'
	# killed at any moment while it is stored again
	n_wrong=0
	for i in {1..9}; do
		{ flip 07 && apply 0 && flip 08 && incremental; } || n_wrong=$((n_wrong + 1))
		damage cut-half $file
		flip 09
		"$LDAPCC" --config "$scratch/site.yaml" apply >"$scratch/out" 2>"$scratch/err" &
		sleep "0.0$i"
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		flip 07
		{ apply 0 && is_fresh && flip 08 && incremental; } || n_wrong=$((n_wrong + 1))
	done
	report $((n_wrong != 0)) '… or the run is killed'
	# a record that was published is in error
	flip 07 && apply 0 && flip 08 && incremental
	damage flip-middle $file
	change <<<"dn: cn=b5,ou=deep,ou=b,$in
changetype: modify
replace: ipHostNumber
ipHostNumber: 10.0.0"
	cp "$scratch/hosts" "$scratch/hosts.before"
	ok '… where a record that was published is in error: nothing is published' apply 7
	ok '… it is named' grep -q "^cn=b5,ou=deep,ou=b,$in: error: this host is in error, and its last good" "$scratch/err"
	ok '… and all is as it was' cmp -s "$scratch/hosts" "$scratch/hosts.before"
	change <<<"dn: cn=b5,ou=deep,ou=b,$in
changetype: modify
replace: ipHostNumber
ipHostNumber: 10.0.0.26"
	ok '… until it is mended' apply 0
	ok '… as it is' is_fresh
	flip 09
	ok '… and then what changed is enough' incremental
done

# killed at any moment
n_wrong=0
for i in {1..8}; do
	rename "cn=b5,ou=deep,ou=b,$in" cn=b5x | change
	"$LDAPCC" --config "$scratch/site.yaml" apply >"$scratch/out" 2>"$scratch/err" &
	sleep "0.0$((i % 9))"
	kill -KILL $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	rename "cn=b5x,ou=deep,ou=b,$in" cn=b5 | change
	{ apply 0 && is_fresh; } || n_wrong=$((n_wrong + 1))
done
report $((n_wrong != 0)) 'a killed run loses nothing'
proof 'all is as it should be'

finish
