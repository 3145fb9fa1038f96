#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# Why a sandbox ended.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine())->start();
my $id = 'ended';

is($t->api('POST', '/v1/sandbox', json => { id => $id })->{status}, 200,
    'a sandbox');
$proxy->forget();
is(show()->{ended}, undef, 'one that never ran has not ended');
is(scalar(@{[$proxy->calls()]}), 0, 'and the engine is not asked');

run();
is(show()->{ended}, undef, 'nor has one that runs');

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'put to sleep');
my $ended = show()->{ended};
is($ended->{reason}, 'asleep', 'asleep');
is($ended->{exitCode}, 0, 'with code 0');
like($ended->{at}, qr/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/, 'since when');
is(show()->{state}, 'asleep', 'asking does not wake it');

run();
Sandbox::docker('kill -s KILL ' . $t->container_of($id));
ok(wait_for(sub { !$t->agent_pid($id) }, 20), 'killed from outside');
$ended = show()->{ended};
is("$ended->{reason} $ended->{exitCode}", 'killed 137', 'killed');

run();
Sandbox::docker('rm -f ' . $t->container_of($id));
ok(wait_for(sub { (show()->{state} // '') eq 'asleep' }, 20), 'removed');
is(show()->{ended}{reason}, 'lost', 'lost');

run();
is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep again');
$proxy->stop();
my $shown = $t->api('GET', "/v1/sandbox/$id");
is($shown->{status}, 200, 'without an engine it is shown all the same');
is($shown->{json}{ended}{reason}, 'unknown', 'unknown');
ok(length($shown->{json}{ended}{message} // ''), 'and why nobody knows');
$proxy->start();

is($t->api('GET', '/v1/sandbox/nobody')->{status}, 404, 'absent: 404');

$t->done();


sub show
{
    return $t->api('GET', "/v1/sandbox/$id")->{json};
}


sub run
{
    is($t->run_in($id, 'echo on'), "on\n", 'it runs');
}
