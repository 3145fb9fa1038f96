#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The OpenAPI document of the API: it has every route and error code and none
# that is not there, and the answers of a real sandbox are as it says.

use warnings;
use strict;

use Compress::Zlib ();
use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Npm;

my $here = "$FindBin::Bin/openapi";
my $modules = Sandbox::Npm::install($here, 'openapi');
my %key = (me => 'key-of-the-reader-0001', other => 'key-of-another-00001');

my $t = Sandbox->new(keys => [map { "$_:$key{$_}" . ($_ eq 'me' ? ':admin' : '')
    } sort keys %key])->start();
my $res;

# who may read it

my $html = slurp($ENV{TEST_SANDBOX_MODULE} || root_dir()
    . '/build/ngx_http_sandbox_module.so') =~ /<main id="page">/ ? 200 : 404;

for my $path ('/v1/openapi.json', '/v1/openapi.html', '/v1/openapi') {
    my $status = $path =~ /json/ ? 200 : $html;

    is($t->api('GET', $path)->{status}, 401, "$path without a key: 401");
    is($t->api('GET', $path, key => $key{me})->{status}, $status,
        "$path with a key");
    is($t->api('GET', "$path?token=$key{other}")->{status}, $status,
        "$path with a token");
    is($t->api('GET', "$path?a=1&sandbox_key=$key{me}")->{status}, $status,
        "$path with a key in its query");
    is($t->api('HEAD', "$path?token=$key{me}")->{status}, $status,
        "$path, HEAD");

    for my $wrong ('', 'x', uc $key{me}, "$key{me}x", substr $key{me}, 1) {
        is($t->api('GET', "$path?token=$wrong")->{status}, 401,
            "$path with the token \"$wrong\": 401");
    }

    is($t->api('GET', "$path?token=$key{other}", key => $key{me})->{status},
        401, "$path with two keys: 401");
    is($t->api('GET', "$path?authorization=Bearer%20$key{me}")->{status}, 401,
        "$path takes \"authorization\" of no request");
    is($t->api('POST', $path, key => $key{me})->{status}, 404,
        "$path, POST: 404");
}

for my $path ('/v1/sandbox', '/v1/pool/stats', '/v1/sandbox/x/running') {
    is($t->api('GET', "$path?token=$key{me}")->{status}, 401,
        "a token is a key of the document only, not of $path");
}

is($t->api('GET', "/v1/openapi%2ejson?token=$key{me}")->{status}, 400,
    'an escape in its path: 400');

# how it is sent

$res = $t->api('GET', '/v1/openapi.json', key => $key{me});
my $plain = $res->{body};
is($res->{headers}{'content-type'}, 'application/json', 'JSON');
is($res->{headers}{'content-encoding'}, undef, 'as it is');
is($res->{headers}{'cache-control'}, 'private, no-cache', 'is asked for again');
like($res->{headers}{vary} // '', qr/Accept-Encoding/, 'varies');
is($res->{headers}{'content-security-policy'}, 'sandbox', 'sandboxed');
my $etag = $res->{headers}{etag};

$res = $t->api('GET', '/v1/openapi.json', key => $key{me},
    headers => ['Accept-Encoding' => 'gzip']);
is($res->{headers}{'content-encoding'}, 'gzip', 'compressed, if it may be');
ok(Compress::Zlib::memGunzip($res->{body}) eq $plain, 'the same');
is($res->{headers}{etag}, $etag, 'with the same ETag');
cmp_ok(length $res->{body}, '<', 65536, 'and small');

$res = $t->api('GET', '/v1/openapi.json', key => $key{me},
    headers => ['If-None-Match' => $etag]);
is($res->{status}, 304, 'If-None-Match: 304');
is($res->{body}, '', 'without a body');
is($t->api('GET', '/v1/openapi.json', headers => ['If-None-Match' => $etag])
    ->{status}, 401, 'but not without a key');

# each route is in it, and each of its paths is a route

my $doc = decode_json($plain);
my $method = qr/(?:GET|HEAD|POST|PUT|PATCH|DELETE)/;
my (%code, %docs, %names);

for (map { s{/\*.*?\*/}{}gsr } slurp(root_dir()
    . '/ngx_sandbox_module/lib/sandbox_route_table.c'))
{
    while (m{"($method(?:, $method)*)",\s+"(/[^"]*)"}g) {
        my ($methods, $path) = ($1, $2);
        $path =~ s{[:<]\w+>?}{}g;
        $code{$path} = join ' ', sort grep { $_ ne 'HEAD' } split /, /, $methods;
    }
}

