#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# What the agent costs: its file, its memory when idle, under load and after.

use warnings;
use strict;

use File::Basename;
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

plan(skip_all => 'a sanitizer has its own needs') if $Sandbox::Box::SANITIZE;

# no failing test may wait for ever
alarm 800;

my $size = -s $Sandbox::Box::AGENT;
cmp_ok($size, '<=', 2 * 1024 * 1024, "the binary's $size bytes");
like(`file -L $Sandbox::Box::AGENT`, qr/statically linked/, 'is static')
    if -x '/usr/bin/file';

my $box = Sandbox::Box->new(ports => [8080]);
$box->wait_idle();
my $fresh = $box->private();
cmp_ok($fresh, '<=', 2048, "$fresh KB of private memory after boot");

# the first command opens what the agent keeps
$box->call('POST', '/api/execute', { command => 'true' });
$box->call('POST', '/api/session/delete', { sessionId => 'default' });
ok($box->wait_for(20, sub {
    !grep { (readlink // '') =~ m{/dev/shm/|/stat$} } fds()
}), 'a first command');
$box->wait_idle();
my $fds = () = fds();


# much output, in little memory

my $http = $box->http(timeout => 120);
$http->request('POST', '/exec', host => 'x',
    body => '{"argv":["head","-c","200000000","/dev/zero"]}');
$http->head();
my $got = 0;
my $last = '';
while (defined(my $piece = $http->read())) {
    $got += length $piece;
    $last = substr $last . $piece, -60;
}
# four characters for each three bytes, and the frames
cmp_ok($got, '>', 200_000_000 * 4 / 3, '200 MB through exec');
like($last, qr/event: exit\ndata: \{"exit_code":0\}\n\n$/, 'to the end');
cmp_ok($box->status('VmHWM'), '<', 8192, 'in less than 8 MB');

# with a reader that does not read
$http = $box->http();
$http->request('POST', '/exec', host => 'x', body => '{"argv":["yes"]}');
$http->head();
my $stream = $box->http();
$stream->request('POST', '/api/execute/stream', host => 'x',
    body => '{"command":"yes"}');
$stream->head();
$box->wait_full($_) for $http, $stream;
cmp_ok($box->status('VmHWM'), '<', 8192, 'slow readers cost no memory');
$http->close();
$stream->close();

# a large answer at once, and its memory back
my $res = $box->call('POST', '/api/execute',
    { command => 'head -c 30000000 /dev/zero | tr "\\0" x' });
is($res->{status}, 200, '30 MB at once');
cmp_ok($box->status('VmRSS'), '<', 8192, 'given back');

# many commands
for (1 .. 300) {
    my $http = $box->http();
    $http->request('POST', '/exec', host => 'x', body => '{"argv":["true"]}');
    $http->response();
}
$_->response() for map {
    my $http = $box->http(timeout => 60);
    $http->request('POST', '/exec', host => 'x',
        body => '{"argv":["sh","-c","echo x; sleep 0.2"]}');
    $http
} 1 .. 100;

# a session is there until it is deleted
is($box->call('POST', '/api/session/delete', { sessionId => 'default' })
    ->{status}, 200, 'the session is deleted');

$box->wait_idle();
# the pages of its file are every agent's
my $used = $box->private('Dirty');
cmp_ok($used, '<=', 1024, "$used KB of memory of its own after all that");
ok($box->wait_for(20, sub {
    $fds >= (() = fds())
}), 'no descriptor stays open');

# its use of the processor in two seconds
my $ticks = cpu();
sleep 2;
cmp_ok(cpu() - $ticks, '<=', 2, 'an idle agent does nothing');

is($box->stop(), 0, 'an orderly end');

done_testing();


sub fds { glob '/proc/' . $box->pid() . '/fd/*' }


sub cpu
{
    open my $fh, '<', '/proc/' . $box->pid() . '/stat' or die $!;
    my @f = split ' ', (<$fh> =~ s/^.*\) //r);
    return $f[11] + $f[12];
}
