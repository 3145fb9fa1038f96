#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Workers killed, a reload, a full restart: no sandbox, port or file is lost.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;
use Sandbox::WebSocket;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine())->start();
my ($id, $res) = ('crash');

$t->run_in($id, 'echo kept > /workspace/file');
$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
my $agent = $t->agent_pid($id);
my $container = $t->container_of($id);
all_there('before');

# kill -9 of each worker, one after the other

for my $pid ($t->workers_alive()) {
    $t->kill_worker($pid);
    all_there("worker $pid killed");
}
is($t->agent_pid($id), $agent, 'the agent did not notice');

# a worker is killed while a start is under way

for my $at ('hold POST.*/start 1500', 'hold POST.*/create 1500',
    'delay POST.*/start 1500')
{
    my ($word) = $at =~ m{^(\w+ \S+)};
    $proxy->set($at);
    $proxy->forget();
    my $new = 'crash-' . join '', map { chr 97 + rand 26 } 1 .. 8;
    my @conns = map { $t->exec_start($new, ['echo', 'me']) } 1 .. 4;

    my ($re) = $at =~ /^\w+ (\S+)/;
    ok(wait_for(sub { $proxy->calls(qr/$re/) }, 30), "$word: under way");
    sleep 0.2;
    # the start is that of one worker, and nobody knows whose
    my @workers = $t->workers_alive();
    for my $pid (@workers) {
        $t->{killed}{$pid} = 1;
        kill 'KILL', $pid;
    }
    $_->close() for @conns;
    $proxy->set('');
    wait_for(sub { $t->workers_alive() >= 3 }, 20);

    is($t->run_in($new, 'echo well > /workspace/f; echo well'), "well\n",
        "$word: all workers killed, the next use starts it");
    is($t->run_in($new, 'cat /workspace/f'), "well\n", 'and it is one');
    is(scalar(grep { index($_, $t->run_of($new)) >= 0 } $t->containers()), 1,
        'with one container');
    is($t->api('DELETE', "/v1/sandbox/$new")->{status}, 204, 'destroyed');
}

ok(wait_for(sub { $t->containers() == 1 }, 90),
    'no container of those starts is left')
    or diag(join ' ', $t->containers());
all_there('after those');

# a worker is killed while it destroys

$t->run_in('crash-d', 'true');
$proxy->set('delay DELETE 2000');
$proxy->forget();
my $c = $t->connect();
$c->request('DELETE', '/v1/sandbox/crash-d', $t->api_options());
ok(wait_for(sub { $proxy->calls(qr/^DELETE/) }, 30),
    'destroying: under way');
for my $pid ($t->workers_alive()) {
    $t->{killed}{$pid} = 1;
    kill 'KILL', $pid;
}
$c->close();
$proxy->set('');
wait_for(sub { $t->workers_alive() >= 3 }, 20);
is($t->api('GET', '/v1/sandbox/crash-d')->{status}, 404,
    'killed while destroying: the name is free');
ok(wait_for(sub { $t->containers() == 1 }, 120),
    'and the sweep removes the container');
ok(wait_for(sub { !glob("$t->{state}/.trash-*") }, 120),
    'and the directory');

# reload

my $ws = Sandbox::WebSocket->new(port => $t->{port}, path => '/ws',
    host => ($url =~ m{//([^/]+)})[0]);
is($ws->{status}, 101, 'a WebSocket');
my $long = $t->exec_start($id, ['sh', '-c', 'echo up; sleep 3; echo end']);
$long->head();
my $long_sse = Sandbox::SSE->new($long);
$long_sse->next(30);

$t->reload();
all_there('after a reload');

my @events;
while (my $e = $long_sse->next(30)) { push @events, $e->{event} }
is($events[-1], 'exit', 'a command that ran during the reload ends well');
$ws->send('still');
my $m = $ws->recv(20);
is($m && $m->{data}, 'echo:still', 'a WebSocket outlives the reload');
$ws->close();

# a request parked during a reload

$proxy->set('delay POST.*/start 2500');
$proxy->forget();
my @parked = map { $t->exec_start('crash-parked', ['echo', "parked $_"]) }
    1 .. 5;
push @parked, map {
    my $x = $t->connect();
    $x->request('PUT', "/v1/sandbox/crash-parked/file/workspace/p$_",
        $t->api_options(body => 'x' x 100_000));
    $x;
} 1 .. 2;
ok(wait_for(sub { $proxy->calls(qr/start/) }, 30), 'requests are parked');
$t->reload();
my @out = map { Sandbox::exec_result($_) } @parked[0 .. 4];
is(join('', map { $_->{stdout} } @out),
    join('', map { "parked $_\n" } 1 .. 5), 'all complete over a reload');
is(join(',', map { $_->response()->{status} } @parked[5, 6]), '200,200',
    'uploads too');
$proxy->set('');
is($t->run_in('crash-parked', 'echo again'), "again\n",
    'and the new workers use the same sandbox');

# reloads under load

my ($n, @bad) = (0);
my $pid = fork // die;
if ($pid == 0) {
    for (1 .. 4) {
        sleep 1;
        kill 'HUP', $t->{master};
    }
    POSIX::_exit(0);
}
my $end = time() + 6;
while (time() < $end) {
    $n++;
    my $r = $t->exec($id, ['echo', $n]);
    push @bad, "exec $r->{status} $r->{stdout}" if $r->{stdout} ne "$n\n";
    $r = $t->preview('GET', $url);
    push @bad, "preview $r->{status}" if $r->{status} != 200;
}
waitpid $pid, 0;
is("@bad", '', "$n commands and previews over four reloads");

# a full restart

ok($t->restart(), 'a full restart');
all_there('after it');
is($t->agent_pid($id), $agent, 'the sandbox ran on meanwhile');
is($t->container_of($id), $container, 'it is the same');

# the engine's containers stop with nginx away, then nginx comes back

ok($t->quit(), 'nginx ends');
Sandbox::docker("stop -t 2 $container");
$t->start();
is($t->run_in($id, 'cat /workspace/file'), "kept\n",
    'stopped meanwhile: woken, with its file');
is($t->preview('GET', $url)->{status}, 502,
    'the port is exposed, and nothing listens yet');
$t->app($id, 'app.py', 8080);
all_there('and again');

# the master is killed

$t->{killed}{$_} = 1 for $t->workers_alive();
my @orphans = $t->workers_alive();
kill 'KILL', $t->{master}, @orphans;
wait_for(sub { !grep { Sandbox::running($_) } $t->{master}, @orphans }, 10);
delete $t->{master};
unlink "$t->{dir}/nginx.pid";
$t->start();
all_there('after a kill of all of nginx');

$t->done();


sub all_there
{
    my ($when) = @_;
    my $file = $t->get($id, 'workspace/file');
    my $page = $t->preview('GET', $url);
    my $ports = $t->api('GET', "/v1/sandbox/$id/ports");

    is($file->{body}, "kept\n", "$when: the file");
    like($page->{body} // '', qr/port 8080/, "$when: the preview");
    is($ports->{json}{ports}[0]{url}, $url, "$when: the port");
    is($t->run_in($id, 'echo run'), "run\n", "$when: a command");
}
