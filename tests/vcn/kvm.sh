#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The KVM path, as far as it goes on a machine whose /dev/kvm runs no stock kernel: QEMU with
# a paused guest says that KVM is in use, and a VCN with `accel: kvm` gets its descriptors as
# a user without privilege. Whether the guest then boots is not asked.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"

# What a paused guest with KVM answers; the simplest CPU, because some hosts refuse `host`.
query_kvm() {
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"query-kvm"}' \
		'{"execute":"quit"}' |
		timeout 20 qemu-system-x86_64 -accel kvm -cpu qemu64 -m 64 -nodefaults \
			-display none -S -qmp stdio >"$work/qmp" 2>&1 || true
	grep -q '"enabled": true, "present": true' "$work/qmp"
}
if [ ! -c /dev/kvm ] || ! query_kvm; then
	skip_all "KVM cannot be used here"
fi

# As udev makes it: guests get in by its group. Only this test's mounts see it.
mknod "$work/kvm" c 10 232
chgrp 36 "$work/kvm"
chmod 0660 "$work/kvm"
mount --bind "$work/kvm" /dev/kvm

cat >"$work/qemu" <<-'END'
	#!/bin/bash
	exec qemu-system-x86_64 "${@/#host/qemu64}"
END
chmod 755 "$work/qemu"
write_settings "accel: kvm" "network: user" "qemu: $work/qemu" "ready-timeout: 600"
begin_manifest 1
guest vcn001
end_manifest whole

has_state() { vcn status vcn001 --json 2>/dev/null | grep -q "\"$1\": *\"$2\""; }
is_booting() { has_state state booting && has_state accel kvm; }
qemu_pid() { pgrep -x qemu-system-x86 | head -n 1; }
has_qemu() { pgrep -x qemu-system-x86 >/dev/null; }
no_qemu() { ! has_qemu; }
holds_kvm() {
	has_qemu && find "/proc/$(qemu_pid)/fd" -lname 'anon_inode:kvm-vm' | grep -q . &&
		find "/proc/$(qemu_pid)/fd" -lname 'anon_inode:kvm-vcpu*' | grep -q .
}
is_unprivileged() {
	! grep -q '^Uid:.*[[:space:]]0[[:space:]]' "/proc/$(qemu_pid)/status" &&
		grep -q '^CapEff:[[:space:]]*0000000000000000' "/proc/$(qemu_pid)/status"
}
wait_for() {
	local end=$((SECONDS + 30))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

"${vcn[@]}" run vcn001 >"$work/said" 2>&1 &
runner=$!
ok "the VCN boots, and status shows kvm" wait_for is_booting
ok "QEMU has a KVM machine and its CPU" wait_for holds_kvm
ok "as a user of its own without capabilities" is_unprivileged
ok "kill ends it" vcn kill vcn001
wait "$runner" || true
ok "no QEMU is left" wait_for no_qemu
finish_tests
