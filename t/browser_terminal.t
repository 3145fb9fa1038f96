#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# examples/terminal in Chromium: xterm.js, attached to a shell in a sandbox
# through nginx with a key.

use warnings;
use strict;

use File::Path ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Browser;
use Sandbox::Npm;
use Sandbox::Snippet;

my $key = 'kEyOfTheBrowser-0123456789';
my $example = Sandbox::root_dir() . '/examples/terminal';
my $modules = Sandbox::Npm::install($example, 'terminal');

# the location that its README shows, of a folder that workers can read
my $readme = 'examples/terminal/README.md';
my $location = Sandbox::Snippet::take($readme, 'location ');
my $www = "/tmp/sbx-www-$$";
$location =~ s{/srv/terminal/;.*}{$www/;};

File::Path::make_path("$www/node_modules");
system('cp', '-r', "$modules/node_modules/\@xterm", "$www/node_modules/");
Sandbox::copy("$example/$_", "$www/$_", 0644) for qw/index.html terminal.mjs/;
END { File::Path::remove_tree($www) if $www }

my $t = Sandbox->new(keys => ["alice:$key"], key => $key, api => $location)
    ->start();
my $id = 'demo';

# its packages are those of Sandbox::Npm, and its URL is opened below
Sandbox::Snippet::take($readme, 'cd examples/terminal && npm ci');
my $url = Sandbox::Snippet::take($readme, 'http://localhost:8080/');
$url =~ s/8080/$t->{port}/;
chomp $url;
Sandbox::Snippet::none_left('t/browser_terminal.t');

my $has = $t->exec($id, ['sh', '-c', 'command -v vim >/dev/null && echo vim']);
my $program = $has->{stdout} =~ /vim/ ? 'vim' : 'less';

my $shot = Sandbox::Browser::artifacts() . '/terminal.png';
unlink $shot;
my $res = Sandbox::Browser::run($t, 'terminal.mjs', {
    url => "$url#$key",
    program => $program, screenshot => $shot });

is($res->{utf8}, 'c3 a4 e2 82 ac f0 9f 98 80 0a', 'UTF-8 is typed');
is($res->{size}, $res->{window}, 'the shell has the size of the window');
ok($res->{alternate}, "$program has the screen");
is($res->{replayed}, 'typed-42', 'a reload: the output is replayed');
is($res->{kept}, 'yes', 'the shell is the same');
is("@{[map { $_ ? 1 : 0 } @{$res->{connections} || []}]}", '0 1',
    'a connection that is lost: the next one resumes');
is($res->{counts}, join(' ', 1 .. 40), 'lines, without a gap');
like($res->{status}, qr/exited with code 5/, 'the exit is shown');
is("@{$res->{failures} || ['?']}", '', 'without an error in the page');
cmp_ok(-s $shot || 0, '>', 5000, "a picture of it: $shot");

unlike($t->log_text($_), qr/\Q$key\E/, "no key in $_")
    for qw/error.log access.log/;

$t->done();
