#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/find and /api/grep: options, invalid bodies, names and contents of
# all kinds.  t/agent/search_same.t compares results with those of GNU find, GNU
# grep and git; t/agent/search_bounds.t has many entries, and hostile patterns.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/encode_base64 decode_base64/;
use Test::More;
use Time::HiRes qw/time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $true = JSON::PP::true;
my $false = JSON::PP::false;
my $json = JSON::PP->new->canonical->utf8;
my $box = Sandbox::Box->new();
my $web = Sandbox::Box->new(boot => { user => 'web' });
my $res;


# find

$box->sh('mkdir -p t/sub/deep t/.hid/in t/empty; printf abc >t/f.c; chmod 640 '
    . 't/f.c; touch -d "2001-02-03 04:05:06.5 UTC" t/f.c; ln -s f.c t/l.c;'
    . 'mkfifo t/p; touch t/sub/x.h t/sub/deep/y.txt t/.dot.c t/.hid/in/z.c;'
    . 'ln -s ../sub t/sub/loop');

$res = find200({ path => 't' });
is(paths($res), 'empty f.c l.c p sub sub/deep sub/deep/y.txt sub/loop sub/x.h',
    'the whole tree, in order, without hidden names');
is($res->{truncated}, $false, 'complete');
ok(!exists $res->{$_}, "no $_") for qw/reason skipped errors/;
is_deeply($res->{files}[1], { absolutePath => '/workspace/t/f.c',
    relativePath => 'f.c', type => 'file' }, 'an entry');
is_deeply([map { $_->{type} } @{$res->{files}}], [qw/directory file symlink
    other directory directory file symlink file/], 'types');

$res = find200({ path => 't', pattern => 'f.c', stat => $true });
is_deeply($res->{files}, [{ absolutePath => '/workspace/t/f.c',
    relativePath => 'f.c', type => 'file', size => 3, mode => 'rw-r-----',
    modifiedAt => '2001-02-03T04:05:06.500000000Z',
    permissions => { readable => $true, writable => $true,
        executable => $false } }], 'with "stat", as list-files');

for my $case (
    ['*.c', 'f.c l.c'], ['?.c', 'f.c l.c'], ['[e-g].c', 'f.c'],
    ['[!e-g].c', 'l.c'], ['[^e-g].c', 'l.c'], ['[[:alpha:]].c', 'f.c l.c'],
    ['*.{c,h}', 'f.c l.c sub/x.h'], ['{f,sub/x}.*', 'f.c sub/x.h'],
    ['{f{,g},sub/{x,y}}.{c,h}', 'f.c sub/x.h'],
    [['f.c', 'x.h'], 'f.c sub/x.h'], [['*.c', '!f*'], 'l.c'],
    ['sub', 'sub'], ['su?', 'sub'], ['empty/', 'empty'], ['f.c/', ''],
    ['sub/*', 'sub/deep sub/loop sub/x.h'], ['/*.c', 'f.c l.c'],
    ['./f.c', 'f.c'], ['./y.txt', ''],
    ['sub/**', 'sub/deep sub/deep/y.txt sub/loop sub/x.h'],
    ['**/y.txt', 'sub/deep/y.txt'], ['sub/**/y.txt', 'sub/deep/y.txt'],
    ['sub/**/x.h', 'sub/x.h'], ['**/deep/**', 'sub/deep/y.txt'],
    ['**', 'empty f.c l.c p sub sub/deep sub/deep/y.txt sub/loop sub/x.h'],
    ['*/*/*', 'sub/deep/y.txt'], ['\f.c', 'f.c'], ['F.C', ''],
    ['none*', ''], [[], 'empty f.c l.c p sub sub/deep sub/deep/y.txt sub/loop '
        . 'sub/x.h'])
{
    is(paths(find200({ path => 't', pattern => $case->[0] })), $case->[1],
        'pattern ' . $json->allow_nonref->encode($case->[0]));
}

is(paths(find200({ path => 't', pattern => '{F,l}.C', ignoreCase => $true })),
    'f.c l.c', 'ignoreCase');
is(paths(find200({ path => 't', pattern => '[!F].C', ignoreCase => $true })),
    'l.c', 'ignoreCase with a negated set');
is(paths(find200({ path => 't', type => 'file' })),
    'f.c sub/deep/y.txt sub/x.h', 'type');
is(paths(find200({ path => 't', type => ['symlink', 'other'] })),
    'l.c p sub/loop', 'types');
