#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# exit-codes.sh LDAPCC - every exit status of ldapcc(8) that needs no directory server, and
# what must not have changed with it: no target's bytes, mode, owner or times. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: exit-codes.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
mkdir "$work/templates"
unset LDAPCC_DATADIR

# Everything that must not change, in one text: path, inode, mode, owner, size, times, bytes.
# Of folders only what is in them: a new file is made beside the one it is to replace.
look() {
	(cd "$work/out" && find . &&
		find . ! -type d -exec stat -c '%n %i %f %u %g %s %y %z' {} + &&
		find . -type f -exec sha256sum {} +) | sort
}

# untouched DESCRIPTION STATUS WORD... - the command exits so, and changed nothing
untouched() {
	local description=$1 want=$2 before
	shift 2
	before=$(look)
	ok "$description: exit $want" exits "$want" "$@"
	ok "$description: nothing was changed" equal "$(look)" "$before"
}

# host N [LINE...] - an entry
host() {
	printf '%s\n' "dn: cn=n$1,ou=hosts,dc=c,dc=example" "objectClass: device" \
		"objectClass: ipHost" "objectClass: ieee802Device" "cn: n$1" \
		"ipHostNumber: 10.1.0.$1" "macAddress: 00:00:5e:00:53:$(printf %02x "$1")"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@"
	echo
}

# site N... - a network and these hosts
site() {
	{
		printf '%s\n' "dn: cn=net,ou=networks,dc=c,dc=example" \
			"objectClass: vocIPNetwork" "cn: net" "ipNetworkNumber: 10.1.0.0/24" \
			"vocDomain: c.example" ""
		local n
		for n in "$@"; do host "$n"; done
	} >"$work/site.ldif"
}

# settings [LINE...] - two targets of our own, one a list and one a file for each node
settings() {
	{
		printf '%s\n' "state: $work/state" "templates: [$work/templates]" "$@"
		grep -q '^targets:' <<<"$(printf '%s\n' "$@")" ||
			printf '%s\n' "targets:" "  list:" "  page:"
	} >"$work/settings.yaml"
	# what is shipped writes elsewhere
	sed -i '/^targets:$/a\  dnsmasq: off\n  dnsmasq-hosts: off\n  dhcpd: off\n  kickstart: off\n  kickstart-repos: off\n  manifest: off' \
		"$work/settings.yaml"
}

