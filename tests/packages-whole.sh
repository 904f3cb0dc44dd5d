# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2317,SC2154 # called by ok(); the variables are packages.sh's
#
# The slow half of packages.sh, which sources it: builds compared, the tarball's tests, RPMs, and
# the Debian packages in a fresh chroot.

# --- again, and the same ---

# In another folder, at another time, in another zone, language and umask.
build_again() {
	mkdir -p "$work/elsewhere/tmp"
	(
		umask 027
		cd "$work/elsewhere" || return
		TMPDIR=$work/elsewhere/tmp TZ=Pacific/Auckland LC_ALL=C.UTF-8 \
			build_deb "$work/deb-again" "$tarball"
	)
}
same_bytes() {
	local file
	for file in "$work"/deb/*.deb "$work"/deb/*.dsc "$work"/deb/*.debian.tar.xz; do
		cmp "$file" "$work/deb-again/${file##*/}" || return
	done
}
tarball_tests() {
	meson setup "$work/build" "$unpacked" && ninja -C "$work/build" &&
		meson test -C "$work/build" --no-rebuild --timeout-multiplier 4 --suite unit --suite rules
}
build_rpm() {
	mkdir "$work/rpm" && CFLAGS=-O0 offline "$source/contrib/package" rpm "$work/rpm" "$tarball"
}
lint_rpms() { lint_rpm "$work"/rpm/*.rpm; }

# --- a fresh chroot ---

make_base() {
	[ -e "$base" ] && return
	debootstrap --variant=minbase bookworm "$work/base" &&
		tar -C "$work/base" --numeric-owner -cf "$base.new" . && mv "$base.new" "$base"
}
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
# README's services beside us, none of which starts
new_root() {
	root=$work/root
	mkdir "$root" && tar -C "$root" --numeric-owner -xf "$base"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	mount -t proc proc "$root/proc"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	mkdir "$root/packages" "$root/before"
	cp "$work"/deb/*.deb "$root/packages"
	inside apt-get -qq update
	inside apt-get -qq -y --no-install-recommends install slapd ldap-utils dnsmasq-base \
		isc-dhcp-server logrotate
}
# The version before: the same, called 0.9.
older() {
	local deb
	for deb in "$work"/deb/*.deb; do
		rm -rf "$work/older"
		dpkg-deb -R "$deb" "$work/older"
		sed -i "s/^Version: .*/Version: 0.9-1/" "$work/older/DEBIAN/control"
		dpkg-deb --root-owner-group -b "$work/older" "$root/before" >/dev/null
	done
}
# Every file, with what is generated anew at every installation left out.
files_of_root() {
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./packages -o -path ./before \) -prune -o \
		! -type d -print | grep -vE '^\./(var/(cache|log|lib/(apt|dpkg|systemd/deb-systemd)|tmp)|tmp)/' | sort)
}
# install FOLDER: all packages in it, with their dependencies
install_from() {
	inside sh -c "apt-get -qq -y --no-install-recommends install /$1/*.deb"
}
is_version() { inside dpkg -s ldapcc vcn ldapcc-doc | grep '^Version: ' | sort -u | grep -qxF "Version: $1"; }
sample() {
	inside ldapcc --ldif /usr/share/ldapcc/contrib/example/cluster.ldif check &&
		inside vcn --version
}
# A generation that the older version published, and settings by hand.
in_use() {
	printf 'targets: {dhcpd: off, dnsmasq: off}\n' >"$root/etc/ldapcc/ldapcc.yaml"
	inside ldapcc --ldif /usr/share/ldapcc/contrib/example/cluster.ldif apply
}
still_in_use() {
	inside ldapcc --ldif /usr/share/ldapcc/contrib/example/cluster.ldif diff &&
		[ -e "$root/etc/ldapcc/ldapcc.yaml" ]
}
no_unit_enabled() {
	! find "$root/etc/systemd" "$root/var/lib/systemd" | grep -E 'wants/(ldapcc|vcn)'
}
no_account() { ! grep -E '^(_?ldapcc|_?vcn)' "$root/etc/passwd" "$root/etc/group"; }
removed() { inside apt-get -qq -y remove ldapcc vcn ldapcc-doc && [ ! -e "$root/usr/bin/ldapcc" ]; }
settings_stay() { [ -e "$root/etc/ldapcc/ldapcc.yaml" ] && [ -e "$root/etc/logrotate.d/vcn" ]; }
purged() { inside apt-get -qq -y purge ldapcc vcn ldapcc-doc; }
# What README.Debian says that is left, and the dependencies.
only_state_left() {
	inside apt-get -qq -y --purge autoremove >/dev/null
	files_of_root | comm -13 "$work/files-before" - |
		grep -vE '^\./(etc/ldapcc/ldapcc\.yaml|var/lib/ldapcc/|srv/ldapcc/)' |
		grep -v '^\./etc/ld\.so\.cache$' >"$work/left"
	cat "$work/left"
	[ ! -s "$work/left" ]
}
# What README.Debian says is left, removed as it says.
forget_state() { rm -r "$root/var/lib/ldapcc" "$root/srv/ldapcc" "$root/etc/ldapcc"; }
# readme: README's way into production, in the chroot as it is
readme() {
	mkdir -p "$root/readme/tests"
	cp -r "$source/README.md" "$root/readme"
	cp -r "$source/tests/readme" "$root/readme/tests"
	inside bash /readme/tests/readme/production.sh /usr
}

if command -v dh >/dev/null; then
	ok "built again elsewhere" build_again
	ok "the same bytes" same_bytes
fi
ok_with rpmbuild "RPMs" build_rpm
ok_with rpmlint "rpmlint has nothing against them" lint_rpms
if [ "$(id -u)" -eq 0 ] && [ -e "$work/deb" ]; then
	ok_with debootstrap "Debian's base system" make_base
	ok "a fresh chroot, with the services that README names" new_root
	ok "the version before" older
	files_of_root >"$work/files-before"
	ok "it is installed" install_from before
	ok "the sample is right with it" sample
	ok "it publishes" in_use
	ok "upgraded" install_from packages
	ok "to this version" is_version "$number-1"
	ok "the sample is right" sample
	ok "what was published stands, the settings too" still_in_use
	ok "no unit is enabled" no_unit_enabled
	ok "no account is made" no_account
	ok "removed" removed
	ok "the settings stay" settings_stay
	ok "purged" purged
	ok "nothing is left but what README.Debian names" only_state_left
	ok "which can be removed" forget_state
	ok "installed again" install_from packages
	ok "README works" readme
fi
ok "the tarball's own tests, without a repository" tarball_tests
