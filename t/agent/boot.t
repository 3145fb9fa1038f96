#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# The boot handshake, the first process of a container, and images that hold
# next to nothing.

use warnings;
use strict;

use File::Basename;
use File::Copy qw/copy/;
use File::Temp ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;


# nobody serves boot.sock: looked at again at the end

my $alone = time;
my $none = Sandbox::Box->new(boots => 0, box => ['fake']);


# the handshake

my $box = Sandbox::Box->new(ports => [8080, 9000]);
is($box->{booted}{v}, 1, 'version');
like($box->{booted}{build}, qr/^[\w.+-]+$/, 'build');
like($box->{booted}{started_ms}, qr/^\d+$/, 'started_ms');
is($box->call('GET', '/api/ping')->{status}, 200, 'serves');
is($box->sh('ls -a /run/sandbox | grep -c boot'), "0\n",
    'boot.sock is gone');
is($box->stop(), 0, 'ends by SIGTERM from outside');

$box = Sandbox::Box->new(box => ['late=700']);
cmp_ok($box->{booted}{started_ms}, '>=', 600, 'waits for boot.sock');
cmp_ok($box->{booted}{started_ms}, '<', 20_000, 'and not much longer');
undef $box;

$box = Sandbox::Box->new(box => ['half']);
is($box->call('GET', '/api/ping')->{status}, 200,
    'a worker that dies in the middle is replaced');
undef $box;

$box = Sandbox::Box->new(box => ['split'], ports => [1025 .. 1064]);
is($box->call('GET', '/api/ping')->{status}, 200, 'a packet for each socket');
undef $box;

# of one packet the size counts: it holds no more than this
my $big = '{"v":1,"id":"t","env":{"BIG":"' . 'x' x 60_000 . '"}';
$box = Sandbox::Box->new(packet => $big);
is($box->sh('printf %s "$BIG" | wc -c'), "60000\n", 'a large environment');
undef $box;

for my $case (
    ['not JSON', 'nonsense'], ['no version', '{"id":"t"'],
    ['a later version', '{"v":2,"id":"t"'],
    ['env of another type', '{"v":1,"env":[]'],
    ['env of numbers', '{"v":1,"env":{"A":1}'],
    ['a bad name', '{"v":1,"env":{"A=B":"1"}'],
    ['user of another type', '{"v":1,"user":5'],
    ['negative time', '{"v":1,"sleep_after_ms":-1'],
    ['a time of text', '{"v":1,"sleep_after_ms":"1"'],
    ['keep_alive of another type', '{"v":1,"keep_alive":1'],
    ['limits of another type', '{"v":1,"limits":[]'],
    ['ports of another type', '{"v":1,"ports":{}'],
    ['a port of another type', '{"v":1,"ports":[{"port":"x"}]'],
    ['too large', '{"v":1,"id":"' . 'x' x 66_000 . '"'])
{
    my ($name, $packet) = @$case;
    my $box = Sandbox::Box->new(packet => $packet, boots => 0);
    ok($box->event(qr/^unbooted/, 20), "boot refused: $name");
}

for my $name ('agent', 'control', '8080') {
    my $box = Sandbox::Box->new(box => ["bad=$name"], ports => [8080],
        boots => 0);
    ok($box->event(qr/^unbooted/, 20), "$name is no listening socket");
}

for my $port (0, 65536, 'x', '08080', '-1', 'agent') {
    my $box = Sandbox::Box->new(ports => [$port], boots => 0);
    ok($box->event(qr/^unbooted/, 20), "a socket called $port");
}


# users

for my $case (['', 0, 0, '0'], ['web', 1000, 1000, '1000 29 44'],
    ['1000', 1000, 1000, '1000 29 44'], ['web:audio', 1000, 29, '29'],
    ['1000:44', 1000, 44, '44'], ['4711', 4711, 0, '0'],
    ['4711:4712', 4711, 4712, '4712'], ['root:root', 0, 0, '0'])
{
    my ($user, $uid, $gid, $groups) = @$case;
    my $box = Sandbox::Box->new(boot => { user => $user });
    my $got = $box->sh('id -u; id -g; id -G; stat -c %u:%g /workspace');
    $groups = '0 77' if $user eq '';
    is($got, "$uid\n$gid\n$groups\n$uid:$gid\n", "user '$user'");
}