cat >"$work/templates/list" <<END
---
path: $work/out/list
language: hosts
mode: "0640"
trailer: "# "
---
{{#nodes}}
{{ipv4}}{{#names}} {{.}}{{/names}}
{{/nodes}}
END
cat >"$work/templates/page" <<END
---
path: $work/out/pages/{{name}}
for-each: node
language: text
---
{{fqdn}} {{description}}
END
: >"$work/err"

# From nothing

settings
site 1 2 3
ok "diff of a first run: exit 2" exits 2 diff
ok "diff says which nodes" says "^added    host n1.c.example"
ok "and shows the file" says "^\+10.1.0.1 n1.c.example n1"
ok "diff makes no state" test ! -e "$work/state"
ok "a first apply just works" exits 0 apply
ok "it says what it did" says "^generation 1: nodes .3; .*files .4"
ok "the list is there" holds "$work/out/list" "10.1.0.1 n1.c.example n1"
ok "with its mode" equal "$(stat -c %a "$work/out/list")" 640
ok "a file for each node is there" equal "$(cat "$work/out/pages/n3")" "n3.c.example "
ok "the state is nobody else's" equal "$(stat -c %a "$work/state")" 700

before=$(look)
ok "a second apply: exit 0" exits 0 apply
ok "it prints nothing" silent
ok "it writes nothing" equal "$(look)" "$before"
ok "status: healthy" exits 0 status
ok "and it knows the generation" says "^generation +1$"
ok "diff: exit 0" exits 0 diff
ok "diff prints nothing" silent
ok "apply --detailed-exitcode without changes: exit 0" exits 0 apply --detailed-exitcode

site 1 2 3 4
n1=$(stat -c '%i %y %z' "$work/out/pages/n1")
list=$(stat -c %i "$work/out/list")
ok "diff: exit 2" exits 2 diff
ok "diff of one target shows that one" exits 2 diff list
ok "only" lacks "$work/said" pages/n4
ok "apply --detailed-exitcode with changes: exit 2" exits 2 apply --detailed-exitcode
ok "what has not changed is not written" \
	equal "$(stat -c '%i %y %z' "$work/out/pages/n1")" "$n1"
ok "what has changed is another file" test "$(stat -c %i "$work/out/list")" != "$list"
ok "nothing of ours is left beside it" \
	equal "$(find "$work/out" -name '.*' -o -name '*ldapcc*')" ""
ok "history has both" exits 0 history
ok "the second is the current one" says '^\* +2 '

# 3: a file that is there already

rm -rf "$work/state"
untouched "files that the state does not know" 3 apply
ok "and it says how to go on" complains "run 'ldapcc --config [^ ]*settings.yaml --ldif [^ ]*site.ldif apply --bootstrap'"
ok "diff shows the plan all the same: exit 2" exits 2 diff
ok "--bootstrap takes them over: exit 0" exits 0 apply --bootstrap
ok "what stood there is kept" complains "is kept here"

# 3: guards

site 1 2 3 4 5 6 7 8
ok "eight hosts" exits 0 apply
site 1 2 3 4
ok "diff of one target has the files that go, too: exit 2" exits 2 diff page
ok "by name" says "^removed  .*/pages/n8$"
ok "and those only" lacks "$work/said" "^changed"
untouched "half of them gone" 3 apply
ok "the guard and its limit are named" complains "guard 'max-removed': 4 of 8 nodes"
plan=$(grep -Eo -- '--accept [0-9a-z]+' "$work/err")
ok "with the command to accept it" test -n "$plan"
untouched "another plan is not accepted" 3 apply --accept 0123456789ab
site 1 2 3
# shellcheck disable=SC2086 # two words
untouched "nor that one for another change" 3 apply $plan
site 1 2 3 4
# shellcheck disable=SC2086
ok "the plan, accepted: exit 0" exits 0 apply $plan
ok "is done" test ! -e "$work/out/pages/n8"
: >"$work/empty.ldif"
mv "$work/empty.ldif" "$work/site.ldif"
untouched "an empty directory" 3 apply
ok "min is named" complains "guard '(min|max-removed)'"
site 1 2 3 4

# 3: pinned

ok "rollback: exit 0" exits 0 rollback
ok "what was there is there again" test -e "$work/out/pages/n8"
untouched "pinned" 3 apply
ok "and it says how to unpin" complains "'ldapcc .*rollback --unpin'"
ok "status tells of the pin" exits 3 status
ok "and of which" says "^pinned"
ok "unpin: exit 0" exits 0 rollback --unpin
untouched "unpinned, the guard asks again" 3 apply
plan=$(grep -Eo -- '--accept [0-9a-z]+' "$work/err")
# shellcheck disable=SC2086
ok "and accepts: exit 0" exits 0 apply $plan
ok "rollback to a generation that is not there: exit 64" exits 64 rollback 4711
ok "unpin what is not pinned: exit 64" exits 64 rollback --unpin

# 4: no directory

settings "directory: {uri: 'ldapi://${work//\//%2F}%2Fno-socket', base: 'dc=c', timeout: 5}"
from_directory() {
	status=0
	"$LDAPCC" --config "$work/settings.yaml" "$@" >"$work/said" 2>"$work/err" || status=$?
	equal "$status" 4
}
before=$(look)
for command in apply check diff render "show n1"; do
	# shellcheck disable=SC2086 # words
	ok "no directory, $command: exit 4" from_directory $command
done
ok "nothing was changed" equal "$(look)" "$before"
ok "status needs no directory, and says what came of the last run" exits 4 status

# 5: a checker says no

settings "targets:" "  list: {check: 'false {file}'}" "  page:"
site 1 2 3 4 5
untouched "a checker that fails" 5 apply
ok "its command and status are told" complains "'false [^']*list' .*1.*nothing was published"
ok "what it saw is kept" test -d "$work/state/rejected"
settings "targets:" "  list: {check: 'sh -c \"echo seen: {file}; cat {file}; exit 3\"'}" "  page:"
untouched "a checker that speaks" 5 apply
ok "is heard" complains "10.1.0.5 n5.c.example"
ok "and names the file as the administrator knows it" complains "seen: $work/out/list"
ok "nothing of the checks is left" equal "$(find "$work/out" -name '.*')" ""
settings "targets:" "  list: {check: 'true {file}'}" "  page: {check: 'test -d {tree}'}"
ok "checkers that agree: exit 0" exits 0 apply

# 6: a service that is not told

: >"$work/broken"
cat >"$work/tell" <<END
#!/bin/sh
echo told >>$work/told
[ ! -e $work/broken ] || { echo "cannot be told" >&2; exit 4; }
END
chmod +x "$work/tell"
settings "targets:" "  list: {on-change: '$work/tell'}" "  page:"
site 1 2 3 4 5 6
ok "a reload that fails: exit 6" exits 6 apply
ok "the files are there" holds "$work/out/list" 10.1.0.6
ok "its words are told" complains "cannot be told"
ok "status: exit 6" exits 6 status
ok "with the target and the command" says "^pending +list: $work/tell"
ok "into a standard output that is full: exit 6" bash -c \
	"'$LDAPCC' --config '$work/settings.yaml' status >/dev/full 2>'$work/err'; [ \$? -eq 6 ]"
ok "and it says so" complains "output cannot be written: No space left"
before=$(look)
ok "tried again without a change: exit 6" exits 6 apply
ok "once a run" equal "$(wc -l <"$work/told")" 2
ok "without writing" equal "$(look)" "$before"
rm "$work/broken"
ok "the service works again: exit 0" exits 0 apply
ok "it was told" equal "$(wc -l <"$work/told")" 3
ok "and not once more" exits 0 apply
ok "than needed" equal "$(wc -l <"$work/told")" 3
ok "status: exit 0" exits 0 status
site 1 2 3 4 5 6 7
ok "--no-reload: exit 0" exits 0 apply --no-reload
ok "tells nobody" equal "$(wc -l <"$work/told")" 3
ok "it stays to be told: status, exit 6" exits 6 status
ok "the next run without it: exit 0" exits 0 apply
ok "does" equal "$(wc -l <"$work/told")" 4
ok "status: exit 0" exits 0 status

settings "targets:" "  list: {on-change: '/bin/false'}" "  page:"
site 1 2 3 4 5 6 7 8
ok "a command that is a mistake: exit 6" exits 6 apply
settings "targets:" "  list: {on-change: '$work/tell'}" "  page:"
ok "corrected: exit 0" exits 0 apply
ok "the right one was told" equal "$(wc -l <"$work/told")" 5
settings "targets:" "  list: {on-change: '/bin/false'}" "  page:"
site 1 2 3 4 5 6 7
ok "once more the mistake: exit 6" exits 6 apply
settings "targets:" "  list: {on-change: none}" "  page:"
ok "where nobody is to be told any more: exit 0" exits 0 apply
ok "status: exit 0" exits 0 status

# 7: local I/O

settings "targets:" "  list: {path: $work/out/list/below}" "  page:"
untouched "a target whose folder is a file" 7 apply
ok "path and reason are told" complains "$work/out/list.*no folder"
mkdir "$work/out/folder"
settings "targets:" "  list: {path: $work/out/folder}" "  page:"
untouched "a target that is a folder" 7 apply --bootstrap
rmdir "$work/out/folder"
settings
for words in render check '--json check'; do
	ok "$words, standard output that is full: exit 7" bash -c \
		"'$LDAPCC' --config '$work/settings.yaml' --ldif '$work/site.ldif' $words \
			>/dev/full 2>'$work/err'; [ \$? -eq 7 ]"
	ok "and it says so" complains "output cannot be written: No space left"
done
settings "state: $work/site.ldif/state"
sed -i 1d "$work/settings.yaml"
untouched "a state folder that cannot be made" 7 apply
if unshare -m true 2>/dev/null; then
	settings
	site 1 2 3 4 5 6 7 8
	before=$(look)
	ok "a state folder without space: exit 7" unshare -m bash -c "
		mkdir -p '$work/full' && mount -t tmpfs -o size=4m tmpfs '$work/full' &&
		cp -a '$work/state/.' '$work/full/'
		head -c 8M /dev/zero >'$work/full/ballast' 2>/dev/null
		mount --bind '$work/full' '$work/state'
		'$LDAPCC' --config '$work/settings.yaml' --ldif '$work/site.ldif' apply 2>'$work/err'
		[ \$? -eq 7 ]"
	ok "and it says so" complains "No space left on device"
	ok "nothing was changed" equal "$(look)" "$before"
else
	skip "a state folder without space" "no mount namespace"
fi
site 1 2 3 4 5 6 7

# 8: another run

settings "targets:" "  list: {check: 'cat $work/gate'}" "  page:"
mkfifo "$work/gate"
site 1 2 3 4 5 6 7 8
"$LDAPCC" --config "$work/settings.yaml" --ldif "$work/site.ldif" apply \
	>"$work/first.out" 2>"$work/first.err" &
first=$!
exec 8>"$work/gate" # returns when the first run's checker is there
before=$(look)
ok "while another run works: exit 8" exits 8 apply
ok "with its process" complains "$first"
ok "rollback too: exit 8" exits 8 rollback
ok "diff needs no lock" exits 2 diff
ok "nor does status, which knows the last one that ended" exits 7 status
ok "nothing was changed" equal "$(look)" "$before"
exec 8>&-
ok "the first run ends well" wait "$first"
ok "and did its work" test -e "$work/out/pages/n8"
rm "$work/gate"

# 9: edited by hand

settings "on-drift: refuse"
echo "# by hand" >>"$work/out/list"
untouched "an edited file, on-drift: refuse" 9 apply
ok "it is named" complains "$work/out/list.*edited by hand"
settings "on-drift: overwrite"
ok "overwrite: exit 0" exits 0 apply
ok "it is said" complains "$work/out/list.*edited by hand"
ok "and done" lacks "$work/out/list" "by hand"
chmod 600 "$work/out/list"
ok "a changed mode: exit 0" exits 0 apply
ok "is put right" equal "$(stat -c %a "$work/out/list")" 640
rm "$work/out/pages/n1"
ok "a missing file: exit 0" exits 0 apply
ok "is made again" test -e "$work/out/pages/n1"

# 10: data errors

settings
host 9 "vocMemory: much" | sed 's/cn: n9/&\nobjectClass: vocPhysicalNode/' >>"$work/site.ldif"
ok "check: exit 10" exits 10 check
ok "with a summary" says "^10 entries: .*; 1 in error"
ok "apply leaves it out: exit 0" exits 0 apply
ok "and says so" complains "bad-value"
ok "once" exits 0 apply
ok "not at every run" silent
ok "--verbose says it again" exits 0 apply --verbose
ok "all of it" complains "bad-value"
ok "status: exit 10" exits 10 status
ok "with the entry" says "^quarantined +cn=n9,"
settings "quarantine: {max: 0}"
untouched "over the limit, apply" 10 apply
ok "the limit is told" complains "1 of 10 entries are in error, 0 may be in quarantine"
untouched "over the limit, diff" 10 diff
untouched "over the limit, render" 10 render
ok "render prints nothing then" test ! -s "$work/said"
settings "severity: {bad-value: warning}"
ok "a warning never changes an exit code" exits 0 check
site 1 2 3 4 5 6 7 8
settings
ok "mended: exit 0" exits 0 apply
ok "it is said that it is gone" complains "no longer, after .*: cn=n9,.*bad-value"
ok "status: exit 0" exits 0 status
sed -i 's,10.1.0.0/24,10.1.0.7/24,' "$work/site.ldif"
untouched "an error in a network: its last good version stands" 0 apply
ok "status says that it does" exits 10 status
ok "and for whom" says "^quarantined .*cn=net,.*: last good version"
site 1 2 3 4 5 6 7 8
printf 'dn: cn=x\n: no attribute\n' >"$work/broken.ldif"
cp "$work/site.ldif" "$work/good.ldif"
cat "$work/broken.ldif" >>"$work/site.ldif"
untouched "an LDIF file that is none" 10 apply
ok "with file and line" complains "site.ldif:[0-9]+"
cp "$work/good.ldif" "$work/site.ldif"

# 64: usage, settings, templates

untouched "no command" 64
ok "and it says how to ask" complains "ldapcc --help"
untouched "an unknown command" 64 aply
ok "did you mean" complains "unknown command 'aply', did you mean 'apply'"
untouched "an unknown option" 64 --jsn apply
ok "did you mean" complains "unknown option '--jsn', did you mean '--json'"
untouched "the beginning of several options" 64 check --co x
ok "all of them are told" complains "'--co' is the beginning of several: --config, --color, --count"
untouched "a letter that is none, among others" 64 check -qz
ok "and it is that letter" complains "unknown option '-z'"
untouched "a value for an option that has none" 64 check --json=1
ok "and it says so" complains "--json takes no value"
untouched "an option of another command" 64 check --bootstrap
ok "and where to see which it has" complains "'ldapcc check' knows no --bootstrap; see ldapcc check --help"
untouched "a missing value" 64 apply --accept
untouched "too many words" 64 apply now
untouched "no word where one is needed" 64 show
untouched "show of nobody" 64 show nobody
untouched "render of no target" 64 render no-such-target
untouched "diff of no target" 64 diff no-such-target
untouched "an impossible colour" 64 --color=blue check
settings "kep: 3"
untouched "wrong settings" 64 apply
ok "with line and column" complains "settings.yaml:3:1: error: unknown key 'kep', did you mean"
settings "verify: {dns: [127.0.0.1, nine]}"
ok "a DNS server that is no address: exit 64" exits 64 verify
ok "with line and column" complains "settings.yaml:3:15: error: 'nine' is no ADDRESS"
# What is shipped takes the place of no template of the site's that is out of reach.
mv "$work/templates" "$work/away"
: >"$work/templates"
untouched "a folder of templates that is none" 64 apply
ok "which is named" complains "/templates: error: the folder of 'templates' cannot be opened: Not a directory"
rm "$work/templates"
mv "$work/away" "$work/templates"
settings "targets:" "  ethers:"
ln -s "$work/nowhere" "$work/templates/ethers"
untouched "a template that is a link to nowhere" 64 --json render ethers
ok "which is named, too" says "/templates/ethers"
rm "$work/templates/ethers"
mkdir "$work/templates/ethers"
ok "a folder is no template: exit 0" exits 0 render ethers
rmdir "$work/templates/ethers"
settings "targets:" "  broken:"
printf -- '---\npath: /x\nlanguage: text\n---\n{{#hosts}}\n' >"$work/templates/broken"
untouched "a wrong template" 64 apply
ok "with line and column" complains "templates/broken:5:1: error"
printf -- '---\npath: /x\nlanguage: text\n---\nab\0c\n' >"$work/templates/broken"
untouched "a template with a zero byte" 64 apply
ok "with line and column" complains "templates/broken:5:3: error: the template has a zero byte"
printf -- '\xef\xbb\xbf---\npath: /x\nlanguage: text\n---\nhello\n' >"$work/templates/broken"
ok "one that begins with a byte order mark: exit 0" exits 0 render broken
ok "which is not printed" says '^hello$'
rm "$work/templates/broken"
mkdir "$work/templates/broken"
untouched "a template that is a folder" 64 apply
ok "is none, and no suggestion either" complains "there is no template 'broken' in [^']*$"
rmdir "$work/templates/broken"
settings "targets:" "  list: {owner: no-such-owner-of-files}" "  page:"
untouched "an owner that does not exist" 64 apply
settings "targets:" "  page: {path: $work/out/pages/same{{domain}}}"
untouched "two records with one path" 64 apply
settings
untouched "settings that are not there" 64 --config "$work/no-settings.yaml" apply
ok "no base to read from: exit 64" bash -c "
	printf 'state: %s\n' '$work/state' >'$work/plain.yaml'
	'$LDAPCC' --config '$work/plain.yaml' apply 2>'$work/err'; [ \$? -eq 64 ]"
ok "and it says what to set" complains "set directory.base, or give --ldif"

# --json: one object, whatever happens

# json WORD... - and is its `exit` the exit status?
json() {
	run --json "$@"
	python3 - "$work/said" "$status" <<'PYTHON'
import json, sys
result = json.load(open(sys.argv[1]))
assert result["exit"] == int(sys.argv[2]), result["exit"]
assert isinstance(result["findings"], list)
for finding in result["findings"]:
    assert finding["severity"] in ("error", "warning", "note"), finding
    assert finding["message"], finding
if result["exit"] not in (0, 2):
    assert result["exit"] in (6, 10) or result["findings"], "a failure without a word"
PYTHON
}
quiet_error() { [ ! -s "$work/err" ]; }

for command in check "check --list" diff render apply "show n1" status history \
	"allocate --image=i --network=net --name=v%d --count=1"; do
	# shellcheck disable=SC2086 # words
	ok "--json $command" json $command
	ok "--json $command: nothing on standard error" quiet_error
done
site 1
ok "--json, refused by a guard" json apply
ok "exit 3" equal "$status" 3
host 2 | sed 's/53:02/53:0x/' >>"$work/site.ldif"
ok "--json, data errors" json check
ok "exit 10" equal "$status" 10
ok "--json, a wrong word" json show nobody
ok "exit 64" equal "$status" 64
settings "kep: 3"
ok "--json, wrong settings" json apply
ok "exit 64" equal "$status" 64
settings
ok "--json, a wrong option" json apply --no-such-option
ok "exit 64" equal "$status" 64
site 1 2 3 4 5 6 7 8 9
settings "targets:" "  list: {check: 'false'}" "  page:"
ok "--json, rejected" json apply
ok "exit 5" equal "$status" 5
settings "directory: {uri: 'ldapi://%2Fno-such-socket', base: 'dc=c'}"
ok "--json, no directory" bash -c "
	'$LDAPCC' --json --config '$work/settings.yaml' apply >'$work/said'
	[ \$? -eq 4 ] && python3 -c 'import json, sys; json.load(sys.stdin)' <'$work/said'"
ok "--json, rollback" json rollback
ok "exit 0" equal "$status" 0
ok "--json, unpin" json rollback --unpin
settings

# --quiet, --verbose, colour

host 10 | sed /macAddress/d >>"$work/site.ldif"
ok "a warning" exits 0 check
ok "is printed" complains "warning: .*no-mac"
ok "--quiet: exit 0" exits 0 --quiet check
ok "prints nothing" silent
host 11 | sed 's/53:0b/53:0x/' >>"$work/site.ldif"
ok "--quiet: exit 10" exits 10 --quiet check
ok "prints the error" complains "bad-mac"
ok "alone" equal "$(wc -l <"$work/err")" 1
ok "no colour into a file" lacks "$work/err" $'\033'
ok "--color=always" exits 10 --color=always check
ok "colours" holds "$work/err" $'\033\[1;31merror:'
ok "--color=never" exits 10 --color=never check
ok "does not" lacks "$work/err" $'\033'

# on_terminal WORD... - what a terminal on standard error would show
on_terminal() {
	python3 - "$@" <<'PYTHON'
import os, pty, subprocess, sys
parent, child = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=child)
os.close(child)
while True:
    try:
        data = os.read(parent, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
process.wait()
PYTHON
}
words=("$LDAPCC" --config "$work/settings.yaml" --ldif "$work/site.ldif")
on_terminal "${words[@]}" check >"$work/shown"
ok "a terminal gets colours" holds "$work/shown" $'\033\[1;31merror:'
NO_COLOR=1 on_terminal "${words[@]}" check >"$work/shown"
ok "not with NO_COLOR" lacks "$work/shown" $'\033'
NO_COLOR='' on_terminal "${words[@]}" check >"$work/shown"
ok "an empty NO_COLOR is none" holds "$work/shown" $'\033'
for n in $(seq 20 50); do host "$n" | sed /macAddress/d; done >>"$work/site.ldif"
on_terminal "${words[@]}" check >"$work/shown"
ok "a terminal gets 20 findings of a check" equal "$(grep -c 'warning:.*\[no-mac' "$work/shown")" 20
ok "and a count" grep -Eq "and 12 more \[no-mac\]" "$work/shown"
on_terminal "${words[@]}" --verbose check >"$work/shown"
ok "--verbose gets all" equal "$(grep -c 'warning:.*\[no-mac' "$work/shown")" 32
exits 10 check
ok "a file gets all" equal "$(grep -c 'warning:.*\[no-mac' "$work/err")" 32

# Without settings, from standard input, below another root

site 1 2
if [ -e /etc/ldapcc ]; then
	skip "without a settings file" "there is /etc/ldapcc"
else
	ok "without a settings file, from standard input: exit 0" bash -c \
		"'$LDAPCC' --ldif - check <'$work/site.ldif' >'$work/said'"
	ok "the defaults hold" says "^3 entries: 2 hosts, 0 VCNs, 1 network$"
	ok "apply below another root: exit 0" bash -c "
		'$LDAPCC' --root '$work/root' --ldif '$work/site.ldif' apply 2>'$work/err'"
	ok "files are there" test -e "$work/root/srv/ldapcc/dnsmasq/hosts"
	ok "and the state" test -e "$work/root/var/lib/ldapcc/current"
	ok "a relative root is one for the checkers, too: exit 0" bash -c "
		cd '$work' && '$LDAPCC' --root below --ldif '$work/site.ldif' apply 2>'$work/err'"
fi
ok "--help: exit 0" exits 0 --help
ok "of one command: exit 0" exits 0 render --help
ok "its options" says '^  -o, --output=DIR +write the files below DIR$'
ok "what they are to it" says '^      --list +the targets$'
ok "and those of all" says '^  -c, --config=FILE'
ok "none of others" bash -c "! grep -q -e --accept -e --vo '$work/said'"
ok "of a command that is none: exit 64" exits 64 rendr --help
ok "--version: exit 0" exits 0 --version

end_points
