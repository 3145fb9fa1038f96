#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A Docker engine with userns-remap: root in a sandbox is nobody on the host.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Kind;

my ($engine, $image) = Sandbox::Kind::engine('remapped');

my $t = Sandbox->new(engine => $engine->engine(),
    main => "worker_rlimit_nofile $Sandbox::Kind::FILES;", classes => [
    "default image=$image memory=64m pids=64 cpus=1 network=none "
        . 'sleep_after=10m'])->start();

Sandbox::Kind::all_of_it($t, 'box');
Sandbox::Kind::tenants($t, shared => 1);

like(Sandbox::Kind::map_of($t, 'ids'), qr/^0 \d{9} 65536$/,
    'root in a sandbox is nobody on the host');
is(Sandbox::Kind::map_of($t, 'other'), Sandbox::Kind::map_of($t, 'ids'),
    'and the same in each');
is($t->run_in('ids', 'stat -c %u /run/sandbox/agent.sock'), "65534\n",
    'the workers\' uid cannot be told from inside');

$t->done();
