#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/find and /api/grep within bounds of time and memory: hostile patterns
# and expressions, many searches at a time, many entries, and clients that do
# not read or that leave.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $true = JSON::PP::true;
my $json = JSON::PP->new->canonical->utf8;
my $box = Sandbox::Box->new();
my $hostile = '((a?){5}(a?){5}){3}[b-z]';
my ($began, $http, @names, $res);

$box->sh('mkdir t; echo "four words of text" >t/c');


# hostile patterns and expressions

mkdir root('/workspace/slow');
my $line = 'a' x 2000 . "\n";
put('slow/' . 'a' x 250, $line x 20000);
$began = time;
is(paths(find200({ path => 'slow', pattern => '*a' x 300 . 'b' })), '',
    'many stars');
is(paths(find200({ path => 'slow', pattern => '**/' x 200 . 'b' })), '',
    'many double stars');
is(paths(find200({ path => 'slow', pattern => ('[[:alpha:]]*' x 60) . 'b',
    ignoreCase => $true })), '', 'many sets');
cmp_ok(time - $began, '<', 20, 'take no time');

$http = start('grep', { path => 'slow', timeoutMs => 3000,
    regex => $hostile });
$began = time;
is($box->call('GET', '/api/ping')->{status}, 200, 'others are served');
is(places(grep200({ path => 't', text => 'words' })), 'c:1:6',
    'other searches go on');
is($box->call('POST', '/api/read', { path => 't/c' })->{status}, 200,
    'files are read');
cmp_ok(time - $began, '<', 10, 'meanwhile');
$res = $http->response();
is_deeply([@{$res->{json}}{qw/truncated reason/}], [$true, 'timeout'],
    'a hostile expression ends after its timeout');


# many searches at a time

my @all = map { start('grep', { path => 'slow', timeoutMs => 4000,
    regex => $hostile }) } 1 .. 40;
$began = time;
for my $call (['read', { path => 't/c' }], ['stat', { path => 't/c' }],
    ['write', { path => 'w', content => 'x' }])
{
    is($box->call('POST', "/api/$call->[0]", $call->[1])->{status}, 200,
        "$call->[0] while 40 searches run");
}
cmp_ok(time - $began, '<', 10, 'takes no longer');
my %ends;
$ends{$_->response()->{json}{reason} // 'none'}++ for @all;
is_deeply(\%ends, { timeout => 40 }, 'and each of them ends');


# many entries and a large file, in little memory

$box->sh('mkdir many; cd many; seq -f name-%.0f-0123456789 100000'
    . ' | xargs touch');
$res = find200({ path => 'many', pattern => '*-99*', limit => 1000000 });
is($res->{count}, 1111, '1,111 of 100,000 names');
@names = raw('find', { path => 'many', limit => 1000000 })
    =~ /"relativePath":"([^"]+)"/g;
is(scalar @names, 100_000, 'all of them');
ok(join(' ', @names) eq join(' ', sort @names), 'in order');
$box->sh('seq 500000 >large');
is(places(grep200({ path => 'large', text => '499999' })),
    'large:499999:1', 'the last but one line');
my @lines = raw('grep', { path => 'large', text => '77', limit => 1000000,
    context => 2 }) =~ /"text":"(\d+)"/g;
ok(join(' ', @lines) eq join(' ', grep { /77/ } 1 .. 500000),
    'many matches');
@lines = raw('grep', { path => 'large', regex => '^1.*[13]77$',
    limit => 1000000 }) =~ /"text":"(\d+)"/g;
ok(join(' ', @lines) eq join(' ', grep { /^1.*[13]77$/ } 1 .. 500000),
    'of an expression');
cmp_ok($box->status('VmHWM'), '<', 8192, 'in less than 8 MB: '
    . $box->status('VmHWM') . ' KB') if !$Sandbox::Box::SANITIZE;


# clients that do not read, and that leave

$http = start('grep', { path => 'large', text => '1', limit => 1000000,
    timeoutMs => 1000 });
ok($box->wait_full($http), 'a client that does not read');
is($box->call('POST', '/api/find', { path => 't' })->{status}, 200,
    'delays no other');

# as nobody reads, it cannot end before its time

sleep 1.5;
$res = $http->response();
is($res->{json}{reason}, 'timeout', 'and gets what was found in time');
is($res->{json}{count}, scalar @{$res->{json}{matches}}, 'all of it');

for my $accept ('application/json', 'text/event-stream') {
    my @leave = map { start('grep', { path => 'large', text => '1',
        limit => 1000000, timeoutMs => 600000 }, Accept => $accept) } 1 .. 5;
    ok($box->wait_full($leave[0]), 'clients that do not read');
    @leave = ();
    ok($box->wait_for(30, sub { !grep { (readlink // '') =~ m{^/workspace/} }
        glob '/proc/' . $box->pid() . '/fd/*' }),
        "$accept: nothing is left open when they leave");
}
$http = start('grep', { path => 'slow', timeoutMs => 600000,
    regex => $hostile });
ok($box->wait_for(10, sub { grep { (readlink // '') =~ m{/slow/} }
    glob '/proc/' . $box->pid() . '/fd/*' }), 'a search that takes long');
undef $http;
ok($box->wait_for(30, sub { !grep { (readlink // '') =~ m{/slow} }
    glob '/proc/' . $box->pid() . '/fd/*' }), 'stops when its client leaves');
$http = start('find', { path => 'many', limit => 1000000 });
undef $http;
ok($box->wait_idle(), 'and the agent has nothing left to do');

done_testing();


sub start
{
    my ($route, $body, @headers) = @_;
    my $http = $box->http(timeout => 120);
    $http->request('POST', "/api/$route", host => 'x', headers => [@headers],
        body => $json->encode($body));
    return $http;
}


# the text of the answer, which takes long to decode

sub raw
{
    my $http = start(@_);
    my $text = '';
    is($http->head()->{status}, 200, "$_[0] $_[1]{path}");
    while (defined(my $data = $http->read())) {
        $text .= $data;
    }
    return $text;
}


sub search
{
    my ($route, $list, $body, $status) = @_;
    my $res = $box->call('POST', "/api/$route", $body);
    is($res->{status}, $status // 200,
        "$route " . substr $json->encode($body), 0, 60)
        or diag($res->{body});
    my $answer = $res->{json};
    is($answer->{count}, scalar @{$answer->{$list} || []},
        'the count is right') if $res->{status} == 200;
    return $answer;
}


sub find200
{
    return search('find', 'files', @_);
}


sub grep200
{
    return search('grep', 'matches', @_);
}


sub paths
{
    return join ' ', map { $_->{relativePath} } @{$_[0]{files}};
}


sub places
{
    return join ' ', map { "$_->{relativePath}:$_->{line}:$_->{column}" }
        @{$_[0]{matches}};
}


sub put
{
    my ($path, $content) = @_;
    open my $fh, '>', root("/workspace/$path") or die "$path: $!\n";
    print $fh $content;
}


sub root
{
    my ($path) = @_;
    return '/proc/' . $box->pid() . "/root$path";
}
