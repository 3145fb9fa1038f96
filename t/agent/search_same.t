#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/find and /api/grep find the same as GNU find and GNU grep, and leave
# out the same as git, on trees, files and patterns made at random.  A failure
# names its seed: t/agent/search_same.t SEED.

use warnings;
use strict;

# a name may end with one
no warnings 'newline';

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/encode_base64 decode_base64/;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

# no failing test may wait for ever
alarm 300;

my $true = JSON::PP::true;
my $json = JSON::PP->new->canonical->utf8;
my $box = Sandbox::Box->new();
my $seed = $ARGV[0] // int rand 1 << 31;
my $rounds = $Sandbox::Box::SANITIZE ? 10 : 40;

srand $seed;
diag("seed $seed");


# names of a tree, and globs of find: in bytes, as in the C locale

my @parts = ('a', 'b', 'ab', 'A', '.', '-', '_', ' ', 'x.c', '1', "\xc3\xa9",
    "\xff", '[', '*', '{', '!', "\n", '~');
my @globs = ('a', 'b', 'A', '*', '*', '?', '[ab]', '[!a]', '[a-c]', '[[:digit:]]',
    '.', '\*', '\[', '[]a]', '-', '[a-]', 'x', 'c', '[[:upper:]b]', '[!]a-]');

tree('f', 4, 6);

