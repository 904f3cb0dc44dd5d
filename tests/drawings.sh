#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawings.sh LDAPCC [VCN] - `ldapcc graph`, as dot reads it, and `vcn boot-times --plot` (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: drawings.sh LDAPCC [VCN]}")
readonly LDAPCC
vcn=${2:+$(realpath "$2")}
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
root=$(dirname "$(dirname "$(realpath "$0")")")
unset LDAPCC_DATADIR
: >"$work/settings.yaml"

# a name that wants to end its quotes
sed 's/^vocVirtualOrganization: nanobio$/vocVirtualOrganization: nano-bio/' \
	"$root/contrib/example/cluster.ldif" >"$work/site.ldif"
ok 'graph' exits 0 graph
cp "$work/said" "$work/site.dot"
ok 'a host has its VCNs in a frame' holds "$work/site.dot" 'subgraph "cluster node03.c.example"'
ok 'and a line to its network' holds "$work/site.dot" '"network management" -- "node03.c.example"'
ok 'to each of its networks, of every address' holds "$work/site.dot" '"network services" -- "head.c.example"'
ok 'it says what is free' holds "$work/site.dot" '^1024 of 3072 MiB free";$'
# colours NUMBER VO - its VCNs have one, and it is not white
colours() { equal "$(sed -n "s/.*tooltip=\"$2\", style=filled, fillcolor=\(.0[^ ]* 0.2 1.0.\)\].*/\1/p" "$work/site.dot" | sort | uniq -c | sed 's/^ *//; s/ .*//')" "$1"; }
ok 'the VCNs of a virtual organization have one colour' colours 16 engage
ok 'those of another have theirs' colours 16 nano-bio
ok 'which is another' equal "$(grep -o 'fillcolor="0[^ ]* 0.2 1.0"' "$work/site.dot" | sort -u | wc -l)" 2
if command -v dot >/dev/null; then
	ok 'dot reads it' dot -Tplain "$work/site.dot" -o "$work/plain"
	ok 'and sees every node' equal "$(grep -c '^node ' "$work/plain")" 53
	ok 'and every line' equal "$(grep -c '^edge ' "$work/plain")" 53
else
	for point in 'dot reads it' 'nodes' 'lines'; do skip "$point" 'dot is not installed'; done
fi

if [ -n "$vcn" ]; then
	for i in 1 2 3 4; do
		printf '{"started_at":%d,"name":"vcn00%d","image":"/images/<a>&b.qcow2","accel":"kvm",' \
			$((1795000000 + i)) "$i"
		printf '"memory_mib":64,"cpus":1,"concurrency":1,"load":0.5,"outcome":"ready",'
		printf '"ms":{"qmp":%d,"ready":%d}}\n' $((40 + i)) $((2000 + 100 * i))
	done >"$work/records"
	echo "records: $work/records" >"$work/vcn.yaml"
	"$vcn" --config "$work/vcn.yaml" boot-times >"$work/table" 2>"$work/err"
	"$vcn" --config "$work/vcn.yaml" boot-times --plot >"$work/plot.svg" 2>>"$work/err"
	reads() {
		python3 - "$work/plot.svg" <<-'PYTHON'
			import sys, xml.etree.ElementTree as tree
			svg = tree.parse(sys.argv[1]).getroot()
			name = "{http://www.w3.org/2000/svg}"
			texts = [text.text for text in svg.iter(name + "text")]
			assert "/images/<a>&b.qcow2, kvm, n = 4" in texts, texts
			bars = [float(bar.get("width")) for bar in svg.iter(name + "rect")]
			assert len(bars) == 2 and bars[1] > 20 * bars[0], bars
			assert "2.25 s" in texts, texts
			style = svg.find(name + "style").text
			assert style.count("svg { background:") == 2, "dark text needs dark paper"
		PYTHON
	}
	ok 'the table has these boots' holds "$work/table" '4 starts, 4 ready'
	ok 'the picture is SVG, with a bar for each stage, in proportion' reads
fi
end_points
