#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# move.sh VCN - two hosts on one wire: a VCN that still answers elsewhere is waited for, and
# moves when it is stopped there. The second host is a network namespace.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge

second_host
there ip link set up1 up
there ip addr add 10.99.0.9/24 dev up1
there ip addr add 2001:db8::101/64 dev up1 nodad

# one SERIAL ADDRESSES - a manifest of one guest
one() {
	begin_manifest "$1"
	guest vcn001
	sed -i "s/bridge: br0}/bridge: br0, addresses: [$2]}/" "$work/body.yaml"
	end_manifest whole
}

# From the directory's word to a guest that waits: the manifest as ldapcc writes it

cat >"$work/site.ldif" <<'SITE'
dn: cn=c.example,dc=c,dc=example
objectClass: vocCluster
cn: c.example
vocDomain: c.example

dn: cn=net,ou=networks,dc=c,dc=example
objectClass: vocIPNetwork
cn: net
ipNetworkNumber: 10.99.0.0/24
vocBridge: br0
vocIsolated: TRUE

dn: cn=node01,ou=hosts,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
objectClass: vocPhysicalNode
cn: node01
ipHostNumber: 10.99.0.5
macAddress: 02:5a:00:00:01:05

dn: cn=vcn001,ou=vcns,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
objectClass: vocVirtualNode
cn: vcn001
ipHostNumber: 10.99.0.101
macAddress: 02:5a:00:00:00:01
vocPhysicalHost: cn=node01,ou=hosts,dc=c,dc=example
vocImage: cn=test,ou=images,dc=c,dc=example
vocMemory: 96
vocCPUs: 1
SITE
cat >>"$work/site.ldif" <<-SITE

	dn: cn=test,ou=images,dc=c,dc=example
	objectClass: vocDiskImage
	cn: test
	vocKernel: $work/images/vmlinuz
	vocInitrd: $work/images/initrd
	vocKernelArguments: console=ttyS0 quiet panic=-1
	vocReadiness: virtserial
SITE
ok "ldapcc writes a manifest" exits 0 "$(dirname "$VCN")/ldapcc" --ldif "$work/site.ldif" \
	render -o "$work/compiled"
cp "$work/compiled/srv/ldapcc/manifests/node01.c.example.yaml" "$work/manifest.yaml"
ok "vcn reads it" exits 0 vcn check "$work/manifest.yaml"
there ip addr add 10.99.0.101/24 dev up1
ok "its address is answered for" exits 5 vcn apply
ok "it waits" says "'vcn001' waits: .*still runs elsewhere: its address 10.99.0.101"
there ip addr del 10.99.0.101/24 dev up1
ok "and starts when that ends" within 60 is_state vcn001 ready
ok "isolated, as its network is" grep -q "isolated on" \
	<(bridge -d link show dev "$(field vcn001 taps | tr -dc 'a-z0-9')")
ok "kill" exits 0 vcn kill vcn001

# A host that answers

macs() { there ip -o link show "$1" | sed 's,.*link/ether \([0-9a-f:]*\).*,\1,'; }

there ip addr add 10.99.0.101/24 dev up1
one 1 10.99.0.101
ok "an address that is answered for: apply exits with 5" exits 5 vcn apply
ok "and says why" says "'vcn001' waits: .*still runs elsewhere: its address 10.99.0.101"
ok "it is waiting" is_state vcn001 waiting
ok "without a QEMU" no_qemu
ok "status exits with 5" exits 5 vcn status
ok "and shows the reason" says "^vcn001 +waiting .*10.99.0.101 is answered for by $(macs up1)"
ok "apply does not start it" exits 5 vcn apply
ok "to wait is no boot that failed" equal "$(cat "$work"/lib/* | grep -c '"failed"' || true)" 0
ok "it can be stopped" exits 0 vcn stop vcn001
ok "at once" is_state vcn001 stopped
one 2 '"2001:db8::101"'
ok "the same with IPv6" exits 5 vcn apply
ok "by its address" says "2001:db8::101 is answered for"
there ip addr del 2001:db8::101/64 dev up1
ok "when it is free the guest starts by itself" within 60 is_state vcn001 ready
ok "kill" exits 0 vcn kill vcn001
one 3 192.0.2.77
ok "an address that is free" exits 0 vcn apply
ok "kill" exits 0 vcn kill vcn001
there "$here/frame.py" up1 02:5a:00:00:00:01
ok "its MAC was seen elsewhere a moment ago" exits 5 vcn apply
ok "it waits" says "waits: .*still runs elsewhere, behind 'up0'"
ok "until that is some seconds ago" within 60 is_state vcn001 ready
ok "kill" exits 0 vcn kill vcn001
one 4 no-address
ok "what is no address is a fault" exits 10 vcn apply
ok "with its place" says "manifest.yaml:[0-9]+:[0-9]+: error: 'no-address' is no IP address"

# A host that cannot be reached, and whose guest still answers

