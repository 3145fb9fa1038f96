#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# WebSockets of the agent, with a route that sends back what it receives: the
# cases of the Autobahn test suite, sections 1 to 7, 9 and 10, and limits.
# Compression, sections 12 and 13, is not offered.

use warnings;
use strict;

use Cwd qw/abs_path/;
use File::Basename;
use File::Temp ();
use POSIX ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::HTTP;
use Sandbox::WebSocket;

# no failing test may wait for ever
alarm 300;

$SIG{PIPE} = 'IGNORE';

my $root = abs_path(dirname(__FILE__) . '/../..');
my $built = `cd $root && flock build/agent_box.lock make -s -f agent/agent.mk agent-tests 2>&1`;
is($?, 0, 'built') or BAIL_OUT($built);

my $temp = File::Temp::tempdir('/tmp/sbe-XXXXXX', CLEANUP => 1);
my $socket = "$temp/echo.sock";
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    exec "$root/build/t/websocket_echo", $socket or POSIX::_exit(1);
}
END { kill 'KILL', $pid if $pid }

for (1 .. 500) {
    last if -S $socket;
    sleep 0.01;
}

my ($CONT, $TEXT, $BINARY, $CLOSE, $PING, $PONG) = (0, 1, 2, 8, 9, 10);
my $FIN = 0x80;


# 1: messages of all sizes

for my $size (0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537) {
    for my $opcode ($TEXT, $BINARY) {
        my $data = $opcode == $TEXT ? '*' x $size : "\xfe" x $size;
        my $name = $opcode == $TEXT ? '1.1' : '1.2';
        echoes("$name: $size bytes", [[$FIN | $opcode, $data]],
            [$opcode, $data]);
        # in chops
        echoes("$name: $size bytes in pieces", [[$FIN | $opcode, $data]],
            [$opcode, $data], step => 997) if $size > 126;
    }
}


# 2: pings and pongs

my $ws = open_ws();
for my $payload ('', 'Hello, world!', "\0\xff\xfe\xfd\xfc\xfb\0\xff",
    "\xfe" x 125)
{
    frames($ws, [$FIN | $PING, $payload]);
    is_deeply(got($ws), [$PONG, $payload],
        '2.1-2.4: a ping of ' . length($payload) . ' bytes');
}
closes_with($ws, '2.5: a ping of 126 bytes', 1002,
    [$FIN | $PING, "\xfe" x 126]);

$ws = open_ws();
frames($ws, [$FIN | $PING, "\xfe" x 125], step => 1);
is_deeply(got($ws), [$PONG, "\xfe" x 125], '2.6: byte by byte');
frames($ws, [$FIN | $PONG, ''], [$FIN | $PONG, 'unasked'],
    [$FIN | $PING, 'then']);
is_deeply(got($ws), [$PONG, 'then'], '2.7-2.9: pongs are ignored');
frames($ws, map { [$FIN | $PING, "payload-$_"] } 1 .. 10);
is_deeply([map { got($ws)->[1] } 1 .. 10], [map { "payload-$_" } 1 .. 10],
    '2.10: ten pings');
frames($ws, (map { [$FIN | $PING, "payload-$_"] } 1 .. 10), step => 1);
is_deeply([map { got($ws)->[1] } 1 .. 10], [map { "payload-$_" } 1 .. 10],
    '2.11: byte by byte');
bye($ws);


# 3: reserved bits

for my $rsv (1 .. 7) {
    closes_with(open_ws(), "3.$rsv: RSV $rsv", 1002,
        [$FIN | $rsv << 4 | $TEXT, 'x']);
}
$ws = open_ws();
frames($ws, [$FIN | $TEXT, 'before']);
is_deeply(got($ws), [$TEXT, 'before'], '3: a message before');
closes_with($ws, '3: and a wrong one', 1002, [$FIN | 0x40 | $TEXT, 'x']);
closes_with(open_ws(), '3.7: on a ping', 1002, [$FIN | 0x70 | $PING, '']);


# 4: reserved opcodes

for my $opcode (3 .. 7, 11 .. 15) {
    for my $payload ('', 'reserved opcode payload') {
        closes_with(open_ws(), "4: opcode $opcode, " . length $payload, 1002,
            [$FIN | $opcode, $payload]);
    }
}


# 5: fragments

closes_with(open_ws(), '5.1: a ping in fragments', 1002,
    [$PING, 'a'], [$FIN | $CONT, 'b']);
closes_with(open_ws(), '5.2: a pong in fragments', 1002,
    [$PONG, 'a'], [$FIN | $CONT, 'b']);

