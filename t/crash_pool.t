#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module fault agent engine

# A worker is killed at each step of the pool: while it is filled, while one of
# it is claimed, and while it is emptied.  Nothing is doubled, lost or left.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Fault;

my $class = 'default image=sandbox-base memory=256m cpus=1 pids=128 '
    . 'network=none sleep_after=10m';
my $t = Sandbox::Fault->new(classes => ["$class pool=1"])->start();
my ($n, $res) = (0);


sub warm
{
    my ($what) = @_;
    ok(wait_for(sub { $t->api('GET', '/v1/pool/stats')->{json}{warm} == 1 }, 60),
        $what);
    is(scalar(grep { /^\.pool-/ } $t->state_names()), 1, 'one, and no more');
}


warm('the pool is filled');

# claims: the caller repeats its request, and the options arrive

for my $point (qw/claim.taken claim.spec claim.named/) {
    my $id = 'new-' . ++$n;
    my @create = ('POST', '/v1/sandbox', json => { id => $id,
        env => { WHO => $id } }, headers => ['Idempotency-Key' => "key-$n"]);
    my $c = $t->connect();

    $t->order('KILL', $point);
    $c->request(@create[0, 1], $t->api_options(@create[2 .. $#create]));
    ok($t->fired(), "a claim, killed at $point");
    $c->close();

    is($t->api(@create)->{status}, 200, 'repeated: it is made');
    is($t->run_in($id, 'echo $WHO'), "$id\n", 'with its options');
    is(scalar(grep { index($_, $t->run_of($id)) >= 0 } $t->containers()), 1,
        'in one container');
    warm('the pool is filled again');
    is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroyed');
}

# filling: the next keeper goes on with what it finds

for my $point (qw/pool.made pool.started/) {
    my ($run) = map { /^\.pool-(.+)/ ? $1 : () } $t->state_names();

    $t->order('KILL', $point);
    Sandbox::docker("kill nginx-sandbox-$run");
    ok($t->fired(), "one ends, and the worker is killed at $point");
    warm('the pool is filled by the next worker');
    ok(!-d "$t->{state}/.pool-$run", 'with another one');
}

# emptying

$t->order('KILL', 'pool.discarded');
is($t->api('POST', '/v1/pool/shutdown-prewarmed')->{status}, 200, 'emptied');
ok($t->fired(), 'killed at pool.discarded');
ok(wait_for(sub { !grep { /^\.pool-/ } $t->state_names() }, 30),
    'the pool is empty');
$t->sweep();
ok(wait_for(sub { !$t->left() }, 60), 'and nothing is left')
    or diag(join ' ', $t->left());

$t->done();
