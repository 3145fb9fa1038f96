#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Commands of exposed ports, and what those who watch a port are told.

use warnings;
use strict;

use File::Basename;
use JSON::PP;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

$SIG{PIPE} = 'IGNORE';

# no failing test may wait for ever
alarm 300;

my $seq = 0;


# an app that says what it was started with, then listens

sub server
{
    my ($port, $address) = @_;
    $address //= '127.0.0.1';
    return "perl -e 'use IO::Socket::IP; \$| = 1; print \"port \$ENV{PORT}\\n\"; "
        . "my \$s = IO::Socket::IP->new(LocalHost => \"$address\", "
        . "LocalPort => $port, Listen => 5, ReuseAddr => 1) or die \$!; "
        . "print \"up\\n\"; while (my \$c = \$s->accept()) { close \$c }'";
}


sub op
{
    my ($box, $t, $op, $port) = @_;
    $seq++;
    $box->tell("send $t {\"op\":\"$op\",\"seq\":$seq,\"port\":$port}");
}


# packets until one matches: (it, [those before it])

sub upto
{
    my ($box, $t, $check) = @_;
    my @before;

    while (1) {
        my $p = $box->packet($t, 30);
        return ($p, \@before) if !ref $p || $check->($p);
        push @before, $p;
    }
}


