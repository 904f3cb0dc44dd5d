#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Functions of more than 50 lines (60 in tests) and files of more than 900 are two.
. "$(dirname "$(realpath "$0")")/lib.sh"

mapfile -t sources < <(c_files)
for file in "${sources[@]}"; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 900 ] || echo "$file: $lines lines"
done | broken "a file has at most 900 lines"
for file in "${sources[@]}"; do
	limit=60
	[[ $file != src/* ]] || limit=50
	awk -v file="$file" -v limit="$limit" '
	/^\{/ { start = NR; name = last; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\}/ {
		if (start && NR - start + 1 > limit)
			print file ":" start ": " name "() has " NR - start + 1 " lines"
		start = 0
	}
	/^[a-z].*\(/ { last = $0 }' "$file"
done | broken "a function has at most 50 lines, 60 in tests"
for file in $(printf '%s\n' "${sources[@]}" | grep '/main\.c$'); do
	awk -v file="$file" '
	/^int main\(/ { start = NR }
	/^\}/ { if (start && NR - start > 50) print file ": main() has " NR - start " lines"; start = 0 }
	' "$file"
done | broken "main() is short"
finish
