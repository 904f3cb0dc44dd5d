# SPDX-License-Identifier: Apache-2.0
# fish completion of ldapcc(8). Commands and options come from `ldapcc --help`, names from the
# last generation, targets from the settings.

# the options before the command that say which settings and state these are
function __ldapcc_given
    set -l words (commandline -opc)
    set -l take no
    for word in $words[2..-1]
        if test $take = yes
            echo -- $word
            set take no
        else if contains -- $word -c --config --root
            echo -- $word
            set take yes
        else if string match -qr -- '^--(config|root)=' $word
            echo -- $word
        end
    end
end

function __ldapcc_commands
    ldapcc --help 2>/dev/null | string match -rg '^  ([a-z][a-z-]*) .*  (.*)$' | paste - -
end

function __ldapcc_command
    set -l known (ldapcc --help 2>/dev/null | string match -rg '^  ([a-z][a-z-]*) ')
    for word in (commandline -opc)[2..-1]
        contains -- $word $known; and echo $word; and return 0
    end
    return 1
end

function __ldapcc_words
    set -l given (__ldapcc_given)
    switch (__ldapcc_command)
        case show
            ldapcc $given show --list
        case diff render
            ldapcc $given render --list | string replace -r ' .*' ''
        case rollback
            ldapcc $given history | string match -rg '^.\s*([0-9]+)'
    end 2>/dev/null
end

complete -c ldapcc -f
complete -c ldapcc -n 'not __ldapcc_command >/dev/null' -a '(__ldapcc_commands)'
complete -c ldapcc -n '__ldapcc_command >/dev/null' -a '(__ldapcc_words)'
# each line of the help is an option: -c, --config=FILE  what it is for
for line in (ldapcc --help 2>/dev/null | string match -r '^  (?:   |-[a-z],) --.*')
    set -l parts (string replace -r '^  (?:-([a-z]),|   ) --([a-z-]+)(\[?=[^ ]*)?  *(.*)$' '$1|$2|$3|$4' -- $line | string split -m 3 '|')
    set -l letter
    test -n "$parts[1]"; and set letter -s $parts[1]
    switch "$parts[3]"
        case ''
            complete -c ldapcc $letter -l $parts[2] -d $parts[4]
        case '=DIR'
            complete -c ldapcc $letter -l $parts[2] -x -a '(__fish_complete_directories)' -d $parts[4]
        case '=FILE'
            complete -c ldapcc $letter -l $parts[2] -r -F -d $parts[4]
        case '=WHEN'
            complete -c ldapcc $letter -l $parts[2] -x -a 'auto always never' -d $parts[4]
        case '*'
            complete -c ldapcc $letter -l $parts[2] -x -d $parts[4]
    end
end
