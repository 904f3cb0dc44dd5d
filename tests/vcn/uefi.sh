#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# uefi.sh VCN - guests with UEFI firmware, with Secure Boot, and for other processors.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
descriptions=/usr/share/qemu/firmware
ls "$descriptions"/*x86_64*.json >/dev/null 2>&1 || skip_all "no UEFI firmware: install ovmf"
write_settings "network: user" "parallel: 3" "ready-timeout: 240"
truncate -s 1M "$work/images/empty.raw"
chmod 644 "$work/images/empty.raw"

begin_manifest 1
MEMORY=256 # Secure Boot does not come up with less
guest vcn001 "" "" "    firmware: uefi"
guest vcn002 "" "" "    firmware: uefi-secure"
has_arm=no
if command -v qemu-system-aarch64 >/dev/null && ls "$descriptions"/*aarch64*.json >/dev/null 2>&1; then
	has_arm=yes
	cat >>"$work/body.yaml" <<-ENTRY
		  - name: vcn003
		    fqdn: vcn003.c.example
		    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-000000000003
		    memory: 192
		    cpus: 1
		    architecture: aarch64
		    image: {path: "$work/images/empty.raw", format: raw}
		    interfaces: []
	ENTRY
	n_guests=3
fi
end_manifest whole
before=$(sha256sum /usr/share/OVMF/*VARS* 2>/dev/null || true)
ok "guests with UEFI firmware become ready" exits 0 vcn apply
ok "one has it without Secure Boot" console_says vcn001 "firmware uefi, Secure boot disabled"
ok "one with it" console_says vcn002 "firmware uefi, Secure boot enabled"
if [ "$has_arm" = yes ]; then
	ok "one for other processors comes to its firmware's shell" within 60 \
		console_says vcn003 "Shell>"
	ok "by a QEMU of its own" grep -aq qemu-system-aarch64 "/proc/$(field vcn003 pid)/cmdline"
else
	skip "one for other processors comes to its firmware's shell" "no qemu-system-arm"
fi
ok "kill" exits 0 vcn kill --all
ok "what the firmware remembers is thrown away" \
	equal "$(sha256sum /usr/share/OVMF/*VARS* 2>/dev/null || true)" "$before"
ok "no scratch is left" scratch_is_empty

# A host's own descriptions stand before the system's; what is hidden is not there.
mkdir "$work/own" "$work/none"
for file in "$descriptions"/*-secure*.json; do
	: >"$work/own/${file##*/}"
done
write_settings "network: user" "firmware: [$work/own, $descriptions]"
ok "Secure Boot without its firmware does not start" exits 5 vcn start vcn002
ok "and why" says "no UEFI firmware for x86_64 with Secure Boot.*ovmf"
ok "check of this host says it, too" exits 69 vcn check
ok "of that guest only" equal "$(grep -c 'no UEFI firmware' "$work/said")" 1
write_settings "network: user" "firmware: $work/none" "accel: kvm"
ok "guests for other processors need tcg" exits 69 vcn check
[ "$has_arm" = no ] ||
	ok "and it is said" says "'vcn003' is for aarch64, and this host's processors are x86_64"
finish_tests
