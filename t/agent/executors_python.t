#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: nothing

# The kernel of Python contexts, agent/executors/python, without the agent: the
# tests are in t/lib/executors_python.py.

use warnings;
use strict;

use Cwd qw/abs_path/;
use File::Basename qw/dirname/;

# no failing test may wait for ever
alarm 300;

exec 'python3', abs_path(dirname(__FILE__)) . '/../lib/executors_python.py'
    or die "python3: $!\n";
