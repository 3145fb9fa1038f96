# shellcheck shell=bash

# Copyright (C) the ngx_sandbox authors
#
# Addresses for tools/sandbox-network: which are refused, which are not.
# Its RESOLVERS, ALLOW and bridge are read here.

# some of the variables are those of the script
# shellcheck disable=SC2154

# no address here is somewhere in the internet: RFC 6890, multicast, and the
# one that Azure serves metadata at
private=(0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32
         169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.88.99.0/24
         192.168.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4)


valid() {
    local part rest=$1.

    [[ $1 =~ ^([0-9]{1,3}\.){3}[0-9]{1,3}$ ]] || return 1

    while [ -n "$rest" ]; do
        part=${rest%%.*}
        rest=${rest#*.}
        ((10#$part < 256)) || return 1
    done
}


# range CIDR: sets first and last

range() {
    local a b c d bits=${1#*/}

    [ "$bits" != "$1" ] || bits=32
    IFS=. read -r a b c d <<<"${1%/*}"
    first=$(((a << 24 | b << 16 | c << 8 | d) & ~((1 << (32 - bits)) - 1)))
    last=$((first | ((1 << (32 - bits)) - 1)))
}


overlaps() {
    local first last from to

    range "$1"
    from=$first to=$last
    range "$2"

    ((from <= last && first <= to))
}


inside() {
    local first last from to

    range "$1"
    from=$first to=$last
    range "$2"

    ((from >= first && to <= last))
}


within_private() {
    local net

    for net in "${private[@]}"; do
        inside "$1" "$net" && return 0
    done

    return 1
}


# destinations of the host's IPv4 routes, but for the default and for ours;
# with "link" those without a gateway

routes() {
    ip -4 -o route show table all type unicast ${1:+scope "$1"} \
    | awk -v ours="$bridge" '
          $1 == "unicast" { $0 = substr($0, 9) }
          $1 != "default" && !index($0 " ", " dev " ours " ") &&
          $1 ~ /^[0-9.]+(\/[0-9]+)?$/ { print $1 }' \
    | sort -u
}


# subnets that the host is a member of, public ones: the others are refused
# as private anyway, and come and go with every network of the engine's

connected() {
    local net

    for net in $(routes link); do
        within_private "$net" || echo "$net"
    done
}


# What the engine forwards the names of its containers to.  From which
# network namespace it does so depends on its version; from the container's,
# these rules have to let it.  Servers on a loopback address it always asks
# from the host's.

resolvers() {
    local file=/etc/resolv.conf list

    if [ -n "$RESOLVERS" ]; then
        list=$RESOLVERS

    elif [ -r /etc/docker/daemon.json ] \
         && list=$(tr -d '\n' </etc/docker/daemon.json \
                   | sed -n 's/.*"dns"[ \t]*:[ \t]*\[\([^]]*\)\].*/\1/p') \
         && [ -n "$list" ]
    then
        list=$(tr '",' '  ' <<<"$list")

    else
        list=$(awk '$1 == "nameserver" { print $2 }' "$file" 2>/dev/null)

        # the engine, too, looks behind systemd's stub
        if [ "$list" = 127.0.0.53 ]; then
            file=/run/systemd/resolve/resolv.conf
            list=$(awk '$1 == "nameserver" { print $2 }' "$file" 2>/dev/null)
        fi

        # which it uses when there is no other
        if ! grep -qv '^127\.' <<<"$list"; then
            list="$list 8.8.8.8 8.8.4.4"
        fi
    fi

    for file in $list; do
        if valid "$file" && [[ $file != 127.* ]]; then
            echo "$file"
        fi
    done | sort -u
}


# "protocol address port" a line

allowed() {
    local item protocol address port

    for item in $(resolvers); do
        echo "tcp $item 53"
        echo "udp $item 53"
    done

    for item in $ALLOW; do
        IFS=: read -r protocol address port <<<"$item"

        if ! [[ $protocol =~ ^(tcp|udp)$ && $port =~ ^[0-9]{1,5}$ ]] \
           || ! valid "$address" || ((10#$port < 1 || 10#$port > 65535))
        then
            die "\"$item\" in ALLOW is not like tcp:10.1.2.3:5432"
        fi

        echo "$protocol $address $((10#$port))"
    done
}
