#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The sample cluster from a directory to the answers of dnsmasq and dhcpd: what they serve
# after the first apply, after a change, and that nothing moves when it must not.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
need dig
confined dnsmasq dhcpd dhclient
plan 107

tree=$scratch/site
node05=cn=node05,ou=hosts,$SUFFIX
hosts=$tree/srv/dnsmasq/hosts

networks_up
control_new
slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start main
uri=$(slapd_uri main)
settings site "$uri"
dnsmasq_new site
dhcpd_new site
control upstream start

# --- the first apply ---

: >"$scratch/told"
exits 0 'first apply' site apply
[ "$n_failed" = 0 ] || exit 1
ok 'it has nothing to complain about: all checkers were there' test ! -s "$scratch/err"
ok 'it tells what it published' prints '^generation 1: nodes \+50, .*; files \+[0-9]+$'
ok 'every daemon was told once what it needs' told_is \
	'dnsmasq restart' 'dnsmasq hup' 'dhcpd restart'
ok 'so that dnsmasq runs on what was published' control dnsmasq start
ok 'and dhcpd' control dhcpd start
: >"$scratch/told"
wait_for is_answering head.c.example

# --- DNS ---

ok 'every name and every address of the hosts file, and no other' resolves_all "$hosts"

# The same without our hosts file: what the directory itself says of its hosts.
directory_resolves() {
	ldapsearch -Q -LLL -Y EXTERNAL -H "$uri" -b "$SUFFIX" '(objectClass=ipHost)' \
		cn ipHostNumber |
		awk -v suffix=.c.example. '
			/^dn: / { split($2, rdn, /[=,]/); name = rdn[2] suffix }
			/^ipHostNumber: / { print name, ($2 ~ /:/ ? "AAAA" : "A"), $2 }' |
		sort >"$scratch/wanted"
	awk '{ print $1, $2 }' "$scratch/wanted" >"$scratch/queries"
	dig @"$server" +noall +answer -f "$scratch/queries" | awk '{ print $1, $4, $5 }' |
		sort -u | diff "$scratch/wanted" -
	[ "$(wc -l <"$scratch/wanted")" -ge 49 ]
}
ok 'every ipHost of the directory' directory_resolves
ok 'an alias' answers gatekeeper.c.example A 10.10.0.1
ok 'a short name' answers node05 A 10.10.0.105
ok 'an IPv6 address' answers util.c.example AAAA fd00:c::2
ok 'a second interface has a name of its own' answers head-eth1.c.example A 10.20.0.1

: >"$scratch/upstream.log"
asked_upstream() { grep -E "query\[[A-Z]+\] $1 " "$scratch/upstream.log"; }
ok 'an unknown name of the cluster does not exist' is_nxdomain nobody.c.example
ok 'nor a name below a host' is_nxdomain www.node05.c.example
ok 'nor the name of an unused address' is_nxdomain -x 10.10.0.77
ok 'nor that of one in the other network' is_nxdomain -x 10.20.9.9
ok 'nor an IPv6 one' is_nxdomain -x fd00:c::99
ok 'a name of the world is asked for upstream' answers www.elsewhere.example A 192.0.2.66
ok '… the upstream server has seen it' asked_upstream www.elsewhere.example
not() { ! "$@"; }
ok 'and nothing of the cluster' not asked_upstream '.*(c[.]example|10[.]in-addr[.]arpa|f[.]ip6[.]arpa)'

# --- DHCP ---

ok 'a lease for a host' lease eth0 00:00:5e:00:53:15
ok '… with its address, router, servers and names' leased ip_address 10.10.0.105 \
	subnet_mask 255.255.255.0 routers 10.10.0.1 broadcast_address 10.10.0.255 \
	domain_name_servers 10.10.0.2 domain_name c.example domain_search c.example. \
	host_name node05 ntp_servers 10.10.0.2 dhcp_lease_time 3600 \
	filename pxelinux.0 next_server 10.10.0.2
name_of_lease() {
	client dig +short -b 10.10.0.105 @10.10.0.2 -x 10.10.0.105 | grep -qx node05.c.example.
}
ok '… with which it finds its name' name_of_lease
vcn_mac=$(sed -n '/name: "vcn009"/,/mac:/s/.*mac: "\([^"]*\)".*/\1/p' \
	"$tree/srv/manifests/node05.c.example.yaml")
ok 'a lease for a VCN, by the MAC of its manifest' lease eth1 "$vcn_mac"
ok '… in the network of the VCNs' leased ip_address 10.20.1.9 subnet_mask 255.255.0.0 \
	routers 10.20.0.1 domain_name_servers 10.10.0.2 host_name vcn009 interface_mtu 1500
