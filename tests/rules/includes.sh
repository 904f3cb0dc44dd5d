#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may include what: folders are link boundaries, a foreign library has one module.
. "$(dirname "$(realpath "$0")")/lib.sh"

# inclusions PATTERN FILES-PATTERN - where a header is included, except in these files
inclusions() {
	files 'src/*' | grep -E '^src/.*\.[ch]$' | grep -Ev "$2" |
		xargs -r -d '\n' grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$1" -- || true
}

inclusions '<(ldap|lber|ldap_schema)[^>]*>' '^src/compile/directory' |
	broken "only compile/directory*.c knows libldap"
inclusions '<yaml\.h>' '^src/base/document\.c$' |
	broken "only base/document.c knows libyaml"
inclusions '<libmnl/' '^src/launch/link\.c$' | broken "only launch/link.c knows libmnl"
inclusions '<nettle/sha' '^src/base/trailer\.c$' | broken "only base/trailer.c knows hashes"
inclusions '["<](compile|launch)/' '^src/(compile|launch)/' |
	broken "base includes nothing above it"
inclusions '["<]launch/' '^src/(base|launch)/' | broken "compile includes nothing of launch"
inclusions '["<]compile/' '^src/(base|compile)/' | broken "launch includes nothing of compile"
inclusions '<[a-z]+/?(stdio_ext|malloc|varargs)\.h>' '^$' | broken "headers of the last century"

# Our own headers go by their folder, "compile/model.h", and each has one guard.
inclusions '"[^/"]*"' '^$' | broken 'our headers are included as "folder/name.h"'
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
