#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A sandbox reaches for what the kernel counts for each user of the host, or
# for the host as a whole: nginx and other sandboxes do not notice.  Where the
# host's own limits are too low for that, nginx says so at its start.

use warnings;
use strict;

use Fcntl ':flock';
use Test::More;
use Time::HiRes qw/sleep/;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;

# a user whose counters no other test uses, and a limit that is soon reached
my $LIMIT = 2000;
my $USER = 'sandbox-counters';
user();

my $t = Sandbox->new(user => $USER, main => "worker_rlimit_nofile $LIMIT;",
    classes => ['default image=sandbox-base memory=256m cpus=1 pids=100 '
        . 'network=none sleep_after=10m'])->start();
my ($uid, $gid) = (getpwnam $USER)[2, 3];

for my $id ('a1', 'b1') {
    is($t->put($id, 'workspace/counters', Sandbox::slurp(
        Sandbox::Image::program('counters')))->{status}, 200, 'the program');
    $t->run_in($id, 'chmod 755 /workspace/counters');
}


# whose sockets they are can be seen inside, and that is all

is($t->run_in('a1', 'stat -c "%u %g" /run/sandbox/agent.sock'), "$uid $gid\n",
    'the workers\' ids are no secret');

my %r = try('a1', "ids $uid $gid");
is($r{$_}, 'EPERM', "$_: refused") for sort keys %r;
cmp_ok(scalar keys %r, '>=', 16, 'all were tried');

%r = try('a1', 'ids 1000 1000');
is($r{$_}, '0', "$_: another user's") for sort keys %r;


# descriptors in flight, on the account of nginx

my $hold = $t->exec_start('a1', ['/workspace/counters', 'inflight', $uid,
    $LIMIT + 2000]);
$hold->head();
my $said = '';
my $sse = Sandbox::SSE->new($hold);
while ($said !~ /in-flight/) {
    my $e = $sse->next(60) or last;
    $said .= MIME::Base64::decode_base64($e->{data});
}
like($said, qr/^setresuid EPERM$/m, 'in flight: not nginx\'s user');
like($said, qr/^in-flight \d+$/m, 'as many as there may be are in flight');

is($t->run_in('b2', 'echo new'), "new\n", 'another sandbox can be made');
is($t->api('POST', '/v1/sandbox/b1/sleep')->{status}, 200, 'one falls asleep');
is($t->run_in('b1', 'echo awake'), "awake\n", 'and wakes');
is(eval { $t->app('b1', 'app.py', 8080);
    $t->preview('GET', $t->expose('b1', 8080))->{status} }, 200,
    'and has a new port');
$hold->close();


# what no namespace holds

%r = try('a1', 'calls');
is($r{$_}, 'EPERM', "$_: refused")
    for qw/unshare-user clone-user vsock alg io-uring/;
is($r{clone3}, 'ENOSYS', 'clone3: libraries fall back to clone');

