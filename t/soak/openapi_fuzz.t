#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# As t/openapi_fuzz.t, with more requests.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox::Requests;

Sandbox::Requests::run(seed => $ENV{TEST_SEED} || 2, number => 10000);
