#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# since-changed.sh LDAPCC - settings, templates or folders are others than when the current generation
# was published: a host is turned off, a generation rolled back, a target dropped all the same; or it is
# said what was not. As root also with a file system of its own (TAP).
# shellcheck disable=SC2317 # functions are called by ok
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: since-changed.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/..")
export LDAPCC_DATADIR
mkdir "$work/templates"

# settings TARGET... - these, and no other
settings() {
	printf '%s\n' "state: $work/state" "templates: [$work/templates]" "targets:" \
		"  dnsmasq: off" "  dhcpd: off" "  kickstart: off" "  kickstart-repos: off" \
		"  manifest: off" "$@" >"$work/settings.yaml"
	[[ "$*" == *dnsmasq-hosts* ]] || echo '  dnsmasq-hosts: off' >>"$work/settings.yaml"
}
boots() { echo "  pxelinux: {path: '$work/out/$1/{{mac_dashed}}'}"; }
hosts="  dnsmasq-hosts: {path: $work/out/hosts, check: none}"

# site N [ARMED...] - N hosts, of which these install themselves
site() {
	local i
	{
		entry cn=c "objectClass: vocCluster" "vocDomain: c.example" \
			"vocInstallServer: http://10.1.0.9/ks"
		entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/16"
		entry cn=repo "objectClass: vocPackageRepository" \
			"vocBaseURL: http://10.1.0.9/os"
		entry cn=plain "objectClass: vocKickstartProfile" "vocRepository: cn=repo,dc=x" \
			"vocInstallURL: http://10.1.0.9/os" "vocKickstartVersion: RHEL9" \
			"vocKernel: el9/vmlinuz" "vocInitrd: el9/initrd.img"
		for ((i = 1; i <= $1; i++)); do
			local armed=()
			[[ " ${*:2} " != *" $i "* ]] ||
				armed=("vocInstall: TRUE" ${UNTIL:+"vocInstallUntil: $UNTIL"})
			entry "cn=n$i" "objectClass: device" "objectClass: vocPhysicalNode" \
				"objectClass: ipHost" "objectClass: ieee802Device" \
				"ipHostNumber: 10.1.1.$i" "vocInstallProfile: cn=plain,dc=x" \
				"macAddress: 00:16:3e:00:00:$(printf %02x "$i")" "${armed[@]}"
		done
	} >"$work/site.ldif"
}
UNTIL=
# anew TARGET... - twelve hosts of which three and four install themselves, published
anew() {
	rm -rf "$work/state" "$work/out" "$work/templates"
	mkdir "$work/out" "$work/templates"
	settings "$@"
	site 12 3 4
	run apply
	[ "$status" = 0 ] || { sed 's/^/# /' "$work/err"; exit 1; }
}
boot() { echo "$work/out/$1/00-16-3e-00-00-0$2"; }
installs() { holds "$(boot "$@")" vmlinuz; }
is_off() { lacks "$(boot "$@")" vmlinuz; }
names_three() { complains 'cn=n3,dc=x: error: its installation is over, and could not be turned off alone.*\[still-armed\]'; }
names_nobody() { ! names_three >"$work/ignored"; }
generation() { basename "$(readlink "$work/state/current")"; }

# --- turning off ---

anew "$(boots pxe)"
settings
site 12 4
ok 'the target of the boot files leaves the settings, and a host is turned off: exit 3' exits 3 apply
ok '… which is not done, and said' names_three
ok '… with the file' complains "$work/out/pxe/.*: note: today's settings and templates do not tell"
ok '… it is so' installs pxe 3
ok '… at the next run: exit 3' exits 3 apply -v
ok '… it is said as well' names_three
settings "$(boots pxe)"
ok 'the target is back: exit 0' exits 0 apply
ok '… the host is off' is_off pxe 3
ok '… and the other is not' installs pxe 4

anew "$(boots pxe)"
settings "$(boots a/longer/path/than/it/was)"
site 12 4
ok 'the path of the boot files has changed, and a host is turned off: exit 3' exits 3 apply
ok '… which is not done, and said' names_three

