#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# whole.sh VCN - images, kernels and disks that are not all there, or not of the format that the
# manifest says: a copy that is under way, one that broke off, a full disk. No guest runs from one,
# and none is stopped for one.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
need qemu-img
need qemu-io
write_settings "network: user" "writable-roots: $work/images"

# preflight FILE FORMAT [KEYS] - the manifest of one VCN that boots from it, looked at by this host
preflight() {
	begin_manifest 1
	cat >>"$work/body.yaml" <<-ENTRY
		  - name: vcn001
		    fqdn: vcn001.c.example
		    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-000000000001
		    memory: 96
		    cpus: 1
		    image: {path: "$work/images/$1", format: $2${3:+, $3}}
		    interfaces: []
	ENTRY
	n_guests=1
	end_manifest bare
	vcn check
}

# cut FILE BYTES - its beginning, as FILE.cut
cut() { head -c "$2" "$work/images/$1" >"$work/images/$1.cut"; }

# Every kind of qcow2, with data here and there; the last of it lies in the last half of the file
make_qcow2() {
	qemu-img create -q -f qcow2 -o "$2" "$work/images/$1" 300M
	qemu-io -f qcow2 -c 'write -P 7 0 1M' -c 'write -P 8 290M 4M' -c 'write -z 20M 1M' \
		"$work/images/$1" >/dev/null
	cut "$1" $(($(stat -c %s "$work/images/$1") - 3 * 1024 * 1024))
}
for options in compat=0.10 compat=1.1 cluster_size=512 cluster_size=2M refcount_bits=1 \
	refcount_bits=64 lazy_refcounts=on extended_l2=on preallocation=metadata \
	preallocation=falloc; do
	make_qcow2 "$options" "$options"
	ok "$options: whole" exits 0 preflight "$options" qcow2
	ok "$options: cut" exits 10 preflight "$options.cut" qcow2
	ok "$options: it says so" says "image '.*cut' is cut: it has [0-9]+ bytes"
done
qemu-img create -q -f qcow2 "$work/images/new" 10G
ok "one with nothing in it" exits 0 preflight new qcow2
cut new 1000
ok "and its header alone" exits 10 preflight new.cut qcow2
head -c 3000000 /dev/urandom >"$work/raw"
qemu-img convert -c -f raw -O qcow2 "$work/raw" "$work/images/packed"
ok "a compressed one, which ends within a cluster" exits 0 preflight packed qcow2
cut packed 2000000
ok "a compressed one that is cut" exits 10 preflight packed.cut qcow2

# What a power failure leaves of one that the guest writes: QEMU's tables, and data that nobody had
# flushed. The guest never was told that it is there.
ok "an image that the guest writes" exits 0 preflight compat=1.1.cut qcow2 "snapshot: false"
cut compat=1.1 200000
ok "but not without its tables" exits 10 preflight compat=1.1.cut qcow2 "snapshot: false"

# Raw ones
truncate -s 40M "$work/images/gpt"
if command -v sfdisk >/dev/null; then
	echo 'label: gpt
start=2048, size=8192' | sfdisk -q "$work/images/gpt"
	ok "a disk with a GPT" exits 0 preflight gpt raw
	cut gpt 30000000
	ok "and without its end" exits 10 preflight gpt.cut raw
	ok "which is said" says "image '.*gpt.cut' is cut"
else
	skip "a disk with a GPT" "no sfdisk"
fi
: >"$work/images/empty"
ok "an empty file" exits 10 preflight empty raw
ok "is called empty" says "image '.*empty' is empty"
ok "a qcow2 image called raw" exits 10 preflight new raw
ok "is told by its format" says "is a qcow2 image, and the manifest says raw"
printf 'a system' >"$work/images/small"
ok "what says nothing of itself" exits 0 preflight small raw

# Kernels, and disks that are kept
begin_manifest 1
guest vcn001
end_manifest bare
ok "a kernel" exits 0 vcn check
filler=$(printf 'x%.0s' {1..2040})
begin_manifest 1
guest vcn001 "$filler"
end_manifest bare
ok "more arguments than a kernel takes" exits 10 vcn check
ok "are told" says "the arguments have 20[0-9]+ bytes, and kernel '.*vmlinuz' takes 2047"
begin_manifest 1
guest vcn001 "${filler:100}"
end_manifest bare
ok "but not fewer" exits 0 vcn check
head -c 5000000 "$VCN_TEST_GUEST/vmlinuz" >"$work/images/vmlinuz"
ok "a kernel that is cut" exits 10 vcn check
ok "is named" says "kernel '.*vmlinuz' is cut"
cp "$VCN_TEST_GUEST/vmlinuz" "$work/images/vmlinuz"
kept() {
	begin_manifest 1
	guest vcn001 "" "" "    disks: [{name: data, path: \"$work/images/$1\", format: $2}]"
	end_manifest bare
}
kept new raw
before=$(sha256sum <"$work/images/new")
ok "a disk of another format starts nothing" exits 5 vcn start vcn001
ok "so that the guest does not format it" says "disk '.*new' is a qcow2 image"
ok "it is as it was" equal "$(sha256sum <"$work/images/new")" "$before"

# A new image that is still being copied
put() {
	qemu-img convert -f raw -O qcow2 "$work/raw" "$work/master"
	head -c "$1" "$work/master" >"$work/images/.master"
	mv "$work/images/.master" "$work/images/master"
}
put 100M
begin_manifest 1
guest vcn001 "" "path: $work/images/master
      format: qcow2
      readiness: virtserial"
end_manifest bare
ok "a guest" exits 0 vcn apply
pid=$(field vcn001 pid)
put 2000000
ok "half of a new image" exits 5 vcn apply --restart-changed
ok "is no reason to restart it" equal "$(field vcn001 pid)" "$pid"
ok "which is said" grep -q "is cut" <(field vcn001 backed_out)
put 100M
ok "all of it is" exits 0 vcn apply --restart-changed
ok "another QEMU" test "$(field vcn001 pid)" != "$pid"
ok "stop" exits 0 vcn stop vcn001
finish_tests
