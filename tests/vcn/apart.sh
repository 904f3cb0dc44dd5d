#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# apart.sh VCN - what this host does not let a manifest do: bridges, images that are written,
# who has signed it; `check --host`; the way out of `network: user`; metrics.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
cp "$here/hostile-qemu.py" "$work/qemu"
chmod 755 "$work/qemu"
# shellcheck disable=SC2119
settings() { write_settings "$@" "qemu: ${qemu:-$work/qemu}"; }
mkdir "$work/images/kept"
truncate -s 1M "$work/images/disk.raw" "$work/images/kept/disk.raw"
chmod 644 "$work/images/"*.raw "$work/images/kept/"*.raw

# one NAME IMAGE-KEYS [INTERFACES] - a manifest of one VCN
one() {
	begin_manifest 1
	n_guests=1
	cat >>"$work/body.yaml" <<-ENTRY
		  - name: $1
		    fqdn: $1.c.example
		    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-000000000001
		    memory: 1
		    cpus: 1
		    image: {format: raw, $2}
		    interfaces: ${3:-[]}
	ENTRY
	end_manifest whole
}
disk="path: $work/images/disk.raw"
nic="[{mac: \"02:5a:00:00:00:01\", bridge: br0, mtu: 1400}]"

# Bridges
one nulls "$disk" "$nic"
settings "bridges: [br7]"
ok "a bridge that guests may not be on" exits 3 vcn run nulls
ok "is named" says "no guest of this host may be on bridge 'br0'"
ok "the same by apply" exits 5 vcn apply
ok "check --host says so" exits 3 vcn check --host node01.c.example "$work/manifest.yaml"
settings "bridges: []"
ok "no bridge at all" exits 3 vcn run nulls
settings "bridges: [br0, br7]"
ok "one of those that it may" exits 0 vcn check --host node01.c.example "$work/manifest.yaml"
settings "bridge-map: {br0: br9}" "bridges: [br0]"
ok "by its name on this host" exits 3 vcn run nulls

# Images that are written
one nulls "$disk, snapshot: no"
settings "writable-roots: [$work/images/kept]"
ok "an image that guests may not write" exits 3 vcn run nulls
ok "is named" says "disk.raw' is none that a guest of this host may write to"
settings "writable-roots: []"
ok "none at all" exits 3 vcn run nulls
settings
ok "any, where nothing is said" exits 0 vcn start nulls
vcn kill nulls >/dev/null
one nulls "path: $work/images/kept/disk.raw, snapshot: no"
settings "writable-roots: [$work/images/kept]"
ok "one where they may" exits 0 vcn start nulls
vcn kill nulls >/dev/null
one nulls "$disk"
settings "writable-roots: []"
ok "a master image is not meant" exits 0 vcn start nulls
vcn kill nulls >/dev/null

# Signatures
if openssl genpkey -algorithm ed25519 -out "$work/manifest.key" 2>/dev/null; then
	openssl pkey -in "$work/manifest.key" -pubout -out "$work/manifest.pub"
	openssl genpkey -algorithm ed25519 -out "$work/other.key"
	sign() { openssl pkeyutl -sign -rawin -inkey "$work/${1:-manifest.key}" \
		-in "$work/manifest.yaml" -out "$work/manifest.yaml.sig"; }
	rm -rf "${work:?}/lib" # the serials of before
	settings "manifest-key: $work/manifest.pub"
	ok "no signature" exits 3 vcn apply
	ok "is told" says "there is no signature beside it"
	sign
	ok "a signature" exits 0 vcn apply
	ok "its guest runs" is_state nulls ready
	ok "status" exits 0 vcn status
	sign other.key
	ok "by another key" exits 3 vcn apply
	ok "is told, too" says "is not of this manifest by the key"
	ok "nothing was stopped" is_state nulls ready
	sign
	sed -i 's/memory: 1$/memory: 2/' "$work/body.yaml"
	end_manifest whole
	ok "of another content" exits 3 vcn apply
	sign
	ok "signed again" exits 0 vcn apply
	truncate -s 63 "$work/manifest.yaml.sig"
	ok "one that was cut" exits 3 vcn apply
	: >"$work/manifest.yaml.sig"
	ok "an empty one" exits 3 vcn diff
	sign
	ok "check --host looks at it as well" exits 0 vcn check --host node01.c.example \
		"$work/manifest.yaml"
	openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out "$work/rsa.pub" 2>/dev/null
	settings "manifest-key: $work/rsa.pub"
	ok "a key of another kind" exits 64 vcn apply
	ok "is named" says "no public Ed25519 key"
	settings "manifest-key: $work/none.pub"
	ok "no key" exits 7 vcn apply
	settings
	vcn kill --all >/dev/null
else
	skip "signatures" "this openssl has no Ed25519"
fi

# check --host
settings
preflight() { exits "$1" "$VCN" --config "$work/vcn.yaml" --host node01.c.example check \
	"$work/manifest.yaml"; }
one nulls "$disk" "$nic"
ok "preflight" preflight 0
ok "says nothing of the guest" equal "$(grep -v '^note: .*guests' "$work/said")" ""
ok "starts nothing" no_qemu
ok "and makes nothing" no_tap
mkdir "$work/sysctl"
if mount --bind "$work/sysctl" /proc/sys/net; then
	mkdir "$work/sysctl/bridge"
	echo 1 >"$work/sysctl/bridge/bridge-nf-call-iptables"
	echo 0 >"$work/sysctl/bridge/bridge-nf-call-ip6tables"
	ok "a host whose iptables sees what passes its bridges" preflight 0
	ok "is told" says "passes this host's iptables, .*sysctl net.bridge.bridge-nf-call-iptables=0"
	ok "once" equal "$(grep -c "passes this host's" "$work/said")" 1
	umount /proc/sys/net
