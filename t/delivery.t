#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# How often an app sees a request that it breaks off: every method, at every
# point of the answer, over a fresh and over a kept connection, of a sandbox
# that is awake, asleep or waking; beside plain nginx in front of the same app.

use warnings;
use strict;

use JSON::PP;
use POSIX ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my @METHODS = qw/GET HEAD OPTIONS PUT DELETE POST PATCH/;
my %SAFE = map { $_ => 1 } qw/GET HEAD OPTIONS/;
my @WHEN = qw/before within after body/;
my @HOW = qw/end reset/;
my $SOURCE = Sandbox::root_dir() . '/t/lib/apps/breaks.py';

# the app of plain nginx runs beside it

my $plain_port = free_port();
my $plain_file;
my $tag = 0;

# one worker, so that requests find the connections of those before them, and
# connections that only end by what the test does

my $t = Sandbox->new(workers => 1,
    conf => Sandbox::default_conf() =~ s/timeout 4s/timeout 1h/r,
    http => <<"HTTP")->start();
    upstream plain {
        server 127.0.0.1:$plain_port;
        keepalive 16;
    }

    server {
        listen 127.0.0.1:%%PORT%%;
        server_name plain;

        location / {
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_pass http://plain;
        }
    }
HTTP

$plain_file = "$t->{dir}/seen";
my $app = fork // die "fork: $!";
if ($app == 0) {
    exec 'python3', $SOURCE, $plain_port, $plain_file or POSIX::_exit(127);
}

my $id = 'del';
my $url = waking('breaks.py 8080 /workspace/seen', 8080);
ok(wait_for(sub { $t->preview('GET', $url, path => '/keep')->{status} == 200 },
    60), 'an app that breaks off');
ok(wait_for(sub { $t->preview('GET', 'http://plain', path => '/keep')->{status}
    == 200 }, 60), 'and the same behind plain nginx');


# awake

for my $kept (0, 1) {
    for my $method (@METHODS) {
        for my $body (bodies($method)) {
            my (@cells, @plain);

            for my $case (cases()) {
                push @cells, deliver($url, $method, $body, $kept, @$case);
                push @plain, deliver('http://plain', $method, $body, $kept,
                    @$case);
            }

            matrix($method, $body, $kept, [seen(@cells)],
                [seen_plain(@plain)]);
        }
    }
}


# asleep: each of these wakes the sandbox, whose end has closed a connection
# that was kept

for my $method (@METHODS) {
    $t->preview('GET', $url, path => '/keep');
    asleep();
    my $c = $t->connect();
    my $name = start($c, $url, $method, (bodies($method))[-1], 'before',
        'end');
    $c->response(method => $method);
    $c->close();
    is_deeply((seen($name))[0], [1], "asleep: $method reaches the app once");
}

# waking: all of them at once

asleep();
my (@open, @names);
for my $method (@METHODS) {
    for my $case (cases()) {
        my $c = $t->connect();
        push @names, start($c, $url, $method, (bodies($method))[-1], @$case);
        push @open, [$method, $c];
    }
}
$_->[1]->response(method => $_->[0]) for @open;
$_->[1]->close() for @open;
is_deeply((seen(@names))[0], [(1) x @names], 'waking: ' . @names
    . ' requests, each of which reaches the app once');


# an app that closes a connection just when another request is sent on it

$t->app($id, 'breaks.py', 8081, '/workspace/seen', 'once');
my $once = $t->expose($id, 8081);
for my $method (@METHODS) {
    my $body = (bodies($method))[-1];
    my @status = map { $t->preview($method, $once, path => '/keep',
        body => $body)->{status} } 1 .. 6;
    is("@status", '200 200 200 200 200 200',
        "an app that ends kept connections: no $method fails");
}

# an app that serves one connection at a time: an idle one is in the way of
# a fresh one, unless it is closed

