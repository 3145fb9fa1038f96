#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Archives of other directories than the workspace, patterns for any depth, and
# archives that replace what is in a directory.

use warnings;
use strict;

use File::Basename;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Tar;

# no failing test may wait for ever
alarm 300;

my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });
my $res;

my $roots = 'dir: must be /workspace, /home, /tmp, /var/tmp, /app or a '
    . 'directory below one of them, without ".."';

# which directories

$box->sh('mkdir -p /app/src/deep /tmp/x; echo 1 >/app/src/a; echo 2 >/tmp/x/b;
    echo 3 >w; ln -s /app/src /tmp/link; ln -s /proc/1 /tmp/agent');

for my $case (['', './ ./w'], ['dir=', './ ./w'], ['dir=/workspace', './ ./w'],
    ['dir=/app/src', './ ./a ./deep/'], ['dir=%2Ftmp%2Fx', './ ./b'],
    ['dir=/tmp/x/', './ ./b'], ['dir=/tmp/link', './ ./a ./deep/'])
{
    my ($query, $names) = @$case;
    is(names($box->call('POST', "/persist?$query")), $names, "persist $query");
}

for my $dir ('/', '/etc', '/workspaces', '/app/../etc', '/tmp/..', 'x',
    '/tmp/' . 'x' x 4096)
{
    for my $route ('/persist', '/hydrate') {
        $res = $box->call('POST', "$route?dir=$dir", 'x' x 512);
        is("$res->{status} $res->{json}{code} $res->{json}{error}",
            "400 invalid_request $roots", "$route " . substr $dir, 0, 20);
    }
}

$res = $box->call('POST', '/persist?dir=/tmp/agent');
is("$res->{status} $res->{json}{code}", '502 workspace_archive_read_error',
    'the agent\'s own directory in /proc');
$res = $box->call('POST', '/hydrate?dir=/tmp/agent', tar(n => 'x'));
is($res->{status}, 403, 'nor is it written to');

# for a backup, errors are those of backups

for my $case (
    ['persist?dir=/tmp/none', '400 INVALID_BACKUP_CONFIG backup.create'],
    ['persist?dir=/app/src/a', '400 INVALID_BACKUP_CONFIG backup.create'],
    ['hydrate?dir=/app/src/a', '400 INVALID_BACKUP_CONFIG backup.restore'],
    ['persist?dir=/etc', '400 INVALID_BACKUP_CONFIG '],
    ['persist?exclude=../x', '400 INVALID_BACKUP_CONFIG '])
{
    my ($route, $want) = @$case;
    $res = $box->call('POST', "/$route&backup=1", tar(n => 'x'));
    is("$res->{status} $res->{json}{code} " . ($res->{json}{operation} // ''),
        $want, $route);
}
$res = $box->call('POST', '/hydrate?dir=/tmp/x&backup=1', 'text');
is("$res->{status} $res->{json}{code} $res->{json}{error}",
    '500 BACKUP_RESTORE_FAILED the body is not a tar archive', 'no archive');

# a directory is made, with those above it

is($box->call('POST', '/hydrate?dir=/home/a/b/c', tar(n => 'x'))->{status},
    200, 'hydrate into a directory that is missing');
is($box->sh('cat /home/a/b/c/n'), 'x', 'it is there');
is($web->call('POST', '/hydrate?dir=/tmp/as/web', tar(n => 'x'))->{status},
    200, 'as another user');
is($web->sh('stat -c "%U %a" /tmp/as /tmp/as/web /tmp/as/web/n'),
    "web 755\nweb 755\nweb 644\n", 'whose it is');

# patterns for any depth

$box->sh('rm -rf /app; mkdir -p /app/src/node_modules/x /app/logs/deep
    mkdir -p /app/node_modules/y; cd /app; touch src/a.log src/keep
    touch logs/deep/b.log node_modules/y/z src/node_modules/x/z
    touch "src/we,ird" src/node_modules_2');
my @all = split / /, names($box->call('POST', '/persist?dir=/app'));
for my $case (
    ['node_modules', qr{/node_modules/}], ['**/node_modules', qr{/node_modules/}],
    ['node_modules/**', qr{/node_modules/}], ['*.log', qr{\.log$}],
    ['src/**/z', qr{^-}], ['logs/**/b.log', qr{^-}],
    ['deep/b.log', qr{/b\.log$}], ['**', qr{^-}], ['**/', qr{^-}],
    ['we,ird', qr{we,ird}], ['odules', qr{^-}], ['node_modules/y', qr{s/y/}],
    ['x/z', qr{x/z$}])
{
    my ($pattern, $re) = @$case;
    is(names($box->call('POST', "/persist?dir=/app&exclude=$pattern")),
        join(' ', grep { $_ !~ $re } @all), "exclude=$pattern");
}
is(names($box->call('POST', '/persist?dir=/app&exclude=node_modules&'
    . 'exclude=*.log&excludes=src')), './ ./logs/ ./logs/deep/', 'several');
for my $case (['exclude=/x', qr/must be relative/],
    ['exclude=a/../b', qr/must not contain "\.\."/],
    [join('&', map { "exclude=$_" } 1 .. 257), qr/more than 256 patterns/])
{
    $res = $box->call('POST', "/persist?$case->[0]");
    is($res->{status}, 400, substr $case->[0], 0, 30);
    like($res->{json}{error}, $case->[1], 'the reason');
}

# what git ignores

$box->sh('git init -q /tmp/repo; cd /tmp/repo; mkdir -p out/deep kept;
    touch a.o a.c out/deep/f kept/b.o kept/b.c; printf "*.o\nout/\n" >.gitignore');
is(names($box->call('POST', '/persist?dir=/tmp/repo&gitignore=1&exclude=.git')),
    './ ./.gitignore ./a.c ./kept/ ./kept/b.c', 'gitignore=1');
is(names($box->call('POST', '/persist?dir=/tmp/repo/kept&gitignore=1')),
    './ ./b.c', 'of a directory in a repository');
$box->sh('cd /tmp/repo; mkdir many; cd many; python3 -c "
for i in range(2000): open(str(i) + \"x\" * 150 + \".o\", \"w\")"');
$box->sh('touch /tmp/repo/many/keep');
$res = $box->call('POST', '/persist?dir=/tmp/repo&gitignore=1');
is("$res->{status} $res->{json}{code}", '400 invalid_request', 'too many paths');
like($res->{json}{error}, qr/^gitignore: git ignores more than/, 'the reason');
is(names($box->call('POST', '/persist?dir=/app/logs&gitignore=1')),
    './ ./deep/ ./deep/b.log', 'no repository');

# contents that are replaced

$box->sh('rm -rf /app; mkdir -p /app/old/deep /app/both; echo old >/app/both/a;
    echo old >/app/both/b; echo old >/app/old/deep/c; echo old >/app/.hidden;
    chmod 751 /app');
$res = $box->call('POST', '/hydrate?dir=/app&contents=replace',
    Sandbox::Tar::block(name => './', type => '5', mode => 0700)
    . Sandbox::Tar::block(name => './both/', type => '5', mode => 0555)
    . Sandbox::Tar::block(name => './both/a', data => "new\n")
    . Sandbox::Tar::block(name => './old', data => "a file now\n")
    . Sandbox::Tar::end());
is("$res->{status} $res->{body}", '200 {"ok":true}', 'contents=replace');
is($box->sh('cd /app; find . -printf "%p %m\n" | sort; cat both/a old'),
    ". 751\n./both 555\n./both/a 644\n./old 644\nnew\na file now\n",
    'exactly what the archive has');

my $before = $box->sh('cd /app; find . | sort');
for my $case (
    ['a member that is refused', tar(n => 'x', '../x' => 'y')],
    ['a truncated archive', substr(tar(n => 'x' x 5000), 0, 2000)])
{
    is($box->call('POST', '/hydrate?dir=/app&contents=replace',
        $case->[1])->{status}, 400, $case->[0]);
    is($box->sh('cd /app; find . | sort'), $before, 'changes nothing');
}

my $slow = replacing('/app');
$res = $box->call('POST', '/hydrate?dir=/tmp&contents=replace', tar(n => 'x'));
is("$res->{status} $res->{json}{code}", '503 capacity_exceeded',
    'one at a time');
is($box->call('POST', '/hydrate?dir=/tmp', tar(n => 'x'))->{status}, 200,
    'nothing is replaced: at the same time');
$slow->close();
ok($box->wait_for(10, sub { $box->sh('cd /app; find . | sort') eq $before }),
    'a client that leaves: nothing has changed');

$box->sh('mkdir /app/.sandbox-restore-0123456789abcdef; touch '
    . '/app/.sandbox-restore-0123456789abcdef/x');
is($box->call('POST', '/hydrate?dir=/app&contents=replace',
    tar(n => 'x'))->{status}, 200, 'what an agent that was killed left');
is($box->sh('ls -A /app'), "n\n", 'is gone');

$web->sh('mkdir -p /tmp/mine/dir; touch /tmp/mine/dir/x; echo 1 >/tmp/mine/a');
$res = $web->call('POST', '/hydrate?dir=/tmp/mine&contents=replace',
    Sandbox::Tar::block(name => './shut/', type => '5', mode => 0500)
    . Sandbox::Tar::block(name => './shut/x', data => 'x')
    . Sandbox::Tar::end());
is($res->{status}, 200, 'as another user, a directory that is not writable');
is($web->sh('cd /tmp/mine; find . -printf "%p %m %U\n" | sort | tail -n +2'),
    join('', map { "$_ " . $web->sh('id -u') } './shut 500',
        './shut/x 644'), 'is there');
$res = $web->call('POST', '/hydrate?dir=/tmp/mine&contents=replace',
    tar(n => 'x'));
is("$res->{status} $res->{json}{error}",
    '403 /tmp/mine: permission denied', 'which cannot be replaced');
is($web->sh('cd /tmp/mine; find . | sort'), ".\n./shut\n./shut/x\n",
    'and is kept');

$box->sh('rm -rf /app; mkdir -p /app/m /app/a; echo 1 >/app/a/f');
system('nsenter', '-t', $box->pid(), '-m', '-r', 'mount', '-t', 'tmpfs',
    'none', '/app/m');
$res = $box->call('POST', '/hydrate?dir=/app&contents=replace', tar(n => 'x'));
is("$res->{status} $res->{json}{error}", '409 /app: is in use',
    'a mount point in it');
is($box->sh('cd /app; find . | sort'), ".\n./a\n./a/f\n./m\n", 'is kept');
system('nsenter', '-t', $box->pid(), '-m', '-r', 'umount', '/app/m');

$res = $box->call('POST', '/hydrate?contents=all', tar(n => 'x'));
is("$res->{status} $res->{json}{error}", '400 contents: must be "replace"',
    'an unknown option');

ok($box->wait_for(10, sub {
    !grep { (readlink // '') =~ m{/app} } glob "/proc/$box->{pid}/fd/*"
}), 'nothing is left open');

done_testing();


sub tar
{
    my $tar = '';
    while (my ($name, $data) = splice @_, 0, 2) {
        $tar .= Sandbox::Tar::block(name => $name, data => $data);
    }
    return $tar . Sandbox::Tar::end();
}


sub names
{
    my ($res) = @_;
    return join ' ', map { $_->{name} } @{Sandbox::Tar::members($res->{body})};
}


# an archive that does not go on; returns once something has been extracted

sub replacing
{
    my ($dir) = @_;
    my $http = $box->http(timeout => 60);
    $http->request('POST', "/hydrate?dir=$dir&contents=replace", host => 'x',
        headers => ['Content-Length' => 1_000_000]);
    $http->send(Sandbox::Tar::block(name => 'first', data => 'x' x 200_000));
    $box->wait_for(10, sub {
        $box->sh("ls $dir/.sandbox-restore-*/ 2>/dev/null") =~ /first/
    }) or die 'nothing arrives';
    return $http;
}
