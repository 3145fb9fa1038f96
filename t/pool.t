#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The warm pool: how it is filled, claimed and emptied.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my %key = map { $_ => "key-of-$_-" . 'x' x 20 } qw/k root few/;
my $plain = 'memory=256m cpus=1 pids=128 network=none sleep_after=10m';
my $t = Sandbox->new(engine => $proxy->engine(),
    keys => ["k:$key{k}", "root:$key{root}:admin", "few:$key{few}:instances=1"],
    key => $key{k},
    classes => [
        "default image=sandbox-base $plain pool=2 env=FROM=class",
        "warm image=sandbox-base $plain pool=1 prewarm=python:1",
    ])->start();
my $res;


sub stats { return $t->api('GET', '/v1/pool/stats', key => $key{root})->{json} }

sub warm
{
    my ($n, $what) = @_;
    ok(wait_for(sub { stats()->{warm} == $n }, 60), $what)
        or diag(stats()->{warm});
}

sub pooled { return grep { /^\.pool-/ } $t->state_names() }

sub metric
{
    my ($name) = @_;
    my $c = $t->connect();
    $c->request('GET', '/metrics', host => "localhost:$t->{port}");
    return ($c->response()->{body} =~ /^\Q$name\E (\d+)$/m)[0];
}

# it fills up by itself

warm(3, 'the pool of each class is filled');
$res = stats();
is($res->{total}, 3, 'that is all that runs');
is($res->{assigned}, 0, 'nobody has any of them');
is($res->{config}{warmTarget}, 3, 'its size is that of all classes');
is(scalar pooled(), 3, 'each is a directory');
is(scalar @{$t->api('GET', '/v1/sandbox', key => $key{root})->{json}{sandboxes}}, 0,
    'none is listed');
is($t->api('GET', '/v1/sandbox/x/running')->{json}{running},
    JSON::PP::false, 'an id that nobody has used is not running');

# a first use takes one

my %before = map { $_ => 1 } $t->containers();
$res = $t->exec('first', ['sh', '-c', 'hostname; id -u; pwd; echo $FROM']);
is($res->{exit}, 0, 'a first command');
is($res->{headers}{'sandbox-start'}, 'pool', 'Sandbox-Start: pool');
is($res->{stdout}, "sandbox\n0\n/workspace\nclass\n",
    'it is as any other of its class');
ok($before{$t->container_of('first')}, 'its container had been started before');
is(stats()->{assigned}, 1, 'it counts as assigned');
is($t->exec('first', ['true'])->{headers}{'sandbox-start'}, 'hit',
    'then it is a sandbox that runs');
warm(3, 'the pool is filled again');
is(metric('sandbox_starts_total{start="pool"}'), 1, 'a metric counts it');
is(metric('sandbox_instances{state="warm"}'), 3, 'and those that are warm');
is(metric('sandbox_pool_started_total'), 4, 'and what was started');

# with the options of the claimer, before its first request

$res = $t->api('POST', '/v1/sandbox', json => { id => 'second',
    env => { FROM => 'me', MORE => '1' }, labels => { a => 'b' },
    sleepAfter => '4s' });
