#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# symbols.sh LIBRARY… - who calls whom: the rooms' libraries, by their symbols
#
# A static library that calls into a later one links without a word, and a prototype written
# by hand needs no include. So every symbol that an object wants is looked up where it is
# defined, and the two rooms are held against tests/rules/rooms.
[ $# -gt 0 ] || {
	echo "usage: symbols.sh LIBRARY…"
	exit 64
}
mapfile -t libraries < <(realpath -- "$@") # lib.sh changes the folder
. "$(dirname "$(realpath "$0")")/lib.sh"
need nm

# OBJECT SYMBOL TYPE, of "…/libbase.a.p/base_mem.c.o]: mem_zero T …"
symbols() {
	nm -A -P -g "${libraries[@]}" | sed -nE 's,^.*/([a-z_-]+\.c)\.o\]?: ([^ ]+) ([A-Za-z]).*,\1 \2 \3,p'
}

# Objects are named after their source, with '_' for '/': vcn_guest_qmp.c.
declare -A source=() program=() defined=()
while IFS= read -r file; do
	file=${file#src/}
	object=${file//\//_}
	source[$object]=$file
	case $file in
	base/*) program[$object]=base ;;
	vcn/*) program[$object]=vcn ;; # never linked with the other: one name may be two things
	*) program[$object]=ldapcc ;;
	esac
done < <(files 'src/*' | grep '\.c$')

listing=$(symbols)
while read -r object symbol type; do
	[ "$type" = U ] || defined[${program[$object]} $symbol]=${source[$object]}
done <<<"$listing"
[ "${#defined[@]}" -gt 100 ] || echo "${#defined[@]} symbols" | broken "nm reads the libraries"
while read -r object symbol type; do
	[ "$type" = U ] || continue
	to=${defined[${program[$object]} $symbol]-${defined[base $symbol]-}}
	# the base, which is in both programs, may know neither
	[ -n "$to" ] || [ "${program[$object]}" != base ] ||
		to=${defined[ldapcc $symbol]-${defined[vcn $symbol]-}}
	[ -n "$to" ] || continue
	may_use "${source[$object]%/*}" "$to" || echo "${source[$object]} calls $symbol() of $to"
done <<<"$listing" | sort -u | broken "a room calls only what tests/rules/rooms allows it"
finish
