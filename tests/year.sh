#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# year.sh LDAPCC - what happens to a site in a year beside changes of its data: a clock that was
# ahead, folders that somebody removes, paths that become folders, decisions of persons that
# have to last. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: year.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/..")
export LDAPCC_DATADIR

# site COUNT - a network with hosts n11 n12 …, the first of which is to be installed
site() {
	entry cn=c "objectClass: vocCluster" "vocDomain: c.example" \
		"vocInstallServer: http://10.1.0.9/ks"
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/16"
	entry cn=repo "objectClass: vocPackageRepository" "vocBaseURL: http://10.1.0.9/os"
	entry cn=plain "objectClass: vocKickstartProfile" "vocRepository: cn=repo,dc=x" \
		"vocInstallURL: http://10.1.0.9/os" "vocKickstartVersion: RHEL9" \
		"vocKernel: el9/vmlinuz" "vocInitrd: el9/initrd.img"
	local i
	for ((i = 11; i < 11 + $1; i++)); do
		entry "cn=n$i" "objectClass: device" "objectClass: vocPhysicalNode" \
			"objectClass: ipHost" "objectClass: ieee802Device" \
			"ipHostNumber: 10.1.0.$i" "macAddress: 00:16:3e:00:01:$i" \
			"vocInstallProfile: cn=plain,dc=x" "vocInstall: $([ "$i" = 11 ] && echo TRUE || echo FALSE)"
	done
}

# settings TARGET... - these targets, and none of the defaults; HEAD stands before them
settings() {
	local name
	printf '%s\n' "state: $work/state" "templates: [$work/templates]" ${HEAD:+"$HEAD"} "targets:"
	for name in dnsmasq dnsmasq-hosts dhcpd kickstart kickstart-repos manifest; do
		case "$*" in *"  $name:"*) ;; *) echo "  $name: off" ;; esac
	done
	printf '%s\n' "$@"
}
set_targets() { settings "$@" >"$work/settings.yaml"; }

# anew TARGET... - a site of three hosts, published
anew() {
	rm -rf "$work/state" "$work/out"
	mkdir -p "$work/out" "$work/templates"
	set_targets "$@"
	site 3 >"$work/site.ldif"
	run apply
	[ "$status" = 0 ] || { sed 's/^/# /' "$work/err"; exit 1; }
}
printf '%s\n' --- 'path: /x/{{name}}' 'for-each: host' 'language: text' 'trailer: "# "' --- '{{name}}' \
	>"$work/seed"
mkdir "$work/templates"
cp "$work/seed" "$work/templates/seed"
names() { (cd "$work/out" && find . -type f | LC_ALL=C sort | tr '\n' ' '); }
settles() { exits 0 apply && exits 0 apply --full && silent && exits 0 status; }

# --- paths that become folders, and folders that become paths ---

anew "  seed: {path: '$work/out/{{name}}', check: none}"
set_targets "  seed: {path: '$work/out/{{name}}/seed', check: none}"
ok 'files where folders are to be: exit 7' exits 7 apply
ok '… one is named' complains "$work/out/n11: error: the folder cannot be opened: it is no folder"
ok '… all is as it was' equal "$(names)" './n11 ./n12 ./n13 '
rm "$work"/out/n1?
ok 'when they are gone: exit 0' exits 0 apply
ok '… the folders are there' equal "$(names)" './n11/seed ./n12/seed ./n13/seed '
ok '… and nothing is left to do' settles
set_targets "  seed: {path: '$work/out/{{name}}', check: none}"
ok 'folders where files are to be: exit 7' exits 7 apply
rm -r "$work"/out/n1?
ok 'when they are gone: exit 0' exits 0 apply
ok '… the files are there' equal "$(names)" './n11 ./n12 ./n13 '
ok '… and nothing is left to do' settles

# --- a folder that somebody removes ---

two=("  seed: {path: '$work/out/seed/{{name}}', check: none}"
	"  pxelinux: {path: '$work/out/pxe/{{mac_dashed}}', check: none, on-change: none}")
anew "${two[@]}"
rm -r "$work/out/seed"
sed -i 's/^vocInstall: TRUE/vocInstall: FALSE/' "$work/site.ldif"
ok 'an installation is turned off beside a folder that is gone: exit 0' exits 0 apply
ok '… it is off' lacks "$work/out/pxe/00-16-3e-00-01-11" el9/vmlinuz
ok '… the folder is there again' test -f "$work/out/seed/n12"
ok '… and nothing is left to do' settles

# --- what is known lasts while an installation cannot be turned off ---

anew "  pxelinux: {path: '$work/out/pxe/{{mac_dashed}}', check: 'test ! -e $work/bad', on-change: none}"
sed -i 's/^macAddress: 00:16:3e:00:01:12/macAddress: 00:16:3e:00:01:0g/' "$work/site.ldif"
run apply
ok 'a host is in quarantine: exit 10' exits 10 status
touch "$work/bad"
sed -i 's/^vocInstall: TRUE/vocInstall: FALSE/' "$work/site.ldif"
ok 'a checker stops the end of an installation: exit 5' exits 5 apply
ok '… nothing is said to be mended' lacks "$work/err" 'no longer'
ok '… status: exit 5' exits 5 status
ok '… and it knows who is in quarantine' says '^quarantined  cn=n12'
ok '… and how many hosts there are' says '^hosts +3'
rm "$work/bad"
ok 'when it is content: exit 0' exits 0 apply
ok '… the installation is off' lacks "$work/out/pxe/00-16-3e-00-01-11" el9/vmlinuz

