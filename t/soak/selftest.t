#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine selftest

# sandbox-selftest finds everything that is broken on purpose: a class for
# each way to break something, by what the engine is asked for or by another
# agent, and the rows that fail in it, no others.  t/soak/selftest_network.t
# does so with network=internet.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Image;
use Sandbox::Proxy;
use Sandbox::Selftest;

plan(skip_all => 'a sanitized agent needs more memory than a class has')
    if sanitized();
plan(skip_all => 'what is expected here is true of the plain engine')
    if engine_kind() ne 'plain';

my $KEY = '0123456789abcdef0123';
my $LIMITS = 'network=none memory=64m pids=64 cpus=1';

# class => [options, the rows that fail, Perl code on the HostConfig]

my %broken = (
    namespaces => ['', 'namespaces', <<'PERL'],
$h->{IpcMode} = 'host'; delete $h->{ShmSize};
PERL
    capabilities => ['', 'capabilities', <<'PERL'],
push @{$h->{CapAdd}}, 'SYS_TIME';
PERL
    privileges => ['', 'no-new-privileges worker-uid io-uring '
        . 'socket-families foreign-abis', <<'PERL' . agent('filter')],
$h->{SecurityOpt} = [];
PERL
    user => ['user=1000', 'user', agent('user')],
    seccomp => ['', 'seccomp', <<'PERL'],
push @{$h->{SecurityOpt}}, 'seccomp=unconfined';
PERL
    devices => ['', 'capabilities devices', <<'PERL'],
push @{$h->{CapAdd}}, 'MKNOD'; $h->{DeviceCgroupRules} = ['a *:* rwm'];
PERL
    settings => ['', 'kernel-settings', <<'PERL'],
$h->{ReadonlyPaths} = []; $h->{MaskedPaths} = [];
PERL
    paths => ['', 'host-paths', <<'PERL'],
push @{$h->{Mounts}}, { Type => 'bind', Source => '/etc', Target => '/mnt',
    ReadOnly => JSON::PP::true() };
PERL
    writable => ['', 'read-only', <<'PERL'],
$_->{ReadOnly} = JSON::PP::false() for @{$h->{Mounts}};
PERL
    engine => ['', 'host-paths engine-socket', <<'PERL'],
push @{$h->{Mounts}}, { Type => 'bind', Source => $self->{path},
    Target => '/var/run/docker.sock', ReadOnly => JSON::PP::true() };
PERL
    filter => ['', 'seccomp worker-uid user-namespaces io-uring '
        . 'socket-families foreign-abis', <<'PERL' . agent('filter')],
push @{$h->{SecurityOpt}}, 'seccomp=unconfined';
PERL
    trace => ['', 'agent-process', agent('trace')],
    ptrace => ['', 'capabilities agent-process', <<'PERL'],
push @{$h->{CapAdd}}, 'SYS_PTRACE';
PERL
    signals => ['', 'agent-signals', agent('signals')],
    peer => ['', 'agent-sockets', agent('peer')],
    secrets => ["env=LEAKED=x${KEY}x", 'secrets', ''],
    network => ['', 'network-none host-network metadata-services '
        . 'private-networks other-sandboxes', <<'PERL'],
$h->{NetworkMode} = 'bridge'; delete $h->{ExtraHosts};
PERL
    raw => ['', 'capabilities raw-sockets', <<'PERL'],
push @{$h->{CapAdd}}, 'NET_RAW';
PERL
    rlimits => ['nofile=2048', 'message-queues pending-signals open-files',
        agent('limits')],
    disk => ['disk=64m', 'disk', <<'PERL'],
delete $h->{StorageOpt};
PERL
    cpus => ['', 'cpus', <<'PERL'],
delete $h->{NanoCpus};
PERL
    pids => ['', 'pids', <<'PERL'],
delete $h->{PidsLimit};
PERL
    memory => ['', 'memory', <<'PERL'],
delete @$h{qw/Memory MemorySwap/};
PERL
    half => ['', 'pids memory', <<'PERL'],
$h->{$_} *= 2 for qw/Memory MemorySwap PidsLimit/;
PERL
);

# classes that are as they should be

my %good = (
    default => "image=sandbox-base $LIMITS",
    nobody => "image=sandbox-base $LIMITS user=1000",
    busybox => 'image=' . Sandbox::Image::busybox() . " $LIMITS",
    bare => 'image=' . Sandbox::Image::single('hello') . " $LIMITS",
);

