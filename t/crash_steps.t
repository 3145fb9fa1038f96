#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module fault agent engine

# A worker is killed at each step of create, expose, sleep, PATCH and destroy,
# and of the sweep that mends what that leaves: what was acknowledged stays,
# what was not can be asked for again, and nothing is left in the end.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Fault;
use Sandbox::WebSocket;

my $t = Sandbox::Fault->new()->start();
my ($id, $n, $res) = ('steps', 0);

# create: its caller repeats it with the same key

for my $point (qw/create.directory create.run create.lock create.spec
    create.named/)
{
    my $new = 'new-' . ++$n;
    my @create = ('POST', '/v1/sandbox', json => { id => $new },
        headers => ['Idempotency-Key' => "key-$n"]);

    is(crash($point, @create), 0, "create, killed at $point");
    is($t->api(@create)->{status}, 200, 'repeated: it is made');
    is($t->api('GET', "/v1/sandbox/$new")->{json}{state}, 'asleep', 'once');
    is($t->api('DELETE', "/v1/sandbox/$new")->{status}, 204, 'and destroyed');
}
cmp_ok(scalar $t->left(), '>', 0, 'something is left of these');
$t->sweep();
ok(wait_for(sub { !$t->left() }, 60), 'until it is swept')
    or diag(join ' ', $t->left());

# expose, of a port that serves

$t->run_in($id, 'echo kept > /workspace/f');
$t->app($id, 'app.py', 8080);

for my $point (qw/file.temp file.renamed expose.written/) {
    my @expose = ('POST', "/v1/sandbox/$id/ports", json => { port => 8080,
        token => 'first' });

    is(crash($point, @expose), 0, "expose, killed at $point");
    $res = $t->api(@expose);
    is($res->{status}, 200, 'repeated: exposed');
    is($t->preview('GET', $res->{json}{url})->{status}, 200, 'it is served');
    is(join(' ', files("$id/ports")), '8080', 'by one file')
        if $point ne 'file.temp';
    $t->api('DELETE', "/v1/sandbox/$id/ports/8080")
        if $point ne 'expose.written';
}

# the socket of an exposed port

my $url = $res->{json}{url};
for my $point (qw/listen.bound listen.handed/) {
    $t->api('DELETE', "/v1/sandbox/$id/ports/8080");
    $url = $t->expose($id, 8080, token => 'first');
    is(crash($point, 'preview', $url), 0, "a preview, killed at $point");
    is($t->preview('GET', $url)->{status}, 200, 'the next one is served');
}

# what a revoked token had opened is cut, even so

for my $point (qw/expose.written file.renamed/) {
    my $token = 'second' . ++$n;
    my @change = ('POST', "/v1/sandbox/$id/ports", json => { port => 8080,
        token => $token });
    my ($ws, $conn) = websocket($url);

    is($ws->{status}, 101, 'a WebSocket by the first token');
    is(crash($point, @change, conn => $conn), 0, "another token, killed at $point");
    $res = $t->api(@change);
    is($res->{status}, 200, 'repeated: changed');
    is($t->preview('GET', $url)->{status}, 404, 'the first one opens nothing');
    ok(cut($ws), 'what it had opened is cut');
    $url = $res->{json}{url};
    is($t->preview('GET', $url)->{status}, 200, 'the second one opens');
}

for my $point (qw/expose.removed expose.cut/) {
    my ($ws, $conn) = websocket($url);

    is($ws->{status}, 101, 'a WebSocket');
    is(crash($point, 'DELETE', "/v1/sandbox/$id/ports/8080", conn => $conn),
        0, "unexpose, killed at $point");
    is($t->api('DELETE', "/v1/sandbox/$id/ports/8080")->{json}{wasExposed},
        JSON::PP::false, 'repeated: not exposed');
    is($t->preview('GET', $url)->{status}, 404, 'it opens nothing');
    ok(cut($ws), 'what it had opened is cut');
    $url = $t->expose($id, 8080, token => 'third' . ++$n);
}

# destroyed by another worker while its ports are changed

