#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# hosts.sh VCN - eight hosts in namespaces, each with its network, host name and files: manifests
# by rsync, `vcn apply` by ClusterShell and by Slurm, one summary, a new image rolled over them.
# The commands are those of ldapcc-consumers(7). LDAPCC is the other program. Guests are real
# QEMUs without a system in them.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
for program in clush nodeset rsync python3; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
[ -n "${LDAPCC:-}" ] || skip_all "LDAPCC names no program"
PATH=$PATH:/usr/sbin
enter "$@"
root=$(realpath "$here/../..")
page=$root/man/ldapcc-consumers.7.scd
export LDAPCC_DATADIR=$root CLUSTERSHELL_CFGDIR=$work/clustershell

# The machine: this namespace is the server's, with folders of its own

idle_image() { # cli; hlt; a jump to hlt
	printf '\372\364\353\375' >"$1"
	truncate -s 510 "$1"
	printf '\125\252' >>"$1"
	truncate -s 1M "$1"
	chmod 644 "$1"
}
idle_image "$work/images/idle.img"
mkdir -p "$work"/{bin,hosts,etc/ldapcc/templates,clustershell,serve/manifests}
for file in passwd group nsswitch.conf ld.so.cache alternatives; do
	cp -a "/etc/$file" "$work/etc/"
done
{
	echo "127.0.0.1 localhost"
	echo "10.98.0.254 server.c.example server"
	for n in 1 2 3 4 5 6 7 8; do echo "10.98.0.$n node0$n.c.example node0$n"; done
} >"$work/etc/hosts"
write_settings "runtime-dir: /run/vcn" "records: /var/lib/vcn/boots.jsonl" \
	"scratch: /var/lib/vcn/scratch" "memory-reserve: 0" "stop-timeout: 1"
cp "$work/vcn.yaml" "$work/etc/ldapcc/"
mount --bind "$work/etc" /etc
echo "10.98.0.254 $(hostname)" >>/etc/hosts # Slurm's server is who it is
ln -s "$VCN" "$work/bin/vcn"
PATH=$work/bin:$PATH
ip link add lan0 type bridge
ip addr add 10.98.0.254/24 dev lan0
ip link set lan0 up

# own_files FOLDER: what each machine has of its own
own_files() {
	local folder
	mkdir -p "$1"/{run,srv/ldapcc/manifests,lib}
	for folder in run srv; do mount --bind "$1/$folder" "/$folder"; done
	mount --bind "$1/lib" /var/lib
}
own_files "$work/server"
# make_host NUMBER
make_host() {
	local name=node0$1
	export -f own_files
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --net --mount --uts bash -euc '
		own_files "$1"
		hostname "$2"
		ip link set lo up
		ip link add br0 type bridge
		ip link set br0 up
		touch "$1/up"
		exec sleep infinity' - "$work/$name" "$name.c.example" &
	disown
	within 20 test -e "$work/$name/up"
	ip link add "port$1" type veth peer name eth0 netns "$!"
	ip link set "port$1" master lan0 up
	nsenter --net="/proc/$!/ns/net" -- ip addr add "10.98.0.$1/24" dev eth0
	nsenter --net="/proc/$!/ns/net" -- ip link set eth0 up
	echo "$!" >"$work/hosts/$name"
}
echo $$ >"$work/hosts/server"
for n in 1 2 3 4 5 6 7 8; do make_host "$n"; done

# What rsync and ClusterShell call: into the host's namespaces, or no way.
cat >"$work/bin/ssh" <<SSH
#!/bin/bash
while [[ \${1:-} == -* ]]; do
	case \$1 in -[lopF]) shift 2 ;; *) shift ;; esac
done
host=\$1
shift
[ -e "$work/hosts/\$host" ] || {
	echo "ssh: connect to host \$host port 22: No route to host" >&2
	exit 255
}
exec nsenter --target "\$(cat "$work/hosts/\$host")" --net --mount --uts -- sh -c "\$*"
SSH
chmod 755 "$work/bin/ssh"
printf '[Main]\nssh_path: %s\n' "$work/bin/ssh" >"$CLUSTERSHELL_CFGDIR/clush.conf"
printf '[Main]\ndefault: kind\nautodir: /etc/clustershell/groups.d\n' \
	>"$CLUSTERSHELL_CFGDIR/groups.conf"

# The directory

