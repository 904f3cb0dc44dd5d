#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The kea-dhcp4 target: an administrator's kea-dhcp4.conf that includes our file, Kea's own
# check of both, and what Kea then gives to the machines of the sample cluster.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
confined kea-dhcp4 dhclient
plan 21

tree=$scratch/site
node05=cn=node05,ou=hosts,$SUFFIX

# Kea keeps its lock and its pid there; only this test sees this one.
mount -t tmpfs tmpfs /run
mkdir /run/kea

networks_up
client ip addr add 10.10.0.253/24 dev eth0
client ip addr add 10.20.255.1/16 dev eth1
client ip link set eth0 up
client ip link set eth1 up
wait_for link_is_up eth0
wait_for link_is_up eth1
control_new
slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start main
settings site "$(slapd_uri main)"
mkdir -p "$tree/etc/kea"
sed -i '/^targets:/,$d' "$scratch/site.yaml"
cat >>"$scratch/site.yaml" <<-END
	targets:
	  kea-dhcp4:
	    path: $tree/etc/kea/ldapcc-subnets.json
	    main: $tree/etc/kea/kea-dhcp4.conf
	    check: kea-dhcp4 -t {main}
	    on-change: [$scratch/bin/control, kea, hup]
	  dhcpd: {path: $tree/etc/dhcp/ldapcc.conf, on-change: none}
	  dnsmasq: off
	  dnsmasq-hosts: off
	  kickstart: off
	  kickstart-repos: off
	  manifest: off
END
cat >"$tree/etc/kea/kea-dhcp4.conf" <<-END
	{ // the administrator's
	  "Dhcp4": {
	    "interfaces-config": {"interfaces": ["mgmt", "vcns"], "dhcp-socket-type": "raw"},
	    "lease-database": {"type": "memfile", "persist": false},
	    "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
	      "output_options": [{"output": "stdout"}]}],
	    "subnet4": <?include "$tree/etc/kea/ldapcc-subnets.json"?>
	  }
	}
END
printf '[]\n' >"$tree/etc/kea/ldapcc-subnets.json" # what Kea starts with before the first apply
start_script kea "kea-dhcp4 -c $tree/etc/kea/kea-dhcp4.conf >$scratch/kea.log 2>&1 &" \
	"echo \$! >$scratch/kea.pid"
is_configured() { [ "$(grep -c DHCP4_CONFIG_COMPLETE "$scratch/kea.log")" -ge "$1" ]; }

control kea start
ok 'Kea runs with nothing' wait_for is_configured 1
exits 3 'a file that was there is not taken over' site apply
ok '… without being told to' says --bootstrap
exits 0 'the first apply' site apply --bootstrap
ok "Kea's own check was there" not_says no-checker
ok 'and it accepts both files' kea-dhcp4 -t "$tree/etc/kea/kea-dhcp4.conf"
ok 'Kea has read them' wait_for is_configured 2

# The machines of dhcpd's declarations, which come from the same model.
awk '/^host / { name = $2 }
	/hardware ethernet/ { mac = substr($3, 1, 17) }
	/fixed-address/ { address = substr($2, 1, length($2) - 1) }
	/^}/ && name != "" {
		print (address ~ /^10[.]10[.]/ ? "eth0" : "eth1"), mac, address, name; name = "" }' \
	"$tree/etc/dhcp/ldapcc.conf" >"$scratch/machines"
all_are_offered() {
	[ "$(wc -l <"$scratch/machines")" = 51 ] &&
		client python3 "$here/discover.py" <"$scratch/machines"
}
ok 'every machine is offered what dhcpd would give it' all_are_offered

ok 'a lease for a host' lease eth0 00:00:5e:00:53:15
ok '… with its address, router, servers and names' leased ip_address 10.10.0.105 \
	subnet_mask 255.255.255.0 routers 10.10.0.1 broadcast_address 10.10.0.255 \
	domain_name_servers 10.10.0.2 domain_name c.example domain_search c.example. \
	host_name node05.c.example dhcp_lease_time 3600 filename pxelinux.0 next_server 10.10.0.2
ok 'a lease for a machine that nobody knows' lease eth0 02:00:00:00:00:99
in_range() {
	local address
	address=$(sed -n 's/^ip_address=10\.10\.0\.//p' "$scratch/lease")
	[ "$address" -ge 200 ] && [ "$address" -le 249 ]
}
ok '… is from the dynamic range' in_range

exits 0 'apply again' site apply --full
ok 'prints nothing' is_silent
slapd_modify main <<-END
	dn: $node05
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.0.150
END
exits 0 'a host with another address' site apply
ok 'Kea has read it' wait_for is_configured 3
ok 'it gets the new one' lease eth0 00:00:5e:00:53:15
ok '… that is' leased ip_address 10.10.0.150 host_name node05.c.example

echo '},' >>"$tree/etc/kea/kea-dhcp4.conf"
snapshot "$tree/etc/kea/ldapcc-subnets.json" >"$scratch/before"
slapd_modify main <<-END
	dn: $node05
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.0.151
END
exits 5 "Kea's own check refuses" site apply
ok '… with its words' says 'kea-dhcp4\.conf:[0-9]+\.[0-9]+: syntax error'
unmoved() { snapshot "$tree/etc/kea/ldapcc-subnets.json" | diff "$scratch/before" -; }
ok 'the file is as it was' unmoved
finish
