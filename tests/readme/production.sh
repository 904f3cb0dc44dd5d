#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# production.sh PREFIX - README's way into production, line by line, on the machine as it is (TAP)
#
# It writes to /etc, /srv and /var like an administrator who follows the text: to be run where
# that is wanted, in a chroot or in namespaces (installed.sh). ldapcc is installed below PREFIX.
# shellcheck disable=SC2016,SC2013,SC2317 # backquotes are text; ok() calls the functions
set -euo pipefail

prefix=${1:?usage: production.sh PREFIX}
readme=$(realpath "$(dirname "$0")/../../README.md")
data=$prefix/share/ldapcc
PATH=$prefix/bin:/usr/sbin:/usr/bin:/sbin:/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-production.XXXXXX")
slapd_pid=
leave() {
	[ -z "$slapd_pid" ] || kill "$slapd_pid" || true
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM
. "$(dirname "$0")/slapd.sh"
# shellcheck source=tests/points.sh
. "$(dirname "$0")/../points.sh"
points_log=$work/said

# --- what README says ---

# quoted PATTERN: the first text between backquotes that matches, as it is for this prefix
quoted() {
	grep -oE '`[^`]+`' "$readme" | tr -d '`' | grep -E -m 1 -- "$1" |
		sed "s|/usr/local/|$prefix/|; s|contrib/|$data/contrib/|; s|/tmp/look|$work/look|"
}
# block PATTERN: the block that has a line like that, of those that are seven blanks in
block() {
	awk -v pattern="$1" '
		/^       / { text = text substr($0, 8) "\n"; if ($0 ~ pattern) found = 1; next }
		found { exit }
		/^$/ && text != "" { text = text "\n"; next }
		{ text = "" }
		END { if (!found) exit 1; printf "%s", text }' "$readme"
}
# row DAEMON: FILE and LINE of the table
row() {
	awk -F ' *[|] *' -v daemon="$1" '$2 == daemon { gsub(/`/, ""); print $3; print $4 }' "$readme"
}

# --- the directory ---

schema() { bash -ec "$(quoted '^ldapadd .*ldapcc.ldif$')"; }
rules_command() { sed -n "s|^#\t\(ldapmodify .*\) acl-and|\1 $data/contrib/acl-and|p" "$data/contrib/acl-and-indexes.ldif"; }
# What is there already, and nothing else, may be refused.
access_rules() {
	bash -c "$(rules_command)" 2>"$work/refused" || true
	cat "$work/refused"
	! grep '^ldap' "$work/refused" | grep -vE '\((20|68|80)\)$'
}
indexes() {
	local name
	ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b 'olcDatabase={1}mdb,cn=config' -s base olcDbIndex |
		sed 's/^olcDbIndex: //; s/ .*//' | tr ',' '\n' >"$work/indexes"
	for name in $(sed -n 's/^olcDbIndex: \([^ ]*\) .*/\1/p' "$data/contrib/acl-and-indexes.ldif" | tr , ' '); do
		grep -qx "$name" "$work/indexes" || {
			echo "no index of $name"
			return 1
		}
	done
}
sample() {
	sed '/^dn: dc=c,dc=example$/,/^$/d' "$data/contrib/example/cluster.ldif" |
		ldapadd -x -D cn=admin,dc=c,dc=example -w secret -H ldapi:/// >/dev/null
}
# change NAME ATTRIBUTE VALUE
change() {
	printf 'dn: cn=%s,ou=hosts,dc=c,dc=example\nchangetype: modify\nreplace: %s\n%s: %s\n' \
		"$1" "$2" "$2" "$3" |
		ldapmodify -x -D cn=admin,dc=c,dc=example -w secret -H ldapi:/// >/dev/null
}

# --- settings, a first look ---

settings() { mkdir -p /etc/ldapcc && block '^ *directory:' >/etc/ldapcc/ldapcc.yaml && grep -q 'base: dc=c' /etc/ldapcc/ldapcc.yaml; }
command_of() { # PATTERN: that command of README, run
	local command
	command=$(quoted "$1")
	[ -n "$command" ]
	(cd "$work" && bash -ec "$command")
}
by_hand() {
	printf '%s\n' 'subnet 10.9.0.0 netmask 255.255.255.0 { range 10.9.0.50 10.9.0.60; }' \
		'host h1 { hardware ethernet 00:00:5e:00:53:01; fixed-address 10.9.0.1; }' >"$work/dhcpd.conf"
}
imports() {
	by_hand
	local command
	command=$(tr '\n' ' ' <"$readme" | tr -s ' ' | grep -oE 'ldapcc import [^`]+')
	(cd "$work" && bash -ec "$command") | tee "$work/site.ldif"
	ldapcc --ldif "$work/site.ldif" check
}
looks() { command_of '^ldapcc render' && find "$work/look" -name '*.ks' | grep -q .; }

# --- the daemons ---

# include DAEMON: README's line into the administrator's file
include() {
	local file line
	{
		read -r file
		read -r line
	} < <(row "$1")
	[ -n "$line" ]
	mkdir -p "${file%/*}"
	case $1 in
	Kea)
		file=${file%,*}
		printf '{"Dhcp4": {"interfaces-config": {"interfaces": []},\n%s\n}}\n' "$line" >"$file"
		;;
	NSD)
		line=${line% (*}
		grep -qsF "$line" "$file" || printf '%s\n' "$line" >>"$file"
		;;
	*) printf '%s\n' "$line" >>"$file" ;;
	esac
}
rows() {
	include dnsmasq
	include dhcpd
	printf '%s\n' "$(quoted '^targets: .dnsmasq')" >>/etc/ldapcc/ldapcc.yaml
}
apply() { command_of '^ldapcc apply$' 2>"$work/err"; }
# Without systemd, that it is missing is the one warning.
without_warning() {
	cat "$work/err"
	! grep -v '^note: ' "$work/err" | grep -v "no-service\]$"
}
dnsmasq_reads() { dnsmasq --test -C /etc/dnsmasq.conf; }
dhcpd_reads() { dhcpd -t -cf /etc/dhcp/dhcpd.conf; }

