#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# joins.sh LDAPCC - what joins cost: hosts as FreeIPA keeps them, against the same in our schema,
# as ratios of processor time in one run, without a server, whose work would hide it; and how it
# grows. Build without sanitizers (`meson setup -Dbuildtype=release`). BENCH_HOSTS names the sizes
# (10000 and 100000), BENCH_ROUNDS the runs of which the quickest counts (3).
set -euo pipefail

here=$(dirname "$(realpath "$0")")
ldapcc=$(realpath "$1")
read -r -a sizes <<<"${BENCH_HOSTS:-10000 100000}"
work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-joins.XXXXXX")
trap 'rm -rf "$work"' EXIT
LDAPCC_DATADIR=$(realpath "$here/../..")
export LDAPCC_DATADIR

python3 "$here/make-ipa.py" shared >"$work/shared.ldif"
printf 'directory: {schema: freeipa, also: %s}\n' "$work/shared.ldif" >"$work/freeipa.yaml"
printf 'directory: {schema: ldapcc}\n' >"$work/ours.yaml"

# once SHAPE SIZE: processor milliseconds of one run; what was rendered is in $work/SHAPE.out
once() {
	local TIMEFORMAT='%3U %3S'
	{
		time "$ldapcc" --config "$work/$1.yaml" --ldif "$work/$1-$2.ldif" render \
			dnsmasq-hosts dhcpd >"$work/$1.out" 2>"$work/$1.err"
	} 2>&1 | tr -d . | awk '{ print $1 + $2 }'
}

# quickest SHAPE SIZE: of several runs
quickest() {
	local round best=0 took
	for ((round = 0; round < ${BENCH_ROUNDS:-3}; round++)); do
		took=$(once "$1" "$2")
		[ "$best" -gt 0 ] && [ "$best" -le "$took" ] || best=$took
	done
	echo "$best"
}

# The two sites are one, or the figures say nothing.
compare() {
	local shape
	for shape in ours freeipa; do
		grep -E '^10\.|fixed-address' "$work/$shape.out" | sort >"$work/$shape.hosts"
	done
	cmp "$work/ours.hosts" "$work/freeipa.hosts"
	[ "$(wc -l <"$work/ours.hosts")" = $((2 * $1)) ]
}

before=0
for size in "${sizes[@]}"; do
	for shape in ours freeipa; do
		python3 "$here/make-ipa.py" "$size" $shape >"$work/$shape-$size.ldif"
	done
	ours=$(quickest ours "$size")
	freeipa=$(quickest freeipa "$size")
	compare "$size"
	awk -v n="$size" -v a="$ours" -v b="$freeipa" 'BEGIN {
		printf "%d hosts, joined / ours: %.2f (goal <= 1.30)\n", n, b / a }'
	[ "$before" = 0 ] || awk -v m="$before" -v n="$size" -v a="$last" -v b="$freeipa" 'BEGIN {
		printf "%d to %d hosts, joined: %.2f times (goal <= %.1f)\n", m, n, b / a, 1.1 * n / m }'
	before=$size
	last=$freeipa
	rm "$work"/*-"$size".ldif
done
