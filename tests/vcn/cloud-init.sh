#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cloud-init.sh VCN - Debian's cloud-init and systemd in a guest that was given a seed and a credential
# in the directory: the files of the targets nocloud over HTTP, by the URL in its SMBIOS.
#
# Takes two minutes without KVM on a machine that does nothing else, many on a busy one:
# CLOUD_INIT=1 VCN_TEST_TIMEOUT=1800 tests/vcn/cloud-init.sh VCN
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
[ -n "${CLOUD_INIT:-}" ] || skip_all "takes minutes: CLOUD_INIT=1 asks for it"
command -v dnsmasq >/dev/null || skip_all "no dnsmasq"
enter "$@"
points_shown=("$work/run/vcn001/console.log" "$work/http.log")
status=0
"$here/make-cloud-guest.sh" "$work/cloud" "$VCN_TEST_GUEST" >&2 || status=$?
[ "$status" != 77 ] || skip_all "the guest's image cannot be made"
[ "$status" = 0 ]
mv "$work/cloud/root.raw" "$work/cloud/initrd" "$work/images/"
chmod 644 "$work/images"/*
make_bridge
start_dnsmasq

mkdir -p "$work/srv" "$work/templates"
cat >"$work/templates/site-user-data" <<'TEMPLATE'
---
path: /srv/user-data
for-each: vcn
language: yaml
---
{{<nocloud-user-data}}{{$more}}
runcmd:
  - [sh, -c, "echo guest: $(hostname) ran its user data >/dev/console"]
  - [sh, -c, "echo guest: root lets in $(cat /root/.ssh/authorized_keys) >/dev/console"]
  - [sh, -c, "echo guest: $(cloud-init query subplatform) >/dev/console"]
{{/more}}{{/nocloud-user-data}}
TEMPLATE
key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3uPyZQ0QJ6cT6mTn8W6m8f2Pz3F1c0Yq9b0v7kL2aB admin@c.example"
cat >"$work/site.ldif" <<SITE
dn: cn=c.example,dc=c,dc=example
objectClass: vocCluster
cn: c.example
vocDomain: c.example
vocSSHAuthorizedKey: $key

dn: cn=net,dc=c,dc=example
objectClass: vocIPNetwork
cn: net
ipNetworkNumber: 10.99.0.0/24
vocGateway: 10.99.0.1
vocNameServer: 10.99.0.1
vocBridge: br0

dn: cn=node01,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
objectClass: vocPhysicalNode
cn: node01
ipHostNumber: 10.99.0.5
macAddress: 02:5a:00:00:01:05

dn: cn=debian,dc=c,dc=example
objectClass: vocDiskImage
cn: debian
vocImagePath: $work/images/root.raw
vocImageFormat: raw
vocKernel: $work/images/vmlinuz
vocInitrd: $work/images/initrd
vocKernelArguments: console=ttyS0 quiet panic=-1 systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900
vocReadiness: virtserial

dn: cn=vcn001,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
objectClass: vocVirtualNode
cn: vcn001
ipHostNumber: 10.99.0.101
macAddress: 02:5a:00:00:00:01
vocPhysicalHost: cn=node01,dc=c,dc=example
vocImage: cn=debian,dc=c,dc=example
vocMemory: 512
vocCPUs: 2
vocSeed: http://10.99.0.1:8080/vcn001.c.example/
vocCredential: motd=hello, "vcn001"
SITE
cat >"$work/ldapcc.yaml" <<SETTINGS
directory: {uri: "ldapi://nowhere", base: "dc=c,dc=example"}
templates: [$work/templates]
targets:
  nocloud: {path: "/srv/{{fqdn}}/meta-data"}
  nocloud-network-config: {path: "/srv/{{fqdn}}/network-config"}
  nocloud-vendor-data: {path: "/srv/{{fqdn}}/vendor-data"}
  site-user-data: {path: "/srv/{{fqdn}}/user-data"}
  manifest: {path: "/srv/{{fqdn}}.yaml"}
SETTINGS
ok "ldapcc writes the seed" exits 0 "$(dirname "$VCN")/ldapcc" --config "$work/ldapcc.yaml" \
	--ldif "$work/site.ldif" render -o "$work"
cp "$work/srv/node01.c.example.yaml" "$work/manifest.yaml"
python3 -m http.server --bind 10.99.0.1 --directory "$work/srv" 8080 >"$work/http.log" 2>&1 &
disown
write_settings "ready-timeout: ${VCN_TEST_TIMEOUT:-1500}"
ok "a guest that runs cloud-init is ready" exits 0 vcn apply
vcn boot-times | sed 's/^/# /'
ok "its seed was asked for" grep -q 'GET /vcn001.c.example/meta-data' "$work/http.log"
ok "and is what cloud-init runs from" console_says vcn001 \
	"guest: .*http://10.99.0.1:8080/vcn001.c.example/"
ok "its host name is that of the directory" console_says vcn001 \
	"guest: vcn001 ran its user data"
ok "its root lets in whom the directory does" console_says vcn001 "guest: root lets in .*admin@c.example"
ok "a service of systemd's has its credential" console_says vcn001 'guest: motd is hello, "vcn001"'
ok "it has its address" busybox ping -c 1 -W 5 10.99.0.101
vcn kill vcn001 >/dev/null
finish_tests