for my $call (['POST', '', json => { port => 8080 }], ['DELETE', ''],
    ['DELETE', '/8080'])
{
    my ($method, $path, @body) = @$call;
    my $gone = 'gone-' . ++$n;
    my ($one, $two) = $t->workers_alive();
    my ($early, $late) = map { $t->conn_to($_) } $one, $two;

    $t->expose($gone, 8081);
    $t->order('STOP', 'expose.locked');
    $early->request($method, "/v1/sandbox/$gone/ports$path",
        $t->api_options(@body));
    is($t->fired(), $one, "$method ports$path is halted");
    is($t->api('DELETE', "/v1/sandbox/$gone", conn => $late)->{status}, 204,
        'the sandbox is destroyed meanwhile');
    kill 'CONT', $one;
    is($early->response(method => $method)->{status}, 404, 'and there is none');
}

# options of a sandbox that runs

for my $point (qw/file.temp file.renamed options.written options.told/) {
    my @patch = ('PATCH', "/v1/sandbox/$id", json => { env => { P => $point },
        sleepAfter => 500 + ++$n });

    is(crash($point, @patch), 0, "PATCH, killed at $point");
    $res = $t->api(@patch);
    is($res->{json}{sleepAfter}, 500 + $n, 'repeated: changed');
    is($t->run_in($id, 'echo $P'), "$point\n", 'its agent knows');
}

# two at once: the first is written, and told of after the second

my ($one, $two) = $t->workers_alive();
my ($early, $late) = map { $t->conn_to($_) } $one, $two;
$t->order('STOP', 'options.written');
$early->request('PATCH', "/v1/sandbox/$id",
    $t->api_options(json => { env => { P => 'early' } }));
is($t->fired(), $one, 'a worker is halted between writing and telling');
is($t->api('PATCH', "/v1/sandbox/$id", json => { env => { P => 'late' } },
    conn => $late)->{status}, 200, 'another one changes the same');
kill 'CONT', $one;
is($early->response(method => 'PATCH')->{status}, 200, 'the first goes on');
is($t->run_in($id, 'echo $P'), "late\n", 'the later change holds');

# sleep by request

for my $point (qw/destroy.locked sleep.prepared sleep.stopped sleep.noted/) {
    is(crash($point, 'POST', "/v1/sandbox/$id/sleep"), 0,
        "sleep, killed at $point");
    $res = $t->api('POST', "/v1/sandbox/$id/sleep");
    is($res->{json}{state}, 'asleep', 'repeated: asleep');
    ok(!$t->agent_pid($id), 'its container is stopped');
    is($t->run_in($id, 'cat /workspace/f'), "kept\n", 'it wakes as it was');
}

# a backup: whole or not there, when it is made and when it is deleted

my @backup = ('POST', "/v1/sandbox/$id/api/backup/create",
    json => { dir => '/workspace' });

is(crash('backup.written', @backup), 0, 'backup, killed at backup.written');
is_deeply($t->api('GET', '/v1/backup')->{json}{backups}, [], 'there is none');
$res = $t->api(@backup);
is($res->{status}, 200, 'repeated: it is made');
my $kept = '/v1/backup/' . $res->{json}{id};
is($t->api('GET', $kept)->{json}{sizeBytes}, $res->{json}{sizeBytes}, 'whole');

is(crash('backup.trash', 'DELETE', $kept), 0,
    'backup deleted, killed at backup.trash');
is($t->api('GET', $kept)->{status}, 404, 'it is gone');
is($t->api('DELETE', $kept)->{status}, 404, 'for good');
$t->sweep();
ok(wait_for(sub { !(() = glob "$t->{state}/.backup/*/.[nt]*") }, 60),
    'and nothing is left of either');


# destroy: gone at once for everybody, and the name is free

