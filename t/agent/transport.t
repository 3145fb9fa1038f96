#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# GET /ws: requests to all routes over one WebSocket.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::WebSocket;

# no failing test may wait for ever
alarm 300;

$SIG{PIPE} = 'IGNORE';

my $json = JSON::PP->new->utf8->canonical;
my $inner = JSON::PP->new;
my $box = Sandbox::Box->new();
my $n = 0;


sub connected
{
    return Sandbox::WebSocket->new(conn => $box->http(), path => $_[0] // '/ws',
        host => 'x');
}


# sends a request; its id

sub ask
{
    my ($ws, $method, $path, %o) = @_;
    my $id = $o{id} // 'r' . ++$n;

    $ws->send($json->encode({ type => 'request', id => $id, method => $method,
        path => $path, %o }));
    return $id;
}


sub told
{
    my ($ws, $timeout) = @_;
    my $m = $ws->recv($timeout // 30) or return undef;

    return { close => unpack 'n', $m->{data} } if $m->{opcode} == 8;
    return $json->decode($m->{data});
}


# one request and its answer

sub call
{
    my ($ws, @request) = @_;
    my $id = ask($ws, @request);
    my $m = told($ws);

    is($m->{id}, $id, "$request[1]: the id");
    return $m;
}


sub refused
{
    my ($ws, $text, $code, $name) = @_;
    $ws->send(ref $text ? $json->encode($text) : $text);
    my $m = told($ws);
    is_deeply([@$m{qw/type code/}], ['error', $code], $name);
    ok(length $m->{message}, "$name: it says why");
    return $m;
}


# the handshake

for my $path ('/ws', '/api/ws') {
    is(connected($path)->{status}, 101, $path);
    my $http = $box->http();
    $http->request('GET', $path, host => 'x');
    is($http->response()->{status}, 400, "$path without a handshake");
}


# responses

my $ws = connected();
my $m = call($ws, 'GET', '/api/ping');
is_deeply([@$m{qw/type status done/}], ['response', 200, JSON::PP::true],
    'a response');
is($m->{body}{status}, 'healthy', 'its body');
$m = call($ws, 'POST', '/api/execute', body => {
    command => "printf '\\303\\274 %s' \"\$SANDBOX_COMMAND_ID\" | head -c 3" });
is($m->{body}{stdout}, "\x{fc} ", 'a body is sent, and one comes back');
$m = call($ws, 'POST', '/api/execute', body => { command => 'echo $X',
    env => { X => "\x{1f600}\"\\\n" } });
is($m->{body}{stdout}, "\x{1f600}\"\\", 'characters that are escaped');
$m = call($ws, 'POST', '/api/read', body => { path => '/none' });
is_deeply([$m->{type}, $m->{status}, $m->{body}{code}],
    ['response', 404, 'FILE_NOT_FOUND'], 'an error of the route');
is(call($ws, 'GET', '/none')->{status}, 404, 'an unknown route');
$m = call($ws, 'GET', '/');
is_deeply([$m->{status}, exists $m->{body}], [200, !!0], 'no JSON: no body');
is(call($ws, 'GET', '/ws')->{status}, 400, 'no WebSocket in a WebSocket');
$m = call($ws, 'POST', '/api/write', body => { path => 'big',
    content => 'x' x 400_000 });
is($m->{status}, 200, 'a large request');
$m = call($ws, 'POST', '/api/read', body => { path => 'big' });
is(length $m->{body}{content}, 400_000, 'a large response');
is(call($ws, 'DELETE', '/session/none')->{status}, 502, 'DELETE');
$m = call($ws, 'POST', '/api/execute', body => { command => 'echo $$' },
    headers => { 'X-Session-Id' => 'named', Host => 'other',
    'content-length' => '5', Upgrade => 'websocket', 'Sec-X' => 'y' });
is($m->{status}, 200, 'with headers');
is_deeply([grep { $_ eq 'named' } @{call($ws, 'GET', '/api/session/list')
    ->{body}{data}}], ['named'], 'a header is sent');


# events

my $id = ask($ws, 'POST', '/api/execute/stream',
    body => { command => "echo one; printf '\\303\\274' >&2; exit 3" });
my @events;
while ($m = told($ws)) {
    last if $m->{type} ne 'stream';
    push @events, $inner->decode($m->{data});
    is($m->{id}, $id, 'an event has the id of its request');
}
is_deeply([map { $_->{type} } @events],
    [qw/start stdout stderr complete/], 'all events');
is($events[1]{data}, "one\n", 'as they were');
is($events[3]{exitCode}, 3, 'to the end');
is_deeply($m, { type => 'response', id => $id, status => 200,
    done => JSON::PP::true }, 'then the end');

$id = ask($ws, 'POST', '/exec', body => { argv => ['echo', 'hi'] });
is_deeply([map { [@$_{qw/event data/}] } told($ws), told($ws)],
    [['stdout', 'aGkK'], ['exit', '{"exit_code":0}']], 'named events');
is(told($ws)->{done}, JSON::PP::true, 'their end');

$id = ask($ws, 'POST', '/api/execute/stream',
    body => { command => 'head -c 400000 /dev/zero | tr "\\0" "\\\\"' });
my $got = 0;
while ($m = told($ws)) {
    last if $m->{type} ne 'stream';
    my $event = $inner->decode($m->{data});
    $got += length $event->{data} if $event->{type} eq 'stdout';
}
is($got, 400_000, 'much output, each byte of which is escaped twice');


# side by side

my @slow = map { ask($ws, 'POST', '/api/execute',
    body => { command => "sleep 1; echo $_", sessionId => "s$_" }) } 1 .. 3;
my $begun = time;
is(call($ws, 'GET', '/api/ping')->{status}, 200, 'one that overtakes');
my %answers = map { my $m = told($ws); ($m->{id} => $m->{body}{stdout}) } 1 .. 3;
is_deeply(\%answers, { map { ($slow[$_ - 1] => $_) } 1 .. 3 },
    'each gets its own answer');

my $stream = ask($ws, 'POST', '/api/execute/stream', body => { command =>
    'while :; do head -c 20000 /dev/zero | tr "\\0" x; sleep 0.02; done',
    sessionId => 'loud' });
told($ws) for 1 .. 3;
my $quiet = ask($ws, 'POST', '/api/read', body => { path => 'big' });
my ($events, $found) = (0);
while ($m = told($ws)) {
    $events++, next if $m->{id} eq $stream;
    $found = $m;
    last;
}
is(length($found->{body}{content} // ''), 400_000,
    'a large response beside a stream that never ends');


# cancelled

$ws->send($json->encode({ type => 'cancel', id => $stream }));
$m = told($ws) while $m && !($m->{id} eq $stream && $m->{type} eq 'response');
ok($m->{done}, 'a cancelled stream ends');
ok($box->wait_for(10, sub { !$box->processes(qr/^tr /) }),
    'and so does its command');
$ws->send($json->encode({ type => 'cancel', id => 'unknown' }));
is(call($ws, 'GET', '/api/ping')->{status}, 200, 'an unknown one is ignored');


# bad messages

refused($ws, 'x', 'PARSE_ERROR', 'no JSON');
refused($ws, '[]', 'INVALID_REQUEST', 'no object');
refused($ws, {}, 'INVALID_REQUEST', 'empty');
refused($ws, { type => 'request', id => 'a' x 129 }, 'INVALID_REQUEST',
    'a long id');
for my $case (
    ['another type', type => 'x'],
    ['no method', method => undef],
    ['another method', method => 'TRACE'],
    ['two methods', method => "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"],
    ['no path', path => undef],
    ['a relative path', path => 'api/ping'],
    ['two requests', path => "/ HTTP/1.1\r\n\r\nGET /api/ping"],
    ['a blank', path => '/a b'],
    ['a fragment', path => '/a#b'],
    ['a long path', path => '/' . 'x' x 8192],
    ['another character', path => "/\x{fc}"],
    ['a list of headers', headers => []],
    ['a number', headers => { A => 1 }],
    ['no name', headers => { '' => 'a' }],
    ['a bad name', headers => { "A\r\nB" => 'a' }],
    ['a bad value', headers => { A => "a\r\nB: b" }],
    ['many headers', headers => { map { ("H$_" => 'a') } 1 .. 33 }],
) {
    my ($name, %bad) = @$case;
    $m = refused($ws, { type => 'request', id => 'bad', method => 'GET',
        path => '/api/ping', %bad }, 'INVALID_REQUEST', $name);
    is_deeply([@$m{qw/id status/}], ['bad', 400], "$name: 400");
}

$id = ask($ws, 'POST', '/api/execute',
    body => { command => 'sleep 1', sessionId => 'twice' });
$m = refused($ws, { type => 'request', id => $id, method => 'GET',
    path => '/api/ping' }, 'INVALID_REQUEST', 'an id that is in use');
is(told($ws)->{id}, $id, 'the first one gets its answer');

$ws->send($json->encode({ type => 'request', id => 'b', method => 'GET',
    path => '/api/ping' }), 2);
is(told($ws)->{status}, 200, 'a binary message');

my @many = map { ask($ws, 'POST', '/api/execute', body => {
    command => 'sleep 2', sessionId => 'q' . $_ % 8 }) } 1 .. 64;
$m = told($ws) for ask($ws, 'GET', '/api/ping');
is_deeply([@$m{qw/type code status/}], ['error', 'LIMIT_REACHED', 429],
    'more than 64 at a time');
$ws->send($json->encode({ type => 'cancel', id => $_ })) for @many;
told($ws) for @many;
is(call($ws, 'GET', '/api/ping')->{status}, 200, 'when they have ended');


# limits and ends

my $large = connected();
$large->send('"' . 'x' x 4_200_000);
$m = told($large);
is($m->{close}, 1009, 'a message that is too large');

my $gone = connected();
ask($gone, 'POST', '/api/execute/stream',
    body => { command => 'exec sleep 4321', sessionId => 'gone' });
told($gone);
$gone->{conn}->close();
ok($box->wait_for(10, sub { !$box->processes(qr/^sleep 4321/) }),
    'a client that leaves ends its commands');

my $slow = connected();
ask($slow, 'POST', '/api/execute/stream', body => { command =>
    'exec head -c 4000000 /dev/zero', sessionId => 'slow' });
sleep 1;
cmp_ok($box->status('VmHWM'), '<', 32_000,
    'a client that does not read costs no memory');
$slow->{conn}->close();

is(call($ws, 'GET', '/api/ping')->{status}, 200, 'others go on');
undef $ws;

done_testing();
