#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# Vite as npm has it, in a sandbox, in a browser: examples/vite.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;
use Sandbox::Npm;

my $node = Sandbox::Npm::install("$FindBin::Bin/browser/vite", 'vite');
my $example = root_dir() . '/examples/vite/app';

my $t = Sandbox->new(classes => ['default image=sandbox-base memory=512m '
    . 'cpus=2 pids=256 network=none sleep_after=10m'])->start();
my $id = 'vite';

# a sandbox without a network gets what npm has installed here

my $tar = "$t->{dir}/modules.tar";
is(system('tar', '-C', $node, '-cf', $tar, 'node_modules'), 0, 'packed');
is($t->put($id, 'workspace/app/modules.tar', slurp($tar))->{status}, 200,
    'sent');
for my $path (glob "$example/*") {
    my ($name) = $path =~ m{([^/]+)$};
    is($t->put($id, "workspace/app/$name", slurp($path))->{status}, 200,
        $name);
}
ok(defined $t->run_in($id, 'tar xf modules.tar && rm modules.tar',
    cwd => '/workspace/app'), 'unpacked');

my $url = $t->expose($id, 5173, wake => JSON::PP::true,
    command => 'exec npm run dev', cwd => '/workspace/app');

my $res = Sandbox::Browser::run($t, 'vite.mjs', { url => $url, id => $id,
    api => "http://localhost:$t->{port}" });

is($res->{first}, 'first', 'the app');
is($res->{second}, 'second', 'a file that is edited: the page changes');
is($res->{mark}, 'kept', 'and is the same page');
is($res->{reloads}, 0, 'without a load');
is($res->{refresh}, 'second', 'refresh');
is($res->{tab}, 'second', 'another tab');
is($res->{hidden}, 'second', 'a private window');
is($res->{frame}, 'second', 'a frame');
is($res->{framed}, 'third', 'which is hot, too');
is($res->{third}, 'third', 'as is the first page, still');
is($res->{waiting}, 'Waking up', 'asleep, and a click: the page that waits');
is($res->{awake}, 'third', 'which becomes the app');
is($res->{address}, '?again', 'where the link leads');
is("@{$res->{failures} || ['?']}", '', 'without an error in the page');

# by its public name as well as by localhost, thanks to its environment

is($t->api('POST', "/v1/sandbox/$id/ports", json => { port => 5173,
    host => 'public' })->{status}, 200, 'Host is the public one');
ok(wait_for(sub { $t->preview('GET', $url)->{status} == 200 }, 60),
    'which Vite takes, too');
like($t->preview('GET', $url)->{body}, qr{/\@vite/client}, 'and serves');

$t->done();
