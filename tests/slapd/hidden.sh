#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may read what is changed: no server tells, and the value is not there, as if it had been
# deleted. An entry that has not been written to since has it all the same (entryCSN).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 35
readonly LDAPCC
export LDAPCC_DATADIR=$SOURCE_ROOT

{
	put_site 9
	printf 'dn: cn=g,%s\nobjectClass: groupOfNames\ncn: g\nmember: cn=n1,%s\n' "$SUFFIX" "$SUFFIX"
} >"$scratch/site.ldif"

# settings [MORE]
settings() {
	cat >"$scratch/site.yaml" <<-YAML
		directory: {uri: ["$(slapd_uri main)"], base: "$SUFFIX", bind: anonymous${1:+, $1}}
		state: $scratch/state
		targets:
		  dnsmasq-hosts: {path: "$scratch/hosts", check: none, on-change: none}
		  dhcpd: {path: "$scratch/dhcpd.conf", main: "$scratch/main.conf", check: none, on-change: none}
		  genders: {path: "$scratch/genders", check: none, on-change: none}
		  dnsmasq: off
		  kickstart: off
		  kickstart-repos: off
		  manifest: off
		guard: {max-affected: 100%, max-lost: 100%, max-removed: 100%, max-removed-24h: 100%}
	YAML
}
apply() { # WANT [OPTION…]
	local want=$1 status=0
	shift
	"$LDAPCC" --config "$scratch/site.yaml" apply --verbose "$@" >"$scratch/out" \
		2>"$scratch/err" || status=$?
	cat "$scratch/out" "$scratch/err"
	[ "$status" = "$want" ] || {
		echo "apply exits $status, not $want"
		return 1
	}
}
access() { # RULE…
	slapd_modify main <<-LDIF
		dn: olcDatabase={1}mdb,cn=config
		changetype: modify
		replace: olcAccess
		olcAccess: {0}$1 by * read
	LDIF
}
hide() { # ATTRIBUTE HOST
	access "to dn.base=\"cn=$2,$SUFFIX\" attrs=$1 by * none
olcAccess: {1}to *"
}
has_mac() { grep -q "hardware ethernet 00:00:5e:00:53:0$1;" "$scratch/dhcpd.conf"; }
lacks_mac() { ! has_mac "$1"; }
has_address() { grep -q "^10.0.0.$1 " "$scratch/hosts"; }
is_told() { grep -q "$1: error: is not shown any more" "$scratch/err"; }
goes_on() { ! grep -q 'no longer' "$scratch/err"; }
is_silent() { ! grep -q '^[^ ]*: [^ ]*: error: is not shown any more' "$scratch/err"; }

: >"$scratch/main.conf"
SLAPD_WITHOUT=syncprov-sessionlog SLAPD_DATABASE="dbnosync" SLAPD_GLOBAL="database config
rootdn gidNumber=$(id -g)+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth
" slapd_new main
printf 'syncprov-sessionlog 1000\n' >>"$scratch/main/slapd.conf"
slapd_load main "$scratch/site.ldif"
slapd_start main
settings

# new settings: everything is read, whatever changed
again() { # [NUMBER]: another full-interval
	settings "full-interval: $1"
}
ok 'a site' apply 0
ok '… with its addresses' has_mac 3

hide macAddress n3
again 3001
ok 'a value is hidden, and all is read' apply 0
ok '… it is told' is_told "cn=n3,$SUFFIX: macAddress"
ok '… and stays' has_mac 3
ok 'the next run reads all again' apply 0
ok '… the finding is known, and not over' goes_on
ok '… it stays' has_mac 3
change <<-LDIF
	dn: cn=n5,$SUFFIX
	changetype: modify
	delete: macAddress
LDIF
ok 'a change of somebody else meanwhile' apply 0
ok '… is published' lacks_mac 5
ok '… what is hidden stays' has_mac 3
ok '… and is no loss that is over' goes_on
access 'to *'
ok 'it is shown again' apply 0
ok '… and nothing is told' is_silent
ok '… it is there' has_mac 3

# deleted, and hidden after it was written to: nobody can tell one from the other
change <<-LDIF
	dn: cn=n4,$SUFFIX
	changetype: modify
	delete: macAddress
LDIF
again 3002
ok 'a value is deleted, and all is read' apply 0
ok '… it is gone' lacks_mac 4
ok '… without a word' is_silent

# two of one attribute are one finding
access "to dn.regex=\"cn=n[67],$SUFFIX\" attrs=ipHostNumber by * none
olcAccess: {1}to *"
again 3003
ok 'a value of two is hidden' apply 0
ok '… in one finding' grep -q 'ipHostNumber: error: is not shown any more (as in 1 more)' "$scratch/err"
ok '… both stay' eval 'has_address 6 && has_address 7'
ok 'by --full what is shown counts' apply 0 --full
ok '… it is gone' eval '! has_address 6 && ! has_address 7'
ok 'and the next run knows of nothing' apply 0
ok '… it is gone' eval '! has_address 6'
access 'to *'
again 3004
ok 'shown again' apply 0
ok '… both are there' eval 'has_address 6 && has_address 7'

# another server of the same directory, which shows less; it is asked as the first one fails
access "to dn.base=\"cn=n8,$SUFFIX\" attrs=macAddress by dn.exact=\"cn=reader,$SUFFIX\" none by * read
olcAccess: {1}to *"
change <<-LDIF
	dn: cn=reader,$SUFFIX
	changetype: add
	objectClass: person
	objectClass: simpleSecurityObject
	cn: reader
	sn: reader
	userPassword: secret
LDIF
ok 'before another account reads' apply 0
printf secret >"$scratch/password"
chmod 0600 "$scratch/password"
settings 'full-interval: 3005'
sed -i "s|bind: anonymous|bind: {dn: \"cn=reader,$SUFFIX\", password-file: \"$scratch/password\"}|" \
	"$scratch/site.yaml"
ok 'an account with fewer rights' apply 0
ok '… is told' is_told "cn=n8,$SUFFIX: macAddress"
ok '… and costs nothing' has_mac 8

# members of a group may be computed, and go without a change
access "to dn.base=\"cn=g,$SUFFIX\" attrs=member by * none
olcAccess: {1}to *"
settings
ok 'the members of a group are hidden' apply 0
ok '… that proves nothing' is_silent

# where the server does not say when an entry changed, nobody can tell
access 'to *'
again 3006
ok 'members again' apply 0
access "to attrs=entryCSN by * none
olcAccess: {1}to dn.base=\"cn=n9,$SUFFIX\" attrs=macAddress by * none
olcAccess: {2}to *"
again 3007
apply 0 >/dev/null || true
ok 'without entryCSN a value is gone' lacks_mac 9
finish
