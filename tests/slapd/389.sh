#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real 389 Directory Server: the same entries as from the file, its limits and its advice, no
# change by lastusn, and a persistent search that wakes `watch`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ds.sh"
plan 31
readonly LDAPCC
export LDAPCC_DATADIR=$SOURCE_ROOT
CLUSTER=$SOURCE_ROOT/contrib/example/cluster.ldif

DS_USN=on ds_new main
ds_start main
ds_load main "$CLUSTER"
uri=$(ds_uri main)
who=(--bind simple --dn "$DS_READER" --password-file "$scratch/main/password")
# The reader and his right are in no file, and the server adds classes that others stand on.
only_ours() { grep -v -e '^uid=reader,' -e '	objectclass: ' -e '	aci: ' -e '	nsuniqueid: ' "$1"; }
describe() {
	ds_modify main <<-LDIF
		dn: cn=node01,ou=hosts,$SUFFIX
		changetype: modify
		replace: description
		description: $1
	LDIF
}
# limit ATTRIBUTE VALUE: of the reader; none without a value
limit() {
	ds_modify main <<-LDIF
		dn: $DS_READER
		changetype: modify
		replace: $1
		${2:+$1: $2}
	LDIF
}
csn() { sed -n 's/^csn: //p' "$scratch/err"; }

# --- reading ---

pull ldif "$CLUSTER"
only_ours "$scratch/out" >"$scratch/file"
expect 0 '^pages: [1-9][0-9]' 'in pages' --filter '(objectClass=*)' "${who[@]}" --page 5 read "$uri"
ok 'the same entries as from the file' diff "$scratch/file" <(only_ours "$scratch/out")
expect 0 "^identity: $DS_READER" 'it says who we are' "${who[@]}" read "$uri"
expect 4 'there is no entry' 'anonymous may not see the base' --bind anonymous read "$uri"
limit nsSizeLimit 20
expect 4 'in 389 Directory Server raise nsSizeLimit and nsPagedSizeLimit' 'a size limit' \
	"${who[@]}" read "$uri"
limit nsSizeLimit
limit nsLookThroughLimit 20
expect 4 'raise nsLookThroughLimit of the bind DN' 'a look-through limit' "${who[@]}" read "$uri"
limit nsLookThroughLimit

# --- has anything changed? ---

pull "${who[@]}" probe "$uri"
before=$(csn)
ok 'the state is lastusn' grep -q '#usn#.*;userroot' <<<"$before"
pull "${who[@]}" probe "$uri"
ok 'it stays while nothing is written' test "$before" = "$(csn)"
describe changed
pull "${who[@]}" probe "$uri"
ok 'and moves with a write' test "$before" != "$(csn)"
expect 0 '^attempts: 1$' 'an older state is no hindrance' "${who[@]}" --last-csn "$before" read "$uri"
expect 4 'behind what was published last .lastusn is' 'a newer one is' \
	"${who[@]}" --last-csn "9${before#0}" read "$uri"
expect 0 '^attempts: 1$' "another server's says nothing" \
	"${who[@]}" --last-csn "9${before%ldapi:*}ldap://other;userroot" read "$uri"

cat >"$scratch/site.yaml" <<-YAML
	directory:
	  uri: "$uri"
	  base: $SUFFIX
	  bind: {dn: "$DS_READER", password-file: $scratch/main/password}
	state: $scratch/state
	targets:
	  dnsmasq-hosts: {path: "$scratch/hosts", check: none}
	  dnsmasq: off
	  dhcpd: off
	  kickstart: off
	  kickstart-repos: off
	  manifest: off
	guard: {max-affected: 100%}
YAML
# ldapcc WANT NAME ARGUMENT…: the exit status; output in $scratch/out and err
ldapcc() {
	local want=$1 name=$2 status=0
	shift 2
	"$LDAPCC" --config "$scratch/site.yaml" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	report $((status != want)) "$name" "$scratch/out" "$scratch/err"
}
ldapcc 0 'apply publishes' apply --no-reload
# with that limit every full read fails: a run that succeeds has not read. A limit of the reader
# is a write, so it is set for all
set_limits() {
	ldapmodify -Q -Y EXTERNAL -H "$uri" >/dev/null <<-LDIF
		dn: cn=config
		changetype: modify
		replace: nsslapd-sizelimit
		nsslapd-sizelimit: $1
	LDIF
}
set_limits 3
ldapcc 0 'nothing changed: nothing is read' apply --no-reload
describe 'changed again'
ldapcc 4 'something did: all is read' apply --no-reload
set_limits 2000
ldapcc 0 'who changed it last, and when' show node01
report "$(grep -q 'changed .*cn=Directory Manager' "$scratch/out" && echo 0 || echo 1)" \
	'is shown' "$scratch/out"

