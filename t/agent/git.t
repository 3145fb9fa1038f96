#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# POST /api/git/checkout, against git's own servers: one for HTTP with and
# without credentials, and "git daemon".

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use MIME::Base64 qw/encode_base64/;
use Test::More;
use Time::HiRes qw/sleep time/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::SSE;

plan(skip_all => 'no git') if !grep { -x "$_/git" } split /:/, $ENV{PATH};

# no failing test may wait for ever
alarm 300;

my $SECRET = 'correct-horse-battery';
my $HTTP = 'http://127.0.0.1:8418';

my $box = Sandbox::Box->new(log => 'debug', ports => [8080]);
my $res;


# repositories, and servers that run beside the agent

$box->sh(q(
    set -e; mkdir /srv; cd /srv; export HOME=/tmp
    git config --global user.email me@example.com
    git config --global user.name me
    git config --global init.defaultBranch trunk
    git init -q work; cd work; echo one >a; git add a; git commit -qm one
    echo two >a; git commit -qam two; git tag v1
    git checkout -qb feature/x; mkdir d; echo x >d/x; git add d
    git commit -qm x; git checkout -q trunk; cd ..
    git clone -q --bare work repo.git; mkdir other
    git clone -q --bare work other/second.git; touch repo.git/git-daemon-export-ok
    git init -q --bare empty.git
    cd work; head -c 30000000 /dev/urandom >big; git add big
    git commit -qm big; cd ..; git clone -q --bare work big.git; rm -rf work
    rm /tmp/.gitconfig
));
my $root = '/proc/' . $box->pid() . '/root';
open my $fh, '<', dirname(__FILE__) . '/../lib/apps/git_http.py' or die $!;
open my $to, '>', "$root/srv/git_http.py" or die $!;
print $to do { local $/; <$fh> };
close $to;

for my $command ('python3 /srv/git_http.py 8418 /srv',
    'git daemon --listen=127.0.0.1 --port=9418 --base-path=/srv')
{
    $res = $box->call('POST', '/api/process/start', { command => $command });
    is($res->{status}, 200, $command);
}
for my $port (8418, 9418) {
    ok($box->wait_for(30, sub {
        $box->output("echo >/dev/tcp/127.0.0.1/$port && echo up") eq 'up'
    }), "port $port");
}


# what is asked for

$res = checkout({ repoUrl => "$HTTP/repo.git" });
is($res->{status}, 200, 'checkout') or diag($res->{body});
is($res->{json}{branch}, 'trunk', 'its branch');
is($res->{json}{targetDir}, '/workspace/repo', 'its directory');
is($res->{json}{repoUrl}, "$HTTP/repo.git", 'its URL');
ok($res->{json}{success} && $res->{json}{timestamp}, 'as all answers');
is($box->sh('cd repo; cat a; git log --oneline | wc -l; git status -s'),
    "two\n2\n", 'its files and commits');

for my $case (
    [{ branch => 'feature/x' }, 'feature/x', "two\nx\n", 3],
    [{ branch => 'v1' }, 'v1', "two\n", 2],
    [{ depth => 1 }, 'trunk', "two\n", 1],
    [{ depth => 2, branch => 'feature/x' }, 'feature/x', "two\nx\n", 2],
    [{ depth => undef, branch => undef, timeoutMs => undef }, 'trunk',
        "two\n", 2],
    [{ timeoutMs => 60000, stream => JSON::PP::false }, 'trunk', "two\n", 2])
{
    my ($o, $branch, $files, $commits) = @$case;
    my $name = JSON::PP->new->canonical->encode($o);
    $box->sh('rm -rf /workspace/t');
    $res = checkout({ repoUrl => "$HTTP/repo.git", targetDir => '/workspace/t',
        %$o });
    is($res->{status}, 200, $name) or diag($res->{body});
    is($res->{json}{branch}, $branch, "$name: branch");
    is($box->sh('cd t; cat a d/x 2>/dev/null; git log --oneline | wc -l'),
        "$files$commits\n", "$name: files and commits");
}

