#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# show.sh LDAPCC - `show` of every kind of record, by every name that it may be called by; what
# is ambiguous is told; who changed an entry last, and when, where the input says so, as text and
# as JSON. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: show.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"

cat "$(dirname "$0")/../contrib/example/cluster.ldif" - >"$work/site.ldif" <<-LDIF

	dn: cn=engage,ou=networks,dc=c,dc=example
	objectClass: vocIPNetwork
	cn: engage
	ipNetworkNumber: 10.30.0.0/16

	dn: cn=rack1,dc=c,dc=example
	objectClass: groupOfNames
	cn: rack1
	member: cn=node01,ou=hosts,dc=c,dc=example
	member: cn=node02,ou=hosts,dc=c,dc=example

	dn: cn=signed,ou=hosts,dc=c,dc=example
	objectClass: device
	objectClass: ipHost
	cn: signed
	ipHostNumber: 10.10.0.99
	modifiersName: uid=bob,ou=people,dc=c,dc=example
	modifyTimestamp: 20261126104207Z

	dn: cn=manynames,ou=hosts,dc=c,dc=example
	objectClass: device
	objectClass: ipHost
	objectClass: vocPhysicalNode
	cn: manynames
	cn: bare
	vocAlias: added
	ipHostNumber: 10.10.0.98
LDIF
printf 'targets: [dnsmasq-hosts]\n' >"$work/settings.yaml"

# shown WORD PATTERN...: it is shown, and every pattern matches a line
shown() {
	local word=$1 pattern
	shift
	exits 0 show "$word" || return 1
	for pattern in "$@"; do
		says "$pattern" || return 1
	done
}

ok 'a host by its full name' shown node01.c.example '^  kind +host' '^  name +node01\.c\.example'
ok '… its short name' shown node01 '^node01\.c\.example$'
ok '… its address' shown 10.10.0.103 '^node03\.c\.example$'
ok '… its MAC, however written' shown 0000.5E00.5313 '^node03\.c\.example$'
ok '… its DN' shown 'CN=node02, ou=hosts,dc=c,dc=example' '^node02\.c\.example$'
ok '… its kind and name' shown host:node02 '^node02\.c\.example$'
ok 'a network' shown management '^network:management$' '^  prefix +10\.10\.0\.0/24' 'ipNetworkNumber$' \
	'^  reservations +[1-9]' '/etc/dhcp/ldapcc.conf'
ok 'an image, and who runs it' shown busybox '^image:busybox$' '^  vcn +vcn001\.c\.example'
ok 'a profile, its hosts and its lines' shown host-el9 '^  host +node09\.c\.example' 'kickstart'
ok 'a repository' shown el9-extra '^repository:el9-extra$' 'vocMirrorList$'
ok 'a group of the directory' shown rack1 '^  nodes +node\[01-02\]' '^  node +node02'
ok 'a group of what nodes have in common' shown profile-host-el9 '^group:profile-host-el9$'
ok 'each alias with the attribute that has it' shown manynames '^  alias +added .*vocAlias$' '^  alias +bare .*: cn$'
ok 'the cluster' shown c.example '^  domain +c\.example'

ok 'two records of one name: exit 64' exits 64 show engage
ok '… both are told' complains 'image:engage$'
ok '… with their DNs' complains '^cn=engage,ou=networks,dc=c,dc=example: note: network:engage$|: cn=engage,ou=networks,dc=c,dc=example: note: network:engage$'
ok 'one of them, by its kind' shown network:engage '^  prefix +10\.30\.0\.0/16'
ok 'nothing of that name: exit 64' exits 64 show nobody
ok '… is told' complains "nothing is called 'nobody'"
ok 'a kind that has not that name' exits 64 show image:management
ok 'an address that is nobody'\''s: exit 64' exits 64 show 10.10.0.200
ok '… with its network' complains "no host or VCN has the address 10\.10\.0\.200 of network 'management'$"
ok '… of no network' exits 64 show 192.0.2.1
ok '… is told' complains 'address 192\.0\.2\.1, and it is in no network$'
# a VCN's line on the page has its image twice
printf 'targets: {overview: {path: %s/index.html}}\n' "$work" >"$work/pages.yaml"
once() {
	"$LDAPCC" --config "$work/pages.yaml" --ldif "$work/site.ldif" --json show image:engage >"$work/said" 2>"$work/err"
	python3 - "$work/said" <<-'PYTHON'
		import json, sys
		lines = [(row["path"], row["line"]) for row in json.load(open(sys.argv[1]))["image:engage"]["lines"]]
		assert len(lines) > 16 and len(set(lines)) == len(lines), len(lines) - len(set(lines))
		assert lines == sorted(lines)
	PYTHON
}
ok 'a line that has two parts of a record is shown once' once

ok 'a finding says who, and when' exits 0 check
ok '… by the RDN, in UTC' complains \
	'no DHCP \(changed by uid=bob at 2026-11-26T10:42:07Z\) \[no-mac\]$'
ok 'so does show' shown signed '^  changed by +uid=bob,ou=people,dc=c,dc=example ' \
	'^  changed at +2026-11-26T10:42:07Z '
ok 'nothing of others' bash -c "! '$LDAPCC' --ldif '$work/site.ldif' show node05 2>&1 | grep -q changed"

ok 'show as JSON' exits 0 --json show signed
ok '… has who, and when' says '"changed_by": ?"uid=bob,ou=people,dc=c,dc=example"'
ok '… in its values and findings' test "$(grep -c '"changed_at": *"2026-11-26T10:42:07Z"' "$work/said")" -gt 3

cat >"$work/site.ldif" <<-LDIF
	dn: cn=exit,dc=x
	objectClass: device
	objectClass: ipHost
	cn: exit
	ipHostNumber: 10.1.0.1

	dn: cn=names,dc=x
	objectClass: device
	objectClass: ipHost
	cn: names
	ipHostNumber: 10.1.0.2
LDIF
ok 'a host called as a key of every object' exits 0 --json show exit names
ok '… is told by its kind, and only that one' python3 -c '
import json, sys
shown = json.load(open(sys.argv[1]))
assert shown["exit"] == 0 and shown["host:exit"]["values"] and shown["names"]["values"], shown.keys()
' "$work/said"

end_points
