#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill.sh VCN - what is left when something is killed: at every stage of a boot, the
# supervisor and QEMU. And two supervisors, deaf guests, QEMUs that die at once, reboots.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
start_dnsmasq
write_settings "parallel: 4" "stop-timeout: 6"

begin_manifest 1
guest vcn001
guest vcn002 vcn.deaf
guest vcn003 vcn.mute
guest vcn004 "vcn.reboot vcn.late=1"
guest vcn005 vcn.panic
end_manifest whole

# A QEMU that is held before its monitor answers, for the stages before that.
cat >"$work/slow-qemu" <<'SLOW'
#!/bin/sh
case "$*" in *guest=vcn*) sleep 0.5 ;; esac
exec qemu-system-x86_64 "$@"
SLOW
chmod 755 "$work/slow-qemu"

in_state_file() { grep -q "$2" "$work/run/$1/state.json"; }
pid_of() { sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" "$work/run/$1/state.json"; }
# reached NAME STAGE - has this boot passed it?
reached() {
	case $2 in
	starting) test -e "$work/run/$1/state.json" ;;
	*) in_state_file "$1" "\"stages_us\":{.*\"$2\":[0-9]" ;;
	esac
}
no_false_status() {
	local state
	state=$(field "$1" state)
	[ "$state" = failed ] || [ "$state" = stopped ] || {
		echo "$1 is $state"
		return 1
	}
}
has_supervisor() { test -d "/proc/$1" && ! grep -q State:.Z "/proc/$1/status"; }
has_none() { ! has_supervisor "$1"; }

# kill_at STAGE VICTIM - boots vcn001, kills VICTIM at that stage, looks at what is left
kill_at() {
	local stage=$1 victim=$2 supervisor pid start
	n_kills=$((n_kills + 1))
	rm -f "$work/run/vcn001/state.json"
	vcn start vcn001 >"$work/said" 2>&1 &
	start=$!
	ok "$victim, $stage: reached" within 60 reached vcn001 "$stage"
	supervisor=$(pid_of vcn001 supervisor_pid)
	pid=$(pid_of vcn001 pid)
	if [ "$victim" = supervisor ]; then
		kill -KILL "$supervisor"
	else
		kill -KILL "$pid"
	fi
	wait "$start" || true
	ok "$victim, $stage: its supervisor is gone" within 3 has_none "$supervisor"
	ok "$victim, $stage: no QEMU" within 1 no_qemu
	ok "$victim, $stage: no TAP" within 1 no_tap
	ok "$victim, $stage: nothing in its scratch" scratch_is_empty
	ok "$victim, $stage: it is not said to run" no_false_status vcn001
}

n_kills=0
for stage in starting spawned; do
	write_settings "qemu: $work/slow-qemu" "stop-timeout: 6"
	kill_at "$stage" supervisor
done
write_settings "qemu: $work/slow-qemu" "stop-timeout: 6"
kill_at spawned QEMU
write_settings "stop-timeout: 6"
for stage in qmp running nic agent ready; do
	kill_at "$stage" supervisor
	kill_at "$stage" QEMU
done
n_kill_faults=$n_failed
ok "after all that it starts" exits 0 vcn start vcn001
ok "and is ready" is_state vcn001 ready

# Two supervisors for one VCN
pid=$(field vcn001 pid)
ok "a second supervisor is refused" exits 8 vcn run vcn001
ok "with a reason" says "vcn001.* running already"
ok "the first one is not disturbed" equal "$(field vcn001 pid)" "$pid"
ok "stop" exits 0 vcn stop vcn001
for i in 1 2 3; do
	vcn start vcn001 >"$work/said.$i" 2>&1 &
done
wait
ok "three starts at once: it is ready" is_state vcn001 ready
ok "three starts at once: one QEMU" equal "$(qemu_pids vcn001 | wc -l)" 1

