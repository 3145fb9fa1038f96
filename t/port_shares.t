#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# One owner has requests open to more ports than the shared zone can count:
# the ports of all others are served, and their limits hold.

use warnings;
use strict;

use IO::Select;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Conf;

my $MANY = 80;
my ($A, $B, $C) = map { $_ x 20 } qw/a b c/;

# with room for some tens of ports
(my $conf = Sandbox::Conf::default_conf()) =~ s/sandbox:1m/sandbox:128k/;

my $t = Sandbox->new(conf => $conf, keys => ["a:$A", "b:$B", "c:$C"],
    preview => '            sandbox_preview_limit connections=3;')->start();

my %url;
for ([a1 => $A, $MANY], [b1 => $B, 2], [c1 => $C, 1]) {
    my ($id, $key, $n) = @$_;
    $t->{key} = $key;
    $t->app($id, 'many.py', 9000, $n);
    $url{$id} = [map { $t->expose($id, 9000 + $_) } 0 .. $n - 1];
}

is(page('b1'), 200, 'all is well');


# waiting pages have no connection to an app

$t->{key} = $A;
my @waiting = map { $t->expose('a1', 9500 + $_) } 0 .. $MANY - 1;
my @events = map { hold($_, '/.sandbox/events') } @waiting;
is(scalar(grep { $_->head()->{status} == 200 } @events), $MANY,
    'a waiting page for each port');
others('beside waiting pages');
is(page('a1'), 200, 'and its own ports are served');

my @more = map { hold($waiting[0], '/.sandbox/events') } 1 .. 12;
my @refused = grep { $_->head()->{status} == 429 } @more;
cmp_ok(scalar @refused, '>=', 3, 'they are bounded for a port');
$_->close() for @events, @more;


# requests that are open

my @open = map { hold($_, '/hold') } @{$url{a1}};
ok(Sandbox::wait_for(sub { $t->log_text() =~ /no room for the limits of port/ },
    30), 'the zone has no room for them');
others('beside open requests');
is(page('a1', $_), 200, "a1, $_: one more is served") for 0, $MANY - 1;

# those that the zone counts, and those that each worker counts
push @open, map { hold($url{a1}[0], '/hold') } 1 .. 2;
is(scalar(grep { page('a1') != 429 } 1 .. 20), 0, 'its first ports are limited');
push @open, map { hold($url{a1}[$MANY - 1], '/hold') } 1 .. 12;
ok(Sandbox::wait_for(sub { full('a1', $MANY - 1, \@open) }, 30),
    'its last ports are limited by each worker');


# a worker dies with them; those that took its place find the room

my %old = map { $_ => 1 } $t->workers_alive();
$t->kill_worker($_) for keys %old;
$_->close() for @open;
others('after workers have died');

@open = map { hold($_, '/hold') } @{$url{a1}}[0 .. 9];
push @open, map { hold($url{a1}[$_ % 10], '/hold') } 0 .. 19;
ok(Sandbox::wait_for(sub { full('a1', 9, \@open) }, 30), 'it has room again');
is(scalar(grep { page('a1', 9) != 429 } 1 .. 12), 0, 'over all workers');
$_->close() for @open;


# whose owner is nobody: each sandbox has a share

$t->write_conf(keys => undef);
$t->reload();
$t->{key} = undef;

for ([n1 => $MANY], [n2 => 1], [n3 => 1]) {
    my ($id, $n) = @$_;
    $t->app($id, 'many.py', 9000, $n);
    $url{$id} = [map { $t->expose($id, 9000 + $_) } 0 .. $n - 1];
}

@open = map { hold($_, '/hold') } @{$url{n1}};
is(page('n1', $MANY - 1), 200, 'without owners');
limited('n2', 0, 'without owners');
limited('n3', 0, 'without owners');
$_->close() for @open;

$t->done();


sub hold
{
    my ($url, $path) = @_;
    my ($host) = $url =~ m{^http://([^/]+)};
    my $c = $t->connect();

    $c->request('GET', $path, host => $host);
    return $c;
}


sub page
{
    my ($id, $n) = @_;
    return $t->preview('GET', $url{$id}[$n // 0])->{status};
}


sub others
{
    my ($when) = @_;
    limited('b1', $_, $when) for 0, 1;
    limited('c1', 0, $when);
}


# by all workers together, which shows that the shared zone counts it

sub limited
{
    my ($id, $n, $when) = @_;

    is(scalar(grep { page($id, $n) != 200 } 1 .. 9), 0,
        "$id, $n: served, $when");

    my @held = map { hold($url{$id}[$n], '/hold') } 1 .. 3;
    ok(Sandbox::wait_for(sub { full($id, $n, \@held) }, 30),
        "$id, $n: limited, $when");
    is(scalar(grep { page($id, $n) != 429 } 1 .. 12), 0, '... by all workers');
    $_->close() for @held;
    ok(Sandbox::wait_for(sub { page($id, $n) == 200 }, 30), '... until they end');
}


# those that were refused beside one that had just been served try again

sub full
{
    my ($id, $n, $held) = @_;
    return 1 if page($id, $n) == 429;

    for (grep { IO::Select->new($_->{sock})->can_read(0) } @$held) {
        $_->close();
        $_ = hold($url{$id}[$n], '/hold');
    }
    return 0;
}
