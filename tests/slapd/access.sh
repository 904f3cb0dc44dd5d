#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# contrib/acl-and-indexes.ldif does what it says: on a server that lets nobody read anything,
# its reader gets everything that ldapcc needs, and nothing else.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 12

# A server with cn=config as packages set it up, with more than 500 entries of which nobody
# may read one, without syncprov.
sample=$SOURCE_ROOT/contrib/example/cluster.ldif
awk 'BEGIN { for (i = 0; i < 600; i++)
	printf "dn: cn=n%d,ou=hosts,dc=c,dc=example\nobjectClass: device\nobjectClass: ipHost\n" \
		"cn: n%d\nipHostNumber: 10.10.%d.%d\n\n", i, i, 1 + i / 250, 1 + i % 250 }' \
	>"$scratch/many.ldif"
cat >"$scratch/reader.ldif" <<-LDIF
	dn: cn=ldapcc,$SUFFIX
	objectClass: organizationalRole
	objectClass: simpleSecurityObject
	cn: ldapcc
	userPassword: secret

	dn: cn=installer,$SUFFIX
	objectClass: organizationalRole
	objectClass: simpleSecurityObject
	cn: installer
	userPassword: secret
LDIF
SLAPD_WITHOUT='syncprov\|cn=Subschema\|^index\|^access' SLAPD_ROOT=cn=root SLAPD_GLOBAL="
access to attrs=userPassword by anonymous auth
access to * by * none
database config
rootdn gidNumber=$(id -g)+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth" slapd_new main
SLAPADD='' slapd_load main "$sample" "$scratch/many.ldif" "$scratch/reader.ldif"
mkdir "$scratch/main/slapd.d"
slaptest -f "$scratch/main/slapd.conf" -F "$scratch/main/slapd.d" >"$scratch/main/log" 2>&1
slapd -d 0 -h "$(slapd_uri main)" -F "$scratch/main/slapd.d" >"$scratch/main/log" 2>&1 &
pids+=($!)
wait_for ldapwhoami -Q -Y EXTERNAL -H "$(slapd_uri main)"
main=$(slapd_uri main)
(umask 077 && echo secret >"$scratch/password")
reader=(--bind simple --dn "cn=ldapcc,$SUFFIX" --password-file "$scratch/password")

expect 4 "may not see it" 'before, the reader sees nothing' "${reader[@]}" read "$main"

sed "s/gidNumber=0+uidNumber=0/gidNumber=$(id -g)+uidNumber=$(id -u)/" \
	"$SOURCE_ROOT/contrib/acl-and-indexes.ldif" >"$scratch/acl.ldif"
ldapmodify -c -Q -Y EXTERNAL -H "$main" -f "$scratch/acl.ldif" >"$scratch/out" 2>"$scratch/err" ||
	true
n_wrong=$(grep ^ldap_ "$scratch/err" | grep -Evc '\((20|68)\)' || true)
report $((n_wrong != 0)) 'slapd takes the file' "$scratch/err"

expect 0 '^entries: 665$' 'now the reader gets everything' "${reader[@]}" read "$main"
# the file has no ids
grep -v '	entryuuid: ' "$scratch/out" >"$scratch/directory"
cat "$sample" <(echo) "$scratch/many.ldif" >"$scratch/all.ldif"
pull ldif "$scratch/all.ldif"
grep -Ev '^(dc|ou)=[a-z]*,dc=|^dc=c' "$scratch/out" >"$scratch/ldif"
ok 'with all their values' diff "$scratch/ldif" "$scratch/directory"
expect 0 '^entries: 665$' 'also who binds by a user id' read "$main"
expect 0 '^entries: 665$' 'in pages' --page 100 read "$main"
expect 4 'may not see it' 'nobody else' --bind anonymous read "$main"

as() {
	local who=$1
	shift
	"$@" -x -D "cn=$who,$SUFFIX" -w secret -H "$main"
}
change() {
	printf 'dn: cn=node01,ou=hosts,%s\nchangetype: modify\nreplace: %s\n%s: %s\n' \
		"$SUFFIX" "$2" "$2" "$3" | as "$1" ldapmodify
}
ok 'no passwords' bash -c "! ldapsearch -x -D 'cn=ldapcc,$SUFFIX' -w secret -H '$main' \
	-b '$SUFFIX' '(cn=installer)' userPassword | grep -i password:"
refuse() { ! change "$@"; }
ok 'the reader cannot write' refuse ldapcc description x
ok 'vocInstall is for the installer' change installer vocInstall TRUE
ok 'and nothing else is' refuse installer description x
expect 0 '^csn: ' 'syncprov gives a contextCSN' "${reader[@]}" probe "$main"

finish
