#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# Two thousand WebSockets, idle and then all used: what each costs, and that
# none is lost.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::WebSocket;

my $n = $ENV{TEST_SOAK_WEBSOCKETS} || 2000;
my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=512m cpus=1 pids=128 network=none '
        . 'sleep_after=10m'])->start();

$t->app('sockets', 'app.py', 8080);
my $url = $t->expose('sockets', 8080);
my ($host) = $url =~ m{//([^/]+)};
my $agent = $t->agent_pid('sockets');

my $before = total();
my $agent_before = Sandbox::memory($agent, 'VmRSS');
my @ws;

for my $i (1 .. $n) {
    my $ws = eval { Sandbox::WebSocket->new(port => $t->{port},
        host => $host, path => '/ws') };
    last if !$ws || $ws->{status} != 101;
    push @ws, $ws;
}
is(scalar @ws, $n, "$n WebSockets are open");

SKIP: {
    skip 'memory under sanitizers', 2 if sanitized();
    my $nginx = (total() - $before) / $n;
    my $relay = (Sandbox::memory($agent, 'VmRSS') - $agent_before) / $n;
    diag(sprintf 'each costs nginx %d bytes, the agent %d', $nginx, $relay);
    cmp_ok($nginx + $relay, '<', 32 * 1024, 'each costs less than 32 KB');
    cmp_ok($relay, '<', 8 * 1024, 'and the agent less than 8 KB');
}

for my $round (1 .. 3) {
    $ws[$_]->send("r$round-$_") for 0 .. $#ws;
    my $good = 0;
    for my $i (0 .. $#ws) {
        my $m = $ws[$i]->recv(120);
        $good++ if $m && $m->{data} eq "echo:r$round-$i";
    }
    is($good, $n, "round $round: every one echoes");
}

$_->{conn}->close() for @ws;
ok(wait_for(sub { $t->preview('GET', $url, path => '/sockets')->{json}{now}
    == 0 }, 60), 'all end with their clients');

$t->done();


sub total
{
    my $sum = 0;
    $sum += Sandbox::memory($_, 'VmRSS') for $t->workers_alive();
    return $sum;
}
