#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# What somebody else puts into the state directory harms no sandbox: copies,
# files, directories that the workers cannot read; and a disk that is full when
# nginx starts.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my @keys = ('alice:key-of-alice-123', 'bob:key-of-bob-12345678');
my $t = Sandbox->new(keys => \@keys)->start();
$t->{key} = 'key-of-alice-123';

my ($res, $mounted);
END { system("umount -l $mounted 2>/dev/null") if $mounted }

# a copy

is($t->run_in('a1', 'echo mine > /workspace/f'), '', 'a sandbox runs');
my $url = $t->expose('a1', 8080, token => 'tokenofa1');
$t->app('a1', 'app.py', 8080);

system("cp -a $t->{state}/a1 $t->{state}/a1copy") == 0 or die;
system("cp -a $t->{state}/a1 $t->{state}/other") == 0 or die;

for my $call (['DELETE', ''], ['GET', ''], ['POST', '/sleep'],
    ['POST', '/exec'], ['POST', '/ports'], ['GET', '/running'])
{
    my $json = $call->[1] eq '/exec' ? { argv => ['true'] } : { port => 8080 };
    my @body = $call->[0] eq 'POST' ? (json => $json) : ();
    $res = $t->api($call->[0], "/v1/sandbox/a1copy$call->[1]", @body);
    is($res->{status}, 500, "a copy, $call->[0] $call->[1]: 500");
    like($res->{body}, qr/copied or renamed/, 'which says why');
    unlike($res->{body}, qr/\Q$t->{dir}\E/, 'and not where');
}

$res = $t->api('GET', '/v1/sandbox/a1copy', key => 'key-of-bob-12345678');
is($res->{status}, 404, 'for another key there is none');
is($t->preview('GET', $url =~ s/a1-tok/a1copy-tok/r)->{status}, 404,
    'it exposes nothing');

is($t->run_in('a1', 'cat /workspace/f'), "mine\n", 'the original lives');
is($t->preview('GET', $url)->{status}, 200, 'so does its preview');
is(join(',', map { $_->{id} } @{$t->api('GET', '/v1/sandbox')->{json}
    {sandboxes}}), 'a1', 'the list has the original only');
my @logged = grep { /\[error\].*"a1copy".*is a copy of that of sandbox "a1"/ }
    split /\n/, $t->log_text();
cmp_ok(scalar(@logged), '>=', 1, 'the log says so');
cmp_ok(scalar(@logged), '<=', $t->{workers}, 'once in each worker');

# what is no directory is no sandbox

spew("$t->{state}/notes", 'of the administrator');
symlink 'a1', "$t->{state}/link";
for my $id (qw/notes link/) {
    is($t->api('GET', "/v1/sandbox/$id")->{status}, 404, "$id: 404");
    is($t->preview('GET', $url =~ s/a1-tok/$id-tok/r)->{status}, 404,
        'no preview of it');
}
is($t->preview('GET', $url =~ s/a1-tok/instance-tok/r)->{status}, 404,
    'instance is none');
unlike($t->log_text(), qr/\[error\].*"(?:notes|link|instance)"/,
    'and no error is logged');

# directories that the workers cannot read

is($t->run_in($_, 'true'), '', "$_: used") for qw/gone locked/;
is($t->api('POST', "/v1/sandbox/$_/sleep")->{status}, 200, "$_: asleep")
    for qw/gone locked/;
my $orphan = $t->container_of('gone');
my $locked = $t->container_of('locked');
ok($t->quit(), 'nginx ends');

mkdir "$t->{state}/rootdir", 0700 or die;
rename "$t->{state}/gone", "$t->{state}/.trash-" . $t->run_of('gone') or die;
$t->start();
ok(wait_for(sub { !grep { $_ eq $orphan } $t->containers() }, 30),
    'an unreadable directory: the sweep goes on');
is($t->run_in('a1', 'cat /workspace/f'), "mine\n", 'the others start');
is($t->api('GET', '/v1/sandbox/rootdir')->{status}, 500, 'it cannot be used');
is($t->preview('GET', $url =~ s/a1-tok/rootdir-tok/r)->{status}, 500,
    'nor be previewed') for 1 .. 10;
# two passes over all sandboxes
sleep 11;
cmp_ok(scalar(() = $t->log_text() =~ /\[error\].*"rootdir"/g), '<=',
    $t->{workers} + 1, 'its error is logged once in each worker');
unlike($t->log_text(), qr/cannot sweep/, 'the sweep does not fail');
rmdir "$t->{state}/rootdir";

# one that may be a sandbox: nothing is taken for an orphan

chown 0, 0, "$t->{state}/locked";
ok($t->quit(), 'nginx ends');
my @st = stat "$t->{state}/a1";
$t->start();
ok(wait_for(sub { $t->log_text() =~ m{cannot read "\S*/locked": orphaned} },
    30), 'a sandbox that cannot be read: logged');
ok((grep { $_ eq $locked } $t->containers()), 'its container is kept');
chown $st[4], $st[5], "$t->{state}/locked";
is($t->run_in('locked', 'true'), '', 'it can be read again, and starts');

# sandboxes of version 0.1 have no id in spec.json

is($t->api('POST', '/v1/sandbox/locked/sleep')->{status}, 200, 'asleep');
my $spec = slurp("$t->{state}/locked/spec.json");
like($spec, qr/"id":"locked"/, 'spec.json names its id');
spew("$t->{state}/locked/spec.json", $spec =~ s/"id":"locked",//r);
ok(wait_for(sub { slurp("$t->{state}/locked/spec.json") eq $spec }, 30),
    'one without gets it');

# a disk that is full when nginx starts for the first time

my $full = Sandbox->new(state => undef);
my $state = "$full->{dir}/m";
mkdir $state or die;

SKIP: {
    skip 'no tmpfs', 1
        if system("mount -t tmpfs -o size=64k,nr_inodes=1,mode=700 tmpfs "
            . "$state 2>/dev/null");
    $mounted = $state;
    system("chown nginx-sandbox $state");
    $full->write_conf(state => $state);
    $full->start();

    $res = $full->exec('f', ['true']);
    is($res->{status}, 503, 'no room for a file: 503');
    unlike($res->{body}, qr/\Q$full->{dir}\E/, 'without a path');

    system("mount -o remount,nr_inodes=4096 $state") == 0 or die;
    ok(wait_for(sub { -d "$state/.agent" }, 20), 'room for files: it is set up');
    ok(wait_for(sub { $full->exec('f', ['true'])->{status} != 503 }, 20),
        'by each worker') for 1 .. 6;
    $res = $full->exec('f', ['true']);
    is($res->{status}, 507, 'no room for the agent: 507');
    is($res->{json}{code}, 'no_space', 'no_space');

    system("mount -o remount,size=64m $state") == 0 or die;
    is($full->run_in('f', 'echo on'), "on\n", 'room for it: it starts');
    ok(wait_for(sub { -x "$state/.agent/agent" }, 20), 'the agent is there');
    is($full->api('DELETE', '/v1/sandbox/f')->{status}, 204, 'destroyed');

    ok($full->quit(), 'nginx ends');
    is(scalar($full->bad_lines()), 0, 'no alert in its log');
    system("umount $state") == 0 and undef $mounted;
}

$t->done();
