# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The whole chain with the real daemons: slapd, ldapcc, dnsmasq, dhcpd, Kea. To be sourced
# first, with the words of the command line:
#
#	. "$(dirname "$0")/lib.sh"
#	enter "$@"		[LDAPCC]; needs root, else the test is skipped (exit 77)
#	plan 2
#
# A test runs in namespaces of its own (network, mounts, processes): the machine's network
# is not touched, and every daemon is gone when the test ends, however it ends. It is the
# server of the cluster; `client` is a machine on its two networks, in a further namespace.
#
# TAP, slapd and the scratch folder come from tests/slapd/lib.sh. The environment may give
# LDAPCC, the program; vcn is expected beside it.

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
readonly here
SOURCE_ROOT=${SOURCE_ROOT:-$(realpath "$here/../..")}
# shellcheck source=tests/points.sh
. "$SOURCE_ROOT/tests/points.sh"

# What the test leaves in its folder goes with it, also where it was killed.
enter_again() {
	local result=0
	TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-e2e.XXXXXX")
	# shellcheck disable=SC2064  # the folder of now
	trap "rm -rf '$TMPDIR'" EXIT
	trap 'exit 130' INT TERM
	chmod 755 "$TMPDIR"
	export LDAPCC_TEST_INSIDE=1 TMPDIR
	timeout --foreground --kill-after=10 "${LDAPCC_TEST_TIMEOUT:-180}" \
		unshare --net --mount --pid --fork --kill-child --mount-proc \
		bash "$0" "$LDAPCC" || result=$?
	exit "$result"
}

# enter [LDAPCC]: the namespaces; the test starts again inside. One that hangs fails.
enter() {
	PATH=$PATH:/usr/sbin:/sbin
	LDAPCC=$(realpath "${1:-${LDAPCC:-$SOURCE_ROOT/build/src/ldapcc}}")
	[ -x "$LDAPCC" ] || skip_all "$LDAPCC was not built"
	if [ -z "${LDAPCC_TEST_INSIDE:-}" ]; then
		[ "$(id -u)" = 0 ] || skip_all 'needs root for namespaces'
		need ip unshare nsenter python3
		unshare --net --mount --pid --fork --kill-child ip link add type veth 2>/dev/null ||
			skip_all 'no namespaces or no veth here'
		enter_again
	fi
	export SOURCE_ROOT
	. "$SOURCE_ROOT/tests/slapd/lib.sh"
	trap leave EXIT
	chmod 755 "$scratch" # dnsmasq reads its files as another user
	# Copies: AppArmor may keep the installed programs to /etc/dhcp and the like.
	mkdir "$scratch/bin"
	PATH=$scratch/bin:$(dirname "$LDAPCC"):$PATH
	# what the sanitizers find must not pass for an exit code of the program
	export ASAN_OPTIONS=exitcode=99 LSAN_OPTIONS=exitcode=99
	ip link set lo up
}

# shellcheck disable=SC2317  # called by the trap
leave() {
	local result=$?
	clean_up
	if [ "$result" != 0 ] && [ "$result" != 77 ] && [ "${n_tests:-0}" != "${n_planned:-}" ]; then
		echo "Bail out! the test ended early with status $result"
	fi
}

# confined PROGRAM…: needed, and run from the scratch folder
confined() {
	local program
	need "$@"
	for program in "$@"; do
		cp "$(command -v "$program")" "$scratch/bin/"
	done
}

# --- networks ---

# shellcheck disable=SC2034  # for the tests
server=10.10.0.2

# The server's interfaces, `mgmt` and `vcns`, and the client's at their other ends, eth0 and
# eth1.
networks_up() {
	unshare --net sleep infinity &
	client=$!
	pids+=("$client")
	wait_for client_is_there
	ip link add mgmt type veth peer name eth0 netns "$client"
	ip link add vcns type veth peer name eth1 netns "$client"
	ip addr add "$server/24" dev mgmt
	ip addr add fd00:c::2/64 dev mgmt nodad
	ip addr add 10.20.0.1/16 dev vcns
	ip link set mgmt up
	ip link set vcns up
	client ip link set lo up
}

client_is_there() { [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$client/ns/net")" ]; }
client() { nsenter -t "$client" -n -- "$@"; }

# client_mac INTERFACE MAC
client_mac() {
	client ip link set "$1" down
	client ip addr flush dev "$1"
	client ip link set "$1" address "$2" up
	wait_for link_is_up "$1"
}

# shellcheck disable=SC2317  # called by wait_for
link_is_up() { client ip -br link show "$1" | grep -q LOWER_UP; }

# --- settings ---

