#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# lost-entries.sh LDAPCC - the file that has the last good versions, damaged in every way: everything is
# read and published all the same and stored again, unless a record that was published is in error.
# Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: lost-entries.sh LDAPCC}")
here=$(realpath "$(dirname "$0")")
readonly LDAPCC here
# shellcheck source=tests/command-line.sh
. "$here/command-line.sh"
export LDAPCC_DATADIR=${here%/*}

cat >"$work/settings.yaml" <<END
state: $work/state
targets:
  dnsmasq: off
  dhcpd: {path: $work/out/dhcpd.conf, check: 'true {file}'}
  kickstart: {path: '$work/out/ks/{{fqdn}}.ks', check: 'true {file}'}
  kickstart-repos: off
  dnsmasq-hosts: {path: $work/out/hosts, check: 'true {file}'}
  manifest: off
  pxelinux: {path: '$work/out/pxe/{{mac_dashed}}', check: 'true {file}'}
END
cp "$work/settings.yaml" "$work/settings.kept"

site() {
	entry cn=c "objectClass: vocCluster" "vocDomain: c.example" \
		"vocInstallServer: http://10.1.0.9/ks"
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/24" \
		"vocGateway: 10.1.0.1"
	entry cn=repo "objectClass: vocPackageRepository" "vocBaseURL: http://10.1.0.9/os"
	entry cn=plain "objectClass: vocKickstartProfile" "vocRepository: cn=repo,dc=x" \
		"vocInstallURL: http://10.1.0.9/os" "vocKickstartVersion: RHEL9" \
		"vocKernel: el9/vmlinuz" "vocInitrd: el9/initrd.img"
	local i
	for i in {11..18}; do
		entry "cn=n$i" "objectClass: device" "objectClass: vocPhysicalNode" \
			"objectClass: ipHost" "objectClass: ieee802Device" \
			"ipHostNumber: 10.1.0.$i" "macAddress: 00:16:3e:00:01:$i" \
			"vocAlias: a$i"
	done
	entry cn=m "objectClass: device" "objectClass: vocPhysicalNode"
	printf '%s\n' "dn: cn=eth0,cn=m,dc=x" "cn: eth0" "objectClass: vocNodeInterface" \
		"objectClass: ipHost" "ipHostNumber: 10.1.0.30" "macAddress: 00:16:3e:00:01:30" ""
	printf '%s\n' "dn: cn=eth1,cn=m,dc=x" "cn: eth1" "objectClass: vocNodeInterface" \
		"objectClass: ipHost" "ipHostNumber: 10.1.0.31" "macAddress: 00:16:3e:00:01:31" ""
}
# of NAME SED - within the entry of a name
of() { echo "/^dn: cn=$1,/,/^\$/{$2;}"; }
# What is published is what a program without a past prints of the site.
fresh() {
	"$LDAPCC" --config "$work/settings.yaml" --ldif "$work/site.ldif" render \
		-o "$work/fresh" >/dev/null 2>&1
	diff -r "$work/fresh/$work/out" "$work/out"
	local same=$?
	rm -rf "$work/fresh"
	return $same
}
entries() { realpath "$work/state/current/entries"; }
# from [SED...] - two generations, the second of the site changed so; its entries can be damaged
from() {
	rm -rf "$work/state" "$work/out"
	mkdir "$work/out"
	cp "$work/settings.kept" "$work/settings.yaml"
	is "$@" 's/^ipHostNumber: 10.1.0.18$/ipHostNumber: 10.1.0.98/'
	run apply
	is "$@"
	run apply
	before=$(published)
}
damage() { python3 "$here/damage.py" "$1" "$(entries)" "$work/state/generations/000001/entries"; }
warns() { complains "generations/[0-9]*/entries: warning: the entries of the generation cannot be used: .*$1.*; everything is read anew, and stored again when it is published \[lost-entries\]"; }
# A host in error has a last good version again.
knows_good() {
	sed -i "$(of n11 's/^ipHostNumber: .*/ipHostNumber: 10.1.0/')" "$work/site.ldif"
	before=$(published)
	exits 0 apply --verbose --detailed-exitcode && stands &&
		lacks "$work/err" lost-entries && exits 10 status && says 'cn=n11,.*last good version'
}

from
ok 'two generations, and nothing to say' exits 0 apply

# --- every kind of damage ---

for how in $(python3 "$here/damage.py" list) other; do
	from
	damage "$how"
	ok "$how: diff says so, and what apply would change" exits 0 diff
	ok '… with a warning' warns ''
	ok '… apply reads everything: exit 0' exits 0 apply
	ok '… with a warning' warns ''
	ok '… and publishes nothing else' stands
	ok '… the next says nothing' exits 0 apply
	ok '… at all' silent
	ok '… and last good versions are known' knows_good

	from
	damage "$how"
	is "$(of n12 's/^ipHostNumber: .*/ipHostNumber: 10.1.0.99/')"
	ok "$how and a change: exit 0" exits 0 apply
	ok '… it is published' fresh
	ok '… and stored' knows_good

	from
	damage "$how"
	is "$(of 'n1[1-8]' '/^ipHostNumber/d')"
	ok "$how, and guards stand: exit 3" exits 3 apply
	ok '… nothing is published' stands
done
from; damage gone; run apply
ok 'the warning says what it is: a file that is gone' warns 'it is missing'
from; damage cut-half; run apply
ok '… one that is cut' warns 'the last line is incomplete'
from; damage flip-middle; run apply
ok '… one that has another byte' warns 'checksum differs'
from; damage version; run apply
ok '… of another version' warns 'it is of another kind or version'
from; damage other; run apply
ok '… of another generation' warns 'it is of generation 1'
from
damage folder
ok 'a folder in its place, and nothing to publish: exit 7, as it cannot be stored' exits 7 apply
ok '… which says why' warns 'no regular file'
is "$(of n12 's/^ipHostNumber: .*/ipHostNumber: 10.1.0.99/')"
ok '… with a change: exit 0' exits 0 apply
ok '… it is published' fresh
ok '… and stored' knows_good

# --- who is in error now ---

# refused DN SED... - damaged, and the site in error: exit 7 for this entry, for apply and diff
refused() {
	local dn=$1
	shift
	is "$@"
	ok "$dn in error: exit 7" exits 7 apply
	ok '… which names it' complains "^$dn,dc=x: error: this [a-z]* is in error, and its last good version is lost"
	ok '… and the way out' complains 'mend the entry; or go back .*rollback N.*apply --bootstrap'
	ok '… and the damage' warns ''
	ok '… nothing is published' stands
	ok '… diff says the same: exit 7' exits 7 diff
	ok '… and names it' complains "^$dn,dc=x: error: this"
	ok '… again' exits 7 apply
	ok '… nothing is published' stands
	is
	ok '… mended: exit 0' exits 0 apply
	ok '… nothing is published, as nothing has changed' stands
	ok '… and stored' knows_good
}
for how in gone cut-half; do
	from; damage "$how"
	refused cn=n12 "$(of n12 's/^ipHostNumber: .*/ipHostNumber: 10.1.0/')"
done
from; damage gone
refused cn=net "$(of net 's/^ipNetworkNumber: .*/ipNetworkNumber: 10.1/')"
from; damage gone
refused cn=c "$(of c 's/^vocDomain: .*/vocDomain: -/')"
from; damage gone
refused cn=n12 "$(of n12 's/^vocAlias: .*/vocAlias: -x/')"
from; damage gone
refused cn=n15,ou=new "$(of n15 's/^dn: cn=n15/&,ou=new/;s/^ipHostNumber: .*/ipHostNumber: 10.1.0/')"
from; damage gone
refused cn=eth0,cn=m "$(of m '/^objectClass: vocPhysicalNode/d')"
from; damage gone
refused cn=eth1,cn=m "$(of eth1 's/^objectClass: vocNodeInterface/objectClass: device/')"

# in error, and nothing is lost by it
from "$(of n12 's/^ipHostNumber: .*/ipHostNumber: 10.1.0/')"
damage gone
ok 'who was never published is left out: exit 0' exits 0 apply
ok '… nothing else is published' stands
from "$(of n12 's/^vocAlias: .*/vocAlias: -x/')"
damage gone
ok 'a value that never was: exit 0' exits 0 apply
ok '… nothing else is published' stands
from
damage gone
site >"$work/site.ldif"
entry cn=new "objectClass: device" "objectClass: vocPhysicalNode" "objectClass: ipHost" \
	"ipHostNumber: 10.1.0" >>"$work/site.ldif"
ok 'who is new and in error: exit 0' exits 0 apply
ok '… nothing else is published' stands

# --- ways out ---

from; damage gone
is "$(of n12 's/^ipHostNumber: .*/ipHostNumber: 10.1.0/')"
run apply
ok '--bootstrap goes on without it' exits 0 apply --bootstrap
ok '… and says that they are lost' warns ''
ok '… without the host' lacks "$work/out/hosts" n12
from; damage gone
ok 'rollback goes back' exits 0 rollback 1
ok '… to another' holds "$work/out/dhcpd.conf" '10.1.0.98;'
ok '… and away from it' exits 0 rollback --unpin
ok '… nothing is lost' exits 0 apply
ok '… nor said' lacks "$work/err" lost-entries
from
python3 "$here/damage.py" gone "$work/state/generations/000001/entries"
ok 'rollback to what is damaged: exit 0' exits 0 rollback 1
ok '… it is there' holds "$work/out/dhcpd.conf" '10.1.0.98;'
ok '… with a warning' complains 'generations/000001/entries: warning: the entries of the generation cannot be used: it is missing'
run rollback --unpin
ok '… and the next apply: exit 0' exits 0 apply
ok '… reads everything' warns 'it is missing'
ok '… and publishes' fresh
ok '… and stores' knows_good

# --- what looks only ---

from; damage gone
ok 'status does not need it' exits 0 status
ok 'nor does show' exits 0 show n12
ok 'nor does history' exits 0 history
ok 'verify does: exit 7' exits 7 verify
ok '… and says what helps' complains "'ldapcc apply --full' reads everything anew, and stores them again"
run apply --full
ok '… which it does' knows_good
from; damage gone
ok 'allocate goes on' exits 0 allocate --hosts --network net --name 'x%d' --count 1
ok '… and says what it did not look at' complains 'the last generation cannot be read'

# --- turning an installation off ---

armed='s/^vocAlias: a1[12]$/&\nvocInstall: TRUE\nvocInstallProfile: cn=plain,dc=x/'
off=$(of n11 's/^vocInstall: TRUE/vocInstall: FALSE/M')
is_armed() { holds "$work/out/pxe/00-16-3e-00-01-${1#n}" el9/vmlinuz; }
is_off() { lacks "$work/out/pxe/00-16-3e-00-01-${1#n}" el9/vmlinuz; }
from "$armed"
damage gone
ok 'two hosts are armed' is_armed n11
ok '… as they are' is_armed n12
is "$armed" "$off"
ok 'one is turned off: exit 0' exits 0 apply
ok '… it is' is_off n11
ok '… the other is not' is_armed n12
ok '… and it is fresh' fresh

from "$armed"
damage gone
is "$armed" "$off" "$(of 'n1[3-8]' '/^ipHostNumber/d')"
ok 'one is turned off beside a refusal: exit 3' exits 3 apply
ok '… it is off all the same' is_off n11
ok '… the other is not' is_armed n12
ok '… and nobody is lost' holds "$work/out/hosts" n18
ok '… nor is anything said of it' lacks "$work/err" 'its installation is over'
is "$armed" "$off"
ok '… then it is published' exits 0 apply
ok '… as it is' fresh

from "$armed"
damage gone
is "$armed" "$off" "$(of 'n1[3-8]' '/^ipHostNumber/d')" 's/^vocKernel: .*/vocKernel: el9\/vmlinuz-new/'
ok 'its file has another change, too, and the run is refused: exit 3' exits 3 apply
ok '… it stays as it is' is_armed n11
ok '… which is said' complains \
	'^cn=n11,dc=x: error: its installation is over, and could not be turned off alone'
ok '… at every run' exits 3 apply
ok '… again' complains '^cn=n11,dc=x: error: its installation is over'
ok '… of nobody else' lacks "$work/err" '^cn=n12'

from "$armed"
damage gone
is "$armed" "$off" "$(of n17 's/^ipHostNumber: .*/ipHostNumber: 10.1.0/')"
ok 'one is turned off beside an error: exit 7' exits 7 apply
ok '… it is' is_off n11
ok '… the other is not' is_armed n12
ok '… and the one in error is there' holds "$work/out/hosts" n17

for change in 's/^ipHostNumber: .*/ipHostNumber: 10.1.0/' 's/^macAddress: .*/macAddress: 00:16:3e:00:01:77/' \
	'/^macAddress: /d'; do
	from "$armed"
	damage gone
	is "$armed" "$off" "$(of n11 "$change")" "$(of 'n1[3-8]' '/^ipHostNumber/d')"
	run apply
	ok "$change: it is not printed as it was, so it stays as it is" is_armed n11
	ok '… nothing is published' test "$status" = 7 -o "$status" = 3
	ok '… which is said' complains \
		'^cn=n11,dc=x: error: its installation is over, and could not be turned off alone'
	run apply
	ok '… at every run' complains '^cn=n11,dc=x: error: its installation is over'
done

from "$armed"
run rollback 2
damage gone
is "$armed" "$off"
ok 'one is turned off under a pin: exit 3' exits 3 apply
ok '… it is' is_off n11
ok '… the other is not' is_armed n12
from "$armed"
python3 "$here/damage.py" gone "$work/state/generations/000001/entries"
is
run apply
ok 'what arms, and could not be turned off: rollback exits 7' exits 7 rollback 1
ok '… and says why' complains 'generation 1 installs hosts, whose installation nobody could turn off'
ok '… nobody is armed' lacks "$work/out/pxe/00-16-3e-00-01-11" el9/vmlinuz

end_points
