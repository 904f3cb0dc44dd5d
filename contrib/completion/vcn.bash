# SPDX-License-Identifier: Apache-2.0
# bash completion of vcn(8). Commands and options come from `vcn --help`, so they are right.

_vcn_names() {
	local given=() i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--manifest | --config | --runtime-dir | --host)
			given+=("${COMP_WORDS[i]}")
			# readline makes a word of the = in --manifest=FILE
			[[ ${COMP_WORDS[i + 1]-} == "=" ]] && ((i++))
			given+=("${COMP_WORDS[i + 1]-}")
			((i++))
			;;
		esac
	done
	vcn "${given[@]}" status 2>/dev/null | awk 'NR > 1 { print $1 }'
}

# Groups behind --hosts: readline makes several words of @kind:host, so the line is looked at.
_vcn_hosts() {
	local typed=${COMP_LINE:0:COMP_POINT} cur=$1
	typed=${typed##*[ =]}
	[[ $cur != [@:=] ]] || cur=""
	mapfile -t COMPREPLY < <(compgen -W "$(nodeset -L 2>/dev/null)" -- "$typed")
	COMPREPLY=("${COMPREPLY[@]#"${typed%"$cur"}"}")
}

_vcn() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} help i
	local command="" commands options
	COMPREPLY=()
	if [[ $prev == "=" ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $cur == "=" ]]; then
		cur=""
	fi
	if [[ ${COMP_LINE:0:COMP_POINT} =~ \ --hosts[=\ ]+[^\ ]*$ ]]; then
		_vcn_hosts "${COMP_WORDS[COMP_CWORD]}"
		return 0
	fi
	help=$(vcn --help 2>/dev/null) || return 0
	commands=$(awk '/^  [a-z]/ { print $1 }' <<<"$help")
	options=$(grep -o -- '--[a-z-]*=\{0,1\}' <<<"$help")
	case $prev in
	--manifest | --config)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return 0
		;;
	--runtime-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return 0
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur")
		return 0
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		if grep -qx -- "${COMP_WORDS[i]}" <<<"$commands"; then
			command=${COMP_WORDS[i]}
			break
		fi
	done
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
	elif [[ $command == check ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$(_vcn_names)" -- "$cur")
	fi
	return 0
}

complete -F _vcn vcn
