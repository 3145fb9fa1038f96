#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The /api routes of files through nginx: a real sandbox, bodies of any length
# in little memory of nginx and the agent, and limits of nginx.

use warnings;
use strict;

use JSON::PP ();
use MIME::Base64 qw/encode_base64/;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $MB = 1024 * 1024;
my $t = Sandbox->new()->start();
my $id = 'file-api';
my $api = "/v1/sandbox/$id/api";
my $res;

$res = $t->api('POST', "$api/write", json => { path => 'a.txt',
    content => "hello\n" });
is($res->{status}, 200, 'write, which creates the sandbox');
is($t->run_in($id, 'cat a.txt; stat -c "%a %U" a.txt'),
    "hello\n644 root\n", 'is there');
$res = $t->api('POST', "$api/read", json => { path => 'a.txt' });
is($res->{json}{content}, "hello\n", 'read');

$res = $t->api('POST', "$api/write-batch", json => { files => [map {
    { path => "b/$_", content => "n$_" } } 1 .. 100] });
is($res->{json}{written}, 100, 'a batch');
$res = $t->api('POST', "$api/list-files", json => { path => 'b',
    options => { limit => 3, after => '10' } });
is_deeply([map { $_->{name} } @{$res->{json}{files}}], [100, 11, 12],
    'a page of a list');
is($res->{json}{next}, 12, 'where the next one begins');

for my $case (['stat', { path => 'a.txt' }], ['exists', { path => 'a.txt' }],
    ['chmod', { path => 'a.txt', mode => '0600' }], ['mkdir', { path => 'd' }],
    ['append', { path => 'a.txt', content => 'x' }],
    ['copy', { sourcePath => 'a.txt', destinationPath => 'd' }],
    ['rename', { oldPath => 'a.txt', newPath => 'z.txt' }],
    ['move', { sourcePath => 'z.txt', destinationPath => 'd/y.txt' }],
    ['delete', { path => 'd', recursive => JSON::PP::true }])
{
    my ($route, $body) = @$case;
    $res = $t->api('POST', "$api/$route", json => $body);
    is($res->{status}, 200, $route) or diag($res->{body});
    is($t->api('GET', "$api/$route")->{json}{code}, 'NOT_FOUND',
        "$route: only POST");
}

$res = $t->api('POST', "$api/read", json => { path => 'd/none' });
is("$res->{status} $res->{json}{code}", '404 FILE_NOT_FOUND',
    'errors come as they are');

# content by the image's own "file"
$t->api('POST', "$api/write", json => { path => 'pixel', encoding => 'base64',
    content => encode_base64("GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0"
        . "\1\0\1\0\0\2\1D\0;", '') });
$res = $t->api('POST', "$api/read", json => { path => 'pixel' });
is($res->{json}{mimeType}, $t->run_in($id, 'command -v file')
    ? 'image/gif' : 'application/octet-stream', 'the type by content');

# 100 MB to and fro
my $agent = $t->agent_pid($id);
my $c = $t->connect();
my $head = '{"path":"big.txt","content":"';
my $piece = 'x' x $MB;
$c->request('POST', "$api/write", $t->api_options(headers =>
    ['Content-Length' => length($head) + 100 * $MB + 2]));
$c->send($head);
$c->send($piece) for 1 .. 100;
$c->send('"}');
is($c->response()->{status}, 200, '100 MB are written');
is($t->run_in($id, 'stat -c %s big.txt'), 100 * $MB . "\n", 'all of it');

$c = $t->connect();
$c->request('POST', "$api/read/stream", $t->api_options(
    json => { path => 'big.txt' }));
is($c->head()->{status}, 200, 'and streamed');
my ($n, $last) = (0, '');
while (defined(my $data = $c->read())) {
    $n += length $data;
    $last = substr $last . $data, -60;
}
cmp_ok($n, '>', 100 * $MB, 'all of it');
like($last, qr/"complete", ?"bytesRead":104857600\}\n\n$/, 'to the end');

SKIP: {
    skip 'a sanitizer has its own needs', 1 if Sandbox::sanitized();

    my ($peak) = Sandbox::slurp("/proc/$agent/status") =~ /^VmHWM:\s+(\d+)/m;
    cmp_ok($peak, '<', 8192, "the agent's peak is $peak KB");
}

$t->done();
