package Sandbox::WebSocket;

# Copyright (C) the ngx_sandbox authors

# A small WebSocket client for tests (RFC 6455).

use warnings;
use strict;

use Digest::SHA ();
use MIME::Base64 ();

use Sandbox::HTTP;


# upgrades, on a connection of its own unless o has a conn; {status} of the answer tells whether it was accepted

sub new
{
    my ($class, %o) = @_;
    my $self = bless { %o }, $class;
    my $key = MIME::Base64::encode_base64(
        join('', map { chr int rand 256 } 1 .. 16), '');

    $self->{conn} ||= Sandbox::HTTP->new(port => $o{port},
        timeout => $o{timeout} || 60);

    $self->{conn}->request('GET', $o{path} || '/', host => $o{host},
        headers => [
            Upgrade => $o{upgrade} || 'websocket',
            Connection => 'Upgrade',
            'Sec-WebSocket-Key' => $key,
            'Sec-WebSocket-Version' => 13,
            @{$o{headers} || []},
        ]);

    my $res = $self->{conn}->head();
    $self->{status} = $res->{status};
    $self->{response} = $res;

    if ($res->{status} == 101) {
        my $want = MIME::Base64::encode_base64(Digest::SHA::sha1(
            $key . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'), '');
        die "wrong Sec-WebSocket-Accept\n"
            if ($res->{headers}{'sec-websocket-accept'} // '') ne $want;

    } else {
        $res->{body} = $self->{conn}->body();
        $res->{json} = eval { JSON::PP::decode_json($res->{body}) };
    }

    return $self;
}


sub frame
{
    my ($opcode, $data, %o) = @_;
    my $len = length $data;
    my $mask = join '', map { chr int rand 256 } 1 .. 4;
    my $head = pack 'C', ($o{more} ? 0 : 0x80) | $opcode;

    if ($len < 126) {
        $head .= pack 'C', 0x80 | $len;
    } elsif ($len < 65536) {
        $head .= pack 'Cn', 0x80 | 126, $len;
    } else {
        $head .= pack 'CQ>', 0x80 | 127, $len;
    }

    my $mask_all = substr $mask x (int($len / 4) + 1), 0, $len;
    return $head . $mask . ($data ^ $mask_all);
}


sub send
{
    my ($self, $data, $opcode) = @_;
    return $self->{conn}->send(frame($opcode // 1, $data));
}


# {opcode, data}, fragments joined; undef: closed, or nothing came in time

sub recv
{
    my ($self, $timeout) = @_;
    my $c = $self->{conn};
    my ($opcode, $data);

    while (1) {
        return undef if !$self->need(2, $timeout);
        my ($b0, $b1) = unpack 'CC', $c->{in};
        my $len = $b1 & 0x7f;
        my $head = 2;

        if ($len == 126) {
            return undef if !$self->need(4, $timeout);
            $len = unpack 'x2n', $c->{in};
            $head = 4;
        } elsif ($len == 127) {
            return undef if !$self->need(10, $timeout);
            $len = unpack 'x2Q>', $c->{in};
            $head = 10;
        }

        return undef if !$self->need($head + $len, $timeout);
        substr $c->{in}, 0, $head, '';
        my $piece = substr $c->{in}, 0, $len, '';

        return { opcode => $b0 & 15, data => $piece } if ($b0 & 15) >= 8;
        $opcode = $b0 & 15 if !defined $opcode;
        $data .= $piece;
        return { opcode => $opcode, data => $data } if $b0 & 0x80;
    }
}


sub need
{
    my ($self, $n, $timeout) = @_;
    my $c = $self->{conn};

    while (length $c->{in} < $n) {
        my $got = $c->fill($timeout);
        if (!$got) {
            $self->{closed} = 1 if defined $got;
            return 0;
        }
    }
    return 1;
}


# true when the peer ends it, with or without a close frame

sub ended
{
    my ($self, $timeout) = @_;

    while (my $m = $self->recv($timeout)) {
        return 1 if $m->{opcode} == 8;
    }
    return $self->{closed} ? 1 : 0;
}


sub close
{
    my ($self) = @_;
    $self->{conn}->send(frame(8, pack 'n', 1000));
    $self->{conn}->close();
}


1;