is(paths(find200({ path => 't', type => 'directory' })),
    'empty sub sub/deep', 'directories');
is(paths(find200({ path => 't', depth => 1 })), 'empty f.c l.c p sub',
    'one level');
is(paths(find200({ path => 't', depth => 2 })),
    'empty f.c l.c p sub sub/deep sub/loop sub/x.h', 'two levels');
is(paths(find200({ path => 't', pattern => '*.c', includeHidden => $true })),
    '.dot.c .hid/in/z.c f.c l.c', 'hidden ones');
is(paths(find200({ path => 't/.hid' })), 'in in/z.c',
    'a hidden directory itself');
is(paths(find200({ path => 't', exclude => 'sub' })), 'empty f.c l.c p',
    'a directory that is left out, with all that is in it');
is(paths(find200({ path => 't', exclude => ['*.c', 'deep/', 'x.h/'] })),
    'empty p sub sub/loop sub/x.h', 'exclude');
is(paths(find200({ path => 't', exclude => ['*.{c,txt}', '!f.c', '/sub/x.h'] })),
    'empty f.c p sub sub/deep sub/loop', 'with an exception');
is(paths(find200({ path => 't', exclude => ['sub', '!sub/x.h'] })),
    'empty f.c l.c p', 'and none in what is left out');
is(paths(find200({ path => 't/empty' })), '', 'an empty directory');
is(find200({ path => '/workspace//t' })->{files}[0]{absolutePath},
    '/workspace//t/empty', 'an absolute path stays as it is');
$box->execute('cd t/sub', sessionId => 's');
is(find200({ path => '.', sessionId => 's' })->{files}[0]{absolutePath},
    '/workspace/t/sub/deep', "relative to a session's directory");

$res = find200({ path => 't', limit => 3 });
is(paths($res), 'empty f.c l.c', 'a limit');
is_deeply([@$res{qw/count truncated reason/}], [3, $true, 'limit'], 'is told');


# grep

$box->sh('mkdir -p g/sub; cd g; printf "one\ntwo foo\nthree\nFour fooFOO\n\n'
    . 'six" >a.txt; printf "foo in b\n" >sub/b.c; printf "no\nfoo last" >c;'
    . 'printf "foo\0bar\n" >bin; printf "" >empty; mkfifo p; ln -s a.txt l;'
    . 'ln -s . loop; printf "foo\r\n" >crlf; echo foo >.hidden');

$res = grep200({ path => 'g', text => 'foo' });
is(places($res), 'a.txt:2:5 a.txt:4:6 c:2:1 crlf:1:1 sub/b.c:1:1', 'a text');
is_deeply($res->{matches}[1], { absolutePath => '/workspace/g/a.txt',
    relativePath => 'a.txt', line => 4, column => 6, offset => 23,
    length => 3, text => 'Four fooFOO' }, 'a match');
is_deeply([@$res{qw/searched binary truncated/}], [5, 1, $false],
    'how many files');

is(places(grep200({ path => 'g', text => 'FOO', ignoreCase => $true })),
    'a.txt:2:5 a.txt:4:6 c:2:1 crlf:1:1 sub/b.c:1:1', 'ignoreCase');
is(places(grep200({ path => 'g', text => 'FOO' })), 'a.txt:4:9', 'without it');
is(places(grep200({ path => 'g', text => 'foo', include => '*.txt' })),
    'a.txt:2:5 a.txt:4:6', 'include');
is(places(grep200({ path => 'g', text => 'foo',
    include => ['*.{c,txt}', '!a*'] })), 'sub/b.c:1:1', 'several');
is(places(grep200({ path => 'g', text => 'foo', include => 'sub/**' })),
    'sub/b.c:1:1', 'by their path');
is(places(grep200({ path => 'g', text => 'foo', exclude => ['sub', 'a.*'] })),
    'c:2:1 crlf:1:1', 'exclude');
is(places(grep200({ path => 'g', text => 'foo', depth => 1,
    includeHidden => $true })),
    '.hidden:1:1 a.txt:2:5 a.txt:4:6 c:2:1 crlf:1:1', 'depth, and hidden ones');
is(places(grep200({ path => 'g', text => 'foo', limitPerFile => 1 })),
    'a.txt:2:5 c:2:1 crlf:1:1 sub/b.c:1:1', 'limitPerFile');