ok 'a lease for a machine that nobody knows' lease eth0 02:00:00:00:00:99
in_range() {
	local address
	address=$(sed -n 's/^ip_address=10\.10\.0\.//p' "$scratch/lease")
	[ "$address" -ge 200 ] && [ "$address" -le 249 ] && ! grep ^host_name= "$scratch/lease"
}
ok '… is from the dynamic range, without a name' in_range

# --- nothing to do ---

# of its state, only the record of the run is new, by which \`status --max-age\` knows of it
untouched() { snapshot "$tree" | grep -v -e /last-run -e '/state d '; }
untouched >"$scratch/before"
nothing_moved() { untouched | diff "$scratch/before" -; }
exits 0 'apply again' site apply
ok 'prints nothing' is_silent
ok 'touches no file, only the record of its run' nothing_moved
ok 'tells nobody' told_is ''
exits 0 'a full read' site apply --full
ok 'prints nothing' is_silent
files() {
	snapshot "$tree/etc" "$tree/srv" "$tree/state/generations" "$tree/state/pending" "$@"
}
files >"$scratch/before"
unmoved() { files | diff "$scratch/before" -; }
exits 0 'another' site apply --full
ok 'touches no target and makes no generation' unmoved
exits 0 'diff has nothing' site diff
exits 0 'status is well' site status

# --- one host changes ---

slapd_modify main <<-END
	dn: $node05
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.0.150
	-
	add: vocAlias
	vocAlias: login
END
exits 2 'diff sees it' site diff
ok '… and names the host' prints '^changed +host node05\.c\.example \(changed by .*\)$'
ok '… and changes nothing' unmoved
changed() { # which of the targets are other files than before
	files ! -type d | { diff "$scratch/before" - || true; } |
		awk -v state="$tree/state/" '$1 == ">" && index($2, state) != 1 { print $2 }' | sort
}
exits 0 'apply' site apply
changed_is() {
	changed | diff - <(printf '%s\n' "$@" | sort)
}
ok 'writes the files it is in, and no other' changed_is "$hosts" \
	"$tree/etc/dhcp/ldapcc.conf" "$tree/srv/kickstart/node05.c.example.ks"
ok 'tells dnsmasq to read its hosts again, and restarts dhcpd' told_is \
	'dnsmasq hup' 'dhcpd restart'
has_moved() { answers node05.c.example A 10.10.0.150; }
wait_for has_moved || true
ok 'the new address is served' has_moved
ok 'the new alias too' answers login.c.example A 10.10.0.150
ok 'and the reverse of it' answers 150.0.10.10.in-addr.arpa PTR node05.c.example.
ok 'the old one is gone' is_nxdomain -x 10.10.0.105
ok 'all else is as before' resolves_all "$hosts"
ok 'dhcpd gives the new address' lease eth0 00:00:5e:00:53:15
ok '… that is' leased ip_address 10.10.0.150 host_name node05
: >"$scratch/told"
files >"$scratch/before"
exits 0 'apply again' site apply
ok 'prints nothing' is_silent
ok 'touches nothing' unmoved
ok 'tells nobody' told_is ''

# --- a host in error ---

slapd_modify main <<-END
	dn: cn=double,ou=hosts,$SUFFIX
	changetype: add
	objectClass: device
	objectClass: ipHost
	objectClass: ieee802Device
	cn: double
	ipHostNumber: 10.10.0.103
	macAddress: 00:00:5e:00:53:77
END
exits 0 'a second host with the same address: apply goes on' site apply
ok 'and says so, with both' says '^cn=(double|node03),.*10\.10\.0\.103.*\[dup-ip\]$'
ok 'the host that was there before keeps its address' answers node03.c.example A 10.10.0.103
ok 'the new one is left out' is_nxdomain double.c.example
exits 0 'a second apply' site apply
ok 'says it no more' is_silent
exits 0 'with --verbose' site apply --verbose --full
ok 'it does' says 'dup-ip'
exits 10 'status knows of it' site status
ok '… and names it' prints '^quarantined +cn=double,ou=hosts'
slapd_stop main
exits 4 'without a directory' site apply --full
ok 'it is not said that the error has gone' not_says 'no longer'
exits 4 'status tells the worse of the two' site status
ok 'nor does it forget the other' prints '^quarantined +cn=double,ou=hosts'
slapd_start main
exits 0 'and when the directory is back' site apply --full
ok 'that is said' says '^note: no longer, after less than a minute: ldapi://'
ok 'and nothing of the entry, which is as it was' not_says 'dup-ip'
slapd_modify main <<-END
	dn: cn=double,ou=hosts,$SUFFIX
	changetype: delete
