#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# clients/js: its declarations against those of the published package, and one
# suite in Node.js, Bun, Deno and Chromium, as sources and as the package that
# "npm pack" makes; the snippets of its README.

use warnings;
use strict;

use File::Path ();
use JSON::PP;
use POSIX ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;
use Sandbox::Npm;
use Sandbox::Routes;
use Sandbox::Snippet;

my $here = "$FindBin::Bin/clients/js";
my $client = root_dir() . '/clients/js';
my $modules = Sandbox::Npm::install($here, 'clients-js');
my %key = (me => 'key-of-the-client-0001', other => 'key-of-another-00001');

# the package as it is installed

my $out = `cd $modules && rm -f ngx-sandbox-*.tgz && npm pack $client 2>pack.log && npm install --no-save --offline --ignore-scripts --no-audit --no-fund ./ngx-sandbox-*.tgz 2>&1`;
is($?, 0, 'npm pack and npm install') or diag($out, slurp("$modules/pack.log"));
my $package = "$modules/node_modules/ngx-sandbox";
ok(-s "$package/$_", "$_ is in the package")
    for qw{README.md LICENSE src/index.js types/index.d.ts};
unlike(slurp("$package/package.json"), qr/ependencies"/,
    'it has no dependencies');
is(`grep -rnE "(from|import\\()[ ]*'(node:|[a-z])" $package/src`, '',
    'and imports nothing but its own files');

# its types

Sandbox::copy("$here/$_", "$modules/$_", 0644) for qw/types.ts tsconfig.json/;
$out = `cd $modules && node node_modules/typescript/bin/tsc -p . 2>&1`;
is($?, 0, 'its declarations fit those of the published package, and the code')
    or diag($out);

spew("$modules/mistake.ts", "import { getSandbox } from 'ngx-sandbox';\n"
    . "getSandbox('http://a', 'b').exec(1);\n");
$out = `cd $modules && node node_modules/typescript/bin/tsc --noEmit --strict --module nodenext --lib es2023,dom,dom.asynciterable mistake.ts 2>&1`;
like($out, qr/^mistake\.ts\(2,34\): error TS2345:[^\n]*\n\z/,
    'a mistake is found, and no other error');

# a page of an origin that sandbox_api_cors names

my $www = "/tmp/sbx-www-$$";
my $page_port = free_port();
File::Path::make_path("$www/$_") for qw/client suite/;
system('cp', '-r', glob("$client/src/*"), "$www/client") == 0 or die;
system('cp', '-r', glob("$here/*.mjs"), "$www/suite") == 0 or die;
spew("$www/index.html", "<!DOCTYPE html><title>clients/js</title>\n");
system('chmod', '-R', 'a+rX', $www);
END { File::Path::remove_tree($www) if $www }

my $t = Sandbox->new(keys => [map { "$_:$key{$_}" } sort keys %key],
    api => "        sandbox_api_cors http://localhost:$page_port;",
    http => <<"CONF")->start();
    server {
        listen 127.0.0.1:$page_port;
        root $www;
        types { text/html html; text/javascript js mjs; }
    }
CONF

my %settings = (url => "http://localhost:$t->{port}", key => $key{me},
    other => $key{other}, modules => $modules,
    ws => "file://$modules/node_modules/ws/wrapper.mjs");
my $count;

# all at the same time, each with sandboxes of its own

my @runs = (
    ['node', "file://$client/src/index.js", 'node'],
    ['packed', "file://$package/src/index.js", 'node'],
    ['bun', "file://$package/src/index.js",
        "$modules/node_modules/\@oven/bun-linux-x64/bin/bun"],
    ['deno', "file://$package/src/index.js",
        "$modules/node_modules/\@deno/linux-x64-glibc/deno run -A --no-config"],
);

