#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module fault agent engine

# The worker that starts a sandbox is killed at each step of it: the next
# request starts it, with its files, and there is one container.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Fault;

my $t = Sandbox::Fault->new()->start();
my ($n, $asleep, @starts) = (0);

# the first start of a sandbox, which makes its container

crash($_, 'create') for qw/wake.locked wake.begun wake.image wake.created
    file.temp file.renamed wake.recorded/;

# that of one that sleeps

$asleep = sandbox('wake');
crash($_, 'wake') for qw/wake.begun wake.started wake.bound wake.listening
    wake.peer wake.sent wake.handed wake.booted wake.tethered/;

# that of one whose container somebody has removed

crash($_, 'lost') for qw/wake.lost wake.created/;

# a container that runs without its sockets is killed, and so is who does that

$t->api('POST', "/v1/sandbox/$asleep/sleep");
Sandbox::docker('start ' . $t->container_of($asleep));
crash('wake.killed', 'running');

# nothing is left

is($t->api('DELETE', "/v1/sandbox/crash-$_")->{status}, 204, "destroy $_")
    for 1 .. $n;
ok(wait_for(sub { !$t->left() }, 60), 'nothing is left of them')
    or diag(join ' ', $t->left());
$t->done();


# one in the state that the start begins in

sub sandbox
{
    my ($how) = @_;

    if ($how eq 'wake' && $asleep) {
        $t->api('POST', "/v1/sandbox/$asleep/sleep");
    }
    return $asleep if $how eq 'running' || $how eq 'wake' && $asleep;

    my $id = 'crash-' . ++$n;

    return $id if $how eq 'create';

    $t->run_in($id, 'echo kept > /workspace/f');
    Sandbox::docker('rm -f ' . $t->container_of($id)) if $how eq 'lost';
    return $id;
}


# calls through both workers, and the one that starts for them is killed: what
# is wrong with their answers

sub broken
{
    my ($id, $point) = @_;
    my @workers = $t->workers_alive();
    @starts = ();
    my @calls = map { [$_, $t->conn_to($_)] } @workers, $workers[0];

    $t->order('KILL', $point);
    $t->exec_start($id, ['echo', $_->[0]], conn => $_->[1]) for @calls;
    my $pid = $t->fired() or return 'not passed';
    my @wrong;

    for my $call (@calls) {
        my ($worker, $c) = @$call;
        my $r = Sandbox::exec_result($c);
        my $got = $r->{status} == 0 ? 'cut' : $r->{stdout} eq "$worker\n"
            && defined $r->{exit} && $r->{exit} == 0 ? 'good'
            : "$r->{status} " . ($r->{body} // '');
        my $want = $worker == $pid ? 'cut' : 'good';

        push @starts, $r->{headers}{'sandbox-start'} if $got eq 'good';
        push @wrong, "$got where it should be $want" if $got ne $want;
    }
    return join ', ', @wrong;
}


sub crash
{
    my ($point, $how) = @_;
    my $id = sandbox($how);

    is(broken($id, $point), '', "$how, killed at $point");

    # somebody is told that the container is another one

    like(join(' ', @starts), qr/create|lost/, 'it is said to be new')
        if $how eq 'lost';

    my $r = $t->exec($id, ['sh', '-c', 'cat /workspace/f; true']);
    is($r->{stdout}, $how =~ /^(?:create|lost)$/ ? '' : "kept\n",
        'the next call works, and sees its file')
        or diag("$r->{status} " . ($r->{body} // ''));
    my $run = $t->run_of($id);
    is(scalar(grep { index($_, $run) >= 0 } $t->containers()), 1,
        'one container');
}
