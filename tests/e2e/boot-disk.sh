#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# From the boot file to the disk, with real loaders. An installation that runs out: the machine
# that boots after apply has run from cron starts its disk. iPXE: the script of the machine's
# own MAC address, without a vocBootURL. With BOOT_DISK_EFI=1 also Debian's signed shim and GRUB from the network, by
# the generated menu, on disks of two vendors, of one that nobody knows, and on an empty one;
# that takes minutes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pxe-lib.sh"
enter_with_guest "$@"
bios=/usr/lib/PXELINUX/pxelinux.0
ldlinux=/usr/lib/syslinux/modules/bios/ldlinux.c32
for file in "$bios" "$ldlinux"; do
	[ -e "$file" ] || skip_all 'pxelinux is not installed'
done
shim=/usr/lib/shim/shimx64.efi.signed
signed=/usr/lib/grub/x86_64-efi-signed
code=/usr/share/OVMF/OVMF_CODE_4M.fd
has_efi=no
if [ -n "${BOOT_DISK_EFI:-}" ]; then
	for file in "$shim" "$signed/grubnetx64.efi.signed" "$code"; do
		[ -e "$file" ] || skip_all "no $file"
	done
	has_efi=yes
fi

# What pxe-lib.sh has, with what these machines need of their own.
eval "$(declare -f site | sed '1s/^site/site_of_pxe/')"
until='' scripts=''
site() {
	site_of_pxe "$1" | awk -v until="$until" '
		{ print }
		/^cn: node16$/ && until { print "vocInstallUntil: " until }'
	host node21 el9
}
publish() { publish_site "$1" "pxelinux: {}, grub: {}, grub-boot: {}$scripts"; }

boot_bios() {
	local name
	for name in "$@"; do
		local_disk "$scratch/$name.disk"
		boot "$name" -drive "file=$scratch/$name.disk,if=none,id=disk,format=raw" \
			-device ide-hd,drive=disk,bootindex=1
	done
}
menu=$tree/srv/tftp/pxelinux.cfg/01-00-00-5e-00-53-16
# cron's job, until the time has come
runs_out() {
	ldapcc site --ldif "$scratch/site.ldif" --root "$tree" apply
	grep -q '^DEFAULT local' "$menu"
}

# boot_efi NAME: the firmware loads shim, and that GRUB, from the network; its disk is
# $scratch/NAME.esp, of which QEMU makes the file system, or an empty one
boot_efi() {
	local name=$1 ROM=,romfile= disk=$scratch/$1.empty
	cp "${code/CODE/VARS}" "$scratch/$name.vars"
	if [ -d "$scratch/$name.esp" ]; then
		disk=fat:rw:$scratch/$name.esp
	else
		truncate -s 64M "$disk"
	fi
	boot "$name" -machine q35 -drive "if=pflash,format=raw,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,file=$scratch/$name.vars" \
		-drive "file=$disk,if=none,id=disk,format=raw" \
		-device virtio-blk-pci,drive=disk,bootindex=1
}
# layout NAME VENDOR: its shim, and Debian's GRUB, which reads what to do from /EFI/debian
layout() {
	local folder=$scratch/$1.esp/EFI/$2
	mkdir -p "$folder" "$scratch/$1.esp/EFI/debian"
	[ "$2" = acme ] || cp "$shim" "$folder/shimx64.efi"
	cp "$signed/grubx64.efi.signed" "$folder/grubx64.efi"
	printf 'echo LOCAL-DISK %s\nsleep 600\n' "$2" >"$scratch/$1.esp/EFI/debian/grub.cfg"
}

n=9
[ "$has_efi" = no ] || n=14
plan "$n"
until=$(date -u -d '+20 seconds' +%Y%m%d%H%M%SZ)
servers_up
dhcp_up dhcpd
cp "$bios" "$ldlinux" "$tftp/"

ok 'vocInstall TRUE until a moment that is to come: the boot file starts the installer' \
	grep -q '^DEFAULT install' "$menu"
ok '… after it, the next run of apply has it start the disk' within 60 runs_out
forget
boot_bios node16
ok '… and the machine that boots then starts its disk' comes_to node16 LOCAL-DISK
ok '… and loaded nothing but its own boot file' loaded node16 pxelinux.0 ldlinux.c32 \
	pxelinux.cfg/01-00-00-5e-00-53-16
power_off node16

# QEMU's own ROM is an iPXE; without vocBootURL it gets what the target ipxe-boot writes.
scripts=', ipxe: {}, ipxe-boot: {}'
publish TRUE
dhcp_up dhcpd
boot_bios node18 node20
ok 'iPXE: vocInstall TRUE: the host installs by the script of its MAC' installs node20
ok '… which its kernel was told by inst.ks and BOOTIF' \
	says node20 "kickstart by inst.ks, ksdevice ''" 'BOOTIF 01-00-00-5e-00-53-20'
ok '… it loaded kernel and initrd only' loaded node20 el9/vmlinuz el9/initrd.img
ok 'iPXE: no vocInstall: the host starts its disk' comes_to node18 LOCAL-DISK
ok '… by its own script, and fetched nothing else' fetched node18 \
	/kickstart/ipxe/boot.ipxe /kickstart/ipxe/00-00-5e-00-53-18.ipxe
power_off node18 node20

if [ "$has_efi" = yes ]; then
	patience=900
	mkdir -p "$tftp/grub/x86_64-efi"
	cp "$shim" "$tftp/grub/x86_64-efi/core.efi"
	cp "$signed/grubnetx64.efi.signed" "$tftp/grub/x86_64-efi/grubx64.efi"
	layout node21 debian
	layout node23 rocky
	layout node24 acme
	for node in node21 node23 node24 node17; do boot_efi "$node"; done
	ok "Debian's signed shim and GRUB start Debian's disk" comes_to node21 'LOCAL-DISK debian'
	ok "… and that of another vendor's" comes_to node23 'LOCAL-DISK rocky'
	ok '… and one that nobody knows, without a shim' comes_to node24 'LOCAL-DISK acme'
	ok '… of an empty disk the firmware goes on, to its setup page' comes_to node17 'starting Boot0000 "UiApp"'
	ok '… each by its own menu' loaded node21 grub/x86_64-efi/core.efi \
		grub/x86_64-efi/grubx64.efi grub/grub.cfg grub/grub.cfg-01-00-00-5e-00-53-21
	power_off node21 node23 node24 node17
fi
finish
