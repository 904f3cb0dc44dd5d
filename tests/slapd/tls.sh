#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ldaps:// and StartTLS with a private CA: what is accepted, and that every refusal says why.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
if ! command -v openssl >/dev/null; then
	echo '1..0 # SKIP openssl is not installed'
	exit 0
fi
plan 25

# --- certificates ---

tls=$scratch/tls
mkdir "$tls"
cat >"$tls/ca.conf" <<-EOT
	[ca]
	default_ca = ours
	[ours]
	new_certs_dir = $tls
	database = $tls/index
	serial = $tls/serial
	default_md = sha256
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
EOT
touch "$tls/index"
echo 01 >"$tls/serial"

new_ca() {
	openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$2" -days 30 -keyout "$tls/$1.key" \
		-out "$tls/$1.pem" 2>>"$tls/log"
}
# new_certificate NAME SUBJECT ALTERNATIVE-NAMES START END
new_certificate() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$tls/$1.key" \
		-out "$tls/$1.csr" 2>>"$tls/log"
	openssl ca -batch -config "$tls/ca.conf" -cert "$tls/ca.pem" -keyfile "$tls/ca.key" \
		-in "$tls/$1.csr" -out "$tls/$1.pem" -notext -startdate "$4" -enddate "$5" \
		-extfile <(echo "subjectAltName=$3") 2>>"$tls/log"
}
new_ca ca 'Our CA'
new_ca other 'Another CA'
past=20200101000000Z
future=20990101000000Z
new_certificate good ldap1 'DNS:ldap1.example,IP:127.0.0.1' $past $future
new_certificate expired ldap1 'IP:127.0.0.1' $past 20210203000000Z
new_certificate early ldap1 'IP:127.0.0.1' 20980706000000Z $future
new_certificate named ldap1 'DNS:ldap1.example,DNS:ldap2.example' $past $future
new_certificate client reader 'DNS:reader' $past $future

# --- servers ---

# serve NAME CERTIFICATE [DIRECTIVE]: its ports are in NAME_ldap and NAME_ldaps
serve() {
	local name=$1 ldap ldaps
	ldap=$(free_port)
	ldaps=$(free_port)
	SLAPD_GLOBAL="TLSCACertificateFile $tls/ca.pem
TLSCertificateFile $tls/$2.pem
TLSCertificateKeyFile $tls/$2.key
${3:-}" slapd_new "$name"
	slapd_load "$name" "$SOURCE_ROOT/contrib/example/cluster.ldif"
	slapd_start "$name" "ldap://127.0.0.1:$ldap" "ldaps://127.0.0.1:$ldaps"
	declare -g "${name}_ldap=$ldap" "${name}_ldaps=$ldaps"
}
serve good good
serve expired expired
serve early early
serve named named
serve mutual good 'TLSVerifyClient demand'
# shellcheck disable=SC2154  # from here on: set by serve
good=ldaps://127.0.0.1:$good_ldaps
anonymous=(--bind anonymous --timeout 10 --ca "$tls/ca.pem")

# --- accepted ---

expect 0 '^entries: 65$' 'ldaps' "${anonymous[@]}" read "$good"
expect 0 '^entries: 65$' 'ldaps, in pages' "${anonymous[@]}" --page 3 read "$good"
# shellcheck disable=SC2154
expect 0 '^entries: 65$' 'StartTLS' "${anonymous[@]}" --starttls yes \
	read "ldap://127.0.0.1:$good_ldap"
# shellcheck disable=SC2154
expect 0 '^identity: cn=reader$' 'EXTERNAL with a client certificate' --ca "$tls/ca.pem" \
	--cert "$tls/client.pem" --key "$tls/client.key" read "ldaps://127.0.0.1:$mutual_ldaps"
export LDAPTLS_REQCERT=never LDAPTLS_CACERT=$tls/other.pem LDAPBASE=dc=nonsense
expect 0 '^entries: 65$' 'LDAP* variables change nothing' "${anonymous[@]}" read "$good"

