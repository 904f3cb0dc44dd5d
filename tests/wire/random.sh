#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Sites drawn by lot: ISC dhcpd, Kea and dnsmasq say the same to every client in them, but for what
# `ldapcc check` says that they cannot. One site a seed, and the same for the same seed. That of every
# run takes a minute, and has networks of both families and a client in two of them; 48 and 156 have
# bonds, VLANs, InfiniBand and guests:
#
#	WIRE_SEEDS="$(seq -s ' ' 100)" LDAPCC_TEST_TIMEOUT=7200 tests/wire/random.sh LDAPCC
#
# WIRE_KEEP=FOLDER keeps what differed, a folder a seed.
set -euo pipefail
. "$(dirname "$0")/../e2e/lib.sh"
LDAPCC_TEST_TIMEOUT=${LDAPCC_TEST_TIMEOUT:-500}
need sysctl
enter "$@"
need dhcpd kea-dhcp4 kea-dhcp6 dnsmasq
. "$(dirname "$0")/lib.sh"
clients=$scratch/clients.json

# is_up NAME: has it said so? dhcpd writes its pid when it listens.
# shellcheck disable=SC2317  # called by wait_for
is_up() {
	case $1 in
	dhcpd*) [ -s "$scratch/$1.pid" ] ;;
	*) grep -qE 'DHCP[46]_STARTED|DHCP, sockets bound' "$scratch/$1.log" ;;
	esac
}

# drawn_asks SERVER PROGRAM FAMILY
drawn_asks() {
	local result=0
	[ -e "$scratch/bin/$2" ] || cp "$(command -v "$2")" "$scratch/bin/"
	rm -f "$scratch/$1.pid" "$scratch/$1.leases"
	start "$1"
	wait_for is_up "$1" &&
		client python3 "$wire/drawn.py" ask "$3" eth0 "$clients" "$scratch/$1.json" || result=1
	kill "$server" 2>/dev/null || result=1 # it had ended already
	wait "$server" 2>/dev/null || true
	asked+=("$1=$scratch/$1.json")
	[ "$result" = 0 ] || sed 's/^/# /' "$scratch/$1.log"
	return "$result"
}

# All servers of the site that $1 draws
agrees() {
	asked=()
	python3 "$wire/drawn.py" make "$1" "$site" "$clients"
	if ! render '' || grep -q ': error: ' "$scratch/findings"; then
		grep ': error: ' "$scratch/findings"
		return 1
	fi
	drawn_asks dhcpd dhcpd 4 && drawn_asks kea4 kea-dhcp4 4 && drawn_asks dnsmasq dnsmasq 4 ||
		return 1
	if grep -q '"family": 6' "$clients"; then
		drawn_asks dhcpd6 dhcpd 6 && drawn_asks kea6 kea-dhcp6 6 &&
			drawn_asks dnsmasq6 dnsmasq 6 || return 1
	fi
	python3 "$wire/drawn.py" judge "$site" "$clients" "$scratch/findings" "${asked[@]}"
}

# shellcheck disable=SC2317  # called by ok
seed() {
	agrees "$1" && return
	echo "# as: WIRE_SEEDS=$1 $0"
	[ -z "${WIRE_KEEP:-}" ] || { mkdir -p "$WIRE_KEEP" && cp -r "$scratch" "$WIRE_KEEP/$1"; }
	return 1
}

wire_up
read -ra seeds <<<"${WIRE_SEEDS:-9}"
plan ${#seeds[@]}
for one in "${seeds[@]}"; do
	ok "seed $one" seed "$one"
done
finish
