#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine selftest rootless

# A rootless Docker engine, with workers of another user: sandbox-selftest.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox::Selftest;

Sandbox::Selftest::on_engine('rootless');
