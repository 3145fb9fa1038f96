#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# The routes of files below /api that take one path or two: stat, exists,
# chmod, mkdir, delete, rename, move and copy.

use warnings;
use strict;

use File::Basename;
use IO::Socket::UNIX;
use JSON::PP ();
use MIME::Base64 qw/encode_base64/;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $true = JSON::PP::true;
my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });
my $res;


# stat

$box->sh('printf hello >a.txt; chmod 4755 a.txt; ln -s a.txt link; mkfifo fifo;'
    . 'mkdir d; touch -d "2001-02-03 04:05:06.789012345 UTC" a.txt');

$res = ok200('stat', { path => 'a.txt' });
is_deeply([@$res{qw/path type size mode octal uid gid owner group links/}],
    ['a.txt', 'file', 5, 'rwxr-xr-x', '4755', 0, 0, 'root', 'root', 1],
    'a file');
is($res->{modifiedAt}, '2001-02-03T04:05:06.789012345Z', 'its time, in UTC');
like($res->{$_}, qr/^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{9}Z$/, $_)
    for qw/accessedAt changedAt/;
is_deeply($res->{permissions}, { readable => $true, writable => $true,
    executable => $true }, 'its permissions');
ok(!exists $res->{linkTarget}, 'no target');

$res = ok200('stat', { path => '/workspace/link' });
is_deeply([@$res{qw/type linkTarget/}], ['symlink', 'a.txt'], 'a link');
$res = ok200('stat', { path => 'link', follow => $true });
is_deeply([@$res{qw/type size/}], ['file', 5], 'and what it names');
is(ok200('stat', { path => 'd' })->{type}, 'directory', 'a directory');
is(ok200('stat', { path => 'fifo' })->{type}, 'other', 'a FIFO');
is(ok200('stat', { path => '/dev/null' })->{type}, 'other', 'a device');
is(ok200('stat', { path => $_ })->{type}, 'directory', "stat of $_")
    for qw{/ . .. ./ d/ /workspace/d/.. ../workspace};
$res = ok200('stat', { path => 'a.txt', sessionId => 'nobody' });
is($res->{size}, 5, 'a session that is not there');

$box->sh('chown 1234:5678 d');
$res = ok200('stat', { path => 'd' });
is_deeply([@$res{qw/uid gid owner group/}], [1234, 5678, '', ''],
    'ids without a name');


# a session's directory

$box->execute('mkdir -p /tmp/deep; cd /tmp/deep; echo x >here',
    sessionId => 's');
is(ok200('stat', { path => 'here', sessionId => 's' })->{size}, 2,
    "relative to a session's directory");
refused('stat', { path => 'here' }, 404, 'FILE_NOT_FOUND');
$box->execute('rm -r /tmp/deep; mkdir /tmp/deep', sessionId => 's');
refused('stat', { path => 'here', sessionId => 's' }, 404, 'FILE_NOT_FOUND');
$box->execute('cd /proc/1', sessionId => 's');
refused('stat', { path => $_, sessionId => 's' }, 403, 'PERMISSION_DENIED')
    for qw{environ exe fd task/../maps};


# what is wrong

for my $case (
    [{}, 400, 'VALIDATION_FAILED'], [{ path => '' }, 400, 'VALIDATION_FAILED'],
    [{ path => 7 }, 400, 'VALIDATION_FAILED'],
    [{ path => undef }, 400, 'VALIDATION_FAILED'],
    [{ path => "a\0b" }, 400, 'VALIDATION_FAILED'],
    [{ path => 'x' x 4096 }, 400, 'VALIDATION_FAILED'],
    [{ pathBase64 => '%' }, 400, 'VALIDATION_FAILED'],
    [{ path => 'a.txt', sessionId => 'a/b' }, 400, 'VALIDATION_FAILED'],
    [{ path => 'x' x 256 }, 400, 'NAME_TOO_LONG'],
    [{ path => 'none' }, 404, 'FILE_NOT_FOUND'],
    [{ path => 'none/x' }, 404, 'FILE_NOT_FOUND'],
    [{ path => 'a.txt/x' }, 400, 'NOT_DIRECTORY'],
    [{ path => 'a.txt/' }, 400, 'NOT_DIRECTORY'],
    [{ path => 'link/' }, 400, 'NOT_DIRECTORY'],
    [{ path => 'fifo/x' }, 400, 'NOT_DIRECTORY'])
{
    refused('stat', @$case);
}

