#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /hydrate: archives as other programs write them, and those that must be
# refused.

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

my $MB = 1024 * 1024;
my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });
my $temp = File::Temp::tempdir(CLEANUP => 1);
my $res;


# every format that other programs write

my $long = 'l' x 120;
mkdir "$temp/tree";
system('sh', '-c', qq(cd '$temp/tree' && umask 022 && mkdir -p a/b empty '$long'
    echo one >a/b/f; ln a/b/f a/second; ln -s b/f a/link
    ln -s '$long/$long' longlink; echo two >'$long/$long'
    head -c 200000 /dev/urandom >random; chmod 640 random; chmod 1777 empty
    truncate -s 1M hole; echo x >>hole; truncate -s 3M hole; chmod 500 a/b
    python3 -c 'f = open("many", "wb")
for i in range(100): f.seek(i * 65536); f.write(b"x")'
    : >nothing; touch -d '2001-02-03 04:05:06' a empty; echo x >'\xff'));
my $want = tree("$temp/tree");

# V7 and ustar have no long link targets
my %formats = (
    (map { ("GNU tar, $_" => "tar -cf - --format=$_ .") }
        qw/gnu oldgnu pax posix/),
    (map { ("GNU tar, sparse $_"
        => "tar -cSf - --format=posix --sparse-version=$_ .") }
        qw/0.0 0.1 1.0/),
    'GNU tar, sparse gnu' => 'tar -cSf - --format=gnu .',
    'GNU tar, sparse oldgnu' => 'tar -cSf - --format=oldgnu .',
    'GNU tar, attributes' => 'tar --xattrs -cf - --format=posix .',
    'GNU tar, incremental' => 'tar -cf - --listed-incremental=/dev/null .',
    'GNU tar, a label' => 'tar -cf - --label=volume .',
    'GNU tar, gzip' => 'tar -czf - .',
    'GNU tar, names' => 'tar -cf - *',
    (map { ("BSD tar, $_" => "bsdtar -cf - --format=$_ .") }
        qw/pax gnutar posix/),
    (map { ("Python, $_" => qq(python3 -c 'import sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.${_}_FORMAT)
t.add(".")
t.close()')) } qw/GNU PAX/),
    'busybox' => 'busybox tar -cf - .',
    'persist' => '',
);

for my $name (sort keys %formats) {
    SKIP: {
        my ($program) = $formats{$name} =~ /^(\w+)/;
        skip("no $program", 2) if $program && !which($program);

        # what persist has made of the tree that is there last
        my $tar = $program
            ? scalar `cd '$temp/tree' && $formats{$name} 2>/dev/null`
            : $box->call('POST', '/persist')->{body};
        $box->sh('chmod -R u+w .; find . -mindepth 1 -delete');
        $res = hydrate($tar);
        is("$res->{status} $res->{body}", '200 {"ok":true}', $name);
        is(diff(tree(root($box)), $want), '', "$name: the same tree");
    }
}

for my $format ('v7', 'ustar') {
    my $tar = `cd '$temp/tree' && tar -cf - --format=$format a random empty`;
    $box->sh('chmod -R u+w .; find . -mindepth 1 -delete');
    is(hydrate($tar)->{status}, 200, $format);
    is($box->sh('cat a/second a/link; stat -c %a empty random; ls | wc -l'),
        "one\none\n1777\n640\n3\n", "$format: what it has");
}
is($box->sh('stat -c %i a/second') eq $box->sh('stat -c %i a/b/f'), 1,
    'hard links');

my $sparse = `cd '$temp/tree' && tar -cSf - --format=posix many hole`;
hydrate($sparse);
cmp_ok($box->sh('stat -c %b hole'), '<', 100, 'holes');

# a byte at a time, so that every field is split
my $small = Sandbox::Tar::pax(path => 'x' x 200, mtime => '-1.5', uid => '7')
    . Sandbox::Tar::block(name => 'short', data => 'bytes')
    . Sandbox::Tar::end();
my $http = $box->http(timeout => 120);
$http->request('POST', '/hydrate', host => 'x',
    headers => ['Transfer-Encoding' => 'chunked']);
$http->send("1\r\n$_\r\n") for split //, $small;
$http->send("0\r\n\r\n");
is($http->response()->{status}, 200, 'a byte at a time');
is($box->sh('cat ' . 'x' x 200 . '; stat -c %.Y ' . 'x' x 200),
    "bytes-1.500000000\n", 'name, content and time');

# gzip in several pieces, with zeros behind it
my $half = int(length($small) / 2);
is(hydrate(gzip(substr $small, 0, $half) . gzip(substr $small, $half)
    . "\0" x 100)->{status}, 200, 'two gzip streams, and zeros');
is(hydrate($small . 'x' x 5000)->{status}, 200, 'anything behind the end');
is(hydrate(substr $small, 0, -1024)->{status}, 200, 'no blocks of zeros');
is(hydrate(Sandbox::Tar::end())->{status}, 200, 'no members');

# owners
is($box->sh('stat -c %u ' . 'x' x 200), "0\n", 'the owner is the user');
is(hydrate($small, 'owner=keep')->{status}, 200, 'owner=keep');
is($box->sh('stat -c %u ' . 'x' x 200), "7\n", 'keeps the owner');
$web->sh('id');
is(hydrate($small, 'owner=keep', $web)->{status}, 200, 'and as another user');
is($web->sh('stat -c %u ' . 'x' x 200), "1000\n", 'has no effect');


# what is refused; $keep is outside, and never changes

my %bomb = (
    'a gzip bomb' => gzip(Sandbox::Tar::block(name => 'zeros',
        data => "\0" x (150 * $MB)) . Sandbox::Tar::end()),
    'a sparse bomb' => Sandbox::Tar::pax('GNU.sparse.major' => 1,
        'GNU.sparse.minor' => 0, 'GNU.sparse.name' => 'eight',
        'GNU.sparse.realsize' => '8000000000000000000')
        . Sandbox::Tar::block(name => 's', data => "0\n" . "\0" x 510),
    'a sparse bomb of GNU' => Sandbox::Tar::block(name => 'eight',
        type => 'S', magic => "ustar  \0",
        at => { 483 => "\x80" . "\0" x 3 . "\x6f" . "\0" x 7 }),
);

$box->sh('find . -mindepth 1 -delete; mkdir -p /outside;
    echo keep >/outside/keep; ln -s /outside out; ln -s ../outside/keep file;
    echo old >old; mkdir -p full; echo x >full/x');

for my $case (
    ['an absolute name', [name => '/outside/x'], 400, qr/path is absolute/],
    ['..', [name => '../outside/x'], 400, qr/path contains "\.\."/],
    ['.. within', [name => 'a/../../outside/x'], 400, qr/contains "\.\."/],
    ['.. at the end', [name => 'a/..', type => '5'], 400, qr/contains/],
    ['.. by a prefix', [name => 'x', prefix => '../outside'], 400, qr/conta/],
    ['.. by pax', ['pax', path => '../outside/x'], 400, qr/contains/],
    ['through a link', [name => 'out/x'], 400, qr/leads through a symbolic/],
    ['a directory through it', [name => 'out/d/', type => '5'], 400,
        qr/leads through a symbolic/],
    ['a link through it', [name => 'out/l', type => '2', link => 'x'], 400,
        qr/leads through a symbolic/],
    ['a hard link out', [name => 'h', type => '1', link => '/outside/keep'],
        400, qr/path is absolute/],
    ['a hard link with ..', [name => 'h', type => '1',
        link => '../outside/keep'], 400, qr/contains "\.\."/],
    ['a hard link through a link', [name => 'h', type => '1',
        link => 'out/keep'], 400, qr/leads through a symbolic/],
    ['a hard link to nothing', [name => 'h', type => '1', link => 'none'],
        400, qr/to a file that does not exist/],
    ['a hard link to a directory', [name => 'h', type => '1',
        link => 'full'], 400, qr/to what is not a file/],
    ['a character device', [name => 'dev', type => '3'], 400, qr/a device/],
    ['a block device', [name => 'dev', type => '4'], 400, qr/a device/],
    ['a FIFO', [name => 'dev', type => '6'], 400, qr/a FIFO/],
    ['set-user-ID', [name => 's', mode => 04755], 400, qr/set-user-ID/],
    ['set-group-ID', [name => 's', mode => 02755], 400, qr/set-group-ID/],
    ['another type', [name => 'm', type => 'M'], 400, qr/type "M"/],
    ['a file as the target', [name => './', type => '7'], 400,
        qr/the target itself/],
    ['a directory in the way', [name => 'full', data => 'x'], 409,
        qr/full: is a directory that is not empty/],
    ['a file in the way', [name => 'old/x'], 409, qr/not a directory/],
    ['a long name', ['pax', path => 'n' x 256], 400, qr/name is too long/],
    ['a long path', ['pax', path => 'n/' x 3000], 400, qr/name is too long/],
    ['a large file', [name => 'l', size => "\x80" . "\0" x 6 . "\x7f"
        . "\0" x 4], 413, qr/more than 64 GB/],
    ['a negative size', [name => 'l', size => "\xff" x 12], 400, qr/damaged/],
    ['a wrong size', [name => 'l', size => '9' x 12], 400, qr/damaged/],
    ['a sum that is wrong', [name => 'l', at => { 148 => 'x' }], 400,
        qr/damaged/, 'sum'],
    ['a long pax header', [name => 'p', type => 'x', size => 2 * $MB], 400,
        qr/larger than 512 kB/],
    ['a global name', ['global', path => 'x'], 400, qr/global pax header/],
    ['a pax header that is none', [name => 'p', type => 'x',
        data => "99 path=x\n"], 400, qr/invalid pax header/],
    ['pax with a NUL', ['pax', path => "a\0b"], 400, qr/invalid value/],
    ['pax with a bad size', ['pax', size => '-1'], 400, qr/invalid value/],
    (map { [$_, $bomb{$_}, 413, /gzip/ ? qr/more than 200 times/
        : qr/200 times as large/] } sort keys %bomb),
    ['a sparse map of nonsense', Sandbox::Tar::pax('GNU.sparse.major' => 1,
        'GNU.sparse.minor' => 0, 'GNU.sparse.realsize' => 10)
        . Sandbox::Tar::block(name => 's', data => "2\n5\n5\n1\n5\n" . 'x' x 11),
        400, qr/map of a sparse file/],
    ['a sparse map without an end', Sandbox::Tar::pax('GNU.sparse.major' => 1,
        'GNU.sparse.minor' => 0, 'GNU.sparse.realsize' => 10)
        . Sandbox::Tar::block(name => 's', data => "9999999\n" x 64),
        400, qr/map of a sparse file/],
    ['text', 'this is not a tar archive' x 100, 400, qr/is not a tar archive/],
    ['a few bytes', 'x', 400, qr/is not a tar archive/],
    ['zip', "PK\3\4" . 'x' x 600, 400, qr/compressed with zip/],
    ['xz', "\xfd7zXZ\0" . 'x' x 600, 400, qr/compressed with xz/],
    ['bzip2', 'BZh91AY&SY' . 'x' x 600, 400, qr/compressed with bzip2/],
    ['zstd', "\x28\xb5\x2f\xfd" . 'x' x 100, 400, qr/compressed with zstd/],
    ['damaged gzip', substr(gzip($small), 0, 30) . 'nonsense' x 10, 400,
        qr/gzip data is damaged/],
    ['truncated gzip', substr(gzip($small), 0, -9), 400, qr/truncated/],
)
{
    my ($name, $what, $status, $re, $broken) = @$case;
    my $tar = $what;

    if (ref $what) {
        my ($kind, @records) = @$what;
        $tar = $kind eq 'pax'
            ? Sandbox::Tar::pax(@records) . Sandbox::Tar::block(name => 'p')
            : $kind eq 'global'
            ? Sandbox::Tar::pax(@records) =~ s/^(.{156})x/$1g/sr
            : Sandbox::Tar::block(@$what);
        $tar = resum($tar) if $kind eq 'global';
        $tar = Sandbox::Tar::block(name => 'before', data => 'b') . $tar
            . Sandbox::Tar::end();
        substr($tar, 1024 + 148, 1) = '7' if $broken;
    }

    $res = hydrate($tar);
    is($res->{status}, $status, $name) or diag($res->{body});
    is($res->{json}{code}, $status == 413 ? 'payload_too_large'
        : 'invalid_request', "$name: code");
    like($res->{json}{error}, $re, "$name: the reason");
    $box->sh('rm -rf before ' . 'x' x 200);
}

is($box->sh('cat /outside/*; ls /outside; cat old; ls -A'),
    "keep\nkeep\nold\nfile\nfull\nold\nout\n",
    'nothing was left, inside or outside');

for my $body ('', undef) {
    $res = $box->call('POST', '/hydrate', $body);
    is("$res->{status} $res->{json}{error}", '400 Empty tar payload', 'empty');
}
$http = $box->http();
$http->request('POST', '/hydrate', host => 'x',
    headers => ['Transfer-Encoding' => 'chunked']);
$http->send("0\r\n\r\n");
is($http->response()->{json}{error}, 'Empty tar payload', 'no chunk');
is(hydrate($small, 'owner=me')->{status}, 400, 'an unknown option');
is($box->call('PUT', '/hydrate', $small)->{status}, 404, 'PUT');

# a link that the archive itself makes is not followed either
$res = hydrate(Sandbox::Tar::block(name => 'dir', type => '2',
        link => '/outside')
    . Sandbox::Tar::block(name => 'dir/x', data => 'x') . Sandbox::Tar::end());
is($res->{status}, 400, 'a link, and a name below it');
like($res->{json}{error}, qr{^dir/x: .*symbolic link}, 'the reason');
is_deeply($res->{json}{context}, { member => 'dir/x' }, 'the member');
is($box->sh('ls /outside'), "keep\n", 'nothing is outside');

# a link is replaced, not followed; so is a file with several names
$res = hydrate(Sandbox::Tar::block(name => 'file', data => 'new')
    . Sandbox::Tar::block(name => 'two', type => '1', link => 'file')
    . Sandbox::Tar::block(name => 'two', data => 'other')
    . Sandbox::Tar::block(name => 'two', type => '2', link => 'x')
    . Sandbox::Tar::block(name => 'two', type => '5')
    . Sandbox::Tar::block(name => 'two', data => 'last')
    . Sandbox::Tar::block(name => 'file', type => '1', link => './file')
    . Sandbox::Tar::end());
is($res->{status}, 200, 'the same name again and again');
is($box->sh('cat file two; cat /outside/keep; ls -A | grep -c sandbox-'),
    "newlastkeep\n0\n", 'the last one counts');


# what breaks off, or does not fit

$box->sh('find . -mindepth 1 -delete; echo old >old');
my $cut = Sandbox::Tar::block(name => 'whole', data => 'w')
    . Sandbox::Tar::block(name => 'old', data => 'n' x $MB);
$res = hydrate(substr $cut, 0, 300_000);
like($res->{json}{error}, qr/is truncated: it ends at byte 300000/, 'truncated');
is($box->sh('cat old whole; ls -A'), "old\nwold\nwhole\n", 'the old content');

$cut = Sandbox::Tar::block(name => 'new', data => 'n' x $MB);
is(hydrate(substr $cut, 0, 300_000)->{status}, 400, 'truncated, and new');
is($box->sh('ls -A'), "old\nwhole\n", 'nothing of it is left');

$http = $box->http();
$http->request('POST', '/hydrate', host => 'x',
    headers => ['Content-Length' => length $cut]);
$http->send(substr $cut, 0, 500_000);
ok($box->wait_for(10, sub { -e root($box) . '/new' }), 'half of it is there');
undef $http;
ok($box->wait_for(10, sub { !-e root($box) . '/new' }),
    'a client that leaves: nothing of it');

mounted('-t', 'tmpfs', '-o', 'size=2m', 'none', '/workspace');
$box->sh('echo old >/workspace/old');
$res = hydrate(Sandbox::Tar::block(name => 'old', data => 'n' x (5 * $MB))
    . Sandbox::Tar::end());
is("$res->{status} $res->{json}{code}", '507 no_space', 'disk full');
like($res->{json}{error}, qr/^old: no space left/, 'the reason');
is($box->sh('cd /workspace; cat old; ls -A'), "old\nold\n",
    'the old content, and nothing else');
mounted('-t', 'tmpfs', '-o', 'ro', 'none', '/workspace');
is(hydrate($small)->{json}{error}, 'x' x 200 . ': read-only file system',
    'read-only');
system('nsenter', '-t', $box->pid(), '-m', '-r', 'umount', '/workspace')
    for 1 .. 2;

$box->sh('mkdir /away; cd /; rmdir workspace 2>/dev/null || mv workspace gone');
is(hydrate($small)->{status}, 200, 'without a workspace');
is($box->sh('ls -A /workspace'), 'x' x 200 . "\n", 'it is made');

$web->sh('chmod u+w .; mkdir -m 500 shut');
$res = hydrate(Sandbox::Tar::block(name => 'shut/x', data => 'x')
    . Sandbox::Tar::end(), undef, $web);
is("$res->{status} $res->{json}{error}", '403 shut/x: permission denied',
    'where the user may not write');


# much of it

$box->sh('find . -mindepth 1 -delete');
my $pid = fork // die $!;
if (!$pid) {
    # 300 MB of zeros in one file, and 20000 small ones
    my $h = $box->http(timeout => 120);
    my $n = 300;
    $h->request('POST', '/hydrate', host => 'x',
        headers => ['Transfer-Encoding' => 'chunked']);
    my $chunk = sub { $h->send(sprintf "%x\r\n%s\r\n", length $_[0], $_[0]) };
    $chunk->(Sandbox::Tar::block(name => 'large', size => $n * $MB));
    $chunk->('x' x $MB) for 1 .. $n;
    for my $d (1 .. 20) {
        $chunk->(join '', map { Sandbox::Tar::block(name => "d$d/f$_",
            data => $_) } 1 .. 1000);
    }
    $chunk->(Sandbox::Tar::end());
    $h->send("0\r\n\r\n");
    POSIX::_exit($h->response()->{status} == 200 ? 0 : 1);
}
waitpid $pid, 0;
is($?, 0, '300 MB and 20000 files');
is($box->sh('stat -c %s large; find . -type f | wc -l; cat d20/f1000'),
    300 * $MB . "\n20001\n1000", 'are there');
cmp_ok($box->status('VmHWM'), '<', 8192, 'in less than 8 MB')
    if !$Sandbox::Box::SANITIZE;


# while the directory is a link to the outside and back, all the time

$box->sh('find . -mindepth 1 -delete; mkdir d; ln -s /outside l');
my $racer = $box->http(timeout => 120);
$racer->request('POST', '/exec', host => 'x', body => JSON::PP->new->encode({
    argv => ['python3', '-c', 'import ctypes, os, time
c = ctypes.CDLL(None)
end = time.time() + 5
while time.time() < end: c.renameat2(-100, b"d", -100, b"l", 2)'] }));
my %seen;
my $tar = join '', map { Sandbox::Tar::block(name => "d/e$_/x", data => 'x') }
    1 .. 50;
my $end = time + 5;
while (time < $end) {
    $res = hydrate($tar . Sandbox::Tar::end());
    $seen{$res->{status}}++;
}
is_deeply([grep { !/^(?:200|400|409)$/ } keys %seen], [],
    'a directory and a link take turns');
is($box->sh('ls -A /outside'), "keep\n", 'nothing got out');
ok($box->wait_for(10, sub {
    !grep { (readlink // '') =~ m{/workspace} } glob "/proc/$box->{pid}/fd/*"
}), 'nothing is left open');

done_testing();


sub hydrate
{
    my ($tar, $query, $to) = @_;
    return ($to // $box)->call('POST', '/hydrate'
        . (defined $query ? "?$query" : ''), $tar);
}


sub root { return '/proc/' . $_[0]->pid() . '/root/workspace' }


# names, types, modes, sizes, times, link targets and contents of a tree

sub tree
{
    my ($dir) = @_;
    return scalar `cd '$dir' && find . -mindepth 1 \\( -type d -printf '%p|d|%m|%Ts\n' -o -type l -printf '%p|l|%l\n' -o -printf '%p|%y|%m|%s|%Ts\n' \\) | LC_ALL=C sort; cd '$dir' && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum`;
}


# the first lines that differ

sub diff
{
    my (%left, %right);
    @left{split /\n/, $_[0]} = ();
    @right{split /\n/, $_[1]} = ();
    my @diff = ((map { "got $_" } grep { !exists $right{$_} } sort keys %left),
        (map { "expected $_" } grep { !exists $left{$_} } sort keys %right));
    return join "\n", @diff > 6 ? @diff[0 .. 5] : @diff;
}


sub gzip
{
    my ($data) = @_;
    require IO::Compress::Gzip;
    IO::Compress::Gzip::gzip(\$data, \my $out);
    return $out;
}


# the checksum of the first header, once more

sub resum
{
    my ($tar) = @_;
    substr($tar, 148, 8) = ' ' x 8;
    substr($tar, 148, 8)
        = sprintf "%06o\0 ", unpack '%32C*', substr $tar, 0, 512;
    return $tar;
}


sub which { return grep { -x "$_/$_[0]" } split /:/, $ENV{PATH} }


sub mounted
{
    my (@args) = @_;
    system('nsenter', '-t', $box->pid(), '-m', '-r', 'mount', @args) == 0
        or die "mount @args failed\n";
}
