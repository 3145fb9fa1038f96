#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent

# The debug log alone explains a start that hangs: its last lines name the
# sandbox, the step, and the engine call that has no response.  No engine is
# needed: a socket answers only the calls that the test chooses.  The module's
# own lines contain no token, no key and no environment of a sandbox.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';

plan(skip_all => "$nginx was built without --with-debug")
    if `$nginx -V 2>&1` !~ /--with-debug\b/;

my $key = 'kEyOfAlice-0123456789-verysecret';
my $token = 'secrettoken12345';
my $secret = 'valueOfAVariable0123456789';

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), level => 'debug',
    workers => 1, keys => ["alice:$key"], key => $key,
    http => '    sandbox_start_timeout 3s;')->start();

my %engine = (
    ping => 'status /_ping 200 OK',
    info => 'status /info 200 {"MemoryLimit":true,"SwapLimit":true,'
        . '"PidsLimit":true,"CpuCfsQuota":true,"NCPU":2,"MemTotal":1}',
    image => 'status /images/ 200 {"Id":"sha256:1","Config":{}}',
    create => 'status /containers/create 201 {"Id":"ab"}',
    list => 'status /containers/json 200 []',
    rest => 'hang .*',
);

hangs('create', 'engine POST /containers/create', qw/ping info image list/);
hangs('start', 'engine POST /containers/[^/ ]+/start',
    qw/ping info image list create/);
silent();
secrets();

$t->done();


# one start whose engine answers these calls, and no other

sub hangs
{
    my ($id, $call, @answered) = @_;
    my $log = length $t->log_text();

    $proxy->set(join '', map { "$engine{$_}\n" } @answered, 'rest');

    my $res = $t->exec($id, ['true']);
    is($res->{status}, 503, "$id hangs: 503");
    like($res->{json}{message}, qr/the container engine does not answer/,
        '... for its cause');

    my @lines = own(substr $t->log_text(), $log);
    my @start = grep { /^sandbox "$id" start: / } @lines;

    is($start[0], "sandbox \"$id\" start: begin", '... the log has its start');
    like($start[-2], qr/^sandbox "$id" start: container, after \d+ ms$/,
        '... the step that hangs');
    like($start[-1], qr/^sandbox "$id" start: end, status 503, after \d+ ms$/,
        '... and its end');

    my @calls = grep { /^sandbox: $call/ } @lines;

    is(scalar @calls, 1, '... one line of the call that hangs');
    like($calls[0], qr/: sent, deadline \d+ ms$/, '... which was sent');

    # each call that was answered has a line of its status

    my @sent = map { /^sandbox: (engine \S+ \S+): sent/ ? $1 : () } @lines;
    my %status = map { /^sandbox: (engine \S+ \S+): (\d{3})\b/
        ? ($1 => $2) : () } @lines;
    my @open = grep { !$status{$_} && !m{/events|/containers/json|_ping} }
        @sent;

    is(scalar @open, 1, '... which alone has no status');
    like($open[0], qr/^$call/, '... and is named');
}


# an engine that answers nothing: not even whether it is there

sub silent
{
    my $log = length $t->log_text();

    # close the connections of earlier calls

    $proxy->stop();
    $proxy->start();
    $proxy->set("$engine{rest}\n");

    my $res = $t->exec('silent', ['true']);
    is($res->{status}, 503, 'an engine that answers nothing: 503');

    my @lines = own(substr $t->log_text(), $log);
    my @start = grep { /^sandbox "silent" start: / } @lines;

    like($start[-2], qr/^sandbox "silent" start: container, /,
        '... the step is known');
    ok((grep { m{^sandbox: engine GET /(?:info|images/\S+): waits for a ping} }
        @lines),
        '... and the call that waits for a ping');
}


# what is asked for with a key, by a preview, and with variables

sub secrets
{
    is($t->api('POST', '/v1/sandbox', json => { id => 'named',
        env => { SECRET => $secret } })->{status}, 200, 'a sandbox');

    my $url = $t->expose('named', 8080, token => $token);
    like($url, qr/$token/, 'a preview');

    $proxy->set(join '', map { "$engine{$_}\n" } qw/ping image list rest/);

    $t->exec('named', ['true']);
    $t->preview('GET', $url);
    $t->preview('GET', $url, path => "/?sandbox_key=$key");
    $t->api('GET', '/v1/sandbox/named/ports');
    $t->api('PATCH', '/v1/sandbox/named', json => { env => { A => $secret } });
    $t->api('GET', "/v1/sandbox?sandbox_key=$key");
    $t->api('GET', '/v1/sandbox', key => "wrong$key");

    my $text = $t->log_text();
    my @lines = own($text);

    like($text, qr/$key/, 'nginx itself logs the key at this level');
    like($text, qr/$token/, '... and the token');
    cmp_ok(scalar @lines, '>', 20, 'lines of the module: ' . @lines);
    ok((grep { /^sandbox "named" start: / } @lines), '... of this sandbox');

    for my $word ($key, $token, $secret) {
        is_deeply([grep { index($_, $word) != -1 } @lines], [],
            "... none has \"$word\"");
    }
}


# the messages of the module's lines, at any level

sub own
{
    my ($text) = @_;
    return map { /^\S+\ \S+\ \[\w+\]\ \d+\#\d+:\ (?:\*\d+\ )?
        ((?:sandbox[ :]|container\ engine).*)/x ? $1 : () }
        split /\n/, $text;
}
