package Sandbox::Machine;

# Copyright (C) the ngx_sandbox authors

# A machine that runs systemd, with Debian's units of nginx and Docker and what
# "make install" put there: t/lib/machine says how.

use warnings;
use strict;

use File::Path ();
use File::Temp ();
use POSIX ();

use Sandbox;
use Sandbox::Keep;
use Sandbox::Process qw/running title children/;

my $PID = $$;
my @MACHINES;


# new() runs "make install" below the folder that lies over this machine's
# files; further files may be put there before start()

sub new
{
    my ($class) = @_;
    my $dir = File::Temp::tempdir('/tmp/sbm-XXXXXX');
    my $self = bless { dir => $dir, files => "$dir/files" }, $class;
    my $build = $ENV{TEST_BUILD} || Sandbox::root_dir() . '/build';

    push @MACHINES, $self;
    mkdir $self->{files} or die $!;

    # variables of an outer make are not for this one
    local @ENV{qw/MAKEFLAGS MFLAGS MAKELEVEL/};
    delete @ENV{qw/MAKEFLAGS MFLAGS MAKELEVEL/};
    my $out = `make -C @{[Sandbox::root_dir()]} install BUILD=$build DESTDIR=$self->{files} 2>&1`;
    die "make install: $out" if $?;

    # the packages' own user and directory are of the host's
    File::Path::make_path("$self->{files}/var/lib/nginx-sandbox");

    return $self;
}


sub put
{
    my ($self, $name, $text) = @_;
    my $path = "$self->{files}$name";
    File::Path::make_path($path =~ s{/[^/]*$}{}r);
    spew($path, $text);
}


# false, and the reason in "why", where namespaces, mounts or control groups
# do not let systemd run

sub start
{
    my ($self) = @_;

    $self->{pid} = fork // die "fork: $!";
    if ($self->{pid} == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/console";
        open STDERR, '>&', \*STDOUT;
        exec Sandbox::root_dir() . '/t/lib/machine', $self->{dir}
            or POSIX::_exit(127);
    }

    wait_for(sub { !running($self->{pid})
        or ($self->{init}) = grep { title($_) =~ m{^/lib/systemd/systemd } }
            map { children($_) } map { children($_) } $self->{pid} }, 60);

    if ($self->{init}
        and wait_for(sub { $self->run('systemctl is-system-running')
            =~ /^(?:running|degraded)$/m }, 120))
    {
        return 1;
    }

    ($self->{why}) = slurp("$self->{dir}/console") =~ /([^\n]*\S)\s*\z/;
    return 0;
}


# runs a command of a shell in the machine: what it prints, errors too

sub run
{
    my ($self, $command) = @_;
    open my $out, '-|', 'nsenter', '-t', $self->{init}, '-a', 'env', '-i',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'HOME=/root', 'SYSTEMD_PAGER=cat', 'sh', '-c', "exec 2>&1; $command"
        or die "nsenter: $!";
    local $/;
    my $text = <$out> // '';
    close $out;
    $self->{status} = $? >> 8;
    return $text;
}


# the same command has to succeed

sub must
{
    my ($self, $command) = @_;
    my $text = $self->run($command);
    die "$command: $self->{status}\n$text" if $self->{status};
    return $text;
}


# writes a file of the machine

sub write
{
    my ($self, $path, $text) = @_;
    open my $in, '|-', 'nsenter', '-t', $self->{init}, '-a', 'sh', '-c',
        "exec cat >$path" or die "nsenter: $!";
    print $in $text;
    close $in or die "$path is not written\n";
}


# a property of a unit

sub show
{
    my ($self, $unit, $property) = @_;
    my $text = $self->must("systemctl show -P $property $unit");
    chomp $text;
    return $text;
}


sub stop
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;

    $self->run('systemctl stop docker.service docker.socket') if $self->{init};
    kill 'TERM', $pid;
    waitpid $pid, 0;
    Sandbox::Keep::discard($self->{dir});
}


END {
    if ($$ == $PID) {
        my $status = $?;
        $_->stop() for @MACHINES;
        $? = $status;
    }
}


1;
