#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Only main() ends a program. A child that fork(2) made ends with _exit().
. "$(dirname "$(realpath "$0")")/lib.sh"

mapfile -t sources < <(files 'src/*' | grep '^src/.*\.c$' | grep -v '/main\.c$')
search '(^|[^_[:alnum:]])(exit|quick_exit|errx?|verrx?|abort)[[:space:]]*\(' "${sources[@]}" |
	grep -vE '^src/base/mem\.c:' | broken "exit() and abort() only in main.c and base/mem.c"
for source in "${sources[@]}"; do
	search '(^|[^[:alnum:]])_exit[[:space:]]*\(' "$source" | while IFS= read -r line; do
		grep -qE '\b(v?fork|clone3?|clone_[a-z]+|pidfd_[a-z]+|execv[pe]*|fexecve)[[:space:]]*\(|SYS_clone' \
			"$source" || echo "$line"
	done
done | broken "_exit() only where a child is made"

printers='base/(diag|program)|ldapcc/(command_[a-z]+|listing|publication)|vcn/host/(launch_command|status|perform|session)'
mapfile -t silent < <(printf '%s\n' "${sources[@]}" | grep -vE "^src/($printers)\\.c\$")
search '(^|[^_[:alnum:]])(printf|puts|putchar|perror|vprintf)[[:space:]]*\(' "${silent[@]}" |
	broken "nobody prints but the commands"
finish
