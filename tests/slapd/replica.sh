#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Two slapd, the second a replica of the first (syncrepl): what it has not yet is never published
# over what was, whichever of the two answers.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 35
readonly LDAPCC
export LDAPCC_DATADIR=$SOURCE_ROOT

SLAPD_DATABASE=dbnosync slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start main
main=$(slapd_uri main)
replicates="dbnosync
syncrepl rid=001 provider=$main bindmethod=sasl saslmech=EXTERNAL searchbase=$SUFFIX
	type=refreshAndPersist retry=\"1 +\""
SLAPD_DATABASE=$replicates slapd_new replica
replica=$(slapd_uri replica)

csn() { ldapsearch -Q -Y EXTERNAL -LLL -H "$1" -s base -b "$SUFFIX" contextCSN | grep ^contextCSN; }
is_in_sync() { [ "$(csn "$main")" = "$(csn "$replica")" ]; }
describe() {
	slapd_modify main <<-LDIF
		dn: cn=node01,ou=hosts,$SUFFIX
		changetype: modify
		replace: ipHostNumber
		ipHostNumber: 10.10.0.$1
	LDIF
}
# apply WANT NAME URI…
apply() {
	local want=$1 name=$2 status=0
	shift 2
	cat >"$scratch/site.yaml" <<-YAML
		directory: {uri: [$(printf '"%s",' "$@")], base: "$SUFFIX"}
		state: $scratch/state
		targets:
		  dnsmasq-hosts: {path: "$scratch/hosts", check: none}
		  dnsmasq: off
		  dhcpd: off
		  kickstart: off
		  kickstart-repos: off
		  manifest: off
		guard: {max-affected: ${AFFECTED:-100%}, max-lost: 100%}
	YAML
	# shellcheck disable=SC2086 # a list of words
	"$LDAPCC" --config "$scratch/site.yaml" apply --no-reload ${WITH:-} >"$scratch/out" \
		2>"$scratch/err" || status=$?
	report $((status != want)) "$name" "$scratch/err"
}
serves() { grep -q "^10\.10\.0\.$1 node01" "$scratch/hosts"; }

slapd_start replica
ok 'the replica gets everything' wait_for is_in_sync
apply 0 'it can be published from' "$replica"
describe 171
ok 'a change reaches it' wait_for is_in_sync
apply 0 'and is published' "$replica" "$main"
ok 'as it is' serves 171

# Two servers, each with a directory and a state of its own. What differs is where they read.
for server in main replica; do
	mkdir -p "$scratch/of-$server"
	cat >"$scratch/of-$server.yaml" <<-YAML
		directory: {uri: "$(slapd_uri "$server")", base: "$SUFFIX"}
		targets: {zones-bind: , hosts: , clustershell: , kea-dhcp4: , pxelinux: }
	YAML
done
both() {
	local server
	for server in main replica; do
		"$LDAPCC" --config "$scratch/of-$server.yaml" --root "$scratch/of-$server" "$@" \
			>"$scratch/said-$server" 2>"$scratch/err" || return
	done
}
hash_of() { sed -n 's/^set *//p' "$scratch/said-$1"; }
ok 'two servers publish' both apply
same_bytes() { diff -r --exclude=lib "$scratch/of-main" "$scratch/of-replica"; }
ok 'equal bytes, the serials too: they are the newest change of the directory' same_bytes
ok 'which are not few' test "$(find "$scratch/of-main/srv" "$scratch/of-main/etc" -type f | wc -l)" -gt 60
ok 'their status' both status
same_hash() { [ -n "$(hash_of main)" ] && [ "$(hash_of main)" = "$(hash_of replica)" ]; }
ok 'has equal hashes' same_hash
before=$(hash_of main)
describe 170
ok 'a change reaches both directories' wait_for is_in_sync
ok 'both publish it' both apply
ok 'equal bytes again' same_bytes
ok 'their status again' both status
ok 'and equal hashes' same_hash
ok 'which are others' test "$(hash_of main)" != "$before"
describe 171
ok 'as it was' wait_for is_in_sync

# from now on nothing reaches it
slapd_stop replica
sed -i '/^syncrepl/,/^\ttype/d' "$scratch/replica/slapd.conf"
slapd_start replica
describe 172
apply 0 'the replica lags, and is asked second' "$main" "$replica"
ok 'what is new is published' serves 172
apply 0 'asked first, it is passed over' "$replica" "$main"
ok '… with a warning that says why' grep -Eq 'warning: .*behind what was published last' "$scratch/err"
slapd_stop main
apply 4 'alone it is no directory to publish from' "$main" "$replica"
ok '… and is not' serves 172
rolled_back() {
	local word
	for word in '' --unpin; do
		"$LDAPCC" --config "$scratch/site.yaml" rollback --no-reload ${word:+"$word"} \
			>"$scratch/out" 2>"$scratch/err" || return
	done
}
ok 'a generation is rolled back' rolled_back
apply 4 'nor is it one to go on from after that' "$main" "$replica"
slapd_start main
describe 173
apply 0 'the first one is back' "$replica" "$main"
ok 'its changes are published' serves 173
slapd_stop replica
SLAPD_DATABASE=$replicates slapd_new replica
slapd_start replica
wait_for is_in_sync
apply 0 'the replica has caught up' "$replica"

# a backup of the directory is restored: what a refusal says is to be called is not refused again
slapd_stop main
cp -a "$scratch/main/db" "$scratch/backup"
slapd_start main
describe 174
apply 0 'a change after a backup' "$main"
slapd_stop main
rm -r "$scratch/main/db"
mv "$scratch/backup" "$scratch/main/db"
slapd_start main
apply 4 'the backup is restored' "$main"
WITH=--full AFFECTED=0 apply 3 'it is meant, and a guard stops it' "$main"
told=$(sed -n "s/.*run 'ldapcc .*apply \(.*\)'/\1/p" "$scratch/err")
"$LDAPCC" --config "$scratch/site.yaml" diff >"$scratch/out" 2>"$scratch/err" || true
ok '… diff tells of the same command' grep -qF -- "$told" "$scratch/err"
WITH=$told AFFECTED=0 apply 0 'what is said to be called then' "$main"
ok 'as it was' serves 173
AFFECTED=0 apply 0 'and that is current' "$main"

finish
