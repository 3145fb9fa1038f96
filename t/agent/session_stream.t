#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Streams of a session's commands, and many sessions.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $json = JSON::PP->new->utf8->canonical;
my $box = Sandbox::Box->new();


sub out { return $box->output(@_) }


sub begin
{
    my ($command, %o) = @_;
    my $http = $box->http(timeout => 120);
    $http->request('POST', '/api/execute/stream', host => 'x',
        body => $json->encode({ command => $command, %o }));
    my $res = $http->head();
    $http->{status} = $res->{status};
    $http->{sse} = Sandbox::SSE->new($http);
    return $http;
}


sub next_event
{
    my ($http) = @_;
    my $e = $http->{sse}->next() // return undef;
    return JSON::PP::decode_json($e->{data});
}


sub rest
{
    my ($http) = @_;
    my ($out, $err, $last) = ('', '');
    while (my $e = next_event($http)) {
        $out .= $e->{data} if $e->{type} eq 'stdout';
        $err .= $e->{data} if $e->{type} eq 'stderr';
        $last = $e;
    }
    return ($out, $err, $last);
}


# what a stream has of its session

out('cd /usr; X=1; f() { echo "f $X"; }; alias q="echo alias"; set -- a b',
    sessionId => 's');
my $http = begin("pwd; f; echo \$#; X=2; cd /; exit 3", sessionId => 's');
my $start = next_event($http);
is_deeply([@$start{qw/type sessionId/}], ['start', 's'], 'start');
my ($out, $err, $end) = rest($http);
is($out, "/usr\nf 1\n2\n", 'the session\'s state, and line feeds stay');
is_deeply([@$end{qw/type exitCode outcome/}], ['complete', 3, 'exited'],
    'complete');
like($end->{$_}, qr/^\d+$/, $_) for qw/duration cpuTime peakMemory/;
ok(!$http->{broken}, 'whole');
is(out('pwd; echo $X', sessionId => 's'), "/usr\n1", 'which is unchanged');
is((rest(begin('q', sessionId => 's')))[0], "alias\n", 'aliases');
is((rest(begin('pwd; echo $X', sessionId => 's', cwd => '/tmp',
    env => { X => "a 'b\nc" })))[0], "/tmp\na b c\n" =~ s/a b c/a 'b c/r,
    'its own directory and variables');
is((rest(begin('echo ${X-unset}', sessionId => 's', env => { X => undef })))
    [0], "unset\n", 'null unsets');
is((rest(begin('cat; cat', sessionId => 's', stdin => "in\n")))[0], "in\n",
    'stdin');
is((rest(begin('wc -c', sessionId => 's', stdin => 'x' x 1_000_000)))[0],
    "1000000\n", 'much of it');
is((rest(begin('cat', sessionId => 's')))[0], '', 'none');

($out, $err, $end) = rest(begin('no-such-command', sessionId => 's'));
is($end->{exitCode}, 127, 'an unknown command');
like($err, qr/not found/, 'is said on stderr');
($out, $err, $end) = rest(begin('pwd', sessionId => 's', cwd => '/no/such'));
is($end->{exitCode}, 1, 'a missing directory');
like($err, qr/^Failed to change directory to/, 'is said on stderr');
($out, $err, $end) = rest(begin('if', sessionId => 's'));
is($end->{exitCode}, 2, 'a syntax error');
($out, $err, $end) = rest(begin('kill -9 $BASHPID', sessionId => 's'));
is_deeply([@$end{qw/exitCode outcome signal/}],
    [137, 'signaled', 'SIGKILL'], 'a signal');
($out, $err, $end) = rest(begin('sleep 81', sessionId => 's',
    timeoutMs => 300));
is_deeply([@$end{qw/exitCode outcome timedOut/}],
    [124, 'timed_out', JSON::PP::true], 'past its time');
is(scalar $box->processes(qr/sleep 81/), 0, 'nothing is left');
is((rest(begin('trap "echo int; exit" INT; kill -INT $BASHPID; sleep 81',
    sessionId => 's')))[0], "int\n", 'SIGINT is not ignored');
is((rest(begin('echo "${__sandbox-}"', sessionId => 's')))[0], "\n",
    'nothing of ours is in the way');

# as it appears, and the session is free meanwhile
$box->sh('mkfifo gate');
$http = begin('printf one; read x </workspace/gate; echo two', sessionId => 's');
is(next_event($http)->{type}, 'start', 'start at once');
is(next_event($http)->{data}, 'one', 'what is no line yet');
is(out('echo $X', sessionId => 's'), '1', 'the session is free');
$box->sh('echo >gate');
is((rest($http))[0], "two\n", 'and later');

