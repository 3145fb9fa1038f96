#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# GET, HEAD and PUT of /file/<path>.

use warnings;
use strict;

use Digest::SHA;
use File::Basename;
use POSIX ();
use Test::More;
use Time::HiRes qw/sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $MB = 1024 * 1024;
my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });
my $etag;


# there and back

is(put('a.txt', "hello\n")->{body}, '{"ok":true}', 'put');

my $res = get('a.txt');
is($res->{status}, 200, 'get');
is($res->{body}, "hello\n", 'the bytes');
is($res->{headers}{'content-type'}, 'application/octet-stream', 'the type');
is($res->{headers}{'content-length'}, 6, 'the length');
is($res->{headers}{'accept-ranges'}, 'bytes', 'ranges are served');
$etag = $res->{headers}{etag};
like($etag, qr/^"[0-9a-f.-]+"$/, 'a tag');

# the date as another program says it
is($box->sh('LC_ALL=C date -u -r /workspace/a.txt '
    . '"+%a, %d %b %Y %H:%M:%S GMT"'),
    "$res->{headers}{'last-modified'}\n", 'the date');
for my $day ('2000-02-29 12:34:56', '1999-12-31 23:59:59',
    '2100-03-01 00:00:00', '1970-01-01 00:00:00')
{
    is($box->sh("touch -d '$day UTC' /workspace/a.txt; LC_ALL=C date -u -r "
        . '/workspace/a.txt "+%a, %d %b %Y %H:%M:%S GMT"'),
        get('a.txt')->{headers}{'last-modified'} . "\n", "the date $day");
}
isnt(get('a.txt')->{headers}{etag}, $etag, 'another tag');
$etag = get('a.txt')->{headers}{etag};

$res = $box->call('HEAD', '/file/workspace/a.txt');
is($res->{status}, 200, 'head');
is($res->{headers}{'content-length'}, 6, 'its length');

is(put('a.txt', '')->{status}, 200, 'an empty body');
is(get('a.txt')->{body}, '', 'makes an empty file');
is(get('a.txt')->{headers}{'content-length'}, 0, 'of no length');

my $bytes = join '', map { chr } 0 .. 255;
put('deep/er/bytes', $bytes);
is(get('deep/er/bytes')->{body}, $bytes, 'all bytes, in new directories');
is($box->sh('stat -c "%a %u" deep deep/er deep/er/bytes'),
    "755 0\n755 0\n644 0\n", 'modes and owner');

# on one connection, one after the other
my $http = $box->http();
for my $i (1 .. 3) {
    $http->request('PUT', "/file/workspace/k$i", host => 'x', body => "n$i");
    is($http->response()->{status}, 200, "kept alive: put $i");
    $http->request('GET', "/file/workspace/k$i", host => 'x');
    is($http->response()->{body}, "n$i", "kept alive: get $i");
}

# chunks, as they come
$http = $box->http();
$http->send("PUT /file/workspace/chunks HTTP/1.1\r\nHost: x\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n");
for my $piece ('ab', 'c', 'defg') {
    $http->send(sprintf "%x\r\n%s\r\n", length $piece, $piece);
    sleep 0.02;
}
$http->send("0\r\n\r\n");
is($http->response()->{status}, 200, 'chunked upload');
is(get('chunks')->{body}, 'abcdefg', 'its bytes');


# names

for my $case (
    ['a#b', 'a%23b'], ['q?x=1', 'q%3Fx=1'], ['50%', '50%25'],
    ['a+b', 'a+b'], ['a b', 'a%20b'], ["\xc3\xa9", '%C3%A9'],
    ["\xff\xfe", '%ff%FE'], ["new\nline", 'new%0Aline'],
    ['--help', '--help'], ['sub/x', 'sub%2Fx'], ['...', '...'],
    ['z' x 255, 'z' x 255])
{
    my ($name, $encoded) = @$case;
    is(put($encoded, "<$encoded>")->{status}, 200, "put $encoded");
    is(slurp("/workspace/$name"), "<$encoded>", "lands as it is named");
    is(get($encoded)->{body}, "<$encoded>", "get $encoded");
}

