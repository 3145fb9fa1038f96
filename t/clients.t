#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Clients that others wrote, unchanged, through nginx with a key.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Npm;
use Sandbox::Snippet;

my $here = "$FindBin::Bin/clients";
my $modules = Sandbox::Npm::install($here, 'clients');
my $bridge = Sandbox::Npm::install("$here/bridge", 'clients-bridge');
my %key = (me => 'key-of-the-client-0001', other => 'key-of-another-00001');

my $t = Sandbox->new(keys => [map { "$_:$key{$_}" } sort keys %key])->start();

my $out = '';

for my $transport ('', 'websocket') {
    $out .= `node --import $here/register.mjs $here/sandbox.mjs $modules http://localhost:$t->{port}/v1/sandbox/client$transport $key{me} $key{other} $transport 2>$t->{dir}/client.log`;
    is($?, 0, "the client ends well $transport")
        or diag(slurp("$t->{dir}/client.log"));
}

$out .= `node --import $here/register.mjs $here/interpreter.mjs $modules http://localhost:$t->{port}/v1/sandbox/client $key{me} 2>$t->{dir}/interpreter.log`;
is($?, 0, 'the client of code contexts ends well')
    or diag(slurp("$t->{dir}/interpreter.log"));

$out .= `node --import $here/register.mjs $here/terminal.mjs $modules http://localhost:$t->{port}/v1/sandbox/client $key{me} 2>$t->{dir}/terminal.log`;
is($?, 0, 'the client of terminals ends well')
    or diag(slurp("$t->{dir}/terminal.log"));

$out .= `node --import $here/register.mjs $here/bridge/bridge.mjs $bridge http://localhost:$t->{port} $key{me} 2>$t->{dir}/bridge.log`;
is($?, 0, 'the clients of the REST routes end well')
    or diag(slurp("$t->{dir}/bridge.log"));

for (split /\n/, $out) {
    my $check = decode_json($_);
    ok($check->{ok}, $check->{name}) or diag(encode_json([$check->{got}]));
}

# docs/migrating.md

for my $snippet (Sandbox::Snippet::of('t/clients.t')) {
    my $code = $snippet->{text};
    $code =~ s{https://api\.example\.com}{http://localhost:$t->{port}};
    spew("$t->{dir}/snippet.mjs", <<"JS");
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const require = createRequire('$modules/');
const { SandboxClient } = await import(
    pathToFileURL(require.resolve('\@cloudflare/sandbox')));
const key = '$key{me}';
$code
const { stdout } = await client.commands.execute('echo it runs', 'main');
console.log(stdout.trim());
JS
    my $out = `timeout 60 node --import $here/register.mjs $t->{dir}/snippet.mjs 2>$t->{dir}/snippet.log`;
    is($out, "it runs\n", "$snippet->{file}:$snippet->{line}")
        or diag(slurp("$t->{dir}/snippet.log"));
}

unlike($t->log_text($_), qr/key-of-/, "no key in $_")
    for qw/error.log access.log/;

$t->done();
