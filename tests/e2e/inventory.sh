#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An inventory of some 700 entries as sites really have them (make-inventory.py), in RFC 2307
# and in our schema, through slapd and as LDIF: every fault is found, all the rest is served
# by dnsmasq and dhcpd.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
need dig
confined dnsmasq dhcpd
plan 42

networks_up
control_new
# so that answers reach the client
client ip addr add 10.10.0.253/24 dev eth0
client ip addr add 10.20.255.1/16 dev eth1
client_mac_up() {
	client ip link set eth0 up
	client ip link set eth1 up
	wait_for link_is_up eth0 && wait_for link_is_up eth1
}
client_mac_up

compare() { python3 "$here/compare-inventory.py" "$@"; }

check_of() {
	local name=$1 result=0
	shift
	"$LDAPCC" --config "$scratch/$name.yaml" --json "$@" check >"$scratch/check.json" ||
		result=$?
	[ "$result" = 10 ] && compare findings "$scratch/$name.json" "$scratch/check.json"
}

render_both() {
	local name=$1
	"$LDAPCC" --config "$scratch/$name.yaml" --quiet --ldif "$scratch/$name.ldif" \
		render -o "$scratch/$name-ldif" || return 1
	"$LDAPCC" --config "$scratch/$name.yaml" --quiet render -o "$scratch/$name-slapd" ||
		return 1
	diff -r "$scratch/$name-ldif" "$scratch/$name-slapd"
}

# What was published is what render prints, but for the manifests' serials.
published_is_rendered() {
	local name=$1 folder
	for folder in etc/dnsmasq.d srv; do
		diff -r -I '^serial: [0-9]*$' -I '^# ldapcc hosts=1 vcns=0 ' \
			"$scratch/$name/$folder" "$scratch/$name-slapd$scratch/$name/$folder" ||
			return 1
	done
	diff "$scratch/$name/etc/dhcp/ldapcc.conf" \
		"$scratch/$name-slapd$scratch/$name/etc/dhcp/ldapcc.conf"
}

# Fifty machines, spread over all.
sample_of() {
	python3 - "$scratch/$1.json" <<'END'
import json, sys
leases = json.load(open(sys.argv[1]))["leases"]
interfaces = {"mgmt": "eth0", "vcns": "eth1"}
for network, mac, address, name in leases[::len(leases) // 50][:50]:
    print(interfaces[network], mac, address, name)
END
}
fifty_are_offered() {
	sample_of "$1" >"$scratch/sample"
	[ "$(wc -l <"$scratch/sample")" = 50 ] &&
		client python3 "$here/discover.py" <"$scratch/sample"
}

quarantined_is() {
	sed -n 's/^quarantined  *\(.*\): left out, since .*/\1/p' "$scratch/out" | sort |
		diff - <(python3 -c 'import json, sys
print(*json.load(open(sys.argv[1]))["quarantined"], sep="\n")' "$scratch/$1.json" | sort)
}

for form in rfc2307 ldapcc; do
	python3 "$here/make-inventory.py" "$form" "$scratch/$form.ldif" "$scratch/$form.json"
	slapd_new "slapd-$form"
	slapd_load "slapd-$form" "$scratch/$form.ldif"
	slapd_start "slapd-$form"
	settings "$form" "$(slapd_uri "slapd-$form")" 'quarantine: {max: 10%}'
	sed -i "/^directory:/a\\  schema: $form" "$scratch/$form.yaml"
	control dnsmasq stop
	control dhcpd stop
	dnsmasq_new "$form"
	dhcpd_new "$form"
	control upstream start

	ok "$form: every fault of the LDIF file is found, with all its entries" \
		check_of "$form" --ldif "$scratch/$form.ldif"
	ok "$form: the same ones through slapd" check_of "$form"
	exits 0 "$form: apply leaves them out" "$form" apply
	[ "$n_failed" = 0 ] || exit 1
	ok "$form: the daemons' own checks were there" not_says no-checker
	exits 10 "$form: status" "$form" status
	ok "$form: has exactly those in error" quarantined_is "$form"
	ok "$form: the hosts file says what is true" compare hosts "$scratch/$form.json" \
		"$scratch/$form/srv/dnsmasq/hosts"
	ok "$form: and so do the reservations" compare leases "$scratch/$form.json" \
		"$scratch/$form/etc/dhcp/ldapcc.conf"
	ok "$form: LDIF and slapd give the same files to the byte" render_both "$form"
	ok "$form: which are those that were published" published_is_rendered "$form"
	ok "$form: dhcpd accepts them" dhcpd -4 -t -cf "$scratch/$form/etc/dhcp/dhcpd.conf"
	ok "$form: dnsmasq accepts them" dnsmasq --test -C "$scratch/dnsmasq.conf"
	ok "$form: dnsmasq starts" control dnsmasq start
	ok "$form: dhcpd starts" control dhcpd start
	[ "$n_failed" = 0 ] || exit 1
	ok "$form: every name and address resolves, and no other" resolves_all \
		"$scratch/$form/srv/dnsmasq/hosts"
	ok "$form: fifty machines are offered their addresses" fifty_are_offered "$form"
	files() { snapshot "$scratch/$form/etc" "$scratch/$form/srv" "$scratch/$form/state/generations"; }
	files >"$scratch/before"
	unmoved() { files | diff "$scratch/before" -; }
	exits 0 "$form: a second apply" "$form" apply
	ok "$form: prints nothing" is_silent
	exits 0 "$form: nor does one that reads everything" "$form" apply --full
	ok "$form: … nothing" is_silent
	ok "$form: and no file was written" unmoved
done
finish
