#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A git checkout through nginx, and its credentials.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::SSE;

my $t = Sandbox->new(keys => ['me:key-of-the-api-0001'])->start();
$t->{key} = 'key-of-the-api-0001';
my $SECRET = 'correct-horse-battery';
my $URL = 'http://127.0.0.1:8418';

$t->run_in('one', 'cd /tmp && git init -qb trunk src && cd src && '
    . 'git -c user.email=me@example.com -c user.name=me commit -q '
    . '--allow-empty -m one && mkdir /tmp/srv && '
    . 'git clone -q --bare . /tmp/srv/repo.git');
$t->put('one', 'workspace/git_http.py',
    slurp(root_dir() . '/t/lib/apps/git_http.py'));
$t->api('POST', '/v1/sandbox/one/api/process/start', json => {
    command => 'exec python3 git_http.py 8418 /tmp/srv' });
my $res = $t->api('POST', '/v1/sandbox/one/api/execute', json => {
    command => "curl -s --retry 99 --retry-connrefused $URL/status/404" });
is($res->{json}{exitCode}, 0, 'a server within the sandbox');

$res = checkout({ repoUrl => "$URL/private/repo.git" });
is("$res->{status} $res->{json}{code}", '401 GIT_AUTH_FAILED',
    "the API's key is not git's");

$res = checkout({ repoUrl => "$URL/private/repo.git" },
    'Git-Authorization' => "Bearer $SECRET");
is($res->{status}, 200, 'checkout') or diag($res->{body});
is("$res->{json}{branch} $res->{json}{targetDir}", 'trunk /workspace/repo',
    'what it says');
is($t->run_in('one', 'cd repo && git log --format=%s'), "one\n", 'its commit');
is($t->run_in('one', "grep -r '$SECRET' repo | wc -l"), "0\n",
    'the clone has no credentials');

my $c = $t->connect(timeout => 60);
$c->request('POST', '/v1/sandbox/one/api/git/checkout', $t->api_options(json =>
    { repoUrl => "$URL/none.git", stream => JSON::PP::true }));
is($c->head()->{status}, 200, 'a stream');
my $sse = Sandbox::SSE->new($c);
my @events;
while (my $e = $sse->next()) {
    push @events, JSON::PP::decode_json($e->{data});
}
is($events[0]{type}, 'start', 'its first event');
is("$events[-1]{type} $events[-1]{code}", 'error GIT_REPOSITORY_NOT_FOUND',
    'its last one');

# the client leaves
$c = $t->connect(timeout => 60);
$c->request('POST', '/v1/sandbox/one/api/git/checkout', $t->api_options(json =>
    { repoUrl => "$URL/slow/repo.git", targetDir => 'slow' }));
ok(Sandbox::wait_for(sub {
    ($t->run_in('one', 'pgrep -fc "clone.*[s]low" || :') // 0) > 0
}, 20), 'a slow one');
undef $c;
ok(Sandbox::wait_for(sub {
    $t->run_in('one', 'pgrep -fc "clone.*[s]low" || :; '
        . 'ls -d sl*w 2>/dev/null || :') eq "0\n"
}, 20), 'when the client leaves: no process, no directory');

unlike($t->log_text($_), qr/horse-battery/, "no credentials in $_")
    for qw/error.log access.log/;

$t->done();


sub checkout
{
    my ($body, @headers) = @_;
    return $t->api('POST', '/v1/sandbox/one/api/git/checkout', json => $body,
        headers => [@headers]);
}
