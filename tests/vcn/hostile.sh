#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# hostile.sh VCN - QEMUs that say and do what they should not: none ends its supervisor, keeps
# another guest, or sees more than its own. No guest boots; a script plays QEMU.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
need mkfs.ext4 mkfs.xfs
enter "$@"
cp "$here/hostile-qemu.py" "$work/qemu"
chmod 755 "$work/qemu"
# shellcheck disable=SC2119
settings() { write_settings "$@" "qemu: $work/qemu" "parallel: 40" "ready-timeout: 10" \
	"stop-timeout: 4"; }
settings
truncate -s 1M "$work/images/disk.raw"
chmod 644 "$work/images/disk.raw"

# entry NAME [LINE] - of the manifest; without interfaces it is ready when it runs
entry() {
	n_guests=$((n_guests + 1))
	cat >>"$work/body.yaml" <<-ENTRY
		  - name: "$1"
		    fqdn: "$1.c.example"
		    uuid: "$(cat /proc/sys/kernel/random/uuid)"
		    memory: 1
		    cpus: 1
		    image: {path: "$work/images/disk.raw", format: raw}
		    interfaces: []
		${2:-}
	ENTRY
}
is_with() { # NAME STATE PATTERN
	is_state "$1" "$2" && grep -Eq -- "$3" <(field "$1" message)
}

# One that breaks off while it is asked what it can do: half an answer is none

cat >"$work/leaves" <<-'LEAVES'
	#!/usr/bin/python3
	import socket
	qmp = socket.socket(fileno=3)
	qmp.sendall(b'{"QMP": {"version": {}}}\n')
	answers = [b'{}', b'{"qemu": {"major": 9, "minor": 0, "micro": 0}}',
	           b'[{"name": "pc-q35-9.0", "alias": "q35"}]']
	for number, answer in enumerate(answers, 1):
	    qmp.recv(4096)
	    qmp.sendall(b'{"return": %s, "id": %d}\n' % (answer, number))
LEAVES
chmod 755 "$work/leaves"
write_settings "qemu: $work/leaves"
begin_manifest 1
entry unborn
end_manifest whole
ok "a QEMU that leaves in the middle of a question" exits 69 vcn apply
ok "does not start as guests need it" says "leaves' does not start as guests need it"
ok "nothing of it is kept" test ! -s "$work/run/.qemu.json"
settings

# What QEMU says

readonly wrong="event-number event-data event-reason event-open event-action reply-text
	reply-unasked reply-negative reply-none error-null no-object no-json no-utf8 nul deep long
	endless greets-nothing"
readonly well="nulls greets-twice greets-wrongly floods"
begin_manifest 2
for name in $wrong $well panics stops breaks shouts hangs-up silent greets-not; do
	entry "$name"
done
end_manifest whole
ok "QEMUs of every kind" exits 5 vcn apply
for name in $wrong; do
	ok "$name: it has failed" within 5 is_with "$name" failed "does not speak its protocol"
done
for name in $well; do
	ok "$name: it is ready" within 5 is_state "$name" ready
done
ok "one that panics" within 5 is_with panics failed "panicked|stopped the guest"
ok "one that stops its guest" within 5 is_with stops failed "stopped the guest"
ok "one whose disk fails" within 5 is_with breaks failed "its disk fails: Input/output error"
ok "one that shouts" within 5 is_with shouts failed "exit code 3: "
ok "its last words are cut" test "$(field shouts message | wc -c)" -lt 1500
ok "no escape sequence is in them" exits 1 grep -q u001b "$work/run/shouts/state.json"
rss=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$(field floods supervisor_pid)/status")
if [[ $(ldd "$VCN") == *asan* ]]; then
	skip "one that floods takes no memory" "a sanitizer takes its own"
else
	ok "one that floods takes no memory" test "$rss" -lt 16384
