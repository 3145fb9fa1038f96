#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Limits of life hold whatever the agent, nginx and the engine do meanwhile.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $plain = 'image=sandbox-base memory=256m cpus=1 pids=128 network=none';
my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), classes => [
    "default $plain sleep_after=0", "awake $plain sleep_after=0 max_awake=4s",
    "age $plain sleep_after=0 max_age=6s"])->start();

create('plain', 'default');
is($t->run_in('plain', 'echo kept > /workspace/f'), '', 'plain: used');

# an agent that closes its sockets and stays is no excuse

create('awake-deaf', 'awake');
is($t->run_in('awake-deaf', 'true'), '', 'awake-deaf: used');
my $run = "$t->{state}/.run/" . $t->run_of('awake-deaf');
unlink glob "$run/*.sock";
$t->kill_worker($_) for $t->workers_alive();
ok(wait_for(sub { $t->workers_alive() >= 3 }, 20), 'workers killed');
is(state_of('awake-deaf'), 'asleep', 'it seems asleep');
ok($t->agent_pid('awake-deaf'), 'and runs');
ok(wait_for(sub { !$t->agent_pid('awake-deaf') }, 60),
    'max_awake: stopped all the same');

# nginx was away while the time passed

create('awake-long', 'awake');
create('age-long', 'age');
is($t->run_in($_, 'true'), '', "$_: used") for qw/awake-long age-long/;
ok($t->quit(), 'nginx ends');
$proxy->forget();
# the times pass
sleep 6;
ok($t->agent_pid('awake-long'), 'without it, they live on');
$t->start();
ok(wait_for(sub { !$t->agent_pid('awake-long') }, 40),
    'started again, it enforces max_awake');
ok(wait_for(sub { state_of('age-long') eq 404 }, 40), 'and max_age');
# until the next sweep
sleep 5.5;
is(scalar $proxy->calls(qr{^POST.*/stop}), 1,
    'what is known to sleep is stopped once');

# an engine in trouble holds it up, and nothing more

is($t->run_in('awake-long', 'true'), '', 'awake-long: used');
$proxy->set('status ^POST.*/stop 500 {"message":"trouble"}');
ok(wait_for(sub { $t->log_text() =~ /cannot stop sandbox "[^"]+": 500 trouble/ }, 40),
    'a stop that the engine refuses is logged with its words');
is($t->run_in('plain', 'cat /workspace/f'), "kept\n", 'others serve');
$proxy->set('');
ok(wait_for(sub { !$t->agent_pid('awake-long') }, 60),
    'it is stopped when the engine does it again');

$t->done();


sub create
{
    my ($id, $class, %o) = @_;
    my $res = $t->api('POST', '/v1/sandbox',
        json => { id => $id, class => $class, %o });
    is($res->{status}, 200, "$id: created") or diag($res->{body});
}


sub state_of
{
    my $res = $t->api('GET', "/v1/sandbox/$_[0]");
    return $res->{json}{state} || $res->{status};
}
