#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# One owner takes all it can get, for ten minutes; another one's API, previews,
# wakes and new sandboxes go on, and 99 of 100 calls take at most three times
# as long as before.  With TEST_TWO_OWNERS_SECONDS=60 it is over sooner, with
# too few calls for the last of that.
#
# CPU time is what a class divides: the first owner's sandboxes have a sixteenth
# of a processor each, its key may run ten and create one in a second, and the
# engine gets as many calls at a time as there are processors.  Its clients,
# which would be on other machines, have a lower priority.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Conf;
use Sandbox::Greedy;
use Sandbox::Terminal;

my $SECONDS = $ENV{TEST_TWO_OWNERS_SECONDS} || 600;
my ($GREEDY, $MODEST) = map { $_ x 20 } qw/g m/;

my $t = Sandbox->new(workers => 2, level => 'notice',
    keys => ["greedy:$GREEDY:instances=10", "modest:$MODEST"],
    http => "    sandbox_create_rate rate=60r/m burst=10;\n"
        . "    sandbox_engine_calls 2;\n",
    main => 'worker_rlimit_nofile 16384;',
    classes => [
        'default image=sandbox-base memory=256m cpus=1 pids=128 network=none '
            . 'sleep_after=10m',
        'greedy image=sandbox-base memory=256m cpus=0.0625 pids=256 '
            . 'network=none sleep_after=10m'])->start();

my ($id, $url, %wrong) = ('modest');

$t->{key} = $MODEST;
$t->app($id, 'app.py', 8080);
$url = $t->expose($id, 8080);
round() for 1 .. 3;
%wrong = ();

my %alone = during($SECONDS / 2);
is(wrong(), '', 'alone: all goes well');

$t->{key} = $GREEDY;
my $greedy = Sandbox::Greedy->new(t => $t, class => 'greedy');
$greedy->begin();
$t->{key} = $MODEST;

my %beside = during($SECONDS);

$greedy->stop();
my %took = $greedy->report();
diag("$_: $took{$_}") for sort keys %took;

is(wrong(), '', 'beside the other owner: all goes well');

for my $what (sort keys %alone) {
    my ($p, $q) = map { p99($_->{$what}) } \%alone, \%beside;
    diag(sprintf '%s: p50 %.0f -> %.0f ms, p99 %.0f -> %.0f ms, %.1f times, '
        . '%d and %d calls', $what,
        (map { 1000 * p50($_->{$what}) } \%alone, \%beside),
        1000 * $p, 1000 * $q, $q / $p, scalar @{$alone{$what}},
        scalar @{$beside{$what}});

    SKIP: {
        skip "$what: fewer than 50 calls", 1
            if grep { @{$_->{$what}} < 50 } \%alone, \%beside;
        cmp_ok($q, '<=', 3 * $p, "$what: 99 of 100 take at most three times "
            . 'as long');
    }
}

$t->done();


sub during
{
    my ($seconds) = @_;
    my $end = time() + $seconds;
    my %took;

    while (time() < $end) {
        my $round = round();
        push @{$took{$_}}, @{$round->{$_}} for keys %$round;
    }
    return %took;
}


# what the second owner does, and how long each call takes

sub round
{
    my %took;
    my $n = ++$t->{rounds};

    my $call = sub {
        my ($what, $code) = @_;
        my $begin = time();
        my $said = $code->();
        push @{$took{$what}}, time() - $begin;
        $wrong{"$what: $said"}++ if $said ne '';
    };
    my $status = sub {
        my ($res, $want) = @_;
        return $res->{status} == $want ? '' : "$res->{status} "
            . substr($res->{body} // '', 0, 200);
    };
    my $ran = sub {
        my ($res) = @_;
        return defined $res->{exit} && $res->{exit} == 0 ? ''
            : "$res->{status} " . substr($res->{body} // $res->{stderr}, 0,
                200);
    };

    for (1 .. 4) {
        $call->(show => sub { $status->($t->api('GET', "/v1/sandbox/$id"),
            200) });
        $call->(exec => sub { $ran->($t->exec($id, ['true'])) });
        $call->(preview => sub { $status->($t->preview('GET', $url), 200) });
        $call->(write => sub { $status->($t->put($id, 'workspace/file',
            $n x 1000), 200) });
        $call->(read => sub { $status->($t->get($id, 'workspace/file'),
            200) });
    }

    $call->(terminal => sub {
        my $term = Sandbox::Terminal->new(port => $t->{port},
            path => "/v1/sandbox/$id/pty", host => "localhost:$t->{port}",
            headers => [Authorization => "Bearer $t->{key}"]);
        my $said = $term->ready(30) ? '' : "$term->{status} not ready";
        $term->close();
        return $said;
    });

    my $asleep = $t->api('POST', '/v1/sandbox/modest-wake/wake');
    $asleep = $t->api('POST', '/v1/sandbox/modest-wake/sleep');
    $wrong{"sleep: $asleep->{status}"}++ if $asleep->{status} != 200;
    $call->(wake => sub { $ran->($t->exec('modest-wake', ['true'])) });

    $call->(new => sub { $ran->($t->exec("modest-$n", ['true'])) });
    $call->(destroy => sub { $status->($t->api('DELETE',
        "/v1/sandbox/modest-$n"), 204) });

    # others use the machine, too
    sleep 0.5;
    return \%took;
}


sub wrong
{
    my @wrong = map { "$wrong{$_} times $_" } sort keys %wrong;
    %wrong = ();
    return join "\n", @wrong;
}


sub p99 { return rank($_[0], 0.99) }

sub p50 { return rank($_[0], 0.5) }

sub rank
{
    my ($list, $of) = @_;
    my @sorted = sort { $a <=> $b } @$list;
    return $sorted[POSIX::ceil($of * @sorted) - 1];
}
