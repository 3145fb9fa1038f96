#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# The examples of docs/api*.md and of other documents that begin with "$": each
# command prints what it is said to print, on the server of "make run".  t/docs.t
# sees to it that every route has one.
#
# usage: docs_api.t [PATTERN]: only the documents whose names match

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Npm;
use Sandbox::Reply;
use Sandbox::Snippet;
use Sandbox::Transcript;

my $modules = Sandbox::Npm::install("$FindBin::Bin/clients", 'clients');
my $key = 'key-of-the-reader-0123';
my $with_keys = free_port();

# as examples/quickstart/nginx.conf has it, with the log of nginx.conf.example;
# and another one with API keys, for api.example.com

my ($format) = slurp(root_dir() . '/conf/nginx.conf.example')
    =~ /^ +(log_format +sandbox [^;]+;)/m;
$format =~ s/sandbox/example/;

my $t = Sandbox->new(classes => ['default image=sandbox-base memory=512m '
    . 'cpus=1 pids=256 network=none sleep_after=10m'],
    preview => 'access_log %%DIR%%/preview.log example;', http => <<"CONF");
    $format
    server {
        listen 127.0.0.1:$with_keys;
        server_name api.example.com;
        sandbox_api_key_file %%DIR%%/keys;
        location / { sandbox_api; include %%PROXY%%; proxy_pass http://sandbox; }
    }
CONF
spew("$t->{dir}/keys", "reader:$key\n");
$t->start();
$ENV{KEY} = $key;

my %names = ('localhost:8080' => "localhost:$t->{port}",
    'https://api.example.com' => "http://127.0.0.1:$with_keys",
    '/var/log/nginx/access.log' => "$t->{dir}/preview.log",
    '/var/lib/nginx-sandbox/state' => $t->{state});
my $file = '';
my ($shell, $printed);

for my $snippet (Sandbox::Snippet::of('t/docs_api.t')) {
    next if @ARGV && $snippet->{file} !~ /$ARGV[0]/;

    # each document begins with nothing, as its reader may
    if ($snippet->{file} ne $file) {
        $file = $snippet->{file};
        my $dir = "$t->{dir}/" . $file =~ s{.*/}{}r;
        mkdir $dir or die "$dir: $!";
        $t->api('DELETE', '/v1/sandbox/demo');
        $shell = Sandbox::Transcript->new(dir => $dir, names => \%names);
    }

    if ($snippet->{lang} eq 'js') {
        $printed = javascript($snippet);
    } elsif ($snippet->{lang} eq 'json') {
        is(Sandbox::Reply::difference($snippet->{text}, $printed), '',
            "$file:$snippet->{line}: what the script before it prints");
    } else {
        $shell->test($snippet);
    }
}

$t->api('DELETE', '/v1/sandbox/demo');
is(scalar $t->containers(), 0, 'no sandbox is left');

$t->done();


# a script with a WebSocket, and perhaps a terminal, in which somebody types;
# it is to end with the first answer

sub javascript
{
    my ($snippet) = @_;
    my $code = $snippet->{text} =~ s/localhost:8080/localhost:$t->{port}/gr;
    my $script = "$t->{dir}/script.mjs";

    spew($script, <<"JS");
import WebSocket from 'file://$modules/node_modules/ws/wrapper.mjs';

let seen = '';
const terminal = {
    write(bytes) {
        seen += new TextDecoder().decode(bytes);
        if (/^42\\r\$/m.test(seen)) {
            socket.close();
        }
    },
    onData(listener) { this.type = listener; },
};
$code
if (terminal.type) {
    socket.onopen = () => terminal.type('echo \$((6 * 7))\\r');
} else {
    socket.addEventListener('message', () => socket.close());
}
JS

    my $out = `timeout 60 node $script 2>&1`;
    is($?, 0, "$snippet->{file}:$snippet->{line}: the script")
        or diag($out);

    return $out;
}
