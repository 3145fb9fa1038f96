#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# The relay: bytes between <port>.sock and the app behind it, and the agent's
# own answer where there is no app.

use warnings;
use strict;

use Digest::SHA;
use File::Basename;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw/SHUT_WR/;
use Test::More;
use Time::HiRes qw/sleep time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::App;
use Sandbox::Box;
use Sandbox::HTTP;

$SIG{PIPE} = 'IGNORE';

# no failing test may wait for ever
alarm 300;

my @ports = 8001 .. 8010;
# what is to come up late has a command
my $box = Sandbox::Box->new(ports => \@ports, boot => { ports => [
    map { { port => $_, command => 'exec sleep 1000' } } 8005, 8008] });
my $tether = $box->tether();
my $seq = 0;
my $quiet;

# the apps are this process, so it has to be where the agent dials
enter_network($box->pid());
$quiet = sockets();

my ($v4, $v6, $other, $none, $late, $bulk, $ends, $cut, $full, $many)
    = @ports;


# an app that comes up late, within the first seconds of its command

{
    my $client = dial($late);
    $client->request('GET', '/late', host => 'x');

    # the agent's first dials are refused
    sleep 0.3;

    my $app = listener('127.0.0.1', $late);
    my $conn = accepted($app);
    like(read_some($conn), qr{^GET /late HTTP/1.1\r\n}, 'late app is dialled');
    syswrite $conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    is($client->response()->{body}, 'ok', 'late app answers');
}


# while an app is waited for

{
    my $gone = dial($late);
    $gone->send("GET / HTTP/1.1\r\n\r\n");
    my $waits = dial($cut);
    $waits->send("GET / HTTP/1.1\r\n\r\n");
    is($waits->fill(0.2), undef, 'no answer yet');

    $gone->close();
    op('unlisten', $cut);
    ok($waits->closed(10), 'unlisten cuts the waiting');
    op('listen', $cut);

    idle('one that left is not waited for');
}


# addresses

for my $case (['127.0.0.1', $v4], ['::1', $v6], ['127.0.0.2', $other]) {
    my ($address, $port) = @$case;

    SKIP: {
        my $app = listener($address, $port);
        skip "no $address here", 2 if !$app;

        my $client = dial($port);
        my $bytes = join '', map { chr } 0 .. 255;
        $client->send($bytes);

        my $conn = accepted($app);
        is(read_n($conn, 256), $bytes, "app on $address reads all bytes");

        syswrite $conn, reverse $bytes;
        is(read_client($client, 256), reverse($bytes),
            "app on $address is read");
    }
}


# nothing listens: said at once

{
    my $app = listener('127.0.0.1', $v4);
    my $res = ask($none, 'GET', '/');

    is($res->{status}, 502, 'nothing listens: status');
    is($res->{headers}{'x-sandbox-agent'}, 'refused', 'and mark');
    is($res->{headers}{connection}, 'close', 'and end');
    is($res->{json}{code}, 'PORT_NOT_LISTENING', 'and code');
    is($res->{json}{context}{port}, $none, 'and port');
    like($res->{json}{error}, qr/\b$none\b/, 'which the text has too');

    my ($found) = grep { $_->{port} == $v4 }
        @{$res->{json}{context}{listening}};
    is($found->{address}, '127.0.0.1', 'and what listens instead');

    $res = ask($none, 'POST', '/upload', body => 'x' x 5_000_000);
    is($res->{status}, 502, 'after an upload of 5 MB');
    ok(!$res->{broken}, 'the answer is whole');

    my $client = dial($none);
    $client->send("POST /upload HTTP/1.1\r\nHost: x\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n");
    $client->send(sprintf "%x\r\n%s\r\n", 100_000, 'y' x 100_000)
        for 1 .. 20;
    $client->send("0\r\n\r\n");
    is($client->response()->{status}, 502, 'after a chunked upload');

    $client = dial($none);
    $client->request('GET', '/ws', host => 'x', headers => [
        Upgrade => 'websocket', Connection => 'Upgrade',
        'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version' => 13]);
    is($client->response()->{status}, 502, 'WebSocket upgrade');

    $client = dial($none);
    $client->request('HEAD', '/', host => 'x');
    $res = $client->head(method => 'HEAD');
    is($res->{status}, 502, 'HEAD');
    ok($client->closed(10), 'HEAD has no body');
    is($client->{in}, '', 'no byte of it');

    # a head in pieces, and one that never ends
    $client = dial($none);
    for my $piece ("GET / HT", "TP/1.1\r\nHost: x\r", "\n\r", "\n") {
        $client->send($piece);
        sleep 0.02;
    }
    is($client->response()->{status}, 502, 'a head in pieces');

    $client = dial($none);
    $client->send('GET / HTTP/1.1' . ('x' x 40_000));
    is($client->response()->{status}, 502, 'an endless head');

    $client = dial($none);
    $client->send('GET /');
    $client->close();
    idle('a head that was cut is forgotten');
}


