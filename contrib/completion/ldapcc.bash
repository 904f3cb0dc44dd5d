# SPDX-License-Identifier: Apache-2.0
# bash completion of ldapcc(8). Commands and options come from `ldapcc --help`, names from the
# last generation, targets from the settings.

# the options before the command that say which settings and state these are
_ldapcc_given() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | --config | --root)
			printf '%s\n' "${COMP_WORDS[i]}"
			# readline makes a word of the = in --config=FILE
			[[ ${COMP_WORDS[i + 1]-} == "=" ]] && ((i++))
			printf '%s\n' "${COMP_WORDS[i + 1]-}"
			((i++))
			;;
		esac
	done
}

_ldapcc_words() {
	local given
	mapfile -t given < <(_ldapcc_given)
	case $1 in
	show) ldapcc "${given[@]}" show --list ;;
	diff | render) ldapcc "${given[@]}" "$1" --list | awk '{ print $1 }' ;;
	rollback) ldapcc "${given[@]}" history | awk '{ sub(/^\*/, ""); print $1 }' ;;
	esac 2>/dev/null
}

_ldapcc() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} help i
	local command="" commands options
	COMPREPLY=()
	if [[ $prev == "=" ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $cur == "=" ]]; then
		cur=""
	fi
	help=$(ldapcc --help 2>/dev/null) || return 0
	commands=$(awk '/^  [a-z]/ { print $1 }' <<<"$help")
	# of allocate it has no value
	[[ $prev != --hosts || " ${COMP_WORDS[*]} " != *" allocate "* ]] || prev=""
	case $prev in
	-c | --config | --ldif | --change | --metrics | --dhcpd | --hosts | --ethers | --dnsmasq)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return 0
		;;
	-o | --root | --output)
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
		[[ -z $command ]] || help=$(ldapcc "$command" --help)
		options=$(grep -o -- '--[a-z-]*=\{0,1\}' <<<"$help" | sort -u)
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$(_ldapcc_words "$command")" -- "$cur")
	fi
	return 0
}

complete -F _ldapcc ldapcc
