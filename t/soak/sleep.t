#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# Sandboxes that fall asleep and wake under load, over and over: no call to
# the API is lost, and no request that may be repeated fails at a preview
# but for being asleep.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time sleep/;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;

my $seconds = $ENV{TEST_SOAK_SECONDS} || 120;
# nginx's own idle connections count as use: keep them for a moment only

my $t = Sandbox->new(
    conf => Sandbox::default_conf() =~ s/timeout 4s/timeout 100ms/r, classes => [
    'default image=sandbox-base memory=256m cpus=1 pids=128 network=none '
        . 'sleep_after=1s'])->start();
my @ids = map { "soak-$_" } 1 .. 4;
my %url;

for my $id (@ids) {
    $t->run_in($id, 'echo ' . $id . ' > /workspace/name');
    $url{$id} = $t->expose($id, 8080);
}

# eight clients, each with pauses around sleep_after

my @pids;
for my $n (0 .. 7) {
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        srand $n;
        my $id = $ids[$n % 4];
        my ($count, @bad) = (0);
        my $end = time() + $seconds;

        while (time() < $end) {
            $count++;
            my $kind = $count % 3;
            if ($kind == 0) {
                my $r = $t->exec($id, ['cat', 'name']);
                push @bad, "exec $r->{status} " . ($r->{body} // '')
                    if ($r->{stdout} // '') ne "$id\n"
                        || ($r->{exit} // -1) != 0;
            } elsif ($kind == 1) {
                my $r = $t->get($id, 'workspace/name');
                push @bad, "get $r->{status} " . ($r->{body} // '')
                    if ($r->{body} // '') ne "$id\n";
            } else {
                my $r = $t->put($id, "workspace/f$n", $count);
                push @bad, "put $r->{status} $r->{body}"
                    if $r->{status} != 200;
                my $p = $t->preview('GET', $url{$id});
                push @bad, "preview $p->{status}"
                    if $p->{status} != 502 && $p->{status} != 410;
            }
            sleep rand() < 0.7 ? 0.9 + rand() * 0.4 : rand() * 0.1;
        }

        Sandbox::spew("$t->{dir}/result-$n", join "\n", $count, @bad);
        POSIX::_exit(0);
    }
    push @pids, $pid;
}
waitpid $_, 0 for @pids;

for my $n (0 .. 7) {
    my ($count, @bad) = split /\n/, Sandbox::slurp("$t->{dir}/result-$n");
    is(scalar @bad, 0, "client $n: none of $count calls failed")
        or diag(join "\n", @bad[0 .. ($#bad > 5 ? 5 : $#bad)]);
}

is(scalar $t->containers(), 4, 'four containers');
my @ends = $t->log_text() =~ /exited with code (\d+)/g;
diag(scalar(@ends) . ' sleeps');
my $metrics = $t->api('GET', '/metrics')->{body};
my ($wakes) = $metrics =~ /^sandbox_starts_total\S*wake\S* (\d+)$/m;
cmp_ok($wakes // 0, '>', $seconds / 12, 'they slept and woke many times')
    or diag(join "\n", grep { /starts/ } split /\n/, $metrics);

$t->done();
