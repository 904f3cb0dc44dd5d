#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# guards.sh VCN - what must stop or start nothing, and the exit status of each.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
write_settings "network: user" "parallel: 6"

# six [SERIAL [HOST]] - a manifest of guests vcn001 to vcn006
six() {
	local i
	begin_manifest "$@"
	for i in 1 2 3 4 5 6; do
		guest "vcn00$i" "" "readiness: none"
	done
	end_manifest whole
}

MEMORY=96
six 10
ok "six guests" exits 0 vcn apply
running=$(qemu_pids)
ok "run" equal "$(wc -l <<<"$running")" 6
unchanged() { equal "$(qemu_pids)" "$running"; }

# refused DESCRIPTION STATUS PATTERN - apply and diff with the manifest as it is
refused() {
	ok "$1: apply exits with $2" exits "$2" vcn apply
	ok "$1: it says why" says "$3"
	ok "$1: diff exits with $2" exits "$2" vcn diff
	ok "$1: nothing was touched" unchanged
}

begin_manifest 11
end_manifest whole
good=$(<"$work/manifest.yaml")

echo "${good/serial: 11/serial: 12}" >"$work/manifest.yaml"
refused "one digit changed" 3 "damaged or was edited: checksum differs"
head -c -10 <<<"$good" >"$work/manifest.yaml"
refused "cut in the trailer" 3 "damaged"
printf '%s\nvcns: []\n' "$good" >"$work/manifest.yaml"
refused "something after the trailer" 3 "damaged"
: >"$work/manifest.yaml"
refused "an empty file" 10 "'vcns' is missing"
rm "$work/manifest.yaml"
refused "no file" 7 "No such file or directory"
begin_manifest 11
guest vcn001 "" "readiness: perhaps"
end_manifest whole
refused "a fault in an entry" 10 "manifest.yaml:[0-9]+:[0-9]+: error: expected none, virtserial"

begin_manifest 11 node02.c.example
end_manifest whole
refused "another host's" 3 "manifest of 'node02.c.example', and this host is 'node01.c.example'"
ok "also for start" exits 3 vcn start vcn001
ok "also for run" exits 3 vcn run vcn001

six 9
refused "an older one" 3 "its serial is 9, and 10 was applied here"

# Without trailer: only where the file was named.
begin_manifest 11
end_manifest bare
mkdir -p "$work/srv/ldapcc/manifests"
if mount --bind "$work/srv" /srv; then
	default() { "$VCN" --config "$work/vcn.yaml" --host node01.c.example "$@"; }
	cp "$work/manifest.yaml" /srv/ldapcc/manifests/node01.c.example.yaml
	ok "no trailer in the default place" exits 3 default apply
	ok "it says what to do" says "has no trailer.*--manifest names it"
	ok "nothing was touched" unchanged
else
	skip "no trailer in the default place" "no mount there"
fi

# Mass stop
refused "no VCN any more" 3 "6 of 6 running VCNs would be stopped, more than 3"
ok "the message has the command" grep -q "vcn --manifest .* apply --allow-stop=6" "$work/said"
ok "fewer than that is refused as well" exits 3 vcn apply --allow-stop=5
ok "nothing was touched" unchanged

begin_manifest 12
for i in 1 2 3; do
	guest "vcn00$i" "" "readiness: none"
done
end_manifest whole
ok "half of them may be stopped" exits 0 vcn apply
ok "three were" equal "$(grep -c ': stopped$' "$work/said")" 3
begin_manifest 13
guest vcn001 "" "readiness: none"
end_manifest whole
ok "two may always be stopped" exits 0 vcn apply
ok "two were" equal "$(grep -c ': stopped$' "$work/said")" 2
six 14
ok "they come back" exits 0 vcn apply
begin_manifest 15
end_manifest bare
running=$(qemu_pids)
ok "an explicit number" exits 0 vcn apply --allow-stop=6
ok "stops them all, from a file by hand" no_qemu

# Memory
write_settings "network: user" "memory-reserve: 100000000"
begin_manifest 16
guest vcn001 "" "readiness: none"
end_manifest whole
ok "no memory: apply exits with 5" exits 5 vcn apply
ok "and says how much is missing" says "'vcn001' does not fit: it needs [0-9]+ MiB \(96 of its own\)"
ok "the same for start" exits 5 vcn start vcn001
ok "the same for run" exits 5 vcn run vcn001
ok "nothing was started" no_qemu
write_settings "network: user"
ok "with memory it runs" exits 0 vcn start vcn001
ok "and ends" exits 0 vcn kill vcn001
write_settings "network: user" "memory-reserve: 100000000"
ok "what it had then is not counted twice for run" exits 5 timeout 60 "${vcn[@]}" run vcn001
ok "which says so" says "'vcn001' does not fit: .* 0 MiB are left for guests"
write_settings "network: user"
MEMORY=100000000
begin_manifest 17
guest vcn001 "" "readiness: none"
MEMORY=96
guest vcn002 "" "readiness: none"
end_manifest whole
ok "one that does not fit" exits 5 vcn apply
ok "is named" says "'vcn001' does not fit"
ok "the one that fits runs" is_state vcn002 ready
ok "the other one is refused" is_state vcn001 refused
ok "status exits with 3" exits 3 vcn status
ok "and says why" says "^vcn001 +refused .*does not fit"
sed 's/name: "vcn001"/&\n    enabled: false/; s/^serial: .*/serial: 17/' "$work/body.yaml" |
	"$here/trailer.py" >"$work/manifest.yaml"