# Stopping
began=${EPOCHREALTIME/./}
ok "a guest that listens is stopped" exits 0 vcn stop vcn001
ok "long before the deadline" test $((${EPOCHREALTIME/./} - began)) -lt 5000000
ok "by powering itself off" within 1 console_says vcn001 "Power down"
ok "it counts as stopped" is_state vcn001 stopped
ok "a deaf one starts" exits 0 vcn start vcn002
began=${EPOCHREALTIME/./}
ok "and is stopped all the same" exits 0 vcn stop vcn002
took=$((${EPOCHREALTIME/./} - began))
ok "within the deadline and a second" test "$took" -le 7000000
ok "not before it had its time" test "$took" -ge 2000000
ok "it is gone" no_qemu
ok "its TAP as well" no_tap
vcn start vcn002 >/dev/null
began=${EPOCHREALTIME/./}
ok "kill needs no time" exits 0 vcn kill vcn002
ok "less than a second" test $((${EPOCHREALTIME/./} - began)) -lt 1000000
ok "and leaves nothing" no_qemu
vcn start vcn002 >/dev/null
kill -STOP "$(pid_of vcn002 supervisor_pid)"
ok "kill of a supervisor that stands still" timeout 20 "${vcn[@]}" kill vcn002
ok "leaves nothing" within 2 no_qemu

# Readiness
write_settings "ready-timeout: 5" "stop-timeout: 6"
ok "a guest that never says so exits with 5" exits 5 vcn start vcn003
ok "with a reason" says "'vcn003' runs, but is not ready"
ok "it is degraded" is_state vcn003 degraded
ok "boot-times counts it apart" exits 0 vcn boot-times
ok "as timed out" says "1 timed out"
leaves_alone() { ! grep -q "$1" <(vcn diff); }
ok "apply leaves it alone" leaves_alone vcn003
vcn kill vcn003 >/dev/null
write_settings "stop-timeout: 6"

# Reboot: a clean node, another boot of the same supervisor
vcn start vcn004 >/dev/null 2>&1 &
rebooted() { test "$(pid_of vcn004 n_boots)" -ge 2; }
ok "a guest that reboots is started again" within 60 rebooted
ok "by the same supervisor" has_supervisor "$(pid_of vcn004 supervisor_pid)"
ok "stop" exits 0 vcn kill vcn004
wait

# Panic
ok "a guest that panics" exits 0 vcn start vcn005
ok "has failed" within 20 is_state vcn005 failed
ok "and says why" grep -qi panic <(field vcn005 message)
ok "no QEMU is left" no_qemu

# A QEMU that dies at once: what it said must be seen.
cat >"$work/dead-qemu" <<'DEAD'
#!/bin/sh
case "$*" in
*guest=vcn*)
	echo "qemu: the moon is in the wrong phase" >&2
	exit 1
	;;
esac
exec qemu-system-x86_64 "$@"
DEAD
chmod 755 "$work/dead-qemu"
write_settings "qemu: $work/dead-qemu"
ok "a QEMU that dies at once: start exits with 5" exits 5 vcn start vcn001
ok "with QEMU's words" says "vcn001.*the moon is in the wrong phase"
ok "the same for run" exits 5 vcn run vcn001
ok "with QEMU's words" says "the moon is in the wrong phase"
ok "it has failed" is_state vcn001 failed
ok "status has the words, too" grep -q "wrong phase" <(vcn status vcn001)
ok "apply does not try again at once" exits 5 vcn apply
ok "it says when" says "'vcn001' has failed: .*wrong phase.*2 times in a row, next try in [0-9]+ s"
ok "and nothing is left" no_qemu
ok "no TAP either" no_tap
vcn kill --all >/dev/null

# In the foreground
write_settings "stop-timeout: 6"
for signal in TERM HUP; do
	"${vcn[@]}" run --console vcn001 >"$work/console" 2>&1 &
	run=$!
	ok "run: ready" within 60 is_state vcn001 ready
	ok "run --console shows the console" grep -aq "guest: ready" "$work/console"
	kill -"$signal" "$run"
	status=0
	wait "$run" || status=$?
	ok "run: SIG$signal is a graceful stop" equal "$status" 0
	ok "run: by powering off" grep -aq "Power down" "$work/console"
	ok "run: nothing is left" no_qemu
done
printf '# %s\n' 'fault | injections | violations' \
	"kill -9 at a stage of the boot | $n_kills | $n_kill_faults"
finish_tests
