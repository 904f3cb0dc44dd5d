# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # slapd_pid and work are the script's
#
# A directory as Debian's package slapd makes it, at its own place: to be sourced where that may
# be overwritten. The suffix is dc=c,dc=example, the password `secret`, the folder $work.

stock_slapd() {
	rm -rf /etc/ldap/slapd.d /var/lib/ldap
	mkdir -p /etc/ldap/slapd.d /var/lib/ldap /run/slapd
	sed 's/@SUFFIX@/dc=c,dc=example/; s/@PASSWORD@/secret/' /usr/share/slapd/slapd.init.ldif |
		slapadd -n 0 -F /etc/ldap/slapd.d
	printf 'dn: dc=c,dc=example\nobjectClass: top\nobjectClass: dcObject\nobjectClass: organization\no: c\ndc: c\n' |
		slapadd -n 1 -F /etc/ldap/slapd.d
}
start_slapd() {
	local end=$((SECONDS + 30))
	slapd -d 0 -h ldapi:/// -F /etc/ldap/slapd.d 2>"$work/slapd.log" &
	slapd_pid=$!
	until ldapwhoami -Q -Y EXTERNAL -H ldapi:/// >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
