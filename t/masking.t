#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Tokens and keys are in no log.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::WebSocket;

my $key = 'kEyOfAlice-0123456789-verysecret';
my $t = Sandbox->new(keys => ["alice:$key"], key => $key)->start();
my $id = 'mask';
my $tok = 'secrettoken12345';

$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080, token => $tok);
$t->expose($id, 8090, token => 'othersecret1234');
my ($host) = $url =~ m{//([^/]+)};
my $api = "localhost:$t->{port}";

# requests of all kinds, that pass and that fail

$t->preview('GET', $url);
$t->preview('GET', $url, path => '/a?b=c', headers => [
    Referer => "http://$host/secret-page",
    Origin => "http://$host"]);
$t->preview('GET', $url, path => "/x?sandbox_key=$key&y=1");
for my $u ("http://$host/", "http%3A%2F%2F$host%2F", "//$host/a", "%2f%2f$host",
    "http%253A%252F%252F$host%252F", $host, "a%2C$host",
    "http%3A%2F%2Fx%2F%3Fa%26sandbox_key%3D$key",
    "%252F%253Fsandbox_key%253D$key")
{
    $t->preview('GET', $url, path => "/x?z=1&next=$u&y=2", headers => [
        Referer => "https://login.example/?return=$u"]);
    $t->preview('GET', $url, path => "/close?next=$u", headers => [
        Referer => "https://login.example/?return=$u"]);
    $t->preview('GET', $url, path => "/to/$u");
}
$t->preview('GET', $url, path => '/forget');
$t->preview('GET', $url, path => '/cut');
$t->preview('GET', $url, path => '/close');
$t->preview('GET', "http://8090-$id-othersecret1234.localhost:$t->{port}/");
$t->preview('GET', "http://8080-$id-wrong$tok.localhost:$t->{port}/");
$t->preview('GET', 'http://' . uc($host) . '/');
$t->raw("GET / HTTP/1.1\r\nHost: $host\r\nX-A: b\r\n c\r\n\r\n");
$t->raw("GET http://$host/abs HTTP/1.1\r\nHost: $host\r\n\r\n");
$t->raw("POST / HTTP/1.1\r\nHost: $host\r\nContent-Length: 5\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n");
$t->preview('POST', $url, path => '/early', body => 'x' x 500_000);

for my $headers ([Authorization => "Bearer $key"], ['X-Sandbox-Key' => $key],
    [Cookie => "k=$key"], [Referer => "http://$api/?sandbox_key=$key"],
    [Referer => "http://$host/"], [Authorization => "Bearer wrong-$key"])
{
    for my $path ('/v1/sandbox', "/v1/sandbox/$id/exec",
        "/v1/sandbox/$id/nothing", "/v1/sandbox/$id/api/ping")
    {
        for my $query ('', "?sandbox_key=$key", "?a=1&sandbox_key=$key&b=2",
            "?authorization=Bearer%20$key", "?sandbox_key=wrong-$key")
        {
            my $c = $t->connect();
            $c->request('GET', $path . $query, host => $api,
                headers => $headers);
            $c->response();
            $c->close();
        }
    }
}
$t->raw("GET /v1/sandbox?sandbox_key=$key HTTP/1.1\r\nHost: evil.example"
    . "\r\n\r\n");
$t->raw("GET /v1/sandbox?%73andbox_key=$key HTTP/1.1\r\nHost: $api\r\n\r\n");

my $ws = Sandbox::WebSocket->new(port => $t->{port}, host => $host,
    path => '/ws');
$ws->send('x');
$ws->recv();
my $c = $t->connect();
$c->request('GET', "/v1/sandbox/$id/api/ping?sandbox_key=$key",
    host => $host, headers => [Cookie => $key]);
$c->close();

# the key of a port, wherever it may come, right and wrong

my $port_key = 'kEyOfThePort-0123456789';
$t->api('POST', "/v1/sandbox/$id/ports/8081", json => {
    token => 'keyedsecret12345', access => 'key', key => $port_key });
$t->app($id, 'app.py', 8081);
my $keyed = "8081-$id-keyedsecret12345.localhost:$t->{port}";
my $link = $t->api('POST', "/v1/sandbox/$id/ports/8081/links",
    json => { name => 'l', token => 'linksecret123456' })->{json}{url};

for my $k ($port_key, "x$port_key") {
    for my $path ("/a?sandbox_key=$k", "/a?b=1&sandbox%5Fkey=$k&c#d", '/cut',
        '/close', "/%2e?Sandbox_Key=$k")
    {
        for my $headers (['X-Sandbox-Key' => $k],
            [Cookie => "a=b; __Host-sandbox=$k"], [Accept => 'text/html'],
            [Referer => "http://$keyed/p?sandbox_key=$k"],
            [Origin => "http://$keyed"], [Origin => $url, Referer => $url])
        {
            $t->preview('GET', "http://$keyed", path => $path,
                headers => $headers);
            $t->preview('GET', $link, path => $path, headers => $headers);
        }
    }
    Sandbox::WebSocket->new(port => $t->{port}, host => $keyed, path => '/ws',
        headers => ['Sec-WebSocket-Protocol' => "sandbox-key, $k"]);
    $t->raw("GET /a?sandbox_key=$k HTTP/1.1\r\nHost: $keyed\r\nA b\r\n"
        . "X-Sandbox-Key : $k\r\n\r\n");
}

# the app sees none of them, nor the tokens that led to it

my $seen = $t->preview('GET', "http://$keyed", path => '/seen',
    headers => ['X-Sandbox-Key' => $port_key])->{body};
like($seen, qr{GET /a}, 'the app has seen requests');
unlike($seen, qr/$port_key|keyedsecret12345|linksecret123456/i,
    'and neither key nor token');
unlike($seen, qr/sandbox.key|__Host-sandbox/i, 'nor what they came in');
unlike($t->preview('GET', $url, path => '/seen')->{body}, qr/$tok/,
    'nor has the other');

# an agent that dies under requests makes nginx write errors

my @open = map {
    my $x = $t->connect();
    $x->request('GET', '/sleep?20', host => $host,
        headers => [Referer => "http://$host/ref"]);
    $x;
} 1 .. 3;
push @open, $t->exec_start($id, ['sleep', '20']);
my $x = $t->connect();
$x->request('POST', "/v1/sandbox/$id/exec?sandbox_key=$key",
    host => $api, body => '{"argv":["sleep","20"]}');
push @open, $x;
select undef, undef, undef, 1;
Sandbox::docker('kill ' . $t->container_of($id));
$_->response(timeout => 20) for @open;
$ws->ended(20);
$t->preview('GET', $url, headers => [Referer => "http://$host/ref"]);

$t->reload();
$t->preview('GET', $url);

# what is in the logs

my $access = $t->log_text('access.log');
my $error = $t->log_text('error.log');

cmp_ok(length $access, '>', 5000, 'the access log has lines');
like($error, qr/\[error\].*upstream/, 'the error log has errors of requests');
like($access, qr/8080-$id-\*+\./, 'hosts are there, masked');
like($access, qr/sandbox_key=\*+/, 'arguments are there, masked');
like($access, qr/a=1&sandbox_key=\*+&b=2/, 'and the others as they were');
like($access, qr{next=http%3A%2F%2F8080-$id-\*+\.\S+&y=2},
    'hosts in arguments too');
like($access, qr/id=$id port=8080/, 'with the sandbox\'s id and port');
like($access, qr/owner=alice/, 'and the owner');
like($access, qr/start=hit/, 'and how it came to run');
like($access, qr/wait=\d+\.\d{3}/, 'and for how long it waited');

for my $log (['access', $access], ['error', $error]) {
    my ($name, $text) = @$log;
    for my $secret ($key, $tok, 'othersecret1234', $port_key,
        'keyedsecret12345', 'linksecret123456')
    {
        my @lines = grep { /\Q$secret\E/i } split /\n/, $text;
        is(scalar @lines, 0, "$secret is not in the $name log")
            or diag(join "\n", @lines[0 .. ($#lines > 3 ? 3 : $#lines)]);
    }
}

# nor in files of nginx's, but for the policy that holds the token

my $found = `grep -rlaE '$key|$tok' $t->{dir} --exclude=keys --exclude=agent 2>/dev/null`;
is($found, "$t->{state}/$id/ports/8080\n", 'the token is in its policy only');
$found = `grep -rlaE '$port_key|keyedsecret|linksecret' $t->{dir} --exclude=keys --exclude=agent 2>/dev/null`;
is($found, "$t->{state}/$id/ports/8081\n", 'the port\'s key too');
is((stat "$t->{state}/$id/ports/$_")[2] & 077, 0, 'which is for nginx only')
    for 8080, 8081;

# nor in the engine

my $inspect = Sandbox::docker('inspect ' . $t->container_of($id));
unlike($inspect, qr/$key|$tok|$port_key|alice/, 'nor in the container\'s description');

$t->done();
