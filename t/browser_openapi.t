#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# The page of the API's document in Chromium, served through nginx with a key.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;

my $key = 'kEyOfTheBrowser-0123456789';
my $t = Sandbox->new(keys => ["alice:$key"], key => $key)->start();

my $shot = Sandbox::Browser::artifacts() . '/openapi.png';
unlink $shot;
my $res = Sandbox::Browser::run($t, 'openapi.mjs', {
    url => "http://localhost:$t->{port}", key => $key, screenshot => $shot });

is($res->{status}, 200, 'the page');
like($res->{policy} // '', qr/^default-src 'none'; script-src 'sha256-/,
    'has a policy of its own');
is($res->{encoding}, 'gzip', 'comes compressed');
is($res->{address}, "http://localhost:$t->{port}/v1/openapi.html",
    'removes the key from its address');
like($res->{title} // '', qr/ngx_sandbox/, 'shows the document');
cmp_ok($res->{tags} // 0, '>=', 10, 'with its groups');

is($res->{first}{status}, 200, 'a call with the key of the address: 200');
is_deeply(eval { decode_json($res->{first}{body}) }, { sandboxes => [] },
    'shows its answer');
is($res->{wrong}{status}, 401, 'with another key: 401');
is($res->{right}{status}, 200, 'with the key, typed: 200');
is($res->{created}{status}, 200, 'a call with its example as its body: 200');
is($t->api('GET', '/v1/sandbox/demo')->{status}, 200, 'has its effect');

is("@{[grep { !m{^http://localhost:$t->{port}/v1/} } @{$res->{requests}}]}",
    '', 'nothing is loaded from elsewhere');
is(scalar @{$res->{requests} || []}, 5, 'but the page and the calls, nothing');
is("@{$res->{violations} || ['?']}", '', 'its policy refuses nothing');
is("@{$res->{failures} || ['?']}", '', 'no error in the page');
cmp_ok(-s $shot || 0, '>', 5000, "a picture of it: $shot");

unlike($t->log_text($_), qr/\Q$key\E/, "no key in $_")
    for qw/error.log access.log/;

$t->done();
