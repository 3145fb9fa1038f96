#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Tethers, what is said on them, and going to sleep.

use warnings;
use strict;

use File::Basename;
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

$SIG{PIPE} = 'IGNORE';

# no failing test may wait for ever
alarm 300;


# an app that listens until it is ended
sub app
{
    my ($box, $port) = @_;
    my $http = $box->http();
    $http->request('POST', '/exec', host => 'x',
        body => JSON::PP->new->encode({ argv => ['perl', '-e',
        'use IO::Socket::INET; $| = 1; my $s = IO::Socket::INET->new('
        . 'LocalAddr => "127.0.0.1", LocalPort => ' . $port
        . ', Listen => 5, ReuseAddr => 1) or die $!; print "up\n"; '
        . 'while (my $c = $s->accept()) { print $c "hello"; close $c }'] }));
    $http->head();
    Sandbox::SSE->new($http)->next(20);
    return $http;
}


my $box = Sandbox::Box->new(ports => [8080]);

# hello

my $t = $box->tether();
my $hello = $box->packet($t);
is_deeply($hello, { event => 'hello', v => 1,
    build => $box->{booted}{build}, listening => [] }, 'hello');

my $app = app($box, 8080);
is_deeply($box->packet($t), { event => 'listening', ports => [8080] },
    'an app listens');
my $u = $box->tether();
is_deeply($box->packet($u)->{listening}, [8080], 'hello tells of it');

my $hidden = app($box, 8081);
is($box->packet($t, 2.5), undef, 'a port that is not exposed is not told');

$app->close();
is_deeply($box->packet($_), { event => 'listening', ports => [] },
    'it does no longer') for $t, $u;


# changes

$box->tell("sendfd $t 8081 {\"op\":\"listen\",\"seq\":7,\"port\":8081}");
is_deeply($box->packet($t), { seq => 7, ok => JSON::PP::true }, 'listen');
is_deeply($box->packet($t), { event => 'listening', ports => [8081] },
    'what listened already is told');
my $relay = Sandbox::HTTP->new(path => $box->socket(8081), timeout => 20);
$relay->fill();
is($relay->{in}, 'hello', 'and served');

$box->tell("send $t {\"op\":\"unlisten\",\"seq\":8,\"port\":8081}");
is_deeply($box->packet($t), { seq => 8, ok => JSON::PP::true }, 'unlisten');
ok(!eval { Sandbox::HTTP->new(path => $box->socket(8081)) }, 'refused');
is_deeply($box->packet($t), { event => 'listening', ports => [] },
    'no longer told');

$box->tell("send $t {\"op\":\"unlisten\",\"seq\":8,\"port\":8081}");
is_deeply($box->packet($t), { seq => 8, ok => JSON::PP::true },
    'unlisten of a port that is not served');

for my $case (
    ['no port', '{"op":"unlisten","seq":9}'],
    ['port 0', '{"op":"unlisten","seq":9,"port":0}'],
    ['port of text', '{"op":"unlisten","seq":9,"port":"80"}'],
    ['a port too large', '{"op":"unlisten","seq":9,"port":65536}'],
    ['listen without a socket', '{"op":"listen","seq":9,"port":8082}'],
    ['no such op', '{"op":"dance","seq":9}'],
    ['prepare without ms', '{"op":"prepare","seq":9}'],
    ['env of another type', '{"op":"configure","seq":9,"env":[]}'],
    ['a time of another type',
        '{"op":"configure","seq":9,"sleep_after_ms":"1"}'],
    ['a generation of another type',
        '{"op":"configure","seq":9,"generation":"1"}'],
    ['a generation below 0', '{"op":"configure","seq":9,"generation":-1}'])
{
    my ($name, $packet) = @$case;
    $box->tell("send $t $packet");
    my $reply = $box->packet($t);
    is(ref $reply && $reply->{seq}, 9, "$name: answered");
    like(ref $reply ? $reply->{error} : '', qr/./, "$name: with an error");
}

