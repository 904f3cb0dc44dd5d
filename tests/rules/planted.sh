#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# planted.sh LDAPCC [VCN] - every rule is seen to fail
#
# In a copy of the tree the faults that a rule is for are planted, one for each thing that it
# asserts; the rule must fail, and name each below the right heading. Without them it must be
# content. At the end every assertion of every rule has had a fault, so who writes a rule
# plants one here. Words that a rule looks for are put together, so that none finds them here.
# shellcheck disable=SC2016 # what looks like a variable is for sed, or for what is planted
set -euo pipefail
shopt -s lastpipe
ldapcc=$(realpath "${1:?usage: planted.sh LDAPCC [VCN]}")
vcn=${2:+$(realpath "$2")}
sources=$(realpath "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
copy=$scratch/copy
mkdir "$copy"
(
	# shellcheck source=tests/rules/lib.sh
	. "$sources/tests/rules/lib.sh"
	files | tar -c -T -
) | tar -C "$copy" -x
cd "$copy"
# shellcheck source=tests/points.sh
. "$sources/tests/points.sh"
declare -a planted=() expected=()
declare -A headings=()

# put FILE - a new file, from standard input
put() {
	[ ! -e "$1" ] || {
		echo "$1 is there already"
		exit 1
	}
	mkdir -p "$(dirname "$1")"
	cat >"$1"
	planted+=("$1")
}
# change FILE SED-WORD… - edits a file, which must make a difference
change() {
	local file=$1
	shift
	sed -i "$@" "$file"
	! cmp -s "$file" "$sources/$file" || {
		echo "sed $* changes nothing in $file"
		exit 1
	}
	planted+=("$file")
}
# fault HEADING ITEM - what the rule must say of what was planted last
fault() { expected+=("$1"$'\t'"$2"); }

unplant() {
	local file
	for file in "${planted[@]}"; do
		rm -f "$file"
		[ ! -e "$sources/$file" ] || cp -p "$sources/$file" "$file"
	done
	find . -type d -empty -delete
	planted=()
	expected=()
}

# says HEADING ITEM - is there an item below a heading of the log?
says() {
	awk -v heading="$1" -v item="$2" '
	/^broken: / { inside = index($0, heading) }
	inside && /^  / && index($0, item) { found = 1 }
	END { exit !found }' "$scratch/log"
}

# run RULE WORD… - its exit status, on the copy
run() {
	local rule=$1 status=0
	shift
	RULES_ROOT=$copy bash "$sources/tests/rules/$rule.sh" "$@" >"$scratch/log" 2>&1 || status=$?
	return "$status"
}

# noticed RULE WORD… - it fails for what was planted, and for no other reason; then unplant
noticed() {
	local status=0 row line
	run "$@" || status=$?
	if [ "$status" -eq 77 ]; then
		skip "$1" "$(tail -n 1 "$scratch/log")"
	else
		report $((status != 1)) "$1: ${#expected[@]} faults are planted, and it fails" "$scratch/log"
		for row in "${expected[@]}"; do
			status=0
			says "${row%%$'\t'*}" "${row#*$'\t'}" || status=1
			report "$status" "$1: ${row%%$'\t'*}: ${row#*$'\t'}" "$scratch/log"
		done
	fi
	while IFS= read -r line; do
		headings[${line#broken: }]=1
	done < <(grep '^broken: ' "$scratch/log" || true)
	unplant
}

# content RULE WORD… - nothing is planted, and it says so
content() {
	local status=0
	run "$@" || status=$?
	[ "$status" -ne 77 ] || status=0
	report "$status" "$1: content without" "$scratch/log"
}

lines() { # N - so many lines
	local i
	for ((i = 0; i < $1; i++)); do echo '	x++;'; done
}

# --- blanks ---
printf 'a \n' | put planted-blank
fault 'no blank at the end of a line' 'planted-blank:1'
printf 'a\r\n' | put planted-return
fault 'no carriage return' 'planted-return:1'
printf 'a' | put planted-open
fault 'a file ends with a newline' planted-open
printf 'a\n\n' | put planted-end
fault 'a file ends with one newline' planted-end
printf 'int a(void)\n{\n    return 0;\n}\n' | put src/base/planted.c
fault 'C is indented with tabs' 'src/base/planted.c:3'
noticed blanks
content blanks

# --- catalogue ---
page=man/ldapcc-checks.7.scd
change src/config/checks.def '$a CHECK(PLANTED, "planted-error", ERROR, "x")\nCHECK(PLANTED2, "planted-warning", WARNING, "x")'
fault "every error is in $page, below ERRORS" planted-error
fault "every warning is in $page, below WARNINGS" planted-warning
change "$page" -e '/^# ERRORS/a\\n*no-such-error*' -e '/^# WARNINGS/a\\n*no-such-warning*' \
	-e 's/\\\[dup-ip\\\]//'
fault "$page has no error that is none" no-such-error
fault "$page has no warning that is none" no-such-warning
fault 'an entry shows an example' dup-ip
put src/template/planted.c <<<'static const char id[] = "template-planted";'
fault "every identifier is told in $page" template-planted
put src/base/planted.c <<<'	diag_add(diags, SEVERITY_ERROR, "planted-id", where, "x");'
fault "every identifier is told in $page" planted-id
noticed catalogue
content catalogue

# --- exit-below-main ---
put src/base/planted_exit.c <<<'void a(void) { exit(1); }'
fault 'exit() and abort() only in main.c and base/mem.c' src/base/planted_exit.c:1
put src/vcn/guest/planted_abort.c <<<'void a(void) { abort(); }'
fault 'exit() and abort() only in main.c and base/mem.c' src/vcn/guest/planted_abort.c:1
put src/base/planted_child.c <<<'void a(void) { _exit(1); }'
fault '_exit() only where a child is made' src/base/planted_child.c:1
put src/publish/planted_print.c <<<'void a(void) { printf("x"); }'
fault 'nobody prints but the commands' src/publish/planted_print.c:1
noticed exit-below-main
content exit-below-main

# --- format ---
put src/base/planted.c <<<'int  a( void ) {return 0;}'
fault 'clang-format -i is needed' src/base/planted.c
put tests/unit/test-planted.c <<<'int  a( void ) {return 0;}'
fault 'clang-format -i is needed' tests/unit/test-planted.c
noticed format
content format

# --- includes ---
put src/base/planted_ldap.c <<<'#include <ldap.h>'
fault 'only read/directory*.c knows libldap' src/base/planted_ldap.c:1
put src/config/planted_yaml.c <<<'#include <yaml.h>'
fault 'only base/document.c knows libyaml' src/config/planted_yaml.c:1
put src/vcn/host/planted_link.c <<<'#include <libmnl/libmnl.h>'
fault 'know libmnl' src/vcn/host/planted_link.c:1
put src/vcn/host/planted_rules.c <<<'#include <nftables/libnftables.h>'
fault 'knows libnftables' src/vcn/host/planted_rules.c:1
put src/vcn/host/planted_signature.c <<<'#include <nettle/eddsa.h>'
fault 'knows signatures' src/vcn/host/planted_signature.c:1
put src/change/planted_hash.c <<<'#include <nettle/sha2.h>'
fault 'knows hashes' src/change/planted_hash.c:1
put src/base/planted_old.c <<<'#include <varargs.h>'
fault 'headers of the last century' src/base/planted_old.c:1
put src/template/planted_room.c <<<'#include "model/site.h"'
fault 'a room includes only what tests/rules/rooms allows it' 'src/template/planted_room.c:1: model/site.h'
put src/planted/planted.c <<<'#include "base/mem.h"'
fault 'every folder of src/ is a room of tests/rules/rooms' src/planted/planted.c
put src/base/planted_bare.c <<<'#include "mem.h"'
fault 'our headers are included as' src/base/planted_bare.c:1
put src/base/planted.h <<<'struct a;'
fault 'a header has one #pragma once' src/base/planted.h
put src/base/planted_order.h <<<'#pragma once'
printf '#include <string.h>\n#include "base/planted_order.h"\n' | put src/base/planted_order.c
fault 'a module includes its own header first' src/base/planted_order.c
noticed includes
content includes

# --- languages ---
change src/template/language.c "/^	{\"text\"/a\\	{\"planted\", '\\\\0', NULL, escape_text, NULL},"
page=man/ldapcc-templates.5.scd
fault "every language is told in $page at *language*" planted
fault "every language has a row in the table of $page" planted
fault 'every language has a case tests/cases/NN-injection-LANGUAGE' planted
noticed languages
change src/template/language.c 's/^	{"/	{ "/'
fault 'the table can be read' '0 languages'
noticed languages
content languages

# --- names ---
put src/template/diag.c <<<'#include "base/diag.h"'
fault 'no two files below src/ have one name' 'diag: src/base/diag src/template/diag'
put src/vcn/host/site.h <<<'#pragma once'
fault 'no two files below src/ have one name' 'site: src/model/site src/vcn/host/site'
noticed names
content names

# --- registered ---
name=for"gotten"
put "tests/unit/test-$name.c" <<<'int main(void) { return 0; }'
fault 'every unit test is run' "tests/unit/test-$name.c"
put "tests/fuzz/fuzz-$name.c" <<<'int main(void) { return 0; }'
fault 'every fuzz target is built' "tests/fuzz/fuzz-$name.c"
put "tests/slapd/$name.sh" <<<'#!/bin/bash'
fault 'every suite is run' "tests/slapd/$name.sh"
put "tests/rules/$name-too.sh" <<<'#!/bin/bash'
fault 'every suite is run' "tests/rules/$name-too.sh"
change tests/meson.build "s/^test('parse-template', \(.*\) suite: 'unit',/test('parse-template', \1/"
fault 'every test is in a suite' "test('parse-template', parse_template"
noticed registered
content registered

# --- shell: a small copy, because shellcheck takes its time ---
whole=$copy
copy=$scratch/small
mkdir -p "$copy/tests/rules"
cp -p "$sources"/tests/rules/{lib.sh,rooms,names.sh} "$copy/tests/rules"
cd "$copy"
# shellcheck disable=SC2016 # it is for the other script to expand
printf '#!/bin/bash\nset -u\necho $1\n' | put planted
fault 'shellcheck is content' planted:3
printf '#!/bin/bash\necho\n' | put planted-open
fault 'a script says set -u' planted-open
put planted.py <<<'def ('
fault 'Python can be read' SyntaxError
noticed shell
content shell
copy=$whole
cd "$copy"

# --- size: what just fits is not named ---
{ echo 'int a(void)' && echo '{' && lines 48 && echo '}'; } | put src/base/planted_fits.c
{ echo 'int a(void)' && echo '{' && lines 49 && echo '}'; } | put src/base/planted_function.c
fault 'a function has at most 50 lines, 60 in tests' \
	'src/base/planted_function.c:2: a() has 51 lines'
{ echo 'int a(void)' && echo '{' && lines 58 && echo '}'; } | put tests/unit/planted_fits.c
{ echo 'int a(void)' && echo '{' && lines 59 && echo '}'; } | put tests/unit/planted_function.c
fault 'a function has at most 50 lines, 60 in tests' \
	'tests/unit/planted_function.c:2: a() has 61 lines'
lines 900 | put src/base/planted_file_fits.c
lines 901 | put src/base/planted_file.c
fault 'a file has at most 900 lines' 'src/base/planted_file.c: 901 lines'
{ echo 'int main(void)' && echo '{' && lines 49 && echo '}'; } | put src/planted/main.c
fault 'main() is short' 'src/planted/main.c: main() has 51 lines'
noticed size
report "$(grep -c fits "$scratch/log" || true)" 'size: what fits is not named' "$scratch/log"
content size

# --- words ---
put src/base/planted_call.c <<<'	strcpy(a, b);'
fault 'calls that are not made' src/base/planted_call.c:1
put tests/unit/test-planted.c <<<'	sleep(1);'
fault 'calls that are not made' tests/unit/test-planted.c:1
put src/base/planted_goto.c <<<'	goto end;'
fault 'no goto: scopes clean up' src/base/planted_goto.c:1
put src/base/planted_typedef.c <<<'typedef struct a a;'
fault 'no typedef struct' src/base/planted_typedef.c:1
put src/base/planted_t.c <<<'struct a_t {'
fault 'no name in _t or _s' src/base/planted_t.c:1
put src/base/planted_comment.c <<<'int a; // what'
fault 'comments are /* … */' src/base/planted_comment.c:1
put src/base/util.c <<<'int a;'
fault 'there is no util.c' src/base/util.c
printf '%s\n' "TO""DO" "/wo""rk/a" "for no""w" | put planted
fault 'what is to be done later is done now' planted:1
fault 'what is to be done later is done now' planted:2
fault 'what is to be done later is done now' planted:3
put contrib/planted.sh <<<'#!/bin/bash'
fault 'a source begins with its licence' contrib/planted.sh
noticed words
content words

# --- symbols: objects by the names that the build gives them ---
objects=$scratch/objects
mkdir "$objects"
upper=$(find src/publish -name '*.c' | sort | head -n 1)
upper=${upper#src/}
lower=$(find src/config -name '*.c' | sort | head -n 1)
lower=${lower#src/}
base=base/mem.c
compile() { # FILE-OF-SRC - what is on standard input
	cc -x c -c -w - -o "$objects/${1//\//_}.o"
}
for ((i = 0; i < 101; i++)); do echo "void base$i(void) {}"; done | compile "$base"
compile "$upper" <<<'void base0(void); void low(void); void high(void) { base0(); low(); }'
compile "$lower" <<<'void base0(void); void low(void) { base0(); }'
content symbols "$objects"/*.o
compile "$lower" <<<'void high(void); void low(void) { high(); }'
fault 'a room calls only what tests/rules/rooms allows it' "$lower calls high() of $upper"
# the base is in both programs, and calls into neither
compile "$base" <<<"void low(void); void other(void) { low(); } $(
	for ((i = 0; i < 101; i++)); do echo "void base$i(void) {}"; done
)"
fault 'a room calls only what tests/rules/rooms allows it' "$base calls low() of $lower"
noticed symbols "$objects"/*.o
fault 'nm reads the libraries' symbols
noticed symbols "$objects/${lower//\//_}.o"

# --- man-pages ---
# forget PAGE WORD WHAT - a word that the page does not tell any more
forget() {
	# a page writes _ as \_
	change "$1" -E "s/(^|[^A-Za-z0-9_-])${2//_/\\\\?_}(\$|[^A-Za-z0-9_-])/\\1gone\\2/g"
	fault "$1 tells $3" "$2"
}
programs=("$ldapcc")
forget man/ldapcc.8.scd --bootstrap 'every option'
forget man/ldapcc.8.scd allocate 'every command'
if [ -n "$vcn" ]; then
	programs+=("$vcn")
	forget man/vcn.8.scd --manifest 'every option'
	forget man/vcn.8.scd argv 'every command'
	forget man/vcn.yaml.5.scd bridge-map 'every setting'
	forget man/vcn-manifest.5.scd readiness 'every key'
fi
forget man/ldapcc.yaml.5.scd page-size 'every setting'
forget man/ldapcc-map.5.scd lease_time 'every field'
forget man/ldapcc-templates.5.scd knows_cost 'every name'
forget man/ldapcc-templates.5.scd refuse 'every key of the front matter'
forget man/ldapcc-schema.5.scd vocGateway 'every attribute and class'
forget man/ldapcc.yaml.5.scd kickstart-repos 'every shipped target'
for page in ldapcc vcn; do
	change "man/$page.8.scd" 's/^\*70\*/70/'
done
fault 'the man pages tell every exit status' 70
# the first of them, wherever LDIF cuts its lines
change schema/ldapcc.ldif "0,/NAME 'voc/s//NAME 'vox/"
fault 'ldapcc.schema and ldapcc.ldif have the same names' "< NAME 'voc"
fault 'ldapcc.schema and ldapcc.ldif have the same names' "> NAME 'vox"
change schema/maps/ldapcc.yaml '$a # vocNowhere'
fault 'the map ldapcc names only what the schema has' vocNowhere
if command -v scdoc >/dev/null; then
	put man/planted.1.scd <<<'no title'
	fault 'scdoc takes every page' man/planted.1.scd
fi
noticed man-pages "${programs[@]}"
content man-pages "${programs[@]}"

# --- all of them: a rule's assertions, with what stands for its variables ---
tried() { # TEXT - was a heading seen that begins with it?
	local heading pattern=$1
	# shellcheck disable=SC2001 # a pattern of sed's is needed
	pattern=$(sed 's/\$[A-Za-z0-9_]*/*/g' <<<"$pattern")
	for heading in "${!headings[@]}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $heading != $pattern ]] || return 0
	done
	return 1
}
: >"$scratch/log"
sed -n "s/.*broken \\([\"']\\)\\(.*\\)\\1\$/\\2/p" "$sources"/tests/rules/*.sh |
	while IFS= read -r text; do
		case $text in
		'scdoc takes every page') command -v scdoc >/dev/null || continue ;;
		'shellcheck is content' | 'a script says set -u' | 'Python can be read')
			command -v shellcheck >/dev/null || continue
			;;
		'clang-format -i is needed') tried "$text" || command -v clang-format >/dev/null || continue ;;
		esac
		tried "$text" || echo "$text"
	done >"$scratch/log"
report "$([ ! -s "$scratch/log" ]; echo $?)" 'every assertion of every rule has had a fault' "$scratch/log"
end_points
