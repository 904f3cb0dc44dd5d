#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Servers and networks that go wrong in the middle: each time exit status 4 and not one entry
# more than is known to be complete; never later than the timeout says.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 51

awk 'BEGIN { for (i = 0; i < 600; i++)
	printf "dn: cn=n%d,ou=hosts,dc=c,dc=example\nobjectClass: device\nobjectClass: ipHost\n" \
		"cn: n%d\nipHostNumber: 10.10.%d.%d\n\n", i, i, 1 + i / 250, 1 + i % 250 }' \
	>"$scratch/many.ldif"
SLAPD_DATABASE='limits * size=unlimited
dbnosync' slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif" "$scratch/many.ldif"
slapd_start main
main=$(slapd_uri main)
socket=$(slapd_socket main)
anonymous=(--bind anonymous --page 100)

# --- the connection ---

# cut_everywhere MODE STEP: with every STEP bytes one more, until the read is complete
cut_everywhere() {
	local mode=$1 step=$2 count=0 n=0
	while :; do
		proxy "$mode$count" "$socket" "$mode" "$count"
		pull "${anonymous[@]}" read "ldap://127.0.0.1:$(proxy_port "$mode$count")"
		kill "${pids[-1]}"
		unset 'pids[-1]'
		if [ "$status" = 0 ]; then
			tally "$mode every $step bytes" $n 0
			grep -q '^entries: 665$' "$scratch/err" && [ $n -gt 5 ]
			return
		fi
		n=$((n + 1))
		if [ "$status" != 4 ] || [ -s "$scratch/out" ]; then
			tally "$mode every $step bytes" $n 1
			echo "after $count bytes: status $status"
			cat "$scratch/err"
			return 1
		fi
		count=$((count + step))
	done
}
ok 'closed after N times 9001 bytes: 4, and nothing is delivered' cut_everywhere cut 9001
ok 'reset after N times 24001 bytes: the same' cut_everywhere reset 24001

proxy cut "$socket" cut 100000
expect 4 'the connection broke off' 'the message says so' \
	"${anonymous[@]}" read "ldap://127.0.0.1:$(proxy_port cut)"

# within_seconds LOW HIGH EXPECT-ARGUMENTS…
within_seconds() {
	local low=$1 high=$2 start=${EPOCHREALTIME/./} took
	shift 2
	expect "$@"
	took=$(((${EPOCHREALTIME/./} - start) / 10000))
	report $((took < low * 100 || took > high * 100)) "… and after $low to $high s" /dev/null
}
proxy deaf "$socket" deaf
within_seconds 2 3 4 'no answer within 2 s' 'a server that never answers' \
	--timeout 2 --bind anonymous read "ldap://127.0.0.1:$(proxy_port deaf)"
proxy stall_schema "$socket" stall 20000
within_seconds 2 3 4 'reading the schema: no answer within 2 s' 'stalled while the schema came' \
	--timeout 2 "${anonymous[@]}" read "ldap://127.0.0.1:$(proxy_port stall_schema)"
proxy stall "$socket" stall 150001
within_seconds 2 3 4 'reading the entries: no answer within 2 s' 'stalled in the middle of an entry' \
	--timeout 2 "${anonymous[@]}" read "ldap://127.0.0.1:$(proxy_port stall)"
proxy trickle "$socket" trickle 150001
within_seconds 2 3 4 'reading the entries: no answer within 2 s' 'one byte every 50 ms' \
	--timeout 2 "${anonymous[@]}" read "ldap://127.0.0.1:$(proxy_port trickle)"
expect 0 "^ldap://127.0.0.1:[0-9]+: warning: .*within 1 s; '$main' was used" \
	'the next server is used, with a time of its own' --timeout 1 "${anonymous[@]}" \
	read "ldap://127.0.0.1:$(proxy_port stall)" "$main"
ok 'the entries of the first server are dropped' bash -c \
	"[ \$(cut -f1 '$scratch/out' | sort -u | wc -l) = 665 ]"

# --- answers ---

