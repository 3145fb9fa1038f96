#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# proxy_cache in a preview location: answers are kept, and those of different
# sandboxes, ports and lives of a name never mix.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $conf = Sandbox::default_conf();
$conf =~ s/(    sandbox_state )/    proxy_cache_path %%DIR%%\/cache keys_zone=one:1m;\n    proxy_cache_path %%DIR%%\/other keys_zone=two:1m;\n$1/;
$conf =~ s/server_name \*\.localhost;\n.*?\n    \}\n/server_name *.localhost;
        include %%PROXY%%;
        location \/ {
            sandbox_preview;
            proxy_buffering on;
            proxy_cache_valid 200 10m;
            add_header X-Cache \$upstream_cache_status;
%%PREVIEW%%
            proxy_pass http:\/\/sandbox;
        }
    }
/s;

my $cache = '            proxy_cache one;';
my $t = Sandbox->new(conf => $conf, preview => $cache)->start();
my (%url, $res);

for my $id (qw/cache-a cache-b/) {
    $t->app($id, 'app.py', 8080);
    $t->app($id, 'app.py', 8081);
    $url{"$id $_"} = $t->expose($id, $_, token => "tok$_") for 8080, 8081;
}
my $a = $url{'cache-a 8080'};
my $b = $url{'cache-b 8080'};

# the app's own words are kept, for it alone, whatever proxy_cache_key says

