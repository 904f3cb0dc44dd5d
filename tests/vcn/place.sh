#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# place.sh VCN - guests on processors and in huge pages of their host, and what it has not.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
settings=("network: user" "parallel: 2" "ready-timeout: 120")
write_settings "${settings[@]}"
last=$(taskset -pc $$ | sed 's/.*[-,: ]//')
first=$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')
pages=/proc/sys/vm/nr_hugepages
had=$(cat "$pages")
trap 'echo "$had" >"$pages" 2>/dev/null; finish' EXIT

# allowed PID [THREAD] - the processors of a process, or of its threads of that name
allowed() {
	local task
	for task in /proc/"$1"/task/*; do
		grep -q "${2:-}" "$task/comm" || continue
		sed -n 's/^Cpus_allowed_list:\t//p' "$task/status"
	done | sort -u
}

begin_manifest 1
guest vcn001 "" "" "    cpuset: \"$last\""
[ "$first" = "$last" ] || guest vcn002 "" "" "    cpuset: \"$first-$last\""
end_manifest whole
ok "guests on processors of their own" exits 0 vcn apply
ok "one is confined to its only one" equal "$(allowed "$(field vcn001 pid)")" "$last"
if [ "$first" = "$last" ]; then
	skip "each virtual processor of another has one of its own" "this host has one"
else
	ok "the virtual processor of another has one of its own" \
		equal "$(allowed "$(field vcn002 pid)" CPU)" "$first"
	ok "and the rest of it all that it was given" \
		equal "$(allowed "$(field vcn002 pid)" qemu)" "$first-$last"
fi
ok "kill" exits 0 vcn kill --all
begin_manifest 2
guest vcn003 "" "" '    cpuset: "0,1000"'
end_manifest whole
ok "a processor that the host has not starts nothing" exits 5 vcn start vcn003
ok "and why" says "cpuset '0,1000' names processor 1000"
ok "check of this host says it, too" exits 10 vcn check
ok "check of the file does not" exits 0 "$VCN" check "$work/manifest.yaml"

# What the host has not, or only once

mkdir "$work/kept"
truncate -s 1M "$work/kept/a"
ln "$work/kept/a" "$work/kept/b"
write_settings "${settings[@]}" "writable-roots: $work/kept"
begin_manifest 2
guest vcn003 "" "" "    disks: [{name: home, path: $work/kept/a, format: raw}]"
guest vcn004 "" "" "    disks: [{name: home, path: $work/kept/b, format: raw}]"
guest vcn005 "" "" "    disks: [{name: huge, size: 2000000000}]"
guest vcn006 "" "" "    firmware: uefi-secure"
sed -i '/name: "vcn005"/,$s/cpus: 1$/cpus: 1000/' "$work/body.yaml"
end_manifest whole
mkdir "$work/no-firmware"
write_settings "${settings[@]}" "writable-roots: $work/kept" "firmware: $work/no-firmware"
ok "check finds what the host cannot give" exits 10 vcn check
ok "one file by two paths" says "'vcn004': its file '$work/kept/b' is the same one as '$work/kept/a' of VCN 'vcn003'"
ok "a disk larger than the file system" says "disk 'huge' of VCN 'vcn005' has 2000000000 MiB, and the file system"
ok "more processors than there are" says "'vcn005' has 1000 processors, and this host [0-9]+"
ok "Secure Boot without its firmware" says "'vcn006': this host has no UEFI firmware for x86_64 with Secure Boot"
write_settings "${settings[@]}"

begin_manifest 3
guest vcn004 "" "" "    hugepages: true"
end_manifest whole
if echo $((had + 56)) >"$pages" 2>/dev/null && [ "$(cat "$pages")" = $((had + 56)) ] &&
	[ "$(awk '$1 == "Hugepagesize:" { print $2 }' /proc/meminfo)" = 2048 ]; then
	ok "a guest in huge pages" exits 0 vcn apply
	ok "all its memory is there" grep -q "HugetlbPages:.* 98304 kB" \
		"/proc/$(field vcn004 pid)/status"
	ok "kill" exits 0 vcn kill --all
	echo "$had" >"$pages"
else
	skip "a guest in huge pages" "this host gives none"
fi
if [ "$(awk '$1 == "HugePages_Free:" { print $2 }' /proc/meminfo)" -lt 48 ]; then
	ok "where there are too few it does not fit" exits 5 vcn start vcn004
	ok "and it is said" says "it needs 96 MiB of huge pages and [0-9]+ are free"
fi
finish_tests
