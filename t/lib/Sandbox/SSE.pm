package Sandbox::SSE;

# Copyright (C) the ngx_sandbox authors

# Events of a text/event-stream body, as they come.

use warnings;
use strict;


sub new
{
    my ($class, $conn) = @_;
    return bless { conn => $conn, in => '' }, $class;
}


# {event, data, raw}; undef at the end, or when nothing came in time

sub next
{
    my ($self, $timeout) = @_;

    while (1) {
        while ($self->{in} =~ s/^(.*?)\r?\n\r?\n//s) {
            my $raw = $1;
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

        my $piece = $self->{conn}->read($timeout);
        return undef if !defined $piece;
        $self->{in} .= $piece;
    }
}


1;