for my $case (
    ['/file', 400], ['/file/', 400], ['/file/workspace/%', 400],
    ['/file/workspace/%4', 400], ['/file/workspace/%zz', 400],
    ['/file/workspace/a%00b', 400],
    ['/file/workspace/' . 'n' x 256, 400],
    ['/file/workspace' . '/d' x 2050, 400],
    ['/file/etc/passwd', 403], ['/file/workspace/../etc/passwd', 403],
    ['/file/workspace/%2e%2e/etc/passwd', 403],
    ['/file/workspace%2F..%2fetc/passwd', 403],
    ['/file/workspaces/x', 403], ['/file/%2e', 403], ['/file/..', 403],
    ['/file/proc/self/root/etc/passwd', 403])
{
    my ($path, $status) = @$case;
    for my $method ('GET', 'PUT') {
        $res = $box->call($method, $path, $method eq 'PUT' ? 'x' : undef);
        my $short = substr $path, 0, 40;
        is($res->{status}, $status, "$method $short");
        is($res->{json}{code}, 'invalid_request', 'code');
        is($res->{json}{error}, $res->{json}{message}, 'in both shapes');
    }
}

is($box->call('GET', '/file//workspace/./deep//er/../er/bytes')->{body},
    $bytes, 'a path that normalises into it');
is($box->call('GET', '/file/../workspace/a.txt')->{status}, 200,
    'also from above');
is($box->call('POST', '/file/workspace/a.txt', 'x')->{status}, 404,
    'another method');
is($box->call('DELETE', '/file/workspace/a.txt')->{status}, 404, 'DELETE');


# ranges

put('digits', '0123456789');
$etag = get('digits')->{headers}{etag};

for my $case (
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-30', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-99999999999999999999', 206, '56789', 'bytes 5-9/10'],
    ['bytes=0-9', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=99999999999999999999-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789'],
    ['bytes=4-2', 200, '0123456789'],
    ['bytes=', 200, '0123456789'], ['bytes=-', 200, '0123456789'],
    ['bytes=a-b', 200, '0123456789'], ['lines=1-2', 200, '0123456789'])
{
    my ($range, $status, $body, $content) = @$case;
    $res = get('digits', Range => $range);
    is($res->{status}, $status, $range);
    is($res->{body}, $body, "$range: bytes");
    is($res->{headers}{'content-range'}, $content, "$range: says so");
}

$res = get('digits', Range => 'bytes=1-2', 'If-Range' => $etag);
is($res->{status}, 206, 'If-Range: the same');
$res = get('digits', Range => 'bytes=1-2', 'If-Range' => '"other"');
is($res->{status}, 200, 'If-Range: another');
is($res->{body}, '0123456789', 'the whole');

$res = get('digits', 'If-None-Match' => $etag);
is($res->{status}, 304, 'If-None-Match');
is($res->{body}, '', 'no body');
is(get('digits', 'If-None-Match' => "\"x\", W/$etag")->{status}, 304,
    'one of a list');
is(get('digits', 'If-None-Match' => '*')->{status}, 304, 'any');
is(get('digits', 'If-None-Match' => '"x"')->{status}, 200, 'none of them');


# what is no file, or not there

$box->sh('mkdir d; mkfifo fifo; ln -s loop loop; ln -s /dev/null null;'
    . 'ln -s nowhere/x astray; ln -s d link-d');

for my $case (
    ['nothing', 404, 'workspace_read_not_found'],
    ['a.txt/x', 404, 'workspace_read_not_found'],
    ['a.txt/', 404, 'workspace_read_not_found'],
    ['astray', 404, 'workspace_read_not_found'],
    ['d', 400, 'invalid_request'], ['d/', 400, 'invalid_request'],
    ['', 400, 'invalid_request'], ['link-d', 400, 'invalid_request'],
    ['fifo', 400, 'invalid_request'], ['null', 400, 'invalid_request'],
    ['loop', 400, 'invalid_request'])
{
    my ($name, $status, $code) = @$case;
    $res = get($name);
    is($res->{status}, $status, "get $name");
    is($res->{json}{code}, $code, "get $name: code");
    is($res->{json}{httpStatus}, $status, "get $name: status in the body");
}

for my $case (
    ['d', 409], ['d/', 409], ['', 409], ['link-d', 409], ['new/', 409],
    ['a.txt/x', 409], ['fifo', 400], ['null', 400], ['loop', 400],
    ['astray', 409])
{
    my ($name, $status) = @$case;
    $res = put($name, 'x' x 300_000);
    is($res->{status}, $status, "put $name");
    is($res->{json}{code}, 'invalid_request', "put $name: code");
    ok(!$res->{broken}, "put $name: the whole answer");
}

