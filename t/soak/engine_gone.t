#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# An engine of the test's own that dies, with and without what it runs: what
# is said of its sandboxes, and that they come back with their files.

use warnings;
use strict;

use File::Path ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Host;
use Sandbox::Image;

alarm 600;

my $image = Sandbox::Image::busybox();
my $host = Sandbox::Host->new();

$host->engine_start();
$host->image($image)->();

my $t = Sandbox->new(engine => $host->engine(), classes => [
    "default image=$image network=none memory=64m pids=50"])->start();
my $id = 'pet';

is($t->put($id, 'workspace/f', 'content')->{status}, 200, 'a sandbox');

# alone: what it ran goes on, and is put to sleep by the next engine

$host->engine_kill();
is($t->run_in($id, 'cat /workspace/f'), 'content',
    'it serves while the engine is dead');
is($t->exec('other', ['true'])->{status}, 503, 'no other starts');
$host->engine_start();
ok(wait_for(sub { show()->{state} eq 'asleep' }, 60),
    'the new engine ends what it finds');
is(ended()->{reason}, 'asleep', 'in order');
is($t->run_in($id, 'cat /workspace/f'), 'content', 'it starts again');

# with its containers and their shims, as when the machine goes

my $agent = $t->agent_pid($id);
my ($shim) = Sandbox::slurp("/proc/$agent/stat") =~ /\) \S (\d+)/;

$host->engine_kill();
kill 'KILL', $shim, $agent;
ok(wait_for(sub { show()->{state} eq 'asleep' }, 60), 'it is gone');
is(show()->{ended}{reason}, 'unknown', 'why, nobody knows yet');
like(show()->{ended}{message}, qr/./, 'and that is said');
$host->engine_start();

my $ended = ended();
is($ended->{reason}, 'engine_gone', 'gone with its engine');
is($ended->{exitCode}, 255, 'with the engine\'s code for it');
is(show()->{since}, $ended->{at}, 'since the engine is back');
is($t->run_in($id, 'cat /workspace/f'), 'content', 'it starts again');
is_deeply(show()->{ended}, $ended, 'and it is still known');
is(scalar($t->containers()), 1, 'one container');

# the other way round

$host->engine_stop();
$host->engine_start();
is(ended()->{reason}, 'asleep', 'an engine that ends in order');
is($t->run_in($id, 'cat /workspace/f'), 'content', 'it starts again');

push @{$t->{allow}}, qr/./;
$t->done();


sub show { return $t->api('GET', "/v1/sandbox/$id")->{json} }


sub ended
{
    my $shown;

    ok(wait_for(sub {
        $shown = show();
        $shown->{state} eq 'asleep'
            && ($shown->{ended}{reason} // 'unknown') ne 'unknown';
    }, 60), 'asleep, and the engine knows why') or diag(explain($shown));

    return $shown->{ended} || {};
}
