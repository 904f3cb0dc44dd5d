#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Calls that no file may make, habits of C that we have not, and what is to be done later.
. "$(dirname "$(realpath "$0")")/lib.sh"

mapfile -t sources < <(c_files)
calls='system|popen|strcpy|stpcpy|strcat|sprintf|vsprintf|atoi|atol|atoll|atof|strtok|strtok_r'
calls+='|gets|tmpnam|tempnam|mktemp|alloca|scanf|sscanf|fscanf|inet_aton|inet_addr|inet_ntoa'
calls+='|ether_aton|gethostbyname|asctime|ctime|localtime|rand|srand|longjmp|sleep|usleep'
search "(^|[^_.>[:alnum:]])($calls)[[:space:]]*\\(" "${sources[@]}" | broken "calls that are not made"
search '(^|[^_[:alnum:]])goto[[:space:]]' "${sources[@]}" | broken "no goto: scopes clean up"
search '(^|[[:space:];])typedef[[:space:]]+(struct|union|enum)' "${sources[@]}" |
	broken "no typedef struct"
search '(struct|enum|union)[[:space:]]+[a-z_]+_[ts][[:space:]]*\{' "${sources[@]}" |
	broken "no name in _t or _s"
search '//' "${sources[@]}" | broken "comments are /* … */"
files 'src/*' 'tests/*' | grep -E '(^|/)utils?\.[ch]$' | broken "there is no util.c"

# In all text files, also in comments and strings. The pattern must not find itself.
files | grep -vE '^(tests/fuzz/corpus|COPYING|tests/cases(-public)?/.*/expected/)' | grep -v '^tests/rules/words\.sh$' |
	xargs -r -d '\n' grep -nIE '\b(TODO|FIXME|XXX)\b|/work/|\bfor now\b' -- |
	broken "what is to be done later is done now"

# The first line of a source, or the second behind #!, says its licence.
files 'src/*' 'tests/*' 'contrib/*' '.ci/*' |
	grep -vE '^tests/cases(-public)?/.*/expected/' |
	grep -E '\.(c|h|def|sh|py)$|^contrib/(test|quickstart|package)$|^\.ci/run$' |
	while IFS= read -r file; do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
	done | broken "a source begins with its licence"
finish
