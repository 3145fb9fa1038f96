#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/watch: what happens in a directory tree, as events.

use warnings;
use strict;

use Encode ();
use File::Basename;
use File::Find ();
use JSON::PP ();
use Test::More;
use Time::HiRes qw/sleep time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Watch;

# no failing test may wait for ever
alarm 600;

my $SANE = !$Sandbox::Box::SANITIZE;
my $box = Sandbox::Box->new();
my $dir = root('/workspace');
my ($w, @e, $res);


# one of each kind

$box->sh('mkdir -p one/sub; echo 1 >one/f; echo 1 >one/sub/g');
$w = watch(path => '/workspace/one',
    events => [qw/create modify delete move_from move_to attrib/]);
is($w->status(), 200, 'a watch');
is($w->{head}{headers}{'content-type'}, 'text/event-stream', 'of events');
is($w->{first}{type}, 'watching', 'the first event');
is($w->{first}{path}, '/workspace/one', 'its path');
like($w->{first}{watchId}, qr/^watch-\d+-\d+$/, 'its id');

$box->sh('echo 2 >one/new');
@e = $w->until('modify');
is_deeply([Sandbox::Watch::text(@e)], ['create /workspace/one/new',
    'modify /workspace/one/new'], 'a new file');
is_deeply([sort keys %{$e[0]}],
    [qw/eventType isDirectory path timestamp type/], 'members of an event');
is($e[0]{type}, 'event', 'its type');
like($e[0]{timestamp}, qr/^20\d\d-\d\d-\d\dT[\d:.]+Z$/, 'its time');
ok(JSON::PP::is_bool($e[0]{isDirectory}), 'a boolean');
sleep 0.3;

for my $case (
    ['echo 3 >>one/sub/g', 'modify /workspace/one/sub/g'],
    ['chmod 600 one/f', 'attrib /workspace/one/f'],
    ['chmod 700 one/sub', 'attrib /workspace/one/sub/'],
    ['chmod 700 one', 'attrib /workspace/one/'],
    ['rm one/f', 'delete /workspace/one/f'],
    ['mkdir one/d', 'create /workspace/one/d/'],
    ['rmdir one/d', 'delete /workspace/one/d/'],
    ['ln -s nowhere one/l', 'create /workspace/one/l'],
    ['ln -s sub one/l2', 'create /workspace/one/l2'],
    ['mkfifo one/p', 'create /workspace/one/p'],
    ['mkdir one/--', 'create /workspace/one/--/'])
{
    my ($command, $expect) = @$case;
    $w->until('never', 0.2);
    $box->sh($command);
    my ($e) = Sandbox::Watch::text($w->next());
    is($e, $expect, $command);
}

$w->until('never', 0.2);
$box->sh('echo in >one/l2/through');
is_deeply([Sandbox::Watch::text($w->until('create'))],
    ['create /workspace/one/sub/through'],
    'a link is no second name of what is in it');
$w->until('never', 0.2);

# a write of many pieces is few events, and the last one comes after it
$box->sh('for i in $(seq 200); do echo $i >>one/sub/g; done');
my $until = time;
@e = $w->until('never', 0.5);
cmp_ok(scalar(@e), '<', 50, 'few events of one file: ' . @e);
cmp_ok(scalar(@e), '>', 1, 'but the last write is one');


# renames

@e = ();
$box->sh('mkdir -p one/a/b/c other; echo >one/a/b/c/x; echo >other/y');
$w->until('/workspace/one/a/b/c/x');
$w->until('never', 0.3);

$box->sh('mv one/sub/g one/g2');
@e = $w->until('move_to');
is_deeply([Sandbox::Watch::text(@e)], ['move_from /workspace/one/sub/g',
    'move_to /workspace/one/g2'], 'a rename');
is($e[0]{cookie}, $e[1]{cookie}, 'is a pair');
ok($e[0]{cookie} > 0, 'of one cookie');

$box->sh('mv one/a one/z; echo >one/z/b/c/later; mv one/z/b one/q;'
    . ' echo >one/q/c/last');
@e = $w->until('/workspace/one/q/c/last');
is_deeply([Sandbox::Watch::text(@e)], ['move_from /workspace/one/a/',
    'move_to /workspace/one/z/', 'create /workspace/one/z/b/c/later',
    ( grep { /modify .*later/ } Sandbox::Watch::text(@e) ),
    'move_from /workspace/one/z/b/', 'move_to /workspace/one/q/',
    'create /workspace/one/q/c/last'],
    'a directory is followed, with all in it');
