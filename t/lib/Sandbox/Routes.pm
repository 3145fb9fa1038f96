package Sandbox::Routes;

# Copyright (C) the ngx_sandbox authors

# What a client can call: the routes of the sources of the OpenAPI document
# that an access log has.

use warnings;
use strict;

use JSON::PP;

use Sandbox;

# operations that no client needs, and why
my %needless = (
    'GET /health' => 'is of nginx',
    'GET /v1/openapi' => 'is for people',
    'GET /v1/openapi.html' => 'is for people',
    'GET /v1/openapi.json' => 'is for generators',
    'GET /v1/pool/stats' => 'is for operators',
    'POST /v1/pool/prime' => 'is for operators',
    'POST /v1/pool/shutdown-prewarmed' => 'is for operators',
    'GET /v1/sandbox' => 'is of all sandboxes, and the object is one',
    'GET /v1/sandbox/{id}/running' => 'GET of the sandbox says more',
    'POST /v1/sandbox/{id}/exec' => 'api/execute and api/execute/stream',
    'POST /v1/sandbox/{id}/session' => 'api/session/create',
    'DELETE /v1/sandbox/{id}/session/{sid}' => 'api/session/delete',
    'POST /v1/sandbox/{id}/mount' => 'always refused',
    'POST /v1/sandbox/{id}/unmount' => 'always refused',
    'DELETE /v1/sandbox/{id}/ports' => 'DELETE of each port',
    'POST /v1/sandbox/{id}/ports/{port}' => 'POST of ports',
    'PATCH /v1/sandbox/{id}/ports/{port}' => 'POST of ports',
    'POST /v1/sandbox/{id}/api/port-watch' => 'wait-for-port of a process',
    'GET /v1/sandbox/{id}/api/commands' => 'is for operators',
    'GET /v1/sandbox/{id}/api/version' => 'is for operators',
    'GET /v1/sandbox/{id}/api/interpreter/health' => 'is for operators',
    'GET /v1/sandbox/{id}/api/env' => 'a command sees its variables',
    'GET /v1/sandbox/{id}/api/contexts/{context}' => 'is in the list',
    'GET /v1/sandbox/{id}/api/terminal/{terminal}' => 'is in the list',
    'GET /v1/backup/{backup}' => 'is in the list',
    'POST /v1/sandbox/{id}/api/terminal/{terminal}/resize'
        => 'is a message of the WebSocket',
    'GET /v1/sandbox/{id}/ws/pty' => 'is another name of pty',
    'GET /v1/sandbox/{id}/ws' => 'everything goes over HTTP',
    'GET /v1/sandbox/{id}/api/ws' => 'everything goes over HTTP',
);

# the operations of the document: { "GET /v1/sandbox/{id}" => regexp }
sub documented
{
    my %routes;

    for my $file (glob root_dir() . '/openapi/*.json') {
        my $paths = decode_json(slurp($file))->{paths} // next;

        for my $path (keys %$paths) {
            my $re = join '', map { $_ eq '{path}' ? '.+' : /^\{/ ? '[^/]+'
                : quotemeta } split /(\{\w+\})/, $path;

            $routes{uc($_) . " $path"} = qr/^\U$_\E\ $re\z/
                for grep { /^(?:get|put|post|delete|patch)\z/ }
                    keys %{$paths->{$path}};
        }
    }

    return \%routes;
}

# the operations that requests of a log are: { operation => count }
sub called
{
    my ($log, $routes) = @_;
    my %called;

    for ($log =~ m{"((?:GET|PUT|POST|DELETE|PATCH) /[^ ?"]*)}g) {
        my $request = $_;

        # process/kill-all is not the process "kill-all"
        my ($found) = sort { $a =~ tr/{// <=> $b =~ tr/{// }
            grep { $request =~ $routes->{$_} } keys %$routes;

        $called{$found}++ if $found;
    }

    return \%called;
}

# operations that neither were called nor are needless, and those that are said
# to be needless but were called or do not exist
sub compare
{
    my ($log, %more) = @_;
    my %except = (%needless, %more);
    my $routes = documented();
    my $called = called($log, $routes);

    return ([sort grep { !$called->{$_} && !$except{$_} } keys %$routes],
        [sort grep { !$routes->{$_} || $called->{$_} } keys %except]);
}

1;
