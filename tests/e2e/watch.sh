#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `ldapcc watch`: a change in the directory is in the files without cron, a restart of slapd
# is survived, systemd is told.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
enter "$@"
plan 20

tree=$scratch/site
hosts=$tree/srv/dnsmasq/hosts

control_new
echo '#!/bin/sh' >"$scratch/bin/control"
slapd_new main
slapd_load main "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start main
settings site "$(slapd_uri main)" 'guard: {max-affected: 100%, max-lost: 100%}'

# What systemd would be told, a line each, in $scratch/notified.
python3 - "$scratch/notify" "$scratch/notified" <<'END' &
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
with open(sys.argv[2], "w", buffering=1) as file:
    while True:
        file.write(listener.recv(4096).decode() + "\n")
END
pids+=($!)
wait_for test -S "$scratch/notify"

NOTIFY_SOCKET=$scratch/notify "$LDAPCC" --config "$scratch/site.yaml" watch \
	>"$scratch/watch.out" 2>"$scratch/watch.err" &
watcher=$!
pids+=("$watcher")

generation() { basename "$(readlink "$tree/state/current")"; }
# awaits PATTERN FILE
awaits() { wait_for grep -Eq -- "$1" "$2"; }
# moves NAME ADDRESS
moves() {
	slapd_modify main <<-END
		dn: cn=$1,ou=hosts,$SUFFIX
		changetype: modify
		replace: ipHostNumber
		ipHostNumber: $2
	END
}

is_ready() {
	awaits '^READY=1' "$scratch/notified" || {
		cat "$scratch/watch.err"
		return 1
	}
}
ok 'systemd is told when all is ready' is_ready
[ "$n_failed" = 0 ] || exit 1
ok 'by then the files are there' grep -q '^10.10.0.105 node05' "$hosts"
ok '… as generation 1' test "$(generation)" = 000001

moves node05 10.10.0.150
ok 'a change arrives by itself' awaits '^10.10.0.150 node05' "$hosts"
wait_for test "$(readlink "$tree/state/current")" = generations/000002 || true
ok 'as a generation of its own' test "$(generation)" = 000002

# A burst of changes is one.
for i in 1 2 3 4 5; do
	moves "node0$i" "10.10.0.16$i"
done
ok 'several changes arrive' awaits '^10.10.0.165 node05' "$hosts"
all_five() { [ "$(grep -c '^10.10.0.16[1-5] node0' "$hosts")" = 5 ]; }
ok 'all of them' all_five
ok 'in one generation' wait_for test "$tree/state/current" -ef "$tree/state/generations/000003"

slapd_stop main
ok 'slapd is gone: that is told' awaits 'last apply: exit 4' "$scratch/notified"
ok '… and survived' kill -0 "$watcher"
ok 'the files are as they were' all_five
slapd_start main
moves node05 10.10.0.170
ok 'when it is back, its changes arrive again' awaits '^10.10.0.170 node05' "$hosts"
moves node05 10.10.0.171
ok '… by a connection that stands' awaits '^10.10.0.171 node05' "$hosts"

kill -TERM "$watcher"
result=0
wait "$watcher" || result=$?
ok 'SIGTERM ends it, with 0' test "$result" = 0
ok 'systemd is told' awaits '^STOPPING=1' "$scratch/notified"
only_the_directory() { ! grep -v -e 'ldapi://' -e '^ *note:' "$scratch/watch.err"; }
ok 'it complained of nothing but the directory' only_the_directory
told_of_all() { [ "$(grep -c '^generation [2-5]: nodes ~' "$scratch/watch.out")" = 4 ]; }
ok 'and told what it published' told_of_all

# Without syncprov nothing can be watched: that is told, and there is an apply now and then.
SLAPADD='' SLAPD_WITHOUT='^overlay\|^syncprov' slapd_new plain
SLAPADD='' slapd_load plain "$SOURCE_ROOT/contrib/example/cluster.ldif"
slapd_start plain
settings plain "$(slapd_uri plain)"
: >"$scratch/notified"
NOTIFY_SOCKET=$scratch/notify "$LDAPCC" --config "$scratch/plain.yaml" watch \
	>"$scratch/watch.out" 2>"$scratch/watch.err" &
watcher=$!
pids+=("$watcher")
ok 'without syncprov systemd is told too' awaits '^READY=1' "$scratch/notified"
ok 'and the administrator, what is missing' awaits 'syncprov' "$scratch/watch.err"
kill -TERM "$watcher"
result=0
wait "$watcher" || result=$?
ok 'SIGTERM ends that as well' test "$result" = 0
finish
