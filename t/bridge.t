#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Routes that clients of the published REST API call beside those of commands,
# files and archives: sessions, tunnels, the pool, mounts.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my %key = (me => 'key-of-mine-0000001', other => 'key-of-other-000001',
    root => 'key-of-root-0000001');
my $t = Sandbox->new(keys => ["me:$key{me}:instances=3", "other:$key{other}",
    "root:$key{root}:admin"])->start();
my $p = '/v1/sandbox/bridge';


sub call
{
    my ($method, $path, $body, $who) = @_;
    return $t->api($method, $path, key => $key{$who || 'me'},
        defined $body ? (json => $body) : ());
}


sub code
{
    my ($res, $status, $code, $name) = @_;
    is("$res->{status} " . ($res->{json}{code} // ''), "$status $code", $name);
    ok(length($res->{json}{error} // ''), "$name: it says why");
}


# sessions

my $res = call('POST', "$p/session");
is($res->{status}, 200, 'a session without a body');
like($res->{json}{id}, qr/^session-\d{13}$/, 'a name is issued');
is_deeply([keys %{$res->{json}}], ['id'], 'and nothing else said');

$res = call('POST', "$p/session", { id => 'work', cwd => 'sub',
    env => { A => 'b' } });
is_deeply([$res->{status}, $res->{json}], [200, { id => 'work' }], 'named');
$res = call('POST', "$p/api/execute",
    { command => 'echo $A', sessionId => 'work' });
is($res->{json}{stdout}, 'b', 'with its variables');
code(call('POST', "$p/session", { id => 'work' }), 502, 'session_error',
    'once more');
code(call('POST', "$p/session", { cwd => '/etc' }), 403, 'invalid_request',
    'a directory outside of the workspace');
code(call('POST', "$p/session", $_), 400, 'invalid_request',
    'not a name, a directory or variables')
    for { id => 'a b' }, { id => '../x' }, { cwd => 5 }, { env => [] };

$res = call('DELETE', "$p/session/work");
is($res->{status}, 200, 'deleted');
ok($res->{json}{success}, 'success');
is($res->{json}{sessionId}, 'work', 'its name');
like($res->{json}{timestamp}, qr/^\d{4}-.*Z$/, 'when');
code(call('DELETE', "$p/session/work"), 502, 'session_error', 'no more there');
is(call('DELETE', "$p/session/a%20b")->{status}, 404, 'an invalid name');
is(call('DELETE', "$p/session/work", undef, 'other')->{status}, 404,
    'of another key');


# tunnels are exposed ports

$res = call('POST', "$p/tunnel/8080", { name => 'web' });
is($res->{status}, 200, 'a tunnel');
my $tunnel = $res->{json};
is($tunnel->{port}, 8080, 'its port');
is($tunnel->{name}, 'web', 'its name');
is($tunnel->{id}, 'bridge-8080', 'its id');
like($tunnel->{createdAt}, qr/^\d{4}-\d\d-\d\dT.*Z$/, 'when it was made');
is($tunnel->{url}, "http://$tunnel->{hostname}:$t->{port}/",
    'the url is that of the preview');
is_deeply([map { $_->{url} } @{call('GET', "$p/ports")->{json}{ports}}],
    [$tunnel->{url}], 'the port is exposed');
is(call('POST', "$p/tunnel/8080")->{json}{url}, $tunnel->{url},
    'again: the same');
call('PATCH', "$p/ports/8080", { access => 'key' });
is(call('POST', "$p/tunnel/8080", { access => 'public' })->{json}{url},
    $tunnel->{url}, 'with something else in the body');
is(call('GET', "$p/ports/8080")->{json}{access}, 'key',
    'the policy of the port is left alone');

call('POST', "$p/api/process/start", { command =>
    'exec python3 -m http.server 8080' });
is(call('POST', "$p/tunnel/8081")->{status}, 200, 'another port');
$res = call('PATCH', "$p/ports/8080", { access => 'link' });
is($res->{status}, 200, 'open to whoever has the link');
ok(wait_for(sub { $t->preview('GET', $tunnel->{url})->{status} == 200 }),
    'the app is there');

is(call('DELETE', "$p/tunnel/8080")->{status}, 204, 'removed');
is($t->preview('GET', $tunnel->{url})->{status}, 404, 'its url is dead');
is(call('DELETE', "$p/tunnel/8080")->{status}, 204, 'removed twice');

code(call('POST', "$p/tunnel/$_"), 400, 'invalid_request', "port $_")
    for qw{80 0 70000 08080 x 8080x 8080/};
like(call('POST', "$p/tunnel/80")->{json}{error}, qr/Invalid port/,
    'clients match on these words');
is(call('POST', "$p/tunnel/$_")->{status}, 404, "no port: '$_'")
    for '';
code(call('POST', "$p/tunnel/8080", { name => $_ }), 400, 'invalid_request',
    'not a label') for '-a', 'a-', 'a.b', 'a b', '', 5, 'x' x 64;
is(call('DELETE', "$p/tunnel/8081", undef, 'other')->{status}, 404,
    'a tunnel of another key');


# the pool

$res = call('GET', '/v1/pool/stats');
is_deeply($res->{json}, { warm => 0, assigned => 1, total => 1,
    maxInstances => 3, config => { warmTarget => 0, refreshInterval => 1000,
    maxInstances => 3, scaleBatchSize => 2 } }, 'what is mine runs');
$res = call('GET', '/v1/pool/stats', undef, 'other');
is($res->{json}{assigned}, 0, 'nothing of the other key');
is($res->{json}{maxInstances}, undef, 'without a limit');
$res = call('GET', '/v1/pool/stats', undef, 'root');
is($res->{json}{assigned}, 1, 'an admin sees all');
for (qw/prime shutdown-prewarmed/) {
    code(call('POST', "/v1/pool/$_"), 403, 'PERMISSION_DENIED', $_);
    is_deeply(call('POST', "/v1/pool/$_", undef, 'root')->{json},
        { ok => JSON::PP::true }, "$_ by an admin");
    is($t->api('POST', "/v1/pool/$_")->{status}, 401, "$_ without a key");
}
is($t->api('GET', '/v1/pool/stats')->{status}, 401, 'without a key');
is(call('DELETE', '/v1/pool/stats')->{status}, 404, 'another method');
ok(call('GET', "$p/running")->{json}{running}, 'the sandbox still runs');


# mounts

my $s3 = { bucket => 'b', mountPath => '/mnt',
    options => { endpoint => 'https://s3.example.com' } };
code(call('POST', "$p/mount", $s3), 502, 'mount_error', 'a mount');
like(call('POST', "$p/mount", $s3)->{json}{error}, qr/CAP_SYS_ADMIN.*hydrate/,
    'the reason, and what to do');
code(call('POST', "$p/mount", { binding => 'B', mountPath => '/mnt' }), 502,
    'mount_error', 'of a binding');
code(call('POST', "$p/unmount", { mountPath => '/mnt' }), 502,
    'unmount_error', 'an unmount');
code(call('POST', "$p/mount", $_), 400, 'invalid_request', 'a bad mount')
    for {}, { mountPath => '/m' }, { %$s3, mountPath => 'm' },
        { %$s3, mountPath => '//' }, { %$s3, mountPath => 5 },
        { %$s3, options => [] }, { %$s3, bucket => '' },
        { %$s3, binding => 'B' },
        map { +{ %$s3, options => { %{$s3->{options}}, %$_ } } }
            { readOnly => 1 }, { prefix => 1 }, { s3fsOptions => 'a' },
            { s3fsOptions => [1] }, { credentialProxy => 'x' },
            { credentials => 1 }, { credentials => { accessKeyId => 1 } },
            { endpoint => 1 };
code(call('POST', "$p/unmount", $_), 400, 'invalid_request', 'a bad unmount')
    for {}, { mountPath => '/' }, { mountPath => 'x' };

unlike($t->log_text($_), qr/key-of-/, "no key in $_")
    for qw/error.log access.log/;

$t->done();
