#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# bless.sh RUN-CASES LDAPCC - what is blessed is what was named, and the difference is told
#
# In a copy of the expectations three of them are wrong: a case's, a check's and a settings
# file's. Each is named in one of the ways there are.
# shellcheck disable=SC2317 # the functions are called by ok()
set -euo pipefail
sources=$(realpath "$(dirname "${1:?usage: bless.sh RUN-CASES LDAPCC}")/..")
ldapcc=$(realpath "$2")
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/tests"
cp -a "$sources"/{templates,schema} "$copy"
cp -a "$sources"/tests/{run-cases.py,cases,cases-public,checks,parse} "$copy/tests"
cd "$copy/tests"
unset BLESS
# shellcheck source=tests/points.sh
. "$sources/tests/points.sh"
needs_module yaml
points_log=$copy/said

run() { python3 run-cases.py "$@" >"$copy/out" 2>&1; }
says() { grep -qxF -- "$1" "$copy/out"; }
fails() { ! run "$@"; }
no() { ! "$@"; }
from_environment() { BLESS=$1 run --bless "$ldapcc"; }
# only FILE… - these and no other files are not as they were
only() {
	local file
	for file in cases checks parse; do
		diff -qr "$sources/tests/$file" "$file" || true
	done >"$copy/differences"
	[ "$(wc -l <"$copy/differences")" -eq $# ] || return 1
	for file in "$@"; do
		grep -qF "tests/$file" "$copy/differences" || return 1
	done
}

readonly case=cases/50-refuse/stderr check=checks/dup-ip.expect settings=parse/settings-mode.expect
spoil() {
	sed -i '$d' "$case"
	sed -i 's/already taken/free/' "$check"
	echo 'one more line' >>"$settings"
}

spoil
ok 'three are spoilt' only "$case" "$check" "$settings"
ok 'and fail' fails "$ldapcc" 50-refuse dup-ip settings-mode
ok 'all of them' test "$(grep -c '^not ok' "$copy/out")" -eq 3
ok 'one check is blessed' run --bless "$ldapcc" checks dup-ip
ok 'it alone' only "$case" "$settings"
ok 'the difference is from it' says '--- a/tests/checks/dup-ip.expect'
ok 'to what it is now' says '+++ b/tests/checks/dup-ip.expect'
ok 'and is counted' says '1 files changed: read the difference like code'
ok 'no point that holds is told' no grep -q '^ok' "$copy/out"
ok 'a name needs no suite' run --bless "$ldapcc" 50-refuse
ok 'the case is blessed' only "$settings"
ok 'the line that was gone is added' \
	grep -qE '^\+templates/racks-note:4:7: note: it would be printed here$' "$copy/out"
ok 'the environment names the rest' from_environment 'settings-m*'
ok 'all is as it was' only
ok 'nothing to bless' run --bless "$ldapcc" dup-ip settings-mode
ok 'is said' says 'nothing changed'
spoil
ok 'a suite is blessed' run --bless "$ldapcc" settings
ok 'it alone' only "$case" "$check"
ok 'a name that nothing has is an error' fails --bless "$ldapcc" checks 50-refuse
ok 'and is named' grep -q "no case, check or settings file is called '50-refuse'" "$copy/out"
ok 'nothing was blessed' only "$case" "$check"
rm -r cases/50-refuse/expected
ok 'what is missing is written' run --bless "$ldapcc" 50-refuse
ok 'and is new in the difference' says '--- /dev/null'
ok 'as it was' only "$check"
end_points
