#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# files.sh LDAPCC - what ldapcc does to and around the files that it publishes: the
# administrator's file that includes ours, folders of its own, links in the way, reloads that
# earlier runs left. Prints TAP.
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: files.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
LDAPCC_DATADIR=$(realpath "$(dirname "$0")/..")
export LDAPCC_DATADIR

# site COUNT - a network with hosts n11 n12 …
site() {
	entry cn=c "objectClass: vocCluster" "vocDomain: c.example"
	entry cn=net "objectClass: vocIPNetwork" "ipNetworkNumber: 10.1.0.0/16"
	local i
	for ((i = 11; i < 11 + $1; i++)); do
		entry "cn=n$i" "objectClass: device" "objectClass: ipHost" \
			"objectClass: ieee802Device" "ipHostNumber: 10.1.0.$i" \
			"macAddress: 00:16:3e:00:01:$i"
	done
}

# settings TARGET... - these targets, and none of the defaults
settings() {
	local name
	printf '%s\n' "state: $work/state" "templates: [$work/templates]" "targets:"
	for name in dnsmasq dnsmasq-hosts dhcpd kickstart kickstart-repos manifest; do
		case "$*" in *"  $name:"*) ;; *) echo "  $name: off" ;; esac
	done
	printf '%s\n' "$@"
}

# anew TARGET... - a site of three hosts that was never published
anew() {
	rm -rf "$work/state" "$work/out" "$work/seen"
	mkdir -p "$work/out" "$work/templates"
	settings "$@" >"$work/settings.yaml"
	site 3 >"$work/site.ldif"
}

# --- the file that includes ours ---

# included LANGUAGE TEXT - what the checker of `dhcpd` or `dnsmasq` reads as its main file
included() {
	anew "  $1: {path: $work/out/ours.conf, main: $work/out/main.conf, check: 'cp {main} $work/seen'}" \
		"  dnsmasq-hosts: {path: $work/out/hosts}"
	printf '%s\n' "${@:2}" >"$work/out/main.conf"
	run apply
}
reads_ours() { holds "$work/seen" "$work/out/.ldapcc-check.ours.conf"; }
# What is checked alone is our own file.
reads_alone() { holds "$work/seen" '^# ldapcc hosts='; }

