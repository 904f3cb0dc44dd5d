# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by the rules: what the sources of the project have in common, checked. A rule
# prints what breaks it, one line each, and exits with 1 then; with 77 where a tool it needs
# is not installed. RULES_ROOT is another tree to look at, for trying a rule out.

set -eu
shopt -s lastpipe # so that `… | broken` counts here and not in a process of its own
cd "${RULES_ROOT:-$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../..}"
n_broken=0

# broken RULE - what stands on standard input, if anything, breaks the rule
broken() {
	local line n=0
	while IFS= read -r line; do
		[ "$n" -gt 0 ] || echo "broken: $1"
		echo "  $line"
		n=$((n + 1))
	done
	n_broken=$((n_broken + n))
}

need() {
	command -v "$1" >/dev/null || {
		echo "$1 is not installed"
		exit 77
	}
}

# All files of the project, without what git ignores; a tarball has no git.
files() {
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files -co --exclude-standard -- "$@"
	else
		find . -type f -not -path './build*' | sed 's,^\./,,' | sort
	fi | while IFS= read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

c_files() { files 'src/*' 'tests/*' | grep -E '^(src|tests)/.*\.[ch]$' || true; }

# code FILE... - every line as FILE:LINE: text, comments and strings blanked out
code() {
	awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		gsub(/\\./, "", line)
		gsub(/"[^"]*"/, "\"\"", line)
		out = ""
		while (line != "") {
			if (inside) {
				end = index(line, "*/")
				if (end == 0) { line = ""; break }
				line = substr(line, end + 2)
				inside = 0
			}
			start = index(line, "/*")
			if (start == 0) { out = out line; line = ""; break }
			out = out substr(line, 1, start - 1)
			line = substr(line, start + 2)
			inside = 1
		}
		print FILENAME ":" FNR ": " out
	}' "$@"
}

# search PATTERN FILE... - lines of code (no comment, no string) that match
search() {
	local pattern=$1
	shift
	[ $# -eq 0 ] || code "$@" | grep -E -- "$pattern" || true
}

# The rooms of src/ and what they may use (tests/rules/rooms), read once.
# shellcheck disable=SC2034 # for who sources this
declare -A rooms=()
while IFS=: read -r room uses; do
	rooms[$room]=$uses
done < <(grep -v '^#' tests/rules/rooms)

# room_of FILE - the room of a file below src/
room_of() { echo "${1%/*}"; }

room_is_known() { [ -n "${rooms[$1]+known}" ]; }

# may_use ROOM FILE - may this room know that file of src/, by the table?
may_use() {
	local room=$1 file=$2 word
	for word in base "$room" ${rooms[$room]:-}; do
		[ "$word" != "${file%/*}" ] && [ "$word" != "${file%.*}" ] || return 0
	done
	return 1
}

finish() { [ "$n_broken" -eq 0 ]; }
