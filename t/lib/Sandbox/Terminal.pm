package Sandbox::Terminal;

# Copyright (C) the ngx_sandbox authors

# A viewer of a terminal over a WebSocket, for tests.

use warnings;
use strict;

use JSON::PP ();
use Time::HiRes ();

use Sandbox::HTTP;
use Sandbox::WebSocket;


my $json = JSON::PP->new->canonical->utf8;
my $runs = 0;


# path and headers; where it is connected to: conn, or port and host.  {out}
# is all output so far, {events} the text frames, {code} that of the close

sub new
{
    my ($class, %o) = @_;
    my $self = bless { out => '', events => [], %o }, $class;

    $self->{ws} = Sandbox::WebSocket->new(host => 'x', %o);
    $self->{status} = $self->{ws}{status};
    $self->{response} = $self->{ws}{response};
    return $self;
}


sub type { $_[0]->{ws}->send($_[1], 2) }
sub control { $_[0]->{ws}->send(ref $_[1] ? $json->encode($_[1]) : $_[1], 1) }
sub resize { $_[0]->control({ type => 'resize', cols => $_[1],
    rows => $_[2] }) }


# reads until the code is true; false when time is out or all has ended

sub until
{
    my ($self, $timeout, $code) = @_;
    my $end = Time::HiRes::time() + $timeout;

    while (1) {
        my $value = $code->();
        return $value if $value;

        my $left = $end - Time::HiRes::time();
        return 0 if $left <= 0 || $self->{closed};

        my $m = $self->{ws}->recv($left);

        if (!$m) {
            $self->{closed} = $self->{ws}{closed};

        } elsif ($m->{opcode} == 2) {
            $self->{out} .= $m->{data};

        } elsif ($m->{opcode} == 1) {
            push @{$self->{events}}, $json->decode($m->{data});

        } elsif ($m->{opcode} == 9) {
            $self->{ws}->send($m->{data}, 10);

        } elsif ($m->{opcode} == 8) {
            $self->{code} = length $m->{data} >= 2 ? unpack 'n', $m->{data}
                : 1005;
            $self->{reason} = substr $m->{data}, 2;
            $self->{ws}{conn}->send(Sandbox::WebSocket::frame(8,
                substr $m->{data}, 0, 2));
        }
    }
}


# the first text frame of a type, waited for

sub event
{
    my ($self, $type, $timeout) = @_;
    my $found;

    $self->until($timeout // 30, sub {
        ($found) = grep { $_->{type} eq $type } @{$self->{events}};
        $found });
    return $found;
}


sub ready { $_[0]->event('ready', $_[1]) }


# true once the output matches; what was matched is taken off

sub expect
{
    my ($self, $re, $timeout) = @_;
    my $found = $self->until($timeout // 30, sub { $self->{out} =~ $re });
    $self->{out} =~ s/^.*?$re//s if $found;
    return $found;
}


# the output of a command line, without its echo

sub run
{
    my ($self, $line, $timeout) = @_;
    my $n = ++$runs;

    # the echo of the command line has neither mark
    $self->type("echo '<beg''in-$n>'; $line; echo '<en''d-$n>'\n");
    $self->until($timeout // 30, sub { $self->{out} =~ /<end-$n>\r\n/ })
        or return undef;
    $self->{out} =~ s/^.*?<begin-$n>\r\n(.*?)<end-$n>\r\n//s;
    my $out = $1;
    $out =~ s/\e\[\?2004[hl]\r?//g;
    $out =~ s/\r\n/\n/g;
    return $out;
}


sub ended
{
    my ($self, $timeout) = @_;
    $self->until($timeout // 30, sub { $self->{closed} });
    return $self->{closed};
}


# without a word, as by kill -9

sub vanish { $_[0]->{ws}{conn}->close() }


sub close
{
    my ($self) = @_;
    $self->{ws}->close();
}


1;
