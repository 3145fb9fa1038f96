#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# An engine in trouble: what its callers are told, and that nothing is asked of
# one that is away but whether it is back.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $plain = 'image=sandbox-base memory=128m cpus=1 pids=64 network=none';
my $n = 0;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), classes => [
    "default $plain", 'missing image=sandbox-no-such-image:1'],
    http => '    sandbox_start_timeout 12s;')->start();

is($t->run_in('on', 'echo on'), "on\n", 'one that runs');

words();
conflicts();
slow();
hangs();
refuses();

$t->done();


# ---- what the engine says

sub words
{
    for my $case (
        ['disk full, at create', 'containers/create', 500,
            'mkdir /x/merged: no space left on device', 507, 'no_space', 1],
        ['disk full, at start', '/start', 500,
            'failed to create task: write /run/x: No space left on device',
            507, 'no_space', 1],
        ['no memory', '/start', 500,
            'runc create failed: fork/exec: cannot allocate memory', 503,
            'capacity_exceeded', 1],
        ['refused', 'containers/create', 403, 'not on my watch', 500,
            'INTERNAL_ERROR', 0],
        ['broken', '/start', 500, 'runc: it fell over', 503,
            'CONTAINER_UNAVAILABLE', 1],
        ['its proxy', '/start', 502, 'bad gateway', 503,
            'CONTAINER_UNAVAILABLE', 1],
        ['no image, at create', 'containers/create', 404,
            'No such image: sandbox-base:latest', 500, 'INTERNAL_ERROR', 0],
    ) {
        my ($name, $call, $said, $words, $status, $code, $again) = @$case;
        my $id = 'words-' . ++$n;

        $proxy->set(qq(status $call $said {"message":"$words"}));
        my $res = $t->exec($id, ['true']);
        is($res->{status}, $status, "$name: $status");
        is($res->{json}{code}, $code, "$name: $code");
        my $public = $words =~ s{(?<!\S)/\S*[^\s:]}{***}r;
        like($res->{json}{message}, qr/\Q$public\E/,
            "$name: in its own words, without paths");
        is(defined $res->{headers}{'retry-after'} ? 1 : 0, $again,
            "$name: Retry-After where that helps");
        $proxy->set('');
        is($t->run_in($id, 'echo well'), "well\n", "$name: over");
    }

    my $res = $t->api('POST', '/v1/sandbox',
        json => { id => 'imageless', class => 'missing' });
    is($res->{status}, 200, 'a class without its image: named');
    $res = $t->exec('imageless', ['true']);
    is($res->{status}, 500, '... and not started');
    like($res->{json}{message}, qr/no image "sandbox-no-such-image:1"/,
        '... for what it is');
    is($res->{headers}{'retry-after'}, undef, '... not to be tried again');
}


# the name is another's, and one that only its worker did not live to see

sub conflicts
{
    is($t->api('POST', '/v1/sandbox', json => { id => 'taken' })->{status},
        200, 'a name');
    my $name = 'nginx-sandbox-' . $t->run_of('taken');
    Sandbox::docker("create --name $name sandbox-base");

    my $res = $t->exec('taken', ['true']);
    is($res->{status}, 500, 'a container of that name is there: 500');
    like($res->{json}{message}, qr/\Q$name\E.*remove or rename/,
        '... and is named');
    is(Sandbox::docker("inspect --format '{{.State.Status}}' $name"),
        "created\n", '... and is not touched');
    Sandbox::docker("rm -f $name");
    is($t->run_in('taken', 'echo mine'), "mine\n", '... removed, it starts');

    $proxy->set('drop containers/create');
    $res = $t->exec('cut', ['true']);
    like($res->{status}, qr/^50[34]$/, 'cut off from what it made');
    $proxy->set('');
    is($t->run_in('cut', 'echo found'), "found\n", '... it finds it again');
    is($t->exec('cut', ['true'])->{headers}{'sandbox-start'}, 'hit',
        '... and has it');
}


