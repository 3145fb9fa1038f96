#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Processes through nginx, in a container.

use warnings;
use strict;

use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::SSE;

my $t = Sandbox->new()->start();
my $id = 'procs';
my ($TRUE, $FALSE) = (JSON::PP::true, JSON::PP::false);


sub call
{
    my ($method, $path, $json, @headers) = @_;
    return $t->api($method, "/v1/sandbox/$id/api/$path",
        headers => [@headers], defined $json ? (json => $json) : ());
}


sub start { return call('POST', 'process/start', { @_ }) }
sub ends { return call('POST', "process/$_[0]/wait-for-exit", {})->{json} }
sub code { return "$_[0]{status} " . ($_[0]{json}{code} // '') }


sub stream
{
    my ($path, $method, $json, @headers) = @_;
    my $c = $t->connect();
    $c->request($method, "/v1/sandbox/$id/api/$path",
        $t->api_options(headers => [@headers],
        defined $json ? (json => $json) : ()));
    my $res = $c->head();
    return ($res, Sandbox::SSE->new($c));
}


sub events
{
    my ($sse, $max) = @_;
    my @events;
    while (!defined $max || @events < $max) {
        my $e = $sse->next(60) or last;
        my $json = JSON::PP::decode_json($e->{data});
        ($json->{id}) = $e->{raw} =~ /^id: (\d+)$/m;
        push @events, $json;
    }
    return @events;
}


# start, log, end; the first call makes the sandbox

my $res = start(command => 'echo hello; exit 3', processId => 'p');
is($res->{status}, 200, 'start');
like($res->{json}{pid}, qr/^\d+$/, 'numeric pid');
is(call('GET', 'process/p/logs')->{json}{stdout}, "hello\n",
    'its line at once');
is_deeply([@{ends('p')}{qw/status exitCode/}], ['failed', 3], 'its end');
is(call('GET', 'process/p')->{json}{process}{exitCode}, 3, 'get');
is(scalar @{call('GET', 'process/list?status=failed')->{json}{processes}}, 1,
    'list, with an argument');
is(call('HEAD', 'process/list')->{status}, 200, 'HEAD');


# a stream, as it appears, that is taken up again

start(command => 'echo one; read x; echo two; read x; echo three',
    processId => 's', stdin => $TRUE);
my ($head, $sse) = stream('process/s/stream', 'GET');
is($head->{headers}{'content-type'}, 'text/event-stream', 'stream');
my @e = events($sse, 2);
is($e[1]{data}, "one\n", 'replay');
is(call('POST', 'process/s/stdin', { data => "\n" })->{json}{bytes}, 1,
    'stdin');
@e = events($sse, 1);
is($e[0]{data}, "two\n", 'live');
my $last = $e[0]{id};
undef $sse;

$res = $t->api('POST', "/v1/sandbox/$id/api/process/s/stdin?close=true",
    body => "raw\n", headers => ['Content-Type', 'text/plain']);
is($res->{json}{closed}, $TRUE, 'stdin: a body as it is, and its end');
is(ends('s')->{exitCode}, 0, 'ended');
(undef, $sse) = stream('process/s/stream', 'GET', undef, 'Last-Event-ID',
    $last);
is(join('|', map { $_->{data} // '' } events($sse)),
    "|three\n|Process completed with exit code 0", 'Last-Event-ID');
(undef, $sse) = stream("process/s/stream?offset=$last", 'GET');
is((events($sse, 2))[1]{data}, "three\n", 'offset');


# killing, as old clients know it

is(code(call('DELETE', 'process/nobody')), '404 PROCESS_NOT_FOUND',
    'kill: unknown');
is(code(call('DELETE', 'process/p')), '404 COMMAND_NOT_FOUND',
    'kill: it has ended');
start(command => "trap '' TERM; echo up; sleep 91; sleep 91",
    processId => 'deaf');
call('POST', 'process/deaf/wait-for-log', { text => 'up' });
my $began = time;
$res = call('DELETE', 'process/deaf');
cmp_ok(time - $began, '>=', 4, 'TERM has its time');
is(call('GET', 'process/deaf')->{json}{process}{exitCode}, 137,
    'kill: 137');
is(call('GET', 'process/deaf')->{json}{process}{status}, 'killed',
    'kill: killed');
start(command => 'sleep 92') for 1 .. 3;
is(call('DELETE', 'process/kill-all')->{json}{cleanedCount}, 3, 'kill-all');
start(command => 'sleep 93', processId => 'int');
is(call('DELETE', 'process/int?signal=INT')->{json}{status}, 'killed',
    'signal=INT');


# waiting for a port, while execute goes on; python is in the image

start(command => 'sleep 0.3; exec python3 -m http.server 8190 '
    . '--bind 127.0.0.1', processId => 'web');
$began = time;
is(call('POST', 'execute', { command => 'echo free' })->{json}{exitCode}, 0,
    'execute meanwhile');
is(call('POST', 'process/web/wait-for-port', { port => 8190 })
    ->{json}{statusCode}, 200, 'wait-for-port');
(undef, $sse) = stream('port-watch', 'POST', { port => 8190,
    processId => 'web' });
is(join(' ', map { $_->{type} } events($sse)), 'watching ready',
    'port-watch');
is(code(call('POST', 'process/web/wait-for-port', { port => 8191,
    timeoutMs => 100 })), '408 PROCESS_READY_TIMEOUT', 'not that one');
call('DELETE', 'process/web');


# what nginx lets through, and what not

for my $case (['GET', 'process/kill-all'], ['DELETE', 'process/list'],
    ['POST', 'process/p'], ['GET', 'process/p/stdin'],
    ['GET', 'process/p%20'], ['GET', 'process/p/nothing'],
    ['GET', 'process/' . 'x' x 129], ['GET', 'process/'])
{
    is(code(call(@$case)), '404 NOT_FOUND', "$case->[0] $case->[1]");
}
is(code($t->api('GET', '/v1/sandbox/other/api/process/nothing/x')),
    '404 NOT_FOUND', 'a mistyped path');
is($t->api('GET', '/v1/sandbox/other/running')->{json}{running}, $FALSE,
    'makes no sandbox');
is(code(call('GET', 'process/nobody')), '404 PROCESS_NOT_FOUND',
    "the agent's own 404 is passed on");


# it does not keep the sandbox awake, and ends with it

start(command => 'sleep 94', processId => 'night');
is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'sleep');
is(code(call('GET', 'process/night')), '404 PROCESS_NOT_FOUND',
    'after a wake there are no processes');
is($t->exec($id, ['sh', '-c', 'ls -A /tmp /var/tmp | '
    . 'grep -c "^\\.[0-9a-f]\\{32\\}"'])->{stdout}, "0\n",
    'nor a file of theirs');

$t->done();
