package Sandbox::Cycles;

# Copyright (C) the ngx_sandbox authors

# Write, end, wake, verify, over and over; a sandbox ends by falling asleep or
# because its agent, its shim or the engine is killed.

use warnings;
use strict;

use Digest::SHA ();
use Test::More ();
use Time::HiRes qw/time sleep/;

use Sandbox;
use Sandbox::SSE;

my $FILES = 12;


# how many cycles; t: the nginx; ways: how they end, one after the other;
# engine: a Sandbox::Engine that may be killed.  What was wrong

sub run
{
    my ($cycles, %o) = @_;
    my ($t, $id, @wrong, %sum, %slow) = ($o{t}, 'cycles');

    for my $n (1 .. $cycles) {
        my $way = $o{ways}[($n - 1) % @{$o{ways}}];
        my $name = 'f' . $n % $FILES;
        my $body = join '', map { chr rand 256 } 1 .. rand 65536;

        my ($put, $took) = patiently(sub {
            $t->put($id, "/workspace/$name", $body) });
        push @wrong, "$n, PUT: $put->{status} $put->{body}"
            if $put->{status} != 200;
        $sum{$name} = Digest::SHA::sha256_hex($body);

        # something runs, and is cut
        my $c = $t->exec_start($id, ['sh', '-c', 'echo up; sleep 100']);
        $c->head();
        my $sse = Sandbox::SSE->new($c);
        $sse->next();
        if (!eval { finish($t, $id, $way, $o{engine}); 1 }) {
            push @wrong, "$n, $way: $@";
            last;
        }

        (my $get, $took) = patiently(sub {
            $t->get($id, "/workspace/$name") });
        push @wrong, "$n, GET after $way: $get->{status} "
            . substr $get->{body} // '', 0, 300 if $get->{status} != 200
            || ($get->{body} // '') ne $body;
        $slow{$way} = $took if $took > ($slow{$way} // 0);

        my @rest;
        while (my $e = $sse->next(30)) { push @rest, $e }
        push @wrong, "$n, $way: an end was made up: $_->{data}"
            for grep { $_->{event} eq 'exit' && $_->{data} =~ /"exit_code":0/ }
                @rest;
        $c->close();

        push @wrong, "$n: " . scalar(@{[$t->containers()]}) . ' containers'
            if $t->containers() != 1;
        last if @wrong > 10;
    }

    my ($r) = patiently(sub { $t->exec($id, ['sh', '-c',
        'cd /workspace && sha256sum f*']) });
    my %is = map { (split)[1, 0] } split /\n/, $r->{stdout} // '';
    push @wrong, map { "$_: " . ($is{$_} // 'none') . " is not $sum{$_}" }
        grep { ($is{$_} // '') ne $sum{$_} } sort keys %sum;

    Test::More::note(join ', ', map { sprintf '%s: %.1f s at most', $_,
        $slow{$_} } sort keys %slow);
    return @wrong;
}


# the sandbox ends, in that way, and nothing is waited for but the engine

sub finish
{
    my ($t, $id, $way, $engine) = @_;

    if ($way eq 'sleep') {
        $t->api('POST', "/v1/sandbox/$id/sleep");

    } elsif ($way eq 'agent') {
        # 0 would be all of our own
        my $pid = $t->agent_pid($id) or die "no agent of $id\n";
        kill 'KILL', $pid;

    } elsif ($way eq 'shim') {
        my $name = $t->container_of($id);
        my ($full) = Sandbox::docker("inspect -f '{{.Id}}' $name")
            =~ /^(\w{64})$/m or die "no container $name\n";
        my @shims = grep { Sandbox::title($_) =~ /containerd-shim.* -id $full / }
            map { m{(\d+)$} } glob '/proc/[0-9]*';
        die "no shim of $name\n" if @shims != 1;
        kill 'KILL', @shims;

    } elsif ($way eq 'engine') {
        $engine->kill_it();
        $engine->start();

    } else {
        die "no such way: $way\n";
    }
}


# again for as long as the answer is to come back later; the last answer, and
# the seconds

sub patiently
{
    my ($call) = @_;
    my $begin = time();

    while (1) {
        my $r = $call->();
        my $took = time() - $begin;

        return ($r, $took) if $r->{status} != 503 || $took > 60
            || !$r->{headers}{'retry-after'};
        Test::More::note("503 after $took s: $r->{json}{message}");
        sleep 0.5;
    }
}


1;
