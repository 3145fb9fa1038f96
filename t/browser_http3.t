#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# A preview and the API by HTTP/3, in a browser.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;

my $nginx = Sandbox::nginx_binary();

plan(skip_all => "$nginx was built without --with-http_v3_module")
    if `$nginx -V 2>&1` !~ /--with-http_v3_module\b/;

my $https = free_port();
my $t = Sandbox->new();
my $proxy = root_dir() . '/conf/sandbox_proxy.conf';
my $quic = "listen 127.0.0.1:$https quic";

$t->write_conf(http => Sandbox::Browser::https($t, $https,
    "$quic reuseport;") . <<"END");

    server {
        $quic;
        listen 127.0.0.1:$https ssl;
        server_name api.pv.localhost;
        sandbox_api_auth off;
        location / { sandbox_api; include $proxy; proxy_pass http://sandbox; }
    }
END
$t->start();

$t->app('h3', 'app.py', 8080, '127.0.0.1');
my $app = $t->expose('h3', 8080, hostname => 'pv.localhost',
    host => 'public');
my ($host) = $app =~ m{//([^/]+)};

# the certificate's key, which the browser trusts by its digest

my $key = `openssl x509 -in $t->{dir}/crt.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl enc -base64`;
chomp $key;

my $res = Sandbox::Browser::run($t, 'http3.mjs', { app => $app, key => $key,
    api => "https://api.pv.localhost:$https",
    hosts => [$host, "api.pv.localhost:$https"] });

is($res->{status}, 200, 'a preview opens');
is($res->{protocol}, 'h3', 'by HTTP/3');
my %h = map { lc $_->[0] => $_->[1] } @{$res->{headers} || []};
is($h{host}, $host, 'the app sees the host and port of the browser');
is($h{'x-forwarded-host'}, $host, 'in X-Forwarded-Host too');
is($res->{echo}, 1_000_000, 'a body reaches it, and comes back');
is($res->{page}, 200, 'the page of the API opens');
is($res->{apiProtocol}, 'h3', 'by HTTP/3');
like($res->{executed}, qr{"stdout":"by HTTP/3}, 'and may call the API');

my ($line) = grep { /openapi/ } split /\n/, $t->log_text('access.log');
like($line, qr/ api\.pv\.localhost:$https /, 'the log has the host');

$t->done();
