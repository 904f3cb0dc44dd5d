#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A backup of the directory is loaded, and written to before the next run: its state is newer than
# what was published, and what was lost with it is no change that it tells of.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
plan 17
readonly LDAPCC
export LDAPCC_DATADIR=$SOURCE_ROOT

put_site 30 >"$scratch/site.ldif"
apply() {
	local status=0
	"$LDAPCC" --config "$scratch/site.yaml" apply --verbose >"$scratch/err" 2>&1 ||
		status=$?
	cat "$scratch/err"
	return $status
}
address() { # HOST NUMBER
	printf 'dn: cn=%s,%s\nchangetype: modify\nreplace: ipHostNumber\nipHostNumber: 10.0.0.%d\n\n' \
		"$1" "$SUFFIX" "$2"
}
has() { grep -q "^10.0.0.$2 $1\.c\.example" "$scratch/hosts"; }
lacks() { ! grep -q " $1\.c\.example" "$scratch/hosts"; }
is_increment() { grep -q 'entries were read, as' "$scratch/err"; }
is_told() { grep -q 'everything was read: the server has .* as it was before' "$scratch/err"; }
backup() { slapcat -f "$scratch/main/slapadd.conf" >"$scratch/backup.ldif" 2>/dev/null; }
restore() {
	slapd_stop main
	rm -f "$scratch/main/db/"*
	slapd_load main "$scratch/backup.ldif"
	slapd_start main
}

SLAPD_WITHOUT=syncprov-sessionlog SLAPD_DATABASE=dbnosync slapd_new main
slapd_load main "$scratch/site.ldif"
slapd_start main
cat >"$scratch/site.yaml" <<YAML
directory: {uri: ["$(slapd_uri main)"], base: "$SUFFIX", bind: anonymous}
state: $scratch/state
targets:
  dnsmasq-hosts: {path: "$scratch/hosts", check: none, on-change: none}
  dhcpd: off
  dnsmasq: off
  kickstart: off
  kickstart-repos: off
  manifest: off
guard: {max-affected: 100%, max-lost: 100%, max-removed: 100%, max-removed-24h: 100%}
YAML
ok 'a site' apply

next_second
backup
next_second
{
	address n2 102
	printf 'dn: cn=n3,%s\nchangetype: delete\n\n' "$SUFFIX"
	put_host n40 40 | sed '1s/$/\nchangetype: add/'
} | change
ok 'what the backup has not' apply
ok '… is an increment' is_increment
ok '… with an address' has n2 102
restore
address n7 107 | change
ok 'the backup is loaded, and written to' apply
ok '… which is told' is_told
ok '… what was changed is as in the backup' has n2 2
ok '… what was deleted is there' has n3 3
ok '… what was added is gone' lacks n40
ok '… and what was written since is there' has n7 107

# a backup that has all that is ours, and the entry that changed last is changed once more
address n8 108 | change
ok 'a change' apply
backup
restore
address n8 118 | change
ok 'a backup that lost nothing' apply
ok '… is an increment' is_increment
ok '… with the change' has n8 118

# what changed last is the first that somebody changes again: others tell
next_second
backup
next_second
{ address n11 111; address n12 112; } | change
ok 'two changes' apply
restore
address n12 122 | change
apply >/dev/null
ok 'one of them is made again, otherwise' has n12 122
ok '… and the other one is as in the backup' has n11 11
finish
