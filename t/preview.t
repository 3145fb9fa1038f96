#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# HTTP through a preview host.

use warnings;
use strict;

use Digest::SHA qw/sha256_hex/;
use JSON::PP;
use Test::More;
use Time::HiRes qw/sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), classes => [
    'default image=sandbox-base memory=256m cpus=1 pids=128 network=none '
        . 'sleep_after=10m',
    'brief image=sandbox-base memory=256m cpus=1 pids=128 network=none '
        . 'sleep_after=2s',
])->start();

my $id = 'prev';
$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
like($url, qr{^http://8080-prev-[a-z0-9_]{1,16}\.localhost:$t->{port}/$},
    'the url of an exposed port');
my ($host, $token) = $url =~ m{^http://(8080-prev-([a-z0-9_]+)[^/]*)/};

# HTTP

my $res = $t->preview('GET', $url);
is($res->{status}, 200, 'GET');
like($res->{body}, qr/Hello from port 8080/, 'the page of the app');

$res = $t->preview('HEAD', $url);
is($res->{status}, 200, 'HEAD');
is($res->{body}, '', 'without a body');

my $body = join '', map { chr int rand 256 } 1 .. 100_000;
$res = $t->preview('POST', $url, path => '/echo', body => $body);
is($res->{status}, 200, 'POST');
ok($res->{body} eq $body, '100 KB of random bytes come back as they were');

$res = $t->preview('GET', $url, path => '/nothing-here');
is($res->{status}, 404, 'the status is the app\'s');
is($res->{body}, 'the app knows no /nothing-here', 'and the body');

my $odd = '/headers?b=2&a=1&token=mine&b=%41%2f+x&sandbox=1&&';
$res = $t->preview('GET', $url, path => $odd, headers => [
    'X-Mine' => 'kept', 'X-Forwarded-For' => '1.2.3.4',
    'X-Forwarded-Host' => 'evil', 'X-Forwarded-Proto' => 'https',
    'X-Sandbox-Port' => '1', 'X-Accel-Redirect' => '/x',
    Cookie => 'app=1', Authorization => 'Basic YTpi']);
my %h = map { lc $_->[0] => $_->[1] } @{$res->{json}{headers}};
is($res->{json}{line}, "GET $odd HTTP/1.1", 'path and query byte for byte');
is($h{'x-mine'}, 'kept', 'a header of the client passes');
is($h{'x-forwarded-for'}, '127.0.0.1', 'X-Forwarded-For is nginx\'s');
is($h{'x-forwarded-proto'}, 'http', 'X-Forwarded-Proto is nginx\'s');
is($h{'x-forwarded-host'}, 'localhost:8080', 'X-Forwarded-Host is Host');
ok(!exists $h{'x-sandbox-port'}, 'X-Sandbox-* of the client goes');
ok(!exists $h{'x-accel-redirect'}, 'X-Accel-* of the client goes');
is($h{cookie}, 'app=1', 'the app\'s cookies are the app\'s');
is($h{authorization}, 'Basic YTpi', 'and so is its authorization');

$res = $t->preview('GET', $url, path => '/a/b/%2e%2e//c/./d%2Fe');
is($res->{body}, 'the app knows no /a/b/%2e%2e//c/./d%2Fe',
    'an odd path passes as it is');

$res = $t->preview('GET', $url, path => '/cookie');
is($res->{headers}{'set-cookie'}, 'a=b; Path=/', 'the app may set cookies');

# keep-alive

my $c = $t->connect();
for my $n (1 .. 5) {
    $res = $t->preview('POST', $url, conn => $c, path => '/echo',
        body => "n$n");
    is($res->{body}, "n$n", "request $n on one connection");
}
$c->close();

# the app's X-Accel-* is not obeyed

$res = $t->preview('GET', $url, path => '/accel');
is($res->{status}, 200, 'X-Accel-Redirect of the app: its own answer');
is($res->{body}, 'plain body', 'and its own body');
unlike($res->{body}, qr/root:/, 'no file of the host');
ok(!exists $res->{headers}{'x-accel-redirect'}, 'the header does not leave');
unlike($res->{headers}{'content-type'}, qr/koi8/, 'nor X-Accel-Charset act');

# SSE: events arrive while the response is open

$c = $t->connect();
$c->request('GET', '/sse', host => $host);
is($c->head()->{status}, 200, 'SSE');
my $sse = Sandbox::SSE->new($c);
is($sse->next(30)->{data}, 'one', 'the first event comes');
ok(!defined $sse->next(0.3), 'before the second');
$t->preview('GET', $url, path => '/go');
is($sse->next(30)->{data}, 'two', 'which comes when it is sent');
ok(!defined $sse->next(30) && !$c->{broken}, 'and the stream ends');
$c->close();

# upload: the app sees the first bytes before the client sent the last

$c = $t->connect();
$c->request('PUT', '/upload', host => $host,
    headers => ['Content-Length' => 300_000]);
$c->send('a' x 100_000);
my $seen = wait_for(sub {
    my $r = $t->preview('GET', $url, path => '/received');
    return $r->{json}{bytes} >= 100_000 ? $r : 0;
}, 30);
ok($seen && !$seen->{json}{done}, 'the app has the first 100 KB of 300');
$c->send('b' x 200_000);
$res = $c->response();
is($res->{json}{sum}, sha256_hex('a' x 100_000 . 'b' x 200_000),
    'and then the rest, as it was');

$c = $t->connect();
$c->request('PUT', '/upload', host => $host,
    headers => ['Transfer-Encoding' => 'chunked']);
$c->send("5\r\nhello\r\n");
ok(wait_for(sub { $t->preview('GET', $url, path => '/received')
    ->{json}{bytes} == 5 }, 30), 'chunked: the first chunk arrives');
$c->send("6\r\n world\r\n0\r\n\r\n");
is($c->response()->{json}{sum}, sha256_hex('hello world'), 'and the rest');

# a cut answer stays cut

$res = $t->preview('GET', $url, path => '/cut');
ok($res->{broken}, 'an answer that the app cuts is not made whole');
$res = $t->preview('GET', $url, path => '/close');
is($res->{status}, 502, 'an app that closes without an answer: 502');

# large answers

$res = $t->preview('GET', $url, path => '/big?30000000');
is(length $res->{body}, 30_000_000, '30 MB from the app');
is(sha256_hex($res->{body}), sha256_hex(
    substr(join('', map { chr } 0 .. 255) x 117188, 0, 30_000_000)),
    'as they were');

# an app on 127.0.0.1 only, and one on ::1

$t->app($id, 'app.py', 8090, '127.0.0.1');
$res = $t->preview('GET', $t->expose($id, 8090));
like($res->{body}, qr/port 8090/, 'an app that listens on 127.0.0.1 only');

$t->app($id, 'app.py', 8091, '::1');
$res = $t->preview('GET', $t->expose($id, 8091));
like($res->{body}, qr/port 8091/, 'an app that listens on ::1 only');

# nothing listens

my $none = $t->expose($id, 9999);
$res = $t->preview('GET', $none);
is($res->{status}, 502, 'nothing listens: 502');
is($res->{json}{code}, 'PORT_NOT_LISTENING', 'its code');
like($res->{json}{message}, qr/9999/, 'the message names the port');
is($res->{json}{context}{port}, 9999, 'so does the context');
my @listen = map { $_->{port} } @{$res->{json}{context}{listening}};
ok(grep({ $_ == 8080 } @listen) && grep({ $_ == 8090 } @listen),
    'and what does listen');
ok(!exists $res->{headers}{'x-sandbox-agent'}, 'the agent\'s mark is off');

$res = $t->preview('POST', $none, body => 'x' x 900_000);
is($res->{status}, 502, 'nothing listens, with a body of 900 KB: 502');
is($res->{json}{code}, 'PORT_NOT_LISTENING', 'and the whole answer');

$t->app($id, 'app.py', 9999);
$res = $t->preview('GET', $none);
is($res->{status}, 200, 'once it listens: 200');

# the 404s are all alike

my %not;

$t->app('prev-2', 'app.py', 8080);
my $url2 = $t->expose('prev-2', 8080);
my ($token2) = $url2 =~ /8080-prev-2-([a-z0-9_]+)\./;
my $flip = $token;
substr($flip, 0, 1) = substr($flip, 0, 1) eq 'a' ? 'b' : 'a';

for my $case (
    ['wrong token', "8080-prev-$flip"],
    ['token of another sandbox', "8080-prev-$token2"],
    ['token of another port', "8090-prev-$token"],
    ['not exposed, though it listens', "8092-prev-$token"],
    ['unknown sandbox', "8080-nobody-$token"],
    ['no token', '8080-prev-'],
    ['no label of a preview', 'hello'],
    ['a longer token', "8080-prev-${token}a"],
    ['a shorter token', '8080-prev-' . substr($token, 0, -1)],
    ['two labels', "8080-prev-$token.x"],
) {
    my ($name, $label) = @$case;
    $t->app($id, 'app.py', 8092) if $label =~ /^8092/;
    $res = $t->preview('GET', "http://$label.localhost:$t->{port}/");
    is($res->{status}, 404, "$name: 404");
    is($res->{json}{code}, 'INVALID_TOKEN', "$name: INVALID_TOKEN");
    $not{$name} = alike($res);
}

my ($first) = values %not;
is($not{$_}, $first, "$_: byte for byte the same") for sort keys %not;

# revoked: at once, in every worker, on connections that are open too

$c = $t->connect();
is($t->preview('GET', $url2, conn => $c)->{status}, 200, 'before a revoke');
is($t->api('DELETE', '/v1/sandbox/prev-2/ports/8080')->{status}, 200,
    'unexposed');
is($t->preview('GET', $url2, conn => $c)->{status}, 404,
    'after it, on the same connection');
is(join(',', map { $t->preview('GET', $url2)->{status} } 1 .. 20),
    join(',', (404) x 20), 'and on others');
is(alike($t->preview('GET', $url2)), $first, 'the same 404');

# exposed while it runs, used at once, by every worker

my $again = $t->expose('prev-2', 8080);
isnt($again, $url2, 'exposed anew: another token');
is(join(',', map { $t->preview('GET', $again)->{status} } 1 .. 20),
    join(',', (200) x 20), 'and serves at once');

# a new token by name: the old one's url dies

my $named = $t->expose('prev-2', 8080, token => 'my_own_token');
like($named, qr/8080-prev-2-my_own_token\./, 'a token that the caller chose');
is($t->preview('GET', $named)->{status}, 200, 'serves');
is($t->preview('GET', $again)->{status}, 404, 'and the one before does not');

# asleep: 410, and nothing is started

$res = $t->api('POST', '/v1/sandbox',
    json => { id => 'prev-brief', class => 'brief' });
is($res->{status}, 200, 'a sandbox of a class that sleeps soon');
$t->app('prev-brief', 'app.py', 8080);
my $brief = $t->expose('prev-brief', 8080);
is($t->preview('GET', $brief)->{status}, 200, 'awake: 200');
ok(wait_for(sub { !$t->agent_pid('prev-brief') }, 60), 'it falls asleep');

$proxy->forget();
$res = $t->preview('GET', $brief);
is($res->{status}, 410, 'asleep: 410');
is($res->{json}{code}, 'STALE_PREVIEW_URL', 'STALE_PREVIEW_URL');
$brief =~ /-([a-z0-9_]+)\.localhost/;
$res = $t->preview('GET', "http://8080-prev-brief-x$1.localhost:$t->{port}/");
is($res->{status}, 404, 'asleep, with a wrong token: 404');
# a start would be seen by then
sleep 1;
is(scalar $proxy->calls(qr/^POST/), 0, 'a preview starts nothing');
ok(!$t->agent_pid('prev-brief'), 'it sleeps on');

# destroyed: as one that never was

is($t->api('DELETE', '/v1/sandbox/prev-2')->{status}, 204, 'destroyed');
is(alike($t->preview('GET', $named)), $first, 'then 404 as ever');

$t->done();


# status, headers and body of an answer, without what tells the time

sub alike
{
    my ($r) = @_;
    my $text = $r->{raw} . $r->{body};
    $text =~ s/^Date: .*\r\n//mi;
    $text =~ s/"timestamp":\s*("[^"]*"|\d+)/"timestamp":T/;
    return $text;
}
