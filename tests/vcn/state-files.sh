#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# state-files.sh VCN - every file that vcn keeps, damaged in every way: a message and its
# exit status, never a crash, and never a wait for a pipe that nobody writes. No guest runs.
set -euo pipefail

vcn=$(realpath "${1:?usage: state-files.sh VCN}")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 failed=0

printf '%s: %s\n' accel tcg runtime-dir "$work/run" scratch "$work/scratch" \
	records "$work/lib/boots.jsonl" >"$work/vcn.yaml"
printf 'manifest: 1\nhost: "node01.c.example"\nserial: 5\nvcns: []\n' |
	"$here/trailer.py" >"$work/nobody.yaml"
"$here/trailer.py" >"$work/manifest.yaml" <<-YAML
	manifest: 1
	host: "node01.c.example"
	serial: 5
	vcns:
	  - name: "vcn001"
	    fqdn: "vcn001.c.example"
	    uuid: "00000000-0000-5000-8000-000000000001"
	    enabled: true
	    memory: 96
	    cpus: 1
	    image: {kernel: "/images/vmlinuz"}
	    interfaces: []
YAML
mkdir -p "$work/run/vcn001" "$work/lib"
chmod 755 "$work/run"

# whole FILE - as vcn writes it
whole() {
	case $1 in
	run/vcn001/state.json)
		printf '%s%s\n' '{"name":"vcn001","state":"failed","message":"so it was",' \
			'"memory_mib":96,"taps":["vcn0"],"stages_us":{"spawned":1}}'
		;;
	run/vcn001/console.log*) echo "the console" ;;
	lib/boots.jsonl)
		printf '%s%s\n' '{"name":"vcn001","image":"/i","accel":"tcg",' \
			'"outcome":"ready","load":0.5,"ms":{"ready":5}}'
		;;
	lib/applied) echo "node01.c.example 4" ;;
	run/.qemu.json) echo '{"format":1,"path":"/bin/true"}' ;;
	esac
}

# damage HOW FILE - false where it cannot be had
damage() {
	local file=$work/$2 text
	text=$(whole "$2")
	rm -rf "$file"
	case $1 in
	whole) echo "$text" >"$file" ;;
	empty) : >"$file" ;;
	cut) printf '%s' "${text:0:${#text}/2}" >"$file" ;;
	null) sed -E 's/:("[^"]*"|[0-9.]+)/:null/g' <<<"$text" >"$file" ;;
	types) sed -E 's/:("[^"]*"|[0-9.]+)/:[7]/g' <<<"$text" >"$file" ;;
	huge) sed -E 's/:("[^"]*"|[0-9.]+)/:99999999999999999999999/g' <<<"$text" >"$file" ;;
	other) echo '[null, {"a": 1}]' >"$file" ;;
	deep) printf '{"a":%.0s' {1..5000} >"$file" ;;
	bytes) printf '\0\377\n\0' >"$file" ;;
	fifo) mkfifo "$file" ;;
	folder) mkdir "$file" ;;
	sparse) truncate -s 600M "$file" ;;
	esac
}

# run COMMAND... - its exit status is in $status, what it says in $work/said
run() {
	status=0
	timeout 20 "$vcn" --config "$work/vcn.yaml" --manifest "$work/manifest.yaml" \
		--host node01.c.example "$@" >"$work/said" 2>&1 </dev/null || status=$?
}

# check DESCRIPTION STATUSES PATTERN - of the last run
check() {
	n=$((n + 1))
	if [[ " $2 " == *" $status "* ]] &&
		{ [ -z "$3" ] || grep -qE -- "$3" "$work/said"; }; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1: exit $status"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

readonly state=run/vcn001/state.json records=lib/boots.jsonl applied=lib/applied
for how in whole empty cut null types huge other deep bytes fifo folder sparse; do
	damage "$how" "$state"
	run status
	if [ "$how" = whole ]; then
		check "state, whole" 5 "so it was"
	else
		check "state, $how" 0 "state file of VCN 'vcn001' is damaged"
	fi
	run diff
	check "state, $how: diff" "0 2" ""
	run kill vcn001
	check "state, $how: kill" "0 5 6" ""
	damage whole "$state"

	damage "$how" "$records"
	run boot-times
	case $how in
	whole) check "records, whole" 0 "1 start, 1 ready" ;;
	empty) check "records, empty" 0 "" ;;
	fifo | folder | sparse) check "records, $how" 7 "boots.jsonl: .*cannot be read" ;;
	*) check "records, $how" 0 "no boot record" ;;
	esac
	damage whole "$records"

	damage "$how" "$applied"
	run diff
	case $how in
	whole) check "serial, whole" "0 2" "" ;;
	fifo | folder | sparse | deep) check "serial, $how" 7 "applied serial cannot be read" ;;
	null | types | huge) check "serial, $how" "0 2" "" ;; # it is no JSON: as it was
	*) check "serial, $how" 7 "the last applied serial is lost" ;;
	esac
	damage whole "$applied"

	damage "$how" run/vcn001/console.log
	run log vcn001
	case $how in
	fifo | folder | sparse) check "console, $how" 7 "console log .* cannot be read" ;;
	*) check "console, $how" 0 "" ;;
	esac
	damage whole run/vcn001/console.log

	damage "$how" run/.qemu.json
	run status
	check "QEMU's answers, $how: status" 5 ""
	if command -v qemu-system-x86_64 >/dev/null; then
		run check "$work/nobody.yaml"
		check "QEMU's answers, $how: it is asked again" 0 ""
	fi
	rm -rf "$work/run/.qemu.json"

	for name in lock control; do
		damage "$how" "run/vcn001/$name"
		run status
		check "$name, $how: status" 5 ""
		run stop vcn001
		check "$name, $how: stop" "0 5 6 7" ""
		rm -rf "$work/run/vcn001/${name:?}"
	done
done
echo "1..$n"
exit "$failed"
