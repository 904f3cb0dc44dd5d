# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# Sourced after lib.sh by tests that need what not every kernel has: `enter_uml VCN MODULE...`.
# It runs the test once more, as root of user-mode Linux on this machine's own files, and comes
# back there, with $VCN and $work set and an image that halts at once; outside it shows what that
# run says, and ends. With uml_exec=exec the test is the first process there.

# A program that user-mode Linux can run: its address space has no room for the sanitizer's. One
# build for all tests, beside the one that they test.
plain_program() {
	local build
	plain=$VCN
	[[ $(ldd "$VCN") == *libasan* ]] || return 0
	build=$(dirname "$(dirname "$VCN")")/plain
	plain=$build/src/vcn
	# shellcheck disable=SC2016
	flock "$(dirname "$VCN")" bash -c '
		[ -e "$1/build.ninja" ] ||
			meson setup "$1" "$2" --buildtype=plain -Dtests=disabled -Dman=disabled
		ninja -C "$1" src/vcn' - "$build" "$(realpath "$here/../..")" >"$work/log" 2>&1 || {
		cat "$work/log"
		exit 1
	}
}

outside_uml() {
	VCN=$(realpath "${1:?usage: $0 VCN}")
	if ! command -v linux.uml >/dev/null || [ ! -d /usr/lib/uml/modules ]; then
		skip_all "no user-mode Linux (package user-mode-linux)"
	fi
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	work=$(mktemp -d /tmp/vcn.XXXXXX)
	trap 'rm -rf "$work"' EXIT
	plain_program
	cat >"$work/init" <<-INIT
		#!/bin/bash
		export PATH=$PATH VCN_TEST_UML=1
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		mount -t hostfs host /mnt -o /
		mount -t tmpfs tmp /tmp
		mount -t tmpfs run /run
		mount -t tmpfs var /var/tmp
		${uml_exec:-} bash /mnt$here/${0##*/} /mnt$plain >/dev/tty1 2>&1
		echo o >/proc/sysrq-trigger
		sleep 60
	INIT
	chmod +x "$work/init"
	# Its kernel has another console than the test, whose lines it would break.
	timeout "${VCN_TEST_TIMEOUT:-600}" linux.uml quiet rootfstype=hostfs rootflags=/ ro \
		init="$work/init" mem=768M con=null con0=null,fd:2 con1=null,fd:1 umid="vcn$$" \
		</dev/null >"$work/said" 2>"$work/kernel" || true
	tr -d '\r' <"$work/said" | grep -aE '^(ok|not ok|#|1\.\.)' || true
	grep -aqE '^1\.\.[1-9]' "$work/said" || {
		tail -n 30 "$work/kernel" "$work/said" >&2
		echo "Bail out! user-mode Linux did not come to the end"
		exit 1
	}
	if grep -aq '^not ok' "$work/said"; then
		exit 1
	fi
	exit 0
}

# idle_manifest IMAGE SERIAL NAME... - of guests that do nothing
idle_manifest() {
	local image=$1 name
	begin_manifest "$2"
	for name in "${@:3}"; do
		n_guests=$((n_guests + 1))
		cat >>"$work/body.yaml" <<-ENTRY
			  - name: $name
			    fqdn: $name.c.example
			    uuid: 5f0c0a3e-2f5c-5c1e-8a5b-00000000000$n_guests
			    memory: 16
			    cpus: 1
			    image: {path: "$image", format: raw}
			    interfaces: []
		ENTRY
	done
	end_manifest whole
}

enter_uml() {
	local module
	[ -n "${VCN_TEST_UML:-}" ] || outside_uml "$@"
	VCN=$1
	shift
	mkdir /tmp/lib
	ln -s /mnt/usr/lib/uml/modules /tmp/lib/modules
	for module in "$@"; do
		modprobe -d /tmp "$module"
	done
	work=$(mktemp -d /tmp/vcn.XXXXXX)
	points_log=$work/why
	chmod 755 "$work"
	vcn=("$VCN" --config "$work/vcn.yaml" --manifest "$work/manifest.yaml" --host node01.c.example)
	ip link set lo up
	# cli; hlt; a jump to hlt
	mkdir "$work/images"
	printf '\372\364\353\375' >"$work/images/idle.img"
	truncate -s 510 "$work/images/idle.img"
	printf '\125\252' >>"$work/images/idle.img"
	truncate -s 1M "$work/images/idle.img"
	chmod 644 "$work/images/idle.img"
	write_settings "stop-timeout: 1" "ready-timeout: 1" "memory-reserve: 0"
	# The first QEMU is read from the machine outside, file by file, which may take a minute there.
	qemu-system-x86_64 --version >"$work/version"
}
