#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine guest

# cgroup v2, and no other: a guest runs these tests, each a subtest here.  Those
# in t/soak/guest are for it alone.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;

my @files = (map({ "t/$_.t" } qw{agent/memory limits ended exec lifecycle
    hostile_container}), 't/soak/guest/counters.t', 't/soak/guest/engines.t');

chdir root_dir() or die $!;
exec 'tools/guest', $ENV{TEST_BUILD} || 'build', @files or die "exec: $!\n";