# The administrator's files and ours below $scratch, as on a real machine below /.
#
# settings NAME URI [LINE…]: $scratch/NAME.yaml, state and targets of its own; LINEs are
# added to the end
settings() {
	local name=$1 uri=$2
	shift 2
	mkdir -p "$scratch/$name/etc/dnsmasq.d" "$scratch/$name/etc/dhcp" \
		"$scratch/$name/templates"
	cat >"$scratch/$name.yaml" <<-END
		directory:
		  uri: "$uri"
		  base: $SUFFIX
		state: $scratch/$name/state
		templates: [$scratch/$name/templates]
		targets:
		  dnsmasq:
		    path: $scratch/$name/etc/dnsmasq.d/ldapcc.conf
		    on-change: [$scratch/bin/control, dnsmasq, restart]
		  dnsmasq-hosts:
		    path: $scratch/$name/srv/dnsmasq/hosts
		    on-change: [$scratch/bin/control, dnsmasq, hup]
		  dhcpd:
		    path: $scratch/$name/etc/dhcp/ldapcc.conf
		    main: $scratch/$name/etc/dhcp/dhcpd.conf
		    on-change: [$scratch/bin/control, dhcpd, restart]
		  kickstart: {path: "$scratch/$name/srv/kickstart/{{fqdn}}.ks"}
		  kickstart-repos: {path: "$scratch/$name/srv/kickstart/repos/{{name}}.ks"}
		  manifest: {path: "$scratch/$name/srv/manifests/{{fqdn}}.yaml"}
	END
	printf '%s\n' "$@" >>"$scratch/$name.yaml"
}

# ldapcc NAME COMMAND…: its output in $scratch/out and err, its exit status in $status
ldapcc() {
	local name=$1
	shift
	status=0
	"$LDAPCC" --config "$scratch/$name.yaml" "$@" >"$scratch/out" 2>"$scratch/err" ||
		status=$?
}

# exits STATUS TEST NAME COMMAND…: the exit status of ldapcc
exits() {
	local want=$1 test=$2 failed=0
	shift 2
	ldapcc "$@"
	if [ "$status" != "$want" ]; then
		failed=1
		echo "# status $status, not $want"
	fi
	report $failed "$test" "$scratch/err" "$scratch/out"
}

# says PATTERN: a line of ldapcc's last findings matches the extended regular expression
says() { grep -E -- "$1" "$scratch/err"; }
not_says() { ! says "$1"; }
prints() { grep -E -- "$1" "$scratch/out"; }
is_silent() { cat "$scratch/out" "$scratch/err" && [ ! -s "$scratch/out" ] && [ ! -s "$scratch/err" ]; }

# Everything that can be seen of files: path, inode, size, mode, owner, times. Without the
# lock, which names who held it last.
# A file of entries or a roster has a name in each generation that is made of it, also in one given
# up then: its last time is when it got or lost one.
snapshot() {
	find "$@" ! -name lock -printf '%p %y %i %s %m %U:%G %T@ %C@\n' |
		sed -E '/\/(entries|roster|window\/[0-9]+)(\.base)? f /s/ [^ ]*$//' | sort
}

# --- daemons ---

# The script that on-change commands call, and the tests too: `control DAEMON ACTION`. It
# notes what it was called for in $scratch/told.
control_new() {
	cat >"$scratch/bin/control" <<-END
		#!/bin/bash
		set -eu
		scratch=$scratch
		PATH=$PATH
	END
	cat >>"$scratch/bin/control" <<-'END'
		daemon=$1 action=$2
		echo "$daemon $action" >>"$scratch/told"
		if [ -e "$scratch/broken-$daemon" ]; then
			echo "$daemon is broken today" >&2
			. "$scratch/broken-$daemon"
		fi
		is_running() { kill -0 "$(cat "$scratch/$daemon.pid" 2>/dev/null)" 2>/dev/null; }
		stop() {
			is_running || return 0
			pid=$(cat "$scratch/$daemon.pid")
			kill "$pid"
			while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
			rm -f "$scratch/$daemon.pid"
		}
		start() {
			! is_running || return 0
			"$scratch/bin/start-$daemon" >"$scratch/$daemon.start" 2>&1 </dev/null || {
				cat "$scratch/$daemon.start" >&2
				exit 1
			}
		}
		case $action in
		start) start ;;
		stop) stop ;;
		restart) stop; start ;;
		hup) kill -HUP "$(cat "$scratch/$daemon.pid")" ;;
		esac
	END
	chmod 755 "$scratch/bin/control"
	: >"$scratch/told"
}

control() { "$scratch/bin/control" "$@"; }

# told_is LINE…: exactly what on-change commands were called for; '' for nothing
told_is() {
	sort "$scratch/told" | diff - <(printf '%s\n' "$@" | sed '/^$/d' | sort)
}

