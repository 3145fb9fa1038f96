#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Code contexts: kernels of Python and JavaScript, their events and their
# ends, with the interpreters of this machine.

use warnings;
use strict;
use utf8;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/sleep time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $json = JSON::PP->new->utf8->canonical;
my $box = Sandbox::Box->new();
my $memory;


sub call
{
    my ($method, $path, $body) = @_;
    my $http = $box->http(timeout => 60);
    my $res = $http->request($method, $path, host => 'x',
        defined $body ? (body => $json->encode($body)) : ());
    $res = $http->response();
    return ($res->{status}, $res->{body} ? eval { $json->decode($res->{body}) }
        : undef);
}


sub begin
{
    my ($code, %o) = @_;
    my $http = $box->http(timeout => 60);
    $http->request('POST', '/api/execute/code', host => 'x',
        body => $json->encode({ code => $code, %o }));
    $http->{res} = $http->head();
    $http->{sse} = Sandbox::SSE->new($http);
    return $http;
}


sub events
{
    my ($http) = @_;
    my @events;
    while (my $e = $http->{sse}->next()) {
        push @events, JSON::PP::decode_json($e->{data});
    }
    return @events;
}


sub run { return events(begin(@_)) }
sub of { my ($type, @e) = @_; return grep { $_->{type} eq $type } @e }
sub out { return join '', map { $_->{text} } of('stdout', @_) }
sub results { return join ',', map { $_->{text} // '' } of('result', @_) }


# a context keeps its state

my ($status, $res) = call('POST', '/api/contexts', { language => 'Python3' });
is($status, 200, 'created');
is($res->{language}, 'python', 'an alias of any case');
is($res->{cwd}, '/workspace', 'its directory');
my $py = $res->{contextId};
like($py, qr/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    'an id');

my @e = run('x = 1', context_id => $py);
is_deeply([map { $_->{type} } @e], ['execution_complete'], 'no value');
is($e[0]{execution_count}, 1, 'the first cell');
like($e[0]{timestamp}, qr/^\d{4}-.*\.\d{3}Z$/, 'when');
@e = run('x + 1', context_id => $py);
is(results(@e), '2', 'the state is kept');
is($e[-1]{execution_count}, 2, 'the second cell');
is(results(run('data = [1, 2, 3]', context_id => $py)), '', 'data');
is((of('result', run('sum(data)', context_id => $py)))[0]{text}, '6', 'sum');

is(results(run('41 + 1')), '42', 'the default context');
is(results(run('y = 5; y')), '5', 'keeps');
is(results(run('y')), '5', 'its state');
is(results(run('y', context_id => $py)), '', "another's is apart");
is(results(run('var z = 6; z', language => 'js')), '6', 'JavaScript');
is(results(run('z * 7', language => 'javascript')), '42', 'and its state');
is(results(run('const t: number = 3; t', language => 'ts')), '3',
    'TypeScript') if eval { `node -p process.version` } =~ /^v(\d+)/
        && $1 >= 22;

($status, $res) = call('GET', '/api/contexts');
is(join(' ', map { $_->{id} } @{$res->{contexts}})
    =~ s/default-typescript//r =~ s/\s+\z//r,
    "$py default-python default-javascript", 'the list');
($status, $res) = call('GET', "/api/contexts/$py");
is($res->{context}{status}, 'idle', 'one of them');
is($res->{context}{executionCount}, 5, 'its cells');


# errors

@e = run("def f():\n    return 1 / 0\nf()", context_id => $py);
is($e[-1]{type}, 'error', 'an error is the last event');
is($e[-1]{ename}, 'ZeroDivisionError', 'its name');
is($e[-1]{evalue}, 'division by zero', 'its text');
like(join('', @{$e[-1]{traceback}}), qr/\ATraceback .*\n  File "<cell 6>", line 3, in <module>\n.*line 2, in f\n/s,
    'its traceback, without the kernel');
unlike(join('', @{$e[-1]{traceback}}), qr/proc|kernel/, 'nor its files');
@e = run('x = = 3', context_id => $py);
is($e[-1]{ename}, 'SyntaxError', 'a syntax error is an error');
@e = run('throw new TypeError("bad")', language => 'javascript');
is("$e[-1]{ename}: $e[-1]{evalue}", 'TypeError: bad', 'of JavaScript');
@e = run('input("name?")');
is($e[-1]{ename}, 'EOFError', 'input() has none');
@e = run('import sys; sys.exit(3)');
is("$e[-1]{ename} $e[-1]{evalue}", 'SystemExit 3', 'sys.exit()');
is(results(run('y')), '5', 'ends the cell only');

for my $case (
    [{ }, qr/^code: a string is required/],
    [{ code => 1 }, qr/^code: /],
    [{ code => '1', language => 'ruby' }, qr/"python", "javascript" or "type/],
    [{ code => '1', context_id => $py, language => 'js' }, qr/is of Python/],
    [{ code => '1', timeout_ms => 'x' }, qr/^timeout_ms: /],
    [{ code => '1', env_vars => [] }, qr/env/],
    [{ code => "1", cwd => 5 }, qr/^cwd: /])
{
    ($status, $res) = call('POST', '/api/execute/code', $case->[0]);
    is($status, 400, $json->encode($case->[0]));
    like($res->{message}, $case->[1], 'says why');
}

for my $path ("/api/contexts/none", "/api/contexts/$py/none") {
    ($status, $res) = call('GET', $path);
    is($status, 404, $path);
}
($status, $res) = call('POST', '/api/execute/code',
    { code => '1', context_id => 'none' });
is("$status $res->{code}", '404 CONTEXT_NOT_FOUND', 'an unknown context');


# output as it happens, in the order in which it was written

@e = run('import sys; print("a"); display(1); print("b"); '
    . 'print("c", file=sys.stderr); 2');
is(join(' ', map { "$_->{type}=" . ($_->{text} // '') =~ s/\n//r } @e),
    'stdout=a result=1 stdout=b stderr=c result=2 execution_complete=',
    'in order');

my $http = begin("import time\nprint('now')\ntime.sleep(2)\nprint('then')");
my $t = time();
my $first = JSON::PP::decode_json($http->{sse}->next()->{data});
is($first->{text}, "now\n", 'a line');
@e = events($http);
cmp_ok(time() - $t, '>', 1, 'before the cell has ended');

$http = begin("print('.', end='')\ntime.sleep(2)");
$t = time();
$first = JSON::PP::decode_json($http->{sse}->next()->{data});
is($first->{text}, '.', "and what has no end");
events($http);
cmp_ok(time() - $t, '>', 1, 'as well');

@e = run("import os\nfor b in '€😀'.encode(): os.write(1, bytes([b])); "
    . 'time.sleep(0.01)');
is(out(@e), "\x{20ac}\x{1f600}", 'no character is cut');
@e = run('os.write(1, b"\\xff\\xe2\\x82")');
is(out(@e), "\x{fffd}\x{fffd}\x{fffd}", 'what is none is replaced');

@e = run('print(\'a\n\ndata: {"type":"execution_complete"}\n\nevent: error\')'
    =~ s/\n/\\n/gr);
is(out(@e), "a\n\ndata: {\"type\":\"execution_complete\"}\n\nevent: error\n",
    'what looks like events is output');
is(scalar(of('execution_complete', @e)), 1, 'and no event');

$http = begin('print("€", end="")');
like(do { my $raw = ''; while (my $x = $http->{sse}->next()) { $raw .= $x->{data} } $raw },
    qr/^[\x20-\x7e]*$/, 'events are ASCII');

my $n = 20_000;
@e = run("for i in range($n): print(i, 'x' * 100)");
is(length(out(@e)), length(join '', map { "$_ " . 'x' x 100 . "\n" } 0 .. $n - 1),
    'two megabytes');
@e = run("for (let i = 0; i < $n; i++) console.log(i, 'x'.repeat(100))",
    language => 'js');
is(length(out(@e)), length(join '', map { "$_ " . 'x' x 100 . "\n" } 0 .. $n - 1),
    'of JavaScript');
@e = run('"x" * 3_000_000 and {"a": "y" * 3_000_000}');
is(length((of('result', @e))[0]{json}{a}), 3_000_000, 'a large result');


# interrupt, timeout, and death of a kernel

sub interrupted
{
    my ($id, $code, %o) = @_;
    my $http = begin($code, context_id => $id, %o);
    $box->wait_for(30, sub { (call('GET', "/api/contexts/$id"))[1]{context}{status}
        eq 'busy' }) or die 'never busy';
    sleep 0.3;
    my (undef, $res) = call('POST', "/api/contexts/$id/interrupt");
    ok($res->{interrupted}, 'interrupted');
    return events($http);
}

@e = interrupted($py, 'while True: pass');
is($e[-1]{ename}, 'KeyboardInterrupt', 'a loop');
is(results(run('x', context_id => $py)), '1', 'its state is kept');
@e = interrupted($py, 'import time; time.sleep(60)');
is($e[-1]{ename}, 'KeyboardInterrupt', 'a sleep');
for my $code ('for (;;);', 'await 0; for (;;);',
    'await new Promise(() => { setTimeout(() => {}, 1e6) })')
{
    @e = interrupted('default-javascript', $code);
    is($e[-1]{ename}, 'InterruptedError', $code);
}
is(results(run('z', language => 'js')), '6', 'its state is kept');
(undef, $res) = call('POST', "/api/contexts/$py/interrupt");
ok(!$res->{interrupted}, 'nothing to interrupt');

@e = run('time.sleep(60)', context_id => $py, timeout_ms => 300);
is("$e[-1]{ename} $e[-1]{reason}", 'TimeoutError timeout', 'a timeout');
ok(!$e[-1]{restarted}, 'keeps the state');
is(scalar(of('error', @e)), 1, 'and is one error');
is(results(run('x', context_id => $py)), '1', 'as is seen');
@e = run("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    . 'while True: pass', context_id => $py, timeout_ms => 300);
ok($e[-1]{restarted}, 'one that ignores it loses its state');
is($e[-1]{ename}, 'TimeoutError', 'a timeout as well');
@e = run('x', context_id => $py);
is($e[-1]{ename}, 'NameError', 'as is seen');
is($e[-1]{execution_count}, 1, 'the first cell of a fresh kernel');

for my $case (['import os; os._exit(7)', 'exit', qr/code 7/],
    ['import os; os.kill(os.getpid(), 11)', 'signal', qr/SIGSEGV/])
{
    @e = run("print('before', flush=True)\n$case->[0]", context_id => $py);
    is(out(@e), "before\n", "$case->[0]: what was printed");
    is("$e[-1]{ename} $e[-1]{reason}", "KernelDied $case->[1]", 'says so');
    like($e[-1]{evalue}, $case->[2], 'and how');
    ok($e[-1]{restarted}, 'a fresh kernel');
    is(results(run('1 + 1', context_id => $py)), '2', 'that works');
}
@e = run('process.exit(3)', language => 'js');
is("$e[-1]{ename} $e[-1]{reason}", 'KernelDied exit', 'process.exit()');
($status, $res) = call('POST', "/api/contexts/$py/restart");
ok($res->{restarted}, 'restart');
(undef, $res) = call('GET', "/api/contexts/$py");
is("$res->{context}{status} $res->{context}{restarts}", 'idle 4',
    'as often as it was');


# a kernel that dies while nothing runs: the next call says so

sub dies
{
    run("import os, time\nif os.fork() == 0:\n    time.sleep(0.1)\n"
        . "    os.kill(os.getppid(), 9)\n    os._exit(0)", context_id => $py);
    (undef, my $res) = call('GET', "/api/contexts/$py");
    my $n = $res->{context}{restarts};
    $box->wait_for(30, sub { (call('GET', "/api/contexts/$py"))[1]{context}
        {restarts} > $n }) or die 'never restarted';
}

dies();
@e = run('1', context_id => $py);
is_deeply([@{$e[-1]}{qw/type restarted reason/}], ['execution_complete',
    JSON::PP::true, 'signal'], 'a death while idle: the next call says so');
@e = run('1', context_id => $py);
ok(!exists $e[-1]{restarted}, 'once');
dies();
@e = run('x', context_id => $py);
is_deeply([@{$e[-1]}{qw/type ename restarted reason/}], ['error', 'NameError',
    JSON::PP::true, 'signal'], 'one that fails as well');
dies();
$res = $box->call('POST', '/api/execute/code', { code => '2',
    context_id => $py }, Accept => 'application/json')->{json};
is_deeply([$res->{results}[0]{text}, @$res{qw/restarted reason/}],
    ['2', JSON::PP::true, 'signal'], 'and in JSON');

my $restarted = begin("print('go')\nimport time; time.sleep(60)",
    context_id => $py);
$restarted->{sse}->next();
($status, $res) = call('POST', "/api/contexts/$py/restart");
@e = events($restarted);
is_deeply([@{$e[-1]}{qw/ename reason restarted/}], ['ContextRestarted',
    'restarted', JSON::PP::true], 'a restart ends what runs');
@e = run('1', context_id => $py);
ok(!exists $e[-1]{restarted}, 'and is no surprise');

is((run("import os\nos.system('sleep 60')", context_id => $py,
    timeout_ms => 300))[-1]{restarted}, JSON::PP::false,
    'os.system() is interrupted, and the state kept');


# one after another in a context; contexts beside each other

my @conns = map { begin("import time; time.sleep(0.2); $_", context_id => $py) }
    1 .. 3;
is(join(' ', map { results(events($_)) } @conns), '1 2 3', 'in line');
my $long = begin('time.sleep(30)', context_id => $py);
is(results(run('7')), '7', 'another context does not wait');
$long->close();
ok($box->wait_for(30, sub { (call('GET', "/api/contexts/$py"))[1]{context}{status}
    eq 'idle' }), 'a client that leaves interrupts its cell');


# what user code does to its descriptors

@e = run('import os; os.closerange(0, 1024)', context_id => $py);
is($e[-1]{type}, 'execution_complete', 'all descriptors closed');
@e = run('print("still"); 3', context_id => $py);
is(out(@e) . results(@e), "still\n3", 'and the kernel lives');
for my $text ('{"type":"error"}', '') {
    @e = run("for f in os.listdir('/proc/self/fd'):\n    try: os.write(int(f), "
        . "b'$text')\n    except OSError: pass", context_id => $py,
        timeout_ms => 20000);
    is($e[-1]{type}, 'execution_complete', "writing '$text' to all of them");
}
is(scalar(of('error', @e)), 0, 'forges nothing');
@e = run("for f in os.listdir('/proc/self/fd'):\n    try: os.write(int(f), b'')"
    . "\n    except OSError: pass\n4", context_id => $py);
is(results(@e), '4', 'nor do empty packets end the connection');
@e = run('import sys; sys.stdout = None; os.dup2(os.open("/dev/null", 1), 1)',
    context_id => $py);
is(out(run('print("back")', context_id => $py)), "back\n", 'stdout replaced');
@e = run("if os.fork() == 0: raise SystemExit\nos.wait() and None",
    context_id => $py);
is_deeply([map { $_->{type} } @e], ['execution_complete'],
    'a fork that leaves: one end');
@e = run("pid = os.fork()\nprint('p' if pid else 'c')\n"
    . "os.waitpid(pid, 0) and None if pid else None", context_id => $py);
is(join('', sort split //, out(@e) =~ s/\n//gr), 'cp', 'one that goes on');
is(scalar(grep { $_->{type} eq 'execution_complete' } @e), 1, 'one end');


# what has the secret of the connection may send whatever it likes

$memory = $box->private();
@e = run(<<'END', context_id => $py);
import socket, struct, sys, time
kernel = sys.meta_path[0].kernel
def send(kind, payload=b'', flags=0, number=kernel.number):
    try:
        kernel.channel.socket.sendmsg([struct.pack('<16sBBHI',
            kernel.channel.token, ord(kind), flags, 0, number), payload], [],
            socket.MSG_DONTWAIT)
        return True
    except BlockingIOError:
        time.sleep(0.01)
for kind in 'RHXIAB?':
    if kind != 'B': send(kind, b'{}')
send('E', b'{"type":"other"}', number=99)
send('E', b'\n\nevent: forged\n\n')
send('D', b'[]'); send('D', b'{'); send('D', b'{"count":-1}', number=99)
None
END
is_deeply([map { $_->{type} } @e], ['execution_complete'],
    'no such packet is an event');
@e = run(<<'END', context_id => $py);
for _ in range(1_000_000): send('E', b'{}', number=99)
print('flooded')
time.sleep(60)
END
cmp_ok($box->private() - $memory, '<', 4096,
    'a flood of events that reads no answer (kB)') if !$Sandbox::Box::SANITIZE;
is("$e[-1]{ename} $e[-1]{reason}", 'KernelDied signal', 'ends the kernel');
is(results(run('8', context_id => $py)), '8', 'and a fresh one works');


# directory, environment, JSON

(undef, $res) = call('POST', '/api/contexts', { cwd => '/tmp',
    env_vars => { A => '1' }, timeout_ms => 500 });
my $own = $res->{contextId};
@e = run('import os; os.getcwd() + os.environ["A"]', context_id => $own);
is(results(@e), "'/tmp1'", 'of a context');
@e = run('os.getcwd() + os.environ["A"]', context_id => $own,
    cwd => '/usr', env_vars => { A => '2' });
is(results(@e), "'/usr2'", 'of a call');
@e = run('os.getcwd() + os.environ["A"]', context_id => $own);
is(results(@e), "'/tmp1'", 'for that call only');
@e = run('import time; time.sleep(9)', context_id => $own);
is($e[-1]{ename}, 'TimeoutError', 'timeout of a context');
@e = run('1', context_id => $own, cwd => '/no/such');
is($e[-1]{ename}, 'FileNotFoundError', 'no such directory');
($status, $res) = call('POST', '/api/contexts', { cwd => '/no/such' });
is($status, 400, 'nor of a context: 400');
like($res->{message}, qr{/no/such}, 'that names it');

$http = $box->http(timeout => 60);
$http->request('POST', '/api/execute/code', host => 'x',
    headers => ['Accept', 'application/json'],
    body => $json->encode({ code => 'print("é"); display(1); 1/0' }));
$res = $json->decode($http->response()->{body});
is_deeply($res->{logs}, { stdout => ["é\n"], stderr => [] }, 'JSON: logs')
    or diag explain $res;
is($res->{results}[0]{text}, '1', 'JSON: results');
is($res->{error}{ename}, 'ZeroDivisionError', 'JSON: the error');
is($res->{code}, 'print("é"); display(1); 1/0', 'JSON: the code');


# delete

$http = begin('import time; time.sleep(30)', context_id => $py);
sleep 0.3;
($status, $res) = call('DELETE', "/api/contexts/$py");
is($status, 200, 'deleted');
@e = events($http);
is($e[-1]{ename}, 'ContextDeleted', 'its cell ends');
is((call('DELETE', "/api/contexts/$py"))[0], 404, 'deleted once');


# fresh kernels that wait

my $warm = Sandbox::Box->new(boot => { prewarm => { python => 2 } });


sub kernels { return scalar(() = $warm->processes(qr{python3 -u /proc})) }

ok($warm->wait_for(30, sub { kernels() == 2 }), 'prewarm: two kernels');
$res = $warm->call('POST', '/api/contexts', {})->{json};
$res = $warm->call('POST', '/api/execute/code', { code => 'x = 1; x',
    context_id => $res->{contextId} }, Accept => 'application/json');
is($res->{json}{results}[0]{text}, '1', 'one is taken');
ok($warm->wait_for(30, sub { kernels() == 3 }), 'and another one started');
$res = $warm->call('POST', '/api/contexts', {})->{json};
$res = $warm->call('POST', '/api/execute/code', { code => 'x',
    context_id => $res->{contextId} }, Accept => 'application/json');
is($res->{json}{error}{ename}, 'NameError', 'none was used before');

ok($warm->wait_for(30, sub { kernels() == 4 }), 'the pool is full again');
my %pool = map { $_ => 1 } $warm->processes(qr{python3 -u /proc});
$res = $warm->call('POST', '/api/contexts', { cwd => '/workspace', env_vars => {} })
    ->{json};
$warm->call('DELETE', "/api/contexts/$res->{contextId}");
ok($warm->wait_for(30, sub {
    return grep { !-d "/proc/$_" } keys %pool;
}), 'clients that name the default directory get one of it too');

my $before = scalar(() = glob("/proc/" . $box->pid() . "/fd/*"));
for (1 .. 30) {
    (undef, $res) = call('POST', '/api/contexts', {});
    call('DELETE', "/api/contexts/$res->{contextId}");
}
ok($box->wait_for(30, sub {
    my $now = () = glob("/proc/" . $box->pid() . "/fd/*");
    return $now <= $before;
}), 'nothing is left of 30 contexts');

done_testing();