sub slow
{
    $proxy->set('delay .* 700');
    is($t->run_in('slow', 'echo slow'), "slow\n", 'a slow engine is waited for');
    is($t->run_in('on', 'echo on'), "on\n", '... not by what runs');
    $proxy->set('');
}


# it accepts, and never answers

sub hangs
{
    my $log = length $t->log_text();

    $proxy->set('hang .*');

    # every worker is to find out

    my @conns = map { $t->exec_start('hang-' . ++$n, ['true']) } 1 .. 12;
    ok(wait_for(sub { metric('engine_away_workers') >= 1 }, 60),
        'an engine that hangs is away');
    is($t->run_in('on', 'echo on'), "on\n", '... and what runs, runs');

    my @res = map { Sandbox::exec_result($_) } @conns;
    is(scalar(grep { $_->{status} != 503 } @res), 0, '... callers are told so');
    is(scalar(grep { !$_->{headers}{'retry-after'} } @res), 0,
        '... and when to come again');
    ok(wait_for(sub { metric('engine_away_workers') >= 2 }, 60),
        'several workers know');

    # one asks whether it is back, however many come

    $proxy->forget();
    my $start = time();
    @conns = map { $t->exec_start('more-' . ++$n, ['true']) } 1 .. 60;
    @res = map { Sandbox::exec_result($_) } @conns;
    is(scalar(grep { $_->{status} != 503 } @res), 0, 'sixty more: 503');
    is(scalar(grep { ($_->{json}{code} // '') ne 'CONTAINER_UNAVAILABLE' }
        @res), 0, '... for what it is');
    my $pings = $proxy->calls(qr/_ping/);
    cmp_ok($pings, '<=', 3 * (2 + (time() - $start)),
        "... which took no ping each, but $pings");
    cmp_ok(scalar $proxy->calls(qr/images|containers/), '<=', 12,
        '... and no call');

    # and it comes back

    $proxy->forget();
    $proxy->set('');
    ok(wait_for(sub { metric('engine_away_workers') == 0 }, 60),
        'back: all workers see it by themselves');
    is($t->run_in("hang-back-$_", 'echo back'), "back\n", 'and start')
        for 1 .. 3;
    ok(wait_for(sub { $proxy->calls(qr{GET \S*/containers/json}) }, 30),
        'its containers are looked through at once');

    my $text = substr $t->log_text(), $log;
    my $away = () = $text =~ /container engine "[^"]+" is unavailable: /g;
    my $back = () = $text =~ /engine "[^"]+" is available again after \d+ ms/g;
    ok($away >= 1 && $away <= 3, "the log says so once for each worker: $away");
    is($back, $away, '... and that it is back');
}


# nothing listens; what was destroyed meanwhile goes when it is back

sub refuses
{
    is($t->run_in('gone', 'echo here'), "here\n", 'one to be destroyed');
    my $gone = $t->container_of('gone');

    $proxy->stop();
    my @conns = map { $t->exec_start('refuse-' . ++$n, ['true']) } 1 .. 60;
    my @res = map { Sandbox::exec_result($_) } @conns;
    is(scalar(grep { $_->{status} != 503 } @res), 0, 'refused: 503 for sixty');
    is($t->api('DELETE', '/v1/sandbox/gone')->{status}, 204,
        'one is destroyed meanwhile');
    is($t->run_in('on', 'echo on'), "on\n", 'what runs, runs');
    ok(wait_for(sub { metric('engine_away_workers') >= 1 }, 30),
        'it is known to be away');

    $proxy->forget();
    $proxy->start();
    ok(wait_for(sub { metric('engine_away_workers') == 0 }, 60), 'back');
    ok(wait_for(sub { $proxy->calls(qr{GET \S*/events}) }, 30),
        'its events are listened to again');
    is($t->run_in('refuse-back', 'echo back'), "back\n", 'and sandboxes start');
    ok(wait_for(sub { !grep { $_ eq $gone } $t->containers() }, 30),
        'the container goes with the sweep of its return');
}


sub metric
{
    my ($name) = @_;
    my $body = $t->api('GET', '/metrics')->{body};
    return $body =~ /^sandbox_\Q$name\E (\d+)$/m ? $1 : -1;
}
