#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A sandbox whose agent or whose shim is killed: the next request wakes it,
# with all that was written.  t/soak/killed.t does it longer, and to an engine.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Cycles;

my $t = Sandbox->new()->start();

my @wrong = Sandbox::Cycles::run(6, t => $t, ways => [qw/agent shim sleep/]);
is(join("\n", @wrong), '', 'write, end, wake, verify: 6 cycles');

$t->done();
