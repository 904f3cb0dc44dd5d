#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# vcn.sh VCN [GUESTS] - what the launcher costs, as ratios in one run
#
# Against QEMUs with the same command lines and nobody to supervise them. The guests boot a
# disk that halts at once, so that they do not compete with those that are still starting;
# everything is measured to the moment at which their processors run. Medians, launcher and
# bare QEMU in turn; build without sanitizers. TCG, so that it runs everywhere. Then one guest
# with a filtered port of a bridge, for a minute: what its supervisor has of its own, and how
# often it wakes.
set -euo pipefail

vcn=$(realpath "${1:?usage: vcn.sh VCN [GUESTS]}")
guests=${2:-20}
here=$(dirname "$(realpath "$0")")
rounds=${ROUNDS:-9}
command -v qemu-img >/dev/null || exit 77
[ "$(id -u)" = 0 ] || exit 77
work=$(mktemp -d /tmp/vcn-bench.XXXXXX)
trap '"${run[@]}" kill --all >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/images"

# cli; hlt; jmp to hlt: a boot sector without anything to do
printf '\372\364\353\375' >"$work/sector"
truncate -s 510 "$work/sector"
printf '\125\252' >>"$work/sector"
truncate -s 1M "$work/sector"
qemu-img convert -f raw -O qcow2 "$work/sector" "$work/images/idle.qcow2"
chmod 644 "$work/images/idle.qcow2"

cat >"$work/vcn.yaml" <<END
accel: tcg
network: user
image-roots: $work/images
scratch: $work/scratch
runtime-dir: $work/run
records: $work/lib/boots.jsonl
memory-reserve: 0
parallel: $guests
END
{
	printf 'manifest: 1\nhost: bench.example\nserial: 1\nvcns:\n'
	for ((i = 0; i < guests; i++)); do
		cat <<-END
			  - name: vcn$i
			    fqdn: vcn$i.bench.example
			    uuid: $(printf '5f0c0a3e-2f5c-5c1e-8a5b-%012x' $((i + 1)))
			    memory: 64
			    cpus: 1
			    image: {path: $work/images/idle.qcow2, format: qcow2}
			    interfaces: []
		END
	done
} >"$work/manifest.yaml"
run=("$vcn" --config "$work/vcn.yaml" --manifest "$work/manifest.yaml" --host bench.example)
for ((i = 0; i < guests; i++)); do
	"${run[@]}" --json argv "vcn$i" | python3 -c 'import json, sys
print(json.dumps(json.load(sys.stdin)["argv"]))'
done >"$work/commands"

mkdir "$work/tmp"
export TMPDIR=$work/tmp # the same file system for both
median() { sort -n | sed -n "$((rounds / 2 + 1))p"; }
ratio() {
	python3 -c 'import sys
name, a, b, goal = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
print(f"  {name:<58} {a / b:6.2f}   (goal {goal})")' "$@"
}

# One guest: from the fork to the greeting, by the supervisor's own clock.
for ((i = 0; i < rounds; i++)); do
	"${run[@]}" start vcn0 >/dev/null
	"${run[@]}" kill vcn0 >/dev/null
	head -n 1 "$work/commands" | python3 "$here/bare-qemu.py" "$work/images/idle.qcow2" \
		>>"$work/one"
done
ours=$(python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["ms"]["qmp"])' <"$work/lib/boots.jsonl" | median)
bare=$(cut -d" " -f1 "$work/one" | median)

# Many: from the start of the program that starts them to the last guest that runs.
for ((i = 0; i < rounds; i++)); do
	began=${EPOCHREALTIME/./}
	"${run[@]}" apply >/dev/null
	echo $((${EPOCHREALTIME/./} - began)) >>"$work/ours"
	"${run[@]}" kill --all >/dev/null
	python3 "$here/bare-qemu.py" "$work/images/idle.qcow2" <"$work/commands" >>"$work/many"
done
echo "$guests guests"
ratio "one VCN, fork to QEMU's greeting / bare QEMU" "$ours" "$bare" "<= 1.05"
ratio "$guests VCNs by one apply / $guests bare QEMUs in parallel" "$(median <"$work/ours")" \
	"$(cut -d" " -f2 "$work/many" | awk '{ print $1 * 1000 }' | median)" "<= 1.10"

