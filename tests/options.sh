#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# options.sh LDAPCC [VCN] - every command with every option of --help: what means nothing to a
# command, or beside another option, is refused, and a value that is given twice is one (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -u
LDAPCC=$(realpath "${1:?usage: options.sh LDAPCC [VCN]}")
vcn=${2:+$(realpath "$2")}
# shellcheck source=tests/command-line.sh
. "$(dirname "$0")/command-line.sh"

# What each command knows, but for what stands before any of them: the site (--config, --root, --ldif),
# and what is only about printing.
# shellcheck disable=SC2034 # ${!known}
knows_ldapcc='
check list
diff list change
render list output
apply accept bootstrap no-reload full metrics detailed-exitcode
watch accept bootstrap no-reload full metrics
show list
graph
status max-age
verify all
history
rollback accept bootstrap no-reload metrics unpin
import dhcpd hosts ethers dnsmasq
allocate hosts vo image network name count group move per-host memory cpus
'
# Which host it is they all take: one that is called with --manifest is stopped with it, too.
# shellcheck disable=SC2034 # ${!known}
knows_vcn='
check
apply restart-changed max-unavailable allow-stop timeout metrics
diff restart-changed allow-stop
run credential seed console
start all
stop all timeout
kill all
restart all timeout max-unavailable
status hosts metrics
console
log
boot-times plot
fence
argv
'

cd "$work" || exit

# asks PROGRAM WORD...: no settings, so that nothing is done where the options are in order
asks() {
	status=0
	"$1" --config "$work/none.yaml" "${@:2}" >"$work/said" 2>"$work/err" </dev/null || status=$?
}
# options_of PROGRAM: as they are typed, with a value where they want one
options_of() {
	"$1" --help | sed -nE 's/^  .{4}(--[a-z-]+)(\[?=([A-Z:_]+)\]?)?  .*/\1 \3/p' | sort -u |
		grep -Ev -- '--(config|root|ldif|json|quiet|verbose|color|help|version|manifest|runtime-dir|host) '
}
# takes PROGRAM COMMAND KNOWN...: all of these, and no other one of the program
takes() {
	local program=$1 command=$2 option value wrong=0
	shift 2
	while read -r option value; do
		case "$command $option" in
		'allocate --hosts') value= ;; # the only one of which it is a flag
		*' --hosts') value=FILE ;;
		esac
		asks "$program" "$command" "$option${value:+=1}"
		case " $* " in
		*" ${option#--} "*) ! grep -q "knows no" "$work/err" ;;
		*) [ "$status" -eq 64 ] && complains "'[a-z]+ $command' knows no $option;" ;;
		esac || { echo "$command $option: $status"; wrong=1; }
	done < <(options_of "$program")
	return "$wrong"
}
refused() {
	asks "$@"
	equal "$status" 64
}

for program in "$LDAPCC" ${vcn:+"$vcn"}; do
	name=$(basename "$program")
	known="knows_$name"
	ok "$name: options are found" test "$(options_of "$program" | wc -l)" -ge 10
	ok "$name: every command is here" equal "$(sed -nE 's/^([a-z-]+).*/\1/p' <<<"${!known}")" \
		"$("$program" --help | sed -nE 's/^  ([a-z-]+) .*/\1/p')"
	while read -r command options; do
		# shellcheck disable=SC2086 # words
		[ -z "$command" ] || ok "$name $command" takes "$program" "$command" $options
	done <<<"${!known}"
done

# apart PROGRAM COMMAND OPTION OTHER...: with none of the others, in whichever order
apart() {
	local program=$1 command=$2 option=$3 other
	shift 3
	for other; do
		refused "$program" "$command" "$option" "$other" &&
			complains "do not go together" &&
			refused "$program" "$other" "$option" "$command" &&
			complains "do not go together" || return
	done
}
ok "--quiet and --verbose" apart "$LDAPCC" check --quiet --verbose
ok "--list has no changes, and writes nothing" apart "$LDAPCC" diff --list --change=x
ok "--unpin publishes nothing" apart "$LDAPCC" rollback --unpin --accept=x --bootstrap
ok "--unpin has numbers all the same" asks "$LDAPCC" rollback --unpin --metrics="$work/numbers"
ok "and is not refused for them" lacks "$work/err" "go together"
ok "--move moves what there is" apart "$LDAPCC" allocate --move=h --hosts --vo=x --image=x \
	--network=x --name=x --count=1 --group=x --memory=1 --cpus=1
asks "$LDAPCC" allocate --move=h --per-host=1
ok "so many to a host" lacks "$work/err" "go together"
ok "--hosts makes no VCNs" apart "$LDAPCC" allocate --hosts --vo=x --image=x --per-host=1
ok "--list takes no word" refused "$LDAPCC" show --list n1
ok "and says so" complains "takes no word.*n1"
ok "nor has render's" refused "$LDAPCC" render --list dhcpd

# A value twice

ok "another value" refused "$LDAPCC" --config=b check
ok "both are told" complains "--config is given twice: '$work/none.yaml' and 'b'"
asks "$LDAPCC" check --config "$work/none.yaml" -c "$work/none.yaml" --json --json
ok "the same one, and a flag" lacks "$work/err" twice
ok "numbers" refused "$LDAPCC" allocate --count=1 --count=2
ok "colour" refused "$LDAPCC" --color=never --color=always check

# Nothing as a value

for option in --root --ldif --output; do
	ok "$option without anything" refused "$LDAPCC" render "$option" ""
	ok "is told" complains "$option has an empty value"
done
asks "$LDAPCC" apply --accept ""
ok "a plan that nobody made is none" lacks "$work/err" empty
ok "two readers of standard input" refused "$LDAPCC" --ldif - diff --change -
ok "are told" complains "cannot both be standard input"

if [ -n "$vcn" ]; then
	ok "vcn: no host" refused "$vcn" --host= status
	ok "vcn: --hosts are many" apart "$vcn" status --hosts=n --host=x --manifest=x --metrics=x
	ok "vcn: a value twice" refused "$vcn" status --metrics --metrics=file
	ok "says both" complains "--metrics is given twice: '' and 'file'"
	ok "vcn: several credentials" asks "$vcn" run n --credential=a:b --credential=c:d
	ok "are no fault" lacks "$work/err" twice
	ok "vcn: --max-unavailable without --restart-changed" refused "$vcn" apply --max-unavailable=2
	ok "says what it needs" complains "restarts VCNs with --restart-changed only"
	: >"$work/none.yaml"
	ok "vcn check reads --manifest" asks "$vcn" check --manifest="$work/none.yaml"
	ok "which is told" complains "none.yaml:1"
	ok "but files that are named" asks "$vcn" check --manifest=a b
	ok "come before it" complains "^b: error"
fi

end_points