$res = call('stat', { path => '' });
is_deeply($res->{context}{validationErrors}, [{ field => 'path',
    message => 'path: must not be empty', code => 'INVALID_PATH' }],
    'the field at fault');
$res = call('stat', { path => 'none' });
like($res->{message}, qr/File not found: none$/, 'says what is missing');
is_deeply([$res->{operation}, $res->{context}], ['file.stat',
    { path => 'none', operation => 'file.stat' }], 'operation and context');
ok(exists $res->{suggestion}, 'with a suggestion');

# links of /proc lead where their text does
is(ok200('stat', { path => '/proc/self', follow => $true })->{type},
    'directory', 'the head of a list is seen');
refused('stat', { path => '/proc/self/environ' }, 403, 'PERMISSION_DENIED');
refused('stat', { path => '/proc/self/fd/3' }, 403, 'PERMISSION_DENIED');
$box->sh('ln -s loop loop; ln -s a b; ln -s b a');
refused('stat', { path => 'loop', follow => $true }, 400, 'VALIDATION_FAILED');
refused('stat', { path => 'a/x' }, 400, 'VALIDATION_FAILED');
is(ok200('exists', { path => 'loop' })->{exists}, JSON::PP::false,
    'a loop does not exist');


# exists

$box->sh('ln -s nowhere dangling');
is(ok200('exists', { path => $_ })->{exists}, $true, "$_ exists")
    for qw{a.txt link d fifo / /workspace};
is(ok200('exists', { path => $_ })->{exists}, JSON::PP::false, "$_ does not")
    for qw{none none/x a.txt/x dangling};
$web->sh('mkdir closed; touch closed/x; chmod 0 closed');
is($web->call('POST', '/api/exists', { path => 'closed/x' })->{status}, 403,
    'what cannot be known is an error');


# chmod

for my $mode (qw/0600 644 1777 06755 0/) {
    ok200('chmod', { path => 'a.txt', mode => $mode });
    is(ok200('stat', { path => 'a.txt' })->{octal}, sprintf('%04o', oct $mode),
        "chmod $mode");
}
$res = ok200('chmod', { path => 'link', mode => '0640' });
is($res->{mode}, '0640', 'by a link');
is($box->sh('stat -c %a a.txt'), "640\n", 'the file that it names');
for my $mode (undef, 420, '', '8', '0x1', '10000', '-1', 'u+x', ' 644') {
    refused('chmod', { path => 'a.txt', mode => $mode }, 400,
        'VALIDATION_FAILED');
}
refused('chmod', { path => 'none', mode => '0644' }, 404, 'FILE_NOT_FOUND');
spew_in($web, '/workspace/roots', 0644);
is($web->call('POST', '/api/chmod', { path => 'roots', mode => '0777' })
    ->{json}{code}, 'PERMISSION_DENIED', "another user's file");


# mkdir

$res = ok200('mkdir', { path => 'm' });
is($res->{recursive}, JSON::PP::false, 'mkdir');
is($box->sh('stat -c %a m'), "755\n", 'its mode');
ok200('mkdir', { path => 'm/2/', mode => '1777' });
is($box->sh('stat -c %a m/2'), "1777\n", 'a mode of its own');
$res = ok200('mkdir', { path => 'm/x/y/z', recursive => $true });
is($res->{recursive}, $true, 'recursive');
is($box->sh('stat -c %F m/x/y/z'), "directory\n", 'is there');
ok200('mkdir', { path => 'm/x/y/z', recursive => $true });
ok200('mkdir', { path => '/', recursive => $true });
refused('mkdir', { path => 'm' }, 409, 'FILE_EXISTS');
refused('mkdir', { path => '/' }, 409, 'FILE_EXISTS');
refused('mkdir', { path => 'a.txt', recursive => $true }, 409, 'FILE_EXISTS');
refused('mkdir', { path => 'no/x' }, 404, 'FILE_NOT_FOUND');
refused('mkdir', { path => 'a.txt/x', recursive => $true }, 400,
    'NOT_DIRECTORY');
