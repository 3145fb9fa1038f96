#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/execute and /api/execute/stream without sessions.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
my $stamp = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;


sub run
{
    my ($command, %o) = @_;
    return $box->call('POST', '/api/execute',
        { command => $command, sessionId => '__DISABLE_SESSION__', %o });
}


sub stream
{
    my ($command, %o) = @_;
    my $http = $box->http(timeout => 120);
    $http->request('POST', '/api/execute/stream', host => 'x',
        body => JSON::PP->new->utf8->encode({ command => $command,
            sessionId => '__DISABLE_SESSION__', %o }));
    my $res = $http->head();
    my $sse = Sandbox::SSE->new($http);
    $res->{events} = [];

    while (my $e = $sse->next()) {
        push @{$res->{events}}, JSON::PP::decode_json($e->{data});
    }
    $res->{broken} = $http->{broken};
    return $res;
}


# the answer at once

my $res = run('echo hi; echo err >&2; exit 3');
is($res->{status}, 200, 'status, whatever the exit code');
is($res->{headers}{'content-type'}, 'application/json', 'type');
like(delete $res->{json}{timestamp}, $stamp, 'timestamp');
like(delete $res->{json}{duration}, qr/^\d+$/, 'duration');
like(delete $res->{json}{cpuTime}, qr/^\d+$/, 'cpuTime');
like(delete $res->{json}{peakMemory}, qr/^\d{6,}$/, 'peakMemory');
is_deeply($res->{json}, { success => JSON::PP::false, exitCode => 3,
    stdout => "hi\n", stderr => "err\n",
    command => 'echo hi; echo err >&2; exit 3', outcome => 'exited',
    sessionId => '__DISABLE_SESSION__' }, 'members');

is_deeply([@{run('true')->{json}}{qw/success exitCode stdout stderr/}],
    [JSON::PP::true, 0, '', ''], 'success');
cmp_ok(run('sleep 0.4')->{json}{duration}, '>=', 400, 'duration is true');
is(run('echo $BASH_VERSION')->{json}{shell}, undef, 'bash is not named');
like(run('echo $BASH_VERSION')->{json}{stdout}, qr/^5\./, 'it is bash');
is(run('pwd')->{json}{stdout}, "/workspace\n", 'cwd');
is(run('true', sessionId => 'mine')->{json}{sessionId}, 'mine', 'sessionId');
is(run('true', sessionId => '__DISABLE_SESSION__')->{json}{exitCode}, 0,
    'no session');
is(run('x=1; cd /; true')->{json}{exitCode}
    . run('echo $x; pwd')->{json}{stdout}, "0\n/workspace\n",
    'nothing is kept');

is(run('no-such-thing')->{json}{exitCode}, 127, 'not found');
is(run('/etc/passwd')->{json}{exitCode}, 126, 'not executable');
is(run('kill -9 $$')->{json}{exitCode}, 137, 'killed');
is(run('kill -9 $$')->{json}{signal}, 'SIGKILL', 'and by what');
is(run('kill -9 $$')->{json}{outcome}, 'signaled', 'and how it ended');
is(run("echo 'unterminated")->{json}{exitCode}, 2, 'a syntax error');
is(run("cat <<X\na\nX\n")->{json}{stdout}, "a\n", 'lines');
is(run('cat')->{json}{exitCode}, 0, 'stdin is empty');


# text and bytes

