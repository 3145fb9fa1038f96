#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Archives through nginx: 150 MB both ways, and errors as they are.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Tar;

my $t = Sandbox->new()->start();
my $res;

$t->run_in('one', 'mkdir -p src/lib; echo hi >src/lib/a; ln -s lib/a src/link; '
    . 'ln src/lib/a src/second; mkdir node_modules; echo x >node_modules/x; '
    . 'head -c 150000000 /dev/zero >large; chmod 600 large');

$res = persist('one', '?excludes=node_modules%2C%2A.log');
is($res->{status}, 200, 'persist');
is($res->{headers}{'content-type'}, 'application/octet-stream', 'its type');
is_deeply([Sandbox::Tar::refused($res->{body})], [],
    'nothing that strict clients refuse');
is(join(' ', map { $_->{name} } @{Sandbox::Tar::members($res->{body})}),
    './ ./large ./src/ ./src/lib/ ./src/lib/a ./src/link ./src/second',
    'the members');

is(hydrate('two', $res->{body})->{body}, '{"ok":true}', 'hydrate of 150 MB');
is($t->run_in('two', 'cksum large src/link; stat -c "%a %U" large; ls'),
    $t->run_in('one', 'cksum large src/link; stat -c "%a %U" large; '
        . 'ls -I node_modules'), 'the same files');

my $c = $t->connect();
$c->request('POST', '/v1/sandbox/two/hydrate',
    $t->api_options(headers => ['Transfer-Encoding' => 'chunked']));
my $tar = Sandbox::Tar::block(name => 'chunked', data => 'x')
    . Sandbox::Tar::end();
$c->send(sprintf "%x\r\n%s\r\n0\r\n\r\n", length $tar, $tar);
is($c->response()->{status}, 200, 'a chunked body');

for my $case (
    ['', 400, 'Empty tar payload'],
    ['x' x 2000, 400, 'the body is not a tar archive'],
    [Sandbox::Tar::block(name => '../x'), 400,
        '../x: the path contains ".."'],
    [Sandbox::Tar::block(name => 's', mode => 04755), 400,
        's: is set-user-ID or set-group-ID, which is not extracted'],
    # refused long before its end
    [Sandbox::Tar::block(name => '/x', data => 'x' x 50_000_000), 400,
        '/x: the path is absolute'])
{
    my ($body, $status, $error) = @$case;
    $res = hydrate('two', $body);
    is($res->{status}, $status, "hydrate: $error");
    is($res->{json}{error}, $error, 'the reason');
    is($res->{json}{code}, 'invalid_request', 'the code');
}

$res = persist('one', '?excludes=../x');
is("$res->{status} $res->{json}{error}",
    '400 exclude paths must not contain ".."', 'persist: ..');
is($t->api('GET', '/v1/sandbox/one/persist')->{status}, 404, 'GET');

ok(!(glob "$t->{dir}/*temp*/*/*/*"), 'nginx buffered nothing on disk');

$t->done();


sub persist
{
    my ($id, $query) = @_;
    return $t->api('POST', "/v1/sandbox/$id/persist$query");
}


sub hydrate
{
    my ($id, $body) = @_;
    return $t->api('POST', "/v1/sandbox/$id/hydrate", body => $body);
}
