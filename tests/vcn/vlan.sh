#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# vlan.sh VCN - a VCN in a VLAN is asked for in that VLAN, and in no other. Two hosts on a
# trunk, with bridges that filter VLANs, which not every kernel has: so in user-mode Linux.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
# shellcheck source=SCRIPTDIR/uml.sh
. "$here/uml.sh"
enter_uml "$@" bridge tun veth nf_tables

# Two hosts, each with a bridge, and a trunk between them

unshare --net sleep infinity &
other=$!
there() { nsenter --net="/proc/$other/ns/net" -- "$@"; }
within 10 there true
ip link add up0 type veth peer name up1 netns "$other"
for host in "" there; do
	$host ip link add br0 type bridge vlan_filtering 1
	$host ip link set br0 up
done
ip link set up0 master br0 up
there ip link set up1 master br0 up
for vlan in 7 8; do
	bridge vlan add vid "$vlan" dev up0
	there bridge vlan add vid "$vlan" dev up1
done

sed "s,$work/run,$work/run2,; s,$work/scratch,$work/scratch2,; s,$work/lib/,$work/lib2/," \
	"$work/vcn.yaml" >"$work/vcn2.yaml"

# manifest_for HOST SERIAL VLAN ADDRESS
manifest_for() {
	"$here/trailer.py" <<-END
		manifest: 1
		host: "$1.c.example"
		serial: $2
		vcns:
		  - name: vcn001
		    fqdn: vcn001.c.example
		    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-000000000001
		    memory: 16
		    cpus: 1
		    image: {path: "$work/images/idle.img", format: raw}
		    interfaces: [{mac: "02:5a:00:00:00:01", bridge: br0, vlan: $3, addresses: [$4]}]
	END
}
second() {
	there "$VCN" --config "$work/vcn2.yaml" --manifest "$work/manifest2.yaml" \
		--host node02.c.example "$@"
}
second_is() { { second status vcn001 || true; } | grep -q "^vcn001 *$1 "; }

# A guest that halts at once is never ready, which is all that is wrong with it.
manifest_for node01 1 7 '10.98.0.1, "2001:db8::1"' >"$work/manifest.yaml"
ok "a VCN in a VLAN" exits 5 vcn apply
ok "starts" says "runs, but is not ready"
tap=$(field vcn001 taps | tr -dc 'a-z0-9')
ok "in its VLAN alone" equal "$(bridge vlan show dev "$tap" | tail -n +2 | xargs)" \
	"$tap 7 PVID Egress Untagged"
# This kernel may have nf_tables without the netdev family: then guests start all the same.
ok "and filtered, if the kernel can" equal "$(field vcn001 filtered)" \
	"$(nft add table netdev probe 2>/dev/null && echo true || echo false)"
manifest_for node02 2 7 '"2001:db8::1"' >"$work/manifest2.yaml"
ok "the same on another host" exits 5 second apply
ok "is answered for in the VLAN" says "waits: .*its address 2001:db8::1 is answered for"
ok "stop" exits 0 second stop vcn001
manifest_for node02 3 8 10.98.0.1 >"$work/manifest2.yaml"
ok "in another VLAN it is another one" exits 5 second apply
ok "which starts" says "runs, but is not ready"
ok "kill" exits 0 second kill vcn001
manifest_for node02 4 7 10.98.0.1 >"$work/manifest2.yaml"
ok "in its own again" exits 5 second apply
ok "it waits" second_is waiting
ok "as its IPv4 address is answered for" says "10.98.0.1 is answered for"
ok "it ends on the first host" exits 0 vcn kill vcn001
ok "and starts on the second" within 30 second_is degraded
ok "the end" exits 0 second kill vcn001
kill "$other"

# A bridge that puts no port into a VLAN by itself

new_bridge() { # DEFAULT-VLAN
	ip link del br0
	ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid "$1"
	ip link set br0 up
}
new_bridge 0
manifest_for node01 5 7 "" | sed '$d; s/vlan: 7, //' >"$work/manifest.yaml"
ok "no VLAN, where there is no other" exits 5 vcn apply
ok "is told" says "filters VLANs, and has none for ports that name none .*needs a 'vlan'"
ok "starts nothing" no_qemu
ok "preflight" exits 7 "$VCN" --config "$work/vcn.yaml" --host node01.c.example check "$work/manifest.yaml"
ok "says it as well" says "the interface needs a 'vlan'"
new_bridge 1
ok "with one it starts" exits 5 vcn start vcn001
ok "in that" equal "$(bridge vlan show dev "$(field vcn001 taps | tr -dc 'a-z0-9')" | tail -n +2 | xargs)" \
	"$tap 1 PVID Egress Untagged"
ok "the very end" exits 0 vcn kill vcn001
finish_tests
