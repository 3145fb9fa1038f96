package Sandbox::Proxy;

# Copyright (C) the ngx_sandbox authors

# Stands before the engine's socket: writes down each call, and can be told to
# misbehave.  One process a connection; what to do is read from a file at each
# call, so that a test changes it at any time.

use warnings;
use strict;

use File::Temp ();
use IO::Select;
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use Time::HiRes ();

use Sandbox ();

my $OWNER = $$;
my @ALL;


sub new
{
    my ($class, %o) = @_;
    my $self = bless { target => Sandbox::engine_socket(),
        dir => File::Temp::tempdir('/tmp/sbp-XXXXXX'), %o }, $class;

    chmod 0711, $self->{dir};
    $self->{path} = "$self->{dir}/e.sock";
    $self->{log} = "$self->{dir}/calls";
    $self->{mode} = "$self->{dir}/mode";
    push @ALL, $self;

    $self->set('');
    $self->start() if !$o{absent};
    return $self;
}


sub engine { "unix:$_[0]{path}" }


sub start
{
    my ($self) = @_;

    unlink $self->{path};
    my $listen = IO::Socket::UNIX->new(Local => $self->{path}, Listen => 128)
        or die "$self->{path}: $!\n";
    chmod 0666, $self->{path};

    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw/INT TERM HUP/;
        $SIG{CHLD} = 'IGNORE';
        setpgrp;
        $self->serve($listen);
        POSIX::_exit(0);
    }

    $self->{pid} = $pid;
    close $listen;
    return $self;
}


# its end: connections are refused (or, without the file, the socket absent)

sub stop
{
    my ($self, %o) = @_;

    if ($self->{pid}) {
        kill 'KILL', -$self->{pid}, $self->{pid};
        waitpid $self->{pid}, 0;
        delete $self->{pid};
    }
    unlink $self->{path} if $o{unlink};
}


# what to do from the next call on: '' (pass), or lines of
#   hang <regex>          never answers such calls
#   delay <regex> <ms>    passes them on that much later
#   hold <regex> <ms>     gives their answers that much later
#   status <regex> <n> <body>
#   drop <regex>          passes the call on, and cuts before its answer
#   edit <regex> <file>   passes it on with another body: the file is Perl that
#                         changes the JSON $_, and its $_->{HostConfig} as $h;
#                         $self is the proxy

sub set
{
    my ($self, $text) = @_;
    open my $f, '>', "$self->{mode}.tmp" or die $!;
    print $f $text;
    close $f;
    rename "$self->{mode}.tmp", $self->{mode} or die $!;
}


# calls so far, "METHOD path"

sub calls
{
    my ($self, $re) = @_;
    open my $f, '<', $self->{log} or return wantarray ? () : 0;
    my @calls = <$f>;
    chomp @calls;
    return defined $re ? grep { $_ =~ $re } @calls : @calls;
}


sub forget
{
    my ($self) = @_;
    open my $f, '>', $self->{log};
}


sub serve
{
    my ($self, $listen) = @_;

    while (1) {
        my $client = $listen->accept() or next;
        my $pid = fork;
        if (defined $pid && $pid == 0) {
            close $listen;
            $self->connection($client);
            POSIX::_exit(0);
        }
        close $client;
    }
}


sub connection
{
    my ($self, $client) = @_;
    my ($in, $server, $need, $hold) = ('', undef, 0, 0);
    my $select = IO::Select->new($client);

    while (1) {
        for my $s ($select->can_read()) {
            my $n = sysread $s, my $data, 65536;
            return if !$n;

            if ($server && $s == $server) {
                if ($hold) {
                    Time::HiRes::sleep($hold / 1000);
                    $hold = 0;
                }
                write_all($client, $data) or return;
                next;
            }

            $in .= $data;

            while ($in ne '') {
                if ($need > 0) {
                    my $piece = substr $in, 0,
                        $need < length $in ? $need : length $in, '';
                    $need -= length $piece;
                    write_all($server, $piece) or return;
                    next;
                }

                last if $in !~ s/^(.*?\r\n\r\n)//s;
                my $head = $1;
                my ($call) = $head =~ /^(\S+ \S+)/;
                $need = $head =~ /^content-length:\s*(\d+)/im ? $1 : 0;

                open my $log, '>>', $self->{log};
                syswrite $log, "$call\n";
                close $log;

                my $order = $self->order($call);

                if ($order->[0] eq 'hang') {
                    sleep 3600;
                    return;
                }
                if ($order->[0] eq 'delay') {
                    Time::HiRes::sleep($order->[2] / 1000);
                }
                if ($order->[0] eq 'hold') {
                    $hold = $order->[2];
                }
                if ($order->[0] eq 'status') {
                    my $body = $order->[3] // '{"message":"made up"}';
                    write_all($client, "HTTP/1.1 $order->[2] Made Up\r\n"
                        . "Api-Version: 1.41\r\n"
                        . "Content-Type: application/json\r\n"
                        . "Connection: close\r\nContent-Length: "
                        . length($body) . "\r\n\r\n$body");
                    return;
                }

                if (!$server) {
                    $server = IO::Socket::UNIX->new(Peer => $self->{target})
                        or return;
                    $select->add($server);
                }
                if ($order->[0] eq 'edit') {
                    my $body = full($client, \$in, $need) // return;
                    $body = $self->edit($body, $order->[2]);
                    $need = 0;
                    $head =~ s/^content-length:\s*\K\d+/length $body/ime;
                    $head .= $body;
                }
                write_all($server, $head) or return;

                if ($order->[0] eq 'drop') {
                    Time::HiRes::sleep(1);
                    return;
                }
            }
        }
    }
}


# a body of that length, of which some may have been read

sub full
{
    my ($client, $in, $length) = @_;

    while (length $$in < $length) {
        sysread $client, $$in, 65536, length $$in or return undef;
    }
    return substr $$in, 0, $length, '';
}


sub edit
{
    my ($self, $body, $file) = @_;

    local $_ = JSON::PP::decode_json($body);
    my $h = $_->{HostConfig};
    open my $f, '<', $file or die "$file: $!\n";
    eval join '', <$f>;
    die $@ if $@;
    return JSON::PP::encode_json($_);
}


sub order
{
    my ($self, $call) = @_;
    open my $f, '<', $self->{mode} or return [''];

    while (<$f>) {
        chomp;
        my @order = split / /, $_, 4;
        return \@order if @order > 1 && $call =~ /$order[1]/;
    }
    return [''];
}


sub write_all
{
    my ($to, $data) = @_;
    while ($data ne '') {
        my $n = syswrite $to, $data;
        return 0 if !$n;
        substr $data, 0, $n, '';
    }
    return 1;
}


END {
    if ($$ == $OWNER) {
        my $status = $?;
        for my $self (@ALL) {
            $self->stop(unlink => 1);
            unlink glob "$self->{dir}/*";
            rmdir $self->{dir};
        }
        $? = $status;
    }
}


1;
