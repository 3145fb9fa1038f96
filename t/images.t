#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Images as they are: without glibc and bash, with one program only, with a
# user, an environment and an entrypoint of their own, and absent ones.

use warnings;
use strict;

use MIME::Base64;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Image;

if (sanitized()) {
    plan skip_all => 'the sanitized agent needs glibc in the image';
}

my $rest = 'memory=128m pids=64 network=none sleep_after=10m';
my $busybox = Sandbox::Image::busybox();

# an image of another user, with an entrypoint and a health check that would
# show if they ran

my $bad = '["/bin/busybox","sh","-c","touch /srv/ran"]';
my $user = Sandbox::Image::layer('user', $busybox,
    'RUN ["/bin/busybox","sh","-c","mkdir -p /etc /home/joe; '
        . 'echo joe:x:1234:1235::/home/joe:/bin/sh > /etc/passwd; '
        . 'echo joes:x:1235: > /etc/group; echo more:x:77:joe >> /etc/group; '
        . 'chown 1234:1235 /home/joe /srv; mkdir -p /workspace; '
        . 'chown 1234 /workspace"]',
    'USER joe', 'ENV GREETING="good day"', 'WORKDIR /srv',
    "ENTRYPOINT $bad", "CMD $bad",
    "HEALTHCHECK --interval=1s CMD $bad", 'VOLUME /data', 'EXPOSE 99');

my $t = Sandbox->new(classes => [
    "default image=$busybox $rest",
    'single image=' . Sandbox::Image::single('hello') . " $rest",
    "user image=$user $rest",
    "forced image=$busybox user=4321:4322 $rest",
    "gone image=sandbox-test-no-such-image $rest",
    'base image=sandbox-base ' . $rest,
])->start();
my $res;

# busybox

is($t->run_in('box', 'echo from busybox'), "from busybox\n",
    'busybox: a command');
is($t->exec('box', ['/bin/busybox', 'echo', 'x'])->{stdout}, "x\n",
    'busybox: argv');
$res = $t->api('POST', '/v1/sandbox/box/api/execute',
    json => { command => 'echo $((2+3)); (exit 4)' });
is($res->{json}{stdout}, '5', 'busybox: execute without bash');
is($res->{json}{exitCode}, 4, 'busybox: its exit code');
is($res->{json}{shell}, '/bin/sh', 'busybox: and says that sh ran it');
is($t->run_in('box', 'echo $FRUIT'), "apple\n", 'busybox: the image\'s ENV');
is($t->put('box', 'workspace/f', 'file')->{status}, 200, 'busybox: put');
is($t->run_in('box', 'cat /workspace/f'), 'file', 'busybox: is there');
is($t->get('box', 'workspace/f')->{body}, 'file', 'busybox: get');
is($t->run_in('box', 'pwd'), "/workspace\n", 'busybox: /workspace is made');

my $c = $t->exec_start('box', ['httpd', '-f', '-v', '-p', '127.0.0.1:8080',
    '-h', '/workspace']);
