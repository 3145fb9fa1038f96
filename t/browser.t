#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# A browser opens a preview that is served from inside a sandbox, and
# exchanges WebSocket messages through it.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;

my $t = Sandbox->new()->start();
my $id = 'browser';

$t->app($id, 'app.py', 8080, '127.0.0.1');
my $url = $t->expose($id, 8080);

my $shot = Sandbox::Browser::artifacts() . '/preview.png';
unlink $shot;
my $res = Sandbox::Browser::run($t, 'preview.mjs', { url => $url,
    api => "http://localhost:$t->{port}", screenshot => $shot });

is($res->{status}, 200, 'the page is opened');
is($res->{title}, 'Hello from port 8080', 'and is the app\'s');
is(join(',', @{$res->{messages} || []}), join(',', 'echo:first',
    'echo:from the page', map { "echo:n$_" } 0 .. 49),
    'WebSocket messages go and come, in order');
is($res->{event}, 'one', 'an event arrives while its stream is open');
is($res->{referrerPolicy}, 'same-origin', 'Referrer-Policy');
is("@{$res->{failures} || ['?']}", '', 'without an error in the page');
is($res->{api}{list}, 'failed', 'the page cannot read the API');
ok(! -e "$t->{state}/driven", 'nor make a sandbox by it')
    or diag(explain($res->{api}));
cmp_ok(-s $shot || 0, '>', 2000, "a picture of it: $shot");

$t->done();
