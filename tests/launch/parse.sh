#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# parse.sh VCN [--bless] - every tests/parse/manifest-*.yaml against its .expect: what
# `vcn check` prints, and its exit status. A new case is a new file.
set -euo pipefail

vcn=$(realpath "${1:?usage: parse.sh VCN [--bless]}")
readonly vcn
readonly bless=${2:-}
cd "$(dirname "$0")/../parse"

check() {
	local status=0
	"$vcn" check "$1" 2>&1 || status=$?
	echo "exit $status"
}

n=0 failed=0
for file in manifest-*.yaml; do
	n=$((n + 1))
	expect=${file%.yaml}.expect
	if [ "$bless" = --bless ]; then
		check "$file" >"$expect"
	fi
	if difference=$(diff -u "$expect" <(check "$file") 2>&1); then
		echo "ok $n - $file"
	else
		echo "not ok $n - $file"
		while IFS= read -r line; do echo "# $line"; done <<<"$difference"
		failed=1
	fi
done

# A folder is all manifests in it, hidden files aside.
n=$((n + 1))
if "$vcn" check . 2>/dev/null; then
	echo "not ok $n - a folder with bad manifests"
	failed=1
else
	echo "ok $n - a folder with bad manifests"
fi
echo "1..$n"
exit $failed
