#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# No blank at the end of a line, no carriage return, a newline at the end of a file.
. "$(dirname "$(realpath "$0")")/lib.sh"

# What tests give to a program may look as it likes.
mapfile -t texts < <(files | grep -vE \
	'^schema/ldapcc\.ldif$|^tests/(cases(-public)?/.*/(expected/.*|stdout|stderr|input\.ldif)|checks/.*|parse/.*|fuzz/corpus.*|mustache/.*|vcn/argv/.*)' |
	xargs -r -d '\n' grep -IlE '' --)
{ grep -nHE '[[:blank:]]+$' -- "${texts[@]}" || true; } | broken "no blank at the end of a line"
{ grep -nH $'\r' -- "${texts[@]}" || true; } | broken "no carriage return"
for file in "${texts[@]}"; do
	[ -z "$(tail -c 1 "$file")" ] || echo "$file"
done | broken "a file ends with a newline"
for file in "${texts[@]}"; do
	[ "$(tail -c 2 "$file" | od -An -c | tr -d ' ')" != '\n\n' ] || echo "$file"
done | broken "a file ends with one newline"
mapfile -t sources < <(c_files)
{ grep -nHE '^ +[^ *]' -- "${sources[@]}" || true; } | broken "C is indented with tabs"
finish
