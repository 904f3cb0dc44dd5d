#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Debian's own installer, from its netboot package, by the files that ldapcc wrote: iPXE's
# script of the machine starts it, it fetches its preseed file and the script beside that,
# and asks nothing up to its mirror, and nothing there where that answers. What follows comes from
# the mirror; here it is a udeb that stands where partitioning does. With DEBIAN_INSTALLER=1, as
# it takes minutes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pxe-lib.sh"
netboot=/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64
[ -n "${DEBIAN_INSTALLER:-}" ] || skip_all 'DEBIAN_INSTALLER=1 runs it: it takes minutes'
[ -e "$netboot/initrd.gz" ] || skip_all 'no debian-installer-12-netboot-amd64'
need cpio gzip dpkg-deb xz
enter_with_guest "$@"
patience=900

site() {
	cat <<-'END'
		dn: cn=c.example,dc=c,dc=example
		objectClass: vocCluster
		cn: c.example
		vocDomain: c.example
		vocNameServer: 10.10.0.2
		vocInstallServer: http://10.10.0.2/kickstart
		vocTimeZone: Etc/UTC

		dn: cn=management,ou=networks,dc=c,dc=example
		objectClass: vocIPNetwork
		cn: management
		ipNetworkNumber: 10.10.0.0/24
		vocGateway: 10.10.0.2
		vocNextServer: 10.10.0.2
		vocBootFile: pxelinux.0

		dn: cn=local,ou=repositories,dc=c,dc=example
		objectClass: vocPackageRepository
		cn: local
		vocBaseURL: http://10.10.0.2/local
		vocGPGKey: http://10.10.0.2/local.asc

		dn: cn=bookworm,ou=profiles,dc=c,dc=example
		objectClass: vocKickstartProfile
		cn: bookworm
		vocInstallURL: http://10.10.0.2/mirror
		vocKickstartVersion: debian12
		vocPackage: @standard
		vocRepository: cn=local,ou=repositories,dc=c,dc=example
		vocKernel: http://10.10.0.2/debian/linux
		vocInitrd: http://10.10.0.2/debian/initrd.gz
		vocKernelArguments: console=ttyS0 no_timer_check DEBIAN_FRONTEND=text TERM=dumb debian-installer/allow_unauthenticated=true
	END
	host node15 bookworm 'vocInstall: TRUE'
}
publish() {
	site >"$scratch/site.ldif"
	printf 'targets: {%s}\n' 'dnsmasq: off, dnsmasq-hosts: off, kickstart: off, kickstart-repos: off, manifest: off, preseed: {}, preseed-script: {}, ipxe: {}, ipxe-boot: {}' \
		>"$scratch/site.yaml"
	mkdir -p "$tree" "$tftp"
	ldapcc site --ldif "$scratch/site.ldif" --root "$tree" apply
	[ "$status" = 0 ] || {
		sed 's/^/# /' "$scratch/err"
		return 1
	}
}
repositories() { ln -s "$tree/srv/ldapcc/kickstart" "$http/kickstart"; }
installer() {
	mkdir "$http/debian"
	ln -s "$netboot/linux" "$netboot/initrd.gz" "$http/debian/"
}

# The kernel that the installer's modules are for: anna wants some of the mirror.
kernel_version() {
	zcat "$netboot/initrd.gz" | cpio -t --quiet 2>/dev/null |
		sed -n 's|^\(\./\)\?lib/modules/\([^/]*\)/.*|\2|p' | sort -u
}
# A udeb whose turn in the menu is that of partman-base: it says so, and shows what the script
# that preseed/run left does with the installer's own shell.
probe_udeb() {
	local root=$scratch/probe
	mkdir -p "$root/DEBIAN"
	cat >"$root/DEBIAN/control" <<-END
		Package: ldapcc-probe
		Version: 1
		Architecture: amd64
		Maintainer: nobody <nobody@c.example>
		Section: debian-installer
		Priority: standard
		Kernel-Version: $1
		Installer-Menu-Item: 4200
		Provides: partitioned-harddrives
		Description: probe
	END
	cat >"$root/DEBIAN/postinst" <<-'END'
		#!/bin/sh
		[ "$1" = configure ] || exit 0
		exec >/dev/console 2>&1
		echo "PROBE: partitioning"
		sh /ldapcc disk
		echo "PROBE: disk ended with $?"
		sleep 600
	END
	chmod 755 "$root/DEBIAN/postinst"
	dpkg-deb --root-owner-group -b "$root" "$1.udeb" >/dev/null
}
# A mirror of one udeb
mirror() {
	local folder=$http/mirror pool=pool/main/l/ldapcc-probe version part
	local index=main/debian-installer/binary-amd64
	version=$(kernel_version)
	mkdir -p "$folder/$pool" "$folder/dists/bookworm/$index" "$folder/dists/bookworm/main/binary-amd64"
	(cd "$folder/$pool" && probe_udeb "$version" && mv "$version.udeb" ldapcc-probe_1_amd64.udeb)
	(
		cd "$folder"
		cat "$scratch/probe/DEBIAN/control"
		echo "Filename: $pool/ldapcc-probe_1_amd64.udeb"
		echo "Size: $(stat -c %s "$pool/ldapcc-probe_1_amd64.udeb")"
		echo "SHA256: $(sha256sum "$pool/ldapcc-probe_1_amd64.udeb" | cut -d' ' -f1)"
	) >"$folder/dists/bookworm/$index/Packages"
	cd "$folder/dists/bookworm"
	gzip -k "$index/Packages"
	xz -k "$index/Packages"
	printf '%s\n' 'Archive: stable' 'Component: main' 'Architecture: amd64' >main/binary-amd64/Release
	{
		printf '%s\n' 'Origin: Debian' 'Suite: stable' 'Codename: bookworm' \
			'Architectures: amd64' 'Components: main' 'SHA256:'
		for part in "$index/Packages" "$index/Packages.gz" "$index/Packages.xz"; do
			echo " $(sha256sum "$part" | cut -d' ' -f1) $(stat -c %s "$part") $part"
		done
	} >Release
	cd - >/dev/null
}

# asked NAME: the questions that its text frontend put
asked() {
	! strings "$scratch/$1.console" | grep -E 'Prompt:|^ *\[Press enter|\[!!\]|\(!!\)'
}
fetches() { grep -qF "\"GET $1 HTTP" "$scratch/http.log"; }

plan 6
servers_up
mirror
dhcp_up dhcpd
boot node15 -m 1024
ok "the machine's script starts Debian's installer, which fetches its preseed file" \
	within "$patience" fetches /kickstart/node15.c.example.preseed
ok '… and the script beside it' within "$patience" fetches /kickstart/node15.c.example.sh
ok '… comes to its mirror' within "$patience" fetches /mirror/dists/bookworm/Release
ok '… and from there to partitioning' comes_to node15 'PROBE: partitioning'
ok '… having asked nothing' asked node15
ok '… where the script, in its own shell, finds no disk and says so' \
	comes_to node15 "ldapcc: no disk for 'only': set vocInstallDisk"
power_off node15
finish
