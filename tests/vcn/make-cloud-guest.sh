#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make-cloud-guest.sh DIR - Debian 12 with its systemd and cloud-init: DIR/root.raw, vmlinuz, initrd
#
# Made by mmdebstrap from a mirror of Debian (MIRROR), nothing in it knows which guest it will be. It
# tells on the console what it was given: the seed by cloud-init, the credential motd by a service
# of systemd's. Exit 77 where it cannot be made.
set -euo pipefail

readonly dir=${1:?usage: make-cloud-guest.sh DIR}
readonly mirror=${MIRROR:-http://deb.debian.org/debian}
guest=$(dirname "$(realpath "$0")")/../../contrib/guest
readonly guest

skip() {
	echo "make-cloud-guest.sh: $*" >&2
	exit 77
}
command -v mmdebstrap >/dev/null || skip "no mmdebstrap"
command -v mkfs.ext4 >/dev/null || skip "no mkfs.ext4"
mkdir -p "$dir"
root=$dir/root
trap 'rm -rf "$root"' EXIT
[ -e "$dir/root.tar" ] || mmdebstrap --quiet --variant=minbase \
	--include=systemd-sysv,udev,dbus,cloud-init,openssh-server,iproute2,netplan.io \
	--include=linux-image-cloud-amd64,initramfs-tools,ca-certificates \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$dir/root.tar" "$mirror" >&2 ||
	skip "Debian's packages cannot be had from $mirror"
mkdir "$root"
tar -C "$root" -xf "$dir/root.tar"
cp "$root"/boot/vmlinuz-* "$dir/vmlinuz"
cp "$root"/boot/initrd.img-* "$dir/initrd"
echo 'datasource_list: [NoCloud, None]' >"$root/etc/cloud/cloud.cfg.d/90-source.cfg"
cp "$guest/vcn-ready.service" "$root/etc/systemd/system/"
cat >"$root/etc/systemd/system/motd.service" <<'UNIT'
[Service]
Type=oneshot
LoadCredential=motd
ExecStart=/bin/sh -c 'echo "guest: motd is $(cat "$CREDENTIALS_DIRECTORY/motd")" >/dev/console'
UNIT
# Ready is one whose user data has run: cloud-final.service comes after multi-user.target.
sed -i 's/^After=.*/& cloud-final.service motd.service/; s/^WantedBy=.*/WantedBy=cloud-init.target/' \
	"$root/etc/systemd/system/vcn-ready.service"
for wish in multi-user/motd cloud-init/vcn-ready; do
	mkdir -p "$root/etc/systemd/system/${wish%/*}.target.wants"
	ln -s "/etc/systemd/system/${wish#*/}.service" \
		"$root/etc/systemd/system/${wish%/*}.target.wants/"
done
: >"$root/etc/machine-id"
rm -f "$root"/etc/hostname "$root"/etc/ssh/ssh_host_*
rm -rf "${root:?}"/boot/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
truncate -s 1500M "$dir/new"
mkfs.ext4 -q -d "$root" "$dir/new"
mv "$dir/new" "$dir/root.raw"
rm "$dir/root.tar"
