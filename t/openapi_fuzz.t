#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Requests made from the OpenAPI document, valid and invalid: each answer is
# one that the document describes, nothing alarms nginx, and nothing is left.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox::Requests;

Sandbox::Requests::run(seed => 1, number => 2000);
