#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /exec: a program run directly, its output byte for byte, and how it
# ended.

use warnings;
use strict;

use File::Basename;
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new(boot => { user => 'web',
    env => { BOOT => 'from boot', IMAGE_ENV => undef } },
    packet => '{"v":1,"id":"t","user":"web","env":{"BOOT":"from boot"}');


# frames, to the byte

my $http = $box->http();
$http->request('POST', '/exec', host => 'x',
    body => '{"argv":["printf","hi\n"]}');
my $res = $http->response();
is($res->{status}, 200, 'status');
is($res->{headers}{'content-type'}, 'text/event-stream', 'type');
is($res->{headers}{'cache-control'}, 'no-cache', 'not cached');
is($res->{body}, "event: stdout\ndata: aGkK\n\n"
    . "event: exit\ndata: {\"exit_code\":0}\n\n", 'frames');
ok(!$res->{broken}, 'whole');

$res = $box->exec({ argv => ['sh', '-c', 'echo err >&2; exit 3'] });
is($res->{stderr}, "err\n", 'stderr');
is_deeply($res->{exit}, { exit_code => 3 }, 'exit code');


# argv is not a shell's

$res = $box->exec({ argv => ['printf', '%s|', 'a b', '$HOME', '', "q'\"\n",
    "\x{e9}"] });
is($res->{stdout}, "a b|\$HOME||q'\"\n|\xc3\xa9|", 'arguments as they are');

# a script without #!, by the shell
$box->sh('mkdir -p bin; echo \'echo script $1\' > bin/s; chmod +x bin/s');
is($box->exec({ argv => ['./bin/s', 'x'] })->{stdout}, "script x\n",
    'a script without a first line');
is($box->exec({ argv => ['s', 'y'], env => { PATH => '/nowhere:bin' } })
    ->{stdout}, "script y\n", 'PATH of the call finds it');


# bytes

my $all = join '', map { chr } 0 .. 255;
my $hex = unpack 'H*', $all;
is($box->exec({ argv => ['perl', '-e',
    "print pack('H*', '$hex'); print STDERR pack('H*', '$hex')"] })->{$_},
    $all, "every byte on $_") for qw/stdout stderr/;

my $size = 5_000_000;
$res = $box->exec({ argv => ['perl', '-e',
    "srand 7; print map { chr int rand 256 } 1 .. $size"] });
srand 7;
my $want = join '', map { chr int rand 256 } 1 .. $size;
ok($res->{stdout} eq $want, '5 MB byte for byte');


# nothing runs: as a shell says it

$res = $box->exec({ argv => ['no-such-program'] });
like($res->{stderr}, qr/^no-such-program: command not found\n\z/,
    'not found: a line');
is_deeply($res->{exit}, { exit_code => 127 }, 'not found: 127');
is($box->exec({ argv => ['/no/such'] })->{exit}{exit_code}, 127,
    'no such file: 127');
is($box->exec({ argv => [''] })->{exit}{exit_code}, 127, 'empty name: 127');
is($box->exec({ argv => ['/etc/passwd/x'] })->{exit}{exit_code}, 127,
    'below a file: 127');

for my $path ('/etc/passwd', '/tmp', './secret', './fifo') {
    $box->sh('echo > secret; chmod 0 secret; [ -p fifo ] || mkfifo fifo')
        if $path =~ /^\./;
    $res = $box->exec({ argv => [$path] });
    is($res->{exit}{exit_code}, 126, "$path: 126");
    like($res->{stderr}, qr/\Q$path\E: .+\n/, "$path: a line");
}

$res = $box->exec({ argv => ['true', 'x' x 200_000] });
is($res->{error}{code}, 'exec_error', 'argument too long: an error event');
ok(!$res->{exit}, 'and no exit');


# cwd

is($box->exec({ argv => ['pwd'] })->{stdout}, "/workspace\n", 'default cwd');
$box->sh('mkdir -p /workspace/a/b');
is($box->exec({ argv => ['pwd'], cwd => $_->[0] })->{stdout}, "$_->[1]\n",
    "cwd $_->[0]") for ['a/b', '/workspace/a/b'], ['/workspace', '/workspace'],
    ['/workspace/a/../a/./b/', '/workspace/a/b'], ['.', '/workspace'];

