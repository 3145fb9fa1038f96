#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A thousand named sandboxes, fifty of them awake: all answer right, and those
# that sleep cost nginx nothing.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Fleet;
use Sandbox::Image;

my @class = ('default image=' . Sandbox::Image::busybox()
    . ' memory=64m pids=64 network=none sleep_after=10m');

my $one = Sandbox->new(workers => 1, classes => \@class)->start();
Sandbox::Fleet::cost($one, 1000, wait => 1);

my $t = Sandbox->new(classes => \@class)->start();
is(join(', ', Sandbox::Fleet::name($t, 'many', 1000)), '', 'a thousand named');
is(join(', ', Sandbox::Fleet::ask($t, 'many', 1000, 50)), '',
    'fifty of them awake, and all answer right');

$t->done($one);