$res = grep200({ path => 'g', text => 'foo', limit => 2 });
is(places($res), 'a.txt:2:5 a.txt:4:6', 'a limit');
is_deeply([@$res{qw/truncated reason/}], [$true, 'limit'], 'is told');

for my $case (
    ['fo+', 'a.txt:2:5:3 a.txt:4:6:3 c:2:1:3 crlf:1:1:3 sub/b.c:1:1:3'],
    ['^f', 'c:2:1:1 crlf:1:1:1 sub/b.c:1:1:1'], ['b$', 'sub/b.c:1:8:1'],
    ['^$', 'a.txt:5:1:0'], ['(two|six)', 'a.txt:2:1:3 a.txt:6:1:3'],
    ['[Tt]h?r?ee', 'a.txt:3:1:5'], ['o{2}', 'a.txt:2:6:2 a.txt:4:7:2 c:2:2:2 '
        . 'crlf:1:2:2 sub/b.c:1:2:2'],
    ['two.*foo$', 'a.txt:2:1:7'], ['e$', 'a.txt:1:3:1 a.txt:3:5:1'],
    ['\<last\>', 'c:2:5:4'], ['o\snone|one', 'a.txt:1:1:3'],
    ['f[^ ]o[[:upper:]]', 'a.txt:4:6:4'], ['none', ''], ['x', 'a.txt:6:3:1'])
{
    $res = grep200({ path => 'g', regex => $case->[0] });
    is(join(' ', map { "$_->{relativePath}:$_->{line}:$_->{column}:"
        . $_->{length} } @{$res->{matches}}), $case->[1], "regex $case->[0]");
}
is(places(grep200({ path => 'g', regex => 'fo{2}[ ]IN', ignoreCase => $true })),
    'sub/b.c:1:1', 'an expression with ignoreCase');

for my $case (
    [{ context => 1 }, [['one'], ['three']], [['three'], ['']]],
    [{ before => 2 }, [['one'], undef], [['two foo', 'three'], undef]],
    [{ after => 2 }, [undef, ['three', 'Four fooFOO']], [undef, ['', 'six']]],
    [{ context => 10, after => 0 }, [['one'], undef],
        [['one', 'two foo', 'three'], undef]])
{
    my ($options, @wanted) = @$case;
    $res = grep200({ path => 'g/a.txt', text => 'foo', %$options });
    is_deeply([map { [@$_{qw/before after/}] } @{$res->{matches}}], \@wanted,
        'context ' . $json->encode($options));
}

$res = grep200({ path => 'g/a.txt', text => 'foo', include => '*.c' });
is(places($res), 'a.txt:2:5 a.txt:4:6', 'a file itself, whatever its name');
is($res->{matches}[0]{absolutePath}, '/workspace/g/a.txt', 'its path');
is(places(grep200({ path => 'g/l', text => 'two' })), 'a.txt:2:1',
    'a link to a file itself');
is(places(grep200({ path => 'g/bin', text => 'bar' })), '', 'a binary file');
is(grep200({ path => 'g/empty', text => 'x' })->{searched}, 1, 'an empty file');


# invalid bodies

