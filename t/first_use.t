#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# First use of an id makes the sandbox; once it runs, the engine is not asked.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine())->start();

# one

my $res = $t->exec('first-1', ['echo', 'hello there']);

is($res->{status}, 200, 'first use answers');
is($res->{stdout}, "hello there\n", 'with the output of its command');
is($res->{exit}, 0, 'and its exit code');
is($res->{headers}{'sandbox-start'}, 'create', 'Sandbox-Start: create');
is(scalar $proxy->calls(qr/^POST .*containers\/create/), 1,
    'one container was made');
is(scalar $t->containers(), 1, 'and is there');

# no engine call

my $calls = -1;

for (1 .. 3) {
    my $before = $proxy->calls();
    my @bad = grep { $_->{stdout} ne "again\n" }
        map { $t->exec('first-1', ['echo', 'again']) } 1 .. 10;
    is(scalar @bad, 0, 'ten more calls answer');
    $calls = $proxy->calls() - $before;

    # the sweep has its own calls, now and then
    last if $calls == 0;
}

is($calls, 0, 'and make no engine call');

$res = $t->exec('first-1', ['true']);
is($res->{headers}{'sandbox-start'}, 'hit', 'Sandbox-Start: hit');

# twenty at once

$proxy->forget();

my @conns = map { $t->exec_start('first-20', ['sh', '-c',
    "echo number $_; echo \$\$ >> /tmp/pids"]) } 1 .. 20;
my @out = map { Sandbox::exec_result($_) } @conns;

is(join(',', map { $_->{status} } @out), join(',', (200) x 20),
    'twenty first uses at once: all answer');
is(join('', map { $_->{stdout} } @out),
    join('', map { "number $_\n" } 1 .. 20), 'each with its own output');
is(join(',', map { $_->{exit} // 'none' } @out), join(',', (0) x 20),
    'and exit code');
is(scalar $proxy->calls(qr/^POST .*containers\/create/), 1,
    'exactly one create');
is(scalar $t->containers(), 2, 'exactly one container more');
is($t->run_in('first-20', 'wc -l < /tmp/pids'), "20\n",
    'in which all twenty ran');

# forty at once on four ids, and other routes than exec

@conns = ();
for my $n (1 .. 40) {
    my $id = 'first-many-' . $n % 4;
    my $c = $t->connect();

    if ($n % 3 == 0) {
        $c->request('PUT', "/v1/sandbox/$id/file/workspace/f$n",
            $t->api_options(body => "body $n"));
    } elsif ($n % 3 == 1) {
        $c->request('GET', "/v1/sandbox/$id/api/ping", $t->api_options());
    } else {
        $c->request('POST', "/v1/sandbox/$id/api/execute",
            $t->api_options(json => { command => "echo $n" }));
    }
    push @conns, $c;
}

my @status = map { $_->response()->{status} } @conns;
is(join(',', @status), join(',', (200) x 40),
    'forty first uses of four ids by other routes');
is(scalar $t->containers(), 6, 'made four containers');
is($t->get('first-many-0', 'workspace/f12')->{body}, 'body 12',
    'a file that a first use wrote is there');

# issued ids

$proxy->forget();
$res = $t->api('POST', '/v1/sandbox', json => {});
is($res->{status}, 200, 'an id is issued');
like($res->{json}{id}, qr/^[a-z2-7]{26}$/, 'of 26 characters');
is(scalar $proxy->calls(qr/^POST/), 0, 'which starts nothing');
is($t->run_in($res->{json}{id}, 'echo $((6*7))'), "42\n", 'and can be used');

$t->done();