is($box->sh('[ -p fifo ] && [ -d d ] && [ -L null ] && echo yes'), "yes\n",
    'all of them are as they were');


# links are followed, as ">" would

$box->sh('ln -s digits link; mkdir /elsewhere; ln -s /elsewhere/f out;'
    . 'ln -s ../workspace/fresh dangling; ln -s /elsewhere out-d');

is(get('link')->{body}, '0123456789', 'a link is followed');
is(put('link', 'new')->{status}, 200, 'and written through');
is(get('digits')->{body}, 'new', 'to what it names');
ok(-l root('/workspace/link'), 'and stays a link');
is(put('dangling', 'made')->{status}, 200, 'a link to nothing yet');
is(slurp('/workspace/fresh'), 'made', 'makes its target');
put('out', 'outside');
is(slurp('/elsewhere/f'), 'outside', 'the sandbox is the boundary');
put('out-d/g', 'beyond');
is(get('out-d/g')->{body}, 'beyond', 'also by a directory');


# what it replaces lends it its mode and its owner

$box->sh('echo x >run.sh; chmod 4750 run.sh; chown 1000:1000 run.sh');
is(put('run.sh', '#!/bin/sh')->{status}, 200, 'replace');
is($box->sh('stat -c "%a %u %g" run.sh'), "750 1000 1000\n",
    'its mode and owner, and no rights by them');


# files of the kernel have no length

$box->sh('ln -s /proc/version version; ln -s /proc/sys/kernel/ostype os;'
    . 'ln -s /proc/self/environ own; ln -s /proc/1/environ init;'
    . 'ln -s /proc/self/maps maps');
is(get('os')->{body}, "Linux\n", 'a file of /proc');
like(get('version')->{body}, qr/^Linux version .*\n$/, 'another one');
is($box->call('HEAD', '/file/workspace/os')->{status}, 200, 'its head');
is(get($_)->{status}, 403, "the agent's own: $_") for qw/own init maps/;

# each of its threads has a directory in /proc too, which ls does not show
my ($thread) = grep { $_ != 1 } split ' ', $box->sh('ls /proc/1/task');
$box->sh("ln -s /proc/$thread/environ thread; ln -s /proc/$thread/task/$thread"
    . '/environ task');
is(get($_)->{status}, 403, "the agent's own: $_") for qw/thread task/;


# rights are those of the sandbox's user

$web->sh('echo mine >mine; mkdir -p sub');
spew_in($web, '/workspace/secret', 'secret', 0600, 0, 0);
spew_in($web, '/workspace/readable', 'readable', 0644, 0, 0);
spew_in($web, '/workspace/media', 'media', 0640, 0, 44);
rootdir($web, '/workspace/closed', 0755);
rootdir($web, '/hidden', 0700);
spew_in($web, '/hidden/f', 'hidden', 0644, 0, 0);
$web->sh('ln -s /hidden/f hidden; ln -s /etc/passwd passwd');

is(get_from($web, 'mine')->{body}, "mine\n", 'user: its own');
is(get_from($web, 'readable')->{body}, 'readable', "user: another's");
is(get_from($web, 'media')->{body}, 'media', 'user: by a group of its');
is(get_from($web, 'secret')->{status}, 403, 'user: not readable');
is(get_from($web, 'hidden')->{status}, 403, 'user: in a closed directory');
is(put_to($web, 'sub/new/f', 'x')->{status}, 200, 'user: put');
is($web->sh('stat -c "%a %u %g" sub/new sub/new/f'),
    "755 1000 1000\n644 1000 1000\n", 'user: it owns them');
is(put_to($web, 'secret', 'x')->{status}, 403, 'user: may not replace');
is(put_to($web, 'readable', 'x')->{status}, 403, 'user: nor this');
is(put_to($web, 'closed/f', 'x')->{status}, 403, 'user: closed directory');
is(put_to($web, 'closed/d/f', 'x')->{status}, 403, 'user: nothing in it');
is(put_to($web, 'passwd', 'x')->{status}, 403, 'user: nor by a link');
is($web->sh('cat /workspace/readable'), 'readable', 'user: nothing changed');
is(get_from($web, 'mine')->{status}, 200, 'user: and on it goes');
is(leftovers($web), 0, 'user: no temporary file is left');


