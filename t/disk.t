#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine disk

# disk= of a class, on an engine of the test's own whose storage has quotas:
# overlay2 on xfs, or btrfs, whichever this kernel has; and what is said where
# the storage has none.

use warnings;
use strict;

use File::Path ();
use File::Temp ();
use POSIX ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;

plan(skip_all => 'the image has no library that a sanitized agent needs')
    if sanitized();

alarm 300;

my $image = Sandbox::Image::busybox();
my $limits = "image=$image network=none memory=64m pids=50";
my $dir = File::Temp::tempdir('/tmp/sbd-XXXXXX');
my ($engine, $t, $u);

chmod 0711, $dir;

SKIP: {
    my $why = engine_start();
    skip $why, 1 if defined $why;

    $t = Sandbox->new(engine => "unix:$dir/sock", classes => [
        "default $limits", "small $limits disk=32m"])->start();

    for my $id (qw/one two/) {
        my $res = $t->api('POST', '/v1/sandbox',
            json => { id => $id, class => 'small' });
        is($res->{json}{limits}{disk}, 32 << 20, "$id: will have 32 MB");
    }

    is(fill('one', 16), 'done', 'half of it is written');
    is($t->api('GET', '/v1/sandbox/one')->{json}{limits}{disk}, 32 << 20,
        'shown as its limit');
    is(fill('one', 96), 'full', 'but not more than there is');
    is($t->put('one', 'workspace/more', 'x' x (8 << 20))->{status}, 507,
        'nor as a file');

    is(fill('two', 16), 'done', 'its neighbour has its own');
    is($t->api('POST', '/v1/sandbox', json => { id => 'open' })->{json}
        {limits}{disk}, undef, 'a class without the option: no limit');
    is(fill('open', 64), 'done', 'and none is there');

    is($t->api('POST', '/v1/sandbox/one/restart')->{status}, 200, 'restarted');
    is(fill('one', 96), 'full', 'the limit stays');
    is($t->exec('one', ['rm', '/workspace/fill'])->{exit}, 0,
        'what is removed');
    is(fill('one', 16), 'done', 'can be written again');
    is($t->api('DELETE', "/v1/sandbox/$_")->{status}, 204, "$_: destroyed")
        for qw/one two open/;
}

# the engine of this machine

SKIP: {
    my $driver = Sandbox::docker('info --format "{{.Driver}} '
        . '{{json .DriverStatus}}"');
    skip 'its storage may have quotas', 2
        if $driver !~ /^overlay2.*"Backing Filesystem","extfs"/;

    $u = Sandbox->new(classes => ["default $limits disk=1g"])->start();
    my $res = $u->exec('none', ['true']);
    like($res->{status}, qr/^50[03]$/, 'storage without quotas: refused');
    like($res->{json}{message}, qr/storage-opt|quota/i,
        'in the engine\'s own words');
    push @{$u->{allow}}, qr/create the container/;
}

if ($t && $u) {
    ok($u->quit(), 'the other nginx quits');
}

($t || $u) ? ($t || $u)->done() : done_testing();


# writes so many MB to the sandbox's disk: done, or full

sub fill
{
    my ($id, $mb) = @_;
    my $res = $t->exec($id, ['dd', 'if=/dev/zero', 'of=/workspace/fill',
        'bs=1048576', "count=$mb", 'conv=fsync']);

    return 'done' if ($res->{exit} // 1) == 0;
    return 'full' if $res->{stderr} =~ /No space left|quota exceeded/i;
    return "$res->{status}: $res->{stderr}" . ($res->{body} // '');
}


# why not; in namespaces, so that nothing is left but its file

sub engine_start
{
    my @why;

    for my $kind (
        ['overlay2', 'xfs', 'pquota', 'mkfs.xfs -q'],
        ['btrfs', 'btrfs', 'defaults', 'mkfs.btrfs -q'])
    {
        my ($driver, $type, $options, $mkfs) = @$kind;

        unlink "$dir/img";
        File::Path::make_path("$dir/data");
        Sandbox::spew("$dir/daemon.json", "{}\n");

        if (system("truncate -s 1500M $dir/img && $mkfs $dir/img "
            . '>/dev/null 2>&1') != 0)
        {
            push @why, "no $mkfs";
            next;
        }

        Sandbox::spew("$dir/up", <<"SH");
set -e
mount --make-rprivate /
mount -t $type -o loop,$options $dir/img $dir/data
ip link set lo up
ip link add sbxd0 type bridge
ip addr add 172.29.66.1/24 dev sbxd0
ip link set sbxd0 up
exec dockerd --config-file $dir/daemon.json --data-root $dir/data \\
    --exec-root $dir/exec --pidfile $dir/pid --bridge sbxd0 \\
    --storage-driver $driver -H unix://$dir/sock
SH

        $engine = fork // die $!;
        if ($engine == 0) {
            setpgrp;
            open STDIN, '<', '/dev/null';
            open STDOUT, '>', "$dir/log";
            open STDERR, '>&', \*STDOUT;
            exec 'unshare', '-n', '-m', 'sh', "$dir/up" or POSIX::_exit(127);
        }

        my $ended = 0;
        my $up = wait_for(sub {
            return 1 if `docker -H unix://$dir/sock version --format '{{.Server.Version}}' 2>/dev/null` =~ /^\d/;
            $ended = waitpid($engine, POSIX::WNOHANG()) == $engine;
            return $ended;
        }, 90) && !$ended;

        if ($up) {
            my $out = `docker save $image | docker -H unix://$dir/sock load 2>&1`;
            my $id = `docker -H unix://$dir/sock create --storage-opt size=32m $image true 2>&1`;
            return undef if $? == 0;
            push @why, "$driver on $type: $out$id";

        } else {
            my ($said) = grep { /mount:|rror/ } split /\n/,
                Sandbox::slurp("$dir/log");
            push @why, "$driver on $type: " . ($said // 'no engine');
        }

        engine_stop();
    }

    return join '; ', @why;
}


sub engine_stop
{
    my $pid = $engine or return;
    undef $engine;

    kill 'TERM', $pid;
    wait_for(sub { waitpid($pid, POSIX::WNOHANG()) != 0 }, 60) and return;
    kill 'KILL', -$pid;
    waitpid $pid, 0;
}


END {
    my $status = $?;
    if (defined $dir && $$ != ($engine // 0)) {
        if ($engine) {
            `docker -H unix://$dir/sock rm -fv \$(docker -H unix://$dir/sock ps -aq) 2>&1`;
            engine_stop();
        }
        File::Path::remove_tree($dir, { safe => 0 });
    }
    $? = $status;
}
