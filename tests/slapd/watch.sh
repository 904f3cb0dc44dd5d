#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The standing connection: every change of what ldapcc reads is told, nothing else is, and
# its end is a failure.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 36

SLAPD_DATABASE=dbnosync slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start main
main=$(slapd_uri main)

# watch NAME ARGUMENT…: starts the driver; what it says is in NAME.out
watch() {
	local name=$1
	shift
	"$PULL" "$@" >"$scratch/$name.out" 2>"$scratch/$name.err" &
	watcher=$!
	pids+=($!)
	wait_for grep -q watching "$scratch/$name.out"
}
n_changes() { grep -c '^changed' "$scratch/$1.out" || true; }
has_changes() { [ "$(n_changes "$1")" -ge "$2" ]; }
# told NAME: LDIF from standard input changes something that is told
told() {
	local before
	before=$(n_changes main)
	slapd_modify main
	ok "$1" wait_for has_changes main $((before + 1))
}

watch main watch "$main"
told 'an entry is changed' <<-LDIF
	dn: cn=node01,ou=hosts,$SUFFIX
	changetype: modify
	replace: description
	description: changed
LDIF
told 'an entry is added' <<-LDIF
	dn: cn=new,ou=hosts,$SUFFIX
	changetype: add
	objectClass: device
	objectClass: ipHost
	cn: new
	ipHostNumber: 10.10.0.99
LDIF
told 'an entry is renamed' <<-LDIF
	dn: cn=new,ou=hosts,$SUFFIX
	changetype: modrdn
	newrdn: cn=newer
	deleteoldrdn: 1
LDIF
told 'an entry is deleted' <<-LDIF
	dn: cn=newer,ou=hosts,$SUFFIX
	changetype: delete
LDIF
told 'an entry loses the class that we look for' <<-LDIF
	dn: cn=vcn003,ou=vcns,$SUFFIX
	changetype: modify
	delete: objectClass
	objectClass: vocVirtualNode
	-
	delete: vocPhysicalHost
	-
	delete: vocImage
	-
	delete: vocMemory
	-
	delete: vocCPUs
	-
	delete: vocVirtualOrganization
LDIF
told 'a container is renamed: so are all below it' <<-LDIF
	dn: ou=vcns,$SUFFIX
	changetype: modrdn
	newrdn: ou=guests
	deleteoldrdn: 1
LDIF

# what is of no interest to us, and a change after it that is, so that there is no waiting
# for nothing
before=$(n_changes main)
slapd_modify main <<-LDIF
	dn: cn=somebody,$SUFFIX
	changetype: add
	objectClass: organizationalRole
	cn: somebody

	dn: cn=somebody,$SUFFIX
	changetype: modify
	replace: description
	description: nothing to us
LDIF
n_nothing=$(n_changes main)
told 'then an entry of ours again' <<-LDIF
	dn: cn=node01,ou=hosts,$SUFFIX
	changetype: modify
	replace: description
	description: changed again
LDIF
report $((n_nothing != before || $(n_changes main) != before + 1)) \
	'other entries are not told' "$scratch/main.out"
ok 'after all that it still runs' kill -0 "$watcher"

# from an older state on: what changed in between is told at once
pull probe "$main"
cp "$scratch/err" "$scratch/state"
slapd_modify main <<-LDIF
	dn: cn=node02,ou=hosts,$SUFFIX
	changetype: modify
	replace: description
	description: between probe and watch
LDIF
watch late --last-csn "$(sed -n 's/^csn: //p' "$scratch/state")" watch "$main"
ok 'a change since the last read is told at once' wait_for has_changes late 1
slapd_stop main
slapd_start main
wait "$watcher" && status=0 || status=$?
report $((status != 4)) 'the server goes away: exit status 4' "$scratch/late.err"
ok 'and words for it' grep -Eq 'error: watching: ' "$scratch/late.err"
slapd_modify main <<-LDIF
	dn: cn=node02,ou=hosts,$SUFFIX
	changetype: delete
