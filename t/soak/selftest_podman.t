#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine selftest podman

# Podman, with a user namespace for each sandbox: sandbox-selftest.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox::Selftest;

Sandbox::Selftest::on_engine('podman');
