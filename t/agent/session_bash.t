#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# What a script sees in a session is what it sees in a bash of its own: each
# script is run by "bash -c" and in three ways in sessions, and exit code,
# standard output and standard error are compared.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::SSE;

# no failing test may wait for ever
alarm 300;

my $json = JSON::PP->new->utf8->canonical;
my $box = Sandbox::Box->new();
my $n = 0;

my %scripts = (
    'LINENO' => "echo \$LINENO\necho \$LINENO\n\n\necho \$LINENO",
    'LINENO after empty lines' => "\n\n  \necho \$LINENO\n\n",
    'LINENO in a function' => "f() {\n  echo \$LINENO\n}\nf\necho \$LINENO",
    'LINENO in a loop' => "for i in 1 2; do\necho \$LINENO\ndone",
    'LINENO of a continued line' => "echo a \\\n  b\necho \$LINENO",
    'no such command' => "true\n\nno-such-command\necho \$?",
    'a syntax error' => "echo before\nif\nthen",
    'a syntax error at the end' => "echo before\n( echo",
    'an open quote' => "echo before\necho 'open\nstill",
    'an open here-document' => "cat <<E\na\nb",
    'a here-document' => "cat <<E\na \$((1 + 1))\nE\ncat <<'F'\n\$x\nF",
    'ERR' => "trap 'echo ERR \$LINENO \$? \$BASH_COMMAND' ERR\nfalse\n(exit 3)\n"
        . "true\nfalse || true\nif false; then :; fi\n! true\nfalse",
    'ERR in a function' => "trap 'echo ERR \$LINENO' ERR\nf() {\nfalse\n}\nf\n"
        . "set -E\nf",
    'DEBUG' => "trap 'echo D \$LINENO \$BASH_COMMAND' DEBUG\necho 1\n"
        . "for i in a b; do echo \$i; done\nx=1\n(echo sub)",
    'DEBUG counts' => "trap 'n=\$((n + 1))' DEBUG\ntrue\ntrue\necho \$n",
    'DEBUG and functrace' => "set -T\ntrap 'echo D \$BASH_COMMAND' DEBUG\n"
        . "f() { echo f; }\nf",
    'RETURN' => "f() { trap 'echo R' RETURN; echo f; }\nf\necho end",
    'EXIT' => "trap 'echo bye \$?' EXIT\necho hi\nexit 4",
    'EXIT and set -e' => "set -e\ntrap 'echo bye \$?' EXIT\necho hi\nfalse\n"
        . "echo never",
    'set -e' => "set -e\nfalse || true\nif false; then :; fi\nfalse && true\n"
        . "echo still\nfalse\necho never",
    'set -e in a function' => "set -e\nf() { false; echo never; }\nf || echo x\n"
        . "f\necho never",
    'set -v' => "set -v\necho 1\n# a comment\necho 2\nf() {\n:\n}",
    'set -n' => "echo 1\nset -n\necho 2",
    'set -u' => "set -u\necho \${x-unset}\necho \$y\necho never",
    'set -o pipefail' => "set -o pipefail\nfalse | true\necho \$?",
    '$?' => "(exit 5)\necho \$?\n(exit 6)",
    'PIPESTATUS' => "false | true | (exit 3)\necho \${PIPESTATUS[@]}",
    '$_' => "echo a b\necho \$_",
    'FUNCNAME and caller' => "f() { echo \${FUNCNAME[@]}; caller; caller 0; }\n"
        . "g() {\nf\n}\ng\necho \${FUNCNAME-none} \${#FUNCNAME[@]}",
    'BASH_SUBSHELL' => "echo \$BASH_SUBSHELL\n(echo \$BASH_SUBSHELL)",
    'BASH_COMMAND' => 'echo $BASH_COMMAND',
    'positional parameters' => 'echo $# "$@" $0; set -- a b; echo $#',
    'return' => "echo a\nreturn 3\necho \$?",
    'local' => "local x=1\necho \$?",
    'SHLVL and options' => "echo \$-\nshopt -p extglob sourcepath",
    'a trailing backslash' => "echo a \\",
    'a comment at the end' => 'echo a # b',
    'a dash' => '-n',
    'two dashes' => '-- echo a',
    'spaces' => "  \t ",
    'nothing' => '',
    'blanks around' => "  echo '  a  '  \n\n",
    'background' => "sleep 0.01 &\nwait \$!\necho \$?",
    'sourced' => "echo 'echo \$LINENO; return 7' > s; . ./s; echo \$?",
    'eval' => "eval 'echo \$LINENO\necho \$LINENO'\necho \$LINENO",
    'an error of an expansion' => "echo \$((1 / 0))",
    'an alias' => "alias a='echo alias'\nshopt -s expand_aliases\na",
);

