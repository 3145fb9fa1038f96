#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# 5 GB of output for a slow reader.

use warnings;
use strict;

use File::Basename;
use File::Spec;

our $MEGABYTES = 5_000;

my $rc = do(File::Spec->rel2abs(dirname(__FILE__)) . '/../agent/output.t');
die $@ || $! if !defined $rc;
