#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# pool.sh VCN - the paper's figure 2: a VCN that joins the batch pool by itself, from its MAC in the
# directory to a job in it: slapd, ldapcc, dnsmasq with what ldapcc wrote, Slurm, and a guest that
# knows nothing of itself. Then its host dies, and one change in the directory brings it to
# another one, which is a network namespace, and into the pool again.
#
# Skipped where a server is not installed (Debian: slapd, ldap-utils, dnsmasq, munge, slurmctld,
# slurmd, slurm-client).
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
PATH=$PATH:/usr/sbin
for program in slapd ldapmodify dnsmasq munged slurmctld slurmd sbatch; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
enter "$@"
# shellcheck source=SCRIPTDIR/slurm-lib.sh
. "$here/slurm-lib.sh"
sources=$here/../..
ldapcc() { "$(dirname "$VCN")/ldapcc" --config "$work/ldapcc.yaml" "$@"; }

# The guest: the usual one, and slurmd and munged with what they are linked with

# with_libraries FILE... - them, and what the dynamic linker takes for them
with_libraries() {
	printf '%s\n' "$@"
	ldd "$@" 2>/dev/null | sed -n 's/.*[[:space:]]\(\/[^ ]*\) (0x.*/\1/p'
}
tree=$work/tree
mkdir -p "$tree"
plugins=$(dirname "$(find /usr/lib* -name auth_munge.so -path '*slurm*' -print -quit)")
files=("$(command -v slurmd)" "$(command -v slurmstepd)" "$(command -v munged)" /bin/sleep
	/bin/hostname)
for plugin in auth cred select task proctrack jobacct_gather mpi_none switch topology route hash \
	acct_gather core_spec gres job_container job_submit prep node_features serializer \
	cgroup cli_filter openapi data_parser tls certmgr; do
	files+=("$plugins/$plugin"*.so)
done
for file in "${files[@]}"; do
	[ ! -e "$file" ] || with_libraries "$file"
done | sort -u | while read -r file; do
	mkdir -p "$tree$(dirname "$file")"
	cp -L "$file" "$tree$file"
done
cp -L /lib/*/libnss_files.so* /lib/*/libnss_dns.so* /lib/*/libresolv.so.2 "$tree/lib/" 2>/dev/null || true
mkdir -p "$tree"/{etc,run/munge,var/spool/slurmd,var/log}
printf 'root:x:0:0::/:/bin/sh\nmunge:x:100:100::/:/bin/sh\n' >"$tree/etc/passwd"
printf 'root:x:0:\nmunge:x:100:\n' >"$tree/etc/group"
printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"
cat >"$tree/join" <<'JOIN'
#!/bin/busybox sh
# The key is a credential; whose pool it is, and what the guest is called, DNS and DHCP have told.
mkdir -p /sys/fs/cgroup /tmp /run/munge /dev/shm
mount -t cgroup2 none /sys/fs/cgroup
mkdir /sys/fs/cgroup/system.slice # where slurmd has its jobs, as systemd's
for folder in /sys/fs/cgroup /sys/fs/cgroup/system.slice; do
	for word in cpuset cpu memory pids; do
		echo "+$word" >"$folder/cgroup.subtree_control"
	done
done 2>/run/cgroup.log
mount -t tmpfs none /dev/shm
cat /sys/firmware/dmi/entries/11-*/raw | tr '\0' '\n' |
	sed -n 's/^.*io\.systemd\.credential\.binary:munge\.key=//p' | base64 -d >/etc/munge.key
chmod 400 /etc/munge.key
munged --force --key-file=/etc/munge.key --socket=/run/munge/munge.socket.2 \
	--pid-file=/run/munge/pid --log-file=/run/munge/log --seed-file=/run/munge/seed
