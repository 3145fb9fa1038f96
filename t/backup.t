#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Backups of directories: created, restored into another sandbox, listed and
# deleted; and what may go wrong.

use warnings;
use strict;

use Test::More;
use Time::HiRes 'sleep';

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

# no failing test may wait for ever
alarm 300;

my $MB = 1024 * 1024;
my ($me, $other) = ('key-of-backups-000001', 'key-of-another-000001');
my $t = Sandbox->new(key => $me, keys => ["me:$me", "other:$other"],
    http => '    sandbox_backup_size 200m;')->start();
my $store = "$t->{state}/.backup";
my $res;

# created and restored

$t->run_in('one', 'mkdir -p src/lib node_modules/x; echo hi '
    . '>src/lib/a; ln -s a src/lib/link; ln src/lib/a src/second; echo x '
    . '>node_modules/x/y; head -c 30000000 /dev/urandom >large; chmod 600 large;'
    . 'truncate -s 1G hole; mkdir src/node_modules; echo x >"a & b%"');
$res = create('one', { dir => '/workspace', name => 'first "one"',
    excludes => ['node_modules', '**/none/**'], ttl => 3600 });
is($res->{status}, 200, 'create') or diag($res->{body});
my $json = $res->{json};
my $id = $json->{id};
like($id, qr/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    'its id is a UUID');
is_deeply([sort keys %$json], [qw/archivePath compression dir expiresAt id name
    sizeBytes success timestamp/], 'its members');
is("$json->{dir} $json->{name} $json->{archivePath} $json->{compression}",
    "/workspace first \"one\" /var/backups/$id.sqsh none", 'their values');
cmp_ok($json->{sizeBytes}, '>', 30_000_000, 'its size');
cmp_ok($json->{sizeBytes}, '<', 31_000_000, 'without the hole');
is($res->{headers}{'sandbox-start'}, 'hit', 'Sandbox-Start');

$t->run_in('two', 'echo old >old; mkdir gone; echo 1 >gone/x');
$res = restore('two', { dir => '/workspace', id => $id });
is($res->{status}, 200, 'restore into another sandbox') or diag($res->{body});
is_deeply({ %{$res->{json}}, timestamp => 1 }, { success => JSON::PP::true,
    dir => '/workspace', id => $id, timestamp => 1 }, 'its answer');
is($t->run_in('two', 'find . -printf "%p %m %l %n\n" | sort; '
        . 'find . -type f -size -900M -exec cksum {} + | sort; stat -c %b hole'),
    $t->run_in('one', 'rm -r node_modules src/node_modules; '
        . 'find . -printf "%p %m %l %n\n" | sort; '
        . 'find . -type f -size -900M -exec cksum {} + | sort; stat -c %b hole'),
    'exactly what was there');


# other directories, ids of the client's own, and any connection

$t->run_in('one', 'mkdir -p /app/x; echo 1 >/app/x/f; echo 2 >/app/g');
my $c = $t->connect();
$res = call($me, 'POST', '/v1/sandbox/one/api/backup/create',
    { dir => '/app', archivePath => '/var/backups/my_id-1.x.sqsh',
        gitignore => JSON::PP::false, excludes => [],
        compression => { format => 'zstd', threads => 8 }, sessionId => undef },
    conn => $c);
is("$res->{status} $res->{json}{id} $res->{json}{archivePath}",
    '200 my_id-1.x /var/backups/my_id-1.x.sqsh', 'the id of an archivePath');
is($res->{json}{compression}, 'none', 'and it is not compressed');
$res = call($me, 'POST', '/v1/sandbox/two/api/backup/restore',
    { archivePath => '/var/backups/my_id-1.x.sqsh' }, conn => $c);
is("$res->{status} $res->{json}{dir}", '200 /app', 'restore to where it was');
$res = call($me, 'POST', '/v1/sandbox/two/api/backup/restore',
    { dir => '/tmp/a b/&c', id => 'my_id-1.x' }, conn => $c);
