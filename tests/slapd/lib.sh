# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A private slapd in a scratch folder, run as the invoking user, and TAP. To be sourced:
#
#	. "$(dirname "$0")/lib.sh"
#	plan 2
#	slapd_new main
#	slapd_load main contrib/example/cluster.ldif
#	slapd_start main
#	ok 'it answers' ldapsearch -x -H "$(slapd_uri main)" …
#
# The environment may give SOURCE_ROOT (the repository) and PULL (the test driver).
# Without slapd the test is skipped.

SOURCE_ROOT=${SOURCE_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
# shellcheck disable=SC2034  # for the tests
SUFFIX=dc=c,dc=example

PATH=$PATH:/usr/sbin:/sbin:/usr/libexec:/usr/lib/openldap
if ! command -v slapd >/dev/null || ! command -v ldapwhoami >/dev/null; then
	echo '1..0 # SKIP slapd or the LDAP tools are not installed'
	exit 0
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/ldapcc-slapd.XXXXXX")
pids=()

# shellcheck disable=SC2317  # called by the trap
clean_up() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${pids[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# --- TAP ---

# shellcheck source=tests/points.sh
. "$SOURCE_ROOT/tests/points.sh"
points_log=$scratch/ok.out

plan() {
	echo "1..$1"
	n_planned=$1
}

# tally FAULT INJECTIONS VIOLATIONS: a line of the table that finish prints
table=()
tally() { table+=("$1 | $2 | $3"); }

# The test's exit status: have all tests run, and did all succeed?
finish() {
	[ ${#table[@]} = 0 ] ||
		printf '# %s\n' 'fault | injections | violations' "${table[@]}"
	if [ "$n_tests" != "$n_planned" ]; then
		echo "# $n_planned tests were planned, $n_tests ran"
		exit 1
	fi
	[ "$n_failed" = 0 ]
}

# --- slapd ---

slapd_socket() { echo "$scratch/$1/ldapi"; }
slapd_uri() { echo "ldapi://${scratch//\//%2F}%2F$1%2Fldapi"; }

# Waits until a command succeeds, for at most 20 seconds.
wait_for() {
	local end=$((SECONDS + 20))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# Where slapd's loadable modules are; nothing if it has what we need built in.
slapd_modules() {
	local folder module
	for folder in /usr/lib/ldap /usr/lib64/openldap /usr/lib/openldap/modules \
		/usr/libexec/openldap /usr/lib/*/openldap; do
		[ -e "$folder/syncprov.la" ] || [ -e "$folder/syncprov.so" ] || continue
		echo "modulepath $folder"
		for module in back_mdb syncprov "$@"; do
			if [ -e "$folder/$module.la" ] || [ -e "$folder/$module.so" ]; then
				echo "moduleload $module"
			fi
		done
		return
	done
}

# slapd_new NAME: its folder and slapd.conf, made from contrib/example/slapd.conf. The
# environment can change it: SLAPD_GLOBAL, SLAPD_DATABASE lines that are added to either
# part; SLAPD_WITHOUT a pattern of lines that are left out; SLAPD_MODULES further modules;
# SLAPD_ROOT the root DN; SLAPD_DEBUG what slapd logs.
slapd_new() {
	local folder=$scratch/$1 schema=/etc/ldap/schema modules root
	[ -d $schema ] || schema=/etc/openldap/schema
	mkdir -p "$folder/db"
	# shellcheck disable=SC2086  # a list of words
	modules=$(slapd_modules ${SLAPD_MODULES:-})
	root=gidNumber=$(id -g)+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth
	{
		sed -e "s|@SYSSCHEMA@|$schema|; s|@SCHEMA@|$SOURCE_ROOT/schema|
			s|@STATE@|$folder|; s|@ROOT@|${SLAPD_ROOT:-$root}|" \
			-e "/${SLAPD_WITHOUT:-^no such line$}/d" \
			"$SOURCE_ROOT/contrib/example/slapd.conf" |
			while IFS= read -r line; do
				case $line in
				@MODULES@) printf '%s\n' "$modules" "${SLAPD_GLOBAL:-}" ;;
				overlay*) printf '%s\n' "${SLAPD_DATABASE:-}" "$line" ;;
				*) printf '%s\n' "$line" ;;
				esac
			done
	} >"$folder/slapd.conf"
}

# slapd_load NAME FILE…: entries, straight into the stopped database, with a contextCSN
# unless SLAPADD is set and empty. Quick by not syncing: slapadd 2.5 -q -w uses freed memory.
slapd_load() {
	local name=$1 file
	shift
	sed '/^database mdb/a envflags nosync' "$scratch/$name/slapd.conf" \
		>"$scratch/$name/slapadd.conf"
	for file in "$@"; do
		# shellcheck disable=SC2086  # a list of words
		slapadd ${SLAPADD--w} -f "$scratch/$name/slapadd.conf" -l "$file" \
			>"$scratch/$name/slapadd.log" 2>&1 || {
			sed 's/^/# slapadd: /' "$scratch/$name/slapadd.log"
			return 1
		}
	done
}

# slapd_start NAME [URL…]: runs it on its socket and the URLs; returns when it answers
slapd_start() {
	local name=$1
	shift
	slapd -d "${SLAPD_DEBUG:-0}" -h "$(slapd_uri "$name") $*" -f "$scratch/$name/slapd.conf" \
		>"$scratch/$name/slapd.log" 2>&1 &
	pids+=($!)
	echo $! >"$scratch/$name/pid"
	if ! wait_for ldapwhoami -Q -Y EXTERNAL -H "$(slapd_uri "$name")"; then
		sed 's/^/# slapd: /' "$scratch/$name/slapd.log"
		return 1
	fi
}

slapd_stop() {
	local pid
	pid=$(cat "$scratch/$1/pid")
	kill "$pid"
	wait "$pid" || true
}

# LDIF on standard input, as the server's root
slapd_modify() {
	ldapmodify -Q -Y EXTERNAL -H "$(slapd_uri "$1")" >"$scratch/$1/modify.log" 2>&1
}

# Change records on standard input, of the slapd that is called main.
change() { slapd_modify main || sed 's/^/# ldapmodify: /' "$scratch/main/modify.log"; }

# Until what changes has another time than what changed: a server writes whole seconds.
next_second() {
	local now
	now=$(date +%s)
	wait_for not_in "$now"
}
not_in() { [ "$(date +%s)" != "$1" ]; }

# put_host NAME OCTET - an entry in 10.0.0.0/24
put_host() {
	printf 'dn: cn=%s,%s\nobjectClass: device\nobjectClass: ipHost\n' "$1" "$SUFFIX"
	printf 'objectClass: ieee802Device\ncn: %s\nipHostNumber: 10.0.0.%d\n' "$1" "$2"
	printf 'macAddress: 00:00:5e:00:53:%02x\n\n' "$2"
}

# put_site N - a network and hosts n1 to nN
put_site() {
	local i
	printf 'dn: %s\nobjectClass: dcObject\nobjectClass: organization\ndc: c\no: c\n\n' "$SUFFIX"
	printf 'dn: cn=net,%s\nobjectClass: vocIPNetwork\ncn: net\n' "$SUFFIX"
	printf 'ipNetworkNumber: 10.0.0.0/24\nvocDomain: c.example\n\n'
	for i in $(seq "$1"); do
		put_host "n$i" "$i"
	done
}

# A TCP port of 127.0.0.1 that nobody listens on just now.
free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# --- the readers ---

PULL=${PULL:-$SOURCE_ROOT/build/tests/slapd/pull}
# where it is built with the leak sanitizer: libldap's own leaks are not ours
export LSAN_OPTIONS=suppressions=$SOURCE_ROOT/tests/slapd/lsan.supp:print_suppressions=0

# pull ARGUMENT…: runs the driver; what it prints is in $scratch/out and err, its exit
# status in $status
pull() {
	status=0
	"$PULL" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
}

# expect STATUS PATTERN NAME PULL-ARGUMENT…: the exit status, and a line in the findings
# and the report that matches the extended regular expression
expect() {
	local want=$1 pattern=$2 name=$3 failed=0
	shift 3
	pull "$@"
	[ "$status" = "$want" ] && grep -Eq -- "$pattern" "$scratch/err" || failed=1
	[ $failed = 0 ] || echo "# status $status, not $want; or nothing matches '$pattern'"
	report $failed "$name" "$scratch/err"
}

# proxy NAME TARGET MODE [COUNT]: see proxy.py; its URL is ldap://127.0.0.1:$(proxy_port NAME)
proxy() {
	local name=$1
	shift
	python3 "$SOURCE_ROOT/tests/slapd/proxy.py" "$1" "$scratch/$name.port" "${@:2}" \
		2>"$scratch/$name.log" &
	pids+=($!)
	wait_for test -e "$scratch/$name.port"
}
proxy_port() { cat "$scratch/$1.port"; }

# stub NAME FAULT [ARGUMENT]: see stub.py; its URL is stub_uri NAME
stub() {
	local name=$1
	shift
	python3 "$SOURCE_ROOT/tests/slapd/stub.py" "$scratch/$name.stub" "$@" \
		2>"$scratch/$name.log" &
	pids+=($!)
	wait_for test -S "$scratch/$name.stub"
}
stub_uri() { echo "ldapi://${scratch//\//%2F}%2F$1.stub"; }
