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

# A folder is all manifests in it, hidden files and others aside.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp manifest-ok-empty.yaml "$folder/good.yaml"
cp manifest-vlan.yaml "$folder/.hidden.yaml"
cp manifest-vlan.yaml "$folder/other.txt"
# folder STATUS DESCRIPTION
folder() {
	local status=0
	n=$((n + 1))
	"$vcn" check "$folder" >/dev/null 2>&1 || status=$?
	if [ "$status" = "$1" ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2: exit $status"
		failed=1
	fi
}
folder 0 "a folder with a good manifest and what is none"
cp manifest-vlan.yaml "$folder/zz.yaml"
folder 10 "a folder with a bad one"
rm "$folder/"*
folder 0 "an empty folder"
rm -r "$folder"
folder 7 "no folder"
echo "1..$n"
exit $failed
