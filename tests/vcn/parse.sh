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
cp manifest-ok-disabled.yaml "$folder/1.yaml"
sed 's/node01/node02/' manifest-ok-disabled.yaml >"$folder/2.yaml"
folder 0 "files of one path on two hosts, which may be two files"
n=$((n + 1))
if [ "$("$vcn" check "$folder" 2>&1 | grep -c "2.yaml:6:5: warning: VCN 'a' writes to '/.*/[ad].raw'")" = 2 ]; then
	echo "ok $n - and each is told"
else
	echo "not ok $n - and each is told"
	failed=1
fi
rm "$folder/"*
folder 0 "an empty folder"

# What a server that was broken into may serve.
# hostile NAME STATUS DESCRIPTION - of $folder/NAME, within a minute and 1 GiB
hostile() {
	local status=0
	n=$((n + 1))
	(
		[[ $(ldd "$vcn") == *asan* ]] || ulimit -v 1048576
		exec timeout 60 "$vcn" check "$folder/$1"
	) >"$folder/said" 2>&1 || status=$?
	if [ "$status" = "$2" ] && [ "$(wc -c <"$folder/said")" -lt 100000 ]; then
		echo "ok $n - $3"
	else
		echo "not ok $n - $3: exit $status, $(head -c 300 "$folder/said")"
		failed=1
	fi
}
# entry NAME PATH - a manifest of one VCN
entry() {
	printf 'manifest: 1\nhost: n.example\nserial: 1\nvcns:\n'
	printf '  - {name: "%s", fqdn: v.example, memory: 1, cpus: 1,\n' "$1"
	printf '    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-000000000001,\n'
	printf '    image: {path: "%s", format: raw}, interfaces: []}\n' "$2"
}
entry v /images/a >"$folder/plain"
hostile plain 0 "an entry that is none of these"
truncate -s 600M "$folder/sparse"
hostile sparse 7 "600 MB of nothing"
head -c 1000000 /dev/zero | tr '\0' '[' >"$folder/deep"
hostile deep 10 "a million brackets"
entry v "/images/$(head -c 1000000 /dev/zero | tr '\0' a)" >"$folder/path"
hostile path 10 "a path of a megabyte"
entry "$(head -c 1000000 /dev/zero | tr '\0' a)" /images/a >"$folder/name"
hostile name 10 "a name of a megabyte"
entry v /images/../etc/shadow >"$folder/dots"
hostile dots 10 "a path that climbs"
entry v "/images/$(printf '\033')[31m" >"$folder/escape"
hostile escape 10 "an escape sequence"
entry ../../etc /images/a >"$folder/climb"
hostile climb 10 "a name that climbs"
{
	echo 'a: &a [x, x, x, x, x, x, x, x, x]'
	for i in b c d e f g h i; do echo "$i: &$i [*a, *a, *a, *a, *a, *a, *a, *a, *a]"; done
} >"$folder/laughs"
hostile laughs 10 "a billion laughs"
printf 'manifest: 1\nhost: n.example\nserial: 1\nvcns: [%s]\n' \
	"$(head -c 200000 /dev/zero | sed 's/\x00/{},/g')" >"$folder/many"
hostile many 10 "two hundred thousand empty entries"
ln -s /proc/self/mem "$folder/link"
hostile link 7 "a link to what is no file"

# settings LINE PLACE - vcn.yaml of this line is refused, there
settings() {
	local status=0
	n=$((n + 1))
	printf '%s\n' "$1" >"$folder/vcn.yaml"
	"$vcn" --config "$folder/vcn.yaml" --host n.example --runtime-dir "$folder/run" \
		--manifest "$folder/plain" status >"$folder/said" 2>&1 || status=$?
	if [ "$status" = 64 ] && grep -q "/vcn.yaml:$2: error: " "$folder/said"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1: exit $status, $(head -c 300 "$folder/said")"
		failed=1
	fi
}
settings 'bridge-map:' 1:12
settings 'bridge-map: {br0: }' 1:19
settings 'bridge-map: {br0: ""}' 1:19
settings 'bridge-map: {"": vmbr0}' 1:14
settings 'bridge-map: {br0: a/b}' 1:19
settings 'bridge-map: {br0: sixteen-letters0}' 1:19
settings 'bridge-map: {br0: a, br0: b}' 1:22
settings 'bridges: ""' 1:10
settings 'bridges: [br0, ""]' 1:16
for key in qemu qemu-aarch64 firmware qemu-roots accel network passt filter bridges image-roots \
	writable-roots credential-roots manifest-key scratch scratch-limit uid-range memory-reserve \
	parallel stop-timeout ready-timeout fence fence-timeout runtime-dir records; do
	settings "$key:" "1:$((${#key} + 2))"
	settings "$key: ~" "1:$((${#key} + 3))"
	settings "$key: {}" "1:$((${#key} + 3))"
	settings "$key: {a: b}" "1:$((${#key} + 3))"
done
rm -r "$folder"
folder 7 "no folder"
echo "1..$n"
exit $failed
