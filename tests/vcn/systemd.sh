#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# systemd.sh VCN - the units as they are installed, under a systemd that runs: in user-mode Linux,
# whose first process it is.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
# shellcheck source=SCRIPTDIR/uml.sh
. "$here/uml.sh"
uml_exec="exec"
if [ -z "${VCN_TEST_UML:-}" ] && [ ! -x /lib/systemd/systemd ]; then
	skip_all "no systemd"
fi
[ -n "${VCN_TEST_UML:-}" ] || outside_uml "$@"
VCN=$1
work=/run/test
points_log=/run/why
host=node01.c.example

# The machine: folders that can be written, the units, and a target that is this test

place_files() {
	local file
	for file in /var/lib /srv; do
		mount -t tmpfs files "$file"
	done
	mkdir -p "$work/etc/ldapcc" "$work/images" /srv/ldapcc/manifests /run/systemd/system
	for file in passwd group nsswitch.conf ld.so.cache alternatives; do
		cp -a "/etc/$file" "$work/etc/"
	done
	echo "127.0.0.1 $host localhost" >"$work/etc/hosts"
	echo 0123456789abcdef0123456789abcdef >"$work/etc/machine-id" # else it asks who it is
	mount --bind "$work/etc" /etc
	hostname "$host"
	ip link set lo up
	cp "$here/hostile-qemu.py" "$work/qemu"
	truncate -s 1M "$work/images/disk.raw"
	chmod 755 "$work/qemu"
	write_settings "qemu: $work/qemu" "runtime-dir: /run/vcn" "records: /var/lib/vcn/boots.jsonl" \
		"scratch: /var/lib/vcn/scratch" "scratch-limit: 10" "memory-reserve: 0" "stop-timeout: 2"
	cp "$work/vcn.yaml" /etc/ldapcc/
}

# What stands for ldapcc says what it was called with.
place_ldapcc() {
	cat >"$work/ldapcc" <<-LDAPCC
		#!/usr/bin/python3
		import os, socket, sys, time
		open("$work/called", "a").write(" ".join(sys.argv[1:]) + "\\n")
		if sys.argv[1] == "watch":
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		    s.connect(os.environ["NOTIFY_SOCKET"])
		    s.send(b"READY=1")
		    time.sleep(10000)
	LDAPCC
	chmod 755 "$work/ldapcc"
}

# The units where an installation puts them.
place_units() {
	local unit folder=/usr/local/lib/systemd/system
	mount -t tmpfs files /usr/local/lib
	mkdir -p "$folder"
	for unit in "$here"/../../contrib/systemd/*.*; do
		sed "s,^ExecStart=vcn ,ExecStart=$VCN ,; s,^ExecStart=ldapcc ,ExecStart=$work/ldapcc ," \
			"$unit" >"$folder/${unit##*/}"
	done
	cat >/run/systemd/system/test.service <<-UNIT
		[Unit]
		DefaultDependencies=no
		[Service]
		Type=oneshot
		Environment=VCN_TEST_UML=1 VCN_TEST_SYSTEMD=1
		StandardOutput=file:/dev/tty1
		StandardError=inherit
		ExecStart=/bin/bash $(realpath "$0") $VCN
	UNIT
	cat >/run/systemd/system/test.target <<-UNIT
		[Unit]
		DefaultDependencies=no
		Wants=test.service systemd-journald.service
	UNIT
}

if [ -z "${VCN_TEST_SYSTEMD:-}" ]; then
	place_files
	place_ldapcc
	place_units
	exec /lib/systemd/systemd --unit=test.target --show-status=no
fi
trap 'echo o >/proc/sysrq-trigger' EXIT

# manifest SERIAL NAME... - with its trailer, where the units look for it
manifest() {
	idle_manifest "$work/images/disk.raw" "$@"
	cp "$work/manifest.yaml" "/srv/ldapcc/manifests/$host.yaml"
}
state_says() { grep -q -- "$2" "/run/vcn/$1/state.json"; }
group=/sys/fs/cgroup/vcn.slice/vcn@nulls.service

manifest 1 nulls
ok "check --host" exits 0 "$VCN" check --host "$host"
ok "has no note: units have limits" equal "$(cat "$work/said")" ""
ok "apply" exits 0 "$VCN" apply
ok "starts a guest" says "^nulls: started, ready after"
ok "as a unit" systemctl is-active vcn@nulls.service
ok "its QEMU has a group of its own" grep -q . "$group/guest/cgroup.procs"
ok "with a limit of memory" equal "$(cat "$group/guest/memory.max")" $(((248 + 20) * 1048576))
ok "and of processors" equal "$(cat "$group/guest/cpu.max")" "200000 100000"
ok "in no other process' company" equal "$(cat "$group/cgroup.procs")" ""
ok "stop" exits 0 "$VCN" stop nulls
ok "ends the unit" within 30 exits 3 systemctl is-active vcn@nulls.service
ok "well" exits 1 systemctl is-failed vcn@nulls.service
manifest 2 nulls eats
# enable UNIT: as README says
enable() {
	local line
	line=$(grep -oE "systemctl enable --now $1\\b" "$here/../../README.md" | head -n 1)
	[ -n "$line" ] || return
	$line
}
called_with() { grep -qx "$1" "$work/called"; }
ok "README: the timer of ldapcc" enable ldapcc.timer
ok "is enabled" systemctl is-enabled ldapcc.timer
ok "its unit" systemctl start ldapcc.service
ok "applies" called_with apply
ok "README: or it stays connected" enable ldapcc-watch.service
ok "which runs" systemctl is-active ldapcc-watch.service
ok "as watch" called_with watch
ok "and ends the timer" exits 3 systemctl is-active ldapcc.timer
ok "README: a host's VCNs" enable vcn.target
ok "are enabled" systemctl is-enabled vcn.target
ok "with the timer that applies" systemctl is-active vcn-apply.timer
ok "by the unit that applies" systemctl start vcn-apply.service --no-block
ok "one runs" within 60 state_says nulls '"state":"ready"'
ok "one that takes more than its memory has failed" within 60 state_says eats "more than its 268 MiB"
ok "alone" state_says nulls '"state":"ready"'
ok "stopping the target" systemctl stop vcn.target
ok "stops it" exits 3 systemctl is-active vcn@nulls.service
ok "and its QEMU" within 30 no_qemu nulls
finish_tests
