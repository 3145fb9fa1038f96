#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Options of a sandbox, and sleep, wake and restart by request.

use warnings;
use strict;

use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $proxy = Sandbox::Proxy->new();
my $plain = 'image=sandbox-base memory=256m cpus=1 pids=128 network=none';
my $t = Sandbox->new(engine => $proxy->engine(), key => 'key-alice-0123456789',
    keys => ['alice:key-alice-0123456789', 'bob:key-bob-0123456789ab',
        'root:key-root-0123456789a:admin'],
    conf => Sandbox::default_conf() =~ s/timeout 4s/timeout 100ms/r,
    classes => ["default $plain sleep_after=10m max_age=1d env=GREETING=hello "
        . '"env=TWO=a b=c" env=EMPTY='])->start();
my $bob = 'key-bob-0123456789ab';
my ($id, $res, $json) = ('opt');

# what a class gives

$res = $t->api('POST', '/v1/sandbox', json => { id => $id });
is($res->{status}, 200, 'a sandbox without options');
options_are({ sleepAfter => 600, keepAlive => $no, maxAge => 86400, env => [],
    labels => {} }, 'has those of its class');
is($t->run_in($id, 'echo "$GREETING|$TWO|$EMPTY|${EMPTY+set}"'),
    "hello|a b=c||set\n", "and its class's variables");

# each option, in each form

for my $case (
    ['sleepAfter', 30, 30], ['sleepAfter', 1.5, 1.5], ['sleepAfter', 1, 1],
    ['sleepAfter', '45s', 45], ['sleepAfter', '5m', 300],
    ['sleepAfter', '1h', 3600], ['sleepAfter', '2d', 172800],
    ['sleepAfter', '366d', 366 * 86400], ['sleepAfter', undef, 600],
    ['maxAge', 3600, 3600], ['maxAge', '2h', 7200], ['maxAge', '1d', 86400],
    ['maxAge', '2d', 86400], ['maxAge', undef, 86400],
    ['keepAlive', $no, $no], ['keepAlive', undef, $no],
    ['labels', { 'a.b/c-d_1' => 'x', n => '' },
        { 'a.b/c-d_1' => 'x', n => '' }],
    ['labels', { n => undef, m => "\xc3\xa9" },
        { 'a.b/c-d_1' => 'x', m => "\x{e9}" }],
    ['labels', {}, { 'a.b/c-d_1' => 'x', m => "\x{e9}" }],
    ['labels', undef, {}],
    ['env', { A => '1', _b2 => "x\ny" }, ['A', '_b2']],
    ['env', { A => undef, C => '3' }, ['C', '_b2']],
    ['env', undef, []],
) {
    my ($name, $value, $want) = @$case;
    $res = patch($id, { $name => $value });
    my $text = JSON::PP->new->canonical->allow_nonref->encode($value);
    is($res->{status}, 200, "$name: $text") or diag($res->{body});
    options_are({ $name => $want }, 'is in force');
}
$res = patch($id, { keepAlive => $yes });
options_are({ keepAlive => $yes, sleepAfter => undef },
    'with keepAlive no sleepAfter is in force');
$res = patch($id, { keepAlive => undef, sleepAfter => 77 });
options_are({ keepAlive => $no, sleepAfter => 77 }, 'several at once');
$res = $t->api('GET', "/v1/sandbox/$id");
options_are({ sleepAfter => 77, maxAge => 86400 }, 'GET says the same');
$res = patch($id, {});
options_are({ sleepAfter => 77 }, 'an empty object changes nothing');
$res = $t->api('PATCH', "/v1/sandbox/$id");
is($res->{status}, 200, 'nor does no body');

# a change is answered when the agent of one that runs knows of it: another
# worker may bring the next command there first

