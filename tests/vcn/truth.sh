#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# truth.sh VCN - what is said and what is so, where something is not as it should be: a name in
# another spelling, a supervisor that cannot be asked, a full runtime directory, a guest that only
# reboots, a bridge that is down, and what whoever started vcn has left it with.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge

without_network() { sed -i 's/interfaces: .*/interfaces: []/' "$work/body.yaml"; }
count() { qemu_pids "$1" | grep -c . || true; }
# on_disk NAME KEY - a number of its state file
on_disk() { grep -o "\"$2\":[0-9]*" "$work/run/$1/state.json" | cut -d: -f2; }

# A name in another spelling

begin_manifest 1
guest vcn001
without_network
end_manifest whole
ok "a guest" exits 0 vcn start vcn001
pid=$(field vcn001 pid)
sed -i 's/name: "vcn001"/name: "VCN001"/; s/serial: 1/serial: 2/' "$work/body.yaml"
end_manifest whole
ok "whose name is spelled otherwise" exits 0 vcn diff
ok "is the same one" exits 0 vcn apply
ok "and not started again" equal "$(qemu_pids)" "$pid"
ok "it is listed once" equal "$(vcn status | grep -ic '^vcn001 ')" 1
ok "and restarted in its own place" exits 0 vcn restart VCN001
ok "once" equal "$(count '[vV]')" 1
ok "it is stopped" exits 0 vcn kill vcn001

# Of an older vcn, whose folders had the manifest's spelling
mv "$work/run/vcn001" "$work/run/VCN001"
sed -i 's/"name":"vcn001"/"name":"VCN001"/' "$work/run/VCN001/state.json"
ok "what is left under the old spelling" exits 0 vcn apply
ok "does not start it twice" equal "$(count '[vV]')" 1
ok "nor later" exits 0 vcn apply
ok "it goes" test ! -e "$work/run/VCN001"
ok "all is well" exits 0 vcn diff
ok "so far" exits 0 vcn kill --all

# Names that are those of the launcher's own files

begin_manifest 3
for name in told apply.lock state.json control lock; do
	guest "$name" "" "readiness: none"
	sed -i "s/-000000000000\"/-$(printf %s "$name" | sha256sum | head -c 12)\"/" "$work/body.yaml"
done
without_network
end_manifest whole
ok "guests may be called as its files are" exits 0 vcn apply
ok "and run" equal "$(vcn status | grep -c ' ready ')" 5
ok "again there is nothing to do" exits 0 vcn apply
ok "and nothing to say" equal "$(cat "$work/said")" ""
ok "they are ended" exits 0 vcn kill --all
long=$(printf 'a%.0s' {1..50})
begin_manifest 3
guest "$long.$long.$long.$(printf 'b%.0s' {1..48})"
sed -i 's/fqdn: .*/fqdn: "long.c.example"/' "$work/body.yaml"
end_manifest whole
ok "a name that no folder has" exits 10 vcn check "$work/manifest.yaml"
ok "is told with its place" says "manifest.yaml:5:11: error: the name of a VCN has at most 200"

# Other things in the runtime directory, which may be one that others use, too

mkdir "$work/run/foreign" "$work/run/empty"
touch "$work/run/foreign/lock" "$work/run/foreign/control"
mkfifo "$work/run/pipe"
ln -s foreign "$work/run/link"
begin_manifest 3
end_manifest whole
ok "what is no guest's" exits 0 vcn apply
ok "stays" test -e "$work/run/foreign/lock" -a -e "$work/run/foreign/control" -a -d "$work/run/empty"
ok "what was a guest's goes" equal "$(ls "$work/run")" "$(printf '%s\n' empty foreign link pipe)"
rm -r "$work/run/foreign" "$work/run/empty" "$work/run/pipe" "$work/run/link"

# A supervisor that cannot be asked

begin_manifest 4
guest vcn001
without_network
end_manifest whole
ok "another guest" exits 0 vcn apply
rm "$work/run/vcn001/control"
ok "without its socket" exits 5 vcn status
ok "is degraded" says "degraded .*'control' in its folder is gone"
ok "apply tells" exits 5 vcn apply
ok "the whole of it" says "^vcn001: degraded: its supervisor cannot be reached: .* is gone$"
ok "stop stops it" exits 0 vcn stop --timeout 2 vcn001
ok "and says how" says "supervisor did not answer and was killed"
ok "it is gone" no_qemu
ok "once more" exits 0 vcn start vcn001
rm "$work/run/vcn001/control"
ok "kill kills it" exits 0 vcn kill vcn001
ok "it is gone as well" no_qemu
ok "and again" exits 0 vcn start vcn001
supervisor=$(field vcn001 supervisor_pid)
kill -STOP "$supervisor"
echo nonsense >"$work/run/vcn001/state.json"
ok "one that stands still, and nobody knows which it is" exits 8 vcn kill vcn001
ok "is not said to be dead" says "error: VCN 'vcn001' still runs.*'$work/run/vcn001/lock'"
ok "it is not" test "$(count vcn001)" = 1
kill -KILL "$supervisor"
ok "its end" within 5 no_qemu
ok "is its end" exits 0 vcn stop vcn001