refused('mkdir', { path => 'q', recursive => 1 }, 400, 'VALIDATION_FAILED');
$web->sh('mkdir mine');
is($web->call('POST', '/api/mkdir', { path => '/etc/x' })->{json}{code},
    'PERMISSION_DENIED', 'not for this user');
$web->call('POST', '/api/mkdir', { path => 'mine/a/b', recursive => $true });
is($web->sh('stat -c %U mine/a mine/a/b'), "web\nweb\n", 'owned by the user');


# delete

$box->sh('echo x >f; ln -s nowhere gone; ln -s m to-m; mkdir full; touch full/f;'
    . 'mkdir empty');
ok200('delete', { path => 'f' });
ok(!-e root('/workspace/f'), 'delete');
ok200('delete', { path => 'gone' });
ok(!-l root('/workspace/gone'), 'a link to nothing');
ok200('delete', { path => 'to-m' });
ok(-d root('/workspace/m'), 'a link, and not what it names');
ok200('delete', { path => 'fifo' });
refused('delete', { path => 'f' }, 404, 'FILE_NOT_FOUND');
for my $dir (qw/full empty m\//) {
    $res = refused('delete', { path => $dir }, 400, 'IS_DIRECTORY');
    like($res->{message}, qr/Cannot delete directory.*deleteFile\(\)/,
        'in the words that clients match on');
}
ok(-e root('/workspace/full/f'), 'nothing is deleted');
ok200('delete', { path => 'empty', recursive => $true });
ok200('delete', { path => 'full', recursive => $true });
ok(!-e root("/workspace/$_"), "$_ is gone") for qw/empty full/;
for my $path (qw{/ . .. m/. /workspace /workspace/}) {
    refused('delete', { path => $path, recursive => $true }, 409,
        'RESOURCE_BUSY') if $path !~ /^\/workspace/;
}

# a deep tree, many files, links out of it, and names of all kinds
$box->sh('mkdir out; echo keep >out/f; mkdir t; cd t; ln -s ../out link;'
    . 'i=0; while [ $i -lt 150 ]; do mkdir d; touch d/f d/-rf; cd d;'
    . ' ln -s /workspace/out l; i=$((i+1)); done');
$box->sh('mkdir t/many; cd t/many; seq 5000 | xargs touch; mkdir $(seq 5001 6000)'
    . '; for i in $(seq 5001 6000); do echo >$i/x; done');
ok200('delete', { path => 't', recursive => $true });
ok(!-e root('/workspace/t'), 'a tree of 150 levels and 7,000 entries');
is($box->sh('cat out/f'), "keep\n", 'links were not followed');
$web->sh('mkdir -p part/a; touch part/a/x');
spew_in($web, '/workspace/part/kept', 0600);
$web->sh('mkdir part/b; chmod 0555 part/a');
is($web->call('POST', '/api/delete', { path => 'part', recursive => $true })
    ->{json}{code}, 'PERMISSION_DENIED', 'what may not be deleted');

# a mount in it
mkdir root('/workspace/mt');
mkdir root('/workspace/mt/in');
mounted('-t', 'tmpfs', 'none', '/workspace/mt/in');
$box->sh('touch mt/in/x');
refused('delete', { path => 'mt/in', recursive => $true }, 409,
    'RESOURCE_BUSY');
refused('delete', { path => 'mt', recursive => $true }, 409, 'RESOURCE_BUSY');
ok(-e root('/workspace/mt/in/x'), 'a mounted file system is not emptied');


