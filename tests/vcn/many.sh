#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# many.sh VCN - thirty guests at once on one bridge: each gets its port, its pin and its own nftables
# chain, and nothing of any of them is left. No guest boots; a script plays QEMU.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
nft list tables >/dev/null 2>&1 || skip_all "no nftables in this kernel, or no nft"
[ "$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)" -gt 7400 ] ||
	skip_all "less than 7400 MiB are free, which is counted for so many guests"
make_bridge
readonly n=30

cat >"$work/qemu" <<'QEMU'
#!/usr/bin/python3
import os, re, socket, sys
arguments = " ".join(sys.argv)
if "-machine none " in arguments:
    os.execv("/usr/bin/qemu-system-x86_64", ["qemu-system-x86_64"] + sys.argv[1:])
qmp = socket.socket(fileno=int(re.search(r"id=qmp,fd=(\d+)", arguments).group(1)))
qmp.sendall(b'{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}}}\n')
for line in qmp.makefile("rb"):
    number = re.search(rb'"id": ?(\d+)', line).group(1)
    qmp.sendall(b'{"return": {}, "id": ' + number + b'}\n')
    if b'"cont"' in line:
        qmp.sendall(b'{"event": "NIC_RX_FILTER_CHANGED", "data": {"path": "/"}}\n')
    if b'"quit"' in line:
        sys.exit(0)
QEMU
chmod 755 "$work/qemu"
write_settings "qemu: $work/qemu" "parallel: $n" "filter: true" "stop-timeout: 4" "memory-reserve: 0"

# all SERIAL - as many entries as there shall be
all() {
	local i
	begin_manifest "$1"
	for ((i = 1; i <= n; i++)); do
		MEMORY=1 guest "vcn$i" "" "readiness: none"
		sed -i "\$s/^\$//; s/\(00:$(printf %02x "$i")\", bridge: br0\)}/\1, addresses: [10.99.1.$i, \"2001:db8::$i\"]}/" \
			"$work/body.yaml"
	done
	end_manifest whole
}
tables() { nft list tables | grep -c "table netdev vcn" || true; }
some_tables() { [ "$(tables)" -gt 3 ]; }
count() { { vcn --json status || true; } | grep -c "$1" || true; }
pins() { bridge fdb show br br0 | grep -c "^02:5a:.* sticky.* static" || true; }

all 1
ok "many guests at once" exits 0 vcn apply
ok "all are ready" equal "$(count '"state":"ready"')" "$n"
ok "all have their chains, without a warning" equal "$(grep -c warning "$work/said")" 0
ok "and status says so" equal "$(count '"filtered":true')" "$n"
ok "a table each" equal "$(tables)" "$n"
ok "and a pinned MAC each" equal "$(pins)" "$n"
tap=$(field vcn7 taps | tr -dc 'a-z0-9')
ok "it is held to its own addresses" grep -q "10.99.1.7 return" <(nft list table netdev "$tap")

# Whoever makes rules by libnftables reads all that the host has, and this host has much

nft flush ruleset
for ((i = 0; i < 600; i++)); do
	echo "table netdev other$i { set s { type ipv4_addr; }; chain c { ip saddr @s drop; }; }"
done | nft -f -
ok "all chains lost" exits 0 vcn apply
ok "are put back at once" equal "$(tables)" "$n"
nft flush ruleset
ok "once more" exits 0 vcn apply
ok "and nobody is degraded" equal "$(count '"state":"ready"')" "$n"
begin_manifest 2
end_manifest whole
ok "nobody is wanted any more" exits 0 vcn apply --allow-stop="$n"
ok "no QEMU is left" within 5 no_qemu
ok "no TAP" no_tap
ok "and no table" equal "$(tables)" 0

# Killed while they start

all 3
vcn apply >/dev/null 2>&1 &
ok "while they start" within 20 some_tables
ok "they are killed" exits 0 vcn kill --all
wait "$!" || true
ok "those that were late, too" exits 0 vcn kill --all
ok "no QEMU is left" within 5 no_qemu
begin_manifest 4
end_manifest whole
ok "of nobody" exits 0 vcn apply
ok "no table is left" equal "$(tables)" 0
finish_tests