$w->until('never', 0.3);

$box->sh('mv one/q other/; echo >other/q/c/unseen; echo >one/seen');
is_deeply([Sandbox::Watch::text($w->until('/workspace/one/seen'))],
    ['move_from /workspace/one/q/', 'create /workspace/one/seen'],
    'moved away: what happens there is not told');
$w->until('never', 0.3);

$box->sh('mv other/q one/back; echo >one/back/c/more');
@e = $w->until('never', 0.5);
is_deeply([sort grep { !/modify/ } Sandbox::Watch::text(@e)],
    [sort 'move_to /workspace/one/back/', 'create /workspace/one/back/c/',
    map { "create /workspace/one/back/c/$_" } qw/last later more unseen x/],
    'moved in: with what is in it, each once');

$w->until('never', 0.3);
$box->sh('mkdir one/empty; mv -T one/z one/empty; echo >one/empty/n');
@e = $w->until('/workspace/one/empty/n');
is((Sandbox::Watch::text(@e))[-1], 'create /workspace/one/empty/n',
    'a rename over a directory');


# the end

$box->sh('rm -rf one');
@e = $w->until('stopped');
is_deeply([(Sandbox::Watch::text(@e))[-2, -1]], ['delete /workspace/one/',
    'stopped '], 'the directory itself is deleted');
is($e[-1]{reason}, 'the watched directory was deleted', 'the reason');
is($w->next(), undef, 'the end');
ok(!$w->{http}{broken}, 'of a whole response');

# a process that works in it keeps it, unlinked
$box->sh('mkdir used');
$w = watch(path => 'used');
my $user = $box->call('POST', '/api/process/start', { processId => 'user',
    command => 'cd used; exec sleep 100' });
