#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The targets for batch administration, each read by the program itself: ClusterShell, genders,
# Ansible, ssh, powerman, conman. The site is contrib/example for groups, and the case 37-batch for
# what that has not: ports of BMCs, host keys, groups of the directory; 37-namesakes has nodes with
# one short name.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
plan 22

cat >"$scratch/batch.yaml" <<-'YAML'
	targets: {clustershell: , genders: , ansible: , ssh-known-hosts: , powerman: , conman: }
YAML
render() {
	"$LDAPCC" --config "$scratch/batch.yaml" --ldif "$1" render -o "$2" \
		clustershell genders ansible ssh-known-hosts powerman conman
}
sample=$scratch/sample
case=$scratch/case
ok 'the targets are rendered' render "$SOURCE_ROOT/contrib/example/cluster.ldif" "$sample"
namesakes=$scratch/namesakes
ok 'those of nodes with one short name' \
	render "$SOURCE_ROOT/tests/cases/37-namesakes/input.ldif" "$namesakes"
ok 'and those of the case' render "$SOURCE_ROOT/tests/cases/37-batch/input.ldif" "$case"

is() {
	[ "$1" = "$2" ] || {
		echo "got '$1', not '$2'"
		return 1
	}
}
# has PROGRAM POINT…: is it there? Else its points are skipped.
has() {
	local program=$1 point
	shift
	command -v "$program" >/dev/null && return
	for point in "$@"; do
		report 0 "$point # SKIP $program is not installed"
	done
	return 1
}

# --- ClusterShell, with its own configuration and our sources ---
shell_of() {
	mkdir -p "$scratch/shell"
	printf '[Main]\ndefault: kind\nautodir: %s/etc/clustershell/groups.d\n' "$1" \
		>"$scratch/shell/groups.conf"
	export CLUSTERSHELL_CFGDIR=$scratch/shell
}
if has nodeset 'nodeset: a virtual organization' 'nodeset: two sources' 'nodeset: a group' \
	'clush: by organization' 'clush: gathered' 'nodeset: namesakes'; then
	shell_of "$sample"
	ok 'nodeset: the VCNs of a virtual organization' is "$(nodeset -f @vo:engage)" 'vcn[001-016]'
	ok 'nodeset: what is in one group and not in another' is \
		"$(nodeset -f '@vo:engage!@host:node03.c.example')" 'vcn[001-004,007-016]'
	clush -b -R exec -w @host:node03.c.example echo 'ran for %h' >"$scratch/clush" 2>&1 || true
	ok 'clush: runs for each node of a group' grep -q '^ran for vcn006$' "$scratch/clush"
	clush -b -R exec -w @vo:engage echo same >"$scratch/clush" 2>&1 || true
	ok 'clush -b: one answer of them all' grep -qxF 'vcn[001-016] (16)' "$scratch/clush"
	shell_of "$case"
	ok 'nodeset: a group of the directory' is "$(nodeset -f @group:all)" 'node01,vcn1'
	shell_of "$namesakes"
	ok 'nodeset: nodes of one short name are two' is "$(nodeset -c @kind:host)" 2
fi

# --- genders ---
if has nodeattr 'genders: no fault' 'genders: a query' 'genders: an attribute' 'genders: namesakes'; then
	ok 'genders: no fault in the file' nodeattr -f "$case/srv/ldapcc/genders" -k
	ok 'genders: the VCNs of a virtual organization' is \
		"$(nodeattr -f "$sample/srv/ldapcc/genders" -q vo-engage)" 'vcn[001-016]'
	ok 'genders: hosts with a profile, by a query' is \
		"$(nodeattr -f "$sample/srv/ldapcc/genders" -q 'host&&profile-host-el9')" 'node[09-16]'
	ok 'genders: no fault with nodes of one short name' \
		nodeattr -f "$namesakes/srv/ldapcc/genders" -k
fi

