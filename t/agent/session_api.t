#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Sessions as callers make, list and delete them.

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


sub post
{
    my ($path, $body) = @_;
    return $box->call('POST', "/api/$path", $body);
}


# create and list

my $res = post('session/create', { id => 'made', cwd => '/usr',
    env => { SECRET => 's3cr3t', LANG => 'x' } });
is($res->{status}, 200, 'create');
is_deeply([@{$res->{json}}{qw/success id sessionId containerPlacementId/}],
    [JSON::PP::true, 'made', 'made', undef], 'members');
ok(exists $res->{json}{containerPlacementId}, 'containerPlacementId is null');
unlike($res->{body}, qr/s3cr3t/, 'a secret is not told');
is($box->output('pwd; echo $SECRET $LANG', sessionId => 'made'),
    "/usr\ns3cr3t C.UTF-8", 'as it was asked for');
$res = post('session/create', { id => 'made' });
is($res->{status}, 409, 'again: 409');
is($res->{json}{code}, 'SESSION_ALREADY_EXISTS', 'code');
is_deeply($res->{json}{context},
    { sessionId => 'made', containerPlacementId => undef }, 'context');
is($box->output('echo $SECRET', sessionId => 'made'), 's3cr3t',
    'it is untouched');
$res = post('session/create', {});
like($res->{json}{id}, qr/^session_\d{13}_[0-9a-f]{12}$/, 'a name is issued');
my $issued = $res->{json}{id};
is($box->call('POST', '/api/session/create')->{status}, 200, 'no body');
is(post('session/create', { id => 'nodir', cwd => '/no/such' })->{status},
    200, 'a missing directory is no error');
is($box->output('pwd', sessionId => 'nodir'), '/root', 'but the home');
ok((grep { $_ eq $issued } @{$box->call('GET', '/api/session/list')
    ->{json}{data}}), 'list');
for my $body ({ id => '' }, { id => '../x' }, { id => 'a b' }, { id => 5 },
    { id => 'x' x 129 }, { id => '__DISABLE_SESSION__' }, { cwd => 5 },
    { env => [] }, { commandTimeoutMs => -1 })
{
    $res = post('session/create', $body);
    is($res->{status}, 400, $json->encode($body) . ': 400');
    is($res->{json}{code}, 'VALIDATION_FAILED', $json->encode($body));
}
$box->execute('kill -9 $$', sessionId => 'made');
is(post('session/create', { id => 'made' })->{status}, 200,
    'one that has ended is replaced');


# delete

is(post('session/delete', {})->{status}, 400, 'delete without a name');
is(post('session/delete', { sessionId => 5 })->{status}, 400, 'a wrong one');
$res = post('session/delete', { sessionId => 'unknown' });
is($res->{status}, 404, 'an unknown one: 404');
like($res->{json}{message}, qr/not found/, 'message');
$box->execute('sleep 74 & (setsid sleep 74 &); '
    . '( (while :; do sleep 74; done) & )', sessionId => 'made');
my $running = $box->execute_start('echo begun; sleep 74', sessionId => 'made');
my $queued = $box->execute_start('echo queued', sessionId => 'made');
my $stream = $box->http(timeout => 60);
$stream->request('POST', '/api/execute/stream', host => 'x',
    body => '{"command":"echo x; sleep 74","sessionId":"issued"}');
$stream->head();
ok($box->wait_for(60, sub { $box->processes(qr/sleep 74/) >= 5 }), 'all run');
$res = post('session/delete', { sessionId => 'made' });
is($res->{status}, 200, 'delete');
is($res->{json}{sessionId}, 'made', 'which');
is(scalar $box->processes(qr/sleep 74/), 1,
    'what it had started has gone with it, and nothing else');
$res = $running->response();
is($res->{status}, 410, 'the command that ran: 410');
is($res->{json}{code}, 'SESSION_DESTROYED', 'code');
is($res->{json}{context}{sessionId}, 'made', 'context');
is($res->{json}{stdout}, 'begun', 'with what it wrote');
is($queued->response()->{json}{code}, 'SESSION_DESTROYED',
    'the one behind it');
is($box->output('echo [$SECRET]', sessionId => 'made'), '[]',
    'a new one by its name');
is(post('session/delete', { sessionId => 'issued' })->{status}, 200,
    'one with a stream');
my $sse = Sandbox::SSE->new($stream);
my @events;
while (my $e = $sse->next()) {
    push @events, JSON::PP::decode_json($e->{data});
}
is($events[-1]{type}, 'complete', 'the stream has its end');
ok(!$stream->{broken}, 'and is whole');


is($box->stop(), 0, 'an orderly end');

done_testing();
