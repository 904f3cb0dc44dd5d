#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One VCN as a batch job: it lives as long as the job does. Run by Slurm
#
#	sbatch --export=ALL,VCN_MANIFEST=/shared/job.yaml contrib/batch/vcn-job.sh vcn001
#	sbatch --array=1-16 --export=ALL,VCN_MANIFEST=/shared/job.yaml \
#		contrib/batch/vcn-job.sh 'vcn%03d'
#
# or by HTCondor (vcn.submit). The job needs the guest's memory and about 256 MiB more, and
# read access to the image; no privilege: the network is passt, outward only.
#
# VCN_MANIFEST	a manifest, by hand or from ldapcc; its `host:` does not matter here
# VCN_IMAGES	the folder that images may be in (default /images)
# VCN_SEED	the guest's seed (vcn-manifest(5)); %n stands for its name
# VCN_CREDENTIALS	its credentials: NAME:FILE, with blanks between several; the files are the
#		job's user's, and nobody else may read them
# VCN_ACCEL	kvm, or tcg where there is no /dev/kvm
#
#SBATCH --job-name=vcn
#SBATCH --ntasks=1
#SBATCH --signal=B:TERM@60
set -euo pipefail

pattern=${1:?usage: vcn-job.sh NAME, or a pattern such as vcn%03d in a job array}
manifest=${VCN_MANIFEST:?VCN_MANIFEST names no manifest}
name=$pattern
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
	# shellcheck disable=SC2059 # the pattern is the user's format, on purpose
	name=$(printf "$pattern" "$SLURM_ARRAY_TASK_ID")
fi

# A folder of the job's own: apply on this host knows nothing of this guest.
work=$(mktemp -d "${TMPDIR:-/tmp}/vcn.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 711 "$work" # a job of root: QEMU's own user must pass
cat >"$work/vcn.yaml" <<SETTINGS
network: user
accel: ${VCN_ACCEL:-kvm}
image-roots: ${VCN_IMAGES:-/images}
runtime-dir: $work/run
scratch: $work/scratch
records: ${VCN_RECORDS:-$work/boots.jsonl}
# shorter than the batch system's own patience (Slurm: KillWait, 30 s)
stop-timeout: ${VCN_STOP_TIMEOUT:-20}
SETTINGS

given=()
if [ -n "${VCN_SEED:-}" ]; then
	given+=(--seed "${VCN_SEED//%n/$name}")
fi
for credential in ${VCN_CREDENTIALS:-}; do
	given+=(--credential "$credential")
done

host=$(sed -n 's/^host: *"\{0,1\}\([^"# ]*\).*/\1/p' "$manifest" | head -n 1)
vcn --config "$work/vcn.yaml" --manifest "$manifest" --host "$host" run --console \
	${given[@]+"${given[@]}"} "$name" &
pid=$!
# The batch system's TERM is a request: the guest is asked to power off.
trap 'kill -TERM "$pid" 2>/dev/null || true' TERM INT
status=0
wait "$pid" || status=$?
while kill -0 "$pid" 2>/dev/null; do # a signal ended the wait, not the guest
	status=0
	wait "$pid" || status=$?
done
exit "$status"
