#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# cgroup v2: an engine in the group of the machine, which limits no swap, and
# whose containers are in its own namespace of control groups by default.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../../lib";
use Sandbox;
use Sandbox::Cgroup;
use Sandbox::Engine;
use Sandbox::Image;

plan(skip_all => 'the control groups are not of version 2')
    if !Sandbox::Cgroup::v2();

alarm 600;

my $image = Sandbox::Image::busybox();
my $engine = Sandbox::Engine->new();

Sandbox::spew("$engine->{dir}/daemon.json",
    JSON::PP::encode_json({ 'default-cgroupns-mode' => 'host' }));
Sandbox::Cgroup::in_root(sub { $engine->start() });
$engine->load($image);
$ENV{DOCKER_HOST} = $engine->host();

my $info = JSON::PP::decode_json(
    Sandbox::docker("info --format '{{json .}}'"));
is($info->{CgroupVersion}, 2, 'the engine uses cgroup v2');
ok(!$info->{SwapLimit}, 'and limits no swap');

my $t = Sandbox->new(engine => $engine->engine(), classes => [
    "default image=$image memory=64m cpus=1 pids=40 network=none "
        . 'sleep_after=10m'])->start();
my $id = 'hosted';

# its own group, whatever the engine's default

is($t->run_in($id, 'cat /proc/self/cgroup'), "0::/\n",
    'a sandbox sees its own group only');
is($t->run_in($id, 'ls /sys/fs/cgroup | grep -c slice || true'), "0\n",
    'and not the host\'s');

my $shown = $t->api('GET', "/v1/sandbox/$id")->{json};
my $usage = $shown->{usage};
cmp_ok($usage->{pids} // 99, '<', 10, 'its processes are shown');
cmp_ok($usage->{memory} // 1 << 30, '<', 64 << 20, 'its memory');
ok(defined $usage->{cpuTime}, 'its CPU time');

my $res = $t->api('POST', "/v1/sandbox/$id/api/execute", json => {
    command => 'exec head -c 100m /dev/zero | exec tail; exit $?',
    sessionId => '__DISABLE_SESSION__' });
is($res->{json}{exitCode}, 137, 'a command that has no memory left');
is($res->{json}{outcome}, 'oom_killed', 'its outcome');

# swap

my $group = Sandbox::Cgroup::of($t, $id);
is($group->read('memory.max'), 64 << 20, 'memory is limited');
is($group->read('memory.swap.max'), 'max', 'swap is not');
is($shown->{limits}{memory}, 64 << 20, 'memory is shown as limited');
is($shown->{limits}{swap}, undef, 'swap is not');
like($t->log_text(), qr/ does not limit swap: sandboxes may use it in/,
    'and nginx logs it');

$t->done();