for my $case (
    ['find', { path => 'none' }, 404, 'FILE_NOT_FOUND', 'none'],
    ['find', { path => 't/f.c' }, 400, 'NOT_DIRECTORY', 'not a directory'],
    ['find', { path => 't/p' }, 400, 'NOT_DIRECTORY', 'not a directory'],
    ['grep', { path => 't/p', text => 'x' }, 400, 'NOT_DIRECTORY', 'directory'],
    ['grep', { path => '/dev/zero', text => 'x' }, 400, 'NOT_DIRECTORY',
        'directory'],
    ['find', { path => '/proc/self/fd' }, 403, 'PERMISSION_DENIED', 'denied'],
    ['grep', { path => '/proc/1/environ', text => 'x' }, 403,
        'PERMISSION_DENIED', 'denied'],
    ['find', {}, 400, 'VALIDATION_FAILED', 'path: a string is required'],
    ['find', { path => '' }, 400, 'VALIDATION_FAILED', 'not be empty'],
    ['find', { path => "a\0b" }, 400, 'VALIDATION_FAILED', 'NUL'],
    ['find', { path => 't', pattern => 7 }, 400, 'VALIDATION_FAILED',
        'pattern: must be a pattern'],
    ['find', { path => 't', pattern => '' }, 400, 'VALIDATION_FAILED',
        'pattern: must not be empty'],
    ['find', { path => 't', pattern => "a\0" }, 400, 'VALIDATION_FAILED', 'NUL'],
    ['find', { path => 't', pattern => 'x' x 1025 }, 400, 'VALIDATION_FAILED',
        '1024 bytes'],
    ['find', { path => 't', pattern => 'a[b' }, 400, 'VALIDATION_FAILED',
        'write \\['],
    ['find', { path => 't', pattern => '[[:none:]]' }, 400,
        'VALIDATION_FAILED', 'write \\['],
    ['find', { path => 't', pattern => 'a\\' }, 400, 'VALIDATION_FAILED',
        'backslash'],
    ['find', { path => 't', pattern => '{a,b' }, 400, 'VALIDATION_FAILED',
        'unmatched {'],
    ['find', { path => 't', pattern => 'a}' }, 400, 'VALIDATION_FAILED',
        'unmatched }'],
    ['find', { path => 't', pattern => '{a}' }, 400, 'VALIDATION_FAILED',
        'without a comma'],
    ['find', { path => 't', pattern => '{,a}' }, 400, 'VALIDATION_FAILED',
        'no name'],
    ['find', { path => 't', pattern => '/' }, 400, 'VALIDATION_FAILED',
        'no name'],
    ['find', { path => 't', pattern => '../x' }, 400, 'VALIDATION_FAILED',
        'must not contain ".."'],
    ['find', { path => 't', pattern => 'a//b' }, 400, 'VALIDATION_FAILED',
        '"//"'],
    ['find', { path => 't', pattern => '{a,b}' x 9 }, 400,
        'VALIDATION_FAILED', 'more than 256 patterns'],
    ['find', { path => 't', exclude => [('y' x 1000) x 17] }, 400,
        'VALIDATION_FAILED', '16 KB'],
    ['find', { path => 't', exclude => { a => 1 } }, 400,
        'VALIDATION_FAILED', 'exclude: must be a pattern'],
    ['find', { path => 't', exclude => ['a', 1] }, 400, 'VALIDATION_FAILED',
        'exclude: must be a pattern'],
    ['find', { path => 't', type => 'socket' }, 400, 'VALIDATION_FAILED',
        'type: must be "file"'],
    ['find', { path => 't', type => [1] }, 400, 'VALIDATION_FAILED', 'type'],
    ['find', { path => 't', stat => 1 }, 400, 'VALIDATION_FAILED',
        'stat: must be true or false'],
    (map { ['find', { path => 't', $_ => 'yes' }, 400, 'VALIDATION_FAILED',
        "$_: must be true or false"] } qw/ignoreCase gitignore includeHidden/),
    (map { ['find', { path => 't', @$_ }, 400, 'VALIDATION_FAILED',
        "$_->[0]: must be an integer from 1 to"] } [depth => 0], [depth => 129],
        [depth => 'x'], [limit => 0], [limit => 1.5], [limit => 1000001],
        [timeoutMs => 0], [timeoutMs => 600001], [timeoutMs => '1']),
    ['find', { path => 't', sessionId => 'a/b' }, 400, 'VALIDATION_FAILED',
        'sessionId'],
    ['grep', { path => 'g' }, 400, 'VALIDATION_FAILED', 'exactly one'],
    ['grep', { path => 'g', text => 'a', regex => 'b' }, 400,
        'VALIDATION_FAILED', 'exactly one'],
    ['grep', { path => 'g', text => 7 }, 400, 'VALIDATION_FAILED',
        'text: must be a string'],
    ['grep', { path => 'g', text => '' }, 400, 'VALIDATION_FAILED',
        'text: must be 1 to 1024 bytes'],
    ['grep', { path => 'g', text => 'x' x 1025 }, 400, 'VALIDATION_FAILED',
        'text: must be 1 to 1024 bytes'],
    ['grep', { path => 'g', text => "a\nb" }, 400, 'VALIDATION_FAILED',
        'line break'],
    ['grep', { path => 'g', textBase64 => '!' }, 400, 'VALIDATION_FAILED',
        'textBase64: invalid base64'],
    ['grep', { path => 'g', regex => '(a' }, 400, 'VALIDATION_FAILED', 'regex: '],
    ['grep', { path => 'g', regex => 'a)' }, 400, 'VALIDATION_FAILED',
        'unmatched )'],
    ['grep', { path => 'g', regex => '[a' }, 400, 'VALIDATION_FAILED',
        'unmatched ['],
    ['grep', { path => 'g', regex => '(a)\1' }, 400, 'VALIDATION_FAILED',
        'back-references'],
    ['grep', { path => 'g', regex => '((a{9}){9}){9}' }, 400,
        'VALIDATION_FAILED', 'too large'],
    ['grep', { path => 'g', regex => "a\0" }, 400, 'VALIDATION_FAILED', 'NUL'],
    ['grep', { path => 'g', text => 'x', include => 1 }, 400,
        'VALIDATION_FAILED', 'include: must be a pattern'],
    (map { ['grep', { path => 'g', text => 'x', $_ => 11 }, 400,
        'VALIDATION_FAILED', "$_: must be an integer from 0 to 10"] }
        qw/before after context/),
    ['grep', { path => 'g', text => 'x', limitPerFile => 0 }, 400,
        'VALIDATION_FAILED', 'limitPerFile'],
    ['grep', { path => 'none', text => 'x' }, 404, 'FILE_NOT_FOUND', 'none'])
{
    my ($route, $body, $status, $code, $words) = @$case;
    my $name = "$route " . substr $json->encode($body), 0, 50;
    for my $accept ('application/json', 'text/event-stream') {
        $res = $box->call('POST', "/api/$route", $body, Accept => $accept);
        is($res->{status}, $status, "$name: $status");
        is($res->{json}{code}, $code, "$name: $code");
        like($res->{json}{message}, qr/\Q$words\E/, "$name: what to do");
        last if $status == 400;
    }
}
$res = $box->call('POST', '/api/grep', { path => 'none', text => 'x' });
is($res->{json}{operation}, 'file.grep', 'operation');
is($res->{json}{context}{path}, 'none', 'path');
is($box->call('POST', '/api/find', '[]')->{status}, 400, 'no object');
is($box->call('POST', '/api/find', '{')->{status}, 400, 'no JSON');