SKIP: {
    skip 'no 32-bit entry', 3 if ($r{'32-getpid'} // '') ne '0';
    is($r{'32-vsock'}, 'EPERM', 'vsock by the 32-bit entry: refused');
    is($r{'32-unshare-user'}, 'EPERM', 'unshare likewise');
    is($r{'32-socketcall-vsock'}, 'ENOSYS', 'socketcall likewise');
}

%r = try('a1', 'queues');
is($r{'mq-open'}, 'EMFILE', 'no POSIX message queue');

%r = try('a1', 'open 30000');
cmp_ok($r{open}, '<', $LIMIT, 'fewer open files than a worker\'s');
cmp_ok($r{open}, '>', $LIMIT / 2 - 50, 'half of them');


# inotify, where the host has room for a hundred of them at least

SKIP: {
    my $max = Sandbox::slurp('/proc/sys/fs/inotify/max_user_instances');
    skip 'fs.inotify.max_user_instances is low on this host', 2
        if $max < 4096;

    my $many = $t->exec_start('a1', ['python3', '-c', inotify(300, 60)]);
    $many->head();
    is(MIME::Base64::decode_base64(Sandbox::SSE->new($many)->next(60)->{data}),
        "300\n", 'many inotify instances');
    is($t->exec('b1', ['python3', '-c', inotify(1, 0)])->{stdout}, "1\n",
        'leave as many to another');
    $many->close();
}

# terminals and pipes, likewise: more than the kernel's defaults have for all

SKIP: {
    skip 'kernel.pty.max is low on this host', 5
        if Sandbox::slurp('/proc/sys/kernel/pty/max') < 16384;

    my $many = many(5, 80, 'os.open("/dev/ptmx", os.O_RDWR)');
    is(told($many), "400\n", 'some hundred terminals');
    is($t->exec('b1', ['python3', '-c', 'import os; '
        . 'print(len(os.openpty()))'])->{stdout}, "2\n",
        'leave one to another');
    $many->close();

    $many = $t->exec('a1', ['python3', '-c', <<'PY']);
import os, time
kept = [os.open("/dev/ptmx", os.O_RDWR) for i in range(800)]
time.sleep(10)
print(len(kept))
PY
    is($many->{stdout}, '', 'who has more of them');
    is($many->{signal}, 'SIGKILL', 'is killed');
    is($t->run_in('a1', 'ls /dev/pts'), "ptmx\n", 'and has none');
}


# what waits in netlink sockets is memory of the host, of no control group

{
    my $many = $t->exec('a1', ['python3', '-c', <<'PY']);
import socket, struct, time
kept = []
asks = struct.pack("IHHII", 16, 0xfff0, 5, 1, 0) * 1000
for i in range(1000):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 30)
    s.setblocking(False)
    kept.append(s)
    for j in range(8):
        s.send(asks)
    with open("/proc/net/netlink") as f:
        if sum(int(line.split()[4]) for line in list(f)[1:]) > 128 << 20:
            break
time.sleep(10)
print(len(kept))
PY
    is($many->{stdout}, '', 'who leaves netlink messages unread');
    is($many->{signal}, 'SIGKILL', 'is killed');
    is($t->run_in('a1', 'echo on'), "on\n", 'and the sandbox goes on');
    my $name = $t->container_of('a1');
    like(`docker logs $name 2>&1`,
        qr/killing all processes: \d+ terminals.*\n.*unread netlink/,
        'the log of the agent says why');
    is($t->agent_pid('b1') > 0, 1, 'another one does not notice');
}

SKIP: {
    skip 'fs.pipe-user-pages-soft is not 0 on this host', 2
        if Sandbox::slurp('/proc/sys/fs/pipe-user-pages-soft') != 0;

    my $many = many(4, 450, 'os.pipe()');
    is(told($many), "1800\n", 'many pipes');
    is($t->exec('b1', ['python3', '-c', 'import fcntl, os; '
        . 'print(fcntl.fcntl(os.pipe()[1], 1032))'])->{stdout}, "65536\n",
        'leave another one its size');
    $many->close();
}

# who does without: the agent is as before
is($t->run_in('a1', 'cat /proc/1/comm; grep ^Seccomp: /proc/self/status'),
    "sandbox-agent\nSeccomp:\t2\n", 'filtered');


# what the host lacks is told, once for each start, with what to run

my $host = Sandbox->new(nginx => low(), classes => [
    'default image=sandbox-base network=none user=1000',
    'many image=sandbox-base network=none nofile=3000'],
    main => 'worker_rlimit_nofile 3000;')->start();
my @told = grep { /exhaust kernel limits/ } split /\n/, $host->log_text();

is(scalar @told, 1, 'low limits are told');
like($told[0] // '', qr/\[warn\] .*: fs\.inotify\.max_user_instances=128/,
    'which they are');
