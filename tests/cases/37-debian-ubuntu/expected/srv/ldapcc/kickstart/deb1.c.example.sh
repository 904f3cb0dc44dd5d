#!/bin/sh
# What the installation of deb1.c.example needs beside answers; its preseed file runs this, and then
# calls it by what is to be done.
# A site changes a block by a template of its own: ldapcc-templates(5), "Inheritance".
target=${LDAPCC_TARGET-/target}
stop() {
	for console in /dev/console /dev/tty1; do
		[ ! -w "$console" ] || echo "ldapcc: $*" >"$console"
	done
	echo "ldapcc: $*"
	exit 1
}
# A path of an NVMe disk that may have several (nvme0c0n1): nobody can open it.
is_path() {
	[ "$(cat "$1/hidden" 2>/dev/null)" = 1 ]
}
# SIZE NAME of the disks that can be written to and are no removable ones, by size
disks() {
	for disk in /sys/block/*; do
		name=${disk##*/}
		case $name in
		dm-* | fd* | loop* | md* | mtd* | nbd* | ram* | sr* | zram*) continue ;;
		esac
		! is_path "$disk" && [ "$(cat "$disk/removable")" = 0 ] && [ "$(cat "$disk/ro")" = 0 ] || continue
		size=$(cat "$disk/size")
		[ "$size" -gt 0 ] && echo "$size $name"
	done | sort -n
}
with_serial() {
	for disk in /sys/block/*; do
		! is_path "$disk" || continue
		for file in "$disk/serial" "$disk/device/serial"; do
			[ -e "$file" ] && [ "$(tr -d ' ' <"$file")" = "$1" ] && echo "${disk##*/}"
		done
	done
	for link in /dev/disk/by-id/*[_-]"$1"; do
		[ -e "$link" ] && disk=$(readlink -f "$link") && echo "${disk##*/}"
	done
}
# matching RULE: the names of all disks that it fits
matching() {
	case $1 in
	only) disks ;;
	largest) disks | awk '{ size[NR] = $1; all[NR] = $0 }
		END { for (i = 1; i <= NR; i++) if (size[i] == size[NR]) print all[i] }' ;;
	smallest) disks | awk 'NR == 1 { least = $1 } $1 == least' ;;
	size=*) disks | awk -v span="${1#size=}" 'BEGIN { split(span, gb, "-") }
		(gb[1] == "" || $1 * 512 >= gb[1] * 1e9) && (gb[2] == "" || $1 * 512 <= gb[2] * 1e9)' ;;
	serial=*) with_serial "${1#serial=}" ;;
	*) echo "$1" ;;
	esac | sed 's/.* //' | sort -u
}
# The one disk that is meant, or none: then the installer asks, and has touched nothing.
disk() {
	rule=only
	found=$(matching "$rule" | tr '\n' ' ')
	found=${found% }
	case $found in
	'') stop "no disk for '$rule': set vocInstallDisk" ;;
	*' '*) stop "several disks for '$rule': $found: set vocInstallDisk" ;;
	esac
	case $found in
	/*) ;;
	*) found=/dev/$found ;;
	esac
	device=$(readlink -f "$found")
	[ -n "$device" ] && [ -e "$device" ] || stop "no disk $found"
	debconf-set partman-auto/disk "$device"
	debconf-set grub-installer/bootdev "$device"
}
# Before apt fetches anything.
apt() {
	mkdir -p "$target/etc/apt/apt.conf.d" "$target/etc/apt/preferences.d"
	cat >"$target/etc/apt/apt.conf.d/50ldapcc" <<'LDAPCC_END'
Acquire::http::Proxy::2001:db8::f1 "http://proxy.c.example:3128";
Acquire::https::Proxy::2001:db8::f1 "http://proxy.c.example:3128";
Acquire::https::2001:db8::f1::Verify-Peer "false";
Acquire::https::2001:db8::f1::Verify-Host "false";
LDAPCC_END
	cat >"$target/etc/apt/preferences.d/ldapcc" <<'LDAPCC_END'
Package: condor* libcondor
Pin: origin "2001:db8::f1"
Pin-Priority: 500

Package: *
Pin: origin "2001:db8::f1"
Pin-Priority: -1

Package: linux-image-*
Pin: origin "apt.c.example"
Pin-Priority: -1

Package: *
Pin: origin "apt.c.example"
Pin-Priority: 990

LDAPCC_END
}
keys() {
	[ $# -gt 0 ] || return 0
	mkdir -p "$target/root/.ssh"
	chmod 0700 "$target/root/.ssh"
	printf '%s\n' "$@" >>"$target/root/.ssh/authorized_keys"
	chmod 0600 "$target/root/.ssh/authorized_keys"
}
network() {
	mkdir -p "$target/etc/netplan"
	(umask 077 && cat >"$target/etc/netplan/50-ldapcc.yaml") <<'LDAPCC_END'
network:
  version: 2
  ethernets:
    "nic-00-00-5e-00-53-01":
      match: {macaddress: "00:00:5e:00:53:01"}
      mtu: 9000
      link-local: []
    "nic-00-00-5e-00-53-02":
      match: {macaddress: "00:00:5e:00:53:02"}
      mtu: 9000
      link-local: []
    "nic-00-00-5e-00-53-05":
      match: {macaddress: "00:00:5e:00:53:05"}
      dhcp4: true
      optional: true
  bonds:
    "bond0":
      interfaces: ["nic-00-00-5e-00-53-01", "nic-00-00-5e-00-53-02"]
      parameters: {mode: "802.3ad", mii-monitor-interval: "100", lacp-rate: "fast"}
      mtu: 9000
      link-local: []
  bridges:
    "br0":
      interfaces: ["bond0"]
      parameters: {stp: false, forward-delay: 0}
      addresses:
        - "10.1.0.1/24"
        - "fd00:c::1/64"
      routes:
        - {to: "default", via: "10.1.0.254"}
        - {to: "default", via: "fe80::1"}
      nameservers:
        addresses: ["10.1.0.252", "10.1.0.253"]
        search: ["c.example"]
  vlans:
    "bond0.20":
      id: 20
      link: "bond0"
      mtu: 9000
      addresses:
        - "10.2.0.1/24"
      routes:
        - {to: "10.9.0.0/16", via: "10.2.0.254"}
LDAPCC_END
	in-target systemctl enable systemd-networkd
	rm -f "$target/etc/resolv.conf"
	: >"$target/etc/resolv.conf"
	printf 'nameserver %s\n' '10.1.0.252' '10.1.0.253' >>"$target/etc/resolv.conf"
	echo search 'c.example' >>"$target/etc/resolv.conf"
}
# A repository that is for the installation only.
forget() {
	for list in "$target"/etc/apt/sources.list "$target"/etc/apt/sources.list.d/*.list; do
		[ ! -e "$list" ] || {
			awk -v line="deb $1 $2" 'index($0, line) != 1' "$list" >"$list.new"
			cat "$list.new" >"$list"
			rm -f "$list.new"
		}
	done
}
remove() {
	for package in "$@"; do
		! in-target dpkg-query -W "$package" || in-target apt-get -y purge "$package"
	done
}
late() {
	network
	keys \
		'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFkbWluYWRtaW5hZG1pbmFkbWluYWRtaW5hZG1pbmFkbWlu admin'\''s key'
	remove 'nano'
	forget 'https://[2001:db8::f1]:8443/pub' 'x86_64/'
}
case ${1-} in
disk | apt | late)
	set -e
	"$1"
	;;
'')
	# run by the preseed file: stays, and comes in before apt-setup
	cp "$0" /ldapcc
	mkdir -p /usr/lib/post-base-installer.d
	printf '#!/bin/sh\nexec sh /ldapcc apt\n' >/usr/lib/post-base-installer.d/05ldapcc
	chmod 0755 /usr/lib/post-base-installer.d/05ldapcc
	;;
esac
# ldapcc hosts=1 vcns=0 sha256=3c72df27d60150239bb0a0100d5bd8a6e31b7844801d1ecf18f9d36d80010eab