{
    my ($agent, $c) = ($t->agent_pid($id), $t->connect());

    kill 'STOP', $agent;
    wait_for(sub { slurp("/proc/$agent/stat") =~ /\) T / }, 30)
        or die 'the agent is not halted';
    my $asked = time();
    $c->request('PATCH', "/v1/sandbox/$id",
        $t->api_options(json => { sleepAfter => 77 }));
    my $early = defined $c->fill(0.3) && time() - $asked < 0.9;
    kill 'CONT', $agent;
    ok(!$early, 'no answer before the agent knows');
    is($c->response(method => 'PATCH')->{status}, 200, 'then there is one');
}

# what is wrong is said, and nothing is changed by it

for my $case (
    ['sleepAfter', 0], ['sleepAfter', -5], ['sleepAfter', 0.5],
    ['sleepAfter', 1e300], ['sleepAfter', 366 * 86400 + 1],
    ['sleepAfter', '0s'], ['sleepAfter', '30'], ['sleepAfter', 's'],
    ['sleepAfter', ''], ['sleepAfter', '5 m'], ['sleepAfter', '5M'],
    ['sleepAfter', '-5m'], ['sleepAfter', '1h30m'], ['sleepAfter', '367d'],
    ['sleepAfter', '99999999999999999999s'], ['sleepAfter', $yes],
    ['sleepAfter', []], ['sleepAfter', {}],
    ['maxAge', 0], ['maxAge', 'soon'], ['maxAge', [1]],
    ['keepAlive', 1], ['keepAlive', 'true'], ['keepAlive', {}],
    ['env', []], ['env', 'A=1'], ['env', { '' => '1' }],
    ['env', { '1A' => 'x' }], ['env', { 'A=B' => 'x' }],
    ['env', { 'A-B' => 'x' }], ['env', { A => 1 }], ['env', { A => $yes }],
    ['env', { "\xc3\xa9" => 'x' }], ['env', { 'A' x 257 => 'x' }],
    ['labels', []], ['labels', { '' => 'x' }], ['labels', { 'a b' => 'x' }],
    ['labels', { a => 1 }], ['labels', { 'a' x 65 => 'x' }],
) {
    my ($name, $value) = @$case;
    my $text = substr JSON::PP->new->canonical->allow_nonref->encode($value),
        0, 40;
    $res = patch($id, { sleepAfter => 99, $name => $value });
    is($res->{status}, 400, "$name: $text: 400");
    like($res->{json}{message}, qr/"$name"/, 'which names it');
    is($t->api('POST', '/v1/sandbox', json => { id => 'opt-bad',
        $name => $value })->{status}, 400, 'on create too');
}
$res = $t->api('GET', "/v1/sandbox/$id");
options_are({ sleepAfter => 77, maxAge => 86400, keepAlive => $no, env => [],
    labels => {} }, 'none of these changed anything');
is($t->api('GET', '/v1/sandbox/opt-bad')->{status}, 404,
    'nor created anything');

for my $body ('[]', '"x"', '{', '{}{}', "{\"sleepAfter\":\"1s\\u0000\"}",
    "{\"env\":{\"A\":\"\xff\"}}", 'null')
{
    is($t->api('PATCH', "/v1/sandbox/$id", body => $body)->{status}, 400,
        "body $body: 400");
}

# sizes

for my $case (['env', 32768], ['labels', 8192]) {
    my ($name, $max) = @$case;
    is(patch($id, { $name => { A => 'x' x ($max - 8) } })->{status}, 200,
        "$name of $max bytes");
    $res = patch($id, { $name => { B => '' } });
    is($res->{status}, 413, 'and one more member: 413');
    like($res->{json}{message}, qr/"$name".*$max/, 'which says how many');
    is(patch($id, { $name => { A => 'x' x ($max - 7) } })->{status}, 413,
        'one byte more: 413');
    is($t->run_in($id, 'echo ${#A}'), $max - 8 . "\n",
        'the next command sees it') if $name eq 'env';
}
is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
is($t->run_in($id, 'echo ${#A}'), 32760 . "\n", 'so does one after a wake');
is(patch($id, { env => undef, labels => undef })->{status}, 200, 'removed');
is($t->api('PATCH', "/v1/sandbox/$id", body => '{"x":"' . 'x' x 65536 . '"}')
    ->{status}, 413, 'a body over 65536 bytes: 413');