for my $user ('nobody-here', 'web:nowhere', 'x' x 300, '-1', '4294967295') {
    my $box = Sandbox::Box->new(boot => { user => $user }, boots => 0);
    ok($box->event(qr/^unbooted/, 20), "unknown user '" . substr($user, 0, 20)
        . "'");
}


# open files: commands cannot raise theirs, the agent has as many as before

$box = Sandbox::Box->new(boot => { limits => { nofile => 300 } });
is($box->sh('ulimit -n; ulimit -Hn'), "300\n300\n", 'limits: open files');
unlike(scalar `cat /proc/$box->{pid}/limits`, qr/^Max open files +300 /m,
    'of commands only');
is($box->call('POST', '/api/execute', { command => 'ulimit -Hn',
    sessionId => 's' })->{json}{stdout}, '300', 'sessions too');

for my $bad ('many', -1, 0, 1.5) {
    $box = Sandbox::Box->new(boot => { limits => { nofile => $bad } },
        boots => 0);
    ok($box->event(qr/^unbooted/, 20), "limits: \"$bad\" open files");
}


# PID 1

$box = Sandbox::Box->new();
is($box->sh('cat /proc/1/comm'), "sandbox-agent\n", 'is PID 1');
is($box->exec({ argv => ['perl', '-e',
    'print kill($_, 1) for 1 .. 64; sleep 1'] })->{exit}{exit_code}, 0,
    'every signal from inside');
is($box->call('GET', '/api/ping')->{status}, 200, 'is ignored');
is($box->exec({ argv => ['perl', '-e', 'kill $_, -1 for qw/TERM INT HUP/'] })
    ->{status}, 200, 'kill -1 too');
is($box->call('GET', '/api/ping')->{status}, 200, 'serves on');

for my $file (qw{environ mem maps exe cwd root fd/3 fd/4 auxv stack}) {
    my $how = $file =~ /exe|cwd|root|fd/ ? 'readlink' : 'cat';
    is($box->exec({ argv => [$how, "/proc/1/$file"] })->{stdout}, '',
        "root inside cannot read /proc/1/$file");
}

my $trace = $box->exec({ argv => ['perl', '-e',
    # ptrace(PTRACE_SEIZE), pidfd_getfd, process_vm_readv
    'my $b = "\0" x 8; my $l = pack "PQ", $b, 8; '
    . 'my $r = pack "QQ", 0x400000, 8; '
    . 'print syscall(101, 0x4206, 1, 0, 0), " ", syscall(438, '
    . 'syscall(434, 1, 0), 3, 0), " ", syscall(310, 1, $l, 1, $r, 1, 0), '
    . '" ", syscall(310, $$ + 0, $l, 1, $l, 1, 0)'] });
is($trace->{stdout}, '-1 -1 -1 8', 'nor trace it, nor take its descriptors');

# the tree is ended in order
$box->sh('(trap "echo ended > /workspace/x; exit" TERM; sleep 600 & wait) '
    . '>/dev/null 2>&1 &');
my $http = $box->http();
$http->request('POST', '/exec', host => 'x', body => '{"argv":["sh","-c",'
    . '"trap \"echo tidied; exit 9\" TERM; echo up; while :; do sleep 0.05; '
    . 'done"]}');
$http->head();
my $sse = Sandbox::SSE->new($http);
$sse->next();
$box->tell('signal 15');
my @said;
while (my $e = $sse->next()) {
    push @said, $e->{data} if $e->{event} ne 'stderr';
}
is_deeply(\@said, ['dGlkaWVkCg==', '{"exit_code":9}'],
    'SIGTERM from outside: TERM first, and the true exit is told');
is($box->exit_status(), 0, 'then exit 0');

$box = Sandbox::Box->new();
$http = $box->http();
$http->request('POST', '/exec', host => 'x',
    body => '{"argv":["sh","-c","trap \"\" TERM; sleep 71; sleep 71"]}');
$http->head();
ok($box->wait_for(20, sub { $box->processes(qr/sleep 71/) }), 'one that '
    . 'ignores TERM');
is($box->stop(), 0, 'is ended by KILL');

for my $signal (2, 3, 28) {
    $box = Sandbox::Box->new();
    is($box->stop($signal), 0, "stop signal $signal");
}

