#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The targets for guests, each read by the program itself: seeds by cloud-init, Xen's
# files by the library of xl's parser (xl itself wants a hypervisor, also for -n). The site is
# contrib/example, and the cases 37-batch and 38-seeds for what that has not.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
plan 8

cat >"$scratch/guests.yaml" <<-'YAML'
	targets: {nocloud: , nocloud-network-config: , nocloud-user-data: , xen-xl: }
YAML
render() {
	"$LDAPCC" --config "$scratch/guests.yaml" --ldif "$1" render -o "$2" \
		nocloud nocloud-network-config nocloud-user-data xen-xl
}
ok 'the targets are rendered' render "$SOURCE_ROOT/contrib/example/cluster.ldif" "$scratch/tree"
ok 'and those of the case with two NICs' \
	render "$SOURCE_ROOT/tests/cases/38-seeds/input.ldif" "$scratch/seeds"
ok 'and those of the case with a raw disk' \
	render "$SOURCE_ROOT/tests/cases/37-batch/input.ldif" "$scratch/batch"
seeds=srv/ldapcc/kickstart/nocloud

if command -v cloud-init >/dev/null; then
	ok 'cloud-init: the user data is what it knows' \
		cloud-init schema --config-file "$scratch/seeds/$seeds/two.c.example/user-data"
	convert() {
		rm -rf "$scratch/net"
		cloud-init devel net-convert -p "$scratch/$1/network-config" -k yaml -d "$scratch/net" \
			-D debian -O eni && cat "$scratch/net/etc/network/interfaces.d/50-cloud-init"
	}
	has_lines() {
		local folder=$1 line
		shift
		convert "$folder" >"$scratch/lines" || return
		cat "$scratch/lines"
		for line in "$@"; do
			grep -qxE " *$line" "$scratch/lines" || return
		done
	}
	ok 'cloud-init: the address, the gateway, the MTU of a VCN' has_lines "tree/$seeds/vcn001.c.example" \
		'address 10\.20\.1\.1/16' 'gateway 10\.20\.0\.1' 'mtu 1500' 'dns-nameservers 10\.10\.0\.2'
	ok 'cloud-init: two NICs, both families, and a route' has_lines "seeds/$seeds/two.c.example" \
		'gateway 10\.1\.0\.1' 'address fd00:1::9/64' 'gateway fd00:1::1' \
		'address 10\.2\.0\.9/24' 'post-up route add -net 10\.3\.0\.0/16 gw 10\.2\.0\.254.*'
else
	for point in 'user data' 'a VCN' 'two NICs'; do
		report 0 "cloud-init: $point # SKIP cloud-init is not installed"
	done
fi

# --- Xen ---
xl_reads() {
	local file=$scratch/$1.cfg line
	shift
	python3 "$here/read-xl.py" "$file" >"$scratch/xl" || return
	cat "$scratch/xl"
	for line in "$@"; do
		grep -qxF "$line" "$scratch/xl" || return
	done
}
status=0
xl_reads tree/srv/ldapcc/xen/vcn003.c.example >/dev/null 2>&1 || status=$?
if [ "$status" != 77 ]; then
	ok 'xen: a guest of a shared image, which it cannot write' xl_reads tree/srv/ldapcc/xen/vcn003.c.example \
		name=vcn003 type=hvm memory=1024 \
		'disk=format=qcow2, vdev=xvda, access=ro, target=/images/engage.qcow2'
	ok 'xen: a guest with a kernel and a disk of its own' xl_reads batch/srv/ldapcc/xen/vcn2.c.example \
		type=pvh kernel=/images/vmlinuz ramdisk=/images/initrd \
		'extra=console=hvc0,115200 quiet' \
		'disk=format=raw, vdev=xvda, access=rw, target=/images/k.raw'
else
	for point in 'a shared image' 'a kernel'; do
		report 0 "xen: $point # SKIP libxlutil is not installed"
	done
fi
finish
