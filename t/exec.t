#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Commands through nginx: output as it appears, the end as it was, and no
# tree left behind.

use warnings;
use strict;

use MIME::Base64;
use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $t = Sandbox->new()->start();
my $id = 'exec';
my $res;

# plain ends

$res = $t->exec($id, ['sh', '-c', 'echo out; echo err >&2; exit 7']);
is($res->{stdout}, "out\n", 'stdout');
is($res->{stderr}, "err\n", 'stderr');
is($res->{exit}, 7, 'exit code');
is($res->{headers}{'content-type'}, 'text/event-stream', 'content type');
is($res->{headers}{'cache-control'}, 'no-cache', 'cache control');
is($res->{events}[-1]{event}, 'exit', 'exit is the last event');

is($t->exec($id, ['true'])->{exit}, 0, 'true');
is($t->exec($id, ['false'])->{exit}, 1, 'false');

$res = $t->exec($id, ['no-such-command-here']);
is($res->{exit}, 127, 'command not found: 127');
like($res->{stderr}, qr/no-such-command-here.*not found/,
    'with a line on stderr');

$res = $t->exec($id, ['/etc/passwd']);
is($res->{exit}, 126, 'not executable: 126');

$res = $t->exec($id, ['sh', '-c', 'kill -9 $$']);
is($res->{exit}, 137, 'killed by a signal: 128 + n');
is($res->{signal}, 'SIGKILL', 'the signal is named');

# argv is executed as it is

my @argv = ('printf', '[%s]', 'a b', '$HOME', '`id`', "new\nline", '*', '',
    "qu'o\"te");
