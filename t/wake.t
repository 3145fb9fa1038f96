#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Ports that wake their sandbox: requests are held until the app is there,
# people get a page that becomes the app.

use warnings;
use strict;

use JSON::PP;
use Test::More;
use Time::HiRes qw/time/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $t = Sandbox->new(http => '    sandbox_wake_timeout 40s;')->start();
my $id = 'wakes';
my @html = (headers => [Accept => 'text/html,*/*;q=0.8']);
my $app = Sandbox::root_dir() . '/t/lib/apps/app.py';

is($t->put($id, 'workspace/app.py', slurp($app))->{status}, 200, 'an app');

# an app that is late, and says how it goes

sub command { "echo starting \$PORT; $_[0]; exec python3 app.py \$PORT" }


# fields

my $res = $t->api('POST', "/v1/sandbox/$id/ports", json => { port => 8080,
    wake => JSON::PP::true, command => command('sleep 2'),
    cwd => '/workspace' });
is($res->{status}, 200, 'exposed');
is_deeply([@{$res->{json}}{qw/wake command cwd/}], [JSON::PP::true,
    command('sleep 2'), '/workspace'], 'the answer has them')
    or diag($res->{body});
my $url = $res->{json}{url};

for my $case (
    ['wake of text', { wake => 'on' }], ['an empty cwd', { cwd => 'here' }],
    ['command of a number', { command => 5 }],
    ['blank command', { command => '  ' }],
    ['command too long', { command => 'x' x 2049 }],
    ['cwd with a newline', { cwd => "/a\nb" }])
{
    my ($name, $fields) = @$case;
    $res = $t->api('POST', "/v1/sandbox/never-made/ports",
        json => { port => 8080, %$fields });
    is($res->{status}, 400, "$name: 400");
    is($res->{json}{code}, 'invalid_request', 'its code');
}
is($t->api('GET', '/v1/sandbox/never-made')->{status}, 404,
    'and nothing was made');


# it ran at once, since the sandbox did

ok(wait_for(sub { $t->preview('GET', $url)->{status} == 200 }, 60),
    'exposed while it runs: the command is started');
is($t->api('GET', "/v1/sandbox/$id/ports/8080")->{json}{command},
    command('sleep 2'), 'and is shown');


# asleep: a script is held until the app is there

sub sleeps
{
    is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
}

sleeps();
$res = $t->preview('GET', $url);
is($res->{status}, 200, 'a script gets the app');
like($res->{body}, qr/Hello from port 8080/, 'and nothing else');