# events

my @events = events('grep', { path => 'g', text => 'foo' });
is(join(' ', map { $_->{type} } @events),
    'match match match match match complete', 'events');
is_deeply([@{$events[0]{match}}{qw/relativePath line column text/}],
    ['a.txt', 2, 5, 'two foo'], 'a match as an event');
is_deeply([@{$events[-1]}{qw/count truncated searched binary/}],
    [5, $false, 5, 1], 'the summary');
@events = events('find', { path => 't', limit => 1 });
is_deeply(\@events, [{ type => 'file', file => { type => 'directory',
    absolutePath => '/workspace/t/empty', relativePath => 'empty' } },
    { %{$events[-1]}, type => 'complete', count => 1 }], 'an entry as an event');
is($events[-1]{reason}, 'limit', 'and its end');


# names and contents of all kinds

my @odd = ("new\nline", "tab\t", '--help', 'z' x 255, "e\x{301}", "\x{e9}",
    'q"\\', ' ', '...x', "\x01", '*', '[x]', '{a,b}');
mkdir root('/workspace/odd');
for my $name (@odd, "\xff\xfe") {
    my $bytes = $name;
    utf8::encode($bytes) if $name ne "\xff\xfe";
    open my $fh, '>', root("/workspace/odd/$bytes") or die "$name: $!\n";
    print $fh "here\n";
}
$res = find200({ path => 'odd', includeHidden => $true });
is_deeply([sort map { $_->{relativePath} } @{$res->{files}}],
    [sort @odd, "\x{fffd}\x{fffd}"], 'names of all kinds');
my ($bad) = grep { $_->{relativePathBase64} } @{$res->{files}};
is($bad->{relativePathBase64}, encode_base64("\xff\xfe", ''),
    'what is not UTF-8');
is(places(grep200({ pathBase64 => $bad->{absolutePathBase64},
    text => 'here' })), "\x{fffd}\x{fffd}:1:1", 'can be used again');
$res = grep200({ path => 'odd', text => 'here', includeHidden => $true });
is($res->{count}, @odd + 1, 'each of them is searched');
for my $case (["e\x{301}", "e\x{301}"], ["\x{e9}", "\x{e9}"], ['?', "\x{1} \x{20} "
    . "\x{2a} \x{e9}"], ['\*', '*'], ['\[x\]', '[x]'], ['\{a,b\}', '{a,b}'],
    ["[\x{e0}-\x{ef}]", "\x{e9}"], ["new\nline", "new\nline"])
{
    is(paths(find200({ path => 'odd', pattern => $case->[0] })), $case->[1],
        'pattern ' . $json->allow_nonref->encode($case->[0]));
}