$res = $t->exec($id, \@argv);
is($res->{stdout}, join('', map { "[$_]" } @argv[2 .. $#argv]),
    'argv goes to the program as it is');

# bytes

$res = $t->exec($id, ['python3', '-c', 'import sys;'
    . 'sys.stdout.buffer.write(bytes(range(256))*5000)']);
ok($res->{stdout} eq join('', map { chr } 0 .. 255) x 5000,
    '1.28 MB of all bytes, as they were');
is($res->{exit}, 0, 'and the exit code after them');

# stdin

$res = $t->exec($id, ['cat']);
is($res->{exit}, 0, 'stdin is at its end');

# cwd

is($t->exec($id, ['pwd'])->{stdout}, "/workspace\n", 'cwd is /workspace');
$t->run_in($id, 'mkdir -p /workspace/sub/deep');
is($t->exec($id, ['pwd'], cwd => '/workspace/sub')->{stdout},
    "/workspace/sub\n", 'cwd given');
is($t->exec($id, ['pwd'], cwd => 'sub/deep')->{stdout},
    "/workspace/sub/deep\n", 'cwd relative to /workspace');

$res = $t->exec($id, ['pwd'], cwd => '/etc');
is($res->{status}, 403, 'cwd outside /workspace: 403');
is($res->{json}{code}, 'invalid_request', 'invalid_request');

$res = $t->exec($id, ['pwd'], cwd => '/workspace/../etc');
is($res->{status}, 403, 'cwd that leads out: 403');

$res = $t->exec($id, ['pwd'], cwd => '/workspace/none');
is($res->{status}, 200, 'cwd that is not there: a stream');
is($res->{error}{code}, 'exec_error', 'with exec_error');
ok(!defined $res->{exit}, 'and no exit code');

# bad bodies

for my $case (
    ['no JSON', '{"argv":', 400], ['no argv', '{}', 400],
    ['empty argv', '{"argv":[]}', 400], ['argv a text', '{"argv":"ls"}', 400],
    ['argv of numbers', '{"argv":[1]}', 400],
    ['no object', '[1]', 400],
    ['a zero byte', '{"argv":["a\u0000b"]}', 400],
    ['timeout a text', '{"argv":["true"],"timeout_ms":"x"}', 400],
) {
    $res = $t->api('POST', "/v1/sandbox/$id/exec", body => $case->[1],
        headers => ['Content-Type' => 'application/json']);
    is($res->{status}, $case->[2], "$case->[0]: $case->[2]");
    is($res->{json}{code}, 'invalid_request', "$case->[0]: its code");
}

$res = $t->exec($id, ['true'], headers => ['Session-Id' => 'a..b']);
is($res->{status}, 400, 'bad Session-Id: 400');
$res = $t->exec($id, ['true'], headers => ['Session-Id' => 'my-session']);
is($res->{exit}, 0, 'a good one is taken');

# output as it appears

my $c = $t->exec_start($id, ['sh', '-c', 'echo one; '
    . 'while [ ! -e /tmp/go ]; do sleep 0.05; done; echo two']);
is($c->head()->{status}, 200, 'streaming: head at once');
my $sse = Sandbox::SSE->new($c);
my $e = $sse->next(30);
is(decode_base64($e->{data}), "one\n", 'first output before the end');
ok(!defined $sse->next(0.3), 'and nothing else yet');
is($t->run_in($id, 'touch /tmp/go'), '', 'the command is told to go on');
is(decode_base64($sse->next(30)->{data}), "two\n", 'then the second');
is($sse->next(30)->{event}, 'exit', 'then the exit');
ok(!defined $sse->next(30) && !$c->{broken}, 'then the end');

# the timeout, on the whole tree

my $start = time();
$res = $t->exec($id, ['bash', '-c', 'echo begun; '
    . "trap '' TERM; (trap '' TERM; sleep 3001) & setsid sleep 3002 & "
    . '(setsid sh -c "setsid sleep 3003 &") & sleep 3004; sleep 3005'],
    timeout_ms => 700);
my $took = time() - $start;
is($res->{stdout}, "begun\n", 'timeout: what was written before');
is($res->{exit}, 124, 'timeout: exit code 124');
ok($res->{timed_out}, 'timeout: timed_out is true');
like($res->{stderr}, qr/timed out after 700 ?ms/, 'timeout: a line on stderr');
cmp_ok($took, '>=', 0.65, 'timeout: not before its time');
cmp_ok($took, '<', 15, 'timeout: and not long after');
is(left(), '', 'timeout: nothing of the tree is left');

# the client goes away

$c = $t->exec_start($id, ['bash', '-c',
    '(setsid sleep 3006 &); sleep 3007 & echo up; sleep 3008']);
$c->head();
$sse = Sandbox::SSE->new($c);
$sse->next(30);
ok(wait_for(sub { left() eq 'sleep 3006 sleep 3007 sleep 3008 ' }, 20),
    'a command with a tree runs');
$c->close();
ok(wait_for(sub { left() eq '' }, 20), 'client gone: the tree is killed')
    or diag(left());

# a background process stays when its command ends by itself

$start = time();
$res = $t->exec($id, ['sh', '-c', 'sleep 3009 & echo done']);
is($res->{exit}, 0, 'a command that leaves a process behind ends');
cmp_ok(time() - $start, '<', 20, 'without waiting for it');
is($t->exec($id, ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " " '
    . '| grep -q "sleep[ ]3009"'])->{exit}, 0, 'which lives on');

# a reader that stops

my $agent = $t->agent_pid($id);
$c = $t->exec_start($id, ['sh', '-c',
    'i=0; head -c 300000000 /dev/zero; echo finished > /tmp/finished']);
$c->head();
$sse = Sandbox::SSE->new($c);
$sse->next(30);
sleep 2;
is($t->exec($id, ['test', '-e', '/tmp/finished'])->{exit}, 1,
    'back-pressure: the writer waits for the reader');
SKIP: {
    skip 'memory under sanitizers', 1 if sanitized();
    cmp_ok(Sandbox::memory($agent, 'VmHWM'), '<', 8 * 1024 * 1024,
        'back-pressure: the agent holds little');
}

my $n = 0;
my $exit;
while ($e = $sse->next(60)) {
    if ($e->{event} eq 'exit') { $exit = $e->{data}; last }
    $n += length decode_base64($e->{data});
    last if $n > 40_000_000;
}
cmp_ok($n, '>', 39_000_000, 'back-pressure: and goes on when it reads');
$c->close();
ok(wait_for(sub { ($t->run_in($id, "ps axo args") // '') !~ /head -c 3/ },
    20), 'back-pressure: killed when the reader leaves');

# a hundred at once

my @conns = map { $t->exec_start($id, ['sh', '-c', "exit $_"]) } 1 .. 60;
is(join(',', map { Sandbox::exec_result($_)->{exit} // 'none' } @conns),
    join(',', 1 .. 60), 'sixty at once, each with its own exit code');

# the container API

$res = $t->api('POST', "/v1/sandbox/$id/api/execute",
    json => { command => 'echo hi; echo no >&2; (exit 3)' });
is($res->{status}, 200, 'execute: status');
is($res->{json}{stdout}, 'hi', 'execute: stdout');
is($res->{json}{stderr}, 'no', 'execute: stderr');
is($res->{json}{exitCode}, 3, 'execute: exit code');
ok(!$res->{json}{success}, 'execute: no success');
is($res->{json}{command}, 'echo hi; echo no >&2; (exit 3)',
    'execute: the command');

$res = $t->api('POST', "/v1/sandbox/$id/api/execute", json => {});
is($res->{status}, 400, 'execute without a command: 400');

$c = $t->connect();
$c->request('POST', "/v1/sandbox/$id/api/execute/stream",
    $t->api_options(json => { command => 'echo a; echo b >&2; exit 2' }));
is($c->head()->{status}, 200, 'execute/stream: status');
$sse = Sandbox::SSE->new($c);
my @events;
while ($e = $sse->next()) {
    push @events, JSON::PP::decode_json($e->{data});
}
is($events[0]{type}, 'start', 'execute/stream: start first');
is(join('', map { $_->{data} } grep { $_->{type} eq 'stdout' } @events),
    "a\n", 'execute/stream: stdout');
is(join('', map { $_->{data} } grep { $_->{type} eq 'stderr' } @events),
    "b\n", 'execute/stream: stderr');
is($events[-1]{type}, 'complete', 'execute/stream: complete last');
is($events[-1]{exitCode}, 2, 'execute/stream: exit code');

# the container goes while a command runs: no invented exit code

$c = $t->exec_start($id, ['sh', '-c', 'echo up; sleep 100']);
$c->head();
$sse = Sandbox::SSE->new($c);
$sse->next(30);
Sandbox::docker('kill ' . $t->container_of($id));
my @rest;
while ($e = $sse->next(30)) { push @rest, $e->{event} }
ok(!grep({ $_ eq 'exit' } @rest), 'agent killed: no exit event');
ok($c->{broken} || grep({ $_ eq 'error' } @rest),
    'agent killed: the stream says that it broke');
is($t->run_in($id, 'echo alive'), "alive\n", 'and the next call wakes it');

$t->done();


# which of the marked sleeps run

sub left
{
    my $out = $t->run_in($id, 'for p in /proc/[0-9]*; do '
        . 'tr "\0" " " < $p/cmdline 2>/dev/null; echo; done | '
        . 'grep -o "^sleep 300[1-8]" | sort; true')
        // 'unknown';
    $out =~ s/\n/ /g;
    return $out;
}
