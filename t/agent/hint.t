#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Commands that fail for want of a network are told so, and no others.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
my $line = "sandbox: this sandbox has no network: "
    . "its class sets network=none\n";


sub stderr_of
{
    my ($script) = @_;
    return $box->exec({ argv => ['sh', '-c', $script] })->{stderr};
}


for my $words ('curl: (6) Could not resolve host: example.com',
    'npm error code EAI_AGAIN', 'connect ENETUNREACH 1.2.3.4:443',
    'socket.gaierror: [Errno -3] Temporary failure in name resolution',
    'OSError: [Errno 101] Network is unreachable',
    "wget: bad address 'example.com'",
    'ERROR: No matching distribution found for six')
{
    is(stderr_of("echo \"$words\" >&2; exit 1"), "$words\n$line",
        "explained: $words");
}

is(stderr_of('printf "Could not resolve host: x" >&2; exit 6'),
    "Could not resolve host: x\n$line", 'on a line of its own');
is(stderr_of('echo "Could not resolve host: x" >&2'),
    "Could not resolve host: x\n", 'not where the command succeeded');
is($box->exec({ argv => ['sh', '-c', 'echo code EAI_AGAIN; exit 1'] })->{stderr},
    '', 'not of stdout');
is(stderr_of('echo "connection refused" >&2; exit 1'),
    "connection refused\n", 'not of other failures');
is(stderr_of('exit 1'), '', 'not without a word');

# in pieces, and far back

is(stderr_of('printf "code EAI_" >&2; sleep 0.2; echo AGAIN >&2; exit 1'),
    "code EAI_AGAIN\n$line", 'words that come in pieces');
like(stderr_of('echo code EAI_AGAIN >&2; head -c 3000 /dev/zero | tr "\0" a >&2; '
    . 'exit 1'), qr/a\n\Q$line\E\z/, 'with more behind them');
unlike(stderr_of('echo code EAI_AGAIN >&2; head -c 200000 /dev/zero '
    . '| tr "\0" a >&2; exit 1'), qr/sandbox:/, 'not too far back');
like(stderr_of('head -c 200000 /dev/zero | tr "\0" a >&2; '
    . 'echo code EAI_AGAIN >&2; exit 1'), qr/EAI_AGAIN\n\Q$line\E\z/,
    'at the end of much');

# the container API

{
    my $call = { command => 'echo code EAI_AGAIN >&2; exit 3' };
    my $json = $box->call('POST', '/api/execute', $call)->{json};
    is("$json->{stderr}\n", "code EAI_AGAIN\n$line", '/api/execute');
    is($json->{exitCode}, 3, 'the exit code stays');

    my $http = $box->http();
    $http->request('POST', '/api/execute/stream', host => 'x',
        body => JSON::PP->new->utf8->encode($call));
    $http->head();
    my $sse = Sandbox::SSE->new($http);
    my @events;

    while (my $e = $sse->next()) {
        push @events, JSON::PP::decode_json($e->{data});
    }
    is(join('', map { $_->{data} } grep { $_->{type} eq 'stderr' } @events),
        "code EAI_AGAIN\n$line", '/api/execute/stream');
    is($events[-1]{exitCode}, 3, 'and its exit code');
}

# a name server that does not answer is none of this

{
    my $enter = 'nsenter -n -t ' . $box->pid();
    system("$enter ip link add hint0 type bridge") == 0
        && system("$enter ip link set hint0 up") == 0 or die "no link\n";
    is(stderr_of('echo code EAI_AGAIN >&2; exit 1'), "code EAI_AGAIN\n",
        'not where there is a network');
    system("$enter ip link set hint0 down") == 0 or die;
    is(stderr_of('echo code EAI_AGAIN >&2; exit 1'), "code EAI_AGAIN\n$line",
        'one that is down is none');
}

done_testing();
