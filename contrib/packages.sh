# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # the lists are used by name
#
# packages.sh - what has to be installed, by distribution; sourced by quickstart and test
#
#	install_packages build | quickstart | test | optional
#
# Packages that are there are left alone. Services that come with packages are neither started
# nor, at the next boot, enabled.

debian_build="gcc meson ninja-build pkg-config libldap-dev libsasl2-dev libyaml-dev libtalloc-dev
	libunistring-dev
	nettle-dev libjson-c-dev libmnl-dev libnftables-dev libcmocka-dev scdoc"
debian_quickstart="slapd ldap-utils dnsmasq-base isc-dhcp-server qemu-system-x86 busybox-static
	passt iproute2 cpio kmod python3 python3-yaml"
debian_test="clang clang-format clang-tidy libclang-rt-14-dev shellcheck
	389-ds-base bind9 bind9-utils bind9-dnsutils nsd knot knot-dnssecutils isc-dhcp-client udhcpc kea-dhcp4-server kea-dhcp6-server
	qemu-utils strace
	qemu-system-arm qemu-efi-aarch64
	openssl procps ipxe ipxe-qemu pxelinux syslinux-common grub-efi-amd64-bin grub-common ovmf
	git file slurmctld slurmd slurm-client munge binutils util-linux
	krb5-kdc krb5-admin-server krb5-user libsasl2-modules-gssapi-mit
	e2fsprogs xfsprogs fdisk mount prometheus nftables user-mode-linux systemd cloud-init
	clustershell genders ansible-core powerman conman openssh-client libxenmisc4.17
	rsync nfs-kernel-server
	debconf netplan.io zsh fish chromium graphviz
	dpkg-dev debhelper lintian debootstrap rpm rpmlint logrotate shim-signed grub-efi-amd64-signed"

# for contrib/overhead
debian_optional="iperf3 fio"

fedora_build="gcc meson ninja-build pkgconf-pkg-config openldap-devel cyrus-sasl-devel
	libyaml-devel libtalloc-devel libunistring-devel nettle-devel json-c-devel
	libmnl-devel nftables-devel libcmocka-devel scdoc"
fedora_quickstart="openldap-servers openldap-clients dnsmasq dhcp-server qemu-system-x86
	busybox passt iproute cpio kmod python3 python3-pyyaml"
fedora_test="clang clang-tools-extra compiler-rt ShellCheck 389-ds-base
	qemu-system-aarch64 edk2-aarch64
	bind bind-utils nsd knot dhcp-client kea qemu-img strace openssl procps-ng ipxe-bootimgs-x86 ipxe-roms-qemu syslinux
	syslinux-tftpboot grub2-efi-x64-modules grub2-tools edk2-ovmf git file slurm-slurmctld
	slurm-slurmd munge krb5-server krb5-workstation cyrus-sasl-gssapi e2fsprogs xfsprogs
	nftables systemd cloud-init clustershell genders ansible-core powerman conman openssh-clients
	xen-libs netplan zsh fish chromium graphviz rsync nfs-utils
	dpkg-dev debhelper debootstrap rpm-build rpmlint logrotate"

fedora_optional="iperf3 fio"

# Daemons of freshly installed packages stay off: dpkg asks this file before it starts one.
without_services() {
	local policy=/usr/sbin/policy-rc.d made=no status=0
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 0755 "$policy"
		made=yes
	fi
	"$@" || status=$?
	[ "$made" = no ] || rm -f "$policy"
	return "$status"
}

# What Debian's packages enable when they are installed, disabled again; started it is not.
disable_services() {
	local package path
	for package in "$@"; do
		dpkg-query -L "$package"
	done | while IFS= read -r path; do
		case $path in
		/etc/init.d/*) update-rc.d "${path##*/}" disable ;;
		*/lib/systemd/system/*@.*) ;;
		*/lib/systemd/system/*.service | */lib/systemd/system/*.socket | */lib/systemd/system/*.timer)
			deb-systemd-helper disable "${path##*/}"
			;;
		esac
	done >/dev/null 2>&1
}

missing_debian() {
	local package
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			echo "$package"
	done
}

install_debian() {
	local missing=()
	mapfile -t missing < <(missing_debian "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0
	echo "installing ${missing[*]}"
	apt-get -qq update
	without_services env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
	disable_services "${missing[@]}"
}

install_packages() {
	local kinds=build kind words=""
	case $1 in
	quickstart) kinds="build quickstart" ;;
	test) kinds="build quickstart test" ;;
	optional) kinds="build quickstart optional" ;;
	esac
	if command -v apt-get >/dev/null; then
		for kind in $kinds; do
			kind=debian_$kind
			words+=" ${!kind}"
		done
		# shellcheck disable=SC2086 # the lists are words
		install_debian $words
	elif command -v dnf >/dev/null; then
		for kind in $kinds; do
			kind=fedora_$kind
			words+=" ${!kind}"
		done
		# shellcheck disable=SC2086 # the lists are words
		dnf -q -y --setopt=install_weak_deps=False install $words
	else
		echo "packages.sh: neither apt-get nor dnf is here; install by hand:" >&2
		for kind in $kinds; do
			kind=debian_$kind
			echo "${!kind}" >&2
		done
		return 1
	fi
}
