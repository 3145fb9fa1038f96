package Sandbox::Engine;

# Copyright (C) the ngx_sandbox authors

# An engine of the test's own, which may be killed: its data, its sockets, its
# bridge and its namespaces of containerd are nobody else's.  It ends with the
# process that started it.

use warnings;
use strict;

use File::Path ();
use File::Temp ();
use POSIX ();

use Sandbox;

my $OWNER = $$;
my $TOOL = Sandbox::root_dir() . '/tools/engine-private';
my $IMAGES = 'unix://' . Sandbox::engine_socket();
my @ALL;


# kind: what tools/engine-private knows, by default that of the run; dir: where
# all of it is; bridge: one that is there, or else it makes its own and leaves
# the host's firewall alone; nothing runs before start()

sub new
{
    my ($class, %o) = @_;
    my $self = bless { %o }, $class;

    $self->{kind} ||= $ENV{TEST_SANDBOX_ENGINE_KIND} || 'plain';
    $self->{dir} ||= $self->{made} = File::Temp::tempdir('/tmp/sbe-XXXXXX');
    File::Path::make_path($self->{dir});
    $self->{socket} = "$self->{dir}/sock";
    push @ALL, $self;
    return $self;
}


sub engine { "unix:$_[0]{socket}" }

sub host { "unix://$_[0]{socket}" }


sub start
{
    my ($self) = @_;
    my $d = $self->{dir};

    # of a killed one: its containerd dies with it, and who asks for a pid that
    # nobody has waited for is told that it lives
    for my $file ("$d/exec/containerd/containerd.pid", "$d/pid") {
        next if ! -e $file;
        my ($pid) = slurp($file) =~ /(\d+)/;
        wait_for(sub { !$pid || !Sandbox::running($pid) }, 30)
            or die "process $pid of a killed engine lives\n";
        unlink $file;
    }

    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $ENV{DIES} = 1;
        $ENV{BRIDGE} = $self->{bridge} if $self->{bridge};
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$d/log" or POSIX::_exit(1);
        open STDERR, '>&', \*STDOUT;
        # where Podman's conmon writes a file "oom"
        chdir $d or POSIX::_exit(1);
        exec $TOOL, 'run', $d, $self->{kind} or POSIX::_exit(127);
    }
    $self->{pid} = $pid;

    system($TOOL, 'ready', $d, $self->{kind}, $pid) == 0
        or die "the engine does not answer: " . `tail -n 20 $d/log`;

    return $self;
}


sub stop
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;

    kill 'TERM', $pid;
    return if wait_for(sub { waitpid($pid, POSIX::WNOHANG()) == $pid }, 60);
    kill 'KILL', $pid;
    waitpid $pid, 0;
}


# at once, as a crash would

sub kill_it
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;

    kill 'KILL', $pid;
    waitpid $pid, 0;
}


# a copy of an image of the engine that the tests run on

sub load
{
    my ($self, $name) = @_;
    my $out = `exec 2>&1; docker -H $IMAGES save $name | docker -H ${\$self->host()} load`;
    die "$name: $out" if $?;
}


sub cleanup
{
    my ($self) = @_;
    return if $self->{cleaned}++;

    if ($self->{pid}) {
        system($TOOL, 'empty', $self->{dir}, $self->{kind});
        $self->stop();
    }

    system($TOOL, 'clean', $self->{dir}, $self->{kind});
    File::Path::remove_tree($self->{made}, { safe => 0 }) if $self->{made};
}


END {
    if ($$ == $OWNER) {
        my $status = $?;
        $_->cleanup() for @ALL;
        $? = $status;
    }
}


1;
