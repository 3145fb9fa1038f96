#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# An app that attacks what stands between it and its visitors: nginx, their
# browsers, and the apps next to it.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::WebSocket;

my $t = Sandbox->new()->start();
my $id = 'evil';

$t->app($id, 'app.py', 8080);
$t->app('good', 'app.py', 8080);
my $url = $t->expose($id, 8080);
my $good = $t->expose('good', 8080);
my ($host) = $url =~ m{//([^/]+)};
my %workers = map { $_ => 1 } $t->workers_alive();
my $res;

# files and locations of nginx's

for my $to ('/etc/passwd', '/health', '/metrics', '@name', '/v1/sandbox',
    'http://localhost/', '/../../etc/passwd')
{
    $res = answer("X-Accel-Redirect: $to\r\n", 'mine');
    is("$res->{status} $res->{body}", '200 mine', "X-Accel-Redirect: $to");
    unlike($res->{raw}, qr/X-Accel/i, 'which does not leave');
}
for my $header ('X-Accel-Limit-Rate: 1', 'X-Accel-Buffering: yes',
    'X-Accel-Charset: koi8-r', 'X-Accel-Expires: 99999')
{
    $res = answer("$header\r\n", 'x' x 5000);
    is(length $res->{body}, 5000, "$header: an ordinary answer");
    unlike($res->{raw}, qr/X-Accel|koi8/i, 'without it');
}
$res = answer("X-Sandbox-Agent: refused\r\nSandbox-Start: wake\r\n", 'x');
unlike($res->{raw}, qr/X-Sandbox-|Sandbox-Start/i, 'nothing in our name');

# too much of everything

$res = answer(join('', map { "X-$_: v\r\n" } 1 .. 1000), 'x');
is($res->{status}, 502, 'a thousand headers: 502');
is($res->{json}{code}, 'SERVICE_NOT_RESPONDING', 'in words');
is(answer(join('', map { "X-$_: v\r\n" } 1 .. 200), 'x')->{status}, 200,
    'two hundred pass');
$res = answer('X-Long: ' . 'a' x 100_000 . "\r\n", 'x');
is($res->{status}, 502, 'a header of 100 KB: 502');
$res = raw("HTTP/1.1 200 OK\r\n" . "X-A: b\r\n" x 20_000);
is($res->{status}, 502, 'headers without an end: 502');
$res = answer(join('', map { "Set-Cookie: c$_=v; Domain=localhost\r\n" }
    1 .. 200), 'x');
is(scalar(() = $res->{raw} =~ /^Set-Cookie: c\d+=v\r$/mg), 200,
    'two hundred cookies, each for its own host');

my $rss = memory();
my $c = $t->connect();
$c->request('GET', '/endless', host => $host);
is($c->head()->{status}, 200, 'an answer without an end');
my $got = 0;
while ($got < 100 << 20) {
    $c->{in} = '';
    my $n = $c->fill(30) or last;
    $got += $n;
}
cmp_ok($got, '>=', 100 << 20, 'of which 100 MB are read');
cmp_ok(memory() - $rss, '<', 8 << 20, 'nginx keeps none of it')
    if !sanitized();
is($t->preview('GET', $good)->{status}, 200, 'others are served meanwhile');
$c->close();
ok(wait_for(sub { $t->preview('GET', $url, path => '/sockets')->{json}{ended}
    >= 1 }, 30), 'it ends when nobody reads on');

# statuses that nobody asked for

$res = raw("HTTP/1.1 100 Continue\r\n\r\n" x 1000
    . "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
is($res->{status}, 502, 'a flood of 100: 502');
for my $case (['102 Processing', 500], ['103 Early Hints', 500],
    ['199 Odd', 500], ['101 Switching Protocols', 1], ['001 Low', 1])
{
    my ($status, $n) = @$case;
    $res = raw("HTTP/1.1 $status\r\nLink: </a>\r\n\r\n" x $n
        . "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    is($res->{status}, 502, "$n x $status: 502");
}
for my $to ('h2c', 'websocket', 'TLS/1.0') {
    $res = raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: $to\r\n"
        . "Connection: Upgrade\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    is($res->{status}, 502, "an upgrade to $to that nobody asked for: 502");
}
$res = answer("Upgrade: h2c\r\nConnection: Upgrade\r\n", 'x');
is($res->{status}, 200, 'an offer of h2c');
unlike($res->{raw}, qr/^Upgrade:/mi, 'is not passed on');

# one answer that looks like two, to whoever reads it

my $two = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
for my $case (
    ['two answers', "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok$two"],
    ['two lengths', "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
        . "Content-Length: 100\r\n\r\nok$two", 502],
    ['a length and chunks', "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n$two", 502],
    ['two codings', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n$two", 502],
    ['an unknown coding', "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n"
        . "\r\n2\r\nok\r\n0\r\n\r\n$two", 502],
    ['half a coding', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunk\r\n"
        . "\r\n2\r\nok\r\n0\r\n\r\n$two", 502],
    ['a length below zero', "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n"
        . "\r\nok$two", 502],
    ['chunks, then more', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        . "\r\n2\r\nok\r\n0\r\n\r\n$two"],
    ['a folded header', "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n"
        . "Content-Length: 2\r\n\r\nok$two"],
    ['a bare CR', "HTTP/1.1 200 OK\r\nX-A: b\rX-B: c\r\n"
        . "Content-Length: 2\r\n\r\nok$two"],
    ['a bare LF', "HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\n\nok$two"],
    ['a zero byte', "HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 2"
        . "\r\n\r\nok$two"],
    ['a space before the colon', "HTTP/1.1 200 OK\r\nContent-Length : 100"
        . "\r\n\r\nok$two"],
    ['204 with a body', "HTTP/1.1 204 No Content\r\n\r\n$two"],
    ['304 with a body', "HTTP/1.1 304 Not Modified\r\n\r\n$two"],
    ['HTTP/0.9', "<h1>no head</h1>$two"],
    ['HTTP/2', "HTTP/2 200 OK\r\n\r\n$two"],
    ['nothing', ''],
) {
    my ($name, $bytes, $status) = @$case;
    $c = $t->connect(timeout => 30);
    for my $round (1, 2) {
        $c->request('POST', '/raw', host => $host, body => $bytes);
        $res = $c->response(method => 'POST');
        is($res && $res->{status}, $status, "$name: $status, $round")
            if $status;
        last if !$res || $res->{broken}
            || ($res->{headers}{connection} // '') eq 'close';

        # the next answer on this connection is of the next request
        $c->request('GET', '/headers', host =>
            ($good =~ m{//([^/]+)})[0]);
        my $next = $c->response(method => 'GET');
        is($next && $next->{json} && $next->{json}{line},
            'GET /headers HTTP/1.1', "$name: the next answer, $round");
    }
    unlike($res->{raw} // '', qr/[^\r]\n|\r[^\n]|\0/,
        "$name: $res->{status}: a proper head");
    $c->close();
}

# a cookie jar of its neighbours'

$res = answer("Set-Cookie: session=evil; Domain=localhost\r\n"
    . "Set-Cookie: a=b;domain=.localhost;Path=/;Domain=localhost\r\n"
    . "Set-Cookie: c=d; Max-Age=5;\tDOMAIN=localhost\r\n", 'x');
is(join('|', $res->{raw} =~ /^Set-Cookie: (.*?)\r$/mgi),
    'session=evil|a=b;Path=/|c=d; Max-Age=5', 'no cookie for the domain');

# and all of nginx goes on

is(join(',', map { $t->preview('GET', $good)->{status} } 1 .. 10),
    join(',', (200) x 10), 'the app next door is well');
is(join(' ', sort $t->workers_alive()), join(' ', sort keys %workers),
    'by the same workers');

$t->done();


sub answer
{
    my ($headers, $body) = @_;
    return raw("HTTP/1.1 200 OK\r\n$headers"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
}


sub raw
{
    my ($bytes) = @_;

    # or nginx would use the connection again that the app closes then
    $bytes =~ s{^(HTTP/1\.1 [2-5].*\r\n)}{$1Connection: close\r\n};
    return $t->preview('POST', $url, path => '/raw', body => $bytes);
}


# of all workers together

sub memory
{
    my $sum = 0;
    $sum += Sandbox::memory($_, 'VmRSS') for $t->workers_alive();
    return $sum;
}
