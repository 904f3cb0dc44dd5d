#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `bind: gssapi` with a private Kerberos realm.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
for program in krb5kdc kdb5_util kadmin.local kinit; do
	if ! command -v $program >/dev/null; then
		echo "1..0 # SKIP $program is not installed"
		exit 0
	fi
done
if ! compgen -G '/usr/lib/*/sasl2/libgssapiv2.so*' >/dev/null &&
	! compgen -G '/usr/lib*/sasl2/libgssapiv2.so*' >/dev/null; then
	echo '1..0 # SKIP the SASL plugin for GSSAPI is not installed'
	exit 0
fi
plan 5

# --- the realm ---

krb=$scratch/krb
mkdir "$krb"
kdc=$(free_port)
cat >"$krb/krb5.conf" <<-EOT
	[libdefaults]
	default_realm = C.EXAMPLE
	dns_lookup_kdc = false
	rdns = false
	dns_canonicalize_hostname = false
	udp_preference_limit = 1
	[realms]
	C.EXAMPLE = {
		kdc = 127.0.0.1:$kdc
	}
	[domain_realm]
	localhost = C.EXAMPLE
EOT
cat >"$krb/kdc.conf" <<-EOT
	[kdcdefaults]
	kdc_listen = ""
	kdc_tcp_listen = 127.0.0.1:$kdc
	[realms]
	C.EXAMPLE = {
		database_name = $krb/principal
		key_stash_file = $krb/stash
		acl_file = $krb/acl
	}
	[logging]
	kdc = FILE:$krb/kdc.log
EOT
export KRB5_CONFIG=$krb/krb5.conf KRB5_KDC_PROFILE=$krb/kdc.conf KRB5CCNAME=FILE:$krb/cache
export KRB5_KTNAME=FILE:$krb/service.keytab KRB5RCACHENAME=none:
{
	kdb5_util create -r C.EXAMPLE -s -P master
	kadmin.local -q 'addprinc -randkey ldap/localhost'
	kadmin.local -q 'addprinc -randkey reader'
	kadmin.local -q "ktadd -k $krb/service.keytab ldap/localhost"
	kadmin.local -q "ktadd -k $krb/reader.keytab reader"
} >"$krb/log" 2>&1
krb5kdc -n >"$krb/kdc.out" 2>&1 &
pids+=($!)

# --- the server ---

port=$(free_port)
SLAPD_GLOBAL='sasl-host localhost
sasl-realm C.EXAMPLE' slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start main "ldap://127.0.0.1:$port"
uri=ldap://localhost:$port

expect 4 'binding with GSSAPI: .*is there a valid ticket' 'no ticket' --bind gssapi read "$uri"
ok 'a ticket' wait_for kinit -k -t "$krb/reader.keytab" reader
expect 0 '^entries: 65$' 'everything is read' --bind gssapi --page 10 read "$uri"
ok 'as the principal' grep -q '^identity: uid=reader,.*cn=gssapi,cn=auth$' "$scratch/err"
expect 0 '^csn: ' 'a probe' --bind gssapi --identity \
	"$(sed -n 's/^identity: //p' "$scratch/err")" probe "$uri"

finish