# others: the daemons that are off until they stand in the settings
others() {
	{
		block '^ *directory:'
		echo 'targets:'
		echo '  dnsmasq: {main: /etc/dnsmasq.conf}'
		echo '  dhcpd: {main: /etc/dhcp/dhcpd.conf}'
		[ ! -e "$work/has-Kea" ] || echo '  kea-dhcp4: {main: /etc/kea/kea-dhcp4.conf}'
		[ ! -e "$work/has-BIND" ] || printf '  %s:\n' zones-bind zones-bind-list
		[ ! -e "$work/has-NSD" ] || printf '  %s:\n' zones-nsd zones-nsd-list
		[ ! -e "$work/has-Knot" ] || printf '  %s:\n' zones-knot zones-knot-list
	} >/etc/ldapcc/ldapcc.yaml
	ldapcc diff >"$work/diff" || [ "$?" -eq 2 ]
	# every node gets lines: the guard asks, and says how to answer
	bash -ec "$(ldapcc apply 2>&1 | sed -n "s/.*run '\(ldapcc apply --accept [^']*\)'.*/\1/p")" 2>"$work/err"
}
kea_reads() { KEA_LOCKFILE_DIR=none KEA_PIDFILE_DIR=$work KEA_LOGGER_DESTINATION=stdout kea-dhcp4 -t /etc/kea/kea-dhcp4.conf; }
bind_reads() { named-checkconf /etc/bind/named.conf.local; }
nsd_reads() { nsd-checkconf /etc/nsd/nsd.conf; }
knot_reads() { knotc -c /etc/knot/knot.conf conf-check; }
# reads DAEMON CHECKER FUNCTION
reads() {
	if [ -e "$work/has-$1" ]; then
		ok "$1 reads its file with our line" "$3"
	else
		skip "$1 reads its file with our line" "$2 is not installed"
	fi
}
find_daemon() { # DAEMON CHECKER
	command -v "$2" >/dev/null || return 0
	include "$1"
	touch "$work/has-$1"
}

# --- from cron ---

# The line of contrib/cron/ldapcc, as cron runs it; what it would mail is in $work/mail.
cron() {
	local path line
	path=$(sed -n 's/^PATH=//p' "$data/contrib/cron/ldapcc")
	line=$(sed -n 's/^\*\/5 \* \* \* \* root //p' "$data/contrib/cron/ldapcc")
	[ -n "$line" ]
	(cd / && env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH="$path" /bin/sh -c "$line") \
		>"$work/mail" 2>&1
}
same_line() { block 'root ldapcc apply' | grep -qxF "$(grep '^\*' "$data/contrib/cron/ldapcc")"; }
no_mail() {
	cron
	cat "$work/mail"
	[ ! -s "$work/mail" ]
}
mails() { # PATTERN
	cron
	cat "$work/mail"
	grep -qE "$1" "$work/mail"
}
appears() { change node15 ipHostNumber 10.10.0.116 && mails 'dup-ip'; }
is_gone() { change node15 ipHostNumber 10.10.0.115 && mails 'no longer.*dup-ip'; }

