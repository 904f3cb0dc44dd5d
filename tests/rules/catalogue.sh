#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every check has its entry in ldapcc-checks(7), below its severity, and every identifier
# that the program prints is told there.
. "$(dirname "$(realpath "$0")")/lib.sh"

readonly page=man/ldapcc-checks.7.scd
catalogue() { sed -n "s/^CHECK([A-Z0-9_]*, \"\\([a-z-]*\\)\", $1,.*/\\1/p" src/config/checks.def | sort; }
# the headings of a section: *id*, or *id*, *id*
entries() {
	awk -v section="# $1" '/^# / { inside = $0 == section } inside && /^\*/' "$page" |
		grep -o '\*[a-z-]*\*' | tr -d '*' | sort
}

[ -n "$(catalogue ERROR)" ] && [ -n "$(catalogue WARNING)" ]
comm -23 <(catalogue ERROR) <(entries ERRORS) | broken "every error is in $page, below ERRORS"
comm -23 <(catalogue WARNING) <(entries WARNINGS) |
	broken "every warning is in $page, below WARNINGS"
comm -13 <(catalogue ERROR) <(entries ERRORS) | broken "$page has no error that is none"
comm -13 <(catalogue WARNING) <(entries WARNINGS) | broken "$page has no warning that is none"

# An entry: what it means, an example that ends with the identifier, what to do.
for id in $(catalogue '[A-Z]*'); do
	awk -v id="*$id*" '
	$0 == id { inside = 1; next }
	inside && /^[*#]/ { inside = 0 }
	inside' "$page" | grep -qF "\\[$id\\]" || echo "$id"
done | broken "an entry shows an example"

# Identifiers that stand in the code as text are findings too.
{
	cat src/{base,config,read,model,template,render,generation,change,publish,ldapcc}/*.c | tr -d '\n\t' | grep -oE 'diag_add\([^,"]*, ?SEVERITY_[A-Z]*, ?"[a-z-]+"' ||
		true
	grep -hoE '"template-[a-z-]+"' src/template/*.c || true
} | grep -oE '"[a-z-]+"' | tr -d '"' | sort -u |
	comm -23 - <({ entries "OTHER IDENTIFIERS"; catalogue '[A-Z]*'; } | sort) |
	broken "every identifier is told in $page"
finish