mkdir root('/workspace/raw');
put('raw/latin', "caf\xe9 au lait\n\xe9\n");
put('raw/utf8', "\xc3\xa9\xf0\x9f\x98\x80 needle\n");
put('raw/late', 'x' x 9000 . "\n\0 late needle\n");
put('raw/utf16', "n\0e\0e\0d\0l\0e\0\n\0");
$res = grep200({ path => 'raw', textBase64 => encode_base64("\xe9 au", '') });
is(places($res), 'latin:1:4', 'bytes that are no UTF-8');
is($res->{matches}[0]{text}, "caf\x{fffd} au lait", 'in a text that is valid');
is(decode_base64($res->{matches}[0]{textBase64}), "caf\xe9 au lait",
    'and as they are');
$res = grep200({ path => 'raw', text => 'needle' });
is(places($res), 'late:2:8 utf8:1:4', 'columns in characters; a late NUL');
is($res->{matches}[1]{offset}, 7, 'the offset in bytes');
is($res->{binary}, 1, 'UTF-16 is binary');


# long lines

my $e = "\xc3\xa9";
my $long = 'a' x 100_000 . $e x 50_000 . 'NEEDLE' . 'b' x 200_000;
mkdir root('/workspace/long');
put('long/one', "first\n$long\nneedle\nlast\n");
$res = grep200({ path => 'long', text => 'needle', ignoreCase => $true,
    context => 1 });
is(places($res), 'one:2:150001 one:3:1', 'in and after a long line');
my $m = $res->{matches}[0];
is($m->{cut}, $true, 'it is cut');
cmp_ok(length $m->{text}, '<=', 1024, 'to a part');
is(substr($m->{text}, $m->{column} - $m->{textColumn}, 6), 'NEEDLE',
    'that has the match');
is($m->{offset}, 200_006, 'the offset is right');
is_deeply($res->{matches}[1]{after}, ['last'], 'the context after it');
is($res->{matches}[1]{contextCut}, $true, 'and before it, cut');
$res = grep200({ path => 'long', regex => "(a|b)+\x{e9}" });
is($res->{matches}[0]{line}, 2, 'an expression in a long line');
is(grep200({ path => 'long', regex => 'NE{2}DLEb' })->{matches}[0]{column},
    150_001, 'and its column');
is(grep200({ path => 'long', regex => '^NEEDLE|NEEDLE$' })->{count}, 0,
    'neither its beginning nor its end');
put('long/short', 'x' x 500 . 'needle' . 'y' x 600 . "\n");
$m = grep200({ path => 'long/short', text => 'needle' })->{matches}[0];
is_deeply([$m->{column}, $m->{cut}, $m->{textColumn}], [501, $true, 245],
    'a part of a line');
is($m->{text}, 'x' x 256 . 'needle' . 'y' x 600, 'around the match');


# .gitignore files

$box->sh('mkdir -p r/.git r/src/gen r/build r/src/build; cd r; '
    . 'printf "*.o\n/build/\n!keep.o\n# text\n\n" >.gitignore;'
    . 'printf "gen/*\n!gen/yes\n" >src/.gitignore; touch a.o keep.o build/x '
    . 'src/b.o src/build/y src/gen/no src/gen/yes src/z.c .git/config;'
    . 'mkdir src/link; ln -s ../../.gitignore src/link/.gitignore');
is(paths(find200({ path => 'r', gitignore => $true, type => 'file' })),
    'keep.o src/build/y src/gen/yes src/z.c', '.gitignore files');
is(paths(find200({ path => 'r', type => 'file' })), 'a.o build/x keep.o '
    . 'src/b.o src/build/y src/gen/no src/gen/yes src/z.c', 'only if asked');
is(paths(find200({ path => 'r/src', gitignore => $true, type => 'file' })),
    'build/y gen/yes z.c', 'with the one above');
is(paths(find200({ path => 'r/src/gen', gitignore => $true })), 'yes',
    'from two levels above');
is(paths(find200({ path => 'r', gitignore => $true, type => 'file',
    exclude => ['!a.o', '*.c'] })), 'a.o keep.o src/build/y src/gen/yes',
    'exclude decides first');
