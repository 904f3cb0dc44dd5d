#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Machines with UEFI boot from the network, by dhcpd and by Kea, with GRUB: one with vocInstall
# TRUE installs, any other starts the loader on its disk. Those in a network of HTTP boot, whose boot
# file is missing, fetch a program; those in a network of iPXE load that, which then fetches one.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pxe-lib.sh"
enter_with_guest "$@"
need grub-mkimage grub-mknetdir
snponly=
for file in /usr/lib/ipxe/snponly.efi /usr/share/ipxe/ipxe-snponly-x86_64.efi; do
	[ ! -e "$file" ] || snponly=$file
done
[ -n "$snponly" ] || skip_all 'no iPXE for UEFI (snponly.efi)'
code=
for file in /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/edk2/ovmf/OVMF_CODE.fd; do
	[ ! -e "$file" ] || code=$file
done
[ -n "$code" ] || skip_all 'no firmware for UEFI (OVMF)'
[ -d /usr/lib/grub/x86_64-efi ] || skip_all 'no GRUB for x86_64-efi'
plan 18
servers_up
grub-mknetdir --net-directory="$tftp" --subdir=grub -d /usr/lib/grub/x86_64-efi \
	>"$scratch/mknetdir.log" 2>&1
cp "$snponly" "$tftp/snponly.efi"
mkdir "$http/boot"
efi_program HTTP-BOOT "$http/boot/loader.efi"

# boot_uefi NAME [VENDOR LOADER]: with the firmware's own network stack, but for PXE over IPv6, for
# which nobody is there, and a disk that has an EFI system partition, of which QEMU makes the file
# system; with the fallback loader, or with a vendor's
boot_uefi() {
	local name=$1 vendor=${2-BOOT} esp=$scratch/$1.esp/EFI/${2-BOOT}
	local ROM=,romfile=
	cp "${code/CODE/VARS}" "$scratch/$name.vars"
	mkdir -p "$esp"
	if [ "$vendor" = BOOT ]; then
		efi_program LOCAL-DISK "$esp/BOOTX64.EFI"
	else
		vendor_program "$esp" "$vendor" "$3"
	fi
	boot "$name" -machine q35 \
		-fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n \
		-drive "if=pflash,format=raw,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,file=$scratch/$name.vars" \
		-drive "file=fat:rw:$scratch/$name.esp,if=none,id=disk,format=raw" \
		-device virtio-blk-pci,drive=disk,bootindex=1
}

# GRUB's own loader and the machine's own menu
loaded_only() {
	local name=$1
	shift
	loaded "$name" grub/x86_64-efi/core.efi "grub/grub.cfg-01-00-00-5e-00-53-${name#node}" "$@"
}

# chained NAME: one loader, an iPXE, which is told another file than itself and fetches it once
chained() {
	loaded "$1" snponly.efi && fetched "$1" /boot/loader.efi || return
	[ "$(grep -c "^10.12.0.1${1#node} .* \"GET " "$scratch/http.log")" = 1 ]
}

dhcp_up dhcpd
boot_uefi node22
boot_uefi node20
boot_uefi node33
ok 'vocInstall TRUE: the host installs, from its own kickstart and repositories' \
	installs node20
ok '… it loaded its own menu, kernel and initrd' \
	loaded_only node20 el9/vmlinuz el9/initrd.img
ok '… and fetched its own kickstart and each repository, nothing else' fetched node20 \
	/kickstart/node20.c.example.ks /repos/el9/repodata/repomd.xml \
	/repos/appstream/repodata/repomd.xml '/repos/mirrors?repo=extra&arch=x86_64' \
	/repos/mirror/repodata/repomd.xml
ok '… which its kernel was told by inst.ks and BOOTIF' \
	says node20 "kickstart by inst.ks, ksdevice ''" 'BOOTIF 01-00-00-5e-00-53-20'
ok 'HTTP boot: the firmware takes what dhcpd offers' comes_to node22 HTTP-BOOT
ok '… and fetched it' fetched node22 /boot/loader.efi
ok 'the firmware loads an iPXE, and that what vocBootURL says' comes_to node33 HTTP-BOOT
ok '… not itself again' chained node33
power_off node20 node22 node33

forget
dhcp_up kea
boot_uefi node27
boot_uefi node34
boot_uefi node23 debian shimx64.efi
boot_uefi node24 acme grubx64.efi
ok "by Kea: a shim below its vendor's folder is started, with its disk as its own" \
	comes_to node23 'LOCAL-DISK debian'
ok '… and the host loaded nothing but its own menu' loaded_only node23
ok 'so is the GRUB of a vendor that nobody knows' comes_to node24 'LOCAL-DISK acme'
ok '… and the host loaded nothing but its own menu' loaded_only node24
ok 'HTTP boot: the firmware takes what Kea offers' comes_to node27 HTTP-BOOT
ok '… and fetched it' fetched node27 /boot/loader.efi
ok 'the firmware loads an iPXE, and that what vocBootURL says' comes_to node34 HTTP-BOOT
ok '… not itself again' chained node34
power_off node23 node24 node27 node34

publish FALSE
forget
boot_uefi node20
ok 'after the installation, with vocInstall FALSE, the host starts its disk' \
	comes_to node20 LOCAL-DISK
ok '… and loaded nothing but its own menu' loaded_only node20
finish
