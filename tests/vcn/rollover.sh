#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# rollover.sh VCN - a new image is rolled over a host's guests; the first one that does not get
# ready with it runs on from the old one, and the others are left alone.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
make_bridge
cd "$work/images"
cp initrd good

# both SERIAL INITRD - a manifest of two guests
both() {
	begin_manifest "$1"
	guest vcn001
	guest vcn002
	sed -i "s,/images/initrd,/images/$2," "$work/body.yaml"
	end_manifest whole
}
# publish CONTENT - as the initial RAM disk of both, under its old path
publish() {
	cp "$1" .new
	mv .new initrd
}
pids() { echo "$(field vcn001 pid) $(field vcn002 pid)"; }

both 1 initrd
ok "two guests" exits 0 vcn apply
second=$(field vcn002 pid)

# Under the same path

echo "this is no initial RAM disk" >bad
publish bad
ok "another image under the same path" is_state vcn001 outdated
ok "does not get ready" exits 5 vcn apply --restart-changed
ok "which is told, with what comes of it" says \
	"'vcn001' did not get ready with its changes: .*; it runs as it was before"
ok "the other one is not tried" says "'vcn002' was not restarted: an earlier restart failed"
ok "and left alone" equal "$(field vcn002 pid)" "$second"
ok "the first one is the old one, and outdated" is_state vcn001 outdated
ok "from the file that is gone" grep -q "guest: ready" <(vcn log vcn001 | tail -n 3)
ok "status says why" exits 0 vcn status vcn001
ok "in a sentence" says "it runs as it was: with its changes it did not get ready"
before=$(pids)
ok "what failed is not tried again" exits 2 vcn diff --restart-changed
ok "but the other one would be" equal "$(cat "$work/said")" "outdated vcn001: backed out
restart vcn002: image or disk replaced"
publish good
began=$(date +%s)
ok "a good one under the same path" exits 0 vcn apply --restart-changed
ok "is for both" says "vcn001: restarted, ready"
ok "one after the other" says "vcn002: restarted, ready"
ok "which are ready" equal "$(field vcn001 state) $(field vcn002 state)" "ready ready"
ok "and are other ones" test "$(pids)" != "$before"
ok "whose uptime is their own" test "$(field vcn001 started_at)" -ge "$began"

# Under another path

before=$(pids)
both 2 none
ok "an image that is not there" exits 5 vcn apply --restart-changed
ok "is told" says "'vcn001' did not get ready with its changes: .*/images/none"
ok "and nobody was stopped for it" equal "$(pids)" "$before"
ok "by hand" exits 5 vcn restart vcn001 vcn002
ok "it is told" says "'vcn002' was not restarted: initrd '.*/images/none' cannot be opened"
ok "and they run on as well" equal "$(pids)" "$before"
both 3 bad
ok "one that does not get ready" exits 5 vcn apply --restart-changed
ok "is told, too" says "'vcn001' did not get ready with its changes"
both 4 initrd
ok "the old one again is what runs" exits 0 vcn apply
ok "nothing is outdated" equal "$(field vcn001 state) $(field vcn002 state)" "ready ready"

# Stopped by somebody else meanwhile

tries_new() { equal "$(field vcn001 replacing) $(field vcn001 state)" "true booting"; }
is_over() { ! kill -0 "$rolling" 2>/dev/null; }
end_it() { kill -TERM "$(field vcn001 supervisor_pid)" && within 30 is_state vcn001 stopped; }
for way in "exits 0 vcn stop vcn001" end_it; do
	both $((++serial)) good
	"${vcn[@]}" apply --restart-changed >"$work/rolled" 2>&1 &
	rolling=$!
	ok "while the new one boots" within 60 tries_new
	# shellcheck disable=SC2086 # several words
	ok "it is ended by '$way'" $way
	ok "apply does not wait for it any longer" within 10 is_over
	status=0
	wait "$rolling" || status=$?
	ok "and exits with 5" equal "$status" 5
	ok "says so" grep -q "'vcn001' did not start: it ended before it was ready" "$work/rolled"
	ok "and lets the other one run" is_state vcn002 outdated
	both $((++serial)) initrd
	ok "as it was it starts" exits 0 vcn apply
done
ok "kill" exits 0 vcn kill --all
ok "nothing is left" no_qemu
finish_tests
