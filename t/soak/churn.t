#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Sandboxes made, used and destroyed by the hundred: nothing is left of them,
# in the workers, in the engine or on the disk.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Image;

my $rounds = $ENV{TEST_SOAK_ROUNDS} || 80;
my $t = Sandbox->new(classes => [
    'default image=' . Sandbox::Image::busybox() . ' memory=64m pids=32 '
        . 'network=none sleep_after=10m'])->start();
my (%fds, %rss);

round($_) for 1 .. 20;
note_now(\%fds, \%rss);
my @bad = map { round($_) } 21 .. 20 + $rounds;
is("@bad", '', "$rounds sandboxes made, used and destroyed");

my (%fds2, %rss2);
ok(wait_for(sub {
    (%fds2, %rss2) = ();
    note_now(\%fds2, \%rss2);
    return !grep { $fds2{$_} > $fds{$_} + 2 } keys %fds;
}, 30), 'no descriptor is left in a worker')
    or diag(join ' ', map { "$fds{$_}->$fds2{$_}" } keys %fds);

SKIP: {
    skip 'memory under sanitizers', 1 if sanitized();
    my @grown = map { ($rss2{$_} - $rss{$_}) >> 10 } sort keys %rss;
    diag("workers grew by @grown KB");
    is(scalar(grep { $_ > 2048 } @grown), 0, 'no worker grew by 2 MB');
}

is(scalar $t->containers(), 0, 'no container is left');
is(join(' ', map { s{.*/}{}r } glob "$t->{state}/.run/* $t->{state}/.trash-* "
    . "$t->{state}/.new-* $t->{state}/churn*"), '', 'nor a directory');

$t->done();


sub round
{
    my ($n) = @_;
    my @ids = map { "churn-$n-$_" } 1 .. 3;
    my @wrong;

    my @conns = map { $t->exec_start($_, ['echo', $_]) } @ids;
    for my $id (@ids) {
        my $r = Sandbox::exec_result(shift @conns);
        push @wrong, "$id: $r->{status}" if $r->{stdout} ne "$id\n";
    }
    my $url = $t->expose($ids[0], 8080);
    $t->put($ids[0], 'workspace/f', 'x' x 1000);
    $t->run_in($ids[0], 'httpd -p 127.0.0.1:8080 -h /workspace');
    my $page = $t->preview('GET', $url, path => '/f');
    push @wrong, "preview $ids[0]: $page->{status}"
        if ($page->{body} // '') ne 'x' x 1000;
    for my $id (@ids) {
        my $r = $t->api('DELETE', "/v1/sandbox/$id");
        push @wrong, "DELETE $id: $r->{status}" if $r->{status} != 204;
    }
    return @wrong;
}


sub note_now
{
    my ($fds, $rss) = @_;
    for my $pid ($t->workers_alive()) {
        my @list = glob "/proc/$pid/fd/*";
        $fds->{$pid} = @list;
        $rss->{$pid} = Sandbox::memory($pid, 'VmRSS');
    }
}
