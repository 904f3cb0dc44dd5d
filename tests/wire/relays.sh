#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Networks behind relays, several networks on one wire, nodes that come to any of them, and clients
# of DHCPv6 that ask for no address: ISC dhcpd, Kea and dnsmasq say the same to each.
set -euo pipefail
. "$(dirname "$0")/../e2e/lib.sh"
LDAPCC_TEST_TIMEOUT=${LDAPCC_TEST_TIMEOUT:-300}
need sysctl
enter "$@"
need dhcpd kea-dhcp4 kea-dhcp6 dnsmasq
. "$(dirname "$0")/lib.sh"
cp "$wire/relays.ldif" "$site"
wire_up
client ip addr add 10.77.0.250/24 dev eth0
for relay in 10.90.0.250 10.93.0.0; do
	client ip addr add "$relay/32" dev eth0
	ip route add "$relay/32" dev srv
done


render '' || { cat "$scratch/findings"; exit 1; }
if grep ": error: " "$scratch/findings"; then exit 1; fi

# asked_of SERVER PROGRAM FAMILY ADDRESS
asked_of() {
	[ -e "$scratch/bin/$2" ] || cp "$(command -v "$2")" "$scratch/bin/"
	start "$1"
	client python3 "$wire/relays.py" ask "$3" eth0 "$4" "$scratch/$1.json"
	kill "$server" 2>/dev/null || sed 's/^/# /' "$scratch/$1.log" # it had ended already
	wait "$server" 2>/dev/null || true
}
asked_of dhcpd dhcpd 4 10.77.0.1
asked_of kea4 kea-dhcp4 4 10.77.0.1
asked_of dnsmasq dnsmasq 4 10.77.0.1
# relays reach it by an address, not by multicast
kea_interfaces='"srv", "srv/fd00:77::1"'
asked_of dhcpd6 dhcpd 6 fd00:77::1
asked_of kea6 kea-dhcp6 6 fd00:77::1
asked_of dnsmasq6 dnsmasq 6 fd00:77::1
python3 "$wire/relays.py" judge "$scratch"
