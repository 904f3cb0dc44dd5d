#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# full.sh VCN - file systems that have no room, or may not be written: the folder of the records,
# and that of the guests' states. Guests start and stop all the same, and what is said of them is so.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge

# names SERIAL NAME... - a manifest of these guests
names() {
	local name
	begin_manifest "$1"
	for name in "${@:2}"; do
		guest "$name" "" "readiness: none"
	done
	sed -i 's/interfaces: .*/interfaces: []/' "$work/body.yaml"
	end_manifest whole
}
# fill FOLDER - to its last byte; room FOLDER
fill() { cat /dev/zero >"$1/filler" 2>/dev/null || true; }
room() { rm "$1/filler"; }
# small FOLDER - a file system of its own
small() { mkdir "$1" && mount -t tmpfs -o size=512k,mode=755 tmpfs "$1"; }

# The records

small "$work/lib"
fill "$work/lib"
names 1 vcn001 vcn002
ok "no room for the serial" exits 7 vcn apply --metrics="$work/vcn.prom"
ok "is a warning" says "lib/applied: warning: the applied serial cannot be written: No space left"
ok "and the guests run" equal "$(qemu_pids | wc -l)" 2
ok "as they are said to" says "vcn002: started"
ok "metrics have the exit status" grep -q "^vcn_apply_exit_status 7$" "$work/vcn.prom"
ok "nothing to do" exits 7 vcn apply
ok "is no reason to be silent" says "the applied serial cannot be written"
mkfifo "$work/pipe"
ln -s vcn.prom "$work/link"
for name in pipe link; do
	ok "metrics that are a $name" exits 7 vcn status --metrics="$work/$name"
	ok "are not written" says "'$work/$name': it is no regular file"
	ok "so that it stays one" test ! -f "$work/$name" -o -L "$work/$name"
done
ok "as JSON" exits 7 vcn --json apply
ok "it is a finding" says '"severity":"warning"'
names 2 vcn001
ok "what is not wanted any more" exits 7 vcn apply
ok "stops" no_qemu vcn002
names 3 vcn001 vcn003
sed -i "s,/images/initrd,/images/none," "$work/body.yaml"
end_manifest whole
ok "a guest that fails counts for more" exits 5 vcn apply
room "$work/lib"
names 4 vcn001
ok "with room" exits 0 vcn apply
ok "the serial is written" equal "$(cat "$work/lib/applied")" "node01.c.example 4"
mount -o remount,ro "$work/lib"
ok "one that is known need not be" exits 0 vcn apply
names 5
ok "on what is read-only" exits 7 vcn apply
ok "guests stop, too" equal "$(grep -c ': stopped$' "$work/said")" 1
ok "for which there is a reason" says "applied: warning: .*Read-only file system"
umount "$work/lib"

# The states

small "$work/full"
write_settings "runtime-dir: $work/full"
names 6 vcn001 vcn002
ok "guests with room" exits 0 vcn apply
fill "$work/full"
ok "stop without" exits 0 vcn stop vcn001
ok "one that was stopped was not killed" is_state vcn001 stopped
ok "kill" exits 0 vcn kill vcn002
ok "nor has one failed that was" is_state vcn002 stopped
ok "status has no complaint" exits 0 vcn status
ok "both start" exits 0 vcn apply
ok "and are ready" equal "$(field vcn001 state) $(field vcn002 state)" "ready ready"
supervisor=$(field vcn001 supervisor_pid)
kill -KILL "$supervisor"
ok "the end of a supervisor" within 5 no_qemu vcn001
ok "is told" is_state vcn001 failed
names 7 vcn001 vcn003
sed -i 's/memory: 96/memory: 97/' "$work/body.yaml"
end_manifest whole
ok "one without a state file" exits 5 vcn apply
ok "does not start" says "'vcn003' did not start: .*No space left"
ok "which keeps none from stopping" no_qemu vcn002
room "$work/full"
ok "with room" exits 0 vcn start vcn003
names 8 vcn003
fill "$work/full"
ok "a change" exits 7 vcn apply --restart-changed
ok "waits for room" says "the manifest cannot be kept, and nothing was restarted: No space left"
ok "what is removed does not" no_qemu vcn001
ok "it is outdated" is_state vcn003 outdated
room "$work/full"
ok "then it is done" exits 0 vcn apply --restart-changed
ok "kill" exits 0 vcn kill --all
umount "$work/full"
ok "nothing is left" no_qemu

# A supervisor that was killed, of a guest that the manifest then does not have

write_settings "runtime-dir: $work/run"
names 9 vcn001
ok "a guest" exits 0 vcn apply
kill -KILL "$(field vcn001 supervisor_pid)"
ok "whose supervisor is killed" within 5 no_qemu
ok "leaves its scratch folder" test -d "$work/scratch/vcn001"
names 10
ok "once it is not wanted" exits 0 vcn apply
ok "that goes, too" equal "$(ls "$work/scratch" "$work/run")" "$work/run:

$work/scratch:"

# The same of a guest that runs from another runtime directory by now, as a batch job does

names 11 vcn001
ok "a guest" exits 0 vcn apply
kill -KILL "$(field vcn001 supervisor_pid)"
ok "whose supervisor is killed" within 5 no_qemu
ok "runs from another runtime directory" exits 0 vcn --runtime-dir "$work/job" start vcn001
names 12
ok "apply forgets what is its own" exits 0 vcn apply
ok "which is all that was" test ! -e "$work/run/vcn001"
ok "the scratch folder is another's" test -d "$work/scratch/vcn001"
names 12 vcn001
ok "so that there is no second guest" exits 5 vcn start vcn001
ok "which waits" says "runs from another runtime directory, with the scratch directory"
ok "to the end" exits 0 vcn kill vcn001
ok "of both" exits 0 vcn --runtime-dir "$work/job" kill vcn001
finish_tests
