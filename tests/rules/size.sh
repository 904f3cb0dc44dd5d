#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Functions of more than 80 lines and files of more than 900 are two.
. "$(dirname "$(realpath "$0")")/lib.sh"

mapfile -t sources < <(c_files)
for file in "${sources[@]}"; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 900 ] || echo "$file: $lines lines"
done | broken "a file has at most 900 lines"
for file in "${sources[@]}"; do
	awk -v file="$file" '
	/^\{/ { start = NR; name = last; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\}/ {
		if (start && NR - start + 1 > 80)
			print file ":" start ": " name "() has " NR - start + 1 " lines"
		start = 0
	}
	/^[a-z].*\(/ { last = $0 }' "$file"
done | broken "a function has at most 80 lines"
for file in $(printf '%s\n' "${sources[@]}" | grep '/main\.c$'); do
	awk -v file="$file" '
	/^int main\(/ { start = NR }
	/^\}/ { if (start && NR - start > 50) print file ": main() has " NR - start " lines"; start = 0 }
	' "$file"
done | broken "main() is short"
finish
