#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# What a container is made with: limits, capabilities, mounts, labels.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=256m cpus=64 pids=77 network=none',
    'small image=sandbox-base memory=64m cpus=0.0625 pids=32 user=65534 '
        . 'nofile=512 network=none',
    'shared image=sandbox-base memory=512m shm=200m network=none',
], main => 'worker_rlimit_nofile 12000;')->start();
my $ncpu = decode_json(Sandbox::docker("info --format '{{json .NCPU}}'")
    =~ s/\s+$//r =~ s/^/[/r . ']')->[0];
my $cpus = engine_enforces('CpuCfsQuota');

is($t->run_in('big', 'id -u'), "0\n", 'a sandbox with too many processors');
my $c = inspect('big');
my $host = $c->{HostConfig};

is($host->{NanoCpus}, $cpus ? $ncpu * 1e9 : 0,
    "cpus: lowered to the engine's");
is($host->{CpuShares}, $cpus ? $ncpu * 1024 : 0, 'with a weight of as many');
my @warn = grep { $cpus
    ? /"cpus=" of sandbox class "default" is reduced to $ncpu/
    : /does not enforce .*"cpus=".* of sandbox classes/ }
    split /\n/, $t->log_text();
cmp_ok(scalar(@warn), '>=', 1, 'with a warning');
is($host->{Memory}, 256 << 20, 'memory');
is($host->{MemorySwap}, $host->{Memory}, 'no swap beyond it');
is($host->{ShmSize}, 128 << 20, '/dev/shm: half of the memory');
is($t->run_in('big', 'python3 -c "
from multiprocessing import shared_memory
s = shared_memory.SharedMemory(create=True, size=100 << 20)
s.buf[:] = bytes(100 << 20)
print(len(s.buf)); s.unlink()"'), (100 << 20) . "\n", 'which a program can fill');
is($host->{PidsLimit}, 77, 'pids');
is($t->run_in('big', 'ulimit -n; ulimit -Hn'), "6000\n6000\n",
    'open files: half of a worker\'s');
is($c->{Config}{StopSignal}, 'SIGTERM', 'a signal that the agent listens for');
is($host->{NetworkMode}, 'none', 'no network');
is($t->run_in('big', 'echo $HOSTNAME; getent hosts $(hostname); python3 -c "
import socket; print(socket.gethostbyname(socket.gethostname()))"'),
    "sandbox\n127.0.1.1       sandbox\n127.0.1.1\n", 'its name resolves');
is($t->run_in('big', 'node -e "require(\'http\').createServer().listen(3000,'
    . 'process.env.HOSTNAME, () => { console.log(\'listens\');'
    . 'process.exit() })"'), "listens\n", 'and a server listens on it');
is_deeply($host->{CapDrop}, ['ALL'], 'all capabilities are dropped');
is_deeply([sort map { s/^CAP_//r } @{$host->{CapAdd}}],
    [sort qw/CHOWN DAC_OVERRIDE FOWNER FSETID SETUID SETGID KILL/],
    'but these');
is_deeply($host->{SecurityOpt}, ['no-new-privileges'], 'no new privileges');
is($host->{CgroupnsMode}, 'private', 'a namespace of control groups');
unlike($t->run_in('big', 'cat /proc/self/cgroup'), qr/$c->{Id}/,
    'where it sees its own group only');
ok(!$host->{Privileged}, 'not privileged');
is($host->{RestartPolicy}{Name}, 'no', 'not restarted behind our back');
is_deeply($host->{LogConfig}, { Type => 'json-file',
    Config => { 'max-size' => '1m', 'max-file' => '1' } }, 'bounded logs');
is($host->{Binds}, undef, 'no binds');
is(scalar @{$c->{Mounts}}, 2, 'two mounts');
ok(!(grep { $_->{RW} } @{$c->{Mounts}}), 'none of them writable');
is_deeply($c->{Config}{Healthcheck}{Test}, ['NONE'],
    'no check that would run before the agent');
is($c->{Config}{User}, '0', 'the agent is user 0');
is($c->{Config}{Labels}{'nginx-sandbox.instance'}, $t->instance(),
    'its label: the instance');
is($c->{Config}{Labels}{'nginx-sandbox.run'}, $t->run_of('big'),
    'its label: the run');
is($c->{Name}, '/nginx-sandbox-' . $t->run_of('big'), 'its name');

is($t->run_in('big', 'grep -h ^Cap /proc/self/status | cut -f2 | sort -u'),
    "0000000000000000\n00000000000000fb\n", 'seen from inside');

# a class of its own

my $res = $t->api('POST', '/v1/sandbox',
    json => { id => 'little', class => 'small' });
is($res->{status}, 200, 'another class');
is($t->run_in('little', 'id -u'), "65534\n", "user: the class's");
is($t->run_in('little', 'echo own > /workspace/f; cat /workspace/f'), "own\n",
    'whose /workspace is');
$c = inspect('little');
is($c->{HostConfig}{NanoCpus}, $cpus ? 62_500_000 : 0,
    'a sixteenth of a processor');
is($c->{HostConfig}{CpuShares}, $cpus ? 64 : 0,
    '... also where processors are short');
is($c->{HostConfig}{Memory}, 64 << 20, 'its memory');
is($t->run_in('little', 'ulimit -n; ulimit -Hn'), "512\n512\n",
    'its open files');
is($c->{HostConfig}{ShmSize}, 64 << 20, 'its /dev/shm: at least 64 MB');
is($c->{Config}{Labels}{'nginx-sandbox.class'}, 'small', 'its label');

$res = $t->api('POST', '/v1/sandbox',
    json => { id => 'sharing', class => 'shared' });
is($t->run_in('sharing', 'echo $(df -m --output=size /dev/shm | tail -1)'), "200\n",
    'shm=200m');

$t->done();


sub inspect
{
    my ($id) = @_;

    return decode_json(Sandbox::docker('inspect '
        . $t->container_of($id)))->[0];
}
