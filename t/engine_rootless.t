#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine rootless

# A rootless Docker engine, run by another user than nginx's workers: it may
# not read the state directory, and has not the control groups of root.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Kind;

my ($engine, $image) = Sandbox::Kind::engine('rootless');

my $t = Sandbox->new(engine => $engine->engine(),
    main => "worker_rlimit_nofile $Sandbox::Kind::FILES;", classes => [
    "default image=$image memory=64m pids=64 cpus=1 network=none "
        . 'sleep_after=10m'])->start();

Sandbox::Kind::all_of_it($t, 'box');
Sandbox::Kind::tenants($t, shared => 1);

# whose ids, and who may see what

my $user = (getpwnam 'sandbox-engine')[2];
my $workers = (getpwnam 'nginx-sandbox')[2];

like(Sandbox::Kind::map_of($t, 'ids'), qr/^0 $user 1, 1 \d{9} 65536$/,
    'root in a sandbox is the engine\'s user');
isnt($user, $workers, 'who is not the workers\'');
is($t->run_in('ids', 'stat -c %u /run/sandbox/agent.sock'), "65534\n",
    'whose uid cannot be told from inside');

is((stat $t->{state})[2] & 07777, 0710, 'the state directory is searched');
my $acl = `busybox getfattr -h $t->{state} 2>/dev/null; ls -ld $t->{state}`;
like($acl, qr/^drwx--x---\+?/m, 'by the engine alone');

for my $try (['sandbox-engine', 0], ['nobody', 1]) {
    my ($who, $fails) = @$try;
    my $run = "$t->{state}/.run/" . $t->run_of('ids');
    my $out = `setpriv --reuid $who --regid nogroup --clear-groups stat -c %n $run/agent.sock 2>&1`;
    is($? ? 1 : 0, $fails, "a known path: " . ($fails ? 'not ' : '') . "for $who")
        or diag($out);
}

`setpriv --reuid sandbox-engine --regid nogroup --clear-groups ls $t->{state} 2>&1`;
isnt($?, 0, 'nor is it listed by the engine');
is(scalar(() = $t->log_text() =~ /may search the sandbox state/g), 1,
    'that is said once');

$t->done();
