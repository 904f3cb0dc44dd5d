#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The parity matrix is seen to fail: for each server a site's template with one mistake in it,
# and a warning that is lost; the cell has to be named.
set -euo pipefail
. "$(dirname "$0")/../e2e/lib.sh"
LDAPCC_TEST_TIMEOUT=${LDAPCC_TEST_TIMEOUT:-300}
enter "$@"
. "$(dirname "$0")/lib.sh"
need dhcpd kea-dhcp4 dnsmasq
plan 7
wire_up

judge() { python3 "$wire/parity.py" judge "$site" "$1" "$2=$scratch/$2.json" >"$scratch/judged"; }

# names SERVER LINE: the judgement is against it, for that alone
names() {
	! judge "${3:-$scratch/findings}" "$1" || return
	grep -E "^# $1: " "$scratch/judged" | head -n 3
	grep -qxF "not ok 2 - $1 tells its clients what the model says" "$scratch/judged" &&
		grep -qxF -- "# $1: $2" "$scratch/judged"
}
# alone ATTRIBUTE: differs in the matrix, and nothing else does
alone() { [ "$(grep DIFFERS "$scratch/judged" | sed -E 's/^# (.{14}) .*/\1/; s/ *$//')" = "$1" ]; }

# planted TEMPLATE FROM TO: the site's own, with one mistake
planted() {
	rm -rf "$scratch/templates"
	mkdir "$scratch/templates"
	sed "s|$2|$3|" "$SOURCE_ROOT/templates/$1" >"$scratch/templates/$1"
	! cmp -s "$SOURCE_ROOT/templates/$1" "$scratch/templates/$1" || return
	render "$scratch/templates"
}

planted dhcpd-subnet 'interface-mtu {{mtu}}' 'interface-mtu 1401'
ask dhcpd dhcpd
ok 'dhcpd: a wrong MTU' names dhcpd '02:00:00:00:53:01 as bios: mtu is 1401, not 1400'
ok '… and nothing else' alone mtu

planted kea-dhcp4-client-classes "hex == 'iPXE'" "hex == 'gPXE'"
ask kea4 kea-dhcp4
ok 'Kea: an iPXE that is not known gets its own loader again' names kea4 \
	'02:00:00:00:53:01 as ipxe-bios: boot file is undionly.kpxe, not http://boot.c.example/menu.ipxe'
ok '… and nothing else' alone 'boot file'

planted dnsmasq-dhcp-boot '^dhcp-option-force=.*' ''
ask dnsmasq dnsmasq
ok 'dnsmasq: a client of HTTP boot is not told its class' names dnsmasq \
	'02:00:00:00:53:01 as http: class is None, not HTTPClient'
ok '… and nothing else' alone class
: >"$scratch/none"
ok 'what it cannot tell is a fault where no warning says so' names dnsmasq \
	"02:00:00:00:53:01 as bios: option 17 is None, not $(printf '/srv/root "with, blanks"' | od -An -tx1 | tr -d ' \n')" \
	"$scratch/none"
finish
