#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# The agent ends on a signal from outside.  From inside no signal can look like
# one, whatever else the kernel puts in the place of its sender.

use warnings;
use strict;

use File::Basename;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Image;

alarm 300;

# the limit is on a count that root of this host shares: a small one
my $LIMIT = 200;

my $box = box();

is($box->sh('grep "pending signals" /proc/self/limits') =~ s/ +/ /gr,
    sprintf("Max pending signals %d %d signals \n", $LIMIT / 2, $LIMIT / 2),
    'commands have half of what the agent has');


# the reason of a descriptor's signal lies where a sender's pid does

my $out = $box->sh('/workspace/counters async');
like($out, qr/^sent [3-9]\d$/m, 'descriptors\' signals are sent');
like($out, qr/^done 0$/m, 'its sender runs to its end');
serves('after it');


# a full queue has no room for the sender's pid

$box = box();
$out = $box->sh('/workspace/counters queue');
like($out, qr/^queued \d+$/m, 'the queue is full');
like($out, qr/^done 0$/m, 'each signal is sent');
serves('after them');

is($box->stop(), 0, 'a signal from outside ends it');


# real-time signals are nobody's
$box = Sandbox::Box->new();
$box->tell('signal 37');
is($box->exit_status(1), undef, 'no real-time signal ends it');
is($box->stop(), 0, 'SIGTERM does');

done_testing();


sub box
{
    my $b = Sandbox::Box->new(box => ["sigpending=$LIMIT"]);

    $b->call('PUT', '/file/workspace/counters',
        Sandbox::slurp(Sandbox::Image::program('counters')));
    $b->sh('chmod 755 /workspace/counters');
    return $b;
}


sub serves
{
    my ($when) = @_;
    is($box->exit_status(0.5), undef, "the agent is there, $when");
    is(eval { $box->call('GET', '/api/ping')->{status} }, 200,
        "and serves, $when");
}
