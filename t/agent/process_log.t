#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Logs of processes: whole, by offset, as a stream that resumes, bounded.

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

# KB of memory; a sanitizer has its own
my $SMALL = $Sandbox::Box::SANITIZE ? 131_072 : 16_384;
my ($TRUE, $FALSE) = (JSON::PP::true, JSON::PP::false);


sub start
{
    my ($command, %o) = @_;
    return $box->call('POST', '/api/process/start',
        { command => $command, sessionId => '__DISABLE_SESSION__', %o });
}


sub post
{
    my ($id, $what, $body) = @_;
    return $box->call('POST', "/api/process/$id/$what", $body);
}


sub ends { return post($_[0], 'wait-for-exit', {})->{json} }
sub stop { return $box->call('DELETE', "/api/process/$_[0]?signal=KILL") }


sub logs
{
    my ($id, $query) = @_;
    return $box->call('GET', "/api/process/$id/logs" . ($query // ''))
        ->{json};
}


sub open_stream
{
    my ($id, $query, @headers) = @_;
    my $http = $box->http(timeout => 60);
    $http->request('GET', "/api/process/$id/stream" . ($query // ''),
        host => 'x', headers => [@headers]);
    return $http;
}


# the next events, up to as many or to the end: {type, data, id, ...}

sub events
{
    my ($sse, $max) = @_;
    my @events;

    while (!defined $max || @events < $max) {
        my $e = $sse->next(60) or last;
        my $json = JSON::PP::decode_json($e->{data});
        ($json->{id}) = $e->{raw} =~ /^id: (\d+)$/m;
        $json->{bytes} = defined $json->{dataBase64}
            ? decode_base64($json->{dataBase64})
            : defined $json->{data} ? do { my $t = $json->{data};
                utf8::encode($t); $t } : '';
        push @events, $json;
    }

    return @events;
}


sub stream
{
    my ($id, $query, @headers) = @_;
    my $http = open_stream($id, $query, @headers);
    my $res = $http->head();
    return $res if $res->{status} != 200;
    return { %$res, events => [events(Sandbox::SSE->new($http))],
        broken => $http->{broken} };
}


sub text { return join '', map { $_->{bytes} } grep {
    $_->{type} eq $_[0] } @_[1 .. $#_] }


# these wait while the rest goes on

start('sleep 600', processId => 'silent');
my %silent = map { $_->[0] => $box->http(timeout => 60) } my @silent = (
    ['/exec', '{"argv":["sleep","600"]}'],
    ['/api/execute/stream', '{"command":"sleep 600"}'],
    ['/api/port-watch', '{"port":9999,"mode":"tcp"}'],
    ['/api/process/silent/stream'],
);
$silent{$_->[0]}->request($_->[1] ? 'POST' : 'GET', $_->[0], host => 'x',
    $_->[1] ? (body => $_->[1]) : ()) for @silent;



# the whole protocol, of a process that has ended

start('echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three; exit 4',
    processId => 'a');
ends('a');

my $log = logs('a');
like(delete $log->{timestamp}, qr/Z$/, 'logs: timestamp');
is_deeply($log, { success => $TRUE, processId => 'a', stdout => "one\nthree",
    stderr => "two\n", offset => 0, nextOffset => 13, logStart => 0,
    logEnd => 13, truncated => $FALSE, status => 'failed' }, 'logs');

my $res = stream('a');
is($res->{headers}{'content-type'}, 'text/event-stream', 'stream: type');
my @e = @{$res->{events}};
is(join(' ', map { $_->{type} } @e),
    'process_info stdout stderr stdout exit', 'stream: order');
is_deeply([@{$e[0]}{qw/processId command status/}], ['a',
    'echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three; exit 4',
    'failed'], 'process_info');
is_deeply([map { $_->{data} } @e[1 .. 3]], ["one\n", "two\n", 'three'],
    'data');
is_deeply([map { $_->{id} } @e], [undef, 4, 8, 13, undef], 'ids');
is_deeply([@{$e[4]}{qw/exitCode data status outcome/}], [4,
    'Process failed with exit code 4', 'failed', 'exited'], 'exit');
ok(!$res->{broken}, 'it ends as it should');
like($_->{timestamp}, qr/Z$/, "$_->{type}: timestamp") for @e;
is($_->{processId}, 'a', "$_->{type}: processId") for @e;

# from every offset
for my $offset (0 .. 13) {
    my $want = substr "one\ntwo\nthree", $offset;
    for my $how (["?offset=$offset"], ['', 'Last-Event-ID', $offset],
        ['?offset=7', 'last-event-id', $offset])
    {
        my @e = @{stream('a', @$how)->{events}};
        is(join('', map { $_->{data} } grep { $_->{type} =~ /^std/ } @e),
            $want, "from $offset") or last;
        is($e[-1]{exitCode}, 4, "and the end") or last;
    }
}

for my $bad ('x', '', '-1', '1.5', '99999999999999999999', '14', '0x1') {
    is(stream('a', "?offset=$bad")->{status}, 400, "offset=$bad");
    is(stream('a', '', 'Last-Event-ID', $bad)->{status}, 400,
        "Last-Event-ID: $bad");
    is($box->call('GET', "/api/process/a/logs?offset=$bad")->{status}, 400,
        "logs?offset=$bad");
}

is(stream('nobody')->{status}, 404, 'stream: unknown');
is($box->call('GET', '/api/process/nobody/logs')->{status}, 404,
    'logs: unknown');
$res = $box->call('HEAD', '/api/process/a/stream');
is($res->{status}, 200, 'HEAD of a stream');

# pages of a log
my ($stdout, $stderr, $at) = ('', '', 0);
while (1) {
    my $page = logs('a', "?offset=$at&limit=3");
    last if $page->{nextOffset} == $at;
    is($page->{offset}, $at, "a page from $at");
    $stdout .= $page->{stdout};
    $stderr .= $page->{stderr};
    $at = $page->{nextOffset};
}
is("$stdout|$stderr", "one\nthree|two\n", 'make the whole');


# characters and bytes

start('for i in 1 2 3; do printf "\\342"; sleep 0.05; printf "x" >&2; '
    . 'printf "\\202\\254"; done; printf "\\377" >&2; printf "\\303"',
    processId => 'utf');
ends('utf');
$log = logs('utf');
is($log->{stdout}, "\x{20ac}" x 3 . "\x{fffd}", 'a character in two writes');
is(decode_base64($log->{stdoutBase64}), "\xe2\x82\xac" x 3 . "\xc3",
    'what is none comes as bytes');
is($log->{stderr}, "xxx\x{fffd}", 'stderr');
is(decode_base64($log->{stderrBase64}), "xxx\xff", 'as bytes');
@e = @{stream('utf')->{events}};
is(text('stdout', @e), "\xe2\x82\xac" x 3 . "\xc3", 'stream: bytes');
is(scalar(grep { $_->{type} eq 'stdout' && $_->{data} =~ /\x{fffd}/ } @e), 1,
    'stream: no character is cut');

start('perl -e "print qq(\\342\\202\\254) x 100001; '
    . 'print STDERR qq(\\0\\1\\377) x 50001"', processId => 'utf');
ends('utf');
$log = logs('utf');
ok($log->{stdout} eq "\x{20ac}" x 100_001, '300 KB of characters');
is($log->{stdoutBase64}, undef, 'need no bytes');
ok(decode_base64($log->{stderrBase64}) eq "\0\1\xff" x 50_001,
    '150 KB of bytes');
@e = @{stream('utf')->{events}};
ok(text('stdout', @e) eq "\xe2\x82\xac" x 100_001, 'stream: the same');
ok(text('stderr', @e) eq "\0\1\xff" x 50_001, 'on both');
is(scalar(grep { $_->{type} eq q(stdout) && $_->{data} =~ /\x{fffd}/ } @e), 0,
    'stream: no character is cut');
my $page = logs('utf', '?limit=1000');
is($page->{stdout} . $page->{stderr}, "\x{20ac}" x 333, 'nor by a limit')
    if $page->{stdout} ne '';


# live: as it appears, and to many

start('echo up; read x; echo "got $x"; read x; echo bye >&2', processId =>
    'live', stdin => $TRUE);
my @streams = map { Sandbox::SSE->new(open_stream('live')) } 1 .. 3;
$_->{conn}->head() for @streams;
is(join(' ', map { $_->{data} // $_->{type} } events($_, 2)),
    "process_info up\n", 'live: replay') for @streams;
$box->call('POST', '/api/process/live/stdin', "word\n");
is((events($_, 1))[0]{data}, "got word\n", 'live: as it appears')
    for @streams;

# one of them leaves, in the middle
undef $streams[1]{conn};
$box->call('POST', '/api/process/live/stdin', "word\n");
for (@streams[0, 2]) {
    my @e = events($_);
    is(join(' ', map { $_->{data} } @e),
        "bye\n Process completed with exit code 0", 'live: to the end');
}


# the client dies, over and over: nothing is lost, and nothing comes twice

start('i=0; while [ $i -lt 3000 ]; do echo "line $i"; echo "err $i" >&2; '
    . 'i=$((i+1)); done', processId => 'resume');
my ($id, %got) = (undef);
my ($done, $n) = (0, 0);
while (!$done && $n++ < 10_000) {
    my $http = open_stream('resume', '', defined $id
        ? ('Last-Event-ID', $id) : ());
    $http->head();
    my $sse = Sandbox::SSE->new($http);
    for (1 .. 1 + int rand 20) {
        my ($e) = events($sse, 1) or last;
        $id = $e->{id} if defined $e->{id};
        $got{$e->{type}} .= $e->{data} if $e->{type} =~ /^std/;
        $done = 1 if $e->{type} eq 'exit';
    }
}
ok($done, 'resumed to the end');
ok($got{stdout} eq join('', map { "line $_\n" } 0 .. 2999),
    'stdout: whole, and once');
ok($got{stderr} eq join('', map { "err $_\n" } 0 .. 2999),
    'stderr: whole, and once');


# more than is kept: the front is dropped, and that is said

for my $n (40_000, 42_800, 45_600, 48_400) {
    start("i=0; while [ \$i -lt $n ]; do echo \"number \$i\"; i=\$((i+1)); "
        . 'done', processId => 'ring', logBytes => 131_072);
    ends('ring');
    $log = logs('ring');
    my $whole = join '', map { "number $_\n" } 0 .. $n - 1;
    is($log->{logEnd}, length $whole, 'ring: the end counts all');
    cmp_ok($log->{logStart}, '>', 0, 'ring: the front is dropped');
    my $kept = $log->{logEnd} - $log->{logStart};
    cmp_ok($kept, '<=', 131_072 + 4 * 32_768, 'ring: no more is kept');
    cmp_ok($kept, '>=', 98_304, "ring: nor less, $n");
    is($log->{truncated}, $TRUE, 'ring: said');
    ok($log->{stdout} eq substr($whole, $log->{logStart}),
        'ring: what is kept');
    is($log->{offset}, $log->{logStart}, 'ring: from where');

    @e = @{stream('ring')->{events}};
    is_deeply([@{$e[1]}{qw/type from to id/}], ['truncated', 0,
        $log->{logStart}, $log->{logStart}], 'ring: the stream says it too');
    ok(text('stdout', @e) eq substr($whole, $log->{logStart}),
        'ring: and goes on');
}
is($box->call('GET', '/api/process/ring')->{json}{process}{log}{truncated},
    $TRUE, 'ring: the record has it');


# a reader that does not read stops nothing

start('head -c 30000000 /dev/zero | tr "\\0" x; echo; echo done >&2',
    processId => 'big', logBytes => 1_048_576);
my $slow = open_stream('big');
$slow->head();
is(ends('big')->{exitCode}, 0, 'the process ends all the same');
cmp_ok($box->private(), '<', $SMALL, 'memory stays small');
@e = events(Sandbox::SSE->new($slow));
my ($sum, $next) = (0, 0);
for (grep { $_->{type} =~ /^(?:std|trunc)/ } @e) {
    my $len = $_->{type} eq 'truncated' ? $_->{to} - $_->{from}
        : length $_->{bytes};
    $next += $len;
    $sum += length $_->{bytes};
    is($_->{id}, $next, 'every byte is there, or said not to be') or last;
}
is($next, 30_000_006, 'all of them');
cmp_ok($sum, '<', 30_000_006, 'and some were not kept');
is($e[-1]{exitCode}, 0, 'and the end');
like(text('stderr', @e), qr/^done$/, 'with the last words');
$box->call('GET', '/api/process/big/logs');
cmp_ok($box->private(), '<', $SMALL, 'nor does the whole log need much');

# 200 MB to a reader that reads
start('head -c 200000000 /dev/zero; printf end', processId => 'huge',
    logBytes => 67_108_864);
is(ends('huge')->{exitCode}, 0, '200 MB');
is($box->call('GET', '/api/process/huge')->{json}{process}{log}{end},
    200_000_003, 'counted');
$page = logs('huge', '?offset=199999990');
is(length $page->{stdout}, 13, 'the last of them');
cmp_ok($box->private(), '<', $SMALL, 'memory stays small');


# no disk for it: the end stays, and the loss is told

for my $case (['size=16k', 'No space'], ['size=16k,ro', 'Read-only'])
{
    my ($options, $reason) = @$case;
    my $none = Sandbox::Box->new();
    my @mount = ('nsenter', '-t', $none->pid(), '-m', '-r', 'mount', '-o');
    is(system(@mount, $options, '-t', 'tmpfs', 'none', '/tmp'), 0,
        "$reason: mounted");
    is(system(@mount, 'remount,ro', '/'), 0, "$reason: root")
        if $options =~ /ro$/;
    $none->call('POST', '/api/process/start', { processId => 'x', command =>
        'i=0; while [ $i -lt 40000 ]; do echo "number $i"; i=$((i+1)); done',
        sessionId => '__DISABLE_SESSION__' });
    is($none->call('POST', '/api/process/x/wait-for-exit', {})->{json}
        {exitCode}, 0, "$reason: the process does not suffer");
    my $log = $none->call('GET', '/api/process/x/logs')->{json};
    like($log->{lost}{reason}, qr/^$reason/, "$reason: said");
    is($log->{truncated}, $TRUE, "$reason: and that the log is not whole");
    like($log->{stdout}, qr/number 39999\n$/, "$reason: the end is kept");
}


# autoCleanup keeps a record for a while, and it is listed till then

start('echo x', processId => 'auto', autoCleanup => $TRUE);
ends('auto');
is(logs('auto')->{stdout}, "x\n", 'autoCleanup: not at once');


# who waits in silence hears that the connection is alive

for my $path (sort keys %silent) {
    my $http = $silent{$path};
    my $input = '';
    while ($input !~ /^: ?\r?\n/m && $http->fill(60)) {
        $input .= $http->{in};
        $http->{in} = '';
    }
    like($input, qr/^: ?\r?\n/m, "$path: a comment");
    $http->close();
}
stop('silent');


# nothing of it is left in the end

is($box->sh('ls -A /tmp /var/tmp | grep -c "^\\.[0-9a-f]\\{32\\}"'), "0\n",
    'no file has a name');

done_testing();
