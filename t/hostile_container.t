#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A program that is root in a sandbox: it writes nothing of the host's, is not
# served by the agent, and can neither kill, trace nor starve it.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;

my $t = Sandbox->new(classes => [
    'default image=sandbox-base memory=256m cpus=1 pids=100 network=none '
        . 'sleep_after=10m'])->start();
my $id = 'hostile';
my ($res, $out);

is($t->put($id, 'workspace/h', Sandbox::slurp(
    Sandbox::Image::program('hostile')))->{status}, 200, 'the program');
$t->run_in($id, 'chmod 755 /workspace/h; echo x > /workspace/mine');
$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
is($t->preview('GET', $url)->{status}, 200, 'a port is served');
is($t->run_in($id, 'id -u'), "0\n", 'the tenant is root inside');

my $agent = $t->agent_pid($id);
my $run = "$t->{state}/.run/" . $t->run_of($id);
my $before = listing();
like($before, qr/agent\.sock/, 'the directory of sockets');

# files

$out = $t->run_in($id, '/workspace/h files');
for (split /\n/, $out // 'nothing 0') {
    my ($what, $errno) = split ' ';

    # a name is no access: across mounts the kernel says EXDEV
    like($errno, qr/^(?:EROFS|EPERM|EACCES|EBUSY|EXDEV|ENOTDIR|ETXTBSY)$/,
        "$what: $errno");
}
is(scalar(split /\n/, $out // ''), 33, 'all of them were tried');
is($t->run_in($id, '/workspace/h fill'), "closed\n", 'fill: refused');
is(listing(), $before, 'the host\'s directory is as it was');

# sockets

$out = $t->run_in($id, '/workspace/h knock');
is($out, "/run/sandbox/agent.sock closed\n/run/sandbox/control.sock closed\n"
    . "/run/sandbox/8080.sock closed\n/run/sandbox/boot.sock ENOENT\n",
    'agent.sock, control.sock and 8080.sock are closed to it');

is($t->run_in($id, 'ls -l /proc/self/fd | grep -c -- "->"'), "4\n",
    'a command has no descriptor but its own three');

# the agent's process

$out = $t->run_in($id, '/workspace/h agent');
my %tried = map { split ' ' } split /\n/, $out // '';
for my $what (qw/ptrace-attach ptrace-seize vm-read vm-write mem mem-write
    environ maps exe exe-open root cwd fd pidfd-getfd prlimit-files
    prlimit-memory prlimit-cpu prlimit-file-size/)
{
    like($tried{$what} // 'not tried', qr/^(?:EPERM|EACCES)$/,
        "$what of the agent: " . ($tried{$what} // 'not tried'));
}

alive('all signals, ptrace, limits');

# its priority and its score may be the tenant's to spoil: it answers all the
# same, and what takes the memory loses it

$t->run_in($id, 'renice 19 -p 1; taskset -p 1 1; chrt -i -p 0 1; '
    . 'echo 1000 > /proc/1/oom_score_adj; true');
alive('priority and score');

for my $n (1 .. 3) {
    $res = $t->exec($id, ['python3', '-c', 'x = bytearray(10**9)']);
    is($res->{exit}, 137, "a command over the memory limit is killed, $n");
    is($res->{signal}, 'SIGKILL', 'and said to be');
}
alive('memory bombs');

# busy: API and preview answer

my $busy = begin('busy', 8);
alive('eight busy loops');
$busy->close();

# a flood of connections

for my $what (qw/flood-agent flood-control flood-port/) {
    my $flood = begin($what, 4);
    alive($what);
    $flood->close();
}

# a fork bomb, before the agent may ever have made a thread

my $bomb = $t->exec_start('hostile-b', ['bash', '-c',
    'echo begun; bomb() { bomb | bomb & }; bomb; sleep 600']);
$bomb->head();
Sandbox::SSE->new($bomb)->next(60);
sleep 2;
my $bomb_agent = $t->agent_pid('hostile-b');
is($t->api('GET', '/v1/sandbox/hostile-b/api/ping')->{status}, 200,
    'fork bomb: ping');
$res = $t->put('hostile-b', 'workspace/f', 'written');
is($res->{status}, 200, 'fork bomb: a file is written');
is($t->get('hostile-b', 'workspace/f')->{body}, 'written',
    'fork bomb: and read');
$res = $t->exec('hostile-b', ['true']);
ok(defined $res->{exit} || $res->{error} || $res->{status} >= 400,
    'fork bomb: a command runs, or is refused in words');
cmp_ok(scalar(pids_of('hostile-b')), '<=', 100,
    'fork bomb: within the limit');
is($t->run_in($id, 'echo fine'), "fine\n",
    'fork bomb: another sandbox does not notice');
$bomb->close();
ok(wait_for(sub {
    ($t->exec('hostile-b', ['echo', 'free'])->{stdout} // '') eq "free\n"
}, 60), 'fork bomb: ended with its command, and the sandbox is usable');
is($t->agent_pid('hostile-b'), $bomb_agent, 'fork bomb: the same agent');

# orphans do not pile up as zombies

$t->run_in($id, 'for i in $(seq 300); do (true &) ; done');
ok(wait_for(sub { ($t->run_in($id, 'cat /proc/[0-9]*/stat 2>/dev/null | '
    . 'grep -c ") Z "; true') // '') eq "0\n" }, 20), 'no zombie is left');

# the dying tenant: forged requests queued at the next agent

for my $round (1 .. 4) {
    my $spin = begin('spin', 6);
    Sandbox::docker('kill ' . $t->container_of($id));
    is($t->run_in($id, 'ls /workspace/forged 2>/dev/null; echo up'), "up\n",
        "killed among knocking processes, round $round: woken, not forged");
    $spin->close();
}
is($t->get($id, 'workspace/forged')->{status}, 404, 'no forged file');
isnt($t->api('GET', "/v1/sandbox/$id/api/version")->{json}{version},
    'forged', 'and no forged agent');

$t->done();


sub begin
{
    my ($what, $n) = @_;
    my $c = $t->exec_start($id, ['/workspace/h', $what, $n]);

    is($c->head()->{status}, 200, "$what begins");
    my $e = Sandbox::SSE->new($c)->next(60);
    is($e && MIME::Base64::decode_base64($e->{data}), "begun\n",
        "$what runs");
    sleep 0.5;
    return $c;
}


# twenty answers of API and preview, by the same agent

sub alive
{
    my ($after) = @_;
    my @bad;
    my $worst = 0;

    for (1 .. 10) {
        my $start = time();
        my $ping = $t->api('GET', "/v1/sandbox/$id/api/ping");
        push @bad, "ping $ping->{status}" if $ping->{status} != 200;
        my $page = $t->preview('GET', $url);
        push @bad, "preview $page->{status}" if $page->{status} != 200;
        my $took = time() - $start;
        $worst = $took if $took > $worst;
    }

    is("@bad", '', "$after: ping and preview answer");
    cmp_ok($worst, '<', 20, "$after: in time");
    is($t->agent_pid($id), $agent, "$after: by the same agent");
}


sub listing
{
    my $out = `ls -lanR --time-style=full-iso $run $t->{state}/.agent`;

    # the state directory itself, where nginx writes its clock
    $out =~ s/^.* \.\.\n//mg;
    return $out;
}


sub pids_of
{
    my ($sandbox) = @_;
    my $out = Sandbox::docker('top ' . $t->container_of($sandbox)
        . ' -eo pid');
    my @pids = $out =~ /^\s*(\d+)/mg;
    return @pids;
}
