#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A hostile program in the agent's place that breaks the boot handshake, the
# hello or the tether: its own sandbox fails in words, and nothing else does.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;

my @modes = qw/boot-leave boot-early boot-silent boot-garbage boot-types
    boot-huge boot-flood hello-silent hello-garbage hello-types hello-flood
    tether-flood tether-garbage tether-close status-silent status-leave
    status-types status-others status-huge/;

my $t = Sandbox->new(
    agent => Sandbox::Image::program('hostile_agent'),
    http => '    sandbox_start_timeout 3s;',
    classes => [
        'default image=' . Sandbox::Image::bare('bare')
            . ' memory=64m pids=64 network=none sleep_after=10m',
        map { "$_ image=" . Sandbox::Image::bare("h-$_", "HOSTILE=$_")
            . ' memory=64m pids=64 network=none sleep_after=10m' } @modes,
    ])->start();
my @workers = $t->workers_alive();
my $res;

is($t->api('GET', '/v1/sandbox/good/api/ping')->{body}, 'ok',
    'the program is in place');

for my $mode (@modes) {
    my $name = "evil-$mode";
    is($t->api('POST', '/v1/sandbox',
        json => { id => $name, class => $mode })->{status}, 200,
        "$mode: made");

    my $start = time();
    $res = $t->api('GET', "/v1/sandbox/$name/api/ping");
    cmp_ok(time() - $start, '<', 40, "$mode: answered");

    # once it has taken the sockets, its answers are answers

    if ($mode =~ /^status/) {
        is($res->{status}, 200, "$mode: it serves");
        $res = $t->api('GET', "/v1/sandbox/$name");
        is($res->{status}, 200, "$mode: shown");
        is($res->{json}{usage}, undef, "$mode: no use is made up")
            if $mode ne 'status-huge';
        is($res->{json}{sleepsIn}, undef, "$mode: nor a time")
            if $mode ne 'status-huge';
        is($res->{json}{limits}{memory},
            engine_enforces('MemoryLimit') ? 64 << 20 : undef,
            "$mode: the limits are");

    } elsif ($mode =~ /^(?:tether|hello|boot-early)/) {
        like($res->{status}, qr/^(?:200|502|503|504)$/,
            "$mode: $res->{status}");
    } else {
        like($res->{status}, qr/^(?:502|503|504)$/, "$mode: $res->{status}");
        ok(length($res->{json}{code} // ''), "$mode: "
            . ($res->{json}{code} // 'no code'));
    }

    is($t->api('GET', '/v1/sandbox/good/api/ping')->{status}, 200,
        "$mode: another sandbox is served");
    is($t->api('DELETE', "/v1/sandbox/$name")->{status}, 204,
        "$mode: destroyed");
}

is(join(',', $t->workers_alive()), join(',', @workers),
    'the workers are those of the beginning');

$t->done();
