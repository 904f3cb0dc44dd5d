#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# limits.sh VCN - a control group for each QEMU, with limits of memory and processors, where one
# is delegated to its supervisor (systemd.sh has those of units, and who takes more). Not every kernel has cgroup v2 with both
# controllers: so in user-mode Linux.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
# shellcheck source=SCRIPTDIR/uml.sh
. "$here/uml.sh"
enter_uml "$@"
cp "$here/hostile-qemu.py" "$work/qemu"
chmod 755 "$work/qemu"
settings() { write_settings "qemu: $work/qemu" "memory-reserve: 0" "ready-timeout: 5" "$@"; }
groups=/sys/fs/cgroup
mount -t cgroup2 groups "$groups"

# one NAME - a manifest of one VCN
one() {
	begin_manifest 1
	n_guests=1
	cat >>"$work/body.yaml" <<-ENTRY
		  - name: $1
		    fqdn: $1.c.example
		    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-000000000001
		    memory: 16
		    cpus: 3
		    image: {path: "$work/images/idle.img", format: raw}
		    interfaces: []
	ENTRY
	end_manifest bare
}

# groups that are delegated as systemd does it
for group in bare shared one; do
	mkdir "$groups/$group"
done
python3 - "$groups"/{bare,shared,one} <<-'END'
	import os, sys
	for path in sys.argv[1:]:
	    os.setxattr(path, "user.delegate", b"1")
END
# in_group GROUP NAME - supervised, from within a group
in_group() {
	# shellcheck disable=SC2016
	bash -c 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"' - "$groups/$1" "${vcn[@]}" run "$2" \
		>"$work/ran.$2" 2>&1 &
	running=$!
}
# state NAME KEY - from the file: each process that starts here takes a second
state() {
	local text
	text=$(<"$work/run/$1/state.json")
	[[ $text =~ \"$2\":\ *(\"([^\"]*)\"|[0-9]+) ]] || return 0
	text=${BASH_REMATCH[2]:-${BASH_REMATCH[1]}}
	echo "${text//\\/}"
}
is() { equal "$(state "$1" state)" "$2"; }
preflight() { exits 10 "$VCN" --config "$work/vcn.yaml" --host node01.c.example check \
	"$work/manifest.yaml"; }
in_own_group() { grep -qx "0::/$1/guest" "/proc/$(state "$2" pid)/cgroup"; }

# Nothing is delegated, though root could write there
settings "scratch-limit: 10"
one plain
ok "no group is delegated" exits 0 vcn start plain
ok "a guest has no limits" equal "$(state plain memory_limit_mib) $(state plain cpu_limit)" "0 0"
ok "and is where vcn was" grep -qx "0::/" "/proc/$(state plain pid)/cgroup"
ok "which is no warning" equal "$(grep -c limit "$work/said" || true)" 0
vcn kill plain >/dev/null
ok "check --host finds that there is one processor" preflight
ok "says so" says "VCN 'plain' has 3 processors, and this host 1"
ok "and notes it" says "note: guests have no limits .*: control group '.*' is not delegated to vcn"

# A delegated group without controllers
in_group bare plain
ok "a group without controllers" within 60 is plain ready
ok "is a warning" equal "$(state plain message)" "its memory and processors have no limit: \
control group '$groups/bare' has no controllers 'memory' and 'cpu'"
ok "stop" exits 0 vcn kill plain
wait "$running" || true

echo "+memory +cpu" >"$groups/cgroup.subtree_control"

# One with other processes
sleep infinity &
other=$!
echo "$other" >"$groups/shared/cgroup.procs"
in_group shared plain
ok "a group with other processes" within 60 is plain ready
ok "is a warning, too" equal "$(state plain message)" "its memory and processors have no limit: \
control group '$groups/shared': other processes are in it"
ok "stop" exits 0 vcn kill plain
wait "$running" || true
kill "$other"

# 16 MiB of its own, 96, 8 a processor, 128 without KVM: and what it may write, in two files, as
# the scratch folder is in memory here
one nulls
in_group one nulls
ok "a delegated group" within 60 is nulls ready
ok "a guest has one of its own" in_own_group one nulls
ok "its supervisor, too" grep -qx "0::/one/supervisor" "/proc/$(state nulls supervisor_pid)/cgroup"
ok "with a limit of memory" equal "$(cat "$groups/one/guest/memory.max")" $(((264 + 20) * 1048576))
ok "and of processors" equal "$(cat "$groups/one/guest/cpu.max")" "400000 100000"
ok "which status says" equal "$(field nulls memory_limit_mib)" 284
ok "both" equal "$(state nulls cpu_limit)" 4
ok "stop" exits 0 vcn kill nulls
wait "$running" || true
ok "its group is gone" test ! -e "$groups/one/guest"
finish_tests
