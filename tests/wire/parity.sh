#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The parity matrix: ISC dhcpd, Kea and dnsmasq, for IPv4 and IPv6, each asked over a veth
# pair as every kind of client that site.ldif has, and compared with what the model says.
# A server that is not installed is left out, and said so.
set -euo pipefail
. "$(dirname "$0")/../e2e/lib.sh"
LDAPCC_TEST_TIMEOUT=${LDAPCC_TEST_TIMEOUT:-300}
need sysctl
enter "$@"
. "$(dirname "$0")/lib.sh"

keep() { [ -z "${PARITY_KEEP:-}" ] || { rm -rf "$PARITY_KEEP"; cp -r "$scratch" "$PARITY_KEEP"; }; }
trap "keep; leave" EXIT
wire_up
wants() { [ -z "${PARITY_ONLY:-}" ] || [ "$1" = "$PARITY_ONLY" ]; }
render '' || { cat "$scratch/findings"; exit 1; }
if grep ": error: " "$scratch/findings"; then exit 1; fi
wants dhcpd && ask dhcpd dhcpd
wants kea4 && ask kea4 kea-dhcp4
wants dnsmasq && ask dnsmasq dnsmasq
wants dhcpd6 && ask dhcpd6 dhcpd
wants kea6 && ask kea6 kea-dhcp6
wants dnsmasq6 && ask dnsmasq6 dnsmasq
[ "${#asked[@]}" -gt 0 ] || skip_all 'no DHCP server is installed'

python3 "$wire/parity.py" judge "$site" "$scratch/findings" "${asked[@]}"
