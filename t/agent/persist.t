#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /persist: an archive of the workspace, as strict clients take it and as
# other programs extract it.

use warnings;
use strict;

use File::Basename;
use File::Temp ();
use Test::More;
use Time::HiRes qw/sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Tar;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });
my $temp = File::Temp::tempdir(CLEANUP => 1);
my $res;


# nothing at all

$res = persist();
is($res->{status}, 200, 'an empty workspace');
is($res->{headers}{'content-type'}, 'application/octet-stream', 'its type');
is_deeply([names($res)], ['./'], 'is a directory');


# everything that may be in a workspace

my $long = 'l' x 120;
my $deep = join '/', ('d' x 90) x 12;
$box->sh(q(
    umask 022
    mkdir -p a/b/c empty ro; echo one >a/b/c/f; ln a/b/c/f a/second
    ln -s b/c/f a/link; ln -s /usr/bin/env absolute; ln -s nowhere astray
    mkfifo fifo; truncate -s 3M hole; echo end >>hole
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
    printf x >-dash; printf x >"$(printf 'new\nline')"; : >nothing
    printf x >"$(printf 'bad\377utf')"; printf x >"$(printf 'e\314\201')"
    printf x >"$(printf 'comma,name')"; printf x >"$(printf 'n%.0s' $(seq 255))"
    head -c 100000 /dev/urandom >random; chmod 6755 random; chmod 1777 empty
    chmod 2775 ro; touch -d '2001-02-03 04:05:06' a; echo x >ro/x; chmod 444 ro/x
) . "
    mkdir -p '$long' '$deep'; echo 2 >'$long/$long'; echo 3 >'$deep/x'
    ln -s '$deep/x' longlink
    printf x >\"\$(printf '$long\\377')\"
");

$res = persist();
is($res->{status}, 200, 'all kinds of files');
is_deeply([Sandbox::Tar::refused($res->{body})], [],
    'nothing that strict clients refuse');

my %m = members($res);
is($m{'./a/b/c/f'}{data}, "one\n", 'a file');
is($m{'./a/second'}{data}, "one\n", 'its other name is a file too');
is($m{'./a/link'}{link}, 'b/c/f', 'a link');
is($m{'./absolute'}{link}, '/usr/bin/env', 'an absolute link');
is($m{'./longlink'}{link}, "$deep/x", 'a long link');
is($m{'./hole'}{size}, 3 * 1024 * 1024 + 4, 'holes are dense');
ok(!exists $m{$_}, "no $_") for './fifo', './sock';
is($m{"./$long/$long"}{data}, "2\n", 'a long name');
is($m{"./$deep/x"}{data}, "3\n", 'a deep name');
is($m{"./$long\xff"}{pax}{hdrcharset}, 'BINARY',
    'a long name that is no UTF-8');
is(sprintf('%o', $m{'./random'}{mode}), '755', 'no set-user-ID of a file');
is(sprintf('%o', $m{'./empty/'}{mode}), '1777', 'sticky');
is(sprintf('%o', $m{'./ro/'}{mode}), '2775', 'set-group-ID of a directory');
is($m{'./a/'}{mtime}, 981173106, 'a time');
is_deeply([names($res)], [sort { key($a) cmp key($b) } names($res)],
    'in the order of the names');
is(persist()->{body}, $res->{body}, 'the same bytes again');

# other programs extract the same tree

$box->sh("rm fifo sock; rm -f $long?; chmod 755 random");
$res = persist();
my $want = tree($box);

for my $program (['tar', 'xpf'], ['bsdtar', 'xpf'], ['busybox', 'tar', 'xpf'],
    ['python3', '-c', 'import sys,tarfile;t=tarfile.open(sys.argv[1]);'
        . 't.extractall(".")'],
    ['node', '-e', 'require("' . node_tar() . '").x({sync:true,'
        . 'file:process.argv[1],preservePaths:true,preserveOwner:false,'
        . 'umask:0})'])
{
    my $name = $program->[0];
    my $dir = "$temp/$name";

    SKIP: {
        skip("no $name", 1) if !which($name);
        skip('no node-tar', 1) if $name eq 'node' && !node_tar();
        mkdir $dir;
        spew("$temp/all.tar", $res->{body});
        system("cd '$dir' && " . join ' ', map { "'$_'" } @$program,
            "$temp/all.tar");

        my $got = `cd '$dir' && @{[tree_command()]}`;
        ok($name =~ /^(?:bsd)?tar$/ ? $got eq $want : plain($got) eq plain($want),
            "$name extracts it") or diag(join "\n", map { substr $_, -60 }
            grep { index(plain($want), $_) == -1 } split /\n/, plain($got));
    }
}


# what is left out

$box->sh('find . -mindepth 1 -delete; mkdir -p src/node_modules/x node_modules/y
    "we,ird" logs; touch src/a node_modules/b logs/1.log logs/2.txt "*"
    src/node_modules/x/c "we,ird/x" [a] a');

for my $case (
    ['node_modules', qr{^\./node_modules}],
    ['./node_modules/', qr{^\./node_modules}],
    ['node_modules%2Clogs', qr{^\./(?:node_modules|logs)}],
    ['node_modules,,logs,', qr{^\./(?:node_modules|logs)}],
    ['*node_modules', qr{node_modules}],
    ['*.log', qr{\.log$}], ['logs/[!2]*', qr{1\.log}],
    ['logs%2F?.log', qr{\.log$}], ['%5C*', qr{^\./\*$}],
    ['%5B', qr{^$}], ['%5B%5Da%5D', qr{^\./a$}], ['[a-b]', qr{^\./a$}],
    ['', qr{^$}], ['.', qr{^$}], ['none', qr{^$}],
    ['src/node_modules/x', qr{^\./src/node_modules/x}],
    [join('*', ('a') x 200), qr{^$}])
{
    my ($excludes, $re) = @$case;
    my @all = names(persist());
    my $short = substr $excludes, 0, 40;
    is_deeply([names(persist("excludes=$excludes"))],
        [grep { $_ !~ $re } @all], "excludes=$short");
}

for my $case (
    ['excludes=..', qr/exclude paths must not contain "\.\."/],
    ['excludes=a%2C..%2Fb', qr/exclude paths must not contain "\.\."/],
    ['excludes=a/../b', qr/exclude paths must not contain "\.\."/],
    ['excludes=%2Fworkspace', qr/relative/],
    ['excludes=' . join(',', 1 .. 257), qr/more than 256/],
    ['links=hard', qr/links: must be "keep"/],
    ['sparse=1', qr/sparse: must be "keep"/])
{
    my ($query, $re) = @$case;
    $res = persist($query);
    is("$res->{status} $res->{json}{code}", '400 invalid_request',
        substr $query, 0, 40);
    like($res->{json}{error}, $re, 'the reason');
}
is(scalar names(persist('excludes=a..b')), scalar names(persist()),
    'dots within a name');


# links and holes, when asked for

$box->sh('find . -mindepth 1 -delete; echo 1 >a; ln a b; ln a c; echo 2 >d;
    ln d /d; truncate -s 64M e; echo x >>e; truncate -s 1M f; : >g
    python3 -c "
f = open(\'many\', \'wb\')
for i in range(5000): f.seek(i * 8192); f.write(b\'x\')"');
$want = tree($box);
%m = members($res = persist('links=keep'));
is(join(' ', map { $m{"./$_"}{type} } 'a' .. 'd'), '0 1 1 0',
    'links=keep: links');
is($m{'./c'}{link}, './a', 'to the first name');
is($m{'./e'}{size}, 64 * 1024 * 1024 + 2, 'and dense holes');

$res = persist('links=keep&sparse=keep');
cmp_ok(length $res->{body}, '<', 32 * 1024 * 1024, 'sparse=keep: holes');

for my $program ('tar', 'bsdtar') {
    SKIP: {
        skip("no $program", 2) if !which($program);
        my $dir = "$temp/sparse-$program";
        mkdir $dir;
        spew("$temp/all.tar", $res->{body});
        system("cd '$dir' && $program xpf '$temp/all.tar'");
        ok(`cd '$dir' && @{[tree_command()]}` eq $want,
            "$program extracts them");
        cmp_ok((stat "$dir/e")[12], '<', 1000, 'as holes');
    }
}


# a tree that is deep, and a directory that is large

$box->sh('find . -mindepth 1 -delete; unlink /d;
    python3 -c "
import os
for i in range(1200): os.mkdir(\'d\'); os.chdir(\'d\'); open(\'f\', \'w\')
os.chdir(\'/workspace\'); os.mkdir(\'z\')
for i in range(60000): open(\'z/%x-a-name-of-some-length-\' % (i * 7919), \'w\')"');
%m = members($res = persist());
is(scalar keys %m, 1 + 2400 + 1 + 60000, 'deep and large: all of it');
is_deeply([Sandbox::Tar::refused($res->{body})], [], 'and right');
cmp_ok($box->status('VmHWM'), '<', 8192, 'in less than 8 MB')
    if !$Sandbox::Box::SANITIZE;


# errors

$box->sh('find . -mindepth 1 -delete');
mounted('-t', 'tmpfs', 'none', '/workspace');
$box->sh('truncate -s 70G /workspace/large');
$res = persist();
is("$res->{status} $res->{json}{code}", '502 workspace_archive_read_error',
    'a file of 70 GB');
like($res->{json}{error}, qr{^\./large: .*larger than 64 GB.*excludes},
    'the reason');
is(persist('excludes=large')->{status}, 200, 'without it');
is(persist('sparse=keep')->{status}, 200, 'or without its holes');
$box->sh('rm large');

$web->sh('mkdir secret; echo x >secret/f; chmod 0 secret');
$res = persist(undef, $web);
is("$res->{status} $res->{json}{code}", '502 workspace_archive_read_error',
    'a directory that the user may not read');
is($res->{json}{error}, './secret: permission denied', 'the reason');
is($res->{json}{context}{path}, './secret', 'the path');
$web->sh('chmod 755 secret; chmod 0 secret/f');
is(persist(undef, $web)->{status}, 502, 'such a file');

# beyond the first buffer the response is cut
$web->sh('chmod 644 secret/f; head -c 3000000 /dev/zero >big; echo >zzz;
    chmod 0 zzz');
my $http = $web->http();
$http->request('POST', '/persist', host => 'x');
$res = $http->response();
is($res->{status}, 200, 'an error later on');
ok($http->{broken}, 'cuts the response');
like($web->log(), qr/persist: response cut: Permission denied/, 'and is logged');
$web->sh('rm -f zzz');
is(persist(undef, $web)->{status}, 200, 'the next one is whole');

is($box->call('GET', '/persist')->{status}, 404, 'GET');


# at most two at a time; a client that leaves makes room

$box->sh('head -c 50000000 /dev/zero >big');
my @slow = map { slow($box) } 1 .. 2;
$res = persist();
is("$res->{status} $res->{json}{code}", '503 capacity_exceeded',
    'the third at a time');
@slow = ();
ok($box->wait_for(10, sub { persist()->{status} == 200 }), 'when they left');
ok($box->wait_for(10, sub {
    !grep { (readlink // '') =~ m{/workspace} } glob "/proc/$box->{pid}/fd/*"
}), 'nothing is left open');


# names that change all the time

$box->sh('rm big; mkdir -p r/d; echo x >r/d/f; ln -s /etc target');
my $racer = $box->http(timeout => 120);
$racer->request('POST', '/exec', host => 'x', body => encode([qw{python3 -c},
    'import os, time
end = time.time() + 5
os.chdir("/workspace/r")
while time.time() < end:
    for make in (lambda: open("x", "w").write("f"),
                 lambda: os.symlink("/etc", "x"),
                 lambda: os.mkfifo("x"),
                 lambda: (os.mkdir("x"), open("x/passwd", "w").close())):
        make()
        if os.path.isdir("x") and not os.path.islink("x"):
            os.unlink("x/passwd")
            os.rmdir("x")
        else:
            os.unlink("x")']));
my ($n, @wrong) = (0);
my $end = time + 5;
while (time < $end) {
    $res = persist();
    push @wrong, $res->{status} if $res->{status} != 200 || $res->{broken};
    push @wrong, Sandbox::Tar::refused($res->{body});
    push @wrong, grep { /root:/ } $res->{body};
    $n++;
}
is_deeply(\@wrong, [], "$n archives of what changes meanwhile");

done_testing();


sub persist
{
    my ($query, $from) = @_;
    return ($from // $box)->call('POST', '/persist'
        . (defined $query ? "?$query" : ''));
}


sub names { return map { $_->{name} } @{Sandbox::Tar::members($_[0]{body})} }


sub members
{
    return map { ($_->{name} => $_) } @{Sandbox::Tar::members($_[0]{body})};
}


# a slash sorts before everything else
sub key { return $_[0] =~ tr{/}{\0}r =~ s/\0$//r }


sub slow
{
    my ($from) = @_;
    my $http = $from->http(timeout => 60);
    $http->request('POST', '/persist', host => 'x');
    $http->head();
    return $http;
}


# names, types, modes, sizes, times, link targets and contents of a tree

sub tree_command
{
    return q{find . -mindepth 1 -printf '%p|%y|%m|%s|%Ts|%l\0' }
        . q{| sed -z 's/\(|d|[0-7]*\)|[0-9]*|/\1|/' | LC_ALL=C sort -z}
        . q{; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | cksum};
}


sub tree
{
    my ($from) = @_;
    my $dir = "/proc/" . $from->pid() . '/root/workspace';
    return scalar `cd $dir && @{[tree_command()]}`;
}


# without what some programs do not keep: times, special bits, and names that
# are no UTF-8

sub plain
{
    return join "\n", grep { !/\xff|\xef\xbf\xbd/ }
        map { /^(\..*\|[a-z])\|\d*(\d{3})\|(?:(\d+)\|)?\d+\|(.*)$/s
            ? "$1 " . ($3 // '') . " $4" : () } split /\0/, $_[0];
}


sub mounted
{
    my (@args) = @_;
    system('nsenter', '-t', $box->pid(), '-m', '-r', 'mount', @args) == 0
        or die "mount @args failed\n";
}


sub which { return grep { -x "$_/$_[0]" } split /:/, $ENV{PATH} }


sub node_tar
{
    return (grep { -d } map { "$_/tar" } '/usr/share/nodejs',
        '/usr/lib/node_modules/npm/node_modules')[0] // '';
}


sub spew
{
    my ($path, $text) = @_;
    open my $fh, '>', $path or die "$path: $!";
    print $fh $text;
    close $fh;
}


sub encode { return JSON::PP->new->encode({ argv => $_[0] }) }