# these show one more level of evaluation than bash alone

my %nested = (
    'set -x' => "set -x\necho 1\nf() { echo \$1; }\nf 2\nset +x\necho 3",
    'set -vx' => "set -vx\necho 1\necho 2",
    'set -x and DEBUG' => "trap 'true' DEBUG\nset -x\necho 1",
);

# a command sees what those before it have left: the commands, and what all of
# them print on stdout and on stderr

my @parts = (
    ['ERR', ["trap 'echo ERR \$LINENO' ERR", 'false', "true\nfalse"],
        "ERR 1\nERR 2\n", ''],
    ['DEBUG', ["trap 'echo D \$BASH_COMMAND' DEBUG", 'echo 1', "echo 2\n:",
        'trap - DEBUG', 'echo 3'],
        "D echo 1\n1\nD echo 2\n2\nD :\nD trap - DEBUG\n3\n", ''],
    ['a DEBUG trap of lines', ["trap \$'echo \"it\\'s\"\\necho two' DEBUG",
        "echo 1\necho \$LINENO"], "it's\ntwo\n1\nit's\ntwo\n2\n", ''],
    ['set -v', ['set -v', "echo 1\necho 2", '(exit 3)', 'echo $?'],
        "1\n2\n3\n", "echo 1\necho 2\n(exit 3)\necho \$?\n"],
    ['$?', ['(exit 5)', 'echo $?', 'false', 'echo $?; (exit 7)', 'echo $?'],
        "5\n1\n7\n", ''],
    ['$? and set -e', ['set -e', 'false || true', '! true', 'echo $?'],
        "1\n", ''],
    ['$? and ERR', ["trap 'echo ERR' ERR", 'f() { return 4; }; ! f; (exit 3)',
        'echo $?'], "ERR\n3\n", ''],
    ['IFS', ["IFS=\$' \ntxo'; readonly IFS", "\necho \$LINENO tox",
        'echo x'], "2 tox\nx\n", ''],
    ['posix', ['set -o posix', "echo \$LINENO\nfalse", 'echo $?', 'if',
        'echo $?; IFS=" ns"; readonly IFS', '  echo on'], "1\n1\n2\non\n",
        qr/^bash: line 2: syntax error: unexpected end of file\n\z/],
    ['set -x', ['set -x', 'echo 1', "echo 2\n(exit 3)", 'echo $?'],
        "1\n2\n3\n", "++ echo 1\n++ echo 2\n++ exit 3\n++ echo 3\n"],
    ['set -vx', ['set -vx', "echo 1\necho 2", '(exit 3)', 'echo $?'],
        "1\n2\n3\n", "echo 1\n++ echo 1\necho 2\n++ echo 2\n(exit 3)\n"
        . "++ exit 3\necho \$?\n++ echo 3\n"],
    ['set -x, DEBUG and -v', ["trap ':' DEBUG\nset -x\nset -v",
        "echo 1\necho 2", 'set +v', 'set +x', 'echo 3'], "1\n2\n3\n",
        qr/^(?:\++\ :\n)*\+\+\ set\ -v\n
            echo\ 1\n(?::\n)?\+\+\+\ :\n\+\+\ echo\ 1\n
            echo\ 2\n(?::\n)?\+\+\+\ :\n\+\+\ echo\ 2\n
            set\ \+v\n(?::\n)?\+\+\+\ :\n\+\+\ set\ \+v\n
            \+\+\+\ :\n\+\+\ set\ \+x\n\z/x],
    ['variables of the call', ['A=plain; export B=exported; C=(1 2)',
        [ 'echo $A $B $C $D; A=changed', A => 'a', B => 'b', C => 'c',
            D => 'd' ], 'declare -p A B C; echo ${D-unset}'],
        "a b c d\ndeclare -- A=\"plain\"\ndeclare -x B=\"exported\"\n"
        . "declare -a C=([0]=\"1\" [1]=\"2\")\nunset\n", ''],
);

