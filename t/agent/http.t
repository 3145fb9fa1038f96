#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# HTTP on agent.sock: what is a request and what is not, keep-alive,
# pipelining, bodies, limits.

use warnings;
use strict;

use File::Basename;
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

$SIG{PIPE} = 'IGNORE';

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();


# raw bytes in, {status, closed, body ...} out

sub raw
{
    my ($text, %o) = @_;
    my $http = $box->http(timeout => 20);
    $http->send($text);
    my $res = $http->response(method => $o{method});
    $res->{closed} = $http->closed($o{closed} // 10) if $o{closes};
    return $res;
}


# routes

my $res = $box->call('GET', '/api/ping');
is($res->{status}, 200, 'ping');
is_deeply([@{$res->{json}}{qw/success status/}],
    [JSON::PP::true, 'healthy'], 'ping: healthy');
is($box->call('GET', '/api/ping?x=1')->{status}, 200, 'with a query');
$res = $box->call('GET', '/api/commands');
my %command = map { $_ => 1 } @{$res->{json}{availableCommands}};
is($res->{status}, 200, 'commands');
ok($command{sh} && $command{env} && !$command{'no-such-command'},
    'are those of the PATH');
is($res->{json}{count}, scalar keys %command, 'each once');

$res = $box->call('GET', '/api/version');
is($res->{json}{version}, $box->{booted}{build}, 'version is the build');
$res = $box->call('GET', '/');
is($res->{status}, 200, 'banner');
like($res->{headers}{'content-type'}, qr{^text/plain}, 'of text');

$res = $box->call('HEAD', '/api/ping');
is($res->{status}, 200, 'HEAD');
cmp_ok($res->{headers}{'content-length'}, '>', 20, 'has the length');

for my $case (['GET', '/nowhere'], ['GET', '/api/ping/'], ['GET', '/exec'],
    ['POST', '/api/ping'], ['DELETE', '/file/workspace/x'],
    ['GET', '/api/execute'], ['OPTIONS', '/exec'], ['PATCH', '/'],
    ['GET', '/exec/'], ['GET', '/%65xec'], ['POST', '/filex'])
{
    my ($method, $path) = @$case;
    $res = $box->call($method, $path);
    is($res->{status}, 404, "$method $path: 404");
    is($res->{json}{code}, 'UNKNOWN_ERROR', "$method $path: code");
    is($res->{json}{message}, 'The requested endpoint was not found',
        "$method $path: message");
    is_deeply($res->{json}{context}, {}, "$method $path: context");
}


# keep-alive and pipelining

my $http = $box->http(timeout => 20);
for my $i (1 .. 50) {
    $http->request('GET', '/api/ping', host => 'x');
    $res = $http->response();
    last if $res->{status} != 200;
}
is($res->{status}, 200, '50 requests on a connection');

$http = $box->http(timeout => 20);
my $two = "GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n";
my $post = "POST /exec HTTP/1.1\r\nHost: x\r\nContent-Length: 29\r\n\r\n"
    . '{"argv":["sh","-c","echo 1"]}';
$http->send("$two$post$post$two");
my @all = map { $http->response() } 1 .. 4;
is_deeply([map { $_->{status} } @all], [200, 200, 200, 200], 'pipelined');
like($all[1]{body}, qr/MQo=/, 'in order');
like($all[3]{body}, qr/version/, 'the last one too');

$http = $box->http(timeout => 20);
$http->send($two x 1000);
my $good = 0;
for (1 .. 1000) {
    $good += ($http->response()->{status} == 200);
}
is($good, 1000, '1000 pipelined');

# a byte at a time
$http = $box->http(timeout => 30);
my $text = "POST /exec HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    . "\r\n5;a=b\r\n{\"arg\r\n18\r\nv\":[\"sh\",\"-c\",\"echo 1\"]}\r\n"
    . "0\r\nTrailer: x\r\n\r\n$two";
for my $byte (split //, $text) {
    $http->send($byte);
    sleep 0.001;
}
like($http->response()->{body}, qr/MQo=/, 'chunked, a byte at a time');
is($http->response()->{status}, 200, 'and one after it');

$res = raw("GET /api/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    closes => 1);
is($res->{status}, 200, 'Connection: close');
is($res->{headers}{connection}, 'close', 'is echoed');
ok($res->{closed}, 'and done');

$res = raw("GET /api/ping HTTP/1.0\r\n\r\n", closes => 1);
is($res->{status}, 200, 'HTTP/1.0');
ok($res->{closed}, 'closes');
$res = raw("POST /exec HTTP/1.0\r\nContent-Length: 29\r\n\r\n"
    . '{"argv":["sh","-c","echo 1"]}', closes => 1);
unlike($res->{raw}, qr/chunked/i, 'HTTP/1.0 gets no chunks');
like($res->{body}, qr/"exit_code":0/, 'but all of it');
is(raw("GET /api/ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    ->{headers}{connection}, 'keep-alive', 'HTTP/1.0 with keep-alive');
is(raw("\r\n\r\n$two")->{status}, 200, 'empty lines before a request');


# malformed: 400 and closed

my $host = "Host: x\r\n";
my %bad = (
    'bare LF' => "GET / HTTP/1.1\nHost: x\n\n",
    'bare LF in a header' => "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    'bare CR' => "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    'folded' => "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    'folded by a tab' => "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n",
    'TE with CL' => "POST /exec HTTP/1.1\r\n${host}Content-Length: 5\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    'CL with TE' => "POST /exec HTTP/1.1\r\n${host}Transfer-Encoding: "
        . "chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    'two lengths' => "POST /exec HTTP/1.1\r\n${host}Content-Length: 2\r\n"
        . "Content-Length: 2\r\n\r\n{}",
    'lengths in a list' => "POST /exec HTTP/1.1\r\n${host}Content-Length: "
        . "2, 2\r\n\r\n{}",
    'negative length' => "POST /exec HTTP/1.1\r\n${host}"
        . "Content-Length: -1\r\n\r\n",
    'signed length' => "POST /exec HTTP/1.1\r\n${host}"
        . "Content-Length: +2\r\n\r\n{}",
    'hexadecimal length' => "POST /exec HTTP/1.1\r\n${host}"
        . "Content-Length: 0x2\r\n\r\n{}",
    'endless length' => "POST /exec HTTP/1.1\r\n${host}"
        . "Content-Length: 99999999999999999999\r\n\r\n",
    'signed long length' => "POST /exec HTTP/1.1\r\n${host}"
        . "Content-Length: 9223372036854775808\r\n\r\n",
    'other coding' => "POST /exec HTTP/1.1\r\n${host}"
        . "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    'unknown coding' => "POST /exec HTTP/1.1\r\n${host}"
        . "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    'TE twice' => "POST /exec HTTP/1.1\r\n${host}Transfer-Encoding: "
        . "chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    'TE in HTTP/1.0' => "POST /exec HTTP/1.0\r\n${host}Transfer-Encoding: "
        . "chunked\r\n\r\n0\r\n\r\n",
    'space before the colon' => "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    'no colon' => "GET / HTTP/1.1\r\n${host}nonsense\r\n\r\n",
    'empty name first' => "GET / HTTP/1.1\r\n: x\r\n$host\r\n",
    'empty name' => "GET / HTTP/1.1\r\n${host}: x\r\n\r\n",
    'NUL' => "GET / HTTP/1.1\r\n${host}A: \0\r\n\r\n",
    'control in a value' => "GET / HTTP/1.1\r\n${host}A: \x01\r\n\r\n",
    'no Host' => "GET / HTTP/1.1\r\nA: b\r\n\r\n",
    'two Hosts' => "GET / HTTP/1.1\r\n$host$host\r\n",
    'HTTP/2' => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    'HTTP/3' => "GET / HTTP/3.0\r\n$host\r\n",
    'HTTP/1.2' => "GET / HTTP/1.2\r\n$host\r\n",
    'no version' => "GET /\r\n\r\n",
    'method' => "G\@T / HTTP/1.1\r\n$host\r\n",
    'unknown method' => "FETCH / HTTP/1.1\r\n$host\r\n",
    'garbage' => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    'space in the target' => "GET /a b HTTP/1.1\r\n$host\r\n",
);

for my $name (sort keys %bad) {
    $res = raw($bad{$name}, closes => 1);
    is($res->{status}, 400, "$name: 400");
    ok($res->{closed}, "$name: closed");
    is($res->{json}{httpStatus}, 400, "$name: the shape of an error");
}

for my $case (['chunk size', "zz\r\n"], ['bare LF in chunks', "2\n{}\n0\n\n"],
    ['huge chunk', "fffffffffffffffff\r\n"],
    ['no end of a chunk', "2\r\n{}xx0\r\n\r\n"])
{
    my ($name, $chunks) = @$case;
    $res = raw("POST /exec HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n"
        . "\r\n$chunks", closes => 1);
    is($res->{status}, 400, "$name: 400");
    ok($res->{closed}, "$name: closed");
}


# a field after an empty one is seen

for my $empty ('A:', 'A: ', "A: \t ") {
    is(raw("POST /exec HTTP/1.1\r\n${host}$empty\r\nSession-Id: ..\r\n"
        . "Content-Length: 2\r\n\r\n{}")->{json}{message} =~ /^Session-Id/,
        1, 'a field after an empty one');
    is(raw("POST /exec HTTP/1.1\r\n${host}Content-Length: 5\r\n$empty\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")->{status}, 400,
        'TE hidden behind an empty one');
}
is(raw("GET /api/ping HTTP/1.1\r\nHost:\r\nA:\r\n\r\n")->{status}, 200,
    'empty fields');


# limits

$res = raw("GET /api/ping HTTP/1.1\r\n$host"
    . join('', map { "A$_: b\r\n" } 1 .. 99) . "\r\n");
is($res->{status}, 200, '100 header fields');
$res = raw("GET /api/ping HTTP/1.1\r\n$host"
    . join('', map { "A$_: b\r\n" } 1 .. 100) . "\r\n", closes => 1);
is($res->{status}, 431, '101 header fields');
ok($res->{closed}, 'closed');

my $head = "GET /api/ping HTTP/1.1\r\n${host}A: ";
is(raw($head . 'x' x (32768 - 4 - length $head) . "\r\n\r\n")->{status},
    200, '32768 bytes of head');
$res = raw($head . 'x' x (32768 - 3 - length $head) . "\r\n\r\n",
    closes => 1);
is($res->{status}, 431, 'a byte more');
is(raw('x' x 100_000)->{status}, 431, 'an endless line');
is(raw('GET /' . 'x' x 20000 . " HTTP/1.1\r\n$host\r\n")->{status}, 404,
    'a long target');

$res = raw("POST /exec HTTP/1.1\r\n${host}Content-Length: 60000000\r\n\r\n");
is($res->{status}, 413, 'a body past the limit, by its length');
$http = $box->http(timeout => 60);
$http->send("POST /exec HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n"
    . "\r\n");
my $piece = sprintf("%x\r\n", 1 << 20) . 'x' x (1 << 20) . "\r\n";
$http->send($piece) for 1 .. 50;
$http->send("0\r\n\r\n$two");
is($http->response()->{status}, 413, 'a body past the limit, in chunks');
is($http->response()->{status}, 200, 'drained, and the next one served');
cmp_ok($box->status('VmRSS'), '<', 8192, 'and memory given back')
    if !$Sandbox::Box::SANITIZE;

# a body that nobody wants is drained
$http = $box->http(timeout => 20);
$http->send("POST /nowhere HTTP/1.1\r\n${host}Content-Length: 5000000\r\n\r\n"
    . 'x' x 5_000_000 . $two);
is($http->response()->{status}, 404, 'a body for nobody');
is($http->response()->{status}, 200, 'is drained');


# Expect

$http = $box->http(timeout => 20);
$http->send("POST /exec HTTP/1.1\r\n${host}Content-Length: 29\r\n"
    . "Expect: 100-continue\r\n\r\n");
ok($box->wait_for(20, sub { $http->fill(0.1); $http->{in} ne '' }),
    'Expect is answered');
is($http->{in}, "HTTP/1.1 100 Continue\r\n\r\n", 'with 100');
$http->send('{"argv":["sh","-c","echo 1"]}');
like($http->response()->{body}, qr/MQo=/, 'then the answer');

$res = raw("POST /nowhere HTTP/1.1\r\n${host}Content-Length: 29\r\n"
    . "Expect: 100-continue\r\n\r\n", closes => 1);
unlike($res->{raw}, qr/100/, 'no 100 for what is refused');
is($res->{status}, 404, 'refused');
ok($res->{closed}, 'and closed');
is(raw("GET / HTTP/1.1\r\n${host}Expect: miracles\r\n\r\n")->{status}, 417,
    'another expectation');


# upgrades are not ours

$res = raw("GET /api/ping HTTP/1.1\r\n${host}Connection: Upgrade\r\n"
    . "Upgrade: websocket\r\n\r\n");
is($res->{status}, 200, 'an upgrade is not taken');
is(raw("CONNECT x:1 HTTP/1.1\r\n$host\r\n", closes => 1)->{status}, 404,
    'nor is CONNECT');


# clients that leave at any point

for my $n (1, 10, 30, length($post) - 5) {
    $http = $box->http();
    $http->send(substr $post, 0, $n);
    $http->close();
}
$http = $box->http();
$http->send($two x 2000);
$http->close();
is($box->call('GET', '/api/ping')->{status}, 200, 'serves on');


# who is inside is not served; and cannot keep the others out

my $inside = $box->exec({ argv => ['perl', '-MIO::Socket::UNIX', '-e', <<'P'],
    my $n = 0;
    $SIG{PIPE} = 'IGNORE';
    for (1 .. 3000) {
        my $s = IO::Socket::UNIX->new(Peer => '/run/sandbox/agent.sock');
        if (!$s) { print "refused $!\n"; last }
        print $s "GET /api/ping HTTP/1.1\r\nHost: x\r\n\r\n" if $_ % 2;
        $n++ if <$s>;
    }
    print "answers $n\n";
P
});
is($inside->{stdout}, "answers 0\n", 'nobody inside gets an answer');

my $flood = $box->http();
$flood->request('POST', '/exec', host => 'x', body => JSON::PP->new->encode(
    { argv => ['perl', '-MSocket', '-e', <<'P'] }));
    $| = 1;
    for (1 .. 3) { fork }
    while (1) {
        socket my $s, AF_UNIX, SOCK_STREAM, 0;
        connect $s, pack_sockaddr_un('/run/sandbox/agent.sock');
        socket my $c, AF_UNIX, SOCK_SEQPACKET, 0;
        connect $c, pack_sockaddr_un('/run/sandbox/control.sock');
        $n++ or print "flood\n";
    }
P
$flood->head();
Sandbox::SSE->new($flood)->next(20);
$good = 0;
for (1 .. 50) {
    my $http = eval { $box->http(timeout => 20) };
    if (!$http) {
        # a full backlog says "again", as to nginx
        sleep 0.02;
        redo if $!{EAGAIN} || $@ =~ /temporarily/;
        last;
    }
    $http->request('GET', '/api/ping', host => 'x');
    $good += ($http->response()->{status} == 200);
}
is($good, 50, 'served through a flood from inside');
$flood->close();


# as many connections as there may be, and no more

my @many = map { $box->http(timeout => 5) } 1 .. 1024;
$_->request('GET', '/api/ping', host => 'x') for @many;
is(scalar(grep { $_->response()->{status} == 200 } @many), 1024,
    '1024 connections at a time');
my $late = $box->http(timeout => 20);
$late->request('GET', '/api/ping', host => 'x');
is($late->fill(0.5), undef, 'one more waits');
$many[7]->close();
is($late->response()->{status}, 200, 'until there is room');
$_->close() for @many;

is($box->stop(), 0, 'an orderly end');

done_testing();
