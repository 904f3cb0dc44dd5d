#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# supervise.sh VCN - one guest at a time, and everything that can go wrong with it: what it
# is given, how it ends, and what is left behind when its supervisor is killed.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
need qemu-img
enter "$@"
make_bridge

readonly kernel="kernel: $work/images/vmlinuz, initrd: $work/images/initrd"
long=$(printf 'vcn123456789%.0s' 1 2 3 4 5)

# one NAME IMAGE-KEYS [KERNEL-ARGUMENTS [INTERFACES]] - an entry of the manifest
one() {
	cat >>"$work/manifest.yaml" <<-ENTRY
		  - name: "$1"
		    fqdn: "$1.c.example"
		    uuid: "$(cat /proc/sys/kernel/random/uuid)"
		    memory: 96
		    cpus: 1
		    image: {$2, arguments: "console=ttyS0 quiet panic=-1 ${3:-}"}
		    interfaces: ${4:-[]}
	ENTRY
}

nic() {
	echo "[{mac: \"02:5a:00:00:01:$1\", bridge: ${2:-br0}, mtu: 1400}]"
}

ready="readiness: virtserial"
disk="format: qcow2, $ready, path: $work/images"
head -c 1M /dev/zero | tr '\0' m >"$work/plain"
qemu-img convert -q -O qcow2 "$work/plain" "$work/images/master.qcow2"
qemu-img convert -q -O qcow2 "$work/plain" "$work/images/large.qcow2"
qemu-img resize -q "$work/images/large.qcow2" 64M
qemu-img create -q -f qcow2 -F qcow2 -b "$work/images/master.qcow2" "$work/images/backed.qcow2"
qemu-img create -q -f qcow2 -o "data_file=$work/images/data" "$work/images/external.qcow2" 1M
cp "$work/images/master.qcow2" "$work/images/secret.qcow2"
printf '\002' | dd of="$work/images/secret.qcow2" bs=1 seek=35 conv=notrunc status=none # LUKS
qemu-img create -q -f raw "$work/images/kept.raw" 4M
ln -s master.qcow2 "$work/images/link.qcow2"
mkdir "$work/elsewhere"
cp "$work/images/master.qcow2" "$work/elsewhere/"
cp "$work/images/vmlinuz" "$work/images/vmlinuz.private"
chmod 600 "$work/images/vmlinuz.private"

printf 'manifest: 1\nhost: node01.c.example\nserial: 1\nvcns:\n' >"$work/manifest.yaml"
one plain "$kernel, $ready" "" "$(nic 01)"
one deaf "$kernel, $ready" vcn.deaf
one mute "$kernel, $ready" vcn.mute
one reboots "$kernel, $ready" vcn.reboot
one panics "$kernel, $ready" vcn.panic
one notifies "$kernel, readiness: notify"
one "$long" "$kernel, $ready" "" "$(nic 02)"
one nobridge "$kernel, $ready" "" "$(nic 03 br7)"
one samemac "$kernel, $ready" "" "$(nic 05)"
one private "kernel: $work/images/vmlinuz.private, initrd: $work/images/initrd, $ready"
one snapshot "$kernel, $disk/master.qcow2"
one fills "$kernel, $disk/large.qcow2" vcn.fill
one keeps "$kernel, format: raw, snapshot: no, $ready, path: $work/images/kept.raw"
for image in backed external secret link missing; do
	one "$image" "$kernel, $disk/$image.qcow2"
done
one outside "$kernel, format: qcow2, path: $work/images/../elsewhere/master.qcow2" || true
sed -i "s,$work/images/../elsewhere,$work/elsewhere," "$work/manifest.yaml"

# launch NAME - `vcn run` in the background; its process in $supervisor
launch() {
	"$VCN" --config "$work/vcn.yaml" --manifest "$work/manifest.yaml" \
		--host node01.c.example run "$1" >"$work/out" 2>"$work/said" </dev/null &
	supervisor=$!
}

# ok_ended DESCRIPTION STATUS - the end of what was launched
ok_ended() {
	local status=0
	wait "$supervisor" 2>/dev/null || status=$?
	ok "$1" equal "$status" "$2"
}

milliseconds() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

# at_most MS COMMAND... - succeeds, and in time
at_most() {
	local limit=$1 start took
	shift
	start=$(milliseconds)
	"$@" || return
	took=$(($(milliseconds) - start))
	[ "$took" -le "$limit" ] || {
		echo "it took $took ms"
		return 1
	}
}

not_running() {
	case $(field "$1" state) in
	stopped | failed) ;;
	*)
		echo "it is $(field "$1" state)"
		return 1
		;;
	esac
}

nothing_left() {
	within 2 no_qemu "$1" && within 2 no_tap && not_running "$1"
}

# Where KVM is missing

