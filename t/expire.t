#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# max_awake, max_age, retain: limits of life that no agent can escape.

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
my @classes = ("default $plain sleep_after=0", "awake $plain sleep_after=0 "
    . 'max_awake=4s', "age $plain sleep_after=0 max_age=6s",
    "retain $plain sleep_after=0 retain=9s");
my $t = Sandbox->new(engine => $proxy->engine(), classes => \@classes)
    ->start();

# another installation on the same engine, without limits: its sandbox has
# the name of one that is to be destroyed

my $other = Sandbox->new(classes => ["default $plain sleep_after=0"])
    ->start();
is($other->run_in('age-awake', 'echo theirs > /workspace/f'), '',
    'a sandbox of another instance');
my $their = $other->agent_pid('age-awake');

create('plain', 'default');
create('awake-idle', 'awake');
create('awake-busy', 'awake');
create('age-awake', 'age');
create('age-asleep', 'age');
create('age-own', 'default', maxAge => 6);
create('age-more', 'age', maxAge => '1h');
create('retain-asleep', 'retain');
create('retain-never', 'retain');
create('retain-awake', 'retain');
create('retain-used', 'retain');
is($t->api('GET', '/v1/sandbox/age-more')->{json}{maxAge}, 6,
    'no option is beyond its class');

for my $id (qw/plain awake-idle age-awake age-asleep age-own retain-asleep
    retain-awake retain-used/)
{
    is($t->run_in($id, 'echo kept > /workspace/f'), '', "$id: used");
}
my %agent = map { $_ => $t->agent_pid($_) } qw/plain retain-awake/;

# one that ignores TERM, and keeps its own agent awake

my $c = $t->exec_start('awake-busy', ['sh', '-c', 'trap "" TERM; echo up; '
    . 'while :; do sleep 0.1; done']);
$c->head();
Sandbox::SSE->new($c)->next(30);

for my $id (qw/age-asleep retain-asleep retain-used/) {
    is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200,
        "$id: asleep");
}
my $slept = time();

ok(wait_for(sub { !$t->agent_pid('awake-idle') }, 40),
    'max_awake: it is stopped');
is(state_of('awake-idle'), 'asleep', 'and is asleep');
ok(wait_for(sub { !$t->agent_pid('awake-busy') }, 40),
    'max_awake: under a command that ignores TERM too');
$c->close();
is($t->run_in('awake-idle', 'cat /workspace/f'), "kept\n",
    'it wakes, with its files');

for my $id (qw/age-awake age-asleep age-own age-more/) {
    ok(wait_for(sub { state_of($id) eq 404 }, 40), "max_age: $id is gone");
}

# retain counts from the last end

$t->run_in('retain-used', 'true');
is($t->api('POST', '/v1/sandbox/retain-used/sleep')->{status}, 200,
    'retain-used: used, and asleep again');
my $again = time();
ok(wait_for(sub { state_of('retain-asleep') eq 404 }, 60),
    'retain: what slept too long is gone');
cmp_ok(time() - $slept, '>=', 8, 'not before its time');
ok(wait_for(sub { state_of('retain-never') eq 404 }, 40),
    'what was never started too');
ok(wait_for(sub { state_of('retain-used') eq 404 }, 60),
    'what was used is gone when its own time has passed');
cmp_ok(time() - $again, '>=', 8, 'not before');
is($t->agent_pid('retain-awake'), $agent{'retain-awake'},
    'what runs is left alone');
ok(!grep({ !-d "$t->{state}/.run/" . s/^nginx-sandbox-//r }
    $t->containers()), 'no container is left of those');

# nobody saw its end: its clock is the engine's

Sandbox::docker('kill ' . $t->container_of('retain-awake'));
# less than "retain", and a sweep or two
sleep 5;
is(state_of('retain-awake'), 'asleep', 'one killed is kept for its time');
is($t->run_in('retain-awake', 'cat /workspace/f'), "kept\n",
    'and serves when it is used');

is($t->agent_pid('plain'), $agent{plain}, 'a class without limits: untouched');
is($other->agent_pid('age-awake'), $their,
    'so is the sandbox of another instance');
is($other->run_in('age-awake', 'cat /workspace/f'), "theirs\n",
    'and its files');

$t->done($other);


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