make_agents();

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), workers => 2,
    main => 'worker_rlimit_nofile 8192;', keys => ["me:$KEY:admin"],
    classes => [map({ "$_ $good{$_}" } sort keys %good),
        map { "$_ image=sandbox-base $LIMITS $broken{$_}[0]" }
            sort keys %broken])->start();

my ($status, $json) = Sandbox::Selftest::try($t,
    map { ('--class', $_) } sort keys %good);
is($status, 0, 'where nothing is broken: status 0');

for my $class (sort keys %good) {
    is(join(' ', Sandbox::Selftest::rows($json, $class, 'fail'),
        Sandbox::Selftest::rows($json, $class, 'not_enforced')), '',
        "$class: nothing fails");
    cmp_ok(scalar Sandbox::Selftest::rows($json, $class, 'pass'), '>=', 31,
        "$class: rows pass");
}

Sandbox::Selftest::break_with($proxy,
    map { ($_ => $broken{$_}[2]) } keys %broken);

for my $class (sort keys %broken) {
    ($status, $json) = Sandbox::Selftest::try($t, '--class', $class);
    is($status, 1, "$class: status 1");

    my @failed = Sandbox::Selftest::rows($json, $class, 'fail');
    is("@failed", $broken{$class}[1], "$class: the rows that fail")
        or diag(map { "$_: " . Sandbox::Selftest::found($json, $class, $_)
            . "\n" } @failed);
    is(join(' ', Sandbox::Selftest::rows($json, $class, 'not_enforced')), '',
        "$class: no other result");
}

# each row that can be broken so was broken

my %rows = map { $_ => 1 } map { split ' ', $_->[1] } values %broken;
my (undef, $list) = Sandbox::Selftest::run('--list');
is(join(' ', grep { !$rows{$_} } map { (split /\t/)[0] } split /\n/, $list),
    'kernel-limits', 'all rows but one were broken');


# the one: limits of the host that are low, as this process sees them

my $low = File::Temp->new();
print $low "128\n";
$low->flush();

my $run = join ' ', Sandbox::Selftest::program(),
    Sandbox::Selftest::arguments($t), '--class default';
my $sysctl = '/proc/sys/fs/inotify/max_user_instances';
my $out = `exec 2>&1; unshare -m sh -c 'mount --bind $low $sysctl; exec $run'`;
is($? >> 8, 2, 'low kernel limits: status 2');
$out =~ s/\s+/ /g;
like($out, qr/NOT ENFORCED kernel-limits .* Found: too low: fs\.inotify/,
    'which they are');
like($out, qr/instances=128 To do: run "sysctl -p/, 'and what to do');
unlike($out, qr/FAIL/, 'nothing fails');


# one that is interrupted destroys what it has made

my $pid = fork // die $!;
if ($pid == 0) {
    open STDOUT, '>', '/dev/null';
    exec Sandbox::Selftest::program(), Sandbox::Selftest::arguments($t),
        '--class', 'default' or POSIX::_exit(127);
}
ok(wait_for(sub { $t->containers(running => 1) >= 2 }, 60), 'it has begun');
kill 'INT', $pid;
waitpid $pid, 0;
is($? >> 8, 3, 'interrupted: status 3');
is_deeply($t->api('GET', '/v1/sandbox', key => $KEY)->{json},
    { sandboxes => [] }, 'no sandbox is left');

$t->done();


# code that mounts another agent

sub agent
{
    my ($what) = @_;
    return "\$_->{Source} = '/tmp/sandbox-agent-$what-$$' for grep { "
        . "\$_->{Target} eq '/run/sandbox-agent' } \@{\$h->{Mounts}};\n";
}


sub make_agents
{
    my $root = root_dir();
    my $build = $ENV{TEST_BUILD} || "$root/build";
    my $make = "make -s -f agent/agent.mk BUILD=$build agent-broken";
    my $made = `exec 2>&1; cd $root && $make`;
    die "agents: $made" if $?;

    for my $file (glob "$build/t/agent_broken-*") {
        my ($what) = $file =~ /-(\w+)$/ or next;
        Sandbox::copy($file, "/tmp/sandbox-agent-$what-$$", 0755);
    }
}


END {
    unlink glob "/tmp/sandbox-agent-*-$$" if $$ == $Sandbox::Selftest::OWNER;
}
