#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# hang.sh VCN - file systems and name servers that do not answer, and supervisors that stand
# still: nothing waits for them.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
[ -c /dev/fuse ] || skip_all "no FUSE here"
command -v qemu-img >/dev/null || skip_all "no qemu-img"

# The images, the kernels and one manifest lie on a file system that hangs when it is told to.
mv "$work/images" "$work/real"
mkdir "$work/images" "$work/lists" "$work/lists.real"
qemu-img create -q -f qcow2 "$work/real/master.qcow2" 1M
chmod 644 "$work/real/"*
write_settings "network: user" "stop-timeout: 6"
begin_manifest 1
guest vcn001 "" "path: $work/images/master.qcow2
      format: qcow2
      readiness: none"
sed -i 's/interfaces: .*/interfaces: []/' "$work/body.yaml"
end_manifest whole
cp "$work/manifest.yaml" "$work/lists.real/list.yaml"
for name in images:real lists:lists.real; do
	"$here/hangfs.py" "$work/${name#*:}" "$work/${name%:*}" "$work/hang.${name%:*}" \
		2>"$work/fuse" &
	disown
done
within 5 test -e "$work/images/vmlinuz" || skip_all "no FUSE mounts here: $(cat "$work/fuse")"

# hang MOUNT REQUEST; back
hang() { echo "$2" >"$work/hang.$1"; }
back() { rm -f "$work/hang.images" "$work/hang.lists"; }
# soon SECONDS COMMAND... - does it succeed in that time?
soon() { timeout --foreground "$@"; }
on_lists() { "$VCN" --config "$work/vcn.yaml" --manifest "$work/lists/list.yaml" \
	--host node01.c.example "$@"; }
declare -fx on_lists
export VCN work

ok "a guest from there" exits 0 vcn start vcn001
ok "runs" is_state vcn001 ready
ok "and ends" exits 0 vcn kill vcn001

# Its files do not come: the supervisor hears whoever speaks to it all the same.
for what in lookup open read; do
	hang images "$what"
	vcn start vcn001 >"$work/started" 2>&1 &
	start=$!
	ok "$what hangs: it is starting" within 5 is_state vcn001 starting
	ok "$what hangs: status" soon 2 "${vcn[@]}" status vcn001
	ok "$what hangs: stop ends it" soon 3 "${vcn[@]}" stop vcn001
	wait "$start" || true
	back
	ok "$what is back: it starts" exits 0 vcn start vcn001
	ok "$what is back: kill" exits 0 vcn kill vcn001
done
hang images all
start=$(date +%s)
ok "what never comes" exits 5 vcn start vcn001
ok "is given up" test $(($(date +%s) - start)) -le 20
ok "for a reason" says "cannot be opened in time: the file system hangs"
ok "it has failed" is_state vcn001 failed
ok "log" soon 2 "${vcn[@]}" log vcn001
ok "preflight says so too" exits 7 vcn check "$work/manifest.yaml"
back

# The manifest
ok "apply from there" exits 0 on_lists apply
hang lists all
ok "a manifest that hangs: status" soon 4 bash -c "on_lists status"
ok "stop" soon 8 bash -c "on_lists stop vcn001"
ok "kill" soon 3 bash -c "on_lists kill vcn001"
ok "log" soon 3 bash -c "on_lists log vcn001"
ok "console" exits 5 soon 3 bash -c "on_lists console vcn001"
ok "check of a folder that hangs" exits 8 vcn check "$work/lists"
back

# A guest whose disk goes away under it: QEMU cannot even die, and nobody waits for that.
ok "a guest" exits 0 vcn start vcn001
hang images all
pid=$(field vcn001 pid)
start=$(date +%s)
vcn kill vcn001 >"$work/said" 2>&1 || true
ok "kill comes back" test $(($(date +%s) - start)) -le 25
ok "status" exits 5 soon 4 "${vcn[@]}" status
back
ok "when the file system is back it has ended" within 10 test ! -e "/proc/$pid/exe"

# Name servers that are gone
if mkdir "$work/etc" && cp -a /etc/. "$work/etc/" && mount --bind "$work/etc" /etc; then
	echo "nameserver 192.0.2.1" >/etc/resolv.conf
	echo "hosts: dns" >/etc/nsswitch.conf
	ip link add dead type veth peer name dead0
	ip addr add 192.0.2.2/24 dev dead
	ip link set dead up
	ip link set dead0 up
	nameless() { unshare --uts bash -c 'hostname node01; shift; exec "$@"' -- - \
		timeout --foreground "$@"; }
	ok "no name server: status" exits 5 nameless 4 "$VCN" --config "$work/vcn.yaml" status
	ok "no name server: stop" exits 0 nameless 3 "$VCN" --config "$work/vcn.yaml" stop --all
	ok "no name server: the host's name is the one of the last apply" exits 7 \
		nameless 8 "$VCN" --config "$work/vcn.yaml" apply
	ok "it is looked for under that" says "manifests/node01.c.example.yaml"
	umount -l /etc
fi

# A supervisor that stands still
ok "a guest" exits 0 vcn start vcn001
kill -STOP "$(field vcn001 supervisor_pid)"
ok "its supervisor stands still: status" exits 5 soon 4 "${vcn[@]}" status
ok "says so" says "vcn001 +degraded .*its supervisor does not answer"
ok "stop climbs over it" exits 0 soon 5 "${vcn[@]}" stop --timeout=2 vcn001
ok "and says so" says "its supervisor did not answer and was killed"
ok "nothing is left" within 2 no_qemu vcn001
ok "a guest" exits 0 vcn start vcn001
kill -STOP "$(field vcn001 supervisor_pid)"
ok "kill climbs over it" exits 0 soon 6 "${vcn[@]}" kill vcn001
ok "nothing is left" within 2 no_qemu vcn001

# Several, so long that their queues of connections are full: the others answer all the same
begin_manifest 1
for name in vcn001 vcn002 vcn003 vcn004; do
	guest "$name" "" "readiness: none"
done
sed -i 's/interfaces: .*/interfaces: []/' "$work/body.yaml"
end_manifest whole
ok "four guests" exits 0 vcn start "vcn[001-004]"
for name in vcn001 vcn002 vcn003; do
	kill -STOP "$(field "$name" supervisor_pid)"
done
python3 - "$work"/run/vcn00{1..3} <<-'END'
	import os, socket, sys
	for folder in sys.argv[1:]:
	    os.chdir(folder)
	    for i in range(40):
	        question = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
	        try:
	            question.connect("control")
	        except BlockingIOError:
	            break
END
ok "full queues: status" exits 5 soon 4 "${vcn[@]}" status
ok "is of those that stand still" equal "$(grep -c 'does not answer' "$work/said")" 3
ok "and of no other" says "^vcn004 +ready "
ok "kill ends all" exits 0 soon 20 "${vcn[@]}" kill --all
ok "nothing is left" within 2 no_qemu
finish_tests
