#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Five hundred requests at once to a sandbox that sleeps; and many sandboxes
# that sleep beside some that do not.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Fleet;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), classes => [
    'default image=sandbox-base memory=512m cpus=2 pids=1000 network=none '
        . 'sleep_after=10m'])->start();
my $id = 'crowd';

$t->run_in($id, 'echo kept > /workspace/f');
is($t->api('POST', "/v1/sandbox/$id/sleep")->{json}{state}, 'asleep',
    'a sandbox sleeps');
$proxy->forget();

my @calls = map {
    my ($n, $c) = ($_, $t->connect(timeout => 120));
    my $path = "/v1/sandbox/$id/file/workspace";

    $n % 5 == 0 ? $t->exec_start($id, ['echo', $n], conn => $c)
        : $n % 5 == 1 ? $c->request('PUT', "$path/p$n",
            $t->api_options(body => "put $n\n"))
        : $c->request('GET', "$path/f", $t->api_options());
    [$n, $c];
} 1 .. 500;

my @wrong;
for (@calls) {
    my ($n, $c) = @$_;
    my $r = $n % 5 ? $c->response(method => $n % 5 == 1 ? 'PUT' : 'GET')
        : Sandbox::exec_result($c);
    my $good = $n % 5 == 0 ? $r->{stdout} eq "$n\n" && ($r->{exit} // 1) == 0
        : $r->{status} == 200 && ($n % 5 == 1 || $r->{body} eq "kept\n");

    push @wrong, "$n: $r->{status} " . ($r->{body} // '') if !$good;
    $c->close();
}
is(scalar @wrong, 0, 'all of 500 requests at once are answered')
    or diag(join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)]);
is(scalar $proxy->calls(qr{^POST .*/start}), 1, 'by one start');
is(scalar $proxy->calls(qr{^POST .*/(?:create|kill|stop)}), 0,
    'and no other call that changes anything');
is($t->run_in($id, 'cd /workspace && cat p* | wc -l'), "100\n",
    'what was put is there');

# many sandboxes

is(join(', ', Sandbox::Fleet::name($t, 'many', 100)), '', 'a hundred named');
is(join(', ', Sandbox::Fleet::ask($t, 'many', 100, 5)), '',
    'five of them awake, and all answer right');

my $one = Sandbox->new(workers => 1)->start();
Sandbox::Fleet::cost($one, 1000);

$t->done($one);