for text in "include \"$work/out/ours.conf\";" "include\"$work/out/ours.conf\" ;" \
	"ddns-update-style none; include   \"$work/out//ours.conf\"; # ours" \
	"include"$'\n\t'"\"$work/out/./ours.conf\";"; do
	included dhcpd "$text"
	ok "dhcpd: $(tr -s '\n\t' ' ' <<<"${text//$work/}")is an include" reads_ours
	ok '… without a warning' lacks "$work/err" not-included
done
for text in "# include \"$work/out/ours.conf\";" "authoritative; # include \"$work/out/ours.conf\";" \
	"include \"$work/out/ours.conf.old\";" "include \"/old$work/out/ours.conf\";" \
	"option log-name \"$work/out/ours.conf\";"; do
	included dhcpd "$text"
	ok "dhcpd: ${text//$work/} is none" reads_alone
	ok '… which is said' complains '\[not-included\]'
done
for text in "conf-file=$work/out/ours.conf" "conf-dir=$work/out" "conf-dir = $work/out/ # ours" \
	"conf-dir=$work/out,*.conf" "conf-dir=$work/out/,.bak,*.cfg,*.conf"; do
	included dnsmasq "$text"
	ok "dnsmasq: ${text//$work/} is an include" reads_ours
done
included dnsmasq "conf-dir=$work/out,*.conf # all" 'port=53'
ok 'dnsmasq: the old file is left out of the folder' \
	holds "$work/seen" "^conf-dir=$work/out,\*.conf,urs.conf # all\$"
ok '… the new one is named' holds "$work/seen" "^conf-file=$work/out/.ldapcc-check.ours.conf\$"
ok '… and what follows is kept' holds "$work/seen" '^port=53$'
for text in "#conf-dir=$work/out" "conf-dir=$work/out,*.cfg" "conf-dir=$work/out,.conf" \
	"conf-dir=$work/other" "conf-dir=$work/out/deeper" 'port=53'; do
	included dnsmasq "$text"
	ok "dnsmasq: ${text//$work/} is none" reads_alone
	ok '… which is said' complains '\[not-included\]'
done
if PATH=$PATH:/usr/sbin command -v dnsmasq >/dev/null; then
	for text in "conf-dir=$work/out/conf.d,*.conf" "conf-file=$work/out/conf.d/ours.conf"; do
		anew "  dnsmasq: {path: $work/out/conf.d/ours.conf, main: $work/out/main.conf, check: 'dnsmasq --test -C {main}'}" \
			"  dnsmasq-hosts: {path: $work/out/hosts}"
		printf '%s\n' "$text" >"$work/out/main.conf"
		ok "dnsmasq itself reads ${text//$work/} as we do: exit 0" exits 0 apply
		printf '%s\n' '---' 'path: x' 'language: dnsmasq' 'trailer: "# "' '---' \
			'port=none' >"$work/templates/dnsmasq"
		ok '… a new version that it refuses: exit 5' exits 5 apply
		rm "$work/templates/dnsmasq"
	done
else
	skip 'dnsmasq itself reads what includes ours' 'no dnsmasq'
fi

# kea MAIN - a JSON target of ours in that file
kea() {
	anew "  of-kea: {path: $work/out/ours.json, main: $work/out/main.json, check: 'cp {main} $work/seen'}"
	printf -- '---\npath: x\nlanguage: json\ntrailer: none\n---\n[]\n' >"$work/templates/of-kea"
	printf '%s\n' "$1" >"$work/out/main.json"
	run apply
}
kea_reads_ours() { holds "$work/seen" "$work/out/.ldapcc-check.ours.json"; }
for text in "{\"a\": <?include \"$work/out/ours.json\"?>}" \
	"{ // a"$'\n'"\"a\": <?include   \"$work/out/ours.json\" ?>}"; do
	kea "$text"
	ok "Kea: $(tr -s '\n\t' ' ' <<<"${text//$work/}") is an include" kea_reads_ours
done
for text in "// <?include \"$work/out/ours.json\"?>" "# <?include \"$work/out/ours.json\"?>" \
	"/* <?include \"$work/out/ours.json\"?> */ {}" "{\"output\": \"$work/out/ours.json\"}"; do
	kea "$text"
	ok "Kea: ${text//$work/} is none" complains '\[not-included\]'
done

# --- folders of two targets ---

printf -- '---\npath: x\nfor-each: host\nlanguage: text\n---\n{{fqdn}}\n' >"$work/one"
two_targets() {
	anew "  one: {path: '$work/out/both/{{name}}.one', check: 'sh $work/list {tree} one'}" \
		"  two: {path: '$work/out/both/{{name}}.two', check: 'sh $work/list {tree} two'}"
	cp "$work/one" "$work/templates/one"
	cp "$work/one" "$work/templates/two"
	# shellcheck disable=SC2016 # for the checker to expand
	echo 'ls "$1" >"'"$work"'/seen.$2"' >"$work/list"
}
sees_its_own() {
	equal "$(cat "$work/seen.one" "$work/seen.two" | tr '\n' ' ')" \
		"n11.one n12.one n13.one n11.two n12.two n13.two "
}
two_targets
ok 'two targets in one new folder: exit 0' exits 0 apply
ok '… each checker sees its own files' sees_its_own
sed -i 's/}}/}} again/' "$work/templates/one" "$work/templates/two"
rm -f "$work"/seen.*
run apply
ok '… and once they are there: exit 0' exits 0 apply --accept "$(plan_id)"
ok '… as well' sees_its_own
ok '… nothing is left of it' equal "$(find "$work/out/both" -name '.*')" ""

says_where() { # what a checker says of the first files of a folder, by the names they are to have
	anew "  one: {path: '$work/out/$1/{{name}}.one', check: 'sh $work/faulty {tree}'}"
	# shellcheck disable=SC2016 # for the checker to expand
	echo 'ls -d "$1"/n11.one; exit 1' >"$work/faulty"
	run apply
	complains "note: $work/out/$1/n11.one$"
}
ok 'what a checker says of a folder that is new has its name' says_where only
ok '… also of one in another that is new' says_where more/only

# --- links in the way ---

through_link() { complains "'$1' is a link, and none is followed"; }
tree_is_empty() { equal "$(find "$work/real" ! -type d)" ""; }
mkdir -p "$work/real/deep/srv"
ln -s real "$work/link"
for path in link/hosts link/deep/hosts link/deep/new/hosts; do
	anew "  dnsmasq-hosts: {path: $work/$path, check: none, on-change: none}"
	ok "a target at $path, where link is one: exit 7" exits 7 apply
	ok '… which is named' through_link "$work/link"
	[ "$path" = link/deep/new/hosts ] ||
		ok '… with the way without it' complains "without the link it is '$work/real"
	ok '… nothing goes through it' tree_is_empty
done
anew "  dnsmasq-hosts: {path: $work/link/new/hosts}" "  hosts: {path: $work/real/new/hosts}"
ok 'two targets with one path by a link: exit 64 before anything is done' exits 64 check
ok '… at the second' complains "settings.yaml:[0-9]+:[0-9]+: error: target 'hosts' has the path of 'dnsmasq-hosts'"
ok '… with the first' complains "settings.yaml:[0-9]+:[0-9]+: note: '$work/link/new/hosts' is here"
ok '… and the path that both have' complains "without links both are '$work/real/new/hosts'"
anew "  one: {path: '$work/link/deep/{{name}}', check: none}"
cp "$work/one" "$work/templates/one"
ok 'the files of hosts: exit 7' exits 7 apply
ok '… which is named' through_link "$work/link"
ok '… nothing goes through it' tree_is_empty
anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}"
sed -i "s|^state: .*|state: $work/link/state|" "$work/settings.yaml"
ok 'the state: exit 7' exits 7 apply
ok '… which is named' through_link "$work/link"
ok '… nothing goes through it' tree_is_empty
ok '… nor does status: exit 7' exits 7 status
# whoever owns it: a folder of ours that became a link
anew "  dnsmasq-hosts: {path: $work/out/a/b/hosts, check: none, on-change: none}"
run apply
mv "$work/out/a" "$work/out/was"
ln -s "$work/real" "$work/out/a"
[ "$EUID" -ne 0 ] || chown -h nobody "$work/out/a"
mkdir -p "$work/real/b"
site 4 >"$work/site.ldif"
ok 'a folder that became a link to another: exit 7' exits 7 apply
ok '… which is named' through_link "$work/out/a"
ok '… nothing goes through it' tree_is_empty
rm "$work/out/a"
mv "$work/out/was" "$work/out/a"
ok '… after which: exit 0' exits 0 apply
mkdir -p "$work/real/root"
ln -s root "$work/real/way"
ok '--root may be reached by a link: exit 0' exits 0 apply --root "$work/link/way"
ok '… and has the file' holds "$work/real/root/$work/out/a/b/hosts" 10.1.0.14
rm -r "$work/real/root/$work/out/a"
ln -s / "$work/real/root/$work/out/a"
ok '… below it no link is followed: exit 7' exits 7 apply --root "$work/link/way"
rm -r "$work/real/root"
ok 'render -o, too: exit 0' exits 0 render -o "$work/link/deep"
ok '… has the file' holds "$work/real/deep/$work/out/a/b/hosts" 10.1.0.14
rm -r "$work/real/deep/$work/out/a"
ln -s / "$work/real/deep/$work/out/a"
ok '… below it no link is followed: exit 7' exits 7 render -o "$work/link/deep"

# --- what an earlier render -o left ---

anew "  pxelinux: {path: '/pxe/{{mac_dashed}}', check: none}"
ok 'render -o: exit 0' exits 0 render -o "$work/look"
gone=$work/look/pxe/00-16-3e-00-01-13
ok '… has a file of each host' test -e "$gone"
echo 'by hand' >"$work/look/pxe/notes"
cp "$gone" "$work/look/pxe/edited"
echo 'more' >>"$work/look/pxe/edited"
site 2 >"$work/site.ldif"
ok 'without the third host: exit 0' exits 0 render -o "$work/look"
ok '… its file is gone' test ! -e "$gone"
ok "… the others' stay" test -e "$work/look/pxe/00-16-3e-00-01-12"
ok '… and what is not ours' test -e "$work/look/pxe/notes"
ok '… or was edited' test -e "$work/look/pxe/edited"
anew "  hosts-own: {path: '/own/{{fqdn}}/deep/{{name}}', check: none}"
printf -- '---\npath: x\nlanguage: text\ntrailer: "# "\nfor-each: host\n---\nof {{fqdn}}\n' \
	>"$work/templates/hosts-own"
site 3 >"$work/site.ldif"
ok 'files in folders of their own: exit 0' exits 0 render -o "$work/look"
gone=$(find "$work/look/own" -name '*13*' -type f)
kept=$(find "$work/look/own" -name '*12*' -type f)
echo 'by hand' >"${kept%/deep/*}/notes"
site 2 >"$work/site.ldif"
ok '… and without one of the hosts: exit 0' exits 0 render -o "$work/look"
ok '… its folder is gone' test -n "$gone" -a ! -e "${gone%/deep/*}"
ok "… the others' stay" test -e "$kept" -a -e "${kept%/deep/*}/notes"

# --- how long a checker may take ---

# slow SECONDS TEXT - a checker that takes so long, of a file from a template of that text
slow() {
	anew "  bare: {path: $work/out/bare, check: 'sleep $1', check-timeout: 1, on-change: none}"
	printf -- '---\npath: x\nlanguage: json\ntrailer: none\n---\n%s\n' "$2" >"$work/templates/bare"
	run apply
}
slow 1.5 '"small"'
ok 'a checker that takes longer than it may: exit 5' equal "$status" 5
ok '… which is said' complains "'sleep 1.5' did not end within 1 s"
printf -v large '%*s' 1000000 ''
slow 1.5 "[{{#nodes}}\"$large\",{{/nodes}}0]"
ok 'a large file has a second more for each MiB: exit 0' equal "$status" 0

# Checkers work beside each other: each of these two ends when the other has begun.
printf '%s\n' '#!/bin/sh' ": >$work/begun-\$1" \
	"n=0; until [ -e $work/begun-\$2 ]; do n=\$((n + 1)); [ \$n -lt 400 ] || exit 1; sleep 0.05; done" \
	'echo met' "exit \$3" >"$work/meet"
chmod 755 "$work/meet"
# beside CODE CODE - two targets whose checkers meet, and end with these codes
beside() {
	rm -f "$work"/begun-*
	anew "  dnsmasq-hosts: {path: $work/out/hosts, check: '$work/meet 1 2 $1'}" \
		"  dhcpd: {path: $work/out/dhcpd.conf, check: '$work/meet 2 1 $2'}"
	run apply
}
if [ "$(nproc)" -gt 1 ]; then
	beside 0 0
	ok 'two checkers beside each other: exit 0' equal "$status" 0
	beside 3 4
	ok 'both reject: exit 5' equal "$status" 5
	ok '… the one is told' complains "hosts: error: .*meet 1 2 3' exited with status 3"
	ok '… and the other' complains "dhcpd.conf: error: .*meet 2 1 4' exited with status 4"
	ok '… with what each of them printed' equal "$(grep -c '^ *met$\|: met$' "$work/err")" 2
else
	skip 'two checkers beside each other' 'this machine has one processor'
fi

# --- kernels and file systems that know less ---

# less SYSTEM-CALL ERROR WORD... - ldapcc, where the system call always ends with that error, or for the
# file $only alone
less() {
	status=0
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -f -o "$work/calls" \
		${only:+-P "$only"} -e "trace=$1" -e "inject=$1:error=$2" "$LDAPCC" --config "$work/settings.yaml" \
		--ldif "$work/site.ldif" "${@:3}" >"$work/said" 2>"$work/err" </dev/null || status=$?
	grep -q INJECTED "$work/calls" || { echo "no $1 was made"; return 1; }
}
less_exits() {
	less "${@:2}"
	equal "$status" "$1"
}
if command -v strace >/dev/null; then
	anew "  dnsmasq-hosts: {path: $work/out/new/deep/hosts, check: none, on-change: none}"
	ok 'without openat2(2): exit 0' less_exits 0 openat2 ENOSYS apply
	ok '… the file is there' holds "$work/out/new/deep/hosts" 10.1.0.12
	ok '… in folders for all to read' equal "$(stat -c %a "$work/out/new/deep")" 755
	anew "  dnsmasq-hosts: {path: $work/link/deep/hosts, check: none, on-change: none}"
	ok '… with a link in the way: exit 7' less_exits 7 openat2 ENOSYS apply
	ok '… which is named' through_link "$work/link"
	anew "  one: {path: '$work/out/new/{{name}}', check: none}"
	ok 'without RENAME_NOREPLACE, as on NFS: exit 0' less_exits 0 renameat2 EINVAL apply
	ok '… a new folder is put in place' equal "$(cd "$work/out/new" && echo *) " \
		"n11 n12 n13 "
	anew "  one: {path: '$work/out/new/{{name}}', check: none}"
	ok '… but not for another reason: exit 7' less_exits 7 renameat2 EACCES apply
	printf '%s\n' --- 'path: /x/{{name}}' 'for-each: host' 'language: text' --- '{{name}}' \
		>"$work/templates/each"
	anew "  each: {path: '$work/out/{{name}}', check: none}"
	run apply
	site 2 >"$work/site.ldif"
	only=n13
	ok 'behind the commit a file cannot be removed: exit 7' less_exits 7 unlinkat EIO apply
	only=
	ok '… status has that code, not that of a run that was killed' exits 7 status
	ok '… the next run does what is left: exit 0' exits 0 apply
	ok '… the file is gone' test ! -e "$work/out/n13"
	ok '… and status is well' exits 0 status
	rm "$work/templates/each"
	# Whoever changes a path between the look at a folder and a write into it gains nothing:
	# the copies for the checker are made, linked and removed in the folder that was opened.
	anew "  dhcpd: {path: $work/out/ours.conf, main: $work/out/main.conf, check: 'cp {main} $work/seen'}"
	echo "include \"$work/out/ours.conf\";" >"$work/out/main.conf"
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -o "$work/calls" \
		-e trace=%file "$LDAPCC" --config "$work/settings.yaml" \
		--ldif "$work/site.ldif" apply >"$work/said" 2>"$work/err" </dev/null
	ok 'private copies are made' holds "$work/seen" "$work/out/.ldapcc-check.ours.conf"
	ok '… by name in an open folder' holds "$work/calls" '"\.ldapcc-check\.'
	ok '… and never by path' lacks "$work/calls" '/\.ldapcc-check\.'
else
	skip 'kernels and file systems that know less' 'no strace'
fi

# --- reloads that earlier runs left ---

anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: 'sh $work/reload'}"
echo 'guard: {max-removed: 1}' >>"$work/settings.yaml"
echo "echo told >>'$work/told'; exit 1" >"$work/reload"
site 20 >"$work/site.ldif"
rm -f "$work/told"
told() { equal "$(wc -l <"$work/told")" "$1"; }
ok 'a reload that fails: exit 6' exits 6 apply
ok '… was tried' told 1
site 5 >"$work/site.ldif"
ok 'a refusal then: exit 3' exits 3 apply
ok '… what is left of the earlier run is tried again, as at every run' told 2
echo "echo told >>'$work/told'" >"$work/reload"
ok 'the same: exit 3' exits 3 apply
ok '… it is done' told 3
ok '… and only once: exit 3' exits 3 apply
ok '… nothing of what is refused is told to anybody' told 3

