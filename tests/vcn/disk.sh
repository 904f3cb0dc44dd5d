#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# disk.sh VCN - master images: shared, read-only, thrown-away writes; what is refused; and
# scratch space that runs out.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
command -v qemu-img >/dev/null || skip_all "no qemu-img"
write_settings "network: user" "parallel: 4"

# make_image FILE FORMAT - 16 MiB that begin with the word master
make_image() {
	printf master >"$work/raw"
	truncate -s 16M "$work/raw"
	qemu-img convert -f raw -O "$2" "$work/raw" "$work/images/$1"
	chmod 644 "$work/images/$1"
}
disk() { echo "path: $work/images/$1, format: $2, readiness: virtserial${3:+, $3}"; }

# on_disk NAME IMAGE FORMAT [KEYS [ARGUMENTS]] - a guest with that image
on_disk() {
	local key keys=""
	# the entry is a block map: one key a line
	while IFS= read -r key; do
		keys+="${keys:+$'\n      '}${key# }"
	done < <(disk "$2" "$3" "${4:-}" | tr ',' '\n')
	guest "$1" "${5:-}" "$keys"
}

# is_read_only PID FILE - is every descriptor on it open for reading only, and is there one?
is_read_only() {
	local fd flags found=1
	for fd in "/proc/$1/fd/"*; do
		[ "$(readlink "$fd")" = "$2" ] || continue
		flags=$(awk '/^flags:/ { print $2 }' "/proc/$1/fdinfo/${fd##*/}")
		[ $((8#$flags & 3)) = 0 ] || return 1
		found=0
	done
	return $found
}

make_image master.qcow2 qcow2
make_image own.raw raw
before=$(sha256sum <"$work/images/master.qcow2")
times=$(stat -c '%Y %Z' "$work/images/master.qcow2")

begin_manifest 1
for i in 1 2 3; do
	on_disk "vcn00$i" master.qcow2 qcow2
done
on_disk vcn004 own.raw raw "snapshot: no" hostname=vcn004
end_manifest whole

ok "three guests of one master, one of its own image" exits 0 vcn apply
for i in 1 2 3 4; do
	ok "vcn00$i found the master's content" within 10 console_says "vcn00$i" "found master"
	ok "vcn00$i has written to its disk" within 10 console_says "vcn00$i" "wrote /dev/vda"
done
ok "while they run, the master cannot be written" exits 1 \
	qemu-img snapshot -c x "$work/images/master.qcow2"
ok "because it is locked" says 'Failed to get "write" lock'
ok "QEMU has it open for reading only" is_read_only "$(field vcn001 pid)" \
	"$work/images/master.qcow2"
ok "restart" exits 0 vcn restart vcn001 vcn004
ok "vcn001 is a clean node again" equal "$(grep -ac "found master" "$work/run/vcn001/console.log")" 2
ok "vcn004 finds what it wrote" within 10 console_says vcn004 "found vcn004"
ok "stop" exits 0 vcn stop --all
ok "the master is as it was" equal "$(sha256sum <"$work/images/master.qcow2")" "$before"
ok "to its times" equal "$(stat -c '%Y %Z' "$work/images/master.qcow2")" "$times"
ok "no scratch is left" scratch_is_empty

# A disk that boots by itself: a boot sector that says so by the firmware.
if command -v as >/dev/null && command -v objcopy >/dev/null; then
	as -o "$work/sector.o" - <<-'SECTOR'
		.code16
		.globl _start
		_start:	cli
			xorw %ax, %ax
			movw %ax, %ds
			movw %ax, %ss
			movw $0x7c00, %sp
			movw $0x7c00 + text - _start, %si
		1:	lodsb
			testb %al, %al
			jz 2f
			movb $0x0e, %ah
			movw $7, %bx
			int $0x10
			jmp 1b
		2:	sti # the firmware writes its last characters at a timer tick
			hlt
			jmp 2b
		text:	.asciz "booted from disk\r\n"
			.org 510
			.byte 0x55, 0xaa
	SECTOR
	objcopy -O binary -j .text "$work/sector.o" "$work/raw"
	truncate -s 1M "$work/raw"
	qemu-img convert -f raw -O qcow2 "$work/raw" "$work/images/boots.qcow2"
	begin_manifest 2
	cat >>"$work/body.yaml" <<-ENTRY
		  - name: vcn005
		    fqdn: vcn005.c.example
		    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-000000000005
		    memory: 96
		    cpus: 1
		    image: {path: "$work/images/boots.qcow2", format: qcow2}
		    interfaces: []
	ENTRY
	n_guests=1
	end_manifest whole
	vcn apply >"$work/said" 2>&1 &
	ok "a guest boots from its disk" within 20 console_says vcn005 "booted from disk"
	ok "one without interfaces needs no network driver" within 5 is_state vcn005 ready
	ok "kill" exits 0 vcn kill vcn005
	wait
else
	skip "a guest boots from its disk" "no assembler"
fi

# Images that are refused, and why

# refused DESCRIPTION PATTERN - start of vcn006 from the manifest
refused() {
	end_manifest whole
	ok "$1 starts no guest" exits 5 vcn start vcn006
	ok "$1: it says why" says "$2"
	ok "$1: no QEMU" no_qemu
}
begin_manifest 3
qemu-img create -q -f qcow2 -b "$work/images/master.qcow2" -F qcow2 "$work/images/layer.qcow2"
on_disk vcn006 layer.qcow2 qcow2
refused "a backing file" "backing file"
begin_manifest 4
on_disk vcn006 own.raw qcow2
refused "raw bytes called qcow2" "qcow2"
begin_manifest 5
ln -s /etc/passwd "$work/images/link.raw"
on_disk vcn006 link.raw raw
refused "a symbolic link" "link.raw"
begin_manifest 6
mkfifo "$work/images/pipe.raw"
on_disk vcn006 pipe.raw raw
refused "a pipe" "pipe.raw"
begin_manifest 7
on_disk vcn006 none.qcow2 qcow2
refused "no file" "none.qcow2"
begin_manifest 8
cp "$work/images/own.raw" "$work/outside.raw"
on_disk vcn006 ../outside.raw raw
end_manifest whole
ok "'..' is a fault of the manifest" exits 10 vcn start vcn006
begin_manifest 9
guest vcn006 "" "path: $work/outside.raw
      format: raw"
refused "a path outside of the image roots" "outside.raw"
begin_manifest 10
cp "$work/images/own.raw" "$work/images/a,snapshot=off.raw"
on_disk vcn007 "a@snapshot=off.raw" raw
sed -i 's/a@snapshot/a,snapshot/' "$work/body.yaml"
end_manifest whole
sum=$(sha256sum <"$work/images/a,snapshot=off.raw")
ok "a comma in a name is a name" exits 0 vcn start vcn007
ok "the guest writes" within 10 console_says vcn007 "wrote /dev/vda"
ok "stop" exits 0 vcn stop vcn007
ok "but not into the master" equal "$(sha256sum <"$work/images/a,snapshot=off.raw")" "$sum"

# Scratch space that runs out
mkdir "$work/small"
mount -t tmpfs -o size=3m,mode=755 none "$work/small"
write_settings "network: user" "scratch: $work/small" "stop-timeout: 6"
begin_manifest 11
on_disk vcn008 master.qcow2 qcow2 "" vcn.fill
end_manifest whole
vcn start vcn008 >"$work/said" 2>&1 &
start=$!
ok "a guest that fills its scratch is degraded" within 60 is_state vcn008 degraded
ok "the message names the scratch" grep -q "no room is left in '$work/small'" \
	<(field vcn008 message)
status=0
wait $start || status=$?
ok "its start exits with 5" equal "$status" 5
ok "kill" exits 0 vcn kill vcn008
ok "no QEMU is left" no_qemu vcn008
ok "and gives its space back" equal "$(find "$work/small" -mindepth 2)" ""
ok "all of it" test "$(df --output=used -k "$work/small" | tail -n 1)" -le 8

# A limit of its own: its neighbour does not notice.
write_settings "network: user"
begin_manifest 12
on_disk vcn009 master.qcow2 qcow2 "" vcn.fill
sed -i 's/^    cpus: 1$/&\n    scratch: 3/' "$work/body.yaml"
on_disk vcn010 master.qcow2 qcow2
end_manifest whole
ok "a guest with a limit of 3 MiB, and one without" exits 5 vcn apply
is_full() { field vcn009 message | grep -q "it has written its 3 MiB"; }
ok "the first is degraded" within 60 is_full # or was late before
ok "the second is ready" is_state vcn010 ready
ok "and writes" within 10 console_says vcn010 "wrote /dev/vda"
ok "stop" exits 0 vcn stop --all
ok "the master is as it was" equal "$(sha256sum <"$work/images/master.qcow2")" "$before"
finish_tests
