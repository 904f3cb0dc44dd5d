#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The directory reader against a real slapd: what it delivers, and every gate that keeps an
# incomplete or foreign read from being taken for a small site.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 49

sample=$SOURCE_ROOT/contrib/example/cluster.ldif
hosts=ou=hosts,$SUFFIX

slapd_new main
slapd_load main "$sample"
slapd_start main
main=$(slapd_uri main)
root=gidNumber=$(id -g)+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth
root_pattern=${root/+/[+]}

# --- what is delivered ---

same_as_ldif() {
	pull --filter '(objectClass=*)' "$@" read "$main"
	mv "$scratch/out" "$scratch/directory"
	[ "$status" = 0 ] || return 1
	pull ldif "$sample"
	diff <(grep -v "	entryuuid: " "$scratch/directory") "$scratch/out"
}
ok 'directory and LDIF deliver the same entries' same_as_ldif
ok 'also in pages of 7' same_as_ldif --page 7
ok 'also in pages of 1' same_as_ldif --page 1
expect 0 '^entries: 65$' 'the filter is obeyed' read "$main"
expect 0 '^pages: 10$' '65 entries in pages of 7 are 10 pages' --page 7 read "$main"
expect 0 '^entries: 20$' 'only what is below the base' --base "ou=hosts,$SUFFIX" read "$main"
expect 0 '^csn: [0-9]{14}\.' 'contextCSN is reported' read "$main"
expect 0 '^csn: [0-9]{14}\.' 'also with a base below the suffix' --base "$hosts" read "$main"
expect 0 '^csn: [0-9]{14}\.' 'a probe gives it' probe "$main"

same_csn() {
	pull read "$main"
	grep ^csn "$scratch/err" >"$scratch/read.csn"
	pull probe "$main"
	grep ^csn "$scratch/err" | diff "$scratch/read.csn" -
}
ok 'read and probe agree on it' same_csn

# several bases
two=(--base "$hosts" --base "ou=networks,$SUFFIX")
expect 0 '^entries: 23$' 'two bases are read one after the other' "${two[@]}" read "$main"
expect 0 '^csn: [0-9]{14}\.' 'they have one contextCSN' "${two[@]}" probe "$main"
expect 4 "there is no entry 'ou=none,$SUFFIX'" 'each must be there' \
	"${two[@]}" --base "ou=none,$SUFFIX" read "$main"
expect 4 'twice in each of 4 reads: does one of the bases lie below another' \
	'none below another' --base "$SUFFIX" --base "$hosts" read "$main"
expect 0 '^entries: 23$' 'a page ends with its base' "${two[@]}" --page 3 read "$main"

# a long list of attributes, as our map has one: what is asked for by `*` is the same
long=()
for name in a b c d e f g h i j k l m n o p; do
	long+=(--wanted "voc$name")
done
pull --wanted cn --wanted entryUUID "${long[@]}" read "$main"
ok 'a long list of attributes brings user attributes' grep -q '	cn: node01$' "$scratch/out"
ok 'and the operational ones in it' grep -q '	entryuuid: ' "$scratch/out"
ok 'and no others' bash -c "! grep -qi createtimestamp '$scratch/out'"

# what LDAP allows and configuration files do not: bytes of every kind, options
slapd_modify main <<-LDIF
	dn: cn=odd\2C name+ipHostNumber=10.10.0.77,$hosts
	changetype: add
	objectClass: device
	objectClass: ipHost
	cn: odd, name
	cn;lang-de: seltsam
	ipHostNumber: 10.10.0.77
	description:: $(printf 'two\nlines \303\251' | base64)
LDIF
pull read "$main"
ok 'multi-valued RDN, escapes, options, control bytes' grep -qF \
	'cn=odd\2c name+iphostnumber=10.10.0.77,ou=hosts,dc=c,dc=example	description: two\x0alines \xc3\xa9' \
	"$scratch/out"
ok 'a value with an option does not count beside a plain one' \
	bash -c "! grep -q seltsam '$scratch/out'"
ok 'and does not stay in a name' bash -c "! grep -q lang-de '$scratch/out'"

