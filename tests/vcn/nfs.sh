#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# nfs.sh VCN - manifests on a kernel's NFS export, as ldapcc-consumers(7) says: in user-mode Linux,
# whose kernel has server and client. The host is a network namespace behind a link that can be cut.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
# shellcheck source=SCRIPTDIR/uml.sh
. "$here/uml.sh"
if [ -z "${VCN_TEST_UML:-}" ]; then
	for program in exportfs rpc.nfsd rpc.mountd mount.nfs4; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || skip_all "no $program"
	done
fi
PATH=$PATH:/usr/sbin:/sbin
enter_uml "$@" veth nfsd nfsv4
page=$here/../../man/ldapcc-consumers.7.scd
manifests=/srv/ldapcc/manifests

# The server, and a link to the host

quoted() { # PATTERN: that line of the page
	grep -m 1 -E "$1" "$page"
}
mkdir -p "$work/etc/ldapcc"
for file in passwd group nsswitch.conf ld.so.cache alternatives netconfig protocols services; do
	[ ! -e "/etc/$file" ] || cp -a "/etc/$file" "$work/etc/"
done
printf '%s\n' "127.0.0.1 localhost" "10.98.0.254 server" "10.98.0.1 node01.c.example node01" \
	>"$work/etc/hosts"
# a tmpfs has no identity of its own that an export could go by
quoted '^/srv/ldapcc/manifests .*\(ro' | sed 's/)$/,fsid=1)/' >"$work/etc/exports"
# a client believes for up to a minute what it has seen; here for a second
quoted '^server:.* nfs4 ' | sed 's/ ro,/ ro,actimeo=1,/' >"$work/etc/fstab"
mount --bind "$work/etc" /etc
for folder in /srv /var/lib; do mount -t tmpfs files "$folder"; done
mkdir -p "$manifests" /var/lib/nfs/{rpc_pipefs,v4recovery,sm}
touch /var/lib/nfs/{etab,rmtab}
write_settings "runtime-dir: /run/vcn" "records: /var/lib/vcn/boots.jsonl" \
	"scratch: /var/lib/vcn/scratch" "memory-reserve: 0" "stop-timeout: 1"
cp "$work/vcn.yaml" /etc/ldapcc/
mount -t nfsd nfsd /proc/fs/nfsd
# Above what is exported NFSv4 shows the root, and this one (hostfs) has no file handles.
root=$work/root
mkdir "$root"
mount -t tmpfs root "$root"
mkdir -p "$root"/{usr,etc,proc,srv,var/lib,run,dev,tmp}
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
for folder in usr etc proc srv var/lib run dev; do mount --rbind "/$folder" "$root/$folder"; done
chroot "$root" exportfs -ra
chroot "$root" rpc.mountd --no-nfs-version 3
rpc.nfsd --no-nfs-version 3 2

unshare --net --mount sleep infinity &
client=$!
disown
on_host() { nsenter --target "$client" --net --mount -- "$@"; }
# shellcheck disable=SC2016 # eval expands it, each time anew
within 10 eval '[ "$(readlink "/proc/$client/ns/net")" != "$(readlink /proc/self/ns/net)" ]'
ip link add up0 type veth peer name up1 netns "$client"
ip addr add 10.98.0.254/24 dev up0
ip link set up0 up
on_host ip addr add 10.98.0.1/24 dev up1
on_host ip link set up1 up
on_host ip link set lo up

# publish SERIAL NAME...: as ldapcc does, by a rename
publish() {
	idle_manifest "$work/images/idle.img" "$@"
	cp "$work/manifest.yaml" "$manifests/.node01.new"
	mv "$manifests/.node01.new" "$manifests/node01.c.example.yaml"
}
on_vcn() { on_host "$VCN" --host node01.c.example "$@"; }
applied() { on_vcn apply && [ -e "/run/vcn/$1/state.json" ]; }

publish 1 vcn001
ok "the export is mounted, as the page says" on_host mount "$manifests"
ok "by NFS" on_host grep -q " $manifests nfs4 ro," /proc/mounts
ok "nobody writes there" exits 1 on_host touch "$manifests/x"
ok "the manifest is whole" exits 0 on_vcn check "$manifests"
ok "apply" exits 0 on_vcn apply
ok "starts the VCN" says "^vcn001: started, ready after"
publish 2 vcn001 vcn002
ok "a new manifest is seen" within 90 applied vcn002
ip link set up0 down
before=$SECONDS
ok "with the server away status answers" exits 0 on_vcn status
ok "with what runs" says "^vcn002 +ready"
ok "and why it knows no more" says "file system hangs: the last one that was applied is used"
ok "apply has nothing to do" exits 0 on_vcn apply
ok "a guest can be stopped" exits 0 on_vcn stop vcn002
ok "all that takes seconds" test $((SECONDS - before)) -lt 60
ok "and apply starts it again" exits 0 on_vcn apply
ok "from the last manifest" says "^vcn002: started"
ip link set up0 up
publish 3 vcn001
removed() { on_vcn apply && [ ! -e /run/vcn/vcn002 ]; }
ok "the server is back: what it says is done" within 120 removed
ok "by stopping what is gone" exits 0 on_vcn status
ok "the other runs on" says "^vcn001 +ready"
ok "the end" exits 0 on_vcn kill --all
on_host umount -l "$manifests"
rpc.nfsd 0
finish_tests
