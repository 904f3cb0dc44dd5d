#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# overview.sh LDAPCC - the page of a site: what is on it, that it changes only when something
# else does, and how a browser shows it, with and without scripts, in the light and in the dark,
# also with 10,000 nodes (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -uo pipefail

LDAPCC=$(realpath "${1:?usage: overview.sh LDAPCC}")
readonly LDAPCC
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"
root=$(dirname "$(dirname "$(realpath "$0")")")
unset LDAPCC_DATADIR
page=$work/out/index.html

mkdir "$work/templates"
cat >"$work/settings.yaml" <<-YAML
	state: $work/state
	templates: [$work/templates]
	targets:
	  dnsmasq: off
	  dnsmasq-hosts: off
	  dhcpd: off
	  kickstart: off
	  kickstart-repos: off
	  manifest: off
	  overview: {path: $page}
YAML
cp "$root/contrib/example/cluster.ldif" "$work/site.ldif"
settle() { # the clock's second in which the generation was made is over
	local now
	now=$(date +%s)
	until [ "$(date +%s)" != "$now" ]; do sleep 0.1; done
}
generation() { run status; sed -n 's/^generation *//p' "$work/said"; }

ok 'the page is published' exits 0 apply
ok 'it names hosts' holds "$page" '<h3>node01<'
ok 'and VCNs with their virtual organization' holds "$page" 'data-group="vo-engage" data-find="vcn003.c.example 10.20.1.3'
ok 'what is free' holds "$page" '1024 of 3072 MiB free'
ok 'nothing of it is from elsewhere' lacks "$page" '\(src\|href\)="[^#]\|url(\|@import'
settle
ok 'a run without a change' exits 0 apply --full
ok 'leaves it as it is' equal "$(generation)" 1
# an address that another has: the entry keeps its last good version
sed -i 's/^ipHostNumber: 10\.10\.0\.105$/ipHostNumber: 10.10.0.104/' "$work/site.ldif"
sed -i 's/^description: gatekeeper and scheduler$/description: scheduler/' "$work/site.ldif"
ok 'a fault' exits 0 apply
ok 'is on the page' holds "$page" '<td class="bad">address 10.10.0.104 is already taken'
ok 'with who is in quarantine' holds "$page" '<tr data-find="cn=node05,ou=hosts,dc=c,dc=example"><td>'
ok 'and what the generation before has changed' holds "$page" '<td>apply<td>nodes +50'
was=$(generation)
settle
ok 'a run without a change' exits 0 apply --full
ok 'is no generation, though the page could tell of one more' equal "$(generation)" "$was"
# each generation that is kept no more would take a line off the page, which makes one more generation
echo 'keep: 2' >>"$work/settings.yaml"
for n in 1 2 3 4; do
	awk -v n="$n" '/^vocMemory: 30/ && i < n { i++; $0 = "vocMemory: 300" n } 1' "$work/site.ldif" >"$work/next"
	mv "$work/next" "$work/site.ldif"
	run apply
	settle
done
was=$(generation)
ok 'a run without a change' exits 0 apply --full
ok 'is none either where older generations have gone' equal "$(generation)" "$was"
ok 'and the page has what they changed' holds "$page" '<td>apply<td>nodes +50'
mkdir -p "$work/templates"
# shellcheck disable=SC2016 # for the template to expand
printf '{{<overview}}\n{{$title}}Mine{{/title}}\n{{/overview}}\n' >"$work/templates/overview"
ok "a template of the site's own" exits 0 apply --full
ok 'is the page then' holds "$page" 'Mine'
ok 'and what was changed is on it, through the parent' holds "$page" '<td>apply<td>nodes +50'
rm "$work/templates/overview"
ok 'without it' exits 0 apply --full

# --- a browser ---
browser=$(command -v chromium || command -v chromium-browser || true)
points=('scripts run' 'a search hides hosts' 'and shows the VCN' 'counts' 'nothing found' 'by MAC' 'without scripts all is there'
	'light' 'dark' 'they differ' '10,000 nodes' 'are all on the page' 'in less than a minute')
if [ -z "$browser" ]; then
	for point in "${points[@]}"; do skip "$point" 'chromium is not installed'; done
	end_points
	exit
fi
browse() {
	HOME=$work timeout 90 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--window-size=1280,1000 --user-data-dir="$work/browser" "$@" 2>"$work/browser.log"
}
dom() { browse --dump-dom "file://$1" >"$work/dom"; }

