#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A sandbox that takes all it can get: its neighbours and nginx go on
# answering, and it can be destroyed.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

# the disk has no quota everywhere: what is written is bounded here

my $disk = 192;

my $t = Sandbox->new(classes => [
    'default image=sandbox-base network=none memory=128m pids=100',
    'evil image=sandbox-base network=none memory=128m cpus=1 pids=80',
])->start();
my $id = 'idle';

$t->app($id, 'app.py', 8080);
my $url = $t->expose($id, 8080);
is($t->preview('GET', $url)->{status}, 200, 'a neighbour with an app');

my @workers = $t->workers_alive();

attack('fork bomb', <<'PY', sub { ($_[0]{pids} // 0) >= 60 });
import os, time
print("up", flush=True)
while True:
    try:
        if os.fork() == 0:
            continue
    except OSError:
        time.sleep(0.001)
PY

attack('memory bomb', <<'PY', sub { ($_[0]{memory} // 0) > 100 << 20 });
import os, time
print("up", flush=True)
while True:
    if os.fork() == 0:
        x = []
        while True:
            x.append(b"x" * 1000000)
    time.sleep(0.3)
PY

attack('disk filler', <<"PY", sub { 1 });
import os
print("up", flush=True)
while True:
    f = open("/workspace/fill", "wb")
    for i in range($disk):
        f.write(b"x" * 1000000)
        f.flush()
        if i % 32 == 0:
            os.fsync(f.fileno())
    f.close()
PY

# of output that nobody reads, of such that is read, and to the engine's log

attack('log flood', <<'PY', sub { 1 }, 1);
import os, sys
print("up", flush=True)
for path in ("/proc/1/fd/1", "/proc/1/fd/2", "/dev/console", "/dev/kmsg"):
    try:
        os.write(os.open(path, os.O_WRONLY), b"flood\n" * 100000)
    except OSError:
        pass
line = b"flood " * 1000 + b"\n"
while True:
    sys.stdout.buffer.write(line)
    sys.stderr.buffer.write(line)
PY

attack('CPU spin', <<'PY', sub { ($_[0]{cpuTime} // 0) > 1.5 });
import os
print("up", flush=True)
for i in range(30):
    if os.fork() == 0:
        break
while True:
    pass
PY

is(join(',', $t->workers_alive()), join(',', @workers),
    'the workers are those of the beginning');

$t->done();


sub attack
{
    my ($name, $program, $acts, $readers) = @_;
    my $evil = $name =~ tr/A-Z /a-z-/r;

    is($t->api('POST', '/v1/sandbox', json => { id => $evil,
        class => 'evil' })->{status}, 200, "$name: a sandbox");

    my @conns = map { $t->exec_start($evil, ['python3', '-c', $program]) }
        1 .. ($readers ? 2 : 1);
    $_->head() for @conns;

    ok(wait_for(sub {
        my $shown = $t->api('GET', "/v1/sandbox/$evil")->{json};
        $shown->{usage} && $acts->($shown->{usage});
    }, 60), "$name: is at it");

    # one of those who asked for the output takes it

    my $reader;
    if ($readers) {
        $reader = fork // die $!;
        if ($reader == 0) {
            1 while defined $conns[0]->read(10);
            POSIX::_exit(0);
        }
    }

    my (%bad, @took);

    for my $round (1 .. 15) {
        my $start = time();
        my $res = $t->exec($id, ['echo', $round]);
        $bad{exec}++ if ($res->{stdout} // '') ne "$round\n"
            || ($res->{exit} // 1) != 0;
        push @took, time() - $start;
        $bad{preview}++ if $t->preview('GET', $url)->{status} != 200;
        $bad{health}++ if $t->api('GET', '/health')->{status} != 200;
        $bad{list}++ if $t->api('GET', '/v1/sandbox')->{status} != 200;
        $bad{show}++ if $t->api('GET', "/v1/sandbox/$evil")->{status} != 200;
    }

    is_deeply(\%bad, {}, "$name: neighbour and nginx answer");
    @took = sort { $a <=> $b } @took;
    note(sprintf '%s: a command of the neighbour took %.0f ms, at most %.0f',
        $name, $took[7] * 1000, $took[-1] * 1000);

    is($t->run_in("new-$evil", 'echo on'), "on\n", "$name: a new one starts");

    if ($readers) {
        kill 'KILL', $reader;
        waitpid $reader, 0;

        my $container = $t->container_of($evil);
        my $log = Sandbox::docker("logs $container 2>&1");
        unlike($log, qr/flood/, "$name: nothing of it is in the log");
        my $path = Sandbox::docker("inspect -f '{{.LogPath}}' $container");
        chomp $path;
        cmp_ok(-s $path // 0, '<', 2 << 20, "$name: which is bounded")
            if -e $path;
    }

    is($t->api('DELETE', "/v1/sandbox/$_")->{status}, 204,
        "$name: destroyed") for $evil, "new-$evil";
    $_->close() for @conns;
}