for my $step (0, 1) {
    echoes("5.3-5.5: two fragments, in steps of $step", [[$TEXT, 'fragment1'],
        [$FIN | $CONT, 'fragment2']], [$TEXT, 'fragment1fragment2'],
        step => $step);

    $ws = open_ws();
    frames($ws, [$TEXT, 'fragment1'], [$FIN | $PING, 'ping'],
        [$FIN | $CONT, 'fragment2'], step => $step);
    my ($data, $pong) = ('', '');
    while ($data !~ /2$/ && (my $res = got($ws, 1))) {
        ${$res->[0] == $PONG ? \$pong : \$data} .= $res->[1];
    }
    is("$data $pong", 'fragment1fragment2 ping',
        '5.6-5.8: a ping between is answered');
    bye($ws);
}

for my $case (['5.9-5.11', [$FIN | $CONT, 'x'], [$FIN | $TEXT, 'Hello']],
    ['5.12-5.14', [$CONT, 'x'], [$FIN | $TEXT, 'Hello']])
{
    my ($name, @frames) = @$case;
    closes_with(open_ws(), "$name: nothing to continue, in steps of $_", 1002,
        @frames, step => $_) for 0, 1, 5;
}

$ws = open_ws();
frames($ws, [$TEXT, 'fragment1'], [$FIN | $CONT, 'fragment2']);
is_deeply(got($ws), [$TEXT, 'fragment1fragment2'], '5.15: a message');
closes_with($ws, '5.15: and nothing to continue', 1002,
    [$CONT, 'fragment3'], [$FIN | $TEXT, 'fragment4']);
closes_with(open_ws(), "5.16-5.17: $_", 1002, [$_, 'x'],
    [$FIN | $TEXT, 'x']) for $CONT, $FIN | $CONT;
closes_with(open_ws(), '5.18: a text within a text', 1002,
    [$TEXT, 'fragment1'], [$FIN | $TEXT, 'fragment2']);

$ws = open_ws();
frames($ws, [$TEXT, 'fragment1'], [$CONT, 'fragment2'],
    [$FIN | $PING, 'one']);
sleep 0.2;
frames($ws, [$CONT, 'fragment3'], [$FIN | $PING, 'two'], [$CONT, 'fragment4'],
    [$FIN | $CONT, 'fragment5']);
is_deeply([sort map { join ':', @{got($ws, 1)} } 1 .. 7],
    [sort '1:fragment1', '0:fragment2', '10:one', '0:fragment3', '10:two',
        '0:fragment4', '0:fragment5'], '5.19-5.20: five fragments, two pings');
bye($ws);


# 6: UTF-8

my $kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";

echoes('6.1: an empty text', [[$FIN | $TEXT, '']], [$TEXT, '']);
echoes('6.1: empty fragments', [[$TEXT, ''], [$CONT, ''], [$FIN | $CONT, '']],
    [$TEXT, '']);
echoes('6.1: one is not', [[$TEXT, ''], [$CONT, 'middle'],
    [$FIN | $CONT, '']], [$TEXT, 'middle']);
echoes('6.2: UTF-8', [[$FIN | $TEXT, "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6"]],
    [$TEXT, "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6"]);
echoes('6.2: byte by byte', [[$FIN | $TEXT, $kosme]], [$TEXT, $kosme],
    step => 1);
echoes('6.2: a fragment for each byte',
    [(map { [$_ ? $CONT : $TEXT, substr $kosme, $_, 1] }
        0 .. length($kosme) - 1), [$FIN | $CONT, '']], [$TEXT, $kosme]);

closes_with(open_ws(), '6.3: a surrogate within', 1007,
    [$FIN | $TEXT, "$kosme\xed\xa0\x80edited"]);
closes_with(open_ws(), '6.3: a fragment for each byte', 1007,
    map({ [$_ ? $CONT : $TEXT, substr "$kosme\xed\xa0\x80e", $_, 1] }
        0 .. length($kosme) + 3), [$FIN | $CONT, '']);

# 6.4: at once, not at the end of the message
closes_with(open_ws(), '6.4: as soon as it is wrong', 1007,
    [$TEXT, $kosme], [$CONT, "\xf4\x90\x80\x80"]);
closes_with(open_ws(), '6.4: within a frame', 1007, raw => [$FIN | $TEXT,
    "$kosme\xf4\x90", 1000]);

for my $good ($kosme, "\0", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80",
    "\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf",
    "\xee\x80\x80", "\xef\xbf\xbd", "\xef\xb7\x90", "\xef\xbf\xbe")
{
    echoes('6.5-6.22: ' . unpack('H*', $good), [[$FIN | $TEXT, $good]],
        [$TEXT, $good]);
}

