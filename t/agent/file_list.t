#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/list-files: entries, order and pages; t/soak/million.t has many.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/encode_base64/;
use Test::More;

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


# entries

$box->sh('mkdir -p t/sub/deep t/.hid/in t/empty; printf abc >t/f; chmod 640 t/f;'
    . 'touch -d "2001-02-03 04:05:06.5 UTC" t/f; ln -s f t/l; mkfifo t/p;'
    . 'touch t/sub/x t/sub/deep/y t/.dot t/.hid/in/z; ln -s t to-t');

$res = ok200({ path => 't' });
is_deeply([map { $_->{name} } @{$res->{files}}], [qw/empty f l p sub/],
    'names, in order, without hidden ones');
is($res->{count}, 5, 'their count');
ok(!exists $res->{$_}, "no $_") for qw/next skipped errors/;
is_deeply($res->{files}[1], { name => 'f', absolutePath => '/workspace/t/f',
    relativePath => 'f', type => 'file', size => 3, mode => 'rw-r-----',
    modifiedAt => '2001-02-03T04:05:06.500000000Z',
    permissions => { readable => $true, writable => $true,
        executable => $false } }, 'an entry');
is_deeply([map { $_->{type} } @{$res->{files}}],
    [qw/directory file symlink other directory/], 'types');

is(names({ path => 't', options => { includeHidden => $true } }),
    '.dot .hid empty f l p sub', 'hidden ones');
is(names({ path => 't', options => { recursive => $true } }),
    'empty f l p sub sub/deep sub/deep/y sub/x', 'recursive');
is(names({ path => 't', options => { recursive => $true,
    includeHidden => $true } }), '.dot .hid .hid/in .hid/in/z empty f l p sub '
    . 'sub/deep sub/deep/y sub/x', 'both');
is(names({ path => 't/.hid', options => { recursive => $true } }), 'in in/z',
    'a hidden directory itself');
is(names({ path => 't', depth => 2 }), 'empty f l p sub sub/deep sub/x',
    'two levels deep');
is(names({ path => 't', options => { depth => 1, recursive => $true } }),
    'empty f l p sub', 'depth decides');
is(names({ path => 't/empty' }), '', 'an empty directory');
is(names({ path => 'to-t' }), 'empty f l p sub', 'by a link');
is(names({ path => '/workspace/t/' }), 'empty f l p sub', 'with a slash');
is(ok200({ path => '/workspace//t//' })->{files}[0]{absolutePath},
    '/workspace//t/empty', 'an absolute path stays as it is');
like(names({ path => '/' }), qr/\bworkspace\b/, 'the root');
$box->execute('cd t/sub', sessionId => 's');
$res = ok200({ path => '.', sessionId => 's' });
is_deeply([map { $_->{absolutePath} } @{$res->{files}}],
    ['/workspace/t/sub/deep', '/workspace/t/sub/x'],
    "relative to a session's directory");

for my $case (
    [{ path => 'none' }, 404, 'FILE_NOT_FOUND'],
    [{ path => 't/f' }, 400, 'NOT_DIRECTORY'],
    [{ path => 't/p' }, 400, 'NOT_DIRECTORY'],
    [{ path => '/proc/self/fd' }, 403, 'PERMISSION_DENIED'],
    [{}, 400, 'VALIDATION_FAILED'],
    [{ path => 't', options => 7 }, 400, 'VALIDATION_FAILED'],
    [{ path => 't', options => { recursive => 1 } }, 400, 'VALIDATION_FAILED'],
    [{ path => 't', limit => 0 }, 400, 'VALIDATION_FAILED'],
    [{ path => 't', limit => 1.5 }, 400, 'VALIDATION_FAILED'],
    [{ path => 't', depth => 129 }, 400, 'VALIDATION_FAILED'],
    [{ path => 't', after => '' }, 400, 'VALIDATION_FAILED'],
    [{ path => 't', after => 'x' x 256 }, 400, 'NAME_TOO_LONG'])
{
    my ($body, $status, $code) = @$case;
    $res = list($body);
    is("$res->{status} $res->{code}", "$status $code",
        substr $json->encode($body), 0, 60);
}
$res = list({ path => 't/f' });
like($res->{message}, qr/not a directory/, 'in the words that clients match on');
is($res->{operation}, 'directory.list', 'operation');


# names of all kinds

my @odd = ("new\nline", "tab\t", '--help', 'z' x 255, "e\x{301}", "\x{e9}",
    'q"\\', ' ', '...x', "\x01", '*');
mkdir root('/workspace/odd');
for my $name (@odd, "\xff\xfe") {
    my $bytes = $name;
    utf8::encode($bytes) if $name ne "\xff\xfe";
    open my $fh, '>', root("/workspace/odd/$bytes") or die "$name: $!\n";
}
$res = ok200({ path => 'odd', includeHidden => $true });
is_deeply([sort map { $_->{name} } @{$res->{files}}],
    [sort @odd, "\x{fffd}\x{fffd}"], 'names of all kinds');
my ($bad) = grep { $_->{nameBase64} } @{$res->{files}};
is($bad->{nameBase64}, encode_base64("\xff\xfe", ''), 'what is not UTF-8');
is($bad->{absolutePathBase64}, encode_base64("/workspace/odd/\xff\xfe", ''),
    'its path');