fi
ok "one that hangs up is ended" within 15 is_state hangs-up failed
vcn apply >/dev/null 2>&1 || true
ok "one that does not answer any more is degraded" within 12 is_with silent degraded "does not answer"
ok "one that never greets" within 30 is_with greets-not degraded "does not answer"
pid=$(field nulls pid)
kill -STOP "$pid"
ok "one that is stopped" is_with nulls degraded "stopped by a signal"
kill -CONT "$pid"
ok "until it goes on" is_state nulls ready
kill -HUP "$(field nulls supervisor_pid)"
ok "one whose supervisor is told that a terminal is gone" is_state nulls ready
ok "apply exits with 5 for them" exits 5 vcn apply
ok "at every run" exits 5 vcn apply
ok "status, too" exits 5 vcn status
ok "no supervisor has died" equal "$(grep -l "supervisor was killed" "$work/run/"*/state.json)" ""
ok "kill" exits 0 vcn kill --all
ok "nothing is left" within 2 no_qemu

# What QEMU sees

begin_manifest 2
entry looks
end_manifest whole
ok "one that looks around" exits 0 vcn --json apply --allow-stop=9
readonly seen=$work/scratch/looks/seen.json
ok "tells" within 10 test -e "$seen"
cp "$seen" "$work/seen"
pid=$(field looks pid)
sees() { python3 -c 'import json, sys
seen = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else "seen: %r" % seen)' "$work/seen" "$1"; }
ok "only itself" sees 'seen["processes"] == [1]'
ok "no network" sees 'seen["interfaces"] == ["lo"]'
ok "nothing of the host's files" sees 'not set(seen["root"]) & {"root", "home", "run", "var", "srv", "boot"}'
ok "not even who its users are" sees 'seen["passwd"] == "No such file or directory"'
ok "what there is it cannot write" sees 'seen["usr"] == seen["root folder"] == "Read-only file system"'
ok "nor change" sees '"not permitted" in seen["mounts"]'
ok "nor the kernel" sees 'not seen["sysctl"].startswith("done")'
ok "its user is nobody else's" sees "seen['ids'] == [[$(field looks uid)] * 3] * 2 + [[]]"
ok "it holds nothing of its supervisor" sees 'not any("/run/" in f or "lock" in f for f in seen["files"])'
for kind in net ipc pid mnt uts; do
	ok "its own $kind namespace" test "$(readlink "/proc/$pid/ns/$kind")" != \
		"$(readlink "/proc/self/ns/$kind")"
done
ok "the kernel takes it first" equal "$(cat "/proc/$pid/oom_score_adj")" 500

# A runtime directory without room: what is written there is old, what the supervisor says is not

mkdir "$work/run3"
mount -t tmpfs -o size=512k,mode=755 none "$work/run3"
in_small() { vcn --runtime-dir "$work/run3" "$@"; }
begin_manifest 2
entry nulls
entry never
end_manifest whole
ok "a VCN that never ran has no accelerator" bash -c '"$@" --json status never |
	python3 -c "import json, sys; assert json.load(sys.stdin)[\"vcns\"][0][\"accel\"] is None"' \
	- "${vcn[@]}"
in_small start nulls >/dev/null
head -c 1M /dev/zero >"$work/run3/filler" 2>/dev/null || true
kill -STOP "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' \
	"$work/run3/nulls/state.json")"
in_small apply >/dev/null 2>&1 || true
ok "no room for its state: status asks, and is right" exits 5 in_small status nulls
ok "says what" says "degraded .*(stopped by a signal|does not answer)"
ok "kill works" exits 0 in_small kill --all
umount "$work/run3"

# One user each, whatever the runtime directory

begin_manifest 2
entry looks
end_manifest whole
ok "the same VCN of another runtime directory waits" exits 5 \
	vcn --runtime-dir "$work/run2" start looks
