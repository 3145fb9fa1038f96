#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Keys, owners, and what another's key is told; no keys: hosts and origins.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;
use Sandbox::Routes;

my %key = (a => 'alice-key-0123456789', b => 'bob-key-0123456789ab',
    r => 'root-key-0123456789abc', l => 'lite-key-0123456789abc');
my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(
    engine => $proxy->engine(),
    keys => ['# comment', '', "alice:$key{a}", "bob:$key{b}",
        "boss:$key{r}:admin", "small:$key{l}:classes=lite"],
    classes => [
        'default image=sandbox-base memory=256m cpus=1 pids=128 '
            . 'network=none sleep_after=10m',
        'lite image=sandbox-base memory=128m cpus=1 pids=64 '
            . 'network=none sleep_after=10m',
    ])->start();
my $res;

# no key, wrong keys

my $path = '/v1/sandbox';

for my $case (
    ['no key', []],
    ['a wrong key', [Authorization => 'Bearer nobodys-key-0123456']],
    ['another scheme', [Authorization => "Basic $key{a}"]],
    ['two spaces', [Authorization => "Bearer  $key{a}"]],
    ['no scheme', [Authorization => $key{a}]],
    ['a part of a key', [Authorization => 'Bearer '
        . substr($key{a}, 0, -1)]],
    ['more than a key', [Authorization => "Bearer $key{a}x"]],
    ['an empty key', [Authorization => 'Bearer ']],
    ['the name of a key', [Authorization => 'Bearer alice']],
    ['a wrong header, a right argument', [Authorization => 'Bearer nobody-key'
        . '-0123456'], "?sandbox_key=$key{a}"],
    ['a right header, a wrong argument', [Authorization => "Bearer $key{a}"],
        '?sandbox_key=nobodys-key-0123456'],
    ['a wrong X-Sandbox-Key', ['X-Sandbox-Key' => 'nobodys-key-0123456']],
    ['WebSocket\'s argument without an upgrade', [],
        "?authorization=Bearer%20$key{a}"],
) {
    $res = $t->api('GET', $path . ($case->[2] // ''),
        headers => $case->[1]);
    is($res->{status}, 401, "$case->[0]: 401");
    is($res->{json}{code}, 'unauthorized', "$case->[0]: its code");
    like($res->{headers}{'www-authenticate'} // '', qr/^Bearer/,
        "$case->[0]: WWW-Authenticate");
}

for my $case (
    ['Bearer', [Authorization => "Bearer $key{a}"]],
    ['bearer', [Authorization => "bearer $key{a}"]],
    ['BEARER', [Authorization => "BEARER $key{a}"]],
    ['X-Sandbox-Key', ['X-Sandbox-Key' => $key{a}]],
    ['the argument', [], "?sandbox_key=$key{a}"],
    ['the argument among others', [], "?x=1&sandbox_key=$key{a}&y=2"],
) {
    $res = $t->api('GET', $path . ($case->[2] // ''),
        headers => $case->[1]);
    is($res->{status}, 200, "key by $case->[0]: 200");
}

is($t->api('GET', '/health')->{status}, 200, 'health needs no key');
is($t->api('GET', '/v1/sandbox/A_B')->{status}, 400,
    'a bad id is told before a missing key');
$res = $t->api('POST', '/v1/sandbox/x/nothing');
is($res->{status}, 401, 'a missing key before an unknown route');

# every route: the SDK's bridge, the agent's, nginx's own, terminals, events

my $routes = Sandbox::Routes::documented();
my %of = (id => 'none', port => 8080);
delete $routes->{'GET /health'};
cmp_ok(scalar keys %$routes, '>', 90, 'routes: ' . keys %$routes);

for my $route (sort keys %$routes) {
    my ($method, $to) = split / /, $route;
    $to =~ s<\{(\w+)\}><$of{$1} // 'x'>ge;
    my @handshake = $to =~ m{/(?:pty|ws)$} ? (Upgrade => 'websocket',
        Connection => 'Upgrade', 'Sec-WebSocket-Version' => 13,
        'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==') : ();
    my %wrong;

    for my $case (
        ['no key', []],
        ['a wrong key', [Authorization => 'Bearer nobodys-key-0123456']],
        ['an empty key', [Authorization => 'Bearer ']],
        ['an empty header', [Authorization => '']],
        ['another case', [Authorization => "Bearer \U$key{a}"]],
        ['an empty X-Sandbox-Key', ['X-Sandbox-Key' => '']],
        ['another case of X-Sandbox-Key', ['X-Sandbox-Key' => uc $key{a}]],
        ['an empty argument', [], 'sandbox_key='],
        ['another case of the argument', [], "sandbox_key=\U$key{a}"],
        ['another name of the argument', [], "key=$key{a}"],
        ['an empty token', [], 'token='],
        ['another case of a token', [], "token=\U$key{a}"],
        $to =~ m{^/v1/openapi} ? () : ['a token', [], "token=$key{a}"],
        @handshake
            ? (['a wrong key of a handshake', [],
                    'authorization=Bearer%20nobodys-key-0123456'],
                ['another case of a handshake\'s key', [],
                    "authorization=Bearer%20\U$key{a}"],
                ['a handshake\'s key without a scheme', [],
                    "authorization=$key{a}"])
            : (['a handshake\'s argument', [],
                "authorization=Bearer%20$key{a}"]),
    ) {
        $res = $t->api($method, $to . (defined $case->[2] ? "?$case->[2]" : ''),
            headers => [@{$case->[1]}, @handshake],
            $method eq 'GET' ? () : (body => '{"command":"true"}'));
        $wrong{$case->[0]} = "$res->{status} $res->{body}"
            if $res->{status} != 401
                || ($res->{json}{code} // '') ne 'unauthorized';
    }

    is_deeply(\%wrong, {}, "$route: 401");

    # nginx itself refuses it, before any module is asked

    $res = $t->api($method, $to, headers => [@handshake,
        Authorization => "Bearer $key{a}", Authorization => "Bearer $key{a}"]);
    is($res->{status}, 400, "$route: 400 for two Authorization headers");
    is($res->{json}{code}, 'INVALID_HEADERS', "$route: its code");
}

# nothing of that started or made anything

ok(! -e "$t->{state}/$_", "no sandbox $_ without a key") for qw/x none/;
$t->exec("auth-$_", ['true']) for 1 .. 3;
is(scalar $proxy->calls(qr/^POST/), 0, 'no start without a key');

# A's sandbox

is($t->run_in('theirs', 'echo mine', key => $key{a}), "mine\n",
    'a sandbox of A');
my $url = $t->expose('theirs', 8080, key => $key{a});
is($t->api('POST', '/v1/sandbox', json => { id => 'theirs-asleep' },
    key => $key{a})->{status}, 200, 'another, never started');
my $spec = decode_json(Sandbox::slurp("$t->{state}/theirs/spec.json"));
is($spec->{owner}, 'alice', 'the owner is the key\'s name');

# B on every route: as if it were absent, and nothing happens

my $state = tree();
$proxy->forget();

my @agent = (
    ['POST', '/exec', '{"argv":["true"]}'],
    ['GET', '/file/workspace/a'], ['HEAD', '/file/workspace/a'],
    ['PUT', '/file/workspace/a', 'x'],
    ['POST', '/api/execute', '{"command":"true"}'],
    ['POST', '/api/execute/stream', '{"command":"true"}'],
    ['GET', '/api/ping'], ['GET', '/api/version'], ['GET', '/api/commands'],
    ['GET', ''], ['HEAD', ''],
    ['GET', '/ports'], ['GET', '/ports/8080'],
    ['POST', '/ports', '{"port":8080}'], ['POST', '/ports/8080', '{}'],
    ['DELETE', '/ports'], ['DELETE', '/ports/8080'],
);
my %absent;

for my $id ('theirs', 'theirs-asleep') {
    for my $r (@agent) {
        $res = $t->api($r->[0], "/v1/sandbox/$id$r->[1]", key => $key{b},
            defined $r->[2] ? (body => $r->[2]) : ());
        is($res->{status}, 404, "B: $r->[0] $r->[1]: 404");
        next if $r->[0] eq 'HEAD';
        is($res->{json}{code}, 'SANDBOX_NOT_FOUND', 'its code');
        my $text = $res->{body};
        $text =~ s/"timestamp":\s*("[^"]*"|\d+)//;
        $text =~ s/$id/ID/g;
        $absent{$text} = 1;
    }

    $res = $t->api('GET', "/v1/sandbox/$id/running", key => $key{b});
    is($res->{status}, 200, 'B: running');
    is($res->{json}{running}, JSON::PP::false, 'false');
    is($t->api('DELETE', "/v1/sandbox/$id", key => $key{b})->{status}, 204,
        'B: DELETE: 204');
    $res = $t->api('POST', '/v1/sandbox', json => { id => $id },
        key => $key{b});
    is($res->{status}, 409, 'B: the name is taken: 409');
}

$res = $t->api('GET', '/v1/sandbox/no-such', key => $key{b});
my $text = $res->{body};
$text =~ s/"timestamp":\s*("[^"]*"|\d+)//;
$text =~ s/no-such/ID/g;
$absent{$text} = 1;
is(scalar keys %absent, 1, 'all of them say the same as of an absent one');

is(scalar @{$t->api('GET', '/v1/sandbox', key => $key{b})
    ->{json}{sandboxes}}, 0, 'B: the list is empty');
is(scalar $proxy->calls(qr/^(?:POST|DELETE)/), 0, 'B started nothing');
is(tree(), $state, 'and changed nothing');
is($t->run_in('theirs', 'echo here', key => $key{a}), "here\n",
    'A\'s sandbox is as it was');

# A and the admin

is(join(',', map { $_->{id} } @{$t->api('GET', '/v1/sandbox',
    key => $key{a})->{json}{sandboxes}}), 'theirs,theirs-asleep',
    'A: the list');
ok(!exists $t->api('GET', '/v1/sandbox/theirs', key => $key{a})
    ->{json}{owner}, 'A: no owner is told');

is($t->run_in('bobs', 'echo b', key => $key{b}), "b\n", 'a sandbox of B');
$res = $t->api('GET', '/v1/sandbox', key => $key{r});
is(join(',', map { "$_->{id}:$_->{owner}" } @{$res->{json}{sandboxes}}),
    'bobs:bob,theirs:alice,theirs-asleep:alice', 'the admin sees all');
is($t->run_in('bobs', 'echo r', key => $key{r}), "r\n", 'and uses all');
is($t->api('GET', '/v1/sandbox/bobs', key => $key{r})->{json}{owner}, 'bob',
    'and is told the owner');

# classes of a key

$res = $t->api('POST', '/v1/sandbox', key => $key{l},
    json => { id => 'small', class => 'lite' });
is($res->{status}, 200, 'a class that the key may choose');
$res = $t->api('POST', '/v1/sandbox', key => $key{l},
    json => { id => 'small-2', class => 'default' });
is($res->{status}, 403, 'one that it may not: 403');
ok(! -e "$t->{state}/small-2", 'and nothing is made');

# a preview asks for no key, and a key does not help there

is($t->preview('GET', $url)->{status}, 502, 'a preview needs no key');
$url =~ s/-[a-z0-9_]+\.localhost/-wrong.localhost/;
is($t->preview('GET', $url, headers => [Authorization => "Bearer $key{a}"])
    ->{status}, 404, 'and a key is no token');

# auth off

my $o = Sandbox->new(api => <<'CONF', engine => $proxy->engine())->start();
        sandbox_api_cors https://app.example.com;
CONF
my $port = $o->{port};
$proxy->forget();

for my $case (
    ['nothing', [], 200],
    ['its own Origin', [Origin => "http://localhost:$port"], 200],
    ['a foreign Origin', [Origin => 'https://evil.example'], 403],
    ['Origin null', [Origin => 'null'], 403],
    ['another port of this host', [Origin => 'http://localhost:1'], 403],
    ['a preview next door', [Origin => "http://8080-a-b.localhost:$port"], 403],
    ['a likely Origin', [Origin => "http://localhost:$port.evil"], 403],
    ['same-origin', ['Sec-Fetch-Site' => 'same-origin'], 200],
    ['none', ['Sec-Fetch-Site' => 'none'], 200],
    ['cross-site', ['Sec-Fetch-Site' => 'cross-site'], 403],
    ['same-site', ['Sec-Fetch-Site' => 'same-site'], 403],
    ['an Origin that is named', [Origin => 'https://app.example.com',
        'Sec-Fetch-Site' => 'cross-site'], 200],
) {
    for my $r (['GET', '/v1/sandbox'], ['POST', '/v1/sandbox/o/exec']) {
        next if $r->[0] eq 'POST' && $case->[2] == 200;
        $res = $o->api(@$r, headers => $case->[1],
            $r->[0] eq 'POST' ? (body => '{"argv":["true"]}') : ());
        is($res->{status}, $case->[2], "$r->[0], $case->[0]: $case->[2]");
        is($res->{json}{code}, 'FOREIGN_ORIGIN', "$case->[0]: its code")
            if $case->[2] == 403;
    }

    my $allow = $res->{headers}{'access-control-allow-origin'};
    like($res->{headers}{vary} // '', qr/\bOrigin\b/,
        "$case->[0]: caches are told") if $case->[2] == 200;
    if ($case->[0] eq 'an Origin that is named') {
        is($allow, 'https://app.example.com', 'it gets its CORS header');
    } else {
        is($allow, undef, "$case->[0]: no CORS header");
    }
}

for my $host ('evil.example', "evil.example:$port", "localhost.evil:$port",
    "example.com", "[::1]:$port")
{
    $res = $o->api('GET', '/v1/sandbox', host => $host);
    is($res->{status}, 421, "Host $host: 421");
    is($res->{json}{code}, 'MISDIRECTED', 'its code');
    $res = $o->api('POST', '/v1/sandbox/o/exec', host => $host,
        body => '{"argv":["true"]}');
    is($res->{status}, 421, "exec, Host $host: 421");
}

is($o->api('GET', '/v1/sandbox', host => "127.0.0.1:$port")->{status}, 200,
    'a name of the server block: 200');
is($o->api('GET', '/v1/sandbox', host => "LOCALHOST:$port")->{status}, 200,
    'in any case');
is(scalar $proxy->calls(qr/^POST/), 0, 'nothing was started by those');

$res = $o->api('OPTIONS', '/v1/sandbox/o/exec', headers => [
    Origin => 'https://app.example.com',
    'Access-Control-Request-Method' => 'POST']);
is($res->{status}, 204, 'a preflight of an Origin that is named');
like($res->{headers}{'access-control-allow-methods'} // '', qr/POST/,
    'its methods');
$res = $o->api('OPTIONS', '/v1/sandbox/o/exec', headers => [
    Origin => 'https://evil.example',
    'Access-Control-Request-Method' => 'POST']);
isnt($res->{status}, 204, 'and none of another');
ok(!exists $res->{headers}{'access-control-allow-origin'}, 'without CORS');

$t->done($o);


# names, sizes and times of the state directory, without the sockets

sub tree
{
    my $out = `cd $t->{state} && find . -path ./.run -prune -o -printf '%p %y %s %T\@\n' | sort`;
    return $out;
}
