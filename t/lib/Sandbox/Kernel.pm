package Sandbox::Kernel;

# Copyright (C) the ngx_sandbox authors

# The kernel of a code context by itself: plays the agent's part over the
# socket that agent/executors/python/channel.py describes.

use warnings;
use strict;

use Cwd qw/abs_path/;
use File::Basename qw/dirname/;
use File::Temp ();
use IO::Select;
use JSON::PP ();
use POSIX ();
use Socket;
use Time::HiRes qw/time/;

our $ROOT = abs_path(dirname(__FILE__) . '/../../..');

my $SOCK_SEQPACKET = 5;
my $CHUNK = 48 * 1024;
my $json = JSON::PP->new->canonical->ascii->allow_nonref;

my %ARGV = (
    python => sub { ('python3', '-u', '/proc/self/fd/4') },
    node => sub { ('node', '--no-force-async-hooks-checks', '-e',
        slurp("$ROOT/agent/executors/node/boot.js")) },
);


sub slurp
{
    my ($path) = @_;
    open my $fh, '<:raw', $path or die "$path: $!";
    local $/;
    return <$fh>;
}


# the bundle as the agent carries it

sub bundle
{
    my ($kind) = @_;
    my @files = $kind eq 'python' ? glob("$ROOT/agent/executors/python/*.py")
        : ((grep { !/boot/ } glob("$ROOT/agent/executors/node/*.js")),
           '/usr/share/nodejs/acorn/dist/acorn.js');
    my $file = File::Temp->new();
    system("$ROOT/tools/bundle $kind @files >" . $file->filename()) == 0
        or die 'bundle';
    return $file;
}


# options: language; env

sub new
{
    my ($class, %o) = @_;
    my $kind = $o{language} eq 'python' ? 'python' : 'node';
    my $self = bless { number => 0, token => 'f0e1d2c3b4a59687' }, $class;

    $self->{bundle} = bundle($kind);
    open my $source, '<', $self->{bundle}->filename() or die $!;
    socketpair($self->{sock}, my $theirs, AF_UNIX, $SOCK_SEQPACKET, 0) or die $!;
    setsockopt($theirs, SOL_SOCKET, SO_RCVTIMEO, pack('l!l!', 1, 0))
        or die $! if $kind eq 'node';
    pipe($self->{1}, my $out) or die $!;
    pipe($self->{2}, my $err) or die $!;

    $self->{pid} = fork() // die $!;
    if (!$self->{pid}) {
        open STDIN, '<', '/dev/null';
        # away from the numbers that they get
        my @fds = map { POSIX::dup2(fileno($_->[0]), $_->[1]) } [$theirs, 100],
            [$source, 101], [$out, 102], [$err, 103];
        POSIX::dup2(100 + $_, (3, 4, 1, 2)[$_]) for 0 .. 3;
        POSIX::close($_) for 5 .. 103;
        %ENV = (%ENV, SANDBOX_KERNEL_FD => 3, SANDBOX_SOURCE_FD => 4,
            SANDBOX_KERNEL_LANGUAGE => $o{language}, %{$o{env} // {}});
        exec($ARGV{$kind}->())
            or POSIX::_exit(127);
    }

    $self->{select} = IO::Select->new($self->{sock}, $self->{1}, $self->{2});
    $self->packet('H', $self->{token} . "\0none");
    my ($ready) = $self->events('R');
    $self->{ready} = $ready;
    return $self;
}


sub packet
{
    my ($self, $type, $data) = @_;
    do {
        my $part = substr($data, 0, $CHUNK, '');
        syswrite($self->{sock}, pack('a16 a C v V', $self->{token}, $type,
            length($data) ? 1 : 0, 0, $self->{number}) . $part) or die $!;
    } while (length $data);
    return;
}


# what is printed goes to {out} and {err}; 0 at the end of the socket

sub drain
{
    my ($self, $fh) = @_;
    my $name = $fh == $self->{1} ? 'out' : 'err';
    my $n = sysread($fh, $self->{$name}, 65536, length $self->{$name});
    $self->{select}->remove($fh) if !$n;
    return;
}


# events until a packet of the type, whose payload is the last; the number of
# packets without the token is in {forged}

sub events
{
    my ($self, $type) = @_;
    my @events;
    my $text = '';
    my $end = time() + ($self->{timeout} // 60);

    for (;;) {
        my @ready = $self->{select}->can_read($end - time());
        die "nothing for too long\n" if !@ready;
        # output first, as the agent does
        my @pipes = grep { $_ != $self->{sock} } @ready;
        $self->drain($_) for @pipes;
        next if @pipes;

        recv($self->{sock}, my $packet, 65536, 0);
        if (!length $packet) {
            waitpid($self->{pid}, 0);
            return @events, { exit => $? >> 8, signal => $? & 127 };
        }
        my ($token, $kind, $flags, undef, $number, $data)
            = unpack 'a16 a C v V a*', $packet;
        if ($token ne $self->{token}) {
            $self->{forged}++;
            next;
        }
        # it waits until the last of its threads has left
        if ($kind eq 'B') {
            shutdown($self->{sock}, 1);
            next;
        }
        die "printable text expected\n" if $data !~ /^[ -~]*\z/;
        $text .= $data;
        next if $flags & 1;
        my $event = $json->decode($text);
        $text = '';
        $self->packet('A', '') if $kind eq 'E' && !($flags & 2);
        push @events, $event;
        return @events if $kind eq $type;
    }
}


sub begin
{
    my ($self, $code, %o) = @_;
    @$self{qw/out err/} = ('', '');
    $self->{number}++;
    $self->packet('X', $json->encode({ code => $code, %o }));
    return;
}


# events; the last is {count, failed}, or {exit, signal} if the kernel has died

sub run
{
    my ($self, @args) = @_;
    $self->begin(@args);
    return $self->events('D');
}


# runs a cell and interrupts it; after: seconds

sub interrupt
{
    my ($self, $code, $after) = @_;
    $self->begin($code);
    Time::HiRes::sleep($after // 0.3);
    my $began = time();
    $self->packet('I', '');
    my @events = $self->events('D');
    $self->{took} = time() - $began;
    return @events;
}


sub DESTROY
{
    my ($self) = @_;
    local ($?, $!);
    if ($self->{pid}) {
        kill 'KILL', $self->{pid};
        waitpid($self->{pid}, 0);
    }
    return;
}


1;
