#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# quickstart.sh SOURCE BUILD - contrib/quickstart, and what README says that it prints (TAP)
#
# In a mount namespace where only its own folders can be written to, with a program that is
# built already: what it installs and builds is not part of this test.
# shellcheck disable=SC2317 # the functions are called by ok()
set -euo pipefail

source=$(realpath "${1:?usage: quickstart.sh SOURCE BUILD}")
build=$(realpath "${2:?usage: quickstart.sh SOURCE BUILD}")
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/points.sh
. "$source/tests/points.sh"

[ "$(id -u)" = 0 ] || skip_all 'needs root'
[ -e "${VCN_TEST_GUEST:-/none}/initrd" ] || skip_all 'VCN_TEST_GUEST names no guest'
need slapd dnsmasq dhcpd qemu-system-x86_64 passt
work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-readme.XXXXXX")
points_log=$work/said
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"

# Everything else is read-only; /run is a new one.
closed() {
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --pid --fork --kill-child --mount-proc bash -euc '
		mount --bind "$1" "$1"
		mount --bind "$2" "$2"
		mount -o remount,bind,ro /
		mount -t tmpfs -o mode=755 tmpfs /run
		shift 2
		exec "$@"' bash "$work" "$build" "$@"
}
runs() {
	mkdir "$work/tmp"
	# the tests are built with sanitizers, whose library is no quicker start
	BUILD_DIR=$build TMPDIR=$work/tmp LSAN_OPTIONS=detect_leaks=0 closed \
		"$source/contrib/quickstart" >"$work/output" 2>&1 || {
		cat "$work/output"
		return 1
	}
}
no_colour() { ! grep $'\033' "$work/output"; }
nothing_left() { [ -z "$(ls "$work/tmp")" ]; }
session() { python3 "$source/tests/readme/session.py" "$source/README.md" "$work/output"; }
what_next() { tail -n 12 "$work/output" | grep -F "$build/src/ldapcc" && tail -n 12 "$work/output" | grep -F 'meson test -C'; }
steps() { [ "$(grep -cE '^\[[1-7]/7\] ' "$work/output")" -eq 7 ]; }
# Without a build the quickstart makes one, by this command; `meson test` in it builds and runs tests.
tests_follow() {
	local setup
	# shellcheck disable=SC2016 # the script's own words
	setup=$(grep -oE 'meson setup "\$build" [^>]*' "$source/contrib/quickstart")
	[ -n "$setup" ]
	(cd "$source" && build=$work/build && CFLAGS=-O0 eval "$setup")
	meson test -C "$work/build" csn
	[ "$(meson introspect "$work/build" --tests | grep -o '"suite"' | wc -l)" -gt 100 ]
}

ok 'quickstart runs, and writes to its own folders only' runs
ok 'it shows its steps' steps
ok 'and the session that README shows' session
ok 'no colours where there is no terminal' no_colour
ok 'its scratch folder is gone' nothing_left
ok 'it ends with what to do next, and where the programs are' what_next
ok 'meson test behind it runs tests' tests_follow
end_points