$res = $t->raw("PATCH /v1/sandbox/$id HTTP/1.1\r\nHost: localhost\r\n"
    . "Authorization: Bearer $t->{key}\r\nTransfer-Encoding: chunked\r\n"
    . "Connection: close\r\n\r\n"
    . join('', map { "4000\r\n" . ' ' x 0x4000 . "\r\n" } 1 .. 5)
    . "0\r\n\r\n");
is(ref $res ? $res->{status} : $res =~ m{^HTTP/1.1 (\d+)} && $1, 413,
    'a chunked one too');

# a running sandbox is told at once

is(patch($id, { env => { GREETING => 'hi', SECRET => 'x1' } })->{status}, 200,
    'variables of a running sandbox');
is($t->run_in($id, 'echo $GREETING $SECRET'), "hi x1\n",
    'are those of the next command, before the class\'s');
unlike($t->api('GET', "/v1/sandbox/$id")->{body}, qr/x1/,
    'their values are not told');
unlike($t->log_text(), qr/x1/, 'nor logged');
patch($id, { env => { GREETING => undef } });
is($t->run_in($id, 'echo $GREETING $SECRET'), "hello x1\n",
    'one removed is the class\'s again');

my $agent = $t->agent_pid($id);
is(patch($id, { sleepAfter => 1 })->{status}, 200, 'sleepAfter is shortened');
ok(wait_for(sub { !$t->agent_pid($id) }, 60), 'it sleeps');
is($t->run_in($id, 'echo $SECRET'), "x1\n", 'its variables outlast that');
is(patch($id, { keepAlive => $yes })->{status}, 200, 'keepAlive');
$agent = $t->agent_pid($id);
ok($agent, 'it runs');
# longer than sleepAfter
sleep 4;
is($t->agent_pid($id), $agent, 'and stays awake');
patch($id, { keepAlive => undef });
ok(wait_for(sub { !$t->agent_pid($id) }, 60), 'without it, it sleeps again');

# one that sleeps is told when it wakes, and not woken for it

$proxy->forget();
is(patch($id, { sleepAfter => '10m', env => { SECRET => 'x2' } })->{status},
    200, 'changed while it sleeps');
is(scalar $proxy->calls(qr/^POST/), 0, 'it is not woken');
is($t->run_in($id, 'echo $SECRET'), "x2\n", 'it wakes with them');
$agent = $t->agent_pid($id);
# longer than the sleepAfter of before
sleep 3;
is($t->agent_pid($id), $agent, 'all of them');

# one that starts meanwhile: whichever comes first, it gets them

$t->api('POST', "/v1/sandbox/$id/sleep");
my $late = 0;
for my $n (1 .. 6) {
    my $c = $t->exec_start($id, ['true']);
    sleep 0.04 * $n;
    is(patch($id, { env => { N => "n$n" } })->{status}, 200,
        "changed while it starts, $n");
    Sandbox::exec_result($c);
    $late++ if $t->run_in($id, 'echo $N') ne "n$n\n";
    $t->api('POST', "/v1/sandbox/$id/sleep");
}
is($late, 0, 'no change was lost on the way');

# many at once: none is lost

my @all = map { $t->connect() } 1 .. 12;
for my $n (0 .. 11) {
    $all[$n]->request('PATCH', "/v1/sandbox/$id",
        $t->api_options(json => { labels => { "l$n" => "$n" } }));
}
is(join(',', map { $_->response(method => 'PATCH')->{status} } @all),
    join(',', (200) x 12), 'twelve PATCHes at once');
$res = $t->api('GET', "/v1/sandbox/$id");
options_are({ labels => { map { ("l$_" => "$_") } 0 .. 11 } },
    'all of them have taken effect');

# another's

