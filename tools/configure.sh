# shellcheck shell=bash disable=SC2154

# Copyright (C) the ngx_sandbox authors
#
# Configuring nginx for tools/module and tools/nginx-asan, which define the
# function "configure" and the variables "root", "build", "src", "objs" and
# "log".


failed() {
    echo "$(basename "$0"): $1; the end of $log:" >&2
    grep -Ev '^make|^(cc|clang) |^[[:space:]]+(-o )?[^ :]+[.][co]( \\)?$' \
        "$log" | tail -n "${2:-40}" >&2
    exit 1
}


# the compiler and its flags
flags() {
    sed '/^CORE_DEPS/,$d' "$1/Makefile"
}


# lock: one build at a time in a folder
lock() {
    exec 9>"$1/.lock"
    flock 9
}


# viewer: exports the folder of the viewer that the page of the API's document
# is made of.  VIEWER is such a folder, "none" for no page, or empty: npm
# brings the version that openapi/page/package-lock.json names.  Nothing of it
# is run.

viewer() {
    local to=$build/viewer from=$root/openapi/page

    case ${VIEWER:-} in
    none)
        export SANDBOX_VIEWER=
        return
        ;;
    ?*)
        SANDBOX_VIEWER=$(cd "$VIEWER" && pwd)
        export SANDBOX_VIEWER
        return
        ;;
    esac

    export SANDBOX_VIEWER=$to/node_modules/swagger-ui-dist

    if cmp -s "$from/package-lock.json" "$to/installed"; then
        return
    fi

    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to/"

    (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund) \
        >"$log" 2>&1 </dev/null \
        || failed "npm has not brought the viewer of the API's page; build \
without it: make VIEWER=none" 20

    cp "$from/package-lock.json" "$to/installed"
}


# link_sources DIR: a folder "src" of links to the sources in DIR, as configure
# writes a Makefile beside them.  What was compiled from another DIR goes: its
# objects may be newer than these sources.

link_sources() {
    local name

    if [ "$(readlink "$src/src/core/nginx.c")" != "$1/src/core/nginx.c" ]; then
        rm -rf "$objs"
    fi

    rm -rf "$src"
    mkdir "$src"

    for name in auto configure src; do
        if [ -e "$1/$name" ]; then
            cp -rs "$1/$name" "$src/"
        fi
    done
}


# where it is in a release, and in nginx's repository
configure_script() {
    if [ -e "$src/configure" ]; then
        echo ./configure
    else
        echo auto/configure
    fi
}


# the flags are those of Debian 12, whose nginx has no HTTP/3 yet
add_http3() {
    if [ -d "$src/src/http/v3" ]; then
        NGX_CONF_FLAGS+=(--with-http_v3_module)
    fi
}


configure_inputs() {
    find "$src/auto/" ! -type d -print0 | sort -z | xargs -0 cat
    cat "$src/$(configure_script)"
    echo "$SANDBOX_VIEWER" "$root"/openapi/*.json
}


# configure_if_changed INPUTS: configures again when INPUTS has changed since
# the last time.  Objects are kept as long as the flags are the same: a header
# that configure has written again, as it was, gets its old time back.

configure_if_changed() {
    local old file

    if [ "$(cat "$objs/inputs" 2>/dev/null)" = "$1" ]; then
        return
    fi

    mkdir -p "$objs"
    old=$(mktemp -d)

    for file in Makefile ngx_auto_config.h ngx_auto_headers.h ngx_modules.c; do
        cp -p "$objs/$file" "$old/" 2>/dev/null || true
    done

    configure >"$log" 2>&1 || failed "configure failed" 6

    if [ ! -e "$old/Makefile" ] \
       || [ "$(flags "$old")" != "$(flags "$objs")" ]
    then
        find "$objs" -name '*.o' -delete
    fi

    for file in ngx_auto_config.h ngx_auto_headers.h ngx_modules.c; do
        if cmp -s "$old/$file" "$objs/$file"; then
            cp -p "$old/$file" "$objs/$file"
        fi
    done

    rm -rf "$old"
    echo "$1" >"$objs/inputs"
}
