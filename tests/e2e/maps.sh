#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The directories of others, each in slapd in its own shape (tests/cases-public), with the
# settings that ldapcc-adopting(7) tells: what dnsmasq and dhcpd serve from them.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
need dig
confined dnsmasq dhcpd dhclient

# a walk of the manual, and its directory
walks=(
	'rfc2307 hosts-and-ethers'
	'freeipa freeipa'
	'dhcp isc-dhcp'
	'ad active-directory'
	'fusiondirectory fusiondirectory'
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

# load MAP FOLDER: a slapd with the directory, and $scratch/MAP.yaml
load() {
	local map=$1 folder=$SOURCE_ROOT/tests/cases-public/$2 schema=/etc/ldap/schema name
	[ -d "$schema" ] || schema=/etc/openldap/schema
	python3 "$SOURCE_ROOT/tests/slapd/foreign-schema.py" "$folder/input.ldif" "$SUFFIX" \
		"$scratch/foreign-$map" "$schema"/{core,cosine,nis,inetorgperson}.schema
	slapd_new "$map"
	sed -i "/ldapcc.schema/a include $scratch/foreign-$map.schema" "$scratch/$map/slapd.conf"
	slapd_load "$map" "$scratch/foreign-$map.ldif" || return 1
	slapd_start "$map"
	settings "$map-site" "$(slapd_uri "$map")"
	# of the walk what is not about this machine
	walk_of "$map" | grep -E '^  (schema|also|exclude):' >"$scratch/lines" || return 1
	sed -i "s|/etc/ldapcc/|$folder/|" "$scratch/lines"
	sed -i "/^  base:/r $scratch/lines" "$scratch/$map-site.yaml"
	dnsmasq_new "$map-site"
	dhcpd_new "$map-site"
}

networks_up
control_new
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
