#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Ports: expose, list, unexpose, and the urls that come of it.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $conf = Sandbox::default_conf();
$conf =~ s/server_name \*\.localhost/$& *.preview.example.com/;
my $t = Sandbox->new(engine => $proxy->engine(), conf => $conf,
    http => '    sandbox_preview_url https://*.preview.example.com;')
    ->start();
my $p = '/v1/sandbox/port/ports';
my $res;

# of a sandbox that is not there yet

is($t->api('GET', $p)->{status}, 404, 'list of an absent sandbox: 404');
is($t->api('DELETE', "$p/8080")->{status}, 404, 'unexpose there: 404');
ok(! -e "$t->{state}/port", 'neither makes it');

$res = $t->api('POST', $p, json => { port => 8080, name => 'web' });
is($res->{status}, 200, 'expose makes it');
ok($res->{json}{success}, 'success');
is($res->{json}{port}, 8080, 'the port');
is($res->{json}{name}, 'web', 'the name');
like($res->{json}{token}, qr/^[a-z2-7]{16}$/, 'an issued token');
is($res->{json}{url}, "http://8080-port-$res->{json}{token}.localhost:"
    . "$t->{port}/", 'the url');
is($res->{json}{hostname}, "8080-port-$res->{json}{token}.localhost",
    'the host name');
ok(exists $res->{json}{timestamp}, 'a timestamp');
my $token = $res->{json}{token};

# again

$res = $t->api('POST', $p, json => { port => 8080 });
is($res->{json}{token}, $token, 'exposed again: the same token');
$res = $t->api('POST', "$p/8081", json => { token => 'chosen_1' });
is($res->{json}{url}, "http://8081-port-chosen_1.localhost:$t->{port}/",
    'by path, with a chosen token');
$res = $t->api('POST', "$p/8082");
is($res->{status}, 200, 'by path, without a body');
is($t->api('POST', "$p/8082", json => { port => 8083 })->{status}, 400,
    'by path, with another port in the body: 400');
$res = $t->api('POST', "$p/8084",
    json => { hostname => 'preview.example.com' });