slurmd -D --conf-server head.c.example:6817 2>&1 | sed 's/^/guest: /' >/dev/console &
JOIN
chmod 755 "$tree/join"
gzip -dc "$work/images/initrd" | (cd "$tree" && busybox cpio -i init 2>/dev/null)
sed -i 's,^late=,/join\n&,' "$tree/init"
grep -q '^/join$' "$tree/init"
(cd "$tree" && find . | busybox cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$work/slurm.gz"
cat "$work/images/initrd" "$work/slurm.gz" >"$work/images/pool"

# The directory

mkdir -p "$work"/{slapd/db,srv,state,secrets,etc}
make_munge_key
install -m 600 "$work/munge/key" "$work/secrets/munge.key"
schema=/etc/ldap/schema
[ -d "$schema" ] || schema=/etc/openldap/schema
modules=$(find /usr/lib* -name 'back_mdb.la' -o -name 'back_mdb.so' | head -n 1)
{
	sed -e "s|@SYSSCHEMA@|$schema|; s|@SCHEMA@|$sources/schema|; s|@STATE@|$work/slapd|" \
		-e "s|@ROOT@|gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth|" \
		"$sources/contrib/example/slapd.conf" | while IFS= read -r line; do
		case $line in
		@MODULES@)
			[ -z "$modules" ] || printf 'modulepath %s\nmoduleload back_mdb\nmoduleload syncprov\n' \
				"$(dirname "$modules")"
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done
} >"$work/slapd/slapd.conf"
# A_VCN NAME NUMBER HOST
physical() {
	cat <<-ENTRY

		dn: cn=$1,ou=hosts,dc=c,dc=example
		objectClass: device
		objectClass: ipHost
		objectClass: ieee802Device
		objectClass: vocPhysicalNode
		cn: $1
		ipHostNumber: 10.99.0.$2
		macAddress: 02:5a:00:00:01:0$2
		vocMemory: 2048
		vocCPUs: 4
	ENTRY
}
{
	cat <<-SITE
		dn: dc=c,dc=example
		objectClass: dcObject
		objectClass: organization
		dc: c
		o: pool

		dn: ou=hosts,dc=c,dc=example
		objectClass: organizationalUnit
		ou: hosts

		dn: cn=c.example,dc=c,dc=example
		objectClass: vocCluster
		cn: c.example
		vocDomain: c.example
		vocNameServer: 10.99.0.1

		dn: cn=net,dc=c,dc=example
		objectClass: vocIPNetwork
		cn: net
		ipNetworkNumber: 10.99.0.0/24
		vocGateway: 10.99.0.1
		vocBridge: br0

		dn: cn=head,ou=hosts,dc=c,dc=example
		objectClass: device
		objectClass: ipHost
		cn: head
		ipHostNumber: 10.99.0.2

		dn: cn=worker,dc=c,dc=example
		objectClass: vocDiskImage
		cn: worker
		vocKernel: $work/images/vmlinuz
		vocInitrd: $work/images/pool
		vocKernelArguments: console=ttyS0 quiet panic=-1
		vocReadiness: virtserial

		dn: cn=vcn001,ou=hosts,dc=c,dc=example
		objectClass: device
		objectClass: ipHost
		objectClass: ieee802Device
		objectClass: vocVirtualNode
		cn: vcn001
		ipHostNumber: 10.99.0.101
		macAddress: 02:5a:00:00:00:01
		vocPhysicalHost: cn=node01,ou=hosts,dc=c,dc=example
		vocImage: cn=worker,dc=c,dc=example
		vocMemory: 384
		vocCPUs: 1
		vocCredential: munge.key:$work/secrets/munge.key
	SITE
	physical node01 5
	physical node02 6
} >"$work/site.ldif"
slapadd -w -f "$work/slapd/slapd.conf" -l "$work/site.ldif" >"$work/slapd/add.log" 2>&1
uri=ldapi://${work//\//%2F}%2Fslapd%2Fldapi
slapd -d 0 -h "$uri" -f "$work/slapd/slapd.conf" >"$work/slapd/log" 2>&1 &
within 20 ldapwhoami -Q -Y EXTERNAL -H "$uri"
cat >"$work/ldapcc.yaml" <<SETTINGS
directory: {uri: "$uri", base: "dc=c,dc=example"}
state: $work/state
targets:
  dnsmasq: {path: $work/etc/dns.conf, on-change: none}
  dnsmasq-hosts: {path: $work/etc/hosts, on-change: none}
  dnsmasq-dhcp: {path: $work/etc/dhcp.conf, on-change: none}
  dnsmasq-dhcp-hosts: {path: $work/etc/dhcp-hosts, on-change: none}
  slurm-nodes: {path: $work/slurm/nodes.conf, on-change: none}
  dhcpd: off
  kickstart: off
  kickstart-repos: off
  manifest: {path: "$work/srv/{{fqdn}}.yaml"}
SETTINGS
ok "ldapcc publishes" exits 0 ldapcc apply

# The servers, with what it wrote

