#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Requests that two parsers could read differently: they are refused, or the
# app sees exactly one.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $t = Sandbox->new()->start();
my $id = 'smug';

$t->app($id, 'app.py', 8080);
$t->app('other', 'app.py', 8080);
my $url = $t->expose($id, 8080, token => 'tok');
my $other = $t->expose('other', 8080, token => 'tok');
my ($host) = $url =~ m{//([^/]+)};
my ($host2) = $other =~ m{//([^/]+)};

my $smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
my $chunked = "0\r\n\r\n$smuggled";

# [name, request, statuses, requests that the app sees]

my @cases = (
    # row 7
    ['two Host headers', "GET / HTTP/1.1\r\nHost: $host\r\nHost: $host2\r\n\r\n",
        '400', 0],
    ['two equal Host headers',
        "GET / HTTP/1.1\r\nHost: $host\r\nHost: $host\r\n\r\n", '400', 0],
    ['no Host', "GET / HTTP/1.1\r\n\r\n", '400', 0],
    ['an empty Host', "GET / HTTP/1.1\r\nHost:\r\n\r\n", '400|421', 0],

    # row 8
    ['CL and TE', "POST /echo HTTP/1.1\r\nHost: $host\r\nContent-Length: "
        . length($chunked) . "\r\nTransfer-Encoding: chunked\r\n\r\n$chunked",
        '400', 0],
    ['TE and CL', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n$chunked",
        '400', 0],
    ['two CLs', "POST /echo HTTP/1.1\r\nHost: $host\r\nContent-Length: 0\r\n"
        . 'Content-Length: ' . length($smuggled) . "\r\n\r\n$smuggled",
        '400', 0],
    ['two equal CLs', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", '400', 0],
    ['a list in CL', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: 3, 3\r\n\r\nabc", '400', 0],
    ['CL +3', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: +3\r\n\r\nabc", '400', 0],
    ['CL -1', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: -1\r\n\r\n", '400', 0],
    ['CL 0x3', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: 0x3\r\n\r\nabc", '400', 0],
    ['CL too large', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: 99999999999999999999\r\n\r\nabc", '400', 0],
    ['TE: chunked, identity', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked, identity\r\n\r\n$chunked",
        '400|501', 0],
    ['TE: identity, chunked', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: identity, chunked\r\n\r\n$chunked",
        '400|501', 0],
    ['two TEs', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
        . $chunked, '400|501', 0],
    ['TE: xchunked', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: xchunked\r\n\r\n$chunked", '400|501', 0],
    ['TE in HTTP/1.0', "POST /echo HTTP/1.0\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n$chunked", '400|200', '0|1'],
    ['TE with a tab', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding:\tchunked\r\n\r\n$chunked", '400|501|200', '0|1'],
    ['a space before the colon', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length : 3\r\n\r\nabc", '400', 0],
    ['TE with a space before the colon', "POST /echo HTTP/1.1\r\nHost: $host"
        . "\r\nTransfer-Encoding : chunked\r\n\r\n$chunked", '400', 0],
    ['obs-fold', "GET / HTTP/1.1\r\nHost: $host\r\nX-A: b\r\n c: d\r\n\r\n",
        '400', 0],
    ['a folded TE', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding:\r\n chunked\r\n\r\n$chunked", '400', 0],
    ['a bare CR in a header', "GET / HTTP/1.1\r\nHost: $host\r\n"
        . "X-A: b\rX-B: c\r\n\r\n", '400|200', '0|1'],
    ['a zero byte in a header', "GET / HTTP/1.1\r\nHost: $host\r\n"
        . "X-A: b\0c\r\n\r\n", '400', 0],
    ['a bad chunk size', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n3x\r\nabc\r\n0\r\n\r\n",
        '400|502', '0|1'],
    ['a chunk size too large', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
        '400|413|502', '0|1'],
    ['a negative chunk size', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
        '400|502', '0|1'],
    ['a line feed in the path',
        "GET /a\nb HTTP/1.1\r\nHost: $host\r\n\r\n", '0|400', 0],
    ['a method in lower case', "get / HTTP/1.1\r\nHost: $host\r\n\r\n",
        '400|405', 0],
    ['CONNECT', "CONNECT $host HTTP/1.1\r\nHost: $host\r\n\r\n",
        '400|405', 0],
    ['TRACE', "TRACE / HTTP/1.1\r\nHost: $host\r\n\r\n", '405', 0],
    ['HTTP/2.0', "GET / HTTP/2.0\r\nHost: $host\r\n\r\n", '400|505', 0],
    ['HTTP/0.9', "GET /\r\n\r\n", '400|404|421|0', 0],
    ['two equal TEs', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
        . $chunked, '400|501', 0],
    ['TE: chunked, chunked', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked, chunked\r\n\r\n$chunked",
        '400|501', 0],
    ['TE: chunked;q=1', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked;q=1\r\n\r\n$chunked", '400|501', 0],
    ['TE: "chunked"', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: \"chunked\"\r\n\r\n$chunked", '400|501', 0],
    ['TE: an empty one', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc",
        '400|501', 0],
    ['TE with a vertical tab', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: \x0bchunked\r\n\r\n$chunked", '400|501', 0],
    ['TE with a CR in front', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "X: y\r\rTransfer-Encoding: chunked\r\n\r\n$chunked",
        '400|200', '0|1'],
    ['TE on a line of LF', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        '400', 0],
    ['Transfer_Encoding', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer_Encoding: chunked\r\nContent-Length: "
        . length($chunked) . "\r\n\r\n$chunked", '200', 1],
    ['Content_Length', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . 'Content_Length: ' . length($smuggled)
        . "\r\nContent-Length: 3\r\n\r\nabc", '200', 1],
    ['a list with spaces in CL', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: 3 3\r\n\r\nabc", '400', 0],
    ['CL 3;', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length: 3;\r\n\r\nabc", '400', 0],
    ['an empty CL', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length:\r\n\r\n$smuggled", '400', 0],
    ['CL in the trailer', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
        . "Content-Length: 50\r\n\r\n", '400|200', '0|1'],
    ['a chunk extension with LF', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n0\r\n\r\n",
        '400|200|502', '0|1'],
    ['a chunk that ends wrongly', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
        '400|502', '0|1'],
    ['a folded first header', "GET / HTTP/1.1\r\n X: y\r\nHost: $host"
        . "\r\n\r\n", '400', 0],
    ['a folded Host', "GET / HTTP/1.1\r\nHost:\r\n $host\r\n\r\n",
        '400', 0],
    ['a tab before the colon', "POST /echo HTTP/1.1\r\nHost: $host\r\n"
        . "Content-Length\t: 3\r\n\r\nabc", '400', 0],
    ['a space before Host\'s colon', "GET / HTTP/1.1\r\nHost : $host"
        . "\r\n\r\n", '400', 0],
    ['HTTP/1.1 twice', "GET / HTTP/1.1 HTTP/1.1\r\nHost: $host\r\n\r\n",
        '400', 0],
    ['HTTP/1.10', "GET / HTTP/1.10\r\nHost: $host\r\n\r\n",
        '200|400|505', '0|1'],
    ['a request behind a tab', "GET\t/\tHTTP/1.1\r\nHost: $host\r\n\r\n",
        '400', 0],
    ['a header without a colon',
        "GET / HTTP/1.1\r\nHost: $host\r\nnocolon\r\n\r\n", '400|200', '0|1'],
);

for my $case (@cases) {
    my ($name, $bytes, $status, $count) = @$case;
    forget();
    my $c = $t->connect(timeout => 20);
    $c->send($bytes);
    my $res = $c->response(timeout => 20);
    my $shown = $res->{status};
    like($shown, qr/^(?:$status)$/, "$name: $shown");

    my @seen = seen();
    my $n = @seen;
    like($n, qr/^(?:$count)$/, "$name: the app saw $n")
        or diag(join "\n", map { $_->{head} } @seen);
    ok(!grep({ $_->{line} =~ /smuggled|BROKEN/ } @seen),
        "$name: and nothing smuggled");
    $c->close();
}

# where nginx takes a bare line feed as the end of a line, what it sends on is
# written anew

forget();
my $res = $t->raw("GET /lf HTTP/1.1\nHost: $host\nX-A: b\n\n");
like($res->{status}, qr/^(?:400|404)$/, "bare line feeds: $res->{status}");
my @seen = seen();
if ($res->{status} == 404) {
    is(scalar @seen, 1, 'the app saw one request');
    unlike($seen[0]{head}, qr/[^\r]\n/, 'with proper ends of lines');
} else {
    is(scalar @seen, 0, 'the app saw none');
    pass('and so no line of it');
}

# absolute form with another host

forget();
$res = $t->raw("GET http://$host/abs HTTP/1.1\r\nHost: $host2\r\n\r\n");
is($res->{status}, 400, 'absolute form with another host: 400');
is(scalar seen(), 0, 'absolute form with another host: the app sees nothing');
$res = $t->raw("GET http://$host/abs HTTP/1.1\r\nHost: $host\r\n\r\n");
is($res->{body}, 'the app knows no /abs', 'absolute form with the same host');
@seen = seen();
is($seen[0]{line}, 'GET /abs HTTP/1.1', 'is an ordinary request to the app');
$res = $t->raw("GET http://localhost:$t->{port}/v1/sandbox HTTP/1.1\r\n"
    . "Host: $host\r\n\r\n");
is($res->{status}, 400, 'nor does it lead from a preview to the API');

# two in one packet are two, in order

forget();
my $c = $t->connect();
$c->send("POST /echo HTTP/1.1\r\nHost: $host\r\nContent-Length: 3\r\n\r\nabc"
    . "POST /echo HTTP/1.1\r\nHost: $host2\r\nContent-Length: 3\r\n\r\nxyz");
is($c->response()->{body}, 'abc', 'pipelined: the first');
is($c->response()->{body}, 'xyz', 'pipelined: the second, of another app');
is(scalar seen(), 1, 'pipelined: each app saw one');

# a body that looks like a request stays a body

forget();
$res = $t->preview('POST', $url, path => '/echo', body => $smuggled x 5);
is($res->{body}, $smuggled x 5, 'a body of requests comes back');
is(scalar seen(), 1, 'and is none');

forget();
$res = $t->preview('GET', $url, path => '/headers', body => $smuggled);
is($res->{status}, 200, 'GET with a body');
is(scalar seen(), 1, 'is one request');

# headers that a hop is asked to drop are dropped or kept, but frame nothing

for my $name ('Content-Length', 'Host', 'Transfer-Encoding', 'Upgrade',
    'X-Forwarded-For', 'close, Content-Length')
{
    forget();
    $res = $t->preview('POST', $url, path => '/echo', body => $smuggled,
        headers => [Connection => $name]);
    is($res->{body}, $smuggled, "Connection: $name: the body is whole");
    is(scalar seen(), 1, "Connection: $name: one request");
}

# an upgrade that the app does not make: what follows is nginx's to read

forget();
$c = $t->connect();
$c->send("GET /headers HTTP/1.1\r\nHost: $host\r\nUpgrade: websocket\r\n"
    . "Connection: Upgrade\r\nSec-WebSocket-Version: 777\r\n\r\n"
    . "GET /smuggled HTTP/1.1\r\nHost: $host2\r\n\r\n");
is($c->response()->{status}, 200, 'an upgrade that is not made');
is($c->response()->{body}, 'the app knows no /smuggled',
    'and a request behind it');
@seen = seen();
is(scalar @seen, 1, 'of which this app sees one');
unlike($seen[0]{line}, qr/smuggled/, 'and not the other\'s');

forget();
$res = $t->preview('POST', $url, path => '/echo', body => $smuggled,
    headers => [Expect => '100-continue']);
is(scalar seen(), 1, 'Expect: 100-continue: one request');

# an app that answers before it has read all: the rest is no request

forget();
$res = $t->preview('POST', $url, path => '/early',
    body => $smuggled x 20000);
like($res->{status}, qr/^(?:413|502)$/, "an early answer: $res->{status}");
is($t->preview('GET', $url)->{status}, 200, 'the next request is well');
ok(!grep({ $_->{line} =~ /smuggled/ } seen()), 'and the rest was no request');

# the same at the API

my $api = "localhost:$t->{port}";
for my $case (
    ['CL and TE', "POST /v1/sandbox/$id/exec HTTP/1.1\r\nHost: $api\r\n"
        . "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ['two CLs', "PUT /v1/sandbox/$id/file/workspace/x HTTP/1.1\r\n"
        . "Host: $api\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"],
    ['obs-fold', "GET /v1/sandbox/$id/api/ping HTTP/1.1\r\nHost: $api\r\n"
        . "X-A: b\r\n c\r\n\r\n"],
    ['two Hosts', "GET /v1/sandbox/$id/api/ping HTTP/1.1\r\nHost: $api\r\n"
        . "Host: $api\r\n\r\n"],
) {
    is($t->raw($case->[1])->{status}, 400, "API: $case->[0]: 400");
}
is($t->get($id, 'workspace/x')->{status}, 404, 'API: nothing was written');

# two equal requests after those, in every worker

is(join(',', map { $t->preview('GET', $url)->{status} } 1 .. 10),
    join(',', (200) x 10), 'and all goes on');

$t->done();


sub forget { $t->preview('GET', $url, path => '/forget') }


sub seen
{
    my $list = $t->preview('GET', $url, path => '/seen')->{json} || [];
    return grep { $_->{line} !~ m{^GET /(?:seen|forget) } } @$list;
}
