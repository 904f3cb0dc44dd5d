#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# targets.sh LDAPCC - every shipped target is published, not only rendered: what it prints is what
# its own language and the reader of whole files take; a second run has nothing to do (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: targets.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
root=$(dirname "$(dirname "$(realpath "$0")")")
unset LDAPCC_DATADIR

mapfile -t targets < <(cd "$root/templates" && grep -l '^path:' -- *)
{
	echo 'targets:'
	printf '  %s:\n' "${targets[@]}"
} >"$work/settings.yaml"
for site in contrib/example/cluster.ldif tests/cases/37-batch/input.ldif; do
	cp "$root/$site" "$work/site.ldif"
	rm -rf "$work/root"
	ok "$site: all are published" exits 0 --root "$work/root" apply
	ok '… none of them empty' test "$(find "$work/root" -path '*/lib/ldapcc' -prune -o -type f -size 0 -print | wc -l)" = 0
	ok '… and nothing is left to do' exits 0 --root "$work/root" diff
done
# Whose file shows no nodes is not restarted for a node more, nor for each of a thousand leases.
# hosts COUNT - the sample with so many hosts more
hosts() {
	cat "$root/contrib/example/cluster.ldif"
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' '' "dn: cn=more$i,ou=hosts,dc=c,dc=example" 'objectClass: device' 'objectClass: ipHost' \
			'objectClass: ieee802Device' "cn: more$i" "ipHostNumber: 10.20.$((i / 200 + 9)).$((i % 200 + 1))" \
			"macAddress: 02:00:00:00:$(printf %02x:%02x $((i / 200)) $((i % 200)))"
	done
}
hosts 1000 >"$work/site.ldif"
rm -rf "$work/root"
ok 'a site of more leases than dnsmasq has by itself' exits 0 --root "$work/root" apply
ok '… which it is told' holds "$work/root/etc/dnsmasq.d/ldapcc-dhcp.conf" '^dhcp-lease-max=2000$'
hosts 1001 >"$work/site.ldif"
ok '… and a host more' exits 2 --root "$work/root" diff
ok '… is in the files that show hosts' says '^changed  /etc/dhcp/ldapcc.conf'
for file in dnsmasq.d/ldapcc dnsmasq.d/ldapcc-dhcp nsd/nsd.conf.d/ldapcc bind/ldapcc-zones; do
	ok "… not in $file.conf" lacks "$work/said" "^changed  /etc/$file.conf"