# both ways at once, byte-exact

{
    my $size = 50 * 1024 * 1024;
    my $app = listener('127.0.0.1', $bulk);

    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $conn = $app->accept();
        echo($conn);
        POSIX::_exit(0);
    }

    my $client = dial($bulk);
    my $sock = $client->{sock};
    my $seed = join '', map { chr int rand 256 } 1 .. 65_537;
    my ($sent, $got, $out, $in) = (0, 0, Digest::SHA->new(256),
        Digest::SHA->new(256));
    my $pending = '';

    while ($got < $size) {
        my ($r, $w) = (IO::Select->new($sock), IO::Select->new());
        $w->add($sock) if $sent < $size || $pending ne '';
        my ($can_read, $can_write) = IO::Select->select($r, $w, undef, 60);
        last if !$can_read;

        if (@$can_write) {
            if ($pending eq '') {
                $pending = substr $seed, 0, $size - $sent;
                $sent += length $pending;
                $out->add($pending);
            }
            my $n = syswrite $sock, $pending;
            substr($pending, 0, $n, '') if $n;
        }

        if (@$can_read) {
            my $n = sysread $sock, my $buf, 262_144;
            last if defined $n && $n == 0;
            next if !$n;
            $got += $n;
            $in->add($buf);
        }
    }

    is($got, $size, 'echo of 50 MB: every byte');
    is($in->hexdigest, $out->hexdigest, 'echo of 50 MB: the same bytes');

    $sock->shutdown(SHUT_WR);
    ok($client->closed(30), 'the end is passed on, there and back');

    waitpid $pid, 0;
    is($?, 0, 'the app saw the end');
    idle('nothing is left of it');
}


# ends

{
    my $app = listener('127.0.0.1', $ends);

    my ($client, $conn) = pair($ends, $app);
    $client->{sock}->shutdown(SHUT_WR);
    is(sysread($conn, my $buf, 1), 0, 'half-close: the app sees the end');
    syswrite $conn, 'still here';
    is(read_client($client, 10), 'still here', 'and may go on');
    $conn->close();
    ok($client->closed(10), 'until it closes');
    idle('after a half-close by the client');

    ($client, $conn) = pair($ends, $app);
    $conn->shutdown(SHUT_WR);
    ok($client->closed(10), 'half-close by the app');
    $client->send('still here');
    is(read_n($conn, 10), 'still here', 'the client may go on');
    $client->close();
    is(sysread($conn, $buf, 1), 0, 'until it closes');
    idle('after a half-close by the app');

    ($client, $conn) = pair($ends, $app);
    $client->close();
    is(sysread($conn, $buf, 1), 0, 'the client goes: the app sees it');
    idle('and no connection stays, though the app is silent');
    $conn->close();

    ($client, $conn) = pair($ends, $app);
    $client->{sock}->shutdown(SHUT_WR);
    is(sysread($conn, $buf, 1), 0, 'half-close, then');
    $client->close();
    idle('the client goes later, and the app is silent');
    $conn->close();

    ($client, $conn) = pair($ends, $app);
    syswrite $conn, 'last words';
    reset_close($conn);
    is(read_client($client, 10), 'last words', 'reset by the app: all is read');
    ok($client->closed(10), 'and then the end');
    $client->close();
    idle('after a reset by the app');

    # an unread byte makes the close of a unix socket a reset
    ($client, $conn) = pair($ends, $app);
    syswrite $conn, 'x';
    ok(IO::Select->new($client->{sock})->can_read(10), 'a byte waits');
    $client->close();
    ok(gone($conn), 'reset by the client: the app sees an end');
    idle('after a reset by the client');
    $conn->close();

    # an early answer, as 413 is, while the client uploads
    ($client, $conn) = pair($ends, $app);
    my $answer = 'answer' x 1000;
    syswrite $conn, $answer;
    reset_close($conn);
    my $sent = $client->send('u' x 3_000_000);
    ok($sent, 'a closed app does not block an upload');
    is(read_client($client, length $answer), $answer, 'its answer arrives');
    $client->close();
    idle('after an early answer');
}


