#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# What HACKING.md shows of the logs of a worker and of an agent: the lines are
# logged, in that order; and its lines of a test run.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;
use Sandbox::Snippet;

my $doc = 'HACKING.md';

# a first use of a sandbox, by the only worker

my $t = Sandbox->new(workers => 1, level => 'debug')->start();
is($t->run_in('demo', 'echo up'), "up\n", 'a first use');
logged('sandbox "demo" start: begin', $t->log_text());

# the agent's log, and its level

my $container = $t->container_of('demo');
my $show = Sandbox::Snippet::take($doc, 'docker logs ');
chomp $show;
$show =~ s/nginx-sandbox-<random>/$container/;
is(`$show 2>&1`, '', 'the agent logs nothing by default');

my ($level, $reload) = split /\n/, Sandbox::Snippet::take($doc, 'echo debug ');
is($reload, 'nginx -s reload', 'the level applies with a reload');
$level =~ s{/var/lib/nginx-sandbox/state/<id>}{$t->{state}/demo};
is(`exec 2>&1; $level`, '', 'the level is set');
$t->reload();
is($t->exec('demo', ['true'])->{exit}, 0, 'a command');
is($t->api('POST', '/v1/sandbox/demo/ports', json => { port => 8000 })
    ->{status}, 200, 'a change of its ports');
is($t->api('PATCH', '/v1/sandbox/demo', json => { sleepAfter => 900 })
    ->{status}, 200, 'a change of its options');
logged('sandbox agent: [debug] ', scalar `$show 2>&1`, 'ready after');

# a test of somebody who reads this, with an engine that keeps a call

my $test = Sandbox::Snippet::take($doc, 'my $proxy ');
$test =~ s/my \$t\b/\$t/;
$test =~ s/my (?=\$proxy)/our /;
my $first = $t;
ok(eval "no strict 'vars'; $test; 1", 'the lines of a test') or diag($@);
our $proxy;
my $c = $t->connect(timeout => 60);
$c->request('POST', '/v1/sandbox/demo/exec',
    $t->api_options(json => { argv => ['true'] }));
ok(wait_for(sub { (($t->log_text() =~ /sandbox: engine (.*)/g)[-1] // '')
    =~ m{^POST /containers/create\S+: sent} }, 30),
    'the last line of the engine names the call');
$c->close();

# an engine that does not answer at all

$t->cleanup();
$proxy->set('hang .');
$t = Sandbox->new(workers => 1, level => 'debug',
    engine => $proxy->engine())->start();
is($t->exec('demo', ['true'])->{status}, 503, 'no engine');
logged('sandbox "demo" start: container', $t->log_text());

my $version = Sandbox::Snippet::take($doc, 'if (nginx_version');
ok(eval "$version } 1", 'a question for the version of nginx') or diag($@);

Sandbox::Snippet::none_left('t/docs_hacking.t');

$proxy->set('');
push @{$t->{allow}}, qr/is unavailable/;
$first->done($t);


# the lines of a snippet are in a log, one after another; numbers differ

sub logged
{
    my ($begin, $log, $except) = @_;
    my $text = Sandbox::Snippet::take($doc, $begin);
    my @lines = split /\n/, $log;
    my $engine = $t->{engine};

    for my $line (split /\n/, $text) {
        # before the level was set
        next if defined $except && $line =~ /$except/;

        # the name of another container
        $line =~ s/(?<=nginx-sandbox-)\w+(?=…)//;
        my $like = join '.*', map { quotemeta alike($_) }
            split /…/, $line, -1;
        my $found = 0;
        while (@lines && !$found) {
            my $have = shift @lines;
            $have =~ s/\Q$engine\E/unix:\/var\/run\/docker.sock/g;
            $found = alike($have) =~ /$like$/;
        }
        ok($found, "$doc: $line") or return;
    }
}


sub alike
{
    my ($text) = @_;
    $text =~ s/0x[0-9a-f]+|\d+/0/g;
    return $text;
}