like($res->{json}{url},
    qr{^https://8084-port-[a-z2-7]{16}\.preview\.example\.com/$},
    'at the other domain');
my $far = $res->{json}{token};
$res = $t->api('POST', $p, json => { port => 3000 });
is($res->{status}, 200, 'port 3000 is one');

# a port is at the domain that it was exposed at, and at no other

for my $case (
    [8080, $token, 'localhost', 'preview.example.com'],
    [8084, $far, 'preview.example.com', 'localhost'],
) {
    my ($port, $key, $own, $other) = @$case;
    isnt($t->preview('GET', "http://$port-port-$key.$own/")->{status}, 404,
        "$port is at $own");
    is($t->preview('GET', "http://$port-port-$key.$other/")->{status}, 404,
        "and not at $other");
}

# bad ones

for my $case (
    ['no port', {}, 'INVALID_PORT'],
    ['port 0', { port => 0 }, 'INVALID_PORT'],
    ['port 80', { port => 80 }, 'INVALID_PORT'],
    ['port 1023', { port => 1023 }, 'INVALID_PORT'],
    ['port 65536', { port => 65536 }, 'INVALID_PORT'],
    ['port -1', { port => -1 }, 'INVALID_PORT'],
    ['port 8080.5', { port => 8080.5 }, 'INVALID_PORT'],
    ['a port that is text', { port => 'http' }, 'INVALID_PORT'],
    ['a token with -', { port => 9000, token => 'a-b' }],
    ['a token in upper case', { port => 9000, token => 'ABC' }],
    ['an empty token', { port => 9000, token => '' }],
    ['a token of 17', { port => 9000, token => 'a' x 17 }],
    ['a token that is a number', { port => 9000, token => 5 }],
    ['a token in use', { port => 9000, token => 'chosen_1' }],
    ['a name that is a number', { port => 9000, name => 5 }],
    ['a name too long', { port => 9000, name => 'n' x 129 }],
    ['a name with a line feed', { port => 9000, name => "a\nb" }],
    ['a foreign hostname', { port => 9000, hostname => 'evil.example' }],
) {
    $res = $t->api('POST', $p, json => $case->[1]);
    is($res->{status}, 400, "$case->[0]: 400");
    is($res->{json}{code}, $case->[2], "$case->[0]: $case->[2]")
        if $case->[2];
    ok(length($res->{json}{message} // ''), "$case->[0]: a message");
}
for my $port ('0', '80', '00080', '08080', '65536', '-1', '8080a', '1e4',
    '99999999999999999999')
{
    $res = $t->api('POST', "$p/$port");
    like($res->{status}, qr/^40[04]$/, "port $port: $res->{status}");
}

# the list

$res = $t->api('GET', $p);
is($res->{status}, 200, 'list');
is(join(',', map { $_->{port} } @{$res->{json}{ports}}),
    '3000,8080,8081,8082,8084', 'ascending');
my ($web) = grep { $_->{port} == 8080 } @{$res->{json}{ports}};
is_deeply([@$web{qw/name token status/}], ['web', $token, 'active'],
    'name, token and status');
is($web->{url}, "http://8080-port-$token.localhost:$t->{port}/", 'url');

$res = $t->api('GET', "$p/8081");
is($res->{status}, 200, 'one');
is($res->{json}{token}, 'chosen_1', 'its token');
$res = $t->api('GET', "$p/9000");
is($res->{status}, 404, 'one that is not exposed: 404');
is($res->{json}{code}, 'PORT_NOT_EXPOSED', 'its code');
$res = $t->api('GET', '/v1/sandbox/port');
is(join(',', map { $_->{port} } @{$res->{json}{ports}}),
    '3000,8080,8081,8082,8084', 'the sandbox tells them too');

is(scalar $proxy->calls(qr/^POST/), 0, 'none of this started anything');

# unexpose

$res = $t->api('DELETE', "$p/8081");
is($res->{status}, 200, 'unexpose');
is_deeply($res->{json}, { success => JSON::PP::true, port => 8081,
    wasExposed => JSON::PP::true }, 'the port, and that it had been exposed');
$res = $t->api('DELETE', "$p/8081");
is($res->{status}, 200, 'again: no error');
is_deeply($res->{json}, { success => JSON::PP::true, port => 8081,
    wasExposed => JSON::PP::false }, 'it had not been exposed');
$res = $t->api('POST', "$p/8081");
isnt($res->{json}{token}, 'chosen_1', 'exposed anew: another token');

$res = $t->api('DELETE', $p);
is($res->{status}, 200, 'unexpose all');
is($res->{json}{count}, 5, 'their number');
is(scalar @{$t->api('GET', $p)->{json}{ports}}, 0, 'none is left');

# the sockets of ports come and go with them

is($t->run_in('port', 'echo up'), "up\n", 'started');
$t->app('port', 'app.py', 8080);
my $url = $t->expose('port', 8080);
is($t->preview('GET', $url)->{status}, 200, 'a preview');
my $dir = "$t->{state}/.run/" . $t->run_of('port');
ok(-S "$dir/8080.sock", 'has its socket');
is($t->api('DELETE', "$p/8080")->{status}, 200, 'unexposed');
ok(! -e "$dir/8080.sock", 'has none');
is($t->preview('GET', $url)->{status}, 404, 'and no preview');

# many ports

my @urls = map { $t->expose('port', $_) } 20000 .. 20039;
is(scalar(grep { defined } @urls), 40, 'forty ports');
is(scalar @{$t->api('GET', $p)->{json}{ports}}, 40, 'are listed');
$t->app('port', 'app.py', 20039);
is($t->preview('GET', $urls[39])->{status}, 200, 'and serve');
is($t->preview('GET', $urls[0])->{status}, 502, 'or say what does not');

Sandbox::docker('kill ' . $t->container_of('port'));
is($t->run_in('port', 'echo again'), "again\n", 'started again with forty');
$t->app('port', 'app.py', 20000);
is($t->preview('GET', $urls[0])->{status}, 200, 'and they serve');

# more than a packet holds descriptors

for my $port (30000 .. 30259) {
    my $r = $t->api('POST', "$p/$port");
    push @urls, $r->{json}{url} if $r->{status} == 200;
}
is(scalar @urls, 300, 'three hundred ports');
Sandbox::docker('kill ' . $t->container_of('port'));
is($t->run_in('port', 'echo again'), "again\n",
    'a start with three hundred');
$t->app('port', 'app.py', 30259);
is($t->preview('GET', $urls[299])->{status}, 200, 'the last serves');

$t->done();