for my $case (
    ["printf 'a\\0b'", "a\0b", undef],
    ["printf '\\303\\274\\342\\202\\254\\360\\237\\230\\200'",
        "\x{fc}\x{20ac}\x{1f600}", undef],
    ["printf 'a\\377b'", "a\x{fffd}b", "a\xffb"],
    ["printf 'x\\303'", "x\x{fffd}", "x\xc3"],
    ["printf '\\355\\240\\200'", "\x{fffd}" x 3, "\xed\xa0\x80"],
    ["printf '\\300\\200'", "\x{fffd}" x 2, "\xc0\x80"],
    ["printf '\\1\\37\\177\"\\\\\\t\\r'", "\1\37\177\"\\\t\r", undef])
{
    my ($command, $text, $bytes) = @$case;
    my $json = run($command)->{json};
    is($json->{stdout}, $text, "$command: text");
    is(defined $json->{stdoutBase64}
        ? decode_base64($json->{stdoutBase64}) : undef, $bytes,
        "$command: bytes where they are lost");
    $json = run("$command >&2")->{json};
    is($json->{stderr}, $text, "$command: text on stderr");
    is(defined $json->{stderrBase64}
        ? decode_base64($json->{stderrBase64}) : undef, $bytes,
        "$command: bytes on stderr");
}

# characters at every offset of the pieces that the reply is made of
for my $n (0 .. 3) {
    my $json = run("printf '%${n}s' ''; perl -e 'print qq(\\342\\202\\254) x "
        . "100000'; perl -e 'print STDERR qq(\\377) x 100001'")->{json};
    ok($json->{stdout} eq ' ' x $n . "\x{20ac}" x 100_000,
        "300 KB of characters from $n");
    ok($json->{stderr} eq "\x{fffd}" x 100_001, 'and of none');
    ok(decode_base64($json->{stderrBase64}) eq "\xff" x 100_001,
        'as bytes');
    is($json->{stdoutBase64}, undef, 'only where it must be');
}

# a large answer to a slow reader
my $http = $box->http(timeout => 60);
$http->request('POST', '/api/execute', host => 'x', body =>
    '{"command":"head -c 20000000 /dev/zero | tr \"\\\\0\" x"}');
$box->wait_full($http);
$res = $http->response();
ok($res->{json}{stdout} eq 'x' x 20_000_000, '20 MB at once');
ok(!$res->{broken}, 'whole');


# bounds

$res = run('head -c 70000000 /dev/zero; sleep 68');
is($res->{status}, 413, 'too much output: 413');
is($res->{json}{code}, 'OUTPUT_TOO_LARGE', 'code');
like($res->{json}{suggestion}, qr{/api/execute/stream}, 'what to do');
is(scalar $box->processes(qr/sleep 68/), 0, 'the command was ended');

$res = run('true ' . 'x' x 131_072);
is($res->{status}, 400, 'a command longer than the kernel takes');
is($res->{json}{code}, 'VALIDATION_FAILED', 'code');
is(run('true ' . 'x' x 131_000)->{json}{exitCode}, 0, 'a long one');


# cwd and env

is(run('pwd', cwd => '/usr/lib')->{json}{stdout}, "/usr/lib\n", 'any cwd');
run('mkdir -p sub');
is(run('pwd', cwd => 'sub')->{json}{stdout}, "/workspace/sub\n", 'relative');
$res = run('pwd', cwd => '/no/such');
is($res->{status}, 500, 'missing cwd: 500');
is($res->{json}{code}, 'COMMAND_EXECUTION_ERROR', 'code');
like($res->{json}{message}, qr{/no/such}, 'names it');
is($res->{json}{context}{command}, 'pwd', 'context');

is(run('echo $A-$B', env => { A => 'x y', B => undef })->{json}{stdout},
    "x y-\n", 'env');


# stdin

is(run('cat', stdin => "a\n\0b")->{json}{stdout}, "a\n\0b", 'text');
is(run('od -An -tx1', stdinBase64 => '/wAK')->{json}{stdout}, " ff 00 0a\n",
    'bytes');
is(run('wc -c', stdin => 'x' x 1_000_000)->{json}{stdout}, "1000000\n",
    'more than a pipe holds');
is(run('true', stdin => 'x' x 1_000_000)->{json}{exitCode}, 0,
    'of which nothing is read');
is(run('cat', stdin => undef)->{json}{stdout}, '', 'none');
is(run('cat', stdin => '')->{json}{stdout}, '', 'and an empty one');


