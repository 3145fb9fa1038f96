#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Many code contexts, and much output: nothing leaks, the agent's memory stays
# bounded, and what is left out is said.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $json = JSON::PP->new->utf8->canonical;
my $box = Sandbox::Box->new();


sub create { return $box->call('POST', '/api/contexts', {})->{json}{contextId} }


sub begin
{
    my ($code, %o) = @_;
    my $http = $box->http(timeout => 120);
    $http->request('POST', '/api/execute/code', host => 'x',
        body => $json->encode({ code => $code, %o }));
    return $http;
}


sub events
{
    my ($http) = @_;
    $http->head();
    my $sse = Sandbox::SSE->new($http);
    my @events;
    while (my $e = $sse->next()) {
        push @events, $json->decode($e->{data});
    }
    return @events;
}


sub value
{
    my ($code, %o) = @_;
    my $res = $box->call('POST', '/api/execute/code', { code => $code, %o },
        Accept => 'application/json')->{json};
    return $res->{error} ? $res->{error}{ename} : $res->{results}[0]{text};
}


# a sanitizer keeps what was freed

sub bounded
{
    my ($kb, $max, $what) = @_;
    cmp_ok($kb, '<', $max, $what) if !$Sandbox::Box::SANITIZE;
}


sub descriptors { return scalar(() = glob('/proc/' . $box->pid() . '/fd/*')) }


# a hundred contexts, one after another

sub hundred
{
    for my $n (1 .. $_[0]) {
        my $id = create();
        is(value("secret = $n; secret", context_id => $id), $n, "context $n")
            if $n % 10 == 0;
        $box->call('DELETE', "/api/contexts/$id");
    }

    ok($box->wait_for(60, sub { !$box->processes(qr/python3 -u/) }),
        'all interpreters have ended');
}

hundred(10);
my ($fds, $memory) = (descriptors(), $box->private());
hundred(100);
ok($box->wait_for(30, sub { descriptors() <= $fds }),
    'no descriptor is left of 100 contexts') or diag(descriptors(), " $fds");
bounded($box->private() - $memory, 512, 'nor memory (kB)');
my $id = create();
is(value('secret', context_id => $id), 'NameError', 'nor anything they knew');


# ten at once: none of them ends before all have begun

my @ids = map { create() } 1 .. 10;
my @cells = map { begin(<<"END", context_id => $ids[$_]) } 0 .. 9;
import os, time
mine = $_
open('/tmp/context-%d' % mine, 'w').close()
while not all(os.path.exists('/tmp/context-%d' % n) for n in range(10)):
    time.sleep(0.01)
mine
END
is(join(' ', map { (events($_))[0]{text} } @cells), join(' ', 0 .. 9),
    'ten at once');
is(join(' ', map { value('mine', context_id => $_) } @ids), join(' ', 0 .. 9),
    'each with its own state');

my $long = begin('import time; time.sleep(60)', context_id => $ids[0]);
is(value('1', context_id => $ids[1]), '1', 'a long cell delays no other');
$box->call('DELETE', "/api/contexts/$_") for @ids;
is((events($long))[-1]{ename}, 'ContextDeleted', 'and ends with its context');


# a hundred megabytes of prints

my $LINES = 1_000_000;

sub prints { return "for i in range($_[0]): print('%099d' % i)" }

sub printed
{
    my ($http, %o) = @_;
    $http->head();
    my $sse = Sandbox::SSE->new($http);
    my ($bytes, $peak, $n, $last) = (0, 0, 0, '');
    while (my $e = $sse->next()) {
        if ($e->{data} =~ /^\{"type":"stdout","text":"([^"]*)"/) {
            my $text = $1 =~ s/\\n/\n/gr;
            $bytes += length $text;
            $last = substr $last . $text, -100;
        } else {
            $last .= $e->{data};
        }
        if ($n++ % 1000 == 0) {
            my $now = $box->private();
            $peak = $now if $now > $peak;
        }
    }
    return ($bytes, $peak, $last);
}

$memory = $box->private();
my ($bytes, $peak, $last) = printed(begin(prints($LINES)));
is($bytes, $LINES * 100, '100 MB arrive whole');
like($last, qr/999999\n\{"type":"execution_complete"/, 'to the end');
bounded($peak - $memory, 8192, 'through a few megabytes (kB)');

my $slow = begin(prints($LINES / 5));
ok($box->wait_full($slow), 'a client that does not read');
bounded($box->private() - $memory, 8192, 'takes no memory (kB)');
is(value('5', context_id => $id), '5', 'and delays no other context');
($bytes) = printed($slow);
is($bytes, $LINES / 5 * 100, 'nor does it lose anything');

# what is being ended does not wait for a client that does not read, nor does
# the agent keep what it prints meanwhile

my $LOUD = "while True:\n    try: print('x' * 100_000)\n"
    . '    except KeyboardInterrupt: pass';

$id = create();
my $loud = begin($LOUD, context_id => $id, timeout_ms => 500);
ok($box->wait_for(60, sub { $box->call('GET', "/api/contexts/$id")->{json}
    {context}{restarts} }), 'a loud cell that ignores its timeout is killed');
bounded($box->private() - $memory, 8192, 'and kept in no memory (kB)');
my ($end) = (events($loud))[-1];
is_deeply([@$end{qw/ename restarted truncated/}], ['TimeoutError',
    JSON::PP::true, JSON::PP::true], 'which is said');

$loud = begin($LOUD, context_id => $id);
ok($box->wait_full($loud), 'another one');
my $res = $box->call('POST', "/api/contexts/$id/restart");
ok($res->{json}{restarted}, 'a restart does not wait for its client');
is(value('6', context_id => $id), '6', 'nor does the next cell');
is((events($loud))[-1]{ename}, 'ContextRestarted', 'who is told');


# as JSON

$res = $box->call('POST', '/api/execute/code', { code => prints($LINES / 10) },
    Accept => 'application/json')->{json};
my $text = join '', @{$res->{logs}{stdout}};
cmp_ok(length $text, '>', 900_000, 'in JSON, the first megabyte');
ok($text =~ /\A0+\n0+1\n/ && $res->{logs}{stdoutTruncated},
    'and that there was more');
ok(!$res->{logs}{stderrTruncated}, 'of stdout');

done_testing();
