#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Sessions: what a shell keeps from command to command, and that nothing a
# command does can wedge or corrupt one.

use warnings;
use strict;

use File::Basename;
use File::Copy;
use File::Path qw/make_path remove_tree/;
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new(boot => { env => { FROM => 'boot' } });
my $web = Sandbox::Box->new(boot => { user => 'web' });


sub run
{
    my ($command, %o) = @_;
    return (delete $o{box} // $box)->execute($command, %o);
}


sub out
{
    my ($command, %o) = @_;
    return (delete $o{box} // $box)->output($command, %o);
}


sub begin { return $box->execute_start(@_) }


sub post
{
    my ($path, $body) = @_;
    return $box->call('POST', "/api/$path", $body);
}


# any character in IFS: what is at the end of a command stays there

sub separators
{
    my %o = (sessionId => 'separator', @_);
    for my $c (map { chr } 9, 32 .. 126) {
        run("IFS='" . ($c =~ s/'/'\\''/r) . "'", %o);
        is(out("echo \"a$_\"$_", %o), "a$_",
            "$c separates, and a command ends with '$_'") for '', ' #', ' ';
        is(out('echo x', %o, cwd => '/usr', env => { A => 'b' }), 'x',
            "$c separates, with a directory");
    }
}


# what lasts

for my $b ($box, $web) {
    my $who = $b == $box ? 'root' : 'user';
    my @b = (box => $b, sessionId => 'state');
    run('cd /usr; X=plain; export Y=exported; f() { echo "f $1"; }; '
        . 'alias q="echo alias"; arr=(1 "2 3"); umask 027; set -o noglob; '
        . 'shopt -s nullglob; trap "echo usr1" USR1', @b);
    is(out('pwd; echo $X; f 1; echo ${arr[1]}; umask; echo $-; '
        . 'shopt -p nullglob; trap -p USR1; env | grep ^Y=', @b),
        "/usr\nplain\nf 1\n2 3\n0027\nfhBc\nshopt -s nullglob\n"
        . "trap -- 'echo usr1' SIGUSR1\nY=exported", "$who: state lasts");
    is(out('q', @b), 'alias', "$who: aliases");
    is(out('echo $Y', box => $b, sessionId => 'other'), '',
        "$who: and is no other session's");
    run('set -- a b; false', @b);
    is(out('echo $#', @b), '2', "$who: arguments");
    is(out('id -un', @b), $who eq 'root' ? 'root' : 'web', "$who: identity");
}

is(out('echo $LANG $LC_ALL $FROM $0', sessionId => 's'),
    'C.UTF-8 C.UTF-8 boot bash', 'environment');
is(run('true', sessionId => 's')->{json}{sessionId}, 's', 'it is named');
is(run('true')->{json}{sessionId}, undef, 'the default is not');
is(run('true')->{json}{shell}, undef, 'bash is not named');
is(out('kill -USR1 $$', sessionId => 'state'), 'usr1', 'its traps run');

# in the order of the ways to name one
is(out('echo $$ >/tmp/pid; echo $$', sessionId => 'named'),
    out('cat /tmp/pid', sessionId => 'named'), 'by the body');
my $named = out('cat /tmp/pid');
for my $case ([[ 'Session-Id', 'named' ]], [[ 'X-Session-Id', 'named' ]],
    [[], '?session=named'], [[], '?sessionId=named'],
    [[ 'Authorization', 'Bearer other' ], '?session=named'])
{
    my ($headers, $query) = @$case;
    my $res = $box->call('POST', '/api/execute' . ($query // ''),
        { command => 'echo $$' }, @$headers);
    is($res->{json}{stdout}, $named, "by @$headers " . ($query // ''));
}
is($box->call('POST', '/api/execute', { command => 'echo $$',
    sessionId => 'named' }, 'X-Session-Id', 'no')->{json}{stdout}, $named,
    'the body comes first');
is($box->call('POST', '/api/execute?session=..', { command => 'true' })
    ->{status}, 400, 'a name is checked wherever it is');


# output

is(out($_->[0]), $_->[1], "$_->[0]: a line feed at the end") for
    ['echo hi', 'hi'], ['printf hi', 'hi'], ["printf 'a\\n\\n'", "a\n"],
    ["printf '\\n'", ''], ['printf ""', ''];
my $res = run('printf "a\\0b\\377\\n"; printf "e\\n\\n" >&2; exit_() { '
    . 'return 3; }; exit_');
is($res->{json}{stdout}, "a\0b\x{fffd}", 'NUL stays, what is no text goes');
is(decode_base64($res->{json}{stdoutBase64}), "a\0b\xff\n", 'but not lost');
is($res->{json}{stderr}, "e\n", 'of stderr too');
is_deeply([@{$res->{json}}{qw/exitCode success outcome/}],
    [3, JSON::PP::false, 'exited'], 'the exit code');
ok($res->{json}{$_} =~ /^\d+$/, $_) for qw/duration cpuTime/;
my $busy = run('i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done')
    ->{json}{cpuTime};
cmp_ok($busy, '>', 0, 'the processor that it takes');
cmp_ok(run('true')->{json}{cpuTime}, '<', $busy, 'and not what others took');

is(out('head -c 20000000 /dev/zero | tr "\\0" x | md5sum'), out('perl -e '
    . '\'print "x" x 20000000\' | md5sum'), '20 MB within');
is(length out('head -c 5000000 /dev/zero | tr "\\0" x'), 5_000_000,
    '5 MB out');

# what a job in the background writes is nobody's, and does not stop it
is(out('(sleep 0.3; echo late; echo late >&2; head -c 1000000 /dev/zero; '
    . 'touch /tmp/late) & echo now'), 'now',
    'a job in the background is not waited for');
is(out('until [ -e /tmp/late ]; do sleep 0.02; done; echo next'), 'next',
    'what it writes goes nowhere');
is(out('(sleep 60 >&- 2>&- &) ; sleep 60 & echo bg'), 'bg', 'nor is a daemon');
is(out('jobs -r | wc -l'), '1', 'jobs are known');


# hostile command lines: what bash says, and the session goes on

my $alive = 0;

sub still
{
    my ($what) = @_;
    is(out('echo "${ALIVE' . (++$alive) . '-}"'), '',
        "$what: nothing is left over");
    is(out('echo "$ALIVE"; pwd'), "yes\n/workspace", "$what: it is the same");
}

run('ALIVE=yes');

for my $case (
    ['if', 2, qr/syntax error/],
    ["echo 'abc", 2, qr/unexpected EOF/],
    ['echo "abc', 2, qr/unexpected EOF/],
    ['echo `abc', 2, qr/unexpected EOF/],
    [')', 2, qr/syntax error/],
    ['}', 2, qr/syntax error/],
    ['done', 2, qr/syntax error/],
    ['fi; echo no', 2, qr/syntax error/],
    ["cat <<X\nbody", 0, qr/here-document/, 'body'],
    ["cat <<'X'\na 'b \$c\nX\necho after", 0, qr/^$/,
        "a 'b \$c\nafter"],
    ['while :; do', 2, qr/syntax error/],
    ['f() {', 2, qr/syntax error/],
    ['return 3', 2, qr/return/],
    ['break', 0, qr/^/], ['break 3', 0, qr/^/],
    ['continue', 0, qr/^/], ['continue 2', 0, qr/^/],
    ["echo a \\", 0, qr/^$/, 'a \\'],
    ["echo a \\\n", 0, qr/^$/, 'a'],
    ["echo \\\nb", 0, qr/^$/, 'b'],
    ["true\n\n\n", 0, qr/^$/],
    ["# only a comment", 0, qr/^$/],
    ["echo x # comment", 0, qr/^$/, 'x'],
    ['no-such-command', 127, qr/not found/],
    ['/etc/passwd', 126, qr/Permission denied/],
    ['cd /no/such', 1, qr/No such file/],
    ["printf '\\1\\177%s' \"\1\177\"", 0, qr/^$/, "\1\177\1\177"],
    ["echo '\xc3\xbc \xe2\x82\xac'", 0, qr/^$/, "\xfc \x{20ac}"],
    ['cat', 0, qr/^$/], ['read x', 1, qr/^$/],
    ['exec >/tmp/x; echo hidden; exec 2>&1; ls /no/such', 2, qr/^$/],
    ['exec >&-; echo lost', 1, qr/./],
    ['exec <&- >&- 2>&-', 0, qr/^$/],
    ['exec 3>&1 4>&2 5</dev/null; echo x >&3', 0, qr/^$/, 'x'],
    ['for i in $(seq 3 255); do eval "exec $i>&-"; done', 0, qr/^/],
    ['for i in $(seq 10 255); do eval "exec $i</dev/null"; done', 0, qr/^/],
    ['for i in $(seq 10 255); do eval "exec $i>&-"; done', 0, qr/^/],
    ['exec 0</etc/passwd; read x; echo $x', 0, qr/^$/,
        'root:x:0:0:root:/root:/bin/bash'],
    ['log=1 dir=2 sp=3 ep=4 EXIT_CODE=5 REPLY=6 PREV_DIR=7 status=8 s=9; '
        . 'cleanup() { :; }; echo $log', 0, qr/^$/, '1'],
    ['IFS=,x#\\\'; echo a,b', 0, qr/^$/, 'a,b'],
    ['IFS="\' \t\n#s"; readonly IFS; echo $((1+1))', 0, qr/^$/, '2'],
    ['eval() { :; }; read() { :; }; printf() { :; }; exec() { :; }; '
        . 'test() { :; }; set() { :; }; echo x', 0, qr/^$/, 'x'],
    ['unset -f eval read printf exec test set', 0, qr/^$/],
    ['alias eval=false read=false printf=false builtin=false case=false '
        . 'do=false exec=false command=false', 0, qr/^$/],
    ['unalias -a', 0, qr/^$/],
    ['unset __sandbox __sandbox_status __sandbox_undo SANDBOX_COMMAND_ID', 0,
        qr/^$/],
    ['set -u', 0, qr/^$/], ['set +u', 0, qr/^$/],
    ['set -f -B +H; set -o pipefail; set -C', 0, qr/^$/],
    ['echo x >/tmp/y; echo y >/tmp/y', 1, qr/overwrite/],
    ['set +C', 0, qr/^$/], ['set -v', 0, qr/^/], ['set +v', 0, qr/^/],
    ['set -k', 0, qr/^$/], ['set +k', 0, qr/^$/],
    ['set -m', 0, qr/^$/], ['sleep 0.01; set +m', 0, qr/^$/],
    ['set -o posix', 0, qr/^$/], ['set +o posix; shopt -s expand_aliases', 0,
        qr/^$/],
    ['shopt -s extdebug failglob lastpipe xpg_echo; shopt -u extdebug '
        . 'failglob', 0, qr/^$/],
    ['trap "" INT TERM HUP CHLD PIPE', 0, qr/^$/],
    ['trap - INT TERM HUP CHLD PIPE', 0, qr/^$/],
    ['trap "echo err" ERR; false; trap - ERR', 0, qr/^$/, 'err'],
    ['kill -TSTP $BASHPID & kill -0 $$', 0, qr/^$/],
    ['disown -a', 0, qr/^/], ['wait', 0, qr/^/],
    ['ulimit -c 0', 0, qr/^$/],
    ['PATH=/no/such; ls', 127, qr/not found/], ['PATH=/usr/bin:/bin', 0,
        qr/^$/],
    ['export A="$(printf "a\\nb")"; echo "$A"', 0, qr/^$/, "a\nb"],
    ['false && true', 1, qr/^$/],
    ['(exit 77)', 77, qr/^$/],
    ['sh -c "kill -9 \$\$"', 137, qr/^/],
)
{
    my ($command, $code, $stderr, $stdout) = @$case;
    utf8::decode($command);
    (my $name = $command) =~ s/\n/\\n/g;
    $name =~ s/[^ -~]/?/g;
    $res = run($command);
    is($res->{status}, 200, "$name: 200");
    is($res->{json}{exitCode}, $code, "$name: $code");
    like($res->{json}{stderr} // '', $stderr, "$name: stderr");
    is($res->{json}{stdout}, $stdout, "$name: stdout") if defined $stdout;
    still($name);
}

# bash itself may not outlive this one for long
$res = run('echo $(abc', sessionId => 'paren');
is($res->{json}{exitCode}, 2, 'an open substitution');
is(out('echo x', sessionId => 'paren'), 'x', 'it goes on');

# whatever separates
separators();

# a million bytes, of one word, of lines, of quotes
for my $case (["echo '" . 'x' x 1_000_000 . "' | wc -c", '1000001'],
    ['x() { :; }' . "\nx \"it's\" \\'" x 20_000 . '# ' . 'c' x 700_000 . "\necho end", 'end'],
    [': ' . "'" . "\n" x 1_000_000 . "'; echo lines", 'lines'])
{
    is(out($case->[0]), $case->[1], length($case->[0]) . ' bytes');
    still('a long line');
}
is(run('x' x 2_100_000)->{status}, 400, 'beyond that: 400');

# tracing is of the commands, and of nothing else
run('set -x', sessionId => 'trace');
my $trace = run('echo a', sessionId => 'trace')->{json};
is($trace->{stdout}, 'a', 'set -x: stdout');
like($trace->{stderr}, qr/^\++ echo a$/, 'set -x: only the command');
run('set +x', sessionId => 'trace');
is(run('echo a', sessionId => 'trace')->{json}{stderr}, '', 'set +x');


# a shell that ends: what it wrote, and truthfully

for my $case (
    ['echo out; echo err >&2; exit 7', 7, 'out', 'err'],
    ['exit', 0, '', ''],
    ['set -e; echo a; false; echo b', 1, 'a', ''],
    ['trap "echo bye" EXIT; echo a; exit 4', 4, "a\nbye", ''],
    ['exec sh -c "echo replaced; exit 5"', 5, 'replaced', ''],
    ['echo a; kill -9 $$', 137, 'a', ''],
    ['set -n', 0, '', ''],
    ['exec no-such', 127, '', qr/not found/],
    ['echo ${NO:?gone}', 127, '', qr/gone/])
{
    my ($command, $code, $stdout, $stderr) = @$case;
    run('KEPT=1', sessionId => 'ends');
    $res = run($command, sessionId => 'ends');
    is($res->{status}, 410, "$command: 410");
    is($res->{json}{code}, 'SESSION_TERMINATED', "$command: code");
    is($res->{json}{httpStatus}, 410, "$command: httpStatus");
    is_deeply($res->{json}{context},
        { sessionId => 'ends', exitCode => $code }, "$command: context");
    is($res->{json}{stdout}, $stdout, "$command: its output is kept");
    like($res->{json}{stderr}, ref $stderr ? $stderr : qr/^\Q$stderr\E$/,
        "$command: and stderr");
    is($res->{json}{success}, JSON::PP::false, "$command: no success");
    is(out('echo [$KEPT]', sessionId => 'ends'), '[]',
        "$command: the next call has a fresh one");
}

# killed while nobody looks: said once, and others are not concerned
run('ME=1', sessionId => 'bystander');
my ($pid) = out('echo $$', sessionId => 'victim') =~ /(\d+)/;
$box->sh("kill -9 $pid; while kill -0 $pid 2>/dev/null; do sleep 0.02; done");
is(out('echo x', sessionId => 'victim'), '410 SESSION_TERMINATED',
    'the next call says so');
is(out('echo x', sessionId => 'victim'), 'x', 'the one after that works');
is(out('echo $ME', sessionId => 'bystander'), '1', 'others are as they were');

# its directory is removed
run('mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone', sessionId => 'gone');
is(out('echo works', sessionId => 'gone'), 'works', 'without a directory');
is(out('cd /; pwd', sessionId => 'gone'), '/', 'and out of it');


# per command: cwd and env, and all is as it was

run('A=plain; B=second; export C=exported; declare -r R=ro; '
    . 'declare -a L=(1 2); cd /usr; cd /', sessionId => 'per');
my @per = (sessionId => 'per');
is(out('pwd; echo $A-$NEW-$C; env | grep -c "^\(A\|NEW\|C\)="', @per,
    cwd => '/usr/lib', env => { A => "x y\n'\"\$z", NEW => 'n', C => 'c' }),
    "/usr/lib\nx y\n'\"\$z-n-c\n3" =~ s/x y\n'"\$z/x y '"\$z/r,
    'given');
is(out('pwd; echo $OLDPWD; echo $A-${NEW-unset}-$C; declare -p A C', @per),
    "/\n/usr\nplain-unset-exported\ndeclare -- A=\"plain\"\n"
    . 'declare -x C="exported"', 'taken back, unexported what was');
is(out('export A=changed; cd /tmp; false', @per, cwd => '/usr',
    env => { A => 'given' }), '', 'changed meanwhile');
is(out('pwd; declare -p A', @per), "/\ndeclare -- A=\"plain\"",
    'is taken back all the same');
is(run('false', @per, cwd => '/usr', env => { A => 'x' })
    ->{json}{exitCode}, 1, 'the exit code is the command\'s');
is(run('continue', @per, cwd => '/usr')->{status}, 200, 'left by continue');
is(out('pwd', @per), '/', 'and back');
is(out('echo ${A-unset} ${C-unset} ${L-unset}', @per,
    env => { A => undef, C => undef, L => undef, NONE => undef }),
    'unset unset unset', 'null unsets');
is(out('declare -p A C L', @per), "declare -- A=\"plain\"\n"
    . "declare -x C=\"exported\"\ndeclare -a L=([0]=\"1\" [1]=\"2\")",
    'for this command');
$res = run('pwd', @per, cwd => '/no/such');
is($res->{status}, 200, 'a missing directory: 200');
is($res->{json}{exitCode}, 1, 'exit code 1');
like($res->{json}{stderr}, qr{^Failed to change directory to /no/such},
    'and it is said');
is(out('pwd', @per), '/', 'and nothing has changed');
is(out('pwd', @per, cwd => './' x 8000 . 'usr'), '/usr',
    'a long way to a short path');
is(out('pwd', @per, cwd => 'usr'), '/usr', 'relative to where it is');
is(out('pwd', @per, cwd => "/tmp/-a 'b"), '', 'a name with quotes')
    if run("mkdir -p \"/tmp/-a 'b\"", @per)->{json}{exitCode};
is(out('pwd', @per, cwd => "/tmp/-a 'b"), "/tmp/-a 'b", 'a hostile name');
is(run('true', env => { 'A B' => 1 })->{status}, 400, 'a wrong name');
is(out('pwd', sessionId => 'fresh', cwd => '/usr'), '/usr',
    'the directory that a new session begins with');
is(out('pwd', sessionId => 'fresh'), '/usr', 'lasts');


# stdin

is(out('cat', stdin => "a\0b\n"), "a\0b", 'stdin: text');
is(out('od -An -tx1', stdinBase64 => '/wAK'), ' ff 00 0a', 'stdin: bytes');
is(out('wc -c', stdin => 'x' x 1_500_000), '1500000', 'stdin: much');
is(out('true; echo x', stdin => 'unread'), 'x', 'stdin: unread');
is(out('cat'), '', 'stdin: the next has none');
is(out('read a; read b; echo $b$a', stdin => "1\n2\n"), '21',
    'stdin: of the shell itself');
is(out('cat; echo $A; pwd', stdin => 'x', cwd => '/usr', env => { A => '1' }),
    "x1\n/usr", 'stdin: with the rest');


# variables of the sandbox

$res = $box->call('GET', '/api/env');
is_deeply([@{$res->{json}}{qw/names unset/}], [['FROM'], []],
    'names, not values');
run('MINE=mine', sessionId => 'env');
$res = post('env', { env => { FROM => 'route', ADD => "it's\nnew",
    MINE => 'theirs', HOME => undef } });
is($res->{status}, 200, 'set by route');
is_deeply([sort @{$res->{json}{names}}], [qw/ADD FROM MINE/], 'names');
is(out('echo "$FROM $ADD $MINE ${HOME-unset}"', sessionId => 'env'),
    "route it's\nnew mine unset",
    'a session follows, and what its user set stays');
is($box->sh('echo "$FROM $ADD ${HOME-unset}"'), "route it's\nnew unset\n",
    'as do others');
run('FROM=own', sessionId => 'env');
post('env', { env => { FROM => undef, ADD => undef } });
is(out('echo ${FROM-unset} ${ADD-unset}', sessionId => 'env'), 'own unset',
    'unset where it was the sandbox\'s');
is(post('env', { env => { '1' => 'x' } })->{status}, 400, 'a wrong name');
is(post('env', {})->{status}, 400, 'without env');
is(post('env', { env => { map { ("V$_" => 'x' x 1000) } 1 .. 1000 } })
    ->{status}, 200, 'many');
is(post('env', { env => { map { ("W$_" => 'x' x 1000) } 1 .. 1000 } })
    ->{status}, 413, 'too many');
post('env', { env => { map { ("V$_" => undef) } 1 .. 1000 } });


# deadlines: the command goes, the session stays

run('KEEP=1; cd /usr; (while :; do sleep 0.1; echo >>/tmp/beat; done) & '
    . 'sleep 961 & setsid sleep 962 &', sessionId => 'limit');
my @limit = (sessionId => 'limit');

for my $command ('sleep 71', 'sleep 71; echo rest', 'sleep 71 & wait',
    'while :; do sleep 71; done', 'while :; do :; done',
    'f() { while :; do sleep 71; done; sleep 71; }; f; sleep 71',
    'for i in $(seq 20); do for j in $(seq 20); do sleep 71; done; done',
    'trap "" TERM; sh -c "trap \"\" TERM; while :; do sleep 71; done"',
    '(trap "" TERM; while :; do sleep 71; done)',
    '(setsid sh -c "sleep 71 & sleep 71" &) ; sleep 71',
    '( ( while :; do sleep 71; done ) & ) ; sleep 71',
    'env -i setsid sleep 71 & wait', 'cat /dev/zero >/dev/null',
    'yes >/dev/null', 'exec 2>&1 >&-; sleep 71', '(sleep 71 | sleep 71 | sleep 71)',
    'x=$(sleep 71)', 'i=0; while [ $i -lt 50 ]; do sleep 71 & i=$((i+1)); '
    . 'done; wait', 'read x < <(sleep 71)')
{
    $res = run("echo begun; $command", @limit, timeoutMs => 300);
    is($res->{status}, 500, "$command: 500");
    is($res->{json}{code}, 'COMMAND_EXECUTION_ERROR', "$command: code");
    like($res->{json}{message}, qr/timeout after 300ms$/,
        "$command: message");
    is($res->{json}{outcome}, 'timed_out', "$command: outcome");
    like($res->{json}{stdout}, qr/^begun/, "$command: its output is there");
    is(scalar $box->processes(qr/sleep 71|^yes|cat .dev.zero/), 0,
        "$command: nothing is left");
    is(out('echo $KEEP; pwd; trap - TERM', @limit), "1\n/usr",
        "$command: the session is");
}

is(scalar $box->processes(qr/sleep 96[12]/), 2,
    'what earlier commands left running runs on');
my $beats = $box->sh('wc -l </tmp/beat');
ok($box->wait_for(60, sub { $box->sh('wc -l </tmp/beat') > $beats }),
    'its subshells too');

# in one of its builtins a shell cannot be reached
$res = run('while read x; do :; done </dev/zero', @limit, timeoutMs => 300);
is($res->{status}, 500, 'the shell itself hangs: 500');
like($res->{json}{message}, qr/timeout after 300ms; .*state is lost/,
    'which is said');
is(out('echo [$KEEP]', @limit), '[]', 'and the next call has a fresh one');

# which deadline counts
is(post('session/create', { id => 'timed', commandTimeoutMs => 300 })
    ->{status}, 200, 'a session with a deadline');
like(run('sleep 72', sessionId => 'timed')->{json}{message},
    qr/timeout after 300ms/, 'holds for its commands');
is(out('sleep 0.5; echo x', sessionId => 'timed', timeoutMs => 60_000), 'x',
    'the command\'s own comes first');
is(out('sleep 0.5; echo x', sessionId => 'timed', timeoutMs => 0), 'x',
    'none as well');
$res = $box->call('POST', '/api/env',
    { env => { COMMAND_TIMEOUT_MS => '400' } });
is($res->{status}, 200, 'a deadline of the sandbox');
for my $session ('deadline', '__DISABLE_SESSION__') {
    $res = run('sleep 72', sessionId => $session);
    is($res->{json}{outcome}, 'timed_out', "$session: holds");
    like($res->{json}{message} // $res->{json}{stderr}, qr/after 400ms/,
        "$session: and is told");
    is(out('sleep 0.6; echo x', sessionId => $session, timeoutMs => 0) =~ s/\n//r,
        'x', "$session: the command's own comes first");
    my $http = $box->http(timeout => 60);
    $http->request('POST', '/api/execute/stream', host => 'x',
        body => JSON::PP::encode_json({ command => 'sleep 0.6; echo x',
            sessionId => $session }));
    like($http->response()->{body}, qr/"type":"complete"/,
        "$session: a stream has none");
}
like(run('sleep 72', sessionId => 'timed')->{json}{message},
    qr/timeout after 300ms/, 'the session\'s comes first');
is(post('session/create', { id => 'untimed', commandTimeoutMs => 0 })
    ->{status}, 200, 'a session without one');
is(out('sleep 0.6; echo x', sessionId => 'untimed'), 'x', 'has none');
for my $none ('0', 'soon', '-5', '9' x 30, '1e2', '', undef) {
    $res = $box->call('POST', '/api/env',
        { env => { COMMAND_TIMEOUT_MS => $none } });
    is($res->{status}, 200, 'set to ' . ($none // 'null'));
    is(out('sleep 0.6; echo x', sessionId => 'deadline'), 'x', 'is none');
}


# in order, and beside one another

my @http = map { begin("echo $_; N=\${N}$_", sessionId => 'order') } 1 .. 40;
is(join(' ', map { $_->response()->{json}{stdout} } @http),
    join(' ', 1 .. 40), 'calls at once are all answered');
is(length out('echo $N', sessionId => 'order'), 71, 'one after the other');
@http = map { begin('echo $$', sessionId => 'once') } 1 .. 20;
my %pids = map { $_->response()->{json}{stdout} => 1 } @http;
is(scalar keys %pids, 1, 'the first calls of a session make one shell');
$box->sh('rm -f gate; mkfifo gate');
my $one = begin('echo one; read x <gate; X=$x', sessionId => 'one');
is(out('echo two', sessionId => 'two'), 'two', 'another session goes on');
my $queued = begin('echo after $X', sessionId => 'one');
$box->sh('echo go >gate');
is($one->response()->{json}{stdout}, 'one', 'the first one');
is($queued->response()->{json}{stdout}, 'after go', 'the one behind it');

# who waits goes away
$one = begin('read x <gate; echo $x', sessionId => 'one');
$queued = begin('touch /tmp/never', sessionId => 'one');
my $third = begin('echo third', sessionId => 'one');
is(out('echo x'), 'x', 'the three were taken');
$queued->close();
is($box->call('GET', '/api/ping')->{status}, 200, 'one has left');
$box->sh('echo go >gate');
is($one->response()->{json}{stdout}, 'go', 'the first');
is($third->response()->{json}{stdout}, 'third', 'the third');
is(out('ls /tmp/never 2>/dev/null'), '', 'the one that left was not run');
$one = begin('STATE=1; sleep 73; echo x', sessionId => 'one');
ok($box->wait_for(60, sub { $box->processes(qr/sleep 73/) }), 'it runs');
$one->close();
ok($box->wait_for(60, sub { !$box->processes(qr/sleep 73/) }),
    'its command ends with who waited');
is(out('echo $STATE', sessionId => 'one'), '1', 'and the session stays');

# when the shell ends, those behind have run nothing
$one = begin('read x <gate; exit 9', sessionId => 'one');
$queued = begin('touch /tmp/never', sessionId => 'one');
is(out('echo x'), 'x', 'both were taken');
$box->sh('echo go >gate');
is($one->response()->{status}, 410, 'the one that ended it');
$res = $queued->response();
is($res->{json}{code}, 'SESSION_TERMINATED', 'the one behind');
is_deeply($res->{json}{context}, { sessionId => 'one', exitCode => 9 },
    'knows why');
is(out('ls /tmp/never 2>/dev/null', sessionId => 'one'), '', 'and ran not');

# no more than a queue of them
$one = begin('read x <gate', sessionId => 'full');
@http = map { begin("echo $_", sessionId => 'full') } 1 .. 64;
is(out('echo x'), 'x', 'all were taken');
$res = run('true', sessionId => 'full');
is($res->{status}, 429, 'too many: 429');
is($res->{json}{code}, 'LIMIT_REACHED', 'code');
$box->sh('echo go >gate');
$one->response();
is(join(' ', map { $_->response()->{json}{stdout} } @http),
    join(' ', 1 .. 64), 'the others are served');

# nor more bytes of them; who goes away gives back what was counted
my $large = '{"sessionId":"full","command":"true ' . 'x' x 1900000 . '"}';
$one = begin('read x <gate', sessionId => 'full');
for my $round (1, 2) {
    my ($refused, @others);
    @http = map { $box->http(timeout => 120) } 1 .. 18;
    $_->request('POST', '/api/execute', host => 'x', body => $large) for @http;
    ok($box->wait_for(60, sub {
        @others = grep { !$_->{select}->can_read(0) } @http;
        return @others == 17;
    }), "one of 18 is answered, $round");
    ($refused) = grep { $_->{select}->can_read(0) } @http;
    $res = $refused->response();
    is($res->{status}, 429, "too large: 429, $round");
    is_deeply([@{$res->{json}{context}}{qw/limit max/}], ['bytes', 32 << 20],
        "which limit, $round");
    $_->close() for @others;
    is($box->call('GET', '/api/ping')->{status}, 200, 'they have left');
}
$box->sh('echo go >gate');
is($one->response()->{status}, 200, 'and the one before them is served');


# the tenant's hands in our works

my $dir = $box->sh('ls -d /dev/shm/.sandbox-*/* | head -1') =~ s/\n//r;
ok(length $dir, 'there is a directory');
for my $junk ('0;', 'p1;', 'p0;', 'p999999;', 'x;;;p', '99999999999999;',
    'p12', "\0" x 5000)
{
    $box->sh("for d in /dev/shm/.sandbox-*/*; do printf '"
        . $junk =~ s/\0/\\0/gr . "' >\$d/s; done");
}
is($box->call('GET', '/api/ping')->{status}, 200, 'nonsense hurts nobody');
is($box->call('GET', '/api/session/list')->{status}, 200, 'the list as well');

# who says that it is done before the shell has read what to do
my $shell = out('echo $$', sessionId => 'early');
($dir) = $box->sh("tr '\\0' '\\n' </proc/$shell/cmdline")
    =~ m{(/dev/shm/\.sandbox-[^\s/'"]+/[^\s/'"]+)};
$box->sh("kill -STOP $shell");
my $early = begin('echo it' . ' ' x 200_000 . 'ran', sessionId => 'early');
ok($box->wait_for(60, sub { $box->sh("ls $dir/o 2>/dev/null") }), 'it begins');
$box->sh("printf '0;' >$dir/s");
is($box->call('GET', '/api/ping')->{status}, 200, 'a word from elsewhere');
$box->sh("kill -CONT $shell");
is($early->response()->{json}{stdout}, 'it ran', 'is not the shell\'s');

$box->sh('rm -rf /dev/shm/.sandbox-*');
run('true', sessionId => 'wiped');
is(out('echo x', sessionId => 'wiped'), 'x', 'all was removed: a new one');


# sh, where there is no bash

SKIP: {
    my $sh = -x '/bin/busybox' ? '/bin/busybox' : undef;
    skip 'no static shell here (busybox-static)', 1
        if !$sh || `file -L $sh` !~ /static/;
    my $root = File::Temp::tempdir(DIR => '/tmp');
    mkdir "$root/$_" for qw/bin dev tmp etc usr/;
    copy($sh, "$root/bin/busybox");
    chmod 0755, "$root/bin/busybox";
    symlink 'busybox', "$root/bin/$_"
        for qw/sh echo sleep cat env wc grep ps/;
    system("mknod $root/dev/null c 1 3 && chmod 666 $root/dev/null");

    # a sanitizer's agent is not static

    for my $lib (`ldd $Sandbox::Box::AGENT 2>/dev/null` =~ m{(/\S+)}g) {
        make_path(dirname("$root$lib"));
        copy($lib, "$root$lib") or die "$lib: $!";
        chmod 0755, "$root$lib";
    }
    my $small = Sandbox::Box->new(box => ["root=$root"]);
    my @s = (box => $small);
    $res = run('echo hi; cd /usr; X=1; f() { echo f; }; alias q="echo al"',
        @s);
    is($res->{json}{stdout}, 'hi', 'sh');
    is($res->{json}{shell}, '/bin/sh', 'is named');
    is(out("pwd\necho \$X\nf\nq", @s), "/usr\n1\nf\nal",
        'sh: what it can keep, and lines');
    separators(@s);
    is(out("cat <<E\na 'b\nE\necho \"it's\"", @s), "a 'b\nit's",
        'sh: quotes and a here-document');
    for my $case (['if', 2], ["echo 'x", 2], ['false', 1],
        ['continue', 0], ['break', 0], ['set -u; echo $NOPE', 2],
        ['exec 3>&- 8>&- 9>&-', 0])
    {
        is(run($case->[0], @s)->{json}{exitCode}, $case->[1],
            "sh: $case->[0]");
        is(out('set +u; echo $X', @s), '1', "sh: $case->[0]: it goes on");
    }
    is(out('pwd; echo $A; env | grep ^A=', @s, cwd => '/tmp',
        env => { A => "x\ny" }), "/tmp\nx y\nA=x", 'sh: per command');
    is(out('echo ${A-unset}; pwd', @s), "unset\n/usr", 'sh: taken back');
    run('B=1', @s);
    is(out('echo ${B-unset}', @s, env => { B => undef }), 'unset',
        'sh: null unsets');
    is(out('echo $B', @s), '1', 'sh: for this command');
    is(out('cat', @s, stdin => "in\n"), 'in', 'sh: stdin');
    $res = run('while :; do sleep 75; done', @s, timeoutMs => 300);
    is($res->{json}{code}, 'COMMAND_EXECUTION_ERROR', 'sh: a deadline');
    is(out('echo $X', @s), '1', 'sh: the session stays');
    $res = run('echo x; exit 6', @s);
    is_deeply([$res->{status}, $res->{json}{stdout},
        $res->{json}{context}{exitCode}], [410, 'x', 6], 'sh: exit');
    my $http = $small->http(timeout => 60);
    $http->request('POST', '/api/execute/stream', host => 'x',
        body => '{"command":"echo $0; exit 3"}');
    $http->head();
    my $sse = Sandbox::SSE->new($http);
    my @events;
    while (my $e = $sse->next()) {
        push @events, JSON::PP::decode_json($e->{data});
    }
    is_deeply([map { $_->{type} } @events], [qw/start stdout complete/],
        'sh: a stream');
    is($events[-1]{exitCode}, 3, 'sh: and its end');
    undef $small;
    remove_tree($root);
}

is($_->stop(), 0, 'an orderly end') for $box, $web;

done_testing();
