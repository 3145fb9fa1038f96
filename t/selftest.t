#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine selftest

# sandbox-selftest: it passes on this host, and names what was broken on
# purpose.  t/soak/selftest.t breaks each of its rows.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Proxy;
use Sandbox::Selftest;
use Sandbox::Snippet;

plan(skip_all => 'a sanitized agent needs more memory than a class has')
    if sanitized();

my $KEY = '0123456789abcdef0123';
my $LIMITS = 'image=sandbox-base network=none memory=64m pids=64';

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine(), workers => 2,
    main => 'worker_rlimit_nofile 8192;',
    keys => ['other:fedcba9876543210', "me:$KEY:admin"],
    classes => ["default $LIMITS cpus=1", "broken $LIMITS cpus=1",
        'absent image=sandbox-no-such-image'])->start();


# what it is called with

my ($status, $out, $error) = Sandbox::Selftest::run('--help');
is($status, 0, '--help');
like($out, qr/^NAME\n.*^EXIT STATUS\n/ms, 'prints a manual');
is($error, '', 'and no error');

($status, $out) = Sandbox::Selftest::run('--list');
is($status, 0, '--list');
my %promise = map { split /\t/ } split /\n/, $out;
my @rows = sort keys %promise;
cmp_ok(scalar @rows, '>=', 33, 'prints the rows');

my @good = Sandbox::Selftest::arguments($t);

