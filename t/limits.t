#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# How many sandboxes run at a time, of a class, of a key and in all, and how
# fast they are made: what is over is refused, nothing is left of it, and a
# place that has become free is seen to be.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $plain = 'image=sandbox-base memory=128m cpus=1 pids=64 network=none';
my $KEY = 'k' x 20;

bad_values();
zones();
rates();

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), classes => [
    "default $plain", "two $plain max_instances=2"],
    http => "    sandbox_max_instances 4;",
    keys => ["one:one-$KEY", "few:few-$KEY:instances=1",
        "many:many-$KEY", "admin:admin-$KEY:admin"])->start();

of_a_class();
of_a_key();
of_all();
who_dies();
restarts();

$t->done();
$proxy = undef;


# ---- nginx -t

sub bad_values
{
    my $c = Sandbox->new();

    for my $case (
        ['sandbox_max_instances 0;', '0'],
        ['sandbox_max_instances x5;', 'x5'],
        ['sandbox_max_instances 1000001;', '1000001'],
        ['sandbox_engine_calls 1;', '1'],
        ['sandbox_engine_calls 8 queue=0;', 'queue=0'],
        ['sandbox_engine_calls 8 q=5;', 'q=5'],
        ['sandbox_create_rate rate=30;', 'rate=30'],
        ['sandbox_create_rate rate=0r/s;', 'rate=0r/s'],
        ['sandbox_create_rate rate=1r/m burst=-1;', 'burst=-1'],
        ['sandbox_create_rate burst=5;', 'rate='],
    ) {
        my ($line, $named) = @$case;
        $c->write_conf(http => "    $line");
        my ($ok, $out) = $c->check_conf();
        ok(!$ok, "$line: refused");
        like($out, qr/\Q$named\E/, '... and what is wrong is named');
    }

    $c->write_conf(http => '', classes => ["default $plain max_instances=0"]);
    like(($c->check_conf())[1], qr/"max_instances=0".*"default"/,
        'max_instances=0: named');

    $c->write_conf(classes => ["default $plain"],
        keys => ["x:$KEY:instances=none"]);
    like(($c->check_conf())[1], qr/"instances=none".*line 1/,
        'instances=none: named');

    $c->write_conf(keys => ["x:$KEY:admin:instances=5:classes=default"],
        http => "    sandbox_create_rate rate=30r/m burst=10;\n"
            . "    sandbox_engine_calls 4 queue=50;\n"
            . "    sandbox_max_instances 100;",
        api => '        sandbox_create_rate off;');
    my ($ok, $out) = $c->check_conf();
    ok($ok, 'all of it, as it should be') or diag($out);

    $c->cleanup();
}


# a zone that cannot hold what the limits allow; what it says is enough

sub zones
{
    my $c = Sandbox->new();
    my $conf = Sandbox::default_conf();

    for my $n (500, 20000) {
        (my $small = $conf) =~ s/sandbox:1m/sandbox:32k/;
        $c->write_conf(conf => $small, http => "    sandbox_max_instances $n;");
        my ($ok, $out) = $c->check_conf();
        ok(!$ok, "32k for $n sandboxes: refused");
        my ($size) = $out =~
            /zone "sandbox" is too small.*allow $n to run.*zone" to (\d+)k/;
        ok($size, '... and says how much it takes') or diag($out);

        $size ||= 1;
        (my $large = $conf) =~ s/sandbox:1m/sandbox:${size}k/;
        $c->write_conf(conf => $large);
        ($ok, $out) = $c->check_conf();
        ok($ok, "... which is enough: ${size}k") or diag($out);
    }

    $c->write_conf(conf => ($conf =~ s/sandbox:1m/sandbox:32k/r),
        http => '    sandbox_create_rate rate=1r/s;',
        keys => [map { "name-$_:$KEY-$_" } 1 .. 300]);
    my ($ok, $out) = $c->check_conf();
    like($out, qr/create rates of \d+ keys, but there are 300, set/,
        'too many keys for the zone');

    $c->cleanup();
}


# ---- how fast they are made; no container is