anew "$(boots pxe)" "$hosts"
{
	sed '/^$/d; /^---$/q' <(sed 1d "$LDAPCC_DATADIR/templates/pxelinux") | sed '1i ---'
	echo 'DEFAULT local'
} >"$work/templates/pxelinux"
run apply
run apply --accept "$(plan_id)"
ok 'a template that installs nobody' is_off pxe 3
run rollback 1
run rollback 1 --accept "$(plan_id)"
ok '… is rolled back' installs pxe 3
site 12 4
ok '… then a host is turned off, under the pin: exit 3' exits 3 apply
ok '… it is off' is_off pxe 3
ok '… its file is all that changes' installs pxe 4
ok '… and nothing is left to tell' names_nobody

# What turning off has nothing to do with stays as it is.
anew "$(boots pxe)" "$hosts"
echo '# by hand' >>"$work/out/hosts"
chmod 600 "$(boot pxe 1)"
sed -i '1i on-drift: refuse' "$work/settings.yaml"
site 12 4
ok 'a host is turned off beside files that were edited: exit 9' exits 9 apply
ok '… it is off' is_off pxe 3
ok '… the edit is there' holds "$work/out/hosts" 'by hand'
ok '… and the mode' equal "$(stat -c %a "$(boot pxe 1)")" 600

# Nor does it arm whom the current generation has as one whose time is over.
anew "$(boots pxe)" "$hosts"
printf -- '---\nlanguage: text\ntrailer: none\npath: %s/out/list\n---\n{{#hosts}}{{#installs}}{{name}}\n{{/installs}}{{/hosts}}' \
	"$work" >"$work/templates/list"
settings "$(boots pxe)" "$hosts" '  list:'
over() { sed -i '/^cn: n4$/,/^$/s/^vocInstall: TRUE/&\nvocInstallUntil: 20200101000000Z/' "$work/site.ldif"; }
over
run apply
ok 'an end that is over, and a file that lists who installs: exit 0' exits 0 apply --accept "$(plan_id)"
ok '… which has the other one' equal "$(cat "$work/out/list")" n3
echo '# by hand' >>"$work/out/hosts"
sed -i '1i on-drift: refuse' "$work/settings.yaml"
site 12 4
over
ok 'that is turned off beside a file that was edited: exit 9' exits 9 apply
ok '… nobody is in the list' equal "$(cat "$work/out/list")" ''
ok '… nor armed by a file of its own' eval 'is_off pxe 3 && is_off pxe 4'

# A target that cannot be used holds up no other.
UNTIL=$(date -u -d '+2 seconds' +%Y%m%d%H%M%SZ)
anew "$(boots pxe)" "$hosts"
UNTIL=
echo '{{#networks' >"$work/broken"
cat "$LDAPCC_DATADIR/templates/dnsmasq-hosts" "$work/broken" >"$work/templates/dnsmasq-hosts"
is_time() {
	local i
	for i in {1..100}; do
		run apply
		is_off pxe 3 && return
		read -rt 0.1 <> <(:)
	done
	return 1
}
ok 'the template of another target is broken, and an installation runs out: it is off' is_time
ok '… the fault is told' complains 'dnsmasq-hosts.*the tag is not closed'
ok '… and that of the broken one nothing is known' names_three
anew "$(boots pxe)" "$hosts"
cat "$LDAPCC_DATADIR/templates/dnsmasq-hosts" "$work/broken" >"$work/templates/dnsmasq-hosts"
site 12 4
ok 'a host is turned off beside a broken template: exit 64' exits 64 apply
ok '… it is off' is_off pxe 3
ok '… the other is not' installs pxe 4

# An end that is put off is put off, however late that is seen.
UNTIL=$(date -u -d '+1 second' +%Y%m%d%H%M%SZ)
anew "$(boots pxe)"
UNTIL=20991231000000Z
site 12 3 4
UNTIL=
sleep 2
ok 'an end that is put off, seen after it: exit 0' exits 0 apply
ok '… nobody is turned off' installs pxe 3

