# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by the launcher's tests: `. lib.sh; enter "$@"`.
#
# A test runs in namespaces of its own (network, mounts, processes), so no bridge, TAP or
# QEMU of it can meet the machine's, and all of them are gone when it ends. It writes TAP.
# $VCN is the program, $work a scratch folder below /tmp, short because of unix sockets.
#
# VCN_TEST_GUEST	a folder made by make-guest.sh, to share it among tests

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
readonly here
# shellcheck source=tests/points.sh
. "$here/../points.sh"

# enter VCN - the namespaces, the scratch folder, the guest; must be called first
enter() {
	VCN=$(realpath "${1:?usage: $0 VCN}")
	if [ -z "${VCN_TEST_INSIDE:-}" ]; then
		[ "$(id -u)" = 0 ] || skip_all "needs root for namespaces"
		command -v "${VCN_TEST_QEMU:-qemu-system-x86_64}" >/dev/null || skip_all "no QEMU"
		need pgrep
		[ -c /dev/net/tun ] || skip_all "no /dev/net/tun"
		unshare --net --mount --pid --fork --kill-child true 2>/dev/null ||
			skip_all "no namespaces here"
		export VCN_TEST_INSIDE=1
		exec 9</proc/self/ns/net # see nsenter_outside
		# A test that hangs fails: nothing here needs so long.
		exec timeout --foreground --kill-after=10 "${VCN_TEST_TIMEOUT:-600}" \
			unshare --net --mount --pid --fork --kill-child --mount-proc \
			bash "$0" "$VCN"
	fi
	work=$(mktemp -d /tmp/vcn.XXXXXX)
	trap finish EXIT
	points_log=$work/why
	vcn=("$VCN" --config "$work/vcn.yaml" --manifest "$work/manifest.yaml"
		--host node01.c.example)
	chmod 755 "$work"
	ip link set lo up
	make_uplink
	make_guest
	write_settings
}