sub rates
{
    my $c = Sandbox->new(keys => ["fast:fast-$KEY", "other:other-$KEY"],
        http => '    sandbox_create_rate rate=1r/m burst=3;',
        api => '        location /v1/sandbox/free- { sandbox_create_rate off; '
            . 'sandbox_api; include %%PROXY%%; proxy_pass http://sandbox; }')
        ->start();
    my $make = sub {
        my ($id, %o) = @_;
        $o{key} //= "fast-$KEY";
        return $c->api('POST', '/v1/sandbox', json => { id => $id }, %o);
    };
    my @nonce = (headers => ['Idempotency-Key' => 'once']);

    is($make->('c1', @nonce)->{status}, 200, 'one of a burst');
    is($make->('c1', @nonce)->{status}, 200, 'repeated, it is the same')
        for 1 .. 5;
    is($make->('c1')->{status}, 409, 'what there is is not made') for 1 .. 5;
    is($make->('C 2')->{status}, 400, 'nor is nonsense') for 1 .. 5;
    is($make->("c$_")->{status}, 200, 'another') for 2 .. 3;
    ok($c->expose('c4', 8080, key => "fast-$KEY"), 'one by exposing a port');

    for my $case (
        ['POST', '/v1/sandbox', json => { id => 'c5' }],
        ['POST', '/v1/sandbox/c5/ports', json => { port => 8080 }],
        ['POST', '/v1/sandbox/c5/exec', json => { argv => ['true'] }],
    ) {
        my ($method, $path, @o) = @$case;
        my $res = $c->api($method, $path, @o, key => "fast-$KEY");
        is($res->{status}, 429, "one too many, by $path");
        is($res->{json}{code}, 'TOO_MANY_REQUESTS', '... its code');
        is_deeply($res->{json}{context}, { scope => 'key', name => 'fast',
            rate => '1r/m', burst => 3 }, '... what is allowed');
        my $after = $res->{headers}{'retry-after'} // 0;
        ok($after > 0 && $after <= 63, '... Retry-After');
        ok(! -e "$c->{state}/c5", '... and nothing is made');
    }

    is($make->('c1', @nonce)->{status}, 200, 'a repetition is none');
    is($make->('c1')->{status}, 409, 'nor is a name that is taken');
    is($c->expose('c1', 8080, key => "fast-$KEY") ? 1 : 0, 1,
        'what there is can be used');
    is($make->('o1', key => "other-$KEY")->{status}, 200, 'others may');
    ok($c->expose('free-1', 8080, key => "fast-$KEY"), 'off: no limit');

    # a reload keeps what was used up; it comes back at the rate of then

    $c->reload();
    is($make->('c5')->{status}, 429, 'a reload forgives nothing');
    like($c->api('GET', '/metrics')->{body},
        qr/^sandbox_rate_refused_total [4-9]$/m, 'it is counted');
    $c->write_conf(http => '    sandbox_create_rate rate=600r/m burst=3;');
    $c->reload();
    ok(wait_for(sub { $make->('c5')->{status} == 200 }, 60), 'time does');

    ok($c->quit(), 'it quits');
    is(join("\n", $c->bad_lines()), '', 'no alert');
    $c->cleanup();
}


# ---- how many run

sub of_a_class
{
    my $one = "one-$KEY";

    create($_, class => 'two', key => $one) for qw/a1 a2 a3/;
    is(run($_, $one)->{exit}, 0, "$_: runs") for qw/a1 a2/;

    # of a sandbox that there is, nothing but its start is refused

    $proxy->forget();
    my $res = run('a3', $one);
    refused($res, 'a3', scope => 'class', name => 'two', limit => 2,
        running => 2);
    is(scalar $proxy->calls(qr/^POST/), 0, '... the engine was asked nothing');
    is($t->api('GET', '/v1/sandbox/a3', key => $one)->{json}{state}, 'asleep',
        '... and it is there, asleep');
    is($t->container_of('a3'), undef, '... without a container');
    $res = $t->api('POST', '/v1/sandbox/a3/wake', key => $one);
    refused($res, 'wake', scope => 'class', name => 'two', limit => 2,
        running => 2);

    # what runs is not touched; twenty at once have the same answer

    is(run('a1', $one)->{exit}, 0, 'a1 serves on');
    my @conns = map { $t->exec_start('a3', ['true'], key => $one) } 1 .. 20;
    my @status = map { Sandbox::exec_result($_)->{status} } @conns;
    is("@status", join(' ', (503) x 20), 'twenty more at once: 503');

    # a place that becomes free is had at once

    is($t->api('POST', '/v1/sandbox/a1/sleep', key => $one)->{status}, 200,
        'a1 sleeps');
    is(run('a3', $one)->{exit}, 0, '... and a3 starts');
    refused(run('a1', $one), 'a1', scope => 'class', name => 'two',
        limit => 2, running => 2);
    is($t->api('DELETE', '/v1/sandbox/a2', key => $one)->{status}, 204,
        'a2 is destroyed');
    is(run('a1', $one)->{exit}, 0, '... and a1 starts');

    # ten starts for one place

    is($t->api('POST', '/v1/sandbox/a1/sleep', key => $one)->{status}, 200,
        'a1 sleeps again');
    create("race-$_", class => 'two', key => $one) for 1 .. 8;
    @conns = map { $t->exec_start("race-$_", ['true'], key => $one) } 1 .. 8;
    @status = sort map { Sandbox::exec_result($_)->{status} } @conns;
    is("@status", join(' ', 200, (503) x 7), 'eight for one place: one has it');
    is(scalar $t->containers(running => 1), 2, '... and two run');

    $t->api('DELETE', "/v1/sandbox/$_", key => $one)
        for 'a1', 'a3', map { "race-$_" } 1 .. 8;
    figures(0, 'all gone');
}