# --- who we are ---

expect 0 "^identity: $root_pattern" 'EXTERNAL over ldapi' read "$main"
expect 0 '^entries' 'the expected identity, in another spelling' \
	--identity "uidNumber=$(id -u) + GIDNUMBER=$(id -g),cn=peercred,cn=external,cn=auth" \
	read "$main"
expect 4 "bound as '.*peercred.*', but expect-identity is 'cn=reader'" \
	'another identity than expected' --identity cn=reader read "$main"
expect 4 "bound as '.*peercred.*', but" 'a probe checks it too' --identity cn=x probe "$main"
expect 4 "bound as 'anonymous', but" 'an anonymous bind where a name is expected' \
	--bind anonymous --identity cn=reader read "$main"
expect 0 '^identity: $' 'anonymous' --bind anonymous read "$main"

slapd_modify main <<-LDIF
	dn: cn=reader,$SUFFIX
	changetype: add
	objectClass: organizationalRole
	objectClass: simpleSecurityObject
	cn: reader
	userPassword: secret
LDIF
reader=(--bind simple --dn "cn=reader,$SUFFIX" --password-file "$scratch/password")
(umask 077 && echo secret >"$scratch/password")
expect 0 "^identity: cn=reader,$SUFFIX" 'simple bind' "${reader[@]}" read "$main"
(umask 077 && echo wrong >"$scratch/password")
expect 4 'Invalid credentials.*check the bind DN and the password' 'a wrong password' \
	"${reader[@]}" read "$main"
(umask 077 && echo >"$scratch/password")
expect 64 'the password file is empty' 'an empty password is never sent' \
	"${reader[@]}" read "$main"
echo secret >"$scratch/password"
chmod 640 "$scratch/password"
expect 64 'can be read by others: chmod 600' 'a password that others can read' \
	"${reader[@]}" read "$main"
port=$(free_port)
slapd_new tcp
slapd_load tcp "$sample"
slapd_start tcp "ldap://127.0.0.1:$port"
expect 4 "'bind: external' needs ldapi" 'EXTERNAL where there is none' \
	read "ldap://127.0.0.1:$port"

# --- is it all? ---

expect 4 "there is no entry 'ou=none,$SUFFIX'.*the server holds '$SUFFIX'" 'a base that is not there' \
	--base "ou=none,$SUFFIX" read "$main"
expect 0 '^entries' 'canaries in another spelling' --canary "CN=Node01 , OU=hosts,$SUFFIX" \
	--canary "cn=odd\\, name + ipHostNumber=10.10.0.77,$hosts" read "$main"
slapd_modify main <<-LDIF
	dn:: $(printf 'cn=Stra\303\237e,%s' "$hosts" | base64 -w0)
	changetype: add
	objectClass: device
	objectClass: ipHost
	cn:: $(printf 'Stra\303\237e' | base64)
	ipHostNumber: 10.10.0.78

	dn: cn=a=b,$hosts
	changetype: add
	objectClass: device
	objectClass: ipHost
	cn: a=b
	ipHostNumber: 10.10.0.79
LDIF
expect 0 '^entries' 'canaries of letters that are compared as others' \
	--canary "cn=Straße,$hosts" --canary "commonName=STRASSE,$hosts" \
	--canary "cn=a\\=b,$hosts" read "$main"
expect 4 "canary 'cn=strase,$hosts' did not come" 'and a near miss' \
	--canary "cn=strase,$hosts" read "$main"
expect 4 "canary 'cn=gone,$hosts' did not come" 'a canary that is gone' \
	--canary "cn=node01,$hosts" --canary "cn=gone,$hosts" read "$main"
expect 4 "schema does not know 'nonsense', 'xyzzy'" 'names that the schema does not have' \
	--filter '(|(objectClass=ipHost)(objectClass=nonsense)(xyzzy=1))' read "$main"

slapd_modify main <<-LDIF
	dn: ou=elsewhere,$SUFFIX
	changetype: add
	objectClass: referral
	objectClass: extensibleObject
	ou: elsewhere
	ref: ldap://other.example/ou=elsewhere,$SUFFIX
