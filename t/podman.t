#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine podman

# Podman's Docker-compatible service as the engine: its own storage, its own
# socket, nothing of the machine's.  It is no package that the tests install.

use warnings;
use strict;

use File::Path ();
use File::Temp ();
use POSIX ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;

plan(skip_all => 'the image has no library that a sanitized agent needs')
    if sanitized();
plan(skip_all => 'podman is not installed')
    if !grep { -x "$_/podman" } split /:/, $ENV{PATH};

my $image = Sandbox::Image::busybox();
my $dir = File::Temp::tempdir('/tmp/sbpod-XXXXXX');
my $podman = "podman --root $dir/root --runroot $dir/run --tmpdir $dir/tmp "
    . '--cgroup-manager cgroupfs';
my $service;

chmod 0711, $dir;

# by itself it gives containers more than a machine may have to give

Sandbox::spew("$dir/containers.conf", "[containers]\ndefault_ulimits = "
    . "[\"nofile=16384:16384\", \"nproc=16384:16384\"]\n");
$ENV{CONTAINERS_CONF} = "$dir/containers.conf";

my $loaded = `docker save $image | $podman load 2>&1`;
my $tried;

# crun, its own choice, does not know every arrangement of control groups

for my $runtime ('', ' --runtime runc') {
    $tried = `$podman$runtime run --rm --network none $image true 2>&1`;
    next if $?;
    $podman .= $runtime;
    undef $tried;
    last;
}

if (defined $tried) {
    my ($why) = "$loaded$tried" =~ /(.*)\s*\z/;
    plan(skip_all => "podman cannot run a container here: $why");
}

service_start();

my $limits = 'memory=64m pids=64 network=none';
my $t = Sandbox->new(engine => "unix:$dir/sock", classes => [
    "default image=$image $limits sleep_after=10m",
    "brief image=$image $limits sleep_after=1s",
    "none image=no-such-image $limits",
    "many image=$image $limits cpus=1000",
])->start();
my $id = 'pod';

# what a sandbox is for

my $res = $t->exec($id, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
is("$res->{status} $res->{exit}", '200 3', 'a command') or diag($res->{body});
is("$res->{stdout}$res->{stderr}", "out\nerr\n", 'its output');
is($res->{headers}{'sandbox-start'}, 'create', 'in a new sandbox');
is($t->put($id, 'workspace/f', 'content')->{status}, 200, 'a file is written');
is(states($id), '1 running', 'the engine has one container');

like($t->run_in($id, 'cat /proc/self/status'), qr/^CapBnd:\s+00000000000000fb$/m,
    'with the capabilities that it is to have');
like($t->run_in($id, 'cat /proc/self/status'), qr/^NoNewPrivs:\s+1$/m,
    'and no new ones');
is($t->run_in($id, q{awk 'NR > 2 { print $1 }' /proc/net/dev}), "lo:\n",
    'it has no network');

my $url = $t->expose($id, 8080);
$res = $t->exec($id, ['sh', '-c', 'mkdir -p /srv/www && echo page '
    . '>/srv/www/index.html && httpd -p 127.0.0.1:8080 -h /srv/www']);
is($res->{exit}, 0, 'an app');
ok(wait_for(sub { $t->preview('GET', $url)->{status} == 200 }, 30),
    'its preview');
is($t->preview('GET', $url)->{body}, "page\n", 'is the app\'s');

my $shown = show($id);
is($shown->{state}, 'running', 'shown as running');
is($shown->{limits}{memory}, 64 << 20, 'with its limits');
ok($shown->{usage} && $shown->{usage}{pids} > 0, 'and what it uses');

# sleep, wake, and how it ended

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'put to sleep');
is(ended($id), 'asleep 0', 'asleep');
is($t->preview('GET', $url)->{status}, 410, 'its preview: 410');
is(states($id), '1 exited', 'the container is kept');
$res = $t->exec($id, ['cat', '/workspace/f']);
is($res->{stdout}, 'content', 'its files too');
is($res->{headers}{'sandbox-start'}, 'wake', 'it was woken');

engine('POST', "containers/%s/kill", $id);
is(ended($id), 'killed 137', 'killed');
is($t->run_in($id, 'cat /workspace/f'), 'content', 'and started again');
is(show($id)->{ended}{reason}, 'killed', 'which is still known');

engine('POST', "containers/%s/pause", $id);
engine('POST', "containers/%s/kill", $id);
ended($id);
is($t->run_in($id, 'cat /workspace/f'), 'content', 'killed while paused');