# A standing refusal is told once; whose changes become others, with the command that accepts them.
site 6 >"$work/site.ldif"
ok 'other changes, as many as before or not: exit 3' exits 3 apply
before=$(plan_id)
sed -i 's/: 10.1.0.12$/: 10.1.7.12/' "$work/site.ldif"
ok 'the refusal has the same first words: exit 3' exits 3 apply
ok '… and is told again' test -n "$(plan_id)" -a "$(plan_id)" != "$before"
ok '… for it has changed' complains '^note: for '
ok '… once: exit 3' exits 3 apply
ok '… nothing is said' silent

# However much there is to say of a refusal, the command that accepts it is there.
many=()
for i in $(seq 12); do
	printf '%s\n' --- 'path: /x/{{name}}' 'for-each: host' 'language: text' --- '{{name}}' \
		>"$work/templates/each$i"
	many+=("  each$i: {path: '$work/out/each$i/{{name}}', check: none}")
done
anew "${many[@]}"
site 20 >"$work/site.ldif"
run apply
site 2 >"$work/site.ldif"
ok 'a refusal with many reasons: exit 3' exits 3 apply
ok '… has a count of those left out' complains '^and [0-9]+ more notes'
ok '… and the command behind it' complains " apply --accept $(plan_id)'\$"
rm "$work"/templates/each*

