#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh SOURCE BUILD - what an installation holds, and that it works where it lies (TAP)
set -euo pipefail

source=$(realpath "$1")
build=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/points.sh
. "$source/tests/points.sh"
points_log=$work/said

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
end_points