site() { # IMAGE
	python3 - "$1" <<-'PYTHON'
		import sys
		def entry(name, *lines):
		    print(f"dn: cn={name},dc=c", *lines, f"cn: {name}", "", sep="\n")
		entry("c.example", "objectClass: vocCluster", "vocDomain: c.example")
		entry("lan", "objectClass: vocIPNetwork", "ipNetworkNumber: 10.98.0.0/24",
		      "vocDomain: c.example", "vocBridge: br0")
		entry("idle", "objectClass: vocDiskImage", "vocImagePath: " + sys.argv[1],
		      "vocImageFormat: raw")
		for i in range(1, 9):
		    entry(f"node{i:02}", "objectClass: device", "objectClass: ipHost",
		          "objectClass: ieee802Device", "objectClass: vocPhysicalNode",
		          f"ipHostNumber: 10.98.0.{i}", f"macAddress: 00:00:5e:00:53:{i:02x}",
		          "vocMemory: 64")
		for i in range(1, 15):
		    entry(f"vcn{i:03}", "objectClass: device", "objectClass: ipHost",
		          "objectClass: vocVirtualNode", f"ipHostNumber: 10.98.0.{100 + i}",
		          f"vocPhysicalHost: cn=node{(i + 1) // 2:02},dc=c",
		          "vocImage: cn=idle,dc=c", "vocMemory: 16", "vocCPUs: 1",
		          "vocVirtualOrganization: " + ("engage" if i < 9 else "osg"))
	PYTHON
}
# A guest without a network is ready when its processors run.
sed -e 's/^    interfaces:.*/    interfaces: []/' -e '/{{#interfaces}}/,/{{\/interfaces}}/d' \
	"$root/templates/manifest" >/etc/ldapcc/templates/manifest
printf '%s: off\n' dnsmasq dnsmasq-hosts dhcpd kickstart kickstart-repos |
	sed '1i targets:' | sed '2,$s/^/  /' >/etc/ldapcc/ldapcc.yaml
echo '  clustershell:' >>/etc/ldapcc/ldapcc.yaml
publish() { site "$1" >"$work/site.ldif" && "$LDAPCC" --config /etc/ldapcc/ldapcc.yaml --ldif "$work/site.ldif" apply; }

