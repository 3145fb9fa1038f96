#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The routes that nginx answers itself, and what lies beside them.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), classes => [
    'default image=sandbox-base memory=256m cpus=1 pids=128 network=none '
        . 'sleep_after=10m',
    'lite image=sandbox-base memory=128m cpus=0.5 pids=64 network=none '
        . 'sleep_after=0',
])->start();
my $res;

# health

$res = $t->api('GET', '/health');
is($res->{status}, 200, 'health');
is_deeply($res->{json}, { ok => JSON::PP::true }, 'is ok');
is($t->api('HEAD', '/health')->{status}, 200, 'HEAD health');

# POST /v1/sandbox

$res = $t->api('POST', '/v1/sandbox');
is($res->{status}, 200, 'create without a body');
like($res->{json}{id}, qr/^[a-z2-7]{26}$/, 'issues an id');
my $issued = $res->{json}{id};

$res = $t->api('POST', '/v1/sandbox', json => { id => 'api-1', other => 1 });
is($res->{status}, 200, 'create by name');
is($res->{json}{id}, 'api-1', 'takes the name');
is($res->{json}{class}, 'default', 'in the default class');

$res = $t->api('POST', '/v1/sandbox', json => { id => 'api-1' });
is($res->{status}, 409, 'a name that is taken: 409');
is($res->{json}{code}, 'SANDBOX_ALREADY_EXISTS', 'its code');
shape($res, 'a name that is taken');

$res = $t->api('POST', '/v1/sandbox', json => { id => 'api-n' },
    headers => ['Idempotency-Key' => 'nonce-1']);
is($res->{status}, 200, 'create with an idempotency key');
$res = $t->api('POST', '/v1/sandbox', json => { id => 'api-n' },
    headers => ['Idempotency-Key' => 'nonce-1']);
is($res->{status}, 200, 'the same again: the same answer');
is($res->{json}{id}, 'api-n', 'with the id');
$res = $t->api('POST', '/v1/sandbox', json => { id => 'api-n' },
    headers => ['Idempotency-Key' => 'nonce-2']);
is($res->{status}, 409, 'with another key: 409');

$res = $t->api('POST', '/v1/sandbox',
    json => { id => 'api-lite', class => 'lite' });
is($res->{json}{class}, 'lite', 'create in a class');

for my $case (
    ['no JSON', '{"id":', 400], ['no object', '["a"]', 400],
    ['trash after it', '{} {}', 400], ['an id that is no text', '{"id":5}', 400],
    ['a bad id', '{"id":"A_b"}', 400], ['an empty id', '{"id":""}', 400],
    ['a reserved id', '{"id":"admin"}', 400],
    ['an unknown class', '{"class":"none"}', 400],
    ['deep JSON', '[' x 30000 . ']' x 30000, 400],
    ['a body over the limit', '{"x":"' . 'a' x 70000 . '"}', 413],
) {
    $res = $t->api('POST', '/v1/sandbox', body => $case->[1]);
    is($res->{status}, $case->[2], "create with $case->[0]: $case->[2]");
    shape($res, "create with $case->[0]");
}

# ids

for my $bad ('A', 'a_b', '-a', 'a-', 'a.b', '%61bc', 'www', 'api', 'admin',
    'root', 'system', 'instance', 'a' x 41, 'a%2fb', '%c3%a9', 'a%00')
{
    for my $r (['GET', ''], ['POST', '/exec'], ['GET', '/running'],
        ['DELETE', ''], ['GET', '/nothing'])
    {
        $res = $t->api($r->[0], "/v1/sandbox/$bad$r->[1]");
        is($res->{status}, 400, "id $bad, $r->[0] $r->[1]: 400");
    }

    # nginx's own parser answers a zero byte
    shape($res, "id $bad") if $bad ne 'a%00';
}

is($t->api('GET', '/v1/sandbox/' . 'a' x 40 . '/running')->{status}, 200,
    'an id of 40 characters is one');

# dot segments, raw

for my $path ('/v1/sandbox/api-1/../api-lite', '/v1/sandbox/./api-1',
    '/v1/sandbox/api-1/%2e%2e/api-lite/exec', '/v1/sandbox/api-1/file/../exec',
    '/v1/sandbox/api-1/file/%2E%2E/%2e%2e/api-n/exec',
    '/v1/sandbox/api-1/file/workspace/.%2e/x')
{
    $res = $t->raw("GET $path HTTP/1.1\r\nHost: localhost:$t->{port}\r\n\r\n");
    is($res->{status}, 400, "$path: 400");
}