finish() {
	local status=$?
	umount /etc/hosts /etc /srv /run "$work"/* 2>/dev/null || true
	rm -rf "$work" || true
	if [ "$status" != 0 ] && [ "$status" != 77 ] && [ -z "${is_finished:-}" ]; then
		echo "Bail out! the test ended early with status $status"
	fi
}

make_guest() {
	local status=0
	mkdir "$work/images"
	if [ -z "${VCN_TEST_GUEST:-}" ]; then
		VCN_TEST_GUEST=$work/guest
	fi
	if [ ! -e "$VCN_TEST_GUEST/initrd" ]; then
		# the package is fetched by the caller's network, which we have left
		nsenter_outside "$here/make-guest.sh" "$VCN_TEST_GUEST" >&2 || status=$?
		[ "$status" != 77 ] || skip_all "the guest's kernel cannot be had"
		[ "$status" = 0 ] || return "$status"
	fi
	cp "$VCN_TEST_GUEST/vmlinuz" "$VCN_TEST_GUEST/initrd" "$work/images/"
	chmod 644 "$work/images/"*
}

# The network that the test was started in; its namespace is kept open as descriptor 9.
nsenter_outside() {
	if [ -e /proc/self/fd/9 ]; then
		nsenter --net=/proc/self/fd/9 -- "$@"
	else
		"$@"
	fi
}

# shellcheck disable=SC2120 # without further lines in enter()
# write_settings [LINE...] - $work/vcn.yaml, with further or overriding lines
write_settings() {
	local line
	{
		for line in "$@"; do
			echo "$line"
		done
		for line in "accel: tcg" "image-roots: $work/images" "scratch: $work/scratch" \
			"runtime-dir: $work/run" "records: $work/lib/boots.jsonl" \
			"stop-timeout: 20" "ready-timeout: 60" "memory-reserve: 64"; do
			[[ " $* " == *"${line%%:*}:"* ]] || echo "$line"
		done
	} >"$work/vcn.yaml"
}

# vcn ARGS... - with this test's settings and manifest. In the background "${vcn[@]}" is
# better: then $! is the program itself.
vcn() {
	"${vcn[@]}" "$@"
}

# make_uplink - a way out for `network: user`: out0 at 192.0.2.2, and behind it 192.0.2.1 in a
# network namespace that $beyond runs commands in
make_uplink() {
	ip link add out0 type veth peer name out1
	unshare --net sleep infinity &
	beyond=(nsenter --net="/proc/$!/ns/net" --)
	disown
	# shellcheck disable=SC2016 # eval expands it, each time anew
	within 5 eval '[ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]'
	ip link set out1 netns "$!"
	"${beyond[@]}" ip addr add 192.0.2.1/24 dev out1
	"${beyond[@]}" ip link set out1 up
	"${beyond[@]}" ip link set lo up
	ip addr add 192.0.2.2/24 dev out0
	ip link set out0 up
	ip route add default via 192.0.2.1
}

# make_bridge - br0 at 10.99.0.1/24, and dnsmasq on it for leases and names
make_bridge() {
	ip link add br0 type bridge
	ip addr add 10.99.0.1/24 dev br0
	ip link set br0 up
}

# second_host - behind make_bridge: another network namespace, the other end of whose wire is up1;
# `there COMMAND...` runs in it
second_host() {
	unshare --net sleep infinity &
	other=$!
	disown
	within 10 there true
	there ip link set lo up
	there ip link add br0 type bridge
	there ip link set br0 up
	ip link add up0 type veth peer name up1
	ip link set up1 netns "/proc/$other/ns/net"
	ip link set up0 master br0 up
}
there() { nsenter --net="/proc/$other/ns/net" -- "$@"; }

start_dnsmasq() {
	command -v dnsmasq >/dev/null || return 0
	dnsmasq --keep-in-foreground --conf-file=/dev/null --interface=br0 --bind-interfaces \
		--no-hosts --no-resolv --local=/c.example/ --user=root --pid-file="$work/dnsmasq.pid" \
		--dhcp-leasefile="$work/leases" --domain=c.example --expand-hosts \
		--dhcp-range=10.99.0.100,10.99.0.200,255.255.255.0 \
		--host-record=vcn001.c.example,10.99.0.101 \
		--host-record=vcn002.c.example,10.99.0.102 \
		--dhcp-host=02:5a:00:00:00:01,vcn001,10.99.0.101 \
		--dhcp-host=02:5a:00:00:00:02,vcn002,10.99.0.102 >"$work/dnsmasq.log" 2>&1 &
	disown # no business of `wait`
}

# begin_manifest [SERIAL [HOST]]; then guest NAME..., then end_manifest whole|bare
begin_manifest() {
	serial=${1:-1}
	n_guests=0
	printf 'manifest: 1\nhost: "%s"\nserial: %s\nvcns:\n' "${2:-node01.c.example}" \
		"$serial" >"$work/body.yaml"
}

# guest NAME [KERNEL-ARGUMENTS [IMAGE-KEYS [FURTHER-LINES]]]; its number comes from the name
guest() {
	local number
	number=$(printf '%s' "$1" | tr -dc 0-9)
	number=$(printf '%02x' "$((10#${number:-0} % 256))")
	n_guests=$((n_guests + 1))
	cat >>"$work/body.yaml" <<-ENTRY
		  - name: "$1"
		    fqdn: "$1.c.example"
		    uuid: "5f0c0a3e-2f5c-5c1e-8a5b-0000000000$number"
		    memory: ${MEMORY:-96}
		    cpus: 1
		    image:
		      kernel: "$work/images/vmlinuz"
		      initrd: "$work/images/initrd"
		      arguments: "console=ttyS0 quiet panic=-1 ${2:-}"
		      ${3:-readiness: virtserial}
		    interfaces: [{mac: "02:5a:00:00:00:$number", bridge: br0}]
		${4:-}
	ENTRY
}

end_manifest() {
	if [ "$n_guests" = 0 ]; then
		sed -i 's/^vcns:$/vcns: []/' "$work/body.yaml"
	fi
	if [ "$1" = bare ]; then
		cp "$work/body.yaml" "$work/manifest.yaml"
	else
		"$here/trailer.py" <"$work/body.yaml" >"$work/manifest.yaml"
	fi
}

# Results

finish_tests() {
	is_finished=1
	end_points
}

# exits STATUS COMMAND... - does it exit with just that? Shows what it said if not.
exits() {
	local wanted=$1 status=0 output
	shift
	output=$("$@" 2>&1) || status=$?
	[ "$status" = "$wanted" ] || {
		printf 'exit %s, not %s\n%s\n' "$status" "$wanted" "$output"
		return 1
	}
	printf '%s\n' "$output" >"$work/said"
}

# says PATTERN - does the last `exits` command's output match?
says() {
	grep -Eq -- "$1" "$work/said" || {
		echo "no /$1/ in:"
		cat "$work/said"
		return 1
	}
}

equal() {
	[ "$1" = "$2" ] || {
		echo "'$1', not '$2'"
		return 1
	}
}

# within SECONDS COMMAND... - polls until it succeeds
within() {
	local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "${EPOCHREALTIME/./}" -ge "$deadline" ]; then
			echo "not in time: $*"
			return 1
		fi
		sleep 0.02
	done
}

# field NAME KEY - of `status --json`
field() {
	{ vcn --json status "$1" || true; } | python3 -c '
import json, sys
value = json.load(sys.stdin)["vcns"][0].get(sys.argv[1])
print(value if not isinstance(value, bool) else str(value).lower())' "$2"
}

is_state() {
	equal "$(field "$1" state)" "$2"
}

# Of this process namespace, so of this test.
qemu_pids() {
	pgrep -f "guest=${1:-}" | while read -r pid; do
		grep -qs State:.Z "/proc/$pid/status" || echo "$pid"
	done
}

no_qemu() {
	equal "$(qemu_pids "${1:-}")" ""
}

no_tap() {
	equal "$(ip -br link | awk '$1 !~ /^(lo|br0|out0@.*)$/ { print $1 }')" ""
}

# Bytes that guests' writes take; what a guest wrote has no name, so the file system tells.
scratch_is_empty() {
	equal "$(find "$work/scratch" -mindepth 2 2>/dev/null)" ""
}

console_says() {
	grep -aq -- "$2" "$work/run/$1/console.log"
}
