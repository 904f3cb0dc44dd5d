#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# man-pages.sh LDAPCC [VCN] - what can be said to a program stands in its man page: commands,
# options, settings, the fields of maps and of templates, attributes of the schema.
ldapcc=$(realpath "${1:?usage: man-pages.sh LDAPCC [VCN]}")
vcn=${2:+$(realpath "$2")}
. "$(dirname "$(realpath "$0")")/lib.sh"

# words PAGE - a page's words, unescaped
words() { sed 's/\\\(.\)/\1/g' "$1" | tr -c 'A-Za-z0-9_-' '\n' | sort -u; }

# options PROGRAM, commands PROGRAM
options() { "$1" --help | sed -nE 's/^  (   |-[a-z],) (--[a-z-]+).*/\2/p' | sort -u; }
commands() { "$1" --help | sed -n '/^Options:/q; s/^  \([a-z-]*\) .*/\1/p' | sort -u; }

# told PAGE WHAT - every word of standard input is in the page
told() {
	if [ -e "$1" ]; then
		comm -23 - <(words "$1")
	else
		echo "$1 is missing"
	fi | broken "$1 tells $2"
}

options "$ldapcc" | told man/ldapcc.8.scd "every option"
commands "$ldapcc" | told man/ldapcc.8.scd "every command"
if [ -n "$vcn" ]; then
	options "$vcn" | told man/vcn.8.scd "every option"
	commands "$vcn" | told man/vcn.8.scd "every command"
	grep -oE '\{"[a-z][a-z-]*", ?read' src/vcn/common/launch_settings.c | cut -d'"' -f2 | sort -u |
		told man/vcn.yaml.5.scd "every setting"
	grep -hoE '\{"[a-z][a-z_-]*", ?(read|value)' src/vcn/common/manifest*.c | cut -d'"' -f2 | sort -u |
		told man/vcn-manifest.5.scd "every key"
fi
grep -oE '\{"[a-z][a-z-]*", ?read' src/config/settings.c | cut -d'"' -f2 | sort -u |
	told man/ldapcc.yaml.5.scd "every setting"
sed -n 's/^FIELD([A-Z0-9_]*, "\([a-z0-9_]*\)".*/\1/p' src/config/attributes.def | sort -u |
	told man/ldapcc-map.5.scd "every field"
grep -hoE '\{"[a-z][a-z-]*", ?(read|MATCH)' src/config/map_read.c | cut -d'"' -f2 | sort -u |
	told man/ldapcc-map.5.scd "every key of a map"
{
	grep -hoE '[A-Z]+\("[a-z][a-z0-9_]*",|\{"[a-z][a-z0-9_]*", VALUE' src/render/fields*.c
	sed '/uses_of(/,$d' src/model/use.c | tr -d '\n\t' | grep -oE '"[a-z][a-z0-9_]*", ?("|NULL)'
} | cut -d'"' -f2 | sort -u | told man/ldapcc-templates.5.scd "every name"
grep -oE '\{"[a-z][a-z-]*", read' src/render/target.c | cut -d'"' -f2 | sort -u |
	told man/ldapcc-templates.5.scd "every key of the front matter"
grep -oE "NAME '[A-Za-z0-9]+'" schema/ldapcc.schema | cut -d"'" -f2 | sort -u |
	told man/ldapcc-schema.5.scd "every attribute and class"
# a target is a template with front matter that has a path; others are partials
grep -l '^path:' templates/* | sed 's,.*/,,' | told man/ldapcc.yaml.5.scd "every shipped target"
sed -n 's/^\tEXIT_[A-Z]* = \([0-9]*\).*/\1/p' src/base/diag.h | while IFS= read -r code; do
	grep -qE "^\*$code\*" man/ldapcc.8.scd man/vcn.8.scd || echo "$code"
done | broken "the man pages tell every exit status"

# The schema's two forms say the same.
diff <(grep -oE "NAME '[A-Za-z0-9]+'" schema/ldapcc.schema | sort) \
	<(sed -e ':a;N;$!ba;s/\n //g' schema/ldapcc.ldif | grep -oE "NAME '[A-Za-z0-9]+'" | sort) |
	grep '^[<>]' | broken "ldapcc.schema and ldapcc.ldif have the same names"
comm -23 <(grep -oE '\bvoc[A-Za-z0-9]+' schema/maps/ldapcc.yaml | sort -u) \
	<(grep -oE "NAME '[A-Za-z0-9]+'" schema/ldapcc.schema | cut -d"'" -f2 | sort -u) |
	broken "the map ldapcc names only what the schema has"

# Pages that nobody can read are none.
if command -v scdoc >/dev/null; then
	for page in man/*.scd; do
		scdoc <"$page" 2>&1 >/dev/null | sed "s,^,$page: ," || true
	done | broken "scdoc takes every page"
fi
finish