$json = $t->api('GET', "/v1/sandbox/$id")->{json};
is(patch($id, { sleepAfter => 5 }, key => $bob)->{status}, 404,
    'another key: 404');
for my $what (qw/sleep wake restart/) {
    is($t->api('POST', "/v1/sandbox/$id/$what", key => $bob)->{status}, 404,
        "its $what: 404");
    is($t->api('POST', "/v1/sandbox/opt-none/$what")->{status}, 404,
        "$what of none: 404");
    is($t->api('GET', "/v1/sandbox/$id/$what")->{status}, 404,
        "GET $what: 404");
}
is(patch('opt-none', {})->{status}, 404, 'PATCH of none: 404');
is_deeply($t->api('GET', "/v1/sandbox/$id")->{json}, $json,
    'nothing was changed');
is($t->api('GET', '/v1/sandbox/opt-none')->{status}, 404, 'nor created');
is(patch($id, {}, key => 'key-root-0123456789a')->{json}{owner}, 'alice',
    'an admin may');

# options on create

$res = $t->api('POST', '/v1/sandbox', json => { id => 'opt-made',
    sleepAfter => '2s', maxAge => '1h', keepAlive => $yes,
    env => { X => 'made' }, labels => { by => 'test' } });
options_are({ sleepAfter => undef, keepAlive => $yes, maxAge => 3600,
    env => ['X'], labels => { by => 'test' } }, 'given on create');
is($t->run_in('opt-made', 'echo $X'), "made\n", 'in force from the first');
$t->api('DELETE', '/v1/sandbox/opt-made');

# sleep, wake, restart

is($t->run_in($id, 'echo kept > /workspace/f'), '', 'a file');
my $c = $t->exec_start($id, ['sh', '-c',
    'trap "echo termed >> /workspace/f; exit" TERM; echo up; '
    . 'while :; do sleep 0.1; done']);
$c->head();
my $sse = Sandbox::SSE->new($c);
$sse->next(30);
my $start = time();
$res = $t->api('POST', "/v1/sandbox/$id/sleep");
is($res->{status}, 200, 'sleep') or diag($res->{body});
is($res->{json}{state}, 'asleep', 'its state');
cmp_ok(time() - $start, '<', 30, 'within seconds, with a command running');
ok(!$t->agent_pid($id), 'the container is stopped');
my @rest;
while (my $e = $sse->next(30)) { push @rest, $e->{event} }
ok(!grep({ $_ eq 'exit' } @rest) || "@rest" =~ /exit$/,
    'the command has ended');
$c->close();

$proxy->forget();
$res = $t->api('POST', "/v1/sandbox/$id/sleep");
is($res->{status}, 200, 'sleep of a sleeping one');
is($res->{json}{state}, 'asleep', 'is still asleep');
is(scalar $proxy->calls(qr/^POST/), 0, 'nothing was asked of the engine');

$res = $t->api('POST', "/v1/sandbox/$id/wake");
is($res->{status}, 200, 'wake');
is($res->{json}{state}, 'running', 'its state');
is(scalar $proxy->calls(qr{^POST .*/start}), 1, 'by one start');
$agent = $t->agent_pid($id);
$res = $t->api('POST', "/v1/sandbox/$id/wake");
is($res->{json}{state}, 'running', 'wake of a running one');
is(scalar $proxy->calls(qr{^POST .*/start}), 1, 'starts nothing');
is($t->run_in($id, 'cat /workspace/f'), "kept\ntermed\n",
    'the files are kept, the command was told to end');

$res = $t->api('POST', "/v1/sandbox/$id/restart");
is($res->{status}, 200, 'restart');
is($res->{json}{state}, 'running', 'its state');
isnt($t->agent_pid($id), $agent, 'by another agent');
is($t->run_in($id, 'cat /workspace/f'), "kept\ntermed\n", 'with its files');
$t->api('POST', "/v1/sandbox/$id/sleep");
is($t->api('POST', "/v1/sandbox/$id/restart")->{json}{state}, 'running',
    'restart of a sleeping one');

