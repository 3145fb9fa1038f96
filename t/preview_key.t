#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Previews that ask for a key: where it may come in, what a browser gets for
# it, that it goes no further than nginx; and nginx's own access control with
# each kind of access.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::WebSocket;

my $t = Sandbox->new()->start();
my $id = 'key';
my $p = "/v1/sandbox/$id/ports/8080";
my ($res, $ws, $other);

$t->app($id, 'app.py', 8080);

# a key is issued where one is asked for

$res = $t->api('POST', $p, json => { token => 'tok', access => 'key' });
my ($url, $key) = @{$res->{json}}{qw/url key/};
my ($host) = $url =~ m{//([^/]+)};
like($key, qr/^[a-z2-7]{26}$/, 'a key is issued');
is($t->api('GET', $p)->{json}{key}, $key, 'its owner sees it');
is($t->api('POST', $p, json => {})->{json}{key}, $key, 'and it stays');
unlike($t->api('GET', "/v1/sandbox/$id/ports")->{body}, qr/$key/,
    'lists are without it');

my $wrong = $key;
substr($wrong, 5, 1) = substr($wrong, 5, 1) eq 'a' ? 'b' : 'a';
my $cookie = "__Host-sandbox=$key";
my @page = ('Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document',
    'Sec-Fetch-Site' => 'cross-site', Accept => 'text/html');

# without it: 401, as JSON, for anybody

for my $case (
    ['nothing', '/', []],
    ['a wrong header', '/', ['X-Sandbox-Key' => $wrong]],
    ['an empty header', '/', ['X-Sandbox-Key' => '']],
    ['a longer key', '/', ['X-Sandbox-Key' => "${key}a"]],
    ['a shorter key', '/', ['X-Sandbox-Key' => substr $key, 0, -1]],
    ['the key in capitals', '/', ['X-Sandbox-Key' => uc $key]],
    ['a wrong argument', "/?sandbox_key=$wrong", []],
    ['an argument without a value', '/?sandbox_key', []],
    ['an argument too long', '/?sandbox_key=' . 'a' x 2000, []],
    ['a wrong cookie', '/', [Cookie => "__Host-sandbox=$wrong"]],
    ['a cookie of another name', '/', [Cookie => "x__Host-sandbox=$key"]],
    ['a cookie without a name', '/', [Cookie => "=$cookie"]],
    ['another header', '/', [Authorization => "Bearer $key"]],
    ['a wrong header, a right cookie', '/',
        ['X-Sandbox-Key' => $wrong, Cookie => $cookie]],
    ['a wrong header, a right argument', "/?sandbox_key=$key",
        ['X-Sandbox-Key' => $wrong]],
    ['a right and a wrong argument', "/?sandbox_key=$key&sandbox_key=$wrong",
        []],
    ['a page, with nothing', '/', [@page]],
) {
    my ($name, $path, $headers) = @$case;
    forget();
    $res = $t->preview('GET', $url, path => $path, headers => [
        'Sec-Fetch-Mode' => 'cors', @$headers]);
    is($res->{status}, 401, "$name: 401");
    is($res->{json}{code}, 'unauthorized', "$name: unauthorized")
        if $name !~ /page/;
    ok(!exists $res->{headers}{'set-cookie'}, "$name: no cookie for it");
    is(scalar seen(), 0, "$name: the app sees nothing");
}
is($t->preview('GET', "http://8080-$id-bad.localhost:$t->{port}/",
    headers => ['X-Sandbox-Key' => $key])->{status}, 404,
    'the key without the link: 404');

# with it, and the app does not see it

for my $case (
    ['header', '/headers', ['X-Sandbox-Key' => $key], '/headers'],
    ['argument', "/headers?a=1&sandbox_key=$key&b=%20+&&c", [],
        '/headers?a=1&b=%20+&&c'],
    ['argument alone', "/headers?sandbox_key=$key", [], '/headers'],
    ['escaped argument', "/headers?sandbox%5Fkey=$key&x", [], '/headers?x'],
    ['the app\'s own arguments', "/headers?token=1&key=2&authorization=3",
        ['X-Sandbox-Key' => $key], '/headers?token=1&key=2&authorization=3'],
    ['cookie', '/headers', [Cookie => "a=1; $cookie; b=2"], '/headers'],
    ['cookie, wrong, and header', '/headers',
        [Cookie => "__Host-sandbox=$wrong", 'X-Sandbox-Key' => $key],
        '/headers'],
    ['all of them', "/headers?sandbox_key=$key",
        ['X-Sandbox-Key' => $key, Cookie => $cookie], '/headers'],
) {
    my ($name, $path, $headers, $line) = @$case;
    $res = $t->preview('GET', $url, path => $path, headers => $headers);
    is($res->{status}, 200, "$name: 200");
    is($res->{json}{line}, "GET $line HTTP/1.1", "$name: the rest as it was");
    unlike($res->{body}, qr/$key|sandbox.key|__Host-sandbox/i,
        "$name: the app does not see it");
    ok(!exists $res->{headers}{'set-cookie'}, "$name: and no cookie is set");
}
is($t->preview('POST', $url, path => "/echo?sandbox_key=$key", body => 'b')
    ->{body}, 'b', 'argument: POST');

# a page is exchanged for a cookie, once

for my $case (
    ['page', "/a?x=1&sandbox_key=$key&y=2", [@page], '/a?x=1&y=2', 'Lax'],
    ['page alone', "/?sandbox_key=$key", [@page], '/', 'Lax'],
    ['a frame', "/?sandbox_key=$key", ['Sec-Fetch-Mode' => 'navigate',
        'Sec-Fetch-Dest' => 'iframe', 'Sec-Fetch-Site' => 'cross-site'], '/',
        'None; Partitioned'],
    ['an older browser', "/?sandbox_key=$key",
        [Accept => 'text/html,application/xhtml+xml'], '/', 'Lax'],
    ['two slashes', "//evil.example/?sandbox_key=$key", [@page],
        '/.//evil.example/', 'Lax'],
    ['a backslash', "/\\evil.example/?sandbox_key=$key", [@page],
        '/./\\evil.example/', 'Lax'],
) {
    my ($name, $path, $headers, $to, $site) = @$case;
    forget();
    $res = $t->preview('GET', $url, path => $path, headers => $headers);
    is($res->{status}, 302, "$name: 302");
    is($res->{headers}{location}, $to, "$name: to the same without the key");
    is($res->{headers}{'set-cookie'}, "$cookie; Path=/; Secure; HttpOnly; "
        . "SameSite=$site", "$name: the cookie");
    is($res->{headers}{'cache-control'}, 'no-store', "$name: not to be kept");
    is($res->{headers}{'referrer-policy'}, 'no-referrer',
        "$name: nor to be told");
    is(scalar seen(), 0, "$name: the app sees nothing of it");
}
is($t->preview('POST', $url, path => "/echo?sandbox_key=$key", body => 'b',
    headers => [@page])->{status}, 200, 'a form that is sent is not');

# the cookie counts for pages of its own, and for what opens a page

my $own = "http://$host";
for my $case (
    ['its own page', 'GET', ['Sec-Fetch-Site' => 'same-origin'], 200],
    ['the address line', 'GET', ['Sec-Fetch-Site' => 'none',
        'Sec-Fetch-Mode' => 'navigate'], 200],
    ['its own page, POST', 'POST', [Origin => $own,
        'Sec-Fetch-Site' => 'same-origin'], 200],
    ['a link on another site', 'GET', [@page], 200],
    ['fetch of a neighbour', 'GET', ['Sec-Fetch-Site' => 'same-site',
        'Sec-Fetch-Mode' => 'cors',
        Origin => "http://9000-$id-x.localhost:$t->{port}"], 401],
    ['an image of a neighbour', 'GET', ['Sec-Fetch-Site' => 'same-site',
        'Sec-Fetch-Mode' => 'no-cors'], 401],
    ['fetch of another site', 'GET', ['Sec-Fetch-Site' => 'cross-site',
        'Sec-Fetch-Mode' => 'no-cors'], 401],
    ['a form of another site', 'POST', ['Sec-Fetch-Site' => 'cross-site',
        'Sec-Fetch-Mode' => 'navigate', Origin => 'https://e.example'], 401],
    ['an older browser, another site', 'POST',
        [Origin => 'https://e.example'], 401],
    ['a page without an origin', 'POST', [Origin => 'null'], 401],
) {
    my ($name, $method, $headers, $status) = @$case;
    $res = $t->preview($method, $url, path => '/echo',
        headers => [Cookie => $cookie, @$headers],
        $method eq 'POST' ? (body => 'x') : ());
    is($res->{status}, $status, "the cookie from $name: $status");
}
$t->api('PATCH', $p, json => { cors => ['https://e.example'] });
is($t->preview('POST', $url, path => '/echo', body => 'x', headers => [
    Cookie => $cookie, Origin => 'https://e.example'])->{status}, 200,
    'and from a site that cors names');
$res = $t->preview('GET', $url, headers => [Origin => 'https://e.example']);
is("$res->{status} $res->{headers}{'access-control-allow-origin'}",
    '401 https://e.example', 'which may read that it was refused');
is($t->preview('OPTIONS', $url, headers => [Origin => 'https://e.example',
    'Access-Control-Request-Method' => 'GET'])->{status}, 204,
    'and whose preflights need no key');
$t->api('PATCH', $p, json => { cors => undef });

# WebSockets

is(ws()->{status}, 401, 'a handshake without it: 401');
is(ws()->{response}{json}{code}, 'unauthorized', 'no page, no redirect');
is(ws(headers => [Cookie => $cookie, Origin => $own])->{status}, 101,
    'by cookie, of its own page');
is(ws(headers => [Cookie => $cookie, Origin => 'http://e.example'])->{status},
    401, 'by cookie, of another');
is(ws(headers => ['X-Sandbox-Key' => $key])->{status}, 101, 'by header');
is(ws(path => "/ws?sandbox_key=$key", headers => [Accept => 'text/html'])
    ->{status}, 101, 'by argument, and not sent elsewhere');
forget();
$ws = ws(headers => ['Sec-WebSocket-Protocol' => "vite-hmr, sandbox-key, $key"]);
is($ws->{status}, 101, 'by Sec-WebSocket-Protocol');
is($ws->{response}{headers}{'sec-websocket-protocol'}, 'sandbox-key',
    'which is taken where the app takes none');
$ws->send('x');
is($ws->recv()->{data}, 'echo:x', 'it works');
my ($head) = map { $_->{head} } grep { $_->{line} =~ m{/ws} } seen();
like($head, qr/^Sec-WebSocket-Protocol: vite-hmr\r$/m, 'the app sees its own');
unlike($head, qr/$key|sandbox-key/, 'and no other');
is(ws(headers => ['Sec-WebSocket-Protocol' => "sandbox-key, $wrong"])
    ->{status}, 401, 'a wrong one there: 401');
is(ws(headers => ['Sec-WebSocket-Protocol' => 'sandbox-key'])->{status}, 401,
    'none behind it: 401');

# links of the port ask for it too

$t->api('POST', "$p/links", json => { name => 'anna', token => 'annas' });
my $annas = "http://8080-$id-annas.localhost:$t->{port}/";
is($t->preview('GET', $annas)->{status}, 401, 'a link alone: 401');
is($t->preview('GET', $annas, headers => ['X-Sandbox-Key' => $key])->{status},
    200, 'with the key: 200');

# another key: at once, for what is open too

is($t->api('PATCH', $p, json => { key => 'my-own_key-0123456789' })
    ->{json}{key}, 'my-own_key-0123456789', 'a key that the caller chose');
ok($ws->ended(30), 'what the old one had opened is cut');
is(join(',', map { $t->preview('GET', $url, headers => ['X-Sandbox-Key' =>
    $key])->{status} } 1 .. 10), join(',', (401) x 10),
    'it opens nothing more, in any worker');
like($t->preview('GET', $url, headers => [Cookie => $cookie])->{body},
    qr/changed/, 'and a cookie of it is told so');
$res = $t->api('PATCH', $p, json => { key => undef });
like($res->{json}{key}, qr/^[a-z2-7]{26}$/, 'null: another is issued');
$key = $res->{json}{key};
$ws = ws(headers => ['X-Sandbox-Key' => $key]);
$t->api('PATCH', $p, json => { access => 'link' });
is($t->preview('GET', $url, path => "/headers?sandbox_key=$key&a")->{json}
    {line}, 'GET /headers?a HTTP/1.1', 'not asked for, it still ends here');
$other = ws();
is($other->{status}, 101, 'opened by the link');
$t->api('PATCH', $p, json => { access => 'key' });
ok($other->ended(30), 'which does not do any more');

# the location asks, and nobody has made a key

$t->api('PATCH', $p, json => { access => undef, key => undef });
$t->write_conf(preview => 'sandbox_preview_access key;');
$t->reload();
$res = $t->preview('GET', $url, headers => ['X-Sandbox-Key' => '']);
is($res->{status}, 401, 'no key at all opens nothing');
like($res->{json}{message}, qr/none yet/, 'and says so');

# nginx's own access control, with each kind of access

my $passwd = "$t->{dir}/htpasswd";
Sandbox::spew($passwd, "me:{PLAIN}pass\n");
chmod 0644, $passwd;
my @basic = (Authorization => 'Basic bWU6cGFzcw==');

$t->write_conf(preview => <<"CONF");
            location /basic { auth_basic preview; auth_basic_user_file $passwd;
                sandbox_preview; sandbox_preview_strip authorization;
                include $Sandbox::PROXY; proxy_pass http://sandbox; }
            location /deny { deny all;
                sandbox_preview;
                include $Sandbox::PROXY; proxy_pass http://sandbox; }
            location /allow { allow 127.0.0.1; deny all;
                sandbox_preview;
                include $Sandbox::PROXY; proxy_pass http://sandbox; }
            location /ask { auth_request /ticket;
                sandbox_preview;
                include $Sandbox::PROXY; proxy_pass http://sandbox; }
            location = /ticket { internal;
                if (\$http_x_ticket = good) { return 204; }
                return 401; }
CONF
$t->reload();

for my $access (qw/link key public/) {
    $res = $t->api('PATCH', $p, json => { access => $access });
    my @key = $access eq 'key' ? ('X-Sandbox-Key' => $res->{json}{key}) : ();
    my $get = sub { $t->preview('GET', $url, path => $_[0],
        headers => [@key, @_[1 .. $#_]])->{status} };

    is($get->('/basic'), 401, "$access: auth_basic asks");
    is($get->('/basic', Authorization => 'Basic bWU6bm8='), 401,
        "$access: auth_basic refuses");
    forget();
    is($get->('/basic', @basic), 404, "$access: auth_basic lets in");
    my @seen = seen();
    is(scalar @seen, 1, "$access: to the app");
    unlike($seen[0]{head}, qr/authorization/i,
        "$access: which does not get the password");
    is($get->('/deny'), 403, "$access: deny");
    is($get->('/allow'), 404, "$access: allow");
    is($get->('/ask'), 401, "$access: auth_request refuses");
    is($get->('/ask', 'X-Ticket' => 'good'), 404,
        "$access: auth_request lets in");
    is(ws(path => '/ask')->{status}, 401,
        "$access: a handshake that it refuses: 401");
    if (@key) {
        @key = ();
        is($get->('/basic', @basic), 401, 'key: is needed all the same');
        is($get->('/ask', 'X-Ticket' => 'good'), 401, 'key: there too');
    }
}

$t->done();


sub ws
{
    return Sandbox::WebSocket->new(port => $t->{port}, host => $host,
        path => '/ws', @_);
}


sub forget { owner('/forget') }
sub seen
{
    my $list = owner('/seen')->{json} or die "the app does not tell\n";
    return grep { $_->{line} !~ m{^GET /(?:seen|forget)} } @$list;
}


# past the preview and what it asks for

sub owner
{
    my ($path) = @_;
    my $out = $t->run_in($id, 'python3 -c "import urllib.request as u; '
        . "print(u.urlopen('http://127.0.0.1:8080$path').read().decode())\"");
    return { json => scalar eval { JSON::PP::decode_json($out) } };
}