ok "one that is not wanted any more" exits 0 vcn status
ok "is not told of" equal "$(grep -c vcn001 "$work/said" || true)" 0
ok "by its name" exits 0 vcn status vcn001
ok "it has stopped" says "^vcn001 +stopped "
ok "as metrics have it" exits 0 vcn status --metrics
ok "with the exit status" says "^vcn_exit_status 0$"
end_manifest whole
cp -a "$work/images/initrd" "$work/initrd"
touch -d yesterday "$work/images/initrd"
ok "an image that was replaced" exits 3 vcn status
ok "is outdated" says "^vcn002 +outdated .*image was replaced"
ok "apply says so" exits 5 vcn apply
ok "once" says "^vcn002: outdated"
touch -r "$work/initrd" "$work/images/initrd"

# One apply at a time: the lock is held while this one acts, not while it waits for a guest.
begin_manifest 18
guest vcn002 "" "readiness: none"
guest vcn003 vcn.late=4
end_manifest whole
vcn apply >"$work/first" 2>&1 &
first=$!
ok "an apply waits" within 10 is_state vcn003 booting
ok "a second one does not" exits 0 vcn apply
ok "and has nothing to do" equal "$(cat "$work/said")" ""
status=0
wait "$first" || status=$?
ok "the first one is not disturbed" equal "$status" 0
held() {
	python3 -c 'import fcntl, subprocess, sys
with open(sys.argv[1], "w") as lock:
	fcntl.lockf(lock, fcntl.LOCK_EX)
	sys.exit(subprocess.run(sys.argv[2:]).returncode)' "$work/run/.apply.lock" "${vcn[@]}" apply
}
ok "one that acts: a second one exits with 8" exits 8 held
ok "the lock went with it" exits 0 vcn apply

# The serial also counts for what is started by hand.
begin_manifest 17
guest vcn004
end_manifest whole
ok "an older one: start" exits 3 vcn start vcn004
ok "restart" exits 3 vcn restart vcn004
ok "run" exits 3 vcn run vcn004
ok "says so" says "its serial is 17, and 18 was applied here"
ok "stop does not mind" exits 0 vcn stop vcn003
begin_manifest 18
guest vcn002 "" "readiness: none"
guest vcn003 vcn.late=4
end_manifest whole
ok "the current one may start it" exits 0 vcn start vcn003
boot_times() { vcn boot-times | head -1; }
boot_times >/dev/null 2>"$work/said" || true
ok "boot-times | head ends quietly" equal "$(cat "$work/said")" ""

# A manifest whose file system hangs: a pipe that nobody writes to does as much.
mv "$work/manifest.yaml" "$work/kept.yaml"
mkfifo "$work/manifest.yaml"
ok "a manifest that hangs: apply" exits 0 vcn apply
ok "takes the last good one, and says so" says "file system hangs: the last one .*serial 18"
ok "status as well" exits 0 vcn status
ok "with what runs" says "^vcn002 +ready"
ok "stop needs none" exits 0 timeout 20 "${vcn[@]}" stop vcn003
ok "nor does log" exits 0 timeout 4 "${vcn[@]}" log vcn002
rm "$work/manifest.yaml"
mv "$work/kept.yaml" "$work/manifest.yaml"
ok "the file system is back" exits 0 vcn apply
ok "check of one that hangs" exits 8 vcn check <(sleep 20)

# Usage
ok "an unknown name" exits 64 vcn start vcn01
ok "gets a suggestion" says "did you mean 'vcn0"
ok "a range that runs backwards" exits 64 vcn start "vcn[3-1]"
ok "no name" exits 64 vcn stop
ok "an unknown command" exits 64 vcn aply
ok "gets one too" says "did you mean 'apply'"
ok "an unknown key in the settings" exits 64 "$VCN" --config <(echo "acel: tcg") status
ok "has its place" says ":1:1: error: unknown key 'acel', did you mean 'accel'"
ok "a relative runtime folder" exits 64 vcn --runtime-dir run status
# JSON
ok "json also when it fails" exits 64 vcn --json start vcn01
ok "is one object" python3 -c 'import json, sys; v = json.load(open(sys.argv[1]))
assert v["exit"] == 64 and v["findings"][0]["severity"] == "error"' "$work/said"
ok "json of apply" exits 0 vcn --json apply
ok "with no action" python3 -c 'import json, sys; v = json.load(open(sys.argv[1]))
assert v["exit"] == 0 and v["actions"] == [] and v["findings"] == []' "$work/said"

ok "stop --all" exits 0 vcn stop --all
ok "leaves nothing" no_qemu
ok "no QEMU" exits 69 env -C / "$VCN" --config <(sed '$a qemu: /nowhere/qemu' "$work/vcn.yaml") \
	--manifest "$work/manifest.yaml" --host node01.c.example run vcn003
ok "it says so" says "/nowhere/qemu"
finish_tests
