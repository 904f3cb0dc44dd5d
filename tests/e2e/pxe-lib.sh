# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154  # here, scratch, server and status are lib.sh's
#
# Machines that boot from the network, as QEMU has them, against what ldapcc wrote: dhcpd or
# Kea, a TFTP server, the kickstart tree and repositories over HTTP. To be sourced after lib.sh:
#
#	. "$(dirname "$0")/lib.sh"
#	. "$(dirname "$0")/pxe-lib.sh"
#	enter_with_guest "$@"
#	servers_up
#	dhcp_up dhcpd | kea
#
# QEMU emulates (TCG). The installer is the launcher tests' kernel and initramfs, with an
# init of ours; a disk says LOCAL-DISK on the serial port. $tftp and $http are the folders
# that are served, $tree what ldapcc wrote.
#
#	VCN_TEST_GUEST	a folder made by tests/vcn/make-guest.sh, to share it among tests

# enter_with_guest [LDAPCC]: as enter of lib.sh. The kernel's package is fetched, so that has
# to happen before we leave the network.
enter_with_guest() {
	export LDAPCC_TEST_TIMEOUT=${LDAPCC_TEST_TIMEOUT:-850}
	if [ -z "${LDAPCC_TEST_INSIDE:-}" ]; then
		need qemu-system-x86_64 busybox
		[ "$(id -u)" = 0 ] || skip_all 'needs root for namespaces'
		[ -c /dev/net/tun ] || skip_all 'no /dev/net/tun'
		PXE_GUEST=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-pxe.XXXXXX")
		export PXE_GUEST
		trap 'rm -rf "$PXE_GUEST"' EXIT
		if [ -e "${VCN_TEST_GUEST:-}/initrd" ]; then
			cp "$VCN_TEST_GUEST/vmlinuz" "$VCN_TEST_GUEST/initrd" "$PXE_GUEST/"
		else
			"$here/../vcn/make-guest.sh" "$PXE_GUEST" >"$PXE_GUEST/log" 2>&1 ||
				skip_all "no guest: $(tail -n 1 "$PXE_GUEST/log")"
		fi
	fi
	enter "$@"
	mv "$PXE_GUEST" "$scratch/guest"
	confined dhcpd dnsmasq kea-dhcp4
	tree=$scratch/tree
	tftp=$tree/srv/tftp
	http=$scratch/http
}

# --- the site ---

# network_of NUMBER: of a node; 10 is PXE's, 11 HTTP boot's, 12 iPXE's
network_of() {
	case $1 in
	22 | 27) echo 11 ;;
	3?) echo 12 ;;
	*) echo 10 ;;
	esac
}

