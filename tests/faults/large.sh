#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# large.sh LDAPCC - a site of 5,000 nodes, which is worked on in many pieces: nodes by all
# processors, the state beside the files. What is published is what one processor publishes,
# and what a compile that begins anew does; a run that is refused, or killed at any moment,
# leaves what was there, or what comes next, and nothing else.
set -euo pipefail
# shellcheck source=../points.sh
. "$(dirname "$0")/../points.sh"
ldapcc=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-large.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
points_log=$scratch/log
points_shown=("$scratch/err")
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/../..")
export LDAPCC_DATADIR
echo 1..24

python3 "$LDAPCC_DATADIR/tests/bench/make-site.py" 5000 faults >"$scratch/site0.ldif"
# the next sites: an alias, a serial number, one VCN less; and two hosts with one address
sed -e '/^cn: h000007$/a vocAlias: seven' \
	-e 's/^serialNumber: \(.*0011\)$/serialNumber: \1x/' "$scratch/site0.ldif" |
	awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^dn: cn=v004999,/' >"$scratch/site1.ldif"
awk 'BEGIN { RS = ""; ORS = "\n\n" }
	/^dn: cn=h000003,/ { sub(/ipHostNumber: [0-9.]+/, taken) }
	/^dn: cn=h000002,/ { match($0, /ipHostNumber: [0-9.]+/); taken = substr($0, RSTART, RLENGTH) }
	{ print }' "$scratch/site1.ldif" >"$scratch/site2.ldif"
for check in none false; do
	cat >"$scratch/$check.yaml" <<-YAML
		targets:
		  dnsmasq-hosts: {check: $check}
		  dhcpd: {check: none}
		  kickstart: {check: none}
		  manifest: {check: none}
		guard: {max-affected: 100%}
	YAML
done

# apply SITE ROOT [CHECK [PROCESSOR]]: its exit status is in $code
apply() {
	local on=()
	[ $# -lt 4 ] || on=(taskset -c "$4")
	code=0
	"${on[@]}" "$ldapcc" --config "$scratch/${3:-none}.yaml" --ldif "$scratch/site$1.ldif" \
		--root "$2" apply >"$scratch/out" 2>"$scratch/err" || code=$?
}
# published ROOT: all files, without what is of the root's own history
published() {
	(cd "$1" && find etc srv -type f -print0 | sort -z | xargs -0 sed -s \
		-e '/^serial: [0-9]*$/d' -e 's/^# ldapcc hosts=.*//' -e '1F') |
		sed 's/sha256=[0-9a-f]*//'
}
same() { cmp <(published "$1") <(published "$2"); }
leftovers() {
	! find "$1/etc" "$1/srv" -name '.*' | grep . &&
		[ "$(find "$1/var/lib/ldapcc/generations" -mindepth 1 -maxdepth 1 -printf "%f\n" | sort | tail -n 1)" = \
			"$(basename "$(readlink "$1/var/lib/ldapcc/current")")" ]
}

apply 0 "$scratch/many"
ok 'all processors publish it' test "$code" = 0
one=$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')
apply 0 "$scratch/one" none "$one"
ok 'one processor does' test "$code" = 0
ok '… the same' same "$scratch/many" "$scratch/one"
ok '… with the same roster' bash -c "cmp <(head -n -1 '$scratch/many/var/lib/ldapcc/current/roster') <(
	head -n -1 '$scratch/one/var/lib/ldapcc/current/roster')"
cp "$scratch/err" "$scratch/err.one"
apply 0 "$scratch/again"
ok 'findings are the same, in the same order' cmp "$scratch/err" "$scratch/err.one"
ok '… one at every tenth node' grep -q '^0 errors, 500 warnings' "$scratch/err"

