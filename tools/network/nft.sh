# shellcheck shell=bash

# Copyright (C) the ngx_sandbox authors
#
# The rules as a table of nftables's, for tools/sandbox-network.  A drop is
# final in whichever base chain it falls, so these hold beside an engine that
# uses iptables of either kind.

# some of the variables are those of the script
# shellcheck disable=SC2153,SC2154

table=nginx_sandbox


elements() {
    local IFS=,

    [ $# -eq 0 ] || echo "elements = { $* }"
}


nft_rules() {
    local reject=$1 flows=$2 allow net

    mapfile -t allow < <(awk 'NF { print $2 " . " $1 " . " $3 }' \
                             <<<"$exceptions")
    mapfile -t net < <(connected)

    cat <<END
table inet $table {
    set allowed4 {
        type ipv4_addr . inet_proto . inet_service
        $(elements "${allow[@]}")
    }

    set private4 {
        type ipv4_addr
        flags interval
        auto-merge
        $(elements "${private[@]}")
    }

    set connected4 {
        type ipv4_addr
        flags interval
        auto-merge
        $(elements "${net[@]}")
    }

    set flows4 {
        type ipv4_addr
        size 65535
        flags dynamic
    }

    chain refuse {
        ${reject:+meta l4proto tcp reject with tcp reset}
        ${reject:+reject with icmpx admin-prohibited}
        drop
    }

    chain pass {
        ct direction reply ct state established accept
        ip daddr . meta l4proto . th dport @allowed4 accept
    }

    chain sandbox {
        meta nfproto != ipv4 drop
        jump pass
        fib daddr type { multicast, broadcast } drop
        fib daddr type != unicast jump refuse
        ip daddr @private4 jump refuse
        ip daddr @connected4 jump refuse
        ct state invalid drop
    }

    chain prerouting {
        type filter hook prerouting priority mangle - 5; policy accept;
        ${flows:+iifname "$bridge" ct state new add @flows4 $flows drop}
        iifname "$bridge" goto sandbox
    }

    chain input {
        type filter hook input priority filter - 5; policy accept;
        iifname "$bridge" goto host
    }

    chain host {
        meta nfproto != ipv4 drop
        jump pass
        jump refuse
    }

    chain forward {
        type filter hook forward priority filter - 5; policy accept;
        oifname "$bridge" ct state != { established, related } drop
        iifname "$bridge" goto sandbox
    }
}
END
}


# A kernel before 5.9 rejects nothing so early: there, it drops.  One without
# nft_connlimit does not count connections.

nft_text() {
    local text reject flows count="{ ip saddr ct count over $FLOWS }"

    for flows in "$count" ""; do
        for reject in reject ""; do
            text=$(nft_rules "$reject" "$flows") || exit

            if nft -c -f - <<<"$text" >/dev/null 2>&1; then
                echo "$text"
                return
            fi
        done
    done

    # whose error nft_install shows
    echo "$text"
}


nft_install() {
    local text

    text=$(nft_text) || exit

    nft -f - <<<"add table inet $table
delete table inet $table
$text" || die "nft does not take the rules"
}


# as nft prints it, an element or a rule a line, without the sandboxes whose
# connections are counted; counters and order do not matter, and hashed sets
# have none

nft_list() {
    nft -s list table inet "$table" 2>/dev/null \
    | tr -s ' \t' ' ' \
    | awk '/set / { where = $2 }
           where == "flows4" && /elements = / { skip = 1 }
           skip { if (/}/) { skip = 0 }; next }
           /elements = / { inside = 1 }
           inside { gsub(/,/, "\n") }
           /}/ { inside = 0 }
           { print }' \
    | sed 's/^.*elements = {//; s/^ *//; s/ *}* *$//' \
    | sed 's/^\(table\|chain\|set\) /\n&/'
}


# each line with the chain or set that it is in

nft_flat() {
    awk '/^(table|chain|set) / { sub(/ *{.*/, ""); where = $0; print; next }
         NF { print where ": " $0 }' | sort
}


nft_check() {
    local text want have line

    if ! nft list table inet "$table" >/dev/null 2>&1; then
        fault "the host has no table \"inet $table\""
        return
    fi

    # a namespace of our own says how these rules are printed
    text=$(nft_text) || exit
    want=$(unshare -n bash -c "nft -f - && $(declare -f nft_list)
           table=$table; nft_list" <<<"$text" | nft_flat)

    [ -n "$want" ] || die "the rules cannot be tried in a namespace"

    have=$(nft_list | nft_flat)

    while read -r line; do
        fault "the host's rules lack: $line"
    done < <(comm -23 <(echo "$want") <(echo "$have"))

    while read -r line; do
        fault "the host's rules have: $line"
    done < <(comm -13 <(echo "$want") <(echo "$have"))

    # sandboxes are one another's neighbours on the bridge
    if [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" \
         != 1 ]
    then
        fault "the sysctl net.bridge.bridge-nf-call-iptables is not 1"
    fi
}


nft_remove() {
    if nft list table inet "$table" >/dev/null 2>&1; then
        nft delete table inet "$table" || die "nft does not remove the rules"
    fi
}
