#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# asking.sh LDAPCC - what people type and read: show by whatever they know of a node, words that
# are nearly right, colours, numbers with their nouns, long lists (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: asking.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
unset LDAPCC_DATADIR

mkdir "$work/templates"
cat >"$work/settings.yaml" <<-YAML
	state: $work/state
	templates: [$work/templates]
	targets:
	  dnsmasq: off
	  dnsmasq-hosts: off
	  dhcpd: off
	  kickstart: off
	  kickstart-repos: off
	  manifest: off
	  hosts: {path: $work/out/hosts}
YAML
entry() {
	printf '%s\n' "dn: cn=$1,$2,dc=c,dc=example" 'objectClass: device' 'objectClass: ipHost' \
		'objectClass: ieee802Device' "cn: $1" "ipHostNumber: $3" "macAddress: $4" ''
}
site() {
	printf '%s\n' 'dn: cn=net,dc=c,dc=example' 'objectClass: vocIPNetwork' 'cn: net' \
		'ipNetworkNumber: 10.1.0.0/16' 'vocDomain: c.example' ''
	entry node1 ou=hosts 10.1.0.1 00:00:5e:00:53:01
	entry node2 ou=hosts 10.1.0.2 00:00:5e:00:53:02
	entry web.a.example ou=hosts 10.1.0.3 00:00:5e:00:53:03
	entry web.b.example ou=hosts 10.1.0.4 00:00:5e:00:53:04
	printf '%s\n' 'dn: cn=ib,ou=hosts,dc=c,dc=example' 'objectClass: device' \
		'objectClass: ipHost' 'objectClass: ieee802Device' 'cn: ib' 'ipHostNumber: 10.1.0.5' \
		'macAddress: 20:00:02:c9:03:00:31:78:f2' ''
}
site >"$work/site.ldif"

# shows NAME WORD…: the node that the words mean
shows() {
	local want=$1
	shift
	run show "$@"
	head -n 1 "$work/said" && [ "$status" = 0 ] && [ "$(head -n 1 "$work/said")" = "$want" ]
}
ok 'show takes an address' shows node2.c.example 10.1.0.2
ok 'a MAC address' shows node1.c.example 00:00:5e:00:53:01
ok 'in any spelling' shows node1.c.example 0000.5E00.5301
ok 'the GUID of an InfiniBand port' shows ib.c.example 0002c903003178f2
ok 'and a name, as before' shows web.a.example web.a.example
ok 'an address that nobody has' exits 64 show 10.1.0.99
ok 'says so' complains "no host or VCN has the address 10.1.0.99 of network 'net'"
ok 'a name that is nearly right' exits 64 show noed2
ok 'has the right one' complains "nothing is called 'noed2', did you mean 'node2'?"
ok 'a full one too' exits 64 show node2.c.exmaple
ok 'is answered in full' complains "did you mean 'node2.c.example'?"
ok 'a short name of two' exits 64 show web
ok 'names both' complains 'note: web\.b\.example'
ok 'nothing to show' exits 64 show
ok 'a target that is nearly right' exits 64 diff hosst
ok 'has the right one' complains "there is no target 'hosst', did you mean 'hosts'?"
ok 'a target that is like none' exits 64 render zzzzzzzz
ok 'has the way to all' complains "'ldapcc render --list' has them all"
ok 'where they are' exits 0 render --list
ok 'with their paths' grep -qE "^hosts +$work/out/hosts\$" "$work/said"

# where a file cannot be
cp "$work/settings.yaml" "$work/settings.kept"
mkdir "$work/out/folder"
sed -i "s,/out/hosts,/out/folder," "$work/settings.yaml"
ok 'a path that is a folder' exits 7 apply
ok 'is no file of somebody else' complains "$work/out/folder: error: a folder is in the way"
cp "$work/settings.kept" "$work/settings.yaml"

ok 'before the first generation there are no names' exits 0 show --list
ok 'none at all' diff /dev/null "$work/said"
ok 'diff begins with a summary' exits 2 diff
ok 'in plain text' equal "$(head -n 1 "$work/said")" 'nodes +5; shared records +1; files +1'
ok 'without a colour anywhere' lacks "$work/said" $'\033'
ok 'in colour where that is asked for' exits 2 --color=always diff
ok 'the summary' grep -q $'^\033\\[1mnodes +5' "$work/said"
ok 'and lines that come' grep -q $'^\033\\[32m+10.1.0.1 node1.c.example' "$work/said"
NO_COLOR=1 run --color=auto diff
ok 'never where nobody wants it' lacks "$work/said" $'\033'

ok 'a generation' exits 0 apply
ok 'has names' exits 0 show --list
ok 'which are listed' equal "$(head -n 2 "$work/said" | paste -sd' ')" 'ib.c.example node1.c.example'
mv "$work/site.ldif" "$work/elsewhere"
ok 'without asking the directory' exits 0 show --list
mv "$work/elsewhere" "$work/site.ldif"

{
	site | head -n 6
	entry node1 ou=hosts 10.1.0.1 00:00:5e:00:53:01
} >"$work/site.ldif"
ok 'one of each' exits 0 check
ok 'is one of each' equal "$(cat "$work/said")" '2 entries: 1 host, 0 VCNs, 1 network'

# a warning for each of 250 hosts, and one address for 30 others
{
	site | head -n 6
	for i in $(seq 250); do
		printf '%s\n' "dn: cn=dns$i,ou=hosts,dc=c,dc=example" 'objectClass: device' \
			'objectClass: ipHost' "cn: dns$i" "ipHostNumber: 10.1.1.$i" ''
	done
	for i in $(seq 30); do
		entry "same$i" ou=hosts 10.1.2.1 "00:00:5e:00:54:$(printf %02x "$i")"
	done
} >"$work/site.ldif"
count() { grep -cF -e "$1" "$work/err"; }
ok 'many findings' exits 10 check
ok 'away from a terminal are all there' equal "$(count '[no-mac]')" 250
ok 'of a long one 20 notes' equal "$(count 'note: ')" 20
ok 'then a count, and the way to all' complains 'and 9 more notes: --verbose prints all'
ok 'which prints all' exits 10 --verbose check
ok 'indeed' equal "$(count 'note: ')" 29
ok 'as an object has them anyhow' exits 10 --json check
ok 'all of them' equal "$(grep -o ' used here"' "$work/said" | wc -l)" 29
end_points
