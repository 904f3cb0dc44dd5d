#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tutorial.sh PREFIX - ldapcc-tutorial(7), with an empty directory; see installed.sh (TAP)
set -euo pipefail

prefix=${1:?usage: tutorial.sh PREFIX}
here=$(dirname "$(realpath "$0")")
PATH=$prefix/bin:/usr/sbin:/usr/bin:/sbin:/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-tutorial.XXXXXX")
slapd_pid=
leave() {
	vcn kill --all >/dev/null 2>&1 || true
	[ -z "$slapd_pid" ] || kill "$slapd_pid" || true
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM
. "$here/slapd.sh"

chmod 755 "$work"
stock_slapd >"$work/log" 2>&1
start_slapd
python3 "$here/tutorial.py" "$prefix" "$here/../../man/ldapcc-tutorial.7.scd"