# GET of one

$res = $t->api('GET', '/v1/sandbox/api-1');
is($res->{status}, 200, 'get');
is($res->{json}{id}, 'api-1', 'its id');
is($res->{json}{class}, 'default', 'its class');
is($res->{json}{state}, 'asleep', 'not started: asleep');
like($res->{json}{created}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d/, 'created');
is($res->{json}{sleepAfter}, 600, 'sleepAfter');
is_deeply($res->{json}{ports}, [], 'no ports');
is($t->api('HEAD', '/v1/sandbox/api-1')->{status}, 200, 'HEAD');

$res = $t->api('GET', '/v1/sandbox/absent');
is($res->{status}, 404, 'get of an absent one: 404');
is($res->{json}{code}, 'SANDBOX_NOT_FOUND', 'its code');
shape($res, 'absent');
is($t->api('GET', '/v1/sandbox/absent/')->{status}, 404,
    'with a slash at its end: 404');

# running

$res = $t->api('GET', '/v1/sandbox/api-1/running');
is($res->{status}, 200, 'running');
is_deeply($res->{json}, { running => JSON::PP::true },
    'true, though it was never started');
$res = $t->api('GET', '/v1/sandbox/absent/running');
is($res->{status}, 200, 'running of an absent one');
is_deeply($res->{json}, { running => JSON::PP::false }, 'false');

# nothing so far has started or made one

is(scalar $proxy->calls(qr/^POST/), 0, 'nothing was started');
is(scalar $t->containers(), 0, 'no container');
ok(! -e "$t->{state}/absent", 'and no directory of the absent one');

# unknown routes and methods make nothing

for my $r (['POST', '/v1/sandbox/never/exce'], ['GET', '/v1/sandbox/never/exec'],
    ['DELETE', '/v1/sandbox/never/exec'], ['PATCH', '/v1/sandbox/never'],
    ['POST', '/v1/sandbox/never/file/workspace/a'],
    ['DELETE', '/v1/sandbox/never/file/workspace/a'],
    ['GET', '/v1/sandbox/never/api/execute'], ['POST', '/v1/sandbox/never/api/x'],
    ['PUT', '/v1/sandbox/never/running'], ['GET', '/v1/other'],
    ['OPTIONS', '/v1/sandbox/never/exec'], ['PUT', '/v1/sandbox'],
    ['POST', '/v1/sandbox/never/exec/'], 
    ['GET', '/v1/sandbox/never/ports/'], ['POST', '/v1/sandbox/never/ping'])
{
    $res = $t->api($r->[0], $r->[1]);
    is($res->{status}, 404, "$r->[0] $r->[1]: 404");
    shape($res, "$r->[0] $r->[1]") if $r->[0] ne 'HEAD';
}
ok(! -e "$t->{state}/never", 'and no sandbox was made of it');
is(scalar $proxy->calls(qr/^POST/), 0, 'nor anything started');

# headers are checked before anything starts

$res = $t->exec('never', ['true'], headers => ['Session-Id' => '../x']);
is($res->{status}, 400, 'bad Session-Id: 400');
$res = $t->exec('never', ['true'], headers => ['X-Session-Id' => 'a b']);
is($res->{status}, 400, 'bad X-Session-Id: 400');
ok(! -e "$t->{state}/never", 'and no sandbox was made');

# the list

$res = $t->api('GET', '/v1/sandbox');
is($res->{status}, 200, 'list');
my @ids = sort 'api-1', 'api-lite', 'api-n', $issued;
is(join(',', map { $_->{id} } @{$res->{json}{sandboxes}}), "@ids[0 .. 3]"
    =~ tr/ /,/r, 'all that were made, in order');
ok(!exists $res->{json}{next}, 'and no next page');
$res = $t->api('GET', '/v1/sandbox?limit=2');
is(join(',', map { $_->{id} } @{$res->{json}{sandboxes}}),
    "$ids[0],$ids[1]", 'a page of two');
is($res->{json}{next}, $ids[1], 'and where the next begins');
$res = $t->api('GET', "/v1/sandbox?limit=2&after=$ids[1]");
is(join(',', map { $_->{id} } @{$res->{json}{sandboxes}}),
    "$ids[2],$ids[3]", 'and the next');

