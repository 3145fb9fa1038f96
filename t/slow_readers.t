#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# As many clients as an agent serves ask for large files, streams and pages and
# do not read, or send large bodies and do not finish: the agent stays within
# the memory of its sandbox, others are served meanwhile, and whoever reads
# later gets every byte.

use warnings;
use strict;

use Digest::SHA qw/sha256_hex/;
use IO::Select;
use IO::Socket::UNIX;
use MIME::Base64 ();
use Test::More;
use Time::HiRes qw/time/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

# a sanitizer takes more memory than all clients together
plan skip_all => 'the memory of the agent is not its own'
    if Sandbox::sanitized();

my $CLIENTS = 1020;
my $MB = 6;

my $t = Sandbox->new(classes => ['default image=sandbox-base memory=256m '
    . 'cpus=2 pids=200 network=none sleep_after=10m'])->start();

my $id = 'a1';
my $blob = join '', map { pack 'N*', map { $_ * 2654435761 } $_ * 65536 ..
    $_ * 65536 + 65535 } 1 .. $MB * 4;
my $sum = sha256_hex($blob);

is($t->put($id, 'workspace/blob', $blob)->{status}, 200, 'a file');
my $agent = $t->agent_pid($id);
my @slow;


# files

@slow = map { ask('GET', '/file/workspace/blob') } 1 .. $CLIENTS;
ok(answered(@slow), 'unread files: all are answered');
serves('unread files');
is(sha256_hex(body($_)), $sum, 'a file is read later')
    for @slow[0, 20, 500, -1];
closed('files');


# the log of a process, as a stream and as a whole

my $log = $t->api('POST', "/v1/sandbox/$id/api/process/start", json => {
    command => 'base64 /workspace/blob', logBytes => 64 * 1048576 });
is($log->{status}, 200, 'a process') or diag($log->{body});
my $process = $log->{json}{processId} // $log->{json}{process}{id};
my $path = "/api/process/$process";
is($t->api('POST', "/v1/sandbox/$id$path/wait-for-exit", json => {})->{status},
    200, 'it has a long log');

@slow = ((map { ask('GET', "$path/stream") } 1 .. 250),
    map { ask('GET', "$path/logs") } 1 .. 700);
ok(answered(@slow), 'unread logs: all are answered');
serves('unread logs');

