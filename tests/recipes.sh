#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# recipes.sh SOURCES - HACKING's recipes, followed in a copy of the tree
#
# An attribute, a check and a target are added with nothing but what HACKING says; then the
# program is built, has them, and the rules that find a forgotten place are content. Before
# that, each place that a recipe names is left out once, and a test must say so.
# shellcheck disable=SC2317 # the functions are called by ok() and not_ok()
set -euo pipefail
sources=$(realpath "${1:?usage: recipes.sh SOURCES}")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
# shellcheck source=tests/points.sh
. "$sources/tests/points.sh"
needs_module yaml
points_log=$tree/log

not_ok() {
	local description=$1 status=0
	shift
	"$@" >"$tree/log" 2>&1 && status=1
	report "$status" "$description" "$tree/log"
}
# insert FILE PATTERN TEXT - behind the first line that matches
insert() {
	python3 - "$@" <<-'PYTHON'
		import re, sys
		path, pattern, text = sys.argv[1:]
		lines = open(path, encoding="utf-8").read().split("\n")
		at = next(i for i, line in enumerate(lines) if re.search(pattern, line))
		lines.insert(at + 1, text)
		open(path, "w", encoding="utf-8").write("\n".join(lines))
	PYTHON
}
rule() { RULES_ROOT=$copy bash "$copy/tests/rules/$1.sh" "${@:2}"; }
ldapcc() { "$copy/build/src/ldapcc" --ldif "$copy/site.ldif" "$@"; }
says() { # TEXT COMMAND…
	local text=$1
	shift
	"$@" >"$tree/out" 2>&1 || true
	cat "$tree/out"
	grep -qF -- "$text" "$tree/out"
}

copy=$tree/copy
mkdir "$copy"
tar -C "$sources" -c --exclude='./build*' --exclude=./.git . | tar -C "$copy" -x
cd "$copy"
cat >site.ldif <<'LDIF'
dn: cn=net,dc=c,dc=example
objectClass: vocIPNetwork
cn: net
ipNetworkNumber: 192.0.2.0/24
vocDomain: c.example

dn: cn=n1,dc=c,dc=example
objectClass: device
objectClass: ipHost
objectClass: ieee802Device
objectClass: vocPhysicalNode
cn: n1
ipHostNumber: 192.0.2.7
macAddress: 00:00:5e:00:53:07
vocAssetTag: A-17
LDIF

# --- an attribute ---
number=$(($(sed -n 's/^1\.\([0-9]*\) .*/\1/p' tests/slapd/schema.numbers | sort -n | tail -n 1) + 1))
insert src/config/attributes.def '^FIELD\(BOOT_INTERFACE,' \
	"FIELD(ASSET_TAG, \"asset_tag\", \"vocAssetTag\", $number, EXACT, ONE, \"number of the inventory\")"
insert src/model/use.c '^static const struct use host_uses' \
	'	TEXT(ASSET_TAG, word, machine, asset_tag, "asset_tag", "asset tag", 0),'
insert src/model/site.h '^	const char \*profile_dn, ' '	const char *asset_tag;'
meson setup build -Dlauncher=disabled -Dtests=disabled -Dman=disabled -Dbuildtype=debug >"$tree/log" 2>&1
ok 'the copy builds with another attribute' ninja -C build
not_ok 'a schema that was not written again is noticed' build/generate --check "$copy"
ok 'it is written' ninja -C build tables
ok 'and then as it should be' build/generate --check "$copy"
ok 'the attribute has its number' grep -qF ".1.$number NAME 'vocAssetTag'" schema/ldapcc.schema
ok 'the class of hosts has it' grep -q 'vocAssetTag' <(sed -n "/NAME 'vocPhysicalNode'/,/^$/p" schema/ldapcc.schema)
ok 'show has it, with entry and attribute' \
	says 'cn=n1,dc=c,dc=example: vocAssetTag' ldapcc show n1
not_ok 'a name that the manual does not tell is noticed' rule man-pages build/src/ldapcc
insert man/ldapcc-templates.5.scd '^# TEMPLATE DATA' 'asset_tag'
ok 'and is content when it is told' rule man-pages build/src/ldapcc

# --- a target ---
cat >templates/assets <<'TEMPLATE'
---
path: /srv/ldapcc/assets
language: hosts
trailer: "# "
---
{{#hosts}}
{{fqdn}} {{asset_tag}}
{{/hosts}}
TEMPLATE
echo 'targets: [assets]' >settings.yaml
ok 'another target prints the attribute' \
	says 'n1.c.example A-17' ldapcc --config settings.yaml render assets
not_ok 'a target that the manual does not tell is noticed' rule man-pages build/src/ldapcc
insert man/ldapcc.yaml.5.scd '^# TARGETS' '*assets*'
ok 'and is content when it is told' rule man-pages build/src/ldapcc

# --- a check ---
insert src/config/checks.def '^CHECK\(NO_CHECKER,' \
	'CHECK(NO_ASSET_TAG, "no-asset-tag", WARNING, "a host without vocAssetTag")'
sed -i '/^static void check_macs/,/^}/ s/^	char text\[MAC_TEXT_MAX\];$/&\
\
	if (!machine->is_vcn \&\& machine->asset_tag == NULL)\
		check_report(r, CHECK_NO_ASSET_TAG, \&machine->record,\
			FIELD_ASSET_TAG, "is missing");/' src/model/lint.c
ok 'the copy builds with another check' ninja -C build
not_ok 'a check that the manual does not tell is noticed' rule catalogue
printf '\n*no-asset-tag*\n\tA host without *vocAssetTag*.\n\n\tn1: warning \\[no-asset-tag\\]\n' >"$tree/entry"
insert man/ldapcc-checks.7.scd '^# WARNINGS' "$(cat "$tree/entry")"
ok 'and is content when it is told' rule catalogue
sed '/^vocAssetTag/d' site.ldif >tests/checks/no-asset-tag.ldif
not_ok 'a check without its near miss is noticed' \
	python3 tests/run-cases.py build/src/ldapcc checks no-asset-tag
cp site.ldif tests/checks/no-asset-tag-ok.ldif
python3 tests/run-cases.py --bless build/src/ldapcc checks no-asset-tag >"$tree/log" 2>&1
ok 'the two are blessed and found' says 'no-asset-tag: found' \
	python3 tests/run-cases.py build/src/ldapcc checks no-asset-tag
ok 'the finding is as it should be' grep -q 'cn=n1,.*vocAssetTag: warning: is missing \[no-asset-tag\]' \
	tests/checks/no-asset-tag.expect
end_points