# a side that does not read stops the other, in bounded memory

{
    my $app = listener('127.0.0.1', $ends);
    my ($client, $conn) = pair($ends, $app);
    my ($sent, $stalls) = (0, 0);
    my $before = $box->status('VmRSS');

    while ($stalls < 20 && $sent < 512 * 1024 * 1024) {
        my $n = syswrite $client->{sock}, 'b' x 65_536;
        if ($n) {
            $sent += $n;
            $stalls = 0;
        } else {
            $stalls++;
            sleep 0.05;
        }
    }

    cmp_ok($sent, '<', 512 * 1024 * 1024, "the client is stopped ($sent)");
    cmp_ok($box->status('VmRSS') - $before, '<', memory(2048),
        'what waits is bounded');

    $client->{sock}->shutdown(SHUT_WR);

    my $got = 0;
    while (my $n = sysread $conn, my $buf, 1_048_576) {
        $got += $n;
    }
    is($got, $sent, 'nothing was lost');
    $conn->close();
    idle('after it');
}


# unlisten

{
    my $app = listener('127.0.0.1', $cut);
    my @pairs = map { [pair($cut, $app)] } 1 .. 5;
    my $keep = listener('127.0.0.1', $ends);
    my ($client, $conn) = pair($ends, $keep);

    op('unlisten', $cut);

    is(scalar(grep { $_->[0]->closed(10) } @pairs), 5,
        'unlisten cuts the clients');
    is(scalar(grep { gone($_->[1]) } @pairs), 5, 'and the apps');
    ok(!IO::Socket::UNIX->new(Peer => $box->socket($cut)),
        'nobody connects any more');

    $client->send('other');
    is(read_n($conn, 5), 'other', 'other ports stay');

    op('listen', $cut);
    my ($again) = pair($cut, $app);
    ok($again, 'listen again');

    # those that the agent answers itself, at each step
    my $head = dial($none);
    $head->send('GET /');
    my $body = dial($none);
    $body->send("PUT / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nsome");
    my $done = dial($none);
    $done->request('GET', '/', host => 'x');
    is($done->response()->{status}, 502, 'answered, and not yet closed');
    is($body->fill(0.2), undef, 'not answered before the body');
    op('unlisten', $none);
    ok($_->closed(10), 'unlisten cuts them too') for $head, $body, $done;
    op('listen', $none);

    # a second listener takes the place of the first
    my ($before, $before_app) = pair($cut, $app);
    op('listen', $cut);
    my ($after) = pair($cut, $app);
    ok($after, 'a second listener');
    $before->send('old');
    is(read_n($before_app, 3), 'old', 'connections of the first one stay');
}


# a process of the sandbox is no peer

{
    my $app = listener('127.0.0.1', $ends);
    my $program = <<'END';
        $SIG{PIPE} = 'IGNORE';
        my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "connect: $!\n";
        syswrite $s, "GET / HTTP/1.1\r\n\r\n";
        my $n = sysread $s, my $buf, 100;
        print defined $n ? "read $n" : "reset";
END
    my $res = $box->exec({ argv => ['perl', '-MIO::Socket::UNIX', '-e',
        $program, "/run/sandbox/$ends.sock"] });
    like($res->{stdout}, qr/^(read 0|reset)$/,
        'a peer from inside is closed at once');
    ok(!IO::Select->new($app)->can_read(0.3), 'the app is not dialled');
}


# an app that takes no connection

{
    my $app = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $full, Listen => 1, ReuseAddr => 1)
        or die "listen: $!";
    my @fill;

    for (1 .. 8) {
        my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $full, Blocking => 0);
        push @fill, $s if $s;
        sleep 0.02;
    }

    my $res = ask($full, 'GET', '/');
    is($res->{status}, 504, 'a full backlog: status');
    is($res->{headers}{'x-sandbox-agent'}, 'timeout', 'and mark');
    is($res->{json}{code}, 'PORT_TIMEOUT', 'and code');
}


# without descriptors: clients wait, and no app is said to be missing

