#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Content of files below /api: read, read/stream, write, append, write-batch.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/encode_base64 decode_base64/;
use Test::More;
use Time::HiRes qw/sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::SSE;

# no failing test may wait for ever
alarm 300;

my $MB = 1024 * 1024;
my $true = JSON::PP::true;
my $false = JSON::PP::false;
my $json = JSON::PP->new->canonical->utf8;
my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });
my $bytes = join '', map { chr } 0 .. 255;
my $res;


# there and back

ok200('write', { path => 'a.txt', content => "hello\n" });
is(slurp('/workspace/a.txt'), "hello\n", 'text is written');
is($box->sh('stat -c "%a %u" a.txt'), "644 0\n", 'its mode and owner');
$res = ok200('read', { path => 'a.txt' });
is_deeply([@$res{qw/path content encoding isBinary mimeType size/}],
    ['a.txt', "hello\n", 'utf-8', $false, 'text/plain', 6], 'and read');
ok(!exists $res->{lossy}, 'nothing is lost');

for my $text ('', 'x', "quotes \" ' \\ / `\$(id)`\n", "\t\r\n\b\f\x01\x1f\x7f",
    "\0in the\0middle\0", "\x{e9}\x{20ac}\x{1f600}", "e\x{301}",
    "\x{2028}\x{ffff}", 'a' x 140_000, "\x{20ac}" x 50_000, "\n" x 70_000,
    "ab\x{1f600}" x 25_000)
{
    my $show = JSON::PP->new->ascii->allow_nonref->encode(substr $text, 0, 12);
    ok200('write', { path => 'text.txt', content => $text }, $show);
    my $utf8 = $text;
    utf8::encode($utf8);
    ok(slurp('/workspace/text.txt') eq $utf8, "written: $show");
    $res = ok200('read', { path => 'text.txt' }, $show);
    ok($res->{content} eq $text, "read: $show");
    is($res->{size}, length $utf8, 'its size in bytes');

    # each character escaped
    my $ascii = JSON::PP->new->ascii->encode({ content => $text,
        path => 'ascii.txt' });
    is($box->call('POST', '/api/write', $ascii)->{status}, 200,
        "escaped: $show");
    ok(slurp('/workspace/ascii.txt') eq $utf8, "the same: $show");
}

for my $n (0 .. 8, 65535, 65536, 98303, 98304, 98305, 131070, 131071, 786432,
    1500001)
{
    my $data = substr $bytes x ($n / 256 + 1), 0, $n;
    my $base64 = encode_base64($data, '');
    # as the published client sends it: what it is comes last
    is(raw('write', '{"path":"b.png","content":"' . $base64
        . '","sessionId":"x","encoding":"base64"}')->{status}, 200,
        "base64 of $n bytes");
    ok(slurp('/workspace/b.png') eq $data, "is written decoded");
    is(raw('write', '{"encoding":"base64","path":"c.bin","content":"' . $base64
        . '"}')->{status}, 200, 'what it is first');
    ok(slurp('/workspace/c.bin') eq $data, "is the same");
    # and where it goes last of all
    is(raw('write', '{"content":"' . $base64 =~ s/=+$//r
        . '","encoding":"base64","path":"d.bin"}')->{status}, 200,
        'the path last, and without padding');
    ok(slurp('/workspace/d.bin') eq $data, "is the same");
    next if $n > 131071;
    $res = ok200('read', { path => 'b.png' });
    is_deeply([@$res{qw/encoding isBinary mimeType size/}],
        ['base64', $true, 'image/png', $n], 'read');
    ok(decode_base64($res->{content}) eq $data, 'the bytes');
}