if mount --bind /dev/null /dev/kvm 2>/dev/null || [ ! -e /dev/kvm ]; then
	write_settings "accel: kvm"
	ok "without KVM nothing starts" exits 69 vcn run plain
	ok "and it says what to do" says "accel: tcg"
	umount /dev/kvm 2>/dev/null || true
else
	skip "without KVM nothing starts" "/dev/kvm cannot be hidden"
fi
write_settings "qemu: $work/no-such-qemu"
ok "without QEMU neither" exits 69 vcn run plain
write_settings "network: bridge"

# The network

launch plain
ok "a guest becomes ready" within 60 is_state plain ready
tap=$(field plain taps | tr -dc 'a-z0-9')
ok "its TAP has a name of 15 characters" equal "${#tap}" 15
ip -d link show "$tap" >"$work/link"
has() { grep -q -- "$1" "$work/link" || { cat "$work/link"; return 1; }; }
ok "and the FQDN as alias" has "alias plain.c.example"
ok "it is not persistent" has "persist off"
ok "it is in the bridge" has "master br0"
ok "it has the MTU of the bridge" has "mtu 1500"
ok "and the guest that of the manifest" grep -aq host_mtu=1400 "/proc/$(field plain pid)/cmdline"
ok "it learns nothing" has "learning off"
ok "nothing unknown is flooded to it" has "flood off"
if [ "$(field plain mac_locked)" = true ]; then
	ok "frames of other source addresses are dropped" has "locked on"
else
	skip "frames of other source addresses are dropped" "the kernel is older than 5.16"
fi
ok "it has no address of its own" equal "$(ip -br addr show "$tap" | awk '{print $3}')" ""
ok "the guest's MAC is pinned to it" grep -Eq "^02:5a:00:00:01:01 dev $tap (sticky )?master br0 (sticky )?static" \
	<(bridge fdb show br br0)

# What QEMU gets

pid=$(field plain pid)
ok "its environment is PATH and TMPDIR" equal \
	"$(tr '\0' '\n' <"/proc/$pid/environ" | sed 's/=.*//' | sort | paste -sd' ')" "PATH TMPDIR"
ok "it works in /" equal "$(readlink "/proc/$pid/cwd")" /
ok "it has a session of its own" equal "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
ok "its bounding set is empty" equal \
	"$(awk '$1 == "CapBnd:" { print $2 }' "/proc/$pid/status")" 0000000000000000
