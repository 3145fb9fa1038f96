#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Destroy, wake, create, expose, falling asleep and reload, each against the
# others, some rounds of each: t/soak/races.t has a thousand.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox::Races;

my $rounds = $ENV{TEST_SOAK_ROUNDS} || 50;
my $races = Sandbox::Races->new();

for my $kind (Sandbox::Races::kinds()) {
    my @wrong = $races->run($kind, $rounds);
    is(join("\n", @wrong), '', "$kind: $rounds rounds");
}

$races->{t}->done();