for my $content ('a', 'abc=d', 'ab=', 'a===', '====', 'ab cd', "abcd\n", 'ab-_',
    'abcd=', "\x{20ac}bcd", 'x' x 200_001, 'x' x 800_001, 'AAAA' x 200_000 . '!')
{
    $res = refused('write', { path => 'bad', content => $content,
        encoding => 'base64' }, 400, 'VALIDATION_FAILED');
    is_deeply($res->{context}{validationErrors}[0]{code}, 'INVALID_BASE64',
        'code');
}
ok(!-e root('/workspace/bad'), 'nothing is written');

# encodings by name
for my $case (['utf-8', 'aGk=', 'aGk='], ['utf8', 'aGk=', 'aGk='],
    ['BASE64', 'aGk=', 'hi'], [undef, 'aGk=', 'aGk='])
{
    ok200('write', { path => 'e', content => $case->[1],
        encoding => $case->[0] });
    is(slurp('/workspace/e'), $case->[2], 'encoding ' . ($case->[0] // 'null'));
}
ok200('write', { path => 'bin.dat', content => encode_base64("\xff\0a", ''),
    encoding => 'base64' });
for my $case ([undef, "/wBh", $true], ['base64', "/wBh", $true],
    ['utf-8', "\x{fffd}\0a", $false], ['utf8', "\x{fffd}\0a", $false],
    ['other', "/wBh", $true])
{
    $res = ok200('read', { path => 'bin.dat', encoding => $case->[0] });
    is_deeply([@$res{qw/content isBinary/}], [@$case[1, 2]],
        'read as ' . ($case->[0] // 'null'));
}
is(ok200('read', { path => 'bin.dat', encoding => 'utf-8' })->{lossy}, $true,
    'and says that bytes were replaced');
$res = ok200('read', { path => 'a.txt', encoding => 'base64' });
is_deeply([@$res{qw/content encoding isBinary mimeType/}],
    ['aGVsbG8K', 'base64', $true, 'text/plain'], 'text as base64');


# types: by name, and by content where the name says nothing

for my $case (['x.png', 'image/png', $true], ['x.PNG', 'image/png', $true],
    ['x.svg', 'image/svg+xml', $false], ['x.json', 'application/json', $false],
    ['x.docx', 'application/vnd.openxmlformats-officedocument'
        . '.wordprocessingml.document', $true],
    ['x.ts', 'application/typescript', $false], ['x.py', 'text/plain', $false],
    ['Dockerfile', 'text/plain', $false], ['.gitignore', 'text/plain', $false],
    ['a.b.md', 'text/markdown', $false], ['x.html', 'text/html', $false],
    ['x.tar.gz', 'application/gzip', $true], ['x.geojson',
        'application/geo+json', $false])
{
    my ($name, $type, $binary) = @$case;
    ok200('write', { path => $name, content => 'aGVsbG8=' });
    $res = ok200('read', { path => $name });
    is_deeply([@$res{qw/mimeType isBinary/}], [$type, $binary], $name);
}

my $has_file = -x '/usr/bin/file';
ok200('write', { path => 'nothing', content => '' });
is(ok200('read', { path => 'nothing' })->{mimeType}, 'inode/x-empty', 'empty');
ok200('write', { path => 'plain', content => "some words\n" });
is(ok200('read', { path => 'plain' })->{mimeType}, 'text/plain', 'text');
my $gif = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0"
    . "\1\0\0\2\1D\0;";
ok200('write', { path => 'pixel', content => encode_base64($gif, ''),
    encoding => 'base64' });
is(ok200('read', { path => 'pixel' })->{mimeType},
    $has_file ? 'image/gif' : 'application/octet-stream', 'by content');

# "file" is the sandbox's: what it says is checked, and it cannot hang a read
my $bin = $box->call('POST', '/api/env', { env => {
    PATH => '/workspace/bin:/usr/bin:/bin' } })->{status};
is($bin, 200, 'a PATH of its own');
$box->sh('mkdir -p bin');
for my $case (['echo "a\\"b/c"', 'text/plain'], ['exit 1', 'text/plain'],
    ['cat >/dev/null; echo text/x-fun', 'text/x-fun'], ['yes', 'text/plain'], ['kill -9 $$', 'text/plain'])
{
    $box->sh("printf '#!/bin/sh\\n%s\\n' '$case->[0]' >bin/file; chmod +x bin/file");
    is(ok200('read', { path => 'plain' })->{mimeType}, $case->[1],
        "a file that does: $case->[0]");
}
$box->sh('rm bin/file');
$box->call('POST', '/api/env', { env => { PATH => undef } });


# what is wrong

$box->sh('mkdir d; mkfifo fifo; ln -s fifo to-fifo; ln -s loop loop;'
    . 'ln -s nowhere dangling; truncate -s 33554433 large;'
    . 'truncate -s 33554432 limit');
for my $case (
    [{ path => 'none' }, 404, 'FILE_NOT_FOUND'],
    [{ path => 'dangling' }, 404, 'FILE_NOT_FOUND'],
    [{ path => 'd' }, 400, 'IS_DIRECTORY'],
    [{ path => '/' }, 400, 'IS_DIRECTORY'],
    [{ path => 'fifo' }, 400, 'VALIDATION_FAILED'],
    [{ path => 'to-fifo' }, 400, 'VALIDATION_FAILED'],
    [{ path => '/dev/null' }, 400, 'VALIDATION_FAILED'],
    [{ path => 'loop' }, 400, 'VALIDATION_FAILED'],
    [{ path => '/proc/self/environ' }, 403, 'PERMISSION_DENIED'],
    [{ path => 'large' }, 413, 'FILE_TOO_LARGE'],
    [{}, 400, 'VALIDATION_FAILED'],
    [{ path => 'a.txt', encoding => 7 }, 400, 'VALIDATION_FAILED'])
{
    $res = refused('read', @$case);
    is($res->{operation}, 'file.read', 'operation')
        if $case->[2] ne 'VALIDATION_FAILED';
    if ($case->[1] != 413 && !exists $case->[0]{encoding}) {
        my @e = events('read/stream', $case->[0]);
        is_deeply([scalar @e, @{$e[0]}{qw/type httpStatus code/}],
            [1, 'error', @$case[1, 2]], 'as an event');
        is($e[0]{error}, $res->{message}, 'its text');
    }
}
$res = refused('read', { path => 'large' }, 413, 'FILE_TOO_LARGE');
is_deeply([@{$res->{context}}{qw/actualSize maxSize/}], [33554433, 33554432],
    'the sizes');
like(tail('read', '{"path":"limit","encoding":"base64"}'),
    qr/AAAA="\,"encoding":"base64".*"size":33554432,/, 'up to the limit');
like(ok200('read', { path => '/proc/version' })->{content}, qr/^Linux/,
    'a file without a length');

for my $case (
    [{ path => 'd', content => 'x' }, 400, 'IS_DIRECTORY'],
    [{ path => 'new/', content => 'x' }, 400, 'IS_DIRECTORY'],
    [{ path => 'fifo', content => 'x' }, 400, 'VALIDATION_FAILED'],
    [{ path => '/dev/null', content => 'x' }, 400, 'VALIDATION_FAILED'],
    [{ path => 'a.txt/x', content => 'x' }, 400, 'NOT_DIRECTORY'],
    [{ path => 'x' x 256, content => 'x' }, 400, 'NAME_TOO_LONG'],
    [{ path => '/proc/sys/kernel/x', content => 'x' }, 403,
        'PERMISSION_DENIED', 404, 'FILE_NOT_FOUND', 403, 'READ_ONLY'],
    [{ path => 'x' }, 400, 'VALIDATION_FAILED'],
    [{ content => 'x' }, 400, 'VALIDATION_FAILED'],
    [{ path => 'x', content => 7 }, 400, 'VALIDATION_FAILED'],
    [{ path => 'x', content => undef }, 400, 'VALIDATION_FAILED'],
    [{ path => 'x', content => 'x', mode => '9' }, 400, 'VALIDATION_FAILED'],
    [{ path => 'x', content => 'x', sessionId => '/' }, 400,
        'VALIDATION_FAILED'])
{
    my ($body, @expected) = @$case;
    if (@expected == 2) {
        refused('write', $body, @expected);
        refused('append', $body, @expected);
    } else {
        cmp_ok(call('write', $body)->{status}, '>=', 400, 'a file of /proc');
    }
}
ok(!-e root('/workspace/x'), 'nothing is written');
is($web->call('POST', '/api/write', { path => '/etc/x', content => 'x' })
    ->{json}{code}, 'PERMISSION_DENIED', 'not for this user');
$web->call('POST', '/api/write', { path => 'p/q', content => 'x' });
is($web->sh('stat -c "%U %a" p p/q'), "web 755\nweb 644\n",
    "the user's, in new directories");

# malformed bodies, whole and in pieces
for my $body ('', '[]', '7', '{', '{"path":"x"', '{"path":"x","content":"y"',
    '{"path":"x","content":"y}', '{"path":"x","content":"y"}}',
    '{"path":"x","content":"y"}x', '{"path":"x" "content":"y"}',
    '{"path":"x","content":"y",}', '{"path":"x","content":"\\x"}',
    '{"path":"x","content":"\\u12"}', '{"path":"x","content":"\\ud800"}',
    '{"path":"x","content":"\\ud800\\u0041"}',
    '{"path":"x","content":"\\udc00"}', '{"path":"x","content":"\\ud800x"}',
    '{"path":"x","content":"\\ud800\\n"}',
    "{\"path\":\"x\",\"content\":\"\xff\"}",
    "{\"path\":\"x\",\"content\":\"\xe2\x82\"}",
    "{\"path\":\"x\",\"content\":\"\xc0\x80\"}",
    "{\"path\":\"x\",\"content\":\"a\nb\"}",
    '{"path":"x","content":"y","content":"z"}',
    '{"path":"x","content":"y","mode":1 2}', '{"content":"y","path":1}',
    '{"path":"x","content":"y"},{"path":"x","content":"y"}')
{
    for my $step (0, 1) {
        $res = raw('write', $body, $step);
        is("$res->{status} $res->{json}{code}", '400 VALIDATION_FAILED',
            "malformed: $body");
    }
}
ok(!-e root('/workspace/x'), 'nothing is written');
is(raw('write', '{"path":"x","content":"y","junk":"' . 'z' x 70_000 . '"}')
    ->{status}, 413, 'members that are too long');
is(raw('write', " {\n \"path\" : \"odd.txt\" ,\t\"content\" : \"\\u20ac\\ud83d"
    . "\\ude00\\/\xe2\x82\xac\" , \"x\":{\"content\":\"no\",\"path\":[1,{}]} }\n",
    1)->{status}, 200, 'blanks, other members, a byte at a time');
is(slurp('/workspace/odd.txt'), "\xe2\x82\xac\xf0\x9f\x98\x80/\xe2\x82\xac",
    'its content');


# modes, owners, links; a target's directory by a session

$box->sh('echo old >m; chmod 4640 m; chown 7:8 m; ln -s m lm; ln -s new ln');
ok200('write', { path => 'm', content => 'new' });
is($box->sh('stat -c "%a %u:%g" m'), "640 7:8\n", 'mode and owner stay');
ok200('write', { path => 'm', content => 'new', mode => '0600' });
ok200('write', { path => 'run.sh', content => "#!/bin/sh\necho ran\n",
    mode => '0755' });
is($box->sh('stat -c %a m; ./run.sh'), "600\nran\n", 'a mode of its own');
ok200('write', { path => 'lm', content => 'through' });
is($box->sh('cat m; readlink lm'), "throughm\n", 'through a link');
ok200('write', { path => 'ln', content => 'made' });
is($box->sh('cat new; readlink ln'), "madenew\n", 'a link to nothing yet');

mkdir root('/other');
mounted('-t', 'tmpfs', 'none', '/other');
$box->execute('cd /other', sessionId => 'o');
for my $n (5, 2 * $MB) {
    ok200('write', { path => "r$n", content => 'x' x $n, sessionId => 'o' });
    is(-s root("/other/r$n"), $n, "$n bytes relative to a session's directory");
    is(raw('write', qq({"path":"s$n","content":") . 'x' x $n
        . '","sessionId":"o"}')->{status}, 200, 'the session after the content');
    is(-s root("/other/s$n"), $n, 'the same, to another file system');
}
is(join(' ', leftovers('/workspace'), leftovers('/other')), '',
    'nothing is left');


# append

ok200('append', { path => 'log', content => "one\n" });
ok200('append', { path => 'log', content => encode_base64("two\n", ''),
    encoding => 'base64' });
is(slurp('/workspace/log'), "one\ntwo\n", 'append');
ok200('append', { path => 'log', content => 'y' x (2 * $MB) });
is(-s root('/workspace/log'), 8 + 2 * $MB, 'much of it');
is($box->sh('stat -c %a log'), "644\n", 'its mode');
ok200('append', { path => 'sub/log', content => 'x' });
ok200('append', { path => 'lm', content => '!' });
is($box->sh('cat m'), 'through!', 'by a link');


# the disk is full; two writers; a client that leaves

mkdir root('/workspace/small');
mounted('-t', 'tmpfs', '-o', 'size=1M', 'none', '/workspace/small');
$box->sh('printf old >small/f');
for my $route (qw/write append/) {
    for my $n (1_200_000, 1_900_000) {
        $res = refused($route, { path => 'small/f', content => 'x' x $n }, 507,
            'NO_SPACE');
        is(slurp('/workspace/small/f'), 'old', 'the old content stays');
    }
}
is($box->sh('ls -A small'), "f\n", 'nothing is left');

my @writers = map { my $http = $box->http();
    [$http, $json->encode({ path => 'two', content => $_ x $MB })] } 'a', 'b';
$_->[0]->send("POST /api/write HTTP/1.1\r\nHost: x\r\nContent-Length: "
    . length($_->[1]) . "\r\n\r\n") for @writers;
for my $i (0 .. 10) {
    $_->[0]->send(substr $_->[1], $i * 100_000, 100_000) for @writers;
}
is($_->[0]->response()->{status}, 200, 'a writer') for @writers;
like(slurp('/workspace/two'), qr/^(?:a+|b+)$/, 'the file is of one of them');
is(-s root('/workspace/two'), $MB, 'and whole');

ok200('write', { path => 'keep', content => 'kept' });
for my $n (100_000, 3_000_000) {
    my $http = $box->http();
    $http->send("POST /api/write HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000"
        . "\r\n\r\n" . '{"path":"keep","content":"' . 'z' x $n);
    sleep 0.2;
    undef $http;
}
ok($box->wait_for(10, sub { !leftovers('/workspace') }),
    'an upload that breaks off leaves nothing');
is(slurp('/workspace/keep'), 'kept', 'and the old content');


# a stream

ok200('write', { path => 's.txt', content => "\x{20ac}" x 100_000 });
my @e = events('read/stream', { path => 's.txt' });
is_deeply($e[0], { type => 'metadata', mimeType => 'text/plain',
    size => 300_000, isBinary => $false, encoding => 'utf-8' }, 'metadata');
is_deeply($e[-1], { type => 'complete', bytesRead => 300_000 }, 'complete');
ok(join('', map { $_->{data} } @e[1 .. $#e - 1]) eq "\x{20ac}" x 100_000,
    'its characters are whole');
is_deeply([map { $_->{type} } @e[1 .. $#e - 1]], [('chunk') x (@e - 2)],
    'in ' . (@e - 2) . ' chunks');
for my $n (0, 1, 65535, 65536, 131070, 131071, 400_000) {
    my $data = substr $bytes x ($n / 256 + 1), 0, $n;
    spew('/workspace/s.bin', $data);
    @e = events('read/stream', { path => 's.bin' });
    my @data = map { $_->{data} } @e[1 .. $#e - 1];
    my $binary = $e[0]{isBinary};
    ok(join('', map { $binary ? decode_base64($_) : $_ } @data) eq $data,
        "a stream of $n bytes");
    is(scalar(grep { /=/ } @data[0 .. $#data - 1]), 0, 'only the last is padded');
    is($e[-1]{bytesRead}, $n, 'complete');
}


# a batch

$res = ok200('write-batch', { files => [] });
is_deeply([@$res{qw/success count written failed/}], [$true, 0, 0, []],
    'an empty batch');
$res = ok200('write-batch', { files => [
    { path => 'b/1', content => 'one' },
    { path => 'b/2', content => 'dHdv', encoding => 'base64' },
    { path => 'b/3', content => '3', mode => '0700' },
    { content => 'four', path => 'b/4' }] });
is_deeply([@$res{qw/success count written failed stopped/}],
    [$true, 4, 4, [], $false], 'a batch');
is($box->sh('cat b/1 b/2 b/3 b/4; stat -c %a b/3'), "onetwo3four700\n",
    'its files');

$res = call('write-batch', { files => [
    { path => 'b/5', content => '5' }, { path => 'd', content => 'x' },
    { path => 'b/6' }, { content => 'x' }, { path => 'b/7', content => 7 },
    { path => 'b/8', content => '!', encoding => 'base64' },
    { path => 'small/x', content => 'x' x 2_000_000 },
    { path => 'b/9', content => '9' }] });
is_deeply([@$res{qw/status success count written/}], [200, $false, 8, 2],
    'some fail');
is_deeply([map { "$_->{index} $_->{httpStatus} $_->{code}" }
    @{$res->{failed}}], ['1 400 IS_DIRECTORY', '2 400 VALIDATION_FAILED',
    '3 400 VALIDATION_FAILED', '4 400 VALIDATION_FAILED',
    '5 400 VALIDATION_FAILED', '6 507 NO_SPACE'], 'and which');
is_deeply([map { $_->{path} } @{$res->{failed}}],
    ['d', 'b/6', undef, 'b/7', 'b/8', 'small/x'], 'by path too');
is($box->sh('cat b/5 b/9'), '59', 'the others are written');

for my $body ('{}', '{"files":7}', '{"files":[7]}', '{"files":[{}}',
    '{"files":[{"path":"x","content":"y"}', '{"files":[{"path":"x"},]}',
    '{"files":[,{}]}', '[]', '{"files":[{"path":"x","content":"y"} {}]}')
{
    $res = raw('write-batch', $body);
    is("$res->{status} $res->{json}{code}", '400 VALIDATION_FAILED',
        "malformed: $body");
}
$res = raw('write-batch', '{"sessionId":"o","files":[{"path":"bs","content":'
    . '"x"}]}');
is(slurp('/other/bs'), 'x', "a batch in a session's directory");
$res = raw('write-batch', '{"files":[{"path":"bs","content":"x"}],'
    . '"sessionId":"o"}');
is($res->{status}, 400, 'a session that comes too late');

my @many = map { { path => "many/$_", content => "content of $_\n" } }
    1 .. 2000;
$res = ok200('write-batch', { files => \@many }, 'many');
is($res->{written}, 2000, 'many files');
is($box->sh('cat many/* | md5sum'), $box->sh('for i in $(ls many); do echo '
    . '"content of $i"; done | md5sum'), 'each as it was given');
$res = call('write-batch', { files => [map { { path => 'd', content => '' } }
    1 .. 5000] });
is_deeply([@$res{qw/success stopped written/}], [$false, $true, 0],
    'a batch that fails too often stops');
cmp_ok(length $json->encode($res), '<', 400_000, 'and its answer is bounded');


# 100 MB in little memory

my $http = $box->http(timeout => 120);
my $piece = ("0123456789abcde\n" x 65536) =~ s/\n/\\n/gr;
my $head = '{"path":"big.txt","content":"';
$http->send("POST /api/write HTTP/1.1\r\nHost: x\r\nContent-Length: "
    . (length($head) + 100 * length($piece) + 2) . "\r\n\r\n$head");
$http->send($piece) for 1 .. 100;
$http->send('"}');
is($http->response()->{status}, 200, '100 MB are written');
is(-s root('/workspace/big.txt'), 100 * $MB, 'all of it');
like(tail('read/stream', '{"path":"big.txt"}'),
    qr/"complete", ?"bytesRead":104857600\}\n\n$/, 'and read to the end');
cmp_ok($box->status('VmHWM'), '<', 8192,
    'in less than 8 MB: ' . $box->status('VmHWM') . ' KB')
    if !$Sandbox::Box::SANITIZE;

is(scalar(grep { (readlink // '') =~ m{^/(?:workspace|other)/} }
    glob '/proc/' . $box->pid() . '/fd/*'), 0, 'no file is left open');

done_testing();


# the last bytes of a long answer

sub tail
{
    my ($route, $body) = @_;
    my $http = $box->http(timeout => 120);
    my $last = '';
    $http->request('POST', "/api/$route", host => 'x', body => $body);
    $http->head();
    while (defined(my $data = $http->read())) {
        $last = substr $last . $data, -200;
    }
    return $last;
}


sub raw
{
    my ($route, $body, $step) = @_;

    return $box->call('POST', "/api/$route", $body) if !$step;

    my $http = $box->http();
    $http->send("POST /api/$route HTTP/1.1\r\nHost: x\r\nContent-Length: "
        . length($body) . "\r\n\r\n");
    for my $byte (split //, $body) {
        $http->send($byte) or last;
        sleep 0.0002;
    }
    return $http->response(method => 'POST');
}


sub call
{
    my ($route, $body) = @_;
    my $res = $box->call('POST', "/api/$route", $body);
    return { %{$res->{json} || {}}, status => $res->{status} };
}


sub ok200
{
    my ($route, $body, $what) = @_;
    my $res = call($route, $body);
    $what //= substr $json->encode($body), 0, 60;
    is($res->{status}, 200, "$route $what") or diag($res->{message});
    return $res;
}


sub refused
{
    my ($route, $body, $status, $code) = @_;
    my $res = call($route, $body);
    is("$res->{status} $res->{code}", "$status $code",
        "$route " . substr $json->encode($body), 0, 60)
        or diag($res->{message});
    is($res->{httpStatus}, $status, 'its status');
    return $res;
}


sub events
{
    my ($route, $body) = @_;
    my $http = $box->http(timeout => 60);
    $http->request('POST', "/api/$route", host => 'x',
        body => $json->encode($body));
    my $res = $http->head();
    is($res->{status}, 200, 'a stream');
    is($res->{headers}{'content-type'}, 'text/event-stream', 'its type');
    my $sse = Sandbox::SSE->new($http);
    my @events;
    while (my $e = $sse->next()) {
        push @events, $json->decode($e->{data});
    }
    return @events;
}


sub root
{
    my ($path) = @_;
    return '/proc/' . $box->pid() . "/root$path";
}


sub slurp
{
    my ($path) = @_;
    open my $fh, '<', root($path) or return undef;
    local $/;
    return scalar <$fh>;
}


sub spew
{
    my ($path, $text) = @_;
    open my $fh, '>', root($path) or die "$path: $!\n";
    print $fh $text;
    close $fh or die $!;
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
