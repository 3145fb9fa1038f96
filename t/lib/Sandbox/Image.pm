package Sandbox::Image;

# Copyright (C) the ngx_sandbox authors

# Images and programs that tests need: static ones, built from t/lib/progs,
# and small images made of them by import.

use warnings;
use strict;

use Digest::SHA ();
use Fcntl ':flock';
use File::Path ();

use Sandbox ();


# compiles t/lib/progs/<name>.c statically; returns the binary's path

sub program
{
    my ($name) = @_;
    my $src = Sandbox::root_dir() . "/t/lib/progs/$name.c";
    my $out = Sandbox::build_dir() . "/$name";
    my $lock = lock_build();

    if (! -e $out || (stat $src)[9] >= (stat $out)[9]) {
        my @cmd = ('gcc', '-O1', '-static', '-W', '-Wall', '-o', "$out.tmp",
            $src);
        system(@cmd) == 0 or Sandbox::bail("cannot compile $src");
        rename "$out.tmp", $out or die "$out: $!\n";
    }
    return $out;
}


# an image with one static program as /<name>, and nothing else

sub single
{
    my ($name) = @_;
    my $binary = program($name);
    return import_tree("sandbox-test-$name", [], sub {
        Sandbox::copy($binary, "$_[0]/$name", 0755);
    }, Sandbox::slurp($binary));
}


# an image with nothing but an environment

sub bare
{
    my ($name, @env) = @_;
    return import_tree("sandbox-test-$name", [map { "ENV $_" } @env], sub {
        File::Path::make_path("$_[0]/tmp");
    }, 'bare');
}


# an image made of another by lines of a Dockerfile

sub layer
{
    my ($name, $from, @lines) = @_;
    my $tag = "sandbox-test-$name";
    my $id = `docker inspect --format '{{.Id}}' $from`;
    my $sum = Digest::SHA::sha1_hex(join "\0", $id, @lines);
    my $lock = lock_build();

    return $tag if has_sum($tag, $sum);

    my $dir = Sandbox::build_dir() . "/layer-$name";
    File::Path::make_path($dir);
    Sandbox::spew("$dir/Dockerfile", join "\n", "FROM $from", @lines,
        "LABEL sum=$sum", '');
    my $out = `docker build --network none -t $tag $dir 2>&1`;
    Sandbox::bail("cannot build $tag: $out") if $?;
    return $tag;
}


# an image made of the base image by packages of Debian; apt takes the image's
# packages for the installed ones, and fetches what they lack

sub debian
{
    my ($name, @packages) = @_;
    my $dir = Sandbox::build_dir() . "/layer-$name";
    my $held = lock_build();
    File::Path::make_path("$dir/archives/partial");

    if (! -e "$dir/stamp" || Sandbox::slurp("$dir/stamp") ne "@packages") {
        my $out = `docker run --rm sandbox-base cat /var/lib/dpkg/status >$dir/status && apt-get -y -q -d -o Dir::State::status=$dir/status -o Dir::Cache::archives=$dir/archives --no-install-recommends install @packages 2>&1`;
        Sandbox::bail("cannot download @packages: $out") if $?;
        Sandbox::spew("$dir/stamp", "@packages");
    }

    return layer($name, 'sandbox-base', 'USER root',
        'COPY archives/*.deb /tmp/archives/',
        'RUN DEBIAN_FRONTEND=noninteractive dpkg -i /tmp/archives/*.deb '
            . '&& rm -r /tmp/archives');
}


sub has_sum
{
    my ($tag, $sum) = @_;
    my $has = `docker inspect --format '{{index .Config.Labels "sum"}}' $tag 2>/dev/null`;
    chomp $has;
    return $has eq $sum;
}


# busybox alone: no glibc, no bash, no /etc/passwd, its own small PATH

sub busybox
{
    my $binary = '/bin/busybox';

    if (! -x $binary) {
        my $lock = lock_build();
        system('apt-get install -y -q busybox-static >/dev/null 2>&1')
            if ! -x $binary;
    }
    Sandbox::bail('busybox-static is missing: apt-get install '
        . 'busybox-static') if ! -x $binary;

    return import_tree('sandbox-test-busybox', ['ENV FRUIT=apple',
        'WORKDIR /srv'], sub {
        my ($dir) = @_;
        File::Path::make_path("$dir/bin", "$dir/srv");
        Sandbox::copy($binary, "$dir/bin/busybox", 0755);
        symlink 'busybox', "$dir/bin/$_" for split /\s+/,
            `$binary --list`;
    }, Sandbox::slurp($binary));
}


sub import_tree
{
    my ($tag, $changes, $fill, $key) = @_;
    my $sum = Digest::SHA::sha1_hex(join "\0", 2, $tag, @$changes, $key);
    my $lock = lock_build();

    return $tag if has_sum($tag, $sum);

    my $dir = Sandbox::build_dir() . "/image-$tag";
    File::Path::remove_tree($dir);
    File::Path::make_path($dir);
    $fill->($dir);

    my $args = join ' ', map { "--change '$_'" } @$changes,
        "LABEL sum=$sum";
    my $out = `tar -C $dir --owner=0 --group=0 -cf - . | docker import $args - $tag:latest 2>&1`;
    Sandbox::bail("cannot import $tag: $out") if $?;
    File::Path::remove_tree($dir);
    return $tag;
}


my $depth = 0;

sub lock_build
{
    return if $depth;
    open my $lock, '>>', Sandbox::build_dir() . '/lock' or die $!;
    flock $lock, LOCK_EX;
    return bless { lock => $lock, depth => ++$depth }, 'Sandbox::Image::Lock';
}


package Sandbox::Image::Lock;

sub DESTROY { $depth-- }


1;
