#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The targets for guests, each read by the program itself: seeds by cloud-init. The site is
# contrib/example, and the case 38-seeds for what that has not.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
plan 5

cat >"$scratch/guests.yaml" <<-'YAML'
	targets: {nocloud: , nocloud-network-config: , nocloud-user-data: }
YAML
render() {
	"$LDAPCC" --config "$scratch/guests.yaml" --ldif "$1" render -o "$2" \
		nocloud nocloud-network-config nocloud-user-data
}
ok 'the targets are rendered' render "$SOURCE_ROOT/contrib/example/cluster.ldif" "$scratch/tree"
ok 'and those of the case with two NICs' \
	render "$SOURCE_ROOT/tests/cases/38-seeds/input.ldif" "$scratch/tree"
seeds=$scratch/tree/srv/ldapcc/kickstart/nocloud

if command -v cloud-init >/dev/null; then
	ok 'cloud-init: the user data is what it knows' \
		cloud-init schema --config-file "$seeds/two.c.example/user-data"
	convert() {
		rm -rf "$scratch/net"
		cloud-init devel net-convert -p "$seeds/$1/network-config" -k yaml -d "$scratch/net" \
			-D debian -O eni && cat "$scratch/net/etc/network/interfaces.d/50-cloud-init"
	}
	has_lines() {
		local fqdn=$1 line
		shift
		convert "$fqdn" >"$scratch/lines" || return
		cat "$scratch/lines"
		for line in "$@"; do
			grep -qxE " *$line" "$scratch/lines" || return
		done
	}
	ok 'cloud-init: the address, the gateway, the MTU of a VCN' has_lines vcn001.c.example \
		'address 10\.20\.1\.1/16' 'gateway 10\.20\.0\.1' 'mtu 1500' 'dns-nameservers 10\.10\.0\.2'
	ok 'cloud-init: two NICs, both families, and a route' has_lines two.c.example \
		'gateway 10\.1\.0\.1' 'address fd00:1::9/64' 'gateway fd00:1::1' \
		'address 10\.2\.0\.9/24' 'post-up route add -net 10\.3\.0\.0/16 gw 10\.2\.0\.254.*'
else
	for point in 'user data' 'a VCN' 'two NICs'; do
		report 0 "cloud-init: $point # SKIP cloud-init is not installed"
	done
fi
finish
