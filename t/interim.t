#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Interim answers (1xx) of an app: they are not passed on, the final answer
# is, and their number is limited.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

# buffering can be switched on where the included file is one level above

my $conf = Sandbox::default_conf();
$conf =~ s/(sandbox_preview;\n) +include %%PROXY%%;\n/$1/;
$conf =~ s/(server_name \*\.localhost;\n)/$1        include %%PROXY%%;\n/;

my $t = Sandbox->new(workers => 1, conf => $conf,
    http => '    proxy_cache_path %%DIR%%/cache keys_zone=one:1m;')->start();
my $id = 'interim';
$t->app($id, 'breaks.py', 8080, '/workspace/seen');
my $url = $t->expose($id, 8080);
my $res;

for my $status ('100+Continue', '102+Processing', '103+Early+Hints',
    '103', '199+Odd')
{
    for my $n (1, 5, 100) {
        $res = get("/interim/$status/$n");
        like($res->{raw}, qr{^HTTP/1.1 200 }, "$n x $status: 200 comes first");
        like($res->{body}, qr/^\d+ \d+$/, "$n x $status: the final body");
        is($res->{headers}{link} // '', '', "$n x $status: their headers "
            . 'are not those of the answer');
    }
    is(get("/interim/$status/101")->{json}{code}, 'SERVICE_NOT_RESPONDING',
        "101 x $status: 502");
}

my $long = '103+' . 'Early+' x 50;
is(get("/interim/$long/100")->{status}, 502,
    'together they may not exceed proxy_buffer_size');
is(get("/interim/$long/50")->{status}, 200, 'half as many may');

# any method

for my $method (qw/HEAD OPTIONS POST PUT DELETE PATCH/) {
    $res = $t->preview($method, $url, path => '/interim/103/2',
        body => $method =~ /^P/ ? 'x' x 100_000 : undef);
    is($res->{status}, 200, "$method: 200");
    like($res->{body}, $method eq 'HEAD' ? qr/^$/ : qr/^\d+ \d+$/,
        "$method: and its body");
}

# a client that waits for 100 gets one, of nginx

my $c = $t->connect();
my ($host) = $url =~ m{//([^/]+)};
$c->request('POST', '/interim/100+Continue/2', host => $host,
    headers => [Expect => '100-continue', 'Content-Length' => 5]);
ok(wait_for(sub { $c->fill(1); $c->{in} =~ m{^HTTP/1.1 100 [^\r]*\r\n\r\n} },
    30), 'Expect: 100-continue: nginx asks for the body');
$c->{in} = '';
$c->send('hello');
$res = $c->response();
like($res->{raw}, qr{^HTTP/1.1 200 }, 'and the next answer is the final one');

# the connection to the app is kept

my ($conn, $n) = split / /, get('/keep')->{body};
get('/interim/103/3');
is(get('/keep')->{body}, "$conn " . ($n + 2), 'the connection stays open');

# 101 without a handshake is no interim answer

is(get('/interim/101+Switching+Protocols/1')->{status}, 502,
    '101 that nobody asked for: 502');

# an answer that follows interim ones is not cached

$t->write_conf(preview => 'proxy_buffering on; proxy_cache one; '
    . 'proxy_cache_valid 200 10m; '
    . 'add_header X-Cache $upstream_cache_status;');
$t->reload();
is(get('/interim/103/2')->{headers}{'x-cache'}, 'MISS', "a cache: miss, $_")
    for 1, 2;
like(get('/interim/103/2')->{body}, qr/^\d+ \d+$/, 'and the answer is whole');
get('/keep');
is(get('/keep')->{headers}{'x-cache'}, 'HIT', 'others are');

$t->done();


sub get { $t->preview('GET', $url, path => $_[0]) }
