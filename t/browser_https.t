#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# Previews by https, in a browser: Rails as Debian has it, large cookies, and an
# embed that needs a referrer.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;
use Sandbox::Image;

my $image = Sandbox::Image::debian('rails', 'ruby-rails', 'puma');

my $https = free_port();
my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=256m network=none',
    "rails image=$image memory=512m network=none"]);

$t->write_conf(http => Sandbox::Browser::https($t, $https) . <<"END");

    server {
        listen 127.0.0.1:$https ssl;
        server_name embed.example.localhost;
        default_type text/html;
        return 200 '<p id="referrer">\$http_referer</p>';
    }
END
$t->start();

my @in = (hostname => 'pv.localhost');

# Rails: once with its defaults, once as it is in production

$t->api('POST', '/v1/sandbox', json => { id => 'rails', class => 'rails' });
$t->put('rails', 'workspace/config.ru',
    slurp("$FindBin::Bin/browser/rails/config.ru"));
my ($rails, $forced) = map { $t->expose('rails', $_->[0], @in,
    host => $_->[2], command => "exec env $_->[1] puma -b "
        . "tcp://127.0.0.1:$_->[0] config.ru") }
    ([3000, 'A=b', undef], [3001, 'FORCE_SSL=1', 'public']);
my $looping = $t->expose('rails', 3002, @in,
    command => 'exec env FORCE_SSL=1 puma -b tcp://127.0.0.1:3002 config.ru');
for my $port (3000 .. 3002) {
    ok(wait_for(sub {
        my $res = $t->api('GET', "/v1/sandbox/rails/ports/$port/diagnose");
        return $res->{json}{hops}[3] && $res->{json}{hops}[3]{ok};
    }, 120), "Rails on port $port") or diag($t->api('GET',
        "/v1/sandbox/rails/ports/$port/diagnose")->{body});
}

$t->app('app', 'app.py', 8080, '127.0.0.1');
my $app = $t->expose('app', 8080, @in);
$t->app('keyed', 'app.py', 8080, '127.0.0.1');
my $keyed = $t->api('POST', '/v1/sandbox/keyed/ports/8080', json => { @in,
    access => 'key', responseHeaders => {
        'Referrer-Policy' => 'strict-origin-when-cross-origin' } })->{json};

my $res = Sandbox::Browser::run($t, 'https.mjs', { rails => $rails,
    forced => $forced, looping => $looping, app => $app,
    keyed => $keyed->{url}, key => $keyed->{key},
    embed => "https://embed.example.localhost:$https/" });

is($res->{rails}, 'one form', 'Rails takes a form of its own page');
is($res->{again}, 'another form', 'and one more, with its session');
is($res->{forced}, 'with force_ssl', 'and with force_ssl, by its public name');
is($res->{looping}, 502, 'not as localhost, which would loop');
is($res->{title}, 'The app redirects to itself', 'as the page says');

is($res->{socket}, 'echo:first', 'a WebSocket by https');
is($res->{set}, 200, 'three cookies of 4 KB are set');
my %h = map { lc $_->[0] => $_->[1] } @{$res->{headers} || []};
is(join('; ', sort split /; /, $h{cookie} // ''), join('; ',
    map { "session-$_=" . $_ x 4000 } qw/a b c/), 'and come back to the app');
is(join('|', map { $h{$_} // '-' } qw/host x-forwarded-host x-forwarded-proto/),
    'localhost:8080|localhost:8080|http', 'which sees its own URL');
like($h{forwarded} // '', qr/host="localhost:8080";proto=http$/,
    'everywhere');
like($h{referer} // '', qr{^http://localhost:8080/$}, 'in Referer, too');

is($res->{hidden}, '', 'an embed learns nothing of the preview');
is($res->{element}, $app, 'but its origin, where the element says so');
is($res->{shown}, $keyed->{url}, 'or where the policy does');
is(`curl -sk -o /dev/null -w '%{http_code}' $keyed->{url}`, 401,
    'whose key it does not have');

is($res->{clear}, 200, 'a neighbor clears its own data');
is($res->{kept}, 200, 'and not the cookie of the key');

$t->done();
