#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `ldapcc apply` while the connection is cut, reset or stalled at every 4 KiB of a full read:
# exit status 4 within the time allowed, and of what is published nothing moves. What comes in
# another order is the same site.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 13
readonly LDAPCC STEP=4096
export LDAPCC_DATADIR=$SOURCE_ROOT

awk 'BEGIN { for (i = 0; i < 600; i++)
	printf "dn: cn=n%d,ou=hosts,dc=c,dc=example\nobjectClass: device\nobjectClass: ipHost\n" \
		"cn: n%d\nipHostNumber: 10.10.%d.%d\n\n", i, i, 128 + i / 250, 1 + i % 250 }' \
	>"$scratch/many.ldif"
SLAPD_DATABASE='limits * size=unlimited
dbnosync' slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif" "$scratch/many.ldif"
slapd_start main
socket=$(slapd_socket main)

# apply ROOT PROXY TIMEOUT: the exit status is in $code
apply() {
	cat >"$scratch/site.yaml" <<-YAML
		directory:
		  uri: ldap://127.0.0.1:$(proxy_port "$2")
		  base: $SUFFIX
		  bind: anonymous
		  page-size: 100
		  timeout: $3
		targets: [dnsmasq-hosts, kickstart-repos, manifest]
		guard: {max-removed: 100%, max-affected: 100%}
	YAML
	code=0
	"$LDAPCC" --config "$scratch/site.yaml" --root "$1" --full --quiet apply \
		>"$scratch/out" 2>"$scratch/err" || code=$?
}
# What must not move: the files, and the state of the last publication.
identity() {
	find "$1" \( -path '*/var/lib/ldapcc' -prune \) -o -type f -printf '%p %i %T@ %s\n' |
		sort
	find "$1/var/lib/ldapcc/generations" -mindepth 1 -maxdepth 1 | sort
}
fresh() {
	rm -rf "$scratch/root"
	cp -a "$scratch/base" "$scratch/root"
}
stop_proxy() {
	kill "${pids[-1]}"
	unset 'pids[-1]'
}

# is_untouched BYTES BEFORE: status 4, and all is as before
is_untouched() {
	[ "$code" = 4 ] && [ "$(identity "$scratch/root")" = "$2" ] && return
	echo "after $1 bytes: status $code"
	diff <(echo "$2") <(identity "$scratch/root") | head
	cat "$scratch/err"
	return 1
}

# everywhere MODE: at every boundary, until the read is complete; all are tried, also after
# one that was wrong
everywhere() {
	local mode=$1 count=0 wrong=0 before
	fresh
	before=$(identity "$scratch/root")
	while :; do
		proxy "$mode$count" "$socket" "$mode" "$count"
		apply "$scratch/root" "$mode$count" 20
		stop_proxy
		[ "$code" != 0 ] || break
		is_untouched $count "$before" || wrong=$((wrong + 1))
		count=$((count + STEP))
	done
	n_boundaries=$((count / STEP))
	tally "$mode at every 4 KiB" $n_boundaries $wrong
	[ $wrong = 0 ] && [ $n_boundaries -gt 20 ] &&
		diff -r "$scratch/after/srv" "$scratch/root/srv"
}

# stalled: at some boundaries, in all parts of the read; the time allowed is 1 s
stalled() {
	local i nth count before start took wrong=0 n=8
	fresh
	before=$(identity "$scratch/root")
	for ((i = 0; i < n; i++)); do
		nth=$((n_boundaries * i / n))
		count=$((nth * STEP))
		proxy "stall$count" "$socket" stall "$count"
		start=${EPOCHREALTIME/./}
		apply "$scratch/root" "stall$count" 1
		took=$(((${EPOCHREALTIME/./} - start) / 1000))
		stop_proxy
		is_untouched $count "$before" || wrong=$((wrong + 1))
		[ $took -ge 1000 ] && [ $took -le 2500 ] && continue
		echo "after $count bytes: $took ms"
		wrong=$((wrong + 1))
	done
	tally "stall, of every 4 KiB" $n $wrong
	[ $wrong = 0 ]
}

proxy pass "$socket" pass
apply "$scratch/base" pass 20
ok 'the first set is published' test "$code" = 0
ok 'with all that is there' test "$(grep -rhow 'n[0-9]*' "$scratch/base/srv" | sort -u | wc -l)" -ge 600

# so that each run has something to publish
slapd_modify main <<-LDIF
	dn: cn=n599,ou=hosts,$SUFFIX
	changetype: delete

	dn: cn=n0,ou=hosts,$SUFFIX
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.200.1
LDIF
fresh
apply "$scratch/root" pass 20
ok 'a second set is published' test "$code" = 0
ok '… of which what was there is not stored a second time' \
	grep -q '^ldapcc delta 2$' "$scratch/root/var/lib/ldapcc/current/entries"
mv "$scratch/root" "$scratch/after"
ok 'it is another' bash -c "! diff -rq '$scratch/base/srv' '$scratch/after/srv'"

ok 'closed at every 4 KiB of the answer: 4, and nothing moves' everywhere cut
ok 'reset at every 4 KiB of the answer: the same' everywhere reset
ok 'stalled at some of them: 4 after 1 s, and nothing moves' stalled

n_failed_before=$n_failed
proxy reorder "$socket" reorder
fresh
apply "$scratch/root" reorder 20
ok 'entries in the reverse order: a success' test "$code" = 0
ok 'the same set' diff -r "$scratch/after/srv" "$scratch/root/srv"
ok '… stored once, in whatever order it came' \
	grep -q '^ldapcc delta 2$' "$scratch/root/var/lib/ldapcc/current/entries"
pull --bind anonymous --page 100 read "ldap://127.0.0.1:$(proxy_port pass)"
mv "$scratch/out" "$scratch/straight"
pull --bind anonymous --page 100 read "ldap://127.0.0.1:$(proxy_port reorder)"
ok 'the same entries' diff "$scratch/straight" "$scratch/out"
# names PROXY: in the order in which they come
names() {
	ldapsearch -x -LLL -H "ldap://127.0.0.1:$(proxy_port "$1")" -b "ou=hosts,$SUFFIX" 1.1 |
		sed -n 's/^dn: //p'
}
ok 'they did come in the reverse order' diff <(names pass) <(names reorder | tac)
tally 'entries in the reverse order' 1 $((n_failed - n_failed_before))

finish