for my $bad (substr($kosme, 0, 1), substr($kosme, 0, 4), "\xf8\x88\x80\x80\x80",
    "\xfc\x84\x80\x80\x80\x80", "\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf",
    "\xf4\x90\x80\x80", "\x80", "\xbf", "\x80\xbf", "\xc0 ", "\xe0 ", "\xf0 ",
    "\xc0", "\xe0\x80", "\xf0\x80\x80", "\xfe", "\xff", "\xfe\xfe\xff\xff",
    "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xc1\xbf", "\xe0\x9f\xbf",
    "\xf0\x8f\xbf\xbf", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
    "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80")
{
    closes_with(open_ws(), '6.6-6.20: ' . unpack('H*', $bad), 1007,
        [$FIN | $TEXT, $bad]);
}


# 7: closing

$ws = open_ws();
frames($ws, [$FIN | $TEXT, 'Hello World!'],
    [$FIN | $CLOSE, pack 'n', 1000]);
is_deeply(got($ws), [$TEXT, 'Hello World!'], '7.1.1: a message before');
is_deeply(got($ws), [$CLOSE, pack 'n', 1000], 'and the close');
ok(ended($ws), 'the server ends the connection');

for my $case (['7.1.2: two closes', [$FIN | $CLOSE, pack 'n', 1000],
        [$FIN | $CLOSE, pack 'n', 1000]],
    ['7.1.3: a ping after it', [$FIN | $CLOSE, pack 'n', 1000],
        [$FIN | $PING, 'x']],
    ['7.1.4: a text after it', [$FIN | $CLOSE, pack 'n', 1000],
        [$FIN | $TEXT, 'x']],
    ['7.1.5: within fragments', [$TEXT, ''], [$FIN | $CLOSE, pack 'n', 1000],
        [$FIN | $CONT, 'x']])
{
    my ($name, @frames) = @$case;
    $ws = open_ws();
    frames($ws, @frames);
    my $res = got($ws, 1);
    $res = got($ws, 1) if $res && $res->[0] != $CLOSE;
    is_deeply($res, [$CLOSE, pack 'n', 1000], $name);
    ok(ended($ws), "$name: the end");
}

$ws = open_ws();
frames($ws, [$FIN | $CLOSE, '']);
is_deeply(got($ws), [$CLOSE, ''], '7.3.1: a close without a code');
ok(ended($ws), 'the end');
closes_with(open_ws(), '7.3.2: half a code', 1002, [$FIN | $CLOSE, 'a']);

for my $payload (pack('n', 1000) . 'Hello World!',
    pack('n', 1000) . '*' x 123)
{
    $ws = open_ws();
    frames($ws, [$FIN | $CLOSE, $payload]);
    is(unpack('n', got($ws)->[1]), 1000,
        '7.3.3-7.3.5: a reason of ' . (length($payload) - 2));
    ok(ended($ws), 'the end');
}

closes_with(open_ws(), '7.3.6: a reason of 124 bytes', 1002,
    [$FIN | $CLOSE, pack('n', 1000) . '*' x 124]);
closes_with(open_ws(), '7.5.1: a reason that is not UTF-8', 1007,
    [$FIN | $CLOSE, pack('n', 1000) . "$kosme\xed\xa0\x80"]);

for my $code (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999,
    4000, 4999)
{
    $ws = open_ws();
    frames($ws, [$FIN | $CLOSE, pack 'n', $code]);
    is_deeply(got($ws), [$CLOSE, pack 'n', $code], "7.7: code $code");
    ok(ended($ws), 'the end');
}

closes_with(open_ws(), "7.9, 7.13: code $_", 1002, [$FIN | $CLOSE, pack 'n',
    $_]) for 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000,
    65_535;


# 9: large messages, 10: fragments of one; in little memory

for my $size (1 << 18, 1 << 22, 1 << 24) {
    for my $opcode ($TEXT, $BINARY) {
        my $data = '*' x $size;
        echoes("9.1-9.2: $size bytes", [[$FIN | $opcode, $data]],
            [$opcode, $data]);
    }
}

for my $size (64, 1024, 65_536) {
    my $data = '*' x (1 << 20);
    my @frames = map { [$CONT, substr $data, $_ * $size, $size] }
        0 .. (1 << 20) / $size - 1;
    $frames[0][0] = $TEXT;
    $frames[-1][0] |= $FIN;
    echoes("9.3-9.4: 1 MB in fragments of $size", \@frames, [$TEXT, $data]);
}

my $chopped = '*' x (1 << 20);
echoes('9.5-9.6: 1 MB in pieces of 1000', [[$FIN | $TEXT, $chopped]],
    [$TEXT, $chopped], step => 1000);

