#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# The agent's log: its levels, what a debug log tells and what it does not, and
# the line of a crash.

use warnings;
use strict;

use File::Basename;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

alarm 300;

my $SECRET = 'c0ffee-is-a-secret';

debug_log();
level_changes();
crashes();
no_crash_from_inside();
done_testing();


sub debug_log
{
    my $box = Sandbox::Box->new(log => 'debug',
        boot => { env => { TOKEN => $SECRET } });

    $box->call('GET', "/api/ping?key=$SECRET");
    $box->call('POST', '/api/execute', { command => "echo $SECRET; (exit 3)" });
    $box->call('POST', '/exec', { argv => ['/bin/sh', '-c', 'kill -9 $$', $SECRET] });
    $box->call('POST', '/api/process/start',
        { command => 'exec sleep 100', processId => 'long' });
    $box->call('DELETE', '/api/process/long');
    $box->call('GET', "/file/workspace/absent%0a1");

    my $t = $box->tether();
    $box->packet($t);
    $box->tell("send $t " . qq({"op":"configure","seq":7,"env":{"A":"$SECRET"}}));
    $box->packet($t);

    is($box->stop(), 0, 'it ends on a signal');
    my $log = $box->log();

    my %lines = (
        'a request, without its query' => qr{GET /api/ping: 200, \d+ ms},
        'a request with a command' => qr{POST /api/execute: 200, \d+ ms},
        'a path, as it came' => qr{GET /file/workspace/absent%0a1: 404, \d+ ms},
        'the start of a command' => qr{command \w+: started, pid \d+},
        'its end' => qr{command \w+: ended, exit code 3, signal 0},
        'the end of a killed one'
            => qr{command \w+: ended, exit code 137, signal 9},
        'a signal' => qr{command \w+: signal 15, SIGKILL after \d+ ms},
        'a connection of a worker' => qr{control: connected, 1 connections},
        'a packet' => qr{control: configure, seq 7, port 0: ok});

    for (sort keys %lines) {
        like($log, qr/^sandbox agent: \[debug\] $lines{$_}$/m, "debug: $_");
    }

    like($log, qr/^sandbox agent: \[info\] exiting on signal 15$/m,
        'debug: why it exits');
    unlike($log, qr/\Q$SECRET\E/, 'debug: no secret');
    is(join("\n", grep { !/^sandbox agent: \[\w+\] / } split /\n/, $log), '',
        'each line has its level');
}


sub level_changes
{
    my $box = Sandbox::Box->new();
    $box->call('GET', '/api/ping');
    is($box->log(), '', 'without a level: nothing of what is usual');

    $box->log_level('debug');
    my $t = $box->tether();
    $box->packet($t);
    $box->call('GET', '/api/ping');
    like($box->log(), qr{\[debug\] GET /api/ping: 200}, 'a level given later');

    $box->log_level('none of these');
    $box->packet($box->tether());
    my $before = length $box->log();
    $box->call('GET', '/api/ping');
    is(length $box->log(), $before, 'one that is unknown is as none');

    my $quiet = Sandbox::Box->new(log => 'error');
    is($quiet->stop(), 0, 'error: it ends');
    is($quiet->log(), '', 'error: and does not say so');
}


sub crashes
{
    my ($build) = `readelf -n $Sandbox::Box::AGENT` =~ /Build ID: (\w+)/;
    my %signals = (SIGILL => 4, SIGABRT => 6, SIGBUS => 7, SIGFPE => 8,
        SIGSEGV => 11);

    for (sort keys %signals) {
        my $box = Sandbox::Box->new(log => 'error');
        isnt($box->stop($signals{$_}), undef, "$_ ends it");
        like($box->log(), qr/^sandbox\ agent:\ \[error\]\ crashed\ on\ $_,
            \ code\ 0,\ address\ 0x0,\ pc\ 0x[1-9a-f][0-9a-f]+,
            \ build\ id\ ${\($build || 'unknown')}$/mx, "$_ is told");
    }
}


# what the kernel drops where there is no handler

sub no_crash_from_inside
{
    my $box = Sandbox::Box->new();

    $box->sh('for s in ILL ABRT BUS FPE SEGV; do kill -$s 1; done');
    is($box->exit_status(0.5), undef, 'the same from inside: it runs on');
    is($box->call('GET', '/api/ping')->{status}, 200, 'and serves');
    is($box->log(), '', 'and says nothing');
}
