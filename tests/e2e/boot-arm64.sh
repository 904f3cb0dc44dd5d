#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A 64-bit ARM machine with UEFI: DHCP gives it the GRUB of its architecture, Debian's signed
# one, whose package is fetched; that comes by way of grub-boot to the machine's own menu, and starts
# the disk of a vendor. With BOOT_DISK_EFI=1, as it takes minutes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pxe-lib.sh"
code=/usr/share/AAVMF/AAVMF_CODE.fd
[ -n "${BOOT_DISK_EFI:-}" ] || skip_all 'BOOT_DISK_EFI=1 runs it: it takes minutes'
[ -e "$code" ] || skip_all 'no firmware for 64-bit ARM (AAVMF)'
need qemu-system-aarch64 apt-get dpkg-deb

# By a configuration of apt's of its own: this machine's packages are of another architecture.
fetch_grub() {
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial" "$1/parts"
	echo "deb [signed-by=$keys] http://deb.debian.org/debian bookworm main" >"$1/sources"
	: >"$1/status"
	printf '%s "%s";\n' Dir::State "$1/state" Dir::State::status "$1/status" \
		Dir::Cache "$1/cache" Dir::Etc::sourcelist "$1/sources" \
		Dir::Etc::sourceparts "$1/parts" APT::Architectures arm64 \
		APT::Sandbox::User root >"$1/conf"
	(
		cd "$1"
		export APT_CONFIG=$1/conf
		apt-get -qq update && apt-get -qq download grub-efi-arm64-signed &&
			dpkg-deb -x grub-efi-arm64-signed_*.deb .
	) >"$1/log" 2>&1
}
if [ -z "${LDAPCC_TEST_INSIDE:-}" ]; then
	ARM64_GRUB=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-arm64.XXXXXX")
	export ARM64_GRUB
	trap 'rm -rf "$ARM64_GRUB"' EXIT
	fetch_grub "$ARM64_GRUB" || skip_all "no grub-efi-arm64-signed: $(tail -n 1 "$ARM64_GRUB/log")"
fi
enter_with_guest "$@"
signed=$ARM64_GRUB/usr/lib/grub/arm64-efi-signed
patience=900

eval "$(declare -f site | sed '1s/^site/site_of_pxe/')"
site() {
	site_of_pxe "$1" |
		sed 's|^vocBootFileUEFI: grub/.*|&\nvocBootFileARM64: grub/arm64-efi/core.efi|'
}
publish() { publish_site "$1" 'grub: {}, grub-boot: {}'; }
# boot_arm64 NAME VENDOR: with a disk that has an EFI system partition, of which QEMU makes the
# file system
boot_arm64() {
	local name=$1 vendor=$2 folder=$scratch/$1.esp/EFI/$2
	local QEMU=qemu-system-aarch64 ROM=,romfile=
	mkdir -p "$folder" "$scratch/$name.esp/EFI/debian"
	cp "$signed/grubaa64.efi.signed" "$folder/grubaa64.efi"
	printf 'echo LOCAL-DISK %s\nsleep 600\n' "$vendor" \
		>"$scratch/$name.esp/EFI/debian/grub.cfg"
	cp "${code/CODE/VARS}" "$scratch/$name.vars"
	boot "$name" -machine virt -cpu cortex-a57 -m 512 \
		-drive "if=pflash,format=raw,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,file=$scratch/$name.vars" \
		-drive "file=fat:rw:$scratch/$name.esp,if=none,id=disk,format=raw" \
		-device virtio-blk-pci,drive=disk,bootindex=1
}

plan 3
servers_up
mkdir -p "$tftp/grub/arm64-efi"
cp "$signed/grubnetaa64.efi.signed" "$tftp/grub/arm64-efi/core.efi"
dhcp_up dhcpd
boot_arm64 node23 debian
boot_arm64 node20 acme
ok '64-bit ARM: the GRUB of its architecture starts the disk' comes_to node23 'LOCAL-DISK debian'
ok '… by its own menu' loaded node23 grub/arm64-efi/core.efi grub/grub.cfg \
	grub/grub.cfg-01-00-00-5e-00-53-23
asks_for_kernel() {
	grep -q "el9/vmlinuz to $(address_of node20)" "$scratch/dnsmasq.log"
}
ok '… and one with vocInstall TRUE loads its installer instead' \
	within "$patience" asks_for_kernel
power_off node20 node23
finish