for my $cwd ('/', '/etc', '..', '/workspace/../etc', '/workspacex', 'a/../..')
{
    $res = $box->exec({ argv => ['pwd'], cwd => $cwd });
    is($res->{status}, 403, "cwd $cwd: 403");
    is($res->{json}{code}, 'invalid_request', "cwd $cwd: code");
}

$res = $box->exec({ argv => ['pwd'], cwd => 'missing' });
is($res->{status}, 200, 'missing cwd: a stream');
is($res->{error}{code}, 'exec_error', 'missing cwd: exec_error');
like($res->{error}{error}, qr{/workspace/missing}, 'that names it');
ok(!$res->{exit}, 'and no exit');

# without a workspace, later
my $root = Sandbox::Box->new(box => ['workdir=/usr']);
is($root->sh('rmdir /workspace; pwd'), "/workspace\n", 'removed');
is($root->sh('pwd; stat -c %u .'), "/workspace\n0\n", 'and made again');
is($root->sh('rmdir /workspace; echo > /workspace; pwd'), "/workspace\n",
    'a file in its place');
is($root->sh('pwd'), "/usr\n", 'then the WORKDIR of the image');


# environment

my %env = map { /^(\w+)=(.*)$/ } split /\n/, $box->exec({ argv => ['env'],
    env => { CALL => 'from call', BOOT2 => 'x', EMPTY => '' } })->{stdout};
is($env{IMAGE_ENV}, 'from image', 'env of the image');
is($env{BOOT}, 'from boot', 'env of the sandbox');
is($env{CALL}, 'from call', 'env of the call');
is($env{EMPTY}, '', 'an empty one');
is($env{HOME}, '/home/web', 'HOME');
is($env{USER}, 'web', 'USER');
like($env{PATH}, qr{^/usr/local/sbin:/usr/local/bin:}, 'PATH');
unlike(join(' ', keys %env), qr/ASAN|SOCK/, 'nothing else')
    if !$Sandbox::Box::SANITIZE;

%env = map { /^(\w+)=(.*)$/ } split /\n/, $box->exec({ argv => ['env'],
    env => { BOOT => 'other', IMAGE_ENV => undef,
    SANDBOX_COMMAND_ID => 'mine' } })->{stdout};
is($env{BOOT}, 'other', 'the call goes first');
ok(!exists $env{IMAGE_ENV}, 'null unsets');
like($env{SANDBOX_COMMAND_ID}, qr/^[0-9a-f]{32}$/, 'the marker stays');


# what a child gets

is($box->sh('id -u; id -g; id -G'), "1000\n1000\n1000 29 44\n",
    'user and groups');
is($box->sh('cat /proc/self/oom_score_adj'), "500\n", 'OOM score');
is($box->exec({ argv => ['perl', '-e',
    'opendir D, "/proc/self/fd"; print join " ", sort grep { -e '
    . '"/proc/self/fd/$_" && !/^\./ } readdir D'] })->{stdout} =~ s/ \d+$//r,
    '0 1 2', 'no descriptor is inherited')
    or diag $box->sh('ls -l /proc/self/fd');
is($box->exec({ argv => ['cat'] })->{stdout}, '', 'stdin is empty');
is($box->sh('umask'), "0022\n", 'umask');
like($box->sh('grep SigBlk /proc/self/status; grep SigIgn '
    . '/proc/self/status; grep CapEff /proc/self/status'),
    qr/^SigBlk:\t0+\nSigIgn:\t0+\nCapEff:\t0+\n$/,
    'no signal blocked or ignored, no capability');
like($root->sh('cd /; grep CapEff /proc/self/status'),
    qr/^CapEff:\t00000000000000fb$/, 'root keeps the seven');
is($box->exec({ argv => ['perl', '-e', 'print getpgrp() == $$ ? 1 : 0'] })
    ->{stdout}, 1, 'a process group of its own');


# signals

$res = $box->exec({ argv => ['sh', '-c', 'kill -9 $$'] });
is_deeply($res->{exit}, { exit_code => 137, signal => 'SIGKILL' },
    'killed: 128+n and the name');
$res = $box->exec({ argv => ['sh', '-c', 'kill -SEGV $$'] });
is_deeply($res->{exit}, { exit_code => 139, signal => 'SIGSEGV' }, 'SEGV');
is($box->exec({ argv => ['sh', '-c', 'exit 255'] })->{exit}{exit_code}, 255,
    '255 is not a signal');