my @paged = pages({ path => 'odd', includeHidden => $true }, 1);
is_deeply(\@paged, [map { $_->{name} } @{$res->{files}}], 'one to a page');


# pages

my $all = names({ path => 't', recursive => $true, includeHidden => $true });
for my $limit (1 .. 13) {
    is(join(' ', pages({ path => 't', recursive => $true,
        includeHidden => $true }, $limit, 'relativePath')), $all,
        "pages of $limit");
}
$res = ok200({ path => 't', limit => 5 });
ok(!exists $res->{next}, 'a full last page has no next');
for my $case (['a', 'empty f l p sub sub/deep sub/deep/y sub/x'],
    ['sub', 'sub/deep sub/deep/y sub/x'], ['sub/deep/y', 'sub/x'],
    ['sub/deep/zz', 'sub/x'], ['sub/none/x', 'sub/x'], ['f/x/y', 'l p sub '
    . 'sub/deep sub/deep/y sub/x'], ['zz', ''], ['sub/zz', ''],
    ['.hid/in', 'empty f l p sub sub/deep sub/deep/y sub/x'])
{
    is(names({ path => 't', recursive => $true, after => $case->[0] }),
        $case->[1], "after $case->[0]");
}

# what is created and deleted meanwhile moves nothing else
$box->sh('mkdir m; cd m; seq -w 100 | xargs touch');
my (@seen, $after);
while (1) {
    $res = ok200({ path => 'm', limit => 10, $after ? (after => $after) : () });
    push @seen, grep { /^\d+$/ } map { $_->{name} } @{$res->{files}};
    $after = $res->{next} // last;
    $box->sh("cd m; rm -f $after; touch a$after 000$after");
}
is_deeply(\@seen, [map { sprintf '%03d', $_ } 1 .. 100],
    'each name once, while others come and go');


# what cannot be read is told, and the rest listed

$web->sh('mkdir -p u/a u/b u/c; touch u/a/x u/b/x u/c/x; chmod 0 u/b');
$res = $web->call('POST', '/api/list-files', { path => 'u',
    recursive => $true })->{json};
is(join(' ', map { $_->{relativePath} } @{$res->{files}}), 'a a/x b c c/x',
    'an unreadable directory');
is_deeply([@$res{qw/skipped errors/}], [1, [{ relativePath => 'b',
    code => 'PERMISSION_DENIED' }]], 'is told');
$box->sh('mkdir deep; cd deep; i=0; while [ $i -lt 140 ]; do mkdir d; cd d;'
    . ' i=$((i+1)); done');
$res = ok200({ path => 'deep', recursive => $true });
is_deeply([@$res{qw/count skipped/}, $res->{errors}[0]{code}],
    [128, 1, 'NAME_TOO_LONG'], 'a tree that is too deep');


# many names, in little memory; each directory of a tree in more than one read

$box->sh('mkdir many; cd many; for d in a b; do mkdir $d; done;'
    . 'seq -f name-%.0f-0123456789012345678901234567890123456789 20000'
    . ' | xargs touch; cd a; seq -f n-%.0f 3000 | xargs touch');
@paged = pages({ path => 'many', recursive => $true }, 4001, 'relativePath');
is(scalar @paged, 23002, 'all names');
is_deeply(\@paged, [sort @paged], 'in order');
is(scalar(keys %{{ map { $_ => 1 } @paged }}), 23002, 'each once');
my $text = $box->sh('cd many; LC_ALL=C; export LC_ALL; find . -mindepth 1 | sed '
    . '"s,^./,," | sort');
is(join('', map { "$_\n" } @paged), $text, 'the same as find');

cmp_ok($box->status('VmHWM'), '<', 8192, 'in less than 8 MB')
    if !$Sandbox::Box::SANITIZE;

# a client that leaves
my $http = $box->http();
$http->request('POST', '/api/list-files', host => 'x',
    body => '{"path":"many","recursive":true}');
$http->head();
undef $http;

ok($box->wait_for(30, sub { !grep { (readlink // '') =~ m{^/workspace/} }
    glob '/proc/' . $box->pid() . '/fd/*' }), 'no directory is left open');

done_testing();


sub list
{
    my ($body) = @_;
    my $res = $box->call('POST', '/api/list-files', $body);
    return { %{$res->{json} || {}}, status => $res->{status} };
}


sub ok200
{
    my ($body) = @_;
    my $res = list($body);
    is($res->{status}, 200, substr $json->encode($body), 0, 60)
        or diag($res->{message});
    is($res->{count}, scalar @{$res->{files} || []}, 'the count is right');
    return $res;
}


sub names
{
    return join ' ', map { $_->{relativePath} } @{ok200(@_)->{files}};
}


sub pages
{
    my ($body, $limit, $member) = @_;
    my (@found, $res, $after);
    do {
        $res = list({ %$body, limit => $limit,
            $res ? $res->{nextBase64} ? (afterBase64 => $res->{nextBase64})
                : (after => $res->{next}) : () });
        push @found, map { $_->{$member // 'name'} } @{$res->{files}};
    } while defined $res->{next};
    return @found;
}


sub root
{
    my ($path) = @_;
    return '/proc/' . $box->pid() . "/root$path";
}
