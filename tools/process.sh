# shellcheck shell=bash

# Copyright (C) the ngx_sandbox authors
#
# Processes remembered in files as "pid start-time", so that a pid that the
# kernel has given to another process meanwhile is never taken for ours.


process_born() {
    # the 22nd field; the second, in brackets, may hold spaces
    sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}


process_note() {
    echo "$1 $(process_born "$1")" >"$2"
}


process_alive() {
    local pid born

    read -r pid born 2>/dev/null <"$1" || return 1

    [ -n "$pid" ] && [ -n "$born" ] && [ "$(process_born "$pid")" = "$born" ]
}


# process_end FILE [SIGNAL SECONDS]...: each signal and how long it may take,
# and KILL in the end

process_end() {
    local file=$1 pid i

    shift

    if process_alive "$file"; then
        read -r pid _ <"$file"

        while [ $# -ge 2 ]; do
            kill -s "$1" "$pid" 2>/dev/null || true

            for ((i = 0; i < $2 * 10; i++)); do
                process_alive "$file" || break 2
                sleep 0.1
            done

            shift 2
        done

        if process_alive "$file"; then
            kill -s KILL "$pid" 2>/dev/null || true
        fi
    fi

    rm -f "$file"
}