ok "for its scratch folder" says "runs from another runtime directory, with the scratch directory"
vcn --runtime-dir "$work/run2" kill looks >/dev/null
settings "scratch: $work/scratch2"
ok "with one of its own it starts" exits 0 vcn --runtime-dir "$work/run2" start looks
settings
second=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["uid"])' \
	"$work/run2/looks/state.json")
ok "has another user" test "$second" != "$(field looks uid)"
vcn --runtime-dir "$work/run2" kill looks >/dev/null
vcn kill --all >/dev/null
free=65000
settings "uid-range: [65534, $((free + 535))]"
ok "a user id that the host has" exits 0 vcn start looks
ok "is passed over" equal "$(field looks uid)" 65535
ok "when all are taken" exits 5 vcn --runtime-dir "$work/run2" start looks
ok "it says so" says "all user ids from 65534 to 65535 are taken"
vcn kill --all >/dev/null
python3 -c 'import os, time; os.setuid(65535); time.sleep(600)' &
within 5 pgrep -U 65535
ok "one as whom something runs still" exits 5 vcn start looks
ok "is taken" says "all user ids from 65534 to 65535 are taken"
kill "$!"
settings

# What it may write

begin_manifest 3
entry fills-limit "    scratch: 2"
entry fills-host
entry nulls
end_manifest whole
settings "scratch-limit: 3"
vcn apply >/dev/null 2>&1 || true # they are ready before they are full, or not
ok "one has its entry's limit" within 5 is_with fills-limit degraded "scratch full: it has written its 2 MiB"
ok "one its host's" within 5 is_with fills-host degraded "scratch full: it has written its 3 MiB"
ok "their neighbour is well" is_state nulls ready
ok "apply exits with 5" exits 5 vcn apply
start=$(date +%s%N)
ok "one that is stopped so need not be asked to power off" exits 0 vcn stop --timeout=30 fills-host
ok "it ends at once" test $((($(date +%s%N) - start) / 1000000)) -lt 8000
vcn kill --all >/dev/null

# on_file_system NAME COMMAND... - the limit there, where the kernel has it
on_file_system() {
	local name=$1
	shift
	mkdir -p "$work/$name"
	if ! "$@" >/dev/null 2>&1; then
		skip "a limit on $name" "it cannot be mounted here"
		return
	fi
	chmod 711 "$work/$name"
	settings "scratch: $work/$name"
	vcn start fills-limit >/dev/null 2>&1 || true
	ok "a limit on $name" within 5 is_with fills-limit degraded "its 2 MiB"
	ok "holds" test "$(df --output=used -k "$work/$name" | tail -n 1)" -le $((${base:=0} + 2400))
	vcn kill --all >/dev/null
	umount "$work/$name"
}
on_image() { # NAME MKFS... SIZE
	truncate -s "$3" "$work/$1.image"
	"$2" -q "$work/$1.image" && mount -o loop "$work/$1.image" "$work/$1"
	rm -rf "$work/$1/lost+found"
}
on_file_system tmpfs mount -t tmpfs -o size=16m none "$work/tmpfs"
base=4096 on_file_system ext4 on_image ext4 mkfs.ext4 32M
base=36000 on_file_system xfs on_image xfs mkfs.xfs 320M

# Without a limit: the file system is full, and whoever writes waits for room.
mkdir -p "$work/tmpfs"
mount -t tmpfs -o size=4m,mode=0711 none "$work/tmpfs"
settings "scratch: $work/tmpfs"
begin_manifest 4
entry fills-all
entry nulls
end_manifest whole
vcn apply >/dev/null 2>&1 || true
ok "no limit: the file system ends it" within 5 is_with fills-all degraded "no room is left in '$work/tmpfs'"
ok "who does not write goes on" exits 5 vcn status
ok "kill gives the room back" exits 0 vcn kill fills-all
ok "all of it" test "$(df --output=used -k "$work/tmpfs" | tail -n 1)" -le 8
vcn kill --all >/dev/null
umount "$work/tmpfs"
settings
begin_manifest 5
entry full
entry quota
end_manifest whole
vcn apply >/dev/null 2>&1 || true
ok "one that has found no room" within 5 is_with full degraded "no room is left"
ok "one whose quota is used up" within 5 is_with quota degraded "no room is left"
vcn apply >/dev/null 2>&1 || true
ok "goes on when there is" within 5 is_state full ready

