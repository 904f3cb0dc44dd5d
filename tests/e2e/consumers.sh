#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The targets for the programs around a cluster, each read by the program itself: the C
# library (hosts, ethers), Prometheus, Slurm. The site is contrib/example.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
plan 12
networks_up # Slurm resolves with AI_ADDRCONFIG: the loopback address alone is none

cat >"$scratch/consumers.yaml" <<-'YAML'
	targets: {hosts: , ethers: , prometheus: , slurm-nodes: , slurm-topology: }
YAML
tree=$scratch/tree
ok 'the targets are rendered' "$LDAPCC" --config "$scratch/consumers.yaml" \
	--ldif "$SOURCE_ROOT/contrib/example/cluster.ldif" render -o "$tree" \
	hosts ethers prometheus slurm-nodes slurm-topology

namesakes=$scratch/namesakes
ok 'and those of nodes with one short name' "$LDAPCC" --config "$scratch/consumers.yaml" \
	--ldif "$SOURCE_ROOT/tests/cases/37-namesakes/input.ldif" render -o "$namesakes" \
	slurm-nodes slurm-topology

is() {
	[ "$1" = "$2" ] || {
		echo "got '$1', not '$2'"
		return 1
	}
}
unread() { report 0 "$1 # SKIP $2 is not installed"; }

# --- the C library: /etc/hosts and /etc/ethers of this test's own mount namespace ---
for name in hosts ethers; do
	[ -e "/etc/$name" ] || touch "/etc/$name"
	mount --bind "$tree/srv/ldapcc/$name" "/etc/$name"
done
found() { getent -s files hosts "$1" | awk '{ print $1 }'; }
ok 'hosts: a VCN is found by its name' is "$(found vcn001.c.example)" 10.20.1.1
ok 'hosts: and by its alias, in short' is "$(found condor)" fd00:c::1
ok 'hosts: an address has its name' is \
	"$(getent -s files hosts 10.10.0.101 | awk '{ print $2 }')" node01.c.example
ether_of() {
	python3 - "$1" <<-'PYTHON'
		import ctypes, sys
		address = (ctypes.c_ubyte * 6)()
		found = ctypes.CDLL(None).ether_hostton(sys.argv[1].encode(), address)
		print("none" if found else ":".join(f"{octet:02x}" for octet in address))
	PYTHON
}
mac=$(sed -n '/^dn: cn=node05,/,/^$/s/^macAddress: //p' "$SOURCE_ROOT/contrib/example/cluster.ldif")
ok 'ethers: a name has its MAC address' is "$(ether_of node05.c.example)" "$mac"

# --- Prometheus ---
cat >"$scratch/prometheus.yml" <<-YAML
	scrape_configs:
	  - job_name: nodes
	    file_sd_configs: [{files: [$tree/srv/ldapcc/prometheus/nodes.yml]}]
YAML
if command -v promtool >/dev/null; then
	ok 'prometheus: promtool accepts the file' promtool check config "$scratch/prometheus.yml"
else
	unread 'prometheus: promtool accepts the file' promtool
fi

# --- Slurm: a controller that has our file included, and no node that answers ---
# controller TREE NODE: one that answers for that node
controller() {
	local tree=$1 node=$2
	export SLURM_CONF=$scratch/slurm/slurm.conf
	cat >"$SLURM_CONF" <<-CONF
		ClusterName=test
		SlurmctldHost=$(hostname -s)(127.0.0.1)
		SlurmUser=root
		AuthType=auth/none
		CredType=cred/none
		MpiDefault=none
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SwitchType=switch/none
		StateSaveLocation=$scratch/slurm
		SlurmctldPidFile=$scratch/slurm/ctld.pid
		SlurmctldLogFile=$scratch/slurm/ctld.log
		TopologyPlugin=topology/tree
		include $tree/etc/slurm/ldapcc-nodes.conf
		PartitionName=main Nodes=ALL Default=YES
	CONF
	echo "include $tree/etc/slurm/ldapcc-topology.conf" >"$scratch/slurm/topology.conf"
	slurmctld -D -f "$SLURM_CONF" >"$scratch/slurm/out" 2>&1 &
	pids+=($!)
	answers() { scontrol show node "$node" >"$scratch/node" 2>&1; }
	wait_for answers || cat "$scratch/slurm/out" "$scratch/node" | sed "s,^,# ,"
}
if command -v slurmctld >/dev/null && command -v scontrol >/dev/null; then
	mkdir "$scratch/slurm"
	echo "127.0.0.1 localhost $(hostname -s)" >>"$tree/srv/ldapcc/hosts"
	controller "$tree" vcn003
	ok 'slurm: the controller knows a VCN by its name' grep -q 'NodeName=vcn003' "$scratch/node"
	ok 'slurm: with address and memory' grep -q 'NodeAddr=10.20.1.3 ' "$scratch/node"
	ok 'slurm: and its virtual organization as a feature' \
		grep -q 'AvailableFeatures=engage' "$scratch/node"
	ok 'slurm: a host is the switch of its VCNs, below one of all' \
		awk '/SwitchName=node02 Level=0 .* Nodes=node02,vcn\[003-004\]/ { leaf = 1 }
		/SwitchName=_site Level=1 .* Nodes=node\[01-16\],vcn\[001-032\] Switches=node01,/ { top = 1 }
		END { exit !(leaf && top) }' <(scontrol show topology)
	kill "${pids[-1]}"
	wait "${pids[-1]}" || true
	rm -r "$scratch/slurm" && mkdir "$scratch/slurm"
	controller "$namesakes" all.c.example
	ok 'slurm: nodes of one short name, or of a name of its own, are there by their full ones' \
		is "$(scontrol show node | sed -n 's/^NodeName=\([^ ]*\) .*/\1/p' | sort | tr '\n' ' ')" \
		"a1gpu a2gpu all.c.example default.c.example n1.c.example n1.other.example v1.c.example v1.other.example "
else
	for point in name memory feature topology namesakes; do
		unread "slurm: the $point of a VCN" slurmctld
	done
fi
finish