LDIF
watch again --last-csn "$(sed -n 's/^csn: //p' "$scratch/state")" watch "$main"
ok 'a deletion while the server had been restarted is told' wait_for has_changes again 1

# ldapcc watch: what wakes it when nothing changes is an installation that runs out. A month is
# more milliseconds than poll(2) takes.
export LDAPCC_DATADIR=$SOURCE_ROOT
proxy meanwhile "$(slapd_socket main)" meanwhile "$scratch/meanwhile"
cat >"$scratch/site.yaml" <<-YAML
	directory: {uri: "ldap://127.0.0.1:$(proxy_port meanwhile)", bind: anonymous, base: "$SUFFIX",
	  full-interval: 2592000}
	state: $scratch/state-of-watch
	templates: []
	targets:
	  pxelinux: {path: "$scratch/pxe/{{mac_dashed}}", check: none}
	  dnsmasq: off
	  dnsmasq-hosts: {path: "$scratch/hosts", check: none}
	  dhcpd: off
	  kickstart: off
	  kickstart-repos: off
	  manifest: off
	guard: {max-armed: 100%}
YAML
"$LDAPCC" --config "$scratch/site.yaml" --verbose watch >"$scratch/watch.out" 2>"$scratch/watch.err" &
watcher=$!
pids+=($!)
boot_file=$scratch/pxe/00-00-5e-00-53-11
ok 'watch publishes' wait_for grep -q LOCALBOOT "$boot_file"
slapd_modify main <<-LDIF
	dn: cn=node01,ou=hosts,$SUFFIX
	changetype: modify
	add: vocInstall
	vocInstall: TRUE
	-
	add: vocInstallUntil
	vocInstallUntil: $(date -u -d '+8 seconds' +%Y%m%d%H%M%SZ)
LDIF
ok '… an installation' wait_for grep -q KERNEL "$boot_file"
ok '… and its end, when it has come' wait_for grep -q LOCALBOOT "$boot_file"

# the next apply stands by; what comes while it is waited for more is in it, or in the one after
n_ahead() { grep -c 'what can be done before a change was done then' "$scratch/watch.err" || true; }
more_ahead() { [ "$(n_ahead)" -gt "$n_before" ]; }
n_before=$(n_ahead)
slapd_modify main <<-LDIF
	dn: cn=node01,ou=hosts,$SUFFIX
	changetype: modify
	replace: vocAlias
	vocAlias: first

	dn: cn=node03,ou=hosts,$SUFFIX
	changetype: modify
	replace: vocAlias
	vocAlias: second
LDIF
ok 'a change, and the one behind it' wait_for grep -q 'second' "$scratch/hosts"
ok '… by an apply that had begun before' wait_for more_ahead

# what waits for a pipe, and not for what it has started itself
stands_by() {
	local child
	child=$(cut -d ' ' -f 1 "/proc/$watcher/task/$watcher/children")
	[ -z "$(tr -d ' ' <"/proc/$child/task/$child/children")" ] && grep -q pipe "/proc/$child/wchan"
}
# a node that moves is deleted and added again: nobody sees it gone, nor its VCNs in error. It is added
# when the next apply has read that it is gone, and time has passed to plan that, but not for
# whoever watches to see that it is quiet. A busy machine takes too long for that: then once more
n_lost() { cat "$scratch/watch.out" "$scratch/watch.err" |
	grep -Ec "^generation.* nodes [^;]*-[1-9]|'cn=node03,[^']*' is not in the directory" || true; }
