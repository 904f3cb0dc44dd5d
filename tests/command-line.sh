# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What a script needs that tries ldapcc at the command line and prints TAP: sourced, with
# $LDAPCC set. Settings are in $work/settings.yaml, the site in $work/site.ldif, what is
# published below $work/out. Standard output of the last run is in $work/said, standard error
# in $work/err, its exit status in $status.

n_tests=0
n_failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-cli.XXXXXX")
trap finish EXIT
mkdir "$work/out"
: >"$work/err"
export LC_ALL=C.UTF-8
unset NO_COLOR

finish() {
	chmod -R u+w "$work" 2>/dev/null
	rm -rf "$work"
}

# ok DESCRIPTION COMMAND... - one test point: does the command succeed?
ok() {
	local description=$1
	shift
	n_tests=$((n_tests + 1))
	if "$@" >"$work/why" 2>&1; then
		echo "ok $n_tests - $description"
		return
	fi
	echo "not ok $n_tests - $description"
	n_failed=$((n_failed + 1))
	echo "# $*"
	sed 's/^/# /' "$work/why"
	sed 's/^/# stderr: /' "$work/err"
}

skip() {
	n_tests=$((n_tests + 1))
	echo "ok $n_tests - $1 # SKIP $2"
}

equal() {
	[ "$1" = "$2" ] || {
		echo "got '$1', expected '$2'"
		return 1
	}
}

# run WORD... - ldapcc with the settings and the site of this test
run() {
	status=0
	"$LDAPCC" --config "$work/settings.yaml" --ldif "$work/site.ldif" "$@" \
		>"$work/said" 2>"$work/err" </dev/null || status=$?
}

exits() {
	local want=$1
	shift
	run "$@"
	equal "$status" "$want"
}

says() { grep -Eq -- "$1" "$work/said" || { cat "$work/said"; return 1; }; }
complains() { grep -Eq -- "$1" "$work/err" || { cat "$work/err"; return 1; }; }
silent() { [ ! -s "$work/said" ] && [ ! -s "$work/err" ]; }
holds() { grep -q -- "$2" "$1"; }
lacks() { ! grep -q -- "$2" "$1"; }
# What `apply --accept` would take, of the last refusal.
plan_id() { sed -n 's/.* --accept \([0-9a-z]*\).*/\1/p' "$work/err" | head -1; }