fi
one nulls "$disk" "${nic/br0/br7}"
ok "no such bridge" preflight 7
ok "is told" says "no bridge 'br7'"
one nulls "$disk" "${nic/1400/9000}"
ok "too large an MTU" preflight 7
ok "is told" says "MTU 9000 is more than the 1500"
one nulls "$disk" "${nic/mtu/vlan: 5, mtu}"
ok "a VLAN, of a bridge that knows none" preflight 7
ok "is told" says "VLAN 5 needs a bridge that filters VLANs"
ip link set br0 down
one nulls "$disk" "$nic"
ok "a bridge that is down" preflight 7
ok "is told" says "bridge 'br0' is down \(ip link set br0 up\)"
ip link set br0 up
one nulls "path: $work/images/none.raw"
ok "no such image" preflight 10
one nulls "path: $work/images/disk.raw, format: qcow2"
sed -i 's/format: raw, //' "$work/body.yaml"
end_manifest whole
ok "an image that is none" preflight 10
ok "is told" says "is no qcow2 image"
one nulls "$disk"
sed -i 's/memory: 1$/memory: 100000000/' "$work/body.yaml"
end_manifest whole
ok "no memory" preflight 5
ok "is told" says "does not fit"
one nulls "$disk"
qemu=/nowhere/qemu settings
ok "no QEMU" preflight 69
settings "network: user" "passt: /nowhere/passt"
ok "no passt" preflight 69
ok "is told" says "'/nowhere/passt' is not installed"
if [ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm 2>/dev/null; then
	settings "accel: kvm"
	ok "no KVM" preflight 69
	umount /dev/kvm 2>/dev/null || true
fi
begin_manifest 1 node02.c.example
end_manifest whole
settings
ok "another host's" preflight 3
ok "without a name it is not asked" env VCN_HOST=node01.c.example "$VCN" check "$work/manifest.yaml"
ok "nothing to check" exits 64 "$VCN" check

# Metrics
one nulls "$disk"
vcn start nulls >/dev/null
vcn status --metrics >"$work/metrics"
ok "metrics end as OpenMetrics does" equal "$(tail -n 1 "$work/metrics")" "# EOF"
ok "every line is one of its kinds" exits 1 grep -vE "^(# (TYPE|HELP) [a-z_]+ .+|# EOF|[a-z_]+(\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*\})? [0-9.]+)\$" "$work/metrics"
ok "the state" grep -qx 'vcn_state{vcn="nulls",vcn_state="ready"} 1' "$work/metrics"
ok "and that it is no other" equal "$(grep -c '^vcn_state.* 1$' "$work/metrics")" 1
ok "its memory" grep -qx 'vcn_memory_bytes{vcn="nulls"} 1048576' "$work/metrics"
ok "how long its boot took" grep -q '^vcn_boot_seconds{vcn="nulls",stage="ready"} 0\.' "$work/metrics"
ok "the exit status" grep -qx 'vcn_exit_status 0' "$work/metrics"
vcn kill --all >/dev/null

# network: user
if ! command -v passt >/dev/null; then
	skip "a guest's way out" "no passt"
	finish_tests
	exit
fi
write_settings "network: user" "passt: /nowhere/passt"
begin_manifest 2
guest vcn001 "vcn.reach=192.0.2.1:8000 vcn.reach=192.0.2.1:8001" "readiness: none"
end_manifest whole
ok "without passt nothing starts" exits 69 vcn start vcn001
write_settings "network: user"
mkdir "$work/served"
chmod 755 "$work/served"
"${beyond[@]}" python3 -m http.server -d "$work/served" -b 192.0.2.1 8000 >/dev/null 2>&1 &
disown
# what a gateway that is the host's loopback would show
python3 -m http.server -d "$work/served" -b 127.0.0.1 8001 >/dev/null 2>&1 &
disown
ok "with it a guest" exits 0 vcn start vcn001
if [ -L /bin ]; then
	write_settings "network: user" "qemu: /bin/qemu-system-x86_64"
	ok "a QEMU by a path that goes through a link" exits 0 vcn check
	write_settings "network: user" "qemu-roots: [/bin, /usr, /usr/local]"
	ok "what QEMU has anyway is named as well" exits 0 vcn check
	write_settings "network: user"
fi
passt=$(pgrep -x 'passt(.avx2)?' | head -n 1)
ok "has a passt" grep -q -- --no-map-gw "/proc/${passt:-0}/cmdline"
ok "of its own, as its own user" equal \
	"$(awk '$1 == "Uid:" { print $2 }' "/proc/$passt/status")" "$(field vcn001 uid)"
ok "without capabilities" equal "$(awk '$1 == "CapEff:" { print $2 }' "/proc/$passt/status")" \
	0000000000000000
ok "has an address" within 90 console_says vcn001 "guest: lease 192.0.2.2/24"
ok "gets out" within 90 console_says vcn001 "guest: connected to 192.0.2.1:8000"
ok "and not to the host's loopback" within 90 console_says vcn001 "guest: not connected to 192.0.2.1:8001"
kill -KILL "$passt"
vcn apply >/dev/null 2>&1 || true
ok "without its passt it is degraded" exits 5 vcn status
ok "for a reason" says "its network is gone: passt has ended"
ok "kill" exits 0 vcn kill vcn001
ip route del default
ok "a host without a way out" exits 5 vcn start vcn001
ok "says what passt says" says "passt has ended: .*(routable|interface)"
no_passt() { equal "$(pgrep -x 'passt(.avx2)?' || true)" ""; }
ok "no passt is left" within 5 no_passt
finish_tests
