#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/watch/check, and watchers that are polled.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/sleep time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Watch;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
my ($res, $v, $id, $cursor);


# check: unchanged and changed, by version

$box->sh('mkdir -p c/d; echo >c/f');
$res = check();
is($res->{status}, 200, 'a first check');
is($res->{json}{success}, JSON::PP::true, 'succeeds');
is($res->{json}{status}, 'unchanged', 'nothing to compare with');
like($res->{json}{version}, qr/^watch-\d+-\d+:0$/, 'a version');
like($res->{json}{timestamp}, qr/^20\d\d-/, 'a time');
ok(!exists $res->{json}{reason}, 'no reason');
$v = $res->{json}{version};

$res = check(since => $v);
is($res->{json}{status}, 'unchanged', 'nothing has changed');
is($res->{json}{version}, $v, 'nor the version');

for my $command ('echo 1 >c/f', 'echo >c/d/new', 'mkdir -p c/d/e/f/g',
    'echo >c/d/e/f/g/h', 'mv c/d c/x', 'rm c/f', 'rm -r c/x')
{
    $box->sh($command);
    $res = check(since => $v);
    is($res->{json}{status}, 'changed', "changed by $command");
    isnt($res->{json}{version}, $v, 'another version');
    is(check(since => $v)->{json}{status}, 'changed', 'asked again');
    $v = $res->{json}{version};
    is(check(since => $v)->{json}{status}, 'unchanged',
        'all of it was one change');
}

$box->sh('chmod 700 c; cat c/*; mkdir -p c/node_modules; echo >c/.DS_Store');
is(check(since => $v)->{json}{status}, 'unchanged',
    'what is not watched changes nothing');

is(check(since => $v =~ s/:\d+$/:99999/r)->{status}, 400, 'a future version');
for my $since ('', 'x', 'watch-1', 'watch-1-2', 'watch-1-2:', "$v ", " $v",
    'watch--1:2', 'watch-1-2:-1', 'watch-1-2:1x', 'watch-1-2:1:2',
    'watch-' . '1' x 40 . '-2:1', 'watch-1-2:' . '9' x 17, 7, {}, [], 1.5)
{
    $res = check(since => $since);
    is($res->{status}, 400, 'no version: ' . JSON::PP->new->allow_nonref
        ->encode($since)) or diag($res->{body});
    like($res->{json}{message}, qr/^since: /, 'says why');
    is_deeply($res->{json}{context}, { since => $since }, 'with the value');
}
is(check(since => undef)->{json}{status}, 'unchanged', 'null is none');

$res = check(since => 'watch-99-1796000000000:3');
is($res->{json}{status}, 'resync', 'a version of another watch');
is($res->{json}{reason}, 'restarted', 'of one that was there before');
is($res->{json}{version}, $v, 'with the version to go on with');

$box->sh('mkdir other');
$res = check(path => 'other', since => $v);
is($res->{json}{status}, 'resync', 'of a watch that is made now');
is($res->{json}{reason}, 'expired', 'for which there was none');
isnt($res->{json}{version}, $v, 'another version');

# a stream and a check with the same options share one watch
my $w = Sandbox::Watch->new($box->http(timeout => 60), '/api/watch',
    { path => 'c' });
