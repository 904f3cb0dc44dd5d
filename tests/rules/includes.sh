#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may include what: the rooms by their table, a foreign library by its one file.
. "$(dirname "$(realpath "$0")")/lib.sh"

# inclusions PATTERN FILES-PATTERN - where a header is included, except in these files
inclusions() {
	files 'src/*' | grep -E '^src/.*\.(c|h|def)$' | grep -Ev "$2" |
		xargs -r -d '\n' grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$1" -- || true
}

inclusions '<(ldap|lber|ldap_schema)[^>]*>' '^src/read/directory' |
	broken "only read/directory*.c knows libldap"
inclusions '<yaml\.h>' '^src/base/document\.c$' |
	broken "only base/document.c knows libyaml"
inclusions '<libmnl/' '^src/vcn/guest/(netlink|nftables)\.c$' |
	broken "only vcn/guest/netlink.c and nftables.c know libmnl"
inclusions '<nftables/' '^src/vcn/guest/ingress\.c$' |
	broken "only vcn/guest/ingress.c knows libnftables"
inclusions '<nettle/sha' '^src/base/trailer\.c$' | broken "only base/trailer.c knows hashes"
inclusions '<nettle/eddsa' '^src/vcn/common/signature\.c$' |
	broken "only vcn/common/signature.c knows signatures"
inclusions '<((sys/)?varargs|sys/malloc|stdio_ext)\.h>' '^$' | broken "headers of the last century"

# The rooms: each inclusion of ours is in the table.
inclusions '"' '^$' | sed -E 's/^([^:]*):([0-9]*):[^"]*"([^"]*)".*/\1 \2 \3/' |
	while read -r file line header; do
		may_use "$(room_of "${file#src/}")" "$header" || echo "$file:$line: $header"
	done | broken "a room includes only what tests/rules/rooms allows it"
files 'src/*' | grep -E '^src/.*\.[ch]$' | while IFS= read -r file; do
	room_is_known "$(room_of "${file#src/}")" || echo "$file"
done | broken "every folder of src/ is a room of tests/rules/rooms"

# Our own headers go by their room, "model/site.h", and each has one guard.
inclusions '"[^/"]*"' '^$' | broken 'our headers are included as "room/name.h"'
for header in $(files 'src/*' | grep '^src/.*\.h$'); do
	[ "$(grep -c '^#pragma once$' "$header")" -eq 1 ] || echo "$header"
done | broken "a header has one #pragma once"

# A module's own header comes first, so that it stands on its own.
for source in $(files 'src/*' | grep '^src/.*\.c$'); do
	header=${source#src/}
	header=${header%.c}.h
	[ -e "src/$header" ] || continue
	first=$(grep -m 1 '^#include' "$source" || true)
	[ "$first" = "#include \"$header\"" ] || echo "$source: $first"
done | broken "a module includes its own header first"
finish
