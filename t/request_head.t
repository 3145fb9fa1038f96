#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The head of a request: which header names reach an app, how long its lines
# may be, and what nginx answers to a head that it refuses.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

# a second port, which speaks HTTP/2

my $h2 = free_port();
my $conf = Sandbox::default_conf()
    =~ s/(listen 127\.0\.0\.1:)%%PORT%%;/$& $1$h2 http2;/gr;

my $t = Sandbox->new(conf => $conf)->start();
my $id = 'heads';
$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
my ($host) = $url =~ m{//([^/]+)};
my $api = "localhost:$t->{port}";
my $res;


# names: every token passes, before and after Host

my @names = (qw/api_key x_trace_id x.dot _x x-api-ok/, 'X!#$%&\'*+^`|~');
for my $first (0, 1) {
    my $lines = join '', map { "$_: v\r\n" } @names;
    $res = $t->raw("GET /headers HTTP/1.1\r\n" . ($first ? $lines : '')
        . "Host: $host\r\n" . ($first ? '' : $lines) . "\r\n");
    my %seen = map { $_->[0] => $_->[1] } @{$res->{json}{headers}};
    is($seen{$_}, 'v', ($first ? 'before' : 'after') . " Host: $_ passes")
        for @names;
}

# but not what an app may take for one of nginx's own

my @ours = map { my $n = $_; map { $n =~ s/-/$_/gr } '_', '.', '!' }
    qw/X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port
    x-real-ip X-Sandbox-Key X-Sandbox-Owner X-Accel-Redirect HTTP2-Settings
    Content-Length Transfer-Encoding If-None-Match If-Modified-Since/;
push @ours, qw/X_Forwarded-For X-Forwarded_For X.Real_IP/;
for my $name (@ours, 'X-(paren)', 'X-[a]', "X-\xe9", "X-\x85", 'X"q', 'a/b') {
    $res = $t->raw("GET /headers HTTP/1.1\r\nHost: $host\r\n"
        . "$name: forged\r\n\r\n");
    is($res->{status}, 200, "$name: 200");
    unlike($res->{body}, qr/forged/, "$name: does not pass");
}

# nor for one that the port's policy sets or removes

$res = $t->api('PATCH', "/v1/sandbox/$id/ports/8080", json => {
    requestHeaders => { 'X-Internal-Auth' => 'of the owner',
        'X-Gone' => JSON::PP::false } });
is($res->{status}, 200, 'a policy with headers') or diag($res->{body});
for my $name ('X_Internal_Auth', 'x.internal-auth', 'X_Gone', 'X-Gone') {
    $res = $t->preview('GET', $url, path => '/headers',
        headers => [$name => 'forged']);
    unlike($res->{body}, qr/forged/, "$name: does not pass");
    like($res->{body}, qr/"of the owner"/, "$name: the policy's does");
}
$t->api('PATCH', "/v1/sandbox/$id/ports/8080", json => {
    requestHeaders => { 'X-Internal-Auth' => undef, 'X-Gone' => undef } });


# the same over HTTP/2

$res = curl2('/headers', map { ('-H', "$_: v") } @names, @ours);
my %seen = map { $_->[0] => $_->[1] }
    @{(JSON::PP::decode_json($res))->{headers}};
is(join(' ', map { $seen{lc $_} // 'no' } @names), join(' ', ('v') x @names),
    'HTTP/2: the same names pass');
is(join(' ', grep { exists $seen{lc $_} } @ours), '',
    'HTTP/2: the others do not');
is(JSON::PP::decode_json(curl2('/100%'))->{code}, 'INVALID_URL',
    'HTTP/2: a lone %');


# lengths: up to 32 KB for a line, in both directions

for my $n (9_000, 12_000, 32_000) {
    my $long = 'c' x $n;
    $res = $t->preview('GET', $url, path => '/headers',
        headers => [Cookie => "s=$long"]);
    my ($cookie) = grep { lc $_->[0] eq 'cookie' } @{$res->{json}{headers}};
    is(length($cookie->[1] // ''), $n + 2, "a cookie of $n bytes");
    $res = $t->preview('GET', $url, path => "/headers?$long");
    is(length($res->{json}{line} // ''), length("GET /headers? HTTP/1.1") + $n,
        "a URL of $n bytes");
}


# what nginx refuses itself: server, bytes, status, code

my $cookie = 'Cookie: s=' . 'c' x 40_000;
my @refused = (
    ['a URL of 40 KB', 'GET /' . 'u' x 40_000 . " HTTP/1.1\r\nHost: %s\r\n\r\n",
        414, 'URL_TOO_LONG'],
    ['a cookie of 40 KB', "GET / HTTP/1.1\r\nHost: %s\r\n$cookie\r\n\r\n",
        431, 'HEADERS_TOO_LARGE'],
    ['200 KB of headers', "GET / HTTP/1.1\r\nHost: %s\r\n"
        . join('', map { "X-$_: " . 'h' x 20_000 . "\r\n" } 1 .. 10) . "\r\n",
        431, 'HEADERS_TOO_LARGE'],
    ['a lone %', "GET /100%% HTTP/1.1\r\nHost: %s\r\n\r\n", 400, 'INVALID_URL'],
    ['half an escape', "GET /%%4 HTTP/1.1\r\nHost: %s\r\n\r\n", 400,
        'INVALID_URL'],
    ['%00', "GET /%%00 HTTP/1.1\r\nHost: %s\r\n\r\n", 400, 'INVALID_URL'],
    ['a space in the path', "GET /a b HTTP/1.1\r\nHost: %s\r\n\r\n", 400,
        'INVALID_URL'],
    ['a control character', "GET /a\x01b HTTP/1.1\r\nHost: %s\r\n\r\n", 400,
        'INVALID_URL'],
    ['a path above the root', "GET /../x HTTP/1.1\r\nHost: %s\r\n\r\n", 400,
        'INVALID_URL'],
    ['a method in lower case', "get / HTTP/1.1\r\nHost: %s\r\n\r\n", 400,
        'INVALID_URL'],
    ['HTTP/3.0', "GET / HTTP/3.0\r\nHost: %s\r\n\r\n", 505,
        'VERSION_NOT_SUPPORTED'],
    ['two Hosts', "GET / HTTP/1.1\r\nHost: %s\r\nHost: x\r\n\r\n", 400,
        'INVALID_HEADERS'],
    ['a folded header', "GET / HTTP/1.1\r\nHost: %s\r\nX: y\r\n z\r\n\r\n",
        400, 'INVALID_HEADERS'],
    ['a length that is none', "POST / HTTP/1.1\r\nHost: %s\r\n"
        . "Content-Length: x\r\n\r\n", 400, 'INVALID_HEADERS'],
    ['a length and chunks', "POST / HTTP/1.1\r\nHost: %s\r\n"
        . "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
        'INVALID_HEADERS'],
    ['an unknown encoding', "POST / HTTP/1.1\r\nHost: %s\r\n"
        . "Transfer-Encoding: gzip\r\n\r\n", 501,
        'UNKNOWN_TRANSFER_ENCODING'],
    ['TRACE', "TRACE / HTTP/1.1\r\nHost: %s\r\n\r\n", 405,
        'METHOD_NOT_ALLOWED'],
);
for my $where ($host, $api) {
    for my $case (@refused) {
        my ($name, $bytes, $status, $code) = @$case;
        $name = ($where eq $api ? 'API' : 'preview') . ": $name";
        $res = $t->raw(sprintf $bytes, $where);
        is($res->{status}, $status, "$name: $status");
        is($res->{json}{code}, $code, "$name: $code");
        is($res->{json}{httpStatus}, $status, "$name: httpStatus");
        ok($res->{json}{suggestion}, "$name: says what to do");
    }
}

# without any Host

$res = $t->raw("GET / HTTP/1.1\r\n\r\n");
is("$res->{status} $res->{json}{code}", '400 INVALID_HEADERS', 'no Host');

# bytes above 127 are none of these

for my $bytes ("/\xc3\xa9", "/\xe9?\xff") {
    $res = $t->raw("GET $bytes HTTP/1.1\r\nHost: $host\r\n\r\n");
    like($res->{body}, qr/^the app knows no/, 'raw bytes reach the app');
}

# a browser gets a page

$res = $t->raw("GET / HTTP/1.1\r\nHost: $host\r\nAccept: text/html\r\n"
    . "$cookie\r\n\r\n");
is($res->{status}, 431, 'a browser with large cookies: 431');
like($res->{headers}{'content-type'}, qr{^text/html}, 'a page');
like($res->{body}, qr/Delete cookies of this site/, 'that says what to do');
like($res->{raw}, qr{^HTTP/1.1 431 Request Header Fields Too Large\r\n},
    'with its own name');
like($t->log_text('access.log'), qr/" 431 \d+ "/, 'and is logged as 431');

# HEAD has no body, and none is kept waiting

my $c = $t->connect();
$c->send("HEAD / HTTP/1.1\r\nHost: $host\r\n$cookie\r\n\r\n");
$res = $c->response(method => 'HEAD');
is($res->{status}, 431, 'HEAD: 431');


# what the location refuses, before and after the module has seen the request

$t->write_conf(preview => join(' ', map {
    "location $_; sandbox_preview; proxy_pass http://sandbox; }" }
    '/small { client_max_body_size 10k', '/denied { deny all'),
    http => '    server { listen 127.0.0.1:%%PORT%%; server_name plain;'
    . ' location / { return 200; } }');
$t->reload();
$res = $t->preview('POST', $url, path => '/small', body => 'x' x 20_000);
is("$res->{status} $res->{json}{code}", '413 payload_too_large',
    'a body above client_max_body_size');
$res = $t->preview('GET', $url, path => '/denied');
is("$res->{status} $res->{json}{code}", '403 FORBIDDEN', 'deny');
$res = $t->preview('GET', $url, path => '/denied',
    headers => [Accept => 'text/html']);
like($res->{body}, qr{<h1>Access denied</h1>}, 'deny, for a browser');

# servers without sandboxes keep nginx's pages

for my $case (@refused[1, 11, 14]) {
    my ($name, $bytes) = @$case;
    $res = $t->raw(sprintf $bytes, 'plain');
    like($res->{body}, qr/<center>nginx/, "another server: $name");
    is($res->{status}, 400, "another server: $name: 400");
}

$t->done();


sub curl2
{
    my ($path, @args) = @_;
    my $cmd = join ' ', map { quotemeta } @args;
    return `curl -s --http2-prior-knowledge -m 60 --path-as-is -H 'Host: $host' 'http://127.0.0.1:$h2$path' $cmd`;
}