sub port_is
{
    my ($port, %want) = @_;
    return sub {
        my ($p) = @_;
        return 0 if ($p->{event} // '') ne 'port' || $p->{port} != $port;
        return !grep { "$p->{$_}" ne "$want{$_}" } keys %want;
    };
}


# all lines of the log packets, by number

sub lines
{
    my %line;
    for my $p (grep { ref $_ && ($_->{event} // '') eq 'log' } @_) {
        my $n = $p->{line};
        $line{$n++} = $_ for split /\n/, $p->{text}, -1;
    }
    return \%line;
}


sub listing { my ($l) = @_; return join '|', map { $l->{$_} }
    sort { $a <=> $b } keys %$l }


# at the start

my $box = Sandbox::Box->new(ports => [8080, 8081, 8082, 8083, 8084],
    boot => { preview_suffix => '.preview.example.com', ports => [
        { port => 8080, command => 'cd /; echo in $PWD; ' . server(8080) },
        { port => 8081, command => 'pwd; echo oops >&2; exit 3',
            cwd => '/tmp' },
        { port => 8082 },
        { port => 8083, command => 'true', cwd => '/nowhere' },
        { port => 8084, command => 'kill -9 $$' } ] });

my $t = $box->tether();
is($box->packet($t)->{event}, 'hello', 'hello');

op($box, $t, 'watch', 8080);
my ($p, $before) = upto($box, $t, port_is(8080, listening => 1));
is_deeply($p, { event => 'port', port => 8080, listening => JSON::PP::true,
    command => 'running', code => 0 }, 'a command of boot runs, and listens');
upto($box, $t, sub { ($_[0]{text} // '') =~ /up$/ })
    if listing(lines(@$before)) !~ /up$/;
is($box->call('GET', '/api/ping')->{status}, 200, 'and the agent serves');

my $again = $box->tether();
$box->packet($again);
op($box, $again, 'watch', 8080);
my @got = map { $box->packet($again) } 1 .. 3;
is_deeply($got[1], $p, 'who watches later is told at once');
is(listing(lines(@got)), 'in /|port 8080|up',
    'and what was written, in which PORT is the port');
is_deeply($got[2], { seq => $seq, ok => JSON::PP::true },
    'the reply is the last');

op($box, $t, 'watch', 8081);
($p, $before) = upto($box, $t, sub { exists $_[0]{seq}
    && $_[0]{seq} == $seq });
my ($end) = grep { port_is(8081)->($_) } @$before;
is($end->{command}, 'exited', 'one that ends');
is($end->{code}, 3, 'with its code');
is(join(',', sort split /\|/, listing(lines(grep { $_->{port} == 8081 }
    grep { exists $_->{port} } @$before))), '/tmp,oops',
    'in its directory, with both outputs');

op($box, $t, 'watch', 8082);
($p) = upto($box, $t, port_is(8082));
is($p->{command}, 'none', 'a port without a command');

op($box, $t, 'watch', 8083);
($p, $before) = upto($box, $t, sub { ($_[0]{seq} // 0) == $seq });
is((grep { port_is(8083)->($_) } @$before)[0]{command}, 'exited',
    'a directory that is not there');
like(listing(lines(grep { ($_->{port} // 0) == 8083 } @$before)),
    qr{/nowhere}, 'is named');

op($box, $t, 'watch', 8084);
($p) = upto($box, $t, port_is(8084, command => 'exited'));
is($p->{code}, 137, 'ended by KILL');

# the relay's answer has it too

my $http = Sandbox::HTTP->new(path => $box->socket(8081), timeout => 30);
$http->request('GET', '/', host => 'x');
my $res = $http->response();
is($res->{status}, 502, 'its port refuses');
is_deeply($res->{json}{context}{command}, { state => 'exited', exitCode => 3,
    log => $res->{json}{context}{command}{log} },
    'and the answer tells what became of its command')
    or diag(explain($res->{json}));
is(join(',', sort @{$res->{json}{context}{command}{log}}), '/tmp,oops',
    'with its last lines');
like($res->{json}{message}, qr/exited with code 3/, 'in words too');

$http = Sandbox::HTTP->new(path => $box->socket(8082), timeout => 30);
$http->request('GET', '/', host => 'x');
is($http->response()->{json}{context}{command}, undef,
    'and null without one');

# each is a process

sub process { $box->call('GET', "/api/process/port-$_[0]")->{json}{process} }

is(join(' ', sort map { $_->{id} } @{$box->call('GET', '/api/process/list')
    ->{json}{processes}}), 'port-8080 port-8081 port-8084',
    'what could be started is listed');
is(process(8080)->{status}, 'running', 'one that runs');
is_deeply([@{process(8081)}{qw/status exitCode command/}],
    ['failed', 3, 'pwd; echo oops >&2; exit 3'], 'one that has ended');
is_deeply([@{$box->call('GET', '/api/process/port-8081/logs')->{json}}
    {qw/stdout stderr/}], ["/tmp\n", "oops\n"], 'its log');


# the environment

is($box->sh('echo $__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS'),
    ".preview.example.com\n", 'dev servers are told of the preview hosts');

# errors of the protocol

for my $case (
    ['watched twice', 'watch', 8081], ['not watched', 'unwatch', 8090],
    ['no port', 'watch', 0])
{
    my ($name, $op, $port) = @$case;
    op($box, $t, $op, $port);
    ($p) = upto($box, $t, sub { ($_[0]{seq} // 0) == $seq });
    ok($p->{error}, "$name: an error");
}

for my $bad ('{}', '[{"port":1,"command":5}]', '[{"port":"1"}]', '[1]',
    '[{"port":8082,"command":"' . 'x' x 8193 . '"}]')
{
    $seq++;
    $box->tell("send $t {\"op\":\"configure\",\"seq\":$seq,\"ports\":$bad}");
    ($p) = upto($box, $t, sub { exists $_[0]{seq} });
    ok($p->{error}, 'ports ' . substr($bad, 0, 30) . ': an error');
}


# a change while it runs

sub configure
{
    my ($ports) = @_;
    $seq++;
    $box->tell("send $t " . JSON::PP->new->encode({ op => 'configure',
        seq => $seq, ports => $ports }));
}

my ($pid) = $box->processes(qr/LocalPort => 8080/);
configure([{ port => 8080, command => 'cd /; echo in $PWD; '
    . server(8080) }]);
upto($box, $t, sub { ($_[0]{seq} // 0) == $seq });
is(join(',', $box->processes(qr/^perl.*LocalPort => 8080/)),
    join(',', $box->processes(qr/LocalPort => 8080/)),
    'the same command again');
ok(grep({ $_ == $pid } $box->processes(qr/LocalPort => 8080/)),
    'runs on');

configure([{ port => 8080, command => 'echo new; ' . server(8080, '::1') }]);
($p, $before) = upto($box, $t, sub { ($_[0]{event} // '') eq 'log'
    && $_[0]{port} == 8080 && $_[0]{text} =~ /new/ });
like($p->{text}, qr/new/, 'another command is run in its place');
ok($box->wait_for(30, sub { !grep { $_ == $pid }
    $box->processes(qr/LocalPort/) }), 'and the first is ended');

configure([{ port => 8081, command => 'echo second; exit 4' }]);
($p) = upto($box, $t, port_is(8081, command => 'exited', code => 4));
is($p->{code}, 4, 'one that has ended is run again');

configure([{ port => 8082, command => server(8082) }]);
($p) = upto($box, $t, port_is(8082, listening => 1));
is($p->{command}, 'running', 'and one that there was not');

configure([{ port => 8082 }]);
($p) = upto($box, $t, port_is(8082, command => 'none'));
is($p->{listening}, JSON::PP::true, 'one that is taken back runs on');
is(process(8082)->{status}, 'running', 'as a process');

configure([{ port => 8082, command => 'echo third; exec sleep 83' }]);
($p) = upto($box, $t, sub { ($_[0]{text} // '') eq 'third' });
is($p->{port}, 8082, 'another command takes its place');
is(scalar $box->processes(qr/LocalPort => 8082/), 0, 'when it has ended');

is($box->call('DELETE', '/api/process/port-8082')->{status}, 200,
    'who likes kills it');
($p) = upto($box, $t, port_is(8082, command => 'exited'));
is($p->{code}, 143, 'which is told');
is(process(8082)->{status}, 'killed', 'and kept');

is($box->call('POST', '/api/process/start', { command => 'exec sleep 84',
    processId => 'port-8082' })->{status}, 200, 'a caller takes the name');
ok($box->wait_for(30, sub { $box->processes(qr/^sleep 84/) }),
    'and its process runs');
configure([{ port => 8082, command => 'echo fourth' }]);
($p) = upto($box, $t, port_is(8082, command => 'exited', code => 0));
is($box->call('GET', '/api/process/port-8082/logs')->{json}{stdout},
    "fourth\n", 'the port has it back');
is(scalar $box->processes(qr/^sleep 84/), 0, 'and the other one has ended');


# what people are to read

configure([{ port => 8084, command => q{printf 'a\033[31mred\033[0m\n}
    . q{\033]0;title\007b\nloading 1\rloading 2\r\nnul\000x\ttab\n}
    . q{\377bad\n\033[3\nhtml <script>\n'; printf %600s x; echo; }
    . q{printf 'no end'} }]);
($p, $before) = upto($box, $t, sub { ($_[0]{text} // '') =~ /no end/ });
my $text = listing(lines(grep { ($_->{port} // 0) == 8084 } @$before, $p));
is(substr($text, 0, index($text, 'html')),
    "ared|b|loading 2|nulx\ttab|\x{fffd}bad||",
    'escape sequences and control characters are left out');
like($text, qr/\|html <script>\| {512}\|no end$/,
    'a long line is cut, and one without an end is one');

configure([{ port => 8083,
    command => 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); '
        . 'done; sleep 1000' }]);
($p, $before) = upto($box, $t, sub { ($_[0]{text} // '') =~ /line 2999$/ });
my $l = lines(grep { ($_->{port} // 0) == 8083 } @$before, $p);
my ($last) = grep { $l->{$_} eq 'line 2999' } keys %$l;
ok(!grep({ my $n = $1 if $l->{$_} =~ /^line (\d+)$/;
    defined $n && $last - $_ != 2999 - $n } keys %$l),
    'numbers of lines go on, whichever were kept');
op($box, $again, 'watch', 8083);
($p, $before) = upto($box, $again, sub { ($_[0]{seq} // 0) == $seq });
$l = lines(grep { ($_->{port} // 0) == 8083 } @$before);
is(scalar keys %$l, 64, 'the last 64 are kept');

my $was = $box->private();
configure([{ port => 8083, command => 'exec yes' . ' y' x 100 }]);
$box->wait_for(30, sub { my $l = lines($box->packet($t)); grep { /^y y/ }
    values %$l }) or fail('no flood');
for (1 .. 20) { $box->packet($t, 5) }
is($box->call('GET', '/api/ping')->{status}, 200,
    'a flood leaves the agent its time');
SKIP: {
    skip 'sanitizers keep what was freed', 1 if $Sandbox::Box::SANITIZE;
    cmp_ok($box->private() - $was, '<', 4096, 'and its memory');
}
configure([{ port => 8083, command => 'true' }]);
upto($box, $t, port_is(8083, command => 'exited'));

# unwatch, and the end of a tether

op($box, $t, 'unwatch', 8080);
($p) = upto($box, $t, sub { ($_[0]{seq} // 0) == $seq });
ok($p->{ok}, 'unwatch');
undef $box;


# who waits for a port uses the sandbox

$box = Sandbox::Box->new(ports => [8080], boot => { sleep_after_ms => 500,
    ports => [{ port => 8080, command => 'sleep 1000' }] });
$t = $box->tether();
$box->packet($t);
op($box, $t, 'watch', 8080);
upto($box, $t, sub { ($_[0]{seq} // 0) == $seq });
is($box->packet($t, 2), undef, 'a port that is watched holds it');
op($box, $t, 'unwatch', 8080);
upto($box, $t, sub { ($_[0]{seq} // 0) == $seq });
is_deeply($box->packet($t), { event => 'going' },
    'a command that runs does not');
is($box->exit_status(), 0, 'exit 0');
undef $box;


done_testing();