# rename and move

$box->sh('echo one >one; echo two >two; mkdir dir other; echo in >dir/in');
$res = ok200('rename', { oldPath => 'one', newPath => 'uno' });
is_deeply([@$res{qw/path newPath/}], ['one', 'uno'], 'rename');
is($box->sh('cat uno'), "one\n", 'is there');
ok200('rename', { oldPath => 'uno', newPath => 'two' });
is($box->sh('cat two'), "one\n", 'replaces a file');
ok200('rename', { oldPath => 'dir', newPath => 'dir2' });
ok200('rename', { oldPath => 'two', newPath => 'two' });
refused('rename', { oldPath => 'none', newPath => 'x' }, 404,
    'FILE_NOT_FOUND');
$res = refused('rename', { oldPath => 'two', newPath => 'no/x' }, 404,
    'FILE_NOT_FOUND');
is($res->{context}{path}, 'no/x', 'names the path at fault');
refused('rename', { oldPath => 'two', newPath => 'other' }, 409,
    'FILE_EXISTS');
refused('rename', { oldPath => 'dir2', newPath => 'two' }, 409,
    'FILE_EXISTS');
refused('rename', { oldPath => 'dir2', newPath => 'dir2/x' }, 400,
    'VALIDATION_FAILED');
refused('rename', { oldPath => 'two', newPath => 'new/' }, 400,
    'NOT_DIRECTORY');
refused('rename', { oldPath => 'two' }, 400, 'VALIDATION_FAILED');
refused('rename', { oldPath => '/', newPath => 'x' }, 409, 'RESOURCE_BUSY');

$res = ok200('move', { sourcePath => 'two', destinationPath => 'other' });
is($res->{newPath}, 'other/two', 'into a directory');
$res = ok200('move', { sourcePath => 'other/two',
    destinationPath => '/workspace/dir2/' });
is($res->{newPath}, '/workspace/dir2/two', 'also with a slash');
$box->sh('ln -s dir2/in lnk; ln -s other to-other');
ok200('move', { sourcePath => 'lnk', destinationPath => 'lnk2' });
is(ok200('stat', { path => 'lnk2' })->{type}, 'symlink',
    'a link moves as a link');
$box->sh('echo z >z');
ok200('move', { sourcePath => 'z', destinationPath => 'lnk2' });
is($box->sh('cat lnk2 dir2/in'), "z\nin\n", 'and is replaced as one');
ok200('move', { sourcePath => 'lnk2', destinationPath => 'to-other' });
is($box->sh('cat other/lnk2'), "z\n", 'a link to a directory is one');

# to another file system
$box->sh('mkdir -p far/sub; echo f >far/sub/f; chown 12:34 far/sub/f;'
    . 'chmod 4711 far/sub/f; chmod 0710 far/sub; ln -s f far/sub/l;'
    . 'touch -d "2001-01-01 UTC" far/sub/f; mkfifo far/p;'
    . 'truncate -s 1G far/holes; echo end >>far/holes');
$res = ok200('move', { sourcePath => 'far', destinationPath => 'mt/in' });
ok(!-e root('/workspace/far'), 'a tree to another file system');
is($box->sh('cd mt/in/far; stat -c "%n %a %u:%g %Y %F" sub sub/f p;'
    . 'readlink sub/l; cat sub/l; tail -c 4 holes; du -k holes | cut -f1'),
    $box->sh('cd mt/in/far; stat -c "sub 710 0:0 %Y directory" sub')
    . "sub/f 4711 12:34 978307200 regular file\n"
    . $box->sh('cd mt/in/far; stat -c "p 644 0:0 %Y fifo" p')
    . "f\nf\nend\n4\n", 'as it was, and its holes are holes');
is_deeply([leftovers('/workspace'), leftovers('/workspace/mt/in')], [],
    'nothing is left behind');


# copy

$box->sh('echo src >src; chmod 0751 src; mkdir -p c/d; echo x >c/d/x;'
    . 'ln -s x c/d/l; chmod 0700 c/d');
