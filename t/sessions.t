#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Sessions through nginx and a real engine: their state, the limits of a
# container, and that one at rest lets the sandbox fall asleep.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

# no failing test may wait for ever
alarm 600;

my $rest = 'network=none sleep_after=10m';
my $t = Sandbox->new(classes => [
    "default image=sandbox-base memory=512m pids=256 $rest",
    "small image=sandbox-base memory=64m pids=64 $rest",
    'short image=sandbox-base memory=128m network=none sleep_after=2s',
])->start();
my $res;


sub post
{
    my ($id, $path, $json, @headers) = @_;
    return $t->api('POST', "/v1/sandbox/$id/api/$path", json => $json,
        headers => [@headers]);
}


sub out
{
    my ($id, $command, %o) = @_;
    my $res = post($id, 'execute', { command => $command, %o });
    return $res->{status} == 200 ? $res->{json}{stdout}
        : "$res->{status} " . ($res->{json}{code} // '');
}


# state, by every way to name a session

is(post('a', 'session/create', { id => 's', cwd => '/usr',
    env => { E => 'env' } })->{status}, 200, 'create');
is(post('a', 'session/create', { id => 's' })->{status}, 409, 'again: 409');
is(out('a', 'X=kept; pwd; echo $E', sessionId => 's'), "/usr\nenv",
    'it is as it was asked for');
for my $name ('Session-Id', 'X-Session-Id') {
    is(post('a', 'execute', { command => 'echo $X' }, $name => 's')
        ->{json}{stdout}, 'kept', "by $name");
}
is(post('a', 'execute?session=s', { command => 'echo $X' })->{json}{stdout},
    'kept', 'by an argument');
is(out('a', 'echo [$X]'), '[]', 'the default is another');
is(out('a', 'echo [$X]', sessionId => '__DISABLE_SESSION__'), "[]\n",
    'and so is none');
is(out('a', 'id -u; cat', stdin => 'in'), "0\nin", 'stdin');
$res = $t->api('GET', '/v1/sandbox/a/api/session/list');
is(join(' ', sort @{$res->{json}{data}}), 'default s', 'list');
$res = post('a', 'execute', { command => 'echo out; exit 9',
    sessionId => 's' });
is($res->{status}, 410, 'a shell that ends: 410');
is_deeply([@{$res->{json}}{qw/code stdout/}], ['SESSION_TERMINATED', 'out'],
    'and what it wrote');
is(out('a', 'echo [$X]', sessionId => 's'), '[]', 'the next is fresh');
is(post('a', 'session/delete', { sessionId => 's' })->{status}, 200,
    'delete');
is(post('a', 'session/delete', { sessionId => 's' })->{status}, 404,
    'again: 404');

# variables: of the options, by route, and by both

is($t->api('PATCH', '/v1/sandbox/a', json => { env => { FROM => 'patch' } })
    ->{status}, 200, 'an option');
is(out('a', 'echo $FROM'), 'patch', 'reaches a session that is there');
is(post('a', 'env', { env => { FROM => 'route', NEW => 'n' } })->{status},
    200, 'by route');
is(out('a', 'echo $FROM $NEW'), 'route n', 'comes before');
is($t->run_in('a', 'echo $FROM $NEW'), "route n\n", 'everywhere');
$res = $t->api('GET', '/v1/sandbox/a/api/env');
is_deeply($res->{json}{names}, ['FROM', 'NEW'], 'names');
unlike($res->{body}, qr/route/, 'without values');

# a stream as it appears

my $c = $t->connect();
$c->request('POST', '/v1/sandbox/a/api/execute/stream', $t->api_options(
    json => { command => 'echo one; read x </workspace/gate; echo two' }));
out('a', 'mkfifo /workspace/gate', sessionId => 'other');
is($c->head()->{status}, 200, 'a stream');
my $sse = Sandbox::SSE->new($c);
my @types;
for (1 .. 2) {
    my $e = JSON::PP::decode_json($sse->next(60)->{data});
    push @types, $e->{type};
}
is("@types", 'start stdout', 'tells at once');

# a request that begins with an early error makes nothing

is($t->api('POST', '/v1/sandbox/none/api/session/nothing', json => {})
    ->{status}, 404, 'no such route');
is($t->api('GET', '/v1/sandbox/none')->{status}, 404, 'creates nothing');

# memory: the kernel's own account

$t->api('POST', '/v1/sandbox', json => { id => 'm', class => 'small' });
my $hog = 'python3 -c "x = bytearray(200000000)"';
$res = post('m', 'execute', { command => $hog,
    sessionId => '__DISABLE_SESSION__' });
is($res->{json}{outcome}, 'oom_killed', 'out of memory, of a process');
is($res->{json}{exitCode}, 137, 'its exit code');
$res = post('m', 'execute', { command => "KEPT=1; $hog" });
is($res->{json}{outcome}, 'oom_killed', 'out of memory, in a session');
is(out('m', 'echo $KEPT'), '1', 'which stays');
$res = post('m', 'execute', { command => 'sh -c "kill -9 \$\$"' });
is($res->{json}{outcome}, 'exited', 'another KILL is none');
$res = post('m', 'execute', { command => 'kill -9 $$',
    sessionId => '__DISABLE_SESSION__' });
is($res->{json}{outcome}, 'signaled', 'nor of a process');

# a fork bomb: its time is up, and nothing of it is left

for my $bomb (':(){ :|:& };:; sleep 3017', 'f() { f & f & wait; }; f',
    'while :; do sleep 3017 & done')
{
    $res = post('m', 'execute', { command => $bomb, timeoutMs => 2000,
        sessionId => '__DISABLE_SESSION__' });
    is($res->{json}{exitCode}, 124, "$bomb: 124");
    ok(Sandbox::wait_for(sub { left('m') <= 2 }, 60),
        "$bomb: nothing is left");
    is(out('m', 'echo $KEPT'), '1', "$bomb: the session is");

    $res = post('m', 'execute', { command => $bomb, timeoutMs => 2000,
        sessionId => 'bomb' });
    cmp_ok($res->{status}, '>=', 200, "$bomb in a session: answered");
    ok(Sandbox::wait_for(sub { left('m') <= 3 }, 60),
        "$bomb in a session: nothing is left");
    is(out('m', 'echo $KEPT'), '1', "$bomb in a session: others are");
    post('m', 'session/delete', { sessionId => 'bomb' });
}

# a session at rest lets the sandbox sleep; one at work does not

$t->api('POST', '/v1/sandbox', json => { id => 'z', class => 'short' });
is(out('z', 'Y=1; sleep 5; echo $Y'), '1', 'at work for longer than that');
is(out('z', 'echo $Y'), '1', 'it was kept awake');
ok(Sandbox::wait_for(sub {
    ($t->api('GET', '/v1/sandbox/z')->{json}{state} // '') eq 'asleep'
}, 60), 'at rest it falls asleep');
is(out('z', 'echo [$Y]'), '[]', 'and wakes with a new shell');

$t->done();


# processes in the container, but the agent and threads of the kernel

sub left
{
    my ($id) = @_;
    my $name = $t->container_of($id);
    my @pids = split /\n/, `docker top $name -o pid,stat,args 2>/dev/null`;
    return scalar grep { !/ Z|PID|sandbox-agent/ } @pids;
}
