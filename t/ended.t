#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# What GET shows of a sandbox: why it ended, now and before this life, since
# when, what it may use and what it uses, when it sleeps.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $image = 'image=sandbox-base network=none';
my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), classes => [
    "default $image memory=256m cpus=0.5 pids=100 sleep_after=10m",
    "short $image memory=64m pids=50 sleep_after=1h max_awake=30m max_age=9h "
        . 'retain=2h',
    "small $image memory=32m cpus=1 pids=50",
])->start();
my $id = 'ended';
my $swap = Sandbox::docker("info --format '{{.SwapLimit}}'") =~ /true/
    ? 0 : undef;
my $stamp = qr/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/;

is($t->api('POST', '/v1/sandbox', json => { id => $id })->{status}, 200,
    'a sandbox');
$proxy->forget();
my $shown = show();
is($shown->{ended}, undef, 'one that never ran has not ended');
is($shown->{usage}, undef, 'and uses nothing');
is($shown->{sleepsIn}, undef, 'nor does it fall asleep');
cmp_ok($shown->{since}, 'ge', $shown->{created},
    'it sleeps since it was made');
is_deeply($shown->{limits}, { memory => 256 << 20, swap => $swap, cpus => 0.5,
    pids => 100, disk => undef, maxAwake => undef, maxAge => undef,
    retain => undef },
    'it will have what its class says');
is(scalar(@{[$proxy->calls()]}), 0, 'and the engine is not asked');

# while it runs

run();
$proxy->forget();
$shown = show();
is($shown->{state}, 'running', 'it runs');
is($shown->{ended}, undef, 'and has not ended before');
like($shown->{since}, $stamp, 'since when');
cmp_ok($shown->{since}, 'gt', $shown->{created},
    'which is after it was made');
is(scalar(@{[$proxy->calls()]}), 0, 'the engine is not asked');

is_deeply([sort keys %{$shown->{usage}}], [qw/cpuTime memory pids/],
    'what it uses');
cmp_ok($shown->{usage}{pids}, '>=', 1, 'a process at least');
cmp_ok($shown->{usage}{memory}, '>', 0, 'memory');
cmp_ok($shown->{usage}{memory}, '<', 256 << 20, 'less than it may');
cmp_ok($shown->{usage}{cpuTime}, '>', 0, 'and time');
cmp_ok($shown->{sleepsIn}, '<=', 600, 'it falls asleep');
cmp_ok($shown->{sleepsIn}, '>', 500, 'but not yet');

my $busy = $t->exec_start($id, ['python3', '-c',
    'import os, time; x = b"x" * (64 << 20); '
    . '[os.fork() or (time.sleep(600), os._exit(0)) for i in range(20)]; '
    . 'print("up", flush=True); [sum(range(10000)) for i in range(3000)]; '
    . 'time.sleep(600)']);
