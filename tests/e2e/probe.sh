#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The run without changes asks the directory one thing, contextCSN; and everything that may
# make a difference has the directory read again. slapd's log is the witness.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
plan 35

tree=$scratch/site
hosts=$tree/srv/dnsmasq/hosts

control_new
SLAPD_DEBUG=stats slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
SLAPD_DEBUG=stats slapd_start main
settings site "$(slapd_uri main)"
echo '#!/bin/sh' >"$scratch/bin/control"

# asked: the searches since the last call, one a line: its scope and what it asked for
asked() {
	local from
	from=$(cat "$scratch/from" 2>/dev/null || echo 1)
	wc -l <"$scratch/main/slapd.log" >"$scratch/from"
	tail -n "+$from" "$scratch/main/slapd.log" | awk '
		/ SRCH base=/ { sub(/.* scope=/, "scope="); print $1 }
		/ SRCH attr=/ { sub(/.* SRCH /, ""); print }'
}
read_all() { asked | grep -x scope=2; }
# The base and what is above it, which may be the suffix, in one round trip.
probed() {
	asked >"$scratch/asked"
	cat "$scratch/asked"
	grep -q contextCSN "$scratch/asked" && ! grep '^scope=[^0]' "$scratch/asked" &&
		[ "$(grep -c ^scope "$scratch/asked")" -le 2 ]
}

asked >/dev/null
exits 0 'the first apply' site apply
ok 'reads everything' read_all
exits 0 'the second' site apply
ok 'asks for contextCSN and nothing else' probed
exits 0 'so does the third' site apply
ok '… nothing else' probed
exits 0 '--full' site apply --full
ok 'reads everything' read_all
exits 0 'after it' site apply
ok 'a probe is enough again' probed

slapd_modify main <<-END
	dn: cn=node05,ou=hosts,$SUFFIX
	changetype: modify
	replace: l
	l: rack 9
END
asked >/dev/null
exits 0 'a change in the directory that makes none in the files' site apply
ok 'is read' read_all
exits 0 'and known from then on' site apply
ok '… by a probe' probed

echo '# by hand' >>"$hosts"
exits 0 'a file that was edited by hand' site apply
ok 'has the directory read' read_all
ok '… is written anew, and that is said' says "$hosts"
not_edited() { ! grep 'by hand' "$hosts"; }
ok '… as it was' not_edited
asked >/dev/null

cp "$SOURCE_ROOT/templates/dnsmasq" "$tree/templates/dnsmasq"
exits 0 'a new template' site apply
ok 'has it read' read_all
ok 'and no more is said of the edited file' test ! -s "$scratch/err"
echo 'keep: 5' >>"$scratch/site.yaml"
exits 0 'other settings' site apply
ok 'too' read_all
sed -i '/^directory:/a\  full-interval: 0' "$scratch/site.yaml"
exits 0 'full-interval: 0' site apply
asked >/dev/null
exits 0 'has it read at every run' site apply
ok '… yes' read_all

SLAPD_DEBUG=stats SLAPD_WITHOUT='^overlay\|^syncprov' slapd_new plain
SLAPADD='' slapd_load plain "$SOURCE_ROOT/contrib/example/cluster.ldif"
SLAPD_DEBUG=stats slapd_start plain
settings plain "$(slapd_uri plain)"
twice_without_syncprov() {
	"$LDAPCC" --config "$scratch/plain.yaml" apply || return 1
	"$LDAPCC" --config "$scratch/plain.yaml" apply || return 1
	[ "$(grep -c ' SRCH base=.* scope=2' "$scratch/plain/slapd.log")" -ge 2 ]
}
ok 'without syncprov every run reads' twice_without_syncprov

# A checker that is missing is told once, whatever else changes, until it is there.
settings bare "$(slapd_uri main)"
sed -i "/^  dnsmasq:/a\\    check: [check-of-ours, '{file}']" "$scratch/bare.yaml"
exits 0 'without a checker' bare apply
ok 'that is told' says 'dnsmasq\.d/ldapcc\.conf: warning: .*check-of-ours.*\[no-checker\]$'
slapd_modify main <<-END
	dn: cn=node05,ou=hosts,$SUFFIX
	changetype: modify
	add: vocAlias
	vocAlias: login
END
exits 0 'another file changes' bare apply
ok 'it is not told again' test ! -s "$scratch/err"
exits 0 'nor when nothing changes' bare apply --full
ok '… no' is_silent
printf '#!/bin/sh\n' >"$scratch/bin/check-of-ours"
chmod 755 "$scratch/bin/check-of-ours"
slapd_modify main <<-END
	dn: cn=storage,ou=networks,$SUFFIX
	changetype: add
	objectClass: vocIPNetwork
	cn: storage
	ipNetworkNumber: 10.30.0.0/24
END
exits 0 'it is there, and has something to check' bare apply
ok 'that is told too' says 'no longer, after .*: .*no-checker'
finish
