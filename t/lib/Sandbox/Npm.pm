package Sandbox::Npm;

# Copyright (C) the ngx_sandbox authors

# npm packages that tests use, installed once below build/, and again when
# their lock file changes.

use warnings;
use strict;

use Fcntl ':flock';
use File::Path ();
use Test::More ();

use Sandbox;


# of a directory with package.json and package-lock.json: where node_modules is

sub install
{
    my ($from, $name) = @_;
    my $to = build_dir() . "/$name";
    my $lock = slurp("$from/package-lock.json");

    Test::More::unlike($lock, qr/"resolved"|registry/,
        "$name: the lock file names no registry");

    File::Path::make_path($to);
    open my $held, '>>', "$to.lock" or die "$to.lock: $!\n";
    flock $held, LOCK_EX or die "$to.lock: $!\n";

    if (! -e "$to/stamp" || slurp("$to/stamp") ne $lock) {
        Sandbox::copy("$from/$_", "$to/$_", 0644)
            for qw/package.json package-lock.json/;
        my $out = `cd $to && npm ci --ignore-scripts --no-audit --no-fund 2>&1`;
        Test::More::is($?, 0, "$name: npm ci") or Sandbox::bail($out);
        spew("$to/stamp", $lock);
    }

    return $to;
}


1;
