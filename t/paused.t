#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Somebody else pauses, renames or replaces containers of sandboxes.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $plain = 'image=sandbox-base memory=256m cpus=1 pids=128 network=none';
my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(),
    classes => ["default $plain sleep_after=0",
        "awake $plain sleep_after=0 max_awake=3s"],
    http => 'sandbox_start_timeout 25s;')->start();

my (@others, $res);
END { Sandbox::docker("rm -f -v $_") for @others }

# paused while it runs: each worker has a tether

is($t->run_in('p', 'echo kept > /workspace/f'), '', 'a sandbox runs')
    for 1 .. 6;
my $url = $t->expose('p', 8080, token => 'tokenofp', wake => JSON::PP::true());
$t->app('p', 'app.py', 8080);
is($t->preview('GET', $url)->{status}, 200, 'and serves a preview');

pause('p');
ok(wait_for(sub { state_of('p') eq 'paused' }, 20), 'paused: its state');

for (1 .. 4) {
    refused($t->exec('p', ['true']), 'exec');
    refused($t->api('POST', '/v1/sandbox/p/wake'), 'wake');
    refused($t->preview('GET', $url, headers => [Accept => '*/*']), 'preview');
}
refused($t->api('POST', '/v1/sandbox/p/sleep'), 'sleep');
refused($t->api('POST', '/v1/sandbox/p/restart'), 'restart');
is($t->api('GET', '/v1/sandbox')->{json}{sandboxes}[0]{state}, 'paused',
    'its state in the list');
is($t->api('GET', '/v1/sandbox/p/running')->{json}{running},
    JSON::PP::true(), 'it exists: "running" is true');
is(engine_state('p'), 'paused', 'nginx has not unpaused it');

unpause('p');
ok(wait_for(sub { state_of('p') eq 'running' }, 20), 'unpaused: it runs');
is($t->run_in('p', 'cat /workspace/f'), "kept\n", 'and works on') for 1 .. 4;
is($t->preview('GET', $url)->{status}, 200, 'so does its preview');

# workers that have no tether: the engine is asked

pause('p');
ok($t->quit(), 'nginx ends');
$t->start();
refused($t->exec('p', ['true']), 'exec, after a start of nginx');
is(state_of('p'), 'paused', 'its state');
unpause('p');
is($t->run_in('p', 'cat /workspace/f'), "kept\n", 'unpaused: it works on');

# without events, and a list that is a minute away

$proxy->set("hang \\S*/events");
$t->kill_worker($_) for $t->workers_alive();
is($t->run_in('p', 'true'), '', 'new workers') for 1 .. 3;
$t->kill_worker($_) for $t->workers_alive();
$proxy->set("hang \\S*/events\nhang GET\\s\\S*/containers/json");
pause('p');
refused($t->exec('p', ['true']), 'exec, without events');
is(state_of('p'), 'paused', 'its state');
unpause('p');
is($t->run_in('p', 'cat /workspace/f'), "kept\n", 'unpaused: it works on');
$proxy->set('');

# paused while it starts

is($t->api('POST', '/v1/sandbox/p/sleep')->{status}, 200, 'asleep');
is(state_of('p'), 'asleep', 'its state');

# limits of life let it be, destroying does not

is($t->api('POST', '/v1/sandbox', json => { id => 'long', class => 'awake' })
    ->{status}, 200, 'a class with max_awake');
is($t->run_in('long', 'true'), '', 'it runs');
pause('long');
ok(wait_for(sub { state_of('long') eq 'paused' }, 20), 'and is paused');
# longer than max_awake, and a pass
sleep 9;
is(engine_state('long'), 'paused', 'max_awake leaves it alone');
is($t->api('DELETE', '/v1/sandbox/long')->{status}, 204, 'it is destroyed');
is(engine_state('long'), '', 'with its container');
is(state_of('long'), 404, 'it is gone');

# a container that was renamed

is($t->run_in('r', 'echo precious > /workspace/f; (sleep 500 &)'), '',
    'a sandbox runs');
my $name = rename_it('r');

