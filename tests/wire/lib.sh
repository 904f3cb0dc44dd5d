# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # asked is for the tests; scratch and SOURCE_ROOT are lib.sh's
#
# The servers at one end of a veth pair, and their clients at the other. To be sourced after
# tests/e2e/lib.sh:
#
#	. "$(dirname "$0")/../e2e/lib.sh"
#	enter "$@"
#	. "$(dirname "$0")/lib.sh"
#	wire_up
#	render ''
#	ask dhcpd dhcpd
#
# A server that is not installed is left out, and said so; $asked has the others, as words
# for `parity.py judge`.

wire=$SOURCE_ROOT/tests/wire
site=$scratch/site.ldif
asked=()
[ -d /run ] && mount -t tmpfs tmpfs /run && mkdir /run/kea
mkdir "$scratch/etc" "$scratch/srv"

cat "$wire/site.ldif" <(echo) "$wire/options.ldif" >"$site"

wire_up() {
	unshare --net sleep infinity &
	client=$!
	pids+=("$client")
	wait_for client_is_there
	ip link add srv type veth peer name eth0 netns "$client"
	sysctl -qw net.ipv6.conf.srv.accept_dad=0
	client sysctl -qw net.ipv6.conf.eth0.accept_dad=0
	# in one network of the wire: of the others it knows by vocSharedNetwork
	ip addr add 10.77.0.1/24 dev srv
	ip addr add fd00:77::1/64 dev srv nodad
	ip link set srv up
	client ip link set lo up
	client ip link set eth0 up
	wait_for link_is_up eth0
}

# render FOLDER: with templates of a site; '' for none
render() {
	cat >"$scratch/site.yaml" <<-END
		templates: [$1]
		targets:
		  dhcpd: {path: $scratch/etc/dhcpd.conf}
		  dhcpd6: {path: $scratch/etc/dhcpd6.conf}
		  kea-dhcp4: {path: $scratch/etc/kea4.conf}
		  kea-dhcp6: {path: $scratch/etc/kea6.conf}
		  dnsmasq-dhcp: {path: $scratch/etc/dnsmasq.conf}
		  dnsmasq-dhcp-hosts: {path: $scratch/srv/dhcp-hosts}
		  ipxe-boot: {}
	END
	"$LDAPCC" --config "$scratch/site.yaml" --ldif "$site" render -o / \
		dhcpd dhcpd6 kea-dhcp4 kea-dhcp6 dnsmasq-dhcp dnsmasq-dhcp-hosts 2>"$scratch/findings"
}

kea_interfaces='"srv"'
kea_main() { # 4|6
	cat >"$scratch/etc/kea-main$1.conf" <<-END
		{"Dhcp$1": {
		  $([ "$1" = 4 ] || echo "\"data-directory\": \"$scratch/srv\",")
		  "interfaces-config": {"interfaces": [$kea_interfaces]},
		  "lease-database": {"type": "memfile", "persist": false},
		  "loggers": [{"name": "kea-dhcp$1", "severity": "INFO",
		    "output_options": [{"output": "stdout"}]}],
		  <?include "$scratch/etc/kea$1.conf"?>
		}}
	END
}

# start SERVER: as an administrator has it, with our file included; its pid in $server
start() {
	case $1 in
	dhcpd | dhcpd6)
		: >"$scratch/$1.leases"
		printf '%s\n' 'authoritative;' 'ping-check false;' "include \"$scratch/etc/$1.conf\";" \
			>"$scratch/etc/$1-main.conf"
		local family=-4
		[ "$1" = dhcpd ] || family=-6
		dhcpd $family -f -cf "$scratch/etc/$1-main.conf" -lf "$scratch/$1.leases" \
			-pf "$scratch/$1.pid" srv >"$scratch/$1.log" 2>&1 &
		;;
	kea4 | kea6)
		kea_main "${1#kea}"
		"kea-dhcp${1#kea}" -c "$scratch/etc/kea-main${1#kea}.conf" >"$scratch/$1.log" 2>&1 &
		;;
	dnsmasq | dnsmasq6)
		dnsmasq -k --port=0 --no-ping --interface=srv --bind-interfaces --log-dhcp \
			--dhcp-authoritative --dhcp-leasefile="$scratch/$1.leases" --log-facility=- \
			--user=root -C "$scratch/etc/dnsmasq.conf" >"$scratch/$1.log" 2>&1 &
		;;
	esac
	server=$!
	pids+=("$server")
}

# ask SERVER PROGRAM: what it tells every client is $scratch/SERVER.json
ask() {
	local family=4
	case $1 in *6) family=6 ;; esac
	if ! command -v "$2" >/dev/null; then
		echo "# $2 is not installed: $1 is not asked"
		return
	fi
	[ -e "$scratch/bin/$2" ] || cp "$(command -v "$2")" "$scratch/bin/"
	start "$1"
	client python3 "$wire/parity.py" ask "$family" eth0 "$site" "$scratch/$1.json"
	kill "$server" 2>/dev/null || sed 's/^/# /' "$scratch/$1.log" # it had ended already
	wait "$server" 2>/dev/null || true
	asked+=("$1=$scratch/$1.json")
}