# a full disk, and one that is read-only

mounted('-t', 'tmpfs', '-o', 'size=2m', 'none', '/workspace/small');
mounted('-t', 'tmpfs', '-o', 'ro', 'none', '/workspace/ro');

is(put('small/f', 'old' x 1000)->{status}, 200, 'small disk: fits');
$res = put('small/f', 'n' x (8 * $MB));
is($res->{status}, 507, 'disk full');
is($res->{json}{code}, 'no_space', 'disk full: code');
ok(!$res->{broken}, 'disk full: the whole answer');
is(get('small/f')->{body}, 'old' x 1000, 'disk full: the old content');
is(leftovers($box), 0, 'disk full: no temporary file is left');
is(put('small/g', 'x' x $MB)->{status}, 200, 'and its space is free again');
is(put('ro/f', 'x')->{status}, 403, 'read-only');
is(put('ro/d/f', 'x')->{status}, 403, 'read-only, new directory');


# a client that goes before the end

put('kept', 'as it was');
my $big = 4 * $MB;
for my $sent (0, 1, $big * 0.99) {
    $http = $box->http();
    $http->send("PUT /file/workspace/kept HTTP/1.1\r\nHost: x\r\n"
        . "Content-Length: $big\r\n\r\n" . 'n' x $sent);
    ok($box->wait_for(30, sub { leftovers($box) }), "$sent bytes: under way");
    $http->close();
    ok($box->wait_for(30, sub { !leftovers($box) }), "$sent bytes: removed");
    is(get('kept')->{body}, 'as it was', "$sent bytes: the old content");
}


# two writers: the last is whole

{
    my @both = map { $box->http() } 0, 1;
    for my $i (0, 1) {
        $both[$i]->send("PUT /file/workspace/both HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: $MB\r\n\r\n");
    }
    for (1 .. 16) {
        $both[$_]->send(chr(65 + $_) x ($MB / 16)) for 0, 1;
    }
    is($_->response()->{status}, 200, 'two writers') for @both;
    my $body = get('both')->{body};
    ok($body eq 'A' x $MB || $body eq 'B' x $MB, 'one of them whole');
}


# a file that changes while it is read

{
    my $size = 16 * $MB;
    $box->sh("head -c $size /dev/zero >shrinks");
    $http = $box->http();
    $http->request('GET', '/file/workspace/shrinks', host => 'x');
    $res = $http->head();
    is($res->{headers}{'content-length'}, $size, 'shrinks: its length first');
    $box->sh(': >shrinks');
    my $body = $http->body();
    ok($http->{broken}, 'shrinks: the body is cut');
    cmp_ok(length $body, '<', $size, 'shrinks: and shorter');

    $box->sh("head -c $size /dev/zero >grows");
    $http = $box->http();
    $http->request('GET', '/file/workspace/grows', host => 'x');
    $http->head();
    $box->sh('echo more >>grows');
    is(length $http->body(), $size, 'grows: to its first length');
    ok(!$http->{broken}, 'grows: and whole');

    # a reader that leaves in the middle
    for (1 .. 20) {
        $http = $box->http();
        $http->request('GET', '/file/workspace/grows', host => 'x');
        $http->head();
        $http->close();
    }
    ok($box->wait_for(30, sub { !open_files('grows') }),
        'readers that leave: the file is closed');
}


# 200 MB both ways, in little memory

