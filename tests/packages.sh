#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# packages.sh SOURCE - the release tarball and the packages made from it (TAP)
#
# PACKAGES=whole adds what takes minutes and a network: a second build whose bytes must be the
# same, the tarball's own tests, the RPMs, the Debian packages in a fresh chroot, where they
# are installed, upgraded from the version before, removed and purged, and in another one
# quickstart and README's line that builds. PACKAGES_CHROOT is a
# tarball of Debian's base system; where it does not exist, debootstrap makes it.
# shellcheck disable=SC2317 # the functions are called by ok()
set -euo pipefail

source=$(realpath "${1:?usage: packages.sh SOURCE}")
whole=${PACKAGES:-}
# shellcheck disable=SC2034 # packages-whole.sh's
base=${PACKAGES_CHROOT:-/var/tmp/ldapcc-bookworm.tar}
work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-packages.XXXXXX")
leave() {
	local place # the chroots, where there are any
	for place in "$work"/*/; do
		! mountpoint -q "$place" || umount -R "$place"
	done
	rm -rf --one-file-system "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM
# shellcheck source=tests/points.sh
. "$(dirname "$0")/points.sh"
points_log=$work/said

# ok_with PROGRAM NAME COMMAND…: skipped where the program is not installed
ok_with() {
	local program=$1
	shift
	if command -v "$program" >/dev/null; then
		ok "$@"
	else
		skip "$1" "$program is not installed"
	fi
}

# Where there is no network, nothing can be fetched.
offline() {
	if [ "$(id -u)" -eq 0 ] && unshare --net true 2>/dev/null; then
		unshare --net "$@"
	else
		"$@"
	fi
}

# --- the tarball ---

# What git has and what is new, committed in a repository of its own, at a time of our own.
copy_tree() {
	local tree=$work/tree
	mkdir "$tree"
	if [ -e "$source/.git" ]; then
		git -C "$source" -c safe.directory='*' ls-files -coz --exclude-standard
	else
		(cd "$source" && find . -type f -not -path './build*' -print0)
	fi | tar -C "$source" --null --ignore-failed-read -T - -c | tar -C "$tree" -x
	export GIT_AUTHOR_DATE='2026-01-02T03:04:05Z' GIT_COMMITTER_DATE='2026-01-02T03:04:05Z'
	git -C "$tree" init -q
	git -C "$tree" add -A
	git -C "$tree" -c user.name=test -c user.email=test@example.org commit -qm tree
}

version() { sed -n "s/^\tversion: '\(.*\)',$/\1/p" "$1/meson.build"; }
dist() { offline "$work/tree/contrib/package" dist "$work"; }

# dist_again: the same bytes, though the tree is elsewhere
dist_again() {
	mkdir "$work/again" && cp -r "$work/tree" "$work/again/other" &&
		"$work/again/other/contrib/package" dist "$work/again" &&
		cmp "$tarball" "$work/again/${tarball##*/}"
}

unpack() { tar -C "$work" -xf "$tarball" && [ ! -e "$unpacked/.git" ]; }
one_version() { [ "$(sed -n 's/^\([0-9][^ ,]*\), .*/\1/p' "$unpacked/NEWS" | head -n 1)" = "$number" ]; }
# version_told: nobody else says it
version_told() {
	! grep -rnE "(ldapcc|vcn|version)[-: ]*${number//./\\.}($|[^.0-9])" "$unpacked"/{contrib,man,src,README.md}
}
# Those of the rules that look at every file; without git they have to find them.
rules() {
	local rule
	for rule in blanks registered words; do
		bash "$unpacked/tests/rules/$rule.sh" || return
	done
}

# --- Debian ---

# build_deb FOLDER TARBALL: quickly, for a look at what is in them
build_deb() {
	mkdir -p "$1" && DEB_BUILD_OPTIONS="nocheck noautodbgsym" DEB_CFLAGS_APPEND='-O0 -g0' \
		offline "$source/contrib/package" deb "$1" "$2"
}
lint_deb() {
	lintian -EviI --pedantic --allow-root --fail-on error,warning "$work"/deb/*.changes
}
three_packages() {
	[ "$(find "$work/deb" -name '*.deb' -printf '%f\n' | cut -d_ -f1 | sort | xargs)" = 'ldapcc ldapcc-doc vcn' ]
}
holds() { # PACKAGE FILE…
	local package=$1 file
	shift
	dpkg-deb -c "$work/deb/${package}"_*.deb | sed 's/^.* \.//' >"$work/list"
	for file in "$@"; do
		grep -qx "$file" "$work/list" || {
			echo "$package has no $file"
			return 1
		}
	done
}
programs() { holds ldapcc /usr/bin/ldapcc /usr/share/ldapcc/schema/ldapcc.ldif && holds vcn /usr/bin/vcn /etc/logrotate.d/vcn; }
guides() { holds ldapcc-doc /usr/share/doc/ldapcc/README.md.gz /usr/share/man/man7/ldapcc-adopting.7.gz; }
nothing_enabled() {
	! for package in ldapcc vcn ldapcc-doc; do
		dpkg-deb -c "$work/deb/${package}"_*.deb
	done | grep -E '/etc/(systemd|cron)|\.wants/'
}
logrotate_reads() {
	[ "$(id -u)" -ne 0 ] || chown 0:0 "$unpacked/contrib/logrotate/vcn"
	chmod 644 "$unpacked/contrib/logrotate/vcn" &&
		logrotate --debug --state /dev/null "$unpacked/contrib/logrotate/vcn" 2>&1 |
		tee "$work/rotated" && ! grep -i error "$work/rotated"
}

# --- RPM ---

spec() { sed "s/@VERSION@/$number/; s/@CHANGELOG@//" "$unpacked/contrib/rpm/ldapcc.spec" >"$work/ldapcc.spec"; }
lint_rpm() { # FILE…
	rpmlint -c "$unpacked/contrib/rpm/rpmlint.toml" "$@" >"$work/rpmlint"
	cat "$work/rpmlint"
	! grep -E ': [EW]: ' "$work/rpmlint"
}
lint_spec() { spec && rpmspec -q "$work/ldapcc.spec" && lint_rpm "$work/ldapcc.spec"; }

tarball=$work/none
ok_with git "the tree, in a repository of its own" copy_tree
ok_with git "meson dist, without a network" dist
number=$(version "$source")
tarball=$work/ldapcc-$number.tar.xz
unpacked=$work/ldapcc-$number
[ -e "$tarball" ] || {
	end_points
	exit
}
ok "the tarball has no repository in it" unpack
ok "NEWS begins with its version" one_version
ok "and nobody else repeats it" version_told
ok "the rules hold in it" rules
ok_with dh "Debian packages" build_deb "$work/deb" "$tarball"
if command -v dh >/dev/null; then
	ok "three of them" three_packages
	ok "ldapcc and vcn hold their programs, and what they need" programs
	ok "ldapcc-doc holds the guides" guides
	ok "none enables anything" nothing_enabled
	ok_with lintian "lintian has neither errors nor warnings" lint_deb
fi
ok_with logrotate "logrotate reads its file" logrotate_reads
ok_with rpmlint "the RPM spec can be read, rpmlint has nothing against it" lint_spec
if [ -n "$whole" ]; then
	. "$source/tests/packages-whole.sh"
fi
end_points