# --- rolling back ---

anew "$(boots pxe)"
settings "$(boots a/longer/path/than/it/was)"
run apply
run apply --accept "$(plan_id)"
ok 'the boot files have another folder' installs a/longer/path/than/it/was 3
run rollback 1
[ "$status" = 0 ] || run rollback 1 --accept "$(plan_id)"
ok '… they go back to the first: exit 0' equal "$status" 0
ok '… all of them' installs pxe 3
ok '… and none is left' test ! -e "$(boot a/longer/path/than/it/was 3)"
ok '… nothing is left over' equal "$(find "$work/out" -name '.*')" ''
run rollback --unpin
run apply
ok '… and forth again: exit 0' exits 0 apply --accept "$(plan_id)"
ok '… where they were' installs a/longer/path/than/it/was 3

if [ "$(id -u)" = 0 ] && getent group games >"$work/ignored"; then
	with_group="  dnsmasq-hosts: {path: $work/out/hosts, check: none, group: games, mode: '0640'}"
	anew "$with_group"
	site 11 3 4
	run apply
	printf -- '---\nx: y\n---\n' >"$work/templates/dnsmasq-hosts"
	ok 'with a template that cannot be used: exit 0' exits 0 rollback
	ok '… group and mode are as they were' equal "$(stat -c '%a %G' "$work/out/hosts")" '640 games'
fi

# --- a target that is dropped ---

for name in one two; do
	mkdir "$work/$name"
	printf -- '---\nlanguage: text\ntrailer: none\npath: %s/out/%s\n---\nno node at all\n' \
		"$work" "$name" >"$work/$name/$name"
done
anew "$hosts"
cp "$work"/{one/one,two/two} "$work/templates"
settings "$hosts" '  one:' '  two:'
ok 'two targets that name no node: exit 0' exits 0 apply
settings "$hosts" '  two:'
ok 'one of them is dropped: exit 3' exits 3 apply
first=$(plan_id)
settings "$hosts" '  one:'
ok '… the other: exit 3' exits 3 apply
ok '… which is another change' test "$first" != "$(plan_id)"
ok '… accepted: exit 0' exits 0 apply --accept "$(plan_id)"
ok '… once: exit 0' exits 0 apply
ok '… the file stays, as somebody may include it' test -e "$work/out/two"

# --- the window of 24 hours ---

# again FILE SED - a file of the state with this change, and whole
again() {
	sed -e '$d' -e "$2" "$work/state/$1" >"$work/again"
	printf '# ldapcc hosts=0 vcns=0 sha256=%s\n' "$(sha256sum <"$work/again" | cut -d' ' -f1)" \
		>>"$work/again"
	cat "$work/again" >"$work/state/$1"
}
# bleeds - by a tenth at each run: is it stopped before half are gone?
bleeds() {
	local n=$1
	while [ "$n" -gt $(($1 / 2)) ]; do
		n=$((n - n / 10))
		site "$n"
		run apply
		[ "$status" = 0 ] || break
	done
	equal "$status" 3 && complains max-removed-24h
}
rm -rf "$work/state" "$work/out"
mkdir "$work/out"
settings "$hosts"
site 4
run apply
site 100
ok 'a few hosts, and soon after them all the others: exit 0' exits 0 apply
noted=$(cd "$work/state/window" && echo *)
mv "$work/state/window/$noted" "$work/state/window/$((noted - 100000))"
again generations/000002/record "s/^created .*/created $(($(date +%s) - 99000))/"
ok 'a day later it bleeds, and is stopped' bleeds 100
rm -rf "$work/state" "$work/out"
mkdir "$work/out"
site 100
run apply
noted=$(cd "$work/state/window" && echo *)
mv "$work/state/window/$noted" "$work/state/window/$((noted + 300000000))"
ok 'noted by a clock that was years ahead: it is stopped as well' bleeds 100
ok '… and that note is gone' test ! -e "$work/state/window/$((noted + 300000000))"

