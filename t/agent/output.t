#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Much output for a slow reader: 200 MB of bytes in lines of a megabyte, from
# a session's command, arrive intact, in little memory of the agent's.
# t/soak/output.t does the same with 5 GB.

use warnings;
use strict;

use Digest::MD5 ();
use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Test::More;
use Time::HiRes qw/sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

our $MEGABYTES;
my $n = $MEGABYTES // 200;

# no failing test may wait for ever
alarm 300 + $n;

my $box = Sandbox::Box->new();
my $line = "\xff\0\x80a" x 250_000 . "\n";

my $http = $box->http(timeout => 120);
$http->request('POST', '/api/execute/stream', host => 'x',
    body => JSON::PP::encode_json({ sessionId => 'big', command => "perl -e '"
        . '$l = "\xff\0\x80a" x 250000 . "\n"; print $l for 1 .. ' . "$n'" }));
is($http->head()->{status}, 200, 'it begins');

# as long as nothing is read, nothing is written
$box->wait_full($http);
small('who does not read costs nothing');

my $want = Digest::MD5->new();
my $got = Digest::MD5->new();
my ($bytes, $paused, $end) = (0, 0, '');
my $text = '';

while (defined(my $piece = $http->read())) {
    $text .= $piece;
    my $from = 0;

    while ((my $to = index($text, "\n\n", $from)) >= 0) {
        my $event = substr $text, $from, $to - $from;
        $from = $to + 2;

        if ($event =~ /"dataBase64":"([^"]*)"/) {
            my $data = decode_base64($1);
            $bytes += length $data;
            $got->add($data);
        } elsif ($event =~ /"type":"(?:stdout|stderr)"/) {
            fail('bytes without base64: ' . substr $event, 0, 200);
        } elsif ($event =~ /"type":"complete"/) {
            $end = $event;
        }
    }
    substr $text, 0, $from, '';

    # now and then this reader is slower than any writer
    if ($bytes - $paused > 50_000_000) {
        sleep 0.2;
        $paused = $bytes;
    }
}

$want->add($line) for 1 .. $n;
is($bytes, $n * length $line, 'all bytes');
is($got->hexdigest(), $want->hexdigest(), 'intact');
like($end, qr/"exitCode":0/, 'to the end');
small("$n MB in less than 16 MB");

is($box->stop(), 0, 'an orderly end');

done_testing();


sub small
{
    my ($name) = @_;
    return if $Sandbox::Box::SANITIZE;
    my $kb = $box->status('VmHWM');
    note("the agent's peak: $kb KB");
    cmp_ok($kb, '<', 16_384, $name);
}
