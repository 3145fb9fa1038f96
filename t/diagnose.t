#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# GET .../ports/:port/diagnose: which hop on the way to an app fails.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine())->start();
my $id = 'diag';

# the answer, and its hops as "name:ok"

sub diagnose
{
    my ($port, %o) = @_;
    my $res = $t->api('GET', "/v1/sandbox/" . ($o{id} // $id)
        . "/ports/$port/diagnose");
    my $hops = join ' ', map { "$_->{hop}:" . ($_->{ok} ? 1 : 0) }
        @{$res->{json}{hops} || []};
    return ($res, $hops);
}

is((diagnose(8080))[0]{status}, 404, 'no such sandbox: 404');
is($t->api('GET', '/v1/sandbox/diag/ports/80/diagnose')->{json}{code},
    'INVALID_PORT', 'no port: INVALID_PORT');
is($t->api('POST', '/v1/sandbox/diag/ports/8080/diagnose', json => {})
    ->{json}{code}, 'NOT_FOUND', 'no POST');

$t->api('POST', '/v1/sandbox', json => { id => $id });
my ($res, $hops) = diagnose(8080);
is($res->{status}, 200, 'a sandbox that never ran');
is($hops, 'nginx:0', 'its port is not exposed');
ok(!$res->{json}{ok}, 'not ok');
like($res->{json}{suggestion}, qr/ports/, 'what to do');

my $url = $t->expose($id, 8080);
$proxy->forget();
($res, $hops) = diagnose(8080);
is($hops, 'nginx:1 container:0', 'exposed, and never run');
is($res->{json}{state}, 'asleep', 'its state');
is(scalar $proxy->calls(qr/^POST/), 0, 'nothing is started');

$t->run_in($id, 'true');
($res, $hops) = diagnose(8080);
is($hops, 'nginx:1 container:1 agent:1 port:0', 'it runs, nothing listens');
like($res->{json}{hops}[3]{message}, qr/8080/, 'the port is named');
is_deeply($res->{json}{listening}, [], 'nothing at all');
is($res->{json}{command}, undef, 'and it has no command');

$t->app($id, 'app.py', 8080, '127.0.0.1');
($res, $hops) = diagnose(8080);
is($hops, 'nginx:1 container:1 agent:1 port:1 app:1', 'an app')
    or diag($res->{body});
ok($res->{json}{ok}, 'ok');
like($res->{json}{hops}[3]{message}, qr/127\.0\.0\.1/, 'where it listens');
like($res->{json}{hops}[4]{message}, qr/200/, 'what it answers');
is(scalar(grep { $_->{ms} !~ /^[0-9.e-]+$/ || $_->{ms} > 60_000 }
    @{$res->{json}{hops}}), 0, 'each with its time');
ok(!exists $res->{json}{suggestion}, 'nothing to do');

# on ::1 and everywhere; apps that do not do what they should

$t->app($id, 'app.py', 8081, '::1');
$t->expose($id, 8081);
is((diagnose(8081))[1], 'nginx:1 container:1 agent:1 port:1 app:1',
    'an app on ::1');

my %bad = (
    8082 => ['closes', 'while True: c, _ = s.accept(); c.recv(1000); c.close()',
        qr/without a response/],
    8083 => ['speaks no HTTP', 'while True: c, _ = s.accept(); '
        . 'c.sendall(b"SSH-2.0-x\r\n"); c.close()', qr/not valid HTTP/],
    8084 => ['fails', 'while True: c, _ = s.accept(); c.recv(1000); '
        . 'c.sendall(b"HTTP/1.1 500 No\r\n\r\n"); c.close()', qr/500/],
    8085 => ['is silent', 'k = []' . "\n" . 'while True: k.append(s.accept())',
        qr/5 seconds/],
);

for my $port (map { 0 + $_ } sort keys %bad) {
    my ($name, $code, $want) = @{$bad{$port}};
    $t->put($id, "workspace/bad$port.py", "import socket\ns = socket.socket()\n"
        . "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        . "s.bind(('0.0.0.0', $port))\ns.listen()\n$code\n");
    $t->expose($id, $port, command => "exec python3 bad$port.py");
    ok(wait_for(sub { my ($r) = diagnose($port);
        $r->{json}{hops}[3] && $r->{json}{hops}[3]{ok} }, 60),
        "an app that $name listens");
    ($res, $hops) = diagnose($port);
    is($hops, 'nginx:1 container:1 agent:1 port:1 app:0', 'and is at fault');
    like($res->{json}{hops}[4]{message} // '', $want, 'in words');
    is($res->{json}{command}{state}, 'running', 'its command runs');
    is($res->{json}{command}{command}, "exec python3 bad$port.py",
        'and is named');
}

# a command that failed

$t->expose($id, 8086, command => 'echo no such app >&2; exit 4',
    wake => JSON::PP::true);
ok(wait_for(sub { my ($r) = diagnose(8086);
    ($r->{json}{command}{state} // '') eq 'exited' }, 60), 'one has ended');
($res, $hops) = diagnose(8086);
is($res->{json}{command}{exitCode}, 4, 'its code');
is_deeply($res->{json}{command}{log}, ['no such app'], 'its words');

# two at a time, and one whose client leaves

my @c = map { my $c = $t->connect(); $c->request('GET',
    "/v1/sandbox/$id/ports/8085/diagnose", $t->api_options()); $c } 1 .. 3;
pop(@c)->close();
is(join(',', map { $_->response()->{status} } @c), '200,200',
    'several at a time');

# asleep, and without the engine

$t->api('POST', "/v1/sandbox/$id/sleep");
($res, $hops) = diagnose(8086);
is($hops, 'nginx:1 container:0', 'asleep');
like($res->{json}{suggestion}, qr/Open the preview/, 'which would wake it');
($res) = diagnose(8080);
like($res->{json}{suggestion}, qr/Call the API/, 'and one that would not');
ok(!$t->agent_pid($id), 'nothing was woken');

$t->run_in($id, 'true');
$t->app($id, 'app.py', 8080);
$proxy->stop();
($res, $hops) = diagnose(8080);
is($hops, 'nginx:1 container:0 agent:1 port:1 app:1',
    'without the engine previews go on, and so does this');
$proxy->start();

$t->done();
