#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Watches through nginx: events as they happen, several clients, watchers that
# are polled, and what sleep leaves of them.

use warnings;
use strict;

use JSON::PP ();
use Test::More;
use Time::HiRes qw/sleep time/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Watch;

my $t = Sandbox->new(classes => ['default image=sandbox-base memory=256m '
    . 'cpus=1 pids=128 sleep_after=3s'])->start();
my $base = '/v1/sandbox/watch/api';
my $res;

$t->run_in('watch', 'mkdir -p /workspace/src/deep');

# each event is there before the next thing happens
my $w = watch(path => 'src');
is($w->status(), 200, 'a watch');
is($w->{head}{headers}{'content-type'}, 'text/event-stream', 'of events');
is($w->{first}{type}, 'watching', 'has begun');

for my $i (1 .. 5) {
    my $name = "workspace/src/deep/f$i";
    is($t->put('watch', $name, 'text')->{status}, 200, 'a file by PUT');
    is_deeply([Sandbox::Watch::text($w->until("/$name"))],
        ["create /$name"], 'is an event');
    is($t->put('watch', $name, 'more')->{status}, 200, 'PUT again');
    is_deeply([Sandbox::Watch::text($w->until("/$name"))],
        ["modify /$name"], 'is another one');
}

# all of a tree, as a program makes it
$t->run_in('watch', 'mkdir -p /workspace/src/new/$(seq -s/ 30) && '
    . 'cd /workspace/src/new && for d in $(find . -type d); do : >$d/f; done;'
    . 'mkdir end');
my @e = ($w->until('/workspace/src/new/end'), $w->until('never', 0.5));
is(scalar(grep { ($_->{eventType} // '') eq 'create' } @e), 63,
    'a tree, each of it once');

# another client has the same, and one that goes leaves the other
my $other = watch(path => 'src');
is($other->{first}{watchId}, $w->{first}{watchId}, 'another client');
$w->{http}->close();
$t->run_in('watch', 'touch /workspace/src/later');
is(($other->until('/workspace/src/later'))[-1]{eventType}, 'create',
    'goes on alone');

# nothing happens for longer than sleep_after: a stream keeps it awake
sleep 5;
$t->run_in('watch', 'touch /workspace/src/awake');
is(($other->until('/workspace/src/awake'))[-1]{eventType}, 'create',
    'a stream keeps the sandbox awake');
$other->{http}->close();

# errors
for my $case ([{ path => 'none' }, 404, 'FILE_NOT_FOUND'],
    [{ path => '/etc' }, 403, 'PERMISSION_DENIED'], [{}, 400,
    'VALIDATION_FAILED'])
{
    my ($body, $status, $code) = @$case;
    $w = watch(%$body);
    is($w->status(), $status, "status $status");
    is($w->{json}{code}, $code, $code);
}
is($t->api('GET', "$base/watch")->{status}, 404, 'no GET');

# a watcher and a check, and what a sleep leaves of them
$res = $t->api('POST', "$base/watchers", json => { path => 'src' });
is($res->{status}, 200, 'a watcher');
my $id = $res->{json}{watcherId};
my $v = $t->api('POST', "$base/watch/check", json => { path => 'src' }
    )->{json}{version};
like($v, qr/^watch-\d+-\d+:0$/, 'a check');
$t->run_in('watch', 'rm /workspace/src/awake');
$res = $t->api('GET', "$base/watchers/$id/events?since=0");
is_deeply([Sandbox::Watch::text(@{$res->{json}{events}})],
    ['delete /workspace/src/awake'], 'its events');
is($t->api('POST', "$base/watch/check", json => { path => 'src',
    since => $v })->{json}{status}, 'changed', 'a change');
is($t->api('HEAD', "$base/watchers/$id/events")->{status}, 200, 'HEAD');
is(scalar(@{$t->api('GET', "$base/watchers")->{json}{watchers}}), 1,
    'the list');

ok(wait_for(sub { $t->api('GET', '/v1/sandbox/watch')->{json}{state}
    eq 'asleep' }, 30), 'they let the sandbox sleep');
is($t->api('GET', "$base/watchers/$id/events")->{json}{code},
    'WATCH_NOT_FOUND', 'which removes the watcher');
$res = $t->api('POST', "$base/watch/check", json => { path => 'src',
    since => $v });
is("$res->{json}{status} $res->{json}{reason}", 'resync expired',
    'and the check says so');

$res = $t->api('POST', "$base/watchers", json => { path => 'src' });
$id = $res->{json}{watcherId};
is($t->api('DELETE', "$base/watchers/$id")->{status}, 200, 'removed');
is($t->api('GET', "$base/watchers/$id")->{status}, 404, 'it is not there');

$t->done();


sub watch
{
    my (%body) = @_;
    return Sandbox::Watch->new($t->connect(), "$base/watch", \%body,
        $t->api_options(headers => ['Content-Type' => 'application/json']));
}
