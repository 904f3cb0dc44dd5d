#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Shell scripts are shellcheck clean and stop at the first failure; Python compiles.
. "$(dirname "$(realpath "$0")")/lib.sh"
need shellcheck

# One process for all: bash takes the status of one of ten thousand for another's, whose number it had.
mapfile -t scripts < <(files | grep -vE '^tests/(fuzz/corpus|cases(-public)?/.*/expected/)' |
	xargs -r -d '\n' awk 'FNR > 3 { nextfile }
	/^#!.*[^a-z](ba)?sh([^a-z]|$)/ || /^# shellcheck shell=/ { print FILENAME; nextfile }')
[ "${#scripts[@]}" -gt 0 ]
printf '%s\0' "${scripts[@]}" | xargs -0 -n 12 -P "$(nproc)" \
	shellcheck --format=gcc --external-sources --source-path=SCRIPTDIR 2>&1 |
	broken "shellcheck is content"
for script in "${scripts[@]}"; do
	grep -q '^#!.*bash' "$script" || continue
	grep -qE '^(set -[a-z]*u|\. .*lib\.sh)' "$script" || echo "$script"
done | broken "a script says set -u"
files | grep '\.py$' | while IFS= read -r script; do
	python3 - "$script" <<'PYTHON' 2>&1 | tail -n 1
import ast, sys
ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])
PYTHON
done | broken "Python can be read"
finish