# --- watch ---

watch() {
	"$PULL" "${who[@]}" watch "$uri" >"$scratch/watch.out" 2>"$scratch/watch.err" &
	watcher=$!
	pids+=($!)
	wait_for grep -q watching "$scratch/watch.out"
}
has_changes() { [ "$(grep -c '^changed' "$scratch/watch.out")" -ge "$1" ]; }
told=0
tells() {
	told=$((told + 1))
	ds_modify main
	ok "$1" wait_for has_changes $told
}
watch
tells 'a change is told' <<-LDIF
	dn: cn=node01,ou=hosts,$SUFFIX
	changetype: modify
	replace: description
	description: told
LDIF
tells 'an entry that is new' <<-LDIF
	dn: cn=new,ou=hosts,$SUFFIX
	changetype: add
	objectClass: device
	objectClass: ipHost
	cn: new
	ipHostNumber: 10.10.0.99
LDIF
tells 'a deletion' <<-LDIF
	dn: cn=new,ou=hosts,$SUFFIX
	changetype: delete
LDIF
tells 'a container that is renamed' <<-LDIF
	dn: ou=vcns,$SUFFIX
	changetype: modrdn
	newrdn: ou=guests
	deleteoldrdn: 1
LDIF
# A persistent search needs no more than the right to read: 389 asks for no other.
ds_modify main <<-LDIF
	dn: $SUFFIX
	changetype: modify
	add: aci
	aci: (targetattr="*")(version 3.0; acl "all"; allow (read, search, compare)
	  userdn = "ldap:///anyone";)
LDIF
"$PULL" --bind anonymous watch "$uri" >"$scratch/anyone.out" 2>"$scratch/anyone.err" &
pids+=($!)
ok 'anonymous, who may read, may watch' wait_for grep -q watching "$scratch/anyone.out"
tells 'the reader is told' <<-LDIF
	dn: cn=node01,ou=hosts,$SUFFIX
	changetype: modify
	replace: description
	description: told to all
LDIF
ok '… and anonymous' wait_for grep -q '^changed' "$scratch/anyone.out"
anonymous_access() {
	ldapmodify -Q -Y EXTERNAL -H "$uri" >/dev/null <<-LDIF
		dn: cn=config
		changetype: modify
		replace: nsslapd-allow-anonymous-access
		nsslapd-allow-anonymous-access: $1
	LDIF
}
anonymous_access rootdse
expect 4 'Anonymous access is not allowed.*give directory.bind a DN' 'where nobody may be anonymous: advice' \
	--bind anonymous watch "$uri"
expect 4 'give directory.bind a DN' '… of a read, too' --bind anonymous read "$uri"
anonymous_access on
"$LDAPCC" --config "$scratch/site.yaml" watch >"$scratch/out" 2>"$scratch/err" &
pids+=($!)
ok 'ldapcc watch publishes' wait_for grep -q 'generation' "$scratch/out"
ds_modify main <<-LDIF
	dn: cn=node02,ou=hosts,$SUFFIX
	changetype: modify
	add: vocAlias
	vocAlias: woken
LDIF
ok '… and again when it is woken' wait_for grep -q woken "$scratch/hosts"
kill "${pids[-1]}"

pull "${who[@]}" probe "$uri"
before=$(csn)
ds_stop main
wait "$watcher" && status=0 || status=$?
report $((status != 4)) 'the server goes away: exit status 4' "$scratch/watch.err"
sed -i '/^dn: cn=USN,/,/^$/s/^\(nsslapd-pluginenabled:\).*/\1 off/I' "$scratch/main/etc/dse.ldif"
ds_start main

# --- without the plugin ---

pull "${who[@]}" probe "$uri"
ok 'without the USN plugin there is no state' test -z "$(csn)"
expect 0 '^attempts: 1$' 'everything is read' "${who[@]}" --last-csn "$before" read "$uri"

finish
