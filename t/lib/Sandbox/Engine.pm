package Sandbox::Engine;

# Copyright (C) the ngx_sandbox authors

# A Docker engine of the test's own, which may be killed: its data, its
# sockets, its bridge and its namespaces of containerd are nobody else's.  It
# ends with the process that started it.

use warnings;
use strict;

use File::Path ();
use File::Temp ();
use POSIX ();

use Sandbox;

my %PRCTL = (x86_64 => 157, aarch64 => 167);
my $PDEATHSIG = 1;

my $OWNER = $$;
my @ALL;


# dir: where all of it is; bridge: one that is there, or else it makes its own
# and leaves the host's firewall alone; nothing runs before start()

sub new
{
    my ($class, %o) = @_;
    my $self = bless { %o }, $class;

    $self->{dir} ||= $self->{made} = File::Temp::tempdir('/tmp/sbe-XXXXXX');
    File::Path::make_path($self->{dir});
    chmod 0711, $self->{dir};
    $self->{socket} = "$self->{dir}/sock";
    $self->{args} = [];

    if (!$self->{bridge}) {
        $self->{bridge} = $self->{link} = "sbe$$";
        $self->{args} = [map { "--$_=false" } qw/iptables ip-forward ip-masq/];
        my $out = `exec 2>&1; ip link add $self->{link} type bridge && ip addr add 172.29.@{[64 + $$ % 128]}.1/24 dev $self->{link} && ip link set $self->{link} up`;
        die "a bridge: $out" if $?;
    }

    Sandbox::spew("$self->{dir}/daemon.json", "{}\n");
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
        syscall($PRCTL{(POSIX::uname())[4]}, $PDEATHSIG, POSIX::SIGTERM());
        POSIX::_exit(1) if getppid() != $OWNER;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$d/log" or POSIX::_exit(1);
        open STDERR, '>&', \*STDOUT;
        exec 'dockerd', '--config-file', "$d/daemon.json",
            '--data-root', "$d/data", '--exec-root', "$d/exec",
            '--pidfile', "$d/pid", '--bridge', $self->{bridge},
            '--containerd-namespace', "sbe$OWNER",
            '--containerd-plugins-namespace', "sbep$OWNER",
            @{$self->{args}}, '-H', $self->host() or POSIX::_exit(127);
    }
    $self->{pid} = $pid;

    wait_for(sub {
        `docker -H ${\$self->host()} version -f '{{.Server.Version}}' 2>/dev/null`
            =~ /^\d/;
    }, 90) or die "the engine does not answer: " . `tail -n 20 $d/log`;

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


# a copy of an image of this machine's engine

sub load
{
    my ($self, $name) = @_;
    my $out = `exec 2>&1; docker -H unix:///var/run/docker.sock save $name | docker -H ${\$self->host()} load`;
    die "$name: $out" if $?;
}


sub cleanup
{
    my ($self) = @_;
    return if $self->{cleaned}++;

    if ($self->{pid}) {
        my $host = $self->host();
        `docker -H $host rm -f -v \$(docker -H $host ps -aq) 2>&1`;
        $self->stop();
    }

    # what a killed engine has left, and nobody else's
    for my $proc (glob '/proc/[0-9]*') {
        my ($pid) = $proc =~ /(\d+)$/;
        kill 'KILL', $pid
            if index(Sandbox::title($pid), "$self->{dir}/exec/") >= 0;
    }

    `awk '{ print \$5 }' /proc/self/mountinfo | grep '^$self->{dir}/' | sort -r | xargs -r umount -l 2>&1`;
    `ip link del $self->{link} 2>&1` if $self->{link};
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
