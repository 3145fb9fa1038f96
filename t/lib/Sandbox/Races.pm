package Sandbox::Races;

# Copyright (C) the ngx_sandbox authors

# Calls that get into each other's way, with random delays, several sandboxes
# at a time: t/races.t has some rounds of each, t/soak/races.t many.

use warnings;
use strict;

use JSON::PP ();
use Test::More ();
use Time::HiRes qw/time sleep/;

use Sandbox;
use Sandbox::HTTP;

my $AT_ONCE = 10;

# a sandbox that goes on living is good for more than one round
my $LIVES = 5;

my %KINDS = (
    'destroy against wake' => \&destroy_wake,
    'destroy against expose' => \&destroy_expose,
    'create against destroy' => \&create_destroy,
    'idle exit against new request' => \&idle_request,
    'reload against all of them' => \&reload_all,
);


sub kinds { return sort keys %KINDS }


sub new
{
    my ($class, %o) = @_;
    my $seed = $ENV{TEST_SOAK_SEED} || time() * 1000 % 1_000_000;
    my $self = bless { n => 0, tally => {} }, $class;

    srand $seed;
    Test::More::diag("TEST_SOAK_SEED=$seed");

    # nginx's own idle connections count as use: keep them for a moment only
    $self->{t} = Sandbox->new(
        conf => Sandbox::default_conf() =~ s/timeout 4s/timeout 100ms/r,
        classes => ['default image=sandbox-base memory=256m pids=64 '
            . 'network=none sleep_after=10m'])->start();

    return $self;
}


# what was wrong in so many rounds of a kind

sub run
{
    my ($self, $kind, $rounds) = @_;
    my @wrong;

    my $begin = time();
    $self->{tally} = {};

    for (my $n = 0; $n < $rounds && @wrong < 20; ) {
        my @batch;

        while ($n < $rounds && @batch < $AT_ONCE) {
            push @batch, $KINDS{$kind}->($self, 'r' . ++$self->{n});
            $n += $batch[-1]{lives} || 1;
        }
        push @wrong, $self->batch($kind, @batch);
    }

    Test::More::note(sprintf '%s: %d s, %s', $kind, time() - $begin,
        join ', ', map { "$_: $self->{tally}{$_}" }
            sort keys %{$self->{tally}});
    return @wrong;
}


# ---- kinds: a round is {id, as, calls => [[when, what], ...]}; as: how it is
# before the calls, made, running or asleep

sub destroy_wake
{
    my ($self, $id) = @_;

    return { id => $id, as => rand() < 0.2 ? 'asleep' : 'made',
        calls => [[0, 'exec'], [rand 0.8, 'destroy'],
            rand() < 0.2 ? [rand 0.8, 'exec'] : ()] };
}


sub destroy_expose
{
    my ($self, $id) = @_;
    my $as = rand() < 0.2 ? 'running' : 'made';
    my $near = $as eq 'running' ? 0.2 : 0.01;

    return { id => $id, as => $as, calls => [[rand $near, 'expose'],
        [rand $near, 'destroy'], [rand $near, 'expose']] };
}


sub create_destroy
{
    my ($self, $id) = @_;
    my $as = rand() < 0.3 ? 'running' : 'made';
    my $near = $as eq 'running' ? 0.3 : 0.01;

    return { id => $id, as => $as, calls => [[rand $near, 'create'],
        [rand $near, 'destroy'], [rand $near, 'create'],
        rand() < 0.2 ? [rand $near, 'exec'] : ()] };
}


# the agent looks eight times in a second whether it may leave

sub idle_request
{
    my ($self, $id) = @_;
    my ($at, @calls) = (0);

    for (1 .. $LIVES) {
        push @calls, [$at, 'shorten'];
        $at += 0.95 + rand 0.25;
        push @calls, [$at, 'read'], [$at + rand 0.05, 'read'];
        $at += 0.3;
    }
    return { id => $id, as => 'running', lives => $LIVES, calls => \@calls };
}


sub reload_all
{
    my ($self, $id) = @_;
    my @all = (\&destroy_wake, \&destroy_expose, \&create_destroy);
    my $round = $all[rand @all]->($self, $id);

    push @{$round->{calls}}, [rand 0.5, 'reload'] if rand() < 0.3;
    return $round;
}


# ---- calls: each is sent, and later judged

my $n = 0;

sub exec { $_[0]->{t}->exec_start($_[1], ['echo', "$_[1]"]) }

sub read { $_[0]->{t}->exec_start($_[1], ['cat', '/workspace/f']) }

sub shorten
{
    my ($self, $id) = @_;
    return $self->request('PATCH', "/v1/sandbox/$id",
        json => { sleepAfter => 1 });
}

sub destroy { $_[0]->request('DELETE', "/v1/sandbox/$_[1]") }

sub create { $_[0]->request('POST', '/v1/sandbox', json => { id => $_[1] }) }

sub expose
{
    my ($self, $id) = @_;
    return $self->request('POST', "/v1/sandbox/$id/ports",
        json => { port => 8000 + $n++ % 50 });
}

sub reload { kill 'HUP', $_[0]->{t}{master} }


sub request
{
    my ($self, $method, $path, %o) = @_;
    my $c = $self->{t}->connect();

    $c->request($method, $path, $self->{t}->api_options(%o));
    return $c;
}


# a word for the answer, and whether it may be; what a destroyed sandbox was
# doing may be cut off, and nothing of it is made up