ok($box->wait_for(10, sub { grep { (readlink("/proc/$_/cwd") // '')
    =~ m{/used$} } $box->processes(qr/sleep 100/) }), 'a directory in use');
$box->sh('rmdir used');
@e = $w->until('stopped');
is($e[-1]{reason}, 'the watched directory was deleted', 'is deleted too');
$box->call('DELETE', '/api/process/user');

$box->sh('mkdir -p up/per/w');
$w = watch(path => 'up/per/w');
$box->sh('mv up/per/w up/per/v');
is(($w->until('stopped'))[-1]{reason}, 'the watched directory was moved',
    'it is moved');
$w = watch(path => 'up/per/v');
$box->sh('mv up upper');
is(($w->until('stopped'))[-1]{reason},
    'a directory above the watched one was moved', 'its parent is');


# what the agent itself writes: no other names, and no rename

$box->sh('rm -rf own; mkdir -p own/tree/sub; echo >own/tree/sub/f');
$w = watch(path => 'own');
for my $case (
    ['write', { path => 'own/a', content => 'x' }, 'create /workspace/own/a'],
    ['write', { path => 'own/a', content => 'y' }, 'modify /workspace/own/a'],
    ['write', { content => 'y' x 300_000, path => 'own/late' },
        'create /workspace/own/late'],
    ['write', { content => 'z' x 300_000, path => 'own/late' },
        'modify /workspace/own/late'],
    ['append', { path => 'own/a', content => 'z' }, 'modify /workspace/own/a'],
    ['copy', { sourcePath => 'own/a', destinationPath => 'own/b' },
        'create /workspace/own/b'],
    ['copy', { sourcePath => 'own/a', destinationPath => 'own/b' },
        'modify /workspace/own/b'],
    ['copy', { sourcePath => 'own/tree', destinationPath => 'own/tree2',
        recursive => JSON::PP::true }, 'create /workspace/own/tree2/',
        'create /workspace/own/tree2/sub/', 'create /workspace/own/tree2/sub/f'],
    ['rename', { oldPath => 'own/b', newPath => 'own/c' },
        'move_from /workspace/own/b', 'move_to /workspace/own/c'],
    ['mkdir', { path => 'own/new' }, 'create /workspace/own/new/'],
    ['delete', { path => 'own/c' }, 'delete /workspace/own/c'],
    ['delete', { path => 'own/tree2', recursive => JSON::PP::true },
        'delete /workspace/own/tree2/sub/f', 'delete /workspace/own/tree2/sub/',
        'delete /workspace/own/tree2/'])
{
    my ($route, $body, @expect) = @$case;
    is($box->call('POST', "/api/$route", $body)->{status}, 200, $route);
    my ($last, @told) = ('');
    # a file that is written in its place may be modified twice
    for (Sandbox::Watch::text($w->until('never', 0.4))) {
        push @told, $_ if $_ ne $last;
        $last = $_;
    }
    is_deeply(\@told, \@expect, "is told: @expect");
}
is($box->call('PUT', '/file/workspace/own/put', 'x')->{status}, 200, 'PUT');
is_deeply([Sandbox::Watch::text($w->until('never', 0.4))],
    ['create /workspace/own/put'], 'is told');


# not recursive; a single file; links; sessions

$box->sh('mkdir -p flat/sub; echo >flat/f');
$w = watch(path => 'flat', recursive => JSON::PP::false);
$box->sh('echo >flat/sub/no; mkdir -p flat/new/er; echo >flat/new/no;'
    . ' echo >flat/yes');
is_deeply([Sandbox::Watch::text($w->until('/workspace/flat/yes'))],
    ['create /workspace/flat/new/', 'create /workspace/flat/yes'],
    'not recursive');

$w = watch(path => 'flat/f');
is($w->{first}{path}, '/workspace/flat/f', 'a file');
$box->sh('echo >flat/g; echo 1 >flat/f; sleep 0.2; mv flat/g flat/f;'
    . ' rm flat/f; rm -r flat/new');
@e = $w->until('delete');
is_deeply([Sandbox::Watch::text(@e)], [
    (grep { /modify/ } Sandbox::Watch::text(@e)),
    'move_to /workspace/flat/f', 'delete /workspace/flat/f'],
    'is watched by its name');
$box->sh('echo >flat/f');
is_deeply([Sandbox::Watch::text($w->until('create'))],
    ['create /workspace/flat/f'], 'and again');

$box->sh('ln -s flat/sub link; ln -s /tmp out; ln -s .. flat/sub/dots');
$w = watch(path => 'link');
is($w->{first}{path}, '/workspace/link', 'by a link');
$box->sh('echo >flat/sub/by');
is_deeply([Sandbox::Watch::text($w->until('create'))],
    ['create /workspace/link/by'], 'with its path');

$box->call('POST', '/api/session/create', { id => 's1',
    cwd => '/workspace/flat' });
$w = watch(path => 'sub', sessionId => 's1');
is($w->{first}{path}, '/workspace/flat/sub', "a session's directory");
$w = watch(path => '/workspace//flat/../flat/./sub/', sessionId => 's1');
is($w->{first}{path}, '/workspace/flat/sub', 'a path is normalized');


# filters

$box->sh('rm -rf fil; mkdir -p fil/node_modules/x fil/src fil/.git');
$w = watch(path => 'fil');
$box->sh('cd fil; echo >node_modules/x/a; mkdir node_modules/y;'
    . ' echo >.git/HEAD; echo >.DS_Store; mkdir -p src/node_modules/z;'
    . ' echo >src/node_modules/z/no; echo >src/yes; mv src/yes .git/;'
    . ' mv .git/yes end');
@e = grep { $_->{eventType} ne 'modify' } $w->until('/workspace/fil/end');
is_deeply([Sandbox::Watch::text(@e)], ['create /workspace/fil/src/yes',
    'move_from /workspace/fil/src/yes', 'move_to /workspace/fil/end'],
    'what is excluded by default');

for my $case (
    [{ exclude => [] }, '.git/HEAD a.c b/a.h b/a.c n/x'],
    [{ exclude => ['*.c'] }, '.git/HEAD b/a.h n/x'],
    [{ exclude => ['b', 'b'] }, '.git/HEAD a.c n/x'],
    [{ exclude => ['b/*.c', '/workspace/f2/n/**'] }, '.git/HEAD a.c b/a.h'],
    [{ exclude => ['?'] }, '.git/HEAD a.c'],
    [{ include => ['*.c'] }, 'a.c b/a.c'],
    [{ include => ['b'] }, 'b/a.h b/a.c'],
    [{ include => ['**/a.h', 'HEAD'], exclude => [] }, '.git/HEAD b/a.h'],
    [{ include => ['/workspace/f2/b'] }, 'b/a.h b/a.c'],
    [{ include => [], exclude => undef }, 'a.c b/a.h b/a.c n/x'],
    [{ include => ['workspace', 'f2'] }, ''])
{
    my ($filter, $expect) = @$case;
    $box->sh('rm -rf f2; mkdir -p f2/b f2/.git f2/n');
    $w = watch(path => 'f2', %$filter, events => ['create', 'attrib']);
    $box->sh('cd f2; for i in .git/HEAD a.c b/a.h b/a.c n/x; do echo >$i;'
        . ' done; chmod 700 .');
    is(join(' ', map { s{.*/f2/}{}r } map { $_->{path} }
        grep { $_->{eventType} eq 'create' } $w->until('/workspace/f2')),
        $expect, JSON::PP->new->canonical->encode($filter));
}

$w = watch(path => 'f2', events => ['delete', 'from_the_future']);
$box->sh('cd f2; echo >one; mv one two; rm two');
is_deeply([Sandbox::Watch::text($w->until('delete'))],
    ['delete /workspace/f2/two'], 'only some kinds');


# names

$box->sh('mkdir names');
$w = watch(path => 'names', exclude => []);
for my $name ("new\nline", '-rf', 'z' x 255, "\xff\xfe bytes", "cafe\xcc\x81",
    "caf\xc3\xa9", ' ', '...', "q\"uo\\te", "tab\there", "\x01", "\x7f",
    "\xf0\x9f\x90\xa6", '*', '.hidden')
{
    $w->until('never', 0.1);
    mkdir "$dir/names/$name" or die $!;
    my $e = $w->next();
    is($e->{path}, "/workspace/names/$name", 'a directory: '
        . Encode::decode('latin1', $name) =~ s/[^ -~]/?/gr);
    is(!exists $e->{pathBase64}, !!utf8::decode(my $copy = $name),
        'base64, if it has to be');
    put("$dir/names/$name/$name", 'x');
    $w->until("/workspace/names/$name/$name");
}
$box->sh('rm -r names/*');
$w->until('never', 0.3);


# new directories: nothing is lost, and nothing is told twice

for my $how (
    ['one after the other', 'my $n = shift; for my $i (1 .. 1000) {'
        . ' my $p = "$n/" . join "/", $i % 10, $i % 7, $i;'
        . ' my $q = ""; for (split m{/}, $p) { $q .= "$_/"; mkdir $q }'
        . ' open my $f, ">", "$p/f"; open $f, ">", "$p/g" }'],
    ['deep', 'my $n = shift; for my $i (1 .. 20) { my $q = "$n/$i";'
        . ' for my $j (1 .. 50) { mkdir $q; open my $f, ">", "$q/f";'
        . ' $q .= "/$j" } }'],
    ['four at a time', 'my $n = shift; for my $k (1 .. 4) {'
        . ' next if fork; for my $i (1 .. 250) { my $q = "$n/";'
        . ' for my $j ($i % 3, $i % 5, "$i-$k", "x") { $q .= "$j/";'
        . ' mkdir $q } open my $f, ">", "$q/f" } exit } 1 while wait > 0'])
{
    my ($name, $code) = @$how;
    $box->sh('rm -rf race; mkdir race');
    $w = watch(path => 'race', events => ['create', 'move_to']);
    $box->sh("perl -e '$code' race; mkdir race/end");
    @e = $w->until('/workspace/race/end', 120);
    # the end may be told before what a scan finds
    push @e, $w->until('never', 1);

    my %seen;
    $seen{$_->{path} // $_->{type}}++ for @e;
    my @twice = grep { $seen{$_} > 1 } keys %seen;
    my %there = map { $_ => 1 } tree('race');
    my @lost = grep { !$seen{$_} } keys %there;
    my @more = grep { !$there{$_} } keys %seen;

    cmp_ok(scalar(keys %there), '>', 1000, "$name: a tree of "
        . keys %there);
    is("@lost[0 .. ($#lost > 5 ? 5 : $#lost)]", '', 'none is lost');
    is("@twice[0 .. ($#twice > 5 ? 5 : $#twice)]", '', 'none is told twice');
    is("@more", '', 'none is made up');
}

# a client that copies what it is told, while four processes do all they can
$box->sh('rm -rf chaos; mkdir chaos');
$w = watch(path => 'chaos');
my $chaos = <<'PERL';
my ($k, $end) = (shift, time + shift);
srand $k;
chdir "/workspace/chaos" or die;
sub path { join "/", map { "d" . int rand 4 } 1 .. 1 + rand 4 }
while (time < $end) {
    my ($p, $q, $what) = (path(), path(), rand);
    if ($what < 0.4) {
        my $x = ""; for (split m{/}, $p) { $x .= "$_/"; mkdir $x }
        open my $f, ">", "$p/f$k";
    } elsif ($what < 0.7) { rename $p, $q }
    elsif ($what < 0.8) { rename "$p/f$k", "$q/f$k" }
    elsif ($what < 0.85) { rename $p, "/workspace/elsewhere$k";
        rename "/workspace/elsewhere$k", $q }
    elsif ($what < 0.9) { unlink "$p/f$k" }
    else { system "rm", "-rf", $p }
    select undef, undef, undef, 0.001 if rand() < 0.1;
}
PERL
my $seconds = 3;
put("$dir/chaos.pl", $chaos);
my $http = $box->execute_start("for i in 1 2 3 4; do perl chaos.pl \$i $seconds"
    . ' & done 2>/dev/null; wait; mkdir chaos/end');
my (%tree, %moved, @wrong);
@e = $w->until('/workspace/chaos/end', 120);
push @e, $w->until('never', 2);
$http->response();
@wrong = Sandbox::Watch::mirror(\%tree, \%moved, @e);
cmp_ok(scalar(@e), '>', 500, 'chaos: ' . @e . ' events');
my $resyncs = grep { $_->{type} eq 'resync' } @e;
SKIP: {
    skip "events were lost, and $resyncs resync events told it", 1 if $resyncs;
    is_deeply([sort keys %tree], [sort +tree('chaos')],
        'the copy is as the tree is')
        or diag(join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)]);
}
diag("chaos: " . @e . ' events, ' . @wrong . ' odd, e.g. ' . ($wrong[0] // ''))
    if @wrong && $ENV{TEST_VERBOSE};
$w->{http}->close();

# the watch still follows what came out of it
$w = watch(path => 'chaos');
my @dirs = grep { -d root($_) } tree('chaos');
mkdir root("$_/probe") for @dirs;
my %probed;
while (keys %probed < @dirs and my $e = $w->next(5)) {
    $probed{$e->{path}} = 1 if $e->{path} =~ m{/probe$};
}
is(scalar(keys %probed), scalar(@dirs), 'each directory is watched: ' . @dirs);


# overflow: the agent is stopped while more happens than the kernel keeps

my $queue = do { open my $f, '<', '/proc/sys/fs/inotify/max_queued_events'
    or die; <$f> + 0 };

SKIP: {
    skip "a queue of $queue events is too long to overflow", 6
        if $queue > 100_000;

    $box->sh('rm -rf over; mkdir -p over/d/gone over/moved/in');
    $w = watch(path => 'over');
    kill STOP => $box->pid();
    for my $i (1 .. $queue / 2 + 100) {
        put("$dir/over/d/f$i", 'x');
    }
    mkdir "$dir/over/late";
    mkdir "$dir/over/late/$_" for 1 .. 50;
    rmdir "$dir/over/d/gone";
    rename "$dir/over/moved", "$dir/over/to";
    kill CONT => $box->pid();

    # so many events are too many for the stream as well
    do { @e = $w->until('resync', 60) } while @e && $e[-1]{reason} eq 'slow';
    is($e[-1]{type}, 'resync', 'an overflow is told');
    is($e[-1]{reason}, 'overflow', 'its reason');
    is($e[-1]{path}, '/workspace/over', 'its path');
    $w->until('never', 0.5);

    # and then nothing is missing
    put("$dir/over/late/50/x", 'x');
    is(($w->until('create'))[-1]{path}, '/workspace/over/late/50/x',
        'a directory that was created meanwhile is watched');
    put("$dir/over/to/in/x", 'x');
    is(($w->until('/workspace/over/to/in/x'))[-1]{eventType}, 'create',
        'one that was moved meanwhile too, by its new path');
    mkdir "$dir/over/d/gone";
    put("$dir/over/d/gone/x", 'x');
    is(($w->until('/workspace/over/d/gone/x'))[-1]{eventType}, 'create',
        'one that was deleted meanwhile too, when it is back');
}

# a client that does not read: it is told what it has missed
$box->sh('rm -rf slow; mkdir slow');
my $slow = watch(path => 'slow', events => ['create']);
$w = watch(path => 'slow', events => ['create']);
is($slow->{first}{watchId}, $w->{first}{watchId}, 'they share one watch');
$http = $box->execute_start('cd slow; perl -e \'for my $i (1 .. 6000) {'
    . ' my $n = sprintf "%05d%s", $i, "n" x 200; open my $f, ">", $n;'
    . ' select undef, undef, undef, 0.1 if $i % 100 == 0 }\'; echo >end');
@e = $w->until('/workspace/slow/end', 120);
$http->response();
is(scalar(grep { $_->{type} eq 'event' } @e), 6001,
    'one that reads gets each event');
my $memory = $box->private('Dirty');
@e = $slow->until('/workspace/slow/end', 60);
my ($resync) = grep { $_->{type} eq 'resync' } @e;
is($resync->{reason}, 'slow', 'one that did not, is told');
cmp_ok(scalar(@e), '<', 6000, 'in place of ' . (6001 - @e) . ' events');
is($e[-1]{path}, '/workspace/slow/end', 'and gets the newest');
cmp_ok($memory, '<', 8192, "the agent's own memory: $memory KB") if $SANE;
$_->{http}->close() for $w, $slow;


# a large tree stalls nobody

my $many = $SANE ? 50_000 : 5_000;
$box->sh("perl -e 'for my \$i (1 .. $many / 500) { mkdir qq(big\$i);"
    . " mkdir qq(big\$i/\$_) for 1 .. 499 }'; mkdir big; mv big?* big/");
$http = $box->http(timeout => 60);
$http->request('POST', '/api/watch', host => 'x',
    body => '{"path":"big"}');
my ($pings, $slowest, $began) = (0, 0, time);
while (time - $began < 60) {
    my $before = time;
    is($box->call('GET', '/api/ping')->{status}, 200, 'ping') or last;
    my $took = time - $before;
    $slowest = $took if $took > $slowest;
    $pings++;
    last if IO::Select->new($http->{sock})->can_read(0.005);
}
is($http->head()->{status}, 200, "a watch of $many directories");
my $big = bless { http => $http, sse => Sandbox::SSE->new($http) },
    'Sandbox::Watch';
is($big->next()->{type}, 'watching', 'begins');
diag(sprintf '%d directories in %.1f s, %d pings meanwhile, the slowest '
    . '%.0f ms', $many, time - $began, $pings, $slowest * 1000);
cmp_ok($slowest, '<', 2, 'no ping waits for it');
put("$dir/big/big7/7/f", 'x');
is($big->next()->{path}, '/workspace/big/big7/7/f', 'they are watched');
$memory = $box->private('Dirty');
cmp_ok($memory, '<', 8192, "the agent's own memory: $memory KB") if $SANE;
$http->close();
is($box->call('GET', '/api/ping')->{status}, 200, 'it ends');
ok($box->wait_for(30, sub { $box->private('Dirty') < 6144 }),
    'and its memory is free: ' . $box->private('Dirty') . ' KB') if $SANE;
$box->sh('rm -rf big');


# nor does a wide one, which is renamed all the time
$box->sh("mkdir -p wide/a; cd wide/a; perl -e 'mkdir \$_ for 1 .. $many / 5'");
$w = watch(path => 'wide');
my $rename = $box->execute_start('cd wide; perl -e \'my $end = time + 2;'
    . ' while (time < $end) { rename "a", "b"; rename "b", "a" }\'');
($slowest, $began) = (0, time);
while (time - $began < 2.5) {
    my $before = time;
    $box->call('GET', '/api/ping');
    $slowest = time - $before if time - $before > $slowest;
    sleep 0.01;
}
cmp_ok($slowest, '<', 2, sprintf 'renames stall nobody: %.0f ms',
    $slowest * 1000);
$rename->response();
$w->until('never', 2);
put("$dir/wide/a/777/x", 'x');
is(($w->until('/workspace/wide/a/777/x'))[-1]{eventType}, 'create',
    'and in the end everything is watched');
$w->{http}->close();
$box->sh('rm -rf wide');


# permissions: those of the user that commands run as

my $web = Sandbox::Box->new(boot => { user => 'web' });
$web->sh('mkdir -p own/sub');
my $there = '/proc/' . $web->pid() . '/root/workspace';
mkdir "$there/own/secret";
chmod 0700, "$there/own/secret";
mkdir "$there/own/sub/inner";
mkdir "$there/closed", 0700;
$w = watch_of($web, path => 'own');
is($w->{first}{skipped}, 1, 'a directory that the user may not read');
is($w->{first}{errors}[0]{path}, '/workspace/own/secret', 'is told');
is($w->{first}{errors}[0]{code}, 'PERMISSION_DENIED', 'with the reason');
put("$there/own/secret/x", 'x');
put("$there/own/sub/inner/y", 'x');
is(($w->until('create'))[-1]{path}, '/workspace/own/sub/inner/y',
    'what happens in it is not');
mkdir "$there/own/hide", 0700;
@e = $w->until('skipped');
is_deeply([Sandbox::Watch::text(@e)], [
    (grep { /modify/ } Sandbox::Watch::text(@e)),
    'create /workspace/own/hide/', 'skipped /workspace/own/hide/'],
    'a new one that the user may not read');
is(watch_of($web, path => 'closed')->status(), 403, 'the directory itself');


# bad requests

for my $case (
    ['{', 400], ['[]', 400], ['{}', 400, 'path'],
    ['{"path":7}', 400, 'path'], ['{"path":""}', 400, 'path'],
    ['{"path":"a\u0000b"}', 400, 'path'],
    ['{"path":"' . 'x/' x 2100 . '"}', 400, 'path'],
    ['{"path":"' . 'x' x 300 . '"}', 400, 'name'],
    ['{"path":"none"}', 404, 'not found'],
    ['{"path":"none/below"}', 404, 'not found'],
    ['{"path":"flat/f/below"}', 400, 'not a directory'],
    ['{"path":"/"}', 403, '/workspace'], ['{"path":"/etc"}', 403, 'below'],
    ['{"path":"/workspace/../etc"}', 403, 'below'],
    ['{"path":"/workspaces"}', 404, ''],
    ['{"path":"out"}', 403, 'below'], ['{"path":"/proc/self"}', 403, ''],
    ['{"path":".","recursive":1}', 400, 'recursive'],
    ['{"path":".","recursive":"yes"}', 400, 'recursive'],
    ['{"path":".","include":"x"}', 400, 'include'],
    ['{"path":".","include":{}}', 400, 'include'],
    ['{"path":".","exclude":7}', 400, 'exclude'],
    ['{"path":".","include":["a"],"exclude":["b"]}', 400, 'only one'],
    ['{"path":".","include":[7]}', 400, 'string'],
    ['{"path":".","include":[null]}', 400, 'string'],
    ['{"path":".","include":["a\u0000b"]}', 400, 'NUL'],
    ['{"path":".","exclude":[""]}', 400, 'blank'],
    ['{"path":".","exclude":[" \t\n"]}', 400, 'blank'],
    ['{"path":".","exclude":["a["]}', 400, '\['],
    ['{"path":".","exclude":["{a,b}"]}', 400, '\{'],
    ['{"path":".","exclude":["a\\\\"]}', 400, 'backslash'],
    ['{"path":".","exclude":["' . 'x' x 1025 . '"]}', 400, '1024'],
    ['{"path":".","exclude":[' . join(',', map { "\"$_\"" } 1 .. 65) . ']}',
        400, '64'],
    ['{"path":".","events":"create"}', 400, 'events'],
    ['{"path":".","events":[]}', 400, 'events'],
    ['{"path":".","events":[1]}', 400, 'events'],
    ['{"path":".","events":["open"]}', 400, 'events'],
    ['{"path":".","sessionId":"a/b"}', 400, 'sessionId'],
    ['{"path":".","sessionId":7}', 400, 'sessionId'])
{
    my ($body, $status, $re) = @$case;
    for my $route ('watch', 'watch/check', 'watchers') {
        $res = $box->call('POST', "/api/$route", $body);
        is($res->{status}, $status, "$route: "
            . substr $body, 0, 60) or diag($res->{body});
        like($res->{json}{message} // '', qr/$re/, 'says why')
            if defined $re;
    }
}
is($res->{json}{code}, 'VALIDATION_FAILED', 'the code');
$res = $box->call('POST', '/api/watch', { path => '/etc' });
is($res->{json}{code}, 'PERMISSION_DENIED', 'outside: the code');
is_deeply({ map { $_ => $res->{json}{context}{$_} }
    qw/path resolvedPath workspaceRoot/ }, { path => '/etc',
    resolvedPath => '/etc', workspaceRoot => '/workspace' }, 'its context');
is_deeply($box->call('POST', '/api/watch', { path => '.',
    exclude => ['a{'] })->{json}{context}, { pattern => 'a{' },
    'the value at fault');


# limits

for my $case (['watches=6', 'watches'], ['instances=0', 'instances']) {
    my ($option, $sysctl) = @$case;
    my $low = Sandbox::Box->new(box => [$option]);
    $low->sh('mkdir -p t/1/2 deep/1/2/3/4/5/6');
    for my $route ('watch', 'watch/check', 'watchers') {
        $res = $low->call('POST', "/api/$route", { path => 'deep' });
        is($res->{status}, 500, "$route: the kernel's limit of $sysctl");
        is($res->{json}{code}, 'WATCH_START_ERROR', 'its code');
        like($res->{json}{message}, qr/raise fs\.inotify\.max_user_$sysctl/,
            'its sysctl');
    }

    next if $sysctl eq 'instances';

    $w = watch_of($low, path => 't');
    is($w->status(), 200, 'a smaller tree is watched');
    $low->sh('mkdir -p t/a/b/c/d/e');
    @e = $w->until('error');
    is($e[-1]{type}, 'error', 'and ends when it grows');
    like($e[-1]{error}, qr/fs\.inotify\.max_user_watches/, 'with the reason');
    is($w->next(), undef, 'the end');
}

$box->sh('mkdir -p many; cd many; mkdir $(seq 20)');
my @watches = map { watch(path => "many/$_") } 1 .. 16;
is(scalar(grep { $_->status() == 200 } @watches), 16, 'sixteen watches');
$w = watch(path => 'many/17');
is($w->status(), 429, 'and no more');
is($w->{json}{code}, 'LIMIT_REACHED', 'the code');
is_deeply($w->{json}{context}, { limit => 'watches', max => 16 }, 'which');
my @same = map { watch(path => 'many/1') } 1 .. 48;
is(scalar(grep { $_->status() == 200 } @same), 48, 'many of the same');
is(watch(path => 'many/1')->status(), 429, 'up to a limit');
(shift @same)->{http}->close();
ok($box->wait_for(10, sub { watch(path => 'many/2')->status() == 200 }),
    'one that goes leaves its place');
$_->{http}->close() for @watches, @same;


# a client that is gone leaves nothing

undef @watches;
undef @same;
undef $_ for $w, $big, $slow, $resync;
ok($box->wait_for(10, sub { 1 >= grep { /inotify/ } fds() }),
    'no descriptor of inotify is left, but that which counts terminals');
my $before = join "\n", sort grep { !/socket/ } fds();

$box->sh('mkdir -p left/a/b/c; mkdir left/a/$(seq 500)'
    =~ s/\$\(seq 500\)/b2/r);
for my $i (1 .. 20) {
    my $one = $box->http();
    $one->request('POST', '/api/watch', host => 'x', body =>
        '{"path":"left"}');
    if ($i % 2) {
        $one->head();
        Sandbox::SSE->new($one)->next();
    }
    $one->close();
}
ok($box->wait_for(10, sub { join("\n", sort grep { !/socket/ } fds())
    eq $before }), 'nor any other')
    or diag("$before\n\n" . join "\n", sort +fds());

done_testing();


sub watch { return watch_of($box, @_) }


sub watch_of
{
    my ($of, %body) = @_;
    return Sandbox::Watch->new($of->http(timeout => 120), '/api/watch',
        \%body);
}


# a path in the agent's root, from outside

sub root
{
    my ($path) = @_;
    return '/proc/' . $box->pid() . "/root$path";
}


# all paths below a directory of the workspace

sub tree
{
    my ($name) = @_;
    my @paths;
    my $top = root("/workspace/$name");
    File::Find::find({ no_chdir => 1, wanted => sub {
        push @paths, "/workspace/$name" . substr $_, length $top
            if $_ ne $top } }, $top);
    return @paths;
}


sub put
{
    my ($path, $text) = @_;
    open my $f, '>', $path or die "$path: $!";
    print $f $text;
    close $f or die $!;
}


sub fds
{
    return map { readlink // () } glob '/proc/' . $box->pid() . '/fd/*';
}