make_bridge
ip addr add 10.99.0.2/24 dev br0
echo "nameserver 10.99.0.1" >"$work/resolv.conf"
printf '127.0.0.1 localhost\n10.99.0.2 %s\n' "$(hostname -s)" >"$work/hosts"
touch /etc/resolv.conf 2>/dev/null || true
mount --bind "$work/resolv.conf" "$(realpath /etc/resolv.conf)"
mount --bind "$work/hosts" /etc/hosts
cat "$work/etc/dns.conf" "$work/etc/dhcp.conf" | sed '/^user=\|^interface=/d' >"$work/etc/dnsmasq.conf"
dnsmasq --keep-in-foreground --conf-file="$work/etc/dnsmasq.conf" --interface=br0 --bind-interfaces \
	--no-hosts --no-resolv --user=root --pid-file="$work/dnsmasq.pid" \
	--dhcp-leasefile="$work/leases" --log-dhcp >"$work/dnsmasq.log" 2>&1 &
disown
mount -t tmpfs none /run # the sockets of this machine's own munged, if it has one
mkdir /run/munge
start_munged /run/munge/munge.socket.2 || skip_all "munged does not run here"
start_slurmctld pool 10.99.0.2 <<CONF
SlurmctldParameters=enable_configless
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdTimeout=10
SlurmdSpoolDir=/var/spool/slurmd
SlurmdPidFile=/run/slurmd.pid
include nodes.conf
PartitionName=main Nodes=vcn001 Default=YES MaxTime=INFINITE State=UP
CONF

# The hosts: node01 is here, node02 on the other end of a wire

second_host
there ip link set up1 master br0 up
cat >"$work/fence" <<-FENCE
	#!/bin/sh
	[ "\$1" = node01.c.example ] || exit 1
	kill -9 \$(cat $work/of-node01)
	while kill -0 \$(cat $work/of-node01) 2>/dev/null; do :; done
FENCE
chmod 755 "$work/fence"
write_settings "credential-roots: $work/secrets" "fence: $work/fence" "ready-timeout: 240"
sed "s,$work/run,$work/run2,; s,$work/scratch,$work/scratch2,; s,$work/lib/,$work/lib2/," \
	"$work/vcn.yaml" >"$work/vcn2.yaml"
first() {
	"$VCN" --config "$work/vcn.yaml" --manifest "$work/srv/node01.c.example.yaml" \
		--host node01.c.example "$@"
}
second() {
	there "$VCN" --config "$work/vcn2.yaml" --manifest "$work/srv/node02.c.example.yaml" \
		--host node02.c.example "$@"
}

# From its MAC to the pool

is_in_pool() { sinfo --noheader --nodes=vcn001 --format=%t | grep -qx idle; }
says_its_name() { equal "$(srun --nodelist=vcn001 --time=5 hostname)" vcn001; }
ok "its host starts it" exits 0 first apply
ok "it is in the pool" within 240 is_in_pool
ok "by its address of the directory" grep -q "10.99.0.101 vcn001" "$work/leases"
ok "which its name has in DNS" equal "$(busybox nslookup -type=a vcn001.c.example 10.99.0.1 |
	sed -n 's/^Address: *//p' | tail -n 1)" 10.99.0.101
ok "and it takes jobs" says_its_name

# Its host dies: nothing of it acts any more, and its guest is still on the wire

pid=$(sed 's/.*"pid":\([0-9]*\).*/\1/' "$work/run/vcn001/state.json")
supervisor=$(sed 's/.*"supervisor_pid":\([0-9]*\).*/\1/' "$work/run/vcn001/state.json")
echo "$pid $supervisor" >"$work/of-node01"
kill -STOP "$supervisor"
ok "one change in the directory" exits 0 ldapcc allocate --move node01
cp "$work/said" "$work/move.ldif"
ok "and that is all" equal "$(grep -c ^dn: "$work/move.ldif")" 1
ok "which the server takes" exits 0 ldapmodify -Q -Y EXTERNAL -H "$uri" -f "$work/move.ldif"
ok "ldapcc publishes it" exits 0 ldapcc apply
ok "to the other host's manifest" grep -q vcn001 "$work/srv/node02.c.example.yaml"
ok "that one waits, as it still answers" exits 5 second apply
ok "and says so" says "'vcn001' waits: .*still runs elsewhere"
ok "there is one guest" equal "$(qemu_pids | wc -l)" 1
ok "the dead host is fenced" exits 0 second fence node01.c.example
in_state() { second status vcn001 | grep -q "^vcn001 *$1 "; }
ok "and it starts elsewhere" within 240 in_state ready
ok "there is one guest still" equal "$(qemu_pids | wc -l)" 1
ok "it is in the pool again" within 240 is_in_pool
ok "and takes jobs" within 60 says_its_name
ok "its old host, when it comes back, starts nothing" exits 0 first apply
ok "and nothing more" equal "$(qemu_pids | wc -l)" 1
ok "the end" exits 0 second kill vcn001
finish_tests