# --- Ansible ---
if has ansible-inventory 'ansible: groups' 'ansible: no warning' 'ansible: names'; then
	inventory() {
		ANSIBLE_HOME=$scratch/ansible ansible-inventory -i "$1/srv/ldapcc/ansible/hosts.yaml" \
			--list >"$scratch/inventory" 2>"$scratch/warnings"
		python3 - "$scratch/inventory" <<-'PYTHON'
			import json, sys
			all = json.load(open(sys.argv[1]))
			assert all["vo_engage"]["hosts"] == ["vcn1.c.example", "vcn3.c.example",
			                                     "vcn4.c.example"], all["vo_engage"]
			assert all["_all"]["hosts"] == ["node01.c.example", "vcn1.c.example"]
			variables = all["_meta"]["hostvars"]["vcn1.c.example"]
			assert variables["ansible_host"] == "10.1.0.11", variables
			assert variables["ldapcc_host"] == "node01.c.example", variables
		PYTHON
	}
	ok 'ansible: groups, addresses and variables' inventory "$case"
	ok 'ansible: no warning' diff /dev/null "$scratch/warnings"
	own_names() {
		ANSIBLE_HOME=$scratch/ansible ansible-inventory --list \
			-i "$namesakes/srv/ldapcc/ansible/hosts.yaml" >"$scratch/inventory" 2>"$scratch/warnings"
		python3 - "$scratch/inventory" <<-'PYTHON'
			import json, sys
			all = json.load(open(sys.argv[1]))
			assert all["true"]["hosts"] == ["n1.c.example"], all
			assert all["kind_host"]["hosts"] == ["n1.c.example", "n1.other.example"], all
			assert all["_kind_host"]["hosts"] == ["v1.c.example"], all
		PYTHON
		diff /dev/null "$scratch/warnings"
	}
	ok 'ansible: groups with names of YAML and of the inventory' own_names
fi

# --- ssh ---
known=$case/etc/ssh/ldapcc_known_hosts
finds() { ssh-keygen -F "$1" -f "$known" | grep -q ssh-ed25519; }
if has ssh-keygen 'ssh: a key by name' 'ssh: a key by address'; then
	ok "ssh: a host's key by its name" finds node01.c.example
	ok 'ssh: and by its address' finds 10.1.0.1
fi

# --- powerman: it lists nodes whether their BMCs answer or not ---
if has powermand 'powerman: knows the nodes'; then
	# the device file is the package's, the program behind it is not
	printf '%s\n' 'listen "127.0.0.1:10101"' 'include "/etc/powerman/ipmipower.dev"' \
		"include \"$case/etc/powerman/ldapcc.conf\"" >"$scratch/powerman.conf"
	powermand -f -c "$scratch/powerman.conf" >"$scratch/powermand" 2>&1 &
	pids+=($!)
	lists() { powerman -h 127.0.0.1:10101 -l >"$scratch/nodes" 2>&1; }
	wait_for lists || sed 's,^,# ,' "$scratch/powermand"
	ok 'powerman: knows the nodes that have a BMC' grep -qxF 'node[01-02]' "$scratch/nodes"
fi

# --- conman: says what it does not take, and goes on ---
if has conmand 'conman: the consoles' 'conman: no fault'; then
	sed -e "s,/var/log/conman,$scratch," -e "s,/run/conmand.pid,$scratch/conmand.pid," \
		"$case/srv/ldapcc/conman.conf" >"$scratch/conman.conf"
	conmand -F -c "$scratch/conman.conf" -p 7890 >"$scratch/conmand" 2>&1 &
	pids+=($!)
	consoles() { conman -d 127.0.0.1:7890 -q >"$scratch/consoles" 2>&1; }
	wait_for consoles || sed 's,^,# ,' "$scratch/conmand"
	ok 'conman: a console for each BMC and each guest that is on a host' \
		diff "$scratch/consoles" <(printf '%s\n' node01 node02 vcn1 vcn2)
	ok 'conman: no line that it does not know' \
		diff /dev/null <(grep -E '^(ERROR|WARNING)' "$scratch/conmand")
fi
render_again() { render "$SOURCE_ROOT/contrib/example/cluster.ldif" "$scratch/again" && diff -r "$sample" "$scratch/again"; }
ok 'twice the same bytes' render_again
finish
