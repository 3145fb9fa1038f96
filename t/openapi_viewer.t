#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: fault agent engine

# A module that was built with VIEWER=none, as the one of the tests of crashes:
# its document is there, and its page says that it is not.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Fault;

my $key = 'key-of-the-reader-0001';
my $t = Sandbox::Fault->new(keys => ["me:$key"])->start();

for my $path ('/v1/openapi.html', '/v1/openapi') {
    for my $method (qw/GET HEAD/) {
        is($t->api($method, "$path?token=$key")->{status}, 404,
            "$method $path: 404");
    }

    my $res = $t->api('GET', $path, key => $key);
    is($res->{json}{code}, 'NOT_FOUND', 'its code');
    like($res->{json}{message}, qr{/v1/openapi\.json}, 'says what there is');
    unlike($res->{headers}{'content-security-policy'} // '', qr/script-src/,
        'allows no script');
    is($t->api('GET', $path)->{status}, 401, "$path without a key: 401");
}

my $res = $t->api('GET', '/v1/openapi.json', key => $key);
is($res->{status}, 200, 'the document');
ok(decode_json($res->{body})->{paths}{'/v1/openapi.html'}{get}{responses}{404},
    'which says so, too');

# neither npm nor the folder that it fills is needed

local @ENV{qw/MAKEFLAGS MFLAGS MAKELEVEL/};
delete @ENV{qw/MAKEFLAGS MFLAGS MAKELEVEL/};
my $root = root_dir();
unlike(scalar `make -C $root -n module VIEWER=none 2>&1`, qr/viewer/,
    'make VIEWER=none installs nothing for it');
like(scalar `make -C $root -n module 2>&1`, qr/viewer/, 'and make does');

$t->done();
