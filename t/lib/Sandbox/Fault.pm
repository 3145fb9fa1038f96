package Sandbox::Fault;

# Copyright (C) the ngx_sandbox authors

# An nginx of the build whose workers can be ended or halted between any two
# steps (sandbox_fault.h, t/lib/sandbox_fault.c).

use warnings;
use strict;

use parent 'Sandbox';
use POSIX ();

use Sandbox;


sub new
{
    my ($class, %o) = @_;
    my $build = $ENV{TEST_BUILD} || Sandbox::root_dir() . '/build';
    my $nginx = '/usr/sbin/nginx';

    # the sanitized build has no faults
    if ($ENV{TEST_SANDBOX_ON}) {
        $build .= "/$ENV{TEST_SANDBOX_ON}";
        $nginx = "$build/nginx";
    }

    my $self = Sandbox::new($class, nginx => $nginx,
        module => "$build/fault/ngx_http_sandbox_module.so",
        main => 'env SANDBOX_FAULT=%%DIR%%/fault/order;',
        api => 'add_header X-Worker $pid always;', workers => 2, %o);

    $self->{order} = "$self->{dir}/fault/order";
    mkdir "$self->{dir}/fault" or die $!;
    chmod 0777, "$self->{dir}/fault";

    return $self;
}


# the worker that is the n-th to pass the point gets the signal

sub order
{
    my ($self, $signal, $point, $n) = @_;
    my $number = POSIX->can("SIG$signal")->();

    unlink "$self->{order}.done";
    Sandbox::spew("$self->{order}.tmp", "$number $point " . ($n || 1) . "\n");
    chmod 0666, "$self->{order}.tmp";
    rename "$self->{order}.tmp", $self->{order} or die $!;
    $self->{signal} = $signal;
}


# its pid, or undef when none passed the point in time

sub fired
{
    my ($self, $seconds) = @_;
    my $done = "$self->{order}.done";
    my $pid;

    if (!wait_for(sub { -s $done && slurp($done) =~ /^(\d+)\n/
        && ($pid = $1) }, $seconds || 40))
    {
        unlink $self->{order};
        return undef;
    }

    if ($self->{signal} eq 'KILL') {
        $self->{killed}{$pid} = 1;
        wait_for(sub { !Sandbox::running($pid)
            && $self->workers_alive() >= $self->{workers} }, 30)
            or die "no worker in place of $pid\n";

    } else {
        halted($pid);
    }

    return $pid;
}


# a connection that this worker has accepted: the others are halted meanwhile

sub conn_to
{
    my ($self, $pid) = @_;
    my @others = grep { $_ != $pid } $self->workers_alive();

    kill 'STOP', @others;
    halted($_) for @others;
    my $c = $self->connect();
    my $r = $self->api('GET', '/health', conn => $c);
    kill 'CONT', @others;

    die "worker $pid does not take a connection\n"
        if ($r->{headers}{'x-worker'} // 0) != $pid;
    return $c;
}


sub halted
{
    my ($pid) = @_;
    wait_for(sub { slurp("/proc/$pid/stat") =~ /\) T / }, 30)
        or die "worker $pid is not halted\n";
}


# points that were passed by now

sub passed
{
    my ($self) = @_;
    return map { $_ => 1 } split /\n/, slurp("$self->{order}.passed");
}


# the worker that sweeps is ended; its successor begins with a sweep

sub sweep
{
    my ($self) = @_;
    $self->order('KILL', 'sweep.elected');
    return $self->fired();
}


# what is there of sandboxes: containers, and names in the state directory

sub left { return ($_[0]->containers(), $_[0]->state_names()) }


1;