# --- what cannot be put in place or removed is told before anything is ---

clean() { [ ! -e "$work/state/txn" ] && equal "$(generation)" "$1"; }
anew "$(boots pxe)"
site 11 3 4
rm "$(boot pxe c)"
mkdir "$(boot pxe c)"
ok 'a folder in the place of what is to be removed: exit 7' exits 7 apply
ok '… it is named' complains 'pxe/00-16-3e-00-00-0c: error: a folder is in the way'
ok '… nothing is begun' clean 000001
rmdir "$(boot pxe c)"
ok '… and without it goes on: exit 0' exits 0 apply
anew "$(boots pxe)"
mv "$work/out/pxe" "$work/out/moved"
ln -s moved "$work/out/pxe"
site 11 3 4
ok 'a link in the place of its folder: exit 7' exits 7 apply
ok '… nothing is begun' clean 000001
if [ "$(id -u)" = 0 ] && unshare -m true 2>"$work/ignored"; then
	printf -- '---\nlanguage: text\nfor-each: host\npath: %s/out/nfs/{{name}}/name\n---\n{{fqdn}}\n' \
		"$work" >"$work/one/one"
	anew "$hosts"
	cp "$work/one/one" "$work/templates"
	settings "$hosts" '  one:'
	mkdir -p "$work/out/nfs/n5"
	# under_mount OPTION... - an apply while mount(8) has done that: exit 7
	under_mount() {
		status=0
		# shellcheck disable=SC2016 # for that shell
		MOUNT=$* unshare -m bash -c 'mount $MOUNT && exec "$@"' apply "$LDAPCC" \
			--config "$work/settings.yaml" --ldif "$work/site.ldif" apply >"$work/said" \
			2>"$work/err" || status=$?
		equal "$status" 7
	}
	ok 'one folder of a target is another file system: exit 7' under_mount \
		-t tmpfs -o mode=755 none "$work/out/nfs/n5"
	ok '… it is named' complains "out/nfs/n5: error: the folder is on another file system"
	ok '… nothing is begun' clean 000001
	ok '… and without it goes on: exit 0' exits 0 apply
	anew "$hosts"
	site 11 3 4
	ok 'a file on which something is mounted: exit 7' under_mount --bind \
		"$work/out/hosts" "$work/out/hosts"
	ok '… it is named, with what to do' complains "out/hosts: error: something is mounted there, .* mount the folder"
	ok '… nothing is begun' clean 000001
	if chattr +i "$work/out/hosts" 2>"$work/ignored"; then
		run apply
		ok 'a file that is immutable: exit 7' equal "$status" 7
		chattr -i "$work/out/hosts"
		ok '… it is named' complains 'out/hosts: error: the file is immutable'
		ok '… nothing is begun' clean 000001
	else
		skip 'a file that is immutable' 'this file system has no such thing'
	fi
	ok '… and without it goes on: exit 0' exits 0 apply
else
	skip 'one folder of a target is another file system' 'root only'
fi

# --- a state that is damaged, or at work ---

anew "$hosts"
sed -i '$d' "$work/state/window"/*
site 11 3 4
ok 'the roster of a day ago is damaged, and a host goes: exit 7' exits 7 apply
named=$(sed -n 's/: error: the roster cannot be used.*//p' "$work/err")
ok '… the way out is named' complains '^note: remove it: the 24 hours'
rm "$named"
ok '… and is one: exit 0' exits 0 apply
ok '… from there on there is a window again' test -n "$(ls "$work/state/window")"

