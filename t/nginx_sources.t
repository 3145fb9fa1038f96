#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: nothing

# "make NGINX=DIR": which folders it takes, where it builds, and that it leaves
# the sources as they are.  Nothing is compiled.

use warnings;
use strict;

use Cwd ();
use File::Basename ();
use File::Path ();
use File::Temp ();
use Test::More;

my $ROOT = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/..');
my $dir = File::Temp::tempdir('sandbox-nginx-XXXXXX', TMPDIR => 1,
    CLEANUP => 1);
my $out;

# variables of an outer make are not for this one
delete @ENV{qw/MAKEFLAGS MFLAGS MAKELEVEL/};

# what are no sources, and sources that are too old

$out = steps("$dir/nothing");
isnt($?, 0, 'a folder that does not exist is refused');
like($out, qr{^NGINX=\Q$dir\E/nothing: not a folder of nginx's sources, }m,
    'and named');

put("$dir/headers/$_") for 'configure', 'src/core/nginx.h';
steps("$dir/headers");
isnt($?, 0, 'headers alone, as nginx-dev has them, are refused');

sources('old', '1.20.2', 1020002, 'auto/configure');
like(steps("$dir/old"), qr/: the module needs nginx 1\.22 or later$/m,
    'an nginx that is too old is refused');

# where it builds

sources('archive', '1.28.3', 1028003, 'configure');
sources('git', '1.31.5', 1031005, 'auto/configure');

$out = steps("$dir/archive", 'module');
is($?, 0, 'the sources of a release are taken');
like($out, qr{^tools/module b/on-1\.28\.3/$}m, 'in a folder of their version');
unlike($out, qr{^tools/module b/$}m, 'and not for Debian\'s nginx');

$out = steps("$dir/git", 'test', 'T=t/crash_steps.t');
like($out, qr{^tools/module b/on-1\.31\.5/ nginx$}m,
    'a test has the repository\'s nginx built too');
like($out, qr{^tools/module b/on-1\.31\.5/fault fault$}m,
    'and the module of the tests of crashes');

$out = steps("$dir/git", 'test', 'T=t/api.t SANITIZE=1');
like($out, qr{^tools/nginx-asan b on-1\.31\.5-asan -O1$}m,
    'a sanitized one is in a folder of its own');

like(steps('', 'test', 'T=t/api.t'), qr{^tools/module b/$}m,
    'without NGINX the module is for Debian\'s nginx');

# the sources are linked to, as configure writes beside them

mkdir "$dir/b";
put("$dir/b/objs/old.o");
links('git');
is(readlink "$dir/b/source/src/core/nginx.c", "$dir/git/src/core/nginx.c",
    'the build has links to the sources');
ok(! -e "$dir/b/objs", 'and no objects that were not made of them');

put("$dir/b/source/Makefile");
put("$dir/b/objs/new.o");
unlink "$dir/git/src/core/nginx.h";
links('git');
ok(-e "$dir/b/objs/new.o", 'objects of the same sources are kept');
ok(! -e "$dir/b/source/Makefile" && ! -l "$dir/b/source/src/core/nginx.h",
    'links to files that are gone are not');
is(join(' ', sort glob("$dir/git/*")), "$dir/git/auto $dir/git/src",
    'nothing is written beside the sources');

done_testing();


# what make would do with the sources in this folder

sub steps
{
    my ($nginx, $target, $more) = @_;
    $target //= 'module';
    $more //= '';
    return `make -n -C $ROOT $target BUILD=b VIEWER=none NGINX=$nginx $more 2>&1`
        =~ s/^\@//mgr;
}


sub links
{
    my ($name) = @_;
    local $ENV{build} = "$dir/b";
    is(system('bash', '-euc', ". $ROOT/tools/configure.sh; "
        . "src=\$build/source objs=\$build/objs; link_sources $dir/$name"),
        0, "links to $name");
}


sub sources
{
    my ($name, $version, $number, $configure) = @_;
    put("$dir/$name/$_") for $configure, 'auto/options', 'src/core/nginx.c';
    put("$dir/$name/src/core/nginx.h", "#define nginx_version      $number\n"
        . "#define NGINX_VERSION      \"$version\"\n");
}


sub put
{
    my ($path, $text) = @_;
    File::Path::make_path(File::Basename::dirname($path));
    open my $f, '>', $path or die "$path: $!\n";
    print $f $text // '';
    close $f or die "$path: $!\n";
}