$t->app($id, 'breaks.py', 8082, '/workspace/seen', 'serial');
my $serial = $t->expose($id, 8082);
my @got = map { $t->preview($_, $serial, path => '/keep',
    body => $_ eq 'GET' ? undef : 'x')->{body} }
    qw/GET POST GET GET PUT GET POST/;
is(join(', ', @got), '1 1, 2 1, 2 2, 2 3, 3 1, 3 2, 4 1',
    'an app that serves one connection at a time is never kept waiting');


kill 'TERM', $app;
waitpid $app, 0;
$t->done();


sub waking
{
    my ($args, $port) = @_;
    $t->put($id, 'workspace/breaks.py', slurp($SOURCE));
    my $res = $t->api('POST', "/v1/sandbox/$id/ports", json => {
        port => $port, wake => JSON::PP::true, cwd => '/workspace',
        command => "exec python3 $args" });
    return $res->{json}{url};
}


sub asleep
{
    is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
}


sub cases { map { my $when = $_; map { [$when, $_] } @HOW } @WHEN }


# none, one within the packet of the head, and one that comes after it

sub bodies
{
    my ($method) = @_;
    return (undef) if $SAFE{$method};
    return $method eq 'DELETE' ? (undef, 'small')
        : ('small', 'large' x 40_000);
}


sub start
{
    my ($c, $to, $method, $body, $when, $how) = @_;
    my $name = 'r' . ++$tag;
    my ($host) = $to =~ m{//([^/]+)};
    $c->request($method, "/$when/$how/$name", host => $host, body => $body);
    return $name;
}


sub deliver
{
    my ($to, $method, $body, $kept, @case) = @_;
    my $c = $t->connect();

    # no idle connection, or exactly one
    $t->preview('POST', $to, path => '/before/end/none', body => '');
    $t->preview('GET', $to, path => '/keep') if $kept;

    my $name = start($c, $to, $method, $body, @case);
    my $res = $c->response(method => $method);
    fail("$method @case: no answer: $res->{error}")
        if ($res->{error} // '') eq 'timeout';
    $c->close();
    return $name;
}


# how often each request was seen, "kept" when first on a kept connection

sub counts
{
    my ($text, @names) = @_;
    my %seen;
    /^(\S+) (\d+)$/ and push @{$seen{$1}}, $2 for split /\n/, $text;
    my @counts = map { scalar @{$seen{$_} || []} } @names;
    return (\@counts, [map { ($seen{$_}[0] // 0) > 1 ? 1 : 0 } @names]);
}


sub seen { counts($t->get($id, 'workspace/seen')->{body}, @_) }


sub seen_plain { counts(slurp($plain_file), @_) }


sub matrix
{
    my ($method, $body, $kept, $ours, $plain) = @_;
    my @cases = cases();
    my $what = "awake, $method" . (!defined $body ? ''
        : ' with a body of ' . length $body) . ', a '
        . ($kept ? 'kept' : 'fresh') . ' connection';
    my @want = map { [1] } @cases;

    # on a kept connection: twice without a byte of an answer, which a reset
    # may have swallowed
    if ($kept && $SAFE{$method}) {
        $want[$_] = [$cases[$_][0] eq 'before' ? 2
            : $cases[$_][1] eq 'reset' ? (1, 2) : 1] for 0 .. $#cases;
    }

    my @bad = grep { my $i = $_; !grep { $_ == $ours->[0][$i] } @{$want[$i]} }
        0 .. $#cases;
    ok(!@bad, "$what: @{$ours->[0]}; plain nginx: @{$plain->[0]}")
        or diag(join "\n", map { "@{$cases[$_]}: seen $ours->[0][$_] times" }
            @bad);

    my $reused = $kept && $SAFE{$method} ? 1 : 0;
    is_deeply($ours->[1], [($reused) x @cases], $reused
        ? 'first on the kept one' : 'always on a fresh one');
    is_deeply($plain->[1], [($kept) x @cases], 'plain nginx: '
        . ($kept ? 'first on the kept one' : 'on a fresh one'));
}