# the page with somebody at its search
typed() {
	sed "s,</body>,<script>var box = document.getElementById('search'); box.value = '$1'; box.dispatchEvent(new Event('input'));</script></body>," "$page" >"$work/typed.html"
	dom "$work/typed.html"
}
typed 10.20.1.3
ok 'scripts run' holds "$work/dom" '<body class="scripts">'
ok 'a search hides hosts' equal "$(grep -c '<article class="host".*hidden=' "$work/dom")" 15
ok 'and shows the VCN' holds "$work/dom" 'title="vcn003.c.example[^"]*">vcn003'
ok 'and says how many these are' holds "$work/dom" '<output id="found">3 hosts, 4 VCNs</output>'
typed 'no such'
ok 'a search without a result says so' holds "$work/dom" '>No host or VCN has this.<'
typed "$(sed -n 's/.*data-find="vcn003[^"]* \(02:[0-9a-f:]*\)".*/\1/p' "$page")"
ok 'a VCN is found by its MAC' holds "$work/dom" '<output id="found">1 host, 1 VCN</output>'
# where scripts are off, what the template says is what there is: nothing waits for one
sed 's,<script>,<script type="text/plain">,' "$page" >"$work/plain.html"
dom "$work/plain.html"
ok 'without scripts all is there' equal "$(grep -c '<article class="host"' "$work/dom"):$(grep -c 'hidden=' "$work/dom")" 18:0

# shot NAME SCHEME: a picture; 0 is dark, 1 light
shot() { browse --blink-settings="preferredColorScheme=$2" --screenshot="$work/$1.png" "file://$page"; }
differ() { ! cmp -s "$1" "$2"; }
# the picture's most frequent colour, of its first rows: the paper's
paper() {
	python3 - "$1" <<'PYTHON'
import collections, struct, sys, zlib
data, at, chunks = open(sys.argv[1], "rb").read(), 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    if kind == b"IHDR":
        width, height, depth, color = struct.unpack(">IIBB", data[at + 8:at + 18])
    if kind == b"IDAT":
        chunks += data[at + 8:at + 8 + size]
    at += size + 12
step = {2: 3, 6: 4}[color]
rows, before, stride = zlib.decompress(chunks), None, width * step
colors = collections.Counter()
for y in range(height):
    kind, row = rows[y * (stride + 1)], bytearray(rows[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
    for x in range(stride):
        left = row[x - step] if x >= step else 0
        up = before[x] if before else 0
        corner = before[x - step] if before and x >= step else 0
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda value: abs(guess - value))
        row[x] = (row[x] + (0, left, up, (left + up) // 2, nearest)[kind]) & 255
    before = row
    if y % 10 == 0:
        colors.update(bytes(row[x:x + 3]) for x in range(0, stride, step * 4))
assert len(colors) > 20, f"only {len(colors)} colours: nothing is shown"
print("light" if min(colors.most_common(1)[0][0]) > 128 else "dark")
PYTHON
}
shot light 1
shot dark 0
ok 'light' equal "$(paper "$work/light.png")" light
ok 'dark' equal "$(paper "$work/dark.png")" dark
ok "they differ" differ "$work/light.png" "$work/dark.png"

python3 - "$work/site.ldif" <<'PYTHON'
import sys
with open(sys.argv[1], "w") as out:
    out.write("dn: cn=net,dc=c\nobjectClass: vocIPNetwork\ncn: net\nipNetworkNumber: 10.0.0.0/8\n"
              "vocBridge: br0\nvocDomain: c.example\n\n"
              "dn: cn=i,dc=c\nobjectClass: vocDiskImage\ncn: i\nvocImagePath: /images/i.qcow2\n\n")
    for i in range(10000):
        host, rest = divmod(i, 10)
        name = f"n{host}" if rest == 0 else f"v{i}"
        kind = ("vocPhysicalNode\nvocMemory: 65536" if rest == 0 else
                f"vocVirtualNode\nvocPhysicalHost: cn=n{host},dc=c\nvocImage: cn=i,dc=c\n"
                f"vocMemory: 1024\nvocVirtualOrganization: vo{host % 7}")
        out.write(f"dn: cn={name},dc=c\nobjectClass: device\nobjectClass: ipHost\n"
                  f"objectClass: ieee802Device\ncn: {name}\nipHostNumber: 10.1.{i // 250}.{i % 250 + 1}\n"
                  f"macAddress: 02:00:00:00:{i // 256:02x}:{i % 256:02x}\nobjectClass: {kind}\n\n")
PYTHON
ok '10,000 nodes' exits 0 render -o "$work/large" overview
start=$(date +%s)
dom "$work/large$page"
ok 'are all on the page' equal "$(grep -o 'data-find=' "$work/dom" | wc -l)" 10000
ok 'in less than a minute' test $(($(date +%s) - start)) -lt 60
end_points
