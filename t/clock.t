#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The wall clock jumps, while nginx runs and while it does not: nothing is
# destroyed too early, and no link that has expired works again.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

plan(skip_all => 'the sanitizer must be the first library') if sanitized();

my $plain = 'image=sandbox-base memory=256m cpus=1 pids=128 network=none';
my $t = Sandbox->new(classes => ["default $plain sleep_after=0",
    "age $plain sleep_after=0 max_age=1h",
    "retain $plain sleep_after=0 retain=1h",
    "short $plain sleep_after=0 max_age=10s"],
    main => 'env LD_PRELOAD; env CLOCK_FILE;');

my $lib = build_dir() . "/clock.$$.so";
system("gcc -O2 -shared -fPIC -o $lib $FindBin::Bin/lib/progs/clock.c") == 0
    or die "gcc\n";
END { unlink $lib if $lib }

my $file = "$t->{dir}/clock";
set_clock(0);
start();

create($_, $_) for qw/age retain/;
create('links', 'default');
my $lasting = $t->expose('links', 8080, token => 'lasting');
my $ending = $t->expose('links', 8081, token => 'ending', expires => 2);
ok(defined $ending, 'a link that expires soon');
$t->app('links', 'app.py', $_) for 8080, 8081;
is($t->preview('GET', $lasting)->{status}, 200, 'a link works');
ok(wait_for(sub { $t->preview('GET', $ending)->{status} == 404 }, 20),
    'the other one has expired');

# ahead: one that was due is destroyed all the same, the others are not

create('short', 'short');
set_clock(3700);
# longer than two passes over all sandboxes take
sleep 12;
is(state_of('age'), 'asleep', 'an hour ahead: max_age destroys nothing');
is(state_of('retain'), 'asleep', 'nor does retain');
ok(wait_for(sub { state_of('short') eq 404 }, 40),
    'but one that has lived long enough is destroyed');
like($t->log_text(), qr/system clock is 3[67]\d\d seconds ahead/,
    'the log says so');
is(scalar(() = $t->log_text() =~ /seconds ahead/g), 1, 'once');
my $later = $t->expose('links', 8082, token => 'later', expires => 600);
$t->app('links', 'app.py', 8082);
is($t->preview('GET', $later)->{status}, 200, 'a new link works');

set_clock(0);
ok(wait_for(sub { $t->log_text() =~ /clock is no longer ahead/ }, 20),
    'it is right again, and the log says so');
# another pass
sleep 6;
is(state_of($_), 'asleep', "$_: there") for qw/age retain/;

# back

set_clock(-3700);
is(join(',', map { $t->preview('GET', $ending)->{status} } 1 .. 20),
    join(',', (404) x 20), 'an hour back: no expired link works');
is($t->preview('GET', $lasting)->{status}, 200, 'one without an end does');
ok(wait_for(sub { $t->log_text() =~ /system clock is 3[67]\d\d seconds behind/ },
    20), 'the log says so');
my $new = $t->expose('links', 8083, token => 'new', expires => 3);
$t->app('links', 'app.py', 8083);
ok(defined $new, 'a new link');
ok(wait_for(sub { $t->preview('GET', $new)->{status} == 404 }, 20),
    'which expires');
is($t->preview('GET', $ending)->{status}, 404, 'the old one stays expired');

# while nginx is not running

ok($t->quit(), 'nginx ends');
start();
is(join(',', map { $t->preview('GET', $ending)->{status} } 1 .. 20),
    join(',', (404) x 20), 'after a start, an hour back: it stays expired');

ok($t->quit(), 'nginx ends');
set_clock(3700);
start();
sleep 12;
is(state_of($_), 'asleep', "after a start, an hour ahead: $_ is there")
    for qw/age retain/;
cmp_ok(scalar(() = $t->log_text() =~ /seconds ahead/g), '>=', 2,
    'the log says so');

set_clock(0);
ok(wait_for(sub { () = $t->log_text() =~ /clock is no longer ahead/g; }, 20),
    'it is right again');
is(state_of($_), 'asleep', "$_: there") for qw/age retain/;

$t->done();


sub start
{
    local $ENV{LD_PRELOAD} = $lib;
    local $ENV{CLOCK_FILE} = $file;
    $t->start();
}


sub set_clock
{
    spew("$file.tmp", "$_[0]\n");
    chmod 0644, "$file.tmp";
    rename "$file.tmp", $file or die "$file: $!\n";
}


sub create
{
    my ($id, $class) = @_;
    my $res = $t->api('POST', '/v1/sandbox',
        json => { id => $id, class => $class });
    is($res->{status}, 200, "$id: created") or diag($res->{body});
}


sub state_of
{
    my $res = $t->api('GET', "/v1/sandbox/$_[0]");
    return $res->{json}{state} || $res->{status};
}