is("$res->{status} $res->{json}{dir}", '200 /tmp/a b/&c', 'restore elsewhere');
$c->close();
is($t->run_in('two', 'cat /app/x/f /app/g "/tmp/a b/&c/x/f"'), "1\n2\n1\n",
    'the files');
$c = $t->connect();
$c->request('POST', '/v1/sandbox/fresh/api/backup/restore', $t->api_options(
    headers => ['Transfer-Encoding' => 'chunked']));
my $body = '{"id":"my_id-1.x","dir":null}';
$c->send(sprintf "%x\r\n%s\r\n0\r\n\r\n", length $body, $body);
$res = $c->response();
is("$res->{status} " . ($res->{headers}{'sandbox-start'} // ''), '200 create',
    'a sandbox that did not exist; a chunked body') or diag($res->{body});
is($t->run_in('fresh', 'cat /app/g'), "2\n", 'is created, with the files');
call($me, 'POST', '/v1/sandbox/fresh/sleep');
is(restore('fresh', { id => 'my_id-1.x' })->{headers}{'sandbox-start'}, 'wake',
    'one that sleeps is woken');
is(create('fresh', { dir => '/app' })->{json}{success}, JSON::PP::true,
    'a backup of what was restored');

$t->run_in('one', 'git init -q /tmp/repo; cd /tmp/repo; mkdir -p sub/out a; '
    . 'touch a/x.o a/x.c sub/out/f sub/x.c "*.c" top.log; '
    . 'printf "*.o\nout/\n/top.log\n" >.gitignore');
for my $case (['/tmp/repo', '*.c a/x.c sub/x.c'], ['/tmp/repo/sub', 'x.c']) {
    my ($dir, $files) = @$case;
    is(create('one', { dir => $dir, id => 'git', gitignore => JSON::PP::true,
        excludes => ['.git', '.gitignore'] })->{status}, 200,
        "gitignore in $dir");
    is(restore('two', { dir => '/tmp/git', id => 'git' })->{status}, 200,
        'restored');
    is($t->run_in('two', 'cd /tmp/git; find . -type f -printf "%P\n" | sort '
        . '| paste -sd " "'), "$files\n", 'without what git ignores');
    call($me, 'DELETE', '/v1/backup/git');
}
is(create('one', { dir => '/app', id => 'git', gitignore => JSON::PP::true })
    ->{status}, 200, 'no repository');
call($me, 'DELETE', '/v1/backup/git');

# listed, and of whom

$res = call($me, 'GET', '/v1/backup');
is($res->{status}, 200, 'list');
my @list = @{$res->{json}{backups}};
is(scalar @list, 3, 'three backups');
is_deeply([sort keys %{$list[2]}], [qw/createdAt dir expiresAt id name sandbox
    sizeBytes/], 'their members');
is("$list[1]{id} $list[2]{id} $list[2]{sandbox} $list[2]{name}",
    "my_id-1.x $id one first \"one\"", 'the latest first');
is($res->{json}{usedBytes}, $list[0]{sizeBytes} + $list[1]{sizeBytes}
    + $list[2]{sizeBytes}, 'bytes of all');
is($res->{json}{maxBytes}, 200 * $MB, 'the limit');
is_deeply(call($me, 'GET', "/v1/backup/$id")->{json}, $list[2], 'show');

is_deeply(call($other, 'GET', '/v1/backup')->{json}{backups}, [],
    'another key has none');
for my $case (['POST', '/v1/sandbox/mine/api/backup/restore', { id => $id }],
    ['GET', "/v1/backup/$id"], ['DELETE', "/v1/backup/$id"])
{
    my ($method, $path, $json) = @$case;
    $res = call($other, $method, $path, $json);
    is("$res->{status} $res->{json}{code}", '404 BACKUP_NOT_FOUND',
        "$method $path with another key");
}
is(call($other, 'GET', '/v1/sandbox/mine/running')->{json}{running},
    JSON::PP::false, 'which creates no sandbox');
is(call($other, 'POST', '/v1/sandbox/one/api/backup/create',
    { dir => '/tmp' })->{status}, 404, 'nor a backup of another key\'s sandbox');
is(call($other, 'POST', '/v1/sandbox/mine/api/backup/create',
    { dir => '/tmp', id => $id })->{status}, 200, 'the same id of another key');
is(call($other, 'DELETE', "/v1/backup/$id")->{status}, 204, 'is its own');
is(call($me, 'GET', "/v1/backup/$id")->{status}, 200, 'and not ours');
is($t->api('GET', '/v1/backup', key => 'wrong')->{status}, 401, 'a wrong key');

# what is refused, before anything is created

for my $case (
    ['create', {}, qr/"dir" is required/],
    ['create', { dir => '/etc' }, qr/"dir" must be/],
    ['create', { dir => '/workspace/../etc' }, qr/"dir" must be/],
    ['create', { dir => 7 }, qr/"dir" must be/],
    ['create', { dir => '/tmp', archivePath => '/tmp/x.sqsh' }, qr/archivePath/],
    ['create', { dir => '/tmp', archivePath => '/var/backups/' }, qr/archivePath/],
    ['create', { dir => '/tmp', archivePath => '/var/backups/a/b.sqsh' },
        qr/archivePath/],
    ['create', { dir => '/tmp', archivePath => '/var/backups/.sqsh' },
        qr/archivePath/],
    ['create', { dir => '/tmp', id => '../x' }, qr/"id" must/],
    ['create', { dir => '/tmp', id => '.new-x' }, qr/"id" must/],
    ['create', { dir => '/tmp', id => 'x' x 129 }, qr/"id" must/],
    ['create', { dir => '/tmp', id => 'a', archivePath => '/var/backups/b.sqsh' },
        qr/different/],
    ['create', { dir => '/tmp', id => $id }, qr/has a backup of this id/],
    ['create', { dir => '/tmp', name => 'x' x 257 }, qr/"name" must/],
    ['create', { dir => '/tmp', name => "a\nb" }, qr/"name" must/],
    ['create', { dir => '/tmp', ttl => 0 }, qr/"ttl" must/],
    ['create', { dir => '/tmp', ttl => -5 }, qr/"ttl" must/],
    ['create', { dir => '/tmp', ttl => [] }, qr/"ttl" must/],
    ['create', { dir => '/tmp', gitignore => 1 }, qr/"gitignore" must/],
    ['create', { dir => '/tmp', compression => 'zip' }, qr/"compression" must/],
    ['create', { dir => '/tmp', compression => { format => 'xz' } },
        qr/"compression" must/],
    ['create', { dir => '/tmp', compression => { threads => 0 } },
        qr/"threads"/],
    ['create', { dir => '/tmp', excludes => 'x' }, qr/"excludes" must/],
    ['create', { dir => '/tmp', excludes => [1] }, qr/"excludes" must/],
    ['create', { dir => '/tmp', excludes => [("x") x 257] }, qr/"excludes" must/],
    ['create', { dir => '/tmp', excludes => ['x' x 4097] }, qr/"excludes" must/],
    ['restore', {}, qr/is required/],
    ['restore', { dir => '/tmp' }, qr/is required/],
    ['restore', { dir => '/etc', id => $id }, qr/"dir" must be/])
{
    my ($route, $json, $re) = @$case;
    $res = call($me, 'POST', "/v1/sandbox/none/api/backup/$route", $json);
    my $name = "$route " . substr JSON::PP->new->canonical->encode($json), 0, 60;
    is("$res->{status} $res->{json}{code}", '400 INVALID_BACKUP_CONFIG', $name);
    like($res->{json}{error}, $re, 'the reason');
}
$res = call($me, 'POST', '/v1/sandbox/none/api/backup/restore', { id => 'no' });
is("$res->{status} $res->{json}{code}", '404 BACKUP_NOT_FOUND', 'no such id');
is(call($me, 'GET', '/v1/sandbox/none/running')->{json}{running},
    JSON::PP::false, 'none of them created the sandbox');
is(call($me, 'DELETE', '/v1/backup/no')->{status}, 404, 'nothing to delete');
is(call($me, 'GET', '/v1/backup/..x')->{status}, 404, 'an id with ".."');

$res = create('one', { dir => '/tmp/none' });
is("$res->{status} $res->{json}{code} $res->{json}{operation}",
    '400 INVALID_BACKUP_CONFIG backup.create', 'no such directory');
$res = create('one', { dir => '/tmp', excludes => ['../x'] });
is("$res->{status} $res->{json}{code}", '400 INVALID_BACKUP_CONFIG',
    'a pattern that the agent refuses');
$t->run_in('two', 'echo 1 >/tmp/file');
$res = restore('two', { dir => '/tmp/file', id => $id });
is("$res->{status} $res->{json}{code} $res->{json}{operation}",
    '400 INVALID_BACKUP_CONFIG backup.restore', 'not a directory');
ok(no_leftovers(), 'nothing is left of what was refused');

# limits

$t->run_in('one', 'mkdir /tmp/big; head -c 190M /dev/zero >/tmp/big/f');
$res = create('one', { dir => '/tmp/big' });
is("$res->{status} $res->{json}{code}", '507 BACKUP_CREATE_FAILED',
    'more than the key may have');
like($res->{json}{error}, qr/may have 209715200 bytes/, 'the reason');
ok(no_leftovers(), 'nothing is left of it');
is(call($me, 'DELETE', "/v1/backup/my_id-1.x")->{status}, 204, 'one is deleted');
is(call($me, 'DELETE', "/v1/backup/$id")->{status}, 204, 'another one');
is(call($me, 'GET', "/v1/backup/$id")->{status}, 404, 'and is gone');
$res = create('one', { dir => '/tmp/big', id => 'big' });
is($res->{status}, 200, 'now there is room');
$res = create('one', { dir => '/app', id => 'small' });
is($res->{status}, 200, 'and for a small one');
$res = create('one', { dir => '/tmp/big' });
is($res->{status}, 507, 'but not for another large one');


# a transfer that does not end, as the agent is stopped meanwhile

my ($wait, $pid) = held('create', 'one', { dir => '/tmp/big', id => 'left' });
call($me, 'DELETE', '/v1/backup/big');
$wait->close();
ok(no_leftovers(), 'create, and the client leaves');
kill 'CONT', $pid;
is(call($me, 'GET', '/v1/backup/left')->{status}, 404, 'there is no backup');
is(create('one', { dir => '/tmp/big', id => 'big' })->{status}, 200,
    'the next one is whole');

$t->run_in('two', 'rm -rf /tmp/r; mkdir /tmp/r; echo 1 >/tmp/r/f');
($wait, $pid) = held('restore', 'two', { dir => '/tmp/r', id => 'big' });
$wait->close();
kill 'CONT', $pid;
ok(wait_for(sub { $t->run_in('two', 'ls -A /tmp/r') eq "f\n" }),
    'restore, and the client leaves: nothing has changed');

($wait, $pid) = held('restore', 'two', { dir => '/tmp/r', id => 'big' });
kill 'KILL', $pid;
$res = $wait->response();
is("$res->{status} $res->{json}{code}", '500 BACKUP_RESTORE_FAILED',
    'restore, and the sandbox dies');
is(restore('two', { dir => '/tmp/r', id => 'big' })->{status}, 200,
    'once more');
is($t->run_in('two', 'ls -A /tmp/r; stat -c %s /tmp/r/f'),
    "f\n" . 190 * $MB . "\n", 'restored');

call($me, 'DELETE', '/v1/backup/big');
($wait, $pid) = held('create', 'two', { dir => '/tmp/r', id => 'left' });
kill 'KILL', $pid;
$res = $wait->response();
is("$res->{status} $res->{json}{code}", '500 BACKUP_CREATE_FAILED',
    'create, and the sandbox dies');
ok(no_leftovers(), 'nothing is left of it');

# workers that die, and nginx that starts again

($wait, $pid) = held('create', 'two', { dir => '/tmp/r', id => 'left' });
my @workers = $t->workers_alive();
$t->kill_worker($_) for @workers;
kill 'CONT', $pid;
ok(no_leftovers(20), 'create, and the workers die: the next one cleans up');
is(call($me, 'GET', '/v1/backup/left')->{status}, 404, 'there is no backup');

$t->restart();
is(call($me, 'GET', '/v1/backup/small')->{status}, 200,
    'nginx starts again: a backup is kept');
is(restore('one', { id => 'small', dir => '/tmp/again' })->{status}, 200,
    'and restored');

# a reload waits for a transfer

($wait, $pid) = held('create', 'two', { dir => '/tmp/r', id => 'reload' });
$t->reload();
kill 'CONT', $pid;
is($wait->response()->{status}, 200, 'a reload meanwhile');
is(call($me, 'GET', '/v1/backup/reload')->{status}, 200, 'and there it is');
call($me, 'DELETE', '/v1/backup/reload');

# longer than the sandbox, and not for ever

call($me, 'DELETE', '/v1/sandbox/one');
is(restore('other', { id => 'small' })->{status}, 200,
    'when its sandbox has been destroyed');

is(create('two', { dir => '/app', id => 'short', ttl => 1 })->{status}, 200,
    'one that expires soon');
sleep 1.2;
$res = restore('two', { id => 'short' });
is("$res->{status} $res->{json}{code}", '400 BACKUP_EXPIRED', 'and has');
$t->reload();
ok(wait_for(sub { call($me, 'GET', '/v1/backup/short')->{status} == 404 }, 20),
    'the sweep deletes it');
is(call($me, 'GET', '/v1/backup/small')->{status}, 200, 'and no other one');
ok(no_leftovers(), 'of which nothing is left');

# a damaged one, and a full disk

truncate "$store/by-me/small/data", 512;
$res = restore('two', { id => 'small' });
is("$res->{status} $res->{json}{code}", '500 BACKUP_RESTORE_FAILED',
    'an archive that has been cut');
is(call($me, 'DELETE', '/v1/backup/small')->{status}, 204, 'can be deleted');

SKIP: {
    my $uid = getpwnam('nginx-sandbox');
    skip 'cannot mount', 3 if system("mount -t tmpfs -o size=10m,mode=0700,"
        . "uid=$uid none $store");
    $res = create('two', { dir => '/tmp/r' });
    is("$res->{status} $res->{json}{code}", '507 BACKUP_CREATE_FAILED',
        'a full disk');
    like($res->{json}{error}, qr/disk with the sandbox state is full/,
        'the reason');
    ok(no_leftovers(), 'nothing is left');
    system('umount', '-l', $store);
}

$t->done();


sub create { return call($_[2] // $me, 'POST',
    "/v1/sandbox/$_[0]/api/backup/create", $_[1]) }

sub restore { return call($_[2] // $me, 'POST',
    "/v1/sandbox/$_[0]/api/backup/restore", $_[1]) }


sub call
{
    my ($key, $method, $path, $json, %o) = @_;
    return $t->api($method, $path, key => $key,
        $json ? (json => $json) : (), %o);
}


# what is not a whole backup

sub no_leftovers
{
    my ($timeout) = @_;
    return wait_for(sub {
        my @names = grep { !m{/\.\.?$} } glob "$store/*/.*";
        return !@names;
    }, $timeout // 10);
}


# a call whose sandbox is stopped when a part has been transferred: the
# connection, and the agent's pid

sub held
{
    my ($route, $id, $json) = @_;
    $t->run_in($id, ':');
    my $pid = $t->agent_pid($id) or die "$id does not run\n";
    my $c = $t->connect();

    # the agent may be faster than we are
    kill 'STOP', $pid;
    $c->request('POST', "/v1/sandbox/$id/api/backup/$route",
        $t->api_options(json => $json));

    for (1 .. 200) {
        kill 'CONT', $pid;
        sleep 0.005;
        kill 'STOP', $pid;
        last if $route eq 'create'
            ? grep { -s } glob "$store/by-me/.new-*/data"
            : grep { -s } glob "/proc/$pid/root$json->{dir}/.sandbox-restore-*/f";
        sleep 0.01;
    }

    return ($c, $pid);
}