# not as an ordinary process: it would end all others
my $said = `$Sandbox::Box::AGENT /tmp 2>&1`;
isnt($? >> 8, 0, 'refuses to be another process than the first');
like($said, qr/must run as PID 1/, 'and says so');
`$Sandbox::Box::AGENT 2>&1`;
isnt($? >> 8, 0, 'wants its argument');


# images

SKIP: {
    skip 'the sanitized agent is not static', 1 if $Sandbox::Box::SANITIZE;

    my $root = File::Temp::tempdir(CLEANUP => 1);
    chmod 0755, $root;
    mkdir "$root/$_" for qw/proc run dev/;
    open my $c, '>', "$root/p.c" or die $!;
    print $c <<'P';
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char cwd[99];
    printf("%d %s %s\n", argc, getcwd(cwd, 99), argv[argc - 1]);
    return 5;
}
P
    close $c;
    system("gcc -static -O1 -o $root/p $root/p.c") == 0 or die;
    unlink "$root/p.c";

    # one static program, and not even /dev/null
    my $box = Sandbox::Box->new(box => ["root=$root"],
        boot => { user => '7:8' });
    my $res = $box->exec({ argv => ['/p', 'x'] });
    is($res->{stdout}, "2 /workspace x\n", 'an image of a single program');
    is($res->{exit}{exit_code}, 5, 'its exit');
    is($box->exec({ argv => ['sh'] })->{exit}{exit_code}, 127, 'no shell');
    my $r = $box->call('POST', '/api/execute', { command => 'true' });
    is($r->{status}, 501, 'execute without a shell: 501');
    is($r->{json}{code}, 'SHELL_NOT_AVAILABLE', 'code');
    is($box->call('POST', '/api/execute/stream', { command => 'true' })
        ->{status}, 501, 'the stream too');

    # clients match on these words
    for my $case (['python', 'PYTHON', 'Python'],
        ['javascript', 'JAVASCRIPT', 'JavaScript'])
    {
        my ($language, $code, $title) = @$case;

        for my $route (['contexts', { language => $language }],
            ['execute/code', { language => $language, code => '1' }])
        {
            $r = $box->call('POST', "/api/$route->[0]", $route->[1]);
            is("$r->{status} $r->{json}{code}", "501 ${code}_NOT_AVAILABLE",
                "$route->[0]: no $title");
            like($r->{json}{error},
                qr/$title interpreter not available: .*-python/,
                'in words');
        }
    }
    is($box->stop(), 0, 'ends in order');
    undef $box;

    # a user of that image by name there cannot be
    $box = Sandbox::Box->new(box => ["root=$root"], boots => 0,
        boot => { user => 'web' });
    ok($box->event(qr/^unbooted/, 20), 'no name without /etc/passwd');
    undef $box;

    # files that a tenant put there for us to stumble over
    mkdir "$root/etc";
    system("mkfifo $root/etc/passwd $root/etc/group $root/etc/localtime "
        . "$root/etc/nsswitch.conf") == 0 or die;
    $box = Sandbox::Box->new(box => ["root=$root"], boot => { user => '7' });
    is($box->call('GET', '/api/ping')->{status}, 200,
        'pipes in place of the files of /etc');
    is($box->exec({ argv => ['/p'] })->{exit}{exit_code}, 5, 'hold nobody');
    undef $box;
    unlink glob "$root/etc/*";

    # sh and no bash
    my $sh = -x '/bin/busybox' ? '/bin/busybox' : undef;
    SKIP: {
        skip 'no static shell here (busybox-static)', 1
            if !$sh || `file -L $sh` !~ /static/;
        mkdir "$root/bin";
        copy($sh, "$root/bin/busybox");
        chmod 0755, "$root/bin/busybox";
        symlink 'busybox', "$root/bin/$_" for qw/sh echo sleep/;
        $box = Sandbox::Box->new(box => ["root=$root"]);
        $r = $box->call('POST', '/api/execute', { command => 'echo hi' });
        is($r->{json}{stdout}, 'hi', 'execute by sh');
        is($r->{json}{shell}, '/bin/sh', 'and says so');
    }
}


# the one without a boot.sock that it would trust

is($none->exit_status(60), 1, 'leaves with an error when nobody serves it');
cmp_ok(time - $alone, '>=', 29.5, 'after 30 seconds');
like($none->log(), qr/boot\.sock/, 'and says why');

done_testing();
