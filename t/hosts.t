#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Hosts, ports and tokens as clients mistype or forge them, as raw requests.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $t = Sandbox->new()->start();

$t->app('one', 'app.py', $_) for 8080, 8081;
$t->app('two', 'app.py', 8080);
$t->app('x-y', 'app.py', 8080);
my $url = $t->expose('one', 8080, token => 'tokenofone');
$t->expose('one', 8082, token => 'tokenof8082');
$t->expose('two', 8080, token => 'tokenoftwo');
$t->expose('x-y', 8080, token => 'to_ken');
$t->api('POST', '/v1/sandbox/one/ports',
    json => { port => 8083, token => 'gone' });
$t->api('DELETE', '/v1/sandbox/one/ports/8083');

my $p = $t->{port};
my $ok = '8080-one-tokenofone';

# legal spellings of one host

for my $host ("$ok.localhost:$p", "$ok.localhost", uc("$ok.localhost:$p"),
    "8080-One-TokenOfOne.LocalHost:$p", "$ok.localhost.",
    "$ok.localhost.:$p", "$ok.localhost:1", "8080-x-y-to_ken.localhost:$p")
{
    my $res = ask($host);
    is($res->{status}, 200, "$host: served");
    like($res->{body} // '', qr/port 8080/, "$host: by the app");
}

# hosts of previews that are none: 404; hosts that are no host: 400; hosts
# that are somebody else's: 421

my %bad = (
    # row 1
    "8080-one-" . 'a' x 60 . ".localhost:$p" => '404',
    "8080-" . 'a' x 41 . "-tokenofone.localhost:$p" => '404',
    ".localhost:$p" => '400|404', "..localhost:$p" => '400|404',
    "$ok..localhost:$p" => '400|404', "-.localhost" => '404',
    "--.localhost" => '404', "---.localhost" => '404',
    "8080--tokenofone.localhost" => '404', "8080-one-.localhost" => '404',
    "8080.localhost" => '404', "8080-one.localhost" => '404',
    "-one-tokenofone.localhost" => '404', "x.$ok.localhost" => '404',
    "xn--80ak6aa92e.localhost" => '404', "\xc3\xa9.localhost" => '400|404',
    "8080-\xc3\xb6ne-tokenofone.localhost" => '400|404',
    "[::1]" => '421', "[::1]:$p" => '421', "[8080-one-tokenofone]" => '400|421',
    "$ok.localhost:port" => '400|404|200', "$ok.localhost/" => '400',
    "$ok.localhost\@evil" => '400|421', "$ok.localhost%00" => '400|404|421',
    "$ok.localhost\0" => '400', "$ok.example.com" => '421', "$ok" => '421',
    "localhost.$ok" => '421', "$ok.localhost.evil" => '421',
    "8080-one-tokenofone .localhost" => '400',
    "8080_one_tokenofone.localhost" => '404', "*.localhost" => '404',
    "8080-www-tokenofone.localhost" => '404',
    "8080-admin-tokenofone.localhost" => '404',
    "8080-instance-tokenofone.localhost" => '404',

    # row 2
    "0-one-tokenofone.localhost" => '404',
    "00080-one-tokenofone.localhost" => '404',
    "08080-one-tokenofone.localhost" => '404',
    "65536-one-tokenofone.localhost" => '404',
    "73616-one-tokenofone.localhost" => '404',
    "-1-one-tokenofone.localhost" => '404',
    "+8080-one-tokenofone.localhost" => '404',
    "8080a-one-tokenofone.localhost" => '404',
    "80-one-tokenofone.localhost" => '404',
    "1023-one-tokenofone.localhost" => '404',
    "agent-one-tokenofone.localhost" => '404',
    "control-one-tokenofone.localhost" => '404',
    "99999999999999999999-one-tokenofone.localhost" => '404',

    # row 3
    "8081-one-tokenofone.localhost" => '404',

    # row 4
    "8082-one-tokenofone.localhost" => '404',
    "8080-one-tokenof8082.localhost" => '404',
    "8080-two-tokenofone.localhost" => '404',
    "8080-one-tokenoftwo.localhost" => '404',
    "8083-one-gone.localhost" => '404',
    "8080-one-tokenofonf.localhost" => '404',
    "8080-one-tokenofon.localhost" => '404',
    "8080-one-tokenofone1.localhost" => '404',
    "8080-one-one-tokenofone.localhost" => '404',
    "8080-three-tokenofone.localhost" => '404',
    "8080-x-to_ken.localhost" => '404',
    "8080-x-y-z-to_ken.localhost" => '404',
);

for my $host (sort keys %bad) {
    my $path = $bad{$host} =~ /421/ ? '/v1/sandbox' : '/';
    my $res = ask($host, $path);
    my $name = $host =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
    like($res->{status}, qr/^(?:$bad{$host})$/, "$name: $res->{status}");
    ok(!exists $res->{headers}{'set-cookie'}, 'and no cookie');
    is($res->{json}{code}, 'INVALID_TOKEN', 'INVALID_TOKEN')
        if $res->{status} == 404;
    unlike($res->{body} // '', qr/Hello from/, 'not the app')
        if $bad{$host} !~ /200/;
}

# nothing was dialled: the app has seen the good ones only

my $seen = $t->preview('GET', $url, path => '/seen')->{json};
is(scalar(grep { $_->{line} !~ m{^GET /(?:seen)? HTTP/1.1$} } @$seen), 0,
    'the app saw nothing else');

# no sandbox came to be

opendir my $d, $t->{state} or die $!;
is(join(',', sort grep { !/^\./ && $_ ne 'instance' } readdir $d),
    'one,two,x-y', 'no sandbox was made by a host');

# every worker still serves, and the API does not answer at a preview

is(join(',', map { ask("$ok.localhost:$p")->{status} } 1 .. 12),
    join(',', (200) x 12), 'and all goes on');
my $res = $t->raw("GET /v1/sandbox HTTP/1.1\r\nHost: $ok.localhost:$p\r\n\r\n");
is($res->{status}, 404, 'the API\'s paths are the app\'s at a preview');
is($res->{body}, 'the app knows no /v1/sandbox', 'which says so');

$t->done();


sub ask
{
    my ($host, $path) = @_;
    $path //= '/';
    my $res = $t->raw("GET $path HTTP/1.1\r\nHost: $host\r\n"
        . "Connection: close\r\n\r\n");
    return $res;
}
