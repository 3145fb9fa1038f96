#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# No event of any stream ends within a character of UTF-8, so that a client
# may decode each event by itself; bytes that are not UTF-8 arrive as they
# are, and none is held for long.

use warnings;
use strict;

use Encode ();
use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::SSE;

# no failing test may wait for ever
alarm 300;

my $json = JSON::PP->new->utf8->canonical;
my $box = Sandbox::Box->new();
my $NONE = '__DISABLE_SESSION__';

# characters of 1 to 4 bytes, in an order that no size of a buffer divides
my $text = Encode::encode('UTF-8',
    join('', map { chr } 0x41, 0xe9, 0x20ac, 0x1f600, 0x20ac, 0xe9, 0x20ac)
    x 30_000);
$box->call('PUT', '/file/workspace/text', $text);

my %routes = (
    'exec' => sub { events('/exec', { argv => ['sh', '-c', $_[0]] }) },
    'exec of a session' => sub {
        events('/exec', { argv => ['sh', '-c', $_[0]] }, 'Session-Id' => 'a') },
    'stream' => sub {
        events('/api/execute/stream', { command => $_[0],
            sessionId => $NONE }) },
    'stream of a session' => sub {
        events('/api/execute/stream', { command => $_[0] }) },
    'process' => sub { process($_[0], $NONE) },
    'process of a session' => sub { process($_[0], 'default') },
);

for my $route (sort keys %routes) {
    my $run = $routes{$route};

    for my $stream (qw/stdout stderr/) {
        my $to = $stream eq 'stdout' ? '' : ' >&2';
        my @e = $run->("cat text$to");
        my @got = map { $_->[1] } grep { $_->[0] eq $stream } @e;

        cmp_ok(scalar @got, '>', 10, "$route, $stream: many events");
        is(scalar(grep { !whole($_) } @got), 0,
            "$route, $stream: each of whole characters");
        ok(join('', @got) eq $text, "$route, $stream: nothing is lost");
    }

    # the first part of a character has been read when the second is written
    my @e = $run->('perl -e \'$n = pack "i", 1; for $c ("\xe2", "\x82", '
        . '"\xac", "\xf0\x9f", "\x98", "\x80.") { syswrite STDOUT, $c; '
        . 'do { select undef, undef, undef, 0.001; ioctl STDOUT, 0x541b, $n } '
        . 'while unpack "i", $n }\'');
    is_deeply([map { unpack 'H*', $_->[1] } @e], ['e282ac', 'f09f98802e'],
        "$route: written byte by byte");

    # not UTF-8: unchanged, also where the output ends
    my $bytes = "\xe2\x82A\xff\xc0\xafB\xed\xa0\x80C\xf4\x90\x80\x80D\xf0\x9f";
    my $hex = unpack 'H*', $bytes;
    @e = $run->("perl -e 'print pack q(H*), q($hex)'");
    is(unpack('H*', join '', map { $_->[1] } @e), $hex,
        "$route: bytes that are not UTF-8");

    # both streams have a character of their own
    @e = $run->('perl -e \'$n = pack "i", 1; for (0 .. 2) { for $h (*STDOUT, '
        . '*STDERR) { syswrite $h, substr $h eq "*main::STDOUT" ? '
        . '"\xe2\x82\xac" : "\xe2\x82\xad", $_, 1; do { select undef, undef, '
        . 'undef, 0.001; ioctl $h, 0x541b, $n } while unpack "i", $n } }\'');
    is_deeply([map { $_->[0] . ' ' . unpack 'H*', $_->[1] } @e],
        ['stdout e282ac', 'stderr e282ad'], "$route: interleaved");
}

# what no rest follows is passed on while the command runs

for ([exec => '/exec', { argv => ['sh', '-c', 'printf "x\303"; exec cat fifo'] }],
    [stream => '/api/execute/stream',
        { command => 'printf "x\303"; exec cat fifo' }])
{
    my ($name, $path, $body) = @$_;
    $box->sh('rm -f fifo; mkfifo fifo');

    my $http = $box->http();
    $http->request('POST', $path, host => 'x', body => $json->encode($body));
    $http->head();

    my $sse = Sandbox::SSE->new($http);
    my $got = '';
    while ($got ne "x\xc3") {
        my $e = $sse->next(60) or last;
        $got .= bytes($e)->[1] if bytes($e);
    }
    is($got, "x\xc3", "$name: the first byte of a character, alone");

    $box->sh('printf "\251" > fifo');
    while (my $e = $sse->next(60)) {
        $got .= bytes($e)->[1] if bytes($e);
    }
    is($got, "x\xc3\xa9", "$name: and what follows later");
}

# a line of wait-for-log that is longer than what is searched at a time

$box->call('POST', '/api/process/start', { processId => 'long', command =>
    "perl -CO -e 'print qq(x), chr(0x20ac) x 3000; sleep 1000'" });
my $res = $box->call('POST', '/api/process/long/wait-for-log',
    { regex => chr(0x20ac) x 9, timeoutMs => 60_000 });
is($res->{status}, 200, 'wait-for-log: a match in a long line');
ok(!exists $res->{json}{lineBase64}, 'the line is of whole characters');
unlike($res->{json}{line} // "\x{fffd}", qr/\x{fffd}/, 'and readable');

is($box->stop(), 0, 'an orderly end');

done_testing();


sub whole
{
    my ($bytes) = @_;
    return eval { Encode::decode('UTF-8', $bytes, Encode::FB_CROAK); 1 };
}


# [stream, bytes] of an event with output

sub bytes
{
    my ($e) = @_;
    return [$e->{event}, decode_base64($e->{data})]
        if $e->{event} =~ /^std(?:out|err)$/;

    return undef if $e->{event} ne 'message';
    my $data = $json->decode($e->{data});
    return undef if $data->{type} !~ /^std(?:out|err)$/;
    return [$data->{type}, defined $data->{dataBase64}
        ? decode_base64($data->{dataBase64})
        : Encode::encode('UTF-8', $data->{data})];
}


sub events
{
    my ($path, $body, @headers) = @_;
    my $http = $box->http(timeout => 120);
    $http->request('POST', $path, host => 'x', headers => [@headers],
        body => $json->encode($body));
    my $res = $http->head();
    is($res->{status}, 200, "$path begins") or return;
    return read_events($http);
}


sub process
{
    my ($command, $session) = @_;
    $box->call('POST', '/api/process/start', { command => $command,
        sessionId => $session, processId => 'p' });
    my $http = $box->http(timeout => 120);
    $http->request('GET', '/api/process/p/stream', host => 'x');
    $http->head();
    return read_events($http);
}


sub read_events
{
    my ($http) = @_;
    my $sse = Sandbox::SSE->new($http);
    my @events;
    while (my $e = $sse->next()) {
        push @events, bytes($e) // ();
    }
    return @events;
}
