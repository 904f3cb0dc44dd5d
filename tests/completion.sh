#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# completion.sh LDAPCC [VCN] - what bash, zsh and fish offer behind ldapcc and vcn (TAP)
# shellcheck disable=SC2317 # functions are called by ok
set -u
ldapcc=$(realpath "${1:?usage: completion.sh LDAPCC [VCN]}")
vcn=${2:+$(realpath "$2")}
root=$(dirname "$(dirname "$(realpath "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LDAPCC_DATADIR=$root LC_ALL=C.UTF-8 HOME=$work XDG_CONFIG_HOME=$work
PATH=$(dirname "$ldapcc"):$PATH
folder=$root/contrib/completion
n=0
failed=0

# offers NAME WANT SHELL WORD…: the last word is being typed; WANT is a line of what is offered,
# or -LINE: one that is not
offers() {
	local name="$3: $1" want=$2 shell=$3 result=ok
	shift 3
	n=$((n + 1))
	if ! command -v "$shell" >/dev/null; then
		echo "ok $n - $name # SKIP $shell is not installed"
		return
	fi
	"of_$shell" "$@" >"$work/offered" 2>"$work/err"
	if [ -s "$work/err" ] || { [ "${want#-}" = "$want" ] && ! grep -qx -- "$want" "$work/offered"; } ||
		{ [ "${want#-}" != "$want" ] && grep -qx -- "${want#-}" "$work/offered"; }; then
		result='not ok'
		failed=1
	fi
	echo "$result $n - $name"
	[ "$result" = ok ] || sed 's/^/# /' "$work/offered" "$work/err"
}
of_bash() {
	bash -c '
		compopt() { :; }
		. "$1/$2.bash"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		COMP_LINE="$*"
		COMP_POINT=${#COMP_LINE}
		"_$1"
		printf "%s\n" "${COMPREPLY[@]}"
	' completion "$folder" "$@"
}
# Zsh itself leaves out what does not begin with the word.
of_zsh() {
	zsh -f -c '
		compadd() {
			while [[ $1 == -* ]]; do
				[[ $1 != -S ]] || shift
				shift
			done
			print -l -- $@
		}
		_files() { print files }
		folder=$1
		shift
		service=$1
		words=("$@")
		CURRENT=$#
		. "$folder/_ldapcc"
	' completion "$folder" "$@" | grep -e "^${*: -1}"
}
# Descriptions stand behind a tab.
of_fish() {
	fish --no-config -c "source $folder/$1.fish; complete -C '$*'" | cut -f1
}

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
	  hosts: {path: $work/hosts}
YAML
"$ldapcc" --config "$work/settings.yaml" --ldif "$root/contrib/example/cluster.ldif" apply >/dev/null
for shell in bash zsh fish; do
	offers 'a command' render "$shell" ldapcc re
	offers 'only what begins so' -apply "$shell" ldapcc re
	offers 'a name of the last generation' node07.c.example "$shell" \
		ldapcc --config "$work/settings.yaml" show node
	offers 'a target of the settings' hosts "$shell" ldapcc --config "$work/settings.yaml" diff h
	offers 'and none that they turn off' -dhcpd "$shell" ldapcc --config "$work/settings.yaml" diff d
	offers 'a generation' 1 "$shell" ldapcc --config "$work/settings.yaml" rollback ''
	offers 'a long option' --no-reload "$shell" ldapcc apply --no
done

if [ -n "$vcn" ]; then
	"$ldapcc" --ldif "$root/contrib/example/cluster.ldif" render -o "$work" manifest
	given=(--manifest "$work/srv/ldapcc/manifests/node03.c.example.yaml"
		--runtime-dir "$work/run" --host node03.c.example)
	printf '#!/bin/sh\nprintf "%%s\\n" @host @vo:engage @vo:osg\n' >"$work/nodeset"
	chmod +x "$work/nodeset"
	PATH=$work:$PATH
	for shell in bash zsh fish; do
		offers 'a command of vcn' restart "$shell" vcn re
		offers 'a VCN of the manifest' vcn005 "$shell" vcn "${given[@]}" start v
		offers 'a long option of vcn' --restart-changed "$shell" vcn apply --res
		offers 'a group behind --hosts' @vo:engage "$shell" vcn --hosts @vo
	done
fi
echo "1..$n"
exit "$failed"