$res = ok200('copy', { sourcePath => 'src', destinationPath => 'dst' });
is_deeply([@$res{qw/path newPath skipped/}], ['src', 'dst', 0], 'copy');
is($box->sh('cat src dst; stat -c "%a %u" dst'), "src\nsrc\n751 0\n",
    'both are there, with one mode');
$box->sh('echo old >keep; chmod 0604 keep; chown 7:8 keep');
ok200('copy', { sourcePath => 'src', destinationPath => 'keep' });
is($box->sh('cat keep; stat -c "%a %u:%g" keep'), "src\n604 7:8\n",
    'what is replaced keeps its mode and owner');
refused('copy', { sourcePath => 'c', destinationPath => 'c2' }, 400,
    'IS_DIRECTORY');
ok200('copy', { sourcePath => 'c', destinationPath => 'c2',
    recursive => $true });
is($box->sh('cat c2/d/x; readlink c2/d/l; stat -c %a c2/d'),
    "x\nx\n700\n", 'a tree');
$res = ok200('copy', { sourcePath => 'c', destinationPath => 'c2',
    recursive => $true });
is($res->{newPath}, 'c2/c', 'into a directory');
refused('copy', { sourcePath => 'c', destinationPath => 'c2',
    recursive => $true }, 409, 'FILE_EXISTS');
refused('copy', { sourcePath => 'c', destinationPath => 'c/d/e',
    recursive => $true }, 400, 'VALIDATION_FAILED');
refused('copy', { sourcePath => 'src', destinationPath => 'src' }, 400,
    'VALIDATION_FAILED');
ok200('copy', { sourcePath => '/proc/version', destinationPath => 'version' });
is($box->sh('cmp version /proc/version && echo same'), "same\n",
    'a file without a length');
refused('copy', { sourcePath => '/proc/self/environ',
    destinationPath => 'stolen' }, 403, 'PERMISSION_DENIED');
refused('copy', { sourcePath => '/dev/zero', destinationPath => 'zero' }, 400,
    'VALIDATION_FAILED');
$box->sh('mkfifo c/p; ln -s /dev c/dev');
my $socket = IO::Socket::UNIX->new(Local => root('/workspace/c/s'), Listen => 1)
    or die "socket: $!\n";
$res = ok200('copy', { sourcePath => 'c', destinationPath => 'c3',
    recursive => $true });
is($res->{skipped}, 1, 'a socket is left out, and counted');
is($box->sh('stat -c %F c3/p c3/dev'), "fifo\nsymbolic link\n",
    'a FIFO is made anew');
$box->sh('ln -s dst to-dst');
ok200('copy', { sourcePath => 'c/d/x', destinationPath => 'to-dst' });
is($box->sh('cat dst; readlink to-dst'), "x\ndst\n", 'writes through a link');

# the disk is full
mkdir root('/workspace/small');
mounted('-t', 'tmpfs', '-o', 'size=1M', 'none', '/workspace/small');
$box->sh('head -c 4000000 /dev/urandom >big; echo old >small/f');
refused('copy', { sourcePath => 'big', destinationPath => 'small/f' }, 507,
    'NO_SPACE');
is($box->sh('cat small/f'), "old\n", 'the old content stays');
refused('move', { sourcePath => 'big', destinationPath => 'small/g' }, 507,
    'NO_SPACE');
is($box->sh('ls -A small; stat -c %s big'), "f\n4000000\n",
    'nothing is left, and the source stays');


# names

for my $name ("new\nline", '--help', '-rf', 'z' x 255, "e\x{301}", "\x{e9}",
    'q"\\', ' ', '...', "\x01", 'a=b', '*')
{
    ok200('mkdir', { path => "n/$name/d", recursive => $true });
    my $show = JSON::PP->new->ascii->allow_nonref->encode(substr $name, 0, 20);
    is(ok200('stat', { path => "n/$name" })->{path}, "n/$name", "stat $show");
    ok200('rename', { oldPath => "n/$name", newPath => "n/$name.2" })
        if length $name < 254;
    ok200('rename', { oldPath => "n/$name.2", newPath => "n/$name" })
        if length $name < 254;
    ok200('copy', { sourcePath => "n/$name", destinationPath => 'n/copy',
        recursive => $true });
    ok200('delete', { path => 'n/copy', recursive => $true });
}
is($box->sh('ls -A n | wc -l'), "13\n", 'each name is its own');