# start_script DAEMON LINE…: how control starts it
start_script() {
	local daemon=$1
	shift
	printf '%s\n' '#!/bin/bash' 'set -eu' "$@" >"$scratch/bin/start-$daemon"
	chmod 755 "$scratch/bin/start-$daemon"
}

# dnsmasq as an administrator has it: a configuration of his own that reads a folder, in
# which is ours. What it does not know it asks a server that knows everything.
dnsmasq_new() {
	local name=$1 interface
	cat >"$scratch/dnsmasq.conf" <<-END
		conf-dir=$scratch/$name/etc/dnsmasq.d,*.conf
		no-resolv
		no-hosts
		server=127.0.0.1#5353
		bind-interfaces
		log-queries
		log-facility=$scratch/dnsmasq.log
		pid-file=$scratch/dnsmasq.pid
	END
	for interface in lo mgmt vcns; do
		echo "interface=$interface" >>"$scratch/dnsmasq.conf"
	done
	start_script dnsmasq "dnsmasq -C $scratch/dnsmasq.conf"
	start_script upstream "dnsmasq --port=5353 --listen-address=127.0.0.1 --bind-interfaces \
		--conf-file=/dev/null --no-resolv --no-hosts --address=/#/192.0.2.66 --log-queries \
		--log-facility=$scratch/upstream.log --pid-file=$scratch/upstream.pid"
}

# dhcpd, with the administrator's file that includes ours
dhcpd_new() {
	local name=$1
	cat >"$scratch/$name/etc/dhcp/dhcpd.conf" <<-END
		# the administrator's
		authoritative;
		ping-check false;
		include "$scratch/$name/etc/dhcp/ldapcc.conf";
	END
	: >"$scratch/dhcpd.leases"
	start_script dhcpd "dhcpd -4 -cf $scratch/$name/etc/dhcp/dhcpd.conf \
		-lf $scratch/dhcpd.leases -pf $scratch/dhcpd.pid mgmt vcns"
}

is_answering() { dig +short +tries=1 +time=1 @127.0.0.1 "$1" | grep -q .; }

# --- what the daemons answer ---

# Asks for every name and every address of the hosts file FILE: the answers must be
# exactly what the file says.
resolves_all() {
	python3 "$here/hosts-queries.py" "$1" "$scratch/queries" "$scratch/expected"
	timeout 30 dig @"$server" +noall +answer +tries=2 +time=2 -f "$scratch/queries" |
		awk '!/^;/ { print $1, $4, $5 }' | sort -u >"$scratch/answers"
	[ -s "$scratch/answers" ] && diff "$scratch/expected" "$scratch/answers"
}

# answers NAME TYPE WORD…: what the server answers, as a set
answers() {
	local name=$1 type=$2
	shift 2
	dig +short +tries=2 +time=2 @"$server" "$name" "$type" | sort |
		diff - <(printf '%s\n' "$@" | sed '/^$/d' | sort)
}
is_nxdomain() { dig +tries=2 +time=2 @"$server" "$@" | grep 'status: NXDOMAIN'; }

# lease INTERFACE MAC: gets one with dhclient; what the server gave is in $scratch/lease
lease() {
	local interface=$1 mac=$2 got=0
	cat >"$scratch/bin/lease-script" <<-END
		#!/bin/bash
		case \$reason in
		BOUND)
			env | sed -n 's/^new_//p' | sort >$scratch/lease
			ip addr add "\$new_ip_address/\$new_subnet_mask" dev "\$interface"
			;;
		esac
		exit 0
	END
	chmod 755 "$scratch/bin/lease-script"
	cat >"$scratch/dhclient.conf" <<-END
		timeout 20;
		initial-interval 1;
		request subnet-mask, broadcast-address, routers, domain-name, domain-search,
			domain-name-servers, host-name, ntp-servers, interface-mtu;
	END
	rm -f "$scratch/lease" "$scratch/dhclient.leases"
	client_mac "$interface" "$mac"
	client dhclient -4 -1 -v -cf "$scratch/dhclient.conf" -lf "$scratch/dhclient.leases" \
		-pf "$scratch/dhclient.pid" -sf "$scratch/bin/lease-script" "$interface" \
		>"$scratch/dhclient.log" 2>&1 || got=$?
	kill "$(cat "$scratch/dhclient.pid")" 2>/dev/null || true
	if [ "$got" != 0 ] || [ ! -s "$scratch/lease" ]; then
		cat "$scratch/dhclient.log"
		return 1
	fi
}

# leased KEY VALUE…: of the last lease
leased() {
	cat "$scratch/lease"
	while [ $# -gt 0 ]; do
		grep -qxF -- "$1=$2" "$scratch/lease" || return 1
		shift 2
	done
}