# host NAME PROFILE [LINE…]
host() {
	local name=$1 number=${1#node} profile=$2
	shift 2
	cat <<-END

		dn: cn=$name,ou=hosts,dc=c,dc=example
		objectClass: device
		objectClass: ipHost
		objectClass: ieee802Device
		objectClass: vocPhysicalNode
		cn: $name
		ipHostNumber: 10.$(network_of "$number").0.1$number
		macAddress: 00:00:5e:00:53:$number
		vocInstallProfile: cn=$profile,ou=profiles,dc=c,dc=example
	END
	[ $# = 0 ] || printf '%s\n' "$@"
}

# site TRUE|FALSE|OVER: for nodes 15, 16, 20 and 31, OVER as TRUE with an end that has passed; 17 is
# FALSE, the others do not say; 19 has an address that is none, so it is in quarantine, whatever
# it wants
site() {
	local armed=("vocInstall: $1") name
	[ "$1" != OVER ] || armed=('vocInstall: TRUE' 'vocInstallUntil: 20200101000000Z')
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
		vocDynamicRange: 10.10.0.200 10.10.0.249
		vocNextServer: 10.10.0.2
		vocBootFile: pxelinux.0
		vocBootFileUEFI: grub/x86_64-efi/core.efi

		dn: cn=http,ou=networks,dc=c,dc=example
		objectClass: vocIPNetwork
		cn: http
		ipNetworkNumber: 10.11.0.0/24
		vocNextServer: 10.11.0.2
		vocBootFileUEFI: not-there.efi
		vocBootURL: http://10.11.0.2/boot/loader.efi

		dn: cn=ipxe,ou=networks,dc=c,dc=example
		objectClass: vocIPNetwork
		cn: ipxe
		ipNetworkNumber: 10.12.0.0/24
		vocGateway: 10.12.0.2
		vocNextServer: 10.12.0.2
		vocBootFile: undionly.kpxe
		vocBootFileUEFI: snponly.efi
		vocBootURL: http://10.12.0.2/kickstart/boot.ipxe

		dn: cn=appstream,ou=repositories,dc=c,dc=example
		objectClass: vocPackageRepository
		cn: appstream
		vocBaseURL: http://10.10.0.2/repos/appstream/

		dn: cn=extra,ou=repositories,dc=c,dc=example
		objectClass: vocPackageRepository
		cn: extra
		vocMirrorList: http://10.10.0.2/repos/mirrors?repo=extra&arch=x86_64
		vocCost: 1500

		dn: cn=grid,ou=repositories,dc=c,dc=example
		objectClass: vocPackageRepository
		cn: grid
		vocBaseURL: http://10.10.0.2/repos/grid/

		dn: cn=el9,ou=profiles,dc=c,dc=example
		objectClass: vocKickstartProfile
		cn: el9
		vocInstallURL: http://10.10.0.2/repos/el9/
		vocKickstartVersion: RHEL9
		vocRepository: cn=appstream,ou=repositories,dc=c,dc=example
		vocRepository: cn=extra,ou=repositories,dc=c,dc=example
		vocPackage: @core
		vocKernel: /el9/vmlinuz
		vocInitrd: /el9/initrd.img
		vocKernelArguments: console=ttyS0 panic=-1 quiet

		dn: cn=el5,ou=profiles,dc=c,dc=example
		objectClass: vocKickstartProfile
		cn: el5
		vocInstallURL: http://10.10.0.2/repos/el5/
		vocKickstartVersion: RHEL5
		vocRepository: cn=grid,ou=repositories,dc=c,dc=example
		vocPackage: @core
		vocKernel: /el9/vmlinuz
		vocInitrd: /el9/initrd.img
		vocKernelArguments: console=ttyS0 panic=-1 quiet
	END
	host node15 el5 "${armed[@]}"
	host node16 el9 "${armed[@]}"
	host node17 el9 'vocInstall: FALSE'
	host node18 el9
	host node19 el9 'vocInstall: TRUE' 'ipHostNumber: 10.10.0.256'
	host node20 el9 "${armed[@]}"
	host node31 el9 "${armed[@]}"
	for name in node22 node23 node24 node27 node32; do
		host "$name" el9
	done
	for name in node33 node34; do
		host "$name" el9 'vocBootURL: http://10.12.0.2/boot/loader.efi'
	done
}

# publish TRUE|FALSE|OVER: what the servers read from now on
publish() {
	site "$1" >"$scratch/site.ldif"
	printf 'targets: {%s}\n' 'dnsmasq: off, dnsmasq-hosts: off, kickstart-repos: off, manifest: off, kea-dhcp4: {}, pxelinux: {}, grub: {}, ipxe: {}' \
		>"$scratch/site.yaml"
	ldapcc site --ldif "$scratch/site.ldif" render -o "$scratch/new"
	[ "$status" = 0 ] || [ "$status" = 10 ] || {
		sed 's/^/# /' "$scratch/err"
		return 1
	}
	rm -rf "$tree/srv/ldapcc" "$tftp/pxelinux.cfg/"01-* "$tftp/grub/grub.cfg"-*
	mkdir -p "$tree"
	cp -r "$scratch/new/." "$tree/"
	rm -rf "$scratch/new"
	# shellcheck disable=SC2016  # iPXE's; what the manual has the administrator write
	printf '%s\n' '#!ipxe' 'chain ipxe/${mac:hexhyp}.ipxe || exit 1' \
		>"$tree/srv/ldapcc/kickstart/boot.ipxe"
}

repositories() {
	local name
	ln -s "$tree/srv/ldapcc/kickstart" "$http/kickstart"
	for name in el9 el5 appstream grid mirror; do
		mkdir -p "$http/repos/$name/repodata"
		echo "<repomd/>" >"$http/repos/$name/repodata/repomd.xml"
	done
	echo http://10.10.0.2/repos/mirror/ >"$http/repos/mirrors"
}

# --- what the machines load ---

# The init of our installer: network, kickstart and repositories, as the real one has them.
installer_init() {
	cat <<-'INIT'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs dev /dev
		say() { echo "installer: $*"; }
		value() { sed -n "s/^\(.* \)\?$1=\([^ ]*\).*/\2/p" /proc/cmdline; }
		for module in $(cat /modules/order); do
			insmod "/modules/$module" 2>/dev/null
		done
		say "BOOTIF $(value BOOTIF)"
		cat >/bin/lease <<-'LEASE'
			#!/bin/busybox sh
			[ "$1" = bound ] || exit 0
			env >/tmp/lease
			ip addr add "$ip/$mask" dev "$interface"
			[ -z "$router" ] || ip route add default via "$router"
		LEASE
		chmod 755 /bin/lease
		ip link set lo up
		ip link set eth0 up
		udhcpc -q -n -t 10 -T 2 -i eth0 -s /bin/lease >/dev/null 2>&1 || say "no lease"
		. /tmp/lease
		own=$hostname.$domain
		option=inst.ks
		[ -n "$(value inst.ks)" ] || option=ks
		say "kickstart by $option, ksdevice '$(value ksdevice)'"
		wget -q -O /tmp/ks "$(value $option)" || say "no kickstart at '$(value $option)'"
		named=$(sed -n 's/^network .* --hostname=\([^ ]*\).*/\1/p' /tmp/ks)
		if [ "$named" = "$own" ]; then
			say "own kickstart $named"
		else
			say "FAILED: the kickstart of '$named', we are '$own'"
		fi
		address=$(sed -n 's/^network .* --ip=\([^ ]*\).*/\1/p' /tmp/ks)
		ip addr show dev eth0 | grep -q "inet $address/" && say "own address $address"
		asks() {
			wget -q -O /tmp/answer "$2" && say "$1 answers" || say "FAILED: $1 at $2"
		}
		for url in $(sed -n 's/^url --url=//p' /tmp/ks); do
			asks tree "${url%/}/repodata/repomd.xml"
		done
		grep '^repo ' /tmp/ks | while read -r _ line; do
			for word in $line; do
				case $word in
				--name=*) name=${word#*=} ;;
				--baseurl=*) url=${word#*=} ;;
				--mirrorlist=*)
					asks "mirror list of $name" "${word#*=}"
					url=$(cat /tmp/answer)
					;;
				esac
			done
			asks "repository $name" "${url%/}/repodata/repomd.xml"
		done
		say finished
		poweroff -f
	INIT
}

# Kernel and initramfs; of two archives in one the later has the last word.
installer() {
	mkdir -p "$tftp/el9" "$scratch/installer"
	cp "$scratch/guest/vmlinuz" "$tftp/el9/"
	installer_init >"$scratch/installer/init"
	chmod 755 "$scratch/installer/init"
	{
		cat "$scratch/guest/initrd"
		(cd "$scratch/installer" && echo init |
			busybox cpio -o -H newc -R 0:0 2>/dev/null) | gzip -1
	} >"$tftp/el9/initrd.img"
}

# A boot sector that sends its text to the serial port, polling its line status.
local_disk() {
	python3 -c '
import sys
code = bytes.fromhex("fa31c08ed8be237cfcac84c0741288c4bafd03eca82074fbbaf80388e0eeebe9f4ebfd")
disk = (code + b"LOCAL-DISK\r\n\0").ljust(510, b"\0") + b"\x55\xaa"
sys.stdout.buffer.write(disk.ljust(1 << 20, b"\0"))' >"$1"
}

# efi_program TEXT FILE: a program for UEFI that says TEXT on the serial port
efi_program() {
	printf 'serial --unit=0\nterminal_output serial\necho %s\nsleep 600\n' "$1" \
		>"$scratch/program.cfg"
	grub-mkimage -O x86_64-efi -o "$2" -p / -c "$scratch/program.cfg" \
		normal serial terminal echo sleep
}

# vendor_program FOLDER VENDOR LOADER: a loader that reads what to do beside itself, as a shim
# looks for the rest: only where the disk that it was started from is its own it says LOCAL-DISK
vendor_program() {
	printf 'serial --unit=0\nterminal_output serial\necho %s\nsleep 600\n' \
		"LOCAL-DISK $2" >"$1/grub.cfg"
	grub-mkimage -O x86_64-efi -o "$1/$3" -p "/EFI/$2" \
		normal configfile serial terminal echo sleep fat part_msdos
}

# --- the servers ---

# network NAME ADDRESS: a bridge; with a port that is up, else Kea would not listen at it
network() {
	ip link add "$1" type bridge
	ip addr add "$2/24" dev "$1"
	ip link add "$1-a" type veth peer name "$1-b"
	ip link set "$1-a" master "$1" up
	ip link set "$1-b" up
	ip link set "$1" up
}

servers_up() {
	network mgmt "$server"
	network http 10.11.0.2
	network ipxe 10.12.0.2
	mkdir -p "$http"
	publish TRUE
	repositories
	installer
	dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --enable-tftp \
		--tftp-root="$tftp" --interface=mgmt,http,ipxe --bind-interfaces --user=root \
		--pid-file="$scratch/dnsmasq.pid" --log-facility=- \
		>>"$scratch/dnsmasq.log" 2>&1 &
	pids+=($!)
	python3 -u -m http.server --directory "$http" 80 >>"$scratch/http.log" 2>&1 &
	pids+=($!)
	wait_for grep -q 'TFTP root is' "$scratch/dnsmasq.log"
	wait_for grep -q 'Serving HTTP' "$scratch/http.log"
}

kea_main() {
	cat >"$tree/etc/kea/kea-dhcp4.conf" <<-END
		{"Dhcp4": {
		  "interfaces-config": {"interfaces": ["mgmt", "http", "ipxe"]},
		  "lease-database": {"type": "memfile", "persist": false},
		  "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
		    "output_options": [{"output": "stdout"}]}],
		  <?include "$tree/etc/kea/ldapcc-dhcp4.conf"?>
		}}
	END
}

