#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# A preview that asks for a key, in a browser: over http on *.localhost, as
# when developing.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;

my $t = Sandbox->new()->start();

$t->app('keyed', 'app.py', 8080, '127.0.0.1');
$t->app('next', 'app.py', 8080, '127.0.0.1');
my $made = $t->api('POST', '/v1/sandbox/keyed/ports/8080',
    json => { access => 'key' })->{json};
my $neighbor = $t->expose('next', 8080);

my $res = Sandbox::Browser::run($t, 'key.mjs', { url => $made->{url},
    key => $made->{key}, neighbor => $neighbor });

is($res->{without}, 401, 'without the key: 401');
is($res->{opened}, 200, 'with it: the page');
is($res->{address}, "$made->{url}?a=1", 'whose address is without it');
is($res->{title}, 'Hello from port 8080', 'and which is the app\'s');
is($res->{socket}, 'echo:first', 'its WebSocket needs no more');
is($res->{fetched}, 200, 'nor what it fetches');
is($res->{script}, '', 'no script can read the cookie');
is($res->{refreshed}, 200, 'refreshed');
is($res->{tab}, 200, 'in another tab');
is($res->{private}, 401, 'not in a private window');
is($res->{followed}, 'Hello from port 8080', 'by a link on another site');
is_deeply($res->{foreign}, { get => 'failed', post => 'opaque 0',
    socket => 'failed', 'keyed socket' => 'echo:n sandbox-key' },
    'a neighbor\'s page gets in by the key only')
    or diag(explain($res->{foreign}));
is($res->{frame}, 'Hello from port 8080', 'in a frame of another site');
is($res->{frameSocket}, 'echo:first', 'with its WebSocket');

# of what the neighbor's page asked for the app has seen the last one alone

my $seen = $t->preview('GET', $made->{url}, path => '/seen',
    headers => ['X-Sandbox-Key' => $made->{key}])->{json};
is(scalar(grep { $_->{line} =~ m{/count} } @$seen), 0,
    'the app saw nothing of what it tried');
is(scalar(grep { $_->{head} =~ /$made->{key}|__Host-sandbox/ } @$seen), 0,
    'nor any key');

$t->done();