for my $key ('', 'proxy_cache_key $request_uri;', 'proxy_cache_key same;',
    'proxy_cache_key $host$request_uri;')
{
    $t->write_conf(preview => "$cache $key");
    $t->reload();
    my $path = '/count?' . ($key =~ tr/a-z//);
    my $name = $key || 'nginx\'s own key';

    my %first = map { $_ => get($url{$_}, $path) } sort keys %url;
    is(join(' ', map { $first{$_}[0] } sort keys %first),
        'MISS MISS MISS MISS', "$name: each app is asked");
    for my $n (1 .. 6) {
        for (sort keys %url) {
            my $got = get($url{$_}, $path);
            is("@$got", "HIT $first{$_}[1]", "$name: $_ has its own, $n");
        }
    }
    is(scalar(keys %{{ map { $_->[1] => 1 } values %first }}), 4,
        "$name: they differ");
}

# another sandbox of the same name, token and all

$t->write_conf(preview => $cache);
$t->reload();
my $old = get($a, '/count?again');
is(get($a, '/count?again')->[0], 'HIT', 'kept');
is($t->api('DELETE', '/v1/sandbox/cache-a')->{status}, 204, 'destroyed');
is($t->preview('GET', $a, path => '/count?again')->{status}, 404,
    'then it is not served');
$t->app('cache-a', 'app.py', 8080);
is($t->expose('cache-a', 8080, token => 'tok8080'), $a, 'the same url anew');
my $new = get($a, '/count?again');
is($new->[0], 'MISS', 'asks the new one');
isnt($new->[1], $old->[1], 'and has none of the old one\'s answers');

# what is kept is served to who may see it

is(get($b, '/count?held')->[0], 'MISS', 'kept');
$res = $t->api('PATCH', '/v1/sandbox/cache-b/ports/8080',
    json => { access => 'key' });
my @key = ('X-Sandbox-Key' => $res->{json}{key});
is($t->preview('GET', $b, path => '/count?held')->{status}, 401,
    'a key is asked for');
is(get($b, '/count?held', @key)->[0], 'HIT', 'and then it is served');
$t->api('PATCH', '/v1/sandbox/cache-b/ports/8080',
    json => { access => 'link', responseHeaders => { 'X-Late' => '1' } });
$res = $t->preview('GET', $b, path => '/count?held');
is("$res->{headers}{'x-cache'} $res->{headers}{'x-late'}", 'HIT 1',
    'with what the policy says now');
$t->api('DELETE', '/v1/sandbox/cache-b/ports/8080');
is($t->preview('GET', $b, path => '/count?held')->{status}, 404,
    'unexposed: nothing is served');
is($t->expose('cache-b', 8080, token => 'tok8080'), $b, 'exposed again');

# an app that sees its host may write it down: a link's is not another's

$t->api('PATCH', '/v1/sandbox/cache-b/ports/8080', json => { host => 'public' });
$t->api('POST', '/v1/sandbox/cache-b/ports/8080/links',
    json => { name => 'l', token => 'link' });
(my $link = $b) =~ s/tok8080/link/;
like(get($b, '/headers')->[1], qr/tok8080/, 'the app tells its host');
like(get($link, '/headers')->[1], qr/-link\./, 'each link gets its own');
unlike(get($link, '/headers')->[1], qr/tok8080/, 'and not the other\'s');

# what nginx does not keep is not kept

for my $header ('Set-Cookie: a=b', 'Cache-Control: private',
    'Cache-Control: no-store', 'Cache-Control: no-cache', 'Vary: *',
    'Expires: Thu, 01 Jan 1970 00:00:00 GMT', 'X-Accel-Expires: 3600')
{
    my $path = '/as?' . join '', map { sprintf '%%%02x', ord }
        split //, $header;
    get($a, $path);
    my $want = $header =~ /Accel/ ? 'HIT' : 'MISS';
    is(get($a, $path)->[0], $want, "$header: $want");
}
is($t->preview('POST', $a, path => '/echo', body => 'x')->{headers}{'x-cache'},
    undef, 'POST');
is($t->preview('GET', $a, path => '/big?3000000')->{body},
    $t->preview('GET', $a, path => '/big?3000000')->{body}, 'a large one');

# a zone that a variable names

$t->write_conf(preview => "            proxy_cache \$arg_zone;");
$t->reload();
is(get($a, '/count?zone=two&n')->[0], 'MISS', 'by a variable');

is(get($a, '/count?zone=two&n')->[0], 'HIT', 'kept');
is($t->preview('GET', $a, path => '/count?zone=off')->{headers}{'x-cache'},
    undef, 'off');
ok(-e "$t->{dir}/other", 'where it says');

# one public name for two ports, as a proxy in front may give

$t->write_conf(preview => "$cache proxy_cache_key same;"
    . ' set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;');
$t->reload();
my @outer = ('X-Forwarded-Host' => 'demo.example');
my @got = map { get($url{"cache-b $_"}, '/count?outer', @outer) }
    8080, 8081, 8080, 8081;
is(join(' ', map { $_->[0] } @got), 'MISS MISS HIT HIT',
    'a name in common: each port is asked');
is($got[2][1], $got[0][1], 'the one has its own');
is($got[3][1], $got[1][1], 'and so has the other');
isnt($got[0][1], $got[1][1], 'they differ');

# what would be unsafe is refused

for my $case (
    ["$cache proxy_ignore_headers Set-Cookie X-Accel-Redirect X-Accel-Expires "
        . 'X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;',
        'Set-Cookie'],
    ["$cache proxy_ignore_headers Vary X-Accel-Redirect X-Accel-Expires "
        . 'X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;', 'Vary'],
    ["proxy_store on;", 'proxy_store'],
) {
    $t->write_conf(preview => $case->[0]);
    my ($good, $out) = $t->check_conf();
    ok(!$good, "$case->[1]: refused");
    like($out, qr/\[emerg\].*$case->[1]/, "$case->[1]: in words");
}
$t->write_conf(preview => $cache, api => '        proxy_cache one;');
my ($good, $out) = $t->check_conf();
ok(!$good && $out =~ /\[emerg\].*sandbox_api/, 'of the API: refused');

$t->done();


# [what the cache did, the body]; nginx enters a response in its cache after
# the client has got all of it, and then writes to its log

sub get
{
    my ($u, $path, @headers) = @_;
    my $logged = logged();
    my $r = $t->preview('GET', $u, path => $path, headers => \@headers);
    wait_for(sub { logged() > $logged }, 30) or die "$path is not logged\n";
    return [$r->{headers}{'x-cache'} // '-', $r->{body}];
}


sub logged
{
    return -e "$t->{dir}/access.log" ? $t->log_text('access.log') =~ tr/\n// : 0;
}
