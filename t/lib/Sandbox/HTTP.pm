package Sandbox::HTTP;

# Copyright (C) the ngx_sandbox authors

# A plain HTTP/1.1 client on one connection, for tests: sends what it is told,
# reads heads and bodies as they come, and says when a body is cut.

use warnings;
use strict;

use Errno qw/EAGAIN EINTR EWOULDBLOCK/;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use Time::HiRes ();


sub new
{
    my ($class, %o) = @_;
    my $self = bless { timeout => 60, in => '', %o }, $class;

    if ($o{path}) {
        $self->{sock} = IO::Socket::UNIX->new(Peer => $o{path})
            or die "connect $o{path}: $!\n";
    } else {
        my $peer = $o{address} || '127.0.0.1';
        $self->{sock} = IO::Socket::INET->new(PeerAddr => $peer,
            PeerPort => $o{port}, Proto => 'tcp')
            or die "connect $peer:$o{port}: $!\n";
    }

    $self->{sock}->blocking(0);
    binmode $self->{sock};
    $self->{select} = IO::Select->new($self->{sock});
    return $self;
}


# all of it, or false when the peer closed or stopped reading

sub send
{
    my ($self, $bytes) = @_;
    my $end = Time::HiRes::time() + $self->{timeout};
    my $off = 0;

    while ($off < length $bytes) {
        my $n = syswrite $self->{sock}, $bytes, 262144, $off;

        if (defined $n) {
            $off += $n;
            next;
        }
        next if $!{EINTR};
        return 0 if !($!{EAGAIN} || $!{EWOULDBLOCK});

        # an early answer ends the sending, as browsers do
        my $left = $end - Time::HiRes::time();
        return 0 if $left <= 0;
        $self->{select}->can_write($left > 0.5 ? 0.5 : $left);
    }

    return 1;
}


sub request
{
    my ($self, $method, $path, %o) = @_;
    my @headers = @{$o{headers} || []};
    my $text = "$method $path HTTP/1.1\r\n";

    $text .= "Host: $o{host}\r\n" if defined $o{host};
    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n";
    }
    $text .= 'Content-Length: ' . length($o{body}) . "\r\n"
        if defined $o{body};
    $text .= "\r\n";
    $text .= $o{body} if defined $o{body};

    return $self->send($text);
}


# more input: the number of bytes, 0 at the end, undef when time is out

sub fill
{
    my ($self, $timeout) = @_;
    my $end = Time::HiRes::time() + ($timeout // $self->{timeout});

    while (1) {
        my $n = sysread $self->{sock}, $self->{in}, 262144,
            length $self->{in};
        return $n if defined $n;
        if (!($!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR})) {
            $self->{error} = "$!";
            return 0;
        }
        my $left = $end - Time::HiRes::time();
        return undef if $left <= 0;
        $self->{select}->can_read($left);
    }
}


# {status, reason, headers, raw}; status 0 when there is none

