#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Terminals: a shell for each WebSocket, shared ones of a session, replay,
# resize, kill, limits, and that nothing is left of them.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Terminal;

# no failing test may wait for ever
alarm 300;

$SIG{PIPE} = 'IGNORE';

my $json = JSON::PP->new->canonical->utf8;
my $box = Sandbox::Box->new(boot => { user => 'web',
    env => { BOOT => 'from boot' } });

# the first command opens what the agent keeps
$box->execute('true');
$box->call('POST', '/api/session/delete', { sessionId => 'default' });
$box->wait_idle();
my $fds = fds();


# a shell of its own

my $t = attach('/pty?cols=100&rows=30');
is($t->{status}, 101, 'connected');
my $ready = $t->ready();
like($ready->{id}, qr/^term_[0-9a-f]{15}$/, 'its id');
is("$ready->{cols} $ready->{rows} $ready->{offset}", '100 30 0',
    'its size and offset');

is($t->run('tty'), tty($t) . "\n", 'a terminal');
is($t->run('stty size'), "30 100\n", 'of that size');
is($t->run('ps -o tty= -p $$ | tr -d " "; echo $-'), 'pts/'
    . (tty($t) =~ /(\d+)$/)[0] . "\n" . 'himBHs' . "\n",
    'which controls an interactive shell');
is($t->run('id -u; stat -c %U $(tty); test -w $(tty) && echo own'),
    "1000\nweb\nown\n", 'and belongs to the user of commands');
is($t->run('pwd; echo $TERM $LANG $BOOT'),
    "/workspace\nxterm-256color C.UTF-8 from boot\n", 'directory and env');
is($t->run('printf "\\303\\244\\342\\202\\254\\n"'),
    "\xc3\xa4\xe2\x82\xac\n", 'UTF-8');

$t->type("echo \xe2\x82\xac | od -An -tx1\n");
ok($t->expect(qr/e2 82 ac 0a/), 'as input, too');

$t->resize(132, 43);
is($t->run('stty size'), "43 132\n", 'resized');
$t->type("trap 'echo size:\$(stty size)' WINCH\n");
is($t->run('true'), '', 'a trap');
$t->resize(81, 25);
ok($t->expect(qr/size:25 81/), 'a program is told');

# job control, and keys that send signals
$t->type("sleep 100\n");
ok($box->wait_for(10, sub { $box->processes(qr/^sleep 100/) }), 'a program');
$t->type("\x03");
$t->type("echo \"<\$?>\"\n");
ok($t->expect(qr/<130>/), 'Ctrl-C');
$t->type("sleep 101\n");
ok($box->wait_for(10, sub { $box->processes(qr/^sleep 101/) }), 'a program');
$t->type("\x1a");
like($t->run('jobs'), qr/Stopped +sleep 101/, 'Ctrl-Z');
is($t->run('kill %1; fg 2>/dev/null; echo done'), "sleep 101\ndone\n",
    'and fg');
$t->expect(qr/\$ \z/);
$t->type("\x04");
my $exit = $t->event('exit');
is($exit && $exit->{type}, 'exit', 'Ctrl-D: the exit is reported');
ok($t->ended(), 'and the connection ends');
is($t->{code}, 1000, 'normally');
nothing_left('after the exit');


# how it ends

for my $case (['exit 7', 7, undef], ['kill -9 $$', 137, 'SIGKILL'],
    ['exec true', 0, undef], ['exec sh -c "kill -TERM \$\$"', 143, 'SIGTERM'])
{
    my ($line, $code, $signal) = @$case;
    $t = attach('/pty');
    $t->ready();
    $t->type("$line\n");
    my $e = $t->event('exit');
    is($e && $e->{code}, $code, "$line: $code");
    is($e && $e->{signal}, $signal, "$line: the signal");
    ok($t->ended(), "$line: closed");
    is($t->{code}, 1000, "$line: normally");
}

# all output comes before
$t = attach('/pty');
$t->ready();
$t->type("seq 1 50000; exit\n");
$t->event('exit');
like($t->{out}, qr/\r\n49999\r\n50000\r\n/, 'the output before an exit');
$t->ended();


# arguments

is(attach('/pty?shell=/bin/sh')->run('echo $0'), "/bin/sh\n", 'shell');
is(attach('/pty?shell=sh')->run('echo $0'), "sh\n", 'by name');
is(attach('/pty?cwd=/tmp')->run('pwd'), "/tmp\n", 'cwd');
$box->sh('mkdir -p /workspace/sub');
is(attach('/pty?cwd=sub')->run('pwd'), "/workspace/sub\n",
    'relative to the workspace');