sub judge
{
    my ($self, $round, $what, $c) = @_;

    return ('sent', 1) if $what eq 'reload';

    if ($what eq 'exec' || $what eq 'read') {
        my $r = Sandbox::exec_result($c);
        my $code = $r->{json} ? $r->{json}{code} // '' : '';

        if ($r->{status} == 200) {
            return ("good after a $r->{headers}{'sandbox-start'}", 1)
                if defined $r->{exit} && $r->{exit} == 0
                    && $r->{stdout} eq "$round->{id}\n" && !$r->{broken};
            return ('cut', !$round->{lives}) if !defined $r->{exit};
            return ("exit $r->{exit} '$r->{stdout}' $r->{stderr}", 0);
        }
        return ("$r->{status} $code", !$round->{lives}
            && ($r->{status} == 404 && $code eq 'SANDBOX_NOT_FOUND'
                || $r->{status} == 502 && $code eq 'exec_transport_error'
                || $r->{status} == 503 && $code eq 'CONTAINER_UNAVAILABLE'));
    }

    my $r = $c->response();
    my $code = $r->{json} ? $r->{json}{code} // '' : '';

    return ($r->{status}, $r->{status} == 204) if $what eq 'destroy';
    return ($r->{status}, $r->{status} == 200) if $what eq 'shorten';
    return ("$r->{status} $code", $r->{status} == 200 || $r->{status} == 409
        && $code eq 'SANDBOX_ALREADY_EXISTS') if $what eq 'create';

    if ($r->{status} == 200) {
        push @{$round->{urls}}, $r->{json}{url};
        return ('200', $r->{json}{url} ? 1 : 0);
    }
    return ("$r->{status} $code", $r->{status} == 404
        && $code eq 'SANDBOX_NOT_FOUND');
}


# ---- a batch

# brings the sandboxes to where their rounds begin; what went wrong

sub prepare
{
    my ($self, @rounds) = @_;
    my @run = grep { $_->{as} ne 'made' } @rounds;
    my @sleep = grep { $_->{as} eq 'asleep' } @rounds;
    my @wrong;

    my @conns = map { $self->create($_->{id}) } @rounds;
    push @wrong, grep { $_ != 200 } map { $_->response()->{status} } @conns;

    @conns = map { $self->{t}->exec_start($_->{id}, ['sh', '-c',
        "echo $_->{id} > /workspace/f"]) } @run;
    push @wrong, grep { $_ ne '0' }
        map { Sandbox::exec_result($_)->{exit} // 'none' } @conns;

    @conns = map { $self->request('POST', "/v1/sandbox/$_->{id}/sleep") }
        @sleep;
    push @wrong, grep { $_ != 200 } map { $_->response()->{status} } @conns;

    return map { "before: $_" } @wrong;
}


sub batch
{
    my ($self, $kind, @rounds) = @_;
    my $t = $self->{t};
    my @wrong = $self->prepare(@rounds);
    my $begin = time();

    my @plan = sort { $a->{at} <=> $b->{at} } map {
        my $round = $_;
        map { { at => $_->[0], what => $_->[1], round => $round } }
            @{$round->{calls}}
    } @rounds;

    for my $call (@plan) {
        my $wait = $begin + $call->{at} - time();
        sleep $wait if $wait > 0;
        $call->{conn} = $self->can($call->{what})
            ->($self, $call->{round}{id});
    }

    for my $call (@plan) {
        my ($word, $good) = $self->judge(@$call{qw/round what conn/});
        $self->{tally}{"$call->{what}: $word"}++;
        push @wrong, "$kind, $call->{round}{id}, $call->{what}: $word"
            if !$good;
        close $call->{conn}{sock} if ref $call->{conn};
    }

    # a sandbox has one container at most, and one that is there works

    my %count;
    $count{$_}++ for $self->engine();
    push @wrong, map { "$kind: $count{$_} containers $_" }
        grep { $count{$_} > 1 } keys %count;
    my %own = map { ($t->run_of($_->{id}) // '') => 1 } @rounds;
    push @wrong, "$kind: " . @{[grep { !$own{$_} } keys %count]}
        . ' containers are of no sandbox'
        if !wait_for(sub { !grep { !$own{$_} } $self->engine() }, 20);

    for my $round (grep { $_->{lives} || rand() < 0.1 } @rounds) {
        my $r = $t->exec($round->{id}, ['echo', 'after']);
        push @wrong, "$kind, $round->{id}, after: $r->{status} "
            . ($r->{body} // '') if ($r->{stdout} // '') ne "after\n";
    }

    # destroyed, there is nothing

    my @last = map { $self->destroy($_->{id}) } @rounds;
    for my $c (@last) {
        my $r = $c->response(method => 'DELETE');
        push @wrong, "$kind, the last DELETE: $r->{status}"
            if $r->{status} != 204;
    }

    for my $round (@rounds) {
        my $r = $t->api('GET', "/v1/sandbox/$round->{id}");
        push @wrong, "$kind, $round->{id}: destroyed, but $r->{status}"
            if $r->{status} != 404;

        for my $url (@{$round->{urls}}) {
            $r = $t->preview('GET', $url);
            push @wrong, "$kind, $round->{id}: a preview of the destroyed "
                . "one: $r->{status}" if $r->{status} != 404;
        }
    }

    my @left = ($self->engine(), $t->state_names());
    push @wrong, "$kind: @left are left" if @left;

    return @wrong;
}


# runs of the containers that there are

sub engine
{
    my ($self) = @_;
    my $c = Sandbox::HTTP->new(path => Sandbox::engine_socket());
    my $filter = JSON::PP::encode_json({ label =>
        ['nginx-sandbox.instance=' . $self->{t}->instance()] });

    $filter =~ s/([^a-z.=-])/sprintf '%%%02X', ord $1/gei;
    $c->request('GET', "/containers/json?all=1&filters=$filter",
        host => 'docker');
    my $list = $c->response()->{json} or die "the engine does not answer\n";
    return map { $_->{Names}[0] =~ m{/nginx-sandbox-(\w+)} } @$list;
}


1;
