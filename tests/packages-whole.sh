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
# As a container's: who is in a chroot can make no namespace of users, which a guest's network is in.
inside() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount --propagation private bash -euc '
		cd "$1"
		pivot_root . .
		umount -l .
		shift
		exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			DEBIAN_FRONTEND=noninteractive "$@"' - "$root" "$@"
}
# machine NAME: Debian's base system and nothing else; what runs `inside` runs there from now on.
machine() {
	root=$work/$1
	mkdir "$root" && tar -C "$root" --numeric-owner -xf "$base"
	mount --bind "$root" "$root" # a guest's process changes roots, which only mounts can
	mount -t proc proc "$root/proc"
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
	mount -t tmpfs shm "$root/dev/shm"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
}
# README's services beside us, none of which starts
new_root() {
	machine packaged
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
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
	cp -r "$source/tests/readme" "$source/tests/points.sh" "$root/readme/tests"
	inside bash /readme/tests/readme/production.sh /usr
}

# --- a bare machine, with the source only ---

bare() {
	machine bare
	cp -r "$unpacked" "$root/source"
	units_of "$root" >"$work/units-before"
}
# units_of ROOT: what is started at the next boot
units_of() { (cd "$1" && find etc/systemd etc/rc?.d \( -path '*.wants/*' -o -path '*/S*' \) | sort); }
quickstart() {
	local guest=()
	[ ! -e "${VCN_TEST_GUEST:-/none}/initrd" ] || {
		cp -r "$VCN_TEST_GUEST" "$root/guest"
		guest=(VCN_TEST_GUEST=/guest)
	}
	inside "${guest[@]}" /source/contrib/quickstart >"$work/quick" 2>&1 || {
		tail -n 30 "$work/quick"
		return 1
	}
}
says_what_readme_says() { python3 "$unpacked/tests/readme/session.py" "$unpacked/README.md" "$work/quick"; }
nothing_starts() { units_of "$root" | diff "$work/units-before" -; }
nothing_runs() { ! grep -ls " $root / " /proc/[0-9]*/mountinfo; }
# README's line, in the tree that quickstart has left its programs in
building() {
	local line
	line=$(sed -n '/^## Building/,/^## /s/^    \(meson setup.*\)/\1/p' "$unpacked/README.md")
	[ -n "$line" ] && rm -r "$root/source/build" && inside sh -c "cd /source && $line"
}
is_installed() {
	inside ldapcc --ldif /usr/local/share/ldapcc/contrib/example/cluster.ldif check &&
		inside vcn --version && [ -e "$root/usr/local/share/man/man8/vcn.8" ]
}

if command -v dh >/dev/null; then
	ok "built again elsewhere" build_again
	ok "the same bytes" same_bytes
fi
ok_with rpmbuild "RPMs" build_rpm
ok_with rpmlint "rpmlint has nothing against them" lint_rpms
if [ "$(id -u)" -eq 0 ]; then
	ok_with debootstrap "Debian's base system" make_base
fi
if [ "$(id -u)" -eq 0 ] && [ -e "$base" ]; then
	ok "a bare machine" bare
	ok "quickstart runs on it" quickstart
	ok "and says what README says" says_what_readme_says
	ok "no service that came with a package starts at the next boot" nothing_starts
	ok "none runs" nothing_runs
	ok "README's line builds, tests and installs" building
	ok "where README says" is_installed
fi
if [ "$(id -u)" -eq 0 ] && [ -e "$base" ] && [ -e "$work/deb" ]; then
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
