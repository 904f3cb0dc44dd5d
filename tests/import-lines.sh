# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For tests of `ldapcc import`, which source it with the program as $1.

LDAPCC=$(realpath "${1:?usage: $(basename "$0") LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
root=$(dirname "$(dirname "$(realpath "$0")")")
export LDAPCC_DATADIR=$root
cd "$work" || exit 1
: >settings.yaml

# imported WORD... - the files of this test as a site; what was said of it is in $work/err
imported() {
	"$LDAPCC" import "$@" >"$work/site.ldif" 2>"$work/err"
}

# has ENTRY LINE... - the lines are among those of the entry
has() {
	local entry=$1 line
	shift
	awk -v RS= -v ORS='\n\n' -v dn="dn: cn=$entry," 'index($0 "\n", dn) == 1' "$work/site.ldif" >"$work/entry"
	for line; do
		grep -Fxq -- "$line" "$work/entry" || { echo "no '$line'"; cat "$work/entry"; return 1; }
	done
}
has_not() { ! has "$@" >/dev/null; }
