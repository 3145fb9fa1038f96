#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Sleep, wake, destroy, and the same name again.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
# nginx's own idle connections count as use: keep them for a moment only

my $t = Sandbox->new(engine => $proxy->engine(),
    conf => Sandbox::default_conf() =~ s/timeout 4s/timeout 100ms/r, classes => [
    'default image=sandbox-base memory=256m cpus=1 pids=128 network=none '
        . 'sleep_after=2s',
    'long image=sandbox-base memory=256m cpus=1 pids=128 network=none '
        . 'sleep_after=10m',
])->start();
my $id = 'life';
my $res;

# idle: it sleeps

is($t->run_in($id, 'echo kept > /workspace/file; echo root > /root/mark; '
    . 'hostname > /workspace/host; id -u'), "0\n", 'a first command');
my $container = $t->container_of($id);
ok(wait_for(sub { !$t->agent_pid($id) }, 60), 'left alone, it sleeps');
my $exit = Sandbox::docker("inspect --format '{{.State.ExitCode}} "
    . "{{.State.OOMKilled}}' $container");
is($exit, "0 false\n", 'the agent left by itself, with 0');
is($t->api('GET', "/v1/sandbox/$id")->{json}{state}, 'asleep',
    'its state is asleep');
$proxy->forget();
is($t->api('GET', "/v1/sandbox/$id/running")->{json}{running},
    JSON::PP::true, 'running is true of a sleeping one');
is($t->api('GET', '/v1/sandbox')->{json}{sandboxes}[0]{state}, 'asleep',
    'the list says so');
is(scalar $proxy->calls(qr/^POST/), 0, 'asking starts nothing');

# wake, with everything kept

$res = $t->get($id, 'workspace/file');
is($res->{status}, 200, 'the next call wakes it');
is($res->{body}, "kept\n", 'with its files');
is($res->{headers}{'sandbox-start'}, 'wake', 'Sandbox-Start: wake');
is($t->run_in($id, 'cat /root/mark'), "root\n",
    'those outside /workspace too');
is($t->container_of($id), $container, 'in the same container');
is(scalar $proxy->calls(qr/create/), 0, 'nothing was created');

# use keeps it awake: a command longer than sleep_after, and a request, which
# both end with their agent

$res = $t->exec($id, ['sh', '-c', 'sleep 5; echo late']);
is($res->{stdout}, "late\n", 'a command of 5 s runs to its end');

