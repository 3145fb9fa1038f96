# Copyright (C) the ngx_sandbox authors
#
# What the examples have in common; $id names the sandbox.
#
# shellcheck shell=bash

api=${SANDBOX_API:-http://localhost:8080}
sandbox=$api/v1/sandbox/${id:?}


# curl, with the key as a file, so that it is in no argument

call() {
    curl -sS --fail-with-body --max-time 120 -K <(
        if [ -n "${SANDBOX_KEY:-}" ]; then
            printf 'header = "Authorization: Bearer %s"\n' "$SANDBOX_KEY"
        fi
    ) "$@"
}


# send_app DIRECTORY TARGET: each of its files

send_app() {
    local file

    for file in "$1"/*; do
        call -o /dev/null -T "$file" "$sandbox/file$2/${file##*/}"
    done
}


# run_in COMMAND DIRECTORY: in a shell in the sandbox; fails as it does

run_in() {
    local answer

    answer=$(call "$sandbox/api/execute" --json \
        "$(printf '{"command": "%s", "cwd": "%s"}' "$1" "$2")")

    if [[ $answer != *'"exitCode":0'* ]]; then
        printf '%s\n' "$answer" >&2
        return 1
    fi
}


# expose JSON: the port, and what runs there; waits until the app answers

expose() {
    local answer url

    answer=$(call "$sandbox/ports" --json "$1")
    url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' <<<"$answer")

    call -o /dev/null --retry 3 "$url"

    printf 'Open it in a browser: %s\n' "$url"
}
