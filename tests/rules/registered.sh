#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every test that is there is run: unit tests, suites, fuzz targets and rules are named in
# tests/meson.build.
. "$(dirname "$(realpath "$0")")/lib.sh"

registered() { grep -qE "(^|[^a-z-])'?$1'?([^a-z-]|$)" tests/meson.build; }

files 'tests/*' | sed -n 's,^tests/unit/test-\(.*\)\.c$,\1,p' | while IFS= read -r name; do
	registered "$name" || echo "tests/unit/test-$name.c"
done | broken "every unit test is run"
files 'tests/*' | sed -n 's,^tests/fuzz/fuzz-\(.*\)\.c$,\1,p' | while IFS= read -r name; do
	registered "$name" || echo "tests/fuzz/fuzz-$name.c"
done | broken "every fuzz target is built"
# so that the suites together are all of the tests
sed -e ':a' -e '/,$/{N;s/\n//;ba' -e '}' tests/meson.build | grep -E '^[[:space:]]*test\(' |
	grep -v 'suite:' | cut -c 1-80 | broken "every test is in a suite"
# what is sourced or started by others is no test of its own
files 'tests/*' | grep -E '^tests/(slapd|e2e|vcn|faults|rules|template|bench)/[a-z0-9-]+\.(sh|py)$' |
	while IFS= read -r script; do
		name=$(basename "${script%.*}")
		registered "$name" || registered "[^']*${script#tests/}" && continue
		grep -rqF "$(basename "$script")" tests contrib --include='*.sh' --include='*.py' \
			--include=test --include=quickstart --exclude="$(basename "$script")" ||
			echo "$script"
	done | broken "every suite is run"
finish
