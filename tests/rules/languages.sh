#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A language of template/language.c is told in ldapcc-templates(5), and has a case in which
# people try to inject something into it.
. "$(dirname "$(realpath "$0")")/lib.sh"

readonly page=man/ldapcc-templates.5.scd
mapfile -t languages < <(sed -n 's/^	{"\([a-z]*\)", .*/\1/p' src/template/language.c)
[ "${#languages[@]}" -gt 5 ] || echo "${#languages[@]} languages" | broken "the table can be read"

for language in "${languages[@]}"; do
	grep -q "^\*language\*:.*\*$language\*" "$page" || echo "$language"
done | broken "every language is told in $page at *language*"
# a row of the table begins with its languages: |  json, yaml
for language in "${languages[@]}"; do
	grep -qE "^\|  ([a-z]+, )*$language(, [a-z]+)*\$" "$page" || echo "$language"
done | broken "every language has a row in the table of $page"
for language in "${languages[@]}"; do
	files 'tests/cases/*' | grep -qE "^tests/cases/[0-9]+-injection-$language/settings\.yaml$" ||
		echo "$language"
done | broken "every language has a case tests/cases/NN-injection-LANGUAGE"
finish