LDIF
expect 4 "continuation reference 'ldap://other.example/" 'a referral in the tree' read "$main"

# --- limits ---

awk -v n=600 'BEGIN { for (i = 0; i < n; i++)
	printf "dn: cn=n%d,ou=hosts,dc=c,dc=example\nobjectClass: device\nobjectClass: ipHost\n" \
		"cn: n%d\nipHostNumber: 10.10.%d.%d\n\n", i, i, 1 + i / 250, 1 + i % 250 }' \
	>"$scratch/many.ldif"
limited() {
	SLAPD_ROOT=cn=root slapd_new "$@"
	slapd_load "$1" "$sample" "$scratch/many.ldif"
	slapd_start "$1"
}
limited size
expect 4 "stopped after 500 entries \(size limit\).*limits dn.exact=\"$root_pattern\" size.prtotal=unlimited" \
	'slapd stops at 500 entries by default, also in pages' --page 100 read "$(slapd_uri size)"
expect 4 'stopped after 500 entries \(size limit\).*limits anonymous' 'also in one page' \
	--bind anonymous read "$(slapd_uri size)"
SLAPD_DATABASE="limits dn.exact=\"$root\" size.prtotal=unlimited size.soft=unlimited size.hard=unlimited" \
	limited lifted
expect 0 '^entries: 665$' 'what the message says helps' --page 100 read "$(slapd_uri lifted)"

# --- servers without this or that ---

SLAPD_WITHOUT='cn=Subschema' SLAPD_GLOBAL='access to dn.base="cn=Subschema" by * none' \
	slapd_new hidden
slapd_load hidden "$sample"
slapd_start hidden
expect 4 "may not read the server's schema" 'a schema that is hidden' \
	--bind anonymous read "$(slapd_uri hidden)"

SLAPD_WITHOUT=ldapcc.schema slapd_new foreign
slapd_start foreign
ldapadd -Q -Y EXTERNAL -H "$(slapd_uri foreign)" >"$scratch/foreign.log" <<-LDIF
	dn: $SUFFIX
	objectClass: organization
	objectClass: dcObject
	o: c
	dc: c

	dn: cn=a,$SUFFIX
	objectClass: device
	objectClass: ipHost
	cn: a
	ipHostNumber: 10.0.0.1
LDIF
expect 4 "does not know 'vocCluster'.*ldapadd .*ldapcc.ldif.*schema: rfc2307" \
	'our schema is not loaded' read "$(slapd_uri foreign)"
expect 0 '^entries: 1$' 'a map without our classes does' \
	--filter '(|(objectClass=ipHost)(objectClass=ieee802Device))' read "$(slapd_uri foreign)"

SLAPD_WITHOUT=syncprov slapd_new plain
SLAPADD="" slapd_load plain "$sample"
slapd_start plain
pull --timeout 5 read "$(slapd_uri plain)"
ok 'without syncprov: read, and no contextCSN' bash -c \
	"[ $status = 0 ] && grep -q '^entries: 65' '$scratch/err' && ! grep -q ^csn '$scratch/err'"

SLAPD_WITHOUT=syncprov slapd_new frozen
slapd_load frozen "$sample"
slapd_start frozen
pull --timeout 5 read "$(slapd_uri frozen)"
ok 'a contextCSN that nobody keeps up counts as none' bash -c \
	"[ $status = 0 ] && grep -q '^entries: 65' '$scratch/err' && ! grep -q ^csn '$scratch/err'"

# --- several servers ---

pull read ldapi://%2Fnonexistent ldap://127.0.0.1:1 "$(slapd_uri lifted)"
ok 'the first that works is used, with a warning for each before it' bash -c \
	"[ $status = 0 ] && [ \$(grep -c 'warning: .* was used instead' '$scratch/err') = 2 ]"
expect 4 '^ldap://127.0.0.1:1: note: .*connection refused' \
	'none works: a failure, and a note for each further one' \
	read ldapi://%2Fnonexistent ldap://127.0.0.1:1

finish