# hold FILE - its lock, until $work/held is gone
hold() {
	python3 -c 'import fcntl, os, sys, time
with open(sys.argv[1], "w") as lock:
	fcntl.lockf(lock, fcntl.LOCK_EX)
	open(sys.argv[2], "w")
	while os.path.exists(sys.argv[2]): time.sleep(0.02)' "$1" "$work/held" &
	ok "a lock that is held" within 10 test -e "$work/held"
}

# One that has begun, and does not listen yet
hold "$work/run/vcn001/lock"
ok "is no guest that has stopped" exits 8 vcn stop --timeout 1 vcn001
rm "$work/held"
wait "$!"

# One that asks QEMU what it can, and stands still
rm "$work/run/.qemu.json"
hold "$work/run/.qemu.lock"
ok "keeps nobody for ever" timeout 60 "${vcn[@]}" argv vcn001
rm "$work/held"
wait "$!"

# Two that start it at the same time
for ((i = 0; i < 3; i++)); do
	vcn start vcn001 >"$work/a" 2>&1 &
	one=$!
	vcn start vcn001 >"$work/b" 2>&1 &
	two=$!
	a=0 b=0
	wait "$one" || a=$?
	wait "$two" || b=$?
	ok "of two starts one is busy at most" grep -Eq '^(0 0|0 8|8 0)$' <<<"$a $b"
	ok "and none says that it did not start" test -z "$(grep -h 'did not start' "$work/a" "$work/b")"
	ok "it runs once" equal "$(count vcn001)" 1
	ok "to its end" exits 0 vcn kill vcn001
done

# What vcn was started with

# inherit CODE ARGUMENTS... - vcn in the place of a perl that has done this
inherit() {
	perl -e "$1; exec @ARGV" "${vcn[@]}" "${@:2}"
}
limited() (
	ulimit -S -f 100 -t 5 -n 40 -u 1 # those that are hard only the host's root may lift
	exits 0 vcn start vcn001
)
ok "a shell with limits" limited
limits() { awk '/^Max (cpu time|file size)/ { print $(NF - 2) }' "/proc/$1/limits" | sort -u; }
ok "is not its guest's" equal "$(limits "$(field vcn001 pid)")" unlimited
ok "to the end" exits 0 vcn kill vcn001
if command -v perl >/dev/null; then
	# shellcheck disable=SC2016 # they are perl's
	ok "a parent that ignores its children" exits 0 inherit '$SIG{CHLD} = "IGNORE"' start vcn001
	ok "and hears of ours" says "vcn001: started"
	ok "its guest" exits 0 vcn kill vcn001
	# shellcheck disable=SC2016
	ok "one without standard files" exits 7 inherit 'close($_) for *STDIN, *STDOUT, *STDERR' start vcn001
	ok "has started it" is_state vcn001 ready
	ok "and nothing was written where it does not belong" test ! -s "$work/run/vcn001/lock"
	ok "what cannot be printed" exits 7 inherit 'close(STDOUT)' log vcn001
	ok "is not the log's fault" says "error: the output cannot be written: Bad file descriptor"
	ok "the end of it" exits 0 vcn kill vcn001
else
	skip "what a parent leaves" "no perl"
fi

# The terminal

# console_ended_by SIGNAL - is the terminal as it was, and has the signal ended it?
console_ended_by() {
	python3 - "SIG$1" "${vcn[@]}" console vcn001 <<-'END'
		import os, pty, signal, subprocess, sys, termios, time
		number = getattr(signal, sys.argv[1])
		keyboard, screen = pty.openpty()
		before = termios.tcgetattr(screen)
		console = subprocess.Popen(sys.argv[2:], stdin=screen, stdout=screen, stderr=screen)
		deadline = time.monotonic() + 10
		def is_raw(): return termios.tcgetattr(screen) != before
		while not is_raw() and time.monotonic() < deadline: time.sleep(0.02)
		assert is_raw(), "it is not raw"
		console.send_signal(number)
		assert console.wait(10) == -number, console.returncode
		assert not is_raw(), "it is still raw"
	END
}
ok "a guest with a console" exits 0 vcn start vcn001
for name in HUP INT QUIT TERM; do
	ok "SIG$name ends the console, and the terminal is as it was" console_ended_by "$name"