ok "its scratch folder is private" equal "$(stat -c %a "$work/scratch/plain")" 700
ok "and its own" equal "$(stat -c %u "$work/scratch/plain")" "$(field plain uid)"
ok "it holds nothing of its supervisor" equal \
	"$(find "/proc/$pid/fd" -lname "$work/run/*")" ""
if [[ $(ldd "$VCN") == *asan* ]]; then
	skip "its supervisor takes less than 2 MiB" "a sanitizer takes its own"
else
	ok "its supervisor takes less than 2 MiB" test "$(awk \
		'/^Private/ { kib += $2 } END { print kib }' "/proc/$supervisor/smaps_rollup")" -lt 2048
fi

# One supervisor

ok "a second supervisor is refused" exits 8 vcn run plain
ok "the first goes on" is_state plain ready
for signal in USR1 USR2 ALRM; do
	kill -"$signal" "$supervisor" "$(field plain pid)"
done
ok "also where somebody sends it signals that are not for it" is_state plain ready
pid=$(field plain pid)
for signal in TERM INT HUP; do
	kill -"$signal" "$pid" || true
done
sleep 0.2
ok "its QEMU does not end by what a batch system sends to all of a job" is_state plain ready
ok "SIGTERM is a graceful stop" at_most 15000 bash -c "kill -TERM $supervisor
	while kill -0 $supervisor 2>/dev/null; do sleep 0.02; done"
ok_ended "which ends well" 0
ok "the guest powered itself off" grep -aq "Power down" "$work/run/plain/console.log"
ok "nothing is left" nothing_left plain
ok "no scratch folder either" equal "$(ls "$work/scratch")" ""

# A supervisor that is killed, at any moment

for delay in 0 0.005 0.01 0.02 0.03 0.05 0.08 0.13 0.21 0.34 0.55 0.89; do
	launch plain
	sleep "$delay"
	kill -KILL "$supervisor"
	wait "$supervisor" 2>/dev/null || true
	ok "killed after $delay s, it leaves nothing" nothing_left plain
done
launch plain
ok "after all that it starts" within 60 is_state plain ready
pid=$(field plain pid)
kill -KILL "$supervisor"
wait "$supervisor" 2>/dev/null || true
ok "killed when ready, it leaves nothing" nothing_left plain
ok "and that is a failure" is_state plain failed
kill -STOP "$$" & # a process that is no QEMU of ours gets the number: nothing is signalled
wait "$!" 2>/dev/null || true
python3 - "$work/run/plain/state.json" "$$" <<'PYTHON'
import json, sys
state = json.load(open(sys.argv[1]))
state.update(state="ready", pid=int(sys.argv[2]))
json.dump(state, open(sys.argv[1], "w"))
PYTHON
ok "a state file alone says nothing" not_running plain

# The stop ladder

launch deaf
ok "a guest deaf to ACPI" within 60 is_state deaf ready
ok "stops within its deadline and a second" at_most 5000 exits 0 vcn stop --timeout=4 deaf
ok_ended "which is a stop, not a failure" 0
ok "leaving nothing" nothing_left deaf
launch deaf
within 60 is_state deaf ready
kill -STOP "$(field deaf pid)"
ok "so does a QEMU that hangs" at_most 5000 exits 0 vcn stop --timeout=4 deaf
ok_ended "also a stop" 0
launch deaf
within 60 is_state deaf booting
ok "a guest that is booting can be killed" at_most 1000 exits 0 vcn kill deaf
ok_ended "at once" 0
ok "leaving nothing behind" nothing_left deaf
launch deaf
within 60 is_state deaf booting
kill -STOP "$supervisor"
ok "a supervisor that hangs is killed with its guest" at_most 8000 exits 0 vcn kill deaf
ok_ended "by the kernel" 137
ok "leaving nothing at all" nothing_left deaf

# How guests end

launch reboots
ok "a reboot is a fresh start" within 60 sh -c \
	"[ \"\$(grep -ac 'guest: ready' '$work/run/reboots/console.log')\" -ge 2 ]"
ok "of the same supervisor" within 10 kill -0 "$supervisor"
ok "which counts it" test "$(field reboots n_boots)" -ge 2
vcn kill reboots >/dev/null
wait "$supervisor"

# A QEMU that is upgraded while its guest runs is asked before the guest's next boot.
new_qemu() {
	printf '#!/bin/sh\n# %s\nexec %s "$@"\n' "$1" "$(command -v qemu-system-x86_64)" >"$work/.qemu"
	chmod 755 "$work/.qemu"
	mv "$work/.qemu" "$work/qemu"
}
is_asked() { grep -q "\"inode\":$(stat -c %i "$work/qemu")," "$work/run/.qemu.json"; }
new_qemu 1
write_settings "qemu: $work/qemu"
readies() { grep -ac 'guest: ready' "$work/run/reboots/console.log"; }
launch reboots
ok "a guest" within 60 is_state reboots ready
new_qemu 2
before=$(readies)
ok "reboots after an upgrade of its QEMU" within 60 is_asked
is_ready_again() { [ "$(readies)" -gt $((before + 1)) ]; }
ok "and is ready again" within 90 is_ready_again
vcn kill reboots >/dev/null
wait "$supervisor"
write_settings
ok "a panic is a failure" exits 5 vcn run panics
ok "and named" says "panicked"
ok "in the state too" is_state panics failed

before=$(field plain n_failures)
cat >"$work/qemu" <<'QEMU'
#!/bin/sh
case " $* " in *" -machine none "*) exec qemu-system-x86_64 "$@" ;; esac
echo "no such luck" >&2
exit 3
QEMU
chmod 755 "$work/qemu"
write_settings "qemu: $work/qemu"
ok "a QEMU that dies at once is a failure" exits 5 vcn run plain
ok "with its last words" says "exit code 3: no such luck"
ok "counted" equal "$(field plain n_failures)" $((before + 1))
ok "no TAP is left of it" no_tap
write_settings

# Readiness

write_settings "ready-timeout: 1"
launch mute
ok "a guest that is not ready in time is degraded" within 60 is_state mute degraded
ok "and left alone" kill -0 "$(field mute pid)"
vcn kill mute >/dev/null
ok_ended "until it is stopped" 0
write_settings
if [ ! -e /dev/vhost-vsock ]; then
	ok "readiness notify needs vsock" exits 69 vcn run notifies
	ok "and says so" says "vhost_vsock"
else
	skip "readiness notify needs vsock" "this host has it"
fi
python3 - "$work/notify" >"$work/notified" <<'PYTHON' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode(), flush=True)
PYTHON
listener=$!
within 5 test -S "$work/notify"
NOTIFY_SOCKET=$work/notify launch plain
ok "the service manager hears READY=1" within 60 grep -qx READY=1 "$work/notified"
ok "after STATUS=booting" grep -q STATUS=booting "$work/notified"
kill -TERM "$supervisor"
ok_ended "and the end" 0
ok "as STOPPING=1" grep -qx STOPPING=1 "$work/notified"
kill "$listener"

# Images

before=$(sha256sum "$work/images/master.qcow2")
launch snapshot
ok "a master image boots" within 60 is_state snapshot ready
ok "its guest has written" within 10 console_says snapshot "guest: wrote"
pid=$(field snapshot pid)
overlay=$(find "/proc/$pid/fd" -lname "$work/scratch/snapshot/*")
ok "into a file that has no name any more" grep -q '(deleted)$' <(readlink "$overlay")
ok "that is its own alone" equal "$(stat -L -c '%a %u' "$overlay")" \
	"600 $(field snapshot uid)"
vcn stop snapshot >/dev/null
wait "$supervisor"
ok "the master image is what it was" equal "$(sha256sum "$work/images/master.qcow2")" "$before"
launch keeps
within 60 is_state keeps ready
vcn stop keeps >/dev/null
ok_ended "snapshot: no" 0
ok "keeps what the guest wrote" test "$(tr -d '\0' <"$work/images/kept.raw" | wc -c)" -gt 1000
launch private
ok "a kernel that only root may read boots too" within 60 is_state private ready
vcn kill private >/dev/null
wait "$supervisor"
ok "an image with a backing file is refused" exits 10 vcn run backed
ok "by its header" says "has a backing file"
ok "one with an external data file too" exits 10 vcn run external
ok "an encrypted one" exits 10 vcn run secret
ok "one behind a symbolic link" exits 10 vcn run link
ok "one that is not there" exits 10 vcn run missing
ok "one outside the roots" exits 10 vcn run outside
ok "nothing is left of any" no_tap

mkdir "$work/small"
mount -t tmpfs -o size=4m,mode=0711 none "$work/small"
write_settings "scratch: $work/small"
launch fills
ok "a guest whose writes find no room is degraded" within 60 is_state fills degraded
ok "and says why" grep -q "scratch full: no room is left in '$work/small'" \
	<(field fills message)
ok "a person may end it" exits 0 vcn stop fills
ok_ended "which is a stop" 0
ok "and gives the room back" within 2 sh -c \
	"[ \"\$(df --output=used '$work/small' | tail -1)\" -eq 0 ]"
umount "$work/small"
mount -t tmpfs -o size=40m,mode=0711 none "$work/small"
head -c 38M /dev/zero >"$work/small/filler"
launch snapshot
ok "little room in the scratch directory" within 60 is_state snapshot degraded
ok "is told" grep -q "little room is left" <(field snapshot message)
rm "$work/small/filler"
ok "until there is room again" within 40 is_state snapshot ready
vcn kill snapshot >/dev/null
wait "$supervisor"
umount "$work/small"
write_settings

# Names and neighbours

launch "$long"
ok "a name of 60 characters" within 60 is_state "$long" ready
tap=$(field "$long" taps | tr -dc 'a-z0-9')
ok "has a TAP of 15" equal "${#tap}" 15
vcn kill "$long" >/dev/null
wait "$supervisor"
ok "a missing bridge is named" exits 7 vcn run nobridge
ok "with what to do" says "no bridge 'br7'; bridge-map"
ok "and leaves no TAP" no_tap
ip tuntap add "$tap" mode tap
ok "a TAP that somebody else has" exits 7 vcn run "$long"
ok "is not taken" says "cannot be made"
ip tuntap del "$tap" mode tap
ip link add dummy9 type veth peer name dummy8
ip link set dummy9 master br0
bridge fdb add 02:5a:00:00:01:05 dev dummy9 master static
ok "a MAC pinned to another port is refused" exits 7 vcn run samemac
ok "by name" says "has its MAC 02:5a:00:00:01:05 at another port"
ip link del dummy9
launch plain
within 60 is_state plain booting
launch_uid=$(field plain uid)
first=$supervisor
launch deaf
within 60 is_state deaf booting
ok "two guests have two users" test "$launch_uid" != "$(field deaf uid)"
vcn kill plain deaf >/dev/null
wait "$first" "$supervisor" || true

# Without privilege

install -d -o 65534 -g 65534 "$work/nobody"
write_settings "network: user" "scratch: $work/nobody/scratch" "runtime-dir: $work/nobody/run" \
	"records: $work/nobody/boots.jsonl"
as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$VCN" --config "$work/vcn.yaml" --manifest "$work/manifest.yaml" \
		--host node01.c.example "$@"
}
ok "user mode needs no privilege" exits 0 as_nobody start plain
ok "its guest is ready" is_state plain ready
pid=$(field plain pid)
ok "as the same user" equal "$(awk '$1 == "Uid:" { print $2 }' "/proc/$pid/status")" 65534
ok "with no new privileges" equal \
	"$(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/$pid/status")" 1
ok "it stops" exits 0 as_nobody stop plain
write_settings "network: bridge" "scratch: $work/nobody/scratch" \
	"runtime-dir: $work/nobody/run" "records: $work/nobody/boots.jsonl"
ok "a bridge does need it" exits 7 as_nobody run plain
ok "and says so" says "network: user"

finish_tests
