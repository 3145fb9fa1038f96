#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# clients/python: its types, and its suite on real sandboxes with the package
# that is built from it; the snippets of its README.

use warnings;
use strict;

use File::Path ();
use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Routes;
use Sandbox::Snippet;

my $here = "$FindBin::Bin/clients/python";
my $client = root_dir() . '/clients/python';
my $build = build_dir() . '/client-python';
my $python = '/usr/bin/python3';
my %key = (me => 'key-of-the-client-0001', other => 'key-of-another-00001');

$ENV{PYTHONDONTWRITEBYTECODE} = 1;

# the package as it is built and installed

File::Path::remove_tree($build);
File::Path::make_path($build);
my $out = `cp -r $client $build/src && cd $build/src && $python -m build --no-isolation 2>&1`;
is($?, 0, 'python3 -m build --no-isolation') or diag($out);
my ($wheel) = glob "$build/src/dist/ngx_sandbox-*-py3-none-any.whl";
ok(-s $wheel, 'its wheel');
is(system($python, '-m', 'zipfile', '-e', $wheel, "$build/site"), 0,
    'is installed');
ok(-e "$build/site/ngx_sandbox/py.typed", 'with its types');

my $metadata = slurp((glob "$build/site/*.dist-info/METADATA")[0]);
like($metadata, qr/^Requires-Python: >=3\.9$/m, 'for Python 3.9');
unlike($metadata, qr/^Requires-Dist/m, 'it has no dependencies');

my $module = slurp("$client/ngx_sandbox/__init__.py");
my ($version) = $module =~ /^__version__ = "(.*)"$/m;
like($metadata, qr/^Version: \Q$version\E$/m, 'its version');

# its types

$out = `cd $build/site && mypy --strict --no-incremental --python-version 3.9 ngx_sandbox 2>&1`;
is($?, 0, 'mypy --strict') or diag($out);
spew("$build/site/mistake.py", "from ngx_sandbox import get_sandbox\n\n"
    . "get_sandbox('http://a', 'b').exec(1)\n");
$out = `cd $build/site && mypy --no-incremental mistake.py 2>&1`;
like($out, qr/^mistake\.py:3: error: [^\n]*"exec"[^\n]*"str"[^"]*\n/,
    'a mistake is found') or diag($out);

my $t = Sandbox->new(keys => [map { "$_:$key{$_}" } sort keys %key])->start();
my $url = "http://localhost:$t->{port}";
my $run = "PYTHONPATH=$build/site timeout 300 $python -W error";

$out = `$run $here/suite.py $url $key{me} $key{other} 2>$t->{dir}/suite.log`;
is($?, 0, 'the suite ends well') or diag(slurp("$t->{dir}/suite.log"));
my @checks = map { decode_json($_) } split /\n/, $out;
ok($_->{ok}, $_->{name}) or diag($_->{got}) for @checks;
cmp_ok(scalar @checks, '>=', 150, 'its checks: ' . @checks);

# each snippet of the README by itself

for my $snippet (Sandbox::Snippet::of('t/client_python.t')) {
    my $name = "$snippet->{file}:$snippet->{line}";
    my $code = $snippet->{text};

    if ($snippet->{lang} eq '') {
        my ($built) = $wheel =~ m{([^/]+)$};
        like($code, qr{^pip install dist/\Q$built\E$}m,
            "$name: the wheel that is built");
        next;
    }

    $code =~ s{https://api\.example\.com}{$url}g;
    spew("$build/snippet.py", $code);
    $out = `SANDBOX_KEY=$key{me} $run $build/snippet.py 2>&1`;
    is($?, 0, $name) or diag($out);

    # a comment behind a line says what it prints
    like($out, qr/^\Q$_\E$/m, "$name prints $_")
        for $code =~ m{print\(.*\)\s+# (.*)$}mg;
}

is(scalar $t->containers(), 0, 'no sandbox is left');

# each route of the document is called by some method

my ($missing, $stale) = Sandbox::Routes::compare($t->log_text('access.log'),
    map { ("$_ /v1/sandbox/{id}/tunnel/{port}" => 'a port by another name') }
        qw/POST DELETE/);
is_deeply($missing, [], 'a method calls each other route')
    or diag(join "\n", @$missing);
is_deeply($stale, [], 'and none that is said to be needless');

unlike($t->log_text($_), qr/key-of-/, "no key in $_")
    for qw/error.log access.log/;

$t->done();