for my $path (keys %{$doc->{paths}}) {
    my @methods = grep { /^(?:get|put|post|delete|patch|head|options)\z/ }
        keys %{$doc->{paths}{$path}};
    $docs{$path =~ s/\{\w+\}//gr} = join ' ', sort map { uc } @methods;
    $names{$_}++ for $path =~ /\{(\w+)\}/g;
}

cmp_ok(scalar keys %code, '>', 60, 'routes of the module');
is_deeply(\%docs, \%code, 'are those of the document, with their methods');
ok($names{$_}, "a path has {$_}") for qw/id path port sid/;

# what clients of the bridge's document look for

ok($doc->{components}{schemas}{$_}, "schema $_") for qw/ExecRequest
    WriteResponse RunningResponse OkResponse MountBucketCredentials
    MountBucketRequestOptions MountBucketRequest UnmountBucketRequest
    TunnelRequest Tunnel ErrorResponse PoolStats/;
is($doc->{components}{securitySchemes}{BearerAuth}{scheme}, 'bearer',
    'BearerAuth');
my $pty = $doc->{paths}{'/v1/sandbox/{id}/pty'};
is($pty->{get}{operationId}, 'ptyTerminal', 'ptyTerminal');
my %parameters = map { resolve($_)->{name} => 1 }
    @{$pty->{parameters}}, @{$pty->{get}{parameters}};
ok($parameters{$_}, "its parameter $_") for qw/id cols rows shell session/;
ok($pty->{get}{responses}{$_}, "its response $_") for 101, 400, 401, 502;

# error codes are those of docs/api.md, and of each status

my $api = slurp(root_dir() . '/docs/api.md');
my (%all, %of, %ours);

for my $section ($api =~ /^### Errors from (?:nginx|the agent)\n(.*?)(?=^#|\z)/msg) {
    for my $row ($section =~ /^\| (`.*) \|$/mg) {
        my ($codes, $statuses) = split / \| /, $row;

        for my $code ($codes =~ /`(\w+)`/g) {
            $all{$code} = 1;
            $of{$_}{$code} = 1 for $statuses =~ /\b(\d{3})\b/g;
        }
    }
}

is_deeply([sort @{$doc->{components}{schemas}{ErrorCode}{enum}}],
    [sort keys %all], 'the error codes of docs/api.md');

for my $path (values %{$doc->{paths}}) {
    for my $operation (grep { ref eq 'HASH' && $_->{responses} } values %$path) {
        for my $status (grep { /^[45]/ } keys %{$operation->{responses}}) {
            my $ref = $operation->{responses}{$status}{'$ref'} // next;
            $ours{$status}{$ref} = 1;
        }
    }
}

for my $status (sort keys %ours) {
    my ($ref, @more) = keys %{$ours{$status}};
    is("@more", '', "$status: one response");
    my $schema = resolve({ '$ref' => $ref })->{content}{'application/json'}
        {schema}{properties};
    is($schema->{httpStatus}{const}, $status, "$status: its status");
    is_deeply([sort @{$schema->{code}{enum}}], [sort keys %{$of{$status}}],
        "$status: its codes");
}

# real answers

my $out = `node $here/replies.mjs $modules http://127.0.0.1:$t->{port} $key{me} 2>$t->{dir}/replies.log`;
is($?, 0, 'the calls end well') or diag(slurp("$t->{dir}/replies.log"));

for (split /\n/, $out) {
    my $check = decode_json($_);
    ok($check->{ok}, $check->{name}) or diag(encode_json([$check->{got}]));
}

# where a token is no key, it is an argument as any other

unlike($t->log_text($_) =~ s{/v1/(?:sandbox|pool)\S*\?token=\S+}{}gr,
    qr/key-of-/, "no key in $_") for qw/error.log access.log/;

$t->done();


sub resolve
{
    my ($node) = @_;
    my $ref = $node->{'$ref'} // return $node;
    my $at = $doc;
    $at = $at->{$_} for map { s{~1}{/}gr } split m{/}, $ref =~ s{^#/}{}r;
    return $at;
}