like($told[0] // '', qr/kernel\.pty\.max=4096/, 'each of them');
unlike($told[0] // '', qr/fs\.pipe-user-pages-soft/, 'and no other');
like($told[0] // '', qr/"make install".*"sysctl -p \/etc\/sysctl\.d\/60-nginx-/,
    'and what to run');
like($host->log_text(), qr/"many" may open 3000 files, and worker processes 3000/,
    'a class with as many files as a worker');
unlike($host->log_text(), qr/sandbox class "default" may open/, 'one only');

my $v1 = -e '/sys/fs/cgroup/memory/memory.limit_in_bytes';
my $words = qr/\[warn\] .*: this host uses cgroup v1, .*tcp_mem.*use cgroup v2/;
is($t->log_text() =~ $words ? 1 : 0, $v1 ? 1 : 0, 'cgroup v1 is told');
unlike($host->log_text(), $words, 'where it is used only');

my ($good, $out) = $host->check_conf();
ok($good, 'the configuration is right');
unlike($out, qr/kernel limits/, 'and "nginx -t" is about nothing else');

# a user that images may have

my $low_uid = (getpwnam 'nginx-sandbox')[2];
my $notice = grep { /run as uid $low_uid: images may/ }
    split /\n/, $host->log_text();
is($notice, $low_uid < 65536 ? 1 : 0, 'a uid that images may have is told');
unlike($t->log_text(), qr/run as uid/, 'one that they do not have is not');

$t->done($host);


sub try
{
    my ($id, $what) = @_;
    return map { split ' ' } split /\n/,
        $t->run_in($id, "/workspace/counters $what") // '';
}


sub inotify
{
    my ($n, $seconds) = @_;
    return "import ctypes, time; c = ctypes.CDLL(None)\n"
        . "print(sum(c.inotify_init1(0) >= 0 for i in range($n)), flush=True)\n"
        . "time.sleep($seconds)";
}


# in that many processes, each so many times; prints how many there are

sub many
{
    my ($processes, $n, $what) = @_;
    my $c = $t->exec_start('a1', ['python3', '-c', <<PY]);
import os, time
r, w = os.pipe()
for i in range($processes):
    if os.fork() == 0:
        n = 0
        kept = []
        try:
            while n < $n:
                kept.append($what)
                n += 1
        except OSError:
            pass
        os.write(w, b'%8d' % n)
        time.sleep(60)
print(sum(int(os.read(r, 8)) for i in range($processes)), flush=True)
time.sleep(60)
PY
    $c->head();
    return $c;
}


sub told
{
    my ($c) = @_;
    my $e = Sandbox::SSE->new($c)->next(60) or return undef;
    return MIME::Base64::decode_base64($e->{data});
}


sub user
{
    return if getpwnam $USER;
    open my $lock, '>>', build_dir() . '/user.lock' or die $!;
    flock $lock, LOCK_EX;
    return if getpwnam $USER;
    system('useradd', '--system', '--user-group', '--no-create-home',
        '--shell', '/usr/sbin/nologin', '--groups', 'docker', '-K',
        'SYS_UID_MIN=65600', '-K', 'SYS_UID_MAX=69999', '-K',
        'SYS_GID_MIN=65600', '-K', 'SYS_GID_MAX=69999', $USER) == 0
        or Sandbox::bail("no user $USER");
}


# nginx as on a host with two low limits and without cgroup v1, whatever this
# one has

sub low
{
    my $dir = File::Temp::tempdir('/tmp/sbx-low-XXXXXX', CLEANUP => 1);
    my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
    my %files = ('fs/inotify/max_user_instances' => 128,
        'kernel/pty/max' => 4096, 'fs/pipe-user-pages-soft' => 0);
    my $script = "#!/bin/sh\nset -e\n";

    for my $name (sort keys %files) {
        my $file = "$dir/" . $name =~ s{/}{.}gr;
        Sandbox::spew($file, "$files{$name}\n");
        $script .= "mount --bind $file /proc/sys/$name\n";
    }
    $script .= "mount -t tmpfs none /sys/fs/cgroup\n";

    Sandbox::spew("$dir/inside", "${script}exec $nginx \"\$@\"\n");
    Sandbox::spew("$dir/nginx",
        "#!/bin/sh\nexec unshare -m $dir/inside \"\$@\"\n");
    chmod 0755, "$dir/inside", "$dir/nginx";
    return "$dir/nginx";
}
