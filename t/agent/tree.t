#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# A command's tree ends at the deadline, or when the caller goes away: all of
# it, and nothing else.

use warnings;
use strict;

use File::Basename;
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });

# what the deadline and the second after it may take here
my $SLACK = $Sandbox::Box::SANITIZE ? 10 : 5;


# the plain case

my $began = time;
my $res = $box->exec({ argv => ['sh', '-c', 'echo before; sleep 62'],
    timeout_ms => 300 });
cmp_ok(time - $began, '>=', 0.3, 'not before the deadline');
cmp_ok(time - $began, '<', 1.3 + $SLACK, 'soon after it');
is($res->{stdout}, "before\n", 'what it wrote is there');
is($res->{stderr}, "Command timed out after 300 ms\n", 'a line on stderr');
is_deeply($res->{exit}, { exit_code => 124, timed_out => JSON::PP::true },
    'exit 124');
is($res->{events}[-1]{data}, '{"exit_code":124,"timed_out":true}',
    'to the byte');
is(scalar $box->processes(qr/sleep 62/), 0, 'nothing left');

# in time
$res = $box->exec({ argv => ['sh', '-c', 'sleep 0.1; exit 7'],
    timeout_ms => 60_000 });
is_deeply($res->{exit}, { exit_code => 7 }, 'in time: its own exit');
is($box->exec({ argv => ['sleep', '0.2'], timeout_ms => 0 })
    ->{exit}{exit_code}, 0, '0 is no deadline');
is($box->exec({ argv => ['sleep', '60'], timeout_ms => 0.5 })
    ->{exit}{exit_code}, 124, 'half a millisecond is one');

# TERM lets it tidy up
$res = $box->exec({ argv => ['sh', '-c',
    'trap "echo tidied; exit 0" TERM; while :; do sleep 0.02; done'],
    timeout_ms => 200 });
is($res->{stdout}, "tidied\n", 'TERM comes first');
is($res->{exit}{exit_code}, 124, 'still 124');


# hard ones

my %hard = (
    'ignores TERM' => 'trap "" TERM; while :; do sleep 63; done',
    'a grandchild holds the pipe' => '(sleep 63; echo x) & wait',
    'a daemon by setsid' => 'setsid sleep 63 & wait',
    'a double fork' => '(setsid sh -c "sleep 63 & sleep 63" &) ; sleep 63',
    'a double fork that ignores TERM' =>
        '(setsid sh -c "trap \"\" TERM; sleep 63 & sleep 63; sleep 63" &); '
        . 'sleep 63',
    'a group of its own' => 'perl -e "setpgrp; exec qw/sleep 63/" & wait',
    'stopped' => 'kill -STOP $$; sleep 63',
    'a stopped daemon' => 'setsid sh -c "kill -STOP \$\$; sleep 63" & wait',
    'no marker, in another session' =>
        'env -i PATH=$PATH setsid sleep 63 & wait',
    'no marker, and its parent has ended' =>
        '(env -i PATH=$PATH sleep 63 &); sleep 63',
    'no marker, its parent ends by TERM and it does not' =>
        'env -i PATH=$PATH setsid sh -c "trap \"\" TERM; sleep 63; sleep 63"'
        . ' & wait',
    'many' => 'i=0; while [ $i -lt 100 ]; do sleep 63 & i=$((i+1)); done; '
        . 'wait',
    'one that forks on and on' =>
        'f() { while :; do (sleep 63 &) ; sleep 0.02; done; }; '
        . 'trap "" TERM; f & f & f',
);

for my $b (['root', $box], ['user', $web]) {
    my ($who, $box) = @$b;

    for my $name (sort keys %hard) {
        $began = time;
        $res = $box->exec({ argv => ['sh', '-c', $hard{$name}],
            timeout_ms => 200 });
        my $took = time - $began;
        is($res->{exit}{exit_code}, 124, "$who, $name: 124");
        cmp_ok($took, '<', 1.2 + $SLACK, "$who, $name: in time");
        is(scalar $box->processes(qr/63/), 0, "$who, $name: nothing left");
    }
}

