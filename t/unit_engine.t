#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: unit engine

# The unit test of agent_client on a real engine, run as those of t/unit.t are.

use warnings;
use strict;

use File::Basename qw/ dirname /;
use File::Spec;

our $ONLY = 'test_ac_engine';
my $rc = do(File::Spec->rel2abs(dirname(__FILE__)) . '/unit.t');
die $@ || $! if !defined $rc;
