#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The schema's two forms: both load, both say the same, and no number is given twice.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 14

schema=$SOURCE_ROOT/schema

# --- the form for slapd.conf ---

slapd_new main
ok 'slapd takes ldapcc.schema' slaptest -u -f "$scratch/main/slapd.conf"
ok 'the sample cluster fits it' slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"

# --- the form for cn=config ---

system=/etc/ldap/schema
[ -d $system ] || system=/etc/openldap/schema
mkdir -p "$scratch/config/slapd.d"
cat >"$scratch/config/config.ldif" <<-LDIF
	dn: cn=config
	objectClass: olcGlobal
	cn: config

	dn: cn=schema,cn=config
	objectClass: olcSchemaConfig
	cn: schema

	include: file://$system/core.ldif
	include: file://$system/cosine.ldif
	include: file://$system/nis.ldif

	dn: olcDatabase=config,cn=config
	objectClass: olcDatabaseConfig
	olcDatabase: config
	olcRootDN: gidNumber=$(id -g)+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth
LDIF
slapadd -n 0 -F "$scratch/config/slapd.d" -l "$scratch/config/config.ldif" \
	>"$scratch/config/log" 2>&1 || sed 's/^/# /' "$scratch/config/log"
slapd -d 0 -h "$(slapd_uri config)" -F "$scratch/config/slapd.d" >"$scratch/config/log" 2>&1 &
pids+=($!)
wait_for ldapwhoami -Q -Y EXTERNAL -H "$(slapd_uri config)"
ok 'a running slapd takes ldapcc.ldif' ldapadd -Q -Y EXTERNAL -H "$(slapd_uri config)" \
	-f "$schema/ldapcc.ldif"

# names FILE: what a server of that configuration says it has of ours, one a line
names() {
	ldapsearch -Q -Y EXTERNAL -LLL -o ldif-wrap=no -H "$1" -s base -b cn=Subschema \
		attributeTypes objectClasses | grep -F 2.25.7082728575953799568393494159705453949. |
		sort
}
slapd_start main
names "$(slapd_uri main)" >"$scratch/conf.names"
names "$(slapd_uri config)" >"$scratch/ldif.names"
ok 'servers of both forms know the same' diff "$scratch/conf.names" "$scratch/ldif.names"
ok 'and it is all' test "$(wc -l <"$scratch/conf.names")" = \
	"$(wc -l <"$SOURCE_ROOT/tests/slapd/schema.numbers")"

# --- a map of a site's own: what it names has to be there ---

export LDAPCC_DATADIR=$SOURCE_ROOT
map() { sed "$1" "$schema/maps/ldapcc.yaml" >"$scratch/own.yaml"; }
cat >"$scratch/site.yaml" <<-YAML
	directory: {uri: "$(slapd_uri main)", base: "$SUFFIX", schema: $scratch/own.yaml}
	state: $scratch/state
	templates: []
	targets: {dnsmasq: off, dhcpd: off, kickstart: off, kickstart-repos: off, manifest: off,
	  dnsmasq-hosts: {path: $scratch/hosts, check: none, on-change: none}}
YAML
ldapcc() { "$LDAPCC" --config "$scratch/site.yaml" "$@" >"$scratch/out" 2>"$scratch/err"; }
map ''
ok 'a map that names what the server has' ldapcc apply
map 's/^  mac: macAddress$/  mac: [macAdress]/'
ldapcc apply && code=0 || code=$?
report $((code != 64)) 'a typing error in an attribute: exit status 64' "$scratch/err"
line=$(grep -n macAdress "$scratch/own.yaml" | cut -d: -f1)
ok '… with its place, and what is meant' grep -q \
	"own.yaml:$line:9: error: .*no attribute 'macAdress', did you mean 'macAddress'?" "$scratch/err"
ok '… and with the line' grep -q '^    .*mac: \[macAdress\]' "$scratch/err"
map 's/^  network: .*vocIPNetwork.*/  network: {class: vocIPNetwork, filter: (!(ipNetworkNumbr=*))}/'
ldapcc apply && code=0 || code=$?
line=$(grep -n 'Numbr' "$scratch/own.yaml" | cut -d: -f1)
ok '… nor one in a filter, in its place' grep -q \
	"own.yaml:$line:42: error: .*no attribute 'ipNetworkNumbr', did you mean 'ipNetworkNumber'?" "$scratch/err"
map 's/^  mac: macAddress$/&\n  # macAdress/'
ok '… a comment is none' ldapcc apply

# --- the numbers ---

n_twice=$(grep -o '7082728575953799568393494159705453949\.[0-9.]* ' "$schema/ldapcc.schema" |
	sort | uniq -d | wc -l)
ok 'no number is given twice' test "$n_twice" = 0
# Numbers and names that were given once stay as they are: sites have them in their servers.
sed -En "s/.*\.([12]\.[0-9]+) NAME '([^']*)'.*/\1 \2/p" "$schema/ldapcc.schema" >"$scratch/numbers"
ok 'no number has changed its meaning' diff "$SOURCE_ROOT/tests/slapd/schema.numbers" \
	<(sort -V "$scratch/numbers")
undescribed=$(grep -c "NAME '" "$schema/ldapcc.schema")
described=$(grep -c "DESC '" "$schema/ldapcc.schema")
ok 'each has a description' test "$undescribed" = "$described"

finish
