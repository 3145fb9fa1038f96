#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# "HTTPS in five commands" of docs/previews.md, as it stands there.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Snippet;

my ($snippet) = Sandbox::Snippet::of('t/tls.t');
my %command = $snippet->{text} =~ /^# (\d)\. .*\n(.+)\n/mg;
is(join(',', sort keys %command), '1,2,3,4,5', 'five commands');

my $t = Sandbox->new();
my $dir = $t->{dir};
my $etc = "$dir/etc";
mkdir $etc;

# where they would be on a machine of its own

sub here
{
    my ($text) = @_;
    my $doc = root_dir() . '/conf/nginx.conf.example';
    $text =~ s{/usr/share/doc/nginx-sandbox/nginx\.conf\.example}{$doc}g;
    $text =~ s{/etc/nginx(?=/(?:ca|previews|sandbox|nginx)\.)}{$etc}g;
    $text =~ s{(https://[a-z.]+localhost)}{$1:$t->{port}}g;
    return $text;
}


sub run
{
    my ($n) = @_;
    my $text = here($command{$n});
    open my $fh, '-|', 'bash', '-c', "($text) 2>&1" or die $!;
    my $out = do { local $/; <$fh> } // '';
    close $fh;
    is($?, 0, "command $n") or diag("$text\n$out");
    return $out;
}


run($_) for 1 .. 3;

# nginx is the test's own, with its own files and port

my $conf = slurp("$etc/nginx.conf");
my $proxy = root_dir() . '/conf/sandbox_proxy.conf';
$conf =~ s{include\s+/etc/nginx/modules-enabled/\*\.conf;}{load_module %%MODULE%%;};
$conf =~ s{/etc/nginx/(?=previews|sandbox\.keys)}{$etc/}g;
$conf =~ s{/usr/lib/nginx-sandbox/agent}{%%AGENT%%}g;
$conf =~ s{/var/lib/nginx-sandbox/state}{%%STATE%%}g;
$conf =~ s{/var/log/nginx}{$dir}g;
$conf =~ s{/run/nginx\.pid}{$dir/nginx.pid}g;
$conf =~ s{sandbox_proxy\.conf}{$proxy}g;
$conf =~ s{worker_rlimit_nofile.*\n}{}g;
$conf =~ s{worker_processes\s+auto}{worker_processes 2};
$conf =~ s{443 ssl}{127.0.0.1:%%PORT%% ssl}g;
unlike($conf, qr/example\.com/, 'the names are replaced');
$t->{workers} = 2;
$t->write_conf(conf => $conf);
like($command{4}, qr/^nginx -t && /, 'command 4 checks and serves');
my ($good, $out) = $t->check_conf();
ok($good, 'it checks') or diag($out);
$t->start();

my $answer = run(5);
my ($url) = $answer =~ /"url":"([^"]+)"/;
like($url, qr{^https://8000-hello-\w+\.preview\.sandbox\.localhost/$},
    'a link by https') or diag($answer);
$url =~ s{localhost/}{localhost:$t->{port}/};

# what a browser does, with the authority that it was given

my $ca = "--cacert $etc/ca.crt";
like(`curl -sS -i $ca -H 'Accept: text/html' $url`,
    qr/^HTTP.* 503 .*<h1>Waking up/s, 'it wakes');
like(`curl -sS $ca --max-time 90 $url`, qr/Directory listing/,
    'and is the app');
isnt(system("curl -sS -o /dev/null $url 2>/dev/null"), 0,
    'which nobody else trusts');

my ($host) = $url =~ m{//([^/]+)};
like(`printf 'GET / HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n' | openssl s_client -quiet -CAfile $etc/ca.crt -verify_return_error -servername ${\($host =~ s/:.*//r)} -connect 127.0.0.1:$t->{port} 2>/dev/null`,
    qr/^HTTP\/1\.1 200/, 'with one certificate for every name');

# what nginx refuses before it has read the Host, as the server name chooses

my $long = "${url}?" . 'u' x 40_000;
like(`curl -sS $ca $long`, qr/"code":"URL_TOO_LONG"/, 'a URL of 40 KB');
like(`curl -sS $ca --http1.1 --path-as-is '${url}100%'`,
    qr/"code":"INVALID_URL"/, 'a lone %');
like(`curl -sS http://127.0.0.1:$t->{port}/`,
    qr/"error":"This port accepts HTTPS only\."/, 'http to the port of https');

$t->done();
