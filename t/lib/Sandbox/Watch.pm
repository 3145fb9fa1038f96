package Sandbox::Watch;

# Copyright (C) the ngx_sandbox authors

# A stream of POST /api/watch, and what a client makes of its events.

use warnings;
use strict;

use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Time::HiRes ();

use Sandbox::SSE;


my $json = JSON::PP->new->canonical->utf8;


# http: a connection; path: of the route; body: of the request; o: for the
# request

sub new
{
    my ($class, $http, $path, $body, %o) = @_;
    my $self = bless { http => $http }, $class;

    $http->request('POST', $path, host => 'x', %o,
        body => $json->encode($body));
    $self->{head} = $http->head();

    if ($self->{head}{status} != 200) {
        $self->{body} = $http->body();
        $self->{json} = eval { $json->decode($self->{body}) };
        return $self;
    }

    $self->{sse} = Sandbox::SSE->new($http);
    $self->{first} = $self->next(60);
    return $self;
}


sub status { return $_[0]->{head}{status} }


# the next event, its path in bytes; undef at the end, or when none came

sub next
{
    my ($self, $timeout) = @_;
    my $e = $self->{sse}->next($timeout // 10) // return undef;

    die "not ASCII: $e->{raw}" if $e->{raw} =~ /[^\n -~]/;

    my $event = $json->decode($e->{data});
    $event->{path} = bytes($event) if defined $event->{path};
    return $event;
}


sub bytes
{
    my ($event) = @_;
    return decode_base64($event->{pathBase64})
        if defined $event->{pathBase64};
    my $path = $event->{path};
    utf8::encode($path);
    return $path;
}


# all events up to the one of that type, or of that path

sub until
{
    my ($self, $what, $timeout) = @_;
    my $end = Time::HiRes::time() + ($timeout // 30);
    my @events;

    while (my $e = $self->next($end - Time::HiRes::time())) {
        push @events, $e;
        last if ($e->{path} // '') eq $what || ($e->{eventType} // '') eq $what
            || $e->{type} eq $what;
    }

    return @events;
}


# "create /workspace/x", "move_to /workspace/d/"

sub text
{
    return map {
        ($_->{eventType} // $_->{type}) . ' ' . ($_->{path} // '')
        . ($_->{isDirectory} ? '/' : '') } @_;
}


# a copy of the tree, as a client has it that knows nothing but events

sub mirror
{
    my ($tree, $moved, @events) = @_;
    my @wrong;

    for my $e (@events) {
        my $path = $e->{path};
        my $kind = $e->{eventType} // $e->{type};

        if ($kind eq 'create') {
            push @wrong, "created twice: $path" if exists $tree->{$path};
            $tree->{$path} = $e->{isDirectory} ? 'd' : 'f';

        } elsif ($kind eq 'delete') {
            push @wrong, "deleted, never created: $path"
                if !exists $tree->{$path};
            delete $tree->{$path};

        } elsif ($kind eq 'move_from') {
            push @wrong, "moved, never created: $path"
                if !exists $tree->{$path};
            for my $p (below($tree, $path)) {
                $moved->{$e->{cookie}}{substr $p, length $path}
                    = delete $tree->{$p};
            }

        } elsif ($kind eq 'move_to') {
            # what was there is replaced
            delete @$tree{below($tree, $path)};
            my $from = delete $moved->{$e->{cookie}}
                // { '' => $e->{isDirectory} ? 'd' : 'f' };
            $tree->{$path . $_} = $from->{$_} for keys %$from;

        } elsif ($kind eq 'modify') {
            push @wrong, "modified, never created: $path"
                if !exists $tree->{$path};

        } elsif ($kind ne 'attrib') {
            push @wrong, "$kind: $path";
        }
    }

    return @wrong;
}


sub below
{
    my ($tree, $path) = @_;
    return grep { $_ eq $path || index($_, "$path/") == 0 } keys %$tree;
}


1;