# --- refused (the variables above would make all of this succeed) ---

# shellcheck disable=SC2154
expect 4 "certificate expired on 2021-02-03" 'an expired certificate' \
	"${anonymous[@]}" read "ldaps://127.0.0.1:$expired_ldaps"
# shellcheck disable=SC2154
expect 4 "certificate expired on 2021-02-03" 'also with StartTLS' --starttls yes \
	"${anonymous[@]}" read "ldap://127.0.0.1:$expired_ldap"
# shellcheck disable=SC2154
expect 4 "valid from 2098-07-06 on only: is this machine's clock right" 'one from the future' \
	"${anonymous[@]}" read "ldaps://127.0.0.1:$early_ldaps"
# shellcheck disable=SC2154
expect 4 "is for 'ldap1.example', 'ldap2.example', not for '127.0.0.1'" \
	'one for another name' "${anonymous[@]}" read "ldaps://127.0.0.1:$named_ldaps"
expect 4 "not signed by a CA in '$tls/other.pem': its issuer is 'Our CA'" 'one of another CA' \
	--bind anonymous --ca "$tls/other.pem" read "$good"
expect 4 "the CA file '$tls/none.pem': No such file" 'no CA file' \
	--bind anonymous --ca "$tls/none.pem" read "$good"
echo nonsense >"$tls/garbage.pem"
expect 4 "the CA file '$tls/garbage.pem' is not in PEM form" 'a CA file with something else' \
	--bind anonymous --ca "$tls/garbage.pem" read "$good"
printf -- '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n' >"$tls/broken.pem"
expect 4 "broken.pem" 'a CA file with a broken certificate' \
	--bind anonymous --ca "$tls/broken.pem" read "$good"
expect 4 'cert-file and key-file go together' 'a certificate without its key' \
	"${anonymous[@]}" --cert "$tls/client.pem" read "$good"
expect 4 'do cert-file and key-file belong together' "another certificate's key" \
	"${anonymous[@]}" --cert "$tls/client.pem" --key "$tls/good.key" read "$good"
expect 4 'without a client certificate|does the server want a client certificate' 'a server that wants a client certificate' \
	"${anonymous[@]}" read "ldaps://127.0.0.1:$mutual_ldaps"
expect 4 "does the server speak TLS 1.2 or newer on this port" 'ldaps to the port of ldap' \
	"${anonymous[@]}" read "ldaps://127.0.0.1:$good_ldap"
slapd_new plain
plain=$(free_port)
slapd_load plain "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start plain "ldap://127.0.0.1:$plain"
expect 4 'StartTLS: the server says' 'a server without TLS: never in clear instead' \
	"${anonymous[@]}" --starttls yes read "ldap://127.0.0.1:$plain"

# --- in the middle ---

within() {
	local start=${EPOCHREALTIME/./}
	expect "$@"
	report $((${EPOCHREALTIME/./} - start > 3000000)) '… within 3 s' /dev/null
}
proxy deaf "127.0.0.1:$good_ldaps" deaf
within 4 'TLS handshake: no answer within 2 s' 'no answer in the handshake' \
	--bind anonymous --ca "$tls/ca.pem" --timeout 2 read "ldaps://127.0.0.1:$(proxy_port deaf)"
proxy stall "127.0.0.1:$good_ldaps" stall 60007
within 4 'no answer within 2 s' 'stalled in the middle of a record' \
	--bind anonymous --ca "$tls/ca.pem" --timeout 2 --page 10 \
	read "ldaps://127.0.0.1:$(proxy_port stall)"
proxy cut "127.0.0.1:$good_ldaps" cut 60007
expect 4 'the connection broke off' 'closed in the middle of a record' \
	"${anonymous[@]}" read "ldaps://127.0.0.1:$(proxy_port cut)"
ok 'nothing is delivered' test ! -s "$scratch/out"
expect 0 "warning: .*expired on 2021.* was used instead" 'the next server is used' \
	"${anonymous[@]}" read "ldaps://127.0.0.1:$expired_ldaps" "$good"

finish