# --- beside what one has ---

beside() {
	local status=0
	echo '# by hand' >/etc/dhcp/new.conf
	{
		block '^ *directory:'
		quoted '^targets: .dhcpd: .path'
	} >/etc/ldapcc/ldapcc.yaml
	ldapcc --root "$work/other" render -o "$work/r" dhcpd
	ldapcc apply || status=$?
	[ "$status" -eq 3 ] && grep -qx '# by hand' /etc/dhcp/new.conf
}
a_block() {
	mkdir -p /etc/ldapcc/templates
	tr '\n' ' ' <"$readme" | grep -oE '\{\{<kickstart\}\}.*\{\{/kickstart\}\}' |
		sed 's/…/autopart --type=lvm\n/; s/}}\({{\$\)/}}\n\1/' >/etc/ldapcc/templates/kickstart
	block '^ *directory:' >/etc/ldapcc/ldapcc.yaml
	ldapcc render kickstart | tee "$work/ks"
	rm /etc/ldapcc/templates/kickstart
	grep -q '^autopart --type=lvm' "$work/ks"
}

# --- pages, units ---

pages() {
	local page name section
	for page in $(grep -oE '[a-z.-]+\([578]\)' "$readme" | grep -E '^(ldapcc|vcn)' | sort -u); do
		name=${page%(*}
		section=${page//[^0-9]/}
		[ -n "$(find "$prefix/share/man/man$section" -name "$name.$section*")" ] || {
			echo "no page $page"
			return 1
		}
	done
	name=$(sed -n 's/.*man \(ldapcc-[a-z]*\)(7).*/\1/p' "$readme")
	[ -z "$name" ] || [ -n "$(find "$prefix/share/man" -name "$name.7*")" ]
}
paths() {
	local path
	for path in $(grep -oE '`contrib/[^` ]+`' "$readme" | tr -d '`' | grep -vE 'contrib/(quickstart|test|package.*|…)$'); do
		[ -e "$data/$path" ] || {
			echo "$data/$path is not there"
			return 1
		}
	done
}
units() {
	local unit
	for unit in $(grep -oE 'systemctl enable --now [^` ]+' "$readme" | sed 's/.* //'); do
		[ -n "$(find "$prefix/lib/systemd/system" /lib/systemd/system -name "$unit" 2>/dev/null)" ] || {
			echo "no unit $unit"
			return 1
		}
	done
}

ok 'a directory as the Debian package makes it' stock_slapd
start_slapd
ok 'the schema' schema
ok 'access rules and indexes' access_rules
ok 'all of the indexes' indexes
ok 'the sample' sample
ok 'the settings' settings
ok 'import of what is there by hand' imports
ok 'check' command_of '^ldapcc check$'
ok 'render, and look' looks
ok 'the lines of dnsmasq and dhcpd, and the targets line' rows
ok 'apply' apply
ok '… without a warning' without_warning
ok 'dnsmasq reads its file with our line' dnsmasq_reads
ok 'dhcpd reads its file with our line' dhcpd_reads
ok "cron's line is the file's" same_line
ok 'cron mails nothing' no_mail
ok 'nor at the next run' no_mail
ok 'a finding appears: mail' appears
ok 'it lasts: none' no_mail
ok 'it is gone: mail' is_gone
ok 'and nothing otherwise' no_mail
ok 'status' command_of '^ldapcc status --json'
find_daemon Kea kea-dhcp4
find_daemon BIND named-checkconf
find_daemon NSD nsd-checkconf
find_daemon Knot knotc
ok 'the other daemons' others
ok '… without a warning' without_warning
reads Kea kea-dhcp4 kea_reads
reads BIND named-checkconf bind_reads
reads NSD nsd-checkconf nsd_reads
reads Knot knotc knot_reads
ok "a file that is there is not overwritten: exit 3" beside
ok 'a template that changes one block' a_block
ok 'the man pages that it names' pages
ok 'what it names below contrib' paths
ok 'the units that it names' units
end_points
