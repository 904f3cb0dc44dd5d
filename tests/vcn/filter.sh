#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# filter.sh VCN - what a guest may send: every kind of frame out of its TAP, with and without
# `filter`; its ingress chain lost and mended; ports that are isolated.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
ip link set br0 type bridge mcast_snooping 0 # it would send reports to routers only
# nor shall the kernel's own firewall of bridges, where it is there, drop what the chain lets through
for family in ip ip6; do
	sysctl -qw "net.bridge.bridge-nf-call-${family}tables=0" 2>/dev/null || true
done
ip link add up0 type veth peer name up1
ip link set up0 master br0 up
ip link set up1 up
start_dnsmasq

# nets SERIAL [KEYS [KEYS]] - a manifest of a guest for each: keys of its interface
nets() {
	local keys number=0
	begin_manifest "$1"
	shift
	for keys in "$@"; do
		number=$((number + 1))
		guest "vcn00$number"
		sed -i "\$s/^\$//; s/00:0$number\", bridge: br0}/00:0$number\", bridge: br0$keys}/" \
			"$work/body.yaml"
	done
	end_manifest whole
}
tap_of() { field "$1" taps | tr -dc 'a-z0-9'; }
# frames COMMAND NAME AT - out of the TAP of this guest
frames() {
	"$here/frames.py" "$1" "$(field "$2" pid)" "$(tap_of "$2")" "02:5a:00:00:00:0${2#vcn00}" up1 "$3"
}
kinds() { frames kinds vcn001 "$1"; }
seen_at() { frames seen "$@"; }
unseen_at() {
	local status=0
	seen_at "$@" >"$work/unseen" 2>&1 || status=$?
	cat "$work/unseen"
	[ "$status" = 1 ] && [ ! -s "$work/unseen" ]
}
tables() { nft list tables 2>/dev/null | grep -c "table netdev" || true; }

readonly own=', addresses: [10.99.0.101, "2001:db8::101"]'
if ! nft list tables >/dev/null 2>&1; then
	skip "the ingress chain" "no nftables in this kernel, or no nft"
	finish_tests
	exit
fi
nft "add table netdev vcn0123456789ab"
nft "add table netdev vcn0123456789ab_mine"

# Without a filter

nets 1 "$own"
ok "a guest starts" exits 0 vcn apply
tap=$(tap_of vcn001)
ok "it is filtered" equal "$(field vcn001 filtered)" true
ok "what another guest has left is gone, and nothing else" equal "$(nft list tables | sort)" \
	"$(printf 'table netdev %s\n' "$tap" vcn0123456789ab_mine | sort)"
ok "every kind of frame" kinds plain

# Mending

rules() { nft list table netdev "$tap"; }
rules >"$work/rules"
same_rules() { rules 2>/dev/null | diff "$work/rules" -; }
nft flush ruleset
ok "no rules at all" exits 0 vcn apply
ok "they are put back" same_rules
nft insert rule netdev "$tap" ingress accept
ok "a rule in front" exits 0 vcn apply
ok "is taken out" same_rules
nft flush chain netdev "$tap" ingress
ok "without apply it takes a tick" within 25 same_rules
ip link del br0
make_bridge
ip link set br0 type bridge mcast_snooping 0
ip link set up0 master br0
ok "a bridge made anew" exits 0 vcn apply
ok "is guarded as well" kinds plain
nft "add table netdev vcn0123456789ab"
ok "stop" exits 0 vcn kill vcn001
ok "its table goes with it, and no other" equal "$(nft list tables)" "table netdev vcn0123456789ab"

# A crash leaves such a table; apply removes it, whether or not it starts anybody

begin_manifest 2
end_manifest whole
ok "apply of nobody" exits 0 vcn apply
ok "sweeps" equal "$(tables)" 0

# Where nftables has no time at the start, it has it later: its library hangs

library=$(realpath "$(find /usr/lib /lib -name 'libnftables.so.1' | head -n 1)")
mkfifo "$work/hangs"
mount --bind "$work/hangs" "$library"
nets 3 ""
ok "the guest starts" exits 0 vcn apply
ok "with a warning" says "warning: 'vcn001': nftables: Connection timed out"
ok "and not filtered" equal "$(field vcn001 filtered)" false
umount "$library"
ok "then apply looks again" exits 0 vcn apply
ok "and it is" equal "$(field vcn001 filtered)" true
ok "without a word" equal "$(field vcn001 message)" None
ok "by its chain" equal "$(nft list tables)" "table netdev $(tap_of vcn001)"
ok "to its end" exits 0 vcn kill vcn001

# With a filter

write_settings "filter: true"
nets 3 "$own"
ok "with a filter the guest starts" exits 0 vcn apply
ok "and every kind of frame is judged by its addresses" kinds held
if command -v dnsmasq >/dev/null; then
	ok "it has its address" within 20 busybox ping -c 1 -W 1 10.99.0.101
fi
nets 4 ', addresses: [10.99.0.102]'
ok "with another address it is outdated, as its filter is" exits 0 vcn --json apply
ok "apply says so" says '"outdated"'
nets 5 "$own"
ok "with its own again" exits 0 vcn --json apply
ok "it is not" equal "$(grep -c outdated "$work/said")" 0
nets 6 ""
ok "without addresses" exits 0 vcn apply --restart-changed
ok "only roles are judged" kinds roles
write_settings "filter: perhaps"
ok "filter is true or false" exits 64 vcn apply
ok "with its place" says 'vcn.yaml:1:9: error'
write_settings
ok "kill" exits 0 vcn kill vcn001

# Isolated ports

nets 7 ", isolated: true" ", isolated: true" ""
ok "two isolated guests and one that is not" exits 0 vcn apply
first=$(tap_of vcn001) second=$(tap_of vcn002) third=$(tap_of vcn003)
ok "an isolated one does not see the other" unseen_at vcn001 "$second"
ok "nor the other it" unseen_at vcn002 "$first"
ok "it sees the uplink" seen_at vcn001 up0
ok "and who is not isolated" seen_at vcn001 "$third"
ok "and is seen from there" seen_at vcn003 "$first"
bridge link set dev "$first" isolated off
ok "a flag that is lost" exits 0 vcn apply
ok "is put back" unseen_at vcn001 "$second"
nets 8 ", isolated: true" ", isolated: true" ", isolated: true"
ok "a change makes a guest outdated" exits 0 vcn --json diff
ok "that one" says '"vcn": *"vcn003"'
ok "and no other" equal "$(grep -c '"vcn"' "$work/said")" 1
ok "kill" exits 0 vcn kill --all

# A host without nftables: its library is hidden

: >"$work/none"
mount --bind "$work/none" "$library"
nets 9 "$own"
ok "without nftables the guest starts" exits 0 vcn apply
ok "with a warning" says "warning: 'vcn001': nftables: libnftables.so.1 is not here"
ok "it is ready" is_state vcn001 ready
ok "it is not filtered" equal "$(field vcn001 filtered)" false
ok "status is well" exits 0 vcn status
ok "and says so" says "^vcn001 +ready .*nftables"
ok "its MAC is held" unseen_at vcn001 lo
umount "$library"
ok "the end" exits 0 vcn kill --all
finish_tests