# command PATTERN: the block of the page that has it, with its continuation
command() {
	awk -v pattern="$1" '
		/^```$/ { if (inside && text ~ pattern) { printf "%s", text; exit } inside = !inside; text = ""; next }
		inside { text = text $0 "\n" }' "$page"
}
# said PATTERN WANT: the one line of the summary that begins so, blanks as one
line() {
	local got
	got=$(grep "^$1 " "$work/said" | tr -s ' ' | sed 's/ $//')
	equal "$got" "$2" || {
		cat "$work/said"
		return 1
	}
}
summary() { exits "$1" "$VCN" --hosts '@kind:host' status "${@:2}"; }
all_of() { bash -euc "$1"; }

ok "the server publishes" publish "$work/images/idle.img"
ok "manifests are pulled and applied, as the page says" \
	exits 0 clush -w @kind:host "$(command '^rsync')"
ok "on every host" equal "$(grep -c 'started, ready after' "$work/said")" 14
ok "one summary" summary 0
ok "of who is ready where" line ready "ready 14 vcn[001-014] node[01-07]"
ok "with the host that has none" line none "none 0 - node08"
ok "a second time nothing is to do" exits 0 clush -S -w @kind:host "$(command '^rsync')"
ok "and nothing is said" equal "$(cat "$work/said")" ""
ok "by the page's command neither" exits 0 bash -euc "$(command '^clush -b')"
ok "which says nothing" equal "$(grep -cvE '^(clush: .*)?$' "$work/said")" 0
ok "one VCN" summary 0 VCN005.c.example
ok "by name" line ready "ready 1 vcn005 node03"
ok "a range" summary 0 'vcn[001-003]'
ok "alone" line ready "ready 3 vcn[001-003] node[01-02]"
ok "one that is nowhere" summary 64 vcn0o5
ok "is answered with the nearest" says "no VCN 'vcn0o5' runs, or should, on these hosts, did you mean 'vcn0"

# A host that does not answer
mv "$work/hosts/node07" "$work/node07.away"
ok "a host that is away" summary 7
ok "is unknown, for a reason" line unknown \
	"unknown 0 - node07 ssh: connect to host node07 port 22: No route to host"
ok "in JSON too" exits 7 "$VCN" --json --hosts 'node[07-08]' status
ok "as one that has not answered" says '"answered":false'
ok "beside the others" says '"answered":true'
ok "in words that the page has" python3 "$root/tests/json-page.py" --told vcn.8.scd status "$work/said"
ok "a VCN that it may have" summary 7 vcn013
ok "is no mistake" says "warning: no VCN 'vcn013' is on the hosts that have answered"
mv "$work/node07.away" "$work/hosts/node07"
mv /srv/ldapcc/manifests "$work/kept"
mkdir /srv/ldapcc/manifests
ok "without its manifest" exits 0 nsenter --target "$(cat "$work/hosts/node01")" --mount -- \
	cp "$work/kept/node02.c.example.yaml" /srv/ldapcc/manifests/node01.c.example.yaml
rmdir /srv/ldapcc/manifests
mv "$work/kept" /srv/ldapcc/manifests
ok "a host with another one's manifest" summary 3
ok "is told by its name" says "^node01: .*warning: the manifest cannot be used"
ok "pulls its own again" exits 0 clush -w node01 "$(command '^rsync')"

# Wrong words
ok "no nodeset" exits 64 "$VCN" --hosts 'node[01-' status
ok "is what ClusterShell says" says "nodeset: Parse error"
ok "a group that is not there" exits 64 "$VCN" --hosts @kind:none status
ok "nobody" exits 64 "$VCN" --hosts '' status
ok "other commands" exits 64 "$VCN" --hosts node01 apply
ok "options of one host" exits 64 "$VCN" --hosts node01 --manifest /srv/x.yaml status
ok "no ClusterShell" exits 69 env PATH=/nowhere "$VCN" --hosts node01 status
ok "is named" says "there is no program 'nodeset'"
echo "fd_max: many" >>"$CLUSTERSHELL_CFGDIR/clush.conf"
ok "ClusterShell's own settings that are wrong" exits 7 "$VCN" --hosts node01 status
sed -i '$d' "$CLUSTERSHELL_CFGDIR/clush.conf"

# Slurm: one server, a daemon on each host
start_slurm() {
	local n
	# shellcheck source=SCRIPTDIR/slurm-lib.sh
	. "$here/slurm-lib.sh"
	make_munge_key
	start_munged "$work/munge/socket" || return
	start_slurmctld test 10.98.0.254 <<-CONF
		AuthInfo=socket=$work/munge/socket
		SlurmdSpoolDir=$work/slurm/spool.%n
		SlurmdPidFile=$work/slurm/%n.pid
		SlurmdLogFile=$work/slurm/%n.log
		$(for n in 1 2 3 4 5 6 7 8; do echo "NodeName=node0$n NodeAddr=10.98.0.$n State=UNKNOWN"; done)
		PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	CONF
	for n in 1 2 3 4 5 6 7 8; do
		nsenter --target "$(cat "$work/hosts/node0$n")" --net --mount --uts -- \
			slurmd -D -N "node0$n" -f "$SLURM_CONF" >"$work/slurm/node0$n.out" 2>&1 &
	done
	within 40 all_idle
}
all_idle() { equal "$(sinfo --noheader --format='%D %t')" "8 idle"; }
if ! command -v munged slurmctld slurmd srun >/dev/null; then
	skip "vcn apply by Slurm" "Slurm is not installed"
elif ! start_slurm; then
	skip "vcn apply by Slurm" "it does not run here: $(tail -qn 1 "$work/slurm/"*.log | head -n 1)"
else
	ok "all VCNs are stopped" exits 0 clush -S -w @kind:host vcn stop --all
	ok "which the summary says" summary 0
	ok "in one line" line stopped "stopped 14 vcn[001-014] node[01-07]"
	ok "vcn apply by Slurm, as the page says" exits 0 bash -euc "$(command '^srun')"
	ok "starts them on all hosts" equal "$(grep -c 'started, ready after' "$work/said")" 14
	no_job() { equal "$(squeue --noheader)" ""; }
	ok "the job ends" within 20 no_job
	ok "and they go on" summary 0
	ok "all of them" line ready "ready 14 vcn[001-014] node[01-07]"
fi

# A new image under the path of the old one
roll=$(command '^for host')
cp "$work/images/idle.img" "$work/images/new.img"
mv "$work/images/new.img" "$work/images/idle.img"
ok "a new image" summary 0
ok "makes them outdated" line outdated \
	"outdated 14 vcn[001-014] node[01-07] vcn restart applies what has changed"
mv "$work/bin/ssh" "$work/bin/ssh.real"
# the third host cannot read it: its VCNs do not come up
cat >"$work/bin/ssh" <<SSH
#!/bin/bash
[ "\$1" != node03 ] || mount -t tmpfs -N "/proc/\$(cat $work/hosts/node03)/ns/mnt" none "$work/images"
exec "$work/bin/ssh.real" "\$@"
SSH
chmod 755 "$work/bin/ssh"
ok "is rolled over the hosts" exits 0 all_of "$roll"
ok "up to the first where a VCN does not come up" summary 0
ok "those before it have it" line ready "ready 4 vcn[001-004] node[01-02]"
ok "that VCN runs as it was, and why is said" says \
	"^outdated +1 +vcn005 +node03 +it runs as it was"
ok "the others keep what they have" says "^outdated +9 +vcn\[006-014\] +node\[03-07\] +vcn restart"
mv "$work/bin/ssh.real" "$work/bin/ssh"
nsenter --target "$(cat "$work/hosts/node03")" --mount -- umount "$work/images"
ok "mended" exits 0 clush -S -w node03 vcn restart vcn005
ok "and once more" exits 0 all_of "$roll"
ok "all have it" summary 0
ok "and are ready" line ready "ready 14 vcn[001-014] node[01-07]"
finish_tests
