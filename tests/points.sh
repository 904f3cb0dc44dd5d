# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Test points in TAP, for a script that sources this and then sets $points_log: a file of its own
# that takes what the command of a point says. It is shown where the point fails, and so are
# the files of $points_shown.

n_tests=0
n_failed=0
points_shown=()

# report STATUS DESCRIPTION [FILE…]: one point; the files are shown where the status is not 0
report() {
	local description=$2 file
	n_tests=$((n_tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n_tests - $description"
		return
	fi
	n_failed=$((n_failed + 1))
	echo "not ok $n_tests - $description"
	for file in "${@:3}"; do
		[ ! -e "$file" ] || tail -n 40 "$file" | sed "s/^/# ${file##*\/}: /"
	done
}

# ok DESCRIPTION COMMAND…: does the command succeed? Not in a subshell: what it sets stays.
ok() {
	local description=$1 ended=0
	shift
	# shellcheck disable=SC2154 # the script has set it
	"$@" >"$points_log" 2>&1 || ended=$?
	[ "$ended" -eq 0 ] || echo "status $ended of: $*" >>"$points_log"
	report "$ended" "$description" "$points_log" "${points_shown[@]}"
}

skip() {
	n_tests=$((n_tests + 1))
	echo "ok $n_tests - $1 # SKIP $2"
}

# For a script that cannot run here: tap.sh makes of it what meson takes for skipped.
skip_all() {
	echo "1..0 # SKIP $*"
	exit 77
}

# need PROGRAM…: for what cannot do without them
need() {
	local program
	for program in "$@"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null ||
			skip_all "$program is not installed"
	done
}
# needs_module NAME: of python3, for what cannot do without it
needs_module() { python3 -c "import $1" 2>/dev/null || skip_all "python3 has no module '$1'"; }

# The script's last command: the plan, and whether all succeeded.
end_points() {
	echo "1..$n_tests"
	[ "$n_failed" -eq 0 ]
}
