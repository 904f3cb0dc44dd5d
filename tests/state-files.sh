#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# state-files.sh LDAPCC - every file of ldapcc's state, damaged in every way: a message and an
# exit status, never a crash or a wait, and never something else published for it. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: state-files.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/..")
export LDAPCC_DATADIR

cat >"$work/settings.yaml" <<END
state: $work/state
targets:
  dnsmasq: off
  dhcpd: off
  kickstart: off
  kickstart-repos: off
  dnsmasq-hosts: {path: $work/out/hosts, check: 'true {file}', on-change: [$work/tell]}
  manifest: {path: '$work/out/manifests/{{fqdn}}', check: 'true {file}'}
END
printf '#!/bin/sh\nexit 1\n' >"$work/tell"
chmod 755 "$work/tell"

# site WORD... - a network and a host for each of these numbers; 'bad' is one with an error
site() {
	printf '%s\n' "dn: cn=net,dc=x" "objectClass: vocIPNetwork" "cn: net" \
		"ipNetworkNumber: 10.1.0.0/24" "vocDomain: c.example" ""
	local n
	for n; do
		printf '%s\n' "dn: cn=n$n,dc=x" "objectClass: device" \
			"objectClass: vocPhysicalNode" "objectClass: ipHost" "cn: n$n" \
			"ipHostNumber: 10.1.0.$n" ""
	done | sed 's/^ipHostNumber: 10.1.0.bad/ipHostNumber: 10.1.0/'
}

# A state with all there is: two generations, an entry in quarantine, a command that is pending
# and a pin.
site 1 2 3 4 5 6 7 8 >"$work/site.ldif"
run apply
site 1 2 3 4 5 6 7 9 bad >"$work/site.ldif"
run apply
run apply
ok 'the state is made: a command is pending' equal "$status" 6
run rollback
ok 'and the site is pinned' exits 3 apply
cp -a "$work/state" "$work/state.whole"
cp -a "$work/out" "$work/out.whole"
before=$(published)
site 1 >"$work/lost.ldif"

# damage HOW FILE
damage() {
	local file=$work/state/$2 size
	size=$(stat -c %s "$file")
	case $1 in
	empty) : >"$file" ;;
	cut) truncate -s $((size / 2)) "$file" ;;
	line) printf '7\n' >>"$file" ;;
	digit) sed -i '0,/[0-9]/s/[0-9]/x/' "$file" ;;
	other) echo '[null, {"a": 1}]' >"$file" ;;
	sparse) truncate -s 3G "$file" ;;
	gone) rm "$file" ;;
	fifo) rm "$file" && mkfifo "$file" ;;
	folder) rm "$file" && mkdir "$file" ;;
	symlink) rm "$file" && ln -s /dev/zero "$file" ;;
	esac
}

# behaves COMMAND... - it ends by itself, says why if it fails, and does not touch what is there
behaves() {
	options_for "$@"
	status=0
	# shellcheck disable=SC2154 # options_for has set it
	timeout 20 "$LDAPCC" "${site[@]}" "$@" \
		>"$work/said" 2>"$work/err" </dev/null || status=$?
	case $status in
	0 | 2 | 3 | 4 | 6 | 7 | 10 | 64) ;;
	*)
		echo "$*: exit $status"
		return 1
		;;
	esac
	# 7 is an error that has not been told before
	[ "$status" != 7 ] || [ -s "$work/err" ] || {
		echo "$*: exit 7, without a word"
		return 1
	}
}
stands() {
	[ "$(published)" = "$before" ] || {
		echo "$*: the published files have changed, exit $status"
		diff <(echo "$before") <(published)
		return 1
	}
}
# each HOW FILE - all commands, each on a state of its own that is damaged so
each() {
	local command bad=0
	for command in status history diff render apply "apply --full" \
		"rollback --unpin" "rollback"; do
		rm -rf "$work/state"
		cp -a "$work/state.whole" "$work/state"
		damage "$@"
		# shellcheck disable=SC2086 # words
		behaves $command || bad=1
		case $command in
		rollback*) # what it publishes is a generation, or nothing
			rm -rf "$work/out"
			cp -a "$work/out.whole" "$work/out"
			;;
		# without its file a site is not pinned
		apply*) [ "$*" = 'gone pinned' ] || stands "$command" || bad=1 ;;
		*) stands "$command" || bad=1 ;;
		esac
	done
	return $bad
}
# refuses HOW FILE - most of the hosts are gone, while the state is damaged
refuses() {
	rm -rf "$work/state"
	cp -a "$work/state.whole" "$work/state"
	rm -f "$work/state/pinned"
	[ "$2" = pinned ] || damage "$@"
	cp "$work/site.ldif" "$work/kept.ldif"
	cp "$work/lost.ldif" "$work/site.ldif"
	local bad=0
	behaves apply || bad=1
	[ "$status" != 0 ] || {
		echo "lost hosts: exit 0"
		bad=1
	}
	stands apply || bad=1
	mv "$work/kept.ldif" "$work/site.ldif"
	return $bad
}

readonly damages='empty cut line digit other sparse gone fifo folder symlink'
for file in $(cd "$work/state.whole" && find . -type f -size +0 ! -path '*/objects/*' \
	-printf '%P\n' | sort); do
	for how in $damages; do
		ok "$file, $how" each "$how" "$file"
		ok "$file, $how: lost hosts are still refused" refuses "$how" "$file"
	done
done
# the same for the link that says which generation is current
for how in gone fifo folder symlink; do
	ok "current, $how" each "$how" current
	ok "current, $how: lost hosts are still refused" refuses "$how" current
done

end_points
