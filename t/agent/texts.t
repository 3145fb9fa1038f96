#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# What published clients, and the code of their users, match on: of each
# route the status, the code, and the part of the text.  A message may be
# reworded as long as these rows hold; a row changes with the protocol only.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/encode_base64/;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::HTTP;

# no failing test may wait for ever
alarm 300;

my $json = JSON::PP->new->utf8->canonical;
my ($TRUE, $FALSE) = (JSON::PP::true, JSON::PP::false);
my $stamp = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
my $NONE = '__DISABLE_SESSION__';

my @upgrade = [Upgrade => 'websocket', Connection => 'Upgrade',
    'Sec-WebSocket-Version' => 13,
    'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ=='];

my $box = Sandbox::Box->new(ports => [8001, 8003], boot => { ports => [
    { port => 8003, command => 'echo oops >&2; exit 3' }] });
my $tether = $box->tether();


# what the rows below need

my $execute = '/api/execute';
my $start = '/api/process/start';
my $live = '/api/process/live';
my $fed = '/api/process/fed';
my $ended = '/api/process/ended';
my $nobody = '/api/process/nobody';

good(POST => $start, { command => 'echo up; exec sleep 1000',
    processId => 'live' });
good(POST => $start, { command => 'exec cat', processId => 'fed',
    stdin => $TRUE });
good(POST => $start, { command => 'echo out; echo err >&2; exit 4',
    processId => 'ended' });
good(POST => "$ended/wait-for-exit", {});
good(POST => '/api/session/create', { id => 'taken' });
good(PUT => '/file/workspace/text', 'text');
good(POST => $execute, { command => 'mkdir dir; mkfifo fifo' });


# errors of the routes below /v1/sandbox/:id that are not /api: codes in lower
# case; columns: request, body, headers, status, code, text

rows(
    ['POST /exec', '{"argv":', [], 400, 'invalid_request', qr/JSON/],
    ['POST /exec', '[]', [], 400, 'invalid_request', qr/object/],
    ['POST /exec', {}, [], 400, 'invalid_request', qr/argv/],
    ['POST /exec', { argv => [] }, [], 400, 'invalid_request',
        qr/argv.*non-empty array/],
    ['POST /exec', { argv => [1] }, [], 400, 'invalid_request', qr/argv\[0\]/],
    ['POST /exec', { argv => ['true'], cwd => '/etc' }, [], 403,
        'invalid_request', qr{within /workspace}],
    ['POST /exec', { argv => ['true'], timeout_ms => 'x' }, [], 400,
        'invalid_request', qr/timeout_ms/],
    ['POST /exec', { argv => ['true'], env => { 'A-B' => '1' } }, [], 400,
        'invalid_request', qr/^Invalid environment variable name: A-B$/],
    ['POST /exec', { argv => ['true'] }, ['Session-Id' => '../x'], 400,
        'invalid_request', qr/Session-Id/],

    ['GET /file/workspace/none', undef, [], 404, 'workspace_read_not_found',
        qr{/workspace/none: no such file}],
    ['GET /file/workspace/text/x', undef, [], 404,
        'workspace_read_not_found', qr{/workspace/text/x: .*not a directory}],
    ['GET /file/workspace/dir', undef, [], 400, 'invalid_request',
        qr/is a directory/],
    ['GET /file/workspace/fifo', undef, [], 400, 'invalid_request',
        qr/not a regular file/],
    ['GET /file/etc/passwd', undef, [], 403, 'invalid_request',
        qr{within /workspace}],
    ['GET /file/workspace/%2e%2e/etc/passwd', undef, [], 403,
        'invalid_request', qr{within /workspace}],
    ['GET /file', undef, [], 400, 'invalid_request', qr/path.*empty/],
    ['GET /file/', undef, [], 400, 'invalid_request', qr/path.*empty/],
    ['GET /file/workspace/%zz', undef, [], 400, 'invalid_request', qr/%/],
    ['GET /file/workspace/a%00b', undef, [], 400, 'invalid_request',
        qr/NUL/],
    ['GET /file/workspace/' . 'x' x 256, undef, [], 400, 'invalid_request',
        qr/255/],
    ['PUT /file/workspace/dir', 'x', [], 409, 'invalid_request',
        qr/is a directory/],
    ['PUT /file/workspace/text/x', 'x', [], 409, 'invalid_request',
        qr/not a directory/],
    ['PUT /file/etc/passwd', 'x', [], 403, 'invalid_request',
        qr{within /workspace}],
    ['PUT /file', 'x', [], 400, 'invalid_request', qr/path.*empty/],
    ['POST /persist?excludes=a,..%2Fb', undef, [], 400, 'invalid_request',
        qr/^exclude paths must not contain "\.\."$/],
    ['POST /hydrate', '', [], 400, 'invalid_request',
        qr/^Empty tar payload$/],
    ['POST /hydrate', 'text', [], 400, 'invalid_request',
        qr/is not a tar archive/],
    ['DELETE /file/workspace/text', undef, [], 404, 'UNKNOWN_ERROR',
        qr/^The requested endpoint was not found$/],

    ['GET /pty', undef, [], 400, 'invalid_request',
        qr/^WebSocket upgrade required/],
    ['GET /ws/pty', undef, [], 400, 'invalid_request',
        qr/^WebSocket upgrade required/],
    ['GET /pty?cols=x', undef, @upgrade, 400, 'invalid_request',
        qr/^cols and rows must be valid numbers/],
    ['GET /pty?rows=0', undef, @upgrade, 400, 'invalid_request',
        qr/^cols and rows must be valid numbers/],
    ['GET /pty?session=a/b', undef, @upgrade, 400, 'invalid_request',
        qr/^Invalid session ID format/],
);


