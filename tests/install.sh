#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh SOURCE BUILD - what an installation holds, and that it works where it lies (TAP)
set -euo pipefail

source=$(realpath "$1")
build=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n_tests=0
n_failed=0

ok() {
	local name=$1
	shift
	n_tests=$((n_tests + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $n_tests - $name"
	else
		n_failed=$((n_failed + 1))
		echo "not ok $n_tests - $name"
		sed 's/^/# /' "$work/said"
	fi
}

ok "meson install" meson install -C "$build" --no-rebuild --destdir "$work/root"
program=$(find "$work/root" -type f -name ldapcc -path '*/bin/*')
ok "ldapcc finds its templates and maps beside itself" \
	env -u LDAPCC_DATADIR "$program" --ldif "$source/contrib/example/cluster.ldif" check
for page in "$source"/man/*.scd; do
	name=$(basename "$page" .scd)
	ok "man page $name" test -s "$(find "$work/root" -name "$name" -path "*/man${name##*.}/*")"
done
for unit in "$source"/contrib/systemd/*; do
	ok "unit ${unit##*/}" test -s "$(find "$work/root" -name "${unit##*/}" -path '*/systemd/system/*')"
done
echo "1..$n_tests"
[ "$n_failed" -eq 0 ]