# more than the 128 MiB that are kept until they are written: 5,000 files of 30 KiB
long=$scratch/long
if [ "$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 1000000 ]; then
	long=$(mktemp -d /dev/shm/ldapcc-long.XXXXXX)
	trap 'rm -rf "$scratch" "$long"' EXIT
fi
mkdir "$scratch/templates"
python3 - "$scratch/templates/long" <<'PYTHON'
import sys
with open(sys.argv[1], "w") as template:
    template.write('---\npath: "/srv/long/{{fqdn}}"\nfor-each: node\nlanguage: text\ntrailer: "# "\n---\n')
    for i in range(480):
        template.write(f"{{{{name}}}} {i:03} " + "x" * 52 + "\n")
PYTHON
cat >"$scratch/long.yaml" <<-YAML
	templates: [$scratch/templates]
	targets: {long: {}}
	guard: {max-affected: 100%}
YAML
apply 0 "$long" long
ok 'more is published than is kept' test "$code" = 0
printed() {
	rm -rf "$long/printed"
	"$ldapcc" --config "$scratch/long.yaml" --ldif "$scratch/site$1.ldif" \
		render -o "$long/printed" long 2>"$scratch/err"
	diff -r "$long/srv/long" "$long/printed/srv/long"
}
ok '… byte for byte what is printed' printed 0
ok '… that is 5,000 files' test "$(find "$long/srv/long" -type f | wc -l)" = 5000
apply 1 "$long" long
ok '… and so is the next one' printed 1
rm -rf "$long"

# more than the 64 MiB of entries that are kept in memory: descriptions of 20,000 letters
wide() {
	python3 - "$1" <<'PYTHON'
import sys
print("dn: cn=net,dc=x\nobjectClass: ipNetwork\ncn: net\nipNetworkNumber: 10.0.0.0/8\n")
for i in range(int(sys.argv[1])):
    print(f"dn: cn=n{i},dc=x\nobjectClass: device\nobjectClass: ipHost\ncn: n{i}\n"
          f"ipHostNumber: 10.0.{i // 250}.{i % 250 + 1}\ndescription: {'x' * 20000}\n")
PYTHON
}
# n_spilled COUNT: how many files without a name hold the entries of that many hosts
n_spilled() {
	wide "$1" >"$scratch/wide.ldif"
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 TMPDIR=$scratch \
		strace -f -e trace=openat -o "$scratch/calls" "$ldapcc" --config "$scratch/none.yaml" \
		--ldif "$scratch/wide.ldif" --quiet check >"$scratch/out" 2>"$scratch/err" || return
	grep -c "\"$scratch\".*O_TMPFILE" "$scratch/calls" || true
}
if command -v strace >/dev/null; then
	ok 'more entries than are kept in memory lie in files without a name' test "$(n_spilled 4200)" -gt 0
	ok '… fewer do not' test "$(n_spilled 2000)" = 0
	wide 4200 >"$scratch/wide.ldif"
	ok '… and where there are no such files, in memory' env TMPDIR=/proc "$ldapcc" --quiet \
		--config "$scratch/none.yaml" --ldif "$scratch/wide.ldif" check
	rm -f "$scratch/wide.ldif" "$scratch/calls"
else
	for point in 'more entries than are kept in memory' '… fewer' '… no such files'; do
		skip "$point" 'no strace'
	done
fi

apply 1 "$scratch/many"
ok 'a change is published' test "$code" = 0
apply 1 "$scratch/fresh"
ok '… as a compile that begins anew does' same "$scratch/many" "$scratch/fresh"
ok 'nothing is left over' leftovers "$scratch/many"

apply 2 "$scratch/many"
ok 'an address that two have: the second waits' grep -q 'dup-ip' "$scratch/err"
ok '… and the run succeeds' test "$code" = 0
apply 1 "$scratch/many"
published "$scratch/many" >"$scratch/before"
apply 0 "$scratch/many" false
ok 'a checker that says no: 5' test "$code" = 5
ok '… and all is as it was' cmp "$scratch/before" <(published "$scratch/many")

# Killed: a run of so many milliseconds more each time, until one comes to its end.
n_killed=0 n_wrong=0 ended=no
for ((ms = 5; ms < 60000; ms += 5 + ms / 12)); do
	rm -rf "$scratch/killed" && cp -a "$scratch/one" "$scratch/killed"
	"$ldapcc" --config "$scratch/none.yaml" --ldif "$scratch/site1.ldif" \
		--root "$scratch/killed" --quiet apply >"$scratch/out" 2>"$scratch/err" &
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	kill -KILL $! 2>/dev/null || true
	code=0
	{ wait $! || code=$?; } 2>/dev/null
	[ "$code" != 0 ] || ended=yes
	[ $ended = no ] || break
	n_killed=$((n_killed + 1))
	apply 1 "$scratch/killed"
	if [ "$code" != 0 ] || ! same "$scratch/killed" "$scratch/fresh" >"$scratch/cmp" ||
		! leftovers "$scratch/killed" >>"$scratch/cmp"; then
		n_wrong=$((n_wrong + 1))
		cp "$scratch/cmp" "$scratch/wrong.$ms"
	fi
done
ok 'a run was killed at many moments' test $n_killed -ge 8
ok '… the last one came to its end' test $ended = yes
ok 'the next run publishes all of it, whatever the killed one left' test $n_wrong = 0
ok '… as it is in the end' same "$scratch/killed" "$scratch/fresh"