for my $size (0, 16, 1024) {
    $ws = open_ws();
    frames($ws, map { [$FIN | $BINARY, '*' x $size] } 1 .. 1000);
    my $same = grep { $_ && $_->[1] eq '*' x $size } map { got($ws) }
        1 .. 1000;
    is($same, 1000, "9.7-9.8: a thousand messages of $size bytes");
    bye($ws);
}

my $ten = '*' x 65_536;
echoes('10.1: 64 KB in fragments of 1300', [map({
    [$_ == 0 ? $TEXT : $_ == 50 ? $FIN | $CONT : $CONT,
        substr $ten, $_ * 1300, 1300] } 0 .. 50)], [$TEXT, $ten]);

cmp_ok(memory(), '<', 8192, 'in less than 8 MB');


# encodings of the length and the mask

closes_with(open_ws(), 'an unmasked frame', 1002, bytes => "\x81\x01x");
closes_with(open_ws(), '125 in 16 bits', 1002,
    bytes => "\x81\xfe\0\x7d" . "\0" x 4);
closes_with(open_ws(), '65535 in 64 bits', 1002,
    bytes => "\x81\xff" . "\0" x 6 . "\xff\xff" . "\0" x 4);
closes_with(open_ws(), 'a length of 64 bits', 1002,
    bytes => "\x81\xff\x80" . "\0" x 7 . "\0" x 4);


# a peer that sends and does not read costs no memory: nor do its pings

for my $frame ([$FIN | $BINARY, '*' x 60_000], [$FIN | $PING, '*' x 125]) {
    $ws = open_ws();
    my $data = frame(@$frame) x 20;
    $ws->{conn}{sock}->blocking(0);

    my ($sent, $still) = (0, time);
    while (time - $still < 0.3 && $sent < (64 << 20)) {
        my $n = syswrite $ws->{conn}{sock}, $data;
        if ($n) {
            $sent += $n;
            $still = time;
            $data = substr($data, $n) . substr($data, 0, $n);
        } else {
            sleep 0.01;
        }
    }
    cmp_ok(memory(), '<', 8192, 'a peer that does not read: ' . ($sent >> 10)
        . ' KB were taken');
    $ws->{conn}->close();
}


# the handshake

my @good = (Upgrade => 'websocket', Connection => 'Upgrade',
    'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version' => 13);

my $res = handshake(@good);
is($res->{status}, 101, 'a handshake');
is($res->{headers}{'sec-websocket-accept'}, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    'the key of the RFC');
is(lc $res->{headers}{upgrade}, 'websocket', 'Upgrade');
is(lc $res->{headers}{connection}, 'upgrade', 'Connection');
ok(!exists $res->{headers}{'sec-websocket-protocol'}, 'no subprotocol');
ok(!exists $res->{headers}{'sec-websocket-extensions'}, 'no extension');
is(handshake(@good, 'Sec-WebSocket-Extensions' => 'permessage-deflate',
    'Sec-WebSocket-Protocol' => 'chat')->{status}, 101,
    'what is offered is not used');
is(handshake(Upgrade => 'WebSocket', Connection => 'keep-alive, upgrade',
    @good[4 .. 7])->{status}, 101, 'names in any case');

for my $case (
    ['no Upgrade', 400, @good[2 .. 7]],
    ['another protocol', 400, Upgrade => 'h2c', @good[2 .. 7]],
    ['no Connection', 400, @good[0, 1, 4 .. 7]],
    ['a plain GET', 400],
    ['no key', 400, @good[0 .. 3, 6, 7]],
    ['a short key', 400, @good[0 .. 3, 6, 7], 'Sec-WebSocket-Key' => 'YWJj'],
    ['a key that is not base64', 400, @good[0 .. 3, 6, 7],
        'Sec-WebSocket-Key' => '!!!!!!!!!!!!!!!!!!!!!!=='],
    ['no version', 426, @good[0 .. 5]],
    ['version 8', 426, @good[0 .. 5], 'Sec-WebSocket-Version' => 8],
) {
    my ($name, $status, @headers) = @$case;
    $res = handshake(@headers);
    is($res->{status}, $status, "$name: $status");
    is($res->{headers}{'sec-websocket-version'}, 13, 'which one is')
        if $status == 426;
    like($res->{body}, qr/WebSocket upgrade required/, 'says so')
        if $name eq 'a plain GET';
}