anew "$(boots pxe)" "$hosts"
sed -i 's,10.1.0.0/16,10.999.0.0/16,' "$work/site.ldif"
ok 'a network is in error: exit 0' exits 0 apply
sed -i '$d' "$work/state/generations/000001/roster"
ok '… and the roster is damaged: exit 7' exits 7 apply
before=$(grep -v '^#' "$work/out/hosts")
ok '… begun anew, its last good version is there: exit 0' exits 0 apply --bootstrap
ok '… and all the hosts' equal "$(grep -v '^#' "$work/out/hosts")" "$before"
rm "$work/state/generations"/*/entries*
sed -i '$d' "$work/state/current/roster"
ok '… without one it is a first apply: exit 10' exits 10 apply --bootstrap

anew "$hosts"
echo junk >"$work/state/staging"
ok 'what a killed run left cannot be read: exit 7' exits 7 apply
ok '… which status knows: exit 7' exits 7 status
printf 'ldapcc staging 1\ngeneration 9\nscratch %s\n\n' "$work/out/hosts" >"$work/state/staging"
again staging ''
ok '… or names what is no temporary file: exit 7' exits 7 apply
ok '… which stays' holds "$work/out/hosts" 'n1.c.example'
rm "$work/state/staging"
ok '… without it: exit 0' exits 0 apply
ok '… status is well: exit 0' exits 0 status
at_work() { # STATUS - of status, while another holds the lock
	python3 -c 'import fcntl, subprocess, sys
f = open(sys.argv[1], "r+"); fcntl.lockf(f, fcntl.LOCK_EX); sys.exit(subprocess.call(sys.argv[2:]))' \
		"$work/state/lock" "$LDAPCC" --config "$work/settings.yaml" status \
		>"$work/said" 2>"$work/err"
	equal $? "$1"
}
run rollback 1
cp "$work/state/pinned" "$work/state/txn"
rm "$work/state/pinned"
again txn s/pinned/txn/
ok 'a run at work has begun to install: status says nothing of it' at_work 0
ok '… nobody at work: exit 70' exits 70 status
rm "$work/state/txn"

# Without a generation to compare with every file is somebody else's: the way out is a rollback, too.
anew "$hosts"
site 12
run apply
site 11
run apply
sed -i '$d' "$work/state/current/record"
ok 'rolled back from a damaged generation: exit 3' exits 3 rollback 2
ok '… by its own command it may' complains "run 'ldapcc .* rollback 2 --bootstrap'"
ok '… and does: exit 0' exits 0 rollback 2 --bootstrap

# Killed between two files: what somebody writes there until the next run is kept.
anew "$hosts" "$(boots pxe)"
site 11 3 4
run apply
cp "$work/out/hosts" "$work/hosts-after"
run rollback
[ "$status" = 0 ] || run rollback --accept "$(plan_id)"
cp "$work/state/pinned" "$work/state/txn"
again txn 's/pinned/txn/; s/^1$/2/'
rm "$work/state/pinned" "$work/state/previous"
ln -sfn generations/000001 "$work/state/current"
echo '# at night' >>"$work/out/hosts"
echo '# at night' >>"$(boot pxe c)" # which goes
ok 'a run that was killed is finished: exit 0' exits 0 apply
ok '… what was written by hand is said to be kept' complains "replaced.*what stood in '$work/out/hosts' is kept"
ok '… and is' holds "$work/state/generations/000002/replaced$work/out/hosts" 'at night'
ok '… as is what goes' holds "$work/state/generations/000002/replaced$(boot pxe c)" 'at night'
ok '… nothing else' equal "$(find "$work/state/generations/000002/replaced" -type f | wc -l)" 2
ok '… the file is the new one' equal "$(cat "$work/out/hosts")" "$(cat "$work/hosts-after")"

# A command that is pending for a target that has left the settings.
echo '#!/bin/false' >"$work/fails"
chmod +x "$work/fails"
anew "$hosts"
settings "$hosts" "  ethers: {path: $work/out/ethers, check: none, on-change: [$work/fails]}"
run apply
ok 'a command that fails: exit 6' exits 6 apply --accept "$(plan_id)"
settings "$hosts"
run apply
id=$(plan_id)
ok 'its target is dropped: exit 0' exits 0 apply --accept "$id"
ok '… it is said once that nobody is told' complains "warning: the service of target 'ethers'"
ok '… and not tried any more: exit 0' exits 0 apply
ok '… nor is it pending' exits 0 status
end_points