# several at a time
my @http = map { begin("until [ -e /tmp/go ]; do sleep 0.05; done; echo $_",
    sessionId => 's') } 1 .. 10;
is(next_event($_)->{type}, 'start', 'all have begun') for @http;
$box->sh('touch /tmp/go');
is(join('', map { (rest($_))[0] } @http), join('', map { "$_\n" } 1 .. 10),
    'all end');

# the reader goes away
$http = begin('(setsid sleep 82 &); sleep 82; sleep 82', sessionId => 's');
ok($box->wait_for(60, sub { $box->processes(qr/sleep 82/) >= 2 }), 'it runs');
$http->close();
ok($box->wait_for(60, sub { !$box->processes(qr/sleep 82/) }),
    'its command ends with the reader');
is(out('echo $X', sessionId => 's'), '1', 'the session does not');

# before it has even begun
my $wait = $box->http(timeout => 60);
$wait->request('POST', '/api/execute', host => 'x',
    body => '{"command":"read x </workspace/gate","sessionId":"s"}');
my $gone = $box->http();
$gone->request('POST', '/api/execute/stream', host => 'x',
    body => '{"command":"touch /tmp/never","sessionId":"s"}');
is(out('echo x'), 'x', 'both were taken');
$gone->close();
is(out('echo x'), 'x', 'one has left');
$box->sh('echo >gate');
$wait->response();
is(out('ls /tmp/never 2>/dev/null', sessionId => 's'), '', 'it was not run');

# the shell ends before the turn comes
$wait = $box->http(timeout => 60);
$wait->request('POST', '/api/execute', host => 'x',
    body => '{"command":"read x </workspace/gate; exit 5","sessionId":"s"}');
$gone = $box->http(timeout => 60);
$gone->request('POST', '/api/execute/stream', host => 'x',
    body => '{"command":"echo x","sessionId":"s"}');
is(out('echo x'), 'x', 'both were taken');
$box->sh('echo >gate');
is($wait->response()->{status}, 410, 'the shell has ended');
my $res = $gone->response();
is($res->{status}, 410, 'a stream that did not begin is no stream');
is($res->{json}{code}, 'SESSION_TERMINATED', 'code');


# many sessions, one after the other, and many at a time

sub fds
{
    return scalar(() = glob '/proc/' . $box->pid() . '/fd/*');
}


for my $name (qw/s default/) {
    $box->call('POST', '/api/session/delete', { sessionId => $name });
}

my $count = $Sandbox::Box::SANITIZE ? 100 : 1000;
$box->wait_idle();
my $fds = fds();
my ($used, $bad) = (0, 0);
for my $i (1 .. $count) {
    my $http = $box->http(timeout => 60);
    for my $call (['session/create', { id => "n$i" }],
        ['execute', { command => "A=$i; echo \$A; sleep 60 &",
            sessionId => "n$i" }],
        ['session/delete', { sessionId => "n$i" }])
    {
        $http->request('POST', "/api/$call->[0]", host => 'x',
            body => $json->encode($call->[1]));
        my $res = $http->response();
        $bad++ if $res->{status} != 200
            || ($call->[0] eq 'execute' && $res->{json}{stdout} ne $i);
    }
    $used = $box->private('Dirty') if $i == 100;
}
is($bad, 0, "$count sessions made, used and deleted");
ok($box->wait_for(60, sub { fds() <= $fds }), 'no descriptor is left');
is(scalar $box->processes(qr/^sleep/), 0, 'no process');
is($box->sh('ps -e -o state= | grep -c Z') + 0, 0, 'no zombie');
is($box->sh('ls /dev/shm/.sandbox-*'), '', 'no file');
cmp_ok($box->private('Dirty') - $used, '<', 300, 'no memory')
    if !$Sandbox::Box::SANITIZE;

$bad = 0;
for my $i (1 .. 256) {
    $bad++ if $box->call('POST', '/api/session/create', { id => "m$i" })
        ->{status} != 200;
}
is($bad, 0, '256 at a time');
$res = $box->call('POST', '/api/session/create', { id => 'more' });
is($res->{status}, 429, 'one more: 429');
is($res->{json}{code}, 'LIMIT_REACHED', 'code');
is_deeply($res->{json}{context}, { limit => 'sessions', max => 256 },
    'context');
is(out('true', sessionId => 'more'), '429 LIMIT_REACHED',
    'nor by first use');
is(out('echo x', sessionId => 'm7'), 'x', 'the others are served');
$box->call('POST', '/api/session/delete', { sessionId => 'm1' });
is(out('echo x', sessionId => 'more'), 'x', 'one less: there is room');

is($box->stop(), 0, 'an orderly end');

done_testing();