my $odd = encode_base64("n/\xff\xfe", '');
ok200('mkdir', { pathBase64 => $odd });
$res = ok200('stat', { pathBase64 => $odd });
is_deeply([@$res{qw/path pathBase64/}], ["n/\x{fffd}\x{fffd}", $odd],
    'a name that is not UTF-8');
$res = ok200('rename', { oldPathBase64 => $odd, newPath => 'n/even' });
$res = ok200('move', { sourcePath => 'n/even', destinationPathBase64 => $odd });
is_deeply([@$res{qw/newPath newPathBase64/}], ["n/\x{fffd}\x{fffd}", $odd],
    'as a target too');
$res = refused('mkdir', { pathBase64 => $odd }, 409, 'FILE_EXISTS');
is_deeply($res->{context}, { operation => 'directory.create' },
    'in an error');


# a client that leaves ends the work, and nothing is left behind

$box->sh('truncate -s 1M hole; mkdir big-tree; cd big-tree;'
    . 'for i in $(seq 40); do head -c 8000000 /dev/zero >$i; done');
my $http = $box->http();
$http->request('POST', '/api/copy', host => 'x', body => JSON::PP::encode_json(
    { sourcePath => 'big-tree', destinationPath => 'big-copy',
      recursive => $true }));
ok($box->wait_for(20, sub { leftovers('/workspace') || -e root(
    '/workspace/big-copy') }), 'a copy has begun');
undef $http;
ok($box->wait_for(20, sub { !leftovers('/workspace') }),
    'it was cleaned up');

is($box->call('GET', '/api/ping')->{status}, 200, 'the agent is well');
cmp_ok($box->status('VmHWM'), '<', 8192, 'in less than 8 MB')
    if !$Sandbox::Box::SANITIZE;
is(scalar(grep { (readlink // '') =~ m{^/workspace/} }
    glob '/proc/' . $box->pid() . '/fd/*'), 0, 'no file is left open');

done_testing();


sub call
{
    my ($route, $body) = @_;
    my $res = $box->call('POST', "/api/$route", $body);
    return { %{$res->{json} || {}}, status => $res->{status} };
}


sub ok200
{
    my ($route, $body) = @_;
    my $res = call($route, $body);
    my $what = "$route " . JSON::PP->new->canonical->ascii->encode($body);
    is($res->{status}, 200, substr $what, 0, 90) or diag($res->{message});
    ok($res->{success}, 'success') if $res->{status} == 200;
    return $res;
}


sub refused
{
    my ($route, $body, $status, $code) = @_;
    my $res = call($route, $body);
    my $what = "$route " . JSON::PP->new->canonical->ascii->encode($body);
    is("$res->{status} $res->{code}", "$status $code", substr $what, 0, 90)
        or diag($res->{message});
    is($res->{httpStatus}, $status, 'its status');
    return $res;
}


sub root
{
    my ($path, $in) = @_;
    return '/proc/' . ($in // $box)->pid() . "/root$path";
}


sub spew_in
{
    my ($in, $path, $mode) = @_;
    open my $fh, '>', root($path, $in) or die "$path: $!\n";
    close $fh;
    chmod $mode, root($path, $in) or die "$path: $!\n";
}


sub mounted
{
    my (@args) = @_;
    system('nsenter', '-t', $box->pid(), '-m', '-r', 'mount', @args) == 0
        or die "mount @args failed\n";
}


sub leftovers
{
    my ($dir) = @_;
    opendir my $dh, root($dir) or return;
    return grep { /^\.sandbox-/ } readdir $dh;
}
