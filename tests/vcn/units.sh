#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# units.sh VCN - under systemd: apply starts vcn@NAME.service, with the default files. No
# systemd is needed: systemctl is played by a script that does what the unit's ExecStart says.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"

# The default places, in this mount namespace only.
mkdir "$work/etc" "$work/srv" "$work/runs"
cp -a /etc/. "$work/etc/"
if ! mount --bind "$work/etc" /etc || ! mount --bind "$work/srv" /srv ||
	! mount --bind "$work/runs" /run; then
	skip_all "no mounts here"
fi
mkdir -p /etc/ldapcc /srv/ldapcc/manifests /run/systemd/system
write_settings "network: user" "stop-timeout: 6"
cp "$work/vcn.yaml" /etc/ldapcc/vcn.yaml
own_name=$(hostname -f 2>/dev/null || hostname)

mkdir "$work/bin"
cat >"$work/bin/systemctl" <<'SYSTEMCTL'
#!/bin/bash
echo "$*" >>"$WORK/calls"
unit=${!#}
name=${unit#vcn@}
name=${name%.service}
case $1 in
cat) [ ! -e "$WORK/no-unit" ] ;;
reset-failed) ;;
start)
	if [ -e "$WORK/refuse" ]; then
		echo "Unit $unit is masked." >&2
		exit 1
	fi
	[ ! -e "$WORK/broken" ] || exit 0
	{
		[ ! -e "$WORK/slow" ] || sleep 1
		exec setsid "$WORK/bin/vcn" run "$name"
	} </dev/null >"$WORK/unit.$name" 2>&1 &
	;;
show)
	if [ -e "$WORK/queued" ]; then
		printf 'ActiveState=inactive\nJob=%s\n' "$(($(date +%s) < $(cat "$WORK/queued") ? 7 : 0))"
	else
		printf 'ActiveState=failed\nJob=0\n'
	fi
	;;
esac
SYSTEMCTL
cp "$VCN" "$work/bin/vcn"
chmod 755 "$work/bin/"*
export WORK=$work PATH=$work/bin:$PATH
unset VCN_HOST

manifest() {
	end_manifest whole
	cp "$work/manifest.yaml" "/srv/ldapcc/manifests/$own_name.yaml"
}
begin_manifest 1 "$own_name"
guest vcn001
guest vcn002 "" "readiness: none"
manifest

ok "apply" exits 0 "$VCN" apply
ok "waits until they are ready" says "^vcn001: started, ready after"
ok "asks systemd for both" equal "$(grep -c '^start --no-block vcn@vcn00[12].service$' \
	"$work/calls")" 2
ok "is nobody's parent" equal "$(pgrep -f -- 'run vcn001' | wc -l)" 1
ok "status" exits 0 "$VCN" status
ok "is ready" says "^vcn001 +ready"
: >"$work/calls"
ok "apply again" exits 0 "$VCN" apply
ok "says nothing" equal "$(cat "$work/said")" ""
ok "and asks systemd for nothing" equal "$(cat "$work/calls")" ""
begin_manifest 2 "$own_name"
guest vcn001 vcn.changed
guest vcn002 "" "readiness: none"
manifest
ok "apply --restart-changed" exits 0 "$VCN" apply --restart-changed
ok "in the unit that it has" equal "$(grep -c ^start "$work/calls")" 0
ok "from the new entry" grep -aq vcn.changed "/proc/$(qemu_pids vcn001)/cmdline"
ok "and the unit's program is what it was" equal "$(pgrep -f -- 'run vcn001' | wc -l)" 1
ok "stop" exits 0 "$VCN" stop --all
ok "the unit's program has ended well" equal "$(cat "$work/unit.vcn001")" ""
ok "nothing is left" no_qemu
ok "a guest" exits 0 "$VCN" start vcn001
kill -KILL "$(qemu_pids vcn001)"
sleep 1.1 # what it was then is told from what it is by the second
touch "$work/slow"
ok "that has failed is started once more, however long systemd takes" exits 0 "$VCN" start vcn001
rm "$work/slow"
ok "to its end" exits 0 "$VCN" kill --all

touch "$work/refuse"
ok "a unit that systemd refuses" exits 5 "$VCN" start vcn001
ok "systemd's words" says "vcn@vcn001.service cannot be started: Unit .* is masked"
rm "$work/refuse"
touch "$work/broken"
ok "a unit that fails without a word" exits 5 "$VCN" start vcn001
ok "where to look" says "journalctl -u vcn@vcn001.service"
echo "$(($(date +%s) + 5))" >"$work/queued"
start=$(date +%s)
ok "a unit that waits for its turn" exits 5 "$VCN" start vcn001
ok "is not taken for an inactive one" test $(($(date +%s) - start)) -ge 4
rm "$work/queued" "$work/broken"

# Where the unit could not know what was said on the command line, none is used.
: >"$work/calls"
ok "with --host a supervisor is detached" exits 0 "$VCN" --host "$own_name" start vcn002
ok "without systemd" equal "$(cat "$work/calls")" ""
"$VCN" stop --all >/dev/null
touch "$work/no-unit"
ok "and where the unit is not installed" exits 0 "$VCN" start vcn002
ok "as well" equal "$(grep -c ^start "$work/calls")" 0
ok "stop" exits 0 "$VCN" kill --all
ok "leaves nothing" no_qemu

# The units themselves

units=$here/../../contrib/systemd
for unit in "$units/"*.service; do
	if command -v systemd-analyze >/dev/null; then
		ok "${unit##*/} is closed as far as it can be" grep -q " OK" \
			<(systemd-analyze security --offline=yes "$unit" 2>&1 | tail -1)
	else
		skip "${unit##*/} is closed as far as it can be" "no systemd-analyze"
	fi
done
for unit in "$units/vcn@.service" "$units/vcn-apply.service"; do
	ok "${unit##*/} ends with vcn.target" grep -qx "PartOf=vcn.target" "$unit"
done
# An upgrade of a library restarts what uses it, by needrestart: no guest.
restarts() {
	# shellcheck disable=SC2016 # perl's
	perl -e 'our %nrconf; eval do { local (@ARGV, $/) = shift; <> }; die $@ if $@;
		my $name = shift;
		exit((grep { $name =~ /$_/ && !$nrconf{override_rc}->{$_} }
			keys %{$nrconf{override_rc}}) ? 1 : 0)' "$here/../../contrib/needrestart/vcn.conf" "$1"
}
if command -v perl >/dev/null; then
	ok "needrestart restarts no guest" exits 1 restarts vcn@vcn001.service
	ok "but what is none" exits 0 restarts vcnd@x.service
else
	skip "needrestart restarts no guest" "no perl"
fi
ok "vcn@.service is nothing to enable" exits 1 grep -q Install "$units/vcn@.service"
finish_tests