ip_host=(--timeout 10 --filter '(objectClass=ipHost)')
n_wrong=0
n_failed_before=$n_failed
# wrong NAME STATUS PATTERN FAULT [ARGUMENT]
wrong() {
	n_wrong=$((n_wrong + 1))
	stub "$4${5:-}" "${@:4}"
	expect "$2" "$3" "$1" "${ip_host[@]}" read "$(stub_uri "$4${5:-}")"
}
wrong 'the stub itself is right' 0 '^entries: 4$' none
wrong 'the second page without its control' 4 'left out the paged results control' no-control
wrong 'a control that cannot be read' 4 'control cannot be read' bad-control
wrong 'pages that go round' 4 'twice in each of 4 reads' loop
wrong 'empty pages without an end' 4 'empty pages without an end' empty
wrong 'empty pages with one cookie' 4 'empty pages without an end' stuck
wrong 'a continuation reference' 4 "continuation reference 'ldap://other.example" reference
wrong 'values in parts' 4 'only a part of the values' range
wrong 'an entry that comes twice' 4 'twice in each of 4 reads' twice
wrong 'bytes that are no LDAP' 4 'reading the entries: ' garbage
wrong 'no WhoAmI' 0 '^identity: -$' no-whoami
expect 4 'expect-identity cannot be checked' 'no WhoAmI, but an identity is expected' \
	"${ip_host[@]}" --identity cn=me read "$(stub_uri no-whoami)"
wrong 'no schema' 4 "may not read the server's schema" no-schema
for code in 1 2 3 4 8 10 11 12 13 32 50 51 52 53 80 123; do
	wrong "result code $code on the second page" 4 'error: ' code $code
done
tally 'answers that are wrong' $n_wrong $((n_failed - n_failed_before))

# --- the directory changes while it is read ---

# A change after the other to what $1 prints for each number, until it is stopped; returns
# when the first is done.
busy() {
	local name=$1 i
	for ((i = 0; ; i++)); do
		"$name" $i
	done | ldapmodify -Q -Y EXTERNAL -H "$main" >"$scratch/$name.changes" 2>&1 &
	writer=$!
	pids+=($!)
	wait_for grep -q modifying "$scratch/$name.changes"
}
# shellcheck disable=SC2317,SC2329  # called by busy
move() {
	local to=vcns
	[ $(($1 % 2)) = 0 ] || to=hosts
	local from=hosts
	[ $(($1 % 2)) = 0 ] || from=vcns
	printf 'dn: cn=n7,ou=%s,dc=c,dc=example\nchangetype: modrdn\nnewrdn: cn=n7\n' $from
	printf 'deleteoldrdn: 0\nnewsuperior: ou=%s,dc=c,dc=example\n\n' $to
}
# shellcheck disable=SC2317,SC2329
write_elsewhere() {
	printf 'dn: cn=user,dc=c,dc=example\nchangetype: modify\nreplace: description\n'
	printf 'description: %d\n\n' "$1"
}
slapd_modify main <<-LDIF
	dn: cn=user,dc=c,dc=example
	changetype: add
	objectClass: organizationalRole
	cn: user
LDIF

busy write_elsewhere
pull --page 10 read "$main"
cp "$scratch/err" "$scratch/first"
kill $writer
pull probe "$main"
csn_moved() {
	[ "$(grep ^csn "$scratch/first")" != "$(grep ^csn "$scratch/err")" ]
}
ok 'contextCSN moved during the read' csn_moved
ok 'but nothing of ours did: one read is enough' grep -q '^attempts: 1$' "$scratch/first"

busy move
expect 4 "changed during each of 4 reads|twice in each of 4 reads" \
	'an entry that moves to and fro: never consistent' --page 5 read "$main"
ok 'it was read four times' grep -q '^attempts: 4$' "$scratch/err"
ok 'nothing is delivered' test ! -s "$scratch/out"
kill $writer
expect 0 '^entries: 665$' 'when it has come to rest, it is there' read "$main"
expect 4 'is behind what was published last' 'a server that is behind the last read' \
	--last-csn 20991231235959.000000Z#000000#000#000000 read "$main"
stub behind behind
expect 0 '^entries: 4$' 'a server with an old state' "${ip_host[@]}" read "$(stub_uri behind)"
expect 0 "warning: this server is behind" 'after a newer one the next is used in its place' \
	"${ip_host[@]}" --last-csn "$(sed -n 's/^csn: //p' "$scratch/first")" \
	read "$(stub_uri behind)" "$main"

finish
