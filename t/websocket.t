#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# WebSockets through a preview host.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::WebSocket;

my $t = Sandbox->new()->start();
my $id = 'ws';

$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
my ($host) = $url =~ m{//([^/]+)};
my $agent = $t->agent_pid($id);

# an exchange

my $ws = ws();
is($ws->{status}, 101, 'upgraded');
$ws->send('hello');
my $m = $ws->recv();
is($m->{data}, 'echo:hello', 'a text');
is($m->{opcode}, 1, 'is a text');

my $binary = join '', map { chr int rand 256 } 1 .. 70_000;
$ws->send($binary, 2);
$m = $ws->recv();
ok($m->{data} eq $binary && $m->{opcode} == 2, '70 KB of binary');

$ws->send('ping-me', 9);
$m = $ws->recv();
is("$m->{opcode} $m->{data}", '10 ping-me', 'a ping is answered');

$ws->send('', 1);
is($ws->recv()->{data}, 'echo:', 'an empty message');

for my $n (1 .. 200) { $ws->send("m$n") }
is(join(',', map { $ws->recv()->{data} } 1 .. 200),
    join(',', map { "echo:m$_" } 1 .. 200), '200 messages in order');

# 16 MB in one frame, sent while it comes back

my $big = 'x' x (16 << 20);
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    $ws->send($big, 2);
    POSIX::_exit(0);
}
$m = $ws->recv(120);
waitpid $pid, 0;
ok($m && $m->{data} eq $big, 'a frame of 16 MB');
ok(Sandbox::memory($agent, 'VmHWM') < (8 << 20) || sanitized(),
    'the agent held little of it');

$ws->send(pack('n', 1000), 8);
ok($ws->ended(30), 'closed by both');

# many at once

my @ws = map { ws() } 1 .. 100;
is(scalar(grep { $_->{status} == 101 } @ws), 100, 'a hundred at once');
$ws[$_]->send("n$_") for 0 .. 99;
is(join(',', map { ($_->recv(60) || { data => '-' })->{data} } @ws),
    join(',', map { "echo:n$_" } 0 .. 99), 'each with its own echo');
$_->{conn}->close() for @ws;
ok(wait_for(sub { $t->preview('GET', $url, path => '/sockets')->{json}{now}
    == 0 }, 30), 'clients gone: the app sees all of them end');

# the app leaves

$ws = ws();
$ws->send('x');
$ws->recv();
is($t->exec($id, ['pkill', '-9', '-f', 'app.py 8080'])->{exit}, 0,
    'the app is killed');
ok($ws->ended(30), 'the client sees the end');

$ws = ws();
is($ws->{status}, 502, 'nothing listens: 502 on an upgrade');
is($ws->{response}{json}{code}, 'PORT_NOT_LISTENING', 'its code');

# revoked

$t->app($id, 'app.py', 8080);
$ws = ws();
is($ws->{status}, 101, 'again');
$ws->send('x');
is($ws->recv()->{data}, 'echo:x', 'works');
is($t->api('DELETE', "/v1/sandbox/$id/ports/8080")->{status}, 200,
    'unexposed');
ok($ws->ended(30), 'an open WebSocket is cut');
is(ws()->{status}, 404, 'and none is opened');

# what is no upgrade to WebSocket is not forwarded as one

$url = $t->expose($id, 8080);
($host) = $url =~ m{//([^/]+)};

for my $case (
    ['h2c', 'GET', [Upgrade => 'h2c', Connection => 'Upgrade, HTTP2-Settings',
        'HTTP2-Settings' => 'AAMAAABkAAQAoAAAAAIAAAAA']],
    ['websocket, h2c', 'GET', [Upgrade => 'websocket, h2c',
        Connection => 'Upgrade']],
    ['on POST', 'POST', [Upgrade => 'websocket', Connection => 'Upgrade']],
    ['without Connection', 'GET', [Upgrade => 'websocket']],
    ['Connection: close', 'GET', [Upgrade => 'websocket',
        Connection => 'close']],
) {
    my $res = $t->preview($case->[1], $url, path => '/headers',
        headers => $case->[2], $case->[1] eq 'POST' ? (body => 'x') : ());
    my %h = map { lc $_->[0] => $_->[1] } @{$res->{json}{headers} || []};
    is($res->{status}, 200, "$case->[0]: an ordinary request");
    ok(!exists $h{upgrade}, "$case->[0]: no Upgrade for the app");
    unlike($h{connection} // '', qr/upgrade/i, "$case->[0]: nor Connection");
    ok(!exists $h{'http2-settings'}, "$case->[0]: nor HTTP2-Settings")
        if $case->[0] eq 'h2c';
}

for my $word ('WebSocket', 'WEBSOCKET') {
    is(ws(upgrade => $word)->{status}, 101, "Upgrade: $word is one");
}

# a reload: what is open goes on in the old workers, as long as they may

my @old = map { ws() } 1 .. 8;
my @pids = $t->reload();
my @new = map { ws() } 1 .. 8;

$_->send('over') for @old, @new;
is(join(',', map { ($_->recv(60) || { data => '-' })->{data} } @old, @new),
    join(',', ('echo:over') x 16), 'a reload: old and new ones echo');
ok((grep { Sandbox::running($_) } @pids), 'in old workers, too');
ok(wait_for(sub { !grep { Sandbox::running($_) } @pids }, 90),
    'which end by worker_shutdown_timeout');
is(scalar(grep { $_->ended(30) } @old), 8, 'with what they had open');
$_->send('on') for @new;
is(join(',', map { ($_->recv(60) || { data => '-' })->{data} } @new),
    join(',', ('echo:on') x 8), 'the others go on');

$t->done();


sub ws
{
    return Sandbox::WebSocket->new(port => $t->{port}, host => $host,
        path => '/ws', @_);
}
