#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# From ISC dhcpd to Kea by two lines of the settings, as ldapcc-adopting(7) tells it: every
# fixed client is told the same by both, and nobody's leases are touched.
set -euo pipefail
. "$(dirname "$0")/../e2e/lib.sh"
LDAPCC_TEST_TIMEOUT=${LDAPCC_TEST_TIMEOUT:-300}
enter "$@"
confined dhcpd kea-dhcp4
plan 12
wire=$SOURCE_ROOT/tests/wire
site=$wire/site.ldif
tree=$scratch/etc
mount -t tmpfs tmpfs /run
mkdir -p /run/kea "$tree"

unshare --net sleep infinity &
client=$!
pids+=("$client")
wait_for client_is_there
ip link add srv type veth peer name eth0 netns "$client"
ip addr add 10.77.0.1/24 dev srv
ip addr add 10.78.0.1/24 dev srv
ip link set srv up
client ip link set eth0 up
wait_for link_is_up eth0

# settings_of LINE…: the targets
settings_of() {
	cat >"$scratch/site.yaml" <<-END
		templates: []
		state: $scratch/state
		targets:
		  dnsmasq: off
		  dnsmasq-hosts: off
		  kickstart: off
		  kickstart-repos: off
		  manifest: off
	END
	printf '  %s\n' "$@" >>"$scratch/site.yaml"
}
dhcpd_line="dhcpd: {path: $tree/ldapcc.conf, main: $tree/dhcpd.conf, on-change: none}"
kea_line="kea-dhcp4: {path: $tree/ldapcc-dhcp4.conf, main: $tree/kea-dhcp4.conf, on-change: none}"
printf '%s\n' 'authoritative;' 'ping-check false;' "include \"$tree/ldapcc.conf\";" >"$tree/dhcpd.conf"
# the example of the manual, with this test's places
sed -n '/^  "Dhcp4": {$/,/^  }$/p' "$SOURCE_ROOT/man/ldapcc-adopting.7.scd" |
	sed "1i {
		\$a }
		s|\"eth0\"|\"srv\"|; s|\"memfile\"|\"memfile\", \"name\": \"$scratch/kea.leases\"|
		s|/etc/kea/|$tree/|" >"$tree/kea-dhcp4.conf"
: >"$scratch/dhcpd.leases"
chmod -R a+rX "$scratch"

# ask NAME: the answers to every client
ask() { client python3 "$wire/parity.py" ask 4 eth0 "$site" "$scratch/$1.json"; }
stop_server() {
	kill "$server"
	wait "$server" || true
}
same_fixed() { python3 "$wire/parity.py" same "$site" "$scratch/dhcpd.json" "$scratch/kea.json"; }

settings_of "$dhcpd_line"
exits 0 'the site with dhcpd' site --ldif "$site" apply
dhcpd -4 -f -cf "$tree/dhcpd.conf" -lf "$scratch/dhcpd.leases" -pf "$scratch/dhcpd.pid" srv \
	>"$scratch/dhcpd.log" 2>&1 &
server=$!
pids+=("$server")
ok 'its clients are told' ask dhcpd
stop_server
cp "$scratch/dhcpd.leases" "$scratch/leases.before"

settings_of 'dhcpd: off' "$kea_line"
exits 2 'two lines later, diff shows the new file' site --ldif "$site" diff
ok '… which is' prints 'ldapcc-dhcp4.conf'
exits 3 'apply asks once: a target is dropped' site --ldif "$site" apply
accept=$(sed -n "s/.*--accept \([^' ]*\).*/\1/p" "$scratch/err" | head -n 1)
exits 0 'accepted' site --ldif "$site" apply --accept "$accept"
ok "dhcpd's leases are as they were" cmp "$scratch/leases.before" "$scratch/dhcpd.leases"
ok "dhcpd's file stays, as his own may still include it" test -e "$tree/ldapcc.conf"
ok "Kea's leases are its own to begin" test ! -e "$scratch/kea.leases"

KEA_PIDFILE_DIR=$scratch KEA_LOCKFILE_DIR=none \
	kea-dhcp4 -c "$tree/kea-dhcp4.conf" >"$scratch/kea.log" 2>&1 &
server=$!
pids+=("$server")
ok 'Kea tells them' ask kea
stop_server
ok 'the same to every one that has an address' same_fixed
exits 0 'and the site stands' site --ldif "$site" status
finish
