#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# Sessions through nginx and a real engine: state, limits of the container,
# and that a session at rest lets the sandbox sleep.

use warnings;
use strict;

use File::Basename;
use Test::More;

use lib dirname(__FILE__) . '/lib';

use Sandbox;

# no failing test may wait for ever
alarm 600;
