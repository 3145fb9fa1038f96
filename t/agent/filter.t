#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# What the agent runs cannot take the ids of nginx's workers, whose counters
# in the kernel are kept per user, nor make a user namespace in which it could,
# nor use the sockets and rings that no namespace holds.

use warnings;
use strict;

use File::Basename;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Image;

alarm 300;

my $program = Sandbox::slurp(Sandbox::Image::program('counters'));
my ($UID, $GID) = (70011, 70012);

my $box = box("uid=$UID", "gid=$GID");
my %r;


# ids, by each call and entry

%r = try("ids $UID $GID");
is($r{$_}, 'EPERM', "$_: nginx's") for grep { !/^16-/ } sort keys %r;
cmp_ok(scalar keys %r, '>=', 22, 'all of them were tried');

%r = try('ids 1000 1000');
is($r{$_}, '0', "$_: another user") for sort keys %r;

is($box->sh('cat /proc/self/status | grep ^Seccomp:'), "Seccomp:\t2\n",
    'the filter is on commands');
is($box->status('Seccomp'), 2, 'and on the agent');

# a group with the user's number, a user with the group's
%r = try("ids $GID $UID");
is($r{$_}, '0', "$_: not nginx's") for sort keys %r;

# what is passed on is passed on for ever: from a shell, its child, setsid
is($box->sh("sh -c 'setsid sh -c \"/workspace/counters ids $UID $GID\"' "
    . '| grep -c EPERM') + 0, scalar grep({ !/^16-/ } keys %r),
    'grandchildren too');

# a session's shell, and a program in the background
is(scalar(() = $box->call('POST', '/api/execute', {
        command => "/workspace/counters ids $UID $GID", sessionId => 's1' })
    ->{json}{stdout} =~ /EPERM/g), scalar grep({ !/^16-/ } keys %r),
    'sessions too');


# the rest

%r = try('calls');
is($r{$_}, 'EPERM', $_) for qw/unshare-user clone-user vsock alg io-uring/;
is($r{clone3}, 'ENOSYS', 'clone3');
is($r{$_}, '0', $_) for qw/unix inet/;

SKIP: {
    skip 'no x86_64', 1 if !exists $r{x32};
    is($r{x32}, 'ENOSYS', 'x32');

    skip 'no 32-bit entry', 4 if $r{'32-getpid'} ne '0';
    is($r{"32-$_"}, 'EPERM', "32-$_") for qw/unshare-user vsock io-uring/;
    is($r{'32-socketcall-vsock'}, 'ENOSYS', '32-socketcall-vsock');
}

%r = try('queues');
is($r{'mq-open'}, 'EMFILE', 'no POSIX message queue');

# programs and threads start as ever
is($box->sh('python3 -c "import threading as t; x = t.Thread(target=print, '
    . 'args=(7,)); x.start(); x.join()"'), "7\n", 'threads');
is($box->sh('unshare -U true 2>&1 || echo refused') =~ /refused/, 1,
    'no user namespace');


# ids of sixteen bits, with which the old calls of the 32-bit entry can be
# meant; a group that images may have is theirs to use

$box = box('uid=995', 'gid=105');

%r = try('ids 995 105');
is($r{$_}, 'EPERM', "$_: of sixteen bits") for grep { /uid/ } sort keys %r;
is($r{$_}, '0', "$_: of sixteen bits") for grep { /gid/ } sort keys %r;


# root's, or not mapped here: commands need these themselves

for my $id (0, 65534) {
    $box = box("uid=$id", "gid=$id");
    %r = try("ids $id $id");
    is($r{$_}, '0', "$_: $id") for sort keys %r;
    %r = try('calls');
    is($r{$_}, 'EPERM', "$id: $_") for qw/unshare-user vsock io-uring/;
}


# the class's user is nginx's: said, and none of its commands runs

$box = Sandbox::Box->new(box => ['uid=1000', 'gid=1000'],
    boot => { user => 'web' });
my $res = $box->exec({ argv => ['id', '-u'] });
isnt($res->{exit}{exit_code} // 1, 0, 'no command as nginx\'s user');
unlike($res->{stdout} // '', qr/1000/, 'nothing was run');
like($box->log(), qr/user 1000 is that of nginx's workers/, 'and told why');

done_testing();


sub box
{
    my (@options) = @_;
    my $b = Sandbox::Box->new(box => [@options]);

    $b->call('PUT', '/file/workspace/counters', $program);
    $b->sh('chmod 755 /workspace/counters');
    return $b;
}


sub try
{
    my ($what) = @_;
    return map { split ' ' } split /\n/, $box->sh("/workspace/counters $what");
}
