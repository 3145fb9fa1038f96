package Sandbox::Browser;

# Copyright (C) the ngx_sandbox authors

# Chromium, driven by scripts of t/browser that print JSON.

use warnings;
use strict;

use File::Path ();
use JSON::PP ();

use Sandbox;
use Sandbox::Npm;

my $SCRIPTS = Sandbox::root_dir() . '/t/browser';
my $CHROMIUM = $ENV{TEST_CHROMIUM} || '/usr/bin/chromium';


sub artifacts
{
    my $dir = Sandbox::build_dir() . '/artifacts';
    File::Path::make_path($dir);
    return $dir;
}


# runs a script with these arguments as JSON; returns what it prints

sub run
{
    my ($t, $script, $args) = @_;
    my $node = Sandbox::Npm::install($SCRIPTS, 'node');

    Sandbox::bail("$CHROMIUM is missing: apt-get install chromium")
        if ! -x $CHROMIUM;

    Sandbox::spew("$t->{dir}/args.json", JSON::PP->new->canonical->encode(
        { modules => $node, chromium => $CHROMIUM, artifacts => artifacts(),
            %$args }));
    my $json = `timeout 300 node $SCRIPTS/$script $t->{dir}/args.json 2>$t->{dir}/browser.log`;
    my $rc = $?;
    Test::More::is($rc, 0, "$script ends well")
        or Test::More::diag(Sandbox::slurp("$t->{dir}/browser.log"));
    return eval { JSON::PP::decode_json($json) } || {};
}


# nginx's configuration of previews by https on this port, below pv.localhost,
# with a certificate of their own; "more" is added to their server

sub https
{
    my ($t, $port, $more) = @_;
    $more //= '';
    my $proxy = Sandbox::root_dir() . '/conf/sandbox_proxy.conf';

    my $out = `cd $t->{dir} && openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=previews -addext 'subjectAltName=DNS:*.pv.localhost' -keyout key.pem -out crt.pem 2>&1`;
    Sandbox::bail("no certificate: $out") if $?;

    return <<"END";
    ssl_certificate $t->{dir}/crt.pem;
    ssl_certificate_key $t->{dir}/key.pem;
    sandbox_preview_url https://*.pv.localhost:$port;

    server {
        listen 127.0.0.1:$port ssl;
        $more
        server_name *.pv.localhost;
        location / {
            sandbox_preview;
            include $proxy;
            proxy_pass http://sandbox;
        }
    }
END
}


1;
