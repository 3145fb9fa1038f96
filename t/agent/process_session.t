#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Processes that are started in a session.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
my ($TRUE, $FALSE) = (JSON::PP::true, JSON::PP::false);


sub run
{
    my ($command, %o) = @_;
    return $box->call('POST', '/api/execute', { command => $command, %o });
}


sub start
{
    my ($command, %o) = @_;
    return $box->call('POST', '/api/process/start',
        { command => $command, %o });
}


sub post
{
    my ($id, $what, $body, @headers) = @_;
    return $box->call('POST', "/api/process/$id/$what", $body, @headers);
}


sub ends { return post($_[0], 'wait-for-exit', {})->{json} }
sub logs { return $box->call('GET', "/api/process/$_[0]/logs")->{json} }
sub of { return $box->call('GET', "/api/process/$_[0]")->{json}{process} }
sub stop { return $box->call('DELETE', "/api/process/$_[0]") }
sub code { return "$_[0]{status} " . ($_[0]{json}{code} // '') }


# what the session is, the process has, and does not change

run('cd /usr; f() { echo "f $1"; }; v=secret; export E=env; umask 077',
    sessionId => 's');
my $res = start('f x; echo $v $E; pwd; umask; v=other; cd /; exit 6',
    sessionId => 's', processId => 'a');
is($res->{status}, 200, 'start');
is($res->{json}{sessionId}, 's', 'the session is named');
like($res->{json}{pid}, qr/^\d+$/, 'pid');
is_deeply([@{ends('a')}{qw/status exitCode outcome/}], ['failed', 6,
    'exited'], 'its end');
is(logs('a')->{stdout}, "f x\nsecret env\n/usr\n0077\n", 'state');
is(of('a')->{sessionId}, 's', 'the record names it');
is(run('echo $v; pwd', sessionId => 's')->{json}{stdout}, "secret\n/usr",
    'the session is as it was');

# the default session, and none
run('d=default');
start('echo "[$d]"', processId => 'd');
start('echo "[$d]"', processId => 'n', sessionId => '__DISABLE_SESSION__');
ends($_) for qw/d n/;
is(logs('d')->{stdout} . logs('n')->{stdout}, "[default]\n[]\n",
    'default and none');

# a call's own directory and variables
start('pwd; echo $E:$X', sessionId => 's', cwd => '/etc', env => { X => 'x',
    E => undef }, processId => 'own');
ends('own');
is(logs('own')->{stdout}, "/etc\n:x\n", 'cwd and env');
is(run('pwd; echo $E:$X', sessionId => 's')->{json}{stdout}, "/usr\nenv:",
    'are its own');
start('touch /tmp/ran', sessionId => 's', cwd => '/no/such',
    processId => 'nocwd');
is(ends('nocwd')->{exitCode}, 1, 'no such directory');
like(logs('nocwd')->{stderr}, qr{/no/such}, 'is said');

# syntax errors are the command's own
start("echo 'x", sessionId => 's', processId => 'syntax');
is(ends('syntax')->{exitCode}, 2, 'a syntax error');
is(run('echo $v', sessionId => 's')->{json}{stdout}, 'secret',
    'the session lives');

# fast ones
for (1 .. 30) {
    my $res = start('echo pid $BASHPID; exit 7', sessionId => 's');
    my $id = $res->{json}{processId};
    is(logs($id)->{stdout}, "pid $res->{json}{pid}\n", 'fast: pid and log')
        or last;
    is(ends($id)->{exitCode}, 7, 'fast: exit code') or last;
}


# no end is lost, however soon it comes after the start
for (1 .. 150) {
    start('sleep 66', sessionId => 's', processId => 'soon');
    my $end = stop('soon')->{json};
    is_deeply([@$end{qw/status exitCode/}], ['killed', 143], 'soon: killed')
        or last;
    cmp_ok($end->{duration}, '<', 5000, 'soon: all of it by TERM') or last;
    start('exit 5', sessionId => 's', processId => 'soon');
    is(ends('soon')->{exitCode}, 5, 'soon: ended') or last;
}


# the session is free while it runs

start('sleep 61', sessionId => 's', processId => 'bg');
my $began = time;
is(run('echo free', sessionId => 's')->{json}{stdout}, 'free', 'free');
cmp_ok(time - $began, '<', 4, 'at once');
$res = stop('bg');
is_deeply([@{$res->{json}}{qw/status exitCode/}], ['killed', 143], 'kill');
is(scalar $box->processes(qr/sleep 61/), 0, 'its tree');
is(run('echo $v', sessionId => 's')->{json}{stdout}, 'secret',
    'and not the session');

start('trap "" TERM; echo deaf; sleep 62; sleep 62; sleep 62',
    sessionId => 's', processId => 'deaf');
post('deaf', 'wait-for-log', { text => 'deaf' });
is($box->call('DELETE', '/api/process/deaf?signal=KILL')->{json}{exitCode},
    137, 'KILL');
is(scalar $box->processes(qr/sleep 62/), 0, 'its tree');

start('sleep 63', sessionId => 's', processId => 'late', timeoutMs => 200);
is_deeply([@{ends('late')}{qw/status exitCode outcome/}], ['failed', 124,
    'timed_out'], 'timeoutMs');
is(scalar $box->processes(qr/sleep 63/), 0, 'its tree');

start('trap "echo usr1; exit 3" USR1; echo up; while :; do sleep 0.05; done',
    sessionId => 's', processId => 'usr');
post('usr', 'wait-for-log', { text => 'up' });
post('usr', 'signal', { signal => 'USR1' });
like(ends('usr')->{exitCode}, qr/^(?:3|138)$/, 'a signal');


# standard input

start('while read x; do echo "$v $x"; done; echo end', sessionId => 's',
    processId => 'in', stdin => $TRUE);
post('in', 'stdin', "one\n");
is(post('in', 'wait-for-log', { text => 'secret one' })->{status}, 200,
    'stdin');
post('in', 'stdin', { data => "two\n", close => $TRUE }, 'Content-Type',
    'application/json');
ends('in');
is(logs('in')->{stdout}, "secret one\nsecret two\nend\n", 'to its end');
start('cat', sessionId => 's', processId => 'in', stdin => 'x' x 200_000);
ends('in');
is(length logs('in')->{stdout}, 200_000, 'stdin: a text');
start('cat; echo none', sessionId => 's', processId => 'in');
ends('in');
is(logs('in')->{stdout}, "none\n", 'stdin: none');


# starts follow what the session does

my $busy = $box->http(timeout => 60);
$busy->request('POST', '/api/execute', host => 'x', body =>
    '{"command":"sleep 0.7; v=later","sessionId":"s"}');
$box->wait_for(20, sub { $box->processes(qr/sleep 0\.7/) });
my $queued = $box->http(timeout => 60);
$queued->request('POST', '/api/process/start', host => 'x', body =>
    '{"command":"touch /tmp/ran","processId":"gone","sessionId":"s"}');
$box->wait_for(10, sub { (of('gone') // {})->{status} });
is(of('gone')->{status}, 'starting', 'starting');
is(code(stop('gone')), '409 RESOURCE_BUSY', 'not to be ended yet');
is(code(start('true', processId => 'gone')), '409 PROCESS_ALREADY_EXISTS',
    'its id is taken');
undef $queued;
$res = start('echo $v', sessionId => 's', processId => 'then');
is($res->{status}, 200, 'in its turn');
ends('then');
is(logs('then')->{stdout}, "later\n", 'after what came before');
is($busy->response()->{status}, 200, 'which ended');
is(code($box->call('GET', '/api/process/gone')), '404 PROCESS_NOT_FOUND',
    'whose caller left does not start');
is($box->sh('ls /tmp/ran 2>&1 | grep -c cannot'), "1\n", 'nor run');


# execute in the background

$res = run('echo $v; sleep 0.1; exit 4', sessionId => 's', background =>
    $TRUE);
like($res->{json}{processId}, qr/^proc_/, 'background');
is(ends($res->{json}{processId})->{exitCode}, 4, 'is a process');
is(logs($res->{json}{processId})->{stdout}, "later\n", 'of the session');


# with its session a process ends

start('echo up; sleep 64 & sleep 64', sessionId => 's', processId => 'x');
start('echo up; sleep 65', sessionId => 'other', processId => 'y');
post($_, 'wait-for-log', { text => 'up' }) for qw/x y/;
is($box->call('POST', '/api/session/delete', { sessionId => 's' })
    ->{status}, 200, 'the session is deleted');
is(ends('x')->{status}, 'killed', 'its process ends with it');
ok($box->wait_for(20, sub { $box->processes(qr/sleep 64/) == 0 }),
    'and its tree');
is(of('y')->{status}, 'running', 'no other does');
stop('y');
is(start('echo new', sessionId => 's', processId => 'z')->{status}, 200,
    'the next one has a new session');
is(ends('z')->{exitCode}, 0, 'and runs');

# its name may begin another's: the second, and the 32nd to the 47th

run('true', sessionId => 'm');
start('sleep 78', sessionId => 'm', processId => 'm');
run('sleep 79 &', sessionId => 'm') for 1 .. 50;
ok($box->wait_for(60, sub { $box->processes(qr/sleep 79/) == 50 }),
    'commands behind it');
is(stop('m')->{status}, 200, 'it is ended');
is(scalar $box->processes(qr/sleep 78/), 0, 'all of it');
is(scalar $box->processes(qr/sleep 79/), 50, 'and none of theirs');

done_testing();
