# SPDX-License-Identifier: Apache-2.0
# fish completion of vcn(8). Commands and options come from `vcn --help`, names from
# what runs here.

# the options before the command that say which settings and guests these are
function __vcn_given
    set -l words (commandline -opc)
    set -l take no
    for word in $words[2..-1]
        if test $take = yes
            echo -- $word
            set take no
        else if contains -- $word -c --config --manifest --runtime-dir --host
            echo -- $word
            set take yes
        else if string match -qr -- '^--(config|manifest|runtime-dir|host)=' $word
            echo -- $word
        end
    end
end

function __vcn_commands
    vcn --help 2>/dev/null | string match -rg '^  ([a-z][a-z-]*) .*  (.*)$' | paste - -
end

function __vcn_command
    set -l known (vcn --help 2>/dev/null | string match -rg '^  ([a-z][a-z-]*) ')
    for word in (commandline -opc)[2..-1]
        contains -- $word $known; and echo $word; and return 0
    end
    return 1
end

function __vcn_words
    set -l given (__vcn_given)
    test (__vcn_command) = check; and __fish_complete_path; and return
    vcn $given status 2>/dev/null | tail -n +2 | string replace -r ' .*' ''
end

complete -c vcn -f
complete -c vcn -n 'not __vcn_command >/dev/null' -a '(__vcn_commands)'
complete -c vcn -n '__vcn_command >/dev/null' -a '(__vcn_words)'
# each line of the help is an option: -c, --config=FILE  what it is for
for line in (vcn --help 2>/dev/null | string match -r '^  (?:   |-[a-z],) --.*')
    set -l parts (string replace -r '^  (?:-([a-z]),|   ) --([a-z-]+)(\[?=[^ ]*)?  *(.*)$' '$1|$2|$3|$4' -- $line | string split -m 3 '|')
    set -l letter
    test -n "$parts[1]"; and set letter -s $parts[1]
    switch "$parts[3]"
        case ''
            complete -c vcn $letter -l $parts[2] -d $parts[4]
        case '=DIR'
            complete -c vcn $letter -l $parts[2] -x -a '(__fish_complete_directories)' -d $parts[4]
        case '=FILE'
            complete -c vcn $letter -l $parts[2] -r -F -d $parts[4]
        case '=NODESET'
            complete -c vcn $letter -l $parts[2] -x -a '(nodeset -L 2>/dev/null)' -d $parts[4]
        case '=WHEN'
            complete -c vcn $letter -l $parts[2] -x -a 'auto always never' -d $parts[4]
        case '*'
            complete -c vcn $letter -l $parts[2] -x -d $parts[4]
    end
end