is("$w->{first}{watchId}:", $v =~ s/\d+$//r, 'a stream of the same watch');
$box->sh('echo >c/both');
is(($w->until('create'))[-1]{path}, '/workspace/c/both', 'has the event');
$res = check(since => $v);
is($res->{json}{status}, 'changed', 'and the check knows it');
$w->{http}->close();
$v = $res->{json}{version};
is(check(since => $v)->{json}{status}, 'unchanged', 'it stays without it');

is((check(recursive => JSON::PP::false)->{json}{version} =~ /(.*):/)[0]
    eq ($v =~ /(.*):/)[0], '', 'other options, another watch');

# the directory is gone, and is back
$box->sh('rm -r c');
$res = check(since => $v);
is($res->{status}, 404, 'no directory');
is($res->{json}{code}, 'FILE_NOT_FOUND', 'the code');
$box->sh('mkdir c');
$res = check(since => $v);
is($res->{json}{status}, 'resync', 'another directory of that name');
is($res->{json}{reason}, 'expired', 'its watch has ended');

# more paths than there are watches: the ones not asked for longest go
$box->sh('mkdir -p many; cd many; mkdir $(seq 20)');
my @v = map { check(path => "many/$_")->{json}{version} } 1 .. 20;
is(scalar(grep { defined } @v), 20, 'checks of many paths');
is(check(path => 'many/20', since => $v[19])->{json}{status}, 'unchanged',
    'the newest is kept');
is(check(path => 'many/1', since => $v[0])->{json}{reason}, 'expired',
    'the oldest is not, which is told');


# watchers

$box->sh('mkdir -p p/sub; echo >p/f');
$res = $box->call('POST', '/api/watchers', { path => 'p' });
is($res->{status}, 200, 'a watcher');
is($res->{json}{success}, JSON::PP::true, 'succeeds');
$id = $res->{json}{watcherId};
like($id, qr/^watcher-\d+$/, 'its id');
like($res->{json}{watchId}, qr/^watch-\d+-\d+$/, 'of a watch');
is($res->{json}{path}, '/workspace/p', 'its path');
is($res->{json}{cursor}, 0, 'where it begins');
is($res->{json}{expiresAfterMs}, 600000, 'when it expires');

$res = events($id);
is_deeply($res->{json}{events}, [], 'no events yet');
is($res->{json}{cursor}, 0, 'the cursor');
ok(!$res->{json}{$_}, "not $_") for qw/resync more ended/;

$box->sh('echo >p/new; mkdir -p p/a/b; echo >p/a/b/c; rm p/f; mv p/new p/n2');
$res = events($id);
is_deeply([sort map { "$_->{eventType} $_->{path}" } grep
    { $_->{eventType} ne 'modify' } @{$res->{json}{events}}],
    [sort 'create /workspace/p/new', 'create /workspace/p/a',
    'create /workspace/p/a/b', 'create /workspace/p/a/b/c',
    'delete /workspace/p/f', 'move_from /workspace/p/new',
    'move_to /workspace/p/n2'], 'everything that has happened, at once')
    or diag($res->{body});
my @e = @{$res->{json}{events}};
is_deeply([map { $_->{cursor} } @e], [1 .. @e], 'each has a number');
is($res->{json}{cursor}, scalar(@e), 'the last one is the cursor');
ok(!exists $e[0]{type}, 'no type');
my @moves = grep { $_->{eventType} =~ /^move_/ } @e;
is($moves[0]{cookie}, $moves[1]{cookie}, 'a rename is a pair');

is_deeply(events($id)->{json}{events}, \@e, 'asked again: the same');
is_deeply(events($id, since => 3)->{json}{events}, [@e[3 .. $#e]],
    'since a cursor');
is_deeply(events($id)->{json}{events}, [@e[3 .. $#e]],
    'what it has is not told again');
$res = events($id, since => 3, limit => 2);
is_deeply($res->{json}{events}, [@e[3, 4]], 'only so many');
ok($res->{json}{more}, 'there are more');
is($res->{json}{cursor}, 5, 'after this one');
$res = events($id, since => 1);
ok($res->{json}{resync}, 'since one that is not kept any more: resync');
is_deeply($res->{json}{events}, [@e[3 .. $#e]], 'and what there is');
$cursor = scalar @e;
$res = events($id, since => $cursor);
is_deeply($res->{json}{events}, [], 'nothing is left');
is($res->{json}{cursor}, $cursor, 'the cursor stays');

for my $case (['since=-1', 400], ['since=x', 400], ['since=', 400],
    ['since=' . ($cursor + 1), 400], ['since=' . '9' x 20, 400],
    ['limit=0', 400], ['limit=-1', 400], ['limit=10001', 400],
    ['limit=x', 400], ['limit=10000', 200], ['other=1', 200],
    ["since=$cursor&limit=1", 200])
{
    my ($query, $status) = @$case;
    is($box->call('GET', "/api/watchers/$id/events?$query")->{status},
        $status, $query);
}

# list, show, remove
$res = $box->call('POST', '/api/watchers', { path => 'p',
    recursive => JSON::PP::false, expiresAfterMs => 1000 });
my $id2 = $res->{json}{watcherId};
$res = $box->call('GET', '/api/watchers');
is_deeply([map { $_->{watcherId} } @{$res->{json}{watchers}}], [$id, $id2],
    'the list');
is_deeply([map { $_->{recursive} } @{$res->{json}{watchers}}],
    [JSON::PP::true, JSON::PP::false], 'what they watch');
$res = $box->call('GET', "/api/watchers/$id");
is($res->{json}{watcher}{watcherId}, $id, 'one of them');
is($res->{json}{watcher}{cursor}, $cursor, 'its cursor');

# one that is not asked expires
for (1 .. 4) { sleep 0.4; is(events($id2)->{status}, 200, 'asked in time') }
sleep 1.5;
$res = events($id2);
is($res->{status}, 404, 'not asked: expired');
is($res->{json}{code}, 'WATCH_NOT_FOUND', 'the code');

$res = $box->call('DELETE', "/api/watchers/$id");
is($res->{status}, 200, 'removed');
is($res->{json}{watcherId}, $id, 'which');
is(events($id)->{status}, 404, 'it is not there');
is($box->call('DELETE', "/api/watchers/$id")->{status}, 404, 'nor now');
is($box->call('GET', "/api/watchers/$id")->{status}, 404, 'nor shown');
is_deeply($box->call('GET', '/api/watchers')->{json}{watchers}, [],
    'the list is empty');
for my $name ('x', 'watcher-', 'watcher-0', 'watcher-' . '1' x 100, '..',
    '%2e%2e', 'watcher-1%00')
{
    is(events($name)->{status}, 404, "no watcher: $name");
}

for my $ms (0, 999, 3600001, -1, 1.5, '"1000"', 'true', '[]') {
    is($box->call('POST', '/api/watchers',
        qq({"path":"p","expiresAfterMs":$ms}))->{status}, 400,
        "expiresAfterMs: $ms");
}

# nobody asks for long: what is lost is told, and what is newest is there
$id = $box->call('POST', '/api/watchers', { path => 'p',
    events => ['create'] })->{json}{watcherId};
$box->sh('cd p; perl -e \'for my $i (1 .. 5000) {'
    . ' open my $f, ">", sprintf "%05d%s", $i, "n" x 150 }\'');
$res = events($id);
ok($res->{json}{resync}, 'too many: resync');
cmp_ok(scalar(@{$res->{json}{events}}), '<', 5000, 'some are lost');
my ($n, $last) = (0, '');
$cursor = $res->{json}{cursor} - @{$res->{json}{events}};
do {
    $res = events($id, since => $cursor, limit => 100);
    ok(0, 'lost again') if $n && $res->{json}{resync};
    $n += @{$res->{json}{events}};
    $last = $res->{json}{events}[-1]{path} if @{$res->{json}{events}};
    $cursor = $res->{json}{cursor};
} while $res->{json}{more};
cmp_ok($n, '>', 500, "$n are left");
like($last, qr{/05000n+$}, 'the newest of all');
cmp_ok(length $box->call('GET', "/api/watchers/$id/events?limit=10000"
    )->{body}, '<', 1024 * 1024, 'a response is bounded');

# the directory goes
$box->sh('rm -r p');
$res = events($id, since => $cursor);
ok($res->{json}{ended}, 'the directory is deleted');
is($res->{json}{reason}, 'the watched directory was deleted', 'the reason');
is($box->call('DELETE', "/api/watchers/$id")->{status}, 200, 'removed');

# limits
$box->sh('mkdir p');
my @made = map { $box->call('POST', '/api/watchers', { path => 'p' }) }
    1 .. 65;
is(scalar(grep { $_->{status} == 200 } @made), 64, 'so many watchers');
is($made[64]{status}, 429, 'and no more');
is($made[64]{json}{code}, 'LIMIT_REACHED', 'the code');
$box->call('DELETE', "/api/watchers/$_->{json}{watcherId}")
    for @made[0 .. 63];

# several ask at once, and one asks while it is removed
$id = $box->call('POST', '/api/watchers', { path => 'p' }
    )->{json}{watcherId};
for my $round (1 .. 20) {
    my @http = map { my $h = $box->http();
        $h->request('GET', "/api/watchers/$id/events", host => 'x'); $h }
        1 .. 5;
    $http[2]->close();
    $box->call('DELETE', "/api/watchers/$id");
    my @status = map { $_->response()->{status} } @http[0, 1, 3, 4];
    is(scalar(grep { $_ == 200 || $_ == 404 } @status), 4,
        "removed while it is asked: @status");
    $id = $box->call('POST', '/api/watchers', { path => 'p' }
        )->{json}{watcherId};
}
$box->call('DELETE', "/api/watchers/$id");

is(scalar(grep { /inotify/ } map { readlink // () }
    glob '/proc/' . $box->pid() . '/fd/*') <= 16, 1, 'descriptors');

# a sandbox that nobody asks goes to sleep, whatever it watches
my $idle = Sandbox::Box->new(boot => { sleep_after_ms => 1000 });
$idle->sh('mkdir w');
is($idle->call('POST', '/api/watchers', { path => 'w' })->{status}, 200,
    'a watcher');
is($idle->call('POST', '/api/watch/check', { path => 'w' })->{status}, 200,
    'a check');
is($idle->exit_status(20), 0, 'keep no sandbox awake');

# but a stream does
$idle = Sandbox::Box->new(boot => { sleep_after_ms => 1000 });
$w = Sandbox::Watch->new($idle->http(timeout => 60), '/api/watch',
    { path => '.' });
is($idle->exit_status(3), undef, 'a stream does');
$w->{http}->close();
is($idle->exit_status(20), 0, 'until it is closed');

done_testing();


sub check
{
    my (%body) = @_;
    return $box->call('POST', '/api/watch/check', { path => 'c', %body });
}


sub events
{
    my ($name, %arg) = @_;
    return $box->call('GET', "/api/watchers/$name/events"
        . (%arg ? '?' : '') . join '&', map { "$_=$arg{$_}" } sort keys %arg);
}
