#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# No two files below src/ have one base name, main.c aside: a name says one duty, and who
# looks for it finds one place. A module's header is not a second place.
. "$(dirname "$(realpath "$0")")/lib.sh"

# The place of a module is its path without ending; the base name is what stands last in it.
files 'src/*' | grep -E '^src/.*\.(c|h|def)$' | grep -v '/main\.c$' |
	sed -E 's/\.(c|h|def)$//' | sort -u |
	awk -F/ '
	{ places[$NF] = places[$NF] " " $0; n[$NF]++ }
	END { for (name in n) if (n[name] > 1) print name ":" places[name] }' |
	sort | broken "no two files below src/ have one name"
finish