# --- no room ---

# A limit of the shell's (ulimit -f) is no room, too, and its signal nobody's end.
limited() { # KIB WORD...
	status=0
	(ulimit -f "$1" && exec "$LDAPCC" --config "$work/settings.yaml" --ldif "$work/site.ldif" "${@:2}") \
		>"$work/said" 2>"$work/err" </dev/null || status=$?
}
anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}"
run apply
before=$(published)
site 80 >"$work/site.ldif"
limited 1 apply
ok 'files larger than ulimit -f: exit 7' equal "$status" 7
ok '… with path and reason' complains "$work/.*: File too large"
ok '… nothing has changed' equal "$(published)" "$before"
ok '… status has that code' exits 7 status
limited 1000 apply
ok 'with a larger limit: exit 0' equal "$status" 0

# The state's file system is full, and how a run ended cannot be written: status says it all the same.
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: none}"
	mkdir "$work/state"
	cat >"$work/full" <<-'END'
		mount -t tmpfs -o size=400k,mode=700 tmpfs "$1/state"
		apply() { "$LDAPCC" --config "$1/settings.yaml" --ldif "$1/site.ldif" apply; }
		status() { "$LDAPCC" --config "$1/settings.yaml" --json status >"$1/status" || echo "status $?"; }
		apply "$1" || echo "apply $?"
		status "$1"
		dd if=/dev/zero of="$1/state/fill" bs=4096 2>/dev/null
		apply "$1" || echo "apply $?"
		status "$1"
		grep -o '"last-exit":[0-9]*' "$1/status"
		rm "$1/state/fill"
		apply "$1" || echo "apply $?"
		status "$1"
	END
	export LDAPCC
	unshare --mount bash "$work/full" "$work" >"$work/said" 2>"$work/err"
	ok 'a full disk: exit 7, also of status, until there is room' \
		equal "$(grep -v ^generation "$work/said" | tr '\n' ' ')" 'apply 7 status 7 "last-exit":7 '
	ok '… with path and reason' complains 'state/.*: No space left on device'
