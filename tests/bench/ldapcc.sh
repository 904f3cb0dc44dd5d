#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ldapcc.sh LDAPCC PULL - how long ldapcc takes, as ratios in one run (README.md)
#
# Against a private slapd, over ldapi; build without sanitizers (`meson setup
# -Dbuildtype=release`). BENCH_NODES names the sizes (1000 and 10000), BENCH_ROUNDS the
# processes of a median (5), BENCH_CHANGES the changes that `watch` sees (10). Times of other
# runs or machines mean nothing.
set -euo pipefail
# shellcheck source=../slapd/lib.sh
. "$(dirname "$0")/../slapd/lib.sh"

here=$(dirname "$(realpath "$0")")
ldapcc=$(realpath "$1")
pull=$(realpath "$2")
read -r -a sizes <<<"${BENCH_NODES:-1000 10000}"

# measure NODES [faults]: one directory, and its table
measure() {
	slapd_new bench
	python3 "$here/make-site.py" "$@" >"$scratch/site.ldif"
	slapd_load bench "$scratch/site.ldif"
	rm "$scratch/site.ldif"
	slapd_start bench
	mkdir "$scratch/work"
	python3 "$here/measure.py" "$ldapcc" "$pull" "$(slapd_uri bench)" "$SUFFIX" \
		"$scratch/work" "$@" | tee "$scratch/table" | grep -v '^growth '
	grep '^growth ' "$scratch/table" >>"$scratch/growth${2:-}"
	slapd_stop bench
	rm -rf "${scratch:?}/bench" "$scratch/work"
}

# From one size to the next: the everyday apply, wall and processor time.
growth() {
	[ -e "$scratch/growth${1:-}" ] || return 0
	awk -v what="${1:+, with findings}" 'NR > 1 {
		printf "%d to %d nodes%s: wall %.2f, processor %.2f times (goal <= %.1f)\n",
			nodes, $2, what, $3 / wall, $4 / cpu, 1.1 * $2 / nodes }
		{ nodes = $2; wall = $3; cpu = $4 }' "$scratch/growth${1:-}"
}

for nodes in "${sizes[@]}"; do
	measure "$nodes"
done
for nodes in "${sizes[@]}"; do
	measure "$nodes" faults
done
growth
growth faults