{
    my $first = $box;
    my $spare = Sandbox::Box->new(ports => [$ends]);
    my $open = scalar(() = glob '/proc/' . $spare->pid() . '/fd/*');
    $spare->stop();

    $box = Sandbox::Box->new(ports => [$ends],
        box => ['nofile=' . ($open + 5)]);
    enter_network($box->pid());

    my $app = listener('127.0.0.1', $ends);
    my @clients = map { dial($ends) } 1 .. 6;
    $_->request('GET', '/', host => 'x') for @clients;
    is($clients[-1]->fill(1.5), undef, 'too few descriptors: no answer yet');

    # each that is done leaves its descriptors to the next

    for (@clients) {
        my $conn = accepted($app);
        read_some($conn);
        syswrite $conn, "HTTP/1.1 204 No Content\r\n\r\n";
        $conn->close();
        is($_->response()->{status}, 204, 'and then it is served');
        $_->close();
    }

    $box->stop();
    $box = $first;
    enter_network($box->pid());
}


# many that are idle

{
    my $n = 2000;
    my $app = listener('127.0.0.1', $many);
    my (@clients, @conns);
    my $before = $box->status('VmRSS');

    for (1 .. $n) {
        my $sock = IO::Socket::UNIX->new(
            Peer => $box->socket($many)) or last;
        push @clients, $sock;
        push @conns, accepted($app);
    }

    # each has carried something
    for my $i (0 .. $#clients) {
        syswrite $clients[$i], "ping $i";
    }

    my $right = 0;
    for my $i (0 .. $#clients) {
        $right++ if read_some($conns[$i]) eq "ping $i";
    }
    is($right, $n, "$n connections");

    my $each = ($box->status('VmRSS') - $before) * 1024 / $n;
    diag(sprintf '%d bytes of memory for an idle connection', $each);
    cmp_ok($each, '<', memory(8192), 'memory of an idle connection');

    # both ends of all of them go at once
    @clients = ();
    @conns = ();
    idle('all are gone');
}


is($box->stop(), 0, 'the agent ends in order');
undef $box;
done_testing();


sub enter_network
{
    my ($pid) = @_;
    my %setns = (x86_64 => 308, aarch64 => 268);
    my $number = $setns{(POSIX::uname())[4]} // die "another machine\n";

    open my $ns, '<', "/proc/$pid/ns/net" or die "net: $!\n";
    syscall($number, fileno $ns, 0x40000000) == 0 or die "setns: $!\n";
}


# over the tether, as nginx does it

sub op
{
    my ($op, $port) = @_;
    my $text = sprintf '{"op":"%s","seq":%d,"port":%d}', $op, ++$seq, $port;

    $box->tell($op eq 'listen' ? "sendfd $tether $port $text"
        : "send $tether $text");

    while (my $packet = $box->packet($tether)) {
        last if $packet eq 'closed';
        next if ($packet->{seq} // 0) != $seq;
        ok($packet->{ok}, "$op $port");
        return;
    }
    fail("$op $port");
}


sub dial
{
    my ($port) = @_;
    return Sandbox::HTTP->new(path => $box->socket($port));
}


sub ask
{
    my ($port, $method, $path, %o) = @_;
    my $client = dial($port);
    $client->request($method, $path, host => 'x', %o);
    return $client->response();
}


sub pair
{
    my ($port, $app) = @_;
    my $client = dial($port);
    my $conn = accepted($app);
    return ($client, $conn);
}


sub read_client
{
    my ($client, $n) = @_;
    while (length $client->{in} < $n) {
        last if !$client->fill(60);
    }
    return substr $client->{in}, 0, $n, '';
}


# the agent has no descriptor of a connection left

sub idle
{
    my ($name) = @_;
    my $n;

    $box->wait_for(30, sub {
        $n = grep { (readlink // '') =~ /^socket:/ }
            glob '/proc/' . $box->pid() . '/fd/*';
        $box->{quiet} //= $n;
        return $n <= $box->{quiet};
    });

    cmp_ok($n, '<=', $box->{quiet}, $name);
}


sub sockets
{
    return scalar grep { (readlink // '') =~ /^socket:/ }
        glob '/proc/' . $box->pid() . '/fd/*';
}


sub memory { $Sandbox::Box::SANITIZE ? 100 * $_[0] : $_[0] }
