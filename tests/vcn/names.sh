#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# names.sh VCN - names that are long or alike, ranges, and what is no name.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
write_settings "parallel: 4"

long=$(printf 'a%.0s' {1..59})
begin_manifest 1
guest "${long}1" "" "readiness: none"
guest "${long}2" "" "readiness: none"
guest vcn003 "" "readiness: none"
guest vcn004 "" "readiness: none"
end_manifest whole

# Interface names end after 15 characters, and socket paths after 107.
ok "two names of 60 characters that differ in the last" exits 0 vcn apply
ok "have a TAP each" equal "$(ip -br link show master br0 | wc -l)" 4
ok "with the FQDN as alias" test "$(ip link show master br0 | grep -c "alias $long")" = 2
ok "and a control socket" exits 0 vcn stop "${long}1"
ok "of their own" is_state "${long}2" ready
ok "by FQDN" exits 0 vcn stop "${long}2.c.example"
ok "and without regard to case" exits 0 vcn start "${long^^}2"

ok "a range" exits 0 vcn stop "vcn[003-004]"
ok "stops both" equal "$(sort "$work/said")" "vcn003: stopped
vcn004: stopped"
ok "a range with a name that is not there" exits 64 vcn start "vcn[003-005]"
ok "starts none" no_qemu vcn00
ok "several at once" exits 0 vcn start "vcn003,vcn004" vcn003
ok "each once" equal "$(qemu_pids vcn00 | wc -l)" 2

# The folders of guests are root's alone.
as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$VCN" --config "$work/vcn.yaml" \
		--host nobody.c.example "$@"
}
if command -v setpriv >/dev/null; then
	ok "a user who may not look" exits 7 as_nobody status
	ok "is not told that nothing runs" says "the state of VCN '.*' cannot be read: Permission denied"
	ok "nor that all were stopped" exits 7 as_nobody stop --all
else
	skip "what another user sees" "no setpriv"
fi

# Whatever is no name of a VCN is no file name either.
for name in ../vcn003 /etc . .. "" "vcn003/.." $'vcn\n003' "-vcn" '%n%s' "vcn003 "; do
	for command in status log stop kill start; do
		ok "$command '$(printf %q "$name")'" exits 64 vcn "$command" -- "$name"
	done
done
ok "control characters are not printed as they are" exits 64 vcn status $'\e[31mred'
ok "but named" says '\\x1b\[31mred'
ok "a host without a manifest" exits 0 "$VCN" --config "$work/vcn.yaml" --runtime-dir "$work/none" \
	--host nobody.c.example status
ok "is told to be one" says "nobody.c.example.yaml: note: there is no manifest for this host"
ok "a runtime folder with a blank and a quote" exits 0 vcn --runtime-dir "$work/a b'c" status
ok "stop --all" exits 0 vcn stop --all
ok "leaves nothing" no_qemu
finish_tests
