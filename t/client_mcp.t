#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# clients/mcp as the package that "npm pack" makes: each tool by the SDK's own
# client, over stdio and over HTTP; the configuration in its README.

use warnings;
use strict;

use File::Path ();
use JSON::PP;
use POSIX ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Npm;
use Sandbox::Snippet;

my $here = "$FindBin::Bin/clients/mcp";
my $clients = root_dir() . '/clients';
my $modules = Sandbox::Npm::install($here, 'clients-mcp');
my $build = build_dir() . '/client-mcp';
my $key = 'key-of-the-client-0001';

# the package as it is installed; npm writes beside its sources

File::Path::remove_tree($build);
File::Path::make_path($build);
my $out = `cp -r $clients/js $clients/mcp $build && cd $modules && rm -f ngx-sandbox-mcp-*.tgz && npm pack $build/mcp 2>pack.log && npm install --no-save --offline --ignore-scripts --no-audit --no-fund ./ngx-sandbox-mcp-*.tgz 2>&1`;
is($?, 0, 'npm pack and npm install') or diag($out, slurp("$modules/pack.log"));

my $package = "$modules/node_modules/ngx-sandbox-mcp";
ok(-s "$package/$_", "$_ is in the package")
    for qw{README.md LICENSE src/main.js node_modules/ngx-sandbox/src/index.js};
is(decode_json(slurp("$package/package.json"))->{version},
    decode_json(slurp("$clients/js/package.json"))->{version},
    'its version is that of clients/js');

my $bin = "$modules/node_modules/.bin/ngx-sandbox-mcp";
my $t = Sandbox->new(keys => ["me:$key"])->start();
my $url = "http://localhost:$t->{port}";

spew("$t->{dir}/mcp.json", encode_json({ modules => $modules, bin => $bin,
    dir => $t->{dir}, url => $url, key => $key,
    closed => free_port() }));
$out = `timeout 300 node $here/suite.mjs $t->{dir}/mcp.json 2>$t->{dir}/mcp.log`;
is($?, 0, 'the suite ends well') or diag(slurp("$t->{dir}/mcp.log"));

my @checks = map { decode_json($_) } split /\n/, $out;
ok($_->{ok}, $_->{name}) or diag(JSON::PP->new->canonical->encode([$_->{got}]))
    for @checks;
cmp_ok(scalar @checks, '>=', 95, 'as many checks as there are');

# what a person copies from the README starts, and answers

my $readme = 'clients/mcp/README.md';
my ($tgz) = Sandbox::Snippet::take($readme, 'npm pack ')
    =~ m{/(ngx-sandbox-mcp-\S+\.tgz)};
ok(-s "$modules/$tgz", 'what npm pack makes');
my $json = Sandbox::Snippet::take($readme, 'lang:json');
my $server = decode_json($json)->{mcpServers}{sandbox};
is($server->{command}, 'npx', 'the README has a configuration');
is("@{$server->{args}}", '--no ngx-sandbox-mcp', 'that fetches nothing');
$server->{env}{SANDBOX_URL} = $url;
$server->{env}{SANDBOX_KEY_FILE} = "$t->{dir}/api.key";
my $request = encode_json({ jsonrpc => '2.0', id => 1, method => 'initialize',
    params => { protocolVersion => '2025-06-18', capabilities => {},
        clientInfo => { name => 'test', version => '1' } } });
{
    local %ENV = (%ENV, %{$server->{env}}, npm_config_offline => 'true');
    $out = `cd $modules && echo '$request' | timeout 60 npx @{$server->{args}} 2>&1`;
}
like($out, qr/^\{"result":\{.*"name":"ngx-sandbox"/, 'and it works');

my $serve = Sandbox::Snippet::take($readme, 'openssl ');
my $port = free_port();
$serve =~ s{https://api\.example\.com}{$url};
$serve =~ s{api\.key}{$t->{dir}/api.key};
$serve =~ s{8931}{$port};
ok($serve =~ s{^ngx-sandbox-mcp}{exec $bin}m, 'the README serves HTTP');
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    chdir $t->{dir};
    exec 'bash', '-c', "exec >http.log 2>&1; $serve" or POSIX::_exit(127);
}
my $curl = "curl -s http://127.0.0.1:$port/mcp --json '$request' -H 'Accept: application/json, text/event-stream'";
ok(wait_for(sub {
    my ($sent) = -s "$t->{dir}/mcp.key"
        ? slurp("$t->{dir}/mcp.key") =~ /(\w+)/ : 'none';
    $out = `$curl -H 'Authorization: Bearer $sent'`;
    return $out =~ /"name":"ngx-sandbox"/;
}, 30), 'and answers to its key') or diag($out, slurp("$t->{dir}/http.log"));
kill 'TERM', $pid;
waitpid $pid, 0;

Sandbox::Snippet::none_left('t/client_mcp.t');

is(scalar $t->containers(), 0, 'no sandbox is left');

unlike($t->log_text($_), qr/key-of-/, "no key in $_")
    for qw/error.log access.log/;

$t->done();