for my $case (
    ['git://127.0.0.1/repo.git', undef, '/workspace/repo'],
    ['file:///srv/repo.git', undef, '/workspace/repo'],
    ['/srv/repo.git', undef, '/workspace/repo'],
    ["$HTTP/other/second.git/", undef, '/workspace/second'],
    ["$HTTP/repo.git", 'new/deep/er', '/workspace/new/deep/er'],
    ["$HTTP/repo.git", '/tmp/-dash', '/tmp/-dash'],
    ["$HTTP/repo.git", "/tmp/new\nline \xe9", "/tmp/new\nline \xe9"])
{
    my ($url, $target, $dir) = @$case;
    $box->sh('rm -rf repo');
    $res = checkout({ repoUrl => $url,
        defined $target ? (targetDir => $target) : () });
    is("$res->{status} $res->{json}{targetDir}", "200 $dir",
        "$url to " . ($target // 'its name')) or diag($res->{body});
}

$box->call('POST', '/api/session/create', { id => 's', cwd => '/tmp' });
$box->execute('mkdir -p sub; cd sub', sessionId => 's');
$res = checkout({ repoUrl => "$HTTP/repo.git", targetDir => 'mine',
    sessionId => 's' });
is($res->{json}{targetDir}, '/tmp/sub/mine', 'relative to a session');
is(checkout({ repoUrl => "$HTTP/empty.git" })->{status}, 200,
    'an empty repository');
$box->sh('mkdir there');
is(checkout({ repoUrl => "$HTTP/repo.git", targetDir => 'there' })->{status},
    200, 'a directory that is there and empty');


# what is wrong

for my $case (
    [{}, 400, 'INVALID_GIT_URL', 'INVALID_GIT_URL', qr/string is required/],
    [{ repoUrl => '' }, 400, 'INVALID_GIT_URL', 'INVALID_GIT_URL', qr/empty/],
    [{ repoUrl => 7 }, 400, 'INVALID_GIT_URL', 'INVALID_GIT_URL', qr/string/],
    (map { [{ repoUrl => $_ }, 400, 'INVALID_GIT_URL', 'INVALID_GIT_URL',
        qr/repoUrl: /] } '--upload-pack=touch /tmp/x', 'ext::sh -c true',
        'repo', 'ftp://host/x', 'http://', 'https:///x', "http://h/x\ny",
        'ssh://me:pw@host/x', 'http://-host/x', 'http://u:%00@h/x',
        'x' x 5000),
    [{ branch => '-x' }, 400, 'VALIDATION_FAILED', 'INVALID_BRANCH', qr/branch/],
    [{ branch => 'a..b' }, 400, 'VALIDATION_FAILED', 'INVALID_BRANCH',
        qr/branch/],
    [{ branch => 'b' x 300 }, 400, 'VALIDATION_FAILED', 'INVALID_BRANCH',
        qr/branch/],
    (map { [{ timeoutMs => $_ }, 400, 'VALIDATION_FAILED', 'INVALID_TIMEOUT',
        qr/Invalid clone timeout: \Q@{[JSON::PP->new->allow_nonref->encode($_)]}/] }
        0, -5, 1.5, '1000', JSON::PP::true),
    [{ targetDir => '' }, 400, 'VALIDATION_FAILED', 'INVALID_PATH', qr/target/],
    [{ depth => 0 }, 400, 'VALIDATION_FAILED', undef, qr/depth/],
    [{ depth => 'x' }, 400, 'VALIDATION_FAILED', undef, qr/depth/],
    [{ sessionId => '../x' }, 400, 'VALIDATION_FAILED', undef, qr/sessionId/],
    [{ repoUrl => "$HTTP/none.git" }, 404, 'GIT_REPOSITORY_NOT_FOUND', undef,
        qr/not found/],
    [{ repoUrl => 'git://127.0.0.1/none.git' }, 404,
        'GIT_REPOSITORY_NOT_FOUND', undef, qr/not found/],
    [{ repoUrl => '/srv/none.git' }, 404, 'GIT_REPOSITORY_NOT_FOUND', undef,
        qr/not found/],
    [{ branch => 'none' }, 404, 'GIT_BRANCH_NOT_FOUND', undef,
        qr/branch was not found: none/],
    [{ repoUrl => "$HTTP/private/repo.git" }, 401, 'GIT_AUTH_FAILED', undef,
        qr/requires credentials/],
    [{ repoUrl => "$HTTP/status/403/x" }, 401, 'GIT_AUTH_FAILED', undef,
        qr/refuses/],
    [{ repoUrl => "$HTTP/status/503/x" }, 502, 'GIT_NETWORK_ERROR', undef,
        qr/cannot be reached/],
    [{ repoUrl => 'http://127.0.0.1:1/x' }, 502, 'GIT_NETWORK_ERROR', undef,
        qr/cannot be reached/],
    [{ repoUrl => 'http://nowhere.invalid/x' }, 502, 'GIT_NETWORK_ERROR',
        undef, qr/cannot be reached/],
    [{ targetDir => '/workspace/t' }, 500, 'GIT_CLONE_FAILED', undef,
        qr/already exists and is not an empty directory/],
    [{ targetDir => '/srv/repo.git/HEAD' }, 500, 'GIT_CLONE_FAILED', undef,
        qr/already exists/],
    [{ targetDir => '/srv/repo.git/HEAD/x' }, 400, 'NOT_DIRECTORY', undef,
        qr/HEAD/],
    [{ targetDir => '/workspace/' . 'n' x 300 }, 400, 'NAME_TOO_LONG', undef,
        qr/too long/])
{
    my ($o, $status, $code, $kind, $re) = @$case;
    my %body = (($o && %$o && !exists $o->{repoUrl})
        ? (repoUrl => "$HTTP/repo.git") : (), targetDir => 'wrong', %$o);
    my $name = substr JSON::PP->new->canonical->encode($o), 0, 60;
    $res = checkout(\%body);
    is("$res->{status} $res->{json}{code}", "$status $code", $name)
        or diag($res->{body});
    like($res->{json}{message}, $re, "$name: the reason");
    is($res->{json}{context}{validationErrors}[0]{code}, $kind,
        "$name: the kind");
    ok(!-e "$root/workspace/wrong", "$name: nothing is left");
}

$res = checkout({ repoUrl => "$HTTP/repo.git", branch => 'none' });
is_deeply([sort keys %{$res->{json}{context}}],
    [qw/branch exitCode operation repository stderr targetDir/], 'its context');
is($res->{json}{operation}, 'git.clone', 'the operation');
like($res->{json}{context}{stderr}, qr/^fatal: Remote branch none/m,
    'what git says');
is($box->output('ls /tmp/x 2>&1 | wc -l'), 1, 'no option was taken');


# credentials

my $basic = 'Basic ' . encode_base64("me:$SECRET", '');
my @credentials = (
    ['a bearer token', "$HTTP/private/repo.git", "Bearer $SECRET"],
    ['basic', "$HTTP/private/repo.git", $basic],
    ['in the URL', "http://me:$SECRET\@127.0.0.1:8418/private/repo.git"],
    ['escaped', "http://m%65:correct%2dhorse-battery\@127.0.0.1:8418/private/repo.git"],
);

for my $case (@credentials) {
    my ($name, $url, $header) = @$case;
    $box->sh('rm -rf /workspace/p');
    $res = checkout({ repoUrl => $url, targetDir => 'p' },
        $header ? ('Git-Authorization' => $header) : ());
    is($res->{status}, 200, $name) or diag($res->{body});
    is($res->{json}{repoUrl}, "$HTTP/private/repo.git", "$name: the URL");
    is($box->sh('cd p; cat a; git remote get-url origin'),
        "two\n$HTTP/private/repo.git\n", "$name: is cloned");
    is($box->sh("grep -rlE '$SECRET|" . encode_base64("me:$SECRET", '')
        . "' p | wc -l"), "0\n", "$name: not in the clone");
}

for my $case (
    ["$HTTP/private/repo.git", 'Bearer wrong-horse-battery', 401],
    ["http://me:wrong-horse-battery\@127.0.0.1:8418/private/repo.git", undef,
        401],
    ["$HTTP/echo/repo.git", "Bearer $SECRET", 401],
    ["http://me:$SECRET\@127.0.0.1:8418/echo/repo.git", undef, 401],
    ["http://me:$SECRET\@127.0.0.1:8418/none.git", undef, 404],
    ["http://me:$SECRET\@nowhere.invalid/none.git", undef, 502],
    ["http://$SECRET\@127.0.0.1:8418/status/500/x", undef, 502],
    ["http://me:$SECRET\@127.0.0.1:8418/x", "Bearer $SECRET", 400],
    ['git://127.0.0.1/repo.git', "Bearer $SECRET", 400],
    ["$HTTP/repo.git", $SECRET, 400], ["$HTTP/repo.git", '', 400],
    ["http://me:$SECRET\@/x", undef, 400])
{
    my ($url, $header, $status) = @$case;
    my $name = "$url, " . ($header // 'no header');
    for my $stream (JSON::PP::false, JSON::PP::true) {
        $res = checkout({ repoUrl => $url, targetDir => 'wrong',
            stream => $stream },
            defined $header ? ('Git-Authorization' => $header) : ());
        is($res->{status}, $status, $name) if !$stream;
        unlike($res->{body}, qr/horse-battery|@{[substr $basic, 10, 20]}/,
            'and no secret in it');
    }
}

# nor does a program in the sandbox see them as an argument
my $slow = start({ repoUrl => "http://me:$SECRET\@127.0.0.1:8418/slow/repo.git",
    targetDir => 'slow' });
ok($box->wait_for(10, sub { $box->processes(qr/git-remote-http|remote-http/) }),
    'while it runs');
my $ps = $box->sh('cat /proc/[0-9]*/cmdline | tr "\0" " "');
like($ps, qr/clone.*slow/, 'its arguments');
unlike($ps, qr/$SECRET/, 'have no secret');
is($box->sh("find slow -type f | xargs grep -l '$SECRET' | wc -l"), "0\n",
    'nor has the half made clone');

# the client leaves
undef $slow;
ok($box->wait_for(10, sub { !$box->processes(qr/slow/) }),
    'the client leaves: no process is left');
ok($box->wait_for(10, sub { !-e "$root/workspace/slow" }), 'no directory');

# a directory that was there stays, and is empty
$box->sh('mkdir slow');
$slow = start({ repoUrl => "$HTTP/slow/repo.git", targetDir => 'slow' });
ok($box->wait_for(10, sub { -e "$root/workspace/slow/.git" }), 'once more');
$box->sh('pkill -9 -f "clone.*slow"');
$res = $slow->response();
is($res->{status}, 500, 'git was killed');
is($res->{json}{code}, 'GIT_CLONE_FAILED', 'its code');
is($box->sh('ls -A slow; ls -d slow'), "slow\n", 'the directory is empty');

# a timeout
my $began = time;
$res = checkout({ repoUrl => "$HTTP/slow/repo.git", targetDir => 'late',
    timeoutMs => 700 });
is("$res->{status} $res->{json}{code}", '502 GIT_NETWORK_ERROR', 'a timeout');
like($res->{json}{message}, qr/timed out after 700 ms/, 'the reason');
is($res->{json}{context}{exitCode}, 124, 'its exit code');
ok(!-e "$root/workspace/late", 'nothing is left');
is(scalar $box->processes(qr/late/), 0, 'no process either');

# a full disk
$box->sh('mkdir /mnt');
mounted('-t', 'tmpfs', '-o', 'size=4m', 'none', '/mnt');
$res = checkout({ repoUrl => "$HTTP/big.git", targetDir => '/mnt/big' });
is("$res->{status} $res->{json}{code}", '507 NO_SPACE', 'a full disk')
    or diag($res->{body});
is($box->sh('ls -A /mnt'), '', 'nothing is left');


# events

my $http = start({ repoUrl => "$HTTP/big.git", targetDir => 'ev',
    stream => JSON::PP::true });
my @events = events($http);
is($events[0]{type}, 'start', 'stream: the first event');
is_deeply([@{$events[0]}{qw/repoUrl targetDir/}],
    ["$HTTP/big.git", '/workspace/ev'], 'says what is cloned');
is($events[-1]{type}, 'complete', 'the last one');
is($events[-1]{branch}, 'trunk', 'has the branch');
ok($events[-1]{success}, 'and success');
my @progress = grep { $_->{type} eq 'progress' } @events;
ok((grep { $_->{phase} eq 'Receiving objects' && $_->{percent} == 100
    && $_->{current} == $_->{total} } @progress), 'progress to its end');
ok(!(grep { !$_->{timestamp} } @events), 'all have a time');

$http = $box->http(timeout => 120);
$http->request('POST', '/api/git/checkout', host => 'x',
    headers => ['Accept' => 'text/event-stream'],
    body => JSON::PP->new->encode({ repoUrl => "$HTTP/none.git",
        targetDir => 'ev2' }));
@events = events($http);
is($events[-1]{type}, 'error', 'by Accept: an error');
is("$events[-1]{httpStatus} $events[-1]{code}",
    '404 GIT_REPOSITORY_NOT_FOUND', 'its code');
like($events[-1]{context}{stderr}, qr/not found/, 'its context');
is(checkout({ repoUrl => 'none', stream => JSON::PP::true })->{status}, 400,
    'what is wrong from the beginning is no stream');


# no git in the image, and what is in the log

$box->call('POST', '/api/env', { env => { PATH => '/nowhere' } });
$res = checkout({ repoUrl => "$HTTP/repo.git", targetDir => 'no' });
is("$res->{status} $res->{json}{code} $res->{json}{message}",
    '500 GIT_OPERATION_FAILED git: command not found', 'no git');
ok(!-e "$root/workspace/no", 'nothing is left');

unlike($box->log(), qr/horse-battery|@{[substr $basic, 10, 20]}/,
    'no secret in the log');
unlike($box->log(), qr/8418/, 'no URL either');

done_testing();


sub checkout
{
    my ($body, @headers) = @_;
    return $box->call('POST', '/api/git/checkout', $body, @headers);
}


sub start
{
    my ($body) = @_;
    my $http = $box->http(timeout => 120);
    $http->request('POST', '/api/git/checkout', host => 'x',
        body => JSON::PP->new->utf8->encode($body));
    return $http;
}


sub events
{
    my ($http) = @_;
    my $res = $http->head();
    is("$res->{status} $res->{headers}{'content-type'}",
        '200 text/event-stream', 'a stream');
    my $sse = Sandbox::SSE->new($http);
    my @events;
    while (my $e = $sse->next()) {
        push @events, JSON::PP->new->utf8->decode($e->{data});
    }
    return @events;
}


sub mounted
{
    my (@args) = @_;
    system('nsenter', '-t', $box->pid(), '-m', '-r', 'mount', @args) == 0
        or die "mount @args failed\n";
}