for my $i (1 .. $rounds) {
    my $glob = join '', map { pick(@globs) } 1 .. 1 + rand 4;
    my $icase = rand() < 0.3;
    next if $glob =~ /^\.{1,2}$/ || $icase && $glob =~ /upper/;
    my $type = pick('', 'file', 'directory', 'symlink');
    my $depth = pick(0, 1, 2, 3);
    my @find = ('-mindepth', 1, $depth ? ('-maxdepth', $depth) : (),
        $icase ? '-iname' : '-name', $glob,
        $type ? ('-type', substr $type =~ s/^sym//r, 0, 1) : ());
    # "?" is a character for us, and a byte in the C locale
    next if $glob =~ /\?|\[!/ && $i % 4;
    my $ours = found({ path => 'f', pattern => $glob,
        includeHidden => $true, $icase ? (ignoreCase => $true) : (),
        $type ? (type => $type) : (), $depth ? (depth => $depth) : () });
    my $theirs = find('C.UTF-8', 'f', @find);
    is($ours, $theirs, "find @find, seed $seed") or last;
}


# lines of files

mkdir root('g');
my @words = ('ab', 'b', 'aab', ' ', 'foo', 'FOO', "\xc3\xa9", 'x1', "\t", '.',
    'needle', '', 'a' x 50);
for my $i (1 .. 10) {
    my $text = '';
    my $size = pick(0, 10, 1000, 70_000, 140_000);
    while (length $text < $size) {
        $text .= pick(@words) for 1 .. rand 12;
        # what an expression does not find in a long line, a text does
        $text .= pick(@words) x rand 5000 if $i % 2 && rand() < 0.001;
        $text .= "\n";
    }
    chomp $text if rand() < 0.5;
    put("g/$i", $text);
}
my @atoms = ('a', 'b', 'ab', 'fo', 'o', '.', '[ab]', '[^a]', '(ab|b)', 'foo',
    '(a|fo+)', '(needle|foo)', '(x1|FOO)', 'needle', '\.', 'x[0-9]', '[[:space:]]', '\<', '\>', 'e{2}', 'FO');

for my $i (1 .. $rounds) {
    my ($body, @grep);
    my $icase = rand() < 0.3;
    if ($i % 3) {
        my $re = join '', pick('', '', '', '^'), (map { my $atom = pick(@atoms);
            $atom . ($atom =~ /^\\[<>]|\}$/ ? '' : pick('', '', '', '*', '+', '?',
            '{1,2}')) } 1 .. 1 + rand 4), pick('', '', '', '$');
        $re .= '|' . pick(@atoms) if rand() < 0.2;
        ($body, @grep) = ({ regex => $re }, '-E', '-e', $re);
    } else {
        my $text = pick(@words) . pick(@words) . pick(@words) || 'a';
        ($body, @grep) = ({ textBase64 => encode_base64($text, '') }, '-F', '-e',
            $text);
    }
    push @grep, '-i' if $icase;
    if ($body->{regex}) {
        $body->{include} = '*[02468]';
        push @grep, '--include=*[02468]';
    }
    my $ours = lines({ path => 'g', %$body, limit => 1000000,
        $icase ? (ignoreCase => $true) : () });
    my $theirs = run('C', 'grep', '-rnaZ', @grep, 'g');
    $theirs = join "\n", sort { $a cmp $b } map { s/^g\///r =~ s/\0/:/r }
        map { /^([^:]*\0\d+):/ ? $1 : $_ } split /\n/, $theirs;
    is($ours eq $theirs ? 'the same' : first_difference($ours, $theirs),
        'the same', "grep @grep, seed $seed") or last;
}


# .gitignore files: of the tree, and below it

my @rules = ('a', 'b', 'ab', 'x.c', '*', '*.c', '?', 'a*', '*b', '[ab]', '[!a]',
    '**', 'c', '.', '[a-c]*', '\a', '_');

for my $round (1 .. $rounds) {
    $box->sh('rm -rf i');
    tree('i', 3, 4, ['a', 'b', 'ab', 'c', 'x.c', '_', '.h', 'b.c']);
    my @directories = ('i', grep { -d root($_) && !-l root($_) }
        map { glob(root($_)) ? map { s/^.*?workspace\///r } glob(root($_)) : () }
        'i/*', 'i/*/*');
    my %rules;
    for my $dir ('i', grep { rand() < 0.4 } @directories) {
        my @lines = map {
            my $rule = join '/', map { my $r = pick(@rules);
                $r eq '**' ? $r : $r . (rand() < 0.2 ? pick('*', 'b', '.c') : '') }
                1 .. 1 + rand(rand() < 0.5 ? 1 : 3);
            $rule =~ s/\*\*+(?=[^\/])|(?<=[^\/])\*\*+/*/g;
            pick('', '', '!') . pick('', '', '', '/') . $rule
                . pick('', '', '', '/') . pick('', '', '', ' ', "\r", '\ ')
        } 1 .. 1 + rand 5;
        push @lines, pick('', '# comment', '\#', '!', '/', '\!x');
        put("$dir/.gitignore", join("\n", @lines) . pick('', "\n"));
        $rules{$dir} = \@lines;
    }
    my $git = 'git -c core.excludesFile=/dev/null -c init.defaultBranch=m';
    $box->sh("cd i && $git init -q .");
    my $theirs = $box->sh("cd i && $git ls-files -o --exclude-standard -z");
    $theirs = join ' ', sort { $a cmp $b } split /\0/, $theirs;
    my $ours = found({ path => 'i', gitignore => $true, includeHidden => $true,
        type => ['file', 'symlink'], limit => 1000000 });
    is($ours, $theirs, "git, round $round, seed $seed")
        or diag($json->encode(\%rules)), last;
}

done_testing();


sub pick
{
    return $_[rand @_];
}


# directories, files and links below a directory

sub tree
{
    my ($dir, $depth, $n, $names) = @_;
    mkdir root($dir);
    for (1 .. $n) {
        my $name = $names ? pick(@$names)
            : join '', map { pick(@parts) } 1 .. 1 + rand 3;
        my $path = "$dir/$name";
        next if $name =~ /^\.{1,2}$/ || -l root($path) || -e root($path);
        my $kind = rand;
        if ($kind < 0.4 && $depth > 1) {
            tree($path, $depth - 1, $n, $names);
        } elsif ($kind < 0.5) {
            symlink '.', root($path) or die "$path: $!\n";
        } else {
            put($path, '');
        }
    }
}


sub found
{
    my ($body) = @_;
    my $res = $box->call('POST', '/api/find', $body);
    return "$res->{status} $res->{body}" if $res->{status} != 200;
    return join ' ', sort { $a cmp $b } map { name($_) } @{$res->{json}{files}};
}


sub find
{
    my ($locale, $dir, @args) = @_;
    my $text = run($locale, 'find', $dir, @args, '-printf', '%P\\0');
    return join ' ', sort { $a cmp $b } split /\0/, $text;
}


sub lines
{
    my ($body) = @_;
    my $res = $box->call('POST', '/api/grep', $body);
    return "$res->{status} $res->{body}" if $res->{status} != 200;
    return join "\n", sort { $a cmp $b } map { name($_) . ":$_->{line}" }
        @{$res->{json}{matches}};
}


# the bytes of a name

sub name
{
    my ($entry) = @_;
    return decode_base64($entry->{relativePathBase64})
        if $entry->{relativePathBase64};
    my $name = $entry->{relativePath};
    utf8::encode($name);
    return $name;
}


sub run
{
    my ($locale, @argv) = @_;
    my $res = $box->exec({ argv => ['env', "LC_ALL=$locale",
        map { my $arg = "$_"; utf8::decode($arg); $arg } @argv] });
    return $res->{stdout};
}


sub first_difference
{
    my ($ours, $theirs) = map { { map { $_ => 1 } split /\n/ } } @_;
    return join ' ', 'only ours:', (grep { !$theirs->{$_} } sort keys %$ours),
        'only theirs:', grep { !$ours->{$_} } sort keys %$theirs;
}


sub put
{
    my ($path, $content) = @_;
    open my $fh, '>', root($path) or die "$path: $!\n";
    print $fh $content;
}


sub root
{
    my ($path) = @_;
    return '/proc/' . $box->pid() . "/root/workspace/$path";
}