done
# Nor is a server of one family for a node that has a reservation with the other alone, or with none.
families() { # [LINE…]: a site with a network of each, and a node with these lines more
	printf '%s\n' 'dn: cn=c,dc=c,dc=example' 'objectClass: vocCluster' 'cn: c' 'vocDomain: c.example' '' \
		'dn: cn=net4,dc=c,dc=example' 'objectClass: vocIPNetwork' 'cn: net4' 'ipNetworkNumber: 10.1.0.0/24' '' \
		'dn: cn=net6,dc=c,dc=example' 'objectClass: vocIPNetwork' 'cn: net6' 'ipNetworkNumber: 2001:db8::/64' \
		'vocDHCPInterface: eth0' '' \
		'dn: cn=both,dc=c,dc=example' 'objectClass: device' 'objectClass: ipHost' 'objectClass: ieee802Device' \
		'cn: both' 'ipHostNumber: 10.1.0.1' 'ipHostNumber: 2001:db8::1' 'macAddress: 02:00:00:00:00:01' ''
	[ $# = 0 ] || printf '%s\n' 'dn: cn=more,dc=c,dc=example' 'objectClass: device' 'objectClass: ipHost' \
		'objectClass: ieee802Device' 'cn: more' "$@"
}
families >"$work/site.ldif"
rm -rf "$work/root"
ok 'a site of both families' exits 0 --root "$work/root" apply
# of_family FAMILY FILES OTHERS ADDRESS [MAC]
of_family() {
	local file files=$2 others=$3
	families "ipHostNumber: $4" ${5:+"macAddress: $5"} >"$work/site.ldif"
	ok "a node of $1 more" exits 2 --root "$work/root" diff
	for file in $files; do
		ok "… is in $file" says "^changed  /etc/$file"
	done
	for file in $others; do
		ok "… not in $file" lacks "$work/said" "^changed  /etc/$file"
	done
}
of_family IPv4 'dhcp/ldapcc.conf kea/ldapcc-dhcp4.conf' 'dhcp/ldapcc6.conf kea/ldapcc-dhcp6.conf' 10.1.0.2 02:00:00:00:00:02
of_family IPv6 'dhcp/ldapcc6.conf kea/ldapcc-dhcp6.conf' 'dhcp/ldapcc.conf kea/ldapcc-dhcp4.conf' 2001:db8::2 02:00:00:00:00:02
of_family names '' 'dhcp/ldapcc.conf kea/ldapcc-dhcp4.conf dhcp/ldapcc6.conf kea/ldapcc-dhcp6.conf' 10.1.0.2
# Groups are derived where a template shows them, wherever it asks: what is published is what is
# rendered, and there is something. What one target needs is tried without any other.
shows() { # NAME BODY [FRONT MATTER]
	printf -- '---\nlanguage: text\ntrailer: none\npath: %s/out/%s%s\n---\n%s\n' "$work" "$1" "${3:-}" "$2" >"$work/templates/$1"
	printf '%s\n' "templates: [$work/templates]" "state: $work/state-$1" \
		'targets: {dnsmasq: off, dnsmasq-hosts: off, dhcpd: off, kickstart: off, kickstart-repos: off, manifest: off,' \
		"  $1: }" >"$work/settings.yaml"
	exits 0 render "$1" && sed '/^==> .* <==$/d; /^$/d' "$work/said" >"$work/rendered" &&
		exits 0 apply && grep -q 'g=[a-z1-9]' "$work/out/$1"* &&
		sed '/^$/d' "$work/out/$1"* | diff "$work/rendered" -
}
mkdir "$work/templates"
cp "$root/tests/cases/37-batch/input.ldif" "$work/site.ldif"
echo 'g={{#groups}}{{name}} {{/groups}}' >"$work/templates/part"
ok 'groups of the site, shown by a partial' shows partial '{{>part}}'
ok 'groups of each node' shows node '{{#nodes}}g={{#groups}}{{name}} {{/groups}}{{/nodes}}'
ok 'groups by what they have in common' shows kind '{{#group_kinds}}g={{name}} {{/group_kinds}}'
ok 'how many there are' shows total 'g={{totals.groups}}'
ok 'whether there are any' shows any '{{^groups}}none{{/groups}}{{#groups}}g=one{{/groups}}'
ok 'in a file of each host' shows host- 'g={{#groups}}{{name}} {{/groups}}' '{{name}}
for-each: host'
# Where nobody writes the answers of its installer, a host boots from its disk.
boots() {
	echo "targets: {pxelinux: , $2}" >"$work/settings.yaml"
	exits 0 render pxelinux && says "^DEFAULT $1\$"
}
cp "$root/tests/checks/missing-attribute-answers.ldif" "$work/site.ldif"
ok 'a host whose installer has no answers boots from its disk' boots local 'ethers: '
ok '… one that has them is installed' boots install 'preseed: , preseed-script: '
ok '… also where somebody else writes them' boots install 'preseed: off, preseed-script: off'
# Of a pair that is of no use alone both are named, or one of the site's own stands for both.
partner() { # EXIT TARGETS
	printf '%s\n' "templates: [$work/templates]" "targets: {$2}" >"$work/settings.yaml"
	exits "$1" render
}
printf -- '---\nlanguage: text\npath: /srv/{{fqdn}}.own\nfor-each: host\nwhen: takes_preseed\n---\n{{fqdn}}\n' \
	>"$work/templates/own-answers"
for pair in 'preseed preseed-script' 'autoinstall autoinstall-meta'; do
	read -r a b <<<"$pair"
	ok "$a without $b: exit 64" partner 64 "$a: "
	ok '… which says what to do' complains "target '$a' is of no use without '$b': name that, too, or write '$b: off'"
	ok '… nor the other way round' partner 64 "$b: "
	ok '… both' partner 0 "$a: , $b: "
	ok "… or $b from elsewhere" partner 0 "$a: , $b: off"
done
ok '… or with one of the own for the same installer' partner 0 'preseed: , own-answers: '
ok '… but not for another' partner 64 'autoinstall: , own-answers: '
ok 'that are all there are' test "${#targets[@]}" -ge 49
echo "1..$n_tests"
[ "$n_failed" -eq 0 ]