$c->head();
my $url = $t->expose('box', 8080);
ok(wait_for(sub { ($t->preview('GET', $url, path => '/f')->{body} // '')
    eq 'file' }, 20), 'busybox: a preview');
$c->close();

# a single program

is($t->api('POST', '/v1/sandbox', json => { id => 'one', class => 'single' })
    ->{status}, 200, 'an image of one static program');
$res = $t->exec('one', ['/hello', '7', 'there']);
is($res->{stdout}, "hello 7 there, uid 0\n", 'single: runs');
is($res->{exit}, 7, 'single: its exit code');
is($t->exec('one', ['sh', '-c', 'true'])->{exit}, 127, 'single: no shell');
$res = $t->api('POST', '/v1/sandbox/one/api/execute',
    json => { command => 'true' });
cmp_ok($res->{status}, '>=', 400, "single: execute: $res->{status}");
like($res->{json}{message} // '', qr/shell|sh\b/, 'single: says why');
is($t->put('one', 'workspace/d/f', 'x' x 100000)->{status}, 200,
    'single: put');
is(length $t->get('one', 'workspace/d/f')->{body}, 100000, 'single: get');

$c = $t->exec_start('one', ['/hello', 'serve', '8080']);
$c->head();
Sandbox::SSE->new($c)->next(20);
$url = $t->expose('one', 8080);
is($t->preview('GET', $url)->{body}, "static page\n", 'single: a preview');
$c->close();

# a user of the image's

is($t->api('POST', '/v1/sandbox', json => { id => 'joe', class => 'user' })
    ->{status}, 200, 'an image with USER, ENTRYPOINT and HEALTHCHECK');
is($t->run_in('joe', 'id -u; id -g; id -G'), "1234\n1235\n1235 77\n",
    'user: the image\'s user and groups');
# Podman sets HOME where nobody is root in the image's /etc/passwd
my $home = engine_kind() eq 'podman' ? '/srv' : '/home/joe';
is($t->run_in('joe', 'echo $HOME $GREETING'), "$home good day\n",
    'user: its home, the image\'s ENV');
is($t->put('joe', 'workspace/f', 'mine')->{status}, 200, 'user: put');
is($t->run_in('joe', 'stat -c %u:%g /workspace/f'), "1234:1235\n",
    'user: the file is the user\'s');
is($t->run_in('joe', 'grep CapEff /proc/self/status'),
    "CapEff:\t0000000000000000\n", 'user: no capability');
$t->run_in('joe', 'sleep 3; true');
is($t->run_in('joe', 'ls -A /srv'), '',
    'user: ENTRYPOINT, CMD and HEALTHCHECK did not run');
my $pid = $t->agent_pid('joe');
like($t->run_in('joe', 'grep ^Uid: /proc/1/status'), qr/^Uid:\t0\t0\t0\t/,
    'user: the agent is root all the same');
$res = $t->exec('joe', ['kill', '-9', '1']);
is($t->agent_pid('joe'), $pid, 'user: and stays');

is($t->api('POST', '/v1/sandbox', json => { id => 'f', class => 'forced' })
    ->{status}, 200, 'a class with user=');
is($t->run_in('f', 'id -u; id -g'), "4321\n4322\n", 'its user');
is($t->put('f', 'workspace/f', 'x')->{status}, 200, 'may write /workspace');

# volumes go with the container

my $before = Sandbox::docker('volume ls -q');
is($t->api('DELETE', '/v1/sandbox/joe')->{status}, 204, 'destroyed');
cmp_ok(scalar(() = Sandbox::docker('volume ls -q') =~ /\n/g), '<',
    scalar(() = $before =~ /\n/g), 'its volume went with it');

# an image that is not there

is($t->api('POST', '/v1/sandbox', json => { id => 'g', class => 'gone' })
    ->{status}, 200, 'a class whose image is not there');
$res = $t->exec('g', ['true']);
cmp_ok($res->{status}, '>=', 500, "no image: $res->{status}");
like($res->{json}{message} // '', qr/sandbox-test-no-such-image/,
    'no image: the message names it');
is($t->run_in('box', 'echo on'), "on\n", 'others are as they were');

# the base image's tools

is($t->api('POST', '/v1/sandbox', json => { id => 'b', class => 'base' })
    ->{status}, 200, 'the base image');
is($t->run_in('b', 'python3 -c "import numpy, pandas, matplotlib, IPython; '
    . 'print(6*7)"'), "42\n", 'Python and its libraries');
is($t->run_in('b', 'node -e "console.log([1,2].map(x => x*2).join())"'),
    "2,4\n", 'Node');
like($t->run_in('b', 'git --version; curl --version; jq --version') // '',
    qr/git version.*curl.*jq/s, 'git, curl, jq');

$t->done();
