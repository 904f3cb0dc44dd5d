# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A Slurm of the test's own, in $work/slurm: sourced behind lib.sh.

# shellcheck disable=SC2154 # lib.sh's
export SLURM_CONF=$work/slurm/slurm.conf

# make_munge_key: of whoever takes part
make_munge_key() {
	mkdir -p "$work/slurm" "$work/munge"
	chmod 700 "$work/munge"
	dd if=/dev/urandom of="$work/munge/key" bs=1 count=128 2>/dev/null
	chmod 600 "$work/munge/key"
}

# start_munged SOCKET: false where it does not run here
start_munged() {
	munged --force --foreground --socket="$1" --key-file="$work/munge/key" \
		--pid-file="$work/munge/pid" --log-file="$work/munge/log" \
		--seed-file="$work/munge/seed" >"$work/munge/out" 2>&1 &
	within 10 test -S "$1"
}

# start_slurmctld CLUSTER ADDRESS: the server, with what is the test's own from standard input
start_slurmctld() {
	cat >"$SLURM_CONF"
	cat >>"$SLURM_CONF" <<-CONF
		ClusterName=$1
		SlurmctldHost=$(hostname -s)($2)
		SlurmUser=root
		AuthType=auth/munge
		CryptoType=crypto/munge
		CredType=cred/munge
		MpiDefault=none
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		SwitchType=switch/none
		ReturnToService=2
		StateSaveLocation=$work/slurm
		SlurmctldPidFile=$work/slurm/ctld.pid
		SlurmctldLogFile=$work/slurm/ctld.log
	CONF
	printf 'CgroupPlugin=autodetect\nIgnoreSystemd=yes\n' >"$work/slurm/cgroup.conf"
	slurmctld -D -f "$SLURM_CONF" >"$work/slurm/ctld.out" 2>&1 &
}
