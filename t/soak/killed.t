#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A hundred cycles of write, end, wake and verify, on an engine of the test's
# own: sandboxes sleep, and agent, shim and engine are killed.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Cycles;
use Sandbox::Engine;
use Sandbox::Image;

my $cycles = $ENV{TEST_SOAK_ROUNDS} || 100;
my $image = Sandbox::Image::busybox();
my $engine = Sandbox::Engine->new()->start();

$engine->load($image);
$ENV{DOCKER_HOST} = $engine->host();

my $t = Sandbox->new(engine => $engine->engine(), classes => [
    "default image=$image memory=64m pids=64 network=none "
        . 'sleep_after=10m'])->start();

my @wrong = Sandbox::Cycles::run($cycles, t => $t, engine => $engine,
    ways => [qw/sleep agent shim sleep engine/]);
is(join("\n", @wrong), '', "write, end, wake, verify: $cycles cycles");

$t->done();
