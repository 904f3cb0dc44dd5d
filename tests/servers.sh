#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# servers.sh LDAPCC - two servers, each with a state of its own, that read the same directory at
# the same times: they publish equal bytes, and the hash of status says so (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: servers.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
root=$(dirname "$(dirname "$(realpath "$0")")")
unset LDAPCC_DATADIR
: >"$work/settings.yaml"
cp "$root/contrib/example/cluster.ldif" "$work/site.ldif"
for server in one two; do mkdir -p "$work/$server/etc/dhcp" "$work/$server/etc/dnsmasq.d"; done

both() {
	local server
	for server in one two; do
		run --root "$work/$server" apply "$@"
		[ "$status" = 0 ] || return
	done
}
hash_of() {
	run --root "$work/$1" status
	sed -n 's/^set *//p' "$work/said"
}
# every file but the state, and but the serials: a manifest's is the time of its last change
bytes() {
	(cd "$work/$1" && find . -path ./var/lib/ldapcc -prune -o -type f -print | sort |
		while IFS= read -r file; do
			echo "$file $(sed -e 's/^serial: [0-9]*$/serial:/' -e 's/sha256=.*//' "$file" | sha256sum)"
		done)
}
ok 'both publish' both
ok 'equal bytes' diff <(bytes one) <(bytes two)
first=$(hash_of one)
ok 'which is some' test "${#first}" -ge 12
ok 'with equal hashes' equal "$(hash_of two)" "$first"
sed -i 's/^description: gatekeeper and scheduler$/&\nvocAlias: login/' "$work/site.ldif"
ok 'a change' both
ok 'equal bytes again' diff <(bytes one) <(bytes two)
ok 'and equal hashes' equal "$(hash_of two)" "$(hash_of one)"
ok 'which are others' test "$(hash_of one)" != "$first"
# one is behind, as a replica can be
sed -i 's/^vocAlias: login$/vocAlias: portal/' "$work/site.ldif"
run --root "$work/one" apply
ok 'one that is ahead of the other' test "$(hash_of one)" != "$(hash_of two)"
run --root "$work/two" apply
ok 'until that has read it too' equal "$(hash_of two)" "$(hash_of one)"
end_points
