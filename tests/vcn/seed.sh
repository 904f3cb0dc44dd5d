#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# seed.sh VCN - what a guest is told without touching its image: seeds and credentials.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
mkdir -p "$work/secrets"
printf 'secret=of, its "own"\n' >"$work/secrets/vcn001"
chmod 600 "$work/secrets/vcn001"
write_settings "network: user" "parallel: 2" "credential-roots: $work/secrets"

# given NAME LINE... - a guest with further lines in its entry
given() {
	local name=$1 lines="" line
	shift
	for line in "$@"; do
		lines+="${lines:+$'\n'}    $line"
	done
	guest "$name" "" "" "$lines"
}
no_secret() {
	equal "$({
		printf '%s\0' "/proc/$1/cmdline" "/proc/$1/environ"
		find "$work/run" "$work/scratch" -type f ! -name console.log -print0
	} | xargs -0 grep -al "of, its" || true)" ""
}

begin_manifest 1
given vcn001 'seed: "http://192.0.2.1/seed/vcn001"' "credentials:" \
	'  - {name: motd, value: "a, b = \"c\""}' \
	"  - {name: db.password, path: \"$work/secrets/vcn001\"}"
given vcn002 'seed: "http://192.0.2.1/vcn002.ign"'
end_manifest whole
ok "two guests that are given something" exits 0 vcn apply
ok "one has its seed as cloud-init reads it" \
	console_says vcn001 "serial ds=nocloud;dsmode=net;s=http://192.0.2.1/seed/vcn001/"
ok "and its credential, with all its letters" console_says vcn001 'credential motd is a, b = "c"'
ok "and the secret of a file" console_says vcn001 'credential db.password is secret=of, its "own"'
ok "the secret is nowhere on the host" no_secret "$(field vcn001 pid)"
ok "the other has a seed as Ignition reads it" console_says vcn002 \
	'ignition {"ignition":{"version":"3.0.0","config":{"replace":{"source":"http://192.0.2.1/vcn002.ign"}}}}'
ok "and no serial number" bash -c "! grep -aq 'serial ds=' '$work/run/vcn002/console.log'"
ok "stop" exits 0 vcn stop --all

# What is refused, and why
chmod 644 "$work/secrets/vcn001"
ok "a secret that everybody may read starts nothing" exits 5 vcn start vcn001
ok "and why" says "can be read by everybody: chmod o-r"
chmod 600 "$work/secrets/vcn001"
head -c 50000 /dev/zero >"$work/secrets/vcn001"
ok "too long a one" exits 5 vcn start vcn001
ok "and the bound" says "more than 40960 bytes in all"
ok "check of this host says it, too" exits 10 vcn check
sed -i "s,$work/secrets,$work/images," "$work/body.yaml"
end_manifest whole
ok "a file that is none of the credentials" exits 5 vcn start vcn001
ok "and where they are" says "below none of the credential roots"

# One run's own: a file of whoever runs it
begin_manifest 1
given vcn003 "credentials: [{name: job, value: none}]"
end_manifest bare
printf 'job 42' >"$work/job"
chmod 600 "$work/job"
ok "a credential without a file" exits 64 vcn run vcn003 --credential job:/nowhere
ok "a seed that is no URL" exits 64 vcn run vcn003 --seed job
"${vcn[@]}" run --console vcn003 --credential "job:$work/job" --seed http://192.0.2.1/job/ \
	>"$work/out" 2>&1 &
run=$!
ok "a run has a credential of its own" within 60 grep -aq "credential job is job 42" "$work/out"
ok "and a seed" grep -aq "serial ds=nocloud;dsmode=net;s=http://192.0.2.1/job/" "$work/out"
kill -TERM "$run"
wait "$run" || true
finish_tests