# One that lives: in a network namespace of its own, with a bridge.
supervisor() {
	sed 's/^network: .*/network: bridge\nfilter: true\nready-timeout: 1/' "$work/vcn.yaml" >"$work/bridge.yaml"
	sed -n '1,/interfaces/p' "$work/manifest.yaml" |
		sed 's/interfaces: .*/interfaces: [{mac: "02:5a:00:00:00:01", bridge: br0, addresses: [192.0.2.1]}]/' \
			>"$work/bridge-manifest.yaml"
	run=("$vcn" --config "$work/bridge.yaml" --manifest "$work/bridge-manifest.yaml" --host bench.example)
	ip link add br0 type bridge
	ip link set br0 up
	"${run[@]}" start vcn0 >/dev/null 2>&1 || true # it is never ready
	pid=$("${run[@]}" --json status vcn0 | python3 -c 'import json, sys
print(json.load(sys.stdin)["vcns"][0]["supervisor_pid"])' || true)
	switches() { awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$pid/status"; }
	before=$(switches)
	sleep "${IDLE_S:-60}"
	echo "$(($(switches) - before)) $(awk '$1 == "Private_Dirty:" { print $2 }' "/proc/$pid/smaps_rollup")"
	"${run[@]}" kill vcn0 >/dev/null
}
export -f supervisor
export vcn work
read -r wakes kib < <(unshare --net bash -euo pipefail -c supervisor)
ratio "a supervisor's wake-ups a minute" "$((wakes * 60 / ${IDLE_S:-60}))" 1 "<= 10"
ratio "a supervisor's own memory, KiB" "$kib" 1 "< 1024"

# One that is given a seed, a disk and UEFI, and one that is not: to the network driver.
guest=$work/guest
if ls /usr/share/qemu/firmware/*x86_64*.json >/dev/null 2>&1 &&
	"$here/../vcn/make-guest.sh" "${VCN_TEST_GUEST:-$guest}" >/dev/null 2>&1; then
	guest=${VCN_TEST_GUEST:-$guest}
	cp "$guest/vmlinuz" "$guest/initrd" "$work/images/"
	chmod 644 "$work/images/"*
	printf 'manifest: 1\nhost: bench.example\nserial: 2\nvcns:\n' >"$work/manifest.yaml"
	for name in plain seeded given; do
		cat <<-END
			  - name: $name
			    fqdn: $name.bench.example
			    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-$(printf %s "$name" | md5sum | cut -c 1-12)
			    memory: 256
			    cpus: 1
			    image:
			      kernel: $work/images/vmlinuz
			      initrd: $work/images/initrd
			      arguments: console=ttyS0 quiet
			    interfaces: [{mac: "$(printf %s "$name" | md5sum | sed 's/\(..\)\(..\).*/02:5a:00:00:\1:\2/')", bridge: br0}]
		END
		[ "$name" = plain ] || printf '    %s\n' "seed: http://192.0.2.1/given/" \
			"disks: [{name: work, size: 1024}]"
		[ "$name" != given ] || echo "    firmware: uefi"
	done >>"$work/manifest.yaml"
	rm -f "$work/lib/boots.jsonl"
	for ((i = 0; i < rounds; i++)); do
		for name in plain seeded given; do
			"${run[@]}" start "$name" >/dev/null
			"${run[@]}" kill "$name" >/dev/null
		done
	done
	nic() { python3 -c 'import json, sys
for line in sys.stdin:
    boot = json.loads(line)
    if boot["name"] == sys.argv[1]: print(boot["ms"]["nic"])' "$1" <"$work/lib/boots.jsonl" | median; }
	ratio "seed and scratch disk / without, to the network driver" "$(nic seeded)" \
		"$(nic plain)" "<= 1.30"
	ratio "seed, scratch disk and UEFI / without, to the network driver" "$(nic given)" \
		"$(nic plain)" "<= 1.30"
fi