# as it appears

$http = $box->http();
$http->request('POST', '/exec', host => 'x', body => '{"argv":["sh","-c",'
    . '"echo one; read x < gate; echo two"]}') if $box->sh('mkfifo gate') eq '';
$http->head();
my $sse = Sandbox::SSE->new($http);
is($sse->next()->{data}, 'b25lCg==', 'output before the end');
$box->sh('echo > gate');
is($sse->next()->{data}, 'dHdvCg==', 'and after');
is($sse->next()->{event}, 'exit', 'and the end');

# the head goes out at once
$http = $box->http();
$http->request('POST', '/exec', host => 'x', body => '{"argv":["sh","-c",'
    . '"read x < gate"]}');
is($http->head(timeout => 20)->{status}, 200, 'the head before any output');
$box->sh('echo > gate');
is(Sandbox::SSE->new($http)->next()->{event}, 'exit', 'then the exit');


# the command's end is the end, whatever it left behind

my $began = time;
$res = $box->exec({ argv => ['sh', '-c', 'sleep 61 & echo left'] });
is($res->{stdout}, "left\n", 'output of one that leaves a child');
is_deeply($res->{exit}, { exit_code => 0 }, 'its exit');
cmp_ok(time - $began, '<', 30, 'the reply does not wait for the child');
ok($box->wait_for(20, sub { $box->processes(qr/sleep 61/) == 1 }),
    'the child lives on');

$res = $box->exec({ argv => ['sh', '-c',
    '(while :; do echo more || exit; sleep 0.01; done) & echo left'] });
like($res->{stdout}, qr/^left\n/m, 'a child that writes on');
my ($child) = $box->processes(qr/echo more/);
my $wrote = written($child);
ok($box->wait_for(20, sub { written($child) > $wrote + 50 }),
    'its pipe stays open');

$res = $box->exec({ argv => ['sh', '-c', 'yes & sleep 0.2; echo end >&2'] });
is($res->{stderr}, "end\n", 'a child that floods the pipe');
is($res->{exit}{exit_code}, 0, 'its exit');
$box->sh('pkill yes; pkill -f "echo more"; pkill sleep');

# closes its output and runs on
$res = $box->exec({ argv => ['sh', '-c',
    'exec >&- 2>&-; sleep 0.3; exit 5'] });
is($res->{exit}{exit_code}, 5, 'output closed early');


# wrong requests

for my $case (
    ['', 'argv'], ['{}', 'argv'], ['{"argv":[]}', 'argv'],
    ['{"argv":"ls"}', 'argv'], ['{"argv":[1]}', 'argv\[0\]'],
    ['{"argv":["a",null]}', 'argv\[1\]'], ['{"argv":["a\u0000b"]}', 'NUL'],
    ['{"argv":["true"],"timeout_ms":"5"}', 'timeout_ms'],
    ['{"argv":["true"],"timeout_ms":-1}', 'timeout_ms'],
    ['{"argv":["true"],"cwd":5}', 'cwd'],
    ['{"argv":["true"],"cwd":"/workspace/\u0000"}', 'cwd'],
    ['{"argv":["true"],"env":[]}', 'env'],
    ['{"argv":["true"],"env":{"A":1}}', 'env.A'],
    ['{"argv":["true"],"env":{"A-B":"1"}}', 'A-B'],
    ['{"argv":["true"],"env":{"":"1"}}', 'variable name'],
    ['{"argv":["true"],"env":{"1A":"1"}}', '1A'],
    ['[]', 'object'], ['"x"', 'JSON'], ['{"argv":', 'JSON'],
    ["{\"argv\":[\"\xff\"]}", 'JSON'], ['{"a":' x 5000, 'JSON'],
    ['{"argv":["true"],"cwd":"' . 'x' x 5000 . '"}', 'cwd'])
{
    my ($body, $name) = @$case;
    my $short = length $body > 40 ? substr($body, 0, 40) . '...' : $body;
    $res = $box->exec($body);
    is($res->{status}, 400, "$short: 400");
    is($res->{json}{code}, 'invalid_request', "$short: code");
    like($res->{json}{error}, qr/$name/, "$short: says what");
}

