#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The kea-dhcp4 target: an administrator's kea-dhcp4.conf that includes our file, Kea's own
# check of both, and what Kea then gives to the machines of the sample cluster.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
LDAPCC_TEST_TIMEOUT=${LDAPCC_TEST_TIMEOUT:-300}
enter "$@"
confined kea-dhcp4 dhclient
plan 34

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
	    path: $tree/etc/kea/ldapcc-dhcp4.conf
	    main: $tree/etc/kea/kea-dhcp4.conf
	    on-change: {reload: [/run/kea/kea4-ctrl-socket, kea-dhcp4-server]}
	  dhcpd: {path: $tree/etc/dhcp/ldapcc.conf, on-change: none}
	  dnsmasq: off
	  dnsmasq-hosts: off
	  kickstart: off
	  kickstart-repos: off
	  manifest: off
END
# The administrator's file, with these lines at the end of his Dhcp4 object.
kea_main() {
	cat >"$tree/etc/kea/kea-dhcp4.conf" <<-END
		{ // the administrator's
		  "Dhcp4": {
		    "interfaces-config": {"interfaces": ["mgmt", "vcns"], "dhcp-socket-type": "raw"},
		    "lease-database": {"type": "memfile", "persist": false},
		    "control-socket": {"socket-type": "unix", "socket-name": "/run/kea/kea4-ctrl-socket"},
		    "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
		      "output_options": [{"output": "stdout"}]}],
		$(printf '%s\n' "$@")
		  }
		}
	END
}
# as README has it
ours="<?include \"$tree/etc/kea/ldapcc-dhcp4.conf\"?>"
kea_main "$ours"
printf '"subnet4": []\n' >"$tree/etc/kea/ldapcc-dhcp4.conf" # what Kea starts with before the first apply
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
		sub(/[.].*/, "", name)
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
	host_name node05 dhcp_lease_time 3600 filename pxelinux.0 next_server 10.10.0.2
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
ok '… that is' leased ip_address 10.10.0.150 host_name node05

echo '},' >>"$tree/etc/kea/kea-dhcp4.conf"
snapshot "$tree/etc/kea/ldapcc-dhcp4.conf" >"$scratch/before"
slapd_modify main <<-END
	dn: $node05
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.0.151
END
exits 5 "Kea's own check refuses" site apply
ok '… with its words' says 'kea-dhcp4\.conf:[0-9]+\.[0-9]+: syntax error'
unmoved() { snapshot "$tree/etc/kea/ldapcc-dhcp4.conf" | diff "$scratch/before" -; }
ok 'the file is as it was' unmoved


kea_main '"client-classes": [{"name": "his"}],' "$ours"
exits 5 'an administrator with client classes of his own' site apply --verbose
ok '… is told what to include instead' \
	says 'note: your Dhcp4 object has client-classes itself: .*kea-dhcp4-client-classes'
ok 'the file is as it was' unmoved

# each of our lists in one of his
cp "$scratch/site.yaml" "$scratch/parts.yaml"
sed -i "s|^state: .*|state: $scratch/parts/state|; /^  kea-dhcp4:/,/^    on-change/d" \
	"$scratch/parts.yaml"
lists=()
for list in client-classes shared-networks subnet4; do
	cat >>"$scratch/parts.yaml" <<-END
		  kea-dhcp4-$list:
		    path: $tree/etc/kea/$list.conf
		    main: $tree/etc/kea/kea-dhcp4.conf
		    on-change: {reload: [/run/kea/kea4-ctrl-socket]}
	END
	: >"$tree/etc/kea/$list.conf"
	lists+=("\"$list\": [ // his" "<?include \"$tree/etc/kea/$list.conf\"?>" '],')
done
kea_main "${lists[@]}" '"authoritative": true'
exits 0 'an administrator with lists of his own includes each of ours' parts apply --bootstrap
ok '… Kea takes them' kea-dhcp4 -t "$tree/etc/kea/kea-dhcp4.conf"
ok '… and has read them' wait_for is_configured 4
ok 'a host gets its address of now' lease eth0 00:00:5e:00:53:15
ok '… that is' leased ip_address 10.10.0.151 host_name node05

# a Kea that refuses what nobody has checked
sed -i 's|^    main:.*|&\n    check: none|' "$scratch/parts.yaml"
kea_main "${lists[@]}" '"authoritative": true, "hooks-libraries": [{"library": "/nowhere.so"}]'
slapd_modify main <<-END
	dn: $node05
	changetype: modify
	replace: ipHostNumber
	ipHostNumber: 10.10.0.152
END
exits 6 'a reload that Kea refuses is not confirmed' parts apply
ok '… with its answer' says 'it keeps its old configuration: .*nowhere'
kea_main "${lists[@]}" '"authoritative": true'
exits 0 'the next run tells it again' parts apply
ok '… and it gives the new address' lease eth0 00:00:5e:00:53:15
ok '… that is' leased ip_address 10.10.0.152
finish