done
ok "more time to stop than a day" exits 64 vcn stop --timeout 86401 vcn001
ok "is a usage error" says "error: --timeout is at most 86400 seconds"
ok "the guest is none the worse for all that" is_state vcn001 ready
ok "it is ended" exits 0 vcn kill vcn001

# One object

ok "a log as JSON" exits 0 vcn --json log vcn001
ok "is one object" python3 -c 'import json, sys
assert "guest: ready" in json.load(open(sys.argv[1]))["log"]' "$work/said"
for words in "status --metrics" "boot-times --plot" "console vcn001" "run --console vcn001"; do
	# shellcheck disable=SC2086 # several words
	ok "$words is none" exits 64 vcn --json $words
	ok "and says so, as one" python3 -m json.tool "$work/said"
done

# No room in the runtime directory

mkdir "$work/full"
mount -t tmpfs -o size=512k,mode=755 tmpfs "$work/full"
write_settings "runtime-dir: $work/full"
ok "a guest on a small file system" exits 0 vcn apply
pid=$(field vcn001 pid)
begin_manifest 5
guest vcn001 second
without_network
end_manifest whole
head -c 1M /dev/zero >"$work/full/filler" 2>/dev/null || true
ok "is not restarted from an old copy" exits 7 vcn apply --restart-changed
ok "as it says" says "No space left.*|the manifest cannot be kept, and nothing was restarted"
ok "it runs on" equal "$(field vcn001 pid)" "$pid"
rm "$work/full/filler"
ok "with room" exits 0 vcn apply --restart-changed
ok "it is" test "$(field vcn001 pid)" != "$pid"
ok "to what the manifest says" exits 0 vcn diff
ok "and stopped" exits 0 vcn kill vcn001
umount "$work/full"

# A runtime directory that was lost, or another one: the guest has no interface that could tell

write_settings
ok "a guest" exits 0 vcn start vcn001
pid=$(qemu_pids)
mv "$work/run" "$work/lost"
ok "whose folder is lost" exits 5 vcn apply
ok "is not started twice" says "'vcn001' waits: it still runs from another runtime directory, with .*/scratch/vcn001'"
ok "and runs on" equal "$(qemu_pids)" "$pid"
ok "its scratch folder, too" test -d "$work/scratch/vcn001"
ok "until it ends" exits 0 vcn --runtime-dir "$work/lost" kill vcn001
ok "then it starts" within 60 is_state vcn001 ready
ok "once" equal "$(count vcn001)" 1
ok "kill" exits 0 vcn kill vcn001
rm -r "$work/lost"

# A guest that reboots and is never ready

write_settings "ready-timeout: 12"
boots_again() { test "$(on_disk vcn001 n_boots)" -ge 2; }
only_reboots() {
	{ vcn status || true; } | grep -Eq 'degraded .* it has rebooted [0-9]+ times? and was not ready'
}
begin_manifest 6
guest vcn001 "vcn.mute vcn.reboot"
without_network
end_manifest whole
ok "a guest that only reboots" exits 5 vcn apply
ok "has not started well" says "'vcn001' runs, but is not ready"
ok "and needs a person, who is told why" within 60 only_reboots
ok "while it goes on" within 60 boots_again
ok "status says it" exits 5 vcn status
ok "and apply" exits 5 vcn apply
ok "it stops" exits 0 vcn stop vcn001
ok "and has ended well" is_state vcn001 stopped

# A bridge that is down

write_settings "ready-timeout: 60"
begin_manifest 7
guest vcn002
sed -i 's/bridge: br0}]/bridge: br0}, {mac: "02:5a:00:00:01:02", bridge: br1}]/' "$work/body.yaml"
end_manifest whole
ip link set br0 down
ok "no guest on a bridge that is down" exits 5 vcn start vcn002
ok "with what to do" says "bridge 'br0' is down \(ip link set br0 up\)"
ok "leaves no TAP" no_tap
ip link set br0 up
ip link add br1 type bridge
ip link set br1 up
ok "on one that is up" exits 0 vcn start vcn002
ip link set br0 down
ok "that goes down, and the other one does not" exits 5 vcn apply
ok "it is degraded" says "^vcn002: degraded: bridge 'br0' is down \(ip link set br0 up\)$"
ip link set br0 up
ok "until it is up again" exits 0 vcn apply
ok "then it is well" is_state vcn002 ready
ok "the last one" exits 0 vcn kill --all
finish_tests
