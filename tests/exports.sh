#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# exports.sh LDAPCC - what the tools of other servers write of a directory is read as it is: with
# their comments, results, references, operational attributes, and entries whose attributes nobody
# let them see. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: exports.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"

# one SCHEMA: the export on standard input has the host n1, and no other
one() {
	cat >"$work/site.ldif"
	printf 'directory: {schema: %s}\ntargets: [dnsmasq-hosts]\n' "$1" >"$work/settings.yaml"
	exits 0 render dnsmasq-hosts && says '^10\.1\.0\.1 n1\.c\.example n1$' &&
		equal "$(grep -c '^10\.' "$work/said")" 1
}

host='objectClass: device
objectClass: ipHost
objectClass: ieee802Device
cn: n1.c.example
ipHostNumber: 10.1.0.1
macAddress: 02:00:00:00:53:01'
computer='objectClass: top
objectClass: computer
cn: N1
dNSHostName: n1.c.example
networkAddress: 10.1.0.1
userAccountControl: 4096'

ok 'ldapsearch' one rfc2307 <<-LDIF
	# extended LDIF
	#
	# LDAPv3
	# base <dc=c,dc=example> with scope subtree
	#

	# n1, hosts, c.example
	dn: cn=n1,ou=hosts,dc=c,dc=example
	$host

	# search result
	search: 2
	result: 0 Success

	# numResponses: 2
	# numEntries: 1
LDIF

ok 'ldapsearch -LLL' one rfc2307 <<-LDIF
	dn: dc=c,dc=example

	dn: cn=n1,ou=hosts,dc=c,dc=example
	$host

	dn: cn=hidden,ou=hosts,dc=c,dc=example
LDIF
ok '… names what it could not see' complains \
	':1:1: warning: the record has no attributes, as of an entry that whoever made the file may not read'
ok '… each time' complains ':11:1: warning: the record has no attributes'

ok 'slapcat' one rfc2307 <<-LDIF
	dn: cn=n1,ou=hosts,dc=c,dc=example
	$host
	structuralObjectClass: device
	entryUUID: 6c1e9d2c-0000-103a-8000-000000000001
	creatorsName: cn=admin,dc=c,dc=example
	createTimestamp: 20200101000000Z
	entryCSN: 20200101000000.000000Z#000000#000#000000
	modifiersName: cn=admin,dc=c,dc=example
	modifyTimestamp: 20200101000000Z
LDIF

ok 'db2ldif' one rfc2307 <<-LDIF
	version: 1

	# entry-id: 2
	dn: nsuniqueid=ffffffff-ffffffff-ffffffff-ffffffff,dc=c,dc=example
	objectClass: top
	objectClass: nsTombstone
	objectClass: extensibleobject
	nsds50ruv: {replicageneration} 4e4e

	# entry-id: 3
	dn: cn=n1,ou=hosts,dc=c,dc=example
	$host
	nsUniqueId: 910d8842-4c3c11e5-83eea63b-366c3f94

	# entry-id: 4
	dn: nsuniqueid=b10d8842-4c3c11e5-83eea63b-366c3f94,cn=n1,ou=hosts,dc=c,dc=example
	$host
	objectClass: nsTombstone
LDIF

ok 'ldifde' one ad <<-LDIF
	dn: CN=N1,CN=Computers,DC=c,DC=example
	changetype: add
	$computer
	objectGUID:: ZHJ6dv18pEyZ2LkJs65bNw==
LDIF

ok 'ldbsearch' one ad <<-LDIF
	# record 1
	dn: CN=N1,CN=Computers,DC=c,DC=example
	$computer
	objectGUID: 4cc3e13a-cee2-46c3-868f-459eccb43ecc

	# record 2
	dn: CN=N2\0ADEL:4cc3e13a-cee2-46c3-868f-459eccb43ecd,CN=Deleted Objects,DC=c,DC=example
	$computer
	isDeleted: TRUE

	# Referral
	ref: ldap://c.example/CN=Configuration,DC=c,DC=example

	# returned 3 records
	# 2 entries
	# 1 referrals
LDIF
ok '… whose map passes over the referrals' lacks "$work/err" Configuration

end_points
