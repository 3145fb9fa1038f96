#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# cgroup v2: what a sandbox is held to, and what is shown of it, against the
# kernel's own files.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../../lib";
use Sandbox;
use Sandbox::Cgroup;
use Sandbox::Image;

plan(skip_all => 'the control groups are not of version 2')
    if !Sandbox::Cgroup::v2();

alarm 600;

my $image = Sandbox::Image::busybox();
my $t = Sandbox->new(classes => [
    "default image=$image memory=64m cpus=0.5 pids=40 network=none "
        . 'sleep_after=10m'])->start();
my $id = 'counted';

is($t->run_in($id, 'cat /proc/self/cgroup'), "0::/\n",
    'a sandbox sees its own group only');

my $group = Sandbox::Cgroup::of($t, $id);

is($group->read('memory.max'), 64 << 20, 'memory');
is($group->read('memory.swap.max'), 0, 'swap');
is($group->read('pids.max'), 40, 'processes');
is($group->read('cpu.max'), '50000 100000', 'CPU');
is($t->run_in($id, 'cd /sys/fs/cgroup && cat memory.max pids.max'),
    (64 << 20) . "\n40\n", 'which it sees itself');
is($t->exec($id, ['sh', '-c', 'echo max >/sys/fs/cgroup/pids.max'])->{exit},
    1, 'and does not change');

# usage

my $idle = $group->read('pids.current');
my $kept = $t->exec_start($id, ['sh', '-c',
    'for i in 1 2 3 4 5; do sleep 600 & done; '
        . 'head -c 20m /dev/zero >/dev/shm/x; '
        . 'head -c 10m /dev/zero >/tmp/cache; '
        . 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; wait']);

ok(wait_for(sub { usage()->{memory} > 20 << 20 }, 120), 'memory in use');
ok(wait_for(sub { usage()->{cpuTime} > 0.1 }, 120), 'and CPU time');

my ($shown, $pids);
ok(wait_for(sub {
    $pids = $group->read('pids.current');
    $shown = usage();
    return $pids == $shown->{pids} && $pids >= $idle + 6;
}, 60), 'processes: as many as the kernel counts');

my $memory = $group->read('memory.current')
    - $group->read('memory.stat', 'inactive_file');
cmp_ok(abs($shown->{memory} - $memory), '<', 4 << 20,
    'memory: what the kernel counts, without the inactive cache');

my $cpu = $group->read('cpu.stat', 'usage_usec') / 1e6;
cmp_ok(usage()->{cpuTime}, '>=', $cpu - 0.01, 'CPU time: not less');
cmp_ok(usage()->{cpuTime}, '<=',
    $group->read('cpu.stat', 'usage_usec') / 1e6, 'and not more');

# no memory left, though there is swap

Sandbox::Cgroup::swap_on(128);
is($t->api('GET', "/v1/sandbox/$id")->{json}{limits}{swap}, 0,
    'limits: no swap');

my $kills = $group->read('memory.events', 'oom_kill');
my $res = $t->api('POST', "/v1/sandbox/$id/api/execute", json => {
    command => 'exec head -c 100m /dev/zero | exec tail; exit $?',
    sessionId => '__DISABLE_SESSION__' });
is($res->{json}{exitCode}, 137, 'a command that is killed');
is($res->{json}{outcome}, 'oom_killed', 'its outcome');
is($group->read('memory.swap.current'), 0, 'no swap is used');
cmp_ok($group->read('memory.events', 'oom_kill'), '>', $kills,
    'the kernel has killed');

$res = $t->api('POST', "/v1/sandbox/$id/api/execute", json => {
    command => 'kill -9 $$', sessionId => '__DISABLE_SESSION__' });
is($res->{json}{outcome}, 'signaled', 'and of one that another has killed');

Sandbox::Cgroup::swap_off();

# processes

$kept->close();
ok(wait_for(sub { usage()->{pids} <= $idle + 1 }, 60),
    'its processes are gone');
$res = $t->exec($id, ['sh', '-c',
    'for i in $(seq 60); do sleep 600 & done; wait']);
like($res->{stderr}, qr/fork/, 'no more processes than it may have');
cmp_ok($group->read('pids.events', 'max'), '>', 0, 'which the kernel counts');

$t->done();


sub usage
{
    return $t->api('GET', "/v1/sandbox/$id")->{json}{usage} || {};
}