# running, for real

is($t->run_in('api-lite', 'echo x'), "x\n", 'started by use');
$res = $t->api('GET', '/v1/sandbox/api-lite');
is($res->{json}{state}, 'running', 'now it is running');
ok(!defined $res->{json}{sleepAfter}, 'sleep_after=0: never sleeps');

# ping and version of the agent

$res = $t->api('GET', '/v1/sandbox/api-lite/api/ping');
is($res->{status}, 200, 'ping');
like($res->{headers}{'content-type'}, qr{^application/json}, 'JSON');
is($res->{headers}{'x-content-type-options'}, 'nosniff',
    'an agent\'s answer is nosniff');
is($res->{headers}{'content-security-policy'}, 'sandbox', 'and sandboxed');
$res = $t->api('GET', '/v1/sandbox/api-lite/api/version');
is($res->{status}, 200, 'version');
ok(length($res->{json}{version} // ''), 'is told');

# limits of its class are the container's

my $name = $t->container_of('api-lite');
my $inspect = decode_json(Sandbox::docker("inspect $name"))->[0];
my $hc = $inspect->{HostConfig};
is($hc->{Memory}, 128 << 20, 'memory');
is($hc->{MemorySwap}, 128 << 20, 'no swap');
is($hc->{NanoCpus}, engine_enforces('CpuCfsQuota') ? 500_000_000 : 0, 'cpus');
is($hc->{PidsLimit}, 64, 'pids');
is($hc->{NetworkMode}, 'none', 'no network');
ok(grep({ /no-new-privileges/ } @{$hc->{SecurityOpt}}), 'no-new-privileges');
is($hc->{RestartPolicy}{Name}, 'no', 'restart policy');
ok(!$hc->{Privileged}, 'not privileged');

SKIP: {
    skip 'Podman shows these otherwise', 4 if engine_kind() eq 'podman';
    is(join(',', sort map { s/^CAP_//r } @{$hc->{CapAdd}}),
        'CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,SETGID,SETUID', 'capabilities');
    is(join(',', @{$hc->{CapDrop}}), 'ALL', 'and no other');
    is($hc->{Binds}, undef, 'no binds');
    is(join(',', sort map { "$_->{Target}:" . ($_->{ReadOnly} ? 'ro' : 'rw') }
        @{$hc->{Mounts}}), '/run/sandbox-agent:ro,/run/sandbox:ro',
        'two read-only mounts');
}

is_deeply($inspect->{Config}{Healthcheck}{Test}, ['NONE'], 'no health check');
unlike(encode_json($inspect->{Config}{Labels}), qr/api-lite/,
    'the sandbox\'s id is no label');
my $status = $t->run_in('api-lite', 'grep -E "^(Cap|NoNew|Seccomp:)" '
    . '/proc/self/status');
like($status, qr/^CapBnd:\t00000000000000fb$/m,
    'the bounding set inside is those seven');
like($status, qr/^NoNewPrivs:\t1$/m, 'no new privileges inside');
like($status, qr/^Seccomp:\t2$/m, 'the seccomp profile is on');

# DELETE

is($t->api('DELETE', '/v1/sandbox/api-lite')->{status}, 204, 'destroy');
is($t->api('GET', '/v1/sandbox/api-lite')->{status}, 404, 'gone');
is($t->api('GET', '/v1/sandbox/api-lite/running')->{json}{running},
    JSON::PP::false, 'not running');
ok(! -e "$t->{state}/api-lite", 'its directory is gone');
is(scalar $t->containers(), 0, 'and its container');
is($t->api('DELETE', '/v1/sandbox/api-lite')->{status}, 204,
    'destroy of what is gone: 204');
is($t->api('DELETE', '/v1/sandbox/absent')->{status}, 204,
    'destroy of an absent one: 204');
is($t->api('DELETE', '/v1/sandbox/api-1')->{status}, 204,
    'destroy of one that was never started');

$t->done();


sub shape
{
    my ($r, $name) = @_;
    my $json = $r->{json} || {};
    my @missing = grep { !exists $json->{$_} }
        qw/error code message context httpStatus timestamp/;
    is("@missing", '', "$name: the shape of an error");
    is($json->{httpStatus}, $r->{status}, "$name: its status is told");
    is($json->{error}, $json->{message}, "$name: error and message agree");
}
