#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# targets.sh LDAPCC [NODES…] - what each target for DHCP and DNS costs beside dhcpd, and what its
# server needs to read it
#
# Processor time of one process, the least of five, as ratios in one run. Each target is rendered
# by ten templates of the same text, so that reading and checking the site, which is taken off, is
# not most of it. Build without sanitizers. What a server needs is its own check of the file,
# beside our rendering of it.
set -euo pipefail
# shellcheck source=../slapd/lib.sh
. "$(dirname "$0")/../slapd/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
here=$(dirname "$(realpath "$0")")
ldapcc=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- 100000
rounds=${BENCH_ROUNDS:-5}
copies=10
export KEA_LOCKFILE_DIR=none KEA_PIDFILE_DIR=$scratch

# cost COMMAND…: its seconds of processor time, the least of $rounds
cost() {
	python3 - "$rounds" "$@" <<-'PYTHON'
		import resource, subprocess, sys
		def used():
		    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
		    return usage.ru_utime + usage.ru_stime
		def run():
		    before = used()
		    subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL,
		                   stderr=subprocess.DEVNULL)
		    return used() - before
		print(f"{min(run() for _ in range(int(sys.argv[1]))):.6f}")
	PYTHON
}

# row NAME SECONDS OF [GOAL]
row() {
	python3 -c 'import sys
name, a, b = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
goal = f"   (goal <= {sys.argv[4]})" if len(sys.argv) > 4 else ""
print(f"  {name:<48} {a / b:6.2f}{goal}")' "$@"
}

# Every node and network has its IPv6 address as well.
both_families() {
	python3 "$here/make-site.py" "$1" | awk '
		/^$/ {
			print
			if (network != "") {
				printf "dn: cn=six%s,ou=networks,dc=c,dc=example\nobjectClass: vocIPNetwork\n", network
				printf "cn: six%s\nipNetworkNumber: fd00:%s::/64\n", network, network
				printf "vocDHCPInterface: lo\n\n"
			}
			network = ""
			next
		}
		/^ipNetworkNumber: 10\./ { split($2, part, "."); network = part[2] }
		/^ipHostNumber: 10\./ {
			split($2, part, ".")
			printf "ipHostNumber: fd00:%s::%x:%x\n", part[2], part[3], part[4]
		}
		{ print }'
}

targets="dhcpd dhcpd6 kea-dhcp4 kea-dhcp6 dnsmasq-dhcp dnsmasq-dhcp-hosts dnsmasq dnsmasq-hosts
	zones-bind zones-nsd zones-knot"

# line NAME TARGET: of the settings
line() {
	case $2 in
	zones-*) echo "  $1: {path: \"/$1/{{name}}.zone\"}" ;;
	*) echo "  $1: {path: /$1}" ;;
	esac
}

# settings LINE…: these targets and the two that others name; all that is set is rendered, so
# nothing else is
settings() {
	local target
	mkdir -p "$scratch/templates"
	printf -- '---\npath: /nothing\nlanguage: text\n---\n' >"$scratch/templates/nothing"
	{
		echo "templates: [$scratch/templates]"
		echo "targets:"
		for target in dhcpd dnsmasq kickstart kickstart-repos manifest; do
			case "$*" in *"  $target:"*) ;; *) echo "  $target: off" ;; esac
		done
		printf '%s\n' '  nothing: {}' "$(line dnsmasq-hosts dnsmasq-hosts)" \
			"$(line dnsmasq-dhcp-hosts dnsmasq-dhcp-hosts)" "$@"
	} >"$scratch/settings.yaml"
}

# copies_of TARGET: the lines of as many templates of its text
copies_of() {
	local i
	for ((i = 0; i < copies; i++)); do
		cp "$here/../../templates/$1" "$scratch/templates/$1-copy$i"
		line "$1-copy$i" "$1"
	done
}

render=("$ldapcc" --quiet --config "$scratch/settings.yaml" --ldif "$scratch/site.ldif" render)

# server TARGET PROGRAM ARGUMENT…: the server's own reading of it, where it is installed
server() {
	local target=$1 name=$2 seconds
	shift
	command -v "$name" >/dev/null || {
		echo "  # $name is not installed"
		return
	}
	seconds=$(cost "$@")
	row "$name reads $target / our rendering" "$seconds" "${costs[$target]}"
}

kea_file() { # 4|6
	printf '{"Dhcp%s": {"interfaces-config": {"interfaces": []}, "lease-database": {"type": "memfile", "persist": false},\n<?include "%s"?>\n}}\n' \
		"$1" "$scratch/out/kea-dhcp$1" >"$scratch/kea$1.conf"
}

servers() {
	local zone=$scratch/out/zones-bind/c.example.zone
	: >"$scratch/leases"
	server dhcpd dhcpd -4 -t -cf "$scratch/out/dhcpd" -lf "$scratch/leases"
	server dhcpd6 dhcpd -6 -t -cf "$scratch/out/dhcpd6" -lf "$scratch/leases"
	kea_file 4
	kea_file 6
	server kea-dhcp4 kea-dhcp4 -t "$scratch/kea4.conf"
	server kea-dhcp6 kea-dhcp6 -t "$scratch/kea6.conf"
	server dnsmasq dnsmasq --test -C "$scratch/out/dnsmasq"
	server zones-bind named-checkzone c.example "$zone"
	server zones-nsd nsd-checkzone c.example "$zone"
	server zones-knot kzonecheck -o c.example "$zone"
}

declare -A costs
measure() {
	local target nothing lines=()
	both_families "$1" >"$scratch/site.ldif"
	settings
	nothing=$(cost "${render[@]}")
	for target in $targets; do
		mapfile -t lines < <(copies_of "$target")
		settings "${lines[@]}"
		costs[$target]=$(cost "${render[@]}")
		costs[$target]=$(python3 -c "print(max((${costs[$target]} - $nothing) / $copies, 1e-6))")
	done
	echo "$1 nodes, each with two addresses:"
	for target in $targets; do
		row "$target / dhcpd" "${costs[$target]}" "${costs[dhcpd]}" 1.00
	done
	lines=()
	for target in $targets; do
		[[ $target == dnsmasq-*hosts ]] || lines+=("$(line "$target" "$target")")
	done
	settings "${lines[@]}"
	"${render[@]}" -o "$scratch/out"
	servers
}

for nodes in "$@"; do
	measure "$nodes"
done
