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


1;
