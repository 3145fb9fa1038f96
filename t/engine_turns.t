#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Calls of the engine are bounded, and who waits for whom is fair.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $KEY = 'k' x 20;
my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), workers => 1,
    keys => ["a:a-$KEY", "b:b-$KEY"],
    classes => ['default image=sandbox-base memory=128m cpus=1 pids=64'],
    http => "    sandbox_engine_calls 2 queue=6;\n"
        . '    sandbox_start_timeout 15s;')->start();

is($t->exec('old', ['true'], key => "a-$KEY")->{exit}, 0, 'one that runs');
is($t->exec('old-2', ['true'], key => "a-$KEY")->{exit}, 0, 'another');

# one owner has five in line when another one comes

$proxy->forget();
$proxy->set('delay /images/ 700');
my @conns = map { $t->exec_start("a-$_", ['true'], key => "a-$KEY") }
    1 .. 6;
ok(wait_for(sub { metric('engine_calls{state="waiting"}') >= 4 }, 30),
    'some wait');
push @conns, $t->exec_start('b-1', ['true'], key => "b-$KEY");
my @res = map { Sandbox::exec_result($_) } @conns;
is(join(' ', map { $_->{exit} // 'none' } @res), '0 0 0 0 0 0 0',
    'in the end all start');
my @runs = map { m{name=nginx-sandbox-(\w+)} ? $1 : () }
    $proxy->calls(qr{POST \S*containers/create});
my ($b) = grep { $runs[$_] eq $t->run_of('b-1') } 0 .. $#runs;
cmp_ok($b, '<=', 4, "another's one is not behind all of them: $b");

# starts that hang keep neither destroys nor lists from the engine

$proxy->forget();
$proxy->set('hang /images/');
@conns = map { $t->exec_start("h-$_", ['true'], key => "a-$KEY") } 1 .. 7;
ok(wait_for(sub { metric('engine_calls{state="waiting"}') == 6 }, 30),
    'one hangs, six wait');
is(metric('engine_calls{state="running"}'), 1, '... and one runs');

my $res = $t->exec('h-8', ['true'], key => "a-$KEY");
is($res->{status}, 503, 'no more may wait: 503');
is($res->{json}{code}, 'CONTAINER_UNAVAILABLE', '... its code');
like($res->{json}{message}, qr/6 calls are waiting/, '... in words');
like($res->{headers}{'retry-after'} // '', qr/^\d+$/, '... Retry-After');

is($t->api('DELETE', '/v1/sandbox/old', key => "a-$KEY")->{status}, 204,
    'one is destroyed all the same');
is($t->api('POST', '/v1/sandbox/old-2/sleep', key => "a-$KEY")->{status},
    200, '... another put to sleep');
is($t->api('GET', '/v1/sandbox/old-2', key => "a-$KEY")
    ->{json}{ended}{reason}, 'asleep', '... and asked about');

@res = map { Sandbox::exec_result($_) } @conns;
is(join(' ', map { $_->{status} } @res), join(' ', (503) x 7),
    'a start in line ends in time');
like($res[0]{json}{message}, qr/the container engine does not answer/,
    '... the one that the engine had, for what it is');
cmp_ok(scalar(grep { $_->{json}{message} =~ /its request is still queued/ }
    @res), '>=', 3, '... and those that it had not');
is(metric('engine_calls{state="waiting"}'), 0, 'none waits any more');
is(metric('engine_calls{state="running"}'), 0, 'and none runs');

# an engine that goes away

@conns = map { $t->exec_start("i-$_", ['true'], key => "a-$KEY") } 1 .. 4;
ok(wait_for(sub { metric('engine_calls{state="waiting"}') == 3 }, 30),
    'again some hang');
$proxy->set('');
$proxy->stop();
ok(wait_for(sub { metric('engine_calls{state="waiting"}') == 0 }, 30),
    'it has left: none waits');
is(Sandbox::exec_result($_)->{status}, 503, '... and all are told so')
    for @conns;
$proxy->start();

$t->done();


sub metric
{
    my ($name) = @_;
    my $body = $t->api('GET', '/metrics')->{body};
    return $body =~ /^sandbox_\Q$name\E (\d+)$/m ? $1 : -1;
}
