#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# 200,000 orphans.

use warnings;
use strict;

use File::Basename;
use File::Spec;

our $ORPHANS = 200_000;

my $rc = do(File::Spec->rel2abs(dirname(__FILE__)) . '/../agent/orphans.t');
die $@ || $! if !defined $rc;
