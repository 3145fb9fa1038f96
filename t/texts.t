#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent

# What published clients, and the code of their users, match on in answers
# that nginx makes itself: status, code, and the part of the text.  A message
# may be reworded as long as these rows hold.  No engine is needed: that it is
# away is one of the answers.  Those of the agent are in t/agent/texts.t.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my %key = map { $_ => "key-of-$_-0123456789" } qw/root full lite/;

my $t = Sandbox->new(
    engine => 'unix:/nonexistent/engine.sock',
    keys => ["root:$key{root}:admin", "full:$key{full}",
        "lite:$key{lite}:classes=lite"],
    classes => ['default image=sandbox-base network=none',
        'lite image=sandbox-base network=none'])->start();

$t->{key} = $key{full};


# what the rows below need

good('POST', '/v1/sandbox', { id => 'mine' });
good('POST', '/v1/sandbox', { id => 'lites', class => 'lite' }, $key{root});
my $port = good('POST', '/v1/sandbox/mine/ports', { port => 8080 });
my $host = $port->{url} =~ s{^http://([^/]+)/.*}{$1}r;
good('POST', '/v1/sandbox/mine/ports/8080/links', { name => 'one' });
my $keyed = good('POST', '/v1/sandbox/mine/ports', { port => 8081,
    access => 'key' });
my $awake = good('POST', '/v1/sandbox/mine/ports', { port => 8082,
    wake => JSON::PP::true });


# columns: request, what is sent with it, status, code, text

my $new = 'POST /v1/sandbox';
my $mine = '/v1/sandbox/mine';
my $bad = qr/Invalid sandbox ID format/;

rows(
    # who asks
    ["GET $mine", { key => '' }, 401, 'unauthorized', qr/key/i],
    ["GET $mine", { key => 'wrong' }, 401, 'unauthorized', qr/key/i],
    ["POST $mine/exec", { key => 'wrong', json => { argv => ['true'] } }, 401,
        'unauthorized', qr/key/i],
    ["GET $mine/api/ping", { headers => [Authorization => 'Basic YTpi'],
        key => undef }, 401, 'unauthorized', qr/key/i],

    # ids, before anything else
    ['GET /v1/sandbox/A_b', {}, 400, 'invalid_request', $bad],
    ['POST /v1/sandbox/-a/exec', {}, 400, 'invalid_request', $bad],
    ['GET /v1/sandbox/' . 'a' x 41, {}, 400, 'invalid_request', $bad],
    ['GET /v1/sandbox/www', {}, 400, 'invalid_request', $bad],
    [$new, { json => { id => 'A' } }, 400, 'invalid_request', $bad],
    [$new, { json => { id => 5 } }, 400, 'invalid_request', $bad],

    # bodies
    [$new, { body => '{' }, 400, 'invalid_request', qr/JSON/],
    [$new, { body => '[]' }, 400, 'invalid_request', qr/JSON.*object/],
    [$new, { body => '{} {}' }, 400, 'invalid_request', qr/JSON/],
    [$new, { body => '{"a":"' . 'x' x 100_000 . '"}' }, 413,
        'payload_too_large', qr/body/],

    # sandboxes
    [$new, { json => { class => 'none' } }, 400, 'invalid_request',
        qr/class/],
    [$new, { json => { id => 'mine' } }, 409, 'SANDBOX_ALREADY_EXISTS',
        qr/\bid\b/],
    [$new, { json => { class => 'default' }, key => $key{lite} }, 403,
        'PERMISSION_DENIED', qr/class/],
    [$new, { json => {}, headers => ['Idempotency-Key' => 'a b' x 200] },
        400, 'invalid_request', qr/Idempotency-Key/],
    ['GET /v1/sandbox/none', {}, 404, 'SANDBOX_NOT_FOUND',
        qr/no such|not found|does not exist/i],
    ['GET /v1/sandbox/mine', { key => $key{lite} }, 404, 'SANDBOX_NOT_FOUND',
        qr/no such|not found|does not exist/i],
    ["POST $mine/exec", { json => { argv => ['true'] },
        key => $key{lite} }, 404, 'SANDBOX_NOT_FOUND',
        qr/no such|not found|does not exist/i],
    ['PATCH /v1/sandbox/none', { json => {} }, 404, 'SANDBOX_NOT_FOUND',
        qr/no such|not found|does not exist/i],
    ['POST /v1/sandbox/none/exec', { json => { argv => ['true'] },
        key => $key{lite} }, 403, 'PERMISSION_DENIED',
        qr/no such|not found|does not exist/i],
    ['GET /v1/sandbox?limit=0', {}, 400, 'invalid_request', qr/limit/],
    ['GET /v1/sandbox?after=_', {}, 400, 'invalid_request', qr/after/],
    [$new, { json => { sleepAfter => 'x' } }, 400, 'invalid_request',
        qr/"sleepAfter"/],
    [$new, { json => { env => { '1' => 'x' } } }, 400, 'invalid_request',
        qr/"env"/],
    ["PATCH $mine", { json => { labels => [] } }, 400, 'invalid_request',
        qr/"labels"/],

    # headers and paths that nothing below would understand
    ["POST $mine/exec", { headers => ['Session-Id' => '../x'] }, 400,
        'invalid_request', qr/Session-Id/],
    ["POST $mine/api/execute", { headers => ['X-Session-Id' => 'a b'] }, 400,
        'invalid_request', qr/X-Session-Id/],
    ["GET $mine/file/../exec", {}, 400, 'invalid_request', qr/path/],
    ["GET $mine//ports", {}, 400, 'invalid_request', qr/path/],
    ["GET $mine/file/workspace/\xc3\xa9", {}, 400, 'invalid_request',
        qr/percent-encode/i],
    ["GET $mine/ports?x=\xc3\xa9", {}, 400, 'invalid_request',
        qr/percent-encode/i],

    # routes
    ["GET $mine/exec", {}, 404, 'NOT_FOUND', qr{POST}],
    ["DELETE $mine/file/workspace/x", {}, 404, 'NOT_FOUND',
        qr{GET, HEAD, PUT}],
    ["POST $mine/api/ping", {}, 404, 'NOT_FOUND', qr/GET, HEAD/],
    ["PUT $mine", {}, 404, 'NOT_FOUND', qr/GET, HEAD, PATCH, DELETE/],
    ["GET $mine/none", {}, 404, 'NOT_FOUND', qr/\bexec\b/],
    map({ ["GET $mine/none", {}, 404, 'NOT_FOUND', qr{[:,] \Q$_\E[,.]}] }
        qw(sleep wake restart api/commands ports/:port/links/:name)),
    ['GET /v1/none', {}, 404, 'NOT_FOUND', qr{/v1/sandbox}],

    # ports
    ["POST $mine/ports", { json => {} }, 400, 'INVALID_PORT',
        qr/invalid port.*1024.*65535/],
    ["POST $mine/ports", { json => { port => 80 } }, 400, 'INVALID_PORT',
        qr/invalid port.*1024.*65535/],
    ["POST $mine/ports/80", {}, 400, 'INVALID_PORT',
        qr/invalid port.*1024.*65535/],
    ["POST $mine/ports/8080", { json => { port => 8081 } }, 400,
        'INVALID_PORT', qr/8081.*8080/],
    ["PATCH $mine/ports/9000", { json => {} }, 404, 'PORT_NOT_EXPOSED',
        qr/\b9000\b.*not exposed/],
    ["GET $mine/ports/9000", {}, 404, 'PORT_NOT_EXPOSED',
        qr/\b9000\b.*not exposed/],
    ["GET $mine/ports/9000/links", {}, 404, 'PORT_NOT_EXPOSED',
        qr/\b9000\b.*not exposed/],
    ["POST $mine/ports", { json => { port => 8090,
        hostname => 'other.example' } }, 400, 'CUSTOM_DOMAIN_REQUIRED',
        qr/hostname.*localhost/],
    ["POST $mine/ports", { json => { port => 8090,
        token => $host =~ s/.*-([^-.]+)\..*/$1/r } }, 400, 'invalid_request',
        qr/\b8080\b.*token/],
    ["POST $mine/ports", { json => { port => 8090, token => 'A-' } }, 400,
        'invalid_request', qr/"token"/],
    ["POST $mine/ports", { json => { port => 8090, access => 'x' } }, 400,
        'invalid_request', qr/"access"/],
    ["POST $mine/ports", { json => { port => 8090, wake => 1 } }, 400,
        'invalid_request', qr/"wake"/],
    ["POST $mine/ports/8080/links", { json => {} }, 400, 'invalid_request',
        qr/"name"/],
    ["POST $mine/ports/8080/links", { json => { name => 'one' } }, 409,
        'LINK_ALREADY_EXISTS', qr/\b8080\b/],
    ["DELETE $mine/ports/8080/links/two", {}, 404, 'LINK_NOT_FOUND',
        qr/\b8080\b/],

    # the engine
    ["POST $mine/exec", { json => { argv => ['true'] } }, 503,
        'CONTAINER_UNAVAILABLE', qr/container engine/i],
    ["GET $mine/file/workspace/x", {}, 503, 'CONTAINER_UNAVAILABLE',
        qr/container engine/i],
    ["POST $mine/api/execute", { json => { command => 'true' } }, 503,
        'CONTAINER_UNAVAILABLE', qr/container engine/i],
    ["POST $mine/wake", {}, 503, 'CONTAINER_UNAVAILABLE',
        qr/container engine/i],
);

for (8100 .. 8700) {
    my $res = $t->api('POST', "$mine/ports/$_");
    next if $res->{status} == 200;
    is("$res->{status} $res->{json}{code}", '409 PORT_LIMIT_REACHED',
        'too many ports');
    like($res->{json}{message}, qr/at most \d+ exposed ports/, 'in words');
    last;
}


# previews

$t->{key} = undef;

rows(
    ['GET /', { host => $host }, 410, 'STALE_PREVIEW_URL', qr/asleep/],
    ['GET /', { host => $host =~ s/mine/none/r }, 404, 'INVALID_TOKEN',
        qr/token.*not exposed/],
    ['GET /', { host => $host =~ s/8080/9000/r }, 404, 'INVALID_TOKEN',
        qr/token.*not exposed/],
    ['GET /', { host => $host =~ s/-[^-.]+\./-x./r }, 404, 'INVALID_TOKEN',
        qr/token.*not exposed/],
    ['GET /', { host => "other.localhost:$t->{port}" }, 404, 'INVALID_TOKEN',
        qr/token.*not exposed/],
    ['GET /', { host => $keyed->{url} =~ s{^http://([^/]+)/.*}{$1}r }, 401,
        'unauthorized', qr/key.*\bX-Sandbox-Key\b/],
    ['GET /', { host => $keyed->{url} =~ s{^http://([^/]+)/.*}{$1}r,
        headers => ['X-Sandbox-Key' => 'wrong'] }, 401, 'unauthorized',
        qr/key/i],
    ['GET /', { host => $awake->{url} =~ s{^http://([^/]+)/.*}{$1}r }, 503,
        'CONTAINER_UNAVAILABLE', qr/container engine/i],
    ['GET /', { host => $host, headers => [Connection => 'Upgrade',
        Upgrade => 'websocket', 'Sec-WebSocket-Version' => 13,
        'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ=='] }, 410,
        'STALE_PREVIEW_URL', qr/asleep/],
);


# answers of success that clients read

$t->{key} = $key{full};

is_deeply(good('GET', '/health'), { ok => JSON::PP::true }, 'health');
is_deeply(good('GET', "$mine/running"), { running => JSON::PP::true },
    'running');
is_deeply(good('GET', '/v1/sandbox/none/running'),
    { running => JSON::PP::false }, 'running of an absent one');
like(good('POST', '/v1/sandbox')->{id}, qr/^[a-z2-7]{26}$/, 'an id');
is($t->api('DELETE', '/v1/sandbox/none')->{status}, 204, 'DELETE');


# who may call where no key is asked for

my $open = Sandbox->new(engine => 'unix:/nonexistent/engine.sock')->start();

for my $case (
    ['another name', { host => 'evil.example' }, 421, 'MISDIRECTED'],
    ['another page', { headers => [Origin => 'http://evil.example'] }, 403,
        'FOREIGN_ORIGIN'],
) {
    my ($name, $o, $status, $code) = @$case;
    my $res = $open->api('GET', '/v1/sandbox', %$o);
    is("$res->{status} $res->{json}{code}", "$status $code", $name);
    shape($res, $name);
    ok(length($res->{json}{suggestion} // ''), "$name: what to do");
}

$t->done($open);


# ----

sub good
{
    my ($method, $path, $json, $key) = @_;
    my $res = $t->api($method, $path, $json ? (json => $json) : (),
        defined $key ? (key => $key) : ());
    $res->{status} == 200
        or die "$method $path: $res->{status} $res->{body}\n";
    return $res->{json};
}


sub rows
{
    for my $row (@_) {
        my ($request, $o, $status, $code, $text) = @$row;
        my ($method, $path) = split / /, $request;
        my $name = substr "$request " . encode_json($o), 0, 90;
        my $c = $t->connect();

        local $t->{key} = $o->{key} if exists $o->{key};
        $c->request($method, $path, $t->api_options(%$o));
        my $res = $c->response(method => $method);
        $c->close();

        is($res->{status}, $status, "$name: $status");
        is($res->{json}{code}, $code, "$name: $code");
        like($res->{json}{message}, $text, "$name: text");
        shape($res, $name);
    }
}


sub shape
{
    my ($res, $name) = @_;
    my $j = $res->{json} || {};

    ok($res->{headers}{'content-type'} =~ qr{^application/json}
        && $j->{error} eq $j->{message} && ref $j->{context} eq 'HASH'
        && $j->{httpStatus} == $res->{status}
        && $j->{timestamp} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
        "$name: shape") or diag(substr $res->{body} // '', 0, 300);
}