# one that does not end when told to

$c = $t->exec_start($id, ['sh', '-c', 'trap "" TERM; echo up; '
    . 'while :; do sleep 1; done']);
$c->head();
Sandbox::SSE->new($c)->next(30);
is($t->api('POST', "/v1/sandbox/$id/sleep")->{json}{state}, 'asleep',
    'a command that ignores TERM: asleep');
ok(!$t->agent_pid($id), 'the container is stopped');
$c->close();

# many at once, of all kinds

my @many = map { [$_, $t->connect()] }
    ('sleep', 'wake', 'restart', 'sleep', 'wake', 'restart');
for my $m (@many) {
    $m->[1]->request('POST', "/v1/sandbox/$id/$m->[0]", $t->api_options());
}
is(join(',', map { $_->[1]->response(method => 'POST')->{status} } @many),
    join(',', (200) x 6), 'sleep, wake and restart at once: all answered');
is($t->run_in($id, 'head -1 /workspace/f'), "kept\n", 'and it serves');
is(scalar $t->containers(), 1, 'one container');

# sleep against destroy

for my $n (1 .. 5) {
    $t->run_in('opt-d', 'true');
    my @c = map { [$_, $t->connect()] } ('sleep', 'DELETE', 'sleep');
    for my $m (@c) {
        $m->[1]->request($m->[0] eq 'DELETE' ? ('DELETE', '/v1/sandbox/opt-d')
            : ('POST', '/v1/sandbox/opt-d/sleep'), $t->api_options());
        sleep 0.01 * $n;
    }
    my @got = map { $_->[1]->response(method => 'POST')->{status} } @c;
    like("@got", qr/^(200|404) 204 (200|404)$/, 'DELETE against sleep');
}
is($t->api('GET', '/v1/sandbox/opt-d')->{status}, 404, 'it is destroyed');

# a client that leaves: sleep goes on without it

$t->run_in($id, 'true');
$proxy->forget();
$proxy->set('delay ^POST.*/stop 1000');
$c = $t->connect();
$c->request('POST', "/v1/sandbox/$id/sleep", $t->api_options());
wait_for(sub { $proxy->calls(qr{^POST.*/stop}) }, 30);
$c->close();
ok(wait_for(sub { !$t->agent_pid($id) }, 30), 'its client left: asleep');
$proxy->set('');

# the engine is absent

$t->run_in($id, 'true');
$agent = $t->agent_pid($id);
$proxy->stop();
for my $what (qw/sleep restart/) {
    $res = $t->api('POST', "/v1/sandbox/$id/$what");
    is($res->{status}, 503, "$what without an engine: 503");
    is($res->{json}{code}, 'CONTAINER_UNAVAILABLE', 'its code');
    ok($res->{headers}{'retry-after'}, 'with Retry-After');
}
$proxy->start();
ok(wait_for(sub { my $r = $t->api('POST', "/v1/sandbox/$id/sleep");
    $r->{status} == 200 && !$t->agent_pid($id) }, 60),
    'it sleeps when the engine is back');
$proxy->stop();
is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200,
    'one that sleeps already needs none');
is($t->api('POST', "/v1/sandbox/$id/wake")->{status}, 503, 'wake: 503');
$proxy->start();
is($t->run_in($id, 'head -1 /workspace/f'), "kept\n", 'its files are there');

$t->done();


sub patch
{
    my ($of, $options, %o) = @_;
    return $t->api('PATCH', "/v1/sandbox/$of", json => $options, %o);
}


# the members of the last answer

sub options_are
{
    my ($want, $name) = @_;
    my %got = %{$res->{json} || {}};
    $got{env} = [sort @{$got{env}}] if ref $got{env} eq 'ARRAY';
    is_deeply({ map { $_ => $got{$_} } keys %$want }, $want, $name)
        or diag($res->{status}, ' ', $res->{body});
}