# of another user, who lets nobody but himself see his environment
$res = $box->exec({ argv => ['perl', '-MPOSIX', '-e',
    'if (!fork) { POSIX::setsid(); $( = 1000; $) = "1000 1000"; $< = 1000; '
    . '$> = 1000; exit if fork; exec qw/sleep 63/ } sleep 63'],
    timeout_ms => 500 });
is($res->{exit}{exit_code}, 124, 'another user\'s daemon: 124');
is(scalar $box->processes(qr/sleep 63/), 0, 'another user\'s daemon is gone');

# nothing else is hit
my $other = $box->http();
$other->request('POST', '/exec', host => 'x',
    body => '{"argv":["sleep","64"]}');
$other->head();
$box->sh('sleep 65 >/dev/null 2>&1 &');
$box->exec({ argv => ['sleep', '66'], timeout_ms => 100 });
is(scalar $box->processes(qr/sleep 6[45]/), 2, 'other commands run on');


# the caller goes away

$other->close();
ok($box->wait_for(20, sub { !$box->processes(qr/sleep 64/) }),
    'the caller left while nothing was written: ended');
is(scalar $box->processes(qr/sleep 65/), 1,
    'what an ended command left stays');

for my $path ('/exec', '/api/execute', '/api/execute/stream') {
    my $body = $path eq '/exec'
        ? '{"argv":["sh","-c","trap \"\" TERM; sleep 67; sleep 67"]}'
        : '{"command":"trap \"\" TERM; sleep 67; sleep 67"}';
    my $http = $box->http();
    $http->request('POST', $path, host => 'x', body => $body);
    ok($box->wait_for(20, sub { $box->processes(qr/sleep 67/) }),
        "$path runs");
    $http->close();
    ok($box->wait_for(20, sub { !$box->processes(qr/sleep 67/) }),
        "$path: the caller left, all is ended");
}

# while output waits for a reader
my $http = $box->http();
$http->request('POST', '/exec', host => 'x', body => '{"argv":["yes"]}');
$http->head();
$box->wait_full($http);
is(scalar $box->processes(qr/^yes/), 1, 'a slow reader stops the writer');
$http->close();
ok($box->wait_for(20, sub { !$box->processes(qr/^yes/) }),
    'its caller left: ended');

# the slow reader gets all of it in the end
$http = $box->http(timeout => 60);
$http->request('POST', '/exec', host => 'x', body =>
    '{"argv":["perl","-e","print chr(65 + $_ % 26) x 1000 for 1 .. 3000"]}');
$box->wait_full($http);
$res = $box->exec_read($http);
my $want = join '', map { chr(65 + $_ % 26) x 1000 } 1 .. 3000;
ok($res->{stdout} eq $want, 'a slow reader gets every byte');
is($res->{exit}{exit_code}, 0, 'and the exit');

# past the deadline with a reader that does not read: the tree ends
$http = $box->http();
$http->request('POST', '/exec', host => 'x',
    body => '{"argv":["yes"],"timeout_ms":300}');
ok($box->wait_for(20, sub { $box->processes(qr/^yes/) }), 'yes runs');
ok($box->wait_for(20, sub { !$box->processes(qr/^yes/) }),
    'a deadline needs no reader');
$res = $box->exec_read($http);
is($res->{exit}{exit_code}, 124, 'and is told to a late one');

# no zombie stays, of ours or of orphans
$box->sh('i=0; while [ $i -lt 300 ]; do (true &) ; i=$((i+1)); done');
ok($box->wait_for(20, sub {
    $box->sh('cat /proc/[0-9]*/stat') !~ /\) Z/
}), 'no zombie');

is($box->stop(), 0, 'an orderly end');
is($web->stop(), 0, 'an orderly end');

done_testing();
