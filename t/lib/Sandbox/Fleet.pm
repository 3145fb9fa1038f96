package Sandbox::Fleet;

# Copyright (C) the ngx_sandbox authors

# Many named sandboxes, of which some are awake: t/crowd.t has a few,
# t/soak/fleet.t a thousand.

use warnings;
use strict;

use Test::More;

use Sandbox;


# names so many; what went wrong

sub name
{
    my ($t, $prefix, $count) = @_;
    my @wrong;

    for my $n (1 .. $count) {
        my $id = "$prefix-$n";
        my $r = $t->api('POST', '/v1/sandbox', json => { id => $id });
        push @wrong, "$id is made: $r->{status}" if $r->{status} != 200;
        $r = $t->api('GET', "/v1/sandbox/$id");
        push @wrong, "$id is shown: $r->{status}"
            if $r->{status} != 200 || $r->{json}{state} ne 'asleep';
    }
    return @wrong;
}


# how much nginx's own memory grows by each of so many that sleep.  The nginx
# has one worker, which is sure to have seen them all, and some come before, so
# that what it allocates once is there.  wait: until those that are looked at
# in the background were, too

sub cost
{
    my ($t, $count, %o) = @_;
    my ($worker) = $t->workers_alive();
    my @wrong = (name($t, 'first', 200), list($t, 200));

    my $before = Sandbox::memory($worker, 'RssAnon');
    push @wrong, name($t, 'more', $count);

    # 64 in a second, and a pass each 5 seconds
    sleep $count / 64 + 15 if $o{wait};
    my $each = (Sandbox::memory($worker, 'RssAnon') - $before) / $count;

    # the list itself takes memory that is kept for the next
    push @wrong, list($t, $count + 200);

    is("@wrong", '', "$count are named, shown as asleep, and listed");
    note(sprintf 'each of %d that sleep costs nginx %.1f bytes', $count,
        $each);

    # a record of each would be several hundred bytes
    SKIP: {
        skip 'memory under sanitizers', 1 if sanitized();
        cmp_ok($each, '<', 128, 'one that sleeps costs nginx nothing');
    }
}


sub list
{
    my ($t, $count) = @_;
    my ($n, $next) = (0);

    do {
        my $r = $t->api('GET', '/v1/sandbox?limit=100'
            . (defined $next ? "&after=$next" : ''));
        return "the list: $r->{status}" if $r->{status} != 200;
        $n += @{$r->{json}{sandboxes}};
        $next = $r->{json}{next};
    } while (defined $next);

    return $n == $count ? () : "the list has $n";
}


# wakes some of those of that name, and asks all of them; what was wrong

sub ask
{
    my ($t, $prefix, $count, $awake) = @_;
    my @wrong;

    for my $n (1 .. $awake) {
        my $out = $t->run_in("$prefix-$n", "echo $prefix-$n "
            . "> /workspace/name && cat /workspace/name") // '';
        push @wrong, "$prefix-$n says $out" if $out ne "$prefix-$n\n";
    }

    for my $n (1 .. $count) {
        my $want = $n <= $awake ? 'running' : 'asleep';
        my $r = $t->api('GET', "/v1/sandbox/$prefix-$n");
        push @wrong, "$prefix-$n: $r->{status} "
            . ($r->{json}{state} // 'none') . ", not $want"
            if ($r->{json}{state} // '') ne $want;
    }

    # all that are awake, at once

    for my $round (1 .. 3) {
        my @conns = map { $t->exec_start("$prefix-$_",
            ['cat', '/workspace/name']) } 1 .. $awake;

        for my $n (1 .. $awake) {
            my $r = Sandbox::exec_result($conns[$n - 1]);
            push @wrong, "$prefix-$n says $r->{stdout}"
                if $r->{stdout} ne "$prefix-$n\n";
        }
    }
    return @wrong;
}


1;
