#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The races of t/races.t, a thousand rounds of each.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";

$ENV{TEST_SOAK_ROUNDS} ||= 1000;

do "$FindBin::Bin/../races.t" or die $@ || $!;