# in the background

$res = run('echo started', background => JSON::PP::true);
is($res->{status}, 200, 'background: 200');
like($res->{json}{processId}, qr/./, 'and the answer of a process start');


# the deadline

$res = run('echo out; printf err >&2; sleep 69', timeoutMs => 300);
is($res->{status}, 200, 'timeout: 200');
is_deeply([@{$res->{json}}{qw/success exitCode stdout stderr timedOut/}],
    [JSON::PP::false, 124, "out\n", "err\nCommand timed out after 300ms\n",
    JSON::PP::true], 'timeout: members');
is(scalar $box->processes(qr/sleep 69/), 0, 'nothing left');


# the stream

$res = stream('echo hi; exit 4');
is($res->{status}, 200, 'stream: status');
is($res->{headers}{'content-type'}, 'text/event-stream', 'stream: type');
is($res->{events}[0]{type}, 'start', 'start');
is($res->{events}[0]{command}, 'echo hi; exit 4', 'its command');
like($_->{timestamp}, $stamp, "$_->{type} has a timestamp")
    for @{$res->{events}};
is_deeply([@{$res->{events}[1]}{qw/type data/}], ['stdout', "hi\n"],
    'output');
is_deeply([@{$res->{events}[-1]}{qw/type exitCode/}], ['complete', 4],
    'complete');
ok(!$res->{broken}, 'whole');

# a character in two writes, and half of one at the end
$res = stream("printf 'a\\342\\202'; sleep 0.3; printf '\\254b\\360\\237'; "
    . "sleep 0.3; printf '\\377'; sleep 0.3; printf 'z\\303'");
my @out = grep { $_->{type} eq 'stdout' } @{$res->{events}};
is_deeply([map { [$_->{data}, defined $_->{dataBase64}
        ? decode_base64($_->{dataBase64}) : undef] } @out],
    [['a', undef], ["\x{20ac}b", undef],
    ["\x{fffd}" x 3, "\xf0\x9f\xff"], ['z', undef],
    ["\x{fffd}", "\xc3"]], 'no character is cut in two');

