package Sandbox::SSE;

# Copyright (C) the ngx_sandbox authors

# Events of a text/event-stream body, as they come.

use warnings;
use strict;


sub new
{
    my ($class, $conn) = @_;
    return bless { conn => $conn, in => '', seen => 0 }, $class;
}


# {event, data, raw}; undef at the end, or when nothing came in time

sub next
{
    my ($self, $timeout) = @_;

    while (1) {
        # what was searched before is not searched again
        pos($self->{in}) = $self->{seen};

        while ($self->{in} =~ /\r?\n\r?\n/g) {
            my ($from, $to) = ($-[0], $+[0]);
            my $raw = substr($self->{in}, 0, $from);

            substr($self->{in}, 0, $to, '');
            $self->{seen} = 0;
            pos($self->{in}) = 0;

            my ($event, @data) = ('message');

            for (split /\r?\n/, $raw) {
                if (/^event: ?(.*)$/) { $event = $1 }
                elsif (/^data: ?(.*)$/) { push @data, $1 }
            }

            # a comment
            next if !@data && $event eq 'message';
            return { event => $event, data => join("\n", @data),
                raw => $raw };
        }

        my $length = length $self->{in};
        $self->{seen} = $length > 3 ? $length - 3 : 0;

        my $piece = $self->{conn}->read($timeout);
        return undef if !defined $piece;
        $self->{in} .= $piece;
    }
}


1;