# dhcp_up dhcpd | kea: serves from now on, instead of the other
dhcp_up() {
	if [ -n "${dhcp:-}" ]; then
		kill "$dhcp"
		wait "$dhcp" 2>/dev/null || true
	fi
	: >"$scratch/dhcp.log"
	case $1 in
	dhcpd)
		: >"$scratch/dhcpd.leases"
		dhcpd -4 -d -cf "$tree/etc/dhcp/ldapcc.conf" -lf "$scratch/dhcpd.leases" \
			-pf "$scratch/dhcpd.pid" mgmt http ipxe >>"$scratch/dhcp.log" 2>&1 &
		;;
	kea)
		kea_main
		KEA_PIDFILE_DIR=$scratch KEA_LOCKFILE_DIR=none \
			kea-dhcp4 -c "$tree/etc/kea/kea-dhcp4.conf" >>"$scratch/dhcp.log" 2>&1 &
		;;
	esac
	dhcp=$!
	pids+=("$dhcp")
	wait_for grep -qE 'Server starting service|DHCP4_STARTED' "$scratch/dhcp.log"
}

# What was loaded and fetched until now is forgotten.
forget() {
	: >"$scratch/dnsmasq.log"
	: >"$scratch/http.log"
}

# --- the machines ---

# boot NAME [QEMU-ARGUMENT…]: starts it; what it says is in $scratch/NAME.console. ROM= is
# more for its network card, QEMU= another one than x86-64's.
boot() {
	local name=$1 number=${1#node} bridge=mgmt
	shift
	case $(network_of "$number") in
	11) bridge=http ;;
	12) bridge=ipxe ;;
	esac
	ip link show "tap$number" >/dev/null 2>&1 || ip tuntap add "tap$number" mode tap
	ip link set "tap$number" master "$bridge" up
	: >"$scratch/$name.console"
	"${QEMU:-qemu-system-x86_64}" -accel tcg -nodefaults -display none -no-reboot -m 256 \
		-serial "file:$scratch/$name.console" -device virtio-rng-pci \
		-netdev "tap,id=net,ifname=tap$number,script=no,downscript=no" \
		-device "virtio-net-pci,netdev=net,mac=00:00:5e:00:53:$number,bootindex=0${ROM-}" \
		"$@" >"$scratch/$name.qemu" 2>&1 &
	pids+=($!)
	echo $! >"$scratch/$name.pid"
}

