#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# exchange.sh VCN - MACs and addresses that VCNs of one host hand on and exchange: nobody waits for
# ever, and who waits says for whom.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
write_settings "parallel: 3"

# three SERIAL NUMBERS - vcn001 to vcn003 with the addresses 10.99.0.NUMBER
# macs SERIAL NUMBERS - with the MACs 02:5a:00:00:00:NUMBER
three() { write_three "$1" 's/bridge: br0}/bridge: br0, addresses: [10.99.0.@]}/' "${@:2}"; }
macs() { write_three "$1" 's/02:5a:00:00:00:../02:5a:00:00:00:@/' "${@:2}"; }
write_three() {
	local serial=$1 change=$2 name=0 number
	shift 2
	begin_manifest "$serial"
	: >"$work/all.yaml"
	for number in "$@"; do
		name=$((name + 1))
		mv "$work/body.yaml" "$work/head.yaml"
		guest "vcn00$name" "" "readiness: none"
		sed "${change/@/$number}" "$work/body.yaml" >>"$work/all.yaml"
		mv "$work/head.yaml" "$work/body.yaml"
	done
	cat "$work/all.yaml" >>"$work/body.yaml"
	end_manifest whole
}
states() { echo "$(field vcn001 state) $(field vcn002 state) $(field vcn003 state)"; }
all_ready() { equal "$(states)" "ready ready ready"; }
in_order() { equal "$(grep -o '^vcn[0-9]*: restarted' "$work/said" | tr -dc '0-9\n' | tr '\n' ' ')" "$1"; }

# Addresses, which are no change of an entry by themselves

three 1 101 102 103
ok "three guests" exits 0 vcn apply
pid=$(field vcn003 pid)
three 2 101 104 103
ok "another address" exits 0 vcn diff
ok "that is nobody's is no change" equal "$(cat "$work/said")" ""
three 3 102 101 103
ok "an exchange of addresses" exits 0 vcn diff
ok "is one" equal "$(cat "$work/said")" "outdated vcn001: another VCN has its MAC or address now
outdated vcn002: another VCN has its MAC or address now"
ok "apply does nothing yet" exits 0 vcn apply
ok "and says so" says "^vcn002: outdated: its changes need a restart"
ok "one of both alone" exits 5 vcn restart vcn001
ok "waits" says "'vcn001' waits: 'vcn002' of this host still has its address 10.99.0.102 on br0: restart that, too"
ok "as status says" equal "$(states)" "waiting outdated ready"
ok "and apply" exits 5 vcn apply
ok "names who has it" says "^vcn001: waiting: 'vcn002' of this host still has"
ok "the other one, too" exits 0 vcn restart vcn002
ok "and both run" within 60 all_ready
ok "with nothing to do" exits 0 vcn apply
three 4 101 102 103
ok "apply --restart-changed" exits 0 vcn apply --restart-changed
ok "does it itself" all_ready
ok "and leaves the third one alone" equal "$(field vcn003 pid)" "$pid"
three 5 102 103 101
ok "a circle of three" exits 0 vcn apply --restart-changed
ok "as well" all_ready
ok "all at one time" exits 0 vcn diff
three 6 103 104 102
ok "one that takes what another gives up" exits 0 vcn apply --restart-changed
ok "comes after it" in_order "002 001 "
three 7 103 101 105
ok "and by hand" exits 0 vcn restart --max-unavailable 1 vcn002 vcn003
ok "too" in_order "003 002 "
ok "kill" exits 0 vcn kill --all

# MACs

macs 9 01 02 03
ok "three guests" exits 0 vcn apply
macs 10 02 01 03
ok "an exchange of MACs: one of both" exits 5 vcn restart vcn002
ok "waits" says "'vcn002' waits: 'vcn001' of this host still has its MAC 02:5a:00:00:00:01 on br0: restart"
ok "is no failure" equal "$(states)" "outdated waiting ready"
ok "both, by hand" exits 0 vcn restart vcn001 vcn002
ok "run" all_ready
macs 11 01 02 03
ok "back again" exits 0 vcn apply --restart-changed
ok "by apply" all_ready
ok "to the end" exits 0 vcn diff
echo "this is no initial RAM disk" >"$work/images/bad"
macs 12 02 04 03
sed -i '/vcn002/,/vcn003/s,/images/initrd,/images/bad,' "$work/body.yaml"
end_manifest whole
ok "who does not give it up, because it does not get ready" exits 5 vcn apply --restart-changed
ok "is told" says "'vcn002' did not get ready with its changes"
ok "who would have it is left alone" says "'vcn001' was not restarted: an earlier restart failed"
ok "also later" exits 5 vcn apply --restart-changed
ok "because of that" says "'vcn001' was not restarted: 'vcn002' still has its MAC 02:5a:00:00:00:02 on br0"
ok "both run as they were" equal "$(states)" "outdated outdated ready"
ok "kill" exits 0 vcn kill --all

macs 12 01 02 03
ok "three guests" exits 0 vcn apply
pids=$(qemu_pids)
macs 13 02 01 03
sed -i '/vcn002/,/vcn003/s,/images/initrd,/images/none,' "$work/body.yaml"
end_manifest whole
ok "an exchange with one that cannot start" exits 5 vcn apply --restart-changed
ok "is told" says "'vcn002' was not restarted: initrd '.*/images/none' cannot be opened"
ok "for the other one, too" says "'vcn001' was not restarted: 'vcn002' still has its MAC"
ok "and stops nobody" equal "$(qemu_pids)" "$pids"
ok "kill" exits 0 vcn kill --all

# What waits for another host, and what the manifest then gives it

second_host
there ip link set up1 up
there ip addr add 10.99.0.102/24 dev up1
three 14 101 102 103
ok "an address that is answered for elsewhere" exits 5 vcn apply
ok "is waited for" says "'vcn002' waits: it still runs elsewhere: its address 10.99.0.102 is answered for"
three 15 101 105 103
ok "another address" exits 2 vcn diff
ok "while it waits" equal "$(cat "$work/said")" "restart vcn002: changed while it waits"
ok "is the end of it" exits 0 vcn apply
ok "and it runs" all_ready
ok "kill" exits 0 vcn kill --all

# The host's own, which it does not answer itself for

ip -6 addr add 2001:db8::1/64 dev br0 nodad
three 16 101 1 103
ok "an address of the host's" exits 5 vcn start vcn002
ok "is not a guest's" says "'vcn002' waits: its address 10.99.0.1 is this host's own, on bridge 'br0'"
three 17 101 '1, "2001:db8::1"' 103
sed -i 's/10.99.0.1, //' "$work/body.yaml"
end_manifest whole
ok "another one" exits 5 vcn apply
ok "nor is that" says "'vcn002' waits: its address 2001:db8::1 is this host's own"
ip -6 addr del 2001:db8::1/64 dev br0
ok "until the host gives it up" within 60 all_ready
ok "kill" exits 0 vcn kill --all
ok "no QEMU is left" no_qemu
finish_tests
