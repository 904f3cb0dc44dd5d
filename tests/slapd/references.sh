#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A server that keeps references whole (slapo-refint) changes who refers to an entry that is renamed
# or deleted, without a new entryCSN or contextCSN and a moment later: what is published says
# the same as what the directory has.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
readonly LDAPCC
export LDAPCC_DATADIR=$SOURCE_ROOT

if ! ls "$(slapd_modules | sed -n 's/^modulepath //p')"/refint.* >/dev/null 2>&1; then
	echo '1..0 # SKIP slapd has no module refint'
	exit 0
fi
plan 21

settings() { # a bound of the time between two full reads
	cat >"$scratch/site.yaml" <<-YAML
		directory: {uri: ["$(slapd_uri main)"], base: "$SUFFIX", full-interval: $1}
		state: $scratch/state
		targets:
		  manifest: {path: "$scratch/manifests/{{fqdn}}.yaml", check: none}
		  clustershell: {path: "$scratch/groups", check: none}
		  dnsmasq: off
		  dnsmasq-hosts: off
		  dhcpd: off
		  kickstart: off
		  kickstart-repos: off
		guard: {max-affected: 100%, max-lost: 100%, max-removed: 100%}
	YAML
}
apply() { "$LDAPCC" --config "$scratch/site.yaml" apply --verbose >"$scratch/out" 2>"$scratch/err"; }
increment() { apply && grep -q 'entries were read, as' "$scratch/err"; }
everything() { apply && ! grep -q 'entries were read, as' "$scratch/err"; }
is_quiet() { ! grep -E 'dangling-ref|differ between' "$scratch/err"; }
nothing_hidden() { ! grep 'not shown any more' "$scratch/err"; }
group() { grep -q "\"$1\": \"$2\"" "$scratch/groups"; }
carries() { grep -q "name: \"$2\"" "$scratch/manifests/$1.c.example.yaml"; }
# refers DN ATTRIBUTE VALUE: the server has done what it does a moment later
refers() {
	ldapsearch -LLL -Q -Y EXTERNAL -o ldif_wrap=no -H "$(slapd_uri main)" -s base -b "$1,$SUFFIX" "$2" |
		grep -q "^$2: $3,$SUFFIX"
}
refers_no_more() { ! refers "$@"; }

SLAPD_MODULES=refint SLAPD_DATABASE='dbnosync
overlay refint
refint_attributes member vocPhysicalHost' slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start main
settings 3600
change <<-LDIF
	dn: cn=login,$SUFFIX
	changetype: add
	objectClass: groupOfNames
	cn: login
	member: cn=node01,ou=hosts,$SUFFIX
	member: cn=node02,ou=hosts,$SUFFIX
LDIF
ok 'all is read at first' everything

change <<-LDIF
	dn: cn=node01,ou=hosts,$SUFFIX
	changetype: modrdn
	newrdn: cn=first
	deleteoldrdn: 1
LDIF
ok 'a host is renamed, and who refers to it follows' wait_for refers cn=login member cn=first,ou=hosts
ok '… a VCN, too' wait_for refers cn=vcn001,ou=vcns vocPhysicalHost cn=first,ou=hosts
ok '… which no increment tells' increment
ok '… nothing dangles' is_quiet
ok '… it is a member by its new name' group login 'first,node02'
ok '… and has its VCN' carries first vcn001
ok '… the next run reads everything, as the server may have been late' everything
ok '… and finds the same' is_quiet

change <<-LDIF
	dn: ou=hosts,$SUFFIX
	changetype: modrdn
	newrdn: ou=nodes
	deleteoldrdn: 1
LDIF
ok 'their container is renamed' wait_for refers cn=login member cn=first,ou=nodes
ok '… which is an increment' increment
ok '… without a word' is_quiet
ok '… then everything is read once' everything

change <<-LDIF
	dn: cn=node02,ou=nodes,$SUFFIX
	changetype: delete
LDIF
ok 'a host is deleted' wait_for refers_no_more cn=vcn003,ou=vcns vocPhysicalHost cn=node02,ou=nodes
ok '… which is an increment' increment
ok '… its VCN is on no host' grep -q 'cn=vcn003,.*vcn-unplaced' "$scratch/err"
ok '… and it is no member any more' group login first
change <<-LDIF
	dn: cn=node03,ou=nodes,$SUFFIX
	changetype: delete
LDIF
ok 'one is deleted while settings change' wait_for refers_no_more cn=vcn005,ou=vcns vocPhysicalHost cn=node03,ou=nodes
settings 3601
ok '… so that all is read' everything
ok '… its VCN is on no host' grep -q 'cn=vcn005,.*vcn-unplaced' "$scratch/err"
ok '… and nobody takes that for hidden' nothing_hidden
finish