for my $run (@runs) {
    my ($name, $lib, $runtime) = @$run;
    my $file = "$t->{dir}/$name";
    spew("$file.json", encode_json({ %settings, lib => $lib,
        prefix => $name }));
    $run->[3] = fork // die "fork: $!";
    if ($run->[3] == 0) {
        exec "cd $t->{dir} && DENO_DIR=$t->{dir}/deno DENO_NO_UPDATE_CHECK=1 exec timeout 300 $runtime $here/runtime.mjs $file.json >$file.out 2>$file.log"
            or POSIX::_exit(127);
    }
}

my $checks = Sandbox::Browser::run($t, 'client_js.mjs', {
    page => "http://localhost:$page_port/",
    settings => { %settings, prefix => 'chromium' } });

for my $run (@runs) {
    my ($name, undef, undef, $pid) = @$run;
    waitpid $pid, 0;
    is($?, 0, "$name: the suite ends well")
        or diag(slurp("$t->{dir}/$name.log"));
    report($name, map { decode_json($_) } split /\n/,
        slurp("$t->{dir}/$name.out"));
}
report('chromium', ref $checks eq 'ARRAY' ? @$checks : ());

# a command may take longer than fetch() waits

$out = `timeout 120 node $here/slow.mjs $t->{dir}/node.json 2>&1`;
is($out, "fetch() gives up\nexec() answers\n", 'a slow answer is waited for');

# the adapters of the published package

spew("$t->{dir}/openai.json", encode_json({ %settings,
    lib => "file://$package/src/index.js" }));
$out = `timeout 120 node $here/openai.mjs $t->{dir}/openai.json 2>$t->{dir}/openai.log`;
is($?, 0, 'openai: it ends well') or diag(slurp("$t->{dir}/openai.log"));
for my $check (map { decode_json($_) } $out =~ /^(\{"name":"openai: .*)$/mg) {
    ok($check->{ok}, $check->{name}) or diag(encode_json([$check->{got}]));
}

# each snippet of the README by itself

for my $snippet (Sandbox::Snippet::of('t/client_js.t')) {
    my $name = "$snippet->{file}:$snippet->{line}";
    my $code = $snippet->{text};

    if ($code =~ /^npm pack /) {
        my ($tgz) = $code =~ m{/(ngx-sandbox-\S+\.tgz)};
        ok(-s "$modules/$tgz", "$name: what npm pack makes");
        next;
    }

    # the lines that are added, and a command
    if ($code =~ /^- ?import/) {
        $code = join '', $code =~ /^\+ ?(.*\n)/mg;
        $code = "const baseUrl = '$settings{url}';\n"
            . "const apiKey = process.env.SANDBOX_KEY;\n"
            . "${code}await sandbox.exec('true');\nawait sandbox.destroy();\n";
    }

    $code =~ s{https://api\.example\.com}{$settings{url}}g;
    spew("$modules/snippet.mjs", $code);
    $out = `cd $modules && SANDBOX_KEY=$key{me} timeout 120 node snippet.mjs 2>&1`;
    is($?, 0, $name) or diag($out);

    # a comment behind a line says what it prints
    like($out, qr/^\Q$_\E$/m, "$name prints $_")
        for $code =~ m{console\.log\(.*\);\s+// (.*)$}mg;
}

is(scalar $t->containers(), 0, 'no sandbox is left');

# each route of the document is called by some method

my ($missing, $stale) = Sandbox::Routes::compare($t->log_text('access.log'),
    'POST /v1/sandbox/{id}/api/process/{process}/signal'
        => 'DELETE of the process with a signal');
is_deeply($missing, [], 'a method calls each other route')
    or diag(join "\n", @$missing);
is_deeply($stale, [], 'and none that is said to be needless');

unlike($t->log_text($_), qr/key-of-/, "no key in $_")
    for qw/error.log access.log/;

$t->done();


sub report
{
    my ($name, @checks) = @_;

    for my $check (@checks) {
        ok($check->{ok}, "$name: $check->{name}")
            or diag(JSON::PP->new->canonical->encode([$check->{got}]));
    }

    $count //= @checks;
    is(scalar @checks, $count, "$name: as many checks as elsewhere")
        if $name ne 'chromium';
    cmp_ok(scalar @checks, '>=', 240, "$name: $count");
}
