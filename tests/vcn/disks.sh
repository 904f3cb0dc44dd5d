#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# disks.sh VCN - disks beside the image: thrown away and kept, locked, bounded, refused.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
command -v qemu-img >/dev/null || skip_all "no qemu-img"
mkdir "$work/kept"
qemu-img create -q -f qcow2 "$work/kept/home.qcow2" 16M
truncate -s 8M "$work/kept/data.raw"
write_settings "network: user" "writable-roots: $work/kept"

# with_disks NAME LINE... - a guest with those disks
with_disks() {
	local name=$1 lines="    disks:"
	shift
	[ "$#" != 0 ] || lines=
	for line in "$@"; do
		lines+=$'\n'"      - {$line}"
	done
	guest "$name" "hostname=$name" "" "$lines"
}
home="name: home, path: \"$work/kept/home.qcow2\", format: qcow2"
data="name: data, path: \"$work/kept/data.raw\", format: raw"

begin_manifest 1
with_disks vcn001 "name: work, size: 64" "$home" "$data"
end_manifest whole
ok "a guest with one disk to throw away and two to keep" exits 0 vcn apply
ok "it has the first by its name and size" console_says vcn001 "disk work has 131072 sectors"
ok "and the second" console_says vcn001 "disk home has 32768 sectors"
ok "and the third" console_says vcn001 "disk data has 16384 sectors"
ok "and has written to the last" within 10 console_says vcn001 "wrote /dev/vdc"
ok "what is thrown away has no name on the host" \
	equal "$(find "$work/scratch" -mindepth 2 -type f)" ""

# The same file in a guest that another launcher starts
begin_manifest 1
with_disks vcn002 "$home"
end_manifest bare
sed "s,^runtime-dir: .*,runtime-dir: $work/run2," "$work/vcn.yaml" >"$work/other.yaml"
ok "a second guest of a disk that is kept does not start" exits 5 "$VCN" --config "$work/other.yaml" \
	--manifest "$work/manifest.yaml" --host node01.c.example start vcn002
ok "because it is locked" says 'Failed to get "write" lock'
ok "by the name that it has in the manifest" says "image \\[$work/kept/home.qcow2\\]"

begin_manifest 2
with_disks vcn001 "name: work, size: 64" "$home" "$data"
end_manifest whole
ok "restart" exits 0 vcn restart vcn001
ok "what was thrown away is gone, what was kept is there" within 10 \
	equal "$(grep -a "guest: found" "$work/run/vcn001/console.log" | tr -d '\r' | tail -n 3 | xargs)" \
	"guest: found guest: found vcn001 guest: found vcn001"

# What a guest writes into a file without a name is gone with it.
mv "$work/kept/home.qcow2" "$work/kept/gone"
ok "a disk that is kept and was removed" exits 0 vcn status vcn001
ok "makes it outdated" says "outdated"
cp "$work/kept/gone" "$work/kept/home.qcow2"
ok "one in its place" exits 0 vcn diff
ok "as well" says "outdated vcn001: image or disk replaced"
mv "$work/kept/gone" "$work/kept/home.qcow2"
ok "and not when it is back" exits 0 vcn diff
ok "as it was" equal "$(cat "$work/said")" ""
ok "a disk more makes it outdated" bash -c "sed '/name: data/d' '$work/body.yaml' |
	'$here/trailer.py' >'$work/manifest.yaml'"
ok "and it is said" exits 0 vcn diff
ok "by name" says "outdated vcn001"
ok "stop" exits 0 vcn stop --all
ok "the guest wrote into the file that is kept" grep -aq vcn001 "$work/kept/data.raw"

# A disk that the manifest gives to another guest: who gets it comes after who gives it up

begin_manifest 3
with_disks vcn001 "$home"
with_disks vcn002 "$data"
end_manifest whole
ok "two guests with a disk each" exits 0 vcn apply
begin_manifest 4
with_disks vcn001 "$data"
with_disks vcn002 "$home"
end_manifest whole
ok "they exchange them" exits 0 vcn apply --restart-changed
ok "and that is all" exits 0 vcn diff
ok "it says what it writes to" equal "$(field vcn001 on_disk)" "['file $work/kept/data.raw']"
begin_manifest 5
with_disks vcn001
with_disks vcn002 "$home" "$data"
with_disks vcn003
end_manifest whole
ok "one gets the disk of another, and a third one is new" exits 0 vcn apply --restart-changed
ok "and that is all" exits 0 vcn diff
begin_manifest 6
with_disks vcn001 "$data"
with_disks vcn002 "$home"
with_disks vcn003
end_manifest whole
ok "stop" exits 0 vcn stop vcn001
ok "one that would start with a disk that another still has" exits 5 vcn apply
ok "waits for it" says "'vcn001' waits: 'vcn002' of this host still has its file $work/kept/data.raw"
begin_manifest 7
with_disks vcn001
with_disks vcn002 "$home"
with_disks vcn003
end_manifest whole
ok "it does not wait for what it gets no more" exits 0 vcn apply
ok "but starts with what it has" is_state vcn001 ready
begin_manifest 8
with_disks vcn001 "$data"
with_disks vcn002 "$home"
with_disks vcn003
end_manifest whole
ok "stop" exits 0 vcn stop vcn001
ok "again it waits" exits 5 vcn apply
ok "until that is restarted" exits 0 vcn restart vcn002
ok "then it starts by itself" within 20 is_state vcn001 ready
ok "stop" exits 0 vcn stop --all