$box->tell("sendfd $t null {\"op\":\"listen\",\"seq\":10,\"port\":8082}");
like($box->packet($t)->{error}, qr/socket/, 'not a socket');
$box->tell("sendfd $t null {\"op\":\"prepare\",\"seq\":11}");
$box->packet($t);
ok($box->wait_for(20, sub { 1 == grep { (readlink($_) // '') =~ m{/null$} }
    glob '/proc/' . $box->pid() . '/fd/*' }),
    'descriptors that nobody asked for are closed');

$box->tell("send $t {\"op\":\"configure\",\"seq\":12,\"env\":{\"NEW\":\"x\"}}");
is($box->packet($t)->{seq}, 12, 'configure');
is($box->sh('echo $NEW'), "x\n", 'new variables');
$box->tell("send $t {\"op\":\"configure\",\"seq\":13,\"env\":{}}");
$box->packet($t);
is($box->sh('echo $NEW'), "\n", 'in place of the old');

# of two changes the later one holds, whichever is told last

for my $case ([5, 'g5'], [4, 'g5'], [5, 'g5'], [7, 'g7'], [6, 'g7']) {
    my ($generation, $want) = @$case;
    my $tether = $generation % 2 ? $t : $u;
    $box->tell("send $tether {\"op\":\"configure\",\"seq\":14,"
        . "\"env\":{\"NEW\":\"g$generation\"},"
        . "\"generation\":$generation}");
    my $reply;
    do { $reply = $box->packet($tether) } while $reply->{event};
    is_deeply($reply, { seq => 14, ok => JSON::PP::true },
        "configure of generation $generation: answered");
    is($box->sh('echo $NEW'), "$want\n", "what holds is $want");
}
$box->tell("send $t {\"op\":\"configure\",\"seq\":14,\"env\":{}}");
$box->packet($t);
is($box->sh('echo $NEW'), "\n", 'one without a generation holds');

# status: how it does

sub status
{
    my ($box, $t) = @_;
    $box->tell("send $t {\"op\":\"status\",\"seq\":20}");
    my $reply = $box->packet($t);
    is($reply->{seq}, 20, 'status');
    return $reply;
}

is(status($box, $t)->{sleeps_in_ms}, undef, 'it does not sleep');

# what breaks the protocol ends the tether, and no other
for my $bad ('nonsense', '[]', '{"seq":1}', '{"op":5,"seq":1}',
    '{"op":"listen","seq":"1"}', '{"op":"' . 'x' x 65_600 . '","seq":1}')
{
    my $x = $box->tether();
    $box->packet($x);
    $box->tell("send $x $bad");
    is($box->packet($x), 'closed', substr($bad, 0, 30) . ': closed');
}
$box->tell("send $t {\"op\":\"configure\",\"seq\":14}");
is($box->packet($t)->{seq}, 14, 'the others stay');

my $inside = $box->exec({ argv => ['perl', '-MSocket', '-e',
    'socket my $s, AF_UNIX, SOCK_SEQPACKET, 0; connect $s, '
    . 'pack_sockaddr_un("/run/sandbox/control.sock") or die; '
    . 'print defined(recv $s, my $b, 1000, 0) ? "got $b" : $!'] });
is($inside->{stdout}, 'got ', 'who is inside gets no hello');

# prepare
my $http = $box->http();
$http->request('POST', '/exec', host => 'x', body => '{"argv":["sh","-c",'
    . '"trap \"\" TERM; echo up; sleep 72; sleep 72"]}');
$http->head();
my $sse = Sandbox::SSE->new($http);
$sse->next();
$box->tell("send $t {\"op\":\"prepare\",\"seq\":15,\"ms\":300}");
is($box->packet($t)->{seq}, 15, 'prepare');
my $e;
do { $e = $sse->next() } while $e && $e->{event} ne 'exit';
like($e->{data}, qr/"SIGKILL"/, 'TERM, then KILL');
ok($box->wait_for(20, sub { !$box->processes() }), 'nothing runs');
is($box->call('GET', '/api/ping')->{status}, 200, 'but the agent');

# a worker that does not read
my $deaf = $box->tether();
$box->packet($deaf);

$box->tell('signal 9');
is($box->packet($t), 'closed', 'the end of the agent ends the tether');
undef $box;


# sleep

my $began = time;
$box = Sandbox::Box->new(boot => { sleep_after_ms => 600 });
$t = $box->tether();
$box->packet($t);
is_deeply($box->packet($t), { event => 'going' }, 'going');
cmp_ok(time - $began, '>=', 0.55, 'not before its time');
is($box->packet($t), 'closed', 'then the end');
is($box->exit_status(), 0, 'exit 0');
undef $box;

$box = Sandbox::Box->new(boot => { sleep_after_ms => 600 });
$t = $box->tether();
$box->packet($t);
$http = $box->http();
is($box->packet($t, 1.5), undef, 'an open connection holds it');
is(status($box, $t)->{sleeps_in_ms}, 600,
    'one without a request: its whole time is to come');
$http->request('GET', '/api/ping', host => 'x');
is($http->response()->{status}, 200, 'and is served');
is($box->packet($t, 1.5), undef, 'idle ones too');
my $closed = time;
$http->close();
is_deeply($box->packet($t), { event => 'going' }, 'until it closes');
cmp_ok(time - $closed, '>=', 0.55, 'and its time has passed again');
is($box->exit_status(), 0, 'exit 0');
undef $box;

$box = Sandbox::Box->new(boot => { sleep_after_ms => 500 }, ports => [8080]);
$t = $box->tether();
$box->packet($t);
$http = $box->http();
$http->request('POST', '/exec', host => 'x', body => '{"argv":["sh","-c",'
    . '"sleep 1.5; echo done"]}');
my $res = $box->exec_read($http);
is($res->{stdout}, "done\n", 'a silent command holds it');
$box->exec({ argv => ['sh', '-c', 'setsid sleep 73 >/dev/null 2>&1 &'] });
undef $http;
is_deeply($box->packet($t), { event => 'going' },
    'what runs in the background does not');
is($box->exit_status(), 0, 'exit 0');
undef $box;

# a relayed connection, silent
$box = Sandbox::Box->new(boot => { sleep_after_ms => 600 }, ports => [8080]);
$t = $box->tether();
$box->packet($t);
$http = $box->http();
$http->request('POST', '/exec', host => 'x', body => JSON::PP->new->encode(
    { argv => ['sh', '-c', 'setsid perl -e \'use IO::Socket::INET; my $s = '
    . 'IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, '
    . 'Listen => 5) or die; my $c = $s->accept(); sleep 60\' '
    . '>/dev/null 2>&1 &'] }));
$box->exec_read($http);
ok($box->wait_for(20, sub { $box->sh('cat /proc/net/tcp') =~ /:1F90 /i }),
    'an app');
$relay = Sandbox::HTTP->new(path => $box->socket(8080));
$http->close();
my $going = $box->packet($t, 2);
$going = $box->packet($t, 2) if $going && $going->{event} eq 'listening';
is($going, undef, 'a relayed connection holds it, silent or not');
$relay->close();
$going = $box->packet($t);
$going = $box->packet($t) if $going->{event} eq 'listening';
is_deeply($going, { event => 'going' }, 'until it closes');
is($box->exit_status(), 0, 'exit 0');
undef $box;

# never
$box = Sandbox::Box->new(boot => { sleep_after_ms => 0 });
$t = $box->tether();
$box->packet($t);
is($box->packet($t, 1.5), undef, '0 is never');
$box->tell("send $t {\"op\":\"configure\",\"seq\":1,\"sleep_after_ms\":300,"
    . '"keep_alive":true}');
$box->packet($t);
is($box->packet($t, 1.5), undef, 'nor with keep_alive');
$box->tell("send $t {\"op\":\"configure\",\"seq\":2,\"keep_alive\":false}");
$box->packet($t);
is_deeply($box->packet($t), { event => 'going' }, 'but without');
is($box->exit_status(), 0, 'exit 0');
undef $box;

# how long it has

$box = Sandbox::Box->new(boot => { sleep_after_ms => 3_600_000 });
$t = $box->tether();
$box->packet($t);
my $left = status($box, $t)->{sleeps_in_ms};
cmp_ok($left, '<=', 3_600_000, 'its time');
cmp_ok($left, '>', 3_000_000, 'and not much less');
ok($box->wait_for(20, sub { status($box, $t)->{sleeps_in_ms} < $left }),
    'it grows less');
$http = $box->http();
$http->request('POST', '/exec', host => 'x',
    body => '{"argv":["sleep","77"]}');
$http->head();
is(status($box, $t)->{sleeps_in_ms}, undef, 'not while something is open');
$http->close();
ok($box->wait_for(20, sub { defined status($box, $t)->{sleeps_in_ms} }),
    'but then');
undef $box;

# requests all the time while it leaves: each is served or refused, no one
# is cut
for my $round (1 .. 5) {
    $box = Sandbox::Box->new(boot => { sleep_after_ms => 20 });
    my ($served, $refused, $lost) = (0, 0, 0);
    my $end = time + 20;
    while (time < $end) {
        my $http = eval { $box->http(timeout => 20) };
        if (!$http) { $refused = 1; last }
        $http->request('GET', '/api/ping', host => 'x');
        my $res = $http->response();
        if ($res->{status} == 200) { $served++ } else { $lost++ }
        $http->close();
        # just about when it wants to leave
        sleep 0.015 + rand 0.012;
    }
    is($lost, 0, "round $round: none lost of $served");
    ok($refused, "round $round: then refused");
    is($box->exit_status(), 0, "round $round: exit 0");
}

done_testing();