sub head
{
    my ($self, %o) = @_;

    while ($self->{in} !~ /\r?\n\r?\n/) {
        my $n = $self->fill($o{timeout});
        if (!$n) {
            $self->{body_mode} = 'none';
            return { status => 0, headers => {}, raw => $self->{in},
                error => defined $n ? 'closed' : 'timeout' };
        }
    }

    $self->{in} =~ s/^(.*?\r?\n\r?\n)//s;
    my $raw = $1;
    my ($line, @lines) = split /\r?\n/, $raw;
    my ($status, $reason) = $line =~ m{^HTTP/1\.[01] (\d{3}) ?(.*)$};
    my (%headers, @list);

    for (@lines) {
        my ($name, $value) = /^([^:]+):\s*(.*?)\s*$/ or next;
        $name = lc $name;
        push @list, [$name, $value];
        $headers{$name} = exists $headers{$name}
            ? "$headers{$name}, $value" : $value;
    }

    if (($status // 0) >= 100 && $status < 200 && $status != 101) {
        # interim answers, but not without an end
        return $self->head(%o) if ++$self->{interim} <= 20;
    }
    $self->{interim} = 0;

    $self->{broken} = 0;

    if (($o{method} // '') eq 'HEAD' || ($status // 0) == 204
        || ($status // 0) == 304 || ($status // 0) == 101)
    {
        $self->{body_mode} = 'none';

    } elsif (($headers{'transfer-encoding'} // '') =~ /chunked/i) {
        $self->{body_mode} = 'chunked';
        $self->{left} = 0;
        $self->{first} = 1;

    } elsif (defined $headers{'content-length'}) {
        $self->{body_mode} = 'length';
        $self->{left} = $headers{'content-length'};

    } else {
        $self->{body_mode} = 'close';
    }

    return { status => $status // 0, reason => $reason,
        headers => \%headers, list => \@list, raw => $raw };
}


# a piece of the body as it comes; undef at its end ({broken} says how it
# ended) or, with a timeout, when nothing came ({late} is set)

sub read
{
    my ($self, $timeout) = @_;
    my $mode = $self->{body_mode};

    $self->{late} = 0;
    return undef if $mode eq 'none';

    if ($mode eq 'close') {
        if ($self->{in} eq '') {
            my $n = $self->fill($timeout);
            return $self->ended($n) if !$n;
        }
        return $self->take(length $self->{in});
    }

    if ($mode eq 'length') {
        if ($self->{left} == 0) {
            $self->{body_mode} = 'none';
            return undef;
        }
        if ($self->{in} eq '') {
            my $n = $self->fill($timeout);
            return $self->cut($n) if !$n;
        }
        my $piece = $self->take($self->{left});
        $self->{left} -= length $piece;
        return $piece;
    }

    if ($self->{left} == 0) {
        my $re = $self->{first} ? qr/^([0-9a-fA-F]+)[^\r\n]*\r\n/
            : qr/^\r\n([0-9a-fA-F]+)[^\r\n]*\r\n/;
        while ($self->{in} !~ $re) {
            my $n = $self->fill($timeout);
            return $self->cut($n) if !$n;
        }
        $self->{in} =~ s/$re//;
        $self->{left} = hex $1;
        $self->{first} = 0;

        if ($self->{left} == 0) {
            while ($self->{in} !~ /^\r\n|\r\n\r\n/) {
                my $n = $self->fill($timeout);
                return $self->cut($n) if !$n;
            }
            $self->{in} =~ s/^(?:\r\n|.*?\r\n\r\n)//s;
            $self->{body_mode} = 'none';
            return undef;
        }
    }

    if ($self->{in} eq '') {
        my $n = $self->fill($timeout);
        return $self->cut($n) if !$n;
    }

    my $piece = $self->take($self->{left});
    $self->{left} -= length $piece;
    return $piece;
}


sub ended
{
    my ($self, $n) = @_;
    if (!defined $n) {
        $self->{late} = 1;
        return undef;
    }
    $self->{broken} = 1 if $self->{error};
    $self->{body_mode} = 'none';
    return undef;
}


sub cut
{
    my ($self, $n) = @_;
    if (!defined $n) {
        $self->{late} = 1;
        return undef;
    }
    $self->{broken} = 1;
    $self->{body_mode} = 'none';
    return undef;
}


sub take
{
    my ($self, $max) = @_;
    return substr $self->{in}, 0, $max < length $self->{in}
        ? $max : length $self->{in}, '';
}


sub body
{
    my ($self, %o) = @_;
    my $body = '';

    while (defined(my $piece = $self->read())) {
        $body .= $piece;
        last if $o{max} && length $body > $o{max};
    }

    $self->{broken} = 1 if $self->{late};
    return $body;
}


sub response
{
    my ($self, %o) = @_;
    my $res = $self->head(%o);

    return $res if $res->{status} == 101;

    $res->{body} = $self->body(%o);
    $res->{broken} = $self->{broken};
    $res->{json} = eval { JSON::PP::decode_json($res->{body}) }
        if ($res->{headers}{'content-type'} // '') =~ m{^application/json};
    return $res;
}


# true when the peer has closed, within so many seconds

sub closed
{
    my ($self, $timeout) = @_;
    my $end = Time::HiRes::time() + ($timeout // $self->{timeout});

    while (1) {
        my $left = $end - Time::HiRes::time();
        return 0 if $left < 0;
        my $n = $self->fill($left);
        return 0 if !defined $n;
        return 1 if $n == 0;
    }
}


sub close
{
    my ($self) = @_;
    close $self->{sock};
}


1;
