#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# network.sh VCN - a guest on a bridge that is not left in peace: foreign frames, lost
# entries, another MTU, a bridge made anew; a QEMU and a supervisor that stand still.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
ip link set br0 mtu 1400
ip addr add 2001:db8::1/64 dev br0 nodad
ip link add up0 mtu 1400 type veth peer name up1
ip link set up0 master br0 up
ip link set up1 up

readonly mac=02:5a:00:00:00:01
begin_manifest 1
guest vcn001
end_manifest whole
ok "a guest starts" exits 0 vcn apply
tap=$(field vcn001 taps | tr -dc 'a-z0-9')
pid=$(field vcn001 pid)

# The bridge is as it was

is_pinned() {
	bridge fdb show br br0 >"$work/fdb"
	grep "^$mac dev $tap " "$work/fdb" | grep -w static | grep -qw sticky
}
bridge_mtu() { ip -o link show br0 | sed 's/.* mtu \([0-9]*\).*/\1/'; }
ok "its MAC is pinned, and stays" is_pinned
ok "the bridge has its MTU still" equal "$(bridge_mtu)" 1400
ok "and its address" grep -q 2001:db8::1 <(ip addr show br0)
ok "the guest is told the MTU" grep -aq host_mtu=1400 "/proc/$pid/cmdline"

# Frames with its source address from elsewhere

"$here/frame.py" up1 "$mac"
ok "a frame from elsewhere does not move it" is_pinned
ok "apply finds nothing to do" exits 0 vcn apply

# Mending

bridge fdb del "$mac" dev "$tap" master
ok "an entry that is gone" exits 0 vcn apply
ok "is put back" is_pinned
bridge fdb replace "$mac" dev up0 master static
ok "one that was moved" exits 0 vcn apply
ok "is put back as well" is_pinned
bridge fdb replace "$mac" dev "$tap" master static
ok "one that others could take" exits 0 vcn apply
ok "is sticky again" is_pinned
bridge link set dev "$tap" learning on flood on
ok "port flags" exits 0 vcn apply
ok "are put back" grep -q "learning off flood off" <(bridge -d link show dev "$tap")
locked=$([ "$(field vcn001 mac_locked)" = true ] && echo 1 || echo 0)
is_locked() { equal "$(grep -c "locked on" <(bridge -d link show dev "$tap"))" "$locked"; }
bridge link set dev "$tap" locked off 2>/dev/null || true
ok "a port that lets other source addresses in" exits 0 vcn apply
ok "does not any more, if the kernel can" is_locked
ip link set "$tap" down
ok "a port that is down" exits 0 vcn apply
ok "is up again" grep -q UP <(ip -br link show "$tap")

anew() {
	ip link del br0
	make_bridge
	ip link set br0 mtu 1400
	ip link set up0 master br0
}
anew
ok "a bridge made anew" exits 0 vcn apply
ok "gets its port back" is_pinned
ok "locked, if the kernel can" is_locked
ok "it is the same QEMU" equal "$(field vcn001 pid)" "$pid"
anew
ok "without apply it takes a tick" within 25 is_pinned
ok "the guest is ready" is_state vcn001 ready
ok "status exits with 0" exits 0 vcn status

# What cannot be mended

ip link set br0 mtu 1300
ok "a smaller MTU: apply exits with 5" exits 5 vcn apply
ok "and says why" says "vcn001: degraded: .*MTU of bridge 'br0' is now 1300, .*told 1400"
ok "the bridge keeps it" equal "$(bridge_mtu)" 1300
ok "status exits with 5" exits 5 vcn status
ok "and says why as well" says "^vcn001 +degraded .*1300"
ok "apply exits with 5 again" exits 5 vcn apply
ok "and does not repeat itself" equal "$(cat "$work/said")" ""
ip link set br0 mtu 1400
ok "the MTU is back" exits 0 vcn apply
ok "all is well" is_state vcn001 ready
ip link del br0
ok "no bridge at all" exits 5 vcn apply
ok "is told" says "no bridge 'br0'"
make_bridge
ip link set br0 mtu 1400
ok "and gone when it is back" exits 0 vcn apply

# Standing still

kill -STOP "$pid"
ok "a stopped QEMU: status exits with 5" exits 5 vcn status
ok "it is degraded" says "^vcn001 +degraded .*stopped by a signal"
mute() { grep -q 'its QEMU does not answer' "$work/run/vcn001/state.json"; }
ok "its supervisor misses its answer" within 30 mute
ok "apply exits with 5" exits 5 vcn apply
kill -CONT "$pid"
ok "it goes on" within 10 is_state vcn001 ready
supervisor=$(field vcn001 supervisor_pid)
kill -STOP "$supervisor"
ok "a stopped supervisor: status exits with 5" exits 5 vcn status
ok "and says so" says "degraded .*supervisor does not answer"
ok "kill does not wait for it" exits 0 vcn kill vcn001
ok "and ends both" no_qemu

# An MTU that the bridge does not carry

begin_manifest 2
guest vcn001
sed -i 's/bridge: br0}/bridge: br0, mtu: 1450}/' "$work/body.yaml"
end_manifest whole
ok "a larger MTU than the bridge's" exits 5 vcn apply
ok "is refused" says "MTU 1450 is larger than the 1400 of bridge 'br0'"
begin_manifest 3
guest vcn001
sed -i 's/bridge: br0}/bridge: br0, mtu: 1300}/' "$work/body.yaml"
end_manifest whole
ok "a mended manifest starts at once" exits 0 vcn apply
ok "the guest is told the smaller one" grep -aq host_mtu=1300 "/proc/$(field vcn001 pid)/cmdline"
ok "and the bridge is not" equal "$(bridge_mtu)" 1400
ok "stop" exits 0 vcn stop --all
finish_tests