for my $point (qw/destroy.locked trash.renamed destroy.trashed
    destroy.removed delete.run delete.ports destroy.deleted/)
{
    my $old = 'old-' . ++$n;

    # the sweep of what the one before left passes these places too

    if (trash()) {
        $t->sweep();
        ok(wait_for(sub { !trash() }, 60), 'what was left is swept')
            or diag(join ' ', $t->left());
    }

    $t->run_in($old, 'echo kept > /workspace/f');
    is(crash($point, 'DELETE', "/v1/sandbox/$old"), 0,
        "destroy, killed at $point");
    is($t->api('GET', "/v1/sandbox/$old")->{status},
        $point eq 'destroy.locked' ? 200 : 404, 'it is there, or not');
    is($t->api('DELETE', "/v1/sandbox/$old")->{status}, 204,
        'repeated: destroyed');
    is($t->api('POST', '/v1/sandbox', json => { id => $old })->{status}, 200,
        'the name is free');
    is($t->run_in($old, 'cat /workspace/f; true'), '',
        'and of another sandbox') if $point eq 'destroy.trashed';
    is($t->api('DELETE', "/v1/sandbox/$old")->{status}, 204,
        'which is destroyed too');
}

# the sweep itself, over a destroyed sandbox that somebody has left, and over a
# container that is nobody's any longer

my $lost = 'lost-' . ++$n;
my $trash = "$t->{state}/.trash-" . 'a' x 26;
$t->run_in($lost, 'true');
my $run = $t->run_of($lost);

for my $point (qw/sweep.trash delete.run sweep.orphan/) {

    # the successor of the worker that was killed sweeps on

    ok(wait_for(sub { ! -e $trash }, 60), "before $point: all is swept");
    $t->order('KILL', $point);

    if ($point eq 'sweep.orphan') {
        system('rm', '-r', "$t->{state}/$lost", "$t->{state}/.run/$run");
    } else {
        mkdir $_ or die "$_: $!" for $trash, "$trash/ports";
        chown +(stat "$t->{state}/$id")[4, 5], $trash, "$trash/ports";
    }

    $t->kill_worker($_) for $t->workers_alive();
    ok($t->fired(), "the sweep, killed at $point");
}
is($t->run_in($id, 'cat /workspace/f'), "kept\n", 'the others are as before');
is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroyed');
ok(wait_for(sub { !$t->left() }, 60), 'nothing is left')
    or diag(join ' ', $t->left());

# every place that there is was passed, here or in the other two

my %known = map { $_ => 1 } map { slurp($_) =~ /sandbox_fault\("([a-z.]+)"\)/g }
    glob root_dir() . '/ngx_sandbox_module/*/*.c';
my $tests = join '', map { slurp(root_dir() . "/t/$_") }
    qw/crash_steps.t crash_wake.t crash_pool.t lib\/Sandbox\/Fault.pm/;
is(join(' ', sort grep { $tests !~ /\b\Q$_\E\b/ } keys %known), '',
    'no place without a test');

$t->done();


# the call is made, and the worker at that point is killed; its status: 0

sub crash
{
    my ($point, $method, @call) = @_;
    my ($to, %o) = @call;
    my $c = delete $o{conn} || $t->connect();

    $t->order('KILL', $point);

    if ($method eq 'preview') {
        $c->request('GET', '/', host => ($to =~ m{//([^/]+)})[0]);
    } else {
        $c->request($method, $to, $t->api_options(%o));
    }

    $t->fired() or return "$point was not passed";
    return $c->response(method => $method)->{status};
}


# through one worker, and a connection to another one, which is to die

sub websocket
{
    my ($of) = @_;
    my ($lives, $dies) = map { $t->conn_to($_) } $t->workers_alive();

    return (Sandbox::WebSocket->new(conn => $lives, path => '/ws',
        host => ($of =~ m{//([^/]+)})[0]), $dies);
}


sub cut
{
    my ($ws) = @_;
    $ws->send('are you there');
    return !defined $ws->recv(20);
}


sub trash { grep { /^\.trash-/ } $t->left() }


sub files
{
    my ($dir) = @_;
    opendir my $d, "$t->{state}/$dir" or die "$dir: $!";
    return sort grep { !/^\.\.?$/ } readdir $d;
}
