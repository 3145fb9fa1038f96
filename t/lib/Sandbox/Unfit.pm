package Sandbox::Unfit;

# Copyright (C) the ngx_sandbox authors

# Test files that cannot pass on an engine of some kind, and why: "make soak
# ENGINE=KIND" skips them.  Those that need an engine of a kind of their own
# start it themselves, and run anywhere.

use warnings;
use strict;

use Test::More ();

my %SAME = map { $_ => 'starts an engine of its own, of another kind' }
    qw{t/disk.t t/engine_remapped.t t/engine_rootless.t t/podman.t};

my %PRIVATE = (
    %SAME,
    't/image.t' => 'builds from mirrors, and a private engine has no network',
    't/kernel_counters.t' => 'sandboxes see the workers\' uid on a plain engine; '
        . 't/engine_*.t and t/podman.t have the rest',
);

my %WHY = (
    remapped => { %PRIVATE },
    rootless => {
        %PRIVATE,
        map { $_ => 'the private engine has no control groups, so no limits' }
            qw{t/ended.t t/hostile_container.t t/neighbours.t t/sessions.t},
        't/hostile_container.t' => 'without a limit of processes, which a '
            . 'rootless engine cannot set on cgroup v1, its fork bomb takes '
            . 'the host',
        't/network.t' => 'network=internet needs an engine that root runs',
        't/foreign.t' => 'mounts what the engine\'s own mount namespace has not',
        't/paused.t' => 'without control groups no container is paused',
    },
    podman => {
        %PRIVATE,
        't/network.t' => 'network=internet needs Docker',
        't/container.t' => 'reads what Docker says of a container; t/podman.t '
            . 'has what holds',
        't/killed.t' => 'kills shims, which Podman has not',
    },
);


sub check
{
    my ($kind, $file) = @_;
    my ($name) = $file =~ m{(?:^|/)(t/(?:\w+/)?\w+\.t)$} or return;
    my $why = $WHY{$kind}{$name} or return;

    Test::More::plan(skip_all => "$kind: $why");
}


1;
