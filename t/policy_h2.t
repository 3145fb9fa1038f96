#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Policies of ports over HTTP/2: several requests on one connection, bodies
# without a length, cookies in pieces.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $conf = Sandbox::default_conf();
$conf =~ s/(listen 127\.0\.0\.1:%%PORT%%);\n(\s+server_name \*)/$1 http2;\n$2/;
$conf =~ s/listen 127\.0\.0\.1:%%PORT%%;/listen 127.0.0.1:%%HTTP1%%;/;

my $http1 = free_port();
$conf =~ s/%%HTTP1%%/$http1/;

my $t = Sandbox->new(conf => $conf)->start();
my $port = $t->{port};
my $id = 'two';
my ($res, $out);

# the API on a port of its own, as the harness speaks HTTP/1.1

$t->{port} = $http1;
$t->app($id, 'app.py', 8080);
my $p = "/v1/sandbox/$id/ports/8080";
my $key = $t->api('POST', $p, json => { token => 'tok' })->{json}{key};
is($key, undef, 'exposed');
my $host = "8080-$id-tok.localhost:$port";

$out = curl('/headers', '-H', 'Cookie: a=1; __Host-sandbox=x',
    '-H', 'Cookie: b=2', '-H', "Origin: http://$host");
my %h = map { lc $_->[0] => $_->[1] }
    @{(JSON::PP::decode_json($out->{body}))->{headers}};
is("$h{host} $h{origin} $h{cookie}",
    'localhost:8080 http://localhost:8080 a=1; b=2', 'Host, Origin, Cookie');
is($h{'x-forwarded-host'}, 'localhost:8080', 'X-Forwarded-Host');

$t->api('PATCH', $p, json => { limits => { body => 1000 } });
spew("$t->{dir}/large", 'x' x 1001);
spew("$t->{dir}/fits", 'x' x 1000);

# a client that still sends may find its stream reset before it has read why

like(curl('/echo', '--data-binary', "\@$t->{dir}/large")->{status},
    qr/^(?:413|000)$/, 'a body over the limit');
like(curl('/echo', '-X', 'POST', '-T', '-', '<', "$t->{dir}/large")->{status},
    qr/^(?:413|000)$/, 'of which no length is told');
unlike(curl('/seen')->{body}, qr/content-length: 1001/i,
    'the app has got none of the first');
is(curl('/echo', '-X', 'POST', '-T', '-', '<', "$t->{dir}/fits")->{body},
    'x' x 1000, 'and one that fits');

$res = $t->api('PATCH', $p, json => { access => 'key' });
$key = $res->{json}{key};
is(curl('/')->{status}, 401, 'a key is asked for');
is(curl("/?sandbox_key=$key")->{status}, 200, 'and taken');
is(curl("/?sandbox_key=$key", '-H', 'Accept: text/html')->{status}, 302,
    'from a page');
is(curl('/', '-H', "Cookie: __Host-sandbox=$key", '-H', 'Cookie: a=b')
    ->{status}, 200, 'and by cookie');

# one of two streams of a connection is cut, and the other goes on

$t->api('PATCH', $p, json => { access => 'link' });
$t->api('POST', "$p/links", json => { name => 'l', token => 'link' });
my $sse = "$t->{dir}/sse";
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    exec "curl -s -N --http2-prior-knowledge -m 60 http://127.0.0.1:$port/sse "
        . "-H 'Host: 8080-$id-link.localhost:$port' >$sse 2>/dev/null";
}
ok(wait_for(sub { -s $sse }, 30), 'a stream');
is($t->api('DELETE', "$p/links/l")->{status}, 200, 'its link is revoked');
waitpid $pid, 0;
isnt($? >> 8, 0, 'it is cut');
is($? >> 8, 92, 'as one stream of a connection');
is(curl('/')->{status}, 200, 'and the port is served');

$t->{port} = $port;
$t->done();


sub curl
{
    my ($path, @args) = @_;
    my $cmd = join ' ', map { $_ eq '<' ? $_ : quotemeta } @args;
    my $text = `curl -s --http2-prior-knowledge -m 60 -w '\\n%{http_code}' -H 'Host: $host' 'http://127.0.0.1:$port$path' $cmd`;
    my ($body, $status) = $text =~ /^(.*)\n(\d+)$/s;
    return { body => $body, status => $status };
}
