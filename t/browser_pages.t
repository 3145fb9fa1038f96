#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# The pages that people see in place of an app, in a browser, light and dark,
# wide and narrow.  Their pictures are in build/test/artifacts.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;

# the configuration as it ships, but that an app has a second to answer

my $proxy = build_dir() . '/proxy.conf';
my $conf = slurp(root_dir() . '/conf/sandbox_proxy.conf');
$conf =~ s/(proxy_read_timeout\s+)1h/${1}1s/ or die;
spew($proxy, $conf);
$conf = Sandbox::default_conf();
$conf =~ s/%%PROXY%%/$proxy/g;

my $t = Sandbox->new(
    conf => $conf,
    classes => [
        'default image=sandbox-base memory=256m cpus=1 pids=128 network=none '
            . 'sleep_after=10m',
        'broken image=no-such-image memory=256m cpus=1 pids=128 network=none',
    ],
    http => '    sandbox_wake_timeout 30s;')->start();

my $id = 'pages';
my %page;

sub port
{
    my ($on, $port, %o) = @_;
    return $t->expose($on, $port, %o);
}

# a hostile app's words are text in a page

my $evil = q{<script>window.hacked=1</script><img src=x onerror=hacked=1>};

$t->app($id, 'app.py', 3000, '127.0.0.1');
$t->app($id, 'app.py', 3001, '::1');
my $app = port($id, 3000);

$page{'404'} = ($app =~ s/-[a-z0-9_]+\.localhost/-wrong.localhost/r);
$page{'502-not-listening'} = port($id, 8080);
$page{'502-command-failed'} = port($id, 8081, wake => JSON::PP::true,
    command => "echo '> vite'; echo; echo '$evil'; "
        . 'echo "Error: Cannot find module \'vite\'" >&2; exit 1');
$page{'502-broke-off'} = "${app}close";
$page{'504-no-answer'} = "${app}sleep?3";
$page{'503-waiting'} = port($id, 8082, wake => JSON::PP::true,
    command => 'echo "> app@1.0.0 dev"; echo "> vite"; echo; '
        . 'echo "  VITE v6.0.7  starting ..."; exec sleep 1000');

$t->api('POST', '/v1/sandbox', json => { id => 'asleep' });
$page{'410-asleep'} = port('asleep', 8080);

$t->api('POST', '/v1/sandbox', json => { id => 'broken', class => 'broken' });
$page{'503-cannot-start'} = port('broken', 8080, wake => JSON::PP::true,
    command => 'true');

my $res = Sandbox::Browser::run($t, 'pages.mjs', {
    pages => [map { { name => $_, url => $page{$_} } } sort keys %page],
    wait => { '503-waiting' => 'VITE v6.0.7', '503-cannot-start' => 'image',
        '502-command-failed' => 'Cannot find module' } });

my %want = (
    '404' => [404, 'Preview not found'],
    '410-asleep' => [410, 'This preview is asleep'],
    '502-not-listening' => [502, 'No app is listening yet',
        qr/3000 on 127\.0\.0\.1/, qr/3001 on ::1/, qr/Port\s+8080/],
    '502-command-failed' => [502, 'The app did not start',
        qr/^\Q$evil\E$/m, qr/exited with code 1/],
    '502-broke-off' => [502, 'The app closed the connection'],
    '503-cannot-start' => [503, 'The sandbox did not start',
        qr/no-such-image/],
    '503-waiting' => [503, 'Waking up', qr/^> vite$/m],
    '504-no-answer' => [504, 'The app did not respond in time'],
);

for my $name (sort keys %want) {
    my ($status, $title, @text) = @{$want{$name}};
    my $got = $res->{$name} || {};
    is($got->{status}, $status, "$name: its status");
    is($got->{title}, $title, 'its title');
    like($got->{text} // '', $_, 'its text') for @text;
    is(join("\n", @{$got->{faults} || ['?']}), '', 'nothing is wrong with it');
    my $shot = Sandbox::Browser::artifacts() . "/$name-light.png";
    cmp_ok(-s $shot || 0, '>', 2000, "a picture: $shot");
}

# the same for others is JSON

for my $name ('410-asleep', '502-not-listening', '504-no-answer') {
    my $r = $t->preview('GET', $page{$name});
    is($r->{status}, $want{$name}[0], "$name, to a script: its status");
    ok($r->{json}{code}, 'and JSON');
}

$t->done();