else
	skip 'a full disk' 'needs root'
fi

# A systemd that does not answer, as while it is upgraded: whether there is such a unit nobody knows.
if [ "$(id -u)" = 0 ] && unshare -m true 2>"$work/ignored"; then
	mkdir "$work/bin"
	printf '%s\n' '#!/bin/sh' "echo 'Failed to connect to bus: Connection refused' >&2" 'exit 1' \
		>"$work/bin/systemctl"
	chmod +x "$work/bin/systemctl"
	systemd_exits() { # STATUS WORD...
		status=0
		# shellcheck disable=SC2016 # for that shell
		unshare -m bash -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/system &&
			PATH=$1/bin:$PATH && shift && exec "$@"' systemd "$work" "$LDAPCC" \
			--config "$work/settings.yaml" --ldif "$work/site.ldif" "${@:2}" >"$work/said" \
			2>"$work/err" </dev/null || status=$?
		equal "$status" "$1"
	}
	anew "  dnsmasq-hosts: {path: $work/out/hosts, check: none, on-change: {restart: [dnsmasq]}}"
	ok 'a systemd that does not answer: exit 6' systemd_exits 6 apply
	ok '… is told' complains "but systemd does not answer for unit 'dnsmasq'; it is tried again"
	ok '… and is asked at the next run: exit 6' systemd_exits 6 apply
else
	skip 'a systemd that does not answer' 'root only'
fi

end_points