is(attach('/pty?env=A%3Dx%20y&env=B%3D1%3D2&env=TERM%3Ddumb')
    ->run('echo "$A|$B|$TERM"'), "x y|1=2|dumb\n", 'env');
is(attach('/ws/pty?sessionId=of-ws')->run('echo here'), "here\n", '/ws/pty');

for my $case (['shell=/no/such', 'No such file'], ['shell=nothing-here',
        'command not found'], ['cwd=/no/such', 'cannot change to directory'],
    ['shell=/etc/passwd', 'Permission denied'])
{
    my ($query, $text) = @$case;
    $t = attach("/pty?$query");
    my $e = $t->event('error');
    like($e && $e->{message}, qr/$text/, "$query: an error");
    ok($t->ended(), 'closed');
    is($t->{code}, 1011, 'by 1011');
}

for my $case (['cols=abc', 'cols and rows must be valid numbers'],
    ['rows=0', 'cols and rows must be valid numbers'],
    ['cols=-1', 'cols and rows must be valid numbers'],
    ['cols=99999', 'cols and rows must be valid numbers'],
    ['cols=', 'cols and rows must be valid numbers'],
    ['session=a/b', 'Invalid session ID format'],
    ['session=', 'Invalid session ID format'],
    ['session=a..b', 'Invalid session ID format'],
    ['session=' . 'x' x 129, 'Invalid session ID format'],
    ['shell=', 'shell: '], ['env=1A%3D2', 'env: '], ['env=A', 'env: '],
    ['since=x', 'since: '], ['since=-1', 'since: '],
    ['cwd=' . 'x' x 4100, 'cwd: longer'])
{
    my ($query, $text) = @$case;
    $t = attach("/pty?$query");
    my $name = substr $query, 0, 20;
    is($t->{status}, 400, "$name: 400");
    is($t->{response}{json}{code}, 'invalid_request', 'its code');
    like($t->{response}{json}{error} // $t->{response}{json}{message},
        qr/\Q$text\E/, 'its text');
}

my $res = $box->call('GET', '/pty');
is($res->{status}, 400, 'a plain GET: 400');
like($res->{json}{message}, qr/^WebSocket upgrade required/, 'its text');


# control messages

$t = attach('/pty');
$t->ready();
for my $case (['{', 'JSON object'], ['[]', 'JSON object'],
    ['{"type":"dance"}', 'unknown type'], ['x' x 4000, 'JSON object'],
    ['{"type":"resize"}', 'cols and rows'],
    ['{"type":"resize","cols":0,"rows":5}', 'cols and rows'],
    ['{"type":"resize","cols":-3,"rows":5}', 'cols and rows'],
    ['{"type":"resize","cols":"80","rows":5}', 'cols and rows'],
    ['{"type":"resize","cols":1e9,"rows":5}', 'cols and rows'])
{
    my ($text, $want) = @$case;
    $t->{events} = [];
    $t->control($text);
    my $e = $t->event('error');
    like($e && $e->{message}, qr/$want/, substr($text, 0, 40));
}
is($t->run('echo still'), "still\n", 'the connection stays');
$t->control('x' x 5000);
ok($t->ended(), 'a text of 5000 bytes ends it');
is($t->{code}, 1009, 'by 1009');


# a shell of a session

my $one = attach('/pty?session=shared&cols=90&rows=20');
$ready = $one->ready();
$one->run('cd /tmp; X=kept');
my $two = attach('/pty?cols=70', 'Session-Id' => 'shared');
my $again = $two->ready();
is($again->{id}, $ready->{id}, 'the same terminal');
is("$again->{cols} $again->{rows}", '90 20', 'with its size');
like($two->{out}, qr/X=kept/, 'what was written before is replayed');
is($again->{offset}, length $two->{out}, 'up to its offset');

$two->{out} = '';
$one->type("echo to-both\n");
ok($_->expect(qr/[\r\n]to-both\r/), 'both see the output') for $one, $two;
is($two->run('pwd; echo $X'), "/tmp\nkept\n", 'both type');
ok($one->expect(qr/kept\r\n/), 'and see it');

my $third = attach('/pty?session=other');
is($third->run('echo "[$X]"'), "[]\n", 'another session is another shell');
ok(attach('/pty')->ready()->{id} ne $ready->{id}, 'so is none');

