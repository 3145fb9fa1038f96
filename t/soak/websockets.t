#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# Ten thousand WebSockets, idle and then all used: what each costs nginx and
# the agent, without what the kernel keeps of its sockets; that none is lost;
# and that a reload drains them by worker_shutdown_timeout.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::WebSocket;

my $n = $ENV{TEST_SOAK_WEBSOCKETS} || 10_000;

# this client has as many open, and the app in the sandbox

if (`sh -c 'ulimit -n'` < $n + 1000) {
    exec 'prlimit', '--nofile=' . ($n + 1000), $^X, $0 or die "prlimit: $!";
}

my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=2g cpus=2 pids=128 network=none '
        . 'sleep_after=30m'],
    conf => Sandbox::default_conf() =~ s/(worker_connections) \d+/$1 32768/r,
    main => 'worker_rlimit_nofile 65536;')->start();

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

# new workers serve at once, the old ones as long as they may

my @old = $t->reload();
my $fresh = Sandbox::WebSocket->new(port => $t->{port}, host => $host,
    path => '/ws');
$fresh->send('new');
is($fresh->recv(60)->{data}, 'echo:new', 'a reload: the new workers serve');
ok(wait_for(sub { !grep { Sandbox::running($_) } @old }, 120),
    'the old ones end by worker_shutdown_timeout');
my $ended = grep { $_->ended(60) } @ws;
is($ended, $n, 'and their WebSockets with them');
$fresh->send('still');
is($fresh->recv(60)->{data}, 'echo:still', 'those of the new ones do not');

$_->{conn}->close() for @ws, $fresh;
ok(wait_for(sub { $t->preview('GET', $url, path => '/sockets')->{json}{now}
    == 0 }, 60), 'all end with their clients');

$t->done();


sub total
{
    my $sum = 0;
    $sum += Sandbox::memory($_, 'VmRSS') for $t->workers_alive();
    return $sum;
}
