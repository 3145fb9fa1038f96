#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Kills among processes that knock at the sockets without a pause: no forged
# request, no foreign boot, and each time it wakes.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/sleep/;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Image;

my $rounds = $ENV{TEST_SOAK_KILLS} || 30;
my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=256m cpus=2 pids=100 network=none '
        . 'sleep_after=10m'])->start();
my $id = 'dying';

$t->put($id, 'workspace/h', Sandbox::slurp(
    Sandbox::Image::program('hostile')));
$t->run_in($id, 'chmod 755 /workspace/h');
my $build = $t->api('GET', "/v1/sandbox/$id/api/version")->{json}{version};
ok($build, "the agent is $build");

my (@bad, @slow);
for my $n (1 .. $rounds) {
    my $spin = $t->exec_start($id, ['/workspace/h', 'spin', '8']);
    $spin->head();
    Sandbox::SSE->new($spin)->next(60);
    sleep 0.2;
    Sandbox::docker('kill ' . $t->container_of($id));

    my $start = Time::HiRes::time();
    my $r = $t->exec($id, ['sh', '-c',
        'ls /workspace | grep -c forged; true']);
    push @bad, "$n: $r->{status} $r->{stdout}" if $r->{stdout} ne "0\n";
    push @slow, Time::HiRes::time() - $start;
    my $v = $t->api('GET', "/v1/sandbox/$id/api/version")->{json}{version};
    push @bad, "$n: version " . ($v // 'none') if ($v // '') ne $build;
    $spin->close();
}

is("@bad", '', "$rounds kills: none forged, each woken");
@slow = sort { $a <=> $b } @slow;
diag(sprintf 'wakes: median %.3f s, slowest %.3f s', $slow[@slow / 2],
    $slow[-1]);
cmp_ok($slow[-1], '<', 30, 'and in time');

$t->done();
