#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make-guest.sh DIR - a guest for the tests: DIR/vmlinuz and DIR/initrd
#
# Debian's cloud kernel with busybox as its whole system, in an initramfs: it boots in seconds
# without KVM and needs no disk. The kernel comes from the installed package
# linux-image-cloud-amd64, else the package is fetched and unpacked into DIR, not installed.
# Exit 77 where neither can be had.
#
# What the guest does is chosen on the kernel's command line:
#	vcn.deaf		ignores the power button
#	vcn.mute		never says that it is ready, but something else
#	vcn.fill		writes to the disk until it is full or gone
#	vcn.resolve=NAME	looks NAME up through the name server that DHCP gave it, and
#				pings it
#	vcn.reboot		reboots once it is up
#	vcn.panic		panics once it is up
#	vcn.late=SECONDS	says that it is ready so much later
set -euo pipefail

readonly dir=${1:?usage: make-guest.sh DIR}
readonly modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci
	failover net_failover virtio_net virtio_blk virtio_console rng-core virtio-rng
	evdev button pvpanic pvpanic-pci qemu_fw_cfg dmi-sysfs"

skip() {
	echo "make-guest.sh: $*" >&2
	exit 77
}

# Prints ROOT VERSION: where the kernel and its modules are.
find_kernel() {
	local image package
	for image in /boot/vmlinuz-*cloud-amd64; do
		if [ -e "$image" ]; then
			echo "/ ${image#/boot/vmlinuz-}"
			return
		fi
	done
	mkdir -p "$dir/package"
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$package" ] || skip "no package linux-image-cloud-amd64"
	(cd "$dir/package" && apt-get -q download "$package" >&2 &&
		dpkg-deb -x "$package"_*.deb . && rm -f "$package"_*.deb) ||
		skip "$package cannot be fetched"
	echo "$dir/package ${package#linux-image-}"
}