$res = stream('perl -e \'print qq(\342\202\254) x 400000\'');
is(join('', map { $_->{data} // '' } @{$res->{events}}),
    "\x{20ac}" x 400_000, 'a long text');
ok(!grep({ exists $_->{dataBase64} } @{$res->{events}}),
    'no bytes were lost');

$res = stream('sleep 70', timeoutMs => 200);
is($res->{events}[-1]{exitCode}, 124, 'the deadline of a stream');
is($res->{events}[-2]{data}, "Command timed out after 200ms\n",
    'is told on stderr');

# as it appears
$http = $box->http();
$box->sh('mkfifo gate');
$http->request('POST', '/api/execute/stream', host => 'x',
    body => '{"command":"echo one; read x < gate; echo two"}');
$http->head();
my $sse = Sandbox::SSE->new($http);
like($sse->next()->{data}, qr/"start"/, 'start at once');
like($sse->next()->{data}, qr/"one\\n"/, 'output as it appears');
$box->sh('echo > gate');
like($sse->next()->{data}, qr/"two\\n"/, 'and later');


# wrong requests

for my $path ('/api/execute', '/api/execute/stream') {
    my $none = $path =~ /stream/ ? 'INVALID_COMMAND' : 'VALIDATION_FAILED';

    for my $case (
        ['', $none, 'command'],
        ['{"command":5}', $none, 'command'],
        ['{"command":null}', $none, 'command'],
        ['{"command":"a\u0000b"}', 'VALIDATION_FAILED', 'NUL'],
        ['{"command":"a","timeoutMs":"x"}', 'VALIDATION_FAILED', 'timeoutMs'],
        ['{"command":"a","env":{"A B":"x"}}', 'VALIDATION_FAILED', 'A B'],
        ['{"command":"a","env":{"A":["x"]}}', 'VALIDATION_FAILED', 'env.A'],
        ['{"command":"a","cwd":[]}', 'VALIDATION_FAILED', 'cwd'],
        ['{"command":"a","sessionId":"../x"}', 'VALIDATION_FAILED',
            'sessionId'],
        ['{"command":"a","stdin":5}', 'VALIDATION_FAILED', 'stdin'],
        ['{"command":"a","stdinBase64":"a*=="}', 'VALIDATION_FAILED',
            'stdinBase64'],
        ['{"command":"a","stdin":"a","stdinBase64":"YQ=="}',
            'VALIDATION_FAILED', 'only one'],
        ['{', 'VALIDATION_FAILED', 'JSON'],
        ['[1]', 'VALIDATION_FAILED', 'object'])
    {
        my ($body, $code, $name) = @$case;
        $res = $box->call('POST', $path, $body);
        is($res->{status}, 400, "$path $body: 400");
        is($res->{json}{code}, $code, "$path $body: code");
        like($res->{json}{message}, qr/$name/, "$path $body: says what");
    }
}

is_deeply([sort keys %{$res->{json}}], [qw/code context error httpStatus
    message suggestion timestamp/], 'the shape of an error');
is($res->{json}{httpStatus}, 400, 'httpStatus');
is($res->{json}{error}, $res->{json}{message}, 'error and message agree');
like($res->{json}{timestamp}, $stamp, 'timestamp of an error');

# nothing to run: an error of a stream only

for my $command ('', " \n\t") {
    for my $session ('', 'blank', '__DISABLE_SESSION__') {
        my %call = (command => $command, sessionId => $session);
        my $text = JSON::PP->new->canonical->encode(\%call);
        $res = $box->execute($command, %call);
        is_deeply([@{$res->{json}}{qw/success exitCode stdout stderr/}],
            [JSON::PP::true, 0, '', ''], "$text: runs");
        $res = $box->call('POST', '/api/execute/stream', \%call);
        is("$res->{status} $res->{json}{code}", '400 INVALID_COMMAND',
            "$text: refused as a stream");
    }
}
is($box->output('A=blank; :', sessionId => 'blank'), '', 'and the session');
is($box->output('', sessionId => 'blank'), '', 'goes on');
is($box->output('echo $A', sessionId => 'blank'), 'blank', 'as before');

# an empty session is the default one, however it is named

is($box->output('A=the-default'), '', 'a variable of the default session');
is($box->output('echo $A', sessionId => ''), 'the-default', 'sessionId ""');
for my $header ('Session-Id', 'X-Session-Id') {
    $res = $box->call('POST', '/api/execute', { command => 'echo $A' },
        $header, '');
    is($res->{json}{stdout}, 'the-default', "an empty $header");
}
$res = $box->call('POST', '/api/execute?session=', { command => 'echo $A' });
is($res->{json}{stdout}, 'the-default', 'session=');

# the version is in every environment, and a variable of one's own wins

my $version = $box->call('GET', '/api/version')->{json}{version};
is($box->output('printf "$SANDBOX_VERSION"', sessionId => $_), $version,
    "SANDBOX_VERSION: $_") for 'v', '__DISABLE_SESSION__';
is($box->exec({ argv => ['printenv', 'SANDBOX_VERSION'] })->{stdout},
    "$version\n", 'SANDBOX_VERSION: exec');
is($box->output('echo $SANDBOX_VERSION', env => { SANDBOX_VERSION => 'mine' }),
    'mine', "SANDBOX_VERSION: the call's own");

$res = $box->call('POST', '/api/execute/stream',
    { command => 'true', cwd => '/no/such',
    sessionId => '__DISABLE_SESSION__' });
is($res->{status}, 500, 'a stream that cannot start is no stream');
is($res->{json}{code}, 'STREAM_START_ERROR', 'code');

is($box->stop(), 0, 'an orderly end');

done_testing();
