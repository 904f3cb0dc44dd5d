#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# installed.sh BUILD production.sh|tutorial.sh - README's way into production, or the tutorials,
# after `ninja install` (TAP)
#
# The default installation below /usr/local, on this machine but in namespaces of its own: /etc,
# /srv, /var/lib and what else is written are copies or empty, and gone with the test.
set -euo pipefail

build=$(realpath "${1:?usage: installed.sh BUILD SCRIPT}")
script=${2:?usage: installed.sh BUILD SCRIPT}
here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/points.sh
. "$here/../points.sh"

if [ -z "${LDAPCC_TEST_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || skip_all 'needs root for namespaces'
	[ -e /usr/share/slapd/slapd.init.ldif ] || skip_all "Debian's slapd is not installed"
	need ldapadd dnsmasq dhcpd ip unshare
	[ "$script" != tutorial.sh ] || need kea-dhcp4
	work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-installed.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	chmod 755 "$work" # a guest's QEMU has a user of its own
	export LDAPCC_TEST_INSIDE=$work
	timeout --foreground --kill-after=10 300 \
		unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$build" "$script"
	exit
fi

# $LDAPCC_TEST_INSIDE is shadowed by nothing: it is where what is written lands.
cp -a /etc "$LDAPCC_TEST_INSIDE/etc"
rm -f "$LDAPCC_TEST_INSIDE"/etc/{dnsmasq,dhcp/dhcpd,knot/knot}.conf
find "$LDAPCC_TEST_INSIDE/etc" -depth -name '*ldapcc*' -delete # this machine's own
mount --bind "$LDAPCC_TEST_INSIDE/etc" /etc
for folder in /usr/local /srv /var/lib /run; do
	mount -t tmpfs -o mode=755 tmpfs "$folder"
done
mkdir -p /var/lib/{kea,knot,nsd}
mkdir "$LDAPCC_TEST_INSIDE/tmp"
ip link set lo up
# a way out, which passt asks for before a guest has one
ip link add out type veth peer name away
ip addr add 192.0.2.2/24 dev out
ip link set out up
ip link set away up
ip route add default via 192.0.2.1
prefix=$(sed -n 's/.*-DLDAPCC_DATADIR="\([^"]*\)\/share\/ldapcc".*/\1/p' "$build/build.ninja" | head -n 1)
meson install -C "$build" --no-rebuild >"$LDAPCC_TEST_INSIDE/log" 2>&1 || {
	tail -n 5 "$LDAPCC_TEST_INSIDE/log"
	exit 1
}
TMPDIR=$LDAPCC_TEST_INSIDE/tmp exec bash "$here/$script" "${prefix:-/usr/local}"