write_init() {
	cat >"$1" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
has() { grep -qw "$1" /proc/cmdline; }
value() { sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline; }
for module in $(cat /modules/order); do
	insmod "/modules/$module" || echo "guest: $module: not loaded"
done

# The power button: /etc/acpi/PWRF/00000080 is what acpid runs.
if ! has vcn.deaf; then
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		ls /dev/input/event* >/dev/null 2>&1 && break
		usleep 100000
	done
	acpid -f >/dev/null 2>&1 &
fi

ifconfig lo 127.0.0.1 up
for nic in /sys/class/net/eth*; do
	[ -e "$nic" ] || continue
	nic=${nic##*/}
	ip link set "$nic" up
	if udhcpc -q -n -t 3 -T 2 -i "$nic" -s /bin/lease >/dev/null 2>&1; then
		echo "guest: lease $(ip -4 -o addr show dev "$nic" | awk '{print $4}')"
	fi
done
echo "guest: host name $(hostname)"
name=$(value vcn.resolve)
if [ -n "$name" ]; then
	nslookup -type=a "$name" && echo "guest: resolved $name"
	ping -c 1 -W 5 "$name" && echo "guest: reached $name"
fi

for word in $(cat /proc/cmdline); do
	case $word in
	vcn.reach=*:*)
		word=${word#vcn.reach=}
		if nc -w 5 "${word%:*}" "${word#*:}" </dev/null >/dev/null 2>&1; then
			echo "guest: connected to $word"
		else
			echo "guest: not connected to $word"
		fi
		;;
	esac
done

for disk in /dev/vd?; do
	[ -b "$disk" ] || continue
	at=/sys/block/${disk##*/}
	echo "guest: disk $(cat "$at/serial") has $(cat "$at/size") sectors"
	if has vcn.fill; then
		echo "guest: filling $disk"
		tr '\0' x </dev/zero | dd of="$disk" bs=64k >/dev/null 2>&1
		sync
	else
		echo "guest: found $(dd if="$disk" bs=64 count=1 2>/dev/null | tr -d '\0')"
		hostname | dd of="$disk" bs=512 count=1 conv=sync >/dev/null 2>&1
		dd if=/dev/urandom of="$disk" bs=64k seek=1 count=16 >/dev/null 2>&1
		sync
		echo "guest: wrote $disk"
	fi
done

if [ -e /sys/firmware/efi ]; then
	echo "guest: firmware uefi, $(dmesg | grep -io 'secure boot [a-z ]*' | head -n 1)"
fi
# What it was given: strings of SMBIOS, and files of the firmware's.
echo "guest: serial $(cat /sys/class/dmi/id/product_serial 2>/dev/null)"
cat /sys/firmware/dmi/entries/11-*/raw 2>/dev/null | tr '\0' '\n' |
	sed -n 's/^.*io\.systemd\.credential\.binary://p' |
	while read -r string; do
		echo "guest: credential ${string%%=*} is $(echo "${string#*=}" | base64 -d)"
	done
config=/sys/firmware/qemu_fw_cfg/by_name/opt/com.coreos/config/raw
[ ! -e "$config" ] || echo "guest: ignition $(cat "$config")"

late=$(value vcn.late)
[ -z "$late" ] || sleep "$late"
if ! has vcn.mute; then
	for port in /sys/class/virtio-ports/*; do
		[ "$(cat "$port/name" 2>/dev/null)" = org.vcn.ready.0 ] || continue
		echo READY >"/dev/${port##*/}"
	done
fi
if has vcn.mute; then
	for port in /sys/class/virtio-ports/*; do
		[ "$(cat "$port/name" 2>/dev/null)" = org.vcn.ready.0 ] || continue
		echo NOT READY >"/dev/${port##*/}"
	done
fi
echo "guest: ready after $(cut -d' ' -f1 /proc/uptime) s"
has vcn.reboot && reboot -f
if has vcn.panic; then
	echo c >/proc/sysrq-trigger
fi
while :; do
	read -r line </dev/console || sleep 1
	echo "guest: heard $line"
done
INIT
	chmod 755 "$1"
}

write_lease() {
	cat >"$1" <<'LEASE'
#!/bin/busybox sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
for gateway in $router; do
	ip route add default via "$gateway"
done
mkdir -p /etc
: >/etc/resolv.conf
[ -z "$domain" ] || echo "search $domain" >>/etc/resolv.conf
for server in $dns; do
	echo "nameserver $server" >>/etc/resolv.conf
done
[ -z "$hostname" ] || hostname "$hostname"
LEASE
	chmod 755 "$1"
}

make_initrd() {
	local root=$1 version=$2 tree module file
	tree=$(mktemp -d "$dir/tree.XXXXXX")
	mkdir -p "$tree"/{bin,dev,etc/acpi/PWRF,modules,proc,sys,tmp,var/log,var/run}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	"$tree/bin/busybox" --list | grep -x acpid >/dev/null ||
		skip "this busybox has no acpid: install busybox-static"
	: >"$tree/modules/order"
	for module in $modules; do
		file=$(find "$root/lib/modules/$version" -name "$module.ko*" -print -quit)
		[ -n "$file" ] || continue # built in
		case $file in
		*.xz) xz -dc "$file" >"$tree/modules/$module.ko" ;;
		*) cp "$file" "$tree/modules/$module.ko" ;;
		esac
		echo "$module.ko" >>"$tree/modules/order"
	done
	write_init "$tree/init"
	write_lease "$tree/bin/lease"
	printf '#!/bin/busybox sh\npoweroff -f\n' >"$tree/etc/acpi/PWRF/00000080"
	chmod 755 "$tree/etc/acpi/PWRF/00000080"
	(cd "$tree" && find . | busybox cpio -o -H newc -R 0:0 2>/dev/null) |
		gzip -1 >"$dir/initrd.new"
	mv "$dir/initrd.new" "$dir/initrd"
	rm -rf "$tree"
}

command -v busybox >/dev/null || skip "busybox is missing: install busybox-static"
mkdir -p "$dir"
kernel=$(find_kernel)
read -r root version <<<"$kernel"
cp "${root%/}/boot/vmlinuz-$version" "$dir/vmlinuz"
make_initrd "${root%/}" "$version"