for my $wrong (
    ['an unknown option', '--nothing', qr/unrecognized option/],
    ['an argument too many', 'x', qr/unexpected argument "x"/],
    ['an unknown class', '--class', 'none', qr/no class "none" in/],
    ['no key file', '--key-file', '/nonexistent', qr/nonexistent: No such/],
    ['an unknown key', '--key-name', 'nobody', qr/no key .* "nobody"/],
    ['no nginx', '--nginx', '/nonexistent', qr/cannot be run: No such file/],
    ['no configuration', '--conf', '/nonexistent', qr/-T" failed: .*open/s])
{
    my ($what, @args) = @$wrong;
    my $re = pop @args;
    ($status, $out, $error) = Sandbox::Selftest::run(@good, @args);
    is($status, 3, "$what: status 3");
    like($error, $re, "$what: is told");
    is($out, '', "$what: nothing is tried");
}

($status, $out) = Sandbox::Selftest::run(@good, '--class', 'default',
    '--key-name', 'other', '--url', 'http://127.0.0.1:1');
is($status, 3, 'nobody listens: status 3');
like($out, qr/^  ERROR .*127\.0\.0\.1:1/m, 'and is told');
unlike($out, qr/PASS/, 'nothing passes');

($status, $out) = Sandbox::Selftest::run(@good, '--class', 'absent');
is($status, 3, 'a class whose sandboxes do not start: status 3');
like($out, qr/^class absent\n.*ERROR .*no image "sandbox-no-such-image"/s,
    'and is told');


# a class that is as it should be, and one in which much is not; limits that
# the engine does not enforce are told as such in both

my @unenforced = Sandbox::Selftest::unenforced();

Sandbox::Selftest::break_with($proxy, broken => <<'PERL');
push @{$h->{CapAdd}}, 'NET_ADMIN';
$h->{SecurityOpt} = ['no-new-privileges', 'seccomp=unconfined'];
$_->{ReadOnly} = JSON::PP::false() for @{$h->{Mounts}};
push @{$h->{Mounts}}, { Type => 'bind', Source => $self->{path},
    Target => '/run/engine.sock' };
delete @$h{qw/Memory MemorySwap PidsLimit NanoCpus/};
PERL

($status, my $json) = Sandbox::Selftest::try($t, '--class', 'default',
    '--class', 'broken');
is($status, 1, 'one class fails: status 1');

is(join(' ', Sandbox::Selftest::rows($json, 'default', 'fail')), '',
    'nothing fails in the other one')
    or diag(JSON::PP->new->pretty->encode($json));

for my $class (qw/default broken/) {
    is(join(' ', sort(Sandbox::Selftest::rows($json, $class, 'not_enforced'))),
        "@unenforced", "$class: what the engine does not enforce");
}
is(join(' ', Sandbox::Selftest::rows($json, 'default', 'skipped')),
    'user disk', 'what it does not promise is not tried');
is(scalar(Sandbox::Selftest::rows($json, 'default', 'pass')),
    @rows - @unenforced - 2, 'everything else passes');

my %unenforced = map { $_ => 1 } @unenforced;
is(join(' ', sort(Sandbox::Selftest::rows($json, 'broken', 'fail'))),
    join(' ', grep { !$unenforced{$_} } qw/capabilities cpus engine-socket
        host-paths memory pids read-only seccomp/),
    'what was broken fails, and nothing else')
    or diag(JSON::PP->new->pretty->encode($json));

my %found = map { $_ => Sandbox::Selftest::found($json, 'broken', $_) }
    qw/capabilities engine-socket host-paths read-only pids/;
like($found{capabilities}, qr/CapEff has CAP_NET_ADMIN/, 'which capability');
like($found{'engine-socket'}, qr{listens on /run/engine\.sock},
    'which socket');
like($found{'host-paths'}, qr{sock .* is mounted on /run/engine\.sock},
    'which path');
like($found{'read-only'}, qr{/run/sandbox is mounted writable},
    'which mount');
like($found{pids}, qr/has no limit/, 'which limit') if !@unenforced;

my ($row) = grep { $_->{row} eq 'capabilities' } map { @{$_->{rows}} }
    grep { $_->{class} eq 'broken' } @{$json->{classes}};
like($row->{todo}, qr/docker inspect/, 'and what to do');

documented();

is_deeply($t->api('GET', '/v1/sandbox', key => $KEY)->{json},
    { sandboxes => [] }, 'no sandbox is left');
unlike($t->log_text('access.log'), qr/$KEY/, 'the key is in no log');

$t->done();


# what the documents show: the options exist, the table has the promises, and
# the filter of jq prints each row that fails

sub documented
{
    my (undef, $help) = Sandbox::Selftest::run('--help');
    my $table = Sandbox::Snippet::take('docs/operating.md',
        '# sandbox-selftest ');
    my $filter = Sandbox::Snippet::take('docs/operating.md',
        'sandbox-selftest ');
    my $command = Sandbox::Snippet::take('SECURITY.md', 'sandbox-selftest ');

    is((split /\n/, $table)[0], "# $command" =~ s/\n//r,
        'documents: one command');
    for my $option ("$command$filter" =~ / (--[a-z-]+)/g) {
        like($help, qr/^\s+\Q$option\E\b/m, "documents: $option");
    }

    my $shown = 0;
    my $end = qr/(?=\n +Found:|\n  [A-Z]|\n\.)/;
    while ($table =~ /^  (?:PASS|FAIL) +(\S+) +(\S.*?)$end/msg) {
        my ($row, $text) = ($1, $2);
        is($text =~ s/\s+/ /gr, $promise{$row}, "documents: the row $row");
        $shown++;
    }
    cmp_ok($shown, '>=', 2, 'documents: rows');

    spew("$t->{dir}/selftest.json", JSON::PP::encode_json($json));
    chomp $filter;
    $filter =~ s/^sandbox-selftest --json \|//;
    my @failed = split /\n/, `$filter $t->{dir}/selftest.json`;
    is($?, 0, 'documents: the filter of jq');
    is(join(' ', sort map { /^broken: ([a-z-]+): ./ ? $1 : $_ } @failed),
        join(' ', sort(Sandbox::Selftest::rows($json, 'broken', 'fail'))),
        'documents: prints each row that fails');

    Sandbox::Snippet::none_left('t/selftest.t');
}