# One that only reboots does so more and more slowly

begin_manifest 5
entry reboots
end_manifest whole
vcn apply --allow-stop=9 >/dev/null 2>&1 || true
sleep 6
ok "one that only reboots" test "$(field reboots n_boots)" -ge 2
ok "takes its time" test "$(field reboots n_boots)" -le 4
vcn kill --all >/dev/null

# Whose turn it is: what failed waits, and its entry mended is tried at once

begin_manifest 5
entry no-json
end_manifest whole
vcn apply --allow-stop=9 >/dev/null 2>&1 || true
ok "one that failed" within 5 is_state no-json failed
starts() { grep -c '"name":"no-json"' "$work/lib/boots.jsonl"; }
before=$(starts)
vcn apply >/dev/null 2>&1 || true
ok "is not tried again at once" equal "$(starts)" "$before"
sed -i 's/cpus: 1$/cpus: 2/' "$work/body.yaml"
end_manifest whole
vcn apply >/dev/null 2>&1 || true
ok "but with another entry" equal "$(starts)" $((before + 1))

# Memory and kernels

begin_manifest 6
cat >>"$work/body.yaml" <<-ENTRY
	  - name: private
	    fqdn: private.c.example
	    uuid: "$(cat /proc/sys/kernel/random/uuid)"
	    memory: 1
	    cpus: 1
	    image: {kernel: "$work/images/huge"}
	    interfaces: []
ENTRY
n_guests=1
end_manifest whole
truncate -s 600M "$work/images/huge"
chmod 600 "$work/images/huge"
ok "a kernel that has to be copied and is too large" exits 5 vcn apply
ok "is refused" says "too large to be copied \(512 MiB\)"
truncate -s 200M "$work/images/huge"
ok "one that fits" exits 0 vcn start private
vcn kill --all >/dev/null
settings "memory-reserve: $(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024 - 400))"
ok "counts where memory is counted" exits 5 vcn start private
ok "with the guest" says "does not fit: it needs 4[0-9]{2} MiB \(1 of its own\)"
vcn kill --all >/dev/null 2>&1 || true

# What a guest was given and has not taken yet is not there for another one

begin_manifest 7
entry nulls
entry looks
sed -i 's/memory: 1$/memory: 2000/' "$work/body.yaml"
end_manifest whole
free=$(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024))
if [ "$free" -gt 3200 ]; then
	settings "memory-reserve: $((free - 3200))"
	ok "a guest that fits" exits 0 vcn start nulls
	ok "one more that would" exits 5 vcn start looks
	ok "does not" says "'looks' does not fit: it needs 2[0-9]{3} MiB"
	vcn kill --all >/dev/null
else
	skip "what a guest was given" "there is too little memory here"
fi

# A long answer

settings
begin_manifest 9
entry many "    cpuset: \"0\""
end_manifest whole
ok "one with a thousand processors" exits 0 vcn start many
vcn kill many >/dev/null

# A terminal that nobody reads

begin_manifest 9
entry chats
end_manifest whole
python3 - "${vcn[@]}" run chats <<-'END' &
	import pty, subprocess, sys
	keyboard, screen = pty.openpty()
	subprocess.run(sys.argv[1:], stdin=screen, stdout=screen, stderr=screen)
END
log_is_long() { test "$(stat -c %s "$work/run/chats/console.log")" -gt 300000; }
ok "a guest that writes more than its terminal takes" within 20 log_is_long
ok "keeps no supervisor" is_state chats ready
ok "which stops it" exits 0 vcn stop chats
ok "itself" equal "$(cat "$work/said")" "chats: stopped"
wait "$!" || true
finish_tests
