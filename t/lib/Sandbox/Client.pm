package Sandbox::Client;

# Copyright (C) the ngx_sandbox authors

# Requests of a test to the nginx of its own: to the API, and to previews.  A
# base of Sandbox, with its port, timeout and key.

use warnings;
use strict;

use Exporter 'import';
use JSON::PP ();
use MIME::Base64 ();
use Test::More ();

use Sandbox::HTTP;
use Sandbox::SSE;

our @EXPORT_OK = 'exec_result';


sub connect
{
    my ($self, %o) = @_;
    return Sandbox::HTTP->new(port => $self->{port},
        timeout => $self->{timeout}, %o);
}


# sends the bytes as they are, reads one response

sub raw
{
    my ($self, $bytes, %o) = @_;
    my $c = $self->connect(%o);
    $c->send($bytes);
    my $res = $c->response(method => ($bytes =~ /^(\w+)/)[0]);
    $c->close() if !$o{keep};
    return $res;
}


# a request to the API; opts: key, json, body, headers [], host, keep

sub api
{
    my ($self, $method, $path, %o) = @_;
    my $c = delete $o{conn} || $self->connect();

    $c->request($method, $path, $self->api_options(%o));
    return $c->response(method => $method);
}


sub api_options
{
    my ($self, %o) = @_;
    my @headers = @{$o{headers} || []};
    my $key = $o{key} // $self->{key};

    push @headers, Authorization => "Bearer $key" if defined $key;
    $o{host} //= "localhost:$self->{port}";

    if (exists $o{json}) {
        $o{body} = JSON::PP->new->canonical->encode($o{json});
        push @headers, 'Content-Type' => 'application/json';
    }

    return (%o, headers => \@headers);
}


# a request to a preview host; the url is one that the API has given

sub preview
{
    my ($self, $method, $url, %o) = @_;
    my ($host, $path) = $url =~ m{^https?://([^/]+)(/.*)?$}
        or die "no url: $url\n";
    my $c = delete $o{conn} || $self->connect();

    $path = $o{path} if defined $o{path};
    $c->request($method, $path // '/', %o, host => $host);
    return $c->response(method => $method);
}


# REST exec: {status, stdout, stderr, exit, events, ...}

sub exec
{
    my ($self, $id, $argv, %o) = @_;
    my $c = $self->exec_start($id, $argv, %o);
    return exec_result($c);
}


# sends the request only, on a connection of its own unless o has a conn;
# exec_result() reads what comes of it

sub exec_start
{
    my ($self, $id, $argv, %o) = @_;
    my %json = (argv => [map { "$_" } @$argv]);
    my $c = $o{conn} || $self->connect();

    $json{$_} = $o{$_} for grep { exists $o{$_} } qw/cwd timeout_ms env/;
    $c->request('POST', "/v1/sandbox/$id/exec",
        $self->api_options(json => \%json,
            map { ($_ => $o{$_}) } grep { exists $o{$_} } qw/key headers/));
    return $c;
}


sub exec_result
{
    my ($c) = @_;
    my $head = $c->head();
    my $res = { %$head, stdout => '', stderr => '', events => [] };

    if ($head->{status} != 200
        || ($head->{headers}{'content-type'} // '') !~ m{^text/event-stream})
    {
        $res->{body} = $c->body();
        $res->{json} = eval { JSON::PP::decode_json($res->{body}) };
        return $res;
    }

    my $sse = Sandbox::SSE->new($c);

    while (my $e = $sse->next()) {
        push @{$res->{events}}, $e;
        if ($e->{event} eq 'stdout' || $e->{event} eq 'stderr') {
            $res->{$e->{event}} .= MIME::Base64::decode_base64($e->{data});

        } elsif ($e->{event} eq 'exit') {
            my $json = JSON::PP::decode_json($e->{data});
            $res->{exit} = $json->{exit_code};
            $res->{$_} = $json->{$_}
                for grep { exists $json->{$_} } qw/timed_out signal/;

        } elsif ($e->{event} eq 'error') {
            $res->{error} = JSON::PP::decode_json($e->{data});
        }
    }

    $res->{broken} = $c->{broken};
    return $res;
}


# stdout of a command that must end with 0

sub run_in
{
    my ($self, $id, $script, %o) = @_;
    my $res = $self->exec($id, ['sh', '-c', $script], %o);

    if (!defined $res->{exit} || $res->{exit} != 0) {
        Test::More::diag("command in $id: status $res->{status}, exit "
            . ($res->{exit} // 'none') . ": $res->{stderr} "
            . ($res->{body} // '')
            . ($res->{error} ? JSON::PP::encode_json($res->{error}) : ''));
        return undef;
    }

    return $res->{stdout};
}


sub put
{
    my ($self, $id, $path, $body, %o) = @_;
    $path =~ s{^/}{};
    return $self->api('PUT', "/v1/sandbox/$id/file/$path", body => $body, %o);
}


sub get
{
    my ($self, $id, $path, %o) = @_;
    $path =~ s{^/}{};
    return $self->api('GET', "/v1/sandbox/$id/file/$path", %o);
}


# exposes the port and returns the url

sub expose
{
    my ($self, $id, $port, %o) = @_;
    my %opts = map { ($_ => delete $o{$_}) } grep { exists $o{$_} }
        qw/key headers/;
    my $res = $self->api('POST', "/v1/sandbox/$id/ports",
        json => { port => $port, %o }, %opts);

    if ($res->{status} != 200) {
        Test::More::diag("expose: $res->{status} $res->{body}");
        return undef;
    }
    return $res->{json}{url};
}


1;
