#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# /metrics: Prometheus text that counts what happened, in all workers.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $t = Sandbox->new()->start();
my $res = $t->api('GET', '/metrics');

is($res->{status}, 200, 'metrics');
is($res->{headers}{'content-type'},
    'text/plain; version=0.0.4; charset=utf-8', 'content type');

# the form

my (%type, %help, @bad);
for (split /\n/, $res->{body}) {
    if (/^# HELP (\w+) \S/) { $help{$1} = 1; next }
    if (/^# TYPE (\w+) (counter|gauge)$/) { $type{$1} = $2; next }
    if (/^(\w+)(\{\w+="[^"\\\n]*"(,\w+="[^"\\\n]*")*\})? (\d+(\.\d+)?)$/) {
        my ($name, $labels) = ($1, $2);
        push @bad, "$_: no HELP" if !$help{$name};
        push @bad, "$_: no TYPE" if !$type{$name};
        push @bad, "$_: no sandbox_" if $name !~ /^sandbox_/;
        push @bad, "$_: no _total" if ($type{$name} // '') eq 'counter'
            && $name !~ /_total$/;
        next;
    }
    push @bad, "$_: not understood";
}
is(join("\n", @bad), '', 'each line is well-formed');
cmp_ok(scalar keys %type, '>=', 8, 'there are some');
like($res->{body}, qr/\n\z/, 'a line feed ends it');

is($t->api('HEAD', '/metrics')->{status}, 200, 'HEAD');
is($t->api('POST', '/metrics', body => 'x')->{status}, 405, 'POST: 405');

# the counts

my %before = values_now();
$t->run_in('met', 'true') for 1 .. 5;
my $url = $t->expose('met', 8080);
$t->preview('GET', $url) for 1 .. 3;
$t->preview('GET', "http://8080-met-wrong.localhost:$t->{port}/") for 1 .. 4;
$t->api('GET', '/v1/sandbox', host => 'evil.example') for 1 .. 2;
my %mid = values_now();

is(grew('api_requests_total', \%before, \%mid) >= 6, 1, 'API requests')
    or diag(explain(\%mid));
is(grew('preview_requests_total', \%before, \%mid), 7, 'preview requests');
is(grew('preview_denied_total', \%before, \%mid), 4, 'denied previews');
is(grew('api_denied_total', \%before, \%mid), 2, 'denied API requests');
is(grew('created_total', \%before, \%mid), 1, 'one sandbox created');
cmp_ok(grew('engine_calls_total', \%before, \%mid), '>=', 2,
    'engine calls');
my ($starts) = grep { /starts?_total.*create/ } keys %mid;
ok($starts, 'starts by kind');
is($mid{$starts} - ($before{$starts} // 0), 1, 'one of them by creation');
my ($hits) = grep { /starts?_total.*hit/ } keys %mid;
cmp_ok($mid{$hits // ''} // 0, '>=', 4, 'and hits');

is($t->api('DELETE', '/v1/sandbox/met')->{status}, 204, 'destroyed');
my %after = values_now();
is(grew('destroyed_total', \%mid, \%after), 1, 'one sandbox destroyed');

unlike($t->api('GET', '/metrics')->{body}, qr/\bmet\b|8080/,
    'no sandbox is named');

# a reload keeps them

$t->reload();
my %reloaded = values_now();
cmp_ok(grew('api_requests_total', \%after, \%reloaded), '>=', 0,
    'a reload keeps the counts');

$t->done();


sub values_now
{
    my %v;
    for (split /\n/, $t->api('GET', '/metrics')->{body}) {
        $v{$1} = $2 if /^([^# ]\S*) (\S+)$/;
    }
    return %v;
}


sub grew
{
    my ($name, $from, $to) = @_;
    my ($full) = grep { /^sandbox_\Q$name\E$/ } keys %$to;
    return -1 if !defined $full;
    return $to->{$full} - ($from->{$full} // 0);
}
