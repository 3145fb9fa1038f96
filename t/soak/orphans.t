#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# 200,000 orphans.

use warnings;
use strict;

use File::Basename;

our $ORPHANS = 200_000;

my $rc = do(dirname(__FILE__) . '/../agent/orphans.t');
die $@ || $! if !defined $rc;
