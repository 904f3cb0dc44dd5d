#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# condor.sh VCN - the submit file of contrib/batch by its text: Debian has no HTCondor.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
batch=$here/../../contrib/batch
submit=$batch/vcn.submit
# shellcheck source=tests/points.sh
. "$here/../points.sh"
points_log=$(mktemp)
trap 'rm -f "$points_log"' EXIT

# value KEY - of the file's one line with that key
value() { sed -n "s/^$1  *= //p" "$submit"; }
statements() { grep -v '^#' "$submit" | grep -v '^$'; }

known='universe|executable|arguments|environment|transfer_input_files|should_transfer_files'
known+='|when_to_transfer_output|request_cpus|request_memory|kill_sig|job_max_vacate_time'
known+='|on_exit_hold|on_exit_remove|max_retries|output|error|log'
ok "every statement is one of HTCondor's, the last is queue" [ "$(statements |
	grep -Evc "^($known) += ")" = 1 ]
ok "none stands twice" [ -z "$(statements | sed 's/ .*//' | sort | uniq -d)" ]
ok "one job a VCN" [ "$(statements | tail -n 1)" = "queue vcn in (vcn001, vcn002)" ]
ok "its program is there" test -x "$batch/$(value executable)"
for variable in $(value environment | grep -o '[A-Z_]*=' | tr -d =); do
	ok "the program knows $variable" grep -q "[$]{${variable}[:}]" "$batch/vcn-job.sh"
done
# What is put on hold is what trying again does not change: the codes as vcn says them.
for code in $(value on_exit_hold | grep -o '[0-9]*'); do
	ok "exit status $code is vcn's" grep -Eq "\b$code (refused|bad manifest|usage)" \
		<("${1:?usage: condor.sh VCN}" --help | tr '\n' ' ')
done
vacate=$(value job_max_vacate_time)
# shellcheck disable=SC2016 # the text of the script
stop=$(sed -n 's/^stop-timeout: ${VCN_STOP_TIMEOUT:-\([0-9]*\)}/\1/p' "$batch/vcn-job.sh")
ok "the guest has time to power off before it is killed" [ "$stop" -lt "$vacate" ]
end_points