engine('DELETE', "containers/%s?force=1", $id);
is(ended($id), 'lost ', 'its container removed');
is($t->exec($id, ['true'])->{headers}{'sandbox-start'}, 'lost',
    'a fresh one is made, and said so');

# a worker that died between the engine's answer and its own note

is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
unlink "$t->{state}/$id/container";
is($t->run_in($id, 'echo there'), "there\n", 'a container that is there');
is(states($id), '1 running', 'is taken');

$t->api('POST', '/v1/sandbox', json => { id => 'brief', class => 'brief' });
is($t->run_in('brief', 'echo on'), "on\n", 'one that sleeps soon');
ok(wait_for(sub { show('brief')->{state} eq 'asleep' }, 60),
    'falls asleep by itself');
is(ended('brief'), 'asleep 0', 'and is shown so');

# many at once: one start each

my @conns = map { $t->exec_start('crowd', ['true']) } 1 .. 30;
is(scalar(grep { ($_->{exit} // 1) == 0 }
    map { Sandbox::exec_result($_) } @conns), 30, '30 at once are answered');
is(states('crowd'), '1 running', 'by one container');

# what cannot be

$t->api('POST', '/v1/sandbox', json => { id => $_, class => $_ })
    for qw/none many/;
$res = $t->exec('none', ['true']);
is($res->{status}, 500, 'an image that is not there');
like($res->{json}{message}, qr/no image "no-such-image"/, 'is named');
is($t->run_in('many', 'echo on'), "on\n", 'too many processors are lowered');

# the service ends: containers are their own, and go on

service_stop();
is($t->run_in($id, 'echo on'), "on\n", 'without the service it serves');
is($t->exec('new', ['true'])->{status}, 503, 'and a new one gets 503');
service_start();
ok(wait_for(sub { ($t->exec('new', ['true'])->{exit} // 1) == 0 }, 60),
    'until it is back');

# no leftovers, with and without a worker that died

$t->kill_worker();
for my $name ($id, qw/brief crowd none many new/) {
    is($t->api('DELETE', "/v1/sandbox/$name")->{status}, 204,
        "$name: destroyed");
}
is(engine('GET', 'containers/json?all=1'), '[]', 'no container is left');

push @{$t->{allow}}, qr/no image/;
$t->done();


sub show { return $t->api('GET', "/v1/sandbox/$_[0]")->{json} }


sub ended
{
    my ($id) = @_;
    my $ended;

    wait_for(sub {
        my $shown = show($id);
        $ended = $shown->{ended};
        $shown->{state} eq 'asleep' && $ended && $ended->{reason} ne 'unknown';
    }, 60);
    return ($ended->{reason} // 'none') . ' ' . ($ended->{exitCode} // '');
}


# the engine itself; %s is the container of a sandbox

sub engine
{
    my ($method, $path, $id) = @_;
    $path = sprintf $path, 'nginx-sandbox-' . $t->run_of($id) if defined $id;
    my $out = `curl -s -X $method --unix-socket $dir/sock 'http://d/v1.41/$path'`;
    $out =~ s/\s+$//;
    return $out;
}


# number and state of a sandbox's containers

sub states
{
    my $run = $t->run_of($_[0]);
    my $list = JSON::PP::decode_json(engine('GET', 'containers/json?all=1'));
    my @own = grep { $_->{Names}[0] =~ /\Q$run\E/ } @$list;

    return join ' ', scalar(@own), map { $_->{State} } @own;
}


sub service_start
{
    unlink "$dir/sock";

    $service = fork // die $!;
    if ($service == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$dir/log";
        open STDERR, '>&', \*STDOUT;
        exec split(/ /, $podman), 'system', 'service', '--time', '0',
            "unix://$dir/sock" or POSIX::_exit(127);
    }

    wait_for(sub { -S "$dir/sock" && `curl -s --unix-socket $dir/sock http://d/_ping` eq 'OK' },
        60) or die 'podman does not answer: ' . `tail $dir/log`;
    chmod 0666, "$dir/sock";
}


sub service_stop
{
    my $pid = $service or return;
    undef $service;
    kill 'TERM', $pid;
    waitpid $pid, 0;
}


END {
    my $status = $?;
    if (defined $dir && -d $dir) {
        `$podman rm -af -t 0 2>&1` if defined $podman;
        service_stop() if $service;
        `grep -o '$dir/[^ ]*' /proc/self/mountinfo | sort -r | xargs -r umount -l 2>&1`;
        File::Path::remove_tree($dir, { safe => 0 });
    }
    $? = $status;
}