# errors below /api: columns: request, body, headers, status, code, text,
# members of the context

rows(
    ['POST /api/execute', '{', [], 400, 'VALIDATION_FAILED', qr/JSON/],
    ['POST /api/execute', {}, [], 400, 'VALIDATION_FAILED', qr/command/],
    ['POST /api/execute', { command => 1 }, [], 400, 'VALIDATION_FAILED',
        qr/command/],
    ['POST /api/execute', { command => "a\0b" }, [], 400,
        'VALIDATION_FAILED', qr/command.*NUL/],
    ['POST /api/execute', { command => 'true ' . 'x' x 131_072,
        sessionId => $NONE }, [], 400, 'VALIDATION_FAILED',
        qr/command.*longer/],
    ['POST /api/execute', { command => 'true', env => { '1A' => 'x' } }, [],
        400, 'VALIDATION_FAILED',
        qr/^Invalid environment variable name: 1A$/],
    ['POST /api/execute', { command => 'true', timeoutMs => -1 }, [], 400,
        'VALIDATION_FAILED', qr/timeoutMs/],
    ['POST /api/execute', { command => 'true', cwd => 5 }, [], 400,
        'VALIDATION_FAILED', qr/cwd/],
    ['POST /api/execute', { command => 'true', sessionId => 'a b' }, [], 400,
        'VALIDATION_FAILED', qr/sessionId/],
    ['POST /api/execute', { command => 'true', stdin => 'a',
        stdinBase64 => 'YQ==' }, [], 400, 'VALIDATION_FAILED', qr/stdin/],
    ['POST /api/execute', { command => 'sleep 30', timeoutMs => 200 }, [],
        500, 'COMMAND_EXECUTION_ERROR', qr/^Command timeout after 200ms/],
    ['POST /api/execute', { command => 'exit 7', sessionId => 'x' }, [], 410,
        'SESSION_TERMINATED', qr/shell exited.*exit code: 7\b/, { sessionId => 'x',
        exitCode => 7 }],
    ['POST /api/execute', { command => 'pwd', cwd => '/no/such',
        sessionId => $NONE }, [], 500, 'COMMAND_EXECUTION_ERROR',
        qr{/no/such}, { command => 'pwd' }],
    ['POST /api/execute/stream', { command => " \n" }, [], 400,
        'INVALID_COMMAND', qr/command.*empty/],
    ['POST /api/execute/stream', { command => 'pwd', cwd => '/no/such',
        sessionId => $NONE }, [], 500, 'STREAM_START_ERROR', qr{/no/such},
        { command => 'pwd' }],

    ['POST /api/session/create', { id => 'taken' }, [], 409,
        'SESSION_ALREADY_EXISTS', qr/already|exist|such a session/,
        { sessionId => 'taken', containerPlacementId => undef }],
    ['POST /api/session/create', { id => 'a/b' }, [], 400,
        'VALIDATION_FAILED', qr/\bid\b/],
    ['POST /api/session/create', { id => $NONE }, [], 400,
        'VALIDATION_FAILED', qr/\bid\b/],
    ['POST /api/session/delete', {}, [], 400, 'VALIDATION_FAILED',
        qr/sessionId/],
    ['POST /api/session/delete', { sessionId => 'none' }, [], 404,
        'SESSION_NOT_FOUND', qr/^Session 'none' not found$/,
        { sessionId => 'none' }],

    ['POST /api/env', {}, [], 400, 'VALIDATION_FAILED', qr/\benv\b/],
    ['POST /api/env', { env => { 'A=' => 'x' } }, [], 400,
        'VALIDATION_FAILED', qr/^Invalid environment variable name: A=$/],

    ['POST /api/git/checkout', {}, [], 400, 'INVALID_GIT_URL', qr/repoUrl/],
    ['POST /api/git/checkout', { repoUrl => 'https://host/x',
        timeoutMs => -5 }, [], 400, 'VALIDATION_FAILED',
        qr/^Invalid clone timeout: -5\b/],
    ['POST /api/git/checkout', { repoUrl => '/none/x' }, [], 404,
        'GIT_REPOSITORY_NOT_FOUND', qr/not found/,
        { repository => '/none/x', targetDir => '/workspace/x',
          exitCode => 128, operation => 'git.clone' }],

    ["POST $start", { command => ' ' }, [], 400, 'INVALID_COMMAND',
        qr/command.*empty/],
    ["POST $start", { command => 'true', processId => 'a/b' }, [], 400,
        'VALIDATION_FAILED', qr/processId/],
    ["POST $start", { command => 'true', processId => 'live' }, [], 409,
        'PROCESS_ALREADY_EXISTS', qr/\blive\b/, { processId => 'live' }],
    ["POST $start", { command => 'true', cwd => '/no/such',
        sessionId => $NONE }, [], 500, 'STREAM_START_ERROR', qr{/no/such}],

    (map { [$_, undef, [], 404, 'PROCESS_NOT_FOUND',
        qr/^Process not found: nobody$/, { processId => 'nobody' }] }
        "GET $nobody", "DELETE $nobody", "GET $nobody/logs",
        "GET $nobody/stream"),
    (map { ["POST $nobody/$_->[0]", $_->[1], [], 404, 'PROCESS_NOT_FOUND',
        qr/^Process not found: nobody$/, { processId => 'nobody' }] }
        ['stdin', { data => 'x' }], ['signal', { signal => 'TERM' }],
        ['wait-for-exit', {}], ['wait-for-log', { text => 'x' }],
        ['wait-for-port', { port => 8080 }]),
    ['GET /api/process/kill-all', undef, [], 404, 'PROCESS_NOT_FOUND',
        qr/^Process not found/],
    ['GET /api/process/..%2fx', undef, [], 404, 'PROCESS_NOT_FOUND',
        qr/^Process not found/],
    ["DELETE $ended", undef, [], 404, 'COMMAND_NOT_FOUND',
        qr/^Command not found: .*\bended\b/, { command => 'ended' }],
    ["POST $ended/signal", { signal => 'TERM' }, [], 404,
        'COMMAND_NOT_FOUND', qr/^Command not found: .*\bended\b/],

    ["POST $live/stdin", { data => 'x' }, [], 409, 'STDIN_CLOSED',
        qr/standard input.*\blive\b|\blive\b.*standard input/,
        { processId => 'live' }],
    ["POST $fed/stdin", {}, ['Content-Type' => 'application/json'], 400,
        'VALIDATION_FAILED', qr/data.*dataBase64.*close/],
    ["POST $live/signal", { signal => 'NOPE' }, [], 400,
        'VALIDATION_FAILED', qr/signal/],
    ["GET $live/logs?offset=99999", undef, [], 400, 'VALIDATION_FAILED',
        qr/offset.*end of the log/],
    ["GET $live/stream?offset=x", undef, [], 400, 'VALIDATION_FAILED',
        qr/offset/],
    ["GET $live/stream", undef, ['Last-Event-ID' => 'x'], 400,
        'VALIDATION_FAILED', qr/Last-Event-ID/],

    ["POST $live/wait-for-exit", { timeoutMs => 50 }, [], 408,
        'PROCESS_READY_TIMEOUT', qr/\blive\b.*\b50 ms\b/,
        { processId => 'live', timeout => 50 }],
    ["POST $live/wait-for-log", { text => 'no', timeoutMs => 50 }, [], 408,
        'PROCESS_READY_TIMEOUT', qr/\blive\b.*"no".*\b50 ms\b/,
        { processId => 'live', condition => 'log line "no"', timeout => 50 }],
    ["POST $live/wait-for-port", { port => 8080, timeoutMs => 50 }, [], 408,
        'PROCESS_READY_TIMEOUT', qr/\blive\b.*\bport 8080\b.*\b50 ms\b/,
        { processId => 'live', condition => 'port 8080', timeout => 50 }],
    ["POST $ended/wait-for-log", { text => 'no' }, [], 500,
        'PROCESS_EXITED_BEFORE_READY',
        qr/^Process ended exited with code 4 before log line "no"/,
        { processId => 'ended', condition => 'log line "no"',
          exitCode => 4 }],
    ["POST $ended/wait-for-port", { port => 8080 }, [], 500,
        'PROCESS_EXITED_BEFORE_READY',
        qr/^Process ended exited with code 4 before port 8080/,
        { processId => 'ended', condition => 'port 8080', exitCode => 4 }],
    ["POST $live/wait-for-log", { text => 'a', regex => 'b' }, [], 400,
        'VALIDATION_FAILED', qr/text.*regex/],
    ["POST $live/wait-for-log", { regex => '(a)\\1' }, [], 400,
        'VALIDATION_FAILED', qr/regex.*back-references/],
    ["POST $live/wait-for-port", { port => 0 }, [], 400,
        'VALIDATION_FAILED', qr/port.*65535/],

    ['POST /api/port-watch', {}, [], 400, 'VALIDATION_FAILED',
        qr/port.*65535/],

    (map { [$_, undef, [], 404, 'UNKNOWN_ERROR',
        qr/^The requested endpoint was not found$/] }
        'GET /api/execute', 'POST /api/ping', 'GET /api/none', 'GET /none',
        'GET /api/process/', 'PUT /api/process/live', 'OPTIONS /api/ping'),
);


