#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The policy of an exposed port: how it is set, changed and shown, and that
# each member of it does what it says.

use warnings;
use strict;

use POSIX ();
use Test::More;
use Time::HiRes qw/time/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::WebSocket;

my $t = Sandbox->new()->start();
my $id = 'pol';
my $p = "/v1/sandbox/$id/ports";
my ($res, $ws, $ws2);

$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
my ($host) = $url =~ m{//([^/]+)};


# how it is shown and changed

$res = get();
is($res->{status}, 200, 'shown');
is_deeply({ map { $_ => $res->{json}{$_} } qw/expires access key host scheme
    cors cookies strip limits requestHeaders responseHeaders links status/ },
    { (map { $_ => undef } qw/expires access key host scheme cors cookies
        strip/),
      limits => { connections => undef, rate => undef, body => undef },
      requestHeaders => {}, responseHeaders => {}, links => [],
      status => 'active' }, 'nothing is given unless it is');

$res = patch({ name => 'web', host => 'public', cors => ['https://a.example'],
    cookies => 'off', strip => ['cookie'], limits => { rate => 5 },
    requestHeaders => { 'X-A' => 'b', Accept => JSON::PP::false },
    responseHeaders => { 'X-Frame-Options' => 'DENY' } });
is($res->{status}, 200, 'PATCH');
is_deeply({ map { $_ => $res->{json}{$_} } qw/name host cors cookies strip
    limits requestHeaders responseHeaders url/ },
    { name => 'web', host => 'public', cors => ['https://a.example'],
      cookies => 'off', strip => ['cookie'],
      limits => { connections => undef, rate => 5, body => undef },
      requestHeaders => { 'X-A' => 'b', Accept => JSON::PP::false },
      responseHeaders => { 'X-Frame-Options' => 'DENY' }, url => $url },
    'PATCH: all of it, and the same url');
is_deeply(get()->{json}, $res->{json}, 'GET shows what PATCH did');

$res = patch({ limits => { body => 10 }, requestHeaders => { 'x-a' => undef,
    'X-B' => 'c' }, host => undef });
is_deeply([@{$res->{json}}{qw/limits requestHeaders host cookies/}],
    [{ connections => undef, rate => 5, body => 10 },
     { Accept => JSON::PP::false, 'X-B' => 'c' }, undef, 'off'],
    'members are merged, null forgets one, what is not named stays');
is($t->api('POST', $p, json => { port => 8080 })->{json}{cookies}, 'off',
    'and stays when the port is exposed again');

$res = patch({ map { $_ => undef } qw/cors cookies strip limits
    requestHeaders responseHeaders name/ });
is_deeply([@{$res->{json}}{qw/cors cookies strip limits requestHeaders
    responseHeaders name/}], [undef, undef, undef, { connections => undef,
    rate => undef, body => undef }, {}, {}, ''], 'null takes all of it back');

for my $case (
    ['access', 'open'], ['access', 1], ['host', 'example.com'],
    ['scheme', 'ftp'], ['scheme', ''], ['scheme', ['https']],
    ['cookies', 'all'], ['cors', '*'], ['cors', []], ['cors', ['a.example']],
    ['cors', ['https://A.example']], ['cors', ["https://a.example/x"]],
    ['cors', 'list'], ['strip', 'cookie'], ['strip', ['host']],
    ['strip', [1]], ['limits', 5], ['limits', { connections => 0 }],
    ['limits', { rate => 1.5 }], ['limits', { rate => 100001 }],
    ['limits', { rate => '5' }], ['limits', { other => 1 }],
    ['key', 'short'], ['key', 'k' x 65], ['key', 'with space in the key'],
    ['expires', 0], ['expires', -5], ['expires', '2001-01-01T00:00:00Z'],
    ['expires', 'tomorrow'], ['expires', '2099-13-01T00:00:00Z'],
    ['expires', '2099-01-01 00:00:00'], ['expires', '367d'],
    (map { ['requestHeaders', $_] } { 'X A' => 'b' }, { 'X-A' => "b\nc: d" },
        { 'X-A' => "b\rc" }, { 'X-A' => '' }, { 'X-A' => 5 }, { '' => 'a' },
        { 'X-A' => ' b' }, { 'X-A' => "\xc3\xa9" }, { 'X' x 65 => 'a' },
        { 'Transfer-Encoding' => 'chunked' }, { 'Content-Length' => '5' },
        { Connection => 'close' }, { Host => 'x' }, { Upgrade => 'h2c' },
        { 'Proxy-Authorization' => 'x' }, { 'X-Forwarded-For' => '1.1.1.1' },
        { 'X-Sandbox-Key' => 'k' }, { 'x_sandbox_key' => 'k' }, ['X-A']),
    (map { ['responseHeaders', $_] } { 'Set-Cookie' => 'a=b' },
        { 'Clear-Site-Data' => '"cookies"' },
        { 'Transfer-Encoding' => 'chunked' }, { Trailer => 'x' },
        { 'Access-Control-Allow-Origin' => '*' }, { 'X-Accel-Redirect' => '/' },
        { 'Content-Length' => JSON::PP::false }, { Location => '/' }),
) {
    my ($name, $value) = @$case;
    my $shown = JSON::PP->new->canonical->allow_nonref->encode($value);
    $res = patch({ $name => $value });
    is($res->{status}, 400, "$name: $shown: 400");
    like($res->{json}{message}, qr/"$name"/, "$name: the message names it");
}
is($t->api('POST', '/v1/sandbox/pol-none/ports', json => { port => 8080,
    access => 'open' })->{status}, 400, 'the same when exposing');
ok(! -e "$t->{state}/pol-none", 'which makes nothing');
is(patch({ requestHeaders => { map { ("X-$_" => 'v' x 200) } 1 .. 6 } })
    ->{status}, 413, 'too many headers: 413');
is_deeply(get()->{json}{requestHeaders}, {}, 'and none of them is kept');

is($t->api('PATCH', "$p/8099", json => {})->{json}{code}, 'PORT_NOT_EXPOSED',
    'PATCH exposes nothing');
is($t->api('PATCH', '/v1/sandbox/pol-none/ports/8080', json => {})
    ->{status}, 404, 'nor does it make a sandbox');
ok(! -e "$t->{state}/pol-none", 'none at all');

# the file: closed to others, of a version that older modules do not take

my $file = "$t->{state}/$id/ports/8080";
is((stat $file)[2] & 0777, 0600, 'the policy is for nginx only');
like(Sandbox::slurp($file), qr/^\{"v":2,/, 'it is of version 2');
my $now = POSIX::floor(time() * 1000);
Sandbox::spew("$file.new", qq({"v":1,"token":"oldtoken","name":"n",)
    . qq("host":"localhost","exposed_ms":$now}));
chown +(stat $file)[4, 5], "$file.new";
rename "$file.new", $file;
is(page('oldtoken'), 200, 'one of version 1 serves');
is(get()->{json}{token}, 'oldtoken', 'and is shown');
Sandbox::spew($file, '{"v":3,"token":"oldtoken","host":"localhost"}');
is(page('oldtoken'), 500, 'one of a version to come does not');
$url = $t->expose($id, 8080);
is($t->preview('GET', $url)->{status}, 200, 'exposing replaces it');


# token

$res = patch({ token => 'chosen' });
is($res->{json}{token}, 'chosen', 'a token by PATCH');
is(each_worker('chosen'), '200', 'serves in every worker');
is($t->preview('GET', $url)->{status}, 404, 'the one before does not');
$ws = ws('chosen');
$res = patch({ token => undef });
like($res->{json}{token}, qr/^[a-z2-7]{16}$/, 'null: another is issued');
my $tok = $res->{json}{token};
is(each_worker('chosen'), '404', 'the one before is over in every worker');
ok($ws->ended(30), 'and what it had opened is cut');


# expires

$ws = ws($tok);
$ws->send('x');
is($ws->recv()->{data}, 'echo:x', 'a WebSocket');
my $c = $t->connect();
$c->request('GET', '/sse', host => "8080-$id-$tok.localhost");
is($c->head()->{status}, 200, 'a stream');
$res = patch({ expires => 4 });
like($res->{json}{expires}, qr/^20\d\d-.*Z$/, 'expires in four seconds');
is($res->{json}{status}, 'active', 'until then it is active');
ok($ws->ended(30), 'the WebSocket is cut then');
ok(wait_for(sub { my $n = $c->fill(1); defined $n && $n == 0 }, 30),
    'so is the stream');
is(each_worker($tok), '404', 'and the preview is 404');
is(get()->{json}{status}, 'expired', 'it is shown as expired');
is($t->api('GET', $p)->{json}{ports}[0]{status}, 'expired',
    'in the list too');
$res = patch({ expires => POSIX::strftime('%Y-%m-%dT%H:%M:%S+02:00',
    gmtime(time() + 7200 + 3600)) });
cmp_ok(abs(parse($res->{json}{expires}) - time() - 3600), '<', 300,
    'ISO 8601, with a zone');
is(each_worker($tok), '200', 'it serves again');
for my $text ('30m', 1800) {
    $res = patch({ expires => $text });
    cmp_ok(abs(parse($res->{json}{expires}) - time() - 1800), '<', 300,
        "$text is half an hour");
}
is(patch({ expires => undef })->{json}{expires}, undef, 'null: never');


# links, each revocable alone

$res = $t->api('POST', "$p/8080/links", json => { name => 'anna' });
is($res->{status}, 200, 'a link');
is($res->{json}{name}, 'anna', 'by its name');
my $anna = $res->{json}{token};
like($anna, qr/^[a-z2-7]{16}$/, 'with a token of its own');
is($res->{json}{url}, "http://8080-$id-$anna.localhost:$t->{port}/", 'a url');
$t->api('POST', "$p/8080/links", json => { name => 'bob.1', token => 'bobs',
    expires => 3600 });
is(each_worker($_), '200', "$_ serves") for $anna, 'bobs', $tok;
$res = $t->api('GET', "$p/8080/links");
is(join(',', map { $_->{name} } @{$res->{json}{links}}), 'anna,bob.1',
    'they are listed');
is_deeply(get()->{json}{links}, $res->{json}{links}, 'GET of the port too');
for my $case (
    [409, 'LINK_ALREADY_EXISTS', { name => 'anna' }],
    [400, 'invalid_request', { name => 'c', token => $tok }],
    [400, 'invalid_request', { name => 'c', token => 'bobs' }],
    [400, 'invalid_request', { name => 'c', token => 'A-B' }],
    [400, 'invalid_request', { name => 'a/b' }],
    [400, 'invalid_request', { name => '.a' }],
    [400, 'invalid_request', { name => 'c' x 33 }],
    [400, 'invalid_request', { token => 'x' }],
    [400, 'invalid_request', { name => 'c', expires => -1 }],
) {
    $res = $t->api('POST', "$p/8080/links", json => $case->[2]);
    is("$res->{status} $res->{json}{code}", "$case->[0] $case->[1]",
        'refused: ' . JSON::PP->new->canonical->encode($case->[2]));
}
is(patch({ token => 'bobs' })->{status}, 400,
    'a link\'s token is none for the port');
is($t->api('POST', "$p/8099/links", json => { name => 'x' })->{json}{code},
    'PORT_NOT_EXPOSED', 'no link to what is not exposed');

my @open = map { ws($anna) } 1 .. 6;
$ws = ws($tok);
$ws2 = ws('bobs');
is($t->api('DELETE', "$p/8080/links/anna")->{status}, 200, 'anna is revoked');
is(each_worker($anna), '404', 'at once in every worker');
is(scalar(grep { $_->ended(30) } @open), 6, 'what she had opened is cut');
$_->send('x') for $ws, $ws2;
is(join(',', map { ($_->recv(30) || { data => 'cut' })->{data} } $ws, $ws2),
    'echo:x,echo:x', 'and nothing of the others');
is(each_worker('bobs'), '200', 'who go on');
is($t->api('DELETE', "$p/8080/links/anna")->{json}{code}, 'LINK_NOT_FOUND',
    'there is no such link then');
$t->api('POST', "$p/8080/links", json => { name => 'brief', token => 'brief',
    expires => 5 });
my $brief = ws('brief');
ok($brief->ended(30), 'a link\'s time is over');
is(each_worker('brief'), '404', 'for it');
is(each_worker('bobs') . each_worker($tok), '200200', 'and for no other');
$ws2->send('y');
is($ws2->recv(30)->{data}, 'echo:y', 'whose WebSocket stays');
my $made = 2;
$made++ while $made < 40 && ($res = $t->api('POST', "$p/8080/links",
    json => { name => "n$made" }))->{status} == 200;
is($made, 32, 'thirty-two links');
is($res->{json}{code}, 'LINK_LIMIT_REACHED', 'and not one more');
is($t->api('DELETE', "$p/8080")->{status}, 200, 'unexposed');
is(each_worker('bobs'), '404', 'the links go with the port');
$url = $t->expose($id, 8080, token => 'tok');
is_deeply(get()->{json}{links}, [], 'and do not come back with it');


# access: public

is(each_worker('anything'), '404', 'by the link alone');
patch({ access => 'public' });
is(each_worker('anything'), '200', 'public: any token is right');
is(page('tok'), 200, 'its own too');
$ws = ws('whatever');
$t->api('POST', "$p/8081");
is($t->preview('GET', "http://8082-$id-tok.localhost:$t->{port}/")->{status},
    404, 'a port that is not exposed stays so');
is(patch({ access => 'link' })->{status}, 200, 'back to the link');
is(each_worker('anything'), '404', 'which is needed at once');
ok($ws->ended(30), 'also by what was open');


# host, Origin, Referer: the same for requests and handshakes

my $own = "http://$host";
$host = "8080-$id-tok.localhost:$t->{port}";
$own = "http://$host";

for my $case (['localhost', 'localhost:8080', 'http://localhost:8080'],
    ['public', $host, $own])
{
    my ($mode, $seen, $origin) = @$case;
    patch({ host => $mode });

    my @headers = (Origin => $own, Referer => "$own/a?b=c&sandbox_key=kk&d");
    my $h = headers([@headers]);
    is($h->{host}, $seen, "$mode: Host");
    is($h->{origin}, $origin, "$mode: Origin of its own page");
    is($h->{referer}, "$origin/a?b=c&d", "$mode: Referer of its own page");
    is($h->{'x-forwarded-host'}, $seen, "$mode: X-Forwarded-Host");
    is($h->{'x-forwarded-for'}, '127.0.0.1', "$mode: X-Forwarded-For");
    is($h->{'x-forwarded-proto'}, 'http', "$mode: X-Forwarded-Proto");
    is($h->{forwarded}, qq{for=127.0.0.1;host="$seen";proto=http},
        "$mode: Forwarded");

    $t->preview('GET', $url, path => '/forget');
    my $w = ws('tok', headers => [@headers]);
    is($w->{status}, 101, "$mode: a handshake");
    my ($head) = map { $_->{head} } grep { $_->{line} =~ m{/ws } } seen();
    like($head, qr/^Host: \Q$seen\E\r$/m, "$mode: its Host");
    like($head, qr/^Origin: \Q$origin\E\r$/m, "$mode: its Origin");
    unlike($head, qr/tok\b/, "$mode: and no token") if $mode eq 'localhost';

    $h = headers([Origin => 'https://other.example',
        Referer => 'https://other.example/x']);
    is($h->{origin}, 'https://other.example', "$mode: a foreign Origin stays");
    is($h->{referer}, 'https://other.example/x', "$mode: a foreign Referer");

    my $next = "http://8080-next-othertoken.localhost:$t->{port}";
    $h = headers([Origin => $next, Referer => "$next/page"]);
    is($h->{origin}, 'null', "$mode: a neighbor's Origin, without its token");
    ok(!exists $h->{referer}, "$mode: nor its Referer");
    $next = "http://8099-$id-mine.localhost:$t->{port}";
    $h = headers([Origin => $next, Referer => "$next/page"]);
    is($h->{origin}, $next, "$mode: but another port's of the same sandbox");
    ok(!exists $h->{referer}, "$mode: if not its Referer");

    $h = headers([map { ($_ => '6.6.6.6') } qw/X-Forwarded-For X-Real-IP
        X-Forwarded-Host X-Forwarded-Proto Forwarded/], 1);
    is(join(' ', map { "@{$h->{$_} || []}" } qw/x-forwarded-for x-real-ip
        x-forwarded-host x-forwarded-proto/),
        "127.0.0.1 127.0.0.1 $seen http", "$mode: outside values are replaced");
    is(scalar @{$h->{forwarded}}, 1, "$mode: each is there once");
}

# nginx takes nearly anything for a port

patch({ host => 'public' });
$res = $t->raw("GET /headers HTTP/1.1\r\nHost: 8080-$id-tok.localhost:1\";"
    . "for=6.6.6.6;x=\"\r\n\r\n");
unlike($res->{body}, qr/6\.6\.6\.6/, 'a Host forges no Forwarded');

# mainline refuses it before the module sees it

if ($res->{status} == 400 && nginx_version() >= 1029000) {
    pass('and is refused');

} else {
    is(scalar(grep { $_->[1] eq "8080-$id-tok.localhost" }
        @{$res->{json}{headers}}), 2, 'and is told as its name alone');
}

for my $case (["http://localhost:8080/a?b", '/a?b'],
    ['https://localhost:8080', '/'], ['http://127.0.0.1:8080/x', '/x'],
    ['http://0.0.0.0:8080/x?y', '/x?y'], ['http://127.3.2.1:8080/x', '/x'],
    ['http://[::1]:8080/x', '/x'], ['https://[::]:8080/x', '/x'],
    ['http://[0:0::0:1]:8080/x', '/x'], ['HTTP://LOCALHOST:8080/x', '/x'],
    ['http://[::ffff:127.0.0.1]:8080/x', '/x'],
    ['//localhost:8080/x', '/x'], ['//127.0.0.1:8080', '/'],
    ['//[::1]:8080//e.example/', '/.//e.example/'],
    (map { [$_, $_] } '//e.example:8080/x', '//localhost:8081/x',
        'http://0.0.0.1:8080/x', 'http://128.0.0.1:8080/x',
        'http://127.0.0.1.e.example:8080/x', 'http://[::2]:8080/x',
        'http://localhost:8080@e.example/', 'ftp://localhost:8080/x'),
    ['http://localhost:8080//e.example/', '/.//e.example/'],
    ['http://localhost:8081/a', 'http://localhost:8081/a'],
    ['/rel', '/rel'], ['https://e.example/', 'https://e.example/'])
{
    patch({ host => 'localhost' });
    $res = raw("HTTP/1.1 302 Found\r\nLocation: $case->[0]\r\n"
        . "Content-Length: 0\r\n\r\n");
    is($res->{headers}{location}, $case->[1],
        "a redirect to $case->[0] leads to $case->[1]");
}

for my $case (['0; url=http://0.0.0.0:8080/x', '0; url=/x'],
    ["5;URL='http://localhost:8080/x'", "5;URL='/x'"],
    ['0; url=https://e.example/', '0; url=https://e.example/'], ['3', '3'])
{
    is(raw("HTTP/1.1 200 OK\r\nRefresh: $case->[0]\r\n"
        . "Content-Length: 0\r\n\r\n")->{headers}{refresh}, $case->[1],
        "Refresh: $case->[0] leads to $case->[1]");
}

# an app that wants https: each request would be redirected to itself

for my $case (['http', 8087], ['https', 8088]) {
    my ($to, $port) = @$case;
    $t->put($id, "workspace/again$port.py", again($to, $port));
    my $again = $t->expose($id, $port, token => 'again',
        command => "exec python3 again$port.py");
    ok(wait_for(sub { $t->preview('GET', $again, path => '/up')->{status}
        == 200 }, 60), "an app that redirects to itself by $to");
    $res = $t->preview('GET', $again, path => '/again');
    is("$res->{status} " . ($res->{json}{code} // $res->{headers}{location}),
        $to eq 'http' ? '302 /again' : '502 REDIRECT_LOOP', 'GET');
    is($t->preview('POST', $again, path => '/again')->{status}, 302, 'POST');
    $t->api('DELETE', "$p/$port");
}


# cors

my $acao = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n"
    . "Access-Control-Expose-Headers: X-App\r\nContent-Length: 2\r\n\r\nok";
my @from = (Origin => 'https://a.example');
my @ask = (@from, 'Access-Control-Request-Method' => 'PUT',
    'Access-Control-Request-Headers' => 'x-one, x-two');

is(cors(@from), '* - X-App', 'not given: the app\'s own');
patch({ cors => 'off' });
is(cors(@from), '- - -', 'off: none');
patch({ cors => 'reflect' });
is(cors(@from), 'https://a.example true X-App', 'reflect: the origin, once');
is(cors(), '- - X-App', 'reflect: nothing without one');
like($t->preview('GET', $url, headers => $_)->{headers}{vary} // '',
    qr/\bOrigin\b/, 'and caches are told, ' . @$_) for [], [@from];
$t->preview('GET', $url, path => '/forget');
$res = $t->preview('OPTIONS', $url, headers => [@ask]);
is($res->{status}, 204, 'a preflight is answered');
is(join(' ', map { $res->{headers}{"access-control-allow-$_"} // '-' }
    qw/origin methods credentials/), 'https://a.example PUT true',
    'as it asks');
is($res->{headers}{'access-control-allow-headers'}, 'x-one, x-two',
    'with its headers');
is(scalar seen(), 0, 'by nginx');
patch({ cors => ['https://a.example', 'http://b.example:81'] });
is(cors(@from), 'https://a.example true X-App', 'a list: one of it');
is(cors(Origin => 'https://c.example'), '- - X-App', 'and no other');
is($t->preview('OPTIONS', $url, headers => [@ask, ], path => '/')->{status},
    204, 'a preflight of it');
$ask[1] = 'https://c.example';
$res = $t->preview('OPTIONS', $url, path => '/headers', headers => [@ask]);
is($res->{status}, 200, 'one of another is the app\'s');
ok(!exists $res->{headers}{'access-control-allow-origin'}, 'and allows none');
patch({ cors => undef });


# cookies

my $set = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=localhost; Path=/\r\n"
    . "Set-Cookie: b=2; Path=/; dOmAiN = .localhost ;HttpOnly\r\n"
    . "Set-Cookie: c=domain; Path=/;Domain=x\r\n"
    . "Set-Cookie: __Host-sandbox=evil; Path=/; Secure\r\n"
    . "Set-Cookie: =__Host-sandbox=evil; Path=/\r\n"
    . "Set-Cookie: =\t__Host-sandbox=evil; Path=/\r\n"
    . "Set-Cookie: d=4; Domain\r\nContent-Length: 2\r\n\r\nok";
is(cookies($set), 'a=1; Path=/|b=2; Path=/;HttpOnly|c=domain; Path=/|d=4',
    'cookies: no Domain, and none of ours');
is(headers([Cookie => 'a=1; __Host-sandbox=secret; b=2'])->{cookie},
    'a=1; b=2', 'ours does not reach the app');
ok(!exists headers([Cookie => '__Host-sandbox=secret'])->{cookie},
    'nor does an empty header');

# what would act on the cookies of other previews

is(raw("HTTP/1.1 200 OK\r\nSet-Cookie2: a=1; Version=1; Domain=.localhost\r\n"
    . "Content-Length: 2\r\n\r\nok")->{headers}{'set-cookie2'}, undef,
    'no Set-Cookie2');
for my $case (['"cookies"', undef], ['"cache", "cookies"', '"cache"'],
    ['"storage","cache"', '"cache", "storage"'], ['cookies', undef],
    ['"*"', '"cache", "clientHints", "executionContexts", "prefetchCache", '
        . '"prerenderCache", "storage"'],
    ['"other", "executionContexts"', '"executionContexts"'], ['', undef])
{
    is(raw("HTTP/1.1 200 OK\r\nClear-Site-Data: $case->[0]\r\n"
        . "Content-Length: 2\r\n\r\nok")->{headers}{'clear-site-data'},
        $case->[1], "Clear-Site-Data: $case->[0]");
}

patch({ cookies => 'off' });
is(cookies($set), '', 'off: the app sets none');
ok(!exists headers([Cookie => 'a=1'])->{cookie}, 'and gets none');
patch({ cookies => undef });


# strip, and headers to set and to remove

my @both = (Authorization => 'Basic YTpi', Cookie => 'a=1', 'X-A' => 'mine');
is(join('|', map { headers([@both])->{$_} // '-' } qw/authorization cookie/),
    'Basic YTpi|a=1', 'nothing is stripped');
patch({ strip => ['authorization'] });
is(join('|', map { headers([@both])->{$_} // '-' } qw/authorization cookie/),
    '-|a=1', 'strip: authorization');
patch({ strip => ['cookie', 'authorization'] });
is(join('|', map { headers([@both])->{$_} // '-' } qw/authorization cookie/),
    '-|-', 'strip: both');
patch({ requestHeaders => { 'x-a' => 'set', 'X-New' => 'a "b" c',
    'User-Agent' => JSON::PP::false, Authorization => 'Bearer of-the-app' } });
my $h = headers([@both, 'User-Agent' => 'me'], 1);
is(join('|', map { "@{$h->{$_} || ['-']}" } qw/x-a x-new user-agent
    authorization/), 'set|a "b" c|-|Bearer of-the-app',
    'headers are set, replaced and removed on the way in');
patch({ strip => undef, requestHeaders => undef, responseHeaders => {
    'X-Frame-Options' => 'DENY', 'Referrer-Policy' => 'no-referrer',
    'X-Powered-By' => JSON::PP::false } });
$res = raw("HTTP/1.1 200 OK\r\nX-Powered-By: x\r\nX-Frame-Options: ALLOW\r\n"
    . "X-Kept: 1\r\nContent-Length: 2\r\n\r\nok");
is(join('|', map { $res->{headers}{$_} // '-' } qw/x-frame-options
    referrer-policy x-powered-by x-kept/), 'DENY|no-referrer|-|1',
    'and on the way out');
is(scalar(() = $res->{raw} =~ /^(?:x-frame-options|referrer-policy):/mgi), 2,
    'each once');
patch({ responseHeaders => undef });
is($t->preview('GET', $url)->{headers}{'referrer-policy'}, 'same-origin',
    'else a link stays with its own pages');


# limits, over all workers

patch({ limits => { connections => 3 } });
my @held = map {
    my $x = $t->connect();
    $x->request('GET', '/sse', host => $host);
    $x->head();
    $x;
} 1 .. 3;
$res = $t->preview('GET', $url);
is($res->{status}, 429, 'connections: the fourth is refused');
is($res->{json}{code}, 'TOO_MANY_REQUESTS', 'in words');
is($res->{headers}{'retry-after'}, 1, 'to be tried again');
is(each_worker('tok'), '429', 'by every worker');
(shift @held)->close();
ok(wait_for(sub { page('tok') == 200 }, 30), 'one leaves, one may come');
my %old = map { $_ => 1 } $t->workers_alive();
$t->kill_worker($_) for keys %old;
is(join(',', sort { $a <=> $b } map { page('tok') } 1 .. 9),
    join(',', (200) x 9), 'what dead workers served counts no more');
$_->close() for @held;

patch({ limits => { connections => undef, rate => 3 } });
my $start = time();
my @status = map { page('tok') } 1 .. 40;
my $ok = grep { $_ == 200 } @status;
cmp_ok($ok, '>=', 3, "rate: $ok of 40 are served");
cmp_ok($ok, '<=', 4 + 3 * (time() - $start), 'and not more than may be');
is(scalar(grep { $_ != 200 && $_ != 429 } @status), 0, 'the others are 429');
ok(wait_for(sub { page('tok') == 200 }, 30), 'later one is served again');

patch({ limits => { rate => undef, body => 1000 } });
is($t->preview('POST', $url, path => '/echo', body => 'x' x 1000)->{status},
    200, 'body: what is allowed');
$t->preview('GET', $url, path => '/forget');
$res = $t->preview('POST', $url, path => '/echo', body => 'x' x 1001);
is("$res->{status} $res->{json}{code}", '413 payload_too_large',
    'one byte more: 413');
is(scalar seen(), 0, 'of which the app sees nothing');
$res = $t->raw("POST /echo HTTP/1.1\r\nHost: $host\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n"
    . "3e9\r\n" . 'x' x 1001 . "\r\n0\r\n\r\n");
is($res->{status}, 413, 'the same in chunks');
is($t->preview('POST', $url, path => '/echo', body => 'y')->{body}, 'y',
    'and the next is served');
patch({ limits => undef });


# what the location says, where the policy does not

$t->write_conf(http => '    sandbox_preview_access public; '
    . 'sandbox_preview_host public; sandbox_preview_cookies off;',
    preview => 'sandbox_preview_cors off; sandbox_preview_strip authorization;'
    . ' sandbox_preview_limit body=1k connections=50 rate=1000;'
    . ' set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;');
$t->reload();
patch({ map { $_ => undef } qw/access host cookies cors strip limits/ });

is(page('any'), 200, 'location: access');
$h = headers([@both]);
is(join('|', map { $h->{$_} // '-' } qw/host authorization cookie/),
    "$host|-|-", 'location: host, strip, cookies');
is(cors(@from), '- - -', 'location: cors');
is($t->preview('POST', $url, path => '/echo', body => 'x' x 1025)->{status},
    413, 'location: limits');
patch({ access => 'link', host => 'localhost', cookies => 'host', strip => [],
    cors => 'app', limits => { body => 5000 } });
is(page('any'), 404, 'the policy goes first: access');
$h = headers([@both]);
is(join('|', map { $h->{$_} // '-' } qw/host authorization cookie/),
    'localhost:8080|Basic YTpi|a=1', 'host, strip, cookies');
is(cors(@from), '* - X-App', 'cors');
is($t->preview('POST', $url, path => '/echo', body => 'x' x 1025)->{status},
    200, 'limits');

# a proxy in front that nginx was told to trust

my @outer = ('X-Forwarded-For' => '9.9.9.9', 'X-Forwarded-Proto' => 'https',
    'X-Forwarded-Host' => 'demo.example', Forwarded => 'for=8.8.8.8');
patch({ host => 'public' });
$h = headers([@outer, Origin => 'https://demo.example'], 1);
is(join('|', map { "@{$h->{$_} || ['-']}" } qw/host x-forwarded-for
    x-forwarded-proto x-forwarded-host forwarded origin/),
    'demo.example|9.9.9.9|https|demo.example|'
    . 'for=9.9.9.9;host="demo.example";proto=https|https://demo.example',
    'trusted: what it says is kept, once');
patch({ host => 'localhost' });
$h = headers([@outer, Origin => 'https://demo.example'], 1);
is(join('|', map { "@{$h->{$_} || ['-']}" } qw/host x-forwarded-proto
    x-forwarded-host origin/),
    'localhost:8080|http|localhost:8080|http://localhost:8080',
    'and its page is the app\'s own');
is($h->{forwarded}[0], 'for=9.9.9.9;host="localhost:8080";proto=http',
    'by the scheme that all of them name');
$h = headers(['X-Forwarded-Host' => "a b\"c", 'X-Forwarded-Proto' => 'gopher']);
is($h->{'x-forwarded-proto'}, 'http', 'but no nonsense');

$t->done();


# answers 200 to /up, and else redirects to the same URL by this scheme

sub again
{
    my ($scheme, $port) = @_;
    return <<"END";
from http.server import *
class H(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        self.send_response(200 if self.path == '/up' else 302)
        self.send_header('Location', '$scheme://localhost:$port' + self.path)
        self.send_header('Content-Length', '0')
        self.end_headers()
    do_POST = do_GET
ThreadingHTTPServer(('', $port), H).serve_forever()
END
}


sub get { $t->api('GET', "$p/8080", @_) }
sub patch { $t->api('PATCH', "$p/8080", json => $_[0]) }
sub parse
{
    my ($text) = @_;
    my @n = $text =~ /(\d+)/g;
    local $ENV{TZ} = 'UTC';
    POSIX::tzset();
    return POSIX::mktime(@n[5, 4, 3, 2], $n[1] - 1, $n[0] - 1900);
}

sub page
{
    my ($token) = @_;
    return $t->preview('GET', "http://8080-$id-$token.localhost:$t->{port}/")
        ->{status};
}


# the statuses that workers answer with, each once

sub each_worker
{
    my ($token) = @_;
    my %seen = map { page($token) => 1 } 1 .. 12;
    return join ',', sort keys %seen;
}


sub ws
{
    my ($token, @more) = @_;
    return Sandbox::WebSocket->new(port => $t->{port}, path => '/ws',
        host => "8080-$id-$token.localhost:$t->{port}", @more);
}


# headers as the app got them: values, or with $all lists of them

sub headers
{
    my ($headers, $all) = @_;
    my $r = $t->preview('GET', $url, path => '/headers',
        headers => $headers);
    my %h;
    for (@{$r->{json}{headers} || []}) {
        push @{$h{lc $_->[0]}}, $_->[1];
    }
    return $all ? \%h : { map { $_ => $h{$_}[0] } keys %h };
}


sub raw
{
    my ($answer, @headers) = @_;

    # or nginx would use the connection again that the app closes then
    $answer =~ s{^(HTTP/1\.1 [2-5].*\r\n)}{$1Connection: close\r\n};
    return $t->preview('POST', $url, path => '/raw', body => $answer,
        headers => \@headers);
}


sub cors
{
    my $r = raw($acao, @_);
    return join ' ', map { $r->{headers}{"access-control-$_"} // '-' }
        qw/allow-origin allow-credentials expose-headers/;
}


sub cookies
{
    my $r = raw(@_);
    return join '|', $r->{raw} =~ /^Set-Cookie: (.*?)\r$/mgi;
}


sub seen
{
    my $list = $t->preview('GET', $url, path => '/seen')->{json} || [];
    return grep { $_->{line} !~ m{^GET /(?:seen|forget) } } @$list;
}
