#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# slurm.sh VCN - the batch script of contrib/batch as a job of a real Slurm: slurmctld, slurmd
# and munged with a configuration of their own, in the test's namespaces. Skipped where they
# are not installed (Debian: munge, slurmctld, slurmd, slurm-client).
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
for program in munged slurmctld slurmd sbatch; do
	PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip_all "no $program"
done
PATH=$PATH:/usr/sbin
enter "$@"

# Slurm resolves names with AI_ADDRCONFIG: the loopback address alone counts as no address.
make_bridge
node=$(hostname -s)
echo "127.0.0.1 localhost $node" >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts
mkdir "$work/bin" "$work/spool"
cp "$VCN" "$work/bin/vcn"
export PATH=$work/bin:$PATH
# shellcheck source=SCRIPTDIR/slurm-lib.sh
. "$here/slurm-lib.sh"
make_munge_key
start_munged "$work/munge/socket" || skip_all "munged does not run here"
start_slurmctld test 127.0.0.1 <<CONF
AuthInfo=socket=$work/munge/socket
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
KillWait=15
SlurmdSpoolDir=$work/spool
SlurmdPidFile=$work/slurm/d.pid
SlurmdLogFile=$work/slurm/d.log
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 RealMemory=1024 State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
slurmd -D -f "$SLURM_CONF" >"$work/slurm/d.out" 2>&1 &
up() { equal "$(sinfo --noheader --format=%t)" idle; }
within 30 up || skip_all "slurmd does not run here: $(tail -n 1 "$work/slurm/d.log")"

begin_manifest 1 batch.example
guest vcn001
guest vcn002 vcn.deaf
end_manifest bare
export VCN_MANIFEST=$work/manifest.yaml VCN_IMAGES=$work/images VCN_ACCEL=tcg \
	VCN_RECORDS=$work/tmp/boots.jsonl TMPDIR=$work/tmp VCN_STOP_TIMEOUT=6
mkdir "$work/tmp"
chmod 1777 "$work/tmp"
script=$here/../../contrib/batch/vcn-job.sh
submit() { sbatch --parsable --output="$work/tmp/job.%a.%j" "$@"; }
output_says() { grep -aq "$2" "$work/tmp/"job.*."$1"; }
no_folder() { equal "$(find "$work/tmp" -name 'vcn.*' -type d)" ""; }
is_job() { equal "$(squeue --noheader --states=all --format=%T --job="$1")" "$2"; }

job=$(submit "$script" vcn001)
ok "a job becomes a guest" within 60 output_says "$job" "guest: ready"
ok "that runs under the job" is_job "$job" RUNNING
ok "as one QEMU" equal "$(qemu_pids vcn001 | wc -l)" 1
ok "its boot is on record" within 5 grep -q '"outcome":"ready"' "$work/tmp/boots.jsonl"
scancel "$job"
ok "scancel ends the job" within 20 is_job "$job" CANCELLED
ok "the guest powered itself off" output_says "$job" "Power down"
ok "no QEMU is left" within 5 no_qemu
ok "nor a folder of the job" within 5 no_folder

echo "of the job" >"$work/tmp/secret"
chmod 600 "$work/tmp/secret"
job=$(VCN_SEED=http://192.0.2.1/%n VCN_CREDENTIALS="job.key:$work/tmp/secret" \
	submit --array=1-2 "$script" "vcn%03d")
two() { equal "$(qemu_pids | wc -l)" 2; }
ok "an array of two becomes two guests" within 90 two
both_ready() { equal "$(grep -al "guest: ready" "$work/tmp"/job.[12].* | wc -l)" 2; }
ok "that get ready" within 90 both_ready
each_says() { equal "$(cat "$work/tmp"/job.[12].* | grep -ac "$1")" "$2"; }
ok "each with a seed of its own" each_says "serial ds=nocloud;dsmode=net;s=http://192.0.2.1/vcn00[12]/" 2
ok "and the credential of the job" each_says "credential job.key is of the job" 2
scancel "$job"
ok "scancel ends both, the deaf one too, before Slurm's own kill" within 14 no_qemu
ok "nothing of them is left" within 5 no_folder

job=$(submit --time=10 --signal=B:TERM@57 "$script" vcn001)
ok "a guest that is ready" within 60 output_says "$job" "guest: ready"
scontrol update JobId="$job" TimeLimit=1
ok "gets the time limit's signal, a graceful stop" within 40 output_says "$job" "Power down"
ok "and a job that ended well" within 20 is_job "$job" COMPLETED

# As a user without any privilege
rm "$work/tmp/boots.jsonl"
job=$(submit --uid=nobody --chdir=/ "$script" vcn001)
ok "nobody's job becomes a guest" within 60 output_says "$job" "guest: ready"
ok "that runs as nobody" equal "$(ps -o user= -p "$(qemu_pids vcn001)")" nobody
scancel "$job"
ok "scancel ends it" within 20 is_job "$job" CANCELLED
ok "by powering off" output_says "$job" "Power down"
ok "nothing of it is left" within 5 no_folder

job=$(submit "$script" vcn009)
ok "a VCN that is not there is a job that failed" within 20 is_job "$job" FAILED
ok "with the reason in its output" output_says "$job" "there is no VCN 'vcn009'"
finish_tests
