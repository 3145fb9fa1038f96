#!/bin/bash

# Copyright (C) the ngx_sandbox authors
#
# A short tour of a running quick start: shows each command and its output.
# Fails if an answer is not the expected one.

set -uo pipefail

api=${1:-http://localhost:8080}/v1/sandbox
id=tour


bold=
plain=

if [ -t 1 ]; then
    bold=$'\033[1m'
    plain=$'\033[0m'
fi


# server-sent events as a terminal would show them

events() {
    local line event=

    while IFS= read -r line; do
        case $line in
        'event: '*)
            event=${line#event: }
            ;;
        'data: '*)
            case $event in
            stdout|stderr)
                base64 -d <<<"${line#data: }"
                ;;
            *)
                printf '%s: %s\n' "$event" "${line#data: }"
                ;;
            esac
            ;;
        '')
            ;;
        *)
            printf '%s\n' "$line"
            ;;
        esac
    done
}


# step TITLE EXPECTED FILTER COMMAND: the command is shown, run and checked

step() {
    local output

    printf '\n%s# %s%s\n$ %s\n' "$bold" "$1" "$plain" "$4"

    output=$(eval "$4" | $3)
    printf '%s\n' "$output"

    if [[ $output != *"$2"* ]]; then
        printf '\nthe tour ends here: "%s" was expected\n' "$2" >&2
        exit 1
    fi

    answer=$output
}


# the sandbox of an earlier tour

curl -s -o /dev/null -X DELETE "$api/$id"

step "Create a sandbox; nothing starts yet" \
     "\"id\":\"$id\"" cat \
     "curl -s $api --json '{\"id\":\"$id\"}' | jq -c '{id, class, state}'"

step "Run a command; the first one starts the sandbox" \
     'exit: {"exit_code":0' events \
     "curl -sN $api/$id/exec --json '{\"argv\":[\"python3\",\"-c\",\"print(6 * 7)\"]}'"

case $answer in
*42*)
    ;;
*)
    echo "the tour ends here: 42 was expected" >&2
    exit 1
    ;;
esac

step "Write a file" \
     '"ok":true' cat \
     "echo '<h1>Hello from a sandbox</h1>' | curl -s -T - $api/$id/file/workspace/index.html"

step "Read it back" \
     'Hello from a sandbox' cat \
     "curl -s $api/$id/file/workspace/index.html"

step "Start a web server in the background" \
     'exit: {"exit_code":0' events \
     "curl -sN $api/$id/exec --json '{\"argv\":[\"sh\",\"-c\",\"python3 -m http.server 8000 >/tmp/log 2>&1 &\"]}'"

step "Expose its port" \
     'http://8000-' cat \
     "curl -s $api/$id/ports --json '{\"port\":8000}' | jq -r .url"

url=$answer

step "Open the preview, as anyone with the link can" \
     'Hello from a sandbox' cat \
     "curl -sf --retry 5 --retry-delay 1 $url"

printf '\nOpen it in a browser:  %s\n' "$url"
printf 'The sandbox sleeps after ten minutes without use.  To stop it all:  make stop\n'
