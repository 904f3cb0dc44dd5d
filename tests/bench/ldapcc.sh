#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ldapcc.sh LDAPCC PULL [NODES…] - how long ldapcc takes, as ratios in one run
#
# Against a private slapd, over ldapi, medians of five processes; build without sanitizers
# (`meson setup -Dbuildtype=release`). Times of other runs or machines mean nothing.
set -euo pipefail
# shellcheck source=../slapd/lib.sh
. "$(dirname "$0")/../slapd/lib.sh"

ldapcc=$(realpath "$1")
bare=$(realpath "$2")
shift 2
[ $# -gt 0 ] || set -- 1000 10000 100000
attributes="objectClass cn macAddress ipHostNumber vocAlias vocEnabled vocMemory vocCPUs
	vocInstallProfile vocInstall vocPhysicalHost vocImage vocVirtualOrganization
	serialNumber l"
rounds=5

# median COMMAND…: seconds of the middle one of $rounds runs, after PREPARE before each
median() {
	local i
	for ((i = 0; i < rounds; i++)); do
		${PREPARE:-true}
		python3 - "$@" <<-'PYTHON'
			import subprocess, sys, time
			start = time.monotonic()
			subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
			print(f"{time.monotonic() - start:.6f}")
		PYTHON
	done | sort -n | sed -n "$((rounds / 2 + 1))p"
}

# ratio NAME A B GOAL
ratio() {
	python3 -c 'import sys
name, a, b, goal = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
print(f"  {name:<58} {a / b:6.2f}   (goal {goal})")' "$@"
}

address=0
change_one() {
	address=$((address + 1))
	printf 'dn: cn=h000001,ou=hosts,%s\nchangetype: modify\nreplace: serialNumber\nserialNumber: N%s\n-\nreplace: vocAlias\nvocAlias: changed%s\n' \
		"$SUFFIX" "$address" "$address" | slapd_modify bench
}

start_over() { rm -rf "$scratch/root"; }

awk_files() {
	# shellcheck disable=SC2086 # a list of words
	ldapsearch -LLL -o ldif-wrap=no -Q -Y EXTERNAL -H "$uri" -b "$SUFFIX" '(objectClass=ipHost)' \
		cn macAddress ipHostNumber 2>/dev/null | awk -v dir="$scratch" '
		/^cn: / { cn = $2 } /^macAddress: / { mac = $2 } /^ipHostNumber: / { ip = $2 }
		/^$/ { print ip, cn > (dir "/awk.hosts")
			printf "host %s { hardware ethernet %s; fixed-address %s; }\n", cn, mac, ip > (dir "/awk.dhcp") }'
}
export -f awk_files
export scratch SUFFIX

peak() {
	python3 - "$@" <<-'PYTHON'
		import resource, subprocess, sys
		subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	PYTHON
}

measure() {
	local nodes=$1 pulled first daily idle probe awk empty full
	slapd_new bench
	python3 "$(dirname "$0")/make-site.py" "$nodes" >"$scratch/site.ldif"
	slapd_load bench "$scratch/site.ldif"
	slapd_start bench
	uri=$(slapd_uri bench)
	export uri
	cat >"$scratch/settings.yaml" <<-END
		directory: {uri: "$uri", base: "$SUFFIX", page-size: 4000}
	END
	run=("$ldapcc" --config "$scratch/settings.yaml" --root "$scratch/root" --quiet apply)
	# shellcheck disable=SC2086 # a list of words
	pulled=$(median "$bare" "$uri" "$SUFFIX" '(|(objectClass=ipHost)(objectClass=vocVirtualNode))' \
		$attributes)
	first=$(PREPARE=start_over median "${run[@]}")
	tar -C "$scratch/root" -cf "$scratch/tree.tar" etc srv
	unpack=$(PREPARE=start_over median sh -c "mkdir $scratch/root && tar -C $scratch/root -xf $scratch/tree.tar && sync -f $scratch/root")
	start_over
	"${run[@]}"
	daily=$(PREPARE=change_one median "${run[@]}")
	idle=$(median "${run[@]}")
	probe=$(median ldapsearch -LLL -Q -Y EXTERNAL -H "$uri" -b "$SUFFIX" -s base contextCSN)
	awk=$(median bash -c awk_files)
	empty=$(peak "$ldapcc" --version)
	full=$(change_one && peak "${run[@]}")
	echo "$nodes nodes:"
	ratio "everyday apply / bare pull of its attributes" "$daily" "$pulled" "<= 1.00"
	ratio "first apply / (bare pull + tar x of the same tree + sync)" "$first" \
		"$(python3 -c "print($pulled + $unpack)")" "<= 1.30"
	ratio "no-change apply / contextCSN search by ldapsearch" "$idle" "$probe" "<= 1.00"
	ratio "everyday apply / ldapsearch | awk, two files" "$daily" "$awk" "<= 0.60"
	ratio "peak memory above the program's own, KiB a node" "$((full - empty))" "$nodes" "<= 1.00"
	slapd_stop bench
	rm -rf "${scratch:?}/bench" "$scratch/root"
}

for nodes in "$@"; do
	measure "$nodes"
done
