#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# Processes whose parents have gone are reaped, however many there are, and
# the exit codes of those that somebody asked for are right all the while.
# t/soak/orphans.t does the same with more.

use warnings;
use strict;

use File::Basename;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/time sleep/;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;

our $ORPHANS;
my $n = $ORPHANS // 5000;

# no failing test may wait for ever
alarm 300 + $n / 100;

my $box = Sandbox::Box->new();

# KB of memory; a sanitizer has its own
my $SMALL = $Sandbox::Box::SANITIZE ? 131_072 : 16_384;


sub start
{
    my ($command, %o) = @_;
    return $box->call('POST', '/api/process/start', { command => $command,
        sessionId => '__DISABLE_SESSION__', %o })->{json}{processId};
}


sub zombies
{
    my $ns = readlink '/proc/' . $box->pid() . '/ns/pid';
    my $found = 0;

    for my $dir (glob '/proc/[0-9]*') {
        next if (readlink("$dir/ns/pid") // '') ne $ns;
        open my $fh, '<', "$dir/stat" or next;
        my $stat = <$fh> // '';
        $found++ if $stat =~ /\) Z/;
    }

    return $found;
}


my $maker = start('exec perl -e \'for (1 .. ' . $n . ') { my $p = fork; '
    . 'if (!$p) { exit 0 if fork; exit 3 } waitpid $p, 0 } print "made\n"\'',
    processId => 'maker');

my ($right, $asked, @wrong) = (0, 0);

while ($box->call('GET', '/api/process/maker')->{json}{process}{status}
    eq 'running')
{
    my %want = map { my $code = int rand 256;
        (start("exit $code") => $code) } 1 .. 8;
    for my $id (keys %want) {
        my $end = $box->call('POST', "/api/process/$id/wait-for-exit", {});
        $asked++;
        if ($end->{json}{exitCode} == $want{$id}) {
            $right++;
        } else {
            push @wrong, "$want{$id}: $end->{json}{exitCode}";
        }
    }
    $asked++;
    $right++ if $box->exec({ argv => ['/bin/sh', '-c', 'exit 77'] })
        ->{exit}{exit_code} == 77;
}

is($box->call('GET', '/api/process/maker/logs')->{json}{stdout}, "made\n",
    "$n orphans");
cmp_ok($asked, '>', 0, 'others were asked for meanwhile');
is($right, $asked, "their exit codes are right: @wrong");

$box->wait_for(1, sub { zombies() == 0 && !$box->processes() });
is(zombies(), 0, 'no zombie a second later');
is(scalar $box->processes(), 0, 'and nothing else');
cmp_ok($box->private(), '<', $SMALL, 'memory stays small');

done_testing();