cat >"$work/fence" <<-FENCE
	#!/bin/sh
	echo "\$*" >>"$work/fenced"
	[ "\$*" = "--off node02" ] || { echo "which switch?"; exit 4; }
	nsenter --net=/proc/$other/ns/net -- ip addr del 10.99.0.101/24 dev up1
FENCE
printf '#!/bin/sh\nsleep 600\n' >"$work/slow"
printf '#!/bin/sh\nexec >&- 2>&- sleep 600\n' >"$work/mute"
chmod 755 "$work/fence" "$work/slow" "$work/mute"
one 5 10.99.0.101
ok "its VCN waits here" exits 5 vcn apply
ok "no fence" exits 64 vcn fence node02
ok "is told" says "this host does not know how to fence another"
write_settings "fence: [$work/fence, --off]"
ok "no name" exits 64 vcn fence -- --off
ok "this host" exits 3 vcn fence NODE01
ok "is told, too" says "'NODE01' is this host"
for host in localhost 127.0.1.1 192.0.2.2 10.99.0.1 "$(hostname)"; do
	ok "nor as $host" exits 3 vcn fence "$host"
done
ok "which would be the fence's end" equal "$(cat "$work/fenced" 2>/dev/null)" ""
ok "another one" exits 5 vcn fence node07
ok "whose fence fails" says "'node07' may still run: its fence .* failed: exit code 4: which switch\?"
ok "it waits on" is_state vcn001 waiting
write_settings "fence: $work/slow" "fence-timeout: 1"
ok "a fence that hangs" exits 5 vcn fence node02
ok "is ended" says "it was not done within 1 seconds"
write_settings "fence: $work/mute" "fence-timeout: 1"
ok "one that closes its outputs and hangs" exits 5 vcn fence node02
ok "is ended, too" says "it was not done within 1 seconds"
write_settings "fence: $work/none"
ok "a fence that is not there" exits 5 vcn fence node02
ok "is told" says "cannot be run: No such file"
write_settings "fence: fence-it"
ok "one without its path" exits 64 vcn fence node02
write_settings "fence: [$work/fence, --off]"
ok "a fence" exits 0 vcn fence node02
ok "tells" says "^node02: fenced"
ok "and it starts here" within 60 is_state vcn001 ready
ok "kill" exits 0 vcn kill vcn001

# Two hosts with vcn

if ! command -v dnsmasq >/dev/null; then
	skip "a move" "no dnsmasq"
	finish_tests
	exit
fi
there ip link set up1 master br0
start_dnsmasq
sed "s,$work/run,$work/run2,; s,$work/scratch,$work/scratch2,; s,$work/lib/,$work/lib2/," \
	"$work/vcn.yaml" >"$work/vcn2.yaml"
second() {
	there "$VCN" --config "$work/vcn2.yaml" --manifest "$work/manifest2.yaml" \
		--host node02.c.example "$@"
}
second_is() { second status vcn001 | grep -q "^vcn001 *$1 "; }
one 6 '10.99.0.101, "2001:db8::101"'
ok "the first host starts it" exits 0 vcn apply
ok "it has its address" within 20 busybox ping -c 1 -W 1 10.99.0.101
# for_second SERIAL ADDRESSES - the same guest, with these only
for_second() {
	sed "s/node01/node02/; s/^serial: .*/serial: $1/; s/addresses: \[[^]]*]/addresses: [$2]/" \
		"$work/body.yaml" | "$here/trailer.py" >"$work/manifest2.yaml"
}
for_second 1 '"2001:db8::101"'
ok "the second host waits" exits 5 second apply
ok "for an address that the guest itself does not have" says "2001:db8::101 is answered for"
kill -STOP "$(field vcn001 pid)"
for_second 2 10.99.0.101
ok "it is stopped there" exits 0 second stop vcn001
ok "for one that stands still it waits, too" exits 5 second apply
ok "as it is answered for" says "10.99.0.101 is answered for"
kill -CONT "$(field vcn001 pid)"
ok "one guest" equal "$(qemu_pids | wc -l)" 1
begin_manifest 7
end_manifest whole
ok "the first host stops it" exits 0 vcn apply
ok "the second one starts it" within 60 second_is ready
ok "one guest still" equal "$(qemu_pids | wc -l)" 1
ok "it is reached" within 20 busybox ping -c 1 -W 1 10.99.0.101
ok "the end" exits 0 second kill vcn001

# Again and again, under a flood: VCN_MOVES=1000 VCN_TEST_TIMEOUT=3600 tests/vcn/move.sh takes its
# time; VCN_FLOOD is how many frames a second

there ip addr flush dev up1
ip link del up0
moves=${VCN_MOVES:-4}
move() { "$here/moves.py" "$VCN" "$work" "$other" "$moves" "$((moves < 25 ? moves : 25))" >"$work/moves"; }
ok "$moves moves: never two, never none for longer than a tick" move
tail -n 5 "$work/moves" | sed 's/^/# /'
kill "$other"
finish_tests
