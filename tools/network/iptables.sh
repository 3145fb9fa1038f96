# shellcheck shell=bash

# Copyright (C) the ngx_sandbox authors
#
# The rules as chains of iptables's, for tools/sandbox-network and for kernels
# without nf_tables.

# some of the variables are those of the script
# shellcheck disable=SC2154

chain=NGINX-SANDBOX


if command -v iptables-legacy >/dev/null; then
    ipt4=iptables-legacy
    ipt6=ip6tables-legacy
else
    ipt4=iptables
    ipt6=ip6tables
fi


# Prints the rules: command, table, chain, rule.  The engine never touches
# mangle, where everything is refused that is; the others are for what DNAT
# has made of a destination in between.

ipt_rules() {
    local protocol address port net name where

    echo "$ipt4 mangle $chain -m conntrack --ctstate NEW -m connlimit" \
         "--connlimit-above $FLOWS --connlimit-mask 32 --connlimit-saddr" \
         "-j DROP"

    for name in "$chain" "$chain-HOST"; do
        for where in mangle filter; do
            [ "$where $name" != "mangle $chain-HOST" ] || continue

            echo "$ipt4 $where $name -m conntrack --ctstate ESTABLISHED" \
                 "--ctdir REPLY -j RETURN"

            while read -r protocol address port; do
                [ -n "$protocol" ] || continue
                echo "$ipt4 $where $name -d $address/32 -p $protocol" \
                     "-m $protocol --dport $port -j RETURN"
            done <<<"$exceptions"
        done
    done

    for where in mangle filter; do
        echo "$ipt4 $where $chain -m addrtype ! --dst-type UNICAST -j DROP"

        for net in "${private[@]}" $(connected); do
            echo "$ipt4 $where $chain -d $net -j DROP"
        done

        echo "$ipt6 $where $chain -j DROP"
    done

    echo "$ipt4 filter $chain-HOST -j DROP"
    echo "$ipt6 filter $chain-HOST -j DROP"

    # nobody opens a connection to a sandbox
    echo "$ipt4 filter $chain-IN -m conntrack" \
         "--ctstate RELATED,ESTABLISHED -j RETURN"
    echo "$ipt4 filter $chain-IN -j DROP"
    echo "$ipt6 filter $chain-IN -j DROP"
}


# and from where they are called, each to be the first of its chain

ipt_jumps() {
    local ipt name

    for ipt in $ipt4 $ipt6; do
        echo "$ipt mangle PREROUTING -i $bridge -j $chain"
        echo "$ipt filter INPUT -i $bridge -j $chain-HOST"

        for name in FORWARD DOCKER-USER; do
            if [ $name = FORWARD ] || $ipt -w -n -L $name >/dev/null 2>&1; then
                echo "$ipt filter $name -o $bridge -j $chain-IN"
                echo "$ipt filter $name -i $bridge -j $chain"
            fi
        done
    done
}


ipt_chains() {
    local ipt

    for ipt in $ipt4 $ipt6; do
        echo "$ipt mangle $chain"
        echo "$ipt filter $chain"
        echo "$ipt filter $chain-HOST"
        echo "$ipt filter $chain-IN"
    done
}


ipt_install() {
    local ipt where name rule rules

    rules=$(ipt_rules) || exit

    # closed while they are filled: a chain begins with the last of its rules
    while read -r ipt where name; do
        $ipt -w -t "$where" -N "$name" 2>/dev/null
        $ipt -w -t "$where" -F "$name" || die "$ipt does not work"
        $ipt -w -t "$where" -A "$name" -j DROP || die "$ipt does not work"
    done < <(ipt_chains)

    while read -r ipt where name rule; do
        # shellcheck disable=SC2086
        if ! $ipt -w -t "$where" -C "$name" $rule 2>/dev/null; then
            $ipt -w -t "$where" -I "$name" 1 $rule \
                || die "$ipt does not take: $rule"
        fi
    done < <(ipt_jumps)

    while read -r ipt where name rule; do
        # shellcheck disable=SC2086
        $ipt -w -t "$where" -A "$name" $rule || die "$ipt does not take: $rule"
    done <<<"$rules"

    while read -r ipt where name; do
        $ipt -w -t "$where" -D "$name" 1 || die "$ipt does not work"
    done < <(ipt_chains)
}


# by the rules that are there, one for one: -C alone would miss one too many

ipt_check() {
    local ipt where name rule rules want have

    rules=$(ipt_rules) || exit

    while read -r ipt where name; do
        want=$(grep -c "^$ipt $where $name " <<<"$rules")
        have=$($ipt -w -t "$where" -S "$name" 2>/dev/null | grep -c '^-A')

        if [ "$want" -ne "$have" ]; then
            fault "$ipt: $where $name has $have rules, not $want"
        fi
    done < <(ipt_chains)

    while read -r ipt where name rule; do
        # shellcheck disable=SC2086
        $ipt -w -t "$where" -C "$name" $rule 2>/dev/null \
            || fault "$ipt: missing in $where: -A $name $rule"
    done <<<"$rules"

    while read -r ipt where name rule; do
        # shellcheck disable=SC2086
        $ipt -w -t "$where" -C "$name" $rule 2>/dev/null \
            || fault "$ipt: missing in $where: -A $name $rule"
    done < <(ipt_jumps)
}


ipt_remove() {
    local ipt where name rule

    while read -r ipt where name rule; do
        # shellcheck disable=SC2086
        while $ipt -w -t "$where" -D "$name" $rule 2>/dev/null; do
            :
        done
    done < <(ipt_jumps)

    while read -r ipt where name; do
        if $ipt -w -t "$where" -F "$name" 2>/dev/null; then
            $ipt -w -t "$where" -X "$name" || die "$ipt does not remove $name"
        fi
    done < <(ipt_chains)
}
