#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Waiting for a process's end, for a line of its log, for a port.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
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


# the same, to be answered later

sub begin
{
    my ($path, $body) = @_;
    my $http = $box->http(timeout => 60);
    $http->request('POST', $path, host => 'x',
        body => JSON::PP->new->utf8->encode($body));
    return $http;
}


sub watch
{
    my $http = begin('/api/port-watch', { @_ });
    my $res = $http->head();
    return $res if $res->{status} != 200;
    my $sse = Sandbox::SSE->new($http);
    my @events;
    while (my $e = $sse->next(60)) {
        push @events, JSON::PP::decode_json($e->{data});
    }
    return \@events;
}


sub feed
{
    my ($id, $text) = @_;
    return $box->call('POST', "/api/process/$id/stdin", $text);
}


sub stop { return $box->call('DELETE', "/api/process/$_[0]?signal=KILL") }
sub code { return "$_[0]{status} " . ($_[0]{json}{code} // '') }


# the end

start('read x; exit 5', processId => 'a', stdin => $TRUE);
my @waits = map { begin('/api/process/a/wait-for-exit', {}) } 1 .. 3;
my $res = post('a', 'wait-for-exit', { timeoutMs => 100 });
is(code($res), '408 PROCESS_READY_TIMEOUT', 'exit: time is over');
is_deeply($res->{json}{context}, { processId => 'a', command =>
    'read x; exit 5', condition => 'exit', timeout => 100 }, 'context');
feed('a', "\n");
is($_->response()->{json}{exitCode}, 5, 'exit: told') for @waits;
is(post('a', 'wait-for-exit', { timeoutMs => 1 })->{json}{exitCode}, 5,
    'exit: at once');
is(code(post('nobody', "wait-for-$_->[0]", $_->[1])),
    '404 PROCESS_NOT_FOUND', "$_->[0]: unknown") for ['exit', {}],
    ['log', { text => 'x' }], ['port', { port => 1 }];
is(code(post('a', 'wait-for-exit', { timeoutMs => 'x' })),
    '400 VALIDATION_FAILED', 'exit: a bad timeout');


# the log

start('echo first; echo "x listening on 8080 y" >&2; printf "no end"; '
    . 'read x; echo " here"; read x; printf "last words"', processId => 'b',
    stdin => $TRUE);

$res = post('b', 'wait-for-log', { text => 'listening on' })->{json};
is_deeply([@$res{qw/success processId line stream/}],
    [$TRUE, 'b', 'x listening on 8080 y', 'stderr'], 'log: a text');
like($res->{offset}, qr/^(?:14|20|26)$/, 'log: the offset behind it');
is(post('b', 'wait-for-log', { regex => 'on [0-9]{4}( |$)' })->{json}{line},
    'x listening on 8080 y', 'log: an expression');
is(code(post('b', 'wait-for-log', { text => 'listening', stream => 'stdout',
    timeoutMs => 100 })), '408 PROCESS_READY_TIMEOUT', 'log: by stream');
is(code(post('b', 'wait-for-log', { text => 'first', fromOffset => 1,
    timeoutMs => 100 })), '408 PROCESS_READY_TIMEOUT', 'log: from an offset');
is(post('b', 'wait-for-log', { text => 'no end' })->{json}{line}, 'no end',
    'log: a line without end');

my $http = begin('/api/process/b/wait-for-log', { regex => '^no end here$' });
my $last = begin('/api/process/b/wait-for-log', { regex => 'last words$' });
my $never = begin('/api/process/b/wait-for-log', { text => 'never' });
feed('b', "\n");
is($http->response()->{json}{line}, 'no end here', 'log: in pieces');
feed('b', "\n");
is($last->response()->{json}{line}, 'last words',
    'log: in the last piece, right at the end');
$res = $never->response();
is(code($res), '500 PROCESS_EXITED_BEFORE_READY', 'log: never');
is_deeply([@{$res->{json}{context}}{qw/processId condition exitCode/}],
    ['b', 'log line "never"', 0], 'context');
is(post('b', 'wait-for-log', { regex => 'words$' })->{json}{line},
    'last words', 'log: after the end');

for (1 .. 30) {
    my $id = start('echo start; echo ready')->{json}{processId};
    is(post($id, 'wait-for-log', { text => 'ready' })->{json}{line},
        'ready', 'log: a fast one') or last;
}

for my $bad ({}, { text => '' }, { text => 'a', regex => 'b' },
    { text => 1 }, { regex => '(' }, { regex => '[a' },
    { regex => 'a{2,1}' }, { regex => '(a)\\1' },
    { regex => '(a{255}){255}' },
    { regex => 'a{100}{100}' }, { regex => 'a****' }, { regex => 'a{b}' },
    { regex => '(?i)a' }, { regex => '\\Qa' }, { regex => '[[.a.]]' },
    { regex => '[[:no:]]' }, { regex => "a\0b" },
    { regex => '(' x 100 . 'a' . ')' x 100 }, { text => 'x' x 1025 },
    { text => 'a', stream => 'x' }, { text => 'a', fromOffset => -1 },
    { text => 'a', timeoutMs => -1 })
{
    is(code(post('b', 'wait-for-log', $bad)), '400 VALIDATION_FAILED',
        'log: refused: ' . substr JSON::PP::encode_json($bad), 0, 40);
}

# what takes others any time, against a line that is made for it
start('head -c 400000 /dev/zero | tr "\\0" a; echo b; echo done; cat',
    processId => 'evil', stdin => $TRUE);
my $began = time;
is(post('evil', 'wait-for-log', { regex => '^(a|aa)+(a*)*(a?){20}c|^done$' })
    ->{json}{line}, 'done', 'log: a hostile pattern on a 400 KB line');
is(post('evil', 'wait-for-log', { regex => '(\ba*)*' x 16 . 'done' })
    ->{json}{line}, 'done', 'log: one that is long in the making elsewhere');
cmp_ok(time - $began, '<', 60, 'takes no time');
is(post('evil', 'wait-for-log', { text => 'aab' })->{json}{line},
    'a' x 4096, 'log: of a long line its beginning');
stop('evil');


# a port

start('exec perl -MIO::Socket::INET -e \'<STDIN>; '
    . '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => '
    . '8181, Listen => 5, ReuseAddr => 1); $n = 0; while ($c = $s->accept) {'
    . '$_ = <$c>; $all = $_; while (<$c>) { last if /^\r$/ } '
    . '$st = $all =~ m{^GET /slow } && $n++ < 2 ? 503 : $all =~ m{/no} ? 404 '
    . ': 204; print $c "HTTP/1.1 $st X\r\n\r\n"; close $c }\'',
    processId => 'web', stdin => $TRUE);

is(code(post('web', 'wait-for-port', { port => 8181, timeoutMs => 200 })),
    '408 PROCESS_READY_TIMEOUT', 'port: nobody listens');
my @ports = map { begin('/api/process/web/wait-for-port', { port => 8181,
    interval => 100, %$_ }) } { mode => 'tcp' }, { mode => 'http' },
    { mode => 'http', path => '/slow' }, { path => 'no', status => 404 },
    { path => '/no', statusMin => 400, statusMax => 410 },
    { path => '/no', status => { min => 400, max => 410 } };
my $never_port = begin('/api/process/web/wait-for-port',
    { port => 8181, path => '/no', timeoutMs => 2000 });
feed('web', "\n");
is($ports[0]->response()->{json}{port}, 8181, 'port: tcp');
is($ports[1]->response()->{json}{statusCode}, 204, 'port: http');
is($ports[2]->response()->{json}{statusCode}, 204, 'port: 503 is not ready');
is($ports[$_]->response()->{json}{statusCode}, 404, 'port: another status')
    for 3 .. 5;
is(code($never_port->response()), '408 PROCESS_READY_TIMEOUT',
    'port: not with this one');

is_deeply(watch(port => 8181), [{ type => 'watching', port => 8181 },
    { type => 'ready', port => 8181, statusCode => 204 }], 'watch: http');
is_deeply(watch(port => 8181, mode => 'tcp', processId => 'web'),
    [{ type => 'watching', port => 8181 }, { type => 'ready',
    port => 8181 }], 'watch: tcp');
is_deeply(watch(port => 8181, processId => 'nobody'),
    [{ type => 'watching', port => 8181 }, { type => 'error', port => 8181,
    error => 'Process not found' }], 'watch: no such process');

my $gone = begin('/api/process/web/wait-for-port', { port => 8182 });
my $watcher = begin('/api/port-watch', { port => 8182,
    processId => 'web' });
$watcher->head();
my $sse = Sandbox::SSE->new($watcher);
$sse->next(60);
stop('web');
is(code($gone->response()), '500 PROCESS_EXITED_BEFORE_READY',
    'port: it ends first');
my $e = JSON::PP::decode_json($sse->next(60)->{data});
is_deeply([@$e{qw/type port exitCode/}], ['process_exited', 8182, 137],
    'watch: it ends first');
is($sse->next(60), undef, 'and nothing follows');
is(code(post('web', 'wait-for-port', { port => 8181 })),
    '500 PROCESS_EXITED_BEFORE_READY', 'port: it has ended');
is((watch(port => 8181, processId => 'web'))->[1]{type}, 'process_exited',
    'watch: it has ended');

# on IPv6, and one that takes a connection and says nothing
start('exec perl -MIO::Socket::IP -e \'$s = IO::Socket::IP->new('
    . 'LocalHost => "::1", LocalPort => 8183, Listen => 5); '
    . '$t = IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 8184,'
    . ' Listen => 5); while ($c = $s->accept) { while (<$c>) { last if '
    . '/^\r$/ } print $c "HTTP/1.0 200 OK\r\n\r\n" }\'', processId => 'six');
is(post('six', 'wait-for-port', { port => 8183 })->{json}{statusCode}, 200,
    'port: IPv6');
is(code(post('six', 'wait-for-port', { port => 8184, timeoutMs => 300 })),
    '408 PROCESS_READY_TIMEOUT', 'port: http that says nothing');
is(post('six', 'wait-for-port', { port => 8184, mode => 'tcp' })->{status},
    200, 'port: but it listens');

for my $bad ({}, { port => 0 }, { port => 65536 }, { port => '80' },
    { port => 80, path => "/a b" }, { port => 80, path => "/\r\nX: y" },
    { port => 80, path => 'x' x 3000 }, { port => 80, statusMin => 99 },
    { port => 80, statusMin => 300, statusMax => 200 },
    { port => 80, status => 'x' }, { port => 80, mode => 1 },
    { port => 80, interval => -1 }, { port => 80, processId => 7 })
{
    is(code($box->call('POST', '/api/port-watch', $bad)),
        '400 VALIDATION_FAILED', 'watch: refused: '
        . substr JSON::PP::encode_json($bad), 0, 40);
    is(code(post('six', 'wait-for-port', $bad)), '400 VALIDATION_FAILED',
        'port: refused');
}


# who leaves is not waited for, and leaves nothing; others have their limit

my $fds = sub { return scalar(() = glob "/proc/" . $box->pid() . '/fd/*') };
my $few = $fds->();

for (1 .. 3) {
    my @left = map { my $path = $_; map { begin($path, { port => 9,
        text => 'x' }) } 1 .. 10 } '/api/port-watch', map {
        "/api/process/six/wait-for-$_" } qw/exit log port/;
    push @left, map { my $h = $box->http(); $h->request('GET',
        '/api/process/six/stream', host => 'x'); $h } 1 .. 10;
    $left[$_]->head() for 0 .. 9;
}
ok($box->wait_for(30, sub { $fds->() <= $few }), 'no descriptor is left');

my @many = map { begin('/api/process/six/wait-for-exit', {}) } 1 .. 256;
ok($box->wait_for(30, sub {
    code(post('six', 'wait-for-exit', { timeoutMs => 20 }))
        eq '429 LIMIT_REACHED' }), 'limit: requests that wait');
is(stop('six')->{status}, 200, 'a kill needs no place among them');
is($_->response()->{json}{exitCode} // 'none', 137, 'all are told') || last
    for @many;

done_testing();