# --- a person decides once ---

HEAD='guard: {min: {host: 4}}'
rm -rf "$work/state" "$work/out"
set_targets "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}"
site 3 >"$work/site.ldif"
ok 'fewer hosts than there must be: exit 3' exits 3 apply
ok '… accepted: exit 0' exits 0 apply --accept "$(plan_id)"
ok '… for good, while nothing changes' settles
ok '… nor does diff warn: exit 0' exits 0 diff
ok '… of anything' silent
site 2 >"$work/site.ldif"
ok 'fewer still: exit 3' exits 3 apply
HEAD=

# called - what the refusal says is to be called, without the site
called() { sed -n "s/.*run 'ldapcc .*\(apply[^']*\)'.*/\1/p" "$work/err" | tail -1; }
again() {
	# shellcheck disable=SC2046 # a list of words
	exits 0 $(called)
}
HEAD='guard: {max-affected: 1}'
anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}"
set_targets "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}" \
	"  ethers: {path: $work/out/ethers, check: none, on-change: none}"
echo mine >"$work/out/ethers"
ok "a new target, and somebody's file at its path: exit 3" exits 3 apply
ok '… the way on is named' equal "$(called)" 'apply --bootstrap'
ok '… and a guard stops that: exit 3' exits 3 apply --bootstrap
ok '… what it names is all that is needed' again
ok '… the file is ours' holds "$work/out/ethers" 00:16:3e:00:01:12
HEAD=

# --- an entry in error that is renamed, and a new one in its place ---

anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}"
# named NAME NUMBER SED - the entry n12 under another name, as a server knows it by number
named() {
	site 3 | awk -v RS= -v ORS='\n\n' '/^dn: cn=n12,/' |
		sed "s/n12/$1/; s/^cn: n12/cn: $1/; /^dn:/a entryUUID: 00000000-0000-4000-8000-00000000000$2
			${3:-}"
}
others() { site 3 | awk -v RS= -v ORS='\n\n' '!/^dn: cn=n12,/'; }
faulty='s/^macAddress: .*/macAddress: 00:16:3e:00:01:0g/'
{ others; named n12 1; } >"$work/site.ldif"
run apply
{ others; named n12 1 "$faulty"; } >"$work/site.ldif"
ok 'a host is in error: exit 0' exits 0 apply
before=$(cat "$work/out/hosts")
{ others; named old 1 "$faulty"; named n12 2 's/10.1.0.12/10.1.0.99/; s/01:12$/01:99/'; } >"$work/site.ldif"
ok 'it is renamed, and a new one has its place: exit 0' exits 0 apply
ok '… who is served stays' equal "$(cat "$work/out/hosts")" "$before"
ok '… the new one is told why' complains '^.*cn=n12,dc=x: cn: error: stands where another entry stood'
ok '… and which that is' complains 'cn=old,dc=x: note: the other entry'
{ others; named old 1; named n12 2 's/10.1.0.12/10.1.0.99/; s/01:12$/01:99/'; } >"$work/site.ldif"
ok 'it is mended: exit 0' exits 0 apply
ok '… it is there by its new name' grep -q '^10.1.0.12 old.c.example' "$work/out/hosts"
ok '… and so is the new one' grep -q '^10.1.0.99 n12.c.example' "$work/out/hosts"
ok '… nothing is left to do' settles

# names that are handed on: nobody is where he was
known() { site 3 | sed -E 's/^(dn: cn=n(1[0-9]),.*)/\1\nentryUUID: 00000000-0000-4000-8000-0000000000\2/' | sed -E "${1:-}"; }
handed_on='s/cn=n12,/cn=old,/; s/^cn: n12/cn: old/; s/cn=n13,/cn=n12,/; s/^cn: n13/cn: n12/'
for number in 12 13; do
	known >"$work/site.ldif"
	run apply
	before=$(cat "$work/out/hosts")
	known "$handed_on; s/(01:)$number\$/\\10g/" >"$work/site.ldif"
	ok "n12 is called old, n13 n12, and one is in error (n$number): exit 0" exits 0 apply
	ok '… who is served stays' equal "$(cat "$work/out/hosts")" "$before"
	known "$handed_on" >"$work/site.ldif"
	ok '… it is mended: exit 0' exits 0 apply
	ok '… the first has its new name' grep -q '^10.1.0.12 old.c.example' "$work/out/hosts"
	ok '… and so has the second' grep -q '^10.1.0.13 n12.c.example' "$work/out/hosts"
done

# --- a clock that was ahead ---

anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}"
sed -i 's/^macAddress: 00:16:3e:00:01:12/macAddress: 00:16:3e:00:01:0g/' "$work/site.ldif"
ok 'a finding: exit 0' exits 0 apply
ok '… is told' complains bad-mac
ok '… once: exit 0' exits 0 apply --full
ok '… for a day' silent
known=$work/state/last-run
sed -i -E '$d; s/^(finding [0-9]+) [0-9]+/\1 4000000000/' "$known"
printf '# ldapcc hosts=0 vcns=0 sha256=%s\n' "$(sha256sum <"$known" | cut -d' ' -f1)" >>"$known"
ok 'it was told when the clock was many years ahead: exit 0' exits 0 apply --full
ok '… so it is told now' complains bad-mac
ok '… once: exit 0' exits 0 apply --full
ok '… for a day' silent

end_points