{
    my $size = 200 * $MB;
    my $chunk = join '', map { chr int rand 256 } 1 .. 1_000_003;
    my $sha = Digest::SHA->new(256);
    my $start = $box->status('VmHWM');

    $http = $box->http();
    $http->send("PUT /file/workspace/big HTTP/1.1\r\nHost: x\r\n"
        . "Content-Length: $size\r\n\r\n");
    for (my $left = $size; $left > 0; $left -= length $chunk) {
        my $piece = substr $chunk, 0, $left;
        $sha->add($piece);
        $http->send($piece);
    }
    is($http->response()->{status}, 200, '200 MB up');
    my $sum = $sha->hexdigest();
    is($box->sh('sha256sum <big'), "$sum  -\n", '200 MB up: the sum');

    $http = $box->http();
    $http->request('GET', '/file/workspace/big', host => 'x');
    $res = $http->head();
    my $got = 0;
    $sha = Digest::SHA->new(256);
    while (defined(my $piece = $http->read())) {
        $got += length $piece;
        $sha->add($piece);

        # a slow reader for a while: what waits is bounded
        sleep 0.01 if $got < 4 * $MB;
    }
    is($got, $size, '200 MB down');
    is($sha->hexdigest(), $sum, '200 MB down: the sum');

    my $peak = $box->status('VmHWM');
    diag("peak of the agent's memory: $peak KB, $start KB before");
    SKIP: {
        skip 'a sanitizer has its own memory', 1 if $Sandbox::Box::SANITIZE;
        cmp_ok($peak, '<', 8192, '200 MB: the peak of memory');
    }
}


# many at once

{
    my @all = map { $box->http() } 1 .. 60;
    my $body = 'm' x 300_000;

    for my $i (0 .. $#all) {
        $all[$i]->send("PUT /file/workspace/m$i HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 300000\r\n\r\n$body");
    }
    is(scalar(grep { $_->response()->{status} == 200 } @all), 60,
        '60 uploads at once');

    $all[$_]->request('GET', "/file/workspace/m$_", host => 'x')
        for 0 .. $#all;
    is(scalar(grep { $_->response()->{body} eq $body } @all), 60,
        '60 downloads at once');
}

# bodies that end just where reading them stops for a while

{
    my $body = 'e' x $MB;
    my @writers;

    for my $i (1 .. 6) {
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            my $failed = 0;
            for (1 .. 50) {
                my $one = $box->http(timeout => 20);
                $one->request('PUT', "/file/workspace/e$i", host => 'x',
                    body => $body);
                $failed = 1, last if $one->response()->{status} != 200;
            }
            POSIX::_exit($failed);
        }
        push @writers, $pid;
    }

    my $failed = 0;
    for my $pid (@writers) {
        waitpid $pid, 0;
        $failed++ if $?;
    }
    is($failed, 0, 'uploads of the size of what may wait');
}

is(leftovers($box), 0, 'no temporary file is left');
is($box->stop(), 0, 'the agent ends in order');
is($web->stop(), 0, 'the other one too');
undef $box;
undef $web;
done_testing();


sub get { return get_from($box, @_) }
sub put { return put_to($box, @_) }


sub get_from
{
    my ($from, $name, @headers) = @_;
    return $from->call('GET', "/file/workspace/$name", undef, @headers);
}


sub put_to
{
    my ($to, $name, $body) = @_;
    return $to->call('PUT', "/file/workspace/$name", $body);
}


# the sandbox's files, from outside

sub root
{
    my ($path, $in) = @_;
    return '/proc/' . ($in // $box)->pid() . "/root$path";
}


sub slurp
{
    my ($path) = @_;
    open my $fh, '<', root($path) or return undef;
    local $/;
    return scalar <$fh>;
}


sub spew_in
{
    my ($in, $path, $text, $mode, $uid, $gid) = @_;
    my $file = root($path, $in);
    open my $fh, '>', $file or die "$path: $!\n";
    print $fh $text;
    close $fh;
    chown $uid, $gid, $file or die "$path: $!\n";
    chmod $mode, $file or die "$path: $!\n";
}


sub rootdir
{
    my ($in, $path, $mode) = @_;
    mkdir root($path, $in) or die "$path: $!\n";
    chmod $mode, root($path, $in) or die "$path: $!\n";
}


sub mounted
{
    my (@args) = @_;
    mkdir root($args[-1]) or die "$args[-1]: $!\n";
    system('nsenter', '-t', $box->pid(), '-m', '-r', 'mount', @args) == 0
        or die "mount @args failed\n";
}


sub leftovers
{
    my ($in) = @_;
    my $n = 0;
    for my $dir ('', '/small', '/sub', '/closed', '/d') {
        opendir my $dh, root("/workspace$dir", $in) or next;
        $n += grep { /^\.sandbox-upload-/ } readdir $dh;
    }
    return $n;
}


sub open_files
{
    my ($name) = @_;
    return scalar grep { (readlink // '') =~ m{/\Q$name\E$} }
        glob '/proc/' . $box->pid() . '/fd/*';
}
