#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# metrics.sh LDAPCC [VCN] - --metrics after every run, and what Prometheus' own promtool says
# of these files, of the target and of the alerts (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -u
ldapcc=$(realpath "${1:?usage: metrics.sh LDAPCC [VCN]}")
vcn=${2:+$(realpath "$2")}
source_root=$(dirname "$(dirname "$(realpath "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LDAPCC_DATADIR=$source_root LC_ALL=C.UTF-8
# shellcheck source=tests/points.sh
. "$source_root/tests/points.sh"
points_log=$work/out

# accepted FILE: by promtool, without a remark
accepted() {
	local name=${1##*/}
	if command -v promtool >/dev/null; then
		ok "promtool is content with $name" promtool check metrics <"$1"
	else
		skip "promtool is content with $name" 'promtool is not installed'
	fi
}
exits() {
	local want=$1 status=0
	shift
	"$@" >"$work/printed" 2>&1 || status=$?
	cat "$work/printed"
	[ "$status" = "$want" ]
}
has() {
	grep -v '^#' "$work/m.prom"
	grep -qxE "$1" "$work/m.prom"
}

reload_with() {
	printf '#!/bin/sh\nexit %d\n' "$1" >"$work/reload"
	chmod +x "$work/reload"
}
mkdir "$work/etc"
reload_with 1
cat >"$work/settings.yaml" <<-YAML
	state: $work/state
	templates: [$work]
	targets:
	  dnsmasq: off
	  dnsmasq-hosts: off
	  dhcpd: off
	  kickstart: off
	  kickstart-repos: off
	  manifest: off
	  hosts: {path: $work/etc/hosts, on-change: [$work/reload]}
YAML
site=$source_root/contrib/example/cluster.ldif
run() { "$ldapcc" --config "$work/settings.yaml" "$@"; }

ok 'a run whose reload fails' exits 6 run --ldif "$site" apply --metrics "$work/m.prom"
ok 'its exit status is there' has 'ldapcc_run_exit_status 6'
ok 'and what is published' has 'ldapcc_generation 1'
ok 'with its hash' has 'ldapcc_published_set\{generation_set="[0-9a-f]+"\} 1'
ok 'the reload that is pending' has 'ldapcc_pending_reload_attempts\{target="hosts"\} 1'
ok 'the nodes by kind' has 'ldapcc_nodes\{kind="vcn"\} 32'
accepted "$work/m.prom"
reload_with 0
ok 'a run that is well' exits 0 run --ldif "$site" apply --metrics "$work/m.prom"
ok 'says so' has 'ldapcc_run_exit_status 0'
ok 'and that nothing is pending' has 'ldapcc_pending_reloads 0'
ok 'a run that cannot read' exits 7 run --ldif "$work/none" apply --metrics "$work/m.prom"
ok 'its exit status is there' has 'ldapcc_run_exit_status 7'
ok 'and what still stands' has 'ldapcc_generation 1'
ok 'a rollback' exits 0 run rollback 1 --metrics "$work/m.prom"
ok 'and that it is pinned' has 'ldapcc_pinned 1'
ok 'wrong settings' exits 64 "$ldapcc" --config /dev/stdin --ldif "$site" apply \
	--metrics "$work/m.prom" <<<'stat: x'
ok 'their exit status, and nothing that is not known' has 'ldapcc_run_exit_status 64'
ok 'as the state is not' exits 1 grep generation "$work/m.prom"
ok 'unpinned' exits 0 run rollback --unpin
ok 'a folder that is not there is exit 7' exits 7 run --ldif "$site" apply --metrics "$work/none/m.prom"
ok 'and names the file' grep -q "none/m.prom': No such file" "$work/printed"
ok 'of a run that failed the exit status is its own' exits 64 "$ldapcc" --config /dev/stdin \
	apply --metrics "$work/none/m.prom" <<<'stat: x'
ok 'only those commands know it' exits 64 run --ldif "$site" check --metrics "$work/m.prom"
ok 'nothing is left beside it' diff <(find "$work" -name '*prom*') <(echo "$work/m.prom")

echo 'targets: {metrics: }' >"$work/target.yaml"
"$ldapcc" --config "$work/target.yaml" --ldif "$site" render -o "$work/tree" metrics
cp "$work/tree/var/lib/prometheus/node-exporter/ldapcc-site.prom" "$work/site.prom"
accepted "$work/site.prom"
ok 'a VCN, its host and its organization' grep -qx \
	'ldapcc_vcn_info{vcn="vcn003.c.example",host="node02.c.example",vo="engage",image="engage"} 1' \
	"$work/site.prom"
if command -v promtool >/dev/null; then
	ok 'promtool is content with the alerts' promtool check rules \
		"$source_root/contrib/monitoring/ldapcc.rules.yaml"
else
	skip 'promtool is content with the alerts' 'promtool is not installed'
fi

# names in the alerts' expressions that no page tells
untold() {
	sed -n 's/^ *expr: //p' "$source_root/contrib/monitoring/ldapcc.rules.yaml" |
		grep -oE '(ldapcc|vcn)_[a-z_]+' | sort -u |
		comm -23 - <(sed 's/\\//g' "$source_root"/man/ldapcc.8.scd "$source_root"/man/vcn.8.scd |
			grep -oE '(ldapcc|vcn)_[a-z_]+' | sort -u)
}
ok 'the alerts ask for numbers that the pages tell' diff /dev/null <(untold)

if [ -n "$vcn" ]; then
	printf '%s\n' 'manifest: 1' 'host: "h.example"' 'serial: 1' 'vcns: []' >"$work/h.yaml"
	of_vcn() {
		"$vcn" --config /dev/null --manifest "$work/h.yaml" --host "$1" \
			--runtime-dir "$work/run" "${@:2}"
	}
	ok 'vcn apply' exits 0 of_vcn h.example apply "--metrics=$work/m.prom"
	ok 'says that it is well' has 'vcn_apply_exit_status 0'
	accepted "$work/m.prom"
	ok "another host's manifest" exits 3 of_vcn other.example apply "--metrics=$work/m.prom"
	ok 'its exit status is there' has 'vcn_apply_exit_status 3'
	ok 'a folder that is not there' exits 7 of_vcn h.example apply "--metrics=$work/none/m"
	ok 'apply without a file' exits 64 of_vcn h.example apply --metrics
	ok 'status without one prints' exits 0 of_vcn h.example status --metrics
	ok 'to its end' grep -qx '# EOF' "$work/printed"
fi
end_points