is($box->exec({ argv => ['true'], later => 1, cwd => undef, env => undef,
    timeout_ms => undef })->{exit}{exit_code}, 0,
    'unknown members are ignored, null is absent');

for my $id ('..', 'a..b', 'a/b', 'x' x 129, "a b") {
    $res = $box->exec({ argv => ['true'] }, 'Session-Id', $id);
    is($res->{status}, 400, "Session-Id '$id': 400");
}

# in a subshell of a session: it sees its state, and changes none of it

$box->call('POST', '/api/session/create', { id => 's2', cwd => '/tmp',
    env => { A => '1' } });
$box->execute('B=2; f() { echo "f: $*"; }; cd /usr', sessionId => 's2');

my @session = ('Session-Id', 's2');
is($box->exec({ argv => ['sh', '-c', 'pwd; echo [$A]'] }, @session)->{stdout},
    "/usr\n[1]\n", 'session: directory and variables');
is($box->exec({ argv => ['f', 'a b', "q'\"\n", '$HOME'] }, @session)->{stdout},
    "f: a b q'\"\n \$HOME\n", 'session: a function, its arguments as they are');
$res = $box->exec({ argv => ['eval', 'echo $B; B=3; cd /; unset -f f; exit 5'] },
    @session);
is_deeply([$res->{stdout}, $res->{exit}{exit_code}], ["2\n", 5],
    'session: a builtin');
is($box->output('echo $B; pwd; f', sessionId => 's2'), "2\n/usr\nf: ",
    'session: nothing has changed');
is($box->exec({ argv => ['pwd'] }, 'Session-Id', $_)->{stdout},
    "/workspace\n", "session '$_': none") for '', '__DISABLE_SESSION__';
is($box->exec({ argv => ['sh', '-c', 'pwd; echo $C'], cwd => '/workspace/a',
    env => { C => "it's" } }, @session)->{stdout}, "/workspace/a\nit's\n",
    'session: cwd and env of the call');
is($box->exec({ argv => ['no-such-program'] }, @session)->{exit}{exit_code},
    127, 'session: no such program');
$res = $box->exec({ argv => ['sleep', '100'], timeout_ms => 200 }, @session);
ok($res->{exit}{timed_out}, 'session: timeout');
is($box->exec({ argv => ['pwd'] }, 'Session-Id', 'x' x 128)->{stdout},
    "/workspace\n", 'session: made by its first use');

# one that is running blocks no other command of the session
$box->sh('rm -f go; mkfifo go');
my $wait = $box->http(timeout => 60);
$wait->request('POST', '/exec', host => 'x', headers => [@session],
    body => '{"argv":["sh","-c","echo up; cat /workspace/go"]}');
$wait->head();
is(Sandbox::SSE->new($wait)->next()->{data}, 'dXAK', 'session: it runs');
is($box->output('echo free', sessionId => 's2'), 'free', 'the session is free');

# and ends with its client
ok($box->wait_for(30, sub { $box->processes(qr/^cat\b/) }), 'it is there');
$wait->close();
ok($box->wait_for(30, sub { !$box->processes(qr/^cat\b/) }),
    'until its client goes');

# those that wait, too
my $busy = $box->execute_start('read x < /workspace/go', sessionId => 's2');
$wait = $box->http(timeout => 60);
$wait->request('POST', '/exec', host => 'x', headers => [@session],
    body => '{"argv":["touch","/workspace/never"]}');
$box->call('GET', '/api/ping');
$wait->close();
$box->call('GET', '/api/ping');
$box->sh('echo > go');
is($busy->response()->{status}, 200, 'the command before it');
is($box->output('[ -e /workspace/never ]; echo $?', sessionId => 's2'), '1',
    'a cancelled one is not run');

$res = $box->call('POST', '/api/session/delete', { sessionId => 's2' });
is($res->{status}, 200, 'session: deleted');

is($box->stop(), 0, 'an orderly end');

done_testing();


# bytes that a process has written, to whatever it is

sub written
{
    my ($pid) = @_;
    open my $fh, '<', '/proc/' . ($pid // 0) . '/io' or return 0;
    local $/;
    return <$fh> =~ /^wchar: (\d+)/m ? $1 : 0;
}