$res = $box->call('GET', '/api/terminal/list');
my ($shared) = grep { ($_->{sessionId} // '') eq 'shared' }
    @{$res->{json}{terminals}};
is($shared->{viewers}, 2, 'two viewers');
is($shared->{id}, $ready->{id}, 'its id in the list');

# one goes, the other stays; both go, the shell stays
$one->vanish();
is($two->run('echo $X'), "kept\n", 'a viewer is killed: the other goes on');
$two->vanish();
ok($box->wait_for(10, sub { terminal('shared')->{viewers} == 0 }),
    'nobody is attached');
$one = attach('/pty?session=shared');
$one->ready();
like($one->{out}, qr/X=kept.*\nkept/s, 'back: the replay');
$one->{out} = '';
is($one->run('echo $X'), "kept\n", 'the same shell');

# it begins where the session is, with the session's variables
$box->call('POST', '/api/session/create', { id => 'has-shell',
    env => { FROM_SESSION => "two\nlines" } });
$box->execute('cd /tmp', sessionId => 'has-shell');
$two = attach('/pty?session=has-shell&env=OWN%3D1');
is($two->run('pwd; echo "$FROM_SESSION $OWN $TERM"'),
    "/tmp\ntwo\nlines 1 xterm-256color\n", 'directory and variables of its '
    . 'session');
is($two->run('echo ${#SANDBOX_COMMAND_ID}'), "32\n", 'but not its marker');
$two->run('cd /; export OWN=2');
is($box->output('pwd; echo $OWN', sessionId => 'has-shell'), "/tmp\n",
    'which it does not change');
is($box->call('POST', '/api/session/delete', { sessionId => 'has-shell' })
    ->{status}, 200, 'the session is deleted');
ok($two->event('exit'), 'with its terminal');
$two->ended();

# its exit is told to all, and the next connection has a new one
$two = attach('/pty?session=shared');
$two->ready();
$one->type("exit 3\n");
for ($one, $two) {
    my $e = $_->event('exit');
    is($e && $e->{code}, 3, 'the exit of a shared shell');
    ok($_->ended(), 'ends each');
}
$one = attach('/pty?session=shared');
isnt($one->ready()->{id}, $ready->{id}, 'then there is a new one');
is($one->run('echo "[$X]"'), "[]\n", 'which knows nothing');
$one->type("exit\n");
$one->ended();
$third->close();


# replay by offset

$one = attach('/pty?session=replay');
$ready = $one->ready();
$one->run('true');
$one->run('printf "%s\\n" first-line');
my $offset = terminal('replay')->{offset};
my $id = $ready->{id};
$one->vanish();

$one = attach("/pty?session=replay&since=$offset&id=$id");
my $replay = $one->event('replay');
is($replay->{offset}, $offset, 'resumed at its offset');
ok($replay->{resumed}, 'and says so');
is($one->ready()->{offset}, $offset, 'nothing was missed');
is($one->{out}, '', 'nothing is replayed');
$one->vanish();

my $back = $offset - 20;
$one = attach("/pty?session=replay&since=$back");
is($one->ready()->{offset}, $offset, 'resumed before it');
is(length $one->{out}, 20, 'the bytes from there');
$one->vanish();

for my $query ('since=' . ($offset + 1000), "since=$offset&id=term_other") {
    $one = attach("/pty?session=replay&$query");
    $one->ready();
    $replay = $one->event('replay');
    is($replay->{offset}, 0, "$query: from the beginning");
    ok(!$replay->{resumed}, 'not resumed');
    like($one->{out}, qr/first-line/, 'all of it');
    $one->vanish();
}

$one = attach('/pty?session=replay');
$one->ready();
$one->run('perl -e \'print "\\xc3\\xa4" x 200000\'', 60);
$one->vanish();
$one = attach('/pty?session=replay');
$ready = $one->ready();
cmp_ok(length $one->{out}, '<=', 262_144, 'the last 256 KB are kept');
cmp_ok(length $one->{out}, '>', 262_000, 'of them, all');
ok(utf8::decode(my $copy = $one->{out}), 'from a whole character on');
is($ready->{offset}, terminal('replay')->{offset}, 'the offset counts all');
$one->vanish();

$one = attach("/pty?session=replay&since=$offset&id=$id");
$ready = $one->ready();
$replay = $one->event('replay');
cmp_ok($replay->{offset}, '>', $offset, 'what is lost');
ok(!$replay->{resumed}, 'is told');
is($replay->{offset} + length $one->{out}, $ready->{offset}, 'offsets add up');


# by HTTP

$res = $box->call('GET', '/api/terminal/replay');
is($res->{status}, 200, 'get');
is_deeply([sort keys %{$res->{json}}], [qw/success terminal timestamp/],
    'members');
is_deeply([sort keys %{$res->{json}{terminal}}], [qw/cols id offset pid rows
    sessionId startTime viewers/], 'of the terminal');
like($res->{json}{terminal}{startTime}, qr/^\d{4}-.*Z$/, 'startTime');

$res = $box->call('POST', '/api/terminal/replay/resize',
    { cols => 111, rows => 33 });
is($res->{status}, 200, 'resize');
is($res->{json}{terminal}{cols}, 111, 'done');
$one->{out} = '';
is($one->run('stty size', 60), "33 111\n", 'the shell has it');
$res = $box->call('POST', "/api/terminal/$id/resize", { cols => 80 });
is($res->{status}, 400, 'without rows: 400');
is($res->{json}{code}, 'VALIDATION_FAILED', 'its code');

$one->type("trap '' HUP; sleep 200 & (trap '' HUP TERM; exec sleep 201) &\n");
ok($box->wait_for(10, sub { $box->processes(qr/^sleep 20[01]/) == 2 }),
    'children that ignore signals');
$res = $box->call('DELETE', "/api/terminal/$id");
is($res->{status}, 200, 'kill');
is($res->{json}{exitCode}, 137, 'it had to be killed');
is($res->{json}{signal}, 'SIGKILL', 'by SIGKILL');
is(scalar($box->processes(qr/^sleep/)), 0, 'with its children');
$exit = $one->event('exit');
is($exit->{code}, 137, 'the viewer is told');
ok($one->ended(), 'and disconnected');

for my $case (['GET', '/api/terminal/replay'], ['DELETE',
        '/api/terminal/replay'], ['GET', '/api/terminal/a%2fb'],
    ['POST', '/api/terminal/replay/resize', { cols => 1, rows => 1 }])
{
    $res = $box->call(@$case);
    is($res->{status}, 404, "$case->[0] $case->[1]: 404");
    is($res->{json}{code}, 'TERMINAL_NOT_FOUND', 'its code');
}

# a viewer that reads nothing does not delay a kill
$one = attach('/pty?session=flood');
$one->ready();
$one->type("yes\n");
$box->wait_full($one->{ws}{conn});
$res = $box->call('DELETE', '/api/terminal/flood');
is($res->{status}, 200, 'a shell whose output nobody reads is killed');
$one->vanish();


# with its session

$one = attach('/pty?session=gone');
$one->run('true');
is($box->call('POST', '/api/session/delete', { sessionId => 'gone' })
    ->{status}, 200, 'a session that is only a terminal is deleted');
$exit = $one->event('exit');
is($exit && $exit->{signal}, 'SIGHUP', 'its terminal is hung up');
$box->execute('true', sessionId => 'both');
$one = attach('/pty?session=both');
$one->ready();
is($box->call('POST', '/api/session/delete', { sessionId => 'both' })
    ->{status}, 200, 'one that is both');
ok($one->event('exit'), 'with its terminal');
is($box->call('POST', '/api/session/delete', { sessionId => 'both' })
    ->{status}, 404, 'and then there is none');


# nothing is left

$box->call('DELETE', "/api/terminal/$_") for qw/of-ws other/;
ok($box->wait_for(20, sub {
    !@{$box->call('GET', '/api/terminal/list')->{json}{terminals}} }),
    'no terminal') or diag(explain($box->call('GET',
    '/api/terminal/list')->{json}));
nothing_left('in the end');

$t = attach('/pty');
$t->ready();
$t->type("(trap '' HUP INT TERM; exec sleep 300) & setsid sleep 301 &\n");
ok($box->wait_for(10, sub { $box->processes(qr/^sleep 30/) == 2 }),
    'children, one of another session');
$t->vanish();
ok($box->wait_for(10, sub { !$box->processes(qr/sleep|bash/) }),
    'the viewer is killed: shell and children end');

$t = attach('/pty');
$t->ready();
$t->type("(trap '' HUP INT TERM; exec sleep 300) & setsid sleep 301 &\n");
ok($box->wait_for(10, sub { $box->processes(qr/^sleep 30/) == 2 }),
    'children again');
kill 'KILL', $box->processes(qr/^bash/);
is($t->event('exit')->{code}, 137, 'the shell is killed');
ok($box->wait_for(10, sub { !$box->processes(qr/sleep|bash/) }),
    'and its children end');
$t->ended();

$t = attach('/pty');
$t->ready();
$t->type("nohup sleep 302 >/dev/null 2>&1 &\n");
ok($box->wait_for(10, sub { $box->processes(qr/^sleep 302/) }), 'nohup');
$t->type("exit\n");
ok($t->ended(), 'an exit');
sleep 0.6;
is(scalar($box->processes(qr/^sleep 302/)), 1, 'leaves what was to go on');
kill 'KILL', $box->processes(qr/^sleep/);
nothing_left('after all that');


# input that nobody reads, output that nobody reads: in little memory

$t = attach('/pty');
$t->ready();
$t->type("stty raw -echo; sleep 300\n");
ok($box->wait_for(10, sub { $box->processes(qr/^sleep 300/) }), 'a sleeper');
my $sent = fill($t, Sandbox::WebSocket::frame(2, 'x' x 8192));
cmp_ok($sent, '<', 4 << 20, 'input is not taken without end: '
    . ($sent >> 10) . ' KB');
$t->vanish();

$_->type("yes\n") for my @slow = map { attach("/pty?session=slow$_") } 1 .. 3;
$box->wait_full($_->{ws}{conn}) for @slow;
my $at = terminal('slow1')->{offset};
sleep 0.5;
is(terminal('slow1')->{offset}, $at, 'a shell waits for its only viewer');
my $fast = attach('/pty?session=slow1');
ok($fast->until(60, sub { $fast->{out} = substr $fast->{out}, -100;
    terminal('slow1')->{offset} > $at + (1 << 20) }),
    'not while another reads');
ok($box->wait_for(20, sub { terminal('slow1')->{viewers} == 1
    || $slow[0]->until(0.1, sub { $slow[0]{out} = ''; $slow[0]{closed} }) }),
    'the slow one is disconnected');
$slow[0]->ended();
is($slow[0]{code}, 1013, 'by 1013');
like($slow[0]->event('error')->{message}, qr/too slow/, 'and is told');
cmp_ok($box->status('VmHWM'), '<', 8192, 'all in less than 8 MB')
    if !$Sandbox::Box::SANITIZE;
$_->vanish() for @slow[1, 2], $fast;
$box->call('DELETE', "/api/terminal/slow$_") for 1 .. 3;


# many at once

my @many = map { attach('/pty') } 1 .. 128;
is(scalar(grep { $_->{status} == 101 } @many), 128, '128 terminals');
$res = attach('/pty');
is($res->{status}, 429, 'one more: 429');
is($res->{response}{json}{code}, 'LIMIT_REACHED', 'its code');
is(scalar(grep { ($_->run('echo x', 60) // '') eq "x\n" } @many), 128,
    'all of them work');
cmp_ok($box->status('VmHWM'), '<', 8192, 'all in less than 8 MB')
    if !$Sandbox::Box::SANITIZE;
$_->vanish() for @many, $res;
nothing_left('after many', 30);


# a stop hangs them up

$box = Sandbox::Box->new();
$t = attach('/pty');
$t->ready();
my $named = attach('/pty?session=last');
$named->ready();
my $begun = time;
$box->tell('signal 15');
ok($_->ended(), 'the agent is stopped') for $t, $named;
is($t->{code}, 1001, 'going away');
is($box->exit_status(), 0, 'an orderly end');
cmp_ok(time - $begun, '<', 0.9, 'shells do not delay it');

done_testing();


sub attach
{
    my ($path, @headers) = @_;
    return Sandbox::Terminal->new(conn => $box->http(timeout => 60),
        path => $path, headers => \@headers);
}


sub terminal
{
    my ($name) = @_;
    return $box->call('GET', "/api/terminal/$name")->{json}{terminal} // {};
}


sub tty { $_[0]->{tty} //= ($_[0]->run('tty') =~ s/\n//r) }


sub fds { scalar(my @all = glob '/proc/' . $box->pid() . '/fd/*') }


# neither processes, nor descriptors, nor terminals

sub nothing_left
{
    my ($when, $timeout) = @_;
    ok($box->wait_for($timeout // 10, sub { !$box->processes() }),
        "$when: no process is left");
    ok($box->wait_for(10, sub { fds() <= $fds }),
        "$when: no descriptor is left")
        or diag(join "\n", map { readlink // '' }
            glob '/proc/' . $box->pid() . '/fd/*');
}


# sends until nothing more is taken; the number of bytes

sub fill
{
    my ($t, $frame) = @_;
    my $sock = $t->{ws}{conn}{sock};
    my ($sent, $still, $data) = (0, time, $frame);

    while (time - $still < 0.5 && $sent < (8 << 20)) {
        my $n = syswrite $sock, $data;
        if ($n) {
            $sent += $n;
            $still = time;
            $data = substr $data, $n;
            $data = $frame if $data eq '';
        } else {
            sleep 0.01;
        }
    }
    return $sent;
}
