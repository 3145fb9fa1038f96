#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine podman

# Podman's Docker-compatible service as the engine, with a user namespace of its
# own for each sandbox.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Kind;

my ($engine, $image) = Sandbox::Kind::engine('podman');

my $limits = 'memory=64m pids=64 cpus=1 network=none';
my $t = Sandbox->new(engine => $engine->engine(),
    main => "worker_rlimit_nofile $Sandbox::Kind::FILES;", classes => [
    "default image=$image $limits sleep_after=10m",
    "brief image=$image $limits sleep_after=1s",
    "none image=no-such-image $limits",
    "many image=$image memory=64m pids=64 network=none cpus=1000",
])->start();

Sandbox::Kind::all_of_it($t, 'box');
Sandbox::Kind::tenants($t, shared => 0);

my %map = map { $_ => Sandbox::Kind::map_of($t, $_) } qw/one two/;
like($map{one}, qr/^0 \d{9} 65536$/, 'root in a sandbox is nobody on the host');
isnt($map{one}, $map{two}, 'and another nobody in each');
is($t->run_in('one', 'stat -c %u /run/sandbox/agent.sock'), "65534\n",
    'the workers\' uid cannot be told from inside');
$t->api('DELETE', "/v1/sandbox/$_") for qw/a b c one two/;

my $id = 'pod';

# how it ended

is($t->put($id, 'workspace/f', 'content')->{status}, 200, 'a file');
is(states($id), '1 running', 'the engine has one container');

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'put to sleep');
is(ended($id), 'asleep 0', 'asleep');
is(states($id), '1 exited', 'the container is kept');
is($t->run_in($id, 'cat /workspace/f'), 'content', 'its files too');

engine('POST', "containers/%s/kill", $id);
is(ended($id), 'killed 137', 'killed');
is($t->run_in($id, 'cat /workspace/f'), 'content', 'and started again');
is(show($id)->{ended}{reason}, 'killed', 'which is still known');

engine('POST', "containers/%s/pause", $id);
engine('POST', "containers/%s/kill", $id);
ended($id);
is($t->run_in($id, 'cat /workspace/f'), 'content', 'killed while paused');

engine('DELETE', "containers/%s?force=1", $id);
is(ended($id), 'lost ', 'its container removed');
is($t->exec($id, ['true'])->{headers}{'sandbox-start'}, 'lost',
    'a fresh one is made, and said so');

# a worker that died between the engine's answer and its own note

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
unlink "$t->{state}/$id/container";
is($t->run_in($id, 'echo there'), "there\n", 'a container that is there');
is(states($id), '1 running', 'is taken');

$t->api('POST', '/v1/sandbox', json => { id => 'brief', class => 'brief' });
is($t->run_in('brief', 'echo on'), "on\n", 'one that sleeps soon');
ok(wait_for(sub { show('brief')->{state} eq 'asleep' }, 60),
    'falls asleep by itself');
is(ended('brief'), 'asleep 0', 'and is shown so');

# many at once: one start each

my @conns = map { $t->exec_start('crowd', ['true']) } 1 .. 30;
is(scalar(grep { ($_->{exit} // 1) == 0 }
    map { Sandbox::exec_result($_) } @conns), 30, '30 at once are answered');
is(states('crowd'), '1 running', 'by one container');

# what cannot be

$t->api('POST', '/v1/sandbox', json => { id => $_, class => $_ })
    for qw/none many/;
my $res = $t->exec('none', ['true']);
is($res->{status}, 500, 'an image that is not there');
like($res->{json}{message}, qr/no image "no-such-image"/, 'is named');
is($t->run_in('many', 'echo on'), "on\n", 'too many processors are lowered');

# the service ends: containers are their own, and go on

$engine->stop();
is($t->run_in($id, 'echo on'), "on\n", 'without the service it serves');
is($t->exec('new', ['true'])->{status}, 503, 'and a new one gets 503');
$engine->start();
ok(wait_for(sub { ($t->exec('new', ['true'])->{exit} // 1) == 0 }, 60),
    'until it is back');

# no leftovers, with and without a worker that died

$t->kill_worker();
for my $name ($id, qw/brief crowd none many new/) {
    is($t->api('DELETE', "/v1/sandbox/$name")->{status}, 204,
        "$name: destroyed");
}
is(engine('GET', 'containers/json?all=1'), '[]', 'no container is left');

push @{$t->{allow}}, qr/no image/;
$t->done();


sub show { return $t->api('GET', "/v1/sandbox/$_[0]")->{json} }


sub ended
{
    my ($id) = @_;
    my $ended;

    wait_for(sub {
        my $shown = show($id);
        $ended = $shown->{ended};
        $shown->{state} eq 'asleep' && $ended && $ended->{reason} ne 'unknown';
    }, 60);
    return ($ended->{reason} // 'none') . ' ' . ($ended->{exitCode} // '');
}


# the engine itself; %s is the container of a sandbox

sub engine
{
    my ($method, $path, $id) = @_;
    $path = sprintf $path, 'nginx-sandbox-' . $t->run_of($id) if defined $id;
    my $out = `curl -s -X $method --unix-socket $engine->{socket} 'http://d/v1.41/$path'`;
    $out =~ s/\s+$//;
    return $out;
}


# number and state of a sandbox's containers

sub states
{
    my $run = $t->run_of($_[0]);
    my $list = JSON::PP::decode_json(engine('GET', 'containers/json?all=1'));
    my @own = grep { $_->{Names}[0] =~ /\Q$run\E/ } @$list;

    return join ' ', scalar(@own), map { $_->{State} } @own;
}
