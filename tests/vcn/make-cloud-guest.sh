#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make-cloud-guest.sh DIR GUEST - Debian's systemd and cloud-init as a guest: DIR/root.raw and DIR/initrd
#
# Its root is a copy of what this host has installed: the files of these packages and of those that
# they depend on, and of no other; nothing is fetched. Of the units only those run that cloud-init
# waits for, as each costs a second without KVM. GUEST was made by make-guest.sh: its initrd with an
# init that mounts the root. Nothing in the image knows which guest it will be; it tells on the
# console what it was given. Exit 77 where it cannot be made.
set -euo pipefail

readonly dir=${1:?usage: make-cloud-guest.sh DIR GUEST} guest=${2:?}
here=$(dirname "$(realpath "$0")")
readonly here root=$dir/root
readonly packages="base-files base-passwd bash cloud-init coreutils dash grep hostname iproute2 login
	mount openssh-client passwd sed systemd udev util-linux"
# of what systemd's packages want of themselves
readonly wanted="systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket
	systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
	systemd-udev-trigger.service systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service"

skip() {
	echo "make-cloud-guest.sh: $*" >&2
	exit 77
}

names_of_packages() {
	# shellcheck disable=SC2086 # the list is words
	apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances $packages | grep '^[a-z]' | sort -u |
		comm -12 - <(dpkg-query -W -f '${Package}\n' | sort -u) |
		grep -vxE 'locales|libc-l10n|gdisk|fdisk|isc-dhcp-client|dpkg'
}

# Their files, with what Python has compiled of them.
list_files() {
	local compiled
	compiled=$(python3 -c 'import sys; print(sys.implementation.cache_tag)')
	names_of_packages | xargs dpkg -L |
		grep -vE '^/usr/share/(doc|man|locale|i18n|zoneinfo|bash-completion)/|/hwdb' |
		sed -E "p; s,^(/usr/lib/python3.*)/([^/]*)\.py$,\1/__pycache__/\2.$compiled.pyc," |
		sort -u | while read -r file; do
		if [ -f "$file" ] || [ -L "$file" ]; then
			echo "${file#/}"
		fi
	done
}

copy_root() {
	local link
	mkdir -p "$root"/{dev,etc,home,proc,root,run,sys,tmp,usr/{bin,sbin,lib,lib64},var/{log,tmp}}
	for link in bin sbin lib lib64; do
		ln -s "usr/$link" "$root/$link"
	done
	list_files | tar -C / --no-recursion -cf - -T - | tar -C "$root" -xf - --keep-directory-symlink
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	systemd-sysusers --root="$root"
	ldconfig -r "$root"
	: >"$root/etc/machine-id"
}

# enable UNIT TARGET
enable() {
	local unit=/lib/systemd/system/$1
	[ ! -e "$root/etc/systemd/system/$1" ] || unit=/etc/systemd/system/$1
	mkdir -p "$root/etc/systemd/system/$2.wants"
	ln -s "$unit" "$root/etc/systemd/system/$2.wants/$1"
}

choose_units() {
	local link
	for link in "$root"/usr/lib/systemd/system/*.wants/*; do
		[[ $wanted == *"${link##*/}"* ]] || rm "$link"
	done
	for link in cloud-init-local cloud-init cloud-config cloud-final; do
		enable "$link.service" cloud-init.target
	done
	enable systemd-networkd.service multi-user.target
	enable systemd-networkd-wait-online.service network-online.target
}

# What the guest has of ours: cloud-init's modules that the test is about, a service that reads a
# credential, and the one that says ready, after the user data has run: cloud-final.service comes after
# multi-user.target.
write_own() {
	local units=$root/etc/systemd/system
	cat >"$root/etc/cloud/cloud.cfg.d/90-test.cfg" <<-'CONFIG'
		datasource_list: [NoCloud, None]
		ssh_genkeytypes: [ed25519]
		cloud_init_modules: [set_hostname, update_hostname, users-groups, ssh]
		cloud_config_modules: [timezone, runcmd]
		cloud_final_modules: [scripts-user, final-message]
	CONFIG
	cat >"$units/motd.service" <<-'UNIT'
		[Service]
		Type=oneshot
		LoadCredential=motd
		ExecStart=/bin/sh -c 'echo "guest: motd is $(cat "$CREDENTIALS_DIRECTORY/motd")" >/dev/console'
	UNIT
	sed 's/^After=.*/& cloud-final.service motd.service/' \
		"$here/../../contrib/guest/vcn-ready.service" >"$units/vcn-ready.service"
	enable motd.service multi-user.target
	enable vcn-ready.service cloud-init.target
}

make_initrd() {
	local tree=$dir/tree
	mkdir -p "$tree/root"
	cat >"$tree/init" <<-'INIT'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t devtmpfs dev /dev
		for module in $(cat /modules/order); do
			insmod "/modules/$module"
		done
		until mount -t ext4 /dev/vda /root; do usleep 100000; done
		mount -o move /dev /root/dev
		exec switch_root /root /lib/systemd/systemd
	INIT
	chmod 755 "$tree/init"
	(cd "$tree" && find . | busybox cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$dir/more.gz"
	cat "$guest/initrd" "$dir/more.gz" >"$dir/initrd"
}

for program in apt-cache cloud-init systemd-sysusers mkfs.ext4 busybox; do
	command -v "$program" >/dev/null || skip "no $program"
done
mkdir -p "$root"
copy_root
choose_units
write_own
make_initrd
truncate -s 600M "$dir/new"
mkfs.ext4 -q -d "$root" "$dir/new"
mv "$dir/new" "$dir/root.raw"
rm -rf "$root" "$dir/tree" "$dir/more.gz"