sub of_a_key
{
    my $few = "few-$KEY";

    is(run('f1', $few)->{exit}, 0, 'f1: runs');

    # a first use that is refused leaves nothing

    $proxy->forget();
    my $res = run('f2', $few);
    refused($res, 'f2', scope => 'key', name => 'few', limit => 1,
        running => 1);
    is(scalar $proxy->calls(qr/^POST/), 0, '... the engine was asked nothing');
    is($t->api('GET', '/v1/sandbox/f2', key => $few)->{status}, 404,
        '... and there is no f2');
    ok(! -e "$t->{state}/f2", '... nor its directory');

    # naming one starts nothing

    create('f3', key => $few);
    is($t->expose('f4', 8080, key => $few) ? 1 : 0, 1, 'f4: exposed');
    refused(run('f3', $few), 'f3', scope => 'key', name => 'few', limit => 1,
        running => 1);

    # of the owner, not of the caller

    refused(run('f3', "admin-$KEY"), 'f3 by an admin', scope => 'key',
        name => 'few', limit => 1, running => 1);
    is(run('admins', "admin-$KEY")->{exit}, 0, 'his own starts');

    is($t->api('DELETE', '/v1/sandbox/f1', key => $few)->{status}, 204,
        'f1 is destroyed');
    is(run('f2', $few)->{exit}, 0, '... and f2 starts');

    $t->api('DELETE', "/v1/sandbox/$_", key => "admin-$KEY")
        for qw/f2 f3 f4 admins/;
    figures(0, 'all gone');
}


sub of_all
{
    my $many = "many-$KEY";

    is(run("m$_", $many)->{exit}, 0, "m$_: runs") for 1 .. 4;
    refused(run('m5', $many), 'm5', scope => 'all', name => '', limit => 4,
        running => 4);
    figures(4, 'four run');
    like(metric('capacity_refused_total'), qr/^[1-9]/, 'refusals are counted');
    is(metric('start_failures_total'), 0, '... and are no failed starts');

    # a reload keeps the count, and a lower limit ends nothing

    $t->write_conf(http => '    sandbox_max_instances 3;');
    $t->reload();
    refused(run('m5', $many), 'after a reload', scope => 'all', name => '',
        limit => 3, running => 4);
    is(run('m4', $many)->{exit}, 0, 'm4 serves on');
    $t->api('DELETE', '/v1/sandbox/m1', key => $many);
    refused(run('m5', $many), 'with three of three', scope => 'all',
        name => '', limit => 3, running => 3);
    $t->api('DELETE', '/v1/sandbox/m2', key => $many);
    is(run('m5', $many)->{exit}, 0, 'with two of three it starts');
}


# ---- what nobody has said

