#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# POST /api/find and /api/grep through nginx, in a real sandbox: JSON, events as
# they are found, a client that leaves, and the programs of the image beside it.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::SSE;

my $true = JSON::PP::true;
my $t = Sandbox->new()->start();
my $id = 'search';
my $api = "/v1/sandbox/$id/api";
my $res;

$res = $t->api('POST', "$api/write-batch", json => { files => [
    { path => 'src/main.c', content => "int main(void)\n{\n    puts(\"Hello\");"
        . "\n}\n" },
    { path => 'src/main.h', content => "int main(void);\n" },
    { path => 'src/main.o', content => "main\0" },
    { path => '.gitignore', content => "*.o\n" }, map {
    { path => "d$_/f$_", content => "line\n" x 10 . "number $_\n" } } 1 .. 300
    ] });
is($res->{json}{written}, 304, 'files are written');

$res = $t->api('POST', "$api/find", json => { path => '.',
    pattern => 'main.{c,h,o}', gitignore => $true });
is($res->{status}, 200, 'find');
is_deeply([map { $_->{relativePath} } @{$res->{json}{files}}],
    ['src/main.c', 'src/main.h'], 'by a pattern');

$res = $t->api('POST', "$api/grep", json => { path => 'src', text => 'hello',
    ignoreCase => $true, context => 1 });
is($res->{status}, 200, 'grep');
is_deeply($res->{json}{matches}, [{ absolutePath => '/workspace/src/main.c',
    relativePath => 'main.c', line => 3, column => 11, offset => 27,
    length => 5, text => '    puts("Hello");', before => ['{'],
    after => ['}'] }], 'a line');
is($res->{json}{binary}, 1, 'and no binary file');

for my $route ('find', 'grep') {
    is($t->api('GET', "$api/$route")->{json}{code}, 'NOT_FOUND',
        "$route: only POST");
}
$res = $t->api('POST', "$api/grep", json => { path => '.', regex => 'a(' });
is("$res->{status} $res->{json}{code}", '400 VALIDATION_FAILED',
    'errors come as they are');

my @events = events({ path => '.', regex => '^number [0-9]+$' });
is(scalar @events, 301, 'each match is an event');
is_deeply([@{$events[-1]}{qw/type count searched/}], ['complete', 300, 302],
    'and so is the end');
my $found = join "\n", map { "./$_->{match}{relativePath}:$_->{match}{line}" }
    @events[0 .. 299];
is($found, join("\n", sort split /\n/, $t->run_in($id,
    "grep -rnE '^number [0-9]+\$' . | cut -d: -f1,2")), 'the same as grep');

# a client that leaves
$t->run_in($id, 'seq 3000000 >large');
my $c = $t->connect();
$c->request('POST', "$api/grep", $t->api_options(json => { path => 'large',
    text => '1', limit => 1000000, timeoutMs => 600000 }));
is($c->head()->{status}, 200, 'a search that finds much');
undef $c;
my $agent = $t->agent_pid($id);
my $open;
for (1 .. 200) {
    $open = grep { (readlink // '') =~ m{/large$} } glob "/proc/$agent/fd/*";
    last if !$open;
    select undef, undef, undef, 0.1;
}
is($open, 0, 'stops when its client leaves');

SKIP: {
    skip 'a sanitizer has its own needs', 1 if Sandbox::sanitized();

    my ($peak) = Sandbox::slurp("/proc/$agent/status") =~ /^VmHWM:\s+(\d+)/m;
    cmp_ok($peak, '<', 8192, "the agent's peak is $peak KB");
}

$t->done();


sub events
{
    my ($body) = @_;
    my $c = $t->connect();
    $c->request('POST', "$api/grep", $t->api_options(json => $body,
        headers => [Accept => 'text/event-stream']));
    is($c->head()->{headers}{'content-type'}, 'text/event-stream', 'a stream');
    my $sse = Sandbox::SSE->new($c);
    my @events;
    while (my $e = $sse->next()) {
        push @events, JSON::PP::decode_json($e->{data});
    }
    return @events;
}
