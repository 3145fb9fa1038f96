#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# One owner opens as many requests as it can: the worker has connections left
# for the others.

use warnings;
use strict;

use IO::Select;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Conf;

my ($A, $B) = map { $_ x 20 } qw/a b/;

(my $conf = Sandbox::Conf::default_conf())
    =~ s/worker_connections 2048/worker_connections 160/;

my $t = Sandbox->new(conf => $conf, workers => 1, keys => ["a:$A", "b:$B"])
    ->start();

my %url;
for ([a1 => $A], [a2 => $A], [b1 => $B]) {
    my ($id, $key) = @$_;
    $t->{key} = $key;
    $t->app($id, 'many.py', 9000, 1);
    $url{$id} = $t->expose($id, 9000);
}


# by previews of two sandboxes

my @open = map { hold($url{$_ % 2 ? 'a1' : 'a2'}) } 1 .. 60;
ok(Sandbox::wait_for(sub { refused() > 5 }, 30), 'some requests are refused');
my ($refused) = grep { IO::Select->new($_->{sock})->can_read(0) } @open;
my $res = $refused->response(method => 'GET');
is("$res->{status} $res->{json}{code} $res->{headers}{'retry-after'}",
    '429 TOO_MANY_REQUESTS 1', 'with 429');
cmp_ok(@open - refused(), '>', 20, 'others are not');
others('beside previews');

$t->{key} = $A;
is($t->api('GET', '/v1/sandbox/a1')->{status}, 200, 'its owner sees it');
is($t->exec('a1', ['true'])->{status}, 429, 'but can run no command');
$_->close() for @open;
ok(Sandbox::wait_for(sub { $t->exec('a1', ['true'])->{status} == 200 }, 30),
    'until some have ended');


# by commands

@open = map { $t->exec_start('a1', ['sleep', 100]) } 1 .. 60;
ok(Sandbox::wait_for(sub { $t->exec('a1', ['true'])->{status} == 429 }, 30),
    'commands are refused');
others('beside commands');
$_->close() for @open;


# without a key, each sandbox is its own owner

$t->write_conf(keys => undef);
$t->restart();
$t->{key} = undef;
for my $id (qw/n1 n2/) {
    $t->app($id, 'many.py', 9000, 1);
    $url{$id} = $t->expose($id, 9000);
}

@open = map { hold($url{n1}) } 1 .. 60;
ok(Sandbox::wait_for(sub { refused() > 5 }, 30), 'without a key, too');
is(scalar(grep { $t->preview('GET', $url{n2})->{status} != 200 } 1 .. 10), 0,
    'another sandbox is served');
$_->close() for @open;

$t->done();


sub hold
{
    my ($url) = @_;
    my ($host) = $url =~ m{^http://([^/]+)};
    my $c = $t->connect();

    $c->request('GET', '/hold', host => $host);
    return $c;
}


sub refused
{
    return scalar grep { IO::Select->new($_->{sock})->can_read(0) } @open;
}


sub others
{
    my ($when) = @_;
    $t->{key} = $B;
    is(scalar(grep { $t->preview('GET', $url{b1})->{status} != 200 } 1 .. 10),
        0, "$when: another's preview is served");
    my @held = map { hold($url{b1}) } 1 .. 8;
    is($t->run_in('b1', 'echo served'), "served\n", "$when: so is a command");
    is(scalar(grep { IO::Select->new($_->{sock})->can_read(0) } @held), 0,
        "$when: and several requests");
    $_->close() for @held;
    $t->{key} = $A;
}
