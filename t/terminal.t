#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Terminals through nginx, in a real sandbox: keys, refusals that start
# nothing, sharing and replay, sleep and wake.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Terminal;

$SIG{PIPE} = 'IGNORE';

my $key = 'kEyOfATerminal-0123456789';
my $t = Sandbox->new(keys => ["alice:$key", 'bob:another-key-9876543210'],
    key => $key, classes => ['default image=sandbox-base memory=512m cpus=1 '
    . 'pids=256 network=none sleep_after=10m'])->start();
my $id = 'term';
my @key = (Authorization => "Bearer $key");


# what is refused starts nothing

for my $case (
    ['no key', 401, '', qr/key/i],
    ['a wrong key', 401, '?authorization=Bearer%20wrong-key-0000000000',
        qr/key/i],
    ['cols', 400, "?cols=x&authorization=Bearer%20$key",
        qr/^cols and rows must be valid numbers/],
    ['rows', 400, "?rows=-1&authorization=Bearer%20$key",
        qr/^cols and rows must be valid numbers/],
    ['session', 400, "?session=a/b&authorization=Bearer%20$key",
        qr/^Invalid session ID format/],
    ['Session-Id', 400, "?authorization=Bearer%20$key",
        qr/^Invalid session ID format/, 'Session-Id' => 'a..b'],
    ['POST', 404, "?authorization=Bearer%20$key", qr/POST is not supported/],
) {
    my ($name, $status, $query, $text, @headers) = @$case;
    my $res = $name eq 'POST'
        ? $t->api('POST', "/v1/sandbox/$id/pty", body => '')
        : attach("/pty$query", @headers)->{response};
    is($res->{status}, $status, "$name: $status");
    like($res->{json}{error}, $text, 'says so');
}

my $res = $t->api('GET', "/v1/sandbox/$id/pty");
is($res->{status}, 400, 'a plain GET: 400');
is($res->{json}{code}, 'invalid_request', 'its code');
like($res->{json}{error}, qr/^WebSocket upgrade required/, 'its text');
is($t->api('GET', "/v1/sandbox/$id")->{status}, 404, 'nothing was started');


# the first connection starts the sandbox

my $one = attach('/pty?session=main&cols=100&rows=40', @key);
is($one->{status}, 101, 'connected to a new sandbox');
my $ready = $one->ready(60);
is("$ready->{cols} $ready->{rows} $ready->{offset}", '100 40 0', 'ready');
is($one->run('stty size; tty; test -O $(tty) && echo owner'),
    "40 100\n/dev/pts/0\nowner\n", 'a terminal of its user');
is($one->run('pwd; echo $TERM'), "/workspace\nxterm-256color\n",
    'in the workspace');
is($one->run('command -v vim less top | wc -l') > 0, 1,
    'with programs for terminals');

# a program of the whole screen
$one->type("less /etc/passwd\n");
ok($one->expect(qr/\e\[\?1049h.*root:/s), 'less opens its screen');
$one->type('q');
ok($one->expect(qr/\e\[\?1049l/), 'and leaves it');

# a second viewer, by the key in the query as browsers send it
my $two = attach("/ws/pty?sessionId=main&authorization=Bearer%20$key");
is($two->{status}, 101, 'a key in the query');
is($two->ready()->{id}, $ready->{id}, 'the same terminal');
like($two->{out}, qr/root:/, 'replayed');
$one->type("echo both-see-it\n");
ok($_->expect(qr/[\r\n]both-see-it/), 'both see the output') for $one, $two;
$two->vanish();

# none of them names a session: each has a shell of its own
my @own = map { attach('/pty', @key) } 1 .. 3;
is(join('|', map { $_->run('echo $$; X=1; echo "[$X]"') =~ s/^\d+\n//r }
    @own), join('|', ("[1]\n") x 3), 'shells of their own');
is($t->api('GET', "/v1/sandbox/$id/api/terminal/list")->{json}{terminals}[3]
    {viewers}, 1, 'four terminals');
$_->vanish() for @own;
ok(wait_for(sub { @{terminals()} == 1 }, 20),
    'which are gone with their connections');

# by HTTP
$res = $t->api('POST', "/v1/sandbox/$id/api/terminal/main/resize",
    json => { cols => 90, rows => 20 });
is($res->{status}, 200, 'resize');
is($one->run('stty size'), "20 90\n", 'the shell has it');
is($t->api('GET', "/v1/sandbox/$id/api/terminal/main")->{json}{terminal}
    {cols}, 90, 'get');
is($t->api('GET', "/v1/sandbox/$id/api/terminal/none")->{status}, 404,
    'an unknown one: 404');

# much output, in order
$one->type("seq 1 100000; echo 'all''-of-it'\n");
ok($one->expect(qr/\r\n99999\r\n100000\r\n.*all-of-it\r\n/s, 60),
    'a hundred thousand lines');

# another's key sees nothing
is(attach('/pty', Authorization => 'Bearer another-key-9876543210')
    ->{status}, 404, 'a foreign key: 404');


# a reload does not touch it

$t->reload();
is($one->run('echo after'), "after\n", 'a reload: the connection lives');


# the sandbox sleeps: its terminals are told, and the next one wakes it

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'sleep');
ok($one->ended(), 'the connection ends');
is($one->{code}, 1001, 'by 1001');
$one = attach("/pty?session=main&since=$ready->{offset}&id=$ready->{id}",
    @key);
is($one->{status}, 101, 'the next one wakes it');
my $again = $one->ready(60);
isnt($again->{id}, $ready->{id}, 'a new shell');
ok(!$one->event('replay')->{resumed}, 'which is told');
is($one->run('echo awake'), "awake\n", 'and works');


# an attached terminal keeps it awake, and nothing else of it does

is($t->api('PATCH', "/v1/sandbox/$id", json => { sleepAfter => '2s' })
    ->{status}, 200, 'sleepAfter 2s');
my $until = time + 6;
$one->until(6, sub { time > $until });
is($t->api('GET', "/v1/sandbox/$id")->{json}{state}, 'running',
    'attached: awake');
is($one->run('echo still'), "still\n", 'the same shell');
$one->type("while :; do sleep 0.1; done &\n");
$one->vanish();
ok(wait_for(sub { $t->api('GET', "/v1/sandbox/$id")->{json}{state}
    eq 'asleep' }, 30), 'nobody is attached: it sleeps');


# DELETE of the sandbox

$one = attach('/pty?session=main', @key);
$one->ready(60);
is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroyed');
ok($one->ended(), 'the connection ends');

unlike($t->log_text($_), qr/\Q$key\E/, "no key in $_")
    for qw/error.log access.log/;
like($t->log_text('access.log'), qr/authorization=\*+/, 'it is masked');

$t->done();


sub attach
{
    my ($path, @headers) = @_;
    return Sandbox::Terminal->new(port => $t->{port},
        host => "localhost:$t->{port}", path => "/v1/sandbox/$id$path",
        headers => \@headers, timeout => 90);
}


sub terminals
{
    return $t->api('GET', "/v1/sandbox/$id/api/terminal/list")
        ->{json}{terminals};
}