is($res->{status}, 200, 'a sandbox with options');
is($res->{json}{state}, 'running', 'runs at once');
is_deeply($res->{json}{labels}, { a => 'b' }, 'with its labels');
is($t->run_in('second', 'echo $FROM $MORE'), "me 1\n", 'and variables');
$res = $t->api('GET', '/v1/sandbox/second')->{json};
cmp_ok($res->{sleepsIn} // 99, '<=', 4, 'and its time to sleep');
ok(wait_for(sub { $t->api('GET', '/v1/sandbox/second')->{json}{state}
    eq 'asleep' }, 60), 'it sleeps');
is($t->run_in('second', 'echo $FROM $MORE'), "me 1\n", 'and wakes with them');

# contexts, by an interpreter that was started in the pool

$res = $t->api('POST', '/v1/sandbox', json => { id => 'code', class => 'warm',
    env => { NAME => 'value' } });
is($res->{json}{state}, 'running', 'one of another class');
$res = $t->api('POST', '/v1/sandbox/code/api/execute/code', json => {
    code => 'import os; print(os.environ.get("NAME"), os.getcwd())' },
    headers => [Accept => 'application/json']);
like($res->{body}, qr{value /workspace}, 'its code has its variables');

# a name that is taken costs nothing

warm(3, 'filled once more');
my @names = sort(pooled());
is($t->api('POST', '/v1/sandbox', json => { id => 'second' })->{status}, 409,
    'an id that exists');
is_deeply([sort(pooled())], \@names, 'the pool is as it was');

# many at once: each one its own

my @c = map { $t->exec_start("many$_", ['hostname']) } 1 .. 6;
my @results = map { Sandbox::Client::exec_result($_) } @c;
is(scalar(grep { ($_->{exit} // -1) == 0 } @results), 6, 'six at once work');
my %how;
$how{$_->{headers}{'sandbox-start'}}++ for @results;
is($how{pool}, 2, 'two of them came from the pool');
is($how{create}, 4, 'the others were created');
my %containers = map { $t->container_of("many$_") => 1 } 1 .. 6;
is(scalar keys %containers, 6, 'in six containers');
cmp_ok(metric('sandbox_pool_missed_total'), '>=', 4, 'a metric counts these');

# limits: those in the pool do not count, their owner's do

warm(3, 'filled after the burst');
is($t->exec('few1', ['true'], key => $key{few})->{headers}{'sandbox-start'}, 'pool',
    'a key with one instance');
is($t->exec('few2', ['true'], key => $key{few})->{status}, 503,
    'gets no second one from the pool');
$res = $t->api('POST', '/v1/sandbox', key => $key{few}, json => { id => 'few3' });
is($res->{json}{state}, 'asleep', 'nor with a sandbox of its own');
warm(3, 'filled');

# destroyed: not back

my $container = $t->container_of('first');
is($t->api('DELETE', '/v1/sandbox/first')->{status}, 204, 'destroyed');
ok(wait_for(sub { !grep { $_ eq $container } $t->containers() }, 30),
    'its container is gone');

# one that ends in the pool is replaced

my ($run) = map { /^\.pool-(.+)/ ? $1 : () } pooled();
my ($victim) = grep { /\Q$run\E/ } $t->containers();
Sandbox::docker("kill $victim");
ok(wait_for(sub { !-d "$t->{state}/.pool-$run" }, 30), 'one that ends leaves');
warm(3, 'and another one takes its place');

# the two POSTs

is($t->api('POST', '/v1/pool/shutdown-prewarmed')->{status}, 403,
    'others may not empty it');
is($t->api('POST', '/v1/pool/shutdown-prewarmed', key => $key{root})->{status}, 200,
    'an administrator may');
warm(0, 'it is emptied');
ok(wait_for(sub { !pooled() }, 30), 'with its directories');
is($t->exec('third', ['true'])->{headers}{'sandbox-start'}, 'create',
    'a first use creates then');
is($t->api('POST', '/v1/pool/prime', key => $key{root})->{status}, 200, 'primed');
warm(3, 'it is filled again');

# a reload keeps it, or empties it if a class was changed

@names = sort(pooled());
$t->reload();
warm(3, 'after a reload');
is_deeply([sort(pooled())], \@names, 'the same ones are warm');
is($t->exec('fourth', ['true'])->{headers}{'sandbox-start'}, 'pool',
    'and used by the new workers');
warm(3, 'filled');
%before = map { $_ => 1 } pooled();
$t->{classes}[0] =~ s/memory=256m/memory=200m/;
$t->write_conf();
$t->reload();
ok(wait_for(sub { 2 == grep { !$before{$_} } pooled() }, 60),
    'a changed class: they are made anew');
is(scalar(grep { $before{$_} } pooled()), 1, 'those of the other one are kept');
warm(3, 'it is full');
is($t->exec('fifth', ['true'])->{headers}{'sandbox-start'}, 'pool', 'of use');
my ($memory) = Sandbox::docker("inspect --format '{{.HostConfig.Memory}}' "
    . $t->container_of('fifth'));
is($memory, 200 * 1024 * 1024 . "\n", 'with the new limit');

# a class without a pool any longer, and one that is gone

$t->{classes}[0] =~ s/ pool=2//;
pop @{$t->{classes}};
$t->write_conf();
$t->reload();
ok(wait_for(sub { !pooled() }, 60), 'the pool of a class without one is removed');
is($t->exec('sixth', ['true'])->{headers}{'sandbox-start'}, 'create',
    'and sandboxes are created');

# an image that its tag no longer means

Sandbox::docker('tag sandbox-base sandbox-test-pool');
$t->{classes}[0] = "default image=sandbox-test-pool $plain pool=1";
$t->write_conf();
$t->reload();
warm(1, 'of another image');
@names = pooled();
Sandbox::docker('tag sandbox-base:debian sandbox-test-pool')
    if Sandbox::docker('image inspect -f ok sandbox-base:debian') =~ /ok/;
SKIP: {
    skip 'there is one image only', 1
        if Sandbox::docker('image inspect -f ok sandbox-base:debian') !~ /ok/;
    ok(wait_for(sub { my @n = pooled(); @n && $n[0] ne $names[0] }, 60),
        'the tag names another image: they are made anew');
}
warm(1, 'full');

# a pool that cannot be filled: it says why, and goes slower each time

$proxy->set('status containers/create 500');
$t->exec('seventh', ['true']);
ok(wait_for(sub { $t->log_text() =~ /pool of sandbox class "default" cannot be /
    }, 30), 'a pool that cannot be filled says why') or diag($t->log_text());
cmp_ok(metric('sandbox_pool_failures_total'), '>=', 1, 'a metric counts it');
$proxy->set('');
is($t->api('POST', '/v1/pool/prime', key => $key{root})->{status}, 200, 'primed');
warm(1, 'and is filled when it can be');

# nginx starts again: the owner of one that came from the pool is known

$t->{classes}[0] = "default image=sandbox-base $plain pool=1";
$t->restart();
warm(1, 'after a start');
ok(wait_for(sub { stats()->{assigned} >= 1 }, 30), 'what was claimed counts');

$_ eq 'seventh' || $t->api('DELETE', "/v1/sandbox/$_", key => $key{root})
    for map { $_->{id} } @{$t->api('GET', '/v1/sandbox', key => $key{root})
        ->{json}{sandboxes}};
Sandbox::docker('rmi sandbox-test-pool');

$t->done();