sleeps();
my @c = map { my $c = $t->connect(); my ($host) = $url =~ m{//([^/]+)};
    $c->request('POST', '/echo', host => $host, body => "body $_"); $c } 1 .. 5;
my @got = map { $_->response()->{body} } @c;
is(join('|', @got), join('|', map { "body $_" } 1 .. 5),
    'POSTs are held, and delivered');
is($t->preview('GET', $url, path => '/headers')->{status}, 200, 'then hits');

sleeps();
my $ws = $t->connect();
my ($host) = $url =~ m{//([^/]+)};
$ws->request('GET', '/ws', host => $host, headers => [Upgrade => 'websocket',
    Connection => 'Upgrade', 'Sec-WebSocket-Version' => 13,
    'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==', @{$html[1]}]);
is($ws->head()->{status}, 101, 'a WebSocket is held');
$ws->close();


# a person gets a page at once

sleeps();
$res = $t->preview('GET', $url, @html);
is($res->{status}, 503, 'a browser: 503');
like($res->{headers}{'content-type'}, qr{^text/html; charset=utf-8}, 'a page');
like($res->{body}, qr{<h1>Waking up</h1>}, 'that says so');
is($res->{headers}{'retry-after'}, 3, 'Retry-After');
is($res->{headers}{'cache-control'}, 'no-store', 'not to be kept');
like($res->{headers}{'content-security-policy'},
    qr/^default-src 'none'; style-src 'nonce-(\w+)'; script-src 'nonce-\1'/,
    'and its own policy');
my ($nonce) = $res->{headers}{'content-security-policy'} =~ /nonce-(\w+)/;
is(scalar(() = $res->{body} =~ /<(?:script|style) nonce="$nonce">/g), 2,
    'which its parts meet');
unlike($res->{body}, qr{(?:src|href)="(?!"|data:)}, 'nothing from elsewhere');

# and follows the start

sub events
{
    my (%o) = @_;
    my $c = $t->connect();
    $c->request('GET', '/.sandbox/events', host => $host,
        headers => $o{headers} || []);
    my $head = $c->head();
    is($head->{status}, 200, 'events');
    like($head->{headers}{'content-type'}, qr{^text/event-stream}, 'their type');
    my (@states, @log);
    my $sse = Sandbox::SSE->new($c);
    while (my $e = $sse->next(60)) {
        my $d = decode_json($e->{data});
        push @states, $d if $e->{event} eq 'state';
        push @log, $d->{text} if $e->{event} eq 'log';
    }
    ok(!$c->{broken}, 'which end well');
    return (\@states, \@log);
}

my ($states, $log) = events();
is($states->[-1]{state}, 'ready', 'until the app is there')
    or diag(explain($states));
ok(grep({ $_->{state} eq 'waiting' } @$states), 'which it waited for');
is($log->[0], 'starting 8080', 'with what its command wrote');
$res = $t->preview('GET', $url, @html);
is($res->{status}, 200, 'and then the page is the app\'s');
($states) = events();
is($states->[-1]{state}, 'ready', 'as they say later on')
    or diag(explain($states));

# the prefix is nginx's own

for my $path ('/.sandbox', '/.sandbox/', '/.sandbox/other', '/%2esandbox/x',
    '/a/../.sandbox/events/x', '//.sandbox/x')
{
    $res = $t->preview('GET', $url, path => $path);
    is($res->{status}, 404, "$path: 404");
    is($res->{json}{code}, 'NOT_FOUND', 'and nginx\'s');
}
is($t->preview('POST', $url, path => '/.sandbox/events', body => '')->{status},
    404, 'events take no POST');
is($t->preview('GET', $url, path => '/.sandboxes')->{body},
    'the app knows no /.sandboxes', 'but that alone');
(my $wrong = $url) =~ s/-(\w)(\w*)\.localhost/-$2$1.localhost/;
is($t->preview('GET', $wrong, path => '/.sandbox/events')->{json}{code},
    'INVALID_TOKEN', 'with a wrong token there are no events');


# a command that fails

my $bad = $t->api('POST', "/v1/sandbox/$id/ports", json => { port => 8081,
    wake => JSON::PP::true,
    command => 'echo "cannot <b>find</b> \'it\' & stop" >&2; exit 7' })
    ->{json}{url};
$res = $t->preview('GET', $bad);
is($res->{status}, 502, 'a command that fails: 502');
is($res->{json}{code}, 'PORT_COMMAND_FAILED', 'its code');
like($res->{json}{message}, qr/port 8081.*code 7/, 'the message');
is_deeply($res->{json}{context}{command}, { state => 'exited', exitCode => 7,
    log => [q{cannot <b>find</b> 'it' & stop}] }, 'and what it wrote')
    or diag($res->{body});
is($res->{json}{context}{state}, 'running', 'and the sandbox\'s state');
$res = $t->preview('GET', $bad, @html);
is($res->{status}, 502, 'for a browser: 502');
like($res->{body}, qr{<h1>The app did not start</h1>}, 'a page');
like($res->{body}, qr{cannot &lt;b&gt;find&lt;/b&gt; &#39;it&#39; &amp; stop</div>},
    'in which its words are text');


# nobody ever listens

is($t->quit() && 1, 1, 'another time');
$t->write_conf(http => '    sandbox_wake_timeout 2m;');
my ($good, $said) = $t->check_conf();
ok($good, 'a time that nginx cuts short');
like($said, qr/warn.*"sandbox_wake_timeout" should be less/, 'is warned of');
$t->write_conf(http => '    sandbox_wake_timeout 2s;');
$t->start();
my $never = $t->api('POST', "/v1/sandbox/$id/ports", json => { port => 8082,
    wake => JSON::PP::true, command => 'echo here; exec sleep 1000' })
    ->{json}{url};
$res = $t->preview('GET', $never);
is($res->{status}, 504, 'no app: 504');
is($res->{json}{code}, 'WAKE_TIMEOUT', 'its code');
is_deeply($res->{json}{context}{command}, { state => 'running',
    log => ['here'] }, 'with what the command does');
is($res->{headers}{'retry-after'}, 5, 'Retry-After');
$res = $t->preview('GET', $never, @html);
is($res->{status}, 503, 'a browser gets the page that waits');
(my $nhost = $never) =~ s{^http://([^/]+).*}{$1};
$host = $nhost;
($states, $log) = events();
is($states->[-1]{state}, 'waiting', 'its events end, and are asked for again');
is("@$log", 'here', 'after what there is');
(undef, $log) = events(headers => ['Last-Event-ID' => 1]);
is("@$log", '', 'which goes on where it was');

# a client that leaves is forgotten; a reload keeps none

my $gone = $t->connect();
$gone->request('GET', '/', host => $host);
Time::HiRes::sleep(0.3);
$gone->close();
my @old = $t->reload();
ok(wait_for(sub { !grep { Sandbox::running($_) } @old }, 40),
    'workers of before end');

# unexposed: forgotten

is($t->api('DELETE', "/v1/sandbox/$id/ports/8082")->{status}, 200,
    'unexposed');
sleeps();
is($t->api('POST', "/v1/sandbox/$id/wake")->{status}, 200, 'awake');
is($t->run_in($id, 'pgrep -fc "slee[p] 1000" || true'), "0\n",
    'and its command is run no more');

# not waking: 410, as ever

$res = $t->api('POST', "/v1/sandbox/$id/ports", json => { port => 8080,
    wake => JSON::PP::false });
is($res->{json}{wake}, JSON::PP::false, 'set to wake no more');
sleeps();
is($t->preview('GET', $url)->{status}, 410, 'then 410');
$res = $t->preview('GET', $url, @html);
is($res->{status}, 410, 'for a browser too');
like($res->{body}, qr{<h1>This preview is asleep</h1>}, 'as a page');
$host = (split m{/}, $url)[2];
($states) = events();
is($states->[-1]{state}, 'asleep', 'events start nothing');


# what the location says, where the policy does not

sub wakes { $t->api('PATCH', "/v1/sandbox/$id/ports/8080",
    json => { wake => $_[0] })->{json}{wake} }
sub diagnosis { $t->api('GET', "/v1/sandbox/$id/ports/8080/diagnose")
    ->{body} }

is(wakes(undef), undef, 'null: as the location says');
like(diagnosis(), qr/answered with 410/, 'which is off by default');
is($t->preview('GET', $url)->{status}, 410, 'so 410');

$t->write_conf(http => '    sandbox_wake_timeout 20s; '
    . 'sandbox_preview_wake on;');
$t->reload();
like(diagnosis(), qr/wakes the sandbox/, 'sandbox_preview_wake on');
is(wakes(JSON::PP::false), JSON::PP::false, 'a policy that says no');
is($t->preview('GET', $url)->{status}, 410, 'goes first');
is(wakes(undef), undef, 'null again');
is($t->preview('GET', $url)->{status}, 200, 'the preview wakes the sandbox');

$t->done();
