#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

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
my $sandboxes = 4;

# this client has as many open; each costs nginx and an agent two descriptors,
# which is why several of both share them where the limit is a low one

chomp(my $limit = `sh -c 'ulimit -Hn'`);
$limit = 1_048_576 if $limit eq 'unlimited';

if (`sh -c 'ulimit -Sn'` < $n + 1000) {
    exec 'prlimit', "--nofile=$limit:", $^X, $0 or die "prlimit: $!";
}
Sandbox::bail("$limit descriptors are too few") if $limit < $n + 1000;
$limit = 65536 if $limit > 65536;

my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=2g cpus=2 pids=128 network=none '
        . 'sleep_after=30m'],
    conf => Sandbox::default_conf() =~ s/(worker_connections) \d+/$1 32768/r,
    main => "worker_rlimit_nofile $limit;", workers => 4)->start();

my (@urls, @hosts, @agents, @ws);

for my $id (map { "sockets-$_" } 1 .. $sandboxes) {
    $t->app($id, 'app.py', 8080);
    push @urls, $t->expose($id, 8080);
    push @hosts, $urls[-1] =~ m{//([^/]+)};
    push @agents, $t->agent_pid($id);
}

my $before = resident($t->workers_alive());
my $agents_before = resident(@agents);

for my $i (1 .. $n) {
    my $ws = eval { Sandbox::WebSocket->new(port => $t->{port},
        host => $hosts[$i % $sandboxes], path => '/ws') };
    last if !$ws || $ws->{status} != 101;
    push @ws, $ws;
}
is(scalar @ws, $n, "$n WebSockets are open");

SKIP: {
    skip 'memory under sanitizers', 2 if sanitized();
    my $nginx = (resident($t->workers_alive()) - $before) / $n;
    my $relay = (resident(@agents) - $agents_before) / $n;
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
my $fresh = Sandbox::WebSocket->new(port => $t->{port}, host => $hosts[0],
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
for my $url (@urls) {
    ok(wait_for(sub { $t->preview('GET', $url, path => '/sockets')->{json}{now}
        == 0 }, 60), 'all end with their clients');
}

$t->done();


sub resident
{
    my $sum = 0;
    $sum += Sandbox::memory($_, 'VmRSS') for @_;
    return $sum;
}
