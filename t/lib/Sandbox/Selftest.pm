package Sandbox::Selftest;

# Copyright (C) the ngx_sandbox authors

# Runs sandbox-selftest, and breaks on purpose what it must find: a proxy in
# front of the engine changes how the containers of a class are created.

use warnings;
use strict;

use Cwd ();
use JSON::PP ();
use POSIX ();

use Sandbox;
use Sandbox::Kind;

our $OWNER = $$;


sub program
{
    my $build = $ENV{TEST_BUILD} || root_dir() . '/build';
    return Cwd::abs_path("$build/sandbox-selftest")
        || Sandbox::bail('build/sandbox-selftest is missing: make selftest');
}


# its exit status, standard output and standard error

sub run
{
    my (@args) = @_;
    my $errors = build_dir() . "/selftest.$$";

    my $pid = open my $out, '-|';
    if (!defined $pid) {
        die "fork: $!\n";
    }
    if ($pid == 0) {
        open STDERR, '>', $errors;
        exec program(), @args or POSIX::_exit(127);
    }

    local $/;
    my $text = <$out> // '';
    close $out;
    my $status = $? >> 8;
    my $error = slurp($errors);
    unlink $errors;
    return ($status, $text, $error);
}


# against this nginx: its exit status, and what --json prints

sub try
{
    my ($t, @args) = @_;

    my ($status, $out, $error) = run('--json', arguments($t), @args);
    my $json = eval { JSON::PP::decode_json($out) };
    Test::More::diag("$status: $out $error") if !$json || $error ne '';
    return ($status, $json || { classes => [] });
}


sub arguments
{
    my ($t) = @_;
    return ('--url', "http://127.0.0.1:$t->{port}", '--conf',
        "$t->{dir}/nginx.conf", '--nginx', $t->{nginx},
        $t->{keys} ? ('--key-file', "$t->{dir}/keys") : ());
}


# names of the rows of a class that have this result

sub rows
{
    my ($json, $class, $result) = @_;
    my ($found) = grep { $_->{class} eq $class } @{$json->{classes}};
    return map { $_->{row} } grep { $_->{result} eq $result }
        @{$found->{rows}};
}


# what was found in a row of a class, with the error of the class

sub found
{
    my ($json, $class, $row) = @_;
    my ($found) = grep { $_->{class} eq $class } @{$json->{classes}};
    return join ' ', grep { defined } $found->{error},
        map { $_->{found} } grep { $_->{row} eq $row } @{$found->{rows}};
}


# a whole test: an engine of that kind, on which no row fails, and of which
# the limits that it does not enforce are told

sub on_engine
{
    my ($kind) = @_;
    my ($engine, $image) = Sandbox::Kind::engine($kind);

    my $t = Sandbox->new(engine => $engine->engine(), workers => 2,
        main => 'worker_rlimit_nofile 8192;', classes => ["default "
            . "image=$image network=none memory=64m pids=64 cpus=1"])->start();

    my @unenforced = unenforced();
    my ($status, $json) = try($t);

    Test::More::is($status, @unenforced ? 2 : 0, "$kind: the status");
    Test::More::is(join(' ', rows($json, 'default', 'fail')), '',
        "$kind: no row fails")
        or Test::More::diag(JSON::PP->new->pretty->encode($json));
    Test::More::is(join(' ', sort(rows($json, 'default', 'not_enforced'))),
        "@unenforced", "$kind: what it does not enforce");
    Test::More::is(join(' ', rows($json, 'default', 'skipped')), 'user disk',
        "$kind: what the class does not promise");
    Test::More::cmp_ok(scalar(rows($json, 'default', 'pass')), '>=',
        31 - @unenforced, "$kind: the others pass");

    $t->done();
}


# the rows of limits that the engine says it does not enforce

sub unenforced
{
    my %info = (memory => 'MemoryLimit', pids => 'PidsLimit',
        cpus => 'CPUCfsQuota');

    return grep { Sandbox::docker("info -f '{{.$info{$_}}}'") =~ /false/ }
        sort keys %info;
}


# tells the proxy what to change: class => Perl code on $h, the HostConfig

sub break_with
{
    my ($proxy, %edits) = @_;
    my $code = "my \$class = \$_->{Labels}{'nginx-sandbox.class'};\n"
        . join '', map { "if (\$class eq '$_') { $edits{$_} }\n" }
            sort keys %edits;

    spew("$proxy->{dir}/edit", $code);
    $proxy->set("edit containers/create $proxy->{dir}/edit\n");
}


1;
