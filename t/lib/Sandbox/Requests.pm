package Sandbox::Requests;

# Copyright (C) the ngx_sandbox authors

# Requests that are made from the OpenAPI document, and what they leave.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use Sandbox;
use Sandbox::Npm;


sub run
{
    my (%o) = @_;
    my $here = Sandbox::root_dir() . '/t/openapi';
    my $modules = Sandbox::Npm::install($here, 'openapi');
    my $key = 'key-of-the-fuzzer-0001';
    my $t = Sandbox->new(keys => ["me:$key:admin"], key => $key)->start();

    my $out = `node $here/fuzz.mjs $modules http://127.0.0.1:$t->{port} $key $o{seed} $o{number} 2>$t->{dir}/fuzz.log`;
    is($?, 0, 'the requests end well') or diag(slurp("$t->{dir}/fuzz.log"));

    for (split /\n/, $out) {
        my $check = JSON::PP::decode_json($_);
        ok($check->{ok}, $check->{name})
            or diag(JSON::PP::encode_json([$check->{got}]));
    }

    # each sandbox is destroyed, and with it all that it had

    my $list = $t->api('GET', '/v1/sandbox')->{json}{sandboxes};

    for (@$list) {
        is($t->api('DELETE', "/v1/sandbox/$_->{id}")->{status}, 204,
            "$_->{id} is destroyed");
    }

    for (@{$t->api('GET', '/v1/backup')->{json}{backups}}) {
        is($t->api('DELETE', "/v1/backup/$_->{id}")->{status}, 204,
            "the backup $_->{id} is deleted");
    }

    is(join(' ', $t->containers()), '', 'no container is left');
    is(join(' ', $t->state_names()), '', 'nor any file of a sandbox');
    unlike($t->log_text('error.log'), qr/\Q$key\E/, 'no key in the log');

    $t->done();
}


1;
