#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The directories of others, each in slapd in its own shape (tests/cases-public), with the
# settings that ldapcc-adopting(7) tells: what dnsmasq and dhcpd serve from them.
#
# Every line of a walk is executed, but for two: `bind: gssapi` needs a realm with a KDC, which is
# tests/slapd/gssapi.sh's; of AD's bases the second is a partition of its own, which to slapd lies
# below the first: tests/slapd/ad.sh has both. The names of servers and /etc/ldapcc are this
# machine's; ldaps:// gets the CA of this test, as the system's trusts no certificate of ours.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
need dig openssl
confined dnsmasq dhcpd dhclient

# a walk of the manual, and its directory
walks=(
	'rfc2307 hosts-and-ethers'
	'freeipa freeipa'
	'dhcp isc-dhcp'
	'ad active-directory'
	'fusiondirectory fusiondirectory'
	'ucs univention'
)
plan $((${#walks[@]} * 8))

# walk_of MAP: the settings of its walk, as the manual has them
walk_of() {
	awk -v map="$1" '
		/^```/ { inside = !inside; if (!inside && found) { printf "%s", block; exit }
			block = ""; found = 0; next }
		inside { block = block $0 "\n" }
		inside && $1 == "schema:" && $2 == map { found = 1 }' \
		"$SOURCE_ROOT/man/ldapcc-adopting.7.scd"
}

# A certificate for the servers, by itself its CA
certificate_new() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=server \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$scratch/tls.key" \
		-out "$scratch/tls.pem" 2>"$scratch/tls.log"
}

# lines_of MAP FOLDER LDAPS: the walk's lines below `directory:`, for this machine
lines_of() {
	local map=$1 folder=$2 ldaps=$3 lines
	lines=$(walk_of "$map" | grep '^  [a-z]') || return 1
	sed -e "s|\(uri:\) ldaps:.*|\1 \"ldaps://127.0.0.1:$ldaps\"|" \
		-e "s|\(uri:\) ldapi:///$|\1 \"$(slapd_uri "$map")\"|" \
		-e "s|/etc/ldapcc/password|$scratch/password|; s|/etc/ldapcc/|$folder/|" \
		-e 's/uid=ldapcc/CN=ldapcc/' -e 's/bind: gssapi/bind: anonymous/; s/base: \[\("[^"]*"\), .*/base: \1/' \
		<<<"$lines"
	[[ $lines != *ldaps:* ]] || echo "  tls: {ca-file: $scratch/tls.pem}"
}

# reader_new MAP: the account of the walk, and its password
reader_new() {
	: >"$scratch/reader.ldif"
	[[ $1 = ad ]] || printf 'dn: cn=users,%s\nobjectClass: organizationalRole\ncn: users\n\n' \
		"$SUFFIX" >>"$scratch/reader.ldif"
	printf 'dn: CN=ldapcc,CN=Users,%s\nobjectClass: person\ncn: ldapcc\nsn: ldapcc\n%s\n' \
		"$SUFFIX" 'userPassword: secret' >>"$scratch/reader.ldif"
	(umask 077 && printf secret >"$scratch/password")
	slapd_load "$1" "$scratch/reader.ldif"
}

# load MAP FOLDER: a slapd with the directory, and $scratch/MAP.yaml
load() {
	local map=$1 folder=$SOURCE_ROOT/tests/cases-public/$2 schema=/etc/ldap/schema ldaps
	[ -d "$schema" ] || schema=/etc/openldap/schema
	python3 "$SOURCE_ROOT/tests/slapd/foreign-schema.py" "$folder/input.ldif" "$SUFFIX" \
		"$scratch/foreign-$map" "$schema"/{core,cosine,nis,inetorgperson}.schema
	SLAPD_GLOBAL="TLSCertificateFile $scratch/tls.pem
TLSCertificateKeyFile $scratch/tls.key" slapd_new "$map"
	sed -i "/ldapcc.schema/a include $scratch/foreign-$map.schema" "$scratch/$map/slapd.conf"
	slapd_load "$map" "$scratch/foreign-$map.ldif" || return 1
	! grep -q '^  bind: {' <<<"$(walk_of "$map")" || reader_new "$map" || return 1
	ldaps=$(free_port)
	slapd_start "$map" "ldaps://127.0.0.1:$ldaps"
	settings "$map-site" "$(slapd_uri "$map")"
	lines_of "$map" "$folder" "$ldaps" >"$scratch/lines" || return 1
	sed -i -e '/^  \(uri\|base\):/d' -e "/^directory:/r $scratch/lines" \
		"$scratch/$map-site.yaml"
	dnsmasq_new "$map-site"
	dhcpd_new "$map-site"
}

networks_up
control_new
certificate_new
for row in "${walks[@]}"; do
	read -r map folder <<<"$row"
	ok "$map: the directory is in slapd, the settings are the manual's" load "$map" "$folder"
	exits 0 "$map: check" "$map-site" check
	exits 0 "$map: apply" "$map-site" apply
	wait_for is_answering node15.c.example || true
	ok "$map: the node's name" answers node15.c.example A 10.10.0.15
	reverse() { dig +short @"$server" -x 10.10.0.15 | grep -qx node15.c.example.; }
	ok "$map: and its address" reverse
	ok "$map: every name and address of the hosts file" resolves_all \
		"$scratch/$map-site/srv/dnsmasq/hosts"
	ok "$map: a lease" lease eth0 00:00:5e:00:53:15
	ok "$map: … with the node's address and name" leased ip_address 10.10.0.15 \
		host_name node15
	control dnsmasq stop
	control dhcpd stop
done
finish