sub who_dies
{
    my $many = "many-$KEY";

    # containers that end by themselves

    refused(run('m6', $many), 'full', scope => 'all', name => '', limit => 3,
        running => 3);
    kill 'KILL', $t->agent_pid('m5');
    my $first = run('m6', $many);

    # its end may be told a moment later than it is
    ok($first->{status} == 503 || $first->{exit} == 0,
        'the agent of m5 is killed');
    ok(wait_for(sub { (run('m6', $many)->{exit} // 1) == 0 }, 30),
        '... and m6 starts in its place');

    # no event has told of it

    $proxy->set('hang /events');
    $t->kill_worker($_) for $t->workers_alive();
    docker_kill('m6');
    ok(wait_for(sub { (run('m7', $many)->{exit} // 1) == 0 }, 30),
        'an end that no event told is seen by whom it would keep out');
    $proxy->set('');

    # workers that die in the middle of a start

    $t->api('DELETE', "/v1/sandbox/m7", key => $many);
    figures(2, 'two run');
    $proxy->set('hang containers/.*/start');
    my @conns = map { $t->exec_start('m8', ['true'], key => $many) } 1;
    ok(wait_for(sub { metric('instances{state="starting"}') == 1 }, 30),
        'one starts');
    $t->kill_worker($_) for $t->workers_alive();
    $proxy->set('');
    ok(wait_for(sub { (run('m9', $many)->{exit} // 1) == 0 }, 30),
        'the place of a start whose worker was killed is free');

    # and in the middle of one that comes to pass

    $t->api('DELETE', "/v1/sandbox/m9", key => $many);
    $proxy->set('hold containers/.*/start 2000');
    @conns = map { $t->exec_start('m8', ['true'], key => $many) } 1;
    ok(wait_for(sub { $t->agent_pid('m8') }, 30), 'm8 is running');
    $t->kill_worker($_) for $t->workers_alive();
    $proxy->set('');
    refused(run('m9', $many), 'm8 has its place without its worker',
        scope => 'all', name => '', limit => 3, running => 3);
    figures(3, 'three run');
}


# nginx knows nothing, and counts before it lets anybody in

sub restarts
{
    my $many = "many-$KEY";

    ok($t->quit(), 'nginx ends');
    $proxy->forget();
    $t->start();
    create('r1', key => $many);
    my @conns = map { $t->exec_start('r1', ['true'], key => $many) } 1 .. 6;
    my @res = map { Sandbox::exec_result($_) } @conns;
    is(join(' ', map { $_->{status} } @res), join(' ', (503) x 6),
        'started again: full as before');
    refused($res[0], 'r1', scope => 'all', name => '', limit => 3,
        running => 3);
    is(scalar $proxy->calls(qr/^POST/), 0, '... the engine was asked nothing');

    ok($t->api('DELETE', "/v1/sandbox/m8", key => $many)->{status} == 204,
        'one is destroyed');
    is(run('r1', $many)->{exit}, 0, '... and r1 starts');

    # the same while the engine is away

    ok($t->quit(), 'nginx ends again');
    $proxy->stop();
    $t->start();
    my $res = run('r2', $many);
    is($res->{status}, 503, 'started without the engine: 503');
    is($res->{json}{code}, 'CONTAINER_UNAVAILABLE', '... for what it is');
    $proxy->start();
    ok(wait_for(sub {
        my $r = run('r2', $many);
        $r->{status} == 503 && $r->{json}{code} eq 'capacity_exceeded';
    }, 30), '... and with the engine back it is full');
    is(scalar $t->containers(running => 1), 3, 'three run');
}


# ---- small things

sub create
{
    my ($id, %o) = @_;
    my $key = delete $o{key};
    my $res = $t->api('POST', '/v1/sandbox', key => $key,
        json => { id => $id, %o });
    is($res->{status}, 200, "$id: created") or diag($res->{body});
}


sub run
{
    my ($id, $key) = @_;
    my $res = $t->exec($id, ['true'], key => $key);
    $res->{exit} //= -1;
    return $res;
}


sub refused
{
    my ($res, $name, %context) = @_;

    is($res->{status}, 503, "$name: refused") or diag(explain($res->{json}));
    is($res->{json}{code}, 'capacity_exceeded', '... its code');
    is_deeply($res->{json}{context}, \%context, '... with the figures')
        or diag(explain($res->{json}{context}));
    like($res->{headers}{'retry-after'} // '', qr/^[1-9]\d*$/,
        '... Retry-After');
    like($res->{json}{message},
        qr/^$context{running} of $context{limit} sandboxes/, '... in words');
}


sub figures
{
    my ($n, $name) = @_;
    ok(wait_for(sub {
        metric('instances{state="running"}') == $n
            && metric('instances{state="starting"}') == 0;
    }, 30), "$name: so many are counted");
}


sub metric
{
    my ($name) = @_;
    my $body = $t->api('GET', '/metrics')->{body};
    return $body =~ /^sandbox_\Q$name\E (\d+)$/m ? $1 : -1;
}


sub docker_kill
{
    my ($id) = @_;
    my $name = $t->container_of($id);
    Sandbox::docker("kill $name");
    ok(wait_for(sub { !grep { $_ eq $name } $t->containers(running => 1) },
        30), "$id is killed");
}