END
exits 0 'when it is gone' site apply
ok 'that is said, once' says 'no longer, after .*: cn=.*dup-ip'
exits 0 'and then' site apply
ok 'nothing more' is_silent
exits 0 'status is well again' site status

# --- what goes wrong ---

echo 'kill -KILL $$' >"$scratch/broken-dhcpd"
slapd_modify main <<-END
	dn: $node05
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.0.151
END
exits 6 'an on-change command that is killed' site apply
ok 'is named' says "target 'dhcpd' is published, but '[^']*control dhcpd restart' was killed by signal 9"
exits 6 'status knows' site status
ok '… what is pending' prints '^pending +dhcpd: .*killed by signal 9$'
echo 'exit 3' >"$scratch/broken-dhcpd"
exits 6 'it is tried again' site apply
ok '… and what it says is shown' says 'note: dhcpd is broken today'
rm "$scratch/broken-dhcpd"
exits 0 'until it works, with no change in the directory' site apply
ok 'then dhcpd serves the change' lease eth0 00:00:5e:00:53:15
ok '… the address' leased ip_address 10.10.0.151
exits 0 'and nothing is left to do' site status

echo 'this is no statement;' >>"$tree/etc/dhcp/dhcpd.conf"
slapd_modify main <<-END
	dn: $node05
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.0.152
END
files ! -type d >"$scratch/before" # a checker reads private copies in the same folders
: >"$scratch/told"
exits 5 "dhcpd's own check refuses" site apply
ok '… with its words' says 'dhcpd\.conf line [0-9]+'
nothing_happened() { files ! -type d | diff "$scratch/before" - && told_is ''; }
ok 'nothing was touched, nobody told' nothing_happened

sed -i '/no statement/d' "$tree/etc/dhcp/dhcpd.conf"
files ! -type d >"$scratch/before"

cp "$scratch/site.yaml" "$scratch/good.yaml"
echo 'targetz: {}' >>"$scratch/site.yaml"
exits 64 'a mistyped key in the settings' site apply
ok '… is shown in its line' says 'site\.yaml:[0-9]+:1: error: .*targetz'
mv "$scratch/good.yaml" "$scratch/site.yaml"
cp "$SOURCE_ROOT/templates/dnsmasq" "$tree/templates/dnsmasq"
echo '{{#domain}}' >>"$tree/templates/dnsmasq"
exits 64 'a template that is broken' site apply
ok '… is named' says 'templates/dnsmasq:[0-9]+:[0-9]+: error: '
rm "$tree/templates/dnsmasq"
ok 'nothing was touched, nobody told' nothing_happened

slapd_stop main
exits 4 'no directory' site apply
ok '… is told' says 'error: .*ldapi://'
exits 4 'at every run' site apply
ok 'nothing was touched, nobody told' nothing_happened
ok 'the daemons answer as before' resolves_all "$hosts"
ok '… all of them' lease eth0 00:00:5e:00:53:15
slapd_start main
exits 0 'when it is back, what had waited is applied' site apply
wait_for_name() { answers node05.c.example A 10.10.0.152; }
wait_for wait_for_name || true
ok '… and served' wait_for_name

# --- a directory that does not show everything ---

for i in $(seq 600); do
	printf 'dn: cn=many%d,ou=hosts,%s\nobjectClass: device\nobjectClass: ipHost\n' "$i" "$SUFFIX"
	printf 'cn: many%d\nipHostNumber: 10.20.%d.%d\n\n' "$i" $((50 + i / 200)) $((i % 200 + 1))
done >"$scratch/many.ldif"
SLAPD_ROOT=cn=admin,$SUFFIX SLAPD_GLOBAL='sizelimit 500' slapd_new limited
slapd_load limited "$SOURCE_ROOT/contrib/example/cluster.ldif" "$scratch/many.ldif"
slapd_start limited
sed "s|ldapi://[^\"]*|$(slapd_uri limited)|" "$scratch/site.yaml" >"$scratch/limited.yaml"
files ! -type d >"$scratch/before"
: >"$scratch/told"
exits 4 'a size limit of 500' limited apply
ok '… is told' says 'stopped after 500 entries \(size limit\)'
ok 'nothing was touched, nobody told' nothing_happened
limits=$(sed -n 's/.*in slapd\.conf give: \(limits .*\); in cn=config.*/\1/p' "$scratch/err")
slapd_stop limited
SLAPD_ROOT=cn=admin,$SUFFIX SLAPD_GLOBAL='sizelimit 500' SLAPD_DATABASE=$limits slapd_new limited
slapd_start limited
exits 0 'the line that the message gives for slapd.conf helps' limited check
ok '… to all entries' prints '^665 entries: '
finish
