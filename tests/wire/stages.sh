#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Firmware, iPXE and the system of one machine are one client for every server, also where each
# calls itself otherwise; InfiniBand ports, which have nothing else, are one each.
set -euo pipefail
. "$(dirname "$0")/../e2e/lib.sh"
enter "$@"
need dhcpd kea-dhcp4 dnsmasq
plan 27
. "$(dirname "$0")/lib.sh"
wire_up

network='dn: cn=net,dc=c,dc=example
objectClass: vocIPNetwork
cn: net
ipNetworkNumber: 10.77.0.0/24
vocDynamicRange: 10.77.0.100 10.77.0.120
'
# host NAME MAC ADDRESS
host() {
	printf '%s\n' '' "dn: cn=$1,dc=c,dc=example" 'objectClass: device' 'objectClass: ipHost' \
		'objectClass: ieee802Device' "cn: $1" "macAddress: $2" "ipHostNumber: $3"
}

# asked_of SERVER PROGRAM WHAT
asked_of() {
	[ -e "$scratch/bin/$2" ] || cp "$(command -v "$2")" "$scratch/bin/"
	start "$1"
	client python3 "$wire/stages.py" ask "$3" eth0 "$scratch/$1.json"
	kill "$server" 2>/dev/null || sed 's/^/# /' "$scratch/$1.log" # it had ended already
	wait "$server" 2>/dev/null || true
	asked+=("$1=$scratch/$1.json")
}
ask_all() {
	asked=()
	render '' || { cat "$scratch/findings"; exit 1; }
	asked_of dhcpd dhcpd "$1"
	asked_of kea4 kea-dhcp4 "$1"
	asked_of dnsmasq dnsmasq "$1"
}

{ printf '%s' "$network"; host n1 02:00:00:00:53:01 10.77.0.11; } >"$site"
ask_all machines
failed=0
python3 "$wire/stages.py" judge machines "${asked[@]}" || failed=1
{
	printf '%s' "$network"
	host ib1 00:02:c9:03:00:00:10:01 10.77.0.21
	host ib2 00:02:c9:03:00:00:10:02 10.77.0.22
} >"$site"
ask_all ports
POINTS=15 python3 "$wire/stages.py" judge ports "${asked[@]}" || failed=1
exit "$failed"
