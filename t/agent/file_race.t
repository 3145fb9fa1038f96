#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# A path that changes between a file, a link, a FIFO and a directory all the
# time, while every route of files works on it: nothing hangs, nothing of the
# agent is read, and no descriptor is lost.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();

# secrets that a wrong turn would reach
$box->sh('mkdir -p r/dir /safe; echo inside >r/dir/x; echo outside >/safe/x;'
    . 'echo bystander >r/other');
my ($thread) = grep { $_ != 1 } split ' ', $box->sh('ls /proc/1/task');

my $racer = <<'PERL';
use strict;
use POSIX ();
chdir "/workspace/r" or die;
my ($thread) = @ARGV;
my @make = (
    sub { open my $f, ">", $_[0]; print $f "file\n" },
    sub { symlink "/safe/x", $_[0] },
    sub { POSIX::mkfifo($_[0], 0644) },
    sub { mkdir $_[0]; open my $f, ">", "$_[0]/x"; print $f "in\n" },
    sub { symlink "/proc/1/environ", $_[0] },
    sub { symlink "/proc/$thread/environ", $_[0] },
    sub { symlink "/proc/self/root", $_[0] },
    sub { symlink "/safe", $_[0] },
    sub { symlink "p", $_[0] },
    sub { symlink "dir", $_[0] },
    sub { },
);
while (1) {
    my $make = $make[rand @make];
    $make->("n$$");
    if (rand() < 0.5 || !rename "n$$", "p") {
        # a directory takes a name only when nothing has it
        rename "p", "o$$";
        rename "n$$", "p";
    }
    unlink "o$$", "n$$";
    for my $d ("o$$", "n$$") { unlink "$d/x"; rmdir $d }
}
PERL

my @racers = map { $box->call('POST', '/api/process/start', {
    processId => "racer$_", command => "exec perl -e '" . ($racer
        =~ s/'/'\\''/gr) . "' $thread" }) } 1 .. 2;
is($_->{status}, 200, 'a racer runs') for @racers;
ok($box->wait_for(10, sub { -e root('/workspace/r/p')
    || -l root('/workspace/r/p') }), 'the path changes');

my @calls = (
    ['read', { path => 'r/p' }], ['read', { path => 'r/p/x' }],
    ['read', { path => 'r/p/environ' }],
    ['read/stream', { path => 'r/p' }],
    ['write', { path => 'r/p', content => "written\n" }],
    ['write', { path => 'r/p/x', content => "written\n" }],
    ['append', { path => 'r/p', content => "more\n" }],
    ['write-batch', { files => [{ path => 'r/p', content => '' },
        { path => 'r/p/y', content => '' }] }],
    ['list-files', { path => 'r/p' }],
    ['list-files', { path => 'r', recursive => JSON::PP::true }],
    ['find', { path => 'r', stat => JSON::PP::true }],
    ['find', { path => 'r/p', gitignore => JSON::PP::true, depth => 2 }],
    ['grep', { path => 'r', regex => 'i|=' }],
    ['grep', { path => 'r/p', text => '=', depth => 1 }],
    ['stat', { path => 'r/p' }],
    ['stat', { path => 'r/p', follow => JSON::PP::true }],
    ['exists', { path => 'r/p/x' }],
    ['watch/check', { path => 'r/p' }],
    ['watch/check', { path => 'r/p/x' }],
    ['chmod', { path => 'r/p', mode => '0644' }],
    ['chmod', { path => 'r/p/x', mode => '0600' }],
    ['mkdir', { path => 'r/p' }],
    ['mkdir', { path => 'r/p/d/e', recursive => JSON::PP::true }],
    ['delete', { path => 'r/p/x' }],
    ['rename', { oldPath => 'r/p', newPath => 'r/q' }],
    ['move', { sourcePath => 'r/q', destinationPath => 'r/p' }],
    ['copy', { sourcePath => 'r/p', destinationPath => 'r/c',
        recursive => JSON::PP::true }],
    ['copy', { sourcePath => 'r/other', destinationPath => 'r/p' }],
    ['delete', { path => 'r/c', recursive => JSON::PP::true }],
);

my %statuses;
my $slow = 0;
my $leaks = 0;
my $failures = 0;
my $rounds = $Sandbox::Box::SANITIZE ? 20 : 60;

for my $round (1 .. $rounds) {

    for my $call (@calls) {
        my ($route, $body) = @$call;
        my $began = time;
        my $res = $box->call('POST', "/api/$route", $body);
        $slow++ if time - $began > 20;
        $statuses{"$route $res->{status}"}++;
        $failures++, diag("$route: $res->{body}") if $res->{status} >= 500;
        $leaks++ if $res->{body} =~ /SANDBOX_|PATH=|HOSTNAME=/;
    }

    for my $path ('r/p', 'r/p/x', 'r/p/environ') {
        my $res = $box->call('GET', "/file/workspace/$path");
        $failures++, diag("GET: $res->{body}") if $res->{status} >= 500;
        $leaks++ if $res->{body} =~ /SANDBOX_|PATH=|HOSTNAME=/;
        $res = $box->call('PUT', "/file/workspace/$path", 'put');
        $failures++, diag("PUT: $res->{body}") if $res->{status} >= 500;
    }
}

is($slow, 0, 'no call waits');
is($leaks, 0, "nothing of the agent's own is read");
is($failures, 0, 'no call fails without a reason');
cmp_ok(scalar(keys %statuses), '>', @calls, 'calls had different answers: '
    . join ', ', map { "$_: $statuses{$_}" } sort keys %statuses);

$box->call('DELETE', '/api/process/kill-all');
is($box->call('GET', '/api/ping')->{status}, 200, 'the agent is well');
is($box->sh('cat r/other'), "bystander\n", 'a bystander is as it was');
is($box->sh('ls -A /safe'), $box->sh('ls -A /safe | grep -v sandbox-'),
    'nothing of ours is left elsewhere');
is($box->sh('find /workspace /safe -name ".sandbox-*"'), '',
    'no temporary file is left');
ok($box->wait_for(10, sub { !grep { (readlink // '')
    =~ m{^/(?:workspace|safe|proc/\d)} }
    glob '/proc/' . $box->pid() . '/fd/*' }), 'no descriptor is lost');

done_testing();


sub root
{
    my ($path) = @_;
    return '/proc/' . $box->pid() . "/root$path";
}