compare($_, $scripts{$_}, 0) for sort keys %scripts;
compare($_, $nested{$_}, 1) for sort keys %nested;
in_parts(@$_) for @parts;

is($box->stop(), 0, 'an orderly end');

done_testing();


# [exit code, stdout, stderr]

sub alone
{
    my ($script, $nested) = @_;
    my $res = $box->exec({ argv => ['bash', '-c', '--', $script, 'bash'],
        env => { LC_ALL => 'C.UTF-8' } });
    return plain([$res->{exit}{exit_code}, $res->{stdout}, $res->{stderr}],
        $nested);
}


sub plain
{
    my ($result, $nested) = @_;
    my ($code, $out, $err) = @$result;
    $err =~ s/^bash: (?:-c|eval): /bash: /mg;

    if ($nested) {
        my ($least) = sort { length $a <=> length $b } $err =~ /^(\++) /mg;
        $least = length($least // '+') - 1;
        $err =~ s/^\+{$least}(\++ )/$1/mg;
    }

    return [$code, map { s/\n\z//r } $out, $err];
}


sub run
{
    my ($script, $session, $nested, %o) = @_;
    my $json = $box->execute($script, sessionId => $session, %o)->{json};
    return plain([$json->{exitCode} // $json->{context}{exitCode},
        $json->{stdout}, $json->{stderr}], $nested);
}


sub stream
{
    my ($script, $session, $nested) = @_;
    my $http = $box->http(timeout => 60);
    $http->request('POST', '/api/execute/stream', host => 'x',
        body => $json->encode({ command => $script, sessionId => $session }));
    return undef if $http->head()->{status} != 200;
    my $sse = Sandbox::SSE->new($http);
    my %got = (stdout => '', stderr => '');

    while (my $e = $sse->next()) {
        my $data = $json->decode($e->{data});
        $got{$data->{type}} .= $data->{data} if $data->{type} =~ /^std/;
        return plain([$data->{exitCode}, @got{qw/stdout stderr/}], $nested)
            if $data->{type} eq 'complete';
    }
    return undef;
}


sub compare
{
    my ($name, $script, $nested) = @_;
    my $want = alone($script, $nested);

    is_deeply(run($script, 's' . ++$n, $nested), $want, "$name: a session");
    is_deeply(run($script, "s$n-e", $nested, cwd => '/workspace',
        env => { E => "1\n2" }, stdin => ''), $want,
        "$name: with cwd, env and stdin");

    # an error of an expansion ends a subshell with another code
    $want->[0] = 1 if $name =~ /^(?:set -u|an error of an expansion)$/;

    is_deeply(stream($script, "s$n-x", $nested), $want, "$name: a stream")
        if $script =~ /\S/;
}


sub in_parts
{
    my ($name, $parts, $out, $err) = @_;
    my @got = ('', '');

    $n++;

    for my $part (@$parts) {
        my ($command, %env) = ref $part ? @$part : ($part);
        my $res = run($command, "p$n", 0, %env ? (env => \%env) : ());
        $got[$_] .= $res->[$_ + 1] eq '' ? '' : "$res->[$_ + 1]\n" for 0, 1;
    }

    is($got[0], $out, "in parts, $name: stdout");
    ref $err ? like($got[1], $err, "in parts, $name: stderr")
        : is($got[1], $err, "in parts, $name: stderr");
}