is($t->api('POST', '/v1/sandbox/r/sleep')->{status}, 200, 'renamed: sleep');
is(state_of('r'), 'asleep', 'it is asleep');
is(status_of($name), 'exited', 'for the engine too');
is($t->api('GET', '/v1/sandbox/r')->{json}{ended}{reason}, 'asleep',
    'how it ended');
$res = $t->exec('r', ['cat', '/workspace/f']);
is($res->{stdout}, "precious\n", 'it wakes, with its files');
is($res->{headers}{'sandbox-start'}, 'wake', 'as the same container');
is(status_of($name), 'running', 'the one that was renamed');
Sandbox::docker("kill $name");
is($t->run_in('r', 'cat /workspace/f'), "precious\n",
    'when it has ended by itself too');
is(metric('running'), 1, 'it counts');
is($t->api('DELETE', '/v1/sandbox/r')->{status}, 204, 'destroyed');
is(status_of($name), '', 'its container is gone');

# a foreign container has got the name

is($t->run_in('n', 'echo precious > /workspace/f'), '', 'a sandbox runs');
my $run = $t->run_of('n');
$name = rename_it('n');
Sandbox::docker("run -d --name nginx-sandbox-$run --network none "
    . '--entrypoint sleep sandbox-base 600');
push @others, "nginx-sandbox-$run";

is($t->api('POST', '/v1/sandbox/n/sleep')->{status}, 200, 'sleep');
is(status_of($name), 'exited', 'stops its own container');
is($t->run_in('n', 'cat /workspace/f'), "precious\n", 'it wakes');
is($t->api('DELETE', '/v1/sandbox/n')->{status}, 204, 'destroyed');
is(status_of($name), '', 'its own container is gone');
is(status_of("nginx-sandbox-$run"), 'running', 'the other one is not touched');

# the directory of a renamed one is lost: the sweep goes by the label

is($t->run_in('s', 'true'), '', 'a sandbox runs');
$name = rename_it('s');
$run = $t->run_of('s');
ok($t->quit(), 'nginx ends');
system("rm -r $t->{state}/s $t->{state}/.run/$run") == 0 or die;
$t->start();
ok(wait_for(sub { status_of($name) eq '' }, 40), 'the sweep removes it');

# an engine that does not tell where it is

is($t->run_in('q', 'true'), '', 'a sandbox runs');
$name = rename_it('q');
$proxy->set("status GET\\s\\S*/containers/json 403");
is($t->api('POST', '/v1/sandbox/q/sleep')->{status}, 503, 'sleep fails loudly');
is(status_of($name), 'running', 'it still runs');
Sandbox::docker("stop -t 3 $name");
$res = $t->exec('q', ['true']);
is($res->{status}, 503, 'so does a start');
$proxy->set('');
is($t->exec('q', ['true'])->{headers}{'sandbox-start'}, 'wake',
    'which replaces nothing');

$t->done();


sub pause
{
    my ($id) = @_;
    Sandbox::docker('pause ' . $t->container_of($id));
    is(engine_state($id), 'paused', "$id: paused");
}


sub unpause
{
    my ($id) = @_;
    Sandbox::docker('unpause ' . $t->container_of($id));
}


sub rename_it
{
    my ($id) = @_;
    my $to = "sbx-renamed-$$-$id";
    Sandbox::docker('rename ' . $t->container_of($id) . " $to");
    is(status_of($to), 'running', "$id: renamed");
    push @others, $to;
    return $to;
}


sub refused
{
    my ($res, $what) = @_;
    is($res->{status}, 503, "$what: 503");
    like($res->{body} // '', qr/paused/, 'which says so');
    ok($res->{headers}{'retry-after'}, 'with Retry-After');
}


sub state_of
{
    my $res = $t->api('GET', "/v1/sandbox/$_[0]");
    return $res->{json}{state} || $res->{status};
}


sub engine_state
{
    my $name = $t->container_of($_[0]) or return '';
    return status_of($name);
}


sub status_of
{
    my ($status) = Sandbox::docker("inspect --format '{{.State.Status}}' "
        . $_[0]) =~ /^(\w+)$/m;
    return $status // '';
}


sub metric
{
    my ($state) = @_;
    my ($n) = $t->api('GET', '/metrics')->{body}
        =~ /^sandbox_instances\{state="$state"[^}]*\} (\d+)/m;
    return $n;
}