$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
my ($host) = $url =~ m{//([^/]+)};
my $c = $t->connect();
$c->request('GET', '/sleep?5', host => $host);
$res = $c->response();
is($res->{body}, 'slept', 'so does a preview request of 5 s');
$c->close();

# many wakes at once: one start

for my $round (1 .. 2) {
    ok(wait_for(sub { !$t->agent_pid($id) }, 60), "asleep, round $round");
    $proxy->forget();
    my @conns = map { $t->exec_start($id, ['echo', $_]) } 1 .. 20;
    is(join('', map { Sandbox::exec_result($_)->{stdout} } @conns),
        join('', map { "$_\n" } 1 .. 20), 'twenty calls at once wake it');
    is(scalar $proxy->calls(qr/create/), 0, 'nothing was created');
    is(scalar $t->containers(), 1, 'one container');
}

# requests while it falls asleep, over and over: none is lost.  The pause grows
# while the sandbox is still found awake and shrinks once it slept, so that the
# calls come close to that moment on a machine of any speed.

my ($n, $pause, %how, @bad) = (0, 1.9);
my $end = time() + 120;
while (time() < $end && ($n < 10 || ($how{wake} // 0) < 2)) {
    $n++;
    $res = $t->exec($id, ['echo', $n]);
    if ($res->{stdout} ne "$n\n") {
        push @bad, "$n: $res->{status} " . ($res->{body} // '');
    }
    my $start = $res->{headers}{'sandbox-start'} // 'none';
    $how{$start}++;
    $pause += $start eq 'hit' ? 0.1 : -0.05;
    sleep $pause;
}
is("@bad", '', "calls at the moment of falling asleep: none of $n lost");
cmp_ok($how{wake} // 0, '>=', 2, 'some of them woke it') or diag(explain(\%how));

# from here on it is to stay awake, however slow the machine is

is($t->api('PATCH', "/v1/sandbox/$id", json => { sleepAfter => '10m' })
    ->{status}, 200, 'a longer sleepAfter');
$t->run_in($id, 'true');

# a port stays exposed over sleep

is($t->api('GET', "/v1/sandbox/$id/ports")->{json}{ports}[0]{url}, $url,
    'the port is still exposed');
is($t->preview('GET', $url)->{status}, 502,
    'awake, but the app of before is not there: 502');
$t->app($id, 'app.py', 8080);
is($t->preview('GET', $url)->{status}, 200, 'run again: the same url serves');

# a container stopped, killed, removed behind our back

Sandbox::docker("stop -t 5 $container");
is($t->run_in($id, 'cat /workspace/file'), "kept\n",
    'docker stop: the next call wakes it');
Sandbox::docker("kill $container");
is($t->run_in($id, 'cat /workspace/file'), "kept\n",
    'docker kill: the next call wakes it');
Sandbox::docker("rm -f $container");
$res = $t->exec($id, ['sh', '-c', 'cat /workspace/file']);
is($res->{status}, 200, 'docker rm: the next call answers');
is($res->{headers}{'sandbox-start'}, 'lost', 'and says that it was lost');
is($res->{exit}, 1, 'its files are gone');
is(scalar $t->containers(), 1, 'one container');

# docker stop is quick, and the tree is ended with TERM first

$res = $t->exec_start($id, ['sh', '-c', 'trap "echo termed > /workspace/t; '
    . 'exit" TERM; echo up; while :; do sleep 0.1; done']);
$res->head();
Sandbox::SSE->new($res)->next(30);
my $start = time();
Sandbox::docker('stop -t 30 ' . $t->container_of($id));
cmp_ok(time() - $start, '<', 25, 'the agent stops when it is told to');
is($t->run_in($id, 'cat /workspace/t'), "termed\n",
    'having told its children');

# destroy, and the same name again

is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroy');
is(scalar $t->containers(), 0, 'no container left');
is(join(',', grep { !/^\.\.?$/ } map { s{.*/}{}r }
    glob "$t->{state}/.run/*"), '', 'no directory of sockets left');
is($t->preview('GET', $url)->{status}, 404, 'its preview: 404');
is($t->run_in($id, 'ls -A /workspace'), '', 'the same name again is empty');
is(scalar @{$t->api('GET', "/v1/sandbox/$id/ports")->{json}{ports}}, 0,
    'and exposes nothing');
is($t->preview('GET', $url)->{status}, 404, 'the old url stays dead');

# destroy while it is starting, while it is used, and many at once

my @conns = map { $t->exec_start('life-d', ['sleep', '20']) } 1 .. 3;
sleep 0.05;
is($t->api('DELETE', '/v1/sandbox/life-d')->{status}, 204,
    'destroy while it starts');
$_->close() for @conns;

my $d = $t->exec_start('life-e', ['sh', '-c', 'echo up; sleep 60']);
$d->head();
my $sse = Sandbox::SSE->new($d);
$sse->next(30);
is($t->api('DELETE', '/v1/sandbox/life-e')->{status}, 204,
    'destroy while a command runs');
my @rest;
while (my $e = $sse->next(30)) { push @rest, $e->{event} }
ok(!grep({ $_ eq 'exit' } @rest), 'which ends without an exit code')
    or diag("@rest");

$t->run_in('life-f', 'true');
@conns = map {
    my $x = $t->connect();
    $x->request('DELETE', '/v1/sandbox/life-f', $t->api_options());
    $x;
} 1 .. 10;
is(join(',', map { $_->response(method => 'DELETE')->{status} } @conns),
    join(',', (204) x 10), 'ten destroys at once: all 204');

# create and destroy, over and over: nothing is left

for (1 .. 3) {
    is($t->run_in('life-g', 'cat /workspace/n 2>/dev/null; echo x > '
        . '/workspace/n'), '', 'made anew');
    is($t->api('DELETE', '/v1/sandbox/life-g')->{status}, 204, 'destroyed');
}

is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'and the first');

ok(wait_for(sub { !$t->containers() }, 60), 'no container is left')
    or diag(join ' ', $t->containers());
opendir my $dir, $t->{state} or die $!;
my @left = grep { !/^\.\.?$|^\.run$|^\.agent$|^\.clock$|^instance$|^lock$/ }
    readdir $dir;
is("@left", '', 'nothing of theirs in the state directory');

# the client of a destroy leaves: it goes on

$t->run_in('life-h', 'true');
$proxy->forget();
$proxy->set('delay ^DELETE 1500');
$c = $t->connect();
$c->request('DELETE', '/v1/sandbox/life-h', $t->api_options());
wait_for(sub { $proxy->calls(qr/^DELETE/) }, 30);
$c->close();
ok(wait_for(sub { !$t->containers() }, 30),
    'a destroy whose client left is carried out');
$proxy->set('');

$t->done();