# What is refused, and why
begin_manifest 9
with_disks vcn003 "name: home, path: \"$work/images/home.raw\", format: raw"
end_manifest whole
ok "a disk outside of the writable roots is refused" exits 5 vcn start vcn003
ok "and said why" says "none that a guest of this host may write to"
ok "check of this host says it, too" exits 3 vcn check
sed -i 's,images/home.raw,kept/../a.raw,' "$work/body.yaml"
end_manifest whole
ok "'..' is a fault of the manifest" exits 10 vcn check "$work/manifest.yaml"
begin_manifest 10
with_disks vcn003 "$home"
with_disks vcn004 "$home"
end_manifest whole
ok "one file in two guests is a fault of the manifest" exits 10 vcn check "$work/manifest.yaml"
ok "with both places" says "manifest.yaml:.*first used here"
begin_manifest 11
with_disks vcn003 "$home"
sed -i 's/^    cpus: 1$/&\n    scratch: 4/' "$work/body.yaml"
end_manifest whole
ok "a disk larger than what the guest may write is refused" exits 5 vcn start vcn003
ok "with both sizes" says "'home' of VCN 'vcn003' has 16 MiB.* above 4 "
begin_manifest 12
with_disks vcn003 "name: work, size: 3"
end_manifest whole
write_settings "network: user" "scratch-limit: 4"
ok "one to throw away that is not" exits 0 vcn start vcn003
pid=$(field vcn003 pid)
begin_manifest 13
with_disks vcn003 "name: work, size: 3" "name: more, size: 5"
end_manifest whole
ok "is not stopped for one that is" exits 5 vcn restart vcn003
ok "which is said" says "'more' of VCN 'vcn003' has 5 MiB.* above 4 .*scratch-limit"
ok "nor is it" exits 5 vcn apply --restart-changed
ok "for the same reason" says "'more' of VCN 'vcn003' has 5 MiB"
ok "it runs" equal "$(field vcn003 pid)" "$pid"
ok "to its end" exits 0 vcn kill vcn003
ok "then it does not start" exits 5 vcn start vcn003
ok "as check knows" exits 10 vcn check
ok "by both sizes" says "'more' of VCN 'vcn003' has 5 MiB.* above 4 "
mkdir "$work/small"
mount -t tmpfs -o size=3m,mode=755 none "$work/small"
write_settings "network: user" "scratch: $work/small"
begin_manifest 14
with_disks vcn003 "name: work, size: 64"
end_manifest whole
ok "a disk larger than the file system is refused" exits 5 vcn start vcn003
ok "with both sizes" says "has 64 MiB, and the file system of '.*' has 3 in all"

# No room for what they write: each is stopped, none is killed, and goes on when there is room.
mkdir "$work/tight" "$work/thrown"
mount -t tmpfs -o size=256k,mode=755 none "$work/tight"
mount -t tmpfs -o size=2m,mode=755 none "$work/thrown"
truncate -s 8M "$work/tight/data.raw" "$work/tight/own.raw"
head -c 1500k /dev/zero >"$work/thrown/ballast"
write_settings "network: user" "scratch: $work/thrown" "image-roots: [$work/images, $work/tight]" \
	"writable-roots: $work/tight"
begin_manifest 15
with_disks vcn011 "name: data, path: \"$work/tight/data.raw\", format: raw"
guest vcn012 "" "path: $work/tight/own.raw
      format: raw
      snapshot: no
      readiness: virtserial"
with_disks vcn013 "name: work, size: 2"
end_manifest whole
ok "guests without room for their disks" exits 5 vcn apply
stopped_for() { field "$1" message | grep -q "$2"; }
ok "one with a disk that is kept" within 60 stopped_for vcn011 \
	"'$work/tight/data.raw' cannot be written (No space left on device)"
ok "one with an image of its own" within 60 stopped_for vcn012 "'$work/tight/own.raw' cannot be written"
ok "one without an image" within 60 stopped_for vcn013 "no room is left in '$work/thrown'"
pids=$(qemu_pids | sort)
mount -o remount,size=20m "$work/tight"
rm "$work/thrown/ballast"
for name in vcn011 vcn012 vcn013; do
	ok "$name goes on where there is room" within 90 is_state "$name" ready
done
ok "each is the same QEMU" equal "$(qemu_pids | sort)" "$pids"
ok "stop" exits 0 vcn stop --all
finish_tests