n_anew() { grep -c 'planned anew' "$scratch/watch.err" || true; }
is_calm() { [ $(($(date +%s) - $(stat -c %Y "$scratch/state-of-watch/last-run"))) -gt 5 ]; }
n_hits=0 lost=0 anew=no
for name in moved1 moved2 moved3 moved4 moved5; do
	{
		printf 'dn: cn=node03,ou=hosts,%s\nchangetype: add\n' "$SUFFIX"
		sed -n '/^dn: cn=node03,/,/^$/p' "$SOURCE_ROOT/contrib/example/cluster.ldif" | sed '1d; /^$/d'
		printf 'vocAlias: %s\n' $name
	} >"$scratch/node03.ldif"
	wait_for is_calm # then a change is published at once
	wait_for stands_by
	rm -f "$scratch/meanwhile.hit"
	n_lost_before=$(n_lost)
	n_anew_before=$(n_anew)
	printf '%s\n' "$watcher" "sleep 0.5; ldapmodify -Q -Y EXTERNAL -H '$main' <'$scratch/node03.ldif'" >"$scratch/meanwhile"
	printf 'dn: cn=node03,ou=hosts,%s\nchangetype: delete\n' "$SUFFIX" | slapd_modify main
	wait_for grep -q $name "$scratch/hosts" || break
	[ -e "$scratch/meanwhile.hit" ] || continue
	n_hits=$((n_hits + 1))
	lost=$((lost + $(n_lost) - n_lost_before))
	[ "$(n_anew)" = "$n_anew_before" ] || { anew=yes && break; }
done
busy='# SKIP this machine is too busy'
ok "a node that is deleted and added again: it is planned anew$([ $anew = yes ] || echo " $busy")" true
report "$lost" "… and not seen to be gone$([ $n_hits -gt 0 ] || echo " $busy")" "$scratch/watch.out"

# what it has loaded is damaged while it stands by, in the place where it lies
alias_is() {
	slapd_modify main <<-LDIF
		dn: cn=node01,ou=hosts,$SUFFIX
		changetype: modify
		replace: vocAlias
		vocAlias: $1
	LDIF
	wait_for grep -q "$1" "$scratch/hosts"
}
# what it was begun with is another while it stands by: a file, and the settings
alias_is before-edit
wait_for stands_by
echo '# by hand' >>"$scratch/hosts"
ok 'a file is edited while the next apply stands by: it publishes' alias_is after-edit
ok '… and keeps what was written' grep -rq '# by hand' "$scratch/state-of-watch/generations" --include=hosts
wait_for stands_by
sed -i "s,^targets:,&\n  ethers: {path: \"$scratch/ethers\"\, check: none},; s/^guard: {/&max-affected: 100%, /" "$scratch/site.yaml"
ok 'the settings are others while the next apply stands by: it publishes' alias_is after-settings
ok '… by those' wait_for test -s "$scratch/ethers"
is_warned() { grep -q "entries: warning: .*$1.*; everything is read anew" "$scratch/watch.err"; }
for how in cut gone; do
	for file in entries entries.base; do
		alias_is "before-$how-${file//./}"
		wait_for stands_by # then the apply before it has ended
		name=$(realpath -e "$scratch/state-of-watch/current/$file")
		if [ $how = cut ]; then truncate -s 100 "$name"; else rm "$name"; fi
		ok "$file is $how while the next apply stands by: it publishes" alias_is "after-$how-${file//./}"
		why=$([ $how = gone ] && echo missing || echo '')
		[ $file = entries ] || why="its base .entries.base. is .*$why"
		ok '… and says why it read everything' wait_for is_warned "$why"
		: >"$scratch/watch.err"
	done
done
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; } # hundredths of a second
report $(($(cpu_ticks "$watcher") > 500)) 'it waits, and does not poll' "$scratch/watch.err"
kill "$watcher"

# servers that cannot be watched
SLAPD_WITHOUT=syncprov SLAPADD='' slapd_new plain
SLAPADD='' slapd_load plain "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start plain
expect 4 'has no contextCSN .in slapd load the syncprov overlay' 'no syncprov' \
	watch "$(slapd_uri plain)"
"$PULL" --last-csn "$(sed -n 's/^csn: //p' "$scratch/state")" --timeout 5 watch \
	"$(slapd_uri plain)" >"$scratch/out" 2>"$scratch/err" && status=0 || status=$?
report $((status != 4)) 'no syncprov any more' "$scratch/err"
ok 'and what to do' grep -q 'load the syncprov overlay' "$scratch/err"

finish
