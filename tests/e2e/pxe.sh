#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Machines with a BIOS boot from the network, by dhcpd and by Kea, with PXELINUX and with iPXE:
# one with vocInstall TRUE loads the installer, which fetches its own kickstart and asks for
# every repository in it; any other starts its disk, and no kernel was loaded.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pxe-lib.sh"
enter_with_guest "$@"
bios=
for file in /usr/lib/PXELINUX/pxelinux.0 /tftpboot/pxelinux.0 /usr/share/syslinux/pxelinux.0; do
	[ ! -e "$file" ] || bios=$file
done
ldlinux=
for file in /usr/lib/syslinux/modules/bios /tftpboot /usr/share/syslinux; do
	[ ! -e "$file/ldlinux.c32" ] || ldlinux=$file/ldlinux.c32
done
if [ -z "$bios" ] || [ -z "$ldlinux" ]; then
	skip_all 'pxelinux is not installed'
fi
plan 22
servers_up
cp "$bios" "$ldlinux" "$tftp/"
# the administrator's own, for machines that nobody knows
printf 'DEFAULT local\nLABEL local\n\tLOCALBOOT 0\n' >"$tftp/pxelinux.cfg/default"

boot_bios() {
	local name
	for name in "$@"; do
		local_disk "$scratch/$name.disk"
		boot "$name" -drive "file=$scratch/$name.disk,if=none,id=disk,format=raw" \
			-device ide-hd,drive=disk,bootindex=1
	done
}

# loaded_only NAME: its own boot file
loaded_only() { loaded "$1" pxelinux.0 ldlinux.c32 "pxelinux.cfg/01-00-00-5e-00-53-${1#node}"; }

# scripted NAME [FILE…]: the card is an iPXE, which gets its script at once and no loader first;
# FILEs are what that had it load
scripted() {
	local name=$1
	shift
	loaded "$name" "$@" || return
	grep -c "GET /kickstart/boot.ipxe " "$scratch/http.log" | grep -qx 1 || return
	grep "GET /kickstart/ipxe/00-00-5e-00-53-${name#node}.ipxe " "$scratch/http.log"
}

dhcp_up dhcpd
boot_bios node16 node17 node32
ok 'vocInstall TRUE: the host installs, from its own kickstart and repositories' \
	installs node16
ok '… it loaded its own boot file, kernel and initrd' loaded node16 pxelinux.0 ldlinux.c32 \
	pxelinux.cfg/01-00-00-5e-00-53-16 el9/vmlinuz el9/initrd.img
ok '… and fetched its own kickstart and each repository, nothing else' fetched node16 \
	/kickstart/node16.c.example.ks /repos/el9/repodata/repomd.xml \
	/repos/appstream/repodata/repomd.xml '/repos/mirrors?repo=extra&arch=x86_64' \
	/repos/mirror/repodata/repomd.xml
ok '… which its kernel was told by inst.ks and BOOTIF' \
	says node16 "kickstart by inst.ks, ksdevice ''" 'BOOTIF 01-00-00-5e-00-53-16'
ok 'vocInstall FALSE: the host starts its disk' comes_to node17 LOCAL-DISK
ok '… and loaded nothing but its own boot file' loaded_only node17
ok 'iPXE, no vocInstall: the host starts its disk' comes_to node32 LOCAL-DISK
ok '… by its script, which it fetched once; no loader' scripted node32
power_off node16 node17 node32

forget
dhcp_up kea
boot_bios node15 node18 node19 node31
ok 'by Kea: another host, with a release of its own, installs too' installs node15
ok '… it loaded its own boot file, kernel and initrd' loaded node15 pxelinux.0 ldlinux.c32 \
	pxelinux.cfg/01-00-00-5e-00-53-15 el9/vmlinuz el9/initrd.img
ok '… from its own files' fetched node15 /kickstart/node15.c.example.ks \
	/repos/el5/repodata/repomd.xml /repos/grid/repodata/repomd.xml
ok '… which its kernel was told by ks, with the device to use' \
	says node15 "kickstart by ks, ksdevice 'bootif'" 'BOOTIF 01-00-00-5e-00-53-15'
ok 'no vocInstall: the host starts its disk' comes_to node18 LOCAL-DISK
ok '… and loaded nothing but its own boot file' loaded_only node18
ok 'a host in quarantine starts its disk' comes_to node19 LOCAL-DISK
ok "… it has no boot file, so it loaded the administrator's" \
	loaded node19 pxelinux.0 ldlinux.c32 pxelinux.cfg/default
ok 'iPXE, vocInstall TRUE: the host installs' installs node31
ok '… by its script, which it fetched once, and kernel and initrd; no loader' \
	scripted node31 el9/vmlinuz el9/initrd.img
ok '… which its kernel was told by inst.ks and BOOTIF' \
	says node31 "kickstart by inst.ks, ksdevice ''" 'BOOTIF 01-00-00-5e-00-53-31'
power_off node15 node18 node19 node31

publish OVER
forget
boot_bios node16
ok 'with vocInstall TRUE and a vocInstallUntil that has passed, the host starts its disk' \
	comes_to node16 LOCAL-DISK
ok '… and loaded nothing but its own boot file' loaded_only node16
ok '… and fetched nothing' fetched node16
finish