ok(wait_for(sub {
    $shown = show();
    $shown->{usage} && $shown->{usage}{memory} > 64 << 20
        && $shown->{usage}{pids} > 20;
}, 60), 'what a command uses is seen');
is($shown->{sleepsIn}, undef, 'it does not sleep while it runs');
$busy->close();
ok(wait_for(sub { (show()->{usage}{pids} // 99) < 20 }, 60),
    'and what it leaves');
ok(wait_for(sub { defined show()->{sleepsIn} }, 60),
    'it will sleep again');

is($t->api('PATCH', "/v1/sandbox/$id", json => { keepAlive =>
    JSON::PP::true() })->{status}, 200, 'kept awake');
ok(wait_for(sub { !defined show()->{sleepsIn} }, 20), 'it does not sleep');
$t->api('PATCH', "/v1/sandbox/$id", json => { keepAlive => undef });

# another class, whose agent knows nothing of max_awake

is($t->api('POST', '/v1/sandbox', json => { id => 'short',
    class => 'short' })->{status}, 200, 'of another class');
is($t->run_in('short', 'echo on'), "on\n", 'which runs');
$shown = $t->api('GET', '/v1/sandbox/short')->{json};
is_deeply($shown->{limits}, { memory => 64 << 20, swap => $swap, cpus => 1,
    pids => 50, disk => undef, maxAwake => 1800, maxAge => 32400,
    retain => 7200 },
    'its limits');
cmp_ok($shown->{sleepsIn}, '<=', 1800, 'max_awake comes first');
cmp_ok($shown->{sleepsIn}, '>', 1000, 'in its time');

# an agent that is stopped says nothing, and nothing is made up

my $pid = $t->agent_pid('short');
kill 'STOP', $pid;
$shown = $t->api('GET', '/v1/sandbox/short')->{json};
is($shown->{state}, 'running', 'an agent that says nothing: it runs');
is($shown->{usage}, undef, 'but what it uses nobody knows');
is($shown->{limits}{pids}, 50, 'what it may is known');
kill 'CONT', $pid;
ok(wait_for(sub { $t->api('GET', '/v1/sandbox/short')->{json}{usage} }, 30),
    'until it says so again');
$t->api('DELETE', '/v1/sandbox/short');

# ends, each shown asleep, and in the next life

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'put to sleep');
$proxy->forget();
my $ended = ended('asleep', 0);
is(show()->{state}, 'asleep', 'asking does not wake it');
# a slow one is asked whether it is there
is(join("\n", grep { !m{^GET \S*/(?:json|_ping)} } $proxy->calls()), '',
    'nothing else is asked of the engine');

for my $list (0 .. 1) {
    $proxy->forget();
    $t->api('GET', $list ? '/v1/sandbox' : "/v1/sandbox/$id");
    is(scalar(@{[$proxy->calls(qr/json/)]}), 1 - $list, $list
        ? 'a list asks nothing' : 'one call');
}
run();
is_deeply(show()->{ended}, $ended, 'in the next life it is the last end');

Sandbox::docker('kill -s KILL ' . $t->container_of($id));
$ended = ended('killed', 137);
run();
is_deeply(show()->{ended}, $ended, 'killed: the next life knows');

# no memory left, of which no process has much: the kernel is told which one
# it is to end

$id = 'small';
is($t->api('POST', '/v1/sandbox', json => { id => $id,
    class => 'small' })->{status}, 200, 'a small one');
run();

# written with CAP_SYS_RESOURCE, it would be the least that commands get, too

my $adj = '/proc/' . $t->agent_pid($id) . '/oom_score_adj';
is(system('setpriv', '--bounding-set', '-sys_resource', 'sh', '-c',
    "echo 1000 >$adj"), 0, 'the agent is preferred');
$t->exec($id, ['dd', 'if=/dev/zero', 'of=/dev/shm/x', 'bs=1M', 'count=60']);
# Podman with cgroup v1 does not say that it was the memory
$ended = ended(engine_kind() eq 'podman' ? 'killed' : 'oom', 137);
run();
is_deeply(show()->{ended}, $ended, 'oom: the next life knows');
$t->api('DELETE', "/v1/sandbox/$id");
$id = 'ended';

Sandbox::docker('rm -f ' . $t->container_of($id));
$ended = ended('lost', undef);
is(show()->{since}, undef, 'since when, nobody knows');
run();
is_deeply(show()->{ended}, $ended, 'lost: the next life knows');

# what an engine says of those that went with it

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep again');
my $cid = Sandbox::docker('inspect -f {{.Id}} ' . $t->container_of($id));
chomp $cid;
$proxy->set('status containers/[^/]*/json 200 {"Id":"' . $cid . '","Name":"x",'
    . '"State":{"Status":"exited","ExitCode":255,"FinishedAt":'
    . '"2026-01-02T03:04:05.678901234Z"},"Config":{}}');
$ended = show()->{ended};
is_deeply($ended, { reason => 'engine_gone', exitCode => 255,
    at => '2026-01-02T03:04:05.678Z' }, 'the engine went with it');
is(show()->{since}, '2026-01-02T03:04:05.678Z', 'since then');
run();
is_deeply(show()->{ended}, $ended, 'engine_gone: the next life knows');

# an end that nobody told of is not that before it

$proxy->set('status containers/[^/]*/json 500 {"message":"no idea"}');
is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep again');
$ended = show()->{ended};
is("$ended->{reason}: $ended->{message}", 'unknown: no idea', 'unknown');
run();
$ended = show()->{ended};
is_deeply($ended, { reason => 'unknown' }, 'nor in the next life');
$proxy->set('');

# an inspection that hangs holds up neither a start nor an answer for good

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep again');
$proxy->set('hang containers/[^/]*/json');
run();
$proxy->set('');

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep again');
$proxy->stop();
my $res = $t->api('GET', "/v1/sandbox/$id");
is($res->{status}, 200, 'without an engine it is shown all the same');
is($res->{json}{ended}{reason}, 'unknown', 'unknown');
ok(length($res->{json}{ended}{message} // ''), 'and why nobody knows');
like($res->{json}{since}, $stamp, 'it was stopped by request, then');
$proxy->start();

# a container keeps what it was made with

my @classes = @{$t->{classes}};
$classes[0] =~ s/memory=256m cpus=0.5 pids=100/memory=128m pids=60/;
$t->write_conf(classes => \@classes);
$t->reload();
is(show()->{limits}{memory}, 256 << 20, 'its own limits stay, asleep');
run();
is(show()->{limits}{pids}, 100, 'and awake');
is($t->api('POST', '/v1/sandbox', json => { id => 'new' })->{json}
    {limits}{pids}, 60, 'a new one has the new ones');

is($t->api('GET', '/v1/sandbox/nobody')->{status}, 404, 'absent: 404');

# an engine that limits memory and no swap, by its own account

my $swaps = Sandbox::Proxy->new();
$swaps->set('status /info 200 ' . JSON::PP::encode_json({ NCPU => 1,
    MemTotal => 1 << 33, CgroupDriver => 'cgroupfs',
    SwapLimit => JSON::PP::false,
    map { $_ => JSON::PP::true } qw/MemoryLimit PidsLimit CpuCfsQuota/ }));
my $u = Sandbox->new(engine => $swaps->engine())->start();

ok(wait_for(sub { $u->log_text() =~ /" does not limit swap: sandboxes may/ },
    20), 'no limit of swap: it is logged');
$u->api('POST', '/v1/sandbox', json => { id => 'swaps' });
is($u->run_in('swaps', 'echo on'), "on\n", 'a sandbox there runs');
$shown = $u->api('GET', '/v1/sandbox/swaps')->{json}{limits};
is($shown->{memory}, 256 << 20, 'its memory is limited');
ok(exists $shown->{swap} && !defined $shown->{swap}, 'its swap is not');

$t->done($u);


sub show
{
    return $t->api('GET', "/v1/sandbox/$id")->{json};
}


# shown asleep, once the engine knows; for the next life

sub ended
{
    my ($reason, $code) = @_;
    my $shown;

    ok(wait_for(sub {
        $shown = show();
        $shown->{state} eq 'asleep' && $shown->{ended}
            && $shown->{ended}{reason} ne 'unknown';
    }, 30), "$reason: asleep") or diag(explain($shown));

    is($shown->{ended}{reason}, $reason, "$reason: the reason");
    is($shown->{ended}{exitCode}, $code, "$reason: the code");
    is($shown->{usage}, undef, "$reason: no use");
    is($shown->{sleepsIn}, undef, "$reason: no time to sleep");

    if ($reason ne 'lost') {
        like($shown->{ended}{at}, $stamp, "$reason: when");
        is($shown->{since}, $shown->{ended}{at}, "$reason: since then");
    }

    return $shown->{ended};
}


sub run
{
    is($t->run_in($id, 'echo on'), "on\n", 'it runs');
}