power_off() {
	local name pid
	for name in "$@"; do
		pid=$(cat "$scratch/$name.pid")
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# --- what happened ---

within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# says NAME TEXT…: all of them, on its console
says() {
	local name=$1 text
	shift
	for text in "$@"; do
		grep -aqF -- "$text" "$scratch/$name.console" || return 1
	done
}

# The machine comes to the end of its installation, or to its disk, within $patience seconds.
comes_to() {
	within "${patience:-400}" says "$1" "$2" && return
	strings "$scratch/$1.console" | tail -n 10
	cat "$scratch/$1.qemu"
	tail -n 12 "$scratch/dhcp.log" "$scratch/dnsmasq.log" "$scratch/http.log"
	return 1
}

installs() {
	comes_to "$1" 'installer: finished' || return
	strings "$scratch/$1.console" | grep installer:
	says "$1" "installer: own kickstart $1.c.example" \
		"installer: own address 10.$(network_of "${1#node}").0.1${1#node}" || return
	! grep -aE 'installer: (FAILED|no )' "$scratch/$1.console"
}

# in the words of dhcpd, and of Kea
address_of() {
	local mac=00:00:5e:00:53:${1#node}
	sed -n -e "s/^DHCPACK on \(.*\) to $mac .*/\1/p" \
		-e "s/.*DHCP4_LEASE_ALLOC .*hwtype=1 $mac\].* lease \([0-9.]*\) .*/\1/p" \
		"$scratch/dhcp.log" | tail -n 1
}

# loaded NAME FILE…: just these by TFTP, besides the modules of GRUB
loaded() {
	local address
	address=$(address_of "$1")
	shift
	sed -n "s|.*sent $tftp/\(.*\) to $address\$|\1|p" "$scratch/dnsmasq.log" | sort -u |
		sed -E '/^grub\/.*\.(mod|lst|pf2|mo)$/d' | diff <(printf '%s\n' "$@" | sed '/^$/d' | sort) -
}

# fetched NAME [PATH…]: just these by HTTP, and all of them were there
fetched() {
	local address
	address=$(address_of "$1")
	shift
	[ -n "$address" ] || return 1
	sed -n "s|^$address .*\"GET \([^ ]*\) HTTP/1[^\"]*\" \([0-9]*\) .*|\1 \2|p" \
		"$scratch/http.log" | sort -u |
		diff <(printf '%s 200\n' "$@" | sed '/^ 200$/d' | sort) -
}

# publish_site WANTS TARGETS - the site of WANTS, below $tree, by the defaults changed by TARGETS
publish_site() {
	site "$1" >"$scratch/site.ldif"
	printf 'targets: {dnsmasq: off, dnsmasq-hosts: off, kickstart-repos: off, manifest: off, %s}\n' "$2" \
		>"$scratch/site.yaml"
	mkdir -p "$tree"
	ldapcc site --ldif "$scratch/site.ldif" --root "$tree" apply
	[ "$status" = 0 ] || {
		sed 's/^/# /' "$scratch/err"
		return 1
	}
}
