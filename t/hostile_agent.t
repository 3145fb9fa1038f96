#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The agent replaced by a hostile program: it learns no secret, and its
# garbage replies harm nobody.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;

my $KEY = 'kEy-of-alice-0123456789abcdef';

my $t = Sandbox->new(
    agent => Sandbox::Image::program('hostile_agent'),
    keys => ["alice:$KEY"], key => $KEY,
    classes => [
        'default image=' . Sandbox::Image::bare('bare')
            . ' memory=64m pids=64 network=none sleep_after=10m'])->start();
my $id = 'evil';
my $res;
my @workers = $t->workers_alive();

# the port is known before the start, so that its socket comes with boot

my $url = $t->expose($id, 8080);
my ($host) = $url =~ m{//([^/]+)};

# an ordinary answer, with what the API's origin must not say

$res = $t->api('GET', "/v1/sandbox/$id/api/ping");
is($res->{status}, 200, 'the hostile agent is in place');
is($res->{body}, 'ok', 'and answers');
like($res->{headers}{'content-type'}, qr{^text/plain}, 'with its own type');
for my $name (qw/set-cookie access-control-allow-origin
    access-control-allow-credentials x-sandbox-agent/)
{
    ok(!exists $res->{headers}{$name}, "$name is taken away");
}
is($res->{headers}{'x-content-type-options'}, 'nosniff', 'nosniff');
is($res->{headers}{'content-security-policy'}, 'sandbox', 'sandbox');

# secrets

my @secret = (
    Cookie => 'session=COOKIE-OF-ALICE; __Host-sandbox=COOKIE-TOO',
    'Proxy-Authorization' => 'Basic PROXY-SECRET',
    'X-Sandbox-Owner' => 'FORGED-OWNER',
);

for my $case (
    ['header', "/v1/sandbox/$id/api/ping", [Authorization => "Bearer $KEY"]],
    ['lower case', "/v1/sandbox/$id/api/ping",
        [authorization => "bearer $KEY"]],
    ['X-Sandbox-Key', "/v1/sandbox/$id/api/ping", ['X-Sandbox-Key' => $KEY]],
    ['argument', "/v1/sandbox/$id/api/ping?a=1&sandbox_key=$KEY&b=%41", []],
    ['only argument', "/v1/sandbox/$id/api/ping?sandbox_key=$KEY", []],
    ['WebSocket\'s argument',
        "/v1/sandbox/$id/api/ping?authorization=Bearer%20$KEY&x=1",
        [Upgrade => 'websocket', Connection => 'Upgrade',
            'Sec-WebSocket-Key' => 'MDEyMzQ1Njc4OWFiY2RlZg==',
            'Sec-WebSocket-Version' => 13]],
    ['a file', "/v1/sandbox/$id/file/workspace/a?sandbox_key=$KEY", []],
    ['and a body', "/v1/sandbox/$id/exec?sandbox_key=$KEY", [], 'POST',
        '{"argv":["true"]}'],
) {
    my ($name, $path, $headers, $method, $body) = @$case;
    my $c = $t->connect();
    $c->request($method || 'GET', $path, host => "localhost:$t->{port}",
        headers => [@$headers, @secret], body => $body);
    $res = $c->response();
    is($res->{status}, 200, "key as $name: passes");
    $c->close();
}

$res = $t->preview('GET', $url, headers => ['X-Sandbox-Key' => $KEY,
    'X-Sandbox-Owner' => 'FORGED-OWNER']);
is($res->{status}, 200, 'a preview');

# a socket that was handed over later, and that it did not take
$res = $t->preview('GET', $t->expose($id, 8081));
like($res->{status}, qr/^50[234]$/, "a port that it ignores: $res->{status}");

my $record = record();
like($record, qr{^GET /api/ping}m, 'the record holds requests');
like($record, qr{GET /api/ping\?a=1&b=%41 }, 'the query without the key');
like($record, qr{GET /api/ping HTTP}, 'a query of the key alone is none');
like($record, qr/\[boot \d+\]/, 'and the boot packets');
unlike($record, qr/\Q$KEY\E/, 'the record never holds the key');
unlike($record, qr/alice/i, 'nor the owner');
unlike($record, qr/authorization/i, 'nor an authorization header');
unlike($record, qr/^cookie:/im, 'nor a cookie header');
unlike($record, qr/COOKIE|SECRET|FORGED|X-Sandbox/i, 'nor what they held');

# garbage: 502, or a broken body where the head had passed

my %want = (
    'g-headers-endless' => 502, 'g-header-huge' => 502,
    'g-headers-1000' => 502, 'g-1xx-flood' => 502,
    'g-101' => 502, 'g-status' => 502, 'g-protocol' => 502,
    'g-binary' => 502, 'g-nothing' => 502,
    'g-length-two' => 'framed', 'g-length-negative' => 'framed',
    'g-length-overflow' => 'framed', 'g-length-chunked' => 'framed',
    'g-encoding' => 'framed',
    'g-length-long' => 'broken', 'g-chunk-bad' => 'broken',
    'g-chunk-huge' => 'broken', 'g-chunk-cut' => 'broken',
    'g-length-short' => 'abc', 'g-accel' => 'plain',
    'g-header-bytes' => 'any', 'g-poison' => 'ok',
);

for my $where ('API', 'preview') {
    for my $g (sort keys %want) {
        $res = ask($where, $g);

        if ($want{$g} eq 'any') {
            ok($res->{status} == 502 || $res->{status} == 200
                && $res->{body} eq 'ok', "$where: $g: $res->{status}");
            unlike($res->{raw}, qr/\nSet-Cookie: evil=2/i,
                "$where: $g: no header within a header");

        } elsif ($want{$g} eq 'broken') {
            ok($res->{status} == 502 || $res->{broken}
                || ($res->{error} // '') eq 'closed',
                "$where: $g: $res->{status}, and not made whole");

        } elsif ($want{$g} eq 'framed') {
            ok($res->{status} == 502 || $res->{status} == 200
                && 'abcde' =~ /^\Q$res->{body}\E/, "$where: $g: "
                . "$res->{status}");

        } elsif ($want{$g} =~ /^\d/) {
            is($res->{status}, $want{$g}, "$where: $g");
            is($res->{json}{code}, $where eq 'API' ? 'exec_transport_error'
                : 'SERVICE_NOT_RESPONDING', "$where: $g: its code");

        } else {
            is($res->{status}, 200, "$where: $g");
            is($res->{body}, $want{$g}, "$where: $g: the body");
        }

        unlike($res->{raw} . ($res->{body} // ''), qr/root:|x-accel/i,
            "$where: $g: no file of the host, no X-Accel");

        # its garbage is not the next one's answer
        sleep 0.06 if $g eq 'g-poison';
        my $next = ask($where, 'good');
        is("$next->{status} $next->{body}", '200 ok',
            "$where: $g: the next request is answered well");
    }

    # endless bodies are streamed, and end when the client has enough

    my %before = map { $_ => Sandbox::memory($_, 'VmRSS') }
        $t->workers_alive();
    for my $g ('g-body-endless', 'g-chunks-endless', 'g-chunk-extension') {
        my $c = ask($where, $g, 1);
        my $end = time() + 2;
        my $n = 0;
        if ($c->head(timeout => 4)->{status} == 200) {
            while (time() < $end && defined(my $piece = $c->read(1))) {
                $n += length $piece;
            }
        }
        $c->close();
        my $next = ask($where, 'good');
        is("$next->{status} $next->{body}", '200 ok',
            "$where: $g: the next request is answered well");
    }
    SKIP: {
        skip 'memory under sanitizers', 1 if sanitized();
        my @grown = grep { Sandbox::memory($_, 'VmRSS')
            > ($before{$_} || 0) + 8_000_000 } keys %before;
        is("@grown", '', "$where: no worker grew by endless bodies");
    }

    # an agent that says nothing: the client may leave

    my $c = ask($where, 'g-silent', 1);
    is($c->head(timeout => 1)->{error}, 'timeout', "$where: silent");
    $c->close();
}

# a request that it breaks off is sent again at most twice: for the kept
# connection that it may have been sent on, and in case the agent has ended

my $n = () = record() =~ m{^GET \S*g-nothing }mg;
cmp_ok($n, '>=', 2, 'a request that ends without a byte, seen twice');
cmp_ok($n, '<=', 6, "and not repeated more than twice each: $n");

is(join(',', $t->workers_alive()), join(',', @workers),
    'the workers are those of the beginning');

$t->done();


sub ask
{
    my ($where, $what, $open) = @_;
    my $c = $t->connect(timeout => 8);

    if ($where eq 'API') {
        $c->request('GET', "/v1/sandbox/$id/file/workspace/$what",
            $t->api_options());
    } else {
        $c->request('GET', "/$what", host => $host);
    }
    return $c if $open;

    my $r = $c->response(max => 1 << 20);
    $c->close();
    return $r;
}


sub record
{
    my $name = $t->container_of($id);
    my $text = `docker cp $name:/record - 2>/dev/null | tar -xO`;
    return $text;
}
