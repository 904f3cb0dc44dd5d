#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What Active Directory does and slapd does not: pages of a thousand whatever is asked for,
# references to other partitions, zones in one of those, values in parts. The server is stub.py's.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 11
readonly LDAPCC
export LDAPCC_DATADIR=$SOURCE_ROOT

stub ad ad
# its groups, too
sed -e 's/^  network: {.*/&\n  group: {class: group, optional: yes}/' \
	-e 's/^attributes:/&\n  member: member/' "$SOURCE_ROOT/schema/maps/ad.yaml" >"$scratch/ad.yaml"
sed -i 's/^join:/group:\n  name: cn\n\n&/' "$scratch/ad.yaml"
printf 'dn: cn=net\nobjectClass: vocIPNetwork\ncn: net\nipNetworkNumber: 10.20.0.0/16\n' \
	>"$scratch/net.ldif"
# settings SCHEMA BASE...
settings() {
	local schema=$1
	shift
	printf '%s\n' "directory:" "  uri: \"$(stub_uri ad)\"" "  schema: $schema" "  bind: anonymous" \
		"  also: $scratch/net.ldif" "  base:" "$(printf '  - "%s"\n' "$@")" \
		"quarantine: {max: 100%}" >"$scratch/site.yaml"
}
# ldapcc WANT NAME ARGUMENT…
ldapcc() {
	local want=$1 name=$2 status=0
	shift 2
	"$LDAPCC" --config "$scratch/site.yaml" --root "$scratch/root" "$@" >"$scratch/out" \
		2>"$scratch/err" || status=$?
	report $((status != want)) "$name" "$scratch/err"
}
readonly ZONES=DC=DomainDnsZones,DC=c,DC=example

settings ad DC=c,DC=example "$ZONES"
ldapcc 0 'two partitions are one site' render dnsmasq-hosts dhcpd
ok 'every computer has its address' test "$(grep -c '^10\.20\.' "$scratch/out")" = 2500
ok 'the last of the third page, too' grep -q '^10\.20\.9\.196 pc2500\.c\.example pc2500$' "$scratch/out"
ok 'and its reservation' test "$(grep -c 'fixed-address 10\.20\.' "$scratch/out")" = 2500
ok 'nothing is complained about' test ! -s "$scratch/err"

settings ad DC=c,DC=example
ldapcc 0 'references from the root of the domain are passed over' render dnsmasq-hosts
ok 'without the partition of the zones nobody has an address' \
	test "$(grep -c '^10\.20\.' "$scratch/out")" = 0

settings "$scratch/ad.yaml" DC=c,DC=example "$ZONES"
ldapcc 0 'a group whose members come in parts' show rack1
ok 'all of them are there' grep -q 'pc\[0001-2500\]' "$scratch/out"

stub part range
expect 4 "only a part of the values of 'description' of 'cn=part,dc=c,dc=example'" \
	'a part whose rest does not come' --filter '(objectClass=ipHost)' --bind anonymous \
	read "$(stub_uri part)"
expect 0 '^entries: 5$' 'the same of an attribute that nobody wants' \
	--filter '(objectClass=ipHost)' --wanted cn --bind anonymous read "$(stub_uri part)"

finish
