#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The engine absent, refusing, hanging, failing: a clear 503 while it lasts,
# and all is well after it without a restart.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new(absent => 1);
my $t = Sandbox->new(engine => $proxy->engine(),
    http => "    sandbox_engine_timeout 6s;\n    sandbox_start_timeout 15s;")
    ->start();
my $n = 0;

# absent: nginx starts all the same

down('absent', sub { });
is($t->api('GET', '/v1/sandbox')->{status}, 200, 'absent: the list answers');
is($t->api('POST', '/v1/sandbox')->{status}, 200, 'absent: ids are issued');
is($t->api('GET', '/health')->{status}, 200, 'absent: health answers');

$proxy->start();
is($t->run_in('down', 'echo up'), "up\n",
    'there: the next call starts the sandbox');
$t->app('down', 'app.py', 8080);
my $url = $t->expose('down', 8080);

# refused

$proxy->stop();
down('refused', sub { });
serving('refused');
$proxy->start();
recovered('refused');

# hanging, in each call

for my $call ('_ping|version', 'containers/create', 'containers/[^/]*/start',
    'images')
{
    $proxy->forget();
    $proxy->set("hang $call");
    my $start = time();

    # several, so that all workers meet it
    my @conns = map { $t->exec_start('down-' . ++$n, ['true']) } 1 .. 6;
    my @res = map { Sandbox::exec_result($_) } @conns;

    # what is not asked cannot hang
    if ($proxy->calls(qr/$call/)) {
        my @odd = grep { $_->{status} !~ /^50[34]$/
            && !defined $_->{exit} } @res;
        is(scalar @odd, 0, "hangs at $call: done, or 503");
        is(scalar(grep { $_->{status} == 200 } @res), 0,
            "hangs at $call: none is done") if $call =~ /create|start/;
        cmp_ok(time() - $start, '<', 60, "hangs at $call: answered in time");
    } else {
        is(scalar(grep { defined $_->{exit} } @res), 6,
            "$call is not asked");
    }
    serving("hangs at $call");
    $proxy->set('');

    # a worker may have found it away, and sees soon that it is back
    ok(wait_for(sub { started("down-$_") }, 60),
        "$call: over, down-$_ starts") for $n - 5 .. $n;
}

# errors in words

for my $case (
    ['500 to create', 'status containers/create 500 '
        . '{"message":"the disk is full, says the engine"}',
        qr/the disk is full, says the engine/],
    ['500 to start', 'status /start 500 {"message":"no cgroup for you"}',
        qr/no cgroup for you/],
    ['no JSON', 'status containers/create 500 <html>', qr/./],
    ['201 without an id', 'status containers/create 201 {}', undef],
    ['201 that is no object', 'status containers/create 201 [[[', undef],
    ['404 to create', 'status containers/create 404 '
        . '{"message":"No such image: x"}', qr/No such image/],
    ['a cut after create', 'drop containers/create', undef],
) {
    my ($name, $order, $re) = @$case;
    my $id = 'down-' . ++$n;
    $proxy->set($order);
    my $res = $t->exec($id, ['true']);

    if ($re) {
        like($res->{status}, qr/^50\d$/, "$name: $res->{status}");
        like($res->{json}{message} // '', $re, "$name: the message");
        ok(length($res->{json}{code} // ''), "$name: a code");
    } else {
        # trying again is as good as saying so
        ok($res->{status} =~ /^50\d$/ || defined $res->{exit},
            "$name: $res->{status}");
    }

    $proxy->set('');
    is($t->run_in($id, 'echo well'), "well\n", "$name: then it starts");
    is(scalar(grep { index($_, $t->run_of($id)) >= 0 } $t->containers()), 1,
        "$name: one container");
}

# destroy while the engine is away: the name is free, the rest follows

is($t->run_in('gone', 'echo here'), "here\n", 'one that is to be destroyed');
my $gone = $t->container_of('gone');
ok($gone, 'has a container');
$proxy->stop();
my $res = $t->api('DELETE', '/v1/sandbox/gone');
like($res->{status}, qr/^(?:204|503)$/, "destroy: $res->{status}");
is($t->api('GET', '/v1/sandbox/gone')->{status},
    $res->{status} == 204 ? 404 : 200, 'and it is as it was said');
$proxy->start();
is($t->api('DELETE', '/v1/sandbox/gone')->{status}, 204,
    'destroy with the engine back: 204');
ok(wait_for(sub { !grep { $_ eq $gone } $t->containers() }, 120),
    'the container goes');

# many callers while it is down, and it comes back

$proxy->stop();
my @conns = map { $t->exec_start("down-many-$_", ['echo', 'x']) } 1 .. 30;
my @status = map { Sandbox::exec_result($_)->{status} } @conns;
is(scalar(grep { $_ == 503 } @status), 30, 'thirty callers: all 503')
    or diag("@status");
$proxy->start();
is(scalar(grep { ($t->run_in("down-many-$_", 'echo x') // '') eq "x\n" }
    1 .. 3), 3, 'and then they start');

is($t->preview('GET', $url)->{status}, 200, 'the preview never noticed');

$t->done();


sub down
{
    my ($name) = @_;
    my $start = time();
    my $r = $t->exec('down-never-' . ++$n, ['true']);

    is($r->{status}, 503, "$name: 503");
    like($r->{headers}{'retry-after'} // '', qr/^\d+$/,
        "$name: Retry-After");
    like($r->{json}{message} // '', qr/engine/i, "$name: names the engine");
    ok(length($r->{json}{code} // ''), "$name: a code");
    cmp_ok(time() - $start, '<', 30, "$name: soon");
}


sub started
{
    my ($id) = @_;
    my $res = $t->exec($id, ['echo', 'well']);
    return defined $res->{exit} && $res->{stdout} eq "well\n";
}


# what runs is served without the engine

sub serving
{
    my ($name) = @_;
    is($t->run_in('down', 'echo on'), "on\n", "$name: what runs, runs");
    is($t->preview('GET', $url)->{status}, 200, "$name: previews too");
}


sub recovered
{
    my ($name) = @_;
    is($t->run_in('down-' . ++$n, 'echo new'), "new\n",
        "$name: over, a new sandbox starts");
}