# what clients do about some codes is in the suggestion

for my $case (
    ['PROCESS_NOT_FOUND', GET => $nobody],
    ['COMMAND_NOT_FOUND', DELETE => $ended],
    ['VALIDATION_FAILED', POST => $execute, {}],
    ['STDIN_CLOSED', POST => "$live/stdin", { data => 'x' }],
    ['PROCESS_ALREADY_EXISTS', POST => $start, { command => 'true',
        processId => 'live' }],
) {
    my ($code, @call) = @$case;
    ok(length($box->call(@call)->{json}{suggestion} // ''),
        "$code: a suggestion");
}


# answers of success: their members

members(POST => $execute, { command => 'echo hi', sessionId => 'm' },
    command => 'echo hi', cpuTime => qr/^\d+$/, duration => qr/^\d+$/,
    exitCode => 0, outcome => 'exited', sessionId => 'm',
    stderr => '', stdout => 'hi', success => $TRUE);
members(POST => '/api/session/create', { id => 'made', cwd => '/tmp' },
    id => 'made', sessionId => 'made', message => qr/./, success => $TRUE,
    data => { id => 'made', cwd => '/tmp' }, containerPlacementId => undef);
members(POST => '/api/session/delete', { sessionId => 'made' },
    sessionId => 'made', success => $TRUE);
members(POST => $start, { command => 'true', processId => 'm' },
    command => 'true', pid => qr/^\d+$/, processId => 'm', sessionId => undef,
    success => $TRUE);
members(GET => '/api/ping', undef, message => 'healthy', status => 'healthy',
    success => $TRUE);
members(GET => '/api/version', undef, success => $TRUE,
    version => qr/^\d+\.\d+\.\d+$/);
is($box->call(PUT => '/file/workspace/new', 'x')->{body}, '{"ok":true}',
    'PUT file: its answer');
is($box->call(GET => '/')->{headers}{'content-type'},
    'text/plain; charset=utf-8', 'GET /: a text');


# commands that bash answers for

for my $case (
    ['a command that is not there', 'no-such-command', {}, 127,
        qr/no-such-command: command not found/],
    ['a directory that is not there', 'pwd', { cwd => '/no/such' }, 1,
        qr{^Failed to change directory to /no/such}],
    ['a timeout without a session', 'sleep 30', { timeoutMs => 200,
        sessionId => $NONE }, 124, qr/^Command timed out after 200ms$/m],
) {
    my ($name, $command, $o, $exit, $text) = @$case;
    my $res = $box->execute($command, %$o);

    is($res->{status}, 200, "$name: 200");
    is($res->{json}{exitCode}, $exit, "$name: $exit");
    is($res->{json}{success}, $FALSE, "$name: no success");
    like($res->{json}{stderr}, $text, "$name: stderr");
}


# events of POST /exec: names, base64, one object at the end, nothing else

exec_events('output', { argv => ['sh', '-c', 'echo out; exit 5'] },
    "event: stdout\ndata: " . encode_base64("out\n", ''),
    "event: exit\ndata: {\"exit_code\":5}");
exec_events('stderr', { argv => ['sh', '-c', 'echo err >&2'] },
    "event: stderr\ndata: " . encode_base64("err\n", ''),
    "event: exit\ndata: {\"exit_code\":0}");
exec_events('no such program', { argv => ['no-such-program'] },
    "event: stderr\ndata: " . encode_base64("no-such-program: command not "
        . "found\n", ''),
    "event: exit\ndata: {\"exit_code\":127}");
exec_events('a directory that is not there', { argv => ['pwd'],
    cwd => 'none' }, qr{^event:[ ]error\ndata:[ ]\{"error":
        "[^"]*/workspace/none[^"]*","code":"exec_error"\}$}x);
exec_events('a timeout', { argv => ['sleep', '30'], timeout_ms => 200 },
    "event: stderr\ndata: " . encode_base64("Command timed out after 200 ms\n",
        ''), qr/^event: exit\ndata: \{"exit_code":\d+[,}]/);


# events of the others: data only, one object on a line

events(POST => "$execute/stream", { command => 'echo out; echo err >&2; '
        . '(exit 5)', sessionId => 's' },
    [type => 'start', command => qr/^echo out/, sessionId => 's'],
    [type => 'stdout', data => "out\n"],
    [type => 'stderr', data => "err\n"],
    [type => 'complete', exitCode => 5]);
events(POST => "$execute/stream", { command => 'sleep 30',
        timeoutMs => 200, sessionId => $NONE },
    [type => 'start'],
    [type => 'stderr', data => "Command timed out after 200ms\n"],
    [type => 'complete', exitCode => 124]);
events(GET => "$ended/stream", undef,
    [type => 'process_info', processId => 'ended', status => 'failed',
        command => qr/exit 4$/],
    [type => 'stdout', processId => 'ended', data => "out\n"],
    [type => 'stderr', processId => 'ended', data => "err\n"],
    [type => 'exit', processId => 'ended', exitCode => 4,
        data => 'Process failed with exit code 4']);
events(POST => '/api/port-watch', { port => 8090, processId => 'ended' },
    [type => 'watching', port => 8090],
    [type => 'process_exited', port => 8090, exitCode => 4]);
events(POST => '/api/port-watch', { port => 8090, processId => 'nobody' },
    [type => 'watching', port => 8090],
    [type => 'error', port => 8090, error => 'Process not found']);

good(POST => $start, { command => 'exec perl -MIO::Socket::INET -e \'$s = '
    . 'IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8091, '
    . 'Listen => 5, ReuseAddr => 1); sleep 1000\'', processId => 'app' });
events(POST => '/api/port-watch', { port => 8091, mode => 'tcp' },
    [type => 'watching', port => 8091], [type => 'ready', port => 8091]);


# a port that nothing listens on: the agent's own 502

refused(8001, 'PORT_NOT_LISTENING', qr/^Nothing listens on port 8001\b/,
    sub { is($_[0]{command}, undef, 'no command');
        is((grep { $_->{port} == 8091 } @{$_[0]{listening}})[0]{address},
            '127.0.0.1', 'and what listens') });

$box->tell("send $tether " . $json->encode({ op => 'watch', port => 8003,
    seq => 1 }));
$box->wait_for(30, sub { ($box->call(GET => '/api/process/port-8003')
    ->{json}{process}{status} // '') eq 'failed' });
refused(8003, 'PORT_NOT_LISTENING',
    qr/^Nothing listens on port 8003\b.*\bcode 3\b/,
    sub { is_deeply($_[0]{command}, { state => 'exited', exitCode => 3,
        log => ['oops'] }, 'the command of port 8003') });


# a session that ends while a command runs in it, or waits for it

{
    my $http = $box->execute_start('sleep 30', sessionId => 'going');
    $box->wait_for(30, sub { $box->processes(qr/^sleep 30/) });
    my $waits = $box->execute_start('true', sessionId => 'going');
    good(POST => '/api/session/delete', { sessionId => 'going' });

    for ([$http, 'that runs'], [$waits, 'that waits']) {
        my $res = $_->[0]->response();
        is("$res->{status} $res->{json}{code}", '410 SESSION_DESTROYED',
            "a command $_->[1] in a session that is deleted");
        is($res->{json}{context}{sessionId}, 'going', 'and its context');
    }
}

is($box->stop(), 0, 'an orderly end');

done_testing();


# ----

sub good
{
    my $res = $box->call(@_);
    $res->{status} == 200
        or die "$_[0] $_[1]: $res->{status} $res->{body}\n";
    return $res;
}


sub rows
{
    for my $row (@_) {
        my ($request, $body, $headers, $status, $code, $text, $context) =
            @$row;
        my ($method, $path) = split / /, $request;
        my $name = substr $request, 0, 60;
        $name .= ' ' . substr(ref $body ? $json->encode($body) : $body, 0, 50)
            if defined $body;
        my $res = $box->call($method, $path, $body, @$headers);

        is($res->{status}, $status, "$name: $status");
        is($res->{json}{code}, $code, "$name: $code");
        like($res->{json}{message}, $text, "$name: text");
        shape($res, $name);

        for (sort keys %{$context || {}}) {
            is_deeply($res->{json}{context}{$_}, $context->{$_},
                "$name: context, $_");
        }
    }
}


# clients of either interface read their own half of it

sub shape
{
    my ($res, $name) = @_;
    my $j = $res->{json} || {};

    ok($res->{headers}{'content-type'} eq 'application/json'
        && $j->{error} eq $j->{message} && ref $j->{context} eq 'HASH'
        && $j->{httpStatus} == $res->{status} && $j->{timestamp} =~ $stamp,
        "$name: shape") or diag(substr $res->{body} // '', 0, 300);
}


# each member is of this value; timestamp besides, and no other

sub members
{
    my ($method, $path, $body, %want) = @_;
    my $got = good($method, $path, $body)->{json};
    my $name = "$method $path";

    like(delete $got->{timestamp}, $stamp, "$name: timestamp");
    delete $got->{sessionId} if exists $want{sessionId}
        && !defined $want{sessionId};
    for (keys %want) {
        $got->{$_} = $want{$_} if ref $want{$_} eq 'Regexp'
            && ($got->{$_} // '') =~ $want{$_};
    }
    delete $want{sessionId} if !defined $want{sessionId};
    is_deeply($got, \%want, "$name: members");
}


sub exec_events
{
    my ($name, $body, @want) = @_;
    my $res = $box->exec($body);
    my @got = map { $_->{raw} } @{$res->{events}};

    is($res->{status}, 200, "exec, $name: 200");
    is($res->{headers}{'content-type'}, 'text/event-stream',
        "exec, $name: type");
    is(scalar @got, scalar @want, "exec, $name: events");

    for my $i (0 .. $#want) {
        ref $want[$i] ? like($got[$i], $want[$i], "exec, $name: event $i")
            : is($got[$i], $want[$i], "exec, $name: event $i");
    }
}


sub events
{
    my ($method, $path, $body, @want) = @_;
    my $http = $box->http(timeout => 60);
    my $name = "$method $path";
    my @got;

    $http->request($method, $path, host => 'x',
        $body ? (body => $json->encode($body)) : ());
    my $res = $http->head();
    is($res->{status}, 200, "$name: 200");
    is($res->{headers}{'content-type'}, 'text/event-stream', "$name: type");

    my $sse = Sandbox::SSE->new($http);
    while (my $e = $sse->next()) {
        like($e->{raw}, qr/^(?:id: \d+\n)?data: \{[^\n]*\}$/,
            "$name: one line of data");
        push @got, $json->decode($e->{data});
    }
    ok(!$http->{broken}, "$name: ends as it should");

    # either stream may be read first
    @got = sort { rank($a) <=> rank($b) } @got;
    is(join(' ', map { $_->{type} } @got),
        join(' ', map { {@$_}->{type} } @want), "$name: events");

    for my $i (0 .. $#want) {
        my %want = @{$want[$i]};
        for (sort keys %want) {
            my $value = $got[$i]{$_};
            ref $want{$_} ? like($value, $want{$_}, "$name: event $i, $_")
                : is($value, $want{$_}, "$name: event $i, $_");
        }
    }
}


sub rank { return { stdout => 1, stderr => 2, start => 0, process_info => 0,
    watching => 0 }->{$_[0]{type}} // 3 }


sub refused
{
    my ($port, $code, $text, $more) = @_;
    my $http = Sandbox::HTTP->new(path => $box->socket($port), timeout => 60);
    $http->request('GET', '/', host => 'x');
    my $res = $http->response();

    is($res->{status}, 502, "port $port: 502");
    is($res->{json}{code}, $code, "port $port: $code");
    like($res->{json}{message}, $text, "port $port: text");
    is($res->{json}{context}{port}, $port, "port $port: context");
    is($res->{headers}{'x-sandbox-agent'}, 'refused', "port $port: mark");
    ok(length $res->{json}{suggestion}, "port $port: what to do");
    shape($res, "port $port");
    $more->($res->{json}{context});
}
