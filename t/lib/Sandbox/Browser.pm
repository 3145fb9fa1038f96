package Sandbox::Browser;

# Copyright (C) the ngx_sandbox authors

# Chromium, driven by scripts of t/browser that print JSON.

use warnings;
use strict;

use Cwd ();
use File::Basename ();
use File::Path ();
use JSON::PP ();

use Sandbox;

my $SCRIPTS = Sandbox::root_dir() . '/t/browser';
my $CHROMIUM = $ENV{TEST_CHROMIUM} || '/usr/bin/chromium';


# the packages of t/browser/<name>, installed once and again when its lock
# file changes; returns the directory with node_modules

sub packages
{
    my ($name) = @_;
    my $from = $name ? "$SCRIPTS/$name" : $SCRIPTS;
    my $dir = Sandbox::build_dir() . '/node' . ($name ? "-$name" : '');
    my $lock = Sandbox::slurp("$from/package-lock.json");

    return $dir if -e "$dir/stamp" && Sandbox::slurp("$dir/stamp") eq $lock;

    Test::More::unlike($lock, qr/"resolved"|registry/,
        'the lock file names no registry');
    File::Path::make_path($dir);
    Sandbox::copy("$from/$_", "$dir/$_", 0644)
        for qw/package.json package-lock.json/;
    my $out = `cd $dir && npm ci --ignore-scripts --no-audit --no-fund 2>&1`;
    Sandbox::bail("npm ci of $dir: $out") if $?;
    Sandbox::spew("$dir/stamp", $lock);

    return $dir;
}


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
    my $node = packages();

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


1;