is(paths(find200({ path => 'r', gitignore => $true, includeHidden => $true,
    pattern => ['config', '.gitignore'] })),
    '.gitignore src/.gitignore src/link/.gitignore', 'never .git itself');
$box->sh('cd r; mkfifo src/gen/.gitignore; mkdir src/build/.gitignore');
is(paths(find200({ path => 'r', gitignore => $true, type => 'file' })),
    'keep.o src/build/y src/gen/yes src/z.c', 'that are no files');
put('r/src/build/big', '');
$box->sh('cd r/src/build; rmdir .gitignore; yes xxxxxxx | head -c 70000 '
    . '>.gitignore');
$res = find200({ path => 'r', gitignore => $true, type => 'file' });
is_deeply([@$res{qw/skipped errors/}], [1, [{
    relativePath => 'src/build/.gitignore', code => 'FILE_TOO_LARGE' }]],
    'one that is too large is told');


# what cannot be read is told, and the rest searched

$web->sh('mkdir -p u/a u/b u/c; for d in a b c; do echo foo >u/$d/x; done;'
    . 'echo foo >u/secret; chmod 0 u/secret u/b');
$res = $web->call('POST', '/api/grep', { path => 'u', text => 'foo' })->{json};
is(places($res), 'a/x:1:1 c/x:1:1', "with the user's rights");
is_deeply([sort { $a->{relativePath} cmp $b->{relativePath} }
    @{$res->{errors}}], [map { { relativePath => $_,
    code => 'PERMISSION_DENIED' } } qw/b secret/], 'what could not be read');
is($res->{skipped}, 2, 'is counted');
$box->sh('mkdir deep; cd deep; i=0; while [ $i -lt 140 ]; do mkdir d; cd d;'
    . ' i=$((i+1)); done');
$res = find200({ path => 'deep' });
is_deeply([@$res{qw/count skipped/}, $res->{errors}[0]{code}],
    [128, 1, 'NAME_TOO_LONG'], 'a tree that is too deep');


# the kernel's own files

my $began = time;
$res = find200({ path => '/', pattern => '/{proc,sys}/**', limit => 5 });
is(paths($res), '', '/proc and /sys are not entered from above');
$res = grep200({ path => '/proc/1', text => 'Name:', depth => 1 }, 403);
is($res->{code}, 'PERMISSION_DENIED', "nothing of the agent's own");
$res = grep200({ path => "/proc/sys/kernel", text => 'Linux', depth => 1 });
is(places($res), 'ostype:1:1', 'what is asked for is searched');
$res = grep200({ path => '/dev', text => 'x' });
is($res->{searched}, 0, 'no device is read');
cmp_ok(time - $began, '<', 60, 'in time');

done_testing();


sub start
{
    my ($route, $body, @headers) = @_;
    my $http = $box->http(timeout => 120);
    $http->request('POST', "/api/$route", host => 'x', headers => [@headers],
        body => $json->encode($body));
    return $http;
}


sub events
{
    my ($route, $body) = @_;
    my $http = start($route, $body, Accept => 'text/event-stream');
    my $res = $http->head();
    is($res->{headers}{'content-type'}, 'text/event-stream', "$route: a stream");
    my $sse = Sandbox::SSE->new($http);
    my @events;
    while (my $e = $sse->next()) {
        push @events, $json->decode($e->{data});
    }
    return @events;
}


sub search
{
    my ($route, $list, $body, $status) = @_;
    my $res = $box->call('POST', "/api/$route", $body);
    is($res->{status}, $status // 200,
        "$route " . substr $json->encode($body), 0, 60)
        or diag($res->{body});
    my $answer = $res->{json};
    is($answer->{count}, scalar @{$answer->{$list} || []},
        'the count is right') if $res->{status} == 200;
    return $answer;
}


sub find200
{
    return search('find', 'files', @_);
}


sub grep200
{
    return search('grep', 'matches', @_);
}


sub paths
{
    return join ' ', map { $_->{relativePath} } @{$_[0]{files}};
}


sub places
{
    return join ' ', map { "$_->{relativePath}:$_->{line}:$_->{column}" }
        @{$_[0]{matches}};
}


sub put
{
    my ($path, $content) = @_;
    open my $fh, '>', root("/workspace/$path") or die "$path: $!\n";
    print $fh $content;
}


sub root
{
    my ($path) = @_;
    return '/proc/' . $box->pid() . "/root$path";
}
