#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Ports whose scheme is https: nginx speaks TLS to the app.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Conf;
use Sandbox::WebSocket;

my $t = Sandbox->new()->start();
my $id = 'tls';
my $p = "/v1/sandbox/$id/ports";

# app.py of the other tests behind TLS, with a certificate that nobody knows

my $pem = `cd $t->{dir} && openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=nobody -keyout key.pem -out crt.pem 2>/dev/null && cat key.pem crt.pem`;
like($pem, qr/BEGIN CERTIFICATE/, 'a certificate');
$t->put($id, 'workspace/app.pem', $pem);
my $source = slurp("$FindBin::Bin/lib/apps/app.py");
like($source, qr/limit=1 << 20, backlog=1024\)/, 'the app');
$source =~ s{limit=1 << 20, backlog=1024\)}{limit=1 << 20, ssl=tls)};
$source =~ s{^asyncio\.run}{import ssl

names = []
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("app.pem")
tls.sni_callback = lambda s, name, c: seen.append({"line": "SNI", "head": name})
asyncio.run}m;
$t->put($id, 'workspace/tls.py', $source);

my $url = $t->expose($id, 8443, scheme => 'https', token => 'tls',
    command => 'exec python3 tls.py 8443');
my ($host) = $url =~ m{//([^/]+)};

is($t->api('GET', "$p/8443")->{json}{scheme}, 'https', 'the policy has it');
ok(wait_for(sub { get('/')->{status} == 200 }, 60), 'the app answers')
    or diag($t->log_text('error.log'));


# what the app sees is its own URL, and the public one with "host"

my $h = headers($url, [Origin => "http://$host", Referer => "http://$host/a"]);
is(join('|', map { $h->{$_} // '-' } qw/host origin referer x-forwarded-host
    x-forwarded-proto forwarded/), 'localhost:8443|https://localhost:8443|'
    . 'https://localhost:8443/a|localhost:8443|https|for=127.0.0.1;'
    . 'host="localhost:8443";proto=https', 'headers of its own URL');
is(sni(), 'localhost', 'the server name of TLS');
is(raw("HTTP/1.1 302 Found\r\nLocation: https://localhost:8443/x\r\n"
    . "Connection: close\r\nContent-Length: 0\r\n\r\n")->{headers}{location},
    '/x', 'a redirect to itself');
set(8443, host => 'public');
$h = headers($url, [Origin => "http://$host"]);
is(join('|', map { $h->{$_} // '-' } qw/host origin x-forwarded-proto/),
    "$host|http://$host|http", 'public: headers of the preview');
is(sni(), $host =~ s/:.*//r, 'and its name');
set(8443, host => undef);


# bodies, streams, WebSockets

my $big = join '', map { pack 'N', $_ * 2654435761 % 4294967296 }
    1 .. 500_000;
is($t->preview('POST', $url, path => '/echo', body => $big)->{body}, $big,
    '2 MB there and back');
my $c = $t->connect();
$c->request('GET', '/sse', host => $host);
is($c->head()->{status}, 200, 'a stream');
like($c->read(30) // '', qr/data: one/, 'which begins at once');
$c->close();
my $ws = ws();
is($ws->{status}, 101, 'a WebSocket');
$ws->send('over TLS');
is($ws->recv()->{data}, 'echo:over TLS', 'both ways');
my $text = 'x' x 200_000;
$ws->send($text);
is($ws->recv()->{data}, "echo:$text", 'with a large message');
is($t->preview('GET', $url, path => '/raw', body => '')->{status}, 502,
    'an app that closes without a response');


# kept connections keep their scheme: one app that speaks both, by turns

$t->put($id, 'workspace/both.py', <<'END');
import itertools, socket, ssl, threading
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("app.pem")

def serve(c, n):
    kind = "plain"
    if c.recv(1, socket.MSG_PEEK) == b"\x16":
        c, kind = tls.wrap_socket(c, server_side=True), "tls"
    f = c.makefile("rwb")
    for line in f:
        if line == b"\r\n":
            body = b"%s %d" % (kind.encode(), n)
            f.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                    % (len(body), body))
            f.flush()
    c.close()

s = socket.create_server(("", 8444), backlog=100)
for n in itertools.count():
    threading.Thread(target=serve, args=(s.accept()[0], n)).start()
END
my $both = $t->expose($id, 8444, token => 'both', scheme => 'https',
    command => 'exec python3 both.py');
ok(wait_for(sub { $t->preview('GET', $both)->{status} == 200 }, 60),
    'an app that speaks both');
my (%kind, %used);
for my $turn (1 .. 12) {
    my $scheme = $turn % 2 ? 'http' : 'https';
    set(8444, scheme => $scheme);
    for (1 .. 4) {
        my $body = $t->preview('GET', $both)->{body};
        my ($kind, $n) = split ' ', $body;
        $kind{"$scheme $kind"}++;
        $used{$n}++;
    }
}
is(join(', ', sort keys %kind), 'http plain, https tls',
    'each request has the scheme of its policy');
cmp_ok(scalar(grep { $_ > 1 } values %used), '>', 0,
    'though connections are kept');


# the wrong scheme, in words

set(8443, scheme => undef);
my $res = get('/');
is("$res->{status} $res->{json}{code}", '502 SERVICE_NOT_RESPONDING',
    'plain HTTP to an app that speaks TLS');
like($res->{json}{message}, qr/HTTPS.*"scheme": "https"/, 'it says so');
$res = diagnose(8443);
is($res->{hops}[-1]{ok} ? 1 : 0, 0, 'diagnose: the app is at fault');
like($res->{hops}[-1]{message}, qr/speaks TLS/, 'it knows');
like($res->{suggestion}, qr/"scheme": "https"/, 'and what to do');
set(8443, scheme => 'https');
is(get('/')->{status}, 200, 'with the scheme it works again');
$res = diagnose(8443);
ok($res->{ok}, 'diagnose') or diag(explain($res));
like($res->{hops}[-1]{message}, qr/TLS/, 'looks for TLS');

# one that sends an alert, as OpenSSL does not

$t->put($id, 'workspace/alert.py', "import socket\ns = socket.socket()\n"
    . "s.bind(('', 8445))\ns.listen()\nwhile True:\n    c, _ = s.accept()\n"
    . "    c.recv(1000)\n    c.sendall(b'\\x15\\x03\\x01\\x00\\x02\\x02\\x50')\n"
    . "    c.close()\n");
my $alert = $t->expose($id, 8445, token => 'alert',
    command => 'exec python3 alert.py');
ok(wait_for(sub { ($t->preview('GET', $alert)->{json}{code} // '')
    eq 'SERVICE_NOT_RESPONDING' }, 60), 'an app that answers with an alert');
like($t->preview('GET', $alert)->{json}{message},
    qr/speaks TLS.*"scheme": "https"/, 'speaks TLS');

# Node answers what it takes for a request that is not valid; app.py waits

$t->put($id, 'workspace/plain.mjs', "import http from 'node:http';\n"
    . "http.createServer((q, r) => r.end('ok')).listen(8080);\n");
my $plain = $t->expose($id, 8080, token => 'plain',
    command => 'exec node plain.mjs');
ok(wait_for(sub { $t->preview('GET', $plain)->{status} == 200 }, 60),
    'an app that speaks plain HTTP');
set(8080, scheme => 'https');
for my $method ('GET', 'POST') {
    $res = $t->preview($method, $plain, body => '');
    is("$res->{status} $res->{json}{code}", '502 SERVICE_NOT_RESPONDING',
        "$method: TLS to it");
    like($res->{json}{message}, qr/TLS.*"scheme": "http"/, 'it says so');
}
$res = diagnose(8080);
like($res->{hops}[-1]{message}, qr/does not speak TLS/, 'diagnose knows');
like($res->{suggestion}, qr/"scheme": "http"/, 'and what to do');
set(8080, scheme => 'http');
is($t->preview('GET', $plain)->{status}, 200, 'with the scheme it works');

my $proxy = slurp(root_dir() . '/conf/sandbox_proxy.conf');
$proxy =~ s/(proxy_connect_timeout +)60s/${1}3s/ or die;
Sandbox::spew("$t->{dir}/proxy.conf", $proxy);
my $conf = Sandbox::Conf::default_conf();
$conf =~ s/include %%PROXY%%;\n%%PREVIEW%%/include %%DIR%%\/proxy.conf;/ or die;
$t->write_conf(conf => $conf);
$t->reload();
$t->app($id, 'app.py', 8081);
my $silent = $t->expose($id, 8081, scheme => 'https', token => 'silent');
$res = $t->preview('GET', $silent);
is("$res->{status} $res->{json}{code}", '504 SERVICE_NOT_RESPONDING',
    'one that waits for the rest of the request');
like($res->{json}{message}, qr/TLS.*"scheme": "http"/, 'it says so');
$res = diagnose(8081);
like($res->{hops}[-1]{message}, qr/TLS handshake.*5 seconds/,
    'diagnose knows');
like($res->{suggestion}, qr/"scheme": "http"/, 'and what to do');
$t->write_conf();
$t->reload();

# nothing listens: the same answer as by plain HTTP, and as fast

my $none = $t->expose($id, 8446, scheme => 'https', token => 'none');
for my $method ('GET', 'POST') {
    my $start = time();
    $res = $t->preview($method, $none, body => '');
    is("$res->{status} $res->{json}{code}", '502 PORT_NOT_LISTENING',
        "$method: nothing listens");
    cmp_ok(time() - $start, '<', 20, 'which is told at once');
}
like($t->preview('GET', $none, headers => [Accept => 'text/html'])->{body},
    qr/No app is listening yet/, 'by a page to browsers');

# asleep: the request waits for the app, and then goes by TLS

$t->expose($id, 8443, scheme => 'https', token => 'tls',
    wake => JSON::PP::true, command => 'sleep 1; exec python3 tls.py 8443');
is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
ok(wait_for(sub { ($res = get('/echo'))->{status} != 504 }, 120),
    'a request wakes the app');
is($res->{status}, 200, 'and is served') or diag($res->{body});
$ws = ws();
$ws->send('again');
is($ws->recv()->{data}, 'echo:again', 'and a WebSocket');
is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
ok($ws->ended(30), 'which ends');

$t->done();


sub get { $t->preview('GET', $url, path => $_[0]) }
sub set { is($t->api('PATCH', "$p/$_[0]", json => { @_[1, 2] })->{status},
    200, "$_[1] of $_[0] is " . ($_[2] // 'null')) }
sub diagnose { $t->api('GET', "$p/$_[0]/diagnose")->{json} }
sub raw { $t->preview('POST', $url, path => '/raw', body => $_[0]) }

sub ws
{
    return Sandbox::WebSocket->new(port => $t->{port}, path => '/ws',
        host => $host);
}

sub headers
{
    my ($to, $headers) = @_;
    my $list = $t->preview('GET', $to, path => '/headers',
        headers => $headers)->{json}{headers} || [];
    return { map { lc $_->[0] => $_->[1] } @$list };
}


# the name that the last handshake asked for; kept connections ask for none

sub sni
{
    $t->preview('POST', $url, path => '/raw', body =>
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    my $seen = $t->preview('GET', $url, path => '/seen')->{json};
    return (grep { $_->{line} eq 'SNI' } @$seen)[-1]{head};
}