# a frame in the segment of the handshake
my $http = Sandbox::HTTP->new(path => $socket);
$http->send("GET / HTTP/1.1\r\nHost: x\r\n" . join('',
    map { "$good[2 * $_]: $good[2 * $_ + 1]\r\n" } 0 .. 3) . "\r\n"
    . frame($FIN | $TEXT, 'early'));
$res = $http->head();
$ws = bless { conn => $http }, 'Sandbox::WebSocket';
is_deeply(got($ws), [$TEXT, 'early'], 'a frame that comes with the handshake');
bye($ws);


done_testing();


sub open_ws
{
    my $ws = Sandbox::WebSocket->new(host => 'x',
        conn => Sandbox::HTTP->new(path => $socket, timeout => 30));
    is($ws->{status}, 101, 'open') if $ws->{status} != 101;
    return $ws;
}


sub handshake
{
    my $http = Sandbox::HTTP->new(path => $socket);
    $http->request('GET', '/', host => 'x', headers => [@_]);
    my $res = $http->head();
    $res->{body} = $res->{status} == 101 ? '' : $http->body();
    return $res;
}


sub frame
{
    my ($byte, $data, $len) = @_;
    my $mask = join '', map { chr int rand 256 } 1 .. 4;
    my $head = pack 'C', $byte;
    $len //= length $data;

    if ($len < 126) {
        $head .= pack 'C', 0x80 | $len;
    } elsif ($len < 65_536) {
        $head .= pack 'Cn', 0x80 | 126, $len;
    } else {
        $head .= pack 'CQ>', 0x80 | 127, $len;
    }

    return $head . $mask . ($data ^ substr $mask x (length($data) / 4 + 1), 0,
        length $data);
}


# sends frames in pieces of step bytes; reading what comes back meanwhile is
# left to a process of its own where it is much

sub frames
{
    my ($ws, @frames) = @_;
    my %o;
    if (@frames >= 2 && !ref $frames[-2]) {
        %o = splice @frames, -2;
    }
    my $data = join '', map { frame(@$_) } @frames;

    if (length $data > 100_000) {
        push @{$ws->{writers}}, my $writer = fork // die "fork: $!";
        return if $writer;
        $ws->{conn}->send($data, $o{step});
        POSIX::_exit(0);
    }

    my $step = $o{step} || length $data;
    for (my $at = 0; $at < length $data; $at += $step) {
        $ws->{conn}->send(substr $data, $at, $step);
    }
}


# the next message or control; pieces: each frame for itself

sub got
{
    my ($ws, $pieces) = @_;

    if (!$pieces) {
        my $m = $ws->recv(30) // return undef;
        return [$m->{opcode}, $m->{data}];
    }

    my $c = $ws->{conn};
    return undef if !$ws->need(2, 30);
    my ($b0, $b1) = unpack 'CC', $c->{in};
    die 'a long frame' if $b1 > 125;
    return undef if !$ws->need(2 + $b1, 30);
    substr $c->{in}, 0, 2, '';
    return [$b0 & 15, substr $c->{in}, 0, $b1, ''];
}


sub echoes
{
    my ($name, $frames, $want, %o) = @_;
    my $ws = open_ws();
    frames($ws, @$frames, $o{step} ? (step => $o{step}) : ());
    my $res = got($ws);
    ok($res && $res->[0] == $want->[0] && $res->[1] eq $want->[1], $name);
    waitpid $_, 0 for @{$ws->{writers} || []};
    bye($ws);
}


# the frames, or raw: one whose payload is not complete, or bytes: as they are

sub closes_with
{
    my ($ws, $name, $code, @frames) = @_;

    if (!ref $frames[0]) {
        $ws->{conn}->send($frames[0] eq 'bytes' ? $frames[1]
            : frame(@{$frames[1]}));
    } else {
        frames($ws, @frames);
    }

    my $res = got($ws, 1);
    $res = got($ws, 1) while $res && $res->[0] != $CLOSE;
    is($res && length $res->[1] >= 2 ? unpack('n', $res->[1]) : 'none', $code,
        $name);
    ok(ended($ws), "$name: the end");
}


sub ended
{
    my ($ws) = @_;
    while ($ws->need(length($ws->{conn}{in}) + 1, 3)) { }
    return $ws->{closed};
}


sub bye
{
    my ($ws) = @_;
    frames($ws, [$FIN | $CLOSE, pack 'n', 1000]);
    my $res = got($ws);
    is($res && $res->[0], $CLOSE, 'bye') if !$res || $res->[0] != $CLOSE;
    $ws->{conn}->close();
}


# KB

sub memory
{
    open my $fh, '<', "/proc/$pid/status" or die $!;
    while (<$fh>) {
        return $1 if /^VmHWM:\s+(\d+)/;
    }
}
