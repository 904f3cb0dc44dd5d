# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What a script needs that tries ldapcc at the command line and prints TAP: sourced, with
# $LDAPCC set. Settings are in $work/settings.yaml, the site in $work/site.ldif, what is
# published below $work/out. Standard output of the last run is in $work/said, standard error
# in $work/err, its exit status in $status.

# shellcheck source=tests/points.sh
. "$(dirname "${BASH_SOURCE[0]}")/points.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-cli.XXXXXX")
trap finish EXIT
points_log=$work/why
points_shown=("$work/err")
mkdir "$work/out"
: >"$work/err"
export LC_ALL=C.UTF-8
unset NO_COLOR

finish() {
	chmod -R u+w "$work" 2>/dev/null
	rm -rf "$work"
}

equal() {
	[ "$1" = "$2" ] || {
		echo "got '$1', expected '$2'"
		return 1
	}
}

# options_for WORD... - $site: the settings and the site of this test, where these are not among the
# words, or nothing is read
options_for() {
	site=(--config "$work/settings.yaml" --ldif "$work/site.ldif")
	case " $* " in
	*' status '* | *' history '* | *' rollback '* | *' verify '* | *' watch '* | *' --list '* | *' --ldif '*)
		site=(--config "$work/settings.yaml")
		;;
	*' --config '*) site=(--ldif "$work/site.ldif") ;;
	esac
}

# run WORD... - ldapcc with them
run() {
	options_for "$@"
	status=0
	"$LDAPCC" "${site[@]}" "$@" \
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

# For a script whose function site prints LDIF, and whose settings makes $work/settings.yaml:
# entry RDN LINE... - one of the site
entry() {
	local name=${1#cn=}
	printf '%s\n' "dn: $1,dc=x" "cn: ${name%%[,+]*}" "${@:2}" ""
}
# is [SED...] - the site, changed by these expressions
is() {
	local args=(-e '') one
	for one; do args+=(-e "$one"); done
	site | sed "${args[@]}" >"$work/site.ldif"
}
published() { (cd "$work/out" && find . -type f -exec sha256sum {} + | sort); }
# What is published is what $before was.
stands() { equal "$(published)" "$before"; }
# anew [LINE...] - the site published for the first time, with these settings, as $before
anew() {
	rm -rf "$work/state" "$work/out"
	mkdir "$work/out"
	settings "$@"
	is
	run apply
	before=$(published)
	[ "$status" = 0 ] || { sed 's/^/# /' "$work/err"; exit 1; }
}
