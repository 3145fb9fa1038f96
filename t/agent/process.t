#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Processes: start, list, get, kill, signals, standard input.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/encode_base64/;
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();

# KB of memory; a sanitizer has its own
my $SMALL = $Sandbox::Box::SANITIZE ? 131_072 : 16_384;
my $stamp = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
my ($TRUE, $FALSE) = (JSON::PP::true, JSON::PP::false);


sub start
{
    my ($command, %o) = @_;
    return $box->call('POST', '/api/process/start',
        { command => $command, sessionId => '__DISABLE_SESSION__', %o });
}


sub get { return $box->call('GET', "/api/process/$_[0]") }
sub of { return get($_[0])->{json}{process} }
sub stop { return $box->call('DELETE', "/api/process/$_[0]") }


sub post
{
    my ($id, $what, $body, @headers) = @_;
    @headers = ('Content-Type', 'application/json') if ref $body;
    return $box->call('POST', "/api/process/$id/$what", $body, @headers);
}


sub ends
{
    my ($id) = @_;
    return post($id, 'wait-for-exit', {})->{json};
}


sub logs { return $box->call('GET', "/api/process/$_[0]/logs")->{json} }

sub code { return "$_[0]{status} " . ($_[0]{json}{code} // '') }


# a start and its answer

my $res = start('echo hi; echo err >&2; sleep 0.3; exit 3', processId => 'a');
is($res->{status}, 200, 'start');
like(delete $res->{json}{timestamp}, $stamp, 'timestamp');
like(delete $res->{json}{pid}, qr/^\d+$/, 'pid');
is_deeply($res->{json}, { success => $TRUE, processId => 'a',
    command => 'echo hi; echo err >&2; sleep 0.3; exit 3' }, 'members');

is(of('a')->{status}, 'running', 'it runs');
is(of('a')->{exitCode}, undef, 'and has no exit code');
my $end = ends('a');
is_deeply([@$end{qw/success processId status exitCode outcome signal/}],
    [$TRUE, 'a', 'failed', 3, 'exited', undef], 'its end');
cmp_ok($end->{duration}, '>=', 300, 'duration is true');

my $p = of('a');
like($p->{$_}, $stamp, $_) for qw/startTime endTime/;
cmp_ok($p->{startTime}, 'lt', $p->{endTime}, 'and in order');
is_deeply([@$p{qw/id status exitCode outcome/}], ['a', 'failed', 3,
    'exited'], 'the record');

is(ends(start('true')->{json}{processId})->{status}, 'completed',
    'completed');
like(start('true')->{json}{processId}, qr/^proc_\d{13}_[0-9a-f]{6}$/,
    'an id of ours');

$end = ends(start('kill -SEGV $$')->{json}{processId});
is_deeply([@$end{qw/status exitCode outcome signal/}],
    ['failed', 139, 'signaled', 'SIGSEGV'], 'a signal');
is(ends(start('no-such-thing')->{json}{processId})->{exitCode}, 127,
    'not found');
is(ends(start("echo 'x")->{json}{processId})->{exitCode}, 2,
    'a syntax error');

# what a fast command says is in its log, and its pid is its own
for (1 .. 30) {
    my $res = start('echo pid $$; exit 7');
    my $id = $res->{json}{processId};
    my $log = logs($id)->{stdout};
    is($log, "pid $res->{json}{pid}\n", 'fast: pid and log at once') or last;
    is(ends($id)->{exitCode}, 7, 'fast: exit code') or last;
}

# environment and directory
$res = start('echo "$A:${HOME-none}"; pwd', env => { A => "x\ny",
    HOME => undef }, cwd => '/usr/bin', processId => 'env');
ends('env');
is(logs('env')->{stdout}, "x\ny:none\n/usr/bin\n", 'env and cwd');


# what is refused, before anything runs and without a trace

my $before = @{$box->call('GET', '/api/process/list')->{json}{processes}};
my $count = $box->sh('ls /tmp | wc -l');

for my $case (
    [{}, '400 INVALID_COMMAND', qr/command/],
    [{ command => 1 }, '400 INVALID_COMMAND', qr/command/],
    [{ command => " \t\n" }, '400 INVALID_COMMAND', qr/empty/],
    [{ command => "a\0b" }, '400 VALIDATION_FAILED', qr/NUL/],
    [{ command => 'x' x 131_072 }, '400 VALIDATION_FAILED', qr/longer/],
    (map { [{ command => 'touch /tmp/ran', processId => $_ },
        '400 VALIDATION_FAILED', qr/processId/] }
        '', 'list', 'kill-all', 'start', '../x', 'a/b', '..', 'x' x 129,
        "a\nb", 7, "\x{e4}"),
    (map { [{ command => 'touch /tmp/ran', env => { $_ => 'x' } },
        '400 VALIDATION_FAILED', qr/environment variable name/] }
        '', '1A', 'A-B', 'A=B', "A\nB"),
    [{ command => 'touch /tmp/ran', env => { A => "x\0" } },
        '400 VALIDATION_FAILED', qr/env.A/],
    [{ command => 'touch /tmp/ran', env => [] }, '400 VALIDATION_FAILED',
        qr/env/],
    [{ command => 'touch /tmp/ran', cwd => 'x' x 5000 },
        '400 VALIDATION_FAILED', qr/cwd/],
    [{ command => 'touch /tmp/ran', cwd => '/no/such' },
        '500 STREAM_START_ERROR', qr{/no/such}],
    (map { [{ command => 'touch /tmp/ran', timeoutMs => $_ },
        '400 VALIDATION_FAILED', qr/timeoutMs/] } -1, 'x', $TRUE),
    (map { [{ command => 'touch /tmp/ran', logBytes => $_ },
        '400 VALIDATION_FAILED', qr/logBytes/] } 0, 1000, 1e10, 'x', 70000.5),
    [{ command => 'touch /tmp/ran', autoCleanup => 'yes' },
        '400 VALIDATION_FAILED', qr/autoCleanup/],
    [{ command => 'touch /tmp/ran', stdin => [] }, '400 VALIDATION_FAILED',
        qr/stdin/],
    [{ command => 'touch /tmp/ran', sessionId => ' ' },
        '400 VALIDATION_FAILED', qr/sessionId/])
{
    my ($body, $code, $text) = @$case;
    my $res = $box->call('POST', '/api/process/start',
        { sessionId => '__DISABLE_SESSION__', %$body });
    is(code($res), $code, "refused: $text");
    like($res->{json}{message}, $text, 'and why');
}

is(scalar @{$box->call('GET', '/api/process/list')->{json}{processes}},
    $before, 'no record of what was not started');
is($box->sh('ls /tmp | wc -l'), $count, 'and it did not run');

is(code($box->call('POST', '/api/process/start', '{')),
    '400 VALIDATION_FAILED', 'no JSON');


# one id, one process

start('sleep 71', processId => 'same');
is(code(start('touch /tmp/ran', processId => 'same')),
    '409 PROCESS_ALREADY_EXISTS', 'a running one is not replaced');
is(stop('same')->{status}, 200, 'it is ended');
is(start('echo two', processId => 'same')->{status}, 200,
    'one that has ended is');
is(ends('same')->{exitCode}, 0, 'by the new one');
is(logs('same')->{stdout}, "two\n", 'with a log of its own');

# starts at the same time
my @conns = map {
    my $http = $box->http(timeout => 60);
    $http->request('POST', '/api/process/start', host => 'x', body =>
        '{"command":"sleep 72","processId":"race",'
        . '"sessionId":"__DISABLE_SESSION__"}');
    $http;
} 1 .. 8;
is(join(' ', sort map { $_->response()->{status} } @conns),
    join(' ', 200, (409) x 7), 'of eight at once one starts');
is(scalar $box->processes(qr/sleep 72/), 1, 'and runs');
stop('race');


# list

my $list = $box->call('GET', '/api/process/list?status=completed')->{json};
is($list->{success}, $TRUE, 'list');
is(join(' ', sort keys %{{ map { $_->{status} => 1 }
    @{$list->{processes}} }}), 'completed', 'of one status');
is_deeply($box->call('GET', '/api/process/list?status=nope')->{json}
    {processes}, [], 'of none');


# killing

is(code(get('nobody')), '404 PROCESS_NOT_FOUND', 'get: unknown');
is(code(stop('nobody')), '404 PROCESS_NOT_FOUND', 'kill: unknown');
like(stop('nobody')->{json}{message}, qr/not found/i, 'in words');
is(stop('nobody')->{json}{context}{processId}, 'nobody', 'context');
is(code(stop('a')), '404 COMMAND_NOT_FOUND', 'kill: it has ended');
is(code($box->call($_->[0], "/api/process/$_->[1]")), "404 $_->[2]",
    "$_->[0] $_->[1]") for ['GET', 'kill-all', 'PROCESS_NOT_FOUND'],
    ['DELETE', 'list', 'PROCESS_NOT_FOUND'],
    ['GET', 'start', 'PROCESS_NOT_FOUND'],
    ['GET', '..%2fx', 'PROCESS_NOT_FOUND'],
    ['GET', '', 'UNKNOWN_ERROR'], ['GET', 'a/', 'UNKNOWN_ERROR'],
    ['GET', 'a/b', 'UNKNOWN_ERROR'], ['PUT', 'a', 'UNKNOWN_ERROR'];

# a whole tree, deep and out of its group, at once
start('for i in 1 2 3; do bash -c "bash -c \'sleep 73 & sleep 73\'" & done; '
    . 'setsid sleep 73 & (setsid sh -c "sleep 73 & sleep 73" &) ; wait',
    processId => 'tree');
$box->wait_for(30, sub { $box->processes(qr/^sleep 73/) == 9 })
    or diag('the tree did not grow');
my $began = time;
$res = stop('tree');
cmp_ok(time - $began, '<', 4, 'no waiting when it dies sooner');
is_deeply([@{$res->{json}}{qw/success processId status exitCode signal/}],
    [$TRUE, 'tree', 'killed', 143, 'SIGTERM'], 'killed: 143');
is(scalar $box->processes(qr/sleep 73/), 0, 'the whole tree');
is(of('tree')->{status}, 'killed', 'the record');

# TERM is ignored, by child and grandchild
start('trap "" TERM; echo deaf; (trap "" TERM; sleep 74) & sleep 74; '
    . 'sleep 74', processId => 'deaf');
post('deaf', 'wait-for-log', { text => 'deaf' });
$began = time;
$res = stop('deaf');
cmp_ok(time - $began, '>=', 4, 'TERM has its time');
is_deeply([@{$res->{json}}{qw/status exitCode signal/}],
    ['killed', 137, 'SIGKILL'], 'killed: 137');
is(scalar $box->processes(qr/sleep 74/), 0, 'and nothing is left');

# and with less patience
start('trap "echo asked" TERM; echo deaf; while :; do sleep 1; done',
    processId => 'deaf');
post('deaf', 'wait-for-log', { text => 'deaf' });
my $http = $box->http(timeout => 60);
$http->request('DELETE', '/api/process/deaf', host => 'x');
post('deaf', 'wait-for-log', { text => 'asked' });
$began = time;
$res = $box->call('DELETE', '/api/process/deaf?signal=KILL');
cmp_ok(time - $began, '<', 4, 'KILL overtakes TERM');
is($res->{json}{exitCode}, 137, 'and kills');
is($http->response()->{json}{status}, 'killed', 'the other is told too');

# TERM is heard also by what its parent, by TERM, leaves behind
start(q{perl -MPOSIX -e '$| = 1; $set = POSIX::SigSet->new(SIGTERM);
    $SIG{TERM} = sub {
        sigprocmask(SIG_BLOCK, $set);
        exit if fork;
        $SIG{TERM} = sub { print "heard\n"; exit };
        sigprocmask(SIG_UNBLOCK, $set);
        sleep 1 while 1;
    };
    print "up\n"; sleep 1 while 1'}, processId => 'heir');
post('heir', 'wait-for-log', { text => 'up' });
is(stop('heir')->{status}, 200, 'one that leaves an heir is stopped');
is(logs('heir')->{stdout}, "up\nheard\n", 'which hears of it');


# what it says of itself is believed
start('trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done',
    processId => 'polite');
post('polite', 'wait-for-log', { text => 'up' });
$res = stop('polite');
is_deeply([@{$res->{json}}{qw/status exitCode outcome/}],
    ['killed', 5, 'exited'], 'an exit code of its own');
is(logs('polite')->{stdout}, "up\nbye\n", 'and last words');

for my $sig ('INT', 'sigint', '2', 'SIGINT') {
    start('exec sleep 75', processId => 'sig');
    is($box->call('DELETE', "/api/process/sig?signal=$sig")->{json}{signal},
        'SIGINT', "signal=$sig");
}
for my $sig ('', '0', '65', 'NOPE', '-9', '9x', 'SIG') {
    start('exec sleep 75', processId => 'sig') if !$before++;
    is(code($box->call('DELETE', "/api/process/tree?signal=$sig")),
        '404 COMMAND_NOT_FOUND', 'it has ended: whatever the signal');
}
start('exec sleep 75', processId => 'sig');
is(code($box->call('DELETE', "/api/process/sig?signal=$_")),
    '400 VALIDATION_FAILED', "signal=$_")
    for '', '0', '65', 'NOPE', '-9', '9x', 'SIG';
is(of('sig')->{status}, 'running', 'and nothing is sent');
stop('sig');

# a shell dies of the signal that the program it waits for ignores; what ended
# that program counts, and an exit code of one's own remains
for my $session ('stubborn', '__DISABLE_SESSION__') {
    start("bash -c 'trap \"\" TERM; echo up; while :; do sleep 0.05; done'; :",
        processId => 'stubborn', sessionId => $session);
    post('stubborn', 'wait-for-log', { text => 'up' });
    $res = stop('stubborn');
    is_deeply([@{$res->{json}}{qw/status exitCode signal outcome/}],
        ['killed', 137, 'SIGKILL', 'signaled'], "had to be killed: $session");

    start('trap "exit 6" TERM; (trap "" TERM; while :; do sleep 0.05; done) & '
        . 'echo up; wait', processId => 'mixed', sessionId => $session);
    post('mixed', 'wait-for-log', { text => 'up' });
    $res = stop('mixed');
    is_deeply([@{$res->{json}}{qw/status exitCode outcome/}],
        ['killed', 6, 'exited'], "its own exit code: $session");
}
$box->call('POST', '/api/session/delete', { sessionId => 'stubborn' });

# many at a time, one wait
start("trap '' TERM; echo up; sleep 76; sleep 76", processId => "m$_")
    for 1 .. 8;
start('sleep 76', processId => "n$_") for 1 .. 8;
post("m$_", 'wait-for-log', { text => 'up' }) for 1 .. 8;
$began = time;
$res = $box->call('DELETE', '/api/process/kill-all');
is($res->{json}{cleanedCount}, 16, 'kill-all counts');
cmp_ok(time - $began, '<', 20, 'and waits once');
is(scalar $box->processes(qr/sleep 76/), 0, 'nothing is left');
is(join(' ', map { of("m$_")->{exitCode} } 1 .. 8), join(' ', (137) x 8),
    'of the deaf');
is($box->call('DELETE', '/api/process/kill-all')->{json}{cleanedCount}, 0,
    'none');

# a kill that hits the end
for (1 .. 20) {
    start('sleep 0.0' . int(rand 3), processId => 'edge');
    sleep rand 0.03;
    my $res = stop('edge');
    like(code($res), qr/^200 |^404 COMMAND_NOT_FOUND/, 'edge: answer')
        or last;
    like(of('edge')->{status}, qr/^(?:completed|killed)$/, 'edge: status')
        or last;
}

# past its time
$res = start('echo on; (trap "" TERM; sleep 77) & sleep 77',
    timeoutMs => 300, processId => 'late');
$end = ends('late');
is_deeply([@$end{qw/status exitCode outcome/}], ['failed', 124,
    'timed_out'], 'timeoutMs');
is(scalar $box->processes(qr/sleep 77/), 0, 'its tree is ended');
is(logs('late')->{stdout}, "on\n", 'its log stays');
is(logs('late')->{stderr}, "Command timed out after 300ms\n", 'and says so');


# signals

start('trap "echo usr1" USR1; echo up; while :; do sleep 0.05; done',
    processId => 'usr');
post('usr', 'wait-for-log', { text => 'up' });
$res = post('usr', 'signal', { signal => 'STOP' });
is($res->{json}{signal}, 'SIGSTOP', 'signal: a name');
my ($pid) = $box->processes(qr/trap "echo usr1"/);
ok($box->wait_for(10, sub { slurp("/proc/$pid/stat") =~ /\) T/ }),
    'stopped');
is(post('usr', 'signal', { signal => 18 })->{json}{signal}, 'SIGCONT',
    'signal: a number');
ok($box->wait_for(10, sub { slurp("/proc/$pid/stat") !~ /\) T/ }),
    'goes on');
is(code(post('usr', 'signal', $_)), '400 VALIDATION_FAILED',
    'signal: refused') for {}, { signal => 0 }, { signal => 65 },
    { signal => 'NOPE' }, { signal => $TRUE }, { signal => "TERM\0" };
is(code(post('nobody', 'signal', { signal => 'TERM' })),
    '404 PROCESS_NOT_FOUND', 'signal: unknown');
is(code(post('a', 'signal', { signal => 'TERM' })), '404 COMMAND_NOT_FOUND',
    'signal: ended');
stop('usr');


# standard input

start('cat', processId => 'cat', stdin => $TRUE);
is(post('cat', 'stdin', { data => "one\n" })->{json}{bytes}, 4,
    'stdin: text');
post('cat', 'stdin', { dataBase64 => encode_base64("\xff\0\n", '') });
post('cat', 'stdin', 'raw {', 'Content-Type', 'text/plain');
$res = post('cat', 'stdin', { data => "\x{20ac}", close => $TRUE });
is($res->{json}{closed}, $TRUE, 'stdin: closed');
is(ends('cat')->{exitCode}, 0, 'it reads the end');
my $log = logs('cat');
is($log->{stdout}, "one\n\x{fffd}\0\nraw {\x{20ac}", 'stdin: text');
is(MIME::Base64::decode_base64($log->{stdoutBase64}),
    "one\n\xff\0\nraw {\xe2\x82\xac", 'stdin: bytes');
is(code(post('cat', 'stdin', { data => 'x' })), '404 COMMAND_NOT_FOUND',
    'stdin: ended');

start('cat; echo end', processId => 'cat', stdin => 'all of it');
ends('cat');
is(logs('cat')->{stdout}, "all of itend\n", 'stdin: at the start');
start('cat; echo end', processId => 'cat', stdin => '');
ends('cat');
is(logs('cat')->{stdout}, "end\n", 'stdin: empty');

start('sleep 78', processId => 'none');
is(code(post('none', 'stdin', { data => 'x' })), '409 STDIN_CLOSED',
    'stdin: not opened');
stop('none');

start('exec <&-; echo shut; sleep 78', processId => 'shut', stdin => $TRUE);
post('shut', 'wait-for-log', { text => 'shut' });
is(code(post('shut', 'stdin', { data => 'x' })), '409 STDIN_CLOSED',
    'stdin: closed by the process');
stop('shut');

is(code(post('cat', 'stdin', $_)), '400 VALIDATION_FAILED',
    'stdin: refused') for {}, { data => 1 }, { dataBase64 => 'a' },
    { dataBase64 => 'YQ=a' }, { dataBase64 => '====' },
    { data => 'a', dataBase64 => 'YQ==' }, { close => 1 };

# more than is read waits, and no longer than the process lives
start('sleep 79', processId => 'full', stdin => $TRUE);
my $writer = $box->http(timeout => 60);
$writer->request('POST', '/api/process/full/stdin', host => 'x',
    body => 'x' x 400_000, headers => ['Content-Type', 'text/plain']);
$box->wait_for(10, sub {
    post('full', 'stdin', { data => 'y' })->{status} == 409 });
is(code(post('full', 'stdin', { data => 'y' })), '409 RESOURCE_BUSY',
    'stdin: one writer at a time');
stop('full');
is(code($writer->response()), '409 STDIN_CLOSED', 'stdin: it died');

# and a large body gets through to who reads
start('sleep 0.5; wc -c', processId => 'wc', stdin => $TRUE);
$writer = $box->http(timeout => 60);
$writer->request('POST', '/api/process/wc/stdin?close=true', host => 'x',
    body => 'x' x 20_000_000, headers => ['Content-Type', 'text/plain']);
is($writer->response()->{json}{bytes}, 20_000_000, 'stdin: 20 MB, of a reader that is late');
ends('wc');
is(logs('wc')->{stdout}, "20000000\n", 'all of them');
cmp_ok($box->private(), '<', $SMALL, 'memory stays small');


# limits

$box->call('DELETE', '/api/process/kill-all');
$res = undef;
my $n = 0;
while ($n < 200) {
    $res = start('sleep 80', processId => "l$n");
    last if $res->{status} != 200;
    $n++;
}
is($n, 128, 'limit: processes');
is(code($res), '429 LIMIT_REACHED', 'the next is refused');
is($res->{json}{context}{max}, 128, 'and told the limit');
is($box->call('DELETE', '/api/process/kill-all')->{json}{cleanedCount}, 128,
    'all are ended');
is(scalar $box->processes(qr/sleep 80/), 0, 'really');

$n = 0;
while ($n < 20) {
    $res = start('sleep 81', logBytes => 64 * 1024 * 1024);
    last if $res->{status} != 200;
    $n++;
}
is($n, 8, 'limit: bytes of logs');
is(code($res), '429 LIMIT_REACHED', 'the next is refused');
$box->call('DELETE', '/api/process/kill-all');

for (1 .. 300) {
    $res = start('true');
    ends($res->{json}{processId}) if $_ % 20 == 0;
}
cmp_ok(scalar @{$box->call('GET', '/api/process/list')->{json}{processes}},
    '<=', 256, 'limit: records');
is(get($res->{json}{processId})->{status}, 200, 'the newest is kept');
is(code(get('a')), '404 PROCESS_NOT_FOUND', 'the oldest is gone');


# a process does not keep the sandbox awake; who waits for it does

my $tired = Sandbox::Box->new(boot => { sleep_after_ms => 300 });
$tired->call('POST', '/api/process/start', { command => 'sleep 82',
    processId => 'z', sessionId => '__DISABLE_SESSION__' });
my $waits = $tired->http(timeout => 60);
$waits->request('GET', '/api/process/z/stream', host => 'x');
is($waits->head()->{status}, 200, 'a stream');
# longer than sleep_after_ms
sleep 1;
is($tired->call('GET', '/api/process/z')->{json}{process}{status}, 'running',
    'holds it');
undef $waits;
is($tired->exit_status(60), 0, 'a process alone does not');


# nothing is left behind

$box->wait_for(30, sub { $box->processes() == 0 });
is(scalar $box->processes(), 0, 'no process');
is($box->sh('ls -A /tmp /var/tmp | grep -c "^\\.[0-9a-f]\\{32\\}"'), "0\n",
    'no file');

done_testing();


sub slurp
{
    my ($file) = @_;
    open my $fh, '<', $file or return '';
    local $/;
    return scalar <$fh>;
}