my $expected = MIME::Base64::encode_base64($blob);
$expected =~ s/\n//g;
for (@slow[0, 300, -1]) {
    my $in = dechunked($_, qr/"timestamp":"[^"]+"\}(?:\n\n)?$/);
    my $stdout = $in =~ /^\{/ ? JSON::PP::decode_json($in)->{stdout} : '';
    $stdout .= JSON::PP::decode_json($1)->{data} // ''
        while $in =~ /^data: (\{"type":"stdout".*)$/mg;
    is(sha256_hex($stdout =~ s/\n//gr), sha256_hex($expected),
        'a log is read later');
}
closed('logs');


# the output of commands

@slow = map { ask('POST', '/exec',
    { argv => ['cat', '/workspace/blob'] }) } 1 .. 80;
ok(answered(@slow), 'unread output: all are answered');
serves('unread output');

for (0, 79) {
    my $out = '';
    my $events = dechunked($slow[$_], qr/"exit_code":0\}\n\n$/);
    $out .= MIME::Base64::decode_base64($1)
        while $events =~ /^event: stdout\ndata: (.*)$/mg;
    is(sha256_hex($out), $sum, 'output is read later');
}
closed('output');


# what has to be in memory as a whole: refused where there is no room

@slow = map { ask('POST', '/api/execute', { 
    command => 'head -c 30000000 /dev/zero | tr "\\0" x',
    sessionId => '__DISABLE_SESSION__' }) } 1 .. 8;
my @status = map { status($_) } @slow;
is(scalar(grep { $_ != 200 && $_ != 413 } @status), 0,
    "collected output: @status");
cmp_ok(scalar(grep { $_ == 413 } @status), '>', 0, '... some are refused');
cmp_ok(scalar(grep { $_ == 200 } @status), '>', 0, '... and some are not');
serves('collected output');
closed('collected output');

my $part = '{"command":"' . 'x' x 3000000;
@slow = map { part(4000000, $part) } 1 .. 80;
ok(Sandbox::wait_for(sub { scalar IO::Select->new(@slow)->can_read(0) }, 30),
    'unfinished bodies: some are refused');
my ($refused) = IO::Select->new(@slow)->can_read(0);
is(status($refused), 429, 'unfinished bodies: 429') if $refused;
serves('unfinished bodies');
closed('unfinished bodies');


# the pages of an app

$t->app($id, 'many.py', 9000, 1);
my $url = $t->expose($id, 9000);
is($t->preview('GET', $url)->{status}, 200, 'an app');

@slow = map { ask('GET', '/big', undef, 9000) } 1 .. 400;
ok(answered(@slow), 'unread pages: all are answered');
serves('unread pages');
is($t->preview('GET', $url)->{status}, 200, 'so is its app');
is(length(body($_, 4 * 1048576)), 4 * 1048576, 'a page is read later')
    for @slow[0, -1];
closed('unread pages');

$t->done();


sub ask
{
    my ($method, $path, $body, $port) = @_;
    my $text = $body ? JSON::PP::encode_json($body) : '';

    return part(length $text, $text, $method, $path, $port);
}


# sends what there is of a body

sub part
{
    my ($length, $text, $method, $path, $port) = @_;
    my $s = IO::Socket::UNIX->new(Peer => "$t->{state}/$id/run/"
        . ($port // 'agent') . '.sock') or die "agent.sock: $!\n";

    $method //= 'POST';
    $path //= '/api/execute';
    $text = "$method $path HTTP/1.1\r\nHost: a\r\nContent-Length: $length\r\n"
        . "\r\n$text";

    local $SIG{PIPE} = 'IGNORE';
    $s->blocking(0);
    my $end = time() + 30;
    while (length $text && time() < $end) {
        my $n = syswrite $s, $text;
        if ($n) {
            substr $text, 0, $n, '';
        } elsif (!$!{EAGAIN} || IO::Select->new($s)->can_read(0)) {
            last;
        } else {
            IO::Select->new($s)->can_write(1);
        }
    }
    return $s;
}


sub answered
{
    my (@s) = @_;
    my $select = IO::Select->new(@s);
    my $end = time() + 60;

    while ($select->count() && time() < $end) {
        $select->remove($_) for $select->can_read(1);
    }
    return $select->count() == 0;
}


# of that length, or until the pattern or the end

sub body
{
    my ($s, $length, $pattern) = @_;
    my $in = '';

    $s->blocking(1);
    while ($in !~ /\r\n\r\n/) {
        sysread $s, $in, 65536, length $in or return '';
    }
    $in =~ s/^.*?\r\n\r\n//s;
    $length //= length $blob;
    while ($pattern ? substr($in, -400) !~ $pattern : length $in < $length) {
        sysread $s, $in, 1048576, length $in or last;
    }
    return $in;
}


sub dechunked
{
    my ($s, $pattern) = @_;
    my $in = body($s, 0, qr/\r\n0\r\n\r\n$/);
    my ($out, $at) = ('', 0);

    while (substr($in, $at, 20) =~ /^([0-9a-f]+)\r\n/) {
        $at += length($1) + 2;
        $out .= substr $in, $at, hex $1;
        $at += hex($1) + 2;
    }
    return $out;
}


sub status
{
    my ($s) = @_;
    my $in = '';
    $s->blocking(1);
    while ($in !~ /\r\n/) {
        sysread $s, $in, 65536, length $in or return 0;
    }
    return $in =~ m{^HTTP/1.1 (\d+)} ? $1 : 0;
}


sub serves
{
    my ($when) = @_;
    is($t->agent_pid($id), $agent, "$when: the agent is there");
    is($t->run_in($id, 'echo served'), "served\n", "$when: a command runs");
    is(sha256_hex($t->get($id, 'workspace/blob')->{body}), $sum,
        "$when: a file is read");
}


sub closed
{
    my ($what) = @_;
    close $_ for @slow;
    @slow = ();
    is($t->agent_pid($id), $agent, "$what: the agent is the same");
}
