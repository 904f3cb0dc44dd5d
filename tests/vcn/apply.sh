#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# apply.sh VCN - a host's day: two guests from a manifest, on a bridge, until the manifest
# wants none.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
start_dnsmasq

begin_manifest 5
guest vcn001 "vcn.resolve=vcn002.c.example"
guest vcn002 "" "readiness: none"
end_manifest whole

# What is to be done

unheard() { vcn diff >/dev/full; }
ok "a difference that cannot be told is none" exits 7 unheard
ok "diff exits with 2" exits 2 vcn diff
ok "and says what is to be done" equal "$(cat "$work/said")" \
	"start vcn001: not running
start vcn002: not running"
ok "argv prints the command" exits 0 vcn argv vcn001
ok "with every sandbox closed" says \
	"-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
ok "nothing has been started by looking" no_qemu

# Start

ok "apply starts both" exits 0 vcn apply
ok "and says so" says "^vcn001: started, ready after [0-9.]+ s"
ok "vcn001 is ready" is_state vcn001 ready
ok "vcn002, without readiness, is ready by its network driver" is_state vcn002 ready
ok "status shows the accelerator" exits 0 vcn status
ok "that is TCG" says "^vcn001 +ready +[0-9]+ +[0-9:]+ +96 +tcg"
ok "one QEMU a guest" equal "$(qemu_pids | wc -l)" 2
ok "one TAP a guest, in the bridge" equal "$(ip -br link show master br0 | wc -l)" 2

# What QEMU may do

pid=$(field vcn001 pid)
other=$(field vcn002 pid)
proc() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
ok "QEMU is not root" test "$(proc "$pid" Uid)" -ge 1000
ok "every guest has its own user" test "$(proc "$pid" Uid)" != "$(proc "$other" Uid)"
ok "no effective capability" equal "$(proc "$pid" CapEff)" 0000000000000000
ok "no permitted capability" equal "$(proc "$pid" CapPrm)" 0000000000000000
ok "no inheritable capability" equal "$(proc "$pid" CapInh)" 0000000000000000
ok "no ambient capability" equal "$(proc "$pid" CapAmb)" 0000000000000000
ok "no new privileges" equal "$(proc "$pid" NoNewPrivs)" 1
ok "a seccomp filter" equal "$(proc "$pid" Seccomp)" 2
ok "no supplementary group of root" equal \
	"$(awk '$1 == "Groups:" { for (i = 2; i <= NF; i++) if ($i == 0) print $i }' \
		"/proc/$pid/status")" ""

# The network

if command -v dnsmasq >/dev/null; then
	ok "the guest gets its lease" within 10 console_says vcn001 "lease 10.99.0.101/24"
	ok "and resolves its neighbour" within 10 console_says vcn001 \
		"resolved vcn002.c.example"
	ok "the host reaches it" within 10 busybox ping -c 1 -W 1 10.99.0.102
else
	skip "lease and names" "no dnsmasq"
fi
ok "log shows the console" exits 0 vcn log vcn001
ok "with what the guest said" says "guest: ready"
type_hello() {
	{ echo hello && within 10 console_says vcn001 "heard hello"; } |
		vcn console vcn001 >"$work/shown"
}
ok "console takes what is typed" type_hello
ok "and shows what is said" grep -q "heard hello" "$work/shown"

# Times

ok "boot-times has a table" exits 0 vcn boot-times
ok "of two starts" says "vmlinuz \([0-9a-f]{8}\), tcg: 2 starts, 2 ready, 0 timed out, 0 failed"
ok "with the stage of the network driver" says "^  nic +2 "
ok "and as JSON" exits 0 vcn --json boot-times
ok "with what the paper shows" says '"stddev":'
ok "a record a start" equal "$(wc -l <"$work/lib/boots.jsonl")" 2

# Again

before=$(qemu_pids)
ok "apply again" exits 0 vcn apply
ok "says nothing" equal "$(cat "$work/said")" ""
ok "does nothing" equal "$(qemu_pids)" "$before"
ok "diff exits with 0" exits 0 vcn diff
begin_manifest 6
guest vcn001 "vcn.resolve=vcn002.c.example"
guest vcn002 "" "readiness: none"
end_manifest whole
ok "a new serial alone is no change" exits 0 vcn apply
ok "and does nothing" equal "$(qemu_pids)" "$before"
ok "start of what runs does nothing" exits 0 vcn start "vcn[001-002]"
ok "nor does it say anything" equal "$(cat "$work/said")" ""

# Changes

begin_manifest 7
guest vcn001 "vcn.resolve=vcn002.c.example vcn.changed"
guest vcn002 "" "readiness: none"
end_manifest whole
ok "a changed entry is outdated" exits 0 vcn apply
ok "and named" says "^vcn001: outdated"
ok "but left alone" equal "$(qemu_pids)" "$before"
ok "status shows it" is_state vcn001 outdated
ok "diff would do nothing" exits 0 vcn diff
ok "but with --restart-changed" exits 2 vcn diff --restart-changed
ok "apply --restart-changed restarts it" exits 0 vcn apply --restart-changed
ok "and says so" says "^vcn001: restarted, ready after"
ok "it is ready" is_state vcn001 ready
ok "from the new entry" grep -aq vcn.changed "/proc/$(field vcn001 pid)/cmdline"
ok "the other one was left alone" equal "$(field vcn002 pid)" "$other"

# Stop

begin_manifest 8
guest vcn001 "vcn.resolve=vcn002.c.example vcn.changed"
guest vcn002 "" "readiness: none" "    enabled: no"
end_manifest whole
ok "disabling" exits 0 vcn apply
ok "stops" equal "$(cat "$work/said")" "vcn002: stopped"
ok "just that one" no_qemu vcn002
ok "for good" exits 3 vcn start vcn002
ok "with a reason" says "vcn002' is disabled"
ok "the other runs on" is_state vcn001 ready
begin_manifest 9
end_manifest whole
ok "an empty, newer, whole manifest is a manifest" exits 0 vcn apply
ok "and stops what is left" equal "$(cat "$work/said")" "vcn001: stopped"
ok "no QEMU is left" no_qemu
ok "no TAP is left" no_tap
ok "no scratch is left" scratch_is_empty
ok "nothing is known of them any more" equal "$(vcn status)" ""

finish_tests
